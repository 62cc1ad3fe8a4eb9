// Package epc reads and composes what a Gen2 tag (ISO/IEC 18000-63) holds: the schemes of
// the GS1 EPC Tag Data Standard (TDS 1.13) that a document store meets, the PC word, the
// Gen2 CRC and the TID; and it names what can be done to a tag's memory: banks, words,
// passwords and locks. It is pure. In reading it refuses nothing: most tags in the field
// are not GS1-coded or are coded badly, so whatever is not a clean code of a known scheme
// stays raw hexadecimal.
//
// The schemes share one layout (TDS 1.13, clause 14):
//
//	+--------+--------+-----------+----------------+-----------------+--------+
//	| header | filter | partition | company prefix | reference       | serial |
//	| 8 bits | 3      | 3         | 20-40          | the partition   | rest   |
//	+--------+--------+-----------+----------------+-----------------+--------+
//
// The partition says how many bits and digits the prefix and the reference have; the
// two always have the same sum of bits. Values are binary; their decimal forms are
// padded with zeros to the partition's digits, and must not need more digits than that.
// The serial of GDTI-174 is text instead: 17 characters of 7 bits, of which those that are
// not used are zero; and two zero bits fill the code up to whole words.
package epc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Scheme is a coding scheme of the Tag Data Standard.
type Scheme uint8

// The schemes. The zero value is Raw: not a code of a known scheme.
const (
	Raw Scheme = iota
	GDTI96
	SGTIN96
	GRAI96
	GIAI96
	GDTI174

	schemeLast = GDTI174
)

// String returns the scheme's name in tag URIs.
func (s Scheme) String() string {
	if l, ok := layoutOf(s); ok {
		return l.name
	}
	return "raw"
}

// ID is the content of an EPC bank.
type ID struct {
	Scheme Scheme
	// Filter is 0 to 7; its meaning is the scheme's (GDTI: 1 is a travel document, 0 all others).
	Filter uint8
	// Prefix is the GS1 company prefix, 6 to 12 digits.
	Prefix string
	// Reference is the document type (GDTI), indicator and item (SGTIN), asset type
	// (GRAI) or individual asset (GIAI). It is empty where prefix and check digit leave no room for one.
	Reference string
	// Serial is the serial number; GIAI has none, and that of GDTI-174 is SerialText.
	Serial uint64
	// SerialText is the serial of GDTI-174: 1 to 17 characters out of those that GS1 allows
	// in element strings (TDS 1.13, annex A). It is empty in all other schemes.
	SerialText string
	// Bytes is the whole bank for a Raw ID, and nil otherwise.
	Bytes []byte
}

// layout is what distinguishes one scheme from the others.
type layout struct {
	name       string // in urn:epc:tag
	identity   string // in urn:epc:id
	header     uint8
	bits       int // of the code, without what fills it up to whole words
	serialBits int
	// referenceDigits is the digits at partition 0; each further partition has one more.
	referenceDigits int
}

// layoutOf returns a scheme's layout (TDS 1.13, clause 14, and table 14-1 for the headers).
func layoutOf(s Scheme) (layout, bool) {
	switch s {
	case GDTI96:
		return layout{"gdti-96", "gdti", 0x2C, 96, 41, 0}, true
	case SGTIN96:
		return layout{"sgtin-96", "sgtin", 0x30, 96, 38, 1}, true
	case GRAI96:
		return layout{"grai-96", "grai", 0x33, 96, 38, 0}, true
	case GIAI96:
		return layout{"giai-96", "giai", 0x34, 96, 0, 13}, true
	case GDTI174:
		return layout{"gdti-174", "gdti", 0x3E, 174, charBits * MaxSerialText, 0}, true
	case Raw:
	}
	return layout{}, false
}

// size returns how many bytes of whole words the code takes.
func (l layout) size() int { return (l.bits + 15) / 16 * 2 }

// text reports whether the serial is text.
func (l layout) text() bool { return l.serialBits > 64 }

// schemeOf returns the scheme of a header byte.
func schemeOf(header uint8) Scheme {
	for s := GDTI96; s <= schemeLast; s++ {
		if l, _ := layoutOf(s); l.header == header {
			return s
		}
	}
	return Raw
}

const (
	headBits      = 8 + 3 + 3
	partitionsMax = 6
	prefixLongest = 12
)

// prefixBits returns the width of the company prefix at a partition, 0 to 6.
func prefixBits(partition int) int { return [...]int{40, 37, 34, 30, 27, 24, 20}[partition] }

// referenceBits is what header, filter, partition, prefix and serial leave over.
func (l layout) referenceBits(partition int) int {
	return l.bits - headBits - prefixBits(partition) - l.serialBits
}

// digitsAt returns how many digits the reference has at a partition.
func (l layout) digitsAt(partition int) int { return l.referenceDigits + partition }

// Decode reads an EPC bank (without CRC and PC word). It never fails: an unknown header
// or length, or a value that needs more digits than its partition grants, gives a Raw ID with a copy of the bytes.
func Decode(bank []byte) ID {
	if id, ok := decode(bank); ok {
		return id
	}
	return ID{Bytes: append([]byte{}, bank...)}
}

