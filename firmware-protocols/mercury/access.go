package mercury

import (
	"encoding/binary"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/frames"
)

// A request that accesses a tag's memory begins with the time that it may take and an
// option byte, which says by what the tag is chosen; what the choice needs stands behind the
// request's own fields:
//
//	28 read   timeout(2) option(1) bank(1) word(4) words(1)         password(4) choice
//	24 write  timeout(2) option(1) word(4) bank(1)                  password(4) choice  data
//	25 lock   timeout(2) option(1) password(4) mask(2) action(2)                choice
//	26 kill   timeout(2) option(1) password(4) 00                               choice
//
//	choice    first bit(4) number of bits(1) mask
//
// The answer to a read is the option byte and the words; to the others it is a status alone.

// Choice is a part of the memory that the tag must have; a tag that has it not is left alone.
type Choice struct {
	// Bank is BankEPC, BankTID or BankUser.
	Bank epc.Bank
	// Bit is where in the bank the mask begins.
	Bit uint32
	// Mask is 1 to MaxChoice bytes.
	Mask []byte
}

const (
	// optionAddressedEPC chooses by the EPC bank with an address; the other banks' options
	// are their numbers.
	optionAddressedEPC = 0x04
	choiceHead         = 5
	bitsPerByte        = 8
)

func (c Choice) option() byte {
	if c.Bank == epc.BankEPC {
		return optionAddressedEPC
	}
	return byte(c.Bank)
}

func appendChoice(dst []byte, c Choice) []byte {
	dst = append(binary.BigEndian.AppendUint32(dst, c.Bit), byte(bitsPerByte*len(c.Mask))) //nolint:gosec // at most MaxChoice bytes
	return append(dst, c.Mask...)
}

// readChoice reads a choice off the front. Only masks of whole bytes are read.
func readChoice(option byte, c *frames.Cursor) (Choice, error) {
	choice := Choice{Bank: epc.Bank(option)}
	switch option {
	case optionAddressedEPC:
		choice.Bank = epc.BankEPC
	case byte(epc.BankTID), byte(epc.BankUser):
	default:
		return Choice{}, ErrLength
	}
	choice.Bit = c.U32()
	n := c.U8()
	choice.Mask = c.Take(int(n) / bitsPerByte)
	if c.Short || n == 0 || n%bitsPerByte != 0 {
		return Choice{}, ErrLength
	}
	return choice, nil
}

// ReadData asks for words of the chosen tag's memory.
type ReadData struct {
	TimeoutMS uint16
	Choice    Choice
	// AccessPassword is sent to the tag first; 0 sends none.
	AccessPassword epc.Password
	Bank           epc.Bank
	Word           uint32
	Words          uint8
}

// AppendReadData appends the request OpReadData.
func AppendReadData(dst []byte, r ReadData) []byte {
	dst, start := beginRequest(dst, OpReadData)
	dst = append(binary.BigEndian.AppendUint16(dst, r.TimeoutMS), r.Choice.option(), byte(r.Bank))
	dst = append(append(binary.BigEndian.AppendUint32(dst, r.Word), r.Words), r.AccessPassword.Bytes()...)
	return finish(appendChoice(dst, r.Choice), start, headerRequest)
}

// ParseReadData reads the data of that request, as a module does.
func ParseReadData(data []byte) (r ReadData, err error) {
	c := frames.Cursor{Rest: data}
	r.TimeoutMS = c.U16()
	option := c.U8()
	r.Bank, r.Word, r.Words = epc.Bank(c.U8()), c.U32(), c.U8()
	r.AccessPassword = epc.Password(c.U32())
	if r.Choice, err = readChoice(option, &c); err != nil || len(c.Rest) > 0 {
		return ReadData{}, ErrLength
	}
	return r, nil
}

// AppendDataRead appends the answer to a read, as a module does.
func AppendDataRead(dst []byte, c Choice, words []byte) []byte {
	dst, start := beginAnswer(dst, OpReadData, StatusOK)
	return finish(append(append(dst, c.option()), words...), start, headerAnswer)
}

// ParseDataRead reads the data of the answer to a read of so many words, which point into
// it. UNSURE whether all modules repeat the option byte in front: both forms are taken.
func ParseDataRead(data []byte, words uint8) ([]byte, error) {
	want := 2 * int(words)
	switch len(data) {
	case want:
		return data, nil
	case 1 + want:
		return data[1:], nil
	}
	return nil, ErrLength
}

