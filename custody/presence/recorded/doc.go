// Package recorded turns recorded reads into what package presence takes: completed rounds,
// the empty ones included.
//
// # The rule
//
// A reader that marks no rounds is taken to complete a round with each of its antennas at
// the same instants, one period apart. What an antenna reads is told at once, as heard in a round that
// is not complete; the end of the period completes it. An antenna that read nothing in a
// period has completed an empty round, as long as its reader is alive.
//
//	period   the typical time after which an antenna reads a tag again: half of the time that
//	         passes between reads of one tag by one antenna is in gaps no longer than it. A tag's
//	         is that of the antenna that reads it soonest again, and the period the median of the tags'.
//	         At least MinPeriod and at most MaxPeriod; longer gaps do not count. It is learnt
//	         from the first reads (LearnReads of them, or LearnFor) before anything is told, and stays.
//	alive    a reader is alive as long after a read as twice what the times between its
//	         successive reads seldom exceed (one in a hundred; those longer than MaxPeriod do not
//	         count), and at least two periods. After that nothing is known of its antennas until
//	         it reads again: no rounds, no silence.
//
// A reader that marks its rounds has one for each antenna and mark. It is complete when
// another mark of the same reader and antenna comes, or a period has passed; marks need not
// be numbers. The period is then the time after which marks of one antenna follow one
// another, where they do so soonest (a quarter of them), and an antenna that was not heard for
// a period while its reader is alive has completed an empty round. A row without EPC is an
// empty round as it stands.
//
// Time that goes backwards is taken as not going on, and counted.
//
// The package does no I/O of its own and reads no clock.
package recorded
