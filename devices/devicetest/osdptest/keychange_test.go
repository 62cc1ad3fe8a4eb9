package osdptest

import (
	"errors"
	"testing"
	"time"

	"trilock/firmware-protocols/osdp"
)

// newKey is what readers are given in these tests.
var newKey = testKey(0x77)

// all returns the events of one type.
func all[T osdp.Event](r *rig) []T {
	var found []T
	for _, e := range r.events {
		if one, ok := e.(T); ok {
			found = append(found, one)
		}
	}
	return found
}

// toChange is a rig with one online reader of a style.
func toChange(t *testing.T, style KeySetStyle) (*rig, *PD) {
	t.Helper()
	p := testPD(5)
	p.settings.KeySet = style
	r := newRig(t, 0, p)
	r.goOnline()
	return r, p
}

func TestKeyChange(t *testing.T) {
	for style := KeepsSession; style <= AcksInClear; style++ {
		for name, disturb := range map[string]func(*PD){
			"undisturbed":       func(*PD) {},
			"lost ACK":          func(p *PD) { p.DropReplies(1) },
			"lost ACKs":         func(p *PD) { p.DropReplies(5) },
			"lost command":      func(p *PD) { p.DropCommands(1) },
			"busy":              func(p *PD) { p.Busy(3) },
			"session gone":      func(p *PD) { p.NAK(osdp.NakNoSecureChannel, 1) },
			"power cut at once": func(p *PD) { p.SetAttack(cutAfter(p, osdp.CommandKeySet)) },
			"bad MAC":           func(p *PD) { p.BadMAC(1) },
		} {
			t.Run(name, func(t *testing.T) {
				r, p := toChange(t, style)
				r.run(time.Second, nil)
				if err := r.bus.ChangeKey(r.now, 5, newKey); err != nil {
					t.Fatal(err)
				}
				disturb(p)
				if !r.run(time.Minute, func() bool { return count[osdp.KeyChanged](r.events) == 1 }) {
					t.Fatalf("style %d: no new key:%s", style, r.describe())
				}
				if p.Key() != newKey || !r.online[5] {
					t.Errorf("style %d: the reader holds another key, or is offline", style)
				}
				p.Restart() // the panel must not need the old key any more
				r.run(30*time.Second, nil)
				if !r.online[5] || count[osdp.KeyChangeFailed](r.events) != 0 {
					t.Errorf("style %d:%s", style, r.describe())
				}
			})
		}
	}
}

// cutAfter is a power cut that hits the reader right behind a command: it has carried the
// command out and forgets everything else, and its reply is never heard.
func cutAfter(p *PD, code osdp.CommandCode) Attack {
	done := false
	return func(f osdp.Frame, reader func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool) {
		reply, ok := reader(f)
		if osdp.CommandCode(f.Code) == code && !done {
			done = true
			p.forget()
			return osdp.Frame{}, false
		}
		return reply, ok
	}
}

func TestKeyChangeThatTheReaderRefuses(t *testing.T) {
	r, p := toChange(t, KeepsSession)
	old := p.Key()
	p.RefuseKeys(true)
	if err := r.bus.ChangeKey(r.now, 5, newKey); err != nil {
		t.Fatal(err)
	}
	r.run(5*time.Second, nil)
	failed := all[osdp.KeyChangeFailed](r)
	if len(failed) != 1 || failed[0].Nak != osdp.NakRecord || p.Key() != old || p.Handshakes() != 1 || !r.online[5] {
		t.Errorf("%+v, %d handshakes", failed, p.Handshakes())
	}
	p.RefuseKeys(false)
	if err := r.bus.ChangeKey(r.now, 5, newKey); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
}

func TestKeyChangeGivesUp(t *testing.T) {
	r, p := toChange(t, KeepsSession)
	sent := map[[4]byte]bool{} // a refusal in clear is answered by the same bytes
	p.SetAttack(func(f osdp.Frame, reader func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool) {
		if osdp.CommandCode(f.Code) != osdp.CommandKeySet {
			return reader(f)
		}
		sent[f.MAC] = true // the reader never gets it, and the panel hears that the session is gone
		return p.header(f, osdp.ReplyNak, []byte{byte(osdp.NakEncryptionWant)}), true
	})
	if err := r.bus.ChangeKey(r.now, 5, newKey); err != nil {
		t.Fatal(err)
	}
	r.run(time.Minute, nil)
	if len(sent) != osdp.MaxKeyTries || count[osdp.KeyChangeFailed](r.events) != 1 || !r.online[5] {
		t.Errorf("%d times sent%s", len(sent), r.describe())
	}
}

