package custody_test

import (
	"testing"

	"trilock/custody"
	"trilock/custody/fact"
)

// The bolts of the plain locks of doors and cabinets are in the view, as they last
// reported; of one that is not there, nothing is known.
func TestPlainLocksInTheView(t *testing.T) {
	s := newPlainSite(t)
	bolts := func() [2]string {
		t.Helper()
		o := s.state.Overview(s.now.Wall)
		if len(o.Doors) != 1 || o.Doors[0].Lock == nil || o.Doors[0].Lock.ID != "door-lock" {
			t.Fatalf("doors: %+v", o.Doors)
		}
		if len(o.Cabinets) != 1 || o.Cabinets[0].Place != "cabinet-a" || o.Cabinets[0].Name.ZH == "" || o.Cabinets[0].Lock.ID != "cabinet-lock" {
			t.Fatalf("cabinets: %+v", o.Cabinets)
		}
		return [2]string{o.Doors[0].Lock.Bolt, o.Cabinets[0].Lock.Bolt}
	}
	wantEqual(t, "both locked", bolts(), [2]string{"locked", "locked"})
	s.lock("door-lock", fact.BoltUnlocked, fact.InputUnknown)
	s.lock("cabinet-lock", fact.BoltJammed, fact.InputUnknown)
	wantEqual(t, "as reported", bolts(), [2]string{"unlocked", "jammed"})
	s.feed(fact.DeviceReport{Device: "cabinet-lock", State: fact.DeviceDown, Code: "lock-offline"})
	wantEqual(t, "one is gone", bolts(), [2]string{"unlocked", "unknown"})
	s.feed(custody.Start{Version: "test"})
	wantEqual(t, "after a start", bolts(), [2]string{"unknown", "unknown"})
	if o := newSite(t).state.Overview(s.now.Wall); o.Doors[0].Lock != nil || len(o.Cabinets) != 0 {
		t.Errorf("a site without plain locks: %+v, %+v", o.Doors, o.Cabinets)
	}
}
