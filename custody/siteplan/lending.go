package siteplan

import (
	"trilock/configs"
	"trilock/custody"
	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// lending says in the domain's words how documents are lent.
func lending(l configs.Lending) custody.LendingPolicy {
	return custody.LendingPolicy{
		Due: dueRules(l.Due), Urgent: l.Urgent.Std(), RemindBefore: each(l.RemindBefore, configs.Duration.Std), EscalateAfter: l.EscalateAfter.Std(), ListAt: l.ListAt.Std(),
		YearEnd: l.YearEnd.Day(), YearEndAhead: l.YearEndAhead.Std(), Extension: dueRules(l.Extension), ExtensionsMost: l.ExtensionsMost, SignWithin: l.SignWithin.Std(), CountWithin: l.CountWithin.Std(), ApartAfter: l.ApartAfter.Std(),
		TopSecretReadIn: each(l.TopSecretReadIn, placeID), ArchiveRooms: each(l.ArchiveRooms, placeID),
	}
}

func dueRules(rules map[configs.Level]configs.DueRule) map[custody.Level]calendar.Due {
	out := map[custody.Level]calendar.Due{}
	for level, rule := range rules {
		out[custody.Level(level)] = rule.Rule()
	}
	return out
}

func placeID(id configs.ID) fact.PlaceID { return fact.PlaceID(id) }
