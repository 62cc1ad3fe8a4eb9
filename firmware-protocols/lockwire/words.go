package lockwire

import (
	"encoding/hex"
	"fmt"
	"io"
)

// SessionID names one attempt to open a safe: 128 random bits of the daemon's making.
type SessionID [sessionBytes]byte

// String returns 32 lower-case hexadecimal digits.
func (s SessionID) String() string { return hex.EncodeToString(s[:]) }

// Nonce is 128 random bits of a lock's (or, in a Probe, the daemon's) own making.
type Nonce [nonceBytes]byte

// NewNonce draws a nonce from the given source.
func NewNonce(random io.Reader) (Nonce, error) {
	var n Nonce
	if _, err := io.ReadFull(random, n[:]); err != nil {
		return n, fmt.Errorf("drawing a nonce: %w", err)
	}
	return n, nil
}

// Party is one of the three parties whose approval an opening needs (SAF-1).
type Party uint8

// The parties. The numbers are on the wire and never change.
const (
	Archivist     Party = 1 // 档案员
	GeneralOffice Party = 2 // 综合部
	Management    Party = 3 // 总经理, or 总工程师 in that place
)

// Parties returns the three parties in the order of their numbers.
func Parties() [ApprovalsNeeded]Party {
	return [ApprovalsNeeded]Party{Archivist, GeneralOffice, Management}
}

// String returns "archivist", "general-office" or "management".
func (p Party) String() string {
	switch p {
	case Archivist:
		return "archivist"
	case GeneralOffice:
		return "general-office"
	case Management:
		return "management"
	}
	return "unknown-party"
}

// ParseParty reads the word that String writes.
func ParseParty(word string) (Party, error) {
	for _, p := range Parties() {
		if p.String() == word {
			return p, nil
		}
	}
	return 0, fmt.Errorf("party %.40q: want archivist, general-office or management", word)
}

// Form says who holds the key behind an approval.
type Form uint8

// The forms of an approval. The numbers are on the wire and never change.
const (
	// ByController: the daemon signs that it saw the person's badge and PIN. The weaker
	// form: who owns the daemon's key can approve for everybody.
	ByController Form = 1
	// ByPartyKey: the person's own key, enrolled in the lock, signs. The daemon cannot approve for anybody.
	ByPartyKey Form = 2
	// ByWebAuthn: the same with a security key at the console: the person's key signs a
	// WebAuthn assertion over the approval.
	ByWebAuthn Form = 3
)

// formsSpoken is the set of forms that this package verifies: bit n-1 for form n.
const formsSpoken = 1<<(ByController-1) | 1<<(ByPartyKey-1) | 1<<(ByWebAuthn-1)

// String returns "controller", "party-key" or "webauthn".
func (f Form) String() string {
	switch f {
	case ByController:
		return "controller"
	case ByPartyKey:
		return "party-key"
	case ByWebAuthn:
		return "webauthn"
	}
	return "unknown-form"
}

// Act is what a request asks a lock to do. The numbers are on the wire and never change.
type Act uint8

// The acts that three parties approve.
const (
	ActOpen  Act = 1 // draw the bolt
	ActTrust Act = 2 // put a new trust list in the place of the present one
)

// String returns "open" or "trust".
func (a Act) String() string {
	switch a {
	case ActOpen:
		return "open"
	case ActTrust:
		return "trust"
	}
	return "unknown-act"
}

// Bolt is the position of a lock's bolt. The zero value is BoltUnknown.
type Bolt uint8

// The positions of a bolt, as numbered on the wire.
const (
	BoltUnknown  Bolt = 0
	BoltLocked   Bolt = 1
	BoltUnlocked Bolt = 2
	BoltJammed   Bolt = 3
)

// String returns "unknown", "locked", "unlocked" or "jammed".
func (b Bolt) String() string {
	switch b {
	case BoltLocked:
		return "locked"
	case BoltUnlocked:
		return "unlocked"
	case BoltJammed:
		return "jammed"
	}
	return "unknown"
}

// Door is what a lock's own sensor says of the safe's door. The zero value is DoorUnknown.
type Door uint8

// The positions of a door, as numbered on the wire.
const (
	DoorUnknown Door = 0
	DoorClosed  Door = 1
	DoorOpen    Door = 2
)

// String returns "unknown", "closed" or "open".
func (d Door) String() string {
	switch d {
	case DoorClosed:
		return "closed"
	case DoorOpen:
		return "open"
	}
	return "unknown"
}

// Motor is what a lock says of the motor that moves its bolt. The zero value is
// MotorUnknown: there is none, or the lock cannot tell.
type Motor uint8

// The states of a motor, as numbered on the wire. A fault stands until a run ends well.
const (
	MotorUnknown     Motor = 0
	MotorReady       Motor = 1
	MotorRunning     Motor = 2
	MotorStalled     Motor = 3 // ran its time and the bolt did not arrive
	MotorOverCurrent Motor = 4 // was switched off because it drew too much
)

// String returns "unknown", "ready", "running", "stalled" or "over-current".
func (m Motor) String() string {
	switch m {
	case MotorReady:
		return "ready"
	case MotorRunning:
		return "running"
	case MotorStalled:
		return "stalled"
	case MotorOverCurrent:
		return "over-current"
	}
	return "unknown"
}

// Reasons of a State. A lock may send others; these have a meaning here.
const (
	// ReasonHeartbeat and ReasonProbe are the live class: sent at QoS 0, never queued by a
	// broker. Every other reason is an event: sent at QoS 1, kept for a daemon that is away.
	ReasonHeartbeat       = "heartbeat"
	ReasonProbe           = "probe"
	ReasonConnected       = "connected"         // first State of a connection
	ReasonUnlocked        = "unlocked"          // the bolt was drawn after an accepted Authorise
	ReasonRelockedCommand = "relocked-command"  // the daemon asked for it
	ReasonRelockedTimeout = "relocked-timeout"  // nobody opened the door in time
	ReasonRelockedDoor    = "relocked-door"     // the door was opened and is shut again
	ReasonRelockDoorOpen  = "relock-door-open"  // asked to lock, but the door stands open
	ReasonRelockedPowerUp = "relocked-power-up" // found its bolt drawn when power came back
	ReasonDoorOpened      = "door-opened"
	ReasonDoorClosed      = "door-closed"
	ReasonBoltForced      = "bolt-forced" // the bolt moved and the lock's motor did not
	ReasonTamper          = "tamper"
	ReasonTamperCleared   = "tamper-cleared"
	ReasonMotorStalled    = "motor-stalled"      // the bolt did not arrive
	ReasonMotorCurrent    = "motor-over-current" // the motor was switched off
	ReasonBatteryLow      = "battery-low"        // once, when it falls to a fifth
	ReasonTrustChanged    = "trust-changed"      // a new trust list holds from here on
)
