package presence

import (
	"math"
	"time"
)

// logMiss is the logarithm of the complement of a probability, by its upper eight bits.
var logMiss = logTable()

func logTable() (miss [256]float32) {
	for n := range miss {
		miss[n] = float32(math.Log(1 - (float64(n)+0.5)/256))
	}
	return miss
}

// fixed returns a probability as tags keep it.
func fixed(p float32) uint16 { return uint16(min(max(p, 0), 1) * certain) }

// share returns a probability that a tag keeps.
func share(p uint16) float32 { return float32(p) / 65536 }

// learnReads takes a hit at home after so many misses. A silence longer than maxLearnRun
// teaches nothing: the tag may have been away.
func (t tag) learnReads(run uint32, context int, l *lesson) {
	l.teach(run, context)
	if run > 0 && run <= maxLearnRun {
		for n := range run {
			t.teach(contextOf(n), 0)
		}
		if uint32(t.longest) < run {
			t.longest = uint8(run) //nolint:gosec // at most maxLearnRun
		}
	}
	t.teach(context, certain)
	if t.settled%longestWears == 0 {
		t.longest -= (t.longest + longestWears - 1) / longestWears
	}
}

// teach moves the read probability of a context towards an outcome: certain heard, 0 missed. It counts in
// 1/65536, since it is done with every read.
func (t tag) teach(context int, outcome int32) {
	heard, short, long := int32(t.read[ctxHeard]), int32(t.read[ctxShort]), int32(t.read[ctxLong])
	switch context {
	case ctxHeard:
		heard = within(heard+(outcome-heard)>>learn, ctxHeard)
		short = within(short+(heard/10*7-short)>>lendToShort, ctxShort)
		long = within(long+(short/10*8-long)>>lendToLong, ctxLong)
	case ctxShort:
		short = within(short+(outcome-short)>>learn, ctxShort)
		long = within(long+(short/10*8-long)>>lendToLong, ctxLong)
	default:
		long = within(long+(outcome-long)>>learnLong, ctxLong)
	}
	t.read = [contexts]uint16{uint16(heard), uint16(short), uint16(long)} //nolint:gosec // within limits
}

// certain is a probability of one.
const certain = 65535

func within(v int32, context int) int32 { return min(max(v, leastRead), mostRead[context]) }

// missing returns the logarithm of the probability of so many misses running, if the tag is at home.
func (t tag) missing(rounds uint32) float32 {
	return missing(rounds, logMiss[t.read[ctxHeard]>>8], logMiss[t.read[ctxShort]>>8], logMiss[t.read[ctxLong]>>8])
}

// average returns the fraction of rounds in which the tag is heard in the long run: one
// read, and then as many misses as the contexts lead to.
func (t tag) average() float32 {
	missHeard, missShort := 1-share(t.read[ctxHeard]), 1-share(t.read[ctxShort])
	run, stay := float32(0), missHeard
	for range shortRun {
		run += stay
		stay = float32(stay * missShort)
	}
	run += stay / share(t.read[ctxLong])
	return 1 / (1 + run)
}

// patience returns how many rounds running have to miss the tag before its silence is as
// improbable as the policy asks. It takes no polling: what is learnt of the tag gives it at once.
func (e *Engine) patience(t tag) uint32 {
	lack := e.unseenAt + logMiss[t.read[ctxHeard]>>8] + shortRun*logMiss[t.read[ctxShort]>>8]
	n := uint32(1 + shortRun)
	if lack > 0 {
		n += uint32(math.Ceil(float64(lack / -logMiss[t.read[ctxLong]>>8])))
	}
	return max(n, uint32(t.longest)*longestMargin/4)
}

// silentRounds returns for how many rounds of its home a tag was heard nowhere.
func (p *place) silentRounds(t tag) uint32 {
	at := max(t.heardAt, p.readableAt)
	if p.rounds <= at {
		return 0
	}
	return p.rounds - at
}

