package custody

import "time"

// Limits of guarding, each with its reason.
const (
	// MaxVisits that wait or are open: a day of open doors.
	MaxVisits = 500
	// MaxVisit is how long one visit may last, and how far ahead it may begin: who comes for
	// longer is registered as a person.
	MaxVisit = 31 * 24 * time.Hour
	// MaxDuties planned and not over: three shifts a day, three persons each, for a year.
	MaxDuties = 4000
	// MaxDutyLength of one duty: beyond two days nobody is awake.
	MaxDutyLength = 48 * time.Hour
	// MaxPersonHours of one person's own hours.
	MaxPersonHours = 14
	// MaxMaintenances open at once, MaxMaintained things in one of them.
	MaxMaintenances = 100
	MaxMaintained   = 100
	// MaxMaintenance is how long one may last: what takes longer is begun anew each day.
	MaxMaintenance = 24 * time.Hour
	// MaxGoings kept of who went in and out of the rooms, for the cases of what went missing: the last days.
	MaxGoings = 2000
	// MaxCasePersons named in one case as having been there.
	MaxCasePersons = 200
)
