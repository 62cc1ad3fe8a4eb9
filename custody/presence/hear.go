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

// listen compares a read with what is expected of the tag in the antenna's place.
func (e *Engine) listen(t *tag, a *antenna) sound {
	usual, known := e.usualAt(a)
	expect := usual
	if t.levels > 0 {
		expect, known = float32(t.level)/100+e.shift(a), true
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
	t.lastHeard = e.now
	if a := &e.antennas[ai]; a.door != 0 {
		e.atDoor(i, a, t)
	}
	if t.home == e.antennas[ai].place {
		e.hitAtHome(t, ai, round)
		return out
	}
	return e.hitElsewhere(t, i, ai, round, out)
}

// hitAtHome takes a hit in the concluded place: it speaks against all others, unless it is
// weaker than it would be if the tag were there.
func (e *Engine) hitAtHome(t *tag, ai int32, round uint32) {
	a := &e.antennas[ai]
	p := &e.places[t.home]
	now := e.clock()
	s := e.listen(t, a)
	run := missedFor(round, t.heardAt)
	context := contextOf(run)
	if t.known > 0 {
		worth := temper(now - t.heardMS)
		here := logHit[t.read[context]>>8]
		for k := range t.tracks[:t.known] {
			tr := &t.tracks[k]
			favour := tr.favour + float32(worth*hitWorth)*min(e.field.pair(tr.place, t.home).anyHit-here, 0)
			if s.known {
				favour -= float32(worth * s.speaks(e.field.loss(tr.place, ai).dB))
			}
			tr.favour = max(favour, leastFavour)
			tr.bold = 0
		}
	}
	l := e.lessonOf(t.home)
	l.labelled = l.labelled || t.signs&labelled != 0
	if !p.shielded && (t.settled == 0 || t.heardAt != round) {
		t.learnReads(run, context, l)
	}
	e.learnLevel(t, a, s, l)
	if !s.known || s.off >= -sureSlack {
		t.sureMS = now
	}
	t.heardAt, t.heardMS, t.silentSince = round, now, p.watched
	if t.settled < maxSettled {
		t.settled++
	}
}

const (
	maxSettled = 60_000 // beyond it, it counts no further
	maxHits    = 250
)

// learnLevel lets a hit at home teach how strong the tag is there, and the antenna's usual level.
func (e *Engine) learnLevel(t *tag, a *antenna, s sound, l *lesson) {
	if t.rssi == fact.RSSIUnknown {
		return
	}
	if usual := float32(t.rssi)/100 - a.usual; a.usuals == 0 || usual <= otherScale && usual >= -otherScale {
		l.reads++
		l.off += int64(usual * 100)
	}
	if t.levels == 0 || !s.known {
		t.level, t.levels = int16(float32(t.rssi)-100*e.shift(a)), 1 //nolint:gosec // a level
		return
	}
	rate := max(1/float32(t.levels+1), 1.0/levelSlow)
	if s.sure && s.off < -spread {
		rate /= 4 // rather out of place than weaker for good
	}
	t.level += int16(float32(s.off*rate) * 100) //nolint:gosec // within otherScale
	t.levels = min(t.levels+1, levelSlow)
}

// hitElsewhere takes a hit of an antenna of another place: how much better the tag's being
// there explains it than its being where it is concluded to be.
func (e *Engine) hitElsewhere(t *tag, i, ai int32, round uint32, out []Finding) []Finding {
	a := &e.antennas[ai]
	now := e.clock()
	s := e.listen(t, a)
	tr, run, worth := t.track(a.place), visitGap, float32(1)
	context, stray := ctxHeard, ctxLong // a first hit says nothing of runs yet
	if tr == nil {
		tr = t.follow(a.place)
	} else {
		run = missedFor(round, tr.heardAt)
		context, stray = contextOf(run), contextOf(run)
		worth = temper(now - tr.heardMS)
	}
	there, home, hand := e.field.pair(a.place, a.place), e.field.pair(t.home, a.place), e.field.pair(nowhere, a.place)
	favour, carried := tr.favour, tr.carried
	if tr.hits > 0 {
		favour += there.missing(run) - home.missing(run)
		carried += there.missing(run) - hand.missing(run)
	}
	if tr.hits == 0 || tr.heardAt != round { // a round hears a tag once, however often it is read in it
		if tr.reads < levelReads { // of what is known to be cross-read, levels and the silence of its home tell
			hit := max(there.hit[context], home.hit[stray]) - home.hit[stray]
			if run == 0 && t.home != nowhere && now-t.heardMS <= sureMS { // as little as the hits of its home
				hit = float32(hit * worth * hitWorth)
			}
			favour += hit
		}
		carried += there.hit[context] - hand.hit[stray]
	}
	if s.known {
		favour += float32(worth * s.speaks(e.weaker(t, tr, ai, s)))
		carried += float32(worth * s.speaks(e.field.loss(nowhere, ai).dB))
	}
	if e.bold(t, a, tr, s, run) {
		favour, carried = max(favour, tr.favour+boldFavour), max(carried, tr.carried+boldFavour)
	}
	for k := range t.tracks[:t.known] {
		if other := &t.tracks[k]; other.place != a.place {
			f := other.favour + float32(worth*hitWorth)*(e.field.pair(other.place, a.place).anyHit-home.anyHit)
			if s.known {
				f += float32(worth * (s.speaks(e.field.loss(t.home, ai).dB) - s.speaks(e.field.loss(other.place, ai).dB)))
			}
			other.favour = min(max(f, leastFavour), mostFavour)
		}
	}
	tr.favour = min(max(favour, leastFavour), mostFavour)
	tr.carried = min(max(carried, leastFavour), mostFavour)
	out = e.lookAtClone(i, t, tr, s, now, out)
	e.noteHit(t, tr, ai, s, run, round)
	return e.concludeMoved(t, i, ai, tr, out)
}

// weaker returns how much weaker than in its place an antenna is expected to hear a tag that is
// where it is concluded to be: as it was while that was beyond doubt, or as others are.
func (e *Engine) weaker(t *tag, tr *track, ai int32, s sound) float32 {
	inPlace := float32(t.rssi)/100 - s.off
	if l := e.field.loss(t.home, ai); l.labelled {
		return l.dB
	} else if tr.reads >= levelReads {
		return max(inPlace-float32(tr.cross)/100, leastLoss)
	}
	dB := e.field.loss(t.home, ai).dB
	if a := &e.antennas[ai]; a.floors >= floorRounds { // what it can hardly hear it hears at its floor
		dB = min(dB, max(inPlace-a.floor-aboveFloor, leastLoss))
	}
	return dB
}

// bold notes a hit elsewhere and returns whether it is one of so many, round after round and
// as strong as a tag that is there, that it can be no stray. Any level will do, whatever
// was learnt of cross-reads: a presence must not pass for them for ever.
func (e *Engine) bold(t *tag, a *antenna, tr *track, s sound, run uint32) bool {
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

// noteHit keeps what a hit elsewhere is remembered by, and lets it teach cross-reads if the
// tag is beyond doubt at home: its home has just heard it as strongly as ever. While the home is
// silent, weaker or blind nothing is learnt, or a presence elsewhere would teach that it is a stray.
func (e *Engine) noteHit(t *tag, tr *track, ai int32, s sound, run, round uint32) {
	now, once, gap := e.clock(), tr.hits == 0 || tr.heardAt != round, run
	if tr.hits == 0 || run >= visitGap {
		tr.span, tr.hits, tr.level, gap = 0, 0, t.rssi, 0
	}
	if t.rssi != fact.RSSIUnknown {
		tr.level += int16((int32(t.rssi) - int32(tr.level)) / 8) //nolint:gosec // between two of them
	}
	if t.home != nowhere {
		t.silentSince = e.places[t.home].watched
		if t.settled > 0 && now-t.sureMS <= sureMS || t.signs&labelled != 0 {
			l := e.lessonOf(t.home)
			l.labelled = l.labelled || t.signs&labelled != 0
			if once {
				l.teach(run, contextOf(run))
			}
			if s.known {
				off := s.off + e.field.loss(t.home, ai).dB
				l.reads++
				l.off += int64(off * 100)
			}
			tr.learnCross(t.rssi, s)
		}
	}
	tr.heardAt, tr.heardMS = round, now
	if once && tr.hits < maxHits { // beyond it, neither counts any further
		tr.hits++
		tr.span += uint16(gap + 1) //nolint:gosec // at most visitGap
	}
}

// learnCross follows the level of confirmed cross-reads, as far as they are weaker than the tag would be
// there. What is clearly stronger may well be none.
func (tr *track) learnCross(rssi int16, s sound) {
	if !s.known || s.off > sureSlack {
		return
	}
	level := min(rssi, int16(float32(rssi)-100*(s.off+leastLoss))) //nolint:gosec // a level in its place
	if tr.reads == 0 {
		tr.cross = level
	}
	tr.reads = min(tr.reads+1, 12)
	tr.cross += int16((int32(level) - int32(tr.cross)) / int32(tr.reads)) //nolint:gosec // between two of them
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
