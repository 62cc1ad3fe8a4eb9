package osdp

import "time"

// Reason says why a reader is offline.
type Reason uint8

// The reasons. The zero value is "not offline".
const (
	// NotOffline is the reason of a reader that is online or was not yet tried.
	NotOffline Reason = iota
	// NoAnswer: nothing usable came back within the time that the protocol gives.
	NoAnswer
	// HandshakeFailed: the reader answers but the secure channel does not come about,
	// most often because it holds another key.
	HandshakeFailed
	// SecureChannelLost: a session broke: a wrong MAC, a clear reply, a restarted reader.
	SecureChannelLost
)

// String returns the reason as one word for machines.
func (r Reason) String() string {
	switch r {
	case NoAnswer:
		return "no-answer"
	case HandshakeFailed:
		return "handshake-failed"
	case SecureChannelLost:
		return "secure-channel-lost"
	default:
		return "not-offline"
	}
}

// Event is what happened at one reader: one of the types below. Every event but
// Offline and CommandLost came under a MAC.
type Event interface {
	isEvent()
	// PD returns the address of the reader that the event is about.
	PD() uint8
}

// At is the part that all events share.
type At struct{ Address uint8 }

// PD returns the reader's address.
func (a At) PD() uint8 { return a.Address }

func (At) isEvent() {}

// Online says that a secure channel stands and has proved itself.
type Online struct {
	At
	Identity     Identity
	Capabilities Capabilities
}

// Offline says that a reader is not to be had. It is repeated only when the reason changes.
type Offline struct {
	At
	Reason Reason
	Detail string // a sentence for the technician
}

// Card is one card held to a reader.
type Card struct {
	At
	CardData
	// Held: the reader was out of reach for longer than HeldAfter (or since ever) and
	// brought this along, so nobody knows when the card was shown.
	Held bool
}

// Keypad is one or more key presses.
type Keypad struct {
	At
	Keys
	// Held has the meaning that it has in Card.
	Held bool
}

// InputChanged is one input's new state. After every Online each input is reported once.
type InputChanged struct {
	At
	Input uint8
	State InputState
}

// OutputChanged is one output's new state. After every Online each output is reported once.
type OutputChanged struct {
	At
	Output uint8
	On     bool
}

// Tamper is a change of a reader's tamper contact; after Online only an open one is reported.
type Tamper struct {
	At
	Active bool
}

// Power is a change of a reader's power supply; after Online only a failing one is reported.
type Power struct {
	At
	Failing bool
}

// AttachedChanged is a change of one of the readers behind a control unit; after Online
// only those that are not normal are reported.
type AttachedChanged struct {
	At
	Reader uint8
	State  AttachedState
}

// CommandLost says that a queued command was not carried out, as far as we know. It is
// never sent again by the machine.
type CommandLost struct {
	At
	Code CommandCode
	// Nak is the reader's reason if it refused; otherwise Why tells.
	Nak NakCode
	Why LossReason
}

// LossReason says why a queued command was given up.
type LossReason uint8

// The reasons of CommandLost.
const (
	// LostRefused: the reader said NAK.
	LostRefused LossReason = iota + 1
	// LostExpired: CommandLifetime passed before it could be sent.
	LostExpired
	// LostSession: the session ended; whether the reader acted on a command that was
	// already on the wire is unknown.
	LostSession
)

// Unexpected is a reply that the machine has no use for, kept raw.
type Unexpected struct {
	At
	Unknown
}

// Status is what the bus knows of one reader, for pages and metrics.
type Status struct {
	Online bool
	// Reason is why it is offline.
	Reason Reason
	Check  CheckKind
	// LastReply is the time of the last reply that was accepted, on the bus's own clock.
	LastReply time.Duration
	// Handshakes counts sessions that came to stand.
	Handshakes uint64
	// Repeats counts transmissions beyond the first of each command.
	Repeats uint64
	// Busy and Naks count replies of these kinds.
	Busy, Naks uint64
	// PlainStatus counts status reports whose data came beside the MAC but unencrypted.
	PlainStatus uint64
}
