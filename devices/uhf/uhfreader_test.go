package uhf

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/devicetest/uhftest"
	"trilock/firmware-protocols/uhfreader"
)

// Frames of real readers.
const (
	uhfInfoWire     = "1100210000160C034E001E0A01000000E651" // a 288M with the European band, 30 dBm, no antenna check
	uhfTagWire      = "1500010301010C0000000000000000000003136BB1A5"
	uhfTagEPC       = "000000000000000000000313"
	uhfFinishedWire = "0700010101001E4B"
	uhfPlainTwoWire = "20000103020C0000000000000000000003130C0000000000000000000003149AC9"
	uhfPlainEPC     = "000000000000000000000314"
)

func uhfReply(command uhfreader.Command, status uhfreader.Status, data ...byte) []byte {
	return uhfreader.AppendReply(nil, 0, command, status, data...)
}

// uhfSet288 is what a 288M tells once it is set up.
func uhfSet288() uhfreader.Information {
	return uhfreader.Information{
		Minor: 22, Type: uhfreader.TypeReader288, AirProtocols: 3, Channels: uhfChannels(RegionChina),
		PowerDBm: 26, ScanTime: 10, Extended: true, Antennas: 1, AntennaCheck: true,
	}
}

// uhfGreeting is a handshake with a reader that needs no setting.
func uhfGreeting(p peer, info uhfreader.Information) {
	p.hears(uhfreader.AppendQuery(nil, uhfreader.AddressBroadcast, uhfreader.CommandStop))
	if info.Type == uhfreader.TypeReader288 {
		p.says(uhfReply(uhfreader.CommandStop, uhfreader.StatusOK))
	} else {
		p.says(uhfReply(uhfreader.CommandNone, uhfreader.StatusNotAccepted))
	}
	p.hears(uhfreader.AppendQuery(nil, 0, uhfreader.CommandInformation))
	p.says(uhfreader.AppendInformation(nil, 0, info))
}

// uhfRound is one round of antenna 1 of a 288M.
func uhfRound(p peer, scan uint8, frames ...[]byte) {
	p.hears(uhfreader.AppendInventory(nil, 0, uhfreader.Inventory{Q: 4, Port: 1, ScanTime: scan}))
	p.says(frames...)
}

func TestUHFReader288Transcript(t *testing.T) {
	sink := newFacts()
	var ended time.Time
	err := transcript(t, Settings{Protocol: ProtocolUHFReader, Antennas: oneAntenna}, sink, func(p peer) {
		p.hears(uhfreader.AppendQuery(nil, uhfreader.AddressBroadcast, uhfreader.CommandStop))
		p.says(uhfReply(uhfreader.CommandStop, uhfreader.StatusOK))
		p.hears(uhfreader.AppendQuery(nil, 0, uhfreader.CommandInformation))
		p.says(unhex(t, uhfInfoWire))
		p.hears(unhex(t, "06002213406E40")) // China, channels 0 to 19
		p.says(uhfReply(uhfreader.CommandSetChannels, uhfreader.StatusOK))
		p.hears(uhfreader.AppendSetPower(nil, 0, 26))
		p.says(uhfReply(uhfreader.CommandSetPower, uhfreader.StatusOK))
		p.hears(uhfreader.AppendAntennaCheck(nil, 0, true))
		p.says(uhfReply(uhfreader.CommandAntennaCheck, uhfreader.StatusOK))
		p.hears(uhfreader.AppendQuery(nil, 0, uhfreader.CommandInformation))
		p.says(uhfreader.AppendInformation(nil, 0, uhfSet288()))
		uhfRound(p, 10, unhex(t, uhfTagWire), unhex(t, uhfFinishedWire))
		ended = time.Now()
		uhfRound(p, 10, unhex(t, uhfFinishedWire))
		uhfRound(p, 10, uhfReply(uhfreader.CommandInventory, uhfreader.StatusNoTag))
		uhfRound(p, 10)
		synctest.Wait()
	})
	if err != nil {
		t.Errorf("Run after its context ended: %v", err)
	}
	antenna := fact.Antenna{Reader: "reader-a", Port: 1}
	want := []fact.Fact{
		fact.DeviceReport{Device: "reader-a", State: fact.DeviceUp, Code: CodeConnected, Identity: "uhfreader18-288 type 0C (UHFReader288M) firmware 0.22"},
		fact.Round{Antenna: antenna, Reads: []fact.Read{{EPC: tag(t, uhfTagEPC), RSSIcdBm: -10000 + 100*0x6B, Phase: fact.PhaseUnknown}}},
		fact.Round{Antenna: antenna},
		fact.Round{Antenna: antenna},
	}
	if diff := cmp.Diff(want, sink.all, cmp.AllowUnexported(fact.EPC{})); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if len(sink.at) > 1 && !sink.at[1].Equal(ended) {
		t.Errorf("the round was reported %v after its last byte", sink.at[1].Sub(ended))
	}
}

