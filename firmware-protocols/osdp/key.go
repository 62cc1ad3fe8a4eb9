package osdp

import (
	"crypto/subtle"
	"errors"
	"fmt"
)

// Key is a reader's secure channel base key (SCBK). It is a secret and prints as a word.
type Key [16]byte

// ErrWeakKey refuses a key that everybody knows or anybody would guess.
var ErrWeakKey = errors.New("reader key is the published default key, one repeated byte, or bytes that count up or down: generate 16 random bytes for each reader")

// Validate refuses the keys that are tried first by whoever attacks a line: sixteen
// times the same byte, and bytes that count up or down by one. There are 768 of them, and
// the published default key SCBK-D (30 31 32 ... 3F) is one. It compares in constant time.
func (k Key) Validate() error {
	weak := 0
	for _, step := range weakSteps {
		guess := countingKey(k[0], step)
		weak |= subtle.ConstantTimeCompare(k[:], guess[:])
	}
	if weak == 1 {
		return ErrWeakKey
	}
	return nil
}

// weakSteps are the differences between neighbouring bytes of a key that is guessed first.
var weakSteps = [3]byte{0, 1, 0xFF}

// countingKey returns the key whose bytes begin with first and go on by step.
func countingKey(first, step byte) Key {
	var k Key
	for i := range k {
		k[i] = first + byte(i)*step
	}
	return k
}

// defaultKey is SCBK-D, which every reader accepts that was not given a key of its own,
// and everybody knows.
func defaultKey() Key { return countingKey(0x30, 1) }

// guessable reports whether a reader's proof was made with one of the keys that Validate
// refuses. It costs a millisecond, once for each handshake that has failed already.
func guessable(rndA [8]byte, proof ClientProof) bool {
	for _, step := range weakSteps {
		for first := range 256 {
			keys := DeriveSessionKeys(countingKey(byte(first), step), rndA)
			if SameProof(proof.Cryptogram, keys.ClientCryptogram(rndA, proof.RndB)) {
				return true
			}
		}
	}
	return false
}

// Format prints a word in place of the key, whatever the verb, so that no log and no
// error message can carry it.
func (Key) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("(reader key)")) }

// MarshalText gives a word in place of the key, for encoders that do not use fmt.
func (Key) MarshalText() ([]byte, error) { return []byte("(reader key)"), nil }
