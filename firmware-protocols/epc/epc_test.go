package epc

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	p, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// vectors: TDS 1.13 annex E.3 (the first four), tags seen in public programs and manuals, and two computed with the standard's tables.
var vectors = []struct {
	bank string
	id   ID
	key  string
	uri  string
	tag  string
}{
	{
		"2C74257BF46072000000162E", ID{Scheme: GDTI96, Filter: 3, Prefix: "0614141", Reference: "12345", Serial: 5678},
		"06141411234525678", "urn:epc:id:gdti:0614141.12345.5678", "urn:epc:tag:gdti-96:3.0614141.12345.5678",
	},
	{
		"3074257BF7194E4000001A85", ID{Scheme: SGTIN96, Filter: 3, Prefix: "0614141", Reference: "812345", Serial: 6789},
		"80614141123458", "urn:epc:id:sgtin:0614141.812345.6789", "urn:epc:tag:sgtin-96:3.0614141.812345.6789",
	},
	{
		"3374257BF40C0E400000162E", ID{Scheme: GRAI96, Filter: 3, Prefix: "0614141", Reference: "12345", Serial: 5678},
		"006141411234525678", "urn:epc:id:grai:0614141.12345.5678", "urn:epc:tag:grai-96:3.0614141.12345.5678",
	},
	{
		"3474257BF40000000000162E", ID{Scheme: GIAI96, Filter: 3, Prefix: "0614141", Reference: "5678"},
		"06141415678", "urn:epc:id:giai:0614141.5678", "urn:epc:tag:giai-96:3.0614141.5678",
	},
	{
		"30340242201D8840009EFDF7", ID{Scheme: SGTIN96, Filter: 1, Prefix: "0037000", Reference: "030241", Serial: 10419703},
		"00037000302414", "urn:epc:id:sgtin:0037000.030241.10419703", "urn:epc:tag:sgtin-96:1.0037000.030241.10419703",
	},
	{
		"3024698E2CB1005678901234", ID{Scheme: SGTIN96, Filter: 1, Prefix: "14167401864", Reference: "01", Serial: 96511988276},
		"01416740186413", "urn:epc:id:sgtin:14167401864.01.96511988276", "urn:epc:tag:sgtin-96:1.14167401864.01.96511988276",
	},
	{
		"2C0282BA410455FFFFFFFFFF", ID{Scheme: GDTI96, Prefix: "690123456789", Serial: 2199023255551},
		"69012345678922199023255551", "urn:epc:id:gdti:690123456789..2199023255551", "urn:epc:tag:gdti-96:0.690123456789..2199023255551",
	},
	{
		"2C15A537C8000E0000000001", ID{Scheme: GDTI96, Prefix: "6901234", Reference: "00007", Serial: 1},
		"69012340000781", "urn:epc:id:gdti:6901234.00007.1", "urn:epc:tag:gdti-96:0.6901234.00007.1",
	},
	{
		"30751FEB705C5904E3D50D70", ID{Scheme: SGTIN96, Filter: 3, Prefix: "4717276", Reference: "094564", Serial: 21002259824},
		"04717276945640", "urn:epc:id:sgtin:4717276.094564.21002259824", "urn:epc:tag:sgtin-96:3.4717276.094564.21002259824",
	},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		got := Decode(unhex(t, v.bank))
		if diff := cmp.Diff(v.id, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", v.bank, diff)
		}
		if got.GS1Key() != v.key || got.URI() != v.uri || got.TagURI() != v.tag {
			t.Errorf("%s: key %s, %s, %s", v.bank, got.GS1Key(), got.URI(), got.TagURI())
		}
		back, err := Encode(v.id)
		if err != nil || !bytes.Equal(back, unhex(t, v.bank)) {
			t.Errorf("%s: encoded as %X, %v", v.bank, back, err)
		}
		parsed, err := ParseURI(v.tag)
		if err != nil || !cmp.Equal(parsed, v.id) {
			t.Errorf("%s: parsed as %+v, %v", v.tag, parsed, err)
		}
	}
}

