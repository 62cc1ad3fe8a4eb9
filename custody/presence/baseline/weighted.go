package baseline

import (
	"math"
	"time"

	"trilock/custody/fact"
)

// The numbers of Weighted.
const (
	weightHalf  = 2.0 // seconds after which an old strength counts half
	weightFade  = 2.0 // dB for each second in which an antenna did not read the tag
	weightBest  = 2.0 // dB that another place must be better by
	weightDwell = 1500 * time.Millisecond
)

// Weighted keeps an exponentially weighted mean of the strength of each tag at each
// antenna, lets it fade while the antenna does not read the tag, and moves a tag to the best
// antenna once that has been the best for a while.
type Weighted struct {
	places Places
	tags   map[fact.EPC]*weightedTag
	away   departures
}

type weightedTag struct {
	at        fact.PlaceID
	read      time.Duration
	candidate fact.PlaceID
	since     time.Duration
	levels    map[fact.Antenna]*weightedLevel
}

type weightedLevel struct {
	dBm  float64
	read time.Duration
}

// NewWeighted returns an engine that takes a tag for departed after so long a silence; 0 is never.
func NewWeighted(places Places, departedAfter time.Duration) *Weighted {
	return &Weighted{places: places, tags: map[fact.EPC]*weightedTag{}, away: departures{after: departedAfter}}
}

// Read implements Engine.
func (e *Weighted) Read(at time.Duration, a fact.Antenna, r fact.Read, out []Move) []Move {
	if _, known := e.places[a]; !known || r.RSSIcdBm == fact.RSSIUnknown {
		return out
	}
	t := e.tags[r.EPC]
	if t == nil {
		t = &weightedTag{levels: map[fact.Antenna]*weightedLevel{}}
		e.tags[r.EPC] = t
	}
	t.read = at
	dBm := float64(r.RSSIcdBm) / 100
	if l := t.levels[a]; l == nil {
		t.levels[a] = &weightedLevel{dBm: dBm, read: at}
	} else {
		keep := math.Exp2(-(at - l.read).Seconds() / weightHalf)
		// Reads that come at once must count for something, too.
		keep = min(keep, 0.9)
		l.dBm = keep*l.dBm + (1-keep)*dBm
		l.read = at
	}
	best := e.best(t, at)
	switch {
	case t.at == "":
	case best == t.at:
		t.candidate = ""
		return out
	case best != t.candidate:
		t.candidate, t.since = best, at
		return out
	case at-t.since < weightDwell:
		return out
	}
	t.candidate = ""
	return moveTo(&t.at, best, at, r.EPC, out)
}

// best returns the place of the antenna with the best faded mean; the tag's own place has an advantage.
func (e *Weighted) best(t *weightedTag, at time.Duration) fact.PlaceID {
	best, most := t.at, math.Inf(-1)
	for a, l := range t.levels {
		v := l.dBm - weightFade*(at-l.read).Seconds()
		place := e.places[a]
		if place == t.at {
			v += weightBest
		}
		if v > most || v == most && place < best {
			best, most = place, v
		}
	}
	return best
}

// Advance implements Engine. A departed tag begins anew.
func (e *Weighted) Advance(at time.Duration, out []Move) []Move {
	if !e.away.due(at) {
		return out
	}
	first := len(out)
	for epc, t := range e.tags {
		if t.at != "" && e.away.gone(at, t.read) {
			t.levels, t.candidate = map[fact.Antenna]*weightedLevel{}, ""
			out = moveTo(&t.at, "", at, epc, out)
		}
	}
	return sorted(out, first)
}
