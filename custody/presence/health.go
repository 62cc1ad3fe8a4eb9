package presence

import (
	"slices"
	"time"

	"trilock/custody/fact"
)

// place is a watched place.
type place struct {
	id        fact.PlaceID
	antennas  []int32
	near      []state // the homes whose tags may be heard here, its own included
	strangers strangers
	shares    shares

	tags int32 // concluded to be here
	// left counts the moves away from here, stays the time that tags were here, in seconds: how lively the place is.
	left  uint32
	stays float64

	heed     []state // the places whose hearing a tag of this one says something
	misses   float32 // see Engine.misses; of the sight missesAt
	missesAt uint32
	sees     bool // see Engine.sees; of the sight seesAt
	seesAt   uint32
	// window is how long a place has lately heard a tag, in milliseconds: a little longer than the time after which
	// it hears one again. gaps and squares are of these times, in s and s².
	window uint32
	pacing pacing

	rounds     uint32             // completed while every antenna of the place was seeing
	readableAt uint32             // rounds at the last ReadableAgain
	pace       time.Duration      // how much watched time a round takes
	wheel      [wheelRounds]int32 // by round: the first tag whose silence is then looked at, plus one
	shielded   bool               // Shielded was said, and it has not recovered

	// watched is the time during which every antenna of the place completed rounds. It
	// stands still while one is blind: silence is measured in it.
	watched   time.Duration
	watchedAt time.Duration // the site time it was last counted to
	// readableFrom is watched at the last ReadableAgain: silence before that does not count.
	readableFrom time.Duration
	notReadable  bool
}

// antenna is one antenna port.
type antenna struct {
	id    fact.Antenna
	place state

	condition condition
	// doubted: the reader reported a fault. Empty rounds prove nothing until it is up again.
	doubted bool
	// lastRound is when it last completed a round; for one that has not yet, when the engine started.
	lastRound time.Duration
	pace      time.Duration // the usual interval of its rounds
	proof     int           // rounds completed since it went blind

	usual  float32 // dB: the level of the folders of its place
	usuals int     // rounds it was learnt from, until they count
	door   int16   // the number of its door plus one, and which sides of it this antenna hears
	sides  uint8
	heard  bool // something since its last round: see Hear
	// labelled: tags whose place was told have taught usual.
	labelled bool
}

type condition uint8

const (
	waiting condition = iota // since the start: no round and no report yet
	seeing
	blind
)

// Advance lets time pass and appends what fell due: NotReadable, in the order of the site's places.
func (e *Engine) Advance(now fact.Stamp, out []Finding) []Finding {
	switch {
	case !e.started:
		e.started = true
		e.now = now.Mono
		for i := range e.antennas {
			e.antennas[i].lastRound = e.now
		}
		e.nextDue = e.now + e.policy.SilentAfter
	case now.Mono < e.now:
		e.counts.Backwards++
	default:
		e.now = now.Mono
	}
	if len(e.doors) > 0 {
		out = e.lookAtDoors(out)
	}
	if e.floods > 0 {
		out = e.lookAtFloods(out)
	}
	if e.now < e.nextDue {
		return out
	}
	e.nextDue = e.now + e.policy.SilentAfter
	for i := range e.antennas {
		a := &e.antennas[i]
		if a.condition == blind {
			continue
		}
		if due := a.lastRound + e.policy.SilentAfter; e.now >= due {
			e.goBlind(a)
		} else {
			e.nextDue = min(e.nextDue, due)
		}
	}
	return e.findDark(out)
}

// Due returns the site time at which Advance has something to do even if nothing is
// observed, and false when it has not. Before the first stamp that is at once.
func (e *Engine) Due() (mono time.Duration, ok bool) {
	if !e.started {
		return 0, true
	}
	for i := range e.antennas {
		a := &e.antennas[i]
		if a.condition == blind {
			continue
		}
		if due := a.lastRound + e.policy.SilentAfter; !ok || due < mono {
			mono, ok = due, true
		}
	}
	for _, d := range e.doors {
		if d.nextLook != 0 && (!ok || d.nextLook < mono) {
			mono, ok = d.nextLook, true
		}
	}
	if due, going := e.floodDue(); going && (!ok || due < mono) {
		mono, ok = due, true
	}
	return mono, ok
}

