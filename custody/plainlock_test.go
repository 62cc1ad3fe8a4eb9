package custody_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// plainRoom is the small site with plain locks everywhere: on the door in place of the
// strike, on cabinet A, and on the safe.
func plainRoom() custody.Site {
	site := secrecyRoom()
	door := site.Doors["room-door"]
	door.Strike, door.Lock, door.LockFor = custody.Output{}, "door-lock", 5*time.Second
	site.Doors["room-door"] = door
	cabinet := site.Places["cabinet-a"]
	cabinet.Lock = "cabinet-lock"
	site.Places["cabinet-a"] = cabinet
	safe := site.Safes["main-safe"]
	safe.Plain, safe.Contact = true, custody.InputPoint{Device: "badge-safe"}
	site.Safes["main-safe"] = safe
	for _, id := range []fact.DeviceID{"door-lock", "cabinet-lock"} {
		site.Devices[id] = custody.Device{ID: id, Kind: custody.Lock}
	}
	return site
}

var plainLocks = []fact.DeviceID{"door-lock", "cabinet-lock", "lock-1", "lock-2", "lock-3"}

func newPlainSite(t *testing.T) *site {
	t.Helper()
	s := newSiteOf(t, plainRoom())
	for _, lock := range plainLocks {
		s.feed(fact.DeviceReport{Device: lock, State: fact.DeviceUp})
		s.lock(lock, fact.BoltLocked, fact.InputUnknown)
	}
	s.safeContact(false)
	s.contact(false)
	s.forget()
	return s
}

func (s *site) safeContact(open bool) {
	s.t.Helper()
	state := fact.InputInactive
	if open {
		state = fact.InputActive
	}
	s.feed(fact.InputChanged{Device: "badge-safe", State: state})
}

// turns returns what plain locks were told since forget, as "lock-1 lock-2 lock-3 unlock".
func (s *site) turns() []string {
	var told []string
	for _, e := range s.effects {
		turn, ok := e.(custody.TurnLocks)
		if !ok {
			continue
		}
		text := ""
		for _, lock := range turn.Locks {
			text += string(lock) + " "
		}
		if turn.Unlock {
			told = append(told, text+"unlock")
		} else {
			told = append(told, text+"lock")
		}
	}
	return told
}

func (s *site) wantTurns(what string, want ...string) {
	s.t.Helper()
	wantEqual(s.t, what, s.turns(), want)
	s.effects = nil
}

// lamps returns what badge readers showed since forget.
func (s *site) lamps() (shown []custody.Lamp) {
	for _, e := range s.effects {
		if signal, ok := e.(custody.Signal); ok {
			shown = append(shown, signal.Lamp)
		}
	}
	return shown
}

func TestDoorGrantTurnsThePlainLock(t *testing.T) {
	s := newPlainSite(t)
	s.badge("badge-in", "p-reader")
	s.wantTurns("a badge that may pass", "door-lock unlock")
	s.lock("door-lock", fact.BoltUnlocked, fact.InputUnknown)
	s.after(4 * time.Second)
	s.wantTurns("before the time is over")
	s.after(2 * time.Second)
	s.wantTurns("nobody passed", "door-lock lock")
	s.lock("door-lock", fact.BoltLocked, fact.InputUnknown)
	s.badge("badge-in", "p-reader")
	s.lock("door-lock", fact.BoltUnlocked, fact.InputUnknown)
	s.wantTurns("again", "door-lock unlock")
	s.contact(true)
	s.after(20 * time.Second)
	s.wantTurns("not while the door stands open")
	s.contact(false)
	s.wantTurns("as soon as it is shut", "door-lock lock")
	s.lock("door-lock", fact.BoltLocked, fact.InputUnknown)
	s.after(time.Hour)
	wantEqual(t, "alerts", s.raised(), nil)
	s.badge("badge-in", "p-guest")
	s.wantTurns("a badge that may not pass")
}

