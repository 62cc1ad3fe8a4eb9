package locktest_test

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"trilock/devices/devicetest/brokertest"
	"trilock/devices/devicetest/locktest"
	"trilock/firmware-protocols/lockwire"
)

// raw is an MQTT client that says whatever a test wants to the broker.
type raw struct {
	t      *testing.T
	client mqtt.Client
	got    chan mqtt.Message
	lost   chan struct{}
	line   net.Conn
}

// dial connects with one certificate under any client id; an error is the broker's refusal.
func dial(t *testing.T, s *site, config *tls.Config, clientID string, change func(*mqtt.ClientOptions)) (*raw, error) {
	t.Helper()
	r := &raw{t: t, got: make(chan mqtt.Message, 1000), lost: make(chan struct{})}
	o := mqtt.NewClientOptions().AddBroker(s.URL).SetClientID(clientID).SetCleanSession(true)
	o.SetAutoReconnect(false).SetConnectRetry(false).SetProtocolVersion(4).SetOrderMatters(true).SetConnectTimeout(patience)
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { r.got <- m })
	o.SetConnectionLostHandler(func(mqtt.Client, error) { close(r.lost) })
	o.SetCustomOpenConnectionFn(func(u *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
		line, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", u.Host, config.Clone())
		if err != nil {
			return nil, err
		}
		r.line = line
		return line, nil
	})
	if change != nil {
		change(o)
	}
	r.client = mqtt.NewClient(o)
	if err := r.settle(r.client.Connect()); err != nil {
		r.client.Disconnect(0)
		return nil, err
	}
	t.Cleanup(func() { r.client.Disconnect(100) })
	return r, nil
}

