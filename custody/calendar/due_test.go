package calendar_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trilock/custody/calendar"
	"trilock/custody/fact"
)

func TestDue(t *testing.T) {
	c := office(t)
	two := calendar.Due{Kind: calendar.WorkingDays, N: 2}
	sameDay := calendar.Due{Kind: calendar.SameDay}
	yearEnd := calendar.Due{Kind: calendar.EachYear, On: calendar.MonthDay{Month: time.December, Day: 20}}
	for _, row := range []struct {
		what string
		rule calendar.Due
		from string
		due  string
		says []string // the English explanation holds these
	}{
		{"two days with a reader (CIR-3)", two, "2026-11-16 15:00", "2026-11-18 17:30", []string{"2 working days: from 2026-11-16 15:00, due 2026-11-18 17:30."}},
		{"two days over National Day", two, "2026-09-30 15:00", "2026-10-09 17:30", []string{"2026-10-01 to 2026-10-07 National Day (public holiday)"}},
		{"two days over a make-up Saturday", two, "2026-10-09 15:00", "2026-10-12 17:30", []string{"2026-10-10 National Day (make-up working day)"}},
		{"two days to the hour", calendar.Due{Kind: calendar.WorkingDays, N: 2, Hour: calendar.SameHour}, "2026-11-16 15:00", "2026-11-18 15:00", nil},
		{"one day", calendar.Due{Kind: calendar.WorkingDays, N: 1}, "2026-11-16 15:00", "2026-11-17 17:30", []string{"1 working day:"}},
		{"same day (CIR-3)", sameDay, "2026-11-16 09:00", "2026-11-16 17:30", []string{"the same day"}},
		{"same day at off-duty: does not sleep out", sameDay, "2026-11-16 17:30", "2026-11-17 00:00", []string{"due 2026-11-16 24:00", "end of the day"}},
		{"same day after hours", sameDay, "2026-11-16 20:00", "2026-11-17 00:00", []string{"end of the day"}},
		{"same day on a Saturday", sameDay, "2026-11-21 09:00", "2026-11-22 00:00", []string{"end of the day"}},
		{"same day on a make-up Saturday", sameDay, "2026-10-10 09:00", "2026-10-10 17:30", nil},
		{"hours by the clock", calendar.Due{Kind: calendar.ClockHours, N: 20}, "2026-09-30 15:00", "2026-10-01 11:00", []string{"20 h by the clock"}},
		{"days, ending on a Thursday", calendar.Due{Kind: calendar.CalendarDays, N: 3}, "2026-11-16 15:00", "2026-11-19 17:30", nil},
		{"days, ending in National Day: before it", calendar.Due{Kind: calendar.CalendarDays, N: 10}, "2026-09-24 15:00", "2026-09-30 17:30", []string{"2026-10-04 is no working day"}},
		{"days, all within National Day", calendar.Due{Kind: calendar.CalendarDays, N: 2}, "2026-10-02 15:00", "2026-10-05 00:00", []string{"due 2026-10-04 24:00"}},
		{"year-end (CIR-9), on a Sunday: the Friday", yearEnd, "2026-03-02 10:00", "2026-12-18 17:30", []string{"2026-12-20 is no working day"}},
		{"year-end from the Saturday before", yearEnd, "2026-12-19 10:00", "2026-12-21 00:00", []string{"due 2026-12-20 24:00"}},
		{"year-end on the day", yearEnd, "2024-12-20 10:00", "2024-12-20 17:30", nil},
		{"year-end after it: the next", yearEnd, "2024-12-21 10:00", "2025-12-19 17:30", nil},
		{"a leap day in another year", calendar.Due{Kind: calendar.EachYear, On: calendar.MonthDay{Month: time.February, Day: 29}}, "2025-02-03 10:00", "2025-02-28 17:30", nil},
		{"a leap day", calendar.Due{Kind: calendar.EachYear, On: calendar.MonthDay{Month: time.February, Day: 29}}, "2024-02-05 10:00", "2024-02-29 17:30", nil},
		{"wanted back by the issuer (DES-5)", calendar.Due{Kind: calendar.ByDate, Date: date(t, "2026-10-03")}, "2026-08-03 10:00", "2026-09-30 17:30", nil},
		{"wanted back by a day that is past", calendar.Due{Kind: calendar.ByDate, Date: date(t, "2026-08-03")}, "2026-08-04 10:00", "2026-08-04 10:00", []string{"at once"}},
	} {
		got, basis := c.Due(row.rule, at(t, c, row.from))
		if s := shown(c, got, true); s != row.due {
			t.Errorf("%s: from %s due %s, want %s", row.what, row.from, s, row.due)
		}
		for _, words := range row.says {
			if !strings.Contains(basis.Text.EN, words) {
				t.Errorf("%s: %q does not say %q", row.what, basis.Text.EN, words)
			}
		}
		if basis.Text.ZH == "" || strings.Contains(basis.Text.ZH+basis.Text.EN, "%!") || len(basis.Unknown) > 0 {
			t.Errorf("%s: %+v", row.what, basis)
		}
		if basis.AtOnce != (row.due == row.from) {
			t.Errorf("%s: at once is %v", row.what, basis.AtOnce)
		}
	}
}

