package custody

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// opening moves the session of a safe on and passes its command to the locks.
// What the session has waited for too long ends it first, however many other things fell due.
func (d *decision) opening(id fact.SafeID, move func(*threelock.Session) ([]threelock.Step, threelock.Command)) []threelock.Step {
	d.openingDue(id)
	return d.advance(id, move)
}

func (d *decision) openingDue(id fact.SafeID) {
	if d.openings[id] == nil {
		return
	}
	d.advance(id, func(s *threelock.Session) ([]threelock.Step, threelock.Command) {
		return s.Expire(d.in.At, d.timingOf(id))
	})
}

func (d *decision) advance(id fact.SafeID, move func(*threelock.Session) ([]threelock.Step, threelock.Command)) []threelock.Step {
	session := d.openings[id]
	steps, command := move(session)
	for _, step := range steps {
		d.emit(string(id), &OpeningStep{Safe: id, Session: session.ID, Step: step})
		if step.What == threelock.StepEnded {
			d.openingEnded(d.site.Safes[id], step.Why)
		}
		if step.What == threelock.StepShut && d.site.Safes[id].Plain {
			d.lockSafe(d.site.Safes[id], toldDoorShut)
		}
	}
	if command != threelock.None {
		d.tellSafe(d.site.Safes[id], command, string(session.Why))
	}
	return steps
}

func (d *decision) openingEnded(safe Safe, why threelock.Why) {
	d.keysEnded(safe)
	switch why {
	case threelock.WhyKeysChanged:
		d.signal(safe.BadgeReader, LampGranted)
		return
	case threelock.WhyClosed:
		d.end(alerts.SafeLeftOpen, string(safe.ID))
		d.signal(safe.BadgeReader, LampGranted)
		return
	case threelock.WhyUnconfirmed:
		d.end(alerts.SafeLeftOpen, string(safe.ID))
		d.raise(alerts.SafeUnconfirmed, string(safe.ID), safe.Name, partyNames(d.openings[safe.ID].Unconfirmed()))
	}
	d.signal(safe.BadgeReader, LampRefused)
}

func (d *decision) lockChallenge(f fact.LockChallenge) {
	safe, ok := d.site.safeOfLock(f.Lock)
	if !ok || d.openings[safe.ID].ID != f.Session {
		return
	}
	d.opening(safe.ID, func(s *threelock.Session) ([]threelock.Step, threelock.Command) {
		steps, command := s.Challenged(f.Lock, f.Challenge)
		if len(steps) > 0 {
			steps[0].Boot, steps[0].Counter = f.Boot, f.Counter
		}
		return steps, command
	})
}

func (d *decision) lockResult(f fact.LockResult) {
	safe, ok := d.site.safeOfLock(f.Lock)
	if !ok || d.openings[safe.ID].ID != f.Session {
		return
	}
	d.opening(safe.ID, func(s *threelock.Session) ([]threelock.Step, threelock.Command) {
		return s.Answered(f.Lock, f.Accepted, clip(f.Code))
	})
	if !f.Accepted && d.openings[safe.ID].Phase == threelock.Open {
		d.forced(safe, fact.Text{ZH: "门已打开，而锁 " + string(f.Lock) + " 拒绝开启", EN: "its door is open and the lock " + string(f.Lock) + " refused"})
	}
	d.lockNews(safe)
}

// lockState takes what a lock reported about itself.
func (d *decision) lockState(f fact.LockState) {
	safe, ok := d.site.safeOfLock(f.Lock)
	if !ok {
		d.plainLockState(f)
		d.roomNews()
		return
	}
	if f = d.overtaken(safe, f); d.lockChanged(f) {
		d.plainAnswer(safe, f)
		d.lockNews(safe)
		d.roomNews()
	}
}

// lockChanged records what a lock reported about itself, and reports whether it is news.
func (d *decision) lockChanged(f fact.LockState) bool {
	now := LockChanged{Lock: f.Lock, Bolt: f.Bolt, Door: f.Door, Tamper: f.Tamper, Reason: clip(f.Reason), Boot: f.Boot, Counter: f.Counter}
	was, known := d.locks[f.Lock]
	now.lockHealth(was, f)
	if same := was; known {
		same.Reason, same.Boot, same.Counter = now.Reason, now.Boot, now.Counter
		if same == now && !d.endsSpan(now) {
			return false
		}
	}
	d.emit(string(f.Lock), &now)
	d.judgeLock(was, now)
	return true
}

