package custody

import (
	"cmp"
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/threelock"
)

// Overview is what the wall screen shows: a copy, safe to keep. Titles of documents are
// not in it (REC-2); a document is named by its number.
type Overview struct {
	Site      fact.Text          `json:"site"`
	Seq       uint64             `json:"seq"`
	At        time.Time          `json:"at"`
	Alerts    []alerts.Alert     `json:"alerts"`
	Rooms     []RoomOverview     `json:"rooms"`
	Documents []DocumentOverview `json:"documents"`
	Safes     []SafeOverview     `json:"safes"`
	Doors     []DoorOverview     `json:"doors"`
	Cabinets  []CabinetOverview  `json:"cabinets"`
	Devices   []DeviceOverview   `json:"devices"`
	Cases     []CaseOverview     `json:"cases"`
	// Register is what is under way of registering, copying and issuing.
	Register RegisterOverview `json:"register"`
	// Circulations are the circulation lists under way, Waiting what waits for approval.
	Circulations []CirculationOverview `json:"circulations"`
	Waiting      []ApprovalOverview    `json:"waiting"`
}

// CaseOverview is an open case and what it still asks for.
type CaseOverview struct {
	ID   CaseID      `json:"id"`
	Kind CaseKind    `json:"kind"`
	Safe fact.SafeID `json:"safe,omitempty"`
	// Document is what is missing, Holder who had it, There who was in the room since (INC-1).
	Document DocumentID  `json:"document,omitempty"`
	Holder   fact.Text   `json:"holder,omitzero"`
	There    []fact.Text `json:"there,omitempty"`
	Since    time.Time   `json:"since"`
	Needs    []fact.Text `json:"needs"`
}

// RoomOverview says who is in a room.
type RoomOverview struct {
	Place  fact.PlaceID     `json:"place"`
	Name   fact.Text        `json:"name"`
	People []PersonOverview `json:"people"`
}

// PersonOverview names a person and since when they are where they are.
type PersonOverview struct {
	ID    PersonID  `json:"id"`
	Name  fact.Text `json:"name"`
	Since time.Time `json:"since"`
}

// Whereabouts says how a document's place is known.
type Whereabouts string

// The ways in which a document's place is known. Unknown is never shown as known.
const (
	Here       Whereabouts = "here"       // heard there
	Unseen     Whereabouts = "unseen"     // heard nowhere; the place is where it was last
	Unreadable Whereabouts = "unreadable" // its place cannot be read at the moment
)

// DocumentOverview holds the record and the evidence about one document side by side.
type DocumentOverview struct {
	ID        DocumentID           `json:"id"`
	Level     Level                `json:"level"`
	Home      fact.PlaceID         `json:"home"`
	HomeName  fact.Text            `json:"home_name"`
	Known     Whereabouts          `json:"known"`
	Place     fact.PlaceID         `json:"place"`
	PlaceName fact.Text            `json:"place_name"`
	Since     time.Time            `json:"since"`
	Certainty presence.CertaintyBP `json:"certainty_bp"`
	Evidence  string               `json:"evidence"`
	Passed    *PassingOverview     `json:"passed,omitempty"` // through a door, the last time
	Loan      *LoanOverview        `json:"loan,omitempty"`
	// Folder is the circulating folder that the piece travels in; empty when it was taken out.
	Folder DocumentID `json:"folder,omitempty"`
	// Follows is what follows where record and evidence differ: which alert, and who must act.
	Follows []Follow `json:"follows"`
}

// PassingOverview is a passage of a document through a door.
type PassingOverview struct {
	Door      fact.DoorID          `json:"door"`
	DoorName  fact.Text            `json:"door_name"`
	In        bool                 `json:"in"`
	Unsure    bool                 `json:"unsure"` // which way cannot be told
	At        time.Time            `json:"at"`
	With      []Companion          `json:"with"` // empty: nobody's badge goes with it
	By        PersonID             `json:"by,omitempty"`
	Certainty presence.CertaintyBP `json:"certainty_bp"`
}

// LoanOverview is a loan under way.
type LoanOverview struct {
	ID       LoanID     `json:"id"`
	Status   LoanStatus `json:"status"`
	Borrower PersonID   `json:"borrower"`
	Name     fact.Text  `json:"name"`
	Due      time.Time  `json:"due"`
	Overdue  bool       `json:"overdue"`
	Awaits   []Post     `json:"awaits"`
}

