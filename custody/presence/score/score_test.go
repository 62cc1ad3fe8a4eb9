package score_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence/recorded"
	"trilock/custody/presence/score"
)

var folder = mustEPC("E20001")

func mustEPC(text string) fact.EPC {
	e, err := fact.ParseEPC(text)
	if err != nil {
		panic(err)
	}
	return e
}

func sec(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// ab is a folder that is in a, then b, then a again.
func ab() map[fact.EPC][]recorded.Stay {
	return map[fact.EPC][]recorded.Stay{folder: {
		{Place: "a", From: 0, To: sec(10)}, {Place: "b", From: sec(10), To: sec(15)}, {Place: "b", From: sec(15), To: sec(20)},
		{Place: "a", From: sec(20), To: sec(30)},
	}}
}

func TestScore(t *testing.T) {
	type move struct {
		at float64
		to fact.PlaceID
	}
	for name, c := range map[string]struct {
		moves []move
		want  string // right of reads, missed of changes, extra of moves, latencies
	}{
		"nothing concluded":             {nil, "0/30 2/2 0/0 []"},
		"right at once":                 {[]move{{0, "a"}, {10, "b"}, {20, "a"}}, "30/30 0/2 0/3 [0s 0s]"},
		"late":                          {[]move{{2, "a"}, {13, "b"}, {24, "a"}}, "21/30 0/2 0/3 [3s 4s]"},
		"later than a row of the truth": {[]move{{0, "a"}, {17, "b"}, {20, "a"}}, "23/30 0/2 0/3 [0s 7s]"},
		"never moves":                   {[]move{{0, "a"}}, "20/30 1/2 0/1 [0s]"}, // back in a it is right again
		"flutters":                      {[]move{{0, "a"}, {2, "b"}, {3, "a"}, {10, "b"}, {20, "a"}}, "29/30 0/2 2/5 [0s 0s]"},
		"flutters after the change":     {[]move{{0, "a"}, {10, "b"}, {12, "a"}, {13, "b"}, {20, "a"}}, "29/30 0/2 2/5 [0s 0s]"},
		"lost":                          {[]move{{0, "a"}, {10, "b"}, {15, ""}, {20, "a"}}, "25/30 0/2 1/4 [0s 0s]"},
		"a moment early":                {[]move{{0, "a"}, {9, "b"}, {20, "a"}}, "29/30 0/2 1/3 [0s 0s]"},
		"one change late by a stay":     {[]move{{0, "a"}, {21, "b"}}, "11/30 1/2 1/2 [0s]"},
		"said twice":                    {[]move{{0, "a"}, {0, "a"}, {10, "b"}, {11, "b"}, {20, "a"}}, "30/30 0/2 0/3 [0s 0s]"},
	} {
		s := score.New(ab())
		for _, m := range c.moves {
			s.Move(sec(m.at), folder, m.to)
		}
		for n := range 30 {
			s.Read(sec(float64(n)), folder)
			s.Read(sec(float64(n)), mustEPC("E20002")) // the truth does not know it
		}
		s.Read(sec(31), folder) // the truth is over
		if got := told(s.Result()); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func told(r score.Result) string {
	return fmt.Sprintf("%d/%d %d/%d %d/%d %v", r.Right, r.Reads, r.Missed, r.Changes, r.Extra, r.Moves, r.Latencies)
}

// The score is the same whether it is told at once or bit by bit.
func TestScoreBitByBit(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		whole, bits := score.New(ab()), score.New(ab())
		for at := time.Duration(0); at < sec(35); at += time.Duration(rng.IntN(1500)) * time.Millisecond {
			to := []fact.PlaceID{"a", "b", ""}[rng.IntN(3)]
			for _, s := range []*score.Scorer{whole, bits} {
				s.Read(at, folder)
				s.Move(at+1, folder, to)
			}
			bits.Known(at - sec(3*rng.Float64()))
		}
		if a, b := told(whole.Result()), told(bits.Result()); a != b {
			t.Fatalf("seed %d: at once %s, bit by bit %s", seed, a, b)
		}
	}
}

func TestTruthWithGaps(t *testing.T) {
	s := score.New(map[fact.EPC][]recorded.Stay{folder: {{Place: "a", From: sec(5), To: sec(10)}, {Place: "b", From: sec(20), To: sec(30)}}})
	s.Move(sec(1), folder, "b")  // before the truth begins: neither right nor wrong
	s.Move(sec(7), folder, "a")  // right
	s.Move(sec(12), folder, "b") // in the gap
	for n := range 35 {
		s.Read(sec(float64(n)), folder)
	}
	if got, want := told(s.Result()), "13/15 0/1 0/1 [0s]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Coming back to where it was is no change, even when nobody knows where it was in between.
func TestTheSamePlaceAfterAGap(t *testing.T) {
	s := score.New(map[fact.EPC][]recorded.Stay{folder: {{Place: "a", From: 0, To: sec(10)}, {Place: "a", From: sec(20), To: sec(30)}}})
	s.Move(0, folder, "a")
	s.Read(sec(25), folder)
	if got, want := told(s.Result()), "1/1 0/0 0/1 []"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestQuantilesAndSums(t *testing.T) {
	var r score.Result
	if r.RightShare() != 0 || r.Latency(0.5) != 0 {
		t.Error("an empty score is not zero")
	}
	r.Add(score.Result{Reads: 2, Right: 1, Changes: 1, Latencies: []time.Duration{3}, Confusion: map[score.Pair]int{{True: "a", Concluded: "b"}: 1}})
	r.Add(score.Result{Reads: 2, Right: 2, Missed: 1, Moves: 4, Extra: 3, Latencies: []time.Duration{1, 2}, Confusion: map[score.Pair]int{{True: "a", Concluded: "b"}: 2}})
	if r.RightShare() != 0.75 || r.Latency(0) != 1 || r.Latency(0.5) != 2 || r.Latency(1) != 3 || r.Confusion[score.Pair{True: "a", Concluded: "b"}] != 3 {
		t.Errorf("sum: %+v", r)
	}
}
