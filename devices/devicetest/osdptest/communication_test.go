package osdptest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"trilock/firmware-protocols/osdp"
)

// speed returns the speed of the rig's port.
func (r *rig) speed() int {
	if len(r.speeds) == 0 {
		return lineSpeed
	}
	return r.speeds[len(r.speeds)-1]
}

// withSpeeds is a rig of n readers, online, that hear only what has their speed.
func withSpeeds(t *testing.T, n uint8) *rig {
	t.Helper()
	var pds []*PD
	for address := range n {
		pds = append(pds, testPD(address+1))
	}
	r := newRig(t, 0, pds...)
	for _, p := range pds {
		p.settings.BitsPerSecond, p.settings.LineSpeed = lineSpeed, r.speed
	}
	r.goOnline()
	r.run(time.Second, nil)
	return r
}

// speedOf returns the speeds of the rig's readers.
func speedsOf(r *rig) (all []int) {
	for _, p := range r.pds {
		_, speed := p.Communication()
		all = append(all, speed)
	}
	return all
}

func (r *rig) allOnline() bool {
	for _, p := range r.pds {
		if !p.Secure() || !r.online[p.settings.Address] {
			return false
		}
	}
	return true
}

func TestSpeedOfTheLineIsChanged(t *testing.T) {
	for name, disturb := range map[string]func(*PD){
		"undisturbed":          func(*PD) {},
		"lost answers":         func(p *PD) { p.DropReplies(2) },
		"answer lost for good": func(p *PD) { p.DropReplies(1); p.SetAttack(cutAfter(p, osdp.CommandCommunication)) },
		"lost questions":       func(p *PD) { p.DropCommands(2) },
		"busy":                 func(p *PD) { p.Busy(3) },
		"session gone":         func(p *PD) { p.Restart() },
	} {
		t.Run(name, func(t *testing.T) {
			r := withSpeeds(t, 3)
			if err := r.bus.ChangeSpeed(r.now, 9600); err != nil {
				t.Fatal(err)
			}
			disturb(r.pds[1])
			if !r.run(time.Minute, func() bool { return count[osdp.SpeedChanged](r.events)+count[osdp.SpeedChangeFailed](r.events) > 0 }) {
				t.Fatalf("no end:%s", r.describe())
			}
			if count[osdp.SpeedChanged](r.events) != 1 || !slices.Equal(speedsOf(r), []int{9600, 9600, 9600}) || !r.allOnline() {
				t.Errorf("readers at %v, port %v%s", speedsOf(r), r.speeds, r.describe())
			}
			if want := []int{9600, lineSpeed, 9600}; !slices.Equal(r.speeds, want) {
				t.Errorf("port switched to %v, want %v", r.speeds, want)
			}
			if r.strays > 0 && name == "undisturbed" {
				t.Errorf("%d transmissions to readers that have another speed", r.strays)
			}
			r.pds[2].ShowCard(26, card(1))
			if !r.run(5*time.Second, func() bool { return r.cards()[1] == 1 }) {
				t.Error("no card at the new speed")
			}
		})
	}
}

// One reader that does not come along calls all others back.
func TestSpeedGoesBackForAll(t *testing.T) {
	for name, row := range map[string]struct {
		spoil   func(r *rig, p *PD)
		refused bool
	}{
		"refuses":                   {func(_ *rig, p *PD) { p.RefuseSettings(true) }, true},
		"says yes and stays":        {func(_ *rig, p *PD) { p.Stay(true) }, false},
		"never hears the question":  {func(_ *rig, p *PD) { p.SetAttack(deafTo(osdp.CommandCommunication)) }, false},
		"is not heard when it went": {func(r *rig, p *PD) { p.settings.LineSpeed = func() int { return min(r.speed(), lineSpeed) } }, false},
	} {
		for _, spoiler := range []int{0, 1, 2} {
			t.Run(fmt.Sprint(name, " ", spoiler), func(t *testing.T) {
				r := withSpeeds(t, 3)
				p := r.pds[spoiler]
				row.spoil(r, p)
				if err := r.bus.ChangeSpeed(r.now, 230400); err != nil {
					t.Fatal(err)
				}
				r.run(2*time.Minute, func() bool { return count[osdp.SpeedChangeFailed](r.events) > 0 })
				failed := all[osdp.SpeedChangeFailed](r)
				if len(failed) != 1 || !slices.Equal(failed[0].Readers, []uint8{p.settings.Address}) || failed[0].Refused != row.refused || failed[0].BitsPerSecond != 230400 {
					t.Fatalf("%+v%s", failed, r.describe())
				}
				if r.speed() != lineSpeed {
					t.Errorf("port at %d", r.speed())
				}
				if name == "is not heard when it went" {
					p.settings.BitsPerSecond = lineSpeed // somebody has gone there and reset it
				}
				if !r.run(time.Minute, r.allOnline) || !slices.Equal(speedsOf(r), []int{lineSpeed, lineSpeed, lineSpeed}) {
					t.Errorf("readers at %v%s", speedsOf(r), r.describe())
				}
			})
		}
	}
}

