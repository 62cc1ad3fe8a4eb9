package recorded_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"trilock/custody/fact"
	"trilock/custody/presence/recorded"
)

const ms = time.Millisecond

func port(n uint8) fact.Antenna { return fact.Antenna{Reader: "r", Port: n} }

func readOf(t testing.TB, at time.Duration, antenna uint8, tag string, cdBm int16) recorded.Read {
	return recorded.Read{At: at, Antenna: port(antenna), Read: fact.Read{EPC: epc(t, tag), RSSIcdBm: cdBm, Phase: fact.PhaseUnknown}}
}

// cut cuts a whole stream.
func cut(c *recorded.Cutter, reads []recorded.Read) (out []recorded.Step) {
	for _, r := range reads {
		out = c.Take(r, out)
	}
	return c.Flush(out)
}

// completed returns the steps that are completed rounds.
func completed(steps []recorded.Step) (out []recorded.Step) {
	for _, s := range steps {
		if !s.Open {
			out = append(out, s)
		}
	}
	return out
}

// show writes steps down, one for each: time, port, tags with their strengths; what is heard in an open round after a plus.
func show(steps []recorded.Step) []string {
	var out []string
	for _, r := range steps {
		line := fmt.Sprintf("%v %d", r.At, r.Round.Antenna.Port)
		if r.Open {
			line += " +"
		}
		for _, read := range r.Round.Reads {
			line += fmt.Sprintf(" %s@%d", read.EPC, read.RSSIcdBm)
		}
		out = append(out, line)
	}
	return out
}

// A tag that is read every second by antenna 1 only: antenna 2 completes empty rounds as often.
func TestAntennasThatHearNothingCompleteEmptyRounds(t *testing.T) {
	var reads []recorded.Read
	for n := range 20 {
		reads = append(reads, readOf(t, time.Duration(n)*time.Second, 1, "E101", -6000))
	}
	c := recorded.New([]fact.Antenna{port(1), port(2)})
	steps := cut(c, reads)
	rounds := map[fact.Antenna]int{}
	for _, r := range completed(steps) {
		rounds[r.Round.Antenna]++
		if len(r.Round.Reads) > 0 {
			t.Errorf("a round tells again what was told: %+v", r)
		}
	}
	if told := len(steps) - len(completed(steps)); c.SlowestPeriod() != time.Second || told != 20 || rounds[port(1)] < 19 || rounds[port(2)] < 18 {
		t.Errorf("period %v, %d reads, %v rounds, want 1s, 20 reads and as many rounds", c.SlowestPeriod(), told, rounds)
	}
}

// Bursts of reads within a dwell are no period.
func TestBurstsAreNoPeriod(t *testing.T) {
	var reads []recorded.Read
	for n := range 12 { // three within 20 ms, once a second
		for k := range 3 {
			reads = append(reads, readOf(t, time.Duration(n)*time.Second+time.Duration(k)*10*ms, 1, "E101", -6000))
		}
	}
	c := recorded.New([]fact.Antenna{port(1)})
	cut(c, reads)
	if p := c.SlowestPeriod(); p < 900*ms || p > 1100*ms {
		t.Errorf("the period is %v", p)
	}
}

// A reader that stops completes no more rounds, not even empty ones, until it reads again.
func TestSilenceOfAReaderIsNoRound(t *testing.T) {
	var reads []recorded.Read
	for _, from := range []time.Duration{0, 10 * time.Minute} {
		for n := range 50 {
			reads = append(reads, readOf(t, from+time.Duration(n)*time.Second, 1, "E101", -6000))
		}
	}
	quiet := 0
	for _, r := range completed(cut(recorded.New([]fact.Antenna{port(1), port(2)}), reads)) {
		if r.At > time.Minute && r.At < 10*time.Minute {
			quiet++
		}
	}
	if quiet > 4 {
		t.Errorf("%d rounds while the reader was silent", quiet)
	}
}

// Another reader's life says nothing of this one's.
func TestReadersLiveAlone(t *testing.T) {
	other := fact.Antenna{Reader: "s", Port: 1}
	var reads []recorded.Read
	for n := range 200 {
		at := time.Duration(n) * time.Second
		if n < 100 {
			reads = append(reads, readOf(t, at, 1, "E101", -6000))
		}
		reads = append(reads, recorded.Read{At: at, Antenna: other, Read: fact.Read{EPC: epc(t, "E102"), RSSIcdBm: -5000}})
	}
	for _, r := range cut(recorded.New([]fact.Antenna{port(1), other}), reads) {
		if r.Round.Antenna == port(1) && r.At > 105*time.Second {
			t.Fatalf("a round of a silent reader at %v", r.At)
		}
	}
}

