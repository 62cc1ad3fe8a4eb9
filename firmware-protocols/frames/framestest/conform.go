package framestest

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"trilock/firmware-protocols/frames"
)

// behind is how often a good frame follows the damage, so that even the longest frame
// that a damaged length can claim is there in full: what a reader sends in a second.
const behind = frames.MaxFrame

// noise is how many bytes of junk a line must survive: six seconds at 115200 baud.
const noise = 64 << 10

// Conform runs the checks on good, which must be one whole frame of the protocol.
func (p Protocol[F, T]) Conform(t *testing.T, good []byte) {
	p.One(t, good)
	t.Run("a flipped bit costs one frame", func(t *testing.T) { p.flipped(t, good) })
	t.Run("a lost byte costs one frame", func(t *testing.T) { p.lost(t, good) })
	t.Run("a frame that was cut off costs nothing else", func(t *testing.T) { p.cutOff(t, good) })
	t.Run("64 KiB without a start are dropped and counted", func(t *testing.T) { p.silent(t, good) })
	t.Run("64 KiB of starts", func(t *testing.T) { p.babble(t, good, bytes.Repeat(good[:1], noise)) })
	t.Run("64 KiB of anything", func(t *testing.T) {
		junk := make([]byte, noise)
		r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // junk, always the same
		for i := range junk {
			junk[i] = byte(r.Uint32()) //nolint:gosec // its lowest byte
		}
		p.babble(t, good, junk)
	})
	t.Run("no allocation", func(t *testing.T) {
		d := p.Decoder()
		if n := testing.AllocsPerRun(100, func() {
			d.Feed(good)
			if _, ok := d.Next(); !ok {
				t.Fatal("no frame")
			}
		}); n != 0 {
			t.Errorf("%v allocations for one frame", n)
		}
	})
}

// flipped damages one frame in every way that one bit can.
func (p Protocol[F, T]) flipped(t *testing.T, good []byte) {
	for bit := range 8 * len(good) {
		bad := bytes.Clone(good)
		bad[bit/8] ^= 1 << (bit % 8)
		p.costs(t, good, bad)
	}
}

// lost leaves out each byte of a frame.
func (p Protocol[F, T]) lost(t *testing.T, good []byte) {
	for i := range good {
		p.costs(t, good, append(bytes.Clone(good[:i]), good[i+1:]...))
	}
}

// costs checks that all frames around bad arrive.
func (p Protocol[F, T]) costs(t *testing.T, good, bad []byte) {
	t.Helper()
	n := behind/len(good) + 1
	stream := append(append(bytes.Clone(good), bad...), bytes.Repeat(good, n)...)
	if intact := p.intact(p.Collect(p.Decoder(), stream), good); intact != n+1 {
		t.Fatalf("%X among %d good frames: %d arrive", bad, n+1, intact)
	}
}

// intact counts the frames that are good.
func (p Protocol[F, T]) intact(found []F, good []byte) (n int) {
	for _, wire := range p.wires(found) {
		if bytes.Equal(wire, good) {
			n++
		}
	}
	return n
}

// cutOff stops within a frame, as a reader that is unplugged does, and begins anew.
func (p Protocol[F, T]) cutOff(t *testing.T, good []byte) {
	for i := 1; i < len(good); i++ {
		d := p.Decoder()
		found := p.Collect(d, append(bytes.Clone(good[:i]), good...))
		found = append(found, p.giveUp(d)...)
		if p.intact(found, good) != 1 || len(found) != 1 || d.Dropped() != uint64(i) { //nolint:gosec // never negative
			t.Errorf("the first %d bytes, then the frame: %d frames, %d bytes dropped", i, len(found), d.Dropped())
		}
		before := d.Dropped()
		if d.Resync(); d.Dropped() != before {
			t.Error("giving up when nothing is held is counted")
		}
	}
}

// silent sends zeros, with which no frame of any of the protocols begins.
func (p Protocol[F, T]) silent(t *testing.T, good []byte) {
	d := p.Decoder()
	if found := p.Collect(d, make([]byte, noise)); len(found) != 0 || d.Dropped() != noise || d.Pending() != 0 {
		t.Errorf("%d frames, %d bytes dropped, %d held", len(found), d.Dropped(), d.Pending())
	}
	if found := p.Collect(d, good); len(found) != 1 {
		t.Errorf("%d frames behind the zeros", len(found))
	}
}

// babble sends junk and a frame behind it. Bytes that look like a frame by chance are no
// fault; but each byte must be accounted for, and the frame must come.
func (p Protocol[F, T]) babble(t *testing.T, good, junk []byte) {
	d := p.Decoder()
	stream := append(bytes.Clone(junk), good...)
	found := p.Collect(d, stream)
	if d.Pending() >= frames.MaxFrame {
		t.Errorf("%d bytes held back", d.Pending())
	}
	found = append(found, p.giveUp(d)...)
	if len(found) == 0 || p.intact(found[len(found)-1:], good) != 1 {
		t.Errorf("%d frames, and the last is not the one behind the junk", len(found))
	}
	used := d.Dropped()
	for _, wire := range p.wires(found) {
		used += uint64(len(wire))
	}
	if used != uint64(len(stream)) {
		t.Errorf("%d of %d bytes accounted for", used, len(stream))
	}
}
