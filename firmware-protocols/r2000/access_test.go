package r2000

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/frames/framestest"
)

// accessWires are computed by the document's formulas, outside this package.
const (
	readWire    = "A00A0181020006C0FFEE011E"
	writeWire   = "A00E0182C0FFEE0101010230002C15AC"
	lockWire    = "A0090183C0FFEE01030121"
	killWire    = "A0070184DEADBEEF9C"
	matchWire   = "A0110185000C2C15A537C8000E0000000001C9"
	noMatchWire = "A004018501D5"
	wordsWire   = "A01D018100011430002C15A537C8000E000000000176ABE2801160040C0183"
	doneWire    = "A019018200011030002C15A537C8000E000000000176AB100C0151"
	wrongWire   = "A019018200011030002C15A537C8000E000000000176AB400C0121"
)

const (
	access epc.Password = 0xC0FFEE01
	killer epc.Password = 0xDEADBEEF
)

func TestAccessRequests(t *testing.T) {
	read, write := Read{access, epc.BankTID, 0, 6}, Write{access, epc.BankEPC, 1, unhex(t, "30002C15")}
	lock := epc.LockChange{Area: epc.LockEPC, State: epc.Locked}
	code := unhex(t, "2C15A537C8000E0000000001")
	framestest.Shape{Head: 4, Tail: 1, Refusal: ErrLength}.Requests(t,
		framestest.Made(readWire, AppendRead(nil, 1, read), ParseRead, read),
		framestest.Made(writeWire, AppendWrite(nil, 1, write), ParseWrite, write),
		framestest.Made(lockWire, AppendLock(nil, 1, access, lock), func(d []byte) ([]any, error) {
			password, c, err := ParseLock(d)
			return []any{password, c}, err
		}, []any{access, lock}),
		framestest.Made(killWire, AppendKill(nil, 1, killer), ParseKill, killer),
		framestest.Made(matchWire, AppendEPCMatch(nil, 1, code), ParseEPCMatch, code),
	)
	if got := AppendEPCMatch(nil, 1, nil); !bytes.Equal(got, unhex(t, noMatchWire)) {
		t.Errorf("no match: %X", got)
	}
	if got, err := ParseEPCMatch([]byte{matchOff}); err != nil || got != nil {
		t.Errorf("no match: %X, %v", got, err)
	}
}

// TestEveryLock: areas and states have numbers of this protocol's own, each another one.
func TestEveryLock(t *testing.T) {
	seen := map[[2]byte]bool{}
	for area := epc.LockKillPassword; area <= epc.LockUser; area++ {
		for state := epc.Unlocked; state <= epc.PermanentlyLocked; state++ {
			want := epc.LockChange{Area: area, State: state}
			frame := AppendLock(nil, 1, access, want)
			seen[[2]byte(frame[8:10])] = true
			if _, got, err := ParseLock(frame[4:10]); err != nil || got != want {
				t.Errorf("%v: %v, %v", want, got, err)
			}
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d different locks", len(seen))
	}
	for _, bad := range [][2]byte{{0, 0}, {6, 0}, {1, 4}} {
		if _, c, err := ParseLock(append(access.Bytes(), bad[:]...)); err == nil {
			t.Errorf("%v was taken for %v", bad, c)
		}
	}
}

func TestAccessRecords(t *testing.T) {
	tag := Access{Tags: 1, PC: 0x3000, EPC: unhex(t, "2C15A537C8000E0000000001"), Result: Success, FreqAnt: 0x0C}
	words, wrong := tag, tag
	words.Words, wrong.Result = unhex(t, "E2801160"), ErrorPassword
	for _, v := range []struct {
		wire    string
		command Command
		want    Access
	}{{wordsWire, CommandRead, words}, {doneWire, CommandWrite, tag}, {wrongWire, CommandWrite, wrong}} {
		frame := unhex(t, v.wire)
		got, err := ParseAccess(v.command, frame[4:len(frame)-1])
		if len(got.Words) == 0 {
			got.Words = nil
		}
		if diff := cmp.Diff(v.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", v.wire, err, diff)
		}
		if made := AppendAccess(nil, 1, v.command, v.want); !bytes.Equal(made, frame) {
			t.Errorf("%s: made %X", v.wire, made)
		}
		data := frame[4 : len(frame)-1]
		for i := range data[:len(data)-3] { // every byte but result, FreqAnt and reads is checked by another
			if i < 2 {
				continue
			}
			bad := bytes.Clone(data)
			bad[i] ^= 0x40
			if got, err := ParseAccess(v.command, bad); err == nil && v.command != CommandRead {
				t.Errorf("%s: byte %d changed, and it was taken for %+v", v.wire, i, got)
			}
		}
		for n := range len(data) {
			if _, err := ParseAccess(v.command, data[:n]); err == nil {
				t.Errorf("%s: %d bytes were taken for a record", v.wire, n)
			}
		}
	}
}

// FuzzAccess: whatever is taken for a request or a record is made again from what was understood.
func FuzzAccess(f *testing.F) {
	for _, wire := range []string{readWire, writeWire, lockWire, killWire, matchWire, noMatchWire, wordsWire, doneWire, wrongWire} {
		frame := unhex(f, wire)
		f.Add(frame[4 : len(frame)-1])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		again := func(frame []byte) {
			if !bytes.Equal(frame[4:len(frame)-1], data) {
				t.Fatalf("%X became %X", data, frame)
			}
		}
		if r, err := ParseRead(data); err == nil {
			again(AppendRead(nil, 1, r))
		}
		if w, err := ParseWrite(data); err == nil && len(data) <= MaxData {
			again(AppendWrite(nil, 1, w))
		}
		if password, c, err := ParseLock(data); err == nil {
			again(AppendLock(nil, 1, password, c))
		}
		if password, err := ParseKill(data); err == nil {
			again(AppendKill(nil, 1, password))
		}
		if code, err := ParseEPCMatch(data); err == nil && code != nil {
			again(AppendEPCMatch(nil, 1, code))
		}
		for _, command := range []Command{CommandRead, CommandWrite} {
			if a, err := ParseAccess(command, data); err == nil && !a.PC.Extended() && len(data) <= MaxData && data[len(data)-1] == 1 {
				again(AppendAccess(nil, 1, command, a))
			}
		}
	})
}
