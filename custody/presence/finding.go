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

// CertaintyBP is a probability in ten-thousandths, 0 to 9999.
type CertaintyBP uint16

func (Moved) isFinding()         {}
func (Unseen) isFinding()        {}
func (NotReadable) isFinding()   {}
func (ReadableAgain) isFinding() {}
func (Stranger) isFinding()      {}
