package calendar_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"trilock/custody/calendar"
)

// zones have no summer time, summer time to the north and to the south, by half an hour, by
// night and at midnight, and an offset that is no whole hour.
var zones = []string{"Asia/Shanghai", "UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"}

// drawCalendar makes a site with any hours in the day and any own days, in any zone.
func drawCalendar(r *rapid.T) *calendar.Calendar {
	location, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(r, "zone"))
	if err != nil {
		r.Fatal(err)
	}
	plan := calendar.Plan{Zone: location}
	days := rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 1, 7, rapid.ID[int]).Draw(r, "days")
	for _, d := range days {
		from := time.Duration(rapid.IntRange(6*60, 11*60).Draw(r, "from")) * time.Minute
		rest := from + time.Duration(rapid.IntRange(1, 6*60).Draw(r, "rest"))*time.Minute
		plan.Hours = append(plan.Hours, calendar.Hours{Days: []time.Weekday{time.Weekday(d)}, From: from, Until: rest})
		if rapid.Bool().Draw(r, "two spans") {
			plan.Hours = append(plan.Hours, calendar.Hours{Days: []time.Weekday{time.Weekday(d)}, From: rest, Until: rest + time.Duration(rapid.IntRange(1, 6*60).Draw(r, "until"))*time.Minute})
		}
	}
	plan.Lists = []calendar.List{calendar.China(), {Site: true}}
	own := &plan.Lists[1]
	taken := map[calendar.Date]bool{}
	for range rapid.IntRange(0, 6).Draw(r, "own") {
		d := calendar.DateOf(2023, 1, rapid.IntRange(1, 5*366).Draw(r, "own day"))
		if taken[d] {
			continue
		}
		taken[d] = true
		if rapid.Bool().Draw(r, "off") {
			own.Off = append(own.Off, calendar.Stretch{From: d, Until: d})
		} else {
			own.Work = append(own.Work, calendar.Stretch{From: d, Until: d})
		}
	}
	c, err := calendar.New(plan)
	if err != nil {
		r.Fatal(err)
	}
	return c
}

// drawInstant draws an instant of the years 2023 to 2027, to the second.
func drawInstant(r *rapid.T, name string) time.Time {
	first := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	return time.Unix(first+rapid.Int64Range(0, 5*365*86400).Draw(r, name), 0)
}

func drawRule(r *rapid.T) calendar.Due {
	rule := calendar.Due{Kind: rapid.SampledFrom([]calendar.DueKind{calendar.SameDay, calendar.WorkingDays, calendar.ClockHours, calendar.CalendarDays, calendar.EachYear, calendar.ByDate}).Draw(r, "kind")}
	switch rule.Kind {
	case calendar.WorkingDays:
		rule.N = rapid.IntRange(1, 40).Draw(r, "n")
		rule.Hour = rapid.SampledFrom([]calendar.Hour{calendar.AtOffDuty, calendar.SameHour}).Draw(r, "hour")
	case calendar.ClockHours, calendar.CalendarDays:
		rule.N = rapid.IntRange(1, 300).Draw(r, "n")
	case calendar.EachYear:
		_, month, day := calendar.DateOf(2024, 1, rapid.IntRange(1, 366).Draw(r, "on")).Civil()
		rule.On = calendar.MonthDay{Month: month, Day: day}
	case calendar.ByDate:
		rule.Date = calendar.DateOf(2023, 1, rapid.IntRange(1, 5*366).Draw(r, "date"))
	}
	if err := rule.Check(); err != nil {
		r.Fatal(err)
	}
	return rule
}

// What is given later is never due earlier; what is given for longer neither.
func TestAddIsMonotone(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c, n := drawCalendar(r), rapid.IntRange(1, 30).Draw(r, "n")
		hour := rapid.SampledFrom([]calendar.Hour{calendar.AtOffDuty, calendar.SameHour}).Draw(r, "hour")
		a := drawInstant(r, "a")
		b := a.Add(time.Duration(rapid.Int64Range(0, 4*86400).Draw(r, "later")) * time.Second)
		endA, okA := c.Add(a, n, hour)
		endB, okB := c.Add(b, n, hour)
		if !okA || !okB || endB.Before(endA) {
			r.Fatalf("%d days from %v end %v, from %v end %v", n, a.In(c.Zone()), endA, b.In(c.Zone()), endB)
		}
		more, ok := c.Add(a, n+1, hour)
		if !ok || !more.After(endA) || !endA.After(a) {
			r.Fatalf("from %v: %d days end %v, one more %v", a.In(c.Zone()), n, endA, more)
		}
	})
}

