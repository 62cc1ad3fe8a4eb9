// Package enrol prepares single Gen2 tags at a desk: it finds the one tag that is meant,
// writes its passwords and its EPC, reads everything back, locks it, and proves that the
// lock holds. It owns the order of the steps and what is said when one fails; the reader is
// a Worker.
//
//	find ─ identify ─ access password ─ EPC ─ read back ─ kill password ─ lock ─ try the lock
//	          │                           │
//	          └── the TID ────────────────┘ a write that broke off is looked at and repeated
//
// A tag is known by its TID, which cannot be rewritten: an EPC that is half written does not
// lose the tag. Where a reader selects by EPC alone, the EPC that the tag has now is looked
// up by its TID each time.
//
// It refuses to work when no tag answers or more than one does and none was named, when two
// tags cannot be told apart, when another tag has the new EPC already, and when the chip has
// no room for it. All of that is found out before anything is written. Passwords are never
// part of an error or a result.
package enrol

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"trilock/custody/fact"
	"trilock/devices/uhf"
	"trilock/firmware-protocols/epc"
)

// Worker is a reader that works on single tags; *uhf.Desk is one. See there for each method.
type Worker interface {
	SelectsTID() bool
	Hear(ctx context.Context) ([]fact.Read, error)
	Read(ctx context.Context, s uhf.Selection, w epc.Words, p epc.Password) ([]byte, error)
	Write(ctx context.Context, s uhf.Selection, b epc.Bank, word uint16, data []byte, p epc.Password) error
	Lock(ctx context.Context, s uhf.Selection, c epc.LockChange, p epc.Password) error
	Kill(ctx context.Context, s uhf.Selection, p epc.Password) error
}

// Tag is what a tag says about itself.
type Tag struct {
	EPC []byte
	PC  epc.PC
	// TID is as much of it as the chip has: 4 to 24 bytes.
	TID []byte
	// RSSIcdBm is how strongly it was heard, in hundredths of a dBm, or fact.RSSIUnknown.
	RSSIcdBm int16
}

// Serialised reports whether the TID is this tag's alone: it has a serial number.
func (t Tag) Serialised() bool {
	tid, err := epc.ParseTID(t.TID)
	return err == nil && len(tid.Serial) > 0
}

// Plan is what is to be done to one tag. What is zero is left as it is.
type Plan struct {
	// Tag names the tag by its EPC or its TID; without it the tag must be the only one that
	// answers.
	Tag []byte
	// EPC is the new one, 2 to 62 bytes in whole words.
	EPC []byte
	// Access is the access password that the tag has now; 0 when it has none, or when it is
	// not locked.
	Access epc.Password
	// NewAccess and NewKill are the passwords that it is to have.
	NewAccess, NewKill epc.Password
	// Locks are the locks that it is to have.
	Locks []epc.LockChange
	// Kill destroys the tag with this kill password, and does nothing else.
	Kill epc.Password
}

// check refuses a plan that contradicts itself.
func (p Plan) check() error {
	access := p.Access
	if p.NewAccess != 0 {
		access = p.NewAccess
	}
	switch {
	case len(p.EPC)%2 != 0 || len(p.EPC) > epc.MaxEPCBytes:
		return fmt.Errorf("an EPC of %d bytes cannot be written: want whole words of 2 bytes, at most %d", len(p.EPC), epc.MaxEPCBytes)
	case len(p.Locks) > 0 && access == 0:
		return errors.New("a lock needs an access password: without one everybody could open it; give the tag's, or set a new one")
	case p.Kill != 0 && (len(p.EPC) > 0 || p.NewAccess != 0 || p.NewKill != 0 || len(p.Locks) > 0):
		return errors.New("a tag that is destroyed is not written as well")
	}
	_, err := epc.Payload(p.Locks...)
	return err
}

// Outcome is what was done.
type Outcome struct {
	// Before and After are the tag as it was found and as it is now.
	Before, After Tag
	// Steps are those that were carried out, in their order.
	Steps []Step
}

// bench is one plan being carried out.
type bench struct {
	w     Worker
	plan  Plan
	heard []fact.Read
	tag   Tag
	// password is what the tag is accessed with from now on.
	password epc.Password
	out      Outcome
}

