package devices_test

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/badge"
	"trilock/devices/devicetest"
	"trilock/devices/devicetest/osdptest"
	"trilock/devices/devicetest/uhftest"
	"trilock/devices/serialport"
	"trilock/devices/uhf"
	"trilock/firmware-protocols/osdp"
)

// The soak holds every driver to what a bad wire may do to it: a hundred times unplugged,
// one byte in a hundred damaged, three in ten lost. Nothing wrong is ever reported, and the
// device is back by itself.
//
// A test asserts that it comes back; how fast it does is measured, and logged beside it:
//
//	go test ./devices -run Soak -v -soak 60s
var soakTime = flag.Duration("soak", 3*time.Second, "how long each kind of noise lasts in the soak")

const (
	soakCycles = 100
	// soakPatience says nothing about speed: a machine that is busy elsewhere still passes.
	soakPatience = time.Minute
)

// soaked is one kind of device on a line of its own.
type soaked struct {
	name string
	// peer serves the far end until ctx ends.
	peer func(ctx context.Context, link devices.Link) error
	// stir has the device say something: a card is shown. Readers of tags need none.
	stir   func(n int)
	driver devices.Driver
	dial   serialport.Settings
	device fact.DeviceID
	// wrong says what is wrong with a fact, or "".
	wrong func(f fact.Fact) string
	// alive reports whether a fact shows that the device does its work again.
	alive func(f fact.Fact) bool
}

func TestSoak(t *testing.T) {
	for _, protocol := range uhf.Protocols() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			newSoak(t, tagReader(t, protocol)).all()
		})
	}
	t.Run("osdp", func(t *testing.T) {
		t.Parallel()
		newSoak(t, badgeReader(t)).all()
	})
}

var soakTags = []string{"2C15A537C8000E0000000003", "E28011606000020A1B2C3D4E", "E004015000A1B2C3", "E00401007F010203"}

func tagReader(t *testing.T, protocol string) soaked {
	t.Helper()
	var lie []uhftest.Heard
	for _, text := range soakTags {
		epc, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		lie = append(lie, uhftest.Heard{EPC: epc, RSSIdBm: -60})
	}
	reader, err := uhftest.New(uhftest.Settings{Protocol: protocol, RoundTime: 20 * time.Millisecond, Field: func(uint8) []uhftest.Heard { return lie }})
	if err != nil {
		t.Fatal(err)
	}
	driver, err := uhf.New(uhf.Settings{Device: "soaked", Protocol: protocol, Antennas: []uint8{1}, PowerDBm: 26})
	if err != nil {
		t.Fatal(err)
	}
	return soaked{
		name: protocol, peer: reader.Serve, stir: func(int) {}, driver: driver, device: "soaked",
		dial: serialport.Settings{Baud: 115200},
		wrong: func(f fact.Fact) string {
			r, ok := f.(fact.Round)
			if !ok {
				return ""
			}
			for _, read := range r.Reads {
				if !slices.Contains(soakTags, read.EPC.String()) {
					return "read of " + read.EPC.String()
				}
			}
			return ""
		},
		alive: func(f fact.Fact) bool {
			r, ok := f.(fact.Round)
			return ok && len(r.Reads) >= 2
		},
	}
}

func badgeReader(t *testing.T) soaked {
	t.Helper()
	key := osdp.Key{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 11, 12, 13, 14, 15, 16}
	pd := osdptest.NewPD(osdptest.Settings{Address: 1, Key: key, Inputs: 1, Outputs: 1})
	driver, err := badge.New(badge.Settings{Line: "line", BaudRate: 115200, Log: slog.New(slog.DiscardHandler), Readers: []badge.ReaderSettings{{Device: "soaked", Address: 1, Key: key}}})
	if err != nil {
		t.Fatal(err)
	}
	shown := func(n int) []byte { return []byte{0xA5, byte(n >> 8), byte(n), 0x80} }
	return soaked{
		name: "osdp", driver: driver, device: "soaked",
		dial: serialport.Settings{Baud: 115200},
		peer: func(ctx context.Context, link devices.Link) error { return osdptest.ServeLine(ctx, link, pd) },
		stir: func(n int) {
			if pd.Pending() == 0 {
				pd.ShowCard(26, shown(n))
			}
		},
		wrong: func(f fact.Fact) string {
			b, ok := f.(fact.BadgeShown)
			var first, second, third, fourth byte
			if !ok {
				return ""
			}
			if n, _ := fmt.Sscanf(string(b.Card), "raw:26:%02X%02X%02X%02X", &first, &second, &third, &fourth); n != 4 || first != 0xA5 || fourth != 0x80 {
				return "badge " + string(b.Card)
			}
			return ""
		},
		alive: func(f fact.Fact) bool {
			_, ok := f.(fact.BadgeShown)
			return ok
		},
	}
}

