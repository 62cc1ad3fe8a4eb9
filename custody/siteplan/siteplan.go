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
		if outer, inner := sides(c, d); len(outer) > 0 && len(inner) > 0 {
			s.Doors = append(s.Doors, presence.Door{
				ID: fact.DoorID(d.ID), Outer: outer, Inner: inner, OuterBeam: point(d.OuterBarrier), InnerBeam: point(d.InnerBarrier), Contact: point(d.Contact),
				EntryReader: fact.DeviceID(d.EntryReader), ExitReader: fact.DeviceID(d.ExitReader),
			})
		}
	}
	return s
}

// sides returns the antennas on either side of a door: those that it names, or those that watch the
// two passages between which it is.
func sides(c *configs.Site, d configs.Door) (outer, inner []fact.Antenna) {
	if len(d.OuterAntennas) > 0 {
		return antennas(d.OuterAntennas), antennas(d.InnerAntennas)
	}
	if !c.PassageDoor(d) {
		return nil, nil
	}
	watching := func(place configs.ID) (list []fact.Antenna) {
		for _, r := range c.Readers {
			for _, a := range r.Antennas {
				if a.Watches == place {
					list = append(list, fact.Antenna{Reader: fact.DeviceID(r.ID), Port: a.Port})
				}
			}
		}
		return list
	}
	return watching(d.From), watching(d.To)
}

func antennas(list []configs.AntennaPort) (out []fact.Antenna) {
	for _, a := range list {
		out = append(out, fact.Antenna{Reader: fact.DeviceID(a.Reader), Port: a.Port})
	}
	return out
}

// point returns the input that a setting names; none where there is no such setting.
func point(in *configs.Input) presence.Point {
	if in == nil {
		return presence.Point{}
	}
	return presence.Point{Device: fact.DeviceID(in.Device), Input: in.Input}
}

// Policy returns the policy of a site's estimate: the configured numbers, and the default of all others.
func Policy(c *configs.Site) presence.Policy {
	policy := presence.DefaultPolicy()
	policy.MovedAt = presence.CertaintyBP(c.Policy.Presence.Certainty * 10_000)
	policy.UnseenAfter = c.Policy.Presence.UnseenAfter.Std()
	return policy
}
