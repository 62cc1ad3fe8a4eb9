package presence

import (
	"math"
	"slices"
)

// field is what the site has taught of its antennas: how often and how strongly they hear the
// tags of their own place, and those of the others. It is learnt from tags whose place is beyond
// doubt at that moment, at the end of each round, in sums that do not depend on the order of the reads.
type field struct {
	watched int
	graph   *graph
	pairs   []pair // by home and place; the last home is nowhere
	views   []view // by home and place
	// What was learnt of all pairs of a kind stands for those that have not been heard yet.
	pairsOf  [kinds]pair
	viewsOf  [kinds]view
	general  float32 // dB: how strongly antennas hear the tags of their own place, all over the site
	generals float32 // rounds it was learnt from, until it counts
}

// pair is how a place hears the tags of a home: of its own, if both are the same.
type pair struct {
	read  [contexts]float32
	reads [contexts]float32 // what each was learnt from, until it counts
	any   float32           // the same without a context
	anys  float32
	// The logarithms of all that, of a hit and of a miss.
	hit, miss       [contexts]float32
	anyHit, anyMiss float32
}

func newField(g *graph) field {
	f := field{watched: g.watched, graph: g}
	f.pairs = make([]pair, (g.watched+1)*g.watched)
	f.views = make([]view, g.watched*g.watched)
	for kind := range kinds {
		f.pairsOf[kind] = startPair(cross[kind], crossAny[kind])
		f.viewsOf[kind] = startView(strayShare[kind], -strayLevel)
	}
	return f
}

func startPair(read [contexts]float32, any float32) pair {
	p := pair{read: read, any: any, anys: readsStart}
	for c := range p.reads {
		p.reads[c] = readsStart
	}
	p.takeLogarithms()
	return p
}

func (f *field) row(home state) int {
	if home == nowhere {
		return f.watched
	}
	return int(home)
}

// pair returns how a place hears the tags of a home, as far as it is known.
func (f *field) pair(home, place state) *pair {
	p := &f.pairs[f.row(home)*f.watched+int(place)]
	if p.anys == 0 {
		if home == place {
			*p = startPair(startRead, 0.6)
			return p
		}
		return &f.pairsOf[f.graph.kind(home, place)]
	}
	return p
}

// taughtPair returns the same to be taught: a pair of its own from now on.
func (f *field) taughtPair(home, place state) *pair {
	p := &f.pairs[f.row(home)*f.watched+int(place)]
	if p.anys == 0 {
		*p = *f.pair(home, place)
		p.anys = min(p.anys, readsStart)
		for c := range p.reads {
			p.reads[c] = min(p.reads[c], readsStart)
		}
	}
	return p
}

func (p *pair) takeLogarithms() {
	for c, v := range p.read {
		p.hit[c], p.miss[c] = logOf(v), logOf(1-v)
	}
	p.anyHit, p.anyMiss = logOf(p.any), logOf(1-p.any)
}

func logOf(v float32) float32 { return float32(math.Log(float64(v))) }

// missing returns the logarithm of the probability of so many misses running.
func (p *pair) missing(rounds uint32) float32 {
	return missing(rounds, p.miss[ctxHeard], p.miss[ctxShort], p.miss[ctxLong])
}

func missing(rounds uint32, first, short, long float32) float32 {
	if rounds == 0 {
		return 0
	}
	n := min(rounds, maxLearnRun) - 1
	s := min(n, shortRun)
	return first + float32(float32(s)*short) + float32(float32(n-s)*long)
}

// lesson is what one round teaches of the tags of one home.
type lesson struct {
	reads         int32
	off           int64 // hundredths of a dB
	heard, missed [contexts]int32
	hits          int32 // on tags that are there beyond doubt
	given         bool
	labelled      bool  // by a tag whose place was told
	looks         int64 // ms of looks at tags of the home
	gaps, squares int64 // of the times after which it heard a tag again, in ms and ms²
}

// lessonOf returns the present round's lesson on tags of a home.
func (e *Engine) lessonOf(home state) *lesson {
	l := &e.lessons[home]
	if !l.given {
		l.given = true
		e.taught = append(e.taught, home)
	}
	return l
}

// learnRound takes what a completed round of antenna ai teaches.
func (e *Engine) learnRound(ai int32) {
	if at := e.antennas[ai].place; e.sees(at) {
		e.learnShares(at)
	}
	e.learnHits(ai)
}

