package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/serialport"
	"trilock/devices/uhf"
	"trilock/firmware-protocols/osdp"
)

// monitorEvery is how often the table is drawn: fast enough to walk a tag past an antenna
// by it, and slow enough to be read.
const monitorEvery = 200 * time.Millisecond

// monitor shows live reads until ctx ends.
func (c *devicesCmd) monitor(ctx context.Context, out *os.File) error {
	if c.Protocol == "" {
		return errors.New("--monitor needs --protocol; --probe finds it out")
	}
	d, err := lineDialect(c.Protocol)
	if err != nil {
		return err
	}
	driver, err := c.driver(d)
	if err != nil {
		return err
	}
	m := &monitor{board: newBoard(fmt.Sprintf("%s %s %d", c.Monitor, d.name, c.baud(d)))}
	m.board.rawStrength = d.name == "gx-5a"
	if l, ok := driver.(*listener); ok {
		key, err := parseSCBK(c.SCBK)
		if err != nil {
			return err
		}
		l.hear = m.listen(d, key)
	}
	width, height, terminal := sizeOf(out)
	if !terminal {
		m.plain = out
	}
	line := &devices.Supervisor{
		Devices: []fact.DeviceID{"reader"}, Driver: driver,
		Dial: serialport.Dial(serialport.Settings{Port: c.Monitor, Baud: c.baud(d), EvenParity: uhf.EvenParity(c.Protocol)}),
	}
	var work sync.WaitGroup
	work.Go(func() { line.Run(ctx, m) })
	defer work.Wait()
	if !terminal {
		<-ctx.Done()
		return m.failure()
	}
	draw(ctx, out, m, width, height)
	return m.failure()
}

// draw draws the table again and again on the terminal's other screen, and leaves the last
// one behind on the first.
func draw(ctx context.Context, out *os.File, m *monitor, width, height int) {
	const (
		enter = "\x1b[?1049h\x1b[?25l" // the other screen, no cursor
		leave = "\x1b[?25h\x1b[?1049l"
		home  = "\x1b[H"
	)
	_, _ = io.WriteString(out, enter) // a terminal that is gone takes no screen, and ctx ends with it
	tick := time.NewTicker(monitorEvery)
	defer tick.Stop()
	for {
		if w, h, ok := sizeOf(out); ok {
			width, height = w, h
		}
		_, _ = io.WriteString(out, home+m.screen(width, height))
		select {
		case <-ctx.Done():
			_, _ = io.WriteString(out, leave+m.last(width))
			return
		case <-tick.C:
		}
	}
}

// sizeOf returns the size of a terminal in characters; it reports false for what is none.
func sizeOf(f *os.File) (width, height int, terminal bool) {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ) //nolint:gosec // a file number
	if err != nil {
		return 0, 0, false
	}
	if size.Col == 0 || size.Row == 0 { // a terminal that does not know its size
		return 80, 24, true
	}
	return int(size.Col), int(size.Row), true
}

// monitor is the sink of the facts. With plain it writes a line for each tag, the first
// time and then once a second at most.
type monitor struct {
	mu    sync.Mutex
	board *board
	plain io.Writer
	err   error // of plain
}

// plainEvery is how often one tag gets a line.
const plainEvery = time.Second

// Report takes one fact.
func (m *monitor) Report(ctx context.Context, f fact.Fact) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	switch f := f.(type) {
	case fact.DeviceReport:
		m.board.state = stateText(f)
		m.say(now, m.board.state)
	case fact.Round:
		m.board.rounds++
		for _, r := range f.Reads {
			m.read(now, r.EPC.String(), f.Antenna.Port, r.RSSIcdBm)
		}
	}
	return ctx.Err()
}

func stateText(r fact.DeviceReport) string {
	states := map[fact.DeviceState]string{fact.DeviceUp: "up", fact.DeviceDown: "down", fact.DeviceFault: "fault"}
	text := states[r.State] + " (" + r.Code + ")"
	for _, more := range []string{r.Identity, r.Detail} {
		if more != "" {
			text += " " + more
		}
	}
	return text
}

// read notes that a tag was heard.
func (m *monitor) read(now time.Time, tag string, antenna uint8, rssiCdBm int16) {
	s := m.board.heard(now, tag, antenna, rssiCdBm)
	if m.plain == nil || now.Sub(s.told) < plainEvery {
		return
	}
	s.told = now
	strength := ""
	if rssiCdBm != fact.RSSIUnknown {
		strength = fmt.Sprintf(" %.1f dBm", float64(rssiCdBm)/100)
	}
	m.say(now, fmt.Sprintf("%s antenna %d count %d%s", tag, antenna, s.count, strength))
}

func (m *monitor) say(now time.Time, text string) {
	if m.plain == nil || m.err != nil {
		return
	}
	_, m.err = fmt.Fprintf(m.plain, "%s %s\n", now.Format(time.TimeOnly), text)
}

// listen returns what takes the bytes of a device that speaks unasked.
func (m *monitor) listen(d dialect, key *osdp.Key) func(p []byte) {
	s := d.open(decodeSettings{osdp: newOSDPSession(key)})
	return func(p []byte) {
		m.mu.Lock()
		defer m.mu.Unlock()
		now := time.Now()
		for _, o := range s.feed(p) {
			if isBad(o) {
				m.board.bad++
				continue
			}
			m.board.rounds++
			for _, tag := range tagsIn(o) {
				m.read(now, tag, 0, fact.RSSIUnknown)
			}
		}
	}
}

// tagsIn returns the tags and cards that a frame names.
func tagsIn(o object) (tags []string) {
	for _, p := range o {
		switch v := p.value.(type) {
		case string:
			if v != "" && (p.name == "epc" || p.name == "id_hex" || p.name == "card") {
				tags = append(tags, v)
			}
		case []string:
			if p.name == "epcs" || p.name == "uids" {
				tags = append(tags, v...)
			}
		}
	}
	return tags
}

func (m *monitor) screen(width, height int) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.board.screen(time.Now(), width, height)
}

// last returns the table as it stays behind.
func (m *monitor) last(width int) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.board.text(time.Now(), width, boardMax)
}

func (m *monitor) failure() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}
