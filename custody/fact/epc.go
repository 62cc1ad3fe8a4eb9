package fact

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
)

// EPC is the content of a tag's EPC bank, without CRC and PC word: 1 to 62 bytes (the
// PC word's length field counts up to 31 words; ISO/IEC 18000-63). It is a value: it
// can be a map key and copying it allocates nothing. The zero value is "no tag".
//
// Its text form is upper-case hexadecimal.
type EPC struct {
	n uint8
	b [MaxEPCBytes]byte
}

// EPCFromBytes copies raw EPC bytes. It fails on none or more than MaxEPCBytes.
func EPCFromBytes(raw []byte) (EPC, error) {
	var e EPC
	if len(raw) == 0 || len(raw) > MaxEPCBytes {
		return e, fmt.Errorf("EPC of %d bytes: want 1 to %d", len(raw), MaxEPCBytes)
	}
	e.n = uint8(copy(e.b[:], raw)) //nolint:gosec // at most MaxEPCBytes
	return e, nil
}

// ParseEPC reads hexadecimal, upper or lower case; spaces and hyphens between digits are ignored.
// It allocates nothing but its errors: recordings have millions of them.
func ParseEPC(text string) (EPC, error) {
	var e EPC
	digits := 0
	for k := range len(text) {
		if text[k] == ' ' || text[k] == '-' {
			continue
		}
		v, ok := digit(text[k])
		switch at := digits / 2; {
		case !ok:
			return EPC{}, fmt.Errorf("EPC %q: not hexadecimal", clipped(text))
		case at >= MaxEPCBytes: // counted, and said with the others
		case digits%2 == 0:
			e.b[at] = v << 4
		default:
			e.b[at] |= v
		}
		digits++
	}
	switch {
	case digits%2 != 0:
		return EPC{}, fmt.Errorf("EPC %q: an odd number of digits", clipped(text))
	case digits == 0 || digits > 2*MaxEPCBytes:
		return EPC{}, fmt.Errorf("EPC %q: EPC of %d bytes: want 1 to %d", clipped(text), digits/2, MaxEPCBytes)
	}
	e.n = uint8(digits / 2) //nolint:gosec // at most MaxEPCBytes
	return e, nil
}

// digit returns the value of a hexadecimal digit.
func digit(c byte) (v byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// clipped shortens what is no EPC for an error's line.
func clipped(text string) string {
	if most := 3 * MaxEPCBytes; len(text) > most {
		return text[:most] + "..."
	}
	return text
}

// IsZero reports whether e is "no tag".
func (e EPC) IsZero() bool { return e.n == 0 }

// Bytes returns a copy of the EPC's bytes.
func (e EPC) Bytes() []byte { return append([]byte(nil), e.b[:e.n]...) }

// Append appends the EPC's bytes to dst and returns it: Bytes without its allocation.
func (e EPC) Append(dst []byte) []byte { return append(dst, e.b[:e.n]...) }

// Compare orders EPCs by their bytes, as bytes.Compare does.
func (e EPC) Compare(other EPC) int { return bytes.Compare(e.b[:e.n], other.b[:other.n]) }

// String returns upper-case hexadecimal.
func (e EPC) String() string { return strings.ToUpper(hex.EncodeToString(e.b[:e.n])) }

// MarshalText writes upper-case hexadecimal.
func (e EPC) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads hexadecimal; empty text is the zero EPC.
func (e *EPC) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*e = EPC{}
		return nil
	}
	parsed, err := ParseEPC(string(text))
	if err != nil {
		return err
	}
	*e = parsed
	return nil
}
