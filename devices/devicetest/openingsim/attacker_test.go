package openingsim

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"time"

	"trilock/custody/threelock"
	"trilock/firmware-protocols/lockwire"
)

// attacker owns the broker: hears everything, keeps, holds back, alters, replays. What
// else he holds is drawn for each seed.
type attacker struct {
	w      *world
	active bool
	// controller: he has the daemon's key, and with it the daemon when he wants to. Only
	// where persons approve with keys of their own: elsewhere that is the weaker form.
	controller bool
	stolen     []string // persons whose keys he has: never of three parties and three persons
	owns       int      // the lock that he owns, or -1
	patient    bool     // he waits for people to come and lets everything else be
	holding    float64  // how much he holds back

	siege      int           // the lock that he keeps to himself
	siegeUntil time.Duration // until when

	heard      []message // a ring
	commands   []message // authorisations, relocks and requests for challenges: worth keeping
	challenges map[lockwire.SessionID][3]*lockwire.Challenge
	oldRequest []byte // of an earlier opening, with its quotes
}

// thefts are sets of keys that never make three persons of three parties.
var thefts = [][]string{nil, {"p-archivist"}, {"p-manager"}, {"p-office"}, {"p-archivist", "p-manager"}, {"p-manager", "p-engineer", "p-archivist"}, {"p-dual", "p-manager"}, {"p-dual"}, {"p-office", "p-dual"}}

func newAttacker(w *world) *attacker {
	a := &attacker{w: w, owns: -1, active: w.chance(0.8), challenges: map[lockwire.SessionID][3]*lockwire.Challenge{}}
	if w.partyKeys {
		a.controller = w.chance(0.75)
		a.stolen = pick(&w.clock, thefts)
		a.patient = a.controller && w.chance(0.4)
	}
	if w.chance(0.2) {
		a.owns = w.dice.IntN(3)
	}
	if a.holding = pick(&w.clock, []float64{0, 0, 0.05, 0.15}); a.patient {
		a.holding = 0
	}
	return a
}

// sees keeps what passes.
func (a *attacker) sees(m *message) {
	if !a.active {
		return
	}
	if c, isChallenge := m.event.(lockwire.Challenge); isChallenge {
		three := a.challenges[c.Session]
		three[m.lock] = &c
		a.challenges[c.Session] = three
		if !a.patient && a.w.chance(0.02) { // a lock seems to go just when it is needed
			a.publish(message{lock: a.w.dice.IntN(3), role: lockwire.RolePresence, text: lockwire.PresenceOffline, qos: 1})
		}
	}
	ring := &a.heard
	if m.role == lockwire.RoleCommand && m.kind != lockwire.KindProbe {
		ring = &a.commands
	}
	if m.role == lockwire.RoleEvent && m.qos == 0 && !a.w.chance(0.05) {
		return
	}
	if len(*ring) == 24 {
		*ring = (*ring)[1:]
	}
	*ring = append(*ring, *m)
}

// stops holds a message back, for ever or for a while.
func (a *attacker) stops(m *message) bool {
	if a.active && !a.patient && m.role == lockwire.RoleCommand && a.besieges(m) {
		return true
	}
	if !a.active || m.role == lockwire.RolePresence || !a.w.chance(a.holding) {
		return false
	}
	if a.w.chance(0.6) {
		held, era := *m, a.w.era
		a.w.after(a.w.between(0, 70*time.Second), func() {
			if a.w.era == era {
				a.w.broker.deliver(held)
			}
		})
	}
	return true
}

// besieges keeps an authorisation from one lock, and everything else as well, until it is
// older than it may get.
func (a *attacker) besieges(m *message) bool {
	w := a.w
	switch {
	case w.now < a.siegeUntil:
		return m.lock == a.siege
	case m.kind != lockwire.KindAuthorise || !w.chance(0.06):
		return false
	}
	a.siege, a.siegeUntil = m.lock, w.now+w.between(20*time.Second, 45*time.Second)
	held, era := *m, w.era
	w.after(a.siegeUntil-w.now, func() {
		if w.era == era {
			w.broker.deliver(held)
		}
	})
	return true
}

