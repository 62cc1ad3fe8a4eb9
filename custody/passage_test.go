package custody_test

import (
	"testing"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/presence"
)

// A folder carried through a door with a badge is recorded with the person; without one it is an alert (OUT-1).
func TestPassagesNameWhoBadged(t *testing.T) {
	s := newSite(t)
	with := presence.Passage{Tag: s.tag(folder1), Door: "room-door", Certainty: 9950, Evidence: "test",
		With: []presence.Carrier{{Card: "raw:26:p-archivist", Certainty: 9500}}}
	s.feed(with)
	wantEqual(t, "raised", len(s.raised()), 0)
	passed := s.document(folder1).Passed
	if passed == nil || passed.In || passed.Door != "room-door" || len(passed.With) != 1 || passed.With[0] != (custody.Companion{Person: "p-archivist", Certainty: 9500}) {
		t.Fatalf("shown as %+v", passed)
	}
	s.feed(presence.Passage{Tag: s.tag(folder1), Door: "room-door", Inward: true, Certainty: 9950, Evidence: "test",
		With: []presence.Carrier{{Card: "raw:26:00000000", Certainty: 9500}}})
	wantEqual(t, "raised", s.raised(), []alerts.Code{alerts.Unattributed})
	if passed := s.document(folder1).Passed; passed == nil || !passed.In || len(passed.With) != 0 {
		t.Errorf("shown as %+v", passed)
	}
	s.feed(presence.Passage{Tag: s.tag(folder1), Door: "no-such-door"})
	wantEqual(t, "raised by a door that there is not", len(s.raised()), 1)
}

// One number in two places, a fading tag and a shielded antenna are alerts of their own, and once each.
func TestWhatIsOddAboutReads(t *testing.T) {
	s := newSite(t)
	s.feed(presence.Clone{Tag: s.tag(folder1), Places: [2]presence.PlaceOf{{Place: "cabinet-a"}, {Place: "safe-1"}}})
	s.feed(presence.Fading{Tag: s.tag(folder2), Place: "cabinet-a", Best: 9000, Now: 2000})
	s.feed(presence.Shielded{Place: "cabinet-a", Antenna: fact.Antenna{Reader: "reader-a", Port: 1}, Tags: 20})
	wantEqual(t, "raised", s.raised(), []alerts.Code{alerts.TagCloned, alerts.TagFading, alerts.PlaceShielded})
	s.feed(presence.HeardAgain{Place: "cabinet-a"})
	for _, a := range s.state.Overview(s.now.Wall).Alerts {
		if a.Code == alerts.PlaceShielded && a.Ended == nil {
			t.Error("the place is heard again, and the alert stands")
		}
	}
}
