package openingsim

import (
	"crypto/sha256"
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
	"trilock/firmware-protocols/lockwire"
)

// truth is the oracle. It knows who really stood where and what they did, what every
// honest end really signed, and where the bolts really are; it asks neither the core nor
// a lock whether something is right.
type truth struct {
	w *world

	commands, events map[string]int // sealed bytes -> the lock that they were made for, or by
	malformed        map[string]bool
	fromCourier      map[lockwire.Digest]bool

	inRoom    map[string]bool
	shows     map[string][]show // by session
	statement string            // the last that was accepted
	covers    map[lockwire.Digest]bool
	consents  map[consentOf]bool

	made     map[lockwire.Nonce]challengeOf
	latest   [3]outstanding
	quoted   map[lockwire.Nonce]int
	drawnFor [3]map[lockwire.Digest]bool
	holds    [3]time.Duration
	marks    [3]int
	relockAt [3]time.Duration

	phase     threelock.Phase
	ended     map[string]threelock.Why
	permitted map[string]bool // sessions whose authorisation is in the record
	toldOnce  map[string]bool
	sentOnce  map[string]bool
	owes      string // the session whose locks have to be told to lock
	belief    [3]fact.BoltState
	heard     [3]time.Duration
	// newestAt and newestBolt are of the newest State that reached this run of the daemon.
	newestAt   [3]place
	newestBolt [3]fact.BoltState
	introduced [3]place
	openings   int // bolts drawn
	alarms     int // SAF-4, raised or raised again
	alarm      map[alerts.ID]bool
	stated     int
}

type show struct {
	person  string
	at      time.Duration
	parties []lockwire.Party
}

// challengeOf is a challenge that a lock made.
type challengeOf struct {
	lock int
	outstanding
}

// consentOf is an approval that a person really gave.
type consentOf struct {
	person string
	party  lockwire.Party
	digest lockwire.Digest
}

func newTruth(w *world) *truth {
	t := &truth{w: w, commands: map[string]int{}, events: map[string]int{}, malformed: map[string]bool{}, fromCourier: map[lockwire.Digest]bool{},
		inRoom: map[string]bool{}, shows: map[string][]show{}, covers: map[lockwire.Digest]bool{}, consents: map[consentOf]bool{},
		made: map[lockwire.Nonce]challengeOf{}, quoted: map[lockwire.Nonce]int{},
		ended: map[string]threelock.Why{}, permitted: map[string]bool{}, toldOnce: map[string]bool{}, sentOnce: map[string]bool{}, alarm: map[alerts.ID]bool{}}
	for i := range t.drawnFor {
		t.drawnFor[i] = map[lockwire.Digest]bool{}
		t.relockAt[i] = -1
	}
	return t
}

// showed notes that a person who is in the room entered the right PIN after their badge.
func (t *truth) showed(person string) {
	if t.statement == "" || !t.inRoom[person] {
		return
	}
	t.shows[t.statement] = append(t.shows[t.statement], show{person, t.w.now, t.w.people.parties(person)})
}

// left notes that a person badged out: what they showed counts no more.
func (t *truth) left(person string) {
	t.inRoom[person] = false
	t.shows[t.statement] = slices.DeleteFunc(t.shows[t.statement], func(s show) bool { return s.person == person })
}

// forgetShows: after a start of the daemon an opening that was under way is void.
func (t *truth) forgetShows() { clear(t.shows) }

func (t *truth) restarted() {
	t.belief, t.owes, t.newestAt, t.introduced = [3]fact.BoltState{}, "", [3]place{}, [3]place{}
}

// presses reports whether a person is there to press their own key for what they showed
// themselves for.
func (t *truth) presses(person string) bool {
	return t.w.people.inside[person] && slices.ContainsFunc(t.shows[t.statement], func(s show) bool { return s.person == person })
}

// covered reports whether three persons of three parties, in the room, have shown
// themselves within the window, and again after the delay where the safe has one.
func (t *truth) covered(session string) bool {
	all := t.shows[session]
	for _, a := range all {
		for _, b := range all {
			for _, c := range all {
				if a.person == b.person || a.person == c.person || b.person == c.person || !assignable(a, b, c) {
					continue
				}
				first, last := min(a.at, b.at, c.at), max(a.at, b.at, c.at)
				if last-first > window || !t.inRoom[a.person] || !t.inRoom[b.person] || !t.inRoom[c.person] {
					continue
				}
				if t.w.careful {
					last = t.again(last+delayed, a, b, c)
				}
				if wait := t.signingTime(); last >= 0 && t.w.now-last <= lockAnswer+wait {
					return true
				}
			}
		}
	}
	return false
}

