package locktest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/devices/devicetest/brokertest"
	"trilock/devices/devicetest/locktest"
	"trilock/devices/lock"
	"trilock/firmware-protocols/lockwire"
)

var deviceIDs = []fact.DeviceID{"lock-a", "lock-b", "lock-c"}

func threeParties() []lock.Approver {
	return []lock.Approver{
		{Party: lockwire.Archivist, Person: "P-0001"},
		{Party: lockwire.GeneralOffice, Person: "P-0002"},
		{Party: lockwire.Management, Person: "P-0003"},
	}
}

// rig is a driver on three locks, all up.
type rig struct {
	*site
	driver *lock.Locks
	locks  []*locktest.Lock
	facts  *ledger
	halt   func() // of the driver
}

func newRig(t *testing.T, s *site) *rig {
	t.Helper()
	r := &rig{site: s, driver: s.driver(nil), locks: s.threeLocks(), facts: newLedger()}
	r.start()
	r.facts.each(t, 0, "up", report(fact.DeviceUp, ""))
	return r
}

func (r *rig) start() {
	r.halt = r.Run(func(ctx context.Context) error { return r.driver.Run(ctx, r.facts) })
}

// challenge asks all locks and returns their signed challenges.
func (r *rig) challenge(session string) [][]byte {
	r.T.Helper()
	from := r.facts.Mark()
	if err := r.driver.Challenge(r.T.Context(), safeName, session, deviceIDs); err != nil {
		r.T.Fatal(err)
	}
	var raw [][]byte
	for _, f := range r.facts.each(r.T, from, "challenge", func(id fact.DeviceID, f fact.Fact) bool {
		c, ok := f.(fact.LockChallenge)
		return ok && c.Lock == id && c.Session == session
	}) {
		raw = append(raw, f.(fact.LockChallenge).Challenge)
	}
	return raw
}

func (r *rig) authorise(session string, challenges [][]byte, parties []lock.Approver) int {
	r.T.Helper()
	from := r.facts.Mark()
	err := r.driver.Authorise(r.T.Context(), lock.Authorisation{
		Safe: safeName, Session: session, Purpose: "取出 机密-2026-0007", Documents: []string{"机密-2026-0007"},
		Challenges: challenges, Parties: parties,
	})
	if err != nil {
		r.T.Fatal(err)
	}
	return from
}

func (r *rig) open(session string) {
	r.T.Helper()
	from := r.authorise(session, r.challenge(session), threeParties())
	r.facts.each(r.T, from, "accepted", result(session, true, ""))
	r.facts.each(r.T, from, "unlocked", bolt(fact.BoltUnlocked, lockwire.ReasonUnlocked))
}

func (r *rig) allLocked() {
	r.T.Helper()
	for _, l := range r.locks {
		if l.Bolt() != lockwire.BoltLocked {
			r.T.Errorf("a bolt is %v", l.Bolt())
		}
	}
}

func TestOpening(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		r := newRig(t, s)
		r.open("S-000001")
		from := r.facts.Mark()
		for _, l := range r.locks {
			if err := l.OpenDoor(); err != nil {
				t.Fatal(err)
			}
		}
		r.facts.each(t, from, "door open", func(id fact.DeviceID, f fact.Fact) bool {
			st, ok := f.(fact.LockState)
			return ok && st.Lock == id && st.Door == fact.InputActive && st.Bolt == fact.BoltUnlocked
		})
		for _, l := range r.locks {
			l.CloseDoor()
		}
		r.facts.each(t, from, "locked by itself", bolt(fact.BoltLocked, lockwire.ReasonRelockedDoor))
		r.allLocked()
	})
}

func TestRefusedOpenings(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		r := newRig(t, s)
		all := threeParties()
		samePerson := threeParties()
		samePerson[2].Person = samePerson[0].Person
		sameParty := threeParties()
		sameParty[2].Party = sameParty[1].Party
		ownKey := threeParties()
		ownKey[1].Signature = make([]byte, 64)
		for _, c := range []struct {
			session string
			parties []lock.Approver
			want    lockwire.Code
		}{
			{"S-two", all[:2], lockwire.CodeMissingApproval},
			{"S-none", nil, lockwire.CodeMissingApproval},
			{"S-person", samePerson, lockwire.CodeSamePersonTwice},
			{"S-party", sameParty, lockwire.CodeSamePartyTwice},
			{"S-form", ownKey, lockwire.CodeWrongForm},
		} {
			from := r.authorise(c.session, r.challenge(c.session), c.parties)
			r.facts.each(t, from, string(c.want), result(c.session, false, c.want))
		}
		r.allLocked()
		// The nonces of a refused attempt are used up, for three honest parties too.
		challenges := r.challenge("S-again")
		from := r.authorise("S-again", challenges, all[:2])
		r.facts.each(t, from, "refused", result("S-again", false, lockwire.CodeMissingApproval))
		from = r.authorise("S-again", challenges, all)
		r.facts.each(t, from, "used up", result("S-again", false, lockwire.CodeNoChallenge))
		r.allLocked()
		r.open("S-good")
	})
}

