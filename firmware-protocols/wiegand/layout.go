package wiegand

import (
	"errors"
	"fmt"
	"math/bits"
)

// MaxLayoutBits is the longest card that a Layout describes.
const MaxLayoutBits = 64

// ErrLayout says that a Layout cannot be.
var ErrLayout = errors.New("card layout is impossible")

// Field is a row of bits of a card, counted from 0 as the reader sends them, the most
// significant first.
type Field struct{ First, Count int }

// Parity is one parity bit of a card.
type Parity struct {
	Bit int
	Odd bool
	// Covers has a bit set for each one of the card's that it covers, besides its own: the
	// card's last bit is the lowest.
	Covers uint64
}

// Layout is a card format by its parts: one of the known ones (Format.Layout), or a site's
// own. Facility has no bits in a format without one.
type Layout struct {
	Name             string
	Bits             int
	Facility, Number Field
	Parity           []Parity
}

// Layout returns a known format by its parts. It fails with ErrFormat.
func (f Format) Layout() (Layout, error) {
	l, ok := f.layout()
	if !ok {
		return Layout{}, fmt.Errorf("%v: %w", f, ErrFormat)
	}
	covers := func(first, last int) uint64 { return mask(last-first+1) << (l.lastBit - last) }
	return Layout{
		Name: l.name, Bits: l.lastBit + 1,
		Facility: Field{1, l.facilityBits}, Number: Field{1 + l.facilityBits, l.numberBits},
		Parity: []Parity{
			{Bit: 0, Covers: covers(1, l.evenEnd)},
			{Bit: l.lastBit, Odd: true, Covers: covers(l.oddStart, l.lastBit-1)},
		},
	}, nil
}

// Validate refuses a layout with bits that the card does not have, with parts on the same
// bits, or with nothing in it, with ErrLayout.
func (l Layout) Validate() error {
	bad := func(why string) error { return fmt.Errorf("%s: %w: %s", l.Name, ErrLayout, why) }
	if l.Bits < 1 || l.Bits > MaxLayoutBits {
		return bad(fmt.Sprintf("%d bits, want 1 to %d", l.Bits, MaxLayoutBits))
	}
	var taken uint64
	take := func(f Field) bool {
		if f.First < 0 || f.Count < 0 || f.First+f.Count > l.Bits {
			return false
		}
		row := mask(f.Count) << (l.Bits - f.First - f.Count)
		free := taken&row == 0
		taken |= row
		return free
	}
	if l.Number.Count < 1 || l.Facility.Count > 32 {
		return bad("no bits for the number, or more than 32 for the facility")
	}
	if !take(l.Facility) || !take(l.Number) {
		return bad("facility and number lie outside the card or on the same bits")
	}
	for _, p := range l.Parity {
		if !take(Field{p.Bit, 1}) || p.Covers&^mask(l.Bits) != 0 {
			return bad("a parity lies outside the card or on bits of another part")
		}
	}
	return nil
}

// Decode reads bits in the layout, which must be valid. It fails on another number of bits
// (ErrLength) and on wrong parity (ErrParity).
func (l Layout) Decode(b Bits) (Card, error) {
	if b.Count != l.Bits || len(b.Data) != (b.Count+7)/8 {
		return Card{}, fmt.Errorf("%d bits in %d bytes for %s: %w", b.Count, len(b.Data), l.Name, ErrLength)
	}
	var value uint64
	for i := range b.Count {
		value = value<<1 | uint64(b.Data[i/8]>>(7-i%8)&1)
	}
	for _, p := range l.Parity {
		if value>>l.shift(Field{p.Bit, 1})&1 != p.of(value) {
			return Card{}, fmt.Errorf("%s: bit %d: %w", l.Name, p.Bit, ErrParity)
		}
	}
	return Card{
		Facility: uint32(value >> l.shift(l.Facility) & mask(l.Facility.Count)), //nolint:gosec // at most 32 bits
		Number:   value >> l.shift(l.Number) & mask(l.Number.Count),
	}, nil
}

// Encode writes a card in the layout, which must be valid. Bits that belong to no part are
// zero. It fails on a facility or number that the layout has no room for.
func (l Layout) Encode(card Card) (Bits, error) {
	if uint64(card.Facility) > mask(l.Facility.Count) || card.Number > mask(l.Number.Count) {
		return Bits{}, fmt.Errorf("%s has %d bits for the facility and %d for the number; the card does not fit", l.Name, l.Facility.Count, l.Number.Count)
	}
	value := uint64(card.Facility)<<l.shift(l.Facility) | card.Number<<l.shift(l.Number)
	for range l.Parity { // one parity may cover another
		for _, p := range l.Parity {
			at := l.shift(Field{p.Bit, 1})
			value = value&^(1<<at) | p.of(value)<<at
		}
	}
	return fromValue(value, l.Bits), nil
}

// shift is how far a field lies from the card's last bit.
func (l Layout) shift(f Field) int { return l.Bits - f.First - f.Count }

// of is what the parity bit has to be.
func (p Parity) of(value uint64) uint64 {
	parity := uint64(bits.OnesCount64(value&p.Covers)) & 1 //nolint:gosec // at most 64
	if p.Odd {
		parity ^= 1
	}
	return parity
}
