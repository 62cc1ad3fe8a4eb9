package custody

import (
	"slices"

	"trilock/custody/fact"
)

// HandOverSigned is a supervisor's word that a person who leaves, or moves to another post, has
// handed everything over (ACC-5).
type HandOverSigned struct {
	Person PersonID `json:"person"`
	By     PersonID `json:"by"`
	Note   string   `json:"note,omitempty"`
}

// PersonClosed: a person has left. The badge opens nothing any more; the number stays theirs.
type PersonClosed struct {
	Person   PersonID `json:"person"`
	SignedBy PersonID `json:"signed_by"`
	Reason   string   `json:"reason"`
}

// The kinds of events; they stand in the record and never change.
func (HandOverSigned) Kind() string { return "hand-over-signed" }
func (PersonClosed) Kind() string   { return "person-closed" }

var leavingEvents = []func() Event{blank[HandOverSigned], blank[PersonClosed]}

func (ev *HandOverSigned) evolve(s *State, _ fact.Stamp) { s.guarding.Leaving[ev.Person] = ev.By }

func (ev *PersonClosed) evolve(s *State, _ fact.Stamp) {
	delete(s.guarding.Leaving, ev.Person)
	if old := s.persons[ev.Person]; old != nil {
		p := *old
		p.Departed = true
		s.persons[p.ID] = &p
		s.watchPerson(&p)
	}
}

// SignHandOver is the supervisor's signature under a person's hand-over.
type SignHandOver struct {
	Person PersonID `json:"person"`
	Note   string   `json:"note,omitempty"`
}

// ClosePerson says that a person has left.
type ClosePerson struct {
	Person PersonID `json:"person"`
	Reason string   `json:"reason"`
}

// The verbs of acts; they stand in the record and never change.
func (SignHandOver) Verb() string { return "sign-hand-over" }
func (ClosePerson) Verb() string  { return "close-person" }

func (a SignHandOver) carryOut(d *decision) Outcome { return d.signHandOver(a) }
func (a ClosePerson) carryOut(d *decision) Outcome  { return d.closePerson(a) }

var leavingActs = []actKind{
	act[SignHandOver]("签署离岗交接", "sign a hand-over"),
	act[ClosePerson]("办理离岗", "close a person"),
}

// stillHolds lists what keeps a person from leaving: what they have, what waits for them, what
// they are still to answer for.
func (s *State) stillHolds(p PersonID) []fact.Text {
	var open []fact.Text
	add := func(zh, en, id string) { open = append(open, fact.Text{ZH: zh, EN: en}.Fill(id)) }
	for _, id := range s.loansOf(p) {
		add("借阅 %[1]s", "loan %[1]s", string(id))
	}
	for _, id := range sortedKeys(s.approvals) {
		if a := s.approvals[id]; a.Asker == string(p) {
			add("申请 %[1]s", "request %[1]s", id)
		}
	}
	for _, id := range sortedKeys(s.cases) {
		if c := s.cases[id]; slices.Contains(c.By[:], p) || c.Holder == p {
			add("案件 %[1]s", "case %[1]s", string(id))
		}
	}
	for _, id := range sortedKeys(s.guarding.Visits) {
		if s.guarding.Visits[id].Escort == p {
			add("来访 %[1]s", "visit %[1]s", string(id))
		}
	}
	for _, id := range sortedKeys(s.guarding.Duties) {
		if duty := s.guarding.Duties[id]; duty.Person == p && duty.Until.After(s.now.Wall) {
			add("值班 %[1]s", "duty %[1]s", id)
		}
	}
	for _, id := range sortedKeys(s.guarding.Maintenances) {
		if m := s.guarding.Maintenances[id]; m.By == p || m.Other == p {
			add("维护 %[1]s", "maintenance %[1]s", id)
		}
	}
	return open
}

