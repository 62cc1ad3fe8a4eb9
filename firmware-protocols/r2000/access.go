package r2000

import (
	"errors"

	"trilock/firmware-protocols/epc"
)

// An access goes to the tag that AppendEPCMatch has chosen, and to every tag in the field
// without such a choice. It is answered with one byte, an ErrorCode, when it reached no tag,
// and with an access record (ParseAccess) for each tag that it reached:
//
//	count(2) length(1) [ PC(2) EPC CRC(2) words ] result(1) FreqAnt(1) reads(1)
//	                   └──────── length ────────┘
//
// result is the number of bytes that were read, or the ErrorCode of another access.

// ErrAccess says that an access record contradicts itself.
var ErrAccess = errors.New("r2000: access record contradicts itself")

const (
	readLen   = 7 // bank, word, count, password
	writeHead = 7 // password, bank, word, count
	lockLen   = 6 // password, area, action
	killLen   = 4
)

// Read asks for words of a tag's memory.
type Read struct {
	// AccessPassword is sent to the tag first; 0 sends none.
	AccessPassword epc.Password
	Bank           epc.Bank
	Word, Words    uint8
}

// AppendRead appends the request CommandRead.
func AppendRead(dst []byte, address uint8, r Read) []byte {
	data := append([]byte{byte(r.Bank), r.Word, r.Words}, r.AccessPassword.Bytes()...)
	return AppendFrame(dst, Frame{address, CommandRead, data})
}

// ParseRead reads the data of that request, as a reader does.
func ParseRead(data []byte) (Read, error) {
	if len(data) != readLen {
		return Read{}, ErrLength
	}
	return Read{AccessPassword: epc.PasswordOf([4]byte(data[3:])), Bank: epc.Bank(data[0]), Word: data[1], Words: data[2]}, nil
}

// Write writes words into a tag's memory.
type Write struct {
	AccessPassword epc.Password
	Bank           epc.Bank
	Word           uint8
	// Data is whole words; parsed, it points into the request's data.
	Data []byte
}

// AppendWrite appends the request CommandWrite.
func AppendWrite(dst []byte, address uint8, w Write) []byte {
	data := append(w.AccessPassword.Bytes(), byte(w.Bank), w.Word, byte(len(w.Data)/2)) //nolint:gosec // AppendFrame refuses more than MaxData
	return AppendFrame(dst, Frame{address, CommandWrite, append(data, w.Data...)})
}

// ParseWrite reads the data of that request, as a reader does.
func ParseWrite(data []byte) (Write, error) {
	if len(data) < writeHead || data[6] < 1 || len(data) != writeHead+2*int(data[6]) {
		return Write{}, ErrLength
	}
	return Write{epc.PasswordOf([4]byte(data)), epc.Bank(data[4]), data[5], data[writeHead:]}, nil
}

// lockArea and lockAction are the numbers that the protocol has for areas and states.
func lockArea(a epc.LockArea) byte {
	return map[epc.LockArea]byte{epc.LockUser: 1, epc.LockTID: 2, epc.LockEPC: 3, epc.LockAccessPassword: 4, epc.LockKillPassword: 5}[a]
}

func lockAction(s epc.LockState) byte {
	return map[epc.LockState]byte{epc.Unlocked: 0, epc.Locked: 1, epc.PermanentlyUnlocked: 2, epc.PermanentlyLocked: 3}[s]
}

// AppendLock appends the request CommandLock for one area. The tag takes it with its access
// password only.
func AppendLock(dst []byte, address uint8, password epc.Password, c epc.LockChange) []byte {
	return AppendFrame(dst, Frame{address, CommandLock, append(password.Bytes(), lockArea(c.Area), lockAction(c.State))})
}

// ParseLock reads the data of that request, as a reader does.
func ParseLock(data []byte) (epc.Password, epc.LockChange, error) {
	if len(data) != lockLen {
		return 0, epc.LockChange{}, ErrLength
	}
	for area := epc.LockKillPassword; area <= epc.LockUser; area++ {
		for state := epc.Unlocked; state <= epc.PermanentlyLocked; state++ {
			if lockArea(area) == data[4] && lockAction(state) == data[5] {
				return epc.PasswordOf([4]byte(data)), epc.LockChange{Area: area, State: state}, nil
			}
		}
	}
	return 0, epc.LockChange{}, ErrLength
}

