package custody

import (
	"encoding/json"
	"fmt"
	"slices"

	"trilock/custody/fact"
)

// PersonID is the stable number of a person in the site's register.
type PersonID = fact.PersonID

// DocumentID is a document's register number: category-year-sequence, for example
// "JM-2026-0001" (REG-2).
type DocumentID string

// LoanID numbers the loans of a site, "L-000001".
type LoanID string

// Entry is one thing that became true: the unit of the record. Entries are facts; they
// never change meaning, so an old journal always replays.
type Entry struct {
	// Seq counts from 1 without gaps.
	Seq uint64     `json:"seq"`
	At  fact.Stamp `json:"at"`
	// Actor is the person who did it, or the name of the machine account; empty when the
	// system itself recorded a fact.
	Actor string `json:"actor,omitempty"`
	// Subject is what the entry is about: a document, a person, a device, a safe, an alert.
	Subject string `json:"subject"`
	Event   Event  `json:"event"`
}

// Event is the typed content of an entry. The set is closed: see eventKinds. Fields may be
// added to one; none is ever renamed, retyped or given another meaning.
type Event interface {
	// Kind is the event's name in the record, for example "loan-issued". It never changes.
	Kind() string
	// evolve carries the event out: nothing else changes a State.
	evolve(s *State, at fact.Stamp)
}

// blank makes an event of one kind with nothing in it.
func blank[T any, P interface {
	*T
	Event
}]() Event {
	return P(new(T))
}

// eventKinds makes a blank event of each kind, for reading the record. Which there are says
// the file of each subject.
var eventKinds = func() map[string]func() Event {
	kinds := map[string]func() Event{}
	for _, blank := range slices.Concat(runEvents, actEvents, personEvents, documentEvents, lendingEvents, badgeEvents, doorEvents, handOverEvents,
		sightingEvents, passageEvents, deviceEvents, lockEvents, plainLockEvents, openingEvents, hoursEvents, caseEvents, delegationEvents, alertEvents, keyEvents, approvalEvents, registeringEvents, circulatingEvents, keepingEvents, guardingEvents) {
		kinds[blank().Kind()] = blank
	}
	return kinds
}()

// EncodeEvent returns the event's record form: JSON, fields in the order of the type.
func EncodeEvent(e Event) ([]byte, error) { return json.Marshal(e) }

// DecodeEvent reads back what EncodeEvent wrote. An unknown kind is an error, and fatal
// to a replay: a record that this version cannot read in full it must not act on.
func DecodeEvent(kind string, data []byte) (Event, error) {
	blank, ok := eventKinds[kind]
	if !ok {
		return nil, fmt.Errorf("record holds an entry of kind %q, which this version does not know: install the version that wrote it, or a newer one", kind)
	}
	e := blank()
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("entry of kind %q is damaged: %w", kind, err)
	}
	return e, nil
}
