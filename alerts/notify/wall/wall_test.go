package wall_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"trilock/alerts"
	"trilock/alerts/notify"
	"trilock/alerts/notify/wall"
)

func everything(alerts.Notice) bool { return true }

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ notify.Notifier = (*wall.Hub)(nil)

func notice(n int) alerts.Notice { return alerts.Notice{ID: fmt.Sprintf("1-%d", n), Alert: 1} }

func TestNobodyIsTemporary(t *testing.T) {
	h := wall.NewHub(nil)
	err := h.Notify(context.Background(), notice(1))
	if !errors.Is(err, wall.ErrNobody) || notify.IsPermanent(err) {
		t.Error(err)
	}
}

func TestEveryPageHearsInOrder(t *testing.T) {
	connected := 0
	h := wall.NewHub(func() { connected++ })
	a, leaveA, err := h.Subscribe(t.Context(), everything)
	if err != nil {
		t.Fatal(err)
	}
	b, leaveB, err := h.Subscribe(t.Context(), everything)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10 {
		if err := h.Notify(t.Context(), notice(n)); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 10 {
		if got := <-a; got.ID != notice(n).ID {
			t.Errorf("a: %s", got.ID)
		}
		if got := <-b; got.ID != notice(n).ID {
			t.Errorf("b: %s", got.ID)
		}
	}
	leaveA()
	leaveA()
	if _, open := <-a; open || h.Pages() != 1 || connected != 2 {
		t.Errorf("after leaving: %d pages, %d connected", h.Pages(), connected)
	}
	leaveB()
	if err := h.Notify(t.Context(), notice(11)); !errors.Is(err, wall.ErrNobody) {
		t.Error(err)
	}
}

func TestSlowPageIsDroppedAlone(t *testing.T) {
	h := wall.NewHub(nil)
	slow, leaveSlow, err := h.Subscribe(t.Context(), everything)
	if err != nil {
		t.Fatal(err)
	}
	defer leaveSlow()
	quick, leaveQuick, err := h.Subscribe(t.Context(), everything)
	if err != nil {
		t.Fatal(err)
	}
	defer leaveQuick()
	for n := range wall.PageBuffer + 5 {
		if err := h.Notify(t.Context(), notice(n)); err != nil {
			t.Fatal(err)
		}
		if got := <-quick; got.ID != notice(n).ID {
			t.Fatalf("quick: %s", got.ID)
		}
	}
	count := 0
	for range slow { // ends because it was closed
		count++
	}
	if count != wall.PageBuffer || h.Pages() != 1 {
		t.Errorf("slow page got %d, %d pages are left", count, h.Pages())
	}
}

func TestOnlyASlowPageIsNobody(t *testing.T) {
	h := wall.NewHub(nil)
	if _, _, err := h.Subscribe(t.Context(), everything); err != nil {
		t.Fatal(err)
	}
	for n := range wall.PageBuffer {
		if err := h.Notify(t.Context(), notice(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Notify(t.Context(), notice(0)); !errors.Is(err, wall.ErrNobody) || h.Pages() != 0 {
		t.Errorf("%v, %d pages", err, h.Pages())
	}
}

func TestPageLeavesWithItsContext(t *testing.T) {
	h := wall.NewHub(nil)
	ctx, cancel := context.WithCancel(context.Background())
	notices, _, err := h.Subscribe(ctx, everything)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, open := <-notices; open {
		t.Error("a notice from nowhere")
	}
}

func TestTooManyPages(t *testing.T) {
	h := wall.NewHub(nil)
	for range wall.MaxPages {
		if _, _, err := h.Subscribe(t.Context(), everything); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := h.Subscribe(t.Context(), everything); err == nil {
		t.Error("one page too many was let in")
	}
}

// TestComingAndGoing is for the race detector: pages leave while notices are sent.
func TestComingAndGoing(t *testing.T) {
	h := wall.NewHub(nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				notices, leave, err := h.Subscribe(context.Background(), everything)
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case <-notices:
				default:
				}
				leave()
			}
		})
	}
	all.Go(func() {
		for n := range 2000 {
			if err := h.Notify(context.Background(), notice(n)); err != nil && !errors.Is(err, wall.ErrNobody) {
				t.Error(err)
			}
		}
	})
	all.Wait()
	if h.Pages() != 0 {
		t.Error("pages are left")
	}
}
