package alerts

import (
	"fmt"
	"sort"
	"time"

	"trilock/custody/fact"
)

// Alert is one cause and what has become of it. Values handed out by a Book are copies.
type Alert struct {
	ID       ID         `json:"id"`
	Code     Code       `json:"kind"`
	Subject  string     `json:"subject"`
	Severity Severity   `json:"severity"`
	Rule     string     `json:"rule,omitempty"`
	Title    fact.Text  `json:"title"`
	Text     fact.Text  `json:"text"`
	ToDo     fact.Text  `json:"to_do"`
	Raised   fact.Stamp `json:"raised"`
	Last     fact.Stamp `json:"last"`
	// Count is how often the condition began.
	Count int `json:"count"`
	// Notices is how many notices were posted, Repeats how many of them since a person was last asked.
	Notices      int         `json:"notices"`
	Delivered    int         `json:"delivered"`
	Ended        *fact.Stamp `json:"ended,omitempty"`
	Acknowledged *Mark       `json:"acknowledged,omitempty"`
	Closed       *Mark       `json:"closed,omitempty"`
	// ExplainedBy is the alert whose cause explains this one; while that one stands, this
	// one is shown but not sent.
	ExplainedBy ID `json:"explained_by,omitempty"`
}

// Mark is a person's act on an alert.
type Mark struct {
	By          string      `json:"by"`
	At          fact.Stamp  `json:"at"`
	Note        string      `json:"note,omitempty"`
	Disposition Disposition `json:"disposition,omitempty"`
}

// Disposition says what an alert turned out to be.
type Disposition string

// The dispositions.
const (
	TrueAlert  Disposition = "true"
	FalseAlarm Disposition = "false-alarm"
	Drill      Disposition = "drill"
)

// Valid reports whether d is one of the three dispositions.
func (d Disposition) Valid() bool { return d == TrueAlert || d == FalseAlarm || d == Drill }

// Settled reports whether nothing more is asked of anybody: a person has acted and the
// fact has ended, or a person closed it.
func (a Alert) Settled() bool {
	return a.Closed != nil || (a.Acknowledged != nil && a.Ended != nil)
}

// Change is one step in the life of an alert, as it stands in the record.
type Change struct {
	Alert       ID          `json:"alert"`
	Reason      Reason      `json:"reason"`
	Code        Code        `json:"kind,omitempty"`    // of ReasonRaised
	Subject     string      `json:"subject,omitempty"` // of ReasonRaised
	Text        fact.Text   `json:"text,omitzero"`     // of ReasonRaised and ReasonRecurred
	ExplainedBy ID          `json:"explained_by,omitempty"`
	Note        string      `json:"note,omitempty"`
	Disposition Disposition `json:"disposition,omitempty"`
	// Notified: a notice goes out with this change.
	Notified bool `json:"notified,omitempty"`
}

type cause struct {
	code    Code
	subject string
}

// Book holds all alerts that are not closed, and the closed ones' number. Its methods
// either propose changes (they alter nothing) or carry one out (Evolve).
type Book struct {
	last   ID
	open   map[cause]*Alert // not closed
	byID   map[ID]*Alert
	repeat map[Severity]time.Duration
}

// NewBook returns an empty book. repeat says, per severity, how often a notice is sent
// again until somebody acknowledges; zero means once.
func NewBook(repeat map[Severity]time.Duration) *Book {
	return &Book{open: map[cause]*Alert{}, byID: map[ID]*Alert{}, repeat: repeat}
}

// Begin proposes what follows when a condition begins: a new alert, a recurrence of an
// ended one, or nothing when it stands already. text fills in for the kind's sentence;
// explainedBy may name a standing alert that is the reason of this one.
func (b *Book) Begin(code Code, subject string, text fact.Text, explainedBy ID) []Change {
	a, known := b.open[cause{code, subject}]
	kind, _ := KindOf(code)
	switch {
	case !known:
		return []Change{{Alert: b.last + 1, Reason: ReasonRaised, Code: code, Subject: subject, Text: text, ExplainedBy: explainedBy, Notified: explainedBy == 0}}
	case a.Ended == nil && !kind.Momentary:
		return nil
	}
	return []Change{{Alert: a.ID, Reason: ReasonRecurred, Text: text, ExplainedBy: explainedBy, Notified: explainedBy == 0 && b.mayRecur(a)}}
}

// mayRecur keeps a momentary cause that happens ten times a second from sending ten
// notices a second: while nobody has acted, the repetition reminds often enough.
func (b *Book) mayRecur(a *Alert) bool {
	kind, _ := KindOf(a.Code)
	return !kind.Momentary || a.Acknowledged != nil
}

// End proposes what follows when a condition has physically ended.
func (b *Book) End(code Code, subject string) []Change {
	a, known := b.open[cause{code, subject}]
	if !known || a.Ended != nil {
		return nil
	}
	return []Change{{Alert: a.ID, Reason: ReasonEnded, Notified: a.ExplainedBy == 0}}
}

// Standing returns the alert that stands (raised, neither ended nor closed) for a cause.
func (b *Book) Standing(code Code, subject string) (ID, bool) {
	a, known := b.open[cause{code, subject}]
	if !known || a.Ended != nil {
		return 0, false
	}
	return a.ID, true
}

// Acknowledge proposes that a person has taken the alert in hand. It fails when there is
// no such open alert; a second acknowledgement changes nothing.
func (b *Book) Acknowledge(id ID, note string) ([]Change, error) {
	a, ok := b.byID[id]
	if !ok || a.Closed != nil {
		return nil, ErrNoSuchAlert
	}
	if a.Acknowledged != nil {
		return nil, nil
	}
	return []Change{{Alert: id, Reason: ReasonAcknowledged, Note: note, Notified: true}}, nil
}

