package m100

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/frames/framestest"
)

// Frames of the modules' manuals and captures, except the one marked computed.
const (
	vectorPoll       = "BB00220000227E"
	vectorTag        = "BB02220011C9340030751FEB705C5904E3D50D703A76EF7E"
	vectorNoTag      = "BB01FF000115167E"
	vectorMultiPoll  = "BB00270003222710837E"
	vectorStop       = "BB00280000287E"
	vectorStopped    = "BB01280001002A7E"
	vectorInfo       = "BB0103000B004D3130302056312E3030227E"
	vectorSelect     = "BB000C00130100000020600030751FEB705C5904E3D50D70AD7E"
	vectorSetPower   = "BB00B6000207D08F7E"
	vectorRead       = "BB003900090000FFFF0300000002457E"
	vectorReadDone   = "BB013900130E340030751FEB705C5904E3D50D7012345678B07E"
	vectorPassword   = "BB01FF0010160E340030751FEB705C5904E3D50D70757E"
	vectorTagAA      = "AA02220011C73000E28068900000500E88C6A4A7119B29DD"
	vectorBaud       = "BB0011000200C0D37E"
	vectorQuery      = "AA010D0002102040DD"
	vectorUnknown    = "BB01FF000117187E"
	vectorHeadInside = "BB02220011BE3000BB7EE2800022DD00AA7E0001732F887E" // computed
	epcTag           = "30751FEB705C5904E3D50D70"
	epcTagAA         = "E28068900000500E88C6A4A7"
	epcHeadInside    = "BB7EE2800022DD00AA7E0001"
)

// protocol is what the checks of all framings must know of this one.
func protocol(family Family) framestest.Protocol[Frame, Format] {
	return framestest.Protocol[Frame, Format]{Format: Format{Family: family}, Append: AppendFrame}
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	return framestest.Unhex(t, text)
}

func collect(d *Decoder, p []byte) []Frame { return protocol(d.Format.Family).Collect(d, p) }

func decodeOne(t testing.TB, text string) Frame {
	t.Helper()
	return protocol(FamilyAny).One(t, unhex(t, text))
}

func TestFraming(t *testing.T) {
	t.Run("any", func(t *testing.T) { protocol(FamilyAny).Conform(t, unhex(t, vectorHeadInside)) })
	t.Run("BB", func(t *testing.T) { protocol(FamilyBB).Conform(t, unhex(t, vectorHeadInside)) })
	t.Run("AA", func(t *testing.T) { protocol(FamilyAA).Conform(t, unhex(t, vectorTagAA)) })
}

// Frames that were published with a wrong checksum.
func misprints() []string {
	return []string{
		"BB000B00130100000020600030751FEB705C5904E3D50D70AD7E", "BB00AB000101AC7E", "BB01FF0001100A7E",
		"AA01B6000100BBDD", "BB011A0003000401227E", "BB01FF0010160E340030751FEB705C5904E3D50D70717E",
	}
}

func dataOf(t *testing.T, wire []byte) []byte {
	t.Helper()
	return decodeOne(t, hex.EncodeToString(wire)).Data
}

