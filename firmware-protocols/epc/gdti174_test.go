package epc

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The first two are the standard's own examples (TDS 1.13 and TDS 2.3, annex E.3); the
// others are computed with the standard's tables.
var vectors174 = []struct {
	bank string
	id   ID
	key  string
	uri  string
	tag  string
}{
	{
		"3E74F4E4E7039B061438997367D0C18B266D1AB66EE0", ID{Scheme: GDTI174, Filter: 3, Prefix: "4012345", Reference: "98765", SerialText: "ABCDefgh012345678"},
		"4012345987652ABCDefgh012345678", "urn:epc:id:gdti:4012345.98765.ABCDefgh012345678", "urn:epc:tag:gdti-174:3.4012345.98765.ABCDefgh012345678",
	},
	{
		"3E76451FD7039B061438997367D0C18B266D1AB66EE0", ID{Scheme: GDTI174, Filter: 3, Prefix: "9521141", Reference: "98765", SerialText: "ABCDefgh012345678"},
		"9521141987650ABCDefgh012345678", "urn:epc:id:gdti:9521141.98765.ABCDefgh012345678", "urn:epc:tag:gdti-174:3.9521141.98765.ABCDefgh012345678",
	},
	{
		"computed", ID{Scheme: GDTI174, Prefix: "6901234", Reference: "00007", SerialText: "/.%"},
		"690123400007" + "8" + "/.%", "urn:epc:id:gdti:6901234.00007.%2F.%25", "urn:epc:tag:gdti-174:0.6901234.00007.%2F.%25",
	},
}

func TestGDTI174Vectors(t *testing.T) {
	for i, v := range vectors174 {
		bank, err := Encode(v.id)
		if err != nil || i < 2 && !bytes.Equal(bank, unhex(t, v.bank)) {
			t.Errorf("%s: encoded as %X, %v", v.bank, bank, err)
		}
		got := Decode(bank)
		if diff := cmp.Diff(v.id, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", v.bank, diff)
		}
		if got.GS1Key() != v.key || got.URI() != v.uri || got.TagURI() != v.tag || got.Scheme.String() != "gdti-174" {
			t.Errorf("%s: key %s, %s, %s", v.bank, got.GS1Key(), got.URI(), got.TagURI())
		}
		parsed, err := ParseURI(v.tag)
		if err != nil || !cmp.Equal(parsed, v.id) {
			t.Errorf("%s: parsed as %+v, %v", v.tag, parsed, err)
		}
		v.id.Filter = 0
		if parsed, err := ParseIdentity(v.uri); err != nil || !cmp.Equal(parsed, v.id) {
			t.Errorf("%s: parsed as %+v, %v", v.uri, parsed, err)
		}
	}
	if pc := PCOf(len(unhex(t, vectors174[0].bank))); pc != 0x5800 {
		t.Errorf("PC %04X", uint16(pc))
	}
}

func TestGDTI174ThatIsNotCleanStaysRaw(t *testing.T) {
	good := vectors174[0].bank
	for name, bank := range map[string]string{
		"too short":         good[:42],
		"too long":          good + "0000",
		"padding not zero":  good[:43] + "1",
		"no serial":         "3E74F4E4E702" + strings.Repeat("00", 16),
		"prefix overflow":   "3E77FFFFE7039B061438997367D0C18B266D1AB66EE0",
		"partition 7":       "3E7CF4E4E7039B061438997367D0C18B266D1AB66EE0",
		"a gap in the text": "3E74F4E4E7039B06003899" + good[22:],
		"a control char":    "3E74F4E4E7020A061438997367D0C18B266D1AB66EE0",
	} {
		raw := unhex(t, bank)
		id := Decode(raw)
		if id.Scheme != Raw || !bytes.Equal(id.Bytes, raw) {
			t.Errorf("%s: %+v", name, id)
		}
	}
}

// TestTextWithAGapStaysRaw: behind the first zero there are only zeros.
func TestTextWithAGapStaysRaw(t *testing.T) {
	bank, err := Encode(ID{Scheme: GDTI174, Prefix: "6901234", Reference: "00007", SerialText: "ABC"})
	if err != nil {
		t.Fatal(err)
	}
	const second = headBits + 41 + charBits
	for i := second; i < second+charBits; i++ {
		bank[i/8] &^= 0x80 >> (i % 8)
	}
	if id := Decode(bank); id.Scheme != Raw {
		t.Errorf("%+v", id)
	}
}

