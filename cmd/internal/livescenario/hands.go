package livescenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"trilock/cmd/internal/simsite"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/scenario"
	"trilock/custody/threelock"
	"trilock/devices/devicetest/osdptest"
	"trilock/firmware-protocols/osdp"
)

// pd returns a badge reader of the site.
func (s *Stage) pd(id fact.DeviceID) (*osdptest.PD, error) {
	if pd := s.sim.PD(string(id)); pd != nil {
		return pd, nil
	}
	return nil, fmt.Errorf("the site has no badge reader %q", id)
}

// Badge holds a card to a reader, and waits for the reader to say something.
func (s *Stage) Badge(ctx context.Context, reader fact.DeviceID, bits []byte) (custody.Outcome, error) {
	s.shown[string(reader)+string(bits)] = time.Now()
	return s.atReader(ctx, reader, func(pd *osdptest.PD) { pd.ShowCard(26, bits) })
}

// PIN types digits and the enter key.
func (s *Stage) PIN(ctx context.Context, reader fact.DeviceID, digits string) (custody.Outcome, error) {
	return s.atReader(ctx, reader, func(pd *osdptest.PD) { pd.PressKeys(digits + "#") })
}

// atReader does something at a badge reader and returns what was decided: the reader lights up
// once it is recorded, and the record says more than a lamp.
func (s *Stage) atReader(ctx context.Context, id fact.DeviceID, do func(*osdptest.PD)) (custody.Outcome, error) {
	pd, err := s.pd(id)
	if err != nil {
		return custody.Outcome{}, err
	}
	n, lit := len(s.Record()), pd.Lit()
	do(pd)
	if err := s.answered(ctx, pd, lit, do); err != nil {
		return custody.Outcome{}, fmt.Errorf("the badge reader %s shows nothing: %w", id, err)
	}
	_, err = s.after(ctx, n, unsaid, func(e custody.Entry) bool {
		_, settled := decided(e, id)
		return settled
	})
	if err != nil { // a badge that changes nothing, such as a second one in a hand-over, is not recorded
		return custody.Outcome{}, ctx.Err()
	}
	var last custody.Outcome
	for _, e := range s.Record()[n:] { // what was accepted first may be refused in the same breath
		if o, settled := decided(e, id); settled {
			last = o
		}
	}
	return last, nil
}

// answered waits for a reader to light up, and does once more what people do who see nothing
// happen: a reader that has just come up takes a card that it held before for an old one.
func (s *Stage) answered(ctx context.Context, pd *osdptest.PD, lit int, do func(*osdptest.PD)) error {
	var err error
	for range 4 {
		waiting, cancel := context.WithTimeout(ctx, patience/4)
		err = pd.Wait(waiting, func() bool { return pd.Lit() > lit })
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
		do(pd)
	}
	return err
}

// unsaid is how long the record is watched for an entry after the lamp, before it is believed
// that there is none: the lamp comes after the commit.
const unsaid = 2 * time.Second

// decided reads an entry as the answer to a badge or a PIN at a reader.
func decided(e custody.Entry, at fact.DeviceID) (o custody.Outcome, settled bool) {
	switch ev := e.Event.(type) {
	case *custody.BadgeRefused:
		return custody.Outcome{Code: ev.Code, Rule: ev.Rule}, ev.Reader == at
	case *custody.BadgeAccepted:
		return custody.Outcome{OK: true}, ev.Reader == at
	case *custody.PINRefused:
		return custody.Outcome{Code: "wrong-pin", Rule: custody.RuleThreeParties}, ev.Reader == at
	case *custody.OpeningStep:
		switch ev.Step.What {
		case threelock.StepRefused:
			return custody.Outcome{Code: string(ev.Step.Why), Rule: custody.RuleThreeParties, Text: ev.Step.Why.Text()}, true
		case threelock.StepShown, threelock.StepReconfirmed, threelock.StepConfirmed:
			return custody.Outcome{OK: true}, true
		}
	}
	return o, false
}

// Lamp is what a reader shows.
func (s *Stage) Lamp(reader fact.DeviceID) custody.Lamp {
	pd, err := s.pd(reader)
	if err != nil {
		return 0
	}
	led, lit := pd.LastLED()
	switch {
	case !lit:
		return 0
	case led.Temporary == osdp.LEDSet && led.TemporaryBlink.OnColour == osdp.Green:
		return custody.LampGranted
	case led.Temporary == osdp.LEDSet && led.TemporaryBlink.OnColour == osdp.Red:
		return custody.LampRefused
	case led.PermanentBlink.OnColour == osdp.Amber:
		return custody.LampWaiting
	}
	return 0
}