func TestBasisInBothLanguages(t *testing.T) {
	c := office(t)
	_, basis := c.Due(calendar.Due{Kind: calendar.WorkingDays, N: 3}, at(t, c, "2026-09-30 15:00"))
	want := fact.Text{
		ZH: "3 个工作日：自 2026-09-30 15:00 起，至 2026-10-10 17:30 止；2026-10-01 至 2026-10-07 国庆节放假；2026-10-10 国庆节调休上班。",
		EN: "3 working days: from 2026-09-30 15:00, due 2026-10-10 17:30; 2026-10-01 to 2026-10-07 National Day (public holiday); 2026-10-10 National Day (make-up working day).",
	}
	if diff := cmp.Diff(want, basis.Text); diff != "" {
		t.Errorf("basis (-want +got):\n%s", diff)
	}
	_, basis = c.Due(calendar.Due{Kind: calendar.WorkingDays, N: 150}, at(t, c, "2026-01-05 15:00"))
	if !strings.Contains(basis.Text.EN, "and 3 more") {
		t.Errorf("a long stretch of days is explained as %q", basis.Text.EN)
	}
}

// A due time that runs through a year without data says so, and is another once the year is known.
func TestUnknownYearsAreSaidNotGuessed(t *testing.T) {
	before := office(t)
	three := calendar.Due{Kind: calendar.WorkingDays, N: 3}
	from := at(t, before, "2026-12-30 10:00")
	due, basis := before.Due(three, from)
	if !slices.Equal(basis.Unknown, []int{2027}) || !strings.Contains(basis.Text.EN, "2027 are not entered") || !strings.Contains(basis.Text.ZH, "2027 年的节假日安排未录入") {
		t.Errorf("basis: %+v", basis)
	}
	after := office(t, calendar.List{Site: true, Years: []int{2027}, Off: []calendar.Stretch{{From: date(t, "2027-01-01"), Until: date(t, "2027-01-03")}}})
	again, basis := after.Due(three, from)
	if len(basis.Unknown) > 0 || !again.After(due) || after.Fingerprint() == before.Fingerprint() {
		t.Errorf("%v became %v: %+v", due, again, basis)
	}
	if _, basis := before.Due(three, at(t, before, "2026-12-25 10:00")); len(basis.Unknown) > 0 {
		t.Errorf("what ends in 2026 does not depend on 2027: %+v", basis)
	}
	if _, basis := before.Due(calendar.Due{Kind: calendar.ClockHours, N: 48}, at(t, before, "2026-12-31 10:00")); len(basis.Unknown) > 0 {
		t.Errorf("hours by the clock depend on no year: %+v", basis)
	}
	if _, basis := before.Due(calendar.Due{Kind: calendar.ByDate, Date: date(t, "2028-12-01")}, at(t, before, "2026-12-01 10:00")); !slices.Equal(basis.Unknown, []int{2028}) {
		t.Errorf("only the year of the day matters: %+v", basis)
	}
}

