package dispatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"trilock/alerts"
	"trilock/alerts/notify"
	"trilock/alerts/notify/wall"
	"trilock/custody/journal"
)

func everything(alerts.Notice) bool { return true }

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ Outbox = (*journal.Journal)(nil)

// site is a real outbox with what the engine does around it.
type site struct {
	*journal.Journal
	t *testing.T

	mu            sync.Mutex
	delivered     []string // channel/id, as settled
	undeliverable []string
	failSettle    error // returned by settle without settling
	settles       int
}

func openSite(t *testing.T, dir string) *site {
	t.Helper()
	j, err := journal.Open(context.Background(), journal.Settings{Dir: dir, Site: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return &site{Journal: j, t: t}
}

func (s *site) close() {
	s.t.Helper()
	if err := s.Close(); err != nil {
		s.t.Error(err)
	}
}

func (s *site) post(channel string, alert alerts.ID, from, to int) {
	s.t.Helper()
	var b journal.Batch
	for n := from; n <= to; n++ {
		b.Notices = append(b.Notices, journal.Posting{Channel: channel, Notice: alerts.Notice{ID: fmt.Sprintf("%d-%d", alert, n), Alert: alert, Severity: alerts.Warning}})
	}
	if err := s.Append(context.Background(), b); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) settle(ctx context.Context, noticeID, channel string, outcome error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settles++
	if s.failSettle != nil {
		return s.failSettle
	}
	if err := s.Append(ctx, journal.Batch{Settled: []journal.Settlement{{NoticeID: noticeID, Channel: channel}}}); err != nil {
		return err
	}
	if outcome == nil {
		s.delivered = append(s.delivered, channel+"/"+noticeID)
	} else {
		s.undeliverable = append(s.undeliverable, channel+"/"+noticeID+": "+outcome.Error())
	}
	return nil
}

func (s *site) failSettling(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failSettle = err
}

func (s *site) settled() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.delivered...)
}

// left returns the notices still in the outbox, due or not.
func (s *site) left(channel string) (ids []string) {
	s.t.Helper()
	far := time.Now().Add(10 * 365 * 24 * time.Hour)
	if _, err := s.Pending(context.Background(), channel, 256, far, func(n alerts.Notice, _ int) { ids = append(ids, n.ID) }); err != nil {
		s.t.Fatal(err)
	}
	return ids
}

// script is a channel that does what the test says.
type script struct {
	mu     sync.Mutex
	answer func(n alerts.Notice, attempt int) error
	calls  []string
	at     []time.Time
}

func (c *script) Notify(_ context.Context, n alerts.Notice) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls, c.at = append(c.calls, n.ID), append(c.at, time.Now())
	if c.answer == nil {
		return nil
	}
	return c.answer(n, len(c.calls))
}

func (c *script) called() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.calls...)
}

type hang struct{}

func (hang) Notify(ctx context.Context, _ alerts.Notice) error {
	<-ctx.Done()
	return ctx.Err()
}

// start runs a dispatcher over s and returns it and its end.
func start(s *site, outbox Outbox, log io.Writer, channels map[string]notify.Notifier) (d *Dispatcher, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	d = New(Settings{Outbox: outbox, Settle: s.settle, Channels: channels, Log: slog.New(slog.NewTextHandler(log, nil))})
	ended := make(chan struct{})
	go func() { defer close(ended); d.Run(ctx) }()
	return d, func() { cancel(); <-ended }
}

// elapse lets the bubble's clock run: nobody waits for it.
func elapse(d time.Duration) { <-time.After(d) }

func same(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s:\n%s", what, diff)
	}
}

func ids(alert, from, to int) (out []string) {
	for n := from; n <= to; n++ {
		out = append(out, fmt.Sprintf("%d-%d", alert, n))
	}
	return out
}

func TestDeliversWhatWaitsAndWhatComes(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, dir)
		defer s.close()
		s.post("mail", 1, 1, 3)
		mail := &script{}
		d, stop := start(s, s, io.Discard, map[string]notify.Notifier{"mail": mail})
		defer stop()
		synctest.Wait()
		same(t, "at the start", ids(1, 1, 3), mail.called())
		s.post("mail", 1, 4, 5)
		d.Wake()
		synctest.Wait()
		same(t, "after a wake", ids(1, 1, 5), mail.called())
		s.post("mail", 1, 6, 6) // and nobody wakes
		elapse(RecheckMax)
		synctest.Wait()
		same(t, "without a wake", ids(1, 1, 6), mail.called())
		if left := s.left("mail"); left != nil || len(s.settled()) != 6 {
			t.Errorf("left %v, settled %v", left, s.settled())
		}
	})
}

