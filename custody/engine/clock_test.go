package engine_test

import (
	"testing"
	"time"

	"trilock/custody"
	"trilock/custody/fact"
)

// Both clocks leap, as after a machine's sleep: what had to wait for so long falls due at once,
// and after a restart site time goes on from there.
func TestClocksLeap(t *testing.T) {
	dir, monday := t.TempDir(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	began := time.Now()
	leapt := make(chan time.Duration, 1)
	leapt <- 0
	clock := func(r *record) {
		r.clock = func() (time.Duration, time.Time) {
			d := <-leapt
			leapt <- d
			running := time.Since(began) + d
			return running, monday.Add(running)
		}
	}
	last := func(r *rig) (now fact.Stamp) {
		r.engine.Read(func(s *custody.State) { now = s.Now() })
		return now
	}
	r := newRig(t, dir, clock)
	report := func(state fact.DeviceState) {
		if err := r.engine.Report(t.Context(), fact.DeviceReport{Device: "reader-a", State: state, Code: "line-lost"}); err != nil {
			t.Fatal(err)
		}
	}
	settled := func(done func() bool) {
		t.Helper()
		for ch := r.engine.Watch(t.Context()); !done(); {
			select {
			case <-ch:
			case <-time.After(20 * time.Second):
				t.Fatalf("nothing more is decided; the last entry is of %v", last(r))
			}
		}
	}
	alerts := func() (n int) {
		r.engine.Read(func(s *custody.State) { n = len(s.Overview(monday).Alerts) })
		return n
	}
	report(fact.DeviceUp)
	report(fact.DeviceDown) // and the alert waits for an hour
	settled(func() bool { return last(r).Mono > 0 })
	if now := last(r); now.Wall.Sub(monday) > time.Minute || alerts() != 0 {
		t.Fatalf("the first entries are of %v, with %d alerts", now, alerts())
	}
	<-leapt
	leapt <- 2 * time.Hour
	report(fact.DeviceDown) // any input wakes the engine
	settled(func() bool { return alerts() == 1 })
	if now := last(r); now.Mono < 2*time.Hour || now.Wall.Before(monday.Add(2*time.Hour)) {
		t.Errorf("after the leap an entry is of %v", now)
	}
	before := last(r)
	r.stop()
	r = newRig(t, dir, clock)
	settled(func() bool { return last(r) != before })
	if now := last(r); now.Mono < before.Mono || now.Mono > before.Mono+time.Minute {
		t.Errorf("site time goes on at %v, it had come to %v", now.Mono, before.Mono)
	}
}
