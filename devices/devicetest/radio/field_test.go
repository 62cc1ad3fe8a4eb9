package radio

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func layout() Layout {
	return Layout{
		Places: []Place{
			{Name: "cabinet-a", Adjoins: []string{"cabinet-b", "room"}},
			{Name: "cabinet-b", Adjoins: []string{"room"}},
			{Name: "room", Adjoins: []string{"exit"}},
			{Name: "exit", Adjoins: []string{"outside"}},
			{Name: "outside", Adjoins: []string{"street"}},
			{Name: "street"},
		},
		Antennas: []Antenna{{"ra", 1, "cabinet-a"}, {"rb", 1, "cabinet-b"}, {"gate", 1, "exit"}, {"gate", 2, "exit"}},
	}
}

func epc(n int) []byte { return []byte{0x2C, 0, 0, byte(n >> 8), byte(n)} }

func newField(t testing.TB, seed uint64) *Field {
	t.Helper()
	f, err := New(seed, layout())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func hears(h []Heard, tag []byte) (float64, bool) {
	for _, x := range h {
		if string(x.EPC) == string(tag) {
			return x.RSSIdBm, true
		}
	}
	return 0, false
}

// TestHomeReadsSucceedMostOfTheTime measures what the package promises of the shape.
func TestHomeReadsSucceedMostOfTheTime(t *testing.T) {
	const folders, rounds = 100, 4000
	f := newField(t, 1)
	for n := range folders {
		must(t, f.Put(epc(n), "cabinet-a"))
	}
	var own, cross, afterHit, afterMiss, misses [folders]int
	was := [folders]bool{}
	level := 0.0
	reads := 0
	for range rounds {
		home, next := f.Hear("ra", 1), f.Hear("rb", 1)
		for n := range folders {
			dBm, now := hears(home, epc(n))
			if now {
				own[n]++
				level += dBm
				reads++
			}
			if was[n] && now {
				afterHit[n]++
			} else if now {
				afterMiss[n]++
			}
			if !now {
				misses[n]++
			}
			was[n] = now
			if _, heard := hears(next, epc(n)); heard {
				cross[n]++
			}
		}
	}
	least, most, mostCross := 1.0, 0.0, 0.0
	for n := range folders {
		p := float64(own[n]) / rounds
		least, most = min(least, p), max(most, p)
		mostCross = max(mostCross, float64(cross[n])/rounds)
		again, first := float64(afterHit[n])/float64(own[n]), float64(afterMiss[n])/float64(misses[n])
		if again <= first+0.05 {
			t.Errorf("folder %d: heard with %.2f after a hit, %.2f after a miss: misses do not come in runs", n, again, first)
		}
	}
	t.Logf("read at home in %.2f to %.2f of the rounds, next door in at most %.2f", least, most, mostCross)
	if least < 0.55 || most > 0.98 {
		t.Errorf("read probability at home is %.2f to %.2f, want about 0.60 to 0.95", least, most)
	}
	if mostCross > 0.4 {
		t.Errorf("read next door in %.2f of the rounds, want well below half", mostCross)
	}
	if mean := level / float64(reads); math.Abs(mean+55.5) > 1.5 {
		t.Errorf("mean strength at home is %.1f dBm, want about -55", mean)
	}
	if h := f.Hear("gate", 1); len(h) > 0 {
		t.Errorf("the gate hears %d folders across the room", len(h))
	}
}

// TestReadersDoNotDisturbOneAnother takes the same rounds in different interleavings.
func TestReadersDoNotDisturbOneAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		prepare := func() *Field {
			f, err := New(seed, layout())
			if err != nil {
				t.Fatal(err)
			}
			for n := range 8 {
				if err := f.Put(epc(n), []string{"cabinet-a", "cabinet-b", "room", "exit"}[n%4]); err != nil {
					t.Fatal(err)
				}
			}
			return f
		}
		alone, mixed := prepare(), prepare()
		want := make([]string, 20)
		for k := range want {
			want[k] = fmt.Sprint(alone.Hear("ra", 1))
		}
		for k := range want {
			for range rapid.IntRange(0, 3).Draw(t, "others") {
				mixed.Hear(rapid.SampledFrom([]string{"rb", "gate"}).Draw(t, "other"), 1)
			}
			if got := fmt.Sprint(mixed.Hear("ra", 1)); got != want[k] {
				t.Fatalf("round %d is %s, alone it was %s", k, got, want[k])
			}
		}
	})
}

func TestAnotherSeedIsAnotherField(t *testing.T) {
	one, two := newField(t, 1), newField(t, 2)
	must(t, one.Put(epc(1), "exit"))
	must(t, two.Put(epc(1), "exit"))
	if fmt.Sprint(one.Hear("gate", 1)) == fmt.Sprint(two.Hear("gate", 1)) {
		t.Error("two seeds give the same strength")
	}
	if fmt.Sprint(one.Hear("gate", 1)) == fmt.Sprint(one.Hear("gate", 2)) {
		t.Error("two antennas hear the same strength")
	}
}

