package trace

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// DoorOptions says what is at a door and what happens there.
type DoorOptions struct {
	// Antennas is 2, one on each side of the door, or 1, over it.
	Antennas int
	// Infrared adds a pair of light barriers in the doorway, Contact one on the leaf, Badges a reader on either side.
	Infrared, Contact, Badges bool
	// Crossings is how many scenes are played, one after the other.
	Crossings int
	// Hard has, among plain crossings, people who turn round in the doorway, pass each other,
	// carry stacks of five, show no badge, and folders that lie near the door.
	Hard bool
}

// What is at the door of Doors, by name. Inputs are active while a barrier is interrupted and
// while the door is open.
const (
	DoorID      fact.DoorID   = "door"
	GateReader  fact.DeviceID = "reader-gate" // port 1 outside, port 2 inside; or port 1 over the door
	OuterBeam   uint8         = 0             // inputs of GateReader
	InnerBeam   uint8         = 1
	EntryReader fact.DeviceID = "badge-in" // outside; its input 0 is the contact
	ExitReader  fact.DeviceID = "badge-out"
)

// The doorway, in metres: people walk along y, outside is below doorY.
const (
	doorX, doorY = 2.5, 4.0
	beamGap      = 0.25 // of each barrier from the middle of the doorway
	bodyHalf     = 0.18 // half a person, from front to back
)

// walker is one person of a door scene.
type walker struct {
	ys       []float64 // the points of the way, along y
	x        float64
	speed    float64
	start    time.Duration
	load     []int // tags
	crossing bool
	inward   bool
	card     fact.CardID // shown before; empty is none
}

// Doors is a door between a corridor outside and a room, played over and over: somebody
// comes, with folders or without, and goes through or does not.
func Doors(seed uint64, o DoorOptions) *Trace {
	s := &scene{rng: rand.New(rand.NewPCG(seed, 0xD002))}
	s.air = air{size: vec{5, 8, 2.8}, reflect: s.between(0.4, 0.6), diffuse: s.between(0.3, 0.5), body: s.between(6, 12), noise: s.between(0.5, 1.2)}
	r := reader{id: GateReader, powerDBm: s.between(25, 28), dwell: 60 * time.Millisecond, perSec: s.between(150, 250), once: true}
	for side := range o.Antennas {
		m := mast{at: vec{doorX + 0.5, doorY, 2.5}, toward: vec{-0.2, 0, -1}.unit(), gainDBi: 6, narrow: 2, cableDB: s.between(0, 2)}
		if o.Antennas == 2 {
			away := float64(2*side - 1) // -1 outside, 1 inside
			m.at, m.toward = vec{doorX + 0.6, doorY + 0.7*away, 2.3}, vec{-0.3, 0.5 * away, -1}.unit()
		}
		r.masts = append(r.masts, m)
	}
	t := &Trace{Name: "doors", Site: doorSite(o.Antennas)}
	s.doorScenes(o, t)
	s.readers = []reader{r}
	s.listen()
	t.Events, t.Length = s.events, s.length
	slices.SortStableFunc(t.Crossings, func(a, b Crossing) int { return cmp.Compare(a.At, b.At) })
	return t
}

// doorSite lists the places at the door.
func doorSite(antennas int) presence.Site {
	watch := func(port uint8, place fact.PlaceID) presence.Watch {
		return presence.Watch{Antenna: fact.Antenna{Reader: GateReader, Port: port}, Place: place}
	}
	if antennas == 1 {
		return presence.Site{
			Places:   []presence.Place{{ID: "outside", Adjoins: []fact.PlaceID{"gate"}}, {ID: "gate", Adjoins: []fact.PlaceID{"room"}}, {ID: "room"}},
			Antennas: []presence.Watch{watch(1, "gate")},
		}
	}
	return presence.Site{
		Places: []presence.Place{
			{ID: "outside", Adjoins: []fact.PlaceID{"gate-out"}}, {ID: "gate-out", Adjoins: []fact.PlaceID{"gate-in"}},
			{ID: "gate-in", Adjoins: []fact.PlaceID{"room"}}, {ID: "room"},
		},
		Antennas: []presence.Watch{watch(1, "gate-out"), watch(2, "gate-in")},
	}
}

