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
	"trilock/firmware-protocols/mercury"
)

const (
	mercuryEPC      = "000000000000000000001545"
	mercuryOtherEPC = "E2801160600002094ED74AA6"
)

func mercuryVersion() mercury.Version {
	return mercury.Version{Hardware: 0x38000201, FirmwareDate: 0x20240913, Firmware: 0x02010608}
}

func mercuryOK(op mercury.Opcode) []byte { return mercury.AppendStatus(nil, op, mercury.StatusOK) }

// mercuryOpening is the part of the handshake before the settings; begun says whether the
// module comes out of its boot loader.
func mercuryOpening(p peer, begun bool) {
	p.hears(mercury.AppendStop(mercury.AppendWake(nil)))
	p.says(mercuryOK(mercury.OpMultiProtocol))
	p.hears(mercury.AppendQuery(nil, mercury.OpVersion))
	p.says(mercury.AppendVersion(nil, mercury.OpVersion, mercuryVersion()))
	p.hears(mercury.AppendQuery(nil, mercury.OpBoot))
	if begun {
		p.says(mercury.AppendVersion(nil, mercury.OpBoot, mercuryVersion()))
		return
	}
	p.says(mercury.AppendStatus(nil, mercury.OpBoot, mercury.StatusInvalidOpcode))
}

func mercuryPower(cdBm int16) []byte {
	return mercury.AppendPower(nil, mercury.Power{SetCdBm: cdBm, MaxCdBm: 3000, MinCdBm: 500})
}

func mercurySettings(p peer) { mercurySettingsTold(p, 2600) }

// mercurySettingsTold sets the module up, which then tells that its power is told.
func mercurySettingsTold(p peer, told int16) {
	p.hears(mercury.AppendSetAntenna(nil, 1))
	p.says(mercuryOK(mercury.OpSetAntenna))
	p.hears(mercury.AppendSetRegion(nil, mercury.RegionChina))
	p.says(mercuryOK(mercury.OpSetRegion))
	p.hears(mercury.AppendQuery(nil, mercury.OpGetRegion))
	p.says(mercury.AppendRegion(nil, mercury.RegionChina))
	p.hears(mercury.AppendSetProtocol(nil, mercury.ProtocolGen2))
	p.says(mercuryOK(mercury.OpSetProtocol))
	p.hears(mercury.AppendGetPower(nil))
	p.says(mercuryPower(3000))
	p.hears(mercury.AppendSetPower(nil, 2600))
	p.says(mercuryOK(mercury.OpSetPower))
	p.hears(mercury.AppendGetPower(nil))
	p.says(mercuryPower(told))
}

func mercuryHandshake(p peer) {
	mercuryOpening(p, false)
	mercurySettings(p)
}

// mercurySearchOf hears the driver begin a round and answers the search with what is given.
func mercurySearchOf(p peer, answers ...[]byte) {
	p.hears(mercury.AppendSetAntenna(nil, 1))
	p.says(mercuryOK(mercury.OpSetAntenna))
	p.hears(mercury.AppendQuery(nil, mercury.OpClearBuffer))
	p.says(mercuryOK(mercury.OpClearBuffer))
	p.hears(mercury.AppendSearch(nil, mercury.Search{Flags: mercury.SearchLargePopulation, TimeoutMS: 250}))
	p.says(answers...)
}

func mercuryCount(n uint32) []byte {
	return mercury.AppendSearchCount(nil, mercury.SearchLargePopulation, n)
}

// mercuryFetch hears the driver fetch records and answers.
func mercuryFetch(p peer, answers ...[]byte) {
	p.hears(mercury.AppendGetBuffer(nil, mercuryFields))
	p.says(answers...)
}

func mercuryTag(t testing.TB, text string, rssi int8) mercury.Tag {
	return mercury.Tag{
		Fields: mercuryFields, RSSIdBm: rssi, AntennaTX: 1, AntennaRX: 1, Protocol: mercury.ProtocolGen2, PC: 0x3000, EPC: unhex(t, text),
	}
}

func mercuryRecords(tags ...mercury.Tag) []byte {
	frame, _ := mercury.AppendBuffer(nil, mercuryFields, tags)
	return frame
}

var mercuryEmpty = mercury.AppendStatus(nil, mercury.OpSearch, mercury.StatusNoTags)

