package calendar

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"trilock/custody/fact"
)

// Record is a calendar as data: what the journal keeps, so that it can be said years later
// by which calendar something was due. Plans that come to the same days and hours have the same record.
type Record struct {
	// Zone is the name of the time zone.
	Zone string `json:"zone"`
	// Week are the spans of each day of the week, Sunday first.
	Week [7][]Span `json:"week"`
	// Known are the years whose public holidays are known, in order.
	Known []int `json:"known"`
	// Days are the listed days, in order.
	Days []ListedDays `json:"days"`
}

// ListedDays are days in a row that are of one kind and name by a list.
type ListedDays struct {
	From  Date      `json:"from"`
	Until Date      `json:"until"`
	Kind  DayKind   `json:"kind"`
	Name  fact.Text `json:"name"`
}

// text says the days in a few words.
func (l ListedDays) text() fact.Text {
	days := fact.Text{ZH: l.From.String(), EN: l.From.String()}
	if l.Until != l.From {
		days = fact.Text{ZH: "%[1]s 至 %[2]s", EN: "%[1]s to %[2]s"}.Fill(l.From, l.Until)
	}
	if l.Name.IsZero() {
		return fact.Text{ZH: "%[1]s %[2]s", EN: "%[1]s %[2]s"}.Fill(days, l.Kind.Text())
	}
	return fact.Text{ZH: "%[1]s %[2]s%[3]s", EN: "%[1]s %[2]s (%[3]s)"}.Fill(days, l.Name, l.Kind.Text())
}

// Record returns the calendar as data. It is the caller's own.
func (c *Calendar) Record() Record {
	r := c.record
	r.Known, r.Days = slices.Clone(r.Known), slices.Clone(r.Days)
	for i := range r.Week {
		r.Week[i] = slices.Clone(r.Week[i])
	}
	return r
}

// Fingerprint returns 32 hexadecimal digits that differ as soon as the calendar does: when
// they are not those of the last record, due times are to be counted again.
func (c *Calendar) Fingerprint() string { return c.fingerprint }

func (c *Calendar) makeRecord() Record {
	r := Record{Zone: c.zone.String(), Week: c.week, Known: c.knownYears(), Days: []ListedDays{}}
	first, last := DateOf(MaxYear, time.December, 31), DateOf(MinYear, time.January, 1)
	for d := range c.listed {
		first, last = min(first, d), max(last, d)
	}
	r.Days = append(r.Days, c.stretches(first, last)...)
	return r
}

// knownYears returns the known years in order.
func (c *Calendar) knownYears() []int {
	years := []int{}
	for year := MinYear; year <= MaxYear; year++ {
		if c.known[year] {
			years = append(years, year)
		}
	}
	return years
}

// Fingerprint returns the fingerprint of the calendar that the record was made of.
func (r Record) Fingerprint() string {
	text, err := json.Marshal(r)
	if err != nil {
		panic("calendar: a record is made of words and numbers: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// Changes says what is different in a calendar now, line by line, at most MaxChanges and one
// that says how many more. Nothing means the same calendar.
func Changes(old, now Record) []fact.Text {
	var lines []fact.Text
	if old.Zone != now.Zone {
		lines = append(lines, fact.Text{ZH: "时区由 %[1]s 改为 %[2]s", EN: "the time zone was %[1]s and is %[2]s"}.Fill(old.Zone, now.Zone))
	}
	for i := range now.Week {
		if before, after := hoursText(old.Week[i]), hoursText(now.Week[i]); before != after {
			lines = append(lines, fact.Text{ZH: "%[1]s工作时间由“%[2]s”改为“%[3]s”", EN: "hours of %[1]s were %[2]q and are %[3]q"}.
				Fill(WeekdayText(time.Weekday(i)), before, after))
		}
	}
	yearsNow, yearsOld := setOf(now.Known), setOf(old.Known)
	for _, year := range now.Known {
		if !yearsOld[year] {
			lines = append(lines, fact.Text{ZH: "%[1]d 年节假日安排已录入", EN: "the public holidays of %[1]d are entered"}.Fill(year))
		}
	}
	for _, year := range old.Known {
		if !yearsNow[year] {
			lines = append(lines, fact.Text{ZH: "%[1]d 年节假日安排不再有", EN: "the public holidays of %[1]d are gone"}.Fill(year))
		}
	}
	daysNow, daysOld := setOf(now.Days), setOf(old.Days)
	for _, d := range old.Days {
		if !daysNow[d] {
			lines = append(lines, fact.Text{ZH: "取消：%[1]s", EN: "no longer: %[1]s"}.Fill(d.text()))
		}
	}
	for _, d := range now.Days {
		if !daysOld[d] {
			lines = append(lines, fact.Text{ZH: "新增：%[1]s", EN: "new: %[1]s"}.Fill(d.text()))
		}
	}
	if more := len(lines) - MaxChanges; more > 0 {
		lines = append(lines[:MaxChanges], fact.Text{ZH: "另有 %[1]d 处改变", EN: "and %[1]d changes more"}.Fill(more))
	}
	return lines
}

func setOf[T comparable](list []T) map[T]bool {
	set := make(map[T]bool, len(list))
	for _, x := range list {
		set[x] = true
	}
	return set
}

func hoursText(spans []Span) string {
	text := ""
	for i, s := range spans {
		if i > 0 {
			text += " "
		}
		text += s.String()
	}
	return text
}

// WeekdayText names a day of the week for people.
func WeekdayText(day time.Weekday) fact.Text {
	days := [7]fact.Text{
		{ZH: "周日", EN: "Sunday"}, {ZH: "周一", EN: "Monday"}, {ZH: "周二", EN: "Tuesday"}, {ZH: "周三", EN: "Wednesday"},
		{ZH: "周四", EN: "Thursday"}, {ZH: "周五", EN: "Friday"}, {ZH: "周六", EN: "Saturday"},
	}
	return days[((day%7)+7)%7]
}
