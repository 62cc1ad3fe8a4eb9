package plain

import (
	"context"
	"crypto/tls"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"trilock/custody/fact"
	"trilock/firmware-protocols/plainlock"
)

// notes is a sink that keeps the last word on a lock.
type notes struct {
	t        *testing.T
	reports  []fact.DeviceReport
	states   []fact.LockState
	refusals int
}

func (n *notes) Report(_ context.Context, f fact.Fact) error {
	switch f := f.(type) {
	case fact.DeviceReport:
		n.reports = append(n.reports, f)
	case fact.LockState:
		n.states = append(n.states, f)
	case fact.LockRefusal:
		n.refusals++
	}
	return nil
}

func (n *notes) device() string {
	if len(n.reports) == 0 {
		return ""
	}
	last := n.reports[len(n.reports)-1]
	return map[fact.DeviceState]string{fact.DeviceUp: "up", fact.DeviceDown: "down", fact.DeviceFault: "fault"}[last.State] + " " + last.Code
}

func (n *notes) bolt() fact.BoltState {
	if len(n.states) == 0 {
		return fact.BoltUnknown
	}
	return n.states[len(n.states)-1].Bolt
}

// A script of what happens to one lock, by the second, and what is known after each step.
type step struct {
	at   float64 // seconds
	do   string  // connect, lost, look, or a message: "state LOCKED", "retained-state LOCKED", "avail online", …
	dev  string
	bolt fact.BoltState
}

func TestWhatIsKnownOfALock(t *testing.T) {
	const unknown, locked, unlocked, jammed = fact.BoltUnknown, fact.BoltLocked, fact.BoltUnlocked, fact.BoltJammed
	for name, script := range map[string][]step{
		"retained state and presence, in either order": {
			{0, "connect", "", unknown}, {0.1, "retained-state LOCKED", "", unknown}, {0.2, "retained-avail online", "up ", locked},
			{1, "lost", "down broker-lost", unknown},
			{2, "connect", "down broker-lost", unknown}, {2.1, "retained-avail online", "up ", unknown}, {2.2, "retained-state UNLOCKED", "up ", unlocked},
		},
		"a retained state with nobody behind it": {
			{0, "connect", "", unknown}, {0.1, "retained-state LOCKED", "", unknown}, {4.9, "look", "", unknown}, {5.1, "look", "down lock-offline", unknown},
			{9, "avail online", "up ", locked},
		},
		"what it said before it left says nothing of the lock that comes back": {
			{0, "connect", "", unknown}, {0, "retained-avail online", "up ", unknown}, {0, "state LOCKED", "up ", locked},
			{1, "avail offline", "down lock-offline", unknown}, {9, "avail online", "up ", unknown}, {9.1, "state UNLOCKED", "up ", unlocked},
		},
		"a state said while offline counts when it is online": {
			{0, "connect", "", unknown}, {0, "avail offline", "down lock-offline", unknown}, {1, "state UNLOCKED", "down lock-offline", unknown}, {1.1, "avail online", "up ", unlocked},
		},
		"silence": {
			{0, "connect", "", unknown}, {0, "retained-avail online", "up ", unknown}, {1, "state LOCKED", "up ", locked}, {11, "look", "up ", locked},
			{11.2, "look", "down lock-silent", unknown}, {12, "retained-state LOCKED", "down lock-silent", unknown}, {13, "avail online", "up ", unknown}, {13, "state LOCKED", "up ", locked},
		},
		"silence is not ended by a broker that comes and goes": {
			{0, "connect", "", unknown}, {0, "retained-avail online", "up ", unknown}, {0, "retained-state LOCKED", "up ", locked}, {6, "lost", "down broker-lost", unknown},
			{100, "connect", "down broker-lost", unknown}, {100, "retained-state LOCKED", "down broker-lost", unknown}, {100, "retained-avail online", "up ", locked},
			{103.9, "look", "up ", locked}, {104.2, "look", "down lock-silent", unknown},
		},
		"jammed, moving, unreadable": {
			{0, "connect", "", unknown}, {0, "avail online", "up ", unknown}, {0, "state JAMMED", "fault jammed", jammed}, {1, "state UNLOCKING", "up ", unknown},
			{2, "state UNLOCKED", "up ", unlocked}, {3, "state open!", "up ", unknown}, {4, "state LOCKED", "up ", locked}, {5, "avail maybe", "up ", locked},
		},
	} {
		t.Run(name, func(t *testing.T) {
			topics, err := plainlock.HomeAssistant.Topics("a")
			if err != nil {
				t.Fatal(err)
			}
			p, facts := newPeer(LockSettings{ID: "l", Convention: plainlock.HomeAssistant, Topics: topics, SilentAfter: 10 * time.Second}), &notes{t: t}
			start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
			for _, s := range script {
				now := start.Add(time.Duration(s.at * float64(time.Second)))
				perform(t, p, facts, s.do, now)
				if facts.device() != s.dev || facts.bolt() != s.bolt {
					t.Fatalf("at %v s, after %q: device %q, bolt %d; want %q, %d", s.at, s.do, facts.device(), facts.bolt(), s.dev, s.bolt)
				}
				if mayTell := p.absent.Load() == nil; mayTell != (strings.HasPrefix(s.dev, "up") || strings.HasPrefix(s.dev, "fault")) {
					t.Fatalf("at %v s, after %q: takes commands: %v", s.at, s.do, mayTell)
				}
			}
		})
	}
}

