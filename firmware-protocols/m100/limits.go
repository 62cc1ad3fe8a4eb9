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
	// MaxEPCBytes: the PC word counts at most 31 words.
	MaxEPCBytes = 62
	// MaxWriteWords is how many words the modules' manuals let one request write.
	MaxWriteWords = 32
	// maxText bounds what a module may say about itself: it ends up in logs and on screens.
	maxText = 64
)
