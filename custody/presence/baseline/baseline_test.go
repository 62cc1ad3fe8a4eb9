package baseline_test

import (
	"fmt"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence/baseline"
)

var (
	places = baseline.Places{antenna(1): "a", antenna(2): "b"}
	folder = fact.Read{EPC: mustEPC("E20001")}
)

func antenna(port uint8) fact.Antenna { return fact.Antenna{Reader: "r", Port: port} }

func mustEPC(text string) fact.EPC {
	e, err := fact.ParseEPC(text)
	if err != nil {
		panic(err)
	}
	return e
}

// play gives reads, one every interval, at antennas 1 and 2 with strengths in dBm, and writes the moves down.
func play(e baseline.Engine, interval time.Duration, reads ...[2]float64) (out []string) {
	var moves []baseline.Move
	now := time.Duration(0)
	for _, r := range reads {
		read := folder
		read.RSSIcdBm = int16(100 * r[1])
		moves = e.Advance(now, moves[:0])
		moves = e.Read(now, antenna(uint8(r[0])), read, moves)
		for _, m := range moves {
			out = append(out, fmt.Sprintf("%v %s>%s", now, m.From, m.To))
		}
		now += interval
	}
	return out
}

func times(n int, reads ...[2]float64) (out [][2]float64) {
	for range n {
		out = append(out, reads...)
	}
	return out
}

func check(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestLastAntenna(t *testing.T) {
	check(t, "two antennas in turn", play(baseline.NewLastAntenna(places, 0), time.Second, times(2, [2]float64{1, -50}, [2]float64{2, -70})...),
		"0s >a", "1s a>b", "2s b>a", "3s a>b")
}

func TestMeanOf20(t *testing.T) {
	const often = 100 * time.Millisecond
	check(t, "5 dB better is not enough", play(baseline.NewMeanOf20(places, 0), often, times(40, [2]float64{1, -60}, [2]float64{2, -55})...), "0s >a")
	check(t, "7 dB better is, with the second read", play(baseline.NewMeanOf20(places, 0), often, times(40, [2]float64{1, -60}, [2]float64{2, -53})...), "0s >a", "300ms a>b")
	// The threshold falls by 8 dB a second from 0.5 s on: 1.25 s after the last read at a, equal means are enough.
	check(t, "what is not read any more gives way", play(baseline.NewMeanOf20(places, 0), often,
		append(times(5, [2]float64{1, -60}), times(30, [2]float64{2, -60})...)...), "0s >a", "1.7s a>b")
	// After 20 reads the old strengths are forgotten.
	check(t, "the window", play(baseline.NewMeanOf20(places, 0), often,
		append(times(20, [2]float64{1, -50}, [2]float64{2, -60}), times(20, [2]float64{1, -64}, [2]float64{2, -57})...)...), "0s >a", "7.7s a>b")
}

func TestWeightedDwells(t *testing.T) {
	check(t, "a short better spell", play(baseline.NewWeighted(places, 0), 250*time.Millisecond,
		append(append(times(20, [2]float64{1, -55}, [2]float64{2, -62}), times(1, [2]float64{1, -95}, [2]float64{2, -25})...), times(20, [2]float64{1, -55}, [2]float64{2, -62})...)...), "0s >a")
	got := play(baseline.NewWeighted(places, 0), 250*time.Millisecond,
		append(times(20, [2]float64{1, -55}, [2]float64{2, -62}), times(40, [2]float64{1, -62}, [2]float64{2, -55})...)...)
	if len(got) != 2 || got[1][len(got[1])-3:] != "a>b" {
		t.Errorf("a lasting change: %q", got)
	}
}

func TestSmurfCountsReads(t *testing.T) {
	got := play(baseline.NewSmurf(places, 0), 250*time.Millisecond,
		append(times(60, [2]float64{1, -55}, [2]float64{1, -55}, [2]float64{1, -55}, [2]float64{2, -40}), times(60, [2]float64{2, -70})...)...)
	if len(got) == 0 || got[len(got)-1][len(got[len(got)-1])-3:] != "a>b" || len(got) > 4 {
		t.Errorf("read mostly in a, then in b: %q", got)
	}
}

// Silence is departure for all of them, whatever is the reason for it.
func TestDepartures(t *testing.T) {
	for name, e := range map[string]baseline.Engine{
		"last": baseline.NewLastAntenna(places, 10*time.Second), "mean": baseline.NewMeanOf20(places, 10*time.Second),
		"weighted": baseline.NewWeighted(places, 10*time.Second), "smurf": baseline.NewSmurf(places, 10*time.Second),
	} {
		play(e, time.Second, [2]float64{1, -50})
		if got := e.Advance(5*time.Second, nil); len(got) != 0 {
			t.Errorf("%s: departed after 5 s: %v", name, got)
		}
		got := e.Advance(11*time.Second, nil)
		if len(got) != 1 || got[0].From != "a" || got[0].To != "" {
			t.Errorf("%s: after 11 s: %v", name, got)
		}
		if got := e.Advance(30*time.Second, nil); len(got) != 0 {
			t.Errorf("%s: departed twice: %v", name, got)
		}
		if got := e.Read(31*time.Second, antenna(2), folder, nil); len(got) != 1 || got[0].From != "" || got[0].To != "b" {
			t.Errorf("%s: back again: %v", name, got)
		}
		if got := e.Read(31*time.Second, antenna(9), folder, nil); len(got) != 0 {
			t.Errorf("%s: an antenna that watches nothing: %v", name, got)
		}
	}
}
