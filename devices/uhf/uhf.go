// Package uhf drives UHF RFID readers on serial lines: it makes them read antenna after
// antenna, and reports what they heard as facts.
//
// The unit of evidence is the completed round of one antenna, a round in which nothing
// was heard included. A round that failed, was cut short, or lost bytes on the line is
// never reported: of such a round nobody can say what was not there. Readers are
// therefore never left reading continuously; the host starts every round and sees its end.
//
//	connect: stop what runs ─ ask who it is ─ set the power ─ read it back
//	   │                                                        │
//	   │            ┌───────── next antenna, gap ◄──────────────┤
//	   │            └► start a round ─ records ─ end ─ report ──┘
//	   └◄── no end in time, or the reader has restarted
//
// What a reader says about time is used for nothing but to notice that it has restarted.
//
// A reader can also be opened as a Desk, where single tags are read, written and locked.
//
// HF readers (feig-obid, ISO 15693) are driven alike. A tag of theirs tells no EPC but its
// UID: those 8 bytes, E0 first, stand for its EPC in every fact. They tell neither signal
// strength nor antenna, and have no power or region to set.
package uhf

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/mercury"
	"trilock/firmware-protocols/r2000"
	"trilock/firmware-protocols/uhfreader"
)

// Protocols that a reader can speak.
const (
	ProtocolGX5A  = "gx-5a"    // Guoxin-style readers, frames beginning 5A
	ProtocolR2000 = "r2000-a0" // Impinj R2000 and E710 boards, frames beginning A0
	// ProtocolUHFReader is the UHFReader series (18, 86, 288), frames without a start byte.
	ProtocolUHFReader = "uhfreader18-288"
	// ProtocolM100 is the single-chip modules M100 and R200, frames beginning BB or AA.
	ProtocolM100 = "m100-r200"
	// ProtocolMercury is the modules by ThingMagic (Jadak) and Silion, frames beginning FF.
	ProtocolMercury = "thingmagic"
	// ProtocolFEIG is FEIG's OBID HF readers (ISO 15693), frames beginning with their length.
	ProtocolFEIG = "feig-obid"
)

// Protocols returns the protocols that New knows, in the order of their names.
func Protocols() []string {
	return []string{ProtocolFEIG, ProtocolGX5A, ProtocolM100, ProtocolR2000, ProtocolMercury, ProtocolUHFReader}
}

// BaudDefault returns the speed, in bit/s, that a reader of the protocol is delivered with.
func BaudDefault(protocol string) (int, error) {
	if !slices.Contains(Protocols(), protocol) {
		return 0, unknownProtocol(protocol)
	}
	if protocol == ProtocolUHFReader {
		return 57600, nil
	}
	if protocol == ProtocolFEIG {
		return 38400, nil
	}
	return 115200, nil
}

func unknownProtocol(protocol string) error {
	return fmt.Errorf("UHF reader protocol %q is not known: use one of %v", protocol, Protocols())
}

