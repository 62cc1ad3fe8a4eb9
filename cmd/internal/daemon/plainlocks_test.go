package daemon

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"trilock/alerts"
	"trilock/cmd/internal/brokerrights"
	"trilock/configs"
	"trilock/custody"
	"trilock/custody/engine"
	"trilock/custody/fact"
	"trilock/custody/journal"
	"trilock/custody/siteplan"
	"trilock/custody/threelock"
	"trilock/devices/broker"
	"trilock/devices/devicetest/locktest"
	"trilock/devices/devicetest/plaintest"
	"trilock/devices/lock/plain"
	"trilock/devices/pki"
	"trilock/firmware-protocols/plainlock"
)

// plainHouse is a site with plain locks on its door, its cabinet and its safe: the real
// driver, broker, engine and record, and simulated locks. Badges and contacts are
// reported by the test, for want of serial lines.
type plainHouse struct {
	t      *testing.T
	config *configs.Site
	site   custody.Site
	engine *engine.Engine
	locks  map[string]*plaintest.Lock
	keys   int
}

const plainPatience = 60 * time.Second

var plainPIN = []byte("a key of the test's own, 32 bytes")

func onEachPlainBroker(t *testing.T, test func(*plainHouse)) {
	t.Helper()
	t.Parallel()
	for _, courier := range []string{"built-in", "mosquitto"} {
		t.Run(courier, func(t *testing.T) {
			t.Parallel()
			test(newPlainHouse(t, courier))
		})
	}
}

func newPlainHouse(t *testing.T, courier string) *plainHouse {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("../../../configs/testdata/good/plain.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := configs.Parse(filepath.Join(dir, "site.yaml"), text)
	if err != nil {
		t.Fatal(err)
	}
	c.Data, c.MQTT.Listen = configs.File(filepath.Join(dir, "data")), "127.0.0.1:0"
	if err := os.MkdirAll(string(c.Data), 0o700); err != nil {
		t.Fatal(err)
	}
	c.Policy.HandOverWindow, c.Policy.BadgePairWindow = configs.Duration(2*time.Second), configs.Duration(time.Second)
	c.Policy.LockAnswerTime, c.Policy.ClosingConfirm = configs.Duration(10*time.Second), 0
	c.Policy.Guarding.Papers = configs.PapersElsewhere // these people have no dates on the register
	for i := range c.PlainLocks {                      // a simulated lock is its own bridge: one client id, one connection
		c.PlainLocks[i].Gateway = c.PlainLocks[i].ID
	}
	c.Doors[0].StrikeTime = configs.Duration(time.Second)
	h := &plainHouse{t: t, config: c, site: siteplan.Custody(c, plainPIN), locks: map[string]*plaintest.Lock{}}
	ca := h.issue(dir)
	if courier == "mosquitto" {
		h.startMosquitto(dir, ca)
	}
	h.start(dir)
	return h
}

// issue makes the certificates that the configuration names, and those of the bridges.
func (h *plainHouse) issue(dir string) (server pki.Leaf) {
	h.t.Helper()
	ca, err := pki.NewAuthority(filepath.Join(dir, "pki"))
	if err != nil {
		h.t.Fatal(err)
	}
	names := []string{configs.DaemonName, configs.PlainDaemonName}
	for _, l := range h.config.PlainLocks {
		names = append(names, string(l.ID))
		if !slices.Contains(names, string(l.Gateway)) {
			names = append(names, string(l.Gateway))
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if _, err := ca.Issue(name, pki.Client, nil); err != nil {
			h.t.Fatal(err)
		}
	}
	if server, err = ca.Issue("broker", pki.Server, []string{"127.0.0.1"}); err != nil {
		h.t.Fatal(err)
	}
	return server
}

func (h *plainHouse) pki() string { return filepath.Dir(string(h.config.MQTT.Authority)) }

// startMosquitto runs the site's own broker, with the access list that is printed for it.
func (h *plainHouse) startMosquitto(dir string, server pki.Leaf) {
	h.t.Helper()
	conf := filepath.Join(dir, "conf")
	delivered, err := os.ReadFile("../../../configs/mosquitto/trilock.conf")
	if err != nil {
		h.t.Fatal(err)
	}
	h.config.PlainMQTT.Broker = "tls://127.0.0.1:8883" // a broker of the site's own, wherever it will be
	if err := errors.Join(os.MkdirAll(conf, 0o700), os.WriteFile(filepath.Join(conf, "trilock.conf"), delivered, 0o600),
		os.WriteFile(filepath.Join(conf, "trilock.acl"), []byte(brokerrights.AccessList(h.config)), 0o600)); err != nil {
		h.t.Fatal(err)
	}
	url, stop, err := locktest.StartMosquitto(locktest.Mosquitto{Dir: filepath.Join(dir, "mosquitto"), ConfDir: conf, CAFile: string(h.config.MQTT.Authority), Leaf: server})
	if errors.Is(err, locktest.ErrNoMosquitto) && os.Getenv("CI") != "true" {
		h.t.Skip(err)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := stop(); err != nil {
			h.t.Error(err)
		}
	})
	h.config.PlainMQTT.Broker, h.config.PlainMQTT.Authority = url, h.config.MQTT.Authority
}

// start plugs everything in and waits until every lock has reported.
func (h *plainHouse) start(dir string) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	record, err := journal.Open(ctx, journal.Settings{Dir: string(h.config.Data), Site: "test"})
	if err != nil {
		h.t.Fatal(err)
	}
	devices := *h.config // no serial line is opened
	devices.Readers, devices.BadgeLines = nil, nil
	p, err := plug(&devices, log)
	if err != nil {
		h.t.Fatal(err)
	}
	h.engine, err = engine.New(ctx, engine.Settings{Site: h.site, Places: siteplan.Presence(&devices), Presence: siteplan.Policy(h.config), Record: record,
		Routes: siteplan.Routes(h.config), Perform: p.perform, Wake: func() {}, Metrics: engine.NewMetrics(prometheus.NewRegistry()), Version: "test", Log: log})
	if err != nil {
		h.t.Fatal(err)
	}
	r := &rooms{config: &devices, log: log, engine: h.engine, plugged: p, failed: make(chan error, 1)}
	var core sync.WaitGroup
	deciding, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.start(&core, "engine", func() error { return h.engine.Run(deciding) })
	p.run(ctx, r)
	var running sync.WaitGroup
	h.t.Cleanup(func() {
		cancel()
		running.Wait()
		r.running.Wait()
		stop()
		core.Wait()
		if err := errors.Join(p.close(), record.Close()); err != nil {
			h.t.Error(err)
		}
	})
	url := h.config.PlainMQTT.Broker
	if h.config.PlainMQTT.Builtin() {
		url = "tls://" + p.broker.Addr()
	}
	for _, l := range h.config.PlainLocks {
		h.plugLock(ctx, &running, url, l)
	}
	h.register()
	h.await("every lock up and the safe's bolts locked", func(o custody.Overview) bool {
		for _, d := range o.Devices {
			if d.Kind == custody.Lock && d.State != "up" {
				return false
			}
		}
		return !slices.ContainsFunc(o.Safes[0].Locks, func(l custody.LockOverview) bool { return l.Bolt != "locked" })
	})
}

