package custody

import (
	"slices"
	"strings"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// Visit is one visit of somebody who is not on a room's list (ACC-2). While it is open the
// visitor goes by its number wherever persons go by theirs.
type Visit struct {
	ID PersonID `json:"id"`
	// Name and Unit are the visitor's, Document the number of the paper they showed.
	Name     string       `json:"name"`
	Unit     string       `json:"unit"`
	Document string       `json:"document"`
	Purpose  string       `json:"purpose"`
	Escort   PersonID     `json:"escort"`
	Room     fact.PlaceID `json:"room"`
	From     time.Time    `json:"from"`
	Until    time.Time    `json:"until"`
	Card     fact.CardID  `json:"card"`
	// Open: it is approved, and the visitor's badge opens the door behind an escort.
	Open bool `json:"open,omitempty"`
}

// The events of a visit.
type (
	// VisitRegistered begins one.
	VisitRegistered struct {
		Visit Visit `json:"visit"`
	}
	// VisitOpened: it is approved.
	VisitOpened struct {
		Visit PersonID `json:"visit"`
	}
	// VisitEnded: the visitor has gone and the badge is dead.
	VisitEnded struct {
		Visit PersonID `json:"visit"`
		Why   string   `json:"why"` // "over", "ended", or the status in which its approval ended
	}
)

// The kinds of events; they stand in the record and never change.
func (VisitRegistered) Kind() string { return "visit-registered" }
func (VisitOpened) Kind() string     { return "visit-opened" }
func (VisitEnded) Kind() string      { return "visit-ended" }

var visitEvents = []func() Event{blank[VisitRegistered], blank[VisitOpened], blank[VisitEnded]}

func (ev *VisitRegistered) evolve(s *State, _ fact.Stamp) {
	v := ev.Visit
	s.guarding.VisitCount++
	s.guarding.Visits[v.ID] = &v
	s.guarding.visitCards[v.Card] = v.ID
}

func (ev *VisitOpened) evolve(s *State, _ fact.Stamp) {
	if v := s.guarding.Visits[ev.Visit]; v != nil {
		v.Open = true
		s.agenda.atWall(errand{errandVisit, string(v.ID)}, v.Until)
	}
}

func (ev *VisitEnded) evolve(s *State, _ fact.Stamp) {
	if v := s.guarding.Visits[ev.Visit]; v != nil {
		delete(s.guarding.visitCards, v.Card)
	}
	delete(s.guarding.Visits, ev.Visit)
	s.agenda.off(errand{errandVisit, string(ev.Visit)})
}

// RegisterVisit enters a visitor, with who escorts them; it then waits for approval.
type RegisterVisit struct {
	Name     string       `json:"name"`
	Unit     string       `json:"unit"`
	Document string       `json:"document"`
	Purpose  string       `json:"purpose"`
	Escort   PersonID     `json:"escort"`
	Room     fact.PlaceID `json:"room"`
	From     time.Time    `json:"from,omitzero"` // zero: at once
	Until    time.Time    `json:"until"`
	Card     fact.CardID  `json:"card"`
}

// EndVisit ends a visit before its time.
type EndVisit struct {
	Visit PersonID `json:"visit"`
}

// The verbs of acts; they stand in the record and never change.
func (RegisterVisit) Verb() string { return "register-visit" }
func (EndVisit) Verb() string      { return "end-visit" }

func (a RegisterVisit) carryOut(d *decision) Outcome { return d.registerVisit(a) }
func (a EndVisit) carryOut(d *decision) Outcome      { return d.endVisitEarly(a) }

var visitActs = []actKind{
	act[RegisterVisit]("登记来访", "register a visit"),
	act[EndVisit]("结束来访", "end a visit"),
}

func (d *decision) registerVisit(a RegisterVisit) Outcome {
	subject, now := string(a.Card), d.in.At.Wall
	if _, o, ok := d.actor(RuleVisitors, subject, Security, GeneralOffice, Archivist); !ok {
		return o
	}
	if a.From.IsZero() {
		a.From = now
	}
	holder, taken := d.byCard[a.Card]
	other, visiting := d.guarding.visitCards[a.Card]
	room, known := d.site.Places[a.Room]
	switch {
	case missingText(a.Name, a.Unit, a.Document, a.Purpose):
		return refuse("incomplete", RuleVisitors, subject, fact.Text{ZH: "请填写来访人姓名、单位、证件号和事由，各最多 %[1]d 字节。", EN: "Enter the visitor's name, body, number of their paper and purpose, %[1]d bytes each at most."}.Fill(MaxTextLen))
	case !known || !isRoom(room):
		return refuse("unknown-place", RuleVisitors, subject, fact.Text{ZH: "配置中没有房间“%[1]s”。", EN: "The configuration has no room %[1]q."}.Fill(string(a.Room)))
	case !d.escorts(a.Room, a.Escort, now):
		return refuse("no-escort", RuleVisitors, subject, fact.Text{ZH: "陪同人须在 %[1]s 的准入名单内且资格有效。", EN: "The escort must be on the list of %[1]s, in service and with valid papers."}.Fill(room.Name))
	case !a.Until.After(now) || !a.Until.After(a.From) || a.Until.Sub(a.From) > MaxVisit || a.From.Sub(now) > MaxVisit:
		return refuse("bad-period", RuleVisitors, subject, fact.Text{ZH: "来访须有起止时间，尚未结束，最长 %[1]d 天。", EN: "A visit has a beginning and an end that lies ahead, and lasts %[1]d days at most."}.Fill(int(MaxVisit/(24*time.Hour))))
	case a.Card == "" || len(a.Card) > MaxWordLen:
		return refuse("no-card", RuleVisitors, subject, fact.Text{ZH: "请指定来访证件。", EN: "Give the visitor a badge, and enter it."})
	case taken:
		return refuse("card-in-use", RuleVisitors, subject, fact.Text{ZH: "该证件已登记给 %[1]s。", EN: "This badge is registered to %[1]s."}.Fill(d.personName(holder)))
	case visiting:
		return refuse("card-in-use", RuleVisitors, subject, fact.Text{ZH: "该证件用于来访 %[1]s，先结束该来访。", EN: "This badge is in use for visit %[1]s; end that one first."}.Fill(string(other)))
	case len(d.guarding.Visits) >= MaxVisits:
		return refuse("too-much", "", subject, fact.Text{ZH: "未结束的来访已达 %[1]d 项，先结束不用的。", EN: "There are %[1]d visits; end some first."}.Fill(MaxVisits))
	}
	id := PersonID(number("V", d.guarding.VisitCount+1))
	d.emit(string(id), &VisitRegistered{Visit: Visit{ID: id, Name: a.Name, Unit: a.Unit, Document: a.Document, Purpose: a.Purpose, Escort: a.Escort, Room: a.Room, From: a.From.UTC(), Until: a.Until.UTC(), Card: a.Card}})
	d.ask(string(id), ForVisit, Public)
	return granted(string(id))
}

// missingText reports whether one of some texts is not said, or too long.
func missingText(texts ...string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return strings.TrimSpace(t) == "" || len(t) > MaxTextLen })
}

