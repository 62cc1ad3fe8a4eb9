// Package uhfreader is the protocol of the UHFReader series of UHF readers (UHFReader18,
// UHFReader86, UHFReader288M/MP, RRU, Chafon CF-RU and CF-MU): bytes to messages and back.
// It is pure: it does no I/O, reads no clock and logs nothing. It refuses every frame
// whose length or CRC does not hold.
//
// A request and its answer; Len counts what follows it:
//
//	+-----+---------+---------+--------+-----------+
//	| Len | address | command | data   | CRC (2)   |
//	+-----+---------+---------+--------+-----------+
//	+-----+---------+---------+--------+--------+-----------+
//	| Len | address | command | status | data   | CRC (2)   |
//	+-----+---------+---------+--------+--------+-----------+
//	│                                           │
//	└──────────── covered by the CRC ───────────┘
//
// The CRC is CRC-16/MCRF4XX (polynomial 8408 reflected, start FFFF), low byte first.
// There is no start byte: a frame is known by its CRC alone, so whoever waits for an answer
// must also compare address and command with the request.
//
// The address is 00 as delivered; FF reaches every reader, which answers with its own. A
// request with a bad CRC or an unknown command is answered with command 00, status FE; a
// request to a reader that is busy is lost.
//
// The records of an inventory have two layouts; which one a reader has, its type tells:
//
//	plain    count(1), count × ( Len(1) EPC(Len) )
//	antenna  antenna mask(1), count(1), count × ( Len(1) EPC(Len) RSSI(1) )
//
// The line is 57600 8N1 as delivered (9600 to 115200 selectable).
package uhfreader

import "trilock/firmware-protocols/frames"

// Command is the third byte of a frame.
type Command uint8

// The commands that are used here.
const (
	CommandNone         Command = 0x00 // in answers: the request was not understood
	CommandInventory    Command = 0x01
	CommandRead         Command = 0x02
	CommandWrite        Command = 0x03
	CommandKill         Command = 0x05
	CommandLock         Command = 0x06
	CommandInformation  Command = 0x21
	CommandSetChannels  Command = 0x22 // kept over a restart
	CommandSetScanTime  Command = 0x25 // kept over a restart
	CommandSetPower     Command = 0x2F // kept over a restart
	CommandSetMode18    Command = 0x35 // kept over a restart; readers of the plain layout
	CommandAntennaCheck Command = 0x66
	CommandSetMode288   Command = 0x76 // readers of the antenna layout
	CommandStop         Command = 0x93 // readers of the antenna layout
	CommandUnasked      Command = 0xEE // in answers: a record of real-time mode
)

// Addresses with a meaning.
const (
	AddressDefault   = 0x00
	AddressBroadcast = 0xFF
)

// Frame is one frame whose length and CRC held. Data points into the decoder's buffer
// and is valid until the decoder is used again.
type Frame struct {
	Address uint8
	Command Command
	// Data is the message's content, 0 to MaxData bytes; in an answer it begins with the status.
	Data []byte
}

// Reply reads the frame as an answer: its status and the data behind it. It reports false
// for a frame without a status, which is no answer.
func (f Frame) Reply() (Status, []byte, bool) {
	if len(f.Data) == 0 {
		return 0, nil, false
	}
	return Status(f.Data[0]), f.Data[1:], true
}

// AppendFrame appends f as it goes over the wire. It is the inverse of Decoder.Next.
// f.Data must not be longer than MaxData; that is the caller's invariant, and
// AppendFrame panics when it is broken.
func AppendFrame(dst []byte, f Frame) []byte {
	dst, start := begin(dst, f.Address, f.Command)
	return finish(append(dst, f.Data...), start)
}

// AppendReply appends an answer, as a reader does.
func AppendReply(dst []byte, address uint8, command Command, status Status, data ...byte) []byte {
	dst, start := begin(dst, address, command)
	return finish(append(append(dst, byte(status)), data...), start)
}

func begin(dst []byte, address uint8, command Command) ([]byte, int) {
	return append(dst, 0, address, byte(command)), len(dst)
}

func finish(dst []byte, start int) []byte {
	n := len(dst) - start + 1 // the CRC's two bytes count, Len itself does not
	if n > lenMax {
		panic("uhfreader: message longer than MaxData")
	}
	dst[start] = byte(n)
	sum := frames.CRC16MCRF4XX(dst[start:])
	return append(dst, byte(sum), byte(sum>>8))
}
