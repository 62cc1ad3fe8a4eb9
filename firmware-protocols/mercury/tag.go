package mercury

import (
	"encoding/binary"
	"errors"

	"trilock/firmware-protocols/frames"
)

// Metadata says which fields a tag record has; they come in the order of the bits.
type Metadata uint16

// The fields whose size is known. A record with any other cannot be read.
const (
	MetaReadCount Metadata = 1 << iota
	MetaRSSI
	MetaAntenna
	MetaFrequency
	MetaTimestamp
	MetaPhase
	MetaProtocol
	MetaData
	MetaGPIO

	metaKnown = MetaGPIO<<1 - 1
)

// pcXPC is the bit of PC that says that an XPC word follows.
const pcXPC = 0x0200

// Errors of tag records.
var (
	// ErrMetadata says that a record has fields whose size is not known.
	ErrMetadata = errors.New("mercury: tag record with metadata of unknown size")
	// ErrTagLength says that a record's length is not that of any tag.
	ErrTagLength = errors.New("mercury: tag record of impossible length")
	// ErrCount says that an answer holds more than the records it counts.
	ErrCount = errors.New("mercury: bytes behind the last tag record")
)

// Tag is one tag record. Its slices point into the bytes it was parsed from. What Fields
// does not name is zero.
type Tag struct {
	Fields    Metadata
	ReadCount uint8
	RSSIdBm   int8
	// AntennaTX and AntennaRX are ports, 1 to MaxPort.
	AntennaTX, AntennaRX uint8
	FrequencyKHz         uint32 // 24 bits on the wire
	TimestampMS          uint32 // since the search began
	Phase                uint16 // in the module's own unit
	Protocol             uint8
	// DataBits counts the bits of Data, what an embedded read brought.
	DataBits uint16
	Data     []byte
	GPIO     uint8

	PC  uint16
	XPC uint16 // only where PC says that there is one
	EPC []byte
	CRC uint16 // as the tag sent it; see TagCRC
}

// Has reports whether the record has a field.
func (t *Tag) Has(field Metadata) bool { return t.Fields&field != 0 }

// readTag reads one record. It allocates nothing. That the PC word counts as many words as
// there are is not asked: what follows PC can be truncated by the reader's own settings,
// and the frame's CRC has held.
func readTag(c *frames.Cursor, fields Metadata, t *Tag) error {
	*t = Tag{Fields: fields}
	if fields&^metaKnown != 0 {
		return ErrMetadata
	}
	t.readMetadata(c)
	bits := int(c.U16())
	t.PC = c.U16()
	rest := bits/8 - 2 - crcLen
	if t.PC&pcXPC != 0 {
		t.XPC = c.U16()
		rest -= 2
	}
	if rest < 0 || rest > MaxEPC || bits%16 != 0 {
		return ErrTagLength
	}
	t.EPC = c.Take(rest)
	t.CRC = c.U16()
	if c.Short {
		return ErrTagLength
	}
	return nil
}

func (t *Tag) readMetadata(c *frames.Cursor) {
	if t.Has(MetaReadCount) {
		t.ReadCount = c.U8()
	}
	if t.Has(MetaRSSI) {
		t.RSSIdBm = int8(c.U8()) //nolint:gosec // two's complement
	}
	if t.Has(MetaAntenna) {
		ports := c.U8()
		t.AntennaTX, t.AntennaRX = ports>>4, ports&0x0F
	}
	if t.Has(MetaFrequency) {
		t.FrequencyKHz = c.U24()
	}
	if t.Has(MetaTimestamp) {
		t.TimestampMS = c.U32()
	}
	if t.Has(MetaPhase) {
		t.Phase = c.U16()
	}
	if t.Has(MetaProtocol) {
		t.Protocol = c.U8()
	}
	if t.Has(MetaData) {
		t.DataBits = c.U16()
		t.Data = c.Take((int(t.DataBits) + 7) / 8)
	}
	if t.Has(MetaGPIO) {
		t.GPIO = c.U8()
	}
}

