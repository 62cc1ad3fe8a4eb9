package gx5a

import (
	"testing"

	"pgregory.net/rapid"
)

// crcBitwise is the definition: polynomial 1021, start 0, highest bit first.
func crcBitwise(p []byte) (c uint16) {
	for _, b := range p {
		c ^= uint16(b) << 8
		for range 8 {
			carry := c&0x8000 != 0
			c <<= 1
			if carry {
				c ^= 0x1021
			}
		}
	}
	return c
}

func TestCRCIsXMODEM(t *testing.T) {
	if got := crc16([]byte("123456789")); got != 0x31C3 { // the catalogue's check value
		t.Errorf("CRC of 123456789 is %04X, want 31C3", got)
	}
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SliceOfN(rapid.Byte(), 0, 4*slice+3).Draw(rt, "bytes")
		if got, want := crc16(p), crcBitwise(p); got != want {
			rt.Fatalf("CRC of %X is %04X, want %04X", p, got, want)
		}
	})
}

func BenchmarkCRC(b *testing.B) {
	p := make([]byte, 52) // a tag frame with TID
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		_ = crc16(p)
	}
}
