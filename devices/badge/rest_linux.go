package badge

import (
	"time"

	"golang.org/x/sys/unix"
)

// rest lets the line be for less than a millisecond. The runtime's timers round that up to
// a whole one, which on a fast line is more than an exchange; the kernel's are exact.
// A signal does not end it early. The kernel's own leeway of 50 µs, half a rest at 230400
// baud, is taken back for the thread that this runs on, whichever it is.
func rest(d time.Duration) {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	pause := unix.NsecToTimespec(d.Nanoseconds())
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &pause, &pause) == unix.EINTR {
	}
}
