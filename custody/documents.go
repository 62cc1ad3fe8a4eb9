package custody

import (
	"regexp"
	"slices"

	"trilock/custody/fact"
)

// DocumentRegistered enters a document with its tag (REG-1).
type DocumentRegistered struct {
	Document DocumentRecord `json:"document"`
}

// Kind names the event in the record.
func (DocumentRegistered) Kind() string { return "document-registered" }

var documentEvents = []func() Event{blank[DocumentRegistered]}

func (ev *DocumentRegistered) evolve(s *State, at fact.Stamp) {
	r := ev.Document
	s.documents[r.ID] = &Document{DocumentRecord: r, Seen: Sighting{Place: r.Home, Known: false, Since: at}}
	s.byTag[r.Tag] = r.ID
	s.addPiece(r)
}

// RegisterDocument enters a document (REG-1).
type RegisterDocument struct {
	Document DocumentRecord `json:"document"`
}

// The verbs of acts; they stand in the record and never change.
func (RegisterDocument) Verb() string { return "register-document" }

func (a RegisterDocument) carryOut(d *decision) Outcome { return d.registerDocument(a.Document) }

var documentActs = []actKind{
	act[RegisterDocument]("登记文件", "register a document"),
}

// documentIDForm is category-year-sequence (REG-2).
var documentIDForm = regexp.MustCompile(`^[\p{Han}A-Za-z]{1,8}-\d{4}-\d{1,6}$`)

func (d *decision) registerDocument(r DocumentRecord) Outcome {
	subject := string(r.ID)
	home, placeKnown := d.site.Places[r.Home]
	holder, tagTaken := d.byTag[r.Tag]
	switch {
	case !documentIDForm.MatchString(subject):
		return refuse("bad-number", RuleNumber, subject, fact.Text{ZH: "编号应为“类别-年度-顺序号”，如 JM-2026-0001。", EN: "The number must be category-year-sequence, such as JM-2026-0001."})
	case d.documents[r.ID] != nil:
		return refuse("number-in-use", RuleNumber, subject, fact.Text{ZH: "编号 %[1]s 已使用，编号不得重复。", EN: "Number %[1]s is in use; numbers are never used twice."}.Fill(subject))
	case r.Title == "" || len(r.Title) > MaxTextLen || !r.Level.Valid() || r.Copy < 1 || r.Copies < r.Copy:
		return refuse("incomplete", RuleRegister, subject, fact.Text{ZH: "题名、密级、份号（第几份/共几份）必须填写正确。", EN: "Title, level and copy number (which of how many) must be filled in."})
	case len(r.Scope) > MaxScope:
		return refuse("too-much", RuleScope, subject, fact.Text{ZH: "知悉范围最多 %[1]d 人。", EN: "A scope holds %[1]d persons at most."}.Fill(MaxScope))
	case r.Tag.IsZero():
		return refuse("no-tag", RuleOneTag, subject, fact.Text{ZH: "文件没有标签，先写标签再登记。", EN: "The document has no tag; write one first."})
	case tagTaken:
		return refuse("tag-in-use", RuleOneTag, subject, fact.Text{ZH: "标签已用于 %[1]s，一签一件。", EN: "The tag belongs to %[1]s; one tag, one document."}.Fill(string(holder)))
	case !placeKnown || !slices.Contains(home.Levels, r.Level):
		return refuse("home-not-cleared", RuleHome, subject, fact.Text{ZH: "%[1]s 不得存放 %[2]s 文件，请选择许可的柜或保险柜。", EN: "%[1]s is not cleared for %[2]s documents; choose a cabinet or safe that is."}.Fill(d.site.placeName(r.Home), r.Level.Name()))
	}
	d.emit(subject, &DocumentRegistered{Document: r})
	d.effect(Enrol{Tag: r.Tag, Last: ""})
	return granted(subject)
}