// A challenge of another session, of another safe's lock or of nobody never becomes a request.
func TestAuthoriseRefusesForeignChallenges(t *testing.T) {
	s := newSite(t, brokertest.BuiltIn)
	r := newRig(t, s)
	old, now := r.challenge("S-1"), r.challenge("S-2")
	bad := append([]byte(nil), now[0]...)
	bad[len(bad)-1] ^= 1
	for name, challenges := range map[string][][]byte{
		"another session": {now[0], now[1], old[2]}, "two": now[:2], "one twice": {now[0], now[1], now[1]},
		"a flipped bit": {bad, now[1], now[2]}, "nothing": {{}, now[1], now[2]},
	} {
		if err := r.driver.Authorise(t.Context(), lock.Authorisation{Safe: safeName, Session: "S-2", Purpose: "x", Challenges: challenges, Parties: threeParties()}); err == nil {
			t.Errorf("%s: sent", name)
		}
	}
	if err := r.driver.Authorise(t.Context(), lock.Authorisation{Safe: "safe-2", Session: "S-2", Purpose: "x", Challenges: now, Parties: threeParties()}); err == nil {
		t.Error("another safe: sent")
	}
	r.allLocked()
}

func TestRelock(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		r := newRig(t, s)
		r.open("S-1")
		if err := r.locks[1].OpenDoor(); err != nil {
			t.Fatal(err)
		}
		from := r.facts.Mark()
		if err := r.driver.Relock(t.Context(), safeName, "S-1", "cancelled"); err != nil {
			t.Fatal(err)
		}
		for _, id := range []fact.DeviceID{"lock-a", "lock-c"} {
			r.facts.Await(t, from, "relocked", func(f fact.Fact) bool { return bolt(fact.BoltLocked, lockwire.ReasonRelockedCommand)(id, f) })
		}
		r.facts.Await(t, from, "door open", func(f fact.Fact) bool { return bolt(fact.BoltUnlocked, lockwire.ReasonRelockDoorOpen)("lock-b", f) })
		r.locks[1].CloseDoor()
		r.facts.Await(t, from, "relocked at last", func(f fact.Fact) bool { return bolt(fact.BoltLocked, lockwire.ReasonRelockedCommand)("lock-b", f) })
		r.allLocked()
	})
}

// Nobody opened the door: the locks shut themselves by their own timer.
func TestTimeout(t *testing.T) {
	s := newSite(t, brokertest.BuiltIn)
	r := newRig(t, s)
	challenges := r.challenge("S-1")
	from := r.facts.Mark()
	err := r.driver.Authorise(t.Context(), lock.Authorisation{Safe: safeName, Session: "S-1", Purpose: "x", Challenges: challenges, Parties: threeParties(), Lifetime: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	r.facts.each(t, from, "unlocked", bolt(fact.BoltUnlocked, lockwire.ReasonUnlocked))
	r.halt()
	s.StopBroker() // neither daemon nor broker is needed for it
	deadline := time.After(patience)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for _, l := range r.locks {
		for l.Bolt() != lockwire.BoltLocked {
			select {
			case <-look.C:
			case <-deadline:
				t.Fatal("a lock stays open")
			}
		}
	}
	s.StartBroker(s.Port())
	r.start()
	r.facts.each(t, r.facts.Mark(), "says so later", bolt(fact.BoltLocked, lockwire.ReasonRelockedTimeout))
}

func TestPowerCycleLosesTheNonce(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		r := newRig(t, s)
		challenges := r.challenge("S-1")
		from := r.facts.Mark()
		if err := r.locks[0].PowerCycle(); err != nil {
			t.Fatal(err)
		}
		r.facts.Await(t, from, "its will", func(f fact.Fact) bool { return report(fact.DeviceDown, lock.CodeOffline)("lock-a", f) })
		r.facts.Await(t, from, "its bolt unknown", func(f fact.Fact) bool { return bolt(fact.BoltUnknown, lock.CodeOffline)("lock-a", f) })
		r.facts.Await(t, from, "back", func(f fact.Fact) bool { return report(fact.DeviceUp, "")("lock-a", f) })
		from = r.authorise("S-1", challenges, threeParties())
		r.facts.Await(t, from, "refusal", func(f fact.Fact) bool { return result("S-1", false, lockwire.CodeNoChallenge)("lock-a", f) })
		for _, id := range deviceIDs[1:] {
			r.facts.Await(t, from, "accepted", func(f fact.Fact) bool { return result("S-1", true, "")(id, f) })
		}
		if err := r.driver.Relock(t.Context(), safeName, "S-1", "not-all-opened"); err != nil {
			t.Fatal(err)
		}
		r.facts.each(t, from, "relocked", bolt(fact.BoltLocked, lockwire.ReasonRelockedCommand))
		r.allLocked()
	})
}

