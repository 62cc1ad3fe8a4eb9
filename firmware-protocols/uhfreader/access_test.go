package uhfreader

import (
	"bytes"
	"testing"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/frames/framestest"
)

// These are computed by the manual's formulas, outside this package.
const (
	readWire     = "180002062C15A537C8000E0000000001020006000000003A99"
	readMaskWire = "1C0002FF0101070000000002000060E2801160200062A6DAE9092923BA"
	writeWire    = "1C000302062C15A537C8000E00000000010002C0FFEE0100000000E4E1"
	lockWire     = "170006062C15A537C8000E00000000010202C0FFEE010358"
	lockMaskWire = "1B0006FF0003C0FFEE0102000060E2801160200062A6DAE909290039"
	killWire     = "150005062C15A537C8000E0000000001DEADBEEFB291"
)

const (
	access epc.Password = 0xC0FFEE01
	killer epc.Password = 0xDEADBEEF
)

func TestAccessRequests(t *testing.T) {
	byEPC := Target{EPC: unhex(t, "2C15A537C8000E0000000001")}
	byTID := Target{Bank: epc.BankTID, Mask: unhex(t, "E2801160200062A6DAE90929")}
	read, readMask := ReadRequest{byEPC, 0, epc.BankTID, 0, 6}, ReadRequest{byTID, 0, epc.BankEPC, 1, 7}
	write := WriteRequest{byEPC, 0, epc.BankReserved, 2, access.Bytes()}
	lock := LockRequest{byEPC, access, epc.LockChange{Area: epc.LockEPC, State: epc.Locked}}
	lockMask := LockRequest{byTID, access, epc.LockChange{Area: epc.LockKillPassword, State: epc.PermanentlyLocked}}
	kill := KillRequest{byEPC, killer}
	framestest.Shape{Head: 3, Tail: 2}.Requests(t,
		framestest.Made(readWire, AppendRead(nil, 0, read), ParseRead, read),
		framestest.Made(readMaskWire, AppendRead(nil, 0, readMask), ParseRead, readMask),
		framestest.Made(writeWire, AppendWrite(nil, 0, write), ParseWrite, write),
		framestest.Made(lockWire, AppendLock(nil, 0, lock), ParseLock, lock),
		framestest.Made(lockMaskWire, AppendLock(nil, 0, lockMask), ParseLock, lockMask),
		framestest.Made(killWire, AppendKill(nil, 0, kill), ParseKill, kill),
	)
}

func TestAccessRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no tag named":     "00" + "020006" + "00000000",
		"16 words of EPC":  "10" + "020006" + "00000000",
		"0 words to read":  "01AAAA" + "020000" + "00000000",
		"120 words":        "01AAAA" + "020078" + "00000000",
		"a mask of 0 bits": "FF" + "020006" + "00000000" + "02000000",
		"a mask of 4 bits": "FF" + "020006" + "00000000" + "02000004E0",
	} {
		if r, err := ParseRead(unhex(t, text)); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for name, text := range map[string]string{"area 5": "01AAAA" + "0502" + "00000001", "state 4": "01AAAA" + "0204" + "00000001"} {
		if l, err := ParseLock(unhex(t, text)); err == nil {
			t.Errorf("%s: %+v", name, l)
		}
	}
	if _, err := ParseWords(make([]byte, 3), 2); err == nil {
		t.Error("3 bytes were taken for 2 words")
	}
	if _, err := ParseTagError([]byte{4, 4}); err == nil {
		t.Error("2 bytes were taken for a tag's code")
	}
	if e, err := ParseTagError([]byte{4}); err != nil || e != epc.TagErrorLocked {
		t.Error(e, err)
	}
}

// FuzzAccess: whatever is taken for a request is made again from what was understood.
func FuzzAccess(f *testing.F) {
	for _, wire := range []string{readWire, readMaskWire, writeWire, lockWire, lockMaskWire, killWire} {
		frame := unhex(f, wire)
		f.Add(frame[3 : len(frame)-2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > MaxData {
			return
		}
		again := func(frame []byte) {
			if !bytes.Equal(frame[3:len(frame)-2], data) {
				t.Fatalf("%X became %X", data, frame)
			}
		}
		if r, err := ParseRead(data); err == nil {
			again(AppendRead(nil, 0, r))
		}
		if w, err := ParseWrite(data); err == nil {
			again(AppendWrite(nil, 0, w))
		}
		if l, err := ParseLock(data); err == nil {
			again(AppendLock(nil, 0, l))
		}
		if k, err := ParseKill(data); err == nil {
			again(AppendKill(nil, 0, k))
		}
	})
}
