package siteplan

import (
	"time"

	"trilock/configs"
	"trilock/custody"
	"trilock/custody/fact"
)

// keeping says in the domain's words how documents are kept.
func keeping(k configs.Keeping) custody.KeepingPolicy {
	every := map[custody.Level]time.Duration{}
	for level, d := range k.InventoryEvery {
		every[custody.Level(level)] = d.Std()
	}
	return custody.KeepingPolicy{
		SweepReminder: k.SweepReminder.Std(), CountEvery: k.CountEvery.Std(), InventoryEvery: every, InventoryReminder: k.InventoryReminder.Std(),
		DestroyingPlace: fact.PlaceID(k.DestroyingPlace), DestroyWithin: k.DestroyWithin.Std(), ClearReminder: k.ClearReminder.Std(),
		CarryingLongest: k.CarryingLongest.Std(), ReturnReminder: k.ReturnReminder.Std(), HandInWithin: k.HandInWithin.Std(),
	}
}
