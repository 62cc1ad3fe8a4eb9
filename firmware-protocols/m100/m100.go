// Package m100 is the protocol of the single-chip UHF modules M100, QM100, YRM100,
// JRD-100, JRD-4035 and R200: bytes to messages and back. It is pure: it does no I/O,
// reads no clock and logs nothing. It refuses every frame whose length, checksum or tail
// does not hold.
//
// One frame, all integers big-endian:
//
//	+------+------+---------+------------+--------+----------+------+
//	| head | type | command | length (2) | data   | checksum | tail |
//	+------+------+---------+------------+--------+----------+------+
//	         │                                  │
//	         └────── their sum is the checksum ─┘
//
// Two families differ in head and tail alone: BB … 7E (M100 and most modules) and AA … DD
// (R200). All four bytes occur inside EPCs and nothing is escaped, so a frame is cut by
// its length and never by its tail.
//
// The checksum is eight bits. A tag's own CRC-16 comes with its record, and is verified here.
//
// A poll tells each tag in a notification, or error 15 when there was none. Nothing marks
// its end, nor the end of a series of polls.
//
// The line is 8N1, at 115200 or 9600 as delivered, depending on the module.
package m100

// Family is the pair of bytes that begin and end a frame.
type Family uint8

// The families. Any is for a decoder that does not know yet.
const (
	FamilyAny Family = iota
	FamilyBB         // BB … 7E
	FamilyAA         // AA … DD
)

const (
	headBB, tailBB = 0xBB, 0x7E
	headAA, tailAA = 0xAA, 0xDD
)

// delimiters returns the family's head and tail; those of FamilyBB for FamilyAny.
func (f Family) delimiters() (head, tail byte) {
	if f == FamilyAA {
		return headAA, tailAA
	}
	return headBB, tailBB
}

// familyOf returns the family that a head byte belongs to, or FamilyAny for no head.
func familyOf(head byte) Family {
	switch head {
	case headBB:
		return FamilyBB
	case headAA:
		return FamilyAA
	}
	return FamilyAny
}

// String names the family by its delimiters.
func (f Family) String() string {
	switch f {
	case FamilyBB:
		return "BB..7E"
	case FamilyAA:
		return "AA..DD"
	case FamilyAny:
	}
	return "any"
}

// Type is the second byte of a frame.
type Type uint8

// The types.
const (
	TypeCommand      Type = 0x00
	TypeResponse     Type = 0x01
	TypeNotification Type = 0x02
	typeLast              = TypeNotification
)

// Command is the third byte of a frame.
type Command uint8

// The commands that are used here.
const (
	CommandInformation Command = 0x03
	CommandSetRegion   Command = 0x07
	CommandGetRegion   Command = 0x08
	CommandGetSelect   Command = 0x0B
	CommandSetSelect   Command = 0x0C
	CommandGetQuery    Command = 0x0D
	CommandSetQuery    Command = 0x0E
	CommandSetBaud     Command = 0x11
	CommandSelectMode  Command = 0x12
	CommandPoll        Command = 0x22 // also in every tag notification
	CommandMultiPoll   Command = 0x27
	CommandStop        Command = 0x28
	CommandRead        Command = 0x39
	CommandWrite       Command = 0x49
	CommandKill        Command = 0x65
	CommandLock        Command = 0x82
	CommandSetPower    Command = 0xB6
	CommandGetPower    Command = 0xB7
	CommandError       Command = 0xFF // in responses only
)

// Frame is one frame whose length, checksum and tail held. Data points into the decoder's
// buffer and is valid until the decoder is used again.
type Frame struct {
	Family  Family
	Type    Type
	Command Command
	// Data is the message's content, 0 to MaxData bytes.
	Data []byte
}

// AppendFrame appends f as it goes over the wire. It is the inverse of Decoder.Next.
// f.Data must not be longer than MaxData; that is the caller's invariant, and
// AppendFrame panics when it is broken.
func AppendFrame(dst []byte, f Frame) []byte {
	if len(f.Data) > MaxData {
		panic("m100: message longer than MaxData")
	}
	head, tail := f.Family.delimiters()
	start := len(dst)
	n := len(f.Data)
	dst = append(dst, head, byte(f.Type), byte(f.Command), byte(n>>8), byte(n))
	dst = append(dst, f.Data...)
	return append(dst, sum(dst[start+1:]), tail)
}

// Request appends a command.
func (f Family) Request(dst []byte, command Command, data ...byte) []byte {
	return AppendFrame(dst, Frame{f, TypeCommand, command, data})
}

// Response appends an answer, as a module does.
func (f Family) Response(dst []byte, command Command, data ...byte) []byte {
	return AppendFrame(dst, Frame{f, TypeResponse, command, data})
}

// sum adds up p modulo 256.
func sum(p []byte) (s byte) {
	for _, b := range p {
		s += b
	}
	return s
}
