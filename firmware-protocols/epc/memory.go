package epc

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// Bank is one of the four banks of a tag's memory (ISO/IEC 18000-63, 6.3.2.1):
//
//	reserved  words 0-1 kill password, 2-3 access password
//	EPC       word 0 CRC, 1 PC, from 2 the EPC
//	TID       what the chip says about itself
//	user      whatever its owner likes; many chips have none
type Bank uint8

// The banks, by the numbers that every protocol has for them.
const (
	BankReserved Bank = iota
	BankEPC
	BankTID
	BankUser
	bankLast = BankUser
)

// String names the bank.
func (b Bank) String() string {
	if b <= bankLast {
		return [...]string{"reserved", "EPC", "TID", "user"}[b]
	}
	return fmt.Sprintf("bank %d", uint8(b))
}

// Where things lie in their banks, in words of 16 bits.
const (
	WordKillPassword   = 0
	WordAccessPassword = 2
	PasswordWords      = 2
	WordPC             = 1
	WordEPC            = 2
)

// Words is a stretch of one bank: Count words from Word on.
type Words struct {
	Bank  Bank
	Word  uint16
	Count uint8
}

// String says "EPC words 1 to 7".
func (w Words) String() string {
	return fmt.Sprintf("%s words %d to %d", w.Bank, w.Word, int(w.Word)+int(w.Count)-1)
}

// PCMeans is what of a PC word is written by its writer; UMI and XI are computed by many
// chips, so that they may be read back otherwise than they were written.
const PCMeans PC = 0xF9FF

// ContentPC returns what the EPC bank holds from WordPC on when the tag has that EPC: a PC
// word for a plain EPC, and the EPC, filled up with a zero byte to whole words. An EPC of
// none or more than MaxEPCBytes bytes is an error.
func ContentPC(code []byte) ([]byte, error) {
	if len(code) < 1 || len(code) > MaxEPCBytes {
		return nil, fmt.Errorf("%w: an EPC of %d bytes: want 1 to %d", ErrNotEncodable, len(code), MaxEPCBytes)
	}
	pc := PCOf(len(code))
	content := append([]byte{byte(pc >> 8), byte(pc)}, code...)
	if len(content)%2 != 0 {
		content = append(content, 0)
	}
	return content, nil
}

// Password is an access or a kill password of 32 bits; zero is no password. It never shows
// itself: whatever prints it, in text or JSON, prints a mask.
type Password uint32

const passwordMask = "(password)"

// Format prints the mask whatever the verb.
func (p Password) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, passwordMask) // a State that takes nothing has nobody to tell
}

// MarshalText returns the mask.
func (p Password) MarshalText() ([]byte, error) { return []byte(passwordMask), nil }

// Bytes returns the password as it goes into a tag, the high byte first.
func (p Password) Bytes() []byte {
	return []byte{byte(p >> 24), byte(p >> 16), byte(p >> 8), byte(p)}
}

// ErrPassword says that a text is no password. Its text never holds what was given.
var ErrPassword = errors.New("epc: a password is 8 hexadecimal digits, and not all of them 0")

// ParsePassword reads a password: 8 hexadecimal digits, not all of them zero.
func ParsePassword(text string) (Password, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 2*PasswordWords {
		return 0, ErrPassword
	}
	p := PasswordOf([4]byte(raw))
	if p == 0 {
		return 0, ErrPassword
	}
	return p, nil
}

// PasswordOf is the inverse of Bytes.
func PasswordOf(raw [4]byte) Password {
	return Password(raw[0])<<24 | Password(raw[1])<<16 | Password(raw[2])<<8 | Password(raw[3])
}

// TagError is the code with which a tag refuses an access (ISO/IEC 18000-63, annex I).
type TagError uint8

// The codes.
const (
	TagErrorOther   TagError = 0x00
	TagErrorOverrun TagError = 0x03
	TagErrorLocked  TagError = 0x04
	TagErrorPower   TagError = 0x0B
	TagErrorUnknown TagError = 0x0F
)

// String says the code in words.
func (e TagError) String() string {
	switch e {
	case TagErrorOther:
		return "other error"
	case TagErrorOverrun:
		return "no such memory"
	case TagErrorLocked:
		return "memory is locked"
	case TagErrorPower:
		return "not enough power"
	case TagErrorUnknown:
		return "unspecific error"
	}
	return fmt.Sprintf("tag error %02X", uint8(e))
}
