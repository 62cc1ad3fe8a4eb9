package custody_test

import (
	"testing"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// report is a lock's word with its place in the lock's own order.
func (s *site) report(id fact.DeviceID, counter uint64, bolt fact.BoltState, door fact.InputState, overtaken bool) {
	s.t.Helper()
	s.feed(fact.LockState{Lock: id, Bolt: bolt, Door: door, BatteryPercent: -1, Boot: 1, Counter: counter, Overtaken: overtaken})
}

// numberedOpening opens and shuts the safe. Each lock is asked at counter 10, draws at 12,
// and locks at 20; the door opened at 14 and shut at 18, which only lock-2 said in time.
func numberedOpening(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	locks := []fact.DeviceID{"lock-1", "lock-2", "lock-3"}
	for _, id := range locks {
		s.report(id, 5, fact.BoltLocked, fact.InputInactive, false)
	}
	s.enter(three...)
	session := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
	for _, p := range three {
		s.show(p)
	}
	for _, id := range locks {
		s.feed(fact.LockChallenge{Lock: id, Session: session, Challenge: []byte(id), Boot: 1, Counter: 10})
	}
	for _, id := range locks {
		s.feed(fact.LockResult{Lock: id, Session: session, Accepted: true})
		s.report(id, 12, fact.BoltUnlocked, fact.InputInactive, false)
	}
	s.report("lock-2", 14, fact.BoltUnlocked, fact.InputActive, false)
	s.report("lock-2", 18, fact.BoltUnlocked, fact.InputInactive, false)
	for _, id := range locks {
		s.report(id, 20, fact.BoltLocked, fact.InputInactive, false)
	}
	wantEqual(t, "phase", s.safe().Phase, threelock.Ended)
	wantEqual(t, "no alarm so far", s.raised(), nil)
	s.forget()
	return s
}

// SAF-4: a report that was overtaken belongs to the opening over whose span of the lock's
// own order it lies; from before or after, it is a forced door, however late it comes.
func TestOvertakenReports(t *testing.T) {
	forced := []alerts.Code{alerts.SafeNoSession}
	for name, c := range map[string]struct {
		boot, counter uint64
		overtaken     bool
		tamper        bool
		want          []alerts.Code
	}{
		"of the opening":                      {1, 14, true, false, nil},
		"its first":                           {1, 11, true, false, nil},
		"its last":                            {1, 20, true, false, nil},
		"of the opening, unmarked":            {1, 14, false, false, nil},
		"of the opening, with the cover open": {1, 14, true, true, []alerts.Code{alerts.DeviceFault}},
		"from before it":                      {1, 9, true, false, forced},
		"from when it was asked":              {1, 10, true, false, forced},
		"from behind it":                      {1, 21, true, false, forced},
		"from another start":                  {2, 14, true, false, forced},
		"without a place":                     {0, 0, true, false, forced},
		"the newest":                          {1, 30, false, false, forced},
	} {
		t.Run(name, func(t *testing.T) {
			s := numberedOpening(t)
			s.feed(fact.LockState{Lock: "lock-1", Bolt: fact.BoltUnlocked, Door: fact.InputActive, Tamper: c.tamper, Reason: "door-opened", BatteryPercent: -1, Boot: c.boot, Counter: c.counter, Overtaken: c.overtaken})
			wantEqual(t, "alerts", s.raised(), c.want)
			told := 0
			for _, e := range s.entries {
				if _, is := e.Event.(*custody.LockOvertaken); is {
					told++
				}
			}
			if len(c.want) > 0 && c.want[0] == alerts.SafeNoSession != (told == 0) || c.want == nil && told != 1 {
				t.Errorf("%d entries about an overtaken report", told)
			}
		})
	}
}

// A late report of the last opening does not open the next one's door.
func TestOvertakenReportInTheNextOpening(t *testing.T) {
	s := numberedOpening(t)
	session := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
	for _, p := range three {
		s.show(p)
	}
	for _, id := range []fact.DeviceID{"lock-1", "lock-2", "lock-3"} {
		s.feed(fact.LockChallenge{Lock: id, Session: session, Challenge: []byte(id), Boot: 1, Counter: 30})
	}
	wantEqual(t, "asked", s.safe().Phase, threelock.Unlocking)
	s.report("lock-1", 14, fact.BoltUnlocked, fact.InputActive, true)
	wantEqual(t, "a report of the last opening", s.safe().Phase, threelock.Unlocking)
	s.report("lock-1", 33, fact.BoltUnlocked, fact.InputActive, true)
	wantEqual(t, "a report of this one", s.safe().Phase, threelock.Open)
}

// What an overtaken report says of the keys, the motor and the battery is history.
func TestOvertakenHealth(t *testing.T) {
	s := newSite(t)
	s.feed(fact.LockState{Lock: "lock-1", Bolt: fact.BoltLocked, BatteryPercent: 80, Motor: fact.MotorReady, Trust: "2:bb", Boot: 1, Counter: 9})
	s.feed(fact.LockState{Lock: "lock-1", Bolt: fact.BoltUnknown, BatteryPercent: 5, Motor: fact.MotorStalled, Trust: "1:aa", Boot: 1, Counter: 7, Overtaken: true})
	wantEqual(t, "alerts", s.raised(), nil)
}
