package frames

import "encoding/binary"

// Cursor reads big-endian values off the front of a frame's data. It cannot read past
// the end: a value that is not all there is zero, takes the rest with it and sets Short,
// so that a reader of many values asks once, at the end, whether all of them were there.
type Cursor struct {
	// Rest is what has not been read yet.
	Rest []byte
	// Short says that a value was not all there.
	Short bool
}

// Take returns the next n bytes (n not negative), which point into the data and cannot
// grow over what follows them; nil when there are fewer.
func (c *Cursor) Take(n int) []byte {
	if len(c.Rest) < n {
		c.Short = true
		c.Rest = nil
		return nil
	}
	front := c.Rest[:n:n]
	c.Rest = c.Rest[n:]
	return front
}

// U8 returns the next byte.
func (c *Cursor) U8() uint8 {
	if b := c.Take(1); b != nil {
		return b[0]
	}
	return 0
}

// U16 returns the next 16 bits.
func (c *Cursor) U16() uint16 {
	if b := c.Take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// U24 returns the next 24 bits.
func (c *Cursor) U24() uint32 {
	if b := c.Take(3); b != nil {
		return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	}
	return 0
}

// U32 returns the next 32 bits.
func (c *Cursor) U32() uint32 {
	if b := c.Take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}
