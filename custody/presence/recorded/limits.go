package recorded

import (
	"time"

	"trilock/custody/fact"
)

// Limits of a recorded stream, each with its reason.
const (
	// MinPeriod bounds the period from below: no reader completes rounds faster with all its antennas.
	MinPeriod = 100 * time.Millisecond
	// MaxPeriod bounds it from above: what is read less often is not watched.
	MaxPeriod = 10 * time.Second
	// LearnReads and LearnFor bound what is held back until the period is learnt: some ten megabytes, and
	// long enough for tags that are read every ten seconds.
	LearnReads = 100_000
	LearnFor   = 2 * time.Minute
	// learnTags bounds the pairs of tag and antenna that teach the period.
	learnTags = 4096
	// leastGaps: so often must a tag be read again by an antenna to teach.
	leastGaps = 5
	// usualPeriod is taken where nothing was read again often enough.
	usualPeriod = time.Second
	// maxReadsPerRound is what a round holds at most, as for a reader's own rounds.
	maxReadsPerRound = fact.MaxReadsPerRound
)

// Limits of a recorded file.
const (
	// MaxLineBytes bounds one line: an EPC of 62 bytes and seven more columns are a tenth of it.
	MaxLineBytes = 4096
	// MaxColumns bounds the columns of a line: exports of other tools have some dozens that nobody here needs.
	MaxColumns = 256
	// MaxTags bounds the tags of one replay: as many as one process can hold. Reads of further ones are counted and dropped.
	MaxTags = 1_000_000
	// MaxStays bounds the rows of a truth, which is held in memory.
	MaxStays = 1_000_000
	// minDBm and maxDBm bound a strength: less is below the noise of any receiver, more would burn its input.
	minDBm, maxDBm = -150.0, 50.0
	// maxSeconds bounds a time in seconds, before and after 1970: 280 years fit in a time.Duration.
	maxSeconds = 9e9
)

// patience is how many periods an antenna can be silent before it counts as blind, and a tag before it counts as unseen.
const patience = 4
