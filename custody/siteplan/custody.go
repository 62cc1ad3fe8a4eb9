package siteplan

import (
	"slices"
	"time"

	"trilock/alerts"
	"trilock/configs"
	"trilock/custody"
	"trilock/custody/approval"
	"trilock/custody/fact"
)

// Custody says in the domain's words what the configuration says in the file's, but for the
// working calendar (see Calendar). pinKey is the site's own key of the fingerprints of PINs.
func Custody(c *configs.Site, pinKey []byte) custody.Site {
	s := custody.Site{
		Name: fact.Text{ZH: c.Identity.Name, EN: c.Identity.NameEN}, Location: c.Location(), PINKey: pinKey, Policy: policy(c.Policy),
		Places: map[fact.PlaceID]custody.Place{}, Doors: map[fact.DoorID]custody.Door{}, Safes: map[fact.SafeID]custody.Safe{}, Devices: map[fact.DeviceID]custody.Device{},
	}
	for _, p := range c.Places {
		s.Places[fact.PlaceID(p.ID)] = custody.Place{ID: fact.PlaceID(p.ID), Kind: custody.PlaceKind(p.Kind), Name: fact.Text{ZH: p.Name, EN: p.NameEN},
			Levels: each(p.Levels, func(l configs.Level) custody.Level { return custody.Level(l) }), BadgeReader: fact.DeviceID(p.BadgeReader), Room: standsIn(c, p), Lock: fact.DeviceID(p.Lock), Holder: custody.PersonID(p.Holder)}
	}
	for _, d := range c.Doors {
		s.Doors[fact.DoorID(d.ID)] = door(d)
	}
	for _, safe := range c.Safes {
		s.Safes[fact.SafeID(safe.ID)] = custody.Safe{ID: fact.SafeID(safe.ID), Place: fact.PlaceID(safe.Place), Room: roomOf(c, safe.Place), Name: s.Places[fact.PlaceID(safe.Place)].Name,
			BadgeReader: fact.DeviceID(safe.BadgeReader), Locks: [3]fact.DeviceID(each(safe.Locks, func(id configs.ID) fact.DeviceID { return fact.DeviceID(id) })), Hours: each(safe.Hours, hours),
			Plain: safe.AcceptsWeakerLocks != "", Contact: inputPoint(safe.Contact)}
	}
	for _, r := range c.Readers {
		s.Devices[fact.DeviceID(r.ID)] = custody.Device{ID: fact.DeviceID(r.ID), Kind: custody.UHFReader, Name: fact.Text{ZH: r.Name, EN: r.NameEN}}
	}
	for _, line := range c.BadgeLines {
		for _, r := range line.Readers {
			s.Devices[fact.DeviceID(r.ID)] = custody.Device{ID: fact.DeviceID(r.ID), Kind: custody.BadgeReader, Name: fact.Text{ZH: r.Name, EN: r.NameEN}}
		}
	}
	for _, l := range c.PlainLocks {
		s.Devices[fact.DeviceID(l.ID)] = custody.Device{ID: fact.DeviceID(l.ID), Kind: custody.Lock, Name: fact.Text{ZH: l.Name, EN: l.NameEN}}
	}
	for _, l := range c.Locks {
		s.Devices[fact.DeviceID(l.ID)] = custody.Device{ID: fact.DeviceID(l.ID), Kind: custody.Lock, Name: fact.Text{ZH: l.Name, EN: l.NameEN}}
	}
	return s
}

func hours(h configs.Hours) custody.Hours {
	return custody.Hours{Days: each(h.Days, configs.Weekday.Std), From: h.From.Std(), Until: h.Until.Std()}
}

func door(d configs.Door) custody.Door {
	out := custody.Door{ID: fact.DoorID(d.ID), From: fact.PlaceID(d.From), To: fact.PlaceID(d.To), EntryReader: fact.DeviceID(d.EntryReader), ExitReader: fact.DeviceID(d.ExitReader), HeldOpenAfter: d.HeldOpenAfter.Std(),
		Contact: inputPoint(d.Contact), ExitButton: inputPoint(d.ExitButton), Lock: fact.DeviceID(d.Lock), LockFor: d.StrikeTime.Std()}
	if d.Strike != nil {
		out.Strike = custody.Output{Device: fact.DeviceID(d.Strike.Device), Output: d.Strike.Output, For: d.StrikeTime.Std()}
	}
	return out
}

