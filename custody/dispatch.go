package custody

import (
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// Dispatch is one sealed package on its way to its recipients, until every receipt is back (ISS-2).
type Dispatch struct {
	ID string `json:"id"`
	// Issue is the outgoing document whose copies it holds; Documents are registered ones that it holds.
	Issue      string       `json:"issue,omitempty"`
	Documents  []DocumentID `json:"documents,omitempty"`
	Level      Level        `json:"level"`
	Recipients []Recipient  `json:"recipients"`
	Seal       string       `json:"seal"`
	Couriers   []PersonID   `json:"couriers"`
	By         PersonID     `json:"by"`
	Due        time.Time    `json:"due"` // of the receipts
	// Basis says how Due was counted.
	Basis calendar.Basis `json:"basis,omitzero"`
}

// Recipient is one body that a package goes to.
type Recipient struct {
	Name   string `json:"name"`
	Copies int    `json:"copies"`
	// SignedBy is who signed for it there; empty: the receipt is not back.
	SignedBy string `json:"signed_by,omitempty"`
}

func copiesFor(list []Recipient) (sum int) {
	for _, r := range list {
		sum += r.Copies
	}
	return sum
}

// The acts of dispatch.
type (
	// SendOut hands a sealed package to its couriers (ISS-2).
	SendOut struct {
		Issue      string       `json:"issue,omitempty"`
		Documents  []DocumentID `json:"documents,omitempty"`
		Recipients []Recipient  `json:"recipients"`
		Seal       string       `json:"seal"`
		Couriers   []PersonID   `json:"couriers"`
	}
	// ConfirmReceipt enters a recipient's signed receipt, with the seal number as it was found there.
	ConfirmReceipt struct {
		Dispatch  string `json:"dispatch"`
		Recipient string `json:"recipient"`
		SignedBy  string `json:"signed_by"`
		Seal      string `json:"seal"`
	}
)

// The verbs of acts; they stand in the record and never change.
func (SendOut) Verb() string        { return "dispatch" }
func (ConfirmReceipt) Verb() string { return "confirm-receipt" }

func (a SendOut) carryOut(d *decision) Outcome        { return d.sendOut(a) }
func (a ConfirmReceipt) carryOut(d *decision) Outcome { return d.confirmReceipt(a) }

var dispatchActs = []actKind{
	act[SendOut]("发出", "dispatch"),
	act[ConfirmReceipt]("登记回执", "enter a receipt"),
}

func (d *decision) sendOut(a SendOut) Outcome {
	subject := a.Issue
	if subject == "" && len(a.Documents) > 0 {
		subject = string(a.Documents[0])
	}
	by, no, ok := d.actor(RuleDispatch, subject, Archivist, GeneralOffice, GeneralOfficeHead)
	if !ok {
		return no
	}
	level, no, bad := d.contentRefused(a, subject)
	if bad {
		return no
	}
	if no, bad := d.packageRefused(a, subject); bad {
		return no
	}
	if no, bad := d.couriersRefused(a.Couriers, level, subject); bad {
		return no
	}
	due, basis := d.due(d.site.Policy.Registering.ReceiptWithin, d.in.At.Wall)
	id := number("DP", d.registering.DispatchCount+1)
	recipients := slices.Clone(a.Recipients)
	for i := range recipients {
		recipients[i].SignedBy = ""
	}
	d.emit(id, &Dispatched{Dispatch: Dispatch{ID: id, Issue: a.Issue, Documents: a.Documents, Level: level, Recipients: recipients, Seal: a.Seal, Couriers: a.Couriers, By: by.ID, Due: due.UTC(), Basis: basis}})
	for _, doc := range a.Documents {
		d.judgeAgain(doc)
	}
	d.settleIssue(a.Issue)
	return granted(id)
}

// contentRefused checks what goes into a package, and returns its level.
func (d *decision) contentRefused(a SendOut, subject string) (Level, Outcome, bool) {
	sum := copiesFor(a.Recipients)
	o := d.registering.Drafts[a.Issue]
	switch {
	case (a.Issue == "") == (len(a.Documents) == 0):
		return "", refuse("incomplete", RuleDispatch, subject, fact.Text{ZH: "请写明发出的是哪件发文，或哪些登记文件，二者取一。", EN: "Name the issue that is sent, or the registered documents: one of the two."}), true
	case a.Issue != "" && o == nil:
		return "", noDraft(a.Issue), true
	case a.Issue != "" && sum > o.open():
		return "", refuse("more-than-printed", RuleIssue, subject, fact.Text{ZH: "未交代的只有 %[1]d 份，不能发出 %[2]d 份。", EN: "Only %[1]d copies are not accounted for; %[2]d cannot be sent."}.Fill(max(0, o.open()), sum)), true
	case a.Issue != "":
		return o.Level, Outcome{}, false
	case sum != len(a.Documents) || len(a.Documents) > MaxDocumentsNamed:
		return "", refuse("bad-count", RuleDispatch, subject, fact.Text{ZH: "各收件单位的份数之和须等于发出的 %[1]d 件。", EN: "The recipients' copies must add up to the %[1]d documents sent."}.Fill(len(a.Documents))), true
	}
	level := Public
	for _, id := range a.Documents {
		doc := d.documents[id]
		switch {
		case doc == nil:
			return "", unknownDocument(id), true
		case doc.Loan != "":
			return "", refuse("already-lent", RuleSingleLine, string(id), fact.Text{ZH: "%[1]s 在借阅中，归还后才能发出。", EN: "%[1]s is on loan; it comes back before it is sent."}.Fill(string(id))), true
		case d.dispatchOf(id) != nil:
			return "", refuse("already-sent", RuleDispatch, string(id), fact.Text{ZH: "%[1]s 已发出，等待回执。", EN: "%[1]s was sent already; its receipt is awaited."}.Fill(string(id))), true
		}
		level = higher(level, doc.Level)
	}
	return level, Outcome{}, false
}

// packageRefused: recipients and copies are listed, and the package is sealed under a number of its own (ISS-2).
func (d *decision) packageRefused(a SendOut, subject string) (Outcome, bool) {
	names := map[string]bool{}
	for _, r := range a.Recipients {
		if r.Name == "" || len(r.Name) > MaxTextLen || r.Copies < 1 || r.Copies > MaxCopies || names[r.Name] {
			return refuse("incomplete", RuleDispatch, subject, fact.Text{ZH: "逐一写明收件单位和份数，不得重复。", EN: "List each recipient once, with its number of copies."}), true
		}
		names[r.Name] = true
	}
	switch {
	case len(a.Recipients) == 0 || len(a.Recipients) > MaxRecipients:
		return refuse("incomplete", RuleDispatch, subject, fact.Text{ZH: "请写明收件单位和份数，最多 %[1]d 个。", EN: "List the recipients with their copies, %[1]d at most."}.Fill(MaxRecipients)), true
	case a.Seal == "" || len(a.Seal) > MaxWordLen:
		return refuse("no-seal", RuleDispatch, subject, fact.Text{ZH: "封装后填写密封编号，再交接。", EN: "Seal the package and enter the seal's number before it is handed over."}), true
	case len(d.registering.Dispatches) >= MaxDispatches:
		return refuse("too-much", "", subject, fact.Text{ZH: "等待回执的发件已达 %[1]d 件，先催收。", EN: "%[1]d packages wait for their receipts; chase some first."}.Fill(MaxDispatches)), true
	}
	for id, p := range d.registering.Dispatches { // one of them at most
		if p.Seal == a.Seal {
			return refuse("seal-in-use", RuleDispatch, subject, fact.Text{ZH: "密封编号 %[1]s 已用于 %[2]s。", EN: "Seal %[1]s is on %[2]s."}.Fill(a.Seal, id)), true
		}
	}
	return Outcome{}, false
}

// couriersRefused: as many different couriers as the level needs, each cleared for it (ISS-2).
func (d *decision) couriersRefused(couriers []PersonID, level Level, subject string) (Outcome, bool) {
	needed := max(1, d.site.Policy.Registering.Couriers[level])
	different := slices.Compact(slices.Sorted(slices.Values(couriers)))
	if len(different) < needed || len(different) != len(couriers) || len(couriers) > MaxCouriers {
		return refuse("too-few-couriers", RuleDispatch, subject, fact.Text{ZH: "%[1]s件须由 %[2]d 名不同的专人递送。", EN: "A %[1]s package is carried by %[2]d different couriers."}.Fill(level.Name(), needed)), true
	}
	for _, id := range couriers {
		switch p := d.persons[id]; {
		case p == nil || p.Barred:
			return refuse("unknown-person", RuleDispatch, subject, fact.Text{ZH: "没有 %[1]s 此人，或其证件已停用。", EN: "There is no person %[1]s, or the badge is barred."}.Fill(string(id))), true
		case !p.Clearance.Covers(level):
			return refuse("not-cleared", RuleScope, subject, fact.Text{ZH: "%[1]s 的涉密等级不够递送%[2]s件。", EN: "%[1]s is not cleared to carry a %[2]s package."}.Fill(p.Name, level.Name())), true
		}
	}
	return Outcome{}, false
}

// confirmReceipt enters a receipt; with the last one the package is done, and what it held has left the register.
func (d *decision) confirmReceipt(a ConfirmReceipt) Outcome {
	p := d.registering.Dispatches[a.Dispatch]
	if p == nil {
		return refuse("no-dispatch", RuleDispatch, a.Dispatch, fact.Text{ZH: "没有等待回执的发件 %[1]s。", EN: "No package %[1]s waits for receipts."}.Fill(a.Dispatch))
	}
	by, no, ok := d.actor(RuleDispatch, p.ID, Archivist, GeneralOffice, GeneralOfficeHead)
	at := slices.IndexFunc(p.Recipients, func(r Recipient) bool { return r.Name == a.Recipient })
	switch {
	case !ok:
		return no
	case at < 0 || p.Recipients[at].SignedBy != "":
		return refuse("no-such-recipient", RuleDispatch, p.ID, fact.Text{ZH: "%[1]s 不在 %[2]s 未回执的收件单位之列。", EN: "%[1]s is not among the recipients of %[2]s whose receipt is open."}.Fill(clip(a.Recipient), p.ID))
	case a.SignedBy == "" || len(a.SignedBy) > MaxTextLen || a.Seal == "" || len(a.Seal) > MaxWordLen:
		return refuse("incomplete", RuleDispatch, p.ID, fact.Text{ZH: "请填写签收人，和收到时的密封编号。", EN: "Enter who signed for it, and the seal's number as it was found."})
	}
	last := !slices.ContainsFunc(p.Recipients, func(r Recipient) bool { return r.SignedBy == "" && r.Name != a.Recipient })
	sent := *p
	d.emit(p.ID, &ReceiptConfirmed{Dispatch: p.ID, Recipient: a.Recipient, SignedBy: a.SignedBy, Seal: a.Seal, By: by.ID, Last: last})
	if a.Seal != sent.Seal {
		d.raise(alerts.SealDiffers, sent.ID, sent.ID, a.Recipient, a.Seal, sent.Seal)
	}
	if last {
		d.end(alerts.ReceiptOverdue, sent.ID)
		d.sentAway(sent.Documents)
	}
	return granted(sent.ID)
}

// sentAway takes the documents of a package out of the register, and their tags out of what is expected.
func (d *decision) sentAway(ids []DocumentID) {
	for _, id := range ids {
		if doc := d.documents[id]; doc != nil {
			tag := doc.Tag
			d.emit(string(id), &DocumentSent{Document: id})
			d.gone(tag, id)
		}
	}
}

// gone settles what follows when a document has left the register: nobody waits for its tag, and
// what stood about its whereabouts ends.
func (d *decision) gone(tag fact.EPC, id DocumentID) {
	d.effect(Withdraw{Tag: tag})
	for _, code := range []alerts.Code{alerts.LeftZone, alerts.Misplaced, alerts.Missing, alerts.StoredMixed, alerts.NotPutAway, alerts.BelowOriginal, alerts.CopyUnapproved, alerts.PieceApart, alerts.ReturnUncounted, alerts.WrongReceiver} {
		d.end(code, string(id))
	}
	for _, a := range d.alerts.List() { // it may have been the last whose retention period was to be decided (REG-3)
		if a.Ended == nil && (a.Code == alerts.RetentionNear || a.Code == alerts.RetentionEnded) {
			if day, err := calendar.ParseDate(a.Subject); err == nil {
				d.termDecided(day)
			}
		}
	}
}

// receiptDue begins the chase of receipts that are not back (ISS-2).
func (d *decision) receiptDue(id string) {
	p := d.registering.Dispatches[id]
	if p == nil {
		return
	}
	var open []fact.Text
	for _, r := range p.Recipients {
		if r.SignedBy == "" && len(open) < MaxNamed {
			open = append(open, fact.Text{ZH: r.Name, EN: r.Name})
		}
	}
	d.raise(alerts.ReceiptOverdue, id, id, p.Due.In(d.site.Location).Format("2006-01-02 15:04"), joined(open))
}

// dispatchOf returns the package that a document is on its way in; nil if in none.
func (s *State) dispatchOf(id DocumentID) *Dispatch {
	return s.registering.Dispatches[s.registering.sentIn[id]]
}

// couriersOf returns who carries a document that is on its way in a sealed package (ISS-2).
func (s *State) couriersOf(id DocumentID) (couriers []PersonID, sent bool) {
	p := s.dispatchOf(id)
	if p == nil {
		return nil, false
	}
	return p.Couriers, true
}

// onItsWayOut reports whether a document is in a package that its couriers carry through a place.
func (d *decision) onItsWayOut(doc *Document, place fact.PlaceID) bool {
	kind := d.site.Places[place].Kind
	return kind != Cabinet && kind != SafeBox && d.dispatchOf(doc.ID) != nil
}

// The events of dispatch.
type (
	// Dispatched: a sealed package is in its couriers' hands.
	Dispatched struct {
		Dispatch Dispatch `json:"dispatch"`
	}
	// ReceiptConfirmed: a recipient's signed receipt is back. Last: it was the last of them.
	ReceiptConfirmed struct {
		Dispatch  string   `json:"dispatch"`
		Recipient string   `json:"recipient"`
		SignedBy  string   `json:"signed_by"`
		Seal      string   `json:"seal"`
		By        PersonID `json:"by"`
		Last      bool     `json:"last,omitempty"`
	}
	// DocumentSent: a registered document is its recipient's now.
	DocumentSent struct {
		Document DocumentID `json:"document"`
	}
)

// The kinds of events; they stand in the record and never change.
func (Dispatched) Kind() string       { return "dispatched" }
func (ReceiptConfirmed) Kind() string { return "receipt-confirmed" }
func (DocumentSent) Kind() string     { return "document-sent" }

var dispatchEvents = []func() Event{blank[Dispatched], blank[ReceiptConfirmed], blank[DocumentSent]}

func (ev *Dispatched) evolve(s *State, _ fact.Stamp) {
	p := ev.Dispatch
	p.Recipients = slices.Clone(p.Recipients)
	s.registering.DispatchCount++
	s.registering.Dispatches[p.ID] = &p
	for _, id := range p.Documents {
		s.registering.sentIn[id] = p.ID
	}
	s.agenda.atWall(errand{errandReceipt, p.ID}, p.Due)
	if o := s.registering.Drafts[p.Issue]; o != nil {
		o.Sent += copiesFor(p.Recipients)
	}
}

func (ev *ReceiptConfirmed) evolve(s *State, _ fact.Stamp) {
	p := s.registering.Dispatches[ev.Dispatch]
	if p == nil {
		return
	}
	for i := range p.Recipients {
		if p.Recipients[i].Name == ev.Recipient {
			p.Recipients[i].SignedBy = ev.SignedBy
		}
	}
	if ev.Last {
		for _, id := range p.Documents {
			delete(s.registering.sentIn, id)
		}
		delete(s.registering.Dispatches, p.ID)
		s.agenda.off(errand{errandReceipt, p.ID})
	}
}

func (ev *DocumentSent) evolve(s *State, at fact.Stamp) { s.leaveRegister(ev.Document, GoneSent, at) }