// Nobody is let in by a lock that is not there; everybody gets out.
func TestDoorLockAbsent(t *testing.T) {
	s := newPlainSite(t)
	s.enter("p-reader")
	s.lock("door-lock", fact.BoltLocked, fact.InputUnknown)
	s.feed(fact.DeviceReport{Device: "door-lock", State: fact.DeviceDown, Code: "lock-offline"})
	s.forget()
	o := s.badge("badge-in", "p-archivist")
	wantEqual(t, "outcome", o, custody.Outcome{Code: "door-lock-absent", Rule: custody.RuleDevices})
	wantEqual(t, "lamps", s.lamps(), []custody.Lamp{custody.LampRefused})
	s.wantTurns("nothing is told to a lock that is not there")
	if o := s.badge("badge-out", "p-reader"); !o.OK {
		t.Errorf("somebody is kept in: %+v", o)
	}
	s.feed(fact.InputChanged{Device: "badge-out", Input: 1, State: fact.InputActive})
	s.wantTurns("nor on the way out")
	s.contact(true)
	wantEqual(t, "door forced", slices.Contains(s.raised(), alerts.DoorForced), false)
}

// From inside the door opens by hand: no alarm, but it is locked again.
func TestDoorUnlockedByHand(t *testing.T) {
	s := newPlainSite(t)
	s.lock("door-lock", fact.BoltUnlocked, fact.InputUnknown)
	s.wantTurns("at once")
	s.after(6 * time.Second)
	s.wantTurns("after the time of a grant", "door-lock lock")
	wantEqual(t, "alerts", s.raised(), nil)
	s.after(6 * time.Second)
	wantEqual(t, "it does not lock", s.raised(), []alerts.Code{alerts.NotLocked})
	s.wantTurns("once more", "door-lock lock")
	s.after(time.Hour)
	s.wantTurns("and not for ever")
	s.lock("door-lock", fact.BoltLocked, fact.InputUnknown)
	wantEqual(t, "ended", s.standing(alerts.NotLocked), false)
}

// standing reports whether an alert of a kind stands.
func (s *site) standing(code alerts.Code) bool {
	for _, a := range s.state.Overview(s.now.Wall).Alerts {
		if a.Code == code && a.Ended == nil {
			return true
		}
	}
	return false
}

func TestCabinetIsOpenDuringTheHandOverOnly(t *testing.T) {
	s := newPlainSite(t)
	s.badge("badge-cabinets", "p-archivist")
	s.wantTurns("one badge")
	s.badge("badge-cabinets", "p-reader")
	s.wantTurns("both badges", "cabinet-lock unlock")
	s.lock("cabinet-lock", fact.BoltUnlocked, fact.InputUnknown)
	s.after(59 * time.Second)
	s.wantTurns("under way")
	s.after(2 * time.Second)
	s.wantTurns("over", "cabinet-lock lock")
	s.lock("cabinet-lock", fact.BoltLocked, fact.InputUnknown)
	s.after(time.Hour)
	wantEqual(t, "alerts", s.raised(), nil)
}

// A pair of badges without a custodian opens no hand-over and no cabinet.
func TestCabinetStaysShutWithoutACustodian(t *testing.T) {
	s := newPlainSite(t)
	s.badge("badge-cabinets", "p-reader")
	s.badge("badge-cabinets", "p-guest")
	s.wantTurns("two readers")
}

func TestCabinetUnlockedWithoutHandOver(t *testing.T) {
	s := newPlainSite(t)
	s.lock("cabinet-lock", fact.BoltUnlocked, fact.InputUnknown)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.NotLocked})
	s.wantTurns("and is told to lock", "cabinet-lock lock")
	n := s.notices[0]
	wantEqual(t, "text", n.Text, fact.Text{ZH: "甲柜 的 cabinet-lock：没有交接而被打开。", EN: "cabinet-lock of cabinet A: unlocked without a hand-over."})
	s.lock("cabinet-lock", fact.BoltLocked, fact.InputUnknown)
	wantEqual(t, "standing", s.standing(alerts.NotLocked), false)
}

