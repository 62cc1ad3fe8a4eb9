// Package fact holds what a site can report: the identifiers of its places and
// devices, and the facts that drivers state about them. It is the ground floor of
// the domain: devices speak it, presence and custody read it, and it imports
// nothing of ours.
//
// A fact is an observation, never a judgement. "Antenna 2 of cabinet-a completed a
// round and heard these five tags" is a fact; "the folder is missing" is a decision,
// and decisions are made in package custody alone.
//
// Nothing here carries a clock reading of the host: the engine stamps every input
// once, when it takes it (see Stamp). What a device says about time is data for
// people, never for order.
package fact

import (
	"fmt"
	"time"
)

// Identifiers. Distinct types, so that a lock can never be passed for a reader.
// All of them come from the site's configuration and match [a-z0-9][a-z0-9-]*,
// at most MaxNameLen bytes.
type (
	// DeviceID names one thing that is plugged in: a UHF reader, a badge reader, a lock.
	// It is unique over all kinds of device of a site.
	DeviceID string
	// PlaceID names a place where a folder or a person can be: a shelf, a cabinet, a safe, a room, "outside".
	PlaceID string
	// DoorID names a passage between two places that has a contact or a strike.
	DoorID string
	// SafeID names a safe under three locks.
	SafeID string
	// PersonID is the stable number of a person in the site's register: "p-0001", or the
	// organisation's own staff number.
	PersonID string
)

// CardID is what a badge reader read off a card: format, number of bits, and the
// raw bits as hexadecimal, left-justified, as OSDP's RAW reply carries them, for
// example "raw:26:A8ED3140". It is a credential: never log it in full (see Masked).
type CardID string

// Masked returns the card number with all but its last two digits hidden, for logs.
func (c CardID) Masked() string {
	if len(c) <= 2 {
		return "**"
	}
	return "…" + string(c[len(c)-2:])
}

// Antenna is one antenna port of a UHF reader. Port counts from 1, as the labels on
// the readers do.
type Antenna struct {
	Reader DeviceID `json:"reader"`
	Port   uint8    `json:"port"`
}

// String returns "reader/port".
func (a Antenna) String() string { return fmt.Sprintf("%s/%d", a.Reader, a.Port) }

// Stamp is the time of one input, taken once by the engine. Everything that must be
// compared or waited for uses Mono; Wall is what people read and what a legal due
// time refers to.
type Stamp struct {
	// Mono is the site's own time: it never runs backwards, not across a restart
	// and not when somebody sets the clock. It counts from the first entry of the journal.
	Mono time.Duration `json:"mono"`
	// Wall is the host's clock at that instant, in UTC. It can jump.
	Wall time.Time `json:"wall"`
}

// Sub returns how much site time passed from u to s.
func (s Stamp) Sub(u Stamp) time.Duration { return s.Mono - u.Mono }

// Fact is anything a device reports. The set is closed: the types of this package.
type Fact interface{ isFact() }

// Read is one tag heard in one round.
type Read struct {
	EPC EPC
	// RSSIcdBm is the signal strength in hundredths of a dBm (-6550 is -65.5 dBm).
	// Protocols without a documented scale report their raw value on a scale of the
	// driver's choice; larger is always stronger. RSSIUnknown when the reader gives none.
	RSSIcdBm int16
	// Phase is the carrier phase in 1/4096 of a turn, or PhaseUnknown.
	Phase int16
}

// Values that say "the reader did not tell".
const (
	RSSIUnknown  int16 = -32768
	PhaseUnknown int16 = -1
)

// Round is one completed inventory round of one antenna: the unit of RFID evidence.
// A round in which nothing was heard is a Round with no reads. A round that was cut
// short (reader fault, unplugged line) is never reported at all: see DeviceReport.
type Round struct {
	Antenna Antenna
	Reads   []Read
	// Duration is how long the antenna listened, as the driver measured it.
	Duration time.Duration
}

// DeviceReport says that a device came up, went down, or has something to complain
// about while it works.
type DeviceReport struct {
	Device DeviceID
	State  DeviceState
	// Code says why in one machine-readable word, for example "port-missing",
	// "no-answer", "handshake-failed", "restarted", "antenna-fault", "tamper".
	Code string
	// Detail says it in a sentence for the technician (English; it ends up in the device's line).
	Detail string
	// Identity is what the device said about itself (model, firmware), once known.
	Identity string
}

