// Package feig is the serial protocol of FEIG's OBID i-scan and classic-pro readers, as
// far as inventories of HF tags (ISO 15693) and the blocks of their memory need it: bytes to
// messages and back. It is
// pure: it does no I/O, reads no clock and logs nothing. It refuses every frame whose
// length or CRC does not hold.
//
// There are two frames. A reader answers in the one that it was asked in, or in the
// advanced one when the answer is longer than 255 bytes:
//
//	+--------+---------+---------+----------+------+-------+
//	| Len    | address | command | [status] | data | CRC   |    standard
//	| (1)    | (1)     | (1)     |          |      | (2)   |
//	+--------+---------+---------+----------+------+-------+
//	+----+--------+---------+---------+----------+------+-------+
//	| 02 | Len    | address | command | [status] | data | CRC   |    advanced
//	|    | (2)    | (1)     | (1)     |          |      | (2)   |
//	+----+--------+---------+---------+----------+------+-------+
//
// Len counts the whole frame: 5 to 255, or 8 and more. No standard frame begins with 02.
// The length of an advanced frame is big-endian, the CRC little-endian: polynomial 8408
// (reflected), register FFFF, over everything before it. Only answers have a status.
//
// The address FF reaches every reader, which answers with its own. To a wrong CRC or
// another's address a reader says nothing. The line is 38400 8E1 as delivered: the parity
// is even. Between two frames it must be quiet for 5 ms; within one, bytes are at most
// 12 ms apart.
//
// Tags are named by their UID of 8 bytes, the most significant one (E0) first: it stands
// where a UHF tag has its EPC. Their signal strength and the antenna that heard them are
// not told.
package feig

import "trilock/firmware-protocols/frames"

// Command is the byte behind the address.
type Command uint8

// The commands that are used here.
const (
	CommandReadBuffer      Command = 0x22 // unasked: a notification
	CommandBaudDetection   Command = 0x52
	CommandSoftwareVersion Command = 0x65
	CommandRFReset         Command = 0x69 // switches the field off for a moment
	CommandReadConfig      Command = 0x80
	CommandISOHost         Command = 0xB0 // the first byte of its data says what to do
)

// AddressBroadcast reaches every reader.
const AddressBroadcast = 0xFF

// Frame is one frame whose length and CRC held. Data points into the decoder's buffer and
// is valid until the decoder is used again.
type Frame struct {
	// Advanced says which of the two frames it is.
	Advanced bool
	Address  uint8
	Command  Command
	// Data is everything between the command and the CRC; in an answer its first byte is
	// the status (see Answer).
	Data []byte
}

const advancedHead = 0x02

// AppendFrame appends f as it goes over the wire, in an advanced frame when f says so or
// when it does not fit the standard one; without data there is no advanced frame. It is
// the inverse of Decoder.Next. f.Data must
// not be longer than MaxData; that is the caller's invariant, and AppendFrame panics when
// it is broken.
func AppendFrame(dst []byte, f Frame) []byte {
	start := len(dst)
	n := len(f.Data) + standardOverhead
	if f.Advanced && len(f.Data) > 0 || n > standardMax {
		n = len(f.Data) + advancedOverhead
		if n > MaxFrame {
			panic("feig: message longer than MaxData")
		}
		dst = append(dst, advancedHead, byte(n>>8), byte(n))
	} else {
		dst = append(dst, byte(n))
	}
	dst = append(dst, f.Address, byte(f.Command))
	dst = append(dst, f.Data...)
	c := frames.CRC16MCRF4XX(dst[start:])
	return append(dst, byte(c), byte(c>>8))
}
