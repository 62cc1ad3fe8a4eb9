package wiegand

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// bitsOf reads a string of 0 and 1, first bit first.
func bitsOf(text string) Bits {
	b := Bits{Count: len(text), Data: make([]byte, (len(text)+7)/8)}
	for i, c := range text {
		if c == '1' {
			b.Data[i/8] |= 1 << (7 - i%8)
		}
	}
	return b
}

// bitVectors are public captures and values computed from the documented layouts. Value
// is the bits as a right-justified number.
var bitVectors = []struct {
	format   Format
	value    uint64
	bits     string
	facility uint32
	number   uint64
}{
	{H10301, 0xB40288, "00101101000000001010001000", 90, 324},
	{H10301, 0x89449F, "00100010010100010010011111", 68, 41551},
	{H10301, 0x02E727A3, "10111001110010011110100011", 115, 37841},
	{H10301, 0x01D2ECFB, "01110100101110110011111011", 233, 30333},
	{H10301, 0x023E02A3, "10001111100000001010100011", 31, 337},
	{H10306, 0x0206D0AD17, "1000000110110100001010110100010111", 872, 22155},
	{H10304, 0x4D2A8C9D, "0000001001101001010101000110010011101", 1234, 345678},
	// The same 37 bits read as one number: facility and number side by side.
	{H10302, 0x4D2A8C9D, "0000001001101001010101000110010011101", 0, 1234<<19 | 345678},
}

func TestBitVectors(t *testing.T) {
	for _, v := range bitVectors {
		bits := bitsOf(v.bits)
		if bits.value() != v.value {
			t.Errorf("%s: value %X, want %X", v.bits, bits.value(), v.value)
		}
		card, err := Decode(v.format, bits)
		if err != nil || card != (Card{v.facility, v.number}) {
			t.Errorf("%v %s: %+v, %v", v.format, v.bits, card, err)
		}
		again, err := Encode(v.format, card)
		if err != nil || again.Count != bits.Count || !bytes.Equal(again.Data, bits.Data) {
			t.Errorf("%v %+v: % x, want % x (%v)", v.format, card, again.Data, bits.Data, err)
		}
	}
}

