package mercury

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"trilock/firmware-protocols/frames/framestest"
)

// Frames captured from real modules, except those marked computed.
const (
	vectorGetVersion  = "FF00031D0C"
	vectorBoot        = "FF00041D0B"
	vectorSetRegion   = "FF0197024BBF"
	vectorRegionSet   = "FF00970000779E"
	vectorReadSingle  = "FF022103E8D509"
	vectorNoTagSingle = "FF00210400B483"
	vectorPower       = "FF076200000108FC08FC03E87AC9"
	vectorStreamTag   = "FF2822000010001B01FF0101C4110E16400000012700000500000F00803000000000000000000000001545E94A561D"
	vectorWriteData   = "FF0A2403E800000000000300EE589D"
	vectorVersion     = "FF140300002301060038000201202409130201060800000010CB65"
	vectorBooted      = "FF1404000007102300010000032014100701070209000000105251"
	vectorAlive       = "FF0022040084E0"   // computed
	vectorGetBuffer   = "FF0329005700A322" // published beside the maker's source
	vectorMisprint    = "FF0197024BBE"     // printed in a datasheet; should end BF
	streamTagEPC      = "000000000000000000001545"
	// vectorStart's data is published as a whole; its CRC is computed.
	vectorStartData = "0000012200000507" + "2210001B03E801FF"
)

// protocol is what the checks of all framings must know of this one; requests says that
// the stream is the host's.
func protocol(requests bool) framestest.Protocol[Frame, Format] {
	return framestest.Protocol[Frame, Format]{Format: Format{Requests: requests}, Append: AppendFrame}
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	return framestest.Unhex(t, text)
}

func collect(d *Decoder, p []byte) []Frame { return protocol(d.Format.Requests).Collect(d, p) }

func decodeOne(t testing.TB, text string, request bool) Frame {
	t.Helper()
	return protocol(request).One(t, unhex(t, text))
}

func TestFraming(t *testing.T) {
	t.Run("answers", func(t *testing.T) { protocol(false).Conform(t, unhex(t, vectorStreamTag)) })
	t.Run("requests", func(t *testing.T) { protocol(true).Conform(t, unhex(t, vectorGetBuffer)) })
}

func TestCRC(t *testing.T) {
	for text, want := range map[string]uint16{"313233343536373839": 0xA69D, "0003": 0x1D0C, "": 0xFFFF} {
		if got := crc16(unhex(t, text)); got != want {
			t.Errorf("%s: %04X, want %04X", text, got, want)
		}
	}
	if got := TagCRC(0x3000, unhex(t, streamTagEPC)); got != 0xE94A {
		t.Errorf("the captured tag's CRC: %04X", got)
	}
}

func TestVectorsDecode(t *testing.T) {
	for _, v := range []struct {
		wire    string
		request bool
		op      Opcode
		status  Status
		data    string
	}{
		{vectorGetVersion, true, OpVersion, 0, ""},
		{vectorBoot, true, OpBoot, 0, ""},
		{vectorSetRegion, true, OpSetRegion, 0, "02"},
		{vectorRegionSet, false, OpSetRegion, 0, ""},
		{vectorReadSingle, true, OpReadSingle, 0, "03E8"},
		{vectorNoTagSingle, false, OpReadSingle, StatusNoTags, ""},
		{vectorPower, false, OpGetPower, 0, "0108FC08FC03E8"},
		{vectorStreamTag, false, OpSearch, 0, "10001B01FF0101C4110E16400000012700000500000F00803000000000000000000000001545E94A"},
		{vectorWriteData, true, OpWriteData, 0, "03E800000000000300EE"},
		{vectorVersion, false, OpVersion, 0, "2301060038000201202409130201060800000010"},
		{vectorBooted, false, OpBoot, 0, "0710230001000003201410070107020900000010"},
		{vectorAlive, false, OpSearch, StatusNoTags, ""},
		{vectorGetBuffer, true, OpGetBuffer, 0, "005700"},
	} {
		f := decodeOne(t, v.wire, v.request)
		if f.Opcode != v.op || f.Request != v.request || f.Status != v.status || !bytes.Equal(f.Data, unhex(t, v.data)) {
			t.Errorf("%s: got %+v", v.wire, f)
		}
		if got := AppendFrame(nil, f); !bytes.Equal(got, unhex(t, v.wire)) {
			t.Errorf("%s: encoded again as %X", v.wire, got)
		}
	}
}

