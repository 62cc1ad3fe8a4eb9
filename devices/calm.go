package devices

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"trilock/custody/fact"
)

// calm keeps a device that comes and goes from filling the record. It passes every fact on,
// and of each device's reports as many as changesMax and changeEvery grant. The report after
// those becomes a fault, CodeUnstable; from then on a state is reported when it has lasted
// for settledAfter.
type calm struct {
	next Sink

	mu      sync.Mutex
	devices map[fact.DeviceID]*restless
}

// restless is what calm knows of one device.
type restless struct {
	granted *rate.Limiter
	held    *fact.DeviceReport // the newest report that was not passed on; nil while all are
	settle  *time.Timer        // passes it on
}

func newCalm(next Sink) *calm {
	return &calm{next: next, devices: map[fact.DeviceID]*restless{}}
}

// Report passes f on, now or later.
func (c *calm) Report(ctx context.Context, f fact.Fact) error {
	r, ok := f.(fact.DeviceReport)
	if !ok {
		return c.next.Report(ctx, f)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.devices[r.Device]
	if d == nil {
		d = &restless{granted: rate.NewLimiter(rate.Every(changeEvery), changesMax)}
		c.devices[r.Device] = d
	}
	switch {
	case d.held != nil:
		d.held = &r
		d.settle.Reset(settledAfter)
		return ctx.Err()
	case d.granted.Allow():
		return c.next.Report(ctx, r)
	}
	d.held = &r
	d.settle = time.AfterFunc(settledAfter, func() { c.settled(ctx, d) })
	return c.next.Report(ctx, fact.DeviceReport{
		Device: r.Device, State: fact.DeviceFault, Code: CodeUnstable, Identity: r.Identity,
		Detail: "the device comes and goes all the time: check its plug, its cable and its power supply",
	})
}

// settled passes on the state that has lasted. A report that comes just as the timer runs out
// is passed on early.
func (c *calm) settled(ctx context.Context, d *restless) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.held == nil {
		return
	}
	r := *d.held
	d.held = nil
	_ = c.next.Report(ctx, r) // fails only when ctx ended
}

// stop ends the waiting. No report is on its way when it returns.
func (c *calm) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.devices {
		if d.settle != nil {
			d.settle.Stop()
		}
		d.held = nil
	}
}
