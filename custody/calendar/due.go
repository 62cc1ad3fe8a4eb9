package calendar

import (
	"errors"
	"fmt"
	"time"
)

// Due is a rule for when something is due, as data: in a policy, in an entry.
type Due struct {
	Kind DueKind `json:"kind"`
	// N is a number of working days, calendar days or hours, from 1 to MaxDueWorkingDays,
	// MaxDueDays and MaxDueHours; nothing for the other kinds.
	N int `json:"n,omitempty"`
	// Hour says at which hour working days end; nothing for the other kinds.
	Hour Hour `json:"hour,omitempty"`
	// On is the day of EachYear.
	On MonthDay `json:"on,omitzero"`
	// Date is the day of ByDate.
	Date Date `json:"date,omitzero"`
}

// DueKind is how a due time is counted.
type DueKind string

// The kinds of rule.
const (
	// SameDay: before the off-duty hour of the day itself (CIR-3). On a day off, and after the
	// off-duty hour, by the end of that day: what must not sleep out does not.
	SameDay DueKind = "same-day"
	// WorkingDays: after N working days, not counting the first (CIR-3: two).
	WorkingDays DueKind = "working-days"
	// ClockHours: N hours later by the clock, nights and days off included.
	ClockHours DueKind = "hours"
	// CalendarDays: by the day N days later, as ByDate counts it.
	CalendarDays DueKind = "calendar-days"
	// EachYear: by the next such day of a year, as ByDate counts it (CIR-9: year-end clearing).
	EachYear DueKind = "each-year"
	// ByDate: by one day (DES-5). The day's off-duty hour; of a day off, the off-duty hour of the
	// working day before, for it is wanted back by then; and where that has passed, the day's end.
	ByDate DueKind = "by-date"
)

// Check says what is wrong with a rule: an unknown kind, a number out of range, a day that
// does not exist, or what does not belong to the kind.
func (r Due) Check() error {
	most := map[DueKind]int{WorkingDays: MaxDueWorkingDays, ClockHours: MaxDueHours, CalendarDays: MaxDueDays}[r.Kind]
	switch r.Kind {
	case SameDay, WorkingDays, ClockHours, CalendarDays, EachYear, ByDate:
	default:
		return fmt.Errorf("due rule %.20q: want one of %s, %s, %s, %s, %s, %s", r.Kind, SameDay, WorkingDays, ClockHours, CalendarDays, EachYear, ByDate)
	}
	switch {
	case most > 0 && (r.N < 1 || r.N > most):
		return fmt.Errorf("due rule %s: n is %d: want 1 to %d", r.Kind, r.N, most)
	case most == 0 && r.N != 0:
		return fmt.Errorf("due rule %s: n is %d: this kind has no number", r.Kind, r.N)
	case r.Hour != AtOffDuty && (r.Hour != SameHour || r.Kind != WorkingDays):
		return fmt.Errorf("due rule %s: hour %.20q: only %s may end at the %s", r.Kind, r.Hour, WorkingDays, SameHour)
	case r.Kind == EachYear && !r.On.Valid():
		return fmt.Errorf("due rule %s: on %v: want a day such as 12-20", r.Kind, r.On)
	case r.Kind != EachYear && !r.On.IsZero():
		return fmt.Errorf("due rule %s: on %v: only %s has a day of the year", r.Kind, r.On, EachYear)
	case r.Kind == ByDate && (r.Date < DateOf(MinYear, 1, 1) || r.Date > DateOf(MaxYear, 12, 31)):
		return fmt.Errorf("due rule %s: date %v: want one of the years %d to %d", r.Kind, r.Date, MinYear, MaxYear)
	case r.Kind != ByDate && r.Date != 0:
		return fmt.Errorf("due rule %s: date %v: only %s has a date", r.Kind, r.Date, ByDate)
	}
	return nil
}

// outcome is a due time on its way to its explanation.
type outcome struct {
	at time.Time
	// first and last are the dates whose kind of day the time depends on; counted says that it
	// does depend on any.
	first, last Date
	counted     bool
	turn        turn
}

// turn is what happened to a due time that is not simply an off-duty hour.
type turn uint8

