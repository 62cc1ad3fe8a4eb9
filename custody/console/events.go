package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"trilock/alerts"
	"trilock/custody"
)

const eventsPath = "/api/v1/events"

// streams counts the event streams, in all and by account.
type streams struct {
	mu   sync.Mutex
	all  int
	each map[string]int
}

func (s *streams) enter(account string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= maxStreams || s.each[account] >= maxStreamsEach {
		return false
	}
	if s.each == nil {
		s.each = map[string]int{}
	}
	s.all++
	s.each[account]++
	return true
}

func (s *streams) leave(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.each[account]--; s.each[account] == 0 {
		delete(s.each, account)
	}
}

// Alive is the data of an `alive` event: the daemon's word that what is on the screen is current.
type Alive struct {
	// At is the daemon's clock, with the site's offset from UTC.
	At    time.Time `json:"at"`
	Ready bool      `json:"ready"`
	// Why says why nothing is being decided; empty when Ready.
	Why string `json:"why,omitempty"`
}

// events streams what happens. A stream begins with `alive` and `changed`, so that a page
// that reconnects catches up at once, and ends with its session.
func (c *console) events(w http.ResponseWriter, r *http.Request) {
	v := visitorOf(r.Context())
	if !c.streams.enter(v.account.Name) {
		w.Header().Set("Retry-After", "5")
		problem(http.StatusServiceUnavailable, "too-many-streams").write(w)
		return
	}
	defer c.streams.leave(v.account.Name)
	ctx, cancel := context.WithCancel(r.Context())
	if !v.ends.IsZero() {
		ctx, cancel = context.WithDeadline(r.Context(), v.ends)
	}
	defer cancel()
	notices, leave, err := c.noticesFor(ctx, v.account.Role)
	if err != nil {
		w.Header().Set("Retry-After", "5")
		problem(http.StatusServiceUnavailable, "too-many-streams").write(w)
		return
	}
	defer leave()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies that hold back bytes hold back alarms
	w.WriteHeader(http.StatusOK)
	s := &stream{w: w, control: http.NewResponseController(w)}
	s.say("retry", "2000")
	c.pump(ctx, s, c.Core.Watch(ctx), notices)
}

// noticesFor subscribes those who watch the wall. A notice that reaches a subscriber
// counts as delivered, so nobody subscribes whose screen is not there to be watched.
func (c *console) noticesFor(ctx context.Context, r Role) (<-chan alerts.Notice, func(), error) {
	if !slices.Contains(watching, r) {
		return nil, func() {}, nil
	}
	return c.Notices.Subscribe(ctx, func(n alerts.Notice) bool { return seesAlert(r, n.Code) })
}

// pump sends until the stream breaks or ctx ends. A change is sent at once unless one was
// sent within changedEvery; then the latest waits for its turn.
func (c *console) pump(ctx context.Context, s *stream, changes <-chan uint64, notices <-chan alerts.Notice) {
	var latest uint64
	c.Core.Read(func(state *custody.State) { latest = state.Seq() })
	s.event("alive", c.alive(ctx))
	s.event("changed", latest)
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	turn := time.NewTimer(changedEvery)
	defer turn.Stop()
	waiting, mayChange := false, false
	for s.err == nil {
		select {
		case <-ctx.Done():
			return
		case seq, open := <-changes:
			if !open {
				return
			}
			latest, waiting = seq, true
		case <-turn.C:
			mayChange = true
		case n, open := <-notices:
			if !open {
				return
			}
			s.event("notice", n)
		case <-alive.C:
			s.event("alive", c.alive(ctx))
		}
		if waiting && mayChange {
			s.event("changed", latest)
			waiting, mayChange = false, false
			turn.Reset(changedEvery)
		}
	}
}

func (c *console) alive(ctx context.Context) Alive {
	a := Alive{At: time.Now().In(c.Site.Location), Ready: true}
	if err := c.Core.Ready(ctx); err != nil {
		a.Ready, a.Why = false, err.Error()
	}
	return a
}

// stream writes server-sent events, each within its time. The first failure ends it.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error
}

func (s *stream) event(name string, data any) {
	body, err := json.Marshal(data)
	if err != nil {
		s.err = err
		return
	}
	s.say("event", name+"\ndata: "+string(body))
}

func (s *stream) say(field, value string) {
	if s.err != nil {
		return
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(streamWriteTime)) // a recorder in a test has none
	if _, s.err = fmt.Fprintf(s.w, "%s: %s\n\n", field, value); s.err == nil {
		s.err = s.control.Flush()
	}
}
