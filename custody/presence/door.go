package presence

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"trilock/custody/fact"
)

// Door is a passage whose crossings are told: direction, and with whom. It needs antennas on
// both sides, or antennas over it and a pair of light barriers.
type Door struct {
	ID fact.DoorID
	// Outer and Inner are the antennas nearer to either side. An antenna over the doorway is in both.
	Outer, Inner []fact.Antenna
	// OuterBeam and InnerBeam are light barriers, one behind the other across the way; active: interrupted.
	OuterBeam, InnerBeam Point
	// Contact is the door's; active: open.
	Contact Point
	// EntryReader is the badge reader outside, ExitReader the one inside.
	EntryReader, ExitReader fact.DeviceID
}

// Point is one input of a device. Without a device there is none.
type Point struct {
	Device fact.DeviceID
	Input  uint8
}

// The times of a crossing.
const (
	binTime = 200 * time.Millisecond // of the profile of a transit
	bins    = 64                     // so many are kept: thirteen seconds, a person who stops in the doorway included
	// transitEnds: a tag that no antenna of the door has heard for so long has gone through, or away.
	transitEnds = 1500 * time.Millisecond
	// beamSlack is how far the middle of a transit and the barriers may be apart.
	beamSlack = 3 * time.Second
	// stepTakes bounds the time from one barrier to the other: who stands between them stands in the doorway.
	stepTakes = 4 * time.Second
	// badgeBefore and badgeAfter are the window in which a badge belongs to a crossing.
	badgeBefore = 15 * time.Second
	badgeAfter  = 4 * time.Second
	// stuckAfter: a barrier that is interrupted for longer says nothing any more.
	stuckAfter = 30 * time.Second
	// comesFor: so long before and after a crossing, who walks slowly may be heard.
	comesFor = 6 * time.Second
	// restBins: who is heard for so many bins before and after a crossing, and then restLess times as weakly at most,
	// in amplitude, was not carried through.
	restBins = 10
	restLess = 2.0
	// contactSlack: the leaf may be shut behind somebody before the tag is heard last.
	contactSlack = 4 * time.Second
	// residentWears: so slowly, in parts of a bin, follows what a tag is heard like that lies near the door.
	residentWears = 64
)

// Levels at a door, in dB.
const (
	// aside is how far, as a part of all, one side must outweigh the other at either end of a transit.
	aside = 0.15
	// endPart: an end of a transit is that part of all that was heard of it.
	endPart = 8
	// waySure are the odds, in nats, at which a direction is told where somebody else went the other way: twenty to one.
	waySure = 3.0
	// aloneSure is how sure the direction is, in nats, when the barriers were crossed one way only: they fail at times.
	aloneSure = 7.0
	// nearer: a tag that lies near the door and is carried through is heard so much stronger.
	nearer = 6.0
)

// door is a Door and what is just going on at it.
type door struct {
	Door
	beams     [2]bool
	freeAt    [2]time.Duration // when each was free again
	entered   int8             // the barrier that was interrupted and awaits the other, or -1
	turned    *crossing        // the crossing that was taken back because somebody turned round
	open      bool
	contacted bool // the contact has spoken
	openAt    time.Duration
	shutAt    time.Duration
	crossings []crossing // the last ones that the barriers told, oldest first
	cuts      []cut      // the last interruptions of the barriers, oldest first
	gait      gait
	taughtBy  time.Duration // when the walker passed who last taught it: what one carries teaches once
	badges    []badge       // the last ones shown, oldest first
	transits  map[int32]*transit
	nextLook  time.Duration
}

type crossing struct {
	at     time.Duration
	inward bool
}

type badge struct {
	at       time.Duration
	card     fact.CardID
	entering bool
}

// transit is what a door's antennas hear of one tag.
type transit struct {
	from, last time.Duration
	// bin is the number of the last bin, counted from the engine's beginning; energy is what each side
	// heard in it and those before, in a ring.
	bin    int64
	energy [bins][2]float32
	roots  [bins]float32 // of the amplitudes, which let the flanks count
	peak   float32       // dB, in this transit
	// resident is the level at which the tag is heard while it passes nobody, stays how many bins taught it.
	resident float32
	stays    int32
	live     bool
}

