package custody

import (
	"slices"
	"time"

	"trilock/custody/fact"
)

// keeping is what is under way of keeping: sweeps, inventories, meetings, destruction, carrying out, hand-overs of a post.
// Its fields are exported with JSON names: a checkpoint of the state holds them. What follows
// from the documents alone is derived: which are away from home, and how many belong in each place.
type keeping struct {
	Sweep        sweeping                      `json:"sweep"`
	Counting     counting                      `json:"counting"`
	Inventories  map[string]*Inventory         `json:"inventories"`
	Inventoried  map[fact.PlaceID]time.Time    `json:"inventoried"` // when each place was last signed for; first the day it was first kept
	Meetings     map[string]*Meeting           `json:"meetings"`
	Destructions map[string]*DestructionList   `json:"destructions"`
	Transfers    map[string]*Transfer          `json:"transfers"`
	Carryings    map[string]*CarryingOut       `json:"carryings"`
	Carried      map[DocumentID]string         `json:"carried"` // the carrying-out that a document is in
	Engaged      map[DocumentID]string         `json:"engaged"` // the meeting, destruction list or transfer that it is in
	Recalled     map[DocumentID]IssuerRecalled `json:"recalled"`
	Given        map[string]int                `json:"given"` // numbers, by series

	away map[DocumentID]struct{}
}

func newKeeping() keeping {
	return keeping{Inventories: map[string]*Inventory{}, Inventoried: map[fact.PlaceID]time.Time{}, Meetings: map[string]*Meeting{}, Destructions: map[string]*DestructionList{},
		Transfers: map[string]*Transfer{}, Carryings: map[string]*CarryingOut{}, Carried: map[DocumentID]string{}, Engaged: map[DocumentID]string{}, Recalled: map[DocumentID]IssuerRecalled{},
		Given: map[string]int{}, away: map[DocumentID]struct{}{}}
}

// The series of numbers.
const (
	seriesInventory   = "IN"
	seriesMeeting     = "MT"
	seriesDestruction = "DL"
	seriesTransfer    = "TR"
	seriesCarrying    = "CO"
)

// KeepingPolicy holds the numbers of these rules that a site may set. A zero turns that part off.
type KeepingPolicy struct {
	SweepReminder     time.Duration           // STO-3: before the off-duty hour
	CountEvery        time.Duration           // STO-4: the automatic count
	InventoryEvery    map[Level]time.Duration // STO-4: the signed inventory of what has such a level
	InventoryReminder time.Duration
	DestroyingPlace   fact.PlaceID  // DES-2
	DestroyWithin     time.Duration // DES-2: from the second supervisor's badge to the closed list
	ClearReminder     time.Duration // DES-5: before the issuer wants it back
	CarryingLongest   time.Duration // OUT-1
	ReturnReminder    time.Duration // OUT-3: before the return time
	HandInWithin      time.Duration // OUT-3: from coming back on site
}

var keepingEvents = slices.Concat(sweepEvents, inventoryEvents, postHandOverEvents, meetingEvents, destructionEvents, transferEvents, returnEvents, carryingEvents)

var keepingActs = slices.Concat(inventoryActs, postHandOverActs, meetingActs, destructionActs, transferActs, returnActs, carryingActs)

// What falls due in keeping.
const (
	errandSweepSoon     errandKind = "sweep-soon"
	errandSweep         errandKind = "sweep"
	errandHourlyCount   errandKind = "hourly-count"
	errandInventorySoon errandKind = "inventory-soon"
	errandInventory     errandKind = "inventory"
	errandMeetingOver   errandKind = "meeting-over"
	errandDestruction   errandKind = "destruction"
	errandClearSoon     errandKind = "clear-soon"
	errandClear         errandKind = "clear"
	errandReturnSoon    errandKind = "return-soon"
	errandReturn        errandKind = "return"
	errandHandIn        errandKind = "hand-in"
	errandTransfer      errandKind = "transfer"
)

