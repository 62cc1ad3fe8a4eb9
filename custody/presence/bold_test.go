package presence

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"trilock/custody/fact"
)

// The bounds that the package comment states: so many hits running, each at least as strong
// as the tag is at home, or of a strength that compares with nothing, while its home hears
// nothing, end in Moved, whatever was learnt before.
const (
	boundStrong  = 10
	boundUnknown = 15
	boundSurer   = 2 // more of them for a policy that asks for more than 99 in 100
)

// past is a site with adjoining cabinets, one of them with two antennas, a safe across the
// room, and a passage, and one tag in it.
type past struct {
	t   *rapid.T
	e   *Engine
	epc fact.EPC
	now time.Duration
	all []Watch
}

func newPast(t *rapid.T) *past {
	w := func(reader fact.DeviceID, port uint8, place fact.PlaceID) Watch {
		return Watch{fact.Antenna{Reader: reader, Port: port}, place}
	}
	p := &past{t: t, all: []Watch{w("a", 1, "a"), w("a", 2, "a"), w("b", 1, "b"), w("safe", 1, "safe"), w("door", 1, "door")}}
	policy := DefaultPolicy()
	policy.MovedAt = CertaintyBP(rapid.Uint16Range(5001, 9990).Draw(t, "moved at"))
	e, err := New(Site{
		Places: []Place{
			{ID: "a", Adjoins: []fact.PlaceID{"b", "hall"}}, {ID: "b", Adjoins: []fact.PlaceID{"hall"}}, {ID: "safe", Adjoins: []fact.PlaceID{"hall"}},
			{ID: "hall", Adjoins: []fact.PlaceID{"door"}}, {ID: "door", Adjoins: []fact.PlaceID{"street"}}, {ID: "street"},
		},
		Antennas: p.all,
	}, policy)
	if err != nil {
		t.Fatal(err)
	}
	p.e = e
	p.epc, _ = fact.EPCFromBytes([]byte{1})
	e.Enrol(p.epc, rapid.SampledFrom([]fact.PlaceID{"a", "b", "safe", "door", "hall", ""}).Draw(t, "enrolled"))
	return p
}

func (p *past) hears(a fact.Antenna, rssi ...int16) {
	r := fact.Round{Antenna: a}
	for _, level := range rssi {
		r.Reads = append(r.Reads, fact.Read{EPC: p.epc, RSSIcdBm: level})
	}
	p.e.Observe(fact.Stamp{Mono: p.now}, r, nil)
}

// live has anything happen, in stretches long enough to be learnt from.
func (p *past) live(level *rapid.Generator[int16]) {
	for range rapid.IntRange(0, 12).Draw(p.t, "stretches") {
		audible := make([]int, len(p.all)) // hits of 4 rounds
		for k := range audible {
			audible[k] = rapid.IntRange(0, 4).Draw(p.t, "audible")
		}
		gap := time.Duration(rapid.Int64Range(5e7, 1e9).Draw(p.t, "gap"))
		rssi := level.Draw(p.t, "level")
		for n := range rapid.SampledFrom([]int{1, 3, 20, 200}).Draw(p.t, "rounds") {
			p.now += gap
			for k, w := range p.all {
				if n%4 < audible[k] {
					p.hears(w.Antenna, rssi-int16(k*rapid.SampledFrom([]int{0, 0, 300}).Draw(p.t, "weaker")))
				} else {
					p.hears(w.Antenna)
				}
			}
		}
		if rapid.IntRange(0, 3).Draw(p.t, "report") == 0 {
			w := rapid.SampledFrom(p.all).Draw(p.t, "device")
			state := fact.DeviceState(rapid.Uint8Range(0, 3).Draw(p.t, "state"))
			p.e.Report(fact.Stamp{Mono: p.now}, fact.DeviceReport{Device: w.Antenna.Reader, State: state}, nil)
		}
	}
}

// TestPresenceElsewhereIsConcludedWhateverWasLearnt lives through anything, and then has
// one antenna of another place hear the tag round after round while its home is silent or blind.
func TestPresenceElsewhereIsConcludedWhateverWasLearnt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPast(t)
		unknown := rapid.Bool().Draw(t, "strength unknown")
		past := rapid.Int16Range(-7500, -4600)
		if unknown && rapid.Bool().Draw(t, "always") {
			past = rapid.Just(fact.RSSIUnknown)
		}
		p.live(past)
		g := p.e.tag(p.e.find(&p.epc))
		to := rapid.SampledFrom(p.all).Draw(t, "to")
		place := p.e.graph.of[to.Place]
		silent := rapid.IntRange(0, 3).Draw(t, "silence")
		gap := time.Duration(rapid.Int64Range(1e7, 5e8).Draw(t, "gap"))
		for hits, from := 0, g.home; g.home != place; hits++ {
			if g.home != from {
				hits, from = 0, g.home // it was all but concluded to be in a third place
			}
			known := g.levels >= levelReads
			bound := boundUnknown
			if !unknown && known {
				bound = boundStrong
			}
			if p.e.policy.MovedAt > 9900 {
				bound += boundSurer
			}
			if hits >= bound {
				t.Fatalf("%d hits at %s have moved nothing: %+v", hits, to.Place, *g.hot)
			}
			p.now += gap
			for _, w := range p.all {
				if w.Place == to.Place {
					continue
				}
				switch silent {
				case 0:
					p.hears(w.Antenna)
				case 1:
					p.e.Report(fact.Stamp{Mono: p.now}, fact.DeviceReport{Device: w.Antenna.Reader, State: fact.DeviceDown}, nil)
				case 2:
					p.e.Report(fact.Stamp{Mono: p.now}, fact.DeviceReport{Device: w.Antenna.Reader, State: fact.DeviceFault}, nil)
					p.hears(w.Antenna)
				}
			}
			rssi := fact.RSSIUnknown
			if !unknown {
				rssi = rapid.Int16Range(-3900, -3600).Draw(t, "now") // stronger than whatever it is believed to be
			}
			p.hears(to.Antenna, rssi)
		}
	})
}