// signingTime is how long those who came may take to sign.
func (t *truth) signingTime() time.Duration {
	if t.w.signing {
		return custody.SigningTime
	}
	return 0
}

// again returns when the last of three persons showed themselves once more after an
// instant; -1 when not all did.
func (t *truth) again(from time.Duration, three ...show) time.Duration {
	last := time.Duration(-1)
	for _, one := range three {
		at := time.Duration(-1)
		for _, s := range t.shows[t.statement] {
			if s.person == one.person && s.at >= from {
				at = s.at
			}
		}
		if at < 0 {
			return -1
		}
		last = max(last, at)
	}
	return last
}

func assignable(a, b, c show) bool {
	for _, p := range a.parties {
		for _, q := range b.parties {
			for _, r := range c.parties {
				if p != q && p != r && q != r {
					return true
				}
			}
		}
	}
	return false
}

// authorised judges the request that the daemon is about to send.
func (t *truth) authorised(s threelock.Session, q lockwire.Request, raw []byte, there []int) {
	digest := lockwire.Digest(sha256.Sum256(raw))
	switch {
	case !t.covered(s.ID):
		t.w.wrong("the daemon authorises %s without three persons of three parties: %+v", s.ID, t.shows[s.ID])
	case len(there) != len(lockNames):
		t.w.wrong("the daemon authorises %s at %d locks", s.ID, len(there))
	case !s.Own && q.Lifetime() != unlocked || s.Own && q.Lifetime() != custody.MaxUnlockedTime:
		t.w.wrong("a request with a lifetime of %v, and the site says %v", q.Lifetime(), unlocked)
	case t.ended[s.ID] != "":
		t.w.wrong("the daemon authorises %s, which has ended: %s", s.ID, t.ended[s.ID])
	}
	t.covers[digest] = true
	for i, quote := range q.Locks {
		real, made := t.made[quote.Nonce]
		if !t.w.locks[i].owned && (!made || real.lock != i || real.session != q.Session || real.boot != quote.Boot || real.counter != quote.Counter) {
			t.w.wrong("the request of %s quotes a challenge that %s did not make for it", s.ID, quote.Lock)
		}
	}
}

// approved notes an approval that was given, and judges whether its person came for it.
func (t *truth) approved(a lockwire.Approval, digest lockwire.Digest) {
	if !slices.ContainsFunc(t.shows[t.statement], func(s show) bool { return s.person == a.Person && slices.Contains(s.parties, a.Party) }) {
		t.w.wrong("an approval in the name of %s for the %v, who did not come for it", a.Person, a.Party)
	}
	t.consents[consentOf{a.Person, a.Party, digest}] = true
}

// told judges what the core wants the locks to be told.
func (t *truth) told(e custody.TellLocks) {
	id := e.Opening.ID
	switch e.Command {
	case threelock.Relock:
		t.owes = ""
	case threelock.Authorise:
		if !t.permitted[id] || t.ended[id] != "" || t.toldOnce[id] {
			t.w.wrong("locks are told to open for %s: in the record %v, ended %q, told before %v", id, t.permitted[id], t.ended[id], t.toldOnce[id])
		}
		t.toldOnce[id] = true
	case threelock.AskChallenge, threelock.None:
	}
}

// settled is called when everything that was decided has been carried out.
func (t *truth) settled() {
	if t.owes != "" {
		t.w.wrong("%s ended, and its locks were not told to lock", t.owes)
	}
}

// sent judges a command that leaves the daemon.
func (t *truth) sent(m message) {
	if m.retained {
		t.w.wrong("the daemon retains a command to %s", lockNames[m.lock])
	}
	if m.session == "" {
		return
	}
	if t.sentOnce[string(m.payload)] && m.kind == lockwire.KindAuthorise {
		t.w.wrong("the daemon sends an authorisation of %s twice", m.session)
	}
	if t.ended[m.session] != "" {
		t.w.wrong("the daemon sends a command of %s, which has ended: %s", m.session, t.ended[m.session])
	}
	t.sentOnce[string(m.payload)] = true
}

// relocked checks that every lock that is there was told.
func (t *truth) relocked(told [3]bool, peers [3]*peer) {
	for i, p := range peers {
		if p.present && t.w.daemon.linked && !told[i] {
			t.w.wrong("%s is there and was not told to lock", lockNames[i])
		}
	}
}

// believed judges an event that the driver takes for a lock's own.
func (t *truth) believed(m message, raw []byte) {
	by, made := t.events[string(raw)]
	if !made || by != m.lock || m.retained {
		t.w.wrong("the driver believes an event of %s that it did not send", lockNames[m.lock])
	}
}

