package uhf

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/devicetest"
	"trilock/devices/devicetest/uhftest"
	"trilock/devices/serialport"
	"trilock/firmware-protocols/m100"
)

// Frames of real modules.
const (
	m100TagWire   = "BB02220011C9340030751FEB705C5904E3D50D703A76EF7E"
	m100TagEPC    = "30751FEB705C5904E3D50D70"
	m100TagWireAA = "AA02220011C73000E28068900000500E88C6A4A7119B29DD"
	m100TagEPCAA  = "E28068900000500E88C6A4A7"
	m100InfoWire  = "BB0103000B004D3130302056312E3030227E"
	m100NoTagWire = "BB01FF000115167E"
	m100Polling   = "BB0027000322000A567E"
)

// m100Peer is a module of a transcript.
type m100Peer struct {
	peer
	family m100.Family
}

// asked hears a request and gives its answer.
func (p m100Peer) asked(request []byte, answer ...byte) {
	p.t.Helper()
	p.hears(request)
	p.says(p.family.Response(nil, m100.Command(request[2]), answer...))
}

func (p m100Peer) query(command m100.Command, answer ...byte) {
	p.t.Helper()
	p.asked(p.family.Request(nil, command), answer...)
}

func (p m100Peer) identity() {
	p.t.Helper()
	p.query(m100.CommandStop, m100.Done)
	p.asked(p.family.Request(nil, m100.CommandInformation, 0), append([]byte{0}, "M100 V1.00"...)...)
	p.asked(p.family.Request(nil, m100.CommandInformation, 1), append([]byte{1}, "V2.3"...)...)
}

// settings is what is asked for and set after the identity, when nothing needs a change.
func (p m100Peer) settings() {
	p.t.Helper()
	p.query(m100.CommandGetRegion, 1)
	p.query(m100.CommandGetQuery, 0x10, 0x20)
	p.asked(p.family.Request(nil, m100.CommandSelectMode, 1), m100.Done)
	p.query(m100.CommandGetPower, 0x0A, 0x28)
	p.asked(m100Mark().Set(nil, p.family), m100.Done)
}

// mark tells that the module has not restarted.
func (p m100Peer) mark() {
	p.t.Helper()
	p.hears(p.family.Request(nil, m100.CommandGetSelect))
	p.says(m100Mark().Tell(nil, p.family))
}

// round is a series of polls with these answers, its stop, and the mark.
func (p m100Peer) round(frames ...[]byte) {
	p.t.Helper()
	p.hears(m100.AppendMultiPoll(nil, p.family, PollsDefault))
	p.says(frames...)
	p.query(m100.CommandStop, m100.Done)
	p.mark()
}

// noTags is what a series of polls says that hears nothing.
func (p m100Peer) noTags() []byte {
	return bytes.Repeat(m100.AppendError(nil, p.family, m100.CodeNoTag), PollsDefault)
}

