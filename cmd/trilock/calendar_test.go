package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

const calendarSite = `
site: {name: 小站, name_en: Small site}
places: [{id: zone-1}, {id: zone-2, adjoins: [zone-1]}]
readers: [{id: reader-1, antennas: [{port: 1, watches: zone-1}, {port: 2, watches: zone-2}]}]
calendar:
  hours:
    - {days: [mon, tue, wed, thu], from: "09:00", until: "12:00"}
    - {days: [mon, tue, wed, thu, fri], from: "13:00", until: "17:00"}
  days_off:
    - {dates: "2026-11-18", name: 建厂纪念日, name_en: Anniversary}
    - {dates: 2026-12-30..2027-01-02, name: ` + longName + `}
  working_days:
    - {dates: "2026-11-21"}
`

const longName = `一个很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长的名字`

func printedYear(t *testing.T, site string, year int) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "site.yaml")
	if err := os.WriteFile(path, []byte(site), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err := (&calendarCmd{Site: path, Year: year}).print(&out, time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC))
	return out.String(), err
}

func TestCalendarIsATableOfOneYear(t *testing.T) {
	text, err := printedYear(t, calendarSite, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Working calendar 2026\n", "小站 Small site\n", "zone Asia/Shanghai",
		"  周一至周四 Monday to Thursday   09:00-12:00 13:00-17:00\n", "  周五       Friday               13:00-17:00\n", "  周六至周日 Saturday to Sunday   休息 off\n",
		"\n2026-02  - . . . . . - - . . . . . M H H H H H H H H H . . . . M          16\n",
		"\n2026-11  - . . . . . - - . . . . . - - . . S . . W - . . . . . - - .      21\n",
		"\n2026-12  . . . . - - . . . . . - - . . . . . - - . . . . . - - . . S S    21\n",
		"2026-11-18             S   1  建厂纪念日 Anniversary\n", "2026-11-21             W   1\n", "2026-10-01..2026-10-07 H   7  国庆节 National Day\n",
		"2027 年的节假日安排未录入", "public holidays of 2027 are not entered",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "2025-") {
		t.Errorf("days of another year are in\n%s", text)
	}
}

// Every line fits eighty columns, and only what the site wrote is ever cut.
func TestCalendarFitsEightyColumns(t *testing.T) {
	for _, year := range []int{2024, 2026, 2027, 2099} {
		text, err := printedYear(t, calendarSite, year)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			columns := utf8.RuneCountInString(line)
			for _, r := range line {
				if r >= 0x2E80 {
					columns++
				}
			}
			if columns > 80 || columns == 80 && !strings.Contains(line, "很长") || strings.HasSuffix(line, " ") {
				t.Errorf("%d: %d columns: %q", year, columns, line)
			}
		}
		if want := map[int]bool{2027: true, 2099: true}[year]; strings.Contains(text, "2099 are not entered") != (year == 2099) || want && !strings.Contains(text, "not entered") {
			t.Errorf("%d: what is not known is not said:\n%s", year, text)
		}
	}
}

// A year that the site has entered is not missing; a week of one kind of day is one line.
func TestCalendarOfASiteThatEntersAYear(t *testing.T) {
	head, _, _ := strings.Cut(calendarSite, "calendar:")
	text, err := printedYear(t, head+`calendar:
  hours: [{days: [sun, mon, tue, wed, thu, fri, sat], from: "00:00", until: "24:00"}]
  years: [2027]
  days_off: [{dates: 2027-01-01..2027-01-03, name: 元旦, name_en: New Year's Day}]
`, 2027)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"  周一至周日 Monday to Sunday     00:00-24:00\n\n", "\n2027-01  S S S . . .", "2027-01-01..2027-01-03 S   3  元旦 New Year's Day\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "not entered") {
		t.Errorf("a year that is entered is missing:\n%s", text)
	}
}

func TestCalendarSaysWhatIsWrong(t *testing.T) {
	if _, err := printedYear(t, strings.Replace(calendarSite, "until: \"12:00\"", "until: \"14:00\"", 1), 0); err == nil || !strings.Contains(err.Error(), "site.yaml:8: calendar.hours[1]: found 13:00 to 17:00 on mon, which overlaps") {
		t.Errorf("hours that overlap: %v", err)
	}
	for _, year := range []int{-1, 1999, 2100} {
		if _, err := printedYear(t, calendarSite, year); err == nil || !strings.Contains(err.Error(), "want one from 2000 to 2099") {
			t.Errorf("year %d: %v", year, err)
		}
	}
	if err := (&calendarCmd{Site: filepath.Join(t.TempDir(), "none.yaml")}).print(&strings.Builder{}, time.Now()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
