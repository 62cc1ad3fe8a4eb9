package console

import (
	"encoding/json"
	"strings"
	"testing"

	"trilock/custody"
	"trilock/custody/fact"
)

// A safe under plain locks carries its mark on the wall and in the API, in both
// languages, whatever its session does; a safe under signed locks never.
func TestWeakerLocksAreMarkedForEver(t *testing.T) {
	for _, plain := range []bool{false, true} {
		site := testSite()
		safe := site.Safes["safe-1"]
		safe.Plain = plain
		site.Safes["safe-1"] = safe
		core := newTestCore(t)
		core.state = custody.NewState(site)
		core.put(custody.Start{Version: "test"}, "")
		h := newTestHandler(t, core)
		for step, then := range []func(){
			func() {},
			func() {
				for _, lock := range []fact.DeviceID{"lock-1", "lock-2", "lock-3"} {
					core.put(fact.DeviceReport{Device: lock, State: fact.DeviceUp}, "")
					core.put(fact.LockState{Lock: lock, Bolt: fact.BoltLocked}, "")
				}
			},
			func() { core.put(custody.Start{Version: "test"}, "") },
		} {
			then()
			for lang, want := range map[string]string{"zh": safeWeaker.ZH, "en": safeWeaker.EN} {
				if got := strings.Contains(get(h, RoleObserver, "/?lang="+lang).Body.String(), want); got != plain {
					t.Errorf("plain locks %v, step %d: marked in %s: %v", plain, step, lang, got)
				}
			}
			var overview struct {
				Safes []struct {
					WeakerLocks *bool `json:"weaker_locks"`
				} `json:"safes"`
			}
			if err := json.Unmarshal(get(h, RoleObserver, "/api/v1/overview").Body.Bytes(), &overview); err != nil {
				t.Fatal(err)
			}
			if len(overview.Safes) != 1 || overview.Safes[0].WeakerLocks == nil || *overview.Safes[0].WeakerLocks != plain {
				t.Errorf("plain locks %v: the overview says %+v", plain, overview.Safes)
			}
		}
	}
}