// deafTo keeps one command from the reader.
func deafTo(code osdp.CommandCode) Attack {
	return func(f osdp.Frame, reader func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool) {
		if osdp.CommandCode(f.Code) == code {
			return osdp.Frame{}, false
		}
		return reader(f)
	}
}

// A panel that died in the middle finds half of its readers, and carries the change out again.
func TestSpeedChangeThatWasBrokenOff(t *testing.T) {
	r := withSpeeds(t, 4)
	for _, p := range r.pds[:2] {
		p.settings.BitsPerSecond = 38400
		p.Restart()
	}
	var readers []osdp.ReaderSettings
	for _, p := range r.pds {
		readers = append(readers, osdp.ReaderSettings{Address: p.settings.Address, Key: p.settings.Key})
	}
	r.bus, r.online, r.events = newBus(t, 0, readers...), map[uint8]bool{}, nil
	r.run(5*time.Second, nil)
	if err := r.bus.ChangeSpeed(r.now, 38400); err != nil {
		t.Fatal(err)
	}
	if !r.run(time.Minute, func() bool { return count[osdp.SpeedChanged](r.events) == 1 }) || !r.allOnline() {
		t.Errorf("readers at %v%s", speedsOf(r), r.describe())
	}
}

func TestPortThatCannotSwitch(t *testing.T) {
	r := withSpeeds(t, 2)
	if err := r.bus.ChangeSpeed(r.now, 38400); err != nil {
		t.Fatal(err)
	}
	r.run(time.Second, func() bool {
		if len(r.speeds) == 0 {
			return false
		}
		r.speeds = nil // it has kept its speed
		r.bus.SpeedRefused(r.now)
		return true
	})
	r.run(time.Second, nil)
	failed := all[osdp.SpeedChangeFailed](r)
	if len(failed) != 1 || len(failed[0].Readers) != 0 || !r.allOnline() || r.pds[0].Handshakes() != 1 || len(r.speeds) != 0 {
		t.Errorf("%+v, port %v%s", failed, r.speeds, r.describe())
	}
}

func TestSpeedChangeRefusals(t *testing.T) {
	r := withSpeeds(t, 2)
	for _, speed := range []int{0, 1200, 12345, lineSpeed} {
		if err := r.bus.ChangeSpeed(r.now, speed); !errors.Is(err, osdp.ErrSpeed) {
			t.Errorf("%d: %v", speed, err)
		}
	}
	if err := r.bus.ChangeSpeed(r.now, 9600); err != nil {
		t.Fatal(err)
	}
	if err := r.bus.ChangeSpeed(r.now, 38400); !errors.Is(err, osdp.ErrChanging) {
		t.Errorf("two speeds at once: %v", err)
	}
	if err := r.bus.ChangeAddress(r.now, 1, 9); !errors.Is(err, osdp.ErrChanging) {
		t.Errorf("an address as well: %v", err)
	}
	if err := r.bus.ChangeKey(r.now, 1, newKey); !errors.Is(err, osdp.ErrChanging) {
		t.Errorf("a key as well: %v", err)
	}
}

