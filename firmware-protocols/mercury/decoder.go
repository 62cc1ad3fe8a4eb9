package mercury

import "bytes"

// Decoder finds frames in a stream of bytes. The zero value is ready and reads what a
// reader says. Its memory is fixed. Use it as
//
//	for len(p) > 0 {
//		p = p[d.Feed(p):]
//		for f, ok := d.Next(); ok; f, ok = d.Next() { ... }
//	}
//
// After anything that is not a frame it goes on one byte further, because the head
// byte FF may occur in data: a damaged frame therefore never costs the frame behind it.
// How the bytes are cut into pieces makes no difference to the frames that come out.
type Decoder struct {
	// Requests says that the stream is the host's and not the reader's. It must not
	// change while the decoder holds bytes.
	Requests  bool
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
	header := headerAnswer
	if d.Requests {
		header = headerRequest
	}
	for {
		start := bytes.IndexByte(d.buf[d.r:d.w], head)
		if start < 0 {
			d.drop(d.w - d.r)
			return Frame{}, false
		}
		d.drop(start)
		candidate := d.buf[d.r:d.w]
		if len(candidate) < 2 {
			return Frame{}, false
		}
		if candidate[1] > MaxData { // padding before a frame, too: FF FF
			d.drop(1)
			continue
		}
		size := header + int(candidate[1]) + crcLen
		if len(candidate) < size {
			return Frame{}, false
		}
		frame := candidate[:size]
		if crc16(frame[1:size-crcLen]) != uint16(frame[size-2])<<8|uint16(frame[size-1]) {
			d.badChecks++
			d.drop(1)
			continue
		}
		d.r += size
		return d.view(frame, header), true
	}
}

// view reads a whole, checked frame.
func (d *Decoder) view(p []byte, header int) Frame {
	f := Frame{Opcode: Opcode(p[2]), Request: d.Requests, Data: p[header : len(p)-crcLen]}
	if !d.Requests {
		f.Status = Status(p[3])<<8 | Status(p[4])
	}
	return f
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

// Dropped returns how many bytes were not part of any valid frame, padding included.
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
