// Package threelock is the opening of a safe under three locks, as a pure machine: three
// named parties, three locks, and no single thing that can open it (SAF-1).
//
//	stated ──first party──► gathering ──third party──► challenging ──three challenges──► unlocking
//	  │                        │       ╲              ╱    │                               │ three locks
//	  ▼ statement expired      ▼ window ╲            ╱     ▼ no answer                     ▼ accepted
//	 ended                    ended     delaying ► reconfirming                        unlocked
//	                                                                                       │ door
//	 ended ◄─ three confirm ─ closing ◄─ three bolts locked ─ shutting ◄─ door shut ─ open ◄┘
//
// Where the locks demand each person's own key, approving stands between challenging and
// unlocking: the three sign over the challenges. A change of the locks' lists of keys goes
// the same way and ends when the locks that were asked have answered.
//
// Delaying, reconfirming and closing are there where the safe's policy asks for them: a time
// delay before the locks are asked at all, a second confirmation by the same three persons
// when it is over, and the three persons' word that the safe is closed.
//
// The machine takes signals and stamps and answers with steps (what became true) and
// commands (what to tell the locks). Evolve carries a step out; nothing else changes a
// Session. A command is to be sent only after the steps that came with it are durable,
// and never again: after a restart a session that had not reached the open door ends,
// and its locks are told to lock.
//
// What the machine does not know, it treats as "no": a lock that did not answer has not
// answered yes, and a bolt that did not report is not locked.
package threelock

import (
	"slices"
	"time"

	"trilock/custody/fact"
)

// Party is one of the three sides that must stand before the safe together.
type Party string

// The three parties. Management is the general manager or, in that place, the chief engineer.
const (
	Archivist     Party = "archivist"
	GeneralOffice Party = "general-office"
	Management    Party = "management"
)

// Parties returns the three parties in the order in which they are always listed.
func Parties() [3]Party { return [3]Party{Archivist, GeneralOffice, Management} }

// Name returns the party's name.
func (p Party) Name() fact.Text {
	switch p {
	case Archivist:
		return fact.Text{ZH: "档案员", EN: "archivist"}
	case GeneralOffice:
		return fact.Text{ZH: "综合部", EN: "general office"}
	case Management:
		return fact.Text{ZH: "总经理（或总工程师）", EN: "general manager (or chief engineer)"}
	}
	return fact.Text{ZH: string(p), EN: string(p)}
}

// Phase is how far an opening has come.
type Phase string

// The phases of an opening.
const (
	Stated    Phase = "stated"
	Gathering Phase = "gathering"
	Delaying  Phase = "delaying"
	// Reconfirming: the delay is over; the same three persons show themselves again.
	Reconfirming Phase = "reconfirming"
	Challenging  Phase = "challenging"
	// Approving: the challenges are here; each of the three signs with a key of their own.
	Approving Phase = "approving"
	Unlocking Phase = "unlocking"
	Unlocked  Phase = "unlocked"
	Open      Phase = "open"
	Shutting  Phase = "shutting"
	// Closing: shut and locked, as door and bolts reported; the three persons confirm it.
	Closing Phase = "closing"
	Ended   Phase = "ended"
)

// Purpose says why a safe is opened (SAF-2).
type Purpose string

// The purposes of an opening.
const (
	DocumentsOut Purpose = "documents-out"
	DocumentsIn  Purpose = "documents-in"
	Inspection   Purpose = "inspection"
	Inventory    Purpose = "inventory"
	// KeyChange opens nothing: it changes whose keys the locks believe.
	KeyChange Purpose = "key-change"
)

// Valid reports whether p is one of the purposes of an opening, which a KeyChange is not.
func (p Purpose) Valid() bool {
	return slices.Contains([]Purpose{DocumentsOut, DocumentsIn, Inspection, Inventory}, p)
}

// Name returns the purpose's name.
func (p Purpose) Name() fact.Text {
	switch p {
	case DocumentsOut:
		return fact.Text{ZH: "取出文件", EN: "documents out"}
	case DocumentsIn:
		return fact.Text{ZH: "存入文件", EN: "documents in"}
	case Inspection:
		return fact.Text{ZH: "检查", EN: "inspection"}
	case Inventory:
		return fact.Text{ZH: "清点", EN: "inventory"}
	case KeyChange:
		return fact.Text{ZH: "更换审批密钥", EN: "change of the approvers' keys"}
	}
	return fact.Text{ZH: string(p), EN: string(p)}
}

