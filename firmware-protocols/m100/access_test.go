package m100

import (
	"bytes"
	"testing"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/frames/framestest"
)

// accessFrames are computed by the manual's formula, outside this package.
const (
	writeWire  = "BB0049000DC0FFEE01010001000230002C15797E"
	lockWire   = "BB00820007C0FFEE010FC2A0A87E"
	killWire   = "BB00650004DEADBEEFA17E"
	doneWire   = "BB014900100E30002C15A537C8000E0000000001008C7E"
	lockedWire = "BB01FF0010B40E30002C15A537C8000E0000000001F67E"
)

const (
	access epc.Password = 0xC0FFEE01
	killer epc.Password = 0xDEADBEEF
)

func TestAccessRequests(t *testing.T) {
	payload, err := epc.Payload(epc.LockChange{Area: epc.LockKillPassword, State: epc.Locked}, epc.LockChange{Area: epc.LockAccessPassword, State: epc.Locked}, epc.LockChange{Area: epc.LockEPC, State: epc.Locked})
	if err != nil {
		t.Fatal(err)
	}
	write := WriteRequest{access, epc.BankEPC, 1, unhex(t, "30002C15")}
	framestest.Shape{Head: 5, Tail: 2}.Requests(t,
		framestest.Made(writeWire, AppendWrite(nil, FamilyBB, write), ParseWrite, write),
		framestest.Made(lockWire, AppendLock(nil, FamilyBB, access, payload), func(d []byte) ([2]uint32, error) {
			password, p, err := ParseLock(d)
			return [2]uint32{uint32(password), uint32(p)}, err
		}, [2]uint32{uint32(access), 0xFC2A0}),
		framestest.Made(killWire, AppendKill(nil, FamilyBB, killer), ParseKill, killer),
	)
	for name, words := range map[string]int{"none": 0, "33": 33} {
		if _, err := ParseWrite(append([]byte{0, 0, 0, 0, 1, 0, 1, 0, byte(words)}, make([]byte, 2*words)...)); err == nil {
			t.Errorf("a write of %s words was taken", name)
		}
	}
}

func TestAccessAnswers(t *testing.T) {
	tag := Access{PC: 0x3000, EPC: unhex(t, "2C15A537C8000E0000000001")}
	done := tag
	done.Data = []byte{Done}
	if got := AppendAccess(nil, FamilyBB, CommandWrite, done); !bytes.Equal(got, unhex(t, doneWire)) {
		t.Errorf("done: %X", got)
	}
	if got := AppendAccessError(nil, FamilyBB, RefusedBy(CommandWrite, epc.TagErrorLocked), tag); !bytes.Equal(got, unhex(t, lockedWire)) {
		t.Errorf("locked: %X", got)
	}
	frame := unhex(t, lockedWire)
	code, rest, err := ParseError(frame[5 : len(frame)-2])
	if err != nil {
		t.Fatal(err)
	}
	who, err := ParseAccess(rest)
	if e, told := code.TagError(); err != nil || !told || e != epc.TagErrorLocked || !bytes.Equal(who.EPC, tag.EPC) || code.String() != "refused by the tag with code B4" {
		t.Errorf("%v, %v, %+v, %v", code, e, who, err)
	}
	for command, want := range map[Command]Code{CommandRead: 0xA3, CommandWrite: 0xB3, CommandLock: 0xC3, CommandKill: 0xD3} {
		if got := RefusedBy(command, epc.TagErrorOverrun); got != want {
			t.Errorf("%02X: %02X", command, got)
		}
	}
	if _, told := CodePassword.TagError(); told {
		t.Error("the module's own code was taken for a tag's")
	}
	for _, bad := range []string{"", "0E", "0E3000", "0130002C", "00300000", "FF3000" + "2C15A537C8000E0000000001"} {
		if a, err := ParseAccess(unhex(t, bad)); err == nil {
			t.Errorf("%s was taken for %+v", bad, a)
		}
	}
}

// FuzzAccess: whatever is taken for a request is made again from what was understood.
func FuzzAccess(f *testing.F) {
	for _, wire := range []string{writeWire, lockWire, killWire, doneWire, lockedWire} {
		frame := unhex(f, wire)
		f.Add(frame[5 : len(frame)-2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		again := func(frame []byte) {
			if !bytes.Equal(frame[5:len(frame)-2], data) {
				t.Fatalf("%X became %X", data, frame)
			}
		}
		if r, err := ParseRead(data); err == nil {
			again(AppendRead(nil, FamilyBB, r))
		}
		if w, err := ParseWrite(data); err == nil {
			again(AppendWrite(nil, FamilyBB, w))
		}
		if password, p, err := ParseLock(data); err == nil {
			again(AppendLock(nil, FamilyBB, password, p))
		}
		if password, err := ParseKill(data); err == nil {
			again(AppendKill(nil, FamilyBB, password))
		}
		if a, err := ParseAccess(data); err == nil && len(data) <= MaxData {
			again(AppendAccess(nil, FamilyBB, CommandRead, a))
		}
	})
}
