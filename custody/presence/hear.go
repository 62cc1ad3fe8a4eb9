package presence

import "trilock/custody/fact"

// temper is what the evidence of a level is worth that comes so many milliseconds after the
// one before: tanh(dt/2τ), what an autoregressive process of that correlation leaves of it.
func temper(ms uint32) float32 {
	y := float32(min(ms, 100_000)) / (2 * correlated)
	if y >= 3 {
		return 1
	}
	return y * (27 + float32(y*y)) / (27 + float32(9*float32(y*y)))
}

func contextOf(run uint32) int {
	switch {
	case run == 0:
		return ctxHeard
	case run <= shortRun:
		return ctxShort
	}
	return ctxLong
}

// missedFor returns how many rounds running were missed before round now, when the last hit
// was in round at.
func missedFor(now, at uint32) uint32 {
	if now <= at {
		return 0
	}
	return now - at - 1
}

// sound is one read as the estimate sees it.
type sound struct {
	// off is how much stronger it is, in dB, than this tag would be in the antenna's place;
	// known is false when that says nothing.
	off   float32
	known bool
	// sure: the tag's own level is known, and the antenna's.
	sure bool
}

// antennaNow is what is known of the antenna of the present round.
type antennaNow struct {
	shift, usual float32 // dB; see Engine.shift and Engine.usualAt
	known        bool    // usual says something
}

func (e *Engine) attend(a *antenna) antennaNow {
	n := antennaNow{shift: e.shift(a)}
	n.usual, n.known = e.usualAt(a)
	return n
}

// listen compares a read with what is expected of the tag in the antenna's place.
func (e *Engine) listen(t tag) sound {
	expect, known := e.attended.usual, e.attended.known
	if t.levels > 0 {
		expect, known = float32(t.level)/100+e.attended.shift, true
	}
	s := sound{off: float32(t.rssi)/100 - expect}
	s.known = known && t.rssi != fact.RSSIUnknown && s.off <= otherScale && s.off >= -otherScale
	s.sure = t.levels >= levelReads
	return s
}

// speaks returns what the read's level says for the tag's being in the antenna's place rather than
// where the antenna would hear it so much weaker, in nats. Of two bell curves of one width that is a straight
// line, so that a level common to all antennas cancels out: differences decide.
func (s sound) speaks(weaker float32) float32 {
	per := float32(1 / (spread * spread))
	if !s.sure {
		per = 1 / (spreadUnknown * spreadUnknown)
	}
	return min(max(float32(float32(weaker*(s.off+weaker/2))*per), -clip), clip)
}

// hit takes the evidence that antenna ai heard tag i in the present round.
func (e *Engine) hit(i, ai int32, round uint32, out []Finding) []Finding {
	t := e.tag(i)
	t.lastHeard = e.ticks()
	t.signs |= everHeard
	if a := &e.antennas[ai]; a.door != 0 {
		e.atDoor(i, a, t)
	}
	if t.home == e.antennas[ai].place {
		e.hitAtHome(t, ai, round)
		return out
	}
	return e.hitElsewhere(t, i, ai, round, out)
}

// hitAtHome takes a hit in the concluded place.
func (e *Engine) hitAtHome(t tag, ai int32, round uint32) {
	a := &e.antennas[ai]
	p := &e.places[t.home]
	now := e.clock()
	s := e.listen(t)
	run := missedFor(round, t.heardAt)
	l := e.lessonOf(t.home)
	l.hits++
	l.labelled = l.labelled || t.signs&labelled != 0
	if !p.shielded && (t.settled == 0 || t.heardAt != round) {
		t.learnReads(run, contextOf(run), l)
	}
	gap := now - t.heardMS
	l.notePace(gap)
	near := e.levelHere(t.rssi)
	if t.signs&heard != 0 {
		near = smooth(t.near, near, gap, p.window)
	}
	e.learnLevel(t, a, s, l)
	if !s.known || s.off >= -sureSlack {
		t.sureMS = now
	}
	t.near, t.heardAt, t.heardMS, t.silentSince = near, round, now, milliseconds(p.watched)
	t.signs |= heard
	if t.settled < maxSettled {
		t.settled++
	}
	for k := range t.tracks[:t.known] {
		t.tracks[k].bold = 0
	}
	e.look(t, now)
}

const (
	maxSettled = 60_000 // beyond it, it counts no further
	maxHits    = 250
)

// learnLevel lets a hit at home teach how strong the tag is there, and the antenna's usual level.
func (e *Engine) learnLevel(t tag, a *antenna, s sound, l *lesson) {
	if t.rssi == fact.RSSIUnknown {
		return
	}
	if usual := float32(t.rssi)/100 - a.usual; a.usuals == 0 || usual <= otherScale && usual >= -otherScale {
		l.reads++
		l.off += int64(usual * 100)
	}
	if t.levels == 0 || !s.known {
		t.level, t.levels = int16(float32(t.rssi)-float32(100*e.attended.shift)), 1 //nolint:gosec // a level
		return
	}
	rate := max(1/float32(t.levels+1), 1.0/levelSlow)
	if s.sure && s.off < -spread {
		rate /= 4 // rather out of place than weaker for good
	}
	t.level += int16(float32(s.off*rate) * 100) //nolint:gosec // within otherScale
	t.levels = min(t.levels+1, levelSlow)
}