// WriteData writes words into the chosen tag's memory.
type WriteData struct {
	TimeoutMS      uint16
	Choice         Choice
	AccessPassword epc.Password
	Bank           epc.Bank
	Word           uint32
	// Data is whole words; parsed, it points into the request's data.
	Data []byte
}

// AppendWriteData appends the request OpWriteData.
func AppendWriteData(dst []byte, w WriteData) []byte {
	dst, start := beginRequest(dst, OpWriteData)
	dst = append(binary.BigEndian.AppendUint32(append(binary.BigEndian.AppendUint16(dst, w.TimeoutMS), w.Choice.option()), w.Word), byte(w.Bank))
	dst = appendChoice(append(dst, w.AccessPassword.Bytes()...), w.Choice)
	return finish(append(dst, w.Data...), start, headerRequest)
}

// ParseWriteData reads the data of that request, as a module does.
func ParseWriteData(data []byte) (w WriteData, err error) {
	c := frames.Cursor{Rest: data}
	w.TimeoutMS = c.U16()
	option := c.U8()
	w.Word, w.Bank = c.U32(), epc.Bank(c.U8())
	w.AccessPassword = epc.Password(c.U32())
	if w.Choice, err = readChoice(option, &c); err != nil || len(c.Rest) < 2 || len(c.Rest)%2 != 0 {
		return WriteData{}, ErrLength
	}
	w.Data = c.Rest
	return w, nil
}

// Lock changes locks of the chosen tag, which takes that with its access password only.
type Lock struct {
	TimeoutMS      uint16
	Choice         Choice
	AccessPassword epc.Password
	Payload        epc.LockPayload
}

// AppendLock appends the request OpLock.
func AppendLock(dst []byte, l Lock) []byte {
	dst, start := beginRequest(dst, OpLock)
	dst = append(append(binary.BigEndian.AppendUint16(dst, l.TimeoutMS), l.Choice.option()), l.AccessPassword.Bytes()...)
	dst = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(dst, l.Payload.Mask()), l.Payload.Action())
	return finish(appendChoice(dst, l.Choice), start, headerRequest)
}

// ParseLock reads the data of that request, as a module does.
func ParseLock(data []byte) (l Lock, err error) {
	c := frames.Cursor{Rest: data}
	l.TimeoutMS = c.U16()
	option := c.U8()
	l.AccessPassword = epc.Password(c.U32())
	mask, action := c.U16(), c.U16()
	if l.Choice, err = readChoice(option, &c); err != nil || len(c.Rest) > 0 {
		return Lock{}, ErrLength
	}
	if l.Payload, err = epc.PayloadOf(mask, action); err != nil {
		return Lock{}, err
	}
	return l, nil
}

// Kill destroys the chosen tag.
type Kill struct {
	TimeoutMS uint16
	Choice    Choice
	Password  epc.Password
}

// AppendKill appends the request OpKill. UNSURE: the reserved byte behind the password is
// missing with the oldest modules.
func AppendKill(dst []byte, k Kill) []byte {
	dst, start := beginRequest(dst, OpKill)
	dst = append(append(binary.BigEndian.AppendUint16(dst, k.TimeoutMS), k.Choice.option()), k.Password.Bytes()...)
	return finish(appendChoice(append(dst, 0), k.Choice), start, headerRequest)
}

// ParseKill reads the data of that request, as a module does.
func ParseKill(data []byte) (k Kill, err error) {
	c := frames.Cursor{Rest: data}
	k.TimeoutMS = c.U16()
	option := c.U8()
	k.Password = epc.Password(c.U32())
	reserved := c.U8()
	if k.Choice, err = readChoice(option, &c); err != nil || len(c.Rest) > 0 || reserved != 0 {
		return Kill{}, ErrLength
	}
	return k, nil
}

// TagError returns the tag's own code out of a status; it reports false for the others.
func (s Status) TagError() (epc.TagError, bool) {
	switch s {
	case StatusTagOther, StatusTagOverrun, StatusTagLocked, StatusTagPower, StatusTagUnknown:
		return epc.TagError(s & 0x0F), true
	}
	return 0, false
}

// RefusedBy returns the status with which a module tells a tag's code.
func RefusedBy(e epc.TagError) Status { return StatusTagOther | Status(e)&0x0F }
