package r2000

import (
	"encoding/hex"
	"errors"
	"testing"

	"trilock/firmware-protocols/frames/framestest"
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
	framestest.Lengths(t, 5, ErrLength, func(data []byte, check framestest.LengthCheck) {
		_, err := ParseInputs(data)
		check("inputs", err, 2)
		_, err = ParseDetector(data)
		check("detector", err, 1)
		_, err = ParseTemperature(data)
		check("temperature", err, 2)
	})
	if _, err := ParseInputs([]byte{0, 2}); !errors.Is(err, ErrLevel) {
		t.Errorf("level 2: %v", err)
	}
}
