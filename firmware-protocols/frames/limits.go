package frames

// Limits, each with its reason.
const (
	// MaxFrame is the longest frame that a Format may have: the longest of those here,
	// FEIG's inventory of 255 tags.
	MaxFrame = 4096
	// bufferSize holds one incomplete frame and one generous read of a serial port, so
	// that Feed nearly always takes a whole read. One size serves all: sixty-four readers
	// together need half a mebibyte.
	bufferSize = 2 * MaxFrame
)
