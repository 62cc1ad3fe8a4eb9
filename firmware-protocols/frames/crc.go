package frames

// mcrf4xx is the table of the reflected polynomial 8408, computed once and never changed.
var mcrf4xx = func() (table [256]uint16) {
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

// CRC16MCRF4XX returns the CRC-16/MCRF4XX of p: polynomial 8408 reflected, start FFFF.
// Over bytes with their own CRC behind them, low byte first, it is zero. It is the check
// of FEIG's readers and of the UHFReader series.
func CRC16MCRF4XX(p []byte) uint16 {
	c := uint16(0xFFFF)
	for _, b := range p {
		c = c>>8 ^ mcrf4xx[byte(c)^b]
	}
	return c
}
