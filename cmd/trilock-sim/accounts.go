package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"trilock/alerts"
	"trilock/cmd/internal/simsite"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// accounts settles the story: what was answered is in the record, every decision that
// should stand there does, and nothing was raised that had no cause.
func (s *stage) accounts(ctx context.Context) error {
	s.heading(fact.Text{ZH: "核对记录", EN: "The record is held against the story"})
	entries, err := s.face.record(ctx)
	if err != nil {
		return fmt.Errorf("reading the record: %w", err)
	}
	for _, check := range []func([]entry) error{s.nothingLost, s.decisions, s.onceOnly, s.noOtherAlerts} {
		if err := check(entries); err != nil {
			return err
		}
	}
	if err := s.metrics(ctx); err != nil {
		return err
	}
	s.seen(fact.Text{ZH: "记录共 %[1]d 条，与经过一致", EN: "%[1]d entries, and they tell the same story"}.Fill(len(entries)))
	return nil
}

// nothingLost: every act that was answered, and every notice that the desk took, is in
// the record, once.
func (s *stage) nothingLost(entries []entry) error {
	times := map[string]int{}
	for i, e := range entries {
		if e.Seq != uint64(i+1) {
			return fmt.Errorf("the record jumps to entry %d after %d entries", e.Seq, i)
		}
		var done custody.ActDone
		if e.Kind == done.Kind() && json.Unmarshal(e.Event, &done) == nil {
			times[done.Act]++
		}
	}
	s.face.mu.Lock()
	defer s.face.mu.Unlock()
	for _, key := range s.face.answered {
		if n := times[key]; n != 1 {
			return fmt.Errorf("act %s was answered once and stands %d times in the record", key, n)
		}
	}
	return nil
}

// decisions lists what must stand in the record, refusals included.
func (s *stage) decisions(entries []entry) error {
	wanted := []struct {
		what  fact.Text
		holds func(entry) bool
		count int
	}{
		{fact.Text{ZH: "名单外人员被拒绝", EN: "somebody not on the list was refused"}, badgeRefused(simsite.Guest.ID, "not-on-list"), 1},
		{fact.Text{ZH: "未知证件被拒绝", EN: "an unknown badge was refused"}, badgeRefused("", "unknown-badge"), 1},
		{fact.Text{ZH: "同一人代表两方被拒绝", EN: "one person for two parties was refused"}, step(threelock.StepRefused, threelock.WhySamePerson), 1},
		{fact.Text{ZH: "三方到齐", EN: "three parties were present"}, step(threelock.StepShown, ""), 3},
		{fact.Text{ZH: "开启已授权", EN: "the opening was authorised"}, step(threelock.StepAuthorised, ""), 1},
		{fact.Text{ZH: "三把锁应答", EN: "three locks answered"}, step(threelock.StepAnswered, ""), 3},
		{fact.Text{ZH: "保险柜关闭锁好", EN: "the safe was shut and locked"}, step(threelock.StepEnded, threelock.WhyClosed), 1},
		{fact.Text{ZH: "两次借出", EN: "two loans were issued"}, kind(custody.LoanIssued{}.Kind()), 2},
		{fact.Text{ZH: "两次归还", EN: "two loans were returned"}, kind(custody.LoanReturned{}.Kind()), 2},
	}
	for _, w := range wanted {
		n := 0
		for _, e := range entries {
			if w.holds(e) {
				n++
			}
		}
		if n < w.count { // more is right: people try again when a lamp stays dark
			return &difference{want: w.what, lang: s.lang, last: fmt.Errorf("%d entries, want %d", n, w.count)}
		}
	}
	return nil
}

// onceOnly: a loan is issued and returned once, and an opening is authorised at most once,
// however often the daemon was killed.
func (s *stage) onceOnly(entries []entry) error {
	seen := map[string]bool{}
	for _, e := range entries {
		key := ""
		var o custody.OpeningStep
		switch {
		case e.Kind == (custody.LoanIssued{}).Kind(), e.Kind == (custody.LoanReturned{}).Kind():
			key = e.Kind + " " + e.Subject
		case e.Kind == o.Kind() && json.Unmarshal(e.Event, &o) == nil && o.Step.What == threelock.StepAuthorised:
			key = e.Kind + " " + o.Session
		default:
			continue
		}
		if seen[key] {
			return fmt.Errorf("entry %d: %s stands in the record twice", e.Seq, key)
		}
		seen[key] = true
	}
	return nil
}

func kind(name string) func(entry) bool { return func(e entry) bool { return e.Kind == name } }

func badgeRefused(person, code string) func(entry) bool {
	return func(e entry) bool {
		var r custody.BadgeRefused
		return e.Kind == r.Kind() && json.Unmarshal(e.Event, &r) == nil && string(r.Person) == person && r.Code == code
	}
}

func step(what threelock.What, why threelock.Why) func(entry) bool {
	return func(e entry) bool {
		var o custody.OpeningStep
		return e.Kind == o.Kind() && json.Unmarshal(e.Event, &o) == nil && o.Step.What == what && (why == "" || o.Step.Why == why)
	}
}

// noOtherAlerts: every alert has its cause in the story.
func (s *stage) noOtherAlerts(entries []entry) error {
	causes := map[string]bool{
		cause(alerts.UnknownBadge, simsite.DoorIn): true, cause(alerts.Missing, hidden): true, cause(alerts.UnknownTag, simsite.ForeignTag): true,
		cause(alerts.DeviceDown, "reader-cabinet-b"): true, cause(alerts.NotReadable, "cabinet-b"): true,
		cause(alerts.LeftZone, carriedOut): true, cause(alerts.Overdue, overdue): true,
		cause(alerts.CalendarUnknown, "calendar"): true, // towards the end of a year whose successor is not known
	}
	for _, e := range entries {
		var a custody.AlertChanged
		if e.Kind != a.Kind() || json.Unmarshal(e.Event, &a) != nil || a.Change.Reason != alerts.ReasonRaised {
			continue
		}
		if !causes[cause(a.Change.Code, a.Change.Subject)] && !s.excused(a.Change.Code, a.Change.Subject) {
			return fmt.Errorf("alert without a cause in the story: %s about %s: %s", a.Change.Code, a.Change.Subject, a.Change.Text.In(s.lang))
		}
	}
	return nil
}

// excused lists what may be raised besides: people who walk at a tenth of the speed are
// away from every reader for long, and a daemon that was killed while the safe was open
// finds a door open that no session of its own accounts for.
func (s *stage) excused(code alerts.Code, subject string) bool {
	slow := s.speed < 0.7 && code == alerts.Missing && subject == carriedOut
	return slow || (s.killed && (code == alerts.SafeNoSession || code == alerts.SafeLeftOpen || code == alerts.DoorForced || code == alerts.DeviceDown || code == alerts.Missing))
}

func cause(code alerts.Code, subject string) string { return string(code) + " " + subject }

// metrics looks at the figures that a Prometheus would scrape.
func (s *stage) metrics(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.face.base+"/metrics", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.face.token("wall"))
	resp, err := s.face.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return err
	}
	want := []string{"trilock_ready 1", `trilock_device_up{device="reader-exit"} 1`, `trilock_inventory_rounds_total{reader="reader-cabinet-a"}`}
	if !s.killed {
		want = append(want, `trilock_alerts_raised_total{kind="left-authorised-zone"} 1`, `trilock_alerts_raised_total{kind="overdue"} 1`)
	}
	for _, line := range want {
		if !strings.Contains(string(text), line) {
			return fmt.Errorf("/metrics lacks %s", line)
		}
	}
	return nil
}
