package custody

import (
	"fmt"
	"slices"
	"strings"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// CaseID numbers a case.
type CaseID string

// CaseKind says what a case is about.
type CaseKind string

// SafeForced is the case of a safe that was opened without the three parties: by its sealed
// mechanical key in an emergency, or by force (SAF-4). Nobody can tell the two apart but those
// who did it, so both are asked the same.
const SafeForced CaseKind = "safe-opened-without-session"

// Case is something that happened and that people must account for. It stays open until
// all that it asks for has been said, by the persons who must say it.
type Case struct {
	ID     CaseID
	Kind   CaseKind
	Safe   fact.SafeID
	Opened fact.Stamp
	// By are the two persons who opened the safe: the first says so, the second confirms it.
	By        [2]PersonID
	Reason    string
	Confirmed bool
	// Count is the full inventory after it: every document that has its home there.
	Count   []CountLine
	Counted bool
	// Of a missing document (INC-1): what it is, where it was last heard, who had it, and who was there since.
	Document DocumentID
	Last     LastSeen
	Holder   PersonID
	There    []PersonID
	Found    fact.PlaceID
	// Reports and Outcome are what the outside was told (INC-2).
	Reports []Report
	Outcome string
}

// CountLine is one document of an inventory. Why explains what was not found.
type CountLine struct {
	Document DocumentID `json:"document"`
	Found    bool       `json:"found"`
	Why      string     `json:"why,omitempty"`
}

// Needs returns what a case still asks for, as sentences for the people at the desk.
func (c *Case) Needs(nameOf func(PersonID) fact.Text) []fact.Text {
	if c.Kind == DocumentMissing {
		return c.needsMissing()
	}
	var needs []fact.Text
	switch {
	case c.By[0] == "":
		needs = append(needs, fact.Text{ZH: "说明开启的两人和原因", EN: "the two persons who opened it, and the reason"})
	case !c.Confirmed:
		needs = append(needs, fact.Text{ZH: "由 %[1]s 确认", EN: "confirmation by %[1]s"}.Fill(nameOf(c.By[1])))
	}
	if !c.Counted {
		needs = append(needs, fact.Text{ZH: "全面清点", EN: "a full inventory"})
	}
	if len(needs) == 0 {
		needs = append(needs, fact.Text{ZH: "由另一人结案", EN: "its closing, by somebody else"})
	}
	return needs
}

// openCase opens the case of a safe, unless one is open already.
func (d *decision) openCase(safe Safe) {
	if d.caseOf(safe.ID) != nil {
		return
	}
	id := CaseID(fmt.Sprintf("C-%06d", d.caseCount+1))
	d.emit(string(id), &CaseOpened{Case: id, About: SafeForced, Safe: safe.ID})
}

func (s *State) caseOf(safe fact.SafeID) *Case {
	for _, c := range s.cases {
		if c.Safe == safe {
			return c
		}
	}
	return nil
}

func noSuchCase(id CaseID) Outcome {
	return refuse("no-such-case", RuleSafeForced, string(id), fact.Text{ZH: "没有此未结案件。", EN: "There is no such open case."})
}

// stateCase takes the word of one of the two persons: who they were, and why.
func (d *decision) stateCase(a StateCase) Outcome {
	c, by, other := d.cases[a.Case], d.persons[PersonID(d.in.Actor)], d.persons[a.Other]
	subject := string(a.Case)
	switch {
	case c == nil || c.Kind != SafeForced:
		return noSuchCase(a.Case)
	case c.Confirmed:
		return refuse("confirmed-already", RuleNothingErased, subject, fact.Text{ZH: "说明已经两人确认，不能更改；另有情况请在结案时注明。", EN: "Both persons have confirmed the statement; what is to be added goes into the closing."})
	case by == nil:
		return refuse("not-a-person", RuleSafeForced, subject, fact.Text{ZH: "说明须由本人作出。", EN: "The statement is a person's own."})
	case other == nil || other.ID == by.ID:
		return refuse("two-persons", RuleSafeForced, subject, fact.Text{ZH: "应急开启须两人在场，请填写另一人。", EN: "It takes two persons; name the other one."})
	case strings.TrimSpace(a.Reason) == "" || len(a.Reason) > MaxTextLen:
		return refuse("no-reason", RuleSafeForced, subject, fact.Text{ZH: "请写明原因，最多 %[1]d 字节。", EN: "Give the reason, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	d.emit(subject, &CaseStated{Case: c.ID, By: by.ID, Other: other.ID, Reason: a.Reason})
	return granted(subject)
}

// confirmCase takes the word of the other.
func (d *decision) confirmCase(a ConfirmCase) Outcome {
	c := d.cases[a.Case]
	switch {
	case c == nil:
		return noSuchCase(a.Case)
	case c.By[1] == "" || c.Confirmed || PersonID(d.in.Actor) != c.By[1]:
		return refuse("nothing-to-confirm", RuleSafeForced, string(a.Case), fact.Text{ZH: "没有等待您确认的说明。", EN: "No statement waits for your confirmation."})
	}
	d.emit(string(c.ID), &CaseConfirmed{Case: c.ID, By: c.By[1]})
	return granted(string(c.ID))
}

// countCase takes the full inventory from what the safe's reader hears now, with the safe shut
// and locked. What is not heard and not lent must be explained.
func (d *decision) countCase(a CountCase) Outcome {
	c := d.cases[a.Case]
	if c == nil || c.Kind != SafeForced {
		return noSuchCase(a.Case)
	}
	safe, subject := d.site.Safes[c.Safe], string(a.Case)
	_, locked, open := d.bolts(safe)
	_, silent := d.unreadable[safe.Place]
	switch {
	case open || locked < len(safe.Locks):
		return refuse("safe-not-locked", RuleSafeForced, subject, fact.Text{ZH: "先把 %[1]s 关好锁好，再清点。", EN: "Shut and lock %[1]s first, then count."}.Fill(safe.Name))
	case silent:
		return refuse("not-readable", RuleSafeForced, subject, fact.Text{ZH: "%[1]s 的读写器没有读数，无法清点。", EN: "The reader of %[1]s hears nothing; it cannot be counted."}.Fill(safe.Name))
	}
	lines, unexplained := d.count(safe, a.Why)
	switch {
	case len(lines) > MaxCounted:
		return refuse("too-much", "", subject, fact.Text{ZH: "一次最多清点 %[1]d 份。", EN: "One count holds %[1]d documents at most."}.Fill(MaxCounted))
	case len(unexplained) > 0:
		return refuse("unexplained", RuleSafeForced, subject, fact.Text{ZH: "未读到且未说明：%[1]s。", EN: "Not heard, and not explained: %[1]s."}.Fill(strings.Join(unexplained, ", ")))
	}
	d.emit(subject, &CaseCounted{Case: c.ID, Lines: lines})
	return granted(subject)
}

// count holds the register of a safe against what its reader hears.
func (d *decision) count(safe Safe, why map[DocumentID]string) (lines []CountLine, unexplained []string) {
	for _, id := range d.shelves.homeOf(safe.Place) {
		doc := d.documents[id]
		line := CountLine{Document: id, Found: doc.Seen.Known && doc.Seen.Place == safe.Place}
		if loan := d.loanOf(doc); !line.Found && loan != nil && loan.Status == LoanOut {
			line.Why = string(loan.ID)
		} else if !line.Found {
			if line.Why = clip(strings.TrimSpace(why[id])); line.Why == "" {
				unexplained = append(unexplained, string(id))
			}
		}
		lines = append(lines, line)
	}
	return lines, unexplained
}

// closeCase ends a case when all that it asks for is there, by somebody who was not one of the two.
func (d *decision) closeCase(a CloseCase) Outcome {
	c, by := d.cases[a.Case], PersonID(d.in.Actor)
	subject := string(a.Case)
	switch {
	case c == nil:
		return noSuchCase(a.Case)
	case c.Kind == DocumentMissing:
		return d.closeMissing(c, a)
	case d.persons[by] == nil || slices.Contains(c.By[:], by):
		return refuse("not-yours-to-close", RuleSafeForced, subject, fact.Text{ZH: "案件由当事两人以外的人结案。", EN: "A case is closed by a person who is neither of the two."})
	case !c.Confirmed || !c.Counted:
		return refuse("case-incomplete", RuleSafeForced, subject, fact.Text{ZH: "尚缺：%[1]s。", EN: "Still needed: %[1]s."}.Fill(joined(c.Needs(d.personName))))
	case strings.TrimSpace(a.Finding) == "" || len(a.Finding) > MaxTextLen:
		return refuse("no-reason", RuleSafeForced, subject, fact.Text{ZH: "请写明结论，最多 %[1]d 字节。", EN: "Give the finding, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	d.emit(subject, &CaseClosed{Case: c.ID, By: by, Finding: a.Finding})
	d.endClocks(c.ID)
	return granted(subject)
}

func (s *State) personName(id PersonID) fact.Text {
	if p := s.persons[id]; p != nil {
		return p.Name
	}
	return fact.Text{ZH: string(id), EN: string(id)}
}

// closeAlert closes an alert, unless its case is still open.
func (d *decision) closeAlert(a CloseAlert) Outcome {
	if alert, ok := d.alerts.Get(a.Alert); ok && alert.Code == alerts.SafeNoSession {
		if c := d.caseOf(fact.SafeID(alert.Subject)); c != nil {
			return refuse("case-open", RuleSafeForced, fmt.Sprint(a.Alert), fact.Text{ZH: "先结案件 %[1]s：%[2]s。", EN: "Case %[1]s comes first: %[2]s."}.Fill(string(c.ID), joined(c.Needs(d.personName))))
		}
	}
	if alert, ok := d.alerts.Get(a.Alert); ok && alert.Code == alerts.Missing {
		if c := d.caseOfDocument(DocumentID(alert.Subject)); c != nil {
			return refuse("case-open", RuleMissing, fmt.Sprint(a.Alert), fact.Text{ZH: "先结案件 %[1]s：%[2]s。", EN: "Case %[1]s comes first: %[2]s."}.Fill(string(c.ID), joined(c.Needs(d.personName))))
		}
	}
	return d.onAlert(a.Alert, func() ([]alerts.Change, error) { return d.alerts.Close(a.Alert, a.Disposition, clip(a.Note)) })
}

func joined(list []fact.Text) fact.Text {
	var t fact.Text
	for i, one := range list {
		if i > 0 {
			t.ZH, t.EN = t.ZH+"；", t.EN+"; "
		}
		t.ZH, t.EN = t.ZH+one.ZH, t.EN+one.EN
	}
	return t
}

func partyNames(parties []threelock.Party) fact.Text {
	var t fact.Text
	for i, p := range parties {
		if i > 0 {
			t.ZH, t.EN = t.ZH+"、", t.EN+", "
		}
		t.ZH, t.EN = t.ZH+p.Name().ZH, t.EN+p.Name().EN
	}
	return t
}

// CaseOpened begins a case: a safe was opened without the three parties (SAF-4), or a document is missing (INC-1).
type CaseOpened struct {
	Case  CaseID      `json:"case"`
	About CaseKind    `json:"about"`
	Safe  fact.SafeID `json:"safe,omitempty"`
	// Of a missing document (INC-1).
	Document DocumentID `json:"document,omitempty"`
	Last     LastSeen   `json:"last,omitzero"`
	Holder   PersonID   `json:"holder,omitempty"`
	There    []PersonID `json:"there,omitempty"`
}

// CaseStated is the word of one of the two persons.
type CaseStated struct {
	Case   CaseID   `json:"case"`
	By     PersonID `json:"by"`
	Other  PersonID `json:"other"`
	Reason string   `json:"reason"`
}

// CaseConfirmed is the word of the other.
type CaseConfirmed struct {
	Case CaseID   `json:"case"`
	By   PersonID `json:"by"`
}

// CaseCounted is the full inventory after it.
type CaseCounted struct {
	Case  CaseID      `json:"case"`
	Lines []CountLine `json:"lines"`
}

// CaseClosed ends a case, by a person who was not party to it; By is empty where what was missing is heard again.
type CaseClosed struct {
	Case    CaseID   `json:"case"`
	By      PersonID `json:"by"`
	Finding string   `json:"finding"`
}

// The kinds of events; they stand in the record and never change.
func (CaseOpened) Kind() string    { return "case-opened" }
func (CaseStated) Kind() string    { return "case-stated" }
func (CaseConfirmed) Kind() string { return "case-confirmed" }
func (CaseCounted) Kind() string   { return "case-counted" }
func (CaseClosed) Kind() string    { return "case-closed" }

var caseEvents = []func() Event{blank[CaseOpened], blank[CaseStated], blank[CaseConfirmed], blank[CaseCounted], blank[CaseClosed]}

func (ev *CaseOpened) evolve(s *State, at fact.Stamp) {
	s.caseCount++
	c := &Case{ID: ev.Case, Kind: ev.About, Safe: ev.Safe, Opened: at, Document: ev.Document, Last: ev.Last, Holder: ev.Holder, There: ev.There}
	s.cases[ev.Case] = c
	s.watchCase(c)
}

func (ev *CaseStated) evolve(s *State, _ fact.Stamp) {
	if c := s.cases[ev.Case]; c != nil {
		c.By, c.Reason = [2]PersonID{ev.By, ev.Other}, ev.Reason
	}
}

func (ev *CaseConfirmed) evolve(s *State, _ fact.Stamp) {
	if c := s.cases[ev.Case]; c != nil {
		c.Confirmed = true
	}
}

func (ev *CaseCounted) evolve(s *State, _ fact.Stamp) {
	if c := s.cases[ev.Case]; c != nil {
		c.Count, c.Counted = ev.Lines, true
	}
}

func (ev *CaseClosed) evolve(s *State, _ fact.Stamp) { s.forgetCase(ev.Case) }

// StateCase says who opened a safe without the three parties, and why. The one who asks is one of the two.
type StateCase struct {
	Case   CaseID   `json:"case"`
	Other  PersonID `json:"other"`
	Reason string   `json:"reason"`
}

// ConfirmCase is the other's confirmation.
type ConfirmCase struct {
	Case CaseID `json:"case"`
}

// CountCase takes the full inventory, with a reason for each document that is not found.
type CountCase struct {
	Case CaseID                `json:"case"`
	Why  map[DocumentID]string `json:"why,omitempty"`
}

// CloseCase ends a case.
type CloseCase struct {
	Case    CaseID `json:"case"`
	Finding string `json:"finding"`
}

// The verbs of acts; they stand in the record and never change.
func (StateCase) Verb() string   { return "state-case" }
func (ConfirmCase) Verb() string { return "confirm-case" }
func (CountCase) Verb() string   { return "count-case" }
func (CloseCase) Verb() string   { return "close-case" }

func (a StateCase) carryOut(d *decision) Outcome   { return d.stateCase(a) }
func (a ConfirmCase) carryOut(d *decision) Outcome { return d.confirmCase(a) }
func (a CountCase) carryOut(d *decision) Outcome   { return d.countCase(a) }
func (a CloseCase) carryOut(d *decision) Outcome   { return d.closeCase(a) }

var caseActs = []actKind{
	act[StateCase]("说明案件", "state a case"),
	act[ConfirmCase]("确认案件说明", "confirm a case's statement"),
	act[CountCase]("案件清点", "count for a case"),
	act[CloseCase]("结案", "close a case"),
}