// prowl goes on acting until the faults stop.
func (a *attacker) prowl() {
	era := a.w.era
	a.w.after(a.w.between(300*time.Millisecond, 6*time.Second), func() {
		if a.w.era != era || !a.active || a.patient {
			return
		}
		a.strike()
		a.prowl()
	})
}

func (a *attacker) publish(m message) {
	m.session, m.touched = "", true // what he repeats is not the daemon's sending
	a.w.broker.publish(fromAttacker, m)
}

// strike does one thing.
func (a *attacker) strike() {
	w := a.w
	switch n := w.dice.IntN(20); {
	case n < 5:
		a.replay(a.commands)
	case n < 6:
		a.replay(a.heard)
	case n < 9:
		a.alter()
	case n < 11:
		a.forge()
	case n < 12:
		i := w.dice.IntN(3)
		a.publish(message{lock: i, role: lockwire.RolePresence, text: pick(&w.clock, []string{"0", "1", "1", "x"}), qos: 1, retained: w.chance(0.5)})
	case n < 14 && a.owns >= 0:
		a.lie()
	case a.controller && n < 18:
		a.ask()
	case a.controller:
		a.malform()
	default:
		a.replay(a.commands)
	}
}

// replay sends something again, as it was or with the flags changed.
func (a *attacker) replay(of []message) {
	if len(of) == 0 {
		return
	}
	m := pick(&a.w.clock, of)
	m.bytes(a.w)
	m.retained, m.dup = a.w.chance(0.2), a.w.chance(0.2)
	a.publish(m)
}

// alter sends something changed, or to somebody else.
func (a *attacker) alter() {
	w := a.w
	of := a.commands
	if w.chance(0.4) || len(of) == 0 {
		of = a.heard
	}
	if len(of) == 0 {
		return
	}
	m := pick(&w.clock, of)
	if m.role == lockwire.RolePresence {
		return
	}
	raw := slices.Clone(m.bytes(w))
	if len(raw) < 8 {
		return
	}
	switch w.dice.IntN(6) {
	case 0:
		raw[w.dice.IntN(len(raw))] ^= 1 << w.dice.IntN(8)
	case 1:
		raw = append(raw, byte(w.dice.IntN(256)))
	case 2:
		raw[4] ^= 1 // the algorithm's number
	case 3:
		raw = raw[:w.dice.IntN(len(raw))]
	default:
		m.lock = (m.lock + 1 + w.dice.IntN(2)) % 3
		if w.chance(0.2) {
			m.role = pick(&w.clock, []lockwire.Role{lockwire.RoleCommand, lockwire.RoleEvent})
		}
	}
	m.payload, m.event = raw, nil
	a.publish(m)
}

// forge signs with a key that is nobody's.
func (a *attacker) forge() {
	w := a.w
	i := w.dice.IntN(3)
	session := lockwire.SessionID(w.nonce())
	var seen lockwire.Message = lockwire.ChallengeRequest{Session: session, Safe: safeName}
	switch w.dice.IntN(4) {
	case 0:
		seen = lockwire.Relock{Session: session, Reason: "fire"}
	case 1, 2:
		l := w.locks[i]
		bolt := pick(&w.clock, []lockwire.Bolt{lockwire.BoltLocked, lockwire.BoltUnlocked})
		seen = lockwire.State{Lock: l.id, Boot: l.boot, Counter: l.counter + 1, Bolt: bolt, Door: lockwire.DoorClosed, BatteryPercent: -1, Reason: "connected", TrustVersion: 1, Motor: lockwire.MotorReady}
	}
	signer, role := keys().stranger, lockwire.RoleCommand
	if _, isEvent := seen.(lockwire.Event); isEvent {
		role = lockwire.RoleEvent
	}
	sealed, err := lockwire.Seal(signer, lockNames[i], seen)
	if err != nil {
		w.wrong("the attacker cannot say %+v: %v", seen, err)
		return
	}
	a.publish(message{lock: i, role: role, payload: sealed, qos: 1})
}

