package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/badge"
	"trilock/devices/capture"
	"trilock/devices/serialport"
	"trilock/devices/uhf"
)

// lineFlags say which line it is and how the reader on it is to read.
type lineFlags struct {
	Baud     int     `help:"Speed in bit/s; the protocol's usual one without it."`
	Antennas []uint8 `default:"1" help:"Antenna ports to read, counted from 1."`
	Power    uint8   `default:"20" help:"Transmit power in dBm, until the reader's next restart."`
	Listen   bool    `help:"Say nothing to the device; write down what it says."`
	SCBK     string  `name:"scbk" help:"OSDP: the reader's key (32 hexadecimal digits, or the key's file). Recording speaks with the reader by it; monitoring says nothing, and opens what others say."`
	Address  uint8   `help:"OSDP: the address of the reader that --scbk belongs to."`
}

// recordCmd writes down what goes over a line.
type recordCmd struct {
	Port     string        `arg:"" help:"The serial port."`
	Protocol string        `required:"" short:"p" help:"The protocol: ${protocols}."`
	Out      string        `required:"" help:"Where to: OUT.bytes gets the bytes, OUT.json what they mean."`
	For      time.Duration `default:"10s" help:"How long; Ctrl-C ends it earlier."`
	lineFlags
}

// Run records. The daemon must not have the port.
func (c *recordCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, c.For)
	defer cancel()
	noted, err := c.record(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%s.bytes: %d reads and writes; %s.json says what they mean\n", c.Out, noted, c.Out)
	return nil
}

// record writes both files, and returns how many reads and writes they hold.
func (c *recordCmd) record(ctx context.Context) (noted int, err error) {
	d, err := lineDialect(c.Protocol)
	if err != nil {
		return 0, err
	}
	baud := c.baud(d)
	driver, err := c.recorded(d, baud)
	if err != nil {
		return 0, err
	}
	link, err := serialport.Open(ctx, serialport.Settings{Port: c.Port, Baud: baud, EvenParity: uhf.EvenParity(c.Protocol)})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, link.Close()) }()
	file, err := createNew(c.Out + ".bytes")
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriter(file)
	recorder, err := capture.Record(link, capture.Header{Protocol: d.name, Baud: baud}, out)
	if err == nil {
		err = driver.Run(ctx, recorder, discard{})
	}
	// What was recorded before the line failed is kept: it is what one wants to look at.
	failed := errors.Join(out.Flush(), file.Sync(), file.Close())
	if recorder != nil {
		failed = errors.Join(failed, recorder.Err())
	}
	if failed != nil {
		return 0, failed
	}
	return recorder.Events(), errors.Join(err, explainCapture(c.Out))
}

// lineDialect returns a protocol that lines speak.
func lineDialect(name string) (dialect, error) {
	d, err := dialectNamed(name)
	if err == nil && d.open == nil {
		err = fmt.Errorf("%s is what tags hold; no line speaks it", name)
	}
	return d, err
}

func (f lineFlags) baud(d dialect) int {
	if f.Baud != 0 {
		return f.Baud
	}
	return d.bauds[0]
}

// driver returns the daemon's own driver for a UHF reader, or one that only listens: on a
// line of badge readers, whose panel is another program, a second one would be an attack.
func (f lineFlags) driver(d dialect) (devices.Driver, error) {
	if f.Listen || !slices.Contains(uhf.Protocols(), d.name) {
		return &listener{}, nil
	}
	return uhf.New(uhf.Settings{
		Device: "reader", Protocol: d.name, Antennas: f.Antennas, PowerDBm: f.Power,
		Log: slog.New(slog.DiscardHandler),
	})
}

// recorded returns the driver for a recording: that of badge readers too, where the key of
// one is given. Without it an OSDP line is listened to.
func (c *recordCmd) recorded(d dialect, baud int) (devices.Driver, error) {
	key, err := parseSCBK(c.SCBK)
	if err != nil {
		return nil, err
	}
	if c.Listen || key == nil || d.name != osdpDialect {
		return c.driver(d)
	}
	return badge.New(badge.Settings{
		Line: "line", BaudRate: baud, Log: slog.New(slog.DiscardHandler),
		Readers: []badge.ReaderSettings{{Device: "reader", Address: c.Address, Key: *key}},
	})
}

// osdpDialect is the name of the badge readers' protocol.
const osdpDialect = "osdp"