func TestVectorsDecode(t *testing.T) {
	for _, v := range []struct {
		wire    string
		family  Family
		kind    Type
		command Command
		data    string
	}{
		{vectorPoll, FamilyBB, TypeCommand, CommandPoll, ""},
		{vectorTag, FamilyBB, TypeNotification, CommandPoll, "C93400" + epcTag + "3A76"},
		{vectorNoTag, FamilyBB, TypeResponse, CommandError, "15"},
		{vectorMultiPoll, FamilyBB, TypeCommand, CommandMultiPoll, "222710"},
		{vectorStop, FamilyBB, TypeCommand, CommandStop, ""},
		{vectorStopped, FamilyBB, TypeResponse, CommandStop, "00"},
		{vectorInfo, FamilyBB, TypeResponse, CommandInformation, "00" + "4D3130302056312E3030"},
		{vectorSelect, FamilyBB, TypeCommand, CommandSetSelect, "01000000206000" + epcTag},
		{vectorSetPower, FamilyBB, TypeCommand, CommandSetPower, "07D0"},
		{vectorRead, FamilyBB, TypeCommand, CommandRead, "0000FFFF0300000002"},
		{vectorReadDone, FamilyBB, TypeResponse, CommandRead, "0E3400" + epcTag + "12345678"},
		{vectorPassword, FamilyBB, TypeResponse, CommandError, "160E3400" + epcTag},
		{vectorTagAA, FamilyAA, TypeNotification, CommandPoll, "C73000" + epcTagAA + "119B"},
		{vectorBaud, FamilyBB, TypeCommand, CommandSetBaud, "00C0"},
		{vectorQuery, FamilyAA, TypeResponse, CommandGetQuery, "1020"},
		{vectorUnknown, FamilyBB, TypeResponse, CommandError, "17"},
		{vectorHeadInside, FamilyBB, TypeNotification, CommandPoll, "BE3000" + epcHeadInside + "732F"},
	} {
		f := decodeOne(t, v.wire)
		if f.Family != v.family || f.Type != v.kind || f.Command != v.command || !bytes.Equal(f.Data, unhex(t, v.data)) {
			t.Errorf("%s: got %+v", v.wire, f)
		}
		if got := AppendFrame(nil, f); !bytes.Equal(got, unhex(t, v.wire)) {
			t.Errorf("%s: encoded again as %X", v.wire, got)
		}
		for _, family := range []Family{FamilyBB, FamilyAA} {
			only := Decoder{Format: Format{Family: family}}
			if n := len(collect(&only, unhex(t, v.wire))); (n == 1) != (family == v.family) {
				t.Errorf("%s: a decoder of %v finds %d frames", v.wire, family, n)
			}
		}
	}
}

func TestMisprintsAreRefused(t *testing.T) {
	for _, wire := range misprints() {
		var d Decoder
		if frames := collect(&d, unhex(t, wire)); len(frames) != 0 || d.BadChecks() == 0 {
			t.Errorf("%s: %d frames, %d bad checks", wire, len(frames), d.BadChecks())
		}
	}
}

func TestAMixedUpTailIsRefused(t *testing.T) {
	wire := unhex(t, vectorStopped)
	wire[len(wire)-1] = tailAA
	var d Decoder
	if frames := collect(&d, wire); len(frames) != 0 || d.BadChecks() != 1 {
		t.Errorf("%d frames, %d bad checks", len(frames), d.BadChecks())
	}
}

func TestEncodersGiveTheVectors(t *testing.T) {
	chosen := Select{Bank: 1, PointerBits: 32, MaskBits: 96, Mask: unhex(t, epcTag)}
	tagAA, inside := NewTag(unhex(t, epcTagAA), -57), NewTag(unhex(t, epcHeadInside), -66)
	tag := Tag{RSSIdBm: -55, PC: 0x3400, EPC: unhex(t, epcTag), CRC: 0x3A76}
	for _, v := range []struct {
		wire string
		got  []byte
	}{
		{vectorPoll, FamilyBB.Request(nil, CommandPoll)},
		{vectorTag, AppendTag(nil, FamilyBB, &tag)},
		{vectorNoTag, AppendError(nil, FamilyBB, CodeNoTag)},
		{vectorMultiPoll, AppendMultiPoll(nil, FamilyBB, 10000)},
		{vectorStop, FamilyBB.Request(nil, CommandStop)},
		{vectorStopped, FamilyBB.Response(nil, CommandStop, Done)},
		{vectorInfo, FamilyBB.Response(nil, CommandInformation, append([]byte{0}, "M100 V1.00"...)...)},
		{vectorSelect, chosen.Set(nil, FamilyBB)},
		{vectorSetPower, AppendSetPower(nil, FamilyBB, 2000)},
		{vectorRead, AppendRead(nil, FamilyBB, ReadRequest{AccessPassword: 0xFFFF, Bank: 3, Words: 2})},
		{vectorTagAA, AppendTag(nil, FamilyAA, &tagAA)},
		{vectorBaud, AppendSetBaud(nil, FamilyBB, 19200)},
		{vectorQuery, FamilyAA.Response(nil, CommandGetQuery, 0x10, 0x20)},
		{vectorUnknown, AppendError(nil, FamilyBB, CodeUnknown)},
		{vectorHeadInside, AppendTag(nil, FamilyBB, &inside)},
	} {
		if !bytes.Equal(v.got, unhex(t, v.wire)) {
			t.Errorf("want %s, got %X", v.wire, v.got)
		}
	}
}

