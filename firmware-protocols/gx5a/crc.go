package gx5a

// slice is how many bytes the CRC takes in one step.
const slice = 8

// crcTables are the CRC-16/XMODEM tables, computed once and never changed: entry b of
// table k is the CRC of byte b followed by k zero bytes. Table 0 alone is enough, but
// then each byte waits for the one before, and that wait was two thirds of a tag frame.
var crcTables = func() (tables [slice][256]uint16) {
	for i := range 256 {
		c := uint16(i) << 8 //nolint:gosec // a byte
		for range 8 {
			if c&0x8000 != 0 {
				c = c<<1 ^ 0x1021
			} else {
				c <<= 1
			}
		}
		tables[0][i] = c
	}
	for k := 1; k < slice; k++ {
		for i, c := range tables[k-1] {
			tables[k][i] = c<<8 ^ tables[0][c>>8]
		}
	}
	return tables
}()

// crc16 returns the CRC-16/XMODEM of p. The CRC is linear: that of eight bytes is the sum
// (XOR) of the CRCs of each one with zeros in place of the others, and the CRC so far
// adds to the first two bytes.
func crc16(p []byte) uint16 {
	var c uint16
	t := &crcTables
	for ; len(p) >= slice; p = p[slice:] {
		c = t[7][p[0]^byte(c>>8)] ^ t[6][p[1]^byte(c)] ^ t[5][p[2]] ^ t[4][p[3]] ^
			t[3][p[4]] ^ t[2][p[5]] ^ t[1][p[6]] ^ t[0][p[7]]
	}
	for _, b := range p {
		c = c<<8 ^ t[0][byte(c>>8)^b]
	}
	return c
}
