package uhf

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/devicetest/uhftest"
	"trilock/firmware-protocols/feig"
)

const (
	feigUID     = "E004010012345678"
	feigAddress = 7
)

func feigVersion() feig.SoftwareVersion {
	return feig.SoftwareVersion{Major: 3, Minor: 3, HardwareType: 0x44, SoftwareType: 0x53, TagTypes: 0x0D30}
}

func feigStatus(command feig.Command, status feig.Status) []byte {
	return feig.AppendAnswer(nil, feigAddress, command, status, nil)
}

func feigHandshake(p peer) {
	p.hears(feig.AppendQuery(nil, feig.AddressBroadcast, feig.CommandSoftwareVersion))
	p.says(feig.AppendSoftwareVersion(nil, feigAddress, feigVersion()))
	p.hears(feig.AppendQuery(nil, feigAddress, feig.CommandRFReset))
	p.says(feigStatus(feig.CommandRFReset, feig.StatusOK))
}

func feigRound(p peer, answers ...[]byte) {
	p.hears(feig.AppendInventory(nil, feigAddress, false))
	p.says(answers...)
}

func feigMore(p peer, answers ...[]byte) {
	p.hears(feig.AppendInventory(nil, feigAddress, true))
	p.says(answers...)
}

func feigTag(t testing.TB, uid string) feig.Tag {
	return feig.Tag{Type: feig.TagISO15693, UID: unhex(t, uid)}
}

func feigTags(status feig.Status, tags ...feig.Tag) []byte {
	return feig.AppendTags(nil, feigAddress, status, tags)
}

// feigNext waits for the first request of a further round.
func feigNext(p peer) {
	p.hears(feig.AppendInventory(nil, feigAddress, false))
	synctest.Wait()
}

var feigEmpty = feigStatus(feig.CommandISOHost, feig.StatusNoTransponder)

var feigSettings = Settings{Protocol: ProtocolFEIG, Antennas: oneAntenna}

func TestFEIGTranscript(t *testing.T) {
	sink := newFacts()
	var ended time.Time
	err := transcript(t, feigSettings, sink, func(p peer) {
		p.says(feig.AppendAnswer(nil, feigAddress, feig.CommandReadBuffer, feig.StatusOK, []byte{0, 0, 0})) // a notification
		feigHandshake(p)
		stranger := feig.AppendTags(nil, feigAddress+1, feig.StatusOK, []feig.Tag{feigTag(t, "E004010000000001")})
		feigRound(p, stranger, feigTags(feig.StatusMoreData, feigTag(t, feigUID)))
		many := feig.AppendFrame(nil, feig.Frame{
			Advanced: true, Address: feigAddress, Command: feig.CommandISOHost,
			Data: append([]byte{byte(feig.StatusOK), 1, byte(feig.TagISO15693), 0}, unhex(t, "E0040100FFFFFFFF")...),
		})
		feigMore(p, many)
		ended = time.Now()
		feigRound(p, feigEmpty)
		feigNext(p)
	})
	if err != nil {
		t.Errorf("Run after its context ended: %v", err)
	}
	antenna := fact.Antenna{Reader: "reader-a", Port: 1}
	want := []fact.Fact{
		fact.DeviceReport{Device: "reader-a", State: fact.DeviceUp, Code: CodeConnected, Identity: "feig-obid model 53 hardware 44 firmware 3.3 address 7"},
		fact.Round{Antenna: antenna, Reads: []fact.Read{
			{EPC: tag(t, feigUID), RSSIcdBm: fact.RSSIUnknown, Phase: fact.PhaseUnknown},
			{EPC: tag(t, "E0040100FFFFFFFF"), RSSIcdBm: fact.RSSIUnknown, Phase: fact.PhaseUnknown},
		}},
		fact.Round{Antenna: antenna},
	}
	if diff := cmp.Diff(want, sink.all, cmp.AllowUnexported(fact.EPC{})); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if len(sink.at) == 3 && !sink.at[1].Equal(ended) {
		t.Errorf("the round was reported %v after its last byte", sink.at[1].Sub(ended))
	}
}