func TestMarkedRounds(t *testing.T) {
	at := func(s float64, antenna uint8, tag, mark string) recorded.Read {
		r := readOf(t, time.Duration(s*1000)*ms, antenna, tag, -6000)
		r.Mark = mark
		return r
	}
	reads := []recorded.Read{
		at(0.0, 1, "E101", "1"), at(0.1, 1, "E102", "1"), at(0.2, 2, "E103", "1"),
		at(1.0, 1, "E101", "2"), at(1.3, 2, "E103", "2"),
		at(2.0, 1, "E102", "3"), // antenna 2 hears nothing in rounds 3 to 5
		at(3.0, 1, "E102", "4"),
		at(4.0, 1, "E102", "5"),
		at(5.0, 1, "E102", "6"), at(5.2, 2, "E103", "6"),
	}
	got := show(cut(recorded.New([]fact.Antenna{port(1), port(2)}), reads))
	want := []string{
		"1s 1 E101@-6000 E102@-6000", "1.2s 2 E103@-6000", "2s 1 E101@-6000", "2.3s 2 E103@-6000",
		"3s 1 E102@-6000", "3.8s 2", "4s 1 E102@-6000", "5s 1 E102@-6000",
		"5.2s 1 E102@-6000", "5.2s 2 E103@-6000",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("rounds:\n%q\nwant\n%q", got, want)
	}
}

// A new mark completes a round at once, however short it was.
func TestAMarkCompletesARound(t *testing.T) {
	var reads []recorded.Read
	for n := range 12 {
		r := readOf(t, time.Duration(n)*time.Second, 1, "E101", -6000)
		r.Mark = fmt.Sprint("round ", n)
		reads = append(reads, r)
	}
	early := readOf(t, 11300*ms, 1, "E102", -6000)
	early.Mark = "early"
	got := show(cut(recorded.New([]fact.Antenna{port(1)}), append(reads, early)))
	if tail := fmt.Sprint(got[len(got)-2:]); tail != "[11.3s 1 E101@-6000 11.3s 1 E102@-6000]" {
		t.Errorf("the last rounds are %s", tail)
	}
}

func TestARowWithoutEPCIsAnEmptyRound(t *testing.T) {
	reads := []recorded.Read{readOf(t, 0, 1, "E101", -6000), {At: 300 * ms, Antenna: port(2)}, {At: 400 * ms, Antenna: port(1)}, {At: 500 * ms, Antenna: port(1)}}
	got := show(cut(recorded.New([]fact.Antenna{port(1), port(2)}), reads))
	want := []string{"0s 1 + E101@-6000", "300ms 2", "400ms 1", "500ms 1"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("rounds %q, want %q", got, want)
	}
}

func TestUnknownAntennasAndBackwardsTimeAreCounted(t *testing.T) {
	c := recorded.New([]fact.Antenna{port(1)})
	var out []recorded.Step
	out = c.Take(readOf(t, time.Second, 1, "E101", -6000), out)
	out = c.Take(readOf(t, 0, 1, "E102", -6000), out)
	for n := range 300 {
		out = c.Take(readOf(t, time.Second, uint8(n), "E101", -6000), out)
	}
	out = c.Flush(out)
	if c.Backwards() != 1 {
		t.Errorf("%d rows backwards, want 1", c.Backwards())
	}
	total := uint64(0)
	for _, n := range c.Unknown() {
		total += n
	}
	if len(c.Unknown()) > 65 || total != 298 { // 300 rows, 2 of them of port 1
		t.Errorf("%d unknown antennas named, %d rows; want at most 65 and 298", len(c.Unknown()), total)
	}
	if got := fmt.Sprint(show(out)); got != "[1s 1 + E101@-6000 1s 1 + E102@-6000 1s 1 + E101@-6000 1s 1 + E101@-6000 1s 1]" {
		t.Errorf("steps %s", got)
	}
}

// Every read of a known antenna is told once: at its time in a stream without marks, with its
// round, not before it was made, in one with marks. Steps are in the order of time.
func TestEveryReadIsToldOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var reads []recorded.Read
		at := time.Duration(0)
		marked := rapid.Bool().Draw(rt, "marked")
		long := rapid.IntRange(1, 6).Draw(rt, "reads in a round")
		for n := range rapid.IntRange(1, 400).Draw(rt, "reads") {
			at += time.Duration(rapid.IntRange(0, 1500).Draw(rt, "gap")) * ms
			r := readOf(t, at, uint8(rapid.IntRange(1, 3).Draw(rt, "antenna")), fmt.Sprintf("E%05d", n), int16(-n))
			if marked {
				r.Mark = fmt.Sprint(n / long)
			}
			reads = append(reads, r)
		}
		made := map[fact.EPC]recorded.Read{}
		for _, r := range reads {
			made[r.Read.EPC] = r
		}
		before := time.Duration(0)
		for _, s := range cut(recorded.New([]fact.Antenna{port(1), port(2), port(3)}), reads) {
			if s.At < before {
				rt.Fatalf("a step of %v after one of %v", s.At, before)
			}
			before = s.At
			if s.Open == marked && len(s.Round.Reads) > 0 {
				rt.Fatalf("open %v in a stream that is marked %v", s.Open, marked)
			}
			for _, read := range s.Round.Reads {
				r, left := made[read.EPC]
				if !left || r.Antenna != s.Round.Antenna || r.Read != read || s.At < r.At || !marked && s.At != r.At {
					rt.Fatalf("told at %v: %+v, made %+v", s.At, read, r)
				}
				delete(made, read.EPC)
			}
		}
		if len(made) > 0 {
			rt.Fatalf("%d reads were not told", len(made))
		}
	})
}
