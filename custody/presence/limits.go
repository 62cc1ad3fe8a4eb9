package presence

import "time"

// Limits of the estimate, each with its reason.
const (
	// MaxPlaces bounds a site: what its antennas hear of each other's places is a table of places by places.
	MaxPlaces = 512
	// MaxAntennas bounds a site: every change of a timer looks at all of them.
	MaxAntennas = 512
	// MaxAntennasPerPlace bounds the antennas watching one place: a hit at one is weighed with the silence of the others.
	// Eight is what the largest multiplexed cabinet reader has.
	MaxAntennasPerPlace = 8
	// MaxStrangersPerPlace bounds the strangers remembered at one place: what an emulator that sends a million numbers
	// can make of memory. While that many are remembered and none is older than Policy.StrangerEvery, further ones
	// are counted and not told.
	MaxStrangersPerPlace = 256
	// floodAt new strangers at one place, less floodDrains for every second, are a flood: not even a trolley of folders that
	// nobody has registered is read so fast. It is over when no new one came for floodEnds.
	floodAt     = 32
	floodDrains = 1.0
	floodEnds   = 30 * time.Second
	// MaxDoors bounds a site: every input looks at all of them.
	MaxDoors = 128
	// maxTransits bounds the tags followed at one door: what thirty people can carry, and what lies near it.
	// While that many are heard at once, further ones are counted and not followed.
	maxTransits = 256
	// maxCrossings and maxBadges bound what is remembered of a door's barriers and readers: some minutes of a rush.
	maxCrossings = 16
	maxBadges    = 32
	// maxTracks bounds the other places whose hearing of one tag is followed. A room of four
	// zones needs three; a cabinet has two neighbours. The one that has least in its favour gives way.
	maxTracks = 3
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
	minFalseUnseen             = 1e-9 // less is not to be told from never
	maxFalseUnseen             = 1000.0
	minStrangers               = time.Second
	maxStrangers               = 24 * time.Hour
)