// Settings says what reader it is and how it is to read.
type Settings struct {
	Device fact.DeviceID
	// Protocol is one of Protocols.
	Protocol string
	// Antennas are the ports to read, as the reader's labels count them, from 1: at most
	// 32 for gx-5a, 8 for r2000-a0 and uhfreader18-288, 15 for thingmagic, 1 for m100-r200
	// and feig-obid, none twice. They are read in this order.
	Antennas []uint8
	// PowerDBm is the transmit power of all antennas, 0 to 36 dBm; the reader refuses what it cannot do.
	// An HF reader (feig-obid) has none to set.
	PowerDBm uint8
	// Region is the band that a reader is set to, where its protocol can set one.
	Region Region
	// RoundGap lies between two rounds, up to 10 s; 0 means 20 ms.
	RoundGap time.Duration
	// RSSI is the scale of a reader that reports raw signal strength; the zero value means
	// RawRSSIDefault of the protocol. Readers of other protocols tell dBm, or nothing.
	RSSI RawRSSI
	// Inputs are the inputs (GPI) that the site uses, counted from 0, none twice. Their
	// levels are reported at every connect and whenever they change. Readers without
	// inputs that can be asked for (MaxInputs) refuse any.
	Inputs []uint8
	// InputsActiveLow: an input is active while its level is low. UNSURE by reader and
	// wiring; it holds for levels that are asked for, not for events that a reader sends
	// by its own trigger (gx-5a).
	InputsActiveLow bool
	// TemperatureMaxC is the temperature, in degrees Celsius, above which a reader that
	// tells it (r2000-a0) has a fault; 0 asks for none. UNSURE: no maker states a limit.
	TemperatureMaxC uint8
	// AntennaCheckDB is the return loss, in dB, below which a port of an r2000-a0 reader
	// counts as not connected; 0 leaves the reader's own check as it is. UNSURE: the
	// makers give no value. An open cable returns all but what its own length loses twice.
	AntennaCheckDB uint8
	// Polls is how many polls make a round of an m100-r200 module; 0 means PollsDefault.
	Polls uint8
	// SlotExponent is the Q of an uhfreader18-288 reader's inventories, 1 to 15: tags answer
	// in 2^Q slots; 0 means SlotExponentDefault.
	SlotExponent uint8
	// Log gets what a technician needs beside the facts. Nil means nowhere.
	Log *slog.Logger
}

// Region is the band that the law of the site's country leaves to RFID.
type Region uint8

// The regions. The zero value is that of China.
const (
	RegionChina Region = iota // 920 to 925 MHz
	RegionUS                  // 902 to 928 MHz
	RegionEU                  // 865 to 868 MHz
	RegionKorea               // 917 to 924 MHz
)

// RawRSSI turns a reader's raw signal strength into hundredths of a dBm: zero + raw x step.
type RawRSSI struct {
	ZeroCdBm int16
	StepCdBm int16
}

// RawRSSIDefault takes one raw step for one dB: above -129 dBm for r2000-a0, where one
// public driver has -130 for weak tags; above -100 dBm for gx-5a and uhfreader18-288.
// UNSURE: the makers document no scale; captures of the latter two hold raw values of 4 to
// 75 and of 100 to 107. Only the order is certain: larger is stronger. For other protocols
// it is the zero value: their readers tell no raw strength.
func RawRSSIDefault(protocol string) RawRSSI {
	switch protocol {
	case ProtocolR2000:
		return RawRSSI{ZeroCdBm: -12900, StepCdBm: 100}
	case ProtocolGX5A, ProtocolUHFReader:
		return RawRSSI{ZeroCdBm: -10000, StepCdBm: 100}
	}
	return RawRSSI{}
}

// MaxInputs returns how many inputs (GPI) readers of the protocol have that can be read.
func MaxInputs(protocol string) int {
	switch protocol {
	case ProtocolGX5A, ProtocolMercury:
		return 4
	case ProtocolR2000:
		return r2000.Inputs
	}
	return 0
}

// cdBm applies the scale, limited to what a fact can hold.
func (r RawRSSI) cdBm(raw uint8) int16 {
	v := int(r.ZeroCdBm) + int(raw)*int(r.StepCdBm)
	return int16(max(int(fact.RSSIUnknown)+1, min(32767, v))) //nolint:gosec // just limited
}

