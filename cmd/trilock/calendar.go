package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"trilock/configs"
	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// calendarCmd prints a year of a site's working calendar.
type calendarCmd struct {
	Site string `required:"" type:"existingfile" help:"The site's configuration; places, readers and calendar are enough."`
	Year int    `help:"The year; this one where it is not given. 年份，默认为今年。"`
}

// Run prints the year.
func (c *calendarCmd) Run() error { return c.print(os.Stdout, time.Now()) }

// paperWidth is the width of a terminal and of a sheet of paper.
const paperWidth = 80

func (c *calendarCmd) print(w io.Writer, now time.Time) error {
	site, err := configs.LoadLayout(c.Site)
	var faults configs.Faults
	if errors.As(err, &faults) {
		return fmt.Errorf("%d faults in %s:\n%w", len(faults), c.Site, err)
	}
	if err != nil {
		return err
	}
	working, err := site.WorkingCalendar()
	if err != nil {
		return fmt.Errorf("%s: %w", c.Site, err)
	}
	year := c.Year
	if year == 0 {
		year = working.On(now).Year()
	}
	if year < calendar.MinYear || year > calendar.MaxYear {
		return fmt.Errorf("year %d: want one from %d to %d", year, calendar.MinYear, calendar.MaxYear)
	}
	sheet := yearSheet{calendar: working, year: year, out: bufio.NewWriter(w)}
	sheet.head(site, now)
	sheet.week()
	sheet.months()
	sheet.days()
	return sheet.out.Flush()
}

// yearSheet is a year on paper. What it writes goes to a buffer, whose Flush tells of errors.
type yearSheet struct {
	calendar *calendar.Calendar
	year     int
	out      *bufio.Writer
}

func (s yearSheet) line(format string, args ...any) {
	text := strings.TrimRight(fit(fmt.Sprintf(format, args...), paperWidth), " ")
	_, _ = s.out.WriteString(text + "\n") // a bufio.Writer keeps its first error for Flush
}

// head says whose year it is, and first of all what is not known.
func (s yearSheet) head(site *configs.Site, now time.Time) {
	s.line("工作日历 Working calendar %d", s.year)
	s.line("%s", both(fact.Text{ZH: site.Identity.Name, EN: site.Identity.NameEN}))
	s.line("时区 zone %s, 指纹 fingerprint %s", s.calendar.Zone(), s.calendar.Fingerprint())
	missing := s.calendar.Missing(now)
	if !s.calendar.Known(s.year) {
		missing = []int{s.year}
	}
	for _, year := range missing {
		s.line("")
		s.line("！%d 年的节假日安排未录入：凡经过该年的期限只按每周工作时间计算，并予注明。", year)
		s.line("  按国务院办公厅通知录入配置 calendar 的 days_off、working_days，再写入 years。")
		s.line("! The public holidays of %d are not entered: due times that run through it", year)
		s.line("  count the hours of the week alone, and say so. Enter the State Council's")
		s.line("  notice under calendar: days_off, working_days; then add the year to years.")
	}
	s.line("")
}

// week prints the hours of each day, days with the same hours on one line.
func (s yearSheet) week() {
	s.line("每周工作时间 Hours of the week")
	week := s.calendar.Record().Week
	for first := time.Monday; first <= 7; {
		last := first
		for last < 7 && spansText(week[(last+1)%7]) == spansText(week[first%7]) {
			last++
		}
		days, hours := calendar.WeekdayText(first), spansText(week[first%7])
		if last > first {
			days = fact.Text{ZH: "%[1]s至%[2]s", EN: "%[1]s to %[2]s"}.Fill(days, calendar.WeekdayText(last))
		}
		s.line("  %s %s %s", pad(days.ZH, 10), pad(days.EN, 20), hours)
		first = last + 1
	}
	s.line("")
}

func spansText(spans []calendar.Span) string {
	if len(spans) == 0 {
		return "休息 off"
	}
	words := make([]string, len(spans))
	for i, span := range spans {
		words[i] = span.String()
	}
	return strings.Join(words, " ")
}

// sign is the letter of a kind of day in the table.
func sign(kind calendar.DayKind) string {
	switch kind {
	case calendar.Rest:
		return "-"
	case calendar.Holiday:
		return "H"
	case calendar.MakeUp:
		return "M"
	case calendar.SiteOff:
		return "S"
	case calendar.SiteWork:
		return "W"
	}
	return "."
}

// months prints a line for each month, a letter for each day, and how many are worked.
func (s yearSheet) months() {
	tens, units := strings.Builder{}, strings.Builder{}
	for day := 1; day <= 31; day++ {
		ten := " "
		if day >= 10 {
			ten = fmt.Sprint(day / 10)
		}
		tens.WriteString(" " + ten)
		fmt.Fprintf(&units, " %d", day%10)
	}
	s.line("        %s", tens.String())
	s.line("        %s  工作日", units.String())
	total := 0
	for month := time.January; month <= time.December; month++ {
		cells, worked := strings.Builder{}, 0
		for d := calendar.DateOf(s.year, month, 1); d < calendar.DateOf(s.year, month+1, 1); d++ {
			cells.WriteString(" " + sign(s.calendar.Day(d).Kind))
			if s.calendar.WorkingDay(d) {
				worked++
			}
		}
		total += worked
		s.line("%d-%02d %s %4d", s.year, int(month), pad(cells.String(), 63), worked)
	}
	s.line("%s %4d", pad("工作日 working days", 71), total)
	s.line("")
	for _, pair := range [][2]calendar.DayKind{{calendar.Workday, calendar.Rest}, {calendar.Holiday, calendar.MakeUp}, {calendar.SiteOff, calendar.SiteWork}} {
		left, right := pair[0].Text(), pair[1].Text()
		s.line("  %s  %s%s  %s", sign(pair[0]), pad(left.ZH+" "+left.EN, 36), sign(pair[1]), right.ZH+" "+right.EN)
	}
	s.line("")
}

// days lists what lists say of days of the year.
func (s yearSheet) days() {
	for _, d := range s.calendar.Record().Days {
		if d.Until.Year() < s.year || d.From.Year() > s.year {
			continue
		}
		dates := d.From.String()
		if d.Until != d.From {
			dates += ".." + d.Until.String()
		}
		s.line("%s %s %3d  %s", pad(dates, 22), sign(d.Kind), int(d.Until-d.From)+1, both(d.Name))
	}
}

// both writes a name in both languages, once where they are the same.
func both(name fact.Text) string {
	if name.ZH == name.EN {
		return name.ZH
	}
	return name.ZH + " " + name.EN
}

// pad fills a text up to a width, in which Chinese characters take two places.
func pad(text string, width int) string {
	for _, r := range text {
		if width--; r >= 0x2E80 {
			width--
		}
	}
	return text + strings.Repeat(" ", max(0, width))
}
