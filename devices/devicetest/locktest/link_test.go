package locktest_test

import (
	"context"
	"fmt"
	"testing"

	"trilock/custody/fact"
	"trilock/devices/devicetest/brokertest"
	"trilock/devices/devicetest/locktest"
	"trilock/devices/lock"
	"trilock/firmware-protocols/lockwire"
)

// Commands reach each lock in the order in which they were given.
func TestStreamIsOrdered(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		r := newRig(t, s)
		const many = 40
		from := r.facts.Mark()
		for i := range many {
			if err := r.driver.Challenge(t.Context(), safeName, fmt.Sprintf("S-%03d", i), deviceIDs); err != nil {
				t.Fatal(err)
			}
		}
		r.facts.each(t, from, "the last challenge", func(id fact.DeviceID, f fact.Fact) bool {
			c, ok := f.(fact.LockChallenge)
			return ok && c.Lock == id && c.Session == fmt.Sprintf("S-%03d", many-1)
		})
		next := map[fact.DeviceID]int{}
		for _, f := range r.facts.Since(from) {
			if c, ok := f.(fact.LockChallenge); ok {
				if want := fmt.Sprintf("S-%03d", next[c.Lock]); c.Session != want {
					t.Fatalf("%s answered %s, want %s", c.Lock, c.Session, want)
				}
				next[c.Lock]++
			}
		}
		for _, id := range deviceIDs {
			if next[id] != many {
				t.Errorf("%s answered %d of %d", id, next[id], many)
			}
		}
	})
}

// Commands are QoS 1, not retained, and not kept for a lock whose line broke without a
// word: the broker has nothing for it when it is back.
func TestBrokerKeepsNoCommand(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		driver, facts := s.driver(nil), newLedger()
		s.Run(func(ctx context.Context) error { return driver.Run(ctx, facts) })
		topic := lockwire.Topic("lock-a", lockwire.RoleCommand)
		stand := mustDial(t, s, "lock-a") // answers nothing
		if err := stand.subscribe(topic); err != nil {
			t.Fatal(err)
		}
		hello := stand.next()
		if m, err := lockwire.OpenCommand(s.signer(daemonName).Key(), "lock-a", hello.Payload()); err != nil || m.Kind() != lockwire.KindHello {
			t.Fatalf("%v, %v", m, err)
		}
		if hello.Qos() != 1 || hello.Retained() || hello.Duplicate() {
			t.Errorf("QoS %d, retained %v, duplicate %v", hello.Qos(), hello.Retained(), hello.Duplicate())
		}
		if err := stand.publish(lockwire.Topic("lock-a", lockwire.RolePresence), true, lockwire.PresenceOnline); err != nil {
			t.Fatal(err)
		}
		facts.Await(t, 0, "an announcement is not enough", func(f fact.Fact) bool { return report(fact.DeviceDown, lock.CodeSilent)("lock-a", f) })
		_ = stand.line.Close() // no goodbye
		if err := driver.Challenge(t.Context(), safeName, "S-lost", []fact.DeviceID{"lock-a"}); err != nil {
			t.Logf("the driver knows already: %v", err)
		}
		again := mustDial(t, s, "lock-a")
		if err := again.subscribe(topic); err != nil {
			t.Fatal(err)
		}
		_ = driver.Relock(t.Context(), safeName, "S-fence", "fence") // nobody plays the other two locks
		for {
			m := again.next()
			command, err := lockwire.OpenCommand(s.signer(daemonName).Key(), "lock-a", m.Payload())
			if err != nil || m.Retained() || m.Duplicate() {
				t.Fatalf("%v, retained %v, duplicate %v", err, m.Retained(), m.Duplicate())
			}
			if command.Kind() == lockwire.KindChallengeRequest {
				t.Fatal("a command was kept for a lock that was away")
			}
			if command.Kind() == lockwire.KindRelock {
				return
			}
		}
	})
}

// That the broker has a command, that a lock agrees, and that the bolt is drawn, are
// three things: a motor that stalls makes the third one differ.
func TestMotorFaults(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		r := newRig(t, s)
		r.locks[2].FailMotor(lockwire.MotorStalled)
		from := r.authorise("S-1", r.challenge("S-1"), threeParties())
		r.facts.each(t, from, "accepted", result("S-1", true, ""))
		jammed := r.facts.Await(t, from, "stalled", func(f fact.Fact) bool { return bolt(fact.BoltJammed, lockwire.ReasonMotorStalled)("lock-c", f) }).(fact.LockState)
		if jammed.Motor != fact.MotorStalled {
			t.Errorf("%+v", jammed)
		}
		for _, id := range deviceIDs[:2] {
			r.facts.Await(t, from, "unlocked", func(f fact.Fact) bool { return bolt(fact.BoltUnlocked, lockwire.ReasonUnlocked)(id, f) })
		}
		for _, f := range r.facts.Since(from) {
			if st, ok := f.(fact.LockState); ok && st.Lock == "lock-c" && st.Bolt == fact.BoltUnlocked {
				t.Errorf("lock-c says that it is open: %+v", st)
			}
		}
		r.locks[2].FailMotor(lockwire.MotorOverCurrent)
		if err := r.driver.Relock(t.Context(), safeName, "S-1", "not-all-opened"); err != nil {
			t.Fatal(err)
		}
		r.facts.Await(t, from, "too much current", func(f fact.Fact) bool { return bolt(fact.BoltJammed, lockwire.ReasonMotorCurrent)("lock-c", f) })
		r.locks[2].FailMotor(lockwire.MotorUnknown) // freed by hand
		if err := r.driver.Relock(t.Context(), safeName, "S-1", "not-all-opened"); err != nil {
			t.Fatal(err)
		}
		locked := r.facts.each(t, from, "relocked", bolt(fact.BoltLocked, lockwire.ReasonRelockedCommand))
		if st := locked["lock-c"].(fact.LockState); st.Motor != fact.MotorReady {
			t.Errorf("%+v", st)
		}
		r.locks[0].SetBattery(20)
		low := r.facts.Await(t, from, "battery", func(f fact.Fact) bool { return bolt(fact.BoltLocked, lockwire.ReasonBatteryLow)("lock-a", f) }).(fact.LockState)
		if low.BatteryPercent != 20 {
			t.Errorf("%+v", low)
		}
	})
}