// appendTag is the inverse of readTag.
func appendTag(dst []byte, t *Tag) []byte {
	if t.Has(MetaReadCount) {
		dst = append(dst, t.ReadCount)
	}
	if t.Has(MetaRSSI) {
		dst = append(dst, byte(t.RSSIdBm)) //nolint:gosec // two's complement
	}
	if t.Has(MetaAntenna) {
		dst = append(dst, t.AntennaTX<<4|t.AntennaRX&0x0F)
	}
	if t.Has(MetaFrequency) {
		dst = append(dst, byte(t.FrequencyKHz>>16), byte(t.FrequencyKHz>>8), byte(t.FrequencyKHz))
	}
	if t.Has(MetaTimestamp) {
		dst = binary.BigEndian.AppendUint32(dst, t.TimestampMS)
	}
	if t.Has(MetaPhase) {
		dst = binary.BigEndian.AppendUint16(dst, t.Phase)
	}
	if t.Has(MetaProtocol) {
		dst = append(dst, t.Protocol)
	}
	if t.Has(MetaData) {
		dst = append(binary.BigEndian.AppendUint16(dst, t.DataBits), t.Data...)
	}
	if t.Has(MetaGPIO) {
		dst = append(dst, t.GPIO)
	}
	length := 2 + len(t.EPC) + crcLen
	if t.PC&pcXPC != 0 {
		length += 2
	}
	dst = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(dst, uint16(8*length)), t.PC) //nolint:gosec // finish refuses more than MaxData
	if t.PC&pcXPC != 0 {
		dst = binary.BigEndian.AppendUint16(dst, t.XPC)
	}
	return binary.BigEndian.AppendUint16(append(dst, t.EPC...), t.CRC)
}

// AppendGetBuffer appends the request for the next records of the buffer, with those fields.
func AppendGetBuffer(dst []byte, fields Metadata) []byte {
	dst, start := beginRequest(dst, OpGetBuffer)
	return finish(append(binary.BigEndian.AppendUint16(dst, uint16(fields)), 0), start, headerRequest)
}

// ParseGetBuffer reads the data of such a request.
func ParseGetBuffer(data []byte) (Metadata, error) {
	if len(data) != 3 || data[2] != 0 {
		return 0, ErrLength
	}
	return Metadata(data[0])<<8 | Metadata(data[1]), nil
}

// Buffer walks the records of one answer to OpGetBuffer.
type Buffer struct {
	Fields Metadata
	// Count is how many records the answer holds, and Left how many were not walked yet.
	Count, Left uint8
	rest        frames.Cursor
}

// ParseBuffer reads the head of the answer's data: fields(2), options(1), count(1).
func ParseBuffer(data []byte) (Buffer, error) {
	c := frames.Cursor{Rest: data}
	b := Buffer{Fields: Metadata(c.U16())}
	_ = c.U8() // the options, which repeat the request's
	b.Count = c.U8()
	b.Left, b.rest = b.Count, c
	if c.Short {
		return Buffer{}, ErrLength
	}
	return b, nil
}

// Next reads the next record into t. It reports false behind the last one, and returns an
// error when what is left is no record; then it must not be called again.
func (b *Buffer) Next(t *Tag) (bool, error) {
	if b.Left == 0 {
		if len(b.rest.Rest) > 0 {
			return false, ErrCount
		}
		return false, nil
	}
	b.Left--
	if err := readTag(&b.rest, b.Fields, t); err != nil {
		return false, err
	}
	return true, nil
}

// AppendBuffer appends an answer to OpGetBuffer with as many of the tags, from the front,
// as one frame holds, and returns how many those are. Every tag must have the same fields.
func AppendBuffer(dst []byte, fields Metadata, tags []Tag) ([]byte, int) {
	dst, start := beginAnswer(dst, OpGetBuffer, StatusOK)
	dst = append(binary.BigEndian.AppendUint16(dst, uint16(fields)), 0, 0)
	count := len(dst) - 1
	n := 0
	for i := range tags {
		grown := appendTag(dst, &tags[i])
		if len(grown)-start-headerAnswer > MaxData {
			break
		}
		dst, n = grown, n+1
	}
	dst[count] = byte(n) //nolint:gosec // a record has more than a byte
	return finish(dst, start, headerAnswer), n
}
