// Package link is how a driver of locks is connected to an MQTT broker: one connection
// after another, for ever.
//
//	         Send ──► one at a time, all or none ──┐
//	driver                                         ├── one connection ── broker
//	       ◄── Begin, Take, Look, Lost ◄── queue ──┘
//
// It owns the dialling and the waits between, the connection, the queue of what arrives,
// and the order of what is sent. What a message means, who is there and what is reported,
// the driver says. It refuses to repeat: every connection is a new MQTT client with an
// empty memory that does not reconnect by itself, so a command that was under way when a
// connection broke is forgotten and not sent again. Commands go out at QoS 1, never
// retained.
//
// Begin, Take, Look and Lost come from the goroutine of Run and from no other: what a
// driver knows of its locks needs no mutex.
package link

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"trilock/custody/fact"
)

// Settings make a Link. They are taken as they are: what a driver allows, the driver checks.
type Settings struct {
	// BrokerURL is "tls://host:port" or "tcp://host:port"; Name is what the log calls that
	// broker, for example "the locks' broker".
	BrokerURL string
	Name      string
	// TLS is nil with tcp.
	TLS *tls.Config
	// ClientID is the driver's own; with certificates, the certificate's common name.
	ClientID string
	// Username and Password are empty where the certificate says who this is.
	Username, Password string
	// Topics are subscribed at QoS 1.
	Topics []string
	// Keep has the broker keep the session while nobody is connected, and deliver a message
	// again that Take has not returned from: nothing that was sent at QoS 1 is lost. What
	// comes at QoS 0 is then a heartbeat and gives way when the queue is full.
	//
	// Otherwise the session is clean: what is retained says how things stand, and what was
	// published while nobody listened is older than that. Nothing gives way then: a lock
	// that says everything at QoS 0 says its bolt's position so, too.
	Keep bool
	Log  *slog.Logger
}

// Driver is what a driver does with its connection. An error of Take, Look or Lost ends
// the connection; a sink that refuses because ctx has ended is the usual one.
type Driver struct {
	// Begin begins a connection: it stands, the topics are subscribed, and nothing that came
	// on it has been taken. The broker says again who is there.
	Begin func(now time.Time)
	// Take takes one message.
	Take func(ctx context.Context, w Wire, m Message) error
	// Look looks for silence, four times a second. What had arrived by then was taken before.
	Look func(ctx context.Context, w Wire, now time.Time) error
	// Lost is called when a connection broke, and after every attempt that failed.
	Lost func(ctx context.Context, why error) error
}

// Message is a message and the instant it came: a sink that blocks does not make it younger.
type Message struct {
	Topic    string
	Payload  []byte
	Retained bool
	At       time.Time
	ack      func() // nil when the client acknowledges by itself
}

// Wire is the connection that Take and Look are called on.
type Wire interface {
	// Publish sends a payload, as Send does, and waits for nobody: what it says can be said again.
	Publish(topic string, payload []byte)
	// Ask subscribes to topics once more, so that the broker says again what is retained on
	// them. It waits for nobody.
	Ask(topics ...string)
}

// Command is one payload for one lock.
type Command struct {
	Lock    fact.DeviceID
	Topic   string
	Payload []byte
}

// Link is a driver's connection to its broker. Its methods can be called from any goroutine.
type Link struct {
	settings Settings
	running  atomic.Bool

	mu      sync.Mutex
	session *session // nil while there is no connection

	sendMu sync.Mutex // one command at a time: the stream to each lock is ordered
}

// New dials nothing: Run does.
func New(s Settings) *Link { return &Link{settings: s} }

// Run keeps the connection until ctx ends, then returns nil. It reconnects for ever; it
// returns an error only when it already runs.
func (l *Link) Run(ctx context.Context, d Driver) error {
	if !l.running.CompareAndSwap(false, true) {
		return errors.New("Run was called while it runs")
	}
	defer l.running.Store(false)
	wait := newRedial()
	for said := false; ; {
		dialled := time.Now()
		connected, err := l.connection(ctx, d)
		if ctx.Err() != nil {
			return nil
		}
		if connected && time.Since(dialled) > redialMax {
			wait.Reset() // it held: a broker that throws us off at once is not dialled in a frenzy
		}
		if connected || !said {
			l.settings.Log.Warn(l.settings.Name+" is lost; trying again until it is back", "broker", l.settings.BrokerURL, "error", err)
			said = true
		}
		if err := d.Lost(ctx, err); err != nil {
			return nil // only the end of ctx makes a sink refuse
		}
		pause := time.NewTimer(wait.NextBackOff())
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil
		case <-pause.C:
		}
	}
}

// newRedial returns the waits between attempts to reach the broker: for ever, and never 5 s.
func newRedial() *backoff.ExponentialBackOff {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval, wait.RandomizationFactor = redialFirst, redialMax, redialJitter
	return wait
}
