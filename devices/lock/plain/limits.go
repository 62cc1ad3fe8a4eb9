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
	// lookEvery is how often silence is looked for: small against minSilentAfter.
	lookEvery = 250 * time.Millisecond
	// redialFirst and redialMax bound the wait between attempts to reach the broker; with
	// redialJitter on top it stays below 5 s.
	redialFirst  = 100 * time.Millisecond
	redialMax    = 4 * time.Second
	redialJitter = 0.2
	// connectMax bounds one attempt, writeMax one write.
	connectMax = 5 * time.Second
	writeMax   = 3 * time.Second
	// keepAlive is how soon a broker that went without a word is noticed: twice this, at most.
	keepAlive = 5 * time.Second
	// commandMax bounds the wait for the broker's acknowledgement of a command: people stand
	// before the door.
	commandMax = 5 * time.Second
	// goodbyeMillis is how long closing waits for the broker to take the goodbye.
	goodbyeMillis = 250
	// arrivalsMax is how many messages wait between the connection and the driver.
	arrivalsMax = 256
	// refusalEvery and refusalBurst bound the facts about messages that could not be read:
	// whoever sends them decides how many there are.
	refusalEvery = 10 * time.Second
	refusalBurst = 5
)
