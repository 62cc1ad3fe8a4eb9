package serialport

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"

	"trilock/devices"
)

// link is an open line. Besides a devices.Link it can be waited on exactly (ReadUntil,
// Interrupt) and change its speed (SetSpeed), for drivers that ask for it.
type link struct {
	name string
	fd   int
	// mode is the library's own handle: it keeps the port exclusive while it is open.
	mode   serial.Port
	parity serial.Parity

	called bell // the reader is to look again
	ended  bell // the line is closed: whoever waits is to leave

	closed   atomic.Bool
	deadline atomic.Pointer[time.Time] // of Read; nil is none
	waiting  atomic.Bool               // Read has looked at the deadline, or is about to
	// open is held, shared, while the file numbers are in use, so that none of them is
	// closed, and given to another file, under a call.
	open sync.RWMutex

	reading sync.Mutex // one reader at a time: the others wait
	polled  [3]unix.PollFd
}

func newLink(name string, fd int, mode serial.Port, parity serial.Parity) (*link, error) {
	l := &link{name: name, fd: fd, mode: mode, parity: parity}
	var err error
	if l.called, err = newBell(); err != nil {
		return nil, err
	}
	if l.ended, err = newBell(); err != nil {
		l.called.close()
		return nil, err
	}
	return l, nil
}

// SetReadDeadline sets the deadline of the present and of later reads; the zero time is none.
func (l *link) SetReadDeadline(t time.Time) error {
	l.open.RLock()
	defer l.open.RUnlock()
	if l.closed.Load() {
		return os.ErrClosed
	}
	l.deadline.Store(&t)
	if l.waiting.Load() {
		l.called.ring()
	}
	return nil
}

// Read waits for at least one byte. It returns as soon as there is one.
func (l *link) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	l.waiting.Store(true) // before the deadline is looked at, so that one moved later rings
	defer l.waiting.Store(false)
	for {
		until := time.Time{}
		if d := l.deadline.Load(); d != nil {
			until = *d
		}
		if !until.IsZero() && !time.Now().Before(until) {
			return 0, l.lost(os.ErrDeadlineExceeded)
		}
		if n, err := l.ReadUntil(p, until); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}

// ReadUntil waits for at least one byte until a time, the zero time being never, and
// returns as soon as there is one. It returns os.ErrDeadlineExceeded when the time is over (a
// time that has passed is a look at what is there), now and then a little before, and at
// once when Interrupt is called, also when that was before. It does not heed SetReadDeadline.
func (l *link) ReadUntil(p []byte, until time.Time) (int, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	l.open.RLock()
	defer l.open.RUnlock()
	if l.closed.Load() {
		return 0, os.ErrClosed
	}
	l.polled = [3]unix.PollFd{
		{Fd: int32(l.fd), Events: unix.POLLIN}, //nolint:gosec // file numbers
		{Fd: l.called.hear, Events: unix.POLLIN}, {Fd: l.ended.hear, Events: unix.POLLIN},
	}
	ready, err := poll(l.polled[:], until)
	switch {
	case l.closed.Load():
		return 0, os.ErrClosed
	case errors.Is(err, unix.EINTR), err == nil && ready == 0:
		return 0, os.ErrDeadlineExceeded
	case err != nil:
		return 0, l.lost(err)
	case l.polled[1].Revents != 0:
		l.called.silence()
	}
	if l.polled[0].Revents == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return l.take(p)
}

// take reads what the line has. A line that is gone is readable and has nothing.
func (l *link) take(p []byte) (int, error) {
	n, err := unix.Read(l.fd, p)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return 0, os.ErrDeadlineExceeded
	case err != nil:
		return 0, l.lost(err)
	case n == 0:
		return 0, l.lost(errGone)
	}
	return n, nil
}

// Interrupt ends the ReadUntil that is waiting, or else the next one. It may be called from
// any goroutine, at any time.
func (l *link) Interrupt() {
	l.open.RLock()
	defer l.open.RUnlock()
	if !l.closed.Load() {
		l.called.ring()
	}
}

// Write hands p to the kernel. A line that takes nothing for writeMax is lost.
func (l *link) Write(p []byte) (int, error) {
	l.open.RLock()
	defer l.open.RUnlock()
	written := 0
	for written < len(p) {
		if l.closed.Load() {
			return written, os.ErrClosed
		}
		n, err := unix.Write(l.fd, p[written:])
		switch {
		case err == nil:
			written += n
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			if err := l.awaitRoom(); err != nil {
				return written, l.lost(err)
			}
		default:
			return written, l.lost(err)
		}
	}
	return written, nil
}

// awaitRoom waits until the kernel takes bytes again.
func (l *link) awaitRoom() error {
	until := time.Now().Add(writeMax)
	for {
		polled := []unix.PollFd{
			{Fd: int32(l.fd), Events: unix.POLLOUT}, {Fd: l.ended.hear, Events: unix.POLLIN}, //nolint:gosec // file numbers
		}
		ready, err := poll(polled, until)
		switch {
		case ready > 0:
			return nil
		case err != nil && !errors.Is(err, unix.EINTR):
			return err
		case !time.Now().Before(until):
			return errStuck
		}
	}
}

// SetSpeed changes the speed of the open line, in bit/s, when all that was written has gone
// out. It must not be called beside a Write.
func (l *link) SetSpeed(bitsPerSecond int) error {
	l.open.RLock()
	defer l.open.RUnlock()
	if l.closed.Load() {
		return os.ErrClosed
	}
	if err := l.mode.Drain(); err != nil {
		return l.lost(err)
	}
	if err := l.mode.SetMode(&serial.Mode{BaudRate: bitsPerSecond, Parity: l.parity}); err != nil {
		return l.lost(fmt.Errorf("speed %d: %w", bitsPerSecond, err))
	}
	return nil
}

// Close closes the line and gives its lock back. A waiting Read or Write returns
// os.ErrClosed at once. Closing twice does nothing.
func (l *link) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	l.ended.ring() // and it is never silenced: all who wait hear it
	l.open.Lock()
	defer l.open.Unlock()
	l.called.close()
	l.ended.close()
	return errors.Join(unix.Close(l.fd), l.mode.Close())
}

var (
	errStuck = fmt.Errorf("it has taken no bytes for %v", writeMax)
	errGone  = errors.New("it is readable and has nothing to read, as after unplugging")
)

// lost says that the line failed, unless it was closed here or only a deadline passed.
func (l *link) lost(err error) error {
	switch {
	case err == nil:
		return nil
	case l.closed.Load():
		return os.ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return os.ErrDeadlineExceeded
	}
	return &devices.Error{
		Code:   devices.CodeLineLost,
		Detail: l.name + " went away while it was in use: look whether the adapter is still plugged in",
		Err:    err,
	}
}
