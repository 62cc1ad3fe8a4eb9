package r2000

import (
	"errors"
)

// ReplyKind is what an answer to an inventory is.
type ReplyKind uint8

// The kinds of answer.
const (
	ReplyMalformed    ReplyKind = iota // no answer has data of this length
	ReplyTag                           // one tag: ParseTag
	ReplyEnd                           // the round is complete: ParseEnd or ParseFastSwitchEnd
	ReplyError                         // the round failed: the one byte is an ErrorCode
	ReplyAntennaError                  // fast switch: one port failed, the round goes on
)

// KindOf tells the answers to CommandRealTimeInventory and CommandFastSwitch apart. A
// tag's data is even and at least 4 bytes long, so the lengths never collide.
func KindOf(f Frame) ReplyKind {
	switch n := len(f.Data); {
	case n == 1:
		return ReplyError
	case n == 2 && f.Command == CommandFastSwitch:
		return ReplyAntennaError
	case n == endLen:
		return ReplyEnd
	case n >= tagLenMin && n%2 == 0:
		return ReplyTag
	}
	return ReplyMalformed
}

const (
	endLen    = 7
	tagLenMin = 4
	phaseLen  = 2
)

// Errors of tag records.
var (
	// ErrTagLength says that a record's length is not that of any tag.
	ErrTagLength = errors.New("r2000: tag record of impossible length")
	// ErrTagPC says that the PC word counts another number of EPC words than the record holds.
	ErrTagPC = errors.New("r2000: tag record contradicts its own PC word")
)

// Tag is one tag record. EPC points into the bytes it was parsed from.
type Tag struct {
	// FreqAnt holds the frequency's index in its high six bits and two bits of the antenna in its low ones.
	FreqAnt uint8
	PC      uint16
	EPC     []byte
	// RSSIRaw is the low seven bits of the RSSI byte; see RSSIcdBm.
	RSSIRaw uint8
	// UpperPorts is the RSSI byte's bit 7: the antenna is one of ports 5 to 8.
	UpperPorts bool
	// Phase is the carrier phase as the reader counts it; only with HasPhase.
	Phase    uint16
	HasPhase bool
}

// ParseTag reads one tag record. It allocates nothing. The PC word must agree with the
// length of the EPC: the check byte is only a sum, and a record that contradicts itself
// names a tag that is not there. Whether there is a phase is seen from that length.
func ParseTag(data []byte, t *Tag) error {
	*t = Tag{}
	n := len(data)
	if n < tagLenMin || n%2 != 0 {
		return ErrTagLength
	}
	t.FreqAnt = data[0]
	t.PC = uint16(data[1])<<8 | uint16(data[2])
	body := data[3:]
	epcLen := int(t.PC>>11) * 2
	switch len(body) - 1 {
	case epcLen:
	case epcLen + phaseLen:
		t.HasPhase = true
		t.Phase = uint16(body[epcLen+1])<<8 | uint16(body[epcLen+2])
	default:
		return ErrTagPC
	}
	t.EPC = body[:epcLen:epcLen]
	t.RSSIRaw = body[epcLen] & 0x7F
	t.UpperPorts = body[epcLen]&0x80 != 0
	return nil
}

// AppendTag appends one tag record as an answer to command.
func AppendTag(dst []byte, address uint8, command Command, t *Tag) []byte {
	dst, start := begin(dst, address, command)
	dst = append(dst, t.FreqAnt, byte(t.PC>>8), byte(t.PC))
	dst = append(dst, t.EPC...)
	rssi := t.RSSIRaw & 0x7F
	if t.UpperPorts {
		rssi |= 0x80
	}
	dst = append(dst, rssi)
	if t.HasPhase {
		dst = append(dst, byte(t.Phase>>8), byte(t.Phase))
	}
	return finish(dst, start)
}

// Port returns the antenna port, 1 to 8. (Ports 9 to 16 of the largest boards look the
// same; which group is switched on, only the host knows.)
func (t *Tag) Port() uint8 {
	port := t.FreqAnt&3 + 1
	if t.UpperPorts {
		port += 4
	}
	return port
}

// FrequencyKHz returns the carrier's frequency: indexes 0 to 6 are the European band,
// the others count from 902 MHz, in steps of 500 kHz.
func (t *Tag) FrequencyKHz() uint32 {
	index := uint32(t.FreqAnt >> 2)
	if index < 7 {
		return 865_000 + 500*index
	}
	return 902_000 + 500*(index-7)
}

