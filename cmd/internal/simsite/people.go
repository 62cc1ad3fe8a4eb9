package simsite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"trilock/firmware-protocols/lockwire"
	"trilock/firmware-protocols/osdp"
)

// Badge holds a person's card to a reader.
func (s *Site) Badge(reader string, p Person) { s.pds[reader].ShowCard(26, p.bits()) }

// TypePIN types a person's PIN and the enter key at a reader.
func (s *Site) TypePIN(reader string, p Person) { s.pds[reader].PressKeys(p.PIN + "#") }

// Green waits for a reader's lamp to turn green, as a person would before taking a
// folder. It returns false when it does not.
func (s *Site) Green(ctx context.Context, reader string) bool {
	pd := s.pds[reader]
	ctx, cancel := context.WithTimeout(ctx, lampTime)
	defer cancel()
	return pd.Wait(ctx, func() bool {
		led, lit := pd.LastLED()
		return lit && led.TemporaryBlink.OnColour == osdp.Green
	}) == nil
}

// lampTime is how long a person looks at a lamp before trying again.
const lampTime = 1500 * time.Millisecond

// TryDoor has a person badge at the room door and go in if the strike lets them. It
// returns whether the door opened.
func (s *Site) TryDoor(ctx context.Context, p Person) (opened bool, err error) {
	s.door.Lock()
	defer s.door.Unlock()
	door := s.pds[DoorIn]
	before := len(door.Pulses())
	s.Badge(DoorIn, p)
	wait, cancel := context.WithTimeout(ctx, strikeTime)
	defer cancel()
	if door.Wait(wait, func() bool { return len(door.Pulses()) > before }) != nil {
		return false, ctx.Err()
	}
	door.SetInput(0, true)
	defer door.SetInput(0, false)
	if p.ID != "" {
		err = s.field.Walk(p.ID+"#", "room")
	}
	return true, errors.Join(err, hold(ctx, doorTime))
}

// SwingDoor moves the room door's leaf, whoever pushes it and whether the strike holds it or not.
func (s *Site) SwingDoor(open bool) { s.pds[DoorIn].SetInput(0, open) }

// strikeTime is how long a person waits for the strike to click before giving up.
const strikeTime = 1500 * time.Millisecond

// PutAway lays every folder into its home.
func (s *Site) PutAway() error {
	for _, f := range Folders() {
		if err := s.field.Put(epc(f.EPC), f.Home); err != nil {
			return err
		}
	}
	return nil
}

// Take has a person take a folder up from where it is. The reader loses sight of it
// bit by bit, as the radio field decides.
func (s *Site) Take(document string, p Person) error {
	f, err := folder(document)
	if err != nil {
		return err
	}
	if err := s.field.Walk(p.ID+"#", "room"); err != nil {
		return err
	}
	return s.field.Carry(epc(f.EPC), p.ID+"#")
}

// Pass has a person walk to a place with everything they carry.
func (s *Site) Pass(p Person, place string) error { return s.field.Walk(p.ID+"#", place) }

// Put has a person walk to a place with a folder and lay it down there.
func (s *Site) Put(document string, p Person, place string) error {
	f, err := folder(document)
	if err != nil {
		return err
	}
	return errors.Join(s.field.Walk(p.ID+"#", place), s.field.Put(epc(f.EPC), place))
}

// Hide puts a folder into a metal case: no antenna hears it there.
func (s *Site) Hide(document string) error {
	f, err := folder(document)
	if err != nil {
		return err
	}
	return s.field.Put(epc(f.EPC), Shielded)
}

// Sent calls f with every frame that a UHF reader is about to send; for measurements.
func (s *Site) Sent(reader string, f func(frame []byte)) {
	s.uhf[reader].Mangle(func(frame []byte) []byte {
		f(frame)
		return frame
	})
}

// PutTag lays any tag down at a place.
func (s *Site) PutTag(tag []byte, place string) error { return s.field.Put(tag, place) }

// OpenSafe pulls the safe's door open. It fails while a bolt is in the way.
func (s *Site) OpenSafe() error {
	var errs []error
	for _, lock := range s.locks {
		errs = append(errs, lock.OpenDoor())
	}
	return errors.Join(errs...)
}

// ShutSafe pushes the safe's door shut, if it is open.
func (s *Site) ShutSafe() error {
	for _, lock := range s.locks {
		lock.CloseDoor()
	}
	return nil
}

// Drawn counts the bolts of the safe that are drawn, by the locks' own motors and not by what they say.
func (s *Site) Drawn() (n int) {
	for _, lock := range s.locks {
		if lock.Bolt() == lockwire.BoltUnlocked {
			n++
		}
	}
	return n
}

// RoundTrips returns how long the broker took to acknowledge the locks' last messages, for measurements.
func (s *Site) RoundTrips() (all []time.Duration) {
	for _, lock := range s.locks {
		all = append(all, lock.RoundTrips()...)
	}
	return all
}

// PowerCycleLocks takes the power from all three locks for a moment.
func (s *Site) PowerCycleLocks() error {
	var errs []error
	for _, lock := range s.locks {
		errs = append(errs, lock.PowerCycle())
	}
	return errors.Join(errs...)
}

// Unplug pulls the cable of a port: "cabinet-a", "osdp-door" and so on.
func (s *Site) Unplug(port string) error { return s.lines[port].Unplug() }

// Replug puts it in again, under the same name.
func (s *Site) Replug(port string) error { return s.lines[port].Replug() }

func folder(document string) (Folder, error) {
	for _, f := range Folders() {
		if f.ID == document {
			return f, nil
		}
	}
	return Folder{}, fmt.Errorf("the site has no folder %s", document)
}

func hold(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
