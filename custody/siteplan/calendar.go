package siteplan

import (
	"fmt"

	"trilock/configs"
	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// Calendar returns the working calendar of a site: the public holidays that are kept, and
// above them the site's own list. The error names the list that cannot be.
func Calendar(c *configs.Site) (*calendar.Calendar, error) {
	plan := calendar.Plan{Zone: c.Location(), Lists: []calendar.List{calendar.China(), {
		Site:  true,
		Years: c.Calendar.Years,
		Off:   stretches(c.Calendar.DaysOff),
		Work:  stretches(c.Calendar.WorkingDays),
	}}}
	for _, h := range c.Calendar.Hours {
		hours := calendar.Hours{From: h.From.Std(), Until: h.Until.Std()}
		for _, day := range h.Days {
			hours.Days = append(hours.Days, day.Std())
		}
		plan.Hours = append(plan.Hours, hours)
	}
	working, err := calendar.New(plan)
	if err != nil {
		return nil, fmt.Errorf("site configuration: %w", err)
	}
	return working, nil
}

func stretches(days []configs.ListedDays) []calendar.Stretch {
	list := make([]calendar.Stretch, len(days))
	for i, d := range days {
		list[i] = calendar.Stretch{From: calendar.Date(d.Dates[0]), Until: calendar.Date(d.Dates[1]), Name: fact.Text{ZH: d.Name, EN: d.NameEN}}
	}
	return list
}