func TestCabinetStaysUnlockedAfterTheHandOver(t *testing.T) {
	for name, last := range map[string]fact.BoltState{"unlocked": fact.BoltUnlocked, "jammed": fact.BoltJammed, "unknown": fact.BoltUnknown} {
		t.Run(name, func(t *testing.T) {
			s := newPlainSite(t)
			s.badge("badge-cabinets", "p-archivist")
			s.badge("badge-cabinets", "p-reader")
			s.lock("cabinet-lock", fact.BoltUnlocked, fact.InputUnknown)
			s.after(61 * time.Second)
			s.lock("cabinet-lock", last, fact.InputUnknown)
			wantEqual(t, "the bolt may be on its way", s.raised(), nil)
			s.after(5 * time.Second)
			wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.NotLocked})
		})
	}
}

// A cabinet's lock that came back unlocked from an outage is an alert, hand-over or not before.
func TestCabinetLockComesBackUnlocked(t *testing.T) {
	s := newPlainSite(t)
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", "p-reader")
	s.lock("cabinet-lock", fact.BoltUnlocked, fact.InputUnknown)
	s.feed(fact.DeviceReport{Device: "cabinet-lock", State: fact.DeviceDown, Code: "lock-offline"})
	s.lock("cabinet-lock", fact.BoltUnknown, fact.InputUnknown)
	s.forget()
	s.after(2 * time.Minute)
	s.wantTurns("the hand-over ends, and nobody hears it")
	if !slices.Contains(s.raised(), alerts.NotLocked) {
		t.Errorf("raised %v", s.raised())
	}
	s.feed(fact.DeviceReport{Device: "cabinet-lock", State: fact.DeviceUp})
	s.lock("cabinet-lock", fact.BoltUnlocked, fact.InputUnknown)
	s.wantTurns("back", "cabinet-lock lock")
	s.lock("cabinet-lock", fact.BoltLocked, fact.InputUnknown)
	wantEqual(t, "standing", s.standing(alerts.NotLocked), false)
}

// The daemon stops in a grant, a hand-over and between: what it unlocked it locks.
func TestRestartLocksWhatWasUnlocked(t *testing.T) {
	s := newPlainSite(t)
	s.badge("badge-in", "p-reader")
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", "p-reader")
	s.feed(custody.Start{Version: "test"})
	for _, lock := range plainLocks {
		s.feed(fact.DeviceReport{Device: lock, State: fact.DeviceUp})
	}
	s.lock("door-lock", fact.BoltUnlocked, fact.InputUnknown)
	s.lock("cabinet-lock", fact.BoltUnlocked, fact.InputUnknown)
	s.effects = nil
	s.after(8 * time.Second)
	s.wantTurns("after the restart", "door-lock lock")
	s.lock("door-lock", fact.BoltLocked, fact.InputUnknown)
	s.after(54 * time.Second)
	s.wantTurns("when the hand-over is over", "cabinet-lock lock")
}

// A lock that was being locked when the daemon stopped gets its time to report anew, and
// is an alert when it does not.
func TestLockingAcrossARestart(t *testing.T) {
	for _, reports := range []bool{true, false} {
		s := newPlainSite(t)
		s.badge("badge-cabinets", "p-archivist")
		s.badge("badge-cabinets", "p-reader")
		s.lock("cabinet-lock", fact.BoltUnlocked, fact.InputUnknown)
		s.after(64 * time.Second)
		s.feed(custody.Start{Version: "test"})
		s.after(3 * time.Second)
		wantEqual(t, "before it can have reported", s.standing(alerts.NotLocked), false)
		if reports {
			s.feed(fact.DeviceReport{Device: "cabinet-lock", State: fact.DeviceUp})
			s.lock("cabinet-lock", fact.BoltLocked, fact.InputUnknown)
		}
		s.after(10 * time.Second)
		wantEqual(t, "alert", s.standing(alerts.NotLocked), !reports)
	}
}

// plainOpening brings the plain safe to where its locks have been told to unlock.
func (s *site) plainOpening() string {
	s.t.Helper()
	s.enter(three...)
	s.lock("door-lock", fact.BoltLocked, fact.InputUnknown)
	s.effects = nil
	id := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
	s.show(three[:2]...)
	s.wantTurns("two parties")
	s.show(three[2])
	return id
}

