package configs

import "trilock/custody/calendar"

// MaxReminders of one due time: more are not read any more. The calendar counts one after the due time besides.
const MaxReminders = calendar.MaxReminders - 1