// uhfSet18 is what a Reader18 tells once it is set up.
func uhfSet18(scan uint8) uhfreader.Information {
	return uhfreader.Information{
		Major: 2, Minor: 36, Type: uhfreader.TypeReader18, AirProtocols: 3, Channels: uhfChannels(RegionChina), PowerDBm: 26, ScanTime: scan,
	}
}

func TestUHFReader18Transcript(t *testing.T) {
	sink := newFacts()
	ask := uhfreader.AppendQuery(nil, 0, uhfreader.CommandInventory)
	finished := uhfreader.AppendBatch(nil, 0, uhfreader.StatusFinished, uhfreader.LayoutPlain, 0, uhfreader.Tag{EPC: unhex(t, uhfPlainEPC)})
	err := transcript(t, Settings{Protocol: ProtocolUHFReader, Antennas: oneAntenna}, sink, func(p peer) {
		uhfGreeting(p, uhfSet18(10))
		p.hears(ask)
		p.says(unhex(t, uhfPlainTwoWire), finished)
		p.hears(ask)
		p.says(uhfReply(uhfreader.CommandInventory, uhfreader.StatusNoTag))
		p.hears(ask)
		p.says(uhfreader.AppendBatch(nil, 0, uhfreader.StatusTimeUp, uhfreader.LayoutPlain, 0))
		p.hears(uhfreader.AppendSetScanTime(nil, 0, 20)) // the next round may take longer
		p.says(uhfReply(uhfreader.CommandSetScanTime, uhfreader.StatusOK))
		p.hears(ask)
		p.says(uhfReply(uhfreader.CommandInventory, uhfreader.StatusNoTag))
		p.hears(ask)
		synctest.Wait()
	})
	if err != nil {
		t.Errorf("Run after its context ended: %v", err)
	}
	antenna := fact.Antenna{Reader: "reader-a", Port: 1}
	read := func(epc string) fact.Read {
		return fact.Read{EPC: tag(t, epc), RSSIcdBm: fact.RSSIUnknown, Phase: fact.PhaseUnknown}
	}
	want := []fact.Fact{
		fact.DeviceReport{Device: "reader-a", State: fact.DeviceUp, Code: CodeConnected, Identity: "uhfreader18-288 type 09 (UHFReader18) firmware 2.36"},
		fact.Round{Antenna: antenna, Reads: []fact.Read{read(uhfTagEPC), read(uhfPlainEPC)}},
		fact.Round{Antenna: antenna},
		fact.Round{Antenna: antenna},
	}
	if diff := cmp.Diff(want, sink.all, cmp.AllowUnexported(fact.EPC{})); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

// TestUHFReaderRoundsThatAreNotReported: of each of these rounds nobody can say what was
// not there. Each is followed by an empty round that is reported.
func TestUHFReaderRoundsThatAreNotReported(t *testing.T) {
	record, end := unhex(t, uhfTagWire), unhex(t, uhfFinishedWire)
	damaged := bytes.Clone(record)
	damaged[8] ^= 0x10
	batch := func(status uhfreader.Status, mask uint8) []byte {
		return uhfreader.AppendBatch(nil, 0, status, uhfreader.LayoutAntenna, mask, uhfreader.Tag{EPC: []byte{1, 2}})
	}
	for name, v := range map[string]struct {
		frames   [][]byte
		nextScan uint8
	}{
		"damaged record":    {[][]byte{damaged, end}, 10},
		"length lost":       {[][]byte{record[1:], end}, 10},
		"half a record":     {[][]byte{record[:11], end}, 10},
		"false start":       {[][]byte{{0xFF, 0, 1, 3, 1}, record, end}, 10}, // holds all that follows until the line is quiet
		"other antenna":     {[][]byte{batch(uhfreader.StatusMore, 2), end}, 10},
		"two antennas":      {[][]byte{batch(uhfreader.StatusMore, 3), end}, 10},
		"end of another":    {[][]byte{uhfreader.AppendBatch(nil, 0, uhfreader.StatusFinished, uhfreader.LayoutAntenna, 2)}, 10},
		"too few records":   {[][]byte{uhfReply(uhfreader.CommandInventory, uhfreader.StatusMore, 1, 2, 2, 1, 2, 70), end}, 10},
		"scan time over":    {[][]byte{record, batch(uhfreader.StatusTimeUp, 1)}, 20},
		"memory full":       {[][]byte{batch(uhfreader.StatusMemoryFull, 1)}, 10},
		"antenna":           {[][]byte{uhfReply(uhfreader.CommandInventory, uhfreader.StatusAntenna)}, 10},
		"parameter":         {[][]byte{uhfReply(uhfreader.CommandInventory, uhfreader.StatusParameter)}, 10},
		"not accepted":      {[][]byte{uhfReply(uhfreader.CommandNone, uhfreader.StatusNotAccepted)}, 10},
		"another's records": {[][]byte{uhfreader.AppendBatch(nil, 9, uhfreader.StatusMore, uhfreader.LayoutAntenna, 1, uhfreader.Tag{EPC: []byte{1, 2}}), damaged, end}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			sink := newFacts()
			err := transcript(t, Settings{Protocol: ProtocolUHFReader, Antennas: oneAntenna}, sink, func(p peer) {
				uhfGreeting(p, uhfSet288())
				uhfRound(p, 10, v.frames...)
				uhfRound(p, v.nextScan, end)
				uhfRound(p, v.nextScan)
				synctest.Wait()
			})
			if err != nil {
				t.Error(err)
			}
			onlyTheEmptyRound(t, sink)
		})
	}
}

