package configs

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"trilock/custody/calendar"
)

// Lending is the rules of circulation and borrowing in numbers.
type Lending struct {
	// Due is how long one reader has a document of each level (CIR-3), by the working calendar. Top
	// secret has none but same-day: it does not stay out over night.
	Due map[Level]DueRule `yaml:"due" want:"how long one reader has a document of each level"`
	// Urgent is how long one reader has what is marked urgent.
	Urgent Duration `yaml:"urgent" min:"10m" max:"24h" want:"how long one reader has an urgent document"`
	// RemindBefore and EscalateAfter are in working time (CIR-7).
	RemindBefore  []Duration `yaml:"remind_before" min:"1m" max:"240h" want:"how long before its due time a loan is reminded of, in working time"`
	EscalateAfter Duration   `yaml:"escalate_after" min:"1m" max:"240h" want:"how long after its due time the leader is told, in working time"`
	// ListAt is when what lingers is listed on each working day.
	ListAt TimeOfDay `yaml:"list_at" want:"the time of day at which what lingers with readers is listed"`
	// YearEnd is by when everything lent is back each year (CIR-9).
	YearEnd      YearDay  `yaml:"year_end" want:"the day by which everything lent is back each year"`
	YearEndAhead Duration `yaml:"year_end_ahead" min:"0s" max:"1440h" want:"how long before that day it is said"`
	// Extension is how far beyond its due time a loan may be extended at once (CIR-10). A level without one is not extended.
	Extension      map[Level]DueRule `yaml:"extension" want:"how far a loan of each level may be extended at once"`
	ExtensionsMost int               `yaml:"extensions_most" min:"0" max:"20" want:"how often a loan may be extended"`
	// SignWithin is by when reader and custodian have badged for what left a safe (CIR-4).
	SignWithin Duration `yaml:"sign_within" min:"1m" max:"24h" want:"how soon both sides badge for what left a safe"`
	// CountWithin is by when what came back is counted (CIR-11).
	CountWithin Duration `yaml:"count_within" min:"1m" max:"72h" want:"how soon copies and pages are counted on return"`
	// ApartAfter is how long a piece is read apart from its folder until it is an alert (CIR-13).
	ApartAfter Duration `yaml:"apart_after" min:"1s" max:"1h" want:"how long a piece may be read apart from its folder"`
	// TopSecretReadIn empty: reading rooms, and rooms in which a safe stands (CIR-8).
	TopSecretReadIn []ID `yaml:"top_secret_read_in" want:"the ids of the places where top secret is read"`
	// ArchiveRooms are what documents marked archive never leave (CIR-8).
	ArchiveRooms []ID `yaml:"archive_rooms" want:"the ids of the places that archives never leave"`
}

// DueRule is how long something may be out: "same-day", "2 working days", "30 days" or "8h".
type DueRule string

const duePattern = `^same-day$|^[1-9][0-9]{0,3} (working days?|days?)$|^[1-9][0-9]{0,3}h$`

var dueForm = regexp.MustCompile(duePattern)

func (r *DueRule) set(text string) bool {
	*r = DueRule(text)
	return dueForm.MatchString(text) && r.Rule().Check() == nil
}

func (*DueRule) form() string {
	return "same-day, or a time such as “2 working days”, “30 days” or “8h”"
}

func (*DueRule) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": duePattern}
}

// Rule returns the rule in the calendar's words. It has been checked when the file was read.
func (r DueRule) Rule() calendar.Due {
	if r == "same-day" {
		return calendar.Due{Kind: calendar.SameDay}
	}
	figure, unit, _ := strings.Cut(strings.Replace(string(r), "h", " h", 1), " ")
	n, err := strconv.Atoi(figure)
	if err != nil {
		return calendar.Due{} // which Check refuses
	}
	switch {
	case strings.HasPrefix(unit, "working"):
		return calendar.Due{Kind: calendar.WorkingDays, N: n}
	case strings.HasPrefix(unit, "day"):
		return calendar.Due{Kind: calendar.CalendarDays, N: n}
	}
	return calendar.Due{Kind: calendar.ClockHours, N: n}
}

// YearDay is a day of every year: "12-25".
type YearDay string

const yearDayPattern = `^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`

func (y *YearDay) set(text string) bool {
	*y = YearDay(text)
	day, err := calendar.ParseMonthDay(text)
	return err == nil && day.Valid()
}

func (*YearDay) form() string { return "a day of the year such as 12-25" }

func (*YearDay) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": yearDayPattern}
}

// Day returns the day in the calendar's words. It has been checked when the file was read.
func (y YearDay) Day() calendar.MonthDay {
	day, err := calendar.ParseMonthDay(string(y))
	if err != nil {
		return calendar.MonthDay{}
	}
	return day
}

// defaultLending is what the rules say.
func defaultLending() Lending {
	return Lending{
		Due:            map[Level]DueRule{TopSecret: "same-day", Secret: "2 working days", Confidential: "2 working days"},
		Urgent:         hours(2),
		RemindBefore:   []Duration{hours(2)},
		EscalateAfter:  hours(4),
		ListAt:         TimeOfDay(minutes(16*60 + 30)),
		YearEnd:        "12-25",
		YearEndAhead:   hours(14 * 24),
		Extension:      map[Level]DueRule{Secret: "5 working days", Confidential: "5 working days", Internal: "30 days"},
		ExtensionsMost: 2,
		SignWithin:     minutes(10),
		CountWithin:    minutes(30),
		ApartAfter:     seconds(30),
	}
}

// checkLending: the places are the site's, and top secret does not stay out over night.
func (c *checks) checkLending() {
	const path = "policy.lending"
	if !c.fine(path) {
		return
	}
	l := c.site.Policy.Lending
	for key, list := range map[string][]ID{"top_secret_read_in": l.TopSecretReadIn, "archive_rooms": l.ArchiveRooms} {
		for i, id := range list {
			refer(c, at(path+"."+key, i), id, c.places, "a place")
		}
	}
	for _, key := range []string{"due", "extension"} {
		rule, top := map[string]map[Level]DueRule{"due": l.Due, "extension": l.Extension}[key][TopSecret], path+"."+key+".top-secret"
		if rule != "" && rule != "same-day" && c.fine(top) {
			c.add(top, fmt.Sprint(rule), "same-day: top secret is back before the off-duty hour (CIR-3)")
		}
	}
}
