package m100

// Decoder finds frames in a stream of bytes. The zero value is ready and takes frames of
// both families. Its memory is fixed. Use it as
//
//	for len(p) > 0 {
//		p = p[d.Feed(p):]
//		for f, ok := d.Next(); ok; f, ok = d.Next() { ... }
//	}
//
// After anything that is not a frame it goes on one byte further, because a head byte may
// occur in data: a damaged frame therefore never costs the frame behind it. How the bytes
// are cut into pieces makes no difference to the frames that come out.
type Decoder struct {
	// Family, once it is known, keeps the other family's head from being taken for a start.
	Family Family

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
		size, fit := d.measure(candidate)
		switch fit {
		case fitNeedsMore:
			return Frame{}, false
		case fitNot:
			d.drop(1)
			continue
		case fitWhole:
		}
		frame := candidate[:size]
		family := familyOf(frame[0])
		_, tail := family.delimiters()
		if frame[size-1] != tail || sum(frame[1:size-2]) != frame[size-2] {
			d.badChecks++
			d.drop(1)
			continue
		}
		d.r += size
		return Frame{Family: family, Type: Type(frame[1]), Command: Command(frame[2]), Data: frame[5 : size-2]}, true
	}
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
// is known. It rejects as early as the bytes allow.
func (d *Decoder) measure(p []byte) (int, fit) {
	family := familyOf(p[0])
	switch {
	case family == FamilyAny, d.Family != FamilyAny && family != d.Family:
		return 0, fitNot
	case len(p) > 1 && Type(p[1]) > typeLast, len(p) > 3 && p[3] > MaxData>>8:
		return 0, fitNot
	case len(p) < 5:
		return 0, fitNeedsMore
	}
	n := int(p[3])<<8 | int(p[4])
	if n > MaxData {
		return 0, fitNot
	}
	if size := overhead + n; len(p) >= size {
		return size, fitWhole
	}
	return 0, fitNeedsMore
}

// Resync gives up the incomplete frame at the front: the line has been quiet for longer
// than any module pauses within a frame, so the rest of it will not come. The search
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

// BadChecks returns how many complete frame candidates failed their checksum or tail.
func (d *Decoder) BadChecks() uint64 { return d.badChecks }

func (d *Decoder) drop(n int) {
	d.r += n
	d.dropped += uint64(n) //nolint:gosec // n is never negative
	if d.r == d.w {
		d.r, d.w = 0, 0
	}
}
