package locktest_test

import (
	"crypto"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"trilock/custody/fact"
	"trilock/devices/devicetest/brokertest"
	"trilock/devices/devicetest/locktest"
	"trilock/devices/lock"
	"trilock/devices/pki"
	"trilock/firmware-protocols/lockwire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	daemonName = "trilockd"
	safeName   = "safe-1"
	patience   = brokertest.Patience
)

var lockNames = []string{"lock-a", "lock-b", "lock-c"}

func onEachBroker(t *testing.T, test func(*testing.T, *site)) {
	t.Helper()
	brokertest.OnEach(t, func(t *testing.T, courier brokertest.Courier) { test(t, newSite(t, courier)) })
}

// site is a broker, and the keys of a daemon, three locks and somebody else.
type site struct {
	*brokertest.Site
	keys map[string]crypto.Signer
}

func newSite(t *testing.T, courier brokertest.Courier) *site {
	t.Helper()
	clients := slices.Concat([]string{daemonName, "intruder"}, lockNames)
	s := &site{keys: map[string]crypto.Signer{},
		Site: brokertest.New(t, brokertest.Settings{Courier: courier, Clients: clients, Locks: lockNames, Daemon: daemonName})}
	for i, name := range clients {
		algorithm := pki.ES256
		if i%2 == 1 {
			algorithm = pki.EdDSA
		}
		var err error
		if s.keys[name], err = pki.NewSigningKey(filepath.Join(s.Dir, name+".sign"), algorithm); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *site) signer(name string) lockwire.Signer {
	s.T.Helper()
	signer, err := lockwire.NewSigner(s.keys[name])
	if err != nil {
		s.T.Fatal(err)
	}
	return signer
}

func (s *site) newLock(name string, change func(*locktest.Settings)) *locktest.Lock {
	s.T.Helper()
	settings := locktest.Settings{
		ID: name, Safe: safeName, Key: s.keys[name], Trust: lockwire.ControllerTrust(safeName, s.signer(daemonName).Key()),
		BrokerURL: s.URL, TLS: s.TLS(name), Heartbeat: 200 * time.Millisecond, Boot: 1, Log: brokertest.Log(),
	}
	if change != nil {
		change(&settings)
	}
	l, err := locktest.New(settings)
	if err != nil {
		s.T.Fatal(err)
	}
	return l
}

func (s *site) threeLocks() []*locktest.Lock {
	s.T.Helper()
	var out []*locktest.Lock
	for _, name := range lockNames {
		l := s.newLock(name, nil)
		s.Run(l.Run)
		out = append(out, l)
	}
	return out
}

func (s *site) driver(change func(*lock.Settings)) *lock.Locks {
	s.T.Helper()
	settings := lock.Settings{BrokerURL: s.URL, TLS: s.TLS(daemonName), ClientID: daemonName, ControllerKey: s.keys[daemonName], Log: brokertest.Log()}
	for _, name := range lockNames {
		settings.Locks = append(settings.Locks, lock.LockSettings{ID: fact.DeviceID(name), Key: s.keys[name].Public(), Safe: safeName})
	}
	if change != nil {
		change(&settings)
	}
	l, err := lock.New(settings)
	if err != nil {
		s.T.Fatal(err)
	}
	return l
}

// ledger is a sink that can wait for a word of every lock.
type ledger struct{ *brokertest.Ledger }

func newLedger() *ledger { return &ledger{brokertest.NewLedger()} }

// each waits for a match of every lock.
func (l *ledger) each(t *testing.T, from int, what string, match func(name fact.DeviceID, f fact.Fact) bool) map[fact.DeviceID]fact.Fact {
	t.Helper()
	out := map[fact.DeviceID]fact.Fact{}
	for _, name := range lockNames {
		id := fact.DeviceID(name)
		out[id] = l.Await(t, from, name+": "+what, func(f fact.Fact) bool { return match(id, f) })
	}
	return out
}

func report(state fact.DeviceState, code string) func(fact.DeviceID, fact.Fact) bool {
	return func(id fact.DeviceID, f fact.Fact) bool {
		r, ok := f.(fact.DeviceReport)
		return ok && r.Device == id && r.State == state && r.Code == code
	}
}

// bolt matches a bolt's position for a reason. On a loaded machine a heartbeat, which goes
// by QoS 0, may overtake the event that says it is locked: then the driver does not vouch
// for that one, and the bolt's position is the one it reports behind it.
func bolt(position fact.BoltState, reason string) func(fact.DeviceID, fact.Fact) bool {
	return func(id fact.DeviceID, f fact.Fact) bool {
		s, ok := f.(fact.LockState)
		overtaken := ok && s.Overtaken && position == fact.BoltLocked && s.Bolt == fact.BoltUnknown
		return ok && s.Lock == id && (s.Bolt == position || overtaken) && s.Reason == reason
	}
}

// unknown matches a bolt that nobody can vouch for, whatever the reason.
func unknown(id fact.DeviceID, f fact.Fact) bool {
	s, ok := f.(fact.LockState)
	return ok && s.Lock == id && s.Bolt == fact.BoltUnknown
}

func result(session string, accepted bool, code lockwire.Code) func(fact.DeviceID, fact.Fact) bool {
	return func(id fact.DeviceID, f fact.Fact) bool {
		r, ok := f.(fact.LockResult)
		return ok && r.Lock == id && r.Session == session && r.Accepted == accepted && r.Code == string(code)
	}
}
