package presence_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// shelf is a cabinet of forty folders, each read in six rounds of ten at 150 ms, where a round after a
// miss hears it less often than one after a hit.
type shelf struct {
	t      *testing.T
	engine *presence.Engine
	rng    *rand.Rand
	now    time.Duration
	heard  []bool
	gone   []bool
	round  fact.Round
	// afterHit and afterMiss are the probabilities of a read; mute makes all of them zero.
	afterHit, afterMiss float64
	found               []presence.Finding
}

const shelfRound = 150 * time.Millisecond

func newShelf(t *testing.T, seed uint64, folders int, afterHit, afterMiss float64) *shelf {
	t.Helper()
	e, err := presence.New(office(), presence.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{t: t, engine: e, rng: rand.New(rand.NewPCG(seed, 4)), heard: make([]bool, folders), gone: make([]bool, folders), afterHit: afterHit, afterMiss: afterMiss}
	s.round.Antenna = antennaOf("reader-a")
	for n := range folders {
		e.Enrol(folder(n), "cabinet-a")
	}
	return s
}

func (s *shelf) pass(d time.Duration) {
	for end := s.now + d; s.now < end; {
		s.now += shelfRound
		s.round.Reads = s.round.Reads[:0]
		for n, was := range s.heard {
			p := s.afterMiss
			if was {
				p = s.afterHit
			}
			if s.heard[n] = !s.gone[n] && s.rng.Float64() < p; s.heard[n] {
				s.round.Reads = append(s.round.Reads, read(n, -55-3*s.rng.NormFloat64()))
			}
		}
		s.found = slices.DeleteFunc(s.engine.Observe(stamp(s.now), s.round, s.found), func(f presence.Finding) bool {
			_, others := f.(presence.NotReadable) // no other reader of the office is at work
			return others
		})
	}
}

// TestTakenFromAShelfReadInSixRoundsOfTen: forty folders, misses correlated in time.
func TestTakenFromAShelfReadInSixRoundsOfTen(t *testing.T) {
	t.Parallel()
	var delays []time.Duration
	for seed := range seeds(5) {
		s := newShelf(t, seed, 40, 0.63, 0.555)
		s.pass(30 * time.Minute)
		for n := range 20 {
			if len(s.found) > 0 {
				t.Fatalf("seed %d: folders that nobody touched: %+v", seed, tell(s.found))
			}
			s.gone[n] = true
			for taken := s.now; ; {
				s.pass(shelfRound)
				if len(s.found) > 0 {
					if u, ok := s.found[0].(presence.Unseen); !ok || u.Tag != folder(n) {
						t.Fatalf("seed %d: %+v", seed, tell(s.found))
					}
					delays = append(delays, s.now-taken)
					s.found = s.found[:0]
					break
				}
				if s.now > taken+time.Minute {
					t.Fatalf("seed %d: folder %d is not missed within a minute", seed, n)
				}
			}
		}
	}
	slices.Sort(delays)
	median, p99 := delays[len(delays)/2], delays[len(delays)*99/100]
	t.Logf("%d taken, noticed after %v in the median, 99 of 100 within %v", len(delays), median, p99)
	if median > 5*time.Second || p99 > 15*time.Second {
		t.Errorf("a taken folder is noticed after %v in the median, 99 of 100 within %v", median, p99)
	}
}

// missingAfter is the site's default time from Unseen to an alert.
const missingAfter = 15 * time.Second

// TestFoldersThatNobodyTookAreNotMissing simulates as far as it goes, and from there lets the chain by which it
// does say how rare the silences are that end in Unseen, and those that last until a folder is missing.
func TestFoldersThatNobodyTookAreNotMissing(t *testing.T) {
	t.Parallel()
	const afterHit, afterMiss, folders = 0.63, 0.555, 40
	s := newShelf(t, 7, folders, afterHit, afterMiss)
	hours := time.Duration(seeds(10)) * 12 * time.Minute
	s.pass(hours)
	if len(s.found) > 0 {
		t.Fatalf("folders that nobody touched: %+v", tell(s.found))
	}
	// One taken now says how long a silence has to be.
	s.gone[0] = true
	taken := s.now
	for len(s.found) == 0 {
		s.pass(shelfRound)
	}
	rounds := float64((s.now - taken) / shelfRound)
	share := afterMiss / (afterMiss + 1 - afterHit)
	perYear := share * (1 - afterHit) * float64(365*24*time.Hour/shelfRound)
	falsely := perYear * math.Pow(1-afterMiss, rounds-1)
	missing := falsely * math.Pow(1-afterMiss, float64(missingAfter/shelfRound))
	t.Logf("%.0f rounds of silence: %.1e Unseen and %.1e missing by chance per folder and year, %v simulated for each of %d", rounds, falsely, missing, hours, folders)
	if falsely > 1e-1 || missing > 1e-4 {
		t.Errorf("%.1e Unseen and %.1e missing by chance per folder and year, want less than 0.1 and 1 in 10 000", falsely, missing)
	}
}

// TestInSomebodysHandsAfterARestart: a folder out on loan is carried about between two cabinets whose antennas
// now and then hear it, after a restart, when the reader of its home comes back late.
func TestInSomebodysHandsAfterARestart(t *testing.T) {
	t.Parallel()
	for seed := range seeds(100) {
		e, err := presence.New(office(), presence.DefaultPolicy())
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(seed, 9))
		e.Enrol(folder(1), presence.Elsewhere)
		for n := 10; n < 20; n++ {
			e.Enrol(folder(n), []fact.PlaceID{"cabinet-a", "cabinet-b"}[n%2])
		}
		share := 0.05 + 0.15*rng.Float64()
		var found []presence.Finding
		for now := time.Duration(0); now < 30*time.Second; now += 250 * time.Millisecond {
			for k, reader := range []string{"reader-a", "reader-b"} {
				if reader == "reader-a" && now < 12*time.Second {
					continue // late
				}
				r := fact.Round{Antenna: antennaOf(reader)}
				for n := 10 + k; n < 20; n += 2 {
					if rng.Float64() < 0.7 {
						r.Reads = append(r.Reads, read(n, -55+2*rng.NormFloat64()))
					}
				}
				if rng.Float64() < share {
					r.Reads = append(r.Reads, read(1, -63+3*rng.NormFloat64()))
				}
				found = e.Observe(stamp(now), r, found)
			}
		}
		for _, f := range found {
			if m, ok := f.(presence.Moved); ok {
				t.Errorf("seed %d, heard in %.0f of 100 rounds: %+v", seed, 100*share, m)
			}
		}
	}
}

