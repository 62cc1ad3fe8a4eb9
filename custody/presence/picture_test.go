package presence_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// pair is two zones whose antennas hear each other's tags all the time.
type pair struct {
	t      *testing.T
	engine *presence.Engine
	rng    *rand.Rand
	noise  float64 // dB
	now    time.Duration
	moves  []string
}

func newPair(t *testing.T, at fact.PlaceID) *pair {
	t.Helper()
	e, err := presence.New(presence.Site{
		Places:   []presence.Place{{ID: "a", Adjoins: []fact.PlaceID{"b", "room"}}, {ID: "b", Adjoins: []fact.PlaceID{"room"}}, {ID: "room"}},
		Antennas: []presence.Watch{{Antenna: antennaOf("reader-a"), Place: "a"}, {Antenna: antennaOf("reader-b"), Place: "b"}},
	}, presence.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	e.Enrol(folder(1), at)
	return &pair{t: t, engine: e, rng: rand.New(rand.NewPCG(3, 3)), noise: 2}
}

// stay has the folder heard by both antennas for so long, each read so many times within a millisecond of another.
func (p *pair) stay(d time.Duration, a, b float64, times int) {
	for end := p.now + d; p.now < end; {
		p.now += 125 * time.Millisecond
		for k, mean := range []float64{a, b} {
			dBm := mean + p.noise*p.rng.NormFloat64()
			for n := range times {
				p.tell(p.engine.Hear(stamp(p.now+time.Duration(n)), antennaOf([]string{"reader-a", "reader-b"}[k]), []fact.Read{read(1, dBm)}, nil))
			}
		}
		p.now += 125 * time.Millisecond
		for _, reader := range []string{"reader-a", "reader-b"} {
			p.tell(p.engine.Observe(stamp(p.now), fact.Round{Antenna: antennaOf(reader)}, nil))
		}
	}
}

func (p *pair) tell(found []presence.Finding) {
	for _, f := range found {
		if m, ok := f.(presence.Moved); ok {
			p.moves = append(p.moves, fmt.Sprintf("%s>%s", m.From, m.To))
		}
	}
}

func (p *pair) want(moves ...string) {
	p.t.Helper()
	if fmt.Sprint(p.moves) != fmt.Sprint(moves) {
		p.t.Errorf("moves %q, want %q", p.moves, moves)
	}
}

// TestThePictureTakesDifferencesAndTime: what all antennas hear alike says nothing, and reads in a moment are one look.
func TestThePictureTakesDifferencesAndTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shift float64
		times int
	}{"as it is": {0, 1}, "weaker everywhere from the middle on": {-12, 1}, "each read six times": {0, 6}} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, "a")
			p.noise = 7
			p.stay(5*time.Minute, -52, -61, c.times)
			p.stay(5*time.Minute, -52+c.shift, -61+c.shift, c.times)
			p.want()
			p.stay(time.Minute, -61+c.shift, -52+c.shift, c.times)
			p.want("a>b")
		})
	}
}

// TestAWrongStartIsCorrected: what the record says, or a first guess, gives way to what is heard, although the
// wrong place goes on hearing the folder in every round.
func TestAWrongStartIsCorrected(t *testing.T) {
	t.Parallel()
	p := newPair(t, "b")
	p.stay(3*time.Minute, -52, -60, 1)
	p.want("b>a")
}

// TestTheSiteLearnsWhatAPlaceLooksLike: the antenna of b is 10 dB better than that of a, which nobody has said. A folder that
// is a little stronger at b is where it usually is: in a.
func TestTheSiteLearnsWhatAPlaceLooksLike(t *testing.T) {
	t.Parallel()
	p := newPair(t, "a")
	p.stay(4*time.Minute, -52, -56, 1)
	p.stay(4*time.Minute, -65, -43, 1)
	p.want("a>b")
	p.stay(2*time.Minute, -54, -50, 1)
	p.want("a>b", "b>a")
}
