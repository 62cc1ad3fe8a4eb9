package feig

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// These are computed by the manual's formulas, outside this package.
const (
	readBlocksWire  = "1100B02301E00401001234567800026050"
	blockDataWire   = "1200B00002040011223344015566778805F9"
	writeBlocksWire = "1600B02401E004010012345678050104AABBCCDDD36A"
	lockBlocksWire  = "1100B02201E00401001234567805011699"
)

func TestBlockRequests(t *testing.T) {
	uid := unhex(t, "E004010012345678")
	for _, v := range []struct {
		wire  string
		frame []byte
		parse func(data []byte) (any, error)
		want  any
	}{
		{readBlocksWire, AppendReadBlocks(nil, 0, Blocks{uid, 0, 2}), func(d []byte) (any, error) { return ParseReadBlocks(d) }, Blocks{uid, 0, 2}},
		{lockBlocksWire, AppendLockBlocks(nil, 0, Blocks{uid, 5, 1}), func(d []byte) (any, error) { return ParseLockBlocks(d) }, Blocks{uid, 5, 1}},
		{writeBlocksWire, AppendWriteBlocks(nil, 0, Blocks{uid, 5, 1}, 4, unhex(t, "AABBCCDD")), func(d []byte) (any, error) {
			b, size, content, err := ParseWriteBlocks(d)
			return []any{b, size, content}, err
		}, []any{Blocks{uid, 5, 1}, uint8(4), unhex(t, "AABBCCDD")}},
	} {
		if !bytes.Equal(v.frame, unhex(t, v.wire)) {
			t.Errorf("%s: made %X", v.wire, v.frame)
		}
		data := v.frame[3 : len(v.frame)-2]
		if got, err := v.parse(data); err != nil || !cmp.Equal(got, v.want) {
			t.Errorf("%s: %+v, %v", v.wire, got, err)
		}
		for n := range len(data) {
			if _, err := v.parse(data[:n]); !errors.Is(err, ErrLength) {
				t.Errorf("%s: %X was taken, %v", v.wire, data[:n], err)
			}
		}
		if _, err := v.parse(append(bytes.Clone(data), 0)); !errors.Is(err, ErrLength) {
			t.Errorf("%s: a byte more was taken, %v", v.wire, err)
		}
		for name, at := range map[string]int{"order": 0, "mode": 1} {
			bad := bytes.Clone(data)
			bad[at] = 0x02
			if _, err := v.parse(bad); !errors.Is(err, ErrLength) {
				t.Errorf("%s: another %s was taken, %v", v.wire, name, err)
			}
		}
	}
	for _, b := range []Blocks{{uid, 0, 0}, {uid, 0, MaxBlocks + 1}, {uid, 255, 2}} {
		frame := AppendReadBlocks(nil, 0, b)
		if got, err := ParseReadBlocks(frame[3 : len(frame)-2]); err == nil {
			t.Errorf("%+v was taken for %+v", b, got)
		}
	}
}

func TestBlockData(t *testing.T) {
	want := []Block{{false, unhex(t, "11223344")}, {true, unhex(t, "55667788")}}
	if got := AppendBlockData(nil, 0, want); !bytes.Equal(got, unhex(t, blockDataWire)) {
		t.Errorf("made %X", got)
	}
	got, err := ParseBlockData(content(t, blockDataWire))
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "02", "0204", "010411223344", "02040011223344", "0100", "0121" + "00", "8104"} {
		if b, err := ParseBlockData(unhex(t, bad)); !errors.Is(err, ErrLength) {
			t.Errorf("%s was taken for %+v, %v", bad, b, err)
		}
	}
}

// FuzzBlocks: whatever is taken for a message is made again from what was understood.
func FuzzBlocks(f *testing.F) {
	for _, wire := range []string{readBlocksWire, writeBlocksWire, lockBlocksWire} {
		frame := unhex(f, wire)
		f.Add(frame[3 : len(frame)-2])
	}
	f.Add(unhex(f, "020400112233440155667788"))
	f.Fuzz(func(t *testing.T, data []byte) {
		again := func(frame []byte, head int) {
			if !bytes.Equal(frame[head:len(frame)-2], data) {
				t.Fatalf("%X became %X", data, frame)
			}
		}
		if len(data) > 240 { // longer ones are in the other frame
			return
		}
		if b, err := ParseReadBlocks(data); err == nil {
			again(AppendReadBlocks(nil, 0, b), 3)
		}
		if b, err := ParseLockBlocks(data); err == nil {
			again(AppendLockBlocks(nil, 0, b), 3)
		}
		if b, size, content, err := ParseWriteBlocks(data); err == nil {
			again(AppendWriteBlocks(nil, 0, b, size, content), 3)
		}
		if blocks, err := ParseBlockData(data); err == nil && len(blocks) > 0 {
			made := AppendBlockData(nil, 0, blocks)
			if got, err := ParseBlockData(made[4 : len(made)-2]); err != nil || !cmp.Equal(got, blocks) {
				t.Fatalf("%X became %X", data, made)
			}
		}
	})
}
