// Package dispatch drains the outbox into the channels. It owns the order of deliveries, the
// waiting between attempts, and the rule that a notice leaves the outbox only after it was
// delivered:
//
//	outbox ──► Notify ──► nil ────────────► Settle(nil)    delivered
//	  ▲           ├────► permanent error ─► Settle(error)  undeliverable, said elsewhere
//	  └─ Postpone ◄────► any other error                   again later, same ID
//
// Each channel has one goroutine: a channel that hangs or fails delays no other. On one channel
// the notices of one alert keep their order. A crash between delivery and settlement repeats
// the notice under its ID; nothing loses it.
//
// It refuses to give up: a temporary failure is retried for ever, with growing waits up to
// RetryMax. What waits for a channel that the configuration no longer knows is settled as
// undeliverable, so that somebody hears of it. It knows no database and decides nothing
// about alerts.
package dispatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"trilock/alerts"
	"trilock/alerts/notify"
)

// Outbox is the durable list of notices that wait for delivery.
type Outbox interface {
	// Channels names the channels that have notices waiting.
	Channels(ctx context.Context) ([]string, error)
	// Pending hands to visit what is due on a channel at now, oldest first, at most limit, each with
	// its attempts so far, and returns when the next falls due (zero: none is put off). While an
	// older notice of an alert is put off, its younger ones are not due. It may do both: visit
	// what can be read and return an error about the rest.
	Pending(ctx context.Context, channel string, limit int, now time.Time, visit func(n alerts.Notice, attempts int)) (next time.Time, err error)
	// Postpone puts a notice off until next, after so many attempts, for a reason.
	Postpone(ctx context.Context, noticeID, channel string, attempts int, next time.Time, reason string) error
}

// Metrics are called as things happen, from several goroutines; each may be nil.
type Metrics struct {
	Delivered     func(channel string) // a notice was taken by the other side
	Failed        func(channel string) // an attempt failed and will be repeated
	Undeliverable func(channel string) // a notice was given up as refused for good
}

// Settings is what a Dispatcher works with. All but Metrics is required.
type Settings struct {
	Outbox Outbox
	// Settle records that a notice was delivered over a channel (err nil) or never can be (err not
	// nil), and takes it out of the outbox, in one transaction. It is repeated until it returns nil.
	Settle func(ctx context.Context, noticeID, channel string, err error) error
	// Channels are the configured channels by name.
	Channels map[string]notify.Notifier
	Log      *slog.Logger
	Metrics  Metrics
}

// Dispatcher drains one outbox.
type Dispatcher struct {
	s     Settings
	lanes map[string]*lane
}

// New returns a dispatcher that has not begun; see Run.
func New(s Settings) *Dispatcher {
	d := &Dispatcher{s: s, lanes: map[string]*lane{}}
	for name, to := range s.Channels {
		d.lanes[name] = d.newLane(name, to)
	}
	return d
}

// Run delivers until ctx ends, and returns when every channel has stopped. A delivery that is
// under way is broken off; one that has succeeded is still settled.
func (d *Dispatcher) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, l := range d.lanes {
		all.Go(func() { l.run(ctx) })
	}
	for _, l := range d.forgotten(ctx) {
		all.Go(func() { l.run(ctx) })
	}
	all.Wait()
}

// Wake tells that the outbox has something new. It never waits; call it after each commit
// that posted notices.
func (d *Dispatcher) Wake() {
	for _, l := range d.lanes {
		nudge(l.wake)
	}
}

// Retry tells that the other side of a channel has come back: what failed there is tried again at
// once instead of at the end of its wait. A time that the other side asked for stands. It never
// waits; an unknown channel is passed over.
func (d *Dispatcher) Retry(channel string) {
	if l, ok := d.lanes[channel]; ok {
		nudge(l.back)
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one nudge is waiting already, and says the same
	}
}

// forgotten returns a lane for each channel that has notices waiting but is not configured.
// Once at the start is enough: notices are posted to configured channels only.
func (d *Dispatcher) forgotten(ctx context.Context) []*lane {
	names, err := d.s.Outbox.Channels(ctx)
	for failures := 1; err != nil && ctx.Err() == nil; failures++ {
		d.s.Log.Error("cannot list the channels of the outbox; trying again", "error", err)
		pause(ctx, backOff(failures), nil, nil)
		names, err = d.s.Outbox.Channels(ctx)
	}
	var out []*lane
	for _, name := range names {
		if _, known := d.lanes[name]; !known {
			d.s.Log.Warn("notices wait for a channel that is not configured; they are settled as undeliverable", "channel", name)
			out = append(out, d.newLane(name, unconfigured(name)))
		}
	}
	return out
}

// unconfigured stands in for a channel that was taken out of the configuration.
type unconfigured string

func (u unconfigured) Notify(context.Context, alerts.Notice) error {
	return notify.Permanent(fmt.Errorf("channel %q is no longer configured; put it back, or tell its people another way", string(u)))
}

// pause waits for d, or until ctx ends or one of the channels has something; it returns which.
func pause(ctx context.Context, d time.Duration, wake, back <-chan struct{}) pauseEnd {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return stopped
	case <-back:
		return cameBack
	case <-wake:
		return woken
	case <-timer.C:
		return elapsed
	}
}

type pauseEnd uint8

const (
	elapsed pauseEnd = iota
	stopped
	woken
	cameBack
)

// errStopped ends a pass because the daemon stops.
var errStopped = errors.New("the daemon stops")
