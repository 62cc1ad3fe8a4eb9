package custody_test

import (
	"testing"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// Two refused messages within a minute are a disturbance, the third is an alert, whoever
// refused them and however they were summed; it ends when a minute has passed without any.
func TestRefusedMessages(t *testing.T) {
	refuse := func(s *site, byLock bool, count uint32) {
		s.feed(fact.LockRefusal{Lock: "lock-1", ByLock: byLock, Code: "bad-signature", Count: count})
	}
	for name, c := range map[string]struct {
		steps func(*site)
		want  []alerts.Code
	}{
		"two":                 {func(s *site) { refuse(s, false, 1); refuse(s, true, 1) }, nil},
		"three":               {func(s *site) { refuse(s, false, 1); refuse(s, true, 1); refuse(s, false, 1) }, []alerts.Code{alerts.LockRefusals}},
		"three in one fact":   {func(s *site) { refuse(s, true, 3) }, []alerts.Code{alerts.LockRefusals}},
		"a thousand":          {func(s *site) { refuse(s, true, 1000); refuse(s, true, 1000) }, []alerts.Code{alerts.LockRefusals}},
		"a third a minute on": {func(s *site) { refuse(s, true, 2); s.after(time.Minute); refuse(s, true, 1) }, nil},
		"a third within it":   {func(s *site) { refuse(s, true, 2); s.after(59 * time.Second); refuse(s, true, 1) }, []alerts.Code{alerts.LockRefusals}},
		"one every half minute": {func(s *site) {
			for range 20 {
				refuse(s, true, 1)
				s.after(30 * time.Second)
			}
		}, nil},
		"of another lock":   {func(s *site) { refuse(s, true, 2); s.feed(fact.LockRefusal{Lock: "lock-2", Code: "x", Count: 2}) }, nil},
		"of no lock":        {func(s *site) { s.feed(fact.LockRefusal{Lock: "nowhere", Code: "x", Count: 9}) }, nil},
		"of no message":     {func(s *site) { refuse(s, true, 0); refuse(s, true, 0); refuse(s, true, 0) }, nil},
		"again, much later": {func(s *site) { refuse(s, true, 3); s.after(2 * time.Minute); refuse(s, true, 3) }, []alerts.Code{alerts.LockRefusals}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			c.steps(s)
			wantEqual(t, "alerts", s.raised(), c.want)
		})
	}
	s := newSite(t)
	refuse(s, true, 3)
	s.after(59 * time.Second)
	wantEqual(t, "ended early", s.ended(), nil)
	s.after(2 * time.Second)
	wantEqual(t, "ended", s.ended(), []alerts.Code{alerts.LockRefusals})
}

func (s *site) ended() (codes []alerts.Code) {
	for _, n := range s.notices {
		if n.Reason == alerts.ReasonEnded {
			codes = append(codes, n.Code)
		}
	}
	return codes
}

// What a lock says of its motor, its battery, its cover and its keys is raised and ended
// one by one; a lock that goes silent takes none of it back.
func TestLockHealth(t *testing.T) {
	s := newSite(t)
	lock := func(change func(*fact.LockState)) {
		f := fact.LockState{Lock: "lock-1", Bolt: fact.BoltLocked, Door: fact.InputInactive, BatteryPercent: 80, Motor: fact.MotorReady, Trust: "1:aa"}
		if change != nil {
			change(&f)
		}
		s.feed(f)
	}
	want := func(what string, raised, ended []alerts.Code) {
		t.Helper()
		wantEqual(t, what+": raised", s.raised(), raised)
		wantEqual(t, what+": ended", s.ended(), ended)
		s.forget()
	}
	fault := []alerts.Code{alerts.DeviceFault}
	lock(nil)
	want("healthy", nil, nil)
	lock(func(f *fact.LockState) { f.Tamper = true })
	want("cover open", fault, nil)
	lock(func(f *fact.LockState) { f.Tamper, f.BatteryPercent = true, 20 })
	want("battery low behind it", fault, nil)
	lock(func(f *fact.LockState) {
		f.Tamper, f.BatteryPercent, f.Motor, f.Bolt = true, 25, fact.MotorStalled, fact.BoltJammed
	})
	want("motor too, battery wavers", fault, nil)
	s.feed(fact.LockState{Lock: "lock-1", BatteryPercent: -1, Reason: "lock-offline"})
	s.feed(fact.DeviceReport{Device: "lock-1", State: fact.DeviceDown, Code: "lock-offline"})
	s.feed(fact.DeviceReport{Device: "lock-1", State: fact.DeviceUp})
	want("away and back", nil, nil)
	lock(func(f *fact.LockState) { f.Tamper, f.BatteryPercent, f.Motor = true, 25, fact.MotorRunning })
	want("motor tries again", nil, nil)
	lock(func(f *fact.LockState) { f.Tamper, f.BatteryPercent = true, 25 })
	want("motor well", nil, fault)
	lock(func(f *fact.LockState) { f.BatteryPercent = 25 })
	want("cover shut", nil, fault)
	lock(nil)
	want("new battery", nil, fault)
	lock(func(f *fact.LockState) { f.Trust = "2:bb" })
	wantEqual(t, "other keys", s.raised(), []alerts.Code{alerts.LockRekeyed})
	s.forget()
	lock(func(f *fact.LockState) { f.Trust = "2:bb" })
	want("the same keys", nil, nil)
	n := len(s.entries)
	lock(func(f *fact.LockState) { f.Trust, f.Reason, f.BatteryPercent = "2:bb", "heartbeat", 79 })
	if len(s.entries) != n {
		t.Errorf("a heartbeat made %d entries", len(s.entries)-n)
	}
}
