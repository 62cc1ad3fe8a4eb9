package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"trilock/custody/fact"
)

// boardMax bounds how many tags are kept: more than hang in any cabinet. When it is full,
// the tag that was heard longest ago makes room.
const boardMax = 4096

// board is what the monitor shows.
type board struct {
	title  string
	state  string
	rounds int
	bad    int
	// rawStrength: the reader tells strengths without a scale; only their order is certain.
	rawStrength bool
	tags        map[string]*sighting
}

// sighting is one tag.
type sighting struct {
	tag      string
	antenna  uint8 // that heard it last; 0 when nobody says
	count    int
	rssiCdBm int16
	seen     time.Time
	told     time.Time // when it last got a line
}

func newBoard(title string) *board {
	return &board{title: title, state: "connecting", tags: map[string]*sighting{}}
}

// heard counts one read.
func (b *board) heard(now time.Time, tag string, antenna uint8, rssiCdBm int16) *sighting {
	s := b.tags[tag]
	if s == nil {
		if len(b.tags) >= boardMax {
			b.forgetOldest()
		}
		s = &sighting{tag: tag}
		b.tags[tag] = s
	}
	s.antenna, s.rssiCdBm, s.seen = antenna, rssiCdBm, now
	s.count++
	return s
}

func (b *board) forgetOldest() {
	var oldest *sighting
	for _, s := range b.tags {
		if oldest == nil || s.seen.Before(oldest.seen) {
			oldest = s
		}
	}
	delete(b.tags, oldest.tag)
}

// Lines around the table.
const (
	boardHead = 4
	boardFoot = 1
)

// screen returns the table as it fills a terminal from its first line on, each line and
// the rest of the screen cleared of what was there before.
func (b *board) screen(now time.Time, width, height int) string {
	const clearLine, clearRest = "\x1b[K", "\x1b[J"
	text := strings.TrimSuffix(b.text(now, width, height-boardHead-boardFoot), "\n")
	return strings.ReplaceAll(text, "\n", clearLine+"\r\n") + clearLine + clearRest
}

// freshFor is how long a tag counts as being there for the order of the table.
const freshFor = 5 * time.Second

// text returns the table with at most rows tags: those that are there, then those that
// were, each in the order of their numbers, so that a line stays where it is while it is
// being looked at.
func (b *board) text(now time.Time, width, rows int) string {
	shown := make([]*sighting, 0, len(b.tags))
	for _, s := range b.tags {
		shown = append(shown, s)
	}
	slices.SortFunc(shown, func(x, y *sighting) int {
		gone := func(s *sighting) int { return bit(now.Sub(s.seen) > freshFor) }
		return cmp.Or(gone(x)-gone(y), strings.Compare(x.tag, y.tag))
	})
	shown = shown[:min(len(shown), max(1, rows))]

	var out strings.Builder
	line := func(format string, args ...any) {
		out.WriteString(fit(fmt.Sprintf(format, args...), width))
		out.WriteByte('\n')
	}
	line("%s  %d tags, %d rounds", b.title, len(b.tags), b.rounds)
	line("%s", b.state)
	line("")
	unit := "dBm"
	if b.rawStrength {
		unit = "~dBm"
	}
	line("%-32s %3s %7s %6s %-10s %5s", "EPC", "ant", "count", unit, "signal", "age")
	for _, s := range shown {
		line("%-32s %3s %7d %6s %s %5s", short(s.tag, 32), antennaText(s.antenna), s.count, dBm(s.rssiCdBm), bar(s.rssiCdBm, 10), age(now.Sub(s.seen)))
	}
	more := ""
	if hidden := len(b.tags) - len(shown); hidden > 0 {
		more = fmt.Sprintf("and %d more; ", hidden)
	}
	line("%sCtrl-C ends 按 Ctrl-C 结束", more)
	return out.String()
}

// fit cuts a line to a terminal's width. Chinese characters take two places.
func fit(text string, width int) string {
	used := 0
	for i, r := range text {
		if used++; r >= 0x2E80 {
			used++
		}
		if used > width {
			return text[:i]
		}
	}
	return text
}

// short leaves out the middle of a long number: its ends tell tags apart.
func short(tag string, n int) string {
	if len(tag) <= n {
		return tag
	}
	return tag[:n/2-1] + "…" + tag[len(tag)-n/2:]
}

func antennaText(antenna uint8) string {
	if antenna == 0 {
		return "-"
	}
	return fmt.Sprint(antenna)
}

func dBm(rssiCdBm int16) string {
	if rssiCdBm == fact.RSSIUnknown {
		return "-"
	}
	return fmt.Sprintf("%.1f", float64(rssiCdBm)/100)
}

// The ends of the signal bar, in hundredths of a dBm: the weakest that readers hear, and a
// tag that lies on the antenna.
const (
	barEmptyCdBm = -9000
	barFullCdBm  = -3000
)

// bar draws a signal strength as n characters.
func bar(rssiCdBm int16, n int) string {
	if rssiCdBm == fact.RSSIUnknown {
		return strings.Repeat(" ", n)
	}
	eighths := (int(rssiCdBm) - barEmptyCdBm) * 8 * n / (barFullCdBm - barEmptyCdBm)
	eighths = max(1, min(8*n, eighths))
	full, rest := eighths/8, eighths%8
	text := strings.Repeat("█", full)
	if rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
		full++
	}
	return text + strings.Repeat(" ", n-full)
}

func age(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0fs", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0fm", d.Minutes())
	}
	return fmt.Sprintf("%.0fh", d.Hours())
}
