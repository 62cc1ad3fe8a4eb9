package mercury

import (
	"encoding/binary"
	"errors"

	"trilock/firmware-protocols/frames"
)

// StreamKind is what a frame of OpSearch is while a module reads continuously.
type StreamKind uint8

// The kinds.
const (
	StreamMalformed   StreamKind = iota
	StreamTag                    // one tag: ParseStreamTag
	StreamStatus                 // the module's own figures
	StreamEnd                    // the search has ended
	StreamAlive                  // no tag in the last second
	StreamFault                  // the search is disturbed: the frame's status says how
	StreamTemperature            // a report of the temperature
)

// Places and values in the data of a streamed message: option, search flags (2), metadata
// flags (2, if the option says so), response type.
const (
	streamOptionMeta = 0x10
	streamSearch     = 0x001B // the flags that its starters send
	streamTypeAt     = 5
	streamHeader     = streamTypeAt + 1
	streamTypeEnd    = 0x00
	streamTypeTag    = 0x01
	streamTypeStatus = 0x02
	temperatureLen   = 0x0A
)

// StreamKindOf tells the streamed messages apart.
func StreamKindOf(f Frame) StreamKind {
	n := len(f.Data)
	switch {
	case f.Request || f.Opcode != OpSearch:
		return StreamMalformed
	case n == 0 && f.Status == StatusNoTags:
		return StreamAlive
	case n == 0 && f.Status != StatusOK:
		return StreamFault
	case n == temperatureLen:
		return StreamTemperature
	case n < streamHeader || f.Data[0]&streamOptionMeta == 0:
		return StreamMalformed
	}
	switch f.Data[streamTypeAt] {
	case streamTypeTag:
		return StreamTag
	case streamTypeStatus:
		return StreamStatus
	case streamTypeEnd:
		return StreamEnd
	}
	return StreamMalformed
}

// errNoStreamTag says that a message is no streamed tag.
var errNoStreamTag = errors.New("mercury: not a streamed tag record")

// ParseStreamTag reads the data of a StreamTag. It allocates nothing.
func ParseStreamTag(data []byte, t *Tag) error {
	*t = Tag{}
	if len(data) < streamHeader || data[0]&streamOptionMeta == 0 || data[streamTypeAt] != streamTypeTag {
		return errNoStreamTag
	}
	c := frames.Cursor{Rest: data[streamHeader:]}
	if err := readTag(&c, Metadata(data[3])<<8|Metadata(data[4]), t); err != nil {
		return err
	}
	if len(c.Rest) > 0 {
		return ErrCount
	}
	return nil
}

// AppendStreamTag appends one streamed tag record.
func AppendStreamTag(dst []byte, t *Tag) []byte {
	dst, start := beginAnswer(dst, OpSearch, StatusOK)
	dst = binary.BigEndian.AppendUint16(append(dst, streamOptionMeta), streamSearch)
	dst = append(binary.BigEndian.AppendUint16(dst, uint16(t.Fields)), streamTypeTag)
	return finish(appendTag(dst, t), start, headerAnswer)
}

// AppendStart appends the request to read Gen2 tags continuously, as the maker's software
// sends it: all known metadata, and a sign of life every second. It is here to leave
// simulated readers and captures in the state that a crashed host leaves them in.
func AppendStart(dst []byte) []byte {
	const timeoutMS = 1000
	inner := binary.BigEndian.AppendUint16([]byte{byte(OpSearch), streamOptionMeta}, streamSearch)
	inner = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(inner, timeoutMS), uint16(metaKnown))
	data := []byte{0, 0, multiStart, byte(OpSearch), 0, 0, ProtocolGen2, byte(len(inner) - 1)} //nolint:gosec // eight bytes
	return AppendFrame(dst, Frame{Opcode: OpMultiProtocol, Request: true, Data: append(data, inner...)})
}

// multiStart is the third byte of an OpMultiProtocol request that starts reading.
const multiStart = 0x01

// IsStart reports whether a request starts continuous reading.
func IsStart(f Frame) bool {
	return f.Request && f.Opcode == OpMultiProtocol && len(f.Data) > 3 && f.Data[2] == multiStart
}
