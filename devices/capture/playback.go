package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Playback is a devices.Link that plays a capture to a driver: it expects what the host
// wrote and gives what the host read, each piece with the pause that it had behind the
// piece before it. (In a synctest bubble the pauses cost no time.)
//
// Its Read returns io.EOF when the capture is over, and its Write fails at the first byte
// that differs from the recorded one and after the end of the capture.
type Playback struct {
	mu       sync.Mutex
	events   []Event
	next     int       // index of the event that is being played
	used     int       // bytes of it that were played already
	ready    time.Time // when it may be read
	deadline time.Time
	closed   bool
	failed   error
	changed  chan struct{} // closed and replaced at every change of the fields above
	over     chan struct{} // closed when every event was played or one failed
}

// Errors of a Playback.
var (
	// ErrDiffers says that the driver wrote something else than was recorded.
	ErrDiffers = errors.New("the driver wrote something else than was recorded")
	// ErrLeftOver says that a playback was closed before all of the capture was played.
	ErrLeftOver = errors.New("a part of the capture was not played")
	// ErrOver says that the driver wrote after the end of the capture.
	ErrOver = errors.New("the capture is over")
)

// Play returns a link that plays the capture from its beginning.
func Play(c Capture) *Playback {
	p := &Playback{events: c.Events, changed: make(chan struct{}), over: make(chan struct{})}
	if len(p.events) == 0 {
		close(p.over)
		return p
	}
	p.ready = time.Now().Add(p.events[0].At)
	return p
}

// Over returns a channel that is closed when all of the capture was played, or when the
// driver wrote something else: there is nothing more to wait for.
func (p *Playback) Over() <-chan struct{} { return p.over }

// Read gives what the host read. It waits while it is the driver's turn to write.
func (p *Playback) Read(into []byte) (int, error) {
	for {
		n, wait, changed, err := p.read(into)
		if n > 0 || err != nil {
			return n, err
		}
		await(changed, wait)
	}
}

// await waits for a change or until a time; the zero time is for ever.
func await(changed <-chan struct{}, until time.Time) {
	var late <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-changed:
	case <-late:
	}
}

// read returns what can be read now, or until when to wait for a change; the zero time is
// for ever.
func (p *Playback) read(into []byte) (n int, wait time.Time, changed <-chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	switch {
	case p.closed:
		return 0, wait, nil, os.ErrClosed
	case p.failed != nil:
		return 0, wait, nil, p.failed
	case !p.deadline.IsZero() && !now.Before(p.deadline):
		return 0, wait, nil, os.ErrDeadlineExceeded
	case p.next == len(p.events):
		return 0, wait, nil, io.EOF
	}
	wait = p.deadline
	if e := p.events[p.next]; e.Direction == Received {
		if !now.Before(p.ready) {
			n = copy(into, e.Bytes[p.used:])
			p.played(n)
			return n, wait, nil, nil
		}
		if wait.IsZero() || p.ready.Before(wait) {
			wait = p.ready
		}
	}
	return 0, wait, p.changed, nil
}

// Write compares b with what the host wrote. Pieces of another size are no difference.
func (p *Playback) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := 0; n < len(b); {
		if err := p.refusal(b, n); err != nil {
			return n, err
		}
		e := p.events[p.next]
		m := min(len(b)-n, len(e.Bytes)-p.used)
		p.played(m)
		n += m
	}
	return len(b), nil
}

// refusal says why b[n:] may not be written now.
func (p *Playback) refusal(b []byte, n int) error {
	switch {
	case p.closed:
		return os.ErrClosed
	case p.failed != nil:
		return p.failed
	case p.next == len(p.events):
		return ErrOver
	}
	e := p.events[p.next]
	want := e.Bytes[p.used:]
	m := min(len(b)-n, len(want))
	switch {
	case e.Direction == Received:
		p.fail(fmt.Errorf("%w: it wrote %X before it had read %X, which came at %v", ErrDiffers, b[n:], want, e.At))
	case !bytes.Equal(b[n:n+m], want[:m]):
		p.fail(fmt.Errorf("%w: %X instead of %X, which went out at %v", ErrDiffers, b[n:], want, e.At))
	}
	return p.failed
}

// played counts n bytes of the present event, and goes on to the next one at its end.
func (p *Playback) played(n int) {
	p.used += n
	if p.used < len(p.events[p.next].Bytes) {
		return
	}
	done := p.events[p.next].At
	p.next++
	p.used = 0
	if p.next == len(p.events) {
		close(p.over)
	} else {
		p.ready = time.Now().Add(p.events[p.next].At - done)
	}
	p.announce()
}

func (p *Playback) fail(err error) {
	p.failed = err
	close(p.over)
	p.announce()
}

func (p *Playback) announce() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// SetReadDeadline sets the deadline of the present and of later reads; the zero time is none.
func (p *Playback) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return os.ErrClosed
	}
	p.deadline = t
	p.announce()
	return nil
}

// Close ends the playback. It fails, once, when the driver wrote something else than was
// recorded (ErrDiffers) or a part of the capture was not played (ErrLeftOver).
func (p *Playback) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	p.announce()
	if p.failed != nil {
		return p.failed
	}
	if p.next < len(p.events) {
		e := p.events[p.next]
		return fmt.Errorf("%w: the next of %d was %v %X at %v", ErrLeftOver, len(p.events)-p.next, e.Direction, e.Bytes[p.used:], e.At)
	}
	return nil
}
