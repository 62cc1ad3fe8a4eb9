package badge

import (
	"strings"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/devices/devicetest/osdptest"
)

func TestPIN(t *testing.T) {
	onPipe(t, 2, func(t *testing.T, r running) {
		press := func(p *osdptest.PD, keys ...string) {
			for _, one := range keys {
				p.PressKeys(one)
				until(t, p, func() bool { return p.Pending() == 0 })
			}
		}
		press(r.pds[0], "12", "34")
		press(r.pds[1], "9#") // another reader's keys are another entry
		press(r.pds[0], "#", "#", "77*5678#", "1234567890123#", "A12#", "12")
		settled(t, r.pds[0])
		pause := time.NewTimer(keyPause + time.Second)
		<-pause.C
		press(r.pds[0], "34#")
		want := []fact.PINEntered{
			{Reader: "badge-b", Digits: "9"}, {Reader: "badge-a", Digits: "1234"}, {Reader: "badge-a", Digits: "5678"},
			{Reader: "badge-a", Digits: "12"}, {Reader: "badge-a", Digits: "34"},
		}
		for _, w := range want {
			if got := next(t, r.recorder, any1[fact.PINEntered]); got != w {
				t.Errorf("%+v, want %+v", got, w)
			}
		}
	})
}

func TestPINLimits(t *testing.T) {
	var p pin
	enter := func(keys string) (string, bool) {
		for i := range len(keys) - 1 {
			p.press(time.Second, keys[i])
		}
		return p.press(time.Second, keys[len(keys)-1])
	}
	longest := strings.Repeat("7", fact.MaxPINDigits)
	if got, ok := enter(longest + "\r"); !ok || got != longest {
		t.Errorf("%q, %v", got, ok)
	}
	if got, ok := enter(longest + "7#"); ok {
		t.Errorf("too long: %q", got)
	}
	if got, ok := enter(longest + "7\x7f1#"); !ok || got != "1" {
		t.Errorf("after clearing: %q, %v", got, ok)
	}
	if got, ok := enter("*#"); ok {
		t.Errorf("nothing: %q", got)
	}
}