// What cannot be counted is due at once: nothing is out without a due time.
func TestWhatCannotBeCountedIsDueAtOnce(t *testing.T) {
	never := calendar.List{Site: true}
	for d := date(t, "2026-01-01"); d.Year() < 2029; d += 50 {
		never.Off = append(never.Off, calendar.Stretch{From: d, Until: d + 49})
	}
	c := office(t, never)
	from := at(t, c, "2026-03-02 10:00")
	for _, rule := range []calendar.Due{
		{Kind: calendar.WorkingDays, N: 2}, {}, {Kind: "weeks", N: 1}, {Kind: calendar.WorkingDays}, {Kind: calendar.ClockHours, N: -4}, {Kind: calendar.EachYear},
	} {
		due, basis := c.Due(rule, from)
		if !due.Equal(from) || !basis.AtOnce || !strings.Contains(basis.Text.EN, "at once") {
			t.Errorf("%+v: due %v: %+v", rule, due, basis)
		}
	}
	if due, basis := c.Due(calendar.Due{Kind: calendar.CalendarDays, N: 2}, from); shown(c, due, true) != "2026-03-05 00:00" {
		t.Errorf("days that are all off end with the last: %v %+v", due, basis)
	}
	for name, search := range map[string]func(time.Time) (time.Time, bool){"off duty": c.OffDuty, "opening": c.NextOpening} {
		if found, ok := search(from); ok {
			t.Errorf("%s: %v", name, found)
		}
	}
	if found, ok := c.AddWorked(from, time.Hour); ok {
		t.Errorf("an hour of work ends %v", found)
	}
}

func TestCheckOfRules(t *testing.T) {
	may := calendar.MonthDay{Month: time.May, Day: 4}
	for _, good := range []calendar.Due{
		{Kind: calendar.SameDay}, {Kind: calendar.WorkingDays, N: calendar.MaxDueWorkingDays, Hour: calendar.SameHour}, {Kind: calendar.ClockHours, N: 1},
		{Kind: calendar.CalendarDays, N: calendar.MaxDueDays}, {Kind: calendar.EachYear, On: may}, {Kind: calendar.ByDate, Date: date(t, "2026-12-20")},
	} {
		if err := good.Check(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
		text, err := json.Marshal(good)
		var back calendar.Due
		if err != nil || json.Unmarshal(text, &back) != nil || back != good {
			t.Errorf("%+v became %s, %+v, %v", good, text, back, err)
		}
	}
	for want, bad := range map[string]calendar.Due{
		`due rule ""`:                    {},
		"n is 201: want 1 to 200":        {Kind: calendar.WorkingDays, N: 201},
		"n is 0: want 1 to 366":          {Kind: calendar.CalendarDays},
		"n is 8785: want 1 to 8784":      {Kind: calendar.ClockHours, N: 8785},
		"same-day: n is 1":               {Kind: calendar.SameDay, N: 1},
		`hour "noon"`:                    {Kind: calendar.WorkingDays, N: 1, Hour: "noon"},
		"only working-days may end":      {Kind: calendar.CalendarDays, N: 1, Hour: calendar.SameHour},
		"on 00-00: want a day":           {Kind: calendar.EachYear},
		"on 02-30: want a day":           {Kind: calendar.EachYear, On: calendar.MonthDay{Month: time.February, Day: 30}},
		"only each-year has a day":       {Kind: calendar.SameDay, On: may},
		"date 1970-01-01: want":          {Kind: calendar.ByDate},
		"date 2026-12-20: only by-date ": {Kind: calendar.SameDay, Date: date(t, "2026-12-20")},
	} {
		if err := bad.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want …%s…", bad, err, want)
		}
	}
}