func mustDial(t *testing.T, s *site, name string) *raw {
	t.Helper()
	r, err := dial(t, s, s.TLS(name), name, nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r
}

var errRefused = errors.New("the broker refused")

func (r *raw) settle(token mqtt.Token) error {
	r.t.Helper()
	select {
	case <-token.Done():
		if sub, ok := token.(*mqtt.SubscribeToken); ok && token.Error() == nil {
			for _, granted := range sub.Result() {
				if granted == 0x80 {
					return errRefused
				}
			}
		}
		return token.Error()
	case <-r.lost:
		return errors.New("disconnected")
	case <-time.After(patience):
		r.t.Fatal("the broker does not answer")
		return nil
	}
}

func (r *raw) publish(topic string, retained bool, payload string) error {
	r.t.Helper()
	return r.settle(r.client.Publish(topic, 1, retained, payload))
}

func (r *raw) subscribe(filter string) error {
	r.t.Helper()
	return r.settle(r.client.Subscribe(filter, 1, nil))
}

// next returns the next message.
func (r *raw) next() mqtt.Message {
	r.t.Helper()
	select {
	case m := <-r.got:
		return m
	case <-r.lost:
		r.t.Fatal("disconnected")
	case <-time.After(patience):
		r.t.Fatal("no message came")
	}
	return nil
}

// event returns the next event of a lock that matches.
func event[E lockwire.Event](r *raw, s *site, lock string, match func(E) bool) (E, []byte) {
	r.t.Helper()
	for {
		m := r.next()
		if m.Topic() != lockwire.Topic(lock, lockwire.RoleEvent) {
			continue
		}
		e, err := lockwire.OpenEvent(s.signer(lock).Key(), lock, m.Payload())
		if err != nil {
			r.t.Fatal(err)
		}
		if wanted, ok := e.(E); ok && (match == nil || match(wanted)) {
			return wanted, m.Payload()
		}
	}
}

// command seals a command with the controller's key and publishes it.
func (r *raw) command(s *site, lock string, m lockwire.Command) []byte {
	r.t.Helper()
	sealed, err := lockwire.Seal(s.signer(daemonName), lock, m)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.publish(lockwire.Topic(lock, lockwire.RoleCommand), false, string(sealed)); err != nil {
		r.t.Fatal(err)
	}
	return sealed
}

// authorise builds an honest authorise for the session of three challenges; spoil
// changes the request before it is approved.
func authorise(t *testing.T, s *site, challenges []lockwire.Challenge, spoil func(*lockwire.Request)) lockwire.Authorise {
	t.Helper()
	r, err := lockwire.NewRequest(safeName, challenges[0].Session, "x", nil, challenges, lockwire.MaxLifetime)
	if err != nil {
		t.Fatal(err)
	}
	if spoil != nil {
		spoil(&r)
	}
	encoded, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	a := lockwire.Authorise{Request: encoded}
	for i, party := range lockwire.Parties() {
		approval, err := lockwire.Approve(s.signer(daemonName), r.Digest(), party, fmt.Sprintf("P-%04d", i), lockwire.ByController)
		if err != nil {
			t.Fatal(err)
		}
		a.Approvals = append(a.Approvals, approval)
	}
	return a
}

func newSession(t *testing.T) lockwire.SessionID {
	t.Helper()
	n, err := lockwire.NewNonce(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return lockwire.SessionID(n)
}

// askAll asks the three locks for challenges of one session.
func askAll(t *testing.T, s *site, daemon *raw, session lockwire.SessionID) []lockwire.Challenge {
	t.Helper()
	var out []lockwire.Challenge
	for _, name := range lockNames {
		daemon.command(s, name, lockwire.ChallengeRequest{Session: session, Safe: safeName})
		c, _ := event(daemon, s, name, func(c lockwire.Challenge) bool { return c.Session == session })
		out = append(out, c)
	}
	return out
}

// A broker in bad hands plays every trick it can with what it carried: nothing opens.
func TestStolenMessages(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		daemon := mustDial(t, s, daemonName)
		for _, name := range lockNames {
			if err := daemon.subscribe(lockwire.Topic(name, lockwire.RoleEvent)); err != nil {
				t.Fatal(err)
			}
		}
		var stop func()
		locks := map[string]*locktest.Lock{}
		for _, name := range lockNames {
			l := s.newLock(name, nil)
			halt := s.Run(l.Run)
			locks[name] = l
			if name == "lock-a" {
				stop = halt
			}
			event(daemon, s, name, func(st lockwire.State) bool { return st.Reason == lockwire.ReasonConnected })
		}
		refused := func(what string, want lockwire.Code) {
			t.Helper()
			result, _ := event[lockwire.Result](daemon, s, "lock-a", nil)
			if result.Accepted || result.Code != want {
				t.Fatalf("%s: %+v, want %s", what, result, want)
			}
			if b := locks["lock-a"].Bolt(); b != lockwire.BoltLocked {
				t.Fatalf("%s: the bolt is %v", what, b)
			}
		}
		daemon.playTricks(s, refused)
		daemon.retainedTrick(s, locks["lock-a"], stop)
	})
}

// playTricks opens lock-a once, honestly, and tries everything else on it.
func (r *raw) playTricks(s *site, refused func(string, lockwire.Code)) {
	t, topic := r.t, lockwire.Topic("lock-a", lockwire.RoleCommand)
	old := askAll(t, s, r, newSession(t))
	stale := r.sealFor(s, authorise(t, s, old, nil))
	now := askAll(t, s, r, newSession(t))
	send := func(sealed []byte) {
		t.Helper()
		if err := r.publish(topic, false, string(sealed)); err != nil {
			t.Fatal(err)
		}
	}
	send(stale) // signed in good faith, held back until another session asked
	refused("an authorise of the session before", lockwire.CodeStaleCounter)
	mixed := append([]lockwire.Challenge(nil), now...)
	send(r.sealFor(s, authorise(t, s, mixed, func(q *lockwire.Request) { q.Session = old[0].Session })))
	refused("the right nonce under another session", lockwire.CodeWrongSession)
	honest := askAll(t, s, r, newSession(t))
	good := r.sealFor(s, authorise(t, s, honest, nil))
	for i, b := range good {
		if i%97 == 0 {
			bad := append([]byte(nil), good...)
			bad[i] = b ^ 0x10
			send(bad)
			result, _ := event[lockwire.Result](r, s, "lock-a", nil)
			if result.Accepted {
				t.Fatalf("byte %d changed on the way, and the lock opened", i)
			}
			if i >= 4*97 {
				break // a lock answers strangers five times a second, and then no more
			}
		}
	}
	send(good)
	if result, _ := event[lockwire.Result](r, s, "lock-a", nil); !result.Accepted {
		t.Fatalf("the honest authorise: %+v", result)
	}
	event(r, s, "lock-a", func(st lockwire.State) bool { return st.Reason == lockwire.ReasonUnlocked })
	r.command(s, "lock-a", lockwire.Relock{Session: honest[0].Session, Reason: "test"})
	event(r, s, "lock-a", func(st lockwire.State) bool { return st.Reason == lockwire.ReasonRelockedCommand })
	send(good) // what opened it a moment ago
	refused("a replay", lockwire.CodeNoChallenge)
}

