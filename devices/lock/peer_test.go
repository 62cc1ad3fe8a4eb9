package lock

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"trilock/custody/fact"
	"trilock/devices/lock/link"
	"trilock/firmware-protocols/lockwire"
)

// bench is a driver with one lock under test, no broker, and time in the test's hands.
type bench struct {
	t      *testing.T
	locks  *Locks
	peer   *peer
	signer lockwire.Signer
	facts  sink
	now    time.Time

	wire *wire
}

type sink struct{ facts []fact.Fact }

func (s *sink) Report(ctx context.Context, f fact.Fact) error {
	s.facts = append(s.facts, f)
	return ctx.Err()
}

// said returns what was reported since the last call.
func (b *bench) said() []fact.Fact {
	out := b.facts.facts
	b.facts.facts = nil
	return out
}

func key(seed byte) crypto.Signer {
	raw := make([]byte, ed25519.SeedSize)
	raw[0] = seed
	return ed25519.NewKeyFromSeed(raw)
}

func goodSettings() Settings {
	s := Settings{BrokerURL: "tls://127.0.0.1:8883", TLS: &tls.Config{}, ClientID: "trilockd", ControllerKey: key(1), Log: slog.New(slog.DiscardHandler)}
	for i, name := range []fact.DeviceID{"lock-a", "lock-b", "lock-c"} {
		s.Locks = append(s.Locks, LockSettings{ID: name, Key: key(byte(10 + i)).Public(), Safe: "safe-1"})
	}
	return s
}

func newBench(t *testing.T) *bench {
	t.Helper()
	l, err := New(goodSettings())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := lockwire.NewSigner(key(10))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, locks: l, peer: l.peers["lock-a"], signer: signer, now: time.Now(), wire: &wire{}}
	b.peer.connect(b.now)
	for _, p := range l.order[1:] { // the others have said goodbye
		p.gone, p.said = true, status{fact.DeviceDown, CodeOffline, ""}
	}
	return b
}

// take takes a message at the bench's time.
func (b *bench) take(m link.Message) {
	b.t.Helper()
	m.At = b.now
	if err := b.locks.take(b.t.Context(), &b.facts, b.wire, m); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) presence(payload string) {
	b.t.Helper()
	b.take(link.Message{Topic: "trilock/lock/lock-a/online", Payload: []byte(payload), Retained: true})
}

// asked returns the last command that was sent to lock-a.
func (b *bench) asked() lockwire.Command {
	b.t.Helper()
	controller, err := lockwire.NewKey(key(1).Public())
	if err != nil {
		b.t.Fatal(err)
	}
	command, err := lockwire.OpenCommand(controller, "lock-a", b.wire.last)
	if err != nil {
		b.t.Fatal(err)
	}
	return command
}

// probed returns the nonce of the last hello or probe that was sent to lock-a.
func (b *bench) probed() lockwire.Nonce {
	b.t.Helper()
	switch c := b.asked().(type) {
	case lockwire.Probe:
		return c.Nonce
	case lockwire.Hello:
		return c.Nonce
	}
	b.t.Fatalf("asked %T", b.asked())
	return lockwire.Nonce{}
}

// introduce answers the last hello.
func (b *bench) introduce(counter uint64, versions lockwire.Versions) {
	b.t.Helper()
	if _, ok := b.asked().(lockwire.Hello); !ok {
		b.t.Fatalf("asked %T before any hello was answered", b.asked())
	}
	b.event(lockwire.Capabilities{Lock: "lock-a", Boot: 1, Counter: counter, Echo: b.probed(), Lowest: versions.Lowest, Highest: versions.Highest, Firmware: "bench 1"})
}

// wire is a connection that keeps what was published to lock-a.
type wire struct {
	last []byte
	sent int
}

func (w *wire) Publish(topic string, payload []byte) {
	if topic != "trilock/lock/lock-a/cmd" {
		panic("a probe on " + topic)
	}
	w.last, w.sent = payload, w.sent+1
}

func (w *wire) Ask(topics ...string) { panic(fmt.Sprint("asked for what is retained on ", topics)) }

func (b *bench) event(e lockwire.Event) {
	b.t.Helper()
	lock, _, _ := e.From()
	sealed, err := lockwire.Seal(b.signer, lock, e)
	if err != nil {
		b.t.Fatal(err)
	}
	b.take(link.Message{Topic: "trilock/lock/lock-a/evt", Payload: sealed})
}