// lockNews holds the bolts and the door against the session (SAF-3, SAF-4).
func (d *decision) lockNews(safe Safe) {
	drawn, locked, doorOpen := d.bolts(safe)
	if session := d.openings[safe.ID]; doorOpen && session.Phase == threelock.Unlocking && len(session.Silent()) > 0 {
		// The report may be on its way, or the lock was overcome: it belongs to the opening, and somebody looks.
		d.raise(alerts.SafeNoSession, string(safe.ID), safe.Name, fact.Text{ZH: "门已打开，而并非三把锁都已报告接受", EN: "its door is open before all three locks reported that they accepted"})
	}
	d.opening(safe.ID, func(s *threelock.Session) ([]threelock.Step, threelock.Command) {
		return s.Bolts(drawn, locked, d.timing()), threelock.None
	})
	d.opening(safe.ID, func(s *threelock.Session) ([]threelock.Step, threelock.Command) {
		return s.Door(doorOpen), threelock.None
	})
	// The door first, then the bolts once more: a lock reports both in one message.
	d.opening(safe.ID, func(s *threelock.Session) ([]threelock.Step, threelock.Command) {
		return s.Bolts(drawn, locked, d.timing()), threelock.None
	})
	d.judgeSafe(safe)
}

// judgeSafe raises SAF-4 when the safe is open and no session accounts for it.
func (d *decision) judgeSafe(safe Safe) {
	drawn, locked, doorOpen := d.bolts(safe)
	session := d.openings[safe.ID]
	switch {
	case session.MayBeOpen():
		return
	case doorOpen:
		d.forced(safe, fact.Text{ZH: "门已打开", EN: "its door is open"})
	case drawn > 0 && !d.relocking(safe.ID):
		d.tellSafe(safe, threelock.Relock, "no-session")
		d.forced(safe, fact.Text{ZH: "有锁舌已缩回", EN: "a bolt is drawn"})
	case locked == len(safe.Locks):
		d.end(alerts.SafeNoSession, string(safe.ID))
	}
}

// forced says that a safe is open without a session: by its sealed key, or by force.
func (d *decision) forced(safe Safe, how fact.Text) {
	d.raise(alerts.SafeNoSession, string(safe.ID), safe.Name, how)
	d.openCase(safe)
}

// relocking reports whether an opening of a safe failed, and its locks were told to lock, so
// recently that a bolt may still be on its way; whatever was stated since.
func (d *decision) relocking(safe fact.SafeID) bool {
	at, failed := d.failed[safe]
	return failed && d.in.At.Sub(at) < d.site.Policy.LockAnswerTime
}

// bolts counts what the three locks last reported. What is unknown counts as neither.
func (s *State) bolts(safe Safe) (drawn, locked int, doorOpen bool) {
	for _, id := range safe.Locks {
		l := s.locks[id]
		switch l.Bolt {
		case fact.BoltUnlocked:
			drawn++
		case fact.BoltLocked:
			locked++
		case fact.BoltUnknown, fact.BoltJammed:
		}
		doorOpen = doorOpen || l.Door == fact.InputActive || l.Door == fact.InputFault
	}
	return drawn, locked, doorOpen || s.contactOpen(safe)
}

// safeStillOpen raises SAF-3 when the safe was not shut and locked in its time.
func (d *decision) safeStillOpen(id fact.SafeID) {
	safe, session := d.site.Safes[id], d.openings[id]
	drawn, locked, doorOpen := d.bolts(safe)
	switch {
	case session == nil || locked == len(safe.Locks) && !doorOpen:
	case !session.MayBeOpen() && (drawn > 0 || doorOpen):
		d.judgeSafe(safe)
	case session.MayBeOpen() && doorOpen:
		d.raise(alerts.SafeLeftOpen, string(id), safe.Name, fact.Text{ZH: "门开着", EN: "the door stands open"})
	case session.MayBeOpen():
		d.raise(alerts.SafeLeftOpen, string(id), safe.Name, fact.Text{ZH: "未报告上锁：" + d.notLocked(safe), EN: "not reported locked: " + d.notLocked(safe)})
	}
}

func (d *decision) notLocked(safe Safe) string {
	var names []string
	for _, id := range safe.Locks {
		if d.locks[id].Bolt != fact.BoltLocked {
			names = append(names, string(id))
		}
	}
	return strings.Join(names, ", ")
}

func (s *State) timing() threelock.Timing {
	p := s.site.Policy
	return threelock.Timing{Delay: p.OpeningDelay, Reconfirm: p.OpeningReconfirm, Confirm: p.ClosingConfirm, StatementValid: p.OpeningStatementValid, Window: p.OpeningWindow, LockAnswer: p.LockAnswerTime, UnlockedTime: min(p.UnlockedTime, MaxUnlockedTime), Approve: SigningTime}
}

