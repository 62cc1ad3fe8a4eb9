package gx5a

import (
	"encoding/binary"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/frames"
)

// An access goes to the tags that have a Filter's bits. A write, a lock and a kill are
// answered with one byte. A read is a single inventory of one antenna that asks for parts of
// the memory: its tag records carry them, and a result.
//
//	11 write  antennas(4) bank(1) word(2) length(2) data  [01 filter] [02 password(4)]
//	12 lock   antennas(4) area(1) mode(1)                 [01 filter] [02 password(4)]
//	13 kill   antennas(4) password(4)                     [01 filter]
//	10 read   antennas(4) 00  [01 filter]  02 01 words | 03, 04 or 09 word(2) words(1)  [05 password(4)]
//
//	filter    length(2) bank(1) first bit(2) number of bits(1) bits

// Filter is a part of the memory that a tag must have.
type Filter struct {
	// Bank is BankEPC, BankTID or BankUser.
	Bank epc.Bank
	// Bit is where in the bank the mask begins.
	Bit uint16
	// Mask is 1 to MaxMask bytes; parsed, it points into the request's data.
	Mask []byte
}

// Options of requests, by the numbers that they have in inventories; optionAccess is the
// password's in all other requests.
const (
	optionFilter   = 0x01
	optionUser     = 0x03
	optionReserved = 0x04
	optionPassword = 0x05
	optionEPC      = 0x09
	optionAccess   = 0x02
	tidFixed       = 1 // that many words, no fewer
	filterHead     = 4
	bitsPerByte    = 8
)

func appendFilter(dst []byte, f Filter) []byte {
	if len(f.Mask) == 0 {
		return dst
	}
	dst = append(binary.BigEndian.AppendUint16(append(dst, optionFilter), uint16(filterHead+len(f.Mask))), byte(f.Bank)) //nolint:gosec // at most MaxMask
	return append(append(binary.BigEndian.AppendUint16(dst, f.Bit), byte(bitsPerByte*len(f.Mask))), f.Mask...)           //nolint:gosec // as above
}

// readFilter reads what follows optionFilter. Only masks of whole bytes are read.
func readFilter(c *frames.Cursor) (Filter, error) {
	body := frames.Cursor{Rest: block(c)}
	f := Filter{Bank: epc.Bank(body.U8()), Bit: body.U16()}
	bits := body.U8()
	f.Mask = body.Rest
	switch {
	case c.Short || body.Short:
		return Filter{}, ErrShort
	case bits == 0 || bits%bitsPerByte != 0 || len(f.Mask) != int(bits)/bitsPerByte:
		return Filter{}, ErrLong
	}
	return f, nil
}

func appendPassword(dst []byte, option byte, p epc.Password) []byte {
	if p == 0 {
		return dst
	}
	return append(append(dst, option), p.Bytes()...)
}

// access is the options that writes and locks have.
type access struct {
	filter   Filter
	password epc.Password
}

func readAccess(c *frames.Cursor) (a access, err error) {
	for len(c.Rest) > 0 && err == nil && !c.Short {
		switch c.U8() {
		case optionFilter:
			a.filter, err = readFilter(c)
		case optionAccess:
			a.password = epc.Password(c.U32())
		default:
			return access{}, ErrLong
		}
	}
	if c.Short {
		err = ErrShort
	}
	if err != nil {
		return access{}, err
	}
	return a, nil
}

// Write writes words into a tag's memory.
type Write struct {
	Antennas       uint32
	Filter         Filter
	AccessPassword epc.Password
	Bank           epc.Bank
	Word           uint16
	// Data is whole words; parsed, it points into the request's data.
	Data []byte
}

// AppendWrite appends the request CodeWrite; its answer is read with ParseResult.
func AppendWrite(dst []byte, w Write) []byte {
	dst, start := begin(dst, pcwVersion|uint32(CodeWrite), 0)
	dst = appendBlock(binary.BigEndian.AppendUint16(append(binary.BigEndian.AppendUint32(dst, w.Antennas), byte(w.Bank)), w.Word), w.Data)
	return finish(appendPassword(appendFilter(dst, w.Filter), optionAccess, w.AccessPassword), start)
}

