package r2000

import "trilock/firmware-protocols/frames"

// Decoder finds frames in a stream of bytes, as package frames tells. The zero value is
// ready.
type Decoder = frames.Decoder[Frame, Format]

// Format is the protocol's framing. It implements frames.Format.
type Format struct{}

// Measure judges a candidate by its head and its length.
func (Format) Measure(p []byte) (int, frames.Fit) {
	switch {
	case p[0] != head:
		return frames.Skip(p, head), frames.Not
	case len(p) < 2:
		return 0, frames.NeedsMore
	case p[1] < lenMin:
		return 1, frames.Not
	}
	size := 2 + int(p[1])
	if len(p) < size {
		return 0, frames.NeedsMore
	}
	return size, frames.Whole
}

// Check reports whether the sum of the whole frame is zero.
func (Format) Check(candidate []byte) bool { return sum(candidate) == 0 }

// View reads a checked frame.
func (Format) View(p []byte) Frame {
	return Frame{Address: p[2], Command: Command(p[3]), Data: p[4 : len(p)-1]}
}
