package custody

import (
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// DestructionList is what is to be destroyed (DES-1, DES-2):
//
//	compiled ── approved ──► two supervisors badge at the destroying place ──► each listed tag is
//	counted there ──► destroyed, and heard no more ──► both sign ──► closed: off the register
type DestructionList struct {
	ID          string       `json:"id"`
	Documents   []DocumentID `json:"documents"`
	Supervisors []PersonID   `json:"supervisors"`
	Reason      string       `json:"reason"`
	Archives    bool         `json:"archives,omitempty"` // expired archives: the general manager approves
	Compiler    PersonID     `json:"compiler"`
	Approved    bool         `json:"approved,omitempty"`
	Begun       bool         `json:"begun,omitempty"`
	Until       time.Time    `json:"until,omitzero"` // the list is closed by then
	// Badged are the supervisors who have shown themselves at the destroying place, since when.
	Badged map[PersonID]fact.Stamp `json:"badged,omitempty"`
	// Counted are the documents whose tags were read there, with the supervisors present.
	Counted map[DocumentID]bool `json:"counted,omitempty"`
	Signed  []PersonID          `json:"signed,omitempty"`
}

// short lists the documents that have not been counted at the destroying place.
func (l *DestructionList) short() (list []DocumentID) {
	for _, id := range l.Documents {
		if !l.Counted[id] {
			list = append(list, id)
		}
	}
	return list
}

func noList(id string) Outcome {
	return refuse("no-such-list", RuleDestroyList, id, fact.Text{ZH: "没有未办结的销毁清册 %[1]s。不在获批清册上的，不得销毁。", EN: "There is no destruction list %[1]s under way. What is on no approved list is not destroyed."}.Fill(id))
}

func (d *decision) compileDestruction(a CompileDestruction) Outcome {
	subject := "destruction"
	by, no, ok := d.actor(RuleDestroyList, subject, ConfidentialityOfficer)
	if !ok {
		return no
	}
	if no, bad := d.listedRefused(RuleDestroyList, subject, a.Documents); bad {
		return no
	}
	if no, bad := d.supervisorsRefused(subject, a.Supervisors, a.Documents); bad {
		return no
	}
	switch {
	case unsaid(a.Reason):
		return refuse("no-reason", RuleDestroyList, subject, fact.Text{ZH: "请写明销毁理由，最多 %[1]d 字节。", EN: "Give the reason, in %[1]d bytes at most."}.Fill(MaxTextLen))
	case d.site.Places[d.site.Policy.Keeping.DestroyingPlace].BadgeReader == "":
		return refuse("no-destroying-place", RuleDestroying, subject, fact.Text{ZH: "配置中没有带读卡器的销毁地点，先配置 policy.keeping.destroying_place。", EN: "No destroying place with a badge reader is configured; set policy.keeping.destroying_place."})
	case len(d.keeping.Destructions) >= MaxUnderWay:
		return tooMany(subject, MaxUnderWay)
	}
	archives, what := 0, ForDestruction
	for _, id := range a.Documents {
		if doc := d.documents[id]; doc.Has(Archive) {
			archives++
			if doc.Retention.Permanent || doc.Retention.Until >= d.today() {
				return refuse("not-expired", RuleDestroyList, subject, fact.Text{ZH: "档案 %[1]s 保管期限未满，不得销毁。", EN: "The retention of archive %[1]s has not expired; it is not destroyed."}.Fill(string(id)))
			}
		}
	}
	if archives > 0 && archives < len(a.Documents) {
		return refuse("mixed-list", RuleDestroyList, subject, fact.Text{ZH: "档案另列清册，由总经理批准。", EN: "Archives go on a list of their own, which the general manager approves."})
	}
	if archives > 0 {
		what = ForDestroyingArchives
	}
	id := d.nextOf(seriesDestruction)
	d.emit(id, &DestructionCompiled{List: DestructionList{ID: id, Documents: a.Documents, Supervisors: a.Supervisors, Reason: a.Reason, Archives: archives > 0, Compiler: by.ID}})
	d.ask(id, what, d.highest(a.Documents), a.Supervisors...)
	return granted(id)
}

// today is the day at the site.
func (d *decision) today() calendar.Date {
	y, m, day := d.in.At.Wall.In(d.zone()).Date()
	return calendar.DateOf(y, m, day)
}

// supervisorsRefused: nobody destroys alone; two at least watch, and are cleared for what they see (DES-1).
func (d *decision) supervisorsRefused(subject string, list []PersonID, docs []DocumentID) (Outcome, bool) {
	if len(list) < 2 || len(list) > MaxPeople {
		return refuse("two-supervisors", RuleDestroyList, subject, fact.Text{ZH: "监销人至少两名，最多 %[1]d 名。", EN: "Name two supervisors at least, %[1]d at most."}.Fill(MaxPeople)), true
	}
	for i, p := range list {
		if slices.Contains(list[:i], p) {
			return refuse("two-supervisors", RuleDestroyList, subject, fact.Text{ZH: "监销人须为不同的人。", EN: "The supervisors are different persons."}), true
		}
		person := d.persons[p]
		if person == nil || person.Barred {
			return refuse("unknown-person", RuleScope, subject, fact.Text{ZH: "没有人员 %[1]s，或其证件已停用。", EN: "There is no person %[1]s, or the badge is barred."}.Fill(string(p))), true
		}
		if level := d.highest(docs); !person.Clearance.Covers(level) {
			return refuse("not-cleared", RuleScope, subject, fact.Text{ZH: "%[1]s 的涉密等级不够监销%[2]s文件。", EN: "%[1]s is not cleared to watch over %[2]s."}.Fill(person.Name, level.Name())), true
		}
	}
	return Outcome{}, false
}

// destructionBadge takes a supervisor's badge at the destroying place; with the second one the
// destruction begins (DES-2). It reports whether the reader is that place's.
func (d *decision) destructionBadge(reader fact.DeviceID, p *Person) bool {
	place := d.site.Policy.Keeping.DestroyingPlace
	if place == "" || d.site.Places[place].BadgeReader != reader {
		return false
	}
	for _, id := range sortedKeys(d.keeping.Destructions) {
		l := d.keeping.Destructions[id]
		if !l.Approved || l.Begun || !slices.Contains(l.Supervisors, p.ID) {
			continue
		}
		d.emit(id, &SupervisorBadged{List: id, Person: p.ID})
		d.out.Outcome = Outcome{OK: true}
		if len(l.Badged) < 2 {
			d.signal(reader, LampWaiting)
			return true
		}
		d.useApproval(id)
		d.emit(id, &DestructionBegun{List: id, Until: d.in.At.Wall.Add(d.site.Policy.Keeping.DestroyWithin)})
		d.signal(reader, LampGranted)
		for _, doc := range l.Documents { // those that are there already
			if seen := d.documents[doc].Seen; seen.Known && seen.Place == place {
				d.emit(id, &DestructionCounted{List: id, Document: doc})
			}
		}
		return true
	}
	d.refuseBadge(reader, p.ID, "", "no-list", RuleDestroying)
	return true
}

// atDestruction counts a listed document whose tag is read at the destroying place, and raises one
// that is on no approved list (DES-1).
func (d *decision) atDestruction(doc *Document) {
	l := d.keeping.Destructions[d.keeping.Engaged[doc.ID]]
	switch {
	case l == nil || !l.Approved:
		d.raise(alerts.OffList, string(doc.ID), string(doc.ID), d.site.placeName(doc.Seen.Place))
	case l.Begun && !l.Counted[doc.ID]:
		d.emit(l.ID, &DestructionCounted{List: l.ID, Document: doc.ID})
	}
}

// offDestruction ends the alert when a document has left the destroying place again.
func (d *decision) offDestruction(doc *Document) { d.end(alerts.OffList, string(doc.ID)) }

// signDestruction takes one supervisor's signature; with all of them the list is closed, and its
// documents leave the register. One short and it cannot be closed (DES-2).
func (d *decision) signDestruction(a SignDestruction) Outcome {
	l, by := d.keeping.Destructions[a.List], PersonID(d.in.Actor)
	if l == nil {
		return noList(a.List)
	}
	switch short, _ := l.short(), d.persons[by]; {
	case d.persons[by] == nil || l.Badged[by].Wall.IsZero():
		return refuse("not-a-supervisor", RuleDestroying, l.ID, fact.Text{ZH: "由到场刷卡的监销人签字。", EN: "It is signed by the supervisors who badged at the destroying place."})
	case !l.Begun:
		return refuse("not-begun", RuleDestroying, l.ID, fact.Text{ZH: "须先由两名监销人在销毁地点刷卡。", EN: "First two supervisors badge at the destroying place."})
	case len(short) > 0:
		return refuse("one-short", RuleDestroying, l.ID, fact.Text{ZH: "清册尚缺 %[1]d 份未在销毁地点清点：%[2]s。找到之前不能办结。", EN: "%[1]d on the list have not been counted at the destroying place: %[2]s. It cannot be closed before they are."}.Fill(len(short), namesOf(short)))
	case slices.Contains(l.Signed, by):
		return refuse("signed-before", RuleDestroying, l.ID, fact.Text{ZH: "您已签字，等待另一名监销人。", EN: "You have signed; it waits for the other supervisor."})
	}
	for _, id := range l.Documents {
		if doc := d.documents[id]; doc != nil && doc.Seen.Known {
			return refuse("still-heard", RuleDestroying, l.ID, fact.Text{ZH: "%[1]s 的标签仍在 %[2]s 被读到，销毁后再签字。", EN: "The tag of %[1]s is still heard at %[2]s; destroy it, then sign."}.Fill(string(id), d.site.placeName(doc.Seen.Place)))
		}
	}
	d.emit(l.ID, &DestructionSigned{List: l.ID, By: by})
	if len(l.Signed) >= 2 {
		d.closeDestruction(l)
	}
	return granted(l.ID)
}

func (d *decision) closeDestruction(l *DestructionList) {
	tags := d.tagsOf(l.Documents)
	d.endAlertsOf(l.Documents)
	d.emit(l.ID, &DestructionClosed{List: l.ID, Documents: l.Documents, Supervisors: l.Signed})
	d.end(alerts.DestructionOpen, l.ID)
	for _, id := range sortedKeys(tags) {
		d.gone(tags[id], id)
	}
}

// tagsOf returns the live tags of documents.
func (d *decision) tagsOf(list []DocumentID) map[DocumentID]fact.EPC {
	tags := map[DocumentID]fact.EPC{}
	for _, id := range list {
		if doc := d.documents[id]; doc != nil {
			tags[id] = doc.Tag
		}
	}
	return tags
}

// endAlertsOf ends what stands about documents that leave the register for good.
func (d *decision) endAlertsOf(list []DocumentID) {
	for _, id := range list {
		for _, code := range []alerts.Code{alerts.Missing, alerts.LeftZone, alerts.Misplaced, alerts.OffList, alerts.ClearSoon, alerts.ClearLate, alerts.CarriedOut, alerts.CarriedAlone} {
			d.end(code, string(id))
		}
	}
}

// destructionLate raises a list that was begun and not closed in time.
func (d *decision) destructionLate(id string) {
	if l := d.keeping.Destructions[id]; l != nil && l.Begun {
		d.raise(alerts.DestructionOpen, id, id, len(l.short()), d.personName(l.Supervisors[0]))
	}
}

// The events of a destruction.
type (
	// DestructionCompiled is a list that asks for approval.
	DestructionCompiled struct {
		List DestructionList `json:"list"`
	}
	// DestructionApproved: it is approved.
	DestructionApproved struct {
		List string `json:"list"`
	}
	// DestructionDropped ends a list that was not approved, or not begun while it was.
	DestructionDropped struct {
		List string `json:"list"`
		Why  string `json:"why"`
	}
	// SupervisorBadged is a supervisor's badge at the destroying place.
	SupervisorBadged struct {
		List   string   `json:"list"`
		Person PersonID `json:"person"`
	}
	// DestructionBegun: two supervisors are there.
	DestructionBegun struct {
		List  string    `json:"list"`
		Until time.Time `json:"until"`
	}
	// DestructionCounted: a listed tag was read at the destroying place.
	DestructionCounted struct {
		List     string     `json:"list"`
		Document DocumentID `json:"document"`
	}
	// DestructionSigned is one supervisor's signature.
	DestructionSigned struct {
		List string   `json:"list"`
		By   PersonID `json:"by"`
	}
	// DestructionClosed: everything on the list is destroyed, and off the register.
	DestructionClosed struct {
		List        string       `json:"list"`
		Documents   []DocumentID `json:"documents"`
		Supervisors []PersonID   `json:"supervisors"`
	}
)

// The kinds of events; they stand in the record and never change.
func (DestructionCompiled) Kind() string { return "destruction-compiled" }
func (DestructionApproved) Kind() string { return "destruction-approved" }
func (DestructionDropped) Kind() string  { return "destruction-dropped" }
func (SupervisorBadged) Kind() string    { return "supervisor-badged" }
func (DestructionBegun) Kind() string    { return "destruction-begun" }
func (DestructionCounted) Kind() string  { return "destruction-counted" }
func (DestructionSigned) Kind() string   { return "destruction-signed" }
func (DestructionClosed) Kind() string   { return "destruction-closed" }

var destructionEvents = []func() Event{blank[DestructionCompiled], blank[DestructionApproved], blank[DestructionDropped], blank[SupervisorBadged],
	blank[DestructionBegun], blank[DestructionCounted], blank[DestructionSigned], blank[DestructionClosed]}

func (ev *DestructionCompiled) evolve(s *State, _ fact.Stamp) {
	s.numberUsed(seriesDestruction)
	l := ev.List
	l.Badged, l.Counted = map[PersonID]fact.Stamp{}, map[DocumentID]bool{}
	s.keeping.Destructions[l.ID] = &l
	for _, id := range l.Documents {
		s.keeping.Engaged[id] = l.ID
	}
}

func (ev *DestructionApproved) evolve(s *State, _ fact.Stamp) {
	if l := s.keeping.Destructions[ev.List]; l != nil {
		l.Approved = true
	}
}

func (ev *DestructionDropped) evolve(s *State, _ fact.Stamp) { s.dropDestruction(ev.List) }

func (s *State) dropDestruction(id string) {
	l := s.keeping.Destructions[id]
	if l == nil {
		return
	}
	for _, doc := range l.Documents {
		if s.keeping.Engaged[doc] == id {
			delete(s.keeping.Engaged, doc)
		}
	}
	delete(s.keeping.Destructions, id)
	s.agenda.off(errand{errandDestruction, id})
}

func (ev *SupervisorBadged) evolve(s *State, at fact.Stamp) {
	l := s.keeping.Destructions[ev.List]
	if l == nil {
		return
	}
	for p, since := range l.Badged { // both are there at the same time
		if at.Mono-since.Mono > s.site.Policy.BadgePairWindow {
			delete(l.Badged, p)
		}
	}
	l.Badged[ev.Person] = at
}

func (ev *DestructionBegun) evolve(s *State, _ fact.Stamp) {
	if l := s.keeping.Destructions[ev.List]; l != nil {
		l.Begun, l.Until = true, ev.Until
		s.agenda.atWall(errand{errandDestruction, l.ID}, ev.Until)
	}
}

func (ev *DestructionCounted) evolve(s *State, _ fact.Stamp) {
	if l := s.keeping.Destructions[ev.List]; l != nil {
		l.Counted[ev.Document] = true
	}
}

func (ev *DestructionSigned) evolve(s *State, _ fact.Stamp) {
	if l := s.keeping.Destructions[ev.List]; l != nil {
		l.Signed = append(slices.Clip(l.Signed), ev.By)
	}
}

func (ev *DestructionClosed) evolve(s *State, at fact.Stamp) {
	for _, id := range ev.Documents {
		s.leaveRegister(id, GoneDestroyed, at)
	}
	s.dropDestruction(ev.List)
}

// CompileDestruction makes a destruction list, and asks for its approval.
type CompileDestruction struct {
	Documents   []DocumentID `json:"documents"`
	Supervisors []PersonID   `json:"supervisors"`
	Reason      string       `json:"reason"`
}

// SignDestruction is a supervisor's signature when everything on the list is destroyed.
type SignDestruction struct {
	List string `json:"list"`
}

// The verbs of acts; they stand in the record and never change.
func (CompileDestruction) Verb() string { return "compile-destruction" }
func (SignDestruction) Verb() string    { return "sign-destruction" }

func (a CompileDestruction) carryOut(d *decision) Outcome { return d.compileDestruction(a) }
func (a SignDestruction) carryOut(d *decision) Outcome    { return d.signDestruction(a) }

var destructionActs = []actKind{
	act[CompileDestruction]("编制销毁清册", "compile a destruction list"),
	act[SignDestruction]("销毁签字", "sign a destruction"),
}
