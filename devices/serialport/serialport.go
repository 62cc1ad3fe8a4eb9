// Package serialport opens serial lines. It is the only importer of go.bug.st/serial,
// which sets the line's speed and form; the bytes then go through a file of our own on
// the same device, with the runtime's deadlines. That keeps that library's ways out of
// the drivers: its reads that time out return (0, nil); an unplugged adapter and a Close
// of one's own give the same error; a write into a stuck line never ends and cannot be
// ended; and a closed port's number may by then belong to another file.
//
// It refuses what is not a character device. A second program of the same user, or root,
// may open a port that is in use; an exclusive flock on the device node forbids it to
// everyone who asks for it, as this package does. DTR, RTS and the other modem bits stay
// as they are: readers do not use them and pseudo terminals do not have them.
package serialport

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"

	"trilock/devices"
)

// Settings says which line to open and how. All lines have 8 data bits, no parity, one
// stop bit, no flow control.
type Settings struct {
	// Port is the path of the device, best one below /dev/serial/by-id, which names the
	// adapter and not the order of plugging. It may be a symbolic link that comes and goes.
	Port string
	// Baud is the speed in bit/s.
	Baud int
	// EvenParity adds an even parity bit to each character (8E1), as FEIG readers are delivered.
	EvenParity bool
}

// Dial returns a devices.Dial for the line.
func Dial(s Settings) devices.Dial {
	return func(ctx context.Context) (devices.Link, error) { return Open(ctx, s) }
}

// Open opens the line for nobody else to use, and drops what arrived before. Its errors
// satisfy errors.Is with fs.ErrNotExist when the port does not exist and devices.ErrBusy
// when another program has it.
func Open(ctx context.Context, s Settings) (devices.Link, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	node, err := filepath.EvalSymlinks(s.Port)
	if err != nil {
		return nil, explain(s.Port, err)
	}
	file, err := lock(node)
	if err != nil {
		return nil, explain(s.Port, err)
	}
	parity := serial.NoParity
	if s.EvenParity {
		parity = serial.EvenParity
	}
	mode, err := serial.Open(node, &serial.Mode{BaudRate: s.Baud, Parity: parity})
	if err != nil {
		_ = file.Close()
		return nil, explain(s.Port, err)
	}
	// What lies in the kernel's buffer was said to whoever had the port before us. A
	// port that cannot drop it has none.
	_ = mode.ResetInputBuffer()
	return &link{name: s.Port, file: file, mode: mode}, nil
}

// lock opens the device node and takes the exclusive flock that keeps every other
// caller of this package out, whatever path they name the port by. The file does not
// block, so that its reads and writes have deadlines.
func lock(node string) (*os.File, error) {
	f, err := os.OpenFile(node, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Mode()&fs.ModeCharDevice == 0 {
		err = errNotSerial
	}
	if err == nil {
		err = flock(f)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func flock(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	err = raw.Control(func(fd uintptr) { locked = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB) }) //nolint:gosec // a file number
	return errors.Join(err, locked)
}

var errNotSerial = errors.New("not a character device")

// explain turns an error of opening into one that says what to do.
func explain(port string, err error) error {
	var known *serial.PortError
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO), errors.Is(err, unix.EIO):
		// ENXIO and EIO: the node is there and no device behind it, as after unplugging.
		return &devices.Error{
			Code:   devices.CodePortMissing,
			Detail: fmt.Sprintf("%s is not there: plug the adapter in, or correct the path in the site's configuration", port),
			Err:    errors.Join(fs.ErrNotExist, err),
		}
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EWOULDBLOCK), errors.As(err, &known) && known.Code() == serial.PortBusy:
		return &devices.Error{
			Code:   devices.CodePortBusy,
			Detail: fmt.Sprintf("%s is in use by another program: stop it (fuser %s names it)", port, port),
			Err:    devices.ErrBusy,
		}
	case errors.Is(err, fs.ErrPermission), errors.As(err, &known) && known.Code() == serial.PermissionDenied:
		return &devices.Error{
			Code:   devices.CodePortUnusable,
			Detail: fmt.Sprintf("%s may not be opened: add the daemon's user to the group that owns it (ls -l %s)", port, port),
			Err:    err,
		}
	}
	return &devices.Error{
		Code:   devices.CodePortUnusable,
		Detail: fmt.Sprintf("%s cannot be used as a serial port: check the path and the baud rate in the site's configuration", port),
		Err:    err,
	}
}

// link is an open line.
type link struct {
	name string
	file *os.File
	// mode is the library's own handle: it keeps the port exclusive while it is open.
	mode   serial.Port
	closed atomic.Bool
}

// SetReadDeadline sets the deadline of the present and of later reads; the zero time is none.
func (l *link) SetReadDeadline(t time.Time) error {
	return l.lost(l.file.SetReadDeadline(t))
}

// Read waits for at least one byte. It returns as soon as there is one.
func (l *link) Read(p []byte) (int, error) {
	n, err := l.file.Read(p)
	return n, l.lost(err)
}

// Write hands p to the kernel. A line that takes nothing for writeMax is lost.
func (l *link) Write(p []byte) (int, error) {
	if err := l.file.SetWriteDeadline(time.Now().Add(writeMax)); err != nil {
		return 0, l.lost(err)
	}
	n, err := l.file.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errStuck
	}
	return n, l.lost(err)
}

// Close closes the line and gives its lock back. A waiting Read or Write returns
// os.ErrClosed at once. Closing twice does nothing.
func (l *link) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	return errors.Join(l.file.Close(), l.mode.Close())
}

var errStuck = fmt.Errorf("it has taken no bytes for %v", writeMax)

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
