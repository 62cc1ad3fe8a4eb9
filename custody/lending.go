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
	doc := d.documents[l.Document]
	by := d.receiver(l)
	ev := &LoanIssued{Loan: l.ID, Custodian: custodian, Evidence: clip(evidence), By: by, Name: d.signedName(by), CustodianName: d.personName(custodian)}
	if borrower := d.persons[l.Borrower]; borrower != nil {
		// The reader's time begins with the hand-over, not with the request (CIR-3).
		if limit, limited := d.loanLimit(doc, borrower, d.in.At.Wall); limited && (l.ByRule || limit.at.Before(l.Due)) {
			ev.Due, ev.Basis = limit.at.UTC(), limit.basis
		}
	}
	d.useApproval(string(l.ID))
	d.emit(string(l.ID), ev)
	d.lentOut(doc)
	for _, piece := range d.together(doc.ID) { // the pieces go with their folder (CIR-13)
		d.lentOut(d.documents[piece])
	}
}

// lentOut looks at a document that has just been lent: where it is may be allowed now.
func (d *decision) lentOut(doc *Document) {
	if doc.Seen.Known {
		d.judgeZone(doc)
		return
	}
	d.end(alerts.LeftZone, string(doc.ID))
	d.end(alerts.Missing, string(doc.ID))
}

// giveBack ends a loan: the document is home again, between two badges.
func (d *decision) giveBack(l *Loan, custodian PersonID, evidence string) {
	id, by := string(l.Document), d.receiver(l)
	d.emit(string(l.ID), &LoanReturned{Loan: l.ID, Custodian: custodian, Evidence: clip(evidence), By: by, Name: d.signedName(by), CustodianName: d.personName(custodian)})
	for _, code := range []alerts.Code{alerts.Overdue, alerts.LongOverdue, alerts.DueSoon, alerts.PassedOn, alerts.NotCleared, alerts.LoanUnsigned} {
		d.end(code, id)
	}
	if by == "" {
		d.raise(alerts.ReturnUnsigned, id, id, d.personName(l.Borrower))
	}
	d.withdrawExtension(l.ID)
	d.readerDone(l)
	for _, piece := range d.together(l.Document) { // what did not come home with the folder is out without a holder (STO-2)
		if doc := d.documents[piece]; doc.Seen.Known {
			d.judgeZone(doc)
		}
	}
}

// mayReceive reports whether a person may take and bring the document of a loan (CIR-6).
func (l *Loan) mayReceive(p PersonID) bool {
	return p != "" && (l.Borrower == p || l.Proxy == p)
}

func (s *State) nextLoan() LoanID { return LoanID(fmt.Sprintf("L-%06d", s.loanCount+1)) }

