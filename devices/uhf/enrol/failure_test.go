package enrol

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"trilock/devices/devicetest/uhftest"
	"trilock/devices/uhf"
	"trilock/firmware-protocols/epc"
)

// fails carries out a plan that must fail in a step, and returns the failure.
func fails(t *testing.T, w Worker, p Plan, step Step, reason error) *Failure {
	t.Helper()
	_, err := Do(t.Context(), w, p)
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a failure of %s", err, step)
	}
	if f.Step != step || reason != nil && !errors.Is(err, reason) {
		t.Errorf("got %v, want a failure of %s: %v", err, step, reason)
	}
	if f.Next.ZH == "" || f.Next.EN == "" || strings.Contains(f.Error(), "C0FFEE") || strings.Contains(f.Error(), fmt.Sprint(uint32(access))) {
		t.Errorf("it says %v", f)
	}
	return f
}

func TestNobodyThere(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		d.field.put()
		fails(t, d, Plan{EPC: unhex(t, newEPC)}, StepFind, errNone)
		if _, err := Look(t.Context(), d, nil); !errors.Is(err, errNone) {
			t.Error(err)
		}
	})
}

// TestNeighbourIsNeverWritten: with two tags here nothing is done unless one is named, and
// then only to that one, whether it is named by EPC or by TID.
func TestNeighbourIsNeverWritten(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		other := uhftest.NewChip(unhex(t, otherEPC), unhex(t, otherTID), 8)
		d.field.put(other, d.chip) // the other one answers first
		f := fails(t, d, Plan{EPC: unhex(t, newEPC)}, StepFind, errSeveral)
		if !strings.Contains(f.Error(), oldEPC) || !strings.Contains(f.Error(), otherEPC) {
			t.Errorf("it does not say which: %v", f)
		}
		fails(t, d, Plan{EPC: unhex(t, newEPC), Tag: unhex(t, "2C00000000000000000000FF")}, StepFind, errNone)
		fails(t, d, Plan{EPC: unhex(t, newEPC), Tag: unhex(t, "E2801160200062A6DAE9")}, StepFind, errSeveral) // both TIDs begin so
		if _, err := Do(t.Context(), d, Plan{
			EPC: unhex(t, newEPC), Tag: unhex(t, ownTID), NewAccess: access, NewKill: killer, Locks: []epc.LockChange{{Area: epc.LockEPC, State: epc.Locked}},
		}); err != nil {
			t.Fatal(err)
		}
		is(t, d.chip, newEPC)
		fails(t, d, Plan{EPC: unhex(t, newEPC), Tag: unhex(t, otherEPC)}, StepRoom, errTaken)
		if _, err := Do(t.Context(), d, Plan{Tag: unhex(t, newEPC), Kill: killer}); err != nil {
			t.Fatal(err)
		}
		is(t, other, otherEPC)
		if other.AccessPassword() != 0 || other.KillPassword() != 0 || other.LockOf(epc.LockEPC) != epc.Unlocked || other.Killed() {
			t.Error("the neighbour was changed")
		}
	})
}

// TestLockedTagNeedsItsPassword: without it and with a wrong one nothing is written.
func TestLockedTagNeedsItsPassword(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		if _, err := Do(t.Context(), d, Plan{EPC: unhex(t, newEPC), NewAccess: access, Locks: []epc.LockChange{{Area: epc.LockEPC, State: epc.Locked}, {Area: epc.LockAccessPassword, State: epc.Locked}}}); err != nil {
			t.Fatal(err)
		}
		for _, p := range []epc.Password{0, access + 1} {
			if f := fails(t, d, Plan{EPC: unhex(t, otherEPC), Access: p}, StepWrite, nil); f.State != StateUntouched {
				t.Errorf("%v", f)
			}
			fails(t, d, Plan{NewAccess: 0x11111111, Access: p}, StepAccess, nil)
		}
		fails(t, d, Plan{Locks: []epc.LockChange{{Area: epc.LockEPC, State: epc.Unlocked}}, Access: access + 1}, StepLock, nil)
		is(t, d.chip, newEPC)
		if d.chip.LockOf(epc.LockEPC) != epc.Locked || d.chip.AccessPassword() != access {
			t.Error("it was changed")
		}
		if _, err := Do(t.Context(), d, Plan{Locks: []epc.LockChange{{Area: epc.LockEPC, State: epc.Unlocked}}, Access: access}); err != nil {
			t.Error(err)
		}
	})
}

