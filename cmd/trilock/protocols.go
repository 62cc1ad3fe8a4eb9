package main

import (
	"fmt"
	"strings"

	"trilock/firmware-protocols/gx5a"
	"trilock/firmware-protocols/m100"
	"trilock/firmware-protocols/mercury"
	"trilock/firmware-protocols/osdp"
	"trilock/firmware-protocols/r2000"
	"trilock/firmware-protocols/uhfreader"
)

// dialect is what the operator's tools know of a protocol.
type dialect struct {
	name string
	// open opens the stream of one direction of a line; nil for what no line speaks.
	open func(o decodeSettings) stream
	// bauds are the line's usual speeds, the one of delivery first.
	bauds []int
	// identify are requests that ask who is there and change nothing; none for a device
	// that speaks unasked only.
	identify [][]byte
	// answers names the fields that say who answered; the first of them only an answer to
	// identify has.
	answers []string
	// codes decodes what comes without frames; nil for a protocol of frames.
	codes func(lines [][]byte, o decodeSettings) []object
}

// decode turns bytes, line by line as they were given, into objects.
func (d dialect) decode(lines [][]byte, o decodeSettings) []object {
	if d.codes != nil {
		return d.codes(lines, o)
	}
	return decodeFramed(d.open, lines, o)
}

// dialects returns the protocols, by the names that the configuration has for them. A
// feig-obid line has even parity, which the ports here are not opened with: it is decoded
// and never asked. uhfreader18-288 stands first because it is asked first at each speed:
// its frames have no first byte of their own, so that one of its readers may take another
// protocol's question for the start of a frame and wait for the rest.
func dialects() []dialect {
	asks := func(requests ...[]byte) [][]byte { return requests }
	tells := strings.Fields
	return []dialect{
		{"uhfreader18-288", openUHFReader, []int{57600, 115200}, asks(uhfreader.AppendQuery(nil, uhfreader.AddressBroadcast, uhfreader.CommandInformation)), tells("reader_type version adr band power_dbm"), nil},
		{"gx-5a", openGX5A, []int{115200, 9600}, asks(gx5a.AppendQuery(nil, gx5a.CodeBasebandVersion)), tells("baseband_version"), nil},
		{"r2000-a0", openR2000, []int{115200, 38400}, asks(r2000.AppendQuery(nil, r2000.AddressBroadcast, r2000.CommandFirmwareVersion)), tells("major minor addr"), nil},
		{"m100-r200", openM100, []int{115200, 9600}, asks(m100.FamilyBB.Request(nil, m100.CommandInformation, 0), m100.FamilyAA.Request(nil, m100.CommandInformation, 0)), tells("text"), nil},
		{"thingmagic", openMercury, []int{115200, 9600}, asks(mercuryIdentify()), tells("status fw_version fw_date hardware"), nil},
		{"feig-obid", openFeig, []int{38400}, nil, nil, nil},
		{"osdp", openOSDP, []int{9600, 115200, 38400}, asks(osdpIdentify()), tells("vendor model serial firmware"), nil},
		{"badge", openRDM6300, []int{9600}, nil, tells("id_hex printed10"), decodeBadge},
		{"epc-tds", nil, nil, nil, nil, decodeCodes(viewEPC, epcKnown)},
		{"lockwire", nil, nil, nil, nil, decodeLockwire},
	}
}

// mercuryIdentify asks for the version, behind as much padding as completes whatever another
// protocol's question may have begun in the module: those have an FF and a length of at
// most 72.
func mercuryIdentify() (raw []byte) {
	const padding = 0x72 + mercuryAnswerLen
	for len(raw) < padding {
		raw = mercury.AppendWake(raw)
	}
	return mercury.AppendQuery(raw, mercury.OpVersion)
}

// osdpIdentify asks for the identity of whatever reader is on the line, as the only one.
func osdpIdentify() []byte {
	const everybody = 0x7F
	ask := osdp.Identify()
	raw, err := osdp.AppendFrame([]byte{osdpMark}, osdp.Frame{Address: everybody, Code: uint8(ask.Code), Data: ask.Data})
	if err != nil {
		panic("osdp refuses the shortest of its frames: " + err.Error())
	}
	return raw
}

func dialectNamed(name string) (dialect, error) {
	for _, d := range dialects() {
		if d.name == name {
			return d, nil
		}
	}
	return dialect{}, fmt.Errorf("protocol %q is not known: use one of %s", name, dialectNames())
}

func dialectNames() string {
	var names []string
	for _, d := range dialects() {
		names = append(names, d.name)
	}
	return strings.Join(names, ", ")
}
