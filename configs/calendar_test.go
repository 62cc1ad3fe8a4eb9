package configs

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trilock/custody/calendar"
	"trilock/custody/fact"
)

func TestCalendarByDefaultIsWhatTheExampleShows(t *testing.T) {
	shown, err := Parse("site.yaml", readText(t, "examples/site.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	silent, err := Parse("site.yaml", readText(t, "testdata/good/smallest.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(silent.Calendar, shown.Calendar); diff != "" || len(silent.Calendar.Hours) != 2 {
		t.Errorf("calendar (-default +example):\n%s", diff)
	}
	silent.Calendar.Hours[0].Days[0] = "sun"
	var again Calendar
	if defaults(&again); again.Hours[0].Days[0] != "mon" || silent.Calendar.Hours[1].Days[0] != "mon" {
		t.Error("changing one calendar changed the defaults of the next")
	}
}

func TestCalendarIsRead(t *testing.T) {
	site, err := Parse("site.yaml", readText(t, "testdata/good/calendar.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c := site.Calendar
	if len(c.Hours) != 3 || c.Hours[2].Until.String() != "24:00" || !slices.Equal(c.Years, []int{2027, 2028}) {
		t.Errorf("hours %v, years %v", c.Hours, c.Years)
	}
	var days []string
	for _, d := range append(c.DaysOff, c.WorkingDays...) {
		days = append(days, d.Dates.String()+" "+d.Name+"/"+d.NameEN)
	}
	want := []string{
		"2027-01-01..2027-01-03 元旦/New Year's Day", "2027-06-18 建厂纪念日/建厂纪念日",
		"2027-12-31..2028-01-02 Turn of the year/Turn of the year", "2028-02-29 /", "2027-01-04 /", "2026-10-07 /",
	}
	if diff := cmp.Diff(want, days); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
}

// FuzzCalendar puts any text in the place of the calendar: what the configuration takes, a
// calendar can be made of.
func FuzzCalendar(f *testing.F) {
	f.Add("{hours: [{days: [sun], from: \"00:00\", until: \"24:00\"}], years: [2099], days_off: [{dates: 2099-12-01..2099-12-31}]}")
	f.Add("{working_days: [{dates: \"2000-01-01\"}], days_off: [{dates: 2000-01-02..2000-03-01}]}")
	f.Add("{hours: [{days: [mon, tue], from: \"09:00\", until: \"12:00\"}, {days: [tue], from: \"12:00\", until: \"12:01\"}], years: [2027], days_off: [{dates: \"2027-01-01\", name: 元旦}]}")
	f.Add("{hours: [{until: \"01:00\"}], days_off: [{name: 元旦}]}")
	f.Fuzz(func(t *testing.T, block string) {
		site, err := ParseLayout("site.yaml", []byte(barest+"calendar: "+block))
		if err != nil {
			return
		}
		if _, err := site.WorkingCalendar(); err != nil {
			t.Fatalf("the configuration takes what the calendar refuses: %v\n%s", err, block)
		}
	})
}

// The calendar of a site is the public one with the site's own list above it.
func TestWorkingCalendar(t *testing.T) {
	site, err := Parse("site.yaml", readText(t, "testdata/good/calendar.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := site.WorkingCalendar()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]calendar.DayKind{
		"2026-10-01": calendar.Holiday, "2026-10-07": calendar.SiteWork, "2026-10-10": calendar.MakeUp, "2027-01-01": calendar.SiteOff, "2027-01-04": calendar.SiteWork,
		"2027-06-18": calendar.SiteOff, "2027-06-19": calendar.Workday, "2027-06-20": calendar.Rest, "2028-02-29": calendar.SiteOff,
	} {
		day, err := calendar.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Day(day); got.Kind != want || !got.Known {
			t.Errorf("%s: %+v, want %s", text, got, want)
		}
	}
	if got := c.Day(calendar.DateOf(2027, 1, 1)).Name; got != (fact.Text{ZH: "元旦", EN: "New Year's Day"}) {
		t.Errorf("the site's name of a day is %v", got)
	}
	saturday := c.Day(calendar.DateOf(2027, 6, 19)).Hours
	if len(saturday) != 2 || saturday[1].String() != "12:00-24:00" || c.Known(2029) || c.Zone().String() != "Asia/Shanghai" {
		t.Errorf("Saturday %v, zone %v", saturday, c.Zone())
	}
}

// An editor shows the default hours as the file would have them.
func TestSchemaShowsTheDefaultHours(t *testing.T) {
	var schema struct {
		Defs map[string]struct {
			Properties map[string]struct {
				Default any `json:"default"`
			} `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(JSONSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	days := []any{"mon", "tue", "wed", "thu", "fri"}
	want := []any{map[string]any{"days": days, "from": "08:30", "until": "12:00"}, map[string]any{"days": days, "from": "13:30", "until": "17:30"}}
	if diff := cmp.Diff(any(want), schema.Defs["Calendar"].Properties["hours"].Default); diff != "" {
		t.Errorf("default hours (-want +got):\n%s", diff)
	}
}
