package configs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
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

// ListedDays is an entry of the site's own list of days.
type ListedDays struct {
	// Dates are written as dates: "on" is a word for true in older YAML, and editors read it so.
	Dates Dates `yaml:"dates" need:"yes" want:"a day, or the first and the last of several"`
	// Name and NameEN may be empty; NameEN is Name where it is not given.
	Name   string `yaml:"name" want:"what the days are, in Chinese"`
	NameEN string `yaml:"name_en" want:"what the days are, in English"`
}

// Dates is a day, or the first and the last of several in a row, as days since 1970-01-01.
type Dates [2]int32

const (
	datePattern  = `(20[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])`
	datesPattern = `^` + datePattern + `(\.\.` + datePattern + `)?$`
	dateForm     = "2006-01-02"
)

// String writes the days as they stand in the file.
func (d Dates) String() string {
	text := dateText(d[0])
	if d[1] != d[0] {
		text += ".." + dateText(d[1])
	}
	return text
}

func dateText(day int32) string { return time.Unix(int64(day)*86_400, 0).UTC().Format(dateForm) }

func (d *Dates) set(text string) bool {
	first, last, several := strings.Cut(text, "..")
	if !several {
		last = first
	}
	from, ok := dayNumber(first)
	until, okToo := dayNumber(last)
	if !ok || !okToo || until < from || until-from >= MaxListedInARow || several && from == until {
		return false
	}
	*d = Dates{from, until}
	return true
}

func dayNumber(text string) (int32, bool) {
	t, err := time.Parse(dateForm, text)
	if err != nil || t.Year() < 2000 || t.Year() > 2099 {
		return 0, false
	}
	return int32(t.Unix() / 86_400), true //nolint:gosec // a day of a hundred years
}

func (*Dates) form() string {
	return fmt.Sprintf(`a day such as "2027-01-04", or several such as 2027-01-01..2027-01-03, %d at most, of the years 2000 to 2099`, MaxListedInARow)
}

func (*Dates) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": datesPattern}
}

// checkCalendar: a day has one answer.
func (c *checks) checkCalendar() {
	calendar := c.site.Calendar
	if len(calendar.Hours) == 0 && c.fine("calendar", "calendar.hours") {
		c.add("calendar.hours", "no hours", "the hours of at least one day")
	}
	for i, h := range calendar.Hours {
		path := at("calendar.hours", i)
		if !c.isSpan(path, h) {
			continue
		}
		for j, before := range calendar.Hours[:i] {
			if day, ok := shared(before, h); ok && c.fine(at("calendar.hours", j)+".from", at("calendar.hours", j)+".until") {
				c.add(path, fmt.Sprintf("%v to %v on %s, which overlaps calendar.hours[%d] (line %d)", h.From, h.Until, day, j, c.lineOf(at("calendar.hours", j))), "hours that do not overlap")
				break
			}
		}
	}
	for i, year := range calendar.Years {
		path := at("calendar.years", i)
		if c.fine(path) && !c.doubtful("calendar.days_off", "days_off", "dates") && !slices.ContainsFunc(calendar.DaysOff, func(d ListedDays) bool { return d.in(year) }) {
			c.add(path, fmt.Sprintf("%d without a day off", year), "its public holidays under calendar.days_off: a year that is named here is complete")
		}
	}
	taken := map[int32]string{}
	for _, list := range []struct {
		path string
		days []ListedDays
	}{{"calendar.days_off", calendar.DaysOff}, {"calendar.working_days", calendar.WorkingDays}} {
		for i, d := range list.days {
			c.takeDays(at(list.path, i)+".dates", d.Dates, taken)
		}
	}
}

// in reports whether some of the days are in a year.
func (d ListedDays) in(year int) bool {
	return strings.HasPrefix(dateText(d.Dates[0]), strconv.Itoa(year)) || strings.HasPrefix(dateText(d.Dates[1]), strconv.Itoa(year))
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
func (c *checks) takeDays(path string, d Dates, taken map[int32]string) {
	if d == (Dates{}) || !c.fine(path) {
		return
	}
	for day := d[0]; day <= d[1]; day++ {
		if first, ok := taken[day]; ok {
			c.add(path, fmt.Sprintf("%s, listed in %s (line %d)", dateText(day), first, c.lineOf(first)), "each day once")
			return
		}
		taken[day] = path
	}
}
