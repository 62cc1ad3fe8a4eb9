// Package osdp is the control panel's side of OSDP v2.2 (SIA OSDP, IEC 60839-11-5):
// frames, the secure channel, and a bus of several readers as a machine without I/O.
//
//	[FF] SOM ADDR LEN LEN CTRL [SCB_LEN SCB_TYPE SCB_DATA..] CODE DATA.. [MAC 4] CHECK
//	mark  53      little-endian        security block                            CRC-16, little-endian,
//	                                                                             or one checksum byte
//	ADDR  bits 0-6 address 0x00-0x7E, 0x7F is everybody; bit 7 set in replies
//	LEN   SOM to CHECK inclusive, without the mark
//	CTRL  bits 0-1 sequence number, bit 2 CRC instead of checksum, bit 3 security block present
//	MAC   with block types 0x15 to 0x18 only: the first 4 of 16 bytes
//
// Two machines are stacked. A link per reader knows sequence numbers, the handshake,
// the session and what to send next; the Bus owns the wire and lets exactly one
// command be outstanding on it:
//
//	link   identify ─► capabilities ─► challenge ─► cryptogram ─► proving ─► online
//	          ▲            │               │             │           │          │
//	          └────────────┴───────────────┴─────────────┴───────────┴──────────┘ any failure
//	Bus    gap (2 characters) ─► transmit ─► wait for the reply ─► gap ...
//
// Time and randomness come in as arguments; bytes to send, events and the next deadline
// come out as values.
//
// What it refuses, always: operation in clear text, the published default key SCBK-D,
// keys of sixteen equal bytes, and installing keys. A reader is online inside a secure
// channel that has proved itself with a MAC, or it is offline. Before the session stands
// only ID, CAP, CHLNG and SCRYPT are sent, and nothing a reader says in clear becomes a
// card, a key press or an input.
package osdp