// plugLock runs a simulated lock.
func (h *plainHouse) plugLock(ctx context.Context, running *sync.WaitGroup, url string, l configs.PlainLock) {
	h.t.Helper()
	topics, err := brokerrights.PlainTopics(l)
	if err != nil {
		h.t.Fatal(err)
	}
	lock := plaintest.New(plaintest.Settings{BrokerURL: url, TLS: h.clientTLS(string(l.Gateway)), ClientID: string(l.Gateway), Convention: plainlock.Convention(l.Convention), Topics: topics})
	h.locks[string(l.ID)] = lock
	running.Go(func() { lock.Run(ctx) })
}

func (h *plainHouse) clientTLS(name string) *tls.Config {
	h.t.Helper()
	config, err := pki.ClientTLS(string(h.config.MQTT.Authority), pki.Files(h.pki(), name))
	if err != nil {
		h.t.Fatal(err)
	}
	return config
}

var plainPeople = []custody.PersonID{"p-archivist", "p-office", "p-manager"}

func (h *plainHouse) register() {
	h.t.Helper()
	for i, post := range []custody.Post{custody.Archivist, custody.GeneralOffice, custody.GeneralManager} {
		id := plainPeople[i]
		h.act(custody.RegisterPerson{Person: custody.Person{ID: id, Name: fact.Text{ZH: string(id), EN: string(id)}, Posts: []custody.Post{post}, Clearance: custody.TopSecret,
			Card: fact.CardID("raw:26:" + string(id)), Rooms: []fact.PlaceID{"room"}, PIN: custody.Fingerprint(plainPIN, id, "1234")}})
	}
}

func (h *plainHouse) act(a custody.Act) {
	h.t.Helper()
	h.keys++
	o, err := h.engine.Act(h.t.Context(), "desk", custody.Request{Key: fmt.Sprint("key-", h.keys), Act: a})
	if err != nil || !o.OK {
		h.t.Fatalf("%s: %+v, %v", a.Verb(), o, err)
	}
}

