package capture_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/capture"
	"trilock/devices/devicetest"
	"trilock/devices/devicetest/uhftest"
	"trilock/devices/serialport"
	"trilock/devices/uhf"
)

// update records the captures anew from simulated readers on real serial lines:
//
//	go test ./devices/capture -run Drivers -update && go test ./cmd/trilock -run Captures -update
var update = flag.Bool("update", false, "record the captures anew")

const (
	folder    = "../../testdata/captures"
	baud      = 115200
	tagsHeard = 3
	rounds    = 6
)

// scene is one capture: the reader that was recorded, and what its driver must report.
type scene struct {
	name     string
	protocol string
	reader   func(s *uhftest.Settings)
	broken   uint8 // an antenna without a cable
	reports  []string
}

func scenes() []scene {
	return []scene{
		{"gx-5a", uhf.ProtocolGX5A, func(*uhftest.Settings) {}, 0, []string{"1 connected"}},
		{"gx-5a-left-streaming", uhf.ProtocolGX5A, func(s *uhftest.Settings) { s.Streaming = true }, 0, []string{"1 connected"}},
		{"gx-5a-antenna-2-cut", uhf.ProtocolGX5A, func(*uhftest.Settings) {}, 2, []string{"1 connected", "3 antenna-fault"}},
		{"r2000-a0", uhf.ProtocolR2000, func(*uhftest.Settings) {}, 0, []string{"1 connected"}},
		{"r2000-a0-old-address", uhf.ProtocolR2000, func(s *uhftest.Settings) { s.OldAddress = true }, 0, []string{"1 connected"}},
		{"r2000-a0-antenna-2-cut", uhf.ProtocolR2000, func(*uhftest.Settings) {}, 2, []string{"1 connected", "3 antenna-fault"}},
	}
}

// tagOf is the EPC of a tag that one antenna hears.
func tagOf(antenna uint8, i int) []byte {
	return []byte{0x2C, 0x15, 0xA5, 0x37, 0xC8, 0x00, 0x0E, 0, 0, 0, antenna, byte(i)} //nolint:gosec // a handful
}

// sink collects facts, and calls enough after so many rounds.
type sink struct {
	mu      sync.Mutex
	rounds  []fact.Round
	reports []string
	enough  func()
}

func (s *sink) Report(ctx context.Context, f fact.Fact) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch f := f.(type) {
	case fact.Round:
		if s.rounds = append(s.rounds, f); len(s.rounds) == rounds && s.enough != nil {
			s.enough()
		}
	case fact.DeviceReport:
		s.reports = append(s.reports, fmt.Sprintf("%d %s", f.State, f.Code))
	}
	return ctx.Err()
}

func driverOf(t *testing.T, s scene) devices.Driver {
	t.Helper()
	d, err := uhf.New(uhf.Settings{Device: "reader", Protocol: s.protocol, Antennas: []uint8{1, 2}, PowerDBm: 26})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// record makes a capture of a simulated reader and the driver on a pty.
func record(t *testing.T, s scene) {
	line, err := devicetest.NewLine(filepath.Join(t.TempDir(), "line"))
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	settings := uhftest.Settings{Protocol: s.protocol, Field: func(antenna uint8) (heard []uhftest.Heard) {
		for i := range tagsHeard {
			heard = append(heard, uhftest.Heard{EPC: tagOf(antenna, i), RSSIdBm: float64(-60 + i)})
		}
		return heard
	}}
	s.reader(&settings)
	reader, err := uhftest.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	if s.broken > 0 {
		reader.BreakAntenna(s.broken, true)
	}
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { _ = reader.Serve(ctx, line) })
	defer work.Wait()
	defer stop()
	link, err := serialport.Open(ctx, serialport.Settings{Port: line.Path(), Baud: baud})
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	var text bytes.Buffer
	recorder, err := capture.Record(link, capture.Header{Protocol: s.protocol, Baud: baud}, &text)
	if err != nil {
		t.Fatal(err)
	}
	if err := driverOf(t, s).Run(ctx, recorder, &sink{enough: stop}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, s.name+".bytes"), text.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// TestDriversFromCaptures plays each capture to the driver: it must write what was
// recorded, read it all, and report the rounds with every tag.
func TestDriversFromCaptures(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			if *update {
				record(t, s)
			}
			c := load(t, s.name)
			facts := &sink{}
			synctest.Test(t, func(t *testing.T) {
				p := capture.Play(c)
				err := driverOf(t, s).Run(t.Context(), p, facts)
				if !errors.Is(err, io.EOF) && !errors.Is(err, capture.ErrOver) {
					t.Errorf("the driver ended with %v", err)
				}
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			})
			if !slices.Equal(facts.reports, s.reports) {
				t.Errorf("reports %v, want %v", facts.reports, s.reports)
			}
			if len(facts.rounds) != rounds {
				t.Errorf("%d rounds, want %d", len(facts.rounds), rounds)
			}
			for _, r := range facts.rounds {
				checkRound(t, s, r)
			}
		})
	}
}

func load(t testing.TB, name string) capture.Capture {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, name+".bytes"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := capture.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func checkRound(t *testing.T, s scene, r fact.Round) {
	t.Helper()
	if r.Antenna.Port == s.broken {
		t.Errorf("a round of antenna %d, which has no cable", s.broken)
	}
	var got, want []string
	for _, read := range r.Reads {
		got = append(got, read.EPC.String())
	}
	for i := range tagsHeard {
		want = append(want, fmt.Sprintf("%X", tagOf(r.Antenna.Port, i)))
	}
	if !slices.Equal(got, want) {
		t.Errorf("antenna %d heard %v, want %v", r.Antenna.Port, got, want)
	}
}

// TestDriverNoticesAnotherCapture: a capture whose tags were altered does not pass.
func TestDriverNoticesAnotherCapture(t *testing.T) {
	s := scenes()[0]
	c := load(t, s.name)
	i := slices.IndexFunc(c.Events, func(e capture.Event) bool { return e.Direction == capture.Sent && len(e.Bytes) > 9 })
	c.Events[i].Bytes[len(c.Events[i].Bytes)-1] ^= 1
	synctest.Test(t, func(t *testing.T) {
		p := capture.Play(c)
		if err := driverOf(t, s).Run(t.Context(), p, &sink{}); !errors.Is(err, capture.ErrDiffers) {
			t.Errorf("the driver ended with %v", err)
		}
		if err := p.Close(); !errors.Is(err, capture.ErrDiffers) {
			t.Error(err)
		}
	})
}
