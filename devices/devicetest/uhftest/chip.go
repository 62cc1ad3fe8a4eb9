package uhftest

import (
	"bytes"
	"sync"

	"trilock/firmware-protocols/epc"
)

// Chip is the memory of one simulated Gen2 tag (ISO/IEC 18000-63): four banks, two
// passwords, a lock for each area. What several readers do to it, they do in turn. Its
// methods are safe for concurrent use.
type Chip struct {
	mu       sync.Mutex
	reserved [8]byte // kill password, access password
	code     []byte  // PC and EPC memory, without the CRC
	tid      []byte
	user     []byte
	locks    [5]epc.LockState
	killed   bool
	away     bool
	weak     bool
	// leaveAfter is how many words more are written before the tag leaves the field; -1 for never.
	leaveAfter int
	// stuck: writes are confirmed and not carried out.
	stuck bool
}

// chipEPCWords is the EPC memory of a chip that NewChip makes: enough for GDTI-174.
const chipEPCWords = 11

// NewChip makes a tag that is open, with an EPC, a TID, and so many words of user memory.
func NewChip(code, tid []byte, userWords int) *Chip {
	c := &Chip{tid: bytes.Clone(tid), user: make([]byte, 2*userWords), leaveAfter: -1, code: make([]byte, 2+2*chipEPCWords)}
	c.locks[epc.LockTID] = epc.PermanentlyLocked
	pc := epc.PCOf(len(code))
	c.code[0], c.code[1] = byte(pc>>8), byte(pc)
	copy(c.code[2:], code)
	return c
}

// LimitEPC makes the EPC memory so many words long, as that of cheap chips is.
func (c *Chip) LimitEPC(words int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.code = c.code[:2+2*words]
}

// LeaveAfter has the tag leave the field once so many words more have been written.
func (c *Chip) LeaveAfter(words int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaveAfter = words
}

// SetAway takes the tag out of the field, or puts it back.
func (c *Chip) SetAway(away bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away, c.leaveAfter = away, -1
}

// SetWeak has the tag refuse writes for want of power.
func (c *Chip) SetWeak(weak bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.weak = weak
}

// SetStuck has the tag confirm writes and not carry them out.
func (c *Chip) SetStuck(stuck bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stuck = stuck
}

// SetAccessPassword sets the password behind the tag's back.
func (c *Chip) SetAccessPassword(p epc.Password) {
	c.mu.Lock()
	defer c.mu.Unlock()
	copy(c.reserved[4:], p.Bytes())
}

// AccessPassword returns the tag's access password.
func (c *Chip) AccessPassword() epc.Password {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.accessPassword()
}

// KillPassword returns the tag's kill password.
func (c *Chip) KillPassword() epc.Password {
	c.mu.Lock()
	defer c.mu.Unlock()
	return epc.PasswordOf([4]byte(c.reserved[:4]))
}

func (c *Chip) accessPassword() epc.Password { return epc.PasswordOf([4]byte(c.reserved[4:])) }

// Killed reports whether the tag was killed.
func (c *Chip) Killed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.killed
}

// LockOf returns how an area is locked.
func (c *Chip) LockOf(a epc.LockArea) epc.LockState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.locks[a]
}

// EPC returns what the tag answers an inventory with.
func (c *Chip) EPC() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.answer())
}

// PC returns the PC word.
func (c *Chip) PC() epc.PC {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pc()
}

// User returns a copy of the user bank.
func (c *Chip) User() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.user)
}

func (c *Chip) pc() epc.PC { return epc.PC(c.code[0])<<8 | epc.PC(c.code[1]) }

// answer is as much of the EPC memory as PC counts and the chip has.
func (c *Chip) answer() []byte { return c.code[2:min(len(c.code), 2+c.pc().EPCBytes())] }

// here reports whether the tag answers at all.
func (c *Chip) here() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.present()
}

func (c *Chip) present() bool { return !c.away && !c.killed }

// outcome is how a tag takes an access.
type outcome uint8

const (
	outcomeDone outcome = iota
	outcomeNoTag
	outcomePassword // it does not answer the access command
	outcomeRefused  // it answers with a code
)

// result is an outcome, with the tag's code where it is outcomeRefused.
type result struct {
	outcome outcome
	code    epc.TagError
}

var (
	done   = result{}
	noTag  = result{outcome: outcomeNoTag}
	denied = result{outcome: outcomePassword}
)

func refusedWith(code epc.TagError) result { return result{outcomeRefused, code} }

// bank returns a bank's memory and how many words of it lie in front, unreachable.
func (c *Chip) bank(b epc.Bank) (memory []byte, first int) {
	switch b {
	case epc.BankReserved:
		return c.reserved[:], 0
	case epc.BankEPC:
		return c.code, epc.WordPC
	case epc.BankTID:
		return c.tid, 0
	case epc.BankUser:
		return c.user, 0
	}
	return nil, 0
}

// enter is the access command: secured when the password is right, open without one.
func (c *Chip) enter(p epc.Password) (secured bool, r result) {
	own := c.accessPassword()
	switch {
	case !c.present():
		return false, noTag
	case p == own:
		return true, done
	case p != 0:
		return false, denied
	}
	return false, done
}

