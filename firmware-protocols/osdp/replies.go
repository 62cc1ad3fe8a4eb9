package osdp

import (
	"encoding/binary"
	"fmt"
)

// ReplyCode is the code of a reader's reply.
type ReplyCode uint8

// The replies of this package.
const (
	ReplyAck              ReplyCode = 0x40
	ReplyNak              ReplyCode = 0x41
	ReplyIdentity         ReplyCode = 0x45
	ReplyCapabilities     ReplyCode = 0x46
	ReplyLocalStatus      ReplyCode = 0x48
	ReplyInputs           ReplyCode = 0x49
	ReplyOutputs          ReplyCode = 0x4A
	ReplyReaders          ReplyCode = 0x4B
	ReplyCard             ReplyCode = 0x50
	ReplyKeypad           ReplyCode = 0x53
	ReplyCommunication    ReplyCode = 0x54
	ReplyClientCryptogram ReplyCode = 0x76
	ReplyInitialRMAC      ReplyCode = 0x78
	ReplyBusy             ReplyCode = 0x79
)

// NakCode says why a reader refused.
type NakCode uint8

// The reasons that the machine acts on, and the rest of the standard's list.
const (
	NakNone            NakCode = 0
	NakCheck           NakCode = 1
	NakLength          NakCode = 2
	NakUnknownCommand  NakCode = 3
	NakSequence        NakCode = 4
	NakNoSecureChannel NakCode = 5
	NakEncryptionWant  NakCode = 6
	NakBioType         NakCode = 7
	NakBioFormat       NakCode = 8
	NakRecord          NakCode = 9
)

// Reply is what a reader said: one of the types below.
type Reply interface{ isReply() }

// Ack says that the command was taken and there is nothing else to say.
type Ack struct{}

// Busy says that the command must be sent again a little later.
type Busy struct{}

// Nak is a refusal.
type Nak struct{ Code NakCode }

// Identity is a reader's PDID.
type Identity struct {
	Vendor         [3]byte // IEEE OUI
	Model, Version uint8
	Serial         uint32
	Firmware       [3]byte // major, minor, build
}

// String returns "vendor model.version serial firmware", for example "C3B2A1 2.1 5 1.2.3".
func (i Identity) String() string {
	return fmt.Sprintf("%X %d.%d %d %d.%d.%d", i.Vendor[:], i.Model, i.Version, i.Serial,
		i.Firmware[0], i.Firmware[1], i.Firmware[2])
}

// Function is a function number of PDCAP.
type Function uint8

// The functions that the panel reads.
const (
	FunctionInputs        Function = 1
	FunctionOutputs       Function = 2
	FunctionCardFormat    Function = 3
	FunctionLEDs          Function = 4
	FunctionBuzzer        Function = 5
	FunctionText          Function = 6
	FunctionCheck         Function = 8
	FunctionSecurity      Function = 9
	FunctionReceiveBuffer Function = 10
	FunctionReaders       Function = 13
)

// Capability is one record of PDCAP. Unknown functions are kept.
type Capability struct {
	Function     Function
	Level, Count uint8
}

// Capabilities is a reader's PDCAP.
type Capabilities []Capability

// Find returns the record of a function.
func (c Capabilities) Find(f Function) (Capability, bool) {
	for _, one := range c {
		if one.Function == f {
			return one, true
		}
	}
	return Capability{}, false
}

// ReceiveSize is how long a frame the reader takes: what it says, at least MinReceive
// (which every reader must take) and at most MaxFrame.
func (c Capabilities) ReceiveSize() int {
	one, _ := c.Find(FunctionReceiveBuffer)
	return min(max(int(one.Level)|int(one.Count)<<8, MinReceive), MaxFrame)
}

// Secure reports whether the reader says that it has the secure channel (AES-128).
func (c Capabilities) Secure() bool {
	one, _ := c.Find(FunctionSecurity)
	return one.Level&1 == 1
}

// LocalStatus is a reader's LSTATR.
type LocalStatus struct{ Tamper, PowerFailure bool }

// InputState is one input of ISTATR.
type InputState uint8

// The states of an input.
const (
	InputInactive InputState = iota
	InputActive
	InputShort
	InputOpen
	InputFault
	InputUnknown
)

// Inputs is a reader's ISTATR, input 0 first, at most MaxContacts of them.
type Inputs []InputState

// Outputs is a reader's OSTATR, output 0 first, at most MaxContacts of them.
type Outputs []bool

// AttachedState is one reader of RSTATR.
type AttachedState uint8

// The states of an attached reader.
const (
	AttachedNormal AttachedState = iota
	AttachedMissing
	AttachedTamper
)

// Attached is a reader's RSTATR, at most MaxContacts of them.
type Attached []AttachedState

// CardFormat is what a reader says about the bits of a card.
type CardFormat uint8

// The formats of osdp_RAW.
const (
	FormatUnspecified CardFormat = iota
	FormatWiegand
)

// CardData is a reader's RAW: the first bit is the highest of Data[0]; unused low bits
// of the last byte are zero.
type CardData struct {
	Reader uint8
	Format CardFormat
	Bits   uint16
	Data   []byte
}

// Keys is a reader's KEYPAD: '0' to '9', 0x7F for '*' or clear, 0x0D for '#' or enter,
// 'A' to 'H' for function keys. They may be digits of a PIN: never log them.
type Keys struct {
	Reader uint8
	Keys   []byte
}

// Communication is a reader's COM: what it will use from now on.
type Communication struct {
	Address       uint8
	BitsPerSecond uint32
}

