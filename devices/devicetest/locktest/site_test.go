package locktest_test

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"trilock/custody/fact"
	"trilock/devices/broker"
	"trilock/devices/devicetest/locktest"
	"trilock/devices/lock"
	"trilock/devices/pki"
	"trilock/firmware-protocols/lockwire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	daemonName = "trilockd"
	safeName   = "safe-1"
	// patience bounds every wait for a condition: generous, because nothing depends on it but a failing test.
	patience = 60 * time.Second
)

var lockNames = []string{"lock-a", "lock-b", "lock-c"}

// couriers are the two brokers that every test of this package runs against.
var couriers = []string{"built-in", "mosquitto"}

func onEachBroker(t *testing.T, test func(*testing.T, *site)) {
	t.Helper()
	for _, courier := range couriers {
		t.Run(courier, func(t *testing.T) { test(t, newSite(t, courier)) })
	}
}

// site is a broker, an authority, and the keys of a daemon and three locks.
type site struct {
	t       *testing.T
	courier string
	dir     string
	ca      *pki.Authority
	caDir   string
	server  pki.Leaf
	url     string
	stop    func() error
	keys    map[string]crypto.Signer
	tls     map[string]*tls.Config
}

func newSite(t *testing.T, courier string) *site {
	t.Helper()
	s := &site{t: t, courier: courier, dir: t.TempDir(), keys: map[string]crypto.Signer{}, tls: map[string]*tls.Config{}}
	s.caDir = filepath.Join(s.dir, "pki")
	var err error
	if s.ca, err = pki.NewAuthority(s.caDir); err != nil {
		t.Fatal(err)
	}
	if s.server, err = s.ca.Issue("broker", pki.Server, []string{"127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	for i, name := range append([]string{daemonName, "intruder"}, lockNames...) {
		s.tls[name] = s.clientTLS(s.ca, s.caDir, name)
		algorithm := pki.ES256
		if i%2 == 1 {
			algorithm = pki.EdDSA
		}
		if s.keys[name], err = pki.NewSigningKey(filepath.Join(s.dir, name+".sign"), algorithm); err != nil {
			t.Fatal(err)
		}
	}
	s.startBroker(0)
	t.Cleanup(func() { s.stopBroker() })
	return s
}

func (s *site) clientTLS(ca *pki.Authority, caDir, name string) *tls.Config {
	s.t.Helper()
	leaf, err := ca.Issue(name, pki.Client, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	config, err := pki.ClientTLS(pki.CAFile(caDir), leaf)
	if err != nil {
		s.t.Fatal(err)
	}
	return config
}

func (s *site) startBroker(port int) {
	s.t.Helper()
	if s.courier == "mosquitto" {
		url, stop, err := locktest.StartMosquitto(locktest.Mosquitto{
			Dir: filepath.Join(s.dir, "mosquitto"), ConfDir: "../../../configs/mosquitto",
			CAFile: pki.CAFile(s.caDir), Leaf: s.server, Port: port,
		})
		if errors.Is(err, locktest.ErrNoMosquitto) {
			if os.Getenv("CI") == "true" {
				s.t.Fatal(err)
			}
			s.t.Skip(err)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		s.url, s.stop = url, stop
		return
	}
	config, err := pki.ServerTLS(pki.CAFile(s.caDir), s.server)
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := broker.Start(broker.Settings{
		Listen: fmt.Sprintf("127.0.0.1:%d", port), Dir: filepath.Join(s.dir, "broker"), TLS: config,
		Locks: lockNames, Daemon: daemonName, Log: quiet(s.t),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.url, s.stop = "tls://"+b.Addr(), func() error { b.Stop(); return nil }
}

func (s *site) stopBroker() {
	s.t.Helper()
	if s.stop != nil {
		if err := s.stop(); err != nil {
			s.t.Error(err)
		}
	}
	s.stop = nil
}

// port returns the broker's port, to start it again on.
func (s *site) port() int {
	s.t.Helper()
	address, err := net.ResolveTCPAddr("tcp", s.url[len("tls://"):])
	if err != nil {
		s.t.Fatal(err)
	}
	return address.Port
}

func (s *site) signer(name string) lockwire.Signer {
	s.t.Helper()
	signer, err := lockwire.NewSigner(s.keys[name])
	if err != nil {
		s.t.Fatal(err)
	}
	return signer
}

func (s *site) newLock(name string, change func(*locktest.Settings)) *locktest.Lock {
	s.t.Helper()
	settings := locktest.Settings{
		ID: name, Safe: safeName, Key: s.keys[name], Trust: lockwire.ControllerTrust(safeName, s.signer(daemonName).Key()),
		BrokerURL: s.url, TLS: s.tls[name], Heartbeat: 200 * time.Millisecond, Boot: 1, Log: quiet(s.t),
	}
	if change != nil {
		change(&settings)
	}
	l, err := locktest.New(settings)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func (s *site) threeLocks() []*locktest.Lock {
	s.t.Helper()
	var out []*locktest.Lock
	for _, name := range lockNames {
		l := s.newLock(name, nil)
		s.run(l.Run)
		out = append(out, l)
	}
	return out
}

// run runs something until the test ends or the returned stop is called, whichever is first.
func (s *site) run(f func(context.Context) error) (stop func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				s.t.Errorf("Run ended with %v", err)
			}
		})
	}
	s.t.Cleanup(stop)
	return stop
}

func (s *site) driver(change func(*lock.Settings)) *lock.Locks {
	s.t.Helper()
	settings := lock.Settings{BrokerURL: s.url, TLS: s.tls[daemonName], ClientID: daemonName, ControllerKey: s.keys[daemonName], Log: quiet(s.t)}
	for _, name := range lockNames {
		settings.Locks = append(settings.Locks, lock.LockSettings{ID: fact.DeviceID(name), Key: s.keys[name].Public(), Safe: safeName})
	}
	if change != nil {
		change(&settings)
	}
	l, err := lock.New(settings)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// ledger is a sink that keeps everything and lets a test wait for what it expects.
type ledger struct {
	mu    sync.Mutex
	facts []fact.Fact
	more  chan struct{}
}

func newLedger() *ledger { return &ledger{more: make(chan struct{})} }

func (l *ledger) Report(ctx context.Context, f fact.Fact) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.facts = append(l.facts, f)
	close(l.more)
	l.more = make(chan struct{})
	return nil
}

// mark returns the place from which later facts are looked for.
func (l *ledger) mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.facts)
}

