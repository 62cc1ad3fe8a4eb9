package daemon

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"trilock/cmd/internal/brokerrights"
	"trilock/configs"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/devices/broker"
	"trilock/devices/lock/plain"
	"trilock/devices/pki"
	"trilock/firmware-protocols/plainlock"
)

// plainClients returns the clients of plain locks on the built-in broker; nil where they are
// on another.
func plainClients(c *configs.Site) []broker.PlainClient {
	if c.PlainMQTT == nil || !c.PlainMQTT.Builtin() {
		return nil
	}
	return brokerrights.Plain(c)
}

func (p *plugged) plugPlainLocks(c *configs.Site) error {
	settings := plain.Settings{BrokerURL: c.PlainMQTT.Broker, ClientID: configs.PlainDaemonName, Username: c.PlainMQTT.Username, Log: p.log}
	for _, l := range c.PlainLocks {
		topics, err := brokerrights.PlainTopics(l)
		if err != nil {
			return fmt.Errorf("plain lock %s: %w", l.ID, err)
		}
		settings.Locks = append(settings.Locks, plain.LockSettings{ID: fact.DeviceID(l.ID), Convention: plainlock.Convention(l.Convention), Topics: topics, SilentAfter: l.SilentAfter.Std()})
	}
	authority := string(c.PlainMQTT.Authority)
	if c.PlainMQTT.Builtin() {
		settings.BrokerURL, authority = "tls://"+p.broker.Addr(), string(c.MQTT.Authority)
	}
	var err error
	if settings.TLS, err = plainTLS(c.PlainMQTT, authority); err != nil {
		return err
	}
	if c.PlainMQTT.PasswordFile != "" {
		password, err := os.ReadFile(string(c.PlainMQTT.PasswordFile))
		if err != nil {
			return err
		}
		settings.Password = string(bytes.TrimSpace(password)) // the line end is the editor's
	}
	p.plain, err = plain.New(settings)
	return err
}

// plainTLS verifies the broker by the authority, and shows a certificate where there is
// one; nil for a broker on this machine without TLS.
func plainTLS(m *configs.PlainMQTT, authority string) (*tls.Config, error) {
	switch {
	case authority == "":
		return nil, nil
	case m.Certificate != "":
		return pki.ClientTLS(authority, pki.Leaf{CertFile: string(m.Certificate), KeyFile: string(m.Key)})
	}
	text, err := os.ReadFile(authority)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate of an authority", authority)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// turnLocks tells plain locks what was decided. A command of an opening that a lock did
// not take comes back as that lock's refusal, so that the opening ends at once and says
// why; for a door or a cabinet the bolt's own report, or its lack, is the answer.
func (p *plugged) turnLocks(ctx context.Context, e custody.TurnLocks) error {
	if p.plain == nil {
		return errors.New("no plain locks are configured")
	}
	err := p.plain.Turn(ctx, e.Unlock, e.Locks...)
	if err == nil || e.Session == "" || !e.Unlock || len(e.Locks) == 0 {
		return err
	}
	refused := fact.LockResult{Lock: e.Locks[0], Session: e.Session, Code: "not-sent"}
	var absent *plain.AbsentError
	if errors.As(err, &absent) {
		refused.Lock, refused.Code = absent.Lock, absent.Code
	}
	return errors.Join(err, p.facts.Report(ctx, refused))
}
