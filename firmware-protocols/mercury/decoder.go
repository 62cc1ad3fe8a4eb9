package mercury

import "trilock/firmware-protocols/frames"

// Decoder finds frames in a stream of bytes, as package frames tells. The zero value is
// ready and reads what a reader says.
type Decoder = frames.Decoder[Frame, Format]

// Format is the protocol's framing. It implements frames.Format.
type Format struct {
	// Requests says that the stream is the host's and not the reader's: an answer has a
	// status, and nothing in a frame tells which of the two it is.
	Requests bool
}

// Measure judges a candidate by its head and its length.
func (t Format) Measure(p []byte) (int, frames.Fit) {
	switch {
	case p[0] != head:
		return frames.Skip(p, head), frames.Not
	case len(p) < 2:
		return 0, frames.NeedsMore
	case p[1] > MaxData: // padding before a frame, too: FF FF
		return 1, frames.Not
	}
	size := t.header() + int(p[1]) + crcLen
	if len(p) < size {
		return 0, frames.NeedsMore
	}
	return size, frames.Whole
}

// Check reports whether the CRC, which is not over the head, holds.
func (Format) Check(p []byte) bool {
	end := len(p) - crcLen
	return crc16(p[1:end]) == uint16(p[end])<<8|uint16(p[end+1])
}

// View reads a checked frame.
func (t Format) View(p []byte) Frame {
	f := Frame{Opcode: Opcode(p[2]), Request: t.Requests, Data: p[t.header() : len(p)-crcLen]}
	if !t.Requests {
		f.Status = Status(p[3])<<8 | Status(p[4])
	}
	return f
}

// header returns how many bytes stand before the data.
func (t Format) header() int {
	if t.Requests {
		return headerRequest
	}
	return headerAnswer
}
