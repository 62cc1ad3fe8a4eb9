package custody

import (
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// Transfer hands documents over to a body outside, for central destruction or for filing. It is
// signed on both sides (DES-4): the custodian signs for what was given, and the confidentiality
// officer enters the receiver's name and letter. Only then they leave the register.
type Transfer struct {
	ID        string          `json:"id"`
	Documents []DocumentID    `json:"documents"`
	Receiver  string          `json:"receiver"` // the body outside
	Purpose   TransferPurpose `json:"purpose"`
	Carriers  []PersonID      `json:"carriers"`
	Until     time.Time       `json:"until"` // the leave of its carriers ends
	Approved  bool            `json:"approved,omitempty"`
	GivenBy   PersonID        `json:"given_by,omitempty"`
	// Left are the documents that its carriers took through an exit.
	Left map[DocumentID]bool `json:"left,omitempty"`
	// Receipt is the other side's: empty until it is entered.
	Receipt OutsideReceipt `json:"receipt,omitzero"`
}

// TransferPurpose says what the body outside does with them.
type TransferPurpose string

// The purposes of a transfer.
const (
	CentralDestruction TransferPurpose = "central-destruction" // 集中销毁
	Filing             TransferPurpose = "filing"              // 移交归档
)

// OutsideReceipt is the signature of somebody outside, who has no badge: name and letter.
type OutsideReceipt struct {
	Name   string   `json:"name"`
	Letter string   `json:"letter"`
	By     PersonID `json:"by,omitempty"` // who entered it
}

// IssuerRecalled: the issuing body wants a document back by a day (DES-5).
type IssuerRecalled struct {
	Document DocumentID    `json:"document"`
	By       calendar.Date `json:"by"`
	Letter   string        `json:"letter"`
}

func noTransfer(id string) Outcome {
	return refuse("no-such-transfer", RuleTransfer, id, fact.Text{ZH: "没有未办结的移交 %[1]s。", EN: "There is no transfer %[1]s under way."}.Fill(id))
}

func (d *decision) proposeTransfer(a ProposeTransfer) Outcome {
	subject, now := "transfer", d.in.At.Wall
	if _, no, ok := d.actor(RuleTransfer, subject, ConfidentialityOfficer, Archivist); !ok {
		return no
	}
	if no, bad := d.listedRefused(RuleTransfer, subject, a.Documents); bad {
		return no
	}
	switch {
	case unsaid(a.Receiver) || a.Purpose != CentralDestruction && a.Purpose != Filing:
		return refuse("incomplete", RuleTransfer, subject, fact.Text{ZH: "请写明接收单位和用途（集中销毁或移交归档）。", EN: "Name the receiving body and the purpose: central-destruction or filing."})
	case !a.Until.After(now) || a.Until.Sub(now) > MaxDelegation:
		return refuse("bad-period", RuleTransfer, subject, fact.Text{ZH: "完成期限须晚于现在，最长 %[1]d 天。", EN: "It is done by a time that lies ahead, within %[1]d days."}.Fill(int(MaxDelegation/(24*time.Hour))))
	case len(a.Carriers) == 0 || len(a.Carriers) > MaxPeople:
		return refuse("incomplete", RuleTransfer, subject, fact.Text{ZH: "请写明送交人。", EN: "Name who takes them there."})
	case len(d.keeping.Transfers) >= MaxUnderWay:
		return tooMany(subject, MaxUnderWay)
	}
	for i, p := range a.Carriers {
		person := d.persons[p]
		if person == nil || person.Barred || slices.Contains(a.Carriers[:i], p) || !person.Clearance.Covers(d.highest(a.Documents)) {
			return refuse("not-cleared", RuleScope, subject, fact.Text{ZH: "送交人 %[1]s 不存在、重复或涉密等级不够。", EN: "Carrier %[1]s is unknown, named twice or not cleared."}.Fill(string(p)))
		}
	}
	if len(a.Carriers) < 2 && slices.ContainsFunc(a.Documents, func(id DocumentID) bool { return d.site.Policy.TwoCarriers.Covers(d.documents[id].DocumentRecord) }) {
		return refuse("two-carriers", RuleTwoCarriers, subject, fact.Text{ZH: "清单中有须两人携带的文件，请再写明一人。", EN: "Something on the list travels with two persons; name another one."})
	}
	id := d.nextOf(seriesTransfer)
	d.emit(id, &TransferProposed{Transfer: Transfer{ID: id, Documents: a.Documents, Receiver: a.Receiver, Purpose: a.Purpose, Carriers: a.Carriers, Until: a.Until.UTC()}})
	d.ask(id, ForTransfer, d.highest(a.Documents))
	return granted(id)
}

// signTransfer is the giving side's signature.
func (d *decision) signTransfer(a SignTransfer) Outcome {
	t := d.keeping.Transfers[a.Transfer]
	if t == nil {
		return noTransfer(a.Transfer)
	}
	by, no, ok := d.actor(RuleTransfer, t.ID, Archivist)
	switch {
	case !ok:
		return no
	case t.GivenBy != "":
		return refuse("signed-before", RuleTransfer, t.ID, fact.Text{ZH: "移出方已签字，等待登记接收方签收。", EN: "The giving side has signed; it waits for the receiver's signature."})
	case t.Receipt.By == by.ID:
		return refuse("both-sides", RuleTransfer, t.ID, fact.Text{ZH: "移出方签字和登记接收方签收须为两人。", EN: "Who signs for the giving side and who enters the receiver's signature are two persons."})
	}
	if !t.Approved {
		no, _ := d.approved(t.ID, RuleTransfer)
		return no
	}
	d.emit(t.ID, &TransferSigned{Transfer: t.ID, By: by.ID})
	d.finishTransfer(t)
	return granted(t.ID)
}

// enterReceipt is the receiving side's signature, entered with its name and letter.
func (d *decision) enterReceipt(a EnterReceipt) Outcome {
	t := d.keeping.Transfers[a.Transfer]
	if t == nil {
		return noTransfer(a.Transfer)
	}
	by, no, ok := d.actor(RuleTransfer, t.ID, ConfidentialityOfficer)
	switch {
	case !ok:
		return no
	case unsaid(a.Name, a.Letter):
		return refuse("incomplete", RuleTransfer, t.ID, fact.Text{ZH: "请写明接收人姓名和回执文号，各最多 %[1]d 字节。", EN: "Give the receiver's name and the number of the receipt, each in %[1]d bytes at most."}.Fill(MaxTextLen))
	case t.Receipt.Name != "":
		return refuse("signed-before", RuleTransfer, t.ID, fact.Text{ZH: "接收方签收已登记。", EN: "The receiver's signature is entered already."})
	case t.GivenBy == by.ID:
		return refuse("both-sides", RuleTransfer, t.ID, fact.Text{ZH: "移出方签字和登记接收方签收须为两人。", EN: "Who signs for the giving side and who enters the receiver's signature are two persons."})
	}
	if !t.Approved {
		no, _ := d.approved(t.ID, RuleTransfer)
		return no
	}
	d.emit(t.ID, &TransferReceived{Transfer: t.ID, Receipt: OutsideReceipt{Name: a.Name, Letter: a.Letter, By: by.ID}})
	d.finishTransfer(t)
	return granted(t.ID)
}

// transferDue raises a transfer whose documents left and that is not signed on both sides in time; one
// that never left has ended.
func (d *decision) transferDue(id string) {
	t := d.keeping.Transfers[id]
	switch {
	case t == nil:
	case len(t.Left) == 0 && t.GivenBy == "" && t.Receipt.Name == "":
		d.emit(id, &TransferDropped{Transfer: id, Why: "time-over"})
	default:
		d.raise(alerts.CarryLate, id, id, namesOf(t.Documents), d.clockText(t.Until), d.personName(t.Carriers[0]), t.Receiver)
	}
}

// finishTransfer takes the documents off the register when both sides have signed (DES-4).
func (d *decision) finishTransfer(t *Transfer) {
	if t.GivenBy == "" || t.Receipt.Name == "" {
		return
	}
	tags := d.tagsOf(t.Documents)
	d.endAlertsOf(t.Documents)
	d.end(alerts.CarryLate, t.ID)
	d.emit(t.ID, &Transferred{Transfer: t.ID, Documents: t.Documents})
	for _, id := range sortedKeys(tags) {
		d.gone(tags[id], id)
	}
}

// expectReturn sets when a document that its issuer wants back is due (DES-5).
func (s *State) expectReturn(doc *Document) {
	soon, late := errand{errandClearSoon, string(doc.ID)}, errand{errandClear, string(doc.ID)}
	s.agenda.off(soon)
	s.agenda.off(late)
	if doc.ReturnBy == 0 {
		return
	}
	due := s.returnBy(doc)
	s.agenda.atWall(late, due)
	if before := s.site.Policy.Keeping.ClearReminder; before > 0 {
		s.agenda.atWall(soon, due.Add(-before))
	}
}

// returnBy is the hour by which it is back: the off-duty hour of the day, or of the working day before it.
func (s *State) returnBy(doc *Document) time.Time {
	y, m, day := doc.ReturnBy.Civil()
	due, _ := s.due(calendar.Due{Kind: calendar.ByDate, Date: doc.ReturnBy}, time.Date(y, m, day, 0, 0, 0, 0, s.zone()).AddDate(0, -1, 0))
	return due
}

// clearDue reminds of a document that its issuer wants back, and raises that it is late (DES-5).
func (d *decision) clearDue(id DocumentID, late bool) {
	doc := d.documents[id]
	if doc == nil || doc.ReturnBy == 0 {
		return
	}
	code := alerts.ClearSoon
	if late {
		d.end(alerts.ClearSoon, string(id))
		code = alerts.ClearLate
	} else if _, standing := d.alerts.Standing(alerts.ClearLate, string(id)); standing {
		return
	}
	issuer := doc.Issuer
	if issuer == "" {
		issuer = "—"
	}
	d.raise(code, string(id), string(id), issuer, d.clockText(d.returnBy(doc)))
}

func (d *decision) recallToIssuer(a RecallToIssuer) Outcome {
	doc, subject := d.documents[a.Document], string(a.Document)
	if _, no, ok := d.actor(RuleReturn, subject, Archivist, ConfidentialityOfficer); !ok {
		return no
	}
	switch {
	case doc == nil:
		return refuse("unknown-document", RuleRegister, subject, fact.Text{ZH: "登记簿中没有 %[1]s。", EN: "The register has no %[1]s."}.Fill(subject))
	case unsaid(a.Letter):
		return refuse("incomplete", RuleReturn, subject, fact.Text{ZH: "请写明清退通知的文号。", EN: "Give the number of the issuer's letter."})
	case a.By < d.today():
		return refuse("bad-date", RuleReturn, subject, fact.Text{ZH: "清退日期不能早于今天。", EN: "The day lies ahead, or is today."})
	}
	d.emit(subject, &IssuerWantsBack{Recall: IssuerRecalled(a)})
	d.end(alerts.ClearSoon, subject)
	d.end(alerts.ClearLate, subject)
	return granted(subject)
}

// returnToIssuer is the signed return (清退): who gave it, who received it there, by which letter.
func (d *decision) returnToIssuer(a ReturnToIssuer) Outcome {
	doc, subject := d.documents[a.Document], string(a.Document)
	by, no, ok := d.actor(RuleReturn, subject, Archivist, ConfidentialityOfficer)
	switch {
	case !ok:
		return no
	case doc != nil && doc.Issuer == "":
		return refuse("no-issuer", RuleReturn, subject, fact.Text{ZH: "%[1]s 没有登记发文机关，无从清退。", EN: "No issuing body is registered for %[1]s; there is nobody to return it to."}.Fill(subject))
	case unsaid(a.Name, a.Letter):
		return refuse("incomplete", RuleReturn, subject, fact.Text{ZH: "请写明接收人姓名和回执文号：清退须签收。", EN: "Give the receiver's name and the number of the receipt: a return is signed for."})
	}
	if doc != nil && d.keeping.Carried[doc.ID] == "" || doc == nil { // one on its way there by a carrying-out may be signed for meanwhile
		if no, bad := d.engagedRefused(RuleReturn, a.Document); bad {
			return no
		}
	}
	d.endAlertsOf([]DocumentID{doc.ID})
	if c := d.keeping.Carryings[d.keeping.Carried[doc.ID]]; c != nil {
		d.handedIn(c, doc.ID, by.ID)
	}
	tag := doc.Tag
	d.emit(subject, &ReturnedToIssuer{Document: doc.ID, By: by.ID, Receipt: OutsideReceipt{Name: a.Name, Letter: a.Letter, By: by.ID}})
	d.gone(tag, a.Document)
	return granted(subject)
}

// The events of transfers and returns.
type (
	// TransferProposed asks for the approval of a transfer.
	TransferProposed struct {
		Transfer Transfer `json:"transfer"`
	}
	// TransferApproved: its carriers may leave with the documents.
	TransferApproved struct {
		Transfer string `json:"transfer"`
	}
	// TransferDropped ends one that was not approved, or not done while it was.
	TransferDropped struct {
		Transfer string `json:"transfer"`
		Why      string `json:"why"`
	}
	// TransferLeft: a carrier of it took a document through an exit.
	TransferLeft struct {
		Transfer string     `json:"transfer"`
		Document DocumentID `json:"document"`
	}
	// TransferSigned is the giving side's signature.
	TransferSigned struct {
		Transfer string   `json:"transfer"`
		By       PersonID `json:"by"`
	}
	// TransferReceived is the receiving side's.
	TransferReceived struct {
		Transfer string         `json:"transfer"`
		Receipt  OutsideReceipt `json:"receipt"`
	}
	// Transferred: both have signed, the documents are off the register.
	Transferred struct {
		Transfer  string       `json:"transfer"`
		Documents []DocumentID `json:"documents"`
	}
	// IssuerWantsBack sets the day by which the issuing body wants a document back.
	IssuerWantsBack struct {
		Recall IssuerRecalled `json:"recall"`
	}
	// ReturnedToIssuer is the signed return.
	ReturnedToIssuer struct {
		Document DocumentID     `json:"document"`
		By       PersonID       `json:"by"`
		Receipt  OutsideReceipt `json:"receipt"`
	}
)

// The kinds of events; they stand in the record and never change.
func (TransferProposed) Kind() string { return "transfer-proposed" }
func (TransferApproved) Kind() string { return "transfer-approved" }
func (TransferDropped) Kind() string  { return "transfer-dropped" }
func (TransferLeft) Kind() string     { return "transfer-left" }
func (TransferSigned) Kind() string   { return "transfer-signed" }
func (TransferReceived) Kind() string { return "transfer-received" }
func (Transferred) Kind() string      { return "transferred" }
func (IssuerWantsBack) Kind() string  { return "issuer-wants-back" }
func (ReturnedToIssuer) Kind() string { return "returned-to-issuer" }

var transferEvents = []func() Event{blank[TransferProposed], blank[TransferApproved], blank[TransferDropped], blank[TransferLeft], blank[TransferSigned], blank[TransferReceived], blank[Transferred]}
var returnEvents = []func() Event{blank[IssuerWantsBack], blank[ReturnedToIssuer]}

func (ev *TransferProposed) evolve(s *State, _ fact.Stamp) {
	s.numberUsed(seriesTransfer)
	t := ev.Transfer
	t.Left = map[DocumentID]bool{}
	s.keeping.Transfers[t.ID] = &t
	for _, id := range t.Documents {
		s.keeping.Engaged[id] = t.ID
	}
}

func (ev *TransferApproved) evolve(s *State, _ fact.Stamp) {
	if t := s.keeping.Transfers[ev.Transfer]; t != nil {
		t.Approved = true
		s.agenda.atWall(errand{errandTransfer, t.ID}, t.Until)
	}
}

func (ev *TransferDropped) evolve(s *State, _ fact.Stamp) { s.dropTransfer(ev.Transfer) }

func (s *State) dropTransfer(id string) {
	if t := s.keeping.Transfers[id]; t != nil {
		for _, doc := range t.Documents {
			if s.keeping.Engaged[doc] == id {
				delete(s.keeping.Engaged, doc)
			}
		}
		delete(s.keeping.Transfers, id)
		s.agenda.off(errand{errandTransfer, id})
	}
}

func (ev *TransferLeft) evolve(s *State, _ fact.Stamp) {
	if t := s.keeping.Transfers[ev.Transfer]; t != nil {
		t.Left[ev.Document] = true
		s.agenda.off(errand{errandMissing, string(ev.Document)})
	}
}

func (ev *TransferSigned) evolve(s *State, _ fact.Stamp) {
	if t := s.keeping.Transfers[ev.Transfer]; t != nil {
		t.GivenBy = ev.By
	}
}

func (ev *TransferReceived) evolve(s *State, _ fact.Stamp) {
	if t := s.keeping.Transfers[ev.Transfer]; t != nil {
		t.Receipt = ev.Receipt
	}
}

func (ev *Transferred) evolve(s *State, at fact.Stamp) {
	for _, id := range ev.Documents {
		s.leaveRegister(id, GoneTransferred, at)
	}
	s.dropTransfer(ev.Transfer)
}

func (ev *IssuerWantsBack) evolve(s *State, _ fact.Stamp) {
	if doc := s.documents[ev.Recall.Document]; doc != nil {
		doc.ReturnBy = ev.Recall.By
		s.keeping.Recalled[doc.ID] = ev.Recall
		s.expectReturn(doc)
	}
}

func (ev *ReturnedToIssuer) evolve(s *State, at fact.Stamp) {
	s.leaveRegister(ev.Document, GoneReturned, at)
}

// The acts of transfers and returns.
type (
	// ProposeTransfer asks for documents to be handed over to a body outside.
	ProposeTransfer struct {
		Documents []DocumentID    `json:"documents"`
		Receiver  string          `json:"receiver"`
		Purpose   TransferPurpose `json:"purpose"`
		Carriers  []PersonID      `json:"carriers"`
		Until     time.Time       `json:"until"`
	}
	// SignTransfer is the custodian's signature for what was given.
	SignTransfer struct {
		Transfer string `json:"transfer"`
	}
	// EnterReceipt enters the receiver's signature.
	EnterReceipt struct {
		Transfer string `json:"transfer"`
		Name     string `json:"name"`
		Letter   string `json:"letter"`
	}
	// RecallToIssuer enters that the issuing body wants a document back by a day.
	RecallToIssuer struct {
		Document DocumentID    `json:"document"`
		By       calendar.Date `json:"by"`
		Letter   string        `json:"letter"`
	}
	// ReturnToIssuer is the signed return of a document to its issuing body.
	ReturnToIssuer struct {
		Document DocumentID `json:"document"`
		Name     string     `json:"name"`
		Letter   string     `json:"letter"`
	}
)

// The verbs of acts; they stand in the record and never change.
func (ProposeTransfer) Verb() string { return "propose-transfer" }
func (SignTransfer) Verb() string    { return "sign-transfer" }
func (EnterReceipt) Verb() string    { return "enter-receipt" }
func (RecallToIssuer) Verb() string  { return "recall-to-issuer" }
func (ReturnToIssuer) Verb() string  { return "return-to-issuer" }

func (a ProposeTransfer) carryOut(d *decision) Outcome { return d.proposeTransfer(a) }
func (a SignTransfer) carryOut(d *decision) Outcome    { return d.signTransfer(a) }
func (a EnterReceipt) carryOut(d *decision) Outcome    { return d.enterReceipt(a) }
func (a RecallToIssuer) carryOut(d *decision) Outcome  { return d.recallToIssuer(a) }
func (a ReturnToIssuer) carryOut(d *decision) Outcome  { return d.returnToIssuer(a) }

var transferActs = []actKind{
	act[ProposeTransfer]("申请移交", "propose a transfer"),
	act[SignTransfer]("移交签字", "sign a transfer"),
	act[EnterReceipt]("登记接收方签收", "enter a receipt"),
}

var returnActs = []actKind{
	act[RecallToIssuer]("登记清退通知", "enter a recall by the issuer"),
	act[ReturnToIssuer]("清退文件", "return to the issuer"),
}