// doorScenes plays the scenes and notes what crossed.
func (s *scene) doorScenes(o DoorOptions, t *Trace) {
	now := 10 * time.Second
	for n := range o.Crossings {
		walkers := s.doorScene(n, o, now)
		end := now
		for w := range walkers {
			end = max(end, s.walk(&walkers[w], t))
		}
		s.sensors(walkers, o, end)
		now = end + seconds(s.between(8, 20))
	}
	s.length = now
	if o.Hard {
		s.layNear()
	}
}

// doorScene draws who comes, when and with what.
func (s *scene) doorScene(n int, o DoorOptions, now time.Duration) []walker {
	one := func(load int) walker {
		w := walker{x: doorX + s.between(-0.25, 0.25), speed: s.between(0.6, 1.5), start: now, crossing: true, inward: s.rng.IntN(2) == 0}
		w.ys = []float64{doorY - 3.5, doorY + 3.5}
		if !w.inward {
			slices.Reverse(w.ys)
		}
		for range load {
			s.tags = append(s.tags, s.newTag(len(s.tags)))
			w.load = append(w.load, len(s.tags)-1)
		}
		if o.Badges {
			w.card = fact.CardID("raw:26:" + string(rune('A'+n%26)) + "8ED3140")
		}
		return w
	}
	kind := 0
	if o.Hard {
		kind = s.rng.IntN(8)
	}
	w := one(1)
	switch kind {
	case 1: // turns round before, in or just behind the doorway
		turn := doorY + s.between(-0.6, 0.35)
		if !w.inward {
			turn = doorY - s.between(-0.6, 0.35)
		}
		w.ys = []float64{w.ys[0], turn, turn, w.ys[0]}
		w.crossing = false
	case 2: // two people pass each other
		other := one(s.rng.IntN(2))
		other.inward, other.card = !w.inward, ""
		other.ys = []float64{w.ys[1], w.ys[0]}
		w.x, other.x = doorX-0.3, doorX+0.3
		other.start += seconds(s.between(-1, 1) + 1)
		if other.start > now+time.Second {
			other.x, w.x = w.x, other.x
		}
		return []walker{w, other}
	case 3: // a stack of five
		stack := one(5)
		stack.inward, stack.ys = w.inward, w.ys
		return []walker{stack}
	case 4:
		w.card = ""
	case 5: // stops in the doorway, and goes on
		at := doorY + s.between(-0.3, 0.3)
		w.ys = []float64{w.ys[0], at, at, w.ys[1]}
	}
	return []walker{w}
}

// walk gives the way of a person to the tags they carry, and notes the crossing. It returns when the person is gone.
func (s *scene) walk(w *walker, t *Trace) time.Duration {
	for k, i := range w.load {
		tag := &s.tags[i]
		now := w.start
		tag.legs = append(tag.legs, leg{to: now, away: true})
		axis := vec{1, 0.2 * s.rng.NormFloat64(), 0.3 * s.rng.NormFloat64()}.unit()
		stack := 0.0
		if len(w.load) > 1 {
			stack = s.between(1, 4)
		}
		ahead := 0.3 // folders are carried in front
		for p := 1; p < len(w.ys); p++ {
			took := w.took(p)
			a, b := vec{w.x, w.ys[p-1], 1.15 + 0.02*float64(k)}, vec{w.x, w.ys[p], 1.15 + 0.02*float64(k)}
			facing := vec{0, math.Copysign(1, w.ys[len(w.ys)-1]-w.ys[0]+1e-9), 0}
			if a != b {
				facing = level(b.sub(a))
			}
			shift := facing.scale(ahead)
			tag.legs = append(tag.legs, leg{from: now, to: now + took, a: a.add(shift), b: b.add(shift), axis: axis, carried: true, facing: facing, stackDB: stack})
			now += took
		}
		tag.legs = append(tag.legs, leg{from: now, to: MaxLength, away: true})
	}
	if at, through := w.passes(doorY); w.crossing && through {
		c := Crossing{Door: DoorID, At: at, Inward: w.inward, Card: w.card}
		for _, i := range w.load {
			c.Tags = append(c.Tags, s.tags[i].epc)
		}
		t.Crossings = append(t.Crossings, c)
	}
	return w.end()
}

