package plaintest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"trilock/custody/fact"
	"trilock/devices/devicetest/brokertest"
	"trilock/devices/devicetest/plaintest"
	"trilock/devices/lock/plain"
	"trilock/firmware-protocols/plainlock"
)

// raw is a client that says whatever a test wants, under any of the site's certificates.
func (s *site) raw(name string) mqtt.Client {
	s.T.Helper()
	o := mqtt.NewClientOptions().AddBroker(s.URL).SetClientID(name).SetTLSConfig(s.TLS(name).Clone())
	o.SetAutoReconnect(false).SetConnectRetry(false).SetProtocolVersion(4).SetCleanSession(true)
	c := mqtt.NewClient(o)
	s.settle(c.Connect())
	s.T.Cleanup(func() { c.Disconnect(100) })
	return c
}

func (s *site) settle(token mqtt.Token) {
	s.T.Helper()
	if !token.WaitTimeout(patience) || token.Error() != nil {
		s.T.Fatalf("the broker says %v", token.Error())
	}
}

// Each convention, on each broker: unlock, lock, and a turn by hand are seen.
func TestLocksAreTurnedAndSeen(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		driver, facts := s.start()
		for _, m := range members {
			at := facts.Mark()
			if err := driver.Turn(t.Context(), true, fact.DeviceID(m.id)); err != nil {
				t.Fatal(err)
			}
			facts.Await(t, at, m.id+" unlocked", bolt(m.id, fact.BoltUnlocked))
			at = facts.Mark()
			if err := driver.Turn(t.Context(), false, fact.DeviceID(m.id)); err != nil {
				t.Fatal(err)
			}
			facts.Await(t, at, m.id+" locked", bolt(m.id, fact.BoltLocked))
			at = facts.Mark()
			s.locks[m.id].ByHand(true)
			facts.Await(t, at, m.id+" unlocked by hand", bolt(m.id, fact.BoltUnlocked))
			at = facts.Mark()
			s.locks[m.id].CutPower()
			facts.Await(t, at, m.id+" offline", device(m.id, fact.DeviceDown, plain.CodeOffline))
			s.locks[m.id].RestorePower()
			facts.Await(t, at, m.id+" back", up(m.id))
			if got := s.locks[m.id].Commands(); len(got) != 2 {
				t.Errorf("%s found a command when it came back: %+v", m.id, got)
			}
		}
	})
}

// A lock without power takes no command, keeps none for later, and its bolt is unknown.
func TestNothingIsQueuedForAnAbsentLock(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		driver, facts := s.start()
		at := facts.Mark()
		s.locks["door-lock"].CutPower()
		facts.Await(t, at, "door-lock offline", device("door-lock", fact.DeviceDown, plain.CodeOffline))
		facts.Await(t, at, "its bolt unknown", bolt("door-lock", fact.BoltUnknown))
		var absent *plain.AbsentError
		if err := driver.Turn(t.Context(), true, "gate-lock", "door-lock"); !errors.As(err, &absent) || absent.Lock != "door-lock" || absent.Code != plain.CodeOffline {
			t.Errorf("unlocking with one absent: %v", err)
		}
		if err := driver.Turn(t.Context(), false, "door-lock", "gate-lock"); !errors.As(err, &absent) {
			t.Errorf("locking with one absent: %v", err)
		}
		at = facts.Mark()
		s.locks["door-lock"].RestorePower()
		facts.Await(t, at, "door-lock back", up("door-lock"))
		facts.Await(t, at, "its bolt known", bolt("door-lock", fact.BoltLocked))
		at = facts.Mark()
		if err := driver.Turn(t.Context(), true, "door-lock"); err != nil {
			t.Fatal(err)
		}
		facts.Await(t, at, "door-lock unlocked", bolt("door-lock", fact.BoltUnlocked))
		if got := s.locks["door-lock"].Commands(); len(got) != 1 {
			t.Errorf("commands reached the lock that was away: %+v", got)
		}
		for _, c := range s.locks["gate-lock"].Commands() {
			if c.Unlock {
				t.Error("one of two was unlocked although the other was away")
			}
		}
	})
}

