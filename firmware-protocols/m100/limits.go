package m100

// Limits of the protocol, each with its reason.
const (
	// overhead is head, type, command, length, checksum and tail.
	overhead = 7
	// MaxData: the longest answer of the modules' manuals stays below 300 bytes; a larger
	// length is a false start.
	MaxData = 300
	// MaxFrame is the longest frame there can be.
	MaxFrame = overhead + MaxData
	// bufferSize holds one incomplete frame and one generous read of a serial port, so
	// that Feed nearly always takes a whole read.
	bufferSize = 2048
	// MaxEPCBytes: the PC word counts at most 31 words.
	MaxEPCBytes = 62
	// maxText bounds what a module may say about itself: it ends up in logs and on screens.
	maxText = 64
)
