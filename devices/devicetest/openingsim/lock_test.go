package openingsim

import (
	"time"

	"trilock/firmware-protocols/lockwire"
)

const (
	motorTravel = 80 * time.Millisecond
	outboxMax   = 64
	keepAlive   = 5 * time.Second
)

// lock is one lock: bolt, motor, memory, power, and its connection to the broker.
type lock struct {
	w     *world
	i     int
	id    string
	owned bool // by the attacker, who has its key

	judge    *judge
	verifier *lockwire.Verifier // lockwire's judgement beside it; nil in a run with a planted bug, and at two of three locks

	powered  bool
	boot     uint64
	counter  uint64
	started  time.Duration
	bolt     lockwire.Bolt
	wanted   lockwire.Bolt
	why      string
	motorEnd time.Duration // 0: stands
	holdEnd  time.Duration // 0: no timer
	hold     time.Duration
	relock   bool
	epoch    int // of power: what was planned before a cut does not happen

	linked bool // to the broker
	link   int  // of the connection
	outbox []message
	sent   []message // QoS 1, recently: what may not have been acknowledged
}

func newLock(w *world, i int) *lock {
	l := &lock{w: w, i: i, id: lockNames[i], powered: true, boot: 7, bolt: lockwire.BoltLocked, wanted: lockwire.BoltLocked}
	l.think(nil)
	return l
}

// think starts the lock's judgement anew, with what a planted bug keeps of the old.
func (l *lock) think(before *judge) {
	l.judge = &judge{lock: l.id, safe: safeName, boot: l.boot, partyKeys: l.w.partyKeys, flaw: l.w.flaw, memo: l.w.verified, index: l.i}
	if l.w.flaw == flawNonceSurvivesPower && before != nil {
		l.judge.out = before.out
	}
	if l.w.flaw == flawSameNonce && before != nil {
		l.judge.known = before.known
	}
	if l.w.flaw != sound || !l.w.strict && l.w.seed%3 != uint64(l.i) {
		return
	}
	trust := keys().byController
	if l.w.partyKeys {
		trust = keys().byPartyKey
	}
	v, err := lockwire.NewVerifier(lockwire.Identity{Lock: l.id, Safe: safeName, Boot: l.boot, Firmware: "openingsim"}, trust)
	if err != nil {
		panic(err)
	}
	l.verifier = v
}

func (l *lock) since() time.Duration { return l.w.now - l.started }

// take is a command that the broker delivered.
func (l *lock) take(m message) {
	if m.retained && l.w.flaw != flawRetained || m.dup && l.w.flaw != flawDuplicate {
		return
	}
	r := l.judge.judge(m.payload, l.since())
	if r.order == lockwire.OrderIssue {
		r.nonce = l.w.nonce()
	}
	if l.verifier != nil && (r.order != lockwire.OrderReport || l.w.strict) {
		l.compare(m, r)
	}
	l.w.truth.judged(l, m, r)
	switch r.order {
	case lockwire.OrderRefuse:
		l.counter++
		l.say(lockwire.Result{Lock: l.id, Boot: l.boot, Counter: l.counter, Session: r.session, Code: r.code})
	case lockwire.OrderReport:
		l.report(lockwire.ReasonProbe, r.nonce)
	case lockwire.OrderIssue:
		l.issue(r)
	case lockwire.OrderDraw:
		l.w.truth.drawn(l, r)
		l.counter++
		l.say(lockwire.Result{Lock: l.id, Boot: l.boot, Counter: l.counter, Session: r.session, Accepted: true})
		l.hold = r.hold
		if l.w.flaw == flawHoldsLonger {
			l.hold *= 3
		}
		l.drive(lockwire.BoltUnlocked, lockwire.ReasonUnlocked)
	case lockwire.OrderThrow:
		l.throw()
	case lockwire.OrderIntroduce:
		l.counter++
		l.say(lockwire.Capabilities{Lock: l.id, Boot: l.boot, Counter: l.counter, Echo: r.nonce, Lowest: 2, Highest: 2, Forms: 7, Firmware: "openingsim", Refused: r.version})
	case lockwire.OrderStore:
	}
}

