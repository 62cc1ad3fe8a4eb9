package frames_test

import (
	"bytes"
	"testing"

	"trilock/firmware-protocols/frames"
	"trilock/firmware-protocols/frames/framestest"
)

// plain is a made-up protocol: 55, the length of the text, the text, and what makes the
// sum of all that zero.
type plain struct{}

func (plain) Measure(p []byte) (int, frames.Fit) {
	switch {
	case p[0] != 0x55:
		return frames.Skip(p, 0x55), frames.Not
	case len(p) < 2, len(p) < 3+int(p[1]):
		return 0, frames.NeedsMore
	}
	return 3 + int(p[1]), frames.Whole
}

func (plain) Check(p []byte) bool { return sum(p) == 0 }

func (plain) View(p []byte) []byte { return p[2 : len(p)-1] }

func sum(p []byte) (s byte) {
	for _, b := range p {
		s += b
	}
	return s
}

func appendPlain(dst, text []byte) []byte {
	start := len(dst)
	dst = append(append(dst, 0x55, byte(len(text))), text...) //nolint:gosec // short
	return append(dst, -sum(dst[start:]))
}

func protocol() framestest.Protocol[[]byte, plain] {
	return framestest.Protocol[[]byte, plain]{Append: appendPlain}
}

func FuzzDecoder(f *testing.F) {
	f.Add(appendPlain(appendPlain([]byte{0x55, 0x55}, []byte("one")), []byte("two")), uint64(1))
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) { protocol().Stream(t, stream, seed) })
}

func TestEverySplitFindsTheSame(t *testing.T) {
	stream := appendPlain(append(appendPlain([]byte{1, 2}, []byte("one")), 0x55, 1, 9, 9), []byte("two"))
	for at := range stream {
		d := protocol().Decoder()
		found := append(protocol().Collect(d, stream[:at]), protocol().Collect(d, stream[at:])...)
		if len(found) != 2 || string(found[0]) != "one" || string(found[1]) != "two" || d.Dropped() != 6 || d.BadChecks() != 1 {
			t.Errorf("cut at %d: %q, %d dropped, %d bad checks", at, found, d.Dropped(), d.BadChecks())
		}
	}
}

// TestFeedTakesWhatThereIsRoomFor: more than the buffer holds is taken bit by bit.
func TestFeedTakesWhatThereIsRoomFor(t *testing.T) {
	wire := appendPlain(nil, []byte("a text"))
	d := protocol().Decoder()
	if found := protocol().Collect(d, bytes.Repeat(wire, 10_000)); len(found) != 10_000 || d.Dropped() != 0 {
		t.Errorf("%d frames, %d dropped", len(found), d.Dropped())
	}
}

func TestSkip(t *testing.T) {
	for _, v := range []struct {
		p    string
		want int
	}{{"", 0}, {"U", 0}, {"abU", 2}, {"abc", 3}} {
		if got := frames.Skip([]byte(v.p), 'U'); got != v.want {
			t.Errorf("%q: %d, want %d", v.p, got, v.want)
		}
	}
}

// endless is a format that breaks the rule of MaxFrame.
type endless struct{ plain }

func (endless) Measure([]byte) (int, frames.Fit) { return 0, frames.NeedsMore }

// TestAFormatThatWaitsForEverIsOverruled: the decoder goes on taking bytes.
func TestAFormatThatWaitsForEverIsOverruled(t *testing.T) {
	p := framestest.Protocol[[]byte, endless]{Append: appendPlain}
	d := p.Decoder()
	const n = 10 * frames.MaxFrame
	if p.Collect(d, make([]byte, n)); d.Pending() >= frames.MaxFrame || int(d.Dropped())+d.Pending() != n { //nolint:gosec // small
		t.Errorf("%d held, %d dropped", d.Pending(), d.Dropped())
	}
}

func TestFraming(t *testing.T) {
	protocol().Conform(t, appendPlain(nil, []byte("of any length")))
}