// silence returns what the silence of a tag's home speaks for its being in place to. Silences of some
// seconds have causes of their own, a hand or a folder held in front of it: between silenceShort and silenceLong
// they say no more than the shorter ones. asked is false when no antenna of the home can say anything.
//
// Short of that it is how much more probable it is, in nats, that the home has missed the tag for as long as it
// has if it is in place to than if it is at home.
func (e *Engine) silence(t tag, to state) (nats float32, asked bool) {
	p := &e.places[t.home]
	for _, ai := range p.antennas {
		asked = asked || e.answers(&e.antennas[ai])
	}
	rounds := p.silentRounds(t)
	if !asked || rounds == 0 {
		return 0, asked
	}
	// In another place it may always lie where the home's antennas do not reach.
	elsewhere := max(float32(min(rounds, maxLearnRun))*e.field.pair(to, t.home).anyMiss, -silenceShort)
	nats = max(elsewhere-t.missing(rounds), 0)
	return min(nats, silenceShort) + max(nats-silenceLong, 0), true
}

// The wheel of a place: lists of its tags by the round in which their silence is looked at,
// at most wheelRounds-1 ahead. A tag that is heard in the meantime costs nothing but that look.
const wheelRounds = 64

// schedule has the silence of tag i looked at in so many rounds of its home.
func (e *Engine) schedule(i int32, t tag, rounds uint32) {
	p := &e.places[t.home]
	t.due = p.rounds + min(max(rounds, 1), wheelRounds-1)
	first := &p.wheel[t.due%wheelRounds]
	t.next, t.prev = *first, 0
	if *first != 0 {
		e.tag(*first - 1).prev = i + 1
	}
	*first = i + 1
	t.signs |= scheduled
}

// unschedule takes tag i out of its list.
func (e *Engine) unschedule(t tag) {
	if t.signs&scheduled == 0 {
		return
	}
	t.signs &^= scheduled
	if t.next != 0 {
		e.tag(t.next - 1).prev = t.prev
	}
	if t.prev != 0 {
		e.tag(t.prev - 1).next = t.next
	} else {
		e.places[t.home].wheel[t.due%wheelRounds] = t.next
	}
	t.next, t.prev = 0, 0
}

// lookAtSilent looks at the tags of a place whose time has come in its present round.
func (e *Engine) lookAtSilent(s state, out []Finding) []Finding {
	p := &e.places[s]
	first := &p.wheel[p.rounds%wheelRounds]
	next := *first
	*first = 0
	for next != 0 {
		i := next - 1
		t := e.tag(i)
		next = t.next
		t.next, t.prev, t.signs = 0, 0, t.signs&^scheduled
		out = e.lookAtSilence(i, t, p, out)
	}
	return out
}

// lookAtSilence concludes Unseen for a tag, or has it looked at again when that can be due.
func (e *Engine) lookAtSilence(i int32, t tag, p *place, out []Finding) []Finding {

	out = e.lookAtFading(i, t, p, out)
	rounds, need := p.silentRounds(t), e.patience(t)
	quiet := min(time.Duration(milliseconds(p.watched)-t.silentSince)*time.Millisecond, p.watched-p.readableFrom)
	if rounds >= need && quiet >= e.policy.UnseenAfter && !p.shielded && t.signs&labelled == 0 {
		return e.concludeUnseen(i, t, p, quiet, out)
	}
	wait := uint32(1)
	if rounds < need {
		wait = need - rounds
	}
	if left := e.policy.UnseenAfter - quiet; left > 0 && p.pace > 0 {
		wait = max(wait, uint32(left/p.pace)) //nolint:gosec // at most an hour of rounds
	}
	e.schedule(i, t, wait)
	return out
}

// concludeUnseen appends Unseen. What was learnt of the tag's level stays.
func (e *Engine) concludeUnseen(i int32, t tag, p *place, quiet time.Duration, out []Finding) []Finding {
	odds := float64(-t.missing(p.silentRounds(t))) - unlikelyBeside
	out = append(out, Unseen{Tag: e.epcOf(i), From: p.id, Certainty: certaintyOf(odds), Evidence: e.whyUnseen(t, p, quiet)})
	e.leave(t)
	for k := range t.tracks[:t.known] {
		t.tracks[k].favour = 0
	}
	return out
}