func perform(t *testing.T, p *peer, facts *notes, do string, now time.Time) {
	t.Helper()
	what, payload, _ := strings.Cut(do, " ")
	switch what {
	case "connect":
		p.connect(now)
		return
	case "lost":
		p.disconnect(now)
		if err := p.tell(t.Context(), facts, status{fact.DeviceDown, CodeBrokerLost, ""}, position{}, CodeBrokerLost); err != nil {
			t.Fatal(err)
		}
		return
	case "look":
	default:
		p.take(strings.HasSuffix(what, "state"), strings.HasPrefix(what, "retained-"), []byte(payload), now)
	}
	if err := p.judge(t.Context(), facts, now); err != nil {
		t.Fatal(err)
	}
}

// Whatever comes, a bolt is known only of a lock that is online, and nothing is sent to
// one that is not; and garbage makes no more facts than the pace allows.
func TestNothingIsKnownOfAnAbsentLock(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		convention := rapid.SampledFrom(plainlock.Conventions()).Draw(r, "convention")
		topics, err := convention.Topics("a/lock/b")
		if err != nil {
			r.Fatal(err)
		}
		p, facts := newPeer(LockSettings{ID: "l", Convention: convention, Topics: topics, SilentAfter: 10 * time.Second}), &notes{t: t}
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		p.connect(now)
		payloads := []string{"LOCKED", "UNLOCKED", "JAMMED", "x", "", `{"state":"LOCK"}`, `{"state":"UNLOCK","lock_state":"unlocked"}`, `{"battery":5}`, "online", "offline"}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 4000).Draw(r, "ms")) * time.Millisecond)
			verb := rapid.SampledFrom([]string{"state", "retained-state", "avail", "retained-avail", "look", "lost", "connect"}).Draw(r, "verb")
			perform(t, p, facts, verb+" "+rapid.SampledFrom(payloads).Draw(r, "payload"), now)
			if facts.bolt() != fact.BoltUnknown && !strings.HasPrefix(facts.device(), "up") && !strings.HasPrefix(facts.device(), "fault") {
				r.Fatalf("bolt %d of a lock that is %q", facts.bolt(), facts.device())
			}
			if (p.absent.Load() == nil) && p.presence != online {
				r.Fatalf("commands go to a lock that is not online")
			}
		}
		if most := 5 + int(now.Sub(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))/refusalEvery) + 1; facts.refusals > most {
			r.Fatalf("%d facts about refused messages, want %d at most", facts.refusals, most)
		}
	})
}

