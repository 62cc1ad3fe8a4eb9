package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"trilock/custody"
	"trilock/custody/fact"
)

func (e *Engine) haltReason() error {
	e.status.Lock()
	defer e.status.Unlock()
	return e.halted
}

// halt stops deciding and takes the state back to what the record says. The caller
// holds mu, so that nobody sees a decision that was not committed.
func (e *Engine) halt(ctx context.Context, why error) {
	e.with.Log.Error("the record cannot be written: no decisions until it can", "error", why)
	e.status.Lock()
	e.halted, e.haltedAt = why, e.stamp()
	e.status.Unlock()
	e.with.Metrics.ready(false)
	if err := e.rebuild(context.WithoutCancel(ctx)); err != nil {
		e.with.Log.Error("the record cannot be read back either", "error", err)
	}
}

// resume tries to write and, if that works, goes back to the record's state, takes the
// devices' last words again and records how long nothing was decided.
func (e *Engine) resume(ctx context.Context) bool {
	if err := e.with.Record.Probe(ctx); err != nil {
		return false
	}
	e.mu.Lock()
	err := e.rebuild(ctx)
	e.mu.Unlock()
	if err != nil {
		e.with.Log.Error("the record can be written but not replayed", "error", err)
		return false
	}
	e.status.Lock()
	why, since := e.halted, e.haltedAt
	e.halted = nil
	e.status.Unlock()
	e.with.Log.Info("the record can be written again", "undecided_for", e.stamp().Sub(since))
	e.with.Metrics.ready(true)
	again := []item{{input: custody.Input{Body: custody.Recovered{Since: since, Err: why.Error()}}}}
	for _, key := range slices.Sorted(maps.Keys(e.latest)) {
		again = append(again, item{fact: e.latest[key]})
	}
	b, seq, err := e.settle(ctx, again)
	if err != nil {
		e.status.Lock()
		e.halted = err
		e.status.Unlock()
		return false
	}
	e.publish(b, seq)
	return true
}

// refuseAll tells those who wait that nothing was decided. People at a badge reader see
// a refusal: the safe answer when there is none.
func (e *Engine) refuseAll(items []item) {
	why := e.haltReason()
	for _, it := range items {
		if it.reply != nil {
			it.reply <- answer{err: fmt.Errorf("%w: %w", ErrUndecided, why)}
			continue
		}
		e.remember(it.fact)
		switch f := it.fact.(type) {
		case fact.BadgeShown:
			e.with.Perform(custody.Signal{Reader: f.Reader, Lamp: custody.LampRefused})
		case fact.PINEntered:
			e.with.Perform(custody.Signal{Reader: f.Reader, Lamp: custody.LampRefused})
		}
	}
}
