package calendar

import (
	"time"
)

// instant returns the first instant at which the site's clock shows a time of a date, or a
// later one. So the order of wall times is the order of instants, whatever summer time does:
// of an hour that comes twice it is the first, of one that is left out the moment of the jump.
func (c *Calendar) instant(d Date, since time.Duration) time.Time {
	want := d.utc().Add(since)
	year, month, day := want.Date()
	hour, minute, second := want.Clock()
	guess := time.Date(year, month, day, hour, minute, second, want.Nanosecond(), c.zone)
	var best time.Time
	for _, beside := range []time.Duration{-dayLong, dayLong} { // the zone's offset before a change nearby, and after
		_, offset := guess.Add(beside).Zone()
		if t := want.Add(-time.Duration(offset) * time.Second); c.shown(t).Equal(want) && (best.IsZero() || t.Before(best)) {
			best = t
		}
	}
	if !best.IsZero() {
		return best.In(c.zone)
	}
	if c.shown(guess).Equal(want) {
		return guess
	}
	start, end := guess.ZoneBounds()
	if c.shown(guess).After(want) {
		return start
	}
	return end
}

// shown returns what the site's clock shows at an instant, as if it were UTC.
func (c *Calendar) shown(at time.Time) time.Time {
	_, offset := at.In(c.zone).Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}

// sinceMidnight returns the time of day that the site's clock shows.
func (c *Calendar) sinceMidnight(at time.Time) time.Duration {
	hour, minute, second := at.In(c.zone).Clock()
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(at.Nanosecond())
}

// Opening returns when work begins on a date; false on a day off.
func (c *Calendar) Opening(d Date) (time.Time, bool) {
	spans := c.hours(d)
	if len(spans) == 0 {
		return time.Time{}, false
	}
	return c.instant(d, spans[0].From), true
}

// Closing returns the off-duty hour of a date, the end of its last span; false on a day off.
func (c *Calendar) Closing(d Date) (time.Time, bool) {
	spans := c.hours(d)
	if len(spans) == 0 {
		return time.Time{}, false
	}
	return c.instant(d, spans[len(spans)-1].Until), true
}

// WithinHours reports whether an instant lies in working time: from the beginning of a span
// up to, and without, its end.
func (c *Calendar) WithinHours(at time.Time) bool {
	d := c.On(at)
	for _, s := range c.hours(d) {
		if !at.Before(c.instant(d, s.From)) && at.Before(c.instant(d, s.Until)) {
			return true
		}
	}
	return false
}

// OffDuty returns the first off-duty hour after an instant: that of its own working day while
// it is still ahead, else that of the next working day. False when there is none within
// MaxSearchDays.
func (c *Calendar) OffDuty(at time.Time) (time.Time, bool) {
	today := c.On(at)
	for d := today; d <= today+MaxSearchDays; d++ {
		if t, ok := c.Closing(d); ok && t.After(at) {
			return t, true
		}
	}
	return time.Time{}, false
}

// NextOpening returns the first beginning of working time after an instant, be it in the
// morning or after the midday rest. False when there is none within MaxSearchDays.
func (c *Calendar) NextOpening(at time.Time) (time.Time, bool) {
	today := c.On(at)
	for d := today; d <= today+MaxSearchDays; d++ {
		for _, s := range c.hours(d) {
			if t := c.instant(d, s.From); t.After(at) {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// Hour says at which hour of its last day a number of working days ends.
type Hour string

// The hours at which working days end. The zero value is AtOffDuty.
const (
	AtOffDuty Hour = ""
	SameHour  Hour = "same-hour"
)

// Add returns the end of a number of working days, 1 to MaxDueWorkingDays. The day of at
// itself does not count: two working days from a Monday end on the Wednesday. They end at
// off-duty, or at the same hour; the same hour is moved into the day's hours where it lies
// outside them, and is the off-duty hour where at lies on a day off. False when days is out
// of range, or when there are not so many working days within MaxSearchDays.
func (c *Calendar) Add(at time.Time, days int, hour Hour) (time.Time, bool) {
	today := c.On(at)
	last, ok := c.workingDayAfter(today, days)
	if !ok {
		return time.Time{}, false
	}
	end, _ := c.Closing(last)
	if hour != SameHour || !c.WorkingDay(today) {
		return end, true
	}
	begin, _ := c.Opening(last)
	same := c.instant(last, c.sinceMidnight(at))
	switch {
	case same.Before(begin):
		return begin, true
	case same.After(end):
		return end, true
	}
	return same, true
}

// workingDayAfter returns the nth working day after a date.
func (c *Calendar) workingDayAfter(d Date, n int) (Date, bool) {
	if n < 1 || n > MaxDueWorkingDays {
		return d, false
	}
	for next := d + 1; next <= d+MaxSearchDays; next++ {
		if c.WorkingDay(next) {
			if n--; n == 0 {
				return next, true
			}
		}
	}
	return d, false
}

// Worked returns how much working time lies between two instants; none when to is not after
// from. False when they are more than MaxSearchDays apart.
func (c *Calendar) Worked(from, to time.Time) (time.Duration, bool) {
	first, last := c.On(from), c.On(to)
	if !from.Before(to) {
		return 0, true
	}
	if int(last)-int(first) > MaxSearchDays {
		return 0, false
	}
	var total time.Duration
	for d := first; d <= last; d++ {
		for _, s := range c.hours(d) {
			begin, end := later(from, c.instant(d, s.From)), earlier(to, c.instant(d, s.Until))
			total += max(0, end.Sub(begin))
		}
	}
	return total, true
}

// AddWorked returns the instant that lies so much working time after at, or before it where
// worked is negative. No time at all is at itself. False when there is not so much within
// MaxSearchDays.
func (c *Calendar) AddWorked(at time.Time, worked time.Duration) (time.Time, bool) {
	switch {
	case worked == 0:
		return at, true
	case worked > MaxSearchDays*dayLong || worked < -MaxSearchDays*dayLong:
		return time.Time{}, false
	}
	today, step := c.On(at), Date(1)
	if worked < 0 {
		step = -1
	}
	for n := Date(0); n <= MaxSearchDays; n++ {
		d := today + step*n
		spans := c.hours(d)
		for i := range spans {
			s := spans[i]
			if step < 0 {
				s = spans[len(spans)-1-i]
			}
			begin, end := c.instant(d, s.From), c.instant(d, s.Until)
			if step > 0 {
				begin = later(begin, at)
			} else {
				end = earlier(end, at)
			}
			length := max(0, end.Sub(begin))
			switch {
			case step > 0 && length >= worked:
				return begin.Add(worked), true
			case step < 0 && length >= -worked:
				return end.Add(worked), true
			}
			worked -= length * time.Duration(step)
		}
	}
	return time.Time{}, false
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
