package main

import (
	"encoding/binary"
	"fmt"

	"trilock/firmware-protocols/epc"
)

// Lengths that tell what a code is.
const (
	epc96Len = 12
	pcLen    = 2
)

// viewEPC returns what a code is, told by its length and its first bits: a PC word, a
// TID, an EPC, or a PC word with its EPC, whose CRC is then computed. It never fails: what
// is no code of a known scheme is a raw EPC.
func viewEPC(code []byte) (object, error) {
	if len(code) == 0 || len(code) > epcBytesMax {
		return nil, fmt.Errorf("a code of %s: want 1 to %d", count(len(code)), epcBytesMax)
	}
	if len(code) == pcLen {
		return viewPC(epc.PC(binary.BigEndian.Uint16(code))), nil
	}
	if tid, err := epc.ParseTID(code); err == nil {
		return viewTID(code, tid), nil
	}
	id := epc.Decode(code)
	if id.Scheme == epc.Raw && len(code) != epc96Len && epc.PC(binary.BigEndian.Uint16(code2(code))).EPCBytes() == len(code)-pcLen {
		return object{{"crc", hex16(epc.CRC16(code))}, {"kind", "crc16"}}, nil
	}
	return viewID(code, id), nil
}

// code2 returns the first two bytes of a code, which may have one only.
func code2(code []byte) []byte { return append(append([]byte{}, code...), 0)[:pcLen] }

// epcBytesMax is the longest EPC with its PC word: the PC counts 31 words.
const epcBytesMax = pcLen + 62

// epcKnown reports whether a code is of a kind or a scheme that says itself.
func epcKnown(code []byte) bool {
	o, err := viewEPC(code)
	return err == nil && (o.has("kind") || o.has("company_prefix"))
}

func viewPC(pc epc.PC) object {
	return object{
		{"words", pc.Words()}, {"epc_bytes", pc.EPCBytes()}, {"umi", bit(pc.UserMemory())}, {"xi", bit(pc.Extended())},
		{"toggle", bit(pc.ISO())}, {"attributes", hex8(pc.Attributes())}, {"kind", "pc"},
	}
}

func viewTID(code []byte, t epc.TID) object {
	flags := uint16(bit(t.Extended)<<11 | bit(t.Security)<<10 | bit(t.File)<<9) //nolint:gosec // three bits
	o := object{
		{"cls", hex8(code[0])}, {"xtid", bit(t.Extended)}, {"security", bit(t.Security)}, {"file", bit(t.File)},
		{"mdid9", fmt.Sprintf("%03X", t.Designer)}, {"mdid12_with_xsf", fmt.Sprintf("%03X", flags|t.Designer)}, {"tmn", fmt.Sprintf("%03X", t.Model)},
	}
	if t.Extended {
		o = o.with("xtid_header", hex16(t.Header))
	}
	if len(t.Serial) > 0 {
		o = o.with("serial_bits", 8*len(t.Serial)).with("serial", hexOf(t.Serial)).with("stid_uri", t.URI())
	}
	return o.with("kind", "tid")
}

func viewID(code []byte, id epc.ID) object {
	o := object{{"header", hex8(code[0])}}
	if id.Scheme == epc.Raw {
		return o.with("scheme", "raw").with("epc", hexOf(code)).with("uri", id.URI())
	}
	partition := 12 - len(id.Prefix)
	o = o.with("filter", int(id.Filter)).with("partition", partition).with("scheme", id.Scheme.String()).with("company_prefix", id.Prefix)
	switch id.Scheme {
	case epc.GDTI96:
		o = o.with("doc_type", id.Reference).with("serial", id.Serial).with("gdti", id.GS1Key())
	case epc.GDTI174:
		o = o.with("doc_type", id.Reference).with("serial", id.SerialText).with("gdti", id.GS1Key())
	case epc.SGTIN96:
		o = o.with("item", id.Reference).with("serial", id.Serial).with("gtin14", id.GS1Key())
	case epc.GRAI96:
		o = o.with("asset_type", id.Reference).with("serial", id.Serial).with("grai", id.GS1Key())
	case epc.GIAI96:
		o = o.with("asset_ref", id.Reference).with("giai", id.GS1Key())
	}
	return o.with("uri", id.URI()).with("tag_uri", id.TagURI())
}
