package calendar

import (
	"strconv"
	"strings"
	"time"

	"trilock/custody/fact"
)

// Basis says how a due time was counted, for people and for what follows from it.
type Basis struct {
	// Text is the whole of it: the rule, from when, until when, which holidays lie between, and
	// what is not known.
	Text fact.Text `json:"text"`
	// Unknown are the years without data that it was counted through: it has to be counted
	// again when they are known.
	Unknown []int `json:"unknown,omitempty"`
	// AtOnce: the time could not be counted, or was past, and the thing is due at once.
	AtOnce bool `json:"at_once,omitempty"`
}

const minuteForm = "2006-01-02 15:04"

func (c *Calendar) basis(rule Due, from time.Time, out outcome) Basis {
	b := Basis{AtOnce: out.turn == atOnce}
	parts := []fact.Text{
		fact.Text{ZH: "%[1]s：自 %[2]s 起，至 %[3]s 止", EN: "%[1]s: from %[2]s, due %[3]s"}.
			Fill(rule.text(), from.In(c.zone).Format(minuteForm), c.ending(out)),
	}
	switch out.turn {
	case straight:
	case broughtForward:
		parts = append(parts, fact.Text{ZH: "%[1]s 不上班，提前到之前的工作日", EN: "%[1]s is no working day, so the working day before it counts"}.Fill(out.last))
	case endOfDay:
		parts = append(parts, fact.Text{ZH: "此前已无下班时间，以当日结束为限", EN: "no off-duty hour is left before, so the end of the day counts"})
	case atOnce:
		parts = append(parts, fact.Text{ZH: "期限已过或无法计算，视为立即到期", EN: "the time is past or cannot be counted, so it is due at once"})
	}
	if out.counted {
		parts = append(parts, c.between(out.first, out.last)...)
		b.Unknown = c.unknown(out.first, out.last)
	}
	if len(b.Unknown) > 0 {
		years := yearList(b.Unknown)
		parts = append(parts, fact.Text{
			ZH: "%[1]s 年的节假日安排未录入，暂只按每周工作时间计算，录入后重新计算",
			EN: "the public holidays of %[1]s are not entered: counted by the hours of the week alone, and again once they are",
		}.Fill(years))
	}
	b.Text = sentence(parts)
	return b
}

// ending writes a due time. The end of a day is written as its own 24:00, not as the next day's 00:00.
func (c *Calendar) ending(out outcome) string {
	at := out.at.In(c.zone)
	if midnight := at.Truncate(time.Minute); out.counted && c.sinceMidnight(midnight) == 0 {
		return (c.On(at) - 1).String() + " 24:00"
	}
	return at.Format(minuteForm)
}

func (r Due) text() fact.Text {
	switch r.Kind {
	case SameDay:
		return fact.Text{ZH: "当日归还", EN: "the same day"}
	case WorkingDays:
		if r.N == 1 {
			return fact.Text{ZH: "1 个工作日", EN: "1 working day"}
		}
		return fact.Text{ZH: "%[1]d 个工作日", EN: "%[1]d working days"}.Fill(r.N)
	case ClockHours:
		return fact.Text{ZH: "%[1]d 小时", EN: "%[1]d h by the clock"}.Fill(r.N)
	case CalendarDays:
		return fact.Text{ZH: "%[1]d 天（含休息日）", EN: "%[1]d days, days off included"}.Fill(r.N)
	case EachYear:
		return fact.Text{ZH: "每年 %[1]s 前", EN: "by %[1]s of the year"}.Fill(r.On)
	case ByDate:
		return fact.Text{ZH: "%[1]s 前", EN: "by %[1]s"}.Fill(r.Date)
	}
	return fact.Text{ZH: "无法识别的期限规则", EN: "a rule that is not known"}
}

// between names the listed days from one date to another, not more than MaxBasisStretches.
func (c *Calendar) between(first, last Date) (parts []fact.Text) {
	more := 0
	for _, s := range c.stretches(first, last) {
		if len(parts) == MaxBasisStretches {
			more++
			continue
		}
		parts = append(parts, s.text())
	}
	if more > 0 {
		parts = append(parts, fact.Text{ZH: "另有 %[1]d 段", EN: "and %[1]d more"}.Fill(more))
	}
	return parts
}

// stretches returns the listed days from one date to another, those in a row and of one kind
// and name together.
func (c *Calendar) stretches(first, last Date) (list []ListedDays) {
	for d := first; d <= last; d++ {
		l, ok := c.listed[d]
		if !ok {
			continue
		}
		if n := len(list); n > 0 && list[n-1].Until == d-1 && list[n-1].Kind == l.kind && list[n-1].Name == l.name {
			list[n-1].Until = d
			continue
		}
		list = append(list, ListedDays{From: d, Until: d, Kind: l.kind, Name: l.name})
	}
	return list
}

func yearList(years []int) fact.Text {
	words := make([]string, len(years))
	for i, year := range years {
		words[i] = strconv.Itoa(year)
	}
	return fact.Text{ZH: strings.Join(words, "、"), EN: strings.Join(words, ", ")}
}

// sentence joins parts as each language does.
func sentence(parts []fact.Text) fact.Text {
	zh, en := make([]string, len(parts)), make([]string, len(parts))
	for i, p := range parts {
		zh[i], en[i] = p.ZH, p.EN
	}
	return fact.Text{ZH: strings.Join(zh, "；") + "。", EN: strings.Join(en, "; ") + "."}
}
