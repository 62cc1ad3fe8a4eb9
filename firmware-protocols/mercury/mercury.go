// Package mercury is the serial protocol of ThingMagic (Jadak) UHF modules (M5e, M6e,
// Micro, Nano, M7e) and of the modules by Silion that follow it: bytes to messages and
// back. It is pure: it does no I/O, reads no clock and logs nothing. It refuses every
// frame whose length or CRC does not hold.
//
// One frame, from the host and from the reader:
//
//	+----+-----+--------+------+-------+          +----+-----+--------+--------+------+-------+
//	| FF | Len | opcode | data | CRC   |          | FF | Len | opcode | status | data | CRC   |
//	|    | (1) | (1)    |      | (2)   |          |    | (1) | (1)    | (2)    |      | (2)   |
//	+----+-----+--------+------+-------+          +----+-----+--------+--------+------+-------+
//	                    └ Len ─┘                                               └ Len ─┘
//
// The two directions cannot be told apart by their bytes: a decoder is for one of them.
// Integers are big-endian. The CRC runs over everything between the head byte and itself
// and is no named one: the polynomial is 1021 and the register begins with FFFF, but the
// data are shifted in without the 16 zero bits that push them through.
//
// A polled round is four exchanges:
//
//	91 antenna    use this port
//	2A clear      forget what was read before
//	22 search     read for so many ms; the answer counts the tags, status 0400 means none
//	29 fetch      some of the records; again until as many came as were counted
//
// A record is the metadata that the request asked for, in the order of their flag bits,
// then the number of bits of what the tag sent (2), PC (2), XPC (2, if PC says so), EPC,
// and the tag's own CRC (2).
//
// FF is the head byte, may occur in data, and is also sent as padding to wake a module.
// The line is 115200 8N1 as delivered; the oldest modules may begin at 9600 (UNSURE).
package mercury

import "encoding/binary"

// Opcode is the third byte of a frame.
type Opcode uint8

// The opcodes that are used here. A setter is its getter + 30.
const (
	OpVersion        Opcode = 0x03
	OpBoot           Opcode = 0x04 // from the boot loader into the application
	OpReadSingle     Opcode = 0x21
	OpSearch         Opcode = 0x22 // read multiple; streamed records carry it as well
	OpWriteData      Opcode = 0x24
	OpLock           Opcode = 0x25
	OpKill           Opcode = 0x26
	OpReadData       Opcode = 0x28
	OpGetBuffer      Opcode = 0x29
	OpClearBuffer    Opcode = 0x2A
	OpMultiProtocol  Opcode = 0x2F // starts and stops continuous reading
	OpGetPower       Opcode = 0x62
	OpGetRegion      Opcode = 0x67
	OpGetTemperature Opcode = 0x72
	OpSetAntenna     Opcode = 0x91
	OpSetPower       Opcode = 0x92
	OpSetProtocol    Opcode = 0x93
	OpSetRegion      Opcode = 0x97
)

const head = 0xFF

// Frame is one frame whose length and CRC held. Data points into the decoder's buffer and
// is valid until the decoder is used again.
type Frame struct {
	Opcode Opcode
	// Request says that the host sent it; then there is no status.
	Request bool
	Status  Status
	// Data is the message's content, 0 to MaxData bytes.
	Data []byte
}

// AppendFrame appends f as it goes over the wire. It is the inverse of Decoder.Next.
// f.Data must not be longer than MaxData; that is the caller's invariant, and
// AppendFrame panics when it is broken.
func AppendFrame(dst []byte, f Frame) []byte {
	var start int
	if f.Request {
		dst, start = beginRequest(dst, f.Opcode)
		return finish(append(dst, f.Data...), start, headerRequest)
	}
	dst, start = beginAnswer(dst, f.Opcode, f.Status)
	return finish(append(dst, f.Data...), start, headerAnswer)
}

func beginRequest(dst []byte, op Opcode) ([]byte, int) {
	return append(dst, head, 0, byte(op)), len(dst)
}

func beginAnswer(dst []byte, op Opcode, status Status) ([]byte, int) {
	return append(dst, head, 0, byte(op), byte(status>>8), byte(status)), len(dst)
}

// finish fills in the length, which counts the data alone, and appends the CRC.
func finish(dst []byte, start, header int) []byte {
	n := len(dst) - start - header
	if n > MaxData {
		panic("mercury: message longer than MaxData")
	}
	dst[start+1] = byte(n) //nolint:gosec // at most MaxData
	return binary.BigEndian.AppendUint16(dst, crc16(dst[start+1:]))
}

// AppendQuery appends a request without data: OpVersion, OpBoot, OpClearBuffer,
// OpGetRegion or OpGetTemperature.
func AppendQuery(dst []byte, op Opcode) []byte {
	return AppendFrame(dst, Frame{Opcode: op, Request: true})
}

// AppendStatus appends an answer without data.
func AppendStatus(dst []byte, op Opcode, status Status) []byte {
	return AppendFrame(dst, Frame{Opcode: op, Status: status})
}

// AppendWake appends the padding that wakes a module out of a sleep mode. Decoders skip it.
func AppendWake(dst []byte) []byte {
	for range wakeBytes {
		dst = append(dst, head)
	}
	return dst
}
