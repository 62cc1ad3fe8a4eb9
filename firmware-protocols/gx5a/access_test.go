package gx5a

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/frames/framestest"
)

// These are computed by the maker's formulas, outside this package.
const (
	writeWire        = "5A00010211002500000001010001000430002C1501001002000060E2801160200062A6DAE9092902C0FFEE01A666"
	lockWire         = "5A00010212001E00000001020101001002000060E2801160200062A6DAE9092902C0FFEE0147BB"
	killWire         = "5A00010213001B00000001DEADBEEF01001002000060E2801160200062A6DAE90929E1FD"
	readTIDWire      = "5A00010210001B0000000100010010010020602C15A537C8000E0000000001020106529B"
	readReservedWire = "5A000102100021000000010001001002000060E2801160200062A6DAE909290400020205C0FFEE01EEA2"
)

const (
	thePassword epc.Password = 0xC0FFEE01
	theKiller   epc.Password = 0xDEADBEEF
)

func TestAccessRequests(t *testing.T) {
	byTID := Filter{Bank: epc.BankTID, Mask: unhex(t, "E2801160200062A6DAE90929")}
	byEPC := Filter{Bank: epc.BankEPC, Bit: 32, Mask: unhex(t, "2C15A537C8000E0000000001")}
	write := Write{1, byTID, thePassword, epc.BankEPC, 1, unhex(t, "30002C15")}
	lock := Lock{1, byTID, thePassword, epc.LockChange{Area: epc.LockEPC, State: epc.Locked}}
	kill := Kill{1, byTID, theKiller}
	readTID := Read{1, byEPC, 0, epc.Words{Bank: epc.BankTID, Count: 6}}
	readReserved := Read{1, byTID, thePassword, epc.Words{Bank: epc.BankReserved, Word: 2, Count: 2}}
	framestest.Shape{Head: 7, Tail: 2, Optional: true}.Requests(t,
		framestest.Made(writeWire, AppendWrite(nil, write), ParseWrite, write),
		framestest.Made(lockWire, AppendLock(nil, lock), ParseLock, lock),
		framestest.Made(killWire, AppendKill(nil, kill), ParseKill, kill),
		framestest.Made(readTIDWire, AppendRead(nil, readTID), ParseReadRequest, readTID),
		framestest.Made(readReservedWire, AppendRead(nil, readReserved), ParseReadRequest, readReserved),
	)
}

func TestAccessRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no words":             "00000001" + "01" + "0001" + "0000",
		"half a word":          "00000001" + "01" + "0001" + "000130",
		"filter of 0 bits":     "00000001" + "01" + "0001" + "00023000" + "010004" + "02000000",
		"filter of 4 bits":     "00000001" + "01" + "0001" + "00023000" + "010005" + "02000004E0",
		"filter longer inside": "00000001" + "01" + "0001" + "00023000" + "010005" + "02000010E0",
		"half a password":      "00000001" + "01" + "0001" + "00023000" + "02C0FF",
	} {
		if w, err := ParseWrite(unhex(t, text)); err == nil {
			t.Errorf("%s: %+v", name, w)
		}
	}
	for name, text := range map[string]string{"area 5": "00000001" + "0500", "mode 4": "00000001" + "0204"} {
		if l, err := ParseLock(unhex(t, text)); err == nil {
			t.Errorf("%s: %+v", name, l)
		}
	}
	for name, text := range map[string]string{
		"continuous": "00000001" + "01" + "020106", "nothing to read": "00000001" + "00", "two parts": "00000001" + "00" + "020106" + "03000001",
	} {
		if r, err := ParseReadRequest(unhex(t, text)); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestReadRecords: what a record holds of a bank comes back, and nothing of another.
func TestReadRecords(t *testing.T) {
	for bank := epc.BankReserved; bank <= epc.BankUser; bank++ {
		tag := Tag{EPC: []byte{1, 2}, PC: 0x0800, Antenna: 1}
		tag.SetRead(bank, []byte{byte(bank), 0xAA})
		frame := AppendTag(nil, &tag)
		var got Tag
		if err := ParseTag(frame[7:len(frame)-2], &got); err != nil {
			t.Fatal(err)
		}
		for other := epc.BankReserved; other <= epc.BankUser; other++ {
			words, there := got.ReadOf(other)
			if there != (other == bank) || there && !bytes.Equal(words, []byte{byte(bank), 0xAA}) {
				t.Errorf("%v in a record of %v: %X, %v", other, bank, words, there)
			}
		}
	}
	if AccessLocked.String() != "memory is locked" || KillPassword.String() != "kill password is wrong" || ReadOverrun.String() != "no such memory" || AccessResult(0x20).String() != "code 20" {
		t.Error(AccessLocked, KillPassword, ReadOverrun, AccessResult(0x20))
	}
}

// FuzzAccess: whatever is taken for a request says the same once it is made anew.
func FuzzAccess(f *testing.F) {
	for _, wire := range []string{writeWire, lockWire, killWire, readTIDWire, readReservedWire} {
		frame := unhex(f, wire)
		f.Add(frame[7 : len(frame)-2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > MaxData {
			return
		}
		same := func(want any, frame []byte, parse func([]byte) (any, error)) {
			if got, err := parse(frame[7 : len(frame)-2]); err != nil || !cmp.Equal(got, want) {
				t.Fatalf("%X is %+v and became %+v, %v", data, want, got, err)
			}
		}
		if w, err := ParseWrite(data); err == nil {
			same(w, AppendWrite(nil, w), func(d []byte) (any, error) { return ParseWrite(d) })
		}
		if l, err := ParseLock(data); err == nil {
			same(l, AppendLock(nil, l), func(d []byte) (any, error) { return ParseLock(d) })
		}
		if k, err := ParseKill(data); err == nil {
			same(k, AppendKill(nil, k), func(d []byte) (any, error) { return ParseKill(d) })
		}
		if r, err := ParseReadRequest(data); err == nil {
			same(r, AppendRead(nil, r), func(d []byte) (any, error) { return ParseReadRequest(d) })
		}
	})
}
