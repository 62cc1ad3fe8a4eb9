package m100

import "trilock/firmware-protocols/epc"

// An access goes to the tag that the Select parameters choose (SetSelect, and SelectMode
// SelectExceptPoll), and to any tag in the field otherwise.

// ReadRequest asks for words of a tag's memory.
type ReadRequest struct {
	// AccessPassword is sent to the tag first; 0 sends none.
	AccessPassword epc.Password
	Bank           epc.Bank
	Word, Words    uint16
}

const (
	readLen = 9 // of a read request's data, and of what a write has in front of the words
	lockLen = 7
	killLen = 4
)

// AppendRead appends the request CommandRead.
func AppendRead(dst []byte, f Family, r ReadRequest) []byte {
	return f.Request(dst, CommandRead, r.data()...)
}

func (r ReadRequest) data() []byte {
	return append(r.AccessPassword.Bytes(), byte(r.Bank), byte(r.Word>>8), byte(r.Word), byte(r.Words>>8), byte(r.Words))
}

// ParseRead reads the data of that request, as a module does.
func ParseRead(data []byte) (ReadRequest, error) {
	if len(data) != readLen {
		return ReadRequest{}, ErrLength
	}
	return ReadRequest{
		AccessPassword: epc.PasswordOf([4]byte(data)), Bank: epc.Bank(data[4]),
		Word: uint16(data[5])<<8 | uint16(data[6]), Words: uint16(data[7])<<8 | uint16(data[8]),
	}, nil
}

// WriteRequest writes words into a tag's memory.
type WriteRequest struct {
	AccessPassword epc.Password
	Bank           epc.Bank
	Word           uint16
	// Data is 1 to MaxWriteWords words; parsed, it points into the request's data.
	Data []byte
}

// AppendWrite appends the request CommandWrite. Data of another length than whole words,
// or of more than MaxWriteWords, is the caller's fault and is not accepted by any module.
func AppendWrite(dst []byte, f Family, w WriteRequest) []byte {
	head := ReadRequest{w.AccessPassword, w.Bank, w.Word, uint16(len(w.Data) / 2)} //nolint:gosec // at most MaxData bytes
	return f.Request(dst, CommandWrite, append(head.data(), w.Data...)...)
}

// ParseWrite reads the data of that request, as a module does.
func ParseWrite(data []byte) (WriteRequest, error) {
	if len(data) < readLen {
		return WriteRequest{}, ErrLength
	}
	head, err := ParseRead(data[:readLen])
	words := data[readLen:]
	if err != nil || head.Words < 1 || head.Words > MaxWriteWords || len(words) != 2*int(head.Words) {
		return WriteRequest{}, ErrLength
	}
	return WriteRequest{head.AccessPassword, head.Bank, head.Word, words}, nil
}

// AppendLock appends the request CommandLock. The tag takes it with its access password only.
func AppendLock(dst []byte, f Family, password epc.Password, p epc.LockPayload) []byte {
	return f.Request(dst, CommandLock, append(password.Bytes(), byte(p>>16), byte(p>>8), byte(p))...)
}

// ParseLock reads the data of that request, as a module does.
func ParseLock(data []byte) (epc.Password, epc.LockPayload, error) {
	if len(data) != lockLen {
		return 0, 0, ErrLength
	}
	return epc.PasswordOf([4]byte(data)), epc.LockPayload(data[4])<<16 | epc.LockPayload(data[5])<<8 | epc.LockPayload(data[6]), nil
}

// AppendKill appends the request CommandKill, which destroys the tag.
func AppendKill(dst []byte, f Family, password epc.Password) []byte {
	return f.Request(dst, CommandKill, password.Bytes()...)
}

// ParseKill reads the data of that request, as a module does.
func ParseKill(data []byte) (epc.Password, error) {
	if len(data) != killLen {
		return 0, ErrLength
	}
	return epc.PasswordOf([4]byte(data)), nil
}

// Access is which tag an access went to, and what came of it. Its slices point into the
// bytes it was parsed from.
type Access struct {
	PC  epc.PC
	EPC []byte
	// Data is the words that were read, the one byte Done of another access, and empty in an error.
	Data []byte
}

// ParseAccess reads the answer to CommandRead, CommandWrite, CommandLock or CommandKill, or
// what follows the code of an error: the length of PC and EPC, both of them, and data.
func ParseAccess(data []byte) (Access, error) {
	if len(data) < 3 {
		return Access{}, ErrLength
	}
	n := int(data[0])
	if n < 2 || n > 2+MaxEPCBytes || len(data) < 1+n {
		return Access{}, ErrLength
	}
	return Access{PC: epc.PC(data[1])<<8 | epc.PC(data[2]), EPC: data[3 : 1+n], Data: data[1+n:]}, nil
}

// data is the inverse of ParseAccess.
func (a Access) data() []byte {
	data := []byte{byte(2 + len(a.EPC)), byte(a.PC >> 8), byte(a.PC)} //nolint:gosec // at most MaxEPCBytes
	return append(append(data, a.EPC...), a.Data...)
}

// AppendAccess appends the answer to an access, as a module does.
func AppendAccess(dst []byte, f Family, command Command, a Access) []byte {
	return f.Response(dst, command, a.data()...)
}

// AppendAccessError appends the error of an access that reached a tag, as a module does.
func AppendAccessError(dst []byte, f Family, c Code, a Access) []byte {
	return f.Response(dst, CommandError, append([]byte{byte(c)}, a.data()...)...)
}

// The upper half of the code with which a tag refused; the lower half is the tag's own.
const (
	refusedRead  Code = 0xA0
	refusedWrite Code = 0xB0
	refusedLock  Code = 0xC0
	refusedKill  Code = 0xD0
)

// TagError returns the tag's own code out of one with which it refused; it reports false
// for the codes of the module.
func (c Code) TagError() (epc.TagError, bool) { return epc.TagError(c & 0x0F), c.Refused() }

// RefusedBy returns the code of a tag's refusal of a command that accesses tags.
func RefusedBy(command Command, e epc.TagError) Code {
	half := map[Command]Code{CommandRead: refusedRead, CommandWrite: refusedWrite, CommandLock: refusedLock, CommandKill: refusedKill}
	return half[command] | Code(e)&0x0F
}