func TestReminders(t *testing.T) {
	c := office(t)
	plan := []calendar.Reminder{
		{Offset: 24 * time.Hour}, {Offset: time.Hour, Working: true}, {}, {Offset: -2 * time.Hour, Working: true}, {Offset: -10 * time.Hour, Working: true}, {Offset: -2 * time.Hour},
	}
	for _, row := range []struct {
		from, due string
		want      []string
	}{
		{"2026-09-29 09:00", "2026-10-08 10:00", []string{"2026-09-29 16:30", "2026-09-30 17:00", "2026-10-08 08:00", "2026-10-08 10:00", "2026-10-08 11:00", "2026-10-09 10:00"}},
		{"2026-11-18 15:00", "2026-11-18 17:30", []string{"2026-11-18 15:30", "2026-11-18 15:30", "2026-11-18 17:30", "2026-11-19 09:30", "2026-11-19 17:30"}},
		{"2026-11-18 17:00", "2026-11-18 17:30", []string{"2026-11-18 17:30", "2026-11-19 09:30", "2026-11-19 17:30"}},
		{"2026-11-18 17:30", "2026-11-18 17:30", []string{"2026-11-18 17:30", "2026-11-19 09:30", "2026-11-19 17:30"}},
	} {
		var got []string
		for _, m := range c.Reminders(plan, at(t, c, row.from), at(t, c, row.due)) {
			got = append(got, shown(c, m.At, true))
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("from %s to %s (-want +got):\n%s", row.from, row.due, diff)
		}
	}
	if got := c.Reminders(make([]calendar.Reminder, 1000), at(t, c, "2026-11-18 15:00"), at(t, c, "2026-11-18 17:30")); len(got) != calendar.MaxReminders {
		t.Errorf("%d reminders", len(got))
	}
	for want, bad := range map[string][]calendar.Reminder{
		"21 reminders":    make([]calendar.Reminder, calendar.MaxReminders+1),
		"listed twice":    {{Offset: time.Hour}, {Offset: time.Hour}},
		"at most 2160h0m": {{Offset: -2161 * time.Hour}},
	} {
		if err := calendar.CheckReminders(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want …%s…", err, want)
		}
	}
	if err := calendar.CheckReminders(plan); err != nil {
		t.Error(err)
	}
}

func TestYearEnd(t *testing.T) {
	c := office(t)
	due, ok := c.YearEnd(at(t, c, "2026-03-02 10:00"), calendar.MonthDay{Month: time.December, Day: 25})
	if got := shown(c, due, ok); got != "2026-12-25 17:30" {
		t.Errorf("year-end is %s", got)
	}
	if due, ok := c.YearEnd(at(t, c, "2026-03-02 10:00"), calendar.MonthDay{Month: time.April, Day: 31}); ok {
		t.Errorf("a day that does not exist: %v", due)
	}
}

// Summer time: hours are what the wall clock shows, and every date has its own in order.
func TestSummerTime(t *testing.T) {
	days := []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday}
	for _, row := range []struct {
		zone        string
		from, until time.Duration
		date        string
		begins      string
		ends        string
		why         string
	}{
		{"Europe/Berlin", hm(8, 0), hm(17, 0), "2026-03-29", "2026-03-29T06:00:00Z", "2026-03-29T15:00:00Z", "hours after the jump"},
		{"Europe/Berlin", hm(2, 30), hm(5, 0), "2026-03-29", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z", "beginning in the hour that is left out"},
		{"Europe/Berlin", hm(2, 10), hm(3, 5), "2026-03-29", "2026-03-29T01:00:00Z", "2026-03-29T01:05:00Z", "ending just after it"},
		{"Europe/Berlin", hm(1, 0), hm(2, 30), "2026-10-25", "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z", "ending in the hour that comes twice: the first"},
		{"Europe/Berlin", hm(8, 0), hm(24, 0), "2026-10-25", "2026-10-25T07:00:00Z", "2026-10-25T23:00:00Z", "to the end of the long day"},
		{"America/Havana", 0, hm(8, 0), "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-08T12:00:00Z", "no midnight"},
		{"America/Sao_Paulo", 0, hm(8, 0), "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-04T10:00:00Z", "no midnight, to the south"},
		{"Australia/Lord_Howe", hm(1, 0), hm(9, 0), "2026-10-04", "2026-10-03T14:30:00Z", "2026-10-03T22:00:00Z", "half an hour"},
		{"Pacific/Apia", hm(8, 0), hm(17, 0), "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "a day that never was"},
		{"Asia/Shanghai", hm(8, 30), hm(17, 30), "2026-03-29", "2026-03-29T00:30:00Z", "2026-03-29T09:30:00Z", "no summer time"},
	} {
		c := make1(t, calendar.Plan{Zone: zone(t, row.zone), Hours: []calendar.Hours{{Days: days, From: row.from, Until: row.until}}})
		begins, _ := c.Opening(date(t, row.date))
		ends, _ := c.Closing(date(t, row.date))
		if got := begins.UTC().Format(time.RFC3339); got != row.begins {
			t.Errorf("%s, %s: begins %s, want %s", row.zone, row.why, got, row.begins)
		}
		if got := ends.UTC().Format(time.RFC3339); got != row.ends {
			t.Errorf("%s, %s: ends %s, want %s", row.zone, row.why, got, row.ends)
		}
	}
}
