package custody

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"trilock/custody/fact"
)

// documentIDForm is category-year-sequence (REG-2).
var documentIDForm = regexp.MustCompile(`^([\p{Han}A-Za-z]{1,8})-(\d{4})-(\d{1,6})$`)

// numberParts takes a number apart: the series "JM-2026", and the number in it.
func numberParts(id DocumentID) (series string, n int, ok bool) {
	m := documentIDForm.FindStringSubmatch(string(id))
	if m == nil {
		return "", 0, false
	}
	n, err := strconv.Atoi(m[3])
	return m[1] + "-" + m[2], n, err == nil && n > 0
}

func categoryOf(id DocumentID) string {
	if m := documentIDForm.FindStringSubmatch(string(id)); m != nil {
		return m[1]
	}
	return ""
}

// nextNumber returns the next number of a category in the year of a moment (REG-2).
func (d *decision) nextNumber(category string) DocumentID {
	series := fmt.Sprintf("%s-%04d", category, d.in.At.Wall.In(d.site.Location).Year())
	return DocumentID(fmt.Sprintf("%s-%04d", series, d.registering.Numbers[series]+1))
}

// category returns what the site says of a category.
func (s *State) category(code string) (Category, bool) {
	i := slices.IndexFunc(s.site.Policy.Registering.Categories, func(c Category) bool { return c.Code == code })
	if i < 0 {
		return Category{}, false
	}
	return s.site.Policy.Registering.Categories[i], true
}

// categoryFor returns the first category that registers a level.
func (s *State) categoryFor(level Level) (string, bool) {
	for _, c := range s.site.Policy.Registering.Categories {
		if slices.Contains(c.Levels, level) {
			return c.Code, true
		}
	}
	return "", false
}

// numbered gives a document without a number the next one of its category.
func (d *decision) numbered(r *DocumentRecord, category string) (Outcome, bool) {
	if r.ID != "" {
		return Outcome{}, true
	}
	if category == "" {
		code, known := d.categoryFor(r.Level)
		if original := categoryOf(r.Original); original != "" { // a copy stands beside its original
			code, known = original, true
		}
		if !known {
			return refuse("no-category", RuleNumber, r.Title, fact.Text{ZH: "请填写编号，或填写类别由系统编号。", EN: "Give the number, or the category for the system to number it."}), false
		}
		category = code
	}
	r.ID = d.nextNumber(category)
	return Outcome{}, true
}

// numberRefused says what is wrong with a number: its form, that it was used before (also by a
// document that is gone), or that it leaves a gap nobody explains (REG-2).
func (d *decision) numberRefused(id DocumentID, gap string) (Outcome, bool) {
	subject := string(id)
	series, n, ok := numberParts(id)
	last := d.registering.Numbers[series]
	switch {
	case !ok:
		return refuse("bad-number", RuleNumber, subject, fact.Text{ZH: "编号应为“类别-年度-顺序号”，如 JM-2026-0001。", EN: "The number must be category-year-sequence, such as JM-2026-0001."}), true
	case d.documents[id] != nil:
		return refuse("number-in-use", RuleNumber, subject, fact.Text{ZH: "编号 %[1]s 已使用，编号不得重复。", EN: "Number %[1]s is in use; numbers are never used twice."}.Fill(subject)), true
	case n <= last:
		return refuse("number-used", RuleNumber, subject, fact.Text{ZH: "编号 %[1]s 已用过或已作废，不得再用；下一个是 %[2]s。", EN: "Number %[1]s was used or declared void before and is never used again; the next is %[2]s."}.Fill(subject, fmt.Sprintf("%s-%04d", series, last+1))), true
	case n > last+1 && (gap == "" || len(gap) > MaxTextLen):
		return refuse("number-gap", RuleNumber, subject, fact.Text{ZH: "跳过了 %[1]d 个号，下一个是 %[2]s；确需跳号，请注明原因。", EN: "That skips %[1]d numbers; the next is %[2]s. If they must be skipped, give the reason."}.Fill(n-last-1, fmt.Sprintf("%s-%04d", series, last+1))), true
	case n-last-1 > MaxSkipped:
		return refuse("too-much", RuleNumber, subject, fact.Text{ZH: "一次最多跳过 %[1]d 个号。", EN: "One gap holds %[1]d numbers at most."}.Fill(MaxSkipped)), true
	}
	return d.categoryRefused(id)
}

// categoryRefused: a category that the site does not have.
func (d *decision) categoryRefused(id DocumentID) (Outcome, bool) {
	if _, known := d.category(categoryOf(id)); len(d.site.Policy.Registering.Categories) > 0 && !known {
		return refuse("unknown-category", RuleNumber, string(id), fact.Text{ZH: "没有类别“%[1]s”；有：%[2]s。", EN: "There is no category %[1]q; there are: %[2]s."}.Fill(categoryOf(id), d.categoryNames())), true
	}
	return Outcome{}, false
}

func (s *State) categoryNames() fact.Text {
	var t fact.Text
	for i, c := range s.site.Policy.Registering.Categories {
		if i > 0 {
			t.ZH, t.EN = t.ZH+"、", t.EN+", "
		}
		t.ZH, t.EN = t.ZH+c.Code+" "+c.Name.ZH, t.EN+c.Code+" "+c.Name.EN
	}
	return t
}

// useNumber enters the gap that a number leaves, if it leaves one.
func (d *decision) useNumber(id DocumentID, gap string) {
	series, n, _ := numberParts(id)
	if last := d.registering.Numbers[series]; n > last+1 {
		d.emit(series, &NumbersSkipped{Series: series, From: last + 1, To: n - 1, Reason: clip(gap)})
	}
}

// NumbersSkipped explains a gap in a series of numbers (REG-2). They are never given any more.
type NumbersSkipped struct {
	Series string `json:"series"`
	From   int    `json:"from"`
	To     int    `json:"to"`
	Reason string `json:"reason"`
}

// Kind names the event in the record.
func (NumbersSkipped) Kind() string { return "numbers-skipped" }

var numberEvents = []func() Event{blank[NumbersSkipped]}

func (ev *NumbersSkipped) evolve(s *State, _ fact.Stamp) {
	if ev.To > s.registering.Numbers[ev.Series] {
		s.registering.Numbers[ev.Series] = ev.To
	}
}