func (h *plainHouse) report(facts ...fact.Fact) {
	h.t.Helper()
	for _, f := range facts {
		if err := h.engine.Report(h.t.Context(), f); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *plainHouse) badge(reader fact.DeviceID, p custody.PersonID) {
	h.t.Helper()
	h.report(fact.BadgeShown{Reader: reader, Card: fact.CardID("raw:26:" + string(p))})
}

func (h *plainHouse) overview() (o custody.Overview) {
	h.engine.Read(func(s *custody.State) { o = s.Overview(time.Now()) })
	return o
}

// await waits until the record knows what is expected.
func (h *plainHouse) await(what string, holds func(custody.Overview) bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), plainPatience)
	defer cancel()
	news := h.engine.Watch(ctx)
	for !holds(h.overview()) {
		select {
		case <-news:
		case <-ctx.Done():
			h.t.Fatalf("waited in vain for %s: %+v", what, h.overview())
		}
	}
}

// awaitBolt waits until a bolt is somewhere in fact, whatever anybody knows.
func (h *plainHouse) awaitBolt(lock string, want plainlock.Bolt) {
	h.t.Helper()
	deadline := time.NewTimer(plainPatience)
	defer deadline.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for h.locks[lock].Bolt() != want {
		select {
		case <-look.C:
		case <-deadline.C:
			h.t.Fatalf("the bolt of %s is %v, want %v: %+v", lock, h.locks[lock].Bolt(), want, h.overview())
		}
	}
}

func (h *plainHouse) contact(open bool) {
	h.t.Helper()
	state := fact.InputInactive
	if open {
		state = fact.InputActive
	}
	h.report(fact.InputChanged{Device: "badge-safe", State: state})
}