// soak is a device in its soak.
type soak struct {
	soaked
	t    *testing.T
	line *devicetest.Line
	wire *devicetest.Noise

	mu      sync.Mutex
	lived   int // facts that showed that the device works
	downs   int
	changed chan struct{}
	shown   int
}

func newSoak(t *testing.T, d soaked) *soak {
	t.Helper()
	line, err := devicetest.NewLine(filepath.Join(t.TempDir(), "line"))
	if err != nil {
		t.Fatal(err)
	}
	d.dial.Port = line.Path()
	s := &soak{soaked: d, t: t, line: line, wire: devicetest.NewNoise(line, 1), changed: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.peer(ctx, s.wire); err != nil && ctx.Err() == nil {
			t.Errorf("simulated device: %v", err)
		}
	})
	running.Go(func() {
		(&devices.Supervisor{Devices: []fact.DeviceID{d.device}, Dial: serialport.Dial(d.dial), Driver: d.driver}).Run(ctx, s)
	})
	t.Cleanup(func() {
		cancel()
		if err := line.Close(); err != nil {
			t.Error(err)
		}
		running.Wait()
	})
	return s
}

// Report judges a fact as it comes.
func (s *soak) Report(ctx context.Context, f fact.Fact) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if what := s.wrong(f); what != "" {
		s.t.Errorf("a damaged line made a false fact: %s", what)
	}
	if s.alive(f) {
		s.lived++
	}
	if r, ok := f.(fact.DeviceReport); ok && r.State == fact.DeviceDown {
		s.downs++
	}
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return ctx.Err()
}

// until waits until cond, which is asked under the lock, and has the device speak meanwhile.
func (s *soak) until(what string, cond func() bool) time.Duration {
	s.t.Helper()
	began := time.Now()
	late, speak := time.After(*soakTime+soakPatience), time.NewTicker(50*time.Millisecond)
	defer speak.Stop()
	for {
		s.mu.Lock()
		ok := cond()
		s.mu.Unlock()
		if ok {
			return time.Since(began)
		}
		select {
		case <-s.changed:
		case <-speak.C:
			s.shown++
			s.stir(s.shown)
		case <-late:
			s.t.Fatalf("%s: %s did not happen within %v", s.name, what, soakPatience)
		}
	}
}

// works waits until the device does its work, and returns how long that took.
func (s *soak) works() time.Duration {
	s.t.Helper()
	s.mu.Lock()
	from := s.lived
	s.mu.Unlock()
	return s.until("work", func() bool { return s.lived > from })
}

func (s *soak) all() {
	s.works()
	s.unplugging()
	s.noise("1 in 100 bytes damaged", 0.01, 0)
	s.noise("30 in 100 bytes lost", 0, 0.3)
}

func (s *soak) unplugging() {
	var back []time.Duration
	for range soakCycles {
		s.mu.Lock()
		downs := s.downs
		s.mu.Unlock()
		if err := s.line.Unplug(); err != nil {
			s.t.Fatal(err)
		}
		s.until("the outage", func() bool { return s.downs > downs })
		if err := s.line.Replug(); err != nil {
			s.t.Fatal(err)
		}
		back = append(back, s.works())
	}
	slices.Sort(back)
	s.t.Logf("unplugged %d times: back at work after %v at the median, %v at the longest", soakCycles, back[len(back)/2].Round(time.Millisecond), back[len(back)-1].Round(time.Millisecond))
}

// noise makes the wire bad for a while, and then good again.
func (s *soak) noise(what string, flipped, lost float64) {
	s.mu.Lock()
	before := s.lived
	s.mu.Unlock()
	s.wire.Set(flipped, lost)
	over := time.Now().Add(*soakTime)
	s.until("the end of the noise", func() bool { return time.Now().After(over) })
	s.mu.Lock()
	during := s.lived - before
	s.mu.Unlock()
	s.wire.Set(0, 0)
	s.t.Logf("%s for %v: %d times at work meanwhile, back %v after it", what, *soakTime, during, s.works().Round(time.Millisecond))
}
