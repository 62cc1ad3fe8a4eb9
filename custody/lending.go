package custody

import (
	"fmt"
	"slices"

	"trilock/alerts"
	"trilock/custody/fact"
)

// giveOut issues a loan: the document has left its home between two badges.
func (d *decision) giveOut(l *Loan, custodian PersonID, evidence string) {
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

func (s *State) evolveLoan(at fact.Stamp, ev Event) {
	switch ev := ev.(type) {
	case *LoanRequested:
		l := &Loan{ID: ev.Loan, Document: ev.Document, Borrower: ev.Borrower, Due: ev.Due, Zones: ev.Zones, Purpose: ev.Purpose,
			Needs: ev.Needs, Approvals: map[Post]PersonID{}, Status: LoanWaiting}
		if len(ev.Needs) == 0 {
			l.Status = LoanReady
		}
		s.loans[l.ID] = l
		s.loanCount++
		s.documents[ev.Document].Loan = l.ID
	case *LoanApproved:
		l := s.loans[ev.Loan]
		l.Approvals[ev.Post] = ev.By
		if len(l.awaits()) == 0 {
			l.Status = LoanReady
		}
	case *LoanIssued:
		l := s.loans[ev.Loan]
		l.Status, l.Issued, l.Custodian = LoanOut, at, ev.Custodian
		s.changedHands(l)
		s.agenda.atWall(errand{errandLoanDue, string(l.ID)}, l.Due)
		if doc := s.documents[l.Document]; !doc.Seen.Known {
			s.expectAgain(at, doc)
		}
	case *LoanReturned:
		l := s.loans[ev.Loan]
		s.changedHands(l)
		s.documents[l.Document].Loan = ""
		s.agenda.off(errand{errandLoanDue, string(l.ID)})
		delete(s.loans, l.ID) // the record keeps it; memory holds what is under way
	}
}

func (s *State) nextLoan() LoanID { return LoanID(fmt.Sprintf("L-%06d", s.loanCount+1)) }

// changedHands marks the hand-over at a document's home, if one is open with its borrower.
func (s *State) changedHands(l *Loan) {
	home := s.site.Places[s.documents[l.Document].Home]
	if h := s.handOvers[home.BadgeReader]; h != nil && h.open && h.other == l.Borrower {
		h.settled = true
	}
}
