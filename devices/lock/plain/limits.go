package plain

import "time"

// Limits of the driver, each with its reason.
const (
	// maxLocks bounds the locks of one driver: a lock on every door and cabinet that one
	// officer can look after.
	maxLocks = 64
	// minSilentAfter and maxSilentAfter bound how long a lock may say nothing: a mains lock
	// speaks every few seconds, a battery lock once a day or two.
	minSilentAfter = time.Second
	maxSilentAfter = 72 * time.Hour
	// announceMax is how long after a connection the retained availability may still be on
	// its way; a lock that has not announced itself by then, asked twice, is not there.
	announceMax = 5 * time.Second
	// askAgainAfter is how long retained messages may be missing before they are asked for again.
	askAgainAfter = 2 * time.Second
	// refusalEvery and refusalBurst bound the facts about messages that could not be read:
	// whoever sends them decides how many there are.
	refusalEvery = 10 * time.Second
	refusalBurst = 5
)