func TestTagVectors(t *testing.T) {
	for _, v := range []struct {
		wire, epc string
		pc        epc.PC
		dBm       int8
		crc       uint16
	}{
		{vectorTag, epcTag, 0x3400, -55, 0x3A76},
		{vectorTagAA, epcTagAA, 0x3000, -57, 0x119B},
		{vectorHeadInside, epcHeadInside, 0x3000, -66, 0x732F},
	} {
		var tag Tag
		if err := ParseTag(decodeOne(t, v.wire).Data, &tag); err != nil {
			t.Fatalf("%s: %v", v.wire, err)
		}
		if want := (Tag{v.dBm, v.pc, unhex(t, v.epc), v.crc}); !cmp.Equal(tag, want) {
			t.Errorf("%s: %+v", v.wire, tag)
		}
	}
}

func TestTagRecordsThatAreRefused(t *testing.T) {
	for _, v := range []struct {
		data string
		want error
	}{
		{"", ErrLength},
		{"C9340030", ErrLength},
		{"C93000" + "E280" + "0000", ErrTagPC}, // six words promised, one there
		{"C93000" + epcTagAA + "00" + "119B", ErrTagPC},
		{"C93000" + epcTagAA + "119C", ErrTagCRC},
		{"C93001" + epcTagAA + "119B", ErrTagCRC},
		{"C93200" + epcTagAA + "0000", nil}, // extended PC word: its CRC cannot be verified
		{"C90000" + "0000", ErrTagCRC},
	} {
		var tag Tag
		if err := ParseTag(unhex(t, v.data), &tag); !errors.Is(err, v.want) {
			t.Errorf("%s: %v, want %v", v.data, err, v.want)
		}
	}
}

