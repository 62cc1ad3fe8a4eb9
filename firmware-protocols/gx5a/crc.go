package gx5a

// crcTable is the CRC-16/XMODEM table, computed once and never changed.
var crcTable = func() (table [256]uint16) {
	for i := range table {
		c := uint16(i) << 8
		for range 8 {
			if c&0x8000 != 0 {
				c = c<<1 ^ 0x1021
			} else {
				c <<= 1
			}
		}
		table[i] = c
	}
	return table
}()

// crc16 returns the CRC-16/XMODEM of p.
func crc16(p []byte) uint16 {
	var c uint16
	for _, b := range p {
		c = c<<8 ^ crcTable[byte(c>>8)^b]
	}
	return c
}
