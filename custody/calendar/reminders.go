package calendar

import (
	"slices"
	"time"
)

// Reminders returns when to remind of something that began at from and is due at due: in
// order, the first MaxReminders of the plan. One before the due time that would come no later
// than from itself is left out: the thing was only just given. An offset in working time that
// the calendar cannot count is taken by the clock, so that no reminder is lost.
func (c *Calendar) Reminders(plan []Reminder, from, due time.Time) []Moment {
	var moments []Moment
	for _, r := range plan[:min(len(plan), MaxReminders)] {
		at := due.Add(r.Offset)
		if r.Working {
			if counted, ok := c.AddWorked(due, r.Offset); ok {
				at = counted
			}
		}
		if r.Offset < 0 && !at.After(from) {
			continue
		}
		moments = append(moments, Moment{At: at, Reminder: r})
	}
	slices.SortStableFunc(moments, func(a, b Moment) int { return a.At.Compare(b.At) })
	return moments
}
