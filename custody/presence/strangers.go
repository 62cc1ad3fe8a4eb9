package presence

import (
	"slices"
	"time"

	"trilock/custody/fact"
)

// strangers are the unknown tags reported at one place, and when.
type strangers struct {
	reported map[fact.EPC]time.Duration
	// oldest is not later than any of the instants in reported: before it is due nothing can be forgotten.
	oldest time.Duration
	flood  flood
}

// flood is more strangers than folders bring. Each new one fills the pail, which drains with time; when it
// runs over, strangers are told no more one by one until there is no new one for floodEnds.
type flood struct {
	pail   float64
	at     time.Duration // when the pail was last drained
	on     bool
	last   time.Duration // when a new stranger last came while it is on
	reader fact.DeviceID
	count  uint64 // reads of strangers that were not told one by one
}

func (s *strangers) forget(epc fact.EPC) { delete(s.reported, epc) }

// meetStranger notes a read of an unknown tag, to be reported at the end of the round
// unless it was lately, or too many others were.
func (e *Engine) meetStranger(p *place, epc *fact.EPC) {
	s := &p.strangers
	if epc.IsZero() {
		return
	}
	if at, known := s.reported[*epc]; known && e.now-at < e.policy.StrangerEvery {
		return
	}
	if len(s.reported) >= MaxStrangersPerPlace && e.now-s.oldest < e.policy.StrangerEvery {
		e.tooMany++
		return
	}
	e.newcomers = append(e.newcomers, *epc)
	if len(e.newcomers) >= 2*MaxStrangersPerPlace {
		e.thin()
	}
}

// drop counts reads of strangers that are not told. As long as new ones are dropped a flood goes on.
func (e *Engine) drop(s *strangers, reads int) {
	e.counts.StrangersDropped += uint64(reads) //nolint:gosec // not negative
	if s.flood.on && reads > 0 {
		s.flood.count += uint64(reads) //nolint:gosec // not negative
		s.flood.last = e.now
	}
}

// thin keeps the first MaxStrangersPerPlace newcomers by their bytes, so that which of too
// many are reported does not depend on the order of the reads.
func (e *Engine) thin() {
	slices.SortFunc(e.newcomers, compareEPC)
	e.newcomers = slices.Compact(e.newcomers)
	if extra := len(e.newcomers) - MaxStrangersPerPlace; extra > 0 {
		e.tooMany += extra
		e.newcomers = e.newcomers[:MaxStrangersPerPlace]
	}
}

// reportStrangers appends the round's strangers, in the order of their bytes, as far as they can be remembered, or
// that there is a flood of them.
func (e *Engine) reportStrangers(ai int32, out []Finding) []Finding {
	if len(e.newcomers) == 0 && e.tooMany == 0 {
		return out
	}
	a := &e.antennas[ai]
	p := &e.places[a.place]
	s := &p.strangers
	e.thin()
	for _, epc := range e.newcomers {
		_, again := s.reported[epc]
		switch {
		case !s.remember(epc, e.now, e.policy.StrangerEvery):
			e.tooMany++
		case s.flood.on && !again:
			e.drop(s, 1)
		case !again && s.flood.fill(e.now, 1):
			out = e.floodBegins(a.id.Reader, p, out)
		case !s.flood.on:
			out = append(out, Stranger{Tag: epc, Antenna: a.id, Place: p.id})
		}
	}
	if e.tooMany > 0 && !s.flood.on && s.flood.fill(e.now, e.tooMany) {
		out = e.floodBegins(a.id.Reader, p, out)
	}
	e.drop(s, e.tooMany)
	e.tooMany = 0
	return out
}

func (e *Engine) floodBegins(reader fact.DeviceID, p *place, out []Finding) []Finding {
	e.floods++
	p.strangers.flood = flood{on: true, last: e.now, reader: reader}
	e.drop(&p.strangers, 1)
	return append(out, Flood{Reader: reader, Place: p.id})
}

// fill lets strangers into the pail; true when it runs over.
func (f *flood) fill(now time.Duration, strangers int) bool {
	f.pail = max(f.pail-float64((now-f.at).Seconds()*floodDrains), 0) + float64(strangers)
	f.at = now
	return f.pail > floodAt
}

// lookAtFloods appends FloodOver for those that have ended, in the order of the site's places.
func (e *Engine) lookAtFloods(out []Finding) []Finding {
	for k := range e.places {
		p := &e.places[k]
		if f := &p.strangers.flood; f.on && e.now-f.last >= floodEnds {
			out = append(out, FloodOver{Reader: f.reader, Place: p.id, Count: f.count})
			*f = flood{at: e.now}
			e.floods--
		}
	}
	return out
}

// floodDue returns when the first flood may be over.
func (e *Engine) floodDue() (due time.Duration, ok bool) {
	for k := range e.places {
		if f := &e.places[k].strangers.flood; f.on && (!ok || f.last+floodEnds < due) {
			due, ok = f.last+floodEnds, true
		}
	}
	return due, ok
}

// remember notes that a stranger is reported now, forgetting those that are due for
// another report anyway when there is no room. It returns false when there is none still.
func (s *strangers) remember(epc fact.EPC, now, every time.Duration) bool {
	if _, known := s.reported[epc]; !known && len(s.reported) >= MaxStrangersPerPlace {
		if now-s.oldest < every {
			return false
		}
		s.oldest = now
		for other, at := range s.reported {
			if now-at >= every {
				delete(s.reported, other)
			} else {
				s.oldest = min(s.oldest, at)
			}
		}
		if len(s.reported) >= MaxStrangersPerPlace {
			return false
		}
	}
	if s.reported == nil {
		s.reported = make(map[fact.EPC]time.Duration)
	}
	if len(s.reported) == 0 {
		s.oldest = now
	}
	s.reported[epc] = now
	return true
}
