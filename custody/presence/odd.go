package presence

// shares is how many of its folders a place hears: in the long run, and just now.
type shares struct {
	usual  float32
	now    float32
	rounds uint32 // that taught usual, until it counts
}

const (
	shieldTags   = 8          // with fewer folders, all of them may have been taken
	shieldHits   = 3          // so many are heard in a round as a rule, at least
	shieldRounds = 64         // rounds until that rule is known
	shieldNow    = 1.0 / 8    // how fast shares.now follows: sooner than any folder can become Unseen
	shieldUsual  = 1.0 / 2048 // how fast shares.usual does
	shieldAt     = 1.0 / 5    // of the usual: when no more than this is heard, it is not the folders
	shieldOver   = 1.0 / 2    // when so much is heard again, it is over
	fadingAt     = 0.35       // of what a tag was read like at its best: it is losing its voice
	fadingOver   = 0.6        // when it is read so well again, it was something else
	fadingBest   = 128        // in 1/256: a tag that was never read in half of the rounds says little by fading
	fadingHits   = 1000       // at home until its best is known
	cloneTwice   = 6          // alternations until one tag is two
	cloneMS      = 2000       // between hits of an alternation
	cloneShare   = 0.15       // how few of its tags a place elsewhere hears, for it to count as distant
)

// lookAtShares compares how many of its folders a place hears with what it usually does. When
// all of them grow silent at once it is the antenna that is jammed or shielded, or the shelf was emptied
// in one go: one finding, and none about each folder until it is over.
func (e *Engine) lookAtShares(s state, hits int32, out []Finding) []Finding {
	p := &e.places[s]
	if p.tags < shieldTags && !p.shielded {
		p.shares = shares{}
		return out
	}
	x := &p.shares
	now := float32(min(hits, p.tags)) / float32(max(p.tags, 1))
	x.now += float32((now - x.now) * shieldNow)
	switch {
	case p.shielded && x.now >= x.usual*shieldOver:
		p.shielded = false
		p.readableFrom, p.readableAt = p.watched, p.rounds
		return append(out, HeardAgain{Place: p.id})
	case p.shielded:
	case x.rounds < shieldRounds:
		x.rounds++
		x.usual += (now - x.usual) / float32(x.rounds)
		x.now = x.usual
	case x.usual*float32(p.tags) >= shieldHits && x.now <= x.usual*shieldAt:
		p.shielded = true
		return append(out, Shielded{Place: p.id, Antenna: e.antennas[p.antennas[0]].id, Tags: int(p.tags), Usual: shareBP(x.usual), Now: shareBP(x.now)})
	case x.now > x.usual*shieldOver: // what is on its way to be shielded teaches nothing
		x.usual += float32((now - x.usual) * shieldUsual)
	}
	return out
}

func shareBP(v float32) CertaintyBP { return CertaintyBP(min(max(v, 0), 0.9999) * 10000) }

// lookAtFading says of a tag that its home hears it in far fewer rounds than it did: a damaged label, or one
// that is shielded. It is said before the tag is lost, and once.
func (e *Engine) lookAtFading(i int32, t tag, p *place, out []Finding) []Finding {
	now := min(t.average()*256, 255)
	switch {
	case t.settled < fadingHits || p.shielded:
	case now > float32(t.best):
		t.best = uint8(now)
	case t.signs&fading != 0:
		if now >= float32(t.best)*fadingOver {
			t.signs &^= fading
		}
	case t.best >= fadingBest && now < float32(t.best)*fadingAt:
		t.signs |= fading
		return append(out, Fading{Tag: e.epcOf(i), Place: p.id, Best: shareBP(float32(t.best) / 256), Now: shareBP(now / 256)})
	}
	return out
}

// lookAtClone counts the strong hits in a distant place that come between strong ones at home: one EPC,
// two tags. It is said once, until the tag is enrolled again.
func (e *Engine) lookAtClone(i int32, t tag, tr *track, s sound, now uint32, out []Finding) []Finding {
	if t.home == nowhere || t.signs&cloned != 0 || !s.known || s.off < -boldSlack || t.settled == 0 {
		return out
	}
	if k := e.graph.kind(t.home, tr.place); k == kindAdjoining || e.field.pair(t.home, tr.place).any > cloneShare {
		return out
	}
	if now-t.sureMS > cloneMS {
		tr.twice = 0
		return out
	}
	if t.sureMS == tr.heardMS || t.sureMS-tr.heardMS > 1<<31 { // not heard at home since the last hit here
		return out
	}
	if tr.twice++; tr.twice < cloneTwice {
		return out
	}
	t.signs |= cloned
	return append(out, Clone{Tag: e.epcOf(i), Places: [2]PlaceOf{e.placeOf(t.home), e.placeOf(tr.place)}})
}

func (e *Engine) placeOf(s state) PlaceOf {
	p := &e.places[s]
	return PlaceOf{Place: p.id, Antenna: e.antennas[p.antennas[0]].id}
}