func (ev *OpeningStep) evolve(s *State, at fact.Stamp) {
	session := s.openings[ev.Safe]
	if session == nil {
		return
	}
	session.Evolve(at, ev.Session, ev.Safe, ev.Step)
	s.evolveSpans(session, ev.Step)
	s.evolveKeys(session, ev.Step)
	if ev.Step.What == threelock.StepStated {
		s.sessions++
	}
	if ev.Step.What == threelock.StepEnded && ev.Step.Why != threelock.WhyClosed && ev.Step.Why != threelock.WhyUnconfirmed && ev.Step.Why != threelock.WhyKeysChanged {
		s.failed[ev.Safe] = at
	}
	due, waits := session.Due(s.timingOf(ev.Safe))
	if key := (errand{errandOpening, string(ev.Safe)}); waits {
		s.agenda.at(key, due)
	} else {
		s.agenda.off(key)
	}
	policy, key := s.site.Policy, errand{errandSafeOpen, string(ev.Safe)}
	switch {
	case ev.Step.What == threelock.StepOpened:
		s.agenda.at(key, at.Mono+policy.SafeOpenMax)
	case ev.Step.What == threelock.StepLocked, ev.Step.What == threelock.StepEnded && (ev.Step.Why == threelock.WhyClosed || ev.Step.Why == threelock.WhyUnconfirmed):
		s.agenda.off(key)
	case ev.Step.What == threelock.StepShut, ev.Step.What == threelock.StepEnded:
		s.agenda.at(key, at.Mono+policy.LockAnswerTime)
	}
}

func copyOf(s *threelock.Session) threelock.Session {
	c := *s
	c.Present, c.Documents = slices.Clone(s.Present), slices.Clone(s.Documents)
	return c
}

// sortedKeys returns a map's keys in order: decisions never follow the order of a map.
func sortedKeys[K ~string, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}

// OpeningStep is one step of a three-party opening (SAF-1, SAF-2).
type OpeningStep struct {
	Safe    fact.SafeID    `json:"safe"`
	Session string         `json:"session"`
	Step    threelock.Step `json:"step"`
}

// Kind names the event in the record.
func (OpeningStep) Kind() string { return "opening-step" }

var openingEvents = []func() Event{blank[OpeningStep]}

// StateOpening states why a safe is to be opened (SAF-2).
type StateOpening struct {
	Safe      fact.SafeID       `json:"safe"`
	Purpose   threelock.Purpose `json:"purpose"`
	Documents []DocumentID      `json:"documents,omitempty"`
}

// CancelOpening takes the statement back while no lock has been told to open.
type CancelOpening struct {
	Safe fact.SafeID `json:"safe"`
}

// The verbs of acts; they stand in the record and never change.
func (StateOpening) Verb() string  { return "state-opening" }
func (CancelOpening) Verb() string { return "cancel-opening" }

func (a StateOpening) carryOut(d *decision) Outcome  { return d.stateOpening(a) }
func (a CancelOpening) carryOut(d *decision) Outcome { return d.cancelOpening(a) }

var openingActs = []actKind{
	act[StateOpening]("登记开启事由", "state an opening"),
	act[CancelOpening]("取消开启", "cancel an opening"),
}

func (d *decision) stateOpening(a StateOpening) Outcome {
	safe, ok := d.site.Safes[a.Safe]
	subject := string(a.Safe)
	switch {
	case !ok:
		return refuse("unknown-safe", RuleSafePurpose, subject, fact.Text{ZH: "没有保险柜“%[1]s”。", EN: "There is no safe %[1]q."}.Fill(subject))
	case !a.Purpose.Valid() || len(a.Documents) > MaxDocumentsNamed:
		return refuse("bad-purpose", RuleSafePurpose, subject, fact.Text{ZH: "事由应为：取出、存入、检查或清点，并列出文件。", EN: "The purpose is one of documents-out, documents-in, inspection, inventory, with the documents named."})
	case d.openings[a.Safe].Active():
		return refuse("opening-under-way", RuleSafePurpose, subject, fact.Text{ZH: "已有开启在进行中，先完成或取消。", EN: "An opening is under way; finish or cancel it first."})
	}
	if o, ok := d.mayOpenNow(safe); !ok {
		return o
	}
	var names []string
	for _, doc := range a.Documents {
		if d.documents[doc] == nil {
			return refuse("unknown-document", RuleSafePurpose, subject, fact.Text{ZH: "登记簿中没有 %[1]s。", EN: "The register has no %[1]s."}.Fill(string(doc)))
		}
		names = append(names, string(doc))
	}
	id := fmt.Sprintf("S-%06d", d.sessions+1)
	step := threelock.State(d.in.Actor, a.Purpose, names, safe.Locks)
	step.Own = !safe.Plain && d.demandsOwn(safe.ID, safe.Locks)
	d.emit(subject, &OpeningStep{Safe: a.Safe, Session: id, Step: step})
	return granted(id)
}

func (d *decision) cancelOpening(a CancelOpening) Outcome {
	session := d.openings[a.Safe]
	if session == nil || !session.Before() {
		return refuse("nothing-to-cancel", RuleSafePurpose, string(a.Safe), fact.Text{ZH: "没有可取消的开启。", EN: "There is no opening to cancel."})
	}
	d.opening(a.Safe, func(s *threelock.Session) ([]threelock.Step, threelock.Command) {
		return s.Cancel(d.in.Actor, threelock.WhyCancelled)
	})
	return granted(session.ID)
}
