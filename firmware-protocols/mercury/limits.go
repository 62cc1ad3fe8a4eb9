package mercury

// Limits of the protocol, each with its reason.
const (
	// MaxData is the longest content of a frame. The length byte could say up to 255; the
	// maker's own host software takes packets of 256 bytes in all, of which an answer
	// needs 7 around its data. A longer length is a false start, and so a second FF can
	// always be taken for padding.
	MaxData = 249
	// headerRequest is head, length and opcode; headerAnswer has the status as well.
	headerRequest = 3
	headerAnswer  = 5
	crcLen        = 2
	// MaxFrame is the longest frame there can be.
	MaxFrame = headerAnswer + MaxData + crcLen
	// wakeBytes is how much padding wakes a sleeping module.
	wakeBytes = 16
	// MaxPort: a record names its port with four bits.
	MaxPort = 15
	// MaxEPC: the PC word counts at most 31 words of 16 bits.
	MaxEPC = 62
	// MaxChoice is the longest mask of whole bytes that chooses a tag: its length is counted
	// in bits, in one byte.
	MaxChoice = 31
	// maxPins is more than any module has pins (four).
	maxPins = 16
)
