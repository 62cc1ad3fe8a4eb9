package custody

import (
	"slices"
	"strings"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// DraftStep is one step that a draft passes before it is numbered and printed (ISS-1).
type DraftStep string

// The steps, in their order.
const (
	StepReview  DraftStep = "review"  // 审核
	StepIssue   DraftStep = "issue"   // 签发
	StepRecheck DraftStep = "recheck" // 复核
)

var draftSteps = []DraftStep{StepReview, StepIssue, StepRecheck}

// Name returns what people call the step.
func (s DraftStep) Name() fact.Text {
	switch s {
	case StepReview:
		return fact.Text{ZH: "审核", EN: "review"}
	case StepIssue:
		return fact.Text{ZH: "签发", EN: "issue"}
	case StepRecheck:
		return fact.Text{ZH: "复核", EN: "recheck"}
	}
	return fact.Text{ZH: string(s), EN: string(s)}
}

// Outgoing is a document of the house's own, from its first draft until every printed sheet is accounted for.
type Outgoing struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Level     Level      `json:"level"` // from the draft on
	Retention Retention  `json:"retention,omitzero"`
	Scope     []PersonID `json:"scope,omitempty"`
	Pages     int        `json:"pages,omitempty"`
	By        PersonID   `json:"by"`
	// Passed are those who signed the steps so far, in the order of the steps.
	Passed []PersonID `json:"passed,omitempty"`
	Number DocumentID `json:"number,omitempty"`
	// The printing room's count (ISS-1): printed = sent + kept + destroyed.
	Printed   int `json:"printed,omitempty"`
	Sent      int `json:"sent,omitempty"`
	Kept      int `json:"kept,omitempty"`
	Destroyed int `json:"destroyed,omitempty"`
}

// open returns how many printed copies are not accounted for.
func (o *Outgoing) open() int { return o.Printed - o.Sent - o.Kept - o.Destroyed }

// next returns the step that comes next.
func (o *Outgoing) next() (DraftStep, bool) {
	if len(o.Passed) >= len(draftSteps) {
		return "", false
	}
	return draftSteps[len(o.Passed)], true
}

// The acts of issuing.
type (
	// BeginDraft begins an outgoing document, with its level.
	BeginDraft struct {
		Title     string     `json:"title"`
		Level     Level      `json:"level"`
		Retention Retention  `json:"retention,omitzero"`
		Scope     []PersonID `json:"scope,omitempty"`
		Pages     int        `json:"pages,omitempty"`
	}
	// PassDraft signs the step that comes next.
	PassDraft struct {
		Draft string    `json:"draft"`
		Step  DraftStep `json:"step"`
	}
	// ReturnDraft sends it back to its author: every step begins anew. Level, if given, is the new one.
	ReturnDraft struct {
		Draft  string `json:"draft"`
		Reason string `json:"reason"`
		Level  Level  `json:"level,omitempty"`
	}
	// DropDraft gives an outgoing document up before it is printed; a number that it had stays void.
	DropDraft struct {
		Draft  string `json:"draft"`
		Reason string `json:"reason"`
	}
	// NumberDraft gives it the next number of a category.
	NumberDraft struct {
		Draft    string `json:"draft"`
		Category string `json:"category,omitempty"`
	}
	// PrintDraft enters the printing room's count.
	PrintDraft struct {
		Draft  string `json:"draft"`
		Copies int    `json:"copies"`
	}
	// DestroyPrints enters printed sheets that were destroyed before a witness: spoiled, or too many.
	DestroyPrints struct {
		Draft   string   `json:"draft"`
		Copies  int      `json:"copies"`
		Witness PersonID `json:"witness"`
	}
)

// The verbs of acts; they stand in the record and never change.
func (BeginDraft) Verb() string    { return "begin-draft" }
func (PassDraft) Verb() string     { return "pass-draft" }
func (ReturnDraft) Verb() string   { return "return-draft" }
func (DropDraft) Verb() string     { return "drop-draft" }
func (NumberDraft) Verb() string   { return "number-draft" }
func (PrintDraft) Verb() string    { return "print-draft" }
func (DestroyPrints) Verb() string { return "destroy-prints" }

