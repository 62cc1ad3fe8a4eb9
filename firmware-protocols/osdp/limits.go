package osdp

import "time"

// Limits of the wire and of the machine, each with its reason.
const (
	// MaxFrame is the longest frame that OSDP allows, SOM to check inclusive. It bounds
	// the decoder's buffer.
	MaxFrame = 1440
	// MinReceive is what every device must be able to take. We never announce more
	// (ACURXSIZE), so no reader may send us a longer frame, and a reader that does not
	// state its buffer is not sent a longer one.
	MinReceive = 128
	// MaxAddress is the highest address of a single reader; 0x7F is answered by all of
	// them at once and is never used on a bus.
	MaxAddress = 0x7E
	// MaxReaders bounds one bus: at 230400 baud 32 readers still get a poll every 50 ms,
	// and RS-485 drives 32 unit loads.
	MaxReaders = 32
	// MaxQueued bounds the commands waiting for one reader: eight signals of light and
	// sound. More means that nobody looks at the reader any more.
	MaxQueued = 16
	// MaxCommandsInRow lets a due poll in after this many queued commands, so that a
	// flood of light signals cannot keep a card waiting.
	MaxCommandsInRow = 4
	// MaxCardBits bounds a card number: the longest in use (FASC-N) has 200 bits.
	MaxCardBits = 256
	// MaxContacts bounds the inputs and the outputs remembered per reader; boards with
	// OSDP have 16 at most.
	MaxContacts = 64
	// MaxCapabilities bounds the records kept of a PDCAP reply; the standard knows 18 functions.
	MaxCapabilities = 64
	// MaxLEDRecords and MaxOutputRecords bound one command: together with the overhead
	// of the secure channel they stay below MinReceive.
	MaxLEDRecords    = 7
	MaxOutputRecords = 16
	// MaxTextLen is the longest text of one osdp_TEXT that stays below MinReceive.
	MaxTextLen = 96
)

// Times of the protocol.
const (
	// ReplyTimeout is how long a reader may think, counted from the end of our transmission.
	ReplyTimeout = 200 * time.Millisecond
	// OfflineAfter is the silence after which both sides give the session up.
	OfflineAfter = 8 * time.Second
	// CharacterTimeout ends a stalled frame. The nominal value is 20 ms, but USB adapters
	// pause for 32 to 110 ms inside a frame; it must stay below ReplyTimeout.
	CharacterTimeout = 120 * time.Millisecond
	// GapCharacters is how many character times the line rests before we transmit.
	GapCharacters = 2
	// MaxGapWait ends the wait for a quiet line: on a line that never falls silent we
	// transmit anyway, so that its readers are found dead rather than never asked.
	MaxGapWait = 100 * time.Millisecond
)

// Choices of ours, where the standard leaves the pace free.
const (
	// DefaultPollInterval is how often an idle reader is asked.
	DefaultPollInterval = 50 * time.Millisecond
	// MinPollInterval and MaxPollInterval bound the parameter: at the lower one even a
	// single reader at 230400 baud is asked back to back, in effect; above the upper one
	// a card would feel slow and the 8 s would come near. MinPollInterval is also where
	// the calming down after an event begins.
	MinPollInterval = time.Millisecond
	MaxPollInterval = 2 * time.Second
	// QuickRepeats is how often an unanswered command is repeated at once.
	QuickRepeats = 3
	// ClearRefusals is how often a refusal in clear, inside a session, is answered by the same
	// command once more: anybody on the line can say it, and a reader that has lost its session
	// will say it again.
	ClearRefusals = 2
	// MaxLate is how many replies are remembered as taken already, so that a late copy of
	// one is known: an adapter or a reader that is late by more exchanges than that is broken.
	MaxLate = 16
	// SlowRepeat is the pace of further repeats, until OfflineAfter.
	SlowRepeat = time.Second
	// BusyDelay is the pause before a command is repeated to a reader that said BUSY.
	BusyDelay = 50 * time.Millisecond
	// MaxBusy is how often a reader may say BUSY to one step of the handshake.
	MaxBusy = 40
	// MinBackoff and MaxBackoff are the pauses between attempts at a reader that answers
	// and with which no session comes about; the pause doubles from one to the other.
	MinBackoff = time.Second
	MaxBackoff = 5 * time.Second
	// ProbeInterval is the pause between attempts to reach a reader that does not answer.
	// Each costs the line ReplyTimeout. It does not grow: with it, one that is plugged in
	// again is back within 2 s, as long as no more than eight are missing on the line.
	ProbeInterval = time.Second
	// StableAfter is how long a session must have lived for its loss to be answered by a
	// new handshake at once; a shorter one counts as a failed attempt.
	StableAfter = 10 * time.Second
	// CommandLifetime is how long a queued command stays meaningful. A strike that opens
	// long after the person walked away is worse than one that does not open.
	CommandLifetime = 2 * time.Second
	// HeldAfter: when a reader was out of reach for longer, the events it brings along
	// may be as old as the outage.
	HeldAfter = 3 * time.Second
	// HoldKeepAlive is the pace of the status queries that keep a session alive while
	// polling is held back.
	HoldKeepAlive = time.Second
	// ChecksumAfter is the number of silent attempts after which the other kind of check
	// is tried in turn.
	ChecksumAfter = 4
	// MoveTime is how long the readers may take to be told a new speed or address, and to be
	// found there; for a speed, ProbeInterval for each reader comes on top.
	MoveTime = 10 * time.Second
	// SwitchPause is how long a reader may take to switch: the standard gives no time, and
	// what is sent before is lost.
	SwitchPause = 300 * time.Millisecond
	// MaxKeyTries is how often one key change may send the key: each try costs a session,
	// and what breaks three in a row is no accident.
	MaxKeyTries = 3
	// MaxInstallWindow is how long the published default key may be accepted from one
	// reader: time enough to climb down from the ladder and look at the screen.
	MaxInstallWindow = 10 * time.Minute
	// MaxPersonLen bounds each of the two names that an install window is opened in.
	MaxPersonLen = 64
)
