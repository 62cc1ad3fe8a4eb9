package openingsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/custody/threelock"
	"trilock/firmware-protocols/lockwire"
)

// driver is devices/lock without MQTT and goroutines: the same rules about what is sent,
// what is believed and what is reported, in the same order, on virtual time. The real
// driver is run by TestRealDriver.
type driver struct {
	d     *daemon
	key   []byte
	names map[lockwire.SessionID]string
	peers [3]*peer
	// latest is the session that was asked for last (of planted bugs).
	latest  lockwire.SessionID
	waiting []func() // of flawQueues
}

// place is a message's place in its lock's own order.
type place struct{ boot, counter uint64 }

func (a place) after(b place) bool {
	return a.boot > b.boot || a.boot == b.boot && a.counter > b.counter
}

// peer is what the driver knows of one lock.
type peer struct {
	present, gone, fresh bool
	nonce                lockwire.Nonce
	probedAt, since      time.Duration
	heard                time.Duration
	everHeard            bool
	liveMark, top        place
	events               map[place]bool
	newest               place // of the State in last
	last                 lockwire.State
	up, down             bool
	saidBolt             fact.BoltState
}

func newDriver(d *daemon) *driver {
	r := &driver{d: d, key: make([]byte, 16), names: map[lockwire.SessionID]string{}}
	nonce := d.w.nonce()
	copy(r.key, nonce[:])
	for i := range r.peers {
		r.peers[i] = &peer{events: map[place]bool{}}
	}
	return r
}

func (r *driver) id(name string) lockwire.SessionID {
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(name))
	id := lockwire.SessionID(mac.Sum(nil)[:16])
	r.names[id] = name
	return id
}

func (r *driver) name(id lockwire.SessionID) string {
	if name, known := r.names[id]; known {
		return name
	}
	if r.d.w.flaw == flawMixesSessions {
		return r.names[r.latest]
	}
	return id.String()
}

// connected begins a connection; what the broker kept comes first.
func (r *driver) connected() {
	b := r.d.w.broker
	for _, p := range r.peers {
		p.forget(r.d.w.now)
	}
	for i, online := range b.online {
		if online != "" {
			r.take(message{lock: i, role: lockwire.RolePresence, text: online, retained: true})
		}
	}
	kept := b.kept
	b.kept = nil
	for _, m := range kept {
		r.d.input(func() { r.take(m) })
	}
	if r.d.w.flaw == flawResends {
		for _, m := range r.d.w.lastAuthorise {
			r.send(m)
		}
	}
}

func (p *peer) forget(now time.Duration) {
	p.present, p.gone, p.fresh, p.nonce, p.probedAt, p.since = false, false, false, lockwire.Nonce{}, -time.Minute, now
}

// lost says that nothing is known of any lock.
func (r *driver) lost() {
	for i, p := range r.peers {
		p.forget(r.d.w.now)
		r.reportDown(i, "broker-lost")
		r.forgetBolt(i, "broker-lost")
	}
}

func (r *driver) reportDown(i int, code string) {
	p := r.peers[i]
	if p.down {
		return
	}
	p.up, p.down = false, true
	r.d.feed(fact.DeviceReport{Device: deviceOf(i), State: fact.DeviceDown, Code: code})
	r.forgetBolt(i, code)
}

func (r *driver) forgetBolt(i int, why string) {
	if r.peers[i].saidBolt == fact.BoltUnknown || r.d.w.flaw == flawNeverUnknown {
		return
	}
	r.peers[i].saidBolt = fact.BoltUnknown
	r.d.feed(fact.LockState{Lock: deviceOf(i), Reason: why, BatteryPercent: -1})
}

func deviceOf(i int) fact.DeviceID { return fact.DeviceID(lockNames[i]) }