func TestAccessVectors(t *testing.T) {
	a, err := ParseAccess(decodeOne(t, vectorReadDone).Data)
	if want := (Access{0x3400, unhex(t, epcTag), unhex(t, "12345678")}); err != nil || !cmp.Equal(a, want) {
		t.Errorf("%+v, %v", a, err)
	}
	code, rest, err := ParseError(decodeOne(t, vectorPassword).Data)
	if err != nil || code.String() != "access password is wrong" {
		t.Errorf("%v, %v", code, err)
	}
	if a, err := ParseAccess(rest); err != nil || a.PC != 0x3400 || !bytes.Equal(a.EPC, unhex(t, epcTag)) || len(a.Data) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	for _, short := range []string{"", "0E34", "0134", "0E340030751F"} {
		if _, err := ParseAccess(unhex(t, short)); !errors.Is(err, ErrLength) {
			t.Errorf("%s: %v", short, err)
		}
	}
	r, err := ParseRead(decodeOne(t, vectorRead).Data)
	if want := (ReadRequest{0xFFFF, 3, 0, 2}); err != nil || r != want {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestErrors(t *testing.T) {
	for wire, want := range map[string]Code{vectorNoTag: CodeNoTag, vectorUnknown: CodeUnknown, vectorPassword: 0x16} {
		if code, _, err := ParseError(decodeOne(t, wire).Data); err != nil || code != want || code.Refused() {
			t.Errorf("%s: %v, %v", wire, code, err)
		}
	}
	if _, _, err := ParseError(nil); !errors.Is(err, ErrLength) {
		t.Error(err)
	}
	for code, want := range map[Code]string{0xA3: "refused by the tag with code A3", 0x77: "error 77", CodeHopping: "all channels are busy"} {
		if code.String() != want {
			t.Errorf("%v, want %s", code, want)
		}
	}
}

func TestSettings(t *testing.T) {
	if kind, text, err := ParseInformation(decodeOne(t, vectorInfo).Data); err != nil || kind != InformationHardware || text != "M100 V1.00" {
		t.Errorf("%v %q, %v", kind, text, err)
	}
	if _, text, err := ParseInformation(append([]byte{1, 'a', '\n', 0x1B, 'b'}, bytes.Repeat([]byte{'x'}, 200)...)); err != nil || len(text) != maxText || text[:3] != "abx" {
		t.Errorf("%q, %v", text, err)
	}
	q, err := ParseQuery(decodeOne(t, vectorQuery).Data)
	if err != nil || q.DR() != 0 || q.M() != 0 || !q.TRext() || q.Sel() != 0 || q.Session() != 0 || q.Target() != 0 || q.Q() != 4 {
		t.Errorf("%04X, %v", q, err)
	}
	odd := Query(0xFFFF)
	if odd.DR() != 1 || odd.M() != 3 || odd.Sel() != 3 || odd.Session() != 3 || odd.Target() != 1 || odd.Q() != 15 {
		t.Errorf("%04X", odd)
	}
	if all := odd.Everybody(); all.Sel() != 0 || all.Session() != 0 || all.Target() != 0 || all.Q() != 15 || all.M() != 3 || !all.TRext() {
		t.Errorf("%04X", all)
	}
	if back, err := ParseQuery(dataOf(t, AppendSetQuery(nil, FamilyAA, 0x1234))); back != 0x1234 || err != nil {
		t.Error(back, err)
	}
	if power, err := ParsePower(decodeOne(t, vectorSetPower).Data); power != 2000 || err != nil {
		t.Error(power, err)
	}
	if baud, err := ParseBaud(decodeOne(t, vectorBaud).Data); baud != 19200 || err != nil {
		t.Error(baud, err)
	}
	if count, err := ParseMultiPoll(decodeOne(t, vectorMultiPoll).Data); count != 10000 || err != nil {
		t.Error(count, err)
	}
	s, err := ParseSelect(decodeOne(t, vectorSelect).Data)
	if want := (Select{Bank: 1, PointerBits: 32, MaskBits: 96, Mask: unhex(t, epcTag)}); err != nil || !cmp.Equal(s, want) {
		t.Errorf("%+v, %v", s, err)
	}
	mark := Select{Target: 4, Action: 5, Bank: 2, PointerBits: 0x01020304, MaskBits: 9, Truncate: true, Mask: []byte{0xA5, 0x80}}
	if back, err := ParseSelect(dataOf(t, mark.Tell(nil, FamilyAA))); err != nil || !cmp.Equal(mark, back) {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestWrongLengthsAreRefused(t *testing.T) {
	framestest.Lengths(t, 20, ErrLength, func(data []byte, check framestest.LengthCheck) {
		_, err := ParseByte(data)
		check("byte", err, 1)
		_, err = ParseQuery(data)
		check("query", err, 2)
		_, err = ParsePower(data)
		check("power", err, 2)
		_, err = ParseBaud(data)
		check("baud", err, 2)
		_, err = ParseMultiPoll(data)
		check("multi poll", err, 3)
		_, err = ParseRead(data)
		check("read", err, 9)
		_, err = ParseSelect(data)
		check("select without a mask", err, 7)
	})
	if _, _, err := ParseInformation(nil); !errors.Is(err, ErrLength) {
		t.Error(err)
	}
}

func TestRegions(t *testing.T) {
	for region, want := range map[Region]uint32{
		RegionChina: 922_625, RegionUS: 907_250, RegionEU: 867_100, RegionChina800: 842_625, RegionKorea: 919_100,
	} {
		if got, known := region.ChannelKHz(10); got != want || !known {
			t.Errorf("region %d: %d, %v", region, got, known)
		}
	}
	if _, known := Region(5).ChannelKHz(0); known {
		t.Error("region 5 is known")
	}
}

func TestFamilies(t *testing.T) {
	if FamilyAny.String() != "any" || FamilyBB.String() != "BB..7E" || FamilyAA.String() != "AA..DD" {
		t.Error("names")
	}
	if got := FamilyAny.Request(nil, CommandPoll); !bytes.Equal(got, unhex(t, vectorPoll)) {
		t.Errorf("%X", got)
	}
}

func TestImplausibleLengthIsNoStart(t *testing.T) {
	var d Decoder
	stream := append([]byte{headBB, 1, 0x22, 1, 0x2D, headAA, 0, 0, 2}, unhex(t, vectorStopped)...) // 301 bytes, and 512 or more
	if frames := collect(&d, stream); len(frames) != 1 || d.Dropped() != 9 || d.BadChecks() != 0 {
		t.Errorf("%d frames, %d dropped, %d bad checks", len(frames), d.Dropped(), d.BadChecks())
	}
}

func TestAnyTagRoundTrips(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		words := rapid.IntRange(0, 31).Draw(rt, "words")
		tag := NewTag(rapid.SliceOfN(rapid.Byte(), 2*words, 2*words).Draw(rt, "epc"), rapid.Int8().Draw(rt, "rssi"))
		family := rapid.SampledFrom([]Family{FamilyBB, FamilyAA}).Draw(rt, "family")
		var d Decoder
		frames := collect(&d, AppendTag(nil, family, &tag))
		if len(frames) != 1 || frames[0].Family != family || frames[0].Type != TypeNotification {
			rt.Fatalf("%+v", frames)
		}
		var back Tag
		if err := ParseTag(frames[0].Data, &back); err != nil || !cmp.Equal(tag, back) {
			rt.Fatalf("%v: %+v became %+v", err, tag, back)
		}
	})
}

func FuzzDecoder(f *testing.F) {
	for _, v := range append(misprints(),
		vectorPoll, vectorTag, vectorNoTag, vectorMultiPoll, vectorStop, vectorStopped, vectorInfo, vectorSelect, vectorSetPower, vectorRead,
		vectorReadDone, vectorPassword, vectorTagAA, vectorBaud, vectorQuery, vectorUnknown, vectorHeadInside, "BBAABB00"+vectorTag+vectorTagAA) {
		f.Add(unhex(f, v), uint64(1))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		for _, family := range []Family{FamilyAny, FamilyBB, FamilyAA} {
			for _, frame := range protocol(family).Stream(t, stream, seed) {
				parseEverything(t, frame)
			}
		}
	})
}

// FuzzParse gives the parsers contents without the frames around them.
func FuzzParse(f *testing.F) {
	for _, v := range []string{vectorTag, vectorMultiPoll, vectorInfo, vectorSelect, vectorRead, vectorReadDone, vectorPassword} {
		p := unhex(f, v)
		f.Add(p[5 : len(p)-2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) <= MaxData {
			parseEverything(t, Frame{Family: FamilyBB, Type: TypeNotification, Command: CommandPoll, Data: data})
		}
	})
}

// parseEverything runs all parsers: none may panic, and what parses must be the same
// bytes again.
func parseEverything(t *testing.T, f Frame) {
	_, _ = ParseByte(f.Data)
	_, _ = ParsePower(f.Data)
	_, _ = ParseBaud(f.Data)
	_, _ = ParseMultiPoll(f.Data)
	_, _, _ = ParseInformation(f.Data)
	if code, rest, err := ParseError(f.Data); err == nil {
		_ = code.String()
		_, _ = ParseAccess(rest)
	}
	if q, err := ParseQuery(f.Data); err == nil {
		_ = q.Everybody()
	}
	same := func(what string, wire []byte) {
		if !bytes.Equal(wire[5:len(wire)-2], f.Data) {
			t.Fatalf("%s %X became %X", what, f.Data, wire)
		}
	}
	if r, err := ParseRead(f.Data); err == nil {
		same("read request", AppendRead(nil, f.Family, r))
	}
	if s, err := ParseSelect(f.Data); err == nil {
		same("select", s.Set(nil, f.Family))
	}
	var tag Tag
	if ParseTag(f.Data, &tag) == nil {
		same("tag", AppendTag(nil, f.Family, &tag))
	}
}

func TestDecodeTagAllocatesNothing(t *testing.T) {
	wire := unhex(t, vectorTag)
	var d Decoder
	var tag Tag
	if n := testing.AllocsPerRun(100, func() { decodeTag(t, &d, wire, &tag) }); n != 0 {
		t.Errorf("%v allocations for one tag", n)
	}
}

func decodeTag(tb testing.TB, d *Decoder, wire []byte, tag *Tag) {
	d.Feed(wire)
	frame, ok := d.Next()
	if !ok || ParseTag(frame.Data, tag) != nil {
		tb.Fatal("no tag")
	}
}

func BenchmarkDecodeTag(b *testing.B) {
	wire := unhex(b, vectorTag)
	var d Decoder
	var tag Tag
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		decodeTag(b, &d, wire, &tag)
	}
}
