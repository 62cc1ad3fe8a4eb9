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

// ReadRequest asks for words of a tag's memory.
type ReadRequest struct {
	AccessPassword uint32
	// Bank is 0 reserved, 1 EPC, 2 TID, 3 user.
	Bank        uint8
	Word, Words uint16
}

const readLen = 9

// AppendRead appends the request CommandRead.
func AppendRead(dst []byte, f Family, r ReadRequest) []byte {
	p := r.AccessPassword
	return f.Request(dst, CommandRead, byte(p>>24), byte(p>>16), byte(p>>8), byte(p), r.Bank,
		byte(r.Word>>8), byte(r.Word), byte(r.Words>>8), byte(r.Words))
}

// ParseRead reads the data of that request, as a module does.
func ParseRead(data []byte) (ReadRequest, error) {
	if len(data) != readLen {
		return ReadRequest{}, ErrLength
	}
	return ReadRequest{
		AccessPassword: uint32(data[0])<<24 | uint32(data[1])<<16 | uint32(data[2])<<8 | uint32(data[3]),
		Bank:           data[4], Word: uint16(data[5])<<8 | uint16(data[6]), Words: uint16(data[7])<<8 | uint16(data[8]),
	}, nil
}

// Access is which tag an access went to, and what came of it. Its slices point into the
// bytes it was parsed from.
type Access struct {
	PC  epc.PC
	EPC []byte
	// Data is the words that were read; empty in an error.
	Data []byte
}

// ParseAccess reads the answer to CommandRead, or what follows the code of an error: the
// length of PC and EPC, both of them, and data.
func ParseAccess(data []byte) (Access, error) {
	if len(data) < 3 {
		return Access{}, ErrLength
	}
	n := int(data[0])
	if n < 2 || len(data) < 1+n {
		return Access{}, ErrLength
	}
	return Access{PC: epc.PC(data[1])<<8 | epc.PC(data[2]), EPC: data[3 : 1+n], Data: data[1+n:]}, nil
}