// take takes a message of the broker.
func (r *driver) take(m message) {
	p, now := r.peers[m.lock], r.d.w.now
	switch m.role {
	case lockwire.RolePresence:
		p.forget(now)
		p.present, p.gone = m.text == lockwire.PresenceOnline, m.text == lockwire.PresenceOffline
		if p.present {
			for _, do := range r.waiting {
				do()
			}
			r.waiting = nil
		}
	case lockwire.RoleEvent:
		if m.retained && r.d.w.flaw != flawTakesRetained {
			return
		}
		if e, okay := r.open(m); okay {
			r.d.w.truth.delivered(m.lock, e)
			r.event(m, e)
		}
	case lockwire.RoleCommand:
	}
	r.probe(m.lock)
	r.status(m.lock)
}

// open verifies an event. What nobody has touched needs no looking at, except in the
// seeds that take nothing on trust.
func (r *driver) open(m message) (lockwire.Event, bool) {
	if m.event != nil && !m.touched && !(r.d.w.strict && m.qos == 1) {
		return m.event, true
	}
	raw := m.bytes(r.d.w)
	e, err := lockwire.OpenEvent(keys().locks[m.lock].Key(), lockNames[m.lock], raw)
	for i := range lockNames {
		if err != nil && r.d.w.flaw == flawEventOfOther {
			e, err = lockwire.OpenEvent(keys().locks[i].Key(), lockNames[i], raw)
		}
	}
	if err != nil && r.d.w.flaw == flawEventUnsigned {
		v, bad := parseCBOR(raw, lax{})
		if bad != nil || len(v.items) != 4 {
			return nil, false
		}
		any, bad := lockwire.DecodePayload(lockwire.RoleEvent, v.items[2].raw)
		if bad != nil {
			return nil, false
		}
		e, err = any.(lockwire.Event), nil
	}
	if err != nil {
		return nil, false
	}
	r.d.w.truth.believed(m, raw)
	return e, true
}

// event reports a verified event once, and in its place.
func (r *driver) event(m message, e lockwire.Event) {
	p, w := r.peers[m.lock], r.d.w
	_, boot, counter := e.From()
	at := place{boot, counter}
	youngest := at.after(p.liveMark) && at.after(p.top)
	switch {
	case e.Live() && !at.after(p.liveMark) && w.flaw != flawStaleStates:
		return
	case !e.Live() && p.events[at] && w.flaw != flawRepeats:
		return
	case e.Live():
		p.liveMark = at
	default:
		if p.events[at] {
			w.truth.repeated(m.lock)
		}
		p.events[at] = true
		if at.after(p.top) {
			p.top = at
		}
	}
	state, isState := e.(lockwire.State)
	if youngest {
		p.heard, p.everHeard = w.now, true
		w.truth.heardFrom(m.lock)
		if e.Live() {
			p.present, p.gone = true, false
		}
	}
	if isState && p.nonce != (lockwire.Nonce{}) && state.Echo == p.nonce {
		p.fresh = true
	}
	r.status(m.lock)
	switch e := e.(type) {
	case lockwire.Challenge:
		r.d.feed(fact.LockChallenge{Lock: deviceOf(m.lock), Session: r.name(e.Session), Challenge: m.bytes(w), Boot: boot, Counter: counter})
	case lockwire.Result:
		r.d.feed(fact.LockResult{Lock: deviceOf(m.lock), Session: r.name(e.Session), Accepted: e.Accepted, Code: string(e.Code)})
	case lockwire.State:
		r.state(m.lock, e, at)
	}
}

// state reports a State, and after one that was overtaken the newest again.
func (r *driver) state(i int, s lockwire.State, at place) {
	p := r.peers[i]
	r.bolt(i, s, !at.after(p.newest) && r.d.w.flaw != flawStaleStates)
	if at.after(p.newest) || r.d.w.flaw == flawStaleStates {
		p.newest, p.last = at, s
		return
	}
	r.bolt(i, p.last, false)
}

