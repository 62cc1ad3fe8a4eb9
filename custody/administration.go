package custody

import (
	"slices"

	"trilock/custody/fact"
)

// EntryCorrected says that an earlier entry is wrong, and what is right. The entry itself
// stays: nothing is altered or deleted (INC-3).
type EntryCorrected struct {
	Entry uint64   `json:"entry"`
	By    PersonID `json:"by"`
	Wrong string   `json:"wrong"`
	Right string   `json:"right"`
}

// DocumentLookedUp says who looked up what, and whether they were shown it (REC-2).
type DocumentLookedUp struct {
	Document DocumentID `json:"document"`
	By       PersonID   `json:"by"`
	Masked   bool       `json:"masked,omitempty"`
}

// The kinds of events; they stand in the record and never change.
func (EntryCorrected) Kind() string   { return "entry-corrected" }
func (DocumentLookedUp) Kind() string { return "document-looked-up" }

var administrationEvents = []func() Event{blank[EntryCorrected], blank[DocumentLookedUp]}

func (*EntryCorrected) evolve(*State, fact.Stamp)   {}
func (*DocumentLookedUp) evolve(*State, fact.Stamp) {}

// CorrectEntry adds to the record what is wrong in an earlier entry, and what is right.
type CorrectEntry struct {
	Entry uint64 `json:"entry"`
	Wrong string `json:"wrong"`
	Right string `json:"right"`
}

// LookUp asks for what the register says of a document. The answer is its title, or a mask.
type LookUp struct {
	Document DocumentID `json:"document"`
}

// The verbs of acts; they stand in the record and never change.
func (CorrectEntry) Verb() string { return "correct-entry" }
func (LookUp) Verb() string       { return "look-up" }

func (a CorrectEntry) carryOut(d *decision) Outcome { return d.correctEntry(a) }
func (a LookUp) carryOut(d *decision) Outcome       { return d.lookUp(a) }

var administrationActs = []actKind{
	act[CorrectEntry]("更正记录", "correct an entry"),
	act[LookUp]("查阅登记", "look up a document"),
}

func (d *decision) correctEntry(a CorrectEntry) Outcome {
	subject := number("entry", int(min(a.Entry, 1<<31)))
	by, o, ok := d.actor(RuleNothingErased, subject)
	switch {
	case !ok:
		return o
	case a.Entry == 0 || a.Entry > d.seq:
		return refuse("no-such-entry", RuleNothingErased, subject, fact.Text{ZH: "记录中没有第 %[1]d 条。", EN: "The record has no entry %[1]d."}.Fill(a.Entry))
	case missingText(a.Wrong, a.Right):
		return refuse("no-reason", RuleNothingErased, subject, fact.Text{ZH: "请写明何处有误、正确内容，各最多 %[1]d 字节。", EN: "Say what is wrong and what is right, in %[1]d bytes each at most."}.Fill(MaxTextLen))
	}
	d.emit(subject, &EntryCorrected{Entry: a.Entry, By: by.ID, Wrong: a.Wrong, Right: a.Right})
	return granted(subject)
}

// maskedTitle stands for a title that somebody may not see.
var maskedTitle = fact.Text{ZH: "（题名不予显示）", EN: "(title withheld)"}

// TitleFor returns a document's title for a person: masked where their clearance does not
// cover its level or they are outside its scope (REC-2). Whoever is not on the register, a
// machine's account included, sees none but public ones.
func (s *State) TitleFor(viewer PersonID, id DocumentID) (title fact.Text, shown bool) {
	doc, p := s.documents[id], s.persons[viewer]
	if doc == nil {
		return maskedTitle, false
	}
	may := doc.Level == Public
	if p != nil && s.outOfService(p, s.now.Wall) == "" {
		// Who enters it, and the confidentiality officer, work with every title that they are cleared for.
		inScope := len(doc.Scope) == 0 || slices.Contains(doc.Scope, viewer) || p.Holds(Archivist) || p.Holds(ConfidentialityOfficer)
		may = may || p.Clearance.Covers(doc.Level) && inScope
	}
	if !may {
		return maskedTitle, false
	}
	return fact.Text{ZH: doc.Title, EN: doc.Title}, true
}

