package custody

import (
	"cmp"
	"slices"
	"strings"

	"trilock/custody/fact"
)

// Circulation is a circulation list 传阅单: who reads a document, in what order (CIR-5). Each
// reader's turn is a loan from the custodian and back (CIR-2), without a further approval: the
// list is one.
type Circulation struct {
	ID       string     `json:"id"`
	Document DocumentID `json:"document"`
	Level    Level      `json:"level"`
	By       PersonID   `json:"by"`
	Purpose  string     `json:"purpose"`
	Readers  []PersonID `json:"readers"`
	// Read are those who have brought it back, in the order in which they did.
	Read []PersonID `json:"read,omitempty"`
	// Open: everybody has approved who must.
	Open bool `json:"open,omitempty"`
}

// next returns whose turn it is; empty when everybody has read.
func (c *Circulation) next() PersonID {
	for _, p := range c.Readers {
		if !slices.Contains(c.Read, p) {
			return p
		}
	}
	return ""
}

// The events of a circulation list.
type (
	// CirculationMade: the head of the office has set the list.
	CirculationMade struct {
		List Circulation `json:"list"`
	}
	// CirculationOpened: everybody has approved who must; the first reader may have it.
	CirculationOpened struct {
		List string `json:"list"`
	}
	// CirculationEnded: all have read, or it was ended before, and why.
	CirculationEnded struct {
		List   string     `json:"list"`
		Read   []PersonID `json:"read"`
		Why    string     `json:"why"` // "complete", "ended", or the status in which its approval ended
		Reason string     `json:"reason,omitempty"`
	}
)

// The kinds of events; they stand in the record and never change.
func (CirculationMade) Kind() string   { return "circulation-made" }
func (CirculationOpened) Kind() string { return "circulation-opened" }
func (CirculationEnded) Kind() string  { return "circulation-ended" }

var circulationEvents = []func() Event{blank[CirculationMade], blank[CirculationOpened], blank[CirculationEnded]}

func (ev *CirculationMade) evolve(s *State, _ fact.Stamp) {
	c := ev.List
	s.circulating.Lists[c.ID] = &c
	s.circulating.ListCount++
	s.circulating.listOf[c.Document] = c.ID
}

func (ev *CirculationOpened) evolve(s *State, _ fact.Stamp) {
	if c := s.circulating.Lists[ev.List]; c != nil {
		c.Open = true
	}
}

func (ev *CirculationEnded) evolve(s *State, _ fact.Stamp) {
	if c := s.circulating.Lists[ev.List]; c != nil {
		delete(s.circulating.listOf, c.Document)
		delete(s.circulating.Lists, ev.List)
	}
}

// The acts on circulation lists.
type (
	// CreateCirculation sets the readers of a document, in order.
	CreateCirculation struct {
		Document DocumentID `json:"document"`
		Readers  []PersonID `json:"readers"`
		Purpose  string     `json:"purpose,omitempty"`
	}
	// EndCirculation ends a list before all have read.
	EndCirculation struct {
		List   string `json:"list"`
		Reason string `json:"reason"`
	}
)

// The verbs of acts; they stand in the record and never change.
func (CreateCirculation) Verb() string { return "create-circulation" }
func (EndCirculation) Verb() string    { return "end-circulation" }

func (a CreateCirculation) carryOut(d *decision) Outcome { return d.createCirculation(a) }
func (a EndCirculation) carryOut(d *decision) Outcome    { return d.endCirculationEarly(a) }

var circulationActs = []actKind{
	act[CreateCirculation]("拟定传阅单", "set a circulation list"),
	act[EndCirculation]("终止传阅", "end a circulation"),
}

