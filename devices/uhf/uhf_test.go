package uhf

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/gx5a"
	"trilock/firmware-protocols/r2000"
)

// TestMain lets the tests on real lines run side by side: they wait for time-outs that are
// the driver's own, and compute next to nothing, whatever the number of cores.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// facts is a sink that keeps what it is told, and lets a test wait for it.
type facts struct {
	mu   sync.Mutex
	all  []fact.Fact
	at   []time.Time
	news chan struct{}
}

func newFacts() *facts { return &facts{news: make(chan struct{}, 1)} }

func (s *facts) Report(ctx context.Context, f fact.Fact) error {
	s.mu.Lock()
	s.all, s.at = append(s.all, f), append(s.at, time.Now())
	s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
	return ctx.Err()
}

func (s *facts) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

// find waits for a fact, the from-th or a later one, that satisfies is, and returns it
// and the index behind it.
func find[F fact.Fact](t *testing.T, s *facts, from int, what string, is func(F) bool) (F, int) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	for {
		s.mu.Lock()
		for ; from < len(s.all); from++ {
			if f, ok := s.all[from].(F); ok && is(f) {
				s.mu.Unlock()
				return f, from + 1
			}
		}
		s.mu.Unlock()
		select {
		case <-s.news:
		case <-deadline:
			t.Fatalf("never reported: %s; last facts: %+v", what, s.all[max(0, len(s.all)-5):])
		}
	}
}

func anyOf[F fact.Fact](F) bool { return true }

func state(state fact.DeviceState, code string) func(fact.DeviceReport) bool {
	return func(r fact.DeviceReport) bool { return r.State == state && r.Code == code }
}

