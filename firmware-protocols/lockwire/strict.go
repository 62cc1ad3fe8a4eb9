package lockwire

import "unicode/utf8"

// reader takes one deterministic encoding apart (RFC 8949 section 4.2.1). It follows what
// is expected at each place instead of understanding CBOR at large, so that it neither
// recurses nor allocates: what it returns are views into the message. There is exactly
// one encoding of anything that it accepts.
//
// After the first thing that is not as expected it stays failed and answers zero:
// callers look at wrong once, at the end.
type reader struct {
	rest  []byte
	wrong string // what was wrong first; empty while all is well
}

func (r *reader) fail(what string) {
	if r.wrong == "" {
		r.wrong = what
	}
	r.rest = nil
}

// Major types of CBOR.
const (
	majorUnsigned = 0
	majorNegative = 1
	majorBytes    = 2
	majorText     = 3
	majorArray    = 4
	majorMap      = 5
	simpleFalse   = 0xF4
	simpleTrue    = 0xF5
)

// head reads the head of an item of one major type and returns its argument: a number,
// a length or a count. Longer forms than needed, indefinite lengths and reserved values fail.
func (r *reader) head(major byte) uint64 {
	if len(r.rest) == 0 {
		r.fail("ends too early")
		return 0
	}
	first := r.rest[0]
	if first>>5 != major {
		r.fail("an item of another type than expected")
		return 0
	}
	info := first & 0x1F
	if info < 24 {
		r.rest = r.rest[1:]
		return uint64(info)
	}
	if info > 27 {
		r.fail("an indefinite length, or a reserved head")
		return 0
	}
	size := 1 << (info - 24) // 1, 2, 4 or 8 bytes follow
	if len(r.rest) < 1+size {
		r.fail("ends too early")
		return 0
	}
	var n uint64
	for _, b := range r.rest[1 : 1+size] {
		n = n<<8 | uint64(b)
	}
	// The least argument that needs this size: 24, 2^8, 2^16, 2^32.
	least := uint64(24)
	if size > 1 {
		least = 1 << (size * 4)
	}
	if n < least {
		r.fail("a number or a length in a longer form than needed")
		return 0
	}
	r.rest = r.rest[1+size:]
	return n
}

// fields expects a map of exactly n pairs.
func (r *reader) fields(n uint64) {
	if got := r.head(majorMap); got != n && r.wrong == "" {
		r.fail("a field is missing, repeated or unknown")
	}
}

// key expects the next key of a map.
func (r *reader) key(k uint64) {
	if got := r.head(majorUnsigned); got != k && r.wrong == "" {
		r.fail("a field is missing, unknown or out of order")
	}
}

// list expects an array of least to most items and returns how many there are.
func (r *reader) list(least, most uint64) int {
	n := r.head(majorArray)
	if (n < least || n > most) && r.wrong == "" {
		r.fail("a list of too few or too many items")
	}
	if r.wrong != "" {
		return 0
	}
	return int(n) //nolint:gosec // at most most, which is small
}

// number expects an unsigned integer of least to most.
func (r *reader) number(least, most uint64) uint64 {
	n := r.head(majorUnsigned)
	if (n < least || n > most) && r.wrong == "" {
		r.fail("a number out of its range")
	}
	if r.wrong != "" {
		return 0
	}
	return n
}

// small expects an integer of -128 to 127, of either sign.
func (r *reader) small() int8 {
	if len(r.rest) > 0 && r.rest[0]>>5 == majorNegative {
		if n := r.head(majorNegative); n <= 127 {
			return -1 - int8(n)
		}
		r.fail("a number out of its range")
		return 0
	}
	return int8(r.number(0, 127)) //nolint:gosec // in range
}

// yes expects a boolean.
func (r *reader) yes() bool {
	if len(r.rest) == 0 || r.rest[0] != simpleFalse && r.rest[0] != simpleTrue {
		r.fail("neither true nor false")
		return false
	}
	is := r.rest[0] == simpleTrue
	r.rest = r.rest[1:]
	return is
}

// blob expects a byte string of least to most bytes and returns a view of it.
func (r *reader) blob(least, most int) []byte { return r.run(majorBytes, least, most) }

func (r *reader) run(major byte, least, most int) []byte {
	n := r.head(major)
	if r.wrong == "" && (n < uint64(least) || n > uint64(most)) { //nolint:gosec // limits are small and positive
		r.fail("a string of too few or too many bytes")
	}
	if r.wrong == "" && n > uint64(len(r.rest)) {
		r.fail("ends too early")
	}
	if r.wrong != "" {
		return nil
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// fixed expects a byte string that fills dst.
func (r *reader) fixed(dst []byte) { copy(dst, r.blob(len(dst), len(dst))) }

// text expects a text of least to most bytes that a display or a log line can show
// without being led astray, and returns a view of it.
func (r *reader) text(least, most int) []byte {
	s := r.run(majorText, least, most)
	if r.wrong == "" && !showable(s) {
		r.fail("a text that is not UTF-8 or holds a control character")
	}
	return s
}

// name expects a lock's or a safe's id; word expects one word that says why.
func (r *reader) name() []byte { return r.identifier(MaxNameBytes) }
func (r *reader) word() []byte { return r.identifier(MaxReasonBytes) }

func (r *reader) identifier(most int) []byte {
	s := r.run(majorText, 1, most)
	if r.wrong == "" && !validName(s, most) {
		r.fail("an id or a word that is not of a-z, 0-9 and '-'")
	}
	return s
}

// end expects that nothing follows, and returns what was wrong, if anything.
func (r *reader) end() string {
	if len(r.rest) > 0 {
		r.fail("bytes after the end")
	}
	return r.wrong
}

// showable reports whether s is UTF-8 without controls: see invisible.
func showable[S string | []byte](s S) bool {
	for i := 0; i < len(s); {
		c, n := decodeRune(s[i:])
		if c == utf8.RuneError && n <= 1 || invisible(c) {
			return false
		}
		i += n
	}
	return true
}

func decodeRune[S string | []byte](s S) (rune, int) {
	var first [utf8.UTFMax]byte
	n := copy(first[:], s)
	return utf8.DecodeRune(first[:n])
}

// invisible reports whether a character moves, hides or reorders what stands around it:
// the table of SPEC.md section 3, short enough for a lock.
func invisible(c rune) bool {
	switch {
	case c < 0x20, c >= 0x7F && c < 0xA0, c == 0xAD, c == 0x61C, c == 0x180E, c == 0xFEFF,
		c >= 0x200B && c <= 0x200F, c >= 0x2028 && c <= 0x202E, c >= 0x2060 && c <= 0x206F,
		c >= 0xFFF9 && c <= 0xFFFB, c >= 0xE0000 && c <= 0xE007F:
		return true
	}
	return false
}
