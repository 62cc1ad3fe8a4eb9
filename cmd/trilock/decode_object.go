package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// object is a decoded frame: its fields in the order in which they are printed.
type object []property

type property struct {
	name  string
	value any
}

// with returns the object with one field more.
func (o object) with(name string, value any) object { return append(o, property{name, value}) }

// has reports whether the object has a field.
func (o object) has(name string) bool {
	for _, p := range o {
		if p.name == name {
			return true
		}
	}
	return false
}

// only returns the object with those of its fields that are named.
func (o object) only(names []string) (kept object) {
	for _, p := range o {
		if slices.Contains(names, p.name) {
			kept = append(kept, p)
		}
	}
	return kept
}

// MarshalJSON keeps the order of the fields.
func (o object) MarshalJSON() ([]byte, error) {
	out := bytes.NewBufferString("{")
	for i, p := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		value, err := json.Marshal(p.value)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", p.name, err)
		}
		fmt.Fprintf(out, "%q:%s", p.name, value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// decimal is a number that always shows its point: 916.0, 867.9.
type decimal float64

// MarshalJSON writes as few digits as tell the number, and at least one behind the point.
func (d decimal) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(d), 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return []byte(text), nil
}

// Bytes and words as the sheets print them: upper-case hexadecimal, all digits.

func hexOf(p []byte) string { return fmt.Sprintf("%X", p) }
func hex8[T ~uint8](v T) string {
	return fmt.Sprintf("%02X", uint8(v))
}
func hex16[T ~uint16](v T) string { return fmt.Sprintf("%04X", uint16(v)) }
func hex32(v uint32) string       { return fmt.Sprintf("%08X", v) }

// numbers turns bytes into a list of numbers: a byte slice itself would become base64.
func numbers[T ~uint8](p []T) []int {
	list := make([]int, len(p))
	for i, b := range p {
		list[i] = int(b)
	}
	return list
}

// bit is a flag that the sheets print as 0 or 1.
func bit(set bool) int {
	if set {
		return 1
	}
	return 0
}
