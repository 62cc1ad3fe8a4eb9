package capture_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"trilock/custody/fact"
	"trilock/devices/badge"
	"trilock/devices/capture"
	"trilock/devices/devicetest"
	"trilock/devices/devicetest/osdptest"
	"trilock/devices/serialport"
	"trilock/firmware-protocols/osdp"
)

// badgeScene is a recorded session with one badge reader in its secure channel.
type badgeScene struct {
	name     string
	checksum bool
	fault    func(*osdptest.PD) // behind the first card
}

func badgeScenes() []badgeScene {
	return []badgeScene{
		{"osdp-secure-channel", false, func(*osdptest.PD) {}},
		{"osdp-secure-channel-checksum", true, func(*osdptest.PD) {}},
		{"osdp-bad-mac", false, func(p *osdptest.PD) { p.BadMAC(1) }},
		{"osdp-lost-reply", false, func(p *osdptest.PD) { p.DropReplies(1) }},
	}
}

// badgeKey is the key of the recorded reader: it opens nothing but these captures.
var badgeKey = osdp.Key{0x4C, 0x0E, 0x9D, 0x31, 0xF7, 0xA2, 0x58, 0x6B, 0x13, 0xD5, 0xE0, 0x77, 0x84, 0xAB, 0x29, 0xC6}

func badgeDriver(t *testing.T, random io.Reader) *badge.Line {
	t.Helper()
	line, err := badge.New(badge.Settings{
		Line: "line", BaudRate: baud, Random: random, Log: slog.New(slog.DiscardHandler),
		Readers: []badge.ReaderSettings{{Device: "badge", Address: 5, Key: badgeKey}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// badgeSink notes cards, PINs and reports, and calls happened with each new card.
type badgeSink struct {
	mu       sync.Mutex
	noted    []string
	happened func(n int)
}

func (s *badgeSink) Report(ctx context.Context, f fact.Fact) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	cards := 0
	switch f := f.(type) {
	case fact.BadgeShown:
		s.noted = append(s.noted, string(f.Card))
	case fact.PINEntered:
		s.noted = append(s.noted, "PIN "+f.Digits)
	case fact.DeviceReport:
		s.noted = append(s.noted, "state "+f.Code)
	}
	for _, n := range s.noted {
		if n[:3] == "raw" {
			cards++
		}
	}
	if _, ok := f.(fact.BadgeShown); ok && s.happened != nil {
		s.happened(cards)
	}
	if r, ok := f.(fact.DeviceReport); ok && r.State == fact.DeviceUp && s.happened != nil {
		s.happened(-1)
	}
	return ctx.Err()
}

// recordBadges makes a capture of a simulated reader and the panel on a pty.
func recordBadges(t *testing.T, s badgeScene) {
	line, err := devicetest.NewLine(filepath.Join(t.TempDir(), "line"))
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	pd := osdptest.NewPD(osdptest.Settings{Address: 5, Key: badgeKey, Inputs: 2, Outputs: 2, Vendor: [3]byte{0xC3, 0xB2, 0xA1}, Model: 2, Version: 1, Serial: 5, ChecksumOnly: s.checksum})
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { _ = osdptest.ServeLine(ctx, line, pd) })
	defer work.Wait()
	defer stop()
	link, err := serialport.Open(ctx, serialport.Settings{Port: line.Path(), Baud: baud})
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	var text bytes.Buffer
	recorder, err := capture.Record(link, capture.Header{Protocol: "osdp", Baud: baud}, &text)
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	sink := &badgeSink{happened: func(n int) {
		switch {
		case shown == 0: // it is up, and the reader is asked for what is new from now on
			shown = 1
			go func() {
				polls := pd.Polls()
				_ = pd.Wait(ctx, func() bool { return pd.Polls() > polls+2 })
				pd.ShowCard(26, []byte{0xA8, 0xED, 0x31, 0x40})
			}()
		case n == 1 && shown == 1:
			shown = 2
			pd.PressKeys("2580#")
			s.fault(pd)
			go func() {
				polls := pd.Polls()
				_ = pd.Wait(ctx, func() bool { return pd.Secure() && pd.Pending() == 0 && pd.Polls() > polls+3 })
				pd.ShowCard(26, []byte{0x2D, 0x00, 0xA2, 0x00})
			}()
		case n == 2:
			stop()
		}
	}}
	if err := badgeDriver(t, nil).Run(ctx, recorder, sink); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, s.name+".bytes"), text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// randomsOf returns the panel's random numbers of a capture, which go over the line in
// clear: with the reader's key they make the same session again.
func randomsOf(c capture.Capture) io.Reader {
	var randoms []byte
	last := [8]byte{}
	for _, e := range c.Events {
		if e.Direction != capture.Sent || len(e.Bytes) < 2 {
			continue
		}
		f, err := osdp.DecodeFrame(e.Bytes[1:]) // behind the mark
		if err != nil || f.Block != osdp.BlockChallenge || len(f.Data) != len(last) || [8]byte(f.Data) == last {
			continue // a repeat takes no new number
		}
		last = [8]byte(f.Data)
		randoms = append(randoms, f.Data...)
	}
	return bytes.NewReader(randoms)
}

// A captured session in the secure channel drives the panel again: it must send the same
// bytes, every MAC included, and report what it reported.
func TestBadgeLineFromCaptures(t *testing.T) {
	for _, s := range badgeScenes() {
		t.Run(s.name, func(t *testing.T) {
			if *update {
				recordBadges(t, s)
			}
			c, facts := load(t, s.name), &badgeSink{}
			synctest.Test(t, func(t *testing.T) {
				p := capture.Play(c)
				err := badgeDriver(t, randomsOf(c)).Run(t.Context(), p, facts)
				if !errors.Is(err, io.EOF) && !errors.Is(err, capture.ErrOver) {
					t.Errorf("the panel ended with %v", err)
				}
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			})
			got := slices.DeleteFunc(slices.Clone(facts.noted), func(n string) bool { return n[:3] != "raw" })
			if !slices.Equal(got, []string{"raw:26:A8ED3140", "raw:26:2D00A200"}) {
				t.Errorf("%v", facts.noted)
			}
			if lost := slices.Contains(facts.noted, "state "+badge.CodeSecureChannelLost); lost != (s.name == "osdp-bad-mac") {
				t.Errorf("%v", facts.noted)
			}
		})
	}
}

// With another key the panel says something else at the first frame that proves it.
func TestBadgeLineNoticesAnotherCapture(t *testing.T) {
	c := load(t, badgeScenes()[0].name)
	randoms := randomsOf(c)
	i := slices.IndexFunc(c.Events, func(e capture.Event) bool { return e.Direction == capture.Received && len(e.Bytes) > 40 })
	c.Events[i].Bytes[20] ^= 1
	synctest.Test(t, func(t *testing.T) {
		p := capture.Play(c)
		if err := badgeDriver(t, randoms).Run(t.Context(), p, &badgeSink{}); !errors.Is(err, capture.ErrDiffers) {
			t.Errorf("the panel ended with %v", err)
		}
		if err := p.Close(); !errors.Is(err, capture.ErrDiffers) {
			t.Error(err)
		}
	})
}
