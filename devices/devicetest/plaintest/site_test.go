package plaintest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"trilock/custody/fact"
	"trilock/devices/broker"
	"trilock/devices/devicetest/locktest"
	"trilock/devices/devicetest/plaintest"
	"trilock/devices/lock/plain"
	"trilock/devices/pki"
	"trilock/firmware-protocols/plainlock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	driverName = "trilockd-plain"
	// patience bounds every wait for a condition: generous, because nothing depends on it but a failing test.
	patience = 60 * time.Second
)

// members are the locks of every test, one of each convention.
var members = []struct {
	id         string
	convention plainlock.Convention
	base       string
}{
	{"cabinet-a-lock", plainlock.Zigbee2MQTT, "zigbee2mqtt/cabinet-a"},
	{"door-lock", plainlock.HomeAssistant, "home/frontdoor"},
	{"gate-lock", plainlock.ESPHome, "gate/lock/bolt"},
}

func topics(t *testing.T, convention plainlock.Convention, base string) plainlock.Topics {
	t.Helper()
	found, err := convention.Topics(base)
	if err == nil {
		err = found.Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// site is a broker with an authority, three locks and the driver's identity.
type site struct {
	t       *testing.T
	courier string
	dir     string
	ca      *pki.Authority
	server  pki.Leaf
	url     string
	stop    func()
	tls     map[string]*tls.Config
	topics  map[string]plainlock.Topics
	locks   map[string]*plaintest.Lock
}

func onEachBroker(t *testing.T, test func(*testing.T, *site)) {
	t.Helper()
	for _, courier := range []string{"built-in", "mosquitto"} {
		t.Run(courier, func(t *testing.T) { test(t, newSite(t, courier)) })
	}
}

func newSite(t *testing.T, courier string) *site {
	t.Helper()
	s := &site{t: t, courier: courier, dir: t.TempDir(), tls: map[string]*tls.Config{}, topics: map[string]plainlock.Topics{}, locks: map[string]*plaintest.Lock{}}
	var err error
	if s.ca, err = pki.NewAuthority(filepath.Join(s.dir, "pki")); err != nil {
		t.Fatal(err)
	}
	if s.server, err = s.ca.Issue("broker", pki.Server, []string{"127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	names := []string{driverName, "intruder"}
	for _, m := range members {
		names = append(names, m.id)
		s.topics[m.id] = topics(t, m.convention, m.base)
	}
	for _, name := range names {
		leaf, err := s.ca.Issue(name, pki.Client, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.tls[name], err = pki.ClientTLS(pki.CAFile(filepath.Join(s.dir, "pki")), leaf); err != nil {
			t.Fatal(err)
		}
	}
	s.startBroker(0)
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *site) startBroker(port int) {
	s.t.Helper()
	if s.courier == "mosquitto" {
		s.startMosquitto(port)
		return
	}
	config, err := pki.ServerTLS(pki.CAFile(filepath.Join(s.dir, "pki")), s.server)
	if err != nil {
		s.t.Fatal(err)
	}
	driver := broker.PlainClient{Name: driverName}
	clients := []broker.PlainClient{}
	for _, m := range members {
		top := s.topics[m.id]
		driver.Publish = append(driver.Publish, top.Command)
		driver.Subscribe = append(driver.Subscribe, top.State, top.Availability)
		clients = append(clients, broker.PlainClient{Name: m.id, Publish: []string{top.State, top.Availability}, Subscribe: []string{top.Command}})
	}
	b, err := broker.Start(broker.Settings{Listen: fmt.Sprintf("127.0.0.1:%d", port), Dir: filepath.Join(s.dir, "broker"), TLS: config,
		Locks: []string{"lock-1"}, Daemon: "trilockd", Plain: append(clients, driver), Log: quiet()})
	if err != nil {
		s.t.Fatal(err)
	}
	s.url, s.stop = "tls://"+b.Addr(), b.Stop
}

// startMosquitto uses the delivered files, and the delivered access list with entries of
// the form that it shows in its comment.
func (s *site) startMosquitto(port int) {
	s.t.Helper()
	const delivered = "../../../configs/mosquitto"
	conf := filepath.Join(s.dir, "conf")
	if err := os.MkdirAll(conf, 0o700); err != nil {
		s.t.Fatal(err)
	}
	for _, name := range []string{"trilock.conf", "trilock.acl"} {
		text, err := os.ReadFile(filepath.Join(delivered, name))
		if err != nil {
			s.t.Fatal(err)
		}
		if name == "trilock.acl" {
			text = append(text, s.accessList()...)
		}
		if err := os.WriteFile(filepath.Join(conf, name), text, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	url, stop, err := locktest.StartMosquitto(locktest.Mosquitto{Dir: filepath.Join(s.dir, "mosquitto"), ConfDir: conf,
		CAFile: pki.CAFile(filepath.Join(s.dir, "pki")), Leaf: s.server, Port: port})
	if errors.Is(err, locktest.ErrNoMosquitto) && os.Getenv("CI") != "true" {
		s.t.Skip(err)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.url, s.stop = url, func() {
		if err := stop(); err != nil {
			s.t.Error(err)
		}
	}
}

func (s *site) accessList() string {
	var daemon, locks strings.Builder
	fmt.Fprintf(&daemon, "\nuser %s\n", driverName)
	for _, m := range members {
		top := s.topics[m.id]
		fmt.Fprintf(&daemon, "topic write %s\ntopic read %s\ntopic read %s\n", top.Command, top.State, top.Availability)
		fmt.Fprintf(&locks, "\nuser %s\ntopic read %s\ntopic write %s\ntopic write %s\n", m.id, top.Command, top.State, top.Availability)
	}
	return daemon.String() + locks.String()
}

// restart takes the broker away and brings it back on the same port and folder.
func (s *site) restart(during func()) {
	s.t.Helper()
	address, err := net.ResolveTCPAddr("tcp", strings.TrimPrefix(s.url, "tls://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.stop()
	during()
	s.startBroker(address.Port)
}

// plugLocks starts all locks.
func (s *site) plugLocks() {
	s.t.Helper()
	for _, m := range members {
		lock := plaintest.New(plaintest.Settings{BrokerURL: s.url, TLS: s.tls[m.id], ClientID: m.id, Convention: m.convention, Topics: s.topics[m.id]})
		s.locks[m.id] = lock
		s.run(func(ctx context.Context) error { lock.Run(ctx); return nil })
	}
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

func (s *site) driver(change func(*plain.Settings)) *plain.Locks {
	s.t.Helper()
	settings := plain.Settings{BrokerURL: s.url, TLS: s.tls[driverName], ClientID: driverName, Log: quiet()}
	for _, m := range members {
		settings.Locks = append(settings.Locks, plain.LockSettings{ID: fact.DeviceID(m.id), Convention: m.convention, Topics: s.topics[m.id], SilentAfter: time.Hour})
	}
	if change != nil {
		change(&settings)
	}
	l, err := plain.New(settings)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// start runs a driver and waits until it knows all locks and their bolts.
func (s *site) start() (*plain.Locks, *ledger) {
	s.t.Helper()
	s.plugLocks()
	driver, facts := s.driver(nil), newLedger()
	s.run(func(ctx context.Context) error { return driver.Run(ctx, facts) })
	for _, m := range members {
		facts.await(s.t, 0, m.id+" up", up(m.id))
		facts.await(s.t, 0, m.id+" locked", bolt(m.id, fact.BoltLocked))
	}
	return driver, facts
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

// await waits for a fact after from that matches.
func (l *ledger) await(t *testing.T, from int, what string, match func(fact.Fact) bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	first := from
	for {
		l.mu.Lock()
		seen, more := l.facts[from:], l.more
		l.mu.Unlock()
		for _, f := range seen {
			if match(f) {
				return
			}
		}
		from += len(seen)
		select {
		case <-more:
		case <-deadline.C:
			t.Fatalf("waited in vain for %s; since then: %+v", what, l.since(first))
		}
	}
}

func up(id string) func(fact.Fact) bool { return device(id, fact.DeviceUp, "") }

func device(id string, state fact.DeviceState, code string) func(fact.Fact) bool {
	return func(f fact.Fact) bool {
		r, ok := f.(fact.DeviceReport)
		return ok && string(r.Device) == id && r.State == state && r.Code == code
	}
}

func bolt(id string, position fact.BoltState) func(fact.Fact) bool {
	return func(f fact.Fact) bool {
		s, ok := f.(fact.LockState)
		return ok && string(s.Lock) == id && s.Bolt == position
	}
}

func quiet() *slog.Logger {
	if testing.Verbose() {
		return slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return slog.New(slog.DiscardHandler)
}
