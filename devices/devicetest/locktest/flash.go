package locktest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"trilock/firmware-protocols/lockwire"
)

// flash is the memory of a lock that outlasts the power: two slots, each of which holds a
// trust list behind its length and its digest.
//
//	slot = length (2 bytes) | SHA-256 of length and list (32 bytes) | list
//
// A list goes into the slot that does not count: erased, the list first, the length, the
// digest last. A slot whose digest does not fit holds nothing. So at any instant one slot
// holds the old list, or the other one the new list, or both; the higher version counts.
// Power that goes in the middle leaves a slot that holds nothing, or the whole new list.
type flash struct {
	slots [2][slotBytes]byte
	// cutAfter is how many bytes are written until the power goes, plus one; 0: it stays.
	cutAfter int
}

const (
	slotHead  = 2 + sha256.Size
	slotBytes = slotHead + lockwire.MaxTrustBytes
	erased    = 0xFF
)

// errPowerCut says that the power went while something was stored.
var errPowerCut = errors.New("the power went")

// load returns the list that counts.
func (f *flash) load() (lockwire.Trust, error) {
	best, err := f.newest()
	if err != nil {
		return lockwire.Trust{}, err
	}
	return f.read(best)
}

// newest returns the slot that counts.
func (f *flash) newest() (int, error) {
	best, version := -1, uint32(0)
	for i := range f.slots {
		if trust, err := f.read(i); err == nil && trust.Version > version {
			best, version = i, trust.Version
		}
	}
	if best < 0 {
		return 0, errors.New("no trust list is stored: commission the lock")
	}
	return best, nil
}

func (f *flash) read(i int) (lockwire.Trust, error) {
	slot := f.slots[i][:]
	n := int(binary.BigEndian.Uint16(slot))
	if n > lockwire.MaxTrustBytes {
		return lockwire.Trust{}, fmt.Errorf("slot %d is empty", i)
	}
	list := slot[slotHead : slotHead+n]
	if sum := sha256.Sum256(append(bytes.Clone(slot[:2]), list...)); !bytes.Equal(sum[:], slot[2:slotHead]) {
		return lockwire.Trust{}, fmt.Errorf("slot %d is not whole", i)
	}
	return lockwire.DecodeTrust(list)
}

// store writes a list beside the one that counts, reads it back, and returns when the new one counts.
func (f *flash) store(list []byte) error {
	if len(list) == 0 || len(list) > lockwire.MaxTrustBytes {
		return fmt.Errorf("a list of %d bytes: want 1 to %d", len(list), lockwire.MaxTrustBytes)
	}
	target := 0
	if best, err := f.newest(); err == nil {
		target = 1 - best
	}
	slot := f.slots[target][:]
	length := binary.BigEndian.AppendUint16(nil, uint16(len(list))) //nolint:gosec // at most MaxTrustBytes
	sum := sha256.Sum256(append(bytes.Clone(length), list...))
	for _, step := range []struct {
		at   int
		what []byte
	}{{0, bytes.Repeat([]byte{erased}, slotBytes)}, {slotHead, list}, {0, length}, {2, sum[:]}} {
		for i, b := range step.what {
			if f.cutAfter > 0 {
				if f.cutAfter--; f.cutAfter == 0 {
					return errPowerCut
				}
			}
			slot[step.at+i] = b
		}
	}
	if _, err := f.read(target); err != nil {
		return fmt.Errorf("what was written does not read back: %w", err)
	}
	return nil
}
