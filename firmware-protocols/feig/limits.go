package feig

// Limits of the protocol, each with its reason.
const (
	// standardOverhead is length, address, command and CRC; it is the shortest frame, too.
	standardOverhead = 5
	standardMax      = 255
	// advancedOverhead has the head byte and a longer length; advancedMin has a status as well.
	advancedOverhead = 7
	advancedMin      = 8
	// MaxFrame is the longest frame that is taken. The length could say 65535; but an
	// inventory counts its tags with one byte, and 255 tags of at most 13 bytes are less
	// than this. A longer length is a false start.
	MaxFrame = 4096
	// MaxData is the longest content of a frame, an answer's status included.
	MaxData = MaxFrame - advancedOverhead
	// UIDLen is the length of an ISO 15693 UID.
	UIDLen = 8
	// MaxBlocks is how many blocks one request may name: readers take 128 bytes at once,
	// which are 32 blocks of the usual 4.
	MaxBlocks = 32
	// MaxBlockSize is the largest block that ISO 15693 knows.
	MaxBlockSize = 32
)
