package custody

import (
	"slices"
	"strings"
	"time"

	"trilock/alerts"
	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// stated reports whether a retention says one of its two.
func (r Retention) stated() bool { return r.Permanent != (r.Until != 0) }

// over reports whether the period has ended on a day.
func (r Retention) over(today calendar.Date) bool { return !r.Permanent && r.Until < today }

// shorterThan compares two periods. One that is not stated is shorter than none.
func (r Retention) shorterThan(other Retention) bool {
	switch {
	case !r.stated() || !other.stated() || r.Permanent:
		return false
	case other.Permanent:
		return true
	}
	return r.Until < other.Until
}

// retained is what ends on one day: documents (some of which may have another day by now), and
// how many of them nobody has decided about.
type retained struct {
	ids  []DocumentID
	open int
}

// secretUntil returns the last day of the document's period, if it has one.
func (doc *Document) secretUntil() (calendar.Date, bool) {
	return doc.Retention.Until, doc.Level.classified() && !doc.Retention.Permanent && doc.Retention.Until != 0
}

// keepTerm notes on which day a document's period ends (REG-3). A million documents share some
// thousand days, so it is the days that are on the agenda.
func (s *State) keepTerm(doc *Document) {
	day, ends := doc.secretUntil()
	if !ends {
		return
	}
	r := s.registering.retention[day]
	if r == nil {
		r = &retained{}
		s.registering.retention[day] = r
		s.agenda.atWall(errand{errandRetention, day.String()}, s.endOf(day).Add(-s.site.Policy.Registering.RetentionNotice))
	}
	if len(r.ids) > 2*r.open+MaxNamed { // more than half of them have another day by now
		r.ids = slices.DeleteFunc(r.ids, func(id DocumentID) bool { return !s.endsOn(id, day) })
		slices.Sort(r.ids)
		r.ids = slices.Compact(r.ids)
	}
	r.ids = append(r.ids, doc.ID)
	r.open++
}

// endsOn reports whether a document's period ends on a day.
func (s *State) endsOn(id DocumentID, day calendar.Date) bool {
	doc := s.documents[id]
	if doc == nil {
		return false
	}
	until, ends := doc.secretUntil()
	return ends && until == day
}

// dropTerm takes it off again: it was decided, or the document is gone.
func (s *State) dropTerm(doc *Document) {
	day, ends := doc.secretUntil()
	r := s.registering.retention[day]
	if !ends || r == nil {
		return
	}
	if r.open--; r.open <= 0 {
		delete(s.registering.retention, day)
		delete(s.registering.TermsNear, day)
		s.agenda.off(errand{errandRetention, day.String()})
	}
}

func (s *State) endOf(day calendar.Date) time.Time {
	y, m, d := day.Civil()
	return time.Date(y, m, d+1, 0, 0, 0, 0, s.site.Location)
}

// retentionDue tells that periods end soon, and again when they have ended; that stands until
// each document is extended, lifted or destroyed (REG-3).
func (d *decision) retentionDue(id string) {
	day, err := calendar.ParseDate(id)
	r := d.registering.retention[day]
	if err != nil || r == nil {
		return
	}
	named, more := d.firstOf(day, r)
	if d.in.At.Wall.Before(d.endOf(day)) && !d.registering.TermsNear[day] {
		d.emit(id, &RetentionNear{Day: day, Documents: r.open})
		d.raise(alerts.RetentionNear, id, id, r.open, named, more)
		return
	}
	d.end(alerts.RetentionNear, id)
	d.raise(alerts.RetentionEnded, id, id, r.open, named, more)
}

// firstOf names the first documents whose period ends on a day.
func (d *decision) firstOf(day calendar.Date, r *retained) (named string, more fact.Text) {
	var ids []string
	for _, id := range r.ids {
		if d.endsOn(id, day) && !slices.Contains(ids, string(id)) {
			ids = append(ids, string(id))
		}
		if len(ids) == MaxNamed {
			break
		}
	}
	slices.Sort(ids)
	if r.open > len(ids) {
		more = fact.Text{ZH: "等", EN: " and others"}
	}
	return strings.Join(ids, ", "), more
}

// termDecided ends the alert of a day when the last of its documents has been decided about.
func (d *decision) termDecided(day calendar.Date) {
	if day != 0 && d.registering.retention[day] == nil {
		d.end(alerts.RetentionNear, day.String())
		d.end(alerts.RetentionEnded, day.String())
	}
}

// RetentionNear: periods end on a day that is near (REG-3).
type RetentionNear struct {
	Day       calendar.Date `json:"day"`
	Documents int           `json:"documents"`
}

// Kind names the event in the record.
func (RetentionNear) Kind() string { return "retention-near" }

func (ev *RetentionNear) evolve(s *State, _ fact.Stamp) {
	if s.registering.retention[ev.Day] != nil {
		s.registering.TermsNear[ev.Day] = true
		s.agenda.atWall(errand{errandRetention, ev.Day.String()}, s.endOf(ev.Day))
	}
}