func (r *driver) bolt(i int, s lockwire.State, overtaken bool) {
	doors := map[lockwire.Door]fact.InputState{lockwire.DoorOpen: fact.InputActive, lockwire.DoorClosed: fact.InputInactive}
	bolts := map[lockwire.Bolt]fact.BoltState{lockwire.BoltLocked: fact.BoltLocked, lockwire.BoltUnlocked: fact.BoltUnlocked, lockwire.BoltJammed: fact.BoltJammed}
	r.peers[i].saidBolt = bolts[s.Bolt]
	r.d.feed(fact.LockState{Lock: deviceOf(i), Bolt: bolts[s.Bolt], Door: doors[s.Door], Reason: s.Reason, BatteryPercent: -1, Motor: fact.MotorReady, Trust: r.d.w.trustName(),
		Boot: s.Boot, Counter: s.Counter, Overtaken: overtaken})
}

// look asks for what is missing and finds who is silent.
func (r *driver) look() {
	for i, p := range r.peers {
		if r.d.linked {
			r.probe(i)
			r.status(i)
		}
		if r.d.w.now-p.heard > silentAfter || !p.everHeard {
			r.forgetBolt(i, "lock-silent")
		}
	}
}

func (r *driver) probe(i int) {
	p, w := r.peers[i], r.d.w
	if !r.d.linked || p.gone || p.fresh || w.now-p.probedAt < time.Second {
		return
	}
	p.probedAt = w.now
	if p.nonce == (lockwire.Nonce{}) {
		p.nonce = w.nonce()
	}
	r.send(r.seal(i, lockwire.Probe{Nonce: p.nonce}))
}

// status reports whether a lock is up.
func (r *driver) status(i int) {
	p, w := r.peers[i], r.d.w
	quiet := w.now - p.heard
	if !p.everHeard {
		quiet = time.Hour
	}
	if !p.up {
		quiet = min(quiet, w.now-p.since)
	}
	switch {
	case p.gone:
		r.reportDown(i, "lock-offline")
	case p.present && p.fresh && quiet <= silentAfter:
		if !p.up {
			p.up, p.down = true, false
			r.d.feed(fact.DeviceReport{Device: deviceOf(i), State: fact.DeviceUp})
		}
	case quiet <= silentAfter:
	default:
		p.fresh = false
		r.reportDown(i, "lock-silent")
	}
}

// seal signs a command with the controller's key.
func (r *driver) seal(i int, c lockwire.Command) message {
	sealed, err := lockwire.Seal(keys().controller, lockNames[i], c)
	if err != nil {
		r.d.w.wrong("the driver cannot say %+v: %v", c, err)
	}
	r.d.w.truth.commands[string(sealed)] = i
	if v, err := parseCBOR(sealed, lax{}); err == nil {
		r.d.w.vouch("controller", toBeSigned(lockNames[i], "cmd", v.items[2].raw), v.items[3].raw)
	}
	return message{lock: i, role: lockwire.RoleCommand, payload: sealed, kind: c.Kind(), qos: 1, retained: r.d.w.flaw == flawPublishesRetained}
}

func (r *driver) send(m message) {
	r.d.w.truth.sent(m)
	if r.d.linked {
		r.d.w.broker.publish(fromDaemon, m)
	}
}

// targets are all three, or none when one is away.
func (r *driver) targets(again func()) []int {
	var there []int
	for i, p := range r.peers {
		if r.d.linked && p.present {
			there = append(there, i)
		}
	}
	switch {
	case len(there) == len(r.peers) || r.d.w.flaw == flawNotAll:
		return there
	case r.d.w.flaw == flawQueues:
		r.waiting = append(r.waiting, again)
	}
	return nil
}

func (r *driver) challenge(s threelock.Session) {
	r.latest = r.id(s.ID)
	for _, i := range r.targets(func() { r.challenge(s) }) {
		m := r.seal(i, lockwire.ChallengeRequest{Session: r.latest, Safe: safeName})
		m.session = s.ID
		r.send(m)
	}
}

