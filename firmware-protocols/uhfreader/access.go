package uhfreader

import (
	"errors"

	"trilock/firmware-protocols/epc"
)

// A request that accesses a tag's memory names the tag by its EPC, or, to readers of the
// antenna layout, by a mask over one of its banks: then ENum is FF, there is no EPC, and
// the mask stands at the end. A request that names no tag goes to any; none is made here.
//
//	02 read   ENum EPC bank word count password(4)                  [mask]
//	03 write  WNum ENum EPC bank word data password(4)              [mask]
//	05 kill   ENum EPC kill password(4)                             [mask]
//	06 lock   ENum EPC area state password(4)                       [mask]
//
//	mask      bank(1) first bit(2) number of bits(1) bits
//
// WNum and ENum count words. What follows the status FC of an answer is the tag's own code.

// Errors of requests that access tags.
var (
	// ErrTarget says that a request names no tag, or in a way that is not known here.
	ErrTarget = errors.New("uhfreader: request that names no tag")
	// ErrLock says that a request asks for a lock that does not exist.
	ErrLock = errors.New("uhfreader: no such lock")
)

// Target names a tag: by EPC, or by Mask when EPC is empty.
type Target struct {
	// EPC is whole words, 2 to MaxTargetEPC bytes.
	EPC []byte
	// Bank, Bit and Mask are a part of the memory that the tag must have; Mask is 1 to
	// MaxMask bytes.
	Bank epc.Bank
	Bit  uint16
	Mask []byte
}

const (
	byMask      = 0xFF // in place of ENum
	maskHead    = 4
	bitsPerByte = 8
	accessPass  = 4
)

// appendName appends ENum and EPC, or what stands in their place.
func (t Target) appendName(dst []byte) []byte {
	if len(t.EPC) == 0 {
		return append(dst, byMask)
	}
	return append(append(dst, byte(len(t.EPC)/2)), t.EPC...) //nolint:gosec // at most MaxTargetEPC
}

// appendMask appends the mask of a target that is named by one.
func (t Target) appendMask(dst []byte) []byte {
	if len(t.EPC) > 0 {
		return dst
	}
	dst = append(dst, byte(t.Bank), byte(t.Bit>>8), byte(t.Bit), byte(bitsPerByte*len(t.Mask))) //nolint:gosec // at most MaxMask
	return append(dst, t.Mask...)
}

// cutName takes ENum and EPC off the front of p; masked says that a mask ends the request.
func cutName(p []byte) (t Target, rest []byte, masked bool, err error) {
	switch {
	case len(p) < 1:
		return t, nil, false, ErrLength
	case p[0] == byMask:
		return t, p[1:], true, nil
	case p[0] < 1 || p[0] > MaxTargetEPC/2:
		return t, nil, false, ErrTarget
	}
	n := 1 + 2*int(p[0])
	if len(p) < n {
		return t, nil, false, ErrLength
	}
	t.EPC = p[1:n:n]
	return t, p[n:], false, nil
}

// cutMask reads the rest of a request, which is its mask or nothing. Only masks of whole
// bytes are read.
func (t Target) cutMask(p []byte, masked bool) (Target, error) {
	if !masked {
		if len(p) > 0 {
			return Target{}, ErrLength
		}
		return t, nil
	}
	if len(p) < maskHead || p[3] == 0 || p[3]%bitsPerByte != 0 || len(p) != maskHead+int(p[3])/bitsPerByte {
		return Target{}, ErrTarget
	}
	t.Bank, t.Bit, t.Mask = epc.Bank(p[0]), uint16(p[1])<<8|uint16(p[2]), p[maskHead:]
	return t, nil
}

// ReadRequest asks for words of a tag's memory.
type ReadRequest struct {
	Target Target
	// AccessPassword is sent to the tag first; 0 sends none.
	AccessPassword epc.Password
	Bank           epc.Bank
	// Word is the first of Words words, 1 to MaxReadWords.
	Word, Words uint8
}

// AppendRead appends the request CommandRead.
func AppendRead(dst []byte, address uint8, r ReadRequest) []byte {
	dst, start := begin(dst, address, CommandRead)
	dst = append(r.Target.appendName(dst), byte(r.Bank), r.Word, r.Words)
	return finish(r.Target.appendMask(append(dst, r.AccessPassword.Bytes()...)), start)
}

// ParseRead reads the data of that request, as a reader does.
func ParseRead(data []byte) (ReadRequest, error) {
	t, p, masked, err := cutName(data)
	if err != nil {
		return ReadRequest{}, err
	}
	const size = 3 + accessPass
	if len(p) < size || p[2] < 1 || p[2] > MaxReadWords {
		return ReadRequest{}, ErrLength
	}
	r := ReadRequest{AccessPassword: epc.PasswordOf([4]byte(p[3:])), Bank: epc.Bank(p[0]), Word: p[1], Words: p[2]}
	if r.Target, err = t.cutMask(p[size:], masked); err != nil {
		return ReadRequest{}, err
	}
	return r, nil
}

