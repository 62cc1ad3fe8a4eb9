// Package line is a simulated lock's line to an MQTT broker: one connection, with a will
// and a clean session, that can be cut as a power failure cuts it.
//
//	Dial ──► Subscribe, Publish ... ──► Goodbye ──► Close     the lock is switched off
//	                                └─► Cut ──────► Close     the power goes: the will speaks
//
// It owns the connection and waits for every answer of the broker. It refuses to come
// back by itself: every line is a new client, so that nothing of an old one is sent or
// delivered again.
package line

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// Settings say whose line it is.
type Settings struct {
	// BrokerURL is "tls://host:port", or "tcp://host:port" with TLS nil.
	BrokerURL string
	TLS       *tls.Config
	ClientID  string
	// WillTopic and WillPayload are what the broker publishes, retained, when the line breaks
	// without a goodbye.
	WillTopic, WillPayload string
	// Take takes each message, in order; it must not wait for this line.
	Take func(mqtt.Message)
}

// Line is one connection. All but Cut are for one goroutine.
type Line struct {
	client mqtt.Client
	lost   chan error
	conn   net.Conn // set while connecting, read after
}

// Dial connects. The error is the broker's refusal, or that of the network, or ctx's.
func Dial(ctx context.Context, s Settings) (*Line, error) {
	l := &Line{lost: make(chan error, 1)}
	o := mqtt.NewClientOptions().AddBroker(s.BrokerURL).SetClientID(s.ClientID)
	o.SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).SetProtocolVersion(4).SetOrderMatters(true)
	o.SetConnectTimeout(connectMax).SetWriteTimeout(writeMax).SetKeepAlive(keepAlive).SetPingTimeout(keepAlive)
	o.SetWill(s.WillTopic, s.WillPayload, 1, true)
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) {
		select {
		case l.lost <- err:
		default:
		}
	})
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { s.Take(m) })
	o.SetCustomOpenConnectionFn(func(broker *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
		var err error
		plain := net.Dialer{Timeout: connectMax}
		if s.TLS == nil {
			l.conn, err = plain.DialContext(ctx, "tcp", broker.Host)
		} else {
			l.conn, err = (&tls.Dialer{NetDialer: &plain, Config: s.TLS.Clone()}).DialContext(ctx, "tcp", broker.Host)
		}
		return l.conn, err
	})
	l.client = mqtt.NewClient(o)
	if err := l.settle(ctx, l.client.Connect()); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Subscribe subscribes to a topic at QoS 1.
func (l *Line) Subscribe(ctx context.Context, topic string) error {
	if err := l.settle(ctx, l.client.Subscribe(topic, 1, nil)); err != nil {
		return fmt.Errorf("subscribing %s: %w", topic, err)
	}
	return nil
}

// Publish publishes and returns when the broker has acknowledged it (QoS 1), or when it
// has been written (QoS 0).
func (l *Line) Publish(ctx context.Context, topic string, qos byte, retained bool, payload []byte) error {
	return l.settle(ctx, l.client.Publish(topic, qos, retained, payload))
}

// Goodbye publishes a retained last word although ctx has ended, for a line that is
// closed in order keeps its will to itself.
func (l *Line) Goodbye(ctx context.Context, topic, payload string) error {
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbyeMax)
	defer cancel()
	return l.Publish(bye, topic, 1, true, []byte(payload))
}

// Lost gives the reason once when the line has broken.
func (l *Line) Lost() <-chan error { return l.lost }

// Cut breaks the line without a goodbye, as the loss of power does. It always returns an
// error, which says so.
func (l *Line) Cut() error { return errors.Join(errors.New("the power went"), l.conn.Close()) }

// Close ends the line.
func (l *Line) Close() { l.client.Disconnect(0) }

// settle waits for an answer of the broker. It must not be called from a message handler.
func (l *Line) settle(ctx context.Context, token mqtt.Token) error {
	limit := time.NewTimer(answerMax)
	defer limit.Stop()
	select {
	case <-token.Done():
		if sub, ok := token.(*mqtt.SubscribeToken); ok && token.Error() == nil {
			return refused(sub)
		}
		return token.Error()
	case err := <-l.lost:
		return errors.Join(errors.New("the connection broke"), err)
	case <-limit.C:
		return errors.New("the broker does not answer")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func refused(token *mqtt.SubscribeToken) error {
	for topic, granted := range token.Result() {
		if granted > 2 {
			return fmt.Errorf("the broker refuses %s: check its access list", topic)
		}
	}
	return nil
}
