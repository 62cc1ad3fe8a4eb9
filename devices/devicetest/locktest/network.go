package locktest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
	mqtt "github.com/eclipse/paho.mqtt.golang"

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
	lost := make(chan error, 1)
	var line net.Conn // set while connecting, read after
	options := l.options(powerDown, lost)
	options.SetCustomOpenConnectionFn(func(broker *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
		dialer := &tls.Dialer{NetDialer: &net.Dialer{Timeout: connectMax}, Config: l.settings.TLS.Clone()}
		var err error
		line, err = dialer.DialContext(ctx, "tcp", broker.Host)
		return line, err
	})
	client := mqtt.NewClient(options)
	if err := settle(ctx, lost, client.Connect()); err != nil {
		client.Disconnect(0)
		return false, err
	}
	defer client.Disconnect(0)
	command := lockwire.Topic(l.settings.ID, lockwire.RoleCommand)
	if err := settle(ctx, lost, client.Subscribe(command, 1, nil)); err != nil {
		return false, fmt.Errorf("subscribing %s: %w", command, err)
	}
	presence := lockwire.Topic(l.settings.ID, lockwire.RolePresence)
	if err := settle(ctx, lost, client.Publish(presence, 1, true, lockwire.PresenceOnline)); err != nil {
		return false, fmt.Errorf("announcing: %w", err)
	}
	l.dropLive()
	l.mu.Lock()
	l.state(lockwire.ReasonConnected, lockwire.Nonce{})
	l.mu.Unlock()
	for {
		if err := l.flush(ctx, lost, client); err != nil {
			return true, err
		}
		select {
		case <-l.send:
		case err := <-lost:
			return true, err
		case <-powerDown:
			// No goodbye: the broker learns it from the broken line and publishes the will.
			return true, errors.Join(errors.New("the power went"), line.Close())
		case <-ctx.Done():
			// Said goodbye: the will stays away, so presence is withdrawn by hand.
			withdraw, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeMax)
			defer cancel()
			return true, settle(withdraw, lost, client.Publish(presence, 1, true, lockwire.PresenceOffline))
		}
	}
}

func (l *Lock) options(powerDown <-chan struct{}, lost chan<- error) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions().AddBroker(l.settings.BrokerURL).SetClientID(l.settings.ID)
	o.SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).SetProtocolVersion(4).SetOrderMatters(true)
	o.SetConnectTimeout(connectMax).SetWriteTimeout(writeMax).SetKeepAlive(keepAlive).SetPingTimeout(keepAlive)
	o.SetWill(lockwire.Topic(l.settings.ID, lockwire.RolePresence), lockwire.PresenceOffline, 1, true)
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) {
		select {
		case lost <- err:
		default:
		}
	})
	command := lockwire.Topic(l.settings.ID, lockwire.RoleCommand)
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
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
	})
	return o
}

// dropLive forgets heartbeats that could not be sent: worth nothing later.
func (l *Lock) dropLive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outbox = slices.DeleteFunc(l.outbox, func(o outgoing) bool { return o.live })
}

// flush sends the outbox in order; an event leaves it when the broker has acknowledged it.
func (l *Lock) flush(ctx context.Context, lost <-chan error, client mqtt.Client) error {
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
		if err := settle(ctx, lost, client.Publish(topic, qos, false, next.message)); err != nil {
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

// settle waits for an answer of the broker. It must not be called from a message handler.
func settle(ctx context.Context, lost <-chan error, token mqtt.Token) error {
	limit := time.NewTimer(connectMax + writeMax)
	defer limit.Stop()
	select {
	case <-token.Done():
		if sub, ok := token.(*mqtt.SubscribeToken); ok && token.Error() == nil {
			return refusedSubscription(sub)
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

func refusedSubscription(token *mqtt.SubscribeToken) error {
	for topic, granted := range token.Result() {
		if granted == 0x80 {
			return fmt.Errorf("the broker refuses %s: check its access list", topic)
		}
	}
	return nil
}
