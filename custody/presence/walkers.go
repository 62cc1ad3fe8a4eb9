package presence

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"

	"trilock/custody/fact"
)

// walker is somebody who went through a pair of light barriers, as these tell it. Ways are measured in gaps, that
// is from one barrier to the other, from the middle of the doorway on, in the direction of the walk.
type walker struct {
	at     time.Duration // in the middle of the doorway
	speed  float64       // gaps in a second; 0 for one who stopped on the way
	inward bool
	// from and to are when the barriers were interrupted first and last.
	from, to time.Duration
	// depth is how long somebody is from front to back, in gaps, who went alone; else 0.
	depth float64
}

// cut is one interruption of a barrier.
type cut struct {
	beam    int8 // 0 is the outer
	on, off time.Duration
	ended   bool
}

// The barriers of a door.
const (
	// maxCuts bounds the interruptions that are remembered of a door, cutsTogether those that are explained together:
	// three people in a row. What is more is a crowd, of which no antenna tells who carried what.
	maxCuts      = 32
	cutsTogether = 6
	// slowest and fastest of a steady walk, in gaps a second: of half a metre, a shuffle and a run.
	slowest, fastest = 0.4, 7.0
	// slackTime and slackWay are how far a barrier may be from what a steady walk predicts, in seconds and in gaps:
	// inputs are polled, and arms swing.
	slackTime, slackWay = 0.05, 0.08
)

// interrupted notes a change of a barrier.
func (d *door) interrupted(now time.Duration, beam int8, on bool) {
	if on {
		if len(d.cuts) >= maxCuts {
			d.cuts = d.cuts[:copy(d.cuts, d.cuts[1:])]
		}
		d.cuts = append(d.cuts, cut{beam: beam, on: now})
		return
	}
	for k := len(d.cuts) - 1; k >= 0; k-- {
		if c := &d.cuts[k]; c.beam == beam && !c.ended {
			c.off, c.ended = now, true
			return
		}
	}
}

// passersBy returns who went through the barriers between two instants.
func (d *door) passersBy(from, to time.Duration) (list []walker) {
	first := 0
	for k := range d.cuts {
		if c := &d.cuts[k]; k > first && c.on > d.cuts[k-1].off+stepTakes && d.cuts[k-1].ended {
			list = d.explained(list, d.cuts[first:k], from, to)
			first = k
		}
	}
	if first < len(d.cuts) {
		list = d.explained(list, d.cuts[first:], from, to)
	}
	return list
}

// explained appends who explains interruptions that follow closely upon one another: as few people as can have
// made them. Those whom nothing explains but somebody who turned round are nobody.
func (d *door) explained(list []walker, cuts []cut, from, to time.Duration) []walker {
	last := cuts[len(cuts)-1]
	if !last.ended {
		last.off = to
	}
	if last.off < from || cuts[0].on > to || len(cuts) < 2 {
		return list
	}
	if len(cuts) <= cutsTogether && last.ended {
		if people := newPuzzle(cuts, d.gait.depth).solve(); people != nil {
			return append(list, people...)
		}
	}
	for _, c := range d.crossings {
		if c.at >= cuts[0].on && c.at <= last.off {
			list = append(list, walker{at: c.at, inward: c.inward, from: cuts[0].on, to: last.off})
		}
	}
	return list
}

// wayByWalkers tells the way of a tag by which of those who went through the barriers can have carried it.
func (d *door) wayByWalkers(tr *transit) way {
	if d.stuck(tr.last) {
		return d.wayUntold(tr)
	}
	people := d.passersBy(tr.from-beamSlack, tr.last+beamSlack)
	odd := gaitOddAlone
	if len(people) > 1 {
		odd = gaitOdd
	}
	var best [2]float64 // by direction: outward, inward
	var who [2]*walker
	for k := range people {
		w := &people[k]
		h, heard := tr.profile(w)
		if !heard {
			continue
		}
		nats, possible := d.gait.fits(*w, h, tr.from, odd)
		side := sideNumber(w.inward)
		if possible && (who[side] == nil || nats > best[side]) {
			best[side], who[side] = nats, w
		}
	}
	switch {
	case who[0] == nil && who[1] == nil:
		return way{}
	case who[0] != nil && who[1] != nil:
		return eitherWay(best[1] - best[0])
	}
	w := cmp.Or(who[0], who[1])
	if len(people) == 1 {
		d.learnFrom(w, tr)
	}
	return way{passed: true, inward: w.inward, nats: aloneSure, why: fmt.Sprintf("the light barriers were crossed %s %v after it was first heard",
		sideName(w.inward), (w.at - tr.from).Round(100*time.Millisecond))}
}

