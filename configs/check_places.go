package configs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones are known on a host without a zone database, and the same everywhere
)

// Adjoining returns the ids of the places one can step into from place, sorted. What one
// of two places says about the other holds for both.
func (s *Site) Adjoining(place ID) []ID {
	var next []ID
	for _, p := range s.Places {
		if p.ID == place {
			next = append(next, p.Adjoins...)
		} else if slices.Contains(p.Adjoins, place) {
			next = append(next, p.ID)
		}
	}
	slices.Sort(next)
	return slices.Compact(next)
}

// Location returns the site's time zone.
func (s *Site) Location() *time.Location {
	zone, err := time.LoadLocation(s.Identity.Timezone)
	if err != nil {
		panic("configs: a site that was loaded has a time zone that is not known: " + err.Error())
	}
	return zone
}

func (c *checks) checkIdentity() {
	zone := c.site.Identity.Timezone
	if zone == "" || !c.fine("site.timezone") {
		return
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		c.add("site.timezone", printable(zone), "a time zone such as Asia/Shanghai")
	}
}

func (c *checks) checkPlaces() {
	watched := map[ID]bool{}
	for _, r := range c.site.Readers {
		for _, a := range r.Antennas {
			watched[a.Watches] = true
		}
	}
	unsure := c.doubtful("readers", "readers", "antennas", "watches")
	count := map[PlaceKind]int{}
	for i, p := range c.site.Places {
		path := at("places", i)
		count[p.Kind]++
		if p.Kind == KindOutside && count[KindOutside] > 1 {
			c.add(path+".kind", "outside a second time", "one place of kind outside")
		}
		if (p.Kind.isHome() || p.Kind == KindPassage) && p.ID != "" && !watched[p.ID] && !unsure {
			c.add(path, fmt.Sprintf("a %s that no antenna watches", p.Kind), "an antenna under readers that watches "+printable(string(p.ID)))
		}
		c.checkLevels(path+".levels", p)
		refer(c, path+".badge_reader", p.BadgeReader, c.badgeReaders, "a badge reader")
	}
	if len(c.site.Places) == 0 || !c.fine("places") {
		return
	}
	for _, kind := range []PlaceKind{KindOutside, KindRoom} {
		if count[kind] == 0 && !c.anyKindUnread() {
			c.add("places", "no place of kind "+string(kind), "one")
		}
	}
}

// anyKindUnread reports whether some place's kind has a fault, so that kinds cannot be counted.
func (c *checks) anyKindUnread() bool {
	return slices.ContainsFunc(c.site.Places, func(p Place) bool { return p.Kind == "" })
}

// checkLevels: homes say what may live there, top secret lives only under three locks
// (STO-1), and what is not classified is not kept with state secrets (REG-7).
func (c *checks) checkLevels(path string, p Place) {
	if p.Kind == "" || !c.fine(path) {
		return
	}
	if !p.Kind.isHome() {
		if c.given(path) {
			c.add(path, "levels for a "+string(p.Kind), "levels only where documents live: at a cabinet or a safe")
		}
		return
	}
	if len(p.Levels) == 0 {
		c.add(path, "nothing", "the levels that may be kept here")
		return
	}
	if i := slices.Index(p.Levels, TopSecret); i >= 0 && p.Kind != KindSafe {
		c.add(at(path, i), "top-secret in a "+string(p.Kind), "top secret only in a safe (STO-1)")
	}
	if i := slices.IndexFunc(p.Levels, func(l Level) bool { return l != "" && !l.isStateSecret() }); i >= 0 && slices.ContainsFunc(p.Levels, Level.isStateSecret) {
		c.add(at(path, i), string(p.Levels[i])+" beside state secrets", "a home of its own for what is not classified (REG-7)")
	}
}

