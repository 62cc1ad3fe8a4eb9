package m100

import (
	"errors"
	"fmt"
)

// ErrLength says that a message's data has not the length that its command asks for.
var ErrLength = errors.New("m100: message of the wrong length")

// InformationKind says what CommandInformation asks for.
type InformationKind uint8

// What a module tells about itself.
const (
	InformationHardware InformationKind = iota
	InformationSoftware
	InformationManufacturer
)

// ParseInformation reads the answer to CommandInformation: what it tells, and the text,
// of which printable ASCII is kept.
func ParseInformation(data []byte) (InformationKind, string, error) {
	if len(data) < 1 {
		return 0, "", ErrLength
	}
	kept := make([]byte, 0, min(maxText, len(data)))
	for _, b := range data[1:] {
		if b >= ' ' && b <= '~' && len(kept) < maxText {
			kept = append(kept, b)
		}
	}
	return InformationKind(data[0]), string(kept), nil
}

// ParseByte reads a message of one byte: a region, a select mode, or the 00 with which
// most settings are confirmed.
func ParseByte(data []byte) (uint8, error) {
	if len(data) != 1 {
		return 0, ErrLength
	}
	return data[0], nil
}

// Done is the byte that confirms a setting.
const Done = 0x00

// Region is a frequency band.
type Region uint8

// The regions.
const (
	RegionChina    Region = 0x01 // 920 to 925 MHz
	RegionUS       Region = 0x02 // 902 to 928 MHz
	RegionEU       Region = 0x03 // 865 to 868 MHz
	RegionChina800 Region = 0x04 // 840 to 845 MHz
	RegionKorea    Region = 0x06 // 917 to 924 MHz
)

// ChannelKHz returns the frequency of a region's channel; it reports false for a region
// that is not known.
func (r Region) ChannelKHz(channel uint8) (uint32, bool) {
	n := uint32(channel)
	switch r {
	case RegionChina:
		return 920_125 + 250*n, true
	case RegionUS:
		return 902_250 + 500*n, true
	case RegionEU:
		return 865_100 + 200*n, true
	case RegionChina800:
		return 840_125 + 250*n, true
	case RegionKorea:
		return 917_100 + 200*n, true
	}
	return 0, false
}

// SelectMode says when a module sends its Select command before an operation.
type SelectMode uint8

// The select modes.
const (
	SelectAlways SelectMode = iota
	SelectNever
	SelectExceptPoll
)

// Select is the parameter of the Gen2 Select command that a module sends; it forgets it
// when it starts or wakes.
type Select struct {
	// Target, Action and Bank are the Gen2 fields: 0 to 7, 0 to 7, 0 to 3.
	Target, Action, Bank uint8
	// PointerBits is where in the bank the mask begins; 32 is the start of the EPC.
	PointerBits uint32
	// MaskBits is how many bits of Mask count.
	MaskBits uint8
	Truncate bool
	// Mask is MaskBits bits in whole bytes; parsed, it points into the data.
	Mask []byte
}

const (
	selectLen    = 7
	truncateFlag = 0x80
)

// Set appends the request CommandSetSelect. The mask must hold MaskBits.
func (s Select) Set(dst []byte, f Family) []byte {
	return f.Request(dst, CommandSetSelect, s.data()...)
}

// Tell appends the answer to CommandGetSelect, as a module does.
func (s Select) Tell(dst []byte, f Family) []byte {
	return f.Response(dst, CommandGetSelect, s.data()...)
}

func (s Select) data() []byte {
	p := s.PointerBits
	truncate := byte(0)
	if s.Truncate {
		truncate = truncateFlag
	}
	param := s.Target<<5 | s.Action&7<<2 | s.Bank&3
	return append([]byte{param, byte(p >> 24), byte(p >> 16), byte(p >> 8), byte(p), s.MaskBits, truncate}, s.Mask...)
}

// ParseSelect reads the data of CommandSetSelect's request or of CommandGetSelect's answer.
func ParseSelect(data []byte) (Select, error) {
	if len(data) < selectLen || len(data)-selectLen != (int(data[5])+7)/8 || data[6]&^truncateFlag != 0 {
		return Select{}, ErrLength
	}
	return Select{
		Target: data[0] >> 5, Action: data[0] >> 2 & 7, Bank: data[0] & 3,
		PointerBits: uint32(data[1])<<24 | uint32(data[2])<<16 | uint32(data[3])<<8 | uint32(data[4]),
		MaskBits:    data[5], Truncate: data[6] != 0, Mask: data[selectLen:],
	}, nil
}

// Query is the parameter of the Gen2 Query command, as the wire has it: DR(1) M(2) TRext(1)
// Sel(2) Session(2) Target(1) Q(4) reserved(3).
type Query uint16

// DR returns the divide ratio: 0 is 8, 1 is 64/3.
func (q Query) DR() uint8 { return uint8(q >> 15 & 1) }

// M returns the tags' coding: 0 is FM0, 1 to 3 are Miller 2, 4 and 8.
func (q Query) M() uint8 { return uint8(q >> 13 & 3) }

// TRext reports whether tags send a pilot tone.
func (q Query) TRext() bool { return q>>12&1 != 0 }

