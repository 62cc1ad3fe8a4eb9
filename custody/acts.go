package custody

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// Request is an act of a person or a machine, with the key that makes a retry harmless.
type Request struct {
	// Key is chosen by the caller, unique per act: a request with a key that was answered
	// before gets the first answer again. At most MaxTextLen bytes.
	Key string
	Act Act
}

// Act is something a signed-in person or machine asks for. The set is closed: the types
// of this file.
type Act interface {
	// Verb is the act's name in the record and in the API.
	Verb() string
}

// The acts.
type (
	// RegisterPerson enters a person or replaces what the register says of one.
	RegisterPerson struct{ Person Person }
	// RegisterDocument enters a document (REG-1).
	RegisterDocument struct{ Document DocumentRecord }
	// RequestLoan asks for a document to be lent (CIR-1).
	RequestLoan struct {
		Document DocumentID
		Borrower PersonID
		Due      time.Time
		Zones    []fact.PlaceID // where it may be while lent; its home always may
		Purpose  string
	}
	// ApproveLoan is one post's approval of a loan.
	ApproveLoan struct{ Loan LoanID }
	// StateOpening states why a safe is to be opened (SAF-2).
	StateOpening struct {
		Safe      fact.SafeID
		Purpose   threelock.Purpose
		Documents []DocumentID
	}
	// CancelOpening takes the statement back while no lock has been told to open.
	CancelOpening struct{ Safe fact.SafeID }
	// LockUntil sets a safe's time lock: nobody opens it before then.
	LockUntil struct {
		Safe  fact.SafeID
		Until time.Time
	}
	// Delegate has another person act for the holder of a post, who is the one that asks.
	Delegate struct {
		Post        Post
		To          PersonID
		From, Until time.Time
	}
	// EndDelegation ends a delegation before its time.
	EndDelegation struct{ Delegation DelegationID }
	// StateCase says who opened a safe without the three parties, and why. The one who asks is one of the two.
	StateCase struct {
		Case   CaseID
		Other  PersonID
		Reason string
	}
	// ConfirmCase is the other's confirmation.
	ConfirmCase struct{ Case CaseID }
	// CountCase takes the full inventory, with a reason for each document that is not found.
	CountCase struct {
		Case CaseID
		Why  map[DocumentID]string
	}
	// CloseCase ends a case.
	CloseCase struct {
		Case    CaseID
		Finding string
	}
	// AcknowledgeAlert says that a person has taken an alert in hand.
	AcknowledgeAlert struct {
		Alert alerts.ID
		Note  string
	}
	// CloseAlert ends an alert whose fact has ended, with what it turned out to be.
	CloseAlert struct {
		Alert       alerts.ID
		Disposition alerts.Disposition
		Note        string
	}
)

// Verbs. They stand in the record and never change.
func (RegisterPerson) Verb() string   { return "register-person" }
func (RegisterDocument) Verb() string { return "register-document" }
func (RequestLoan) Verb() string      { return "request-loan" }
func (ApproveLoan) Verb() string      { return "approve-loan" }
func (StateOpening) Verb() string     { return "state-opening" }
func (CancelOpening) Verb() string    { return "cancel-opening" }
func (LockUntil) Verb() string        { return "lock-until" }
func (Delegate) Verb() string         { return "delegate" }
func (EndDelegation) Verb() string    { return "end-delegation" }
func (StateCase) Verb() string        { return "state-case" }
func (ConfirmCase) Verb() string      { return "confirm-case" }
func (CountCase) Verb() string        { return "count-case" }
func (CloseCase) Verb() string        { return "close-case" }
func (AcknowledgeAlert) Verb() string { return "acknowledge-alert" }
func (CloseAlert) Verb() string       { return "close-alert" }

// request answers an act, once: refusals are recorded like grants.
func (d *decision) request(r Request) {
	if known, done := d.acts.outcomes[r.Key]; done && r.Key != "" {
		d.out.Outcome = known
		return
	}
	o := d.act(r.Act)
	d.emit(o.Subject, &ActDone{Act: clip(r.Key), Verb: r.Act.Verb(), OK: o.OK, Code: o.Code, Rule: o.Rule, Text: o.Text, Subject: o.Subject})
	d.out.Outcome = o
}