// New returns the driver of one reader. It refuses settings that no reader of the
// protocol can follow.
func New(s Settings) (devices.Driver, error) {
	ports := portMaxGX5A
	switch s.Protocol {
	case ProtocolR2000:
		ports = r2000.MaxPort
	case ProtocolUHFReader:
		ports = uhfreader.MaxPort
	case ProtocolM100:
		ports = portMaxM100
	case ProtocolMercury:
		ports = mercury.MaxPort
	case ProtocolFEIG:
		ports = portMaxFEIG
	}
	switch {
	case !slices.Contains(Protocols(), s.Protocol):
		return nil, fmt.Errorf("reader %s: %w", s.Device, unknownProtocol(s.Protocol))
	case len(s.Antennas) == 0:
		return nil, fmt.Errorf("reader %s: no antenna to read: name at least one port", s.Device)
	case s.PowerDBm > powerMaxDBm:
		return nil, fmt.Errorf("reader %s: power of %d dBm: want 0 to %d", s.Device, s.PowerDBm, powerMaxDBm)
	case s.Region > RegionKorea:
		return nil, fmt.Errorf("reader %s: region %d: want one of the regions of package uhf", s.Device, s.Region)
	case s.RoundGap < 0 || s.RoundGap > roundGapMax:
		return nil, fmt.Errorf("reader %s: gap of %v between rounds: want 0 to %v", s.Device, s.RoundGap, roundGapMax)
	}
	for i, port := range s.Antennas {
		if port < 1 || int(port) > ports || slices.Contains(s.Antennas[:i], port) {
			return nil, fmt.Errorf("reader %s: antenna port %d: want each of 1 to %d at most once for %s", s.Device, port, ports, s.Protocol)
		}
	}
	if err := s.checkOptions(); err != nil {
		return nil, fmt.Errorf("reader %s: %w", s.Device, err)
	}
	s.Antennas, s.Inputs = slices.Clone(s.Antennas), slices.Clone(s.Inputs)
	if s.RoundGap == 0 {
		s.RoundGap = roundGapDefault
	}
	if s.RSSI == (RawRSSI{}) {
		s.RSSI = RawRSSIDefault(s.Protocol)
	}
	if s.Polls == 0 {
		s.Polls = PollsDefault
	}
	if s.SlotExponent == 0 {
		s.SlotExponent = SlotExponentDefault
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.Log = s.Log.With("device", s.Device)
	return &driver{settings: s}, nil
}

// checkOptions refuses what a reader of the protocol does not have.
func (s *Settings) checkOptions() error {
	switch {
	case s.RSSI != (RawRSSI{}) && (RawRSSIDefault(s.Protocol) == RawRSSI{}):
		return fmt.Errorf("a scale of raw signal strength: %s tells none", s.Protocol)
	case s.RSSI != (RawRSSI{}) && s.RSSI.StepCdBm <= 0:
		return fmt.Errorf("a step of %d hundredths of a dBm: want more than 0, larger is always stronger", s.RSSI.StepCdBm)
	case s.SlotExponent > uhfreader.MaxQ:
		return fmt.Errorf("a Q of %d: want 1 to %d", s.SlotExponent, uhfreader.MaxQ)
	}
	for i, in := range s.Inputs {
		if most := MaxInputs(s.Protocol); int(in) >= most || slices.Contains(s.Inputs[:i], in) {
			return fmt.Errorf("input %d: want each at most once, of the %d that %s has, from 0", in, most, s.Protocol)
		}
	}
	return nil
}

// driver is a devices.Driver; what a run learns lives in a session.
type driver struct{ settings Settings }

// Run speaks with the reader until ctx ends or the reader or the line fails.
func (d *driver) Run(ctx context.Context, link devices.Link, facts devices.Sink) error {
	wake := context.AfterFunc(ctx, func() {
		_ = link.SetReadDeadline(time.Unix(1, 0)) // ends the read that is waiting; on a dead link it has ended already
	})
	defer wake()
	s := newSession(d.settings, link, facts)
	err := s.run(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// newSession begins a run on an open line. The settings are those that New has checked.
func newSession(settings Settings, link devices.Link, facts devices.Sink) *session {
	s := &session{settings: settings, facts: facts, round: newCollector(), inputs: map[uint8]fact.InputState{}}
	switch settings.Protocol {
	case ProtocolGX5A:
		s.reader = newGX5A(s, link)
	case ProtocolR2000:
		s.reader = newR2000(s, link)
	case ProtocolUHFReader:
		s.reader = newUHFReader(s, link)
	case ProtocolM100:
		s.reader = newM100(s, link)
	case ProtocolMercury:
		s.reader = newMercury(s, link)
	case ProtocolFEIG:
		s.reader = newFEIG(s, link)
	}
	return s
}
