package plain

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"trilock/devices"
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
	topic    string
	payload  []byte
	retained bool
	at       time.Time
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
	now := time.Now()
	for _, p := range l.order {
		p.connect(now)
	}
	if err := l.subscribe(ctx, s); err != nil {
		return false, err
	}
	l.attach(s)
	defer l.attach(nil)
	l.settings.Log.Info("connected to the broker of the plain locks", "broker", l.settings.BrokerURL)
	return true, l.serve(ctx, facts, s)
}

func (l *Locks) attach(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session = s
}

func (l *Locks) options(s *session) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions().AddBroker(l.settings.BrokerURL).SetClientID(l.settings.ClientID)
	if l.settings.TLS != nil {
		o.SetTLSConfig(l.settings.TLS.Clone())
	}
	if l.settings.Username != "" {
		o.SetUsername(l.settings.Username).SetPassword(l.settings.Password)
	}
	// A clean session: the retained states say how things stand, and what was published
	// while nobody listened is older than they are.
	o.SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).SetStore(mqtt.NewMemoryStore())
	o.SetProtocolVersion(4).SetOrderMatters(true)
	o.SetConnectTimeout(connectMax).SetWriteTimeout(writeMax).SetKeepAlive(keepAlive).SetPingTimeout(keepAlive)
	var once sync.Once
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) {
		once.Do(func() {
			s.lostErr = fmt.Errorf("%w: %w", errLost, err)
			close(s.lost)
		})
	})
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
		select {
		case s.arrivals <- arrival{topic: m.Topic(), payload: m.Payload(), retained: m.Retained(), at: time.Now()}:
		case <-s.over:
		}
	})
	return o
}

func (l *Locks) subscribe(ctx context.Context, s *session) error {
	filters := map[string]byte{}
	for topic := range l.topics {
		filters[topic] = 1
	}
	token := s.client.SubscribeMultiple(filters, nil)
	if err := s.settle(ctx, token, commandMax); err != nil {
		return fmt.Errorf("subscribing to the plain locks' topics: %w", err)
	}
	if sub, ok := token.(*mqtt.SubscribeToken); ok {
		for topic, granted := range sub.Result() {
			if granted > 2 {
				return fmt.Errorf("the broker refuses %s to %s: check its access list", topic, l.settings.ClientID)
			}
		}
	}
	return nil
}

// settle waits for the broker's answer. It must not be called from a message handler.
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
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.lost:
			return s.lostErr
		case a := <-s.arrivals:
			if err := l.handle(ctx, facts, a); err != nil {
				return err
			}
		case <-look.C:
			// What has arrived is heard before anybody is called silent.
			for range len(s.arrivals) {
				if err := l.handle(ctx, facts, <-s.arrivals); err != nil {
					return err
				}
			}
			now := time.Now()
			for _, p := range l.order {
				if p.wantsRetained(now) {
					s.client.SubscribeMultiple(map[string]byte{p.topics.State: 1, p.topics.Availability: 1}, nil)
				}
				if err := p.judge(ctx, facts, now); err != nil {
					return err
				}
			}
		}
	}
}

func (l *Locks) handle(ctx context.Context, facts devices.Sink, a arrival) error {
	for _, h := range l.topics[a.topic] {
		h.peer.take(h.state, a.retained, a.payload, a.at)
		if err := h.peer.judge(ctx, facts, a.at); err != nil {
			return err
		}
	}
	return nil
}

// send publishes a command to each target, all or none, and waits until the broker has them.
func (l *Locks) send(ctx context.Context, targets []*peer, unlock bool) error {
	s, tokens, err := l.publish(ctx, targets, unlock)
	if err != nil {
		return err
	}
	for i, token := range tokens {
		if err := s.settle(ctx, token, commandMax); err != nil {
			return fmt.Errorf("plain lock %s may not have got the command: %w", targets[i].id, err)
		}
	}
	return nil
}

// publish hands the commands to the connection while no other command can come between.
func (l *Locks) publish(ctx context.Context, targets []*peer, unlock bool) (*session, []mqtt.Token, error) {
	l.sendMu.Lock()
	defer l.sendMu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	l.mu.Lock()
	s := l.session
	l.mu.Unlock()
	for _, p := range targets {
		if s == nil {
			return nil, nil, &AbsentError{p.id, CodeBrokerLost}
		}
		if why := p.absent.Load(); why != nil {
			return nil, nil, &AbsentError{p.id, *why}
		}
	}
	tokens := make([]mqtt.Token, len(targets))
	for i, p := range targets {
		tokens[i] = s.client.Publish(p.topics.Command, 1, false, p.convention.Command(unlock))
	}
	return s, tokens, nil
}
