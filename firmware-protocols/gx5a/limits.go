package gx5a

// Limits of the protocol, each with its reason.
const (
	// MaxData: the vendor's own parser takes lengths below 1024 only; a larger length
	// is a false start.
	MaxData = 1023
	// headerMax is head, PCW, RS-485 address and length.
	headerMax = 1 + 4 + 1 + 2
	// MaxFrame is the longest frame there can be.
	MaxFrame = headerMax + MaxData + 2
	// maxPorts: the antenna mask has 32 bits.
	maxPorts = 32
	// MaxMask is the longest mask of whole bytes: its length is counted in bits, in one byte.
	MaxMask = 31
	// maxInputs is more than any reader of the family has inputs (four).
	maxInputs = 32
)
