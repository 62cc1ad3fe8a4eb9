package custody

import (
	"slices"

	"trilock/alerts"
	"trilock/custody/fact"
)

// A document that lives in a safe leaves it before the three parties, of whom the reader need
// not be one: both sides of that hand-over badge at a desk reader afterwards, and before it is
// laid back (CIR-4).

// LoanSigned: custodian and reader have badged for a document that left a safe, or that goes back into it.
type LoanSigned struct {
	Loan      LoanID    `json:"loan"`
	By        PersonID  `json:"by"`
	Name      fact.Text `json:"name"`
	Custodian PersonID  `json:"custodian"`
	// Back: the reader has given it back to the custodian, who lays it into the safe.
	Back bool `json:"back,omitempty"`
}

// Kind names the event in the record.
func (LoanSigned) Kind() string { return "loan-signed" }

var signingEvents = []func() Event{blank[LoanSigned]}

func (ev *LoanSigned) evolve(s *State, _ fact.Stamp) {
	l := s.loans[ev.Loan]
	if l == nil {
		return
	}
	if ev.Back {
		l.HandedIn = ev.By
		return
	}
	l.Signed = ev.By
	s.agenda.off(errand{errandUnsigned, string(ev.Loan)})
}

// expectSignature has a loan signed for within the set time.
func (s *State) expectSignature(at fact.Stamp, l *Loan) {
	doc, within := s.documents[l.Document], s.site.Policy.Lending.SignWithin
	if doc != nil && s.livesInSafe(doc) && l.Signed == "" && within > 0 {
		s.agenda.atWall(errand{errandUnsigned, string(l.ID)}, at.Wall.Add(within))
	}
}

// stillUnsigned raises that a document is out and nobody has signed for it.
func (d *decision) stillUnsigned(id LoanID) {
	if l := d.loans[id]; l != nil && l.Status == LoanOut && l.Signed == "" {
		d.raise(alerts.LoanUnsigned, string(l.Document), string(l.Document), d.personName(l.Borrower))
	}
}

// signForSafe takes the two badges of a hand-over for the reader's documents from a safe: the
// first pair signs for what was taken out, a later one for giving it back. Where the reader
// has something to take or bring at the cabinets themselves, the badges are for that.
func (d *decision) signForSafe(h *handOver, cabinets []fact.PlaceID) {
	var signed []*Loan
	for _, id := range d.loansOf(h.other) {
		l := d.loans[id]
		doc := d.documents[l.Document]
		switch {
		case doc == nil:
		case slices.Contains(cabinets, doc.Home):
			return
		case l.Status == LoanOut && d.livesInSafe(doc):
			signed = append(signed, l)
		}
	}
	for _, l := range signed {
		back := l.Signed != ""
		d.emit(string(l.ID), &LoanSigned{Loan: l.ID, By: h.other, Name: d.personName(h.other), Custodian: h.custodian, Back: back})
		d.end(alerts.LoanUnsigned, string(l.Document))
	}
}

// signedName is the full name of who signed; nobody's for nobody.
func (s *State) signedName(p PersonID) fact.Text {
	if p == "" {
		return fact.Text{}
	}
	return s.personName(p)
}

func (s *State) livesInSafe(doc *Document) bool {
	_, safe := s.site.safeAt(doc.Home)
	return safe
}

// receiver returns who takes a document out, or brings it back, in person (CIR-6): whoever has
// badged at its cabinet for the loan; of a safe the reader, if the reader is one of the three
// parties, or has signed for giving it back. Nobody is said to have signed who has not.
func (s *State) receiver(l *Loan) PersonID {
	doc := s.documents[l.Document]
	if doc == nil {
		return ""
	}
	if safe, ok := s.site.safeAt(doc.Home); ok {
		for _, p := range s.openings[safe.ID].Present {
			if l.mayReceive(p.Person) {
				return p.Person
			}
		}
		return l.HandedIn
	}
	if h := s.handOvers[s.site.Places[doc.Home].BadgeReader]; h != nil && h.open && l.mayReceive(h.other) {
		return h.other
	}
	return ""
}
