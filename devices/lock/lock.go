// Package lock is the driver of the locks of safes: it speaks lockwire over MQTT.
//
//	        Challenge, Authorise, Relock           ┌─ .../<lock>/cmd ────► lock
//	engine ──────────────────────────► Locks ◄─────┼─ .../<lock>/evt ───── lock   signed
//	       ◄──────── facts ───────────             └─ .../<lock>/online ── lock   a hint
//
// It owns one connection to the broker and the daemon's controller key. It verifies
// what locks say, builds the one Request of an opening, signs the controller's
// approvals, and reports facts. It decides nothing, and it refuses: a command for a lock
// that is away, an event that is not signed by that lock, an event it has seen before.
//
// One connection, and why. The broker ties the client id to the certificate, so a
// second connection would need a second identity with the same rights. Events must not
// be lost while the daemon is away: the session is kept (CleanSession false). Commands
// must never be sent twice: each connection is a new MQTT client with an empty memory
// (see package link), so what was under way when a connection broke is forgotten, not
// repeated; and the locks' sessions are clean, so no broker keeps a command for a lock.
//
// What is fresh. Presence is unsigned and a broker can hold messages back, so a lock is
// up only after it has answered, on this connection, a nonce of ours: first a Hello, from
// which on both know the version to speak, then a Probe. From then on its counters carry
// the order. Live States and events are two orders (see
// lockwire.Event): an event that was kept for us is reported when it comes, and the
// newest State is reported again after it.
package lock

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/lock/link"
	"trilock/firmware-protocols/lockwire"
)

// Codes of DeviceReport. A lock of which nothing is heard but messages that are refused
// carries the word of lockwire for them instead, most often "bad-signature".
const (
	CodeOffline    = "lock-offline"                          // the lock's will, or its own goodbye, or never announced
	CodeSilent     = "lock-silent"                           // announced, but no signed State in time
	CodeVersion    = string(lockwire.CodeUnsupportedVersion) // speaks no version that this driver speaks
	CodeBrokerLost = "broker-lost"                           // nothing can be said about any lock
)

// Settings make the driver.
type Settings struct {
	// BrokerURL is "tls://host:port".
	BrokerURL string
	// TLS holds the daemon's client certificate (see pki.ClientTLS).
	TLS *tls.Config
	// ClientID is the certificate's common name, "trilockd".
	ClientID string
	// Locks are all locks of the site; each safe has exactly three.
	Locks []LockSettings
	// ControllerKey signs commands and the controller's approvals: ECDSA P-256 or Ed25519.
	ControllerKey crypto.Signer
	// SilentAfter is how long a lock may be silent before its bolt is unknown; 0 takes 5 s.
	SilentAfter time.Duration
	Log         *slog.Logger
}

// LockSettings name one lock and the public key that it signs with.
type LockSettings struct {
	ID   fact.DeviceID
	Key  crypto.PublicKey
	Safe fact.SafeID
}

// Locks drives all locks of a site. Its commands may be called from any goroutine,
// whether it runs or not.
type Locks struct {
	settings Settings
	signer   lockwire.Signer
	peers    map[fact.DeviceID]*peer
	order    []*peer // as configured: facts about all of them come in this order
	sessions *sessionNames
	link     *link.Link
}

