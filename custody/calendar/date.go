package calendar

import (
	"fmt"
	"time"
)

// Date is a day of the civil calendar, without hour or zone: days since 1970-01-01. Its text
// form is 2026-10-01.
type Date int32

const (
	secondsPerDay = 24 * 60 * 60
	dateForm      = "2006-01-02"
)

// DateOf returns a date; days and months beyond their range carry over, as in time.Date.
// A year has at most four digits: one before 1 is taken for 1, one after 9999 for 9999.
func DateOf(year int, month time.Month, day int) Date {
	year = min(max(year, 1), 9999)
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay) //nolint:gosec // ten thousand years are 3.7 million days
}

// ParseDate reads 2026-10-01 and nothing else. The error says what was found.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(dateForm, text)
	if err != nil || t.Year() < 1 {
		return 0, fmt.Errorf("date %.20q: want a day such as 2026-10-01", text)
	}
	return DateOf(t.Date()), nil
}

func (d Date) utc() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// Civil returns year, month and day.
func (d Date) Civil() (int, time.Month, int) { return d.utc().Date() }

// Year returns the year.
func (d Date) Year() int { return d.utc().Year() }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// String returns the date as 2026-10-01.
func (d Date) String() string { return d.utc().Format(dateForm) }

// MarshalText writes the date as 2026-10-01.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDate reads.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// MonthDay is a day of every year. Its text form is 12-20.
type MonthDay struct {
	Month time.Month
	Day   int
}

// leapYear stands for any year in which each day of a year exists.
const leapYear = 2000

// ParseMonthDay reads 12-20 and nothing else. 02-29 is a day of every year; see In.
func ParseMonthDay(text string) (MonthDay, error) {
	d, err := ParseDate(fmt.Sprintf("%d-%s", leapYear, text))
	if err != nil {
		return MonthDay{}, fmt.Errorf("day of a year %.20q: want one such as 12-20", text)
	}
	_, month, day := d.Civil()
	return MonthDay{month, day}, nil
}

// In returns the day in a year. In a year without it, 29 February is the 28th: what is due on
// it is due a day earlier, not later.
func (m MonthDay) In(year int) Date {
	d := DateOf(year, m.Month, m.Day)
	if _, month, _ := d.Civil(); month != m.Month {
		return DateOf(year, m.Month+1, 0)
	}
	return d
}

// Valid reports whether there is such a day in some year.
func (m MonthDay) Valid() bool {
	_, month, day := DateOf(leapYear, m.Month, m.Day).Civil()
	return month == m.Month && day == m.Day
}

// IsZero reports whether no day is given.
func (m MonthDay) IsZero() bool { return m == MonthDay{} }

// String returns the day as 12-20.
func (m MonthDay) String() string { return fmt.Sprintf("%02d-%02d", int(m.Month), m.Day) }

// MarshalText writes the day as 12-20.
func (m MonthDay) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what ParseMonthDay reads.
func (m *MonthDay) UnmarshalText(text []byte) error {
	parsed, err := ParseMonthDay(string(text))
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}
