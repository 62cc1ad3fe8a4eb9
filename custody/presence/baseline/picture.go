package baseline

import (
	"cmp"
	"math"
	"slices"
	"time"

	"trilock/custody/fact"
)

// The numbers of Picture, set on the traces of four zones.
const (
	pictureAt      = 0.9              // the probability at which a place is concluded
	pictureRate    = 1. / 60          // moves of a tag per second
	pictureLook    = 1.2              // s after which a look at a tag is a new one
	pictureSpread  = 5.0              // dB, of a level about what is expected
	pictureTail    = 12.0             // how far the spread is that of a bell curve
	pictureCross   = 8.0              // dB by which an antenna of another place is expected to be weaker ...
	pictureOwn     = 0.8              // how often an antenna is expected to hear a tag of its place ...
	pictureStray   = 0.5              // ... and of another, until that is learnt
	picturePrior   = 20.0             // looks that these expectations count for
	pictureWindow  = 1.2              // periods for which what was heard stays in the picture
	pictureSmooth  = 0.4              // periods over which levels are smoothed ...
	pictureKeep    = 0.8              // ... where the last read always counts for the rest of this
	pictureLongest = 10 * time.Second // a longer silence is no period
	pictureLeast   = 1e-6             // keeps every place able to recover
)

// Picture is a recursive Bayes filter over the places that looks, at every read of a tag,
// at the whole present picture: how strongly each antenna lately heard it, and which did
// not. The level that all antennas have in common says nothing, only the differences do; what
// differences a place makes is learnt on the way, by how probable the place is. Evidence
// counts by the time it took to come, so that many reads in a moment are one look:
//
//	w[z] *= exp(min(1, dt/look) · fit(z))
//	fit(z) = Σ heard a: log p[z][a] − tail·log(1 + (level[a] − G[z][a] − T)²/(2·spread²·tail))
//	       + Σ other a: log (1 − p[z][a])                 T: mean of level[a] − G[z][a]
//
// It knows neither rounds nor health, and no place but those that are watched.
type Picture struct {
	antennas  []fact.Antenna
	antennaOf map[fact.Antenna]int
	states    []fact.PlaceID
	expect    []expectation // by state and antenna
	tags      map[fact.EPC]*pictureTag
	away      departures

	gaps, squares float64   // of the times after which tags are read again by an antenna, s and s²
	fit, common   []float64 // scratch, by state
}

// expectation is what is learnt of an antenna hearing the tags of a place.
type expectation struct {
	looks, hits float64
	level       float64 // dB relative to the tag's common level, mean over levels looks
	levels      float64
}

type pictureTag struct {
	at     fact.PlaceID
	read   time.Duration
	weight []float64 // by state
	heard  []pictureLevel
}

type pictureLevel struct {
	dBm  float64
	read time.Duration
	ever bool
}

// NewPicture returns an engine that takes a tag for departed after so long a silence; 0 is never.
func NewPicture(places Places, departedAfter time.Duration) *Picture {
	e := &Picture{antennaOf: map[fact.Antenna]int{}, tags: map[fact.EPC]*pictureTag{}, away: departures{after: departedAfter}}
	for a, place := range places {
		e.antennas = append(e.antennas, a)
		e.states = append(e.states, place)
	}
	slices.SortFunc(e.antennas, func(a, b fact.Antenna) int {
		return cmp.Or(cmp.Compare(a.Reader, b.Reader), cmp.Compare(a.Port, b.Port))
	})
	slices.Sort(e.states)
	e.states = slices.Compact(e.states)
	for i, a := range e.antennas {
		e.antennaOf[a] = i
	}
	for _, state := range e.states {
		for _, a := range e.antennas {
			x := expectation{looks: picturePrior, hits: pictureStray * picturePrior, level: -pictureCross, levels: picturePrior}
			if places[a] == state {
				x.hits, x.level = pictureOwn*picturePrior, 0
			}
			e.expect = append(e.expect, x)
		}
	}
	e.fit, e.common = make([]float64, len(e.states)), make([]float64, len(e.states))
	return e
}

