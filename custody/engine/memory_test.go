package engine_test

import (
	"errors"
	"sync"
	"testing"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// memory holds what is kept in itself.
type memory struct {
	mu    sync.Mutex
	kept  presence.Learnt
	times int
	fails error
}

func (m *memory) Learnt() (presence.Learnt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept, m.fails
}

func (m *memory) Keep(l presence.Learnt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept = l
	m.times++
	return nil
}

// known is what an earlier run has learnt of an antenna.
func known() presence.Learnt {
	return presence.Learnt{Antennas: []presence.LearntAntenna{{Antenna: fact.Antenna{Reader: "reader-a", Port: 1}, Usual: -50, Rounds: 700}}}
}

func wantKnown(t *testing.T, m *memory) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if a := m.kept.Antennas; m.times != 1 || len(a) != 1 || a[0].Rounds < 700 || a[0].Usual != -50 {
		t.Errorf("kept %d times, at last %+v; want once what was known, at the stop", m.times, m.kept)
	}
}

// What was learnt goes from run to run, and through a time in which the record cannot be written.
func TestLearntGoesOn(t *testing.T) {
	m := &memory{kept: known()}
	r := newRig(t, t.TempDir(), func(rec *record) { rec.memory = m })
	if _, err := r.act(1); err != nil {
		t.Fatal(err)
	}
	r.record.broken.Store(true)
	if _, err := r.act(2); !errors.Is(err, errDisk) {
		t.Fatalf("act with a full disk: %v", err)
	}
	r.record.broken.Store(false)
	for ok := false; !ok; { // until the record is tried again
		_, err := r.act(3)
		ok = err == nil
	}
	r.stop()
	wantKnown(t, m)
}

// A memory with nothing to be used, and one with nonsense, are no reason not to begin.
func TestLearntThatCannotBeUsed(t *testing.T) {
	nonsense := known()
	nonsense.Antennas[0].Rounds = -1
	for name, m := range map[string]*memory{"damaged": {fails: errors.New("damaged")}, "nonsense": {kept: nonsense}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, t.TempDir(), func(rec *record) { rec.memory = m })
			if _, err := r.act(1); err != nil {
				t.Error(err)
			}
			r.stop()
			if m.times != 1 || len(m.kept.Antennas) != 0 {
				t.Errorf("kept %d times: %+v", m.times, m.kept)
			}
		})
	}
}
