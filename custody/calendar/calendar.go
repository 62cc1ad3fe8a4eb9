package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"trilock/custody/fact"
)

// Plan is what a calendar is made of.
type Plan struct {
	// Zone is the site's time zone: days begin and end by its clock.
	Zone *time.Location
	// Hours are the working hours of the week, several spans a day if need be. At least one.
	Hours []Hours
	// Lists are the days that are not as their weekday says. Where two lists speak of a day the
	// later one counts: the site's own comes after the public one.
	Lists []List
}

// Hours is a span of working time on some days of the week.
type Hours struct {
	Days []time.Weekday
	// From and Until are counted from midnight in whole minutes: 0 ≤ From < Until ≤ 24 h.
	From, Until time.Duration
}

// List is a list of days: those off, and those worked although their weekday is a day of rest.
type List struct {
	// Site is a list of the site's own; otherwise it is the public one.
	Site bool
	// Years are those whose public holidays stand completely in this list and those before it.
	Years []int
	Off   []Stretch
	Work  []Stretch
}

// Stretch is one or more days in a row, both ends included.
type Stretch struct {
	From, Until Date
	Name        fact.Text
}

// Span is a span of working time of a day, counted from midnight. Its text form is 08:30-12:00.
type Span struct{ From, Until time.Duration }

// String returns the span as 08:30-12:00.
func (s Span) String() string { return clock(s.From) + "-" + clock(s.Until) }

// MarshalText writes the span as 08:30-12:00.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads 08:30-12:00.
func (s *Span) UnmarshalText(text []byte) error {
	from, until, _ := strings.Cut(string(text), "-")
	f, errFrom := parseClock(from)
	u, errUntil := parseClock(until)
	if err := errors.Join(errFrom, errUntil); err != nil {
		return fmt.Errorf("span of hours %.30q: want one such as 08:30-12:00: %w", text, err)
	}
	*s = Span{f, u}
	return nil
}

func clock(since time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(since/time.Hour), int(since%time.Hour/time.Minute))
}

// parseClock reads a time of day, 00:00 to 24:00.
func parseClock(text string) (time.Duration, error) {
	if len(text) != len("08:30") || text[2] != ':' {
		return 0, fmt.Errorf("time of day %.10q", text)
	}
	hour, errHour := strconv.ParseUint(text[:2], 10, 8)
	minute, errMinute := strconv.ParseUint(text[3:], 10, 8)
	since := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute //nolint:gosec // two digits each
	if errHour != nil || errMinute != nil || minute > 59 || since > dayLong {
		return 0, fmt.Errorf("time of day %.10q", text)
	}
	return since, nil
}

const dayLong = 24 * time.Hour

// DayKind says why a day is worked or not.
type DayKind string

// The kinds of day.
const (
	Workday  DayKind = "workday"   // by the hours of the week
	Rest     DayKind = "rest"      // by the hours of the week: the weekend
	Holiday  DayKind = "holiday"   // off, by the public list
	MakeUp   DayKind = "make-up"   // worked in place of another day, by the public list (调休上班)
	SiteOff  DayKind = "site-off"  // off, by the site's list
	SiteWork DayKind = "site-work" // worked, by the site's list
)

// Works reports whether days of this kind are worked.
func (k DayKind) Works() bool { return k == Workday || k == MakeUp || k == SiteWork }

// Text names the kind for people.
func (k DayKind) Text() fact.Text {
	switch k {
	case Workday:
		return fact.Text{ZH: "工作日", EN: "working day"}
	case Rest:
		return fact.Text{ZH: "休息日", EN: "day of rest"}
	case Holiday:
		return fact.Text{ZH: "放假", EN: "public holiday"}
	case MakeUp:
		return fact.Text{ZH: "调休上班", EN: "make-up working day"}
	case SiteOff:
		return fact.Text{ZH: "本单位休息", EN: "the site's day off"}
	case SiteWork:
		return fact.Text{ZH: "本单位上班", EN: "the site's working day"}
	}
	return fact.Text{ZH: string(k), EN: string(k)}
}

// Day is what the calendar says of one date.
type Day struct {
	Date Date
	Kind DayKind
	// Name is what the day is called where a list names it.
	Name fact.Text
	// Hours are the day's spans in order; none on a day off.
	Hours []Span
	// Known: the public holidays of the date's year are known. Otherwise Kind is what the week
	// and the lists say, and may yet change.
	Known bool
}

// Calendar answers when a site works. It does not change; make one with New.
type Calendar struct {
	zone *time.Location
	week [7][]Span
	// full are the hours of a working day whose weekday has none.
	full        []Span
	listed      map[Date]listed
	known       map[int]bool
	record      Record
	fingerprint string
}

type listed struct {
	kind DayKind
	name fact.Text
}

// New makes a calendar. The error says what in the plan is wrong: a zone that is missing, no
// hours, hours that overlap or are none, a stretch that ends before it begins, is longer than
// MaxStretchDays or lies outside MinYear to MaxYear, a day that one list has both off and
// worked, or more of anything than limits.go allows.
func New(plan Plan) (*Calendar, error) {
	c := &Calendar{zone: plan.Zone, listed: map[Date]listed{}, known: map[int]bool{}}
	if c.zone == nil {
		return nil, errors.New("working calendar: no time zone: give the site's")
	}
	if err := c.setHours(plan.Hours); err != nil {
		return nil, fmt.Errorf("working calendar: %w", err)
	}
	if len(plan.Lists) > MaxLists {
		return nil, fmt.Errorf("working calendar: %d lists of days: at most %d", len(plan.Lists), MaxLists)
	}
	for i, list := range plan.Lists {
		if err := c.addList(list); err != nil {
			return nil, fmt.Errorf("working calendar: list %d: %w", i+1, err)
		}
	}
	c.record = c.makeRecord()
	c.fingerprint = c.record.Fingerprint()
	return c, nil
}

