// Package livescenario plays the scenarios of testdata/scenarios on the real daemon: UHF readers
// and badge readers on real serial lines, locks on real MQTT, a record on disk, and people at the
// HTTP API. Package custody/scenario holds the steps and what is expected; here is the stage.
//
//	scenario ── Play ──► Stage ──► HTTP API ─────────────┐
//	                       ├─────► cards, keys, contacts ─ OSDP ──┐
//	                       ├─────► tags in the field ───── serial ─┼─► daemon
//	                       └─────► leaf and bolts ──────── MQTT ───┘     │
//	                       ◄──────────────── record, overview ◄──────────┘
//
// A short wait really passes. In a longer one both clocks of the daemon leap ahead, as they do
// when a machine wakes from sleep: everything falls due that would have, in its order; the
// readers, which have completed no round meanwhile, are believed again after some.
package livescenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"trilock/cmd/internal/daemon"
	"trilock/cmd/internal/simsite"
	"trilock/configs"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/scenario"
)

// patience is how long a stage waits for what must come: generous, for a machine under load. A
// scenario that works needs a fraction of it.
const patience = 60 * time.Second

// Stage is one scenario's site with its daemon.
type Stage struct {
	set  *scenario.Setting
	site *scenario.Site // as the domain sees it
	sim  *simsite.Site
	log  *slog.Logger
	http *http.Client
	keys atomic.Int64

	base   time.Time    // the site's wall clock when began was the host's
	began  time.Time    //
	turned atomic.Int64 // by how much both clocks have leapt since, in nanoseconds
	asked  atomic.Int64 // how often the daemon has looked at it

	ctx      context.Context //nolint:containedctx // of the daemon and the devices: a stage is one run
	stopSite context.CancelFunc
	served   chan error
	stop     context.CancelFunc
	ended    chan error

	mu      sync.Mutex
	entries []custody.Entry
	silent  map[fact.DeviceID]bool
	shown   map[string]time.Time // cards, by reader
}

// Run builds the site of a scenario in an empty folder, starts the daemon, and plays the scenario.
func Run(ctx context.Context, set *scenario.Setting, s *scenario.Scenario, dir string, log *slog.Logger) error {
	st, err := open(ctx, set, s, dir, log)
	if err != nil {
		return fmt.Errorf("%s: setting the scene: %w", s.File, err)
	}
	err = scenario.Play(ctx, s, st, "live", set, st.site.Layout)
	return errors.Join(err, st.close())
}

func open(ctx context.Context, set *scenario.Setting, s *scenario.Scenario, dir string, log *slog.Logger) (*Stage, error) {
	st := &Stage{set: set, log: log, served: make(chan error, 1), silent: map[fact.DeviceID]bool{}, shown: map[string]time.Time{},
		http: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 4}}}
	text, err := set.Configuration(s)
	if err != nil {
		return nil, err
	}
	if st.site, err = set.Site(s, nil); err != nil {
		return nil, err
	}
	if st.sim, err = simsite.Build(simsite.Settings{Dir: dir, Seed: 1, Config: text, Accounts: accounts(set), Quiet: true, Log: log}); err != nil {
		return nil, err
	}
	st.base, st.began = st.site.Start, time.Now()
	st.ctx, st.stopSite = context.WithCancel(ctx)
	go func() { st.served <- st.sim.Run(st.ctx) }()
	for _, step := range []func(context.Context) error{st.start, st.enrolCast, st.layOut} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, st.close())
		}
	}
	return st, nil
}

// accounts gives every member of the cast an account of their own.
func accounts(set *scenario.Setting) (list []simsite.Account) {
	for _, name := range set.Order {
		p := set.Cast[name].Person
		role := "approver"
		for post, is := range map[custody.Post]string{custody.Archivist: "archivist", custody.Security: "security", custody.SecurityAuditor: "auditor", custody.SecurityAdministrator: "registrar"} {
			if p.Holds(post) {
				role = is
			}
		}
		list = append(list, simsite.Account{Name: string(p.ID), Role: role, Person: string(p.ID)})
	}
	return list
}

// clock is what the daemon goes by.
func (s *Stage) clock() (running time.Duration, wall time.Time) {
	s.asked.Add(1)
	running = time.Since(s.began) + time.Duration(s.turned.Load())
	return running, s.base.Add(running)
}

// Now is the site's wall clock.
func (s *Stage) Now() time.Time {
	return s.base.Add(time.Since(s.began) + time.Duration(s.turned.Load()))
}

