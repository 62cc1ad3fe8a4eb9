package siteplan_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trilock/configs"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/siteplan"
)

func load(t *testing.T, name string) *configs.Site {
	t.Helper()
	text, err := os.ReadFile("../../configs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	site, err := configs.Parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return site
}

// What a site says of its doors is what presence is told: antennas on either side, light barriers, contact, readers.
func TestDoorsAsConfigured(t *testing.T) {
	site := siteplan.Presence(load(t, "testdata/good/doors.yaml"))
	at := func(port uint8) []fact.Antenna { return []fact.Antenna{{Reader: "reader-exit", Port: port}} }
	input := func(n uint8) presence.Point { return presence.Point{Device: "badge-door-in", Input: n} }
	want := []presence.Door{
		{ID: "room-door", Outer: at(3), Inner: at(3), OuterBeam: input(2), InnerBeam: input(3), Contact: input(0), EntryReader: "badge-door-in", ExitReader: "badge-door-out"},
		{ID: "main-exit", Outer: at(1), Inner: at(2)},
	}
	if diff := cmp.Diff(want, site.Doors); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// Every good site is one that presence accepts, the example among them.
func TestPresenceTakesEverySite(t *testing.T) {
	for _, name := range []string{"examples/site.yaml", "testdata/good/base.yaml", "testdata/good/doors.yaml", "testdata/good/smallest.yaml", "testdata/good/plain.yaml"} {
		site := load(t, name)
		if _, err := presence.New(siteplan.Presence(site), siteplan.Policy(site)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if doors := siteplan.Presence(load(t, "examples/site.yaml")).Doors; len(doors) != 1 || doors[0].ID != "main-exit" {
		t.Errorf("the example tells passages through %+v", doors)
	}
}

// There is one truth about how soon reads become a conclusion: who configures nothing has presence's own policy.
func TestDefaultsArePresences(t *testing.T) {
	if diff := cmp.Diff(presence.DefaultPolicy(), siteplan.Policy(load(t, "testdata/good/smallest.yaml"))); diff != "" {
		t.Errorf("presence -, configuration +:\n%s", diff)
	}
}