// Timing is the policy of an opening, in site time. The first four are greater than zero; of
// the others zero means that the safe does without.
type Timing struct {
	StatementValid time.Duration // from the statement to the first party
	Window         time.Duration // from the first party to the third (default 60 s)
	LockAnswer     time.Duration // for three challenges, and again for three results
	UnlockedTime   time.Duration // for the door to be opened
	Delay          time.Duration // from the third party until the locks are asked
	Reconfirm      time.Duration // after the delay, for the three persons to confirm
	Confirm        time.Duration // for the three persons to confirm that it is closed
	Approve        time.Duration // for the three persons to sign, where their own keys are demanded
}

// Claim is a person who has shown badge and PIN at the safe's reader, with what the
// register says of them at this moment: posts are resolved at use.
type Claim struct {
	Person  fact.PersonID
	Parties []Party // the parties of the person's own posts, in the order of preference
	// Delegated are the parties that the person stands for by a delegation now in force.
	// They count for nobody who has a party of their own.
	Delegated  []Party
	InRoom     bool // badged into the room in which the safe stands
	OutOfHours bool // the safe may not be opened at this hour
}

// Presence is a party that has shown itself.
type Presence struct {
	Party  Party         `json:"party"`
	Person fact.PersonID `json:"person"`
	At     fact.Stamp    `json:"at"`
	// Delegate: the person stands for another, by a delegation.
	Delegate bool `json:"delegate,omitempty"`
	// Again counts the second confirmation, Closed the last: that the safe is closed.
	Again  bool `json:"again,omitempty"`
	Closed bool `json:"closed,omitempty"`
	// Assertion is the person's own signature, where the locks demand one.
	Assertion *Assertion `json:"assertion,omitempty"`
}

// Refusal is the last time that somebody was refused in an opening, and why.
type Refusal struct {
	Person fact.PersonID `json:"person"`
	Why    Why           `json:"why"`
	At     fact.Stamp    `json:"at"`
}

// Session is one opening. Its zero value is no session.
type Session struct {
	ID        string
	Safe      fact.SafeID
	Purpose   Purpose
	Documents []string // register numbers the purpose names
	StatedBy  string
	Phase     Phase
	Since     fact.Stamp // when the phase began
	First     fact.Stamp // when the first party showed itself
	Locks     [3]fact.DeviceID
	Present   []Presence
	Refused   Refusal
	// Challenges and Accepted are per lock, in the order of Locks.
	Challenges [3][]byte
	Accepted   [3]bool
	// Own: the locks demand each person's own key. Trust names the list of keys that a
	// KeyChange brings; its Locks are empty where a lock is not asked.
	Own   bool
	Trust string
	// Why is the reason code of the end.
	Why Why
}

// Active reports whether there is a session that has not ended.
func (s *Session) Active() bool { return s.Phase != "" && s.Phase != Ended }

// Before reports whether the session is active and no lock has been told to open yet.
func (s *Session) Before() bool {
	switch s.Phase {
	case Stated, Gathering, Delaying, Reconfirming, Challenging, Approving:
		return true
	}
	return false
}

// Awaits reports whether the session waits for a person to show badge and PIN.
func (s *Session) Awaits() bool {
	switch s.Phase {
	case Stated, Gathering, Delaying, Reconfirming, Closing:
		return true // in the delay they are told to wait
	}
	return false
}

// Unconfirmed returns the parties that have not confirmed that the safe is closed.
func (s *Session) Unconfirmed() []Party {
	return s.without(func(p Presence) bool { return p.Closed })
}

// MayBeOpen reports whether bolts drawn or a door open belong to this session.
func (s *Session) MayBeOpen() bool {
	return s.Purpose != KeyChange && (s.Phase == Unlocking || s.Phase == Unlocked || s.Phase == Open || s.Phase == Shutting)
}

// Missing returns the parties that still have to do what the phase waits for: to show
// themselves, to confirm after the delay, to sign, to confirm that the safe is closed.
func (s *Session) Missing() []Party {
	switch s.Phase {
	case Reconfirming:
		return s.without(func(p Presence) bool { return p.Again })
	case Approving:
		return s.without(func(p Presence) bool { return p.Assertion != nil })
	case Closing:
		return s.Unconfirmed()
	}
	return s.without(func(Presence) bool { return true })
}

// without returns the parties of which nobody present has done a thing.
func (s *Session) without(done func(Presence) bool) []Party {
	var missing []Party
	for _, party := range Parties() {
		if !slices.ContainsFunc(s.Present, func(p Presence) bool { return p.Party == party && done(p) }) {
			missing = append(missing, party)
		}
	}
	return missing
}

// Silent returns the locks that have not yet given what the phase waits for.
func (s *Session) Silent() []fact.DeviceID {
	var silent []fact.DeviceID
	for i, lock := range s.Locks {
		if lock != "" && (s.Phase == Challenging && s.Challenges[i] == nil || s.Phase == Unlocking && !s.Accepted[i]) {
			silent = append(silent, lock)
		}
	}
	return silent
}
