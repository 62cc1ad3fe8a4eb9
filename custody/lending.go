package custody

import (
	"fmt"
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// giveOut issues a loan: the document has left its home between two badges.
func (d *decision) giveOut(l *Loan, custodian PersonID, evidence string) {
	if !d.mayGiveOut(l, custodian) { // REG-8, STO-7
		return
	}
	d.useApproval(string(l.ID))
	d.emit(string(l.ID), &LoanIssued{Loan: l.ID, Custodian: custodian, Evidence: clip(evidence)})
	doc := d.documents[l.Document]
	if doc.Seen.Known {
		d.judgeZone(doc)
		return
	}
	d.end(alerts.LeftZone, string(doc.ID))
	d.end(alerts.Missing, string(doc.ID))
}

// giveBack ends a loan: the document is home again, between two badges.
func (d *decision) giveBack(l *Loan, custodian PersonID, evidence string) {
	d.emit(string(l.ID), &LoanReturned{Loan: l.ID, Custodian: custodian, Evidence: clip(evidence)})
	d.end(alerts.Overdue, string(l.Document))
}

// loanDue begins the chase when a loan runs over (CIR-7).
func (d *decision) loanDue(id LoanID) {
	l := d.loans[id]
	if l == nil || l.Status != LoanOut {
		return
	}
	due := l.Due.In(d.site.Location).Format("2006-01-02 15:04:05")
	d.raise(alerts.Overdue, string(l.Document), string(l.Document), due, d.persons[l.Borrower].Name)
}

// loansOf returns a person's loans under way, in the order of their numbers.
func (s *State) loansOf(p PersonID) []LoanID {
	var ids []LoanID
	for id, l := range s.loans {
		if l.Borrower == p && l.Status != LoanFinished {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (s *State) nextLoan() LoanID { return LoanID(fmt.Sprintf("L-%06d", s.loanCount+1)) }

// changedHands marks the hand-over at a document's home, if one is open with its borrower.
func (s *State) changedHands(l *Loan) {
	home := s.site.Places[s.documents[l.Document].Home]
	if h := s.handOvers[home.BadgeReader]; h != nil && h.open && h.other == l.Borrower {
		h.settled = true
	}
}

// LoanRequested, LoanApproved, LoanIssued and LoanReturned are the life of a loan (CIR-1, CIR-4).
type LoanRequested struct {
	Loan     LoanID         `json:"loan"`
	Document DocumentID     `json:"document"`
	Borrower PersonID       `json:"borrower"`
	Due      time.Time      `json:"due"`
	Zones    []fact.PlaceID `json:"zones"`
	Purpose  string         `json:"purpose"`
}

// LoanApproved says that everybody has approved who must.
type LoanApproved struct {
	Loan LoanID `json:"loan"`
}

// LoanDropped ends a loan that never came about: refused, recalled, or lapsed.
type LoanDropped struct {
	Loan LoanID         `json:"loan"`
	Why  ApprovalStatus `json:"why"`
}

// LoanIssued says that the document has left its home in the borrower's hands.
type LoanIssued struct {
	Loan      LoanID   `json:"loan"`
	Custodian PersonID `json:"custodian"`
	Evidence  string   `json:"evidence"`
}

// LoanReturned says that the document is home again, with both sides' badges.
type LoanReturned struct {
	Loan      LoanID   `json:"loan"`
	Custodian PersonID `json:"custodian"`
	Evidence  string   `json:"evidence"`
}

// The kinds of events; they stand in the record and never change.
func (LoanRequested) Kind() string { return "loan-requested" }
func (LoanApproved) Kind() string  { return "loan-approved" }
func (LoanDropped) Kind() string   { return "loan-dropped" }
func (LoanIssued) Kind() string    { return "loan-issued" }
func (LoanReturned) Kind() string  { return "loan-returned" }

var lendingEvents = []func() Event{blank[LoanRequested], blank[LoanApproved], blank[LoanDropped], blank[LoanIssued], blank[LoanReturned]}

func (ev *LoanRequested) evolve(s *State, _ fact.Stamp) {
	l := &Loan{ID: ev.Loan, Document: ev.Document, Borrower: ev.Borrower, Due: ev.Due, Zones: ev.Zones, Purpose: ev.Purpose,
		Status: LoanWaiting}
	s.loans[l.ID] = l
	s.loanCount++
	s.documents[ev.Document].Loan = l.ID
}

func (ev *LoanApproved) evolve(s *State, _ fact.Stamp) { s.loans[ev.Loan].Status = LoanReady }

func (ev *LoanDropped) evolve(s *State, _ fact.Stamp) {
	s.documents[s.loans[ev.Loan].Document].Loan = ""
	delete(s.loans, ev.Loan)
}

func (ev *LoanIssued) evolve(s *State, at fact.Stamp) {
	l := s.loans[ev.Loan]
	l.Status, l.Issued, l.Custodian = LoanOut, at, ev.Custodian
	s.changedHands(l)
	s.agenda.atWall(errand{errandLoanDue, string(l.ID)}, l.Due)
	if doc := s.documents[l.Document]; !doc.Seen.Known {
		s.expectAgain(at, doc)
	}
}

func (ev *LoanReturned) evolve(s *State, _ fact.Stamp) {
	l := s.loans[ev.Loan]
	s.changedHands(l)
	s.documents[l.Document].Loan = ""
	s.agenda.off(errand{errandLoanDue, string(l.ID)})
	delete(s.loans, l.ID) // the record keeps it; memory holds what is under way
}

// RequestLoan asks for a document to be lent (CIR-1).
type RequestLoan struct {
	Document DocumentID     `json:"document"`
	Borrower PersonID       `json:"borrower"`
	Due      time.Time      `json:"due"`
	Zones    []fact.PlaceID `json:"zones,omitempty"` // where it may be while lent; its home always may
	Purpose  string         `json:"purpose"`
}

// The verbs of acts; they stand in the record and never change.
func (RequestLoan) Verb() string { return "request-loan" }

func (a RequestLoan) carryOut(d *decision) Outcome { return d.requestLoan(a) }

var lendingActs = []actKind{
	act[RequestLoan]("申请借阅", "request a loan"),
}

func (d *decision) requestLoan(a RequestLoan) Outcome {
	doc, borrower := d.documents[a.Document], d.persons[a.Borrower]
	subject := string(a.Document)
	switch {
	case doc == nil:
		return refuse("unknown-document", RuleRegister, subject, fact.Text{ZH: "登记簿中没有 %[1]s。", EN: "The register has no %[1]s."}.Fill(subject))
	case borrower == nil:
		return refuse("unknown-person", RuleScope, subject, fact.Text{ZH: "没有此借阅人，先登记人员。", EN: "There is no such borrower; register the person first."})
	case doc.Loan != "":
		return refuse("already-lent", RuleSingleLine, subject, fact.Text{ZH: "%[1]s 已在借阅中（%[2]s），归还档案员后才能再借。", EN: "%[1]s is on loan already (%[2]s); it goes back to the archivist first."}.Fill(subject, string(doc.Loan)))
	case !borrower.Clearance.Covers(doc.Level):
		return refuse("not-cleared", RuleScope, subject, fact.Text{ZH: "%[1]s 的涉密等级不够借阅%[2]s文件。", EN: "%[1]s is not cleared for %[2]s documents."}.Fill(borrower.Name, doc.Level.Name()))
	case len(doc.Scope) > 0 && !slices.Contains(doc.Scope, borrower.ID):
		return refuse("out-of-scope", RuleScope, subject, fact.Text{ZH: "%[1]s 不在知悉范围内，扩大范围须经批准。", EN: "%[1]s is outside the document's scope; widening it needs approval."}.Fill(borrower.Name))
	}
	if no, bad := d.partsRefused(doc, borrower); bad { // STO-7
		return no
	}
	return d.loanTerms(a, doc)
}

func (d *decision) loanTerms(a RequestLoan, doc *Document) Outcome {
	subject := string(a.Document)
	longest := d.site.Policy.LoanLongest[doc.Level]
	switch wait := a.Due.Sub(d.in.At.Wall); {
	case wait <= 0:
		return refuse("due-in-the-past", RuleLoanTime, subject, fact.Text{ZH: "归还时间必须晚于现在。", EN: "The due time must lie ahead."})
	case longest > 0 && wait > longest:
		return refuse("too-long", RuleLoanTime, subject, fact.Text{ZH: "%[1]s文件最长借阅 %[2]s。", EN: "A %[1]s document is lent for %[2]s at most."}.Fill(doc.Level.Name(), longest.String()))
	case len(a.Zones) > MaxZones || len(a.Purpose) > MaxTextLen:
		return refuse("too-much", "", subject, fact.Text{ZH: "区域或事由过长。", EN: "Too many zones, or the purpose is too long."})
	}
	zones := a.Zones
	for _, z := range zones {
		if _, ok := d.site.Places[z]; !ok {
			return refuse("unknown-place", "", subject, fact.Text{ZH: "配置中没有区域“%[1]s”。", EN: "The configuration has no place %[1]q."}.Fill(string(z)))
		}
	}
	id := d.nextLoan()
	d.emit(string(id), &LoanRequested{Loan: id, Document: doc.ID, Borrower: a.Borrower, Due: a.Due.UTC(), Zones: zones, Purpose: a.Purpose})
	d.ask(string(id), ForLoan, doc.Level, a.Borrower)
	return granted(string(id))
}

// loanApproved goes on when everybody has approved.
func (d *decision) loanApproved(id LoanID) {
	if l := d.loans[id]; l != nil && l.Status == LoanWaiting {
		d.emit(string(id), &LoanApproved{Loan: id})
	}
}

// loanDropped takes a loan away that is not approved, or was not fetched while it was.
func (d *decision) loanDropped(id LoanID, status ApprovalStatus) {
	if l := d.loans[id]; l != nil && l.Status != LoanOut {
		d.emit(string(id), &LoanDropped{Loan: id, Why: status})
	}
}
