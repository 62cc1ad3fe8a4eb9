package presence_test

import (
	"slices"
	"testing"
	"time"

	"trilock/custody/presence"
)

// seeds returns how many seeds a statistical test runs over.
func seeds(full int) uint64 {
	if testing.Short() || underRace {
		return uint64(max(1, full/5))
	}
	return uint64(full)
}

// enough returns how many seeds a test runs over whose bound fewer could not tell; they still find races.
func enough(full int) uint64 {
	if underRace {
		return uint64(full / 10)
	}
	return uint64(full)
}

func TestStationaryFoldersStay(t *testing.T) {
	t.Parallel()
	moved, unseen := 0, 0
	for seed := range seeds(8) {
		w := newWorld(t, seed, presence.DefaultPolicy())
		w.stock("cabinet-a", 0, 30)
		w.stock("cabinet-b", 30, 60)
		w.pass(time.Hour)
		for _, f := range w.take() {
			switch f.(type) {
			case presence.Moved:
				moved++
			case presence.Unseen:
				unseen++
			}
			t.Errorf("seed %d: a folder that nobody touched: %+v", seed, f)
		}
	}
	t.Logf("moved %d, unseen %d", moved, unseen)
}

func TestTakenFolderBecomesUnseen(t *testing.T) {
	t.Parallel()
	var delays []time.Duration
	late := 0
	for seed := range seeds(40) {
		w := newWorld(t, 1000+seed, presence.DefaultPolicy())
		w.stock("cabinet-a", 0, 10)
		w.stock("cabinet-b", 10, 20)
		w.pass(2 * time.Minute)
		w.take()
		w.must(w.field.Walk("liu", "room"))
		for n := range 5 {
			w.must(w.field.Walk("liu", "street")) // at once out of every antenna's reach
			w.must(w.field.Carry(folder(n).Bytes(), "liu"))
			taken := w.now
			var at time.Duration
			w.during = func(now time.Duration, f presence.Finding) {
				if u, ok := f.(presence.Unseen); ok && u.Tag == folder(n) && u.From == "cabinet-a" {
					at = now
				} else {
					t.Errorf("seed %d: %+v", seed, f)
				}
			}
			w.pass(time.Minute)
			if at == 0 {
				late++
				continue
			}
			delays = append(delays, at-taken)
		}
	}
	slices.Sort(delays)
	median := delays[len(delays)/2]
	t.Logf("%d taken, %d not within a minute; median %v, 9 of 10 within %v, slowest %v",
		len(delays)+late, late, median, delays[len(delays)*9/10], delays[len(delays)-1])
	if median >= 11*time.Second {
		t.Errorf("a taken folder is noticed after %v in the median, want under 11 s", median)
	}
	if late*100 > len(delays) {
		t.Errorf("%d of %d taken folders were not noticed within a minute", late, len(delays)+late)
	}
}

func TestCrossingTheExitIsSeen(t *testing.T) {
	t.Parallel()
	crossings, wrong := 0, 0
	var delays []time.Duration
	for seed := range enough(100) { // fewer crossings could not tell 99 in 100
		w := newWorld(t, 5000+seed, presence.DefaultPolicy())
		w.stock("cabinet-a", 0, 10)
		w.stock("cabinet-b", 10, 15)
		w.pass(time.Minute)
		for n, person := range []string{"liu", "zhang", "chen", "zhao"} {
			var from, seen time.Duration
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
			w.pass(time.Duration(1+n*2) * time.Second) // across the room, in a hurry or not
			w.must(w.field.Walk(person, "exit"))
			from = w.now
			w.pass(3 * time.Second)
			w.must(w.field.Walk(person, "street"))
			w.pass(20 * time.Second)
			crossings++
			if seen != 0 {
				delays = append(delays, max(0, seen-from))
			}
		}
	}
	slices.Sort(delays)
	t.Logf("%d of %d crossings seen, after %v in the median; %d other moves", len(delays), crossings, delays[len(delays)/2], wrong)
	if len(delays)*100 <= crossings*99 {
		t.Errorf("%d of %d crossings of the exit seen, want more than 99 in 100", len(delays), crossings)
	}
	if wrong*100 > crossings*2 {
		t.Errorf("%d moves to places that the folders were only carried past", wrong)
	}
}

// TestPutOnTheNextShelf carries folders from one cabinet to the adjoining one, whose
// antennas cross-read: the conclusion must follow, and end there.
func TestPutOnTheNextShelf(t *testing.T) {
	t.Parallel()
	var delays []time.Duration
	moves, wrong := 0, 0
	for seed := range seeds(50) {
		w := newWorld(t, 7000+seed, presence.DefaultPolicy())
		w.stock("cabinet-a", 0, 15)
		w.stock("cabinet-b", 15, 20)
		w.pass(2 * time.Minute)
		w.take()
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
			w.pass(2 * time.Minute)
			moves++
			if place, _, _, _ := w.engine.Estimate(folder(n)); place != "cabinet-b" || at == 0 {
				wrong++
				continue
			}
			delays = append(delays, at-put)
		}
	}
	slices.Sort(delays)
	t.Logf("%d of %d followed, after %v in the median, 9 of 10 within %v", len(delays), moves, delays[len(delays)/2], delays[len(delays)*9/10])
	if wrong*50 > moves {
		t.Errorf("%d of %d folders are not believed in the cabinet they were put into", wrong, moves)
	}
	if median := delays[len(delays)/2]; median > 10*time.Second {
		t.Errorf("a folder's new place is concluded after %v in the median, want under 10 s", median)
	}
}
