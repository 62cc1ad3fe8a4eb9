package dispatch

import "time"

// Limits of the dispatcher, each with its reason.
const (
	// PortionMax is how many notices are taken from the outbox at a time. It also bounds what is kept
	// in memory as delivered but not settled while the journal cannot be written.
	PortionMax = 256
	// RetryFirst is the wait after a first failure; each further one doubles it.
	RetryFirst = time.Second
	// RetryMax ends the doubling: an alarm must reach people within half a minute of its channel
	// coming back. The journal puts nothing off for longer than an hour; see AskedMax.
	RetryMax = 30 * time.Second
	// AskedMax bounds the wait that a receiver asks for (Retry-After): no receiver may silence
	// an alarm for longer.
	AskedMax = 15 * time.Minute
	// AttemptMax ends one delivery, whatever its channel thinks: longer than any
	// channel's own limit, so that it only ends what hangs.
	AttemptMax = 30 * time.Second
	// SettleMax bounds the settling of a delivered notice, which goes on while the daemon stops.
	SettleMax = 5 * time.Second
	// RecheckMax is the longest that a channel sleeps without looking: a safety net for a
	// clock that was set and for a wake-up that was never sent.
	RecheckMax = time.Minute
)
