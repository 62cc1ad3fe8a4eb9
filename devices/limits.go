package devices

import "time"

// Limits of the supervisor, each with its reason.
const (
	// RedialMin is the first wait after a line failed: a plug that was jogged is back
	// within it.
	RedialMin = 250 * time.Millisecond
	// RedialMax caps the wait: a technician who plugs the reader in again should not
	// wait longer than a breath to see it come up.
	RedialMax = 5 * time.Second
	// redialJitter spreads the lines of one USB hub that failed together.
	redialJitter = 0.2
	// settledAfter is how long a device must have been up before the next failure counts
	// as a new one and is retried at once. Below it the wait goes on doubling, so that a
	// loose plug cannot fill the journal with its coming and going.
	settledAfter = 10 * time.Second
	// stopGrace is how long a driver may take to leave a line after it was told to stop;
	// then the line is closed under it.
	stopGrace = 2 * time.Second
)
