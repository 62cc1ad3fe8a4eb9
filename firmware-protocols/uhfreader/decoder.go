package uhfreader

// Decoder finds frames in a stream of bytes. The zero value is ready. Its memory is
// fixed. Use it as
//
//	for len(p) > 0 {
//		p = p[d.Feed(p):]
//		for f, ok := d.Next(); ok; f, ok = d.Next() { ... }
//	}
//
// Any byte from 04 up may begin a frame. After anything that is not one the decoder goes
// on one byte further: a damaged frame therefore never costs the frame behind it. How the
// bytes are cut into pieces makes no difference to the frames that come out.
type Decoder struct {
	buf       [bufferSize]byte
	r, w      int
	dropped   uint64
	badChecks uint64
}

// Feed takes bytes off the front of p, as many as there is room for, and returns how
// many it took: at least one when Next has reported that no frame is left.
func (d *Decoder) Feed(p []byte) int {
	if d.w+len(p) > len(d.buf) {
		d.w = copy(d.buf[:], d.buf[d.r:d.w])
		d.r = 0
	}
	n := copy(d.buf[d.w:], p)
	d.w += n
	return n
}

// Next returns the next complete frame, or false when more bytes are needed. The
// frame's data is valid until the next call of Feed, Next or Resync.
func (d *Decoder) Next() (Frame, bool) {
	for d.r < d.w {
		candidate := d.buf[d.r:d.w]
		if candidate[0] < lenMin {
			d.drop(1)
			continue
		}
		size := 1 + int(candidate[0])
		if len(candidate) < size {
			return Frame{}, false
		}
		frame := candidate[:size]
		if crc16(frame) != 0 {
			d.badChecks++
			d.drop(1)
			continue
		}
		d.r += size
		return Frame{Address: frame[1], Command: Command(frame[2]), Data: frame[3 : size-2]}, true
	}
	return Frame{}, false
}

// Resync gives up the incomplete frame at the front: the line has been quiet for longer
// than any reader pauses within a frame (15 ms), so the rest of it will not come. The
// search goes on one byte further at the next call of Next.
func (d *Decoder) Resync() {
	if d.w > d.r {
		d.drop(1)
	}
}

// Pending returns how many bytes wait for the rest of their frame.
func (d *Decoder) Pending() int { return d.w - d.r }

// Dropped returns how many bytes were not part of any valid frame.
func (d *Decoder) Dropped() uint64 { return d.dropped }

// BadChecks returns how many complete frame candidates failed their CRC.
func (d *Decoder) BadChecks() uint64 { return d.badChecks }

func (d *Decoder) drop(n int) {
	d.r += n
	d.dropped += uint64(n) //nolint:gosec // n is never negative
	if d.r == d.w {
		d.r, d.w = 0, 0
	}
}
