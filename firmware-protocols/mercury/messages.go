package mercury

import (
	"encoding/binary"
	"errors"
	"fmt"

	"trilock/firmware-protocols/frames"
)

// ErrLength says that a message's data has not the length that its opcode asks for.
var ErrLength = errors.New("mercury: message of the wrong length")

// Version is what a module says about itself, in the answers to OpVersion and OpBoot.
// Each field is four bytes, of which people read the hexadecimal digits.
type Version struct {
	BootLoader, Hardware, FirmwareDate, Firmware, Protocols uint32
}

const versionLen = 20

// String returns hardware, firmware and its date, for example
// "hardware 38000201 firmware 02010608 of 20240913".
func (v Version) String() string {
	return fmt.Sprintf("hardware %08X firmware %08X of %08X", v.Hardware, v.Firmware, v.FirmwareDate)
}

// ParseVersion reads the data of an answer to OpVersion or OpBoot.
func ParseVersion(data []byte) (Version, error) {
	c := frames.Cursor{Rest: data}
	v := Version{c.U32(), c.U32(), c.U32(), c.U32(), c.U32()}
	if c.Short || len(c.Rest) > 0 {
		return Version{}, ErrLength
	}
	return v, nil
}

// AppendVersion appends an answer to OpVersion or OpBoot.
func AppendVersion(dst []byte, op Opcode, v Version) []byte {
	dst, start := beginAnswer(dst, op, StatusOK)
	for _, field := range [versionLen / 4]uint32{v.BootLoader, v.Hardware, v.FirmwareDate, v.Firmware, v.Protocols} {
		dst = binary.BigEndian.AppendUint32(dst, field)
	}
	return finish(dst, start, headerAnswer)
}

// Region is the band plan that a module transmits by. Without one it does not transmit.
type Region uint8

// The regions that have a number here.
const (
	RegionNone         Region = 0x00
	RegionNorthAmerica Region = 0x01
	RegionIndia        Region = 0x04
	RegionJapan        Region = 0x05
	RegionChina        Region = 0x06
	RegionEurope       Region = 0x08 // "EU3"; 02 on the oldest modules
	RegionKorea        Region = 0x09
	RegionAustralia    Region = 0x0B
	RegionNewZealand   Region = 0x0C
	RegionOpen         Region = 0xFF
)

// AppendSetRegion appends the request to transmit by a region's band plan.
func AppendSetRegion(dst []byte, r Region) []byte {
	return AppendFrame(dst, Frame{Opcode: OpSetRegion, Request: true, Data: []byte{byte(r)}})
}

// AppendRegion appends the answer to OpGetRegion.
func AppendRegion(dst []byte, r Region) []byte {
	return AppendFrame(dst, Frame{Opcode: OpGetRegion, Data: []byte{byte(r)}})
}

// ParseRegion reads the data of a request to set the region, or of the answer to OpGetRegion.
func ParseRegion(data []byte) (Region, error) {
	if len(data) != 1 {
		return 0, ErrLength
	}
	return Region(data[0]), nil
}

// AppendSetAntenna appends the request to send and to listen on one port, 1 to MaxPort.
func AppendSetAntenna(dst []byte, port uint8) []byte {
	return AppendFrame(dst, Frame{Opcode: OpSetAntenna, Request: true, Data: []byte{port, port}})
}

// ParseSetAntenna reads the data of such a request: the port it sends on and the one it listens on.
func ParseSetAntenna(data []byte) (tx, rx uint8, err error) {
	if len(data) != 2 {
		return 0, 0, ErrLength
	}
	return data[0], data[1], nil
}

// ProtocolGen2 is the tag protocol EPC Gen2 (ISO/IEC 18000-63).
const ProtocolGen2 uint8 = 0x05

// AppendSetProtocol appends the request to read tags of one protocol.
func AppendSetProtocol(dst []byte, protocol uint8) []byte {
	return AppendFrame(dst, Frame{Opcode: OpSetProtocol, Request: true, Data: []byte{0, protocol}})
}

// Power is a transmit power and what the module can do, in hundredths of a dBm.
type Power struct{ SetCdBm, MaxCdBm, MinCdBm int16 }

// powerWithLimits is the option that asks for the limits as well.
const powerWithLimits = 0x01

// AppendGetPower appends the request for the power and its limits.
func AppendGetPower(dst []byte) []byte {
	return AppendFrame(dst, Frame{Opcode: OpGetPower, Request: true, Data: []byte{powerWithLimits}})
}

// AppendPower appends the answer to such a request.
func AppendPower(dst []byte, p Power) []byte {
	dst, start := beginAnswer(dst, OpGetPower, StatusOK)
	dst = append(dst, powerWithLimits)
	for _, cdBm := range [3]int16{p.SetCdBm, p.MaxCdBm, p.MinCdBm} {
		dst = binary.BigEndian.AppendUint16(dst, uint16(cdBm)) //nolint:gosec // two's complement
	}
	return finish(dst, start, headerAnswer)
}

