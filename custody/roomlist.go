package custody

import (
	"fmt"
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// PersonHours is a time of day on some days of the week, as the register of persons holds it.
type PersonHours struct {
	Days  []string `json:"days"`  // mon to sun
	From  string   `json:"from"`  // 08:00
	Until string   `json:"until"` // 18:00; 24:00 is the end of the day
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// hours returns them in the words of the rules; false when there are none such.
func (h PersonHours) hours() (Hours, bool) {
	out := Hours{}
	for _, day := range h.Days {
		i := slices.Index(weekdays, day)
		if i < 0 {
			return out, false
		}
		out.Days = append(out.Days, time.Weekday(i))
	}
	var from, until bool
	out.From, from = clockTime(h.From)
	out.Until, until = clockTime(h.Until)
	return out, from && until && out.From < out.Until && len(h.Days) > 0 && len(h.Days) <= len(weekdays)
}

// clockTime reads 08:00, counted from midnight.
func clockTime(text string) (time.Duration, bool) {
	var hour, minute int
	n, err := fmt.Sscanf(text, "%02d:%02d", &hour, &minute)
	at := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	return at, err == nil && n == 2 && len(text) == len("08:00") && hour >= 0 && minute >= 0 && minute < 60 && at <= 24*time.Hour
}

// inHours reports whether a person may go into a room at this hour: by their own hours, by the
// room's, or because they are on duty (ACC-1).
func (s *State) inHours(room fact.PlaceID, p *Person, now time.Time) bool {
	if s.onDutyNow(p.ID, now) {
		return true
	}
	if len(p.Hours) == 0 {
		return permit(s.site.Policy.Guarding.RoomHours[room], now, s.zone())
	}
	var own []Hours
	for _, h := range p.Hours {
		if hours, ok := h.hours(); ok {
			own = append(own, hours)
		}
	}
	return permit(own, now, s.zone())
}

// mayEnter decides on somebody with a badge in force: the room's list and hours (ACC-1), and
// the papers of who would be alone in there (ACC-7).
func (d *decision) mayEnter(door Door, p *Person) (Outcome, bool) {
	room, subject := door.To, string(p.ID)
	switch {
	case !slices.Contains(p.Rooms, room):
		return refuse("not-on-list", RuleRoomList, subject, fact.Text{ZH: "%[1]s 不在 %[2]s 的准入名单内。", EN: "%[1]s is not on the list of %[2]s."}.Fill(p.Name, d.site.placeName(room))), false
	case !d.inHours(room, p, d.in.At.Wall):
		return refuse("out-of-hours", RuleRoomList, subject, fact.Text{ZH: "%[1]s 此时不得进入 %[2]s；确需进入，先排入值班。", EN: "%[1]s may not enter %[2]s at this hour; if it must be, put them on duty first."}.Fill(p.Name, d.site.placeName(room))), false
	}
	if !isRoom(d.site.Places[room]) || d.accompanied(room, p.ID) {
		return Outcome{}, true
	}
	return d.papers(subject, p)
}

func isRoom(p Place) bool { return p.Kind == Room || p.Kind == ReadingRoom }

// refuseEntry refuses somebody at a door's reader, with the reason (ACC-1: each attempt is recorded).
func (d *decision) refuseEntry(reader fact.DeviceID, who PersonID, why Outcome) {
	d.refuseBadge(reader, who, "", why.Code, why.Rule)
	d.out.Outcome = why
}

// escorts reports whether a person may have others in a room with them: on its list, in
// service, with all papers.
func (s *State) escorts(room fact.PlaceID, id PersonID, now time.Time) bool {
	p := s.persons[id]
	if p == nil || s.outOfService(p, now) != "" || !slices.Contains(p.Rooms, room) {
		return false
	}
	_, lacking := s.lackingPaper(p, now)
	return !lacking || !s.mustHavePapers(p)
}

// accompanied reports whether somebody else is in a room who may have others there.
func (s *State) accompanied(room fact.PlaceID, but PersonID) bool {
	for id := range s.rooms[room] {
		if id != but && s.escorts(room, id, s.now.Wall) {
			return true
		}
	}
	return false
}

// watchRooms begins what is watched of the rooms when somebody went in or out: visitors alone
// there (ACC-2), and an empty room that stands open (ACC-3).
func (s *State) watchRooms(at fact.Stamp, ev *PersonMoved, left fact.PlaceID) {
	g := &s.guarding
	if len(g.Goings) >= MaxGoings {
		g.Goings = slices.Clone(g.Goings[len(g.Goings)-MaxGoings/2:])
	}
	g.Goings = append(g.Goings, Going{Person: ev.Person, Room: ev.Room, In: ev.In, At: at})
	for _, room := range sortedKeys(s.rooms) {
		alone, empty := errand{errandVisitorAlone, string(room)}, errand{errandRoomEmpty, string(room)}
		switch visitors := s.visitorsAlone(room); {
		case len(visitors) == 0:
			s.agenda.off(alone)
		case !s.agenda.has(alone):
			s.agenda.at(alone, at.Mono+s.site.Policy.Guarding.AloneAfter)
		}
		switch {
		case len(s.rooms[room]) > 0:
			s.agenda.off(empty)
		case room == left && s.site.Policy.Guarding.EmptyAfter > 0:
			s.agenda.at(empty, at.Mono+s.site.Policy.Guarding.EmptyAfter)
		}
	}
}

// wentThrough settles what ends when somebody goes in or out.
func (d *decision) wentThrough(person PersonID, room fact.PlaceID, in bool) {
	d.visitorsNews()
	if v := d.guarding.Visits[person]; v != nil && !in {
		d.visitorLeft(v)
	}
	d.roomNews()
}

// standsOpen lists what of a room stands open: its doors, its safes, the cabinets in it under
// locks (ACC-3).
func (s *State) standsOpen(room fact.PlaceID) []fact.Text {
	var open []fact.Text
	for _, id := range sortedKeys(s.site.Doors) {
		if door := s.site.Doors[id]; door.To == room && s.doors[id] != nil && s.doors[id].known && s.doors[id].open {
			open = append(open, s.site.doorName(door))
		}
	}
	for _, id := range sortedKeys(s.site.Safes) {
		if safe := s.site.Safes[id]; safe.Room == room {
			if _, locked, doorOpen := s.bolts(safe); doorOpen || locked < len(safe.Locks) && s.heardOf(safe) {
				open = append(open, safe.Name)
			}
		}
	}
	for _, id := range sortedKeys(s.site.Places) {
		if p := s.site.Places[id]; p.Room == room && p.Lock != "" && s.locks[p.Lock].Bolt == fact.BoltUnlocked {
			open = append(open, p.Name)
		}
	}
	return open
}

// heardOf reports whether all locks of a safe have said how they stand.
func (s *State) heardOf(safe Safe) bool {
	for _, id := range safe.Locks {
		if s.locks[id].Bolt == fact.BoltUnknown {
			return false
		}
	}
	return true
}

// roomStillEmpty raises it when the last one has left a room open (ACC-3).
func (d *decision) roomStillEmpty(room fact.PlaceID) {
	if open := d.standsOpen(room); len(d.rooms[room]) == 0 && len(open) > 0 {
		d.raise(alerts.RoomLeftOpen, string(room), d.site.placeName(room), joined(open))
	}
}

// roomNews ends it when the room is shut, or somebody is there again.
func (d *decision) roomNews() {
	for _, room := range sortedKeys(d.rooms) {
		if _, stands := d.alerts.Standing(alerts.RoomLeftOpen, string(room)); stands && (len(d.rooms[room]) > 0 || len(d.standsOpen(room)) == 0) {
			d.end(alerts.RoomLeftOpen, string(room))
		}
	}
}