func TestWhatIsNoCleanCodeStaysRaw(t *testing.T) {
	for _, bank := range []string{
		"",
		"E2801160600002094ED74AA6",     // a TID written into the EPC bank
		"54303038303930303237D8DB",     // ASCII
		"2C74257BF46072000000",         // too short
		"2C74257BF46072000000162E0000", // too long
		"2C7C257BF46072000000162E",     // partition 7
		"2C77FFFFF46072000000162E",     // prefix above 9 999 999
		"2C74257BFFFFFE000000162E",     // document type above 99 999
		"2C0282BA410457FFFFFFFFFF",     // a document type where there is no room for one
	} {
		raw := unhex(t, bank)
		id := Decode(raw)
		if id.Scheme != Raw || !bytes.Equal(id.Bytes, raw) || id.GS1Key() != "" || id.Scheme.String() != "raw" {
			t.Errorf("%s: %+v", bank, id)
		}
		if !strings.HasSuffix(id.URI(), ".x"+bank) || id.URI() != id.TagURI() {
			t.Errorf("%s: %s", bank, id.URI())
		}
		if back, err := Encode(id); err != nil || !bytes.Equal(back, raw) {
			t.Errorf("%s: encoded as %X, %v", bank, back, err)
		}
	}
}

func TestDecodeKeepsNoReference(t *testing.T) {
	bank := []byte{1, 2, 3}
	id := Decode(bank)
	bank[0] = 9
	if id.Bytes[0] != 1 {
		t.Error("a Raw ID shares the caller's bytes")
	}
}