// ParseWrite reads the data of that request, as a reader does.
func ParseWrite(data []byte) (Write, error) {
	c := frames.Cursor{Rest: data}
	w := Write{Antennas: c.U32(), Bank: epc.Bank(c.U8()), Word: c.U16(), Data: block(&c)}
	a, err := readAccess(&c)
	switch {
	case err != nil:
		return Write{}, err
	case len(w.Data) < 2 || len(w.Data)%2 != 0:
		return Write{}, ErrShort
	}
	w.Filter, w.AccessPassword = a.filter, a.password
	return w, nil
}

// Lock changes the lock of one area, which a tag takes with its access password only.
type Lock struct {
	Antennas       uint32
	Filter         Filter
	AccessPassword epc.Password
	Change         epc.LockChange
}

// lockMode is the protocol's number of a state: unlocked, locked, and both for ever. Its
// numbers of the areas are those of package epc.
func lockMode(s epc.LockState) byte {
	return map[epc.LockState]byte{epc.Unlocked: 0, epc.Locked: 1, epc.PermanentlyUnlocked: 2, epc.PermanentlyLocked: 3}[s]
}

// AppendLock appends the request CodeLock; its answer is read with ParseResult.
func AppendLock(dst []byte, l Lock) []byte {
	dst, start := begin(dst, pcwVersion|uint32(CodeLock), 0)
	dst = append(binary.BigEndian.AppendUint32(dst, l.Antennas), byte(l.Change.Area), lockMode(l.Change.State))
	return finish(appendPassword(appendFilter(dst, l.Filter), optionAccess, l.AccessPassword), start)
}

// ParseLock reads the data of that request, as a reader does.
func ParseLock(data []byte) (Lock, error) {
	c := frames.Cursor{Rest: data}
	l := Lock{Antennas: c.U32(), Change: epc.LockChange{Area: epc.LockArea(c.U8())}}
	mode := c.U8()
	a, err := readAccess(&c)
	if err != nil {
		return Lock{}, err
	}
	for s := epc.Unlocked; s <= epc.PermanentlyLocked; s++ {
		if lockMode(s) == mode {
			l.Change.State = s
		}
	}
	if _, err := epc.Payload(l.Change); err != nil || mode > lockMode(epc.PermanentlyLocked) {
		return Lock{}, ErrLong
	}
	l.Filter, l.AccessPassword = a.filter, a.password
	return l, nil
}

// Kill destroys a tag.
type Kill struct {
	Antennas uint32
	Filter   Filter
	Password epc.Password
}

// AppendKill appends the request CodeKill; its answer is read with ParseResult. UNSURE: one
// of the maker's samples sends the password's bytes in reverse; all else here is big-endian.
func AppendKill(dst []byte, k Kill) []byte {
	dst, start := begin(dst, pcwVersion|uint32(CodeKill), 0)
	dst = append(binary.BigEndian.AppendUint32(dst, k.Antennas), k.Password.Bytes()...)
	return finish(appendFilter(dst, k.Filter), start)
}

// ParseKill reads the data of that request, as a reader does.
func ParseKill(data []byte) (Kill, error) {
	c := frames.Cursor{Rest: data}
	k := Kill{Antennas: c.U32(), Password: epc.Password(c.U32())}
	a, err := readAccess(&c)
	switch {
	case err != nil:
		return Kill{}, err
	case a.password != 0:
		return Kill{}, ErrLong
	}
	k.Filter = a.filter
	return k, nil
}

// Read is a single inventory that asks for words of the tags' memory.
type Read struct {
	Antennas       uint32
	Filter         Filter
	AccessPassword epc.Password
	// Words is what to read. TIDs are always read from their first word on: Word is 0 there.
	Words epc.Words
}

// AppendRead appends the request, a CodeInventory. Its answer is one of an inventory's, and
// its tag records are read with ReadOf.
func AppendRead(dst []byte, r Read) []byte {
	dst, start := begin(dst, pcwVersion|uint32(CodeInventory), 0)
	dst = appendFilter(append(binary.BigEndian.AppendUint32(dst, r.Antennas), 0), r.Filter)
	if r.Words.Bank == epc.BankTID {
		dst = append(dst, optionTID, tidFixed, r.Words.Count)
	} else {
		dst = append(binary.BigEndian.AppendUint16(append(dst, readOption(r.Words.Bank)), r.Words.Word), r.Words.Count)
	}
	return finish(appendPassword(dst, optionPassword, r.AccessPassword), start)
}

func readOption(b epc.Bank) byte {
	switch b {
	case epc.BankReserved:
		return optionReserved
	case epc.BankUser:
		return optionUser
	}
	return optionEPC
}