func TestBadCRCIsRefused(t *testing.T) {
	d := Decoder{Format: Format{Requests: true}}
	if frames := collect(&d, unhex(t, vectorMisprint)); len(frames) != 0 || d.BadChecks() != 1 {
		t.Errorf("%d frames, %d bad checks", len(frames), d.BadChecks())
	}
}

func TestEncodersGiveTheVectors(t *testing.T) {
	for _, v := range []struct {
		wire string
		got  []byte
	}{
		{vectorGetVersion, AppendQuery(nil, OpVersion)},
		{vectorBoot, AppendQuery(nil, OpBoot)},
		{vectorSetRegion, AppendSetRegion(nil, 0x02)},
		{vectorRegionSet, AppendStatus(nil, OpSetRegion, StatusOK)},
		{vectorReadSingle, AppendReadSingle(nil, 1000)},
		{vectorNoTagSingle, AppendStatus(nil, OpReadSingle, StatusNoTags)},
		{vectorPower, AppendPower(nil, Power{2300, 2300, 1000})},
		{vectorVersion, AppendVersion(nil, OpVersion, Version{0x23010600, 0x38000201, 0x20240913, 0x02010608, 0x10})},
		{vectorBooted, AppendVersion(nil, OpBoot, Version{0x07102300, 0x01000003, 0x20141007, 0x01070209, 0x10})},
		{vectorAlive, AppendStatus(nil, OpSearch, StatusNoTags)},
		{vectorGetBuffer, AppendGetBuffer(nil, MetaReadCount|MetaRSSI|MetaAntenna|MetaTimestamp|MetaProtocol)},
		{vectorStreamTag, AppendStreamTag(nil, captured(t))},
	} {
		if !bytes.Equal(v.got, unhex(t, v.wire)) {
			t.Errorf("want %s, got %X", v.wire, v.got)
		}
	}
	if f := decodeOne(t, hex.EncodeToString(AppendStart(nil)), true); !bytes.Equal(f.Data, unhex(t, vectorStartData)) || !IsStart(f) || IsStop(f) {
		t.Errorf("start: %+v", f)
	}
	if f := decodeOne(t, hex.EncodeToString(AppendStop(nil)), true); !bytes.Equal(f.Data, []byte{0, 0, 2}) || !IsStop(f) || IsStart(f) {
		t.Errorf("stop: %+v", f)
	}
}

// captured is what vectorStreamTag says.
func captured(t testing.TB) *Tag {
	return &Tag{
		Fields: metaKnown, ReadCount: 1, RSSIdBm: -60, AntennaTX: 1, AntennaRX: 1, FrequencyKHz: 923_200, TimestampMS: 295,
		Protocol: ProtocolGen2, Data: []byte{}, GPIO: 15, PC: 0x3000, EPC: unhex(t, streamTagEPC), CRC: 0xE94A,
	}
}

func TestStreamedTag(t *testing.T) {
	var tag Tag
	if err := ParseStreamTag(decodeOne(t, vectorStreamTag, false).Data, &tag); err != nil || !cmp.Equal(&tag, captured(t)) {
		t.Errorf("%v: %s", err, cmp.Diff(captured(t), &tag))
	}
	if TagCRC(tag.PC, tag.EPC) != tag.CRC {
		t.Error("its own CRC does not hold")
	}
}

func TestStreamKinds(t *testing.T) {
	data := func(text string) Frame { return Frame{Opcode: OpSearch, Data: unhex(t, text)} }
	for name, v := range map[string]struct {
		f    Frame
		want StreamKind
	}{
		"tag":         {decodeOne(t, vectorStreamTag, false), StreamTag},
		"alive":       {decodeOne(t, vectorAlive, false), StreamAlive},
		"hot":         {Frame{Opcode: OpSearch, Status: StatusOverTemperature}, StreamFault},
		"temperature": {data("10001B00000000000000"), StreamTemperature},
		"status":      {data("10001B01FF02"), StreamStatus},
		"end":         {data("10001B01FF00"), StreamEnd},
		"type":        {data("10001B01FF07"), StreamMalformed},
		"short":       {data("10001B01FF"), StreamMalformed},
		"polled":      {data("00001B01FF01"), StreamMalformed},
		"empty":       {Frame{Opcode: OpSearch}, StreamMalformed},
		"other":       {decodeOne(t, vectorPower, false), StreamMalformed},
		"request":     {Frame{Opcode: OpSearch, Request: true, Status: StatusNoTags}, StreamMalformed},
	} {
		if got := StreamKindOf(v.f); got != v.want {
			t.Errorf("%s: %d, want %d", name, got, v.want)
		}
	}
}

