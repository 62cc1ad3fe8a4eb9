package enrol

// Limits of the work on one tag, each with its reason.
const (
	// identifyTimes is how often a TID is read before it is believed: of two tags with one
	// EPC now one answers and now the other.
	identifyTimes = 3
	// writeTries is how often a write that broke off is made in all: a tag that keeps
	// leaving the field lies badly, which a person has to mend.
	writeTries = 3
	// lookUpMax is how many tags are looked up by their TID: a desk holds a handful.
	lookUpMax = 16
	// tidWords is class, model, header and a serial number of 48 bits; tidWordsShort is a
	// serial number of 16 or 32 bits less, and tidWordsLeast class and model alone.
	tidWords      = 6
	tidWordsShort = 4
	tidWordsLeast = 2
)