// SafeOverview says how a safe stands and who is still missing.
type SafeOverview struct {
	ID      fact.SafeID       `json:"id"`
	Name    fact.Text         `json:"name"`
	Session string            `json:"session,omitempty"`
	Phase   threelock.Phase   `json:"phase,omitempty"`
	Purpose threelock.Purpose `json:"purpose,omitempty"`
	Present []PartyOverview   `json:"present"`
	Missing []PartyOverview   `json:"missing"`
	// LastEnd says how the last session ended, or why nothing more happens.
	LastEnd fact.Text      `json:"last_end,omitzero"`
	EndCode threelock.Why  `json:"end_code,omitempty"`
	Locks   []LockOverview `json:"locks"`
	// DoorOpen is nil when nothing has reported the door.
	DoorOpen *bool `json:"door_open"`
	// OwnKeys: the locks demand each person's own key; otherwise the controller's signs for all.
	OwnKeys bool `json:"own_keys"`
	// WeakerLocks: the three locks are plain ones, which verify no approval.
	WeakerLocks bool `json:"weaker_locks"`
}

// PartyOverview is one party of an opening.
type PartyOverview struct {
	Party  threelock.Party `json:"party"`
	Name   fact.Text       `json:"name"`
	Person PersonID        `json:"person,omitempty"`
	Who    fact.Text       `json:"who,omitzero"`
}

// LockOverview is one lock: of a safe, or the plain one of a door or a cabinet.
type LockOverview struct {
	ID     fact.DeviceID `json:"id"`
	Bolt   string        `json:"bolt"` // locked, unlocked, jammed or unknown
	Tamper bool          `json:"tamper"`
}

// DoorOverview is one door.
type DoorOverview struct {
	ID   fact.DoorID `json:"id"`
	Name fact.Text   `json:"name"`
	// Open is nil until the contact has reported since the daemon started.
	Open *bool `json:"open"`
	// Lock is its plain lock; nil where it has none.
	Lock *LockOverview `json:"lock,omitempty"`
}

// DeviceOverview is one device.
type DeviceOverview struct {
	ID       fact.DeviceID `json:"id"`
	Kind     DeviceKind    `json:"kind"`
	Name     fact.Text     `json:"name"`
	State    string        `json:"state"` // up, down, fault or unknown
	Code     string        `json:"code,omitempty"`
	Detail   string        `json:"detail,omitempty"`
	Identity string        `json:"identity,omitempty"`
	Since    time.Time     `json:"since"`
}

// Overview returns the wall screen's view at a wall time.
func (s *State) Overview(now time.Time) Overview {
	o := Overview{Site: s.site.Name, Seq: s.seq, At: now, Alerts: s.alerts.List()}
	for _, id := range sortedKeys(s.site.Places) {
		if p := s.site.Places[id]; p.Kind == Room || p.Kind == ReadingRoom {
			o.Rooms = append(o.Rooms, RoomOverview{Place: id, Name: p.Name, People: s.peopleIn(id)})
		}
	}
	standing := standingBySubject(o.Alerts)
	for _, id := range sortedKeys(s.documents) {
		one := s.documentOverview(s.documents[id], now)
		one.Follows = s.follows(s.documents[id], standing[string(id)])
		o.Documents = append(o.Documents, one)
	}
	for _, id := range sortedKeys(s.site.Safes) {
		o.Safes = append(o.Safes, s.safeOverview(s.site.Safes[id]))
	}
	for _, id := range sortedKeys(s.cases) {
		c := s.cases[id]
		o.Cases = append(o.Cases, s.caseOverview(c))
	}
	for _, id := range sortedKeys(s.site.Doors) {
		door := s.site.Doors[id]
		overview := DoorOverview{ID: id, Name: s.site.doorName(door), Lock: s.plainLockOverview(door.Lock)}
		if state := *s.doors[id]; state.known {
			overview.Open = &state.open
		}
		o.Doors = append(o.Doors, overview)
	}
	o.Cabinets = s.lockedCabinets()
	o.Register = s.registerOverview(now)
	o.Circulations, o.Waiting = s.circulationOverviews(), s.waitingApprovals()
	for _, id := range sortedKeys(s.site.Devices) {
		o.Devices = append(o.Devices, s.deviceOverview(s.site.Devices[id]))
	}
	return o
}

