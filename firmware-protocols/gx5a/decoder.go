package gx5a

import "trilock/firmware-protocols/frames"

// Decoder finds frames in a stream of bytes, as package frames tells. The zero value is
// ready.
type Decoder = frames.Decoder[Frame, Format]

// Format is the protocol's framing. It implements frames.Format.
type Format struct{}

// Measure judges a candidate as early as its bytes allow: the head byte 5A occurs in
// data, and then a length of up to MaxData would be waited for.
func (Format) Measure(p []byte) (int, frames.Fit) {
	switch {
	case p[0] != head:
		return frames.Skip(p, head), frames.Not
	case len(p) > 1 && p[1] != 0x00, len(p) > 2 && p[2] != wireVersion:
		return 1, frames.Not
	case len(p) < 4:
		return 0, frames.NeedsMore
	}
	if category := p[3] & 0x0F; category < categoryMin || category > categoryMax {
		return 1, frames.Not
	}
	body := headerLen(p[3])
	if len(p) < body {
		return 0, frames.NeedsMore
	}
	n := int(p[body-2])<<8 | int(p[body-1])
	if n > MaxData {
		return 1, frames.Not
	}
	size := body + n + 2
	if len(p) < size {
		return 0, frames.NeedsMore
	}
	return size, frames.Whole
}

// Check reports whether the CRC holds: that over the data and its own CRC is zero.
func (Format) Check(candidate []byte) bool { return crc16(candidate[1:]) == 0 }

// View reads a checked frame.
func (Format) View(p []byte) Frame {
	body := headerLen(p[3])
	f := Frame{PCW: uint32(p[1])<<24 | uint32(p[2])<<16 | uint32(p[3])<<8 | uint32(p[4])}
	if f.RS485() {
		f.Address = p[5]
	}
	f.Data = p[body : len(p)-2]
	return f
}
