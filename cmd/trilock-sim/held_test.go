package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"trilock/alerts"
	"trilock/cmd/internal/simsite"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// holdTime is how long the daemon, a line or the locks are held up in an opening. Longer than
// every time-out of the devices; the long one is longer than the window of an opening, too.
//
//	go test ./cmd/trilock-sim -run HeldUp -hold 120s
var holdTime = flag.Duration("hold", 7*time.Second, "how long things are held up in the middle of an opening")

// held is a site with the real daemon, in which openings of the safe are disturbed.
type held struct {
	*stage
	daemon *process
	out    bytes.Buffer
	// shown counts the parties that have really shown themselves in the opening under way.
	shown atomic.Int32
	// wrong is the first moment at which a bolt was drawn that should not have been.
	wrong atomic.Pointer[string]
}

func newHeld(t *testing.T) (*held, context.Context) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	h := &held{}
	h.stage = &stage{speed: 2, lang: fact.English, out: &h.out, began: time.Now(), killed: true}
	desk, err := newDesk(func() []byte { return h.site.WebhookSecret }, func(n alerts.Notice) { h.face.take(n) })
	if err != nil {
		t.Fatal(err)
	}
	if h.site, err = simsite.Build(simsite.Settings{Dir: dir, Seed: 5, Lang: "en", Webhook: desk.url(), Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	h.face = newFace("http://"+h.site.Console, h.site.Token)
	h.daemon = &process{config: h.site.ConfigFile(), log: filepath.Join(dir, "trilockd.log"), lost: cancel}
	served := make(chan error, 1)
	go func() { served <- h.site.Run(ctx) }()
	go desk.run(ctx)
	go h.watch(ctx)
	if err := h.daemon.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel(nil)
		for _, err := range []error{<-served, h.daemon.stop(), h.site.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
		if t.Failed() {
			t.Log(h.out.String())
		}
	})
	return h, ctx
}

// watch looks at the motors themselves, whatever the daemon and the locks say.
func (h *held) watch(ctx context.Context) {
	for pause(ctx, 5*time.Millisecond) == nil {
		if drawn, shown := h.site.Drawn(), h.shown.Load(); drawn > 0 && shown < 3 && h.wrong.Load() == nil {
			text := fmt.Sprintf("%d bolts are drawn and %d parties have shown themselves", drawn, shown)
			h.wrong.Store(&text)
		}
	}
}

// disturb plays an opening up to a step, has something held up there, and goes on: the
// opening then goes on to its end, or has ended and says why; and the next one works.
func (h *held) disturb(ctx context.Context, step int, what disturbance) error {
	h.shown.Store(0)
	if _, err := h.face.act(ctx, "archivist-desk", "/api/v1/safes/main-safe/openings", map[string]any{"purpose": "inspection", "documents": []string{}}); err != nil {
		return err
	}
	for i, p := range []simsite.Person{simsite.Archivist, simsite.Office, simsite.Manager} {
		if i == step {
			if err := h.holdUp(ctx, what); err != nil {
				return err
			}
		}
		h.shown.Add(1)
		if err := h.badgeAndPIN(ctx, p); err != nil {
			return err
		}
	}
	if step == 3 { // the third PIN is on its way, or the locks are at work
		if err := h.holdUp(ctx, what); err != nil {
			return err
		}
	}
	return h.settled(ctx)
}

// settled waits until the opening has an end, going through it where it goes on.
func (h *held) settled(ctx context.Context) error {
	var end threelock.Why
	over := func(o custody.Overview) bool {
		end = o.Safes[0].EndCode
		return o.Safes[0].Phase == threelock.Unlocked || (o.Safes[0].Phase == threelock.Ended && end != "")
	}
	if over, _ := h.await(ctx, tryAgainAfter, over); !over {
		// A badge that was shown to a reader without a line is shown again, or people give up.
		if _, err := h.face.act(ctx, "archivist-desk", "/api/v1/safes/main-safe/openings/cancel", struct{}{}); err != nil && !refused(err, "nothing-to-cancel") {
			return err
		}
	}
	if err := h.expect(ctx, fact.Text{ZH: "已结束或已开锁", EN: "ended, or unlocked"}, over); err != nil {
		return err
	}
	if end == "" {
		if err := h.site.OpenSafe(); err == nil { // the locks may have thrown their bolts meanwhile
			if err := h.site.ShutSafe(); err != nil {
				return err
			}
			if err := h.expect(ctx, fact.Text{ZH: "已锁好", EN: "shut and locked"}, safeIs(threelock.Closing)); err != nil {
				return err
			}
			return h.confirmAll(ctx)
		}
	}
	h.say(fact.Text{ZH: "结束：%[1]s", EN: "it ended: %[1]s"}.Fill(end.Text()))
	return h.expect(ctx, fact.Text{ZH: "锁舌全部伸出", EN: "all bolts are thrown"}, func(o custody.Overview) bool {
		return h.site.Drawn() == 0 && o.Safes[0].Phase == threelock.Ended && o.Safes[0].EndCode != ""
	})
}

