package custody

import (
	"errors"
	"fmt"

	"trilock/alerts"
	"trilock/custody/fact"
)

// AlertChanged is one step in the life of an alert.
type AlertChanged struct {
	Change alerts.Change `json:"change"`
}

// NoticeSettled says that a notice reached a channel, or that the channel can never take it.
type NoticeSettled struct {
	Notice  string    `json:"notice"`
	Alert   alerts.ID `json:"alert"`
	Channel string    `json:"channel"`
	OK      bool      `json:"ok"`
	Error   string    `json:"error,omitempty"`
}

// The kinds of events; they stand in the record and never change.
func (AlertChanged) Kind() string  { return "alert-changed" }
func (NoticeSettled) Kind() string { return "notice-settled" }

var alertEvents = []func() Event{blank[AlertChanged], blank[NoticeSettled]}

func (ev *AlertChanged) evolve(s *State, at fact.Stamp) {
	s.alerts.Evolve(at, s.actor, ev.Change)
	key := errand{errandAlertRepeat, fmt.Sprint(ev.Change.Alert)}
	if at, due := s.alerts.NextRepeat(ev.Change.Alert); due {
		s.agenda.at(key, at)
	} else {
		s.agenda.off(key)
	}
}

func (ev *NoticeSettled) evolve(s *State, _ fact.Stamp) {
	if ev.OK {
		s.alerts.Delivered(ev.Alert)
	}
}

// AcknowledgeAlert says that a person has taken an alert in hand.
type AcknowledgeAlert struct {
	Alert alerts.ID `json:"alert"`
	Note  string    `json:"note,omitempty"`
}

// CloseAlert ends an alert whose fact has ended, with what it turned out to be.
type CloseAlert struct {
	Alert       alerts.ID          `json:"alert"`
	Disposition alerts.Disposition `json:"disposition"`
	Note        string             `json:"note,omitempty"`
}

// The verbs of acts; they stand in the record and never change.
func (AcknowledgeAlert) Verb() string { return "acknowledge-alert" }
func (CloseAlert) Verb() string       { return "close-alert" }

func (a AcknowledgeAlert) carryOut(d *decision) Outcome {
	return d.onAlert(a.Alert, func() ([]alerts.Change, error) { return d.alerts.Acknowledge(a.Alert, clip(a.Note)) })
}
func (a CloseAlert) carryOut(d *decision) Outcome { return d.closeAlert(a) }

var alertActs = []actKind{
	act[AcknowledgeAlert]("确认警报", "acknowledge an alert"),
	act[CloseAlert]("关闭警报", "close an alert"),
}

func (d *decision) onAlert(id alerts.ID, propose func() ([]alerts.Change, error)) Outcome {
	subject := fmt.Sprint(id)
	changes, err := propose()
	switch {
	case err == nil:
		d.alert(changes)
		return granted(subject)
	case errors.Is(err, alerts.ErrStillStanding):
		return refuse("still-standing", RuleNothingErased, subject, fact.Text{ZH: "事实尚未结束，不能关闭；可以先确认。", EN: "The cause still stands, so it cannot be closed; acknowledge it meanwhile."})
	case errors.Is(err, alerts.ErrNoSuchAlert):
		return refuse("no-such-alert", "", subject, fact.Text{ZH: "没有此未关闭的警报。", EN: "There is no open alert of this number."})
	}
	return refuse("bad-disposition", "", subject, fact.Text{ZH: "处置结论应为：属实、误报或演练。", EN: "The disposition is one of true, false-alarm, drill."})
}