// SAF-1 with plain locks: three parties unlock them, the shut door locks them, and the
// record says that nothing was verified.
func TestPlainSafe(t *testing.T) {
	s := newPlainSite(t)
	wantEqual(t, "marked", s.safe().WeakerLocks, true)
	s.plainOpening()
	wantEqual(t, "signed requests", s.commands(), nil)
	s.wantTurns("three parties", "lock-1 lock-2 lock-3 unlock")
	wantEqual(t, "phase", s.safe().Phase, threelock.Unlocking)
	s.lock("lock-1", fact.BoltUnlocked, fact.InputUnknown)
	s.lock("lock-2", fact.BoltUnlocked, fact.InputUnknown)
	wantEqual(t, "two of three", s.safe().Phase, threelock.Unlocking)
	s.lock("lock-3", fact.BoltUnlocked, fact.InputUnknown)
	wantEqual(t, "phase", s.safe().Phase, threelock.Unlocked)
	s.safeContact(true)
	wantEqual(t, "phase", s.safe().Phase, threelock.Open)
	wantEqual(t, "door", *s.safe().DoorOpen, true)
	s.after(time.Minute)
	s.wantTurns("while it stands open")
	s.safeContact(false)
	s.wantTurns("shut", "lock-1 lock-2 lock-3 lock")
	wantEqual(t, "phase", s.safe().Phase, threelock.Shutting)
	s.bolts(fact.BoltLocked, fact.InputUnknown)
	wantEqual(t, "end", s.safe().EndCode, threelock.WhyClosed)
	s.after(time.Hour)
	wantEqual(t, "alerts", s.raised(), nil)
	wantEqual(t, "marked in the record", s.marked(), 1)
}

// marked counts the openings that the record says were not verified.
func (s *site) marked() (n int) {
	for _, e := range s.entries {
		if step, ok := e.Event.(*custody.OpeningStep); ok && step.Step.What == threelock.StepAuthorised && step.Step.Code == threelock.CodePlainLocks {
			n++
		}
	}
	return n
}

func TestPlainSafeNobodyOpensTheDoor(t *testing.T) {
	s := newPlainSite(t)
	s.plainOpening()
	s.bolts(fact.BoltUnlocked, fact.InputUnknown)
	s.effects = nil
	s.after(29 * time.Second)
	s.wantTurns("in time")
	s.after(time.Second)
	s.wantTurns("time over", "lock-1 lock-2 lock-3 lock")
	wantEqual(t, "end", s.safe().EndCode, threelock.WhyNotOpened)
	s.bolts(fact.BoltLocked, fact.InputUnknown)
	wantEqual(t, "alerts", s.raised(), nil)
}

// One lock fails: all three are told to lock, and the record says which one and why.
func TestPlainSafeOneLockFails(t *testing.T) {
	down := func(s *site, lock fact.DeviceID) {
		s.feed(fact.DeviceReport{Device: lock, State: fact.DeviceDown, Code: "lock-offline"})
		s.lock(lock, fact.BoltUnknown, fact.InputUnknown)
	}
	for name, tc := range map[string]struct {
		fail func(*site)
		why  threelock.Why
		code string
	}{
		"jammed":                 {func(s *site) { s.lock("lock-2", fact.BoltJammed, fact.InputUnknown) }, threelock.WhyLockRefused, "bolt-jammed"},
		"offline while it moves": {func(s *site) { s.lock("lock-1", fact.BoltUnlocked, fact.InputUnknown); down(s, "lock-2") }, threelock.WhyLockSilent, "lock-offline"},
		"offline when unlocked":  {func(s *site) { s.bolts(fact.BoltUnlocked, fact.InputUnknown); down(s, "lock-2") }, threelock.WhyLockSilent, "lock-offline"},
		"refused by the driver": {func(s *site) {
			s.feed(fact.LockResult{Lock: "lock-2", Session: s.safe().Session, Code: "broker-lost"})
		}, threelock.WhyLockRefused, "broker-lost"},
		"no answer": {func(s *site) {
			s.lock("lock-1", fact.BoltUnlocked, fact.InputUnknown)
			s.lock("lock-3", fact.BoltUnlocked, fact.InputUnknown)
			s.after(5 * time.Second)
		}, threelock.WhyLockSilent, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPlainSite(t)
			s.plainOpening()
			s.effects = nil
			tc.fail(s)
			wantEqual(t, "end", s.safe().EndCode, tc.why)
			s.wantTurns("all three", "lock-1 lock-2 lock-3 lock")
			end := s.entries[slices.IndexFunc(s.entries, func(e custody.Entry) bool {
				step, ok := e.Event.(*custody.OpeningStep)
				return ok && step.Step.What == threelock.StepEnded
			})].Event.(*custody.OpeningStep)
			wantEqual(t, "lock", end.Step.Lock, fact.DeviceID("lock-2"))
			wantEqual(t, "code", end.Step.Code, tc.code)
		})
	}
}

