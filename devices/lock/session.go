package lock

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"trilock/devices"
	"trilock/firmware-protocols/lockwire"
)

// session is one connection to the broker, with an MQTT client of its own.
type session struct {
	client   mqtt.Client
	arrivals chan arrival
	lost     chan struct{} // closed when the connection breaks; lostErr says why
	lostErr  error
	over     chan struct{} // closed when the session has ended, for whoever still waits
}

// arrival is one message and the instant it came: a sink that blocks does not make it younger.
type arrival struct {
	message mqtt.Message
	at      time.Time
}

var errLost = errors.New("the connection to the broker broke")

// connection dials, serves until the connection breaks or ctx ends, and says goodbye.
func (l *Locks) connection(ctx context.Context, facts devices.Sink) (connected bool, err error) {
	s := &session{arrivals: make(chan arrival, arrivalsMax), lost: make(chan struct{}), over: make(chan struct{})}
	s.client = mqtt.NewClient(l.options(s))
	defer s.client.Disconnect(goodbyeMillis)
	defer close(s.over)
	if err := s.settle(ctx, s.client.Connect(), connectMax+writeMax); err != nil {
		return false, fmt.Errorf("connecting: %w", err)
	}
	if err := l.subscribe(ctx, s); err != nil {
		return false, err
	}
	l.attach(s)
	defer l.attach(nil)
	l.settings.Log.Info("connected to the locks' broker", "broker", l.settings.BrokerURL)
	return true, l.serve(ctx, facts, s)
}

func (l *Locks) attach(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session = s
}

func (l *Locks) options(s *session) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions().AddBroker(l.settings.BrokerURL).SetClientID(l.settings.ClientID).SetTLSConfig(l.settings.TLS.Clone())
	// A new client with an empty store for each connection, and no reconnecting of its
	// own: see the package comment. The session on the broker is kept.
	o.SetCleanSession(false).SetAutoReconnect(false).SetConnectRetry(false).SetStore(mqtt.NewMemoryStore())
	o.SetProtocolVersion(4).SetOrderMatters(true).SetAutoAckDisabled(true)
	o.SetConnectTimeout(connectMax).SetWriteTimeout(writeMax).SetKeepAlive(keepAlive).SetPingTimeout(keepAlive)
	var once sync.Once
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) {
		once.Do(func() {
			s.lostErr = fmt.Errorf("%w: %w", errLost, err)
			close(s.lost)
		})
	})
	// The default handler and not one of a subscription: what was kept for us comes
	// before we have subscribed again.
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
		a := arrival{m, time.Now()}
		if m.Qos() == 0 {
			select {
			case s.arrivals <- a:
			default: // a heartbeat gives way: the next one is a second behind
			}
			return
		}
		select {
		case s.arrivals <- a:
		case <-s.over:
		}
	})
	return o
}

func (l *Locks) subscribe(ctx context.Context, s *session) error {
	filters := map[string]byte{}
	for _, p := range l.order {
		filters[lockwire.Topic(string(p.id), lockwire.RoleEvent)] = 1
		filters[lockwire.Topic(string(p.id), lockwire.RolePresence)] = 1
	}
	token := s.client.SubscribeMultiple(filters, nil)
	if err := s.settle(ctx, token, commandMax); err != nil {
		return fmt.Errorf("subscribing to the locks' topics: %w", err)
	}
	if sub, ok := token.(*mqtt.SubscribeToken); ok {
		for topic, granted := range sub.Result() {
			if granted > 2 {
				return fmt.Errorf("the broker refuses %s to the daemon: check its access list and the certificate's common name", topic)
			}
		}
	}
	return nil
}

// settle waits for the broker's answer. A token of a broken connection never settles by
// itself, because the session is kept. It must not be called from a message handler.
func (s *session) settle(ctx context.Context, token mqtt.Token, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-token.Done():
		return token.Error()
	case <-s.lost:
		return s.lostErr
	case <-s.over:
		return errLost
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fmt.Errorf("the broker did not answer within %v", limit)
	}
}

// serve handles messages and looks for silence. It is the only goroutine that touches
// what the driver knows of its locks.
func (l *Locks) serve(ctx context.Context, facts devices.Sink, s *session) error {
	now := time.Now()
	for _, p := range l.order {
		p.connect(now)
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.lost:
			return s.lostErr
		case a := <-s.arrivals:
			if err := l.handle(ctx, facts, s, a); err != nil {
				return err
			}
		case <-look.C:
			// What has arrived is heard before anybody is called silent.
			for range len(s.arrivals) {
				if err := l.handle(ctx, facts, s, <-s.arrivals); err != nil {
					return err
				}
			}
			if err := l.look(ctx, facts, s, time.Now()); err != nil {
				return err
			}
		}
	}
}

// handle takes one message and acknowledges it once its facts are with the sink: what
// was not reported, the broker delivers again.
func (l *Locks) handle(ctx context.Context, facts devices.Sink, s *session, a arrival) error {
	if err := l.take(ctx, facts, s, a); err != nil {
		return err
	}
	a.message.Ack()
	return nil
}

func (l *Locks) take(ctx context.Context, facts devices.Sink, s *session, a arrival) error {
	name, role, err := lockwire.ParseTopic(a.message.Topic())
	p := l.peers[deviceID(name)]
	if err != nil || p == nil {
		return nil // a subscription of a lock that was configured once
	}
	switch role {
	case lockwire.RolePresence:
		p.presence(string(a.message.Payload()), a.at)
	case lockwire.RoleEvent:
		if a.message.Retained() {
			return nil // no lock retains an event: somebody else's, or an old one
		}
		event, err := lockwire.OpenEvent(p.key, name, a.message.Payload())
		if err != nil {
			p.bad(err, a.at, l.settings.Log)
			break
		}
		if err := l.event(ctx, facts, p, event, a); err != nil {
			return err
		}
	}
	if p.wantsProbe(a.at) {
		l.probe(s, p, a.at)
	}
	if err := p.tellRefusals(ctx, facts, a.at); err != nil {
		return err
	}
	return p.report(ctx, facts, p.status(a.at, l.settings.SilentAfter))
}

// look probes locks that have not proved themselves, and reports who went silent.
func (l *Locks) look(ctx context.Context, facts devices.Sink, s *session, now time.Time) error {
	for _, p := range l.order {
		if p.wantsProbe(now) {
			l.probe(s, p, now)
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
func (l *Locks) probe(s *session, p *peer, now time.Time) {
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
	l.sendMu.Lock()
	defer l.sendMu.Unlock()
	s.client.Publish(lockwire.Topic(string(p.id), lockwire.RoleCommand), 1, false, sealed)
}