// TestFEIGRoundsThatAreNotReported: of each of these rounds nobody can say what was not there.
func TestFEIGRoundsThatAreNotReported(t *testing.T) {
	good := feigTags(feig.StatusOK, feigTag(t, feigUID))
	damaged := bytes.Clone(good)
	damaged[8] ^= 0x10
	content := func(status feig.Status, bytes ...byte) []byte {
		return feig.AppendAnswer(nil, feigAddress, feig.CommandISOHost, status, bytes)
	}
	for name, script := range map[string]func(p peer){
		"damaged":      func(p peer) { feigRound(p, damaged) },
		"head lost":    func(p peer) { feigRound(p, good[1:]) },
		"half":         func(p peer) { feigRound(p, good[:9]) },
		"false start":  func(p peer) { feigRound(p, []byte{0xF0, 1, 2, 3, 4}, good) },
		"no status":    func(p peer) { feigRound(p, feig.AppendQuery(nil, feigAddress, feig.CommandISOHost)) },
		"fewer":        func(p peer) { feigRound(p, content(feig.StatusOK, 1)) },
		"unknown kind": func(p peer) { feigRound(p, content(feig.StatusOK, 1, 0x84, 1, 2, 3)) },
		"card in front": func(p peer) {
			feigRound(p, content(feig.StatusOK, append([]byte{2, 4, 0, 0xFF, 1, 2, 3, 4, 3, 0}, unhex(t, feigUID)...)...))
		},
		"more of none": func(p peer) { feigRound(p, content(feig.StatusMoreData)) },
		"more damaged": func(p peer) { feigRound(p, feigTags(feig.StatusMoreData, feigTag(t, feigUID))); feigMore(p, damaged) },
		"more refused": func(p peer) {
			feigRound(p, feigTags(feig.StatusMoreData, feigTag(t, feigUID)))
			feigMore(p, content(feig.StatusRF))
		},
		"error": func(p peer) { feigRound(p, content(feig.StatusCollision)) },
	} {
		t.Run(name, func(t *testing.T) {
			sink := newFacts()
			err := transcript(t, feigSettings, sink, func(p peer) {
				feigHandshake(p)
				script(p)
				feigRound(p, feigEmpty)
				feigNext(p)
			})
			if err != nil {
				t.Error(err)
			}
			onlyTheEmptyRound(t, sink)
		})
	}
}

func TestFEIGCardBlindsNobody(t *testing.T) {
	sink := newFacts()
	_ = transcript(t, feigSettings, sink, func(p peer) {
		feigHandshake(p)
		feigRound(p, feigTags(feig.StatusOK, feigTag(t, feigUID), feig.Tag{Type: feig.TagISO14443A, UID: []byte{1, 2, 3, 4}}))
		feigNext(p)
	})
	if r, ok := sink.all[len(sink.all)-1].(fact.Round); !ok || len(r.Reads) != 1 || r.Reads[0].EPC != tag(t, feigUID) {
		t.Errorf("got %+v", sink.all)
	}
}

func TestFEIGFaults(t *testing.T) {
	for status, want := range map[feig.Status]string{
		feig.StatusRFWarning: CodeAntennaFault, feig.StatusHardware: CodeAntennaFault,
		feig.StatusNotAvailable: CodeReaderError, feig.StatusCollision: CodeReaderError, feig.StatusRF: CodeReaderError,
	} {
		sink := newFacts()
		_ = transcript(t, feigSettings, sink, func(p peer) {
			feigHandshake(p)
			feigRound(p, feigStatus(feig.CommandISOHost, status))
			feigNext(p)
		})
		if r, ok := sink.all[len(sink.all)-1].(fact.DeviceReport); !ok || r.State != fact.DeviceFault || r.Code != want || !strings.Contains(r.Detail, status.String()) {
			t.Errorf("%v: got %+v", status, sink.all)
		}
	}
}

func TestFEIGHandshake(t *testing.T) {
	for status, want := range map[feig.Status]string{feig.StatusOK: "", feig.StatusUnknownCommand: "", feig.StatusHardware: devices.CodeHandshakeFailed} {
		err := transcript(t, feigSettings, newFacts(), func(p peer) {
			p.hears(feig.AppendQuery(nil, feig.AddressBroadcast, feig.CommandSoftwareVersion))
			p.says(feig.AppendSoftwareVersion(nil, feigAddress, feigVersion()))
			p.hears(feig.AppendQuery(nil, feigAddress, feig.CommandRFReset))
			p.says(feigStatus(feig.CommandRFReset, status))
			if want == "" {
				p.hears(feig.AppendInventory(nil, feigAddress, false))
			}
			synctest.Wait()
		})
		if want == "" && err != nil || want != "" && devices.CodeOf(err) != want {
			t.Errorf("%v: %v", status, err)
		}
	}
}