// TestPermanentLocks hold against the right password, too, and cannot be undone.
func TestPermanentLocks(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		if _, err := Do(t.Context(), d, Plan{EPC: unhex(t, newEPC), NewAccess: access, Locks: []epc.LockChange{
			{Area: epc.LockEPC, State: epc.PermanentlyLocked}, {Area: epc.LockUser, State: epc.PermanentlyUnlocked}, {Area: epc.LockKillPassword, State: epc.PermanentlyLocked},
		}}); err != nil {
			t.Fatal(err)
		}
		fails(t, d, Plan{EPC: unhex(t, otherEPC), Access: access}, StepWrite, nil)
		fails(t, d, Plan{Locks: []epc.LockChange{{Area: epc.LockEPC, State: epc.Unlocked}}, Access: access}, StepLock, nil)
		is(t, d.chip, newEPC)
	})
}

// TestChipWithoutRoom is found out before anything is written.
func TestChipWithoutRoom(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		d.chip.LimitEPC(6)
		fails(t, d, Plan{EPC: unhex(t, longEPC), NewAccess: access}, StepRoom, errRoom)
		is(t, d.chip, oldEPC)
		if d.chip.AccessPassword() != 0 || d.chip.PC() != 0x3000 {
			t.Error("something was written")
		}
	})
}

func TestWeakTag(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		d.chip.SetWeak(true)
		if f := fails(t, d, Plan{EPC: unhex(t, newEPC)}, StepWrite, nil); f.State != StateUntouched {
			t.Error(f)
		}
		is(t, d.chip, oldEPC)
	})
}

// TestTagThatConfirmsAndDoesNothing is found by reading back.
func TestTagThatConfirmsAndDoesNothing(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		d.chip.SetStuck(true)
		fails(t, d, Plan{NewAccess: access}, StepAccess, nil)
		fails(t, d, Plan{NewKill: killer}, StepKillPassword, errDiffers)
		_, err := Do(t.Context(), d, Plan{EPC: unhex(t, newEPC)})
		var f *Failure
		if !errors.As(err, &f) || f.Step != StepReadBack || f.State != StateUntouched {
			t.Errorf("%v", err)
		}
	})
}

// otherPC reads PC words that nobody has written.
type otherPC struct {
	Worker
	bits byte
}

func (o otherPC) Read(ctx context.Context, s uhf.Selection, w epc.Words, p epc.Password) ([]byte, error) {
	words, err := o.Worker.Read(ctx, s, w, p)
	if err == nil && w.Bank == epc.BankEPC {
		words[0] ^= o.bits
	}
	return words, err
}

// TestPCIsCompared, but for the two bits that chips set by themselves.
func TestPCIsCompared(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		fails(t, otherPC{d, 0x01}, Plan{EPC: unhex(t, newEPC)}, StepReadBack, errDiffers) // the toggle bit: no EPC any more
		if _, err := Do(t.Context(), otherPC{d, 0x06}, Plan{EPC: unhex(t, newEPC)}); err != nil {
			t.Error(err)
		}
	})
}

// TestTagLeavesInMidWrite: what is half written is told, found by its TID when it is back,
// and written anew.
func TestTagLeavesInMidWrite(t *testing.T) {
	for _, words := range []int{1, 3, 6} {
		t.Run(fmt.Sprint(words), func(t *testing.T) {
			eachKind(t, func(t *testing.T, d *desk) {
				d.chip.LeaveAfter(words)
				if f := fails(t, d, Plan{EPC: unhex(t, longEPC)}, StepWrite, nil); f.State != StateUnknown {
					t.Errorf("%v", f)
				}
				d.chip.SetAway(false)
				half, err := Look(t.Context(), d, unhex(t, ownTID))
				if err != nil || half.PC != 0x5800 || string(half.EPC) == string(unhex(t, longEPC)) || len(half.EPC) != 22 {
					t.Fatalf("%X, %v", half.EPC, err)
				}
				if _, err := Do(t.Context(), d, Plan{EPC: unhex(t, longEPC), Tag: unhex(t, ownTID)}); err != nil {
					t.Fatal(err)
				}
				is(t, d.chip, longEPC)
			})
		})
	}
}

// shaky has the tag come back after each write that failed, and perhaps leave again.
type shaky struct {
	Worker
	chip   *uhftest.Chip
	leaves func() int // after how many words more; -1 for not at all
	writes int
}

func (s *shaky) Write(ctx context.Context, sel uhf.Selection, b epc.Bank, word uint16, data []byte, p epc.Password) error {
	s.chip.LeaveAfter(s.leaves())
	s.writes++
	err := s.Worker.Write(ctx, sel, b, word, data, p)
	s.chip.SetAway(false)
	return err
}

