package configs

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		"2027-12-31..2028-01-02 Turn of the year/Turn of the year", "2028-02-29 /", "2027-01-04 /",
	}
	if diff := cmp.Diff(want, days); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
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
