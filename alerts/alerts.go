// Package alerts is the life of an alert: what kinds there are, when one begins,
// repeats and ends, and who must still act. It is pure: it takes stamps and returns
// events; it reads no clock and sends nothing.
//
//	condition begins ──► (hold) ──► raised ──► delivered ──► acknowledged ─┐
//	                                   │  └─ repeated until a person acts  ├─► closed by a person
//	condition ends ────────────────────┴──────► ended by fact ─────────────┘    with a disposition
//
// One alert stands for one cause: a kind and a subject. What happens again adds to its
// count. Nothing is ever deleted (INC-3); an alert that was closed stays in the record
// and a recurrence opens a new one.
package alerts

import (
	"errors"

	"trilock/custody/fact"
)

// ID numbers the alerts of a site from 1, in the order they were raised.
type ID uint64

// Severity orders alerts by how soon a person must act.
type Severity uint8

// The severities, weakest first.
const (
	Info Severity = iota + 1
	Warning
	Critical
)

// Reason says why a notice is sent.
type Reason string

// The reasons of a notice.
const (
	ReasonRaised       Reason = "raised"
	ReasonRepeated     Reason = "repeated" // nobody has acknowledged yet
	ReasonRecurred     Reason = "recurred" // it had ended, and began again
	ReasonEnded        Reason = "ended"    // the fact has ended
	ReasonAcknowledged Reason = "acknowledged"
	ReasonClosed       Reason = "closed"
)

// Notice is one message about one alert, for one or more channels. Its ID is stable:
// a channel that delivers it twice delivers the same ID twice.
type Notice struct {
	ID       string    `json:"id"` // "<alert>-<n>", n counts the alert's notices from 1
	Alert    ID        `json:"alert"`
	Code     Code      `json:"kind"`
	Severity Severity  `json:"severity"`
	Reason   Reason    `json:"reason"`
	Subject  string    `json:"subject"`
	Title    fact.Text `json:"title"`
	Text     fact.Text `json:"text"`
	ToDo     fact.Text `json:"to_do"`
	Rule     string    `json:"rule,omitempty"` // id of the rule that the alert serves
	Count    int       `json:"count"`
	// By is the person who acknowledged or closed, where one did.
	By string     `json:"by,omitempty"`
	At fact.Stamp `json:"at"`
}

// String returns "info", "warning" or "critical".
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Critical:
		return "critical"
	}
	return "unknown"
}

// MarshalText writes the severity's word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the severity's word; an unknown word is an error.
func (s *Severity) UnmarshalText(text []byte) error {
	for _, known := range []Severity{Info, Warning, Critical} {
		if known.String() == string(text) {
			*s = known
			return nil
		}
	}
	return &UnknownWordError{What: "severity", Word: string(text)}
}

// UnknownWordError says that a word of a record is not one of the known ones.
type UnknownWordError struct{ What, Word string }

func (e *UnknownWordError) Error() string { return "alerts: unknown " + e.What + " " + e.Word }

// Refusals of acts on alerts.
var (
	// ErrNoSuchAlert: the number was never given, or the alert is closed.
	ErrNoSuchAlert = errors.New("no open alert has this number")
	// ErrStillStanding: the physical fact lasts; only its end makes closing possible.
	ErrStillStanding = errors.New("the cause of this alert still stands")
)
