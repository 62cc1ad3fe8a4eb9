package dispatch

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"trilock/alerts"
	"trilock/alerts/notify"
)

// lane is one channel and its goroutine. Only that goroutine touches the fields below wake and back.
type lane struct {
	d    *Dispatcher
	name string
	to   notify.Notifier
	log  *slog.Logger
	wake chan struct{}
	back chan struct{}

	failures int  // temporary failures in a row
	unread   int  // failed looks into the outbox in a row
	unsaved  int  // passes in a row that ended with something unsettled
	eager    bool // the other side has come back: what is put off by our own choice is due

	// done is what was delivered or refused for good, but could not be settled yet, by notice ID. It
	// must not be sent again meanwhile. It never holds more than one portion.
	done map[string]error
}

type item struct {
	notice   alerts.Notice
	attempts int
}

func (d *Dispatcher) newLane(name string, to notify.Notifier) *lane {
	return &lane{
		d: d, name: name, to: to, log: d.s.Log.With("channel", name),
		wake: make(chan struct{}, 1), back: make(chan struct{}, 1), done: map[string]error{},
	}
}

func (l *lane) run(ctx context.Context) {
	for {
		wait, deaf := l.pass(ctx)
		wake := l.wake
		if deaf {
			wake = nil // news do not shorten the wait for a channel that fails
		}
		switch pause(ctx, wait, wake, l.back) {
		case stopped:
			return
		case cameBack:
			l.eager, l.failures = true, 0
		case elapsed, woken:
		}
	}
}

// pass delivers one portion and says how long to wait before the next. Deaf means that the
// channel itself must be left alone for so long.
func (l *lane) pass(ctx context.Context) (wait time.Duration, deaf bool) {
	portion, next, err := l.look(ctx)
	if ctx.Err() != nil {
		return 0, false
	}
	for _, it := range portion {
		wait, err := l.handle(ctx, it)
		switch {
		case ctx.Err() != nil:
			return 0, false
		case err != nil:
			return wait, true
		}
	}
	switch {
	case len(l.done) > 0:
		l.unsaved++
		return backOff(l.unsaved), false
	case len(portion) > 0:
		l.unsaved = 0
		return 0, false // there may be more
	case err != nil:
		return backOff(l.unread), false
	case !next.IsZero():
		return max(0, min(time.Until(next), RecheckMax)), false
	}
	return RecheckMax, false
}

// look takes the next portion from the outbox.
func (l *lane) look(ctx context.Context) (portion []item, next time.Time, err error) {
	now := time.Now()
	if l.eager {
		now, l.eager = now.Add(RetryMax), false
	}
	next, err = l.d.s.Outbox.Pending(ctx, l.name, PortionMax, now, func(n alerts.Notice, attempts int) {
		portion = append(portion, item{n, attempts})
	})
	if err == nil {
		l.unread = 0
	} else if l.unread++; l.unread == 1 && ctx.Err() == nil {
		l.log.Error("the outbox cannot be read in full; trying again", "error", err)
	}
	// What is no longer in the outbox was settled after all.
	waiting := make(map[string]error, len(l.done))
	for _, it := range portion {
		if outcome, ok := l.done[it.notice.ID]; ok {
			waiting[it.notice.ID] = outcome
		}
	}
	if err == nil {
		l.done = waiting
	}
	return portion, next, err
}

// handle delivers one notice and settles it, or puts it off. The error says that the channel
// failed and must be left alone for wait.
func (l *lane) handle(ctx context.Context, it item) (wait time.Duration, err error) {
	outcome, done := l.done[it.notice.ID]
	if !done {
		outcome = l.deliver(ctx, it.notice)
		if ctx.Err() != nil && outcome != nil {
			return 0, errStopped // broken off by ourselves: no failure of the channel
		}
		if outcome != nil && !notify.IsPermanent(outcome) {
			return l.putOff(ctx, it, outcome), outcome
		}
		l.tell(it, outcome)
	}
	// A delivered notice is settled even while the daemon stops, or it would be sent again.
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), SettleMax)
	defer cancel()
	if err := l.d.s.Settle(settling, it.notice.ID, l.name, outcome); err != nil {
		if len(l.done) == 0 {
			l.log.Error("a notice is done but cannot be settled; trying again without sending it", "notice", it.notice.ID, "error", err)
		}
		l.done[it.notice.ID] = outcome
		return 0, nil
	}
	delete(l.done, it.notice.ID)
	return 0, nil
}

func (l *lane) deliver(ctx context.Context, n alerts.Notice) error {
	ctx, cancel := context.WithTimeout(ctx, AttemptMax)
	defer cancel()
	return l.to.Notify(ctx, n)
}

// putOff records a temporary failure and returns how long the channel is left alone.
func (l *lane) putOff(ctx context.Context, it item, cause error) time.Duration {
	l.failures++
	count(l.d.s.Metrics.Failed, l.name)
	asked := min(notify.After(cause), AskedMax)
	hold := max(backOff(l.failures), asked)
	if l.failures == 1 { // one line for a series: the next one says that it is over
		l.log.Warn("a notice was not delivered; trying again", "notice", it.notice.ID, "attempt", it.attempts+1, "wait", hold, "error", cause)
	}
	next := time.Now().Add(max(backOff(it.attempts+1), asked))
	if err := l.d.s.Outbox.Postpone(ctx, it.notice.ID, l.name, it.attempts+1, next, cause.Error()); err != nil && ctx.Err() == nil {
		l.log.Error("a notice could not be put off; it is tried again after the channel's wait", "notice", it.notice.ID, "error", err)
	}
	return hold
}

// tell counts and logs how a notice ended.
func (l *lane) tell(it item, outcome error) {
	if outcome != nil {
		count(l.d.s.Metrics.Undeliverable, l.name)
		l.log.Error("a notice cannot be delivered on this channel", "notice", it.notice.ID, "attempt", it.attempts+1, "error", outcome)
		return
	}
	count(l.d.s.Metrics.Delivered, l.name)
	if l.failures > 0 {
		l.log.Info("the channel works again", "notice", it.notice.ID, "failures", l.failures)
	}
	l.failures = 0
}

func count(hook func(string), channel string) {
	if hook != nil {
		hook(channel)
	}
}

// backOff returns the wait after so many failures: between half of and the whole of RetryFirst
// doubled for each, at most RetryMax. The random part keeps channels and sites from
// knocking in step.
func backOff(failures int) time.Duration {
	whole := RetryMax
	if doublings := failures - 1; doublings < 16 {
		whole = min(RetryFirst<<max(0, doublings), RetryMax)
	}
	return whole/2 + rand.N(whole/2+1)
}