// Look finds the tag that is meant, and reads what it says about itself. named is as in Plan.
func Look(ctx context.Context, w Worker, named []byte) (Tag, error) {
	b := &bench{w: w, plan: Plan{Tag: named}}
	if err := b.find(ctx); err != nil {
		return Tag{}, b.failed(ctx, StepFind, err)
	}
	return b.tag, nil
}

// Do carries out a plan. Its error is a *Failure unless the plan itself is at fault; what
// was done before it is in the outcome all the same.
func Do(ctx context.Context, w Worker, p Plan) (Outcome, error) {
	if err := p.check(); err != nil {
		return Outcome{}, err
	}
	b := &bench{w: w, plan: p, password: p.Access}
	steps := []struct {
		step   Step
		needed bool
		do     func(context.Context) error
	}{
		{StepFind, true, b.find},
		{StepRoom, len(p.EPC) > 0, b.room},
		{StepAccess, p.NewAccess != 0, b.setAccess},
		{StepWrite, len(p.EPC) > 0, b.write},
		{StepReadBack, len(p.EPC) > 0, b.readBack},
		{StepKillPassword, p.NewKill != 0, b.setKill},
		{StepLock, len(p.Locks) > 0, b.lock},
		{StepTryLock, len(p.Locks) > 0, b.tryLocks},
		{StepKill, p.Kill != 0, b.kill},
	}
	for _, s := range steps {
		if !s.needed {
			continue
		}
		if err := s.do(ctx); err != nil {
			err = b.failed(ctx, s.step, err)
			b.out.After = b.tag
			return b.out, err
		}
		b.out.Steps = append(b.out.Steps, s.step)
		if s.step == StepFind {
			b.out.Before = b.tag
		}
	}
	b.out.After = b.tag
	return b.out, nil
}

// selection is how the tag is selected now.
func (b *bench) selection() uhf.Selection {
	if b.w.SelectsTID() && b.tag.Serialised() {
		return uhf.ByTID(b.tag.TID)
	}
	return uhf.ByEPC(b.tag.EPC)
}

// room finds out whether the new EPC can be written, before anything is: the chip has the
// words, and no other tag here has that EPC.
func (b *bench) room(ctx context.Context) error {
	for _, r := range b.heard {
		if other := r.EPC.Bytes(); bytes.Equal(other, b.plan.EPC) && !bytes.Equal(other, b.tag.EPC) {
			return errTaken
		}
	}
	words := epc.Words{Bank: epc.BankEPC, Word: epc.WordPC, Count: uint8(1 + len(b.plan.EPC)/2)} //nolint:gosec // at most 32
	_, err := b.read(ctx, words, 0)
	switch uhf.FaultOf(err) {
	case uhf.TagOverrun, uhf.TagRefused:
		return fmt.Errorf("%w: %d bits are wanted (%w)", errRoom, 8*len(b.plan.EPC), err)
	}
	return err
}

// read reads words of the tag, and looks for it again once when it does not answer.
func (b *bench) read(ctx context.Context, w epc.Words, p epc.Password) ([]byte, error) {
	words, err := b.w.Read(ctx, b.selection(), w, p)
	if uhf.FaultOf(err) != uhf.TagGone {
		return words, err
	}
	if err := b.findAgain(ctx); err != nil {
		return nil, err
	}
	return b.w.Read(ctx, b.selection(), w, p)
}

// setAccess writes the access password and reads it back by means of itself. A tag that
// refuses because it has that password already, and keeps it under a lock, is as it should
// be: so a command that broke off later can be repeated as it was.
func (b *bench) setAccess(ctx context.Context) error {
	refused := b.writePassword(ctx, epc.WordAccessPassword, b.plan.NewAccess)
	if mayHaveLeft(refused) || refused != nil && uhf.FaultOf(refused) == 0 {
		return refused
	}
	before := b.password
	b.password = b.plan.NewAccess
	err := b.checkPassword(ctx, epc.WordAccessPassword, b.plan.NewAccess)
	if err != nil && refused != nil {
		b.password = before
		return refused
	}
	return err
}

