// Package framestest checks that a protocol's framing keeps what package frames promises,
// and reads frames for the tests of that protocol. It owns the cases that are the same in
// every protocol: damage, noise, false starts, pieces of any length. It refuses to know
// what a frame means; that, each protocol tests itself.
package framestest

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"trilock/firmware-protocols/frames"
)

// Protocol is what the checks must know of a protocol.
type Protocol[F any, T frames.Format[F]] struct {
	// Format is what the decoders of the checks have.
	Format T
	// Append appends a frame as it goes over the wire: the inverse of Format.View.
	Append func(dst []byte, f F) []byte
}

// Unhex returns the bytes that text spells, and fails the test when it spells none.
func Unhex(t testing.TB, text string) []byte {
	t.Helper()
	p, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Decoder returns a decoder of the protocol that has seen nothing yet.
func (p Protocol[F, T]) Decoder() *frames.Decoder[F, T] {
	return &frames.Decoder[F, T]{Format: p.Format}
}

// Collect feeds stream to d and returns copies of the frames that come out.
func (p Protocol[F, T]) Collect(d *frames.Decoder[F, T], stream []byte) []F {
	return p.collect(d, stream, func(left int) int { return left })
}

// One decodes a wire that must be one frame and nothing else.
func (p Protocol[F, T]) One(t testing.TB, wire []byte) F {
	t.Helper()
	d := p.Decoder()
	found := p.Collect(d, wire)
	if len(found) != 1 || d.Dropped() != 0 || d.Pending() != 0 {
		t.Fatalf("%X: %d frames, %d bytes dropped, %d pending", wire, len(found), d.Dropped(), d.Pending())
	}
	return found[0]
}

// collect feeds stream in pieces whose lengths come from cut.
func (p Protocol[F, T]) collect(d *frames.Decoder[F, T], stream []byte, cut func(left int) int) (found []F) {
	for len(stream) > 0 {
		piece := stream[:cut(len(stream))]
		stream = stream[len(piece):]
		for len(piece) > 0 {
			piece = piece[d.Feed(piece):]
			found = append(found, p.take(d)...)
		}
	}
	return found
}

// take returns copies of the frames that d has ready.
func (p Protocol[F, T]) take(d *frames.Decoder[F, T]) (found []F) {
	for f, ok := d.Next(); ok; f, ok = d.Next() {
		found = append(found, p.Format.View(p.Append(nil, f)))
	}
	return found
}

// giveUp has d look into every candidate that it still holds, as a quiet line does, and
// returns what it finds.
func (p Protocol[F, T]) giveUp(d *frames.Decoder[F, T]) (found []F) {
	for d.Pending() > 0 {
		d.Resync()
		found = append(found, p.take(d)...)
	}
	return found
}

// wires returns the frames as they go over the wire.
func (p Protocol[F, T]) wires(found []F) (wires [][]byte) {
	for _, f := range found {
		wires = append(wires, p.Append(nil, f))
	}
	return wires
}

// Stream decodes any bytes once in one piece and once in pieces that seed cuts, checks
// that both find the same and account for every byte, and returns the frames. It is the
// body of a fuzz target.
func (p Protocol[F, T]) Stream(t *testing.T, stream []byte, seed uint64) []F {
	t.Helper()
	one, many := p.Decoder(), p.Decoder()
	found := p.Collect(one, stream)
	cut := p.collect(many, stream, func(left int) int {
		seed = seed*6364136223846793005 + 1442695040888963407
		return 1 + int(seed>>33)%left //nolint:gosec // 31 bits
	})
	wires := p.wires(found)
	if !slices.EqualFunc(wires, p.wires(cut), bytes.Equal) || one.Dropped() != many.Dropped() || one.BadChecks() != many.BadChecks() {
		t.Fatalf("in one piece %d frames, in many %d", len(found), len(cut))
	}
	used := uint64(one.Pending()) + one.Dropped() //nolint:gosec // never negative
	rest := stream
	for _, wire := range wires {
		_, behind, ok := bytes.Cut(rest, wire)
		if !ok {
			t.Fatalf("%X is not in the stream, or not there", wire)
		}
		rest = behind
		used += uint64(len(wire))
	}
	if used != uint64(len(stream)) {
		t.Fatalf("%d of %d bytes accounted for", used, len(stream))
	}
	if many.Pending() >= frames.MaxFrame {
		t.Fatalf("%d bytes held back", many.Pending())
	}
	p.giveUp(many)
	return found
}

// Lossless checks that streams of a real line, or of many, decode to frames without a byte
// that belongs to none.
func (p Protocol[F, T]) Lossless(t *testing.T, streams [][]byte) {
	t.Helper()
	for i, stream := range streams {
		d := p.Decoder()
		if found := p.Collect(d, stream); len(found) == 0 || d.Dropped() != 0 {
			t.Errorf("stream %d: %d frames, %d bytes dropped", i, len(found), d.Dropped())
		}
	}
}

// LengthCheck says what parser made of the data: err must be nil when the data has one of
// the lengths in want, and the refusal otherwise.
type LengthCheck func(parser string, err error, want ...int)

// Lengths runs parsers over zeros of every length below most.
func Lengths(t *testing.T, most int, refusal error, parse func(data []byte, check LengthCheck)) {
	t.Helper()
	for n := range most {
		parse(make([]byte, n), func(parser string, err error, want ...int) {
			t.Helper()
			if takes := slices.Contains(want, n); takes != (err == nil) || err != nil && !errors.Is(err, refusal) {
				t.Errorf("%s of %d bytes: %v", parser, n, err)
			}
		})
	}
}
