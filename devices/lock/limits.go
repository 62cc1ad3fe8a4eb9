package lock

import "time"

// Limits of the driver, each with its reason.
const (
	// maxLocks bounds the locks of one driver: ten safes and a spare hand.
	maxLocks = 32
	// defaultSilentAfter is how long a lock may be silent before its bolt is unknown: five
	// heartbeats of SPEC.md, so that four lost ones are not yet an alarm.
	defaultSilentAfter = 5 * time.Second
	// minSilentAfter is two heartbeats: less would call a healthy lock silent.
	minSilentAfter = 2 * time.Second
	// probeAgainAfter is how long an unanswered probe waits before it is sent again.
	probeAgainAfter = time.Second
	// badFor is how long bad messages explain why nothing good is heard of a lock: long
	// enough for a person to see it, and for the word not to flicker.
	badFor = 30 * time.Second
	// refusalEvery and refusalBurst bound the facts about refused messages of one lock and
	// one side: the first three at once, for three in a minute make an alert, then sums.
	refusalEvery = 10 * time.Second
	refusalBurst = 3
	// badLogEvery and badLogBurst bound log lines about bad messages of one lock: whoever
	// sends them decides how many there are.
	badLogEvery = 10 * time.Second
	badLogBurst = 3
	// maxSessionBytes bounds the record's name of an opening.
	maxSessionBytes = 64
	// sessionsKept is how many openings the driver can name in answers: one per safe is
	// under way, and late answers belong to the last few.
	sessionsKept = 64
	// eventsRemembered is how many events of a lock are known by their counters, to tell a
	// repeated one: more than a broker has under way at once (broker.maxUnacked is 64).
	eventsRemembered = 256
)
