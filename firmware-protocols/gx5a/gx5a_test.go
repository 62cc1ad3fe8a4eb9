package gx5a

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"trilock/devices/devicetest/captured"
	"trilock/firmware-protocols/frames/framestest"
)

// Frames captured from real readers, except those marked computed.
const (
	vectorStartTID    = "5A0001021000080000000101020006ED08"
	vectorAccepted    = "5A0001021000010029B5"
	vectorTag         = "5A00011200002B000CE2801160600002094ED74AA6300001014B020003000CE2801160200062A6DAE9092908000E1A5A09645EFC"
	vectorStop        = "5A000102FF0000885A"
	vectorCaps        = "5A0001020000004739"
	vectorVersion     = "5A000101010000EBD5"
	vectorSingle      = "5A000102100005000000FF00D468"
	vectorRS485       = "5A00012116010000EC4B"
	vectorRestore     = "5A0001011400045AA5A55A8183"
	vectorReadEnd     = "5A0001120100010040FC"                   // computed
	vectorInputStart  = "5A00011100000A010000000000000000007E12" // computed
	vectorOneTooMany  = "5A00010101000000EBD5"                   // a public program's mistake: one byte too many
	tagEPC            = "E2801160600002094ED74AA6"
	tagTID            = "E2801160200062A6DAE90929"
	vectorRestoreData = "5AA5A55A"
)

// protocol is what the checks of all framings must know of this one.
func protocol() framestest.Protocol[Frame, Format] {
	return framestest.Protocol[Frame, Format]{Append: AppendFrame}
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	return framestest.Unhex(t, text)
}

func collect(d *Decoder, p []byte) []Frame { return protocol().Collect(d, p) }

func decodeOne(t testing.TB, text string) Frame {
	t.Helper()
	return protocol().One(t, unhex(t, text))
}

func TestFraming(t *testing.T) { protocol().Conform(t, unhex(t, vectorTag)) }

func TestVectorsDecode(t *testing.T) {
	for _, v := range []struct {
		wire         string
		pcw          uint32
		rs485        bool
		notification bool
		category     uint8
		mid          uint8
		data         string
	}{
		{vectorStartTID, 0x00010210, false, false, 2, 0x10, "0000000101020006"},
		{vectorAccepted, 0x00010210, false, false, 2, 0x10, "00"},
		{vectorTag, 0x00011200, false, true, 2, 0x00, "000CE2801160600002094ED74AA6300001014B020003000CE2801160200062A6DAE9092908000E1A5A0964"},
		{vectorStop, 0x000102FF, false, false, 2, 0xFF, ""},
		{vectorCaps, 0x00010200, false, false, 2, 0x00, ""},
		{vectorVersion, 0x00010101, false, false, 1, 0x01, ""},
		{vectorSingle, 0x00010210, false, false, 2, 0x10, "000000FF00"},
		{vectorRS485, 0x00012116, true, false, 1, 0x16, ""},
		{vectorRestore, 0x00010114, false, false, 1, 0x14, vectorRestoreData},
		{vectorReadEnd, 0x00011201, false, true, 2, 0x01, "00"},
		{vectorInputStart, 0x00011100, false, true, 1, 0x00, "01000000000000000000"},
	} {
		f := decodeOne(t, v.wire)
		if f.PCW != v.pcw || f.RS485() != v.rs485 || f.Notification() != v.notification ||
			f.Category() != v.category || f.MID() != v.mid || !bytes.Equal(f.Data, unhex(t, v.data)) {
			t.Errorf("%s: got %+v", v.wire, f)
		}
		if v.rs485 && f.Address != 1 {
			t.Errorf("%s: address %d", v.wire, f.Address)
		}
		if got := AppendFrame(nil, f); !bytes.Equal(got, unhex(t, v.wire)) {
			t.Errorf("%s: encoded again as %X", v.wire, got)
		}
	}
}

func TestEncodersGiveTheVectors(t *testing.T) {
	for _, v := range []struct {
		wire string
		got  []byte
	}{
		{vectorStartTID, AppendInventory(nil, Inventory{Antennas: 1, Continuous: true, TIDWords: 6})},
		{vectorSingle, AppendInventory(nil, Inventory{Antennas: 0xFF})},
		{vectorAccepted, AppendResult(nil, CodeInventory, ResultOK)},
		{vectorStop, AppendQuery(nil, CodeStop)},
		{vectorCaps, AppendQuery(nil, CodeCapabilities)},
		{vectorVersion, AppendQuery(nil, CodeBasebandVersion)},
		{vectorReadEnd, AppendReadEnd(nil, EndComplete)},
		{vectorInputStart, AppendInputEvent(nil, CodeInputStart, InputEvent{Input: 1})},
	} {
		if !bytes.Equal(v.got, unhex(t, v.wire)) {
			t.Errorf("want %s, got %X", v.wire, v.got)
		}
	}
}

