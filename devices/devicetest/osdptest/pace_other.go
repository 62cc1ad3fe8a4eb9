//go:build !linux

package osdptest

import "time"

// waitUntil lets the time of a line pass, as well as the system can.
func waitUntil(t time.Time) {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	<-timer.C
}