// handedOver refuses while anything is held (ACC-5).
func (d *decision) handedOver(p *Person) (Outcome, bool) {
	if open := d.stillHolds(p.ID); len(open) > 0 {
		return refuse("still-holds", RuleLeaving, string(p.ID), fact.Text{ZH: "%[1]s 尚未清退交接：%[2]s。", EN: "%[1]s has not handed everything over: %[2]s."}.Fill(p.Name, joined(open[:min(len(open), 10)]))), false
	}
	return Outcome{}, true
}

// mayLeavePost refuses while anything is held, and until the supervisor has signed (ACC-5).
func (d *decision) mayLeavePost(p *Person) (Outcome, bool) {
	subject := string(p.ID)
	if o, all := d.handedOver(p); !all {
		return o, false
	}
	if d.guarding.Leaving[p.ID] == "" {
		return refuse("not-signed", RuleLeaving, subject, fact.Text{ZH: "交接须先由主管签字。", EN: "The supervisor signs the hand-over first."}), false
	}
	return Outcome{}, true
}

func (d *decision) signHandOver(a SignHandOver) Outcome {
	subject := string(a.Person)
	by, o, ok := d.actor(RuleLeaving, subject, SupervisingLeader, UnitLeader, GeneralOfficeHead)
	p := d.persons[a.Person]
	switch {
	case !ok:
		return o
	case p == nil || p.Departed:
		return refuse("unknown-person", RuleLeaving, subject, fact.Text{ZH: "没有此人，或已离岗。", EN: "There is no such person, or they have left."})
	case by.ID == p.ID:
		return refuse("own-request", RuleLeaving, subject, fact.Text{ZH: "本人的交接由主管签字。", EN: "Nobody signs their own hand-over."})
	case len(a.Note) > MaxTextLen:
		return refuse("too-much", "", subject, fact.Text{ZH: "备注过长。", EN: "The note is too long."})
	}
	if o, all := d.handedOver(p); !all {
		return o
	}
	d.emit(subject, &HandOverSigned{Person: p.ID, By: by.ID, Note: a.Note})
	return granted(subject)
}

func (d *decision) closePerson(a ClosePerson) Outcome {
	subject := string(a.Person)
	_, o, ok := d.actor(RuleLeaving, subject, SecurityAdministrator, GeneralOfficeHead)
	p := d.persons[a.Person]
	switch {
	case !ok:
		return o
	case p == nil || p.Departed:
		return refuse("unknown-person", RuleLeaving, subject, fact.Text{ZH: "没有此人，或已离岗。", EN: "There is no such person, or they have left."})
	case missingText(a.Reason):
		return refuse("no-reason", RuleLeaving, subject, fact.Text{ZH: "请写明原因，最多 %[1]d 字节。", EN: "Give the reason, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	if no, keeps := d.keepsPost(Person{ID: p.ID}); keeps { // a custodian's post is handed over by an act of its own (STO-6)
		return no
	}
	if o, may := d.mayLeavePost(p); !may {
		return o
	}
	d.emit(subject, &PersonClosed{Person: p.ID, SignedBy: d.guarding.Leaving[p.ID], Reason: a.Reason})
	d.judgePapers(p.ID)
	d.judgePIN(p.ID)
	return granted(subject)
}

// changeOfPost refuses to take a post from a person, or to enter as departed one who did not
// leave, while something is held and nothing signed (ACC-5).
func (d *decision) changeOfPost(p Person) (Outcome, bool) {
	old := d.persons[p.ID]
	switch {
	case old == nil && p.Departed, old != nil && p.Departed && !old.Departed:
		return refuse("not-signed", RuleLeaving, string(p.ID), fact.Text{ZH: "离岗用“办理离岗”登记。", EN: "Who leaves is closed by an act of its own (close-person)."}), false
	case old == nil, !slices.ContainsFunc(old.Posts, func(post Post) bool { return !slices.Contains(p.Posts, post) }):
		return Outcome{}, true
	}
	return d.mayLeavePost(old)
}
