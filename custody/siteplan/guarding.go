package siteplan

import (
	"trilock/configs"
	"trilock/custody"
	"trilock/custody/fact"
)

// guarding says in the domain's words how the room, its people and its devices are guarded.
func guarding(g configs.Guarding) custody.GuardingPolicy {
	out := custody.GuardingPolicy{
		RoomHours: map[fact.PlaceID][]custody.Hours{}, AloneAfter: g.AloneAfter.Std(), EmptyAfter: g.EmptyAfter.Std(), DutyAhead: g.DutyAhead.Std(),
		Papers: g.Papers == configs.PapersDemanded, PapersAhead: g.PapersAhead.Std(), PINAge: g.PINAge.Std(), PINWarning: g.PINWarning.Std(), CheckEvery: g.CheckEvery.Std(),
		ReportWithin: g.ReportWithin.Std(), ReportAhead: g.ReportAhead.Std(), OutcomeWithin: g.OutcomeWithin.Std(), OutcomeAhead: g.OutcomeAhead.Std(),
	}
	for _, r := range g.RoomHours {
		out.RoomHours[fact.PlaceID(r.Room)] = append(out.RoomHours[fact.PlaceID(r.Room)], each(r.Hours, hours)...)
	}
	return out
}