func (l *ledger) since(from int) []fact.Fact {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]fact.Fact(nil), l.facts[from:]...)
}

// await returns the first fact after from that matches.
func (l *ledger) await(t *testing.T, from int, what string, match func(fact.Fact) bool) fact.Fact {
	t.Helper()
	deadline := time.After(patience)
	for {
		l.mu.Lock()
		seen, more := l.facts[from:], l.more
		l.mu.Unlock()
		for _, f := range seen {
			if match(f) {
				return f
			}
		}
		from += len(seen)
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("waited in vain for %s; the last facts: %+v", what, tail(l.since(0), 12))
		}
	}
}

func tail(facts []fact.Fact, n int) []fact.Fact { return facts[max(0, len(facts)-n):] }

// each waits for a match of every lock.
func (l *ledger) each(t *testing.T, from int, what string, match func(name fact.DeviceID, f fact.Fact) bool) map[fact.DeviceID]fact.Fact {
	t.Helper()
	out := map[fact.DeviceID]fact.Fact{}
	for _, name := range lockNames {
		id := fact.DeviceID(name)
		out[id] = l.await(t, from, name+": "+what, func(f fact.Fact) bool { return match(id, f) })
	}
	return out
}

func report(state fact.DeviceState, code string) func(fact.DeviceID, fact.Fact) bool {
	return func(id fact.DeviceID, f fact.Fact) bool {
		r, ok := f.(fact.DeviceReport)
		return ok && r.Device == id && r.State == state && r.Code == code
	}
}

func bolt(position fact.BoltState, reason string) func(fact.DeviceID, fact.Fact) bool {
	return func(id fact.DeviceID, f fact.Fact) bool {
		s, ok := f.(fact.LockState)
		return ok && s.Lock == id && s.Bolt == position && s.Reason == reason
	}
}

// unknown matches a bolt that nobody can vouch for, whatever the reason.
func unknown(id fact.DeviceID, f fact.Fact) bool {
	s, ok := f.(fact.LockState)
	return ok && s.Lock == id && s.Bolt == fact.BoltUnknown
}

func result(session string, accepted bool, code lockwire.Code) func(fact.DeviceID, fact.Fact) bool {
	return func(id fact.DeviceID, f fact.Fact) bool {
		r, ok := f.(fact.LockResult)
		return ok && r.Lock == id && r.Session == session && r.Accepted == accepted && r.Code == string(code)
	}
}

func quiet(t *testing.T) *slog.Logger {
	t.Helper()
	if testing.Verbose() {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	}
	return slog.New(slog.DiscardHandler)
}
