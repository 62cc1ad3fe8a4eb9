package uhfreader

// crcTable is the CRC-16/MCRF4XX table, computed once and never changed.
var crcTable = func() (table [256]uint16) {
	for i := range table {
		c := uint16(i) //nolint:gosec // a byte
		for range 8 {
			if c&1 != 0 {
				c = c>>1 ^ 0x8408
			} else {
				c >>= 1
			}
		}
		table[i] = c
	}
	return table
}()

// crc16 returns the CRC-16/MCRF4XX of p. Over a frame with its own CRC it is zero.
func crc16(p []byte) uint16 {
	c := uint16(0xFFFF)
	for _, b := range p {
		c = c>>8 ^ crcTable[byte(c)^b]
	}
	return c
}