// opening brings the three before the safe.
func (h *plainHouse) opening() {
	h.t.Helper()
	h.contact(false)
	for _, p := range plainPeople {
		h.badge("badge-door-in", p)
		h.report(fact.InputChanged{Device: "badge-door-in", State: fact.InputActive}, fact.InputChanged{Device: "badge-door-in", State: fact.InputInactive})
	}
	h.act(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	for _, p := range plainPeople {
		h.badge("badge-safe", p)
		h.report(fact.PINEntered{Reader: "badge-safe", Digits: "1234"})
	}
}

func (h *plainHouse) phase(want threelock.Phase) {
	h.t.Helper()
	h.await("phase "+string(want), func(o custody.Overview) bool { return o.Safes[0].Phase == want })
}

func standing(o custody.Overview, code alerts.Code) bool {
	return slices.ContainsFunc(o.Alerts, func(a alerts.Alert) bool { return a.Code == code && a.Ended == nil })
}

func TestPlainLockOnADoor(t *testing.T) {
	onEachPlainBroker(t, func(h *plainHouse) {
		h.badge("badge-door-in", "p-office")
		h.awaitBolt("door-lock", plainlock.BoltUnlocked)
		h.awaitBolt("door-lock", plainlock.BoltLocked)
		for _, name := range []string{"cabinet-lock", "plain-1"} {
			if told := h.locks[name].Commands(); len(told) != 0 {
				h.t.Errorf("%s was told %+v", name, told)
			}
		}
	})
}

func TestPlainLockOnACabinet(t *testing.T) {
	onEachPlainBroker(t, func(h *plainHouse) {
		h.badge("badge-cabinets", "p-archivist")
		h.badge("badge-cabinets", "p-office")
		h.awaitBolt("cabinet-lock", plainlock.BoltUnlocked)
		h.awaitBolt("cabinet-lock", plainlock.BoltLocked)
		h.locks["cabinet-lock"].ByHand(true)
		h.await("an alert", func(o custody.Overview) bool { return standing(o, alerts.NotLocked) })
		h.awaitBolt("cabinet-lock", plainlock.BoltLocked)
		h.await("its end", func(o custody.Overview) bool { return !standing(o, alerts.NotLocked) })
	})
}

func TestPlainLocksOnASafe(t *testing.T) {
	onEachPlainBroker(t, func(h *plainHouse) {
		h.opening()
		h.phase(threelock.Unlocked)
		h.contact(true)
		h.phase(threelock.Open)
		h.contact(false)
		h.phase(threelock.Ended)
		o := h.overview().Safes[0]
		if o.EndCode != threelock.WhyClosed || !o.WeakerLocks {
			h.t.Errorf("ended with %s, weaker locks %v", o.EndCode, o.WeakerLocks)
		}
		for _, name := range []string{"plain-1", "plain-2", "plain-3"} {
			h.awaitBolt(name, plainlock.BoltLocked)
		}
	})
}

func TestPlainLocksOnASafeJam(t *testing.T) {
	onEachPlainBroker(t, func(h *plainHouse) {
		h.locks["plain-2"].Jam()
		h.opening()
		h.phase(threelock.Ended)
		if why := h.overview().Safes[0].EndCode; why != threelock.WhyLockRefused {
			h.t.Errorf("ended with %s", why)
		}
		h.awaitBolt("plain-1", plainlock.BoltLocked)
		h.awaitBolt("plain-3", plainlock.BoltLocked)
		h.await("the jam", func(o custody.Overview) bool { return standing(o, alerts.DeviceFault) })
	})
}

// answers is a sink for what comes back of commands.
type answers []fact.Fact

func (a *answers) Report(_ context.Context, f fact.Fact) error {
	*a = append(*a, f)
	return nil
}

// A command of an opening that cannot be sent comes back as the lock's refusal, with the
// reason; one for a door does not, and neither does locking.
func TestRefusedCommandComesBack(t *testing.T) {
	topics, err := plainlock.HomeAssistant.Topics("a")
	if err != nil {
		t.Fatal(err)
	}
	locks, err := plain.New(plain.Settings{BrokerURL: "tcp://127.0.0.1:1", ClientID: "c", Log: slog.New(slog.DiscardHandler),
		Locks: []plain.LockSettings{{ID: "a", Convention: plainlock.HomeAssistant, Topics: topics, SilentAfter: time.Hour}}})
	if err != nil {
		t.Fatal(err)
	}
	var got answers
	p := &plugged{plain: locks, facts: &got}
	for _, e := range []custody.TurnLocks{
		{Locks: []fact.DeviceID{"a"}, Unlock: true, Session: "S-1"}, {Locks: []fact.DeviceID{"other"}, Unlock: true, Session: "S-2"},
		{Locks: []fact.DeviceID{"a"}, Unlock: true}, {Locks: []fact.DeviceID{"a"}, Session: "S-1"},
	} {
		if err := p.turnLocks(t.Context(), e); err == nil {
			t.Errorf("%+v was carried out without a broker", e)
		}
	}
	want := answers{fact.LockResult{Lock: "a", Session: "S-1", Code: plain.CodeBrokerLost}, fact.LockResult{Lock: "other", Session: "S-2", Code: "not-sent"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// The topics follow from the convention, but for those that the configuration names, and
// each client of the built-in broker reaches those of its own locks.
func TestPlainTopicsAndClients(t *testing.T) {
	c := &configs.Site{PlainMQTT: &configs.PlainMQTT{Broker: configs.BrokerBuiltin}, PlainLocks: []configs.PlainLock{
		{ID: "a", Convention: configs.ConventionZigbee2MQTT, Topic: "z/a", Gateway: "bridge"},
		{ID: "b", Convention: configs.ConventionESPHome, Topic: "e/lock/b", CommandTopic: "e/go", Gateway: "bridge"},
	}}
	want := []broker.PlainClient{
		{Name: "bridge", Publish: []string{"z/a", "z/a/availability", "e/lock/b/state", "e/status"}, Subscribe: []string{"z/a/set", "e/go"}},
		{Name: configs.PlainDaemonName, Publish: []string{"z/a/set", "e/go"}, Subscribe: []string{"z/a", "z/a/availability", "e/lock/b/state", "e/status"}},
	}
	if diff := cmp.Diff(want, plainClients(c)); diff != "" {
		t.Errorf("clients (-want +got):\n%s", diff)
	}
	c.PlainMQTT.Broker = "tls://broker:8883"
	if got := plainClients(c); got != nil {
		t.Errorf("clients of a broker of the site's own: %+v", got)
	}
}

// A lock goes away when all three are unlocked: the others are locked at once, and it is
// locked, and said to have been open, when it is back.
func TestPlainLocksOnASafeGoAway(t *testing.T) {
	onEachPlainBroker(t, func(h *plainHouse) {
		h.opening()
		h.phase(threelock.Unlocked)
		h.locks["plain-3"].CutPower()
		h.phase(threelock.Ended)
		if why := h.overview().Safes[0].EndCode; why != threelock.WhyLockSilent {
			h.t.Errorf("ended with %s", why)
		}
		h.awaitBolt("plain-1", plainlock.BoltLocked)
		h.awaitBolt("plain-2", plainlock.BoltLocked)
		h.awaitBolt("plain-3", plainlock.BoltUnlocked)
		h.locks["plain-3"].RestorePower()
		h.awaitBolt("plain-3", plainlock.BoltLocked)
		h.await("all locked", func(o custody.Overview) bool {
			return !slices.ContainsFunc(o.Safes[0].Locks, func(l custody.LockOverview) bool { return l.Bolt != "locked" })
		})
	})
}
