package devices

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"trilock/custody/fact"
)

// Supervisor keeps one line alive: it dials, runs the driver, says when the line's
// devices are down and why, waits, and dials again, for ever.
//
// It reports a device down once, when it goes down, and once more for each new reason
// that comes up while it stays down. It never reports a device up: only the driver,
// which has spoken with it, can do that. Of a device that comes and goes all the time it
// reports that (CodeUnstable) instead of each coming and going. The driver of a line with several devices
// reports their states itself; the supervisor adds that all of them are down when the
// line is.
type Supervisor struct {
	// Devices are those on the line: one, or several on RS-485. At least one.
	Devices []fact.DeviceID
	Dial    Dial
	Driver  Driver
	// Log gets one record when an outage begins, one for each new reason, and one
	// when it is over. Nil means nowhere.
	Log *slog.Logger
}

// Run supervises until ctx ends. It closes every link that it dialled.
func (s *Supervisor) Run(ctx context.Context, facts Sink) {
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	calm := newCalm(facts)
	defer calm.stop()
	line := &line{devices: s.Devices, log: log.With("devices", s.Devices), next: calm, states: map[fact.DeviceID]fact.DeviceState{}}
	wait := backoff.ExponentialBackOff{
		InitialInterval: RedialMin, MaxInterval: RedialMax, Multiplier: 2, RandomizationFactor: redialJitter,
	}
	for ctx.Err() == nil {
		err := s.once(ctx, line)
		if ctx.Err() != nil {
			return
		}
		if line.wasUp() {
			wait.Reset()
		}
		line.failed(ctx, err)
		if errors.Is(err, fs.ErrNotExist) {
			pause(ctx, RedialMin)
			continue
		}
		pause(ctx, wait.NextBackOff())
	}
}

// once dials and runs the driver until one of them fails.
func (s *Supervisor) once(ctx context.Context, facts Sink) error {
	link, err := s.Dial(ctx)
	if err != nil {
		return err
	}
	left := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		grace := time.NewTimer(stopGrace)
		defer grace.Stop()
		select {
		case <-left:
		case <-grace.C:
			_ = link.Close() // frees a driver that is stuck in a write
		}
	})
	err = s.Driver.Run(ctx, link, facts)
	close(left)
	unwatch()
	_ = link.Close() // the driver's error is the one that says why
	if err == nil {
		return &Error{Code: CodeStopped, Detail: "the driver ended without an error; restart the daemon if this repeats, and report it"}
	}
	return err
}

// pause waits for d or for the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// line is the sink that stands between a driver and the engine: it passes every fact on
// and remembers which devices are up.
type line struct {
	devices []fact.DeviceID
	log     *slog.Logger
	next    Sink

	mu      sync.Mutex // a driver may report from several goroutines
	states  map[fact.DeviceID]fact.DeviceState
	up      bool            // some device came up since the line last failed
	reasons map[string]bool // codes reported in this outage; nil when there is none
	tries   int
	began   time.Time
}

// Report passes f on, and learns from it.
func (l *line) Report(ctx context.Context, f fact.Fact) error {
	if err := l.next.Report(ctx, f); err != nil {
		return err
	}
	if r, ok := f.(fact.DeviceReport); ok {
		l.learn(r)
	}
	return nil
}

func (l *line) learn(r fact.DeviceReport) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.states[r.Device] = r.State
	if r.State != fact.DeviceUp && r.State != fact.DeviceFault {
		return
	}
	l.up = true
	if l.reasons != nil {
		l.log.Info("device line is back", "tries", l.tries, "outage", time.Since(l.began).Round(time.Millisecond))
		l.reasons, l.tries = nil, 0
	}
}

// wasUp returns whether some device of the line has been up since the line last failed.
func (l *line) wasUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.up
}

// failed takes note that the line is down, and reports it where that is news.
func (l *line) failed(ctx context.Context, err error) {
	for _, r := range l.news(err) {
		_ = l.next.Report(ctx, r) // fails only when ctx ended, which Run sees next
	}
}

func (l *line) news(err error) []fact.DeviceReport {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reasons == nil {
		l.reasons, l.began = map[string]bool{}, time.Now()
	}
	l.tries++
	l.up = false
	code := CodeOf(err)
	newReason := !l.reasons[code]
	if newReason {
		l.reasons[code] = true
		l.log.Warn("device line is down; dialling again until it is back", "code", code, "err", err)
	}
	var reports []fact.DeviceReport
	for _, d := range l.devices {
		if l.states[d] != fact.DeviceDown || newReason {
			l.states[d] = fact.DeviceDown
			reports = append(reports, fact.DeviceReport{Device: d, State: fact.DeviceDown, Code: code, Detail: detailOf(err)})
		}
	}
	return reports
}