// standing is how long a person stands still where two points of the way are the same.
const standing = 2500 * time.Millisecond

func (w *walker) took(p int) time.Duration {
	if w.ys[p] == w.ys[p-1] {
		return standing
	}
	return seconds(math.Abs(w.ys[p]-w.ys[p-1]) / w.speed)
}

func (w *walker) end() time.Duration {
	at := w.start
	for p := 1; p < len(w.ys); p++ {
		at += w.took(p)
	}
	return at
}

// at returns where along y the person is; ok is false when they are not there yet or gone.
func (w *walker) at(now time.Duration) (y float64, ok bool) {
	from := w.start
	for p := 1; p < len(w.ys) && now >= from; p++ {
		took := w.took(p)
		if now < from+took {
			return w.ys[p-1] + (w.ys[p]-w.ys[p-1])*float64(now-from)/float64(took), true
		}
		from += took
	}
	return 0, false
}

// passes returns when the person first passes a line across the way, if ever.
func (w *walker) passes(line float64) (at time.Duration, ok bool) {
	const step = 20 * time.Millisecond
	before, _ := w.at(w.start)
	for now := w.start; now < w.end(); now += step {
		y, here := w.at(now)
		if here && (y >= line) != (before >= line) {
			return now, true
		}
	}
	return 0, false
}

// sensors adds what the barriers, the contact and the badge readers report of a scene.
func (s *scene) sensors(walkers []walker, o DoorOptions, end time.Duration) {
	const step = 20 * time.Millisecond
	var on [2]bool
	open, shut := false, time.Duration(0)
	for w := range walkers {
		if p := &walkers[w]; p.card != "" {
			reader := ExitReader
			if p.inward {
				reader = EntryReader
			}
			at := p.start + seconds(s.between(0.2, 1.2)) // before they are at the door
			s.events = append(s.events, Event{At: at, Fact: fact.BadgeShown{Reader: reader, Card: p.card}})
		}
	}
	from := walkers[0].start
	for now := from; now < end+3*time.Second; now += step {
		near, cut := false, [2]bool{}
		for w := range walkers {
			y, here := walkers[w].at(now)
			if !here {
				continue
			}
			near = near || math.Abs(y-doorY) < 0.9
			cut[0] = cut[0] || math.Abs(y-(doorY-beamGap)) < bodyHalf
			cut[1] = cut[1] || math.Abs(y-(doorY+beamGap)) < bodyHalf
		}
		for beam, is := range cut {
			if o.Infrared && is != on[beam] {
				on[beam] = is
				s.input(now, GateReader, uint8(beam), is) //nolint:gosec // two of them
			}
		}
		if near {
			shut = now + 1200*time.Millisecond
		}
		if is := now < shut; o.Contact && is != open {
			open = is
			s.input(now, EntryReader, 0, is)
		}
	}
}

func (s *scene) input(at time.Duration, device fact.DeviceID, input uint8, active bool) {
	state := fact.InputInactive
	if active {
		state = fact.InputActive
	}
	s.events = append(s.events, Event{At: at, Fact: fact.InputChanged{Device: device, Input: input, State: state}})
}

// layNear puts folders down near the door, where its antennas hear them now and then.
func (s *scene) layNear() {
	for k := range 3 {
		t := s.newTag(len(s.tags))
		at := vec{doorX + s.between(0.8, 1.8), doorY + s.between(1.2, 2.5), s.between(0.7, 1.2)}
		if k == 2 {
			at.y = doorY - s.between(1.5, 2.5)
		}
		t.legs = []leg{{to: MaxLength, a: at, b: at, axis: s.anyAxis(), stackDB: s.between(0, 2)}}
		s.tags = append(s.tags, t)
	}
}
