package gx5a

import "bytes"

// Decoder finds frames in a stream of bytes. The zero value is ready. Its memory is
// fixed. Use it as
//
//	for len(p) > 0 {
//		p = p[d.Feed(p):]
//		for f, ok := d.Next(); ok; f, ok = d.Next() { ... }
//	}
//
// After anything that is not a frame it goes on one byte further, because the head
// byte 5A may occur in data: a damaged frame therefore never costs the frame behind it.
// How the bytes are cut into pieces makes no difference to the frames that come out.
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
	for {
		start := bytes.IndexByte(d.buf[d.r:d.w], head)
		if start < 0 {
			d.drop(d.w - d.r)
			return Frame{}, false
		}
		d.drop(start)
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
		if crc16(frame[1:]) != 0 { // the CRC over data and its own CRC is zero
			d.badChecks++
			d.drop(1)
			continue
		}
		d.r += size
		return view(frame), true
	}
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

// fit says what the bytes seen so far can be.
type fit uint8

const (
	fitNot       fit = iota // not a frame, whatever follows
	fitNeedsMore            // perhaps a frame
	fitWhole                // all bytes of a candidate are there
)

// measure judges a candidate that begins with the head byte, and returns its whole
// length once that is known. It rejects as early as the bytes allow.
func measure(p []byte) (int, fit) {
	switch {
	case len(p) > 1 && p[1] != 0x00, len(p) > 2 && p[2] != wireVersion:
		return 0, fitNot
	case len(p) < 4:
		return 0, fitNeedsMore
	}
	if category := p[3] & 0x0F; category < categoryMin || category > categoryMax {
		return 0, fitNot
	}
	body := headerLen(p[3])
	if len(p) < body {
		return 0, fitNeedsMore
	}
	n := int(p[body-2])<<8 | int(p[body-1])
	if n > MaxData {
		return 0, fitNot
	}
	size := body + n + 2
	if len(p) < size {
		return size, fitNeedsMore
	}
	return size, fitWhole
}

// view reads a whole, checked frame.
func view(p []byte) Frame {
	body := headerLen(p[3])
	f := Frame{PCW: uint32(p[1])<<24 | uint32(p[2])<<16 | uint32(p[3])<<8 | uint32(p[4])}
	if f.RS485() {
		f.Address = p[5]
	}
	f.Data = p[body : len(p)-2]
	return f
}
