package presence_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// hallOf returns an engine with so many tags, at most 2 500 to a place of one antenna, and the rounds that each
// antenna completes in turn: six tags in ten, others every time.
func hallOf(tb testing.TB, tags int) (e *presence.Engine, rounds [][]fact.Round) {
	tb.Helper()
	places := max(4, tags/2500)
	site := presence.Site{Places: []presence.Place{{ID: "room"}}}
	for p := range places {
		id := fact.PlaceID(fmt.Sprintf("place-%d", p))
		site.Places = append(site.Places, presence.Place{ID: id, Adjoins: []fact.PlaceID{"room"}})
		site.Antennas = append(site.Antennas, presence.Watch{Antenna: fact.Antenna{Reader: fact.DeviceID(fmt.Sprintf("reader-%d", p/4)), Port: uint8(p%4 + 1)}, Place: id})
	}
	e, err := presence.New(site, presence.DefaultPolicy())
	if err != nil {
		tb.Fatal(err)
	}
	rounds = make([][]fact.Round, places)
	for p := range rounds {
		rounds[p] = make([]fact.Round, 5)
		for k := range rounds[p] {
			rounds[p][k].Antenna = site.Antennas[p].Antenna
		}
	}
	for n := range tags {
		p := n % places
		e.Enrol(folder(n), site.Places[1+p].ID)
		for k := range rounds[p] {
			if (n/places*7+k)%5 < 3 {
				rounds[p][k].Reads = append(rounds[p][k].Reads, read(n, -55-float64(n%7)))
			}
		}
	}
	return e, rounds
}

// BenchmarkRead is the cost of one read, from a thousand tags to a million.
func BenchmarkRead(b *testing.B) {
	for _, tags := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(tags), func(b *testing.B) {
			e, rounds := hallOf(b, tags)
			var out []presence.Finding
			var now time.Duration
			reads, n := 0, 0
			step := func() {
				now += time.Second / 4 / time.Duration(len(rounds))
				r := rounds[n%len(rounds)][n/len(rounds)%5]
				out = e.Observe(stamp(now), r, out[:0])
				reads += len(r.Reads)
				n++
			}
			for range 10 * len(rounds) {
				step()
			}
			reads = 0
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(reads), "ns/read")
		})
	}
}

// TestMemoryOfATag measures what a tag takes in all.
func TestMemoryOfATag(t *testing.T) {
	const tags = 100_000
	size := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := size()
	e, err := presence.New(office(), presence.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	for n := range tags {
		e.Enrol(folder(n), "cabinet-a")
	}
	each := float64(size()-before) / tags
	t.Logf("%.0f bytes per tag", each)
	if each >= 200 {
		t.Errorf("a tag takes %.0f bytes, want less than 200", each)
	}
	runtime.KeepAlive(e)
}
