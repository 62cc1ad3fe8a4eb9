package console

import (
	"container/list"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// throttle slows down whoever fails to sign in. It counts by network address and over all
// addresses; sessions that stand are never slowed, so that a noisy neighbour cannot turn
// the wall dark.
type throttle struct {
	mu    sync.Mutex
	all   *rate.Limiter
	each  map[netip.Prefix]*list.Element
	order *list.List // of *failing; the one heard of last in front
}

type failing struct {
	address netip.Prefix
	limiter *rate.Limiter
}

func newThrottle() *throttle {
	return &throttle{all: rate.NewLimiter(rate.Every(signInEvery/anyAddressFactor), signInBurst*anyAddressFactor),
		each: map[netip.Prefix]*list.Element{}, order: list.New()}
}

// blocked reports whether an address has failed too often just now, and when to try again.
func (t *throttle) blocked(remote string, now time.Time) (time.Duration, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all.TokensAt(now) < 1 {
		return signInEvery, true
	}
	if e, known := t.each[addressOf(remote)]; known && e.Value.(*failing).limiter.TokensAt(now) < 1 {
		return signInEvery, true
	}
	return 0, false
}

// failed counts one failure of an address.
func (t *throttle) failed(remote string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all.AllowN(now, 1)
	address := addressOf(remote)
	e, known := t.each[address]
	if !known {
		if t.order.Len() >= maxAddresses {
			oldest := t.order.Back()
			delete(t.each, oldest.Value.(*failing).address)
			t.order.Remove(oldest)
		}
		e = t.order.PushFront(&failing{address: address, limiter: rate.NewLimiter(rate.Every(signInEvery), signInBurst)})
		t.each[address] = e
	}
	t.order.MoveToFront(e)
	e.Value.(*failing).limiter.AllowN(now, 1)
}

// addressOf returns what one party can be held to: an IPv4 address, or an IPv6 network of
// which a single host commands every address. What cannot be read counts as one address.
func addressOf(remote string) netip.Prefix {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	ip = ip.Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}