// stuck reports whether a barrier has been interrupted for longer than anybody stands in it: dirt, a trolley, a cut line.
func (d *door) stuck(now time.Duration) bool {
	return slices.ContainsFunc(d.cuts, func(c cut) bool { return !c.ended && now-c.on > stuckAfter })
}

// wayUntold takes a tag for carried through that was heard once, as strongly as those that were, while the leaf was
// open. Without barriers nobody can say which way.
func (d *door) wayUntold(tr *transit) way {
	opened := d.contacted && (d.open || d.shutAt >= tr.from)
	if !opened || tr.stays > 0 || len(d.gait.carries) < gaitEnough || d.gait.peak.off(float64(tr.peak)) < -2 {
		return way{}
	}
	return way{passed: true, unsure: true, why: "heard as those are that are carried through, but a light barrier is interrupted all the time: which way it went cannot be told"}
}

// learnFrom lets the only person at a door teach how tags are heard there. What was heard near the door before may
// be lying there, and what one person carries together teaches once.
func (d *door) learnFrom(w *walker, tr *transit) {
	if w.speed == 0 || tr.stays > 0 || w.at == d.taughtBy {
		return
	}
	if h, heard := tr.profile(w); heard {
		d.taughtBy = w.at
		d.gait.learn(h.carriedBy(*w, tr.from))
	}
}

// eitherWay weighs one who went in against one who went out at the same time.
func eitherWay(inward float64) way {
	if math.Abs(inward) < waySure {
		return way{passed: true, unsure: true, why: "the light barriers were crossed both ways at the same time, and either fits: which way it went cannot be told"}
	}
	return way{passed: true, inward: inward > 0, nats: math.Abs(inward),
		why: fmt.Sprintf("the light barriers were crossed both ways; when and how long it was heard fits the one who went %s", sideName(inward > 0))}
}

// edge is a barrier's being interrupted, or free again.
type edge struct {
	at   float64 // seconds from the first
	beam int8
	on   bool
}

// puzzle is a set of interruptions for which walkers are sought.
type puzzle struct {
	cuts  []cut
	edges []edge
	half  float64 // half of a walker from front to back, in gaps
}

// piece is a walker who may have made some of the edges, as a set of bits, and how badly they fit.
type piece struct {
	walker
	seconds float64 // at, from the first edge
	edges   uint16
	misfit  float64
}

func newPuzzle(cuts []cut, depth float64) *puzzle {
	p := &puzzle{cuts: cuts, half: depth / 2}
	for _, c := range cuts {
		p.edges = append(p.edges, edge{(c.on - cuts[0].on).Seconds(), c.beam, true}, edge{(c.off - cuts[0].on).Seconds(), c.beam, false})
	}
	return p
}

// way returns where a walker is at an edge.
func (p *puzzle) way(e edge, inward bool) float64 {
	y := 0.5 // at the second barrier
	if (e.beam == 0) == inward {
		y = -0.5
	}
	if e.on {
		return y - p.half
	}
	return y + p.half
}

// solve returns the fewest people, one or two, whose steady walks explain every edge; nil when there are none.
func (p *puzzle) solve() []walker {
	all := uint16(1)<<len(p.edges) - 1
	pieces := p.pieces()
	best, misfit := [2]int{-1, -1}, math.Inf(1)
	for k := range pieces {
		if pieces[k].edges == all && pieces[k].misfit < misfit {
			best, misfit = [2]int{k, -1}, pieces[k].misfit
		}
	}
	for k := range pieces {
		if best[0] >= 0 && best[1] < 0 {
			break // one is enough
		}
		for l := range k {
			if sum := pieces[k].misfit + pieces[l].misfit; pieces[k].edges|pieces[l].edges == all && sum < misfit && p.fill(&pieces[k], &pieces[l]) {
				best, misfit = [2]int{k, l}, sum
			}
		}
	}
	var people []walker
	for _, k := range best {
		if k >= 0 {
			people = append(people, p.refine(pieces[k]))
		}
	}
	if len(people) == 1 && len(p.cuts) == 2 {
		people[0].depth = (p.edges[1].at - p.edges[0].at + p.edges[3].at - p.edges[2].at) / 2 * people[0].speed
	}
	return people
}