// checkDoors returns what is wrong with the site's doors.
func (s Site) checkDoors(antennas map[fact.Antenna]bool) error {
	var errs []error
	if len(s.Doors) > MaxDoors {
		errs = append(errs, fmt.Errorf("%d doors: at most %d", len(s.Doors), MaxDoors))
	}
	seen, taken := map[fact.DoorID]bool{}, map[fact.Antenna]fact.DoorID{}
	for _, d := range s.Doors {
		if seen[d.ID] || d.ID == "" {
			errs = append(errs, fmt.Errorf("door %q has no name or is listed twice", d.ID))
		}
		seen[d.ID] = true
		if len(d.Outer) == 0 || len(d.Inner) == 0 {
			errs = append(errs, fmt.Errorf("door %q needs an antenna for either side", d.ID))
		}
		for _, a := range slices.Concat(d.Outer, d.Inner) {
			if !antennas[a] {
				errs = append(errs, fmt.Errorf("door %q names antenna %s, which is none of the site", d.ID, a))
			}
			if of, is := taken[a]; is && of != d.ID {
				errs = append(errs, fmt.Errorf("door %q names antenna %s, which is at door %q", d.ID, a, of))
			}
			taken[a] = d.ID
		}
		if (d.OuterBeam.Device == "") != (d.InnerBeam.Device == "") {
			errs = append(errs, fmt.Errorf("door %q has one light barrier: a direction takes two", d.ID))
		}
		if !d.sided() && d.OuterBeam.Device == "" {
			errs = append(errs, fmt.Errorf("door %q: one antenna tells no direction without two light barriers", d.ID))
		}
	}
	return errors.Join(errs...)
}

// sided reports whether the antennas of the two sides differ.
func (d *Door) sided() bool {
	return !slices.ContainsFunc(d.Outer, func(a fact.Antenna) bool { return slices.Contains(d.Inner, a) })
}

// addDoors builds the doors of a checked site.
func (e *Engine) addDoors(doors []Door) {
	for _, d := range doors {
		n := int16(len(e.doors)) //nolint:gosec // at most MaxDoors
		e.doors = append(e.doors, &door{Door: d, transits: map[int32]*transit{}, entered: -1, gait: startGait})
		for side, list := range [][]fact.Antenna{d.Outer, d.Inner} {
			for _, a := range list {
				x := &e.antennas[e.antennaOf[a]]
				x.door, x.sides = n+1, x.sides|1<<side
			}
		}
	}
}

// Input takes a change of an input, and appends what falls due. Inputs of no door are none of its business.
func (e *Engine) Input(now fact.Stamp, in fact.InputChanged, out []Finding) []Finding {
	out = e.Advance(now, out)
	at := Point{in.Device, in.Input}
	for _, d := range e.doors {
		switch {
		case at.Device == "":
		case at == d.OuterBeam:
			d.beam(e.now, 0, in.State == fact.InputActive)
		case at == d.InnerBeam:
			d.beam(e.now, 1, in.State == fact.InputActive)
		case at == d.Contact:
			d.contact(e.now, in.State)
		}
	}
	return out
}

// Badge takes a card shown at a door's reader, and appends what falls due.
func (e *Engine) Badge(now fact.Stamp, b fact.BadgeShown, out []Finding) []Finding {
	out = e.Advance(now, out)
	for _, d := range e.doors {
		if b.Reader == "" || b.Reader != d.EntryReader && b.Reader != d.ExitReader {
			continue
		}
		if len(d.badges) >= maxBadges {
			d.badges = slices.Delete(d.badges, 0, 1)
		}
		d.badges = append(d.badges, badge{at: e.now, card: b.Card, entering: b.Reader == d.EntryReader})
	}
	return out
}

// contact notes the leaf. One whose contact is at fault may be open.
func (d *door) contact(now time.Duration, state fact.InputState) {
	switch open := state != fact.InputInactive; {
	case state == fact.InputUnknown:
		d.contacted = false
	case open && (!d.open || !d.contacted):
		d.open, d.contacted, d.openAt = true, true, now
	case !open:
		if d.open || !d.contacted {
			d.shutAt = now
		}
		d.open, d.contacted = false, true
	}
}

