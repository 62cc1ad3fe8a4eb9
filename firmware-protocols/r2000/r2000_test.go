package r2000

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"trilock/devices/devicetest/captured"
	"trilock/firmware-protocols/frames/framestest"
)

// Frames captured from real readers, except those marked computed.
const (
	vectorGetVersion   = "A0030172EA"
	vectorVersion      = "A00501720109DE"
	vectorWorkAntenna  = "A004017400E7"
	vectorWorkDone     = "A004017410D7"
	vectorInventory    = "A004018901D1"
	vectorTagWeak      = "A01301898C3000300833B2DDD901400000000137BB"
	vectorTag          = "A0130189743000E2004074850A0103163070E13629"
	vectorEnd          = "A00A018900001100000005B6"
	vectorNoAntenna    = "A004018922B0"
	vectorBadCheck     = "A013018A0C300054303038303930303237D8DB308D" // edited by hand: the check should be 85
	vectorPortMissing  = "A005018A0122AD"
	vectorSetPower     = "A004017617CE"
	vectorPowerDone    = "A004017610D5"
	vectorFastSwitch   = "A00D018A0001010102010301000AB4"
	vectorTagUpper     = "A013018A1C3000E2801160600002094ED74AA6C162" // computed
	vectorFastEnd      = "A00A018A00002A000003E8B6"                   // computed
	vectorEndMisprint  = "A00A018900001D00000001BC"                   // published with a wrong check; should end AE
	captureTagEPC      = "E2004074850A0103163070E1"
	captureTagWeakEPC  = "300833B2DDD9014000000001"
	computedTagUpperID = "E2801160600002094ED74AA6"
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
		wire    string
		command Command
		data    string
		kind    ReplyKind
	}{
		{vectorGetVersion, CommandFirmwareVersion, "", ReplyMalformed},
		{vectorVersion, CommandFirmwareVersion, "0109", ReplyMalformed},
		{vectorWorkAntenna, CommandSetWorkAntenna, "00", ReplyError},
		{vectorWorkDone, CommandSetWorkAntenna, "10", ReplyError},
		{vectorInventory, CommandRealTimeInventory, "01", ReplyError},
		{vectorTagWeak, CommandRealTimeInventory, "8C3000" + captureTagWeakEPC + "37", ReplyTag},
		{vectorTag, CommandRealTimeInventory, "743000" + captureTagEPC + "36", ReplyTag},
		{vectorEnd, CommandRealTimeInventory, "00001100000005", ReplyEnd},
		{vectorNoAntenna, CommandRealTimeInventory, "22", ReplyError},
		{vectorPortMissing, CommandFastSwitch, "0122", ReplyAntennaError},
		{vectorSetPower, CommandSetPowerStored, "17", ReplyError},
		{vectorPowerDone, CommandSetPowerStored, "10", ReplyError},
		{vectorFastSwitch, CommandFastSwitch, "0001010102010301000A", ReplyTag}, // a request: KindOf is for answers
		{vectorTagUpper, CommandFastSwitch, "1C3000" + computedTagUpperID + "C1", ReplyTag},
		{vectorFastEnd, CommandFastSwitch, "00002A000003E8", ReplyEnd},
	} {
		f := decodeOne(t, v.wire)
		if f.Address != 1 || f.Command != v.command || !bytes.Equal(f.Data, unhex(t, v.data)) {
			t.Errorf("%s: got %+v", v.wire, f)
		}
		if got := KindOf(f); got != v.kind {
			t.Errorf("%s: kind %d, want %d", v.wire, got, v.kind)
		}
		if got := AppendFrame(nil, f); !bytes.Equal(got, unhex(t, v.wire)) {
			t.Errorf("%s: encoded again as %X", v.wire, got)
		}
	}
}

func TestBadChecksAreRefused(t *testing.T) {
	for _, wire := range []string{vectorBadCheck, vectorEndMisprint} {
		var d Decoder
		if frames := collect(&d, unhex(t, wire)); len(frames) != 0 || d.BadChecks() != 1 {
			t.Errorf("%s: %d frames, %d bad checks", wire, len(frames), d.BadChecks())
		}
	}
}

