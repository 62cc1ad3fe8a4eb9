package custody

import (
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// DocumentRegistered enters a document with its tag (REG-1).
type DocumentRegistered struct {
	Document DocumentRecord `json:"document"`
	// From is the copying or the issue that it comes out of; empty for what came in.
	From string `json:"from,omitempty"`
}

// Kind names the event in the record.
func (DocumentRegistered) Kind() string { return "document-registered" }

var documentEvents = []func() Event{blank[DocumentRegistered]}

func (ev *DocumentRegistered) evolve(s *State, at fact.Stamp) {
	r := ev.Document
	doc := &Document{DocumentRecord: r, Seen: Sighting{Place: r.Home, Known: false, Since: at}}
	s.documents[r.ID] = doc
	s.shelves.shelve(doc, r.Home)
	s.byTag[r.Tag] = r.ID
	s.entered(doc)
	s.workedOut(doc, ev.From, at)
	s.addPiece(r)
	s.keptDocument(doc)
}

// RegisterDocument enters a document (REG-1).
type RegisterDocument struct {
	Document DocumentRecord `json:"document"`
	// Category numbers a document that has no number yet; empty where only one category registers its level.
	Category string `json:"category,omitempty"`
	// Gap says why numbers are skipped; they are never given any more (REG-2).
	Gap string `json:"gap,omitempty"`
	// Copying is the approved copying that this is a copy of (CPY-2), Issue the issue of which it is a kept copy (ISS-1).
	Copying string `json:"copying,omitempty"`
	Issue   string `json:"issue,omitempty"`
}

// The verbs of acts; they stand in the record and never change.
func (RegisterDocument) Verb() string { return "register-document" }

func (a RegisterDocument) carryOut(d *decision) Outcome { return d.registerDocument(a) }

var documentActs = []actKind{
	act[RegisterDocument]("登记文件", "register a document"),
}

// registerDocument enters a document when everything about it is in order; each check says what to do next.
func (d *decision) registerDocument(a RegisterDocument) Outcome {
	r := d.completed(a)
	if no, ok := d.numbered(&r, a.Category); !ok {
		return no
	}
	for _, refused := range []func() (Outcome, bool){
		func() (Outcome, bool) { return d.numberRefused(r.ID, a.Gap) },
		func() (Outcome, bool) { return recordRefused(r) },
		func() (Outcome, bool) { return d.receiptRefused(r, a.Issue != "") },
		func() (Outcome, bool) { return d.tagRefused(r.Tag, string(r.ID)) },
		func() (Outcome, bool) { return d.homeRefused(r) },
		func() (Outcome, bool) { return d.originalRefused(r) },
		func() (Outcome, bool) { return d.partRefused(r) },
		func() (Outcome, bool) { return d.folderRefused(r) },
		func() (Outcome, bool) { return d.copyRefused(r, a.Copying) },
		func() (Outcome, bool) { return d.issueRefused(r, a) },
	} {
		if no, bad := refused(); bad {
			return no
		}
	}
	d.useNumber(r.ID, a.Gap)
	d.startCopying(a.Copying)
	d.emit(string(r.ID), &DocumentRegistered{Document: r, From: a.Copying + a.Issue})
	d.effect(Enrol{Tag: r.Tag, Last: ""})
	d.envelopeNoted(r)
	d.settleAccounts(a.Copying, a.Issue)
	return granted(string(r.ID))
}

// recordRefused: what every document has, classified or not.
func recordRefused(r DocumentRecord) (Outcome, bool) {
	subject := string(r.ID)
	bad := func(text string) bool { return len(text) > MaxTextLen }
	switch {
	case r.Title == "" || bad(r.Title) || !r.Level.Valid() || r.Copy < 1 || r.Copies < r.Copy || r.Copies > MaxCopies:
		return refuse("incomplete", RuleRegister, subject, fact.Text{ZH: "题名、密级、份号（第几份/共几份）必须填写正确。", EN: "Title, level and copy number (which of how many) must be filled in."}), true
	case len(r.Scope) > MaxScope:
		return refuse("too-much", RuleScope, subject, fact.Text{ZH: "知悉范围最多 %[1]d 人。", EN: "A scope holds %[1]d persons at most."}.Fill(MaxScope)), true
	case r.Pages < 0 || r.Pages > MaxPages || bad(r.Issuer) || bad(r.IssuerNumber) || bad(r.Receipt.From) || len(r.Set) > MaxWordLen || len(r.Marks) > len(marks):
		return refuse("too-much", RuleRegister, subject, fact.Text{ZH: "页数、机关、文号或分件名超出范围。", EN: "Pages, issuer, number or the name of the set are out of range."}), true
	case r.Carrier != "" && carriers[r.Carrier].IsZero():
		return refuse("unknown-carrier", RuleCarriers, subject, fact.Text{ZH: "没有载体“%[1]s”。", EN: "There is no carrier %[1]q."}.Fill(string(r.Carrier))), true
	case slices.ContainsFunc(r.Marks, func(m Mark) bool { return !slices.Contains(marks, m) }):
		return refuse("unknown-mark", RuleRegister, subject, fact.Text{ZH: "没有此种戳记。", EN: "There is no such mark."}), true
	}
	return Outcome{}, false
}

var marks = []Mark{Urgent, SameDay, Archive, Cipher}

// receiptRefused: a classified document is entered in full before it is stored, issued or moved (REG-1).
func (d *decision) receiptRefused(r DocumentRecord, issued bool) (Outcome, bool) {
	if !r.Level.classified() {
		return Outcome{}, false
	}
	subject, now := string(r.ID), d.in.At.Wall
	if missing := r.missing(issued || r.Nature != ""); len(missing) > 0 {
		return refuse("incomplete", RuleRegister, subject, fact.Text{ZH: "涉密文件登记不全，尚缺：%[1]s。", EN: "A classified document is entered in full; still missing: %[1]s."}.Fill(joined(missing))), true
	}
	switch {
	case d.persons[r.Receipt.By] == nil:
		return refuse("unknown-person", RuleRegister, subject, fact.Text{ZH: "签收人 %[1]s 未登记。", EN: "%[1]s, who signed for it, is not on the register."}.Fill(string(r.Receipt.By))), true
	case r.Receipt.At.After(now.Add(clockSlack)) || r.Produced > dateOn(r.Receipt.At, d.site.Location):
		return refuse("bad-date", RuleRegister, subject, fact.Text{ZH: "制发日期不得晚于收文时间，收文时间不得晚于现在。", EN: "It is produced before it is received, and received before now."}), true
	}
	return Outcome{}, false
}

// missing lists what the register still asks for of a classified document (REG-1). With what
// was made in the house no envelope came.
func (r DocumentRecord) missing(made bool) []fact.Text {
	var list []fact.Text
	for _, field := range []struct {
		lacks bool
		name  fact.Text
	}{
		{r.Issuer == "", fact.Text{ZH: "发文机关", EN: "issuing body"}},
		{r.IssuerNumber == "", fact.Text{ZH: "发文字号", EN: "the issuer's number"}},
		{r.Produced == 0, fact.Text{ZH: "制发日期", EN: "production date"}},
		{r.Receipt.At.IsZero(), fact.Text{ZH: "收文时间", EN: "time of receipt"}},
		{r.Receipt.By == "", fact.Text{ZH: "签收人", EN: "who signed for it"}},
		{!made && r.Receipt.Envelope != EnvelopeIntact && r.Receipt.Envelope != EnvelopeDamaged && r.Receipt.Envelope != EnvelopeOpened, fact.Text{ZH: "信封状况（完好、破损、有拆封痕迹）", EN: "state of the envelope (intact, damaged, opened)"}},
		{!r.Retention.stated(), fact.Text{ZH: "保密期限（到期日或长期）", EN: "retention period (a day, or permanent)"}},
		{r.Pages == 0 && r.onPaper(), fact.Text{ZH: "页数", EN: "pages"}},
	} {
		if field.lacks {
			list = append(list, field.name)
		}
	}
	return list
}

// onPaper reports whether the carrier has pages.
func (r DocumentRecord) onPaper() bool {
	return slices.Contains([]Carrier{"", Paper, Telegram, IntroductionLetter}, r.Carrier)
}

// homeRefused: a home not cleared for the level (STO-1), or a category for others (REG-7).
func (d *decision) homeRefused(r DocumentRecord) (Outcome, bool) {
	subject := string(r.ID)
	category, known := d.category(categoryOf(r.ID))
	home, placeKnown := d.site.Places[r.Home]
	switch {
	case known && !slices.Contains(category.Levels, r.Level):
		return refuse("wrong-category", RuleApart, subject, fact.Text{ZH: "%[1]s 类不登记 %[2]s 文件：涉密与非涉密分开登记，请换类别。", EN: "Category %[1]s does not register %[2]s documents: classified and unclassified are registered apart; choose another."}.Fill(category.Name, r.Level.Name())), true
	case !placeKnown || !slices.Contains(home.Levels, r.Level):
		return refuse("home-not-cleared", RuleHome, subject, fact.Text{ZH: "%[1]s 不得存放 %[2]s 文件，请选择许可的柜或保险柜。", EN: "%[1]s is not cleared for %[2]s documents; choose a cabinet or safe that is."}.Fill(d.site.placeName(r.Home), r.Level.Name())), true
	case r.Level == TopSecret && !d.site.underThreeLocks(r.Home):
		return refuse("not-under-three-locks", RuleHome, subject, fact.Text{ZH: "绝密件只存放在三方共管的保险柜，%[1]s 不是。", EN: "Top secret is kept only in a safe under three locks, and %[1]s is none."}.Fill(d.site.placeName(r.Home))), true
	}
	return Outcome{}, false
}

// completed fills in what a copy has from its original, and what an issued one has from its
// draft: it is one piece of work less, and no chance to say something else (REG-4).
func (d *decision) completed(a RegisterDocument) DocumentRecord {
	r := a.Document
	if work := d.registering.Copyings[a.Copying]; work != nil && r.Original == "" {
		r.Original = work.Document
		if r.Nature == "" {
			r.Nature = CopyOf
		}
	}
	if issue := d.registering.Drafts[a.Issue]; issue != nil {
		r = d.fromIssue(r, issue)
	}
	if original := d.documents[r.Original]; original != nil {
		r = fromOriginal(r, original.DocumentRecord)
	}
	if r.Nature != "" && r.Receipt.At.IsZero() {
		r.Receipt.At = d.in.At.Wall.UTC()
	}
	if by := d.persons[PersonID(d.in.Actor)]; r.Nature != "" && r.Receipt.By == "" && by != nil {
		r.Receipt.By = by.ID
	}
	return r
}

func fromOriginal(r, original DocumentRecord) DocumentRecord {
	for _, text := range []struct{ to, from *string }{{&r.Title, &original.Title}, {&r.Issuer, &original.Issuer}, {&r.IssuerNumber, &original.IssuerNumber}} {
		if *text.to == "" {
			*text.to = *text.from
		}
	}
	if r.Level == "" {
		r.Level = original.Level
	}
	if !r.Retention.stated() {
		r.Retention = original.Retention
	}
	if len(r.Scope) == 0 {
		r.Scope = slices.Clone(original.Scope)
	}
	if r.Produced == 0 {
		r.Produced = original.Produced
	}
	if r.Pages == 0 && r.Nature == CopyOf {
		r.Pages = original.Pages
	}
	return r
}

// originalRefused: a copy, an excerpt, a draft or a meeting issue is tied to its original, and
// neither level, scope nor period is lowered by copying (REG-4).
func (d *decision) originalRefused(r DocumentRecord) (Outcome, bool) {
	subject, original := string(r.ID), d.documents[r.Original]
	switch {
	case r.Nature == "" && r.Original == "":
		return Outcome{}, false
	case !slices.Contains([]Nature{CopyOf, Excerpt, Draft, ForMeeting}, r.Nature):
		return refuse("no-nature", RuleCopies, subject, fact.Text{ZH: "请注明是复制件、摘录、草稿还是会议用件。", EN: "Say whether it is a copy, an excerpt, a draft or a meeting issue."}), true
	case r.Original == "" && (r.Nature == Draft || r.Nature == ForMeeting):
		return Outcome{}, false // made here, of nothing else
	case original == nil:
		return refuse("unknown-original", RuleCopies, subject, fact.Text{ZH: "登记簿中没有原件 %[1]s，先登记原件。", EN: "The register has no original %[1]s; register that first."}.Fill(string(r.Original))), true
	case !r.Level.Covers(original.Level):
		return refuse("below-original", RuleCopies, subject, fact.Text{ZH: "密级不得低于原件 %[1]s（%[2]s）。", EN: "Its level is not lower than that of its original %[1]s (%[2]s)."}.Fill(string(original.ID), original.Level.Name())), true
	case r.Retention.shorterThan(original.Retention):
		return refuse("below-original", RuleCopies, subject, fact.Text{ZH: "保密期限不得短于原件 %[1]s。", EN: "Its retention period is not shorter than that of its original %[1]s."}.Fill(string(original.ID))), true
	case len(original.Scope) > 0 && slices.ContainsFunc(r.Scope, func(p PersonID) bool { return !slices.Contains(original.Scope, p) }):
		return refuse("beyond-original", RuleCopies, subject, fact.Text{ZH: "知悉范围不得超出原件 %[1]s；先经批准扩大原件的范围。", EN: "Its scope is not wider than that of its original %[1]s; have that widened first."}.Fill(string(original.ID))), true
	}
	return Outcome{}, false
}

// envelopeNoted raises that something came in a damaged or an opened envelope (REG-1).
func (d *decision) envelopeNoted(r DocumentRecord) {
	state := fact.Text{ZH: "破损", EN: "damaged"}
	switch r.Receipt.Envelope {
	case EnvelopeOpened:
		state = fact.Text{ZH: "有拆封痕迹", EN: "opened"}
	case EnvelopeDamaged:
	default:
		return
	}
	d.raise(alerts.EnvelopeBroken, string(r.ID), string(r.ID), state, r.Receipt.At.In(d.site.Location).Format(time.DateTime), d.personName(r.Receipt.By))
}
