package lock

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/lock/link"
	"trilock/firmware-protocols/lockwire"
)

func deviceID(name string) fact.DeviceID { return fact.DeviceID(name) }

// place is a message's place in its lock's own order.
type place struct{ boot, counter uint64 }

func (a place) after(b place) bool {
	return a.boot > b.boot || a.boot == b.boot && a.counter > b.counter
}

// memory remembers the last events of a lock. A broker that delivers an event again may
// do so late, behind younger ones: what counts is whether we have had it, not its rank.
type memory struct {
	seen  []place // a ring, at most eventsRemembered
	next  int
	floor place // the highest that was forgotten: nothing up to here is believed to be new
	top   place
}

// add reports whether the event is new, and remembers it.
func (m *memory) add(at place) bool {
	if !at.after(m.floor) || slices.Contains(m.seen, at) {
		return false
	}
	if at.after(m.top) {
		m.top = at
	}
	if len(m.seen) < eventsRemembered {
		m.seen = append(m.seen, at)
		return true
	}
	if m.seen[m.next].after(m.floor) {
		m.floor = m.seen[m.next]
	}
	m.seen[m.next] = at
	m.next = (m.next + 1) % eventsRemembered
	return true
}

// status is what a DeviceReport will say. The zero status is "nothing new to say yet".
type status struct {
	state  fact.DeviceState
	code   string
	detail string
}

// peer is what the driver knows of one lock. All but the atomics belongs to the goroutine of Run.
type peer struct {
	id   fact.DeviceID
	safe fact.SafeID
	key  lockwire.Key

	present atomic.Bool   // announced or heard alive, on this connection; commands look at it
	foreign atomic.Bool   // speaks no version of ours: commands are not for it
	refused atomic.Uint64 // bad messages since the start
	badLog  *rate.Limiter
	// refusals are those by this driver and those by the lock.
	byDriver, byLock tally

	since     time.Time // of this connection, or of the last word about presence
	gone      bool      // said so itself, or its will did, on this connection
	heard     time.Time // the last message that was newer than all before
	spoken    bool      // the hello of this connection was answered, and there is a common version
	fresh     bool      // a State has answered the probe of this connection
	versions  lockwire.Versions
	nonce     lockwire.Nonce
	probedAt  time.Time
	liveMark  place // highest of the live class: those come in order or not at all
	events    memory
	newest    place // of the State in last
	last      lockwire.State
	firmware  string
	badUntil  time.Time
	badCode   string
	badDetail string

	said     status // the last DeviceReport
	saidBolt fact.BoltState
}

func newPeer(s LockSettings, key lockwire.Key) *peer {
	return &peer{id: s.ID, safe: s.Safe, key: key, badLog: rate.NewLimiter(rate.Every(badLogEvery), badLogBurst), byDriver: newTally(), byLock: newTally()}
}

// connect begins a connection: nothing is known of the lock until it has proved itself anew.
func (p *peer) connect(now time.Time) {
	p.disconnect()
	p.since = now
}

func (p *peer) disconnect() {
	p.present.Store(false)
	p.foreign.Store(false)
	p.gone, p.spoken, p.fresh, p.nonce, p.probedAt = false, false, false, lockwire.Nonce{}, time.Time{}
}

// presence takes the lock's announcement. "1" again means that it connected again: what
// it proved before says nothing about the lock that is there now.
func (p *peer) presence(payload string, now time.Time) {
	switch payload {
	case lockwire.PresenceOnline:
		p.connect(now)
		p.present.Store(true)
	case lockwire.PresenceOffline:
		p.connect(now)
		p.gone = true
	}
}

// alive takes a live State for the announcement that did not come, or came in the wrong
// order. It makes the lock worth a command and a probe, no more.
func (p *peer) alive(live bool) {
	if live {
		p.present.Store(true)
		p.gone = false
	}
}

// wantsProbe holds for every lock that has not proved itself and has not said that it is
// gone, announced or not: a broker may lose a retained announcement that was published
// just before we subscribed. A probe to a lock that is away reaches nobody and is kept by nobody.
func (p *peer) wantsProbe(now time.Time) bool {
	return !p.gone && !p.fresh && !p.foreign.Load() && now.Sub(p.probedAt) >= probeAgainAfter
}

// question returns what to ask the lock next: who it is, and then how it stands.
func (p *peer) question(now time.Time) (lockwire.Command, error) {
	nonce, err := p.nextNonce(now)
	if err != nil {
		return nil, err
	}
	if p.spoken {
		return lockwire.Probe{Nonce: nonce}, nil
	}
	ours := lockwire.Spoken()
	return lockwire.Hello{Nonce: nonce, Lowest: ours.Lowest, Highest: ours.Highest}, nil
}