func TestAddressIsChanged(t *testing.T) {
	for name, row := range map[string]struct {
		spoil func(*PD)
		check func(t *testing.T, r *rig, p *PD)
	}{
		"undisturbed":  {func(*PD) {}, addressChanged},
		"lost answers": {func(p *PD) { p.DropReplies(1); p.SetAttack(cutAfter(p, osdp.CommandCommunication)) }, addressChanged},
		"refuses":      {func(p *PD) { p.RefuseSettings(true) }, addressKept},
		"stays":        {func(p *PD) { p.Stay(true) }, addressKept},
		"never hears":  {func(p *PD) { p.SetAttack(deafTo(osdp.CommandCommunication)) }, addressKept},
		"dies": {func(p *PD) { p.SetAttack(dieAt(p, osdp.CommandCommunication)) }, func(t *testing.T, r *rig, p *PD) {
			if failed := all[osdp.AddressChangeFailed](r); len(failed) != 1 || !failed[0].Lost {
				t.Errorf("%+v", failed)
			}
			p.NoFaults()
			if !r.run(20*time.Second, func() bool { return r.online[1] && p.Secure() }) {
				t.Errorf("not back at its old address%s", r.describe())
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := withSpeeds(t, 2)
			row.spoil(r.pds[0])
			if err := r.bus.ChangeAddress(r.now, 1, 0x42); err != nil {
				t.Fatal(err)
			}
			if !r.run(time.Minute, func() bool { return count[osdp.AddressChanged](r.events)+count[osdp.AddressChangeFailed](r.events) > 0 }) {
				t.Fatalf("no end:%s", r.describe())
			}
			row.check(t, r, r.pds[0])
		})
	}
}

// dieAt takes a reader off the line when it hears a command.
func dieAt(p *PD, code osdp.CommandCode) Attack {
	return func(f osdp.Frame, reader func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool) {
		if osdp.CommandCode(f.Code) == code {
			p.faults.silent = true
			return osdp.Frame{}, false
		}
		return reader(f)
	}
}

func addressChanged(t *testing.T, r *rig, p *PD) {
	changed := all[osdp.AddressChanged](r)
	if len(changed) != 1 || changed[0].Address != 1 || changed[0].Next != 0x42 {
		t.Fatalf("%+v%s", changed, r.describe())
	}
	if address, _ := p.Communication(); address != 0x42 || !p.Secure() {
		t.Errorf("the reader is at 0x%02X", address)
	}
	if s, ok := r.bus.Status(0x42); !ok || !s.Online {
		t.Error("it is not known under its new address")
	}
	if _, ok := r.bus.Status(1); ok {
		t.Error("it is still known under its old address")
	}
	r.online[0x42] = true
	p.ShowCard(26, card(1))
	if !r.run(5*time.Second, func() bool { return r.cards()[1] == 1 }) {
		t.Error("no card at the new address")
	}
}

func addressKept(t *testing.T, r *rig, p *PD) {
	failed := all[osdp.AddressChangeFailed](r)
	if len(failed) != 1 || failed[0].Lost {
		t.Fatalf("%+v%s", failed, r.describe())
	}
	if address, _ := p.Communication(); address != 1 || !r.run(20*time.Second, func() bool { return r.online[1] && p.Secure() }) {
		t.Errorf("the reader is at 0x%02X", address)
	}
}

func TestAddressChangeRefusals(t *testing.T) {
	r := withSpeeds(t, 2)
	for next, want := range map[uint8]error{1: osdp.ErrAddress, 2: osdp.ErrAddress, 0x7F: osdp.ErrAddress} {
		if err := r.bus.ChangeAddress(r.now, 1, next); !errors.Is(err, want) {
			t.Errorf("0x%02X: %v", next, err)
		}
	}
	if err := r.bus.ChangeAddress(r.now, 7, 8); !errors.Is(err, osdp.ErrUnknownReader) {
		t.Error(err)
	}
	r.pds[0].SetSilent(true)
	r.run(20*time.Second, nil)
	if err := r.bus.ChangeAddress(r.now, 1, 8); !errors.Is(err, osdp.ErrOffline) {
		t.Error(err)
	}
}
