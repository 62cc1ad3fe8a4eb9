// Package broker is the MQTT broker inside the daemon, for sites without one of their
// own: NATS with its MQTT listener, and nothing else of it.
//
//	daemon "trilockd" ── publish .../cmd, subscribe .../evt and .../online ─┐
//	                                                                        ├─ one TLS port
//	lock "<id>" ── publish its own evt and online, subscribe its own cmd ───┤
//	bridge of plain locks ── the topics that the configuration lists ───────┘
//
// It owns one listening port and one folder. It refuses everybody without a client
// certificate of the site's authority, a certificate whose common name is neither the
// daemon nor a configured client, a client id that is not the certificate's common name
// (one lock cannot throw another off), and every topic but the ones drawn above.
//
// It is a courier and trusted with nothing else: what it carries is signed (but for what
// plain locks say, see plainlock), and a lock
// judges for itself. A publish that is not allowed is dropped and acknowledged, as MQTT
// 3.1.1 has no way to say no; who needs to know waits for the peer's answer.
package broker

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"

	"github.com/nats-io/nats-server/v2/server"

	"trilock/firmware-protocols/plainlock"
)

// Settings say where a broker listens and who may speak with it.
type Settings struct {
	// Listen is "host:port"; port 0 takes a free one (tests).
	Listen string
	// Dir holds what is kept for clients that are away. It is created with mode 0700.
	Dir string
	// TLS must require and verify client certificates (see pki.ServerTLS).
	TLS *tls.Config
	// Locks are the locks' ids, which are the common names of their certificates.
	Locks []string
	// Daemon is the daemon's certificate's common name and client id, "trilockd".
	Daemon string
	// Plain are the clients of plain locks, if there are any: their bridges, and the daemon's
	// second identity. They reach the topics listed and none of the signed locks'.
	Plain []PlainClient
	// Log gets the broker's own complaints.
	Log *slog.Logger
}

// PlainClient is a client that speaks for plain locks, or with them.
type PlainClient struct {
	Name string // its certificate's common name, and its client id
	// Publish and Subscribe are topics without wildcards: see plainlock.ValidTopic.
	Publish, Subscribe []string
}

// Broker is a running broker.
type Broker struct {
	server *server.Server
	addr   string
	stop   sync.Once
}

// Start starts a broker and returns when it accepts connections.
func Start(s Settings) (*Broker, error) {
	host, port, err := s.check()
	if err != nil {
		return nil, fmt.Errorf("MQTT broker: %w", err)
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("MQTT broker: %w", err)
	}
	gate := newGatekeeper(s.Daemon, s.Locks, s.Plain)
	options := options(s, host, port)
	options.CustomClientAuthentication = gate
	srv, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("MQTT broker: %w", err)
	}
	gate.server = srv
	complaints := newComplaints(s.Log)
	srv.SetLoggerV2(complaints, false, false, false)
	srv.Start()
	if complaints.fatal() == nil && !srv.ReadyForConnections(readyMax) {
		complaints.Fatalf("not ready after %v", readyMax)
	}
	if err := complaints.fatal(); err != nil {
		srv.Shutdown()
		srv.WaitForShutdown()
		return nil, fmt.Errorf("MQTT broker on %s: %w", s.Listen, err)
	}
	return &Broker{server: srv, addr: net.JoinHostPort(host, strconv.Itoa(options.MQTT.Port))}, nil
}

// Addr returns "host:port" as it listens.
func (b *Broker) Addr() string { return b.addr }

// Stop closes the port and all connections, flushes the folder, and returns when that
// is done. It can be called again.
func (b *Broker) Stop() {
	b.stop.Do(func() {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	})
}

func (s Settings) check() (host string, port int, err error) {
	host, text, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return "", 0, fmt.Errorf("listen address %q: want host:port: %w", s.Listen, err)
	}
	if port, err = strconv.Atoi(text); err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("listen address %q: port %q is not 0 to 65535", s.Listen, text)
	}
	if s.Dir == "" || s.Log == nil {
		return "", 0, errors.New("needs a folder and a log")
	}
	if s.TLS == nil || s.TLS.ClientAuth != tls.RequireAndVerifyClientCert || s.TLS.ClientCAs == nil {
		return "", 0, errors.New("needs TLS that requires and verifies client certificates")
	}
	if len(s.Locks) > maxLocks {
		return "", 0, fmt.Errorf("%d locks: %d at most", len(s.Locks), maxLocks)
	}
	if err := s.checkPlain(); err != nil {
		return "", 0, err
	}
	seen := map[string]bool{}
	for _, name := range s.clients() {
		if !validName(name) {
			return "", 0, fmt.Errorf("client name %.60q: want 1 to %d of a-z, 0-9 and '-'", name, maxNameBytes)
		}
		if seen[name] {
			return "", 0, fmt.Errorf("client name %q twice: the daemon and every lock need a name of their own", name)
		}
		seen[name] = true
	}
	return host, port, nil
}

// clients returns the names of everybody who may connect.
func (s Settings) clients() []string {
	names := append([]string{s.Daemon}, s.Locks...)
	for _, p := range s.Plain {
		names = append(names, p.Name)
	}
	return names
}

func (s Settings) checkPlain() error {
	if len(s.Plain) > maxPlainClients {
		return fmt.Errorf("%d clients of plain locks: %d at most", len(s.Plain), maxPlainClients)
	}
	for _, p := range s.Plain {
		for _, topic := range append(append([]string{}, p.Publish...), p.Subscribe...) {
			if !plainlock.ValidTopic(topic) {
				return fmt.Errorf("client %.60q: topic %.80q is none of a plain lock's", p.Name, topic)
			}
		}
		if len(p.Publish)+len(p.Subscribe) > maxPlainTopics {
			return fmt.Errorf("client %.60q has %d topics: %d at most", p.Name, len(p.Publish)+len(p.Subscribe), maxPlainTopics)
		}
	}
	return nil
}

// subscriptions bounds how many there can be, for everybody together.
func (s Settings) subscriptions() int {
	n := 2*subscriptionsPerTopic*len(s.Locks) + spareConnections
	for _, p := range s.Plain {
		n += subscriptionsPerTopic * len(p.Subscribe)
	}
	return n
}

// options open the MQTT port and no other: no NATS client port, no cluster, no leaf
// nodes, no websocket, no monitoring.
func options(s Settings, host string, port int) *server.Options {
	if port == 0 {
		port = server.RANDOM_PORT
	}
	clients := len(s.clients())
	return &server.Options{
		ServerName:             "trilock",
		DontListen:             true,
		NoSigs:                 true,
		JetStream:              true,
		StoreDir:               s.Dir,
		JetStreamMaxMemory:     maxMemoryBytes,
		JetStreamMaxStore:      maxStoreBytes,
		MaxPayload:             maxPayloadBytes,
		MaxPending:             maxPendingBytes,
		MaxConn:                clients + spareConnections,
		MaxSubs:                s.subscriptions(),
		WriteDeadline:          writeMax,
		NoSystemAccount:        true,
		DisableJetStreamBanner: true,
		MQTT: server.MQTTOpts{
			Host:          host,
			Port:          port,
			TLSConfig:     s.TLS.Clone(),
			TLSTimeout:    handshakeMax.Seconds(),
			AuthTimeout:   handshakeMax.Seconds(),
			MaxAckPending: maxUnacked,
			AckWait:       redeliverAfter,
		},
	}
}

func validName(name string) bool {
	if name == "" || len(name) > maxNameBytes || name[0] == '-' {
		return false
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