func (a BeginDraft) carryOut(d *decision) Outcome    { return d.beginDraft(a) }
func (a PassDraft) carryOut(d *decision) Outcome     { return d.passDraft(a) }
func (a ReturnDraft) carryOut(d *decision) Outcome   { return d.returnDraft(a) }
func (a DropDraft) carryOut(d *decision) Outcome     { return d.dropDraft(a) }
func (a NumberDraft) carryOut(d *decision) Outcome   { return d.numberDraft(a) }
func (a PrintDraft) carryOut(d *decision) Outcome    { return d.printDraft(a) }
func (a DestroyPrints) carryOut(d *decision) Outcome { return d.destroyPrints(a) }

var issuingActs = []actKind{
	act[BeginDraft]("起草", "begin a draft"),
	act[PassDraft]("审核、签发或复核", "pass a draft"),
	act[ReturnDraft]("退回修改", "return a draft"),
	act[DropDraft]("撤销发文", "give a draft up"),
	act[NumberDraft]("编发文号", "number a draft"),
	act[PrintDraft]("登记印制份数", "enter what was printed"),
	act[DestroyPrints]("销毁多印作废件", "destroy prints"),
}

func (d *decision) beginDraft(a BeginDraft) Outcome {
	by, no, ok := d.actor(RuleIssue, a.Title)
	switch {
	case !ok:
		return no
	case a.Title == "" || len(a.Title) > MaxTextLen || !a.Level.Valid() || a.Pages < 0 || a.Pages > MaxPages || len(a.Scope) > MaxScope:
		return refuse("incomplete", RuleIssue, clip(a.Title), fact.Text{ZH: "起草时即须填写题名和密级。", EN: "A draft has its title and its level from the beginning."})
	case a.Level.classified() && !a.Retention.stated():
		return refuse("incomplete", RuleIssue, clip(a.Title), fact.Text{ZH: "涉密文件起草时即须定保密期限。", EN: "A classified draft has its retention period from the beginning."})
	case !by.Clearance.Covers(a.Level):
		return refuse("not-cleared", RuleScope, clip(a.Title), fact.Text{ZH: "%[1]s 的涉密等级不够起草%[2]s文件。", EN: "%[1]s is not cleared to draft %[2]s documents."}.Fill(by.Name, a.Level.Name()))
	case len(d.registering.Drafts) >= MaxDrafts:
		return refuse("too-much", "", clip(a.Title), fact.Text{ZH: "未办结的发文已达 %[1]d 件。", EN: "%[1]d drafts are under way; finish some first."}.Fill(MaxDrafts))
	}
	id := number("DR", d.registering.DraftCount+1)
	d.emit(id, &DraftBegun{Draft: Outgoing{ID: id, Title: a.Title, Level: a.Level, Retention: a.Retention, Scope: a.Scope, Pages: a.Pages, By: by.ID}})
	return granted(id)
}

func noDraft(id string) Outcome {
	return refuse("no-draft", RuleIssue, id, fact.Text{ZH: "没有未办结的发文 %[1]s。", EN: "There is no draft %[1]s under way."}.Fill(id))
}