func TestEncodeRefuses(t *testing.T) {
	good := ID{Scheme: GDTI96, Prefix: "6901234", Reference: "00007", Serial: 1}
	for name, change := range map[string]func(*ID){
		"filter 8":             func(id *ID) { id.Filter = 8 },
		"prefix of 5":          func(id *ID) { id.Prefix = "69012" },
		"prefix of 13":         func(id *ID) { id.Prefix = "6901234567890" },
		"letters in prefix":    func(id *ID) { id.Prefix = "69O1234" },
		"short type":           func(id *ID) { id.Reference = "0007" },
		"sign in type":         func(id *ID) { id.Reference = "+0007" },
		"serial of 42 bits":    func(id *ID) { id.Serial = 1 << 41 },
		"giai without asset":   func(id *ID) { *id = ID{Scheme: GIAI96, Prefix: "6901234"} },
		"giai leading zero":    func(id *ID) { *id = ID{Scheme: GIAI96, Prefix: "6901234", Reference: "07"} },
		"giai with a serial":   func(id *ID) { *id = ID{Scheme: GIAI96, Prefix: "6901234", Reference: "7", Serial: 1} },
		"giai beyond its bits": func(id *ID) { *id = ID{Scheme: GIAI96, Prefix: "690123456789", Reference: "9999999999999"} },
	} {
		id := good
		change(&id)
		if _, err := Encode(id); !errors.Is(err, ErrNotEncodable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseURIRefuses(t *testing.T) {
	for _, uri := range []string{
		"", "urn:epc:id:gdti:0614141.12345.5678", "urn:epc:tag:sscc-96:3.0614141.1234567890", "urn:epc:tag:gdti-96:3.0614141.12345",
		"urn:epc:tag:gdti-96:8.0614141.12345.5678", "urn:epc:tag:gdti-96:3.0614141.12345.05678", "urn:epc:tag:gdti-96:3.0614141.12345.x",
		"urn:epc:tag:giai-96:3.0614141.5678.1", "urn:epc:tag:gdti-96:3.0614141.1234.5678",
	} {
		if id, err := ParseURI(uri); !errors.Is(err, ErrNotEncodable) {
			t.Errorf("%s: %+v, %v", uri, id, err)
		}
	}
}

func TestPCWords(t *testing.T) {
	for _, v := range []struct {
		pc         PC
		words      int
		userMemory bool
	}{{0x3000, 6, false}, {0x3400, 6, true}, {0x5800, 11, false}} {
		if v.pc.Words() != v.words || v.pc.EPCBytes() != 2*v.words || v.pc.UserMemory() != v.userMemory ||
			v.pc.Extended() || v.pc.ISO() || v.pc.Attributes() != 0 {
			t.Errorf("%04X: %d words", uint16(v.pc), v.pc.Words())
		}
	}
	if p := PC(0x03A5); !p.Extended() || !p.ISO() || p.Attributes() != 0xA5 {
		t.Errorf("03A5: %v %v %X", p.Extended(), p.ISO(), p.Attributes())
	}
	for bytes, want := range map[int]PC{-1: 0, 0: 0, 1: 0x0800, 12: 0x3000, 22: 0x5800, 62: 0xF800, 1000: 0xF800} {
		if got := PCOf(bytes); got != want {
			t.Errorf("PC of %d bytes: %04X, want %04X", bytes, uint16(got), uint16(want))
		}
	}
}

func TestCRC16(t *testing.T) {
	for text, want := range map[string]uint16{
		"3000000000000000000000001545": 0xE94A, // from a capture
		"3000E28068900000500E88C6A4A7": 0x119B, // from a capture
		"340030751FEB705C5904E3D50D70": 0x3A76, // from a manual
	} {
		if got := CRC16(unhex(t, text)); got != want {
			t.Errorf("%s: %04X, want %04X", text, got, want)
		}
	}
	if got := CRC16([]byte("123456789")); got != 0xD64E {
		t.Errorf("check value %04X", got)
	}
}

func TestTIDVector(t *testing.T) {
	tid, err := ParseTID(unhex(t, "E2801160200062A6DAE90929"))
	want := TID{Extended: true, Designer: 1, Model: 0x160, Header: 0x2000, Serial: unhex(t, "62A6DAE90929")}
	if err != nil || !cmp.Equal(tid, want) {
		t.Errorf("%+v, %v", tid, err)
	}
	if tid.URI() != "urn:epc:stid:x801.x160.x62A6DAE90929" {
		t.Error(tid.URI())
	}
}

func TestTIDRefuses(t *testing.T) {
	for _, text := range []string{"", "E28011", "E0801160", "E2801160", "E280116020", "E2801160200062A6DAE909"} {
		if _, err := ParseTID(unhex(t, text)); !errors.Is(err, ErrTID) {
			t.Errorf("%s: %v", text, err)
		}
	}
	tid, err := ParseTID(unhex(t, "E2003412")) // Alien without a serial number
	if err != nil || tid.Designer != 3 || tid.Model != 0x412 || tid.URI() != "" {
		t.Errorf("%+v, %v", tid, err)
	}
}

func TestAnyCleanCodeRoundTrips(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := Scheme(rapid.IntRange(int(GDTI96), int(GIAI96)).Draw(rt, "scheme")) //nolint:gosec // 1 to 4
		l, _ := layoutOf(s)
		partition := rapid.IntRange(0, partitionsMax).Draw(rt, "partition")
		id := ID{
			Scheme: s, Filter: rapid.Uint8Range(0, 7).Draw(rt, "filter"),
			Prefix: rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), prefixLongest-partition, prefixLongest-partition, -1).Draw(rt, "prefix"),
		}
		if s == GIAI96 {
			asset := rapid.Uint64Range(0, 1<<l.referenceBits(partition)-1).Draw(rt, "asset")
			id.Reference, _ = l.referenceText(asset, partition)
		} else {
			digits := l.digitsAt(partition)
			id.Reference = rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), digits, digits, -1).Draw(rt, "reference")
			id.Serial = rapid.Uint64Range(0, 1<<l.serialBits-1).Draw(rt, "serial")
		}
		bank, err := Encode(id)
		if err != nil {
			rt.Fatal(err)
		}
		if got := Decode(bank); !cmp.Equal(got, id) {
			rt.Fatalf("%+v became %X and that %+v", id, bank, got)
		}
		if got, err := ParseURI(id.TagURI()); err != nil || !cmp.Equal(got, id) {
			rt.Fatalf("%s: %+v, %v", id.TagURI(), got, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, v := range vectors {
		f.Add(unhex(f, v.bank))
	}
	f.Add(unhex(f, "E2801160200062A6DAE90929"))
	f.Fuzz(func(t *testing.T, bank []byte) {
		id := Decode(bank)
		back, err := Encode(id)
		if err != nil || !bytes.Equal(back, bank) {
			t.Fatalf("%X became %+v and that %X, %v", bank, id, back, err)
		}
		if id.Scheme != Raw {
			if got, err := ParseURI(id.TagURI()); err != nil || !cmp.Equal(got, id) {
				t.Fatalf("%s: %+v, %v", id.TagURI(), got, err)
			}
		}
		_, _ = id.URI(), id.GS1Key()
		if tid, err := ParseTID(bank); err == nil {
			_ = tid.URI()
		}
		_ = CRC16(bank)
	})
}