// compare holds this firmware's ruling against lockwire's: two that were written apart
// have to say the same about every message.
func (l *lock) compare(m message, r ruling) {
	v := l.verifier.Judge(m.payload, l.since())
	if v.Order != r.order || v.Code != r.code || v.Hold != r.hold || (v.Order == lockwire.OrderReport || v.Order == lockwire.OrderIntroduce) && v.Nonce != r.nonce || v.Refused != r.version {
		l.w.wrong("two firmwares differ on one message to %s: lockwire says %v %q, the other %v %q", l.id, v.Order, v.Code, r.order, r.code)
	}
	if v.Order == lockwire.OrderIssue {
		c := l.verifier.Issue(v, r.nonce, l.counter+1, l.since())
		if c.Nonce == r.nonce != (l.judge.out == nil) {
			l.w.wrong("%s: only one of two firmwares draws a fresh nonce", l.id)
		}
	}
}

func (l *lock) issue(r ruling) {
	c := l.judge.issue(r.session, r.nonce, l.counter+1, l.since())
	fresh := c.counter > l.counter
	l.counter = max(l.counter, c.counter)
	if fresh {
		l.w.truth.issued(l, c)
	}
	l.say(lockwire.Challenge{Lock: l.id, Boot: c.boot, Counter: c.counter, Session: c.session, Safe: safeName, Nonce: c.nonce, Act: c.act})
}

// throw locks, or remembers to when the door shuts.
func (l *lock) throw() {
	switch {
	case l.w.flaw == flawIgnoresRelock:
		l.report(lockwire.ReasonRelockedCommand, lockwire.Nonce{})
	case l.w.doorOpen:
		l.relock = true
		l.report(lockwire.ReasonRelockDoorOpen, lockwire.Nonce{})
	default:
		l.drive(lockwire.BoltLocked, lockwire.ReasonRelockedCommand)
	}
}

// drive starts the motor.
func (l *lock) drive(to lockwire.Bolt, why string) {
	l.wanted, l.why, l.relock = to, why, false
	l.motorEnd = l.w.now + motorTravel
	if to == lockwire.BoltLocked {
		l.holdEnd = 0
	}
	end, epoch := l.motorEnd, l.epoch
	l.w.after(motorTravel, func() {
		if l.epoch == epoch && l.motorEnd == end {
			l.arrived()
		}
	})
}

func (l *lock) arrived() {
	l.motorEnd = 0
	l.bolt = l.wanted
	if l.bolt == lockwire.BoltUnlocked && !l.w.doorOpen && l.w.flaw != flawNoTimeout {
		l.holdEnd = l.w.now + l.hold
		end, epoch := l.holdEnd, l.epoch
		l.w.after(l.hold, func() {
			if l.epoch == epoch && l.holdEnd == end {
				l.holdEnd = 0
				l.drive(lockwire.BoltLocked, lockwire.ReasonRelockedTimeout)
			}
		})
	}
	l.report(l.why, lockwire.Nonce{})
	if l.bolt == lockwire.BoltUnlocked {
		l.w.truth.mustLock(l, l.w.truth.holds[l.i]+time.Second)
	}
}

// doorMoved is the lock's own sensor of the safe's door.
func (l *lock) doorMoved() {
	if !l.powered {
		return
	}
	if l.w.doorOpen {
		l.holdEnd = 0
		if l.motorEnd != 0 { // a bolt on its way out stops: the door is past it
			l.motorEnd, l.wanted, l.relock = 0, lockwire.BoltUnlocked, true
		}
		l.report(lockwire.ReasonDoorOpened, lockwire.Nonce{})
		return
	}
	l.report(lockwire.ReasonDoorClosed, lockwire.Nonce{})
	l.w.truth.mustLock(l, 2*time.Second)
	why := lockwire.ReasonRelockedDoor
	if l.relock {
		why = lockwire.ReasonRelockedCommand
	}
	if l.w.flaw != flawDoorForgotten {
		l.drive(lockwire.BoltLocked, why)
	}
}

