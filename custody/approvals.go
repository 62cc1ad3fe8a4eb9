package custody

import (
	"fmt"
	"slices"
	"time"

	"trilock/custody/approval"
	"trilock/custody/fact"
)

// ApprovalFor says what an approval is for: the key of the site's approval policy.
type ApprovalFor string

// What needs approval. Which posts approve, in what order, says the policy by level (package approval).
const (
	ForLoan        ApprovalFor = "lend"             // CIR-1
	ForExtension   ApprovalFor = "extend"           // CIR-10
	ForOutsider    ApprovalFor = "outside-reader"   // CIR-12
	ForCarryingOut ApprovalFor = "carry-out"        // OUT-1
	ForCopying     ApprovalFor = "copy"             // CPY-1
	ForLevel       ApprovalFor = "change-level"     // REG-3
	ForRetention   ApprovalFor = "change-retention" // REG-3
	ForScope       ApprovalFor = "widen-scope"      // REG-5
	ForDestruction ApprovalFor = "destroy"          // DES-1
	ForTransfer    ApprovalFor = "transfer"         // DES-4
	// ForDestroyingArchives is the destruction of archives whose retention has expired (DES-1).
	ForDestroyingArchives ApprovalFor = "destroy-archives"
	ForVisit              ApprovalFor = "visit"     // ACC-2
	ForCirculation        ApprovalFor = "circulate" // CIR-5: besides the head of the office, who makes the list
	// ForListed is for loans that were approved with a circulation list, or with an outside
	// reader's admission: nobody is asked again.
	ForListed ApprovalFor = "listed"
)

// ApprovalStatus is how far an approval has come.
type ApprovalStatus string

// The statuses of an approval.
const (
	ApprovalWaiting  ApprovalStatus = "waiting"
	ApprovalReady    ApprovalStatus = "ready"    // all have approved, not used yet
	ApprovalUsed     ApprovalStatus = "used"     // once, and never again
	ApprovalRefused  ApprovalStatus = "refused"  // one who was asked said no
	ApprovalRecalled ApprovalStatus = "recalled" // by who asked for it
	ApprovalLapsed   ApprovalStatus = "lapsed"   // waited too long, for approvers or for its use
)

// Approval is what one thing that needs approval has of it. It bears the thing's own number:
// a loan, a list, a carrying-out.
type Approval struct {
	ID    string      `json:"id"`
	For   ApprovalFor `json:"for"`
	Level Level       `json:"level"`
	Asker string      `json:"asker"`
	// Excluded may not approve: who asked, and who gains by it.
	Excluded []PersonID       `json:"excluded,omitempty"`
	Plan     approval.Plan    `json:"plan"` // by the policy of the day it was asked for
	Given    []approval.Given `json:"given,omitempty"`
	Status   ApprovalStatus   `json:"status"`
	// Until is when it lapses, in the status it has.
	Until time.Time `json:"until"`
}

// Awaits returns the posts of which somebody may approve next.
func (a *Approval) Awaits() []Post {
	var posts []Post
	if a == nil || a.Status != ApprovalWaiting {
		return nil
	}
	for _, slot := range a.Plan.Open(a.Given) {
		for _, post := range slot.Posts {
			if !slices.Contains(posts, Post(post)) {
				posts = append(posts, Post(post))
			}
		}
	}
	return posts
}

// ApprovalPolicy is who approves what, and how long an approval waits and holds.
type ApprovalPolicy struct {
	// Plans by what it is for and the level of the document; none asks for nobody.
	Plans map[ApprovalFor]map[Level]approval.Plan
	// Wait is how long a request waits for its approvers, Use how long an approval may be used.
	Wait, Use time.Duration
}

// plan returns who approves. An extension is approved as the loan was (CIR-10), unless the
// site has said otherwise.
func (p ApprovalPolicy) plan(what ApprovalFor, level Level) approval.Plan {
	plan, set := p.Plans[what][level]
	if what == ForExtension && !set {
		return p.Plans[ForLoan][level]
	}
	return plan
}

