// Package baseline holds the simpler ways of telling where a tag is, written anew from
// their descriptions, to be scored and measured beside package presence: last antenna wins
// (LastAntenna), the mean of the last 20 strengths with a threshold that falls with time
// (MeanOf20), exponentially weighted means with a dwell (Weighted), and adaptive windows
// over the reads of each antenna (Smurf). Nothing of the product uses any of them.
//
// They take single reads, not rounds, and none of them knows whether a reader is alive. What
// they lack is the point of the comparison; where a description leaves a number open, the
// one is taken that scores best on the traces.
package baseline

import (
	"time"

	"trilock/custody/fact"
)

// Move says that a tag is concluded to be in another place than before; the empty place is "departed".
type Move struct {
	At       time.Duration
	Tag      fact.EPC
	From, To fact.PlaceID
}

// Engine is one of the ways. It belongs to one goroutine.
type Engine interface {
	// Read takes one read and appends the move that it leads to, if any.
	Read(at time.Duration, a fact.Antenna, r fact.Read, out []Move) []Move
	// Advance lets time pass and appends the departures that fell due.
	Advance(at time.Duration, out []Move) []Move
}

// Places says which place an antenna watches. Reads of other antennas are ignored.
type Places map[fact.Antenna]fact.PlaceID