// Close proposes that a person closes the alert with a disposition. It fails while the
// physical fact lasts: an alert about an open door is not closed by a click.
func (b *Book) Close(id ID, d Disposition, note string) ([]Change, error) {
	a, ok := b.byID[id]
	switch {
	case !ok || a.Closed != nil:
		return nil, ErrNoSuchAlert
	case a.Ended == nil:
		return nil, ErrStillStanding
	case !d.Valid():
		return nil, fmt.Errorf("disposition %q: want true, false-alarm or drill", string(d))
	}
	return []Change{{Alert: id, Reason: ReasonClosed, Disposition: d, Note: note, Notified: true}}, nil
}

// Repeat proposes one more notice of an alert that nobody has acknowledged.
func (b *Book) Repeat(id ID) []Change {
	if _, due := b.NextRepeat(id); !due {
		return nil
	}
	return []Change{{Alert: id, Reason: ReasonRepeated, Notified: true}}
}

// NextRepeat returns the site time at which an alert's notice must be sent again, if ever.
func (b *Book) NextRepeat(id ID) (time.Duration, bool) {
	a, ok := b.byID[id]
	if !ok || a.Settled() || a.Acknowledged != nil || a.ExplainedBy != 0 {
		return 0, false
	}
	every := b.repeat[a.Severity]
	if every <= 0 {
		return 0, false
	}
	return a.Last.Mono + every, true
}

// Evolve carries a change out. by is the person of an acknowledgement or a closing.
func (b *Book) Evolve(at fact.Stamp, by string, c Change) {
	a := b.byID[c.Alert]
	if c.Reason == ReasonRaised {
		a = b.add(at, c)
	}
	if a == nil {
		return
	}
	if c.Notified {
		a.Notices++
	}
	a.Last = at
	switch c.Reason {
	case ReasonRaised:
	case ReasonRecurred:
		a.Count++
		a.Text, a.ExplainedBy = c.Text, c.ExplainedBy
		a.Ended, a.Acknowledged = nil, nil
	case ReasonEnded:
		a.Ended = &at
	case ReasonAcknowledged:
		a.Acknowledged = &Mark{By: by, At: at, Note: c.Note}
	case ReasonClosed:
		a.Closed = &Mark{By: by, At: at, Note: c.Note, Disposition: c.Disposition}
		delete(b.open, cause{a.Code, a.Subject})
		delete(b.byID, a.ID) // the record keeps it; memory holds what is open
		return
	case ReasonRepeated:
	}
	if kind, ok := KindOf(a.Code); ok && kind.Momentary && a.Ended == nil {
		a.Ended = &at
	}
}

func (b *Book) add(at fact.Stamp, c Change) *Alert {
	kind, _ := KindOf(c.Code)
	a := &Alert{ID: c.Alert, Code: c.Code, Subject: c.Subject, Severity: kind.Severity, Rule: kind.Rule, Title: kind.Title,
		Text: c.Text, ToDo: kind.ToDo, Raised: at, Count: 1, ExplainedBy: c.ExplainedBy}
	b.last = c.Alert
	b.byID[a.ID] = a
	b.open[cause{a.Code, a.Subject}] = a
	b.forgetOldest()
	return a
}

func (b *Book) forgetOldest() {
	if len(b.byID) <= MaxRemembered {
		return
	}
	var oldest *Alert
	for _, a := range b.byID {
		if a.Settled() && (oldest == nil || a.ID < oldest.ID) {
			oldest = a
		}
	}
	if oldest != nil {
		delete(b.byID, oldest.ID)
		delete(b.open, cause{oldest.Code, oldest.Subject})
	}
}

// Delivered counts a notice that reached a channel.
func (b *Book) Delivered(id ID) {
	if a, ok := b.byID[id]; ok {
		a.Delivered++
	}
}

// Notice returns the notice of the change just carried out, numbered by the alert's
// count of notices. closed carries the alert as it was when the change closed it.
func (b *Book) Notice(at fact.Stamp, by string, a Alert, reason Reason) Notice {
	return Notice{ID: fmt.Sprintf("%d-%d", a.ID, a.Notices), Alert: a.ID, Code: a.Code, Severity: a.Severity, Reason: reason, Subject: a.Subject,
		Title: a.Title, Text: a.Text, ToDo: a.ToDo, Rule: a.Rule, Count: a.Count, By: by, At: at}
}

// Get returns a copy of one alert that is not closed.
func (b *Book) Get(id ID) (Alert, bool) {
	a, ok := b.byID[id]
	if !ok {
		return Alert{}, false
	}
	return *a, true
}

// List returns copies of all alerts that are not closed: what asks for somebody first,
// then by severity, then the newest first.
func (b *Book) List() []Alert {
	list := make([]Alert, 0, len(b.byID))
	for _, a := range b.byID {
		list = append(list, *a)
	}
	sort.Slice(list, func(i, j int) bool {
		x, y := list[i], list[j]
		if x.Settled() != y.Settled() {
			return !x.Settled()
		}
		if x.Severity != y.Severity {
			return x.Severity > y.Severity
		}
		return x.ID > y.ID
	})
	return list
}

// Unsettled counts the alerts of a kind that still ask for a person.
func (b *Book) Unsettled(code Code) int {
	n := 0
	for _, a := range b.byID {
		if a.Code == code && !a.Settled() {
			n++
		}
	}
	return n
}