// beam follows the barriers, of which one body may or may not interrupt both at a time. Who interrupts one and
// then the other has crossed; who then interrupts the first again, at once, has turned round, unless the other follows once more.
func (d *door) beam(now time.Duration, side int, on bool) {
	if d.beams[side] == on {
		return
	}
	d.beams[side] = on
	d.interrupted(now, int8(side), on) //nolint:gosec // 0 or 1
	if !on {
		d.freeAt[side] = now
		return
	}
	other := 1 - side
	soon := func(s int) bool { return d.beams[s] || d.freeAt[s] > 0 && now-d.freeAt[s] <= stepTakes }
	switch {
	case d.turned != nil && d.turned.inward == (side == 1) && soon(other):
		d.addCrossing(*d.turned) // that one was through, and this is another
		d.turned = nil
		d.addCrossing(crossing{at: now, inward: side == 1})
		d.entered = -1
	case d.entered == int8(other) && soon(other): //nolint:gosec // 0 or 1
		d.addCrossing(crossing{at: now, inward: side == 1})
		d.entered = -1
	case len(d.crossings) > 0 && d.entered < 0 && soon(other) && d.crossings[len(d.crossings)-1].inward == (other == 1):
		last := len(d.crossings) - 1
		turned := d.crossings[last]
		d.turned, d.crossings = &turned, d.crossings[:last]
		d.entered = -1
	default:
		d.turned, d.entered = nil, int8(side) //nolint:gosec // 0 or 1
	}
}

func (d *door) addCrossing(c crossing) {
	if len(d.crossings) >= maxCrossings {
		d.crossings = slices.Delete(d.crossings, 0, 1)
	}
	d.crossings = append(d.crossings, c)
}

// atDoor takes what a door's antenna heard of a tag.
func (e *Engine) atDoor(i int32, a *antenna, t tag) {
	d := e.doors[a.door-1]
	tr := d.transits[i]
	if tr == nil {
		if len(d.transits) >= maxTransits && !d.forget(e.now) {
			e.counts.TransitsDropped++
			return
		}
		tr = &transit{}
		d.transits[i] = tr
	}
	if !tr.live {
		*tr = transit{from: e.now, peak: -maxLevel, bin: int64(e.now / binTime), live: true, resident: tr.resident, stays: tr.stays}
	}
	level := float32(0)
	if t.rssi != fact.RSSIUnknown {
		level = float32(t.rssi) / 100
	}
	tr.last = e.now
	tr.peak = max(tr.peak, level)
	bin := int64(e.now / binTime)
	for ; tr.bin < bin; tr.bin++ {
		tr.energy[(tr.bin+1)%bins], tr.roots[(tr.bin+1)%bins] = [2]float32{}, 0
	}
	amplitude := math.Exp2(float64(level) / 6) // not power: near is not all
	tr.roots[bin%bins] += float32(math.Sqrt(amplitude))
	for side := range 2 {
		if a.sides&(1<<side) != 0 {
			tr.energy[bin%bins][side] += float32(amplitude)
		}
	}
	due := e.now + transitEnds
	if d.nextLook == 0 || due < d.nextLook {
		d.nextLook = due
	}
}

// forget drops the transit that ended longest ago; false when all are live.
func (d *door) forget(now time.Duration) bool {
	oldest, at := int32(-1), now
	for i, tr := range d.transits {
		if !tr.live && (tr.last < at || tr.last == at && i < oldest) {
			oldest, at = i, tr.last
		}
	}
	if oldest < 0 {
		return false
	}
	delete(d.transits, oldest)
	return true
}