// TestWaits: the waits double from RetryFirst to RetryMax, news do not shorten them, and a
// channel that works again catches up in order.
func TestWaits(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, dir)
		defer s.close()
		s.post("mail", 1, 1, 2)
		var log strings.Builder
		mail := &script{answer: func(_ alerts.Notice, attempt int) error {
			if attempt <= 10 {
				return errors.New("no route to host")
			}
			return nil
		}}
		d, stop := start(s, s, &log, map[string]notify.Notifier{"mail": mail})
		for range 2000 {
			elapse(100 * time.Millisecond)
			d.Wake()
			synctest.Wait()
		}
		stop()
		same(t, "calls", append(strings.Split(strings.Repeat("1-1 ", 10), " ")[:10], "1-1", "1-2"), mail.called())
		for i := 1; i <= 10; i++ {
			whole := min(RetryFirst<<(i-1), RetryMax)
			if got := mail.at[i].Sub(mail.at[i-1]); got < whole/2 || got > whole+100*time.Millisecond {
				t.Errorf("wait %d: %v, want %v to %v", i, got, whole/2, whole)
			}
		}
		if text := log.String(); strings.Count(text, "not delivered") != 1 || strings.Count(text, "works again") != 1 {
			t.Errorf("the log does not tell one series once:\n%s", text)
		}
	})
}

func TestReceiverAsksForTime(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{5 * time.Minute: 5 * time.Minute, 100 * time.Hour: AskedMax} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			s := openSite(t, dir)
			defer s.close()
			s.post("mail", 1, 1, 1)
			s.post("mail", 2, 1, 1)
			mail := &script{answer: func(_ alerts.Notice, attempt int) error {
				if attempt == 1 {
					return notify.Later(errors.New("busy"), asked)
				}
				return nil
			}}
			d, stop := start(s, s, io.Discard, map[string]notify.Notifier{"mail": mail})
			elapse(want / 2)
			d.Wake()
			synctest.Wait()
			same(t, "while it wants to be left alone", ids(1, 1, 1), mail.called())
			elapse(want)
			synctest.Wait()
			stop()
			// The other alert's notice was never put off: it is older in turn.
			if got := len(mail.called()); got != 3 {
				t.Fatalf("%d calls, want 3", got)
			}
			if wait := mail.at[1].Sub(mail.at[0]); wait < want || wait > want+time.Second {
				t.Errorf("wait %v, want %v", wait, want)
			}
		})
	}
}

// TestFailingChannelDelaysNoOther: one refuses, one hangs, one works.
func TestFailingChannelDelaysNoOther(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, dir)
		defer s.close()
		mail := &script{}
		channels := map[string]notify.Notifier{"mail": mail, "hang": hang{}, "fail": &script{answer: func(alerts.Notice, int) error { return errors.New("no") }}}
		d, stop := start(s, s, io.Discard, channels)
		defer stop()
		for n := range 20 {
			for name := range channels {
				s.post(name, 1, n+1, n+1)
			}
			began := time.Now()
			d.Wake()
			synctest.Wait()
			if got := len(mail.called()); got != n+1 || time.Since(began) != 0 {
				t.Fatalf("notice %d: %d calls after %v", n+1, got, time.Since(began))
			}
		}
		elapse(3 * (AttemptMax + RetryMax))
		synctest.Wait()
		same(t, "hanging", ids(1, 1, 20), s.left("hang"))
		same(t, "failing", ids(1, 1, 20), s.left("fail"))
		var attempts int
		if _, err := s.Pending(t.Context(), "hang", 1, time.Now().Add(RetryMax), func(_ alerts.Notice, a int) { attempts = a }); err != nil || attempts < 2 {
			t.Errorf("a hanging channel was ended %d times (%v)", attempts, err)
		}
	})
}

// TestOneBadNoticeHoldsUpItsAlertOnly: it waits by itself, its alert's younger ones behind it.
func TestOneBadNoticeHoldsUpItsAlertOnly(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, dir)
		defer s.close()
		s.post("mail", 1, 1, 2)
		s.post("mail", 2, 1, 5)
		mail := &script{answer: func(n alerts.Notice, _ int) error {
			if n.ID == "1-1" {
				return errors.New("500")
			}
			return nil
		}}
		_, stop := start(s, s, io.Discard, map[string]notify.Notifier{"mail": mail})
		elapse(10 * time.Minute)
		synctest.Wait()
		stop()
		same(t, "left", ids(1, 1, 2), s.left("mail"))
		if got := len(s.settled()); got != 5 {
			t.Errorf("%d settled", got)
		}
	})
}