// pieces returns the steady walks that two of the edges determine, as far as all of them is covered by interruptions.
func (p *puzzle) pieces() (list []piece) {
	for _, inward := range []bool{false, true} {
		for a := range p.edges {
			for b := range a {
				from, to := p.edges[b], p.edges[a]
				if from.at > to.at {
					from, to = to, from
				}
				way, took := p.way(to, inward)-p.way(from, inward), to.at-from.at
				if way <= 0 || took <= 0 || way < slowest*took || way > fastest*took {
					continue
				}
				one := piece{walker: walker{speed: way / took, inward: inward}}
				one.seconds = from.at - p.way(from, inward)/one.speed
				if p.fit(&one) {
					list = append(list, one)
				}
			}
		}
	}
	return list
}

// fit finds the edges that a walk explains; false when one of the barriers was free while the walker was in it.
func (p *puzzle) fit(one *piece) bool {
	slack := slackTime + slackWay/one.speed
	for beam := range int8(2) {
		on, off := p.stay(beam, one)
		covered := false
		for k, c := range p.cuts {
			start, end := p.edges[2*k], p.edges[2*k+1]
			if c.beam != beam || on < start.at-slack || off > end.at+slack {
				continue
			}
			covered = true
			for e, apart := range [2]float64{math.Abs(on - start.at), math.Abs(off - end.at)} {
				if apart <= slack {
					one.edges |= 1 << (2*k + e)
					one.misfit += float64(apart / slack * (apart / slack))
				}
			}
		}
		if !covered {
			return false
		}
	}
	return bits.OnesCount16(one.edges) >= 2
}

// fill reports whether two walks leave no barrier free while it was interrupted.
func (p *puzzle) fill(a, b *piece) bool {
	for k, c := range p.cuts {
		if both := uint16(3) << (2 * k); a.edges&both == both || b.edges&both == both {
			continue
		}
		first, second := a, b
		if b.edges&(1<<(2*k)) != 0 {
			first, second = b, a
		}
		_, off := p.stay(c.beam, first)
		on, _ := p.stay(c.beam, second)
		if on > off+slackTime+slackWay/min(a.speed, b.speed) {
			return false
		}
	}
	return true
}

// stay returns when a walker interrupts a barrier, in seconds.
func (p *puzzle) stay(beam int8, one *piece) (on, off float64) {
	on = one.seconds + p.way(edge{beam: beam, on: true}, one.inward)/one.speed
	off = one.seconds + p.way(edge{beam: beam}, one.inward)/one.speed
	return on, off
}

// refine fits the walk to all edges that it explains, by least squares.
func (p *puzzle) refine(one piece) walker {
	n, sumT, sumY, sumTT, sumTY := 0.0, 0.0, 0.0, 0.0, 0.0
	for k, e := range p.edges {
		if one.edges&(1<<k) != 0 {
			y := p.way(e, one.inward)
			n, sumT, sumY = n+1, sumT+e.at, sumY+y
			sumTT += float64(e.at * e.at)
			sumTY += float64(e.at * y)
		}
	}
	w := one.walker
	seconds := one.seconds
	if speed := (float64(n*sumTY) - float64(sumT*sumY)) / (float64(n*sumTT) - float64(sumT*sumT)); speed >= slowest/2 && speed <= 2*fastest {
		w.speed, seconds = speed, (sumT-sumY/speed)/n
	}
	after := func(seconds float64) time.Duration { return p.cuts[0].on + time.Duration(seconds*float64(time.Second)) }
	w.at = after(seconds)
	w.from, w.to = after(seconds-(0.5+p.half)/w.speed), after(seconds+(0.5+p.half)/w.speed)
	return w
}

