//go:build !linux

package serialport

import (
	"time"

	"golang.org/x/sys/unix"
)

// poll waits until one of the files is ready, a signal comes, or the time is over, which
// is rounded up to milliseconds; the zero time is never.
func poll(files []unix.PollFd, until time.Time) (ready int, err error) {
	if until.IsZero() {
		return unix.Poll(files, -1)
	}
	pause := max(time.Until(until), 0)
	return unix.Poll(files, int((pause+time.Millisecond-1)/time.Millisecond))
}

// bell is a pipe: it is readable from ring to silence.
type bell struct{ hear, strike int32 }

func newBell() (bell, error) {
	var ends [2]int
	if err := unix.Pipe(ends[:]); err != nil {
		return bell{}, err
	}
	for _, fd := range ends {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			return bell{}, err
		}
	}
	return bell{int32(ends[0]), int32(ends[1])}, nil
}

func (b bell) ring() { _, _ = unix.Write(int(b.strike), []byte{1}) } // a full pipe rings already

func (b bell) silence() {
	var rings [64]byte
	for n := len(rings); n == len(rings); {
		n, _ = unix.Read(int(b.hear), rings[:])
	}
}

func (b bell) close() {
	_ = unix.Close(int(b.hear))
	_ = unix.Close(int(b.strike))
}