// A due time is never before what it is for, and later things are never due earlier.
func TestDueIsNeverBefore(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c, rule, from := drawCalendar(r), drawRule(r), drawInstant(r, "from")
		due, basis := c.Due(rule, from)
		if due.Before(from) || basis.AtOnce != due.Equal(from) || basis.Text.ZH == "" || basis.Text.EN == "" {
			r.Fatalf("%+v from %v is due %v: %+v", rule, from.In(c.Zone()), due, basis)
		}
		later := from.Add(time.Duration(rapid.Int64Range(0, 10*86400).Draw(r, "later")) * time.Second)
		if again, _ := c.Due(rule, later); again.Before(due) {
			r.Fatalf("%+v from %v is due %v, from %v already %v", rule, from.In(c.Zone()), due, later.In(c.Zone()), again)
		}
		day := c.On(from)
		switch rule.Kind {
		case calendar.SameDay:
			if on := c.On(due.Add(-1)); on != day {
				r.Fatalf("the same day from %v is due %v", from.In(c.Zone()), due)
			}
		case calendar.CalendarDays:
			if on := c.On(due.Add(-1)); on > day+calendar.Date(rule.N) {
				r.Fatalf("%+v from %v is due %v", rule, from.In(c.Zone()), due)
			}
		case calendar.ByDate:
			if on := c.On(due.Add(-1)); !basis.AtOnce && on > rule.Date {
				r.Fatalf("%+v from %v is due %v", rule, from.In(c.Zone()), due)
			}
		}
	})
}

// A plain model of working days: a walk over the days of the calendar.
func TestWorkingDaysAgainstAWalk(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c, n, from := drawCalendar(r), rapid.IntRange(1, 30).Draw(r, "n"), drawInstant(r, "from")
		due, basis := c.Due(calendar.Due{Kind: calendar.WorkingDays, N: n}, from)
		day := c.On(from)
		for left := n; left > 0; {
			if day++; len(c.Day(day).Hours) > 0 {
				left--
			}
		}
		if end, _ := c.Closing(day); !due.Equal(end) {
			r.Fatalf("%d days from %v: due %v, a walk ends on %v", n, from.In(c.Zone()), due, day)
		}
		unknown := map[int]bool{}
		for d := c.On(from); d <= day; d++ {
			if !c.Day(d).Known {
				unknown[d.Year()] = true
			}
		}
		if len(unknown) != len(basis.Unknown) {
			r.Fatalf("unknown years %v, a walk finds %v", basis.Unknown, unknown)
		}
	})
}

// Off-duty is the end of working time: the moment before belongs to it, the moment itself
// does not, and no other off-duty hour lies between.
func TestOffDutyEndsWorkingHours(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c, at := drawCalendar(r), drawInstant(r, "at")
		off, ok := c.OffDuty(at)
		if !ok || !off.After(at) || !c.WithinHours(off.Add(-1)) || c.WithinHours(off) {
			r.Fatalf("off duty after %v: %v %v", at.In(c.Zone()), off, ok)
		}
		if again, _ := c.OffDuty(off.Add(-1)); !again.Equal(off) {
			r.Fatalf("off duty just before %v is %v", off, again)
		}
		if c.WithinHours(at) {
			if day := c.On(at); c.On(off.Add(-1)) != day {
				r.Fatalf("%v is in working time, and off duty is %v", at.In(c.Zone()), off)
			}
		}
		opening, ok := c.NextOpening(at)
		if !ok || !opening.After(at) || !c.WithinHours(opening) {
			r.Fatalf("opening after %v: %v %v", at.In(c.Zone()), opening, ok)
		}
		if worked, _ := c.Worked(at, opening); !c.WithinHours(at) && worked != 0 {
			r.Fatalf("%v of work between %v and the next opening %v", worked, at.In(c.Zone()), opening)
		}
	})
}

