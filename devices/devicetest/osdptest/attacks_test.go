package osdptest

import (
	"bytes"
	"testing"
	"time"

	"trilock/firmware-protocols/osdp"
)

// reply in clear of a card that opens doors.
var stolenCard = []byte{0, 0, 26, 0, 0xA8, 9, 0x31, 0x40}

// reasons returns why the reader was offline, in order.
func reasons(r *rig) []osdp.Reason {
	var all []osdp.Reason
	for _, e := range r.events {
		if off, ok := e.(osdp.Offline); ok {
			all = append(all, off.Reason)
		}
	}
	return all
}

func has(list []osdp.Reason, want osdp.Reason) bool {
	for _, one := range list {
		if one == want {
			return true
		}
	}
	return false
}

// The rig itself fails when a command goes out in clear, when the default key is used
// outside of an install window, and when an offline reader reports anything.
func TestFivePublishedAttacks(t *testing.T) {
	install := func(address uint8) *PD {
		p := testPD(address)
		p.settings.InstallMode = true
		return p
	}
	guessed := func(first, step byte) *PD {
		p := testPD(5)
		for i := range p.settings.Key {
			p.settings.Key[i] = first + byte(i)*step
		}
		return p
	}
	for name, row := range map[string]struct {
		attack Attack
		want   osdp.Reason
	}{
		"1 clear text after a failed handshake": {SpeakClear(stolenCard), osdp.ClearText},
		"1 clear text in a session":             {InterruptInClear(stolenCard), osdp.ClearText},
		"2 capabilities without security":       {DenySecurity(true), osdp.SecurityDenied},
		"3 install mode left on":                {Impersonate(install(5)), osdp.DefaultKey},
		"4 weak key, repeated":                  {Impersonate(guessed(0, 0)), osdp.WeakKey},
		"4 weak key, counting down":             {Impersonate(guessed(0xFF, 0xFF)), osdp.WeakKey},
		"4 another key":                         {Impersonate(testPDWithKey(9)), osdp.HandshakeFailed},
	} {
		for _, late := range []bool{false, true} { // from the start, or in the middle of a session
			t.Run(name, func(t *testing.T) {
				p := testPD(5)
				r := newRig(t, 0, p)
				if late {
					r.goOnline()
					r.run(time.Second, nil)
				}
				p.SetAttack(row.attack)
				r.run(2*time.Minute, nil)
				p.ShowCard(26, card(1)) // is not seen: the attacker has the line
				r.run(time.Second, nil)
				got := reasons(r)
				if !has(got, row.want) || len(r.cards()) != 0 || r.online[5] && row.want != osdp.ClearText {
					t.Errorf("late %v: reasons %v, cards %v%s", late, got, r.cards(), r.describe())
				}
				p.SetAttack(nil)
				if !r.run(20*time.Second, func() bool { return r.online[5] && p.Secure() }) {
					t.Error("not secure again when the attack was over")
				}
			})
		}
	}
}

func testPDWithKey(n uint8) *PD {
	p := testPD(5)
	p.settings.Key = testKey(n)
	return p
}

// An altered PDCAP alone changes nothing and is found out.
func TestAlteredCapabilitiesAreFoundOut(t *testing.T) {
	p := testPD(5)
	p.SetAttack(DenySecurity(false))
	r := newRig(t, 0, p)
	r.goOnline()
	online := all[osdp.Online](r)
	if count[osdp.Downgrade](r.events) != 1 || len(online) != 1 || !online[0].Capabilities.Secure() {
		t.Errorf("%s", r.describe())
	}
	honest := newRig(t, 0, testPD(5))
	honest.goOnline()
	if count[osdp.Downgrade](honest.events) != 0 {
		t.Error("an honest reader is accused")
	}
}

// The fifth attack: the key that is being set is caught.
func TestKeyIsNotCaught(t *testing.T) {
	p, rogue := testPD(5), testPD(5)
	rogue.settings.InstallMode = true
	r := newRig(t, 0, p)
	r.goOnline()
	r.run(time.Second, nil)
	p.SetAttack(CatchKey(rogue))
	if err := r.bus.ChangeKey(r.now, 5, newKey); err != nil {
		t.Fatal(err)
	}
	r.run(5*time.Minute, nil)
	if rogue.Key() == newKey || !rogue.settings.InstallMode {
		t.Fatal("the key was caught")
	}
	if !has(reasons(r), osdp.DefaultKey) || r.online[5] {
		t.Errorf("%s", r.describe())
	}
	for _, raw := range r.said {
		if bytes.Contains(raw, newKey[:]) {
			t.Fatal("the key went over the line in clear")
		}
	}
	p.SetAttack(nil)
	if !r.run(20*time.Second, func() bool { return count[osdp.KeyChanged](r.events) == 1 }) || p.Key() != newKey {
		t.Errorf("the change does not go on:%s", r.describe())
	}
}

// An install window that was left open and not used gives nothing away later.
func TestForgottenInstallWindow(t *testing.T) {
	p, rogue := testPD(5), testPD(5)
	rogue.settings.InstallMode = true
	p.SetSilent(true)
	r := newRig(t, 0, p)
	r.run(time.Second, nil)
	if err := r.bus.OpenInstall(r.now, window); err != nil {
		t.Fatal(err)
	}
	r.run(window.Window+osdp.ReplyTimeout, nil)
	if closed := all[osdp.InstallClosed](r); len(closed) != 1 || closed[0].Why != osdp.InstallExpired {
		t.Fatalf("%s", r.describe())
	}
	before := r.defaults
	p.SetSilent(false)
	p.SetAttack(Impersonate(rogue))
	r.run(time.Minute, nil)
	if r.defaults != before || rogue.Key() == newKey || !has(reasons(r), osdp.DefaultKey) {
		t.Errorf("%d frames with the default key after the window%s", r.defaults-before, r.describe())
	}
}

// Reasons that alternate must not fill a journal.
func TestAlternatingReasonsAreToldOnce(t *testing.T) {
	p := testPD(5)
	r := newRig(t, 0, p)
	n := 0
	p.SetAttack(func(f osdp.Frame, reader func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool) {
		if f.Block == osdp.NoBlock {
			return reader(f)
		}
		n++
		if n%2 == 0 {
			return inClear(f, osdp.ReplyCard, stolenCard), true
		}
		return refusal(f), true
	})
	r.run(time.Hour, nil)
	if got := reasons(r); len(got) != 2 || n < 100 {
		t.Errorf("%d events after %d attempts", len(got), n)
	}
}