func TestJammedBolt(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		driver, facts := s.start()
		for _, m := range members {
			at := facts.Mark()
			s.locks[m.id].Jam()
			if err := driver.Turn(t.Context(), true, fact.DeviceID(m.id)); err != nil {
				t.Fatal(err)
			}
			facts.Await(t, at, m.id+" in fault", device(m.id, fact.DeviceFault, plain.CodeJammed))
			facts.Await(t, at, m.id+" jammed", bolt(m.id, fact.BoltJammed))
			at = facts.Mark()
			s.locks[m.id].ByHand(false)
			facts.Await(t, at, m.id+" well again", up(m.id))
		}
	})
}

// The broker goes: nothing is known, nothing is sent. It comes back: everything is known
// again, and what was turned meanwhile too.
func TestBrokerRestart(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		driver, facts := s.start()
		at := facts.Mark()
		s.Restart(func() {
			for _, m := range members {
				facts.Await(t, at, m.id+" down", device(m.id, fact.DeviceDown, plain.CodeBrokerLost))
				facts.Await(t, at, m.id+" unknown", bolt(m.id, fact.BoltUnknown))
				s.locks[m.id].ByHand(true)
			}
			var absent *plain.AbsentError
			if err := driver.Turn(t.Context(), true, "door-lock"); !errors.As(err, &absent) || absent.Code != plain.CodeBrokerLost {
				t.Errorf("unlocking without a broker: %v", err)
			}
		})
		for _, m := range members {
			facts.Await(t, at, m.id+" back", up(m.id))
			facts.Await(t, at, m.id+" unlocked by hand meanwhile", bolt(m.id, fact.BoltUnlocked))
			for _, c := range s.locks[m.id].Commands() {
				t.Errorf("%s got a command %+v that was refused", m.id, c)
			}
		}
	})
}

// A retained state alone is nobody's word: the lock that published it may be gone.
func TestRetainedStateNeedsALockThatIsOnline(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		lock := s.raw("door-lock")
		s.settle(lock.Publish(s.topics["door-lock"].State, 1, true, "LOCKED"))
		driver, facts := s.driver(nil), brokertest.NewLedger()
		s.Run(func(ctx context.Context) error { return driver.Run(ctx, facts) })
		facts.Await(t, 0, "door-lock absent", device("door-lock", fact.DeviceDown, plain.CodeOffline))
		for _, f := range facts.Since(0) {
			if bolt("door-lock", fact.BoltLocked)(f) {
				t.Fatal("a retained state was believed with nobody behind it")
			}
		}
		at := facts.Mark()
		s.settle(lock.Publish(s.topics["door-lock"].Availability, 1, true, "online"))
		facts.Await(t, at, "the last known is true, now that the lock is there", bolt("door-lock", fact.BoltLocked))
	})
}

// What cannot be read makes the bolt unknown, is counted by its reason, and is reported.
func TestUnreadableState(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		lock := s.raw("gate-lock")
		driver, facts := s.driver(nil), brokertest.NewLedger()
		s.Run(func(ctx context.Context) error { return driver.Run(ctx, facts) })
		top := s.topics["gate-lock"]
		s.settle(lock.Publish(top.Availability, 1, true, "online"))
		s.settle(lock.Publish(top.State, 1, true, "LOCKED"))
		facts.Await(t, 0, "gate-lock locked", bolt("gate-lock", fact.BoltLocked))
		at := facts.Mark()
		s.settle(lock.Publish(top.State, 1, false, "locked, honestly"))
		facts.Await(t, at, "unknown", bolt("gate-lock", fact.BoltUnknown))
		facts.Await(t, at, "a refusal", func(f fact.Fact) bool {
			r, ok := f.(fact.LockRefusal)
			return ok && r.Lock == "gate-lock" && r.Code == string(plainlock.ReasonUnknownWord) && r.Count == 1
		})
		if got := driver.Unread()["gate-lock"][plainlock.ReasonUnknownWord]; got != 1 {
			t.Errorf("%d unknown words counted, want 1", got)
		}
	})
}

