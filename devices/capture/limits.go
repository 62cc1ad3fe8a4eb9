package capture

import "time"

// Limits of captures, each with its reason.
const (
	// EventsMax: a saturated line at 115200 baud, read in pieces of 32 bytes, takes
	// three minutes to fill it; what a technician sends in is shorter.
	EventsMax = 65536
	// EventBytesMax is more than the drivers read or write at once.
	EventBytesMax = 8192
	// lineMax is one event of EventBytesMax bytes with its time and direction.
	lineMax = 2*EventBytesMax + 64
	// baudMax is more than any serial adapter does.
	baudMax = 12_000_000
	// nameMax is more than the longest protocol's name.
	nameMax = 32
	// durationMax is the longest time that a capture can tell.
	durationMax = 24 * time.Hour
)
