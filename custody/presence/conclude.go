package presence

import (
	"math"

	"trilock/custody/fact"
)

// unlikely returns how improbable it is beforehand, in nats, that a tag has moved to a place:
// by the way there, and by how often tags leave the place where it is.
func (e *Engine) unlikely(t tag, to state) float64 {
	nats := e.graph.unlikely(t.home, to)
	if t.home == nowhere {
		return nats
	}
	// Places of which little is known are as lively as the site is.
	p := &e.places[t.home]
	site := (float64(e.left) + calm) / (livelyAfter + e.stays)
	rate := (float64(p.left) + float64(site*livelyAfter)) / (livelyAfter + p.stays)
	return min(nats, max(nats-max(math.Log(rate*livelyAfter/calm), 0), leastUnlikely))
}

// odds returns the odds, in nats, of a tag's being in the place of a track rather than where it is concluded to be, or
// in somebody's hands. asked is false when no antenna of its home can say anything.
func (e *Engine) odds(t tag, tr *track) (nats float64, asked bool) {
	hands := float64(tr.carried) - e.graph.unlikely(nowhere, tr.place)
	if t.home != nowhere {
		silent, asked := e.silence(t, tr.place)
		return min(float64(tr.favour+silent)-e.unlikely(t, tr.place), hands), asked
	}
	others := 0.0
	for k := range t.tracks[:t.known] {
		if other := &t.tracks[k]; other != tr {
			others += math.Exp(float64(other.favour - tr.favour))
		}
	}
	return min(-math.Log(others+1e-9)+firstPlace, hands), true
}

// concludeMoved appends Moved when the place of a track is likely enough.
func (e *Engine) concludeMoved(t tag, i int32, tr *track, out []Finding) []Finding {
	if t.signs&labelled != 0 || tr.carried <= unlikelyFromNowhere-passageShare { // never enough
		return out
	}
	odds, asked := e.odds(t, tr)
	if odds < float64(e.movedAt) || !e.mayMove(t, tr, asked) {
		return out
	}
	from := Elsewhere
	if t.home != nowhere {
		from = e.places[t.home].id
	}
	to := tr.place
	out = append(out, Moved{Tag: e.epcOf(i), From: from, To: e.places[to].id, Certainty: certaintyOf(odds), Evidence: e.whyMoved(t, tr)})
	e.move(i, t, to)
	return out
}

// mayMove reports whether what is likely can be concluded. A dark shelf is not silent: what the next
// one hears of its folders has to be explained. Nor does anybody know of a tag that was nowhere
// whether a shelf nearby would hear it that is dark just now.
func (e *Engine) mayMove(t tag, tr *track, asked bool) bool {
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
func (e *Engine) move(i int32, t tag, to state) {
	from, there := t.home, *t.track(to)
	old := track{place: from, heardAt: t.heardAt, heardMS: t.heardMS, level: t.near, favour: leastFavour}
	if t.signs&heard != 0 {
		old.hits, old.span = 1, 1
	}
	if from != nowhere {
		e.leavers = append(e.leavers, from)
	}
	e.leave(t)
	t.drop(to)
	for k := range t.tracks[:t.known] {
		tr := &t.tracks[k]
		tr.favour, tr.bold, tr.twice = min(max(tr.favour-there.favour, leastFavour), 0), 0, 0
	}
	if t.levels < levelReads && there.level != fact.RSSIUnknown {
		t.level, t.levels = there.level, min(there.hits, levelReads) // of a tag whose own is not known
	}
	if from != nowhere {
		*t.follow(from) = old
	}
	e.settle(i, t, to)
	t.heardAt, t.heardMS, t.near = there.heardAt, there.heardMS, there.level
	t.signs |= heard
}
