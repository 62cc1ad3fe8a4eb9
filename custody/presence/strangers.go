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
		e.counts.StrangersDropped++
		return
	}
	e.newcomers = append(e.newcomers, *epc)
	if len(e.newcomers) >= 2*MaxStrangersPerPlace {
		e.thin()
	}
}

// thin keeps the first MaxStrangersPerPlace newcomers by their bytes, so that which of too
// many are reported does not depend on the order of the reads.
func (e *Engine) thin() {
	slices.SortFunc(e.newcomers, compareEPC)
	e.newcomers = slices.Compact(e.newcomers)
	if extra := len(e.newcomers) - MaxStrangersPerPlace; extra > 0 {
		e.counts.StrangersDropped += uint64(extra)
		e.newcomers = e.newcomers[:MaxStrangersPerPlace]
	}
}

// reportStrangers appends the round's strangers, in the order of their bytes, as far as they can be remembered.
func (e *Engine) reportStrangers(ai int32, out []Finding) []Finding {
	if len(e.newcomers) == 0 {
		return out
	}
	e.thin()
	a := &e.antennas[ai]
	p := &e.places[a.place]
	for _, epc := range e.newcomers {
		if !p.strangers.remember(epc, e.now, e.policy.StrangerEvery) {
			e.counts.StrangersDropped++
			continue
		}
		out = append(out, Stranger{Tag: epc, Antenna: a.id, Place: p.id})
	}
	return out
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
