package m100

import (
	"errors"

	"trilock/firmware-protocols/epc"
)

// Errors of tag records.
var (
	// ErrTagPC says that the PC word counts another number of EPC words than the record holds.
	ErrTagPC = errors.New("m100: tag record contradicts its own PC word")
	// ErrTagCRC says that the tag's own CRC does not hold: the record was damaged.
	ErrTagCRC = errors.New("m100: tag record with a bad CRC of the tag")
)

// Tag is one tag record. EPC points into the bytes it was parsed from.
type Tag struct {
	RSSIdBm int8
	PC      epc.PC
	EPC     []byte
	// CRC is what the tag sent behind its EPC.
	CRC uint16
}

const tagOverhead = 5 // RSSI, PC, CRC

// ParseTag reads the data of a tag notification into t, which it overwrites. It allocates
// nothing. The tag's CRC is verified, unless the PC word says that the tag sent an
// extended PC word as well: that one is under the CRC and not in the record.
func ParseTag(data []byte, t *Tag) error {
	*t = Tag{}
	if len(data) < tagOverhead {
		return ErrLength
	}
	n := len(data) - 2
	body := data[1:n]
	t.RSSIdBm = int8(data[0]) //nolint:gosec // a signed byte on the wire
	t.PC = epc.PC(data[1])<<8 | epc.PC(data[2])
	t.EPC = body[2:len(body):len(body)]
	t.CRC = uint16(data[n])<<8 | uint16(data[n+1])
	switch {
	case t.PC.EPCBytes() != len(t.EPC):
		return ErrTagPC
	case !t.PC.Extended() && epc.CRC16(body) != t.CRC:
		return ErrTagCRC
	}
	return nil
}

// AppendTag appends a tag notification, as a module does.
func AppendTag(dst []byte, f Family, t *Tag) []byte {
	data := make([]byte, 0, tagOverhead+MaxEPCBytes)
	data = append(data, byte(t.RSSIdBm), byte(t.PC>>8), byte(t.PC))
	data = append(append(data, t.EPC...), byte(t.CRC>>8), byte(t.CRC))
	return AppendFrame(dst, Frame{f, TypeNotification, CommandPoll, data})
}

// NewTag returns the record of a tag with a plain EPC of whole words, as it answers a poll.
func NewTag(code []byte, rssiDBm int8) Tag {
	pc := epc.PCOf(len(code))
	return Tag{RSSIdBm: rssiDBm, PC: pc, EPC: code, CRC: epc.CRC16(append([]byte{byte(pc >> 8), byte(pc)}, code...))}
}
