package plain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/plainlock"
)

// status is what a DeviceReport will say. The zero status is "nothing to say yet".
type status struct {
	state  fact.DeviceState
	code   string
	detail string
}

// position is what a LockState will say. The zero position is unknown.
type position struct {
	bolt    fact.BoltState
	door    fact.InputState
	battery int // -1: not said
}

// presence is what the availability topic has said on this connection.
type presence uint8

const (
	unannounced presence = iota
	online
	offline
)

// peer is what the driver knows of one lock. All but absent and unread belongs to the goroutine of Run.
type peer struct {
	id         fact.DeviceID
	convention plainlock.Convention
	topics     plainlock.Topics
	silent     time.Duration

	absent atomic.Pointer[string] // why it takes no command; nil when it does
	unread tally
	pace   *rate.Limiter // of facts about messages that could not be read
	untold uint32        // refused, and not yet reported
	why    plainlock.Reason

	since    time.Time // of this connection
	presence presence
	heard    time.Time     // when it last said something by itself, in time connected
	quiet    time.Duration // without a word before this connection
	spoken   bool          // a state has come on this connection
	left     bool          // it went offline on this connection
	asked    time.Time     // when its retained messages were last asked for
	known    bool          // a state has come that may be believed once the lock is online
	last     plainlock.State

	said         status
	saidPosition position
}

func newPeer(s LockSettings) *peer {
	p := &peer{id: s.ID, convention: s.Convention, topics: s.Topics, silent: s.SilentAfter,
		pace: rate.NewLimiter(rate.Every(refusalEvery), refusalBurst), unread: tally{counts: map[plainlock.Reason]uint64{}},
		saidPosition: position{battery: -1}}
	p.away(CodeBrokerLost)
	return p
}

func (p *peer) away(code string) { p.absent.Store(&code) }

// connect begins a connection: retained messages will say how things stand. The silence
// of before goes on counting, or a broker that comes and goes would keep a dead lock alive.
func (p *peer) connect(now time.Time) {
	p.away(CodeOffline)
	p.presence, p.known, p.since, p.heard = unannounced, false, now, now.Add(-p.quiet)
	p.spoken, p.left, p.asked = false, false, now
}

// wantsRetained holds for a lock whose retained messages have not come: the built-in
// broker may lose one that was published just as we subscribed. It does not hold once the
// lock has spoken or left: then what is retained is older than what is known.
func (p *peer) wantsRetained(now time.Time) bool {
	missing := p.presence == unannounced || p.presence == online && !p.spoken && !p.left
	if !missing || now.Sub(p.asked) < askAgainAfter {
		return false
	}
	p.asked = now
	return true
}

// disconnect ends it. Time without a connection is not the lock's silence.
func (p *peer) disconnect(now time.Time) {
	p.away(CodeBrokerLost)
	if !p.heard.IsZero() {
		p.quiet = max(now.Sub(p.heard), 0)
	}
	p.presence, p.known, p.heard = unannounced, false, time.Time{}
}

// take takes one message. A retained one is no sign of life.
func (p *peer) take(state, retained bool, payload []byte, now time.Time) {
	if !retained {
		p.heard, p.quiet = now, 0
	}
	var err error
	if state {
		err = p.state(payload)
	} else {
		err = p.availability(payload)
	}
	var refusal *plainlock.Refusal
	if errors.As(err, &refusal) {
		p.unread.add(refusal.Reason)
		p.untold, p.why = p.untold+1, refusal.Reason
	}
}

// state takes a state. One that cannot be read leaves the bolt unknown: the lock said
// something new, and nobody knows what. One that does not speak of the bolt changes nothing.
func (p *peer) state(payload []byte) error {
	p.spoken = true
	s, err := p.convention.State(payload)
	var refusal *plainlock.Refusal
	if errors.As(err, &refusal) && refusal.Reason == plainlock.ReasonNoState {
		return err
	}
	p.known, p.last = err == nil, s
	return err
}

// availability takes the word on the lock's presence. What the lock said before it went
// says nothing of the lock that comes back: it may have been turned by hand meanwhile.
func (p *peer) availability(payload []byte) error {
	on, err := p.convention.Availability(payload)
	if err != nil {
		return err
	}
	if on {
		p.presence = online
		return nil
	}
	p.presence, p.known, p.left = offline, false, true
	return nil
}