// lookAtDoors appends Passage for the tags whose transits have ended.
func (e *Engine) lookAtDoors(out []Finding) []Finding {
	for _, d := range e.doors {
		if d.nextLook == 0 || e.now < d.nextLook {
			continue
		}
		d.nextLook = 0
		var ended []int32
		for i, tr := range d.transits {
			switch {
			case !tr.live:
			case e.now-tr.last >= transitEnds:
				ended = append(ended, i)
			case d.nextLook == 0 || tr.last+transitEnds < d.nextLook:
				d.nextLook = tr.last + transitEnds
			}
		}
		slices.SortFunc(ended, func(a, b int32) int {
			return cmp.Or(cmp.Compare(d.transits[a].last, d.transits[b].last), compareEPC(e.epcOf(a), e.epcOf(b)))
		})
		for _, i := range ended {
			out = e.conclude(d, i, out)
		}
	}
	return out
}

// conclude ends a transit.
func (e *Engine) conclude(d *door, i int32, out []Finding) []Finding {
	tr := d.transits[i]
	tr.live = false
	w := d.way(tr)
	if !w.passed {
		tr.settle()
		return out
	}
	tr.stays /= 2 // it may lie somewhere else near the door next time
	p := Passage{Tag: e.epcOf(i), Door: d.ID, Inward: w.inward, Unsure: w.unsure, Certainty: certaintyOf(w.nats), Evidence: w.why}
	p.With = d.carriers(tr, w)
	return append(out, p)
}

// settle learns how a tag is heard that passes nobody: it lies near the door.
func (tr *transit) settle() {
	n := int32(1 + (tr.last-tr.from)/binTime)
	tr.stays = min(tr.stays+n, residentWears)
	tr.resident += (tr.peak - tr.resident) * float32(min(n, tr.stays)) / float32(tr.stays)
}

// way is which way a tag went through a door.
type way struct {
	passed, inward bool
	// unsure: it did go through, and nobody can say which way.
	unsure bool
	nats   float64 // how sure the direction is
	why    string
}

// way returns which way a tag went, if it went through.
func (d *door) way(tr *transit) way {
	if d.shut(tr) || tr.stays >= residentWears/4 && tr.peak < tr.resident+nearer {
		return way{}
	}
	if d.sided() {
		return d.wayBySides(tr)
	}
	return d.wayByWalkers(tr)
}

// wayBySides tells the way by which side hears the tag first, and which last. Barriers that were crossed the same
// way make it surer.
func (d *door) wayBySides(tr *transit) way {
	start, end, middle := tr.sides()
	w := way{passed: true, inward: start <= -aside && end >= aside}
	if !w.inward && !(start >= aside && end <= -aside) {
		return way{}
	}
	w.nats = 2 + 3*math.Abs(float64(end-start))
	w.why = fmt.Sprintf("heard for %v, at first %s, at the end %s", (tr.last - tr.from).Round(100*time.Millisecond), sideOf(start), sideOf(end))
	if best := d.crossingOf(tr, middle); best != nil && best.inward == w.inward {
		w.nats += 2
		w.why += "; the light barriers were crossed " + sideName(w.inward)
	}
	return w
}

// sideOf says how much of what was heard is the stronger side's.
func sideOf(share float32) string {
	if share > 0 {
		return fmt.Sprintf("%.0f of 100 inside", 50+50*share)
	}
	return fmt.Sprintf("%.0f of 100 outside", 50-50*share)
}

func sideName(inward bool) string {
	if inward {
		return "inward"
	}
	return "outward"
}

// crossingOf returns the crossing of the barriers that is nearest to the middle of a transit.
func (d *door) crossingOf(tr *transit, middle time.Duration) (best *crossing) {
	apart := func(c *crossing) time.Duration { return max(c.at-middle, middle-c.at) }
	for k := range d.crossings {
		c := &d.crossings[k]
		if apart(c) <= beamSlack && c.at >= tr.from-transitEnds && c.at <= tr.last+transitEnds && (best == nil || apart(c) < apart(best)) {
			best = c
		}
	}
	return best
}

// shut reports whether the door was shut all the time.
func (d *door) shut(tr *transit) bool {
	return d.contacted && !d.open && d.shutAt < tr.from-contactSlack
}

