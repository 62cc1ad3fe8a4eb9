package locktest

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"trilock/firmware-protocols/lockwire"
)

func listOf(t *testing.T, version uint32) []byte {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	key, err := lockwire.NewKey(ed25519.NewKeyFromSeed(seed).Public())
	if err != nil {
		t.Fatal(err)
	}
	trust := lockwire.ControllerTrust("safe-1", key)
	trust.Version = version
	raw, err := trust.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The power may go after any byte: the lock then has the old list or the new one, the new
// one whenever store said so, and can store the next.
func TestPowerCutAtEveryByte(t *testing.T) {
	old, next, last := listOf(t, 4), listOf(t, 5), listOf(t, 6)
	sawOld, sawNew := false, false
	for cut := 0; ; cut++ {
		var f flash
		if err := errors.Join(f.store(listOf(t, 3)), f.store(old)); err != nil {
			t.Fatal(err)
		}
		f.cutAfter = cut + 1
		err := f.store(next)
		f.cutAfter = 0
		trust, loadErr := f.load()
		if loadErr != nil || trust.Version != 4 && trust.Version != 5 {
			t.Fatalf("cut after %d bytes: %+v, %v", cut, trust, loadErr)
		}
		if err == nil && trust.Version != 5 {
			t.Fatalf("cut after %d bytes: stored, and version %d counts", cut, trust.Version)
		}
		sawOld, sawNew = sawOld || trust.Version == 4, sawNew || trust.Version == 5
		if err := f.store(last); err != nil {
			t.Fatal(err)
		}
		if trust, err := f.load(); err != nil || trust.Version != 6 {
			t.Fatalf("cut after %d bytes, then stored: version %d, %v", cut, trust.Version, err)
		}
		if err == nil {
			break
		}
	}
	if !sawOld || !sawNew {
		t.Error("no cut left the old list, or none the new one")
	}
}

func TestEmptyFlash(t *testing.T) {
	var f flash
	if _, err := f.load(); err == nil {
		t.Error("an empty memory holds a list")
	}
	for _, list := range [][]byte{nil, make([]byte, lockwire.MaxTrustBytes+1), {1, 2, 3}} {
		if err := f.store(list); err == nil {
			t.Errorf("%d bytes that are no list were stored", len(list))
		}
	}
}
