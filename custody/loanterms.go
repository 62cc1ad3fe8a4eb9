package custody

import (
	"slices"
	"time"

	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// RequestLoan asks for a document to be lent (CIR-1).
type RequestLoan struct {
	Document DocumentID `json:"document"`
	Borrower PersonID   `json:"borrower"`
	// Due may be left out: then the rule's time counts (CIR-3).
	Due     time.Time      `json:"due,omitzero"`
	Zones   []fact.PlaceID `json:"zones,omitempty"` // where it may be while lent; its home always may
	Purpose string         `json:"purpose"`
	// Reason is why a reader has a circulating document out of the order of its list (CIR-5).
	Reason string `json:"reason,omitempty"`
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
		// Recording a pass from one reader to the next is this: a loan of what is on loan (CIR-2).
		return refuse("already-lent", RuleSingleLine, subject, fact.Text{ZH: "%[1]s 已在借阅中（%[2]s），归还档案员后才能再借。", EN: "%[1]s is on loan already (%[2]s); it goes back to the archivist first."}.Fill(subject, string(doc.Loan)))
	}
	if n := d.keeping.Engaged[doc.ID]; n != "" {
		return refuse("engaged", RuleLoanApproval, subject, fact.Text{ZH: "%[1]s 已列入 %[2]s，办结前不外借。", EN: "%[1]s is in %[2]s and not lent before that is finished."}.Fill(subject, n))
	}
	if o, ok := d.maySee(subject, doc, borrower); !ok {
		return o
	}
	if o, ok := d.mayLendPiece(doc, borrower); !ok {
		return o
	}
	if no, bad := d.partsRefused(doc, borrower); bad { // STO-7
		return no
	}
	return d.loanTerms(a, doc, borrower)
}

// maySee checks a document's level and scope against a person (REG-5).
func (d *decision) maySee(subject string, doc *Document, p *Person) (Outcome, bool) {
	switch {
	case !p.Clearance.Covers(doc.Level):
		return refuse("not-cleared", RuleScope, subject, fact.Text{ZH: "%[1]s 的涉密等级不够借阅%[2]s文件。", EN: "%[1]s is not cleared for %[2]s documents."}.Fill(p.Name, doc.Level.Name())), false
	case len(doc.Scope) > 0 && !slices.Contains(doc.Scope, p.ID):
		return refuse("out-of-scope", RuleScope, subject, fact.Text{ZH: "%[1]s 不在知悉范围内，扩大范围须经批准。", EN: "%[1]s is outside the document's scope; widening it needs approval."}.Fill(p.Name)), false
	}
	if doc.Level == Public {
		return Outcome{}, true
	}
	return d.papers(subject, p)
}

func (d *decision) loanTerms(a RequestLoan, doc *Document, borrower *Person) Outcome {
	subject := string(a.Document)
	if len(a.Zones) > MaxZones || len(a.Purpose) > MaxTextLen || len(a.Reason) > MaxTextLen {
		return refuse("too-much", "", subject, fact.Text{ZH: "区域或事由过长。", EN: "Too many zones, or the purpose is too long."})
	}
	limit, limited := d.loanLimit(doc, borrower, d.in.At.Wall)
	due, byRule := a.Due, a.Due.IsZero()
	switch {
	case byRule && !limited:
		return refuse("no-due", RuleLoanTime, subject, fact.Text{ZH: "此密级没有规定的期限，请写明归还时间。", EN: "No rule sets a time for this level; say when it is due."})
	case byRule:
		due = limit.at
	case !due.After(d.in.At.Wall):
		return refuse("due-in-the-past", RuleLoanTime, subject, fact.Text{ZH: "归还时间必须晚于现在。", EN: "The due time must lie ahead."})
	case limited && due.After(limit.at):
		return refuse("too-long", limit.rule, subject, fact.Text{ZH: "最迟 %[1]s 归还（%[2]s），请改期或届时申请延期。", EN: "It is due back at %[1]s at the latest (%[2]s) Ask for that, and for an extension then."}.Fill(d.clockText(limit.at), limit.basis))
	}
	zones, o, ok := d.loanZones(a, doc, borrower)
	if !ok {
		return o
	}
	list, o, ok := d.legOf(a, doc)
	if !ok {
		return o
	}
	admitted, o, ok := d.admitted(doc, borrower)
	if !ok {
		return o
	}
	id := d.nextLoan()
	d.emit(string(id), &LoanRequested{Loan: id, Document: doc.ID, Borrower: a.Borrower, Due: due.UTC(), Zones: zones, Purpose: a.Purpose, ByRule: byRule, Basis: limit.basis, List: list, Reason: a.Reason})
	what := ForLoan
	if list != "" || admitted {
		what = ForListed
	}
	d.ask(string(id), what, d.levelWithPieces(doc), a.Borrower)
	return granted(string(id))
}

// limit is the latest time for which a document may be lent, by which rule, and how it was counted.
type limit struct {
	at    time.Time
	rule  string
	basis fact.Text
}

