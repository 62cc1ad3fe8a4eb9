package locktest

import (
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"trilock/firmware-protocols/lockwire"
)

// take judges one message of the command topic and does what the verdict says.
func (l *Lock) take(message []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Since(l.started)
	order := l.verifier.Judge(message, now)
	switch order.Order {
	case lockwire.OrderRefuse:
		l.refuse(order)
	case lockwire.OrderIntroduce:
		l.counter++
		l.post(l.verifier.Introduce(order, l.counter), false)
	case lockwire.OrderReport:
		l.state(lockwire.ReasonProbe, order.Nonce)
	case lockwire.OrderIssue:
		l.issue(order, now)
	case lockwire.OrderDraw:
		l.accept(order)
		l.hold = order.Hold
		l.drive(lockwire.BoltUnlocked, lockwire.ReasonUnlocked)
	case lockwire.OrderStore:
		l.store(order)
	case lockwire.OrderThrow:
		l.relockNow()
	}
}

func (l *Lock) issue(order lockwire.Verdict, now time.Duration) {
	nonce, err := lockwire.NewNonce(rand.Reader)
	if err != nil {
		l.settings.Log.Error("lock has no random source", "lock", l.settings.ID, "error", err)
		return
	}
	challenge := l.verifier.Issue(order, nonce, l.counter+1, now)
	l.counter = max(l.counter, challenge.Counter)
	l.post(challenge, false)
}

// store writes the approved list first, and only then uses it and tells anybody.
func (l *Lock) store(order lockwire.Verdict) {
	err := l.flash.store(l.verifier.Staged())
	switch {
	case errors.Is(err, errPowerCut):
		if err := l.restart(); err != nil {
			l.settings.Log.Error("lock does not start", "lock", l.settings.ID, "error", err)
		}
	case err != nil:
		l.verifier.Forget()
		l.refuse(lockwire.Verdict{Session: order.Session, Code: lockwire.CodeNotStored, Detail: err.Error()})
	default:
		if !l.verifier.Adopt() { // nothing comes between: the lock obeys one command at a time
			l.settings.Log.Error("an approved list was not put in force", "lock", l.settings.ID)
			return
		}
		l.accept(order)
		l.state(lockwire.ReasonTrustChanged, lockwire.Nonce{})
	}
}

func (l *Lock) accept(order lockwire.Verdict) {
	l.counter++
	l.post(lockwire.Result{Lock: l.settings.ID, Boot: l.boot, Counter: l.counter, Session: order.Session, Accepted: true}, false)
}

// relockNow throws the bolt, or remembers to when the door shuts.
func (l *Lock) relockNow() {
	if l.door == lockwire.DoorOpen {
		l.relock = true
		l.state(lockwire.ReasonRelockDoorOpen, lockwire.Nonce{})
		return
	}
	l.drive(lockwire.BoltLocked, lockwire.ReasonRelockedCommand)
}

// refuse answers with the word of refusal; strangers get few answers.
func (l *Lock) refuse(order lockwire.Verdict) {
	if order.Stranger && !l.refusals.Allow() {
		return
	}
	l.settings.Log.Debug("lock refused", "lock", l.settings.ID, "code", order.Code, "detail", order.Detail)
	l.counter++
	l.post(lockwire.Result{Lock: l.settings.ID, Boot: l.boot, Counter: l.counter, Session: order.Session, Code: order.Code}, false)
}

// state says how things are. Called with mu held.
func (l *Lock) state(reason string, echo lockwire.Nonce) {
	l.counter++
	motor := l.motor
	if !l.motorEnd.IsZero() {
		motor = lockwire.MotorRunning
	}
	version, digest := l.verifier.TrustInForce()
	s := lockwire.State{
		Lock: l.settings.ID, Boot: l.boot, Counter: l.counter, Bolt: l.bolt, Door: l.door, Tamper: l.tamper,
		BatteryPercent: l.battery, Reason: reason, UptimeSeconds: uint64(time.Since(l.started) / time.Second), Echo: echo,
		Motor: motor, TrustVersion: version, TrustDigest: digest,
	}
	if reason == lockwire.ReasonHeartbeat {
		l.outbox = slices.DeleteFunc(l.outbox, func(o outgoing) bool { return o.heartbeat })
	}
	l.post(s, reason == lockwire.ReasonHeartbeat)
}

// post signs an event and puts it into the outbox. Called with mu held.
func (l *Lock) post(event lockwire.Event, heartbeat bool) {
	sealed, err := lockwire.Seal(l.signer, l.settings.ID, event)
	if err != nil {
		l.settings.Log.Error("lock cannot sign", "lock", l.settings.ID, "error", err)
		return
	}
	if len(l.outbox) == outboxMax {
		l.outbox = l.outbox[1:]
	}
	l.outbox = append(l.outbox, outgoing{sealed, event.Live(), heartbeat})
	wake(l.send)
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
