package custody

import (
	"fmt"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// DelegationID numbers a delegation.
type DelegationID string

// Delegation lets one person act for the holder of a post, between two dates. It ends by
// itself; it is resolved when it is used, never before.
type Delegation struct {
	ID     DelegationID `json:"id"`
	Post   Post         `json:"post"`
	Holder PersonID     `json:"holder"`
	To     PersonID     `json:"to"`
	From   time.Time    `json:"from"`
	Until  time.Time    `json:"until"`
}

// inForce reports whether the delegation counts at a time, its holder still holding the post.
func (s *State) inForce(g *Delegation, now time.Time) bool {
	holder := s.persons[g.Holder]
	return holder != nil && s.outOfService(holder, now) == "" && holder.Holds(g.Post) && !now.Before(g.From) && now.Before(g.Until)
}

// delegated returns the parties that a person stands for by delegations now in force.
func (s *State) delegated(p *Person, now time.Time) []threelock.Party {
	var posts []Post
	for _, id := range sortedKeys(s.delegations) {
		if g := s.delegations[id]; g.To == p.ID && s.inForce(g, now) {
			posts = append(posts, g.Post)
		}
	}
	return partiesOf(posts)
}

func (d *decision) delegate(a Delegate) Outcome {
	holder, to := d.persons[PersonID(d.in.Actor)], d.persons[a.To]
	subject := string(a.To)
	now := d.in.At.Wall
	switch {
	case holder == nil || !holder.Holds(a.Post) || d.outOfService(holder, now) != "":
		return refuse("not-your-post", RuleThreeParties, subject, fact.Text{ZH: "只能委托本人担任的岗位。", EN: "Only the holder of a post delegates it."})
	case to == nil || d.outOfService(to, now) != "":
		return refuse("unknown-person", RuleThreeParties, subject, fact.Text{ZH: "没有此受托人，或其证件已停用。", EN: "There is no such person, or the person's badge is barred."})
	case to.ID == holder.ID:
		return refuse("to-oneself", RuleThreeParties, subject, fact.Text{ZH: "不能委托给本人。", EN: "Nobody delegates to themselves."})
	case !a.Until.After(a.From) || !a.Until.After(now) || a.Until.Sub(a.From) > MaxDelegation || a.From.Sub(now) > MaxDelegation:
		return refuse("bad-period", RuleThreeParties, subject, fact.Text{ZH: "委托期应有起止时间，尚未结束，最长 %[1]d 天，且在 %[1]d 天内开始。", EN: "A delegation has a beginning and an end that lies ahead, lasts %[1]d days at most and begins within %[1]d days."}.Fill(int(MaxDelegation/(24*time.Hour))))
	case len(d.delegations) >= MaxDelegations:
		return refuse("too-much", "", subject, fact.Text{ZH: "有效委托已达 %[1]d 项，先结束不用的。", EN: "There are %[1]d delegations; end some first."}.Fill(MaxDelegations))
	}
	if party := partiesOf([]Post{a.Post}); len(party) > 0 && len(to.parties()) > 0 {
		return refuse(string(threelock.WhyDelegate), RuleThreeParties, subject, fact.Text{ZH: "%[1]s 本身是三方之一，不得代理另一方。", EN: "%[1]s is one of the three parties and cannot be another's delegate."}.Fill(to.Name))
	}
	id := DelegationID(fmt.Sprintf("D-%06d", d.delegationCount+1))
	d.emit(string(id), &DelegationMade{Delegation: Delegation{ID: id, Post: a.Post, Holder: holder.ID, To: to.ID, From: a.From.UTC(), Until: a.Until.UTC()}})
	return granted(string(id))
}

func (d *decision) endDelegation(a EndDelegation) Outcome {
	g := d.delegations[a.Delegation]
	by := d.persons[PersonID(d.in.Actor)]
	switch {
	case g == nil:
		return refuse("no-such-delegation", "", string(a.Delegation), fact.Text{ZH: "没有此项有效委托。", EN: "There is no such delegation."})
	case by == nil || (by.ID != g.Holder && by.ID != g.To):
		return refuse("not-your-post", RuleThreeParties, string(a.Delegation), fact.Text{ZH: "由委托人或受托人本人结束委托。", EN: "A delegation is ended by its holder or by the delegate."})
	}
	d.emit(string(g.ID), &DelegationEnded{Delegation: g.ID})
	return granted(string(g.ID))
}

// partiesOf returns the parties of the safe that go with posts.
func partiesOf(posts []Post) []threelock.Party {
	var parties []threelock.Party
	for _, side := range []struct {
		party threelock.Party
		posts []Post
	}{
		{threelock.Archivist, []Post{Archivist}},
		{threelock.GeneralOffice, []Post{GeneralOffice, GeneralOfficeHead}},
		{threelock.Management, []Post{GeneralManager, ChiefEngineer}},
	} {
		if slices.ContainsFunc(side.posts, func(p Post) bool { return slices.Contains(posts, p) }) {
			parties = append(parties, side.party)
		}
	}
	return parties
}

// DelegationMade lets a person act for the holder of a post for a time.
type DelegationMade struct {
	Delegation Delegation `json:"delegation"`
}

// DelegationEnded takes that back before its time.
type DelegationEnded struct {
	Delegation DelegationID `json:"delegation"`
}

// The kinds of events; they stand in the record and never change.
func (DelegationMade) Kind() string  { return "delegation-made" }
func (DelegationEnded) Kind() string { return "delegation-ended" }

var delegationEvents = []func() Event{blank[DelegationMade], blank[DelegationEnded]}

func (ev *DelegationMade) evolve(s *State, at fact.Stamp) {
	s.delegationCount++
	for id, g := range s.delegations { // those that are over make room
		if !at.Wall.Before(g.Until) {
			delete(s.delegations, id)
		}
	}
	g := ev.Delegation
	s.delegations[g.ID] = &g
}

func (ev *DelegationEnded) evolve(s *State, _ fact.Stamp) { delete(s.delegations, ev.Delegation) }

// Delegate has another person act for the holder of a post, who is the one that asks.
type Delegate struct {
	Post  Post      `json:"post"`
	To    PersonID  `json:"to"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// EndDelegation ends a delegation before its time.
type EndDelegation struct {
	Delegation DelegationID `json:"delegation"`
}

// The verbs of acts; they stand in the record and never change.
func (Delegate) Verb() string      { return "delegate" }
func (EndDelegation) Verb() string { return "end-delegation" }

func (a Delegate) carryOut(d *decision) Outcome      { return d.delegate(a) }
func (a EndDelegation) carryOut(d *decision) Outcome { return d.endDelegation(a) }

var delegationActs = []actKind{
	act[Delegate]("委托岗位", "delegate a post"),
	act[EndDelegation]("结束委托", "end a delegation"),
}
