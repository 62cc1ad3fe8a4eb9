// Package r2000 is the "A0" protocol of UHF readers built on Impinj's R2000 and E710
// (Rodinbell, Invelion, YanZeo, D2184, IND90x, YR901x and their relatives): bytes to
// messages and back. It is pure: it does no I/O, reads no clock and logs nothing. It
// refuses every frame whose length or check byte does not hold.
//
// One frame:
//
//	+----+-------+---------+---------+--------+-------+
//	| A0 | Len   | address | command | data   | check |
//	|    | (1)   | (1)     | (1)     |        | (1)   |
//	+----+-------+---------+---------+--------+-------+
//	             └──────────── Len bytes ─────────────┘
//
// The check byte makes the sum of the whole frame zero modulo 256. Integers in the data
// are big-endian. An answer carries the command it answers. The address is 01 as
// delivered, 00 on older firmware; FF reaches every reader, which answers with its own.
//
// The answers to an inventory all carry the same command; only the length of their data
// tells them apart:
//
//	1        the round failed with this error code
//	2        (fast switch only) port and error code; the round goes on
//	7        the end of the round
//	4 + 2n   one tag: FreqAnt(1) PC(2) EPC(2n) RSSI(1), two bytes more with phase
//
// The line is 115200 8N1 as delivered (38400 selectable).
package r2000

// Command is the fourth byte of a frame.
type Command uint8

// The commands that are used here.
const (
	CommandSetPowerStored    Command = 0x76 // survives a restart and wears the flash
	CommandSetPower          Command = 0x66 // until the next restart
	CommandFirmwareVersion   Command = 0x72
	CommandSetWorkAntenna    Command = 0x74
	CommandGetPower          Command = 0x77 // answer of 1 or 4 bytes
	CommandGetPowerEight     Command = 0x97 // answer of 8 bytes
	CommandRead              Command = 0x81
	CommandWrite             Command = 0x82
	CommandLock              Command = 0x83
	CommandKill              Command = 0x84
	CommandEPCMatch          Command = 0x85 // which tag the four before it go to
	CommandRealTimeInventory Command = 0x89
	CommandFastSwitch        Command = 0x8A
)

// Addresses with a meaning.
const (
	AddressDefault   = 0x01
	AddressOld       = 0x00
	AddressBroadcast = 0xFF
)

const head = 0xA0

// Frame is one frame whose length and check byte held. Data points into the decoder's
// buffer and is valid until the decoder is used again.
type Frame struct {
	Address uint8
	Command Command
	// Data is the message's content, 0 to MaxData bytes.
	Data []byte
}

// AppendFrame appends f as it goes over the wire. It is the inverse of Decoder.Next.
// f.Data must not be longer than MaxData; that is the caller's invariant, and
// AppendFrame panics when it is broken.
func AppendFrame(dst []byte, f Frame) []byte {
	dst, start := begin(dst, f.Address, f.Command)
	return finish(append(dst, f.Data...), start)
}

func begin(dst []byte, address uint8, command Command) ([]byte, int) {
	return append(dst, head, 0, address, byte(command)), len(dst)
}

func finish(dst []byte, start int) []byte {
	n := len(dst) - start - 1 // Len counts the check byte and itself not
	if n > lenMax {
		panic("r2000: message longer than MaxData")
	}
	dst[start+1] = byte(n)
	return append(dst, -sum(dst[start:]))
}

// sum adds up p modulo 256.
func sum(p []byte) (s byte) {
	for _, b := range p {
		s += b
	}
	return s
}
