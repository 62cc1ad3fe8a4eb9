package trace

import "time"

// Limits of a trace, each with its reason.
const (
	// MaxTags bounds the tags of a scene: every antenna computes a channel for each of them in every dwell.
	MaxTags = 2000
	// MaxLength bounds the time a trace covers: a trace is held in memory.
	MaxLength = 7 * 24 * time.Hour
	// maxReadsPerDwell bounds how often one tag answers in one dwell of one antenna: readers
	// report a tag at most every few milliseconds.
	maxReadsPerDwell = 12
)
