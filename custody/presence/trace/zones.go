package trace

import (
	"math"
	"math/rand/v2"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// Geometry is how the four zones of a room lie and where their antennas hang.
type Geometry uint8

// The geometries of ZoneRoom.
const (
	// Corners: a square room, an antenna in every corner, looking into it.
	Corners Geometry = iota
	// Ceiling: a square room, an antenna over the middle of every zone, looking down.
	Ceiling
	// Wall: four bays side by side, all antennas on one wall.
	Wall
	// Row: four zones one behind the other in a long room, antennas at alternate sides.
	Row
	// Ward: a small room with bed, chair, desk and door, two antennas on the ceiling and two on
	// the walls, all of which hear nearly everything.
	Ward
	// Hall: a hall with zones far apart, one of them further, whose antennas look down at an angle; cables differ
	// by many dB, and bodies take much.
	Hall
	// Desks: four desks close together, an antenna over each, at different heights.
	Desks
	// Tee: three zones in a row and one beside the middle, antennas on the walls, one of which hears poorly.
	Tee
)

// Geometries returns all of them.
func Geometries() []Geometry { return []Geometry{Corners, Ceiling, Wall, Row, Ward, Hall, Desks, Tee} }

// String returns the geometry in one word.
func (g Geometry) String() string {
	return [...]string{Corners: "corners", Ceiling: "ceiling", Wall: "wall", Row: "row", Ward: "ward", Hall: "hall", Desks: "desks", Tee: "tee"}[g]
}

// ZoneOptions says what happens in a ZoneRoom.
type ZoneOptions struct {
	Geometry Geometry
	// Tags is how many people walk about, each with one tag, 1 to 64.
	Tags int
	// Length is how long.
	Length time.Duration
	// Stay is how long a tag stays in a zone, on the average; no stay is shorter than a fifth of it.
	Stay time.Duration
	// Cycle is how often each antenna gets its turn: the tags are read again about that often, 0.1 to 10 s.
	Cycle time.Duration
	// Worn tags are always on a person; others lie on a table for most of a stay.
	Worn bool
	// Walk numbers what happens in the room: the same room with another number sees other tags go other ways.
	Walk uint64
	// Separate gives every antenna a reader of its own.
	Separate bool
	// Around makes the zones adjoin an unwatched room around them instead of one another.
	Around bool
}

// ZoneRoom is one room of four zones, all adjacent, whose antennas hear each other's tags
// all the time: zones differ by strength only, and not by much. Antennas, cables, walls,
// people and tags differ from seed to seed.
func ZoneRoom(seed uint64, o ZoneOptions) *Trace {
	s := &scene{rng: rand.New(rand.NewPCG(seed, 0x20E5)), length: o.Length}
	s.air = air{
		reflect: s.between(0.45, 0.7), diffuse: s.between(0.3, 0.6),
		body: s.between(6, 14), noise: s.between(0.5, 1.2),
	}
	zones, masts := s.layOut(o.Geometry)
	for k := range masts {
		masts[k].cableDB = 1.5 + 1.5*s.rng.NormFloat64() + masts[k].extraDB
		masts[k].toward = masts[k].toward.add(vec{0.15 * s.rng.NormFloat64(), 0.15 * s.rng.NormFloat64(), 0.1 * s.rng.NormFloat64()}).unit()
	}
	r := reader{id: "reader-1", masts: masts, powerDBm: s.between(24, 31), perSec: s.between(20, 120), once: s.rng.IntN(2) == 0}
	r.dwell = min(o.Cycle/4, seconds(s.between(0.1, 0.4)))
	r.rest = max(o.Cycle-4*r.dwell, 0)
	s.readers = []reader{r}
	if o.Separate {
		s.readers = r.apart(o.Cycle)
	}
	s.rng = rand.New(rand.NewPCG(seed, 0x20E6+o.Walk))
	nearestZone := func(p vec) int {
		best, least := 0, math.Inf(1)
		for k, z := range zones {
			if d := level2(p.sub(z)); d < least {
				best, least = k, d
			}
		}
		return best
	}
	for n := range o.Tags {
		t := s.newTag(n)
		t.legs = s.wander(zones, o)
		s.tags = append(s.tags, t)
	}
	places := zonePlaces(len(zones), o.Around)
	site := siteOf(s.readers, func(reader, port int) fact.PlaceID { return placeName("zone", reader+port) }, places)
	return s.trace("four zones, "+o.Geometry.String(), site, func(p vec) fact.PlaceID { return placeName("zone", nearestZone(p)) })
}

// apart returns a reader for each antenna of r, each with its own rhythm.
func (r *reader) apart(cycle time.Duration) []reader {
	var out []reader
	for k, m := range r.masts {
		one := *r
		one.id = fact.DeviceID(placeName("reader", k))
		one.masts = []mast{m}
		one.from = time.Duration(k) * cycle / 7
		one.rest = cycle - one.dwell + time.Duration(k)*cycle/50
		out = append(out, one)
	}
	return out
}

// zonePlaces lists the zones: each adjoins all others, or the room around them.
func zonePlaces(zones int, around bool) []presence.Place {
	var places []presence.Place
	if around {
		places = []presence.Place{{ID: "outside", Adjoins: []fact.PlaceID{"room"}}, {ID: "room"}}
	}
	for k := range zones {
		p := presence.Place{ID: placeName("zone", k)}
		if around {
			p.Adjoins = []fact.PlaceID{"room"}
		}
		for j := range zones {
			if j != k && !around {
				p.Adjoins = append(p.Adjoins, placeName("zone", j))
			}
		}
		places = append(places, p)
	}
	return places
}

// level2 is the squared length in the plane.
func level2(v vec) float64 { return v.x*v.x + v.y*v.y }

// layOut returns the middles of the zones and the antenna of each.
func (s *scene) layOut(g Geometry) (zones []vec, masts []mast) {
	patch := func(at, toward vec) mast {
		return mast{at: at, toward: toward.sub(at).unit(), gainDBi: 7, narrow: s.between(1.5, 3)}
	}
	switch g {
	case Corners, Ceiling:
		side := s.between(5, 8)
		s.air.size = vec{side, side, 2.8}
		for k := range 4 {
			x, y := float64(k%2), float64(k/2)
			z := vec{side * (0.25 + 0.5*x), side * (0.25 + 0.5*y), 1}
			zones = append(zones, z)
			if g == Corners {
				masts = append(masts, patch(vec{side * (0.03 + 0.94*x), side * (0.03 + 0.94*y), 2.1}, z))
			} else {
				masts = append(masts, patch(vec{z.x, z.y, 2.7}, z))
			}
		}
	case Wall:
		bay := s.between(1.6, 2.4)
		s.air.size = vec{4 * bay, 4.5, 2.8}
		for k := range 4 {
			z := vec{bay * (0.5 + float64(k)), 2.2, 1}
			zones = append(zones, z)
			masts = append(masts, patch(vec{z.x, 0.1, 1.8}, z))
		}
	case Row:
		bay := s.between(2.2, 3.2)
		s.air.size = vec{3, 4 * bay, 2.8}
		for k := range 4 {
			z := vec{1.5, bay * (0.5 + float64(k)), 1}
			zones = append(zones, z)
			masts = append(masts, patch(vec{0.1 + 2.8*float64(k%2), z.y, 2}, z))
		}
	case Ward:
		w, d := s.between(3.5, 4.5), s.between(4, 5.5)
		s.air.size = vec{w, d, 2.7}
		zones = []vec{{0.25 * w, 0.3 * d, 0.7}, {0.7 * w, 0.3 * d, 0.9}, {0.3 * w, 0.75 * d, 1}, {0.75 * w, 0.8 * d, 1.2}}
		masts = []mast{
			patch(vec{0.3 * w, 0.35 * d, 2.6}, zones[0]), patch(vec{0.95 * w, 0.25 * d, 2}, zones[1]),
			patch(vec{0.05 * w, 0.8 * d, 2}, zones[2]), patch(vec{0.65 * w, 0.75 * d, 2.6}, zones[3]),
		}
	case Hall:
		w, d := s.between(10, 13), s.between(7, 9)
		s.air.size = vec{w, d, 4}
		s.air.body = s.between(12, 20)
		zones = []vec{{0.15 * w, 0.3 * d, 1}, {0.4 * w, 0.7 * d, 1}, {0.62 * w, 0.3 * d, 1}, {0.92 * w, 0.6 * d, 1}}
		for _, z := range zones {
			m := patch(vec{z.x + s.between(-1, 1), z.y + s.between(-1, 1), 3.5}, z)
			m.extraDB = s.between(0, 9)
			masts = append(masts, m)
		}
	case Desks:
		w, d := s.between(1.4, 1.8), s.between(1.3, 1.7)
		s.air.size = vec{5, 5, 2.8}
		s.air.body = s.between(6, 18)
		for k := range 4 {
			z := vec{2.5 + w*(float64(k%2)-0.5), 2.5 + d*(float64(k/2)-0.5), 0.9}
			zones = append(zones, z)
			m := patch(vec{z.x + s.between(-0.2, 0.2), z.y + s.between(-0.2, 0.2), s.between(2, 2.7)}, z)
			m.extraDB = s.between(0, 5)
			masts = append(masts, m)
		}
	case Tee:
		bay := s.between(2, 3)
		s.air.size = vec{3 * bay, 2 * bay, 2.8}
		zones = []vec{{0.5 * bay, 0.5 * bay, 1}, {1.5 * bay, 0.5 * bay, 1}, {2.5 * bay, 0.5 * bay, 1}, {1.5 * bay, 1.5 * bay, 1}}
		masts = []mast{
			patch(vec{0.1, 0.5 * bay, 2}, zones[0]), patch(vec{1.5 * bay, 0.1, 2.2}, zones[1]),
			patch(vec{3*bay - 0.1, 0.5 * bay, 2}, zones[2]), patch(vec{1.5 * bay, 2*bay - 0.1, 1.8}, zones[3]),
		}
		masts[s.rng.IntN(4)].extraDB = s.between(4, 8)
	}
	return zones, masts
}

// wander draws the way of one tag from zone to zone.
func (s *scene) wander(zones []vec, o ZoneOptions) []leg {
	height := s.between(0.9, 1.3)
	spot := func(z int) vec {
		return vec{zones[z].x + s.between(-0.6, 0.6), zones[z].y + s.between(-0.6, 0.6), height}
	}
	zone := s.rng.IntN(len(zones))
	here, now := spot(zone), time.Duration(0)
	var legs []leg
	for now < o.Length {
		until := now + max(o.Stay/5, seconds(0.2*o.Stay.Seconds()+0.8*o.Stay.Seconds()*s.rng.ExpFloat64()))
		legs = append(legs, s.stay(&here, now, until, o.Worn)...)
		now = until
		next := (zone + 1 + s.rng.IntN(len(zones)-1)) % len(zones)
		there := spot(next)
		walk := seconds(there.sub(here).length() / s.between(0.7, 1.3))
		legs = append(legs, leg{from: now, to: now + walk, a: here, b: there, axis: s.anyAxis(), carried: true})
		zone, here, now = next, there, now+walk
	}
	return legs
}

// stay draws what a tag does in its zone: it is held this way and that, and lies on the
// table in between unless it is worn.
func (s *scene) stay(here *vec, from, until time.Duration, worn bool) []leg {
	var legs []leg
	for now := from; now < until; {
		l := leg{from: now, axis: s.anyAxis(), facing: s.anyFacing(), carried: worn || s.rng.Float64() < 0.25}
		spell := s.between(3, 20)
		if !l.carried {
			spell = s.between(10, 60)
		}
		l.to = min(until, now+seconds(spell))
		l.a = here.add(vec{s.between(-0.25, 0.25), s.between(-0.25, 0.25), 0})
		l.b = l.a
		*here = l.a
		legs = append(legs, l)
		now = l.to
	}
	return legs
}
