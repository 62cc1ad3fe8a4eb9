package custody

import (
	"slices"

	"trilock/custody/fact"
)

// handOverBadge takes one side's badge at a cabinet reader. Both sides badge at every
// hand-over (CIR-4): the custodian and the one who takes or brings.
func (d *decision) handOverBadge(reader fact.DeviceID, p *Person) {
	if h := d.handOvers[reader]; h != nil && h.open {
		if p.ID != h.custodian && p.ID != h.other {
			d.refuseBadge(reader, p.ID, "", "hand-over-busy", RuleBothBadge)
			return
		}
		d.signal(reader, LampGranted)
		return
	}
	d.emit(string(reader), &BadgeAccepted{Reader: reader, Person: p.ID})
	h := d.handOvers[reader]
	if h.second.person == "" {
		d.signal(reader, LampWaiting)
		return
	}
	custodian, other, ok := d.sides(h)
	if !ok {
		d.refuseBadge(reader, p.ID, "", "no-custodian", RuleBothBadge)
		d.emit(string(reader), &HandOverEnded{Reader: reader})
		return
	}
	if d.standsIn(reader, d.persons[other]) {
		d.refuseBadge(reader, other, "", "not-in-person", RuleInPerson)
		d.out.Outcome.Text = fact.Text{ZH: "此处没有批准给您的文件；文件须由借阅人本人领取，或由领导指定代领人。", EN: "Nothing here is approved for you; the borrower comes in person, or a leader names who receives it."}
		d.emit(string(reader), &HandOverEnded{Reader: reader})
		return
	}
	d.emit(string(reader), &HandOverOpened{Reader: reader, Custodian: custodian, Other: other})
	d.signal(reader, LampGranted)
	d.turnCabinets(reader, true, toldHandOver)
	d.signForSafe(d.handOvers[reader], d.site.cabinetsOfReader(reader))
	d.settleHandOver(reader)
}

// sides tells custodian from counterpart: at least one of the two must be an archivist, or the
// keeper of a series (REG-8).
func (d *decision) sides(h *handOver) (custodian, other PersonID, ok bool) {
	first, second := d.persons[h.first.person], d.persons[h.second.person]
	switch {
	case d.keeps(first):
		return first.ID, second.ID, true
	case d.keeps(second):
		return second.ID, first.ID, true
	}
	return "", "", false
}

// settleHandOver carries out what the readers had seen before the badges were shown:
// folders already back at home, or already taken.
func (d *decision) settleHandOver(reader fact.DeviceID) {
	h := d.handOvers[reader]
	for _, id := range d.loansOf(h.other) {
		loan := d.loans[id]
		doc := d.documents[loan.Document]
		if !slices.Contains(d.site.cabinetsOfReader(reader), doc.Home) {
			continue
		}
		switch {
		case loan.Status == LoanOut && atHome(doc):
			d.giveBack(loan, h.custodian, doc.Seen.Evidence)
		case loan.Status == LoanReady && !atHome(doc) && d.in.At.Sub(doc.Seen.Since) <= d.site.Policy.HandOverWindow:
			d.giveOut(loan, h.custodian, doc.Seen.Evidence)
		}
	}
	d.endIfDone(reader)
}

func atHome(doc *Document) bool { return doc.Seen.Known && doc.Seen.Place == doc.Home }

// endIfDone ends a hand-over in which something has changed hands and nothing more is
// expected to, so that the next in line need not wait for the window.
func (d *decision) endIfDone(reader fact.DeviceID) {
	h := d.handOvers[reader]
	if h == nil || !h.open || !h.settled {
		return
	}
	for _, id := range d.loansOf(h.other) {
		if slices.Contains(d.site.cabinetsOfReader(reader), d.documents[d.loans[id].Document].Home) && d.loans[id].Status == LoanReady {
			return
		}
	}
	d.endHandOver(reader)
}

// endHandOver ends a hand-over, and locks the cabinets that it unlocked.
func (d *decision) endHandOver(reader fact.DeviceID) {
	wasOpen := d.handOvers[reader].open
	d.emit(string(reader), &HandOverEnded{Reader: reader})
	if wasOpen {
		d.turnCabinets(reader, false, toldHandOverEnd)
	}
}

// handOverAt returns the hand-over under way at a document's home.
func (d *decision) handOverAt(home fact.PlaceID) (*handOver, bool) {
	h := d.handOvers[d.site.Places[home].BadgeReader]
	return h, h != nil && h.open
}

func (d *decision) handOverOver(reader fact.DeviceID) {
	if d.handOvers[reader] != nil {
		d.endHandOver(reader)
	}
}

func (s *State) evolvePair(at fact.Stamp, reader fact.DeviceID, person PersonID) {
	h := s.handOvers[reader]
	mark := badgeMark{person: person, at: at}
	if h == nil || h.first.person == person {
		h = &handOver{first: mark}
		s.handOvers[reader] = h
		s.agenda.at(errand{errandHandOver, string(reader)}, at.Mono+s.site.Policy.BadgePairWindow)
		return
	}
	h.second = mark
}

func (ev *HandOverOpened) evolve(s *State, at fact.Stamp) {
	s.handOvers[ev.Reader] = &handOver{open: true, custodian: ev.Custodian, other: ev.Other}
	s.agenda.at(errand{errandHandOver, string(ev.Reader)}, at.Mono+s.site.Policy.HandOverWindow)
}

// HandOverOpened: both sides have badged at a reader; folders of its cabinets may change hands.
type HandOverOpened struct {
	Reader    fact.DeviceID `json:"reader"`
	Custodian PersonID      `json:"custodian"`
	Other     PersonID      `json:"other"`
}

// HandOverEnded closes it.
type HandOverEnded struct {
	Reader fact.DeviceID `json:"reader"`
}

// The kinds of events; they stand in the record and never change.
func (HandOverOpened) Kind() string { return "hand-over-opened" }
func (HandOverEnded) Kind() string  { return "hand-over-ended" }

var handOverEvents = []func() Event{blank[HandOverOpened], blank[HandOverEnded]}

func (ev *HandOverEnded) evolve(s *State, _ fact.Stamp) {
	delete(s.handOvers, ev.Reader)
	s.agenda.off(errand{errandHandOver, string(ev.Reader)})
}
