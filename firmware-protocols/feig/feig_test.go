package feig

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"trilock/firmware-protocols/frames"
	"trilock/firmware-protocols/frames/framestest"
)

// Frames captured from real readers and hosts, except those marked computed.
const (
	vectorReadConfig      = "06128007E580"
	vectorGetVersion      = "05FF65E5CB"
	vectorVersion         = "0D00650003030044530D303309"
	vectorVersionAdvanced = "02000F00650003030044530D307469"
	vectorBadCheck        = "0D00650003030044530D303308" // a published sample of a wrong CRC
	vectorBaud            = "06FF52000F6E"
	vectorRFReset         = "05FF698901"
	vectorOneTag          = "1100B000010300E004010012345678D835"     // computed
	vectorProximity       = "02001300B000010400FF77665544332211A255" // its data is captured, the frame computed
	vectorNoTag           = "0600B0015C63"                           // computed
	oneTagUID             = "E004010012345678"
	proximityUID          = "77665544332211"
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

func TestFraming(t *testing.T) { protocol().Conform(t, unhex(t, vectorOneTag)) }

// content is an answer without its status.
func content(t testing.TB, wire string) []byte {
	t.Helper()
	_, rest, err := Answer(decodeOne(t, wire))
	if err != nil {
		t.Fatal(err)
	}
	return rest
}

func TestCRC(t *testing.T) {
	for text, want := range map[string]uint16{"": 0xFFFF, "05": 0x582A, "05FF": 0x8178, "05FF65": 0xCBE5, "05FF65E5CB": 0} {
		if got := frames.CRC16MCRF4XX(unhex(t, text)); got != want {
			t.Errorf("%s: %04X, want %04X", text, got, want)
		}
	}
}

func TestVectorsDecode(t *testing.T) {
	for _, v := range []struct {
		wire     string
		advanced bool
		address  uint8
		command  Command
		data     string
	}{
		{vectorReadConfig, false, 0x12, CommandReadConfig, "07"},
		{vectorGetVersion, false, AddressBroadcast, CommandSoftwareVersion, ""},
		{vectorVersion, false, 0, CommandSoftwareVersion, "0003030044530D30"},
		{vectorVersionAdvanced, true, 0, CommandSoftwareVersion, "0003030044530D30"},
		{vectorBaud, false, AddressBroadcast, CommandBaudDetection, "00"},
		{vectorRFReset, false, AddressBroadcast, CommandRFReset, ""},
		{vectorOneTag, false, 0, CommandISOHost, "00010300" + oneTagUID},
		{vectorProximity, true, 0, CommandISOHost, "00010400FF" + proximityUID},
		{vectorNoTag, false, 0, CommandISOHost, "01"},
	} {
		f := decodeOne(t, v.wire)
		if f.Advanced != v.advanced || f.Address != v.address || f.Command != v.command || !bytes.Equal(f.Data, unhex(t, v.data)) {
			t.Errorf("%s: got %+v", v.wire, f)
		}
		if got := AppendFrame(nil, f); !bytes.Equal(got, unhex(t, v.wire)) {
			t.Errorf("%s: encoded again as %X", v.wire, got)
		}
	}
}

func TestBadCheckIsRefused(t *testing.T) {
	var d Decoder
	if frames := collect(&d, unhex(t, vectorBadCheck)); len(frames) != 0 || d.BadChecks() != 1 {
		t.Errorf("%d frames, %d bad checks", len(frames), d.BadChecks())
	}
}

func TestEncodersGiveTheVectors(t *testing.T) {
	nearby := []Tag{{Type: TagISO15693, UID: unhex(t, oneTagUID)}}
	proximity := []Tag{{Type: TagISO14443A, Option: 0xFF, UID: unhex(t, proximityUID)}}
	advanced := decodeOne(t, hex.EncodeToString(AppendTags(nil, 0, StatusOK, proximity)))
	advanced.Advanced = true
	for _, v := range []struct {
		wire string
		got  []byte
	}{
		{vectorReadConfig, AppendReadConfig(nil, 0x12, 7)},
		{vectorGetVersion, AppendQuery(nil, AddressBroadcast, CommandSoftwareVersion)},
		{vectorVersion, AppendSoftwareVersion(nil, 0, SoftwareVersion{3, 3, 0, 0x44, 0x53, 0x0D30})},
		{vectorBaud, AppendBaudDetection(nil, AddressBroadcast)},
		{vectorRFReset, AppendQuery(nil, AddressBroadcast, CommandRFReset)},
		{vectorOneTag, AppendTags(nil, 0, StatusOK, nearby)},
		{vectorProximity, AppendFrame(nil, advanced)},
		{vectorNoTag, AppendAnswer(nil, 0, CommandISOHost, StatusNoTransponder, nil)},
	} {
		if !bytes.Equal(v.got, unhex(t, v.wire)) {
			t.Errorf("want %s, got %X", v.wire, v.got)
		}
	}
}

func TestAdvancedWhenItDoesNotFit(t *testing.T) {
	for n, advanced := range map[int]bool{0: false, 250: false, 251: true, MaxData: true} {
		f := decodeOne(t, hex.EncodeToString(AppendFrame(nil, Frame{Command: CommandISOHost, Data: make([]byte, n)})))
		if f.Advanced != advanced || len(f.Data) != n {
			t.Errorf("%d bytes: advanced %v with %d", n, f.Advanced, len(f.Data))
		}
	}
	if f := decodeOne(t, hex.EncodeToString(AppendFrame(nil, Frame{Advanced: true}))); f.Advanced {
		t.Error("an advanced frame without data")
	}
}

func TestInventories(t *testing.T) {
	nearby := "0300" + oneTagUID
	for name, v := range map[string]struct {
		content string
		uids    []string
		want    error
	}{
		"vector":              {hex.EncodeToString(content(t, vectorOneTag)), []string{oneTagUID}, nil},
		"proximity vector":    {hex.EncodeToString(content(t, vectorProximity)), []string{proximityUID}, nil},
		"none":                {"", nil, nil},
		"zero":                {"00", nil, nil},
		"two":                 {"02" + nearby + nearby, []string{oneTagUID, oneTagUID}, nil},
		"card last":           {"02" + nearby + "0400FF01020304", []string{oneTagUID, "01020304"}, nil},
		"card first":          {"02" + "0400FF01020304" + nearby, nil, ErrTagType},
		"card of odd length":  {"01" + "0400FF0102030405", nil, ErrLength},
		"unknown kind":        {"02" + nearby + "05000000", []string{oneTagUID}, ErrTagType},
		"one missing":         {"02" + nearby, []string{oneTagUID}, ErrLength},
		"half":                {"01" + nearby[:12], nil, ErrLength},
		"trailing":            {"01" + nearby + "00", []string{oneTagUID}, ErrLength},
		"trailing after none": {"0003", nil, ErrLength},
	} {
		t.Run(name, func(t *testing.T) {
			inv, err := ParseInventory(unhex(t, v.content))
			var tag Tag
			var uids []string
			for more := err == nil; more; {
				if more, err = inv.Next(&tag); more {
					uids = append(uids, string(bytes.ToUpper([]byte(hex.EncodeToString(tag.UID)))))
				}
			}
			if !errors.Is(err, v.want) || !cmp.Equal(uids, v.uids, cmpopts.EquateEmpty()) {
				t.Errorf("%v and %v, want %v and %v", uids, err, v.uids, v.want)
			}
		})
	}
}

func TestOtherMessages(t *testing.T) {
	want := SoftwareVersion{3, 3, 0, 0x44, 0x53, 0x0D30}
	for _, wire := range []string{vectorVersion, vectorVersionAdvanced} {
		if v, err := ParseSoftwareVersion(content(t, wire)); err != nil || v != want || v.String() != "model 53 hardware 44 firmware 3.3" {
			t.Errorf("version %+v, %v", v, err)
		}
	}
	if _, err := ParseSoftwareVersion(make([]byte, 6)); !errors.Is(err, ErrLength) {
		t.Errorf("short version: %v", err)
	}
	if _, _, err := Answer(decodeOne(t, vectorGetVersion)); !errors.Is(err, ErrLength) {
		t.Errorf("an answer without status: %v", err)
	}
	for data, want := range map[string]error{"0100": nil, "0180": nil, "0140": ErrLength, "2300": ErrLength, "01": ErrLength} {
		more, err := ParseInventoryRequest(unhex(t, data))
		if !errors.Is(err, want) || more != (data == "0180") {
			t.Errorf("%s: %v, %v", data, more, err)
		}
	}
	for _, more := range []bool{false, true} {
		if got, err := ParseInventoryRequest(decodeOne(t, hex.EncodeToString(AppendInventory(nil, 0, more))).Data); err != nil || got != more {
			t.Errorf("more %v: %v, %v", more, got, err)
		}
	}
	if got := StatusNotAvailable.String(); got != "command not available in this mode" {
		t.Errorf("it says %q", got)
	}
	if got := Status(0x77).String(); got != "status 77" {
		t.Errorf("unknown status says %q", got)
	}
}

func TestAnyInventoryRoundTrips(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var want []Tag
		for range rapid.IntRange(0, 255).Draw(rt, "tags") {
			want = append(want, Tag{Type: TagISO15693, DSFID: rapid.Byte().Draw(rt, "dsfid"), UID: rapid.SliceOfN(rapid.Byte(), UIDLen, UIDLen).Draw(rt, "uid")})
		}
		var d Decoder
		frames := collect(&d, AppendTags(nil, 3, StatusMoreData, want))
		if len(frames) != 1 {
			rt.Fatalf("%d frames", len(frames))
		}
		status, rest, err := Answer(frames[0])
		if status != StatusMoreData || err != nil {
			rt.Fatal(status, err)
		}
		inv, err := ParseInventory(rest)
		var got []Tag
		var tag Tag
		for more := err == nil; more; {
			if more, err = inv.Next(&tag); more {
				got = append(got, tag)
			}
		}
		if err != nil || !cmp.Equal(want, got, cmpopts.EquateEmpty()) {
			rt.Fatal(err, cmp.Diff(want, got))
		}
	})
}