func TestEncodersGiveTheVectors(t *testing.T) {
	tag := Tag{FreqAnt: 0x1C, PC: 0x3000, EPC: unhex(t, computedTagUpperID), RSSIRaw: 0x41, UpperPorts: true}
	stays := [4]Stay{{0, 1}, {1, 1}, {2, 1}, {3, 1}}
	for _, v := range []struct {
		wire string
		got  []byte
	}{
		{vectorGetVersion, AppendQuery(nil, 1, CommandFirmwareVersion)},
		{vectorVersion, AppendFirmwareVersion(nil, 1, FirmwareVersion{1, 9})},
		{vectorWorkAntenna, AppendSetWorkAntenna(nil, 1, 0)},
		{vectorWorkDone, AppendResult(nil, 1, CommandSetWorkAntenna, Success)},
		{vectorInventory, AppendInventory(nil, 1, 1)},
		{vectorEnd, AppendEnd(nil, 1, End{Antenna: 0, ReadRate: 17, TotalRead: 5})},
		{vectorNoAntenna, AppendResult(nil, 1, CommandRealTimeInventory, ErrorAntennaMissing)},
		{vectorSetPower, AppendSetPower(nil, 1, CommandSetPowerStored, []uint8{23})},
		{vectorFastSwitch, AppendFastSwitch(nil, 1, stays, 0, 10)},
		{vectorTagUpper, AppendTag(nil, 1, CommandFastSwitch, &tag)},
		{vectorFastEnd, AppendFastSwitchEnd(nil, 1, FastSwitchEnd{TotalRead: 42, DurationMS: 1000})},
	} {
		if !bytes.Equal(v.got, unhex(t, v.wire)) {
			t.Errorf("want %s, got %X", v.wire, v.got)
		}
	}
}

func TestTagVectors(t *testing.T) {
	for _, v := range []struct {
		wire, epc string
		kHz       uint32
		port      uint8
		cdBm      int16
	}{
		{vectorTagWeak, captureTagWeakEPC, 916_000, 1, -7400},
		{vectorTag, captureTagEPC, 913_000, 1, -7500},
		{vectorTagUpper, computedTagUpperID, 902_000, 5, -6400},
		// What the hand-edited vector says once its check is put right.
		{vectorBadCheck[:len(vectorBadCheck)-2] + "85", "54303038303930303237D8DB", 866_500, 1, -8100},
	} {
		var tag Tag
		if err := ParseTag(decodeOne(t, v.wire).Data, &tag); err != nil {
			t.Fatalf("%s: %v", v.wire, err)
		}
		if !bytes.Equal(tag.EPC, unhex(t, v.epc)) || tag.PC != 0x3000 || tag.FrequencyKHz() != v.kHz ||
			tag.Port() != v.port || tag.RSSIcdBm() != v.cdBm || tag.HasPhase {
			t.Errorf("%s: %+v: %d kHz, port %d, %d cdBm", v.wire, tag, tag.FrequencyKHz(), tag.Port(), tag.RSSIcdBm())
		}
		if raw := RSSIRawOf(float64(v.cdBm) / 100); raw != tag.RSSIRaw {
			t.Errorf("%s: raw RSSI %d, want %d", v.wire, raw, tag.RSSIRaw)
		}
	}
}

func TestTagRecordsThatContradictThemselvesAreRefused(t *testing.T) {
	for _, v := range []struct {
		data string
		want error
	}{
		{"", ErrTagLength},
		{"8C30", ErrTagLength},
		{"8C300030", ErrTagPC}, // six words promised, none there
		{"8C3000300833B2DDD90140000000000137", ErrTagLength},
		{"8C2800300833B2DDD901400000000137", nil}, // five words, RSSI, phase
		{"8C2000300833B2DDD901400000000137", ErrTagPC},
		{"8C000037", nil}, // a tag without EPC
	} {
		var tag Tag
		if err := ParseTag(unhex(t, v.data), &tag); !errors.Is(err, v.want) {
			t.Errorf("%s: %v, want %v", v.data, err, v.want)
		}
	}
}

func TestOtherAnswers(t *testing.T) {
	if e, err := ParseEnd(decodeOne(t, vectorEnd).Data); err != nil || e != (End{0, 17, 5}) {
		t.Errorf("end %+v, %v", e, err)
	}
	if e, err := ParseFastSwitchEnd(decodeOne(t, vectorFastEnd).Data); err != nil || e != (FastSwitchEnd{42, 1000}) {
		t.Errorf("fast-switch end %+v, %v", e, err)
	}
	if e, err := ParseAntennaError(decodeOne(t, vectorPortMissing).Data); err != nil || e != (AntennaError{1, ErrorAntennaMissing}) {
		t.Errorf("antenna error %+v, %v", e, err)
	}
	if v, err := ParseFirmwareVersion(decodeOne(t, vectorVersion).Data); err != nil || v.String() != "1.9" {
		t.Errorf("version %v, %v", v, err)
	}
	if c, err := ParseResult(decodeOne(t, vectorNoAntenna).Data); err != nil || c.String() != "antenna not connected" {
		t.Errorf("result %v, %v", c, err)
	}
	if got := ErrorCode(0x99).String(); got != "error 99" {
		t.Errorf("unknown code says %q", got)
	}
}

