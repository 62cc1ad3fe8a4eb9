package uhfreader

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"trilock/firmware-protocols/frames"
	"trilock/firmware-protocols/frames/framestest"
)

// Frames captured from real readers, except the one marked computed.
const (
	vectorInventory18   = "040001DB4B"
	vectorAskInfo       = "040021D96A"
	vectorInventoryTID  = "06000100014540"
	vectorInfo          = "1100210000160C034E001E0A01000000E651"
	vectorPlainOne      = "13000103010C0000000000000000000003133F39"
	vectorPlainTwo      = "20000103020C0000000000000000000003130C0000000000000000000003149AC9"
	vectorAntennaOne    = "1500010301010C0000000000000000000003136BB1A5"
	vectorAntennaThree  = "1500010304010C49440000000000000A0003346425C0"
	vectorFinished      = "0700010101001E4B"
	vectorInventory288  = "090001040100800A99C6"
	vectorBadCRC        = "1500010301010C0000000000000000000003136BB1A6" // the last byte should be A5
	vectorUnasked       = "1400EE00010CE2801160600002094ED74AA646B5AF"   // computed
	epc313              = "000000000000000000000313"
	epc314              = "000000000000000000000314"
	epcThree            = "49440000000000000A000334"
	epcUnasked          = "E2801160600002094ED74AA6"
	crcCheckValue       = 0x6F91 // of the text "123456789"
	crcAfterThreeOfThem = 0x4BDB // of 04 00 01
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

func TestFraming(t *testing.T) { protocol().Conform(t, unhex(t, vectorAntennaOne)) }

func replyData(t *testing.T, wire []byte, want Status) []byte {
	t.Helper()
	status, data, ok := decodeOne(t, hex.EncodeToString(wire)).Reply()
	if !ok || status != want {
		t.Fatalf("%X: status %v, %v; want %v", wire, status, ok, want)
	}
	return data
}

func TestCRC(t *testing.T) {
	if got := frames.CRC16MCRF4XX([]byte("123456789")); got != crcCheckValue {
		t.Errorf("check value %04X", got)
	}
	for n, want := range map[int]uint16{1: 0x49A3, 2: 0x97D8, 3: crcAfterThreeOfThem} {
		if got := frames.CRC16MCRF4XX([]byte{4, 0, 1}[:n]); got != want {
			t.Errorf("after %d bytes %04X, want %04X", n, got, want)
		}
	}
}

func TestVectorsDecode(t *testing.T) {
	for _, v := range []struct {
		wire    string
		command Command
		data    string
	}{
		{vectorInventory18, CommandInventory, ""},
		{vectorAskInfo, CommandInformation, ""},
		{vectorInventoryTID, CommandInventory, "0001"},
		{vectorInfo, CommandInformation, "00" + "00160C034E001E0A01000000"},
		{vectorPlainOne, CommandInventory, "03" + "010C" + epc313},
		{vectorPlainTwo, CommandInventory, "03" + "020C" + epc313 + "0C" + epc314},
		{vectorAntennaOne, CommandInventory, "03" + "01010C" + epc313 + "6B"},
		{vectorAntennaThree, CommandInventory, "03" + "04010C" + epcThree + "64"},
		{vectorFinished, CommandInventory, "01" + "0100"},
		{vectorInventory288, CommandInventory, "040100800A"},
		{vectorUnasked, CommandUnasked, "00" + "010C" + epcUnasked + "46"},
	} {
		f := decodeOne(t, v.wire)
		if f.Address != AddressDefault || f.Command != v.command || !bytes.Equal(f.Data, unhex(t, v.data)) {
			t.Errorf("%s: got %+v", v.wire, f)
		}
		if got := AppendFrame(nil, f); !bytes.Equal(got, unhex(t, v.wire)) {
			t.Errorf("%s: encoded again as %X", v.wire, got)
		}
	}
}

func TestBadCRCIsCountedAndRefused(t *testing.T) {
	var d Decoder
	if frames := collect(&d, unhex(t, vectorBadCRC)); len(frames) != 0 || d.BadChecks() == 0 {
		t.Errorf("%d frames, %d bad checks", len(frames), d.BadChecks())
	}
}

func TestEncodersGiveTheVectors(t *testing.T) {
	info := Information{
		Minor: 22, Type: TypeReader288, AirProtocols: 3, Channels: Channels{Band: BandEU, High: 14},
		PowerDBm: 30, ScanTime: 10, Extended: true, Antennas: 1,
	}
	tag := func(epc string, rssi uint8) Tag { return Tag{EPC: unhex(t, epc), RSSIRaw: rssi} }
	for _, v := range []struct {
		wire string
		got  []byte
	}{
		{vectorInventory18, AppendQuery(nil, 0, CommandInventory)},
		{vectorAskInfo, AppendQuery(nil, 0, CommandInformation)},
		{vectorInventoryTID, AppendInventoryTID(nil, 0, 0, 1)},
		{vectorInfo, AppendInformation(nil, 0, info)},
		{vectorPlainOne, AppendBatch(nil, 0, StatusMore, LayoutPlain, 0, tag(epc313, 0))},
		{vectorPlainTwo, AppendBatch(nil, 0, StatusMore, LayoutPlain, 0, tag(epc313, 0), tag(epc314, 0))},
		{vectorAntennaOne, AppendBatch(nil, 0, StatusMore, LayoutAntenna, 1, tag(epc313, 0x6B))},
		{vectorAntennaThree, AppendBatch(nil, 0, StatusMore, LayoutAntenna, 4, tag(epcThree, 0x64))},
		{vectorFinished, AppendBatch(nil, 0, StatusFinished, LayoutAntenna, 1)},
		{vectorInventory288, AppendInventory(nil, 0, Inventory{Q: 4, Session: 1, Port: 1, ScanTime: 10})},
		{vectorUnasked, AppendUnasked(nil, 0, LayoutAntenna, 1, tag(epcUnasked, 0x46))},
	} {
		if !bytes.Equal(v.got, unhex(t, v.wire)) {
			t.Errorf("want %s, got %X", v.wire, v.got)
		}
	}
}

func TestBatchVectors(t *testing.T) {
	for _, v := range []struct {
		wire   string
		layout Layout
		status Status
		mask   uint8
		epcs   []string
		rssi   []uint8
	}{
		{vectorPlainOne, LayoutPlain, StatusMore, 0, []string{epc313}, []uint8{0}},
		{vectorPlainTwo, LayoutPlain, StatusMore, 0, []string{epc313, epc314}, []uint8{0, 0}},
		{vectorAntennaOne, LayoutAntenna, StatusMore, 1, []string{epc313}, []uint8{0x6B}},
		{vectorAntennaThree, LayoutAntenna, StatusMore, 4, []string{epcThree}, []uint8{0x64}},
		{vectorFinished, LayoutAntenna, StatusFinished, 1, nil, nil},
	} {
		b, err := ParseBatch(v.layout, replyData(t, unhex(t, v.wire), v.status))
		if err != nil || b.AntennaMask != v.mask || b.Count != len(v.epcs) {
			t.Fatalf("%s: %+v, %v", v.wire, b, err)
		}
		var tag Tag
		for i, epc := range v.epcs {
			if !b.Next(&tag) || !bytes.Equal(tag.EPC, unhex(t, epc)) || tag.RSSIRaw != v.rssi[i] || tag.HasRSSI != (v.layout == LayoutAntenna) {
				t.Errorf("%s: record %d is %+v", v.wire, i, tag)
			}
		}
		if b.Next(&tag) {
			t.Errorf("%s: one record too many", v.wire)
		}
	}
}

func TestRecordsThatDoNotFitAreRefused(t *testing.T) {
	for _, v := range []struct {
		layout Layout
		data   string
		want   error
	}{
		{LayoutPlain, "", ErrLength},
		{LayoutAntenna, "01", ErrLength},
		{LayoutPlain, "00", nil},
		{LayoutPlain, "0002E2", ErrRecords},                  // nobody counted it
		{LayoutPlain, "01", ErrRecords},                      // counted and not there
		{LayoutPlain, "010CE280", ErrRecords},                // cut short
		{LayoutPlain, "0102E2806B", ErrRecords},              // the other layout's record
		{LayoutAntenna, "010102E280", ErrRecords},            // no RSSI
		{LayoutAntenna, "010182E2806B", ErrForm},             // with TID
		{LayoutAntenna, "010142E2806B", ErrForm},             // with phase
		{LayoutAntenna, "FF0102E2806B", nil},                 // whose antenna it is, the driver judges
		{LayoutPlain, "013F" + epc313, ErrRecords},           // longer than any EPC
		{LayoutPlain, "02" + "02E280" + "03E28011", nil},     // an odd number of bytes
		{LayoutPlain, "FF" + "0CE2801160600002", ErrRecords}, // a count that cannot be
		{LayoutAntenna, "0101" + "00" + "6B", nil},           // a tag without an EPC
		{LayoutAntenna, "0102" + "02E2806B" + "02", ErrRecords},
	} {
		if _, err := ParseBatch(v.layout, unhex(t, v.data)); !errors.Is(err, v.want) {
			t.Errorf("%s: %v, want %v", v.data, err, v.want)
		}
	}
}

func TestUnasked(t *testing.T) {
	var tag Tag
	mask, err := ParseUnasked(LayoutAntenna, replyData(t, unhex(t, vectorUnasked), StatusOK), &tag)
	if err != nil || mask != 1 || !bytes.Equal(tag.EPC, unhex(t, epcUnasked)) || tag.RSSIRaw != 0x46 {
		t.Errorf("%+v of antennas %b, %v", tag, mask, err)
	}
	plain := AppendUnasked(nil, 7, LayoutPlain, 0, Tag{EPC: unhex(t, epc313)})
	if _, err := ParseUnasked(LayoutPlain, replyData(t, plain, StatusOK), &tag); err != nil || !bytes.Equal(tag.EPC, unhex(t, epc313)) {
		t.Errorf("%+v, %v", tag, err)
	}
	if _, err := ParseUnasked(LayoutAntenna, nil, &tag); !errors.Is(err, ErrLength) {
		t.Error(err)
	}
	if _, err := ParseUnasked(LayoutPlain, unhex(t, "02E28011"), &tag); !errors.Is(err, ErrRecords) {
		t.Error(err)
	}
}

func TestInformation(t *testing.T) {
	info, err := ParseInformation(replyData(t, unhex(t, vectorInfo), StatusOK))
	want := Information{
		Minor: 22, Type: TypeReader288, AirProtocols: 3, Channels: Channels{Band: BandEU, High: 14},
		PowerDBm: 30, ScanTime: 10, Extended: true, Antennas: 1,
	}
	if err != nil || info != want {
		t.Errorf("%+v, %v", info, err)
	}
	if info.Version() != "0.22" || info.Type.String() != "0C (UHFReader288M)" || info.Type.Layout() != LayoutAntenna {
		t.Errorf("%s %s", info.Version(), info.Type)
	}
	if low, high, known := info.Channels.RangeKHz(); low != 865_100 || high != 867_900 || !known {
		t.Errorf("%d to %d kHz, %v", low, high, known)
	}
	short := Information{Major: 2, Minor: 36, Type: TypeReader18, Channels: Channels{Band: BandChina, High: 19}, PowerDBm: PowerUnknown, ScanTime: 10}
	if got, err := ParseInformation(replyData(t, AppendInformation(nil, 0, short), StatusOK)); err != nil || got != short {
		t.Errorf("%+v, %v", got, err)
	}
	if got := ReaderType(0x55); got.Layout() != LayoutUnknown || got.String() != "55 (unknown)" {
		t.Error(got)
	}
	for _, plain := range []ReaderType{3, 8, 9} {
		if plain.Layout() != LayoutPlain {
			t.Error(plain)
		}
	}
	for _, antenna := range []ReaderType{0x0C, 0x0F, 0x10, 0x16, 0x20, 0x75, 0x8B} {
		if antenna.Layout() != LayoutAntenna {
			t.Error(antenna)
		}
	}
}

func TestBands(t *testing.T) {
	for _, v := range []struct {
		channels  Channels
		high, low byte
		from, to  uint32
	}{
		{Channels{0b0000, 0, 62}, 0x3E, 0x00, 902_600, 927_400},
		{Channels{BandChina, 0, 19}, 0x13, 0x40, 920_125, 924_875},
		{Channels{BandUS, 0, 49}, 0x31, 0x80, 902_750, 927_250},
		{Channels{BandKorea, 0, 31}, 0x1F, 0xC0, 917_100, 923_300},
		{Channels{BandEU, 0, 14}, 0x4E, 0x00, 865_100, 867_900},
		{Channels{0b0110, 1, 6}, 0x46, 0x81, 868_100, 868_600},
		{Channels{0b0111, 0, 10}, 0x4A, 0xC0, 916_200, 925_200},
		{Channels{0b1000, 0, 19}, 0x93, 0x00, 840_125, 844_875},
		{Channels{0b1001, 0, 3}, 0x83, 0x40, 865_700, 867_500},
		{Channels{0b1010, 0, 10}, 0x8A, 0x80, 922_250, 927_250},
		{Channels{0b1100, 0, 52}, 0xF4, 0x00, 902_000, 928_000},
	} {
		f := decodeOne(t, hex.EncodeToString(AppendSetChannels(nil, 0, v.channels)))
		if f.Command != CommandSetChannels || !bytes.Equal(f.Data, []byte{v.high, v.low}) {
			t.Errorf("%+v is sent as %X", v.channels, f.Data)
		}
		if got, err := ParseChannels(f.Data); err != nil || got != v.channels {
			t.Errorf("%+v came back as %+v, %v", v.channels, got, err)
		}
		if from, to, known := v.channels.RangeKHz(); from != v.from || to != v.to || !known {
			t.Errorf("%+v is %d to %d kHz, %v", v.channels, from, to, known)
		}
	}
	if _, _, known := (Channels{Band: 0b1111}).RangeKHz(); known {
		t.Error("a band that nobody has described is known")
	}
	if _, err := ParseChannels([]byte{1}); !errors.Is(err, ErrLength) {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	for _, v := range []struct {
		wire    []byte
		command Command
		data    string
	}{
		{AppendSetPower(nil, 5, 26), CommandSetPower, "1A"},
		{AppendSetScanTime(nil, 5, 20), CommandSetScanTime, "14"},
		{AppendAntennaCheck(nil, 5, true), CommandAntennaCheck, "01"},
		{AppendAntennaCheck(nil, 5, false), CommandAntennaCheck, "00"},
		{AppendAnswerMode(nil, 5, LayoutPlain), CommandSetMode18, "000000000000"},
		{AppendAnswerMode(nil, 5, LayoutAntenna), CommandSetMode288, "00"},
		{AppendQuery(nil, 5, CommandStop), CommandStop, ""},
	} {
		f := decodeOne(t, hex.EncodeToString(v.wire))
		if f.Address != 5 || f.Command != v.command || !bytes.Equal(f.Data, unhex(t, v.data)) {
			t.Errorf("%X: %+v", v.wire, f)
		}
	}
	if v, err := ParseByte([]byte{26}); v != 26 || err != nil {
		t.Error(v, err)
	}
	if _, err := ParseByte(nil); !errors.Is(err, ErrLength) {
		t.Error(err)
	}
}

func TestInventoryRequests(t *testing.T) {
	inv := Inventory{Q: 6, Session: 2, Target: 1, Port: 16, ScanTime: 30}
	if got, err := ParseInventory(decodeOne(t, hex.EncodeToString(AppendInventory(nil, 0, inv))).Data); err != nil || got != inv {
		t.Errorf("%+v, %v", got, err)
	}
	for data, want := range map[string]error{
		"": ErrLength, "0401": ErrLength, "0401000000": ErrPort, "0401009F00": ErrPort, "840100800A": ErrForm, "240100800A": ErrForm,
	} {
		if _, err := ParseInventory(unhex(t, data)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", data, err, want)
		}
	}
	if word, words, err := ParseInventoryTID(decodeOne(t, vectorInventoryTID).Data); word != 0 || words != 1 || err != nil {
		t.Error(word, words, err)
	}
	if _, _, err := ParseInventoryTID(nil); !errors.Is(err, ErrLength) {
		t.Error(err)
	}
}

func TestStatusWords(t *testing.T) {
	if got := StatusAntenna.String(); got != "antenna is not connected" {
		t.Error(got)
	}
	if got := Status(0x77).String(); got != "status 77" {
		t.Error(got)
	}
	if _, _, ok := decodeOne(t, vectorInventory18).Reply(); ok {
		t.Error("a request passes for an answer")
	}
}

func TestAnyBatchRoundTrips(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		layout := rapid.SampledFrom([]Layout{LayoutPlain, LayoutAntenna}).Draw(rt, "layout")
		mask := uint8(0)
		if layout == LayoutAntenna {
			mask = rapid.Byte().Draw(rt, "mask")
		}
		tags := make([]Tag, rapid.IntRange(0, 3).Draw(rt, "tags")) // three of the longest fit a frame
		for i := range tags {
			tags[i].EPC = rapid.SliceOfN(rapid.Byte(), 0, MaxEPCBytes).Draw(rt, "epc")
			if layout == LayoutAntenna {
				tags[i].RSSIRaw, tags[i].HasRSSI = rapid.Byte().Draw(rt, "rssi"), true
			}
		}
		var d Decoder
		frames := collect(&d, AppendBatch(nil, 3, StatusMore, layout, mask, tags...))
		if len(frames) != 1 {
			rt.Fatalf("%d frames", len(frames))
		}
		_, data, _ := frames[0].Reply()
		b, err := ParseBatch(layout, data)
		if err != nil || b.AntennaMask != mask || b.Count != len(tags) {
			rt.Fatalf("%+v, %v", b, err)
		}
		var back Tag
		for i := range tags {
			if !b.Next(&back) || !cmp.Equal(tags[i], back) {
				rt.Fatalf("%+v became %+v", tags[i], back)
			}
		}
	})
}

