// Package serialport opens serial lines. It is the only importer of go.bug.st/serial,
// which sets the line's speed and form; the bytes then go through a file number of our own
// on the same device. That keeps that library's ways out of the drivers: its reads that
// time out return (0, nil); an unplugged adapter and a Close of one's own give the same
// error; a write into a stuck line never ends and cannot be ended; and a closed port's
// number may by then belong to another file.
//
//	Read, ReadUntil ── poll(2) on ── the line, a call (deadline moved, Interrupt), the end (Close)
//	Write ─────────── write(2), and only where the kernel takes nothing: poll(2) on the line, the end
//
// A reader waits in the kernel by its own thread and not in the runtime's poller: that
// would be told of every byte of the line, waited for or not, and each word between its
// thread and the reader's costs as much as the exchange of a question and an answer. One
// thread for each open line is the price.
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
	"path/filepath"

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
	fd, err := lock(node)
	if err != nil {
		return nil, explain(s.Port, err)
	}
	parity := serial.NoParity
	if s.EvenParity {
		parity = serial.EvenParity
	}
	mode, err := serial.Open(node, &serial.Mode{BaudRate: s.Baud, Parity: parity})
	if err != nil {
		_ = unix.Close(fd)
		return nil, explain(s.Port, err)
	}
	// What lies in the kernel's buffer was said to whoever had the port before us. A
	// port that cannot drop it has none.
	_ = mode.ResetInputBuffer()
	l, err := newLink(s.Port, fd, mode, parity)
	if err != nil {
		_ = unix.Close(fd)
		_ = mode.Close()
		return nil, explain(s.Port, err)
	}
	return l, nil
}

// lock opens the device node and takes the exclusive flock that keeps every other
// caller of this package out, whatever path they name the port by.
func lock(node string) (fd int, err error) {
	for {
		fd, err = unix.Open(node, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: node, Err: err}
	}
	var info unix.Stat_t
	err = unix.Fstat(fd, &info)
	if err == nil && info.Mode&unix.S_IFMT != unix.S_IFCHR {
		err = errNotSerial
	}
	if err == nil {
		err = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
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