// listener is a devices.Driver that says nothing. It hands what it reads to hear.
type listener struct{ hear func(p []byte) }

// listenPoll bounds how late the end of a context is noticed where a link forgets its deadline.
const listenPoll = time.Second

// Run reads until ctx ends or the line fails.
func (l *listener) Run(ctx context.Context, link devices.Link, facts devices.Sink) error {
	var over atomic.Bool
	wake := context.AfterFunc(ctx, func() {
		over.Store(true)
		_ = link.SetReadDeadline(time.Unix(1, 0)) // ends the read that is waiting
	})
	defer wake()
	if err := facts.Report(ctx, fact.DeviceReport{Device: "reader", State: fact.DeviceUp, Code: "listening"}); err != nil {
		return nil //nolint:nilerr // only the end of ctx refuses a fact
	}
	buf := make([]byte, 4096)
	for !over.Load() {
		if err := link.SetReadDeadline(time.Now().Add(listenPoll)); err != nil {
			return err
		}
		n, err := link.Read(buf)
		if n > 0 && l.hear != nil {
			l.hear(buf[:n])
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			if over.Load() {
				return nil
			}
			return err
		}
	}
	return nil
}

// discard is a sink for facts that nobody asked for.
type discard struct{}

// Report takes every fact until ctx ends.
func (discard) Report(ctx context.Context, _ fact.Fact) error { return ctx.Err() }

// createNew makes a file and never overwrites one: a capture cannot be made again.
func createNew(path string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // captures hold no secret
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s exists: move it away, or choose another name", path)
	}
	return f, err
}

// explainCapture writes OUT.json beside OUT.bytes.
func explainCapture(out string) error {
	raw, err := os.Open(filepath.Clean(out + ".bytes"))
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }() // it was only read
	c, err := capture.Read(raw)
	if err != nil {
		return fmt.Errorf("%s.bytes: %w", out, err)
	}
	objects, err := decodeCapture(c)
	if err != nil {
		return err
	}
	file, err := createNew(out + ".json")
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(file)
	err = writeList(buffered, objects)
	return errors.Join(err, buffered.Flush(), file.Sync(), file.Close())
}

// writeList writes a JSON array, one object on each line.
func writeList(out io.Writer, objects []object) error {
	between := "[\n"
	for _, o := range objects {
		text, err := json.Marshal(o)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s%s", between, text); err != nil {
			return err
		}
		between = ",\n"
	}
	end := "\n]\n"
	if len(objects) == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(out, end)
	return err
}

// pauseGap between two pieces of one direction says that a frame which was begun is not
// going to be completed: no device pauses as long within one.
const pauseGap = 150 * time.Millisecond

// spoken says a direction as the host sees it, in a word that JSON does not escape.
func spoken(d capture.Direction) string {
	if d == capture.Sent {
		return "sent"
	}
	return "received"
}

// decodeCapture returns what a capture means: each frame with its time in seconds and its
// direction, in the order in which they ended.
func decodeCapture(c capture.Capture) ([]object, error) {
	d, err := lineDialect(c.Protocol)
	if err != nil {
		return nil, err
	}
	session := newOSDPSession(nil)
	heard := reply
	if !slices.ContainsFunc(c.Events, func(e capture.Event) bool { return e.Direction == capture.Sent }) {
		heard = unsaid // who only listens may have heard both sides of a conversation
	}
	streams := [2]stream{
		capture.Received: d.open(decodeSettings{side: heard, osdp: session}),
		capture.Sent:     d.open(decodeSettings{side: request, osdp: session}),
	}
	var last [2]time.Duration
	var out []object
	note := func(at time.Duration, direction capture.Direction, objects []object) {
		for _, o := range objects {
			head := object{{"at", decimal(at.Seconds())}, {"dir", spoken(direction)}}
			out = append(out, append(head, o...))
		}
	}
	for _, e := range c.Events {
		s := streams[e.Direction]
		if e.At-last[e.Direction] > pauseGap {
			note(last[e.Direction], e.Direction, s.pause())
		}
		note(e.At, e.Direction, s.feed(e.Bytes))
		last[e.Direction] = e.At
	}
	for i, s := range streams {
		direction := capture.Direction(i) //nolint:gosec // two of them
		note(last[i], direction, s.pause())
	}
	return out, nil
}
