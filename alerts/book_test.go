package alerts_test

import (
	"errors"
	"testing"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// diary carries changes out and remembers why notices were sent.
type diary struct {
	book *alerts.Book
	now  fact.Stamp
	sent []alerts.Reason
}

func newDiary() *diary {
	return &diary{book: alerts.NewBook(map[alerts.Severity]time.Duration{alerts.Critical: time.Minute})}
}

func (d *diary) do(changes []alerts.Change) {
	for _, c := range changes {
		d.book.Evolve(d.now, "p-1", c)
		if c.Notified {
			d.sent = append(d.sent, c.Reason)
		}
	}
}

func (d *diary) begin(code alerts.Code) { d.do(d.book.Begin(code, "x", fact.Text{}, 0)) }

func TestLifeOfAnAlert(t *testing.T) {
	d := newDiary()
	d.begin(alerts.DoorForced)
	d.begin(alerts.DoorForced) // it stands: nothing new
	if _, err := d.book.Close(1, alerts.TrueAlert, ""); !errors.Is(err, alerts.ErrStillStanding) {
		t.Errorf("closing a standing alert: %v", err)
	}
	if at, due := d.book.NextRepeat(1); !due || at != time.Minute {
		t.Errorf("next repetition at %v (%v), want after a minute", at, due)
	}
	d.do(d.book.Repeat(1))
	ack, err := d.book.Acknowledge(1, "on my way")
	if err != nil {
		t.Fatal(err)
	}
	d.do(ack)
	if _, due := d.book.NextRepeat(1); due {
		t.Error("an acknowledged alert repeats")
	}
	d.do(d.book.End(alerts.DoorForced, "x"))
	d.begin(alerts.DoorForced) // it recurs: somebody must act again
	if a, _ := d.book.Get(1); a.Count != 2 || a.Acknowledged != nil || a.Ended != nil {
		t.Errorf("after the recurrence: %+v", a)
	}
	d.do(d.book.End(alerts.DoorForced, "x"))
	closing, err := d.book.Close(1, alerts.FalseAlarm, "wind")
	if err != nil {
		t.Fatal(err)
	}
	d.do(closing)
	d.begin(alerts.DoorForced)
	if id, standing := d.book.Standing(alerts.DoorForced, "x"); !standing || id != 2 {
		t.Errorf("after closing, the cause begins anew as alert %d (%v), want 2", id, standing)
	}
	want := []alerts.Reason{alerts.ReasonRaised, alerts.ReasonRepeated, alerts.ReasonAcknowledged, alerts.ReasonEnded, alerts.ReasonRecurred, alerts.ReasonEnded, alerts.ReasonClosed, alerts.ReasonRaised}
	if len(d.sent) != len(want) {
		t.Fatalf("notices %v, want %v", d.sent, want)
	}
	for i := range want {
		if d.sent[i] != want[i] {
			t.Errorf("notice %d is %q, want %q", i, d.sent[i], want[i])
		}
	}
}

// What another alert explains is recorded and shown, not sent.
func TestExplainedAlertIsNotSent(t *testing.T) {
	d := newDiary()
	d.begin(alerts.DeviceDown)
	d.do(d.book.Begin(alerts.NotReadable, "cabinet-a", fact.Text{}, 1))
	d.do(d.book.End(alerts.NotReadable, "cabinet-a"))
	if len(d.sent) != 1 {
		t.Errorf("notices %v, want one", d.sent)
	}
	if _, due := d.book.NextRepeat(2); due {
		t.Error("an explained alert repeats")
	}
}

// A momentary cause ends at once, counts, and does not send a notice per occurrence.
func TestMomentaryAlerts(t *testing.T) {
	d := newDiary()
	for range 10 {
		d.begin(alerts.UnknownTag)
	}
	a, _ := d.book.Get(1)
	if a.Count != 10 || a.Ended == nil || len(d.sent) != 1 {
		t.Errorf("count %d, ended %v, notices %v; want 10, ended, one notice", a.Count, a.Ended, d.sent)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	d := newDiary()
	for i := range alerts.MaxRemembered + 10 {
		d.do(d.book.Begin(alerts.UnknownTag, time.Duration(i).String(), fact.Text{}, 0))
		changes, err := d.book.Acknowledge(alerts.ID(i+1), "")
		if err != nil {
			t.Fatal(err)
		}
		d.do(changes)
	}
	if n := len(d.book.List()); n > alerts.MaxRemembered {
		t.Errorf("%d alerts in memory, limit %d", n, alerts.MaxRemembered)
	}
}

// Every kind says what happened and what to do, in both languages.
func TestEveryKindSpeaksBothLanguages(t *testing.T) {
	for _, k := range alerts.Kinds() {
		for what, text := range map[string]fact.Text{"title": k.Title, "text": k.Text, "to do": k.ToDo} {
			if text.ZH == "" || text.EN == "" {
				t.Errorf("%s: %s lacks a language: %+v", k.Code, what, text)
			}
		}
	}
}