func (d *decision) endVisitEarly(a EndVisit) Outcome {
	v := d.guarding.Visits[a.Visit]
	by, o, ok := d.actor(RuleVisitors, string(a.Visit))
	switch {
	case !ok:
		return o
	case v == nil:
		return refuse("no-such-visit", RuleVisitors, string(a.Visit), fact.Text{ZH: "没有此项来访。", EN: "There is no such visit."})
	case by.ID != v.Escort && !slices.ContainsFunc([]Post{Security, GeneralOffice, Archivist}, func(p Post) bool { return d.holds(by, p) }):
		return refuse("wrong-post", RuleVisitors, string(a.Visit), fact.Text{ZH: "由陪同人、保卫、综合部或档案员结束来访。", EN: "A visit is ended by its escort, security, the general office or the archivist."})
	case d.isInside(v):
		return refuse("still-inside", RuleVisitors, string(a.Visit), fact.Text{ZH: "来访人员仍在室内，先带出。", EN: "The visitor is still inside; lead them out first."})
	}
	d.endVisit(v.ID, "ended")
	return granted(string(v.ID))
}

// openVisit makes a visitor's badge live: everybody has approved who must.
func (d *decision) openVisit(id PersonID) {
	if v := d.guarding.Visits[id]; v != nil {
		d.useApproval(string(id))
		d.emit(string(id), &VisitOpened{Visit: id})
	}
}