func (t *truth) repeated(i int) { t.w.wrong("the driver reports an event of %s twice", lockNames[i]) }

// delivered follows the States that reached the driver, to know the newest.
func (t *truth) delivered(i int, e lockwire.Event) {
	_, boot, counter := e.From()
	at := place{boot, counter}
	s, isState := e.(lockwire.State)
	switch {
	case !isState && e.Live():
		t.introduced[i] = at
	case isState && at.after(t.newestAt[i]) && (!e.Live() || at.after(t.introduced[i])):
		t.newestAt[i], t.newestBolt[i] = at, fact.BoltState(s.Bolt)
	}
}

func (t *truth) heardFrom(i int) { t.heard[i] = t.w.now }

// beliefs judges what the core holds to be true of the bolts.
func (t *truth) beliefs() {
	for i, b := range t.belief {
		if b != fact.BoltUnknown && t.newestAt[i] != (place{}) && b != t.newestBolt[i] {
			t.w.wrong("%s said that its bolt is %d, and an older word is believed: %d", lockNames[i], t.newestBolt[i], b)
		}
		if b != fact.BoltUnknown && t.w.now-t.heard[i] > silentAfter+2*time.Second {
			t.w.wrong("nothing was heard of %s for %v, and its bolt is held to be known", lockNames[i], t.w.now-t.heard[i])
		}
	}
}

// recorded follows the record.
func (t *truth) recorded(e custody.Entry) {
	if t.w.tell != nil {
		said, _ := custody.EncodeEvent(e.Event)
		t.w.note("record %d: %s %.300s", e.Seq, e.Event.Kind(), said)
	}
	switch ev := e.Event.(type) {
	case *custody.Started:
		t.belief = [3]fact.BoltState{}
	case *custody.LockChanged:
		t.belief[slices.Index(lockNames[:], string(ev.Lock))] = ev.Bolt
	case *custody.OpeningStep:
		t.step(ev.Session, ev.Step)
	case *custody.AlertChanged:
		t.alarmed(ev.Change)
	}
}

func (t *truth) alarmed(c alerts.Change) {
	if c.Reason == alerts.ReasonRaised {
		t.alarm[c.Alert] = c.Code == alerts.SafeNoSession
	}
	if t.alarm[c.Alert] && (c.Reason == alerts.ReasonRaised || c.Reason == alerts.ReasonRecurred) {
		t.alarms++
	}
}

func (t *truth) step(id string, s threelock.Step) {
	asked := t.phase == threelock.Challenging || t.phase == threelock.Unlocking || t.phase == threelock.Unlocked
	switch s.What {
	case threelock.StepStated:
		if _, again := t.ended[id]; again {
			t.w.wrong("two openings are called %s", id)
		}
		t.statement, t.phase, t.ended[id] = id, threelock.Stated, ""
		t.stated++
	case threelock.StepAuthorised:
		t.permitted[id], t.phase = true, threelock.Unlocking
	case threelock.StepShown, threelock.StepReconfirmed, threelock.StepDelayOver:
		t.phase = threelock.Gathering
	case threelock.StepChallenged:
		t.phase = threelock.Challenging
	case threelock.StepAsked:
		t.phase = threelock.Challenging
		t.w.people.asksToSign(id)
	case threelock.StepUnlocked:
		t.phase = threelock.Unlocked
	case threelock.StepOpened:
		t.phase = threelock.Open
	case threelock.StepShut:
		t.phase = threelock.Shutting
	case threelock.StepLocked:
		t.phase = threelock.Closing
		t.allLocked("is said to be locked")
	case threelock.StepEnded:
		t.end(id, s.Why, asked)
	}
}

func (t *truth) end(id string, why threelock.Why, asked bool) {
	t.phase, t.ended[id] = threelock.Ended, why
	if why == "" || why.Text().ZH == string(why) {
		t.w.wrong("%s ended without an explanation: %q", id, why)
	}
	switch why {
	case threelock.WhyClosed, threelock.WhyUnconfirmed:
		t.allLocked("is said to be closed")
	case threelock.WhyNotOpened:
		if t.belief != [3]fact.BoltState{fact.BoltLocked, fact.BoltLocked, fact.BoltLocked} {
			t.owes = id
		}
	default:
		if asked {
			t.owes = id
		}
	}
}

// allLocked wants every honest bolt where the core says it is.
func (t *truth) allLocked(said string) {
	for _, l := range t.w.locks {
		if !l.owned && l.bolt != lockwire.BoltLocked {
			t.w.wrong("the safe %s, and the bolt of %s is %v", said, l.id, l.bolt)
		}
	}
}

