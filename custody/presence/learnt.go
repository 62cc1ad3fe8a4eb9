package presence

import (
	"errors"
	"fmt"
	"slices"

	"trilock/custody/fact"
)

// Learnt is what an engine was taught, for the next one: by a guided walk (see Engine.Label),
// or by the run before a restart. It holds no conclusion: what is absent is not made present by it.
type Learnt struct {
	Antennas []LearntAntenna `json:"antennas"`
	Pairs    []LearntPair    `json:"pairs"`
	Views    []LearntView    `json:"views"`
	Tags     []LearntTag     `json:"tags,omitempty"`
	Doors    []LearntDoor    `json:"doors,omitempty"`
}

// LearntAntenna is how strongly an antenna hears the tags of its own place, in dB.
type LearntAntenna struct {
	Antenna fact.Antenna `json:"antenna"`
	Usual   float32      `json:"usual"`
	Rounds  int          `json:"rounds"` // that taught it, until it counts
	// Labelled: taught by tags whose place was told, so that it is believed as it stands.
	Labelled bool `json:"labelled,omitempty"`
}

// LearntPair is how probably a place hears the tags of a home in a round, each 0 to 1: by what its rounds
// before were (heard; 1 to 3 misses; more), and without regard to that.
type LearntPair struct {
	Home  fact.PlaceID      `json:"home"`
	Place fact.PlaceID      `json:"place"`
	Read  [contexts]float32 `json:"read"`
	Any   float32           `json:"any"`
	Reads float32           `json:"reads"` // that taught it, until it counts
}

// LearntView is how a place hears the tags of a home when one of them is looked at: in which share of the
// looks, and how much stronger, in dB, than the home does.
type LearntView struct {
	Home   fact.PlaceID `json:"home"`
	Place  fact.PlaceID `json:"place"`
	Share  float32      `json:"share"`
	DB     float32      `json:"db"`
	Looks  float32      `json:"looks"`  // that taught the share, until it counts
	Levels float32      `json:"levels"` // and the level
}

// LearntTag is how strong a tag is at home, in hundredths of a dB, and how
// probably it is read at home, in 1/65536.
type LearntTag struct {
	EPC    fact.EPC         `json:"epc"`
	Level  int16            `json:"level"`
	Levels uint8            `json:"levels"`
	Read   [contexts]uint16 `json:"read"`
}

// Learnt returns what the engine was taught, in the order of the site, tags in that of their bytes.
func (e *Engine) Learnt() Learnt {
	var l Learnt
	for i := range e.antennas {
		if a := &e.antennas[i]; a.usuals > 0 {
			l.Antennas = append(l.Antennas, LearntAntenna{a.id, a.usual, a.usuals, a.labelled})
		}
	}
	for home := range e.places {
		e.learntOf(state(home), &l) //nolint:gosec // at most MaxPlaces
	}
	for i := range e.tags {
		if t := e.tag(i); t.length > 0 && t.levels > 0 {
			l.Tags = append(l.Tags, LearntTag{e.epcOf(i), t.level, t.levels, t.read})
		}
	}
	slices.SortFunc(l.Tags, func(a, b LearntTag) int { return a.EPC.Compare(b.EPC) })
	for _, d := range e.doors {
		l.Doors = append(l.Doors, d.learnt()...)
	}
	return l
}

// learntOf appends the pairs and losses of a home.
func (e *Engine) learntOf(home state, l *Learnt) {
	f := &e.field
	for at := range e.places {
		if p := f.pairs[f.row(home)*f.watched+at]; p.anys > 0 {
			l.Pairs = append(l.Pairs, LearntPair{e.places[home].id, e.places[at].id, p.read, p.any, p.anys})
		}
	}
	for at := range e.places {
		if v := f.views[int(home)*f.watched+at]; v.looks > 0 {
			l.Views = append(l.Views, LearntView{e.places[home].id, e.places[at].id, v.share, v.dB, v.looks, v.levels})
		}
	}
}

