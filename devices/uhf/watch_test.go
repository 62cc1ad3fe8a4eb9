package uhf

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/devicetest/uhftest"
	"trilock/firmware-protocols/r2000"
)

// simulated runs a driver against a simulated reader in fake time, until the test is done.
func simulated(t *testing.T, settings uhftest.Settings, s Settings, test func(sink *facts, reader *uhftest.Reader)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		settings.Protocol = s.Protocol
		settings.Field = func(uint8) []uhftest.Heard { return nil }
		reader, err := uhftest.New(settings)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		near, far := net.Pipe()
		sink, ended := newFacts(), make(chan error, 2)
		buffered := buffer{far, make(chan []byte, 64)}
		go buffered.drain()
		go func() { ended <- reader.Serve(ctx, buffered) }()
		go func() { ended <- driverOf(t, s).Run(ctx, near, sink) }()
		test(sink, reader)
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		close(buffered.out)
		_, _ = near.Close(), far.Close()
	})
}

// buffer is one end of a net.Pipe whose writer does not wait for the reader, so that a
// device can speak without being asked.
type buffer struct {
	net.Conn
	out chan []byte
}

func (b buffer) Write(p []byte) (int, error) {
	b.out <- bytes.Clone(p)
	return len(p), nil
}

func (b buffer) drain() {
	for p := range b.out {
		_, _ = b.Conn.Write(p) // fails when the line is closed, which ends the test
	}
}

func inputIs(n uint8, state fact.InputState) func(fact.InputChanged) bool {
	return func(e fact.InputChanged) bool { return e.Device == "reader-a" && e.Input == n && e.State == state }
}

// TestInputsAtConnectAndLater: where an input stands is known from the connect on, and a
// change is told once, on every protocol that has inputs.
func TestInputsAtConnectAndLater(t *testing.T) {
	for _, protocol := range Protocols() {
		if MaxInputs(protocol) == 0 {
			continue
		}
		t.Run(protocol, func(t *testing.T) {
			s := Settings{Protocol: protocol, Antennas: oneAntenna, Inputs: []uint8{1, 0}}
			simulated(t, uhftest.Settings{}, s, func(sink *facts, reader *uhftest.Reader) {
				reader.Input(1, true)
				_, at := find(t, sink, 0, "input 1 closed at the start", inputIs(1, fact.InputActive))
				_, at = find(t, sink, at-1, "input 0 open at the start", inputIs(0, fact.InputInactive))
				for range 2 {
					reader.Input(1, false)
					_, at = find(t, sink, at, "input 1 opened", inputIs(1, fact.InputInactive))
					reader.Input(1, true)
					_, at = find(t, sink, at, "input 1 closed", inputIs(1, fact.InputActive))
				}
				<-time.After(3 * checkEvery)
				if n := inputFacts(sink); n > 7 { // one more where it was set before the connect
					t.Errorf("%d changes reported", n)
				}
			})
		})
	}
}

func inputFacts(s *facts) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.all {
		if _, ok := f.(fact.InputChanged); ok {
			n++
		}
	}
	return n
}

// TestInputsAreToldAgainAfterARestart: what changed meanwhile may have been lost.
func TestInputsAreToldAgainAfterARestart(t *testing.T) {
	s := Settings{Protocol: ProtocolMercury, Antennas: oneAntenna, Inputs: []uint8{0}}
	simulated(t, uhftest.Settings{}, s, func(sink *facts, reader *uhftest.Reader) {
		_, at := find(t, sink, 0, "open at the start", inputIs(0, fact.InputInactive))
		reader.PowerCycle()
		_, at = find(t, sink, at, "restarted", state(fact.DeviceUp, CodeRestarted))
		find(t, sink, at, "open after the restart", inputIs(0, fact.InputInactive))
	})
}

func TestInputsActiveLow(t *testing.T) {
	s := Settings{Protocol: ProtocolMercury, Antennas: oneAntenna, Inputs: []uint8{0}, InputsActiveLow: true}
	simulated(t, uhftest.Settings{}, s, func(sink *facts, reader *uhftest.Reader) {
		_, at := find(t, sink, 0, "low, so active", inputIs(0, fact.InputActive))
		reader.Input(0, true)
		find(t, sink, at, "high, so inactive", inputIs(0, fact.InputInactive))
	})
}