// ClientProof is a reader's CCRYPT.
type ClientProof struct {
	ClientID   [8]byte
	RndB       [8]byte
	Cryptogram [16]byte
}

// InitialRMAC is a reader's RMAC_I.
type InitialRMAC [16]byte

// Unknown is a reply that this package does not read, or whose content does not fit its
// code; its data is kept as it came.
type Unknown struct {
	Code ReplyCode
	Data []byte
}

func (Ack) isReply()           {}
func (Busy) isReply()          {}
func (Nak) isReply()           {}
func (Identity) isReply()      {}
func (Capabilities) isReply()  {}
func (LocalStatus) isReply()   {}
func (Inputs) isReply()        {}
func (Outputs) isReply()       {}
func (Attached) isReply()      {}
func (CardData) isReply()      {}
func (Keys) isReply()          {}
func (Communication) isReply() {}
func (ClientProof) isReply()   {}
func (InitialRMAC) isReply()   {}
func (Unknown) isReply()       {}

// ParseReply reads a reply's data, in clear. It never fails: what does not fit is
// Unknown, which no part of the machine takes for anything else.
func ParseReply(code ReplyCode, data []byte) Reply {
	var r Reply
	switch code {
	case ReplyAck:
		r = Ack{}
	case ReplyBusy:
		r = Busy{}
	case ReplyNak:
		r = parseNak(data)
	case ReplyIdentity:
		r = parseIdentity(data)
	case ReplyCapabilities:
		r = parseCapabilities(data)
	case ReplyLocalStatus:
		r = parseLocalStatus(data)
	case ReplyInputs:
		r = parseInputs(data)
	case ReplyOutputs:
		r = parseOutputs(data)
	case ReplyReaders:
		r = parseAttached(data)
	case ReplyCard:
		r = parseCard(data)
	case ReplyKeypad:
		r = parseKeys(data)
	case ReplyCommunication:
		r = parseCommunication(data)
	case ReplyClientCryptogram:
		r = parseClientProof(data)
	case ReplyInitialRMAC:
		r = parseInitialRMAC(data)
	}
	if r == nil {
		return Unknown{Code: code, Data: append([]byte(nil), data...)}
	}
	return r
}

// The parsers return nil for data that does not fit. Longer data than needed is
// accepted where later versions of the standard may add to the end.

func parseNak(data []byte) Reply {
	if len(data) < 1 {
		return nil
	}
	return Nak{Code: NakCode(data[0])}
}

func parseIdentity(data []byte) Reply {
	if len(data) < 12 {
		return nil
	}
	return Identity{
		Vendor: [3]byte(data[:3]), Model: data[3], Version: data[4],
		Serial: binary.LittleEndian.Uint32(data[5:]), Firmware: [3]byte(data[9:12]),
	}
}

func parseCapabilities(data []byte) Reply {
	if len(data)%3 != 0 || len(data)/3 > MaxCapabilities {
		return nil
	}
	caps := make(Capabilities, 0, len(data)/3)
	for i := 0; i < len(data); i += 3 {
		caps = append(caps, Capability{Function(data[i]), data[i+1], data[i+2]})
	}
	return caps
}

func parseLocalStatus(data []byte) Reply {
	if len(data) < 2 {
		return nil
	}
	return LocalStatus{Tamper: data[0] != 0, PowerFailure: data[1] != 0}
}

func parseInputs(data []byte) Reply {
	data = data[:min(len(data), MaxContacts)]
	inputs := make(Inputs, len(data))
	for i, b := range data {
		inputs[i] = min(InputState(b), InputUnknown)
	}
	return inputs
}

func parseOutputs(data []byte) Reply {
	data = data[:min(len(data), MaxContacts)]
	outputs := make(Outputs, len(data))
	for i, b := range data {
		outputs[i] = b != 0
	}
	return outputs
}

func parseAttached(data []byte) Reply {
	data = data[:min(len(data), MaxContacts)]
	attached := make(Attached, len(data))
	for i, b := range data {
		attached[i] = AttachedState(b)
	}
	return attached
}

func parseCard(data []byte) Reply {
	if len(data) < 4 {
		return nil
	}
	bits := binary.LittleEndian.Uint16(data[2:])
	raw := append([]byte(nil), data[4:]...)
	if bits == 0 || bits > MaxCardBits || len(raw) != (int(bits)+7)/8 {
		return nil
	}
	if unused := (8 - bits%8) % 8; unused > 0 {
		raw[len(raw)-1] &= 0xFF << unused // one card, one number, whatever a reader leaves there
	}
	return CardData{Reader: data[0], Format: CardFormat(data[1]), Bits: bits, Data: raw}
}

func parseKeys(data []byte) Reply {
	if len(data) < 2 || int(data[1]) != len(data)-2 {
		return nil
	}
	return Keys{Reader: data[0], Keys: append([]byte(nil), data[2:]...)}
}

func parseCommunication(data []byte) Reply {
	if len(data) < 5 {
		return nil
	}
	return Communication{Address: data[0], BitsPerSecond: binary.LittleEndian.Uint32(data[1:])}
}

func parseClientProof(data []byte) Reply {
	if len(data) != 32 {
		return nil
	}
	return ClientProof{[8]byte(data[:8]), [8]byte(data[8:16]), [16]byte(data[16:])}
}

func parseInitialRMAC(data []byte) Reply {
	if len(data) != 16 {
		return nil
	}
	return InitialRMAC(data)
}
