package custody

import (
	"slices"

	"trilock/alerts"
	"trilock/custody/fact"
)

// Copying is one copying of one document: asked for, approved, made, counted (CPY-1, CPY-2).
type Copying struct {
	ID       string       `json:"id"`
	Document DocumentID   `json:"document"`
	By       PersonID     `json:"by"`
	Count    int          `json:"count"` // copies asked for and, later, approved
	Purpose  string       `json:"purpose"`
	Place    fact.PlaceID `json:"place"` // where it is done
	Approved bool         `json:"approved,omitempty"`
	// Registered copies so far, each with a tag of its own.
	Registered int `json:"registered,omitempty"`
	// Counted: somebody has said how many the machine made, and how many of them were spoiled.
	Counted bool `json:"counted,omitempty"`
	Made    int  `json:"made,omitempty"`
	Spoiled int  `json:"spoiled,omitempty"`
}

// settled reports whether every sheet that was made is registered or destroyed.
func (c *Copying) settled() bool { return c.Counted && c.Made-c.Spoiled == c.Registered }

// The acts of copying.
type (
	// RequestCopying asks for copies of a document, made at a place (CPY-1).
	RequestCopying struct {
		Document DocumentID   `json:"document"`
		Count    int          `json:"count"`
		Purpose  string       `json:"purpose"`
		Place    fact.PlaceID `json:"place"`
	}
	// CountCopies says how many copies were made in all, and how many of them were spoiled and
	// destroyed before a witness. It ends the copying when the others are all registered (CPY-2).
	CountCopies struct {
		Copying string   `json:"copying"`
		Made    int      `json:"made"`
		Spoiled int      `json:"spoiled,omitempty"`
		Witness PersonID `json:"witness,omitempty"`
	}
)

// The verbs of acts; they stand in the record and never change.
func (RequestCopying) Verb() string { return "request-copying" }
func (CountCopies) Verb() string    { return "count-copies" }

func (a RequestCopying) carryOut(d *decision) Outcome { return d.requestCopying(a) }
func (a CountCopies) carryOut(d *decision) Outcome    { return d.countCopies(a) }

var copyingActs = []actKind{
	act[RequestCopying]("申请复制", "request copies"),
	act[CountCopies]("清点复制件", "count copies"),
}

func (d *decision) requestCopying(a RequestCopying) Outcome {
	doc, subject := d.documents[a.Document], string(a.Document)
	if doc == nil {
		return unknownDocument(a.Document)
	}
	by, no, ok := d.actor(RuleCopying, subject)
	if !ok {
		return no
	}
	series, own := d.seriesOf(doc.DocumentRecord)
	places := d.site.Policy.Registering.CopyingPlaces
	_, known := d.site.Places[a.Place]
	switch {
	case own && series.NotCopied:
		return refuse("never-copied", RuleCarriers, subject, fact.Text{ZH: "%[1]s一律不得复制。", EN: "%[1]s: no copy is ever made."}.Fill(series.Name))
	case !by.Clearance.Covers(doc.Level) || (len(doc.Scope) > 0 && !slices.Contains(doc.Scope, by.ID)):
		return refuse("out-of-scope", RuleScope, subject, fact.Text{ZH: "%[1]s 不在知悉范围内或涉密等级不够，不得申请复制。", EN: "%[1]s is not cleared for it or outside its scope, and cannot ask for copies."}.Fill(by.Name))
	case a.Count < 1 || a.Count > MaxCopies || a.Purpose == "" || len(a.Purpose) > MaxTextLen:
		return refuse("incomplete", RuleCopying, subject, fact.Text{ZH: "请填写份数和用途。", EN: "Give the number of copies and what they are for."})
	case !known || (len(places) > 0 && !slices.Contains(places, a.Place)):
		return refuse("not-a-copying-place", RuleCopyCount, subject, fact.Text{ZH: "请在指定的复制处所复制。", EN: "Copies are made at a place set for it; name one."})
	case len(d.registering.Copyings) >= MaxCopyings:
		return refuse("too-much", "", subject, fact.Text{ZH: "未办结的复制已达 %[1]d 项。", EN: "%[1]d copyings are under way; finish some first."}.Fill(MaxCopyings))
	}
	if id, open := d.registering.copyingOf[doc.ID]; open {
		return refuse("copying-waits", RuleCopying, subject, fact.Text{ZH: "%[1]s 已有未办结的复制（%[2]s），先清点办结或撤回。", EN: "A copying of %[1]s is under way (%[2]s); count and finish it, or recall it."}.Fill(subject, id))
	}
	id := number("CP", d.registering.CopyingCount+1)
	d.emit(id, &CopyingAsked{Copying: Copying{ID: id, Document: doc.ID, By: by.ID, Count: a.Count, Purpose: a.Purpose, Place: a.Place}})
	d.ask(id, ForCopying, doc.Level)
	return granted(id)
}

