package presence

import (
	"math"

	"trilock/custody/fact"
)

// profile is what is learnt about one antenna hearing one tag.
type profile struct {
	antenna int32
	// heardAt, learntTo and visitFrom count rounds of the antenna: when it last heard the tag,
	// up to where its misses have taught, and since when the present visit lasts.
	heardAt, learntTo, visitFrom uint32
	hits                         uint32 // in this visit
	levels                       uint32 // reads that told a strength, until it counts
	own                          bool   // the antenna watches the tag's concluded place
	// since: it heard the tag after the tag's concluded place last did. bold is what the
	// last of these hits running count that are as strong as those of a tag that is there.
	since bool
	bold  uint32
	// read is the probability of a read by context: with the tag in its concluded place,
	// whether that is the antenna's own or not.
	read  [contexts]float64
	level float64 // dB, of all its reads
	// pending are the outcomes, missed and heard, that await the tag being heard in its
	// concluded place, which makes cross-reads of them. cross is the level of those, in dB.
	pending       [contexts][outcomes]uint8
	pendingLevel  float64
	pendingLevels uint32
	cross         float64
	crossLevels   uint32
}

// run returns how many rounds running the antenna had missed the tag before the present one.
func (p *profile) run(a *antenna) uint32 {
	if a.rounds <= p.heardAt {
		return 0
	}
	return a.rounds - p.heardAt - 1
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

// missing returns the probability of that many misses running.
func (p *profile) missing(rounds uint32) float64 {
	likely := 1.0
	for run := range min(rounds, maxLearnRun) {
		likely *= 1 - p.read[contextOf(run)]
	}
	return likely
}

func (t *tag) profileOf(ai int32) *profile {
	for k := range int(t.known) {
		if t.profiles[k].antenna == ai {
			return &t.profiles[k]
		}
	}
	return nil
}

// profile returns the profile of antenna ai, a new one if need be, in the place of the
// neighbour's that has been silent longest.
func (e *Engine) profile(t *tag, ai int32) *profile {
	if p := t.profileOf(ai); p != nil {
		return p
	}
	k := int(t.known)
	if k < maxProfiles {
		t.known++
	} else {
		k = -1
		var longest uint32
		for j := range t.profiles {
			p := &t.profiles[j]
			if quiet := e.antennas[p.antenna].rounds - p.heardAt; !p.own && (k < 0 || quiet > longest) {
				k, longest = j, quiet
			}
		}
	}
	p := &t.profiles[k]
	*p = e.blankProfile(ai)
	if at := e.antennas[ai].place; t.home != nowhere && t.home != at {
		p.read = e.freshCross(t, at)
	}
	return p
}

// blankProfile is the profile of an antenna that has not heard the tag: as if it had been
// missed often enough for the context not to favour it.
func (e *Engine) blankProfile(ai int32) profile {
	a := &e.antennas[ai]
	share := 1 / float64(len(e.places[a.place].antennas))
	return profile{
		antenna: ai, learntTo: a.rounds, visitFrom: a.rounds,
		read: [contexts]float64{startRead[0] * share, startRead[1] * share, startRead[2] * share},
	}
}

// settle starts over what is learnt of a tag at the place where it is now concluded to
// be: what its antennas have heard of it already stays. From here on it can leave for the
// unheard states next to the place.
func (e *Engine) settle(i int32) {
	t := &e.tags[i]
	for _, v := range e.graph.voids[t.home] {
		e.hold(i, v, leastWeight)
	}
	var kept [maxProfiles]profile
	n := 0
	for _, ai := range e.places[t.home].antennas {
		kept[n] = e.blankProfile(ai)
		if old := t.profileOf(ai); old != nil {
			kept[n].heardAt, kept[n].visitFrom, kept[n].hits = old.heardAt, old.visitFrom, old.hits
			kept[n].levels, kept[n].level = old.levels, old.level
		} else {
			kept[n].heardAt = e.antennas[ai].rounds
		}
		kept[n].own = true
		n++
	}
	t.profiles, t.known, t.settled = kept, uint8(n), 0 //nolint:gosec // at most maxProfiles
}

// hear notes that the antenna heard the tag in its present round.
func (p *profile) hear(a *antenna, rssi int16) {
	run := p.run(a)
	if p.hits > 0 || p.own {
		p.learnMisses(a)
		p.learn(contextOf(run), heard)
	}
	if run >= visitGap || p.hits == 0 {
		p.visitFrom, p.hits = a.rounds, 0
	}
	p.hits++
	p.heardAt, p.learntTo = a.rounds, a.rounds
	if rssi == fact.RSSIUnknown {
		return
	}
	level := float64(rssi) / 100
	p.levels = follow(&p.level, p.levels, level)
	if !p.own {
		p.pendingLevels = follow(&p.pendingLevel, p.pendingLevels, level)
	}
}

// follow moves a learnt level towards a read's, and returns the number of reads that
// taught it, until it counts.
func follow(learnt *float64, reads uint32, level float64) uint32 {
	if reads == 0 {
		*learnt = level
	} else {
		*learnt += float64((level - *learnt) * max(learnLevel, 1/float64(reads+1)))
	}
	return min(reads+1, 1000)
}

// confirm lets what the other antennas did and did not hear of the tag teach: it was in
// its concluded place, where antenna ai has just heard it.
func (e *Engine) confirm(t *tag, ai int32) {
	t.settled = min(t.settled+1, 100_000)
	for k := range int(t.known) {
		p := &t.profiles[k]
		if !p.own {
			p.learnCross()
			continue
		}
		if p.antenna != ai {
			a := &e.antennas[p.antenna]
			p.learnMisses(a)
			if a.rounds > p.learntTo {
				p.learn(contextOf(p.run(a)), missed)
			}
			p.learntTo = a.rounds
		}
	}
}

// learnCross lets what an antenna of another place heard and missed since the tag's
// concluded place heard it before teach: those were cross-reads. While the home is silent or blind
// nothing is learnt of cross-reads, or a presence elsewhere would teach that it is one.
func (p *profile) learnCross() {
	if !p.since {
		return
	}
	p.since, p.bold = false, 0
	for context := range p.pending {
		n := &p.pending[context]
		for range n[heard] {
			p.teach(context, 1)
		}
		for range n[missed] {
			p.teach(context, 0)
		}
	}
	p.pending = [contexts][outcomes]uint8{}
	for range min(p.pendingLevels, maxPendingLevels) {
		p.crossLevels = follow(&p.cross, p.crossLevels, p.pendingLevel)
	}
	p.pendingLevels = 0
}

// learn takes one outcome in a context: at once from the tag's own antennas, in another
// place when it is known that it was a cross-read.
func (p *profile) learn(context, outcome int) {
	if p.own {
		p.teach(context, float64(outcome))
		return
	}
	p.pending[context][outcome] = min(p.pending[context][outcome]+1, maxPending)
}

// learnMisses takes the rounds after learntTo and before the present one as misses of a
// tag that was there.
func (p *profile) learnMisses(a *antenna) {
	from := p.learntTo
	if p.own && a.rounds-from > maxLearnRun {
		return // too long a silence to say that the tag was there
	}
	if a.rounds > maxLearnRun {
		from = max(from, a.rounds-maxLearnRun)
	}
	for r := from + 1; r < a.rounds; r++ {
		p.learn(contextOf(r-p.heardAt-1), missed)
	}
}

// teach moves the read probability of a context towards an outcome: 1 heard, 0 missed.
func (p *profile) teach(context int, outcome float64) {
	v := &p.read[context]
	if !p.own {
		*v = min(max(*v+float64((outcome-*v)*learnCross), minCross), maxRead[ctxHeard])
		return
	}
	*v = clamp(*v+float64((outcome-*v)*learn[context]), maxRead[context])
	switch context {
	case ctxHeard:
		p.lend(ctxShort, shortFromHeard**v, lendToShort)
		p.lend(ctxLong, longFromShort*p.read[ctxShort], lendToShort)
	case ctxShort:
		p.lend(ctxLong, longFromShort**v, lendToLong)
	}
}

// lend moves the read probability of a context towards what its neighbour suggests.
func (p *profile) lend(context int, suggests, rate float64) {
	v := &p.read[context]
	*v = clamp(*v+float64((suggests-*v)*rate), maxRead[context])
}

func clamp(v, high float64) float64 { return min(max(v, minRead), high) }

// ownRead returns the probability that the antenna hears a tag that is in its place.
func (e *Engine) ownRead(t *tag, a *antenna, pr *profile, context int) float64 {
	if pr != nil && t.home == a.place {
		return pr.read[context]
	}
	own := startRead[context] / float64(len(e.places[a.place].antennas))
	if pr != nil && pr.hits > 0 && t.home != nowhere {
		// What is heard from its home would be heard from here no less.
		own = max(own, pr.read[context])
	}
	return own
}

// learnTypical lets the tags just heard in their own place teach the antenna's typical
// level, its spread and its floor. It takes sums and least values, which do not depend
// on the order of the reads.
func (e *Engine) learnTypical(ai int32) {
	a := &e.antennas[ai]
	sum, off, n, least := 0, 0, 0, int16(math.MaxInt16)
	about := int(a.typical * 100)
	for _, i := range e.hits {
		t := &e.tags[i]
		if t.rssi == fact.RSSIUnknown {
			continue
		}
		least = min(least, t.rssi)
		if t.home == a.place {
			sum += int(t.rssi)
			off += max(int(t.rssi)-about, about-int(t.rssi))
			n++
		}
	}
	if a.typicals > 0 && least != math.MaxInt16 {
		step := float64(least)/100 - a.floor
		if step < 0 {
			a.floor += float64(step * floorFalls)
		} else {
			a.floor += float64(step * floorRises)
		}
	}
	if n == 0 {
		return
	}
	mean := float64(sum) / float64(n) / 100
	if a.typicals == 0 {
		a.typical, a.spread, a.floor = mean, sigmaTypical, float64(least)/100
	} else {
		rate := max(learnLevel/4, 1/float64(a.typicals+1))
		a.typical += float64((mean - a.typical) * rate)
		a.spread += float64((float64(off)/float64(n)/100 - a.spread) * rate)
	}
	a.typicals = min(a.typicals+1, 10_000)
}
