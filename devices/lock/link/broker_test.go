package link_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"trilock/devices/devicetest/brokertest"
	"trilock/devices/lock/link"
)

const (
	daemon = "trilockd"
	lockA  = "lock-a"
	events = "trilock/lock/lock-a/evt"
	online = "trilock/lock/lock-a/online"
)

func onEachBroker(t *testing.T, test func(*testing.T, *brokertest.Site)) {
	t.Helper()
	brokertest.OnEach(t, func(t *testing.T, courier brokertest.Courier) {
		test(t, brokertest.New(t, brokertest.Settings{Courier: courier, Clients: []string{daemon, lockA}, Locks: []string{lockA}, Daemon: daemon}))
	})
}

// lock is a client that says whatever a test wants as lock-a.
func lock(t *testing.T, s *brokertest.Site) mqtt.Client {
	t.Helper()
	o := mqtt.NewClientOptions().AddBroker(s.URL).SetClientID(lockA).SetTLSConfig(s.TLS(lockA).Clone())
	c := mqtt.NewClient(o.SetAutoReconnect(false).SetConnectRetry(false).SetProtocolVersion(4).SetCleanSession(true))
	settle(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(100) })
	return c
}

func settle(t *testing.T, token mqtt.Token) {
	t.Helper()
	if !token.WaitTimeout(brokertest.Patience) || token.Error() != nil {
		t.Fatalf("the broker says %v", token.Error())
	}
}

func newLink(s *brokertest.Site, keep bool) *link.Link {
	return link.New(link.Settings{BrokerURL: s.URL, Name: "the broker", TLS: s.TLS(daemon), ClientID: daemon,
		Topics: []string{events, online}, Keep: keep, Log: brokertest.Log()})
}

// diary is a driver that keeps what it is told.
type diary struct {
	t     *testing.T
	begun chan struct{}
	took  chan string
	lost  chan struct{}
	// refuse is asked before anything is taken.
	refuse func(payload string) error
}

func newDiary(t *testing.T) *diary {
	return &diary{t: t, begun: make(chan struct{}, 100), took: make(chan string, 100), lost: make(chan struct{}, 1000), refuse: func(string) error { return nil }}
}

func (d *diary) driver() link.Driver {
	return link.Driver{
		Begin: func(time.Time) { d.begun <- struct{}{} },
		Take: func(_ context.Context, _ link.Wire, m link.Message) error {
			if err := d.refuse(string(m.Payload)); err != nil {
				return err
			}
			d.took <- string(m.Payload)
			return nil
		},
		Look: func(context.Context, link.Wire, time.Time) error { return nil },
		Lost: func(context.Context, error) error { d.lost <- struct{}{}; return nil },
	}
}

func wait[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	timer := time.NewTimer(brokertest.Patience)
	defer timer.Stop()
	select {
	case got := <-from:
		return got
	case <-timer.C:
		t.Fatal("waited in vain for " + what)
		panic("unreachable")
	}
}

// hears expects these payloads in any order, for a broker that delivers again may do so
// behind younger messages, and no other between them.
func (d *diary) hears(payloads ...string) {
	d.t.Helper()
	payloads = slices.Clone(payloads)
	for len(payloads) > 0 {
		got := wait(d.t, strings.Join(payloads, ", "), d.took)
		i := slices.Index(payloads, got)
		if i < 0 {
			d.t.Fatalf("took %q, want one of %q", got, payloads)
		}
		payloads = slices.Delete(payloads, i, i+1)
	}
}

// What the driver could not take, a kept session delivers again; what it took, never.
func TestWhatWasNotTakenComesAgain(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *brokertest.Site) {
		d, refusals := newDiary(t), 0
		d.refuse = func(payload string) error {
			if payload == "second" && refusals == 0 {
				refusals++
				return errors.New("the sink refuses")
			}
			return nil
		}
		l := newLink(s, true)
		s.Run(func(ctx context.Context) error { return l.Run(ctx, d.driver()) })
		wait(t, "the connection", d.begun)
		says := lock(t, s)
		for _, payload := range []string{"first", "second", "third"} {
			settle(t, says.Publish(events, 1, false, payload))
		}
		d.hears("first")
		wait(t, "the loss of the connection", d.lost)
		wait(t, "the next connection", d.begun)
		d.hears("second", "third")
		settle(t, says.Publish(events, 1, false, "fourth"))
		d.hears("fourth")
	})
}

// What is said while nobody listens, a kept session keeps, and a clean one does not.
func TestWhatWasSaidMeanwhile(t *testing.T) {
	for name, want := range map[string][]string{"kept": {"meanwhile", "now"}, "clean": {"now"}} {
		t.Run(name, func(t *testing.T) {
			onEachBroker(t, func(t *testing.T, s *brokertest.Site) {
				d, l := newDiary(t), newLink(s, name == "kept")
				stop := s.Run(func(ctx context.Context) error { return l.Run(ctx, d.driver()) })
				wait(t, "the connection", d.begun)
				stop()
				says := lock(t, s)
				settle(t, says.Publish(events, 1, false, "meanwhile"))
				s.Run(func(ctx context.Context) error { return l.Run(ctx, d.driver()) })
				wait(t, "the next connection", d.begun)
				settle(t, says.Publish(events, 1, false, "now"))
				d.hears(want...)
			})
		})
	}
}

// What is retained is said again to whoever asks, and a broker that restarts is found again.
func TestAskAndBrokerRestart(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *brokertest.Site) {
		settle(t, lock(t, s).Publish(online, 1, true, "1"))
		d, ask := newDiary(t), atomic.Bool{}
		driver := d.driver()
		driver.Look = func(_ context.Context, w link.Wire, _ time.Time) error {
			if ask.Load() {
				w.Ask(online)
			}
			return nil
		}
		l := newLink(s, false)
		ask.Store(true)
		s.Run(func(ctx context.Context) error { return l.Run(ctx, driver) })
		wait(t, "the connection", d.begun)
		d.hears("1", "1", "1")
		ask.Store(false)
		s.Restart(func() { wait(t, "the loss of the broker", d.lost) })
		wait(t, "the next connection", d.begun)
		settle(t, lock(t, s).Publish(events, 1, false, "again"))
		for wait(t, "what was said after it", d.took) != "again" {
		}
	})
}
