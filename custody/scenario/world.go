package scenario

import (
	"fmt"
	"maps"
	"slices"

	"trilock/configs"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/presence"
)

// world is where every tag lies, and what the antennas make of it: presence without doubt.
type world struct {
	places  map[fact.PlaceID]bool
	watched map[fact.PlaceID][]fact.Antenna
	down    map[fact.DeviceID]bool
	lies    map[fact.EPC]fact.PlaceID // in truth
	known   map[fact.EPC]fact.PlaceID // as concluded; presence.Elsewhere for heard nowhere
}

func newWorld(c *configs.Site) *world {
	w := &world{places: map[fact.PlaceID]bool{Nowhere: true}, watched: map[fact.PlaceID][]fact.Antenna{}, down: map[fact.DeviceID]bool{}, lies: map[fact.EPC]fact.PlaceID{}, known: map[fact.EPC]fact.PlaceID{}}
	for _, p := range c.Places {
		w.places[fact.PlaceID(p.ID)] = true
	}
	for _, r := range c.Readers {
		for _, a := range r.Antennas {
			w.watched[fact.PlaceID(a.Watches)] = append(w.watched[fact.PlaceID(a.Watches)], fact.Antenna{Reader: fact.DeviceID(r.ID), Port: a.Port})
		}
	}
	return w
}

// heard reports whether an antenna that works watches a place.
func (w *world) heard(place fact.PlaceID) bool {
	return slices.ContainsFunc(w.watched[place], func(a fact.Antenna) bool { return !w.down[a.Reader] })
}

// dark reports whether a place is watched, and by nothing that works.
func (w *world) dark(place fact.PlaceID) bool { return len(w.watched[place]) > 0 && !w.heard(place) }

// move lays a tag down, and returns what presence concludes. live says whether the register knows it.
func (w *world) move(tag fact.EPC, to fact.PlaceID, live bool) ([]custody.Body, error) {
	if !w.places[to] {
		return nil, fmt.Errorf("the site has no place %q", to)
	}
	w.lies[tag] = to
	return w.conclude(tag, live), nil
}

func (w *world) conclude(tag fact.EPC, live bool) []custody.Body {
	to, was := w.lies[tag], w.known[tag]
	switch {
	case !live && w.heard(to):
		return []custody.Body{presence.Stranger{Tag: tag, Antenna: w.watched[to][0], Place: to}}
	case !live || was == to:
		return nil
	case w.heard(to):
		w.known[tag] = to
		return []custody.Body{presence.Moved{Tag: tag, From: was, To: to, Certainty: 9900, Evidence: "scenario"}}
	case was == presence.Elsewhere || w.dark(was):
		return nil // nothing was known of it, or nothing can be said of where it was
	}
	w.known[tag] = presence.Elsewhere
	return []custody.Body{presence.Unseen{Tag: tag, From: was, Certainty: 9900, Evidence: "scenario"}}
}

// enrolled has a tag heard that has just come onto the register.
func (w *world) enrolled(tag fact.EPC) ([]custody.Body, error) {
	if _, lies := w.lies[tag]; !lies {
		return nil, nil
	}
	return w.conclude(tag, true), nil
}

// double lays a second tag of the same number down.
func (w *world) double(tag fact.EPC, at fact.PlaceID, live bool) ([]custody.Body, error) {
	switch first := w.known[tag]; {
	case !w.places[at]:
		return nil, fmt.Errorf("the site has no place %q", at)
	case !live || first == presence.Elsewhere:
		return w.move(tag, at, live)
	case !w.heard(at) || first == at:
		return nil, nil
	default:
		return []custody.Body{presence.Clone{Tag: tag, Places: [2]presence.PlaceOf{{Place: first, Antenna: w.watched[first][0]}, {Place: at, Antenna: w.watched[at][0]}}}}, nil
	}
}

// pass carries a tag through a door: it is heard on the one side, then on the other, and then
// no more until it is laid down.
func (w *world) pass(tag fact.EPC, door fact.DoorID, sides [2]fact.PlaceID, inward bool, with []Actor, live bool) ([]custody.Body, error) {
	if !inward {
		sides[0], sides[1] = sides[1], sides[0]
	}
	var all []custody.Body
	for _, side := range []fact.PlaceID{sides[0], sides[1], Nowhere} {
		if side == Nowhere && live {
			p := presence.Passage{Tag: tag, Door: door, Inward: inward, Certainty: 9800, Evidence: "scenario"}
			for _, a := range with {
				p.With = append(p.With, presence.Carrier{Card: a.Person.Card, Certainty: 9000})
			}
			all = append(all, p)
		}
		list, err := w.move(tag, side, live)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// reader has a UHF reader fall silent or speak again.
func (w *world) reader(id fact.DeviceID, up bool, live func(fact.EPC) bool) ([]custody.Body, error) {
	var all []custody.Body
	for _, place := range slices.Sorted(maps.Keys(w.watched)) {
		if !slices.ContainsFunc(w.watched[place], func(a fact.Antenna) bool { return a.Reader == id }) {
			continue
		}
		before := w.heard(place)
		was := w.down[id]
		w.down[id] = !up
		switch now := w.heard(place); {
		case before && !now:
			all = append(all, presence.NotReadable{Place: place, Reader: id, Tags: w.in(place)})
		case !before && now:
			all = append(all, presence.ReadableAgain{Place: place})
		}
		w.down[id] = was
	}
	if _, is := w.down[id]; !is && len(all) == 0 {
		return nil, nil
	}
	w.down[id] = !up
	for _, tag := range w.tags() {
		if up {
			all = append(all, w.conclude(tag, live(tag))...)
		}
	}
	return all, nil
}

// in returns the tags concluded to be in a place, tags all that lie somewhere, in the order of their bytes.
func (w *world) in(place fact.PlaceID) (list []fact.EPC) {
	for _, tag := range w.tags() {
		if w.known[tag] == place {
			list = append(list, tag)
		}
	}
	return list
}

func (w *world) tags() []fact.EPC {
	return slices.SortedFunc(maps.Keys(w.lies), func(a, b fact.EPC) int {
		return slices.Compare(a.Bytes(), b.Bytes())
	})
}
