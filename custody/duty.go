package custody

import (
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// Duty is one person's time on the roster: who receives what happens then (ACC-4).
type Duty struct {
	ID     string    `json:"id"`
	Person PersonID  `json:"person"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	What   string    `json:"what,omitempty"`
}

// The events of the roster.
type (
	// DutyPlanned puts a person on the roster.
	DutyPlanned struct {
		Duty Duty `json:"duty"`
	}
	// DutyCancelled takes a person off it.
	DutyCancelled struct {
		Duty   string `json:"duty"`
		Reason string `json:"reason"`
	}
)

// The kinds of events; they stand in the record and never change.
func (DutyPlanned) Kind() string   { return "duty-planned" }
func (DutyCancelled) Kind() string { return "duty-cancelled" }

var dutyEvents = []func() Event{blank[DutyPlanned], blank[DutyCancelled]}

func (ev *DutyPlanned) evolve(s *State, at fact.Stamp) {
	g := &s.guarding
	for id, duty := range g.Duties { // those that are over make room
		if !duty.Until.After(at.Wall) {
			delete(g.Duties, id)
		}
	}
	duty := ev.Duty
	g.DutyCount++
	g.Duties[duty.ID] = &duty
	s.watchRoster(at.Wall)
}

func (ev *DutyCancelled) evolve(s *State, at fact.Stamp) {
	delete(s.guarding.Duties, ev.Duty)
	s.watchRoster(at.Wall)
}

// watchRoster sets the time at which the next gap of the roster comes within what must be planned.
func (s *State) watchRoster(now time.Time) {
	if ahead := s.site.Policy.Guarding.DutyAhead; ahead > 0 {
		from, _ := s.firstGap(now, "")
		s.agenda.atWall(errand{errandDuty, ""}, from.Add(-ahead))
	}
}

// PlanDuty puts a person on the roster.
type PlanDuty struct {
	Person PersonID  `json:"person"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	What   string    `json:"what,omitempty"`
}

// CancelDuty takes a person off the roster; whoever takes their place is planned first.
type CancelDuty struct {
	Duty   string `json:"duty"`
	Reason string `json:"reason"`
}

// The verbs of acts; they stand in the record and never change.
func (PlanDuty) Verb() string   { return "plan-duty" }
func (CancelDuty) Verb() string { return "cancel-duty" }

func (a PlanDuty) carryOut(d *decision) Outcome   { return d.planDuty(a) }
func (a CancelDuty) carryOut(d *decision) Outcome { return d.cancelDuty(a) }

var dutyActs = []actKind{
	act[PlanDuty]("排班", "plan a duty"),
	act[CancelDuty]("撤班", "cancel a duty"),
}

// rosterPosts may change the roster.
var rosterPosts = []Post{GeneralOffice, GeneralOfficeHead, Security, SupervisingLeader}

func (d *decision) planDuty(a PlanDuty) Outcome {
	subject, now := string(a.Person), d.in.At.Wall
	if _, o, ok := d.actor(RuleDuty, subject, rosterPosts...); !ok {
		return o
	}
	p := d.persons[a.Person]
	switch {
	case p == nil || d.outOfService(p, now) != "":
		return refuse("unknown-person", RuleDuty, subject, fact.Text{ZH: "没有此人，或其证件不可用，不能值班。", EN: "There is no such person, or their badge is not in force; they cannot be on duty."})
	case !a.Until.After(now) || !a.Until.After(a.From) || a.Until.Sub(a.From) > MaxDutyLength:
		return refuse("bad-period", RuleDuty, subject, fact.Text{ZH: "值班须有起止时间，尚未结束，一班最长 %[1]d 小时。", EN: "A duty has a beginning and an end that lies ahead, and lasts %[1]d hours at most."}.Fill(int(MaxDutyLength/time.Hour)))
	case len(d.guarding.Duties) >= MaxDuties || len(a.What) > MaxTextLen:
		return refuse("too-much", "", subject, fact.Text{ZH: "排班已达 %[1]d 项，或内容过长。", EN: "There are %[1]d duties, or the text is too long."}.Fill(MaxDuties))
	}
	id := number("Z", d.guarding.DutyCount+1)
	d.emit(id, &DutyPlanned{Duty: Duty{ID: id, Person: a.Person, From: a.From.UTC(), Until: a.Until.UTC(), What: a.What}})
	d.judgeDuty()
	return granted(id)
}

// cancelDuty refuses to tear a gap into the time that must be planned (ACC-4).
func (d *decision) cancelDuty(a CancelDuty) Outcome {
	if _, o, ok := d.actor(RuleDuty, a.Duty, rosterPosts...); !ok {
		return o
	}
	now := d.in.At.Wall
	switch {
	case d.guarding.Duties[a.Duty] == nil:
		return refuse("no-such-duty", RuleDuty, a.Duty, fact.Text{ZH: "值班表中没有 %[1]s。", EN: "The roster has no %[1]s."}.Fill(a.Duty))
	case missingText(a.Reason):
		return refuse("no-reason", RuleDuty, a.Duty, fact.Text{ZH: "请写明原因，最多 %[1]d 字节。", EN: "Give the reason, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	with, _ := d.firstGap(now, "")
	without, until := d.firstGap(now, a.Duty)
	if ahead := d.site.Policy.Guarding.DutyAhead; ahead > 0 && without.Before(with) && without.Before(now.Add(ahead)) {
		return refuse("leaves-gap", RuleDuty, a.Duty, fact.Text{ZH: "撤班后 %[1]s 至 %[2]s 无人值班，先排好接替的人。", EN: "Without it nobody is on duty from %[1]s until %[2]s; plan somebody else first."}.Fill(d.clockText(without), d.clockText(until)))
	}
	d.emit(a.Duty, &DutyCancelled{Duty: a.Duty, Reason: a.Reason})
	d.judgeDuty()
	return granted(a.Duty)
}

// firstGap returns the first time from an instant on at which nobody is on duty, and until
// when; but leaves one duty out of account. A roster that ends has its last gap there, for a day.
func (s *State) firstGap(now time.Time, but string) (from, until time.Time) {
	var list []*Duty
	for _, duty := range s.guarding.Duties {
		if duty.ID != but && duty.Until.After(now) {
			list = append(list, duty)
		}
	}
	slices.SortFunc(list, func(a, b *Duty) int { return a.From.Compare(b.From) })
	from = now
	for _, duty := range list {
		if duty.From.After(from) {
			return from, duty.From
		}
		if duty.Until.After(from) {
			from = duty.Until
		}
	}
	return from, from.AddDate(0, 0, 1)
}

// judgeDuty says ahead of time where the roster has a gap (ACC-4).
func (d *decision) judgeDuty() {
	ahead, now := d.site.Policy.Guarding.DutyAhead, d.in.At.Wall
	from, until := d.firstGap(now, "")
	if ahead <= 0 || from.After(now.Add(ahead)) {
		d.end(alerts.DutyGap, "roster")
		return
	}
	d.raise(alerts.DutyGap, "roster", d.clockText(from), d.clockText(until))
}

// onDuty returns who is on duty at a time, in the order of their numbers: who receives an alert.
func (s *State) onDuty(now time.Time) []PersonID {
	var on []PersonID
	for _, duty := range s.guarding.Duties {
		if !now.Before(duty.From) && now.Before(duty.Until) && !slices.Contains(on, duty.Person) {
			on = append(on, duty.Person)
		}
	}
	slices.Sort(on)
	return on
}

func (s *State) onDutyNow(p PersonID, now time.Time) bool { return slices.Contains(s.onDuty(now), p) }
