package epc

import (
	"errors"
	"fmt"
	"slices"
)

// LockArea is a part of a tag's memory that has a lock of its own, in the order of the
// bits of a lock payload.
type LockArea uint8

// The areas.
const (
	LockKillPassword LockArea = iota
	LockAccessPassword
	LockEPC
	LockTID
	LockUser
	lockAreas = 5
)

func lockAreaNames() [lockAreas]string {
	return [lockAreas]string{"kill", "access", "epc", "tid", "user"}
}

// String names the area: kill, access, epc, tid or user.
func (a LockArea) String() string {
	if a < lockAreas {
		return lockAreaNames()[a]
	}
	return fmt.Sprintf("area %d", uint8(a))
}

// LockState is how an area is locked (ISO/IEC 18000-63, table 6.50). A locked bank can be
// read by everybody and written with the access password only; a locked password can
// neither be read nor written without it.
type LockState uint8

// The states, as their two bits are: the low one makes the other permanent.
const (
	Unlocked LockState = iota
	PermanentlyUnlocked
	Locked
	PermanentlyLocked
	lockStateLast = PermanentlyLocked
)

func lockStateNames() [4]string {
	return [4]string{"unlocked", "perma-unlocked", "locked", "perma-locked"}
}

// String names the state: unlocked, perma-unlocked, locked or perma-locked.
func (s LockState) String() string {
	if s <= lockStateLast {
		return lockStateNames()[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// Permanent reports whether nobody can ever change the state again.
func (s LockState) Permanent() bool { return s&1 != 0 }

// LockChange is one area and the state that it is to have.
type LockChange struct {
	Area  LockArea
	State LockState
}

// ErrLock says that a text or a payload is no change of locks.
var ErrLock = errors.New("epc: no such lock")

// ParseLockArea reads the name of an area.
func ParseLockArea(text string) (LockArea, error) {
	names := lockAreaNames()
	if i := slices.Index(names[:], text); i >= 0 {
		return LockArea(i), nil //nolint:gosec // five of them
	}
	return 0, fmt.Errorf("%w: area %q: use one of %v", ErrLock, text, names)
}

// ParseLockState reads the name of a state.
func ParseLockState(text string) (LockState, error) {
	names := lockStateNames()
	if i := slices.Index(names[:], text); i >= 0 {
		return LockState(i), nil //nolint:gosec // four of them
	}
	return 0, fmt.Errorf("%w: state %q: use one of %v", ErrLock, text, names)
}

// LockPayload is what the Gen2 Lock command carries, in the low 20 bits:
//
//	mask   kill 2 | access 2 | EPC 2 | TID 2 | user 2    which bits are to change
//	action kill 2 | access 2 | EPC 2 | TID 2 | user 2    and into what
type LockPayload uint32

const lockFieldBits = 2 * lockAreas

// Payload returns the payload of changes; of two for the same area the later one counts. An
// area or a state that does not exist is an error.
func Payload(changes ...LockChange) (LockPayload, error) {
	var p LockPayload
	for _, c := range changes {
		if c.Area >= lockAreas || c.State > lockStateLast {
			return 0, fmt.Errorf("%w: %v into %v", ErrLock, c.Area, c.State)
		}
		shift := 2 * (lockAreas - 1 - int(c.Area))
		p &^= 3 << shift
		p |= 3<<(lockFieldBits+shift) | LockPayload(c.State)<<shift
	}
	return p, nil
}

// Mask returns the upper ten bits.
func (p LockPayload) Mask() uint16 { return uint16(p >> lockFieldBits & 0x3FF) }

// Action returns the lower ten bits.
func (p LockPayload) Action() uint16 { return uint16(p & 0x3FF) }

// PayloadOf puts the two halves together; bits above the tenth are an error.
func PayloadOf(mask, action uint16) (LockPayload, error) {
	if mask>>lockFieldBits != 0 || action>>lockFieldBits != 0 {
		return 0, fmt.Errorf("%w: mask %04X, action %04X", ErrLock, mask, action)
	}
	return LockPayload(mask)<<lockFieldBits | LockPayload(action), nil
}

// Changes returns what the payload changes, in the order of the areas. A payload that
// changes one of an area's two bits only, which no host here sends, is an error.
func (p LockPayload) Changes() ([]LockChange, error) {
	var changes []LockChange
	for area := range LockArea(lockAreas) {
		shift := 2 * (lockAreas - 1 - int(area))
		switch p.Mask() >> shift & 3 {
		case 0:
		case 3:
			changes = append(changes, LockChange{area, LockState(p.Action() >> shift & 3)}) //nolint:gosec // two bits
		default:
			return nil, fmt.Errorf("%w: half a change of %v", ErrLock, area)
		}
	}
	if p>>(2*lockFieldBits) != 0 {
		return nil, fmt.Errorf("%w: payload %06X has more than 20 bits", ErrLock, uint32(p))
	}
	return changes, nil
}