func (d *decision) copyingApproved(id string) {
	if c := d.registering.Copyings[id]; c != nil && !c.Approved {
		d.emit(id, &CopyingApproved{Copying: id})
		d.judgeAgain(c.Document)
		d.end(alerts.CopyUnapproved, string(c.Document))
	}
}

// judgeAgain looks anew at where a document is, when what it may has changed.
func (d *decision) judgeAgain(id DocumentID) {
	if doc := d.documents[id]; doc != nil && doc.Seen.Known {
		d.judgeZone(doc)
	}
}

func (d *decision) copyingDropped(id string, status ApprovalStatus) {
	if c := d.registering.Copyings[id]; c != nil && c.Registered == 0 {
		original := c.Document
		d.emit(id, &CopyingClosed{Copying: id, Why: string(status)})
		d.end(alerts.CopiesOpen, id)
		d.judgeAgain(original)
	}
}

// copyRefused: a copy of a classified document is registered against an approved copying, never
// more than were approved, while the original lies there (CPY-1, CPY-2).
func (d *decision) copyRefused(r DocumentRecord, copying string) (Outcome, bool) {
	subject, c, original := string(r.ID), d.registering.Copyings[copying], d.documents[r.Original]
	if copying == "" {
		if original == nil || !original.Level.classified() || (r.Nature != CopyOf && r.Nature != Excerpt) {
			return Outcome{}, false
		}
		return refuse("no-copying", RuleCopying, subject, fact.Text{ZH: "复制或摘录 %[1]s 须先申请并经批准；登记时写明复制单号。", EN: "Copying %[1]s is asked for and approved first; name the copying when you register the copy."}.Fill(string(original.ID))), true
	}
	switch {
	case c == nil:
		return refuse("no-copying", RuleCopying, subject, fact.Text{ZH: "没有未办结的复制 %[1]s。", EN: "There is no copying %[1]s under way."}.Fill(copying)), true
	case c.Document != r.Original || (r.Nature != CopyOf && r.Nature != Excerpt):
		return refuse("not-its-copy", RuleCopies, subject, fact.Text{ZH: "%[1]s 批准复制的是 %[2]s。", EN: "Copying %[1]s is of %[2]s."}.Fill(copying, string(c.Document))), true
	case c.Registered >= c.Count:
		return refuse("more-than-approved", RuleCopyCount, subject, fact.Text{ZH: "%[1]s 只批准复制 %[2]d 份，已全部登记；多印的须销毁。", EN: "%[1]s allows %[2]d copies, and they are registered; what was made beyond is destroyed."}.Fill(copying, c.Count)), true
	case original == nil || !original.Seen.Known || original.Seen.Place != c.Place:
		return refuse("original-not-there", RuleCopyCount, subject, fact.Text{ZH: "未在 %[1]s 读到原件 %[2]s；原件在场才能登记复制件。", EN: "The original %[2]s is not read at %[1]s; copies are registered while it is there."}.Fill(d.site.placeName(c.Place), string(c.Document))), true
	}
	if c.Registered == 0 {
		if no, ok := d.approved(copying, RuleCopying); !ok {
			return no, true
		}
	}
	return Outcome{}, false
}

// startCopying uses the approval up with the first copy.
func (d *decision) startCopying(copying string) {
	if c := d.registering.Copyings[copying]; c != nil && c.Registered == 0 {
		d.useApproval(copying)
	}
}

