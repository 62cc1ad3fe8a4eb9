package baseline

import (
	"math"
	"time"

	"trilock/custody/fact"
)

// The numbers of Smurf.
const (
	smurfEpoch   = 250 * time.Millisecond // the unit of its windows
	smurfDelta   = 0.05                   // the chance of missing a tag that is there
	smurfLongest = 64                     // epochs; windows are held as bits
)

// Smurf smooths the reads of each tag at each antenna over a window that it sizes as a
// binomial sample: long enough that a tag that is there is not missed, cut in half when the
// reads in it became too few for a tag that was there all the time. The tag is where the
// antenna read it in most epochs of its window; the strength is not used.
type Smurf struct {
	places Places
	tags   map[fact.EPC]*smurfTag
	away   departures
}

type smurfTag struct {
	at      fact.PlaceID
	read    time.Duration
	windows map[fact.Antenna]*smurfWindow
}

type smurfWindow struct {
	epoch int64  // the present one
	heard uint64 // bit k: read k epochs ago
	size  int
}

// NewSmurf returns an engine that takes a tag for departed after so long a silence; 0 is never.
func NewSmurf(places Places, departedAfter time.Duration) *Smurf {
	return &Smurf{places: places, tags: map[fact.EPC]*smurfTag{}, away: departures{after: departedAfter}}
}

// Read implements Engine.
func (e *Smurf) Read(at time.Duration, a fact.Antenna, r fact.Read, out []Move) []Move {
	if _, known := e.places[a]; !known {
		return out
	}
	t := e.tags[r.EPC]
	if t == nil {
		t = &smurfTag{windows: map[fact.Antenna]*smurfWindow{}}
		e.tags[r.EPC] = t
	}
	t.read = at
	epoch := int64(at / smurfEpoch)
	w := t.windows[a]
	if w == nil {
		w = &smurfWindow{epoch: epoch, size: 1}
		t.windows[a] = w
	}
	w.advance(epoch)
	w.heard |= 1
	best, most, here := t.at, 0.0, 0.0
	for b, w := range t.windows {
		w.advance(epoch)
		share, place := w.share(), e.places[b]
		if place == t.at {
			here = max(here, share)
		}
		if share > most || share == most && place < best {
			best, most = place, share
		}
	}
	if most <= here {
		return out
	}
	return moveTo(&t.at, best, at, r.EPC, out)
}

// advance lets epochs pass, sizing the window anew with each.
func (w *smurfWindow) advance(epoch int64) {
	for gone := min(epoch-w.epoch, smurfLongest); gone > 0; gone-- {
		w.resize()
		w.heard <<= 1
	}
	w.epoch = epoch
}

// resize is the two rules of the adaptive window: completeness and transition.
func (w *smurfWindow) resize() {
	n := w.count(w.size)
	p := float64(n) / float64(w.size)
	if n == 0 {
		w.size = max(w.size/2, 1)
		return
	}
	need := int(math.Ceil(math.Log(1/smurfDelta) / p))
	half := w.size / 2
	if expect := float64(half) * p; half > 0 && math.Abs(float64(w.count(half))-expect) > 2*math.Sqrt(expect*(1-p)) {
		w.size = max(half, 1)
	} else if need > w.size {
		w.size = min(w.size+2, need, smurfLongest)
	}
}

func (w *smurfWindow) count(epochs int) int {
	n := 0
	for k := range epochs {
		n += int(w.heard >> k & 1)
	}
	return n
}

// share is in how many of the epochs of its window the antenna read the tag.
func (w *smurfWindow) share() float64 { return float64(w.count(w.size)) / float64(w.size) }

// Advance implements Engine. A departed tag begins anew.
func (e *Smurf) Advance(at time.Duration, out []Move) []Move {
	if !e.away.due(at) {
		return out
	}
	first := len(out)
	for epc, t := range e.tags {
		if t.at != "" && e.away.gone(at, t.read) {
			t.windows = map[fact.Antenna]*smurfWindow{}
			out = moveTo(&t.at, "", at, epc, out)
		}
	}
	return sorted(out, first)
}