func inputPoint(in *configs.Input) custody.InputPoint {
	if in == nil {
		return custody.InputPoint{}
	}
	return custody.InputPoint{Device: fact.DeviceID(in.Device), Input: in.Input}
}

// standsIn returns the room of a cabinet or a safe; nothing for what is none.
func standsIn(c *configs.Site, p configs.Place) fact.PlaceID {
	if p.Kind != configs.KindCabinet && p.Kind != configs.KindSafe {
		return ""
	}
	return roomOf(c, p.ID)
}

// roomOf returns the room in which a safe stands: the room its place adjoins.
func roomOf(c *configs.Site, place configs.ID) fact.PlaceID {
	near := c.Adjoining(place)
	for _, p := range c.Places {
		if slices.Contains(near, p.ID) && p.Kind == configs.KindRoom {
			return fact.PlaceID(p.ID)
		}
	}
	return ""
}

func policy(p configs.Policy) custody.Policy {
	out := custody.Policy{
		BadgePairWindow: p.BadgePairWindow.Std(), HandOverWindow: p.HandOverWindow.Std(), OpeningWindow: p.OpeningWindow.Std(), OpeningStatementValid: p.OpeningStatementValid.Std(),
		OpeningDelay: p.OpeningDelay.Std(), OpeningReconfirm: p.OpeningReconfirm.Std(), ClosingConfirm: p.ClosingConfirm.Std(),
		LockoutLongest: p.LockoutLongest.Std(), PINEntryTime: p.PINEntryTime.Std(), WrongPINsBeforeLockout: p.WrongPINsBeforeLockout, LockoutTime: p.LockoutTime.Std(), LockAnswerTime: p.LockAnswerTime.Std(),
		UnlockedTime: p.UnlockedTime.Std(), SafeOpenMax: p.SafeOpenMax.Std(), DoorGrantTime: p.DoorGrantTime.Std(), DeviceDownAfter: p.DeviceDownAfter.Std(),
		MissingAfter: p.MissingAfter.Std(), LentUnseenAfter: p.LentUnseenAfter.Std(), RestAfter: p.RestAfter.Std(),
		LoanLongest: map[custody.Level]time.Duration{}, Repeat: map[alerts.Severity]time.Duration{},
	}
	for _, word := range p.TwoCarriers {
		if level, is := word.Level(); is {
			out.TwoCarriers.Levels = append(out.TwoCarriers.Levels, custody.Level(level))
		} else {
			out.TwoCarriers.Marks = append(out.TwoCarriers.Marks, custody.Mark(word))
		}
	}
	for level, longest := range p.LoanLongest {
		out.LoanLongest[custody.Level(level)] = longest.Std()
	}
	out.Approvals = approvals(p)
	out.Lending = lending(p.Lending)
	out.Guarding = guarding(p.Guarding)
	out.Registering = registering(p.Register)
	out.Keeping = keeping(p.Keeping)
	for word, every := range p.Repeat {
		out.Repeat[severity(word)] = every.Std()
	}
	return out
}

func approvals(p configs.Policy) custody.ApprovalPolicy {
	out := custody.ApprovalPolicy{Plans: map[custody.ApprovalFor]map[custody.Level]approval.Plan{}, Wait: p.ApprovalWait.Std(), Use: p.ApprovalUse.Std()}
	for what, levels := range p.Approvals {
		plans := map[custody.Level]approval.Plan{}
		for level, plan := range levels {
			plans[custody.Level(level)] = plan.Parsed()
		}
		out.Plans[custody.ApprovalFor(what)] = plans
	}
	return out
}

// severity translates a word that the configuration has already checked.
func severity(word configs.Severity) alerts.Severity {
	var s alerts.Severity
	if err := s.UnmarshalText([]byte(word)); err != nil {
		return alerts.Critical
	}
	return s
}

// Routes says which channels are told of an alert, by its severity.
func Routes(c *configs.Site) map[alerts.Severity][]string {
	out := map[alerts.Severity][]string{}
	for word, channels := range c.Alerts.Routes {
		out[severity(word)] = each(channels, func(id configs.ID) string { return string(id) })
	}
	return out
}

func each[A, B any](list []A, f func(A) B) []B {
	var out []B
	for _, a := range list {
		out = append(out, f(a))
	}
	return out
}