func TestGDTI174Refuses(t *testing.T) {
	for name, id := range map[string]ID{
		"no serial":       {Scheme: GDTI174, Prefix: "6901234", Reference: "00007"},
		"18 characters":   {Scheme: GDTI174, Prefix: "6901234", Reference: "00007", SerialText: "012345678901234567"},
		"a space":         {Scheme: GDTI174, Prefix: "6901234", Reference: "00007", SerialText: "A B"},
		"not ASCII":       {Scheme: GDTI174, Prefix: "6901234", Reference: "00007", SerialText: "号"},
		"a number":        {Scheme: GDTI174, Prefix: "6901234", Reference: "00007", SerialText: "A", Serial: 1},
		"text in GDTI-96": {Scheme: GDTI96, Prefix: "6901234", Reference: "00007", SerialText: "A"},
		"text in GIAI":    {Scheme: GIAI96, Prefix: "6901234", Reference: "7", SerialText: "A"},
	} {
		if bank, err := Encode(id); !errors.Is(err, ErrNotEncodable) {
			t.Errorf("%s: %X, %v", name, bank, err)
		}
	}
	for _, uri := range []string{
		"urn:epc:tag:gdti-174:0.6901234.00007", "urn:epc:tag:gdti-174:0.6901234.00007.", "urn:epc:tag:gdti-174:0.6901234.00007.A/B",
		"urn:epc:tag:gdti-174:0.6901234.00007.%2f", "urn:epc:tag:gdti-174:0.6901234.00007.%41", "urn:epc:tag:gdti-174:0.6901234.00007.%",
		"urn:epc:tag:gdti-174:0.6901234.00007.%2", "urn:epc:tag:gdti-174:00.6901234.00007.A", "urn:epc:tag:gdti-174:8.6901234.00007.A",
		"urn:epc:tag:gdti-174:0.6901234.00007.#",
	} {
		if id, err := ParseURI(uri); !errors.Is(err, ErrNotEncodable) {
			t.Errorf("%s: %+v, %v", uri, id, err)
		}
	}
}

// TestIdentityChoosesTheCoding: 96 bits where they do, 174 where they do not.
func TestIdentityChoosesTheCoding(t *testing.T) {
	for uri, want := range map[string]Scheme{
		"urn:epc:id:gdti:6901234.00007.1":             GDTI96,
		"urn:epc:id:gdti:6901234.00007.0":             GDTI96,
		"urn:epc:id:gdti:6901234.00007.2199023255551": GDTI96,
		"urn:epc:id:gdti:6901234.00007.2199023255552": GDTI174, // 42 bits
		"urn:epc:id:gdti:6901234.00007.01":            GDTI174, // a leading zero is text
		"urn:epc:id:gdti:6901234.00007.A-1":           GDTI174,
		"urn:epc:id:gdti:6901234.00007.1.2":           GDTI174,
		"urn:epc:id:gdti:690123456789..5":             GDTI96,
		"urn:epc:id:sgtin:0614141.812345.6789":        SGTIN96,
		"urn:epc:id:grai:0614141.12345.5678":          GRAI96,
		"urn:epc:id:giai:0614141.5678":                GIAI96,
	} {
		id, err := ParseIdentity(uri)
		if err != nil || id.Scheme != want || id.URI() != uri {
			t.Errorf("%s: %+v, %v", uri, id, err)
		}
	}
	for _, uri := range []string{"", "urn:epc:id:sscc:0614141.1234567890", "urn:epc:tag:gdti-96:0.6901234.00007.1", "urn:epc:id:gdti:6901234.0007.1", "urn:epc:id:sgtin:0614141.812345.A"} {
		if id, err := ParseIdentity(uri); !errors.Is(err, ErrNotEncodable) {
			t.Errorf("%s: %+v, %v", uri, id, err)
		}
	}
}

func TestAnyTextSerialRoundTrips(t *testing.T) {
	chars := []rune(punctuation + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
	if len(chars) != 82 {
		t.Fatalf("%d characters, GS1 has 82", len(chars))
	}
	rapid.Check(t, func(rt *rapid.T) {
		partition := rapid.IntRange(0, partitionsMax).Draw(rt, "partition")
		digits := func(n int, name string) string {
			return rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), n, n, -1).Draw(rt, name)
		}
		id := ID{
			Scheme: GDTI174, Filter: rapid.Uint8Range(0, 7).Draw(rt, "filter"),
			Prefix: digits(prefixLongest-partition, "prefix"), Reference: digits(partition, "reference"),
			SerialText: rapid.StringOfN(rapid.RuneFrom(chars), 1, MaxSerialText, -1).Draw(rt, "serial"),
		}
		bank, err := Encode(id)
		if err != nil || len(bank) != 22 {
			rt.Fatal(len(bank), err)
		}
		if got := Decode(bank); !cmp.Equal(got, id) {
			rt.Fatalf("%+v became %X and that %+v", id, bank, got)
		}
		if got, err := ParseURI(id.TagURI()); err != nil || !cmp.Equal(got, id) {
			rt.Fatalf("%s: %+v, %v", id.TagURI(), got, err)
		}
		if got, err := ParseIdentity(id.URI()); err != nil || got.URI() != id.URI() {
			rt.Fatalf("%s: %+v, %v", id.URI(), got, err)
		}
	})
}

// FuzzParseURI: whatever is accepted says itself again, and can be written.
func FuzzParseURI(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.tag)
		f.Add(v.uri)
	}
	for _, v := range vectors174 {
		f.Add(v.tag)
		f.Add(v.uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if id, err := ParseURI(uri); err == nil {
			if bank, err := Encode(id); err != nil || !cmp.Equal(Decode(bank), id) || id.TagURI() != uri {
				t.Fatalf("%q: %+v, %X, %v", uri, id, bank, err)
			}
		}
		if id, err := ParseIdentity(uri); err == nil {
			if bank, err := Encode(id); err != nil || !cmp.Equal(Decode(bank), id) || id.URI() != uri {
				t.Fatalf("%q: %+v, %X, %v", uri, id, bank, err)
			}
		}
	})
}