// mercuryNext waits for the first request of a further round.
func mercuryNext(p peer) {
	p.hears(mercury.AppendSetAntenna(nil, 1))
	synctest.Wait()
}

func TestMercuryTranscript(t *testing.T) {
	sink := newFacts()
	var ended time.Time
	err := transcript(t, Settings{Protocol: ProtocolMercury, Antennas: oneAntenna}, sink, func(p peer) {
		p.hears(mercury.AppendStop(mercury.AppendWake(nil)))
		streamed := mercuryTag(t, mercuryOtherEPC, -40)
		p.says(mercury.AppendStreamTag(nil, &streamed), mercuryEmpty, mercuryOK(mercury.OpMultiProtocol)) // of a host that crashed
		p.hears(mercury.AppendQuery(nil, mercury.OpVersion))
		p.says(mercury.AppendVersion(nil, mercury.OpVersion, mercuryVersion()))
		p.hears(mercury.AppendQuery(nil, mercury.OpBoot))
		p.says(mercury.AppendStatus(nil, mercury.OpBoot, mercury.StatusInvalidOpcode))
		mercurySettings(p)
		mercurySearchOf(p, mercuryCount(3))
		mercuryFetch(p, mercuryRecords(mercuryTag(t, mercuryEPC, -72), mercuryTag(t, mercuryOtherEPC, -60)))
		mercuryFetch(p, mercuryRecords(mercuryTag(t, mercuryEPC, -70)))
		ended = time.Now()
		mercurySearchOf(p, mercuryEmpty)
		mercuryNext(p)
	})
	if err != nil {
		t.Errorf("Run after its context ended: %v", err)
	}
	antenna := fact.Antenna{Reader: "reader-a", Port: 1}
	want := []fact.Fact{
		fact.DeviceReport{Device: "reader-a", State: fact.DeviceUp, Code: CodeConnected, Identity: "thingmagic hardware 38000201 firmware 02010608 of 20240913"},
		fact.Round{Antenna: antenna, Reads: []fact.Read{
			{EPC: tag(t, mercuryEPC), RSSIcdBm: -7000, Phase: fact.PhaseUnknown},
			{EPC: tag(t, mercuryOtherEPC), RSSIcdBm: -6000, Phase: fact.PhaseUnknown},
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

func TestMercuryRegion(t *testing.T) {
	for region, want := range map[Region]mercury.Region{
		RegionChina: mercury.RegionChina, RegionUS: mercury.RegionNorthAmerica, RegionEU: mercury.RegionEurope, RegionKorea: mercury.RegionKorea,
	} {
		_ = transcript(t, Settings{Protocol: ProtocolMercury, Antennas: oneAntenna, Region: region}, newFacts(), func(p peer) {
			mercuryOpening(p, true)
			p.hears(mercury.AppendSetAntenna(nil, 1))
			p.says(mercuryOK(mercury.OpSetAntenna))
			p.hears(mercury.AppendSetRegion(nil, want))
			synctest.Wait()
		})
	}
}

// TestMercuryRoundsThatAreNotReported: of each of these rounds nobody can say what was not there.
func TestMercuryRoundsThatAreNotReported(t *testing.T) {
	good := mercuryTag(t, mercuryEPC, -70)
	other := good
	other.AntennaTX, other.AntennaRX = 2, 2
	damaged := mercuryRecords(good)
	damaged[12] ^= 0x10
	fewFields := mercury.MetaRSSI | mercury.MetaAntenna
	short, _ := mercury.AppendBuffer(nil, fewFields, []mercury.Tag{{Fields: fewFields, AntennaTX: 1, AntennaRX: 1, EPC: []byte{1, 2}}})
	lying := mercury.AppendFrame(nil, mercury.Frame{Opcode: mercury.OpGetBuffer, Data: []byte{0, byte(mercuryFields), 0, 1, 9}})
	for name, script := range map[string]func(p peer){
		"count damaged": func(p peer) { mercurySearchOf(p, mercuryCount(1)[1:]) },
		"count malformed": func(p peer) {
			mercurySearchOf(p, mercury.AppendFrame(nil, mercury.Frame{Opcode: mercury.OpSearch, Data: []byte{1}}))
		},
		"records damaged": func(p peer) { mercurySearchOf(p, mercuryCount(1)); mercuryFetch(p, damaged) },
		"half of records": func(p peer) { mercurySearchOf(p, mercuryCount(1)); mercuryFetch(p, mercuryRecords(good)[:10]) },
		"fewer than said": func(p peer) { mercurySearchOf(p, mercuryCount(1)); mercuryFetch(p, mercuryRecords()) },
		"more than said":  func(p peer) { mercurySearchOf(p, mercuryCount(1)); mercuryFetch(p, mercuryRecords(good, good)) },
		"none after all": func(p peer) {
			mercurySearchOf(p, mercuryCount(1))
			mercuryFetch(p, mercury.AppendStatus(nil, mercury.OpGetBuffer, mercury.StatusNoTags))
		},
		"other antenna":    func(p peer) { mercurySearchOf(p, mercuryCount(1)); mercuryFetch(p, mercuryRecords(other)) },
		"other fields":     func(p peer) { mercurySearchOf(p, mercuryCount(1)); mercuryFetch(p, short) },
		"record cut short": func(p peer) { mercurySearchOf(p, mercuryCount(1)); mercuryFetch(p, lying) },
		"error":            func(p peer) { mercurySearchOf(p, mercury.AppendStatus(nil, mercury.OpSearch, 0x0502)) },
		"error while fetch": func(p peer) {
			mercurySearchOf(p, mercuryCount(1))
			mercuryFetch(p, mercury.AppendStatus(nil, mercury.OpGetBuffer, 0x7F00))
		},
		"buffer full": func(p peer) {
			mercurySearchOf(p, mercury.AppendStatus(nil, mercury.OpSearch, mercury.StatusBufferFull))
		},
		"bytes lost": func(p peer) { mercurySearchOf(p, []byte{1, 2, 3, 4, 5}, mercuryEmpty) },
	} {
		t.Run(name, func(t *testing.T) {
			sink := newFacts()
			err := transcript(t, Settings{Protocol: ProtocolMercury, Antennas: oneAntenna}, sink, func(p peer) {
				mercuryHandshake(p)
				script(p)
				mercurySearchOf(p, mercuryEmpty)
				mercuryNext(p)
			})
			if err != nil {
				t.Error(err)
			}
			onlyTheEmptyRound(t, sink)
		})
	}
}

func TestMercuryStrangeTagBlindsNobody(t *testing.T) {
	sink := newFacts()
	_ = transcript(t, Settings{Protocol: ProtocolMercury, Antennas: oneAntenna}, sink, func(p peer) {
		mercuryHandshake(p)
		foreign, nameless := mercuryTag(t, mercuryOtherEPC, -50), mercuryTag(t, "", -50)
		foreign.Protocol = 0x03
		mercurySearchOf(p, mercuryCount(3))
		mercuryFetch(p, mercuryRecords(foreign, nameless, mercuryTag(t, mercuryEPC, -70)))
		mercuryNext(p)
	})
	if r, ok := sink.all[len(sink.all)-1].(fact.Round); !ok || len(r.Reads) != 1 {
		t.Errorf("got %+v", sink.all)
	}
}

// TestMercuryLostSettings: a module that began anew between two exchanges is set up again,
// and says so itself or is found out.
func TestMercuryLostSettings(t *testing.T) {
	for name, v := range map[string]struct {
		sign  func(p peer)
		begun bool // out of the boot loader
	}{
		"no region": {func(p peer) { mercurySearchOf(p, mercury.AppendStatus(nil, mercury.OpSearch, mercury.StatusRegion)) }, false},
		"no protocol": {func(p peer) {
			mercurySearchOf(p, mercury.AppendStatus(nil, mercury.OpSearch, mercury.StatusNoProtocol))
		}, false},
		"boot loader": {func(p peer) {
			mercurySearchOf(p, mercury.AppendStatus(nil, mercury.OpSearch, mercury.StatusInvalidOpcode))
		}, true},
		"says so": {func(p peer) { mercurySearchOf(p, mercury.AppendVersion(nil, mercury.OpBoot, mercuryVersion())) }, false},
		"says so in the gap": {func(p peer) {
			mercurySearchOf(p, mercuryEmpty)
			p.says(mercury.AppendVersion(nil, mercury.OpBoot, mercuryVersion()))
		}, false},
		"other answer": {func(p peer) { mercurySearchOf(p, mercuryOK(mercury.OpSetPower)) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			sink := newFacts()
			err := transcript(t, Settings{Protocol: ProtocolMercury, Antennas: oneAntenna}, sink, func(p peer) {
				mercuryHandshake(p)
				v.sign(p)
				mercuryOpening(p, v.begun)
				if !v.begun && !strings.HasPrefix(name, "says so") {
					p.hears(mercury.AppendQuery(nil, mercury.OpGetRegion))
					p.says(mercury.AppendRegion(nil, mercury.RegionNone))
				}
				mercurySettings(p)
				mercuryNext(p)
			})
			if err != nil {
				t.Error(err)
			}
			if r, ok := sink.all[len(sink.all)-1].(fact.DeviceReport); !ok || r.Code != CodeRestarted {
				t.Errorf("got %+v", sink.all)
			}
		})
	}
}

// TestMercuryOtherAnswerWithoutRestart: nothing was lost, so nothing is reported.
func TestMercuryOtherAnswerWithoutRestart(t *testing.T) {
	sink := newFacts()
	_ = transcript(t, Settings{Protocol: ProtocolMercury, Antennas: oneAntenna}, sink, func(p peer) {
		mercuryHandshake(p)
		mercurySearchOf(p, mercuryOK(mercury.OpSetPower))
		mercuryOpening(p, false)
		p.hears(mercury.AppendQuery(nil, mercury.OpGetRegion))
		p.says(mercury.AppendRegion(nil, mercury.RegionChina))
		p.hears(mercury.AppendGetPower(nil))
		p.says(mercuryPower(2600))
		mercurySettings(p)
		mercuryNext(p)
	})
	onlyTheConnection(t, sink)
}

// TestMercuryTooHot: the module is left alone, and nothing is said of its tags meanwhile.
func TestMercuryTooHot(t *testing.T) {
	sink := newFacts()
	var hot, asked time.Time
	_ = transcript(t, Settings{Protocol: ProtocolMercury, Antennas: oneAntenna}, sink, func(p peer) {
		mercuryHandshake(p)
		mercurySearchOf(p, mercury.AppendStatus(nil, mercury.OpSearch, mercury.StatusOverTemperature))
		hot = time.Now()
		p.hears(mercury.AppendSetAntenna(nil, 1))
		asked = time.Now()
		synctest.Wait()
	})
	if rest := asked.Sub(hot); rest < mercuryCoolDown {
		t.Errorf("it rested for %v", rest)
	}
	if r, ok := sink.all[len(sink.all)-1].(fact.DeviceReport); !ok || r.State != fact.DeviceFault || r.Code != CodeOverheated {
		t.Errorf("got %+v", sink.all)
	}
}

func TestMercuryAntennaFaults(t *testing.T) {
	for _, status := range []mercury.Status{mercury.StatusAntennaMissing, mercury.StatusReturnLoss, mercury.StatusAntennaUndefined} {
		sink := newFacts()
		_ = transcript(t, Settings{Protocol: ProtocolMercury, Antennas: oneAntenna}, sink, func(p peer) {
			mercuryHandshake(p)
			mercurySearchOf(p, mercury.AppendStatus(nil, mercury.OpSearch, status))
			mercuryNext(p)
		})
		if r, ok := sink.all[len(sink.all)-1].(fact.DeviceReport); !ok || r.Code != CodeAntennaFault || !strings.Contains(r.Detail, status.String()) {
			t.Errorf("%v: got %+v", status, sink.all)
		}
	}
}

func TestMercuryHandshakeRefusals(t *testing.T) {
	antenna := func(p peer) {
		p.hears(mercury.AppendSetAntenna(nil, 1))
		p.says(mercuryOK(mercury.OpSetAntenna))
	}
	region := func(p peer, told mercury.Region) {
		p.hears(mercury.AppendSetRegion(nil, mercury.RegionChina))
		p.says(mercuryOK(mercury.OpSetRegion))
		p.hears(mercury.AppendQuery(nil, mercury.OpGetRegion))
		p.says(mercury.AppendRegion(nil, told))
	}
	for name, v := range map[string]struct {
		says   string
		script func(p peer)
	}{
		"port": {"antenna port 1", func(p peer) {
			p.hears(mercury.AppendSetAntenna(nil, 1))
			p.says(mercury.AppendStatus(nil, mercury.OpSetAntenna, mercury.StatusParameter))
		}},
		"region": {"region not set", func(p peer) {
			antenna(p)
			p.hears(mercury.AppendSetRegion(nil, mercury.RegionChina))
			p.says(mercury.AppendStatus(nil, mercury.OpSetRegion, mercury.StatusRegion))
		}},
		"another region": {"it tells region 02", func(p peer) {
			antenna(p)
			region(p, 0x02)
		}},
		"power": {"5.0 to 20.0 dBm", func(p peer) {
			antenna(p)
			region(p, mercury.RegionChina)
			p.hears(mercury.AppendSetProtocol(nil, mercury.ProtocolGen2))
			p.says(mercuryOK(mercury.OpSetProtocol))
			p.hears(mercury.AppendGetPower(nil))
			p.says(mercury.AppendPower(nil, mercury.Power{SetCdBm: 2000, MaxCdBm: 2000, MinCdBm: 500}))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			err := transcript(t, Settings{Protocol: ProtocolMercury, Antennas: oneAntenna}, newFacts(), func(p peer) {
				mercuryOpening(p, false)
				v.script(p)
				synctest.Wait()
			})
			if devices.CodeOf(err) != devices.CodeHandshakeFailed || !strings.Contains(err.Error(), v.says) {
				t.Error(err)
			}
		})
	}
}

func TestMercuryPowerMismatch(t *testing.T) {
	sink := newFacts()
	_ = transcript(t, Settings{Protocol: ProtocolMercury, Antennas: oneAntenna}, sink, func(p peer) {
		mercuryOpening(p, true)
		mercurySettingsTold(p, 3000)
		mercuryNext(p)
	})
	if r, ok := sink.all[len(sink.all)-1].(fact.DeviceReport); !ok || r.State != fact.DeviceFault || r.Code != CodePowerMismatch {
		t.Errorf("got %+v", sink.all)
	}
}

// TestMercurySilentRounds: a module that answers questions and no search is given up.
func TestMercurySilentRounds(t *testing.T) {
	sink := newFacts()
	err := transcript(t, Settings{Protocol: ProtocolMercury, Antennas: oneAntenna}, sink, func(p peer) {
		mercuryHandshake(p)
		for n := range silentMax {
			mercurySearchOf(p)
			if n == silentMax-1 {
				break
			}
			mercuryOpening(p, false)
			p.hears(mercury.AppendQuery(nil, mercury.OpGetRegion))
			p.says(mercury.AppendRegion(nil, mercury.RegionChina))
			p.hears(mercury.AppendGetPower(nil))
			p.says(mercuryPower(2600))
			mercurySettings(p)
		}
		<-time.After(time.Minute) // of fake time
	})
	if devices.CodeOf(err) != devices.CodeNoAnswer || !errors.Is(err, errQuiet) {
		t.Error(err)
	}
	onlyTheConnection(t, sink)
}

// TestMercuryStreamingAtTheStart: a module that a crashed host left reading, on a real line.
func TestMercuryStreamingAtTheStart(t *testing.T) {
	s := serve(t, uhftest.Settings{Protocol: uhftest.ProtocolMercury, Ports: 2, Streaming: true, RoundTime: 20 * time.Millisecond})
	_, at := s.wait(0, fact.DeviceUp, CodeConnected)
	_, at = s.round(at, 1, 2)
	s.round(at, 2, 0)
	s.noFalseRounds()
}

// TestMercuryManyTags: more tags than one answer holds, each of them in every round.
func TestMercuryManyTags(t *testing.T) {
	const many = 40
	s := serve(t, uhftest.Settings{Protocol: uhftest.ProtocolMercury, RoundTime: 20 * time.Millisecond})
	var heard []uhftest.Heard
	for i := range byte(many) {
		heard = append(heard, uhftest.Heard{EPC: append(unhex(t, "E280116060000209000000"), i), RSSIdBm: -55})
	}
	s.setField(2, heard...)
	_, at := s.round(0, 2, many)
	s.round(at, 2, many)
}

func TestMercuryPaddingSpoilsNoRound(t *testing.T) {
	sink := newFacts()
	_ = transcript(t, Settings{Protocol: ProtocolMercury, Antennas: oneAntenna}, sink, func(p peer) {
		mercuryHandshake(p)
		mercurySearchOf(p, bytes.Repeat([]byte{0xFF}, noiseBytesMax), mercuryCount(1))
		mercuryFetch(p, mercuryRecords(mercuryTag(t, mercuryEPC, -70)))
		mercuryNext(p)
	})
	if r, ok := sink.all[len(sink.all)-1].(fact.Round); !ok || len(r.Reads) != 1 {
		t.Errorf("got %+v", sink.all)
	}
}