// start starts the daemon, and waits until everything that is plugged in works.
func (s *Stage) start(ctx context.Context) error {
	config, err := configs.Load(s.sim.ConfigFile())
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(s.ctx)
	ended := make(chan error, 1)
	s.stop, s.ended = stop, ended
	go func() { ended <- daemon.Run(running, daemon.Settings{Config: config, Log: s.log, Clock: s.clock}) }()
	return s.Settle(ctx, func() error {
		select {
		case err := <-ended:
			ended <- err
			return fmt.Errorf("the daemon has stopped: %w", err)
		default:
		}
		o, err := s.overview(ctx)
		if err != nil {
			return err
		}
		for _, d := range o.Devices {
			if d.State != "up" && !s.silent[d.ID] {
				return fmt.Errorf("the device %s is %s (%s)", d.ID, d.State, d.Code)
			}
		}
		for _, safe := range o.Safes {
			for _, l := range safe.Locks {
				if l.Bolt == "unknown" {
					return fmt.Errorf("the lock %s has not reported", l.ID)
				}
			}
		}
		return nil
	})
}

// Restart stops the daemon and starts it again on its record.
func (s *Stage) Restart(ctx context.Context) error {
	s.stop()
	select {
	case err := <-s.ended:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.start(ctx)
}

func (s *Stage) close() error {
	var errs []error
	if s.stop != nil {
		s.stop()
		errs = append(errs, <-s.ended)
	}
	s.stopSite()
	errs = append(errs, <-s.served, s.sim.Close())
	s.http.CloseIdleConnections()
	return errors.Join(errs...)
}

// enrolCast enters the people, by who grants permissions.
func (s *Stage) enrolCast(ctx context.Context) error {
	by := s.set.Cast["secadmin"].Person.ID
	for _, name := range append([]string{"secadmin"}, s.set.Order...) {
		a := s.set.Cast[name]
		raw, err := json.Marshal(a.Person)
		if err != nil {
			return err
		}
		said := map[string]any{}
		if err := json.Unmarshal(raw, &said); err != nil {
			return err
		}
		said["pin"], said["duress_pin"] = a.PIN, a.DuressPIN
		o, err := s.post(ctx, string(by), "/api/v1/persons", said)
		if err != nil || !o.OK {
			return errors.Join(err, fmt.Errorf("%s is not registered: %s %s", name, o.Code, o.Text.EN))
		}
	}
	return nil
}

// layOut registers the documents, lays them down at home, and waits until they are heard there.
func (s *Stage) layOut(ctx context.Context) error {
	for _, d := range s.site.Documents {
		o, err := s.post(ctx, string(d.Receipt.By), "/api/v1/acts/register-document", custody.RegisterDocument{Document: d})
		if err != nil || !o.OK {
			return errors.Join(err, fmt.Errorf("%s is not registered: %s %s", d.ID, o.Code, o.Text.EN))
		}
		if err := s.sim.PutTag(d.Tag.Bytes(), string(d.Home)); err != nil {
			return err
		}
	}
	for _, d := range s.site.Documents {
		if err := s.Settle(ctx, func() error { return s.lies(ctx, d.ID, d.Home) }); err != nil {
			return err
		}
	}
	return nil
}

// Slack is what the steps of a scenario take on a machine under load.
func (s *Stage) Slack() time.Duration { return 5 * time.Minute }

// Settle waits until check returns nil.
func (s *Stage) Settle(ctx context.Context, check func() error) error {
	return settle(ctx, patience, check)
}

// settle asks again and again, for so long at most.
func settle(ctx context.Context, within time.Duration, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return nil
		}
		if pause(ctx, 40*time.Millisecond) != nil {
			return err
		}
	}
}

// pause waits for d, or returns the reason why ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Wait lets time pass: a short wait really; in a longer one the clocks leap, in some steps, so
// that what falls due falls due one after the other.
func (s *Stage) Wait(ctx context.Context, d time.Duration) error {
	if d <= shortWait {
		return pause(ctx, d)
	}
	steps := 1
	if d > time.Hour {
		steps = leaps
	}
	for i := range steps {
		n := len(s.Record())
		s.turned.Add(int64(d / time.Duration(steps)))
		seen := s.asked.Load()
		err := s.Settle(ctx, func() error {
			if s.asked.Load() < seen+looks {
				return errors.New("the daemon has not looked at its clocks since they leapt")
			}
			return s.readable(n)
		})
		if err != nil {
			return fmt.Errorf("leap %d of %d: %w", i+1, steps, err)
		}
	}
	return nil
}

// readable says which place has not been believed again since a number of entries.
func (s *Stage) readable(since int) error {
	dark := map[fact.PlaceID]bool{}
	for _, e := range s.Record()[since:] {
		if ev, is := e.Event.(*custody.PlaceReadable); is {
			dark[ev.Place] = !ev.Readable && s.hears(ev.Place)
		}
	}
	for place, is := range dark {
		if is {
			return fmt.Errorf("nothing can be said of %s yet", place)
		}
	}
	return nil
}

const (
	shortWait = 15 * time.Second
	leaps     = 4
	// looks at the clocks are two whole turns of the engine at the least: one for each input, one
	// for what falls due, one for its sleep.
	looks = 8
)
