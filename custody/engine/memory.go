package engine

import (
	"sync"
	"time"

	"trilock/custody/presence"
)

// learntSoFar returns what presence has learnt in this run, or, when it begins, in the one before.
func (e *Engine) learntSoFar() presence.Learnt {
	switch {
	case e.where != nil:
		return e.where.Learnt()
	case e.with.Memory == nil:
		return presence.Learnt{}
	}
	learnt, err := e.with.Memory.Learnt()
	if err != nil {
		e.with.Log.Warn("presence begins without what it had learnt", "reason", err)
		return presence.Learnt{}
	}
	e.with.Log.Info("presence goes on with what it had learnt", "antennas", len(learnt.Antennas), "tags", len(learnt.Tags), "doors", len(learnt.Doors))
	return learnt
}

// startKeeping keeps, aside from the loop, what keepNow hands over; the function that it returns ends that, and
// keeps once more what is known then.
func (e *Engine) startKeeping() (end func()) {
	if e.with.Memory == nil {
		return func() {}
	}
	e.keeps, e.keepAt = make(chan presence.Learnt, 1), time.Now().Add(KeepEvery)
	var keeper sync.WaitGroup
	keeper.Go(func() {
		for learnt := range e.keeps {
			e.keep(learnt)
		}
	})
	return func() {
		close(e.keeps)
		keeper.Wait()
		e.keep(e.where.Learnt())
	}
}

// keepIfDue hands over what presence has learnt, at a calm pace. What still waits to be written is not overtaken.
func (e *Engine) keepIfDue() {
	if e.keeps == nil || time.Now().Before(e.keepAt) {
		return
	}
	e.keepAt = time.Now().Add(KeepEvery)
	if len(e.keeps) < cap(e.keeps) { // nobody else sends
		e.keeps <- e.where.Learnt()
	}
}

func (e *Engine) keep(learnt presence.Learnt) {
	if err := e.with.Memory.Keep(learnt); err != nil {
		e.with.Log.Error("what presence has learnt cannot be kept: after a restart it learns again", "error", err)
	}
}