// passDraft signs one step: in their order, each by another person, none by the author (ISS-1).
func (d *decision) passDraft(a PassDraft) Outcome {
	o := d.registering.Drafts[a.Draft]
	if o == nil {
		return noDraft(a.Draft)
	}
	step, more := o.next()
	by, no, ok := d.actor(RuleIssue, o.ID, d.site.Policy.Registering.Issuing[a.Step]...)
	switch {
	case !more:
		return refuse("passed-already", RuleIssue, o.ID, fact.Text{ZH: "%[1]s 已审核、签发并复核，可以编号印制。", EN: "%[1]s has passed all steps; it may be numbered and printed."}.Fill(o.ID))
	case a.Step != step:
		return refuse("not-its-turn", RuleIssue, o.ID, fact.Text{ZH: "下一步是%[1]s。", EN: "The next step is: %[1]s."}.Fill(step.Name()))
	case !ok:
		return no
	case by.ID == o.By || slices.Contains(o.Passed, by.ID):
		return refuse("same-person", RuleIssue, o.ID, fact.Text{ZH: "起草、审核、签发、复核须由不同的人，请另一人%[1]s。", EN: "Author and signers of the steps are different persons; another does this step: %[1]s."}.Fill(step.Name()))
	case !by.Clearance.Covers(o.Level):
		return refuse("not-cleared", RuleScope, o.ID, fact.Text{ZH: "%[1]s 的涉密等级不够处理%[2]s文件。", EN: "%[1]s is not cleared for %[2]s documents."}.Fill(by.Name, o.Level.Name()))
	}
	d.emit(o.ID, &DraftPassed{Draft: o.ID, Step: step, By: by.ID})
	return granted(o.ID)
}

