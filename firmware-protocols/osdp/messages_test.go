package osdp

import (
	"bytes"
	"reflect"
	"testing"
)

// built are the commands of the vectors in clear, made by the builders.
func TestCommandVectors(t *testing.T) {
	must := func(c Command, err error) Command {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for meaning, c := range map[string]Command{
		"53 7f 0d 00 04 6e 00 80 25 00 00 6e 38":                            must(SetCommunication(0, 9600)),
		"53 00 09 00 04 61 00 c0 66":                                        Identify(),
		"53 05 09 00 05 62 00 a2 47":                                        AskCapabilities(),
		"53 00 08 00 05 60 da 99":                                           Poll(),
		"53 05 0d 00 06 6a 00 02 02 01 03 38 25":                            Buzz(0, ToneDefault, 2, 1, 3),
		"53 05 0c 00 07 68 00 05 32 00 76 ee":                               must(SetOutputs(OutputControl{0, OutputOnFor, 50})),
		"53 00 10 00 06 68 00 03 64 00 01 06 78 00 0b 5b":                   must(SetOutputs(OutputControl{0, OutputOffAfter, 100}, OutputControl{1, OutputOffFor, 120})),
		"53 05 13 00 05 6b 00 01 00 01 01 05 48 45 4c 4c 4f 2e 07":          must(ShowText(Text{Row: 1, Column: 1, Line: "HELLO"})),
		"53 05 0d 00 06 6e 06 00 c2 01 00 e0 15":                            must(SetCommunication(6, 115200)),
		"53 05 16 00 05 69 00 00 02 05 05 02 01 1e 00 01 05 00 01 00 e0 89": must(SetLEDs(LED{Temporary: LEDSet, TemporaryBlink: Blink{5, 5, Green, Red}, TimerTenths: 30, Permanent: LEDSet, PermanentBlink: Blink{5, 0, Red, Black}})),
	} {
		f, err := DecodeFrame(unhex(t, meaning))
		if err != nil {
			t.Fatal(err)
		}
		if byte(c.Code) != f.Code || !bytes.Equal(c.Data, f.Data) {
			t.Errorf("built %02X % x, want %02X % x", uint8(c.Code), c.Data, f.Code, f.Data)
		}
	}
	own := key(t, "010003020504070609080b0a0d0c0f0e")
	if c := must(SetKey(own)); c.Code != CommandKeySet || !bytes.Equal(c.Data, append([]byte{1, 16}, own[:]...)) {
		t.Errorf("KEYSET % x", c.Data)
	}
	if c := AnnounceReceiveSize(1440); c.Code != 0x7B || !bytes.Equal(c.Data, []byte{0xA0, 0x05}) {
		t.Errorf("ACURXSIZE % x", c.Data)
	}
	for code, c := range map[CommandCode]Command{0x64: AskLocalStatus(), 0x65: AskInputs(), 0x66: AskOutputs(), 0x67: AskReaders()} {
		if c.Code != code || len(c.Data) != 0 {
			t.Errorf("%02X: %+v", uint8(code), c)
		}
	}
}

func TestBuildersRefuse(t *testing.T) {
	refused := func(name string, _ Command, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	check := func(name string) func(Command, error) {
		return func(c Command, err error) { t.Helper(); refused(name, c, err) }
	}
	check("no outputs")(SetOutputs())
	check("many outputs")(SetOutputs(make([]OutputControl, MaxOutputRecords+1)...))
	check("unknown action")(SetOutputs(OutputControl{Action: 7}))
	check("no time")(SetOutputs(OutputControl{Action: OutputOnFor}))
	check("no LEDs")(SetLEDs())
	check("many LEDs")(SetLEDs(make([]LED, MaxLEDRecords+1)...))
	check("neither on nor off")(SetLEDs(LED{Permanent: LEDSet}))
	check("no timer")(SetLEDs(LED{Temporary: LEDSet, TemporaryBlink: Blink{OnTenths: 1}}))
	check("unknown colour")(SetLEDs(LED{Permanent: LEDSet, PermanentBlink: Blink{OnTenths: 1, OnColour: 8}}))
	check("permanent cancel")(SetLEDs(LED{Permanent: LEDCancel}))
	check("empty text")(ShowText(Text{Row: 1, Column: 1}))
	check("row 0")(ShowText(Text{Column: 1, Line: "A"}))
	check("control character")(ShowText(Text{Row: 1, Column: 1, Line: "A\n"}))
	check("address")(SetCommunication(0x7F, 9600))
	check("weak key")(SetKey(Key{}))
	long, err := SetLEDs(make([]LED, MaxLEDRecords)...)
	if err != nil || sealedSize(len(long.Data)) > MinReceive {
		t.Errorf("the longest LED command takes %d bytes: %v", sealedSize(len(long.Data)), err)
	}
}

func TestReplyVectors(t *testing.T) {
	for raw, want := range map[string]Reply{
		"53 80 08 00 05 40 68 9f":                                     Ack{},
		"53 85 09 00 05 41 03 54 f0":                                  Nak{NakUnknownCommand},
		"53 85 08 00 04 79 74 28":                                     Busy{},
		"53 80 0a 00 04 48 00 01 0f a1":                               LocalStatus{PowerFailure: true},
		"53 80 14 00 07 45 5a 42 43 01 00 01 00 00 00 00 01 00 f0 76": Identity{[3]byte{0x5A, 0x42, 0x43}, 1, 0, 1, [3]byte{0, 1, 0}},
		"53 80 1d 00 06 46 01 01 01 02 01 01 03 01 01 04 01 01 05 01 01 06 01 01 09 01 04 b6 06": Capabilities{{1, 1, 1}, {2, 1, 1}, {3, 1, 1}, {4, 1, 1}, {5, 1, 1}, {6, 1, 1}, {9, 1, 4}},
		"53 85 10 00 05 50 00 01 1a 00 a8 ed 31 40 da d1":                                        CardData{0, FormatWiegand, 26, []byte{0xA8, 0xED, 0x31, 0x40}},
		"53 85 0d 00 06 53 00 03 31 32 0d 2b fd":                                                 Keys{0, []byte("12\r")},
		"53 85 0b 00 03 49 01 00 03 00 cd":                                                       Inputs{InputActive, InputInactive, InputOpen, InputInactive},
		"53 85 0d 00 06 54 06 00 c2 01 00 5a 58":                                                 Communication{6, 115200},
	} {
		f, err := DecodeFrame(unhex(t, raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := ParseReply(ReplyCode(f.Code), f.Data); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, want %#v", raw, got, want)
		}
	}
}

func TestRepliesThatDoNotFitAreUnknown(t *testing.T) {
	for _, row := range []struct {
		code ReplyCode
		data string
	}{
		{ReplyNak, "-"}, {ReplyIdentity, "00 01 02"}, {ReplyCapabilities, "01 02"}, {ReplyLocalStatus, "00"},
		{ReplyCard, "00 01 1a"}, {ReplyCard, "00 01 00 00"}, {ReplyCard, "00 01 1a 00 a8 ed 31"},
		{ReplyCard, "00 01 1a 00 a8 ed 31 40 00"}, {ReplyCard, "00 01 ff ff 00"}, {ReplyKeypad, "00"},
		{ReplyKeypad, "00 03 31 32"}, {ReplyKeypad, "00 01 31 32"}, {ReplyCommunication, "06 00"},
		{ReplyClientCryptogram, "00"}, {ReplyInitialRMAC, "00"}, {0x90, "01 02 03"},
	} {
		data := unhex(t, row.data)
		if got, ok := ParseReply(row.code, data).(Unknown); !ok || got.Code != row.code || !bytes.Equal(got.Data, data) {
			t.Errorf("%02X %s: %#v", uint8(row.code), row.data, ParseReply(row.code, data))
		}
	}
}

func TestUnusedCardBitsAreCleared(t *testing.T) {
	got := ParseReply(ReplyCard, unhex(t, "00 00 1a 00 a8 ed 31 7f")).(CardData)
	if !bytes.Equal(got.Data, unhex(t, "a8 ed 31 40")) {
		t.Errorf("% x", got.Data)
	}
}

func TestReceiveSize(t *testing.T) {
	for _, row := range []struct {
		level, count uint8
		want         int
	}{{0, 0, 128}, {64, 0, 128}, {0, 1, 256}, {0xFF, 0xFF, MaxFrame}} {
		if got := (Capabilities{{FunctionReceiveBuffer, row.level, row.count}}).ReceiveSize(); got != row.want {
			t.Errorf("%d/%d: %d, want %d", row.level, row.count, got, row.want)
		}
	}
	if got := (Capabilities)(nil).ReceiveSize(); got != MinReceive {
		t.Errorf("unstated: %d", got)
	}
}

func TestIdentityText(t *testing.T) {
	if got := (Identity{[3]byte{0xC3, 0xB2, 0xA1}, 2, 1, 5, [3]byte{1, 2, 3}}).String(); got != "C3B2A1 2.1 5 1.2.3" {
		t.Error(got)
	}
}
