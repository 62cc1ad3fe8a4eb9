package plaintest

import "time"

// Limits of the simulated lock, each with its reason.
const (
	// travel is how long the bolt is on its way: a small motor, shortened for tests.
	travel = 20 * time.Millisecond
	// redialFirst and redialMax bound the wait between two attempts to reach the broker.
	redialFirst = 50 * time.Millisecond
	redialMax   = time.Second
	// commandsRemembered is how many commands a test can look back at.
	commandsRemembered = 256
)