// keepingErrand settles what falls due here; it reports whether the errand was one of these.
func (d *decision) keepingErrand(e errand) bool {
	switch e.kind {
	case errandSweepSoon:
		d.sweepSoon()
	case errandSweep:
		d.sweep()
	case errandHourlyCount:
		d.countAll()
	case errandInventorySoon:
		d.inventoryDue(fact.PlaceID(e.id), false)
	case errandInventory:
		d.inventoryDue(fact.PlaceID(e.id), true)
	case errandMeetingOver:
		d.meetingOver(e.id)
	case errandDestruction:
		d.destructionLate(e.id)
	case errandClearSoon:
		d.clearDue(DocumentID(e.id), false)
	case errandClear:
		d.clearDue(DocumentID(e.id), true)
	case errandReturnSoon:
		d.returnDue(e.id, false)
	case errandReturn:
		d.returnDue(e.id, true)
	case errandHandIn:
		d.handInDue(DocumentID(e.id))
	case errandTransfer:
		d.transferDue(e.id)
	default:
		return false
	}
	return true
}

// keepingReady goes on with what has just been approved.
func (d *decision) keepingReady(a *Approval) {
	switch a.For {
	case ForCarryingOut:
		d.carryingApproved(a.ID)
	case ForDestruction, ForDestroyingArchives:
		d.emit(a.ID, &DestructionApproved{List: a.ID})
	case ForTransfer:
		if d.keeping.Transfers[a.ID] != nil {
			d.emit(a.ID, &TransferApproved{Transfer: a.ID})
			d.useApproval(a.ID)
		}
	}
}

// keepingOver drops what will not be approved any more.
func (d *decision) keepingOver(a *Approval, status ApprovalStatus) {
	switch a.For {
	case ForCarryingOut:
		if d.keeping.Carryings[a.ID] != nil {
			d.emit(a.ID, &CarryingEnded{Carrying: a.ID, Why: string(status)})
		}
	case ForDestruction, ForDestroyingArchives:
		if d.keeping.Destructions[a.ID] != nil {
			d.emit(a.ID, &DestructionDropped{List: a.ID, Why: string(status)})
		}
	case ForTransfer:
		if d.keeping.Transfers[a.ID] != nil {
			d.emit(a.ID, &TransferDropped{Transfer: a.ID, Why: string(status)})
		}
	}
}

// startKeeping takes up, when the daemon starts, what comes again and again.
func (s *State) startKeeping(at fact.Stamp) {
	s.planSweep(at, false)
	s.planCount(at)
	for _, id := range sortedKeys(s.site.Places) {
		if s.site.keepsDocuments(id) {
			s.planInventory(at, id)
		}
	}
}

// keepsDocuments reports whether documents have their home in a place.
func (s Site) keepsDocuments(id fact.PlaceID) bool {
	kind := s.Places[id].Kind
	return kind == Cabinet || kind == SafeBox
}

// underThreeLocks reports whether a place is the inside of a safe with its three locks (STO-1).
func (s Site) underThreeLocks(id fact.PlaceID) bool {
	safe, ok := s.safeAt(id)
	return ok && s.Places[id].Kind == SafeBox && !slices.Contains(safe.Locks[:], "")
}

// nextOf returns the next number of a series; the event that bears it uses it up (numberUsed).
func (s *State) nextOf(series string) string { return number(series, s.keeping.Given[series]+1) }

func (s *State) numberUsed(series string) { s.keeping.Given[series]++ }

// keptDocument takes a document into the counts of keeping, when it is registered.
func (s *State) keptDocument(doc *Document) {
	s.noteAway(doc)
	s.expectReturn(doc)
}

// keptNoMore takes it out of them, when it leaves the register for good.
func (s *State) keptNoMore(doc *Document) {
	delete(s.keeping.away, doc.ID)
	delete(s.keeping.Engaged, doc.ID)
	delete(s.keeping.Carried, doc.ID)
	delete(s.keeping.Recalled, doc.ID)
	for _, kind := range []errandKind{errandClearSoon, errandClear, errandHandIn} {
		s.agenda.off(errand{kind, string(doc.ID)})
	}
}

// movesHome gives a document another home.
func (s *State) movesHome(doc *Document, home fact.PlaceID) {
	s.shelves.shelve(doc, home)
	s.noteAway(doc)
}