func TestCarriedFoldersGoWithThePerson(t *testing.T) {
	f := newField(t, 3)
	must(t, f.Put(epc(1), "cabinet-a"))
	must(t, f.Put(epc(2), "cabinet-a"))
	must(t, f.Walk("liu", "cabinet-a"))
	must(t, f.Carry(epc(1), "liu"))
	must(t, f.Walk("liu", "exit"))
	gate := f.Reader("gate")
	count := func(rounds int, hear func() []Heard, tag []byte) (n int) {
		for range rounds {
			if _, ok := hears(hear(), tag); ok {
				n++
			}
		}
		return n
	}
	if n := count(200, func() []Heard { return gate(1) }, epc(1)); n < 100 {
		t.Errorf("the gate hears what is carried through it in %d of 200 rounds", n)
	}
	if n := count(200, func() []Heard { return f.Hear("ra", 1) }, epc(1)); n > 0 {
		t.Errorf("the cabinet hears in %d rounds what was carried away", n)
	}
	must(t, f.Put(epc(1), "cabinet-b"))
	must(t, f.Walk("liu", "street"))
	if n := count(200, func() []Heard { return f.Hear("rb", 1) }, epc(1)); n < 100 {
		t.Errorf("the cabinet hears what was put down in it in %d of 200 rounds", n)
	}
	if h := gate(7); h != nil {
		t.Errorf("a port that does not exist hears %v", h)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Layout)
		says   string
	}{
		"place twice":     {func(l *Layout) { l.Places = append(l.Places, l.Places[0]) }, `"cabinet-a" is unnamed or named twice`},
		"adjoins nothing": {func(l *Layout) { l.Places[0].Adjoins = []string{"cellar"} }, `"cabinet-a" adjoins "cellar"`},
		"antenna nowhere": {func(l *Layout) { l.Antennas[0].Place = "attic" }, `antenna ra/1 is at "attic"`},
		"antenna twice":   {func(l *Layout) { l.Antennas = append(l.Antennas, l.Antennas[0]) }, "antenna ra/1 is listed twice"},
		"too large":       {func(l *Layout) { l.Places = make([]Place, MaxPlaces+1) }, "at most 1024"},
	} {
		t.Run(name, func(t *testing.T) {
			l := layout()
			c.change(&l)
			if _, err := New(1, l); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %v, want it to say %q", err, c.says)
			}
		})
	}
	f := newField(t, 1)
	for says, err := range map[string]error{
		`no place "moon"`:      f.Put(epc(1), "moon"),
		"EPC of 0 bytes":       f.Put(nil, "room"),
		"EPC of 63 bytes":      f.Put(make([]byte, 63), "room"),
		"Walk them":            f.Carry(epc(1), "nobody"),
		`walk "liu": no place`: f.Walk("liu", "moon"),
	} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error is %v, want it to say %q", err, says)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	f := newField(t, 9)
	must(t, f.Walk("liu", "room"))
	var all sync.WaitGroup
	for _, reader := range []string{"ra", "rb", "gate"} {
		all.Go(func() {
			for range 300 {
				f.Hear(reader, 1)
			}
		})
	}
	all.Go(func() {
		for n := range 300 {
			if err := f.Put(epc(n%20), "cabinet-a"); err != nil {
				t.Error(err)
			}
			if err := f.Carry(epc(n%20), "liu"); err != nil {
				t.Error(err)
			}
			if err := f.Walk("liu", []string{"room", "exit"}[n%2]); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
}

// TestShadeComesInBoundedRuns follows the shading of sixty folders: it happens, about as
// often as stated, and no run of it is longer than stated.
func TestShadeComesInBoundedRuns(t *testing.T) {
	const folders, rounds = 60, 20_000
	f := newField(t, 5)
	for n := range folders {
		must(t, f.Put(epc(n), "cabinet-a"))
	}
	a := &f.ports[f.antennas[port{"ra", 1}]]
	begun, longest := 0, 0
	var run [folders]int
	for range rounds {
		heard := f.Hear("ra", 1)
		for n := range run {
			if a.paths[n].shade == 0 {
				run[n] = 0
				continue
			}
			if run[n] == 0 {
				begun++
			}
			run[n]++
			longest = max(longest, run[n])
			if _, through := hears(heard, epc(n)); through {
				t.Fatalf("folder %d is heard through what shades it", n)
			}
		}
	}
	if want := folders * rounds * shadeBegins; float64(begun) < want/2 || float64(begun) > want*2 {
		t.Errorf("shading began %d times, want about %.0f", begun, want)
	}
	if longest != shadeMaxRounds {
		t.Errorf("the longest shading is %d rounds, want %d", longest, shadeMaxRounds)
	}
}