// The broker restarts between the challenges and the authorise: the locks still have their
// nonces, and the session goes on where it was.
func TestBrokerRestartInSession(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		r := newRig(t, s)
		challenges := r.challenge("S-1")
		from := r.facts.Mark()
		s.StopBroker()
		r.facts.each(t, from, "down", report(fact.DeviceDown, lock.CodeBrokerLost))
		from = r.facts.Mark()
		s.StartBroker(s.Port())
		r.facts.each(t, from, "up again", report(fact.DeviceUp, ""))
		from = r.authorise("S-1", challenges, threeParties())
		r.facts.each(t, from, "accepted", result("S-1", true, ""))
		r.facts.each(t, from, "unlocked", bolt(fact.BoltUnlocked, lockwire.ReasonUnlocked))
	})
}

// The broker goes as the authorise is on its way. Whether a lock got it or not, it says so
// when it can, nothing is sent a second time, and a relock shuts what was opened.
func TestBrokerRestartAtTheAuthorise(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		r := newRig(t, s)
		a := lock.Authorisation{Safe: safeName, Session: "S-1", Purpose: "x", Challenges: r.challenge("S-1"), Parties: threeParties()}
		from := r.facts.Mark()
		err := r.driver.Authorise(t.Context(), a)
		s.StopBroker()
		r.facts.each(t, from, "down", report(fact.DeviceDown, lock.CodeBrokerLost))
		after := r.facts.Mark()
		s.StartBroker(s.Port())
		r.facts.each(t, after, "up again", report(fact.DeviceUp, ""))
		r.facts.each(t, after, "a position of each bolt", func(id fact.DeviceID, f fact.Fact) bool {
			st, ok := f.(fact.LockState)
			return ok && st.Lock == id && st.Reason == lockwire.ReasonProbe && st.Bolt != fact.BoltUnknown
		})
		after = r.facts.Mark()
		if relock := r.driver.Relock(t.Context(), safeName, "S-1", "broker-lost"); relock != nil {
			t.Fatal(relock)
		}
		r.facts.each(t, after, "locked", bolt(fact.BoltLocked, lockwire.ReasonRelockedCommand))
		accepted := map[fact.DeviceID]int{}
		for _, f := range r.facts.Since(from) {
			if res, ok := f.(fact.LockResult); ok && res.Accepted {
				accepted[res.Lock]++
			}
		}
		for id, n := range accepted {
			if n > 1 {
				t.Errorf("%s accepted %d times", id, n)
			}
		}
		t.Logf("the authorise: %v; accepted by %d locks", err, len(accepted))
		r.allLocked()
		r.open("S-2")
	})
}

// Locks of other versions: one that also speaks ours is used, one that does not is down
// for that reason and gets no command.
func TestLocksOfOtherVersions(t *testing.T) {
	s := newSite(t, brokertest.BuiltIn)
	facts, driver := newLedger(), s.driver(nil)
	for i, name := range lockNames {
		l := s.newLock(name, func(set *locktest.Settings) {
			set.Versions = lockwire.Versions{Lowest: 1, Highest: 9}
			if i == 1 {
				set.Versions = lockwire.Versions{Lowest: 3, Highest: 9}
			}
		})
		s.Run(l.Run)
	}
	s.Run(func(ctx context.Context) error { return driver.Run(ctx, facts) })
	facts.Await(t, 0, "down", func(f fact.Fact) bool { return report(fact.DeviceDown, lock.CodeVersion)("lock-b", f) })
	for _, id := range []fact.DeviceID{"lock-a", "lock-c"} {
		facts.Await(t, 0, "up", func(f fact.Fact) bool { return report(fact.DeviceUp, "")(id, f) })
	}
	if err := driver.Challenge(t.Context(), safeName, "S-1", deviceIDs); !absent(err, lock.CodeVersion) {
		t.Errorf("a command: %v", err)
	}
}

// Refusals, of whichever side, become facts with their words and their number.
func TestRefusalsAreCounted(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		r := newRig(t, s)
		from := r.facts.Mark()
		for i := range 3 {
			session := fmt.Sprintf("S-%d", i)
			r.authorise(session, r.challenge(session), threeParties()[:2])
		}
		for _, id := range deviceIDs {
			count := uint32(0)
			r.facts.Await(t, from, string(id)+": three refusals", func(f fact.Fact) bool {
				if refused, ok := f.(fact.LockRefusal); ok && refused.Lock == id && refused.ByLock && refused.Code == string(lockwire.CodeMissingApproval) {
					count += refused.Count
				}
				return count == 3
			})
		}
	})
}
