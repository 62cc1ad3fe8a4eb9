package configs

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// FuzzLoad feeds any bytes to the reader. Whatever they are, it returns; it returns a
// site or faults, never both or neither; and each fault is one line of bounded length.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/good/*.yaml", "examples/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatalf("%s: %d files, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			f.Add(readText(f, path))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		site, err := Parse("site.yaml", text)
		if (site == nil) == (err == nil) {
			t.Fatalf("Parse = %v, %v", site, err)
		}
		if err == nil {
			checkPromises(t, site)
			return
		}
		var faults Faults
		if !errors.As(err, &faults) || len(faults) == 0 || len(faults) > MaxFaults+1 {
			t.Fatalf("%d faults: %v", len(faults), err)
		}
		for _, fault := range faults {
			line := fault.String()
			if strings.ContainsAny(line, "\n\r\x00\x1b") || len(line) > 4<<10 {
				t.Errorf("a fault is not one line: %q", line)
			}
			if fault.Line < 0 || fault.Line > strings.Count(string(text), "\n")+strings.Count(string(text), "\r")+2 {
				t.Errorf("%q: a line that the file does not have", line)
			}
		}
	})
}

// checkPromises checks what the rest of the program takes for granted about a site.
func checkPromises(t *testing.T, s *Site) {
	t.Helper()
	ids := map[ID]bool{}
	device := func(id ID) {
		if id == "" || ids[id] || len(id) > MaxIDLen {
			t.Errorf("device id %q is empty, too long or not the only one", id)
		}
		ids[id] = true
	}
	places := map[ID]bool{}
	for _, p := range s.Places {
		places[p.ID] = true
		if p.Name == "" || p.NameEN == "" {
			t.Errorf("place %s has no name", p.ID)
		}
	}
	for _, r := range s.Readers {
		device(r.ID)
		for _, a := range r.Antennas {
			if a.Port == 0 || !places[a.Watches] {
				t.Errorf("antenna %+v of %s", a, r.ID)
			}
		}
	}
	badges := map[ID]bool{}
	for _, l := range s.BadgeLines {
		device(l.ID)
		for _, r := range l.Readers {
			device(r.ID)
			badges[r.ID] = true
		}
	}
	for _, l := range s.Locks {
		device(l.ID)
	}
	for _, safe := range s.Safes {
		// What a safe's locks are, its approvals say: nobody verifies plain ones.
		verified := safe.Approvals == ApprovalsByController && s.ControllerKey != "" && s.MQTT != nil && safe.AcceptsWeakerLocks == ""
		plain := safe.Approvals == ApprovalsUnverified && s.PlainMQTT != nil && slices.Contains(WeakerLocksAccepted(), safe.AcceptsWeakerLocks)
		for _, id := range safe.Locks {
			isPlain := slices.ContainsFunc(s.PlainLocks, func(l PlainLock) bool { return l.ID == id })
			if isPlain != plain {
				t.Errorf("safe %s has lock %s", safe.ID, id)
			}
		}
		if len(safe.Locks) != LocksPerSafe || !places[safe.Place] || !badges[safe.BadgeReader] || verified == plain {
			t.Errorf("safe %+v", safe)
		}
	}
	for _, d := range s.Doors {
		if !places[d.From] || !places[d.To] || d.StrikeTime <= 0 || d.Strike != nil && !badges[d.Strike.Device] {
			t.Errorf("door %+v", d)
		}
	}
	for _, severity := range Severities() {
		if _, ok := s.Alerts.Routes[severity]; !ok {
			t.Errorf("no route for %s", severity)
		}
	}
	if p := s.Policy; p.UnlockedTime <= 0 || p.UnlockedTime > seconds(60) || p.Approvals[ApproveLoan][TopSecret] == "" || p.Repeat[Critical] == 0 {
		t.Errorf("policy %+v", p)
	}
	_ = s.Location()
	if _, err := s.WorkingCalendar(); err != nil {
		t.Errorf("the configuration takes what the calendar refuses: %v", err)
	}
}
