package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"trilock/alerts"
	"trilock/cmd/internal/simsite"
	"trilock/custody"
	"trilock/custody/fact"
)

// stage is where the story is played: the site, the daemon's public face, and somebody
// who says what happens.
type stage struct {
	site   *simsite.Site
	face   *face
	killed bool    // the daemon is killed now and then
	speed  float64 // how fast the people of the site move; the daemon's clocks stay honest
	lang   fact.Lang

	mu    sync.Mutex
	out   io.Writer
	began time.Time
}

// difference is the first thing that was not as expected.
type difference struct {
	want fact.Text
	lang fact.Lang
	last error
}

func (d *difference) Error() string {
	text := fact.Text{ZH: "未见到：%[1]s", EN: "not seen: %[1]s"}.Fill(d.want).In(d.lang)
	if d.last != nil {
		text += fmt.Sprintf(" (%v)", d.last)
	}
	return text
}

// say tells the people at the terminal what happens on the site.
func (s *stage) say(t fact.Text) { s.line("  ", t) }

// seen tells what the daemon made of it.
func (s *stage) seen(t fact.Text) { s.line("✓ ", t) }

// heading begins a scene.
func (s *stage) heading(t fact.Text) { s.line("── ", t) }

func (s *stage) line(mark string, t fact.Text) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.out, "%6.1f s  %s%s\n", time.Since(s.began).Seconds(), mark, t.In(s.lang))
}

// walk takes as long as a person needs, at the story's speed.
func (s *stage) walk(ctx context.Context, d time.Duration) error {
	return pause(ctx, time.Duration(float64(d)/s.speed))
}

// patience is how long an expectation may take: generous, for a slow machine and for a
// daemon that was killed in between. A scene that works takes a fraction of it.
const patience = 45 * time.Second

// expect waits until the overview shows what it should.
func (s *stage) expect(ctx context.Context, what fact.Text, holds func(custody.Overview) bool) error {
	return s.persist(ctx, what, nil, holds)
}

// persist does what people do: it repeats an action until it has worked. act may be nil.
func (s *stage) persist(ctx context.Context, what fact.Text, act func(context.Context) error, holds func(custody.Overview) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var last error
	for {
		if act != nil {
			if err := act(ctx); err != nil {
				last = err
			}
		}
		shown, err := s.await(ctx, tryAgainAfter, holds)
		if shown {
			s.seen(what)
			return nil
		}
		if err != nil {
			last = err
		}
		if ctx.Err() != nil {
			return &difference{want: what, lang: s.lang, last: last}
		}
	}
}

// tryAgainAfter is how long a person waits for an effect before trying again.
const tryAgainAfter = 4 * time.Second

// await looks at the overview until it shows what it should, or the time is up.
func (s *stage) await(ctx context.Context, within time.Duration, holds func(custody.Overview) bool) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var last error
	for {
		o, err := s.face.overview(ctx)
		if err == nil && holds(o) {
			return true, nil
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			last = err
		}
		if pause(ctx, 50*time.Millisecond) != nil {
			return false, last
		}
	}
}

// told waits until the security desk has received a notice.
func (s *stage) told(ctx context.Context, code alerts.Code, subject string, reason alerts.Reason) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	kind, _ := alerts.KindOf(code)
	what := noticeWords[reason].Fill(kind.Title, subject)
	for {
		s.face.mu.Lock()
		changed := s.face.changed
		s.face.mu.Unlock()
		if s.face.noticed(code, subject, reason) {
			s.seen(what)
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return &difference{want: what, lang: s.lang}
		}
	}
}

var noticeWords = map[alerts.Reason]fact.Text{
	alerts.ReasonRaised:       {ZH: "保卫值班台收到警报：%[1]s（%[2]s）", EN: "security is told: %[1]s (%[2]s)"},
	alerts.ReasonRepeated:     {ZH: "无人处理，再次提醒：%[1]s（%[2]s）", EN: "told again, nobody acted: %[1]s (%[2]s)"},
	alerts.ReasonAcknowledged: {ZH: "已有人接手：%[1]s（%[2]s）", EN: "in hand: %[1]s (%[2]s)"},
	alerts.ReasonEnded:        {ZH: "事实已结束：%[1]s（%[2]s）", EN: "ended: %[1]s (%[2]s)"},
}

// acknowledge has the guard take an alert in hand.
func (s *stage) acknowledge(ctx context.Context, code alerts.Code, subject string) error {
	o, err := s.face.overview(ctx)
	for err != nil && pause(ctx, 100*time.Millisecond) == nil {
		o, err = s.face.overview(ctx)
	}
	for _, a := range o.Alerts {
		if a.Code == code && a.Subject == subject {
			if _, err := s.face.act(ctx, "security-desk", fmt.Sprintf("/api/v1/alerts/%d/acknowledge", a.ID), map[string]string{"note": "到场处理"}); err != nil {
				return err
			}
			return s.told(ctx, code, subject, alerts.ReasonAcknowledged)
		}
	}
	return fmt.Errorf("no alert %s about %s to acknowledge: %w", code, subject, errors.Join(err, ctx.Err()))
}

func documentOf(o custody.Overview, id string) custody.DocumentOverview {
	for _, d := range o.Documents {
		if string(d.ID) == id {
			return d
		}
	}
	return custody.DocumentOverview{}
}

func inRoom(o custody.Overview, room, person string) bool {
	for _, r := range o.Rooms {
		for _, p := range r.People {
			if string(r.Place) == room && string(p.ID) == person {
				return true
			}
		}
	}
	return false
}