func TestPermanentFailureIsSettledAsSuch(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, dir)
		defer s.close()
		s.post("mail", 1, 1, 3)
		s.post("fax", 9, 1, 2) // not configured
		var counted [3]atomic.Int64
		count := func(i int) func(string) { return func(string) { counted[i].Add(1) } }
		d := New(Settings{
			Outbox: s, Settle: s.settle, Log: slog.New(slog.DiscardHandler),
			Metrics: Metrics{Delivered: count(0), Failed: count(1), Undeliverable: count(2)},
			Channels: map[string]notify.Notifier{"mail": &script{answer: func(n alerts.Notice, _ int) error {
				if n.ID == "1-2" {
					return notify.Permanent(errors.New("404"))
				}
				return nil
			}}},
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); d.Run(ctx) }()
		synctest.Wait()
		cancel()
		<-ended
		same(t, "delivered", []string{"mail/1-1", "mail/1-3"}, s.settled())
		if len(s.undeliverable) != 3 || !strings.Contains(strings.Join(s.undeliverable, "\n"), "mail/1-2: 404") ||
			!strings.Contains(strings.Join(s.undeliverable, "\n"), `fax/9-2: channel "fax" is no longer configured`) {
			t.Errorf("undeliverable %q", s.undeliverable)
		}
		if left := append(s.left("mail"), s.left("fax")...); left != nil || counted[0].Load() != 2 || counted[1].Load() != 0 || counted[2].Load() != 3 {
			t.Errorf("left %v, counted %v", left, &counted)
		}
	})
}

// TestUnsettledIsNotSentAgain: while the journal cannot be written, notices that wait are still
// delivered, once each, and settled when it can.
func TestUnsettledIsNotSentAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, dir)
		defer s.close()
		s.post("mail", 1, 1, 5)
		s.failSettling(errors.New("disk full"))
		mail := &script{}
		var log strings.Builder
		_, stop := start(s, s, &log, map[string]notify.Notifier{"mail": mail})
		elapse(10 * time.Minute)
		synctest.Wait()
		same(t, "sent while nothing can be settled", ids(1, 1, 5), mail.called())
		if s.settles < 5*10 || s.settles > 5*100 {
			t.Errorf("%d tries to settle in ten minutes", s.settles)
		}
		s.failSettling(nil)
		s.post("mail", 1, 6, 6)
		elapse(RetryMax)
		synctest.Wait()
		stop()
		same(t, "sent", ids(1, 1, 6), mail.called())
		if left := s.left("mail"); left != nil || len(s.settled()) != 6 {
			t.Errorf("left %v, settled %v", left, s.settled())
		}
		if n := strings.Count(log.String(), "cannot be settled"); n != 1 {
			t.Errorf("said %d times:\n%s", n, log.String())
		}
	})
}

// TestKilledBetweenDeliveryAndSettlement: the next process delivers the same ID again.
func TestKilledBetweenDeliveryAndSettlement(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, dir)
		s.post("mail", 7, 1, 2)
		s.failSettling(errors.New("killed here"))
		before := &script{}
		_, stop := start(s, s, io.Discard, map[string]notify.Notifier{"mail": before})
		synctest.Wait()
		stop()
		s.close()

		s = openSite(t, dir)
		defer s.close()
		after := &script{}
		_, stop = start(s, s, io.Discard, map[string]notify.Notifier{"mail": after})
		synctest.Wait()
		stop()
		same(t, "first process", ids(7, 1, 2), before.called())
		same(t, "second process", ids(7, 1, 2), after.called())
		if left := s.left("mail"); left != nil {
			t.Errorf("left %v", left)
		}
	})
}

// TestStoppingSettlesWhatWasDelivered: the stop comes while a delivery succeeds.
func TestStoppingSettlesWhatWasDelivered(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, dir)
		defer s.close()
		s.post("mail", 1, 1, 3)
		ctx, cancel := context.WithCancel(t.Context())
		mail := &script{answer: func(alerts.Notice, int) error { cancel(); return nil }}
		New(Settings{Outbox: s, Settle: s.settle, Channels: map[string]notify.Notifier{"mail": mail}, Log: slog.New(slog.DiscardHandler)}).Run(ctx)
		same(t, "settled", []string{"mail/1-1"}, s.settled())
		same(t, "left", ids(1, 2, 3), s.left("mail"))
	})
}

