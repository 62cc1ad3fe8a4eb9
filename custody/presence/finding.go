package presence

import "trilock/custody/fact"

// Finding is what presence concludes from rounds. The set is closed: the types of this file.
// A finding is made once, when the conclusion changes, not with every round.
type Finding interface{ isFinding() }

// Elsewhere is the place of a tag of which only this is known: it is in none of the
// places where we would hear it.
const Elsewhere fact.PlaceID = ""

// Moved says that a tag is now in To. From is where it was concluded to be before;
// Elsewhere when it had been heard nowhere.
type Moved struct {
	Tag  fact.EPC
	From fact.PlaceID
	To   fact.PlaceID
	// Certainty is the probability of To given all the evidence, in 1/10000, 0 to 9999: nothing is certain.
	Certainty CertaintyBP
	// Evidence is one line for people who ask why: which antenna, how many rounds, how strong.
	Evidence string
}

// Unseen says that a tag is no longer where it was and has been heard nowhere else,
// although every reader that watches From is healthy and went on completing rounds.
type Unseen struct {
	Tag       fact.EPC
	From      fact.PlaceID
	Certainty CertaintyBP // that it is not in From any more
	Evidence  string
}

// NotReadable says that no antenna watching Place is working: nothing can be said about
// the tags that were there. They are neither there nor missing.
type NotReadable struct {
	Place fact.PlaceID
	// Reader is a reader whose failure caused it.
	Reader fact.DeviceID
	Tags   []fact.EPC // the tags last concluded to be in Place, in the order of their bytes
}

// ReadableAgain ends NotReadable: rounds of Place are being completed again, and enough
// of them that what is still silent is silent for a reason of its own.
type ReadableAgain struct{ Place fact.PlaceID }

// Stranger says that a tag was heard that nobody enrolled. It is repeated for one tag
// at one place no more often than the policy allows.
type Stranger struct {
	Tag     fact.EPC
	Antenna fact.Antenna
	Place   fact.PlaceID
}

// Flood says that more new strangers are heard in a place than folders could bring: a tag emulator, or a load
// that nobody registered. Until FloodOver none of them is told one by one. Tags that are enrolled are heard as ever.
type Flood struct {
	Reader fact.DeviceID
	Place  fact.PlaceID
}

// FloodOver ends Flood.
type FloodOver struct {
	Reader fact.DeviceID
	Place  fact.PlaceID
	Count  uint64 // reads of unknown tags that were not told one by one
}

// Passage says that a tag was carried through a door.
type Passage struct {
	Tag    fact.EPC
	Door   fact.DoorID
	Inward bool // from the outer side to the inner
	// Unsure: it did go through, and which way cannot be told; Inward and Certainty then say nothing.
	Unsure bool
	// With are those whose badges go with it, the likeliest first; empty when nobody's does.
	With      []Carrier
	Certainty CertaintyBP // of the direction
	Evidence  string
}

// Carrier is somebody who may have carried a tag through a door.
type Carrier struct {
	Card      fact.CardID
	Certainty CertaintyBP
	weight    float64
}

// Fading says that a tag's home hears it in far fewer rounds than it once did: its label is damaged, or
// something shields it. It may soon not be heard at all.
type Fading struct {
	Tag       fact.EPC
	Place     fact.PlaceID
	Best, Now CertaintyBP // the share of rounds, in 1/10000
}

// Clone says that one EPC is heard in two distant places at once: there are two tags that bear it.
type Clone struct {
	Tag    fact.EPC
	Places [2]PlaceOf // the one where it is concluded to be first
}

// PlaceOf is a place and an antenna that watches it.
type PlaceOf struct {
	Place   fact.PlaceID
	Antenna fact.Antenna
}

// Shielded says that a place hears next to none of its tags any more, all at once: its antenna is jammed or
// shielded, or the place was emptied at a stroke. Until HeardAgain none of them becomes Unseen for that.
type Shielded struct {
	Place      fact.PlaceID
	Antenna    fact.Antenna
	Tags       int         // concluded to be there
	Usual, Now CertaintyBP // the share of them that a round hears, in 1/10000
}

// HeardAgain ends Shielded.
type HeardAgain struct{ Place fact.PlaceID }

// CertaintyBP is a probability in ten-thousandths, 0 to 9999.
type CertaintyBP uint16

func (Moved) isFinding()         {}
func (Unseen) isFinding()        {}
func (NotReadable) isFinding()   {}
func (ReadableAgain) isFinding() {}
func (Stranger) isFinding()      {}
func (Passage) isFinding()       {}
func (Flood) isFinding()         {}
func (FloodOver) isFinding()     {}
func (Fading) isFinding()        {}
func (Clone) isFinding()         {}
func (Shielded) isFinding()      {}
func (HeardAgain) isFinding()    {}
