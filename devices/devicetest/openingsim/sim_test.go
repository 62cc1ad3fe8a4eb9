package openingsim

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

var (
	seeds = flag.Uint64("seeds", 500, "how many seeds TestSeeds plays; 1 tells all that happens in it")
	first = flag.Uint64("first", 1, "the first of them")
	finds = flag.Int("finds", 1, "how many times TestPlantedBugs finds each bug, for the median of the seeds that it takes")
)

// maxShown is how many seeds that fail are told of.
const maxShown = 12

// TestSeeds plays seeds without a planted bug: nothing may be found.
func TestSeeds(t *testing.T) {
	var tell func(string, ...any)
	if *seeds == 1 {
		tell = t.Logf
	}
	var next, openings, stated, failed atomic.Uint64
	next.Store(*first)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				seed := next.Add(1) - 1
				if seed >= *first+*seeds || failed.Load() >= maxShown {
					return
				}
				w, found := play(seed, sound, tell)
				if found != "" {
					failed.Add(1)
					t.Errorf("seed %d: %s", seed, found)
				}
				openings.Add(uint64(w.truth.openings))
				stated.Add(uint64(w.truth.stated))
			}
		})
	}
	workers.Wait()
	t.Logf("%d seeds, %d openings stated, %d bolts drawn", *seeds, stated.Load(), openings.Load())
}

// TestSeedsRepeat: a seed that fails today fails tomorrow.
func TestSeedsRepeat(t *testing.T) {
	for seed := *first; seed < *first+5; seed++ {
		var told [2][]string
		for i := range told {
			play(seed, sound, func(format string, args ...any) { told[i] = append(told[i], fmt.Sprintf(format, args...)) })
		}
		if !slices.Equal(told[0], told[1]) {
			t.Errorf("seed %d went differently the second time", seed)
		}
	}
}

// seedsForABug is how many seeds a planted bug may stay undiscovered for.
const seedsForABug = 2000

// TestPlantedBugs plants one bug after the other: each must be found.
func TestPlantedBugs(t *testing.T) {
	for _, p := range planted {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel() // a bug that hides must not keep the others waiting
			var took []int
			last, why := 0, ""
			for seed := 1; seed <= seedsForABug && len(took) < *finds; seed++ {
				if _, found := play(uint64(seed), p.flaw, nil); found != "" {
					took = append(took, seed-last)
					last, why = seed, found
				}
			}
			slices.Sort(took)
			if len(took) == 0 {
				t.Fatalf("not found in %d seeds", seedsForABug)
			}
			t.Logf("%4d  %s", took[len(took)/2], why)
		})
	}
}