// lookUp shows a document's title to who may see it. Either way the record says who looked (REC-2).
func (d *decision) lookUp(a LookUp) Outcome {
	subject := string(a.Document)
	by, o, ok := d.actor(RuleMasked, subject)
	switch {
	case !ok:
		return o
	case d.documents[a.Document] == nil:
		return refuse("unknown-document", RuleRegister, subject, fact.Text{ZH: "登记簿中没有 %[1]s。", EN: "The register has no %[1]s."}.Fill(subject))
	}
	title, shown := d.TitleFor(by.ID, a.Document)
	d.emit(subject, &DocumentLookedUp{Document: a.Document, By: by.ID, Masked: !shown})
	if !shown {
		return refuse("masked", RuleMasked, subject, fact.Text{ZH: "%[1]s 超出您的涉密等级或知悉范围，不予显示；确需知悉，申请扩大知悉范围。", EN: "%[1]s is above your clearance or outside its scope; if you need it, ask for the scope to be widened."}.Fill(subject))
	}
	done := granted(subject)
	done.Text = title
	return done
}

// administrators are the three who administer: the system, the permissions, the audit (三员).
var administrators = []Post{SystemAdministrator, SecurityAdministrator, SecurityAuditor}

// dividedAdministration keeps the three administrators three different persons, none of them an
// archivist or a party of the safe (REC-3).
func dividedAdministration(p Person) (Outcome, bool) {
	held := 0
	for _, post := range administrators {
		if p.Holds(post) {
			held++
		}
	}
	if held > 1 || held == 1 && (p.Holds(Archivist) || len(p.parties()) > 0) {
		return refuse("administration-divided", RuleThreeAdmins, string(p.ID), fact.Text{ZH: "系统管理员、安全保密管理员、安全审计员须由三人分任，且不得兼任档案员或保险柜三方。", EN: "System administrator, security administrator and security auditor are three different persons, and none of them an archivist or a party of the safe."}), false
	}
	return Outcome{}, true
}

// mayGrantPermissions has the register of persons kept by the security administrator alone,
// once there is one (REC-3): not by who runs the system, and not for themselves.
func (d *decision) mayGrantPermissions(p Person) (Outcome, bool) {
	subject := string(p.ID)
	if by := d.persons[PersonID(d.in.Actor)]; by != nil && by.ID == p.ID && d.persons[p.ID] != nil && (!slices.Equal(by.Posts, p.Posts) || by.Clearance != p.Clearance || !slices.Equal(by.Rooms, p.Rooms)) {
		return refuse("own-permissions", RuleThreeAdmins, subject, fact.Text{ZH: "不得更改本人的岗位、涉密等级或准入。", EN: "Nobody changes their own posts, clearance or rooms."}), false
	}
	for _, id := range sortedKeys(d.persons) {
		admin := d.persons[id]
		if !admin.Holds(SecurityAdministrator) || d.outOfService(admin, d.in.At.Wall) != "" {
			continue
		}
		_, o, ok := d.actor(RuleThreeAdmins, subject, SecurityAdministrator)
		return o, ok
	}
	return Outcome{}, true
}

// auditorReads are the verbs of the auditor, who changes nothing (REC-3).
var auditorReads = []string{LookUp{}.Verb()}

// partOfOthers refuses the auditor whatever changes something (REC-3).
func (d *decision) partOfOthers(a Act) (Outcome, bool) {
	by := d.persons[PersonID(d.in.Actor)]
	if by != nil && by.Holds(SecurityAuditor) && !slices.Contains(auditorReads, a.Verb()) {
		return refuse("auditor-only-reads", RuleThreeAdmins, string(by.ID), fact.Text{ZH: "安全审计员只查阅审计，不得办理业务。", EN: "The security auditor reads and audits, and does nothing else."}), true
	}
	return Outcome{}, false
}