func (b *bench) setKill(ctx context.Context) error {
	if err := b.writePassword(ctx, epc.WordKillPassword, b.plan.NewKill); err != nil {
		return err
	}
	return b.checkPassword(ctx, epc.WordKillPassword, b.plan.NewKill)
}

// writePassword writes a password. An answer that is lost is no failure yet: reading back tells.
func (b *bench) writePassword(ctx context.Context, word uint16, p epc.Password) error {
	err := b.w.Write(ctx, b.selection(), epc.BankReserved, word, p.Bytes(), b.password)
	for tries := 1; tries < writeTries && mayHaveLeft(err); tries++ {
		if err = b.findAgain(ctx); err == nil {
			err = b.w.Write(ctx, b.selection(), epc.BankReserved, word, p.Bytes(), b.password)
		}
	}
	return err
}

func (b *bench) checkPassword(ctx context.Context, word uint16, want epc.Password) error {
	got, err := b.read(ctx, epc.Words{Bank: epc.BankReserved, Word: word, Count: epc.PasswordWords}, b.password)
	if err == nil && !bytes.Equal(got, want.Bytes()) {
		err = errDiffers
	}
	return err
}

// mayHaveLeft reports an error after which nobody knows what is on the tag.
func mayHaveLeft(err error) bool {
	f := uhf.FaultOf(err)
	return f == uhf.TagGone || f == uhf.TagUnclear
}

// write writes PC and EPC in one go. When it breaks off, the tag is found again by its TID
// and written anew.
func (b *bench) write(ctx context.Context) error {
	content, err := epc.ContentPC(b.plan.EPC)
	if err != nil {
		return err
	}
	for range writeTries {
		err = b.w.Write(ctx, b.selection(), epc.BankEPC, epc.WordPC, content, b.password)
		if err == nil || !mayHaveLeft(err) {
			break
		}
		if again := b.findAgain(ctx); again != nil {
			return errors.Join(err, again)
		}
		if bytes.Equal(b.tag.EPC, b.plan.EPC) {
			return nil // it was written, and only the answer was lost
		}
	}
	if err == nil {
		b.tag.EPC, b.tag.PC = b.plan.EPC, epc.PCOf(len(b.plan.EPC))
	}
	return err
}

// readBack compares the EPC bank with what was written, and has the tag say it in a round.
func (b *bench) readBack(ctx context.Context) error {
	content, err := epc.ContentPC(b.plan.EPC)
	if err != nil {
		return err
	}
	got, err := b.read(ctx, epc.Words{Bank: epc.BankEPC, Word: epc.WordPC, Count: uint8(len(content) / 2)}, 0) //nolint:gosec // at most 32
	if err != nil {
		return err
	}
	pc, want := epc.PC(got[0])<<8|epc.PC(got[1]), epc.PCOf(len(b.plan.EPC))
	if pc&epc.PCMeans != want&epc.PCMeans || !bytes.Equal(got[2:], content[2:]) {
		return errDiffers
	}
	b.tag.PC = pc
	if b.heard, err = b.w.Hear(ctx); err != nil {
		return err
	}
	old := b.out.Before.EPC
	found := false
	for _, r := range b.heard {
		found = found || bytes.Equal(r.EPC.Bytes(), b.plan.EPC)
		if !b.w.SelectsTID() && bytes.Equal(r.EPC.Bytes(), old) && !bytes.Equal(old, b.plan.EPC) {
			return errTwin
		}
	}
	if !found {
		return errSilent
	}
	return nil
}

// lock locks one area after the other: most protocols know no more at once.
func (b *bench) lock(ctx context.Context) error {
	for _, c := range b.plan.Locks {
		err := b.w.Lock(ctx, b.selection(), c, b.password)
		if mayHaveLeft(err) {
			if err = b.findAgain(ctx); err == nil {
				err = b.w.Lock(ctx, b.selection(), c, b.password)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// kill destroys the tag, and has the field say that it is gone.
func (b *bench) kill(ctx context.Context) error {
	if err := b.w.Kill(ctx, b.selection(), b.plan.Kill); err != nil {
		return err
	}
	heard, err := b.w.Hear(ctx)
	if err != nil {
		return err
	}
	for _, r := range heard {
		if bytes.Equal(r.EPC.Bytes(), b.tag.EPC) {
			return errAlive
		}
	}
	return nil
}
