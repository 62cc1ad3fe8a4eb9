package threelock_test

import (
	"testing"

	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// keyChange states a change of keys at some of the locks.
func keyChange(asked ...fact.DeviceID) *opening {
	o := &opening{timing: timing}
	var locks [3]fact.DeviceID
	copy(locks[:], asked)
	o.do([]threelock.Step{threelock.State("desk", threelock.KeyChange, nil, locks)}, threelock.None)
	return o
}

// A change of keys asks the locks that are named, ends when they have answered, and has
// nothing to do with bolts and doors.
func TestKeyChangeAtSomeLocks(t *testing.T) {
	for n := 1; n <= 3; n++ {
		o := keyChange(locks[:n]...)
		o.gather()
		for i, l := range locks[:n] {
			o.do(o.session.Challenged(l, []byte(l)))
			if want := i == n-1; (o.session.Phase == threelock.Unlocking) != want {
				t.Fatalf("%d locks: %s after %d challenges", n, o.session.Phase, i+1)
			}
		}
		o.do(o.session.Challenged("", []byte("x")))
		o.do(o.session.Bolts(3, 0, o.timing), threelock.None)
		o.do(o.session.Door(true), threelock.None)
		if o.session.Phase != threelock.Unlocking || o.session.MayBeOpen() {
			t.Errorf("%d locks: %s, may be open: %v", n, o.session.Phase, o.session.MayBeOpen())
		}
		o.do(o.session.Answered("", true, ""))
		for _, l := range locks[:n] {
			o.do(o.session.Answered(l, true, ""))
		}
		if o.session.Why != threelock.WhyKeysChanged {
			t.Errorf("%d locks: ended %q", n, o.session.Why)
		}
	}
}

// A lock that would not take the list ends the change before anybody approves it.
func TestKeyChangeRefusedByALock(t *testing.T) {
	o := keyChange(locks[:]...)
	o.gather()
	o.do(o.session.Answered("lock-2", false, "stale-trust"))
	if o.session.Why != threelock.WhyLockRefused || o.session.Active() {
		t.Errorf("phase %s, ended %q", o.session.Phase, o.session.Why)
	}
	opens := stated()
	opens.gather()
	opens.do(opens.session.Answered("lock-2", false, "x"))
	if !opens.session.Active() {
		t.Error("an answer that came before the question ended an opening")
	}
}