// TestStoppingIsNoFailure: a delivery that the stop broke off is not counted against the channel.
func TestStoppingIsNoFailure(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, dir)
		defer s.close()
		s.post("hang", 1, 1, 1)
		var log strings.Builder
		_, stop := start(s, s, &log, map[string]notify.Notifier{"hang": hang{}})
		synctest.Wait()
		stop()
		if log.Len() > 0 {
			t.Errorf("logged: %s", log.String())
		}
		_, err := s.Pending(t.Context(), "hang", 1, time.Now(), func(n alerts.Notice, attempts int) {
			if attempts != 0 {
				t.Errorf("%d attempts", attempts)
			}
		})
		if left := s.left("hang"); err != nil || len(left) != 1 {
			t.Errorf("left %v, %v", left, err)
		}
	})
}

// TestScreenIsSwitchedOn: what nobody was there to see is shown at once when a page opens.
func TestScreenIsSwitchedOn(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, dir)
		defer s.close()
		s.post("console", 1, 1, 3)
		s.post("console", 2, 1, 3)
		var d *Dispatcher
		hub := wall.NewHub(func() { d.Retry("console") })
		d, stop := start(s, s, io.Discard, map[string]notify.Notifier{"console": hub})
		defer stop()
		elapse(10 * time.Minute) // the night
		synctest.Wait()
		began := time.Now()
		notices, leave, err := hub.Subscribe(t.Context(), everything)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for range 6 {
			n := <-notices
			got = append(got, n.ID)
		}
		synctest.Wait()
		if time.Since(began) != 0 || len(s.left("console")) != 0 {
			t.Errorf("got %v after %v, left %v", got, time.Since(began), s.left("console"))
		}
		leave()
		d.Retry("no such channel")
	})
}

// brokenOutbox fails as a disk does.
type brokenOutbox struct {
	*site
	mu                        sync.Mutex
	channels, pending, putOff error
}

func (b *brokenOutbox) Channels(ctx context.Context) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.channels != nil {
		return nil, b.channels
	}
	return b.site.Channels(ctx)
}

func (b *brokenOutbox) Pending(ctx context.Context, channel string, limit int, now time.Time, visit func(alerts.Notice, int)) (time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pending != nil {
		return time.Time{}, b.pending
	}
	return b.site.Pending(ctx, channel, limit, now, visit)
}

func (b *brokenOutbox) Postpone(ctx context.Context, id, channel string, attempts int, next time.Time, reason string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.putOff != nil {
		return b.putOff
	}
	return b.site.Postpone(ctx, id, channel, attempts, next, reason)
}

func (b *brokenOutbox) set(channels, pending, putOff error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.channels, b.pending, b.putOff = channels, pending, putOff
}

// TestBrokenOutbox: it recovers alone, and a failed Postpone makes no storm.
func TestBrokenOutbox(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, dir)
		defer s.close()
		s.post("mail", 1, 1, 2)
		s.post("fax", 1, 1, 1)
		io1 := errors.New("input/output error")
		out := &brokenOutbox{site: s}
		out.set(io1, io1, io1)
		works := false
		mail := &script{answer: func(alerts.Notice, int) error {
			if works {
				return nil
			}
			return errors.New("no")
		}}
		_, stop := start(s, out, io.Discard, map[string]notify.Notifier{"mail": mail})
		elapse(time.Hour)
		synctest.Wait()
		if got := mail.called(); got != nil {
			t.Errorf("called %v", got)
		}
		out.set(nil, nil, io1)
		elapse(10 * time.Minute)
		synctest.Wait()
		if got := len(mail.called()); got < 15 || got > 60 {
			t.Errorf("%d attempts in ten minutes while nothing can be put off", got)
		}
		out.set(nil, nil, nil)
		mail.mu.Lock()
		works = true
		mail.mu.Unlock()
		elapse(2 * RetryMax)
		synctest.Wait()
		stop()
		if left := append(s.left("mail"), s.left("fax")...); left != nil {
			t.Errorf("left %v", left)
		}
	})
}

func TestBackOff(t *testing.T) {
	for failures := range 2000 {
		whole := RetryMax
		if failures <= 5 {
			whole = min(RetryFirst<<max(0, failures-1), RetryMax)
		}
		if d := backOff(failures); d < whole/2 || d > whole {
			t.Fatalf("after %d failures %v, want %v to %v", failures, d, whole/2, whole)
		}
	}
}