// Door moves a door's leaf, and waits until its contact is believed.
func (s *Stage) Door(ctx context.Context, id fact.DoorID, open bool) error {
	point := s.site.Custody.Doors[id].Contact
	pd, err := s.pd(point.Device)
	if err != nil {
		return err
	}
	pd.SetInput(int(point.Input), open)
	return s.Settle(ctx, func() error {
		o, err := s.overview(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(o.Doors, func(d custody.DoorOverview) bool { return d.ID == id })
		if i < 0 || o.Doors[i].Open == nil || *o.Doors[i].Open != open {
			return fmt.Errorf("the daemon does not know that the door %s is open: %v", id, open)
		}
		return nil
	})
}

// Press pushes a door's exit button.
func (s *Stage) Press(ctx context.Context, id fact.DoorID) error {
	point := s.site.Custody.Doors[id].ExitButton
	pd, err := s.pd(point.Device)
	if err != nil {
		return err
	}
	n := len(s.Record())
	pd.SetInput(int(point.Input), true)
	defer pd.SetInput(int(point.Input), false)
	_, err = s.after(ctx, n, patience, func(e custody.Entry) bool {
		asked, is := e.Event.(*custody.ExitAsked)
		return is && asked.Door == id
	})
	return err
}

// Move lays a tag down at a place, and waits until the daemon has drawn its conclusion.
func (s *Stage) Move(ctx context.Context, tag fact.EPC, to fact.PlaceID) error {
	n := len(s.Record())
	place := string(to)
	if to == scenario.Nowhere {
		place = simsite.Shielded
	}
	if err := s.sim.PutTag(tag.Bytes(), place); err != nil {
		return err
	}
	return s.concluded(ctx, tag, to, n)
}

// concluded waits until a tag is known to be where it lies, as far as anybody can hear it there.
func (s *Stage) concluded(ctx context.Context, tag fact.EPC, to fact.PlaceID, n int) error {
	heard := s.hears(to)
	id, live := s.documentOf(tag)
	switch {
	case !live && !heard:
		return nil
	case !live:
		_, err := s.after(ctx, n, patience, func(e custody.Entry) bool { return e.Subject == tag.String() })
		return err
	case !heard:
		to = ""
	}
	err := s.Settle(ctx, func() error { return s.lies(ctx, id, to) })
	if err != nil && !heard {
		return fmt.Errorf("%w (it lies where nobody hears it)", err)
	}
	return err
}

// hears reports whether an antenna that works watches a place.
func (s *Stage) hears(place fact.PlaceID) bool {
	for _, r := range s.site.Config.Readers {
		for _, a := range r.Antennas {
			if fact.PlaceID(a.Watches) == place && !s.silent[fact.DeviceID(r.ID)] {
				return true
			}
		}
	}
	return false
}

// documentOf finds the document that bears a tag, among those on the register.
func (s *Stage) documentOf(tag fact.EPC) (custody.DocumentID, bool) {
	o, err := s.overview(s.ctx)
	if err != nil {
		return "", false
	}
	record := s.Record()
	for _, d := range o.Documents {
		if bears, known := scenario.TagOf(record, string(d.ID)); known && bears == tag {
			return d.ID, true
		}
	}
	return "", false
}

// Double lays a second tag with the same number down.
func (s *Stage) Double(ctx context.Context, tag fact.EPC, at fact.PlaceID) error {
	id, live := s.documentOf(tag)
	if !live || s.lies(ctx, id, "") == nil {
		return s.Move(ctx, tag, at)
	}
	s.sim.Copy(tag.Bytes(), string(at))
	return nil
}

// Pass carries a tag through a door: it is heard on the one side, then on the other, and then no
// more until it is laid down. Those who carry it badge there.
func (s *Stage) Pass(ctx context.Context, tag fact.EPC, id fact.DoorID, inward bool, with []scenario.Actor) error {
	door, known := s.site.Custody.Doors[id]
	if !known {
		return fmt.Errorf("the site has no door %q", id)
	}
	outer, inner := s.site.Sides(id)
	sides := []fact.PlaceID{outer, inner}
	if !inward {
		slices.Reverse(sides)
	}
	_, live := s.documentOf(tag)
	if err := s.badgeThrough(ctx, door, inward, with); err != nil {
		return err
	}
	n := len(s.Record())
	for _, side := range sides {
		if err := s.carryPast(ctx, tag, side); err != nil {
			return err
		}
	}
	if err := s.sim.PutTag(tag.Bytes(), simsite.Shielded); err != nil {
		return err
	}
	if live {
		_, err := s.after(ctx, n, patience, func(e custody.Entry) bool {
			passed, is := e.Event.(*custody.DocumentPassed)
			return is && passed.Door == id && passed.In == inward
		})
		if err != nil {
			return fmt.Errorf("no passage through %s was concluded: %w", id, err)
		}
	}
	return s.Move(ctx, tag, scenario.Nowhere)
}

// badgeThrough has those who carry something through a door badge there, unless they just have.
func (s *Stage) badgeThrough(ctx context.Context, door custody.Door, inward bool, with []scenario.Actor) error {
	reader := door.ExitReader
	if inward {
		reader = door.EntryReader
	}
	for _, a := range with {
		if time.Since(s.shown[string(reader)+string(a.CardBits)]) < justNow {
			continue
		}
		if _, err := s.Badge(ctx, reader, a.CardBits); err != nil {
			return err
		}
	}
	return nil
}

// justNow is how long a badge counts for who goes through a door: well within presence's own window.
const justNow = 8 * time.Second

// carryPast carries a tag along before the antennas of a place, for as long as a person takes for
// a few steps, and their reader for some rounds.
func (s *Stage) carryPast(ctx context.Context, tag fact.EPC, place fact.PlaceID) error {
	if err := s.sim.PutTag(tag.Bytes(), string(place)); err != nil {
		return err
	}
	for _, r := range s.site.Config.Readers {
		for _, a := range r.Antennas {
			if fact.PlaceID(a.Watches) != place {
				continue
			}
			reader := s.sim.UHF(string(r.ID))
			enough := reader.Rounds() + roundsPast*len(r.Antennas)
			err := s.Settle(ctx, func() error {
				if reader.Rounds() < enough {
					return fmt.Errorf("the reader %s takes no rounds", r.ID)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// roundsPast is how many rounds of an antenna hear a tag that is carried past it.
const roundsPast = 10

// Leaf moves the door of a safe.
func (s *Stage) Leaf(ctx context.Context, id fact.SafeID, open bool) error {
	safe, known := s.site.Custody.Safes[id]
	if !known {
		return fmt.Errorf("the site has no safe %q", id)
	}
	return s.Settle(ctx, func() error {
		var errs []error
		for _, lock := range safe.Locks {
			if open {
				errs = append(errs, s.sim.Lock(string(lock)).OpenDoor())
			} else {
				s.sim.Lock(string(lock)).CloseDoor()
			}
		}
		return errors.Join(errs...)
	})
}

// Lock moves one lock's bolt past its motor, its door, and the switch under its cover.
func (s *Stage) Lock(ctx context.Context, id fact.DeviceID, bolt fact.BoltState, door fact.InputState, tamper bool) error {
	lock := s.sim.Lock(string(id))
	if lock == nil {
		return fmt.Errorf("the site has no lock %q", id)
	}
	switch {
	case bolt == fact.BoltUnlocked && door == fact.InputActive:
		lock.ForceBolt()
		if err := lock.OpenDoor(); err != nil {
			return err
		}
	case bolt == fact.BoltUnlocked:
		lock.ForceBolt()
	case bolt == fact.BoltLocked:
		lock.CloseDoor() // and the lock throws its bolt
	default:
		return fmt.Errorf("a lock's bolt is not brought to %d from outside: such a step is `only: core`", bolt)
	}
	lock.SetTamper(tamper)
	if bolt == fact.BoltUnlocked && door != fact.InputActive {
		return nil // the daemon has it thrown again at once
	}
	want := map[fact.BoltState]string{fact.BoltLocked: "locked", fact.BoltUnlocked: "unlocked"}[bolt]
	return s.Settle(ctx, func() error {
		o, err := s.overview(ctx)
		if err != nil {
			return err
		}
		for _, safe := range o.Safes {
			for _, l := range safe.Locks {
				if l.ID == id && (l.Bolt != want || l.Tamper != tamper) {
					return fmt.Errorf("the lock %s is %s, tamper %v", id, l.Bolt, l.Tamper)
				}
			}
		}
		return nil
	})
}

// Device has a UHF or badge reader fall silent, complain, or come back.
func (s *Stage) Device(ctx context.Context, id fact.DeviceID, state fact.DeviceState, code string) error {
	uhf, pd := s.sim.UHF(string(id)), s.sim.PD(string(id))
	switch {
	case uhf != nil && state == fact.DeviceFault:
		uhf.BreakAntenna(1, true)
	case uhf != nil:
		uhf.SetSilent(state == fact.DeviceDown)
		uhf.BreakAntenna(1, false)
	case pd != nil && state == fact.DeviceFault:
		pd.SetTamper(true)
	case pd != nil:
		pd.SetSilent(state == fact.DeviceDown)
		pd.SetTamper(false)
	default:
		return fmt.Errorf("%s is not made to fail from outside (%s): such a step is `only: core`", id, code)
	}
	s.silent[id] = state == fact.DeviceDown
	want := map[fact.DeviceState]string{fact.DeviceUp: "up", fact.DeviceDown: "down", fact.DeviceFault: "fault"}[state]
	return s.Settle(ctx, func() error {
		o, err := s.overview(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(o.Devices, func(d custody.DeviceOverview) bool { return d.ID == id })
		if i < 0 || o.Devices[i].State != want {
			return fmt.Errorf("the daemon does not take the device %s for %s", id, want)
		}
		return nil
	})
}