func FuzzDecoder(f *testing.F) {
	for _, v := range []string{
		vectorReadConfig, vectorGetVersion, vectorVersion, vectorVersionAdvanced, vectorBadCheck, vectorBaud, vectorRFReset,
		vectorOneTag, vectorProximity, vectorNoTag, "00FF0201" + vectorOneTag + vectorNoTag,
	} {
		f.Add(unhex(f, v), uint64(1))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		for _, frame := range protocol().Stream(t, stream, seed) {
			parseEverything(t, frame)
		}
	})
}

// FuzzMessages runs the parsers on data that no CRC has vouched for.
func FuzzMessages(f *testing.F) {
	for _, wire := range []string{vectorVersion, vectorOneTag, vectorProximity, vectorNoTag} {
		f.Add(decodeOne(f, wire).Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) <= MaxData {
			parseEverything(t, Frame{Command: CommandISOHost, Data: data})
		}
	})
}

// parseEverything runs all parsers: none may panic, and an inventory that parses must be
// the same bytes again.
func parseEverything(t *testing.T, f Frame) {
	_, _ = ParseInventoryRequest(f.Data)
	_, _ = ParseSoftwareVersion(f.Data)
	status, rest, err := Answer(f)
	if err != nil {
		return
	}
	_ = status.String()
	inv, err := ParseInventory(rest)
	var tag Tag
	var tags []Tag
	for more := err == nil; more; {
		if more, err = inv.Next(&tag); more {
			tags = append(tags, tag)
		}
	}
	if err != nil || len(rest) == 0 {
		return
	}
	var d Decoder
	wire := AppendTags(nil, f.Address, status, tags)
	if again := collect(&d, wire); len(again) != 1 || !bytes.Equal(again[0].Data, f.Data) {
		t.Fatalf("%X became %X", f.Data, wire)
	}
}

func TestDecodeTagAllocatesNothing(t *testing.T) {
	wire := unhex(t, vectorOneTag)
	var d Decoder
	var tag Tag
	if n := testing.AllocsPerRun(100, func() { decodeTag(t, &d, wire, &tag) }); n != 0 {
		t.Errorf("%v allocations for one tag", n)
	}
}

func decodeTag(tb testing.TB, d *Decoder, wire []byte, tag *Tag) {
	d.Feed(wire)
	frame, _ := d.Next()
	status, rest, err := Answer(frame)
	if status != StatusOK || err != nil {
		tb.Fatal(status, err)
	}
	inv, _ := ParseInventory(rest)
	if more, err := inv.Next(tag); !more || err != nil {
		tb.Fatal("no tag", err)
	}
}

func BenchmarkDecodeTag(b *testing.B) {
	wire := unhex(b, vectorOneTag)
	var d Decoder
	var tag Tag
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		decodeTag(b, &d, wire, &tag)
	}
}
