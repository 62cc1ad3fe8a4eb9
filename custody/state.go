// Package custody is the domain: documents, persons, places, loans, doors, the safe, and
// what follows from what happens to them. It is pure: facts and acts go in with a stamp,
// entries and effects come out. It reads no clock, opens no file and sends nothing.
//
//	facts (devices), findings (presence), acts (persons), time
//	                      │
//	                 State.Decide ──► entries ──► the record (committed first)
//	                      │                └────► notices of alerts, for the outbox
//	                      └─────────► effects ──► lamps, strikes, locks (carried out after the commit)
//	State.Evolve is the only thing that changes a State; replaying the record is Evolve alone.
//
// Evidence and record are kept apart: a Document holds both what the register says (its
// home, its loan) and what the readers say (its Sighting). A difference is what alerts
// are about.
package custody

import (
	"fmt"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/threelock"
)

// State is everything that is known, as it follows from the record and the site's
// configuration. It is owned by one goroutine (package engine); others read it through
// the engine.
type State struct {
	site  Site
	seq   uint64
	now   fact.Stamp // of the last entry
	actor string     // of the last entry

	persons   map[PersonID]*Person
	byCard    map[fact.CardID]PersonID
	documents map[DocumentID]*Document
	shelves   shelves
	byTag     map[fact.EPC]DocumentID
	loans     map[LoanID]*Loan
	loanCount int
	approvals map[string]*Approval // those that wait or are ready, by the number of what they are for

	registering registering
	circulating circulating
	keeping     keeping
	guarding    guarding

	rooms      map[fact.PlaceID]map[PersonID]fact.Stamp // who is in, since when
	doors      map[fact.DoorID]*doorState
	handOvers  map[fact.DeviceID]*handOver // by badge reader
	pins       map[fact.DeviceID]pinEntry  // badge shown, PIN awaited, by reader
	wrongPINs  map[PersonID]wrongPINs
	unreadable map[fact.PlaceID]fact.DeviceID // place -> the reader that fell silent

	devices         map[fact.DeviceID]*DeviceStatus
	locks           map[fact.DeviceID]LockChanged
	refusals        map[fact.DeviceID][]refusedAt  // of the last minute
	spans           map[fact.DeviceID][]lockSpan   // of the last openings
	asked           map[fact.DeviceID]lockPlace    // challenges that are not authorised yet
	enrolled        map[PersonID][]PersonKey       // security keys of persons
	keyLists        map[fact.SafeID][]recordedList // proposed for the locks, the last ones
	told            map[fact.DeviceID]toldLock     // plain locks of doors and cabinets
	safeDoors       map[fact.SafeID]safeDoor       // contacts of safes under plain locks
	openings        map[fact.SafeID]*threelock.Session
	sessions        int
	failed          map[fact.SafeID]fact.Stamp // when an opening last failed and the locks were told to lock
	timeLocks       map[fact.SafeID]time.Time  // until when nobody opens a safe
	cases           map[CaseID]*Case           // those that are open
	caseCount       int
	delegations     map[DelegationID]*Delegation
	delegationCount int

	alerts *alerts.Book
	acts   actMemory
	agenda *agenda
}

type doorState struct {
	known      bool // the contact has reported since the daemon started
	open       bool
	since      fact.Stamp
	expected   PersonID // badged, not yet through
	entering   bool
	grantUntil time.Duration
}

type handOver struct {
	first  badgeMark
	second badgeMark
	open   bool
	// custodian and other are set while open; settled once something has changed hands.
	custodian, other PersonID
	settled          bool
}

type badgeMark struct {
	person PersonID
	at     fact.Stamp
}

type pinEntry struct {
	person PersonID
	until  time.Duration
}

type wrongPINs struct {
	count int
	until time.Duration // locked out until
}

// DeviceStatus is what is known of a device.
type DeviceStatus struct {
	State    fact.DeviceState
	Code     string
	Detail   string
	Identity string
	Since    fact.Stamp
}