func heartbeat(boot, counter uint64, bolt lockwire.Bolt) lockwire.State {
	return lockwire.State{Lock: "lock-a", Boot: boot, Counter: counter, Bolt: bolt, Reason: lockwire.ReasonHeartbeat, Motor: lockwire.MotorReady, TrustVersion: 1}
}

// up brings the lock up: announced, and a probe answered.
func (b *bench) up() {
	b.t.Helper()
	b.presence("1")
	b.introduce(9, lockwire.Spoken())
	s := heartbeat(1, 10, lockwire.BoltLocked)
	s.Reason, s.Echo = lockwire.ReasonProbe, b.probed()
	b.event(s)
	b.want("up and locked", up(), state(fact.BoltLocked, lockwire.ReasonProbe))
}

func up() fact.DeviceReport {
	return fact.DeviceReport{Device: "lock-a", State: fact.DeviceUp, Identity: "bench 1"}
}

func state(bolt fact.BoltState, reason string) fact.LockState {
	return fact.LockState{Lock: "lock-a", Bolt: bolt, Reason: reason, Motor: fact.MotorReady, Trust: "1:" + strings.Repeat("0", 64)}
}

func unknown(reason string) fact.LockState {
	return fact.LockState{Lock: "lock-a", Reason: reason, BatteryPercent: -1}
}

func down(code string) fact.DeviceReport {
	return fact.DeviceReport{Device: "lock-a", State: fact.DeviceDown, Code: code}
}

func refusal(byLock bool, code lockwire.Code, count uint32) fact.LockRefusal {
	return fact.LockRefusal{Lock: "lock-a", ByLock: byLock, Code: string(code), Count: count}
}

// overtaken is a state that came behind a younger one, with its place.
func overtaken(s fact.LockState, boot, counter uint64) fact.LockState {
	s.Overtaken, s.Boot, s.Counter = true, boot, counter
	return s
}

// want compares what was said since the last time, without the details for the technician
// and, where none is wanted, without the places of states.
func (b *bench) want(what string, facts ...fact.Fact) {
	b.t.Helper()
	got := b.said()
	for i, f := range got {
		if r, ok := f.(fact.DeviceReport); ok {
			r.Detail = ""
			if r.State != fact.DeviceUp {
				r.Identity = "" // what it said of itself when it was up
			}
			got[i] = r
		}
		if s, ok := f.(fact.LockState); ok && i < len(facts) {
			if w, ok := facts[i].(fact.LockState); ok && w.Boot == 0 {
				s.Boot, s.Counter = 0, 0
				got[i] = s
			}
		}
	}
	if len(got) != len(facts) || len(got) > 0 && !reflect.DeepEqual(got, facts) {
		b.t.Fatalf("%s: reported %+v, want %+v", what, got, facts)
	}
}

func (b *bench) after(d time.Duration) {
	b.t.Helper()
	b.now = b.now.Add(d)
	if err := b.locks.look(b.t.Context(), &b.facts, b.wire, b.now); err != nil {
		b.t.Fatal(err)
	}
}

// A lock is up when it has answered a probe of this connection, not when it says so.
func TestUpNeedsAnAnswer(t *testing.T) {
	b := newBench(t)
	b.presence("1")
	b.want("announced")
	b.event(heartbeat(1, 5, lockwire.BoltLocked))
	b.want("a state that may be old", state(fact.BoltLocked, lockwire.ReasonHeartbeat))
	stranger := heartbeat(1, 6, lockwire.BoltLocked)
	stranger.Echo = lockwire.Nonce{1, 2, 3}
	b.event(stranger)
	b.want("the echo of another nonce", state(fact.BoltLocked, lockwire.ReasonHeartbeat))
	b.introduce(7, lockwire.Spoken())
	b.want("who it is")
	mine := heartbeat(1, 8, lockwire.BoltLocked)
	mine.Echo = b.asked().(lockwire.Probe).Nonce
	b.event(mine)
	b.want("the echo of ours", up(), state(fact.BoltLocked, lockwire.ReasonHeartbeat))
	b.peer.connect(b.now)
	b.presence("1")
	b.event(heartbeat(1, 9, lockwire.BoltLocked))
	b.after(defaultSilentAfter + time.Second)
	b.want("on the next connection it must answer again", state(fact.BoltLocked, lockwire.ReasonHeartbeat),
		down(CodeSilent), unknown(CodeSilent))
}

