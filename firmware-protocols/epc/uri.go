package epc

import (
	"fmt"
	"strconv"
	"strings"
)

// URI returns the pure identity, "urn:epc:id:gdti:0614141.12345.5678" (TDS 1.13, clause
// 6). A Raw ID gives its raw URI, as TagURI does.
func (id ID) URI() string {
	l, ok := layoutOf(id.Scheme)
	if !ok {
		return id.rawURI()
	}
	return "urn:epc:id:" + l.identity + ":" + id.fields(l)
}

// TagURI returns the identity with what else the tag says, for example
// "urn:epc:tag:gdti-96:3.0614141.12345.5678" (TDS 1.13, clause 12). A Raw ID gives
// "urn:epc:raw:96.x2C74…".
func (id ID) TagURI() string {
	l, ok := layoutOf(id.Scheme)
	if !ok {
		return id.rawURI()
	}
	return fmt.Sprintf("urn:epc:tag:%s:%d.%s", l.name, id.Filter, id.fields(l))
}

func (id ID) rawURI() string {
	return fmt.Sprintf("urn:epc:raw:%d.x%X", 8*len(id.Bytes), id.Bytes)
}

func (id ID) fields(l layout) string {
	if l.serialBits == 0 {
		return id.Prefix + "." + id.Reference
	}
	if l.text() {
		return id.Prefix + "." + id.Reference + "." + escape(id.SerialText)
	}
	return id.Prefix + "." + id.Reference + "." + strconv.FormatUint(id.Serial, 10)
}

// ParseURI reads what TagURI writes for the known schemes: the form in which a registry
// or a tag printer names a tag. Its errors wrap ErrNotEncodable.
func ParseURI(uri string) (ID, error) {
	rest, ok := strings.CutPrefix(uri, "urn:epc:tag:")
	if !ok {
		return ID{}, fmt.Errorf("%w: %q is not a tag URI", ErrNotEncodable, uri)
	}
	name, fields, _ := strings.Cut(rest, ":")
	for s := GDTI96; s <= schemeLast; s++ {
		if l, _ := layoutOf(s); l.name == name {
			filter, fields, _ := strings.Cut(fields, ".")
			v, err := number(filter)
			if err != nil || v > 7 || len(filter) != 1 {
				return ID{}, fmt.Errorf("%w: %q has no filter of 0 to 7", ErrNotEncodable, uri)
			}
			return parseFields(uri, s, l, uint8(v), fields)
		}
	}
	return ID{}, fmt.Errorf("%w: %q names no scheme that is known here", ErrNotEncodable, uri)
}

// ParseIdentity reads what URI writes for the known schemes, and chooses the coding that
// the URI leaves open: a GDTI goes into 96 bits when its serial is a number that they hold,
// and into 174 otherwise; all others go into 96. The filter is 0. Its errors wrap ErrNotEncodable.
func ParseIdentity(uri string) (ID, error) {
	rest, ok := strings.CutPrefix(uri, "urn:epc:id:")
	if !ok {
		return ID{}, fmt.Errorf("%w: %q is not the URI of an identity", ErrNotEncodable, uri)
	}
	name, fields, _ := strings.Cut(rest, ":")
	failed := fmt.Errorf("%w: %q names no scheme that is known here", ErrNotEncodable, uri)
	for s := GDTI96; s <= schemeLast; s++ {
		l, _ := layoutOf(s)
		if l.identity != name {
			continue
		}
		id, err := parseFields(uri, s, l, 0, fields)
		if err == nil {
			return id, nil
		}
		failed = err
	}
	return ID{}, failed
}

// parseFields reads prefix, reference and serial. Only a serial that is text may hold dots.
func parseFields(uri string, s Scheme, l layout, filter uint8, fields string) (ID, error) {
	want := 3
	if l.serialBits == 0 {
		want = 2
	}
	parts := strings.Split(fields, ".")
	if l.text() {
		parts = strings.SplitN(fields, ".", want)
	}
	if len(parts) != want {
		return ID{}, fmt.Errorf("%w: %q has %d fields, want %d", ErrNotEncodable, uri, len(parts), want)
	}
	id := ID{Scheme: s, Filter: filter, Prefix: parts[0], Reference: parts[1]}
	var err error
	switch {
	case l.text():
		id.SerialText, err = unescape(parts[2])
	case want == 3:
		id.Serial, err = number(parts[2])
		if err == nil && parts[2] != strconv.FormatUint(id.Serial, 10) {
			err = fmt.Errorf("%w: serial %q has leading zeros", ErrNotEncodable, parts[2])
		}
	}
	if err != nil {
		return ID{}, err
	}
	if _, err = Encode(id); err != nil { // checks every field against its partition
		return ID{}, err
	}
	return id, nil
}

// GS1Key returns the number as GS1 prints it, with check digit: for GDTI what stands
// behind (253), for SGTIN the GTIN-14 without the serial, for GRAI what stands behind
// (8003), for GIAI what stands behind (8004). It is empty for a Raw ID.
func (id ID) GS1Key() string {
	serial := strconv.FormatUint(id.Serial, 10)
	switch id.Scheme {
	case GDTI96:
		return checked(id.Prefix+id.Reference) + serial
	case GDTI174:
		return checked(id.Prefix+id.Reference) + id.SerialText
	case GRAI96:
		return "0" + checked(id.Prefix+id.Reference) + serial
	case GIAI96:
		return id.Prefix + id.Reference
	case SGTIN96:
		if id.Reference != "" {
			return checked(id.Reference[:1] + id.Prefix + id.Reference[1:])
		}
	case Raw:
	}
	return ""
}

// checked appends the GS1 check digit: the digits count 3 and 1 in turn from the right,
// and the check digit fills up to the next multiple of ten.
func checked(digits string) string {
	sum := 0
	for i := range len(digits) {
		weight := 1
		if (len(digits)-i)%2 == 1 {
			weight = 3
		}
		sum += weight * int(digits[i]-'0')
	}
	return digits + strconv.Itoa((10-sum%10)%10)
}

// NewGDTI composes the GDTI of a document and chooses its coding as ParseIdentity does: 96
// bits when the serial is a number that they hold, 174 otherwise. The document type has as
// many digits as the company prefix leaves of twelve. Its errors wrap ErrNotEncodable.
func NewGDTI(prefix, documentType, serial string) (ID, error) {
	id := ID{Scheme: GDTI96, Prefix: prefix, Reference: documentType}
	if n, err := number(serial); err == nil && strconv.FormatUint(n, 10) == serial && checkFits(n) {
		id.Serial = n
	} else {
		id.Scheme, id.SerialText = GDTI174, serial
	}
	if _, err := Encode(id); err != nil {
		return ID{}, err
	}
	return id, nil
}

// checkFits reports whether a serial fits GDTI-96.
func checkFits(serial uint64) bool {
	l, _ := layoutOf(GDTI96)
	return serial>>l.serialBits == 0
}
