// Package threelock is the opening of a safe under three locks, as a pure machine: three
// named parties, three locks, and no single thing that can open it (SAF-1).
//
//	stated ──first party──► gathering ──third party──► challenging ──three challenges──► unlocking
//	  │                        │                           │                               │ three locks
//	  ▼ statement expired      ▼ window passed             ▼ no answer                     ▼ accepted
//	 ended                    ended                       ended + re-lock              unlocked
//	                                                                                       │ door
//	 ended ◄── three bolts reported locked ── shutting ◄── door shut ── open ◄─────────────┘
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
	Stated      Phase = "stated"
	Gathering   Phase = "gathering"
	Challenging Phase = "challenging"
	Unlocking   Phase = "unlocking"
	Unlocked    Phase = "unlocked"
	Open        Phase = "open"
	Shutting    Phase = "shutting"
	Ended       Phase = "ended"
)

// Purpose says why a safe is opened (SAF-2).
type Purpose string

// The purposes of an opening.
const (
	DocumentsOut Purpose = "documents-out"
	DocumentsIn  Purpose = "documents-in"
	Inspection   Purpose = "inspection"
	Inventory    Purpose = "inventory"
)

// Valid reports whether p is one of the purposes.
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
	}
	return fact.Text{ZH: string(p), EN: string(p)}
}

// Timing is the policy of an opening. All are site time, all greater than zero.
type Timing struct {
	StatementValid time.Duration // from the statement to the first party
	Window         time.Duration // from the first party to the third (default 60 s)
	LockAnswer     time.Duration // for three challenges, and again for three results
	UnlockedTime   time.Duration // for the door to be opened
}

// Claim is a person who has shown badge and PIN at the safe's reader, with what the
// register says of them at this moment: posts are resolved at use.
type Claim struct {
	Person  fact.PersonID
	Parties []Party // the parties the person may stand for, in the order of preference
	InRoom  bool    // badged into the room in which the safe stands
}

// Presence is a party that has shown itself.
type Presence struct {
	Party  Party         `json:"party"`
	Person fact.PersonID `json:"person"`
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
	// Challenges and Accepted are per lock, in the order of Locks.
	Challenges [3][]byte
	Accepted   [3]bool
	// Why is the reason code of the end.
	Why Why
}

// Active reports whether there is a session that has not ended.
func (s *Session) Active() bool { return s.Phase != "" && s.Phase != Ended }

// Before reports whether the session is active and no lock has been told to open yet.
func (s *Session) Before() bool {
	return s.Phase == Stated || s.Phase == Gathering || s.Phase == Challenging
}

// MayBeOpen reports whether bolts drawn or a door open belong to this session.
func (s *Session) MayBeOpen() bool {
	return s.Phase == Unlocking || s.Phase == Unlocked || s.Phase == Open || s.Phase == Shutting
}

// Missing returns the parties that have not shown themselves yet.
func (s *Session) Missing() []Party {
	var missing []Party
	for _, p := range Parties() {
		if !slices.ContainsFunc(s.Present, func(q Presence) bool { return q.Party == p }) {
			missing = append(missing, p)
		}
	}
	return missing
}

// Silent returns the locks that have not yet given what the phase waits for.
func (s *Session) Silent() []fact.DeviceID {
	var silent []fact.DeviceID
	for i, lock := range s.Locks {
		if (s.Phase == Challenging && s.Challenges[i] == nil) || (s.Phase == Unlocking && !s.Accepted[i]) {
			silent = append(silent, lock)
		}
	}
	return silent
}
