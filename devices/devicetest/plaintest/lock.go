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
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	mqtt "github.com/eclipse/paho.mqtt.golang"

	"trilock/devices/devicetest/locktest/line"
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
	topics := l.settings.Topics
	wire, err := line.Dial(ctx, line.Settings{
		BrokerURL: l.settings.BrokerURL, TLS: l.settings.TLS, ClientID: l.settings.ClientID,
		WillTopic: topics.Availability, WillPayload: "offline",
		Take: func(m mqtt.Message) {
			select {
			case <-power: // what arrives as the power goes reaches nobody
			default:
				l.obey(m.Payload(), m.Retained())
			}
		},
	})
	if err != nil {
		return false, err
	}
	defer wire.Close()
	if err := wire.Subscribe(ctx, topics.Command); err != nil {
		return false, err
	}
	if err := wire.Publish(ctx, topics.Availability, 1, true, []byte("online")); err != nil {
		return false, err
	}
	for {
		if err := wire.Publish(ctx, topics.State, 1, true, l.State()); err != nil {
			return true, err
		}
		select {
		case <-l.changed:
		case err := <-wire.Lost():
			return true, err
		case <-power:
			return true, wire.Cut()
		case <-ctx.Done():
			return true, wire.Goodbye(ctx, topics.Availability, "offline")
		}
	}
}
