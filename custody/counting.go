package custody

import (
	"trilock/alerts"
	"trilock/custody/fact"
)

// Uncounted is a document that came back and is still to be counted, or was counted with a
// result that differs from the register (CIR-11).
type Uncounted struct {
	Loan      LoanID     `json:"loan"`
	Borrower  PersonID   `json:"borrower"`
	Custodian PersonID   `json:"custodian"`
	Returned  fact.Stamp `json:"returned"`
	Differs   bool       `json:"differs,omitempty"`
}

// ReturnCounted is the custodian's count of what came back.
type ReturnCounted struct {
	Loan     LoanID     `json:"loan"`
	Document DocumentID `json:"document"`
	Copies   int        `json:"copies"`
	Pages    int        `json:"pages"`
	// Registered are the pages that the register has; 0: it does not say.
	Registered int    `json:"registered"`
	Differs    bool   `json:"differs,omitempty"`
	Note       string `json:"note,omitempty"`
}

// Kind names the event in the record.
func (ReturnCounted) Kind() string { return "return-counted" }

var countingEvents = []func() Event{blank[ReturnCounted]}

func (ev *ReturnCounted) evolve(s *State, _ fact.Stamp) {
	s.agenda.off(errand{errandCount, string(ev.Document)})
	if !ev.Differs {
		delete(s.circulating.Uncounted, ev.Document)
		return
	}
	if u, waits := s.circulating.Uncounted[ev.Document]; waits {
		u.Differs = true
		s.circulating.Uncounted[ev.Document] = u
	}
}

// expectCount has a document that came back counted within the set time.
func (s *State) expectCount(at fact.Stamp, l *Loan) {
	within := s.site.Policy.Lending.CountWithin
	if within <= 0 {
		return
	}
	s.circulating.Uncounted[l.Document] = Uncounted{Loan: l.ID, Borrower: l.Borrower, Custodian: l.Custodian, Returned: at}
	s.agenda.atWall(errand{errandCount, string(l.Document)}, at.Wall.Add(within))
}

// stillUncounted reminds the custodian.
func (d *decision) stillUncounted(id DocumentID) {
	if u, waits := d.circulating.Uncounted[id]; waits && !u.Differs {
		d.raise(alerts.ReturnUncounted, string(id), string(id), d.personName(u.Custodian))
	}
}

// CountReturn is the count of what came back: copies of this number, and pages.
type CountReturn struct {
	Document DocumentID `json:"document"`
	Copies   int        `json:"copies"`
	Pages    int        `json:"pages"`
	Note     string     `json:"note,omitempty"`
}

// The verbs of acts; they stand in the record and never change.
func (CountReturn) Verb() string { return "count-return" }

func (a CountReturn) carryOut(d *decision) Outcome { return d.countReturn(a) }

var countingActs = []actKind{
	act[CountReturn]("归还清点", "count what came back"),
}

func (d *decision) countReturn(a CountReturn) Outcome {
	subject := string(a.Document)
	if _, o, ok := d.actor(RuleReturnCount, subject, Archivist); !ok {
		return o
	}
	u, waits := d.circulating.Uncounted[a.Document]
	doc := d.documents[a.Document]
	switch {
	case !waits || doc == nil:
		return refuse("nothing-to-count", RuleReturnCount, subject, fact.Text{ZH: "%[1]s 没有待清点的归还。", EN: "No return of %[1]s waits to be counted."}.Fill(subject))
	case a.Copies < 0 || a.Pages < 0 || a.Copies > MaxCountedPages || a.Pages > MaxCountedPages || len(a.Note) > MaxTextLen:
		return refuse("bad-count", RuleReturnCount, subject, fact.Text{ZH: "份数或页数不合理。", EN: "Copies or pages are no sensible numbers."})
	}
	// One number is one copy (REG-4).
	differs := a.Copies != 1 || doc.Pages > 0 && a.Pages != doc.Pages
	d.emit(subject, &ReturnCounted{Loan: u.Loan, Document: doc.ID, Copies: a.Copies, Pages: a.Pages, Registered: doc.Pages, Differs: differs, Note: a.Note})
	d.end(alerts.ReturnUncounted, subject)
	if differs {
		d.raise(alerts.ReturnDiffers, subject, subject, a.Copies, a.Pages, doc.Pages, d.personName(u.Borrower))
	} else {
		d.end(alerts.ReturnDiffers, subject)
	}
	return granted(subject)
}
