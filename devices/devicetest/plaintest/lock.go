// Package plaintest is a simulated MQTT lock of the kind that people already own: it
// speaks one of the conventions of package plainlock on a real broker, with the faults of
// real ones. It obeys every command that reaches it, a retained one too, as they do.
//
//	Settings ──► New ──► Run ───── publishes state and availability, retained
//	                      │
//	ByHand, Jam, Deaf, CutPower ── what happens to locks
package plaintest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	mqtt "github.com/eclipse/paho.mqtt.golang"

	"trilock/firmware-protocols/plainlock"
)

// Settings make a lock.
type Settings struct {
	// BrokerURL is tls://host:port or tcp://host:port; TLS is nil with the second.
	BrokerURL  string
	TLS        *tls.Config
	ClientID   string
	Convention plainlock.Convention
	Topics     plainlock.Topics
}

// Command is one that reached the lock.
type Command struct {
	Unlock   bool
	Retained bool
}

// Lock is a simulated lock. Its methods may be called from any goroutine.
type Lock struct {
	settings Settings

	mu       sync.Mutex
	bolt     plainlock.Bolt
	moving   bool
	jammed   bool
	deaf     bool
	commands []Command
	power    chan struct{} // closed when the power goes
	changed  chan struct{} // wakes the connection: there is a state to publish
}

// New returns a lock with its bolt locked and the power on.
func New(s Settings) *Lock {
	return &Lock{settings: s, bolt: plainlock.BoltLocked, power: make(chan struct{}), changed: make(chan struct{}, 1)}
}

// Run keeps the lock on the broker until ctx ends.
func (l *Lock) Run(ctx context.Context) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = redialFirst, redialMax
	for ctx.Err() == nil {
		if l.powered() == nil {
			if connected, _ := l.connection(ctx); connected {
				wait.Reset()
			}
		}
		pause := time.NewTimer(wait.NextBackOff())
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
}

// ByHand turns the bolt by its key or knob.
func (l *Lock) ByHand(unlock bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bolt, l.moving, l.jammed = boltOf(unlock), false, false
	l.wake()
}

// Jam makes the bolt stick at its next move, until it is turned by hand.
func (l *Lock) Jam() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.jammed = true
}

// Deaf makes the lock obey no command, and stay online.
func (l *Lock) Deaf(deaf bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deaf = deaf
}

// CutPower takes the lock off the broker without a goodbye: its will says offline. The
// bolt stays where it is.
func (l *Lock) CutPower() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.power:
	default:
		close(l.power)
	}
}

// RestorePower brings it back.
func (l *Lock) RestorePower() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.power = make(chan struct{})
}

// Bolt returns where the bolt is.
func (l *Lock) Bolt() plainlock.Bolt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bolt
}

// Commands returns the commands that reached the lock, oldest first.
func (l *Lock) Commands() []Command {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.commands)
}

// State returns the state message that the lock would publish now.
func (l *Lock) State() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state()
}

func boltOf(unlock bool) plainlock.Bolt {
	if unlock {
		return plainlock.BoltUnlocked
	}
	return plainlock.BoltLocked
}

func (l *Lock) wake() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// powered returns an error while the power is off.
func (l *Lock) powered() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.power:
		return errors.New("no power")
	default:
		return nil
	}
}

func (l *Lock) state() []byte {
	if l.settings.Convention == plainlock.Zigbee2MQTT {
		words := map[plainlock.Bolt][2]string{plainlock.BoltLocked: {"LOCK", "locked"}, plainlock.BoltUnlocked: {"UNLOCK", "unlocked"}, plainlock.BoltJammed: {"LOCK", "not_fully_locked"}}
		w := words[l.bolt]
		return fmt.Appendf(nil, `{"battery":91,"linkquality":140,"lock_state":%q,"state":%q}`, w[1], w[0])
	}
	if l.moving {
		return []byte("LOCKING")
	}
	return []byte(map[plainlock.Bolt]string{plainlock.BoltLocked: "LOCKED", plainlock.BoltUnlocked: "UNLOCKED", plainlock.BoltJammed: "JAMMED"}[l.bolt])
}