func (c *Calendar) setHours(hours []Hours) error {
	if len(hours) == 0 || len(hours) > MaxHours {
		return fmt.Errorf("%d spans of working hours: want 1 to %d", len(hours), MaxHours)
	}
	for _, h := range hours {
		span := Span{h.From, h.Until}
		if h.From < 0 || h.From >= h.Until || h.Until > dayLong || h.From%time.Minute != 0 || h.Until%time.Minute != 0 {
			return fmt.Errorf("working hours from %v until %v: want whole minutes, the end later on the same day", h.From, h.Until)
		}
		if len(h.Days) == 0 {
			return fmt.Errorf("working hours %v on no day: name the days", span)
		}
		for _, day := range h.Days {
			if day < time.Sunday || day > time.Saturday {
				return fmt.Errorf("working hours %v on weekday %d: there are seven, from 0", span, int(day))
			}
			if i := slices.IndexFunc(c.week[day], func(s Span) bool { return span.From < s.Until && s.From < span.Until }); i >= 0 {
				return fmt.Errorf("working hours %v and %v on %v: they overlap", c.week[day][i], span, day)
			}
			c.week[day] = append(c.week[day], span)
		}
	}
	for i := range c.week {
		slices.SortFunc(c.week[i], func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	}
	for day := time.Monday; c.full == nil; day++ { // some day has hours: there is a span, and it has days
		c.full = c.week[day%7]
	}
	return nil
}

func (c *Calendar) addList(list List) error {
	for _, year := range list.Years {
		if year < MinYear || year > MaxYear {
			return fmt.Errorf("year %d: want %d to %d", year, MinYear, MaxYear)
		}
		c.known[year] = true
	}
	if n := len(list.Off) + len(list.Work); n > MaxListed {
		return fmt.Errorf("%d entries: at most %d", n, MaxListed)
	}
	off, work := Holiday, MakeUp
	if list.Site {
		off, work = SiteOff, SiteWork
	}
	said := map[Date]DayKind{}
	put := func(s Stretch, kind DayKind) error {
		if s.Until < s.From || int(s.Until)-int(s.From) >= MaxStretchDays || s.From < DateOf(MinYear, 1, 1) || s.Until > DateOf(MaxYear, 12, 31) {
			return fmt.Errorf("%v to %v: want at most %d days in order, in the years %d to %d", s.From, s.Until, MaxStretchDays, MinYear, MaxYear)
		}
		for d := s.From; d <= s.Until; d++ {
			if before, ok := said[d]; ok && before != kind {
				return fmt.Errorf("%v is both off and worked: take one of the two out", d)
			}
			said[d] = kind
			c.listed[d] = listed{kind, s.Name}
		}
		return nil
	}
	for _, s := range list.Off {
		if err := put(s, off); err != nil {
			return err
		}
	}
	for _, s := range list.Work {
		if err := put(s, work); err != nil {
			return err
		}
	}
	return nil
}

// Zone returns the site's time zone.
func (c *Calendar) Zone() *time.Location { return c.zone }

// On returns the date that the site's clock shows at an instant.
func (c *Calendar) On(at time.Time) Date { return DateOf(at.In(c.zone).Date()) }

// Known reports whether the public holidays of a year are known.
func (c *Calendar) Known(year int) bool { return c.known[year] }

// Missing returns the years without data among the next MissingAhead days: what has to be
// said at start and every day until somebody enters them. At most two, in order.
func (c *Calendar) Missing(at time.Time) []int {
	today := c.On(at)
	return c.unknown(today, today+MissingAhead)
}

// unknown returns the years without data from one date to another, in order.
func (c *Calendar) unknown(from, until Date) (years []int) {
	for year := from.Year(); year <= until.Year(); year++ {
		if !c.known[year] {
			years = append(years, year)
		}
	}
	return years
}

// Day says what a date is.
func (c *Calendar) Day(d Date) Day {
	kind, name := c.kind(d)
	return Day{Date: d, Kind: kind, Name: name, Hours: slices.Clone(c.hours(d)), Known: c.known[d.Year()]}
}

func (c *Calendar) kind(d Date) (DayKind, fact.Text) {
	if l, ok := c.listed[d]; ok {
		return l.kind, l.name
	}
	if len(c.week[d.Weekday()]) > 0 {
		return Workday, fact.Text{}
	}
	return Rest, fact.Text{}
}

// WorkingDay reports whether a date is worked.
func (c *Calendar) WorkingDay(d Date) bool { return len(c.hours(d)) > 0 }

// hours returns the spans of a date. A working day whose weekday has no hours has those of the
// first day of the week that has some: a make-up Saturday is worked as a Monday is.
func (c *Calendar) hours(d Date) []Span {
	own := c.week[d.Weekday()]
	l, ok := c.listed[d]
	switch {
	case !ok:
		return own
	case !l.kind.Works():
		return nil
	case len(own) == 0:
		return c.full
	}
	return own
}
