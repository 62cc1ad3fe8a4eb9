package calendar_test

import (
	"testing"

	"trilock/custody/calendar"
)

// BenchmarkDue is the longest count that a rule may ask for, with its explanation.
func BenchmarkDue(b *testing.B) {
	c := office(b)
	from := at(b, c, "2026-01-05 15:00")
	for name, rule := range map[string]calendar.Due{
		"two working days":  {Kind: calendar.WorkingDays, N: 2},
		"most working days": {Kind: calendar.WorkingDays, N: calendar.MaxDueWorkingDays},
		"year-end":          {Kind: calendar.EachYear, On: calendar.MonthDay{Month: 12, Day: 20}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Due(rule, from)
			}
		})
	}
}