// rssiOffsetDBm turns raw RSSI into dBm. UNSURE by 1 dB: one public driver has -129
// throughout, another a table that equals -129 above 89 and -130 below.
const rssiOffsetDBm = -129

// RSSIcdBm returns the signal strength in hundredths of a dBm.
func (t *Tag) RSSIcdBm() int16 { return (int16(t.RSSIRaw) + rssiOffsetDBm) * 100 }

// RSSIRawOf is the inverse of RSSIcdBm, limited to what the byte can hold.
func RSSIRawOf(rssiDBm float64) uint8 {
	return uint8(max(0, min(127, rssiDBm-rssiOffsetDBm+0.5)))
}

// End is the end of a real-time inventory round.
type End struct {
	Antenna   uint8 // 0-based port, as the command named it
	ReadRate  uint16
	TotalRead uint32
}

// ParseEnd reads the end of a CommandRealTimeInventory round.
func ParseEnd(data []byte) (End, error) {
	if len(data) != endLen {
		return End{}, ErrLength
	}
	return End{
		Antenna:   data[0],
		ReadRate:  uint16(data[1])<<8 | uint16(data[2]),
		TotalRead: u32(data[3:]),
	}, nil
}

// AppendEnd appends the end of a CommandRealTimeInventory round.
func AppendEnd(dst []byte, address uint8, e End) []byte {
	return AppendFrame(dst, Frame{address, CommandRealTimeInventory, []byte{
		e.Antenna, byte(e.ReadRate >> 8), byte(e.ReadRate),
		byte(e.TotalRead >> 24), byte(e.TotalRead >> 16), byte(e.TotalRead >> 8), byte(e.TotalRead),
	}})
}

// FastSwitchEnd is the end of a fast-switch inventory.
type FastSwitchEnd struct {
	TotalRead  uint32 // 24 bits on the wire
	DurationMS uint32
}

// ParseFastSwitchEnd reads the end of a CommandFastSwitch round.
func ParseFastSwitchEnd(data []byte) (FastSwitchEnd, error) {
	if len(data) != endLen {
		return FastSwitchEnd{}, ErrLength
	}
	return FastSwitchEnd{
		TotalRead:  uint32(data[0])<<16 | uint32(data[1])<<8 | uint32(data[2]),
		DurationMS: u32(data[3:]),
	}, nil
}

// AppendFastSwitchEnd appends the end of a CommandFastSwitch round.
func AppendFastSwitchEnd(dst []byte, address uint8, e FastSwitchEnd) []byte {
	return AppendFrame(dst, Frame{address, CommandFastSwitch, []byte{
		byte(e.TotalRead >> 16), byte(e.TotalRead >> 8), byte(e.TotalRead),
		byte(e.DurationMS >> 24), byte(e.DurationMS >> 16), byte(e.DurationMS >> 8), byte(e.DurationMS),
	}})
}

// AntennaError is one port's failure within a fast-switch round.
type AntennaError struct {
	Antenna uint8 // 0-based port
	Code    ErrorCode
}

// ParseAntennaError reads a ReplyAntennaError.
func ParseAntennaError(data []byte) (AntennaError, error) {
	if len(data) != 2 {
		return AntennaError{}, ErrLength
	}
	return AntennaError{Antenna: data[0], Code: ErrorCode(data[1])}, nil
}

// AppendInventory appends the request for one real-time inventory of the work antenna.
// repeat is 1 to 254 rounds; 255 asks for the shortest round.
func AppendInventory(dst []byte, address, repeat uint8) []byte {
	return AppendFrame(dst, Frame{address, CommandRealTimeInventory, []byte{repeat}})
}

// Stay is one port's share of a fast-switch round.
type Stay struct {
	Antenna uint8 // 0-based port; 0xFF skips this place
	MS      uint8 // how long the reader stays on it per visit
}

// AppendFastSwitch appends the request for an inventory that visits four ports in turn:
// intervalMS lies between two visits, repeat is 1 to 255 rounds.
func AppendFastSwitch(dst []byte, address uint8, stays [4]Stay, intervalMS, repeat uint8) []byte {
	dst, start := begin(dst, address, CommandFastSwitch)
	for _, s := range stays {
		dst = append(dst, s.Antenna, s.MS)
	}
	return finish(append(dst, intervalMS, repeat), start)
}

func u32(p []byte) uint32 {
	return uint32(p[0])<<24 | uint32(p[1])<<16 | uint32(p[2])<<8 | uint32(p[3])
}
