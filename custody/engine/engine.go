// Package engine is the one goroutine that owns the state. Everybody else sends to it
// and waits:
//
//	drivers ──Report──┐                     ┌─► replies (acts), effects (lamps, strikes, locks)
//	people  ──Act─────┼─► queue ─► loop ────┤
//	dispatch ─Settle──┘            │        └─► Wake (dispatch), Watch (screens)
//	                       stamp, presence, Decide
//	                               │
//	                       one transaction, one fsync
//
// Durable before visible: nobody hears of a decision, no lamp turns green and no lock
// moves before its entries are committed. What arrives while one fsync is under way is
// decided together and committed by the next.
//
// If the record cannot be written, the engine stops deciding and says why (Ready): the
// batch is forgotten as if it had never been taken, its callers are told, the locks stay
// as they are. It tries the record again once a second, and when it can be written the
// state is rebuilt from it, the devices' last words are taken again, and work goes on.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/journal"
	"trilock/custody/presence"
)

// Record is where entries go; *journal.Journal is one.
type Record interface {
	// Append commits a batch, all or nothing.
	Append(ctx context.Context, b journal.Batch) error
	// Replay passes every committed entry, in order.
	Replay(ctx context.Context, f func(custody.Entry) error) error
	// Probe reports whether the record can be written.
	Probe(ctx context.Context) error
}

// Memory keeps what presence has learnt from one run of the daemon to the next. It holds no conclusion: without
// it presence learns again, and is less sure meanwhile.
type Memory interface {
	// Learnt returns what was kept last, or why there is nothing that can be used.
	Learnt() (presence.Learnt, error)
	// Keep makes what was learnt durable, in place of what was kept before.
	Keep(presence.Learnt) error
}

// Settings say what an Engine works with. All fields are required but Memory, Clock and Log.
type Settings struct {
	Site     custody.Site
	Places   presence.Site
	Presence presence.Policy
	Record   Record
	Memory   Memory
	// Routes names the channels that notices of a severity go to.
	Routes map[alerts.Severity][]string
	// Perform carries one effect out. It is called in order, on the engine's own goroutine,
	// after the commit, and must not wait: it queues.
	Perform func(custody.Effect)
	// Wake tells the dispatcher that the outbox has something new.
	Wake    func()
	Metrics *Metrics
	Version string
	// Clock reads how long the engine has run, which never runs backwards, and the wall clock,
	// which can be set at any time and jump either way; nil is the host's two clocks. Either can
	// leap ahead, as after a machine's sleep.
	Clock func() (running time.Duration, wall time.Time)
	Log   *slog.Logger
}

// Errors of Report, Act and Settle.
var (
	// ErrUndecided wraps the reason why nothing is decided at the moment. Try again with the same key.
	ErrUndecided = errors.New("the record cannot be written, so nothing is decided")
	// ErrStopped: the daemon is shutting down. Whether the act was carried out, the same key will tell.
	ErrStopped = errors.New("the daemon is stopping")
)

// Engine owns the state. Its methods may be called from any goroutine.
type Engine struct {
	with  Settings
	queue chan item

	mu    sync.RWMutex // guards state: held from the first decision of a batch to its commit
	state *custody.State
	where *presence.Engine

	started  time.Time
	startAt  fact.Stamp
	latest   map[string]fact.Fact // the last word of every device, for taking again after a halt
	findings []presence.Finding

	keepAt time.Time            // when what presence has learnt is kept next
	keeps  chan presence.Learnt // what waits to be kept; nil without a memory

	done     chan struct{} // closed when Run has returned
	status   sync.Mutex
	halted   error
	haltedAt fact.Stamp
	beat     time.Time
	watchers map[chan uint64]struct{}
}

type item struct {
	fact  fact.Fact
	input custody.Input
	reply chan<- answer // nil for facts
	after func(*journal.Batch)
}

type answer struct {
	outcome custody.Outcome
	err     error
}

// New rebuilds the state from the record and returns an engine that is ready to Run.
// It fails when the record holds something that this version cannot replay.
func New(ctx context.Context, s Settings) (*Engine, error) {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	e := &Engine{with: s, queue: make(chan item, QueueLen), latest: map[string]fact.Fact{}, done: make(chan struct{}), watchers: map[chan uint64]struct{}{}}
	if err := e.rebuild(ctx); err != nil {
		return nil, err
	}
	e.started, e.beat = time.Now(), time.Now()
	if e.with.Clock == nil {
		e.with.Clock = func() (time.Duration, time.Time) { return time.Since(e.started), time.Now() }
	}
	running, wall := e.with.Clock()
	e.startAt = continued(e.state.Now(), wall)
	e.startAt.Mono -= running
	return e, nil
}

