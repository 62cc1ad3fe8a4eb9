package presence

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"trilock/custody/fact"
)

// TestBeliefsStayProbabilities feeds anything and looks inside: every belief is a set of
// finite probabilities adding to 1, every learnt value is within its bounds, and every
// list of tags agrees with the beliefs.
func TestBeliefsStayProbabilities(t *testing.T) {
	site := Site{
		Places: []Place{
			{ID: "a", Adjoins: []fact.PlaceID{"b", "hall"}}, {ID: "b"}, {ID: "vault"},
			{ID: "hall", Adjoins: []fact.PlaceID{"door"}}, {ID: "door", Adjoins: []fact.PlaceID{"street"}}, {ID: "street"},
		},
		Antennas: []Watch{
			{fact.Antenna{Reader: "r", Port: 1}, "a"}, {fact.Antenna{Reader: "r", Port: 2}, "a"},
			{fact.Antenna{Reader: "r", Port: 3}, "b"}, {fact.Antenna{Reader: "s", Port: 1}, "vault"},
			{fact.Antenna{Reader: "s", Port: 2}, "door"},
		},
	}
	rapid.Check(t, func(t *rapid.T) {
		e, err := New(site, DefaultPolicy())
		if err != nil {
			t.Fatal(err)
		}
		var epcs []fact.EPC
		for n := range 6 {
			epc, _ := fact.EPCFromBytes([]byte{byte(n), 1})
			epcs = append(epcs, epc)
		}
		var now time.Duration
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			now += time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "gap"))
			epc := rapid.SampledFrom(epcs).Draw(t, "tag")
			switch rapid.IntRange(0, 12).Draw(t, "what") {
			case 0:
				e.Enrol(epc, rapid.SampledFrom([]fact.PlaceID{"a", "b", "vault", "hall", "door", "street", "", "no-such"}).Draw(t, "place"))
			case 1:
				e.Withdraw(epc)
			default:
				w := rapid.SampledFrom(site.Antennas).Draw(t, "antenna")
				r := fact.Round{Antenna: w.Antenna}
				for _, other := range epcs {
					if rapid.Bool().Draw(t, "heard") {
						r.Reads = append(r.Reads, fact.Read{EPC: other, RSSIcdBm: rapid.Int16().Draw(t, "rssi")})
					}
				}
				e.Observe(fact.Stamp{Mono: now}, r, nil)
			}
			checkBeliefs(t, e)
		}
	})
}

func checkBeliefs(t *rapid.T, e *Engine) {
	counted := make([]int32, len(e.places))
	for i := range e.tags {
		g := e.tag(i)
		if g.length == 0 {
			continue
		}
		epc := e.epcOf(i)
		if e.find(&epc) != i {
			t.Fatalf("%s is not found by its EPC", epc)
		}
		if g.home != nowhere {
			counted[g.home]++
			if g.signs&scheduled == 0 {
				t.Fatalf("%s: nobody will look at its silence", epc)
			}
		}
		for _, tr := range g.tracks[:g.known] {
			least := float32(leastFavour)
			if g.home == nowhere {
				least = -mostFavour
			}
			if !(tr.favour >= least && tr.favour <= mostFavour && tr.carried >= leastFavour && tr.carried <= mostFavour) || tr.place == g.home {
				t.Fatalf("%s at %d: %+v", epc, g.home, tr)
			}
		}
		for context, p := range g.read {
			if g.home != nowhere && (int32(p) < leastRead || int32(p) > mostRead[context]) {
				t.Fatalf("%s: read probability %d in context %d", epc, p, context)
			}
		}
	}
	for s := range e.places {
		p := &e.places[s]
		listed := int32(0)
		for _, first := range p.wheel {
			for k, before := first, int32(0); k != 0; k = e.tag(k - 1).next {
				if g := e.tag(k - 1); g.prev != before || g.home != state(s) {
					t.Fatalf("%s: a list is torn at %+v", p.id, *g.hot)
				}
				before = k
				listed++
			}
		}
		if listed != counted[s] || p.tags != counted[s] {
			t.Fatalf("%s: %d tags, %d counted, %d listed", p.id, counted[s], p.tags, listed)
		}
	}
	for k := range e.field.pairs {
		for _, v := range append(e.field.pairs[k].read[:], e.field.pairs[k].any) {
			if !(v >= 0 && v < 1) {
				t.Fatalf("pair %d: read probability %v", k, v)
			}
		}
	}
}

// TestReadProbabilitiesAreLearnt has a folder that its own antenna hears in three rounds
// of four, and the neighbour's in every second.
func TestReadProbabilitiesAreLearnt(t *testing.T) {
	e, err := New(Site{
		Places: []Place{{ID: "a", Adjoins: []fact.PlaceID{"b"}}, {ID: "b"}},
		Antennas: []Watch{
			{fact.Antenna{Reader: "r", Port: 1}, "a"}, {fact.Antenna{Reader: "r", Port: 2}, "b"},
		},
	}, DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	epc, _ := fact.EPCFromBytes([]byte{1})
	e.Enrol(epc, "a")
	heard := []fact.Read{{EPC: epc, RSSIcdBm: -5500}}
	cross := []fact.Read{{EPC: epc, RSSIcdBm: -6500}}
	for n := range 4000 {
		own, next := heard, cross
		if n%4 == 3 {
			own = nil
		}
		if n%2 == 1 {
			next = nil
		}
		now := fact.Stamp{Mono: time.Duration(n) * 250 * time.Millisecond}
		out := e.Observe(now, fact.Round{Antenna: fact.Antenna{Reader: "r", Port: 1}, Reads: own}, nil)
		out = e.Observe(now, fact.Round{Antenna: fact.Antenna{Reader: "r", Port: 2}, Reads: next}, out)
		if len(out) > 0 {
			t.Fatalf("round %d led to %+v", n, out)
		}
	}
	g := e.tag(e.find(&epc))
	if p := g.average(); p < 0.65 || p > 0.85 {
		t.Errorf("own antenna is believed to hear it in %.2f of its rounds, it does in 0.75", p)
	}
	if p := e.field.pair(0, 1).any; p < 0.4 || p > 0.6 {
		t.Errorf("the neighbour is believed to hear it in %.2f of its rounds, it does in 0.5", p)
	}
	own, next := e.antennas[0].usual, e.field.view(0, 1).dB-e.field.view(0, 0).dB
	if own > -54 || own < -56 || next > -9 || next < -11 {
		t.Errorf("the antenna is believed to hear its tags at %.1f dBm, the neighbour %.1f dB stronger; want -55 and -10", own, next)
	}
}