// The events of an approval.
type (
	// ApprovalAsked begins one.
	ApprovalAsked struct {
		Approval Approval `json:"approval"`
	}
	// ApprovalGiven is one person's approval.
	ApprovalGiven struct {
		ID    string         `json:"id"`
		Given approval.Given `json:"given"`
		// Letter names the paper by which somebody outside approved; empty for a person's own act.
		Letter string `json:"letter,omitempty"`
		// Ready: it was the last that was missing. Until is when it lapses unused.
		Ready bool      `json:"ready,omitempty"`
		Until time.Time `json:"until,omitzero"`
	}
	// ApprovalEnded: used, refused, recalled or lapsed.
	ApprovalEnded struct {
		ID     string         `json:"id"`
		Status ApprovalStatus `json:"status"`
		By     string         `json:"by,omitempty"`
		Reason string         `json:"reason,omitempty"`
	}
)

// The kinds of events; they stand in the record and never change.
func (ApprovalAsked) Kind() string { return "approval-asked" }
func (ApprovalGiven) Kind() string { return "approval-given" }
func (ApprovalEnded) Kind() string { return "approval-ended" }

var approvalEvents = []func() Event{blank[ApprovalAsked], blank[ApprovalGiven], blank[ApprovalEnded]}

func (ev *ApprovalAsked) evolve(s *State, _ fact.Stamp) {
	a := ev.Approval
	s.approvals[a.ID] = &a
	s.agenda.atWall(errand{errandApproval, a.ID}, a.Until)
}

func (ev *ApprovalGiven) evolve(s *State, _ fact.Stamp) {
	a := s.approvals[ev.ID]
	if a == nil {
		return
	}
	a.Given = append(slices.Clip(a.Given), ev.Given)
	if ev.Ready {
		a.Status, a.Until = ApprovalReady, ev.Until
		s.agenda.atWall(errand{errandApproval, a.ID}, a.Until)
	}
}

func (ev *ApprovalEnded) evolve(s *State, _ fact.Stamp) {
	delete(s.approvals, ev.ID) // the record keeps it; memory holds what is under way
	s.agenda.off(errand{errandApproval, ev.ID})
}

// The acts on an approval.
type (
	// Approve is one person's approval of what bears the number.
	Approve struct {
		ID string `json:"id"`
		// As names a post that approves from outside, by letter; empty for the person's own.
		As     Post   `json:"as,omitempty"`
		Letter string `json:"letter,omitempty"`
	}
	// RefuseApproval ends it: one no is enough.
	RefuseApproval struct {
		ID     string `json:"id"`
		Reason string `json:"reason"`
	}
	// RecallApproval takes a request back, by who made it.
	RecallApproval struct {
		ID     string `json:"id"`
		Reason string `json:"reason,omitempty"`
	}
)

// The verbs of acts; they stand in the record and never change.
func (Approve) Verb() string        { return "approve" }
func (RefuseApproval) Verb() string { return "refuse" }
func (RecallApproval) Verb() string { return "recall" }

func (a Approve) carryOut(d *decision) Outcome        { return d.approve(a) }
func (a RefuseApproval) carryOut(d *decision) Outcome { return d.refuseApproval(a) }
func (a RecallApproval) carryOut(d *decision) Outcome { return d.recallApproval(a) }

var approvalActs = []actKind{
	act[Approve]("审批", "approve"),
	act[RefuseApproval]("不予批准", "refuse a request"),
	act[RecallApproval]("撤回申请", "recall a request"),
}

// ask begins the approval of what bears a number. Where the policy asks for nobody it is
// ready at once, and whenReady is called before ask returns.
func (d *decision) ask(id string, what ApprovalFor, level Level, excluded ...PersonID) {
	plan, now := d.site.Policy.Approvals.plan(what, level), d.in.At.Wall
	a := Approval{ID: id, For: what, Level: level, Asker: d.in.Actor, Excluded: excluded, Plan: plan, Status: ApprovalWaiting, Until: now.Add(d.site.Policy.Approvals.Wait)}
	if asker := d.persons[PersonID(d.in.Actor)]; asker != nil && !slices.Contains(excluded, asker.ID) {
		a.Excluded = append(slices.Clip(excluded), asker.ID)
	}
	if plan.IsZero() {
		a.Status, a.Until = ApprovalReady, now.Add(d.site.Policy.Approvals.Use)
	}
	d.emit(id, &ApprovalAsked{Approval: a})
	if plan.IsZero() {
		d.whenReady(d.approvals[id])
	}
}

