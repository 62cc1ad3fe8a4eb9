package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"trilock/firmware-protocols/osdp"
)

// vector is one line of a file in testdata/vectors: a frame and what it says.
type vector struct {
	Hex    string         `json:"hex"`
	Fields map[string]any `json:"fields"`
	// SCBK begins a session: the frames behind it, up to the next one that has it, belong to it.
	SCBK string `json:"scbk"`
	// More names fields that the decoder tells beside those of the sheet.
	More []string `json:"more"`
}

func vectorsOf(t testing.TB, protocol string) []vector {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "vectors", protocol+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []vector
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		all = append(all, v)
	}
	return all
}

func dialectOf(t testing.TB, protocol string) dialect {
	t.Helper()
	d, err := dialectNamed(protocol)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// plain returns an object as a reader of the JSON gets it.
func plain(t testing.TB, o object) map[string]any {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if len(m) != len(o) {
		t.Errorf("%s: a field is there twice", text)
	}
	return m
}

func decodeHex(t testing.TB, protocol, text string, o decodeSettings) []object {
	t.Helper()
	lines, err := parseHex([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if o.osdp == nil {
		o.osdp = newOSDPSession(nil)
	}
	return dialectOf(t, protocol).decode(lines, o)
}

// TestVectors decodes every vector of the protocols' sheets, alone, and compares each
// field by value and by type. What else is told must be named in the vector.
func TestVectors(t *testing.T) {
	for _, d := range dialects() {
		t.Run(d.name, func(t *testing.T) {
			o := decodeSettings{}
			for i, v := range vectorsOf(t, d.name) {
				if v.SCBK != "" {
					key, err := parseSCBK(v.SCBK)
					if err != nil {
						t.Fatal(err)
					}
					o.osdp = newOSDPSession(key)
				}
				compareVector(t, i+1, v, decodeHex(t, d.name, v.Hex, o))
			}
		})
	}
}

func compareVector(t *testing.T, number int, v vector, got []object) {
	t.Helper()
	if len(got) != 1 {
		t.Errorf("vector %d: %d objects, want 1: %v", number, len(got), got)
		return
	}
	have := plain(t, got[0])
	for name, want := range v.Fields {
		if !reflect.DeepEqual(have[name], want) {
			t.Errorf("vector %d (%s): %s is %#v, want %#v", number, v.Hex, name, have[name], want)
		}
	}
	if bad := v.Fields["crc_ok"] == false || v.Fields["checksum_ok"] == false; bad != isBad(got[0]) {
		t.Errorf("vector %d: bad is %v, want %v", number, isBad(got[0]), bad)
	}
	for name := range have {
		if _, ok := v.Fields[name]; !ok && !slices.Contains(append(v.More, "error", "offset", "resync"), name) {
			t.Errorf("vector %d (%s): field %q is not in the sheet: %v", number, v.Hex, name, have[name])
		}
	}
}

// TestVectorsTogether decodes all good frames of a protocol in one piece, with spaces,
// colons and line breaks in the digits, and finds the same frames.
func TestVectorsTogether(t *testing.T) {
	for _, d := range dialects() {
		if d.open == nil || d.name == "badge" {
			continue
		}
		var text strings.Builder
		var want []object
		for _, v := range vectorsOf(t, d.name) {
			if v.Fields["crc_ok"] == false || v.Fields["checksum_ok"] == false {
				continue
			}
			want = append(want, decodeHex(t, d.name, v.Hex, decodeSettings{})...)
			for i, b := range []byte(v.Hex) {
				text.WriteByte(b)
				text.WriteString([]string{"", " ", ":", "\n"}[i%4])
			}
		}
		got := decodeHex(t, d.name, text.String(), decodeSettings{})
		if len(got) != len(want) {
			t.Errorf("%s: %d objects, want %d", d.name, len(got), len(want))
			continue
		}
		for i := range got {
			if !reflect.DeepEqual(plain(t, got[i]), plain(t, want[i])) {
				t.Errorf("%s: object %d is %v, want %v", d.name, i+1, plain(t, got[i]), plain(t, want[i]))
			}
		}
	}
}

// TestDamageIsLocated: what is wrong is said, with the place and where decoding goes on.
func TestDamageIsLocated(t *testing.T) {
	const good = "5A0001021000010029B5"
	for _, v := range []struct {
		name, protocol, hex string
		frames              int // good ones
		what                string
		offset, resync      int
	}{
		{"CRC", "gx-5a", "5A0001021000010029B6" + good, 1, "CRC is 29B6, should be 29B5", 0, 10},
		{"noise before", "gx-5a", "010203" + good, 1, "3 bytes that are no part of a frame", 0, 3},
		{"noise between", "gx-5a", good + "FFFF" + good, 2, "2 bytes that are no part", 10, 12},
		{"noise and a bad frame", "gx-5a", good + "FF5A0001021000010029B6" + good, 2, "1 byte before a frame's first byte; then CRC is 29B6", 10, 21},
		{"version", "gx-5a", "5A0002021000010029B5" + good, 1, "version 02 in the second PCW byte", 0, 10},
		{"category", "gx-5a", "5A0001061000010029B5" + good, 1, "category 6", 0, 10},
		{"length", "gx-5a", "5A00010210FF010029B5" + good, 1, "data length of 65281", 0, 10},
		{"cut at the end", "gx-5a", good + "5A000102100001", 1, "frame cut short: it says 9 bytes and 7 are there", 10, 17},
		{"cut with a frame behind", "gx-5a", "5A000102100300" + good, 1, "frame cut short: it says 777 bytes and 17 are there", 0, 7},
		{"check byte", "r2000-a0", "A0030172EB" + "A0030172EA", 1, "check byte is EB, should be EA", 0, 5},
		{"OSDP CRC", "osdp", "530008000460ebab" + "530008000460ebaa", 1, "CRC is EBAB", 0, 8},
		{"OSDP checksum", "osdp", "5300080000610045" + "530008000460ebaa", 1, "checksum is 45, should be 44", 0, 8},
		{"OSDP length", "osdp", "530003000460ebab" + "530008000460ebaa", 1, "length 3, want 7", 0, 8},
		{"badge checksum", "badge", "0236324533303836434544303903" + "0236324533303836434544303803", 1, "checksum", 0, 14},
		{"badge number", "badge", "4000000000", 0, "no card format", 0, 5},
	} {
		var bad []object
		good := 0
		for _, o := range decodeHex(t, v.protocol, v.hex, decodeSettings{}) {
			if isBad(o) {
				bad = append(bad, o)
			} else {
				good++
			}
		}
		if len(bad) != 1 || good != v.frames {
			t.Errorf("%s: %d good and %d bad, want %d and 1: %v", v.name, good, len(bad), v.frames, bad)
			continue
		}
		m := plain(t, bad[0])
		if !strings.Contains(m["error"].(string), v.what) || m["offset"] != float64(v.offset) || m["resync"] != float64(v.resync) {
			t.Errorf("%s: %q at %v, on at %v; want %q at %d, on at %d", v.name, m["error"], m["offset"], m["resync"], v.what, v.offset, v.resync)
		}
	}
}

// TestDamageTwice: offsets count all bytes, and what a good frame lies in is not shown as
// a damaged one.
func TestDamageTwice(t *testing.T) {
	const good, bad = "040021D96A", "040021D96B"
	got := decodeHex(t, "uhfreader18-288", good+bad+good+"0700"+good+bad, decodeSettings{})
	var places []float64
	for _, o := range got {
		m := plain(t, o)
		if !isBad(o) {
			continue
		}
		places = append(places, m["offset"].(float64), m["resync"].(float64))
		if o.has("crc_ok") != (m["offset"] != 15.0) {
			t.Errorf("%v", m)
		}
	}
	if want := []float64{5, 10, 15, 17, 22, 27}; !slices.Equal(places, want) || len(got) != 6 {
		t.Errorf("damage at %v, want %v: %v", places, want, got)
	}
}

// TestPiecesMakeNoDifference: bytes that come one by one give the same objects.
func TestPiecesMakeNoDifference(t *testing.T) {
	for _, d := range dialects() {
		if d.open == nil {
			continue
		}
		for _, v := range vectorsOf(t, d.name) {
			raw, err := hex.DecodeString(v.Hex + "FF00" + v.Hex)
			if err != nil {
				t.Fatal(err)
			}
			whole := d.open(decodeSettings{osdp: newOSDPSession(nil)})
			want := append(whole.feed(raw), whole.pause()...)
			pieces := d.open(decodeSettings{osdp: newOSDPSession(nil)})
			var got []object
			for i := range raw {
				got = append(got, pieces.feed(raw[i:i+1])...)
			}
			got = append(got, pieces.pause()...)
			if len(got) != len(want) {
				t.Errorf("%s %s: %v, want %v", d.name, v.Hex, got, want)
				continue
			}
			for i := range got {
				if !isBad(want[i]) && !reflect.DeepEqual(plain(t, got[i]), plain(t, want[i])) {
					t.Errorf("%s %s: %v, want %v", d.name, v.Hex, plain(t, got[i]), plain(t, want[i]))
				}
			}
		}
	}
}

func TestOSDPMarksAreNoDamage(t *testing.T) {
	got := decodeHex(t, "osdp", "FF530008000460ebaaFFFF530008000560da99FF", decodeSettings{})
	if len(got) != 2 || isBad(got[0]) || isBad(got[1]) {
		t.Errorf("got %v", got)
	}
}

// TestOSDPSession: with the wrong key, or with a frame missing, sealed frames are said
// not to open; a repeat opens again; without a key the ciphertext is shown.
func TestOSDPSession(t *testing.T) {
	var frames []string
	var scbk string
	for _, v := range vectorsOf(t, "osdp") {
		if v.SCBK != "" {
			scbk, frames = v.SCBK, nil
		}
		frames = append(frames, v.Hex)
	}
	key, err := parseSCBK(scbk)
	if err != nil {
		t.Fatal(err)
	}
	bad := func(frames []string, s *osdpSession) (n int) {
		for _, o := range decodeHex(t, "osdp", strings.Join(frames, "\n"), decodeSettings{osdp: s}) {
			if isBad(o) {
				n++
			}
		}
		return n
	}
	if n := bad(frames, newOSDPSession(key)); n != 0 {
		t.Errorf("%d frames of the whole session do not open", n)
	}
	// The panel did not hear the reply: both frames are said again.
	repeated := append(slices.Clone(frames), frames[len(frames)-2:]...)
	if n := bad(repeated, newOSDPSession(key)); n != 0 {
		t.Errorf("%d frames do not open where one is repeated", n)
	}
	if n := bad(slices.Delete(slices.Clone(frames), len(frames)-4, len(frames)-3), newOSDPSession(key)); n == 0 {
		t.Error("a missing frame goes unnoticed")
	}
	wrong := *key
	wrong[0]++
	if n := bad(frames, newOSDPSession(&wrong)); n == 0 {
		t.Error("a wrong key goes unnoticed")
	}
	if n := bad(frames, newOSDPSession(nil)); n != 0 {
		t.Errorf("%d frames are called bad without a key", n)
	}
	last := decodeHex(t, "osdp", frames[len(frames)-1], decodeSettings{})
	if len(last) != 1 || !last[0].has("ciphertext") || last[0].has("data") {
		t.Errorf("without a key: %v", last)
	}
}

// TestSideIsSaidOrDerived: 16 dBm being set cannot be told from "done".
func TestSideIsSaidOrDerived(t *testing.T) {
	const sixteen = "A004017610D5"
	for _, v := range []struct {
		side  side
		field string
		value any
	}{{unsaid, "result", "10"}, {reply, "result", "10"}, {request, "power_dbm", float64(16)}} {
		m := plain(t, decodeHex(t, "r2000-a0", sixteen, decodeSettings{side: v.side})[0])
		if m[v.field] != v.value {
			t.Errorf("side %d: %v", v.side, m)
		}
	}
}

func TestHexInput(t *testing.T) {
	for text, want := range map[string]string{
		"5A 00\t01":     "5A0001",
		"5a:00:01":      "5A0001",
		"5A00\r\n01\n":  "5A00|01",
		"5A0\n001":      "5A0001",
		" \n":           "",
		"5A0x":          "character 4",
		"5A0":           "half",
		"5A00 zz 01 02": "character 6",
	} {
		lines, err := parseHex([]byte(text))
		var parts []string
		for _, l := range lines {
			parts = append(parts, strings.ToUpper(hex.EncodeToString(l)))
		}
		got := strings.Join(parts, "|")
		if err != nil {
			got = err.Error()
		}
		if got != want && (err == nil || !strings.Contains(got, want)) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestCodesOnLines: each line is a code, unless only all of them together are one.
func TestCodesOnLines(t *testing.T) {
	const gdti = "2C74257BF46072000000162E"
	for text, want := range map[string]int{
		gdti:                       1,
		gdti[:8] + "\n" + gdti[8:]: 1,
		gdti + "\n" + gdti:         2,
		gdti + "\nE2801160200062A6DAE90929\n3000": 3,
	} {
		if got := decodeHex(t, "epc-tds", text, decodeSettings{}); len(got) != want {
			t.Errorf("%q: %d objects, want %d", text, len(got), want)
		}
	}
	if got := decodeHex(t, "badge", "B40288\n89449F", decodeSettings{}); len(got) != 2 {
		t.Errorf("two card numbers: %v", got)
	}
}

func TestInputFromStandardInput(t *testing.T) {
	raw := []byte{0x5A, 0x00, 0x0A, 0x20}
	c := decode{Hex: []string{"-"}, Binary: true}
	lines, err := c.input(bytes.NewReader(raw))
	if err != nil || len(lines) != 1 || !bytes.Equal(lines[0], raw) {
		t.Errorf("binary: %X, %v", lines, err)
	}
	c = decode{Hex: []string{"-"}}
	if lines, err = c.input(strings.NewReader("5A 00\n0A20\n")); err != nil || !bytes.Equal(bytes.Join(lines, nil), raw) {
		t.Errorf("text: %X, %v", lines, err)
	}
	if _, err = c.input(strings.NewReader("\n")); err == nil {
		t.Error("no bytes are no error")
	}
	c = decode{Hex: []string{"5A"}, Binary: true}
	if _, err = c.input(nil); err == nil {
		t.Error("--binary with digits is no error")
	}
}

// FuzzDecode: no bytes break a decoder, every object is JSON, and stretches of bad bytes
// lie one behind the other.
func FuzzDecode(f *testing.F) {
	for i, d := range dialects() {
		for _, v := range vectorsOf(f, d.name) {
			raw, err := hex.DecodeString(v.Hex)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(uint8(i), raw) //nolint:gosec // a handful
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		if len(raw) == 0 {
			return
		}
		all := dialects()
		key := [16]byte{1}
		for _, s := range []side{unsaid, request, reply} {
			o := decodeSettings{side: s, osdp: newOSDPSession((*osdp.Key)(&key))}
			last := 0.0
			for _, one := range all[int(which)%len(all)].decode([][]byte{raw}, o) {
				m := plain(t, one)
				if !isBad(one) {
					continue
				}
				from, to := m["offset"].(float64), m["resync"].(float64)
				if from < last || to <= from || to > float64(len(raw)) {
					t.Fatalf("bad bytes from %v to %v behind %v of %d", from, to, last, len(raw))
				}
				last = to
			}
		}
	})
}
