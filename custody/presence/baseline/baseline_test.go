package baseline_test

import (
	"fmt"
	"math/rand/v2"
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

// noisy is a tag that is in a, then in b, heard by both antennas all the time, four times a second.
func noisy(shift float64, twice bool) []string {
	rng := rand.New(rand.NewPCG(3, 3))
	e := baseline.NewPicture(places, 0)
	var out []string
	var moves []baseline.Move
	for n := range 480 {
		better := uint8(1 + n/240)
		for port := uint8(1); port <= 2; port++ {
			read, dBm := folder, -60+3*rng.NormFloat64()+shift
			if port == better {
				dBm += 8
			}
			read.RSSIcdBm = int16(100 * dBm)
			at := time.Duration(n)*250*time.Millisecond + time.Duration(port)*50*time.Millisecond
			moves = e.Read(at, antenna(port), read, moves[:0])
			for k := 1; twice && k < 6; k++ {
				moves = e.Read(at+time.Duration(k)*time.Millisecond, antenna(port), read, moves)
			}
			for _, m := range moves {
				out = append(out, fmt.Sprintf("%v %s>%s", at.Truncate(4*time.Second), m.From, m.To))
			}
		}
	}
	return out
}

// What all antennas hear alike says nothing, and reads in a moment are one look.
func TestPictureTakesDifferencesAndTime(t *testing.T) {
	want := []string{"0s >a", "1m4s a>b"}
	check(t, "a tag in a, then in b", noisy(0, false), want...)
	check(t, "the same, 20 dB stronger everywhere", noisy(20, false), want...)
	check(t, "the same, each read six times", noisy(0, true), want...)
}

// The filter departs like the others, and asks for more than one read to be sure again.
func TestPictureDeparts(t *testing.T) {
	e := baseline.NewPicture(places, 10*time.Second)
	check(t, "three reads", play(e, time.Second, times(3, [2]float64{1, -50})...), "1s >a")
	if got := e.Advance(11*time.Second, nil); len(got) != 0 {
		t.Errorf("departed after 9 s: %v", got)
	}
	if got := e.Advance(13*time.Second, nil); len(got) != 1 || got[0].From != "a" || got[0].To != "" {
		t.Errorf("after 11 s: %v", got)
	}
	if got := e.Read(14*time.Second, antenna(1), folder, nil); len(got) != 0 {
		t.Errorf("one read after it was forgotten: %v", got)
	}
}

// A tag that is as strong at both antennas is where an antenna hears it as it usually does:
// antenna 2 is 10 dB better than antenna 1, which the filter is not told.
func TestPictureLearnsWhatAPlaceLooksLike(t *testing.T) {
	e := baseline.NewPicture(places, 0)
	var moves []baseline.Move
	at := time.Duration(0)
	stay := func(one, two float64) (last fact.PlaceID) {
		for range 1200 {
			for port, dBm := range []float64{one, two} {
				read := folder
				read.RSSIcdBm = int16(100 * dBm)
				at += 125 * time.Millisecond
				moves = e.Read(at, antenna(uint8(port+1)), read, moves)
			}
		}
		return moves[len(moves)-1].To
	}
	if got := stay(-52, -56); got != "a" {
		t.Errorf("4 dB better at a: in %q", got)
	}
	if got := stay(-65, -43); got != "b" {
		t.Errorf("22 dB better at b: in %q", got)
	}
	if got := stay(-54, -52); got != "a" {
		t.Errorf("2 dB better at b, where it is 22 dB better in b and 4 dB worse in a: in %q", got)
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