func (s *State) peopleIn(room fact.PlaceID) []PersonOverview {
	people := []PersonOverview{}
	for id, since := range s.rooms[room] {
		people = append(people, PersonOverview{ID: id, Name: s.personName(id), Since: since.Wall})
	}
	slices.SortFunc(people, func(a, b PersonOverview) int { return cmp.Compare(a.ID, b.ID) })
	return people
}

func (s *State) documentOverview(d *Document, now time.Time) DocumentOverview {
	o := DocumentOverview{ID: d.ID, Level: d.Level, Home: d.Home, HomeName: s.site.placeName(d.Home), Known: Unseen,
		Place: d.Seen.Place, PlaceName: s.site.placeName(d.Seen.Place), Since: d.Seen.Since.Wall, Certainty: d.Seen.Certainty, Evidence: d.Seen.Evidence}
	if d.Seen.Known {
		o.Known = Here
		if _, silent := s.unreadable[d.Seen.Place]; silent {
			o.Known = Unreadable
		}
	}
	if p := d.Passed; p.Door != "" {
		o.Passed = &PassingOverview{Door: p.Door, DoorName: s.site.doorName(s.site.Doors[p.Door]), In: p.In, Unsure: p.Unsure, By: p.By, At: p.At.Wall, With: append([]Companion{}, p.With...), Certainty: p.Certainty}
	}
	if s.inFolder(d) {
		o.Folder = d.Folder
	}
	if l := s.loanOf(d); l != nil {
		o.Loan = &LoanOverview{ID: l.ID, Status: l.Status, Borrower: l.Borrower, Name: s.personName(l.Borrower), Due: l.Due,
			Overdue: l.Status == LoanOut && now.After(l.Due), Awaits: append([]Post{}, s.approvals[string(l.ID)].Awaits()...)}
	}
	return o
}

func (s *State) safeOverview(safe Safe) SafeOverview {
	session := s.openings[safe.ID]
	o := SafeOverview{WeakerLocks: safe.Plain, OwnKeys: !safe.Plain && s.demandsOwn(safe.ID, safe.Locks), ID: safe.ID, Name: safe.Name, Session: session.ID, Phase: session.Phase, Purpose: session.Purpose, Present: []PartyOverview{}, Missing: []PartyOverview{}}
	for _, p := range session.Present {
		o.Present = append(o.Present, PartyOverview{Party: p.Party, Name: p.Party.Name(), Person: p.Person, Who: s.persons[p.Person].Name})
	}
	if session.Active() {
		for _, p := range session.Missing() {
			o.Missing = append(o.Missing, PartyOverview{Party: p, Name: p.Name()})
		}
	} else if session.Why != "" {
		o.EndCode, o.LastEnd = session.Why, session.Why.Text()
	}
	for _, id := range safe.Locks {
		l := s.locks[id]
		o.Locks = append(o.Locks, LockOverview{ID: id, Bolt: boltWord(l.Bolt), Tamper: l.Tamper})
		if l.Door != fact.InputUnknown {
			open := l.Door != fact.InputInactive || (o.DoorOpen != nil && *o.DoorOpen)
			o.DoorOpen = &open
		}
	}
	if door := s.safeDoors[safe.ID]; door.known {
		open := door.open || o.DoorOpen != nil && *o.DoorOpen
		o.DoorOpen = &open
	}
	return o
}

func boltWord(b fact.BoltState) string {
	switch b {
	case fact.BoltLocked:
		return "locked"
	case fact.BoltUnlocked:
		return "unlocked"
	case fact.BoltJammed:
		return "jammed"
	case fact.BoltUnknown:
	}
	return "unknown"
}

func (s *State) deviceOverview(d Device) DeviceOverview {
	status := s.devices[d.ID]
	word := map[fact.DeviceState]string{fact.DeviceUnknown: "unknown", fact.DeviceUp: "up", fact.DeviceDown: "down", fact.DeviceFault: "fault"}[status.State]
	return DeviceOverview{ID: d.ID, Kind: d.Kind, Name: s.site.deviceName(d.ID), State: word, Code: status.Code, Detail: status.Detail, Identity: status.Identity, Since: status.Since.Wall}
}
