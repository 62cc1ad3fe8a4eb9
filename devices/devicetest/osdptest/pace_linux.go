package osdptest

import (
	"time"

	"golang.org/x/sys/unix"
)

// waitUntil lets the time of a line pass. The runtime's timers may be late by a millisecond,
// which at 9600 baud is a character; the kernel's are exact.
func waitUntil(t time.Time) {
	for d := time.Until(t); d > 0; d = time.Until(t) {
		pause := unix.NsecToTimespec(d.Nanoseconds())
		_ = unix.Nanosleep(&pause, nil) // a signal ends it early, and the rest is waited for
	}
}