func TestUHFReaderAnotherAddressIsNotHeard(t *testing.T) {
	sink := newFacts()
	other := uhfreader.AppendBatch(nil, 9, uhfreader.StatusFinished, uhfreader.LayoutAntenna, 1, uhfreader.Tag{EPC: []byte{1, 2}})
	_ = transcript(t, Settings{Protocol: ProtocolUHFReader, Antennas: oneAntenna}, sink, func(p peer) {
		uhfGreeting(p, uhfSet288())
		uhfRound(p, 10, other, unhex(t, uhfTagWire), unhex(t, uhfFinishedWire))
		uhfRound(p, 10)
		synctest.Wait()
	})
	if r, ok := sink.all[len(sink.all)-1].(fact.Round); !ok || len(r.Reads) != 1 || r.Reads[0].EPC != tag(t, uhfTagEPC) {
		t.Errorf("got %+v", sink.all)
	}
}

func TestUHFReaderScanTimeGrowsToItsLimit(t *testing.T) {
	sink := newFacts()
	cut := uhfReply(uhfreader.CommandInventory, uhfreader.StatusTimeUp, 1, 0)
	_ = transcript(t, Settings{Protocol: ProtocolUHFReader, Antennas: oneAntenna}, sink, func(p peer) {
		uhfGreeting(p, uhfSet288())
		for _, scan := range []uint8{10, 20, 30, 30} {
			uhfRound(p, scan, cut)
		}
		uhfRound(p, 30, unhex(t, uhfFinishedWire))
		uhfRound(p, 30)
		synctest.Wait()
	})
	if r, ok := sink.all[1].(fact.DeviceReport); len(sink.all) != 3 || !ok || r.Code != CodeReaderError || !strings.Contains(r.Detail, "too short") {
		t.Errorf("want one fault and one round, got %+v", sink.all)
	}
}