// TestStationaryTagsRereadNowAndThen: the antenna of their place hears them 6 to 20 dB better than the next ones, and
// single reads come every 0.1 to 10 s.
func TestStationaryTagsRereadNowAndThen(t *testing.T) {
	t.Parallel()
	for seed := range seeds(40) {
		rng := rand.New(rand.NewPCG(seed, 11))
		site := presence.Site{Places: []presence.Place{{ID: "a", Adjoins: []fact.PlaceID{"b", "c", "room"}}, {ID: "b"}, {ID: "c"}, {ID: "room"}}}
		for _, id := range []fact.PlaceID{"a", "b", "c"} {
			site.Antennas = append(site.Antennas, presence.Watch{Antenna: antennaOf("reader-" + string(id)), Place: id})
		}
		policy := presence.DefaultPolicy()
		policy.SilentAfter, policy.UnseenAfter = time.Minute, time.Minute
		e, err := presence.New(site, policy)
		if err != nil {
			t.Fatal(err)
		}
		e.Enrol(folder(1), "a")
		pause := math.Pow(10, -1+2*rng.Float64())
		loss := [3]float64{0, 6 + 14*rng.Float64(), 6 + 14*rng.Float64()}
		var found []presence.Finding
		now := time.Duration(0)
		for range 4000 {
			for k, w := range site.Antennas {
				now += time.Duration(pause * (0.5 + rng.Float64()) / 3 * float64(time.Second))
				r := fact.Round{Antenna: w.Antenna}
				if rng.Float64() < 0.9 {
					r.Reads = append(r.Reads, read(1, -55-loss[k]+2*rng.NormFloat64()))
				}
				found = e.Observe(stamp(now), r, found)
			}
		}
		if len(found) > 0 {
			t.Errorf("seed %d, every %.1f s, %.0f and %.0f dB weaker: %q", seed, pause, loss[1], loss[2], tell(found))
		}
	}
}