// Readers of another brand wrap the same 26 bits: behind a header and a start bit, and
// left-justified behind the number of unused bits.
func TestWrappedVectors(t *testing.T) {
	want := bitsOf("10111101100010001110101110")
	wrapped := uint64(0x2006F623AE)
	if wrapped>>37 != 1 || wrapped>>26&0x7FF != 1 {
		t.Fatal("header or start bit")
	}
	if got := fromValue(wrapped&mask(26), 26); !bytes.Equal(got.Data, want.Data) {
		t.Errorf("% x", got.Data)
	}
	pacs, _ := hex.DecodeString("06BD88EB80")
	left := Bits{Count: (len(pacs)-1)*8 - int(pacs[0]), Data: pacs[1:]}
	if left.Count != 26 || !bytes.Equal(left.Data, want.Data) {
		t.Errorf("%+v", left)
	}
	if card, err := Decode(H10301, left); err != nil || card != (Card{123, 4567}) {
		t.Errorf("%+v, %v", card, err)
	}
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	for _, v := range bitVectors {
		for i := range v.bits {
			bits := bitsOf(v.bits)
			bits.Data[i/8] ^= 1 << (7 - i%8)
			if card, err := Decode(v.format, bits); !errors.Is(err, ErrParity) {
				t.Errorf("%v: bit %d flipped: %+v, %v", v.format, i, card, err)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	for name, bits := range map[string]Bits{
		"none": {}, "25": bitsOf(strings.Repeat("0", 25)), "27": bitsOf(strings.Repeat("0", 27)),
		"negative": {Count: -1}, "bytes missing": {Count: 26, Data: make([]byte, 3)}, "bytes too many": {Count: 26, Data: make([]byte, 5)},
	} {
		if _, err := Decode(H10301, bits); !errors.Is(err, ErrLength) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Decode(0, bitsOf("1")); !errors.Is(err, ErrFormat) {
		t.Errorf("format 0: %v", err)
	}
	for _, row := range []struct {
		format Format
		card   Card
	}{{0, Card{}}, {H10301, Card{256, 0}}, {H10301, Card{0, 65536}}, {H10302, Card{1, 0}}, {H10304, Card{0, 1 << 19}}} {
		if _, err := Encode(row.format, row.card); err == nil {
			t.Errorf("%v %+v: encoded", row.format, row.card)
		}
	}
	if H10304.String() != "H10304" || Format(9).String() != "Format(9)" {
		t.Error("names")
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]Format{H10301, H10306, H10302, H10304}).Draw(t, "format")
		l, _ := format.layout()
		card := Card{
			Facility: uint32(rapid.Uint64Range(0, mask(l.facilityBits)).Draw(t, "facility")),
			Number:   rapid.Uint64Range(0, mask(l.numberBits)).Draw(t, "number"),
		}
		bits, err := Encode(format, card)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Decode(format, bits); err != nil || got != card {
			t.Fatalf("%+v, %v", got, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, v := range bitVectors {
		bits := bitsOf(v.bits)
		f.Add(uint8(v.format), bits.Count, bits.Data)
	}
	f.Fuzz(func(t *testing.T, format uint8, count int, data []byte) {
		card, err := Decode(Format(format), Bits{Count: count, Data: data})
		if err != nil {
			return
		}
		bits, err := Encode(Format(format), card)
		if err != nil || bits.Count != count || bits.value() != (Bits{Count: count, Data: data}).value() {
			t.Fatalf("%+v encodes to % x, came from % x (%v)", card, bits.Data, data, err)
		}
	})
}

var serialVectors = []struct {
	frame, id, printed string
	facility           uint32
	number             uint64
}{
	{"0236324533303836434544303803", "62E3086CED", "3808980205", 8, 27885},
	{"0230313030303733344530443203", "01000734E0", "0000472288", 7, 13536},
	{"0230463033363835363842423903", "0F0368568B", "0057169547", 104, 22155},
}

func TestSerialVectors(t *testing.T) {
	for _, v := range serialVectors {
		frame, err := hex.DecodeString(v.frame)
		if err != nil {
			t.Fatal(err)
		}
		card, err := ParseRDM6300(frame)
		if err != nil || card.String() != v.id || card.Printed() != v.printed || card.Wiegand26() != (Card{v.facility, v.number}) {
			t.Errorf("%s: %+v %s %s %+v, %v", v.frame, card, card, card.Printed(), card.Wiegand26(), err)
		}
		if again := AppendRDM6300(nil, card); !bytes.Equal(again, frame) {
			t.Errorf("% x, want % x", again, frame)
		}
		if lower, err := ParseRDM6300(bytes.ToLower(frame)); err != nil || lower != card {
			t.Errorf("lower case: %+v, %v", lower, err)
		}
		for bit := range len(frame) * 8 {
			bad := bytes.Clone(frame)
			bad[bit/8] ^= 1 << (bit % 8)
			if got, err := ParseRDM6300(bad); err == nil && got != card {
				t.Errorf("bit %d flipped: %+v", bit, got)
			}
		}
	}
	if _, err := ParseRDM6300(nil); !errors.Is(err, ErrFrame) {
		t.Errorf("nothing: %v", err)
	}
}

// The 64 bits that a card radiates: nine ones, ten digits with even parity, four column
// parities, a zero. A reader of type RDM6300 reports the digits alone.
func TestCardsAirInterfaceHoldsTheSameDigits(t *testing.T) {
	card := EM4100{0x0F, 0x0368568B}
	air, columns := uint64(0x1FF), uint64(0)
	for _, digit := range fmt.Sprint(card) {
		n, _ := hex.DecodeString("0" + string(digit))
		row := uint64(n[0])
		parity := (row>>3 ^ row>>2 ^ row>>1 ^ row) & 1
		air, columns = air<<5|row<<1|parity, columns^row
	}
	if air = air<<5 | columns<<1; air != 0xFF83C03322A646E4 {
		t.Errorf("%016X", air)
	}
}

func TestDecoderFindsFrames(t *testing.T) {
	one, _ := hex.DecodeString(serialVectors[0].frame)
	two, _ := hex.DecodeString(serialVectors[1].frame)
	wrong := bytes.Clone(one)
	wrong[3] = '0'
	var d Decoder
	got := ""
	for _, part := range [][]byte{[]byte("xx"), one, wrong, one[:7], two, {0x02, 'G'}, {0x02, 0x02}, one[1:], one[:13], {'A'}, two} {
		for _, b := range part {
			if card, ok := d.Push(b); ok {
				got += card.String() + " "
			}
		}
	}
	if want := "62E3086CED 01000734E0 62E3086CED 01000734E0 "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzRDM6300(f *testing.F) {
	for _, v := range serialVectors {
		frame, _ := hex.DecodeString(v.frame)
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		var d Decoder
		for i, b := range stream {
			card, ok := d.Push(b)
			if !ok {
				continue
			}
			if i+1 < FrameLen || !bytes.Equal(AppendRDM6300(nil, card), bytes.ToUpper(stream[i+1-FrameLen:i+1])) {
				t.Fatalf("%v found in % x", card, stream[:i+1])
			}
		}
	})
}
