package feig

// Decoder finds frames in a stream of bytes, those of hosts and of readers alike. The
// zero value is ready. Its memory is fixed. Use it as
//
//	for len(p) > 0 {
//		p = p[d.Feed(p):]
//		for f, ok := d.Next(); ok; f, ok = d.Next() { ... }
//	}
//
// Nearly every byte can begin a frame, so that only the CRC tells where one does. After
// anything that is not a frame the decoder goes on one byte further: a damaged frame
// therefore never costs the frame behind it. How the bytes are cut into pieces makes no
// difference to the frames that come out.
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
	for d.w > d.r {
		candidate := d.buf[d.r:d.w]
		size, fit := measure(candidate)
		if fit == fitNeedsMore {
			return Frame{}, false
		}
		if fit == fitNot {
			d.drop(1)
			continue
		}
		frame := candidate[:size]
		if crc16(frame) != 0 {
			d.badChecks++
			d.drop(1)
			continue
		}
		d.r += size
		return view(frame), true
	}
	d.r, d.w = 0, 0
	return Frame{}, false
}

// fit says what the bytes seen so far can be.
type fit uint8

const (
	fitNot       fit = iota // not a frame, whatever follows
	fitNeedsMore            // perhaps a frame
	fitWhole                // all bytes of a candidate are there
)

// measure judges a candidate of at least one byte, and returns its whole length once that
// is known.
func measure(p []byte) (int, fit) {
	size := int(p[0])
	switch {
	case p[0] != advancedHead && p[0] < standardOverhead:
		return 0, fitNot
	case p[0] != advancedHead:
	case len(p) < 3:
		return 0, fitNeedsMore
	default:
		size = int(p[1])<<8 | int(p[2])
		if size < advancedMin || size > MaxFrame {
			return 0, fitNot
		}
	}
	if len(p) < size {
		return size, fitNeedsMore
	}
	return size, fitWhole
}

// view reads a whole, checked frame.
func view(p []byte) Frame {
	if p[0] == advancedHead {
		return Frame{Advanced: true, Address: p[3], Command: Command(p[4]), Data: p[5 : len(p)-2]}
	}
	return Frame{Address: p[1], Command: Command(p[2]), Data: p[3 : len(p)-2]}
}

// Resync gives up the incomplete frame at the front: the line has been quiet for longer
// than any reader pauses within a frame, so the rest of it will not come. The search
// goes on one byte further at the next call of Next.
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
