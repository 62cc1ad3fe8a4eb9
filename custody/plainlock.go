package custody

import (
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// Plain locks are the MQTT locks that a site owned already. They verify nothing and have
// no timer of ours, so whatever unlocks one here also says when it is locked again, in
// the record: a restart forgets neither.
//
//	door     badge or exit button ──► unlock ── strike time, or the door shut ──► lock
//	cabinet  hand-over opened ──────► unlock ── hand-over ended ────────────────► lock
//	safe     three parties ─────────► unlock ── door shut, or nobody opened it ─► lock
//
// A lock told to lock that does not report it in time is an alert, and so is a cabinet's
// that is unlocked without a hand-over. At a door it is not: people get out by hand.

// Why a plain lock is told, for the record.
const (
	toldBadge       = "badge"
	toldExit        = "exit-button"
	toldHandOver    = "hand-over"
	toldHandOverEnd = "hand-over-ended"
	toldTimeOver    = "time-over"
	toldDoorShut    = "door-shut"
	toldNoHandOver  = "no-hand-over"
	toldNotLocked   = "not-reported-locked"
)

// toldLock is what a plain lock of a door or a cabinet was last told.
type toldLock struct {
	unlock bool
	at     fact.Stamp
	ever   bool
	unsure bool // it has to be locked, and has not reported it
	owed   bool // a door's bolt was drawn, by a grant or by hand, and must be told to lock
}

// safeDoor is the contact of a safe under plain locks.
type safeDoor struct{ known, open bool }

// lockUse says what a plain lock of a door or a cabinet belongs to.
type lockUse struct {
	lock fact.DeviceID
	door fact.DoorID // empty at a cabinet
	name fact.Text
	hold time.Duration // of a door
}

// useOfLock finds the door or the cabinet of a plain lock.
func (s Site) useOfLock(id fact.DeviceID) (lockUse, bool) {
	if id == "" {
		return lockUse{}, false
	}
	for _, d := range s.Doors {
		if d.Lock == id {
			return lockUse{lock: id, door: d.ID, name: s.doorName(d), hold: d.LockFor}, true
		}
	}
	for _, p := range s.Places {
		if p.Lock == id {
			return lockUse{lock: id, name: p.Name}, true
		}
	}
	return lockUse{}, false
}

// absent says in one word why a lock takes no command; empty when it does.
func (s *State) absent(lock fact.DeviceID) string {
	status := s.devices[lock]
	switch {
	case status == nil || status.State == fact.DeviceUnknown:
		return "not-reported"
	case status.State == fact.DeviceDown:
		return status.Code
	}
	return ""
}

// turn tells one plain lock to unlock or to lock. One that is not there is told nothing,
// and the record says that.
func (d *decision) turn(lock fact.DeviceID, unlock bool, hold time.Duration, reason string) {
	why := d.absent(lock)
	d.emit(string(lock), &LockTold{Lock: lock, Unlock: unlock, Hold: hold, Reason: reason, Absent: why})
	if why == "" {
		d.effect(TurnLocks{Locks: []fact.DeviceID{lock}, Unlock: unlock, Reason: reason})
	}
}

func (ev *LockTold) evolve(s *State, at fact.Stamp) {
	if _, used := s.site.useOfLock(ev.Lock); !used || ev.Unlock && ev.Absent != "" {
		return // a lock that the configuration no longer has, or one that was not unlocked
	}
	s.told[ev.Lock] = toldLock{unlock: ev.Unlock, at: at, ever: true, owed: ev.Unlock && ev.Hold > 0}
	s.agenda.off(errand{errandLockAgain, string(ev.Lock)})
	s.agenda.off(errand{errandLockCheck, string(ev.Lock)})
	switch {
	case ev.Unlock:
		s.owe(at, ev.Lock, ev.Hold)
	case s.locks[ev.Lock].Bolt != fact.BoltLocked:
		s.watchLocking(ev.Lock, at.Mono+s.site.Policy.LockAnswerTime)
	}
}

// watchLocking looks at a lock at a time of the site, unless it reports before that it is locked.
func (s *State) watchLocking(lock fact.DeviceID, when time.Duration) {
	told := s.told[lock]
	told.unsure = true
	s.told[lock] = told
	s.agenda.at(errand{errandLockCheck, string(lock)}, when)
}

// owe sets the time at which a door's lock is told to lock again. While the door stands
// open its bolt would meet nothing: then it is locked when the door is shut, and a door
// held open is an alert of its own.
func (s *State) owe(at fact.Stamp, lock fact.DeviceID, hold time.Duration) {
	use, _ := s.site.useOfLock(lock)
	door := s.doors[use.door]
	if door != nil && s.told[lock].owed && !(door.known && door.open) {
		s.agenda.at(errand{errandLockAgain, string(lock)}, at.Mono+hold)
	}
}

// doorOpened puts the locking of a door off until it is shut.
func (s *State) doorOpened(id fact.DoorID) {
	if lock := s.site.Doors[id].Lock; lock != "" {
		s.agenda.off(errand{errandLockAgain, string(lock)})
	}
}

// evolveLock keeps what a lock reported. A door that was unlocked by hand is locked again
// after the time that a grant would have given.
func (ev *LockChanged) evolve(s *State, at fact.Stamp) {
	now := *ev
	if was := s.locks[now.Lock]; was.place().after(now.place()) {
		now.Boot, now.Counter = was.Boot, was.Counter
	}
	s.locks[now.Lock] = now
	s.endSpan(now)
	use, used := s.site.useOfLock(ev.Lock)
	told := s.told[ev.Lock]
	switch {
	case !used || told.unlock:
	case ev.Bolt == fact.BoltLocked:
		told.owed, told.unsure = false, false
		s.told[ev.Lock] = told
		s.agenda.off(errand{errandLockAgain, string(ev.Lock)})
		s.agenda.off(errand{errandLockCheck, string(ev.Lock)})
	case use.door != "" && ev.Bolt == fact.BoltUnlocked:
		told.owed = true
		s.told[ev.Lock] = told
		s.owe(at, ev.Lock, use.hold)
	case ev.Bolt == fact.BoltUnlocked || ev.Bolt == fact.BoltJammed:
		s.watchLocking(ev.Lock, at.Mono+s.site.Policy.LockAnswerTime)
	}
}

// lockWatchAgain takes up, after a start, what was under way with a lock: one that was
// being locked gets its time to report anew, and one that is owed is locked in the time
// of a grant, whatever its door does: the contact has not reported yet.
func (s *State) lockWatchAgain(at fact.Stamp, lock fact.DeviceID) {
	if s.told[lock].unsure {
		s.watchLocking(lock, at.Mono+s.site.Policy.DeviceDownAfter+s.site.Policy.LockAnswerTime)
	}
	use, _ := s.site.useOfLock(lock)
	s.owe(at, lock, use.hold)
}

// letThrough opens a door for somebody who may pass: its strike, its plain lock, or both.
func (d *decision) letThrough(door Door, reason string) {
	if door.Strike.Device != "" {
		d.effect(Release{Output: door.Strike})
	}
	if door.Lock != "" {
		d.turn(door.Lock, true, door.LockFor, reason)
	}
}

// shutOut reports whether nobody can be let in at a door: its only lock is not there.
// People inside need no lock to get out.
func (d *decision) shutOut(door Door) bool {
	return door.Lock != "" && door.Strike.Device == "" && d.absent(door.Lock) != ""
}

// doorShut locks a plain lock as soon as its door is shut.
func (d *decision) doorShut(door Door) {
	if door.Lock != "" && d.told[door.Lock].owed {
		d.turn(door.Lock, false, 0, toldDoorShut)
	}
}

// lockAgain locks a door whose time is over.
func (d *decision) lockAgain(id fact.DeviceID) {
	if use, used := d.site.useOfLock(id); used && use.door != "" {
		d.turn(id, false, 0, toldTimeOver)
	}
}

// turnCabinets unlocks or locks every cabinet that hands over at a reader.
func (d *decision) turnCabinets(reader fact.DeviceID, unlock bool, reason string) {
	for _, id := range d.site.cabinetsOfReader(reader) {
		if lock := d.site.Places[id].Lock; lock != "" {
			d.turn(lock, unlock, 0, reason)
		}
	}
}

// plainLockState takes what the plain lock of a door or a cabinet reported.
func (d *decision) plainLockState(f fact.LockState) {
	use, used := d.site.useOfLock(f.Lock)
	if !used || !d.lockChanged(f) {
		return
	}
	told := d.told[f.Lock]
	// A bolt that was told to lock may still be on its way; errandLockCheck looks again.
	onItsWay := told.ever && d.in.At.Sub(told.at) < d.site.Policy.LockAnswerTime
	switch {
	case f.Bolt == fact.BoltLocked:
		d.end(alerts.NotLocked, string(f.Lock))
	case f.Bolt != fact.BoltUnlocked || told.unlock || onItsWay || use.door != "":
	default:
		d.notLockedAlert(use, fact.Text{ZH: "没有交接而被打开", EN: "unlocked without a hand-over"})
		d.turn(f.Lock, false, 0, toldNoHandOver)
	}
}

func (d *decision) notLockedAlert(use lockUse, why fact.Text) {
	d.raise(alerts.NotLocked, string(use.lock), use.name, d.site.deviceName(use.lock), why)
}

// lockCheck looks whether a lock that was told to lock has reported it. One that has not
// is told once more: the first command may have been lost on the way.
func (d *decision) lockCheck(id fact.DeviceID) {
	use, used := d.site.useOfLock(id)
	if !used || d.told[id].unlock || d.locks[id].Bolt == fact.BoltLocked {
		return
	}
	if _, said := d.alerts.Standing(alerts.NotLocked, string(id)); said {
		return
	}
	d.notLockedAlert(use, fact.Text{ZH: "应已锁好而未报告上锁（" + boltWord(d.locks[id].Bolt) + "）", EN: "told to lock and not reported locked (" + boltWord(d.locks[id].Bolt) + ")"})
	d.turn(id, false, 0, toldNotLocked)
}

// tellSafe passes an opening's command to the locks of a safe. Signed locks get it as it
// is. Plain ones have no challenges: with the third party they are unlocked, if all three
// are there and locked, and the record says that nothing was verified.
func (d *decision) tellSafe(safe Safe, command threelock.Command, reason string) {
	session := d.openings[safe.ID]
	if !safe.Plain {
		list, _ := d.listNamed(safe.ID, session.Trust)
		d.effect(TellLocks{Command: command, Opening: copyOf(session), List: list.KeyList, Lifetime: d.timingOf(safe.ID).UnlockedTime, Reason: reason})
		return
	}
	switch command {
	case threelock.AskChallenge:
		d.opening(safe.ID, (*threelock.Session).AuthorisePlain)
	case threelock.Authorise:
		if lock, code := d.unfit(safe); lock != "" {
			d.opening(safe.ID, func(s *threelock.Session) ([]threelock.Step, threelock.Command) { return s.Answered(lock, false, code) })
			return
		}
		d.effect(TurnLocks{Locks: safe.Locks[:], Unlock: true, Session: session.ID, Reason: string(threelock.Authorise)})
	case threelock.Relock:
		d.lockSafe(safe, reason)
	case threelock.None:
	}
}

// lockSafe locks all three plain locks of a safe.
func (d *decision) lockSafe(safe Safe, reason string) {
	d.effect(TurnLocks{Locks: safe.Locks[:], Session: d.openings[safe.ID].ID, Reason: reason})
}

// unfit finds a lock of a safe that cannot be opened properly: absent, or not known to be locked.
func (d *decision) unfit(safe Safe) (fact.DeviceID, string) {
	for _, lock := range safe.Locks {
		if code := d.absent(lock); code != "" {
			return lock, clip(code)
		}
		if bolt := d.locks[lock].Bolt; bolt != fact.BoltLocked {
			return lock, "bolt-" + boltWord(bolt)
		}
	}
	return "", ""
}

// plainAnswer takes a bolt's report for the answer that a signed lock would have given.
func (d *decision) plainAnswer(safe Safe, f fact.LockState) {
	if !safe.Plain || f.Bolt != fact.BoltUnlocked && f.Bolt != fact.BoltJammed {
		return
	}
	accepted, code := f.Bolt == fact.BoltUnlocked, ""
	if !accepted {
		code = "bolt-" + boltWord(f.Bolt)
	}
	d.opening(safe.ID, func(s *threelock.Session) ([]threelock.Step, threelock.Command) {
		return s.Answered(f.Lock, accepted, code)
	})
}

// lockGone ends an opening one of whose plain locks can no longer be reached.
func (d *decision) lockGone(id fact.DeviceID, code string) {
	safe, ok := d.site.safeOfLock(id)
	if !ok || !safe.Plain {
		return
	}
	d.opening(safe.ID, func(s *threelock.Session) ([]threelock.Step, threelock.Command) { return s.Lost(id, clip(code)) })
}

// safeContact settles the contact of a safe under plain locks. One that is cut or shorted
// counts as open: nobody can say that the door is shut.
func (d *decision) safeContact(safe Safe, state fact.InputState) {
	was, open := d.safeDoors[safe.ID], state != fact.InputInactive
	if state == fact.InputUnknown || was.known && was.open == open {
		return
	}
	d.emit(string(safe.ID), &SafeDoorChanged{Safe: safe.ID, Open: open})
	d.lockNews(safe)
	d.roomNews()
}

// contactOpen reports whether the contact of a safe says that its door is open. Before it
// has reported, a door that a session left open is still open.
func (s *State) contactOpen(safe Safe) bool {
	door := s.safeDoors[safe.ID]
	if safe.Plain && !door.known {
		return s.openings[safe.ID].Phase == threelock.Open
	}
	return door.open
}

// timingOf is timing for one safe. Signed locks lock themselves when their time is over,
// and the session waits for them to say so; plain ones have to be told at that instant.
func (s *State) timingOf(id fact.SafeID) threelock.Timing {
	t := s.timing()
	if session := s.openings[id]; session != nil && session.Own { // the signing takes of the request's life
		t.UnlockedTime = MaxUnlockedTime
	}
	if s.site.Safes[id].Plain {
		t.UnlockedTime = max(t.UnlockedTime-t.LockAnswer, 0)
	}
	return t
}

// LockTold: the plain lock of a door or a cabinet was told to unlock or to lock, and why.
type LockTold struct {
	Lock   fact.DeviceID `json:"lock"`
	Unlock bool          `json:"unlock"`
	Hold   time.Duration `json:"hold_ns,omitempty"` // until it is told to lock again; 0: until something ends
	Reason string        `json:"reason"`
	// Absent says why it was not told after all: it is not there.
	Absent string `json:"absent,omitempty"`
}

// SafeDoorChanged is the door contact of a safe under plain locks.
type SafeDoorChanged struct {
	Safe fact.SafeID `json:"safe"`
	Open bool        `json:"open"`
}

// The kinds of events; they stand in the record and never change.
func (LockTold) Kind() string        { return "lock-told" }
func (SafeDoorChanged) Kind() string { return "safe-door-changed" }

var plainLockEvents = []func() Event{blank[LockTold], blank[SafeDoorChanged]}

func (ev *SafeDoorChanged) evolve(s *State, _ fact.Stamp) {
	s.safeDoors[ev.Safe] = safeDoor{known: true, open: ev.Open}
}