// Working time adds up, and adding it and counting it are each other's inverse.
func TestWorkingTimeAddsUp(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c, a := drawCalendar(r), drawInstant(r, "a")
		b := a.Add(time.Duration(rapid.Int64Range(0, 20*86400).Draw(r, "ab")) * time.Second)
		d := b.Add(time.Duration(rapid.Int64Range(0, 20*86400).Draw(r, "bd")) * time.Second)
		ab, _ := c.Worked(a, b)
		bd, _ := c.Worked(b, d)
		if ad, ok := c.Worked(a, d); !ok || ad != ab+bd || ad > d.Sub(a) {
			r.Fatalf("%v and %v are %v", ab, bd, ad)
		}
		amount := time.Duration(rapid.Int64Range(1, 60*3600).Draw(r, "amount")) * time.Second
		reach := time.Duration(calendar.MaxSearchDays) * 24 * time.Hour
		end, ok := c.AddWorked(a, amount)
		if !ok { // a site that works a few minutes a week has not so much in a year
			if all, _ := c.Worked(a, a.Add(reach)); all >= amount {
				r.Fatalf("%v of work after %v is nowhere", amount, a)
			}
			return
		}
		if worked, _ := c.Worked(a, end); worked != amount || !c.WithinHours(end.Add(-1)) {
			r.Fatalf("%v of work after %v is %v, which counts %v", amount, a.In(c.Zone()), end, worked)
		}
		begin, ok := c.AddWorked(a, -amount)
		if !ok {
			if all, _ := c.Worked(a.Add(-reach), a); all >= amount {
				r.Fatalf("%v of work before %v is nowhere", amount, a)
			}
			return
		}
		if worked, _ := c.Worked(begin, a); worked != amount || !c.WithinHours(begin) {
			r.Fatalf("%v of work before %v is %v, which counts %v", amount, a.In(c.Zone()), begin, worked)
		}
	})
}

// Reminders come in order, none of those before the due time before it began, and none at
// or after it is lost.
func TestRemindersComeInOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c, rule, from := drawCalendar(r), drawRule(r), drawInstant(r, "from")
		due, _ := c.Due(rule, from)
		plan := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) calendar.Reminder {
			return calendar.Reminder{Offset: time.Duration(rapid.Int64Range(-100, 100).Draw(r, "hours")) * time.Hour, Working: rapid.Bool().Draw(r, "working")}
		}), 0, calendar.MaxReminders).Draw(r, "plan")
		kept := 0
		for _, p := range plan {
			if p.Offset >= 0 {
				kept++
			}
		}
		last := time.Time{}
		for _, m := range c.Reminders(plan, from, due) {
			if m.At.Before(last) || m.Offset < 0 && (!m.At.After(from) || !m.At.Before(due)) || m.Offset > 0 && !m.At.After(due) || m.Offset == 0 && !m.At.Equal(due) {
				r.Fatalf("from %v, due %v: reminder %+v", from, due, m)
			}
			if last = m.At; m.Offset >= 0 {
				kept--
			}
		}
		if kept != 0 {
			r.Fatalf("%d reminders at or after the due time are lost", kept)
		}
	})
}

// The record is the calendar: it tells every calendar from every other, and survives the journal.
func TestRecordIsTheCalendar(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a, b := drawCalendar(r), drawCalendar(r)
		text, err := json.Marshal(a.Record())
		var back calendar.Record
		if err != nil || json.Unmarshal(text, &back) != nil || back.Fingerprint() != a.Fingerprint() {
			r.Fatalf("%v: %s", err, text)
		}
		if changes := calendar.Changes(a.Record(), b.Record()); (len(changes) == 0) != (a.Fingerprint() == b.Fingerprint()) {
			r.Fatalf("fingerprints %s and %s, changes %v", a.Fingerprint(), b.Fingerprint(), changes)
		}
	})
}
