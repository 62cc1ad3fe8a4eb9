// Package wiegand reads and writes card numbers in the formats that badge readers send
// as plain bits, and the serial frames of 125 kHz RDM6300 readers.
//
//	H10301  26  P  8 facility  16 number  P      first parity even over bits 1-12, last odd over 13-24
//	H10306  34  P 16 facility  16 number  P      even over 1-16, odd over 17-32
//	H10302  37  P             35 number  P      even over 1-18, odd over 18-35
//	H10304  37  P 16 facility  19 number  P      even over 1-18, odd over 18-35
//
//	RDM6300  02  10 hexadecimal digits  2 hexadecimal digits checksum  03
//
// Bit 0 is the first bit that the reader sends. Frames with wrong parity or checksum are
// refused: half a card number is another person's card number.
//
// It does not guess: bits of length 37 do not tell which of two formats they have, so the
// caller names the format.
package wiegand

import (
	"errors"
	"fmt"
)

// Limits of this package.
const (
	// maxBits is the longest format; Bits are kept in one integer.
	maxBits = 37
	// FrameLen is the length of an RDM6300 frame.
	FrameLen = 14
)

// Bits is a card's raw bits, at most 37. The first bit is the highest of Data[0]; unused
// low bits of the last byte are zero. It is what OSDP's RAW reply carries.
type Bits struct {
	Count int
	Data  []byte
}

// Format is a card format.
type Format uint8

// The formats.
const (
	H10301 Format = iota + 1 // 26 bits, facility and number
	H10306                   // 34 bits, facility and number
	H10302                   // 37 bits, number alone
	H10304                   // 37 bits, facility and number
)

// layout is where things are in a format: facility bits follow the first parity bit,
// number bits follow them; evenEnd and oddStart bound what the parities cover.
type layout struct {
	name                       string
	facilityBits, numberBits   int
	evenEnd, oddStart, lastBit int
}

// layout returns a format's layout; ok is false for a format that is none.
func (f Format) layout() (l layout, ok bool) {
	switch f {
	case H10301:
		return layout{"H10301", 8, 16, 12, 13, 25}, true
	case H10306:
		return layout{"H10306", 16, 16, 16, 17, 33}, true
	case H10302:
		return layout{"H10302", 0, 35, 18, 18, 36}, true
	case H10304:
		return layout{"H10304", 16, 19, 18, 18, 36}, true
	default:
		return layout{}, false
	}
}

// String returns the format's name, for example "H10301".
func (f Format) String() string {
	if l, ok := f.layout(); ok {
		return l.name
	}
	return fmt.Sprintf("Format(%d)", uint8(f))
}

// Card is what a format's bits say. Facility is 0 in a format without one.
type Card struct {
	Facility uint32
	Number   uint64
}

// Errors of Decode and of ParseRDM6300.
var (
	ErrFormat = errors.New("unknown card format")
	ErrLength = errors.New("wrong number of bits for the card format")
	ErrParity = errors.New("card parity is wrong")
)

// Decode reads bits in a format. It fails on a wrong number of bits (ErrLength) and on
// wrong parity (ErrParity).
func Decode(format Format, bits Bits) (Card, error) {
	l, ok := format.layout()
	if !ok {
		return Card{}, fmt.Errorf("%v: %w", format, ErrFormat)
	}
	if bits.Count != l.lastBit+1 || len(bits.Data) != (bits.Count+7)/8 {
		return Card{}, fmt.Errorf("%d bits in %d bytes for %v: %w", bits.Count, len(bits.Data), format, ErrLength)
	}
	value := bits.value()
	if l.withParity(value) != value {
		return Card{}, fmt.Errorf("%v: %w", format, ErrParity)
	}
	payload := value >> 1
	return Card{
		Facility: uint32(payload >> l.numberBits & mask(l.facilityBits)), //nolint:gosec // at most 16 bits
		Number:   payload & mask(l.numberBits),
	}, nil
}

// Encode writes a card in a format. It fails on a facility or number that the format has
// no room for.
func Encode(format Format, card Card) (Bits, error) {
	l, ok := format.layout()
	if !ok {
		return Bits{}, fmt.Errorf("%v: %w", format, ErrFormat)
	}
	if uint64(card.Facility) > mask(l.facilityBits) || card.Number > mask(l.numberBits) {
		return Bits{}, fmt.Errorf("%v has %d bits for the facility and %d for the number; the card does not fit", format, l.facilityBits, l.numberBits)
	}
	value := (uint64(card.Facility)<<l.numberBits | card.Number) << 1
	return fromValue(l.withParity(value), l.lastBit+1), nil
}

// withParity returns value with its first and last bit made right.
func (l layout) withParity(value uint64) uint64 {
	even, odd := uint64(0), uint64(1)
	for i := 1; i <= l.evenEnd; i++ {
		even ^= value >> (l.lastBit - i) & 1
	}
	for i := l.oddStart; i < l.lastBit; i++ {
		odd ^= value >> (l.lastBit - i) & 1
	}
	inner := value & mask(l.lastBit) &^ 1
	return even<<l.lastBit | inner | odd
}

// value returns the bits as a number, right-justified.
func (b Bits) value() uint64 {
	var value uint64
	for i := range min(b.Count, maxBits) {
		value = value<<1 | uint64(b.Data[i/8]>>(7-i%8)&1)
	}
	return value
}

// fromValue is the reverse of value.
func fromValue(value uint64, count int) Bits {
	b := Bits{Count: count, Data: make([]byte, (count+7)/8)}
	for i := range count {
		b.Data[i/8] |= byte(value>>(count-1-i)&1) << (7 - i%8)
	}
	return b
}

// mask has the n lowest bits set.
func mask(n int) uint64 { return 1<<n - 1 }