// checkAdjoining: every place can be walked to, or a folder could be somewhere without
// having come from anywhere.
func (c *checks) checkAdjoining() {
	outside := ID("")
	for i, p := range c.site.Places {
		if p.Kind == KindOutside {
			outside = p.ID
		}
		for j, next := range p.Adjoins {
			path := at(at("places", i)+".adjoins", j)
			if next == p.ID && next != "" {
				c.add(path, "the place itself", "another place")
			} else {
				refer(c, path, next, c.places, "a place")
			}
		}
	}
	if c.layout || c.doubtful("places", "adjoins", "id") || !c.fine("places") || outside == "" {
		return
	}
	reached := map[ID]bool{outside: true}
	for queue := []ID{outside}; len(queue) > 0; queue = queue[1:] {
		for _, next := range c.site.Adjoining(queue[0]) {
			if !reached[next] {
				reached[next] = true
				queue = append(queue, next)
			}
		}
	}
	for i, p := range c.site.Places {
		if p.ID != "" && !reached[p.ID] {
			c.add(at("places", i), "a place with no way to "+string(outside), "adjoins, here or at its neighbours, that lead there")
		}
	}
}

func (c *checks) checkDoors() {
	inputs, outputs := usesOf[Input](c, "an input"), usesOf[Output](c, "an output")
	for i, d := range c.site.Doors {
		path := at("doors", i)
		c.checkDoorSides(path, d)
		refer(c, path+".entry_reader", d.EntryReader, c.badgeReaders, "a badge reader")
		refer(c, path+".exit_reader", d.ExitReader, c.badgeReaders, "a badge reader")
		c.checkInput(inputs, path+".contact", d.Contact)
		c.checkInput(inputs, path+".exit_button", d.ExitButton)
		c.checkInput(inputs, path+".outer_barrier", d.OuterBarrier)
		c.checkInput(inputs, path+".inner_barrier", d.InnerBarrier)
		if d.Strike != nil {
			if refer(c, path+".strike.device", d.Strike.Device, c.badgeReaders, "a badge reader") && c.fine(path+".strike.output") {
				outputs.put(path+".strike", *d.Strike)
			}
			if d.EntryReader == "" && c.fine(path+".entry_reader") {
				c.add(path+".entry_reader", "nothing", "a badge reader: a door with a strike is opened by badge")
			}
		}
		c.notLonger(path+".strike_time", d.StrikeTime, path+".held_open_after", d.HeldOpenAfter)
		c.notLonger(path+".strike_time", d.StrikeTime, "policy.door_grant_time", c.site.Policy.DoorGrantTime)
	}
	for i, s := range c.site.Safes { // one input, one door
		c.checkInput(inputs, at("safes", i)+".contact", s.Contact)
	}
}

func (c *checks) checkDoorSides(path string, d Door) {
	from := refer(c, path+".from", d.From, c.places, "a place")
	to := refer(c, path+".to", d.To, c.places, "a place")
	switch {
	case !from || !to:
	case d.From == d.To:
		c.add(path+".to", "the same place as from", "the place on the other side")
	case c.doubtful("places", "adjoins"):
	case !slices.Contains(c.site.Adjoining(d.From), d.To):
		c.add(path, fmt.Sprintf("a door between %s and %s, which do not adjoin", d.From, d.To), "places that adjoin")
	}
}

// checkPassages looks at what tells the passages through doors.
func (c *checks) checkPassages() {
	antennas := usesOf[AntennaPort](c, "an antenna")
	for i, d := range c.site.Doors {
		c.checkDoorAntennas(antennas, at("doors", i), d)
	}
}

// checkDoorAntennas: what tells the direction of a passage needs a side each, and one antenna over the doorway
// two light barriers besides. An antenna belongs to one door.
func (c *checks) checkDoorAntennas(taken uses[AntennaPort], path string, d Door) {
	outer, inner := path+".outer_antennas", path+".inner_antennas"
	if !c.fine(outer, inner, path+".outer_barrier", path+".inner_barrier") || c.doubtful(path, "reader", "port") {
		return
	}
	over := false // the doorway
	for i, a := range d.OuterAntennas {
		c.checkDoorAntenna(at(outer, i), a, d.OuterAntennas[:i])
		taken.put(at(outer, i), a)
	}
	for i, a := range d.InnerAntennas {
		c.checkDoorAntenna(at(inner, i), a, d.InnerAntennas[:i])
		if slices.Contains(d.OuterAntennas, a) {
			over = true
		} else {
			taken.put(at(inner, i), a)
		}
	}
	barriers := path + ".inner_barrier"
	if d.OuterBarrier == nil {
		barriers = path + ".outer_barrier"
	}
	switch listed := len(d.OuterAntennas) + len(d.InnerAntennas); {
	case listed > 0 && len(d.OuterAntennas) == 0:
		c.add(outer, "nothing", "the antennas on that side too: an antenna over the doorway is in both lists")
	case listed > 0 && len(d.InnerAntennas) == 0:
		c.add(inner, "nothing", "the antennas on that side too: an antenna over the doorway is in both lists")
	case (d.OuterBarrier == nil) != (d.InnerBarrier == nil):
		c.add(barriers, "nothing", "a second light barrier: one tells no direction")
	case over && d.OuterBarrier == nil:
		c.add(barriers, "nothing", "two light barriers, outer_barrier and inner_barrier: an antenna over the doorway tells no direction without them")
	case d.OuterBarrier != nil && listed == 0 && !c.site.PassageDoor(d):
		c.add(outer, "nothing", "outer_antennas and inner_antennas: light barriers alone do not tell what is carried through")
	}
}