func TestTagRecordsThatAreRefused(t *testing.T) {
	record := "0080" + "3000" + streamTagEPC + "E94A"
	for name, v := range map[string]struct {
		data string
		want error
	}{
		"good":          {"10001B000001" + record, nil},
		"without EPC":   {"10001B000001" + "0020" + "0000" + "1D0F", nil},
		"with XPC":      {"10001B000001" + "0040" + "0A00" + "BEEF" + "0102" + "1234", nil},
		"not streamed":  {"00001B000001" + record, errNoStreamTag},
		"not a tag":     {"10001B000002" + record, errNoStreamTag},
		"empty":         {"", errNoStreamTag},
		"unknown field": {"10001B020001" + record, ErrMetadata},
		"half":          {"10001B000001" + record[:20], ErrTagLength},
		"odd bits":      {"10001B000001" + "0081" + record[4:], ErrTagLength},
		"no CRC":        {"10001B000001" + "0010" + "3000", ErrTagLength},
		"too long":      {"10001B000001" + "0220" + "F800" + string(bytes.Repeat([]byte("00"), 64)) + "0000", ErrTagLength},
		"XPC too short": {"10001B000001" + "0020" + "0200" + "0000", ErrTagLength},
		"trailing":      {"10001B000001" + record + "00", ErrCount},
	} {
		var tag Tag
		if err := ParseStreamTag(unhex(t, v.data), &tag); !errors.Is(err, v.want) {
			t.Errorf("%s: %v, want %v", name, err, v.want)
		}
	}
	var tag Tag
	if err := ParseStreamTag(unhex(t, "10001B000001"+"0040"+"0A00"+"BEEF"+"0102"+"1234"), &tag); err != nil ||
		tag.XPC != 0xBEEF || !bytes.Equal(tag.EPC, []byte{1, 2}) || tag.CRC != 0x1234 {
		t.Errorf("XPC: %v %+v", err, tag)
	}
}

// TestBufferInSeveralFrames: what AppendBuffer cannot put into one frame comes in the next.
func TestBufferInSeveralFrames(t *testing.T) {
	const fields = MetaReadCount | MetaRSSI | MetaAntenna | MetaProtocol
	var want []Tag
	for i := range 30 {
		want = append(want, Tag{Fields: fields, ReadCount: 1, RSSIdBm: -50, AntennaTX: 2, AntennaRX: 2, Protocol: ProtocolGen2, PC: 0x3000, EPC: append(make([]byte, 11), byte(i))})
	}
	var got []Tag
	frames := 0
	for left := want; len(left) > 0; frames++ {
		wire, n := AppendBuffer(nil, fields, left)
		b, err := ParseBuffer(decodeOne(t, hex.EncodeToString(wire), false).Data)
		if err != nil || n == 0 || int(b.Count) != n {
			t.Fatalf("%v, %d records, counted %d", err, n, b.Count)
		}
		var tag Tag
		for more, err := b.Next(&tag); more || err != nil; more, err = b.Next(&tag) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, tag)
		}
		left = left[n:]
	}
	if !cmp.Equal(want, got) || frames != 3 { // eleven records of 22 bytes fill a frame
		t.Errorf("%d frames: %s", frames, cmp.Diff(want, got))
	}
}

func TestBufferThatContradictsItself(t *testing.T) {
	for data, want := range map[string]error{
		"000000":                   ErrLength,
		"00000000":                 nil,
		"00000000AA":               ErrCount,
		"00000001":                 ErrTagLength,
		"0000000100200000ABCDEF":   ErrCount,
		"000000020020000000000020": ErrTagLength,
		"0200000100200000ABCD":     ErrMetadata,
	} {
		b, err := ParseBuffer(unhex(t, data))
		var tag Tag
		for more := err == nil; more; {
			more, err = b.Next(&tag)
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", data, err, want)
		}
	}
}

func TestPaddingHoldsNothingUp(t *testing.T) {
	var d Decoder
	frames := collect(&d, append(AppendWake(nil), unhex(t, vectorAlive)...))
	if len(frames) != 1 || d.Dropped() != wakeBytes || d.BadChecks() != 0 {
		t.Errorf("%d frames, %d bytes dropped, %d bad checks", len(frames), d.Dropped(), d.BadChecks())
	}
}

