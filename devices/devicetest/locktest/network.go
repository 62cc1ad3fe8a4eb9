package locktest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
	mqtt "github.com/eclipse/paho.mqtt.golang"

	"trilock/devices/devicetest/locktest/line"
	"trilock/firmware-protocols/lockwire"
)

// stayConnected dials for ever: every connection is a new client with a clean session,
// so that nothing of an old one is sent or delivered again.
func (l *Lock) stayConnected(ctx context.Context) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval, wait.RandomizationFactor = redialFirst, redialMax, redialJitter
	for ctx.Err() == nil {
		connected, err := l.connection(ctx)
		if connected {
			wait.Reset()
		}
		l.settings.Log.Debug("lock is off the broker", "lock", l.settings.ID, "error", err)
		pause := time.NewTimer(wait.NextBackOff())
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
}

// connection is one connection from dialling to its loss, to the loss of power, or to the end of ctx.
func (l *Lock) connection(ctx context.Context) (connected bool, err error) {
	l.mu.Lock()
	powerDown := l.powerDown
	l.mu.Unlock()
	command, presence := lockwire.Topic(l.settings.ID, lockwire.RoleCommand), lockwire.Topic(l.settings.ID, lockwire.RolePresence)
	wire, err := line.Dial(ctx, line.Settings{
		BrokerURL: l.settings.BrokerURL, TLS: l.settings.TLS, ClientID: l.settings.ID,
		WillTopic: presence, WillPayload: lockwire.PresenceOffline,
		Take: func(m mqtt.Message) { l.arrive(m, command, powerDown) },
	})
	if err != nil {
		return false, err
	}
	defer wire.Close()
	if err := wire.Subscribe(ctx, command); err != nil {
		return false, err
	}
	if err := wire.Publish(ctx, presence, 1, true, []byte(lockwire.PresenceOnline)); err != nil {
		return false, fmt.Errorf("announcing: %w", err)
	}
	l.dropLive()
	l.mu.Lock()
	l.state(lockwire.ReasonConnected, lockwire.Nonce{})
	l.mu.Unlock()
	for {
		if err := l.flush(ctx, wire); err != nil {
			return true, err
		}
		select {
		case <-l.send:
		case err := <-wire.Lost():
			return true, err
		case <-powerDown:
			// No goodbye: the broker learns it from the broken line and publishes the will.
			return true, wire.Cut()
		case <-ctx.Done():
			// Said goodbye: the will stays away, so presence is withdrawn by hand.
			return true, wire.Goodbye(ctx, presence, lockwire.PresenceOffline)
		}
	}
}

// arrive takes what the broker delivers and drops what is no command of this moment.
func (l *Lock) arrive(m mqtt.Message, command string, powerDown <-chan struct{}) {
	select {
	case <-powerDown: // a message that arrives as the power goes reaches nobody
		return
	default:
	}
	if m.Retained() || m.Duplicate() || m.Topic() != command {
		l.mu.Lock()
		l.ignored++
		l.mu.Unlock()
		return
	}
	l.take(m.Payload())
}

// dropLive forgets heartbeats that could not be sent: worth nothing later.
func (l *Lock) dropLive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outbox = slices.DeleteFunc(l.outbox, func(o outgoing) bool { return o.live })
}

// flush sends the outbox in order; an event leaves it when the broker has acknowledged it.
func (l *Lock) flush(ctx context.Context, wire *line.Line) error {
	topic := lockwire.Topic(l.settings.ID, lockwire.RoleEvent)
	for {
		l.mu.Lock()
		if len(l.outbox) == 0 {
			l.mu.Unlock()
			return nil
		}
		next, boot := l.outbox[0], l.boot
		l.mu.Unlock()
		qos := byte(1)
		if next.live {
			qos = 0
		}
		sent := time.Now()
		if err := wire.Publish(ctx, topic, qos, false, next.message); err != nil {
			return err
		}
		l.mu.Lock()
		if qos == 1 {
			l.roundTrip(time.Since(sent))
		}
		if l.boot == boot && len(l.outbox) > 0 && &l.outbox[0].message[0] == &next.message[0] {
			l.outbox = l.outbox[1:]
		}
		l.mu.Unlock()
	}
}

// roundTrip keeps the last of the times from a message to the broker's acknowledgement.
func (l *Lock) roundTrip(d time.Duration) {
	l.roundTrips = append(l.roundTrips, d)
	if len(l.roundTrips) > roundTripsKept {
		l.roundTrips = l.roundTrips[1:]
	}
}

// RoundTrips returns how long the broker took to acknowledge the lock's last messages, for measurements.
func (l *Lock) RoundTrips() []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.roundTrips)
}