// Sel says which tags answer: 0 and 1 all, 2 those not selected, 3 those selected.
func (q Query) Sel() uint8 { return uint8(q >> 10 & 3) }

// Session returns the Gen2 session, 0 to 3.
func (q Query) Session() uint8 { return uint8(q >> 8 & 3) }

// Target returns the flag of the tags that answer: 0 is A, 1 is B.
func (q Query) Target() uint8 { return uint8(q >> 7 & 1) }

// Q returns the exponent of the number of slots, 0 to 15.
func (q Query) Q() uint8 { return uint8(q >> 3 & 0xF) }

const queryWho = 0x0F80 // Sel, Session, Target

// Everybody returns the query with Sel, Session and Target such that every tag answers
// every poll: all tags, session S0, flag A.
func (q Query) Everybody() Query { return q &^ queryWho }

// AppendSetQuery appends the request CommandSetQuery.
func AppendSetQuery(dst []byte, f Family, q Query) []byte {
	return f.Request(dst, CommandSetQuery, byte(q>>8), byte(q))
}

// ParseQuery reads the answer to CommandGetQuery, or the data of CommandSetQuery's request.
func ParseQuery(data []byte) (Query, error) {
	v, err := parseU16(data)
	return Query(v), err
}

// AppendSetPower appends the request CommandSetPower: the transmit power in hundredths of a dBm.
func AppendSetPower(dst []byte, f Family, cdBm uint16) []byte {
	return f.Request(dst, CommandSetPower, byte(cdBm>>8), byte(cdBm))
}

// ParsePower reads the answer to CommandGetPower, or the data of CommandSetPower's
// request: the transmit power in hundredths of a dBm.
func ParsePower(data []byte) (cdBm uint16, err error) { return parseU16(data) }

// baudUnit: the wire counts the speed in hundreds of bit/s.
const baudUnit = 100

// AppendSetBaud appends the request CommandSetBaud: the line's speed in bit/s, a multiple
// of 100. It holds at once, and nothing answers at the old speed.
func AppendSetBaud(dst []byte, f Family, baud int) []byte {
	v := uint16(baud / baudUnit) //nolint:gosec // no line has 6.5 Mbit/s
	return f.Request(dst, CommandSetBaud, byte(v>>8), byte(v))
}

// ParseBaud reads the data of CommandSetBaud's request: bit/s.
func ParseBaud(data []byte) (int, error) {
	v, err := parseU16(data)
	return int(v) * baudUnit, err
}

// multiPollReserved is a byte without a meaning in front of the count.
const multiPollReserved = 0x22

// AppendMultiPoll appends the request to poll count times, 1 to 65535, or until CommandStop.
func AppendMultiPoll(dst []byte, f Family, count uint16) []byte {
	return f.Request(dst, CommandMultiPoll, multiPollReserved, byte(count>>8), byte(count))
}

// ParseMultiPoll reads the data of that request, as a module does.
func ParseMultiPoll(data []byte) (count uint16, err error) {
	if len(data) != 3 {
		return 0, ErrLength
	}
	return parseU16(data[1:])
}

func parseU16(data []byte) (uint16, error) {
	if len(data) != 2 {
		return 0, ErrLength
	}
	return uint16(data[0])<<8 | uint16(data[1]), nil
}

// Code is the first byte of an error response.
type Code uint8

// The codes that a driver must tell apart.
const (
	CodeReadFailed  Code = 0x09 // no tag answered, or another one than was selected
	CodeWriteFailed Code = 0x10
	CodeKillFailed  Code = 0x12
	CodeLockFailed  Code = 0x13
	CodeNoTag       Code = 0x15 // a poll without a tag: a normal event
	CodePassword    Code = 0x16
	CodeUnknown     Code = 0x17
	CodeHopping     Code = 0x20 // all channels are busy: the poll did not take place
)

// Refused reports whether the code says that a tag was found and refused the access.
func (c Code) Refused() bool { return c >= 0xA0 }

// String says the code in words.
func (c Code) String() string {
	words := map[Code]string{
		CodeReadFailed: "read failed", CodeWriteFailed: "write failed", CodeKillFailed: "kill failed", CodeLockFailed: "lock failed", 0x14: "BlockPermalock failed",
		CodeNoTag: "no tag", CodePassword: "access password is wrong", CodeUnknown: "unknown or illegal command",
		0x1A: "configuration of the tag failed", 0x1B: "EAS failed", 0x1D: "EAS alarm failed",
		CodeHopping: "all channels are busy", 0x2A: "read protection failed", 0x2B: "read protection could not be taken off", 0x2E: "QT failed",
	}
	if word, known := words[c]; known {
		return word
	}
	if c.Refused() {
		return fmt.Sprintf("refused by the tag with code %02X", uint8(c))
	}
	return fmt.Sprintf("error %02X", uint8(c))
}

// AppendError appends an error response without a tag, as a module does.
func AppendError(dst []byte, f Family, c Code) []byte { return f.Response(dst, CommandError, byte(c)) }

// ParseError reads an error response: its code and what follows, which is empty or the
// tag that refused (ParseAccess).
func ParseError(data []byte) (Code, []byte, error) {
	if len(data) < 1 {
		return 0, nil, ErrLength
	}
	return Code(data[0]), data[1:], nil
}