// lie says something as the lock that he owns.
func (a *attacker) lie() {
	w, i := a.w, a.owns
	l := w.locks[i]
	l.counter += uint64(w.dice.IntN(3))
	l.counter++
	var e lockwire.Event = lockwire.State{Lock: l.id, Boot: l.boot, Counter: l.counter, Bolt: lockwire.Bolt(w.dice.IntN(4)), Door: lockwire.Door(w.dice.IntN(3)), //nolint:gosec // small
		BatteryPercent: -1, Reason: pick(&w.clock, []string{"unlocked", "relocked-door", "heartbeat"}), TrustVersion: 1, Motor: lockwire.MotorReady}
	session := w.daemon.driver.latest
	switch w.dice.IntN(3) {
	case 0:
		nonce := w.nonce()
		if other := w.truth.latest[(i+1)%3]; w.chance(0.5) {
			nonce = other.nonce
		}
		e = lockwire.Challenge{Lock: l.id, Boot: l.boot, Counter: l.counter, Session: session, Safe: safeName, Nonce: nonce, Act: lockwire.ActOpen}
	case 1:
		e = lockwire.Result{Lock: l.id, Boot: l.boot, Counter: l.counter, Session: session, Accepted: true}
	}
	m := message{lock: i, role: lockwire.RoleEvent, event: e, qos: 1}
	m.bytes(w)
	if w.chance(0.2) {
		m.lock = (i + 1) % 3
	}
	a.publish(m)
	if w.chance(0.3) {
		l.bolt = pick(&w.clock, []lockwire.Bolt{lockwire.BoltLocked, lockwire.BoltUnlocked})
	}
}

// seal signs a payload, lockwire or not, with the controller's key.
func (a *attacker) seal(i int, payload []byte, malformed bool) message {
	content := toBeSigned(lockNames[i], "cmd", payload)
	sealed := byteString([]byte("\x84\x43\xa1\x01\x27\xa0"), payload)
	signature := ed25519.Sign(keys().controllerKey, content)
	sealed = byteString(sealed, signature)
	a.w.vouch("controller", content, signature)
	a.w.truth.commands[string(sealed)] = i
	if malformed {
		a.w.truth.malformed[string(sealed)] = true
	}
	return message{lock: i, role: lockwire.RoleCommand, payload: sealed, qos: 1}
}

func payloadOf(m lockwire.Message) []byte {
	p, err := lockwire.EncodePayload(m)
	if err != nil {
		panic(err)
	}
	return p
}

// malform says what is not quite lockwire, well signed.
func (a *attacker) malform() {
	w, i := a.w, a.w.dice.IntN(3)
	session := w.nonce()
	body := func(safe string) []byte { return textString(append(byteString([]byte{0xa2, 1}, session[:]), 2), safe) }
	frame := func(body []byte) []byte { return append([]byte{0xa3, 1, 2, 2, 1, 3}, body...) }
	good := body(safeName)
	var payload []byte
	switch w.dice.IntN(6) {
	case 0:
		payload = append(frame(good), 0)
	case 1:
		payload = frame(append(append([]byte{0xa3}, good[1:]...), 3, 0)) // one key more
	case 2:
		payload = append([]byte{0xa3, 1, 0x18, 2, 2, 1, 3}, good...) // not the shortest 2
	case 3:
		payload = frame(byteString(append(textString([]byte{0xa2, 2}, safeName), 1), session[:])) // the keys the other way about
	case 4:
		payload = append([]byte{0xa3, 1, 3, 2, 1, 3}, good...) // version 3
	default:
		payload = frame(body("other-safe"))
	}
	a.publish(a.seal(i, payload, true))
}

// ask asks the locks for challenges, and quotes them a little later.
func (a *attacker) ask() {
	w := a.w
	session := lockwire.SessionID(w.nonce())
	if w.chance(0.2) {
		session = w.daemon.driver.latest
	}
	for i := range lockNames {
		a.publish(a.seal(i, payloadOf(lockwire.ChallengeRequest{Session: session, Safe: safeName}), false))
	}
	era := w.era
	w.after(w.between(200*time.Millisecond, 2*time.Second), func() {
		if w.era == era {
			a.authorise(session)
		}
	})
}

