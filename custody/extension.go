package custody

import (
	"strings"
	"time"

	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// Extension asks for a longer loan; it is approved as the loan was (CIR-10).
type Extension struct {
	ID     string    `json:"id"`
	Loan   LoanID    `json:"loan"`
	Due    time.Time `json:"due"`
	Reason string    `json:"reason"`
}

// The events of an extension.
type (
	// ExtensionAsked begins one.
	ExtensionAsked struct {
		Extension Extension `json:"extension"`
	}
	// LoanExtended: it was approved, and the loan is due later.
	LoanExtended struct {
		Extension string    `json:"extension"`
		Loan      LoanID    `json:"loan"`
		From      time.Time `json:"from"`
		To        time.Time `json:"to"`
	}
	// ExtensionDropped: refused, recalled, lapsed, or the document came back before.
	ExtensionDropped struct {
		Extension string         `json:"extension"`
		Why       ApprovalStatus `json:"why"`
	}
)

// The kinds of events; they stand in the record and never change.
func (ExtensionAsked) Kind() string   { return "extension-asked" }
func (LoanExtended) Kind() string     { return "loan-extended" }
func (ExtensionDropped) Kind() string { return "extension-dropped" }

var extensionEvents = []func() Event{blank[ExtensionAsked], blank[LoanExtended], blank[ExtensionDropped]}

func (ev *ExtensionAsked) evolve(s *State, _ fact.Stamp) {
	e := ev.Extension
	s.circulating.Extensions[e.ID] = &e
	s.circulating.ExtensionCount++
	s.circulating.extensionOf[e.Loan] = e.ID
}

func (ev *LoanExtended) evolve(s *State, at fact.Stamp) {
	s.forgetExtension(ev.Extension)
	if l := s.loans[ev.Loan]; l != nil {
		l.Extended++
		s.setDue(l, ev.To, at)
	}
}

func (ev *ExtensionDropped) evolve(s *State, _ fact.Stamp) { s.forgetExtension(ev.Extension) }

func (s *State) forgetExtension(id string) {
	if e := s.circulating.Extensions[id]; e != nil {
		delete(s.circulating.extensionOf, e.Loan)
		delete(s.circulating.Extensions, id)
	}
}

// RequestExtension asks for a loan to be due later.
type RequestExtension struct {
	Loan LoanID `json:"loan"`
	// Due may be left out: then it is the latest that the rule allows.
	Due    time.Time `json:"due,omitzero"`
	Reason string    `json:"reason"`
}

// The verbs of acts; they stand in the record and never change.
func (RequestExtension) Verb() string { return "request-extension" }

func (a RequestExtension) carryOut(d *decision) Outcome { return d.requestExtension(a) }

var extensionActs = []actKind{
	act[RequestExtension]("申请延期", "request an extension"),
}

func (d *decision) requestExtension(a RequestExtension) Outcome {
	subject := string(a.Loan)
	l := d.loans[a.Loan]
	if l == nil || l.Status != LoanOut || d.documents[l.Document] == nil {
		return refuse("not-lent", RuleExtension, subject, fact.Text{ZH: "%[1]s 未借出，无从延期。", EN: "%[1]s is not out on loan; there is nothing to extend."}.Fill(subject))
	}
	level := d.levelWithPieces(d.documents[l.Document])
	rule, allowed := d.site.Policy.Lending.Extension[level]
	switch {
	case !allowed || d.documents[l.Document].Has(SameDay) || d.documents[l.Document].Has(Urgent):
		return refuse("never-extended", RuleExtension, subject, fact.Text{ZH: "此件当日或即时归还，不予延期。", EN: "This document goes back the same day, or at once; it is not extended."})
	case l.Extended >= d.site.Policy.Lending.ExtensionsMost:
		return refuse("extended-enough", RuleExtension, subject, fact.Text{ZH: "已延期 %[1]d 次，先归还再重新申请。", EN: "It was extended %[1]d times already; bring it back and ask anew."}.Fill(l.Extended))
	case d.circulating.extensionOf[l.ID] != "":
		return refuse("already-asked", RuleExtension, subject, fact.Text{ZH: "延期申请 %[1]s 尚在审批。", EN: "Extension %[1]s still waits for approval."}.Fill(d.circulating.extensionOf[l.ID]))
	case strings.TrimSpace(a.Reason) == "" || len(a.Reason) > MaxTextLen:
		return refuse("no-reason", RuleExtension, subject, fact.Text{ZH: "请写明延期理由，最多 %[1]d 字节。", EN: "Say why it is needed longer, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	limit, basis := d.due(rule, l.Due)
	if p := d.site.Policy.Lending; !p.YearEnd.IsZero() { // not beyond the clearing of the year (CIR-9)
		if clearing, b := d.due(calendar.Due{Kind: calendar.EachYear, On: p.YearEnd}, l.Issued.Wall); clearing.Before(limit) {
			limit, basis = clearing, b
		}
	}
	due := a.Due
	if due.IsZero() {
		due = limit
	}
	if !due.After(l.Due) || !due.After(d.in.At.Wall) || due.After(limit) {
		return refuse("too-long", RuleExtension, subject, fact.Text{ZH: "延期须晚于现期限 %[1]s，最迟 %[2]s（%[3]s）。", EN: "An extension is later than %[1]s and %[2]s at the latest (%[3]s)"}.Fill(d.clockText(l.Due), d.clockText(limit), basis.Text))
	}
	id := number("E", d.circulating.ExtensionCount+1)
	d.emit(id, &ExtensionAsked{Extension: Extension{ID: id, Loan: l.ID, Due: due.UTC(), Reason: a.Reason}})
	d.ask(id, ForExtension, level, l.Borrower)
	return granted(id)
}

// extend goes on when everybody has approved.
func (d *decision) extend(id string) {
	e := d.circulating.Extensions[id]
	if e == nil {
		return
	}
	l := d.loans[e.Loan]
	d.useApproval(id)
	if l == nil || l.Status != LoanOut {
		d.dropExtension(id, ApprovalLapsed)
		return
	}
	d.emit(id, &LoanExtended{Extension: id, Loan: l.ID, From: l.Due, To: e.Due})
	d.dueMoved(l)
}

func (d *decision) dropExtension(id string, why ApprovalStatus) {
	if d.circulating.Extensions[id] != nil {
		d.emit(id, &ExtensionDropped{Extension: id, Why: why})
	}
}

// withdrawExtension drops what is asked for a loan that has ended.
func (d *decision) withdrawExtension(loan LoanID) {
	if a := d.approvals[d.circulating.extensionOf[loan]]; a != nil {
		d.endApproval(a, ApprovalRecalled, "")
	}
}
