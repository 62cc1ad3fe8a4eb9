package presence

import (
	"time"

	"trilock/custody/fact"
)

// tag is what is believed and learnt about one tag: what every read of it needs, and the rest.
type tag struct {
	*hot
	*cold
}

// hot is what every read of a tag needs, in one line of the processor's cache. A site of a million holds
// it a million times, so that it is packed: levels are in hundredths of a dB, probabilities in 1/65536,
// and instants in milliseconds of a clock that wraps (see Engine.clock).
type hot struct {
	low, high uint64 // with length: its key

	lastHeard   uint32 // in ticks; meaningful with everHeard
	silentSince uint32 // in milliseconds of its home's watched time, wrapping: when it was last heard anywhere
	heardAt     uint32 // the round of its home in which that last heard it
	heardMS     uint32 // and when
	sureMS      uint32 // when its home last heard it as strongly as it usually does
	lookedMS    uint32 // when it was last looked at

	read [contexts]uint16
	// round marks the tags heard in the engine's present one. It wraps: a tag whose last read was a multiple of 65536 of
	// them ago is missed once.
	round   uint16
	settled uint16 // hits at home since it was concluded to be there
	rssi    int16  // in the present round
	near    int16  // how strongly its home lately heard it
	// level is how strong it is at home, less what sets the antenna apart from others (see Engine.shift).
	level int16
	home  state // where it is concluded to be, or nowhere

	length uint8
	known  uint8 // tracks in use
	signs  signs
	levels uint8 // reads that taught level, until it counts
	best   uint8 // the largest fraction of rounds, in 1/256, in which its home heard it in the long run
	// longest is the longest silence, in rounds, that its home ended by hearing it; it wears off.
	longest uint8
}

// cold is what only some reads need.
type cold struct {
	due        uint32 // the round of its home in which its silence is looked at
	next, prev int32  // its neighbours in that round's list, plus one
	tracks     [maxTracks]track
}

// track is one other place that hears a tag.
type track struct {
	favour  float32 // the evidence for its being there rather than where it is concluded to be, in nats
	carried float32 // ... rather than in somebody's hands
	heardAt uint32  // the round of that place in which it was last heard there
	heardMS uint32
	place   state
	level   int16  // how strongly it was lately heard there
	span    uint16 // rounds of this visit
	hits    uint8  // in it
	bold    uint8
	twice   uint8 // strong hits here between strong hits at home
}

type signs uint8

const (
	scheduled signs = 1 << iota // it is in a list of its home
	fading                      // said, and not yet heard better
	cloned                      // said
	labelled                    // somebody said where it is: see Label
	heard                       // its home has heard it since it is concluded to be there
	everHeard
)

const tagsPerChunk = 1024

// chunk holds tags. What every read needs is apart from the rest, and begins with a line of the cache.
type chunk struct {
	hot  [tagsPerChunk]hot
	cold [tagsPerChunk]cold
}

func (e *Engine) tag(i int32) tag {
	c, k := e.chunks[i/tagsPerChunk], i%tagsPerChunk
	return tag{&c.hot[k], &c.cold[k]}
}

func (t tag) key() key { return key{t.low, t.high, t.length} }

// epcOf returns the EPC of tag i.
func (e *Engine) epcOf(i int32) fact.EPC {
	if k := e.tag(i).key(); k.length <= shortEPC {
		return k.epc()
	}
	return e.long[i]
}

// track returns the track of a place, or nil.
func (t tag) track(s state) *track {
	for k := range t.tracks[:t.known] {
		if t.tracks[k].place == s {
			return &t.tracks[k]
		}
	}
	return nil
}

// follow makes place s one of the tag's tracks: a new one, or instead of the one that
// has least in its favour.
func (t tag) follow(s state) *track {
	k := int(t.known)
	if k < maxTracks {
		t.known++
	} else {
		k = 0
		for j := range t.tracks {
			if t.tracks[j].favour < t.tracks[k].favour {
				k = j
			}
		}
	}
	t.tracks[k] = track{place: s}
	return &t.tracks[k]
}

// drop ends the track of a place.
func (t tag) drop(s state) {
	for k := range t.tracks[:t.known] {
		if t.tracks[k].place == s {
			t.known--
			t.tracks[k] = t.tracks[t.known]
			t.tracks[t.known] = track{}
			return
		}
	}
}

// clock returns the present as tags keep it: milliseconds, wrapping after 49 days. Only
// short spans are measured with it; what seems short after 49 days of silence is tempered once too much.
func (e *Engine) clock() uint32 { return milliseconds(e.now) }

// tick is the unit of the times that tags are remembered to be last heard at: in its wrapping clock that is known for a year.
const tick = 10 * time.Millisecond

func (e *Engine) ticks() uint32 { return uint32(e.now / tick) } //nolint:gosec // wraps

// lastHeardAt returns when a tag was last heard, or neverHeard.
func (e *Engine) lastHeardAt(t tag) time.Duration {
	if t.signs&everHeard == 0 {
		return neverHeard
	}
	return e.now/tick*tick - time.Duration(e.ticks()-t.lastHeard)*tick
}

// milliseconds returns a time as tags keep it.
func milliseconds(d time.Duration) uint32 { return uint32(d / time.Millisecond) } //nolint:gosec // wraps

// neverHeard is what Estimate returns for a tag that was not heard since it was enrolled.
const neverHeard time.Duration = -1
