package devices

import "time"

// Limits of the supervisor, each with its reason.
const (
	// RedialMin is the first wait after a line failed, and the wait between two looks for a
	// port that is not there: a look costs next to nothing, and a reader that is plugged in
	// again is back within it and its own handshake.
	RedialMin = 250 * time.Millisecond
	// RedialMax caps the wait while a port is there and what hangs on it does not answer. Its
	// handshake takes most of a second; both together keep within the two seconds in which
	// a technician who switches a reader on expects to see it.
	RedialMax = 500 * time.Millisecond
	// redialJitter spreads the lines of one USB hub that failed together.
	redialJitter = 0.2
	// changesMax is how many changes of a device's state are reported in quick succession; each
	// is an entry in the record. A technician who fits a plug needs a few dozen.
	changesMax = 300
	// changeEvery is the time in which one more is granted: a loose plug costs the record
	// less than three thousand entries a day.
	changeEvery = 30 * time.Second
	// settledAfter is how long a state must last to be believed of a device that has used up
	// its changes.
	settledAfter = 10 * time.Second
	// stopGrace is how long a driver may take to leave a line after it was told to stop;
	// then the line is closed under it.
	stopGrace = 2 * time.Second
)