// New checks the settings. It dials nothing: Run does.
func New(s Settings) (*Locks, error) {
	if err := checkSettings(&s); err != nil {
		return nil, fmt.Errorf("locks: %w", err)
	}
	signer, err := lockwire.NewSigner(s.ControllerKey)
	if err != nil {
		return nil, fmt.Errorf("locks: controller key: %w", err)
	}
	l := &Locks{settings: s, signer: signer, peers: map[fact.DeviceID]*peer{}, sessions: newSessionNames()}
	perSafe, holders := map[fact.SafeID]int{}, map[[32]byte]string{signer.Key().Fingerprint(): "the controller"}
	for _, one := range s.Locks {
		key, err := lockwire.NewKey(one.Key)
		if err != nil {
			return nil, fmt.Errorf("locks: %s: %w", one.ID, err)
		}
		if !lockwire.ValidName(string(one.ID)) || !lockwire.ValidName(string(one.Safe)) {
			return nil, fmt.Errorf("locks: lock %.60q of safe %.60q: want 1 to %d of a-z, 0-9 and '-'", one.ID, one.Safe, lockwire.MaxNameBytes)
		}
		if l.peers[one.ID] != nil || string(one.ID) == s.ClientID {
			return nil, fmt.Errorf("locks: name %s twice", one.ID)
		}
		if holder, taken := holders[key.Fingerprint()]; taken {
			return nil, fmt.Errorf("locks: %s and %s have the same key: give every lock a key of its own", one.ID, holder)
		}
		holders[key.Fingerprint()] = string(one.ID)
		perSafe[one.Safe]++
		p := newPeer(one, key)
		l.peers[one.ID], l.order = p, append(l.order, p)
	}
	for safe, n := range perSafe {
		if n != lockwire.LocksPerSafe {
			return nil, fmt.Errorf("locks: safe %s has %d locks: it needs exactly %d (SAF-1)", safe, n, lockwire.LocksPerSafe)
		}
	}
	l.link = l.newLink()
	return l, nil
}

func checkSettings(s *Settings) error {
	broker, err := url.Parse(s.BrokerURL)
	if err != nil || broker.Scheme != "tls" || broker.Port() == "" || broker.User != nil {
		return fmt.Errorf("broker URL %.80q: want tls://host:port", s.BrokerURL)
	}
	if s.TLS == nil || s.Log == nil {
		return errors.New("need TLS with the daemon's certificate, and a log")
	}
	if !lockwire.ValidName(s.ClientID) {
		return fmt.Errorf("client id %.60q: want the common name of the daemon's certificate", s.ClientID)
	}
	if len(s.Locks) == 0 || len(s.Locks) > maxLocks {
		return fmt.Errorf("%d locks: want 3 to %d", len(s.Locks), maxLocks)
	}
	if s.SilentAfter == 0 {
		s.SilentAfter = defaultSilentAfter
	}
	if s.SilentAfter < minSilentAfter {
		return fmt.Errorf("a lock would be silent after %v: want %v or more, two heartbeats", s.SilentAfter, minSilentAfter)
	}
	return nil
}

// Run keeps the connection and reports facts until ctx ends, then returns nil. It
// reconnects for ever; it returns an error only when it already runs.
func (l *Locks) Run(ctx context.Context, facts devices.Sink) error {
	err := l.link.Run(ctx, link.Driver{
		Begin: l.begin,
		Take:  func(ctx context.Context, w link.Wire, m link.Message) error { return l.take(ctx, facts, w, m) },
		Look:  func(ctx context.Context, w link.Wire, now time.Time) error { return l.look(ctx, facts, w, now) },
		Lost:  func(ctx context.Context, why error) error { return l.allLost(ctx, facts, why) },
	})
	if err != nil {
		return fmt.Errorf("locks: %w", err)
	}
	return nil
}

// allLost reports every lock down: without a broker nothing can be said about any.
func (l *Locks) allLost(ctx context.Context, facts devices.Sink, why error) error {
	detail := "no connection to the broker"
	if why != nil {
		detail += ": " + why.Error()
	}
	for _, p := range l.order {
		p.disconnect()
		if err := p.report(ctx, facts, status{fact.DeviceDown, CodeBrokerLost, detail}); err != nil {
			return err
		}
		if err := p.forgetBolt(ctx, facts, CodeBrokerLost); err != nil {
			return err
		}
	}
	return nil
}

// Refused returns how many messages of each lock were refused since the start: badly signed, or not lockwire.
func (l *Locks) Refused() map[fact.DeviceID]uint64 {
	out := make(map[fact.DeviceID]uint64, len(l.order))
	for _, p := range l.order {
		out[p.id] = p.refused.Load()
	}
	return out
}