func (h *held) confirmAll(ctx context.Context) error {
	for _, p := range []simsite.Person{simsite.Archivist, simsite.Office, simsite.Manager} {
		if err := h.confirmClosed(ctx, p); err != nil {
			return err
		}
	}
	return h.expect(ctx, fact.Text{ZH: "已确认关闭", EN: "closed and confirmed"}, func(o custody.Overview) bool {
		return o.Safes[0].EndCode == threelock.WhyClosed && h.site.Drawn() == 0
	})
}

// disturbance holds something up and lets it go again.
type disturbance struct {
	name      string
	hold, go_ func(*held) error
	long      time.Duration // 0: holdTime
}

func (h *held) holdUp(ctx context.Context, what disturbance) error {
	h.say(fact.Text{ZH: what.name, EN: what.name})
	if err := what.hold(h); err != nil {
		return err
	}
	long := what.long
	if long == 0 {
		long = *holdTime
	}
	if err := pause(ctx, long); err != nil {
		return err
	}
	return what.go_(h)
}

func disturbances() []disturbance {
	return []disturbance{
		{"the daemon is stopped (SIGSTOP)", func(h *held) error { return h.daemon.freeze() }, func(h *held) error { return h.daemon.thaw() }, 0},
		{"the badge line is unplugged", func(h *held) error { return h.site.Unplug("osdp-room") }, func(h *held) error { return h.site.Replug("osdp-room") }, 0},
		{"the locks lose their power", func(h *held) error { return h.site.PowerCycleLocks() }, func(*held) error { return nil }, time.Second},
		{"the daemon is killed", func(h *held) error { return h.daemon.kill() }, func(*held) error { return nil }, time.Millisecond},
	}
}

// Whatever is held up at whatever step of an opening: no bolt is drawn before three parties
// have shown themselves, every opening ends and says how, and the next one works (SAF-1, SAF-3).
func TestHeldUpInAnOpening(t *testing.T) {
	t.Parallel()
	h, ctx := newHeld(t)
	if err := h.installation(ctx); err != nil {
		t.Fatal(err)
	}
	if err := h.arriveAll(ctx); err != nil {
		t.Fatal(err)
	}
	for step := range 4 {
		for _, what := range disturbances() {
			err := h.disturb(ctx, step, what)
			if wrong := h.wrong.Load(); wrong != nil {
				t.Fatalf("%s at step %d: %s", what.name, step, *wrong)
			}
			if err != nil {
				t.Fatalf("%s at step %d: %v", what.name, step, err)
			}
			if err := h.expect(ctx, fact.Text{ZH: "全部设备在线", EN: "everything is up again"}, everythingUp); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := h.fresh(ctx); err != nil {
		t.Fatal(err)
	}
}

// A daemon that was held up for longer than the window finds the third party too late.
func TestHeldUpForLongerThanTheWindow(t *testing.T) {
	t.Parallel()
	h, ctx := newHeld(t)
	if err := h.installation(ctx); err != nil {
		t.Fatal(err)
	}
	if err := h.arriveAll(ctx); err != nil {
		t.Fatal(err)
	}
	stop := disturbances()[0]
	stop.long = 65 * time.Second
	if err := h.disturb(ctx, 2, stop); err != nil {
		t.Fatal(err)
	}
	if drawn := h.out.String(); !bytes.Contains([]byte(drawn), []byte("the three parties did not come together in time")) {
		t.Error("it did not end by its window")
	}
	if wrong := h.wrong.Load(); wrong != nil {
		t.Fatal(*wrong)
	}
	if err := h.fresh(ctx); err != nil {
		t.Fatal(err)
	}
}

// fresh is an undisturbed opening.
func (h *held) fresh(ctx context.Context) error {
	h.shown.Store(3)
	return h.opening(ctx)
}

func (h *held) arriveAll(ctx context.Context) error {
	for _, p := range []simsite.Person{simsite.Archivist, simsite.Office, simsite.Manager} {
		if err := h.enter(ctx, p); err != nil {
			return err
		}
	}
	return nil
}
