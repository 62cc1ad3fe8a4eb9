package calendar_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/google/go-cmp/cmp"

	"trilock/custody/calendar"
	"trilock/custody/fact"
)

var weekdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}

func hm(hour, minute int) time.Duration {
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func officeHours() []calendar.Hours {
	return []calendar.Hours{
		{Days: weekdays, From: hm(13, 30), Until: hm(17, 30)}, // out of order on purpose
		{Days: weekdays, From: hm(8, 30), Until: hm(12, 0)},
	}
}

func make1(t testing.TB, plan calendar.Plan) *calendar.Calendar {
	t.Helper()
	c, err := calendar.New(plan)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// office is a site in Shanghai with the usual hours, China's holidays and the lists given.
func office(t testing.TB, own ...calendar.List) *calendar.Calendar {
	t.Helper()
	return make1(t, calendar.Plan{Zone: zone(t, "Asia/Shanghai"), Hours: officeHours(), Lists: append([]calendar.List{calendar.China()}, own...)})
}

func date(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func day(t testing.TB, year int, text string) calendar.Date {
	t.Helper()
	md, err := calendar.ParseMonthDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return md.In(year)
}

// at reads "2026-10-01 08:30" on the calendar's own clock.
func at(t testing.TB, c *calendar.Calendar, text string) time.Time {
	t.Helper()
	tm, err := time.ParseInLocation("2006-01-02 15:04", text, c.Zone())
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

func shown(c *calendar.Calendar, tm time.Time, ok bool) string {
	if !ok {
		return "none"
	}
	return tm.In(c.Zone()).Format("2006-01-02 15:04")
}

func TestHoursOfAnInstant(t *testing.T) {
	c := office(t)
	for _, row := range []struct {
		at              string
		within          bool
		offDuty, opened string
	}{
		{"2026-11-18 08:29", false, "2026-11-18 17:30", "2026-11-18 08:30"}, // a Wednesday
		{"2026-11-18 08:30", true, "2026-11-18 17:30", "2026-11-18 13:30"},
		{"2026-11-18 11:59", true, "2026-11-18 17:30", "2026-11-18 13:30"},
		{"2026-11-18 12:00", false, "2026-11-18 17:30", "2026-11-18 13:30"},
		{"2026-11-18 17:29", true, "2026-11-18 17:30", "2026-11-19 08:30"},
		{"2026-11-18 17:30", false, "2026-11-19 17:30", "2026-11-19 08:30"},
		{"2026-11-21 10:00", false, "2026-11-23 17:30", "2026-11-23 08:30"}, // Saturday
		{"2026-09-30 17:30", false, "2026-10-08 17:30", "2026-10-08 08:30"}, // before National Day
		{"2026-10-09 18:00", false, "2026-10-10 17:30", "2026-10-10 08:30"}, // before a make-up Saturday
		{"2026-10-10 09:00", true, "2026-10-10 17:30", "2026-10-10 13:30"},
		{"2026-02-13 18:00", false, "2026-02-14 17:30", "2026-02-14 08:30"}, // a make-up Saturday before the festival
		{"2026-02-14 18:00", false, "2026-02-24 17:30", "2026-02-24 08:30"},
	} {
		instant := at(t, c, row.at)
		if got := c.WithinHours(instant); got != row.within {
			t.Errorf("%s: within hours %v", row.at, got)
		}
		off, ok := c.OffDuty(instant)
		if got := shown(c, off, ok); got != row.offDuty {
			t.Errorf("%s: off duty %s, want %s", row.at, got, row.offDuty)
		}
		opening, ok := c.NextOpening(instant)
		if got := shown(c, opening, ok); got != row.opened {
			t.Errorf("%s: next opening %s, want %s", row.at, got, row.opened)
		}
	}
}

func TestAdd(t *testing.T) {
	c := office(t)
	for _, row := range []struct {
		at            string
		days          int
		offDuty, hour string
		what          string
	}{
		{"2026-11-16 15:00", 2, "2026-11-18 17:30", "2026-11-18 15:00", "a Monday"},
		{"2026-11-16 12:30", 2, "2026-11-18 17:30", "2026-11-18 12:30", "in the midday rest"},
		{"2026-11-16 07:00", 1, "2026-11-17 17:30", "2026-11-17 08:30", "before hours"},
		{"2026-11-16 20:00", 1, "2026-11-17 17:30", "2026-11-17 17:30", "after hours"},
		{"2026-11-19 15:00", 2, "2026-11-23 17:30", "2026-11-23 15:00", "over a weekend"},
		{"2026-11-21 15:00", 2, "2026-11-24 17:30", "2026-11-24 17:30", "from a Saturday"},
		{"2026-09-30 09:00", 2, "2026-10-09 17:30", "2026-10-09 09:00", "over National Day"},
		{"2026-09-30 09:00", 3, "2026-10-10 17:30", "2026-10-10 09:00", "to the make-up Saturday"},
		{"2026-10-08 09:00", 3, "2026-10-12 17:30", "2026-10-12 09:00", "through the make-up Saturday"},
		{"2026-02-13 09:00", 2, "2026-02-24 17:30", "2026-02-24 09:00", "over the Spring Festival"},
		{"2024-02-28 09:00", 1, "2024-02-29 17:30", "2024-02-29 09:00", "to a leap day"},
		{"2026-11-16 15:00", 0, "none", "none", "no days"},
		{"2026-11-16 15:00", -1, "none", "none", "days before"},
		{"2026-11-16 15:00", calendar.MaxDueWorkingDays + 1, "none", "none", "too many days"},
	} {
		end, ok := c.Add(at(t, c, row.at), row.days, calendar.AtOffDuty)
		if got := shown(c, end, ok); got != row.offDuty {
			t.Errorf("%s: %s and %d days at off-duty is %s, want %s", row.what, row.at, row.days, got, row.offDuty)
		}
		end, ok = c.Add(at(t, c, row.at), row.days, calendar.SameHour)
		if got := shown(c, end, ok); got != row.hour {
			t.Errorf("%s: %s and %d days at the same hour is %s, want %s", row.what, row.at, row.days, got, row.hour)
		}
	}
	if _, ok := c.Add(at(t, c, "2026-01-01 00:00"), calendar.MaxDueWorkingDays, calendar.AtOffDuty); !ok {
		t.Errorf("%d working days do not come within %d days", calendar.MaxDueWorkingDays, calendar.MaxSearchDays)
	}
}

func TestWorkingTime(t *testing.T) {
	c := office(t)
	for _, row := range []struct {
		from, to string
		want     time.Duration
	}{
		{"2026-11-18 08:30", "2026-11-18 17:30", hm(7, 30)},
		{"2026-11-18 11:00", "2026-11-18 14:00", hm(1, 30)},
		{"2026-11-18 12:00", "2026-11-18 13:30", 0},
		{"2026-11-20 17:00", "2026-11-23 09:00", hm(1, 0)},
		{"2026-09-30 17:00", "2026-10-10 09:00", hm(0, 30) + 2*hm(7, 30) + hm(0, 30)},
		{"2026-11-18 17:30", "2026-11-18 08:30", 0},
	} {
		from, to := at(t, c, row.from), at(t, c, row.to)
		got, ok := c.Worked(from, to)
		if !ok || got != row.want {
			t.Errorf("%s to %s: %v %v, want %v", row.from, row.to, got, ok, row.want)
		}
		if row.want == 0 {
			continue
		}
		if end, ok := c.AddWorked(from, row.want); !ok || !end.Equal(to) {
			t.Errorf("%v of work after %s is %s, want %s", row.want, row.from, shown(c, end, ok), row.to)
		}
		if begin, ok := c.AddWorked(to, -row.want); !ok || !begin.Equal(from) {
			t.Errorf("%v of work before %s is %s, want %s", row.want, row.to, shown(c, begin, ok), row.from)
		}
	}
	first := at(t, c, "2026-01-01 00:00")
	if _, ok := c.Worked(first, first.AddDate(2, 0, 0)); ok {
		t.Error("two years are counted through")
	}
	for _, d := range []time.Duration{1<<63 - 1, -1 << 63, 399 * 24 * time.Hour} {
		if end, ok := c.AddWorked(first, d); ok {
			t.Errorf("%v of working time ends on %v", d, end)
		}
	}
}

// The site's own list has the last word, day by day, and says nothing about other days.
func TestTheSitesListWins(t *testing.T) {
	anniversary := fact.Text{ZH: "建厂纪念日", EN: "Anniversary"}
	c := office(t, calendar.List{
		Site: true, Years: []int{2027},
		Off:  []calendar.Stretch{{From: date(t, "2026-11-18"), Until: date(t, "2026-11-18"), Name: anniversary}},
		Work: []calendar.Stretch{{From: date(t, "2026-10-07"), Until: date(t, "2026-10-07")}, {From: date(t, "2026-11-21"), Until: date(t, "2026-11-22")}},
	})
	for text, want := range map[string]calendar.DayKind{
		"2026-11-17": calendar.Workday, "2026-11-18": calendar.SiteOff, "2026-11-20": calendar.Workday,
		"2026-11-21": calendar.SiteWork, "2026-11-22": calendar.SiteWork, "2026-10-06": calendar.Holiday, "2026-10-07": calendar.SiteWork,
	} {
		got := c.Day(date(t, text))
		if got.Kind != want || c.WorkingDay(got.Date) != want.Works() || (len(got.Hours) > 0) != want.Works() {
			t.Errorf("%s: %+v, want %s", text, got, want)
		}
	}
	if got := c.Day(date(t, "2026-11-18")).Name; got != anniversary {
		t.Errorf("name: %v", got)
	}
	if got := c.Day(date(t, "2026-11-21")).Hours; len(got) != 2 || got[0].String() != "08:30-12:00" {
		t.Errorf("a Saturday that is worked has the hours %v", got)
	}
	if !c.Known(2027) || c.Known(2028) {
		t.Error("the site's list says which years are complete")
	}
}

func TestMissingYearsAreSaid(t *testing.T) {
	c := office(t)
	for text, want := range map[string][]int{
		"2026-06-01 10:00": nil, "2026-11-01 10:00": nil, "2026-11-22 10:00": {2027}, "2027-03-01 10:00": {2027}, "2027-12-01 10:00": {2027, 2028},
	} {
		if diff := cmp.Diff(want, c.Missing(at(t, c, text))); diff != "" {
			t.Errorf("%s: missing (-want +got):\n%s", text, diff)
		}
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	good := officeHours()
	shanghai := zone(t, "Asia/Shanghai")
	stretch := func(from, until string) []calendar.Stretch {
		return []calendar.Stretch{{From: date(t, from), Until: date(t, until)}}
	}
	for want, plan := range map[string]calendar.Plan{
		"no time zone":               {Hours: good},
		"0 spans":                    {Zone: shanghai},
		"29 spans":                   {Zone: shanghai, Hours: make([]calendar.Hours, calendar.MaxHours+1)},
		"from 9h0m0s until 9h0m0s":   {Zone: shanghai, Hours: []calendar.Hours{{Days: weekdays, From: hm(9, 0), Until: hm(9, 0)}}},
		"from -1m0s":                 {Zone: shanghai, Hours: []calendar.Hours{{Days: weekdays, From: -time.Minute, Until: hm(9, 0)}}},
		"until 24h1m0s":              {Zone: shanghai, Hours: []calendar.Hours{{Days: weekdays, Until: hm(24, 1)}}},
		"whole minutes":              {Zone: shanghai, Hours: []calendar.Hours{{Days: weekdays, From: time.Second, Until: hm(9, 0)}}},
		"on no day":                  {Zone: shanghai, Hours: []calendar.Hours{{Until: hm(9, 0)}}},
		"weekday 7":                  {Zone: shanghai, Hours: []calendar.Hours{{Days: []time.Weekday{7}, Until: hm(9, 0)}}},
		"11:00-13:00 on Monday":      {Zone: shanghai, Hours: append(officeHours(), calendar.Hours{Days: weekdays, From: hm(11, 0), Until: hm(13, 0)})},
		"5 lists":                    {Zone: shanghai, Hours: good, Lists: make([]calendar.List, calendar.MaxLists+1)},
		"401 entries":                {Zone: shanghai, Hours: good, Lists: []calendar.List{{Off: make([]calendar.Stretch, calendar.MaxListed+1)}}},
		"year 1999":                  {Zone: shanghai, Hours: good, Lists: []calendar.List{{Years: []int{1999}}}},
		"year 2100":                  {Zone: shanghai, Hours: good, Lists: []calendar.List{{Years: []int{2100}}}},
		"2026-10-02 to 2026-10-01":   {Zone: shanghai, Hours: good, Lists: []calendar.List{{Off: stretch("2026-10-02", "2026-10-01")}}},
		"2026-01-01 to 2026-03-02":   {Zone: shanghai, Hours: good, Lists: []calendar.List{{Off: stretch("2026-01-01", "2026-03-02")}}},
		"1999-12-31 to 2000-01-01":   {Zone: shanghai, Hours: good, Lists: []calendar.List{{Work: stretch("1999-12-31", "2000-01-01")}}},
		"2026-10-02 is both off and": {Zone: shanghai, Hours: good, Lists: []calendar.List{{Off: stretch("2026-10-01", "2026-10-02"), Work: stretch("2026-10-02", "2026-10-02")}}},
	} {
		if c, err := calendar.New(plan); c != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want …%s…", err, want)
		}
	}
}

// A calendar is its own: what is given and taken does not change it.
func TestACalendarDoesNotChange(t *testing.T) {
	plan := calendar.Plan{Zone: zone(t, "Asia/Shanghai"), Hours: officeHours(), Lists: []calendar.List{calendar.China()}}
	c := make1(t, plan)
	before, want := c.Fingerprint(), c.Record()
	plan.Lists[0].Off[0].From += 40
	c.Day(date(t, "2026-11-18")).Hours[0].From = 0
	r := c.Record()
	r.Week[1][0].From, r.Days[0].Kind, r.Known[0] = 0, calendar.Workday, 1
	if diff := cmp.Diff(want, c.Record()); diff != "" || c.Record().Fingerprint() != before {
		t.Errorf("the calendar changed:\n%s", diff)
	}
	if got := c.Day(date(t, "2026-11-18")).Hours[0].String(); got != "08:30-12:00" {
		t.Errorf("hours are %s now", got)
	}
}

func TestRecordSurvivesTheJournal(t *testing.T) {
	for name, c := range map[string]*calendar.Calendar{
		"with lists":    office(t),
		"without lists": make1(t, calendar.Plan{Zone: time.UTC, Hours: officeHours()}),
		"till midnight": make1(t, calendar.Plan{Zone: time.UTC, Hours: []calendar.Hours{{Days: weekdays, Until: 24 * time.Hour}}}),
	} {
		text, err := json.Marshal(c.Record())
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 16<<10 {
			t.Errorf("%s: the record has %d bytes", name, len(text))
		}
		var back calendar.Record
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if back.Fingerprint() != c.Fingerprint() || len(c.Fingerprint()) != 32 || len(calendar.Changes(c.Record(), back)) != 0 {
			t.Errorf("%s: became\n%s", name, text)
		}
	}
}

// Every way in which a calendar can differ is seen, and said in both languages.
func TestEveryChangeIsSeen(t *testing.T) {
	base := office(t)
	shanghai := zone(t, "Asia/Shanghai")
	one := []calendar.Stretch{{From: date(t, "2027-01-01"), Until: date(t, "2027-01-03"), Name: fact.Text{ZH: "元旦", EN: "New Year's Day"}}}
	saturday := append(officeHours(), calendar.Hours{Days: []time.Weekday{time.Saturday}, From: hm(9, 0), Until: hm(12, 0)})
	for _, row := range []struct {
		name string
		plan calendar.Plan
		want []string // of the English lines
	}{
		{"zone", calendar.Plan{Zone: zone(t, "Asia/Urumqi"), Hours: officeHours(), Lists: []calendar.List{calendar.China()}}, []string{"the time zone was Asia/Shanghai and is Asia/Urumqi"}},
		{"hours", calendar.Plan{Zone: shanghai, Hours: saturday, Lists: []calendar.List{calendar.China()}}, []string{`hours of Saturday were "" and are "09:00-12:00"`}},
		{"year", calendar.Plan{Zone: shanghai, Hours: officeHours(), Lists: []calendar.List{calendar.China(), {Site: true, Years: []int{2027}}}}, []string{"the public holidays of 2027 are entered"}},
		{"day off", calendar.Plan{Zone: shanghai, Hours: officeHours(), Lists: []calendar.List{calendar.China(), {Site: true, Off: one}}}, []string{"new: 2027-01-01 to 2027-01-03 New Year's Day (the site's day off)"}},
		{"day worked", calendar.Plan{Zone: shanghai, Hours: officeHours(), Lists: []calendar.List{calendar.China(), {Site: true, Work: one[:1]}}}, []string{"new: 2027-01-01 to 2027-01-03 New Year's Day (the site's working day)"}},
	} {
		c := make1(t, row.plan)
		if c.Fingerprint() == base.Fingerprint() {
			t.Errorf("%s: the same fingerprint", row.name)
		}
		var got []string
		for _, line := range calendar.Changes(base.Record(), c.Record()) {
			if line.ZH == "" || strings.Contains(line.ZH+line.EN, "%!") {
				t.Errorf("%s: %+v", row.name, line)
			}
			got = append(got, line.EN)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
		if back := calendar.Changes(c.Record(), base.Record()); len(back) != len(got) {
			t.Errorf("%s: taken back it is %v", row.name, back)
		}
	}
	empty := make1(t, calendar.Plan{Zone: shanghai, Hours: officeHours()})
	if got := calendar.Changes(empty.Record(), base.Record()); len(got) != 42 { // three years, 20 holidays, 19 make-up days
		t.Errorf("%d lines: %v", len(got), got)
	}
	full := calendar.List{Site: true}
	for d := date(t, "2027-01-01"); len(full.Off) < calendar.MaxListed; d += 2 {
		full.Off = append(full.Off, calendar.Stretch{From: d, Until: d})
	}
	got := calendar.Changes(base.Record(), office(t, full).Record())
	if len(got) != calendar.MaxChanges+1 || got[calendar.MaxChanges].EN != "and 350 changes more" {
		t.Errorf("%d lines, the last %v", len(got), got[len(got)-1])
	}
}

func TestDates(t *testing.T) {
	for _, bad := range []string{"", "2026-2-1", "2026-02-29", "0000-01-01", "2026-13-01", "2026-01-01 ", "20260101", "-001-01-01"} {
		if d, err := calendar.ParseDate(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, d)
		}
	}
	for _, bad := range []string{"", "2-1", "02-30", "13-01", "12-20 ", "2000-12-20"} {
		if d, err := calendar.ParseMonthDay(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, d)
		}
	}
	for text, want := range map[string]string{"02-29": "2026-02-28", "12-20": "2026-12-20", "01-01": "2026-01-01"} {
		if got := day(t, 2026, text).String(); got != want {
			t.Errorf("%s in 2026 is %s, want %s", text, got, want)
		}
	}
	if got := day(t, 2028, "02-29").String(); got != "2028-02-29" {
		t.Errorf("02-29 in 2028 is %s", got)
	}
	if d := date(t, "1970-01-01"); d != 0 || d.Weekday() != time.Thursday {
		t.Errorf("the first day is %d, a %v", d, d.Weekday())
	}
	if d := date(t, "1969-12-31"); d != -1 || d.String() != "1969-12-31" {
		t.Errorf("the day before is %d, %v", d, d)
	}
	c := office(t)
	for _, odd := range []time.Time{{}, time.Unix(1<<60, 0), time.Unix(-1<<60, 0)} { // a clock that shows nonsense
		d := c.On(odd)
		c.OffDuty(odd)
		if y := d.Year(); y < 1 || y > 9999 {
			t.Errorf("%v is on %d", odd.Unix(), d)
		}
	}
}
