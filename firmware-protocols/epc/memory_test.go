package epc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPasswordsNeverShowThemselves(t *testing.T) {
	p, err := ParsePassword("C0FFEE01")
	if err != nil || !bytes.Equal(p.Bytes(), []byte{0xC0, 0xFF, 0xEE, 0x01}) || PasswordOf([4]byte(p.Bytes())) != p {
		t.Fatalf("%X, %v", p.Bytes(), err)
	}
	type holder struct{ P Password }
	asJSON, err := json.Marshal(holder{p})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{
		fmt.Sprint(p), fmt.Sprintf("%d %x %X %#v %s %q", p, p, p, p, p, p), fmt.Sprintf("%+v", holder{p}), fmt.Sprintf("%#v", &holder{p}), string(asJSON),
	} {
		for _, secret := range []string{"C0FFEE", "c0ffee", fmt.Sprint(uint32(p))} {
			if strings.Contains(shown, secret) {
				t.Errorf("%q shows it", shown)
			}
		}
	}
	for _, text := range []string{"", "00000000", "C0FFEE", "C0FFEE0102", "C0FFEE0G", "0xC0FFEE"} {
		if _, err := ParsePassword(text); !errors.Is(err, ErrPassword) || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The payloads follow from ISO/IEC 18000-63, table 6.49: mask and action, kill first.
func TestLockPayloads(t *testing.T) {
	for _, v := range []struct {
		changes []LockChange
		want    LockPayload
	}{
		{nil, 0},
		{[]LockChange{{LockKillPassword, Locked}}, 0xC0200},
		{[]LockChange{{LockAccessPassword, Locked}}, 0x30080},
		{[]LockChange{{LockEPC, Locked}}, 0x0C020},
		{[]LockChange{{LockEPC, PermanentlyLocked}}, 0x0C030},
		{[]LockChange{{LockTID, PermanentlyUnlocked}}, 0x03004},
		{[]LockChange{{LockUser, Unlocked}}, 0x00C00},
		{[]LockChange{{LockUser, PermanentlyLocked}, {LockUser, Locked}}, 0x00C02},
		{[]LockChange{{LockKillPassword, Locked}, {LockAccessPassword, Locked}, {LockEPC, Locked}}, 0xFC2A0},
	} {
		got, err := Payload(v.changes...)
		if err != nil || got != v.want {
			t.Errorf("%v: %05X, %v, want %05X", v.changes, uint32(got), err, uint32(v.want))
		}
		again, err := PayloadOf(got.Mask(), got.Action())
		if err != nil || again != got {
			t.Errorf("%05X: halves make %05X, %v", uint32(got), uint32(again), err)
		}
	}
	for _, c := range []LockChange{{5, Locked}, {LockEPC, 4}} {
		if _, err := Payload(c); !errors.Is(err, ErrLock) {
			t.Errorf("%v: %v", c, err)
		}
	}
	if _, err := PayloadOf(0x400, 0); !errors.Is(err, ErrLock) {
		t.Error(err)
	}
	if _, err := LockPayload(0x80200).Changes(); !errors.Is(err, ErrLock) {
		t.Error(err)
	}
	if _, err := LockPayload(0x100000).Changes(); !errors.Is(err, ErrLock) {
		t.Error(err)
	}
}

func TestLockPayloadsRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var want []LockChange
		for area := range LockArea(lockAreas) {
			if rapid.Bool().Draw(rt, "change") {
				want = append(want, LockChange{area, LockState(rapid.Uint8Range(0, 3).Draw(rt, "state"))})
			}
		}
		p, err := Payload(want...)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := p.Changes()
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			rt.Fatalf("%v became %05X and that %v, %v", want, uint32(p), got, err)
		}
	})
}

func TestNamesOfLocksAndBanks(t *testing.T) {
	for area := range LockArea(lockAreas) {
		if got, err := ParseLockArea(area.String()); err != nil || got != area {
			t.Errorf("%v: %v, %v", area, got, err)
		}
	}
	for s := Unlocked; s <= lockStateLast; s++ {
		if got, err := ParseLockState(s.String()); err != nil || got != s || s.Permanent() != strings.HasPrefix(s.String(), "perma") {
			t.Errorf("%v: %v, %v", s, got, err)
		}
	}
	if _, err := ParseLockArea("EPC"); !errors.Is(err, ErrLock) {
		t.Error(err)
	}
	if _, err := ParseLockState("open"); !errors.Is(err, ErrLock) {
		t.Error(err)
	}
	said := fmt.Sprint(Bank(4), LockArea(5), LockState(4), TagError(9), Words{BankEPC, 1, 7}, BankUser, TagErrorLocked)
	if said != "bank 4 area 5 state 4 tag error 09 EPC words 1 to 7 user memory is locked" {
		t.Error(said)
	}
}

func TestContentOfTheEPCBank(t *testing.T) {
	for code, want := range map[string]string{
		"2C15A537C8000E0000000001":                     "30002C15A537C8000E0000000001",
		"3E74F4E4E7039B061438997367D0C18B266D1AB66EE0": "58003E74F4E4E7039B061438997367D0C18B266D1AB66EE0",
		"E2": "0800E200",
	} {
		got, err := ContentPC(unhex(t, code))
		if err != nil || !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("%s: %X, %v", code, got, err)
		}
	}
	for _, n := range []int{0, 63} {
		if _, err := ContentPC(make([]byte, n)); !errors.Is(err, ErrNotEncodable) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}