const (
	straight turn = iota
	// broughtForward: the set day is a day off, so that the working day before counts.
	broughtForward
	// endOfDay: no off-duty hour is left, so that the set day's own end counts.
	endOfDay
	// atOnce: it was due before it began, or cannot be counted.
	atOnce
)

// Due returns when something that began at an instant is due by a rule, and how that was
// counted. It is never before from. A rule that Check refuses, a set day that is past, and
// working days that do not come within MaxSearchDays make it due at once, at from itself;
// the basis says so.
func (c *Calendar) Due(rule Due, from time.Time) (time.Time, Basis) {
	today := c.On(from)
	out := outcome{at: from, turn: atOnce}
	switch {
	case rule.Check() != nil:
	case rule.Kind == ClockHours:
		out = outcome{at: from.Add(time.Duration(rule.N) * time.Hour)}
	case rule.Kind == WorkingDays:
		if last, ok := c.workingDayAfter(today, rule.N); ok {
			end, _ := c.Add(from, rule.N, rule.Hour)
			out = outcome{at: end, first: today, last: last, counted: true}
		}
	default:
		out = c.by(c.setDay(rule, today), from)
	}
	out.at = out.at.In(c.zone)
	return out.at, c.basis(rule, from, out)
}

// setDay returns the day by which a rule wants something back.
func (c *Calendar) setDay(rule Due, today Date) Date {
	switch rule.Kind {
	case CalendarDays:
		return today + Date(rule.N) //nolint:gosec // Check keeps it within MaxDueDays
	case EachYear:
		if d := rule.On.In(today.Year()); d >= today {
			return d
		}
		return rule.On.In(today.Year() + 1)
	case ByDate:
		return rule.Date
	}
	return today
}

// by returns when something is due that is wanted back by a day. Only the days back to the
// last working day before it matter, however far ahead the day is.
func (c *Calendar) by(day Date, from time.Time) outcome {
	today := c.On(from)
	oldest := max(today, day-MaxSearchDays)
	for d := day; d >= oldest; d-- {
		end, ok := c.Closing(d)
		if !ok {
			continue
		}
		if !end.After(from) {
			break
		}
		turn := straight
		if d < day {
			turn = broughtForward
		}
		return outcome{at: end, first: d, last: day, counted: true, turn: turn}
	}
	if end := c.instant(day, dayLong); end.After(from) && today <= day {
		return outcome{at: end, first: today, last: day, counted: true, turn: endOfDay}
	}
	return outcome{at: from, turn: atOnce}
}

// YearEnd returns when what was issued for private reading is due back: by the next such day
// of a year, as EachYear counts it. False when the day is none.
func (c *Calendar) YearEnd(at time.Time, day MonthDay) (time.Time, bool) {
	rule := Due{Kind: EachYear, On: day}
	if rule.Check() != nil {
		return time.Time{}, false
	}
	due, _ := c.Due(rule, at)
	return due, true
}

// Reminder is a moment to remind of a due time.
type Reminder struct {
	// Offset from the due time: negative before it, zero at it, positive after it.
	Offset time.Duration `json:"offset"`
	// Working counts the offset in working time; otherwise it is by the clock.
	Working bool `json:"working,omitempty"`
}

// Moment is one reminder's instant.
type Moment struct {
	At time.Time
	Reminder
}

// CheckReminders says what is wrong with a list of reminders: more than MaxReminders, an
// offset beyond MaxReminderOffset, or the same one twice.
func CheckReminders(plan []Reminder) error {
	if len(plan) > MaxReminders {
		return fmt.Errorf("%d reminders: at most %d: more are not read any more", len(plan), MaxReminders)
	}
	seen := map[Reminder]bool{}
	var errs []error
	for _, r := range plan {
		switch {
		case r.Offset > MaxReminderOffset || r.Offset < -MaxReminderOffset:
			errs = append(errs, fmt.Errorf("reminder %v from the due time: at most %v before or after", r.Offset, MaxReminderOffset))
		case seen[r]:
			errs = append(errs, fmt.Errorf("reminder %v from the due time: listed twice", r.Offset))
		}
		seen[r] = true
	}
	return errors.Join(errs...)
}