// TestInputsThatAreNotTold: older firmware answers with an error, or not at all. The reader
// goes on reading, and the fault says that nobody watches its inputs.
func TestInputsThatAreNotTold(t *testing.T) {
	for name, answer := range map[string][]byte{
		"an error": r2000.AppendResult(nil, 1, r2000.CommandReadGPIO, 0x41), "no level": r2000.AppendFrame(nil, r2000.Frame{Address: 1, Command: r2000.CommandReadGPIO, Data: []byte{7, 7}}),
		"nothing": nil,
	} {
		t.Run(name, func(t *testing.T) {
			sink := newFacts()
			err := transcript(t, Settings{Protocol: ProtocolR2000, Antennas: oneAntenna, Inputs: []uint8{0}}, sink, func(p peer) {
				r2000Handshake(p, 1)
				ask := r2000.AppendQuery(nil, 1, r2000.CommandReadGPIO)
				p.hears(ask)
				if answer == nil {
					for range askTries - 1 {
						p.hears(ask)
					}
				} else {
					p.says(answer)
				}
				r2000Round(p, r2000.AppendEnd(nil, 1, r2000.End{}))
				p.hears(r2000.AppendSetWorkAntenna(nil, 1, 0)) // the next round, and no further question
			})
			if err != nil {
				t.Error(err)
			}
			if r, ok := sink.all[1].(fact.DeviceReport); !ok || r.State != fact.DeviceFault || r.Code != CodeInputsUnread {
				t.Errorf("got %+v", sink.all)
			}
			if _, ok := sink.all[len(sink.all)-1].(fact.Round); !ok {
				t.Errorf("no round: %+v", sink.all)
			}
		})
	}
}

// TestTooWarm: the fault comes with the first look above the limit, once, and ends some
// degrees below it.
func TestTooWarm(t *testing.T) {
	s := Settings{Protocol: ProtocolR2000, Antennas: oneAntenna, TemperatureMaxC: 70}
	simulated(t, uhftest.Settings{}, s, func(sink *facts, reader *uhftest.Reader) {
		up, at := find(t, sink, 0, "up", state(fact.DeviceUp, CodeConnected))
		if up.Detail != "41 degrees Celsius inside" {
			t.Errorf("it says %q", up.Detail)
		}
		reader.SetCelsius(71)
		hot, at := find(t, sink, at, "too warm", state(fact.DeviceFault, CodeOverheated))
		if !strings.Contains(hot.Detail, "71") || !strings.Contains(hot.Detail, "70") {
			t.Errorf("it says %q", hot.Detail)
		}
		reader.SetCelsius(66) // cooler, and not yet cool
		before := reports(sink)
		<-time.After(4 * checkEvery)
		if n := reports(sink); n != before {
			t.Errorf("%d more reports while it stays warm", n-before)
		}
		reader.SetCelsius(65)
		find(t, sink, at, "recovered", state(fact.DeviceUp, CodeRecovered))
	})
}

func reports(s *facts) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.all {
		if _, ok := f.(fact.DeviceReport); ok {
			n++
		}
	}
	return n
}

// TestTooWarmAtTheStart: the first look is at the connect.
func TestTooWarmAtTheStart(t *testing.T) {
	s := Settings{Protocol: ProtocolR2000, Antennas: oneAntenna, TemperatureMaxC: 40}
	simulated(t, uhftest.Settings{}, s, func(sink *facts, _ *uhftest.Reader) {
		_, at := find(t, sink, 0, "up", state(fact.DeviceUp, CodeConnected))
		if _, hot := find(t, sink, at, "too warm", state(fact.DeviceFault, CodeOverheated)); hot != at+1 {
			t.Errorf("fact %d, want it right behind the connect", hot)
		}
	})
}

