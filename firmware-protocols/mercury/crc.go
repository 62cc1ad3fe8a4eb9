package mercury

// crcTable is what four bits pushed out of the register become under polynomial 1021.
var crcTable = [16]uint16{
	0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
	0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF,
}

// crc16 returns the CRC of a frame without its head byte, four bits at a time, the high ones first.
func crc16(p []byte) uint16 {
	c := uint16(0xFFFF)
	for _, b := range p {
		c = (c<<4 | uint16(b>>4)) ^ crcTable[c>>12]
		c = (c<<4 | uint16(b&0x0F)) ^ crcTable[c>>12]
	}
	return c
}

// TagCRC returns the CRC that a tag itself sends behind PC and EPC (ISO/IEC 18000-63):
// the usual CRC-16 of polynomial 1021, register FFFF, complemented. For a tag with an XPC
// word, epc begins with it.
func TagCRC(pc uint16, epc []byte) uint16 {
	c := tagCRCByte(tagCRCByte(0xFFFF, byte(pc>>8)), byte(pc)) //nolint:gosec // the low byte is meant
	for _, b := range epc {
		c = tagCRCByte(c, b)
	}
	return ^c
}

func tagCRCByte(c uint16, b byte) uint16 {
	c = c<<4 ^ crcTable[byte(c>>12)^b>>4]
	return c<<4 ^ crcTable[byte(c>>12)^b&0x0F]
}
