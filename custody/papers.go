package custody

import (
	"time"

	"trilock/alerts"
	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// lastDay returns the end of a day at the site: what holds until a day holds through it.
func (s *State) lastDay(day calendar.Date) time.Time {
	y, m, d := day.Civil()
	return time.Date(y, m, d+1, 0, 0, 0, 0, s.zone())
}

// outOfService says in one word why a person's badge opens nothing (ACC-6); empty when it may.
func (s *State) outOfService(p *Person, now time.Time) string {
	switch {
	case p.Departed:
		return "departed"
	case p.Barred:
		return "barred"
	case p.Expires != 0 && !now.Before(s.lastDay(p.Expires)):
		return "expired"
	}
	return ""
}

// paper is one thing that a person needs before anything is given to them (ACC-7).
type paper struct {
	name  fact.Text
	until calendar.Date // zero: not there
}

var (
	paperClearance = fact.Text{ZH: "涉密资格", EN: "clearance"}
	paperTraining  = fact.Text{ZH: "保密培训", EN: "training"}
	paperAgreement = fact.Text{ZH: "保密承诺书", EN: "signed agreement"}
)

// mustHavePapers reports whether the rule speaks of a person: readers from outside come by a
// letter and an approval of their own (CIR-12).
func (s *State) mustHavePapers(p *Person) bool {
	return s.site.Policy.Guarding.Papers && p.Outside == ""
}

// lackingPaper returns the first paper that a person does not have at a time.
func (s *State) lackingPaper(p *Person, now time.Time) (fact.Text, bool) {
	if p.Clearance == Public {
		return paperClearance, true
	}
	if p.Agreement == 0 || s.lastDay(p.Agreement).AddDate(0, 0, -1).After(now) {
		return paperAgreement, true
	}
	for _, need := range []paper{{paperClearance, p.ClearedUntil}, {paperTraining, p.TrainedUntil}} {
		if need.until == 0 || !now.Before(s.lastDay(need.until)) {
			return need.name, true
		}
	}
	return fact.Text{}, false
}

// nextPaper returns the paper that runs out first.
func (p *Person) nextPaper() paper {
	if p.TrainedUntil < p.ClearedUntil {
		return paper{paperTraining, p.TrainedUntil}
	}
	return paper{paperClearance, p.ClearedUntil}
}

// papers refuses a person who lacks a valid clearance, a signed agreement or a passed training (ACC-7).
func (d *decision) papers(subject string, p *Person) (Outcome, bool) {
	if !d.mustHavePapers(p) {
		return Outcome{}, true
	}
	lacks, lacking := d.lackingPaper(p, d.in.At.Wall)
	if !lacking {
		return Outcome{}, true
	}
	return refuse("papers-lapsed", RulePapers, subject, fact.Text{ZH: "%[1]s 缺少有效的%[2]s，补办并登记后方可。", EN: "%[1]s has no valid %[2]s; renew it and enter it in the register first."}.Fill(p.Name, lacks)), false
}

// judgePapers reminds of what runs out soon and says what has run out (ACC-7).
func (d *decision) judgePapers(id PersonID) {
	p, subject := d.persons[id], string(id)
	if p == nil || p.Departed || p.Clearance == Public || !d.mustHavePapers(p) {
		d.end(alerts.PapersEnding, subject)
		d.end(alerts.PapersLapsed, subject)
		return
	}
	lacks, lacking := d.lackingPaper(p, d.in.At.Wall)
	next := p.nextPaper()
	soon := !d.in.At.Wall.Before(d.lastDay(next.until).Add(-d.site.Policy.Guarding.PapersAhead))
	switch {
	case lacking:
		d.end(alerts.PapersEnding, subject)
		d.raise(alerts.PapersLapsed, subject, p.Name, fact.Text{ZH: "没有有效的%[1]s", EN: "no valid %[1]s"}.Fill(lacks))
	case soon:
		d.end(alerts.PapersLapsed, subject)
		d.raise(alerts.PapersEnding, subject, p.Name, next.name, next.until.String())
	default:
		d.end(alerts.PapersEnding, subject)
		d.end(alerts.PapersLapsed, subject)
	}
}

// pinUntil returns when a PIN becomes too old; false where the site sets no age or none was set.
func (s *State) pinUntil(id PersonID) (time.Time, bool) {
	set, known := s.guarding.PINsSet[id]
	return set.Add(s.site.Policy.Guarding.PINAge), known && s.site.Policy.Guarding.PINAge > 0
}

// judgePIN warns of a PIN that is to be changed (STO-5).
func (d *decision) judgePIN(id PersonID) {
	until, aging := d.pinUntil(id)
	p := d.persons[id]
	if p == nil || p.Departed || !aging || d.in.At.Wall.Before(until.Add(-d.site.Policy.Guarding.PINWarning)) {
		d.end(alerts.PINAging, string(id))
		return
	}
	d.raise(alerts.PINAging, string(id), p.Name, d.clockText(until))
}

// pinTooOld reports whether a right PIN is refused for its age (STO-5).
func (d *decision) pinTooOld(id PersonID) bool {
	until, aging := d.pinUntil(id)
	return aging && !d.in.At.Wall.Before(until)
}

// watchPerson sets what falls due of a person: papers and PIN.
func (s *State) watchPerson(p *Person) {
	for _, kind := range []errandKind{errandPapers, errandPapersAhead, errandPINAhead} {
		s.agenda.off(errand{kind, string(p.ID)})
	}
	if p.Departed {
		return
	}
	if next := p.nextPaper(); next.until != 0 && s.mustHavePapers(p) {
		s.agenda.atWall(errand{errandPapers, string(p.ID)}, s.lastDay(next.until))
		s.agenda.atWall(errand{errandPapersAhead, string(p.ID)}, s.lastDay(next.until).Add(-s.site.Policy.Guarding.PapersAhead))
	}
	if until, aging := s.pinUntil(p.ID); aging {
		s.agenda.atWall(errand{errandPINAhead, string(p.ID)}, until.Add(-s.site.Policy.Guarding.PINWarning))
	}
}
