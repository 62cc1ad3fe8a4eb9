//go:build !linux

package badge

import "time"

// rest lets the line be for less than a millisecond, as well as the system can.
func rest(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}
