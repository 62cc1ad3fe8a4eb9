package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"trilock/devices"
	"trilock/devices/serialport"
)

// Limits of probing.
const (
	// probeAnswer is how long a device has to answer: captured ones take 5 to 30 ms, and a
	// USB adapter adds up to 16; OSDP grants 200; a badge reader repeats a card that lies
	// on it every 50 ms or so.
	probeAnswer = 300 * time.Millisecond
	// probePort is how long one port may take in all.
	probePort = 20 * time.Second
	// probeBytes bounds what is read for one answer.
	probeBytes = 8192
)

// finding is what answered on a port.
type finding struct {
	protocol string
	baud     int
	says     object
}

// probe asks on a port which protocol is spoken there: at each usual speed it sends
// the protocols' questions for an identity, which change nothing, or just listens. It
// returns nil when nothing that makes sense answered.
func probe(ctx context.Context, path string) (*finding, error) {
	ctx, cancel := context.WithTimeout(ctx, probePort)
	defer cancel()
	for _, baud := range probeBauds() {
		link, err := serialport.Open(ctx, serialport.Settings{Port: path, Baud: baud})
		if err != nil {
			return nil, err
		}
		found, err := probeAt(ctx, link, baud)
		if err := errors.Join(err, link.Close()); found != nil || err != nil {
			return found, err
		}
	}
	return nil, nil
}

// probeBauds returns all usual speeds, the most frequent first.
func probeBauds() []int {
	var bauds []int
	for rank := range 3 {
		for _, d := range dialects() {
			if len(d.questions()) > 0 && rank < len(d.bauds) && !slices.Contains(bauds, d.bauds[rank]) {
				bauds = append(bauds, d.bauds[rank])
			}
		}
	}
	return bauds
}

// questions returns what is sent to find out who is there; a device that speaks unasked is
// listened to, with nothing sent. There are none for a protocol that cannot be probed.
func (d dialect) questions() [][]byte {
	if len(d.identify) == 0 && len(d.answers) > 0 {
		return [][]byte{nil}
	}
	return d.identify
}

// probeAt tries all protocols that have this speed.
func probeAt(ctx context.Context, link devices.Link, baud int) (*finding, error) {
	for _, d := range dialects() {
		if !slices.Contains(d.bauds, baud) {
			continue
		}
		for _, request := range d.questions() {
			says, err := ask(ctx, link, d, request, baud)
			if says != nil {
				return &finding{d.name, baud, says}, err
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// ask sends a request, if there is one, and returns the first frame that answers it.
func ask(ctx context.Context, link devices.Link, d dialect, request []byte, baud int) (object, error) {
	onWire := time.Duration(len(request)) * 10 * time.Second / time.Duration(baud) // ten bits for each byte
	until := time.Now().Add(onWire + probeAnswer)
	if len(request) > 0 {
		if _, err := link.Write(request); err != nil {
			return nil, err
		}
	}
	s := d.open(decodeSettings{side: reply, osdp: newOSDPSession(nil)})
	buf := make([]byte, 512)
	for read := 0; read < probeBytes && ctx.Err() == nil; {
		if err := link.SetReadDeadline(until); err != nil {
			return nil, err
		}
		n, err := link.Read(buf)
		for _, o := range s.feed(buf[:n]) {
			if o.has(d.answers[0]) && !o.has("request") && !isBad(o) {
				return o.only(d.answers), nil
			}
		}
		read += n
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, ctx.Err()
}

// String says what answered: a line for the protocol, and one for the device.
func (f *finding) String() string {
	var words []string
	for _, p := range f.says {
		words = append(words, fmt.Sprintf("%s %v", p.name, p.value))
	}
	return fmt.Sprintf("%s at %d baud\n    %s", f.protocol, f.baud, strings.Join(words, ", "))
}