func tag(t testing.TB, text string) fact.EPC {
	t.Helper()
	e, err := fact.ParseEPC(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// peer is the far end of a net.Pipe: the reader of a transcript.
type peer struct {
	t    *testing.T
	conn net.Conn
}

// hears reads one request and compares it.
func (p peer) hears(want []byte) {
	p.t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(p.conn, got); err != nil || !bytes.Equal(got, want) {
		p.t.Fatalf("the driver sent %X, %v; want %X", got, err, want)
	}
}

func (p peer) says(frames ...[]byte) {
	p.t.Helper()
	for _, f := range frames {
		if _, err := p.conn.Write(f); err != nil {
			p.t.Fatal(err)
		}
	}
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	p, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func driverOf(t testing.TB, s Settings) devices.Driver {
	t.Helper()
	s.Device = "reader-a"
	if s.PowerDBm == 0 {
		s.PowerDBm = 26
	}
	d, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// transcript runs a driver against a scripted peer in fake time. It returns what Run returned.
func transcript(t *testing.T, s Settings, sink *facts, script func(p peer)) (result error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error, 1)
		go func() {
			done <- driverOf(t, s).Run(ctx, near, sink)
			_ = near.Close()
		}()
		script(peer{t, far})
		select {
		case result = <-done:
		default:
			cancel()
			_, _ = io.Copy(io.Discard, far)
			result = <-done
		}
		_ = far.Close()
	})
	return result
}

func gxHandshake(p peer) {
	p.hears(gx5a.AppendQuery(nil, gx5a.CodeStop))
	p.says(gx5a.AppendResult(nil, gx5a.CodeStop, 0))
	p.hears(gx5a.AppendQuery(nil, gx5a.CodeBasebandVersion))
	p.says(gx5a.AppendBasebandVersion(nil, gx5a.Version{1, 2, 3, 4}))
	p.hears(gx5a.AppendQuery(nil, gx5a.CodeReaderInfo))
	p.says(gx5a.AppendReaderInfo(nil, gx5a.ReaderInfo{Serial: "A7", UptimeSeconds: 9, App: gx5a.Version{5, 6, 7, 8}}))
	p.hears(gx5a.AppendQuery(nil, gx5a.CodeCapabilities))
	p.says(gx5a.AppendCapabilities(nil, gx5a.Capabilities{MaxDBm: 33, Antennas: 4}))
	powers := []gx5a.AntennaPower{{Antenna: 1, DBm: 26}}
	p.hears(gx5a.AppendSetPower(nil, powers, false))
	p.says(gx5a.AppendResult(nil, gx5a.CodeSetPower, 0))
	p.hears(gx5a.AppendQuery(nil, gx5a.CodeGetPower))
	p.says(gx5a.AppendPower(nil, powers))
}

const (
	gxTagWire    = "5A00011200002B000CE2801160600002094ED74AA6300001014B020003000CE2801160200062A6DAE9092908000E1A5A09645EFC"
	gxEPC        = "E2801160600002094ED74AA6"
	r2000TagWire = "A0130189743000E2004074850A0103163070E13629"
	r2000EPC     = "E2004074850A0103163070E1"
)

var oneAntenna = []uint8{1}

func TestGX5ATranscript(t *testing.T) {
	sink := newFacts()
	var ended time.Time
	start := gx5a.AppendInventory(nil, gx5a.Inventory{Antennas: 1})
	err := transcript(t, Settings{Protocol: ProtocolGX5A, Antennas: oneAntenna}, sink, func(p peer) {
		gxHandshake(p)
		p.hears(start)
		p.says(gx5a.AppendReadEnd(nil, gx5a.EndComplete)) // of an earlier round: not this one's end
		p.says(gx5a.AppendResult(nil, gx5a.CodeInventory, 0), unhex(t, gxTagWire), gx5a.AppendInputEvent(nil, gx5a.CodeInputStart, gx5a.InputEvent{Input: 1}))
		p.says(unhex(t, gxTagWire), gx5a.AppendHeartbeat(nil, 77))
		p.hears(gx5a.AppendHeartbeat(nil, 77))
		p.says(gx5a.AppendReadEnd(nil, gx5a.EndComplete))
		ended = time.Now()
		p.hears(start)
		p.says(gx5a.AppendResult(nil, gx5a.CodeInventory, 0), gx5a.AppendReadEnd(nil, gx5a.EndComplete))
		p.hears(start)
		synctest.Wait()
	})
	if err != nil {
		t.Errorf("Run after its context ended: %v", err)
	}
	antenna := fact.Antenna{Reader: "reader-a", Port: 1}
	want := []fact.Fact{
		fact.DeviceReport{Device: "reader-a", State: fact.DeviceUp, Code: CodeConnected, Identity: "gx-5a serial A7 baseband 1.2.3.4 firmware 5.6.7.8"},
		fact.InputChanged{Device: "reader-a", Input: 1, State: fact.InputActive},
		fact.Round{Antenna: antenna, Reads: []fact.Read{{EPC: tag(t, gxEPC), RSSIcdBm: -2500, Phase: fact.PhaseUnknown}}},
		fact.Round{Antenna: antenna},
	}
	if diff := cmp.Diff(want, sink.all, cmp.AllowUnexported(fact.EPC{})); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if len(sink.at) == 4 && !sink.at[2].Equal(ended) {
		t.Errorf("the round was reported %v after its last byte", sink.at[2].Sub(ended))
	}
}

func r2000Handshake(p peer, address uint8) {
	p.hears(r2000.AppendQuery(nil, address, r2000.CommandFirmwareVersion))
	p.says(r2000.AppendFirmwareVersion(nil, address, r2000.FirmwareVersion{Major: 1, Minor: 9}))
	p.hears(r2000.AppendSetPower(nil, address, r2000.CommandSetPower, []uint8{26}))
	p.says(r2000.AppendResult(nil, address, r2000.CommandSetPower, r2000.Success))
	p.hears(r2000.AppendQuery(nil, address, r2000.CommandGetPower))
	p.says(r2000.AppendFrame(nil, r2000.Frame{Address: address, Command: r2000.CommandGetPower, Data: []byte{26}}))
}

func r2000Round(p peer, frames ...[]byte) {
	p.hears(r2000.AppendSetWorkAntenna(nil, 1, 0))
	p.says(r2000.AppendResult(nil, 1, r2000.CommandSetWorkAntenna, r2000.Success))
	p.hears(r2000.AppendInventory(nil, 1, 1))
	p.says(frames...)
}

func TestR2000Transcript(t *testing.T) {
	sink := newFacts()
	end := r2000.AppendEnd(nil, 1, r2000.End{TotalRead: 1})
	var ended time.Time
	err := transcript(t, Settings{Protocol: ProtocolR2000, Antennas: oneAntenna}, sink, func(p peer) {
		r2000Handshake(p, 1)
		weaker := r2000.AppendTag(nil, 1, r2000.CommandRealTimeInventory, &r2000.Tag{FreqAnt: 0x74, PC: 0x3000, EPC: unhex(t, r2000EPC), RSSIRaw: 20})
		r2000Round(p, weaker, unhex(t, r2000TagWire), weaker, end)
		ended = time.Now()
		r2000Round(p, end)
		p.hears(r2000.AppendSetWorkAntenna(nil, 1, 0))
		synctest.Wait()
	})
	if err != nil {
		t.Errorf("Run after its context ended: %v", err)
	}
	antenna := fact.Antenna{Reader: "reader-a", Port: 1}
	want := []fact.Fact{
		fact.DeviceReport{Device: "reader-a", State: fact.DeviceUp, Code: CodeConnected, Identity: "r2000-a0 firmware 1.9"},
		fact.Round{Antenna: antenna, Reads: []fact.Read{{EPC: tag(t, r2000EPC), RSSIcdBm: -7500, Phase: fact.PhaseUnknown}}},
		fact.Round{Antenna: antenna},
	}
	if diff := cmp.Diff(want, sink.all, cmp.AllowUnexported(fact.EPC{})); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if len(sink.at) == 3 && !sink.at[1].Equal(ended) {
		t.Errorf("the round was reported %v after its last byte", sink.at[1].Sub(ended))
	}
}

// TestRoundsThatAreNotReported: of each of these rounds nobody can say what was not there.
func TestRoundsThatAreNotReported(t *testing.T) {
	record, end := unhex(t, r2000TagWire), r2000.AppendEnd(nil, 1, r2000.End{TotalRead: 1})
	damaged := bytes.Clone(record)
	damaged[8] ^= 0x10
	for name, frames := range map[string][][]byte{
		"damaged record":   {damaged, end},
		"head lost":        {record[1:], end},
		"half a record":    {record[:10], end},
		"false start":      {{0xA0, 0xF0, 1, 2, 3}, record, end}, // holds all that follows until the line is quiet
		"other antenna":    {r2000.AppendTag(nil, 1, 0x89, &r2000.Tag{FreqAnt: 1, PC: 0x0800, EPC: []byte{1, 2}}), end},
		"strange answer":   {r2000.AppendFrame(nil, r2000.Frame{Address: 1, Command: 0x89, Data: []byte{1, 2, 3}}), end},
		"error":            {r2000.AppendResult(nil, 1, 0x89, 0x53)},
		"error at the end": {record, r2000.AppendResult(nil, 1, 0x89, 0x53)},
	} {
		t.Run(name, func(t *testing.T) {
			sink := newFacts()
			err := transcript(t, Settings{Protocol: ProtocolR2000, Antennas: oneAntenna}, sink, func(p peer) {
				r2000Handshake(p, 1)
				r2000Round(p, frames...)
				r2000Round(p, end)
				p.hears(r2000.AppendSetWorkAntenna(nil, 1, 0))
				synctest.Wait()
			})
			if err != nil {
				t.Error(err)
			}
			onlyTheEmptyRound(t, sink)
		})
	}
}

// A reader that never stops speaking, the quiet and a lost line all end a gap.
func TestPass(t *testing.T) {
	broken := errors.New("broken")
	for name, v := range map[string]struct{ says, want error }{"chatter": {nil, nil}, "quiet": {errQuiet, nil}, "broken": {broken, broken}} {
		calls := 0
		err := pass(time.Now(), func() error {
			if calls++; calls > 1 {
				return errors.New("it was called after its time")
			}
			return v.says
		})
		if !errors.Is(err, v.want) || v.want == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// onlyTheEmptyRound checks that one round was reported, and that it was empty.
func onlyTheEmptyRound(t *testing.T, sink *facts) {
	t.Helper()
	var rounds []fact.Round
	for _, f := range sink.all {
		if r, ok := f.(fact.Round); ok {
			rounds = append(rounds, r)
		}
	}
	if len(rounds) != 1 || len(rounds[0].Reads) != 0 {
		t.Errorf("want only the empty round, got %+v", sink.all)
	}
}

// onlyTheConnection checks that nothing was reported but that the reader is connected.
func onlyTheConnection(t *testing.T, sink *facts) {
	t.Helper()
	if n := sink.count(); n != 1 {
		t.Errorf("want only the report of the connection, got %+v", sink.all)
	}
}

func TestConfirmationIsNoEndOfARound(t *testing.T) {
	sink := newFacts()
	_ = transcript(t, Settings{Protocol: ProtocolR2000, Antennas: oneAntenna}, sink, func(p peer) {
		r2000Handshake(p, 1)
		r2000Round(p, r2000.AppendResult(nil, 1, 0x89, r2000.Success))
		synctest.Wait()
	})
	onlyTheConnection(t, sink)
}

func TestANoiseByteSpoilsNoRound(t *testing.T) {
	sink := newFacts()
	_ = transcript(t, Settings{Protocol: ProtocolR2000, Antennas: oneAntenna}, sink, func(p peer) {
		r2000Handshake(p, 1)
		r2000Round(p, []byte{0xFF}, unhex(t, r2000TagWire), []byte{0}, r2000.AppendEnd(nil, 1, r2000.End{}))
		p.hears(r2000.AppendSetWorkAntenna(nil, 1, 0))
		synctest.Wait()
	})
	if r, ok := sink.all[len(sink.all)-1].(fact.Round); !ok || len(r.Reads) != 1 {
		t.Errorf("got %+v", sink.all)
	}
}

func TestStrangeTagBlindsNobody(t *testing.T) {
	sink := newFacts()
	_ = transcript(t, Settings{Protocol: ProtocolR2000, Antennas: oneAntenna}, sink, func(p peer) {
		r2000Handshake(p, 1)
		noEPC := r2000.AppendFrame(nil, r2000.Frame{Address: 1, Command: 0x89, Data: []byte{0, 0, 0, 0x30}})
		lying := r2000.AppendFrame(nil, r2000.Frame{Address: 1, Command: 0x89, Data: []byte{0, 0x30, 0, 1, 2, 0x30}})
		r2000Round(p, noEPC, lying, unhex(t, r2000TagWire), r2000.AppendEnd(nil, 1, r2000.End{}))
		p.hears(r2000.AppendSetWorkAntenna(nil, 1, 0))
		synctest.Wait()
	})
	if r, ok := sink.all[len(sink.all)-1].(fact.Round); !ok || len(r.Reads) != 1 {
		t.Errorf("got %+v", sink.all)
	}
}

func TestDamageInEveryRoundGivesTheLineUp(t *testing.T) {
	damaged := unhex(t, r2000TagWire)
	damaged[8] ^= 0x10
	err := transcript(t, Settings{Protocol: ProtocolR2000, Antennas: oneAntenna}, newFacts(), func(p peer) {
		r2000Handshake(p, 1)
		for range spoiledMax {
			r2000Round(p, damaged, r2000.AppendEnd(nil, 1, r2000.End{}))
		}
		synctest.Wait()
	})
	if devices.CodeOf(err) != devices.CodeGarbage {
		t.Error(err)
	}
}

func TestSilenceAndGarbageAtTheStart(t *testing.T) {
	for _, protocol := range Protocols() {
		for noise, want := range map[string]string{"": devices.CodeNoAnswer, "boot v1.3 \xA0\x05\x5A\x00\x01 ok\r\n": devices.CodeGarbage} {
			err := transcript(t, Settings{Protocol: protocol, Antennas: oneAntenna}, newFacts(), func(p peer) {
				go func() { _, _ = io.Copy(io.Discard, p.conn) }()
				if noise != "" {
					p.says([]byte(noise))
				}
				<-time.After(time.Minute) // of fake time
			})
			if err == nil || devices.CodeOf(err) != want {
				t.Errorf("%s after %q: %v, want %s", protocol, noise, err, want)
			}
		}
	}
}

func TestRoundWithoutEnd(t *testing.T) {
	sink := newFacts()
	err := transcript(t, Settings{Protocol: ProtocolR2000, Antennas: oneAntenna}, sink, func(p peer) {
		r2000Handshake(p, 1)
		for range silentMax {
			r2000Round(p, unhex(t, r2000TagWire)) // and no end
			buf := make([]byte, 5)
			_, _ = io.ReadFull(p.conn, buf) // the next connect's version query, or the end
			if !bytes.Equal(buf, r2000.AppendQuery(nil, 1, r2000.CommandFirmwareVersion)) {
				break
			}
			p.says(r2000.AppendFirmwareVersion(nil, 1, r2000.FirmwareVersion{Major: 1, Minor: 9}))
			answer := r2000.AppendFrame(nil, r2000.Frame{Address: 1, Command: r2000.CommandGetPower, Data: []byte{26}})
			p.hears(r2000.AppendQuery(nil, 1, r2000.CommandGetPower))
			p.says(answer)
			p.hears(r2000.AppendSetPower(nil, 1, r2000.CommandSetPower, []uint8{26}))
			p.says(r2000.AppendResult(nil, 1, r2000.CommandSetPower, r2000.Success))
			p.hears(r2000.AppendQuery(nil, 1, r2000.CommandGetPower))
			p.says(answer)
		}
		synctest.Wait()
	})
	if devices.CodeOf(err) != devices.CodeNoAnswer {
		t.Error(err)
	}
	onlyTheConnection(t, sink)
}

func TestReadersRefusals(t *testing.T) {
	t.Run("r2000 power", func(t *testing.T) {
		err := transcript(t, Settings{Protocol: ProtocolR2000, Antennas: oneAntenna}, newFacts(), func(p peer) {
			p.hears(r2000.AppendQuery(nil, 1, r2000.CommandFirmwareVersion))
			p.says(r2000.AppendFirmwareVersion(nil, 1, r2000.FirmwareVersion{Major: 1, Minor: 9}))
			p.hears(r2000.AppendSetPower(nil, 1, r2000.CommandSetPower, []uint8{26}))
			p.says(r2000.AppendResult(nil, 1, r2000.CommandSetPower, r2000.ErrorPowerRange))
			synctest.Wait()
		})
		if devices.CodeOf(err) != devices.CodeHandshakeFailed || !strings.Contains(err.Error(), "power out of range") {
			t.Error(err)
		}
	})
	t.Run("gx5a port", func(t *testing.T) {
		err := transcript(t, Settings{Protocol: ProtocolGX5A, Antennas: []uint8{5}}, newFacts(), func(p peer) {
			p.hears(gx5a.AppendQuery(nil, gx5a.CodeStop))
			p.says(gx5a.AppendResult(nil, gx5a.CodeStop, 0))
			p.hears(gx5a.AppendQuery(nil, gx5a.CodeBasebandVersion))
			p.says(gx5a.AppendBasebandVersion(nil, gx5a.Version{}))
			p.hears(gx5a.AppendQuery(nil, gx5a.CodeReaderInfo))
			p.says(gx5a.AppendReaderInfo(nil, gx5a.ReaderInfo{}))
			p.hears(gx5a.AppendQuery(nil, gx5a.CodeCapabilities))
			p.says(gx5a.AppendCapabilities(nil, gx5a.Capabilities{MaxDBm: 33, Antennas: 4}))
			synctest.Wait()
		})
		if devices.CodeOf(err) != devices.CodeHandshakeFailed || !strings.Contains(err.Error(), "has 4") {
			t.Error(err)
		}
	})
}

func TestSettingsThatAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Settings){
		"protocol":  func(s *Settings) { s.Protocol = "llrp" },
		"none":      func(s *Settings) { s.Antennas = nil },
		"zero":      func(s *Settings) { s.Antennas = []uint8{0} },
		"twice":     func(s *Settings) { s.Antennas = []uint8{1, 2, 1} },
		"too high":  func(s *Settings) { s.Antennas = []uint8{9} },
		"power":     func(s *Settings) { s.PowerDBm = 37 },
		"gap":       func(s *Settings) { s.RoundGap = -1 },
		"long gap":  func(s *Settings) { s.RoundGap = time.Minute },
		"gx5a port": func(s *Settings) { s.Protocol, s.Antennas = ProtocolGX5A, []uint8{33} },
	} {
		s := Settings{Device: "reader-a", Protocol: ProtocolR2000, Antennas: []uint8{1, 8}, PowerDBm: 26}
		if _, err := New(s); err != nil {
			t.Fatal(err)
		}
		change(&s)
		if _, err := New(s); err == nil || !strings.Contains(err.Error(), "reader-a") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, protocol := range Protocols() {
		want := 115200
		switch protocol {
		case ProtocolFEIG:
			want = 38400
		case ProtocolUHFReader:
			want = 57600
		}
		if baud, err := BaudDefault(protocol); baud != want || err != nil {
			t.Errorf("%s: %d, %v", protocol, baud, err)
		}
	}
	if _, err := BaudDefault("llrp"); err == nil {
		t.Error("a baud rate for an unknown protocol")
	}
}

func TestCollectorIsBounded(t *testing.T) {
	c := newCollector()
	for i := range 2 * fact.MaxReadsPerRound {
		c.add([]byte{byte(i >> 8), byte(i), 0, 0}, -5000)
	}
	if len(c.taken()) != fact.MaxReadsPerRound || !c.cut {
		t.Errorf("%d reads, cut %v", len(c.taken()), c.cut)
	}
	c.begin()
	if c.taken() != nil || c.cut || len(c.index) != 0 {
		t.Error("a new round remembers the old one")
	}
	if c.add(nil, 0) || c.add(make([]byte, 63), 0) {
		t.Error("took what is no EPC")
	}
}

func TestFaultsAreReportedOncePerChange(t *testing.T) {
	var f faults
	if !f.raise("antenna 02", CodeAntennaFault, "x") || f.raise("antenna 02", CodeReaderError, "y") || !f.raise("antenna 01", CodeReaderError, "z") {
		t.Fatal("raise")
	}
	r := f.report("reader-a", "id")
	if r.State != fact.DeviceFault || r.Code != CodeReaderError || r.Detail != "antenna 01: z; antenna 02: x" {
		t.Errorf("%+v", r)
	}
	for i := range settledRounds {
		if got := f.settle("antenna 01"); got != (i == settledRounds-1) {
			t.Fatalf("after %d good rounds: %v", i+1, got)
		}
	}
	if f.settle("antenna 01") || !slices.ContainsFunc(f, func(one fault) bool { return one.about == "antenna 02" }) {
		t.Error("settle")
	}
}
