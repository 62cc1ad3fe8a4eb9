package mercury

import (
	"bytes"
	"testing"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/frames/framestest"
)

// These are computed by the document's formulas, outside this package.
const (
	readWire    = "FF1E2803E802010000000107000000000000000060E2801160200062A6DAE90929FFB2"
	readEPCWire = "FF1E2803E8040200000000060000000000000020602C15A537C8000E00000000011572"
	writeWire   = "FF212403E8020000000101C0FFEE010000000060E2801160200062A6DAE9092930002C15D673"
	lockWire    = "FF1C2503E802C0FFEE01003000200000000060E2801160200062A6DAE9092932F0"
	killWire    = "FF192603E802DEADBEEF000000000060E2801160200062A6DAE90929B666"
	wordsWire   = "FF052800000230002C151E7F"
)

const (
	access epc.Password = 0xC0FFEE01
	killer epc.Password = 0xDEADBEEF
)

func TestAccessRequests(t *testing.T) {
	byTID := Choice{Bank: epc.BankTID, Mask: unhex(t, "E2801160200062A6DAE90929")}
	byEPC := Choice{Bank: epc.BankEPC, Bit: 32, Mask: unhex(t, "2C15A537C8000E0000000001")}
	payload, err := epc.Payload(epc.LockChange{Area: epc.LockEPC, State: epc.Locked})
	if err != nil {
		t.Fatal(err)
	}
	read, readEPC := ReadData{1000, byTID, 0, epc.BankEPC, 1, 7}, ReadData{1000, byEPC, 0, epc.BankTID, 0, 6}
	write, lock, kill := WriteData{1000, byTID, access, epc.BankEPC, 1, unhex(t, "30002C15")}, Lock{1000, byTID, access, payload}, Kill{1000, byTID, killer}
	requests := []framestest.Request{
		framestest.Made(readWire, AppendReadData(nil, read), ParseReadData, read),
		framestest.Made(readEPCWire, AppendReadData(nil, readEPC), ParseReadData, readEPC),
		framestest.Made(writeWire, AppendWriteData(nil, write), ParseWriteData, write),
		framestest.Made(lockWire, AppendLock(nil, lock), ParseLock, lock),
		framestest.Made(killWire, AppendKill(nil, kill), ParseKill, kill),
	}
	for i, data := range (framestest.Shape{Head: 3, Tail: 2, Optional: true}).Requests(t, requests...) {
		for name, option := range map[string]byte{"none": 0, "by nothing": 5, "inverse": 0x0A, "EPC of old": 1} {
			bad := bytes.Clone(data)
			bad[2] = option
			if got, err := requests[i].Parse(bad); err == nil {
				t.Errorf("request %d: option %s was taken for %+v", i, name, got)
			}
		}
	}
}

// TestChoicesThatNameNoTag: a mask of no bits would match every tag.
func TestChoicesThatNameNoTag(t *testing.T) {
	const head = "03E8" + "02" + "DEADBEEF" + "00" + "00000000"
	for name, mask := range map[string]string{"no bits": "00", "4 bits": "04E0", "12 bits": "0CE280", "fewer than it says": "10E2", "more than it says": "08E280"} {
		if k, err := ParseKill(unhex(t, head+mask)); err == nil {
			t.Errorf("%s: %+v", name, k)
		}
	}
	if k, err := ParseKill(unhex(t, head+"08E2")); err != nil || len(k.Choice.Mask) != 1 {
		t.Errorf("a good one: %+v, %v", k, err)
	}
	if k, err := ParseKill(unhex(t, "03E8"+"02"+"DEADBEEF"+"01"+"00000000"+"08E2")); err == nil {
		t.Errorf("with a reserved bit: %+v", k)
	}
}

func TestAnswersToReads(t *testing.T) {
	choice := Choice{Bank: epc.BankTID}
	if got := AppendDataRead(nil, choice, unhex(t, "30002C15")); !bytes.Equal(got, unhex(t, wordsWire)) {
		t.Errorf("made %X", got)
	}
	for _, text := range []string{"30002C15", "0230002C15"} {
		if got, err := ParseDataRead(unhex(t, text), 2); err != nil || !bytes.Equal(got, unhex(t, "30002C15")) {
			t.Errorf("%s: %X, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "3000", "30002C", "021030002C15"} {
		if got, err := ParseDataRead(unhex(t, text), 2); err == nil {
			t.Errorf("%s was taken for %X", text, got)
		}
	}
	for _, e := range []epc.TagError{epc.TagErrorOther, epc.TagErrorOverrun, epc.TagErrorLocked, epc.TagErrorPower, epc.TagErrorUnknown} {
		if got, told := RefusedBy(e).TagError(); !told || got != e {
			t.Errorf("%v: %v, %v", e, got, told)
		}
	}
	if _, told := StatusNoTags.TagError(); told {
		t.Error("no tag was taken for a tag's code")
	}
}

// FuzzAccess: whatever is taken for a request is made again from what was understood.
func FuzzAccess(f *testing.F) {
	for _, wire := range []string{readWire, readEPCWire, writeWire, lockWire, killWire} {
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
		if r, err := ParseReadData(data); err == nil {
			again(AppendReadData(nil, r))
		}
		if w, err := ParseWriteData(data); err == nil {
			again(AppendWriteData(nil, w))
		}
		if l, err := ParseLock(data); err == nil {
			again(AppendLock(nil, l))
		}
		if k, err := ParseKill(data); err == nil {
			again(AppendKill(nil, k))
		}
	})
}
