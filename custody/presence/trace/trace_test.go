package trace_test

import (
	"reflect"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/presence/trace"
)

// some is one small trace of each kind.
func some(seed uint64) map[string]*trace.Trace {
	return map[string]*trace.Trace{
		"zones":    trace.ZoneRoom(seed, trace.ZoneOptions{Geometry: trace.Ward, Tags: 3, Length: 2 * time.Minute, Stay: 15 * time.Second, Cycle: time.Second, Worn: seed%2 == 0, Around: seed%2 == 1}),
		"still":    trace.Still(seed, trace.StillOptions{Tags: 8, Length: time.Minute, LeastDB: 6, MostDB: 20, LeastEvery: 100 * time.Millisecond, MostEvery: 10 * time.Second}),
		"cabinets": trace.Cabinets(seed, trace.CabinetOptions{Folders: 4, Length: 6 * time.Minute, Every: 10 * time.Second, Outages: true}),
		"door":     trace.Doors(seed, trace.DoorOptions{Antennas: 2, Infrared: true, Contact: true, Badges: true, Crossings: 10, Hard: true}),
	}
}

func TestSameSeedSameTrace(t *testing.T) {
	one, other, third := some(7), some(7), some(8)
	for name := range one {
		if !reflect.DeepEqual(one[name], other[name]) {
			t.Errorf("%s: the same seed made another trace", name)
		}
		if reflect.DeepEqual(one[name].Events, third[name].Events) {
			t.Errorf("%s: another seed made the same trace", name)
		}
	}
}