// sides returns how far the inner side outweighs the outer, -1 to 1, in the first and in the last third of
// what was heard, and when the middle of it was.
func (tr *transit) sides() (start, end float32, middle time.Duration) {
	total, moment := float32(0), float32(0)
	first := tr.bin - bins + 1
	at := func(k int64) [2]float32 { return tr.energy[((k%bins)+bins)%bins] }
	for k := first; k <= tr.bin; k++ {
		x := at(k)
		total += x[0] + x[1]
		moment += float32(k-first) * (x[0] + x[1])
	}
	if total == 0 {
		return 0, 0, tr.last
	}
	middle = time.Duration(float64(first)+float64(moment/total)+0.5) * binTime
	share := func(step int64, from int64) float32 {
		var sum [2]float32
		for k := from; k >= first && k <= tr.bin && sum[0]+sum[1] < total/endPart; k += step {
			x := at(k)
			sum[0] += x[0]
			sum[1] += x[1]
		}
		return (sum[1] - sum[0]) / (sum[0] + sum[1])
	}
	return share(1, first), share(-1, tr.bin), middle
}

// profile returns what was heard around somebody's crossing; false when that was nothing.
func (tr *transit) profile(w *walker) (p profile, heard bool) {
	sum, sumT, roots, rootsT, rootsTT := 0.0, 0.0, 0.0, 0.0, 0.0
	var near, far float64
	nearBins, farBins := 0, 0
	for k := max(tr.bin-bins+1, int64(tr.from/binTime)); k <= tr.bin; k++ {
		slot := ((k % bins) + bins) % bins
		x, at := tr.energy[slot], time.Duration(k)*binTime+binTime/2
		a, root := float64(max(x[0], x[1])), float64(tr.roots[slot])
		if at >= w.from-beamSlack && at <= w.to+beamSlack {
			near += a
			nearBins++
		} else {
			far += a
			farBins++
		}
		if at < w.from-comesFor || at > w.to+comesFor {
			continue
		}
		t := (at - tr.from).Seconds()
		sum += a
		sumT += float64(a * t)
		roots += root
		rootsT += float64(root * t)
		rootsTT += float64(float64(root*t) * t)
	}
	if near == 0 {
		return p, false
	}
	p = profile{middle: sumT / sum, peak: float64(tr.peak)}
	mean := rootsT / roots
	p.width = math.Sqrt(max(rootsTT/roots-float64(mean*mean), 0) + float64(binTime.Seconds()*binTime.Seconds())/12)
	p.stands = farBins >= restBins && float64(near*float64(farBins)) < float64(restLess*float64(far*float64(nearBins)))
	return p, true
}

// carriers returns who may have carried a tag through: those who showed a badge in the direction of the
// crossing and within its time, the likeliest first.
func (d *door) carriers(tr *transit, w way) []Carrier {
	var list []Carrier
	total := 0.0
	for k := len(d.badges) - 1; k >= 0; k-- {
		b := &d.badges[k]
		if b.at < tr.from-badgeBefore || b.at > tr.last+badgeAfter {
			continue
		}
		if slices.ContainsFunc(list, func(c Carrier) bool { return c.Card == b.card }) {
			continue
		}
		weight := math.Exp(-max(tr.from-b.at, 0).Seconds() / badgeBefore.Seconds())
		if b.entering != w.inward && !w.unsure { // they badged the other way: somebody who held the door
			weight /= heldDoor
		}
		list = append(list, Carrier{Card: b.card, weight: weight})
		total += weight
	}
	slices.SortStableFunc(list, func(a, b Carrier) int { return cmp.Compare(b.weight, a.weight) })
	for k := range list {
		// Somebody may have slipped through who showed none.
		list[k].Certainty = certaintyOf(oddsOf64(list[k].weight / (total + unbadged)))
	}
	return slices.DeleteFunc(list, func(c Carrier) bool { return c.Certainty < leastCarrier })
}

// unbadged is what may speak for a person who showed no badge, beside one who just did; heldDoor how much less than for
// that one speaks for somebody who badged to go the other way.
const (
	unbadged = 0.03
	heldDoor = 50
)

// leastCarrier: whose badge speaks less for them is not named.
const leastCarrier CertaintyBP = 1000

func oddsOf64(p float64) float64 { return math.Log(p / (1 - p)) }
