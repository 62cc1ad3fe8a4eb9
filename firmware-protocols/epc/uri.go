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
	return id.Prefix + "." + id.Reference + "." + strconv.FormatUint(id.Serial, 10)
}

// ParseURI reads what TagURI writes for the four schemes: the form in which a registry
// or a tag printer names a tag.
func ParseURI(uri string) (ID, error) {
	rest, ok := strings.CutPrefix(uri, "urn:epc:tag:")
	if !ok {
		return ID{}, fmt.Errorf("%w: %q is not a tag URI", ErrNotEncodable, uri)
	}
	name, fields, _ := strings.Cut(rest, ":")
	for s := GDTI96; s <= GIAI96; s++ {
		if l, _ := layoutOf(s); l.name == name {
			return parseFields(uri, s, l, strings.Split(fields, "."))
		}
	}
	return ID{}, fmt.Errorf("%w: %q names no scheme that is known here", ErrNotEncodable, uri)
}

func parseFields(uri string, s Scheme, l layout, parts []string) (ID, error) {
	want := 4
	if l.serialBits == 0 {
		want = 3
	}
	if len(parts) != want {
		return ID{}, fmt.Errorf("%w: %q has %d fields, want %d", ErrNotEncodable, uri, len(parts), want)
	}
	filter, err := number(parts[0])
	if err != nil || filter > 7 {
		return ID{}, fmt.Errorf("%w: %q has no filter of 0 to 7", ErrNotEncodable, uri)
	}
	id := ID{Scheme: s, Filter: uint8(filter), Prefix: parts[1], Reference: parts[2]}
	if want == 4 {
		if id.Serial, err = number(parts[3]); err != nil {
			return ID{}, err
		}
		if parts[3] != strconv.FormatUint(id.Serial, 10) {
			return ID{}, fmt.Errorf("%w: serial %q has leading zeros", ErrNotEncodable, parts[3])
		}
	}
	_, err = Encode(id) // checks every field against its partition
	return id, err
}

// GS1Key returns the number as GS1 prints it, with check digit: for GDTI what stands
// behind (253), for SGTIN the GTIN-14 without the serial, for GRAI what stands behind
// (8003), for GIAI what stands behind (8004). It is empty for a Raw ID.
func (id ID) GS1Key() string {
	serial := strconv.FormatUint(id.Serial, 10)
	switch id.Scheme {
	case GDTI96:
		return checked(id.Prefix+id.Reference) + serial
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