// DeviceState is what the driver knows of its device.
type DeviceState uint8

// The states of a device. The zero value is DeviceUnknown: a device that has never reported.
const (
	DeviceUnknown DeviceState = iota
	DeviceUp
	DeviceDown
	// DeviceFault: it answers, but something is wrong with it (tamper, antenna, power).
	DeviceFault
)

// BadgeShown is one card held to one badge reader, once per presentation.
type BadgeShown struct {
	Reader DeviceID
	Card   CardID
}

// PINEntered is a completed keypad entry (the digits before the enter key).
// Digits is a secret: it lives in this input only, and reaches neither log nor journal.
type PINEntered struct {
	Reader DeviceID
	Digits string
}

// InputChanged is a supervised input of a badge reader or a GPI of a UHF reader:
// a door contact, a request-to-exit button, an infrared barrier. Which one it is,
// the site's configuration says.
type InputChanged struct {
	Device DeviceID
	Input  uint8 // counts from 0, as OSDP does
	State  InputState
}

// InputState is the state of a supervised input.
type InputState uint8

// The states of an input. The zero value is InputUnknown.
const (
	InputUnknown InputState = iota
	InputInactive
	InputActive
	// InputFault: short, cut or otherwise not to be believed.
	InputFault
)

// LockChallenge is a lock's answer to a request for a challenge: a nonce of its own
// making that an authorisation must quote (package lockwire).
type LockChallenge struct {
	Lock    DeviceID
	Session string // the opening session that the daemon asked for
	// Challenge is the lock's signed message, verified by the driver; its bytes go into the request unaltered.
	Challenge []byte
	// Boot and Counter are the message's place in the lock's own order.
	Boot, Counter uint64
}

// LockResult is a lock's signed answer to an authorisation.
type LockResult struct {
	Lock    DeviceID
	Session string
	// Accepted: the lock verified every approval and withdrew its bolt's block.
	Accepted bool
	// Code says why not, in one word of lockwire.
	Code string
}

// LockState is what a lock last reported, signed, about itself.
type LockState struct {
	Lock   DeviceID
	Bolt   BoltState
	Door   InputState // InputActive = open, as far as this lock's sensor sees
	Tamper bool
	// Reason is why the lock reported: one word of lockwire (for example "heartbeat", "relocked-timeout").
	Reason string
	// BatteryPercent is 0-100, or -1 when the lock has none or does not say.
	BatteryPercent int
	Motor          MotorState
	// Trust names the list of keys that the lock believes: its version and the hexadecimal
	// digits of its digest, "3:9f86d0…"; empty while nothing is known of the lock.
	Trust string
	// Boot and Counter are the report's place in the lock's own order; both 0 where nothing
	// is known of the lock.
	Boot, Counter uint64
	// Overtaken: a younger report of this lock came before it, and follows once more.
	Overtaken bool
}

// LockRefusal says that messages between the daemon and a lock were refused: something
// is broken, wrongly configured, or somebody tries.
type LockRefusal struct {
	Lock DeviceID
	// ByLock: the lock refused commands, and said so, signed. Otherwise the driver refused
	// what came as the lock's.
	ByLock bool
	// Code is why the last of them was refused, in one word of lockwire.
	Code string
	// Count is how many were refused since the last such fact of this lock and this side, 1 or more.
	Count uint32
}

// BoltState is the position of a lock's bolt.
type BoltState uint8

// The positions of a bolt. The zero value is BoltUnknown: a lock that did not report
// is neither locked nor unlocked.
const (
	BoltUnknown BoltState = iota
	BoltLocked
	BoltUnlocked
	BoltJammed
)

// MotorState is what a lock says of the motor that moves its bolt.
type MotorState uint8

// The states of a motor. The zero value is MotorUnknown.
const (
	MotorUnknown MotorState = iota
	MotorReady
	MotorRunning
	// MotorStalled: it ran its time and the bolt did not arrive.
	MotorStalled
	// MotorOverCurrent: it was switched off because it drew too much.
	MotorOverCurrent
)

func (Round) isFact()         {}
func (DeviceReport) isFact()  {}
func (BadgeShown) isFact()    {}
func (PINEntered) isFact()    {}
func (InputChanged) isFact()  {}
func (LockChallenge) isFact() {}
func (LockResult) isFact()    {}
func (LockState) isFact()     {}
func (LockRefusal) isFact()   {}
