package uhf

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/devicetest"
	"trilock/devices/devicetest/uhftest"
	"trilock/devices/serialport"
)

// site is a simulated reader on a pseudo terminal, its driver and its supervisor.
type site struct {
	*facts
	t      *testing.T
	line   *devicetest.Line
	reader *uhftest.Reader
	// hears is what each antenna hears.
	hears [2]atomic.Pointer[[]uhftest.Heard]
}

// serve runs a reader and all that belongs to it until the test ends, beside other tests.
func serve(t *testing.T, settings uhftest.Settings) *site {
	t.Helper()
	t.Parallel()
	s := &site{facts: newFacts(), t: t}
	s.setField(1, uhftest.Heard{EPC: unhex(t, gxEPC), RSSIdBm: -60}, uhftest.Heard{EPC: unhex(t, r2000EPC), RSSIdBm: -71})
	s.setField(2)
	settings.Field = func(antenna uint8) []uhftest.Heard { return *s.hears[antenna-1].Load() }
	var err error
	if s.reader, err = uhftest.New(settings); err != nil {
		t.Fatal(err)
	}
	if s.line, err = devicetest.NewLine(filepath.Join(t.TempDir(), "reader")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served, supervised := make(chan error, 1), make(chan struct{})
	go func() { served <- s.reader.Serve(ctx, s.line) }()
	supervisor := &devices.Supervisor{
		Devices: []fact.DeviceID{"reader-a"},
		Dial:    serialport.Dial(serialport.Settings{Port: s.line.Path(), Baud: 115200}),
		Driver:  driverOf(t, Settings{Protocol: settings.Protocol, Antennas: siteAntennas(settings), Log: testLog(t)}),
		Log:     testLog(t),
	}
	go func() {
		supervisor.Run(ctx, s.facts)
		close(supervised)
	}()
	t.Cleanup(func() {
		cancel()
		<-supervised
		if err := <-served; err != nil {
			t.Errorf("simulated reader: %v", err)
		}
		if err := s.line.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// siteAntennas are the ports that a driver of the reader reads in these tests.
func siteAntennas(settings uhftest.Settings) []uint8 {
	if settings.Ports == 1 || settings.Protocol == ProtocolFEIG || settings.Protocol == ProtocolM100 {
		return oneAntenna
	}
	return []uint8{1, 2}
}

func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

func (s *site) setField(antenna int, heard ...uhftest.Heard) { s.hears[antenna-1].Store(&heard) }

// wait waits for a device report, the from-th fact or a later one.
func (s *site) wait(from int, st fact.DeviceState, code string) (fact.DeviceReport, int) {
	s.t.Helper()
	return find(s.t, s.facts, from, "device state "+code, state(st, code))
}

// round waits for a round of an antenna with so many reads.
func (s *site) round(from int, antenna uint8, reads int) (fact.Round, int) {
	s.t.Helper()
	return find(s.t, s.facts, from, "a round", func(r fact.Round) bool {
		return r.Antenna.Port == antenna && len(r.Reads) == reads
	})
}

// noFalseRounds checks that every round told the whole truth: of antenna 1 always two
// tags, of antenna 2 always none.
func (s *site) noFalseRounds() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.all {
		r, ok := f.(fact.Round)
		if !ok {
			continue
		}
		if want := 2 * int(2-r.Antenna.Port); len(r.Reads) != want {
			s.t.Errorf("fact %d: antenna %d heard %d tags, want %d", i, r.Antenna.Port, len(r.Reads), want)
		}
	}
}

// reboot takes the whole peer away, line and power, waits until that is known, and brings it back.
func (s *site) reboot(at int) int {
	s.t.Helper()
	if err := s.line.Unplug(); err != nil {
		s.t.Fatal(err)
	}
	s.reader.PowerCycle()
	_, at = find(s.t, s.facts, at, "down", func(r fact.DeviceReport) bool { return r.State == fact.DeviceDown })
	if err := s.line.Replug(); err != nil {
		s.t.Fatal(err)
	}
	_, at = s.wait(at, fact.DeviceUp, CodeConnected)
	return at
}

// mangle damages every n-th frame, from now on: by turns it loses a bit or its second half.
func (s *site) mangle(n int) {
	frames := 0
	s.reader.Mangle(func(frame []byte) []byte {
		frames++
		switch frames % (2 * n) {
		case 0:
			frame[frames%len(frame)] ^= 1 << (frames % 8)
		case n:
			return frame[:len(frame)/2]
		}
		return frame
	})
}

// eachProtocol runs a test against both kinds of reader.
func eachProtocol(t *testing.T, test func(t *testing.T, settings uhftest.Settings)) {
	for _, protocol := range Protocols() {
		if protocol == ProtocolFEIG {
			continue // one antenna, and no EPC of twelve bytes: it has its own tests
		}
		if protocol == ProtocolM100 {
			continue // one antenna: it has its own tests
		}
		t.Run(protocol, func(t *testing.T) { test(t, uhftest.Settings{Protocol: protocol, RoundTime: 20 * time.Millisecond}) })
	}
}

func TestReadsRoundAfterRound(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, settings uhftest.Settings) {
		s := serve(t, settings)
		up, at := s.wait(0, fact.DeviceUp, CodeConnected)
		if up.Identity == "" {
			t.Error("no identity")
		}
		r, at := s.round(at, 1, 2)
		for i, want := range []fact.Read{
			{EPC: tag(t, gxEPC), RSSIcdBm: -6000, Phase: fact.PhaseUnknown},
			{EPC: tag(t, r2000EPC), RSSIcdBm: -7100, Phase: fact.PhaseUnknown},
		} {
			if r.Reads[i] != want {
				t.Errorf("read %d: %+v, want %+v", i, r.Reads[i], want)
			}
		}
		if r.Duration <= 0 {
			t.Errorf("it listened for %v", r.Duration)
		}
		_, at = s.round(at, 2, 0)
		_, at = s.round(at, 1, 2)
		if got := s.reader.PowerDBm(1); got != 26 {
			t.Errorf("power %d dBm", got)
		}
		s.noFalseRounds()
		s.setField(2, uhftest.Heard{EPC: []byte{1, 2}, RSSIdBm: -50})
		s.round(at, 2, 1)
	})
}

func TestUnplugAndReplug(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, settings uhftest.Settings) {
		s := serve(t, settings)
		_, at := s.round(0, 1, 2)
		for range 2 {
			if err := s.line.Unplug(); err != nil {
				t.Fatal(err)
			}
			_, at = find(t, s.facts, at, "down", func(r fact.DeviceReport) bool { return r.State == fact.DeviceDown })
			_, at = s.wait(at-1, fact.DeviceDown, devices.CodePortMissing)
			if err := s.line.Replug(); err != nil {
				t.Fatal(err)
			}
			_, at = s.wait(at, fact.DeviceUp, CodeConnected)
			_, at = s.round(at, 1, 2)
		}
		s.noFalseRounds()
	})
}

