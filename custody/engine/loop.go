package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/journal"
	"trilock/custody/presence"
)

// Run decides until ctx ends. It returns nil then, or the error of a broken invariant:
// a defect of the program, after which nothing it says can be believed.
func (e *Engine) Run(ctx context.Context) error {
	defer close(e.done)
	defer e.startKeeping()()
	timer := time.NewTimer(0)
	defer timer.Stop()
	opening := []item{{input: custody.Input{Body: custody.Start{Version: e.with.Version}}}}
	for {
		if err := e.turn(ctx, opening); err != nil {
			return err
		}
		opening = nil
		e.keepIfDue()
		timer.Reset(e.sleep())
		select {
		case <-ctx.Done():
			return nil
		case it := <-e.queue:
			opening = append(opening, it)
		case <-timer.C:
		}
	}
}

// sleep returns how long the loop may wait for an input.
func (e *Engine) sleep() time.Duration {
	if e.haltReason() != nil {
		return ProbeEvery
	}
	now, wait := e.stamp(), IdleBeat
	if d, due := e.state.Due(now); due {
		wait = min(wait, d)
	}
	if at, due := e.where.Due(); due {
		wait = min(wait, at-now.Mono)
	}
	return max(wait, 0)
}

// turn takes what waits, decides it, commits it and tells those concerned.
func (e *Engine) turn(ctx context.Context, first []item) error {
	items := e.gather(first)
	if e.haltReason() != nil && !e.resume(ctx) {
		e.refuseAll(items)
		return nil
	}
	b, seq, err := e.settle(ctx, items)
	var broken *brokenError
	switch {
	case errors.As(err, &broken):
		return err
	case err != nil:
		e.refuseAll(items)
		return nil
	}
	e.publish(b, seq)
	return nil
}

// settle decides and commits, unseen: until the commit nobody may read the state, and
// after a failed one the state is the record's again before anybody does.
func (e *Engine) settle(ctx context.Context, items []item) (*bundle, uint64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	b, err := e.decideAll(items)
	if err != nil {
		return nil, 0, err
	}
	if !b.empty() {
		// A commit under way is not called off by the daemon's stopping: its callers must learn how it ended.
		err = e.with.Record.Append(context.WithoutCancel(ctx), b.batch)
	}
	if errors.Is(err, journal.ErrStale) { // somebody else wrote: only a new process can catch up
		return nil, 0, &brokenError{err}
	}
	if err != nil {
		e.halt(ctx, err)
	}
	return b, e.state.Seq(), err
}

// gather adds to first whatever already waits in the queue, up to one batch.
func (e *Engine) gather(first []item) []item {
	for len(first) < MaxBatch {
		select {
		case it := <-e.queue:
			first = append(first, it)
		default:
			return first
		}
	}
	return first
}

// bundle is a batch in the making, with what is to follow its commit.
type bundle struct {
	batch   journal.Batch
	effects []custody.Effect
	replies []func()
}

func (b *bundle) empty() bool { return len(b.batch.Entries) == 0 && len(b.batch.Settled) == 0 }

// brokenError is a defect: the core contradicts itself.
type brokenError struct{ error }

func (b *brokenError) Unwrap() error { return b.error }

func (e *Engine) decideAll(items []item) (*bundle, error) {
	b := &bundle{}
	for _, it := range items {
		if err := e.decideItem(b, it); err != nil {
			return b, err
		}
	}
	now := e.stamp()
	if err := e.decideFindings(b, now, e.where.Advance(now, e.findings[:0])); err != nil {
		return b, err
	}
	_, err := e.decide(b, custody.Input{At: now, Body: custody.Tick{}})
	return b, err
}

func (e *Engine) decideItem(b *bundle, it item) error {
	now := e.stamp()
	if it.fact != nil {
		return e.decideFact(b, now, it.fact)
	}
	it.input.At = now
	outcome, err := e.decide(b, it.input)
	if it.after != nil {
		it.after(&b.batch)
	}
	if reply := it.reply; reply != nil {
		b.replies = append(b.replies, func() { reply <- answer{outcome: outcome} })
	}
	return err
}

func (e *Engine) decideFact(b *bundle, now fact.Stamp, f fact.Fact) error {
	e.remember(f)
	e.with.Metrics.observe(f)
	var found []presence.Finding
	switch f := f.(type) {
	case fact.Round:
		return e.decideFindings(b, now, e.where.Observe(now, f, e.findings[:0]))
	case fact.DeviceReport:
		found = e.where.Report(now, f, e.findings[:0])
	case fact.InputChanged:
		found = e.where.Input(now, f, e.findings[:0])
	case fact.BadgeShown:
		found = e.where.Badge(now, f, e.findings[:0])
	}
	if _, err := e.decide(b, custody.Input{At: now, Body: f}); err != nil {
		return err
	}
	return e.decideFindings(b, now, found)
}

func (e *Engine) decideFindings(b *bundle, now fact.Stamp, found []presence.Finding) error {
	for _, f := range found {
		if _, err := e.decide(b, custody.Input{At: now, Body: f}); err != nil {
			return err
		}
	}
	e.findings = found[:0]
	return nil
}

func (e *Engine) decide(b *bundle, in custody.Input) (custody.Outcome, error) {
	d, err := e.state.Decide(in)
	if err != nil {
		return custody.Outcome{}, &brokenError{err}
	}
	b.batch.Entries = append(b.batch.Entries, d.Entries...)
	b.effects = append(b.effects, d.Effects...)
	for _, n := range d.Notices {
		for _, channel := range e.with.Routes[n.Severity] {
			b.batch.Notices = append(b.batch.Notices, journal.Posting{Channel: channel, Notice: n})
		}
	}
	return d.Outcome, nil
}

// publish lets the world know of a committed batch: effects first, for the people who wait.
func (e *Engine) publish(b *bundle, seq uint64) {
	e.status.Lock()
	e.beat = time.Now()
	e.status.Unlock()
	for _, effect := range b.effects {
		if enrol, ok := effect.(custody.Enrol); ok {
			e.where.Enrol(enrol.Tag, enrol.Last)
			continue
		}
		if gone, ok := effect.(custody.Withdraw); ok {
			e.where.Withdraw(gone.Tag)
			continue
		}
		e.with.Perform(effect)
	}
	for _, reply := range b.replies {
		reply()
	}
	if len(b.batch.Entries) == 0 {
		return
	}
	e.with.Metrics.committed(b.batch)
	if len(b.batch.Notices) > 0 {
		e.with.Wake()
	}
	e.tellWatchers(seq)
}

// remember keeps the last word of every device: after a halt it is taken again.
func (e *Engine) remember(f fact.Fact) {
	switch f := f.(type) {
	case fact.DeviceReport:
		e.latest["device/"+string(f.Device)] = f
	case fact.LockState:
		e.latest["lock/"+string(f.Lock)] = f
	case fact.InputChanged:
		e.latest[fmt.Sprintf("input/%s/%d", f.Device, f.Input)] = f
	}
}