// ParsePower reads the data of such an answer.
func ParsePower(data []byte) (Power, error) {
	c := frames.Cursor{Rest: data}
	option := c.U8()
	p := Power{int16(c.U16()), int16(c.U16()), int16(c.U16())} //nolint:gosec // two's complement
	if c.Short || len(c.Rest) > 0 || option != powerWithLimits {
		return Power{}, ErrLength
	}
	return p, nil
}

// AppendSetPower appends the request to transmit with so many hundredths of a dBm from
// now on, on all ports.
func AppendSetPower(dst []byte, cdBm int16) []byte {
	return AppendFrame(dst, Frame{Opcode: OpSetPower, Request: true, Data: binary.BigEndian.AppendUint16(nil, uint16(cdBm))}) //nolint:gosec // two's complement
}

// ParseSetPower reads the data of such a request.
func ParseSetPower(data []byte) (cdBm int16, err error) {
	if len(data) != 2 {
		return 0, ErrLength
	}
	return int16(uint16(data[0])<<8 | uint16(data[1])), nil //nolint:gosec // two's complement
}

// Search flags.
const (
	// SearchConfiguredAntenna searches on the one port that OpSetAntenna named.
	SearchConfiguredAntenna uint16 = 0x0000
	// SearchLargePopulation makes the answer count with four bytes instead of one.
	SearchLargePopulation uint16 = 0x0010
)

// Search is a request to read tags into the module's buffer.
type Search struct {
	Flags uint16
	// TimeoutMS is how long the module reads; its answer comes at the end.
	TimeoutMS uint16
}

const searchLen = 5

// AppendSearch appends the request.
func AppendSearch(dst []byte, s Search) []byte {
	dst, start := beginRequest(dst, OpSearch)
	dst = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(append(dst, 0), s.Flags), s.TimeoutMS)
	return finish(dst, start, headerRequest)
}

// ParseSearch reads the data of such a request, and refuses the ones that stream.
func ParseSearch(data []byte) (Search, error) {
	if len(data) != searchLen || data[0] != 0 {
		return Search{}, ErrLength
	}
	c := frames.Cursor{Rest: data[1:]}
	return Search{c.U16(), c.U16()}, nil
}

// Lengths of the answer to OpSearch: option, search flags, and a count of one byte or four.
const (
	searchCountSmall = 4
	searchCountLarge = 7
)

// AppendSearchCount appends the answer to a search that found so many tags. Without
// SearchLargePopulation in flags, a count above 255 is cut to it.
func AppendSearchCount(dst []byte, flags uint16, tags uint32) []byte {
	dst, start := beginAnswer(dst, OpSearch, StatusOK)
	dst = binary.BigEndian.AppendUint16(append(dst, 0), flags)
	if flags&SearchLargePopulation != 0 {
		dst = binary.BigEndian.AppendUint32(dst, tags)
	} else {
		dst = append(dst, byte(min(tags, 255))) //nolint:gosec // just limited
	}
	return finish(dst, start, headerAnswer)
}

// ParseSearchCount reads the data of such an answer: how many records wait in the buffer.
func ParseSearchCount(data []byte) (uint32, error) {
	switch len(data) {
	case searchCountSmall:
		return uint32(data[3]), nil
	case searchCountLarge:
		c := frames.Cursor{Rest: data[3:]}
		return c.U32(), nil
	}
	return 0, ErrLength
}

// AppendReadSingle appends the request to read one tag, for at most so many ms.
func AppendReadSingle(dst []byte, timeoutMS uint16) []byte {
	return AppendFrame(dst, Frame{Opcode: OpReadSingle, Request: true, Data: binary.BigEndian.AppendUint16(nil, timeoutMS)})
}

// ParseReadSingle reads the data of the answer to OpReadSingle: the EPC, and the CRC that
// the tag sent, which covers a PC word that the answer does not hold. epc points into data.
func ParseReadSingle(data []byte) (epc []byte, crc uint16, err error) {
	if len(data) < crcLen || len(data) > MaxEPC+crcLen {
		return nil, 0, ErrLength
	}
	n := len(data) - crcLen
	return data[:n:n], uint16(data[n])<<8 | uint16(data[n+1]), nil
}

// AppendStop appends the request to end continuous reading. Records may follow for one or
// two seconds before the answer.
func AppendStop(dst []byte) []byte {
	return AppendFrame(dst, Frame{Opcode: OpMultiProtocol, Request: true, Data: []byte{0, 0, multiStop}})
}

// multiStop is the third byte of an OpMultiProtocol request that stops reading.
const multiStop = 0x02

// IsStop reports whether a request ends continuous reading.
func IsStop(f Frame) bool {
	return f.Request && f.Opcode == OpMultiProtocol && len(f.Data) == 3 && f.Data[2] == multiStop
}