func TestBannerAndStreamingAtTheStart(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, settings uhftest.Settings) {
		settings.Banner = []byte("\r\nU-Boot 1.1 \x5A\x00\x01\x02\x10\x03\xFF \xA0\xFF\x01 login: ")
		settings.Streaming = settings.Protocol == uhftest.ProtocolGX5A
		s := serve(t, settings)
		_, at := s.wait(0, fact.DeviceUp, CodeConnected)
		_, at = s.round(at, 1, 2)
		s.round(at, 2, 0)
		s.noFalseRounds()
	})
}

func TestOldAddress(t *testing.T) {
	s := serve(t, uhftest.Settings{Protocol: uhftest.ProtocolR2000, OldAddress: true})
	_, at := s.wait(0, fact.DeviceUp, CodeConnected)
	s.round(at, 1, 2)
}

// TestDamagedLine: every eleventh frame loses a bit or its second half. Rounds become
// fewer and none of them lies.
func TestDamagedLine(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, settings uhftest.Settings) {
		s := serve(t, settings)
		_, at := s.round(0, 1, 2)
		s.mangle(11)
		for range 6 {
			_, at = s.round(at, 1, 2)
		}
		s.reader.Mangle(nil)
		_, at = s.round(at, 1, 2)
		s.round(at, 2, 0)
		s.noFalseRounds()
	})
}

func TestSilenceAndReturn(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, settings uhftest.Settings) {
		s := serve(t, settings)
		_, at := s.round(0, 1, 2)
		s.reader.SetSilent(true)
		_, at = s.wait(at, fact.DeviceDown, devices.CodeNoAnswer)
		s.reader.SetSilent(false)
		_, at = s.wait(at, fact.DeviceUp, CodeConnected)
		s.round(at, 1, 2)
		s.noFalseRounds()
	})
}