func TestKeyChangeRefusals(t *testing.T) {
	r, p := toChange(t, KeepsSession)
	for name, row := range map[string]struct {
		address uint8
		key     osdp.Key
		want    error
	}{
		"default key":    {5, defaultKey, osdp.ErrWeakKey},
		"no key":         {5, osdp.Key{}, osdp.ErrWeakKey},
		"unknown reader": {6, newKey, osdp.ErrUnknownReader},
	} {
		if err := r.bus.ChangeKey(r.now, row.address, row.key); !errors.Is(err, row.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := r.bus.ChangeKey(r.now, 5, newKey); err != nil {
		t.Fatal(err)
	}
	if err := r.bus.ChangeKey(r.now, 5, testKey(0x66)); !errors.Is(err, osdp.ErrKeyPending) {
		t.Errorf("a second key at the same time: %v", err)
	}
	p.SetSilent(true)
	r.run(20*time.Second, nil)
	if err := r.bus.ChangeKey(r.now, 5, newKey); !errors.Is(err, osdp.ErrOffline) {
		t.Errorf("offline: %v", err)
	}
}

// A panel that was restarted in the middle of a change knows two keys and not which holds.
func TestKeyChangeGoesOnAfterARestart(t *testing.T) {
	for _, holdsNew := range []bool{false, true} {
		p := testPD(5)
		if holdsNew {
			p.settings.Key = newKey
		}
		r := newRig(t, 0, p)
		r.bus = newBus(t, 0, osdp.ReaderSettings{Address: 5, Key: testKey(5), Next: newKey})
		if !r.run(10*time.Second, func() bool { return count[osdp.KeyChanged](r.events) == 1 }) || p.Key() != newKey {
			t.Errorf("reader holds the new key %v:%s", holdsNew, r.describe())
		}
	}
}

// toInstall is a rig whose reader has no key of its own; the panel has another for it.
func toInstall(t *testing.T) (*rig, *PD) {
	t.Helper()
	p := testPD(5)
	p.settings.InstallMode = true
	r := newRig(t, 0, p)
	r.run(10*time.Second, nil)
	return r, p
}

var window = osdp.Install{Address: 5, Key: newKey, By: [2]string{"p-1", "p-2"}, Window: time.Minute}

func TestInstall(t *testing.T) {
	for style := KeepsSession; style <= AcksInClear; style++ {
		r, p := toInstall(t)
		p.settings.KeySet = style
		if off := all[osdp.Offline](r); r.online[5] || len(off) != 1 || off[0].Reason != osdp.DefaultKey || r.defaults != 0 {
			t.Fatalf("before the window:%s", r.describe())
		}
		r.events = nil
		p.ShowCard(26, card(1)) // shown while everybody knows the key
		if err := r.bus.OpenInstall(r.now, window); err != nil {
			t.Fatal(err)
		}
		if !r.run(10*time.Second, func() bool { return r.online[5] }) {
			t.Fatalf("not installed:%s", r.describe())
		}
		r.run(2*time.Minute, nil)
		closed := all[osdp.InstallClosed](r)
		if p.Key() != newKey || count[osdp.InstallOpened](r.events) != 1 || count[osdp.InstallUsed](r.events) != 1 ||
			len(closed) != 1 || closed[0].Why != osdp.InstallDone || closed[0].By != window.By || count[osdp.KeyChanged](r.events) != 1 {
			t.Errorf("style %d:%s", style, r.describe())
		}
		for _, c := range all[osdp.Card](r) {
			if !c.Held {
				t.Error("a card of the default key's time counts as new")
			}
		}
	}
}

func TestInstallSurvivesALostACK(t *testing.T) {
	r, p := toInstall(t)
	if err := r.bus.OpenInstall(r.now, window); err != nil {
		t.Fatal(err)
	}
	p.SetAttack(cutAfter(p, osdp.CommandKeySet))
	if !r.run(30*time.Second, func() bool { return count[osdp.KeyChanged](r.events) == 1 }) || p.Key() != newKey {
		t.Fatalf("not installed:%s", r.describe())
	}
}

func TestInstallWindowClosesByItself(t *testing.T) {
	for name, end := range map[string]struct {
		close func(*rig)
		why   osdp.InstallEnd
	}{
		"time over": {func(r *rig) { r.run(2*window.Window, nil) }, osdp.InstallExpired},
		"cancelled": {func(r *rig) { r.bus.CloseInstall(r.now, 5); r.run(time.Second, nil) }, osdp.InstallCancelled},
	} {
		r, p := toInstall(t)
		p.SetSilent(true)
		r.run(time.Second, nil)
		if err := r.bus.OpenInstall(r.now, window); err != nil {
			t.Fatal(err)
		}
		r.run(time.Second, nil)
		end.close(r)
		if closed := all[osdp.InstallClosed](r); len(closed) != 1 || closed[0].Why != end.why {
			t.Errorf("%s: %+v", name, closed)
		}
		p.SetSilent(false)
		r.run(time.Minute, nil) // the rig fails if the default key is used now
		if r.online[5] || p.Key() != testKey(5) || !p.settings.InstallMode {
			t.Errorf("%s: installed without a window", name)
		}
	}
}

func TestInstallGivesUp(t *testing.T) {
	r, p := toInstall(t)
	p.SetAttack(func(f osdp.Frame, reader func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool) {
		if osdp.CommandCode(f.Code) != osdp.CommandKeySet {
			return reader(f)
		}
		return p.header(f, osdp.ReplyNak, []byte{byte(osdp.NakNoSecureChannel)}), true
	})
	if err := r.bus.OpenInstall(r.now, window); err != nil {
		t.Fatal(err)
	}
	r.run(window.Window-time.Second, nil)
	closed := all[osdp.InstallClosed](r)
	if len(closed) != 1 || closed[0].Why != osdp.InstallUseless || count[osdp.InstallUsed](r.events) != osdp.MaxKeyTries {
		t.Errorf("%s", r.describe())
	}
}

func TestInstallOfAReaderThatHasAKey(t *testing.T) {
	p := testPD(5)
	r := newRig(t, 0, p)
	if err := r.bus.OpenInstall(r.now, window); err != nil {
		t.Fatal(err)
	}
	r.run(window.Window/2, nil)
	if closed := all[osdp.InstallClosed](r); len(closed) != 1 || closed[0].Why != osdp.InstallNotNeeded || p.Key() != testKey(5) || !r.online[5] {
		t.Errorf("%s", r.describe())
	}
	if err := r.bus.OpenInstall(r.now, window); !errors.Is(err, osdp.ErrHasKey) {
		t.Errorf("online: %v", err)
	}
}

func TestInstallRefusals(t *testing.T) {
	a, b := testPD(5), testPD(6)
	a.SetSilent(true)
	b.SetSilent(true)
	r := newRig(t, 0, a, b)
	with := func(change func(*osdp.Install)) osdp.Install {
		i := window
		change(&i)
		return i
	}
	for name, row := range map[string]struct {
		install osdp.Install
		want    error
	}{
		"one person":  {with(func(i *osdp.Install) { i.By[1] = i.By[0] }), osdp.ErrWitnesses},
		"nobody":      {with(func(i *osdp.Install) { i.By = [2]string{} }), osdp.ErrWitnesses},
		"no second":   {with(func(i *osdp.Install) { i.By[1] = "" }), osdp.ErrWitnesses},
		"no time":     {with(func(i *osdp.Install) { i.Window = 0 }), osdp.ErrWindow},
		"a day":       {with(func(i *osdp.Install) { i.Window = 24 * time.Hour }), osdp.ErrWindow},
		"default key": {with(func(i *osdp.Install) { i.Key = defaultKey }), osdp.ErrWeakKey},
		"stranger":    {with(func(i *osdp.Install) { i.Address = 9 }), osdp.ErrUnknownReader},
	} {
		if err := r.bus.OpenInstall(r.now, row.install); !errors.Is(err, row.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := r.bus.OpenInstall(r.now, window); err != nil {
		t.Fatal(err)
	}
	if err := r.bus.OpenInstall(r.now, with(func(i *osdp.Install) { i.Address = 6 })); !errors.Is(err, osdp.ErrInstallOpen) {
		t.Errorf("two windows: %v", err)
	}
}
