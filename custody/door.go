package custody

import (
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// doorBadge lets people on the room's list in (ACC-1), and lets everyone out.
func (d *decision) doorBadge(door Door, entering bool, reader fact.DeviceID, p *Person) {
	out := d.outOfService(p, d.in.At.Wall) != ""
	if out && entering {
		d.barred(reader, p)
		return
	}
	if o, may := d.mayEnter(door, p); entering && !may {
		d.refuseEntry(reader, p.ID, o)
		return
	}
	if entering && d.shutOut(door) {
		d.refuseBadge(reader, p.ID, "", "door-lock-absent", RuleDevices)
		return
	}
	d.grantDoor(door, reader, p.ID)
	if out { // people can always get out, and that one should not have been in
		d.raise(alerts.BadgeBarred, string(p.ID), d.site.deviceName(reader), p.Name)
	}
}

// grantDoor opens a door to who badged there.
func (d *decision) grantDoor(door Door, reader fact.DeviceID, person PersonID) {
	d.emit(string(door.ID), &BadgeAccepted{Reader: reader, Person: person})
	d.signal(reader, LampGranted)
	d.letThrough(door, toldBadge)
	d.out.Outcome = Outcome{OK: true}
	if d.doors[door.ID].open {
		d.pass(door)
	}
}

func (g *doorState) grant(at fact.Stamp, person PersonID, entering bool, valid time.Duration) {
	g.expected, g.entering, g.grantUntil = person, entering, at.Mono+valid
}

// input settles a door contact or an exit button.
func (d *decision) input(f fact.InputChanged) {
	at := InputPoint{Device: f.Device, Input: f.Input}
	for _, id := range sortedKeys(d.site.Doors) {
		door := d.site.Doors[id]
		if door.Contact == at && f.State != fact.InputUnknown {
			d.contact(door, f.State)
		}
		if door.ExitButton == at && f.State == fact.InputActive {
			d.emit(string(door.ID), &ExitAsked{Door: door.ID})
			d.letThrough(door, toldExit)
		}
	}
	for _, id := range sortedKeys(d.site.Safes) {
		if safe := d.site.Safes[id]; safe.Contact == at && at.Device != "" {
			d.safeContact(safe, f.State)
		}
	}
}

// contact settles a door's contact. A contact that is cut or shorted counts as open:
// nobody can say that the door is shut.
func (d *decision) contact(door Door, state fact.InputState) {
	was, open := *d.doors[door.ID], state != fact.InputInactive
	if was.known && was.open == open {
		return
	}
	// A door found open by a daemon that has just started was opened by nobody knows whom:
	// how long it stays open is what can be watched.
	granted := !was.known || (was.grantUntil >= d.in.At.Mono && was.grantUntil > 0)
	d.emit(string(door.ID), &DoorChanged{Door: door.ID, Open: open, Forced: open && !granted})
	if !open {
		d.end(alerts.DoorForced, string(door.ID))
		d.end(alerts.DoorHeldOpen, string(door.ID))
		d.doorShut(door)
		d.roomNews()
		return
	}
	if !granted {
		d.raise(alerts.DoorForced, string(door.ID), d.site.doorName(door))
		return
	}
	d.pass(door)
}

// pass takes the person who badged through the open door.
func (d *decision) pass(door Door) {
	state := d.doors[door.ID]
	if state.expected == "" {
		return
	}
	person, in := state.expected, state.entering
	if _, inside := d.rooms[door.To][person]; inside == in {
		return
	}
	d.emit(string(person), &PersonMoved{Person: person, Room: door.To, In: in})
	d.wentThrough(person, door.To, in)
	if in {
		return
	}
	for _, safe := range sortedKeys(d.openings) {
		d.opening(safe, func(s *threelock.Session) ([]threelock.Step, threelock.Command) { return s.Left(person) })
	}
}

func (d *decision) doorStillOpen(id fact.DoorID) {
	if door := d.site.Doors[id]; d.doors[id] != nil && d.doors[id].open {
		d.raise(alerts.DoorHeldOpen, string(id), d.site.doorName(door), door.HeldOpenAfter.String())
	}
}

func (ev *DoorChanged) evolve(s *State, at fact.Stamp) {
	door := s.doors[ev.Door]
	if door == nil { // a door that the configuration no longer has
		return
	}
	door.known, door.open, door.since = true, ev.Open, at
	key := errand{errandDoorHeld, string(ev.Door)}
	if ev.Open {
		s.agenda.at(key, at.Mono+s.site.Doors[ev.Door].HeldOpenAfter)
		s.doorOpened(ev.Door)
		return
	}
	door.expected, door.grantUntil = "", 0
	s.agenda.off(key)
}

// DoorChanged is a door's contact: open or shut, and by whose leave.
type DoorChanged struct {
	Door   fact.DoorID `json:"door"`
	Open   bool        `json:"open"`
	Forced bool        `json:"forced,omitempty"`
}

// ExitAsked is the exit button at a door: people can always get out.
type ExitAsked struct {
	Door fact.DoorID `json:"door"`
}

// PersonMoved says that a person went into or out of a room, by badge and door.
type PersonMoved struct {
	Person PersonID     `json:"person"`
	Room   fact.PlaceID `json:"room"`
	In     bool         `json:"in"`
}

// The kinds of events; they stand in the record and never change.
func (DoorChanged) Kind() string { return "door-changed" }
func (ExitAsked) Kind() string   { return "exit-asked" }
func (PersonMoved) Kind() string { return "person-moved" }

var doorEvents = []func() Event{blank[DoorChanged], blank[ExitAsked], blank[PersonMoved]}

func (ev *ExitAsked) evolve(s *State, at fact.Stamp) {
	if door := s.doors[ev.Door]; door != nil {
		door.grant(at, "", false, s.site.Policy.DoorGrantTime)
	}
}

func (ev *PersonMoved) evolve(s *State, at fact.Stamp) {
	left := ev.Room
	for room, people := range s.rooms { // a person is in one room at a time
		if _, in := people[ev.Person]; in {
			left = room
		}
		delete(people, ev.Person)
	}
	defer s.watchRooms(at, ev, left)
	if !ev.In {
		return
	}
	if s.rooms[ev.Room] == nil {
		s.rooms[ev.Room] = map[PersonID]fact.Stamp{}
	}
	s.rooms[ev.Room][ev.Person] = at
}
