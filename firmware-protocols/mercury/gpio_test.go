package mercury

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGPIO(t *testing.T) {
	if f := decodeOne(t, hex.EncodeToString(AppendGetGPIO(nil)), true); f.Opcode != OpGetGPIO || len(f.Data) != 1 || f.Data[0] != 1 {
		t.Errorf("request %+v", f)
	}
	want := []Pin{{1, false, true}, {2, true, false}, {3, false, false}}
	f := decodeOne(t, hex.EncodeToString(AppendGPIO(nil, want)), false)
	if got, err := ParseGPIO(f.Data); err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for data, want := range map[string]error{
		"": ErrLength, "00": ErrLength, "01": nil, "0101": ErrLength, "010100": ErrLength, "01010200": ErrPin, "01010002": ErrPin,
		"01" + hex.EncodeToString(make([]byte, pinLen*(maxPins+1))): ErrLength,
	} {
		if _, err := ParseGPIO(unhex(t, data)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", data, err, want)
		}
	}
}
