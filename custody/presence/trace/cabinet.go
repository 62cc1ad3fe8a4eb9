package trace

import (
	"math/rand/v2"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// CabinetOptions says what happens in a secrecy room.
type CabinetOptions struct {
	// Folders lie in each of the two cabinets, 1 to 200.
	Folders int
	// Length is how long.
	Length time.Duration
	// Every is how often somebody takes a folder, on the average; 0 is never.
	Every time.Duration
	// Outages has readers fall silent for a while, with and without saying so.
	Outages bool
}

// The room of Cabinets, in metres: two cabinets side by side at one wall, a desk with an
// antenna at the other.
var (
	roomSize  = vec{6, 5, 2.8}
	cabinetAt = [2]vec{{0.3, 1.2, 1.1}, {0.3, 2.6, 1.1}} // middle of the shelf
	deskAt    = vec{5, 3.8, 0.8}
	middleAt  = vec{2.5, 2.2, 1.1}
)

// Cabinets is a room with two cabinets, each a steel box with a shelf of folders standing side
// by side and two antennas, and a reading desk with one. An antenna hears about six in ten
// of its folders in a round of 150 ms; what it misses it tends to miss again. People take folders
// to the desk, or out of the room, and bring them back.
func Cabinets(seed uint64, o CabinetOptions) *Trace {
	s := &scene{rng: rand.New(rand.NewPCG(seed, 0xCAB1)), length: o.Length}
	s.air = air{size: roomSize, steel: true, reflect: s.between(0.4, 0.6), diffuse: s.between(0.7, 1), body: s.between(8, 14), noise: s.between(0.5, 1.2)}
	const round = 150 * time.Millisecond
	for k, at := range cabinetAt {
		r := reader{id: fact.DeviceID(placeName("reader", k)), powerDBm: s.between(15, 17), dwell: round, once: true, from: time.Duration(k) * 40 * time.Millisecond}
		r.perSec = float64(o.Folders) * s.between(8, 10) // more than one try for each folder in a dwell
		for side := range 2 {
			// At both ends of the shelf, looking along it.
			end := at.add(vec{0, 0.5 * float64(1-2*side), 0.2})
			r.masts = append(r.masts, mast{at: end, toward: at.sub(end).unit(), gainDBi: 5, narrow: 1, cableDB: s.between(0, 2),
				box: box{low: at.sub(vec{0.3, 0.55, 0.4}), high: at.add(vec{0.2, 0.55, 0.4}), wallDB: s.between(7, 12)}})
		}
		s.readers = append(s.readers, r)
	}
	s.readers = append(s.readers, reader{id: "reader-3", powerDBm: 24, dwell: 2 * round, perSec: 80, once: true,
		masts: []mast{{at: deskAt.add(vec{0, 0, 1.6}), toward: vec{0, 0, -1}, gainDBi: 6, narrow: 2}}})
	for n := range 2 * o.Folders {
		t := s.newTag(n)
		lies := s.shelf(n%2, n/2, o.Folders)
		lies.to = o.Length
		t.legs = []leg{lies}
		s.tags = append(s.tags, t)
	}
	if o.Every > 0 {
		s.errands(o)
	}
	if o.Outages {
		s.outages()
	}
	site := siteOf(s.readers, func(reader, _ int) fact.PlaceID { return [...]fact.PlaceID{"cabinet-a", "cabinet-b", "desk"}[reader] }, []presence.Place{
		{ID: "outside", Adjoins: []fact.PlaceID{"room"}},
		{ID: "room", Adjoins: []fact.PlaceID{"cabinet-a", "cabinet-b", "desk"}},
		{ID: "cabinet-a", Adjoins: []fact.PlaceID{"cabinet-b"}}, {ID: "cabinet-b"}, {ID: "desk"},
	})
	return s.trace("cabinets", site, func(p vec) fact.PlaceID {
		switch {
		case p.sub(cabinetAt[0]).length() < 0.6:
			return "cabinet-a"
		case p.sub(cabinetAt[1]).length() < 0.6:
			return "cabinet-b"
		case p.sub(deskAt).length() < 0.8:
			return "desk"
		}
		return "room"
	})
}

// shelf is a folder at its place in a cabinet: neighbours on both sides take their part.
func (s *scene) shelf(cabinet, slot, of int) leg {
	along := -0.42 + 0.84*(float64(slot)+0.5)/float64(of)
	at := cabinetAt[cabinet].add(vec{s.between(-0.05, 0.05), along, s.between(-0.05, 0.05)})
	return leg{a: at, b: at, axis: vec{0, 0.1 * s.rng.NormFloat64(), 1}.unit(), stackDB: s.deep()}
}

// errands has people take folders out and bring them back, one errand at a time.
func (s *scene) errands(o CabinetOptions) {
	now := 30 * time.Second
	for {
		now += seconds(o.Every.Seconds() * (0.3 + 0.7*s.rng.ExpFloat64()))
		n := s.rng.IntN(len(s.tags))
		back := now + seconds(s.between(40, 240))
		if back+time.Minute > o.Length {
			return
		}
		t := &s.tags[n]
		if last := &t.legs[len(t.legs)-1]; last.from+20*time.Second < now {
			s.errand(t, now, back)
		}
	}
}

// errand takes one folder out at a time and brings it back.
func (s *scene) errand(t *tag, now, back time.Duration) {
	home := t.legs[len(t.legs)-1]
	t.legs[len(t.legs)-1].to = now
	at := home.a
	walk := func(to vec, speed float64) {
		took := seconds(to.sub(at).length() / speed)
		t.legs = append(t.legs, leg{from: now, to: now + took, a: at, b: to, axis: s.anyAxis(), carried: true})
		at, now = to, now+took
	}
	walk(middleAt, 0.9)
	if s.rng.IntN(2) == 0 {
		walk(deskAt, 1)
		t.legs = append(t.legs, leg{from: now, to: back, a: at, b: at, axis: s.anyAxis()})
		now = max(now, back)
		walk(middleAt, 1)
	} else {
		t.legs = append(t.legs, leg{from: now, to: back, a: at, b: at, away: true})
		now = max(now, back)
	}
	walk(home.a, 0.9)
	home.from, home.to = now, s.length
	home.stackDB = s.deep()
	t.legs = append(t.legs, home)
}

// outages cuts readers off: some say so, some fall silent only.
func (s *scene) outages() {
	for r := range s.readers {
		for now := seconds(s.between(60, 600)); now < s.length; now += seconds(s.between(300, 1500)) {
			o := span{now, now + seconds(s.between(2, 120))}
			s.readers[r].off = append(s.readers[r].off, o)
			if s.rng.IntN(2) == 0 {
				s.events = append(s.events,
					Event{At: o.from, Fact: fact.DeviceReport{Device: s.readers[r].id, State: fact.DeviceDown, Code: "no-answer"}},
					Event{At: o.to, Fact: fact.DeviceReport{Device: s.readers[r].id, State: fact.DeviceUp, Code: "restarted"}})
			}
			now = o.to
		}
	}
	slices.SortStableFunc(s.events, func(a, b Event) int { return int(a.At - b.At) })
}

// deep is what the neighbours take from a folder among them, one way, in dB.
func (s *scene) deep() float64 { return s.between(9, 15.5) }