// introduced takes what a lock says of itself. Only the answer to our own nonce counts:
// an older one may be of another firmware.
func (p *peer) introduced(c lockwire.Capabilities) {
	if p.nonce == (lockwire.Nonce{}) || c.Echo != p.nonce {
		return
	}
	p.firmware, p.versions = c.Firmware, lockwire.Versions{Lowest: c.Lowest, Highest: c.Highest}
	_, common := lockwire.Spoken().Common(p.versions)
	p.foreign.Store(!common)
	if common && !p.spoken {
		p.spoken, p.probedAt = true, time.Time{} // the probe follows at once
	}
}

// nextNonce returns the nonce of this connection. A question that is asked again keeps it,
// so that a slow answer to the first one still counts.
func (p *peer) nextNonce(now time.Time) (lockwire.Nonce, error) {
	p.probedAt = now
	if p.nonce != (lockwire.Nonce{}) {
		return p.nonce, nil
	}
	nonce, err := lockwire.NewNonce(rand.Reader)
	if err == nil {
		p.nonce = nonce
	}
	return nonce, err
}

// bad notes a message that was not the lock's, or not lockwire.
func (p *peer) bad(err error, now time.Time, log *slog.Logger) {
	p.refused.Add(1)
	code := string(lockwire.CodeBadEncoding)
	var refusal *lockwire.Refusal
	if errors.As(err, &refusal) {
		code = string(refusal.Code)
	}
	p.byDriver.add(code)
	if !now.Before(p.badUntil) { // one fault has one word, or whoever sends could make a report of each message
		p.badCode, p.badDetail = code, err.Error()
	}
	p.badUntil = now.Add(badFor)
	if p.badLog.AllowN(now, 1) {
		log.Warn("a message on a lock's topic was refused: a wrong key in the configuration, or somebody else speaks for the lock",
			"lock", p.id, "refused", p.refused.Load(), "error", err)
	}
}

// status judges the lock's connection, not its bolt.
func (p *peer) status(now time.Time, silentAfter time.Duration) status {
	quiet := now.Sub(p.heard)
	if p.said.state != fact.DeviceUp { // announcements are unsigned: they give time to come up, none to stay up
		quiet = min(quiet, now.Sub(p.since))
	}
	switch {
	case p.gone:
		return status{fact.DeviceDown, CodeOffline, "the lock is not connected to the broker: look at its power and network"}
	case p.foreign.Load():
		return status{fact.DeviceDown, CodeVersion, fmt.Sprintf("the lock speaks versions %d to %d of the protocol, this daemon %d: bring its firmware, or the daemon, up to date", p.versions.Lowest, p.versions.Highest, lockwire.Version)}
	case !p.present.Load() && quiet <= silentAfter:
		return status{} // its retained presence may still be on the way
	case p.fresh && quiet <= silentAfter:
		return status{fact.DeviceUp, "", ""}
	case quiet <= silentAfter:
		return status{}
	}
	p.fresh = false
	switch {
	case now.Before(p.badUntil):
		return status{fact.DeviceDown, p.badCode, "what comes as the lock's is refused: check the public key in the configuration, and who else speaks for it. The first such message: " + p.badDetail}
	case !p.present.Load():
		return status{fact.DeviceDown, CodeOffline, "the lock has not announced itself to the broker: look at its power and network"}
	}
	return status{fact.DeviceDown, CodeSilent, fmt.Sprintf("no new signed state for %v: the lock hangs, or its messages are held back", silentAfter)}
}

// report tells the sink what has changed. A lock that goes down takes its bolt's position with it.
func (p *peer) report(ctx context.Context, facts devices.Sink, s status) error {
	if s.state == fact.DeviceUnknown || s.state == p.said.state && s.code == p.said.code {
		return nil
	}
	r := fact.DeviceReport{Device: p.id, State: s.state, Code: s.code, Detail: s.detail, Identity: p.firmware}
	if err := facts.Report(ctx, r); err != nil {
		return err
	}
	p.said = s
	if s.state == fact.DeviceDown {
		return p.forgetBolt(ctx, facts, s.code)
	}
	return nil
}

// age makes a bolt unknown that nothing new was heard of for too long: of a lock that
// hangs, of one whose held-back message came while it was down.
func (p *peer) age(ctx context.Context, facts devices.Sink, now time.Time, silentAfter time.Duration) error {
	if now.Sub(p.heard) <= silentAfter {
		return nil
	}
	why := CodeSilent
	if p.said.state == fact.DeviceDown {
		why = p.said.code
	}
	return p.forgetBolt(ctx, facts, why)
}

