package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/engine"
	"trilock/custody/fact"
	"trilock/custody/journal"
	"trilock/custody/presence"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// record is the real journal with two hands on it: one makes it fail, one holds it up.
type record struct {
	*journal.Journal
	broken atomic.Bool
	hold   chan struct{} // nil, or closed to let appends go on
	held   chan struct{} // receives one token per append that waits
	memory engine.Memory // of what presence has learnt; nil for none
	clock  func() (time.Duration, time.Time)
}

var errDisk = errors.New("no space left on device")

func (r *record) Append(ctx context.Context, b journal.Batch) error {
	if r.hold != nil {
		select {
		case r.held <- struct{}{}:
		default:
		}
		<-r.hold
	}
	if r.broken.Load() {
		return errDisk
	}
	return r.Journal.Append(ctx, b)
}

func (r *record) Probe(ctx context.Context) error {
	if r.broken.Load() {
		return errDisk
	}
	return r.Journal.Probe(ctx)
}

// rig is an engine on a real record in a folder of the test's own.
type rig struct {
	t       *testing.T
	record  *record
	engine  *engine.Engine
	mu      sync.Mutex
	effects []custody.Effect
	stop    func()
}

func site() custody.Site {
	name := fact.Text{ZH: "测试", EN: "test"}
	return custody.Site{Name: name, Location: time.UTC, PINKey: make([]byte, 32),
		Places:  map[fact.PlaceID]custody.Place{"cabinet-a": {ID: "cabinet-a", Kind: custody.Cabinet, Name: name, Levels: []custody.Level{custody.Internal}}, "exit": {ID: "exit", Kind: custody.Passage, Name: name}},
		Devices: map[fact.DeviceID]custody.Device{"reader-a": {ID: "reader-a", Kind: custody.UHFReader}, "badge-a": {ID: "badge-a", Kind: custody.BadgeReader}},
		Policy:  custody.Policy{DeviceDownAfter: time.Hour, MissingAfter: time.Hour, Repeat: map[alerts.Severity]time.Duration{}}}
}

func places() presence.Site {
	return presence.Site{Places: []presence.Place{{ID: "cabinet-a", Adjoins: []fact.PlaceID{"exit"}}, {ID: "exit"}},
		Antennas: []presence.Watch{{Antenna: fact.Antenna{Reader: "reader-a", Port: 1}, Place: "cabinet-a"}, {Antenna: fact.Antenna{Reader: "reader-x", Port: 1}, Place: "exit"}}}
}

func newRig(t *testing.T, dir string, hands func(*record)) *rig {
	t.Helper()
	j, err := journal.Open(t.Context(), journal.Settings{Dir: dir, Site: "test"})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, record: &record{Journal: j}}
	if hands != nil {
		hands(r.record)
	}
	r.engine, err = engine.New(t.Context(), engine.Settings{Site: site(), Places: places(), Presence: presence.DefaultPolicy(), Record: r.record, Memory: r.record.memory, Clock: r.record.clock,
		Routes:  map[alerts.Severity][]string{alerts.Warning: {"desk"}, alerts.Critical: {"desk"}},
		Perform: func(e custody.Effect) { r.mu.Lock(); r.effects = append(r.effects, e); r.mu.Unlock() },
		Wake:    func() {}, Metrics: engine.NewMetrics(prometheus.NewRegistry()), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.engine.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("engine: %v", err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

// documentID gives each document a category of its own: acts come in any order here, and the
// numbers of one category have no gaps.
func documentID(n int) custody.DocumentID {
	return custody.DocumentID(fmt.Sprintf("%c%c-2026-0001", 'A'+n/26, 'A'+n%26))
}

func registerDocument(n int) custody.Request {
	epc, err := fact.EPCFromBytes([]byte{0xE2, 0, byte(n >> 8), byte(n)})
	if err != nil {
		panic(err)
	}
	return custody.Request{Key: fmt.Sprint("key-", n), Act: custody.RegisterDocument{Document: custody.DocumentRecord{
		ID: documentID(n), Title: "t", Level: custody.Internal, Copy: 1, Copies: 1, Tag: epc, Home: "cabinet-a"}}}
}

func (r *rig) act(n int) (custody.Outcome, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return r.engine.Act(ctx, "desk", registerDocument(n))
}

func (r *rig) documents() (n int) {
	r.engine.Read(func(s *custody.State) { n = len(s.Overview(time.Time{}).Documents) })
	return n
}

// What was answered is there after a restart; many at once share commits.
func TestAnsweredActsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dir, nil)
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() {
			if o, err := r.act(n); err != nil || !o.OK {
				t.Errorf("act %d: %+v, %v", n, o, err)
			}
		})
	}
	all.Wait()
	r.stop()
	again := newRig(t, dir, nil)
	if n := again.documents(); n != 50 {
		t.Errorf("%d documents after the restart, want 50", n)
	}
	if o, err := again.act(7); err != nil || !o.OK {
		t.Errorf("the retried act is answered %+v, %v; want the first answer", o, err)
	}
	if n := again.documents(); n != 50 {
		t.Errorf("%d documents after the retry, want 50", n)
	}
}

