package gx5a

// cursor reads big-endian values off the front of p. It cannot read past the end: a
// value that is not all there is zero and sets short.
type cursor struct {
	p     []byte
	short bool
}

func (c *cursor) take(n int) []byte {
	if len(c.p) < n {
		c.short = true
		c.p = nil
		return nil
	}
	head := c.p[:n:n]
	c.p = c.p[n:]
	return head
}

func (c *cursor) u8() uint8 {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) u16() uint16 {
	if b := c.take(2); b != nil {
		return uint16(b[0])<<8 | uint16(b[1])
	}
	return 0
}

func (c *cursor) u32() uint32 { return uint32(c.u16())<<16 | uint32(c.u16()) }

// block reads a 16-bit length and that many bytes.
func (c *cursor) block() []byte { return c.take(int(c.u16())) }

func appendU16(dst []byte, v uint16) []byte { return append(dst, byte(v>>8), byte(v)) }

func appendU32(dst []byte, v uint32) []byte {
	return append(dst, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

func appendBlock(dst, block []byte) []byte {
	return append(appendU16(dst, uint16(len(block))), block...) //nolint:gosec // finish refuses more than MaxData
}
