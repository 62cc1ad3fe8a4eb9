package custody

import (
	"slices"

	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// lockPlace is a report's place in its lock's own order: how often the lock had started,
// and what it had reported since. Both are signed.
type lockPlace struct{ boot, counter uint64 }

func (a lockPlace) after(b lockPlace) bool {
	return a.boot > b.boot || a.boot == b.boot && a.counter > b.counter
}

func (l LockChanged) place() lockPlace { return lockPlace{l.Boot, l.Counter} }

// lockSpan is what one opening covers of a lock's reports: from the challenge that was
// authorised to the first word, after it was over, that the bolt is locked.
type lockSpan struct {
	session string
	from    lockPlace
	until   lockPlace // zero while it lasts
}

func (p lockSpan) covers(at lockPlace) bool {
	return at.after(p.from) && (p.until == lockPlace{} || !at.after(p.until))
}

// overtaken settles a report that younger ones overtook. Where its place in the lock's own
// order says that it belongs to an opening that is over, its door and its bolt are history:
// they go into the record, and what is known stays. A report from after the opening, or from
// before it, is nobody's, however late it comes: it is judged like any other (SAF-4).
func (d *decision) overtaken(safe Safe, f fact.LockState) fact.LockState {
	at, now := lockPlace{f.Boot, f.Counter}, d.locks[f.Lock]
	f.Overtaken = f.Overtaken || now.place().after(at) && at != lockPlace{}
	if !f.Overtaken {
		return f
	}
	session := d.openings[safe.ID]
	for _, span := range d.spans[f.Lock] {
		if span.covers(at) && !(session.ID == span.session && session.MayBeOpen()) {
			d.emit(string(f.Lock), &LockOvertaken{Lock: f.Lock, Session: span.session, Bolt: f.Bolt, Door: f.Door, Reason: clip(f.Reason), Boot: f.Boot, Counter: f.Counter})
			f.Bolt, f.Door = now.Bolt, now.Door
			break
		}
	}
	return f
}

// evolveSpans begins the spans of an opening when its locks are told to open, and ends
// those whose bolts are reported locked when it is over.
func (s *State) evolveSpans(session *threelock.Session, step threelock.Step) {
	switch step.What {
	case threelock.StepChallenged:
		if (lockPlace{step.Boot, step.Counter}) != (lockPlace{}) {
			s.asked[step.Lock] = lockPlace{step.Boot, step.Counter}
		}
	case threelock.StepAuthorised:
		if session.Purpose == threelock.KeyChange { // it draws no bolt
			clear(s.asked)
			return
		}
		for _, lock := range session.Locks {
			if from, asked := s.asked[lock]; asked {
				kept := s.spans[lock]
				kept = slices.Clone(kept[max(0, len(kept)-SpansKept+1):])
				s.spans[lock] = append(kept, lockSpan{session: session.ID, from: from})
			}
			delete(s.asked, lock)
		}
	case threelock.StepLocked, threelock.StepEnded:
		for _, lock := range session.Locks {
			s.endSpan(s.locks[lock])
		}
	}
}

// endsSpan reports whether a lock's word, though nothing changed, is the one that ends the
// span of an opening that is over.
func (s *State) endsSpan(ev LockChanged) bool {
	spans := s.spans[ev.Lock]
	if len(spans) == 0 || ev.Bolt != fact.BoltLocked || ev.Door == fact.InputActive {
		return false
	}
	last := spans[len(spans)-1]
	safe, _ := s.site.safeOfLock(ev.Lock)
	session := s.openings[safe.ID]
	return session != nil && last.until == lockPlace{} && ev.place().after(last.from) && !(session.ID == last.session && session.MayBeOpen())
}

func (s *State) endSpan(ev LockChanged) {
	if s.endsSpan(ev) {
		spans := slices.Clone(s.spans[ev.Lock])
		spans[len(spans)-1].until = ev.place()
		s.spans[ev.Lock] = spans
	}
}

// LockOvertaken is a report that came when the opening that it belongs to was over.
type LockOvertaken struct {
	Lock    fact.DeviceID   `json:"lock"`
	Session string          `json:"session"`
	Bolt    fact.BoltState  `json:"bolt"`
	Door    fact.InputState `json:"door"`
	Reason  string          `json:"reason,omitempty"`
	Boot    uint64          `json:"boot"`
	Counter uint64          `json:"counter"`
}

// Kind names the event in the record.
func (LockOvertaken) Kind() string { return "lock-overtaken" }

func (*LockOvertaken) evolve(*State, fact.Stamp) {}