func (d *decision) createCirculation(a CreateCirculation) Outcome {
	subject := string(a.Document)
	by, o, ok := d.actor(RuleList, subject, GeneralOfficeHead)
	if !ok {
		return o
	}
	doc := d.documents[a.Document]
	switch {
	case doc == nil:
		return refuse("unknown-document", RuleRegister, subject, fact.Text{ZH: "登记簿中没有 %[1]s。", EN: "The register has no %[1]s."}.Fill(subject))
	case d.circulating.listOf[doc.ID] != "":
		return refuse("already-circulating", RuleList, subject, fact.Text{ZH: "%[1]s 已有传阅单 %[2]s，先终止它。", EN: "%[1]s circulates already on list %[2]s; end that first."}.Fill(subject, d.circulating.listOf[doc.ID]))
	case len(a.Readers) == 0 || len(a.Readers) > MaxReaders:
		return refuse("bad-readers", RuleList, subject, fact.Text{ZH: "传阅人为 1 至 %[1]d 人，按次序填写。", EN: "Name 1 to %[1]d readers, in order."}.Fill(MaxReaders))
	case len(a.Purpose) > MaxTextLen || len(d.circulating.Lists) >= MaxCirculations:
		return refuse("too-much", RuleList, subject, fact.Text{ZH: "事由过长，或未结束的传阅单过多。", EN: "The purpose is too long, or too many lists are open; end some first."})
	}
	for i, id := range a.Readers {
		reader := d.persons[id]
		if reader == nil || reader.Barred || slices.Contains(a.Readers[:i], id) {
			return refuse("bad-readers", RuleList, subject, fact.Text{ZH: "传阅人 %[1]s 未登记、已停用或重复。", EN: "Reader %[1]s is not registered, barred, or named twice."}.Fill(string(id)))
		}
		if o, ok := d.maySee(subject, doc, reader); !ok {
			return o
		}
		if o, ok := d.mayLendPiece(doc, reader); !ok {
			return o
		}
	}
	id := number("C", d.circulating.ListCount+1)
	d.emit(id, &CirculationMade{List: Circulation{ID: id, Document: doc.ID, Level: d.levelWithPieces(doc), By: by.ID, Purpose: a.Purpose, Readers: slices.Clone(a.Readers)}})
	d.ask(id, ForCirculation, d.levelWithPieces(doc))
	return granted(id)
}

// openCirculation goes on when everybody has approved.
func (d *decision) openCirculation(id string) {
	if d.circulating.Lists[id] != nil {
		d.useApproval(id)
		d.emit(id, &CirculationOpened{List: id})
	}
}

func (d *decision) endCirculation(id, why, reason string) {
	if c := d.circulating.Lists[id]; c != nil {
		d.emit(id, &CirculationEnded{List: id, Read: append([]PersonID{}, c.Read...), Why: why, Reason: reason})
	}
}

func (d *decision) endCirculationEarly(a EndCirculation) Outcome {
	if _, o, ok := d.actor(RuleList, a.List, GeneralOfficeHead); !ok {
		return o
	}
	c := d.circulating.Lists[a.List]
	switch {
	case c == nil:
		return refuse("no-such-list", RuleList, a.List, fact.Text{ZH: "没有未结束的传阅单 %[1]s。", EN: "There is no open list %[1]s."}.Fill(a.List))
	case strings.TrimSpace(a.Reason) == "" || len(a.Reason) > MaxTextLen:
		return refuse("no-reason", RuleList, a.List, fact.Text{ZH: "请写明终止的理由，最多 %[1]d 字节。", EN: "Say why it ends, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	if approval := d.approvals[a.List]; approval != nil {
		d.endApproval(approval, ApprovalRecalled, a.Reason) // which ends the list
		return granted(a.List)
	}
	d.endCirculation(a.List, "ended", a.Reason)
	return granted(a.List)
}

// readerDone notes that a reader has brought a circulating document back; with the last the list ends.
func (d *decision) readerDone(l *Loan) {
	if c := d.circulating.Lists[l.List]; c != nil && c.next() == "" {
		d.endCirculation(l.List, "complete", "")
	}
}

// legOf finds the circulation list that a loan is a leg of. Only its readers receive the
// document, in its order unless the custodian records why not (CIR-5).
func (d *decision) legOf(a RequestLoan, doc *Document) (list string, o Outcome, ok bool) {
	c := d.circulating.Lists[d.circulating.listOf[doc.ID]]
	subject := string(doc.ID)
	switch {
	case c == nil:
		return "", Outcome{}, true
	case !c.Open:
		return "", refuse("list-not-approved", RuleList, subject, fact.Text{ZH: "传阅单 %[1]s 还需 %[2]s 审批。", EN: "List %[1]s still needs approval by: %[2]s."}.Fill(c.ID, postNames(d.approvals[c.ID].Awaits()))), false
	case !slices.Contains(c.Readers, a.Borrower):
		return "", refuse("not-on-list", RuleList, subject, fact.Text{ZH: "%[1]s 不在传阅单 %[2]s 上，不得传阅。", EN: "%[1]s is not on circulation list %[2]s and does not receive it."}.Fill(d.personName(a.Borrower), c.ID)), false
	case c.next() == a.Borrower:
		return c.ID, Outcome{}, true
	case strings.TrimSpace(a.Reason) == "":
		return "", refuse("not-in-order", RuleList, subject, fact.Text{ZH: "下一位是 %[1]s；不按次序须由档案员写明理由。", EN: "%[1]s is next; out of order only with the archivist's recorded reason."}.Fill(d.personName(cmp.Or(c.next(), c.Readers[0])))), false
	}
	if _, o, custodian := d.actor(RuleList, subject, Archivist); !custodian {
		return "", o, false
	}
	return c.ID, Outcome{}, true
}
