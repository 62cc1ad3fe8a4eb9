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
// The pace: a reader that answered a poll with an event is asked again at once, as often
// as it goes on. The first empty answer is followed by a pause of MinPollInterval, each
// further one by twice the pause before, up to the poll interval. Where one exchange fills
// most of the default interval (9600 baud) the line is used back to back all the time. A
// reader that does not answer is asked every ProbeInterval, the one not tried for longest
// first, and its handshake goes before everything else once it answers: it is back within
// 2 s of its return while no more than eight are missing on the line.
//
// Speed and addresses are changed by ChangeSpeed and ChangeAddress (osdp_COMSET), inside a
// session only. All readers of a line change their speed or none: see speedStage.
//
// What ends a session is what only the reader can have said, or what nobody else could
// have spoilt: a wrong MAC, a wrong sequence number under a MAC, number 0, NAK 4, 5 and 6
// under a MAC. A refusal in clear is answered by the same bytes once more, and believed
// when it is said again; a late copy of a reply that was taken already is known by its MAC
// and dropped; noise, echoes and lost replies are answered by repeats.
//
// Keys are changed by ChangeKey, inside a session only; old and new key are both looked
// for until the reader has proved the new one. The published default key SCBK-D is used in
// one case: inside the window of OpenInstall, for one reader, in the name of two persons,
// and for nothing but giving that reader a key.
//
// What it refuses, always: operation in clear text, the default key outside of such a
// window, and the 768 keys that are guessed first. A reader is online inside a secure
// channel that has proved itself with a MAC, or it is offline. Before the session stands
// only ID, CAP, CHLNG and SCRYPT are sent, and nothing a reader says in clear becomes a
// card, a key press or an input. What it can do is asked again inside the session: an
// answer in clear is worth nothing (Downgrade).
package osdp
