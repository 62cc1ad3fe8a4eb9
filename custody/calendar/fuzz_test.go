package calendar_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"trilock/custody/calendar"
)

// FuzzDue reads any text as a rule and as a plan's lists. Whatever they are, a calendar is
// made or refused in words, and a due time comes out that is not before its beginning.
func FuzzDue(f *testing.F) {
	f.Add(`{"kind":"working-days","n":2}`, `[{"Site":true,"Years":[2027],"Off":[{"From":"2027-01-01","Until":"2027-01-03","Name":{"zh":"元旦","en":"New Year's Day"}}]}]`, int64(1_790_000_000))
	f.Add(`{"kind":"each-year","on":"02-29"}`, `[]`, int64(-1))
	f.Add(`{"kind":"by-date","date":"2099-12-31"}`, `[{"Work":[{"From":"2099-12-31","Until":"2099-12-31"}]}]`, int64(1)<<62)
	f.Add(`{"kind":"same-day","n":1}`, `[{"Off":[{"From":"2026-01-01","Until":"2026-01-01"}],"Work":[{"From":"2026-01-01","Until":"2026-01-01"}]}]`, int64(-1)<<62)
	shanghai := zone(f, "Asia/Shanghai")
	f.Fuzz(func(t *testing.T, ruleText, listsText string, second int64) {
		var rule calendar.Due
		_ = json.Unmarshal([]byte(ruleText), &rule) // what it read until it failed is a rule too
		var lists []calendar.List
		_ = json.Unmarshal([]byte(listsText), &lists)
		c, err := calendar.New(calendar.Plan{Zone: shanghai, Hours: officeHours(), Lists: append([]calendar.List{calendar.China()}, lists...)})
		if (c == nil) == (err == nil) {
			t.Fatalf("New = %v, %v", c, err)
		}
		if err != nil {
			return
		}
		from := time.Unix(second, 0)
		due, basis := c.Due(rule, from)
		if due.Before(from) || basis.AtOnce != due.Equal(from) || len(basis.Unknown) > calendar.MaxYear-calendar.MinYear+1 || strings.Contains(basis.Text.EN, "%!") {
			t.Fatalf("%+v from %v is due %v: %+v", rule, from, due, basis)
		}
		if rule.Check() != nil && !basis.AtOnce {
			t.Fatalf("%+v is refused and due %v", rule, due)
		}
		var back calendar.Record
		text, err := json.Marshal(c.Record())
		if err != nil || json.Unmarshal(text, &back) != nil {
			t.Fatalf("record: %v: %s", err, text)
		}
		_ = calendar.Changes(back, calendar.Record{})
	})
}

// FuzzRecord reads any text as a record of a journal. It is refused or it is a record: no
// text panics, and what is read says the same when it is written and read again.
func FuzzRecord(f *testing.F) {
	for _, c := range []*calendar.Calendar{office(f), make1(f, calendar.Plan{Zone: time.UTC, Hours: officeHours()})} {
		text, err := json.Marshal(c.Record())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"week":[["24:00-00:00","ab:cd-99:99"]],"days":[{"from":"9999-12-31","until":"0001-01-01","kind":"?"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var r, again calendar.Record
		if json.Unmarshal(text, &r) != nil {
			return
		}
		written, err := json.Marshal(r)
		if err != nil || json.Unmarshal(written, &again) != nil || again.Fingerprint() != r.Fingerprint() || len(calendar.Changes(r, again)) != 0 {
			t.Fatalf("%v: %s", err, written)
		}
		if lines := calendar.Changes(calendar.Record{}, r); len(lines) > calendar.MaxChanges+1 {
			t.Fatalf("%d lines", len(lines))
		}
	})
}
