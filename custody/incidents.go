package custody

import (
	"slices"
	"strings"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// DocumentMissing is the case of a document that nobody hears any more (INC-1).
const DocumentMissing CaseKind = "document-missing"

// Authority is whom an incident is reported to (INC-2).
type Authority string

// The authorities: all three are told.
const (
	ConfidentialityDepartment Authority = "confidentiality-department" // 保密行政管理部门
	TheLeader                 Authority = "leader"                     // 主管领导
	BodyAbove                 Authority = "body-above"                 // 上级机关
)

var authorities = []Authority{ConfidentialityDepartment, TheLeader, BodyAbove}

// Name returns the name.
func (r Authority) Name() fact.Text {
	switch r {
	case ConfidentialityDepartment:
		return fact.Text{ZH: "保密行政管理部门", EN: "the confidentiality department"}
	case TheLeader:
		return fact.Text{ZH: "主管领导", EN: "the leader"}
	case BodyAbove:
		return fact.Text{ZH: "上级机关", EN: "the body above"}
	}
	return fact.Text{ZH: string(r), EN: string(r)}
}

// Report is what one authority was told of a case.
type Report struct {
	To     Authority `json:"to"`
	At     time.Time `json:"at"`
	By     PersonID  `json:"by"`
	Number string    `json:"number,omitempty"` // of the letter
	Note   string    `json:"note,omitempty"`
}

// LastSeen is where a document was last heard, and how that is known.
type LastSeen struct {
	Place    fact.PlaceID `json:"place"`
	At       fact.Stamp   `json:"at"` // since when it is heard nowhere
	Evidence string       `json:"evidence,omitempty"`
	// Passed is the last door that it went through; empty if none.
	Passed fact.DoorID `json:"passed,omitempty"`
}

// The events of incidents, besides those of every case.
type (
	// CaseReported: a authority has been told.
	CaseReported struct {
		Case   CaseID `json:"case"`
		Report Report `json:"report"`
	}
	// CaseFound: the document is heard again.
	CaseFound struct {
		Case  CaseID       `json:"case"`
		Place fact.PlaceID `json:"place"`
	}
	// CaseConcluded: the outcome has been reported.
	CaseConcluded struct {
		Case    CaseID   `json:"case"`
		By      PersonID `json:"by"`
		Outcome string   `json:"outcome"`
	}
)

// The kinds of events; they stand in the record and never change.
func (CaseReported) Kind() string  { return "case-reported" }
func (CaseFound) Kind() string     { return "case-found" }
func (CaseConcluded) Kind() string { return "case-concluded" }

var incidentEvents = []func() Event{blank[CaseReported], blank[CaseFound], blank[CaseConcluded]}

func (ev *CaseReported) evolve(s *State, _ fact.Stamp) {
	if c := s.cases[ev.Case]; c != nil {
		c.Reports = append(slices.Clip(c.Reports), ev.Report)
		if len(c.untold()) == 0 {
			s.agenda.off(errand{errandReport, string(c.ID)})
			s.agenda.off(errand{errandReportAhead, string(c.ID)})
		}
	}
}

func (ev *CaseFound) evolve(s *State, _ fact.Stamp) {
	if c := s.cases[ev.Case]; c != nil {
		c.Found = ev.Place
	}
}

func (ev *CaseConcluded) evolve(s *State, _ fact.Stamp) {
	if c := s.cases[ev.Case]; c != nil {
		c.Outcome = ev.Outcome
		s.agenda.off(errand{errandOutcome, string(c.ID)})
		s.agenda.off(errand{errandOutcomeAhead, string(c.ID)})
	}
}

// untold returns who has not been told of a case yet.
func (c *Case) untold() []Authority {
	var left []Authority
	for _, r := range authorities {
		if !slices.ContainsFunc(c.Reports, func(told Report) bool { return told.To == r }) {
			left = append(left, r)
		}
	}
	return left
}

func (c *Case) untoldNames() fact.Text {
	var names []fact.Text
	for _, r := range c.untold() {
		names = append(names, r.Name())
	}
	return joined(names)
}

// watchCase starts both clocks of a case (INC-2): the report, and the outcome.
func (s *State) watchCase(c *Case) {
	g, id := s.site.Policy.Guarding, string(c.ID)
	if g.ReportWithin > 0 {
		s.agenda.atWall(errand{errandReport, id}, c.Opened.Wall.Add(g.ReportWithin))
		s.agenda.atWall(errand{errandReportAhead, id}, c.Opened.Wall.Add(g.ReportWithin-g.ReportAhead))
	}
	if g.OutcomeWithin > 0 {
		s.agenda.atWall(errand{errandOutcome, id}, c.Opened.Wall.Add(g.OutcomeWithin))
		s.agenda.atWall(errand{errandOutcomeAhead, id}, c.Opened.Wall.Add(g.OutcomeWithin-g.OutcomeAhead))
	}
}

func (s *State) forgetCase(id CaseID) {
	if c := s.cases[id]; c != nil && c.Kind == DocumentMissing { // accounted for: it is not looked for again
		s.agenda.off(errand{errandMissing, string(c.Document)})
	}
	for _, kind := range []errandKind{errandReport, errandReportAhead, errandOutcome, errandOutcomeAhead} {
		s.agenda.off(errand{kind, string(id)})
	}
	delete(s.cases, id)
}

// judgeReport reminds of the report ahead of its time, and tells the leader when it is overdue (INC-2).
func (d *decision) judgeReport(id CaseID) {
	c, within := d.cases[id], d.site.Policy.Guarding.ReportWithin
	if c == nil || within <= 0 || len(c.untold()) == 0 {
		return
	}
	due := c.Opened.Wall.Add(within)
	if d.in.At.Wall.Before(due) {
		d.raise(alerts.ReportDue, string(id), string(id), d.clockText(due), c.untoldNames())
		return
	}
	d.end(alerts.ReportDue, string(id))
	d.raise(alerts.ReportOverdue, string(id), string(id), d.clockText(due), c.untoldNames())
}

// judgeOutcome does the same for the outcome.
func (d *decision) judgeOutcome(id CaseID) {
	c, within := d.cases[id], d.site.Policy.Guarding.OutcomeWithin
	if c == nil || within <= 0 || c.Outcome != "" {
		return
	}
	due := c.Opened.Wall.Add(within)
	if d.in.At.Wall.Before(due) {
		d.raise(alerts.OutcomeDue, string(id), string(id), d.clockText(due))
		return
	}
	d.end(alerts.OutcomeDue, string(id))
	d.raise(alerts.OutcomeOverdue, string(id), string(id), d.clockText(due))
}

// endClocks ends what a case's clocks have raised.
func (d *decision) endClocks(id CaseID) {
	for _, code := range []alerts.Code{alerts.ReportDue, alerts.ReportOverdue, alerts.OutcomeDue, alerts.OutcomeOverdue} {
		d.end(code, string(id))
	}
}

func (s *State) caseOfDocument(id DocumentID) *Case {
	for _, c := range s.cases {
		if c.Kind == DocumentMissing && c.Document == id {
			return c
		}
	}
	return nil
}

// openMissing opens the case of a missing document, with its last reads, its holder and who was
// in the room since (INC-1), unless one is open.
func (d *decision) openMissing(doc *Document) {
	if d.caseOfDocument(doc.ID) != nil {
		return
	}
	ev := &CaseOpened{Case: CaseID(number("C", d.caseCount+1)), About: DocumentMissing, Document: doc.ID,
		Last: LastSeen{Place: doc.Seen.Place, At: doc.Seen.Since, Evidence: doc.Seen.Evidence, Passed: doc.Passed.Door}, There: d.thereSince(doc.Seen.Place, doc.Seen.Since)}
	if loan := d.loanOf(doc); loan != nil && loan.Status == LoanOut {
		ev.Holder = loan.Borrower
	}
	d.emit(string(ev.Case), ev)
}

// thereSince returns who was in the room of a place at a moment or came into it since.
func (s *State) thereSince(place fact.PlaceID, since fact.Stamp) []PersonID {
	room := place
	if in := s.site.Places[place].Room; in != "" {
		room = in
	}
	var there []PersonID
	for id := range s.rooms[room] {
		there = append(there, id)
	}
	for _, g := range s.guarding.Goings {
		if g.Room == room && g.At.Mono >= since.Mono && !slices.Contains(there, g.Person) {
			there = append(there, g.Person)
		}
	}
	slices.Sort(there)
	return there[:min(len(there), MaxCasePersons)]
}

// foundAgain ends the case of a document that is heard again; one that was reported to the
// outside still owes its outcome.
func (d *decision) foundAgain(doc *Document) {
	c := d.caseOfDocument(doc.ID)
	if c == nil || c.Found != "" {
		return
	}
	d.emit(string(c.ID), &CaseFound{Case: c.ID, Place: doc.Seen.Place})
	if len(c.Reports) == 0 {
		d.emit(string(c.ID), &CaseClosed{Case: c.ID, Finding: "found"})
		d.endClocks(c.ID)
	}
}

// The acts on an incident.
type (
	// ReportIncident says that a authority has been told.
	ReportIncident struct {
		Case   CaseID    `json:"case"`
		To     Authority `json:"to"`
		At     time.Time `json:"at,omitzero"` // zero: now
		Number string    `json:"number,omitempty"`
		Note   string    `json:"note,omitempty"`
	}
	// ConcludeIncident says that the outcome has been reported.
	ConcludeIncident struct {
		Case    CaseID `json:"case"`
		Outcome string `json:"outcome"`
	}
)

// The verbs of acts; they stand in the record and never change.
func (ReportIncident) Verb() string   { return "report-incident" }
func (ConcludeIncident) Verb() string { return "conclude-incident" }

func (a ReportIncident) carryOut(d *decision) Outcome   { return d.reportIncident(a) }
func (a ConcludeIncident) carryOut(d *decision) Outcome { return d.concludeIncident(a) }

var incidentActs = []actKind{
	act[ReportIncident]("报告事件", "report an incident"),
	act[ConcludeIncident]("上报查处结果", "conclude an incident"),
}

func (d *decision) reportIncident(a ReportIncident) Outcome {
	c, subject := d.cases[a.Case], string(a.Case)
	by, o, ok := d.actor(RuleReportInTime, subject, ConfidentialityOfficer, GeneralOfficeHead, SupervisingLeader)
	if a.At.IsZero() {
		a.At = d.in.At.Wall
	}
	switch {
	case !ok:
		return o
	case c == nil:
		return noSuchCase(a.Case)
	case !slices.Contains(authorities, a.To):
		return refuse("unknown-recipient", RuleReportInTime, subject, fact.Text{ZH: "还须报告：%[1]s。", EN: "Still to be told: %[1]s."}.Fill(c.untoldNames()))
	case !slices.Contains(c.untold(), a.To):
		return refuse("reported-already", RuleNothingErased, subject, fact.Text{ZH: "已登记向%[1]s报告，不能更改；另有情况请补充更正。", EN: "The report to %[1]s is entered and stays; what was wrong in it is corrected by a further entry."}.Fill(a.To.Name()))
	case a.At.After(d.in.At.Wall) || a.At.Before(c.Opened.Wall):
		return refuse("bad-time", RuleReportInTime, subject, fact.Text{ZH: "报告时间应在案发之后、现在之前。", EN: "The report was made after the case began and before now."})
	case len(a.Number) > MaxTextLen || len(a.Note) > MaxTextLen:
		return refuse("too-much", "", subject, fact.Text{ZH: "函号或备注过长。", EN: "The number or the note is too long."})
	}
	d.emit(subject, &CaseReported{Case: c.ID, Report: Report{To: a.To, At: a.At.UTC(), By: by.ID, Number: a.Number, Note: a.Note}})
	if len(c.untold()) == 0 {
		d.end(alerts.ReportDue, subject)
		d.end(alerts.ReportOverdue, subject)
	}
	return granted(subject)
}

func (d *decision) concludeIncident(a ConcludeIncident) Outcome {
	c, subject := d.cases[a.Case], string(a.Case)
	by, o, ok := d.actor(RuleReportInTime, subject, ConfidentialityOfficer, GeneralOfficeHead, SupervisingLeader)
	switch {
	case !ok:
		return o
	case c == nil:
		return noSuchCase(a.Case)
	case len(c.untold()) > 0:
		return refuse("not-reported", RuleReportInTime, subject, fact.Text{ZH: "先报告：%[1]s。", EN: "First report it to: %[1]s."}.Fill(c.untoldNames()))
	case c.Outcome != "":
		return refuse("concluded-already", RuleNothingErased, subject, fact.Text{ZH: "查处结果已登记，不能更改；请补充更正。", EN: "The outcome is entered and stays; correct it by a further entry."})
	case missingText(a.Outcome):
		return refuse("no-reason", RuleReportInTime, subject, fact.Text{ZH: "请写明查处结果，最多 %[1]d 字节。", EN: "Give the outcome, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	d.emit(subject, &CaseConcluded{Case: c.ID, By: by.ID, Outcome: a.Outcome})
	d.end(alerts.OutcomeDue, subject)
	d.end(alerts.OutcomeOverdue, subject)
	return granted(subject)
}

// closeMissing closes the case of a missing document by a named person with a reason: not by who
// had it, and not before it is concluded (INC-1). One that was found needs no conclusion unless it was reported.
func (d *decision) closeMissing(c *Case, a CloseCase) Outcome {
	subject := string(c.ID)
	by, o, ok := d.actor(RuleMissing, subject, ConfidentialityOfficer, GeneralOfficeHead, SupervisingLeader)
	switch {
	case !ok:
		return o
	case by.ID == c.Holder:
		return refuse("not-yours-to-close", RuleMissing, subject, fact.Text{ZH: "案件由当事人以外的人结案。", EN: "A case is closed by a person who is not party to it."})
	case c.Outcome == "":
		return refuse("case-incomplete", RuleMissing, subject, fact.Text{ZH: "尚缺：%[1]s。", EN: "Still needed: %[1]s."}.Fill(joined(c.Needs(d.personName))))
	case strings.TrimSpace(a.Finding) == "" || len(a.Finding) > MaxTextLen:
		return refuse("no-reason", RuleMissing, subject, fact.Text{ZH: "请写明结论，最多 %[1]d 字节。", EN: "Give the finding, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	d.emit(subject, &CaseClosed{Case: c.ID, By: by.ID, Finding: a.Finding})
	d.endClocks(c.ID)
	d.end(alerts.Missing, string(c.Document)) // it is accounted for, if not found
	return granted(subject)
}

// needsMissing returns what the case of a missing document still asks for.
func (c *Case) needsMissing() []fact.Text {
	switch {
	case len(c.untold()) > 0:
		return []fact.Text{{ZH: "向" + c.untoldNames().ZH + "报告", EN: "a report to " + c.untoldNames().EN}}
	case c.Outcome == "":
		return []fact.Text{{ZH: "查处结果", EN: "the outcome"}}
	}
	return []fact.Text{{ZH: "结案", EN: "its closing"}}
}

func (s *State) caseOverview(c *Case) CaseOverview {
	o := CaseOverview{ID: c.ID, Kind: c.Kind, Safe: c.Safe, Document: c.Document, Since: c.Opened.Wall, Needs: c.Needs(s.personName)}
	if c.Holder != "" {
		o.Holder = s.personName(c.Holder)
	}
	for _, id := range c.There {
		o.There = append(o.There, s.personName(id))
	}
	return o
}
