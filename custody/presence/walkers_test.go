package presence_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/presence/trace"
)

// doorway plays single scenes at a door with one antenna over it and two light barriers, half a metre apart.
type doorway struct {
	t      *testing.T
	engine *presence.Engine
	now    time.Duration
	events map[time.Duration]map[uint8]int // at a time: by barrier, how many more people are in it
	people [2]int                          // in each barrier
	tags   map[fact.EPC]func(time.Duration) (metres float64, heard bool)
}

func newDoorway(t *testing.T) *doorway {
	t.Helper()
	o := trace.DoorOptions{Antennas: 1, Infrared: true, Contact: true}
	site := trace.Doors(1, o).Site
	site.Doors = []presence.Door{gate(o)}
	e, err := presence.New(site, presence.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	return &doorway{t: t, engine: e, events: map[time.Duration]map[uint8]int{}, tags: map[fact.EPC]func(time.Duration) (float64, bool){}}
}

// instant is the resolution of a scene.
const instant = 20 * time.Millisecond

// walk sends somebody through the doorway, whose middle they reach in so long, at a speed in metres a second, with a tag
// 0.3 m ahead of them, or without one. back is where they turn round, in metres from the middle; beyond 3 they do not.
func (d *doorway) walk(in time.Duration, speed float64, inward bool, back float64, tag fact.EPC) {
	at := d.now + in
	along := func(now time.Duration) float64 { // from the side they come from
		y := (now - at).Seconds() * speed
		if y > back {
			return 2*back - y
		}
		return y
	}
	within := [2]bool{}
	for now := d.now; now < at+8*time.Second; now += instant {
		y := along(now)
		if !inward {
			y = -y
		}
		for beam, middle := range [2]float64{-0.25, 0.25} {
			if is := math.Abs(y-middle) < 0.18; is != within[beam] {
				within[beam] = is
				if d.events[now] == nil {
					d.events[now] = map[uint8]int{}
				}
				d.events[now][uint8(beam)] += map[bool]int{true: 1, false: -1}[is]
			}
		}
	}
	if !tag.IsZero() {
		d.tags[tag] = func(now time.Duration) (float64, bool) {
			y := along(now) + 0.3
			return math.Abs(y), math.Abs(y) < 2.5
		}
		d.engine.Enrol(tag, presence.Elsewhere)
	}
}

// play lets twelve seconds pass and returns the passages.
func (d *doorway) play() (out []presence.Passage) {
	d.t.Helper()
	var found []presence.Finding
	for end := d.now + 12*time.Second; d.now < end; d.now += instant {
		for beam := range uint8(2) {
			was := d.people[beam] > 0
			if d.people[beam] += d.events[d.now][beam]; (d.people[beam] > 0) != was {
				found = d.engine.Input(stamp(d.now), input(trace.GateReader, beam, d.people[beam] > 0), found)
			}
		}
		if d.now%(3*instant) != 0 {
			continue
		}
		round := fact.Round{Antenna: fact.Antenna{Reader: trace.GateReader, Port: 1}}
		for tag, way := range d.tags {
			if y, heard := way(d.now); heard {
				level := -35 - 40*math.Log10(math.Hypot(1, y/1.35))
				round.Reads = append(round.Reads, fact.Read{EPC: tag, RSSIcdBm: int16(100 * level), Phase: fact.PhaseUnknown})
			}
		}
		found = d.engine.Observe(stamp(d.now), round, found)
	}
	for _, f := range found {
		if p, ok := f.(presence.Passage); ok {
			out = append(out, p)
		}
	}
	clear(d.tags)
	clear(d.events)
	return out
}

func input(device fact.DeviceID, n uint8, active bool) fact.InputChanged {
	state := fact.InputInactive
	if active {
		state = fact.InputActive
	}
	return fact.InputChanged{Device: device, Input: n, State: state}
}

func epcOf(n byte) fact.EPC {
	epc, err := fact.EPCFromBytes([]byte{0xE2, 0x80, 1, n})
	if err != nil {
		panic(err)
	}
	return epc
}

const through = 99 // metres: nobody turns round there

// Single walks at several speeds are told rightly, and teach the door how tags are heard that are carried through it.
func (d *doorway) teach() {
	d.t.Helper()
	for n := range byte(12) {
		d.engine.Input(stamp(d.now), input(trace.EntryReader, 0, true), nil)
		d.walk(4*time.Second, 0.7+float64(n%4)*0.2, n%2 == 0, through, epcOf(n))
		got := d.play()
		if len(got) != 1 || got[0].Unsure || got[0].Inward != (n%2 == 0) {
			d.t.Fatalf("walk %d alone: %+v", n, got)
		}
	}
}

// TestWalkersAreToldApart has people pass each other, turn round and stand in a barrier.
func TestWalkersAreToldApart(t *testing.T) {
	one, other := epcOf(100), epcOf(101)
	t.Run("one second apart", func(t *testing.T) {
		d := newDoorway(t)
		d.teach()
		d.walk(4*time.Second, 1.1, true, through, one)
		d.walk(5*time.Second, 0.9, false, through, other)
		got := d.play()
		if len(got) != 2 {
			t.Fatalf("%+v", got)
		}
		for _, p := range got {
			if p.Unsure || p.Inward != (p.Tag == one) {
				t.Errorf("%+v", p)
			}
		}
	})
	t.Run("at once, as in a mirror", func(t *testing.T) {
		d := newDoorway(t)
		d.teach()
		d.walk(4*time.Second, 1, true, through, one)
		d.walk(4*time.Second, 1, false, through, other)
		got := d.play()
		if len(got) != 2 || !got[0].Unsure || !got[1].Unsure {
			t.Errorf("nothing tells them apart, and it is said: %+v", got)
		}
	})
	t.Run("turned round", func(t *testing.T) {
		d := newDoorway(t)
		d.teach()
		for _, back := range []float64{-0.5, -0.2, 0, 0.05} {
			d.walk(4*time.Second, 1, true, back, one)
			if got := d.play(); len(got) != 0 {
				t.Errorf("turned round %v m behind the middle: %+v", back, got)
			}
		}
	})
	t.Run("a barrier stuck", func(t *testing.T) {
		d := newDoorway(t)
		d.teach()
		d.engine.Input(stamp(d.now), input(trace.GateReader, trace.OuterBeam, true), nil)
		d.people[trace.OuterBeam], d.now = 1, d.now+time.Minute
		d.walk(4*time.Second, 1, true, through, one)
		if got := d.play(); len(got) != 1 || !got[0].Unsure {
			t.Errorf("%+v", got)
		}
	})
}

// What a door has learnt goes to another engine as it is, and what none can have learnt is refused.
func TestDoorsAreTaught(t *testing.T) {
	d := newDoorway(t)
	d.teach()
	learnt := d.engine.Learnt()
	if len(learnt.Doors) != 1 || learnt.Doors[0].Door != trace.DoorID || len(learnt.Doors[0].Carries) != 12 {
		t.Fatalf("learnt: %+v", learnt.Doors)
	}
	again := newDoorway(t)
	if err := again.engine.Teach(learnt); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(learnt.Doors, again.engine.Learnt().Doors); diff != "" {
		t.Errorf("taught -, learnt +:\n%s", diff)
	}
	learnt.Doors[0].Carries[3].Width = math.NaN()
	learnt.Doors[0].Carries[4].Depth = -1
	learnt.Doors[0].Carries = append(learnt.Doors[0].Carries, make([]presence.LearntCarry, 100)...)
	if err := again.engine.Teach(learnt); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("taught nonsense: %v", err)
	}
}
