package trace

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// Trace is a stream with its truth.
type Trace struct {
	// Name says in a few words what it is a trace of.
	Name string
	Site presence.Site
	// Events are in the order of time; those of one instant in the order in which they were made.
	Events []Event
	// Stays are the truth, in the order of tags and time. A tag is nowhere between two stays that do not touch.
	Stays []Stay
	// Crossings are the passages through doors, in the order of time; what turned round at a door is none.
	Crossings []Crossing
	// Length is when the trace ends.
	Length time.Duration
}

// Event is one fact with the time at which it was complete, since the beginning of the trace.
type Event struct {
	At   time.Duration
	Fact fact.Fact
	// Heard is when each read of a fact.Round was made, in the order of the reads, which is that of time.
	Heard []time.Duration
}

// Stay says that a tag was in a place from one time until just before another.
type Stay struct {
	Tag      fact.EPC
	Place    fact.PlaceID
	From, To time.Duration
}

// Crossing is one person going through a door with what they carry.
type Crossing struct {
	Door fact.DoorID
	// At is when the person stood in the doorway.
	At time.Duration
	// Inward is true from the door's outer side to its inner.
	Inward bool
	// Card is what the person showed before; empty when they showed nothing.
	Card fact.CardID
	Tags []fact.EPC
}

// Read is one tag answering once.
type Read struct {
	At      time.Duration
	Antenna fact.Antenna
	Read    fact.Read
	// Round numbers the rounds of a trace from 1.
	Round uint64
}

// Reads yields every single read in the order of time: what a reader reports that marks no rounds.
func (t *Trace) Reads() iter.Seq[Read] {
	var all []Read
	round := uint64(0)
	for _, e := range t.Events {
		r, ok := e.Fact.(fact.Round)
		if !ok {
			continue
		}
		round++
		for k, read := range r.Reads {
			all = append(all, Read{At: e.Heard[k], Antenna: r.Antenna, Read: read, Round: round})
		}
	}
	slices.SortStableFunc(all, func(a, b Read) int { return cmp.Compare(a.At, b.At) })
	return slices.Values(all)
}

// Tags returns every tag of the truth once, in the order of the stays.
func (t *Trace) Tags() []fact.EPC {
	var out []fact.EPC
	for _, s := range t.Stays {
		if len(out) == 0 || out[len(out)-1] != s.Tag {
			out = append(out, s.Tag)
		}
	}
	return out
}
