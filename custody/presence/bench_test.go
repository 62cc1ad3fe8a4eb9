package presence_test

import (
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// BenchmarkObserve feeds rounds of a cabinet with 200 folders, of which 160 are heard in
// turn, out of 5 000 enrolled, and reports the time per read.
func BenchmarkObserve(b *testing.B) {
	e, err := presence.New(office(), presence.DefaultPolicy())
	if err != nil {
		b.Fatal(err)
	}
	for n := range 5000 {
		e.Enrol(folder(n), []fact.PlaceID{"safe", "cabinet-b", "room"}[n%3])
	}
	const folders, heard = 200, 160
	for n := range folders {
		e.Enrol(folder(n), "cabinet-a")
	}
	var rounds [folders]fact.Round
	for r := range rounds {
		rounds[r].Antenna = antennaOf("reader-a")
		for k := range heard {
			rounds[r].Reads = append(rounds[r].Reads, read((r*7+k)%folders, -55-float64(k%7)))
		}
	}
	var out []presence.Finding
	var now time.Duration
	step := func() {
		now += 250 * time.Millisecond
		out = e.Observe(stamp(now), rounds[int(now/(250*time.Millisecond))%folders], out[:0])
	}
	for range 2 * folders {
		step()
	}
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/heard, "ns/read")
}