// hitElsewhere takes a hit of an antenna of another place.
func (e *Engine) hitElsewhere(t tag, i, ai int32, round uint32, out []Finding) []Finding {
	a := &e.antennas[ai]
	now := e.clock()
	s := e.listen(t)
	tr, run, worth := t.track(a.place), visitGap, float32(1)
	context, stray := ctxHeard, ctxLong // a first hit says nothing of runs yet
	if tr == nil {
		tr = t.follow(a.place)
	} else {
		run = missedFor(round, tr.heardAt)
		context, stray = contextOf(run), contextOf(run)
		worth = temper(now - tr.heardMS)
	}
	there, hand := e.field.pair(a.place, a.place), e.field.pair(nowhere, a.place)
	carried := tr.carried
	if tr.hits > 0 {
		carried += there.missing(run) - hand.missing(run)
	}
	if tr.hits == 0 || tr.heardAt != round { // a round hears a tag once, however often it is read in it
		carried += there.hit[context] - hand.hit[stray]
	}
	if s.known {
		carried += float32(worth * s.speaks(strayLoss))
	}
	tr.carried = min(max(carried, leastFavour), mostFavour)
	before, once := *tr, !e.open || tr.hits == 0 || tr.heardAt != round || now-tr.heardMS > e.places[tr.place].window/2
	out = e.lookAtClone(i, t, tr, s, now, out)
	e.noteHit(t, tr, run, round)
	e.look(t, now)
	if once && e.bold(t, a, tr, s, run) {
		tr.favour, tr.carried = max(tr.favour, before.favour+boldFavour), max(tr.carried, before.carried+boldFavour)
		tr.favour, tr.carried = min(tr.favour, mostFavour), min(tr.carried, mostFavour)
	}
	return e.concludeMoved(t, i, tr, out)
}

// bold notes a hit elsewhere and returns whether it is one of so many, round after round and
// as strong as a tag that is there, that it can be no stray. Any level will do, whatever
// was learnt of cross-reads: a presence must not pass for them for ever.
func (e *Engine) bold(t tag, a *antenna, tr *track, s sound, run uint32) bool {
	if run > 0 {
		tr.bold = 0
	}
	slack := float32(boldSlack)
	if t.home != nowhere && e.graph.shelves(t.home, a.place) {
		slack = 0
	}
	switch {
	case !s.known || t.levels == 0 && a.usuals < typicalRounds:
		tr.bold = min(tr.bold+boldUnknown, boldDark)
	case s.off >= -slack || a.usuals > 0 && t.rssi >= t.level && float32(t.rssi)/100 >= a.usual:
		// As strong as the tag is, or, however the antennas differ, as the tags of this one are.
		tr.bold = min(tr.bold+boldStrong, boldDark)
	default:
		tr.bold = 0
	}
	return tr.bold >= boldEnough
}

// noteHit keeps what a hit elsewhere is remembered by.
func (e *Engine) noteHit(t tag, tr *track, run, round uint32) {
	now, once, gap := e.clock(), tr.hits == 0 || tr.heardAt != round, run
	if tr.hits == 0 || run >= visitGap {
		tr.span, tr.hits, gap = 0, 0, 0
	}
	level := e.levelHere(t.rssi)
	if tr.hits > 0 {
		level = smooth(tr.level, level, now-tr.heardMS, e.places[tr.place].window)
	}
	tr.level = level
	if t.home != nowhere {
		t.silentSince = milliseconds(e.places[t.home].watched)
		if t.settled > 0 && now-t.sureMS <= sureMS || t.signs&labelled != 0 {
			e.lessonOf(t.home).hits++
		}
	}
	tr.heardAt, tr.heardMS = round, now
	if once && tr.hits < maxHits { // beyond it, neither counts any further
		tr.hits++
		tr.span += uint16(gap + 1) //nolint:gosec // at most visitGap
	}
}

// teach notes a hit after so many misses.
func (l *lesson) teach(run uint32, context int) {
	l.heard[context]++
	if n := run; n > 0 && n <= maxLearnRun {
		short := min(n-1, shortRun)
		l.missed[ctxHeard]++
		l.missed[ctxShort] += int32(short)        //nolint:gosec // at most shortRun
		l.missed[ctxLong] += int32(n - 1 - short) //nolint:gosec // at most maxLearnRun
	}
}

// notePace notes the time after which the home hears a tag again.
func (l *lesson) notePace(ms uint32) {
	if ms < longestGap {
		l.gaps += int64(ms)
		l.squares += int64(ms) * int64(ms)
	}
}