// approved says whether what bears a number is approved and may be done now; if not, the
// outcome says what is missing.
func (d *decision) approved(id, rule string) (Outcome, bool) {
	a := d.approvals[id]
	switch {
	case a == nil:
		return refuse("no-approval", rule, id, fact.Text{ZH: "%[1]s 没有有效的审批：已用过、被拒、已过期或从未申请。", EN: "%[1]s has no approval in force: used, refused, lapsed, or never asked for."}.Fill(id)), false
	case a.Status != ApprovalReady:
		return refuse("not-approved", rule, id, fact.Text{ZH: "%[1]s 还需 %[2]s 审批。", EN: "%[1]s still needs approval by: %[2]s."}.Fill(id, postNames(a.Awaits()))), false
	}
	return Outcome{}, true
}

// useApproval uses an approval up: nothing is done twice on one.
func (d *decision) useApproval(id string) {
	if d.approvals[id] != nil {
		d.emit(id, &ApprovalEnded{ID: id, Status: ApprovalUsed, By: d.in.Actor})
	}
}

func (d *decision) approve(a Approve) Outcome {
	p, by := d.approvals[a.ID], d.persons[PersonID(d.in.Actor)]
	switch {
	case p == nil || p.Status != ApprovalWaiting:
		return refuse("nothing-to-approve", RuleLoanApproval, a.ID, fact.Text{ZH: "%[1]s 没有等待审批的事项。", EN: "Nothing with the number %[1]s waits for approval."}.Fill(a.ID))
	case by == nil:
		return refuse("not-a-person", RuleLoanApproval, a.ID, fact.Text{ZH: "审批须由本人进行。", EN: "An approval is a person's act."})
	case slices.Contains(p.Excluded, by.ID):
		return refuse("own-request", RuleLoanApproval, a.ID, fact.Text{ZH: "不得审批本人的事项。", EN: "Nobody approves their own request."})
	case slices.ContainsFunc(p.Given, func(g approval.Given) bool { return g.By == string(by.ID) }):
		return refuse("approved-before", RuleLoanApproval, a.ID, fact.Text{ZH: "同一人不得审批两次。", EN: "One person approves once."})
	case len(a.Letter) > MaxTextLen:
		return refuse("too-much", "", a.ID, fact.Text{ZH: "函号过长。", EN: "The number of the letter is too long."})
	}
	given, ok := p.Plan.Place(p.Given, string(by.ID), func(post string) bool { return d.holds(by, Post(post)) })
	if a.As != "" {
		given, ok = d.byLetter(p, by, a)
	}
	if !ok {
		return refuse("wrong-post", RuleLoanApproval, a.ID, fact.Text{ZH: "还需 %[1]s 审批。", EN: "It still needs approval by: %[1]s."}.Fill(postNames(p.Awaits())))
	}
	ev := &ApprovalGiven{ID: a.ID, Given: given, Letter: a.Letter}
	if p.Plan.Done(append(slices.Clip(p.Given), given)) {
		ev.Ready, ev.Until = true, d.in.At.Wall.Add(d.site.Policy.Approvals.Use)
	}
	d.emit(a.ID, ev)
	if ev.Ready {
		d.whenReady(d.approvals[a.ID])
	}
	return granted(a.ID)
}

// byLetter enters the approval of a body outside, which has no badge: the confidentiality
// officer does, with the number of its letter.
func (d *decision) byLetter(p *Approval, by *Person, a Approve) (approval.Given, bool) {
	if a.As != IssuingBody || a.Letter == "" || !d.holds(by, ConfidentialityOfficer) {
		return approval.Given{}, false
	}
	return p.Plan.Place(p.Given, string(by.ID), func(post string) bool { return Post(post) == a.As })
}

