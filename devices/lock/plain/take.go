package plain

import (
	"context"
	"maps"
	"slices"
	"time"

	"trilock/devices"
	"trilock/devices/lock/link"
)

// newLink returns the link to the broker that the settings name. Its sessions are clean:
// the retained states say how things stand, and what was published while nobody listened
// is older than they are.
func (l *Locks) newLink() *link.Link {
	return link.New(link.Settings{
		BrokerURL: l.settings.BrokerURL, Name: "the broker of the plain locks", TLS: l.settings.TLS, ClientID: l.settings.ClientID,
		Username: l.settings.Username, Password: l.settings.Password, Topics: slices.Collect(maps.Keys(l.topics)), Log: l.settings.Log,
	})
}

// begin begins a connection. Like take and look it is called from the goroutine of Run,
// the only one that touches what the driver knows of its locks.
func (l *Locks) begin(now time.Time) {
	for _, p := range l.order {
		p.connect(now)
	}
}

// take takes one message.
func (l *Locks) take(ctx context.Context, facts devices.Sink, m link.Message) error {
	for _, h := range l.topics[m.Topic] {
		h.peer.take(h.state, m.Retained, m.Payload, m.At)
		if err := h.peer.judge(ctx, facts, m.At); err != nil {
			return err
		}
	}
	return nil
}

// look asks again for what should have been retained, and reports who went silent.
func (l *Locks) look(ctx context.Context, facts devices.Sink, w link.Wire, now time.Time) error {
	for _, p := range l.order {
		if p.wantsRetained(now) {
			w.Ask(p.topics.State, p.topics.Availability)
		}
		if err := p.judge(ctx, facts, now); err != nil {
			return err
		}
	}
	return nil
}

// send publishes a command to each target, all or none, and waits until the broker has them.
func (l *Locks) send(ctx context.Context, targets []*peer, unlock bool) error {
	commands := make([]link.Command, len(targets))
	for i, p := range targets {
		commands[i] = link.Command{Lock: p.id, Topic: p.topics.Command, Payload: p.convention.Command(unlock)}
	}
	return l.link.Send(ctx, commands, func(i int, connected bool) error { return targets[i].missing(connected) })
}

// missing says why the lock takes no command; nil when it takes one.
func (p *peer) missing(connected bool) error {
	if !connected {
		return &AbsentError{p.id, CodeBrokerLost}
	}
	if why := p.absent.Load(); why != nil {
		return &AbsentError{p.id, *why}
	}
	return nil
}
