package siteplan

import (
	"trilock/configs"
	"trilock/custody/calendar"
)

// Calendar returns the working calendar of a site. The error names the list that cannot be.
func Calendar(c *configs.Site) (*calendar.Calendar, error) { return c.WorkingCalendar() }