// NewState returns the state of a site with an empty record.
func NewState(site Site) *State {
	s := &State{site: site,
		persons: map[PersonID]*Person{}, byCard: map[fact.CardID]PersonID{},
		documents: map[DocumentID]*Document{}, shelves: newShelves(), byTag: map[fact.EPC]DocumentID{}, loans: map[LoanID]*Loan{}, approvals: map[string]*Approval{}, registering: newRegistering(), circulating: newCirculating(), keeping: newKeeping(), guarding: newGuarding(),
		rooms: map[fact.PlaceID]map[PersonID]fact.Stamp{}, doors: map[fact.DoorID]*doorState{}, handOvers: map[fact.DeviceID]*handOver{},
		pins: map[fact.DeviceID]pinEntry{}, wrongPINs: map[PersonID]wrongPINs{}, unreadable: map[fact.PlaceID]fact.DeviceID{},
		devices: map[fact.DeviceID]*DeviceStatus{}, locks: map[fact.DeviceID]LockChanged{}, refusals: map[fact.DeviceID][]refusedAt{}, spans: map[fact.DeviceID][]lockSpan{}, asked: map[fact.DeviceID]lockPlace{}, enrolled: map[PersonID][]PersonKey{}, keyLists: map[fact.SafeID][]recordedList{}, openings: map[fact.SafeID]*threelock.Session{},
		told: map[fact.DeviceID]toldLock{}, safeDoors: map[fact.SafeID]safeDoor{},
		cases: map[CaseID]*Case{}, failed: map[fact.SafeID]fact.Stamp{}, timeLocks: map[fact.SafeID]time.Time{}, delegations: map[DelegationID]*Delegation{},
		alerts: alerts.NewBook(site.Policy.Repeat), agenda: newAgenda()}
	for id := range site.Doors {
		s.doors[id] = &doorState{}
	}
	for id := range site.Devices {
		s.devices[id] = &DeviceStatus{}
	}
	for id := range site.Safes {
		s.openings[id] = &threelock.Session{}
	}
	return s
}

// Seq returns the number of the last entry.
func (s *State) Seq() uint64 { return s.seq }

// Now returns the stamp of the last entry; the engine continues site time from it.
func (s *State) Now() fact.Stamp { return s.now }

// Due returns how long after now something falls due, if anything does.
func (s *State) Due(now fact.Stamp) (time.Duration, bool) { return s.agenda.next(now) }

// Tagged calls f for every live tag with the place it was last concluded to be in; for
// seeding presence after a start.
func (s *State) Tagged(f func(tag fact.EPC, last fact.PlaceID)) {
	for _, d := range s.documents {
		place := d.Seen.Place
		if !d.Seen.Known {
			place = presence.Elsewhere
		}
		f(d.Tag, place)
	}
}

// Evolve carries one entry out. It accepts any entry that DecodeEvent can return or
// Decide can produce, in the order of their numbers.
func (s *State) Evolve(e Entry) error {
	if e.Seq != s.seq+1 {
		return fmt.Errorf("record jumps from entry %d to entry %d", s.seq, e.Seq)
	}
	s.seq, s.now, s.actor = e.Seq, e.At, e.Actor
	e.Event.evolve(s, e.At)
	return nil
}

// evolveStarted forgets what only a running daemon can know: nothing has reported yet,
// and what was true when the last run ended is not known to be true now.
func (*Started) evolve(s *State, at fact.Stamp) {
	s.checksBegin(at.Wall)
	for _, d := range s.devices {
		*d = DeviceStatus{Identity: d.Identity, Since: at}
	}
	for id := range s.devices {
		s.agenda.off(errand{errandDeviceDown, string(id)})
	}
	for _, door := range s.doors {
		door.known = false
	}
	s.startKeeping(at)
	clear(s.safeDoors)
	for id := range s.told {
		s.lockWatchAgain(at, id)
	}
	for id, l := range s.locks {
		s.locks[id] = LockChanged{Lock: id, Tamper: l.Tamper, MotorFault: l.MotorFault, BatteryLow: l.BatteryLow, Trust: l.Trust, Boot: l.Boot, Counter: l.Counter}
	}
}

// actMemory keeps the last acts' outcomes, so that a retried act is answered, not repeated.
type actMemory struct {
	outcomes map[string]Outcome
	order    []string
}

func (m *actMemory) remember(a ActDone) {
	if a.Act == "" {
		return
	}
	if m.outcomes == nil {
		m.outcomes = map[string]Outcome{}
	}
	if _, known := m.outcomes[a.Act]; !known {
		m.order = append(m.order, a.Act)
	}
	m.outcomes[a.Act] = Outcome{OK: a.OK, Code: a.Code, Rule: a.Rule, Text: a.Text, Subject: a.Subject}
	if len(m.order) > MaxActsRemembered {
		delete(m.outcomes, m.order[0])
		m.order = m.order[1:]
	}
}

// Started: the daemon began to decide. What was half done before is settled here.
type Started struct {
	Version string `json:"version"`
}

// RecordFailed is the first entry after the journal could not be written for a while.
type RecordFailed struct {
	Error string     `json:"error"`
	Since fact.Stamp `json:"since"`
}

// The kinds of events; they stand in the record and never change.
func (Started) Kind() string      { return "started" }
func (RecordFailed) Kind() string { return "record-failed" }

var runEvents = []func() Event{blank[Started], blank[RecordFailed]}

func (*RecordFailed) evolve(*State, fact.Stamp) {}