// A probe that is not answered is sent again, at its pace and with the same nonce.
func TestProbesAreRepeated(t *testing.T) {
	b := newBench(t)
	b.presence("1")
	first := b.probed()
	for range 10 {
		b.after(probeAgainAfter / 2)
	}
	if b.wire.sent != 6 || b.probed() != first {
		t.Errorf("%d hellos in %v, the last with another nonce: %v", b.wire.sent, 5*probeAgainAfter, b.probed() != first)
	}
	b.introduce(1, lockwire.Spoken())
	if b.wire.sent != 7 || b.asked() != (lockwire.Probe{Nonce: first}) {
		t.Fatalf("the answer to a hello was followed by %T", b.asked())
	}
	b.introduced(2)
	if b.wire.sent != 7 {
		t.Error("a second answer to one hello makes a second probe at once")
	}
	b.after(probeAgainAfter)
	if b.wire.sent != 8 || b.asked() != (lockwire.Probe{Nonce: first}) {
		t.Errorf("%d sent, the last is %T", b.wire.sent, b.asked())
	}
	answer := heartbeat(1, 3, lockwire.BoltLocked)
	answer.Echo = first
	b.event(answer)
	b.after(probeAgainAfter)
	if b.wire.sent != 8 {
		t.Error("a lock that has answered is probed again")
	}
	b.presence("1")
	if _, hello := b.asked().(lockwire.Hello); b.wire.sent != 9 || b.probed() == first || !hello {
		t.Error("a lock that connected again is not asked anew who it is")
	}
}

// introduced says who the lock is once more, in answer to the same nonce.
func (b *bench) introduced(counter uint64) {
	b.t.Helper()
	b.event(lockwire.Capabilities{Lock: "lock-a", Boot: 1, Counter: counter, Echo: b.probed(), Lowest: 2, Highest: 2})
}

// An announcement that got lost is made up for by a live state, which is worth a probe and no more.
func TestLostAnnouncement(t *testing.T) {
	b := newBench(t)
	b.after(0)
	if b.wire.sent != 1 || b.peer.present.Load() {
		t.Fatalf("%d probes to a lock that was not announced, present %v", b.wire.sent, b.peer.present.Load())
	}
	b.introduce(4, lockwire.Spoken())
	answer := heartbeat(1, 5, lockwire.BoltLocked)
	answer.Reason, answer.Echo = lockwire.ReasonProbe, b.probed()
	b.event(answer)
	b.want("found", up(), state(fact.BoltLocked, lockwire.ReasonProbe))
	b.presence("0")
	b.said()
	sent := b.wire.sent
	b.after(time.Minute)
	if b.wire.sent != sent {
		t.Error("a lock that said goodbye is probed")
	}
	b.event(heartbeat(1, 6, lockwire.BoltLocked))
	if !b.peer.present.Load() || b.peer.fresh || b.wire.sent != sent+1 {
		t.Error("a lock that is heard again is not probed")
	}
	b = newBench(t)
	kept := heartbeat(1, 5, lockwire.BoltLocked)
	kept.Reason = lockwire.ReasonTamper
	b.event(kept) // kept by the broker, for all we know
	if b.peer.present.Load() {
		t.Error("an event that may be old made the lock present")
	}
}

func TestSilence(t *testing.T) {
	b := newBench(t)
	b.up()
	b.after(defaultSilentAfter)
	b.want("not yet")
	b.after(time.Second)
	b.want("silent", down(CodeSilent), unknown(CodeSilent))
	b.after(time.Hour)
	b.want("once")
	b.event(heartbeat(1, 11, lockwire.BoltUnlocked)) // held back, or the lock is waking up
	b.want("what it says is reported, but it has not answered", state(fact.BoltUnlocked, lockwire.ReasonHeartbeat))
	b.after(defaultSilentAfter + time.Second)
	b.want("and ages again", unknown(CodeSilent))
}

// Announcing again and again is no sign of life: it is unsigned.
func TestAnnouncementsDoNotKeepUp(t *testing.T) {
	b := newBench(t)
	b.up()
	b.after(4 * time.Second)
	b.presence("1")
	b.after(2 * time.Second)
	b.want("silent since it last said something signed", down(CodeSilent), unknown(CodeSilent))
}

func TestNeverAnnounced(t *testing.T) {
	b := newBench(t)
	b.after(defaultSilentAfter)
	b.want("it may still come")
	b.after(time.Second)
	b.want("it did not", down(CodeOffline))
}