// TestAntennaCheckIsSwitchedOn: without it, a port without a cable hears nothing and that
// passes for an empty cabinet.
func TestAntennaCheckIsSwitchedOn(t *testing.T) {
	const stored = 33 // dBm after a restart, too: the restart shows itself by the antenna check alone
	s := Settings{Protocol: ProtocolR2000, Antennas: oneAntenna, PowerDBm: stored, AntennaCheckDB: 5}
	simulated(t, uhftest.Settings{AntennaCheckOff: true}, s, func(sink *facts, reader *uhftest.Reader) {
		_, at := find(t, sink, 0, "a round", anyOf[fact.Round])
		reader.BreakAntenna(1, true)
		_, at = find(t, sink, at, "antenna fault", state(fact.DeviceFault, CodeAntennaFault))
		reader.BreakAntenna(1, false)
		_, at = find(t, sink, at, "recovered", state(fact.DeviceUp, CodeRecovered))
		reader.PowerCycle() // which takes the setting away
		_, at = find(t, sink, at, "restarted", state(fact.DeviceUp, CodeRestarted))
		reader.BreakAntenna(1, true)
		find(t, sink, at, "antenna fault after a restart", state(fact.DeviceFault, CodeAntennaFault))
	})
}

// TestAntennaCheckThatCannotBe: a reader that refuses it, that does not keep it, that does
// not know it. It goes on reading, with a fault that says what to do.
func TestAntennaCheckThatCannotBe(t *testing.T) {
	ask := r2000.AppendQuery(nil, 1, r2000.CommandGetDetector)
	set := r2000.AppendSetDetector(nil, 1, 3)
	for name, script := range map[string]func(p peer){
		"refused": func(p peer) {
			p.hears(ask)
			p.says(r2000.AppendDetector(nil, 1, 0))
			p.hears(set)
			p.says(r2000.AppendResult(nil, 1, r2000.CommandSetDetector, 0x41))
		},
		"not kept": func(p peer) {
			p.hears(ask)
			p.says(r2000.AppendDetector(nil, 1, 0))
			p.hears(set)
			p.says(r2000.AppendResult(nil, 1, r2000.CommandSetDetector, r2000.Success))
			p.hears(ask)
			p.says(r2000.AppendDetector(nil, 1, 0))
		},
		"strange": func(p peer) {
			p.hears(ask)
			p.says(r2000.AppendFrame(nil, r2000.Frame{Address: 1, Command: r2000.CommandGetDetector, Data: []byte{1, 2}}))
		},
		"unknown": func(p peer) {
			for range askTries {
				p.hears(ask)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			sink := newFacts()
			err := transcript(t, Settings{Protocol: ProtocolR2000, Antennas: oneAntenna, AntennaCheckDB: 3}, sink, func(p peer) {
				r2000Handshake(p, 1)
				script(p)
				r2000Round(p, r2000.AppendEnd(nil, 1, r2000.End{}))
				p.hears(r2000.AppendSetWorkAntenna(nil, 1, 0))
			})
			if err != nil {
				t.Error(err)
			}
			if r, ok := sink.all[1].(fact.DeviceReport); !ok || r.Code != CodeAntennaUnchecked || !strings.Contains(r.Detail, "antenna_check_db") {
				t.Errorf("got %+v", sink.all)
			}
		})
	}
}

