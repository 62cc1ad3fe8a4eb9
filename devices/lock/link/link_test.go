package link

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// message is a message as the client hands it over.
type message struct {
	topic string
	qos   byte
}

func (m message) Duplicate() bool   { return false }
func (m message) Qos() byte         { return m.qos }
func (m message) Retained() bool    { return false }
func (m message) Topic() string     { return m.topic }
func (m message) MessageID() uint16 { return 1 }
func (m message) Payload() []byte   { return nil }
func (m message) Ack()              {}

// full returns a session whose queue holds one message, and has it.
func full(keep bool) (s *session, take mqtt.MessageHandler) {
	s = New(Settings{Keep: keep, Log: slog.New(slog.DiscardHandler)}).newSession()
	s.arrivals = make(chan Message, 1)
	take = s.options().DefaultPublishHandler
	take(nil, message{"first", 1})
	return s, take
}

// While the driver is busy events wait for it; nothing waits after the end.
func TestFullQueue(t *testing.T) {
	for name, c := range map[string]struct {
		keep bool
		qos  byte
	}{"an event of a kept session": {true, 1}, "an event": {false, 1}, "a word of a lock that says everything at QoS 0": {false, 0}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, take := full(c.keep)
				go take(nil, message{"second", c.qos})
				synctest.Wait()
				<-s.arrivals
				if m := <-s.arrivals; m.Topic != "second" {
					t.Error("it was lost while the driver was busy")
				}
				take(nil, message{"third", 1})
				waited := make(chan struct{})
				go func() { take(nil, message{"late", c.qos}); close(waited) }()
				close(s.over)
				<-waited
			})
		})
	}
}

// A heartbeat gives way where what matters comes at QoS 1.
func TestHeartbeatsGiveWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where nobody waits for ever unseen
		s, take := full(true)
		take(nil, message{"heartbeat", 0})
		if m := <-s.arrivals; m.Topic != "first" || len(s.arrivals) != 0 {
			t.Error("the queue holds more than it can")
		}
		take(nil, message{"heartbeat", 0})
		if len(s.arrivals) != 1 {
			t.Error("a heartbeat was dropped although there was room")
		}
	})
}

// Redialling never stops and never waits 5 s.
func TestRedialling(t *testing.T) {
	wait := newRedial()
	for range 1000 {
		if d := wait.NextBackOff(); d <= 0 || d > 5*time.Second {
			t.Fatalf("waits %v", d)
		}
	}
}

// A client has no memory and no will of its own: nothing that was under way when a
// connection broke is sent again.
func TestClientsForget(t *testing.T) {
	for _, keep := range []bool{true, false} {
		s := New(Settings{Keep: keep, Username: "me", Password: "secret", Log: slog.New(slog.DiscardHandler)}).newSession()
		o := s.options()
		if o.AutoReconnect || o.ConnectRetry || !o.Order || o.CleanSession == keep || o.AutoAckDisabled != keep || o.Username != "me" || o.Password != "secret" {
			t.Errorf("keep %v: %+v", keep, o)
		}
		if _, memory := o.Store.(*mqtt.MemoryStore); !memory || o.Store == s.options().Store {
			t.Errorf("keep %v: the store %T outlives its connection", keep, o.Store)
		}
	}
}

// wire is a client that notes what it is told to publish, and answers nothing or at once.
type wire struct {
	mqtt.Client
	sent  []string
	token mqtt.Token
}

func (w *wire) Publish(topic string, qos byte, retained bool, payload any) mqtt.Token {
	if qos != 1 || retained {
		panic("not at QoS 1, or retained: " + topic)
	}
	w.sent = append(w.sent, topic+" "+string(payload.([]byte)))
	return w.token
}

// open is a token that the broker never answers.
type open struct{ mqtt.DummyToken }

func (open) Done() <-chan struct{} { return nil }

// answered is a token that the broker has answered.
type answered struct{ mqtt.DummyToken }

func (answered) Done() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

func three() []Command {
	return []Command{{"a", "a/cmd", []byte("1")}, {"b", "b/cmd", []byte("2")}, {"c", "c/cmd", []byte("3")}}
}

func attached(token mqtt.Token) (*Link, *session, *wire) {
	l := New(Settings{Log: slog.New(slog.DiscardHandler)})
	s, w := l.newSession(), &wire{token: token}
	s.client = w
	l.attach(s)
	return l, s, w
}

func nobodyAbsent(int, bool) error { return nil }

func TestSend(t *testing.T) {
	l, s, w := attached(&answered{})
	if err := l.Send(t.Context(), three(), nobodyAbsent); err != nil {
		t.Fatal(err)
	}
	s.Publish("a/cmd", []byte("4"))
	if want := []string{"a/cmd 1", "b/cmd 2", "c/cmd 3", "a/cmd 4"}; !reflect.DeepEqual(w.sent, want) {
		t.Errorf("sent %v, want %v", w.sent, want)
	}
}

// All or none: when one lock is absent, when ctx has ended, when there is no connection.
func TestSendNothing(t *testing.T) {
	l, _, w := attached(&answered{})
	absence := errors.New("the last one is away")
	if err := l.Send(t.Context(), three(), func(i int, connected bool) error {
		if i < 2 || !connected {
			return nil
		}
		return absence
	}); !errors.Is(err, absence) {
		t.Errorf("one absent: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Send(ended, three(), nobodyAbsent); !errors.Is(err, context.Canceled) {
		t.Errorf("with ctx ended: %v", err)
	}
	l.attach(nil)
	if err := l.Send(t.Context(), three(), func(_ int, connected bool) error {
		if connected {
			t.Error("no connection counts as one")
		}
		return absence
	}); !errors.Is(err, absence) {
		t.Errorf("without a connection: %v", err)
	}
	if err := l.Send(t.Context(), three(), nobodyAbsent); !errors.Is(err, errLost) {
		t.Errorf("without a connection, whoever is absent: %v", err)
	}
	if len(w.sent) != 0 {
		t.Errorf("sent %v", w.sent)
	}
}

// The broker's answer may never come: a token of a broken connection does not settle by itself.
func TestSendWithoutAnAnswer(t *testing.T) {
	broke := errors.New("broke")
	for name, end := range map[string]func(s *session, cancel func()){
		"the connection breaks": func(s *session, _ func()) { s.lostErr = broke; close(s.lost) },
		"the session ends":      func(s *session, _ func()) { close(s.over) },
		"ctx ends":              func(_ *session, cancel func()) { cancel() },
	} {
		l, s, _ := attached(&open{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Send(ctx, three(), nobodyAbsent) }()
		end(s, cancel)
		if err := <-done; !errors.Is(err, broke) && !errors.Is(err, errLost) && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}

func TestRunTwice(t *testing.T) {
	l := New(Settings{BrokerURL: "tcp://127.0.0.1:1", Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	lost, done := make(chan error), make(chan error, 1)
	d := Driver{Lost: func(ctx context.Context, why error) error {
		select {
		case lost <- why:
		case <-ctx.Done():
		}
		return ctx.Err()
	}}
	go func() { done <- l.Run(ctx, d) }()
	if err := <-lost; err == nil {
		t.Error("lost for no reason")
	}
	if err := l.Run(ctx, d); err == nil {
		t.Error("Run twice at a time")
	}
	<-lost // and again: it dials for ever
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
