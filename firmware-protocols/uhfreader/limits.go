package uhfreader

// Limits of the protocol, each with its reason.
const (
	// lenMin: address, command and CRC are always there.
	lenMin = 4
	// lenMax: Len is one byte.
	lenMax = 255
	// MaxData is the longest content of a frame; an answer's status is part of it.
	MaxData = lenMax - lenMin
	// MaxFrame is the longest frame there can be.
	MaxFrame = 1 + lenMax
	// MaxPort is the highest antenna port whose answers can be told apart: their antenna
	// mask is one byte, although requests can name sixteen ports.
	MaxPort = 8
	// MaxPowerDBm is the highest power that the command accepts.
	MaxPowerDBm = 30
	// MaxEPCBytes: the length of a record has six bits, and no EPC is longer than 31 words.
	MaxEPCBytes = 62
	// MaxScanTime is the longest scan time, in tenths of a second; values below
	// MinScanTime become 1 s.
	MaxScanTime = 255
	MinScanTime = 3
	// MaxQ is the largest Q of an inventory: the field has four bits.
	MaxQ = 15
	// MaxTargetEPC is the longest EPC that names a tag: ENum is at most 15 words.
	MaxTargetEPC = 30
	// MaxReadWords is how many words one read may ask for, by the manual.
	MaxReadWords = 119
	// MaxMask is the longest mask of whole bytes: its length is counted in bits, in one byte.
	MaxMask = 31
)