// checkDoorAntenna: the antenna is one that a reader has, and listed once.
func (c *checks) checkDoorAntenna(path string, a AntennaPort, before []AntennaPort) {
	if slices.Contains(before, a) {
		c.add(path, a.String()+" a second time", "each antenna once")
		return
	}
	readers := map[ID]Reader{}
	for _, r := range c.site.Readers {
		readers[r.ID] = r
	}
	if !refer(c, path+".reader", a.Reader, readers, "a UHF reader") || c.doubtful("readers", "antennas", "port") {
		return
	}
	var ports []string
	for _, has := range readers[a.Reader].Antennas {
		if has.Port == a.Port {
			return
		}
		ports = append(ports, strconv.Itoa(int(has.Port)))
	}
	c.add(path+".port", strconv.Itoa(int(a.Port)), fmt.Sprintf("one of the antennas that %s has: %s", a.Reader, strings.Join(ports, ", ")))
}

// PassageDoor reports whether both sides of a door are places of kind passage that antennas watch:
// these tell what is carried through, where the door names none.
func (s *Site) PassageDoor(d Door) bool {
	watched := func(place ID) bool {
		return slices.ContainsFunc(s.Readers, func(r Reader) bool {
			return slices.ContainsFunc(r.Antennas, func(a Antenna) bool { return a.Watches == place })
		})
	}
	for _, p := range s.Places {
		if (p.ID == d.From || p.ID == d.To) && p.Kind != KindPassage {
			return false
		}
	}
	return watched(d.From) && watched(d.To)
}

func (c *checks) checkInput(inputs uses[Input], path string, in *Input) {
	if in == nil || in.Device == "" || !c.fine(path+".device", path+".input") {
		return
	}
	i := slices.IndexFunc(c.site.Readers, func(r Reader) bool { return r.ID == in.Device })
	if i < 0 && !refer(c, path+".device", in.Device, c.badgeReaders, "a badge reader or UHF reader") {
		return
	}
	if i >= 0 && c.fine(at("readers", i)+".protocol") {
		p := c.site.Readers[i].Protocol
		switch n := p.inputs(); {
		case n == 0:
			c.add(path+".device", printable(string(in.Device)), fmt.Sprintf("a badge reader, or another UHF reader: %s tells no inputs", p))
			return
		case in.Input >= n:
			c.add(path+".input", strconv.Itoa(int(in.Input)), fmt.Sprintf("a number from 0 to %d: %s tells no more", n-1, p))
			return
		}
	}
	inputs.put(path, *in)
}

// checkBadgeUse: a badge at a reader must have one meaning. A reader at a door opens that
// door in one direction and does nothing else; a reader at a safe serves the openings of
// one safe and nothing else. Hand-overs of several places may share a reader.
func (c *checks) checkBadgeUse() {
	taken := c.set("a badge reader")
	for i, d := range c.site.Doors {
		taken.put(at("doors", i)+".entry_reader", d.EntryReader)
		taken.put(at("doors", i)+".exit_reader", d.ExitReader)
	}
	for i, s := range c.site.Safes {
		taken.put(at("safes", i)+".badge_reader", s.BadgeReader)
	}
	for i, p := range c.site.Places {
		path := at("places", i) + ".badge_reader"
		if user, ok := taken.taken[p.BadgeReader]; ok && c.fine(path) {
			c.add(path, fmt.Sprintf("%s, taken by %s (line %d)", p.BadgeReader, user, c.lineOf(user)), "a badge reader that is at no door and no safe")
		}
	}
}