// Read implements Engine.
func (e *Picture) Read(at time.Duration, a fact.Antenna, r fact.Read, out []Move) []Move {
	ai, known := e.antennaOf[a]
	if !known || r.RSSIcdBm == fact.RSSIUnknown {
		return out
	}
	t := e.tags[r.EPC]
	if t == nil {
		t = &pictureTag{read: at - time.Second, heard: make([]pictureLevel, len(e.antennas)), weight: make([]float64, len(e.states))}
		t.forget()
		e.tags[r.EPC] = t
	}
	e.hear(&t.heard[ai], at, float64(r.RSSIcdBm)/100)
	dt := (at - t.read).Seconds()
	t.read = at
	if dt <= 0 {
		return out
	}
	look := min(1, dt/pictureLook)
	t.wander(dt)
	e.weigh(t, at, look)
	e.learn(t, at, look)
	for z, w := range t.weight {
		if w > pictureAt {
			out = moveTo(&t.at, e.states[z], at, r.EPC, out)
		}
	}
	return out
}

// forget makes every place alike.
func (t *pictureTag) forget() {
	for z := range t.weight {
		t.weight[z] = 1 / float64(len(t.weight))
	}
}

// wander lets time pass in which the tag may have moved anywhere.
func (t *pictureTag) wander(dt float64) {
	moved := min(pictureRate*dt, 0.5)
	for z := range t.weight {
		t.weight[z] = t.weight[z]*(1-moved) + moved/float64(len(t.weight))
	}
}

// period is the typical time after which an antenna reads a tag again: the mean gap in which
// a moment falls.
func (e *Picture) period() float64 {
	if e.gaps == 0 {
		return 1
	}
	return max(e.squares/e.gaps, 0.1)
}

// hear smooths the level of a tag at an antenna.
func (e *Picture) hear(l *pictureLevel, at time.Duration, dBm float64) {
	gap := at - l.read
	if l.ever && gap <= pictureLongest {
		const fading = 1 - 1.0/2000 // of what is known of the period, with every read
		e.gaps = fading*e.gaps + gap.Seconds()
		e.squares = fading*e.squares + gap.Seconds()*gap.Seconds()
	}
	if e.fresh(l, at) {
		keep := min(math.Exp(-gap.Seconds()/(pictureSmooth*e.period())), pictureKeep)
		dBm = keep*l.dBm + (1-keep)*dBm
	}
	*l = pictureLevel{dBm: dBm, read: at, ever: true}
}

// fresh reports whether a level is part of the present picture.
func (e *Picture) fresh(l *pictureLevel, at time.Duration) bool {
	return l.ever && (at-l.read).Seconds() <= pictureWindow*e.period()
}

// weigh takes one look.
func (e *Picture) weigh(t *pictureTag, at time.Duration, look float64) {
	best := math.Inf(-1)
	for z := range e.states {
		x := e.expect[z*len(e.antennas):][:len(e.antennas)]
		sum, n := 0.0, 0.0
		for a := range x {
			if e.fresh(&t.heard[a], at) {
				sum += t.heard[a].dBm - x[a].level
				n++
			}
		}
		e.common[z] = sum / n // the antenna that has just read it is one of them
		fit := 0.0
		for a := range x {
			p := min(max(x[a].hits/x[a].looks, 0.03), 0.97)
			if !e.fresh(&t.heard[a], at) {
				fit += math.Log(1 - p)
				continue
			}
			off := t.heard[a].dBm - x[a].level - e.common[z]
			fit += math.Log(p) - pictureTail*math.Log1p(off*off/(2*pictureSpread*pictureSpread*pictureTail))
		}
		e.fit[z] = math.Log(t.weight[z]) + look*fit
		best = max(best, e.fit[z])
	}
	sum := 0.0
	for z := range e.fit {
		t.weight[z] = math.Exp(e.fit[z] - best)
		sum += t.weight[z]
	}
	for z := range t.weight {
		t.weight[z] = max(t.weight[z]/sum, pictureLeast)
	}
}

// learn lets the look teach what is expected of each place, as far as the tag is there.
func (e *Picture) learn(t *pictureTag, at time.Duration, look float64) {
	for z := range e.states {
		worth := t.weight[z] * look
		for a := range e.antennas {
			x := &e.expect[z*len(e.antennas)+a]
			x.looks += worth
			if e.fresh(&t.heard[a], at) {
				x.hits += worth
				x.levels += worth
				x.level += (t.heard[a].dBm - e.common[z] - x.level) * worth / x.levels
			}
		}
	}
}

// Advance implements Engine. A departed tag begins anew.
func (e *Picture) Advance(at time.Duration, out []Move) []Move {
	if !e.away.due(at) {
		return out
	}
	first := len(out)
	for epc, t := range e.tags {
		if t.at != "" && e.away.gone(at, t.read) {
			t.forget()
			clear(t.heard)
			out = moveTo(&t.at, "", at, epc, out)
		}
	}
	return sorted(out, first)
}
