package osdp

import (
	"crypto/subtle"
	"errors"
	"fmt"
)

// Key is a reader's secure channel base key (SCBK). It is a secret and prints as a word.
type Key [16]byte

// ErrWeakKey refuses a key that everybody knows or anybody would guess.
var ErrWeakKey = errors.New("reader key is the published default key or one repeated byte: generate 16 random bytes for each reader")

// Validate refuses the published default key SCBK-D (30 31 32 ... 3F) and keys whose
// sixteen bytes are all the same. It compares in constant time.
func (k Key) Validate() error {
	var standard, repeated Key
	for i := range standard {
		standard[i] = 0x30 + byte(i)
		repeated[i] = k[0]
	}
	if subtle.ConstantTimeCompare(k[:], standard[:])|subtle.ConstantTimeCompare(k[:], repeated[:]) == 1 {
		return ErrWeakKey
	}
	return nil
}

// Format prints a word in place of the key, whatever the verb, so that no log and no
// error message can carry it.
func (Key) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("(reader key)")) }

// MarshalText gives a word in place of the key, for encoders that do not use fmt.
func (Key) MarshalText() ([]byte, error) { return []byte("(reader key)"), nil }
