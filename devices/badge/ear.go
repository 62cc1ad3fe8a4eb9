package badge

import (
	"os"
	"sync/atomic"
	"time"

	"trilock/devices"
)

// ear is how the bus loop hears its line: it waits for bytes in its own goroutine, as every
// hand-over to another one costs as much as the exchange itself.
type ear interface {
	// ReadUntil waits for bytes until a time. It returns os.ErrDeadlineExceeded when there
	// were none, and at once when it is interrupted.
	ReadUntil(p []byte, until time.Time) (int, error)
	// Interrupt ends the present ReadUntil, or else the next one, from any goroutine.
	Interrupt()
}

// earOf returns the link itself where it has the better way (the serial ports do), and
// else one made of deadlines.
func earOf(link devices.Link) ear {
	if e, ok := link.(ear); ok {
		return e
	}
	return &plainEar{link: link}
}

// plainEar hears any link.
type plainEar struct {
	link   devices.Link
	called atomic.Bool
}

// ReadUntil sets the deadline before it looks whether it was called, and Interrupt moves
// the deadline after it has called: one of the two always sees the other.
func (e *plainEar) ReadUntil(p []byte, until time.Time) (int, error) {
	if err := e.link.SetReadDeadline(until); err != nil {
		return 0, err
	}
	if e.called.Swap(false) {
		return 0, os.ErrDeadlineExceeded
	}
	return e.link.Read(p)
}

func (e *plainEar) Interrupt() {
	e.called.Store(true)
	_ = e.link.SetReadDeadline(time.Unix(1, 0)) // a link that is closed needs no call
}