// obey takes a command.
func (l *Lock) obey(payload []byte, retained bool) {
	unlock := bytes.Equal(payload, l.settings.Convention.Command(true))
	if !unlock && !bytes.Equal(payload, l.settings.Convention.Command(false)) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.commands) < commandsRemembered {
		l.commands = append(l.commands, Command{Unlock: unlock, Retained: retained})
	}
	if l.deaf {
		return
	}
	l.moving = true
	l.wake()
	power := l.power
	time.AfterFunc(travel, func() { l.arrive(unlock, power) })
}

// arrive ends a move, unless the power went meanwhile.
func (l *Lock) arrive(unlock bool, power <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-power:
		return
	default:
	}
	l.moving, l.bolt = false, boltOf(unlock)
	if l.jammed {
		l.bolt = plainlock.BoltJammed
	}
	l.wake()
}

// connection is one connection from dialling to its loss, to the loss of power, or to the end of ctx.
func (l *Lock) connection(ctx context.Context) (connected bool, err error) {
	l.mu.Lock()
	power := l.power
	l.mu.Unlock()
	lost := make(chan error, 1)
	var line net.Conn // set while connecting, read after
	client := mqtt.NewClient(l.options(ctx, power, lost, &line))
	defer client.Disconnect(0)
	if err := settle(ctx, lost, client.Connect()); err != nil {
		return false, err
	}
	topics := l.settings.Topics
	if err := settle(ctx, lost, client.Subscribe(topics.Command, 1, nil)); err != nil {
		return false, err
	}
	if err := settle(ctx, lost, client.Publish(topics.Availability, 1, true, "online")); err != nil {
		return false, err
	}
	for {
		if err := settle(ctx, lost, client.Publish(topics.State, 1, true, l.State())); err != nil {
			return true, err
		}
		select {
		case <-l.changed:
		case err := <-lost:
			return true, err
		case <-power:
			return true, errors.Join(errors.New("the power went"), line.Close())
		case <-ctx.Done():
			bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectMax)
			defer cancel()
			return true, settle(bye, lost, client.Publish(topics.Availability, 1, true, "offline"))
		}
	}
}

func (l *Lock) options(ctx context.Context, power <-chan struct{}, lost chan<- error, line *net.Conn) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions().AddBroker(l.settings.BrokerURL).SetClientID(l.settings.ClientID)
	o.SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).SetProtocolVersion(4).SetOrderMatters(true)
	o.SetConnectTimeout(connectMax).SetWriteTimeout(connectMax).SetKeepAlive(keepAlive).SetPingTimeout(keepAlive)
	o.SetWill(l.settings.Topics.Availability, "offline", 1, true)
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) {
		select {
		case lost <- err:
		default:
		}
	})
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
		select {
		case <-power:
		default:
			l.obey(m.Payload(), m.Retained())
		}
	})
	o.SetCustomOpenConnectionFn(func(broker *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
		var err error
		plain := net.Dialer{Timeout: connectMax}
		if l.settings.TLS == nil {
			*line, err = plain.DialContext(ctx, "tcp", broker.Host)
		} else {
			*line, err = (&tls.Dialer{NetDialer: &plain, Config: l.settings.TLS.Clone()}).DialContext(ctx, "tcp", broker.Host)
		}
		return *line, err
	})
	return o
}

// settle waits for an answer of the broker. It must not be called from a message handler.
func settle(ctx context.Context, lost <-chan error, token mqtt.Token) error {
	limit := time.NewTimer(connectMax)
	defer limit.Stop()
	select {
	case <-token.Done():
		if sub, ok := token.(*mqtt.SubscribeToken); ok && token.Error() == nil {
			for topic, granted := range sub.Result() {
				if granted > 2 {
					return fmt.Errorf("the broker refuses %s", topic)
				}
			}
		}
		return token.Error()
	case err := <-lost:
		return errors.Join(errors.New("the connection broke"), err)
	case <-limit.C:
		return errors.New("the broker does not answer")
	case <-ctx.Done():
		return ctx.Err()
	}
}
