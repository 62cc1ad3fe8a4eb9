package daemon

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"trilock/configs"
	"trilock/custody"
	"trilock/custody/console"
	"trilock/custody/engine"
	"trilock/custody/fact"
	"trilock/custody/journal"
)

// shutdownTime is how long requests under way may take when the daemon stops.
const shutdownTime = 5 * time.Second

// core is the engine and the record as the console sees them.
type core struct {
	*engine.Engine
	journal *journal.Journal
}

// Record returns committed entries after a number.
func (c core) Record(ctx context.Context, after uint64, limit int) ([]custody.Entry, error) {
	return c.journal.Page(ctx, after, limit)
}

// serve opens the console's port and serves until ctx ends.
func (r *rooms) serve(ctx context.Context) error {
	sessionKey, err := secret(string(r.config.Data), "session.key")
	if err != nil {
		return err
	}
	secure := r.config.Console.Certificate != ""
	keys, err := newOwnKeys(r.config, r.plugged)
	if err != nil {
		return err
	}
	settings := console.Settings{
		Core: core{r.engine, r.journal}, Notices: r.wall, Site: r.site, Accounts: accounts(r.config), SessionKey: sessionKey,
		Metrics: promhttp.HandlerFor(r.registry, promhttp.HandlerOpts{}), DefaultLang: fact.Lang(r.config.Identity.Language), Secure: secure, Log: r.log,
	}
	if keys != nil {
		settings.Keys = keys
	}
	handler, err := console.New(settings)
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	listener, err := net.Listen("tcp", r.config.Console.Listen)
	if err != nil {
		return fmt.Errorf("console: %w; choose another console.listen or stop the program that has the port", err)
	}
	// The base context ends the event streams, which Shutdown would otherwise wait for.
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }, TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	r.start(&r.running, "console", func() error {
		if secure {
			return closed(server.ServeTLS(listener, string(r.config.Console.Certificate), string(r.config.Console.Key)))
		}
		return closed(server.Serve(listener))
	})
	r.running.Go(func() {
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		defer cancel()
		if server.Shutdown(ending) != nil {
			_ = server.Close()
		}
	})
	r.log.Info("console", "listen", listener.Addr().String(), "tls", secure)
	return nil
}

func closed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func accounts(c *configs.Site) []console.Account {
	return each(c.Access, func(a configs.Account) console.Account {
		return console.Account{Name: string(a.Name), Role: console.Role(a.Role), Person: custody.PersonID(a.Person), TokenSHA256: a.Token}
	})
}

// announce tells systemd that the daemon is ready, and goes on telling it while it
// decides: a daemon that cannot decide is one that systemd should start anew.
func (r *rooms) announce(ctx context.Context) {
	_, _ = systemd.SdNotify(false, systemd.SdNotifyReady) // not under systemd: nothing to tell
	r.log.Info("ready", "version", version(), "entries", r.entries())
	interval, err := systemd.SdWatchdogEnabled(false)
	if err != nil || interval == 0 {
		return
	}
	r.running.Go(func() {
		ticker := time.NewTicker(interval / 3)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				r.beat(ctx)
			}
		}
	})
}

// beat is one heartbeat. A record that cannot be written is not mended by a restart: the
// engine tries it again by itself, so the process is kept, and says why it does not decide.
func (r *rooms) beat(ctx context.Context) {
	err := r.engine.Ready(ctx)
	switch {
	case err == nil:
		_, _ = systemd.SdNotify(false, systemd.SdNotifyWatchdog)
	case errors.Is(err, engine.ErrUndecided):
		_, _ = systemd.SdNotify(false, systemd.SdNotifyWatchdog+"\nSTATUS="+err.Error())
	}
}

func (r *rooms) leaving() { _, _ = systemd.SdNotify(false, systemd.SdNotifyStopping) }

func (r *rooms) entries() (n uint64) {
	r.engine.Read(func(s *custody.State) { n = s.Seq() })
	return n
}
