package configs

import (
	"fmt"
	"slices"
	"strings"

	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// Calendar says when people are there: due times are counted by it. The public holidays of
// the years that the program knows need no entry; what stands here is added to them, and
// counts where both speak of a day.
type Calendar struct {
	// Hours of one day may not overlap; some day has some.
	Hours []Hours `yaml:"hours" want:"the working hours of each day of the week"`
	// Years are those whose public holidays and make-up working days stand below in full. A year
	// that is neither here nor known to the program is said to be missing, and never guessed.
	Years []int `yaml:"years" min:"2000" max:"2099" want:"the years whose public holidays are all listed below"`
	// DaysOff and WorkingDays never have the same day.
	DaysOff     []ListedDays `yaml:"days_off" want:"days off beyond the weekends and the known public holidays"`
	WorkingDays []ListedDays `yaml:"working_days" want:"days worked although they are weekends or holidays"`
}

// WorkingCalendar returns the calendar of the site: the public holidays that the program
// knows, and above them the site's own list. Of a site that was loaded there is one; the error
// is that of calendar.New.
func (s *Site) WorkingCalendar() (*calendar.Calendar, error) {
	own := calendar.List{Site: true, Years: s.Calendar.Years, Off: stretches(s.Calendar.DaysOff), Work: stretches(s.Calendar.WorkingDays)}
	plan := calendar.Plan{Zone: s.Location(), Lists: []calendar.List{calendar.China(), own}}
	for _, h := range s.Calendar.Hours {
		hours := calendar.Hours{From: h.From.Std(), Until: h.Until.Std()}
		for _, day := range h.Days {
			hours.Days = append(hours.Days, day.Std())
		}
		plan.Hours = append(plan.Hours, hours)
	}
	return calendar.New(plan)
}

func stretches(days []ListedDays) []calendar.Stretch {
	list := make([]calendar.Stretch, len(days))
	for i, d := range days {
		list[i] = calendar.Stretch{From: d.Dates[0], Until: d.Dates[1], Name: fact.Text{ZH: d.Name, EN: d.NameEN}}
	}
	return list
}

// ListedDays is an entry of the site's own list of days.
type ListedDays struct {
	// Dates are written as dates: "on" is a word for true in older YAML, and editors read it so.
	Dates Dates `yaml:"dates" need:"yes" want:"a day, or the first and the last of several"`
	// Name and NameEN may be empty; NameEN is Name where it is not given.
	Name   string `yaml:"name" want:"what the days are, in Chinese"`
	NameEN string `yaml:"name_en" want:"what the days are, in English"`
}

// Dates is a day, or the first and the last of several in a row, both included.
type Dates [2]calendar.Date

const (
	datePattern  = `(20[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])`
	datesPattern = `^` + datePattern + `(\.\.` + datePattern + `)?$`
)

// String writes the days as they stand in the file.
func (d Dates) String() string {
	if d[1] == d[0] {
		return d[0].String()
	}
	return d[0].String() + ".." + d[1].String()
}

func (d *Dates) set(text string) bool {
	first, last, several := strings.Cut(text, "..")
	if !several {
		last = first
	}
	from, ok := dayNumber(first)
	until, okToo := dayNumber(last)
	if !ok || !okToo || until < from || until-from >= calendar.MaxStretchDays || several && from == until {
		return false
	}
	*d = Dates{from, until}
	return true
}

// dayNumber reads a day that a calendar may list.
func dayNumber(text string) (calendar.Date, bool) {
	day, err := calendar.ParseDate(text)
	return day, err == nil && day.Year() >= calendar.MinYear && day.Year() <= calendar.MaxYear
}

func (*Dates) form() string {
	return fmt.Sprintf(`a day such as "2027-01-04", or several such as 2027-01-01..2027-01-03, %d at most, of the years %d to %d`, calendar.MaxStretchDays, calendar.MinYear, calendar.MaxYear)
}

func (*Dates) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": datesPattern}
}

// checkCalendar: a day has one answer.
func (c *checks) checkCalendar() {
	own := c.site.Calendar
	if len(own.Hours) == 0 && c.fine("calendar", "calendar.hours") {
		c.add("calendar.hours", "no hours", "the hours of at least one day")
	}
	for i, h := range own.Hours {
		path := at("calendar.hours", i)
		if !c.isSpan(path, h) {
			continue
		}
		for j, before := range own.Hours[:i] {
			if day, ok := shared(before, h); ok && c.fine(at("calendar.hours", j)+".from", at("calendar.hours", j)+".until") {
				c.add(path, fmt.Sprintf("%v to %v on %s, which overlaps calendar.hours[%d] (line %d)", h.From, h.Until, day, j, c.lineOf(at("calendar.hours", j))), "hours that do not overlap")
				break
			}
		}
	}
	for i, year := range own.Years {
		path := at("calendar.years", i)
		if c.fine(path) && !c.doubtful("calendar.days_off", "days_off", "dates") && !slices.ContainsFunc(own.DaysOff, func(d ListedDays) bool { return d.in(year) }) {
			c.add(path, fmt.Sprintf("%d without a day off", year), "its public holidays under calendar.days_off: a year that is named here is complete")
		}
	}
	taken := map[calendar.Date]string{}
	for _, list := range []struct {
		path string
		days []ListedDays
	}{{"calendar.days_off", own.DaysOff}, {"calendar.working_days", own.WorkingDays}} {
		for i, d := range list.days {
			c.takeDays(at(list.path, i)+".dates", d.Dates, taken)
		}
	}
}

// in reports whether some of the days are in a year.
func (d ListedDays) in(year int) bool {
	return d.Dates[0].Year() <= year && year <= d.Dates[1].Year()
}

// isSpan reports whether hours end after they begin; an hour that could not be read has its fault already.
func (c *checks) isSpan(path string, h Hours) bool {
	if !c.fine(path, path+".from", path+".until", path+".days") {
		return false
	}
	if h.Until <= h.From {
		c.add(path+".until", h.Until.String(), fmt.Sprintf("later than %s.from (%v)", path, h.From))
		return false
	}
	return true
}

// shared returns a day on which two spans overlap.
func shared(a, b Hours) (Weekday, bool) {
	if a.Until <= b.From || b.Until <= a.From {
		return "", false
	}
	for _, day := range a.Days {
		for _, other := range b.Days {
			if day == other {
				return day, true
			}
		}
	}
	return "", false
}

// takeDays takes each of the days for the setting at path, once.
func (c *checks) takeDays(path string, d Dates, taken map[calendar.Date]string) {
	if d == (Dates{}) || !c.fine(path) {
		return
	}
	for day := d[0]; day <= d[1]; day++ {
		if first, ok := taken[day]; ok {
			c.add(path, fmt.Sprintf("%v, listed in %s (line %d)", day, first, c.lineOf(first)), "each day once")
			return
		}
		taken[day] = path
	}
}
