package devicetest

import (
	"math/rand/v2"
	"sync"
	"time"

	"trilock/devices"
)

// Noise is a Line with a bad wire: it flips bits and loses bytes, in both directions, at
// random but the same for the same seed. Give it to the peer in place of the Line.
type Noise struct {
	link devices.Link

	mu            sync.Mutex
	random        *rand.Rand
	flipped, lost float64
}

// NewNoise wraps the far end of a line. The wire is good until Set is called.
func NewNoise(link devices.Link, seed uint64) *Noise {
	return &Noise{link: link, random: rand.New(rand.NewPCG(seed, 0))} //nolint:gosec // noise, not secrets
}

// Set makes the wire bad: of each byte one bit is flipped, or the byte is lost, with these
// probabilities. Zeros make it good again.
func (n *Noise) Set(flipped, lost float64) {
	n.mu.Lock()
	n.flipped, n.lost = flipped, lost
	n.mu.Unlock()
}

// spoil returns what is left of p, in its own memory.
func (n *Noise) spoil(p []byte) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	left := make([]byte, 0, len(p))
	for _, b := range p {
		if n.random.Float64() < n.lost {
			continue
		}
		if n.random.Float64() < n.flipped {
			b ^= 1 << n.random.IntN(8)
		}
		left = append(left, b)
	}
	return left
}

// Read reads what is left of what the daemon wrote.
func (n *Noise) Read(p []byte) (int, error) {
	for {
		got, err := n.link.Read(p)
		left := copy(p, n.spoil(p[:got]))
		if left > 0 || err != nil || got == 0 {
			return left, err
		}
	}
}

// Write sends what is left of p to the daemon.
func (n *Noise) Write(p []byte) (int, error) {
	if left := n.spoil(p); len(left) > 0 {
		if _, err := n.link.Write(left); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// SetReadDeadline sets the deadline of the present and of later reads.
func (n *Noise) SetReadDeadline(t time.Time) error { return n.link.SetReadDeadline(t) }

// Close closes the line.
func (n *Noise) Close() error { return n.link.Close() }