// ParseWords reads the answer to a read of so many words, behind its status. The words
// point into data.
func ParseWords(data []byte, words uint8) ([]byte, error) {
	if len(data) != 2*int(words) {
		return nil, ErrLength
	}
	return data, nil
}

// WriteRequest writes words into a tag's memory.
type WriteRequest struct {
	Target         Target
	AccessPassword epc.Password
	Bank           epc.Bank
	Word           uint8
	// Data is whole words; parsed, it points into the request's data.
	Data []byte
}

// AppendWrite appends the request CommandWrite.
func AppendWrite(dst []byte, address uint8, w WriteRequest) []byte {
	dst, start := begin(dst, address, CommandWrite)
	dst = append(dst, byte(len(w.Data)/2)) //nolint:gosec // finish refuses more than MaxData
	dst = append(w.Target.appendName(dst), byte(w.Bank), w.Word)
	dst = append(append(dst, w.Data...), w.AccessPassword.Bytes()...)
	return finish(w.Target.appendMask(dst), start)
}

// ParseWrite reads the data of that request, as a reader does.
func ParseWrite(data []byte) (WriteRequest, error) {
	if len(data) < 1 || data[0] < 1 {
		return WriteRequest{}, ErrLength
	}
	n := 2 * int(data[0])
	t, p, masked, err := cutName(data[1:])
	if err != nil {
		return WriteRequest{}, err
	}
	size := 2 + n + accessPass
	if len(p) < size {
		return WriteRequest{}, ErrLength
	}
	w := WriteRequest{AccessPassword: epc.PasswordOf([4]byte(p[2+n:])), Bank: epc.Bank(p[0]), Word: p[1], Data: p[2 : 2+n]}
	if w.Target, err = t.cutMask(p[size:], masked); err != nil {
		return WriteRequest{}, err
	}
	return w, nil
}

// LockRequest changes the lock of one area, which a tag takes with its access password only.
type LockRequest struct {
	Target         Target
	AccessPassword epc.Password
	Change         epc.LockChange
}

// The protocol's numbers of areas and states are those of package epc: areas from the kill
// password to the user bank, and the states unlocked, unlocked for ever, locked, locked for ever.

// AppendLock appends the request CommandLock.
func AppendLock(dst []byte, address uint8, l LockRequest) []byte {
	dst, start := begin(dst, address, CommandLock)
	dst = append(l.Target.appendName(dst), byte(l.Change.Area), byte(l.Change.State))
	return finish(l.Target.appendMask(append(dst, l.AccessPassword.Bytes()...)), start)
}

// ParseLock reads the data of that request, as a reader does.
func ParseLock(data []byte) (LockRequest, error) {
	t, p, masked, err := cutName(data)
	if err != nil {
		return LockRequest{}, err
	}
	const size = 2 + accessPass
	if len(p) < size {
		return LockRequest{}, ErrLength
	}
	l := LockRequest{AccessPassword: epc.PasswordOf([4]byte(p[2:])), Change: epc.LockChange{Area: epc.LockArea(p[0]), State: epc.LockState(p[1])}}
	if _, err := epc.Payload(l.Change); err != nil {
		return LockRequest{}, ErrLock
	}
	if l.Target, err = t.cutMask(p[size:], masked); err != nil {
		return LockRequest{}, err
	}
	return l, nil
}

// KillRequest destroys a tag.
type KillRequest struct {
	Target   Target
	Password epc.Password
}

// AppendKill appends the request CommandKill.
func AppendKill(dst []byte, address uint8, k KillRequest) []byte {
	dst, start := begin(dst, address, CommandKill)
	return finish(k.Target.appendMask(append(k.Target.appendName(dst), k.Password.Bytes()...)), start)
}

// ParseKill reads the data of that request, as a reader does.
func ParseKill(data []byte) (KillRequest, error) {
	t, p, masked, err := cutName(data)
	if err != nil {
		return KillRequest{}, err
	}
	if len(p) < accessPass {
		return KillRequest{}, ErrLength
	}
	k := KillRequest{Password: epc.PasswordOf([4]byte(p))}
	if k.Target, err = t.cutMask(p[accessPass:], masked); err != nil {
		return KillRequest{}, err
	}
	return k, nil
}

// ParseTagError reads the tag's own code behind StatusTagError.
func ParseTagError(data []byte) (epc.TagError, error) {
	v, err := ParseByte(data)
	return epc.TagError(v), err
}
