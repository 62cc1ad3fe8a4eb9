package engine

import "time"

// Limits of the engine, each with its reason.
const (
	// QueueLen is how many facts and acts wait for the engine: two seconds of 64 busy
	// readers. A full queue slows the drivers down, it loses nothing.
	QueueLen = 1024
	// MaxBatch is how many inputs one transaction decides: enough to hide an fsync of
	// 20 ms behind a busy site, small enough to answer a person within a moment.
	MaxBatch = 256
	// ProbeEvery is how often a record that could not be written is tried again.
	ProbeEvery = time.Second
	// StallTime is how long one batch may take before the daemon calls itself not ready:
	// far beyond any fsync of a disk that still works.
	StallTime = 15 * time.Second
	// KeepEvery is how often what presence has learnt is kept: what a power cut may cost of it. Of a hundred
	// thousand tags it is ten megabytes, which no disk minds four times an hour.
	KeepEvery = 15 * time.Minute
	// IdleBeat is the longest the loop sleeps, so that a heartbeat shows it is alive.
	IdleBeat = time.Second
)