func TestOtherMessages(t *testing.T) {
	v, err := ParseVersion(decodeOne(t, vectorVersion, false).Data)
	if err != nil || v.String() != "hardware 38000201 firmware 02010608 of 20240913" || v.BootLoader != 0x23010600 || v.Protocols != 0x10 {
		t.Errorf("version %+v, %v", v, err)
	}
	if p, err := ParsePower(decodeOne(t, vectorPower, false).Data); err != nil || p != (Power{2300, 2300, 1000}) {
		t.Errorf("power %+v, %v", p, err)
	}
	if epc, crc, err := ParseReadSingle(unhex(t, streamTagEPC+"E94A")); err != nil || crc != 0xE94A || !bytes.Equal(epc, unhex(t, streamTagEPC)) {
		t.Errorf("single read %X %04X, %v", epc, crc, err)
	}
	for _, flags := range []uint16{0, SearchLargePopulation} {
		wire := AppendSearchCount(nil, flags, 200)
		if n, err := ParseSearchCount(decodeOne(t, hex.EncodeToString(wire), false).Data); err != nil || n != 200 {
			t.Errorf("flags %04X: %d, %v", flags, n, err)
		}
	}
	s := Search{Flags: SearchLargePopulation, TimeoutMS: 250}
	if got, err := ParseSearch(decodeOne(t, hex.EncodeToString(AppendSearch(nil, s)), true).Data); err != nil || got != s {
		t.Errorf("search %+v, %v", got, err)
	}
	if got := StatusOverTemperature.String(); got != "too hot" {
		t.Errorf("it says %q", got)
	}
	if got := Status(0x1234).String(); got != "status 1234" {
		t.Errorf("unknown status says %q", got)
	}
}

func TestWrongLengthsAreRefused(t *testing.T) {
	framestest.Lengths(t, 80, ErrLength, func(data []byte, check framestest.LengthCheck) {
		_, err := ParseVersion(data)
		check("version", err, 20)
		_, err = ParseRegion(data)
		check("region", err, 1)
		_, _, err = ParseSetAntenna(data)
		check("antenna", err, 2)
		_, err = ParseSetPower(data)
		check("power setting", err, 2)
		_, err = ParseSearch(data)
		check("search", err, 5)
		_, err = ParseSearchCount(data)
		check("count", err, 4, 7)
		_, err = ParseGetBuffer(data)
		check("fetch", err, 3)
		_, _, err = ParseReadSingle(data)
		if (err == nil) != (len(data) >= 2 && len(data) <= 64) {
			t.Errorf("single read of %d bytes: %v", len(data), err)
		}
		if len(data) > 0 {
			data[0] = powerWithLimits
		}
		_, err = ParsePower(data)
		check("power", err, 7)
	})
}

func drawTag(rt *rapid.T) Tag {
	tag := Tag{
		Fields: Metadata(rapid.Uint16Range(0, uint16(metaKnown)).Draw(rt, "fields")), PC: rapid.Uint16().Draw(rt, "pc"),
		CRC: rapid.Uint16().Draw(rt, "crc"), EPC: rapid.SliceOfN(rapid.Byte(), 0, MaxEPC/2).Draw(rt, "epc"),
	}
	tag.EPC = append(tag.EPC, tag.EPC...) // whole words
	if tag.PC&pcXPC != 0 {
		tag.XPC = rapid.Uint16().Draw(rt, "xpc")
	}
	if tag.Has(MetaRSSI) {
		tag.RSSIdBm = rapid.Int8().Draw(rt, "rssi")
	}
	if tag.Has(MetaAntenna) {
		tag.AntennaTX, tag.AntennaRX = rapid.Uint8Range(0, MaxPort).Draw(rt, "tx"), rapid.Uint8Range(0, MaxPort).Draw(rt, "rx")
	}
	if tag.Has(MetaFrequency) {
		tag.FrequencyKHz = rapid.Uint32Range(0, 1<<24-1).Draw(rt, "khz")
	}
	if tag.Has(MetaData) {
		tag.Data = rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(rt, "data")
		tag.DataBits = uint16(8 * len(tag.Data)) //nolint:gosec // at most 512
	}
	return tag
}

func TestAnyTagRoundTrips(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tag := drawTag(rt)
		var d Decoder
		frames := collect(&d, AppendStreamTag(nil, &tag))
		if len(frames) != 1 {
			rt.Fatalf("%d frames", len(frames))
		}
		var back Tag
		if err := ParseStreamTag(frames[0].Data, &back); err != nil {
			rt.Fatalf("%v: %+v", err, tag)
		}
		if diff := cmp.Diff(tag, back, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func FuzzDecoder(f *testing.F) {
	for _, v := range []string{
		vectorGetVersion, vectorBoot, vectorSetRegion, vectorRegionSet, vectorReadSingle, vectorNoTagSingle, vectorPower, vectorStreamTag,
		vectorWriteData, vectorVersion, vectorBooted, vectorAlive, vectorGetBuffer, vectorMisprint, "FFFFFFFF" + vectorStreamTag + vectorAlive,
	} {
		f.Add(unhex(f, v), uint64(1), false)
		f.Add(unhex(f, v), uint64(7), true)
	}
	wire, _ := AppendBuffer(nil, MetaRSSI, []Tag{{Fields: MetaRSSI, PC: 0x0800, EPC: []byte{1, 2}}})
	f.Add(wire, uint64(3), false)
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64, requests bool) {
		for _, frame := range protocol(requests).Stream(t, stream, seed) {
			parseEverything(t, frame)
		}
	})
}