// carry is one tag carried through by the only person who went through at that time.
type carry struct {
	place float64 // how far that one was, in gaps, when half of it was heard
	width float64 // for how long it was heard, as the logarithm of gaps
	peak  float64 // dB; 0 when the reader tells none
	depth float64 // of a walker from front to back, in gaps

	inward bool
}

// gait is how tags are heard that are carried through a door, as its last carries have shown.
type gait struct {
	carries     []carry // the oldest gives way to the next
	next        int
	place       [2]trait // outward and inward: the antenna may hang nearer to one side
	width, peak trait
	depth       float64
}

// trait is what is usual, and how far from it is: the middle of all and of their distances from it, so that a folder
// which lay near the door and was taken for one that was carried does no harm.
type trait struct{ usual, spread float64 }

// startGait is believed until a door has taught its own: antennas over the doorway, barriers half a metre apart.
var startGait = gait{place: [2]trait{{-1, 0.7}, {-1, 0.7}}, width: trait{1, 0.35}, peak: trait{0, math.Inf(1)}, depth: 0.7}

const (
	gaitKept   = 48  // carries
	gaitEnough = 6   // carries until they count
	gaitWide   = 1.1 // what few carries show is narrower than what is to come
	gaitTail   = 6.0 // of the bell curve's flanks: how fast odd walks stop to speak
	// gaitOdd: what is heard further from the usual, in standard deviations, somebody else carried, or nobody;
	// gaitOddAlone where there is nobody else.
	gaitOdd      = 5.5
	gaitOddAlone = 9.0
	// No door is as regular as some carries may suggest: spreads are no less than these.
	leastPlace, leastWidth, leastPeak = 0.1, 0.06, 3.0
)

func (x trait) off(v float64) float64 { return (v - x.usual) / (gaitWide * x.spread) }

// sideNumber numbers the directions.
func sideNumber(inward bool) int {
	if inward {
		return 1
	}
	return 0
}

// nats returns the logarithm of how likely v is.
func (x trait) nats(v float64) float64 {
	z := x.off(v)
	return -gaitTail * math.Log1p(float64(z*z)/(2*gaitTail))
}

// traitOf returns what some values have in common. It puts them into order.
func traitOf(values []float64, least float64) trait {
	const normal = 1.4826 // the standard deviation of a bell curve whose middle distance is 1
	slices.Sort(values)
	x := trait{usual: values[len(values)/2]}
	for k, v := range values {
		values[k] = math.Abs(v - x.usual)
	}
	slices.Sort(values)
	x.spread = max(normal*values[len(values)/2]*(1+2/float64(len(values))), least)
	return x
}

// profile is what a door's antennas heard of a tag: when half of it was heard, for how long, and how strongly at most.
type profile struct {
	middle, width float64 // seconds from the beginning of the transit
	peak          float64 // dB; 0 when the reader tells none
	stands        bool    // heard as well before and after: it lies there
}

// carriedBy returns the carry that a tag's transit, begun at an instant, would be if that walker had it.
func (h profile) carriedBy(w walker, from time.Duration) carry {
	return carry{
		place: float64((h.middle - (w.at - from).Seconds()) * w.speed), width: math.Log(float64(h.width * w.speed)),
		peak: h.peak, depth: w.depth, inward: w.inward,
	}
}

// fits returns how likely it is that a walker carried what was heard, in nats; false when that is further from the
// usual than odd, in standard deviations.
func (g *gait) fits(w walker, h profile, from time.Duration, odd float64) (nats float64, possible bool) {
	if h.stands || h.peak != 0 && g.peak.off(h.peak) < -gaitOdd {
		return 0, false
	}
	if w.speed == 0 {
		return 0, math.Abs(h.middle-(w.at-from).Seconds()) <= beamSlack.Seconds()
	}
	c := h.carriedBy(w, from)
	place := g.place[sideNumber(w.inward)]
	nats = place.nats(c.place) + g.width.nats(c.width) + math.Log(w.speed) - math.Log(place.spread)
	return nats, math.Abs(place.off(c.place)) <= odd && math.Abs(g.width.off(c.width)) <= odd
}