// outByLeave reports whether nobody is to hear a document now: it is out of the site by an
// approved carrying-out, until its return time, or counted at the destroying place.
func (s *State) outByLeave(id DocumentID) bool {
	if c := s.keeping.Carryings[s.keeping.Carried[id]]; c != nil && c.At[id] == carryingOut {
		return true
	}
	n := s.keeping.Engaged[id]
	if l := s.keeping.Destructions[n]; l != nil && l.Begun && l.Counted[id] {
		return true
	}
	t := s.keeping.Transfers[n]
	return t != nil && t.Approved && t.Left[id]
}

// noteAway keeps the list of documents that are not at home: what counts and sweeps look at
// grows with what is out, not with what is kept.
func (s *State) noteAway(doc *Document) {
	if atHome(doc) {
		delete(s.keeping.away, doc.ID)
		return
	}
	s.keeping.away[doc.ID] = struct{}{}
	s.fetched(doc)
}

// leave is by what a document is away from home, besides a loan.
type leave struct {
	number string
	holder PersonID
	from   time.Time // zero: it runs
	until  time.Time
}

// leaveOf says by what leave a document may be away from its home, whatever the time: a
// carrying-out, a meeting, a transfer or a destruction that has begun and not ended.
func (s *State) leaveOf(id DocumentID) (leave, bool) {
	if c := s.keeping.Carryings[s.keeping.Carried[id]]; c != nil && c.Approved {
		return leave{number: c.ID, holder: c.Carriers[0], from: c.From, until: c.Return}, true
	}
	n := s.keeping.Engaged[id]
	if m := s.keeping.Meetings[n]; m != nil && m.Begun {
		return leave{number: n, holder: m.holderOf(id), until: m.Until.Add(s.site.Policy.Keeping.HandInWithin)}, true // and the way home
	}
	if l := s.keeping.Destructions[n]; l != nil && l.Begun {
		return leave{number: n, holder: l.Supervisors[0], until: l.Until}, true
	}
	if t := s.keeping.Transfers[n]; t != nil && t.Approved {
		return leave{number: n, holder: t.Carriers[0], until: t.Until}, true
	}
	return leave{}, false
}

// keptAway says whether such a leave accounts for a document at a time.
func (s *State) keptAway(id DocumentID, now time.Time) (leave, bool) {
	l, ok := s.leaveOf(id)
	return l, ok && !now.Before(l.from) && now.Before(l.until)
}

// keepingAllows reports whether a document may be in a place by such a leave: at the venue of
// its meeting, at the destroying place, on its way there, or on its way out of the site and back.
// It does not look at the clock: what runs over its time is an alert of its own.
func (d *decision) keepingAllows(doc *Document, place fact.PlaceID) bool {
	kind := d.site.Places[place].Kind
	if _, ok := d.leaveOf(doc.ID); !ok {
		return false
	}
	onTheWay := kind == Corridor || kind == Passage
	if n := d.keeping.Carried[doc.ID]; n != "" {
		return onTheWay || kind == Room || kind == Outside
	}
	n := d.keeping.Engaged[doc.ID]
	if m := d.keeping.Meetings[n]; m != nil { // MTG-1: once it is in a participant's hands, in the venue only
		return place == m.Venue || onTheWay && m.Issued[doc.ID] == ""
	}
	if d.keeping.Destructions[n] != nil {
		return place == d.site.Policy.Keeping.DestroyingPlace || onTheWay
	}
	return onTheWay || kind == Room || kind == Outside
}

// keepingMoved goes on with what presence says of a document: it is home, at the destroying
// place, or on site again.
func (d *decision) keepingMoved(doc *Document) {
	if d.keeping.Carried[doc.ID] != "" {
		d.carriedSeen(doc)
	}
	if d.keeping.Meetings[d.keeping.Engaged[doc.ID]] != nil {
		d.meetingSeen(doc)
	}
	if place := d.site.Policy.Keeping.DestroyingPlace; place != "" && doc.Seen.Place == place {
		d.atDestruction(doc)
	} else {
		d.offDestruction(doc)
	}
}

