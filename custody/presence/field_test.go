package presence_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/devices/devicetest/radio"
)

// office is a site with two cabinets side by side and a safe in one room, and a passage
// from the room to the outside.
func office() presence.Site {
	watch := func(reader, place string) presence.Watch {
		return presence.Watch{Antenna: antennaOf(reader), Place: fact.PlaceID(place)}
	}
	return presence.Site{
		Places: []presence.Place{
			{ID: "cabinet-a", Adjoins: []fact.PlaceID{"cabinet-b", "room"}},
			{ID: "cabinet-b", Adjoins: []fact.PlaceID{"room"}},
			{ID: "safe", Adjoins: []fact.PlaceID{"room"}},
			{ID: "room", Adjoins: []fact.PlaceID{"exit"}},
			{ID: "exit", Adjoins: []fact.PlaceID{"outside"}},
			{ID: "outside", Adjoins: []fact.PlaceID{"street"}},
			{ID: "street"},
		},
		Antennas: []presence.Watch{
			watch("reader-a", "cabinet-a"), watch("reader-b", "cabinet-b"),
			watch("reader-safe", "safe"), watch("reader-exit", "exit"),
		},
	}
}

func antennaOf(reader string) fact.Antenna {
	return fact.Antenna{Reader: fact.DeviceID(reader), Port: 1}
}

// cadence is how often each reader of the office completes a round: the gate is fast
// because people walk through it, cabinets are not.
var cadence = map[string]time.Duration{
	"reader-a": 250 * time.Millisecond, "reader-b": 250 * time.Millisecond,
	"reader-safe": 250 * time.Millisecond, "reader-exit": 200 * time.Millisecond,
}

const tick = 50 * time.Millisecond

// world is the office in the simulated radio field, and an engine that watches it.
type world struct {
	t      testing.TB
	field  *radio.Field
	engine *presence.Engine
	now    time.Duration
	dead   map[string]bool
	// findings since the last call of take.
	findings []presence.Finding
	// during, when set, sees every finding with the time at which it was made.
	during func(at time.Duration, f presence.Finding)
}

func newWorld(t testing.TB, seed uint64, policy presence.Policy) *world {
	t.Helper()
	site := office()
	var layout radio.Layout
	for _, p := range site.Places {
		var adjoins []string
		for _, n := range p.Adjoins {
			adjoins = append(adjoins, string(n))
		}
		layout.Places = append(layout.Places, radio.Place{Name: string(p.ID), Adjoins: adjoins})
	}
	for _, w := range site.Antennas {
		layout.Antennas = append(layout.Antennas, radio.Antenna{
			Reader: string(w.Antenna.Reader), Port: w.Antenna.Port, Place: string(w.Place),
		})
	}
	field, err := radio.New(seed, layout)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := presence.New(site, policy)
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, field: field, engine: engine, dead: map[string]bool{}}
}

// folder returns the n-th folder's tag.
func folder(n int) fact.EPC {
	e, err := fact.ParseEPC(fmt.Sprintf("2C0000000000000000%06X", n))
	if err != nil {
		panic(err)
	}
	return e
}

// stock lays folders from..to-1 into a place, in the field and in the record.
func (w *world) stock(place string, from, to int) {
	w.t.Helper()
	for n := from; n < to; n++ {
		if err := w.field.Put(folder(n).Bytes(), place); err != nil {
			w.t.Fatal(err)
		}
		w.engine.Enrol(folder(n), fact.PlaceID(place))
	}
}

func stamp(at time.Duration) fact.Stamp {
	return fact.Stamp{Mono: at, Wall: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC).Add(at)}
}

// listen completes one round of a reader and gives it to the engine.
func (w *world) listen(reader string) {
	w.feed(w.engine, reader, w.round(reader))
}

func (w *world) round(reader string) fact.Round {
	r := fact.Round{Antenna: antennaOf(reader), Duration: cadence[reader]}
	for _, h := range w.field.Hear(reader, 1) {
		epc, err := fact.EPCFromBytes(h.EPC)
		if err != nil {
			w.t.Fatal(err)
		}
		r.Reads = append(r.Reads, fact.Read{EPC: epc, RSSIcdBm: int16(math.Round(h.RSSIdBm * 100)), Phase: fact.PhaseUnknown})
	}
	return r
}

func (w *world) feed(e *presence.Engine, _ string, r fact.Round) {
	before := len(w.findings)
	w.findings = e.Observe(stamp(w.now), r, w.findings)
	for _, f := range w.findings[before:] {
		if w.during != nil {
			w.during(w.now, f)
		}
	}
}

// pass lets time go by with all living readers at work.
func (w *world) pass(d time.Duration) {
	for end := w.now + d; w.now < end; {
		w.now += tick
		w.findings = w.engine.Advance(stamp(w.now), w.findings)
		for _, reader := range []string{"reader-a", "reader-b", "reader-safe", "reader-exit"} {
			if w.now%cadence[reader] == 0 && !w.dead[reader] {
				w.listen(reader)
			}
		}
	}
}

// take returns the findings since the last call.
func (w *world) take() []presence.Finding {
	f := w.findings
	w.findings = nil
	return f
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