// TestFEIGSilentRounds: a reader that answers questions and no inventory is given up.
func TestFEIGSilentRounds(t *testing.T) {
	sink := newFacts()
	err := transcript(t, feigSettings, sink, func(p peer) {
		feigHandshake(p)
		for n := range silentMax {
			feigRound(p)
			if n < silentMax-1 {
				feigHandshake(p)
			}
		}
		<-time.After(time.Minute) // of fake time
	})
	if devices.CodeOf(err) != devices.CodeNoAnswer || !errors.Is(err, errQuiet) {
		t.Error(err)
	}
	onlyTheConnection(t, sink)
}

// TestFEIGOtherReader: another reader was put on the line while it was quiet.
func TestFEIGOtherReader(t *testing.T) {
	sink := newFacts()
	_ = transcript(t, feigSettings, sink, func(p peer) {
		feigHandshake(p)
		feigRound(p)
		other := feigVersion()
		other.SoftwareType++
		p.hears(feig.AppendQuery(nil, feig.AddressBroadcast, feig.CommandSoftwareVersion))
		p.says(feig.AppendSoftwareVersion(nil, feigAddress, other))
		p.hears(feig.AppendQuery(nil, feigAddress, feig.CommandRFReset))
		p.says(feigStatus(feig.CommandRFReset, feig.StatusOK))
		feigNext(p)
	})
	if r, ok := sink.all[len(sink.all)-1].(fact.DeviceReport); !ok || r.Code != CodeRestarted || !strings.Contains(r.Identity, "model 54") {
		t.Errorf("got %+v", sink.all)
	}
}

func TestFEIGParity(t *testing.T) {
	for _, protocol := range Protocols() {
		if got := EvenParity(protocol); got != (protocol == ProtocolFEIG) {
			t.Errorf("%s: %v", protocol, got)
		}
	}
}

// feigSite is a simulated FEIG reader with five tags: more than one answer holds.
func feigSite(t *testing.T) *site {
	s := serve(t, uhftest.Settings{Protocol: uhftest.ProtocolFEIG, RoundTime: 20 * time.Millisecond})
	var heard []uhftest.Heard
	for i := range byte(feigSiteTags) {
		heard = append(heard, uhftest.Heard{EPC: append(unhex(t, "E0040100000000"), i)})
	}
	s.setField(1, heard...)
	return s
}

const feigSiteTags = 5

func TestFEIGReadsRoundAfterRound(t *testing.T) {
	s := feigSite(t)
	up, at := s.wait(0, fact.DeviceUp, CodeConnected)
	if up.Identity == "" {
		t.Error("no identity")
	}
	r, at := s.round(at, 1, feigSiteTags)
	if r.Reads[0] != (fact.Read{EPC: tag(t, "E004010000000000"), RSSIcdBm: fact.RSSIUnknown, Phase: fact.PhaseUnknown}) || r.Duration <= 0 {
		t.Errorf("%+v", r)
	}
	s.setField(1)
	_, at = s.round(at, 1, 0)
	s.setField(1, uhftest.Heard{EPC: unhex(t, feigUID)})
	s.round(at, 1, 1)
}

// TestFEIGThroughThickAndThin: unplugged, rebooted, garbled, silent, without its antenna;
// every round that is reported meanwhile holds all tags.
func TestFEIGThroughThickAndThin(t *testing.T) {
	s := feigSite(t)
	_, at := s.round(0, 1, feigSiteTags)
	first := at - 1
	if err := s.line.Unplug(); err != nil {
		t.Fatal(err)
	}
	_, at = s.wait(at, fact.DeviceDown, devices.CodePortMissing)
	s.reader.PowerCycle()
	if err := s.line.Replug(); err != nil {
		t.Fatal(err)
	}
	_, at = s.wait(at, fact.DeviceUp, CodeConnected)
	_, at = s.round(at, 1, feigSiteTags)
	s.mangle(5)
	for range 6 {
		_, at = s.round(at, 1, feigSiteTags)
	}
	s.reader.Mangle(nil)
	s.reader.SetSilent(true)
	_, at = s.wait(at, fact.DeviceDown, devices.CodeNoAnswer)
	s.reader.SetSilent(false)
	_, at = s.wait(at, fact.DeviceUp, CodeConnected)
	_, at = s.round(at, 1, feigSiteTags)
	s.reader.BreakAntenna(1, true)
	_, at = s.wait(at, fact.DeviceFault, CodeAntennaFault)
	s.reader.BreakAntenna(1, false)
	_, at = s.wait(at, fact.DeviceUp, CodeRecovered)
	s.round(at, 1, feigSiteTags)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.all[first:] {
		if r, ok := f.(fact.Round); ok && len(r.Reads) != feigSiteTags {
			t.Errorf("fact %d: %d tags", first+i, len(r.Reads))
		}
	}
}
