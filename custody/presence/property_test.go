package presence_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

var readers = []string{"reader-a", "reader-b", "reader-safe", "reader-exit"}

// anyReads draws reads of enrolled folders, strangers, and doubles.
func anyReads(t *rapid.T) []fact.Read {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) fact.Read {
		r := fact.Read{EPC: folder(rapid.IntRange(0, 14).Draw(t, "folder")), Phase: fact.PhaseUnknown}
		r.RSSIcdBm = rapid.OneOf(rapid.Int16Range(-8000, -4000), rapid.Int16(), rapid.Just(fact.RSSIUnknown)).Draw(t, "rssi")
		return r
	}), 0, 12).Draw(t, "reads")
}

func newEngine(t rapid.TB) *presence.Engine {
	e, err := presence.New(office(), presence.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10 {
		e.Enrol(folder(n), []fact.PlaceID{"cabinet-a", "cabinet-b", "safe", "room", ""}[n%5])
	}
	return e
}

func TestOrderOfReadsAndRepetitionChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, two, again := newEngine(t), newEngine(t), newEngine(t)
		var now time.Duration
		for range rapid.IntRange(1, 60).Draw(t, "rounds") {
			now += time.Duration(rapid.Int64Range(-1e8, 2e9).Draw(t, "gap"))
			r := fact.Round{Antenna: antennaOf(rapid.SampledFrom(readers).Draw(t, "reader")), Reads: anyReads(t)}
			shuffled := r
			shuffled.Reads = rapid.Permutation(r.Reads).Draw(t, "order")
			a := one.Observe(stamp(now), r, nil)
			b := two.Observe(stamp(now), shuffled, nil)
			c := again.Observe(stamp(now), r, nil)
			if fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) || fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", c) {
				t.Fatalf("the same round gave\n%+v\n%+v\n%+v", a, b, c)
			}
		}
		for n := range 10 {
			at, certainty, heard, _ := one.Estimate(folder(n))
			at2, certainty2, heard2, _ := two.Estimate(folder(n))
			if at != at2 || certainty != certainty2 || heard != heard2 {
				t.Fatalf("folder %d: %q %d %v and %q %d %v", n, at, certainty, heard, at2, certainty2, heard2)
			}
		}
	})
}

// TestAnyInputKeepsTheEstimateSane feeds anything and checks what must always hold.
func TestAnyInputKeepsTheEstimateSane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := newEngine(t)
		at := map[fact.EPC]fact.PlaceID{}
		for n := range 10 {
			at[folder(n)], _, _, _ = e.Estimate(folder(n))
		}
		dark := map[fact.PlaceID]bool{}
		var now time.Duration
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			now += time.Duration(rapid.Int64Range(-1e8, 1e9).Draw(t, "gap"))
			reader := rapid.SampledFrom(readers).Draw(t, "reader")
			var out []presence.Finding
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				state := fact.DeviceState(rapid.IntRange(0, 3).Draw(t, "state"))
				out = e.Report(stamp(now), fact.DeviceReport{Device: fact.DeviceID(reader), State: state}, nil)
			case 1:
				out = e.Advance(stamp(now), nil)
			default:
				out = e.Observe(stamp(now), fact.Round{Antenna: antennaOf(reader), Reads: anyReads(t)}, nil)
			}
			for _, f := range out {
				switch f := f.(type) {
				case presence.Moved:
					if f.From != at[f.Tag] || f.To == f.From || f.To == presence.Elsewhere || f.Certainty > 9999 {
						t.Fatalf("moved %+v, was concluded at %q", f, at[f.Tag])
					}
					at[f.Tag] = f.To
				case presence.Unseen:
					if f.From != at[f.Tag] || dark[f.From] {
						t.Fatalf("unseen %+v, was concluded at %q, not readable: %t", f, at[f.Tag], dark[f.From])
					}
					at[f.Tag] = presence.Elsewhere
				case presence.NotReadable:
					if dark[f.Place] || !slices.IsSortedFunc(f.Tags, func(a, b fact.EPC) int { return slices.Compare(a.Bytes(), b.Bytes()) }) {
						t.Fatalf("not readable %+v", f)
					}
					dark[f.Place] = true
				case presence.ReadableAgain:
					if !dark[f.Place] {
						t.Fatalf("%s readable again without having been otherwise", f.Place)
					}
					dark[f.Place] = false
				}
			}
		}
		for tag, place := range at {
			if got, certainty, _, ok := e.Estimate(tag); got != place || certainty > 9999 || !ok {
				t.Fatalf("estimate of %s is %q with %d, findings said %q", tag, got, certainty, place)
			}
		}
	})
}