// TestRawScale: what a raw value means is the site's to say.
func TestRawScale(t *testing.T) {
	sink := newFacts()
	scale := RawRSSI{ZeroCdBm: -12000, StepCdBm: 50}
	_ = transcript(t, Settings{Protocol: ProtocolR2000, Antennas: oneAntenna, RSSI: scale}, sink, func(p peer) {
		r2000Handshake(p, 1)
		r2000Round(p, unhex(t, r2000TagWire), r2000.AppendEnd(nil, 1, r2000.End{}))
		p.hears(r2000.AppendSetWorkAntenna(nil, 1, 0))
	})
	const raw = 0x36
	want := []fact.Read{{EPC: tag(t, r2000EPC), RSSIcdBm: -12000 + 50*raw, Phase: fact.PhaseUnknown}}
	if r, ok := sink.all[len(sink.all)-1].(fact.Round); !ok || !cmp.Equal(r.Reads, want, cmp.AllowUnexported(fact.EPC{})) {
		t.Errorf("got %+v", sink.all)
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	for name, s := range map[string]Settings{
		"scale of a reader that tells dBm": {Protocol: ProtocolM100, RSSI: RawRSSI{StepCdBm: 1}},
		"step of nothing":                  {Protocol: ProtocolGX5A, RSSI: RawRSSI{ZeroCdBm: -1}},
		"step down":                        {Protocol: ProtocolGX5A, RSSI: RawRSSI{StepCdBm: -1}},
		"input of a reader without":        {Protocol: ProtocolM100, Inputs: []uint8{0}},
		"third input of two":               {Protocol: ProtocolR2000, Inputs: []uint8{2}},
		"input twice":                      {Protocol: ProtocolGX5A, Inputs: []uint8{2, 2}},
		"Q":                                {Protocol: ProtocolUHFReader, SlotExponent: 16},
	} {
		s.Device, s.Antennas = "reader-a", oneAntenna
		if _, err := New(s); err == nil || !strings.Contains(err.Error(), "reader-a") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// babbleAt sends junk at the full speed of a line of 115200 baud until ctx ends: false starts
// of every protocol, the kind that decoders find hardest.
func babbleAt(ctx context.Context, far io.Writer) {
	starts := []byte{0x5A, 0x00, 0x01, 0x02, 0x10, 0x03, 0xA0, 0xFF, 0xBB, 0x02, 0x22, 0x01, 0xFF, 0xF0, 0x02, 0x0F, 0xFF, 0x11, 0x00, 0x04}
	junk := make([]byte, 0, 8000)
	for len(junk) < 7000 {
		junk = append(junk, starts...)
		junk = append(junk, byte(len(junk)), byte(len(junk)>>3))
	}
	const piece = 62 // what a USB adapter hands over at once
	tick := time.NewTicker(piece * 10 * time.Second / 115200)
	defer tick.Stop()
	for at := 0; ; at += piece {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		at %= len(junk) - piece
		if _, err := far.Write(junk[at : at+piece]); err != nil {
			return
		}
	}
}

// TestABabblingDeviceInTheMidstOfWork: it has read well, and then babbles.
func TestABabblingDeviceInTheMidstOfWork(t *testing.T) {
	for _, protocol := range Protocols() {
		t.Run(protocol, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reader, err := uhftest.New(uhftest.Settings{Protocol: protocol, Field: func(uint8) []uhftest.Heard { return nil }})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				near, far := net.Pipe()
				buffered := buffer{far, make(chan []byte, 64)}
				sink, served, ended := newFacts(), make(chan error, 1), make(chan error, 1)
				go buffered.drain()
				go func() { served <- reader.Serve(ctx, buffered) }()
				go func() { ended <- driverOf(t, Settings{Protocol: protocol, Antennas: oneAntenna}).Run(ctx, near, sink) }()
				find(t, sink, 0, "a round", anyOf[fact.Round])
				reader.SetSilent(true)
				babbling := make(chan struct{})
				go func() {
					babbleAt(ctx, buffered)
					close(babbling)
				}()
				if err := <-ended; devices.CodeOf(err) != devices.CodeGarbage {
					t.Error(err)
				}
				cancel()
				_ = near.Close()
				<-babbling
				<-served
				close(buffered.out)
				_ = far.Close()
			})
		})
	}
}

// TestABabblingDeviceIsGivenUpAndThrottled: bytes without a frame at the full speed of the
// line. The driver gives the
// line up and says why; the supervisor then reports it once, and does not dial without pause.
func TestABabblingDeviceIsGivenUpAndThrottled(t *testing.T) {
	for _, protocol := range Protocols() {
		t.Run(protocol, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				dials := 0
				dial := func(context.Context) (devices.Link, error) {
					dials++
					near, far := net.Pipe()
					go func() { _, _ = io.Copy(io.Discard, far) }()
					go babbleAt(ctx, far)
					return near, nil
				}
				sink, ended := newFacts(), make(chan struct{})
				supervisor := &devices.Supervisor{
					Devices: []fact.DeviceID{"reader-a"}, Dial: dial, Driver: driverOf(t, Settings{Protocol: protocol, Antennas: oneAntenna}),
				}
				go func() {
					supervisor.Run(ctx, sink)
					close(ended)
				}()
				find(t, sink, 0, "down", state(fact.DeviceDown, devices.CodeGarbage))
				<-time.After(2 * time.Minute)
				if n := sink.count(); n != 1 {
					t.Errorf("%d facts, want the one that it is down: %+v", n, sink.all)
				}
				if most := int(2 * time.Minute / devices.RedialMin); dials > most {
					t.Errorf("dialled %d times in two minutes", dials)
				}
				cancel()
				<-ended
			})
		})
	}
}