// learn keeps a carry, and finds out what is usual.
func (g *gait) learn(c carry) {
	if len(g.carries) < gaitKept {
		g.carries = append(g.carries, c)
	} else {
		g.carries[g.next] = c
		g.next = (g.next + 1) % gaitKept
	}
	if len(g.carries) < gaitEnough {
		return
	}
	var room [gaitKept]float64
	of := func(get func(*carry) (float64, bool), least float64) trait {
		values := room[:0]
		for k := range g.carries {
			if v, told := get(&g.carries[k]); told {
				values = append(values, v)
			}
		}
		if len(values) < gaitEnough {
			return trait{0, math.Inf(1)}
		}
		return traitOf(values, least)
	}
	g.learnPlace(of)
	g.width = of(func(c *carry) (float64, bool) { return c.width, true }, leastWidth)
	g.peak = of(func(c *carry) (float64, bool) { return c.peak, c.peak != 0 }, leastPeak)
	if depth := of(func(c *carry) (float64, bool) { return c.depth, c.depth != 0 }, 0); depth.usual > 0 {
		g.depth = depth.usual
	}
}

// learnPlace finds out where carriers are, for both directions together unless they clearly differ.
func (g *gait) learnPlace(of func(get func(*carry) (float64, bool), least float64) trait) {
	both := of(func(c *carry) (float64, bool) { return c.place, true }, leastPlace)
	var each [2]trait
	for side := range each {
		each[side] = of(func(c *carry) (float64, bool) { return c.place, sideNumber(c.inward) == side }, leastPlace)
	}
	if math.Abs(each[0].usual-each[1].usual) > each[0].spread+each[1].spread { // never of an infinite one
		g.place = each
		return
	}
	g.place = [2]trait{both, both}
}

// LearntDoor is how tags were heard that were carried through a door under one antenna, one after the other, oldest first.
type LearntDoor struct {
	Door    fact.DoorID   `json:"door"`
	Carries []LearntCarry `json:"carries"`
}

// LearntCarry is one of them. A gap is the way from one light barrier to the other.
type LearntCarry struct {
	Place float64 `json:"place"` // where its carrier was, in gaps from the middle of the doorway, when half of it was heard
	Width float64 `json:"width"` // the logarithm of the gaps for which it was heard
	Peak  float64 `json:"peak"`  // dB; 0 when the reader tells none
	Depth float64 `json:"depth"` // of the carrier from front to back, in gaps

	Inward bool `json:"inward"`
}

// mostGaps bounds what a door can have learnt: a hundred of them are a long corridor.
const mostGaps = 100.0

// learnt returns what a door has learnt, if it has learnt anything.
func (d *door) learnt() []LearntDoor {
	if len(d.gait.carries) == 0 {
		return nil
	}
	x := LearntDoor{Door: d.ID}
	for k := range d.gait.carries {
		c := d.gait.carries[(d.gait.next+k)%len(d.gait.carries)]
		x.Carries = append(x.Carries, LearntCarry{c.place, c.width, c.peak, c.depth, c.inward})
	}
	return []LearntDoor{x}
}

// teach gives a door what one of its name has learnt.
func (d *door) teach(list []LearntDoor) {
	for _, x := range list {
		if x.Door != d.ID {
			continue
		}
		d.gait = startGait
		for _, c := range x.Carries {
			d.gait.learn(carry{c.Place, c.Width, c.Peak, c.Depth, c.Inward})
		}
	}
}

// check returns what no door can have learnt.
func (x LearntDoor) check() (errs []error) {
	if len(x.Carries) > gaitKept {
		errs = append(errs, fmt.Errorf("%d carries through door %q, must be at most %d", len(x.Carries), x.Door, gaitKept))
	}
	for k, c := range x.Carries {
		for _, v := range []struct {
			name      string
			v, lo, hi float64
		}{{"place", c.Place, -mostGaps, mostGaps}, {"width", c.Width, -mostGaps, mostGaps}, {"peak", c.Peak, -maxLevel, maxLevel}, {"depth", c.Depth, 0, mostGaps}} {
			if !(v.v >= v.lo && v.v <= v.hi) { // not a number is nowhere
				errs = append(errs, fmt.Errorf("the %s of carry %d through door %q is %v, must be %v to %v", v.name, k+1, x.Door, v.v, v.lo, v.hi))
			}
		}
	}
	return errs
}