// Who cannot be opened properly is not opened at all.
func TestPlainSafeNeedsThreeLocksAtHand(t *testing.T) {
	for name, before := range map[string]func(*site){
		"lock-offline": func(s *site) {
			s.feed(fact.DeviceReport{Device: "lock-3", State: fact.DeviceDown, Code: "lock-offline"})
		},
		"bolt-unknown": func(s *site) { s.lock("lock-3", fact.BoltUnknown, fact.InputUnknown) },
		"bolt-jammed":  func(s *site) { s.lock("lock-3", fact.BoltJammed, fact.InputUnknown) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newPlainSite(t)
			before(s)
			s.plainOpening()
			s.wantTurns("locked, in case", "lock-1 lock-2 lock-3 lock")
			wantEqual(t, "end", s.safe().EndCode, threelock.WhyLockRefused)
		})
	}
}

// SAF-4 with plain locks: opened by hand or by somebody on the broker.
func TestPlainSafeForced(t *testing.T) {
	s := newPlainSite(t)
	s.lock("lock-2", fact.BoltUnlocked, fact.InputUnknown)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.SafeNoSession})
	s.wantTurns("told to lock", "lock-1 lock-2 lock-3 lock")
	s = newPlainSite(t)
	s.safeContact(true)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.SafeNoSession})
}

// A restart before the door is open ends the opening and locks; one with the door open
// goes on, and believes the door shut only when the contact says so.
func TestPlainSafeRestart(t *testing.T) {
	s := newPlainSite(t)
	s.plainOpening()
	s.effects = nil
	s.feed(custody.Start{Version: "test"})
	wantEqual(t, "end", s.safe().EndCode, threelock.WhyRestarted)
	s.wantTurns("all three", "lock-1 lock-2 lock-3 lock")

	s = newPlainSite(t)
	s.plainOpening()
	s.bolts(fact.BoltUnlocked, fact.InputUnknown)
	s.safeContact(true)
	s.effects = nil
	s.feed(custody.Start{Version: "test"})
	s.bolts(fact.BoltUnlocked, fact.InputUnknown)
	wantEqual(t, "phase", s.safe().Phase, threelock.Open)
	s.wantTurns("nothing while it is open")
	s.safeContact(false)
	wantEqual(t, "phase", s.safe().Phase, threelock.Shutting)
	s.wantTurns("shut", "lock-1 lock-2 lock-3 lock")
}

// With signed locks nothing of this happens.
func TestSignedSafeIsNotMarked(t *testing.T) {
	s := newSite(t)
	wantEqual(t, "marked", s.safe().WeakerLocks, false)
	s.enter(three...)
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	s.show(three...)
	wantEqual(t, "plain commands", s.turns(), nil)
	wantEqual(t, "marked in the record", s.marked(), 0)
}

func plainStep(r *rapid.T, s *site) {
	lock := rapid.SampledFrom(plainLocks).Draw(r, "plain lock")
	switch rapid.IntRange(0, 6).Draw(r, "plain step") {
	case 0:
		s.feed(fact.LockState{Lock: lock, Bolt: fact.BoltState(rapid.IntRange(0, 3).Draw(r, "bolt")), BatteryPercent: rapid.IntRange(-1, 100).Draw(r, "battery")})
	case 1:
		s.feed(fact.DeviceReport{Device: lock, State: fact.DeviceState(rapid.IntRange(1, 3).Draw(r, "state")), Code: rapid.SampledFrom([]string{"", "lock-offline", "jammed"}).Draw(r, "code")})
	case 2:
		s.feed(fact.InputChanged{Device: "badge-safe", State: fact.InputState(rapid.IntRange(0, 3).Draw(r, "contact"))})
	case 3:
		s.bolts(fact.BoltState(rapid.IntRange(1, 2).Draw(r, "bolts")), fact.InputUnknown)
	case 4:
		s.party(rapid.SampledFrom(three).Draw(r, "party"), "1234")
	case 5:
		s.badge("badge-cabinets", rapid.SampledFrom(three).Draw(r, "at the cabinets"))
	default:
		randomStep(r, s)
	}
}

