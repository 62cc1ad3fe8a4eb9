// Package frames finds frames in a stream of bytes: the part that is the same in every
// protocol whose frames tell their own length. It owns the buffer, the search for the
// next frame after damage, the counts of what was lost, the Cursor that reads what a frame
// holds, and the one CRC that two protocols have in common; what a frame of one protocol
// looks like, that protocol's Format says. It is pure: it does no I/O, reads no clock and
// logs nothing. It refuses to guess: bytes come out only as a frame whose length and check
// its Format has accepted, and every other byte is counted.
//
//	... junk | candidate                     | bytes not looked at yet
//	         ^ r                                                      ^ w
//	  counted  Measure: not a frame, needs more, or n bytes
//	           Check:   the n bytes are a frame, or not
//
// After anything that is not a frame it goes on behind the candidate's first byte,
// because nearly every byte that begins a frame occurs in data, too: a damaged frame
// therefore costs only itself, never the frame behind it. How the bytes are cut into
// pieces makes no difference to the frames that come out.
package frames

import "bytes"

// Fit says what the bytes at the front of a stream can be.
type Fit uint8

// The fits.
const (
	Not       Fit = iota // no frame begins here, whatever follows
	NeedsMore            // perhaps a frame
	Whole                // all bytes of a candidate are there
)

// Format is how one protocol marks its frames F. Its methods must depend on the bytes
// alone, and keep none of them.
type Format[F any] interface {
	// Measure judges p, which has at least one byte. It returns with Not how many bytes
	// can be skipped, 1 to len(p); with Whole the candidate's length, 1 to len(p); with
	// NeedsMore a number of no meaning. It should refuse as early as the bytes allow: a
	// false start is otherwise held until the bytes it claims have come. A candidate must
	// not be longer than MaxFrame.
	Measure(p []byte) (n int, fit Fit)
	// Check reports whether a candidate's check (sum, CRC, tail) holds.
	Check(candidate []byte) bool
	// View reads a candidate whose check has held. What it returns may point into it.
	View(frame []byte) F
}

// Decoder finds the frames of one Format in a stream of bytes. The zero value is ready
// when the zero value of its Format is. Its memory is fixed and it allocates nothing. Use
// it as
//
//	for len(p) > 0 {
//		p = p[d.Feed(p):]
//		for f, ok := d.Next(); ok; f, ok = d.Next() { ... }
//	}
type Decoder[F any, T Format[F]] struct {
	// Format may be changed between two calls; it then holds for the bytes not taken yet.
	Format T

	r, w      int
	dropped   uint64
	badChecks uint64
	buf       [bufferSize]byte
}

// Feed takes bytes off the front of p, as many as there is room for, and returns how
// many it took: at least one, if p has any, when Next has reported that no frame is left.
func (d *Decoder[F, T]) Feed(p []byte) int {
	if d.w+len(p) > len(d.buf) {
		d.w = copy(d.buf[:], d.buf[d.r:d.w])
		d.r = 0
	}
	n := copy(d.buf[d.w:], p)
	d.w += n
	return n
}

// Next returns the next complete frame, or false when more bytes are needed. What the
// frame points to is valid until the next call of Feed, Next or Resync.
func (d *Decoder[F, T]) Next() (f F, ok bool) {
	for d.r < d.w {
		p := d.buf[d.r:d.w]
		n, fit := d.Format.Measure(p)
		if fit == Whole {
			if d.Format.Check(p[:n]) {
				d.r += n
				return d.Format.View(p[:n]), true
			}
			d.badChecks++
			n = 1
		} else if fit == NeedsMore {
			if len(p) < MaxFrame {
				return f, false
			}
			n = 1 // no frame is that long: without this, Feed would never take a byte again
		}
		d.drop(n)
	}
	d.r, d.w = 0, 0 // a quiet line stays within few cache lines, and Feed seldom moves anything
	return f, false
}

// Resync gives up the incomplete frame at the front: the line has been quiet for longer
// than any device pauses within a frame, so the rest of it will not come. The search goes
// on one byte further at the next call of Next.
func (d *Decoder[F, T]) Resync() {
	if d.w > d.r {
		d.drop(1)
	}
}

// Pending returns how many bytes wait for the rest of their frame.
func (d *Decoder[F, T]) Pending() int { return d.w - d.r }

// Dropped returns how many bytes were not part of any valid frame, padding included.
func (d *Decoder[F, T]) Dropped() uint64 { return d.dropped }

// BadChecks returns how many complete candidates failed their check.
func (d *Decoder[F, T]) BadChecks() uint64 { return d.badChecks }

func (d *Decoder[F, T]) drop(n int) {
	d.r += n
	d.dropped += uint64(n) //nolint:gosec // n is never negative
}

// Skip returns how far the next head is from the front of p, or len(p) when there is none.
// It is what Measure returns with Not for bytes that do not begin with head.
func Skip(p []byte, head byte) int {
	if n := bytes.IndexByte(p, head); n >= 0 {
		return n
	}
	return len(p)
}