func (r *driver) relock(session, reason string) {
	if !lockwire.ValidName(reason) {
		reason = "unspecified"
	}
	var told [3]bool
	for i, p := range r.peers {
		if r.d.linked && p.present && (i == 0 || r.d.w.flaw != flawRelocksOne) {
			r.send(r.seal(i, lockwire.Relock{Session: r.id(session), Reason: reason}))
			told[i] = true
		}
	}
	r.d.w.truth.relocked(told, r.peers)
}

// authorise builds the one request, has it approved, and sends it to all three.
func (r *driver) authorise(s threelock.Session, lifetime time.Duration) {
	w := r.d.w
	q, okay := r.request(s, lifetime)
	if !okay {
		return
	}
	raw, err := q.Encode()
	if err != nil {
		w.wrong("the driver cannot encode its request: %v", err)
		return
	}
	there := r.targets(func() { r.authorise(s, lifetime) })
	if len(there) == 0 {
		return
	}
	w.truth.authorised(s, q, raw, there)
	if w.attacker.courier() { // the daemon is his
		w.attacker.carry(s, q, raw)
		return
	}
	var approvals []lockwire.Approval
	if s.Own {
		approvals = r.signatures(s)
	} else {
		approvals = r.approvals(s, sha256.Sum256(raw))
	}
	w.lastAuthorise = nil
	for _, i := range there {
		m := r.seal(i, lockwire.Authorise{Request: raw, Approvals: approvals})
		m.session = s.ID
		w.lastAuthorise = append(w.lastAuthorise, m)
		r.send(m)
		if w.flaw == flawSendsTwice {
			r.send(m)
		}
	}
}

func (r *driver) request(s threelock.Session, lifetime time.Duration) (lockwire.Request, bool) {
	var challenges []lockwire.Challenge
	id := r.id(s.ID)
	for i, raw := range s.Challenges {
		e, err := lockwire.OpenEvent(keys().locks[i].Key(), lockNames[i], raw)
		c, isChallenge := e.(lockwire.Challenge)
		if r.d.w.flaw == flawMixesSessions {
			c.Session = id
		}
		if err == nil && isChallenge {
			challenges = append(challenges, c)
		}
	}
	if r.d.w.flaw == flawLongestLife {
		lifetime = lockwire.MaxLifetime
	}
	documents := slices.Clone(s.Documents)
	q, err := lockwire.NewRequest(safeName, id, string(s.Purpose), documents, challenges, lifetime)
	return q, err == nil
}

// approvals are the controller's for those who showed themselves, or their own.
func (r *driver) approvals(s threelock.Session, digest lockwire.Digest) []lockwire.Approval {
	approvals := []lockwire.Approval{}
	present := s.Present
	if r.d.w.flaw == flawApprovesByPost {
		present = []threelock.Presence{{Party: threelock.Archivist, Person: "p-archivist"}, {Party: threelock.GeneralOffice, Person: "p-office"}, {Party: threelock.Management, Person: "p-manager"}}
	}
	for _, p := range present {
		party, err := lockwire.ParseParty(string(p.Party))
		if err != nil {
			r.d.w.wrong("the core knows another party: %v", err)
			continue
		}
		form, signer := lockwire.ByController, keys().controller
		if r.d.w.partyKeys {
			if !r.d.w.truth.presses(string(p.Person)) {
				continue // nobody is there to press the key
			}
			form, signer = lockwire.ByPartyKey, keys().persons[string(p.Person)]
		}
		a, err := lockwire.Approve(signer, digest, party, string(p.Person), form)
		if err != nil {
			r.d.w.wrong("no approval: %v", err)
			continue
		}
		approvals = append(approvals, a)
		r.d.w.truth.approved(a, digest)
		if r.d.w.partyKeys {
			r.d.w.vouch(a.Person, approvalBytes(digest, consent{party: a.Party, person: a.Person, form: a.Form}), a.Signature)
		} else {
			r.d.w.vouch("controller", approvalBytes(digest, consent{party: a.Party, person: a.Person, form: a.Form}), a.Signature)
		}
	}
	return approvals
}