// cut takes the power away, restore gives it back.
func (l *lock) cut() {
	if !l.powered {
		return
	}
	l.powered, l.motorEnd, l.holdEnd, l.relock = false, 0, 0, false
	l.epoch++
	l.outbox, l.sent = nil, nil
	l.w.broker.drop(l)
}

func (l *lock) restore() {
	if l.powered {
		return
	}
	l.powered, l.started = true, l.w.now
	l.epoch++
	if l.w.flaw != flawSameBoot {
		l.boot++
	}
	l.counter = 0
	l.think(l.judge)
	if l.bolt == lockwire.BoltUnlocked && !l.w.doorOpen && l.w.flaw != flawPowerUpOpen {
		l.drive(lockwire.BoltLocked, lockwire.ReasonRelockedPowerUp)
	}
	l.beat()
	l.w.broker.dial(l)
	l.w.truth.mustLock(l, 2*time.Second)
}

// beat is the heartbeat, from power to power.
func (l *lock) beat() {
	epoch := l.epoch
	l.w.after(heartbeat, func() {
		if l.epoch == epoch && l.powered {
			l.report(lockwire.ReasonHeartbeat, lockwire.Nonce{})
			l.beat()
		}
	})
}

func (l *lock) report(reason string, echo lockwire.Nonce) {
	l.counter++
	l.say(l.state(reason, echo))
}

func (l *lock) state(reason string, echo lockwire.Nonce) lockwire.State {
	motor, door := lockwire.MotorReady, lockwire.DoorClosed
	if l.motorEnd != 0 {
		motor = lockwire.MotorRunning
	}
	if l.w.doorOpen {
		door = lockwire.DoorOpen
	}
	return lockwire.State{Lock: l.id, Boot: l.boot, Counter: l.counter, Bolt: l.bolt, Door: door, BatteryPercent: -1, Reason: reason,
		UptimeSeconds: uint64(l.since() / time.Second), Echo: echo, Motor: motor, TrustVersion: 1}
}

// say posts an event. Live ones are sealed when somebody looks at the bytes: most of them
// nobody touches.
func (l *lock) say(e lockwire.Event) {
	if l.w.flaw == flawCounterStands && l.link > 1 {
		if s, isState := e.(lockwire.State); isState {
			s.Counter = 1
			e = s
		}
	}
	m := message{lock: l.i, role: lockwire.RoleEvent, qos: 1, event: e}
	if e.Live() {
		m.qos = 0
	}
	if m.qos == 0 && !l.linked {
		return // worth nothing later
	}
	if !l.linked {
		if len(l.outbox) == outboxMax {
			l.outbox = l.outbox[1:]
		}
		l.outbox = append(l.outbox, m)
		return
	}
	l.post(m)
}

func (l *lock) post(m message) {
	if m.qos == 1 {
		m.sentAt = l.w.now
		if len(l.sent) == 4 {
			l.sent = l.sent[1:]
		}
		l.sent = append(l.sent, m)
	}
	l.w.broker.publish(fromLock(l.i), m)
}

// connected is what a lock does first on a connection; unconnected keeps what may be lost.
func (l *lock) connected() {
	l.linked = true
	l.link++
	l.w.broker.publish(fromLock(l.i), message{lock: l.i, role: lockwire.RolePresence, qos: 1, retained: true, text: lockwire.PresenceOnline})
	waiting := l.outbox
	l.outbox = nil
	for _, m := range waiting {
		l.post(m)
	}
	l.report(lockwire.ReasonConnected, lockwire.Nonce{})
}

func (l *lock) unconnected() {
	l.linked = false
	for _, m := range l.sent {
		if l.w.now-m.sentAt < time.Second && l.w.chance(0.7) { // not acknowledged: sent again
			l.outbox = append(l.outbox, m)
		}
	}
	l.sent = nil
}
