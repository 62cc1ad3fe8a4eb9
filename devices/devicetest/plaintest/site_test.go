package plaintest_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"trilock/custody/fact"
	"trilock/devices/broker"
	"trilock/devices/devicetest/brokertest"
	"trilock/devices/devicetest/plaintest"
	"trilock/devices/lock/plain"
	"trilock/firmware-protocols/plainlock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	driverName = "trilockd-plain"
	patience   = brokertest.Patience
)

// members are the locks of every test, one of each convention.
var members = []struct {
	id         string
	convention plainlock.Convention
	base       string
}{
	{"cabinet-a-lock", plainlock.Zigbee2MQTT, "zigbee2mqtt/cabinet-a"},
	{"door-lock", plainlock.HomeAssistant, "home/frontdoor"},
	{"gate-lock", plainlock.ESPHome, "gate/lock/bolt"},
}

func topics(t *testing.T, convention plainlock.Convention, base string) plainlock.Topics {
	t.Helper()
	found, err := convention.Topics(base)
	if err == nil {
		err = found.Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// site is a broker, three locks and the driver's identity.
type site struct {
	*brokertest.Site
	topics map[string]plainlock.Topics
	locks  map[string]*plaintest.Lock
}

func onEachBroker(t *testing.T, test func(*testing.T, *site)) {
	t.Helper()
	brokertest.OnEach(t, func(t *testing.T, courier brokertest.Courier) { test(t, newSite(t, courier)) })
}

func newSite(t *testing.T, courier brokertest.Courier) *site {
	t.Helper()
	s := &site{topics: map[string]plainlock.Topics{}, locks: map[string]*plaintest.Lock{}}
	clients := []string{driverName, "intruder"}
	for _, m := range members {
		clients = append(clients, m.id)
		s.topics[m.id] = topics(t, m.convention, m.base)
	}
	s.Site = brokertest.New(t, brokertest.Settings{
		Courier: courier, Clients: clients, Locks: []string{"lock-1"}, Daemon: "trilockd", Plain: s.rights(),
	})
	return s
}

// rights are those on either broker.
func (s *site) rights() []broker.PlainClient {
	driver := broker.PlainClient{Name: driverName}
	clients := []broker.PlainClient{}
	for _, m := range members {
		top := s.topics[m.id]
		driver.Publish = append(driver.Publish, top.Command)
		driver.Subscribe = append(driver.Subscribe, top.State, top.Availability)
		clients = append(clients, broker.PlainClient{Name: m.id, Publish: []string{top.State, top.Availability}, Subscribe: []string{top.Command}})
	}
	return append(clients, driver)
}

// plugLocks starts all locks.
func (s *site) plugLocks() {
	s.T.Helper()
	for _, m := range members {
		lock := plaintest.New(plaintest.Settings{BrokerURL: s.URL, TLS: s.TLS(m.id), ClientID: m.id, Convention: m.convention, Topics: s.topics[m.id]})
		s.locks[m.id] = lock
		s.Run(func(ctx context.Context) error { lock.Run(ctx); return nil })
	}
}

func (s *site) driver(change func(*plain.Settings)) *plain.Locks {
	s.T.Helper()
	settings := plain.Settings{BrokerURL: s.URL, TLS: s.TLS(driverName), ClientID: driverName, Log: brokertest.Log()}
	for _, m := range members {
		settings.Locks = append(settings.Locks, plain.LockSettings{ID: fact.DeviceID(m.id), Convention: m.convention, Topics: s.topics[m.id], SilentAfter: time.Hour})
	}
	if change != nil {
		change(&settings)
	}
	l, err := plain.New(settings)
	if err != nil {
		s.T.Fatal(err)
	}
	return l
}

// start runs a driver and waits until it knows all locks and their bolts.
func (s *site) start() (*plain.Locks, *brokertest.Ledger) {
	s.T.Helper()
	s.plugLocks()
	driver, facts := s.driver(nil), brokertest.NewLedger()
	s.Run(func(ctx context.Context) error { return driver.Run(ctx, facts) })
	for _, m := range members {
		facts.Await(s.T, 0, m.id+" up", up(m.id))
		facts.Await(s.T, 0, m.id+" locked", bolt(m.id, fact.BoltLocked))
	}
	return driver, facts
}

func up(id string) func(fact.Fact) bool { return device(id, fact.DeviceUp, "") }

func device(id string, state fact.DeviceState, code string) func(fact.Fact) bool {
	return func(f fact.Fact) bool {
		r, ok := f.(fact.DeviceReport)
		return ok && string(r.Device) == id && r.State == state && r.Code == code
	}
}

func bolt(id string, position fact.BoltState) func(fact.Fact) bool {
	return func(f fact.Fact) bool {
		s, ok := f.(fact.LockState)
		return ok && string(s.Lock) == id && s.Bolt == position
	}
}
