package link

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// session is one connection to the broker, with an MQTT client of its own.
type session struct {
	link     *Link
	client   mqtt.Client
	arrivals chan Message
	lost     chan struct{} // closed when the connection breaks; lostErr says why
	lostErr  error
	over     chan struct{} // closed when the session has ended, for whoever still waits
}

var errLost = errors.New("the connection to the broker broke")

func (l *Link) newSession() *session {
	return &session{link: l, arrivals: make(chan Message, arrivalsMax), lost: make(chan struct{}), over: make(chan struct{})}
}

// connection dials, serves until the connection breaks or ctx ends, and says goodbye.
func (l *Link) connection(ctx context.Context, d Driver) (connected bool, err error) {
	s := l.newSession()
	s.client = mqtt.NewClient(s.options())
	defer s.client.Disconnect(goodbyeMillis)
	defer close(s.over)
	if err := s.settle(ctx, s.client.Connect(), connectMax+writeMax); err != nil {
		return false, fmt.Errorf("connecting: %w", err)
	}
	if err := s.subscribe(ctx); err != nil {
		return false, err
	}
	d.Begin(time.Now())
	l.attach(s)
	defer l.attach(nil)
	l.settings.Log.Info("connected to "+l.settings.Name, "broker", l.settings.BrokerURL)
	return true, s.serve(ctx, d)
}

func (l *Link) attach(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session = s
}

func (s *session) options() *mqtt.ClientOptions {
	with := s.link.settings
	o := mqtt.NewClientOptions().AddBroker(with.BrokerURL).SetClientID(with.ClientID)
	if with.TLS != nil {
		o.SetTLSConfig(with.TLS.Clone())
	}
	if with.Username != "" {
		o.SetUsername(with.Username).SetPassword(with.Password)
	}
	// A new client with an empty store for each connection, and no reconnecting of its
	// own: see the package comment. Whether the broker keeps its half, Keep says.
	o.SetCleanSession(!with.Keep).SetAutoReconnect(false).SetConnectRetry(false).SetStore(mqtt.NewMemoryStore())
	o.SetProtocolVersion(4).SetOrderMatters(true).SetAutoAckDisabled(with.Keep)
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
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { s.arrive(m) })
	return o
}

// arrive queues a message. It is called by the client, for one message at a time.
func (s *session) arrive(m mqtt.Message) {
	queued := Message{Topic: m.Topic(), Payload: m.Payload(), Retained: m.Retained(), At: time.Now()}
	if s.link.settings.Keep {
		queued.ack = m.Ack
		if m.Qos() == 0 {
			select {
			case s.arrivals <- queued:
			default: // a heartbeat gives way: the next one is a second behind
			}
			return
		}
	}
	select {
	case s.arrivals <- queued:
	case <-s.over:
	}
}

func (s *session) subscribe(ctx context.Context) error {
	token := s.client.SubscribeMultiple(filters(s.link.settings.Topics), nil)
	if err := s.settle(ctx, token, commandMax); err != nil {
		return fmt.Errorf("subscribing to the locks' topics: %w", err)
	}
	if sub, ok := token.(*mqtt.SubscribeToken); ok {
		for topic, granted := range sub.Result() {
			if granted > 2 {
				return fmt.Errorf("the broker refuses %s to %s: check its access list and, with certificates, the certificate's common name",
					topic, s.link.settings.ClientID)
			}
		}
	}
	return nil
}

func filters(topics []string) map[string]byte {
	out := make(map[string]byte, len(topics))
	for _, topic := range topics {
		out[topic] = 1
	}
	return out
}

// settle waits for the broker's answer. A token of a broken connection never settles by
// itself when the session is kept. It must not be called from a message handler.
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

// serve hands messages to the driver and has it look for silence.
func (s *session) serve(ctx context.Context, d Driver) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.lost:
			return s.lostErr
		case m := <-s.arrivals:
			if err := s.take(ctx, d, m); err != nil {
				return err
			}
		case <-look.C:
			// What has arrived is heard before anybody is called silent.
			for range len(s.arrivals) {
				if err := s.take(ctx, d, <-s.arrivals); err != nil {
					return err
				}
			}
			if err := d.Look(ctx, s, time.Now()); err != nil {
				return err
			}
		}
	}
}

// take has a message taken and acknowledges it once its facts are with the sink: what was
// not reported, a broker that keeps the session delivers again.
func (s *session) take(ctx context.Context, d Driver, m Message) error {
	if err := d.Take(ctx, s, m); err != nil {
		return err
	}
	if m.ack != nil {
		m.ack()
	}
	return nil
}

// Publish is Wire's: it keeps the order with what Send sends.
func (s *session) Publish(topic string, payload []byte) {
	s.link.sendMu.Lock()
	defer s.link.sendMu.Unlock()
	s.client.Publish(topic, 1, false, payload)
}

// Ask is Wire's.
func (s *session) Ask(topics ...string) { s.client.SubscribeMultiple(filters(topics), nil) }