// TestHalfWrittenIsRepeated by itself, a few times; then it is told what is on the tag.
func TestHalfWrittenIsRepeated(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		left := 2
		once := &shaky{Worker: d, chip: d.chip, leaves: func() int {
			if left--; left < 0 {
				return -1
			}
			return 3
		}}
		if _, err := Do(t.Context(), once, Plan{EPC: unhex(t, longEPC)}); err != nil {
			t.Fatal(err)
		}
		is(t, d.chip, longEPC)
		always := &shaky{Worker: d, chip: d.chip, leaves: func() int { return 3 }}
		f := fails(t, always, Plan{EPC: unhex(t, newEPC)}, StepWrite, nil)
		if f.State != StateHalf || always.writes != writeTries || string(f.Now.EPC) != string(d.chip.EPC()) || !strings.Contains(f.Next.EN, "TID") {
			t.Errorf("%d writes, %v", always.writes, f)
		}
	})
}

// deaf loses the answers to changes: what was asked is done, and nobody says so.
type deaf struct{ Worker }

func (d deaf) Write(ctx context.Context, s uhf.Selection, b epc.Bank, word uint16, data []byte, p epc.Password) error {
	if err := d.Worker.Write(ctx, s, b, word, data, p); err != nil {
		return err
	}
	return &uhf.TagError{Fault: uhf.TagUnclear, What: "write", Detail: "lost"}
}

func (d deaf) Lock(ctx context.Context, s uhf.Selection, c epc.LockChange, p epc.Password) error {
	_ = d.Worker.Lock(ctx, s, c, p)
	return &uhf.TagError{Fault: uhf.TagUnclear, What: "lock", Detail: "lost"}
}

// TestLostAnswers: the EPC is there, so that it counts as written; of a lock it is said that
// it failed, and the repeated command finds it.
func TestLostAnswers(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		if _, err := Do(t.Context(), deaf{d}, Plan{EPC: unhex(t, newEPC)}); err != nil {
			t.Fatal(err)
		}
		is(t, d.chip, newEPC)
		fails(t, deaf{d}, Plan{Access: access, NewAccess: access, Locks: []epc.LockChange{{Area: epc.LockEPC, State: epc.Locked}}}, StepAccess, nil)
		if _, err := Do(t.Context(), d, Plan{NewAccess: access}); err != nil {
			t.Fatal(err)
		}
		fails(t, deaf{d}, Plan{Access: access, Locks: []epc.LockChange{{Area: epc.LockEPC, State: epc.Locked}}}, StepLock, nil)
		if _, err := Do(t.Context(), d, Plan{Access: access, Locks: []epc.LockChange{{Area: epc.LockEPC, State: epc.Locked}}}); err != nil {
			t.Fatal(err)
		}
	})
}

// idle confirms locks and sets none.
type idle struct{ Worker }

func (idle) Lock(context.Context, uhf.Selection, epc.LockChange, epc.Password) error { return nil }

// TestLockThatDoesNotHold is found by trying, for every area and state that can be tried.
func TestLockThatDoesNotHold(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		if _, err := Do(t.Context(), d, Plan{NewAccess: access}); err != nil {
			t.Fatal(err)
		}
		for _, a := range []epc.LockArea{epc.LockEPC, epc.LockUser, epc.LockAccessPassword, epc.LockKillPassword} {
			for _, s := range []epc.LockState{epc.Locked, epc.PermanentlyLocked} {
				fails(t, idle{d}, Plan{Access: access, Locks: []epc.LockChange{{Area: a, State: s}}}, StepTryLock, errOpen)
			}
		}
		is(t, d.chip, oldEPC)
	})
}

// lenient locks for the time being what is to be locked for ever.
type lenient struct{ Worker }

func (l lenient) Lock(ctx context.Context, s uhf.Selection, c epc.LockChange, p epc.Password) error {
	c.State = epc.Locked
	return l.Worker.Lock(ctx, s, c, p)
}

// TestLockThatIsNotPermanent is found by trying it with the right password.
func TestLockThatIsNotPermanent(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		for _, a := range []epc.LockArea{epc.LockEPC, epc.LockKillPassword} {
			fails(t, lenient{d}, Plan{NewAccess: access, Locks: []epc.LockChange{{Area: a, State: epc.PermanentlyLocked}}}, StepTryLock, errOpen)
		}
	})
}

// TestTwins: two tags with the same EPC are told from one before or, where a reader cannot,
// after the work.
func TestTwins(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		twin := uhftest.NewChip(unhex(t, oldEPC), unhex(t, otherTID), 8)
		d.field.put(d.chip, twin)
		_, err := Do(t.Context(), d, Plan{EPC: unhex(t, newEPC)})
		if !d.SelectsTID() && !errors.Is(err, errTwin) && uhf.FaultOf(err) != uhf.TagSeveral {
			t.Errorf("%v", err)
		}
		is(t, twin, oldEPC)
	})
}