// TestDeadReadersConcludeNothing: whatever was heard before, once rounds stop, by
// report or without one, nothing is concluded but NotReadable.
func TestDeadReadersConcludeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := newEngine(t)
		now := time.Duration(0)
		for range rapid.IntRange(0, 80).Draw(t, "rounds") {
			now += 100 * time.Millisecond
			e.Observe(stamp(now), fact.Round{Antenna: antennaOf(rapid.SampledFrom(readers).Draw(t, "reader")), Reads: anyReads(t)}, nil)
		}
		var out []presence.Finding
		for range rapid.IntRange(1, 30).Draw(t, "silence") {
			now += time.Duration(rapid.Int64Range(1, 1e10).Draw(t, "gap"))
			if rapid.Bool().Draw(t, "reported") {
				d := fact.DeviceReport{Device: fact.DeviceID(rapid.SampledFrom(readers).Draw(t, "down")), State: fact.DeviceDown}
				out = e.Report(stamp(now), d, out)
			}
			out = e.Advance(stamp(now), out)
		}
		for _, f := range out {
			if _, ok := f.(presence.NotReadable); !ok {
				t.Fatalf("silence of readers led to %+v", f)
			}
		}
	})
}

// TestRestartChangesNoConclusion runs one world twice, once with a restart in it: a
// restarted engine makes no finding about folders at rest, and later concludes the same.
func TestRestartChangesNoConclusion(t *testing.T) {
	t.Parallel()
	for seed := range seeds(10) {
		w := newWorld(t, 300+seed, presence.DefaultPolicy())
		w.stock("cabinet-a", 0, 10)
		w.stock("safe", 10, 20)
		w.pass(time.Minute)
		w.must(w.field.Walk("liu", "street"))
		w.must(w.field.Carry(folder(3).Bytes(), "liu"))
		w.pass(30 * time.Second)
		w.take()
		old := w.engine
		fresh, err := presence.New(office(), presence.DefaultPolicy())
		w.must(err)
		for n := range 20 {
			at, _, _, _ := old.Estimate(folder(n))
			fresh.Enrol(folder(n), at)
		}
		w.engine = fresh
		w.pass(2 * time.Minute)
		if f := w.take(); len(f) > 0 {
			t.Errorf("seed %d: the restart led to %+v", seed, f)
		}
		w.must(w.field.Carry(folder(12).Bytes(), "liu"))
		w.must(w.field.Put(folder(3).Bytes(), "cabinet-a"))
		w.pass(time.Minute)
		if got := tell(w.take()); !slices.Contains(got, "0C unseen from safe") || !slices.Contains(got, `03 moved "" to "cabinet-a"`) || len(got) != 2 {
			t.Errorf("seed %d: after the restart %q", seed, got)
		}
	}
}

// TestEmulatorNeitherGrowsMemoryNorDisturbs has a hostile emulator answer with a million numbers.
func TestEmulatorNeitherGrowsMemoryNorDisturbs(t *testing.T) {
	b := settled(t)
	total := 1_000_000
	if testing.Short() || underRace {
		total = 100_000
	}
	size := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var before uint64
	strangers, floods := 0, 0
	for n := 0; n < total; n += 4000 {
		reads := []fact.Read{read(1, -55)}
		for k := range 4000 {
			var number [12]byte
			binary.BigEndian.PutUint64(number[:], uint64(1000+n+k))
			epc, err := fact.EPCFromBytes(number[:])
			if err != nil {
				t.Fatal(err)
			}
			reads = append(reads, fact.Read{EPC: epc, RSSIcdBm: -4000})
		}
		b.heard["reader-a"] = reads
		b.rounds(1)
		for _, f := range b.findings {
			switch f.(type) {
			case presence.Stranger:
				strangers++
			case presence.Flood:
				floods++
			default:
				t.Fatalf("strangers led to %+v", f)
			}
		}
		b.findings = b.findings[:0]
		if n == 40_000 {
			before = size()
		}
	}
	if after := size(); after > before+1<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
	if strangers > 32 || floods != 1 {
		t.Errorf("%d strangers and %d floods reported, want one flood and not many strangers", strangers, floods)
	}
	if c := b.engine.Counts(); c.StrangersDropped < uint64(total)*9/10 {
		t.Errorf("%d dropped reads counted of about %d", c.StrangersDropped, total)
	}
	b.heard["reader-exit"] = []fact.Read{read(900, -55)}
	b.rounds(1)
	if got := tell(b.findings); !slices.Contains(got, "84 stranger at exit") {
		t.Errorf("a flood at the cabinet hides a stranger at the exit: %q", got)
	}
}