func (d *decision) returnDraft(a ReturnDraft) Outcome {
	o := d.registering.Drafts[a.Draft]
	if o == nil {
		return noDraft(a.Draft)
	}
	by, no, ok := d.actor(RuleIssue, o.ID)
	switch {
	case !ok:
		return no
	case o.Number != "":
		return refuse("numbered-already", RuleIssue, o.ID, fact.Text{ZH: "已编号 %[1]s，不能退回。", EN: "It is numbered %[1]s and cannot be returned."}.Fill(string(o.Number)))
	case !by.Clearance.Covers(higher(o.Level, a.Level)):
		return refuse("not-cleared", RuleScope, o.ID, fact.Text{ZH: "%[1]s 的涉密等级不够。", EN: "%[1]s is not cleared for it."}.Fill(by.Name))
	case strings.TrimSpace(a.Reason) == "" || len(a.Reason) > MaxTextLen || (a.Level != "" && !a.Level.Valid()):
		return refuse("no-reason", RuleIssue, o.ID, fact.Text{ZH: "请写明退回的理由，最多 %[1]d 字节。", EN: "Say why it is returned, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	d.emit(o.ID, &DraftReturned{Draft: o.ID, By: by.ID, Reason: a.Reason, Level: a.Level})
	return granted(o.ID)
}

func (d *decision) dropDraft(a DropDraft) Outcome {
	o := d.registering.Drafts[a.Draft]
	if o == nil {
		return noDraft(a.Draft)
	}
	by, no, ok := d.actor(RuleIssue, o.ID)
	switch {
	case !ok:
		return no
	case by.ID != o.By && !d.holds(by, GeneralOfficeHead):
		return refuse("wrong-post", RuleIssue, o.ID, fact.Text{ZH: "由起草人或综合部负责人撤销。", EN: "Its author, or the head of the general office, gives it up."})
	case o.Printed > 0:
		return refuse("printed-already", RuleIssue, o.ID, fact.Text{ZH: "已印 %[1]d 份，逐份交代后自行办结。", EN: "%[1]d copies were printed; it ends when each is accounted for."}.Fill(o.Printed))
	case strings.TrimSpace(a.Reason) == "" || len(a.Reason) > MaxTextLen:
		return refuse("no-reason", RuleIssue, o.ID, fact.Text{ZH: "请写明撤销的理由，最多 %[1]d 字节。", EN: "Say why it is given up, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	d.emit(o.ID, &DraftDropped{Draft: o.ID, By: by.ID, Reason: a.Reason, Void: o.Number})
	return granted(o.ID)
}

// numberDraft gives a draft its number when every step is passed, and not before (ISS-1).
func (d *decision) numberDraft(a NumberDraft) Outcome {
	o := d.registering.Drafts[a.Draft]
	if o == nil {
		return noDraft(a.Draft)
	}
	_, no, ok := d.actor(RuleIssue, o.ID, Archivist, GeneralOffice, GeneralOfficeHead)
	step, more := o.next()
	switch {
	case !ok:
		return no
	case more:
		return refuse("not-passed", RuleIssue, o.ID, fact.Text{ZH: "还未%[1]s，不得编号印制。", EN: "It is not numbered or printed before this step: %[1]s."}.Fill(step.Name()))
	case o.Number != "":
		return refuse("numbered-already", RuleIssue, o.ID, fact.Text{ZH: "已编号 %[1]s。", EN: "It is numbered already: %[1]s."}.Fill(string(o.Number)))
	}
	r := DocumentRecord{Title: o.Title, Level: o.Level}
	if no, ok := d.numbered(&r, a.Category); !ok {
		return no
	}
	if no, bad := d.numberRefused(r.ID, ""); bad {
		return no
	}
	d.emit(o.ID, &DraftNumbered{Draft: o.ID, Number: r.ID})
	return Outcome{OK: true, Subject: string(r.ID)}
}

func (d *decision) printDraft(a PrintDraft) Outcome {
	o := d.registering.Drafts[a.Draft]
	if o == nil {
		return noDraft(a.Draft)
	}
	by, no, ok := d.actor(RuleIssue, o.ID, Archivist, GeneralOffice, GeneralOfficeHead)
	switch {
	case !ok:
		return no
	case o.Number == "":
		return refuse("not-numbered", RuleIssue, o.ID, fact.Text{ZH: "尚未编号，不得印制；先审核、签发、复核、编号。", EN: "It has no number and is not printed: review, issue, recheck and number come first."})
	case o.Printed > 0:
		return refuse("printed-already", RuleIssue, o.ID, fact.Text{ZH: "已登记印制 %[1]d 份；加印按复制办理。", EN: "%[1]d copies were printed; more are a copying."}.Fill(o.Printed))
	case a.Copies < 1 || a.Copies > MaxCopies:
		return refuse("bad-count", RuleIssue, o.ID, fact.Text{ZH: "请填写实印份数。", EN: "Give how many copies were printed."})
	}
	d.emit(o.ID, &DraftPrinted{Draft: o.ID, Copies: a.Copies, By: by.ID, AccountBy: d.in.At.Wall.Add(d.site.Policy.Registering.AccountFor)})
	return granted(o.ID)
}

func (d *decision) destroyPrints(a DestroyPrints) Outcome {
	o := d.registering.Drafts[a.Draft]
	if o == nil {
		return noDraft(a.Draft)
	}
	by, no, ok := d.actor(RuleIssue, o.ID)
	witness := d.persons[a.Witness]
	switch {
	case !ok:
		return no
	case witness == nil || witness.ID == by.ID:
		return refuse("two-persons", RuleIssue, o.ID, fact.Text{ZH: "销毁须有另一人监销，请填写。", EN: "Nothing is destroyed alone; name the witness."})
	case a.Copies < 1 || a.Copies > o.open():
		return refuse("more-than-printed", RuleIssue, o.ID, fact.Text{ZH: "未交代的只有 %[1]d 份。", EN: "Only %[1]d copies are not accounted for."}.Fill(max(0, o.open())))
	}
	d.emit(o.ID, &PrintsDestroyed{Draft: o.ID, Copies: a.Copies, By: by.ID, Witness: a.Witness})
	d.settleIssue(o.ID)
	return granted(o.ID)
}

// fromIssue fills in what a kept copy has from its issue.
func (d *decision) fromIssue(r DocumentRecord, o *Outgoing) DocumentRecord {
	if r.Title == "" {
		r.Title = o.Title
	}
	if r.Level == "" {
		r.Level = o.Level
	}
	if !r.Retention.stated() {
		r.Retention = o.Retention
	}
	if len(r.Scope) == 0 {
		r.Scope = slices.Clone(o.Scope)
	}
	if r.Issuer == "" {
		r.Issuer = d.site.Name.ZH
	}
	if r.IssuerNumber == "" {
		r.IssuerNumber = string(o.Number)
	}
	if r.Produced == 0 {
		r.Produced = dateOn(d.in.At.Wall, d.site.Location)
	}
	if r.Pages == 0 {
		r.Pages = o.Pages
	}
	if r.Copies == 0 {
		r.Copies = o.Printed
	}
	if r.Receipt.At.IsZero() {
		r.Receipt.At = d.in.At.Wall.UTC()
	}
	if by := d.persons[PersonID(d.in.Actor)]; r.Receipt.By == "" && by != nil {
		r.Receipt.By = by.ID
	}
	return r
}

// issueRefused: a kept copy of an issue that was not printed, or of which all are accounted for (ISS-1).
func (d *decision) issueRefused(r DocumentRecord, a RegisterDocument) (Outcome, bool) {
	issue := a.Issue
	if issue == "" {
		return Outcome{}, false
	}
	o, subject := d.registering.Drafts[issue], string(r.ID)
	switch {
	case o == nil:
		return noDraft(issue), true
	case a.Copying != "":
		return refuse("incomplete", RuleIssue, subject, fact.Text{ZH: "复制件与发文留存件不能同时是，二者取一。", EN: "It is a copy made of an original or a kept copy of an issue, not both; name one."}), true
	case o.Printed == 0:
		return refuse("not-printed", RuleIssue, subject, fact.Text{ZH: "%[1]s 尚未登记印制份数。", EN: "The printing room's count of %[1]s is not entered yet."}.Fill(issue)), true
	case o.open() < 1:
		return refuse("more-than-printed", RuleIssue, subject, fact.Text{ZH: "%[1]s 印 %[2]d 份，已全部有去向，不能再留存。", EN: "%[2]d copies of %[1]s were printed, and all are accounted for; no more is kept."}.Fill(issue, o.Printed)), true
	case !r.Level.Covers(o.Level):
		return refuse("below-original", RuleCopies, subject, fact.Text{ZH: "密级不得低于定稿（%[1]s）。", EN: "Its level is not lower than that of the draft (%[1]s)."}.Fill(o.Level.Name())), true
	}
	return Outcome{}, false
}

// settleIssue ends an issue when every printed copy is accounted for.
func (d *decision) settleIssue(id string) {
	if o := d.registering.Drafts[id]; o != nil && o.Printed > 0 && o.open() == 0 {
		d.emit(id, &IssueClosed{Draft: id, Printed: o.Printed, Sent: o.Sent, Kept: o.Kept, Destroyed: o.Destroyed})
		d.end(alerts.PrintDiffers, id)
	}
}

// settleAccounts looks at the work that a document just registered came out of.
func (d *decision) settleAccounts(copying, issue string) {
	d.settleCopying(copying)
	d.settleIssue(issue)
}

// accountDue raises that printed is not sent + kept + destroyed (ISS-1).
func (d *decision) accountDue(id string) {
	if o := d.registering.Drafts[id]; o != nil && o.open() != 0 {
		d.raise(alerts.PrintDiffers, id, string(o.Number), o.Printed, o.Sent, o.Kept, o.Destroyed, o.open())
	}
}

// The events of issuing.
type (
	// DraftBegun begins an outgoing document.
	DraftBegun struct {
		Draft Outgoing `json:"draft"`
	}
	// DraftPassed is one signed step.
	DraftPassed struct {
		Draft string    `json:"draft"`
		Step  DraftStep `json:"step"`
		By    PersonID  `json:"by"`
	}
	// DraftReturned sends it back to its author.
	DraftReturned struct {
		Draft  string   `json:"draft"`
		By     PersonID `json:"by"`
		Reason string   `json:"reason"`
		Level  Level    `json:"level,omitempty"`
	}
	// DraftDropped gives it up. Void is the number that it had, which is never given again (REG-2).
	DraftDropped struct {
		Draft  string     `json:"draft"`
		By     PersonID   `json:"by"`
		Reason string     `json:"reason"`
		Void   DocumentID `json:"void,omitempty"`
	}
	// DraftNumbered gives it its number.
	DraftNumbered struct {
		Draft  string     `json:"draft"`
		Number DocumentID `json:"number"`
	}
	// DraftPrinted is the printing room's count.
	DraftPrinted struct {
		Draft     string    `json:"draft"`
		Copies    int       `json:"copies"`
		By        PersonID  `json:"by"`
		AccountBy time.Time `json:"account_by"`
	}
	// PrintsDestroyed: printed sheets were destroyed before a witness.
	PrintsDestroyed struct {
		Draft   string   `json:"draft"`
		Copies  int      `json:"copies"`
		By      PersonID `json:"by"`
		Witness PersonID `json:"witness"`
	}
	// IssueClosed: every printed copy is accounted for.
	IssueClosed struct {
		Draft     string `json:"draft"`
		Printed   int    `json:"printed"`
		Sent      int    `json:"sent"`
		Kept      int    `json:"kept"`
		Destroyed int    `json:"destroyed"`
	}
)

// The kinds of events; they stand in the record and never change.
func (DraftBegun) Kind() string      { return "draft-begun" }
func (DraftPassed) Kind() string     { return "draft-passed" }
func (DraftReturned) Kind() string   { return "draft-returned" }
func (DraftDropped) Kind() string    { return "draft-dropped" }
func (DraftNumbered) Kind() string   { return "draft-numbered" }
func (DraftPrinted) Kind() string    { return "draft-printed" }
func (PrintsDestroyed) Kind() string { return "prints-destroyed" }
func (IssueClosed) Kind() string     { return "issue-closed" }

var issuingEvents = []func() Event{blank[DraftBegun], blank[DraftPassed], blank[DraftReturned], blank[DraftDropped], blank[DraftNumbered], blank[DraftPrinted], blank[PrintsDestroyed], blank[IssueClosed]}

func (ev *DraftBegun) evolve(s *State, _ fact.Stamp) {
	o := ev.Draft
	s.registering.DraftCount++
	s.registering.Drafts[o.ID] = &o
}

func (ev *DraftPassed) evolve(s *State, _ fact.Stamp) {
	if o := s.registering.Drafts[ev.Draft]; o != nil {
		o.Passed = append(slices.Clip(o.Passed), ev.By)
	}
}

func (ev *DraftReturned) evolve(s *State, _ fact.Stamp) {
	if o := s.registering.Drafts[ev.Draft]; o != nil {
		o.Passed = nil
		if ev.Level != "" {
			o.Level = ev.Level
		}
	}
}

func (ev *DraftDropped) evolve(s *State, _ fact.Stamp) { delete(s.registering.Drafts, ev.Draft) }

func (ev *DraftNumbered) evolve(s *State, _ fact.Stamp) {
	if series, n, ok := numberParts(ev.Number); ok && n > s.registering.Numbers[series] {
		s.registering.Numbers[series] = n
	}
	if o := s.registering.Drafts[ev.Draft]; o != nil {
		o.Number = ev.Number
	}
}

func (ev *DraftPrinted) evolve(s *State, _ fact.Stamp) {
	if o := s.registering.Drafts[ev.Draft]; o != nil {
		o.Printed = ev.Copies
		s.agenda.atWall(errand{errandAccount, o.ID}, ev.AccountBy)
	}
}

func (ev *PrintsDestroyed) evolve(s *State, _ fact.Stamp) {
	if o := s.registering.Drafts[ev.Draft]; o != nil {
		o.Destroyed += ev.Copies
	}
}

func (ev *IssueClosed) evolve(s *State, _ fact.Stamp) {
	delete(s.registering.Drafts, ev.Draft)
	s.agenda.off(errand{errandAccount, ev.Draft})
}
