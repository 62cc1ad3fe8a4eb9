package feig

import "trilock/firmware-protocols/frames"

// Decoder finds frames in a stream of bytes, those of hosts and of readers alike, as
// package frames tells. The zero value is ready.
type Decoder = frames.Decoder[Frame, Format]

// Format is the protocol's framing. It implements frames.Format.
type Format struct{}

// Measure judges a candidate by its length alone: nearly every byte can begin a frame, so
// that only the CRC tells where one does.
func (Format) Measure(p []byte) (int, frames.Fit) {
	size := int(p[0])
	switch {
	case p[0] != advancedHead && p[0] < standardOverhead:
		return 1, frames.Not
	case p[0] != advancedHead:
	case len(p) < 3:
		return 0, frames.NeedsMore
	default:
		size = int(p[1])<<8 | int(p[2])
		if size < advancedMin || size > MaxFrame {
			return 1, frames.Not
		}
	}
	if len(p) < size {
		return 0, frames.NeedsMore
	}
	return size, frames.Whole
}

// Check reports whether the CRC holds: that over the frame and its own CRC is zero.
func (Format) Check(candidate []byte) bool { return frames.CRC16MCRF4XX(candidate) == 0 }

// View reads a checked frame.
func (Format) View(p []byte) Frame {
	if p[0] == advancedHead {
		return Frame{Advanced: true, Address: p[3], Command: Command(p[4]), Data: p[5 : len(p)-2]}
	}
	return Frame{Address: p[1], Command: Command(p[2]), Data: p[3 : len(p)-2]}
}
