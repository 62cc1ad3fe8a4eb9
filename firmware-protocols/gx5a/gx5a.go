// Package gx5a is the "5A" protocol of Guoxin-style UHF readers ("GX", SDK class
// MsgBase): bytes to messages and back. It is pure: it does no I/O, reads no clock and
// logs nothing. It refuses every frame whose length or CRC does not hold.
//
// One frame, all integers big-endian:
//
//	+----+---------------------+-----------+----------+----------+---------+
//	| 5A | PCW (4)             | address   | length   | data     | CRC (2) |
//	|    |                     | (RS-485   | (2)      | (length) |         |
//	|    |                     | only) (1) |          |          |         |
//	+----+---------------------+-----------+----------+----------+---------+
//	       │                                                     │
//	       └───────────── covered by the CRC ────────────────────┘
//
//	PCW bits 31-24 type, 00       13 RS-485 address follows
//	         23-16 version, 01    12 sent by the reader unasked (a notification)
//	         15-14 not described  11-8 category (1 application, 2 RFID, 4 update, 5 test)
//	                               7-0 message id
//
// The CRC is CRC-16/XMODEM: polynomial 1021, start 0, not reflected. (One vendor
// comment names polynomial 8005; every captured frame contradicts it.)
//
// The line is 115200 8N1 unless the reader was set otherwise.
package gx5a

// Code is what a message is: the notification bit, the category and the message id of
// the PCW, as the vendor's tables print them (bits 12 to 0).
type Code uint16

// Requests; the answer to a request carries the same code.
const (
	CodeReaderInfo      Code = 0x0100 // serial number, uptime, versions
	CodeBasebandVersion Code = 0x0101 // four bytes; the cheapest sign of life
	CodeCapabilities    Code = 0x0200 // power range, number of antennas
	CodeSetPower        Code = 0x0201
	CodeGetPower        Code = 0x0202
	CodeInventory       Code = 0x0210
	CodeWrite           Code = 0x0211
	CodeLock            Code = 0x0212
	CodeKill            Code = 0x0213
	CodeStop            Code = 0x02FF
)

// Notifications, which the reader sends unasked.
const (
	CodeInputStart Code = 0x1100 // a GPI's trigger condition began
	CodeInputStop  Code = 0x1101 // it ended
	CodeHeartbeat  Code = 0x1112 // to be echoed with the same counter
	CodeTag        Code = 0x1200 // one tag heard
	CodeReadEnd    Code = 0x1201 // the inventory is over
)

// Bits of the PCW.
const (
	pcwVersion      = 0x00010000
	pcwRS485        = 1 << 13
	pcwNotification = 1 << 12
	pcwCodeMask     = 0x1FFF
	categoryMin     = 1
	categoryMax     = 5
	head            = 0x5A
	wireVersion     = 0x01
)

// Frame is one frame whose length and CRC held. Data points into the decoder's buffer
// and is valid until the decoder is used again.
type Frame struct {
	// PCW is the protocol control word as it came.
	PCW uint32
	// Address is the reader's RS-485 address; only meaningful when RS485 says so.
	Address uint8
	// Data is the message's content, 0 to MaxData bytes.
	Data []byte
}

// Code returns what the message is.
func (f Frame) Code() Code { return Code(f.PCW & pcwCodeMask) }

// RS485 reports whether the frame carries an RS-485 address.
func (f Frame) RS485() bool { return f.PCW&pcwRS485 != 0 }

// Notification reports whether the reader sent the frame unasked.
func (f Frame) Notification() bool { return f.PCW&pcwNotification != 0 }

// Category returns the PCW's category, 1 to 5.
func (f Frame) Category() uint8 { return uint8(f.PCW >> 8 & 0x0F) }

// MID returns the PCW's message id.
func (f Frame) MID() uint8 { return uint8(f.PCW) }

// AppendFrame appends f as it goes over the wire. It is the inverse of Decoder.Next
// for every frame that Next returns. f.Data must not be longer than MaxData; that is
// the caller's invariant, and AppendFrame panics when it is broken.
func AppendFrame(dst []byte, f Frame) []byte {
	dst, start := begin(dst, f.PCW, f.Address)
	dst = append(dst, f.Data...)
	return finish(dst, start)
}

// begin appends a header with an open length and returns where the frame starts.
func begin(dst []byte, pcw uint32, address uint8) ([]byte, int) {
	start := len(dst)
	dst = append(dst, head, byte(pcw>>24), byte(pcw>>16), byte(pcw>>8), byte(pcw))
	if pcw&pcwRS485 != 0 {
		dst = append(dst, address)
	}
	return append(dst, 0, 0), start
}

// finish writes the length and appends the CRC of the frame that begins at start.
func finish(dst []byte, start int) []byte {
	body := start + headerLen(dst[start+3])
	n := len(dst) - body
	if n > MaxData {
		panic("gx5a: message longer than MaxData")
	}
	dst[body-2], dst[body-1] = byte(n>>8), byte(n)
	sum := crc16(dst[start+1:])
	return append(dst, byte(sum>>8), byte(sum))
}

// headerLen returns the bytes before the data, told by the PCW's third byte.
func headerLen(pcwThird byte) int {
	if pcwThird&(pcwRS485>>8) != 0 {
		return headerMax
	}
	return headerMax - 1
}

// message appends a frame without RS-485 address.
func message(dst []byte, code Code, data ...byte) []byte {
	return AppendFrame(dst, Frame{PCW: pcwVersion | uint32(code), Data: data})
}