// TestRestartOfTheReader: it loses its power setting, and the line does not notice. In
// fake time, once in the middle of a round and once between two rounds.
func TestRestartOfTheReader(t *testing.T) {
	for _, after := range []time.Duration{10 * time.Second, 10*time.Second + 70*time.Millisecond} {
		eachProtocol(t, func(t *testing.T, settings uhftest.Settings) {
			if settings.Protocol == ProtocolUHFReader {
				return // it loses nothing by a restart: it has its own test
			}
			synctest.Test(t, func(t *testing.T) { restart(t, settings, after) })
		})
	}
}

func restart(t *testing.T, settings uhftest.Settings, after time.Duration) {
	settings.Field = func(uint8) []uhftest.Heard { return nil }
	settings.RoundTime = time.Second // ten rounds and their gaps end between the two instants
	reader, err := uhftest.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	near, far := net.Pipe()
	sink := newFacts()
	ended := make(chan error, 2)
	go func() { ended <- reader.Serve(ctx, far) }()
	go func() {
		ended <- driverOf(t, Settings{Protocol: settings.Protocol, Antennas: oneAntenna}).Run(ctx, near, sink)
	}()
	<-time.After(after)
	reader.PowerCycle()
	if got := reader.PowerDBm(1); got != 33 {
		t.Fatalf("power %d dBm after a restart", got)
	}
	<-time.After(2 * checkEvery)
	find(t, sink, 0, "restarted", state(fact.DeviceUp, CodeRestarted))
	if got := reader.PowerDBm(1); got != 26 {
		t.Errorf("power %d dBm after it was set up again", got)
	}
	before := reader.Rounds()
	<-time.After(10 * time.Second)
	if reader.Rounds() == before {
		t.Error("no rounds after the restart")
	}
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	_, _ = near.Close(), far.Close()
}

func TestAntennaFault(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, settings uhftest.Settings) {
		s := serve(t, settings)
		_, at := s.round(0, 1, 2)
		s.reader.BreakAntenna(1, true)
		r, at := s.wait(at, fact.DeviceFault, CodeAntennaFault)
		if r.Identity == "" || r.Detail == "" {
			t.Errorf("%+v", r)
		}
		for range 3 {
			_, at = s.round(at, 2, 0) // the other one goes on
		}
		s.reader.BreakAntenna(1, false)
		_, at = s.wait(at, fact.DeviceUp, CodeRecovered)
		s.round(at, 1, 2)
		faults := 0
		s.mu.Lock()
		for _, f := range s.all {
			if r, ok := f.(fact.DeviceReport); ok && r.State == fact.DeviceFault {
				faults++
			}
		}
		s.mu.Unlock()
		if faults != 1 {
			t.Errorf("reported %d times", faults)
		}
	})
}

func TestInputs(t *testing.T) {
	s := serve(t, uhftest.Settings{Protocol: uhftest.ProtocolGX5A})
	_, at := s.round(0, 1, 2)
	for _, active := range []bool{true, false, true} {
		want := fact.InputInactive
		if active {
			want = fact.InputActive
		}
		s.reader.Input(1, active)
		s.reader.Input(1, active) // said twice, reported once
		var e fact.InputChanged
		e, at = find(t, s.facts, at, "input", anyOf[fact.InputChanged])
		if e.Input != 1 || e.State != want || e.Device != "reader-a" {
			t.Errorf("%+v, want state %d", e, want)
		}
	}
}

// TestPeerReboots: the whole peer (power, line, everything) goes away and comes back.
func TestPeerReboots(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, settings uhftest.Settings) {
		settings.Banner = []byte("hello from the boot loader\r\n")
		s := serve(t, settings)
		_, at := s.round(0, 1, 2)
		if err := s.line.Unplug(); err != nil {
			t.Fatal(err)
		}
		s.reader.PowerCycle()
		if err := s.line.Replug(); err != nil {
			t.Fatal(err)
		}
		_, at = s.wait(at, fact.DeviceUp, CodeConnected)
		s.round(at, 1, 2)
		if got := s.reader.PowerDBm(2); got != 26 {
			t.Errorf("power %d dBm", got)
		}
		s.noFalseRounds()
	})
}

func BenchmarkCollector(b *testing.B) {
	c := newCollector()
	epcs := make([][]byte, 200)
	for i := range epcs {
		epcs[i] = []byte{0xE2, 0x80, 0x11, 0x60, 0, 0, 0, 0, 0, 0, byte(i >> 8), byte(i)}
	}
	b.ReportAllocs()
	for b.Loop() {
		c.begin()
		for _, e := range epcs {
			c.add(e, -6000)
		}
	}
}