// status judges whether the lock is there.
func (p *peer) status(now time.Time) status {
	quiet := now.Sub(p.heard)
	switch {
	case p.presence == offline:
		return status{fact.DeviceDown, CodeOffline, "its availability topic says offline: look at its battery, power and bridge"}
	case p.presence == unannounced && now.Sub(p.since) <= announceMax:
		return status{}
	case p.presence == unannounced:
		return status{fact.DeviceDown, CodeOffline, fmt.Sprintf("nothing is published on %s: switch its availability on, or correct the topic", p.topics.Availability)}
	case quiet > p.silent:
		return status{fact.DeviceDown, CodeSilent, fmt.Sprintf("not a word for %v: the lock hangs, or its bridge keeps it online without hearing it", p.silent)}
	case p.known && p.last.Bolt == plainlock.BoltJammed:
		return status{fact.DeviceFault, CodeJammed, "the bolt did not reach its end: free it by hand, and see that door and strike plate meet"}
	}
	return status{fact.DeviceUp, "", ""}
}

// position says where the bolt is, as far as somebody vouches for it.
func (p *peer) position(s status) position {
	unknown := position{battery: -1}
	if s.state != fact.DeviceUp && s.state != fact.DeviceFault || !p.known {
		return unknown
	}
	bolts := map[plainlock.Bolt]fact.BoltState{plainlock.BoltLocked: fact.BoltLocked, plainlock.BoltUnlocked: fact.BoltUnlocked, plainlock.BoltJammed: fact.BoltJammed}
	doors := map[plainlock.Door]fact.InputState{plainlock.DoorOpen: fact.InputActive, plainlock.DoorClosed: fact.InputInactive}
	return position{bolt: bolts[p.last.Bolt], door: doors[p.last.Door], battery: p.last.BatteryPercent}
}

// judge reports what has changed by now.
func (p *peer) judge(ctx context.Context, facts devices.Sink, now time.Time) error {
	if p.untold > 0 && p.pace.AllowN(now, 1) {
		if err := facts.Report(ctx, fact.LockRefusal{Lock: p.id, Code: string(p.why), Count: p.untold}); err != nil {
			return err
		}
		p.untold = 0
	}
	s := p.status(now)
	switch s.state {
	case fact.DeviceUnknown:
		return nil
	case fact.DeviceUp, fact.DeviceFault:
		p.absent.Store(nil)
	case fact.DeviceDown:
		p.away(s.code)
		if s.code == CodeSilent {
			p.known = false // whoever falls silent has to say anew where the bolt is
		}
	}
	reason := s.code
	if reason == "" {
		reason = "reported"
	}
	return p.tell(ctx, facts, s, p.position(s), reason)
}

// tell reports a status and a position where they are news. The device first: a position
// belongs to a lock that is there.
func (p *peer) tell(ctx context.Context, facts devices.Sink, s status, at position, reason string) error {
	if at.bolt == fact.BoltUnknown && at.door == fact.InputUnknown {
		at.battery = -1 // a level is no news without a position
	}
	if s.state != p.said.state || s.code != p.said.code {
		r := fact.DeviceReport{Device: p.id, State: s.state, Code: s.code, Detail: s.detail, Identity: string(p.convention) + " (unsigned)"}
		if err := facts.Report(ctx, r); err != nil {
			return err
		}
		p.said = s
	}
	if at == p.saidPosition {
		return nil
	}
	if err := facts.Report(ctx, fact.LockState{Lock: p.id, Bolt: at.bolt, Door: at.door, Reason: reason, BatteryPercent: at.battery}); err != nil {
		return err
	}
	p.saidPosition = at
	return nil
}

// tally counts by reason; anybody may read it.
type tally struct {
	mu     sync.Mutex
	counts map[plainlock.Reason]uint64 // as many entries as there are reasons
}

func (t *tally) add(r plainlock.Reason) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[r]++
}

func (t *tally) copy() map[plainlock.Reason]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.counts)
}
