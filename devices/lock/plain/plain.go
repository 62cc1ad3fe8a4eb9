// Package plain is the driver of MQTT locks that people already own: on doors, on
// cabinets, and on a safe whose owner has accepted the weaker guarantee in so many words.
//
//	        Turn                            ┌─ command ──────► lock
//	engine ───────► Locks ◄── one broker ───┼─ state ───────── lock   unsigned
//	       ◄─ facts ─                       └─ availability ── lock   or its bridge's will
//
// It owns one connection to the broker, with an identity of its own that has no rights on
// the topics of the signed locks. It reports facts and decides nothing. It refuses: a
// command for a lock that is not there, a message that is no word of the lock's
// convention (package plainlock), and a state that nobody vouches for.
//
// What is known of a bolt. A retained state is what the broker was once told: the lock
// may have been turned, moved or taken away since. It is kept as the last known and
// becomes the bolt's position only when the lock's availability says that it is online,
// because a lock that is online has published what changed. A lock that goes offline
// loses its position, and so does one that says nothing for longer than it may, and all
// of them when the broker is lost: then the bolt is unknown until the lock speaks.
//
// Commands go out at QoS 1, never retained, and never to a lock that is away: a broker
// that kept one would open a door when nobody stands before it. Each connection is a new
// MQTT client with an empty memory (see package link), so that no command is repeated
// when it breaks. Publishing says that the broker has the command and nothing else; that
// the bolt moved, the lock's state says.
package plain

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/lock/link"
	"trilock/firmware-protocols/plainlock"
)

// Codes of DeviceReport and AbsentError.
const (
	CodeOffline    = "lock-offline" // its availability says so, or it never announced itself
	CodeSilent     = "lock-silent"  // online, but without a word for longer than it may
	CodeBrokerLost = "broker-lost"  // nothing can be said about any lock
	CodeJammed     = "jammed"
)

// Settings make the driver.
type Settings struct {
	// BrokerURL is "tls://host:port"; "tcp://host:port" is for a broker on this machine alone.
	BrokerURL string
	// TLS verifies the broker, and holds the driver's certificate where it has one. Nil with tcp.
	TLS *tls.Config
	// ClientID is the driver's own: with certificates, the certificate's common name.
	ClientID string
	// Username and Password are empty where the certificate says who this is.
	Username, Password string
	Locks              []LockSettings
	Log                *slog.Logger
}

// LockSettings name one lock and how it speaks.
type LockSettings struct {
	ID         fact.DeviceID
	Convention plainlock.Convention
	Topics     plainlock.Topics
	// SilentAfter is how long the lock may say nothing before nothing is known of it.
	SilentAfter time.Duration
}

// AbsentError says that a command was not sent, because the lock is not there to take it.
// Nothing is kept for later.
type AbsentError struct {
	Lock fact.DeviceID
	Code string // CodeOffline, CodeSilent or CodeBrokerLost
}

// Error names the lock and why it is absent.
func (e *AbsentError) Error() string {
	return fmt.Sprintf("plain lock %s takes no command now (%s): nothing was sent to it", e.Lock, e.Code)
}

// Locks drives all plain locks of a site. Its commands may be called from any goroutine,
// whether it runs or not.
type Locks struct {
	settings Settings
	peers    map[fact.DeviceID]*peer
	order    []*peer // as configured: facts about all of them come in this order
	topics   map[string][]heard
	link     *link.Link
}

// heard says what a topic is to a lock. Locks of one bridge may share an availability.
type heard struct {
	peer  *peer
	state bool // otherwise it is the availability
}

// New checks the settings. It dials nothing: Run does.
func New(s Settings) (*Locks, error) {
	if err := check(s); err != nil {
		return nil, fmt.Errorf("plain locks: %w", err)
	}
	l := &Locks{settings: s, peers: map[fact.DeviceID]*peer{}, topics: map[string][]heard{}}
	own := map[string]fact.DeviceID{} // state and command topics, which no two locks share
	for _, one := range s.Locks {
		if err := l.add(one, own); err != nil {
			return nil, fmt.Errorf("plain lock %s: %w", one.ID, err)
		}
	}
	for topic, lock := range own {
		if slot := l.topics[topic]; len(slot) > 0 && (!slot[0].state || slot[0].peer.id != lock) {
			return nil, fmt.Errorf("plain lock %s: topic %s serves another lock as well: give each lock its own", lock, topic)
		}
	}
	l.link = l.newLink()
	return l, nil
}

