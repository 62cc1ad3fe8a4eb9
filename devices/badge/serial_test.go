package badge

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/osdp"
	"trilock/firmware-protocols/wiegand"
)

var _ devices.Driver = (*Serial)(nil)

// Serial bytes of two captured cards.
var (
	cardOne = []byte("\x0262E3086CED08\x03")
	cardTwo = []byte("\x0201000734E0D2\x03")
)

// listening runs a serial reader in a bubble of its own time; far is where it speaks.
func listening(t *testing.T, formats []wiegand.Layout, test func(t *testing.T, far net.Conn, rec *recorder)) {
	synctest.Test(t, func(t *testing.T) {
		reader, err := NewSerial(SerialSettings{Device: "desk", Formats: formats, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		near, far := net.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		rec, ended := newRecorder(), make(chan error, 1)
		go func() { ended <- reader.Run(ctx, near, rec) }()
		if got := next(t, rec, any1[fact.DeviceReport]); got.State != fact.DeviceUp || got.Code != CodeListening {
			t.Errorf("%+v", got)
		}
		test(t, far, rec)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func say(t *testing.T, far net.Conn, raw []byte) {
	t.Helper()
	if _, err := far.Write(raw); err != nil {
		t.Fatal(err)
	}
}

func pauseFor(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
}

func TestSerialCardIsReportedOnce(t *testing.T) {
	listening(t, nil, func(t *testing.T, far net.Conn, rec *recorder) {
		for range 20 { // one second of a card that stays
			say(t, far, cardOne)
			pauseFor(50 * time.Millisecond)
		}
		say(t, far, cardTwo[:7]) // in pieces, behind noise
		say(t, far, append(bytes.Clone(cardTwo[7:]), 0xFF, 0x02, 'x'))
		pauseFor(2 * time.Second)
		say(t, far, cardTwo) // away and back
		synctest.Wait()
		want := []fact.CardID{"raw:40:62E3086CED", "raw:40:01000734E0", "raw:40:01000734E0"}
		if len(rec.facts) != len(want) {
			t.Fatalf("%d facts", len(rec.facts))
		}
		for _, card := range want {
			if got := <-rec.facts; got != (fact.BadgeShown{Reader: "desk", Card: card}) {
				t.Errorf("%+v, want %s", got, card)
			}
		}
	})
}

func TestSerialRefusesDamage(t *testing.T) {
	listening(t, nil, func(t *testing.T, far net.Conn, rec *recorder) {
		for i := range cardOne {
			bad := bytes.Clone(cardOne)
			bad[i] ^= 1
			say(t, far, bad)
			pauseFor(3 * time.Second)
		}
		synctest.Wait()
		if len(rec.facts) != 0 {
			t.Errorf("%d facts from damaged frames: %+v", len(rec.facts), <-rec.facts)
		}
	})
}

func TestSerialFormats(t *testing.T) {
	h10301, err := wiegand.H10301.Layout()
	if err != nil {
		t.Fatal(err)
	}
	whole := wiegand.Layout{Name: "em4100", Bits: 40, Facility: wiegand.Field{First: 0, Count: 8}, Number: wiegand.Field{First: 8, Count: 32}}
	other := wiegand.Layout{Name: "other", Bits: 32, Number: wiegand.Field{First: 0, Count: 32}}
	for want, formats := range map[int][]wiegand.Layout{1: {other, whole}, 2: {h10301}, 0: {other}} {
		listening(t, formats, func(t *testing.T, far net.Conn, rec *recorder) {
			say(t, far, cardOne)
			synctest.Wait()
			if got := len(rec.facts); got != min(want, 1) {
				t.Errorf("%v: %d cards", formats, got)
			}
		})
	}
}

func TestSerialLineLost(t *testing.T) {
	reader, err := NewSerial(SerialSettings{Device: "desk", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	_ = far.Close()
	if err := reader.Run(t.Context(), near, newRecorder()); devices.CodeOf(err) != devices.CodeLineLost {
		t.Error(err)
	}
	if _, err := NewSerial(SerialSettings{Device: "desk", Log: slog.New(slog.DiscardHandler), Formats: []wiegand.Layout{{}}}); err == nil {
		t.Error("an impossible format was taken")
	}
}

// A reader with formats takes cards of these alone; others, and wrong parities, are dropped.
func TestFormatsOfAnOSDPReader(t *testing.T) {
	h10301, err := wiegand.H10301.Layout()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		settings := testSettings(1, io.Discard)
		settings.Readers[0].Formats = []wiegand.Layout{h10301}
		near, far := net.Pipe()
		r := run(t, newLine(t, settings), newRecorder(), near, far, testPDs(1))
		r.up(t, 1)
		settled(t, r.pds[0])
		good, err := wiegand.Encode(wiegand.H10301, wiegand.Card{Facility: 104, Number: 22155})
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(good.Data)
		bad[1] ^= 0x10
		r.pds[0].ShowCard(26, bad)
		r.pds[0].ShowCard(32, []byte{1, 2, 3, 4})
		r.pds[0].ShowCard(26, good.Data)
		if got := next(t, r.recorder, any1[fact.BadgeShown]); got.Card != cardID(osdp.Card{CardData: osdp.CardData{Bits: 26, Data: good.Data}}) {
			t.Errorf("%+v", got)
		}
		_ = r.close()
	})
}