// area returns the lock that a word lies under.
func area(b epc.Bank, word int) epc.LockArea {
	switch b {
	case epc.BankReserved:
		if word < epc.WordAccessPassword {
			return epc.LockKillPassword
		}
		return epc.LockAccessPassword
	case epc.BankTID:
		return epc.LockTID
	case epc.BankUser:
		return epc.LockUser
	case epc.BankEPC:
	}
	return epc.LockEPC
}

// open reports whether an area can be written now.
func (c *Chip) open(a epc.LockArea, secured bool) bool {
	switch c.locks[a] {
	case epc.Unlocked, epc.PermanentlyUnlocked:
		return true
	case epc.Locked:
		return secured
	case epc.PermanentlyLocked:
	}
	return false
}

// read reads words. A locked password is the one thing that cannot be read.
func (c *Chip) read(w epc.Words, p epc.Password) ([]byte, result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	secured, r := c.enter(p)
	if r != done {
		return nil, r
	}
	memory, first := c.bank(w.Bank)
	out := []byte{}
	for i := range int(w.Count) {
		word := int(w.Word) + i
		at := 2 * (word - first)
		if w.Bank == epc.BankEPC && word < first {
			crc := epc.CRC16(c.code[:2+len(c.answer())])
			out = append(out, byte(crc>>8), byte(crc))
			continue
		}
		if at+2 > len(memory) {
			return nil, refusedWith(epc.TagErrorOverrun)
		}
		if w.Bank == epc.BankReserved && !c.open(area(w.Bank, word), secured) {
			return nil, refusedWith(epc.TagErrorLocked)
		}
		out = append(out, memory[at:at+2]...)
	}
	return out, done
}

// write writes words one by one, as tags do: one that fails leaves those before it written.
func (c *Chip) write(b epc.Bank, word int, data []byte, p epc.Password) result {
	c.mu.Lock()
	defer c.mu.Unlock()
	secured, r := c.enter(p)
	if r != done {
		return r
	}
	memory, first := c.bank(b)
	for ; len(data) >= 2; data, word = data[2:], word+1 {
		at := 2 * (word - first)
		switch {
		case c.leaveAfter == 0:
			c.away, c.leaveAfter = true, -1
			return noTag
		case c.weak:
			return refusedWith(epc.TagErrorPower)
		case at+2 > len(memory):
			return refusedWith(epc.TagErrorOverrun)
		case at < 0 || !c.open(area(b, word), secured):
			return refusedWith(epc.TagErrorLocked)
		}
		if !c.stuck {
			copy(memory[at:], data[:2])
		}
		if c.leaveAfter > 0 {
			c.leaveAfter--
		}
	}
	return done
}

// lock changes locks, of all areas or of none.
func (c *Chip) lock(payload epc.LockPayload, p epc.Password) result {
	c.mu.Lock()
	defer c.mu.Unlock()
	secured, r := c.enter(p)
	changes, err := payload.Changes()
	switch {
	case r != done:
		return r
	case err != nil:
		return refusedWith(epc.TagErrorOther)
	case !secured: // the tag does not answer a lock in this state
		return denied
	}
	for _, change := range changes {
		if now := c.locks[change.Area]; now.Permanent() && now != change.State {
			return refusedWith(epc.TagErrorLocked)
		}
	}
	for _, change := range changes {
		c.locks[change.Area] = change.State
	}
	return done
}

// kill destroys the tag. One whose kill password is zero cannot be killed.
func (c *Chip) kill(p epc.Password) result {
	c.mu.Lock()
	defer c.mu.Unlock()
	own := epc.PasswordOf([4]byte(c.reserved[:4]))
	switch {
	case !c.present():
		return noTag
	case own == 0:
		return refusedWith(epc.TagErrorOther)
	case p != own:
		return denied
	}
	c.killed = true
	return done
}

// matches reports whether a bank has those bits, whole bytes, from a bit that begins a byte.
func (c *Chip) matches(b epc.Bank, bit int, mask []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	memory, first := c.bank(b)
	if b == epc.BankEPC {
		memory = c.code[:2+len(c.answer())]
	}
	at := bit/8 - 2*first
	return c.present() && bit%8 == 0 && at >= 0 && at+len(mask) <= len(memory) && bytes.Equal(memory[at:at+len(mask)], mask)
}

// Tags is what lies before an antenna, counted from 1, of a reader that works on tags.
type Tags func(antenna uint8) []*Chip

// chipRSSIdBm is how strongly a tag on a desk is heard.
const chipRSSIdBm = -45

// Hear is the Field of the tags.
func (t Tags) Hear(antenna uint8) []Heard {
	var heard []Heard
	for _, c := range t(antenna) {
		if c.here() {
			heard = append(heard, Heard{EPC: c.EPC(), RSSIdBm: chipRSSIdBm})
		}
	}
	return heard
}

// choose returns the tag before an antenna that answers first of those that match; nil for none.
func (r *Reader) choose(antenna uint8, matches func(c *Chip) bool) *Chip {
	for _, c := range r.tags(antenna) {
		if c.here() && matches(c) {
			return c
		}
	}
	return nil
}

// tags returns what lies before an antenna.
func (r *Reader) tags(antenna uint8) []*Chip {
	if r.settings.Tags == nil {
		return nil
	}
	return r.settings.Tags(antenna)
}