// TestUHFReaderWithOtherSettings: between two rounds the reader was exchanged for a spare
// one, or it restarted and has forgotten to check its antennas.
func TestUHFReaderWithOtherSettings(t *testing.T) {
	spare, forgetful := uhfSet288(), uhfSet288()
	spare.PowerDBm, forgetful.AntennaCheck = 30, false
	for name, v := range map[string]struct {
		found  uhfreader.Information
		set    []byte
		answer uhfreader.Command
	}{
		"exchanged": {spare, uhfreader.AppendSetPower(nil, 0, 26), uhfreader.CommandSetPower},
		"restarted": {forgetful, uhfreader.AppendAntennaCheck(nil, 0, true), uhfreader.CommandAntennaCheck},
	} {
		t.Run(name, func(t *testing.T) {
			sink := newFacts()
			_ = transcript(t, Settings{Protocol: ProtocolUHFReader, Antennas: oneAntenna}, sink, func(p peer) {
				uhfGreeting(p, uhfSet288())
				for begun := time.Now(); time.Since(begun) <= checkEvery; {
					p.hears(uhfreader.AppendInventory(nil, 0, uhfreader.Inventory{Q: 4, Port: 1, ScanTime: 10}))
					<-time.After(time.Second)
					p.says(unhex(t, uhfFinishedWire))
				}
				info := uhfreader.AppendQuery(nil, 0, uhfreader.CommandInformation)
				p.hears(info)
				p.says(uhfreader.AppendInformation(nil, 0, v.found))
				p.hears(uhfreader.AppendQuery(nil, 0, uhfreader.CommandStop))
				p.says(uhfReply(uhfreader.CommandStop, uhfreader.StatusOK))
				p.hears(info)
				p.says(uhfreader.AppendInformation(nil, 0, v.found))
				p.hears(v.set)
				p.says(uhfReply(v.answer, uhfreader.StatusOK))
				p.hears(info)
				p.says(uhfreader.AppendInformation(nil, 0, uhfSet288()))
				uhfRound(p, 10)
				synctest.Wait()
			})
			if r, ok := sink.all[len(sink.all)-1].(fact.DeviceReport); !ok || r.Code != CodeRestarted || r.State != fact.DeviceUp {
				t.Errorf("got %+v", sink.all[len(sink.all)-1])
			}
		})
	}
}

