package daemon

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"trilock/cmd/internal/badgework"
	"trilock/configs"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/devices/badge"
	"trilock/devices/devicetest"
)

// What two persons did to a reader while the daemon was away stands in its record, and a
// key change that was broken off is ended by the daemon's own line.
func TestWorkOnReadersIsRecorded(t *testing.T) {
	w := newWorld(t)
	config, err := configs.Load(w.site.ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	reader := config.BadgeLines[0].Readers[0]
	if err := badgework.Note(config.Data, badgework.Act{
		At: time.Now(), Device: fact.DeviceID(reader.ID), Code: badge.CodeInstallOpened, By: [2]fact.PersonID{"p-0001", "p-0008"}, Detail: "for 5m",
	}); err != nil {
		t.Fatal(err)
	}
	if err := badgework.KeepNext(reader.KeyFile, [16]byte{0: 9, 3: 1, 8: 200}); err != nil {
		t.Fatal(err)
	}
	w.run(slog.New(slog.DiscardHandler))
	w.until("the reader with another key", func(o custody.Overview) bool {
		return strings.Contains(w.recordText(), badge.CodeKeyChanged)
	})
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	if text := w.recordText(); !strings.Contains(text, "p-0001 and p-0008 at ") || !strings.Contains(text, badge.CodeInstallOpened) {
		t.Error("the act is not in the record")
	}
	if _, err := os.Stat(filepath.Join(string(config.Data), "badge-acts")); err == nil {
		t.Error("the act would be recorded again")
	}
}

// recordText is what the record's files hold, read as they are.
func (w *world) recordText() string {
	var all strings.Builder
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(w.site.ConfigFile()), "data", "*"))
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil {
			all.Write(text)
		}
	}
	return all.String()
}

// cards is a sink that passes on the cards.
type cards chan fact.CardID

func (c cards) Report(ctx context.Context, f fact.Fact) error {
	if b, ok := f.(fact.BadgeShown); ok {
		select {
		case c <- b.Card:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// A reader in clear text is plugged in, heard, and asked for no light.
func TestPlainBadgeReader(t *testing.T) {
	line, err := devicetest.NewLine(filepath.Join(t.TempDir(), "desk"))
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	c := &configs.Site{Data: configs.File(t.TempDir()), BadgeLines: []configs.BadgeLine{{
		ID: "desk-line", Protocol: configs.ProtocolRDM6300, Port: configs.SerialPort(line.Path()), Baud: 9600,
		Readers: []configs.BadgeReader{{ID: "desk", Formats: []configs.ID{"whole"}}},
	}}, CardFormats: []configs.CardFormat{{ID: "whole", Bits: 40, Number: configs.BitField{First: 8, Count: 32}}}}
	p, err := plug(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	heard := make(cards)
	var running sync.WaitGroup
	running.Go(func() { p.supervisors[0].Run(ctx, heard) })
	defer running.Wait()
	defer stop()
	patience := time.NewTimer(time.Minute)
	defer patience.Stop()
	again := time.NewTicker(100 * time.Millisecond) // what was said before the port was opened is not heard
	defer again.Stop()
	for card := fact.CardID(""); card == ""; {
		select {
		case card = <-heard:
			if card != "raw:40:62E3086CED" {
				t.Errorf("%s", card)
			}
		case <-again.C:
			_, _ = line.Write([]byte("\x0262E3086CED08\x03"))
		case <-patience.C:
			t.Fatal("no card")
		}
	}
	if err := p.order(ctx, custody.Signal{Reader: "desk", Lamp: custody.LampGranted}); err != nil {
		t.Errorf("a lamp for a reader without: %v", err)
	}
}