func TestTagVector(t *testing.T) {
	var tag Tag
	if err := ParseTag(decodeOne(t, vectorTag).Data, &tag); err != nil {
		t.Fatal(err)
	}
	want := Tag{
		EPC: unhex(t, tagEPC), PC: 0x3000, Antenna: 1, RSSI: 75, TID: unhex(t, tagTID),
		FrequencyKHz: 924250, Phase: 100,
	}
	want.Set(FieldRSSI, FieldResult, FieldTID, FieldFrequency, FieldPhase)
	if diff := cmp.Diff(want, tag, cmp.AllowUnexported(Tag{})); diff != "" {
		t.Errorf("tag (-want +got):\n%s", diff)
	}
	if got := AppendTag(nil, &tag); !bytes.Equal(got, unhex(t, vectorTag)) {
		t.Errorf("encoded again as %X", got)
	}
}

func TestTagKeepsTheTailBehindAnUnknownPID(t *testing.T) {
	data := append(unhex(t, "0002E280080001014B"), 0x33, 1, 2, 3)
	var tag Tag
	if err := ParseTag(data, &tag); err != nil {
		t.Fatal(err)
	}
	if tag.RSSI != 0x4B || !bytes.Equal(tag.Tail, []byte{0x33, 1, 2, 3}) || tag.Has(0x33) {
		t.Errorf("got %+v", tag)
	}
}

func TestTagCutAnywhereIsRefused(t *testing.T) {
	data := decodeOne(t, vectorTag).Data
	starts := map[int]bool{} // lengths at which the record may end: before a PID
	var tag Tag
	for n := range len(data) {
		if err := ParseTag(data[:n], &tag); err == nil {
			starts[n] = true
		} else if !errors.Is(err, ErrTagShort) {
			t.Fatal(err)
		}
	}
	if want := map[int]bool{17: true, 19: true, 21: true, 36: true, 41: true}; !cmp.Equal(starts, want) {
		t.Errorf("records accepted at lengths %v, want %v", starts, want)
	}
}

func TestBadCRCIsCountedAndRefused(t *testing.T) {
	var d Decoder
	if frames := collect(&d, unhex(t, vectorOneTooMany)); len(frames) != 0 || d.BadChecks() != 1 {
		t.Errorf("%d frames, %d bad checks", len(frames), d.BadChecks())
	}
}

func TestMessagesRoundTrip(t *testing.T) {
	data := func(wire []byte) []byte { return decodeOne(t, hex.EncodeToString(wire)).Data }
	caps := Capabilities{MinDBm: 5, MaxDBm: 33, Antennas: 8, Frequencies: []byte{3}, Protocols: []byte{0, 1}}
	if got, err := ParseCapabilities(data(AppendCapabilities(nil, caps))); err != nil || !cmp.Equal(got, caps) {
		t.Errorf("capabilities %+v, %v", got, err)
	}
	info := ReaderInfo{Serial: "GX-1", UptimeSeconds: 77, BasebandBuild: "2024", App: Version{1, 2, 3, 4}}
	if got, err := ParseReaderInfo(data(AppendReaderInfo(nil, info))); err != nil || got != info {
		t.Errorf("reader info %+v, %v", got, err)
	}
	powers := []AntennaPower{{1, 30}, {4, 27}}
	got, persist, err := ParsePower(data(AppendSetPower(nil, powers, true)))
	if err != nil || !persist || !cmp.Equal(got, powers) {
		t.Errorf("power %v, persist %v, %v", got, persist, err)
	}
	if got, persist, err := ParsePower(data(AppendPower(nil, powers))); err != nil || persist || !cmp.Equal(got, powers) {
		t.Errorf("power %v, persist %v, %v", got, persist, err)
	}
	if v, err := ParseBasebandVersion(data(AppendBasebandVersion(nil, Version{9, 8, 7, 6}))); err != nil || v.String() != "9.8.7.6" {
		t.Errorf("version %v, %v", v, err)
	}
	if n, err := ParseHeartbeat(data(AppendHeartbeat(nil, 0xDEADBEEF))); err != nil || n != 0xDEADBEEF {
		t.Errorf("heartbeat %X, %v", n, err)
	}
	e := InputEvent{Input: 3, Level: 1}
	if got, err := ParseInputEvent(data(AppendInputEvent(nil, CodeInputStop, e))); err != nil || got != e {
		t.Errorf("input %+v, %v", got, err)
	}
	inv := Inventory{Antennas: 5, TIDWords: 6, Options: []byte{5, 0, 0, 0, 0}}
	if got, err := ParseInventory(data(AppendInventory(nil, inv))); err != nil || !cmp.Equal(got, inv) {
		t.Errorf("inventory %+v, %v", got, err)
	}
}

