package custody

import (
	"slices"
	"strings"
	"time"

	"trilock/alerts"
	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// Change is a change of what the register says of a document's secrecy that waits for approval
// (REG-3, REG-5). It says one of a level, a retention period or a widened scope.
type Change struct {
	ID       string      `json:"id"`
	Document DocumentID  `json:"document"`
	For      ApprovalFor `json:"for"`
	By       PersonID    `json:"by"`
	Reason   string      `json:"reason"`
	// Authority is the paper that orders or allows it: the issuing body's notice and its number.
	Authority string       `json:"authority,omitempty"`
	Level     Level        `json:"level,omitempty"`
	Home      fact.PlaceID `json:"home,omitempty"` // the new home that the new level needs
	Retention Retention    `json:"retention,omitzero"`
	Persons   []PersonID   `json:"persons,omitempty"`
}

// FormerLevel is a level that a document had.
type FormerLevel struct {
	Level  Level     `json:"level"`
	Until  time.Time `json:"until"`
	Change string    `json:"change"`
}

// The acts that change what the register says of a document's secrecy.
type (
	// ChangeLevel asks for another level, or for none of the three (lifted). Home is where it is
	// kept from then on, if its home is not cleared for the new level.
	ChangeLevel struct {
		Document  DocumentID   `json:"document"`
		Level     Level        `json:"level"`
		Home      fact.PlaceID `json:"home,omitempty"`
		Reason    string       `json:"reason"`
		Authority string       `json:"authority,omitempty"`
	}
	// ChangeRetention asks for another retention period: extended, shortened, for good.
	ChangeRetention struct {
		Document  DocumentID `json:"document"`
		Retention Retention  `json:"retention"`
		Reason    string     `json:"reason"`
		Authority string     `json:"authority,omitempty"`
	}
	// WidenScope asks for more persons in a document's scope (REG-5).
	WidenScope struct {
		Document  DocumentID `json:"document"`
		Persons   []PersonID `json:"persons"`
		Reason    string     `json:"reason"`
		Authority string     `json:"authority,omitempty"`
	}
)

// The verbs of acts; they stand in the record and never change.
func (ChangeLevel) Verb() string     { return "change-level" }
func (ChangeRetention) Verb() string { return "change-retention" }
func (WidenScope) Verb() string      { return "widen-scope" }

func (a ChangeLevel) carryOut(d *decision) Outcome {
	return d.askChange(RuleTerm, Change{Document: a.Document, For: ForLevel, Level: a.Level, Home: a.Home, Reason: a.Reason, Authority: a.Authority}, d.levelRefused)
}

func (a ChangeRetention) carryOut(d *decision) Outcome {
	return d.askChange(RuleTerm, Change{Document: a.Document, For: ForRetention, Retention: a.Retention, Reason: a.Reason, Authority: a.Authority}, d.retentionRefused)
}

func (a WidenScope) carryOut(d *decision) Outcome {
	return d.askChange(RuleScope, Change{Document: a.Document, For: ForScope, Persons: a.Persons, Reason: a.Reason, Authority: a.Authority}, d.wideningRefused)
}

var levelActs = []actKind{
	act[ChangeLevel]("变更密级或解密", "change a level, or lift it"),
	act[ChangeRetention]("变更保密期限", "change a retention period"),
	act[WidenScope]("扩大知悉范围", "widen a scope"),
}

// askChange checks a change and asks for its approval.
func (d *decision) askChange(rule string, c Change, refused func(*Document, Change) (Outcome, bool)) Outcome {
	doc, subject := d.documents[c.Document], string(c.Document)
	if doc == nil {
		return unknownDocument(c.Document)
	}
	by, no, ok := d.actor(rule, subject, Archivist, ConfidentialityOfficer)
	switch {
	case !ok:
		return no
	case strings.TrimSpace(c.Reason) == "" || len(c.Reason) > MaxTextLen || len(c.Authority) > MaxTextLen:
		return refuse("no-reason", rule, subject, fact.Text{ZH: "请写明变更的依据和理由，最多 %[1]d 字节。", EN: "Give the reason for the change, in %[1]d bytes at most."}.Fill(MaxTextLen))
	case len(d.registering.Changes) >= MaxChanges:
		return refuse("too-much", "", subject, fact.Text{ZH: "待批变更已达 %[1]d 项，先处理完。", EN: "%[1]d changes wait for approval; settle some first."}.Fill(MaxChanges))
	}
	if other, waits := d.changeOf(c.Document, c.For); waits {
		return refuse("change-waits", rule, subject, fact.Text{ZH: "%[1]s 已有同类变更待批（%[2]s），先办结或撤回。", EN: "A change of that kind of %[1]s waits already (%[2]s); settle or recall it first."}.Fill(subject, other))
	}
	if no, bad := refused(doc, c); bad {
		return no
	}
	c.ID, c.By = number("CH", d.registering.ChangeCount+1), by.ID
	d.emit(c.ID, &ChangeAsked{Change: c})
	d.ask(c.ID, c.For, higher(doc.Level, c.Level))
	return granted(c.ID)
}

// higher returns the higher of two levels; an empty one is lower than any.
func higher(a, b Level) Level {
	if b.Valid() && b.Covers(a) {
		return b
	}
	return a
}

func (s *State) changeOf(doc DocumentID, what ApprovalFor) (id string, waits bool) {
	for id, c := range s.registering.Changes {
		if c.Document == doc && c.For == what {
			return id, true
		}
	}
	return "", false
}

// levelRefused: a change of level that cannot be (REG-3, REG-4, STO-1).
func (d *decision) levelRefused(doc *Document, c Change) (Outcome, bool) {
	subject, original := string(doc.ID), d.documents[doc.Original]
	home := doc.Home
	if c.Home != "" {
		home = c.Home
	}
	switch {
	case !c.Level.Valid() || c.Level == doc.Level:
		return refuse("bad-level", RuleTerm, subject, fact.Text{ZH: "请选择与现密级（%[1]s）不同的密级。", EN: "Choose a level other than the present one (%[1]s)."}.Fill(doc.Level.Name())), true
	case original != nil && !c.Level.Covers(original.Level):
		return refuse("below-original", RuleCopies, subject, fact.Text{ZH: "不得低于原件 %[1]s 的密级（%[2]s）；先变更原件。", EN: "It is not lowered below its original %[1]s (%[2]s); change the original first."}.Fill(string(original.ID), original.Level.Name())), true
	case !slices.Contains(d.site.Places[home].Levels, c.Level):
		return refuse("home-not-cleared", RuleHome, subject, fact.Text{ZH: "%[1]s 不得存放 %[2]s 文件，请同时给出新的存放位置。", EN: "%[1]s is not cleared for %[2]s documents; name the new home as well."}.Fill(d.site.placeName(home), c.Level.Name())), true
	}
	moved := doc.DocumentRecord
	moved.Home = home
	if no, bad := d.seriesHomeRefused(moved); bad {
		return no, true
	}
	if no, bad := d.sharedHomeRefused(moved); bad {
		return no, true
	}
	if loan := d.loans[doc.Loan]; loan != nil && !d.persons[loan.Borrower].Clearance.Covers(c.Level) {
		return refuse("lent-to-uncleared", RuleScope, subject, fact.Text{ZH: "借阅人 %[1]s 的涉密等级不够，先收回再变更。", EN: "%[1]s, who has it, is not cleared for the new level; take it back first."}.Fill(d.persons[loan.Borrower].Name)), true
	}
	return Outcome{}, false
}

// retentionRefused: a period that is none, or is over already, or ends before the original's.
func (d *decision) retentionRefused(doc *Document, c Change) (Outcome, bool) {
	subject := string(doc.ID)
	if !c.Retention.stated() || c.Retention.over(dateOn(d.in.At.Wall, d.site.Location)) {
		return refuse("bad-retention", RuleTerm, subject, fact.Text{ZH: "请给出今后的到期日，或长期。期满解密请变更密级。", EN: "Give a day that lies ahead, or permanent. What is over is lifted by a change of level."}), true
	}
	if original := d.documents[doc.Original]; original != nil && c.Retention.shorterThan(original.Retention) {
		return refuse("below-original", RuleCopies, subject, fact.Text{ZH: "保密期限不得短于原件 %[1]s；先变更原件。", EN: "Its period is not shorter than that of its original %[1]s; change the original first."}.Fill(string(original.ID))), true
	}
	return Outcome{}, false
}

// wideningRefused: persons who cannot be in a scope (REG-5, REG-4).
func (d *decision) wideningRefused(doc *Document, c Change) (Outcome, bool) {
	subject, original := string(doc.ID), d.documents[doc.Original]
	switch {
	case len(doc.Scope) == 0:
		return refuse("nothing-to-widen", RuleScope, subject, fact.Text{ZH: "%[1]s 没有限定知悉范围。", EN: "%[1]s has no limited scope."}.Fill(subject)), true
	case len(c.Persons) == 0 || len(c.Persons) > MaxWidened || len(doc.Scope)+len(c.Persons) > MaxScope:
		return refuse("too-much", RuleScope, subject, fact.Text{ZH: "请列出 1 至 %[1]d 人，知悉范围最多 %[2]d 人。", EN: "Name 1 to %[1]d persons; a scope holds %[2]d at most."}.Fill(MaxWidened, MaxScope)), true
	}
	for _, id := range c.Persons {
		p := d.persons[id]
		switch {
		case p == nil || p.Barred:
			return refuse("unknown-person", RuleScope, subject, fact.Text{ZH: "没有 %[1]s 此人，或其证件已停用。", EN: "There is no person %[1]s, or the badge is barred."}.Fill(string(id))), true
		case !p.Clearance.Covers(doc.Level):
			return refuse("not-cleared", RuleScope, subject, fact.Text{ZH: "%[1]s 的涉密等级不够知悉%[2]s文件。", EN: "%[1]s is not cleared for %[2]s documents."}.Fill(p.Name, doc.Level.Name())), true
		case original != nil && len(original.Scope) > 0 && !slices.Contains(original.Scope, id):
			return refuse("beyond-original", RuleCopies, subject, fact.Text{ZH: "%[1]s 不在原件 %[2]s 的知悉范围内；先扩大原件的范围。", EN: "%[1]s is outside the scope of the original %[2]s; widen that first."}.Fill(p.Name, string(original.ID))), true
		}
	}
	return Outcome{}, false
}

// changeApproved carries out a change that everybody has approved. The old stays in the record.
func (d *decision) changeApproved(id string) {
	c := d.registering.Changes[id]
	if c == nil {
		return
	}
	doc := d.documents[c.Document]
	d.useApproval(id)
	if doc == nil { // it left the register meanwhile
		d.emit(id, &ChangeDropped{Change: id, Why: ApprovalLapsed})
		return
	}
	before, _ := doc.secretUntil()
	switch c.For {
	case ForLevel:
		d.emit(string(doc.ID), &LevelChanged{Change: id, Document: doc.ID, From: doc.Level, To: c.Level, Home: c.Home})
		d.levelWas(doc)
	case ForRetention:
		d.emit(string(doc.ID), &RetentionChanged{Change: id, Document: doc.ID, From: doc.Retention, To: c.Retention})
	case ForScope:
		d.emit(string(doc.ID), &ScopeWidened{Change: id, Document: doc.ID, Persons: c.Persons})
	}
	d.termDecided(before)
}

// levelWas looks at what a new level means for the copies (REG-4) and for where it lies (STO-1).
func (d *decision) levelWas(doc *Document) {
	d.judgeCopy(doc)
	for _, id := range d.registering.derived[doc.ID] {
		d.judgeCopy(d.documents[id])
	}
	if loan := d.loanOf(doc); loan != nil && loan.Status == LoanOut && !d.persons[loan.Borrower].Clearance.Covers(doc.Level) {
		d.raise(alerts.HolderUncleared, string(doc.ID), string(doc.ID), doc.Level.Name(), d.personName(loan.Borrower))
	}
	if doc.Seen.Known {
		d.judgeZone(doc)
		d.mixedOnShelf(doc)
	}
}

// judgeCopy raises that a copy's level is below its original's, until it follows (REG-4).
func (d *decision) judgeCopy(doc *Document) {
	original := d.documents[doc.Original]
	if original == nil {
		return
	}
	if doc.Level.Covers(original.Level) {
		d.end(alerts.BelowOriginal, string(doc.ID))
		return
	}
	d.raise(alerts.BelowOriginal, string(doc.ID), string(doc.ID), doc.Level.Name(), string(original.ID), original.Level.Name())
}

func (d *decision) changeDropped(id string, status ApprovalStatus) {
	if d.registering.Changes[id] != nil {
		d.emit(id, &ChangeDropped{Change: id, Why: status})
	}
}

// The events of a change.
type (
	// ChangeAsked begins one.
	ChangeAsked struct {
		Change Change `json:"change"`
	}
	// ChangeDropped ends one that was not approved.
	ChangeDropped struct {
		Change string         `json:"change"`
		Why    ApprovalStatus `json:"why"`
	}
	// LevelChanged: the document has another level, and another home if that is named.
	LevelChanged struct {
		Change   string       `json:"change"`
		Document DocumentID   `json:"document"`
		From     Level        `json:"from"`
		To       Level        `json:"to"`
		Home     fact.PlaceID `json:"home,omitempty"`
	}
	// RetentionChanged: the document's secret is kept until another day.
	RetentionChanged struct {
		Change   string     `json:"change"`
		Document DocumentID `json:"document"`
		From     Retention  `json:"from"`
		To       Retention  `json:"to"`
	}
	// ScopeWidened: more persons may see the document.
	ScopeWidened struct {
		Change   string     `json:"change"`
		Document DocumentID `json:"document"`
		Persons  []PersonID `json:"persons"`
	}
)

// The kinds of events; they stand in the record and never change.
func (ChangeAsked) Kind() string      { return "change-asked" }
func (ChangeDropped) Kind() string    { return "change-dropped" }
func (LevelChanged) Kind() string     { return "level-changed" }
func (RetentionChanged) Kind() string { return "retention-changed" }
func (ScopeWidened) Kind() string     { return "scope-widened" }

var levelEvents = []func() Event{blank[ChangeAsked], blank[ChangeDropped], blank[LevelChanged], blank[RetentionChanged], blank[ScopeWidened], blank[RetentionNear]}

func (ev *ChangeAsked) evolve(s *State, _ fact.Stamp) {
	c := ev.Change
	s.registering.ChangeCount++
	s.registering.Changes[c.ID] = &c
}

func (ev *ChangeDropped) evolve(s *State, _ fact.Stamp) { delete(s.registering.Changes, ev.Change) }

func (ev *LevelChanged) evolve(s *State, at fact.Stamp) {
	delete(s.registering.Changes, ev.Change)
	doc := s.documents[ev.Document]
	if doc == nil {
		return
	}
	former := append(slices.Clip(s.registering.Former[doc.ID]), FormerLevel{Level: ev.From, Until: at.Wall, Change: ev.Change})
	s.registering.Former[doc.ID] = former[max(0, len(former)-MaxFormer):]
	s.dropTerm(doc)
	doc.Level = ev.To
	if ev.Home != "" {
		s.movesHome(doc, ev.Home)
	}
	s.keepTerm(doc)
}

func (ev *RetentionChanged) evolve(s *State, _ fact.Stamp) {
	delete(s.registering.Changes, ev.Change)
	if doc := s.documents[ev.Document]; doc != nil {
		s.dropTerm(doc)
		doc.Retention = ev.To
		s.keepTerm(doc)
	}
}

func (ev *ScopeWidened) evolve(s *State, _ fact.Stamp) {
	delete(s.registering.Changes, ev.Change)
	doc := s.documents[ev.Document]
	if doc == nil {
		return
	}
	scope := slices.Clone(doc.Scope)
	for _, p := range ev.Persons {
		if !slices.Contains(scope, p) {
			scope = append(scope, p)
		}
	}
	doc.Scope = scope
}

// dateOn returns the site's own date of an instant.
func dateOn(at time.Time, zone *time.Location) calendar.Date {
	return calendar.DateOf(at.In(zone).Date())
}