func TestAbsentLock(t *testing.T) {
	onEachBroker(t, testAbsentLock)
}

func testAbsentLock(t *testing.T, s *site) {
	r := &rig{site: s, driver: s.driver(nil), facts: newLedger()}
	var stops []func()
	for _, name := range lockNames {
		l := s.newLock(name, nil)
		r.locks = append(r.locks, l)
		stops = append(stops, s.Run(l.Run))
	}
	if err := r.driver.Challenge(t.Context(), safeName, "S-0", deviceIDs); !absent(err, lock.CodeBrokerLost) {
		t.Errorf("before Run: %v", err)
	}
	r.start()
	r.facts.each(t, 0, "up", report(fact.DeviceUp, ""))
	challenges := r.challenge("S-1")
	from := r.facts.Mark()
	stops[2]()
	r.facts.Await(t, from, "gone", func(f fact.Fact) bool { return report(fact.DeviceDown, lock.CodeOffline)("lock-c", f) })
	if err := r.driver.Challenge(t.Context(), safeName, "S-2", deviceIDs); !absent(err, lock.CodeOffline) {
		t.Errorf("challenge with a lock away: %v", err)
	}
	err := r.driver.Authorise(t.Context(), lock.Authorisation{Safe: safeName, Session: "S-1", Purpose: "x", Challenges: challenges, Parties: threeParties()})
	if !absent(err, lock.CodeOffline) {
		t.Errorf("authorise with a lock away: %v", err)
	}
	if err := r.driver.Relock(t.Context(), safeName, "S-1", "away"); !absent(err, lock.CodeOffline) {
		t.Errorf("relock with a lock away: %v", err)
	}
	// The two that are there were told to lock, and to nothing else.
	for _, id := range deviceIDs[:2] {
		r.facts.Await(t, from, "relocked", func(f fact.Fact) bool { return bolt(fact.BoltLocked, lockwire.ReasonRelockedCommand)(id, f) })
	}
	for _, f := range r.facts.Since(from) {
		if c, ok := f.(fact.LockResult); ok {
			t.Errorf("a lock got an authorise: %+v", c)
		}
	}
	// And the third, when it comes back, finds nothing waiting for it.
	from = r.facts.Mark()
	s.Run(r.locks[2].Run)
	r.facts.Await(t, from, "back", func(f fact.Fact) bool { return report(fact.DeviceUp, "")("lock-c", f) })
	for _, f := range r.facts.Since(from) {
		if st, ok := f.(fact.LockState); ok && st.Lock == "lock-c" && st.Reason == lockwire.ReasonRelockedCommand {
			t.Error("a command was kept for the lock that was away")
		}
	}
}

func absent(err error, code string) bool {
	var a *lock.AbsentError
	return errors.As(err, &a) && a.Code == code
}

func TestBrokerRestart(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		r := newRig(t, s)
		challenges := r.challenge("S-1")
		from := r.facts.Mark()
		s.StopBroker()
		r.facts.each(t, from, "down", report(fact.DeviceDown, lock.CodeBrokerLost))
		r.facts.each(t, from, "bolt unknown", unknown) // by a will or by the loss: the broker decides which is first
		err := r.driver.Authorise(t.Context(), lock.Authorisation{Safe: safeName, Session: "S-1", Purpose: "x", Challenges: challenges, Parties: threeParties()})
		if !absent(err, lock.CodeBrokerLost) {
			t.Errorf("authorise without a broker: %v", err)
		}
		r.locks[0].SetTamper(true) // said into the void: the lock keeps it
		from = r.facts.Mark()
		s.StartBroker(s.Port())
		r.facts.each(t, from, "up again", report(fact.DeviceUp, ""))
		r.facts.Await(t, from, "the tamper that happened meanwhile", func(f fact.Fact) bool {
			return bolt(fact.BoltLocked, lockwire.ReasonTamper)("lock-a", f)
		})
		r.allLocked()
		r.open("S-2")
	})
}

