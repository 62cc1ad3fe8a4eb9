package presence

import (
	"math"
	"time"

	"trilock/custody/fact"
)

// unlikely returns how improbable it is beforehand, in nats, that a tag has moved to a place:
// by the way there, and by how often tags leave the place where it is.
func (e *Engine) unlikely(t *tag, to state) float64 {
	nats := e.graph.unlikely(t.home, to)
	if pace := e.antennas[e.places[to].antennas[0]].pace; pace > time.Second { // it may have arrived since the round before
		nats -= paceWorth * math.Log(pace.Seconds())
	}
	if t.home == nowhere {
		return nats
	}
	if p := &e.places[t.home]; p.left > busyMoves {
		rate := float64(p.left) / (stayStart + p.stays)
		nats -= min(max(math.Log(rate*stayStart), 0), busiest)
	}
	return nats
}

// concludeMoved appends Moved when the place of a track is likely enough.
func (e *Engine) concludeMoved(t *tag, i, ai int32, tr *track, out []Finding) []Finding {
	evidence, asked := tr.favour, true
	if t.home != nowhere {
		var nats float32
		nats, asked = e.silence(t, tr.place)
		evidence += nats
	}
	if t.signs&labelled != 0 || evidence <= unlikelyFromNowhere-passageShare { // never enough
		return out
	}
	unlikely := e.unlikely(t, tr.place)
	odds := min(float64(evidence)-unlikely, float64(tr.carried)-e.graph.unlikely(nowhere, tr.place))
	if odds < float64(e.movedAt) || !e.mayMove(t, tr, asked) {
		return out
	}
	from := Elsewhere
	if t.home != nowhere {
		from = e.places[t.home].id
	}
	to := tr.place
	out = append(out, Moved{Tag: e.epcOf(i), From: from, To: e.places[to].id, Certainty: certaintyOf(odds), Evidence: e.whyMoved(t, tr)})
	e.move(i, ai, t, to)
	return out
}

// mayMove reports whether what is likely can be concluded. A dark shelf is not silent: what the next
// one hears of its folders has to be explained. Nor does anybody know of a tag that was nowhere
// whether a shelf nearby would hear it that is dark just now.
func (e *Engine) mayMove(t *tag, tr *track, asked bool) bool {
	if t.home != nowhere {
		return asked || tr.bold >= boldDark || !e.graph.shelves(t.home, tr.place)
	}
	if tr.bold >= boldEnough {
		return true
	}
	for _, s := range e.places[tr.place].near {
		if s != tr.place && !e.sees(s) {
			return false
		}
	}
	return true
}

// move concludes a tag to be in place to, with the place it was in as one of the others.
func (e *Engine) move(i, ai int32, t *tag, to state) {
	from, there := t.home, *t.track(to)
	old := track{place: from, heardAt: t.heardAt, heardMS: t.heardMS, favour: leastFavour}
	if from != nowhere {
		e.places[from].left++
	}
	e.leave(t)
	t.drop(to)
	for k := range t.tracks[:t.known] {
		tr := &t.tracks[k]
		tr.favour, tr.reads, tr.bold, tr.twice = 0, 0, 0, 0
	}
	if t.levels < levelReads && there.level != fact.RSSIUnknown {
		e.borrowLevel(t, ai, there)
	}
	if from != nowhere {
		*t.follow(from) = old
	}
	e.settle(i, t, to)
	t.heardAt, t.heardMS = there.heardAt, there.heardMS
}

// borrowLevel takes the level of a tag of which none is known from the visit that ended in
// its being concluded to be there.
func (e *Engine) borrowLevel(t *tag, ai int32, there track) {
	t.level = int16(float32(there.level) - 100*e.shift(&e.antennas[ai])) //nolint:gosec // a level
	t.levels = min(there.hits, levelReads)
}