func TestShortAndLongMessagesAreRefused(t *testing.T) {
	refused := func(name string, err error) {
		t.Helper()
		if !errors.Is(err, ErrShort) && !errors.Is(err, ErrLong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := ParseResult(nil)
	refused("no result", err)
	_, err = ParseResult([]byte{0, 0})
	refused("two results", err)
	_, err = ParseInventory([]byte{0, 0, 0, 1})
	refused("inventory without mode", err)
	_, _, err = ParsePower([]byte{1, 30, 2})
	refused("half a pair", err)
	_, _, err = ParsePower(make([]byte, 2*(maxPorts+2)))
	refused("too many antennas", err)
	_, err = ParseCapabilities([]byte{5, 33, 8, 0, 9, 1})
	refused("short list", err)
	_, err = ParseBasebandVersion([]byte{1, 2, 3})
	refused("short version", err)
	_, err = ParseReaderInfo([]byte{0, 200, 'x'})
	refused("short serial", err)
	_, err = ParseInputEvent(nil)
	refused("no input", err)
	_, err = ParseHeartbeat([]byte{1, 2, 3})
	refused("short heartbeat", err)
	_, err = ParseHeartbeat([]byte{1, 2, 3, 4, 5})
	refused("long heartbeat", err)
}

func TestDeviceTextIsPrintable(t *testing.T) {
	info, err := ParseReaderInfo([]byte{0, 4, 'a', '\n', 0x1B, 'b', 0, 0, 0, 0, 0, 0})
	if err != nil || info.Serial != "ab" {
		t.Errorf("%q, %v", info.Serial, err)
	}
}

func TestAnyTagRoundTrips(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		block := rapid.SliceOfN(rapid.Byte(), 0, 62)
		tag := Tag{
			EPC: block.Draw(rt, "epc"), PC: rapid.Uint16().Draw(rt, "pc"), Antenna: rapid.Byte().Draw(rt, "antenna"),
			RSSI: 1, Result: 2, TID: block.Draw(rt, "tid"), User: block.Draw(rt, "user"), Reserved: block.Draw(rt, "reserved"),
			SubAntenna: 3, UTCSeconds: 4, UTCMicroseconds: 5, FrequencyKHz: 6, Phase: 7, EPCData: block.Draw(rt, "epcdata"),
			LTU27: 8, LTU31: -9, KunYue: 10, RSSI16: -6512, CRC: 11, ReaderSerial: block.Draw(rt, "serial"), ReplySerial: 12,
		}
		all := []Field{
			FieldRSSI, FieldResult, FieldTID, FieldUser, FieldReserved, FieldSubAntenna, FieldUTC, FieldFrequency, FieldPhase,
			FieldEPCData, FieldLTU27, FieldLTU31, FieldKunYue, FieldRSSI16, FieldCRC, FieldReaderSerial, FieldReplySerial,
		}
		tag.Set(rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID).Draw(rt, "fields")...)
		wire := AppendTag(nil, &tag)
		var d Decoder
		frames := collect(&d, wire)
		if len(frames) != 1 || frames[0].Code() != CodeTag {
			rt.Fatalf("%d frames", len(frames))
		}
		var back Tag
		if err := ParseTag(frames[0].Data, &back); err != nil {
			rt.Fatal(err)
		}
		if again := AppendTag(nil, &back); !bytes.Equal(again, wire) || back.fields != tag.fields {
			rt.Fatalf("%X became %X", wire, again)
		}
	})
}

func FuzzDecoder(f *testing.F) {
	for _, v := range []string{
		vectorStartTID, vectorAccepted, vectorTag, vectorStop, vectorCaps, vectorVersion, vectorSingle, vectorRS485,
		vectorRestore, vectorReadEnd, vectorInputStart, vectorOneTooMany, "5A5A5A" + vectorTag + vectorAccepted,
	} {
		f.Add(unhex(f, v), uint64(1))
	}
	for _, stream := range captured.Heard(f, captures) {
		f.Add(stream, uint64(1))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		var tag Tag
		for _, frame := range protocol().Stream(t, stream, seed) {
			parseEverything(t, frame.Data, &tag)
		}
	})
}

// parseEverything runs all parsers: none may panic, and a tag that parses must survive
// being written and read again.
func parseEverything(t *testing.T, data []byte, tag *Tag) {
	_, _ = ParseResult(data)
	_, _ = ParseReadEnd(data)
	_, _ = ParseInventory(data)
	_, _, _ = ParsePower(data)
	_, _ = ParseCapabilities(data)
	_, _ = ParseBasebandVersion(data)
	_, _ = ParseReaderInfo(data)
	_, _ = ParseInputEvent(data)
	_, _ = ParseHeartbeat(data)
	_, _ = ParseInputs(data)
	if ParseTag(data, tag) != nil || len(data) > MaxData-64 {
		return
	}
	var d Decoder
	frames := collect(&d, AppendTag(nil, tag))
	var again Tag
	if len(frames) != 1 || ParseTag(frames[0].Data, &again) != nil || !cmp.Equal(*tag, again, cmp.AllowUnexported(Tag{})) {
		t.Fatalf("tag %+v became %+v", *tag, again)
	}
}

func FuzzParseTag(f *testing.F) {
	f.Add(unhex(f, vectorTag)[7:48])
	f.Fuzz(func(t *testing.T, data []byte) {
		var tag Tag
		parseEverything(t, data, &tag)
	})
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
