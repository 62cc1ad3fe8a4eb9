package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"trilock/alerts/dispatch"
	"trilock/alerts/notify"
	"trilock/alerts/notify/wall"
	"trilock/alerts/notify/webhook"
	"trilock/configs"
	"trilock/custody"
	"trilock/custody/engine"
	"trilock/custody/journal"
	"trilock/custody/siteplan"
)

// Settings say what a daemon runs with.
type Settings struct {
	Config *configs.Site
	Log    *slog.Logger
	// Clock is what decisions go by (see engine.Settings); nil is the host's.
	Clock func() (running time.Duration, wall time.Time)
}

// rooms is everything that runs. What is opened is closed in the opposite order.
type rooms struct {
	config   *configs.Site
	log      *slog.Logger
	clock    func() (time.Duration, time.Time)
	registry *prometheus.Registry

	site       custody.Site
	journal    *journal.Journal
	engine     *engine.Engine
	dispatcher *dispatch.Dispatcher
	wall       *wall.Hub
	plugged    *plugged

	running  sync.WaitGroup
	failed   chan error
	closings []func() error
}

// Run runs the daemon of a site until ctx ends, and shuts it down in order. It fails when
// something that must work cannot be started: the record, the console's port, the
// broker's port. A device that is missing is no failure: it is reported down.
func Run(ctx context.Context, s Settings) error {
	r := &rooms{config: s.Config, log: s.Log, clock: s.Clock, registry: prometheus.NewRegistry(), failed: make(chan error, 1)}
	r.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	err := r.open(ctx)
	if err == nil {
		err = r.run(ctx)
	}
	for _, shut := range slices.Backward(r.closings) {
		err = errors.Join(err, shut())
	}
	return err
}

// open takes what must be there before anything starts.
func (r *rooms) open(ctx context.Context) error {
	if err := os.MkdirAll(string(r.config.Data), 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	j, err := journal.Open(ctx, journal.Settings{Dir: string(r.config.Data), Site: string(r.config.Identity.ID)})
	if err != nil {
		return err
	}
	r.journal = j
	r.closings = append(r.closings, j.Close)
	pinKey, err := secret(string(r.config.Data), "pin.key")
	if err != nil {
		return err
	}
	r.site = siteplan.Custody(r.config, pinKey)
	if r.site.Calendar, err = r.config.WorkingCalendar(); err != nil {
		return err
	}
	if r.plugged, err = plug(r.config, r.log); err != nil {
		return err
	}
	r.closings = append(r.closings, r.plugged.close)
	if err := r.openEngine(ctx); err != nil {
		return err
	}
	return r.openDispatch()
}

func (r *rooms) openEngine(ctx context.Context) error {
	places := siteplan.Presence(r.config)
	memory, err := newLearntFile(string(r.config.Data), places)
	if err != nil {
		return err
	}
	r.engine, err = engine.New(ctx, engine.Settings{
		Site: r.site, Places: places, Presence: siteplan.Policy(r.config), Record: r.journal, Memory: memory, Routes: siteplan.Routes(r.config),
		Perform: r.plugged.perform, Wake: func() { r.dispatcher.Wake() }, Metrics: engine.NewMetrics(r.registry), Version: version(), Clock: r.clock, Log: r.log,
	})
	return err
}

func (r *rooms) openDispatch() error {
	r.wall = wall.NewHub(func() {
		for _, c := range r.config.Alerts.Channels {
			if c.Kind == configs.ChannelConsole {
				r.dispatcher.Retry(string(c.Name))
			}
		}
	})
	channels := map[string]notify.Notifier{}
	for _, c := range r.config.Alerts.Channels {
		channel, err := r.channel(c)
		if err != nil {
			return fmt.Errorf("channel %s: %w", c.Name, err)
		}
		channels[string(c.Name)] = channel
	}
	r.dispatcher = dispatch.New(dispatch.Settings{Outbox: r.journal, Settle: r.engine.Settle, Channels: channels, Log: r.log, Metrics: deliveryMetrics(r.registry)})
	return nil
}

func (r *rooms) channel(c configs.Channel) (notify.Notifier, error) {
	if c.Kind == configs.ChannelConsole {
		return r.wall, nil
	}
	secret, err := os.ReadFile(string(c.SecretFile))
	if err != nil {
		return nil, err
	}
	// The line end after the secret is the editor's, not the secret's.
	return webhook.New(webhook.Settings{URL: c.URL, Secret: bytes.TrimSpace(secret), Timeout: c.Timeout.Std()})
}

func deliveryMetrics(reg prometheus.Registerer) dispatch.Metrics {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "trilock_notice_deliveries_total", Help: "Attempts to deliver a notice, by channel and outcome."}, []string{"channel", "outcome"})
	reg.MustRegister(outcomes)
	count := func(outcome string) func(string) {
		return func(channel string) { outcomes.WithLabelValues(channel, outcome).Inc() }
	}
	return dispatch.Metrics{Delivered: count("delivered"), Failed: count("failed"), Undeliverable: count("undeliverable")}
}

// run starts everything and waits for the end: of ctx, or of something that must not end.
// Devices stop first, then the engine, when it has decided what they still said.
func (r *rooms) run(ctx context.Context) error {
	deciding, stopDeciding := context.WithCancel(context.WithoutCancel(ctx))
	defer stopDeciding()
	outer, stopOuter := context.WithCancel(ctx)
	defer stopOuter()

	var core sync.WaitGroup
	r.start(&core, "engine", func() error { return r.engine.Run(deciding) })
	r.start(&r.running, "dispatch", func() error { r.dispatcher.Run(outer); return nil })
	r.plugged.run(outer, r)
	err := r.serve(outer)
	if err == nil {
		r.announce(outer)
		select {
		case <-ctx.Done():
			r.log.Info("stopping")
		case err = <-r.failed:
		}
	}
	r.leaving()
	stopOuter()
	r.running.Wait()
	stopDeciding()
	core.Wait()
	if err == nil {
		err = r.plugged.settled()
	}
	return err
}

// start runs f; an error of it ends the daemon, which systemd then starts anew.
func (r *rooms) start(group *sync.WaitGroup, name string, f func() error) {
	group.Go(func() {
		if err := f(); err != nil {
			select {
			case r.failed <- fmt.Errorf("%s: %w", name, err):
			default: // another failure came first and ends everything already
			}
		}
	})
}