func decode(bank []byte) (ID, bool) {
	if len(bank) == 0 {
		return ID{}, false
	}
	s := schemeOf(bank[0])
	l, ok := layoutOf(s)
	if !ok || len(bank) != l.size() {
		return ID{}, false
	}
	r := bitReader{p: bank, at: 8}
	filter := uint8(r.read(3)) //nolint:gosec // three bits
	partition := int(r.read(3))
	if partition > partitionsMax {
		return ID{}, false
	}
	prefix, prefixOK := pad(r.read(prefixBits(partition)), prefixLongest-partition)
	raw := r.read(l.referenceBits(partition))
	reference, referenceOK := l.referenceText(raw, partition)
	id := ID{Scheme: s, Filter: filter, Prefix: prefix, Reference: reference}
	serialOK := true
	if l.text() {
		id.SerialText, serialOK = r.readText(l.serialBits / charBits)
	} else {
		id.Serial = r.read(l.serialBits)
	}
	filledUp := r.read(8*l.size()-l.bits) == 0
	return id, prefixOK && referenceOK && serialOK && filledUp
}

// referenceText writes a reference in its digits. GIAI's is a number of its own,
// without leading zeros; the others are padded.
func (l layout) referenceText(v uint64, partition int) (string, bool) {
	digits := l.digitsAt(partition)
	if l.serialBits == 0 {
		text := strconv.FormatUint(v, 10)
		return text, len(text) <= digits
	}
	return pad(v, digits)
}

// pad writes v in exactly so many digits, and reports false when it needs more.
func pad(v uint64, digits int) (string, bool) {
	if digits == 0 {
		return "", v == 0
	}
	text := strconv.FormatUint(v, 10)
	if len(text) > digits {
		return "", false
	}
	return strings.Repeat("0", digits-len(text)) + text, true
}

// ErrNotEncodable is wrapped by every error of Encode.
var ErrNotEncodable = errors.New("epc: cannot be written to a tag")

// Encode writes id as the whole words of its scheme (12 bytes, or 22 for GDTI-174), or a
// Raw ID as its own bytes. Its errors wrap ErrNotEncodable and name the field.
func Encode(id ID) ([]byte, error) {
	l, ok := layoutOf(id.Scheme)
	if !ok {
		return append([]byte{}, id.Bytes...), nil
	}
	partition := prefixLongest - len(id.Prefix)
	if partition < 0 || partition > partitionsMax {
		return nil, fmt.Errorf("%w: company prefix %q must have 6 to 12 digits", ErrNotEncodable, id.Prefix)
	}
	if id.Filter > 7 {
		return nil, fmt.Errorf("%w: filter %d is above 7", ErrNotEncodable, id.Filter)
	}
	prefix, err := number(id.Prefix)
	if err != nil {
		return nil, err
	}
	reference, err := l.referenceNumber(id.Reference, partition)
	if err != nil {
		return nil, err
	}
	if err := l.checkSerial(id); err != nil {
		return nil, err
	}
	w := bitWriter{p: make([]byte, l.size())}
	w.write(uint64(l.header), 8)
	w.write(uint64(id.Filter), 3)
	w.write(uint64(partition), 3)
	w.write(prefix, prefixBits(partition))
	w.write(reference, l.referenceBits(partition))
	if l.text() {
		w.writeText(id.SerialText)
	} else {
		w.write(id.Serial, l.serialBits)
	}
	return w.p, nil
}

// checkSerial reports what keeps id's serial from being written.
func (l layout) checkSerial(id ID) error {
	switch {
	case l.text() && id.Serial != 0:
		return fmt.Errorf("%w: the serial of %s is text: %d is given as a number", ErrNotEncodable, l.name, id.Serial)
	case l.text():
		return checkText(id.SerialText)
	case id.SerialText != "":
		return fmt.Errorf("%w: serial %q of %s must be given as a number", ErrNotEncodable, id.SerialText, l.name)
	case id.Serial>>l.serialBits != 0:
		return fmt.Errorf("%w: serial %d needs more than %d bits", ErrNotEncodable, id.Serial, l.serialBits)
	}
	return nil
}

// referenceNumber is the inverse of referenceText.
func (l layout) referenceNumber(text string, partition int) (uint64, error) {
	digits := l.digitsAt(partition)
	switch {
	case l.serialBits == 0 && (len(text) < 1 || len(text) > digits || (len(text) > 1 && text[0] == '0')):
		return 0, fmt.Errorf("%w: asset reference %q must have 1 to %d digits and no leading zero", ErrNotEncodable, text, digits)
	case l.serialBits != 0 && len(text) != digits:
		return 0, fmt.Errorf("%w: reference %q must have %d digits beside this company prefix", ErrNotEncodable, text, digits)
	case text == "":
		return 0, nil
	}
	v, err := number(text)
	if err == nil && v>>l.referenceBits(partition) != 0 {
		return 0, fmt.Errorf("%w: reference %q needs more than %d bits", ErrNotEncodable, text, l.referenceBits(partition))
	}
	return v, err
}

// number reads decimal digits and nothing else.
func number(text string) (uint64, error) {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%w: %q is not a number", ErrNotEncodable, text)
		}
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is too large", ErrNotEncodable, text)
	}
	return v, nil
}