func (d *decision) refuseApproval(a RefuseApproval) Outcome {
	p, by := d.approvals[a.ID], d.persons[PersonID(d.in.Actor)]
	switch {
	case p == nil || p.Status != ApprovalWaiting:
		return refuse("nothing-to-approve", RuleLoanApproval, a.ID, fact.Text{ZH: "%[1]s 没有等待审批的事项。", EN: "Nothing with the number %[1]s waits for approval."}.Fill(a.ID))
	case by == nil || !slices.ContainsFunc(p.Awaits(), func(post Post) bool { return d.holds(by, post) }):
		return refuse("wrong-post", RuleLoanApproval, a.ID, fact.Text{ZH: "由 %[1]s 决定。", EN: "It is for %[1]s to decide."}.Fill(postNames(p.Awaits())))
	case a.Reason == "" || len(a.Reason) > MaxTextLen:
		return refuse("no-reason", RuleLoanApproval, a.ID, fact.Text{ZH: "请写明不同意的理由，最多 %[1]d 字节。", EN: "Give the reason for the refusal, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	d.endApproval(p, ApprovalRefused, a.Reason)
	return granted(a.ID)
}

func (d *decision) recallApproval(a RecallApproval) Outcome {
	p := d.approvals[a.ID]
	switch {
	case p == nil:
		return refuse("nothing-to-recall", RuleLoanApproval, a.ID, fact.Text{ZH: "%[1]s 没有可撤回的申请。", EN: "There is no request %[1]s to recall."}.Fill(a.ID))
	case p.Asker != d.in.Actor:
		return refuse("not-your-request", RuleLoanApproval, a.ID, fact.Text{ZH: "由申请人本人撤回。", EN: "A request is recalled by who made it."})
	}
	d.endApproval(p, ApprovalRecalled, a.Reason)
	return granted(a.ID)
}

// approvalDue lets lapse what has waited too long.
func (d *decision) approvalDue(id string) {
	if a := d.approvals[id]; a != nil {
		d.endApproval(a, ApprovalLapsed, "")
	}
}

func (d *decision) endApproval(a *Approval, status ApprovalStatus, reason string) {
	d.emit(a.ID, &ApprovalEnded{ID: a.ID, Status: status, By: d.in.Actor, Reason: clip(reason)})
	d.whenOver(a, status)
}

// whenReady goes on with what has just been approved, where the approval itself is the deed.
func (d *decision) whenReady(a *Approval) {
	switch a.For {
	case ForLoan, ForExtension, ForOutsider, ForCirculation, ForListed:
		d.circulatingReady(a)
	case ForCopying, ForLevel, ForRetention, ForScope:
		d.registeringReady(a)
	case ForCarryingOut, ForDestruction, ForDestroyingArchives, ForTransfer:
		d.keepingReady(a)
	case ForVisit:
		d.guardingReady(a)
	}
}

// whenOver drops what will not be approved any more: refused, recalled or lapsed.
func (d *decision) whenOver(a *Approval, status ApprovalStatus) {
	switch a.For {
	case ForLoan, ForExtension, ForOutsider, ForCirculation, ForListed:
		d.circulatingOver(a, status)
	case ForCopying, ForLevel, ForRetention, ForScope:
		d.registeringOver(a, status)
	case ForCarryingOut, ForDestruction, ForDestroyingArchives, ForTransfer:
		d.keepingOver(a, status)
	case ForVisit:
		d.guardingOver(a, status)
	}
}

// registersErrand settles what falls due in one of the registers.
func (d *decision) registersErrand(e errand) {
	_ = d.circulatingErrand(e) || d.registeringErrand(e) || d.keepingErrand(e) || d.guardingErrand(e)
}

// holds reports whether a person holds a post, in their own right or by a delegation in force.
func (d *decision) holds(p *Person, post Post) bool {
	if p.Holds(post) {
		return true
	}
	for _, g := range d.delegations {
		if g.To == p.ID && g.Post == post && d.inForce(g, d.in.At.Wall) {
			return true
		}
	}
	return false
}

// actor returns the signed-in person of an act, who holds one of the posts; none named asks
// for any person. If there is no such person the outcome says who may do it.
func (d *decision) actor(rule, subject string, posts ...Post) (*Person, Outcome, bool) {
	by := d.persons[PersonID(d.in.Actor)]
	switch {
	case by == nil || d.outOfService(by, d.in.At.Wall) != "":
		return nil, refuse("not-a-person", rule, subject, fact.Text{ZH: "此操作须由本人登录后进行。", EN: "This is a person's own act; sign in first."}), false
	case len(posts) > 0 && !slices.ContainsFunc(posts, func(post Post) bool { return d.holds(by, post) }):
		return nil, refuse("wrong-post", rule, subject, fact.Text{ZH: "此操作由 %[1]s 进行。", EN: "This is for %[1]s to do."}.Fill(postNames(posts))), false
	}
	return by, Outcome{}, true
}

// number makes the next number of a series: "L-000001".
func number(series string, n int) string { return fmt.Sprintf("%s-%06d", series, n) }