func (d *decision) countCopies(a CountCopies) Outcome {
	c := d.registering.Copyings[a.Copying]
	if c == nil {
		return refuse("no-copying", RuleCopyCount, a.Copying, fact.Text{ZH: "没有未办结的复制 %[1]s。", EN: "There is no copying %[1]s under way."}.Fill(a.Copying))
	}
	by, no, ok := d.actor(RuleCopyCount, a.Copying)
	witness := d.persons[a.Witness]
	switch {
	case !ok:
		return no
	case by.ID != c.By && !d.holds(by, Archivist):
		return refuse("wrong-post", RuleCopyCount, a.Copying, fact.Text{ZH: "由申请人或档案员清点。", EN: "The one who asked for the copies, or an archivist, counts them."})
	case !c.Approved:
		return refuse("not-approved", RuleCopying, a.Copying, fact.Text{ZH: "%[1]s 尚未批准。", EN: "%[1]s is not approved yet."}.Fill(a.Copying))
	case a.Made < 0 || a.Made > MaxCopies || a.Spoiled < 0 || a.Spoiled > a.Made:
		return refuse("bad-count", RuleCopyCount, a.Copying, fact.Text{ZH: "请填写实印份数，及其中作废销毁的份数。", EN: "Give how many were made, and how many of them were spoiled and destroyed."})
	case a.Spoiled > 0 && (witness == nil || witness.ID == by.ID):
		return refuse("two-persons", RuleCopyCount, a.Copying, fact.Text{ZH: "销毁作废件须有另一人监销，请填写。", EN: "Spoiled copies are destroyed before another person; name the witness."})
	}
	d.emit(a.Copying, &CopiesCounted{Copying: a.Copying, Made: a.Made, Spoiled: a.Spoiled, By: by.ID, Witness: a.Witness})
	d.settleCopying(a.Copying)
	return granted(a.Copying)
}

// settleCopying ends a copying when made = registered + destroyed, and raises the difference otherwise (CPY-2).
func (d *decision) settleCopying(id string) {
	c := d.registering.Copyings[id]
	switch {
	case c == nil || !c.Counted:
	case c.settled():
		original := c.Document
		d.useApproval(id)
		d.emit(id, &CopyingClosed{Copying: id, Why: "done"})
		d.end(alerts.CopiesOpen, id)
		d.judgeAgain(original)
	default:
		d.raise(alerts.CopiesOpen, id, id, string(c.Document), c.Count, c.Registered, fact.Text{ZH: "实印 %[1]d 份，作废 %[2]d 份", EN: "%[1]d were made and %[2]d of them spoiled"}.Fill(c.Made, c.Spoiled))
	}
}

// originalMoved holds the original's presence at a copying place against what was approved (CPY-2):
// it is there only for an approved copying, and leaves after the copies are counted.
func (d *decision) originalMoved(doc *Document, from fact.PlaceID) {
	there, c := doc.Seen.Place, d.registering.Copyings[d.registering.copyingOf[doc.ID]]
	allowed := c != nil && c.Approved && there == c.Place
	if c != nil && c.Approved && from == c.Place && (there != c.Place || !doc.Seen.Known) {
		d.raise(alerts.CopiesOpen, c.ID, c.ID, string(doc.ID), c.Count, c.Registered, fact.Text{ZH: "原件已离开，尚未清点份数", EN: "the original left before the copies were counted"})
	}
	_, fresh := d.registering.Fresh[doc.ID]
	if doc.Seen.Known && slices.Contains(d.site.Policy.Registering.CopyingPlaces, there) && doc.Level.classified() && !allowed && !fresh {
		d.raise(alerts.CopyUnapproved, string(doc.ID), string(doc.ID), d.site.placeName(there))
		return
	}
	d.end(alerts.CopyUnapproved, string(doc.ID))
}

// beingCopied reports whether a document is where it is copied, or where it was made as a copy.
func (d *decision) beingCopied(doc *Document, place fact.PlaceID) bool {
	for _, work := range []string{d.registering.copyingOf[doc.ID], d.registering.Fresh[doc.ID]} {
		if c := d.registering.Copyings[work]; c != nil && c.Place == place && c.Approved {
			return true
		}
	}
	return false
}

// onItsWayHome reports whether a document that was made in the house is on its first way home.
func (d *decision) onItsWayHome(doc *Document, place fact.PlaceID) bool {
	_, fresh := d.registering.Fresh[doc.ID]
	if loan := d.loanOf(doc); loan != nil && loan.Status == LoanOut {
		return false // the loan says where it may be
	}
	return fresh && slices.Contains([]PlaceKind{Room, ReadingRoom, Corridor}, d.site.Places[place].Kind)
}

