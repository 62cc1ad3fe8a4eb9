// Package wall is the console channel: it owns the list of console pages that are open right now
// and hands each notice to all of them.
//
// It refuses to promise more than it can: a notice counts as delivered when at least one page
// that is connected has it in its buffer; with no page open the notice stays in the outbox. A
// page that does not keep up is dropped, so that one stalled screen cannot hold up the
// others; its browser connects again and reads the state of the alerts from the start.
package wall

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"trilock/alerts"
)

// Limits of the wall, each with its reason.
const (
	// MaxPages bounds the open pages: a site has a handful of screens; more are a browser
	// that reconnects without closing, or somebody who tries what happens.
	MaxPages = 64
	// PageBuffer is how many notices a page can fall behind: more than the dispatcher delivers
	// while a browser draws one frame.
	PageBuffer = 256
)

// ErrNobody says that no console page is open that could take a notice. It is temporary.
var ErrNobody = errors.New("wall: no console page is open; open the console on a screen of the duty room")

// Hub is the console channel. It is a notify.Notifier.
type Hub struct {
	connected func()

	mu    sync.Mutex
	pages map[*page]struct{}
}

type page struct {
	notices chan alerts.Notice
	wants   func(alerts.Notice) bool
}

// NewHub returns a hub without pages. After each Subscribe it calls connected (nil is allowed),
// so that the dispatcher can try at once what nobody was there to see.
func NewHub(connected func()) *Hub {
	return &Hub{connected: connected, pages: map[*page]struct{}{}}
}

// Subscribe adds a page. The channel carries every notice from now on that the page wants and
// may see, and is closed when the
// page is dropped: because ctx ended, leave was called, or it did not keep up. It fails
// when MaxPages are open.
func (h *Hub) Subscribe(ctx context.Context, wants func(alerts.Notice) bool) (notices <-chan alerts.Notice, leave func(), err error) {
	p := &page{notices: make(chan alerts.Notice, PageBuffer), wants: wants}
	h.mu.Lock()
	if len(h.pages) >= MaxPages {
		h.mu.Unlock()
		return nil, nil, fmt.Errorf("wall: %d console pages are open already; close one", MaxPages)
	}
	h.pages[p] = struct{}{}
	h.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { h.drop(p) })
	if h.connected != nil {
		h.connected()
	}
	return p.notices, func() { stop(); h.drop(p) }, nil
}

// Pages returns how many pages are open.
func (h *Hub) Pages() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.pages)
}

// Notify puts the notice into the buffer of every page that wants it. It returns nil when at least one took it, and
// ErrNobody when none did. It never waits.
func (h *Hub) Notify(_ context.Context, n alerts.Notice) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	taken := false
	for p := range h.pages {
		if !p.wants(n) {
			continue
		}
		select {
		case p.notices <- n:
			taken = true
		default:
			h.dropLocked(p)
		}
	}
	if !taken {
		return ErrNobody
	}
	return nil
}

func (h *Hub) drop(p *page) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dropLocked(p)
}

// dropLocked closes a page once. Notify sends under the same lock, so never to a closed channel.
func (h *Hub) dropLocked(p *page) {
	if _, open := h.pages[p]; open {
		delete(h.pages, p)
		close(p.notices)
	}
}