func (d *decision) endVisit(id PersonID, why string) {
	if d.guarding.Visits[id] != nil {
		d.emit(string(id), &VisitEnded{Visit: id, Why: why})
		if a := d.approvals[string(id)]; a != nil {
			d.emit(string(id), &ApprovalEnded{ID: a.ID, Status: ApprovalRecalled, By: d.in.Actor})
		}
	}
}

func (s *State) visitOfCard(card fact.CardID) (*Visit, bool) {
	v := s.guarding.Visits[s.guarding.visitCards[card]]
	return v, v != nil
}

func (s *State) isInside(v *Visit) bool {
	for _, people := range s.rooms {
		if _, in := people[v.ID]; in {
			return true
		}
	}
	return false
}

// visitorBadge settles a visitor's badge: it opens the door of the visit's room alone, in its
// time, behind an escort who went in first (ACC-2). Out it opens at any time.
func (d *decision) visitorBadge(reader fact.DeviceID, v *Visit) {
	door, entering, at := d.site.doorOfReader(reader)
	now, room := d.in.At.Wall, door.To
	refused := func(code string, text fact.Text) {
		d.refuseEntry(reader, v.ID, refuse(code, RuleVisitors, string(v.ID), text))
	}
	switch {
	case !at:
		refused("visitor-badge", fact.Text{ZH: "来访证件在此处不能使用。", EN: "A visitor's badge counts for nothing here."})
	case !entering:
		d.grantDoor(door, reader, v.ID)
	case !v.Open:
		refused("visit-not-approved", fact.Text{ZH: "来访 %[1]s 尚未批准。", EN: "Visit %[1]s is not approved yet."}.Fill(string(v.ID)))
	case room != v.Room:
		refused("not-on-list", fact.Text{ZH: "来访 %[1]s 不含此处。", EN: "Visit %[1]s is not to this place."}.Fill(string(v.ID)))
	case now.Before(v.From) || !now.Before(v.Until):
		refused("visit-not-now", fact.Text{ZH: "不在来访 %[1]s 的时间内。", EN: "It is not the time of visit %[1]s."}.Fill(string(v.ID)))
	case !d.accompanied(room, v.ID):
		refused("no-escort", fact.Text{ZH: "先由陪同人刷卡进门，来访人员随后刷卡。", EN: "The escort badges and goes in first, the visitor after."})
	case d.shutOut(door):
		d.refuseBadge(reader, v.ID, "", "door-lock-absent", RuleDevices)
	default:
		d.grantDoor(door, reader, v.ID)
	}
}

// visitorsAlone returns the visitors in a room in which nobody may have others with them.
func (s *State) visitorsAlone(room fact.PlaceID) []fact.Text {
	var names []fact.Text
	for _, id := range sortedKeys(s.rooms[room]) {
		if v := s.guarding.Visits[id]; v != nil {
			names = append(names, fact.Text{ZH: v.Name, EN: v.Name})
		}
	}
	if len(names) > 0 && s.accompanied(room, "") {
		return nil
	}
	return names
}

// visitorStillAlone raises it when nobody has come back to a visitor in time (ACC-2).
func (d *decision) visitorStillAlone(room fact.PlaceID) {
	if names := d.visitorsAlone(room); len(names) > 0 {
		d.raise(alerts.VisitorAlone, string(room), d.site.placeName(room), joined(names))
	}
}

// visitorsNews ends it when somebody is there again, or the visitor is out.
func (d *decision) visitorsNews() {
	for _, room := range sortedKeys(d.rooms) {
		if _, stands := d.alerts.Standing(alerts.VisitorAlone, string(room)); stands && len(d.visitorsAlone(room)) == 0 {
			d.end(alerts.VisitorAlone, string(room))
		}
	}
}

// visitDue settles a visit whose time is over.
func (d *decision) visitDue(id PersonID) {
	v := d.guarding.Visits[id]
	switch {
	case v == nil:
	case d.isInside(v):
		d.raise(alerts.VisitorStays, string(id), v.Name, d.clockText(v.Until))
	default:
		d.endVisit(id, "over")
	}
}

// visitorLeft ends a visit that outlasted its time, now that the visitor is out.
func (d *decision) visitorLeft(v *Visit) {
	d.end(alerts.VisitorStays, string(v.ID))
	if !d.in.At.Wall.Before(v.Until) {
		d.endVisit(v.ID, "over")
	}
}
