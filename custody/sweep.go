package custody

import (
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// sweeping is the close of business (STO-3).
type sweeping struct {
	// Due is the off-duty hour of the next sweep; zero where the site has no calendar.
	Due time.Time `json:"due,omitzero"`
	// Open are the findings of the last sweep that are not settled.
	Open []SweepFinding `json:"open,omitempty"`
}

// SweepFinding is one thing that was not as it must be at the close of business.
type SweepFinding struct {
	Document DocumentID    `json:"document,omitempty"`
	Lock     fact.DeviceID `json:"lock,omitempty"`
	Door     fact.DoorID   `json:"door,omitempty"`
	// What is not so: away, not-readable, not-locked, not-shut, or not-reported.
	What  string       `json:"what"`
	Place fact.PlaceID `json:"place,omitempty"` // where it is, or was last
}

// What a sweep finds.
const (
	sweptAway        = "away"
	sweptUnreadable  = "not-readable"
	sweptNotLocked   = "not-locked"
	sweptNotShut     = "not-shut"
	sweptNotReported = "not-reported"
)

// sweepSubject is what the alert of the sweep is about: the site as a whole.
const sweepSubject = "sweep"

// planSweep sets the next sweep and its reminder: at the off-duty hour of the working day.
// One that fell due while the daemon was down is made up for when it starts.
func (s *State) planSweep(at fact.Stamp, done bool) {
	if s.site.Calendar == nil {
		return
	}
	due, working := s.site.Calendar.OffDuty(at.Wall)
	if !working || !done && !s.keeping.Sweep.Due.IsZero() && s.keeping.Sweep.Due.Before(at.Wall) {
		return
	}
	s.keeping.Sweep.Due = due
	s.agenda.atWall(errand{kind: errandSweep}, due)
	if before := s.site.Policy.Keeping.SweepReminder; before > 0 && due.Add(-before).After(at.Wall) {
		s.agenda.atWall(errand{kind: errandSweepSoon}, due.Add(-before))
	}
}

// sweepSoon reminds, ahead of the off-duty hour, of what is still out (STO-3).
func (d *decision) sweepSoon() {
	sheet := d.sweepSheet()
	d.emit(sweepSubject, &SweepReminded{Due: d.keeping.Sweep.Due, Findings: sheet.total()})
	if sheet.total() > 0 {
		d.raise(alerts.SweepSoon, sweepSubject, d.clockText(d.keeping.Sweep.Due), sheet.total(), d.sweepWords(sheet.Findings))
	}
}

// sweep writes the sweep sheet at the off-duty hour, and raises what is not put away (STO-3).
func (d *decision) sweep() {
	sheet := d.sweepSheet()
	d.emit(sweepSubject, sheet)
	d.end(alerts.SweepSoon, sweepSubject)
	if sheet.total() == 0 {
		d.end(alerts.SweepOpen, sweepSubject)
		return
	}
	d.raise(alerts.SweepOpen, sweepSubject, d.clockText(sheet.Due), sheet.total(), d.sweepWords(sheet.Findings))
}

// sweepSheet looks at everything that must be home, locked or shut.
func (d *decision) sweepSheet() *Swept {
	sheet := &Swept{Due: d.keeping.Sweep.Due}
	for _, id := range sortedKeys(d.site.Places) {
		if d.site.keepsDocuments(id) {
			sheet.Registered += len(d.shelves.homes[id])
		}
	}
	add := func(f SweepFinding) {
		if len(sheet.Findings) < MaxSwept {
			sheet.Findings = append(sheet.Findings, f)
		} else {
			sheet.More++
		}
	}
	for _, lock := range d.sweptLocks() {
		if what := d.lockFinding(lock); what != "" {
			add(SweepFinding{Lock: lock, What: what})
		}
	}
	for _, id := range sortedKeys(d.site.Doors) {
		if what := d.doorFinding(id); what != "" {
			add(SweepFinding{Door: id, What: what})
		}
	}
	for _, place := range sortedKeys(d.unreadable) {
		if len(d.shelves.homes[place]) > 0 {
			add(SweepFinding{What: sweptUnreadable, Place: place})
		}
	}
	for _, id := range sortedKeys(d.keeping.away) {
		if what := d.sleepFinding(id); what != "" {
			add(SweepFinding{Document: id, What: what, Place: d.documents[id].Seen.Place})
		}
	}
	return sheet
}

// sweptLocks are the locks that must be locked over night: those of cabinets and of safes.
func (d *decision) sweptLocks() []fact.DeviceID {
	var locks []fact.DeviceID
	for _, id := range sortedKeys(d.site.Places) {
		if lock := d.site.Places[id].Lock; lock != "" {
			locks = append(locks, lock)
		}
	}
	for _, id := range sortedKeys(d.site.Safes) {
		safe := d.site.Safes[id]
		locks = append(locks, safe.Locks[:]...)
	}
	return locks
}

func (d *decision) lockFinding(id fact.DeviceID) string {
	l := d.locks[id]
	safe, ofSafe := d.site.safeOfLock(id)
	switch {
	case l.Bolt == fact.BoltUnknown:
		return sweptNotReported
	case l.Bolt != fact.BoltLocked:
		return sweptNotLocked
	case ofSafe && (l.Door == fact.InputActive || d.safeDoors[safe.ID].open):
		return sweptNotShut
	}
	return ""
}

// doorFinding looks at the door of a room; one without a contact says nothing.
func (d *decision) doorFinding(id fact.DoorID) string {
	door, state := d.site.Doors[id], d.doors[id]
	switch {
	case d.site.Places[door.To].Kind != Room || door.Contact.Device == "" || state == nil:
		return ""
	case !state.known:
		return sweptNotReported
	case state.open:
		return sweptNotShut
	}
	return ""
}

// sleepFinding says whether a document must sleep at home and does not. One that is lent for
// longer than today, carried out or at a meeting need not.
func (d *decision) sleepFinding(id DocumentID) string {
	doc := d.documents[id]
	if doc == nil || atHome(doc) {
		return ""
	}
	now := d.in.At.Wall
	if l := d.loanOf(doc); l != nil && l.Status == LoanOut && l.Due.After(now) && !doc.Has(SameDay) && doc.Level != TopSecret {
		return ""
	}
	if _, ok := d.keptAway(id, now); ok {
		return ""
	}
	return sweptAway
}

// sweepSettled looks, while a sweep has findings, whether they are all settled: then its alert ends.
func (d *decision) sweepSettled() {
	open := d.keeping.Sweep.Open
	if len(open) == 0 || slices.ContainsFunc(open, d.stillFound) {
		return
	}
	d.emit(sweepSubject, &SweepSettled{})
	d.end(alerts.SweepOpen, sweepSubject)
}

func (d *decision) stillFound(f SweepFinding) bool {
	switch {
	case f.Lock != "":
		return d.lockFinding(f.Lock) != ""
	case f.Door != "":
		return d.doorFinding(f.Door) != ""
	case f.Document != "":
		return d.sleepFinding(f.Document) != ""
	}
	_, silent := d.unreadable[f.Place]
	return silent
}

// sweepWords says what was found, the first few of it.
func (d *decision) sweepWords(list []SweepFinding) fact.Text {
	words := map[string]fact.Text{
		sweptAway: {ZH: "未归位", EN: "not at home"}, sweptUnreadable: {ZH: "无法读取", EN: "not readable"}, sweptNotLocked: {ZH: "未锁", EN: "not locked"},
		sweptNotShut: {ZH: "未关", EN: "not shut"}, sweptNotReported: {ZH: "状态不明", EN: "has not reported"},
	}
	var names []fact.Text
	for i, f := range list {
		if i == maxSpoken {
			names = append(names, fact.Text{ZH: "等", EN: "and more"})
			break
		}
		name := fact.Text{ZH: string(f.Document), EN: string(f.Document)}
		switch {
		case f.Lock != "":
			name = d.site.deviceName(f.Lock)
		case f.Door != "":
			name = d.site.doorName(d.site.Doors[f.Door])
		case f.Document == "":
			name = d.site.placeName(f.Place)
		}
		names = append(names, fact.Text{ZH: name.ZH + words[f.What].ZH, EN: name.EN + " " + words[f.What].EN})
	}
	return joined(names)
}

// SweepReminded says that people were reminded of the close of business.
type SweepReminded struct {
	Due      time.Time `json:"due"`
	Findings int       `json:"findings"`
}

// Swept is the sweep sheet of a working day's close.
type Swept struct {
	Due        time.Time      `json:"due"`
	Registered int            `json:"registered"` // documents that have a home
	Findings   []SweepFinding `json:"findings,omitempty"`
	More       int            `json:"more,omitempty"` // findings beyond those named
}

// SweepSettled says that everything the sweep named is home, locked and shut.
type SweepSettled struct{}

func (ev *Swept) total() int { return len(ev.Findings) + ev.More }

// The kinds of events; they stand in the record and never change.
func (SweepReminded) Kind() string { return "sweep-reminded" }
func (Swept) Kind() string         { return "swept" }
func (SweepSettled) Kind() string  { return "sweep-settled" }

var sweepEvents = []func() Event{blank[SweepReminded], blank[Swept], blank[SweepSettled]}

func (*SweepReminded) evolve(s *State, _ fact.Stamp) { s.agenda.off(errand{kind: errandSweepSoon}) }

func (ev *Swept) evolve(s *State, at fact.Stamp) {
	s.keeping.Sweep.Open = slices.Clone(ev.Findings)
	s.agenda.off(errand{kind: errandSweepSoon})
	s.agenda.off(errand{kind: errandSweep})
	s.planSweep(at, true)
}

func (*SweepSettled) evolve(s *State, _ fact.Stamp) { s.keeping.Sweep.Open = nil }
