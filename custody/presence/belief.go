package presence

import (
	"time"

	"trilock/custody/fact"
)

// neverHeard is what Estimate returns for a tag that was not heard since it was enrolled.
const neverHeard time.Duration = -1

// tag is what is believed and learnt about one tag.
type tag struct {
	epc  fact.EPC
	home state // where it is concluded to be, or nowhere

	slots [maxSlots]slot // the belief: the held states, probabilities adding to 1
	held  uint8
	known uint8 // profiles in use

	profiles [maxProfiles]profile

	updated     time.Duration // the site time of the belief
	lastHeard   time.Duration
	silentSince time.Duration // in watched time of home: when it was last heard anywhere
	settled     uint32        // hits at home since it was concluded to be there

	// usual is its strongest learnt level at home, kept when it leaves, in dB.
	usual      float64
	usualKnown bool

	round uint64 // the engine's round in which it was last heard, and how strongly
	rssi  int16
}

// slot is one state that a tag may be in.
type slot struct {
	state state
	index int32 // of the tag in the place's list
	w     float64
}

func (t *tag) find(s state) int {
	for k := range int(t.held) {
		if t.slots[k].state == s {
			return k
		}
	}
	return -1
}

func (t *tag) weight(s state) float64 {
	if k := t.find(s); k >= 0 {
		return t.slots[k].w
	}
	return 0
}

// unheard returns the probability that a tag is in no watched place.
func (e *Engine) unheard(t *tag) float64 {
	sum := 0.0
	for k := range int(t.held) {
		if int(t.slots[k].state) >= e.graph.watched {
			sum += t.slots[k].w
		}
	}
	return sum
}

// hold makes s one of the states of the tag's belief, with weight w, unless it is one.
func (e *Engine) hold(i int32, s state, w float64) {
	t := &e.tags[i]
	if t.find(s) >= 0 {
		return
	}
	if t.held == maxSlots {
		e.release(i, t.leastSlot())
	}
	k := int(t.held)
	t.slots[k] = slot{state: s, w: w}
	t.held++
	if int(s) < e.graph.watched {
		p := &e.places[s]
		t.slots[k].index = int32(len(p.tags)) //nolint:gosec // bounded by the tags
		p.tags = append(p.tags, i)
	}
}

// leastSlot returns the least likely slot that is not the tag's concluded place.
func (t *tag) leastSlot() int {
	least := -1
	for k := range int(t.held) {
		if t.slots[k].state != t.home && (least < 0 || t.slots[k].w < t.slots[least].w) {
			least = k
		}
	}
	return least
}

// release drops slot k from the tag's belief and the tag from the place's list.
func (e *Engine) release(i int32, k int) {
	t := &e.tags[i]
	gone := t.slots[k]
	t.held--
	t.slots[k] = t.slots[t.held]
	if int(gone.state) >= e.graph.watched {
		return
	}
	p := &e.places[gone.state]
	last := len(p.tags) - 1
	moved := p.tags[last]
	p.tags[gone.index] = moved
	p.tags = p.tags[:last]
	if moved != i {
		other := &e.tags[moved]
		other.slots[other.find(gone.state)].index = gone.index
	}
}

// scatter spreads a tag of which nothing is known over the unheard states.
func (e *Engine) scatter(i int32) {
	n := min(e.graph.states-e.graph.watched, maxSlots/2)
	for v := range n {
		e.hold(i, state(e.graph.watched+v), 1/float64(n)) //nolint:gosec // at most MaxPlaces
	}
}

// predict lets a tag's belief take its course from when it was last updated until now.
// What comes back from the unheard states into a watched place is left to arrive: while
// nothing is heard there, it is no reason to doubt that the tag is gone.
func (e *Engine) predict(t *tag) {
	dt := min(e.now-t.updated, maxStep).Seconds()
	t.updated = e.now
	if dt <= 0 {
		return
	}
	var next [maxSlots]float64
	n := int(t.held)
	for k := range n {
		next[k] += t.slots[k].w
		rates := e.graph.rate[int(t.slots[k].state)*e.graph.states:]
		unheard := int(t.slots[k].state) >= e.graph.watched
		for j := range n {
			if unheard && int(t.slots[j].state) < e.graph.watched {
				continue
			}
			flow := t.slots[k].w * rates[t.slots[j].state] * dt
			next[k] -= flow
			next[j] += flow
		}
	}
	for k := range n {
		t.slots[k].w = next[k]
	}
}

// arrive makes place s a state of the belief, with at least the probability that the tag
// has just got there.
func (e *Engine) arrive(i int32, s state) {
	t := &e.tags[i]
	if t.home != s {
		for _, v := range e.graph.voids[s] {
			e.hold(i, v, leastWeight)
		}
	}
	w := 0.0
	for k := range int(t.held) {
		from := t.slots[k]
		w += float64(from.w * e.graph.rate[e.graph.at(from.state, s)] * arrivalWindow)
	}
	w = max(w, leastWeight)
	if k := t.find(s); k >= 0 {
		t.slots[k].w = max(t.slots[k].w, w)
		return
	}
	e.hold(i, s, w)
}

// normalise makes the weights add to 1, none below leastWeight.
func (t *tag) normalise() {
	sum := 0.0
	for k := range int(t.held) {
		sum += t.slots[k].w
	}
	scale := 1 / sum
	for k := range int(t.held) {
		t.slots[k].w = max(float64(t.slots[k].w*scale), leastWeight)
	}
}

