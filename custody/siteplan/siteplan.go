// Package siteplan says in the words of presence and custody what the configuration says in
// the file's: which places there are, which adjoin, and which antenna watches which; the site,
// its policy and its working calendar. The daemon, the operator's tool and the scenarios share
// it, so that a replay hears what the daemon would have heard.
package siteplan

import (
	"trilock/configs"
	"trilock/custody/fact"
	"trilock/custody/presence"
)

// Presence returns the places and antennas of a site.
func Presence(c *configs.Site) presence.Site {
	var s presence.Site
	for _, p := range c.Places {
		place := presence.Place{ID: fact.PlaceID(p.ID)}
		for _, id := range c.Adjoining(p.ID) {
			place.Adjoins = append(place.Adjoins, fact.PlaceID(id))
		}
		s.Places = append(s.Places, place)
	}
	for _, r := range c.Readers {
		for _, a := range r.Antennas {
			s.Antennas = append(s.Antennas, presence.Watch{Antenna: fact.Antenna{Reader: fact.DeviceID(r.ID), Port: a.Port}, Place: fact.PlaceID(a.Watches)})
		}
	}
	for _, d := range c.Doors {
		if door, told := passage(c, d); told {
			s.Doors = append(s.Doors, door)
		}
	}
	return s
}

// passage returns a door whose two sides are watched passages: of such a one crossings can be told.
func passage(c *configs.Site, d configs.Door) (door presence.Door, told bool) {
	side := func(place configs.ID) (list []fact.Antenna) {
		for _, r := range c.Readers {
			for _, a := range r.Antennas {
				if a.Watches == place {
					list = append(list, fact.Antenna{Reader: fact.DeviceID(r.ID), Port: a.Port})
				}
			}
		}
		return list
	}
	for _, p := range c.Places {
		if (p.ID == d.From || p.ID == d.To) && p.Kind != configs.KindPassage {
			return door, false
		}
	}
	door = presence.Door{ID: fact.DoorID(d.ID), Outer: side(d.From), Inner: side(d.To), EntryReader: fact.DeviceID(d.EntryReader), ExitReader: fact.DeviceID(d.ExitReader)}
	if d.Contact != nil {
		door.Contact = presence.Point{Device: fact.DeviceID(d.Contact.Device), Input: d.Contact.Input}
	}
	return door, len(door.Outer) > 0 && len(door.Inner) > 0
}

// Policy returns the policy of a site's estimate: the configured numbers, and the default of all others.
func Policy(c *configs.Site) presence.Policy {
	policy := presence.DefaultPolicy()
	policy.MovedAt = presence.CertaintyBP(c.Policy.Presence.Certainty * 10_000)
	policy.UnseenAfter = c.Policy.Presence.UnseenAfter.Std()
	return policy
}
