package presence

import "time"

// Limits of the estimate, each with its reason.
const (
	// MaxPlaces bounds a site: the table of transition rates is places by places.
	MaxPlaces = 512
	// MaxAntennas bounds a site: every change of a timer looks at all of them.
	MaxAntennas = 512
	// MaxAntennasPerPlace bounds the antennas watching one place: a tag keeps a profile for each of them.
	// Eight is what the largest multiplexed cabinet reader has.
	MaxAntennasPerPlace = 8
	// MaxStrangersPerPlace bounds the strangers remembered at one place. While that many are
	// remembered and none is older than Policy.StrangerEvery, further ones are counted and not
	// reported: an emulator that sends a million numbers raises this many findings, at its own place only.
	MaxStrangersPerPlace = 256
	// maxSlots bounds the hypotheses of one tag: where it was concluded to be, up to three kinds of
	// "unheard" next to it, and four places where it has just been heard. The least likely gives way.
	maxSlots = 8
	// maxProfiles bounds the antennas whose hearing of one tag is learnt: those of its own place
	// and four neighbours. The one that has not heard it for longest gives way.
	maxProfiles = MaxAntennasPerPlace + 4
)

// The bounds of a Policy.
const (
	minCertainty   CertaintyBP = 5001 // anything less is not even likely
	maxCertainty   CertaintyBP = 9999 // nothing is certain
	minUnseenAfter             = time.Second
	maxUnseenAfter             = time.Hour
	minSilentAfter             = time.Second
	maxSilentAfter             = 10 * time.Minute
	maxReadable                = 100
	minStrangers               = time.Second
	maxStrangers               = 24 * time.Hour
)