func TestWrongLengthsAreRefused(t *testing.T) {
	framestest.Lengths(t, 12, ErrLength, func(data []byte, check framestest.LengthCheck) {
		_, err := ParseEnd(data)
		check("end", err, 7)
		_, err = ParseFastSwitchEnd(data)
		check("fast-switch end", err, 7)
		_, err = ParseAntennaError(data)
		check("antenna error", err, 2)
		_, err = ParseFirmwareVersion(data)
		check("version", err, 2)
		_, err = ParseResult(data)
		check("result", err, 1)
		_, err = ParsePower(data)
		check("power", err, 1, 4, 8)
	})
}

func TestPowerOf(t *testing.T) {
	for _, v := range []struct {
		powers []uint8
		port   uint8
		want   uint8
		ok     bool
	}{
		{[]uint8{30}, 1, 30, true}, {[]uint8{30}, 8, 30, true},
		{[]uint8{1, 2, 3, 4}, 4, 4, true}, {[]uint8{1, 2, 3, 4}, 5, 0, false}, {[]uint8{1, 2, 3, 4}, 0, 0, false},
		{nil, 1, 0, false},
	} {
		if got, ok := PowerOf(v.powers, v.port); got != v.want || ok != v.ok {
			t.Errorf("port %d of %v: %d %v", v.port, v.powers, got, ok)
		}
	}
}

func TestAnyTagRoundTrips(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		words := rapid.IntRange(0, 31).Draw(rt, "words")
		tag := Tag{
			FreqAnt: rapid.Byte().Draw(rt, "freqant"), PC: uint16(words)<<11 | rapid.Uint16Range(0, 0x7FF).Draw(rt, "pc"), //nolint:gosec // at most 31
			EPC: rapid.SliceOfN(rapid.Byte(), 2*words, 2*words).Draw(rt, "epc"), RSSIRaw: rapid.Uint8Range(0, 127).Draw(rt, "rssi"),
			UpperPorts: rapid.Bool().Draw(rt, "upper"), HasPhase: rapid.Bool().Draw(rt, "hasphase"),
		}
		if tag.HasPhase {
			tag.Phase = rapid.Uint16().Draw(rt, "phase")
		}
		var d Decoder
		frames := collect(&d, AppendTag(nil, 1, CommandRealTimeInventory, &tag))
		if len(frames) != 1 {
			rt.Fatalf("%d frames", len(frames))
		}
		if k := KindOf(frames[0]); k != ReplyTag {
			rt.Fatalf("kind %d", k)
		}
		var back Tag
		if err := ParseTag(frames[0].Data, &back); err != nil || !cmp.Equal(tag, back) {
			rt.Fatalf("%v: %+v became %+v", err, tag, back)
		}
	})
}

func FuzzDecoder(f *testing.F) {
	for _, v := range []string{
		vectorGetVersion, vectorVersion, vectorTag, vectorTagWeak, vectorEnd, vectorNoAntenna, vectorBadCheck, vectorPortMissing,
		vectorFastSwitch, vectorTagUpper, vectorFastEnd, "A0A0A0" + vectorTag + vectorEnd,
	} {
		f.Add(unhex(f, v), uint64(1))
	}
	for _, stream := range captured.Heard(f, captures) {
		f.Add(stream, uint64(1))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		for _, frame := range protocol().Stream(t, stream, seed) {
			parseEverything(t, frame)
		}
	})
}

// parseEverything runs all parsers: none may panic, and a tag that parses must be the
// same bytes again.
func parseEverything(t *testing.T, f Frame) {
	_ = KindOf(f)
	_, _ = ParseEnd(f.Data)
	_, _ = ParseFastSwitchEnd(f.Data)
	_, _ = ParseAntennaError(f.Data)
	_, _ = ParseResult(f.Data)
	_, _ = ParseFirmwareVersion(f.Data)
	_, _ = ParseInputs(f.Data)
	_, _ = ParseDetector(f.Data)
	_, _ = ParseTemperature(f.Data)
	if powers, err := ParsePower(f.Data); err == nil {
		_, _ = PowerOf(powers, 3)
	}
	var tag Tag
	if ParseTag(f.Data, &tag) != nil {
		return
	}
	if got := AppendTag(nil, f.Address, f.Command, &tag); !bytes.Equal(got, AppendFrame(nil, f)) {
		t.Fatalf("%X became %X", AppendFrame(nil, f), got)
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
	if !ok || KindOf(frame) != ReplyTag || ParseTag(frame.Data, tag) != nil {
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
