// Package brokertest is a broker for the tests of whoever speaks MQTT: the built-in one
// or a real mosquitto with the files that trilock delivers, under an authority of its
// own, and a certificate for everybody who takes part. It also keeps what a driver
// reports, for tests that wait for it.
//
// It owns what is the same on every such site: folders, certificates, starting, stopping
// and restarting on the same port. Who takes part and what is said, the tests know. It
// refuses to pass over a broker in silence: without mosquitto a test is skipped with the
// reason, and fails where CI is "true".
package brokertest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"trilock/devices/broker"
	"trilock/devices/devicetest/locktest"
	"trilock/devices/pki"
)

// Courier is which broker carries the messages.
type Courier string

// The couriers.
const (
	BuiltIn   Courier = "built-in"
	Mosquitto Courier = "mosquitto"
)

// OnEach runs a test against each courier.
func OnEach(t *testing.T, test func(*testing.T, Courier)) {
	t.Helper()
	for _, courier := range []Courier{BuiltIn, Mosquitto} {
		t.Run(string(courier), func(t *testing.T) { test(t, courier) })
	}
}

// Settings say who takes part in a site.
type Settings struct {
	Courier Courier
	// Clients get a certificate each, with their name as its common name.
	Clients []string
	// Locks, Daemon and Plain are the rights on either broker (see broker.Settings and
	// broker.AccessList).
	Locks  []string
	Daemon string
	Plain  []broker.PlainClient
}

// Site is a running broker with its authority and its clients' certificates.
type Site struct {
	T *testing.T
	// Dir is a folder of the test's own, which CADir and the brokers' folders are in.
	Dir   string
	CADir string
	// Server is the broker's certificate.
	Server pki.Leaf
	// URL is "tls://127.0.0.1:port" of the broker that was started last.
	URL string

	settings Settings
	ca       *pki.Authority
	tls      map[string]*tls.Config
	stop     func() error
}

// delivered is where mosquitto's files lie, seen from the packages that use a Site: all
// of them are three folders deep.
const delivered = "../../../configs/mosquitto"

// New starts a site, which ends with the test.
func New(t *testing.T, with Settings) *Site {
	t.Helper()
	s := &Site{T: t, Dir: t.TempDir(), settings: with, tls: map[string]*tls.Config{}}
	s.CADir = filepath.Join(s.Dir, "pki")
	var err error
	if s.ca, err = pki.NewAuthority(s.CADir); err != nil {
		t.Fatal(err)
	}
	if s.Server, err = s.ca.Issue("broker", pki.Server, []string{"127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range with.Clients {
		s.tls[name] = s.ClientTLS(s.ca, s.CADir, name)
	}
	s.StartBroker(0)
	t.Cleanup(s.StopBroker)
	return s
}

// TLS returns the configuration of one of Settings.Clients.
func (s *Site) TLS(name string) *tls.Config {
	s.T.Helper()
	if s.tls[name] == nil {
		s.T.Fatalf("%s has no certificate on this site", name)
	}
	return s.tls[name]
}

// ClientTLS has an authority, the site's or another one, issue a client's certificate.
func (s *Site) ClientTLS(ca *pki.Authority, caDir, name string) *tls.Config {
	s.T.Helper()
	leaf, err := ca.Issue(name, pki.Client, nil)
	if err != nil {
		s.T.Fatal(err)
	}
	config, err := pki.ClientTLS(pki.CAFile(caDir), leaf)
	if err != nil {
		s.T.Fatal(err)
	}
	return config
}

// StartBroker starts the site's broker on a port, 0 for a free one, and on the folder it
// had before.
func (s *Site) StartBroker(port int) {
	s.T.Helper()
	if s.settings.Courier == Mosquitto {
		s.startMosquitto(port)
		return
	}
	config, err := pki.ServerTLS(pki.CAFile(s.CADir), s.Server)
	if err != nil {
		s.T.Fatal(err)
	}
	b, err := broker.Start(broker.Settings{
		Listen: fmt.Sprintf("127.0.0.1:%d", port), Dir: filepath.Join(s.Dir, "broker"), TLS: config,
		Locks: s.settings.Locks, Daemon: s.settings.Daemon, Plain: s.settings.Plain, Log: Log(),
	})
	if err != nil {
		s.T.Fatal(err)
	}
	s.URL, s.stop = "tls://"+b.Addr(), func() error { b.Stop(); return nil }
}

func (s *Site) startMosquitto(port int) {
	s.T.Helper()
	url, stop, err := locktest.StartMosquitto(locktest.Mosquitto{
		Dir: filepath.Join(s.Dir, "mosquitto"), ConfDir: s.mosquittoFiles(),
		CAFile: pki.CAFile(s.CADir), Leaf: s.Server, Port: port,
	})
	if errors.Is(err, locktest.ErrNoMosquitto) && os.Getenv("CI") != "true" {
		s.T.Skip(err)
	}
	if err != nil {
		s.T.Fatal(err)
	}
	s.URL, s.stop = url, stop
}

// mosquittoFiles returns a folder with the delivered configuration and the access list that
// is printed for such a site. Mosquitto lets in every certificate of the site, and one that
// is none of its clients has rights to topics of its own name, so that a test can tell that
// it hears nothing else.
func (s *Site) mosquittoFiles() string {
	s.T.Helper()
	conf := filepath.Join(s.Dir, "conf")
	text, err := os.ReadFile(filepath.Join(delivered, "trilock.conf"))
	if err != nil {
		s.T.Fatal(err)
	}
	locks := slices.Clone(s.settings.Locks)
	for _, name := range s.settings.Clients {
		plain := slices.ContainsFunc(s.settings.Plain, func(p broker.PlainClient) bool { return p.Name == name })
		if name != s.settings.Daemon && !plain && !slices.Contains(locks, name) {
			locks = append(locks, name)
		}
	}
	list := broker.AccessList(s.settings.Daemon, locks, s.settings.Plain)
	if err := errors.Join(os.MkdirAll(conf, 0o700), os.WriteFile(filepath.Join(conf, "trilock.conf"), text, 0o600),
		os.WriteFile(filepath.Join(conf, "trilock.acl"), []byte(list), 0o600)); err != nil {
		s.T.Fatal(err)
	}
	return conf
}

// StopBroker stops the broker, if it runs.
func (s *Site) StopBroker() {
	s.T.Helper()
	if s.stop != nil {
		if err := s.stop(); err != nil {
			s.T.Error(err)
		}
	}
	s.stop = nil
}

// Restart takes the broker away and brings it back on the same port and folder.
func (s *Site) Restart(during func()) {
	s.T.Helper()
	s.StopBroker()
	during()
	s.StartBroker(s.Port())
}

// Port returns the port of the broker that was started last, to start it again on.
func (s *Site) Port() int {
	s.T.Helper()
	address, err := net.ResolveTCPAddr("tcp", strings.TrimPrefix(s.URL, "tls://"))
	if err != nil {
		s.T.Fatal(err)
	}
	return address.Port
}

// Run runs something until the test ends or the returned stop is called, whichever is
// first. An error that it ends with fails the test.
func (s *Site) Run(f func(context.Context) error) (stop func()) {
	s.T.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				s.T.Errorf("Run ended with %v", err)
			}
		})
	}
	s.T.Cleanup(stop)
	return stop
}

// Log returns a log that is seen with go test -v and nowhere else.
func Log() *slog.Logger {
	if testing.Verbose() {
		return slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return slog.New(slog.DiscardHandler)
}