// Report takes what a device said of itself and appends what it leads to, in the order
// of Advance. Devices that are no reader of the site are none of its business.
func (e *Engine) Report(now fact.Stamp, d fact.DeviceReport, out []Finding) []Finding {
	out = e.Advance(now, out)
	for _, i := range e.readers[d.Device] {
		a := &e.antennas[i]
		switch d.State {
		case fact.DeviceDown:
			e.goBlind(a)
		case fact.DeviceFault:
			e.goBlind(a)
			a.doubted = true
		case fact.DeviceUp:
			a.doubted = false
		case fact.DeviceUnknown:
		}
	}
	return e.findDark(out)
}

func (e *Engine) goBlind(a *antenna) {
	a.condition, a.proof = blind, 0
	e.sight++
}

// findDark appends NotReadable for the places all of whose antennas have gone blind.
func (e *Engine) findDark(out []Finding) []Finding {
	first := len(out)
	for s := range e.places {
		p := &e.places[s]
		if p.notReadable || slices.ContainsFunc(p.antennas, func(i int32) bool { return e.antennas[i].condition != blind }) {
			continue
		}
		p.notReadable = true
		out = append(out, NotReadable{Place: p.id, Reader: e.antennas[p.antennas[0]].id.Reader})
	}
	e.listTags(out[first:])
	return out
}

// listTags fills in which tags are concluded to be in the places that have just gone dark, in
// the order of their bytes. It looks at all tags once, however many places there are.
func (e *Engine) listTags(dark []Finding) {
	if len(dark) == 0 {
		return
	}
	at := make(map[fact.PlaceID][]fact.EPC, len(dark))
	for _, f := range dark {
		at[f.(NotReadable).Place] = nil
	}
	for i := range e.tags {
		if t := e.tag(i); t.home != nowhere {
			if list, wanted := at[e.places[t.home].id]; wanted {
				at[e.places[t.home].id] = append(list, e.epcOf(i))
			}
		}
	}
	for k := range dark {
		f := dark[k].(NotReadable)
		f.Tags = at[f.Place]
		slices.SortFunc(f.Tags, compareEPC)
		dark[k] = f
	}
}

// completed notes that an antenna completed a round, which may make it, and with it its
// place, see again.
func (e *Engine) completed(ai int32, heardAny bool, out []Finding) []Finding {
	a := &e.antennas[ai]
	p := &e.places[a.place]
	gap := e.now - a.lastRound
	a.lastRound = e.now
	if a.condition == blind {
		if gap >= e.policy.SilentAfter {
			a.proof = 0
		}
		if a.doubted && !heardAny {
			return out
		}
		if a.proof++; a.proof < e.policy.ReadableRounds {
			return out
		}
		a.doubted = false
	}
	if a.condition != seeing {
		a.condition = seeing
		e.sight++
		p.watchedAt = e.now
		e.nextDue = min(e.nextDue, e.now+e.policy.SilentAfter)
		if p.notReadable {
			p.notReadable = false
			p.readableFrom, p.readableAt = p.watched, p.rounds
			out = append(out, ReadableAgain{Place: p.id})
		}
		return out
	}
	a.pace += (gap - a.pace) / learnPace
	if e.sees(a.place) {
		step := min(e.now-p.watchedAt, maxStep)
		p.watched += step
		p.stays += float64(p.tags) * step.Seconds()
		e.stays += float64(p.tags) * step.Seconds()
		p.rounds++
		p.pace += (step - p.pace) / time.Duration(min(p.rounds, paceRounds)) //nolint:gosec // at most paceRounds
	}
	p.watchedAt = e.now
	return out
}

// sees reports whether every antenna of a place is seeing: only then does a miss there
// say anything. It is asked with every look, and found out anew when an antenna has gone blind or sees again.
func (e *Engine) sees(s state) bool {
	p := &e.places[s]
	if p.seesAt != e.sight {
		p.seesAt, p.sees = e.sight, true
		for _, i := range p.antennas {
			p.sees = p.sees && e.antennas[i].condition == seeing
		}
	}
	return p.sees
}

// answers reports whether an antenna is seeing and not overdue with a round: only then
// can it be said to still hear, or not to hear, anything.
func (e *Engine) answers(a *antenna) bool {
	return a.condition == seeing && e.now-a.lastRound <= overdue*a.pace
}
