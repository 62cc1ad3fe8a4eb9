package uhfreader

import "trilock/firmware-protocols/frames"

// Decoder finds frames in a stream of bytes, as package frames tells. The zero value is
// ready. Within a frame a reader pauses for at most 15 ms; a longer pause is a reason to
// call Resync.
type Decoder = frames.Decoder[Frame, Format]

// Format is the protocol's framing. It implements frames.Format.
type Format struct{}

// Measure judges a candidate by its length alone: any byte from 04 up may begin a frame.
func (Format) Measure(p []byte) (int, frames.Fit) {
	if p[0] < lenMin {
		return 1, frames.Not
	}
	size := 1 + int(p[0])
	if len(p) < size {
		return 0, frames.NeedsMore
	}
	return size, frames.Whole
}

// Check reports whether the CRC holds: that over the frame and its own CRC is zero.
func (Format) Check(candidate []byte) bool { return frames.CRC16MCRF4XX(candidate) == 0 }

// View reads a checked frame.
func (Format) View(p []byte) Frame {
	return Frame{Address: p[1], Command: Command(p[2]), Data: p[3 : len(p)-2]}
}
