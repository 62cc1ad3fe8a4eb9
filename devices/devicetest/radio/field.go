// Package radio is a simulated radio field: antennas at places, folders that lie in
// stacks or are carried by people, and for every round the tags that an antenna hears
// and how strongly. Simulated readers put it behind their wire protocol; tests of the
// estimation use it directly.
//
// The level of one tag at one antenna in one round, in dBm, is
//
//	level = home - loss(antenna, place) + lie - stack - shade + slow + fast    at rest
//	level = home - loss(antenna, place) - body - shade + slow + fast           carried
//	heard = level >= sensitivity
//
//	loss   0 in the antenna's own place, 8..20 dB from an adjoining place, 24..34 dB across
//	       one place in between, inaudible from further away; fixed per antenna and place
//	lie    how the folder lies: drawn anew whenever it, or its neighbour in the stack, is handled
//	stack  the folders directly above and below
//	body   the person carrying it; drawn anew with every taking up
//	shade  a hand or a folder held in front of it: rare, some rounds long, nothing gets through
//	slow   first-order autoregressive fading, so that misses come in runs
//	fast   independent from round to round
//
// Every path (antenna to tag) has a random stream of its own that is a function of the
// seed, the antenna, the tag and the number of the antenna's round, so that the order in
// which several readers take their rounds changes nothing in what any of them hears.
// Time is the count of rounds of each antenna.
//
// The package does no I/O, reads no clock, and knows nothing of protocols.
package radio

import (
	"fmt"
	"slices"
	"sync"
)

// Place is one place of the layout and the places that adjoin it. Adjoining is
// symmetric: naming it on one side is enough.
type Place struct {
	Name    string
	Adjoins []string
}

// Antenna is one antenna port of a reader and the place that it lights up.
type Antenna struct {
	Reader string
	Port   uint8
	Place  string
}

// Layout is the fixed part of a field.
type Layout struct {
	Places   []Place
	Antennas []Antenna
}

// Heard is one tag heard in one round: its EPC bytes and its strength in dBm. EPC is
// shared between calls and must not be changed.
type Heard struct {
	EPC     []byte
	RSSIdBm float64
}

// Field is the radio field. All its methods are safe for concurrent use.
type Field struct {
	seed     uint64
	places   map[string]int
	antennas map[port]int

	mu      sync.Mutex
	ports   []antenna
	stacks  [][]int // per place: the tags lying there, bottom first
	tags    []tag
	tagOf   map[string]int
	persons map[string]int // name to place
}

type port struct {
	reader string
	number uint8
}

// antenna is one antenna's fixed losses and the state of its paths.
type antenna struct {
	key   uint64
	loss  []float64 // per place, dB
	round uint64
	paths []path // per tag
}

// tag is where one tag is.
type tag struct {
	epc    []byte
	key    uint64
	place  int    // while it lies somewhere
	person string // while it is carried; empty when it lies
	placed bool
	// handled counts the times the tag, or its neighbour in the stack, was touched.
	handled uint64
}

// path is the fading between one antenna and one tag.
type path struct {
	round uint64 // the antenna's round it was last followed in
	slow  float64
	shade int // rounds for which it is still shaded
}

// New builds an empty field. It fails when the layout contradicts itself, naming what is
// wrong. The same seed and layout give the same field.
func New(seed uint64, layout Layout) (*Field, error) {
	if len(layout.Places) > MaxPlaces || len(layout.Antennas) > MaxAntennas {
		return nil, fmt.Errorf("radio field of %d places and %d antennas: at most %d and %d",
			len(layout.Places), len(layout.Antennas), MaxPlaces, MaxAntennas)
	}
	f := &Field{
		seed: seed, places: make(map[string]int), antennas: make(map[port]int),
		tagOf: make(map[string]int), persons: make(map[string]int),
		stacks: make([][]int, len(layout.Places)),
	}
	for i, p := range layout.Places {
		if _, dup := f.places[p.Name]; dup || p.Name == "" {
			return nil, fmt.Errorf("radio field: place %q is unnamed or named twice", p.Name)
		}
		f.places[p.Name] = i
	}
	adjoins := make([][]int, len(layout.Places))
	for i, p := range layout.Places {
		for _, name := range p.Adjoins {
			j, known := f.places[name]
			if !known || i == j {
				return nil, fmt.Errorf("radio field: place %q adjoins %q, which is no other place of the layout", p.Name, name)
			}
			adjoins[i] = append(adjoins[i], j)
			adjoins[j] = append(adjoins[j], i)
		}
	}
	for _, a := range layout.Antennas {
		at, known := f.places[a.Place]
		if !known {
			return nil, fmt.Errorf("radio field: antenna %s/%d is at %q, which is no place of the layout", a.Reader, a.Port, a.Place)
		}
		k := port{a.Reader, a.Port}
		if _, dup := f.antennas[k]; dup {
			return nil, fmt.Errorf("radio field: antenna %s/%d is listed twice", a.Reader, a.Port)
		}
		f.antennas[k] = len(f.ports)
		key := mix(seed, hashString(a.Reader), uint64(a.Port))
		f.ports = append(f.ports, antenna{key: key, loss: losses(key, at, adjoins)})
	}
	return f, nil
}