// Durable before visible: while the commit is under way, nobody is told anything.
func TestNothingIsVisibleBeforeItsCommit(t *testing.T) {
	hold, held := make(chan struct{}), make(chan struct{}, 1)
	r := newRig(t, t.TempDir(), func(rec *record) { rec.hold, rec.held = hold, held })
	answered := make(chan error, 1)
	go func() {
		_, err := r.act(1)
		answered <- err
	}()
	<-held // the first append (the start) waits; the act is behind it or in it
	seen := make(chan int, 1)
	go func() { seen <- r.documents() }()
	select {
	case <-answered:
		t.Fatal("answered before the commit")
	case n := <-seen:
		t.Fatalf("a reader saw %d documents before the commit", n)
	default:
	}
	close(hold)
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	<-seen
}

// A record that cannot be written: nothing is decided, the reason is said, nothing half
// done is visible, a badge gets a red lamp; and when it can be written, work goes on.
func TestHaltAndRecover(t *testing.T) {
	r := newRig(t, t.TempDir(), nil)
	if _, err := r.act(1); err != nil {
		t.Fatal(err)
	}
	r.record.broken.Store(true)
	if _, err := r.act(2); !errors.Is(err, engine.ErrUndecided) || !errors.Is(err, errDisk) {
		t.Fatalf("act with a full disk: %v, want ErrUndecided because of the disk", err)
	}
	if err := r.engine.Ready(t.Context()); !errors.Is(err, engine.ErrUndecided) {
		t.Errorf("ready: %v, want why not", err)
	}
	if n := r.documents(); n != 1 {
		t.Errorf("%d documents visible, want the committed one", n)
	}
	if err := r.engine.Report(t.Context(), fact.BadgeShown{Reader: "badge-a", Card: "raw:26:00"}); err != nil {
		t.Fatal(err)
	}
	if err := r.engine.Report(t.Context(), fact.DeviceReport{Device: "reader-a", State: fact.DeviceUp}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.act(3); !errors.Is(err, engine.ErrUndecided) { // behind the facts: they have been taken
		t.Fatalf("act with a full disk: %v", err)
	}
	r.mu.Lock()
	if len(r.effects) != 1 || r.effects[0] != (custody.Signal{Reader: "badge-a", Lamp: custody.LampRefused}) {
		t.Errorf("effects %+v, want one red lamp", r.effects)
	}
	r.mu.Unlock()
	r.record.broken.Store(false)
	for {
		if _, err := r.act(2); err == nil {
			break
		} else if !errors.Is(err, engine.ErrUndecided) {
			t.Fatal(err)
		}
	}
	r.engine.Read(func(s *custody.State) {
		if state := s.Overview(time.Time{}).Devices[1].State; state != "up" {
			t.Errorf("reader-a is %s: what it said during the halt was forgotten", state)
		}
	})
}

// A round that holds a folder where it may not be becomes a notice in the outbox.
func TestRoundsBecomeNotices(t *testing.T) {
	r := newRig(t, t.TempDir(), nil)
	request := registerDocument(1)
	if _, err := r.act(1); err != nil {
		t.Fatal(err)
	}
	epc := request.Act.(custody.RegisterDocument).Document.Tag
	heard := []fact.Read{{EPC: epc, RSSIcdBm: -5500, Phase: fact.PhaseUnknown}}
	round := func(reader fact.DeviceID, reads []fact.Read) {
		if err := r.engine.Report(t.Context(), fact.Round{Antenna: fact.Antenna{Reader: reader, Port: 1}, Reads: reads}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for range 5 {
		round("reader-a", heard)
	}
	pending := 0
	for pending == 0 && ctx.Err() == nil {
		round("reader-a", nil)
		round("reader-x", heard)
		if _, err := r.record.Pending(ctx, "desk", 10, time.Now(), func(n alerts.Notice, _ int) {
			if n.Code == alerts.LeftZone && n.Subject == string(documentID(1)) {
				pending++
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if pending != 1 {
		t.Fatalf("%d notices in the outbox, want one", pending)
	}
	if err := r.engine.Settle(t.Context(), "1-1", "desk", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := r.record.Pending(ctx, "desk", 10, time.Now(), func(alerts.Notice, int) { t.Error("a settled notice is still in the outbox") }); err != nil {
		t.Fatal(err)
	}
}