// swapping answers in turn with the TIDs of two tags.
type swapping struct {
	Worker
	n int
}

func (s *swapping) Read(ctx context.Context, sel uhf.Selection, w epc.Words, p epc.Password) ([]byte, error) {
	words, err := s.Worker.Read(ctx, sel, w, p)
	if s.n++; err == nil && w.Bank == epc.BankTID && s.n%2 == 0 {
		words[len(words)-1] ^= 1
	}
	return words, err
}

func TestTwinsThatAnswerInTurn(t *testing.T) {
	d := newDesk(t, uhf.ProtocolR2000, 4)
	fails(t, &swapping{Worker: d}, Plan{EPC: unhex(t, newEPC)}, StepFind, errTwin)
	is(t, d.chip, oldEPC)
}

func TestKillNeedsItsPassword(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		fails(t, d, Plan{Kill: killer}, StepKill, nil) // it has none, and cannot be killed
		if _, err := Do(t.Context(), d, Plan{NewKill: killer}); err != nil {
			t.Fatal(err)
		}
		fails(t, d, Plan{Kill: killer + 1}, StepKill, nil)
		if d.chip.Killed() {
			t.Error("killed with a wrong password")
		}
	})
}

// TestChipWithoutSerialNumber is known by its EPC; another one of its model is not taken for it.
func TestChipWithoutSerialNumber(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		chip := uhftest.NewChip(unhex(t, oldEPC), unhex(t, "E2003412"), 0)
		d.field.put(chip)
		tag, err := Look(t.Context(), d, nil)
		if err != nil || tag.Serialised() || fmt.Sprintf("%X", tag.TID) != "E2003412" {
			t.Fatalf("%+v, %v", tag, err)
		}
		if _, err := Do(t.Context(), d, Plan{EPC: unhex(t, newEPC), NewAccess: access, Locks: []epc.LockChange{{Area: epc.LockEPC, State: epc.Locked}, {Area: epc.LockUser, State: epc.Locked}}}); err != nil {
			t.Fatal(err)
		}
		is(t, chip, newEPC)
		neighbour := uhftest.NewChip(unhex(t, otherEPC), unhex(t, "E2003412"), 0)
		d.field.put(uhftest.NewChip(unhex(t, oldEPC), unhex(t, "E2003412"), 0))
		gone := &goes{Worker: d, leave: func() { d.field.put(neighbour) }}
		fails(t, gone, Plan{EPC: unhex(t, newEPC)}, StepWrite, nil)
		is(t, neighbour, otherEPC)
	})
}

// goes has the tag taken away before the first write.
type goes struct {
	Worker
	leave func()
}

func (g *goes) Write(ctx context.Context, s uhf.Selection, b epc.Bank, word uint16, data []byte, p epc.Password) error {
	g.leave()
	return g.Worker.Write(ctx, s, b, word, data, p)
}

// TestLongSerialNumber: a TID is read as far as its header says that it goes.
func TestLongSerialNumber(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		const long = "E2801160" + "4000" + "0102030405060708" // 64 bits
		chip := uhftest.NewChip(unhex(t, oldEPC), unhex(t, long+"0000"), 0)
		d.field.put(chip)
		out, err := Do(t.Context(), d, Plan{EPC: unhex(t, newEPC), Tag: unhex(t, long)})
		if err != nil || fmt.Sprintf("%X", out.After.TID) != long || !out.After.Serialised() {
			t.Errorf("%+v, %v", out.After, err)
		}
		is(t, chip, newEPC)
	})
}

func TestPlansThatContradictThemselves(t *testing.T) {
	for name, p := range map[string]Plan{
		"odd EPC":         {EPC: []byte{1}},
		"long EPC":        {EPC: make([]byte, 64)},
		"open lock":       {Locks: []epc.LockChange{{Area: epc.LockEPC, State: epc.Locked}}},
		"no such lock":    {Access: access, Locks: []epc.LockChange{{Area: 7}}},
		"kill and write":  {Kill: killer, EPC: []byte{1, 2}},
		"kill and secret": {Kill: killer, NewKill: killer},
	} {
		if _, err := Do(t.Context(), nil, p); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestEveryStepHasItsWords(t *testing.T) {
	for _, s := range []Step{StepFind, StepRoom, StepAccess, StepWrite, StepReadBack, StepKillPassword, StepLock, StepTryLock, StepKill} {
		if text := s.Text(); text.ZH == string(s) || text.EN == string(s) {
			t.Errorf("%s has no words", s)
		}
	}
}