// FuzzMessages runs the parsers on data that no CRC has vouched for.
func FuzzMessages(f *testing.F) {
	f.Add(unhex(f, "10001B01FF0101C4110E16400000012700000500000F00803000000000000000000000001545E94A"))
	wire, _ := AppendBuffer(nil, MetaRSSI, []Tag{{Fields: MetaRSSI, PC: 0x0800, EPC: []byte{1, 2}}, {Fields: MetaRSSI, PC: pcXPC, XPC: 1}})
	f.Add(wire[headerAnswer : len(wire)-crcLen])
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) <= MaxData {
			parseEverything(t, Frame{Opcode: OpSearch, Data: data})
		}
	})
}

// parseEverything runs all parsers: none may panic, and a tag that parses must be the
// same bytes again.
func parseEverything(t *testing.T, f Frame) {
	_, _, _, _ = StreamKindOf(f), IsStart(f), IsStop(f), f.Status.String()
	_, _ = ParseVersion(f.Data)
	_, _ = ParseRegion(f.Data)
	_, _, _ = ParseSetAntenna(f.Data)
	_, _ = ParsePower(f.Data)
	_, _ = ParseSetPower(f.Data)
	_, _ = ParseSearch(f.Data)
	_, _ = ParseSearchCount(f.Data)
	_, _ = ParseGetBuffer(f.Data)
	_, _, _ = ParseReadSingle(f.Data)
	_, _ = ParseGPIO(f.Data)
	var tag Tag
	if ParseStreamTag(f.Data, &tag) == nil {
		if got := appendTag(nil, &tag); !bytes.Equal(got, f.Data[streamHeader:]) {
			t.Fatalf("%X became %X", f.Data[streamHeader:], got)
		}
	}
	b, err := ParseBuffer(f.Data)
	var tags []Tag
	for more := err == nil; more; {
		if more, err = b.Next(&tag); more {
			tags = append(tags, tag)
		}
	}
	if err != nil {
		return
	}
	wire, n := AppendBuffer(nil, b.Fields, tags)
	if n != len(tags) || !bytes.Equal(wire[headerAnswer+4:len(wire)-crcLen], f.Data[4:]) {
		t.Fatalf("%X became %X", f.Data, wire)
	}
}

func TestDecodeTagAllocatesNothing(t *testing.T) {
	wire := unhex(t, vectorStreamTag)
	var d Decoder
	var tag Tag
	if n := testing.AllocsPerRun(100, func() { decodeTag(t, &d, wire, &tag) }); n != 0 {
		t.Errorf("%v allocations for one streamed tag", n)
	}
	buffered := buffered(t)
	if n := testing.AllocsPerRun(100, func() { decodeBuffered(t, &d, buffered, &tag) }); n != 0 {
		t.Errorf("%v allocations for a buffered tag", n)
	}
}

func buffered(tb testing.TB) []byte {
	tag := *captured(tb)
	tag.Fields = MetaRSSI | MetaAntenna
	wire, _ := AppendBuffer(nil, tag.Fields, []Tag{tag})
	return wire
}

func decodeTag(tb testing.TB, d *Decoder, wire []byte, tag *Tag) {
	d.Feed(wire)
	frame, ok := d.Next()
	if !ok || StreamKindOf(frame) != StreamTag || ParseStreamTag(frame.Data, tag) != nil {
		tb.Fatal("no tag")
	}
}

func decodeBuffered(tb testing.TB, d *Decoder, wire []byte, tag *Tag) {
	d.Feed(wire)
	frame, _ := d.Next()
	b, err := ParseBuffer(frame.Data)
	if err != nil {
		tb.Fatal(err)
	}
	if more, err := b.Next(tag); !more || err != nil {
		tb.Fatal("no tag", err)
	}
}

func BenchmarkDecodeTag(b *testing.B) {
	wire := buffered(b)
	var d Decoder
	var tag Tag
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		decodeBuffered(b, &d, wire, &tag)
	}
}
