package custody

import (
	"slices"
	"strings"

	"trilock/alerts"
	"trilock/custody/fact"
)

// ProxyNamed: a leader has named who receives for the borrower of a loan (CIR-6).
type ProxyNamed struct {
	Loan   LoanID   `json:"loan"`
	Person PersonID `json:"person"`
	By     PersonID `json:"by"`
	Reason string   `json:"reason"`
}

// Kind names the event in the record.
func (ProxyNamed) Kind() string { return "proxy-named" }

var proxyEvents = []func() Event{blank[ProxyNamed]}

func (ev *ProxyNamed) evolve(s *State, _ fact.Stamp) {
	if l := s.loans[ev.Loan]; l != nil {
		s.circulating.index.reproxy(l, ev.Person)
	}
}

// NameProxy names who receives, and brings back, for the borrower of a loan.
type NameProxy struct {
	Loan   LoanID   `json:"loan"`
	Person PersonID `json:"person"`
	Reason string   `json:"reason"`
}

// The verbs of acts; they stand in the record and never change.
func (NameProxy) Verb() string { return "name-proxy" }

func (a NameProxy) carryOut(d *decision) Outcome { return d.nameProxy(a) }

var proxyActs = []actKind{
	act[NameProxy]("指定代领人", "name who receives for the borrower"),
}

func (d *decision) nameProxy(a NameProxy) Outcome {
	subject := string(a.Loan)
	by, o, ok := d.actor(RuleInPerson, subject, UnitLeader, GeneralOfficeHead, SupervisingLeader)
	if !ok {
		return o
	}
	l, p := d.loans[a.Loan], d.persons[a.Person]
	switch {
	case l == nil || d.documents[l.Document] == nil:
		return refuse("no-such-loan", RuleInPerson, subject, fact.Text{ZH: "没有进行中的借阅 %[1]s。", EN: "There is no loan %[1]s under way."}.Fill(subject))
	case p == nil || p.Barred || p.ID == by.ID || p.ID == l.Borrower:
		return refuse("bad-proxy", RuleInPerson, subject, fact.Text{ZH: "代领人须是已登记的另一人，不能是本人或指定者。", EN: "Name another registered person: neither the borrower nor yourself."})
	case strings.TrimSpace(a.Reason) == "" || len(a.Reason) > MaxTextLen:
		return refuse("no-reason", RuleInPerson, subject, fact.Text{ZH: "请写明理由，最多 %[1]d 字节。", EN: "Say why, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	doc := d.documents[l.Document]
	for _, id := range append([]DocumentID{doc.ID}, d.together(doc.ID)...) {
		if o, ok := d.maySee(subject, d.documents[id], p); !ok {
			return o
		}
	}
	d.emit(subject, &ProxyNamed{Loan: l.ID, Person: p.ID, By: by.ID, Reason: a.Reason})
	return granted(subject)
}

// standsIn reports whether somebody has come to a reader for another: nothing there is theirs to
// take or bring, and what waits there was approved for others in person (CIR-6).
func (d *decision) standsIn(reader fact.DeviceID, p *Person) bool {
	if p.Holds(Archivist) {
		return false
	}
	cabinets := d.site.cabinetsOfReader(reader)
	for _, id := range d.loansOf(p.ID) {
		if doc := d.documents[d.loans[id].Document]; doc != nil && (slices.Contains(cabinets, doc.Home) || d.livesInSafe(doc)) {
			return false
		}
	}
	for id := range d.circulating.index.ready {
		if doc := d.documents[d.loans[id].Document]; doc != nil && slices.Contains(cabinets, doc.Home) {
			return true
		}
	}
	return false
}

// wronglyTaken raises that a document that waits for one person leaves in another's hands,
// while both sides still stand there (CIR-6).
func (d *decision) wronglyTaken(l *Loan, by PersonID) {
	d.raise(alerts.WrongReceiver, string(l.Document), string(l.Document), d.personName(l.Borrower), d.personName(by))
}

// judgeCarrier compares who goes with a document through a door with who has it: single line
// means from the reader back to the custodian (CIR-2).
func (d *decision) judgeCarrier(doc *Document, door Door, with []Companion) {
	l := d.loanOf(doc)
	if l == nil || l.Status != LoanOut || len(with) == 0 {
		return
	}
	carriers, _ := d.carryingFor(doc.ID)
	for _, c := range with {
		if slices.Contains(carriers, c.Person) {
			return // approved to carry it out (OUT-1)
		}
		if p := d.persons[c.Person]; l.mayReceive(c.Person) || p != nil && d.holds(p, Archivist) {
			return
		}
	}
	d.raise(alerts.PassedOn, string(doc.ID), string(doc.ID), d.personName(l.Borrower), d.site.doorName(door), d.personName(with[0].Person))
}

// judgeHolder compares the place where a lent document is read with whose place that is (CIR-2).
func (d *decision) judgeHolder(doc *Document, l *Loan) {
	holder := d.site.Places[doc.Seen.Place].Holder
	if holder == "" || l.mayReceive(holder) {
		return
	}
	if p := d.persons[holder]; p != nil && d.holds(p, Archivist) {
		return
	}
	d.raise(alerts.PassedOn, string(doc.ID), string(doc.ID), d.personName(l.Borrower), d.site.placeName(doc.Seen.Place), d.personName(holder))
}
