package brokertest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"trilock/custody/fact"
)

// Patience bounds every wait for a condition: generous, because nothing depends on it but a failing test.
const Patience = 60 * time.Second

// told is how many of the last facts a test that waited in vain is told.
const told = 12

// Ledger is a sink that keeps everything and lets a test wait for what it expects. Its
// methods can be called from any goroutine, Await from the test's.
type Ledger struct {
	mu    sync.Mutex
	facts []fact.Fact
	more  chan struct{}
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger { return &Ledger{more: make(chan struct{})} }

// Report is a sink's. It refuses only when ctx has ended.
func (l *Ledger) Report(ctx context.Context, f fact.Fact) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.facts = append(l.facts, f)
	close(l.more)
	l.more = make(chan struct{})
	return nil
}

// Mark returns the place from which later facts are looked for.
func (l *Ledger) Mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.facts)
}

// Since returns the facts from a mark on.
func (l *Ledger) Since(from int) []fact.Fact {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.facts[from:])
}

// Await returns the first fact from a mark on that matches, and fails the test when none
// has come within Patience.
func (l *Ledger) Await(t *testing.T, from int, what string, match func(fact.Fact) bool) fact.Fact {
	t.Helper()
	deadline := time.NewTimer(Patience)
	defer deadline.Stop()
	first := from
	for {
		l.mu.Lock()
		seen, more := l.facts[from:], l.more
		l.mu.Unlock()
		if i := slices.IndexFunc(seen, match); i >= 0 {
			return seen[i]
		}
		from += len(seen)
		select {
		case <-more:
		case <-deadline.C:
			since := l.Since(first)
			t.Fatalf("waited in vain for %s; the last of %d facts since then: %+v", what, len(since), since[max(0, len(since)-told):])
		}
	}
}
