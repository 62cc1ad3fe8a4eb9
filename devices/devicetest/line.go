// Package devicetest holds what simulated peers share: serial lines that can be pulled
// out and plugged in again. The peers themselves are in its subpackages. Nothing of the
// daemon imports it.
package devicetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Line is the far end of a serial line: a simulated peer reads and writes it as a
// devices.Link, while a daemon opens its path as a serial port. The path stays the same
// when the line is pulled out and plugged in again, as those below /dev/serial/by-id do.
//
//	peer ── Line ══ pty ══ path ── daemon
//
// While the line is pulled out, the path does not exist, reads wait, and writes go
// nowhere. The peer need not notice: it is a device that keeps its own power.
//
// Line holds the near end open as well, so that a daemon that stops or restarts does not
// look like a broken line.
type Line struct {
	path string

	mu       sync.Mutex
	far      *os.File // nil while the line is pulled out
	near     *os.File
	closed   bool
	deadline time.Time
	changed  chan struct{} // closed and replaced at every change of the fields above

	done    chan struct{}
	stopped chan struct{}
}

// Limits of a line, each with its reason.
const (
	// lineWriteMax is how long the kernel may refuse bytes that nobody reads. Then they
	// are lost, as they are on a wire.
	lineWriteMax = 50 * time.Millisecond
	// exclusivePeriod is how often the exclusive mark is taken off the near end.
	exclusivePeriod = 200 * time.Millisecond
)

// NewLine plugs in a line whose near end is a symbolic link at path. What is at path
// must be a symbolic link, left over from a line before, or nothing.
func NewLine(path string) (*Line, error) {
	l := &Line{path: path, changed: make(chan struct{}), done: make(chan struct{}), stopped: make(chan struct{})}
	if err := l.Replug(); err != nil {
		return nil, err
	}
	go l.keepShared()
	return l, nil
}

// Path returns the near end's path, for the daemon's configuration.
func (l *Line) Path() string { return l.path }

// Replug plugs the line in; it does nothing when it is in already.
func (l *Line) Replug() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return os.ErrClosed
	}
	if l.far != nil {
		return nil
	}
	if info, err := os.Lstat(l.path); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return fmt.Errorf("simulated line: %s exists and is not a symbolic link: remove it or choose another path", l.path)
	}
	far, near, err := openPair()
	if err != nil {
		return err
	}
	if err := link(near.Name(), l.path); err != nil {
		_ = far.Close()
		_ = near.Close()
		return err
	}
	l.far, l.near = far, near
	l.announce()
	return nil
}

// link puts a symbolic link at path in one step, so that nobody ever sees half of it.
func link(target, path string) error {
	fresh := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	_ = os.Remove(fresh) // left over from a run that was killed
	if err := os.Symlink(target, fresh); err != nil {
		return fmt.Errorf("simulated line: %w", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("simulated line: %w", err)
	}
	return nil
}

// openPair opens a pseudo terminal in raw mode. The far end is opened anew without
// blocking, because the library leaves it blocking and then it has no deadlines.
func openPair() (far, near *os.File, err error) {
	blocking, near, err := pty.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("simulated line: no pseudo terminal: %w", err)
	}
	defer func() { _ = blocking.Close() }()
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err == nil {
		err = setRaw(near)
	}
	if err != nil {
		_ = near.Close()
		return nil, nil, fmt.Errorf("simulated line: %w", err)
	}
	return os.NewFile(uintptr(fd), "far end of "+near.Name()), near, nil //nolint:gosec // a file number
}

// setRaw keeps the line discipline from touching bytes before the daemon has set the port up.
func setRaw(f *os.File) error {
	return control(f, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		return unix.IoctlSetTermios(fd, unix.TCSETS, t)
	})
}

func control(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = raw.Control(func(fd uintptr) { inner = do(int(fd)) }) //nolint:gosec // a file number
	return errors.Join(err, inner)
}

// keepShared takes the exclusive mark (TIOCEXCL) off the near end again and again. The
// kernel takes it off at the last close; but because Line holds the near end open, a
// daemon that was killed would leave it there and never get in again.
func (l *Line) keepShared() {
	defer close(l.stopped)
	tick := time.NewTicker(exclusivePeriod)
	defer tick.Stop()
	for {
		select {
		case <-l.done:
			return
		case <-tick.C:
			l.mu.Lock()
			if l.near != nil {
				_ = control(l.near, func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCNXCL, 0) })
			}
			l.mu.Unlock()
		}
	}
}

// Unplug pulls the line out: the path goes away and whoever has the port open loses it.
func (l *Line) Unplug() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pull()
}

func (l *Line) pull() error {
	if l.far == nil {
		return nil
	}
	err := errors.Join(os.Remove(l.path), l.near.Close(), l.far.Close())
	l.far, l.near = nil, nil
	l.announce()
	return err
}

// Close pulls the line out for good. A waiting Read returns os.ErrClosed.
func (l *Line) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	err := l.pull()
	l.announce()
	l.mu.Unlock()
	close(l.done)
	<-l.stopped
	return err
}

func (l *Line) announce() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// SetReadDeadline sets the deadline of the present and of later reads.
func (l *Line) SetReadDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return os.ErrClosed
	}
	l.deadline = t
	l.announce()
	if l.far != nil {
		return l.far.SetReadDeadline(t)
	}
	return nil
}

// Read reads what the daemon wrote. It waits while the line is pulled out.
func (l *Line) Read(p []byte) (int, error) {
	for {
		l.mu.Lock()
		far, deadline, changed, closed := l.far, l.deadline, l.changed, l.closed
		if far != nil {
			_ = far.SetReadDeadline(deadline) // a line plugged in anew does not know it yet
		}
		l.mu.Unlock()
		switch {
		case closed:
			return 0, os.ErrClosed
		case far == nil:
			if err := await(changed, deadline); err != nil {
				return 0, err
			}
			continue
		}
		n, err := far.Read(p)
		if n > 0 || errors.Is(err, os.ErrDeadlineExceeded) || !l.pulledSince(far) {
			return n, err
		}
	}
}

// await waits for a change of the line or for the deadline.
func await(changed <-chan struct{}, deadline time.Time) error {
	var late <-chan time.Time
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-changed:
		return nil
	case <-late:
		return os.ErrDeadlineExceeded
	}
}

// Write sends p to the daemon. Bytes that nobody takes are lost without an error.
func (l *Line) Write(p []byte) (int, error) {
	l.mu.Lock()
	far, closed := l.far, l.closed
	l.mu.Unlock()
	switch {
	case closed:
		return 0, os.ErrClosed
	case far == nil:
		return len(p), nil
	}
	_ = far.SetWriteDeadline(time.Now().Add(lineWriteMax)) // fails only when pulled out, as the write then does
	n, err := far.Write(p)
	if err != nil && (errors.Is(err, os.ErrDeadlineExceeded) || l.pulledSince(far)) {
		return len(p), nil
	}
	return n, err
}

// pulledSince reports whether far is no longer the line's far end.
func (l *Line) pulledSince(far *os.File) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.far != far
}
