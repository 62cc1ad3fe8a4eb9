package badge

import (
	"context"
	"fmt"
	"time"

	"trilock/custody/fact"
	"trilock/firmware-protocols/osdp"
)

// Signal is what a reader shows to the person in front of it.
type Signal uint8

// The signals. Granted and Refused pass by themselves after 2 s and end Waiting and
// Alarm; Waiting and Alarm last until another signal is given.
const (
	// Idle is a dark light and no sound.
	Idle Signal = iota + 1
	// Granted is green for 2 s and one beep.
	Granted
	// Refused is red for 2 s and three beeps.
	Refused
	// Waiting is amber, blinking: more parties, or more acts, are needed.
	Waiting
	// Alarm is red, blinking fast, and half a minute of beeps. The beeps are counted, so
	// that a reader whose line is cut does not beep for ever.
	Alarm
)

// String returns the signal as one word.
func (s Signal) String() string {
	switch s {
	case Idle:
		return "idle"
	case Granted:
		return "granted"
	case Refused:
		return "refused"
	case Waiting:
		return "waiting"
	case Alarm:
		return "alarm"
	default:
		return fmt.Sprintf("Signal(%d)", uint8(s))
	}
}

// dark is the light of an idle reader.
var dark = osdp.Blink{OnTenths: 1, OnColour: osdp.Black, OffColour: osdp.Black}

// Signal queues a signal for a reader and returns; light and sound follow within a few
// polls, or not at all if the session breaks: a signal is never sent twice. It fails
// with ErrUnknownReader, ErrOffline or ErrQueueFull.
func (l *Line) Signal(ctx context.Context, device fact.DeviceID, s Signal) error {
	light, sound, ok := s.pattern()
	if !ok {
		return fmt.Errorf("badge reader %s: there is no %v", device, s)
	}
	led, err := osdp.SetLEDs(light)
	if err != nil {
		return fmt.Errorf("badge reader %s: %v: %w", device, s, err)
	}
	return l.queue(ctx, device, led, sound)
}

// pattern returns light and sound of a signal.
func (s Signal) pattern() (osdp.LED, osdp.Command, bool) {
	const twoSeconds = 20
	light := osdp.LED{Temporary: osdp.LEDCancel, Permanent: osdp.LEDSet, PermanentBlink: dark}
	sound := osdp.Buzz(0, osdp.ToneOff, 0, 0, 0)
	switch s {
	case Idle:
	case Granted:
		light.Temporary, light.TimerTenths = osdp.LEDSet, twoSeconds
		light.TemporaryBlink = osdp.Blink{OnTenths: twoSeconds, OnColour: osdp.Green}
		sound = osdp.Buzz(0, osdp.ToneDefault, 2, 1, 1)
	case Refused:
		light.Temporary, light.TimerTenths = osdp.LEDSet, twoSeconds
		light.TemporaryBlink = osdp.Blink{OnTenths: twoSeconds, OnColour: osdp.Red}
		sound = osdp.Buzz(0, osdp.ToneDefault, 1, 1, 3)
	case Waiting:
		light.PermanentBlink = osdp.Blink{OnTenths: 5, OffTenths: 5, OnColour: osdp.Amber}
	case Alarm:
		light.PermanentBlink = osdp.Blink{OnTenths: 2, OffTenths: 2, OnColour: osdp.Red}
		sound = osdp.Buzz(0, osdp.ToneDefault, 5, 5, 30)
	default:
		return osdp.LED{}, osdp.Command{}, false
	}
	return light, sound, true
}

// Pulse queues the switching of an output (counted from 0) for d, for example of an
// electric strike, and returns. d is rounded up to tenths of a second and is more than 0
// and at most one minute. If it cannot be sent within osdp.CommandLifetime it is not sent
// at all; it is never sent twice. It fails as Signal does, and for an output that the
// reader says it does not have.
func (l *Line) Pulse(ctx context.Context, device fact.DeviceID, output uint8, d time.Duration) error {
	if d <= 0 || d > maxPulse {
		return fmt.Errorf("badge reader %s: pulse of %v: want more than 0 and at most %v", device, d, maxPulse)
	}
	if n := l.outputs(device); n > 0 && output >= n {
		return fmt.Errorf("badge reader %s: output %d: the reader has %d, counted from 0", device, output, n)
	}
	tenths := uint16((d + tenth - 1) / tenth) //nolint:gosec // at most maxPulse
	out, err := osdp.SetOutputs(osdp.OutputControl{Output: output, Action: osdp.OutputOnFor, TimerTenths: tenths})
	if err != nil {
		return fmt.Errorf("badge reader %s: %w", device, err)
	}
	return l.queue(ctx, device, out)
}

// outputs returns how many outputs the reader says it has; 0 if it does not say.
func (l *Line) outputs(device fact.DeviceID) uint8 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.readers[device]; r != nil {
		return r.outputs
	}
	return 0
}