// Teach gives the engine what an earlier one learnt. Tags have to be enrolled before, others are passed over,
// and so are antennas and places that the site has no more. It fails, with all that is wrong and without
// having taught anything, on values that no engine can have learnt.
func (e *Engine) Teach(l Learnt) error {
	if err := l.check(); err != nil {
		return fmt.Errorf("presence: learnt parameters: %w", err)
	}
	for _, x := range l.Antennas {
		if ai, known := e.antennaOf[x.Antenna]; known {
			a := &e.antennas[ai]
			a.usual, a.usuals, a.labelled = x.Usual, x.Rounds, x.Labelled
			e.field.generals++
			e.field.general += (x.Usual - e.field.general) / e.field.generals
		}
	}
	for _, x := range l.Pairs {
		if home, place, known := e.watchedPair(x.Home, x.Place); known {
			p := startPair(x.Read, x.Any)
			p.anys = max(x.Reads, 1)
			e.field.pairs[e.field.row(home)*e.field.watched+int(place)] = p
		}
	}
	for _, x := range l.Views {
		if home, place, known := e.watchedPair(x.Home, x.Place); known {
			v := view{share: x.Share, dB: x.DB, looks: max(x.Looks, 1), levels: max(x.Levels, 1)}
			v.takeLogarithms()
			e.field.views[int(home)*e.field.watched+int(place)] = v
		}
	}
	e.sight++
	for _, d := range e.doors {
		d.teach(l.Doors)
	}
	for _, x := range l.Tags {
		if i := e.find(&x.EPC); i >= 0 {
			t := e.tag(i)
			t.level, t.levels, t.read = x.Level, min(x.Levels, levelSlow), x.Read
		}
	}
	return nil
}

// watchedPair returns the states of two places, if both are watched.
func (e *Engine) watchedPair(a, b fact.PlaceID) (x, y state, ok bool) {
	x, xKnown := e.graph.of[a]
	y, yKnown := e.graph.of[b]
	return x, y, xKnown && yKnown && int(x) < e.graph.watched && int(y) < e.graph.watched
}

// check returns what no engine can have learnt.
func (l Learnt) check() error {
	var errs []error
	within := func(what string, v, low, high float32) {
		if !(v >= low && v <= high) { // not a number is nowhere
			errs = append(errs, fmt.Errorf("%s is %v, must be %v to %v", what, v, low, high))
		}
	}
	for _, x := range l.Antennas {
		within("usual level of antenna "+x.Antenna.String(), x.Usual, -maxLevel, maxLevel)
		within("rounds of antenna "+x.Antenna.String(), float32(x.Rounds), 1, typicalSlow)
	}
	for _, x := range l.Pairs {
		name := fmt.Sprintf("of tags of %q at %q", x.Home, x.Place)
		for _, p := range append(x.Read[:], x.Any) {
			within("a read probability "+name, p, leastCross, 0.999)
		}
		within("the number of reads "+name, x.Reads, 0, readsMost)
	}
	for _, x := range l.Views {
		name := fmt.Sprintf("of tags of %q at %q", x.Home, x.Place)
		within("the share of looks "+name, x.Share, 0, 1)
		within("the level "+name, x.DB, -otherScale, otherScale)
		within("the number of looks "+name, min(x.Looks, x.Levels), 0, looksMost)
		within("the number of looks "+name, max(x.Looks, x.Levels), 0, looksMost)
	}
	for _, x := range l.Doors {
		errs = append(errs, x.check()...)
	}
	for _, x := range l.Tags {
		within("the level of tag "+x.EPC.String(), float32(x.Level), -32768, 32767)
		for c, p := range x.Read {
			within("a read probability of tag "+x.EPC.String(), share(p), 0, float32(mostRead[c])/certain)
		}
	}
	return errors.Join(errs...)
}

// Label tells where an enrolled tag is, beyond doubt, until the next Label: a guided walk. Whatever is heard of
// it meanwhile teaches how its place is heard, by its own antennas and all others, and leads to no conclusion
// about it. A place that nobody watches, and Elsewhere, end that: the tag is then in no watched place, and an
// ordinary one again. A tag that is not enrolled is ignored.
func (e *Engine) Label(epc fact.EPC, at fact.PlaceID) {
	i := e.find(&epc)
	if i < 0 {
		return
	}
	t := e.tag(i)
	s, known := e.graph.of[at]
	watched := known && int(s) < e.graph.watched
	t.signs &^= labelled
	if watched {
		t.signs |= labelled
	}
	if watched && t.home == s {
		return
	}
	e.leave(t)
	t.tracks, t.known = [maxTracks]track{}, 0
	if watched {
		e.settle(i, t, s)
	}
}
