package serialport

import (
	"time"

	"golang.org/x/sys/unix"
)

// exactBelow is the length of a wait below which the kernel's leeway of 50 µs matters: it
// is half of the rest that a line of 230400 baud keeps between two transmissions.
const exactBelow = time.Millisecond

// wakeLead is how much earlier a short wait wakes up: a processor that has gone to sleep
// needs about as long to come back (measured in a virtual machine), and what is left over
// is waited for awake.
const wakeLead = 30 * time.Microsecond

// poll waits until one of the files is ready, a signal comes, or the time is over; the zero
// time is never.
func poll(files []unix.PollFd, until time.Time) (ready int, err error) {
	if until.IsZero() {
		return unix.Ppoll(files, nil, nil)
	}
	pause := max(time.Until(until), 0)
	if pause == 0 || pause >= exactBelow {
		timeout := unix.NsecToTimespec(pause.Nanoseconds())
		return unix.Ppoll(files, &timeout, nil)
	}
	// The leeway belongs to the thread that this runs on, whichever it is.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	timeout := unix.NsecToTimespec(max(pause-wakeLead, 0).Nanoseconds())
	for {
		ready, err = unix.Ppoll(files, &timeout, nil)
		if ready != 0 || err != nil || !time.Now().Before(until) {
			return ready, err
		}
		timeout = unix.Timespec{}
	}
}

// bell is an event counter of the kernel: it is readable from ring to silence.
type bell struct{ hear int32 }

func newBell() (bell, error) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	return bell{int32(fd)}, err //nolint:gosec // a file number
}

func (b bell) ring() {
	count := [8]byte{1} // more than nothing, in either byte order
	_, _ = unix.Write(int(b.hear), count[:])
}

func (b bell) silence() {
	var count [8]byte
	_, _ = unix.Read(int(b.hear), count[:])
}

func (b bell) close() { _ = unix.Close(int(b.hear)) }
