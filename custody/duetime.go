package custody

import (
	"time"

	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// due returns when something that began at an instant is due by a rule, and how that was
// counted: by the site's working calendar. A site without one counts by the wall clock alone,
// every day being worked until its end.
func (s *State) due(rule calendar.Due, from time.Time) (time.Time, calendar.Basis) {
	if s.site.Calendar != nil {
		return s.site.Calendar.Due(rule, from)
	}
	day := func(t time.Time, days int) time.Time {
		y, m, d := t.In(s.zone()).Date()
		return time.Date(y, m, d+days, 23, 59, 59, 0, s.zone())
	}
	basis := calendar.Basis{Text: fact.Text{ZH: "没有工作日历，按自然日计算。", EN: "There is no working calendar: counted by the clock."}}
	var at time.Time
	switch rule.Kind {
	case calendar.SameDay:
		at = day(from, 0)
	case calendar.ClockHours:
		at = from.Add(time.Duration(rule.N) * time.Hour)
	case calendar.WorkingDays, calendar.CalendarDays:
		at = from.Add(time.Duration(rule.N) * 24 * time.Hour)
	case calendar.EachYear:
		year := from.In(s.zone()).Year()
		at = day(time.Date(year, rule.On.Month, rule.On.Day, 12, 0, 0, 0, s.zone()), 0)
		if at.Before(from) {
			at = day(time.Date(year+1, rule.On.Month, rule.On.Day, 12, 0, 0, 0, s.zone()), 0)
		}
	case calendar.ByDate:
		y, m, d := rule.Date.Civil()
		at = day(time.Date(y, m, d, 12, 0, 0, 0, s.zone()), 0)
	}
	if at.Before(from) {
		at, basis.AtOnce = from, true
	}
	return at, basis
}

// zone is the time zone in which people at the site read clocks.
func (s *State) zone() *time.Location {
	if s.site.Location == nil {
		return time.UTC
	}
	return s.site.Location
}

// clockText writes an instant as people at the site read it.
func (s *State) clockText(at time.Time) string { return at.In(s.zone()).Format("2006-01-02 15:04") }
