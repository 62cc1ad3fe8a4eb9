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
func ParseEPC(text string) (EPC, error) {
	compact := strings.NewReplacer(" ", "", "-", "").Replace(text)
	raw, err := hex.DecodeString(compact)
	if err != nil {
		return EPC{}, fmt.Errorf("EPC %q: not hexadecimal", text)
	}
	e, err := EPCFromBytes(raw)
	if err != nil {
		return EPC{}, fmt.Errorf("EPC %q: %w", text, err)
	}
	return e, nil
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
