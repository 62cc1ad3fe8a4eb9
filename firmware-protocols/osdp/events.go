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
	// ClearText: somebody at the reader's address said in clear what belongs into a
	// secure channel, for example a card. It was not believed.
	ClearText
	// DefaultKey: the reader proves itself with the published default key. It was left
	// in install mode, or it is not the reader.
	DefaultKey
	// WeakKey: the reader proves itself with a key that anybody would guess.
	WeakKey
	// SecurityDenied: the reader is heard to say that it has no secure channel, and
	// refuses to make one.
	SecurityDenied
	// KeyChanging: we ended the session to prove the reader's new key in another one.
	KeyChanging
	// Moving: the reader takes another speed or address and has to prove itself there.
	Moving
)

// reasonWords are the reasons for machines.
var reasonWords = [...]string{
	NotOffline: "not-offline", NoAnswer: "no-answer", HandshakeFailed: "handshake-failed",
	SecureChannelLost: "secure-channel-lost", ClearText: "clear-text", DefaultKey: "default-key",
	WeakKey: "weak-key", SecurityDenied: "security-denied", KeyChanging: "key-changing",
	Moving: "moving",
}

// String returns the reason as one word for machines.
func (r Reason) String() string {
	if int(r) < len(reasonWords) {
		return reasonWords[r]
	}
	return "not-offline"
}

// Event is what happened at one reader: one of the types below. What it says of the world
// around the reader came under a MAC; the events about the link itself, about commands
// and about install mode are the machine's own.
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

// Offline says that a reader is not to be had. Each reason is given once in an outage, so
// that nobody on the line can fill a journal by failing in turns.
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

// Downgrade says that somebody on the line tried to talk the panel out of the secure
// channel: in clear the reader was heard to have none, and under a MAC it has one. The
// channel stands all the same.
type Downgrade struct{ At }

// KeyChanged says that the reader has proved its new key; the old one can be forgotten.
type KeyChanged struct{ At }

// KeyChangeFailed says that a key change came to nothing: the reader goes on with its old
// key and does not hold the new one.
type KeyChangeFailed struct {
	At
	// Nak is the reader's reason if it refused; otherwise every try lost its session.
	Nak NakCode
}

// InstallOpened says that the published default key is accepted from this reader from now on.
type InstallOpened struct {
	At
	By     [2]string
	Window time.Duration
}

// InstallUsed says that the default key was accepted and the reader's own key goes out.
type InstallUsed struct {
	At
	By [2]string
}

// InstallClosed says that the default key is accepted no more.
type InstallClosed struct {
	At
	By  [2]string
	Why InstallEnd
	// KeySent: the new key went out, and the reader may hold it although it did not say so.
	// The machine goes on looking for it.
	KeySent bool
}

// InstallEnd says why an install window closed.
type InstallEnd uint8

// The ends of an install window.
const (
	// InstallDone: the reader took its key.
	InstallDone InstallEnd = iota + 1
	// InstallExpired: the time was over.
	InstallExpired
	// InstallCancelled: the caller closed it.
	InstallCancelled
	// InstallUseless: MaxKeyTries keys went out and none was acknowledged.
	InstallUseless
	// InstallNotNeeded: the reader has a key that the panel knows.
	InstallNotNeeded
)

// AddressChanged says that a reader has proved itself at its new address, under which it is
// known from now on.
type AddressChanged struct {
	At   // the old address
	Next uint8
}

// AddressChangeFailed says that a reader has kept its address, or was lost over the change.
type AddressChangeFailed struct {
	At
	Refused bool // the reader said no
	Lost    bool // it was found at neither address; the old one is asked on
}

// SpeedChanged says that every reader has proved itself at the line's new speed. It carries
// the address of one of them.
type SpeedChanged struct {
	At
	BitsPerSecond int
}

// SpeedChangeFailed says that the line has its old speed, because of some of its readers,
// or, if there are none, because the port could not be switched. It carries the address of
// one reader of the line.
type SpeedChangeFailed struct {
	At
	BitsPerSecond int     // that was wanted
	Readers       []uint8 // that refused, or were not found at the new speed
	Refused       bool
}

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
	// Replies counts those that were accepted: exchanges that were carried out.
	Replies uint64
	// Handshakes counts sessions that came to stand.
	Handshakes uint64
	// Repeats counts transmissions beyond the first of each command.
	Repeats uint64
	// Busy and Naks count replies of these kinds.
	Busy, Naks uint64
	// PlainStatus counts status reports whose data came beside the MAC but unencrypted.
	PlainStatus uint64
}
