package r2000

// Limits of the protocol, each with its reason.
const (
	// lenMin: address, command and check are always there.
	lenMin = 3
	// lenMax: Len is one byte.
	lenMax = 255
	// MaxData is the longest content of a frame.
	MaxData = lenMax - lenMin
	// MaxFrame is the longest frame there can be.
	MaxFrame = 2 + lenMax
	// MaxPort is the highest antenna port reached without switching antenna groups.
	MaxPort = 8
	// MaxPowerDBm is the highest power that the commands accept.
	MaxPowerDBm = 33
	// MaxMatch is the longest EPC that accesses can be limited to: that of any tag.
	MaxMatch = 62
)
