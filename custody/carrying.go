package custody

import (
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// CarryingOut is a leave to take documents out of the site: which, by whom, what for, with which
// measures, where to and until when (OUT-1).
type CarryingOut struct {
	ID          string       `json:"id"`
	Documents   []DocumentID `json:"documents"`
	Carriers    []PersonID   `json:"carriers"`
	Purpose     string       `json:"purpose"`
	Measures    string       `json:"measures"`
	Destination string       `json:"destination"`
	From        time.Time    `json:"from"`
	Return      time.Time    `json:"return"`
	Asker       string       `json:"asker,omitempty"`
	Approved    bool         `json:"approved,omitempty"`
	// Where each document is in it: not out yet, out, back on site, handed in.
	At map[DocumentID]carryingStage `json:"at,omitempty"`
}

type carryingStage string

const (
	carryingOut  carryingStage = "out"
	carryingBack carryingStage = "back"
	carryingIn   carryingStage = "in"
)

// out counts the documents that are out of the site or not handed in again.
func (c *CarryingOut) out() (list []DocumentID) {
	for _, id := range c.Documents {
		if c.At[id] == carryingOut || c.At[id] == carryingBack {
			list = append(list, id)
		}
	}
	return list
}

// carryingFor returns who is approved to carry a document out of the site now: within its time,
// and once (OUT-1). A transfer to a body outside names its carriers too (DES-4).
func (d *decision) carryingFor(id DocumentID) (carriers []PersonID, approved bool) {
	now := d.in.At.Wall
	if c := d.keeping.Carryings[d.keeping.Carried[id]]; c != nil && c.Approved && c.At[id] == "" && !now.Before(c.From) && now.Before(c.Return) {
		return c.Carriers, true
	}
	if t := d.keeping.Transfers[d.keeping.Engaged[id]]; t != nil && t.Approved && now.Before(t.Until) {
		return t.Carriers, true
	}
	return nil, false
}

func (d *decision) requestCarryingOut(a RequestCarryingOut) Outcome {
	subject, now := "carry-out", d.in.At.Wall
	if len(a.Documents) > 0 {
		subject = string(a.Documents[0])
	}
	if _, no, ok := d.actor(RuleCarrying, subject); !ok {
		return no
	}
	if no, bad := d.carriedRefused(subject, a); bad {
		return no
	}
	longest := d.site.Policy.Keeping.CarryingLongest
	switch {
	case unsaid(a.Purpose, a.Measures, a.Destination):
		return refuse("incomplete", RuleCarrying, subject, fact.Text{ZH: "事由、安全措施、目的地须写明，各最多 %[1]d 字节。", EN: "Say purpose, measures and destination, each in %[1]d bytes at most."}.Fill(MaxTextLen))
	case !a.Return.After(now) || !a.Return.After(a.From):
		return refuse("bad-period", RuleCarrying, subject, fact.Text{ZH: "返回时间须晚于现在，也晚于外出时间。", EN: "The return time lies ahead, and after the time of leaving."})
	case longest > 0 && a.Return.Sub(laterOf(a.From, now)) > longest:
		return refuse("too-long", RuleCarrying, subject, fact.Text{ZH: "携带外出最长 %[1]s。", EN: "A carrying-out lasts %[1]s at most."}.Fill(longest.String()))
	case len(d.keeping.Carryings) >= MaxUnderWay:
		return tooMany(subject, MaxUnderWay)
	}
	id := d.nextOf(seriesCarrying)
	d.emit(id, &CarryingAsked{Carrying: CarryingOut{ID: id, Documents: a.Documents, Carriers: a.Carriers, Purpose: a.Purpose, Measures: a.Measures, Destination: a.Destination,
		From: laterOf(a.From, now).UTC(), Return: a.Return.UTC(), Asker: d.in.Actor}})
	d.ask(id, ForCarryingOut, d.highest(a.Documents), a.Carriers...)
	return granted(id)
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// carriedRefused looks at what is to be carried, and by whom.
func (d *decision) carriedRefused(subject string, a RequestCarryingOut) (Outcome, bool) {
	if len(a.Documents) == 0 || len(a.Documents) > MaxKept || len(a.Carriers) == 0 || len(a.Carriers) > MaxPeople {
		return refuse("incomplete", RuleCarrying, subject, fact.Text{ZH: "请写明携带的文件和携带人。", EN: "Name the documents and who carries them."}), true
	}
	for i, id := range a.Documents {
		doc := d.documents[id]
		switch {
		case doc == nil:
			return refuse("unknown-document", RuleRegister, subject, fact.Text{ZH: "登记簿中没有 %[1]s。", EN: "The register has no %[1]s."}.Fill(string(id))), true
		case slices.Contains(a.Documents[:i], id):
			return refuse("listed-twice", RuleCarrying, subject, fact.Text{ZH: "%[1]s 重复列入。", EN: "%[1]s is listed twice."}.Fill(string(id))), true
		case d.keeping.Engaged[id] != "" || d.keeping.Carried[id] != "":
			return refuse("engaged", RuleCarrying, subject, fact.Text{ZH: "%[1]s 已列入 %[2]s%[3]s，先办结。", EN: "%[1]s is in %[2]s%[3]s; finish that first."}.Fill(string(id), d.keeping.Engaged[id], d.keeping.Carried[id])), true
		case d.loanOf(doc) != nil && !slices.Contains(a.Carriers, d.loanOf(doc).Borrower):
			return refuse("on-loan", RuleSingleLine, subject, fact.Text{ZH: "%[1]s 已借给他人（%[2]s），归还档案员后才能由他人携带。", EN: "%[1]s is lent to somebody else (%[2]s); it goes back to the archivist first."}.Fill(string(id), string(doc.Loan))), true
		case d.site.Policy.TwoCarriers.Covers(doc.DocumentRecord) && len(a.Carriers) < 2:
			return refuse("two-carriers", RuleTwoCarriers, subject, fact.Text{ZH: "%[1]s 须两人以上携带，请再写明一人。", EN: "%[1]s travels with two persons; name another one."}.Fill(string(id))), true
		}
	}
	for i, p := range a.Carriers {
		if slices.Contains(a.Carriers[:i], p) {
			return refuse("named-twice", RuleTwoCarriers, subject, fact.Text{ZH: "同一人不能写两次。", EN: "One person is named once."}), true
		}
		if no, bad := d.fitRefused(subject, p, a.Documents); bad {
			return no, true
		}
	}
	return Outcome{}, false
}

// carryingApproved puts a carrying-out in force: the approval is used up, its time runs.
func (d *decision) carryingApproved(id string) {
	if d.keeping.Carryings[id] == nil {
		return
	}
	d.emit(id, &CarryingApproved{Carrying: id})
	d.useApproval(id)
}

// carriedOff records that a document left by its carrying-out or its transfer, with one of its carriers.
func (d *decision) carriedOff(doc *Document, with []Companion) {
	if _, fine := d.mayLeave(doc, with); !fine {
		return
	}
	if c := d.keeping.Carryings[d.keeping.Carried[doc.ID]]; c != nil {
		d.emit(c.ID, &CarryingStage{Carrying: c.ID, Document: doc.ID, Stage: carryingOut})
	} else if t := d.keeping.Transfers[d.keeping.Engaged[doc.ID]]; t != nil {
		d.emit(t.ID, &TransferLeft{Transfer: t.ID, Document: doc.ID})
	}
	d.end(alerts.Missing, string(doc.ID))
	d.end(alerts.LeftZone, string(doc.ID))
}

// carriedBack records that it is on site again: from now on it goes straight to the custodian (OUT-3).
func (d *decision) carriedBack(doc *Document) {
	c := d.keeping.Carryings[d.keeping.Carried[doc.ID]]
	if c != nil && c.At[doc.ID] == carryingOut {
		d.emit(c.ID, &CarryingStage{Carrying: c.ID, Document: doc.ID, Stage: carryingBack})
	}
}

// carriedSeen goes on with a sighting: in a room of the site it is back, at its home it is handed in.
func (d *decision) carriedSeen(doc *Document) {
	c := d.keeping.Carryings[d.keeping.Carried[doc.ID]]
	if c == nil || c.At[doc.ID] == "" {
		return
	}
	if kind := d.site.Places[doc.Seen.Place].Kind; kind != Passage && kind != Outside {
		d.carriedBack(doc)
	}
	if atHome(doc) {
		d.handedIn(c, doc.ID, "")
	}
}

func (d *decision) handedIn(c *CarryingOut, id DocumentID, by PersonID) {
	d.emit(c.ID, &CarryingStage{Carrying: c.ID, Document: id, Stage: carryingIn, Custodian: by})
	d.end(alerts.NotHandedIn, string(id))
	if len(c.out()) == 0 {
		d.end(alerts.ReturnSoon, c.ID)
		d.end(alerts.CarryLate, c.ID)
	}
	waits := slices.ContainsFunc(c.Documents, func(doc DocumentID) bool { return c.At[doc] == "" }) && d.in.At.Wall.Before(c.Return)
	if len(c.out()) == 0 && !waits {
		d.emit(c.ID, &CarryingEnded{Carrying: c.ID, Why: "handed-in"})
	}
}

// returnDue reminds of the return time, and raises what is not handed in by then (OUT-3). What
// never left stays where it is, and the leave has ended.
func (d *decision) returnDue(id string, late bool) {
	c := d.keeping.Carryings[id]
	if c == nil {
		return
	}
	out := c.out()
	switch {
	case len(out) == 0 && late:
		d.emit(id, &CarryingEnded{Carrying: id, Why: "time-over"})
	case len(out) == 0:
	case late:
		d.end(alerts.ReturnSoon, id)
		d.raise(alerts.CarryLate, id, id, namesOf(out), d.clockText(c.Return), d.personName(c.Carriers[0]), c.Destination)
	default:
		d.raise(alerts.ReturnSoon, id, id, namesOf(out), d.clockText(c.Return), d.personName(c.Carriers[0]))
	}
}

// handInDue raises what is back on site and not with the custodian (OUT-3).
func (d *decision) handInDue(id DocumentID) {
	if c := d.keeping.Carryings[d.keeping.Carried[id]]; c != nil && c.At[id] == carryingBack {
		d.raise(alerts.NotHandedIn, string(id), string(id), d.personName(c.Carriers[0]), d.site.Policy.Keeping.HandInWithin.String())
	}
}

func (d *decision) receiveBack(a ReceiveBack) Outcome {
	subject := string(a.Document)
	by, no, ok := d.actor(RuleHandIn, subject, Archivist)
	if !ok {
		return no
	}
	c := d.keeping.Carryings[d.keeping.Carried[a.Document]]
	switch {
	case c == nil || c.At[a.Document] == "" || c.At[a.Document] == carryingIn:
		return refuse("not-carried-out", RuleHandIn, subject, fact.Text{ZH: "%[1]s 没有携带外出的记录。", EN: "%[1]s has not been carried out."}.Fill(subject))
	case slices.Contains(c.Carriers, by.ID):
		return refuse("own-hand-over", RuleHandIn, subject, fact.Text{ZH: "携带人不能自己接收，由另一名档案员接收或放回原位。", EN: "A carrier does not receive from themselves; another archivist does, or the readers see it at home."})
	}
	d.handedIn(c, a.Document, by.ID)
	return granted(c.ID)
}

// The events of a carrying-out.
type (
	// CarryingAsked asks for one.
	CarryingAsked struct {
		Carrying CarryingOut `json:"carrying"`
	}
	// CarryingApproved puts it in force.
	CarryingApproved struct {
		Carrying string `json:"carrying"`
	}
	// CarryingStage says that one of its documents is out, back on site, or handed in.
	CarryingStage struct {
		Carrying  string        `json:"carrying"`
		Document  DocumentID    `json:"document"`
		Stage     carryingStage `json:"stage"`
		Custodian PersonID      `json:"custodian,omitempty"` // who received it; empty: the readers saw it at home
	}
	// CarryingEnded ends it: handed-in, time-over, or why it was not approved.
	CarryingEnded struct {
		Carrying string `json:"carrying"`
		Why      string `json:"why"`
	}
)

// The kinds of events; they stand in the record and never change.
func (CarryingAsked) Kind() string    { return "carrying-asked" }
func (CarryingApproved) Kind() string { return "carrying-approved" }
func (CarryingStage) Kind() string    { return "carrying-stage" }
func (CarryingEnded) Kind() string    { return "carrying-ended" }

var carryingEvents = []func() Event{blank[CarryingAsked], blank[CarryingApproved], blank[CarryingStage], blank[CarryingEnded]}

func (ev *CarryingAsked) evolve(s *State, _ fact.Stamp) {
	s.numberUsed(seriesCarrying)
	c := ev.Carrying
	c.At = map[DocumentID]carryingStage{}
	s.keeping.Carryings[c.ID] = &c
	for _, id := range c.Documents {
		s.keeping.Carried[id] = c.ID
	}
}

func (ev *CarryingApproved) evolve(s *State, _ fact.Stamp) {
	c := s.keeping.Carryings[ev.Carrying]
	if c == nil {
		return
	}
	c.Approved = true
	s.agenda.atWall(errand{errandReturn, c.ID}, c.Return)
	if before := s.site.Policy.Keeping.ReturnReminder; before > 0 {
		s.agenda.atWall(errand{errandReturnSoon, c.ID}, c.Return.Add(-before))
	}
}

func (ev *CarryingStage) evolve(s *State, at fact.Stamp) {
	c, key := s.keeping.Carryings[ev.Carrying], errand{errandHandIn, string(ev.Document)}
	if c == nil {
		return
	}
	c.At[ev.Document] = ev.Stage
	s.agenda.off(key)
	switch ev.Stage {
	case carryingBack:
		if within := s.site.Policy.Keeping.HandInWithin; within > 0 {
			s.agenda.at(key, at.Mono+within)
		}
	case carryingIn:
		delete(s.keeping.Carried, ev.Document)
	case carryingOut:
		s.agenda.off(errand{errandMissing, string(ev.Document)})
	}
}

func (ev *CarryingEnded) evolve(s *State, _ fact.Stamp) {
	c := s.keeping.Carryings[ev.Carrying]
	if c == nil {
		return
	}
	for _, id := range c.Documents {
		if s.keeping.Carried[id] == c.ID {
			delete(s.keeping.Carried, id)
		}
		s.agenda.off(errand{errandHandIn, string(id)})
	}
	delete(s.keeping.Carryings, c.ID)
	s.agenda.off(errand{errandReturn, c.ID})
	s.agenda.off(errand{errandReturnSoon, c.ID})
}

// RequestCarryingOut asks to take documents out of the site.
type RequestCarryingOut struct {
	Documents   []DocumentID `json:"documents"`
	Carriers    []PersonID   `json:"carriers"`
	Purpose     string       `json:"purpose"`
	Measures    string       `json:"measures"`
	Destination string       `json:"destination"`
	From        time.Time    `json:"from,omitzero"` // zero: as soon as it is approved
	Return      time.Time    `json:"return"`
}

// ReceiveBack is the custodian's word that a document carried out is back in their hands.
type ReceiveBack struct {
	Document DocumentID `json:"document"`
}

// The verbs of acts; they stand in the record and never change.
func (RequestCarryingOut) Verb() string { return "request-carrying-out" }
func (ReceiveBack) Verb() string        { return "receive-back" }

func (a RequestCarryingOut) carryOut(d *decision) Outcome { return d.requestCarryingOut(a) }
func (a ReceiveBack) carryOut(d *decision) Outcome        { return d.receiveBack(a) }

var carryingActs = []actKind{
	act[RequestCarryingOut]("申请携带外出", "request a carrying-out"),
	act[ReceiveBack]("接收交回", "receive back what was carried out"),
}