// engagedRefused: a document is in one meeting, one destruction list or one transfer at a time, and not lent meanwhile.
func (d *decision) engagedRefused(rule string, id DocumentID) (Outcome, bool) {
	doc, subject := d.documents[id], string(id)
	switch {
	case doc == nil:
		return refuse("unknown-document", RuleRegister, subject, fact.Text{ZH: "登记簿中没有 %[1]s。", EN: "The register has no %[1]s."}.Fill(subject)), true
	case doc.Loan != "":
		return refuse("on-loan", rule, subject, fact.Text{ZH: "%[1]s 在借阅手续中（%[2]s），先归还或撤回。", EN: "%[1]s is in a loan (%[2]s); have that returned or recalled first."}.Fill(subject, string(doc.Loan))), true
	case d.keeping.Engaged[id] != "":
		return refuse("engaged", rule, subject, fact.Text{ZH: "%[1]s 已列入 %[2]s，先办结。", EN: "%[1]s is in %[2]s; finish that first."}.Fill(subject, d.keeping.Engaged[id])), true
	case d.keeping.Carried[id] != "":
		return refuse("engaged", rule, subject, fact.Text{ZH: "%[1]s 已列入携带外出 %[2]s，先办结。", EN: "%[1]s is in the carrying-out %[2]s; finish that first."}.Fill(subject, d.keeping.Carried[id])), true
	}
	return Outcome{}, false
}

// listedRefused looks at a list of documents that one matter names: not empty, not too long, none twice.
func (d *decision) listedRefused(rule, subject string, list []DocumentID) (Outcome, bool) {
	if len(list) == 0 || len(list) > MaxKept {
		return refuse("bad-list", rule, subject, fact.Text{ZH: "请列出文件，1 至 %[1]d 份。", EN: "List the documents, from 1 to %[1]d."}.Fill(MaxKept)), true
	}
	seen := map[DocumentID]bool{}
	for _, id := range list {
		if seen[id] {
			return refuse("listed-twice", rule, subject, fact.Text{ZH: "%[1]s 重复列入。", EN: "%[1]s is listed twice."}.Fill(string(id))), true
		}
		seen[id] = true
		if o, bad := d.engagedRefused(rule, id); bad {
			return o, true
		}
	}
	return Outcome{}, false
}

// highest returns the highest level on a list: it says who approves.
func (d *decision) highest(list []DocumentID) Level {
	level := Public
	for _, id := range list {
		if doc := d.documents[id]; doc != nil && doc.Level.Covers(level) {
			level = doc.Level
		}
	}
	return level
}

// fitRefused: nobody is given or watches over what they are not cleared for (REG-5).
func (d *decision) fitRefused(subject string, p PersonID, list []DocumentID) (Outcome, bool) {
	person := d.persons[p]
	if person == nil || person.Barred {
		return refuse("unknown-person", RuleScope, subject, fact.Text{ZH: "没有人员 %[1]s，或其证件已停用。", EN: "There is no person %[1]s, or the badge is barred."}.Fill(string(p))), true
	}
	for _, id := range list {
		doc := d.documents[id]
		switch {
		case !person.Clearance.Covers(doc.Level):
			return refuse("not-cleared", RuleScope, subject, fact.Text{ZH: "%[1]s 的涉密等级不够接触%[2]s文件 %[3]s。", EN: "%[1]s is not cleared for %[2]s: %[3]s."}.Fill(person.Name, doc.Level.Name(), string(id))), true
		case len(doc.Scope) > 0 && !slices.Contains(doc.Scope, p):
			return refuse("out-of-scope", RuleScope, subject, fact.Text{ZH: "%[1]s 不在 %[2]s 的知悉范围内，扩大范围须经批准。", EN: "%[1]s is outside the scope of %[2]s; widening it needs approval."}.Fill(person.Name, string(id))), true
		}
	}
	return Outcome{}, false
}

// tooMany refuses one more of what is under way.
func tooMany(subject string, most int) Outcome {
	return refuse("too-many", "", subject, fact.Text{ZH: "在办事项已达 %[1]d 件，先办结一些。", EN: "%[1]d are under way; finish some first."}.Fill(most))
}

// tooLong reports whether a free text is missing or too long.
func unsaid(texts ...string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return len(t) == 0 || len(t) > MaxTextLen })
}

// namesOf lists document numbers for a sentence, the first few of them.
func namesOf(list []DocumentID) string {
	text := ""
	for i, id := range list {
		if i == maxSpoken {
			return text + " …"
		}
		if i > 0 {
			text += ", "
		}
		text += string(id)
	}
	return text
}
