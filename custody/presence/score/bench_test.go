package score_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/presence/baseline"
)

// crowd is 10 000 tags in four places: in every round an antenna hears nine in ten of its
// own, and a thousand of the others more weakly.
type crowd struct {
	site   presence.Site
	tags   []fact.EPC
	rounds []fact.Round // of the four antennas in turn
	reads  int
}

const (
	crowdTags  = 10_000
	crowdCross = 1000
	crowdEvery = 250 * time.Millisecond
)

func newCrowd(b *testing.B) *crowd {
	b.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	c := &crowd{site: presence.Site{Places: []presence.Place{{ID: "room"}}}}
	for k := range 4 {
		place := fact.PlaceID(fmt.Sprintf("cabinet-%d", k))
		c.site.Places = append(c.site.Places, presence.Place{ID: place, Adjoins: []fact.PlaceID{"room"}})
		c.site.Antennas = append(c.site.Antennas, presence.Watch{Antenna: fact.Antenna{Reader: "r", Port: uint8(k + 1)}, Place: place})
	}
	for n := range crowdTags {
		epc, err := fact.EPCFromBytes([]byte{0x2C, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(n >> 8), byte(n)})
		if err != nil {
			b.Fatal(err)
		}
		c.tags = append(c.tags, epc)
	}
	for r := range 64 {
		k := r % 4
		round := fact.Round{Antenna: c.site.Antennas[k].Antenna, Duration: crowdEvery}
		hear := func(n int, dBm float64) {
			round.Reads = append(round.Reads, fact.Read{EPC: c.tags[n], RSSIcdBm: int16(100 * (dBm + 2*rng.NormFloat64())), Phase: fact.PhaseUnknown})
		}
		for n := range crowdTags {
			if n%4 == k && rng.IntN(10) > 0 {
				hear(n, -52)
			}
		}
		for range crowdCross {
			if n := rng.IntN(crowdTags); n%4 != k {
				hear(n, -68)
			}
		}
		rng.Shuffle(len(round.Reads), func(i, j int) { round.Reads[i], round.Reads[j] = round.Reads[j], round.Reads[i] })
		c.rounds = append(c.rounds, round)
		c.reads += len(round.Reads)
	}
	return c
}

// measure runs rounds through an engine and reports what a read costs, and what a tag holds.
func (c *crowd) measure(b *testing.B, make func() (take func(at time.Duration, r fact.Round))) {
	b.Helper()
	before := heap()
	take := make()
	now := time.Duration(0)
	step := func(n int) int {
		now += crowdEvery / 4
		r := c.rounds[n%len(c.rounds)]
		take(now, r)
		return len(r.Reads)
	}
	for n := range 2 * len(c.rounds) {
		step(n)
	}
	held := heap() - before
	reads := 0
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; b.Loop(); n++ {
		reads += step(n)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(reads), "ns/read")
	b.ReportMetric(float64(held)/crowdTags, "B/tag")
	b.ReportMetric(0, "ns/op")
}

func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// BenchmarkRead sets package presence beside the baselines: the same 10 000 tags at the same four antennas.
// allocs/op and B/op are for a round of some three thousand reads.
func BenchmarkRead(b *testing.B) {
	c := newCrowd(b)
	b.Run("presence", func(b *testing.B) {
		c.measure(b, func() func(time.Duration, fact.Round) {
			e, err := presence.New(c.site, presence.DefaultPolicy())
			if err != nil {
				b.Fatal(err)
			}
			for n, epc := range c.tags {
				e.Enrol(epc, c.site.Places[1+n%4].ID)
			}
			var out []presence.Finding
			return func(at time.Duration, r fact.Round) { out = e.Observe(fact.Stamp{Mono: at}, r, out[:0]) }
		})
	})
	for _, peer := range []struct {
		name string
		make func(baseline.Places, time.Duration) baseline.Engine
	}{
		{"last antenna", func(p baseline.Places, d time.Duration) baseline.Engine { return baseline.NewLastAntenna(p, d) }},
		{"mean of 20", func(p baseline.Places, d time.Duration) baseline.Engine { return baseline.NewMeanOf20(p, d) }},
		{"weighted mean", func(p baseline.Places, d time.Duration) baseline.Engine { return baseline.NewWeighted(p, d) }},
		{"smurf", func(p baseline.Places, d time.Duration) baseline.Engine { return baseline.NewSmurf(p, d) }},
	} {
		b.Run(peer.name, func(b *testing.B) {
			c.measure(b, func() func(time.Duration, fact.Round) {
				e := peer.make(placesOf(c.site), 30*time.Second)
				var out []baseline.Move
				return func(at time.Duration, r fact.Round) {
					out = e.Advance(at, out[:0])
					for _, read := range r.Reads {
						out = e.Read(at, r.Antenna, read, out)
					}
				}
			})
		})
	}
}
