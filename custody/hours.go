package custody

import (
	"slices"
	"time"

	"trilock/custody/fact"
)

// Hours is a time of day on some days of the week, in the site's own time.
type Hours struct {
	Days []time.Weekday
	// From and Until are counted from midnight: From ≤ t < Until, at most 24 h.
	From, Until time.Duration
}

// permit reports whether an instant lies within one of the hours. No hours permit always.
func permit(hours []Hours, at time.Time, location *time.Location) bool {
	if len(hours) == 0 {
		return true
	}
	local := at.In(location)
	hour, minute, second := local.Clock()
	since := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
	return slices.ContainsFunc(hours, func(h Hours) bool {
		return slices.Contains(h.Days, local.Weekday()) && h.From <= since && since < h.Until
	})
}

// mayOpenNow says why a safe may not be opened at this instant, if it may not: its hours, or
// a time lock that nobody can take back.
func (d *decision) mayOpenNow(safe Safe) (Outcome, bool) {
	now, subject := d.in.At.Wall, string(safe.ID)
	if until := d.timeLocks[safe.ID]; now.Before(until) {
		return refuse("time-locked", RuleThreeParties, subject, fact.Text{ZH: "保险柜时间锁定至 %[1]s，期间任何人不能开启。", EN: "The safe is time-locked until %[1]s; nobody opens it before."}.
			Fill(until.In(d.site.Location).Format(time.DateTime))), false
	}
	if !permit(safe.Hours, now, d.site.Location) {
		return refuse("out-of-hours", RuleThreeParties, subject, fact.Text{ZH: "现在不在准许开启的时间内。", EN: "The safe may not be opened at this hour."}), false
	}
	return Outcome{}, true
}

// lockUntil sets a safe's time lock. It is only ever made longer: who could shorten it could
// be made to.
func (d *decision) lockUntil(a LockUntil) Outcome {
	safe, ok := d.site.Safes[a.Safe]
	subject, now := string(a.Safe), d.in.At.Wall
	switch {
	case !ok:
		return refuse("unknown-safe", RuleThreeParties, subject, fact.Text{ZH: "没有保险柜“%[1]s”。", EN: "There is no safe %[1]q."}.Fill(subject))
	case !a.Until.After(now) || a.Until.Sub(now) > MaxTimeLock:
		return refuse("bad-period", RuleThreeParties, subject, fact.Text{ZH: "时间锁须晚于现在，最长 %[1]d 天。", EN: "A time lock ends in the future, %[1]d days ahead at most."}.Fill(int(MaxTimeLock/(24*time.Hour))))
	case !a.Until.After(d.timeLocks[safe.ID]):
		return refuse("only-longer", RuleThreeParties, subject, fact.Text{ZH: "时间锁只能延长，不能缩短。", EN: "A time lock can be made longer, never shorter."})
	case d.openings[safe.ID].Active():
		return refuse("opening-under-way", RuleSafePurpose, subject, fact.Text{ZH: "已有开启在进行中，先完成或取消。", EN: "An opening is under way; finish or cancel it first."})
	}
	d.emit(subject, &SafeTimeLocked{Safe: safe.ID, Until: a.Until.UTC()})
	return granted(subject)
}

// SafeTimeLocked: nobody opens the safe before that time.
type SafeTimeLocked struct {
	Safe  fact.SafeID `json:"safe"`
	Until time.Time   `json:"until"`
}

// Kind names the event in the record.
func (SafeTimeLocked) Kind() string { return "safe-time-locked" }

var hoursEvents = []func() Event{blank[SafeTimeLocked]}

func (ev *SafeTimeLocked) evolve(s *State, _ fact.Stamp) { s.timeLocks[ev.Safe] = ev.Until }

// LockUntil sets a safe's time lock: nobody opens it before then.
type LockUntil struct {
	Safe  fact.SafeID `json:"safe"`
	Until time.Time   `json:"until"`
}

// The verbs of acts; they stand in the record and never change.
func (LockUntil) Verb() string { return "lock-until" }

func (a LockUntil) carryOut(d *decision) Outcome { return d.lockUntil(a) }

var hoursActs = []actKind{
	act[LockUntil]("设置时间锁", "set a time lock"),
}