func TestSettingsRefused(t *testing.T) {
	topics := func(base string) plainlock.Topics {
		found, err := plainlock.HomeAssistant.Topics(base)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	good := func() Settings {
		return Settings{BrokerURL: "tls://broker:8883", TLS: &tls.Config{MinVersion: tls.VersionTLS12}, ClientID: "trilockd-plain", Log: slog.New(slog.DiscardHandler),
			Locks: []LockSettings{{ID: "a", Convention: plainlock.HomeAssistant, Topics: topics("a"), SilentAfter: time.Hour}, {ID: "b", Convention: plainlock.ESPHome, Topics: topics("b"), SilentAfter: time.Hour}}}
	}
	if _, err := New(good()); err != nil {
		t.Fatal(err)
	}
	local := good()
	local.BrokerURL, local.TLS = "tcp://127.0.0.1:1883", nil
	if _, err := New(local); err != nil {
		t.Errorf("a broker on this machine without TLS: %v", err)
	}
	for name, change := range map[string]func(*Settings){
		"clear text over the network": func(s *Settings) { s.BrokerURL, s.TLS = "tcp://10.0.0.5:1883", nil },
		"clear text to a name":        func(s *Settings) { s.BrokerURL, s.TLS = "tcp://localhost:1883", nil },
		"password in the URL":         func(s *Settings) { s.BrokerURL = "tls://me:secret@broker:8883" },
		"no port":                     func(s *Settings) { s.BrokerURL = "tls://broker" },
		"other scheme":                func(s *Settings) { s.BrokerURL = "ws://broker:80" },
		"TLS without TLS":             func(s *Settings) { s.TLS = nil },
		"no client id":                func(s *Settings) { s.ClientID = "" },
		"no log":                      func(s *Settings) { s.Log = nil },
		"no locks":                    func(s *Settings) { s.Locks = nil },
		"too many locks":              func(s *Settings) { s.Locks = make([]LockSettings, maxLocks+1) },
		"lock twice":                  func(s *Settings) { s.Locks[1].ID = "a" },
		"no name":                     func(s *Settings) { s.Locks[1].ID = "" },
		"no convention":               func(s *Settings) { s.Locks[1].Convention = "zwave" },
		"wildcard":                    func(s *Settings) { s.Locks[1].Topics.State = "b/#" },
		"signed topic":                func(s *Settings) { s.Locks[1].Topics.Command = "trilock/lock/lock-1/cmd" },
		"no availability":             func(s *Settings) { s.Locks[1].Topics.Availability = "" },
		"one command for two":         func(s *Settings) { s.Locks[1].Topics.Command = s.Locks[0].Topics.Command },
		"one state for two":           func(s *Settings) { s.Locks[1].Topics.State = s.Locks[0].Topics.State },
		"a command that is another's availability": func(s *Settings) { s.Locks[1].Topics.Command = s.Locks[0].Topics.Availability },
		"never silent":       func(s *Settings) { s.Locks[0].SilentAfter = 0 },
		"silent for a month": func(s *Settings) { s.Locks[0].SilentAfter = 720 * time.Hour },
	} {
		s := good()
		change(&s)
		if _, err := New(s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	shared := good()
	shared.Locks[1].Topics.Availability = shared.Locks[0].Topics.Availability
	if _, err := New(shared); err != nil {
		t.Errorf("two locks of one bridge with one availability: %v", err)
	}
}

func TestTurnOfAnUnknownLock(t *testing.T) {
	topics, err := plainlock.HomeAssistant.Topics("a")
	if err != nil {
		t.Fatal(err)
	}
	l, err := New(Settings{BrokerURL: "tcp://127.0.0.1:1", ClientID: "c", Log: slog.New(slog.DiscardHandler),
		Locks: []LockSettings{{ID: "a", Convention: plainlock.HomeAssistant, Topics: topics, SilentAfter: time.Hour}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Turn(t.Context(), true, "a", "other"); err == nil || !strings.Contains(err.Error(), "other") {
		t.Errorf("unlocking a lock that is not configured: %v", err)
	}
	if err := l.Turn(t.Context(), true, "a"); err == nil || !strings.Contains(err.Error(), CodeBrokerLost) {
		t.Errorf("unlocking without a broker: %v", err)
	}
}