// stillOnItsWay raises that a document made in the house has not come home.
func (d *decision) stillOnItsWay(id DocumentID) {
	doc := d.documents[id]
	if _, fresh := d.registering.Fresh[id]; !fresh || doc == nil || atHome(doc) {
		return
	}
	if loan := d.loans[doc.Loan]; loan == nil || loan.Status != LoanOut {
		d.raise(alerts.NotPutAway, string(id), string(id), d.site.placeName(doc.Home))
	}
}

func (d *decision) cameHome(doc *Document) {
	if atHome(doc) {
		d.end(alerts.NotPutAway, string(doc.ID))
	}
}

// workedOut counts a document that comes out of a copying or an issue, and expects it home.
func (s *State) workedOut(doc *Document, from string, at fact.Stamp) {
	if c := s.registering.Copyings[from]; c != nil {
		c.Registered++
	}
	if o := s.registering.Drafts[from]; o != nil {
		o.Kept++
	}
	if from != "" {
		s.expectHome(doc, from, at)
	}
}

// expectHome expects a document home from where it was copied or made.
func (s *State) expectHome(doc *Document, from string, at fact.Stamp) {
	s.registering.Fresh[doc.ID] = from
	if wait := s.site.Policy.Registering.PutAway; wait > 0 {
		s.agenda.at(errand{errandPutAway, string(doc.ID)}, at.Mono+wait)
	}
}

// putAway ends the first way home of a document that is read there.
func (s *State) putAway(doc *Document) {
	if _, fresh := s.registering.Fresh[doc.ID]; fresh && atHome(doc) {
		delete(s.registering.Fresh, doc.ID)
		s.agenda.off(errand{errandPutAway, string(doc.ID)})
	}
}

// The events of a copying.
type (
	// CopyingAsked begins one.
	CopyingAsked struct {
		Copying Copying `json:"copying"`
	}
	// CopyingApproved: everybody has approved who must.
	CopyingApproved struct {
		Copying string `json:"copying"`
	}
	// CopiesCounted says how many were made and spoiled.
	CopiesCounted struct {
		Copying string   `json:"copying"`
		Made    int      `json:"made"`
		Spoiled int      `json:"spoiled,omitempty"`
		By      PersonID `json:"by"`
		Witness PersonID `json:"witness,omitempty"`
	}
	// CopyingClosed ends one: done, or how its approval ended.
	CopyingClosed struct {
		Copying string `json:"copying"`
		Why     string `json:"why"`
	}
)

// The kinds of events; they stand in the record and never change.
func (CopyingAsked) Kind() string    { return "copying-asked" }
func (CopyingApproved) Kind() string { return "copying-approved" }
func (CopiesCounted) Kind() string   { return "copies-counted" }
func (CopyingClosed) Kind() string   { return "copying-closed" }

var copyingEvents = []func() Event{blank[CopyingAsked], blank[CopyingApproved], blank[CopiesCounted], blank[CopyingClosed]}

func (ev *CopyingAsked) evolve(s *State, _ fact.Stamp) {
	c := ev.Copying
	s.registering.CopyingCount++
	s.registering.Copyings[c.ID] = &c
	s.registering.copyingOf[c.Document] = c.ID
}

func (ev *CopyingApproved) evolve(s *State, _ fact.Stamp) {
	if c := s.registering.Copyings[ev.Copying]; c != nil {
		c.Approved = true
	}
}

func (ev *CopiesCounted) evolve(s *State, _ fact.Stamp) {
	if c := s.registering.Copyings[ev.Copying]; c != nil {
		c.Counted, c.Made, c.Spoiled = true, ev.Made, ev.Spoiled
	}
}

func (ev *CopyingClosed) evolve(s *State, at fact.Stamp) {
	c := s.registering.Copyings[ev.Copying]
	if c == nil {
		return
	}
	delete(s.registering.copyingOf, c.Document)
	delete(s.registering.Copyings, c.ID)
	doc := s.documents[c.Document]
	if doc == nil || !doc.Seen.Known || doc.Seen.Place != c.Place {
		return
	}
	if loan := s.loanOf(doc); c.Registered > 0 && (loan == nil || loan.Status != LoanOut) { // nobody has it on loan: it goes straight home
		s.expectHome(doc, c.ID, at)
	}
}