// continued returns the stamp at which site time goes on after a stop: it has advanced
// by what the wall clock says, and never backwards.
func continued(last fact.Stamp, now time.Time) fact.Stamp {
	gap := time.Duration(0)
	if !last.Wall.IsZero() {
		gap = max(now.Sub(last.Wall), 0)
	}
	return fact.Stamp{Mono: last.Mono + gap, Wall: now.UTC()}
}

// rebuild replays the record into a new state and starts presence from it. The caller
// holds mu, or is alone.
func (e *Engine) rebuild(ctx context.Context) error {
	state := custody.NewState(e.with.Site)
	if err := e.with.Record.Replay(ctx, state.Evolve); err != nil {
		return fmt.Errorf("replaying the record: %w", err)
	}
	where, err := presence.New(e.with.Places, e.with.Presence)
	if err != nil {
		return fmt.Errorf("site for presence: %w", err)
	}
	state.Tagged(where.Enrol)
	if err := where.Teach(e.learntSoFar()); err != nil {
		e.with.Log.Error("what presence had learnt cannot be used; it learns again", "error", err)
	}
	e.state, e.where = state, where
	return nil
}

func (e *Engine) stamp() fact.Stamp {
	running, wall := e.with.Clock()
	return fact.Stamp{Mono: e.startAt.Mono + running, Wall: wall.UTC()}
}

// Report takes a fact from a driver; it is devices.Sink. It waits while the queue is
// full, and fails only when ctx ends or the engine has stopped.
func (e *Engine) Report(ctx context.Context, f fact.Fact) error {
	return e.send(ctx, item{fact: f})
}

// Act carries out an act of an actor (a person's id or an account's name) and returns
// once its entries are committed. A refusal is an Outcome, not an error; an error means
// that nothing was decided (ErrUndecided, or ctx ended: then retry with the same key).
func (e *Engine) Act(ctx context.Context, actor string, r custody.Request) (custody.Outcome, error) {
	return e.ask(ctx, item{input: custody.Input{Body: r, Actor: actor}})
}

// Settle records the fate of a notice on a channel and takes it out of the outbox, in
// one transaction. failure is nil when the channel took it.
func (e *Engine) Settle(ctx context.Context, noticeID, channel string, failure error) error {
	body := custody.Settled{Notice: noticeID, Channel: channel}
	if _, err := fmt.Sscanf(noticeID, "%d-", &body.Alert); err != nil {
		return fmt.Errorf("notice id %q has no alert number: %w", noticeID, err)
	}
	if failure != nil {
		body.Err = failure.Error()
	}
	_, err := e.ask(ctx, item{input: custody.Input{Body: body}, after: func(b *journal.Batch) {
		b.Settled = append(b.Settled, journal.Settlement{NoticeID: noticeID, Channel: channel})
	}})
	return err
}

func (e *Engine) ask(ctx context.Context, it item) (custody.Outcome, error) {
	reply := make(chan answer, 1)
	it.reply = reply
	if err := e.send(ctx, it); err != nil {
		return custody.Outcome{}, err
	}
	select {
	case a := <-reply:
		return a.outcome, a.err
	case <-ctx.Done():
		return custody.Outcome{}, ctx.Err()
	case <-e.done:
		return custody.Outcome{}, ErrStopped
	}
}

func (e *Engine) send(ctx context.Context, it item) error {
	select {
	case e.queue <- it:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-e.done:
		return ErrStopped
	}
}

// Read passes the committed state to f, under a read lock: f must be quick and must not
// keep the state.
func (e *Engine) Read(f func(*custody.State)) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	f(e.state)
}

// Ready returns nil, or why nothing is being decided.
func (e *Engine) Ready(context.Context) error {
	e.status.Lock()
	defer e.status.Unlock()
	if e.halted != nil {
		return fmt.Errorf("%w: %w", ErrUndecided, e.halted)
	}
	if idle := time.Since(e.beat); idle > StallTime {
		return fmt.Errorf("the engine has been busy with one batch for %s", idle.Round(time.Second))
	}
	return nil
}

// Watch returns a channel that carries the number of the latest committed entry,
// whenever it has changed; a slow reader sees the latest only. It is closed when ctx ends.
func (e *Engine) Watch(ctx context.Context) <-chan uint64 {
	ch := make(chan uint64, 1)
	e.status.Lock()
	e.watchers[ch] = struct{}{}
	e.status.Unlock()
	context.AfterFunc(ctx, func() {
		e.status.Lock()
		defer e.status.Unlock()
		delete(e.watchers, ch)
		close(ch)
	})
	return ch
}

func (e *Engine) tellWatchers(seq uint64) {
	e.status.Lock()
	defer e.status.Unlock()
	for ch := range e.watchers {
		select {
		case <-ch: // what was not read yet is out of date
		default:
		}
		ch <- seq
	}
}