// issued judges a fresh challenge.
func (t *truth) issued(l *lock, c outstanding) {
	if _, before := t.made[c.nonce]; before {
		t.w.wrong("%s makes a nonce that was made before", l.id)
	}
	c.at = t.w.now
	t.made[c.nonce] = challengeOf{l.i, c}
	t.latest[l.i] = c
}

// judged sees what a lock makes of a message.
func (t *truth) judged(l *lock, m message, r ruling) {
	t.w.note("%s: %v %s, session %v", l.id, r.order, r.code, r.session)
	if r.request != nil {
		for _, q := range r.request.quotes {
			if q.Lock == l.id && q.Nonce == t.latest[l.i].nonce { // a bad lock may have lent it another place
				t.quoted[q.Nonce]++
			}
		}
	}
	if r.order == lockwire.OrderRefuse {
		return
	}
	by, made := t.commands[string(m.payload)]
	switch {
	case m.retained:
		t.w.wrong("%s acts on a retained message", l.id)
	case m.dup:
		t.w.wrong("%s acts on a message that is marked as a duplicate", l.id)
	case !made || by != l.i:
		t.w.wrong("%s acts (%v) on bytes that nobody who may command made for it", l.id, r.order)
	case t.malformed[string(m.payload)] && r.order != lockwire.OrderIntroduce: // it may say which versions it speaks
		t.w.wrong("%s acts (%v) on what is not lockwire", l.id, r.order)
	}
	if r.order == lockwire.OrderThrow {
		t.relockAt[l.i] = t.w.now
		t.mustLock(l, 2*time.Second)
	}
}

// drawn judges a lock that draws its bolt.
func (t *truth) drawn(l *lock, r ruling) {
	t.holds[l.i] = r.hold
	t.marks[l.i]++
	if l.owned {
		return
	}
	t.openings++
	c, q := t.latest[l.i], r.request
	var mine lockwire.Quote
	for _, quote := range q.quotes {
		if quote.Lock == l.id {
			mine = quote
		}
	}
	switch {
	case q.act != uint64(lockwire.ActOpen) || q.safe != safeName || q.session != c.session:
		t.w.wrong("%s opens for a request of act %d, safe %s, another session %v", l.id, q.act, q.safe, q.session != c.session)
	case mine.Nonce != c.nonce || mine.Boot != c.boot || mine.Counter != c.counter:
		t.w.wrong("%s opens for a request that does not quote its present challenge", l.id)
	case c.boot != l.boot || c.at < l.started:
		t.w.wrong("%s opens for a challenge from before its power went", l.id)
	case t.w.now-c.at > q.lifetime || q.lifetime > lockwire.MaxLifetime:
		t.w.wrong("%s opens %v after its challenge, for a request that lives %v", l.id, t.w.now-c.at, q.lifetime)
	case t.quoted[c.nonce] != 1:
		t.w.wrong("%s opens for a nonce that was quoted %d times", l.id, t.quoted[c.nonce])
	case t.relockAt[l.i] >= c.at:
		t.w.wrong("%s opens for a challenge from before it was told to lock", l.id)
	case t.drawnFor[l.i][q.digest]:
		t.w.wrong("%s opens twice for one request", l.id)
	case !t.covers[q.digest]:
		t.w.wrong("%s opens for a request that no three persons stand behind", l.id)
	}
	t.drawnFor[l.i][q.digest] = true
	t.approvedByThree(l, q)
}

func (t *truth) approvedByThree(l *lock, q *pledge) {
	persons, parties := map[string]bool{}, map[lockwire.Party]bool{}
	for _, a := range q.approvals {
		if t.consents[consentOf{a.person, a.party, q.digest}] {
			persons[a.person], parties[a.party] = true, true
		}
	}
	if len(persons) != 3 || len(parties) != 3 {
		t.w.wrong("%s opens with real approvals of %d persons of %d parties", l.id, len(persons), len(parties))
	}
}

// mustLock wants a drawn bolt behind a shut door to be thrown within a time.
func (t *truth) mustLock(l *lock, within time.Duration) {
	t.marks[l.i]++
	mark, epoch := t.marks[l.i], l.epoch
	if l.owned {
		return
	}
	t.w.after(within+motorTravel, func() {
		if t.marks[l.i] == mark && l.epoch == epoch && !t.w.doorOpen && l.bolt != lockwire.BoltLocked {
			t.w.wrong("the bolt of %s is %v, and should have been thrown by now", l.id, l.bolt)
		}
	})
}