func TestWill(t *testing.T) {
	b := newBench(t)
	b.up()
	b.presence("0")
	b.want("gone", down(CodeOffline), unknown(CodeOffline))
	b.presence("maybe")
	b.want("a payload that is neither")
	b.presence("1")
	b.want("back, not proved")
	b.event(heartbeat(1, 11, lockwire.BoltLocked))
	b.want("", state(fact.BoltLocked, lockwire.ReasonHeartbeat))
}

func TestRepeatedAndOlder(t *testing.T) {
	b := newBench(t)
	b.up()
	for _, s := range []lockwire.State{heartbeat(1, 10, lockwire.BoltUnlocked), heartbeat(1, 9, lockwire.BoltUnlocked), heartbeat(0, 99, lockwire.BoltUnlocked)} {
		b.event(s)
		b.want(fmt.Sprintf("boot %d counter %d", s.Boot, s.Counter))
	}
	b.event(heartbeat(2, 1, lockwire.BoltLocked))
	b.want("a new boot begins again", state(fact.BoltLocked, lockwire.ReasonHeartbeat))
	result := lockwire.Result{Lock: "lock-a", Boot: 2, Counter: 2, Accepted: true}
	b.event(result)
	b.want("a result", fact.LockResult{Lock: "lock-a", Session: strings.Repeat("0", 32), Accepted: true})
	b.event(result)
	b.want("delivered twice")
}

// Events were kept by the broker and come behind live states: each is reported, and the
// last word is always the newest state.
func TestKeptEvents(t *testing.T) {
	b := newBench(t)
	b.up() // counter 10
	b.after(defaultSilentAfter - time.Second)
	kept := heartbeat(1, 4, lockwire.BoltUnlocked)
	kept.Reason = lockwire.ReasonUnlocked
	b.event(kept)
	b.want("overtaken", overtaken(state(fact.BoltUnlocked, lockwire.ReasonUnlocked), 1, 4), state(fact.BoltLocked, lockwire.ReasonProbe))
	earlier := heartbeat(1, 3, lockwire.BoltUnlocked)
	earlier.Reason = lockwire.ReasonTamper
	b.event(earlier) // delivered again, later than a younger one
	b.want("out of order", overtaken(state(fact.BoltUnlocked, lockwire.ReasonTamper), 1, 3), state(fact.BoltLocked, lockwire.ReasonProbe))
	b.event(kept)
	b.want("twice")
	b.after(2 * time.Second)
	b.want("old words are no sign of life", down(CodeSilent), unknown(CodeSilent))
}