func TestUHFReaderRefusals(t *testing.T) {
	strange, outside, power := uhfSet288(), uhfSet288(), uhfSet288()
	strange.Type = 0x55
	outside.Channels = uhfChannels(RegionEU)
	power.PowerDBm = 30
	for name, v := range map[string]struct {
		info     uhfreader.Information
		antennas []uint8
		script   func(p peer)
		want     string
	}{
		"unknown type": {strange, oneAntenna, func(peer) {}, "55 (unknown)"},
		"port":         {uhfSet18(10), []uint8{2}, func(peer) {}, "has 1"},
		"power": {power, oneAntenna, func(p peer) {
			p.hears(uhfreader.AppendSetPower(nil, 0, 26))
			p.says(uhfReply(uhfreader.CommandSetPower, uhfreader.StatusParameter))
		}, "parameter out of range"},
		"command": {power, oneAntenna, func(p peer) {
			for range askTries {
				p.hears(uhfreader.AppendSetPower(nil, 0, 26))
				p.says(uhfReply(uhfreader.CommandNone, uhfreader.StatusNotAccepted))
			}
		}, "unknown command"},
		"region": {outside, oneAntenna, func(p peer) {
			p.hears(uhfreader.AppendSetChannels(nil, 0, uhfChannels(RegionChina)))
			p.says(uhfReply(uhfreader.CommandSetChannels, uhfreader.StatusOK))
			p.hears(uhfreader.AppendQuery(nil, 0, uhfreader.CommandInformation))
			p.says(uhfreader.AppendInformation(nil, 0, outside)) // it said so, and did not do it
		}, "865100 to 867900 kHz"},
	} {
		err := transcript(t, Settings{Protocol: ProtocolUHFReader, Antennas: v.antennas}, newFacts(), func(p peer) {
			uhfGreeting(p, v.info)
			v.script(p)
			synctest.Wait()
		})
		if devices.CodeOf(err) != devices.CodeHandshakeFailed || err == nil || !strings.Contains(err.Error(), v.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUHFReaderTellsAnotherPower(t *testing.T) {
	for tells, fault := range map[uint8]bool{25: true, uhfreader.PowerUnknown: false} {
		sink := newFacts()
		before, after := uhfSet288(), uhfSet288()
		before.PowerDBm, after.PowerDBm = 30, tells
		err := transcript(t, Settings{Protocol: ProtocolUHFReader, Antennas: oneAntenna}, sink, func(p peer) {
			uhfGreeting(p, before)
			p.hears(uhfreader.AppendSetPower(nil, 0, 26))
			p.says(uhfReply(uhfreader.CommandSetPower, uhfreader.StatusOK))
			p.hears(uhfreader.AppendQuery(nil, 0, uhfreader.CommandInformation))
			p.says(uhfreader.AppendInformation(nil, 0, after))
			uhfRound(p, 10)
			synctest.Wait()
		})
		r, ok := sink.all[len(sink.all)-1].(fact.DeviceReport)
		if err != nil || !ok || (r.Code == CodePowerMismatch) != fault {
			t.Errorf("tells %d: %+v, %v", tells, r, err)
		}
	}
}

// TestUHFReaderKeepsAChosenChannel: fewer channels of the region are somebody's choice;
// and a reader without an antenna check is read all the same.
func TestUHFReaderKeepsAChosenChannel(t *testing.T) {
	info := uhfSet288()
	info.Channels.Low, info.Channels.High, info.AntennaCheck = 5, 5, false
	sink := newFacts()
	_ = transcript(t, Settings{Protocol: ProtocolUHFReader, Antennas: oneAntenna}, sink, func(p peer) {
		uhfGreeting(p, info)
		for range askTries {
			p.hears(uhfreader.AppendAntennaCheck(nil, 0, true))
			p.says(uhfReply(uhfreader.CommandNone, uhfreader.StatusNotAccepted))
		}
		uhfRound(p, 10, unhex(t, uhfFinishedWire))
		uhfRound(p, 10)
		synctest.Wait()
	})
	onlyTheEmptyRound(t, sink)
}

func TestUHFReaderOnAnotherAddress(t *testing.T) {
	const address = 7
	sink := newFacts()
	_ = transcript(t, Settings{Protocol: ProtocolUHFReader, Antennas: oneAntenna}, sink, func(p peer) {
		p.hears(uhfreader.AppendQuery(nil, uhfreader.AddressBroadcast, uhfreader.CommandStop))
		p.hears(uhfreader.AppendQuery(nil, uhfreader.AddressDefault, uhfreader.CommandInformation)) // nobody there
		p.hears(uhfreader.AppendQuery(nil, uhfreader.AddressBroadcast, uhfreader.CommandInformation))
		p.says(uhfreader.AppendInformation(nil, address, uhfSet288()))
		p.hears(uhfreader.AppendInventory(nil, address, uhfreader.Inventory{Q: 4, Port: 1, ScanTime: 10}))
		p.says(uhfreader.AppendBatch(nil, address, uhfreader.StatusFinished, uhfreader.LayoutAntenna, 1))
		p.hears(uhfreader.AppendInventory(nil, address, uhfreader.Inventory{Q: 4, Port: 1, ScanTime: 10}))
		synctest.Wait()
	})
	onlyTheEmptyRound(t, sink)
}

// TestUHFReaderThatScansByItself: another host left it so, and with tags in the field it
// is never quiet.
func TestUHFReaderThatScansByItself(t *testing.T) {
	t.Parallel()
	for name, ports := range map[string]uint8{"288": 2, "18": 1} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, uhftest.Settings{Protocol: uhftest.ProtocolUHFReader, RoundTime: 20 * time.Millisecond, Streaming: true, Ports: ports})
			_, at := s.wait(0, fact.DeviceUp, CodeConnected)
			_, at = s.round(at, 1, 2)
			s.round(at, 1, 2)
			s.noFalseRounds()
		})
	}
}