// What presence and the score take for granted of a trace.
func TestTracesAreWellFormed(t *testing.T) {
	for seed := range uint64(3) {
		for name, tr := range some(seed) {
			if _, err := presence.New(tr.Site, presence.DefaultPolicy()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			known := map[fact.PlaceID]bool{presence.Elsewhere: true}
			for _, p := range tr.Site.Places {
				known[p.ID] = true
			}
			last := time.Duration(0)
			for _, e := range tr.Events {
				if e.At < last {
					t.Fatalf("%s: events out of order at %v", name, e.At)
				}
				last = e.At
				r, ok := e.Fact.(fact.Round)
				if !ok {
					continue
				}
				for k, read := range r.Reads {
					if e.Heard[k] > e.At || e.Heard[k] < e.At-r.Duration || read.RSSIcdBm < -9000 || read.RSSIcdBm > -1000 || read.EPC.IsZero() {
						t.Fatalf("%s: read %+v at %v in the round that ends at %v", name, read, e.Heard[k], e.At)
					}
				}
			}
			for k, s := range tr.Stays {
				if !known[s.Place] || s.From >= s.To || k > 0 && tr.Stays[k-1].Tag == s.Tag && tr.Stays[k-1].To > s.From {
					t.Fatalf("%s: stay %+v", name, s)
				}
			}
		}
	}
}

// The room hears every tag with several antennas all the time, and the nearest is not always the strongest.
func TestZonesOverlap(t *testing.T) {
	for _, g := range trace.Geometries() {
		tr := trace.ZoneRoom(1, trace.ZoneOptions{Geometry: g, Tags: 2, Length: 10 * time.Minute, Stay: 30 * time.Second, Cycle: time.Second, Worn: true})
		own, other := 0, 0
		stays := tr.Stays
		for r := range tr.Reads() {
			for _, s := range stays {
				if s.Tag == r.Read.EPC && s.From <= r.At && r.At < s.To {
					if s.Place == fact.PlaceID("zone-"+string(rune('0'+r.Antenna.Port))) {
						own++
					} else {
						other++
					}
				}
			}
		}
		changes := len(stays) - 2
		t.Logf("%v: %d reads of the tag's own zone, %d of others, %d changes", g, own, other, changes)
		if own < 300 || other < own/2 || changes < 20 {
			t.Errorf("%v: %d reads of the tag's own zone, %d of others, %d changes", g, own, other, changes)
		}
	}
}

// A cabinet reader hears six in ten of its folders in a round, and misses come in runs.
func TestCabinetReads(t *testing.T) {
	tr := trace.Cabinets(1, trace.CabinetOptions{Folders: 40, Length: 2 * time.Minute})
	home := map[fact.EPC]fact.PlaceID{}
	for _, s := range tr.Stays {
		home[s.Tag] = s.Place
	}
	was := map[fact.Antenna]map[fact.EPC]bool{}
	var tries, hits, cross, afterMiss, missed int
	for _, e := range tr.Events {
		r := e.Fact.(fact.Round)
		if r.Antenna.Reader == "reader-3" {
			continue
		}
		place := fact.PlaceID("cabinet-" + string(rune('a'+r.Antenna.Reader[7]-'1')))
		now := map[fact.EPC]bool{}
		for _, read := range r.Reads {
			now[read.EPC] = true
		}
		for epc, at := range home {
			if at != place {
				if now[epc] {
					cross++
				}
				continue
			}
			tries++
			if now[epc] {
				hits++
			}
			if was[r.Antenna] != nil && !was[r.Antenna][epc] {
				missed++
				if now[epc] {
					afterMiss++
				}
			}
		}
		was[r.Antenna] = now
	}
	p, again, crossed := float64(hits)/float64(tries), float64(afterMiss)/float64(missed), float64(cross)/float64(tries)
	t.Logf("read in %.2f of the rounds, after a miss in %.2f; cross-reads %.3f", p, again, crossed)
	if p < 0.5 || p > 0.75 || again > p-0.15 || crossed == 0 || crossed > 0.1 {
		t.Errorf("read in %.2f of the rounds (want about 0.6), after a miss in %.2f (want well less), cross-reads %.3f", p, again, crossed)
	}
}

// Who walks through interrupts both barriers, in the order of the direction, while the door
// is open; who turns round does not make a crossing.
func TestDoorSensors(t *testing.T) {
	tr := trace.Doors(3, trace.DoorOptions{Antennas: 1, Infrared: true, Contact: true, Badges: true, Crossings: 40})
	if len(tr.Crossings) != 40 {
		t.Fatalf("%d crossings, want 40", len(tr.Crossings))
	}
	for _, c := range tr.Crossings {
		var first [2]time.Duration
		open, badge, reads := false, false, 0
		for _, e := range tr.Events {
			if e.At < c.At-6*time.Second || e.At > c.At+6*time.Second {
				continue
			}
			switch f := e.Fact.(type) {
			case fact.InputChanged:
				if f.Device == trace.GateReader && f.State == fact.InputActive {
					first[f.Input] = e.At
				}
				if f.Device == trace.EntryReader {
					open = open || f.State == fact.InputActive && e.At < c.At
				}
			case fact.BadgeShown:
				badge = badge || f.Card == c.Card && (f.Reader == trace.EntryReader) == c.Inward
			case fact.Round:
				for _, r := range f.Reads {
					if r.EPC == c.Tags[0] {
						reads++
					}
				}
			}
		}
		if first[0] == 0 || first[1] == 0 || (first[trace.OuterBeam] < first[trace.InnerBeam]) != c.Inward || !open || !badge || reads < 3 {
			t.Errorf("crossing %+v: barriers %v, open %v, badge %v, %d reads", c, first, open, badge, reads)
		}
	}
}

func TestHardDoorScenes(t *testing.T) {
	tr := trace.Doors(5, trace.DoorOptions{Antennas: 2, Crossings: 80, Hard: true})
	five, empty := 0, 0
	for _, c := range tr.Crossings {
		switch len(c.Tags) {
		case 5:
			five++
		case 0:
			empty++
		}
	}
	if five < 2 || empty < 1 || len(tr.Crossings) < 60 || len(tr.Crossings) > 92 {
		t.Errorf("%d crossings, %d with five folders, %d with none", len(tr.Crossings), five, empty)
	}
}