// retainedTrick leaves a good authorise with the broker for a lock that is away and whose
// challenge is still good.
func (r *raw) retainedTrick(s *site, l *locktest.Lock, stop func()) {
	t, topic := r.t, lockwire.Topic("lock-a", lockwire.RoleCommand)
	challenges := askAll(t, s, r, newSession(t))
	good := r.sealFor(s, authorise(t, s, challenges, nil))
	stop()
	if err := r.publish(topic, true, string(good)); err != nil {
		t.Fatal(err)
	}
	before := l.Ignored()
	s.Run(l.Run)
	event(r, s, "lock-a", func(st lockwire.State) bool { return st.Reason == lockwire.ReasonConnected })
	deadline := time.After(patience)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for l.Ignored() == before {
		select {
		case <-look.C:
		case <-deadline:
			t.Fatal("the retained authorise did not reach the lock")
		}
	}
	probe := lockwire.Nonce{1}
	r.command(s, "lock-a", lockwire.Probe{Nonce: probe})
	if state, _ := event(r, s, "lock-a", func(st lockwire.State) bool { return st.Echo == probe }); state.Bolt != lockwire.BoltLocked {
		t.Fatalf("a retained authorise opened the lock: %+v", state)
	}
	if err := r.publish(topic, true, ""); err != nil {
		t.Fatal(err)
	}
}

// sealFor seals a command to lock-a without sending it.
func (r *raw) sealFor(s *site, m lockwire.Command) []byte {
	r.t.Helper()
	sealed, err := lockwire.Seal(s.signer(daemonName), "lock-a", m)
	if err != nil {
		r.t.Fatal(err)
	}
	return sealed
}

// Every start has a number of its own, and begins to count anew.
func TestBootsAreCounted(t *testing.T) {
	s := newSite(t, brokertest.BuiltIn)
	daemon := mustDial(t, s, daemonName)
	if err := daemon.subscribe(lockwire.Topic("lock-a", lockwire.RoleEvent)); err != nil {
		t.Fatal(err)
	}
	l := s.newLock("lock-a", nil)
	s.Run(l.Run)
	connected := func(st lockwire.State) bool { return st.Reason == lockwire.ReasonConnected }
	first, _ := event(daemon, s, "lock-a", connected)
	if err := l.PowerCycle(); err != nil {
		t.Fatal(err)
	}
	second, _ := event(daemon, s, "lock-a", connected)
	if first.Boot != 1 || second.Boot != 2 {
		t.Errorf("boots %d and %d, want 1 and 2", first.Boot, second.Boot)
	}
	daemon.command(s, "lock-a", lockwire.ChallengeRequest{Session: newSession(t), Safe: "safe-2"})
	if r, _ := event[lockwire.Result](daemon, s, "lock-a", nil); r.Code != lockwire.CodeWrongSafe || r.Boot != 2 {
		t.Errorf("%+v", r)
	}
	l.ForceBolt()
	if err := l.PowerCycle(); err != nil {
		t.Fatal(err)
	}
	event(daemon, s, "lock-a", func(st lockwire.State) bool {
		return st.Boot == 3 && st.Reason == lockwire.ReasonRelockedPowerUp && st.Bolt == lockwire.BoltLocked
	})
}
