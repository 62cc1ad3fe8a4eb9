package configs

import "reflect"

// Limits of a configuration, each with its reason. Ranges of single settings stand
// beside their field, in the types.
const (
	// MaxFileBytes: a site of some hundred places and readers, with comments throughout, is a third of this.
	MaxFileBytes = 256 << 10
	// MaxKeyFileBytes: a certificate chain with comments is some 10 KiB.
	MaxKeyFileBytes = 64 << 10
	// MaxIDLen is the length of an id: short enough for an MQTT topic, a metric label and a table of 80 columns.
	MaxIDLen = 40
	// MaxTextLen bounds every other text, in bytes: names on a screen, paths, addresses.
	MaxTextLen = 500
	// MaxFaults is how many faults are listed; a person fixes these first, and a file of
	// garbage must not answer with megabytes.
	MaxFaults = 200
	// MaxFoundLen is how many characters of a wrong value a fault repeats: one line must stay one line.
	MaxFoundLen = 60

	// MaxPlaces: some hundreds of shelves; presence keeps a table of tags by places.
	MaxPlaces = 500
	// MaxAdjoining: a corridor with a door every few metres.
	MaxAdjoining = 64
	// MaxDoorAntennas on one side of a door: a gate for trolleys has four posts.
	MaxDoorAntennas = 4
	// MaxDoors is what one officer can still look after.
	MaxDoors = 64
	// MaxReaders: each has a serial line and a goroutine of its own.
	MaxReaders = 64
	// MaxAntennas is the width of the antenna mask of the widest reader protocol (0x5A: 32 bits).
	MaxAntennas = 32
	// MaxBadgeLines: each has a serial line and a goroutine of its own.
	MaxBadgeLines = 32
	// MaxBadgeReaders on one line: at 9600 baud a poll and its answer take about 30 ms, so sixteen
	// readers are asked twice a second.
	MaxBadgeReaders = 16
	// MaxHours: every day of the week on its own, in the morning and in the afternoon.
	MaxHours = 14
	// MaxYears of a calendar: a site that lists every year itself does so for twenty.
	MaxYears = 20
	// MaxListedDays of one list: the holidays of twenty years, ten stretches each. Both lists together are what
	// calendar.MaxListed allows.
	MaxListedDays = 200
	// MaxCardFormats: a site that takes over badges of others has two or three.
	MaxCardFormats = 16
	// MaxCardBits is the longest card that a format can describe; longer ones are known by
	// all their bits alone.
	MaxCardBits = 64
	// MaxFacilityBits: facility codes are numbers of 8 to 16 bits, seldom more.
	MaxFacilityBits = 32
	// MaxParity of one format: the longest in use have three.
	MaxParity = 8
	// MaxSafes is what one officer can still look after.
	MaxSafes = 16
	// LocksPerSafe: three locks, three parties (SAF-1).
	LocksPerSafe = 3
	// MaxLocks is three for each safe.
	MaxLocks = LocksPerSafe * MaxSafes
	// MaxPlainLocks: one on every door and cabinet that one officer can still look after.
	MaxPlainLocks = 64
	// MaxApprovals of one loan: a chain longer than this is not kept, it is worked around.
	MaxApprovals = 5
	// MaxChannels: each keeps its own place in the outbox.
	MaxChannels = 32
	// MaxAccounts: desks and machines, not people.
	MaxAccounts = 64
)

// maxItems is the limit of a list of elements of type t; 0 is no list of ours.
func maxItems(t reflect.Type) int {
	switch t {
	case reflect.TypeFor[Place](), reflect.TypeFor[RoomHours](): // hours of a place
		return MaxPlaces
	case reflect.TypeFor[ID]():
		return MaxAdjoining
	case reflect.TypeFor[Level]():
		return len(Levels())
	case reflect.TypeFor[Door]():
		return MaxDoors
	case reflect.TypeFor[Reader]():
		return MaxReaders
	case reflect.TypeFor[AntennaPort]():
		return MaxDoorAntennas
	case reflect.TypeFor[TwoCarriers]():
		return len(TwoCarriers("").words())
	case reflect.TypeFor[Antenna]():
		return MaxAntennas
	case reflect.TypeFor[BadgeLine]():
		return MaxBadgeLines
	case reflect.TypeFor[BadgeReader]():
		return MaxBadgeReaders
	case reflect.TypeFor[Hours]():
		return MaxHours
	case reflect.TypeFor[Category](), reflect.TypeFor[CategoryCode]():
		return MaxCategories
	case reflect.TypeFor[Series]():
		return MaxSeries
	case reflect.TypeFor[Carrier]():
		return len(Carrier("").words())
	case reflect.TypeFor[PersonID](): // of keepers
		return MaxKeepers
	case reflect.TypeFor[Duration](): // of reminders
		return MaxReminders
	case reflect.TypeFor[int](): // of years
		return MaxYears
	case reflect.TypeFor[ListedDays]():
		return MaxListedDays
	case reflect.TypeFor[Weekday]():
		return len(weekdays)
	case reflect.TypeFor[CardFormat]():
		return MaxCardFormats
	case reflect.TypeFor[ParityMask]():
		return MaxParity
	case reflect.TypeFor[Safe]():
		return MaxSafes
	case reflect.TypeFor[Lock]():
		return MaxLocks
	case reflect.TypeFor[PlainLock]():
		return MaxPlainLocks
	case reflect.TypeFor[Post]():
		return MaxApprovals
	case reflect.TypeFor[Channel]():
		return MaxChannels
	case reflect.TypeFor[Account]():
		return MaxAccounts
	}
	return 0
}