// losses returns the loss in dB from every place into an antenna at place at.
func losses(key uint64, at int, adjoins [][]int) []float64 {
	out := make([]float64, len(adjoins))
	for i := range out {
		out[i] = farLossDB
	}
	for _, n := range adjoins[at] {
		for _, second := range adjoins[n] {
			out[second] = between(mix(key, streamLoss, uint64(second)), secondMinDB, secondMaxDB)
		}
	}
	for _, n := range adjoins[at] {
		out[n] = between(mix(key, streamLoss, uint64(n)), adjoinMinDB, adjoinMaxDB)
	}
	out[at] = 0
	return out
}

// Put lays a tag down at a place, on top of the stack there, whether it lay elsewhere,
// was carried, or did not exist before. It fails on an unknown place, on EPC bytes that
// no tag can hold, and when the field is full.
func (f *Field) Put(epc []byte, place string) error {
	at, known := f.places[place]
	if !known {
		return fmt.Errorf("put tag %X: no place %q in this field", epc, place)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i, err := f.tag(epc)
	if err != nil {
		return err
	}
	f.take(i)
	stack := f.stacks[at]
	if len(stack) > 0 {
		f.tags[stack[len(stack)-1]].handled++
	}
	f.stacks[at] = append(stack, i)
	t := &f.tags[i]
	t.place, t.placed = at, true
	t.handled++
	return nil
}

// Carry has a person take up a tag, out of the stack it lay in, or from another person,
// wherever either of them is. The person must have been placed by Walk.
func (f *Field) Carry(epc []byte, person string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.persons[person]; !known {
		return fmt.Errorf("carry tag %X: person %q is nowhere yet: Walk them to a place first", epc, person)
	}
	i, err := f.tag(epc)
	if err != nil {
		return err
	}
	f.take(i)
	t := &f.tags[i]
	t.person = person
	t.handled++
	return nil
}

// Walk moves a person, with everything they carry, to a place; a new person appears there.
func (f *Field) Walk(person, place string) error {
	at, known := f.places[place]
	if !known {
		return fmt.Errorf("walk %q: no place %q in this field", person, place)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.persons[person]; !known && len(f.persons) >= MaxPersons {
		return fmt.Errorf("walk %q: the field holds %d persons already", person, MaxPersons)
	}
	f.persons[person] = at
	return nil
}

// Hear takes one round of one antenna and returns what it hears, in the order in which
// the tags first appeared in the field. An antenna that the layout does not know hears nothing.
func (f *Field) Hear(reader string, number uint8) []Heard {
	i, known := f.antennas[port{reader, number}]
	if !known {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	a := &f.ports[i]
	a.round++
	if missing := len(f.tags) - len(a.paths); missing > 0 {
		a.paths = append(a.paths, make([]path, missing)...)
	}
	var heard []Heard
	for j := range f.tags {
		if level, ok := f.level(a, j); ok && level >= sensitivityDBm {
			heard = append(heard, Heard{EPC: f.tags[j].epc, RSSIdBm: level})
		}
	}
	return heard
}

// Reader returns Hear for the ports of one reader: what a simulated reader asks for.
func (f *Field) Reader(name string) func(antenna uint8) []Heard {
	return func(antenna uint8) []Heard { return f.Hear(name, antenna) }
}

// tag returns the index of a tag, which appears on first mention.
func (f *Field) tag(epc []byte) (int, error) {
	if i, known := f.tagOf[string(epc)]; known {
		return i, nil
	}
	if len(epc) == 0 || len(epc) > MaxEPCBytes {
		return 0, fmt.Errorf("tag with an EPC of %d bytes: want 1 to %d", len(epc), MaxEPCBytes)
	}
	if len(f.tags) >= MaxTags {
		return 0, fmt.Errorf("tag %X: the field holds %d tags already", epc, MaxTags)
	}
	f.tagOf[string(epc)] = len(f.tags)
	f.tags = append(f.tags, tag{epc: slices.Clone(epc), key: hashString(string(epc))})
	return len(f.tags) - 1, nil
}

// take removes a tag from where it is; its neighbours in the stack shift.
func (f *Field) take(i int) {
	t := &f.tags[i]
	t.person = ""
	if !t.placed {
		return
	}
	t.placed = false
	stack := f.stacks[t.place]
	at := slices.Index(stack, i)
	for _, n := range []int{at - 1, at + 1} {
		if n >= 0 && n < len(stack) {
			f.tags[stack[n]].handled++
		}
	}
	f.stacks[t.place] = slices.Delete(stack, at, at+1)
}
