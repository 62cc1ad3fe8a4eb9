package baseline

import (
	"time"

	"trilock/custody/fact"
)

// The numbers of MeanOf20, as its public description has them for tracked assets.
const (
	meanWindow    = 20
	meanThreshold = 6.0                    // dB that another place must be better by
	meanHoldOff   = 500 * time.Millisecond // for so long after the last read where the tag is
	meanSlope     = -8.0                   // dB for each second after that
	meanLeast     = 2                      // reads that another place must have
)

// MeanOf20 keeps the last 20 strengths of each tag at each antenna, and moves a tag to the
// antenna that reads it if the mean there is better than the mean where it is by a
// threshold, which falls the longer it was not read there.
type MeanOf20 struct {
	places Places
	tags   map[fact.EPC]*meanTag
	away   departures
}

type meanTag struct {
	antenna fact.Antenna // where it is; meaningful with at
	at      fact.PlaceID
	read    time.Duration
	stats   map[fact.Antenna]*meanStats
}

type meanStats struct {
	values [meanWindow]float64
	n      int
	read   time.Duration
}

// NewMeanOf20 returns an engine that takes a tag for departed after so long a silence; 0 is never.
func NewMeanOf20(places Places, departedAfter time.Duration) *MeanOf20 {
	return &MeanOf20{places: places, tags: map[fact.EPC]*meanTag{}, away: departures{after: departedAfter}}
}

// Read implements Engine.
func (e *MeanOf20) Read(at time.Duration, a fact.Antenna, r fact.Read, out []Move) []Move {
	place, known := e.places[a]
	if !known {
		return out
	}
	t := e.tags[r.EPC]
	if t == nil {
		t = &meanTag{stats: map[fact.Antenna]*meanStats{}}
		e.tags[r.EPC] = t
	}
	t.read = at
	here := t.stats[a]
	if here == nil {
		here = &meanStats{}
		t.stats[a] = here
	}
	if r.RSSIcdBm != fact.RSSIUnknown {
		here.values[here.n%meanWindow] = float64(r.RSSIcdBm) / 100
		here.n++
	}
	here.read = at
	switch was := t.stats[t.antenna]; {
	case t.at == "" || was == nil || was.n == 0:
	case t.antenna == a:
		return out
	case here.n < meanLeast || here.mean() <= was.mean()+offset(at-was.read):
		return out
	}
	t.antenna = a
	return moveTo(&t.at, place, at, r.EPC, out)
}

// offset is how much better another place must be, in dB, so long after the last read in the present one.
func offset(since time.Duration) float64 {
	return min(meanThreshold, meanThreshold+meanSlope*(since-meanHoldOff).Seconds())
}

func (s *meanStats) mean() float64 {
	n, sum := min(s.n, meanWindow), 0.0
	for _, v := range s.values[:n] {
		sum += v
	}
	return sum / float64(max(n, 1))
}

// Advance implements Engine. A departed tag begins anew.
func (e *MeanOf20) Advance(at time.Duration, out []Move) []Move {
	if !e.away.due(at) {
		return out
	}
	first := len(out)
	for epc, t := range e.tags {
		if t.at != "" && e.away.gone(at, t.read) {
			t.stats = map[fact.Antenna]*meanStats{}
			out = moveTo(&t.at, "", at, epc, out)
		}
	}
	return sorted(out, first)
}