// What a lock says while the daemon is away is kept for it, in order, and the last word is the newest state.
func TestEventsAreKeptForTheDaemon(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		r := newRig(t, s)
		r.open("S-1")
		r.halt()
		from := r.facts.Mark()
		if err := r.locks[0].OpenDoor(); err != nil {
			t.Fatal(err)
		}
		r.locks[0].SetTamper(true)
		r.locks[0].SetTamper(false)
		r.locks[0].CloseDoor()
		look := time.NewTicker(20 * time.Millisecond)
		defer look.Stop()
		for r.locks[0].Bolt() != lockwire.BoltLocked {
			<-look.C
		}
		r.start()
		for _, reason := range []string{lockwire.ReasonDoorOpened, lockwire.ReasonTamper, lockwire.ReasonTamperCleared, lockwire.ReasonDoorClosed, lockwire.ReasonRelockedDoor} {
			r.facts.Await(t, from, reason, func(f fact.Fact) bool {
				st, ok := f.(fact.LockState)
				return ok && st.Lock == "lock-a" && st.Reason == reason
			})
		}
		next := r.facts.Await(t, r.facts.Mark(), "the next word", func(f fact.Fact) bool {
			st, ok := f.(fact.LockState)
			return ok && st.Lock == "lock-a"
		}).(fact.LockState)
		if next.Bolt != fact.BoltLocked || next.Tamper || next.Door != fact.InputInactive {
			t.Errorf("after the kept events lock-a is %+v", next)
		}
	})
}

// A lock that signs with another key than the configured one is never up, and the word says why.
func TestForeignKey(t *testing.T) {
	s := newSite(t, brokertest.BuiltIn)
	facts := newLedger()
	wrong := s.newLock("lock-a", func(set *locktest.Settings) { set.Key = s.keys["intruder"] })
	s.Run(wrong.Run)
	driver := s.driver(nil)
	s.Run(func(ctx context.Context) error { return driver.Run(ctx, facts) })
	facts.Await(t, 0, "its word", func(f fact.Fact) bool { return report(fact.DeviceDown, "bad-signature")("lock-a", f) })
	facts.Await(t, 0, "refusals", func(f fact.Fact) bool {
		r, ok := f.(fact.LockRefusal)
		return ok && r.Lock == "lock-a" && !r.ByLock && r.Code == "bad-signature" && r.Count > 0
	})
	facts.Await(t, 0, "offline", func(f fact.Fact) bool { return report(fact.DeviceDown, lock.CodeOffline)("lock-b", f) })
	if driver.Refused()["lock-a"] == 0 || driver.Refused()["lock-b"] != 0 {
		t.Errorf("counted %v", driver.Refused())
	}
	faults := 0
	for _, f := range facts.Since(0) {
		if r, ok := f.(fact.DeviceReport); ok && r.Device == "lock-a" {
			if r.State == fact.DeviceUp {
				t.Error("the lock is up")
			}
			faults++
		}
		if st, ok := f.(fact.LockState); ok && st.Bolt != fact.BoltUnknown {
			t.Errorf("a state that nobody of ours signed: %+v", st)
		}
	}
	if faults > 2 {
		t.Errorf("%d reports for one fault", faults)
	}
}

// A lock that stays connected and says nothing is silent, and its bolt unknown.
func TestSilentLock(t *testing.T) {
	s := newSite(t, brokertest.BuiltIn)
	facts := newLedger()
	for i, name := range lockNames {
		s.Run(s.newLock(name, func(set *locktest.Settings) {
			if i == 0 {
				set.Heartbeat = time.Hour
			}
		}).Run)
	}
	driver := s.driver(func(set *lock.Settings) { set.SilentAfter = 2 * time.Second })
	s.Run(func(ctx context.Context) error { return driver.Run(ctx, facts) })
	facts.each(t, 0, "up", report(fact.DeviceUp, ""))
	facts.Await(t, 0, "silent", func(f fact.Fact) bool { return report(fact.DeviceDown, lock.CodeSilent)("lock-a", f) })
	facts.Await(t, 0, "unknown", func(f fact.Fact) bool { return bolt(fact.BoltUnknown, lock.CodeSilent)("lock-a", f) })
	for _, f := range facts.Since(0) {
		if r, ok := f.(fact.DeviceReport); ok && r.Device != "lock-a" && r.State == fact.DeviceDown {
			t.Errorf("a lock with a heartbeat: %+v", r)
		}
	}
}

func TestForcedBolt(t *testing.T) {
	s := newSite(t, brokertest.BuiltIn)
	r := newRig(t, s)
	if err := r.locks[0].OpenDoor(); err == nil {
		t.Error("the door opened past a thrown bolt")
	}
	from := r.facts.Mark()
	r.locks[0].ForceBolt()
	r.facts.Await(t, from, "forced", func(f fact.Fact) bool { return bolt(fact.BoltUnlocked, lockwire.ReasonBoltForced)("lock-a", f) })
}
