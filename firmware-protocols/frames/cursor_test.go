package frames_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"trilock/firmware-protocols/frames"
)

func TestCursor(t *testing.T) {
	c := frames.Cursor{Rest: []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
	if a, b, d, e := c.U8(), c.U16(), c.U24(), c.U32(); a != 1 || b != 0x0203 || d != 0x040506 || e != 0x0708090A {
		t.Errorf("%X %X %X %X", a, b, d, e)
	}
	if got := c.Take(2); !bytes.Equal(got, []byte{11, 12}) || c.Short || len(c.Rest) != 0 {
		t.Errorf("%X, short %v, %X left", got, c.Short, c.Rest)
	}
	if got := c.Take(0); got == nil || len(got) != 0 || c.Short {
		t.Errorf("nothing of nothing: %X, short %v", got, c.Short)
	}
}

// TestCursorDoesNotHalfRead: a value of which only a part is there is zero, not that part.
func TestCursorDoesNotHalfRead(t *testing.T) {
	for name, read := range map[string]struct {
		bytes int
		of    func(c *frames.Cursor) bool
	}{
		"u8":    {1, func(c *frames.Cursor) bool { return c.U8() == 0 }},
		"u16":   {2, func(c *frames.Cursor) bool { return c.U16() == 0 }},
		"u24":   {3, func(c *frames.Cursor) bool { return c.U24() == 0 }},
		"u32":   {4, func(c *frames.Cursor) bool { return c.U32() == 0 }},
		"bytes": {9, func(c *frames.Cursor) bool { return c.Take(9) == nil }},
	} {
		for have := range read.bytes {
			c := frames.Cursor{Rest: bytes.Repeat([]byte{0xFF}, have)}
			if !read.of(&c) || !c.Short || len(c.Rest) != 0 {
				t.Errorf("%s of %d bytes: short %v, %X left", name, have, c.Short, c.Rest)
			}
		}
		c := frames.Cursor{Rest: bytes.Repeat([]byte{0xFF}, read.bytes)}
		if read.of(&c) || c.Short {
			t.Errorf("%s of its own length: zero, or short %v", name, c.Short)
		}
	}
}

// TestCursorStaysInside: whatever is read, it is the data from front to back, and
// appending to it changes nothing that follows.
func TestCursorStaysInside(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(r, "data")
		c, at := frames.Cursor{Rest: bytes.Clone(data)}, 0
		for range rapid.IntRange(0, 12).Draw(r, "values") {
			n := rapid.IntRange(0, 12).Draw(r, "bytes")
			short := c.Short || n > len(data)-at
			got := c.Take(n)
			if c.Short != short {
				r.Fatalf("%d bytes of %d: short %v", n, len(data)-at, c.Short)
			}
			if got == nil {
				at = len(data)
				continue
			}
			if !bytes.Equal(got, data[at:at+n]) {
				r.Fatalf("%X, want %X", got, data[at:at+n])
			}
			at += n
			_ = append(got, 0xEE)
			if !bytes.Equal(c.Rest, data[at:]) {
				r.Fatalf("behind it: %X, want %X", c.Rest, data[at:])
			}
		}
	})
}
