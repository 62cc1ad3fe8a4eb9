package openingsim

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// A reader of deterministic CBOR for the second firmware, written from SPEC.md section 3
// and unlike lockwire's: it builds a tree first and looks at the shape afterwards.

type value struct {
	major byte
	n     uint64 // of numbers and booleans (20, 21)
	raw   []byte // of strings
	items []value
	keys  []value // of maps
}

var errCBOR = errors.New("not the one encoding")

// lax are the sins that a planted bug forgives.
type lax struct{ trailing, shortest, order, unknown bool }

func parseCBOR(data []byte, forgive lax) (value, error) {
	v, rest, err := parseItem(data, forgive, 0)
	if err == nil && len(rest) > 0 && !forgive.trailing {
		err = errCBOR
	}
	if err != nil {
		return value{}, err
	}
	return v, nil
}

func parseItem(data []byte, forgive lax, depth int) (value, []byte, error) {
	if len(data) == 0 || depth > 8 {
		return value{}, nil, errCBOR
	}
	v, rest, err := parseHead(data, forgive)
	if err != nil {
		return v, nil, err
	}
	switch v.major {
	case 0, 1, 7:
		return v, rest, nil
	case 2, 3:
		if v.n > uint64(len(rest)) {
			return v, nil, errCBOR
		}
		v.raw = rest[:v.n]
		if v.major == 3 && !utf8.Valid(v.raw) {
			return v, nil, errCBOR
		}
		return v, rest[v.n:], nil
	case 4, 5:
		return parseItems(v, rest, forgive, depth)
	}
	return v, nil, errCBOR
}

func parseItems(v value, rest []byte, forgive lax, depth int) (value, []byte, error) {
	if v.n > uint64(len(rest)) {
		return v, nil, errCBOR
	}
	for range v.n {
		var item value
		var err error
		if v.major == 5 {
			if item, rest, err = parseItem(rest, forgive, depth+1); err != nil {
				return v, nil, err
			}
			if last := len(v.keys) - 1; item.major != 0 || last >= 0 && item.n <= v.keys[last].n && !forgive.order {
				return v, nil, errCBOR
			}
			v.keys = append(v.keys, item)
		}
		if item, rest, err = parseItem(rest, forgive, depth+1); err != nil {
			return v, nil, err
		}
		v.items = append(v.items, item)
	}
	return v, rest, nil
}

func parseHead(data []byte, forgive lax) (value, []byte, error) {
	v, info := value{major: data[0] >> 5}, data[0]&31
	rest := data[1:]
	size := 0
	switch {
	case v.major == 7:
		if info != 20 && info != 21 {
			return v, nil, errCBOR
		}
		v.n = uint64(info)
		return v, rest, nil
	case info < 24:
		v.n = uint64(info)
		return v, rest, nil
	case info <= 27:
		size = 1 << (info - 24)
	default:
		return v, nil, errCBOR
	}
	if len(rest) < size {
		return v, nil, errCBOR
	}
	var eight [8]byte
	copy(eight[8-size:], rest[:size])
	v.n = binary.BigEndian.Uint64(eight[:])
	least := uint64(24)
	if size > 1 {
		least = 1 << (8 * size / 2)
	}
	if v.n < least && !forgive.shortest {
		return v, nil, errCBOR
	}
	return v, rest[size:], nil
}

// fields returns the values of a map with exactly the keys 1 to n.
func (v value) fields(n int, forgive lax) ([]value, bool) {
	if v.major != 5 || len(v.keys) != n && !(forgive.unknown && len(v.keys) > n) {
		return nil, false
	}
	out := make([]value, n)
	seen := make([]bool, n)
	for i, k := range v.keys {
		if k.n == 0 || k.n > uint64(n) {
			if forgive.unknown {
				continue
			}
			return nil, false
		}
		if seen[k.n-1] {
			return nil, false
		}
		seen[k.n-1], out[k.n-1] = true, v.items[i]
	}
	for _, s := range seen {
		if !s {
			return nil, false
		}
	}
	return out, true
}

func (v value) number(least, most uint64) (uint64, bool) {
	return v.n, v.major == 0 && v.n >= least && v.n <= most
}

func (v value) bytes(least, most int) ([]byte, bool) {
	return v.raw, v.major == 2 && len(v.raw) >= least && len(v.raw) <= most
}

func (v value) text(least, most int) (string, bool) {
	return string(v.raw), v.major == 3 && len(v.raw) >= least && len(v.raw) <= most
}

// head and the others write, for messages that lockwire would not.
func head(dst []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(dst, major<<5|byte(n))
	case n < 1<<8:
		return append(dst, major<<5|24, byte(n))
	}
	return binary.BigEndian.AppendUint16(append(dst, major<<5|25), uint16(n)) //nolint:gosec // messages are short
}

func byteString(dst, s []byte) []byte { return append(head(dst, 2, uint64(len(s))), s...) }

func textString(dst []byte, s string) []byte { return append(head(dst, 3, uint64(len(s))), s...) }