// authorise quotes what came, makes up what did not, and approves as well as he can.
func (a *attacker) authorise(session lockwire.SessionID) {
	w := a.w
	q := lockwire.Request{Version: lockwire.Version, Act: lockwire.ActOpen, Safe: safeName, Session: session, Purpose: "inspection", LifetimeSeconds: 60}
	for i, c := range a.challenges[session] {
		quote := lockwire.Quote{Lock: lockNames[i], Nonce: w.nonce()}
		if c != nil {
			quote = lockwire.Quote{Lock: lockNames[i], Nonce: c.Nonce, Boot: c.Boot, Counter: c.Counter}
		}
		q.Locks = append(q.Locks, quote)
	}
	raw, err := q.Encode()
	if err != nil {
		w.wrong("the attacker cannot encode: %v", err)
		return
	}
	approvals := a.approvals(q.Digest())
	for i := range lockNames {
		a.publish(a.seal(i, payloadOf(lockwire.Authorise{Request: raw, Approvals: approvals}), false))
	}
}

// weaknesses are what he does for a party whose key he does not have.
var weaknesses = []string{"missing", "same-party", "same-person", "not-enrolled", "controller", "unsigned", "captured", "none", "stranger"}

func (a *attacker) approvals(digest lockwire.Digest) []lockwire.Approval {
	w := a.w
	all, used := []lockwire.Approval{}, map[string]int{}
	weakness := pick(&w.clock, weaknesses)
	if weakness == "none" {
		return all
	}
	sign := func(person string, party lockwire.Party, form lockwire.Form, signer lockwire.Signer) {
		approval, err := lockwire.Approve(signer, digest, party, person, form)
		if err != nil {
			w.wrong("the attacker cannot approve: %v", err)
		}
		used[person]++
		all = append(all, approval)
	}
	var open []lockwire.Party
	for _, party := range lockwire.Parties() {
		i := slices.IndexFunc(a.stolen, func(p string) bool { return used[p] == 0 && humanOf(p).enrolled(party) })
		if i < 0 {
			open = append(open, party)
			continue
		}
		sign(a.stolen[i], party, lockwire.ByPartyKey, keys().persons[a.stolen[i]])
	}
	standIn := [4]string{"", "p-archivist", "p-office", "p-manager"}
	for _, party := range open {
		switch weakness {
		case "same-party":
			for _, p := range a.stolen {
				for _, q := range lockwire.Parties() {
					if used[p] == 0 && humanOf(p).enrolled(q) && len(all) < 3 {
						sign(p, q, lockwire.ByPartyKey, keys().persons[p])
					}
				}
			}
		case "same-person":
			for _, p := range a.stolen {
				if humanOf(p).enrolled(party) && used[p] == 1 {
					sign(p, party, lockwire.ByPartyKey, keys().persons[p])
				}
			}
		case "not-enrolled":
			for _, p := range a.stolen {
				if used[p] == 0 {
					sign(p, party, lockwire.ByPartyKey, keys().persons[p])
					break
				}
			}
		case "controller":
			sign(standIn[party], party, lockwire.ByController, keys().controller)
		case "unsigned", "stranger":
			sign(standIn[party], party, lockwire.ByPartyKey, keys().stranger)
		case "captured":
			if i := slices.IndexFunc(w.captured, func(c lockwire.Approval) bool { return c.Party == party && used[c.Person] == 0 }); i >= 0 {
				used[w.captured[i].Person]++
				all = append(all, w.captured[i])
			}
		}
	}
	return all[:min(len(all), 3)]
}

// courier reports whether he is the daemon that carries this authorisation.
func (a *attacker) courier() bool { return a.active && a.controller && (a.patient || a.w.chance(0.5)) }

