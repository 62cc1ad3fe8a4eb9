package lock

import (
	"context"
	"time"

	"trilock/devices"
	"trilock/devices/lock/link"
	"trilock/firmware-protocols/lockwire"
)

// newLink returns the link to the broker that the settings name, with the session kept:
// see the package comment.
func (l *Locks) newLink() *link.Link {
	with := link.Settings{
		BrokerURL: l.settings.BrokerURL, Name: "the locks' broker", TLS: l.settings.TLS, ClientID: l.settings.ClientID,
		Keep: true, Log: l.settings.Log,
	}
	for _, p := range l.order {
		with.Topics = append(with.Topics, lockwire.Topic(string(p.id), lockwire.RoleEvent), lockwire.Topic(string(p.id), lockwire.RolePresence))
	}
	return link.New(with)
}

// begin begins a connection. Like take and look it is called from the goroutine of Run,
// the only one that touches what the driver knows of its locks.
func (l *Locks) begin(now time.Time) {
	for _, p := range l.order {
		p.connect(now)
	}
}

// take takes one message. When it returns nil, its facts are with the sink, and the
// broker need not deliver it again.
func (l *Locks) take(ctx context.Context, facts devices.Sink, w link.Wire, m link.Message) error {
	name, role, err := lockwire.ParseTopic(m.Topic)
	p := l.peers[deviceID(name)]
	if err != nil || p == nil {
		return nil // a subscription of a lock that was configured once
	}
	switch role {
	case lockwire.RolePresence:
		p.presence(string(m.Payload), m.At)
	case lockwire.RoleEvent:
		if m.Retained {
			return nil // no lock retains an event: somebody else's, or an old one
		}
		event, err := lockwire.OpenEvent(p.key, name, m.Payload)
		if err != nil {
			p.bad(err, m.At, l.settings.Log)
			break
		}
		if err := l.event(ctx, facts, p, event, m); err != nil {
			return err
		}
	}
	if p.wantsProbe(m.At) {
		l.probe(w, p, m.At)
	}
	if err := p.tellRefusals(ctx, facts, m.At); err != nil {
		return err
	}
	return p.report(ctx, facts, p.status(m.At, l.settings.SilentAfter))
}

// look probes locks that have not proved themselves, and reports who went silent.
func (l *Locks) look(ctx context.Context, facts devices.Sink, w link.Wire, now time.Time) error {
	for _, p := range l.order {
		if p.wantsProbe(now) {
			l.probe(w, p, now)
		}
		if err := p.report(ctx, facts, p.status(now, l.settings.SilentAfter)); err != nil {
			return err
		}
		if err := p.tellRefusals(ctx, facts, now); err != nil {
			return err
		}
		if err := p.age(ctx, facts, now, l.settings.SilentAfter); err != nil {
			return err
		}
	}
	return nil
}

// probe asks a lock to prove that it is there now.
func (l *Locks) probe(w link.Wire, p *peer, now time.Time) {
	question, err := p.question(now)
	if err != nil {
		l.settings.Log.Error("no random source for a probe", "lock", p.id, "error", err)
		return
	}
	sealed, err := lockwire.Seal(l.signer, string(p.id), question)
	if err != nil {
		l.settings.Log.Error("cannot sign a probe", "lock", p.id, "error", err)
		return
	}
	w.Publish(lockwire.Topic(string(p.id), lockwire.RoleCommand), sealed)
}