// TestOngoingPresenceTeachesNoCrossRead: what is learnt of cross-reads is learnt while the tag is believed at home,
// which a silent home soon is not.
func TestOngoingPresenceTeachesNoCrossRead(t *testing.T) {
	e, err := New(Site{
		Places:   []Place{{ID: "a", Adjoins: []fact.PlaceID{"b"}}, {ID: "b"}},
		Antennas: []Watch{{fact.Antenna{Reader: "a", Port: 1}, "a"}, {fact.Antenna{Reader: "b", Port: 1}, "b"}},
	}, DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	epc, _ := fact.EPCFromBytes([]byte{1})
	e.Enrol(epc, "a")
	now := time.Duration(0)
	hears := func(reader fact.DeviceID, rssi int16) {
		now += 100 * time.Millisecond
		e.Observe(fact.Stamp{Mono: now}, fact.Round{Antenna: fact.Antenna{Reader: reader, Port: 1}, Reads: []fact.Read{{EPC: epc, RSSIcdBm: rssi}}}, nil)
	}
	for range 100 {
		hears("a", -5500)
	}
	now += 2 * sureMS * time.Millisecond
	view := *e.field.view(0, 1)
	for range 500 {
		hears("b", -6600)
		if g := e.tag(e.find(&epc)); g.home != 0 {
			break
		}
	}
	if v := e.field.view(0, 1); v.share > view.share+0.2 || v.dB > view.dB+1 {
		t.Errorf("hits that nobody confirmed taught %+v, before %+v", *v, view)
	}
}

// TestRunsThatAreBold counts the hits of another place's antenna, told by what each hears
// in dBm: 0 for a miss, 1 for a read of unknown strength.
func TestRunsThatAreBold(t *testing.T) {
	for name, c := range map[string]struct {
		at   fact.PlaceID
		hits []int16
		want uint8
	}{
		"two as strong as at home":          {"b", []int16{-55, -50}, 2 * boldStrong},
		"a weaker one ends it":              {"b", []int16{-55, -55, -56}, 0},
		"a miss ends it":                    {"b", []int16{-55, -55, 0, -55}, boldStrong},
		"an unknown one counts less":        {"b", []int16{-55, 1, 1}, boldStrong + 2*boldUnknown},
		"far away some weaker ones count":   {"door", []int16{-58, -59}, 2 * boldStrong},
		"a much weaker one ends it there":   {"door", []int16{-58, -60}, 0},
		"of another scale, it is not known": {"b", []int16{200}, boldUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := New(Site{
				Places:   []Place{{ID: "a", Adjoins: []fact.PlaceID{"b", "hall"}}, {ID: "b"}, {ID: "hall", Adjoins: []fact.PlaceID{"door"}}, {ID: "door"}},
				Antennas: []Watch{{fact.Antenna{Reader: "a", Port: 1}, "a"}, {fact.Antenna{Reader: "b", Port: 1}, "b"}, {fact.Antenna{Reader: "door", Port: 1}, "door"}},
			}, DefaultPolicy())
			if err != nil {
				t.Fatal(err)
			}
			epc, _ := fact.EPCFromBytes([]byte{1})
			e.Enrol(epc, "a")
			round := func(place fact.PlaceID, dBm int16) {
				r := fact.Round{Antenna: fact.Antenna{Reader: fact.DeviceID(place), Port: 1}}
				switch dBm {
				case 0:
				case 1:
					r.Reads = []fact.Read{{EPC: epc, RSSIcdBm: fact.RSSIUnknown}}
				default:
					r.Reads = []fact.Read{{EPC: epc, RSSIcdBm: dBm * 100}}
				}
				e.Observe(fact.Stamp{}, r, nil)
			}
			for range 20 {
				round("a", -55)
				round(c.at, 0)
			}
			for _, dBm := range c.hits {
				round(c.at, dBm)
			}
			tr := e.tag(e.find(&epc)).track(e.graph.of[c.at])
			if tr == nil || tr.bold != c.want {
				t.Errorf("the run is %+v, want it to count %d", tr, c.want)
			}
		})
	}
}
