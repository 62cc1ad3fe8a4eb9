package presence_test

import (
	"slices"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// TestStationaryFoldersStayWhileTheirReaderIsDark keeps one of two adjoining cabinets dark
// for an hour: what the neighbour's antenna hears of its folders moves none.
func TestStationaryFoldersStayWhileTheirReaderIsDark(t *testing.T) {
	t.Parallel()
	for seed := range seeds(8) {
		w := newWorld(t, 11000+seed, presence.DefaultPolicy())
		w.stock("cabinet-a", 0, 30)
		if seed%2 == 0 { // an empty neighbour has no levels of its own to compare with
			w.stock("cabinet-b", 30, 60)
		}
		w.pass(2 * time.Minute)
		w.dead["reader-a"] = true
		w.pass(time.Hour)
		w.dead["reader-a"] = false
		w.pass(time.Minute)
		for _, f := range w.take() {
			switch f.(type) {
			case presence.Moved, presence.Unseen:
				t.Errorf("seed %d: a folder that nobody touched: %+v", seed, f)
			}
		}
	}
}

// TestCrossingTheExitWithItsReaderCutIsSeen cuts the cabinet's reader and carries folders
// out, at once or later.
func TestCrossingTheExitWithItsReaderCutIsSeen(t *testing.T) {
	t.Parallel()
	crossings, wrong := 0, 0
	var delays []time.Duration
	for seed := range enough(100) {
		w := newWorld(t, 13000+seed, presence.DefaultPolicy())
		w.stock("cabinet-a", 0, 10)
		w.stock("cabinet-b", 10, 15)
		w.pass(time.Minute)
		w.dead["reader-a"] = true
		if seed%2 == 1 {
			w.findings = w.engine.Report(stamp(w.now), fact.DeviceReport{Device: "reader-a", State: fact.DeviceDown}, w.findings)
		}
		for n, person := range []string{"liu", "zhang", "chen"} {
			var seen time.Duration
			w.during = func(now time.Duration, f presence.Finding) {
				m, ok := f.(presence.Moved)
				switch {
				case ok && m.Tag == folder(n) && m.To == "exit":
					seen = now
				case ok:
					wrong++
					t.Logf("seed %d: %+v", seed, f)
				}
			}
			w.must(w.field.Walk(person, "room"))
			w.must(w.field.Carry(folder(n).Bytes(), person))
			w.pass(time.Second)
			w.must(w.field.Walk(person, "exit"))
			from := w.now
			w.pass(3 * time.Second)
			w.must(w.field.Walk(person, "street"))
			w.pass(5 * time.Second)
			crossings++
			if seen != 0 {
				delays = append(delays, max(0, seen-from))
			}
		}
	}
	slices.Sort(delays)
	t.Logf("%d of %d crossings seen, after %v in the median; %d other moves", len(delays), crossings, delays[len(delays)/2], wrong)
	if len(delays)*100 <= crossings*98 {
		t.Errorf("%d of %d crossings of the exit seen, want more than 98 in 100", len(delays), crossings)
	}
	if wrong*100 > crossings*2 {
		t.Errorf("%d moves to places that the folders were only carried past", wrong)
	}
}

// TestPutOnTheNextShelfWhileTheOldOneIsDark: between adjoining shelves, of which one is
// dark, only hits without a gap are told from cross-reads. Most folders are followed
// nevertheless, and all when the reader is back.
func TestPutOnTheNextShelfWhileTheOldOneIsDark(t *testing.T) {
	t.Parallel()
	var delays []time.Duration
	moves, wrong := 0, 0
	for seed := range enough(50) { // fewer could not tell a half
		w := newWorld(t, 17000+seed, presence.DefaultPolicy())
		w.stock("cabinet-a", 0, 15)
		w.stock("cabinet-b", 15, 20)
		w.pass(2 * time.Minute)
		w.take()
		w.dead["reader-a"] = true
		w.must(w.field.Walk("liu", "room"))
		for n := range 3 {
			w.must(w.field.Carry(folder(n).Bytes(), "liu"))
			w.pass(2 * time.Second)
			w.must(w.field.Put(folder(n).Bytes(), "cabinet-b"))
			put := w.now
			var at time.Duration
			w.during = func(now time.Duration, f presence.Finding) {
				if m, ok := f.(presence.Moved); ok && m.Tag == folder(n) && m.To == "cabinet-b" && at == 0 {
					at = now
				}
			}
			w.pass(5 * time.Minute)
			moves++
			if at != 0 {
				delays = append(delays, at-put)
			}
		}
		w.dead["reader-a"] = false
		w.pass(time.Minute)
		for n := range 15 {
			want := fact.PlaceID("cabinet-a")
			if n < 3 {
				want = "cabinet-b"
			}
			if place, _, _, _ := w.engine.Estimate(folder(n)); place != want {
				wrong++
				t.Logf("seed %d: folder %d is believed in %q, is in %s", seed, n, place, want)
			}
		}
	}
	slices.Sort(delays)
	t.Logf("%d of %d followed within 5 minutes, after %v in the median, 9 of 10 within %v", len(delays), moves, delays[len(delays)/2], delays[len(delays)*9/10])
	if !underRace && len(delays)*2 < moves { // a few seeds do not tell a half
		t.Errorf("%d of %d folders are believed in the cabinet they were put into, want half of them", len(delays), moves)
	}
	if wrong*100 > moves {
		t.Errorf("with the reader back %d folders are believed in the wrong cabinet", wrong)
	}
}
