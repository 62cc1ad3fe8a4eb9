package wiegand

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// EM4100 is the 40 bits of a 125 kHz card as a reader of type RDM6300 reports them.
type EM4100 struct {
	Version byte   // or customer code
	Number  uint32 // what most cards have printed on them, as ten decimal digits
}

// Errors of ParseRDM6300.
var (
	ErrFrame    = errors.New("not an RDM6300 frame")
	ErrChecksum = errors.New("RDM6300 checksum is wrong")
)

const (
	frameStart = 0x02
	frameEnd   = 0x03
)

// ParseRDM6300 reads one frame of FrameLen bytes, start and end byte included. Digits
// may be upper or lower case.
func ParseRDM6300(frame []byte) (EM4100, error) {
	if len(frame) != FrameLen || frame[0] != frameStart || frame[FrameLen-1] != frameEnd {
		return EM4100{}, ErrFrame
	}
	var raw [6]byte
	if _, err := hex.Decode(raw[:], frame[1:FrameLen-1]); err != nil {
		return EM4100{}, fmt.Errorf("%w: digits", ErrFrame)
	}
	if raw[0]^raw[1]^raw[2]^raw[3]^raw[4] != raw[5] {
		return EM4100{}, ErrChecksum
	}
	return EM4100{Version: raw[0], Number: binary.BigEndian.Uint32(raw[1:])}, nil
}

// AppendRDM6300 writes the card as a reader would send it, with upper-case digits.
func AppendRDM6300(dst []byte, card EM4100) []byte {
	raw := binary.BigEndian.AppendUint32([]byte{card.Version}, card.Number)
	sum := raw[0] ^ raw[1] ^ raw[2] ^ raw[3] ^ raw[4]
	return append(fmt.Appendf(append(dst, frameStart), "%X%02X", raw, sum), frameEnd)
}

// Wiegand26 returns what a 26-bit reader makes of the card: its low 24 bits. Whether a
// given reader does so depends on its model.
func (c EM4100) Wiegand26() Card {
	return Card{Facility: c.Number >> 16 & 0xFF, Number: uint64(c.Number & 0xFFFF)}
}

// Printed returns the number as it is printed on most cards: ten decimal digits.
func (c EM4100) Printed() string { return fmt.Sprintf("%010d", c.Number) }

// String returns the ten hexadecimal digits, version first.
func (c EM4100) String() string { return fmt.Sprintf("%02X%08X", c.Version, c.Number) }

// Decoder finds RDM6300 frames in a stream. It holds one frame at most. A byte that
// cannot belong to the frame at hand ends it, and the search for a start begins anew. The
// reader repeats a frame for as long as the card is there; telling presentations apart
// is the caller's part. The zero value is ready to use.
type Decoder struct {
	frame [FrameLen]byte
	n     int
}

// Push takes one byte and returns a card if it completes a good frame.
func (d *Decoder) Push(b byte) (EM4100, bool) {
	switch {
	case b == frameStart:
		d.n = 0
	case d.n == 0, d.n < FrameLen-1 && !isHex(b), d.n == FrameLen-1 && b != frameEnd:
		d.n = 0
		return EM4100{}, false
	}
	d.frame[d.n] = b
	if d.n++; d.n < FrameLen {
		return EM4100{}, false
	}
	d.n = 0
	card, err := ParseRDM6300(d.frame[:])
	return card, err == nil
}

func isHex(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'F' || b >= 'a' && b <= 'f'
}