// changedHands marks the hand-over at a document's home, if one is open with who receives it.
func (s *State) changedHands(l *Loan) {
	doc := s.documents[l.Document]
	if doc == nil {
		return
	}
	if h := s.handOvers[s.site.Places[doc.Home].BadgeReader]; h != nil && h.open && l.mayReceive(h.other) {
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
	// ByRule: nobody asked for a time, and the rule's counts; Basis says how it was counted (CIR-3).
	ByRule bool      `json:"by_rule,omitempty"`
	Basis  fact.Text `json:"basis,omitzero"`
	// List is the circulation list of which this is a leg; Reason why it is out of the list's order (CIR-5).
	List   string `json:"list,omitempty"`
	Reason string `json:"reason,omitempty"`
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

// LoanIssued says that the document has left its home in the borrower's hands: who signed for
// it, with full name, and when is the entry's own time (CIR-4).
type LoanIssued struct {
	Loan          LoanID    `json:"loan"`
	Custodian     PersonID  `json:"custodian"`
	CustodianName fact.Text `json:"custodian_name,omitzero"`
	By            PersonID  `json:"by,omitempty"`
	Name          fact.Text `json:"name,omitzero"`
	Evidence      string    `json:"evidence"`
	// Due is when it is due, counted from now; zero: as it was asked for.
	Due   time.Time `json:"due,omitzero"`
	Basis fact.Text `json:"basis,omitzero"`
}

// LoanReturned says that the document is home again, with both sides' badges: who gave it
// back, with full name, and when is the entry's own time (CIR-4).
type LoanReturned struct {
	Loan          LoanID    `json:"loan"`
	Custodian     PersonID  `json:"custodian"`
	CustodianName fact.Text `json:"custodian_name,omitzero"`
	By            PersonID  `json:"by,omitempty"`
	Name          fact.Text `json:"name,omitzero"`
	Evidence      string    `json:"evidence"`
}

// The kinds of events; they stand in the record and never change.
func (LoanRequested) Kind() string { return "loan-requested" }
func (LoanApproved) Kind() string  { return "loan-approved" }
func (LoanDropped) Kind() string   { return "loan-dropped" }
func (LoanIssued) Kind() string    { return "loan-issued" }
func (LoanReturned) Kind() string  { return "loan-returned" }

var lendingEvents = []func() Event{blank[LoanRequested], blank[LoanApproved], blank[LoanDropped], blank[LoanIssued], blank[LoanReturned]}

func (ev *LoanRequested) evolve(s *State, at fact.Stamp) {
	l := &Loan{ID: ev.Loan, Document: ev.Document, Borrower: ev.Borrower, Due: ev.Due, Zones: ev.Zones, Purpose: ev.Purpose,
		Status: LoanWaiting, ByRule: ev.ByRule, Asked: at.Wall, Since: at.Wall, List: ev.List}
	s.loans[l.ID] = l
	s.circulating.index.note(l)
	s.loanCount++
	if doc := s.documents[ev.Document]; doc != nil {
		doc.Loan = l.ID
	}
}

func (ev *LoanApproved) evolve(s *State, _ fact.Stamp) {
	if l := s.loans[ev.Loan]; l != nil {
		l.Status = LoanReady
		s.circulating.index.note(l)
	}
}

func (ev *LoanDropped) evolve(s *State, _ fact.Stamp) {
	if l := s.loans[ev.Loan]; l != nil {
		s.forgetLoan(l)
	}
}

// forgetLoan takes a loan that has ended out of memory: the record keeps it.
func (s *State) forgetLoan(l *Loan) {
	if doc := s.documents[l.Document]; doc != nil {
		doc.Loan = ""
	}
	s.unwatchLoan(l.ID)
	s.circulating.index.drop(l)
	delete(s.loans, l.ID)
}

func (ev *LoanIssued) evolve(s *State, at fact.Stamp) {
	l := s.loans[ev.Loan]
	if l == nil {
		return
	}
	l.Status, l.Issued, l.Custodian, l.Since, l.Signed = LoanOut, at, ev.Custodian, at.Wall, ev.By
	s.circulating.index.note(l)
	if !ev.Due.IsZero() {
		l.Due = ev.Due
	}
	s.changedHands(l)
	s.watchLoan(l)
	s.expectSignature(at, l)
	for _, id := range append([]DocumentID{l.Document}, s.together(l.Document)...) {
		if doc := s.documents[id]; doc != nil && !doc.Seen.Known {
			s.expectAgain(at, doc)
		}
	}
}

func (ev *LoanReturned) evolve(s *State, at fact.Stamp) {
	l := s.loans[ev.Loan]
	if l == nil {
		return
	}
	s.changedHands(l)
	s.expectCount(at, l)
	if list := s.circulating.Lists[l.List]; list != nil {
		list.Read = append(slices.Clip(list.Read), l.Borrower)
	}
	s.forgetLoan(l)
	for _, id := range s.together(l.Document) {
		if doc := s.documents[id]; doc != nil && !doc.Seen.Known {
			s.expectAgain(at, doc)
		}
	}
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
