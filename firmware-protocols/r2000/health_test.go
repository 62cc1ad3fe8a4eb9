package r2000

import (
	"encoding/hex"
	"errors"
	"testing"
)

// The contents of these answers are as documented; no capture of them is at hand.
func TestHealthAnswers(t *testing.T) {
	data := func(wire []byte) []byte { return decodeOne(t, hex.EncodeToString(wire)).Data }
	for _, high := range [][Inputs]bool{{false, false}, {true, false}, {false, true}} {
		if got, err := ParseInputs(data(AppendInputs(nil, 1, high))); err != nil || got != high {
			t.Errorf("inputs %v, %v; want %v", got, err, high)
		}
	}
	for _, wire := range [][]byte{AppendSetDetector(nil, 1, 3), AppendDetector(nil, 1, 3)} {
		if dB, err := ParseDetector(data(wire)); err != nil || dB != 3 {
			t.Errorf("detector %d, %v", dB, err)
		}
	}
	want := Temperature{Sign: 1, Degrees: 49}
	if got, err := ParseTemperature(data(AppendTemperature(nil, 1, want))); err != nil || got != want {
		t.Errorf("temperature %+v, %v", got, err)
	}
}

func TestHealthAnswersThatAreRefused(t *testing.T) {
	for n := range 5 {
		_, inputs := ParseInputs(make([]byte, n))
		_, detector := ParseDetector(make([]byte, n))
		_, temperature := ParseTemperature(make([]byte, n))
		for name, v := range map[string]struct {
			err  error
			want int
		}{"inputs": {inputs, 2}, "detector": {detector, 1}, "temperature": {temperature, 2}} {
			if (v.err == nil) != (n == v.want) || (v.err != nil && !errors.Is(v.err, ErrLength)) {
				t.Errorf("%s of %d bytes: %v", name, n, v.err)
			}
		}
	}
	if _, err := ParseInputs([]byte{0, 2}); !errors.Is(err, ErrLevel) {
		t.Errorf("level 2: %v", err)
	}
}