// loanLimit returns when one reader has to bring a document back that is given at an instant,
// by whichever rule comes first; limited is false when none speaks of it.
func (d *decision) loanLimit(doc *Document, borrower *Person, from time.Time) (first limit, limited bool) {
	p := d.site.Policy
	earlier := func(id string, at time.Time, why fact.Text) {
		if !limited || at.Before(first.at) {
			first, limited = limit{at: at, rule: id, basis: why}, true
		}
	}
	counted := func(id string, rule calendar.Due) {
		at, b := d.due(rule, from)
		earlier(id, at, b.Text)
	}
	if rule, ok := p.Lending.Due[d.levelWithPieces(doc)]; ok { // CIR-3: two days; top secret the same day
		counted(RuleLoanTime, rule)
	}
	if doc.Has(SameDay) || borrower.Outside != "" { // CIR-3, CIR-12
		counted(RuleLoanTime, calendar.Due{Kind: calendar.SameDay})
	}
	if doc.Has(Urgent) && p.Lending.Urgent > 0 { // CIR-3: back at once
		earlier(RuleLoanTime, from.Add(p.Lending.Urgent), fact.Text{ZH: "急件：%[1]s 内", EN: "urgent: within %[1]s"}.Fill(p.Lending.Urgent.String()))
	}
	if longest := p.LoanLongest[doc.Level]; longest > 0 {
		earlier(RuleLoanTime, from.Add(longest), fact.Text{ZH: "%[1]s文件最长借阅 %[2]s。", EN: "a %[1]s document is lent for %[2]s at most."}.Fill(doc.Level.Name(), longest.String()))
	}
	if !p.Lending.YearEnd.IsZero() { // CIR-9
		counted(RuleYearEnd, calendar.Due{Kind: calendar.EachYear, On: p.Lending.YearEnd})
	}
	return first, limited
}

// loanZones returns where a document may be while it is lent (CIR-8): what was asked for, if
// level and reader allow it. Nothing asked for is all that they allow, where they confine it.
func (d *decision) loanZones(a RequestLoan, doc *Document, borrower *Person) ([]fact.PlaceID, Outcome, bool) {
	subject := string(doc.ID)
	for _, z := range a.Zones {
		if _, ok := d.site.Places[z]; !ok {
			return nil, refuse("unknown-place", "", subject, fact.Text{ZH: "配置中没有区域“%[1]s”。", EN: "The configuration has no place %[1]q."}.Fill(string(z))), false
		}
	}
	allowed, rule, confined := d.confinedTo(doc, borrower)
	if !confined {
		return a.Zones, Outcome{}, true
	}
	for _, z := range a.Zones {
		if z != doc.Home && !slices.Contains(allowed, z) {
			return nil, refuse("zone-not-allowed", rule, subject, fact.Text{ZH: "%[1]s 不得在%[2]s阅看，只能在：%[3]s。", EN: "%[1]s may not be read in %[2]s; only in: %[3]s."}.Fill(subject, d.site.placeName(z), d.placeNames(allowed))), false
		}
	}
	if len(a.Zones) > 0 {
		return a.Zones, Outcome{}, true
	}
	return allowed, Outcome{}, true
}

// confinedTo returns the places to which the rules confine a lent document, in the order of their ids.
func (d *decision) confinedTo(doc *Document, borrower *Person) (allowed []fact.PlaceID, rule string, confined bool) {
	keep := func(why string, may func(fact.PlaceID) bool) {
		if !confined {
			allowed = sortedKeys(d.site.Places)
		}
		rule, confined = why, true
		allowed = slices.DeleteFunc(allowed, func(p fact.PlaceID) bool { return !may(p) })
	}
	if d.levelWithPieces(doc) == TopSecret {
		keep(RuleZones, d.topSecretIsReadIn)
	}
	if doc.Has(Archive) {
		keep(RuleZones, d.inArchive)
	}
	if borrower.Outside != "" {
		keep(RuleOutsider, func(p fact.PlaceID) bool { return d.site.Places[p].Kind == ReadingRoom })
	}
	return allowed, rule, confined
}

// topSecretIsReadIn: in the places that the site names, or in reading rooms and in rooms
// where a safe stands.
func (s *State) topSecretIsReadIn(place fact.PlaceID) bool {
	if named := s.site.Policy.Lending.TopSecretReadIn; len(named) > 0 {
		return slices.Contains(named, place)
	}
	for _, safe := range s.site.Safes {
		if safe.Room == place && place != "" {
			return true
		}
	}
	return s.site.Places[place].Kind == ReadingRoom
}

func (s *State) inArchive(place fact.PlaceID) bool {
	return slices.Contains(s.site.Policy.Lending.ArchiveRooms, place)
}

func (s *State) placeNames(places []fact.PlaceID) fact.Text {
	if len(places) == 0 {
		return fact.Text{ZH: "存放处", EN: "its home"}
	}
	var t fact.Text
	for i, p := range places {
		name := s.site.placeName(p)
		if i > 0 {
			t.ZH, t.EN = t.ZH+"、", t.EN+", "
		}
		t.ZH, t.EN = t.ZH+name.ZH, t.EN+name.EN
	}
	return t
}
