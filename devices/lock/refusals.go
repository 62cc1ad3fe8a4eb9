package lock

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"trilock/custody/fact"
	"trilock/devices"
)

// tally counts refused messages until they may be told. Whoever sends bad messages
// decides how many there are; how many facts they make, the tally decides.
type tally struct {
	pace  *rate.Limiter
	count uint32
	code  string // of the last
}

func newTally() tally {
	return tally{pace: rate.NewLimiter(rate.Every(refusalEvery), refusalBurst)}
}

func (t *tally) add(code string) {
	if t.count < 1<<32-1 {
		t.count++
	}
	t.code = code
}

// tellRefusals reports what was refused, by each side, as often as its pace allows.
func (p *peer) tellRefusals(ctx context.Context, facts devices.Sink, now time.Time) error {
	for _, side := range []struct {
		*tally
		byLock bool
	}{{&p.byDriver, false}, {&p.byLock, true}} {
		if side.count == 0 || !side.pace.AllowN(now, 1) {
			continue
		}
		if err := facts.Report(ctx, fact.LockRefusal{Lock: p.id, ByLock: side.byLock, Code: side.code, Count: side.count}); err != nil {
			return err
		}
		side.count = 0
	}
	return nil
}
