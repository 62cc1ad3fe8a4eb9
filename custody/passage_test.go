package custody_test

import (
	"testing"
	"time"

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

// exitSite has a door to the outside.
func exitSite(t *testing.T) *site {
	t.Helper()
	of := secrecyRoom()
	of.Doors["main-exit"] = custody.Door{ID: "main-exit", From: "outside", To: "exit", EntryReader: "badge-gate-in", ExitReader: "badge-gate-out"}
	of.Policy.TwoCarriers = custody.TwoCarriers{Levels: []custody.Level{custody.TopSecret}, Marks: []custody.Mark{custody.Cipher}}
	return newSiteOf(t, of)
}

// through carries a tag through the exit with the badges of some persons, the likeliest first.
func (s *site) through(tag string, inward, unsure bool, with ...custody.PersonID) {
	s.t.Helper()
	p := presence.Passage{Tag: s.tag(tag), Door: "main-exit", Inward: inward, Unsure: unsure, Certainty: 9950, Evidence: "test"}
	for k, person := range with {
		p.With = append(p.With, presence.Carrier{Card: fact.CardID("raw:26:" + string(person)), Certainty: presence.CertaintyBP(6000 / (k + 1))})
	}
	s.feed(p)
}

// unended returns the codes of the alerts about a document that have not ended.
func (s *site) unended(doc custody.DocumentID) (codes []alerts.Code) {
	for _, a := range s.state.Overview(s.now.Wall).Alerts {
		if a.Subject == string(doc) && a.Ended == nil {
			codes = append(codes, a.Code)
		}
	}
	return codes
}

// OUT-1, the passage half: nothing leaves the site unapproved, and what may have left is taken to have left. Inward is fine.
func TestOUT1LeavingTheSite(t *testing.T) {
	for name, c := range map[string]struct {
		inward, unsure bool
		with           []custody.PersonID
		want           []alerts.Code
	}{
		"inward":               {inward: true, with: []custody.PersonID{"p-reader"}},
		"outward":              {with: []custody.PersonID{"p-reader"}, want: []alerts.Code{alerts.CarriedOut}},
		"outward, no badge":    {want: []alerts.Code{alerts.Unattributed, alerts.CarriedOut}},
		"one way or the other": {unsure: true, with: []custody.PersonID{"p-reader"}, want: []alerts.Code{alerts.CarriedOut}},
	} {
		t.Run(name, func(t *testing.T) {
			s := exitSite(t)
			s.through(folder1, c.inward, c.unsure, c.with...)
			wantEqual(t, "raised", s.raised(), c.want)
			passed := s.document(folder1).Passed
			wantEqual(t, "unsure", passed.Unsure, c.unsure)
			if c.want != nil {
				s.through(folder1, true, false, "p-reader")
				wantEqual(t, "stands when it is back", len(s.unended("JM-2026-0001")), 0)
			}
		})
	}
}

// A door within the site leads nowhere: OUT-1 says nothing of it. A folder that is home again was found.
func TestOUT1WithinTheSite(t *testing.T) {
	s := exitSite(t)
	s.feed(presence.Passage{Tag: s.tag(folder1), Door: "room-door", Certainty: 9950, Evidence: "test", With: []presence.Carrier{{Card: "raw:26:p-archivist", Certainty: 9500}}})
	wantEqual(t, "raised", len(s.raised()), 0)
	s.through(folder1, false, false, "p-reader")
	s.seen(folder1, "cabinet-a")
	wantEqual(t, "stands when it is home", len(s.unended("JM-2026-0001")), 0)
}

// OUT-2: a top secret document passes the exit with two persons badged, or raises an alert.
func TestOUT2TwoPersons(t *testing.T) {
	for name, c := range map[string]struct {
		with []custody.PersonID
		want []alerts.Code
	}{
		"one":  {[]custody.PersonID{"p-office"}, []alerts.Code{alerts.CarriedOut, alerts.CarriedAlone}},
		"two":  {[]custody.PersonID{"p-office", "p-manager"}, []alerts.Code{alerts.CarriedOut}},
		"none": {nil, []alerts.Code{alerts.Unattributed, alerts.CarriedOut, alerts.CarriedAlone}},
	} {
		t.Run(name, func(t *testing.T) {
			s := exitSite(t)
			s.through("E20000000000000000000003", false, false, c.with...)
			wantEqual(t, "raised", s.raised(), c.want)
		})
	}
	s := exitSite(t)
	s.through(folder2, false, false, "p-office") // secret: one person is enough
	wantEqual(t, "raised", s.raised(), []alerts.Code{alerts.CarriedOut})
}

// A passage is tied to the borrower, if that is one of those whose badges go with it.
func TestPassagesAreTiedToTheBorrower(t *testing.T) {
	s := exitSite(t)
	s.lend("JM-2026-0001", "p-reader", time.Hour)
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", "p-reader")
	s.feed(presence.Unseen{Tag: s.tag(folder1), From: "cabinet-a", Certainty: 9990, Evidence: "test"})
	s.through(folder1, true, false, "p-office", "p-reader")
	wantEqual(t, "tied to", s.document(folder1).Passed.By, "p-reader")
	s.through(folder1, true, false, "p-office", "p-manager")
	wantEqual(t, "tied to", s.document(folder1).Passed.By, "p-office")
}

// REG-1: a flood of unknown tags is one alert, which ends with it, or with the daemon that saw it.
func TestFloodIsOneAlert(t *testing.T) {
	s := newSite(t)
	s.feed(presence.Flood{Reader: "reader-a", Place: "cabinet-a"})
	wantEqual(t, "raised", s.raised(), []alerts.Code{alerts.TagFlood})
	wantEqual(t, "stands", len(s.unended("cabinet-a")), 1)
	s.feed(presence.FloodOver{Reader: "reader-a", Place: "cabinet-a", Count: 12345})
	wantEqual(t, "stands", len(s.unended("cabinet-a")), 0)
	s.feed(presence.Flood{Reader: "reader-a", Place: "cabinet-a"})
	s.feed(custody.Start{Version: "test"})
	wantEqual(t, "stands after a restart", len(s.unended("cabinet-a")), 0)
}