func FuzzDecoder(f *testing.F) {
	for _, v := range []string{
		vectorInventory18, vectorAskInfo, vectorInventoryTID, vectorInfo, vectorPlainOne, vectorPlainTwo, vectorAntennaOne,
		vectorAntennaThree, vectorFinished, vectorInventory288, vectorBadCRC, vectorUnasked, "FF0506" + vectorPlainTwo + vectorFinished,
	} {
		f.Add(unhex(f, v), uint64(1))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		for _, frame := range protocol().Stream(t, stream, seed) {
			parseEverything(t, frame)
		}
	})
}

// FuzzParse gives the parsers contents that a CRC would keep from them.
func FuzzParse(f *testing.F) {
	for _, v := range []string{vectorInfo, vectorPlainTwo, vectorAntennaThree, vectorFinished, vectorInventory288, vectorUnasked} {
		p := unhex(f, v)
		f.Add(p[2], p[3:len(p)-2])
	}
	f.Fuzz(func(t *testing.T, command uint8, data []byte) {
		if len(data) <= MaxData {
			parseEverything(t, Frame{Command: Command(command), Data: data})
		}
	})
}

// parseEverything runs all parsers: none may panic, and what parses must be the same
// bytes again.
func parseEverything(t *testing.T, f Frame) {
	status, data, _ := f.Reply()
	_ = status.String()
	_, _ = ParseByte(f.Data)
	_, _, _ = ParseInventoryTID(f.Data)
	if inv, err := ParseInventory(f.Data); err == nil {
		if got := AppendInventory(nil, f.Address, inv); !bytes.Equal(got[3:len(got)-2], f.Data) {
			t.Fatalf("inventory %X became %X", f.Data, got)
		}
	}
	if c, err := ParseChannels(f.Data); err == nil {
		_, _, _ = c.RangeKHz()
		if got := AppendSetChannels(nil, f.Address, c); !bytes.Equal(got[3:len(got)-2], f.Data) {
			t.Fatalf("channels %X became %X", f.Data, got)
		}
	}
	if info, err := ParseInformation(data); err == nil {
		_ = info.Type.String() + info.Version()
		got := AppendInformation(nil, f.Address, info)
		if back, err := ParseInformation(got[4 : len(got)-2]); err != nil || back != info {
			t.Fatalf("information %+v became %+v, %v", info, back, err)
		}
	}
	for _, layout := range []Layout{LayoutPlain, LayoutAntenna} {
		var tag Tag
		if mask, err := ParseUnasked(layout, data, &tag); err == nil {
			if got := AppendUnasked(nil, f.Address, layout, mask, tag); !bytes.Equal(got[4:len(got)-2], data) {
				t.Fatalf("record %X became %X", data, got)
			}
		}
		b, err := ParseBatch(layout, data)
		if err != nil {
			continue
		}
		mask := b.AntennaMask
		var tags []Tag
		for b.Next(&tag) {
			tags = append(tags, tag)
		}
		if got := AppendBatch(nil, f.Address, status, layout, mask, tags...); !bytes.Equal(got[4:len(got)-2], data) {
			t.Fatalf("batch %X became %X", data, got)
		}
	}
}

func TestDecodeTagAllocatesNothing(t *testing.T) {
	wire := unhex(t, vectorAntennaOne)
	var d Decoder
	var tag Tag
	if n := testing.AllocsPerRun(100, func() { decodeTag(t, &d, wire, &tag) }); n != 0 {
		t.Errorf("%v allocations for one tag", n)
	}
}

func decodeTag(tb testing.TB, d *Decoder, wire []byte, tag *Tag) {
	d.Feed(wire)
	frame, ok := d.Next()
	if !ok {
		tb.Fatal("no frame")
	}
	_, data, _ := frame.Reply()
	b, err := ParseBatch(LayoutAntenna, data)
	if err != nil || !b.Next(tag) {
		tb.Fatal("no tag")
	}
}

func BenchmarkDecodeTag(b *testing.B) {
	wire := unhex(b, vectorAntennaOne)
	var d Decoder
	var tag Tag
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		decodeTag(b, &d, wire, &tag)
	}
}
