package epc

import (
	"errors"
	"fmt"
)

// PC is a tag's protocol control word, bits 10h to 1Fh of the EPC bank (ISO/IEC 18000-63).
//
//	length 5 | UMI 1 | XI 1 | T 1 | attributes or AFI 8
type PC uint16

// Words returns how many 16-bit words of EPC follow, 0 to 31.
func (p PC) Words() int { return int(p >> 11) }

// EPCBytes returns how many bytes of EPC follow, 0 to 62.
func (p PC) EPCBytes() int { return 2 * p.Words() }

// UserMemory reports the UMI bit: the tag says that its user bank holds something.
func (p PC) UserMemory() bool { return p&(1<<10) != 0 }

// Extended reports the XI bit: an extended PC word is present.
func (p PC) Extended() bool { return p&(1<<9) != 0 }

// ISO reports the toggle bit: the bank holds an ISO code and the low byte is its AFI.
// Otherwise it holds an EPC and the low byte is its attributes.
func (p PC) ISO() bool { return p&(1<<8) != 0 }

// Attributes returns the low byte: attributes of an EPC, AFI of an ISO code.
func (p PC) Attributes() uint8 { return uint8(p) }

// PCOf returns the PC word of a plain EPC of n bytes. n is rounded up to whole words and
// limited to the 31 that can be counted.
func PCOf(n int) PC {
	words := min(31, max(0, (n+1)/2))
	return PC(words << 11) //nolint:gosec // at most 31 << 11
}

// CRC16 returns the Gen2 CRC-16 of p, which is the PC word followed by the EPC (and the
// XPC, where there is one): polynomial 1021, start FFFF, final inversion.
func CRC16(p []byte) uint16 {
	c := uint16(0xFFFF)
	for _, b := range p {
		c ^= uint16(b) << 8
		for range 8 {
			if c&0x8000 != 0 {
				c = c<<1 ^ 0x1021
			} else {
				c <<= 1
			}
		}
	}
	return ^c
}

// TID is what a chip says about itself (TDS 1.13, clause 16). Serialised TIDs are the
// one identity of a tag that cannot be rewritten.
type TID struct {
	// Extended (X), Security (S) and File (F) are the flags in front of the designer.
	Extended, Security, File bool
	// Designer is the mask designer, 9 bits: 001 is Impinj, 003 Alien, 006 NXP.
	Designer uint16
	// Model is the tag model number, 12 bits.
	Model uint16
	// Header is the XTID header; 0 without Extended.
	Header uint16
	// Serial is the chip's serial number, 48 bits or more; nil when the chip has none.
	Serial []byte
}

// ErrTID says that bytes are not a TID of class E2.
var ErrTID = errors.New("epc: not a TID of class E2")

// ParseTID reads a TID bank. Serial points into bank.
func ParseTID(bank []byte) (TID, error) {
	if len(bank) < 4 || bank[0] != 0xE2 {
		return TID{}, ErrTID
	}
	t := TID{
		Extended: bank[1]&0x80 != 0, Security: bank[1]&0x40 != 0, File: bank[1]&0x20 != 0,
		Designer: uint16(bank[1]&0x1F)<<4 | uint16(bank[2]>>4),
		Model:    uint16(bank[2]&0x0F)<<8 | uint16(bank[3]),
	}
	if !t.Extended {
		return t, nil
	}
	if len(bank) < 6 {
		return TID{}, fmt.Errorf("%w: the header behind its X flag is missing", ErrTID)
	}
	t.Header = uint16(bank[4])<<8 | uint16(bank[5])
	if n := int(t.Header >> 13); n > 0 {
		size := 6 + 2*(n-1)
		if len(bank) < 6+size {
			return TID{}, fmt.Errorf("%w: its serial number of %d bytes is not all there", ErrTID, size)
		}
		t.Serial = bank[6 : 6+size : 6+size]
	}
	return t, nil
}

// URI returns the serialised TID's identity, "urn:epc:stid:x801.x160.x62A6…", or "" for
// a chip without a serial number.
func (t TID) URI() string {
	if len(t.Serial) == 0 {
		return ""
	}
	designer := t.Designer
	for i, flag := range []bool{t.File, t.Security, t.Extended} {
		if flag {
			designer |= 1 << (9 + i)
		}
	}
	return fmt.Sprintf("urn:epc:stid:x%03X.x%03X.x%X", designer, t.Model, t.Serial)
}