func TestPlainReplayGivesTheSameState(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newPlainSite(t)
		for range rapid.IntRange(1, 80).Draw(r, "steps") {
			if rapid.IntRange(0, 30).Draw(r, "restart") == 0 {
				s.feed(custody.Start{Version: "test"})
			}
			plainStep(r, s)
		}
		again := custody.NewState(plainRoom())
		for _, e := range s.entries {
			data, err := custody.EncodeEvent(e.Event)
			if err != nil {
				r.Fatal(err)
			}
			if e.Event, err = custody.DecodeEvent(e.Event.Kind(), data); err != nil {
				r.Fatal(err)
			}
			if err := again.Evolve(e); err != nil {
				r.Fatal(err)
			}
		}
		n := len(s.entries)
		s.feed(custody.Tick{})
		second, err := again.Decide(custody.Input{At: s.now, Body: custody.Tick{}})
		if err != nil || len(second.Entries) != len(s.entries)-n {
			r.Fatalf("a tick after the replay made %d entries (%v), before it %d: %s", len(second.Entries), err, len(s.entries)-n, describe(second.Entries))
		}
		wantEqual(t, "overview after replay", again.Overview(s.now.Wall), s.state.Overview(s.now.Wall))
		d1, ok1 := s.state.Due(s.now)
		d2, ok2 := again.Due(s.now)
		if d1 != d2 || ok1 != ok2 {
			r.Fatalf("due in %v (%v), after replay in %v (%v)", d1, ok1, d2, ok2)
		}
	})
}

// describe writes entries out, for a failing test.
func describe(entries []custody.Entry) (text string) {
	for _, e := range entries {
		data, err := custody.EncodeEvent(e.Event)
		text += fmt.Sprintf("%d %s %s %s %v\n", e.Seq, e.Subject, e.Event.Kind(), data, err)
	}
	return text
}

// Over all inputs: a plain safe is unlocked only in a session with three persons of three
// parties, all three locks at once; a cabinet only while a hand-over is open; nothing is
// told to a lock that is away; and in the end, when nothing more is heard, whatever was
// told to unlock was told to lock.
func TestPlainLocksAreUnlockedForAReason(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newPlainSite(t)
		s.enter("p-archivist", "p-office", "p-manager", "p-engineer")
		if rapid.Bool().Draw(r, "an opening is stated") {
			s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
		}
		for range rapid.IntRange(1, 80).Draw(r, "steps") {
			s.effects = nil
			entries := len(s.entries)
			plainStep(r, s)
			s.judgeTurns(r, entries)
		}
	})
}

func (s *site) judgeTurns(r *rapid.T, from int) {
	for _, e := range s.effects {
		turn, ok := e.(custody.TurnLocks)
		if !ok || !turn.Unlock {
			continue
		}
		if turn.Session != "" {
			persons := map[custody.PersonID]bool{}
			for _, p := range s.safe().Present {
				persons[p.Person] = true
			}
			if len(persons) != 3 || len(turn.Locks) != 3 || turn.Session != s.safe().Session {
				r.Fatalf("%+v with %+v present", turn, s.safe().Present)
			}
			continue
		}
		because := func(e custody.Entry) bool {
			switch e.Event.(type) {
			case *custody.HandOverOpened:
				return turn.Locks[0] == "cabinet-lock"
			case *custody.BadgeAccepted, *custody.ExitAsked:
				return turn.Locks[0] == "door-lock"
			}
			return false
		}
		if !slices.ContainsFunc(s.entries[from:], because) {
			r.Fatalf("%+v without a reason in %+v", turn, s.entries[from:])
		}
	}
}
