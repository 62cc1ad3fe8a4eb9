package custody

import (
	"time"
)

// Limits of the core, each with its reason.
const (
	// MaxActsRemembered: an act repeated with the same key within this many acts gets the
	// first answer again. A desk makes a few hundred a day; a retry comes within minutes.
	MaxActsRemembered = 4096
	// MaxUnknownTagAlerts open at once; beyond it, one alert per place stands for all of them,
	// so that a tag emulator cannot bury the wall screen.
	MaxUnknownTagAlerts = 50
	// MaxTextLen bounds every free text of an act, in bytes: a long title is under 300.
	MaxTextLen = 1000
	// MaxWordLen bounds subject and actor of an entry, in bytes: an EPC of 62 bytes in hexadecimal fits.
	MaxWordLen = 160
	// MaxScope bounds the persons in one document's scope, MaxPosts a person's posts.
	MaxScope = 5000
	MaxPosts = 20
	// MaxDocumentsNamed in one statement of an opening: a safe's shelf.
	MaxDocumentsNamed = 200
	// MaxZones of one loan.
	MaxZones = 50
	// MaxCounted documents in one inventory of a safe: many times what fits into one.
	MaxCounted = 5000
	// MaxDelegation is how long a delegation may last, and how far ahead it may begin: a long
	// leave. A longer absence is a change of post.
	MaxDelegation = 31 * 24 * time.Hour
	// MaxDelegations in force or to come.
	MaxDelegations = 200
	// MaxTimeLock is the longest time lock, for a slip in the date would keep the three
	// parties out as well: the longest public holiday, and some days.
	MaxTimeLock = 14 * 24 * time.Hour
	// SigningTime is how long the three have to sign with their own keys: a lock's nonce lives
	// 60 s, and the rest is for the messages.
	SigningTime = 50 * time.Second
	// MaxCredential, MaxPublicKey and MaxAssertion bound what a browser hands over of a
	// security key, in bytes: a lock takes 37 + 288 + 64 of an assertion.
	MaxCredential = 512
	MaxPublicKey  = 256
	MaxAssertion  = 1024
	// MaxKeyListBytes is what a lock takes, MaxListedKeys eight of each party.
	MaxKeyListBytes = 1856
	MaxListedKeys   = 24
	// MaxKeyLists of a safe that are known by name: the locks hold one, and one that was away the one before it.
	MaxKeyLists = 8
	// RefusalsToAlarm within RefusalWindow at one lock are no disturbance any more.
	RefusalsToAlarm = 3
	RefusalWindow   = time.Minute
	// SpansKept of a lock: a report that is late by the longest that a broker holds messages
	// back for belongs to one of the last few openings.
	SpansKept = 4
	// BatteryLow is the percentage at which a lock needs a new battery, BatteryGood that above
	// which it has one: apart, so that a reading that wavers is one alert.
	BatteryLow  = 20
	BatteryGood = 30
	// MaxUnlockedTime is the longest time any policy may leave the bolts drawn before the door opens.
	MaxUnlockedTime = 60 * time.Second
)
