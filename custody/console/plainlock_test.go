package console

import (
	"net/http/httptest"
	"strings"
	"testing"

	"trilock/custody"
	"trilock/custody/fact"
)

// The wall shows the bolts of plain locks of doors and cabinets, in both languages, and
// one that is not heard of as unknown: then not everything is well.
func TestPlainLocksOnTheWall(t *testing.T) {
	site := testSite()
	door, cabinet := site.Doors["door-archive"], site.Places["cabinet-a"]
	door.Lock, cabinet.Lock = "latch-door", "latch-cabinet"
	site.Doors["door-archive"], site.Places["cabinet-a"] = door, cabinet
	for _, id := range []fact.DeviceID{"latch-door", "latch-cabinet"} {
		site.Devices[id] = custody.Device{ID: id, Kind: custody.Lock}
	}
	core := newTestCore(t)
	core.state = custody.NewState(site)
	core.put(custody.Start{Version: "test"}, "")
	settings := testSettings(core)
	settings.Site = site
	c := &console{Settings: settings, feed: newFeed()}
	show := func() [2]string {
		t.Helper()
		b := c.board(httptest.NewRequest("GET", "/", nil))
		if b.Doors[0].Bolt == nil || b.Doors[1].Bolt != nil || len(b.Cabinets) != 1 {
			t.Fatalf("doors %+v, cabinets %+v", b.Doors, b.Cabinets)
		}
		return [2]string{b.Doors[0].Bolt.State, b.Cabinets[0].Bolt.State}
	}
	if got := show(); got != [2]string{"unknown", "unknown"} {
		t.Errorf("nothing has reported: %v", got)
	}
	for id, bolt := range map[fact.DeviceID]fact.BoltState{"latch-door": fact.BoltLocked, "latch-cabinet": fact.BoltUnlocked} {
		core.put(fact.DeviceReport{Device: id, State: fact.DeviceUp}, "")
		core.put(fact.LockState{Lock: id, Bolt: bolt}, "")
	}
	if got := show(); got != [2]string{"locked", "unlocked"} {
		t.Errorf("reported: %v", got)
	}
	h := newTestHandler(t, core)
	for lang, want := range map[string][]string{"zh": {wordCabinets.ZH, "锁 锁闭", "锁 打开"}, "en": {wordCabinets.EN, "lock locked", "lock unlocked"}} {
		html := get(h, RoleObserver, "/?lang="+lang).Body.String()
		for _, text := range want {
			if !strings.Contains(html, text) {
				t.Errorf("the wall in %s does not say %q", lang, text)
			}
		}
	}
	core.put(fact.DeviceReport{Device: "latch-door", State: fact.DeviceDown, Code: "lock-offline"}, "")
	if got := show(); got != [2]string{"unknown", "unlocked"} {
		t.Errorf("one is gone: %v", got)
	}
	if b := c.board(httptest.NewRequest("GET", "/", nil)); allWell(b) {
		t.Error("a bolt is unknown, and all is well")
	}
}