// learnHits takes the lessons of the hits of antenna ai, in the order of the homes.
func (e *Engine) learnHits(ai int32) {
	a := &e.antennas[ai]
	f := &e.field
	slices.Sort(e.taught)
	for _, home := range e.taught {
		l := &e.lessons[home]
		if home == a.place {
			a.learnUsual(l, f)
			f.taughtPair(home, home).learn(l)
			e.learnPace(home, l)
		}
		if l.looks > 0 {
			e.learnLooks(home, l.looks)
		}
	}
	for _, home := range e.taught {
		e.lessons[home] = lesson{}
	}
	e.taught = e.taught[:0]
}

// learnShares lets a round teach how many of the tags of the places near it a place hears.
func (e *Engine) learnShares(at state) {
	for _, home := range e.places[at].near {
		p := &e.places[home]
		if p.tags == 0 || p.notReadable {
			continue
		}
		hits := e.lessons[home].hits
		if home != at {
			e.field.pairsOf[e.graph.kind(home, at)].learnAny(p.tags, hits)
		}
		e.field.taughtPair(home, at).learnAny(p.tags, hits)
	}
}

// learn moves the read probabilities towards the round's outcomes.
func (p *pair) learn(from *lesson) {
	for c := range p.read {
		n := from.heard[c] + from.missed[c]
		if n == 0 {
			continue
		}
		p.reads[c] = min(p.reads[c]+float32(n), readsMost)
		p.read[c] += float32((float32(from.heard[c]) - float32(float32(n)*p.read[c])) / p.reads[c])
		p.read[c] = min(max(p.read[c], leastCross), mostShare)
		p.hit[c], p.miss[c] = logOf(p.read[c]), logOf(1-p.read[c])
	}
}

// learnAny does the same without a context, for all tags of the home at once.
func (p *pair) learnAny(tags, hits int32) {
	p.anys = min(p.anys+float32(tags), readsMost)
	p.any += float32((float32(min(hits, tags)) - float32(float32(tags)*p.any)) / p.anys)
	p.any = min(max(p.any, leastCross), mostShare)
	p.anyHit, p.anyMiss = logOf(p.any), logOf(1-p.any)
}

// learnUsual moves the antenna's usual level, to which those of its tags are relative, and
// the site's.
func (a *antenna) learnUsual(l *lesson, f *field) {
	if l.reads == 0 {
		return
	}
	step := float32(l.off) / float32(l.reads) / 100
	a.usual += step / min(float32(a.usuals)+1, typicalSlow)
	a.usuals = min(a.usuals+1, typicalSlow)
	a.labelled = a.labelled || l.labelled && a.usuals >= labelReads
	f.generals = min(f.generals+1, typicalSlow)
	f.general += (a.usual - f.general) / f.generals
}

// pacing is the time after which places hear a tag again: sums of the gaps in s and of their squares.
type pacing struct{ gaps, squares float64 }

// learn follows what a round heard, and returns for how long, in milliseconds, what was heard is part of the present picture: a
// little longer than the gap in which a moment falls.
func (p *pacing) learn(l *lesson) (window uint32) {
	const fading = 1 - 1.0/64 // with every round that hears any
	p.gaps = float64(fading*p.gaps) + float64(l.gaps)/1e3
	p.squares = float64(fading*p.squares) + float64(l.squares)/1e6
	return uint32(windowPeriods * 1000 * min(max(p.squares/p.gaps, leastPeriod), mostPeriod))
}

// learnPace lets the hits of a round at home teach the window of their place, and of all that are not known yet.
func (e *Engine) learnPace(home state, l *lesson) {
	if l.gaps == 0 {
		return
	}
	window := e.pacing.learn(l)
	p := &e.places[home]
	p.window = p.pacing.learn(l)
	for s := range e.places {
		if other := &e.places[s]; other.pacing.gaps == 0 {
			other.window = window
		}
	}
}

// usualAt returns the level that an antenna's own tags usually have, in dB: the site's
// until its own is known. known is false when nothing is.
func (e *Engine) usualAt(a *antenna) (dB float32, known bool) {
	if a.labelled {
		return a.usual, true
	}
	if a.usuals >= typicalRounds || a.usuals > 0 && e.field.generals <= float32(a.usuals) {
		switch apart := a.usual - e.field.general; {
		case apart > alike:
			return a.usual - alike, true
		case apart < -alike:
			return a.usual + alike, true
		}
		return e.field.general, true
	}
	return e.field.general, e.field.generals > 0
}

// shift returns how much stronger than others an antenna hears, in dB: another reader's scale, or
// what was taught by tags whose place was told.
func (e *Engine) shift(a *antenna) float32 {
	if a.usuals == 0 || e.field.generals == 0 {
		return 0
	}
	usual, _ := e.usualAt(a)
	return usual - e.field.general
}