// carry has three persons who came for an opening approve something else than what they
// came for, for their keys show them no more than a digest, and takes it to the locks.
func (a *attacker) carry(s threelock.Session, q lockwire.Request, raw []byte) {
	w := a.w
	q.Locks = slices.Clone(q.Locks)
	i, malformed := w.dice.IntN(3), false
	life := uint64(q.LifetimeSeconds)
	switch w.dice.IntN(12) {
	case 0:
		q.Locks[i].Boot++
	case 1:
		q.Locks[i].Counter++
	case 2:
		q.Locks[i].Nonce[3] ^= 1
	case 3:
		q.Locks[0].Lock, q.Locks[1].Lock = q.Locks[1].Lock, q.Locks[0].Lock
		q.Locks[0], q.Locks[1] = q.Locks[1], q.Locks[0]
	case 4:
		q.Safe = "other-safe"
	case 5:
		q.Session[0] ^= 1
	case 6:
		q.Act = lockwire.ActTrust
	case 7:
		life, malformed = 200, true
	case 8:
		q.Locks[1].Lock, malformed = q.Locks[0].Lock, true
	case 9:
		a.carryTwo(s, raw)
		return
	case 10:
		a.carryFour(s, raw)
		return
	case 11:
		if a.oldRequest != nil {
			a.deliver(s, a.oldRequest, false)
			return
		}
	}
	a.oldRequest = raw
	a.deliver(s, encodeRequest(q, life), malformed)
}

// deliver has a request approved by who is there, and sends it.
func (a *attacker) deliver(s threelock.Session, raw []byte, malformed bool) {
	digest := lockwire.Digest(sha256.Sum256(raw))
	a.w.truth.covers[digest] = true
	approvals := a.w.daemon.driver.approvals(s, digest)
	a.w.captured = append(a.w.captured, approvals...)
	for i := range lockNames {
		a.publish(a.seal(i, payloadOf(lockwire.Authorise{Request: raw, Approvals: approvals}), malformed))
	}
}

// carryTwo quotes the nonces with two approvals, and then with three.
func (a *attacker) carryTwo(s threelock.Session, raw []byte) {
	digest := lockwire.Digest(sha256.Sum256(raw))
	approvals := a.w.daemon.driver.approvals(s, digest)
	for i := range lockNames {
		a.publish(a.seal(i, payloadOf(lockwire.Authorise{Request: raw, Approvals: approvals[:min(2, len(approvals))]}), false))
	}
	for i := range lockNames { // at once: a refusal has the daemon re-lock
		a.publish(a.seal(i, payloadOf(lockwire.Authorise{Request: raw, Approvals: approvals}), false))
	}
}

// carryFour adds a fourth approval.
func (a *attacker) carryFour(s threelock.Session, raw []byte) {
	digest := lockwire.Digest(sha256.Sum256(raw))
	approvals := a.w.daemon.driver.approvals(s, digest)
	if len(approvals) < 3 {
		return
	}
	body := byteString([]byte{0xa2, 1}, raw)
	body = append(body, 2, 0x84)
	for _, c := range append(approvals, approvals[0]) {
		body = append(body, 0xa4, 1, byte(c.Party), 2)
		body = append(textString(body, c.Person), 3, byte(c.Form), 4)
		body = byteString(body, c.Signature)
	}
	for i := range lockNames {
		a.publish(a.seal(i, append([]byte{0xa3, 1, 2, 2, 2, 3}, body...), true))
	}
}

// encodeRequest writes a request with any lifetime and in any order.
func encodeRequest(q lockwire.Request, life uint64) []byte {
	b := append([]byte{0xa8, 1, byte(q.Version), 2, byte(q.Act), 3}, textString(nil, q.Safe)...)
	b = byteString(append(b, 4), q.Session[:])
	b = textString(append(b, 5), q.Purpose)
	b = byteString(append(b, 6), q.Content[:])
	b = append(b, 7, 0x80|byte(len(q.Locks)))
	for _, l := range q.Locks {
		b = textString(append(b, 0xa4, 1), l.Lock)
		b = byteString(append(b, 2), l.Nonce[:])
		b = head(append(b, 3), 0, l.Boot)
		b = head(append(b, 4), 0, l.Counter)
	}
	return head(append(b, 8), 0, life)
}
