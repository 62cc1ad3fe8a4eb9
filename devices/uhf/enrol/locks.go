package enrol

import (
	"context"
	"fmt"

	"trilock/devices/uhf"
	"trilock/firmware-protocols/epc"
)

// tryLocks proves that every new lock holds: what it forbids is tried, without a password and
// with a wrong one, and must be refused; what it allows is tried with the right one, and must
// be done. What is written is what is there, so that a lock that does not hold costs nothing.
func (b *bench) tryLocks(ctx context.Context) error {
	for _, c := range b.plan.Locks {
		var err error
		switch c.Area {
		case epc.LockEPC:
			err = b.tryWrites(ctx, c, epc.Words{Bank: epc.BankEPC, Word: epc.WordPC, Count: 1})
		case epc.LockUser:
			err = b.tryWrites(ctx, c, epc.Words{Bank: epc.BankUser, Count: 1})
		case epc.LockKillPassword:
			err = b.tryReads(ctx, c, epc.Words{Bank: epc.BankReserved, Word: epc.WordKillPassword, Count: epc.PasswordWords})
		case epc.LockAccessPassword:
			err = b.tryReads(ctx, c, epc.Words{Bank: epc.BankReserved, Word: epc.WordAccessPassword, Count: epc.PasswordWords})
		case epc.LockTID: // chips come with it locked for ever, and nothing of it can be tried
		}
		if err != nil {
			return fmt.Errorf("%v: %w", c.Area, err)
		}
	}
	return nil
}

// wrong is a password that is neither the tag's nor none.
func (b *bench) wrong() epc.Password {
	if p := b.password ^ 1; p != 0 {
		return p
	}
	return b.password ^ 2
}

// tryWrites tries a lock on a bank, which everybody can read.
func (b *bench) tryWrites(ctx context.Context, c epc.LockChange, w epc.Words) error {
	there, err := b.read(ctx, w, 0)
	if f := uhf.FaultOf(err); w.Bank == epc.BankUser && (f == uhf.TagOverrun || f == uhf.TagRefused) {
		return nil // the chip has no such bank, so that nobody can write it
	}
	if err != nil {
		return err
	}
	return b.try(ctx, c.State, func(p epc.Password) error {
		return b.w.Write(ctx, b.selection(), w.Bank, w.Word, there, p)
	})
}

// tryReads tries a lock on a password, which nobody can read without the access password.
func (b *bench) tryReads(ctx context.Context, c epc.LockChange, w epc.Words) error {
	return b.try(ctx, c.State, func(p epc.Password) error {
		_, err := b.w.Read(ctx, b.selection(), w, p)
		return err
	})
}

// try does something without a password, with a wrong one, and with the right one, and
// compares how the tag takes it with what the state says. A tag that does not answer to a
// wrong password has refused if it is still there; so the right one comes last.
func (b *bench) try(ctx context.Context, state epc.LockState, do func(p epc.Password) error) error {
	free := state == epc.Unlocked || state == epc.PermanentlyUnlocked
	without := b.settled(ctx, func() error { return do(0) })
	switch {
	case free && without != nil:
		return without
	case !free && without == nil:
		return errOpen
	case !free && mayHaveLeft(without):
		return without
	}
	if err := do(b.wrong()); !free && err == nil {
		return errOpen
	}
	right := b.settled(ctx, func() error { return do(b.password) })
	if state == epc.PermanentlyLocked {
		if right == nil {
			return errOpen
		}
		if mayHaveLeft(right) {
			return right
		}
		return nil
	}
	return right
}

// settled does something, and again when the tag was not heard.
func (b *bench) settled(ctx context.Context, do func() error) error {
	err := do()
	if !mayHaveLeft(err) {
		return err
	}
	if err := b.findAgain(ctx); err != nil {
		return err
	}
	return do()
}
