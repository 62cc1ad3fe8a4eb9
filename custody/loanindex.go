package custody

// loanIndex answers what a badge at a reader asks of the loans, without a look at all of them.
// It follows from the loans alone.
type loanIndex struct {
	// byPerson are the loans that a person may receive, ready those that wait to be fetched.
	byPerson map[PersonID]map[LoanID]struct{}
	ready    map[LoanID]struct{}
}

func newLoanIndex() loanIndex {
	return loanIndex{byPerson: map[PersonID]map[LoanID]struct{}{}, ready: map[LoanID]struct{}{}}
}

// note takes a loan in, or what has changed of it.
func (x *loanIndex) note(l *Loan) {
	for _, p := range []PersonID{l.Borrower, l.Proxy} {
		if p == "" {
			continue
		}
		if x.byPerson[p] == nil {
			x.byPerson[p] = map[LoanID]struct{}{}
		}
		x.byPerson[p][l.ID] = struct{}{}
	}
	if l.Status == LoanReady {
		x.ready[l.ID] = struct{}{}
	} else {
		delete(x.ready, l.ID)
	}
}

// drop takes a loan out.
func (x *loanIndex) drop(l *Loan) {
	for _, p := range []PersonID{l.Borrower, l.Proxy} {
		delete(x.byPerson[p], l.ID)
		if len(x.byPerson[p]) == 0 {
			delete(x.byPerson, p)
		}
	}
	delete(x.ready, l.ID)
}

// loansOf returns the loans under way that a person may receive, in the order of their numbers.
func (s *State) loansOf(p PersonID) []LoanID {
	return sortedKeys(s.circulating.index.byPerson[p])
}

// reproxy changes who receives for a borrower.
func (x *loanIndex) reproxy(l *Loan, to PersonID) {
	x.drop(l)
	l.Proxy = to
	x.note(l)
}
