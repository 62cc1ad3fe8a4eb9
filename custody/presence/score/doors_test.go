package score_test

import (
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/presence/trace"
)

// doorResult is what became of the tags that were carried through doors.
// Unsure are those of which it was said that they passed, and not which way; they do not count as right.
type doorResult struct{ carried, right, wrong, unsure, missed, extra int }

// doorOf describes the door of package trace.
func doorOf(o trace.DoorOptions) presence.Door {
	outer, inner := fact.Antenna{Reader: trace.GateReader, Port: 1}, fact.Antenna{Reader: trace.GateReader, Port: 2}
	if o.Antennas == 1 {
		inner = outer
	}
	d := presence.Door{ID: trace.DoorID, Outer: []fact.Antenna{outer}, Inner: []fact.Antenna{inner}}
	if o.Infrared {
		d.OuterBeam = presence.Point{Device: trace.GateReader, Input: trace.OuterBeam}
		d.InnerBeam = presence.Point{Device: trace.GateReader, Input: trace.InnerBeam}
	}
	if o.Contact {
		d.Contact = presence.Point{Device: trace.EntryReader}
	}
	if o.Badges {
		d.EntryReader, d.ExitReader = trace.EntryReader, trace.ExitReader
	}
	return d
}

// passed is one tag that went through a door, as somebody concluded.
type passed struct {
	tag            fact.EPC
	at             time.Duration
	inward, unsure bool
}

// passages returns what presence concludes.
func passages(t *testing.T, tr *trace.Trace, o trace.DoorOptions) (out []passed) {
	t.Helper()
	site := tr.Site
	site.Doors = []presence.Door{doorOf(o)}
	e, err := presence.New(site, presence.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	var found []presence.Finding
	take := func(at time.Duration) {
		for _, f := range found {
			if p, ok := f.(presence.Passage); ok {
				out = append(out, passed{p.Tag, at, p.Inward, p.Unsure})
			}
		}
		found = found[:0]
	}
	for _, ev := range tr.Events {
		now := fact.Stamp{Mono: ev.At}
		switch f := ev.Fact.(type) {
		case fact.Round:
			for _, r := range f.Reads {
				if _, _, _, known := e.Estimate(r.EPC); !known {
					e.Enrol(r.EPC, presence.Elsewhere)
				}
			}
			found = e.Observe(now, f, found)
		case fact.InputChanged:
			found = e.Input(now, f, found)
		case fact.BadgeShown:
			found = e.Badge(now, f, found)
		}
		take(ev.At)
	}
	found = e.Advance(fact.Stamp{Mono: tr.Length + time.Minute}, found)
	take(tr.Length + time.Minute)
	return out
}

// firstAndLast is how a pair of antennas is commonly read: the side heard first is where it
// came from, the side heard last where it went, a silence of some seconds ends a visit.
func firstAndLast(tr *trace.Trace) (out []passed) {
	const silence = 4 * time.Second
	type visit struct {
		first, last uint8
		at          time.Duration
	}
	visits := map[fact.EPC]*visit{}
	end := func(tag fact.EPC, v *visit) {
		if v.first != v.last {
			out = append(out, passed{tag, v.at, v.first == 1, false})
		}
	}
	for r := range tr.Reads() {
		v := visits[r.Read.EPC]
		if v == nil || r.At-v.at > silence {
			if v != nil {
				end(r.Read.EPC, v)
			}
			v = &visit{first: r.Antenna.Port}
			visits[r.Read.EPC] = v
		}
		v.last, v.at = r.Antenna.Port, r.At
	}
	for _, tag := range tr.Crossings {
		for _, epc := range tag.Tags {
			if v := visits[epc]; v != nil {
				end(epc, v)
				delete(visits, epc)
			}
		}
	}
	for tag, v := range visits {
		end(tag, v)
	}
	return out
}

// judge holds passages against the crossings: those of one tag in their order.
func (d *doorResult) judge(tr *trace.Trace, all []passed) {
	left := map[fact.EPC][]passed{}
	for _, p := range all {
		left[p.tag] = append(left[p.tag], p)
	}
	for _, c := range tr.Crossings {
		for _, tag := range c.Tags {
			d.carried++
			switch own := left[tag]; {
			case len(own) == 0:
				d.missed++
			case own[0].unsure:
				d.unsure++
				left[tag] = own[1:]
			case own[0].inward == c.Inward:
				d.right++
				left[tag] = own[1:]
			default:
				d.wrong++
				left[tag] = own[1:]
			}
		}
	}
	for _, rest := range left {
		d.extra += len(rest)
	}
}

// TestDoors prints how many directions are told rightly at doors where people turn round,
// stop, pass each other and carry five, and where folders lie beside the door.
func TestDoors(t *testing.T) {
	for _, door := range []struct {
		name string
		of   trace.DoorOptions
	}{
		{"two antennas", trace.DoorOptions{Antennas: 2, Badges: true}},
		{"two antennas, barriers, contact", trace.DoorOptions{Antennas: 2, Infrared: true, Contact: true, Badges: true}},
		{"one antenna, barriers, contact", trace.DoorOptions{Antennas: 1, Infrared: true, Contact: true, Badges: true}},
	} {
		t.Run(door.name, func(t *testing.T) {
			var ours, simple doorResult
			o := door.of
			o.Crossings, o.Hard = 60, true
			seeds := uint64(1)
			if *whole {
				seeds = 20
			}
			for seed := range seeds {
				tr := trace.Doors(100+seed, o)
				ours.judge(tr, passages(t, tr, o))
				if o.Antennas == 2 {
					simple.judge(tr, firstAndLast(tr))
				}
			}
			t.Logf("presence: %+v", ours)
			if o.Antennas == 2 {
				t.Logf("first and last antenna: %+v", simple)
			}
			// Of two people who pass each other right under one antenna it cannot tell who carried what.
			right := 0.995
			if o.Antennas == 1 {
				right = 0.975
			}
			if *whole && float64(ours.right) < right*float64(ours.carried) {
				t.Errorf("fewer than %g of the directions are right: %+v", right, ours)
			}
			if *whole && float64(ours.wrong) > 0.002*float64(ours.carried) {
				t.Errorf("more than 2 in 1000 of the directions are wrong: %+v", ours)
			}
		})
	}
}