func (d *decision) act(a Act) Outcome {
	switch a := a.(type) {
	case RegisterPerson:
		return d.registerPerson(a.Person)
	case RegisterDocument:
		return d.registerDocument(a.Document)
	case RequestLoan:
		return d.requestLoan(a)
	case ApproveLoan:
		return d.approveLoan(a)
	case Delegate:
		return d.delegate(a)
	case EndDelegation:
		return d.endDelegation(a)
	case AcknowledgeAlert:
		return d.onAlert(a.Alert, func() ([]alerts.Change, error) { return d.alerts.Acknowledge(a.Alert, clip(a.Note)) })
	case CloseAlert:
		return d.closeAlert(a)
	}
	return d.actAtTheSafe(a)
}

func (d *decision) actAtTheSafe(a Act) Outcome {
	switch a := a.(type) {
	case StateOpening:
		return d.stateOpening(a)
	case CancelOpening:
		return d.cancelOpening(a)
	case LockUntil:
		return d.lockUntil(a)
	case StateCase:
		return d.stateCase(a)
	case ConfirmCase:
		return d.confirmCase(a)
	case CountCase:
		return d.countCase(a)
	case CloseCase:
		return d.closeCase(a)
	}
	return refuse("unknown-act", "", "", fact.Text{ZH: "系统不认识此操作。", EN: "The system does not know this act."})
}

func refuse(code, rule, subject string, text fact.Text) Outcome {
	return Outcome{Code: code, Rule: rule, Text: text, Subject: subject}
}

func granted(subject string) Outcome { return Outcome{OK: true, Subject: subject} }

var personIDForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,39}$`)

func (d *decision) registerPerson(p Person) Outcome {
	subject := string(p.ID)
	if !personIDForm.MatchString(subject) || p.Name.ZH == "" || p.Name.EN == "" || len(p.Name.ZH)+len(p.Name.EN) > MaxTextLen {
		return refuse("bad-person", RuleRegister, subject, fact.Text{ZH: "人员编号或姓名不合格式：编号用字母、数字和连字符，姓名用中英文填写。", EN: "Number or name is malformed: letters, digits and hyphens for the number, the name in both languages."})
	}
	if len(p.Posts) > MaxPosts || len(p.Rooms) > len(d.site.Places) {
		return refuse("too-much", RuleRegister, subject, fact.Text{ZH: "岗位或房间过多。", EN: "Too many posts or rooms."})
	}
	if i := slices.IndexFunc(p.Posts, func(q Post) bool { return !q.Valid() }); i >= 0 {
		return refuse("unknown-post", "", subject, fact.Text{ZH: "没有岗位“%[1]s”。", EN: "There is no post %[1]q."}.Fill(string(p.Posts[i])))
	}
	if !p.Clearance.Valid() {
		return refuse("unknown-level", RuleScope, subject, fact.Text{ZH: "涉密等级“%[1]s”不存在。", EN: "There is no level %[1]q."}.Fill(string(p.Clearance)))
	}
	for _, room := range p.Rooms {
		if _, ok := d.site.Places[room]; !ok {
			return refuse("unknown-place", RuleRoomList, subject, fact.Text{ZH: "配置中没有区域“%[1]s”。", EN: "The configuration has no place %[1]q."}.Fill(string(room)))
		}
	}
	if holder, taken := d.byCard[p.Card]; taken && holder != p.ID && p.Card != "" {
		return refuse("card-in-use", RuleBarredBadge, subject, fact.Text{ZH: "该证件已登记给 %[1]s，先注销原证件。", EN: "This badge is registered to %[1]s; withdraw it there first."}.Fill(d.persons[holder].Name))
	}
	if p.DuressPIN != "" && p.DuressPIN == p.PIN {
		return refuse("same-pin", RuleThreeParties, subject, fact.Text{ZH: "胁迫密码不得与密码相同。", EN: "The duress PIN must differ from the PIN."})
	}
	d.emit(subject, &PersonRegistered{Person: p})
	return granted(subject)
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

func (d *decision) requestLoan(a RequestLoan) Outcome {
	doc, borrower := d.documents[a.Document], d.persons[a.Borrower]
	subject := string(a.Document)
	switch {
	case doc == nil:
		return refuse("unknown-document", RuleRegister, subject, fact.Text{ZH: "登记簿中没有 %[1]s。", EN: "The register has no %[1]s."}.Fill(subject))
	case borrower == nil:
		return refuse("unknown-person", RuleScope, subject, fact.Text{ZH: "没有此借阅人，先登记人员。", EN: "There is no such borrower; register the person first."})
	case doc.Loan != "":
		return refuse("already-lent", RuleSingleLine, subject, fact.Text{ZH: "%[1]s 已在借阅中（%[2]s），归还档案员后才能再借。", EN: "%[1]s is on loan already (%[2]s); it goes back to the archivist first."}.Fill(subject, string(doc.Loan)))
	case !borrower.Clearance.Covers(doc.Level):
		return refuse("not-cleared", RuleScope, subject, fact.Text{ZH: "%[1]s 的涉密等级不够借阅%[2]s文件。", EN: "%[1]s is not cleared for %[2]s documents."}.Fill(borrower.Name, doc.Level.Name()))
	case len(doc.Scope) > 0 && !slices.Contains(doc.Scope, borrower.ID):
		return refuse("out-of-scope", RuleScope, subject, fact.Text{ZH: "%[1]s 不在知悉范围内，扩大范围须经批准。", EN: "%[1]s is outside the document's scope; widening it needs approval."}.Fill(borrower.Name))
	}
	return d.loanTerms(a, doc)
}

func (d *decision) loanTerms(a RequestLoan, doc *Document) Outcome {
	subject := string(a.Document)
	longest := d.site.Policy.LoanLongest[doc.Level]
	switch wait := a.Due.Sub(d.in.At.Wall); {
	case wait <= 0:
		return refuse("due-in-the-past", RuleLoanTime, subject, fact.Text{ZH: "归还时间必须晚于现在。", EN: "The due time must lie ahead."})
	case longest > 0 && wait > longest:
		return refuse("too-long", RuleLoanTime, subject, fact.Text{ZH: "%[1]s文件最长借阅 %[2]s。", EN: "A %[1]s document is lent for %[2]s at most."}.Fill(doc.Level.Name(), longest.String()))
	case len(a.Zones) > MaxZones || len(a.Purpose) > MaxTextLen:
		return refuse("too-much", "", subject, fact.Text{ZH: "区域或事由过长。", EN: "Too many zones, or the purpose is too long."})
	}
	zones := a.Zones
	for _, z := range zones {
		if _, ok := d.site.Places[z]; !ok {
			return refuse("unknown-place", "", subject, fact.Text{ZH: "配置中没有区域“%[1]s”。", EN: "The configuration has no place %[1]q."}.Fill(string(z)))
		}
	}
	id := d.nextLoan()
	d.emit(string(id), &LoanRequested{Loan: id, Document: doc.ID, Borrower: a.Borrower, Due: a.Due.UTC(), Zones: zones, Purpose: a.Purpose, Needs: d.site.Policy.LoanApprovals[doc.Level]})
	return granted(string(id))
}

func (d *decision) approveLoan(a ApproveLoan) Outcome {
	loan, by := d.loans[a.Loan], d.persons[PersonID(d.in.Actor)]
	subject := string(a.Loan)
	switch {
	case loan == nil || loan.Status != LoanWaiting:
		return refuse("nothing-to-approve", RuleLoanApproval, subject, fact.Text{ZH: "%[1]s 没有等待审批的借阅。", EN: "No loan %[1]s waits for approval."}.Fill(subject))
	case by == nil:
		return refuse("not-a-person", RuleLoanApproval, subject, fact.Text{ZH: "审批须由本人进行。", EN: "An approval is a person's act."})
	case by.ID == loan.Borrower:
		return refuse("own-request", RuleLoanApproval, subject, fact.Text{ZH: "不得审批本人的借阅。", EN: "Nobody approves their own loan."})
	}
	for _, held := range loan.Approvals {
		if held == by.ID {
			return refuse("approved-before", RuleLoanApproval, subject, fact.Text{ZH: "同一人不得审批两次。", EN: "One person approves once."})
		}
	}
	for _, post := range loan.awaits() {
		if by.Holds(post) {
			d.emit(subject, &LoanApproved{Loan: loan.ID, Post: post, By: by.ID})
			return granted(subject)
		}
	}
	return refuse("wrong-post", RuleLoanApproval, subject, fact.Text{ZH: "还需 %[1]s 审批。", EN: "It still needs approval by: %[1]s."}.Fill(postNames(loan.awaits())))
}

func postNames(list []Post) fact.Text {
	var t fact.Text
	for i, p := range list {
		if i > 0 {
			t.ZH, t.EN = t.ZH+"、", t.EN+", "
		}
		t.ZH, t.EN = t.ZH+p.Name().ZH, t.EN+p.Name().EN
	}
	return t
}

func (d *decision) stateOpening(a StateOpening) Outcome {
	safe, ok := d.site.Safes[a.Safe]
	subject := string(a.Safe)
	switch {
	case !ok:
		return refuse("unknown-safe", RuleSafePurpose, subject, fact.Text{ZH: "没有保险柜“%[1]s”。", EN: "There is no safe %[1]q."}.Fill(subject))
	case !a.Purpose.Valid() || len(a.Documents) > MaxDocumentsNamed:
		return refuse("bad-purpose", RuleSafePurpose, subject, fact.Text{ZH: "事由应为：取出、存入、检查或清点，并列出文件。", EN: "The purpose is one of documents-out, documents-in, inspection, inventory, with the documents named."})
	case d.openings[a.Safe].Active():
		return refuse("opening-under-way", RuleSafePurpose, subject, fact.Text{ZH: "已有开启在进行中，先完成或取消。", EN: "An opening is under way; finish or cancel it first."})
	}
	if o, ok := d.mayOpenNow(safe); !ok {
		return o
	}
	var names []string
	for _, doc := range a.Documents {
		if d.documents[doc] == nil {
			return refuse("unknown-document", RuleSafePurpose, subject, fact.Text{ZH: "登记簿中没有 %[1]s。", EN: "The register has no %[1]s."}.Fill(string(doc)))
		}
		names = append(names, string(doc))
	}
	id := fmt.Sprintf("S-%06d", d.sessions+1)
	d.emit(subject, &OpeningStep{Safe: a.Safe, Session: id, Step: threelock.State(d.in.Actor, a.Purpose, names, safe.Locks)})
	return granted(id)
}

func (d *decision) cancelOpening(a CancelOpening) Outcome {
	session := d.openings[a.Safe]
	if session == nil || !session.Before() {
		return refuse("nothing-to-cancel", RuleSafePurpose, string(a.Safe), fact.Text{ZH: "没有可取消的开启。", EN: "There is no opening to cancel."})
	}
	d.opening(a.Safe, func(s *threelock.Session) ([]threelock.Step, threelock.Command) {
		return s.Cancel(d.in.Actor, threelock.WhyCancelled)
	})
	return granted(session.ID)
}

func (d *decision) onAlert(id alerts.ID, propose func() ([]alerts.Change, error)) Outcome {
	subject := fmt.Sprint(id)
	changes, err := propose()
	switch {
	case err == nil:
		d.alert(changes)
		return granted(subject)
	case errors.Is(err, alerts.ErrStillStanding):
		return refuse("still-standing", RuleNothingErased, subject, fact.Text{ZH: "事实尚未结束，不能关闭；可以先确认。", EN: "The cause still stands, so it cannot be closed; acknowledge it meanwhile."})
	case errors.Is(err, alerts.ErrNoSuchAlert):
		return refuse("no-such-alert", "", subject, fact.Text{ZH: "没有此未关闭的警报。", EN: "There is no open alert of this number."})
	}
	return refuse("bad-disposition", "", subject, fact.Text{ZH: "处置结论应为：属实、误报或演练。", EN: "The disposition is one of true, false-alarm, drill."})
}
