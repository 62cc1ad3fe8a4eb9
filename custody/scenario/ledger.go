package scenario

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"trilock/alerts"
	"trilock/custody"
)

// ledger follows the record: which alerts stand, and what was recorded since somebody looked.
type ledger struct {
	stage Stage
	read  int // entries taken up
	// seen is where the last recorded stood; begun, where the steps began.
	seen, begun int
	alerts      map[alerts.ID]*standing
	// looked is how often a momentary alert was asked for.
	looked map[string]int
}

// standing is one alert as the record tells of it.
type standing struct {
	code    alerts.Code
	subject string
	text    string
	ended   bool
	times   int // raised and recurred since the steps began
}

func (l *ledger) follow() []custody.Entry {
	all := l.stage.Record()
	for ; l.read < len(all); l.read++ {
		ev, is := all[l.read].Event.(*custody.AlertChanged)
		if !is {
			continue
		}
		c := ev.Change
		switch c.Reason {
		case alerts.ReasonRaised:
			l.alerts[c.Alert] = &standing{code: c.Code, subject: c.Subject, text: c.Text.EN, times: 1}
		case alerts.ReasonRecurred:
			if a := l.alerts[c.Alert]; a != nil {
				a.ended, a.text = false, c.Text.EN
				a.times++
			}
		case alerts.ReasonEnded, alerts.ReasonClosed:
			if a := l.alerts[c.Alert]; a != nil {
				a.ended = true
			}
		case alerts.ReasonRepeated, alerts.ReasonAcknowledged:
		}
	}
	return all
}

// stands reports whether an alert of a kind stands about something; of a momentary kind, whether
// it was raised once more than it was asked for.
func (l *ledger) stands(code, about string) bool {
	l.follow()
	kind, _ := alerts.KindOf(alerts.Code(code))
	times := 0
	for _, a := range l.alerts {
		if string(a.code) != code || about != "" && a.subject != about {
			continue
		}
		if !a.ended && !kind.Momentary {
			return true
		}
		times += a.times
	}
	return kind.Momentary && times > l.looked[code+" "+about]
}

func (l *ledger) look(code, about string) {
	if kind, _ := alerts.KindOf(alerts.Code(code)); kind.Momentary {
		l.looked[code+" "+about]++
	}
}

// find returns the number of the next entry of a kind with at least some fields, or -1.
func (l *ledger) find(kind string, with map[string]any) (int, error) {
	all := l.follow()
	for i := l.seen; i < len(all); i++ {
		if all[i].Event.Kind() != kind {
			continue
		}
		fields, err := fieldsOf(all[i])
		if err != nil {
			return -1, err
		}
		if matches(fields, with, l.stage.Slack()) {
			return i, nil
		}
	}
	return -1, nil
}

func matches(fields, with map[string]any, slack time.Duration) bool {
	for path, want := range with {
		if !covers(at(fields, path), want, slack) {
			return false
		}
	}
	return true
}

// fieldsOf returns an entry's event as JSON's values, with its actor and subject beside them
// where the event has no such field itself.
func fieldsOf(e custody.Entry) (map[string]any, error) {
	raw, err := custody.EncodeEvent(e.Event)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{}
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	for key, v := range map[string]string{"actor": e.Actor, "subject": e.Subject} {
		if _, has := fields[key]; !has {
			fields[key] = v
		}
	}
	return fields, nil
}

// lately tells what stood when a step failed: alerts, the last refusals, the last entries.
func (l *ledger) lately() string {
	all := l.follow()
	var b strings.Builder
	b.WriteString("\n  alerts:")
	none := true
	for id := alerts.ID(1); int(id) <= len(all); id++ {
		if a := l.alerts[id]; a != nil && !a.ended {
			fmt.Fprintf(&b, "\n    %s about %s: %s", a.code, a.subject, a.text)
			none = false
		}
	}
	if none {
		b.WriteString(" none")
	}
	b.WriteString("\n  last refusals:")
	refused := 0
	for i := len(all) - 1; i >= l.begun && refused < 3; i-- {
		if line := refusalOf(all[i]); line != "" {
			b.WriteString("\n    " + line)
			refused++
		}
	}
	b.WriteString("\n  last entries:")
	for _, e := range all[max(l.begun, len(all)-12):] {
		raw, _ := custody.EncodeEvent(e.Event)
		fmt.Fprintf(&b, "\n    %d %s %s %s", e.Seq, e.Event.Kind(), e.Subject, raw)
	}
	return b.String()
}

func refusalOf(e custody.Entry) string {
	switch ev := e.Event.(type) {
	case *custody.ActDone:
		if !ev.OK {
			return fmt.Sprintf("%s by %s: %s (%s) %s", ev.Verb, e.Actor, ev.Code, ev.Rule, ev.Text.EN)
		}
	case *custody.BadgeRefused:
		return fmt.Sprintf("badge of %s at %s: %s (%s)", ev.Person, ev.Reader, ev.Code, ev.Rule)
	}
	return ""
}
