package calendar_test

import (
	"testing"
	"time"

	"trilock/custody/calendar"
)

// The notices of the State Council's General Office, as they word it: from and to, how many
// days they count, and the working days with the weekday that stands beside them.
var notices = []struct {
	year      int
	name      string
	from, to  string
	countDays int
	works     map[string]time.Weekday
}{
	{2024, "元旦", "01-01", "01-01", 1, nil},
	{2024, "春节", "02-10", "02-17", 8, map[string]time.Weekday{"02-04": time.Sunday, "02-18": time.Sunday}},
	{2024, "清明节", "04-04", "04-06", 3, map[string]time.Weekday{"04-07": time.Sunday}},
	{2024, "劳动节", "05-01", "05-05", 5, map[string]time.Weekday{"04-28": time.Sunday, "05-11": time.Saturday}},
	{2024, "端午节", "06-10", "06-10", 1, nil},
	{2024, "中秋节", "09-15", "09-17", 3, map[string]time.Weekday{"09-14": time.Saturday}},
	{2024, "国庆节", "10-01", "10-07", 7, map[string]time.Weekday{"09-29": time.Sunday, "10-12": time.Saturday}},

	{2025, "元旦", "01-01", "01-01", 1, nil},
	{2025, "春节", "01-28", "02-04", 8, map[string]time.Weekday{"01-26": time.Sunday, "02-08": time.Saturday}},
	{2025, "清明节", "04-04", "04-06", 3, nil},
	{2025, "劳动节", "05-01", "05-05", 5, map[string]time.Weekday{"04-27": time.Sunday}},
	{2025, "端午节", "05-31", "06-02", 3, nil},
	{2025, "国庆节、中秋节", "10-01", "10-08", 8, map[string]time.Weekday{"09-28": time.Sunday, "10-11": time.Saturday}},

	{2026, "元旦", "01-01", "01-03", 3, map[string]time.Weekday{"01-04": time.Sunday}},
	{2026, "春节", "02-15", "02-23", 9, map[string]time.Weekday{"02-14": time.Saturday, "02-28": time.Saturday}},
	{2026, "清明节", "04-04", "04-06", 3, nil},
	{2026, "劳动节", "05-01", "05-05", 5, map[string]time.Weekday{"05-09": time.Saturday}},
	{2026, "端午节", "06-19", "06-21", 3, nil},
	{2026, "中秋节", "09-25", "09-27", 3, nil},
	{2026, "国庆节", "10-01", "10-07", 7, map[string]time.Weekday{"09-20": time.Sunday, "10-10": time.Saturday}},
}

// Every day of the kept years is what the notice of its year says, and nothing more is listed.
func TestChinaIsWhatTheNoticesSay(t *testing.T) {
	c := office(t)
	off, work := map[calendar.Date]string{}, map[calendar.Date]string{}
	years := map[int]bool{}
	for _, n := range notices {
		years[n.year] = true
		from, to := day(t, n.year, n.from), day(t, n.year, n.to)
		if got := int(to-from) + 1; got != n.countDays {
			t.Errorf("%d %s: %d days, the notice counts %d", n.year, n.name, got, n.countDays)
		}
		for d := from; d <= to; d++ {
			off[d] = n.name
		}
		for text, weekday := range n.works {
			d := day(t, n.year, text)
			if d.Weekday() != weekday {
				t.Errorf("%v is a %v, the notice says %v", d, d.Weekday(), weekday)
			}
			work[d] = n.name
		}
	}
	for year := range years {
		if !c.Known(year) {
			t.Errorf("%d is not known", year)
		}
		for d := day(t, year, "01-01"); d.Year() == year; d++ {
			got := c.Day(d)
			want, name := calendar.Workday, ""
			switch {
			case off[d] != "":
				want, name = calendar.Holiday, off[d]
			case work[d] != "":
				want, name = calendar.MakeUp, work[d]
			case d.Weekday() == time.Saturday || d.Weekday() == time.Sunday:
				want = calendar.Rest
			}
			if got.Kind != want || got.Name.ZH != name || !got.Known || (name != "") != (got.Name.EN != "") {
				t.Errorf("%v is %+v, want %s %s", d, got, want, name)
			}
		}
	}
	if got := calendar.China().Years; len(got) != len(years) {
		t.Errorf("years %v are kept, the notices of %d are here", got, len(years))
	}
}

// By the State Council's regulation there are eleven statutory days off a year, thirteen from
// 2025 on; everything else is moved, not given. So much is left of the weekdays.
func TestTheRightNumberOfDaysIsWorked(t *testing.T) {
	c := office(t)
	for year, want := range map[int]int{2024: 262 - 11, 2025: 261 - 13, 2026: 261 - 13} {
		got := 0
		for d := day(t, year, "01-01"); d.Year() == year; d++ {
			if c.WorkingDay(d) {
				got++
			}
		}
		if got != want {
			t.Errorf("%d: %d days are worked, want %d", year, got, want)
		}
	}
}

// Holidays are days that weekdays would work, or join them: a make-up day is always a weekend.
func TestMakeUpDaysAreWeekends(t *testing.T) {
	for _, s := range calendar.China().Work {
		if w := s.From.Weekday(); s.From != s.Until || w != time.Saturday && w != time.Sunday {
			t.Errorf("make-up working day %v is a %v", s.From, w)
		}
	}
}