func TestMessagesThatAreNotTaken(t *testing.T) {
	b := newBench(t)
	b.up()
	sealed, err := lockwire.Seal(b.signer, "lock-a", heartbeat(1, 11, lockwire.BoltUnlocked))
	if err != nil {
		t.Fatal(err)
	}
	b.take(link.Message{Topic: "trilock/lock/lock-a/evt", Payload: sealed, Retained: true})
	b.take(link.Message{Topic: "trilock/lock/lock-x/evt", Payload: sealed})
	b.take(link.Message{Topic: "trilock/lock/lock-a/cmd", Payload: sealed})
	b.take(link.Message{Topic: "something/else", Payload: sealed})
	b.want("retained, unknown, of another role, elsewhere")
	b.take(link.Message{Topic: "trilock/lock/lock-b/evt", Payload: sealed})
	b.want("lock-a's message on lock-b's topic", fact.LockRefusal{Lock: "lock-b", Code: "bad-signature", Count: 1})
	if b.locks.Refused()["lock-a"] != 0 || b.locks.Refused()["lock-b"] != 1 {
		t.Errorf("refused: %v", b.locks.Refused())
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var m memory
	for i := range uint64(10 * eventsRemembered) {
		if !m.add(place{1, i + 1}) || m.add(place{1, i + 1}) {
			t.Fatalf("event %d", i+1)
		}
	}
	if len(m.seen) != eventsRemembered {
		t.Errorf("%d events remembered", len(m.seen))
	}
	if m.add(place{1, 9*eventsRemembered - 1}) {
		t.Error("a forgotten event is new again")
	}
}

func TestSettingsRefused(t *testing.T) {
	for name, change := range map[string]func(*Settings){
		"plain MQTT":             func(s *Settings) { s.BrokerURL = "tcp://127.0.0.1:1883" },
		"no port":                func(s *Settings) { s.BrokerURL = "tls://127.0.0.1" },
		"a password in the URL":  func(s *Settings) { s.BrokerURL = "tls://a:b@127.0.0.1:8883" },
		"not a URL":              func(s *Settings) { s.BrokerURL = "%" },
		"no TLS":                 func(s *Settings) { s.TLS = nil },
		"no log":                 func(s *Settings) { s.Log = nil },
		"no client id":           func(s *Settings) { s.ClientID = "" },
		"no locks":               func(s *Settings) { s.Locks = nil },
		"too many locks":         func(s *Settings) { s.Locks = make([]LockSettings, maxLocks+1) },
		"two locks on a safe":    func(s *Settings) { s.Locks = s.Locks[:2] },
		"a fourth lock":          func(s *Settings) { s.Locks = append(s.Locks, LockSettings{"lock-d", key(50).Public(), "safe-1"}) },
		"one id twice":           func(s *Settings) { s.Locks[1].ID = "lock-a" },
		"the daemon's id":        func(s *Settings) { s.Locks[1].ID = "trilockd" },
		"one key twice":          func(s *Settings) { s.Locks[1].Key = s.Locks[0].Key },
		"the controller's key":   func(s *Settings) { s.Locks[1].Key = s.ControllerKey.Public() },
		"no key":                 func(s *Settings) { s.Locks[1].Key = nil },
		"a wildcard for an id":   func(s *Settings) { s.Locks[1].ID = "+" },
		"a safe without a name":  func(s *Settings) { s.Locks[1].Safe = "" },
		"no controller key":      func(s *Settings) { s.ControllerKey = nil },
		"silent after no time":   func(s *Settings) { s.SilentAfter = time.Second },
		"silent before it began": func(s *Settings) { s.SilentAfter = -time.Second },
	} {
		s := goodSettings()
		change(&s)
		if _, err := New(s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := New(goodSettings()); err != nil {
		t.Error(err)
	}
}

// Commands before Run, or with nonsense in them, send nothing.
func TestCommandsRefused(t *testing.T) {
	l, err := New(goodSettings())
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	var away *AbsentError
	for _, reason := range []string{"x", "", "Two words", strings.Repeat("x", 33)} {
		if err := l.Relock(ctx, "safe-1", "", reason); !errors.As(err, &away) {
			t.Errorf("a relock for the reason %q was not even tried: %v", reason, err)
		}
	}
	if err := l.Challenge(ctx, "safe-1", "S-1", []fact.DeviceID{"lock-a"}); !errors.As(err, &away) || away.Code != CodeBrokerLost {
		t.Errorf("without a broker: %v", err)
	}
	for name, err := range map[string]error{
		"another safe's lock": l.Challenge(ctx, "safe-2", "S-1", []fact.DeviceID{"lock-a"}),
		"an unknown lock":     l.Challenge(ctx, "safe-1", "S-1", []fact.DeviceID{"lock-x"}),
		"no lock":             l.Challenge(ctx, "safe-1", "S-1", nil),
		"no session":          l.Challenge(ctx, "safe-1", "", []fact.DeviceID{"lock-a"}),
		"relock of nothing":   l.Relock(ctx, "safe-2", "S-1", "x"),
		"authorise nothing":   l.Authorise(ctx, Authorisation{Safe: "safe-1", Session: "S-1", Purpose: "x"}),
		"authorise nobody":    l.Authorise(ctx, Authorisation{Safe: "safe-1", Purpose: "x"}),
	} {
		if err == nil || errors.As(err, &away) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Run waits for a broker that is not there, says so once, and stops when told.
func TestRunWithoutBroker(t *testing.T) {
	s := goodSettings()
	s.BrokerURL = "tls://127.0.0.1:1"
	l, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	reports := make(chan fact.Fact, 100)
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx, channelSink(reports)) }()
	for range s.Locks {
		if r, ok := (<-reports).(fact.DeviceReport); !ok || r.State != fact.DeviceDown || r.Code != CodeBrokerLost {
			t.Errorf("%+v", r)
		}
	}
	if err := l.Run(ctx, channelSink(reports)); err == nil {
		t.Error("Run twice at a time")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(reports) != 0 {
		t.Errorf("said again: %+v", <-reports)
	}
}

type channelSink chan fact.Fact

func (c channelSink) Report(ctx context.Context, f fact.Fact) error {
	select {
	case c <- f:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
