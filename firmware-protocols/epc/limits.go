package epc

// Limits of tags and codes, each with its reason.
const (
	// MaxEPCBytes is the longest EPC: the PC word counts at most 31 words.
	MaxEPCBytes = 62
	// MaxSerialText is how many characters the serial of GDTI-174 has room for.
	MaxSerialText = 17
	// MaxAccessWords is how many words one read or write of a tag's memory may have: a PC
	// word with the longest EPC, which is also what the smallest modules take at once.
	MaxAccessWords = 32
	// charBits is the width of a character in a serial that is text.
	charBits = 7
)