// hit takes the evidence that antenna ai heard tag i in the present round.
func (e *Engine) hit(i, ai int32, out []Finding) []Finding {
	t := &e.tags[i]
	a := &e.antennas[ai]
	e.predict(t)
	e.arrive(i, a.place)
	pr := e.profile(t, ai)
	r, again := e.reading(t, a, pr)
	r.weigh(e.levels(t, a, pr, again))
	if a.place != t.home && e.bold(t, a, pr) {
		r.limit(r.own / boldRatio)
	}
	for k := range int(t.held) {
		t.slots[k].w *= r.in(e.graph, t.slots[k].state)
	}
	t.normalise()
	pr.hear(a, t.rssi)
	t.lastHeard = e.now
	if t.home != nowhere {
		t.silentSince = e.places[t.home].watched
		if t.home == a.place {
			e.confirm(t, ai)
		}
	}
	return e.concludeMoved(i, out)
}

// miss takes the evidence that antenna ai did not hear tag i in the present round,
// although the tag may be in its place.
func (e *Engine) miss(i, ai int32, out []Finding) []Finding {
	t := &e.tags[i]
	a := &e.antennas[ai]
	e.predict(t)
	pr := t.profileOf(ai)
	r, _ := e.reading(t, a, pr)
	for k := range int(t.held) {
		t.slots[k].w *= 1 - r.in(e.graph, t.slots[k].state)
	}
	t.normalise()
	if a.place != t.home {
		run := a.rounds
		if pr != nil {
			run = pr.run(a)
		}
		e.letGo(i, a.place, run)
		return out
	}
	before := len(out)
	if out = e.concludeMoved(i, out); len(out) > before {
		return out
	}
	return e.concludeUnseen(i, out)
}

// letGo drops a candidate place that has become unlikely.
func (e *Engine) letGo(i int32, s state, run uint32) {
	t := &e.tags[i]
	k := t.find(s)
	if w := t.slots[k].w; w < dropWeight || w < dropFaded && run >= dropRun {
		e.release(i, k)
		t.normalise()
	}
}

// concludeMoved appends Moved when a watched place other than the concluded one is likely enough.
func (e *Engine) concludeMoved(i int32, out []Finding) []Finding {
	t := &e.tags[i]
	to := nowhere
	for k := range int(t.held) {
		if s := t.slots[k].state; int(s) < e.graph.watched && s != t.home && t.slots[k].w >= e.movedAt {
			to = s
		}
	}
	if to == nowhere || t.home != nowhere && !e.mayMove(t, to) {
		return out
	}
	from := Elsewhere
	if t.home != nowhere {
		from = e.places[t.home].id
	}
	out = append(out, Moved{
		Tag: t.epc, From: from, To: e.places[to].id,
		Certainty: basisPoints(t.weight(to)), Evidence: e.whyMoved(t, to),
	})
	t.usual, t.usualKnown = t.homeLevel()
	t.home = to
	t.silentSince = e.places[to].watched
	e.settle(i)
	return out
}

// mayMove reports whether a tag can be concluded to be in place to rather than where it
// was: to has heard it since its home did, and either the silence of its home is
// improbable, or the hits are not to be explained otherwise. A dark shelf is not silent:
// what the next one hears of its folders has to be explained.
func (e *Engine) mayMove(t *tag, to state) bool {
	since, bold := false, uint32(0)
	for k := range int(t.known) {
		if p := &t.profiles[k]; p.since && e.antennas[p.antenna].place == to {
			since, bold = true, max(bold, p.bold)
		}
	}
	silence, asked := e.silence(t)
	switch {
	case !since:
		return false
	case asked:
		return bold >= boldSure || silence <= e.graph.mustBeSilent(t.home, to)
	}
	return bold >= boldDark || !e.graph.shelves(t.home, to)
}

// silence returns how probable it is that the antennas of the tag's concluded place have
// missed it for as long as they have, if it is there, and whether any of them can say.
func (e *Engine) silence(t *tag) (likely float64, asked bool) {
	likely = 1
	for k := range int(t.known) {
		p := &t.profiles[k]
		if a := &e.antennas[p.antenna]; p.own && e.answers(a) {
			asked = true
			likely *= p.missing(a.rounds - p.heardAt)
		}
	}
	return likely, asked
}

// concludeUnseen appends Unseen when the concluded place has become unlikely, and the
// silence long enough, with every antenna there at work.
func (e *Engine) concludeUnseen(i int32, out []Finding) []Finding {
	t := &e.tags[i]
	p := &e.places[t.home]
	stays := t.weight(t.home)
	if stays > e.staysAt || p.watched-max(t.silentSince, p.readableFrom) < e.policy.UnseenAfter {
		return out
	}
	out = append(out, Unseen{
		Tag: t.epc, From: p.id, Certainty: basisPoints(1 - stays), Evidence: e.whyUnseen(t),
	})
	t.usual, t.usualKnown = t.homeLevel()
	t.home = nowhere
	t.known = 0
	t.settled = 0
	for k := int(t.held) - 1; k >= 0; k-- {
		if int(t.slots[k].state) < e.graph.watched {
			e.release(i, k)
		}
	}
	t.normalise()
	return out
}
