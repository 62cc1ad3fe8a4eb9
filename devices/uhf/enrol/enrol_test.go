package enrol

import (
	"testing"

	"trilock/firmware-protocols/epc"
)

// TestEnrol: a fresh tag gets its passwords, its EPC and its locks, with every reader.
func TestEnrol(t *testing.T) {
	eachKind(t, func(t *testing.T, d *desk) {
		out, err := Do(t.Context(), d, Plan{
			EPC: unhex(t, newEPC), NewAccess: access, NewKill: killer,
			Locks: []epc.LockChange{{Area: epc.LockEPC, State: epc.Locked}, {Area: epc.LockAccessPassword, State: epc.Locked}, {Area: epc.LockKillPassword, State: epc.Locked}},
		})
		if err != nil {
			t.Fatal(err)
		}
		is(t, d.chip, newEPC)
		if len(out.Steps) != 8 || d.chip.AccessPassword() != access || d.chip.KillPassword() != killer || d.chip.PC() != 0x3000 {
			t.Errorf("%+v, PC %04X", out, uint16(d.chip.PC()))
		}
		for _, a := range []epc.LockArea{epc.LockEPC, epc.LockAccessPassword, epc.LockKillPassword} {
			if d.chip.LockOf(a) != epc.Locked {
				t.Errorf("%v is %v", a, d.chip.LockOf(a))
			}
		}
		again, err := Do(t.Context(), d, Plan{ // the same once more, as after a step that failed
			EPC: unhex(t, newEPC), NewAccess: access, NewKill: killer, Locks: []epc.LockChange{{Area: epc.LockEPC, State: epc.Locked}},
		})
		if err != nil || len(again.Steps) != 8 {
			t.Fatalf("%+v, %v", again, err)
		}
		is174, err := Do(t.Context(), d, Plan{EPC: unhex(t, longEPC), Access: access, Tag: unhex(t, ownTID)})
		if err != nil {
			t.Fatal(err)
		}
		is(t, d.chip, longEPC)
		if d.chip.PC() != 0x5800 || is174.After.PC != 0x5800 {
			t.Errorf("PC %04X", uint16(d.chip.PC()))
		}
		if _, err := Do(t.Context(), d, Plan{Kill: killer}); err != nil {
			t.Fatal(err)
		}
		if !d.chip.Killed() {
			t.Error("it lives")
		}
	})
}
