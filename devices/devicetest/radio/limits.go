package radio

// Limits of the simulated field, each with its reason.
const (
	// MaxPlaces bounds a layout: the coupling table is antennas by places.
	MaxPlaces = 1024
	// MaxAntennas bounds a layout for the same reason.
	MaxAntennas = 1024
	// MaxTags bounds the tags of a field: every antenna keeps the state of its path to every tag.
	MaxTags = 20_000
	// MaxPersons bounds the people who can carry tags.
	MaxPersons = 1000
	// MaxEPCBytes is what the PC word of a tag can count: 31 words (ISO/IEC 18000-63).
	MaxEPCBytes = 62
)

// The physics. The figures are ordinary ones for passive UHF tags on paper folders in
// steel furniture; what matters to the tests is their shape: reads at home succeed
// 60 to 95 times in 100, misses come in runs, neighbours are heard seldom and weakly.
const (
	// homeLevelDBm is the mean strength of a folder lying in the antenna's own place.
	homeLevelDBm = -55.0
	// sensitivityDBm is the weakest answer that is still decoded: below it the tag had no power to answer.
	sensitivityDBm = -60.0
	// lieMinDB and lieMaxDB bound what the way a folder lies adds to its level: with the
	// fading below they put the read probability at home between 60 and 95 per cent.
	lieMinDB, lieMaxDB = -3.3, 1.2
	// slowFadeDB is the standard deviation of the fading that changes over seconds (people, doors, multipath).
	slowFadeDB = 2.6
	// slowFadeKept is the correlation of the slow fading from one round to the next at rest.
	slowFadeKept = 0.65
	// slowFadeKeptMoving is the same for a folder in somebody's hands, whose paths change with every step.
	slowFadeKeptMoving = 0.35
	// fastFadeDB is the standard deviation of what differs from round to round (frequency hops, slot noise).
	fastFadeDB = 2.0
	// adjoinMinDB and adjoinMaxDB bound the loss from a place into the antenna of an adjoining one.
	adjoinMinDB, adjoinMaxDB = 8.0, 20.0
	// secondMinDB and secondMaxDB bound the loss across one place in between.
	secondMinDB, secondMaxDB = 24.0, 34.0
	// farLossDB is the loss from everywhere else: inaudible.
	farLossDB = 80.0
	// bodyMinDB and bodyMaxDB bound the loss of a folder in somebody's hands. It stands in for
	// the way the folder lies: what is carried is free of steel and of other folders.
	bodyMinDB, bodyMaxDB = 0.0, 4.0
	// stackLossDB is what each folder lying directly on or under a folder costs it at most.
	stackLossDB = 0.5
	// shadeBegins is the chance, per round, that something gets in front of a folder at rest.
	shadeBegins = 1.0 / 3000
	// shadeMinRounds and shadeMaxRounds bound how long it stays: a hand, a folder held in front, not a wall.
	shadeMinRounds, shadeMaxRounds = 2, 8
	// shadeLossDB is the loss while it is there: nothing gets through.
	shadeLossDB = 25.0
	// inaudibleDB: paths this far below the sensitivity are not followed at all.
	inaudibleDB = 16.0
)
