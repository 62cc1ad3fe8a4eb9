package wiegand

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// The known formats are the same read by their own rules and by their parts.
func TestLayoutsOfKnownFormats(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		format := rapid.SampledFrom([]Format{H10301, H10306, H10302, H10304}).Draw(rt, "format")
		layout, err := format.Layout()
		if err != nil || layout.Validate() != nil {
			rt.Fatal(err, layout.Validate())
		}
		raw := rapid.SliceOfN(rapid.Byte(), (layout.Bits+7)/8, (layout.Bits+7)/8).Draw(rt, "bits")
		b := Bits{Count: layout.Bits, Data: raw}
		want, wantErr := Decode(format, b)
		got, gotErr := layout.Decode(b)
		if got != want || errors.Is(gotErr, ErrParity) != errors.Is(wantErr, ErrParity) {
			rt.Fatalf("%v: %+v, %v; by its own rules %+v, %v", format, got, gotErr, want, wantErr)
		}
		card := Card{uint32(rapid.Uint64().Draw(rt, "fc") & mask(layout.Facility.Count)), rapid.Uint64().Draw(rt, "cn") & mask(layout.Number.Count)}
		one, err := Encode(format, card)
		two, err2 := layout.Encode(card)
		if err != nil || err2 != nil || string(one.Data) != string(two.Data) {
			rt.Fatalf("%v: %X %v, by its own rules %X %v", format, two.Data, err2, one.Data, err)
		}
	})
}

// works is a format of 32 bits with an overlap of its parities.
var works = Layout{
	Name: "works-32", Bits: 32, Facility: Field{1, 12}, Number: Field{13, 18},
	Parity: []Parity{{Bit: 0, Covers: mask(20) << 11}, {Bit: 31, Odd: true, Covers: mask(20) << 1}},
}

func TestLayoutOfASite(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		card := Card{rapid.Uint32Range(0, 4095).Draw(rt, "fc"), rapid.Uint64Range(0, 1<<18-1).Draw(rt, "cn")}
		b, err := works.Encode(card)
		if err != nil {
			rt.Fatal(err)
		}
		if got, err := works.Decode(b); err != nil || got != card {
			rt.Fatalf("%+v, %v", got, err)
		}
		bit := rapid.IntRange(0, 31).Draw(rt, "bit")
		b.Data[bit/8] ^= 1 << (7 - bit%8)
		if _, err := works.Decode(b); !errors.Is(err, ErrParity) {
			rt.Fatalf("bit %d flipped: %v", bit, err)
		}
	})
	if _, err := works.Decode(Bits{26, make([]byte, 4)}); !errors.Is(err, ErrLength) {
		t.Error(err)
	}
	for _, card := range []Card{{4096, 0}, {0, 1 << 18}} {
		if _, err := works.Encode(card); err == nil {
			t.Errorf("%+v was encoded", card)
		}
	}
}

func TestImpossibleLayouts(t *testing.T) {
	for name, change := range map[string]func(*Layout){
		"no bits":             func(l *Layout) { l.Bits = 0 },
		"too many bits":       func(l *Layout) { l.Bits = 65 },
		"number outside":      func(l *Layout) { l.Number.Count = 20 },
		"no number":           func(l *Layout) { l.Number.Count = 0 },
		"negative":            func(l *Layout) { l.Number.First = -1 },
		"same bits":           func(l *Layout) { l.Facility.Count = 13 },
		"parity on number":    func(l *Layout) { l.Parity = []Parity{{Bit: 20}} },
		"two parities at one": func(l *Layout) { l.Parity = []Parity{{Bit: 0}, {Bit: 0}} },
		"parity outside":      func(l *Layout) { l.Parity = []Parity{{Bit: 32}} },
		"covers outside":      func(l *Layout) { l.Parity = []Parity{{Bit: 0, Covers: 1 << 40}} },
	} {
		l := works
		change(&l)
		if err := l.Validate(); !errors.Is(err, ErrLayout) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := works.Validate(); err != nil {
		t.Error(err)
	}
	if _, err := Format(99).Layout(); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
}