func TestAShieldedAntennaIsOneFinding(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 3, 20, 0.7, 0.5)
	s.pass(5 * time.Minute)
	hit, miss := s.afterHit, s.afterMiss
	s.afterHit, s.afterMiss = 0.03, 0.03
	s.pass(2 * time.Minute)
	if len(s.found) != 1 {
		t.Fatalf("jamming led to %+v", s.found)
	}
	if f, ok := s.found[0].(presence.Shielded); !ok || f.Place != "cabinet-a" || f.Tags != 20 || f.Now > f.Usual/5 {
		t.Fatalf("jamming led to %+v", s.found[0])
	}
	s.afterHit, s.afterMiss = hit, miss
	s.pass(time.Minute)
	if len(s.found) != 2 || s.found[1] != (presence.HeardAgain{Place: "cabinet-a"}) {
		t.Fatalf("its end led to %+v", s.found[1:])
	}
	s.gone[4] = true
	s.pass(time.Minute)
	if got := tell(s.found[2:]); len(got) != 1 || got[0] != "04 unseen from cabinet-a" {
		t.Errorf("then a folder was taken: %q", got)
	}
}

func TestAFadingTagIsToldBeforeItIsLost(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 5, 1, 0.9, 0.7)
	s.pass(10 * time.Minute)
	s.afterHit, s.afterMiss = 0.3, 0.12
	s.pass(5 * time.Minute)
	if len(s.found) == 0 {
		t.Fatal("nothing is said of a tag that is read in 15 rounds of 100 and was in 87")
	}
	if f, ok := s.found[0].(presence.Fading); !ok || f.Tag != folder(0) || f.Now >= f.Best/2 {
		t.Errorf("the first that is said is %+v", s.found[0])
	}
}

func TestOneNumberInTwoDistantPlaces(t *testing.T) {
	t.Parallel()
	b := settled(t)
	b.heard["reader-safe"] = []fact.Read{read(1, -55)}
	b.rounds(40)
	clones := 0
	for _, f := range b.findings {
		switch f := f.(type) {
		case presence.Clone:
			clones++
			if f.Tag != folder(1) || f.Places[0].Place != "cabinet-a" || f.Places[1].Place != "safe" {
				t.Errorf("clone %+v", f)
			}
		default:
			t.Errorf("one number in two places led to %+v", f)
		}
	}
	if clones != 1 {
		t.Errorf("told %d times", clones)
	}
}

// TestWhatIsLearntSurvivesAsText goes through JSON into a fresh engine, and back.
func TestWhatIsLearntSurvivesAsText(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 8, 10, 0.8, 0.6)
	s.pass(2 * time.Minute)
	text, err := json.Marshal(s.engine.Learnt())
	if err != nil {
		t.Fatal(err)
	}
	fresh := newShelf(t, 8, 10, 0.8, 0.6)
	var l presence.Learnt
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	if err := fresh.engine.Teach(l); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(fresh.engine.Learnt())
	if err != nil || string(again) != string(text) {
		t.Errorf("taught\n%s\nlearnt\n%s\n%v", text, again, err)
	}
	l.Pairs[0].Any = float32(math.NaN())
	l.Tags[0].Read[0] = 65535
	if err := fresh.engine.Teach(l); err == nil {
		t.Error("what no engine can have learnt is taken")
	}
}
