package baseline

import (
	"time"

	"trilock/custody/fact"
)

// LastAntenna believes the antenna that read the tag last.
type LastAntenna struct {
	places Places
	tags   map[fact.EPC]*lastTag
	away   departures
}

type lastTag struct {
	at   fact.PlaceID
	read time.Duration
}

// NewLastAntenna returns an engine that takes a tag for departed after so long a silence; 0 is never.
func NewLastAntenna(places Places, departedAfter time.Duration) *LastAntenna {
	return &LastAntenna{places: places, tags: map[fact.EPC]*lastTag{}, away: departures{after: departedAfter}}
}

// Read implements Engine.
func (e *LastAntenna) Read(at time.Duration, a fact.Antenna, r fact.Read, out []Move) []Move {
	place, known := e.places[a]
	if !known {
		return out
	}
	t := e.tags[r.EPC]
	if t == nil {
		t = &lastTag{}
		e.tags[r.EPC] = t
	}
	t.read = at
	return moveTo(&t.at, place, at, r.EPC, out)
}

// Advance implements Engine.
func (e *LastAntenna) Advance(at time.Duration, out []Move) []Move {
	if !e.away.due(at) {
		return out
	}
	first := len(out)
	for epc, t := range e.tags {
		if e.away.gone(at, t.read) {
			out = moveTo(&t.at, "", at, epc, out)
		}
	}
	return sorted(out, first)
}

// moveTo sets where a tag is and appends the move, if it is one.
func moveTo(now *fact.PlaceID, to fact.PlaceID, at time.Duration, tag fact.EPC, out []Move) []Move {
	if *now != to {
		out = append(out, Move{At: at, Tag: tag, From: *now, To: to})
		*now = to
	}
	return out
}
