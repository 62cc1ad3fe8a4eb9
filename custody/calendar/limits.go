package calendar

import "time"

// Limits of a calendar, each with its reason.
const (
	// MaxSearchDays bounds every search: a year, and the longest holiday at its end. What is
	// not found within is not found.
	MaxSearchDays = 400
	// MinYear and MaxYear are what a list may speak of: the life of the system, and of the
	// registers that are taken over into it.
	MinYear, MaxYear = 2000, 2099
	// MaxListed bounds the stretches of one list: a year has fifteen or so.
	MaxListed = 400
	// MaxLists: the public one, and the site's own.
	MaxLists = 4
	// MaxStretchDays is the longest stretch of listed days: a summer's closing. A longer one is
	// a slip of the pen, and would put every due time behind it.
	MaxStretchDays = 60
	// MaxHours of a week: each day on its own, in up to four spans.
	MaxHours = 28
	// MissingAhead is how far ahead a year without data is said: loans run for thirty days and
	// reminders before them, and the holidays of a year are known some eight weeks before it.
	MissingAhead = 60
	// MaxDueDays is the longest time in days that a rule may give; a search ends soon after.
	MaxDueDays = 366
	// MaxDueWorkingDays is fewer than the working days of a year with all its holidays, so that
	// the search for the last of them ends in time.
	MaxDueWorkingDays = 200
	// MaxDueHours is MaxDueDays by the clock.
	MaxDueHours = 24 * MaxDueDays
	// MaxReminders of one due time: more are not read any more.
	MaxReminders = 20
	// MaxReminderOffset is how far before or after its due time something is reminded of.
	MaxReminderOffset = 90 * 24 * time.Hour
	// MaxBasisStretches is how many holidays a due time's explanation names: it is one line on a screen.
	MaxBasisStretches = 4
	// MaxChanges is how many changes are said one by one: two whole years and some.
	MaxChanges = 50
)
