package osdp

// CheckKind is how a frame is protected against line errors.
type CheckKind uint8

// The two kinds. CRC-16 is the zero value: it is what we start with.
const (
	CRC16 CheckKind = iota
	Checksum
)

// size returns the number of bytes that the check takes at the end of a frame.
func (k CheckKind) size() int {
	if k == Checksum {
		return 1
	}
	return 2
}

// append adds the check of raw (SOM to the byte before the check) to raw.
func (k CheckKind) append(raw []byte) []byte {
	if k == Checksum {
		return append(raw, checksum(raw))
	}
	crc := crc16(raw)
	return append(raw, byte(crc), byte(crc>>8))
}

// matches reports whether the last bytes of raw are the check of those before.
func (k CheckKind) matches(raw []byte) bool {
	body, tail := raw[:len(raw)-k.size()], raw[len(raw)-k.size():]
	if k == Checksum {
		return tail[0] == checksum(body)
	}
	return uint16(tail[0])|uint16(tail[1])<<8 == crc16(body)
}

// checksum is the two's complement of the sum of all bytes.
func checksum(raw []byte) byte {
	var sum byte
	for _, b := range raw {
		sum += b
	}
	return -sum
}

// crc16 is CRC-16/AUG-CCITT: polynomial 0x1021, initial value 0x1D0F, not reflected.
func crc16(raw []byte) uint16 {
	crc := uint16(0x1D0F)
	for _, b := range raw {
		crc = crc<<8 ^ crcTable[byte(crc>>8)^b]
	}
	return crc
}

// crcTable holds what each value of the upper byte does to the rest.
var crcTable = func() (table [256]uint16) {
	for i := range table {
		crc := uint16(i) << 8 //nolint:gosec // 256 of them
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
		table[i] = crc
	}
	return table
}()