// ParseReadRequest reads the data of an inventory as such a request, as a reader does. It
// refuses an inventory that asks for nothing or for several parts of the memory.
func ParseReadRequest(data []byte) (Read, error) {
	c := frames.Cursor{Rest: data}
	r := Read{Antennas: c.U32()}
	single := c.U8() == 0
	parts := 0
	for len(c.Rest) > 0 && !c.Short {
		var err error
		switch option := c.U8(); option {
		case optionFilter:
			r.Filter, err = readFilter(&c)
		case optionTID:
			parts++
			_ = c.U8() // the mode
			r.Words = epc.Words{Bank: epc.BankTID, Count: c.U8()}
		case optionReserved, optionUser, optionEPC:
			parts++
			bank := map[uint8]epc.Bank{optionReserved: epc.BankReserved, optionUser: epc.BankUser, optionEPC: epc.BankEPC}[option]
			r.Words = epc.Words{Bank: bank, Word: c.U16(), Count: c.U8()}
		case optionPassword:
			r.AccessPassword = epc.Password(c.U32())
		default:
			return Read{}, ErrLong
		}
		if err != nil {
			return Read{}, err
		}
	}
	if c.Short || parts != 1 || !single {
		return Read{}, ErrShort
	}
	return r, nil
}

// ReadOf returns what a tag record holds of the bank that was asked for; it reports false
// for a record without it.
func (t *Tag) ReadOf(b epc.Bank) ([]byte, bool) {
	switch b {
	case epc.BankReserved:
		return t.Reserved, t.Has(FieldReserved)
	case epc.BankEPC:
		return t.EPCData, t.Has(FieldEPCData)
	case epc.BankTID:
		return t.TID, t.Has(FieldTID)
	case epc.BankUser:
		return t.User, t.Has(FieldUser)
	}
	return nil, false
}

// SetRead puts words of a bank into a tag record, as a reader does.
func (t *Tag) SetRead(b epc.Bank, words []byte) {
	switch b {
	case epc.BankReserved:
		t.Reserved = words
		t.Set(FieldReserved)
	case epc.BankEPC:
		t.EPCData = words
		t.Set(FieldEPCData)
	case epc.BankTID:
		t.TID = words
		t.Set(FieldTID)
	case epc.BankUser:
		t.User = words
		t.Set(FieldUser)
	}
}

// AccessResult is the byte that answers a write or a lock.
type AccessResult uint8

// The results. Those of a kill have other numbers: see KillResult.
const (
	AccessDone AccessResult = iota
	AccessAntenna
	AccessFilter
	AccessParameter
	AccessCRC
	AccessPower
	AccessOverrun
	AccessLocked
	AccessPassword
	AccessOther
	AccessTagLost
	AccessCommand
)

// String says the result in words.
func (r AccessResult) String() string {
	return text(uint8(r), "done", "antenna port", "filter", "parameter", "the tag's CRC", "not enough power for the tag",
		"no such memory", "memory is locked", "access password is wrong", "other error of the tag", "the tag is gone", "the reader could not send the command")
}

// KillResult is the byte that answers a kill.
type KillResult uint8

// The results that a driver must tell apart.
const (
	KillDone     KillResult = 0
	KillFilter   KillResult = 2
	KillPower    KillResult = 4
	KillPassword KillResult = 5
	KillOther    KillResult = 6
	KillTagLost  KillResult = 7
)

// String says the result in words.
func (r KillResult) String() string {
	return text(uint8(r), "done", "antenna port", "filter", "the tag's CRC", "not enough power for the tag", "kill password is wrong",
		"other error of the tag", "the tag is gone", "the reader could not send the command")
}

// ReadResult is the field FieldResult of a record that was asked for words. UNSURE: its
// numbers are not in any document; every one but ReadDone is a failure.
type ReadResult uint8

// The results that a driver must tell apart.
const (
	ReadDone     ReadResult = 0
	ReadNoAnswer ReadResult = 1
	ReadLocked   ReadResult = 3
	ReadOverrun  ReadResult = 4
	ReadPassword ReadResult = 5
	ReadOther    ReadResult = 6
)

// String says the result in words.
func (r ReadResult) String() string {
	return text(uint8(r), "done", "the tag does not answer", "the tag's CRC", "memory is locked", "no such memory", "access password is wrong",
		"other error of the tag", "other error of the reader")
}
