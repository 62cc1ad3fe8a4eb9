package main

import (
	"bytes"
	"fmt"
	"slices"
)

// stream turns bytes of one direction of a line into objects, one for each frame and one
// for each stretch that is none.
type stream interface {
	// feed takes the next bytes.
	feed(p []byte) []object
	// pause says that the line was quiet, or is over: what was begun will not be completed.
	pause() []object
}

// codec is what the decoders of the framed protocols offer.
type codec[F any] interface {
	Feed(p []byte) int
	Next() (F, bool)
	Resync()
	Pending() int
	Dropped() uint64
}

// verdict says what is wrong with bytes that begin like a frame.
type verdict struct {
	what string
	// seen is what the frame would say if only its check were right; nil when there is no whole frame.
	seen object
	// size is the length of that frame.
	size int
}

// wrongCheck is the verdict on a whole frame whose check bytes are not what they should
// be; size is the frame's length, and field names the check in the object.
func wrongCheck(field, name string, have, want []byte, size int, seen object) verdict {
	return verdict{what: fmt.Sprintf("%s is %X, should be %X", name, have, want), seen: seen.with(field, false), size: size}
}

// framed is the stream of a protocol that has frames.
type framed[F any] struct {
	dec codec[F]
	// view returns a frame's fields. An error is a frame whose check holds and whose
	// content contradicts itself.
	view func(f F) (object, error)
	// inspect judges bytes that are not a frame.
	inspect func(p []byte) verdict
	// heads are the bytes with which a frame can begin; none when any byte can.
	heads []byte
	// filler reports bytes that may lie between frames.
	filler func(p []byte) bool

	region  []byte // the bytes behind the last frame
	fed     int    // bytes that the decoder has taken
	end     int    // where the last frame ended
	dropped uint64 // what the decoder had dropped by then
}

// regionMax bounds what is kept of bytes that are no frame, until one is found.
const regionMax = 64 << 10

func (s *framed[F]) feed(p []byte) (out []object) {
	for len(p) > 0 {
		n := s.dec.Feed(p)
		s.region = append(s.region, p[:n]...)
		s.fed += n
		p = p[n:]
		out = append(out, s.frames()...)
		if len(s.region) > regionMax {
			out = append(out, s.damage()...)
		}
	}
	return out
}

func (s *framed[F]) pause() (out []object) {
	for s.dec.Pending() > 0 {
		s.dec.Resync()
		out = append(out, s.frames()...)
	}
	return append(out, s.damage()...)
}

// frames returns what the decoder has found.
func (s *framed[F]) frames() (out []object) {
	for f, ok := s.dec.Next(); ok; f, ok = s.dec.Next() {
		fields, err := s.view(f) // before anything else: the frame lies in the decoder's buffer
		out = append(out, s.damage()...)
		start, end := s.end, s.fed-s.dec.Pending()
		if err != nil {
			fields = blame(fields, err.Error(), start, end)
		}
		out = append(out, fields)
		s.region = append(s.region[:0], s.region[end-start:]...)
		s.end = end
	}
	return out
}

// damage returns an object for the bytes that were dropped since the last frame, and goes
// on behind them.
func (s *framed[F]) damage() []object {
	n := int(s.dec.Dropped() - s.dropped) //nolint:gosec // at most what was fed
	if n == 0 {
		return nil
	}
	bad := s.region[:n]
	start := s.end
	var out []object
	if s.filler == nil || !s.filler(bad) {
		v := s.judge(bad, s.region)
		out = []object{blame(v.seen, v.what, start, start+n)}
	}
	s.region = append(s.region[:0], s.region[n:]...)
	s.end += n
	s.dropped = s.dec.Dropped()
	return out
}

// judge looks for the first thing in the dropped bytes that could have been a frame. What
// follows them (in all) may have been taken for a part of it.
func (s *framed[F]) judge(bad, all []byte) verdict {
	at := 0
	if len(s.heads) > 0 {
		at = slices.IndexFunc(bad, func(b byte) bool { return slices.Contains(s.heads, b) })
	}
	if at < 0 {
		return verdict{what: fmt.Sprintf("%s that are no part of a frame: none of them is a frame's first byte (%X)", count(len(bad)), s.heads)}
	}
	v := s.inspect(all[at:])
	if at+v.size > len(bad) {
		v.seen = nil // a good frame lies inside, so this was never one
	}
	if at > 0 {
		v.what = fmt.Sprintf("%s before a frame's first byte; then %s", count(at), v.what)
	}
	return v
}

func count(bytes int) string {
	if bytes == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// blame adds to fields what is wrong, where it begins, and where decoding goes on. An
// error that the frame itself reports makes room.
func blame(fields object, what string, offset, resync int) object {
	for i := range fields {
		if fields[i].name == "error" {
			fields[i].name = "error_code"
		}
	}
	return fields.with("error", what).with("offset", offset).with("resync", resync)
}

// isBad reports whether an object tells of a bad frame.
func isBad(o object) bool { return o.has("resync") }

// cut is the verdict on a frame that is not all there.
func cut(size, there int) verdict {
	return verdict{what: fmt.Sprintf("frame cut short: it says %s and %d are there", count(size), there)}
}

// scan finds the frames of a protocol whose codec reads whole frames only.
type scan[F any] struct {
	head byte
	// size returns a frame's length from its first bytes: 0 when more of them are needed,
	// less than 0 when it is no frame.
	size    func(p []byte) int
	parse   func(frame []byte) (F, error)
	buf     []byte
	dropped uint64
}

// Feed takes all of p.
func (s *scan[F]) Feed(p []byte) int {
	s.buf = append(s.buf, p...)
	return len(p)
}

// Next returns the next frame, which owns its bytes.
func (s *scan[F]) Next() (F, bool) {
	for {
		at := bytes.IndexByte(s.buf, s.head)
		if at < 0 {
			at = len(s.buf)
		}
		s.drop(at)
		n := s.size(s.buf)
		if n == 0 || n > len(s.buf) {
			var none F
			return none, false
		}
		if n > 0 {
			if f, err := s.parse(bytes.Clone(s.buf[:n])); err == nil {
				s.buf = append(s.buf[:0], s.buf[n:]...)
				return f, true
			}
		}
		s.drop(1)
	}
}

// Resync gives up the incomplete frame at the front.
func (s *scan[F]) Resync() { s.drop(min(1, len(s.buf))) }

// Pending returns how many bytes wait for the rest of their frame.
func (s *scan[F]) Pending() int { return len(s.buf) }

// Dropped returns how many bytes were not part of any frame.
func (s *scan[F]) Dropped() uint64 { return s.dropped }

func (s *scan[F]) drop(n int) {
	s.buf = append(s.buf[:0], s.buf[n:]...)
	s.dropped += uint64(n) //nolint:gosec // never negative
}