func (p *peer) forgetBolt(ctx context.Context, facts devices.Sink, why string) error {
	if p.saidBolt == fact.BoltUnknown {
		return nil
	}
	unknown := fact.LockState{Lock: p.id, Reason: why, BatteryPercent: -1}
	if err := facts.Report(ctx, unknown); err != nil {
		return err
	}
	p.saidBolt = fact.BoltUnknown
	return nil
}

// event takes a verified event. One that repeats is dropped, and so is a live State that
// is older than another.
func (l *Locks) event(ctx context.Context, facts devices.Sink, p *peer, event lockwire.Event, m link.Message) error {
	at, isNew := p.order(event, m.At)
	if !isNew {
		return nil
	}
	if err := p.report(ctx, facts, p.status(m.At, l.settings.SilentAfter)); err != nil {
		return err
	}
	switch e := event.(type) {
	case lockwire.Capabilities:
		if e.Refused != 0 {
			p.byLock.add(string(lockwire.CodeUnsupportedVersion))
		}
		p.introduced(e)
	case lockwire.Challenge:
		return facts.Report(ctx, fact.LockChallenge{Lock: p.id, Session: l.sessions.name(e.Session), Challenge: m.Payload, Boot: e.Boot, Counter: e.Counter})
	case lockwire.Result:
		if !e.Accepted {
			p.byLock.add(string(e.Code))
		}
		return facts.Report(ctx, fact.LockResult{Lock: p.id, Session: l.sessions.name(e.Session), Accepted: e.Accepted, Code: string(e.Code)})
	case lockwire.State:
		return p.state(ctx, facts, e, at)
	}
	return nil
}

// order puts an event in its place and notes what it proves; false when it is to be dropped.
func (p *peer) order(event lockwire.Event, now time.Time) (place, bool) {
	_, boot, counter := event.From()
	at := place{boot, counter}
	state, isState := event.(lockwire.State)
	live := event.Live()
	youngest := at.after(p.liveMark) && at.after(p.events.top)
	if live && !at.after(p.liveMark) || !live && !p.events.add(at) {
		return at, false
	}
	if live {
		p.liveMark = at
	}
	if youngest {
		p.heard = now
		p.alive(live)
	}
	if isState && p.nonce != (lockwire.Nonce{}) && state.Echo == p.nonce {
		p.fresh = true
	}
	return at, true
}

// state reports a State, and after one that was overtaken the newest again: the last
// fact about a bolt is always its latest position.
func (p *peer) state(ctx context.Context, facts devices.Sink, s lockwire.State, at place) error {
	said := lockState(p.id, s)
	if said.Overtaken = !at.after(p.newest); said.Overtaken && said.Bolt == fact.BoltLocked {
		said.Bolt = fact.BoltUnknown // it was locked once: that says nothing about now, and must close no opening
	}
	if err := facts.Report(ctx, said); err != nil {
		return err
	}
	p.saidBolt = said.Bolt
	if at.after(p.newest) {
		p.newest, p.last = at, s
		return nil
	}
	if err := facts.Report(ctx, lockState(p.id, p.last)); err != nil {
		return err
	}
	p.saidBolt = boltState(p.last.Bolt)
	return nil
}

func lockState(id fact.DeviceID, s lockwire.State) fact.LockState {
	door := fact.InputUnknown
	switch s.Door {
	case lockwire.DoorOpen:
		door = fact.InputActive
	case lockwire.DoorClosed:
		door = fact.InputInactive
	}
	return fact.LockState{Lock: id, Bolt: boltState(s.Bolt), Door: door, Tamper: s.Tamper, Reason: s.Reason, BatteryPercent: int(s.BatteryPercent),
		Motor: motorState(s.Motor), Boot: s.Boot, Counter: s.Counter, Trust: fmt.Sprintf("%d:%x", s.TrustVersion, s.TrustDigest)}
}

func motorState(m lockwire.Motor) fact.MotorState {
	switch m {
	case lockwire.MotorReady:
		return fact.MotorReady
	case lockwire.MotorRunning:
		return fact.MotorRunning
	case lockwire.MotorStalled:
		return fact.MotorStalled
	case lockwire.MotorOverCurrent:
		return fact.MotorOverCurrent
	}
	return fact.MotorUnknown
}

func boltState(b lockwire.Bolt) fact.BoltState {
	switch b {
	case lockwire.BoltLocked:
		return fact.BoltLocked
	case lockwire.BoltUnlocked:
		return fact.BoltUnlocked
	case lockwire.BoltJammed:
		return fact.BoltJammed
	}
	return fact.BoltUnknown
}
