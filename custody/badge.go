package custody

import (
	"slices"
	"time"

	"crypto/subtle"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// badge settles a card shown at any reader: who is it, and what does it mean here?
func (d *decision) badge(f fact.BadgeShown) {
	if visit, ok := d.visitOfCard(f.Card); ok {
		d.visitorBadge(f.Reader, visit)
		return
	}
	p, ok := d.holder(f)
	if !ok {
		return
	}
	if door, entering, at := d.site.doorOfReader(f.Reader); at {
		d.doorBadge(door, entering, f.Reader, p)
		return
	}
	if d.outOfService(p, d.in.At.Wall) != "" {
		d.barred(f.Reader, p)
		return
	}
	if safe, at := d.site.safeOfReader(f.Reader); at {
		d.safeBadge(safe, p)
		return
	}
	if d.meetingBadge(f.Reader, p) || d.destructionBadge(f.Reader, p) {
		return
	}
	if len(d.site.cabinetsOfReader(f.Reader)) > 0 {
		d.handOverBadge(f.Reader, p)
		return
	}
	d.refuseBadge(f.Reader, p.ID, "", "reader-without-place", "")
}

// holder finds the person of a card. A card nobody holds is refused and raises an alert (ACC-1).
func (d *decision) holder(f fact.BadgeShown) (*Person, bool) {
	id, known := d.byCard[f.Card]
	if known {
		return d.persons[id], true
	}
	d.refuseBadge(f.Reader, "", f.Card.Masked(), "unknown-badge", RuleRoomList)
	d.raise(alerts.UnknownBadge, string(f.Reader), d.site.deviceName(f.Reader), f.Card.Masked())
	return nil, false
}

// barred refuses the badge of who is suspended or has departed, and one that has expired, and
// tells security (ACC-6).
func (d *decision) barred(reader fact.DeviceID, p *Person) {
	d.refuseBadge(reader, p.ID, "", d.outOfService(p, d.in.At.Wall), RuleBarredBadge)
	d.raise(alerts.BadgeBarred, string(p.ID), d.site.deviceName(reader), p.Name)
}

func (d *decision) refuseBadge(reader fact.DeviceID, person PersonID, card, code, rule string) {
	d.emit(string(reader), &BadgeRefused{Reader: reader, Person: person, Card: card, Code: code, Rule: rule})
	d.signal(reader, LampRefused)
	d.out.Outcome = Outcome{Code: code, Rule: rule}
}

func (ev *BadgeAccepted) evolve(s *State, at fact.Stamp) {
	if door, entering, ok := s.site.doorOfReader(ev.Reader); ok {
		s.doors[door.ID].grant(at, ev.Person, entering, s.site.Policy.DoorGrantTime)
		return
	}
	if _, ok := s.site.safeOfReader(ev.Reader); ok {
		s.pins[ev.Reader] = pinEntry{person: ev.Person, until: at.Mono + s.site.Policy.PINEntryTime}
		return
	}
	s.evolvePair(at, ev.Reader, ev.Person)
}

// safeBadge takes the first half of a party's proof; the PIN is the other half.
func (d *decision) safeBadge(safe Safe, p *Person) {
	session := d.openings[safe.ID]
	switch {
	case d.wrongPINs[p.ID].until > d.in.At.Mono:
		d.refuseBadge(safe.BadgeReader, p.ID, "", "locked-out", RuleThreeParties)
	case !session.Awaits():
		// Nobody stands at the safe for nothing: the purpose comes first (SAF-2).
		d.refuseBadge(safe.BadgeReader, p.ID, "", "no-purpose-stated", RuleSafePurpose)
	default:
		d.emit(string(safe.ID), &BadgeAccepted{Reader: safe.BadgeReader, Person: p.ID})
		d.signal(safe.BadgeReader, LampWaiting)
	}
}

// pin takes the second half. The digits end here.
func (d *decision) pin(f fact.PINEntered) {
	entry, waiting := d.pins[f.Reader]
	safe, isSafe := d.site.safeOfReader(f.Reader)
	if !waiting || !isSafe || entry.until < d.in.At.Mono {
		d.refuseBadge(f.Reader, "", "", "pin-without-badge", "")
		return
	}
	p := d.persons[entry.person]
	print := Fingerprint(d.site.PINKey, p.ID, f.Digits)
	right, duress := samePrint(print, p.PIN), samePrint(print, p.DuressPIN)
	if !right && !duress {
		d.wrongPIN(safe, p)
		return
	}
	d.emit(string(p.ID), &PINAccepted{Reader: f.Reader, Person: p.ID, Duress: duress})
	if duress {
		d.raise(alerts.Duress, string(p.ID), p.Name, safe.Name)
	}
	if d.pinTooOld(p.ID) {
		d.refuseBadge(f.Reader, p.ID, "", "pin-too-old", RulePINAge)
		return
	}
	d.showParty(safe, p)
}

// samePrint compares fingerprints in constant time; one that was never set is no one's.
func samePrint(print, kept string) bool {
	return kept != "" && subtle.ConstantTimeCompare([]byte(print), []byte(kept)) == 1
}

func (d *decision) wrongPIN(safe Safe, p *Person) {
	d.emit(string(p.ID), &PINRefused{Reader: safe.BadgeReader, Person: p.ID})
	d.signal(safe.BadgeReader, LampRefused)
	d.out.Outcome = Outcome{Code: "wrong-pin", Rule: RuleThreeParties}
	if w := d.wrongPINs[p.ID]; w.until > d.in.At.Mono {
		d.raise(alerts.WrongPIN, string(p.ID), d.site.deviceName(safe.BadgeReader), p.Name, d.site.Policy.WrongPINsBeforeLockout)
	}
}

// lockoutTime returns the length of a person's n-th lock-out without a right PIN in between.
func (s *State) lockoutTime(n int) time.Duration {
	first, longest := s.site.Policy.LockoutTime, s.site.Policy.LockoutLongest
	if n > 16 || first<<(n-1) > longest {
		return max(first, longest)
	}
	return first << (n - 1)
}

// showParty presents a person, proven by badge and PIN, to the opening (SAF-1).
func (d *decision) showParty(safe Safe, p *Person) {
	_, inRoom := d.rooms[safe.Room][p.ID]
	_, may := d.mayOpenNow(safe)
	claim := threelock.Claim{Person: p.ID, Parties: p.parties(), Delegated: d.delegated(p, d.in.At.Wall), InRoom: inRoom, OutOfHours: !may}
	steps := d.opening(safe.ID, func(s *threelock.Session) ([]threelock.Step, threelock.Command) { return s.Show(claim, d.timing()) })
	refused := slices.IndexFunc(steps, func(s threelock.Step) bool { return s.What == threelock.StepRefused })
	if refused >= 0 {
		why := steps[refused].Why
		d.out.Outcome = Outcome{Code: string(why), Rule: RuleThreeParties, Text: why.Text()}
		d.signal(safe.BadgeReader, LampRefused)
		return
	}
	d.out.Outcome = Outcome{OK: true}
	d.signal(safe.BadgeReader, LampGranted)
}

// BadgeAccepted is a badge that counted for something at a reader.
type BadgeAccepted struct {
	Reader fact.DeviceID `json:"reader"`
	Person PersonID      `json:"person"`
}

// BadgeRefused is a badge that was refused, and why. Card is masked.
type BadgeRefused struct {
	Reader fact.DeviceID `json:"reader"`
	Person PersonID      `json:"person,omitempty"`
	Card   string        `json:"card,omitempty"`
	Code   string        `json:"code"`
	Rule   string        `json:"rule,omitempty"`
}

// PINRefused is a wrong PIN; PINAccepted clears the count.
type PINRefused struct {
	Reader fact.DeviceID `json:"reader"`
	Person PersonID      `json:"person"`
}

// PINAccepted is a right PIN, or the one of somebody who is being made to enter it.
type PINAccepted struct {
	Reader fact.DeviceID `json:"reader"`
	Person PersonID      `json:"person"`
	Duress bool          `json:"duress,omitempty"`
}

// The kinds of events; they stand in the record and never change.
func (BadgeAccepted) Kind() string { return "badge-accepted" }
func (BadgeRefused) Kind() string  { return "badge-refused" }
func (PINRefused) Kind() string    { return "pin-refused" }
func (PINAccepted) Kind() string   { return "pin-accepted" }

var badgeEvents = []func() Event{blank[BadgeAccepted], blank[BadgeRefused], blank[PINRefused], blank[PINAccepted]}

func (*BadgeRefused) evolve(*State, fact.Stamp) {}

func (ev *PINRefused) evolve(s *State, at fact.Stamp) {
	delete(s.pins, ev.Reader)
	w := s.wrongPINs[ev.Person]
	w.count++
	if few := max(s.site.Policy.WrongPINsBeforeLockout, 1); w.count%few == 0 {
		w.until = at.Mono + s.lockoutTime(w.count/few)
	}
	s.wrongPINs[ev.Person] = w
}

func (ev *PINAccepted) evolve(s *State, _ fact.Stamp) {
	delete(s.pins, ev.Reader)
	delete(s.wrongPINs, ev.Person)
}