// TestUHFReaderHeardScanning: one record that nobody asked for is enough.
func TestUHFReaderHeardScanning(t *testing.T) {
	sink := newFacts()
	unasked := uhfreader.AppendUnasked(nil, 0, uhfreader.LayoutAntenna, 1, uhfreader.Tag{EPC: []byte{1, 2}})
	_ = transcript(t, Settings{Protocol: ProtocolUHFReader, Antennas: oneAntenna}, sink, func(p peer) {
		p.hears(uhfreader.AppendQuery(nil, uhfreader.AddressBroadcast, uhfreader.CommandStop))
		p.says(unasked, uhfReply(uhfreader.CommandStop, uhfreader.StatusOK))
		p.hears(uhfreader.AppendQuery(nil, 0, uhfreader.CommandInformation))
		p.says(uhfreader.AppendInformation(nil, 0, uhfSet288()))
		p.hears(uhfreader.AppendAnswerMode(nil, 0, uhfreader.LayoutAntenna))
		p.says(unasked, uhfReply(uhfreader.CommandSetMode288, uhfreader.StatusOK)) // the last one it had under way
		uhfRound(p, 10, unhex(t, uhfFinishedWire))
		uhfRound(p, 10)
		synctest.Wait()
	})
	onlyTheEmptyRound(t, sink)
}

// TestUHFReaderThatDoesNotReact: it scans by itself and hears no tag, or sends what it
// hears elsewhere. It is told once to answer.
func TestUHFReaderThatDoesNotReact(t *testing.T) {
	sink := newFacts()
	greeting := func(p peer) {
		p.hears(uhfreader.AppendQuery(nil, 0, uhfreader.CommandStop))
		p.says(uhfReply(uhfreader.CommandStop, uhfreader.StatusOK))
		p.hears(uhfreader.AppendQuery(nil, 0, uhfreader.CommandInformation))
		p.says(uhfreader.AppendInformation(nil, 0, uhfSet288()))
	}
	err := transcript(t, Settings{Protocol: ProtocolUHFReader, Antennas: oneAntenna}, sink, func(p peer) {
		uhfGreeting(p, uhfSet288())
		uhfRound(p, 10)
		greeting(p)
		p.hears(uhfreader.AppendAnswerMode(nil, 0, uhfreader.LayoutAntenna))
		p.says(uhfReply(uhfreader.CommandSetMode288, uhfreader.StatusOK))
		uhfRound(p, 10, unhex(t, uhfFinishedWire))
		uhfRound(p, 10)
		greeting(p) // and not a second time
		uhfRound(p, 10)
		greeting(p)
		uhfRound(p, 10)
		<-time.After(time.Minute) // of fake time
	})
	if devices.CodeOf(err) != devices.CodeNoAnswer {
		t.Error(err)
	}
	onlyTheEmptyRound(t, sink)
}

// TestUHFReaderWritesOnChangeOnly: its settings outlive every restart, and the memory
// that keeps them wears.
func TestUHFReaderWritesOnChangeOnly(t *testing.T) {
	s := serve(t, uhftest.Settings{Protocol: uhftest.ProtocolUHFReader, RoundTime: 20 * time.Millisecond})
	_, at := s.round(0, 1, 2)
	const settings = 3 // region, power, antenna check
	for range 3 {
		if got := s.reader.StoredWrites(); got != settings {
			t.Fatalf("%d settings were stored, want %d", got, settings)
		}
		at = s.reboot(at)
		_, at = s.round(at, 1, 2)
	}
	s.noFalseRounds()
}

// TestUHFReaderRestartsInARound: nothing is lost but the round, and nothing is said of that.
func TestUHFReaderRestartsInARound(t *testing.T) {
	s := serve(t, uhftest.Settings{Protocol: uhftest.ProtocolUHFReader, RoundTime: 200 * time.Millisecond})
	_, at := s.round(0, 1, 2)
	for range 2 {
		s.reader.PowerCycle()
		_, at = s.round(at, 1, 2)
		_, at = s.round(at, 2, 0)
	}
	if got := s.reader.PowerDBm(1); got != 26 {
		t.Errorf("power %d dBm", got)
	}
	s.noFalseRounds()
}