func (l *Locks) add(one LockSettings, own map[string]fact.DeviceID) error {
	if l.peers[one.ID] != nil || one.ID == "" {
		return errors.New("the name is empty or taken")
	}
	if _, err := one.Convention.Topics(one.Topics.State); err != nil {
		return err
	}
	if err := one.Topics.Check(); err != nil {
		return err
	}
	if one.SilentAfter < minSilentAfter || one.SilentAfter > maxSilentAfter {
		return fmt.Errorf("it may be silent for %v: want %v to %v", one.SilentAfter, minSilentAfter, maxSilentAfter)
	}
	for _, topic := range []string{one.Topics.State, one.Topics.Command} {
		if other, taken := own[topic]; taken {
			return fmt.Errorf("topic %s is lock %s's: give each lock its own", topic, other)
		}
		own[topic] = one.ID
	}
	p := newPeer(one)
	l.peers[one.ID], l.order = p, append(l.order, p)
	l.topics[one.Topics.State] = append(l.topics[one.Topics.State], heard{peer: p, state: true})
	l.topics[one.Topics.Availability] = append(l.topics[one.Topics.Availability], heard{peer: p})
	return nil
}

func check(s Settings) error {
	broker, err := url.Parse(s.BrokerURL)
	if err != nil || broker.Port() == "" || broker.User != nil || broker.Scheme != "tls" && broker.Scheme != "tcp" {
		return fmt.Errorf("broker URL %.80q: want tls://host:port", s.BrokerURL)
	}
	if ip := net.ParseIP(broker.Hostname()); broker.Scheme == "tcp" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("broker URL %.80q: without TLS only a broker on this machine, tcp://127.0.0.1:port", s.BrokerURL)
	}
	if (broker.Scheme == "tls") != (s.TLS != nil) || s.Log == nil || s.ClientID == "" {
		return errors.New("need TLS with a tls broker, a client id and a log")
	}
	if len(s.Locks) == 0 || len(s.Locks) > maxLocks {
		return fmt.Errorf("%d locks: want 1 to %d", len(s.Locks), maxLocks)
	}
	return nil
}

// Run keeps the connection and reports facts until ctx ends, then returns nil. It
// reconnects for ever; it returns an error only when it already runs.
func (l *Locks) Run(ctx context.Context, facts devices.Sink) error {
	err := l.link.Run(ctx, link.Driver{
		Begin: l.begin,
		Take:  func(ctx context.Context, _ link.Wire, m link.Message) error { return l.take(ctx, facts, m) },
		Look:  func(ctx context.Context, w link.Wire, now time.Time) error { return l.look(ctx, facts, w, now) },
		Lost:  func(ctx context.Context, why error) error { return l.allLost(ctx, facts, why) },
	})
	if err != nil {
		return fmt.Errorf("plain locks: %w", err)
	}
	return nil
}

// allLost reports every lock down: without a broker nothing can be said about any.
func (l *Locks) allLost(ctx context.Context, facts devices.Sink, why error) error {
	detail := "no connection to the broker of the plain locks"
	if why != nil {
		detail += ": " + why.Error()
	}
	for _, p := range l.order {
		p.disconnect(time.Now())
		if err := p.tell(ctx, facts, status{fact.DeviceDown, CodeBrokerLost, detail}, position{}, CodeBrokerLost); err != nil {
			return err
		}
	}
	return nil
}

// Turn unlocks or locks. It returns when the broker has the commands. To unlock, all the
// locks must be there, or none is told; to lock, those that are there are told in any
// case. The error names, as AbsentErrors, those that are not.
func (l *Locks) Turn(ctx context.Context, unlock bool, locks ...fact.DeviceID) error {
	var targets []*peer
	for _, id := range locks {
		p := l.peers[id]
		if p == nil {
			return fmt.Errorf("no plain lock %.60q is configured", id)
		}
		targets = append(targets, p)
	}
	if unlock {
		return l.send(ctx, targets, true)
	}
	var all []error
	for _, p := range targets {
		all = append(all, l.send(ctx, []*peer{p}, false))
	}
	return errors.Join(all...)
}

// Unread returns how many messages of each lock were refused since the start, by reason.
func (l *Locks) Unread() map[fact.DeviceID]map[plainlock.Reason]uint64 {
	out := make(map[fact.DeviceID]map[plainlock.Reason]uint64, len(l.order))
	for _, p := range l.order {
		out[p.id] = p.unread.copy()
	}
	return out
}
