package presence

import (
	"math"
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
	held := 0
	for epc, i := range e.tagOf {
		g := &e.tags[i]
		sum := 0.0
		for k := range int(g.held) {
			s := g.slots[k]
			if !(s.w >= leastWeight/2 && s.w <= 1.0001) {
				t.Fatalf("%s: state %d has probability %v", epc, s.state, s.w)
			}
			sum += s.w
			if int(s.state) < e.graph.watched {
				held++
				if e.places[s.state].tags[s.index] != i {
					t.Fatalf("%s: the list of %s holds another tag", epc, e.places[s.state].id)
				}
			}
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Fatalf("%s: probabilities add to %v", epc, sum)
		}
		if g.home != nowhere && g.find(g.home) < 0 {
			t.Fatalf("%s: its belief does not hold its concluded place", epc)
		}
		for k := range int(g.known) {
			for context, p := range g.profiles[k].read {
				if !(p >= 0 && p <= maxRead[ctxHeard]) {
					t.Fatalf("%s: read probability %v in context %d", epc, p, context)
				}
			}
		}
	}
	for s := range e.places {
		held -= len(e.places[s].tags)
	}
	if held != 0 {
		t.Fatalf("the places' lists hold %d tags too many", -held)
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
	g := &e.tags[e.tagOf[epc]]
	own, next := g.profileOf(0), g.profileOf(1)
	if p := own.average(); p < 0.65 || p > 0.85 {
		t.Errorf("own antenna is believed to hear it in %.2f of its rounds, it does in 0.75", p)
	}
	// Every hit next door is followed by a miss, every miss by a hit.
	if next.read[ctxHeard] > 0.05 || next.read[ctxShort] < 0.9 {
		t.Errorf("the neighbour's antenna is believed to hear it with %.2f after a hit and %.2f after a miss", next.read[ctxHeard], next.read[ctxShort])
	}
	if own.level > -54 || own.level < -56 || next.level > -64 || next.level < -66 {
		t.Errorf("learnt levels are %.1f and %.1f, want -55 and -65", own.level, next.level)
	}
}
