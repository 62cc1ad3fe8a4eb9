package capture

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"trilock/devices"
)

// Recorder is a devices.Link that writes down what passes through it. A recording that
// cannot be written does not disturb the line: it ends there, and Err says why.
type Recorder struct {
	link devices.Link

	mu     sync.Mutex // reads and writes come from different goroutines
	out    io.Writer
	began  time.Time
	events int
	text   []byte
	err    error
}

// ErrFull says that a recording has reached EventsMax reads and writes and was ended.
var ErrFull = errors.New("the recording is full")

// Record begins a recording of link on out, with its head. It fails when that cannot be
// written or a capture could not be read back with such a head.
func Record(link devices.Link, h Header, out io.Writer) (*Recorder, error) {
	if !isName(h.Protocol) || h.Baud < 1 || h.Baud > baudMax {
		return nil, fmt.Errorf("capture of protocol %q at %d baud: %w", h.Protocol, h.Baud, ErrFormat)
	}
	if _, err := out.Write(h.appendHead(nil)); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return &Recorder{link: link, out: out, began: time.Now()}, nil
}

// Read reads from the link and notes what came.
func (r *Recorder) Read(p []byte) (int, error) {
	n, err := r.link.Read(p)
	r.note(Received, p[:n])
	return n, err
}

// Write notes p and writes it to the link. It is noted first, because an answer may be
// read before Write has returned; and as a whole, also if the link then takes only a part.
func (r *Recorder) Write(p []byte) (int, error) {
	r.note(Sent, p)
	return r.link.Write(p)
}

// SetReadDeadline sets the link's deadline.
func (r *Recorder) SetReadDeadline(t time.Time) error { return r.link.SetReadDeadline(t) }

// Close closes the link. What the recording is written to is the caller's to close.
func (r *Recorder) Close() error { return r.link.Close() }

// Err returns why the recording ended before the line did, or nil.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Events returns how many reads and writes were noted.
func (r *Recorder) Events() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events
}

func (r *Recorder) note(d Direction, p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := time.Since(r.began).Truncate(time.Microsecond)
	for len(p) > 0 && r.err == nil {
		if r.events == EventsMax || at > durationMax {
			r.err = ErrFull
			return
		}
		n := min(len(p), EventBytesMax)
		r.text = Event{At: at, Direction: d, Bytes: p[:n]}.appendText(r.text[:0])
		if _, err := r.out.Write(r.text); err != nil {
			r.err = fmt.Errorf("recording: %w", err)
			return
		}
		p = p[n:]
		r.events++
	}
}
