package gx5a

import (
	"encoding/binary"
	"errors"

	"trilock/firmware-protocols/frames"
)

// Field is the PID of an optional part of a tag record.
type Field uint8

// The fields of a tag record.
const (
	FieldRSSI         Field = 0x01
	FieldResult       Field = 0x02
	FieldTID          Field = 0x03
	FieldUser         Field = 0x04
	FieldReserved     Field = 0x05
	FieldSubAntenna   Field = 0x06
	FieldUTC          Field = 0x07
	FieldFrequency    Field = 0x08
	FieldPhase        Field = 0x09
	FieldEPCData      Field = 0x0A
	FieldLTU27        Field = 0x11
	FieldLTU31        Field = 0x12
	FieldKunYue       Field = 0x13
	FieldRSSI16       Field = 0x14
	FieldCRC          Field = 0x15
	FieldReaderSerial Field = 0x20
	FieldReplySerial  Field = 0x22
)

// Tag is one tag record. Its slices point into the bytes it was parsed from. The
// fields below Antenna are only meaningful when Has reports them.
type Tag struct {
	EPC     []byte
	PC      uint16
	Antenna uint8 // counts from 1

	// RSSI is raw: its scale is not documented (captures hold 04 to 4B); larger is stronger.
	RSSI uint8
	// Result is the outcome of the extra read that the inventory asked for (TID, user bank), 0 = done.
	Result              uint8
	TID, User, Reserved []byte
	SubAntenna          uint8
	UTCSeconds          uint32 // the reader's own clock: for people, never for order
	UTCMicroseconds     uint32
	FrequencyKHz        uint32
	Phase               uint8 // scale not documented
	EPCData             []byte
	LTU27               uint16 // sensor words of temperature tags, raw
	LTU31               int16
	KunYue              uint16
	// RSSI16 is a signed signal strength whose unit is not documented (dBm times an unknown factor).
	RSSI16       int16
	CRC          uint16
	ReaderSerial []byte
	ReplySerial  uint32

	// Tail is what begins with the first PID that is not known here. It cannot be read
	// further, because the parts of a record do not say their own length.
	Tail []byte

	fields uint64
}

// Has reports whether the record carried field f.
func (t *Tag) Has(f Field) bool { return f < 64 && t.fields&(1<<f) != 0 }

// ErrTagShort says that a tag record ends inside one of its parts.
var ErrTagShort = errors.New("gx5a: tag record ends inside a field")

// ParseTag reads the data of a CodeTag notification into t, which it overwrites. It
// allocates nothing. On an unknown PID it keeps the rest as t.Tail and stops without an
// error: the EPC is known by then.
func ParseTag(data []byte, t *Tag) error {
	*t = Tag{}
	c := frames.Cursor{Rest: data}
	t.EPC = block(&c)
	t.PC = c.U16()
	t.Antenna = c.U8()
	for len(c.Rest) > 0 && !c.Short {
		f := Field(c.Rest[0])
		rest := c.Rest
		c.Rest = c.Rest[1:]
		if !t.field(f, &c) {
			t.Tail = rest
			break
		}
		t.fields |= 1 << f
	}
	if c.Short {
		return ErrTagShort
	}
	return nil
}

// field reads one part, and reports false for a PID of unknown layout.
func (t *Tag) field(f Field, c *frames.Cursor) bool {
	switch f {
	case FieldRSSI:
		t.RSSI = c.U8()
	case FieldResult:
		t.Result = c.U8()
	case FieldTID:
		t.TID = block(c)
	case FieldUser:
		t.User = block(c)
	case FieldReserved:
		t.Reserved = block(c)
	case FieldSubAntenna:
		t.SubAntenna = c.U8()
	case FieldUTC:
		t.UTCSeconds, t.UTCMicroseconds = c.U32(), c.U32()
	case FieldFrequency:
		t.FrequencyKHz = c.U32()
	case FieldPhase:
		t.Phase = c.U8()
	case FieldEPCData:
		t.EPCData = block(c)
	case FieldLTU27:
		t.LTU27 = c.U16()
	case FieldLTU31:
		t.LTU31 = int16(c.U16()) //nolint:gosec // a signed word on the wire
	case FieldKunYue:
		t.KunYue = c.U16()
	case FieldRSSI16:
		t.RSSI16 = int16(c.U16()) //nolint:gosec // a signed word on the wire
	case FieldCRC:
		t.CRC = c.U16()
	case FieldReaderSerial:
		t.ReaderSerial = block(c)
	case FieldReplySerial:
		t.ReplySerial = c.U32()
	default:
		return false
	}
	return true
}

// Set marks fields as present, for AppendTag.
func (t *Tag) Set(fields ...Field) {
	for _, f := range fields {
		t.fields |= 1 << (f & 63)
	}
}

// AppendTag appends a CodeTag notification with the fields that t has, in the order of
// their PIDs, and t.Tail. The parts together must fit MaxData.
func AppendTag(dst []byte, t *Tag) []byte {
	dst, start := begin(dst, pcwVersion|uint32(CodeTag), 0)
	dst = appendBlock(dst, t.EPC)
	dst = binary.BigEndian.AppendUint16(dst, t.PC)
	dst = append(dst, t.Antenna)
	for f := FieldRSSI; f <= FieldReplySerial; f++ {
		if t.Has(f) {
			dst = t.appendField(append(dst, byte(f)), f)
		}
	}
	return finish(append(dst, t.Tail...), start)
}

func (t *Tag) appendField(dst []byte, f Field) []byte {
	switch f {
	case FieldRSSI:
		return append(dst, t.RSSI)
	case FieldResult:
		return append(dst, t.Result)
	case FieldTID:
		return appendBlock(dst, t.TID)
	case FieldUser:
		return appendBlock(dst, t.User)
	case FieldReserved:
		return appendBlock(dst, t.Reserved)
	case FieldSubAntenna:
		return append(dst, t.SubAntenna)
	case FieldUTC:
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(dst, t.UTCSeconds), t.UTCMicroseconds)
	case FieldFrequency:
		return binary.BigEndian.AppendUint32(dst, t.FrequencyKHz)
	case FieldPhase:
		return append(dst, t.Phase)
	case FieldEPCData:
		return appendBlock(dst, t.EPCData)
	case FieldLTU27:
		return binary.BigEndian.AppendUint16(dst, t.LTU27)
	case FieldLTU31:
		return binary.BigEndian.AppendUint16(dst, uint16(t.LTU31)) //nolint:gosec // a signed word on the wire
	case FieldKunYue:
		return binary.BigEndian.AppendUint16(dst, t.KunYue)
	case FieldRSSI16:
		return binary.BigEndian.AppendUint16(dst, uint16(t.RSSI16)) //nolint:gosec // a signed word on the wire
	case FieldCRC:
		return binary.BigEndian.AppendUint16(dst, t.CRC)
	case FieldReaderSerial:
		return appendBlock(dst, t.ReaderSerial)
	case FieldReplySerial:
		return binary.BigEndian.AppendUint32(dst, t.ReplySerial)
	}
	return dst
}
