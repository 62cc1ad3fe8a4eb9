package presence

import (
	"math"

	"trilock/custody/fact"
)

// reading is how probable it is, for every state that a tag may be in, that an antenna
// hears it in its present round: with the density of the read's strength if it did.
type reading struct {
	place, home state
	own         float64        // in the antenna's place
	atHome      float64        // in the tag's concluded place, if that is another
	other       [kinds]float64 // elsewhere
}

// reading returns the read probabilities of tag t at antenna a, and whether the antenna
// heard it in the round before. pr is nil when it has not heard the tag lately.
func (e *Engine) reading(t *tag, a *antenna, pr *profile) (r reading, again bool) {
	own, other := ctxHeard, strayFirst // a first hit says nothing of runs yet
	if pr != nil && (pr.hits > 0 || pr.own) {
		run := pr.run(a)
		own = contextOf(run)
		if run == 0 {
			other = strayAgain
		} else if run < visitGap {
			other = strayRecent
		}
	}
	r = reading{place: a.place, home: t.home, own: e.ownRead(t, a, pr, own), other: stray[other]}
	if t.home == a.place {
		r.other = strayAway
	} else if t.home != nowhere {
		r.atHome = e.crossRead(t, a, pr)
	}
	return r, other == strayAgain
}

// weigh multiplies the read probabilities with the densities of the read's strength.
func (r *reading) weigh(own, atHome, other float64) {
	r.own *= own
	r.atHome *= atHome
	for k := range r.other {
		r.other[k] *= other
	}
}

// limit bounds how well any place but the antenna's own explains the read.
func (r *reading) limit(high float64) {
	r.atHome = min(r.atHome, high)
	for k := range r.other {
		r.other[k] = min(r.other[k], high)
	}
}

// in returns the entry for state s.
func (r *reading) in(g *graph, s state) float64 {
	switch s {
	case r.place:
		return r.own
	case r.home:
		return r.atHome
	}
	return r.other[g.kind(s, r.place)]
}

// kind says how state s lies to the place of an antenna.
func (g *graph) kind(s, place state) int {
	switch at := g.at(s, place); {
	case g.adjoins[at] && int(s) >= g.watched:
		return kindUnheard
	case g.adjoins[at]:
		return kindAdjoining
	case g.beside[at]:
		return kindBeside
	}
	return kindFar
}

// crossRead returns how probable it is that antenna a hears a tag that lies in its
// concluded place: learnt once it did, and the smaller the longer it never happened.
func (e *Engine) crossRead(t *tag, a *antenna, pr *profile) float64 {
	if pr != nil && pr.hits > 0 {
		return pr.read[contextOf(pr.run(a))]
	}
	return e.freshCross(t, a.place)[ctxLong]
}

// freshCross returns, by context, how probable cross-reads of a tag in its concluded place
// are for an antenna at another one that never gave any.
func (e *Engine) freshCross(t *tag, at state) (q [contexts]float64) {
	kind := e.graph.kind(t.home, at)
	wear := settleRounds / float64(settleRounds+t.settled)
	for context, from := range [contexts]int{ctxHeard: strayAgain, ctxShort: strayRecent, ctxLong: strayFirst} {
		q[context] = max(stray[from][kind]*wear, straySettled[from][kind])
	}
	return q
}

// levels returns the densities of the read's strength if the tag is in the antenna's
// place, in its concluded place, and somewhere else; all 1 when strength says nothing.
func (e *Engine) levels(t *tag, a *antenna, pr *profile, again bool) (own, atHome, other float64) {
	expect, sigma, known := e.expected(t, a, pr)
	level := float64(t.rssi) / 100
	if off := level - expect; t.rssi == fact.RSSIUnknown || !known || off > otherScale || off < -otherScale {
		return 1, 1, 1
	}
	expectStray, sigmaOfStray := expect-strayLoss, sigmaStray
	if floor := a.floor + aboveFloor; a.typicals >= floorRounds && floor > expectStray {
		expectStray, sigmaOfStray = floor, sigmaFloor
	}
	own, other = density(level-expect, sigma, again), density(level-expectStray, sigmaOfStray, again)
	atHome = other
	if pr.crossLevels >= levelReads {
		atHome = density(level-pr.cross, sigmaLearnt, again)
	}
	return own, atHome, other
}

// expected returns the strength, in dB, that tag t would have in the place of antenna a,
// and how far to trust that: its own there, that of other tags there, or its own at home.
func (e *Engine) expected(t *tag, a *antenna, pr *profile) (level, sigma float64, known bool) {
	spread := sigmaTypical
	if a.typicals >= floorRounds {
		// The standard deviation of a bell curve is 1.25 times its mean deviation.
		spread = min(max(1.25*a.spread, sigmaLeast), sigmaBorrow)
	}
	switch {
	case pr.own && pr.levels >= levelReads:
		return pr.level, min(spread, sigmaLearnt), true
	case a.typicals >= typicalRounds:
		return a.typical, spread, true
	}
	level, known = t.homeLevel()
	return level, sigmaBorrow, known
}

// bold notes that antenna a, which watches no place where the tag is concluded to be,
// hears it, and returns whether it has now done so, round after round and as strongly as
// a tag that is there, for so long that it can be no stray hit. Any level will do, whatever
// was learnt of cross-reads: a presence must not pass for them for ever.
func (e *Engine) bold(t *tag, a *antenna, pr *profile) bool {
	if pr.run(a) > 0 {
		pr.bold = 0
	}
	pr.since = true
	least, compares := t.homeLevel()
	if !compares && a.typicals >= typicalRounds {
		least, compares = a.typical, true
	}
	if t.home == nowhere || !e.graph.shelves(t.home, a.place) {
		least -= boldSlack
	}
	off := float64(t.rssi)/100 - least
	switch {
	case t.rssi == fact.RSSIUnknown || !compares || off > otherScale || off < -otherScale:
		pr.bold = min(pr.bold+boldUnknown, boldDark)
	case off >= 0:
		pr.bold = min(pr.bold+boldStrong, boldDark)
	default:
		pr.bold = 0
	}
	return pr.bold >= boldEnough
}

// homeLevel returns the tag's strongest learnt level at an antenna of its concluded
// place; if there is none, of the one before.
func (t *tag) homeLevel() (dB float64, known bool) {
	for k := range int(t.known) {
		if p := &t.profiles[k]; p.own && p.levels >= levelReads && (!known || p.level > dB) {
			dB, known = p.level, true
		}
	}
	if !known {
		return t.usual, t.usualKnown
	}
	return dB, known
}

// density is Student's with seven degrees of freedom, up to a factor that all
// hypotheses share; its fourth root when the read repeats the one before, because a tag
// that has not moved is as strong again wherever it is.
func density(x, sigma float64, again bool) float64 {
	z := x / sigma
	d := 1 + float64(z*z)/7
	if again {
		return 1 / (d * math.Sqrt(math.Sqrt(sigma)))
	}
	d *= d
	return 1 / (d * d * sigma)
}