func TestM100Transcript(t *testing.T) {
	sink := newFacts()
	err := transcript(t, Settings{Protocol: ProtocolM100, Antennas: oneAntenna}, sink, func(raw peer) {
		p := m100Peer{raw, m100.FamilyBB}
		p.hears(unhex(t, "BB00280000287E"))
		p.says(unhex(t, m100TagWire), unhex(t, m100NoTagWire), unhex(t, "BB01280001002A7E")) // it was polling: all that comes before the confirmation is old
		p.hears(unhex(t, "BB00030001"+"00"+"047E"))
		p.says(unhex(t, m100InfoWire))
		p.asked(p.family.Request(nil, m100.CommandInformation, 1), append([]byte{1}, "V2.3"...)...)
		p.query(m100.CommandGetRegion, 2)
		p.asked(unhex(t, "BB0007000101097E"), m100.Done) // China
		p.query(m100.CommandGetRegion, 1)
		p.query(m100.CommandGetQuery, 0x17, 0xA0) // selected tags, session S3, flag B
		p.asked(m100.AppendSetQuery(nil, p.family, 0x1020), m100.Done)
		p.query(m100.CommandGetQuery, 0x10, 0x20)
		p.hears(p.family.Request(nil, m100.CommandSelectMode, 1))
		p.says(p.family.Response(nil, m100.CommandSetSelect, m100.Done)) // as one manual labels it
		p.query(m100.CommandGetPower, 0x07, 0xD0)
		p.asked(m100.AppendSetPower(nil, p.family, 2600), m100.Done)
		p.query(m100.CommandGetPower, 0x0A, 0x28)
		p.asked(m100Mark().Set(nil, p.family), m100.Done)

		weaker := m100.Tag{RSSIdBm: -70, PC: 0x3400, EPC: unhex(t, m100TagEPC), CRC: 0x3A76}
		p.hears(unhex(t, m100Polling))
		p.says(m100.AppendTag(nil, p.family, &weaker), unhex(t, m100NoTagWire), unhex(t, m100TagWire))
		p.hears(unhex(t, "BB00280000287E"))
		late := m100.NewTag([]byte{0xAA, 0xBB, 0x7E, 0xDD}, -60)
		p.says(m100.AppendTag(nil, p.family, &late), p.family.Response(nil, m100.CommandStop, m100.Done)) // queued before the stop: of this round
		p.mark()
		p.round(p.noTags())
		p.hears(unhex(t, m100Polling))
		synctest.Wait()
	})
	if err != nil {
		t.Errorf("Run after its context ended: %v", err)
	}
	antenna := fact.Antenna{Reader: "reader-a", Port: 1}
	want := []fact.Fact{
		fact.DeviceReport{Device: "reader-a", State: fact.DeviceUp, Code: CodeConnected, Identity: "m100-r200 M100 V1.00 firmware V2.3"},
		fact.Round{Antenna: antenna, Duration: m100Quiet, Reads: []fact.Read{
			{EPC: tag(t, m100TagEPC), RSSIcdBm: -5500, Phase: fact.PhaseUnknown},
			{EPC: tag(t, "AABB7EDD"), RSSIcdBm: -6000, Phase: fact.PhaseUnknown},
		}},
		fact.Round{Antenna: antenna},
	}
	if diff := cmp.Diff(want, sink.all, cmp.AllowUnexported(fact.EPC{})); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

// TestM100OtherFamily: the first request goes unheard, the second finds out; from then on
// the other family's head is no start.
func TestM100OtherFamily(t *testing.T) {
	sink := newFacts()
	err := transcript(t, Settings{Protocol: ProtocolM100, Antennas: oneAntenna}, sink, func(raw peer) {
		p := m100Peer{raw, m100.FamilyAA}
		p.hears(m100.FamilyBB.Request(nil, m100.CommandStop))
		p.identity()
		p.settings()
		p.round(unhex(t, m100TagWireAA))
		p.hears(m100.AppendMultiPoll(nil, p.family, PollsDefault))
		synctest.Wait()
	})
	r, ok := sink.all[len(sink.all)-1].(fact.Round)
	if err != nil || !ok || len(r.Reads) != 1 || r.Reads[0].EPC != tag(t, m100TagEPCAA) || r.Reads[0].RSSIcdBm != -5700 {
		t.Errorf("got %+v, %v", sink.all, err)
	}
}

// TestM100RoundsThatAreNotReported: of each of these rounds nobody can say what was not there.
func TestM100RoundsThatAreNotReported(t *testing.T) {
	record, empty := unhex(t, m100TagWire), unhex(t, m100NoTagWire)
	damaged, badCRC := bytes.Clone(record), m100.NewTag(unhex(t, m100TagEPC), -60)
	damaged[9] ^= 0x10
	badCRC.CRC ^= 1
	hopping := m100.AppendError(nil, m100.FamilyBB, m100.CodeHopping)
	for name, v := range map[string]struct {
		frames [][]byte
		again  bool // the module is set up anew
		mark   m100.Select
	}{
		"damaged record":   {[][]byte{damaged, empty}, false, m100Mark()},
		"head lost":        {[][]byte{record[1:], empty}, false, m100Mark()},
		"half a record":    {[][]byte{record[:10], empty}, false, m100Mark()},
		"false start":      {[][]byte{{0xBB, 2, 0x22, 1, 0}, record, empty}, false, m100Mark()},
		"bad CRC of a tag": {[][]byte{m100.AppendTag(nil, m100.FamilyBB, &badCRC), empty}, false, m100Mark()},
		"no poll":          {[][]byte{hopping, hopping}, false, m100Mark()},
		"unknown command":  {[][]byte{m100.AppendError(nil, m100.FamilyBB, m100.CodeUnknown)}, false, m100Mark()},
		"nothing said":     {nil, true, m100Mark()},
		"restart":          {[][]byte{record}, true, m100.Select{}},
	} {
		t.Run(name, func(t *testing.T) {
			sink := newFacts()
			err := transcript(t, Settings{Protocol: ProtocolM100, Antennas: oneAntenna}, sink, func(raw peer) {
				p := m100Peer{raw, m100.FamilyBB}
				p.identity()
				p.settings()
				p.hears(m100.AppendMultiPoll(nil, p.family, PollsDefault))
				p.says(v.frames...)
				p.query(m100.CommandStop, m100.Done)
				p.hears(p.family.Request(nil, m100.CommandGetSelect))
				p.says(v.mark.Tell(nil, p.family))
				if v.again {
					p.identity()
					p.hears(p.family.Request(nil, m100.CommandGetSelect))
					p.says(v.mark.Tell(nil, p.family))
					if len(v.mark.Mask) > 0 {
						p.query(m100.CommandGetPower, 0x0A, 0x28)
						p.query(m100.CommandGetRegion, 1)
					}
					p.settings()
				}
				p.round(p.noTags())
				p.hears(m100.AppendMultiPoll(nil, p.family, PollsDefault))
				synctest.Wait()
			})
			if err != nil {
				t.Error(err)
			}
			onlyTheEmptyRound(t, sink)
			restarts := 0
			for _, f := range sink.all {
				if r, ok := f.(fact.DeviceReport); ok && r.Code == CodeRestarted {
					restarts++
				}
			}
			if want := name == "restart"; (restarts == 1) != want {
				t.Errorf("%d restarts reported", restarts)
			}
		})
	}
}

// TestM100OneChannelBusy: one of several polls that did not take place spoils no round.
func TestM100OneChannelBusy(t *testing.T) {
	sink := newFacts()
	_ = transcript(t, Settings{Protocol: ProtocolM100, Antennas: oneAntenna}, sink, func(raw peer) {
		p := m100Peer{raw, m100.FamilyBB}
		p.identity()
		p.settings()
		busy := m100.AppendError(nil, p.family, m100.CodeHopping)
		p.hears(m100.AppendMultiPoll(nil, p.family, PollsDefault))
		p.says(busy, unhex(t, m100NoTagWire))
		p.hears(p.family.Request(nil, m100.CommandStop))
		p.says(busy, p.family.Response(nil, m100.CommandStop, m100.Done)) // queued before the stop
		p.mark()
		p.hears(m100.AppendMultiPoll(nil, p.family, PollsDefault))
		synctest.Wait()
	})
	onlyTheEmptyRound(t, sink)
}

func TestM100StrangeTagBlindsNobody(t *testing.T) {
	sink := newFacts()
	_ = transcript(t, Settings{Protocol: ProtocolM100, Antennas: oneAntenna}, sink, func(raw peer) {
		p := m100Peer{raw, m100.FamilyBB}
		p.identity()
		p.settings()
		noEPC := m100.NewTag(nil, -50)
		lying := m100.Tag{PC: 0x3000, EPC: []byte{1, 2}}
		p.round(m100.AppendTag(nil, p.family, &noEPC), m100.AppendTag(nil, p.family, &lying), unhex(t, m100TagWire))
		p.hears(m100.AppendMultiPoll(nil, p.family, PollsDefault))
		synctest.Wait()
	})
	if r, ok := sink.all[len(sink.all)-1].(fact.Round); !ok || len(r.Reads) != 1 {
		t.Errorf("got %+v", sink.all)
	}
}

// TestM100WithoutSelect: firmware that takes no select parameters shows a restart by its power.
func TestM100WithoutSelect(t *testing.T) {
	sink := newFacts()
	_ = transcript(t, Settings{Protocol: ProtocolM100, Antennas: oneAntenna}, sink, func(raw peer) {
		p := m100Peer{raw, m100.FamilyBB}
		unmarked := func() {
			p.query(m100.CommandGetRegion, 1)
			p.query(m100.CommandGetQuery, 0x10, 0x20)
			p.asked(p.family.Request(nil, m100.CommandSelectMode, 1), m100.Done)
			p.query(m100.CommandGetPower, 0x0A, 0x28)
			p.hears(m100Mark().Set(nil, p.family))
			p.says(m100.AppendError(nil, p.family, m100.CodeUnknown))
		}
		p.identity()
		unmarked()
		for _, power := range [][]byte{{0x0A, 0x28}, {0x07, 0xD0}} {
			p.hears(m100.AppendMultiPoll(nil, p.family, PollsDefault))
			p.says(p.noTags())
			p.query(m100.CommandStop, m100.Done)
			p.query(m100.CommandGetPower, power...)
		}
		p.identity()
		p.query(m100.CommandGetPower, 0x07, 0xD0)
		unmarked()
		p.hears(m100.AppendMultiPoll(nil, p.family, PollsDefault))
		synctest.Wait()
	})
	onlyTheEmptyRound(t, sink)
	if r, ok := sink.all[len(sink.all)-1].(fact.DeviceReport); !ok || r.Code != CodeRestarted {
		t.Errorf("got %+v", sink.all)
	}
}

func TestM100Refusals(t *testing.T) {
	for name, v := range map[string]struct {
		script func(p m100Peer)
		want   string
	}{
		"region": {func(p m100Peer) {
			p.query(m100.CommandGetRegion, 2)
			p.hears(p.family.Request(nil, m100.CommandSetRegion, 1))
			p.says(m100.AppendError(nil, p.family, m100.CodeUnknown))
		}, "unknown or illegal command"},
		"region read back": {func(p m100Peer) {
			p.query(m100.CommandGetRegion, 2)
			p.asked(p.family.Request(nil, m100.CommandSetRegion, 1), m100.Done)
			p.query(m100.CommandGetRegion, 2)
		}, "tells 02"},
		"power": {func(p m100Peer) {
			p.query(m100.CommandGetRegion, 1)
			p.query(m100.CommandGetQuery, 0x10, 0x20)
			p.asked(p.family.Request(nil, m100.CommandSelectMode, 1), m100.Done)
			p.query(m100.CommandGetPower, 0x07, 0xD0)
			p.asked(m100.AppendSetPower(nil, p.family, 2600), 1)
		}, "26 dBm"},
	} {
		err := transcript(t, Settings{Protocol: ProtocolM100, Antennas: oneAntenna}, newFacts(), func(raw peer) {
			p := m100Peer{raw, m100.FamilyBB}
			p.identity()
			v.script(p)
			synctest.Wait()
		})
		if devices.CodeOf(err) != devices.CodeHandshakeFailed || err == nil || !strings.Contains(err.Error(), v.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func m100Site() uhftest.Settings {
	return uhftest.Settings{Protocol: uhftest.ProtocolM100, RoundTime: 20 * time.Millisecond, Ports: 1}
}

func TestM100ReadsRoundAfterRound(t *testing.T) {
	t.Parallel()
	for _, family := range []m100.Family{m100.FamilyBB, m100.FamilyAA} {
		t.Run(family.String(), func(t *testing.T) {
			settings := m100Site()
			settings.Streaming = true
			s := serve(t, settings)
			s.reader.SetFamily(family)
			up, at := s.wait(0, fact.DeviceUp, CodeConnected)
			if up.Identity != "m100-r200 SIM-M100 V1.00 firmware V2.3.5" {
				t.Errorf("identity %q", up.Identity)
			}
			r, at := s.round(at, 1, 2)
			if r.Reads[0].RSSIcdBm != -6000 || r.Reads[1].RSSIcdBm != -7100 || r.Reads[1].EPC != tag(t, r2000EPC) {
				t.Errorf("%+v", r)
			}
			s.setField(1)
			_, at = s.round(at, 1, 0)
			s.setField(1, uhftest.Heard{EPC: []byte{0xBB, 0x7E}, RSSIdBm: -50})
			s.round(at, 1, 1)
			if got := s.reader.PowerDBm(1); got != 26 {
				t.Errorf("power %d dBm", got)
			}
		})
	}
}

// TestM100OnABadLine: unplugged, damaged, silent, and rebooted with the line.
func TestM100OnABadLine(t *testing.T) {
	settings := m100Site()
	settings.Banner = []byte("\xBB\x02\x22\x00\x40 boot \xAA\x01\r\n")
	s := serve(t, settings)
	_, at := s.round(0, 1, 2)
	for range 2 {
		at = s.reboot(at)
		_, at = s.round(at, 1, 2)
	}
	s.mangle(11)
	for range 6 {
		_, at = s.round(at, 1, 2)
	}
	s.reader.Mangle(nil)
	s.reader.SetSilent(true)
	_, at = s.wait(at, fact.DeviceDown, devices.CodeNoAnswer)
	s.reader.SetSilent(false)
	_, at = s.wait(at, fact.DeviceUp, CodeConnected)
	s.round(at, 1, 2)
	s.noFalseRounds()
}

// TestM100Restarts: in the middle of a round and between two rounds.
func TestM100Restarts(t *testing.T) {
	for _, after := range []time.Duration{10 * time.Second, 10*time.Second + 70*time.Millisecond, 10*time.Second + 400*time.Millisecond} {
		synctest.Test(t, func(t *testing.T) { restart(t, uhftest.Settings{Protocol: uhftest.ProtocolM100}, after) })
	}
}

// TestM100RestartsBetweenTwoTags: the module restarts when one of two tags was told. What
// is left of that round looks like a round, and must not pass for one.
func TestM100RestartsBetweenTwoTags(t *testing.T) {
	settings := m100Site()
	settings.RoundTime = 300 * time.Millisecond
	s := serve(t, settings)
	_, at := s.round(0, 1, 2)
	for range 4 {
		records := 0
		cycle := make(chan struct{}, 1)
		s.reader.Mangle(func(frame []byte) []byte {
			if records++; len(frame) == len(unhex(t, m100TagWire)) {
				select {
				case cycle <- struct{}{}:
				default:
				}
			}
			return frame
		})
		<-cycle
		s.reader.PowerCycle()
		s.reader.Mangle(nil)
		_, at = s.wait(at, fact.DeviceUp, CodeRestarted)
		_, at = s.round(at, 1, 2)
	}
	s.noFalseRounds()
}

func TestBaudsToTry(t *testing.T) {
	for _, v := range []struct {
		protocol   string
		configured int
		want       []int
	}{
		{ProtocolM100, 115200, []int{115200, 9600, 38400, 57600}},
		{ProtocolM100, 9600, []int{9600, 115200, 38400, 57600}},
		{ProtocolM100, 19200, []int{19200, 115200, 9600, 38400, 57600}},
		{ProtocolUHFReader, 57600, []int{57600}},
	} {
		if got := BaudsToTry(v.protocol, v.configured); !cmp.Equal(got, v.want) {
			t.Errorf("%s at %d: %v", v.protocol, v.configured, got)
		}
	}
}

// TestInTurnFindsTheWayAndKeepsIt: the module answers on the third of three lines, as it
// would at the third of three speeds; the first is dead and the second talks nonsense.
func TestInTurnFindsTheWayAndKeepsIt(t *testing.T) {
	t.Parallel()
	reader, err := uhftest.New(uhftest.Settings{
		Protocol: uhftest.ProtocolM100, RoundTime: 20 * time.Millisecond, Ports: 1, Field: func(uint8) []uhftest.Heard { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 2)
	tried := make(chan int, 100)
	var ways []devices.Dial
	var lines []*devicetest.Line
	for i := range 3 {
		line, err := devicetest.NewLine(filepath.Join(t.TempDir(), "line"))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
		dial := serialport.Dial(serialport.Settings{Port: line.Path(), Baud: 115200})
		ways = append(ways, func(ctx context.Context) (devices.Link, error) {
			tried <- i
			return dial(ctx)
		})
	}
	go func() { served <- babble(ctx, lines[1]) }()
	go func() { served <- reader.Serve(ctx, lines[2]) }()
	driver, dial := InTurn(driverOf(t, Settings{Protocol: ProtocolM100, Antennas: oneAntenna, Log: testLog(t)}), ways)
	supervisor := &devices.Supervisor{Devices: []fact.DeviceID{"reader-a"}, Dial: dial, Driver: driver, Log: testLog(t)}
	sink, supervised := newFacts(), make(chan struct{})
	go func() {
		supervisor.Run(ctx, sink)
		close(supervised)
	}()
	_, at := find(t, sink, 0, "up", state(fact.DeviceUp, CodeConnected))
	for want := range 3 {
		if got := <-tried; got != want {
			t.Errorf("tried line %d, want %d", got, want)
		}
	}
	reader.SetSilent(true)
	_, at = find(t, sink, at, "down", state(fact.DeviceDown, devices.CodeNoAnswer))
	reader.SetSilent(false)
	find(t, sink, at, "up again", state(fact.DeviceUp, CodeConnected))
	if got := <-tried; got != 2 {
		t.Errorf("after it had worked, line %d was tried first", got)
	}
	cancel()
	<-supervised
	for range 2 {
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
	for _, line := range lines {
		_ = line.Close()
	}
}

// babble answers whatever is sent with what a wrong speed makes of it.
func babble(ctx context.Context, line *devicetest.Line) error {
	wake := context.AfterFunc(ctx, func() { _ = line.SetReadDeadline(time.Unix(1, 0)) })
	defer wake()
	buf := make([]byte, 64)
	for {
		n, err := line.Read(buf)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := line.Write(bytes.Repeat([]byte{0xF8, 0x1E}, n)); err != nil {
			return err
		}
	}
}

// TestInTurnOrder: until a way has worked they follow one another; then every other try
// is the one that worked.
func TestInTurnOrder(t *testing.T) {
	silent := &devices.Error{Code: devices.CodeNoAnswer}
	var at int
	ways := make([]devices.Dial, 3)
	for i := range ways {
		ways[i] = func(context.Context) (devices.Link, error) {
			at = i
			return nil, os.ErrNotExist
		}
	}
	script := &scripted{}
	d, dial := InTurn(script, ways)
	for i, step := range []struct {
		way int
		up  bool
		err error
	}{
		{0, false, silent},
		{1, false, &devices.Error{Code: devices.CodeGarbage}},
		{2, false, silent},
		{0, false, &devices.Error{Code: devices.CodeLineLost}}, // says nothing about the speed
		{0, false, silent},
		{1, true, silent},
		{1, false, silent},
		{2, false, silent},
		{1, false, silent},
		{0, false, silent},
		{1, false, silent},
		{2, true, silent},
		{2, false, nil},
	} {
		_, _ = dial(t.Context())
		if at != step.way {
			t.Fatalf("step %d: way %d, want %d", i, at, step.way)
		}
		script.up, script.err = step.up, step.err
		if err := d.Run(t.Context(), nil, newFacts()); err != step.err { //nolint:errorlint // the same error
			t.Fatal(err)
		}
	}
}

// scripted is a driver that does as it is told.
type scripted struct {
	up  bool
	err error
}

func (s *scripted) Run(ctx context.Context, _ devices.Link, facts devices.Sink) error {
	if s.up {
		_ = facts.Report(ctx, fact.DeviceReport{State: fact.DeviceUp})
	}
	return s.err
}