// A lock that says nothing for longer than it may is unknown, although its bridge keeps
// it online: and a retained message is no word of the lock's.
func TestSilence(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		lock := s.raw("gate-lock")
		top := s.topics["gate-lock"]
		driver, facts := s.driver(func(p *plain.Settings) {
			for i := range p.Locks {
				p.Locks[i].SilentAfter = time.Second
			}
		}), brokertest.NewLedger()
		s.settle(lock.Publish(top.Availability, 1, true, "online"))
		s.settle(lock.Publish(top.State, 1, true, "LOCKED"))
		s.Run(func(ctx context.Context) error { return driver.Run(ctx, facts) })
		facts.Await(t, 0, "locked", bolt("gate-lock", fact.BoltLocked))
		at := facts.Mark()
		facts.Await(t, at, "silent", device("gate-lock", fact.DeviceDown, plain.CodeSilent))
		facts.Await(t, at, "unknown", bolt("gate-lock", fact.BoltUnknown))
		var absent *plain.AbsentError
		if err := driver.Turn(t.Context(), true, "gate-lock"); !errors.As(err, &absent) || absent.Code != plain.CodeSilent {
			t.Errorf("unlocking a silent lock: %v", err)
		}
		at = facts.Mark()
		s.settle(lock.Publish(top.State, 1, true, "UNLOCKED"))
		facts.Await(t, at, "it speaks again", bolt("gate-lock", fact.BoltUnlocked))
	})
}

// With rights by certificate nobody speaks for another lock, and none reaches the signed ones.
func TestRights(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		_, facts := s.start()
		at := facts.Mark()
		gate := s.locks["gate-lock"]
		gate.CutPower() // its certificate is needed for the impostor: client ids are theirs
		facts.Await(t, at, "gate-lock offline", device("gate-lock", fact.DeviceDown, plain.CodeOffline))
		impostor := s.raw("gate-lock")
		at = facts.Mark()
		s.settle(impostor.Publish(s.topics["door-lock"].State, 1, false, "UNLOCKED"))
		s.settle(impostor.Publish(s.topics["door-lock"].Command, 1, false, "UNLOCK"))
		s.settle(impostor.Publish("trilock/lock/lock-1/cmd", 1, false, "x"))
		s.settle(impostor.Publish(s.topics["gate-lock"].Availability, 1, false, "online")) // the fence: this one is its own
		facts.Await(t, at, "gate-lock up", up("gate-lock"))
		for _, f := range facts.Since(at) {
			if bolt("door-lock", fact.BoltUnlocked)(f) {
				t.Error("one lock's certificate spoke for another lock")
			}
		}
		if got := s.locks["door-lock"].Commands(); len(got) != 0 {
			t.Errorf("one lock's certificate commanded another lock: %+v", got)
		}
	})
}

// Why commands are never retained: a lock that comes back obeys what it finds.
func TestTheSimulatedLockObeysRetainedCommands(t *testing.T) {
	s := newSite(t, brokertest.BuiltIn)
	driver := s.raw(driverName)
	s.settle(driver.Publish(s.topics["door-lock"].Command, 1, true, "UNLOCK"))
	lock := plaintest.New(plaintest.Settings{BrokerURL: s.URL, TLS: s.TLS("door-lock"), ClientID: "door-lock", Convention: plainlock.HomeAssistant, Topics: s.topics["door-lock"]})
	facts := brokertest.NewLedger()
	s.Run(func(ctx context.Context) error { lock.Run(ctx); return nil })
	driver.Disconnect(100)
	d := s.driver(nil)
	s.Run(func(ctx context.Context) error { return d.Run(ctx, facts) })
	facts.Await(t, 0, "unlocked by a retained command", bolt("door-lock", fact.BoltUnlocked))
	if got := lock.Commands(); len(got) != 1 || !got[0].Retained {
		t.Errorf("commands %+v", got)
	}
}
