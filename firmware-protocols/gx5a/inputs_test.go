package gx5a

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInputs(t *testing.T) {
	want := []InputLevel{{0, false}, {1, true}}
	f := decodeOne(t, hex.EncodeToString(AppendInputs(nil, want)))
	if got, err := ParseInputs(f.Data); err != nil || !cmp.Equal(got, want) || f.Code() != CodeInputs {
		t.Errorf("%v, %v", got, err)
	}
	for data, want := range map[string]error{"": nil, "00": ErrShort, "000100": ErrShort, "0002": ErrLevel, hex.EncodeToString(make([]byte, 2*maxInputs+2)): ErrLong} {
		if _, err := ParseInputs(unhex(t, data)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", data, err, want)
		}
	}
}