// AppendKill appends the request CommandKill, which destroys the tag.
func AppendKill(dst []byte, address uint8, password epc.Password) []byte {
	return AppendFrame(dst, Frame{address, CommandKill, password.Bytes()})
}

// ParseKill reads the data of that request, as a reader does.
func ParseKill(data []byte) (epc.Password, error) {
	if len(data) != killLen {
		return 0, ErrLength
	}
	return epc.PasswordOf([4]byte(data)), nil
}

// Modes of CommandEPCMatch.
const (
	matchOn  = 0x00
	matchOff = 0x01
)

// AppendEPCMatch appends the request that accesses go from now on to the tag alone that has
// this EPC, of 1 to MaxMatch bytes; without one, to every tag. The result is read with
// ParseResult.
func AppendEPCMatch(dst []byte, address uint8, code []byte) []byte {
	if len(code) == 0 {
		return AppendFrame(dst, Frame{address, CommandEPCMatch, []byte{matchOff}})
	}
	data := append([]byte{matchOn, byte(len(code))}, code...) //nolint:gosec // AppendFrame refuses more than MaxData
	return AppendFrame(dst, Frame{address, CommandEPCMatch, data})
}

// ParseEPCMatch reads the data of that request, as a reader does: nil for every tag. The
// EPC points into data.
func ParseEPCMatch(data []byte) ([]byte, error) {
	switch {
	case len(data) >= 1 && data[0] == matchOff:
		return nil, nil
	case len(data) < 3 || data[0] != matchOn || int(data[1]) != len(data)-2 || data[1] > MaxMatch:
		return nil, ErrLength
	}
	return data[2:], nil
}

// Access is what came of an access to one tag. Its slices point into the bytes it was
// parsed from.
type Access struct {
	// Tags is how many tags were reached.
	Tags uint16
	PC   epc.PC
	EPC  []byte
	// Words is what was read; empty for another access.
	Words []byte
	// Result is the code of an access that does not read; a read that has a record succeeded.
	Result ErrorCode
	// FreqAnt is as in a Tag.
	FreqAnt uint8
}

const (
	accessHead = 3 // count, length
	accessTail = 3 // result, FreqAnt, reads
	pcAndCRC   = 4
)

// ParseAccess reads an access record of a command. The length of the EPC, which PC tells,
// must agree with the record's, and the tag's CRC must hold unless PC says that the tag sent
// an extended PC word as well: that one is under the CRC and not in the record.
func ParseAccess(command Command, data []byte) (Access, error) {
	if len(data) < accessHead+pcAndCRC+accessTail {
		return Access{}, ErrLength
	}
	n := int(data[2])
	if len(data) != accessHead+n+accessTail || n < pcAndCRC {
		return Access{}, ErrLength
	}
	body, tail := data[accessHead:accessHead+n], data[accessHead+n:]
	a := Access{Tags: uint16(data[0])<<8 | uint16(data[1]), PC: epc.PC(body[0])<<8 | epc.PC(body[1]), Result: Success, FreqAnt: tail[1]}
	size := a.PC.EPCBytes()
	if n < pcAndCRC+size {
		return Access{}, ErrAccess
	}
	crc := uint16(body[2+size])<<8 | uint16(body[3+size])
	a.EPC, a.Words = body[2:2+size:2+size], body[pcAndCRC+size:]
	if command == CommandRead {
		if int(tail[0]) != len(a.Words) {
			return Access{}, ErrAccess
		}
	} else {
		a.Result = ErrorCode(tail[0])
		if len(a.Words) > 0 {
			return Access{}, ErrAccess
		}
	}
	if !a.PC.Extended() && epc.CRC16(body[:2+size]) != crc {
		return Access{}, ErrAccess
	}
	return a, nil
}

// AppendAccess appends an access record, as a reader does.
func AppendAccess(dst []byte, address uint8, command Command, a Access) []byte {
	body := append([]byte{byte(a.PC >> 8), byte(a.PC)}, a.EPC...)
	crc := epc.CRC16(body)
	body = append(append(body, byte(crc>>8), byte(crc)), a.Words...)
	result := byte(a.Result)
	if command == CommandRead {
		result = byte(len(a.Words)) //nolint:gosec // AppendFrame refuses more than MaxData
	}
	data := append([]byte{byte(a.Tags >> 8), byte(a.Tags), byte(len(body))}, body...) //nolint:gosec // as above
	return AppendFrame(dst, Frame{address, command, append(data, result, a.FreqAnt, 1)})
}
