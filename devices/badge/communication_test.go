package badge

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"trilock/custody/fact"
	"trilock/devices/devicetest/osdptest"
	"trilock/devices/serialport"
	"trilock/firmware-protocols/osdp"
)

// speedOf tells the speed that the near end of a pty is set to, as its far end sees it.
func speedOf(t testing.TB, far *os.File) func() int {
	t.Helper()
	raw, err := far.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	speeds := map[uint32]int{unix.B9600: 9600, unix.B38400: 38400, unix.B115200: 115200, unix.B230400: 230400}
	return func() (speed int) {
		_ = raw.Control(func(fd uintptr) {
			if termios, err := unix.IoctlGetTermios(int(fd), unix.TCGETS); err == nil {
				speed = speeds[termios.Cflag&unix.CBAUD]
			}
		})
		return speed
	}
}

// speeding is a line on a real port, with n readers that hear only what has their speed.
func speeding(t *testing.T, n uint8) (running, func() int) {
	t.Helper()
	near, far := openPTY(t)
	speed := speedOf(t, far)
	var pds []*osdptest.PD
	for address := uint8(1); address <= n; address++ {
		pds = append(pds, osdptest.NewPD(osdptest.Settings{
			Address: address, Key: testKey(address), Inputs: 2, Outputs: 2, BitsPerSecond: 115200, LineSpeed: speed,
		}))
	}
	port, err := serialport.Open(t.Context(), serialport.Settings{Port: near.Name(), Baud: 115200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() })
	r := run(t, newLine(t, testSettings(n, io.Discard)), newRecorder(), port, far, pds)
	r.up(t, n)
	return r, speed
}

func TestSpeedOfARealPort(t *testing.T) {
	r, speed := speeding(t, 3)
	for _, to := range []int{9600, 230400, 115200} {
		if err := r.line.ChangeSpeed(t.Context(), to); err != nil {
			t.Fatal(err)
		}
		for _, p := range r.pds {
			if _, at := p.Communication(); at != to || speed() != to || !p.Secure() {
				t.Errorf("reader at %d, port at %d, want %d", at, speed(), to)
			}
		}
		settled(t, r.pds[1])
		r.pds[1].ShowCard(8, []byte{1})
		next(t, r.recorder, any1[fact.BadgeShown])
	}
	r.pds[2].RefuseSettings(true)
	err := r.line.ChangeSpeed(t.Context(), 9600)
	if !errors.Is(err, ErrSpeedKept) || speed() != 115200 {
		t.Errorf("%v, port at %d", err, speed())
	}
	for _, p := range r.pds {
		until(t, p, p.Secure)
		if _, at := p.Communication(); at != 115200 {
			t.Errorf("reader at %d", at)
		}
	}
	if err := r.line.ChangeSpeed(t.Context(), 1200); !errors.Is(err, osdp.ErrSpeed) {
		t.Error(err)
	}
}

// A link that has no speed, as a recorder's, is told apart before any reader is told.
func TestSpeedOfALinkWithout(t *testing.T) {
	onPipe(t, 2, func(t *testing.T, r running) {
		if err := r.line.ChangeSpeed(t.Context(), 9600); !errors.Is(err, ErrPortSpeed) || !errors.Is(err, ErrSpeedKept) {
			t.Error(err)
		}
		for _, p := range r.pds {
			if p.Handshakes() != 1 {
				t.Error("a session was given up for nothing")
			}
		}
	})
}

func TestChangeAddress(t *testing.T) {
	onPipe(t, 2, func(t *testing.T, r running) {
		if err := r.line.ChangeAddress(t.Context(), "badge-a", 0x20); err != nil {
			t.Fatal(err)
		}
		if got := next(t, r.recorder, code(CodeAddressChanged)); got.Device != "badge-a" || got.State != fact.DeviceUp {
			t.Errorf("%+v", got)
		}
		settled(t, r.pds[0])
		r.pds[0].ShowCard(8, []byte{7})
		if got := next(t, r.recorder, any1[fact.BadgeShown]); got.Reader != "badge-a" {
			t.Errorf("%+v", got)
		}
		if err := r.line.Signal(t.Context(), "badge-a", Granted); err != nil {
			t.Error(err)
		}
		if got := r.line.configured("badge-a").Address; got != 0x20 {
			t.Errorf("the next Run looks at 0x%02X", got)
		}
		r.pds[1].RefuseSettings(true)
		if err := r.line.ChangeAddress(t.Context(), "badge-b", 0x21); !errors.Is(err, ErrAddressKept) {
			t.Error(err)
		}
		if err := r.line.ChangeAddress(t.Context(), "badge-b", 0x20); !errors.Is(err, osdp.ErrAddress) {
			t.Error(err)
		}
		if err := r.line.ChangeAddress(t.Context(), "badge-z", 9); !errors.Is(err, ErrUnknownReader) {
			t.Error(err)
		}
	})
}

func TestMoveOverALostLine(t *testing.T) {
	r, _ := speeding(t, 1)
	settled(t, r.pds[0])
	gone := false
	r.pds[0].SetAttack(func(f osdp.Frame, reader func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool) {
		if gone = gone || osdp.CommandCode(f.Code) == osdp.CommandCommunication; gone {
			return osdp.Frame{}, false // its words are lost from the question on
		}
		return reader(f)
	})
	ended := make(chan error, 1)
	go func() { ended <- r.line.ChangeSpeed(context.Background(), 9600) }()
	next(t, r.recorder, code(CodeMoving)) // it was told
	r.unplug()
	if err := <-ended; !errors.Is(err, ErrInterrupted) {
		t.Error(err)
	}
	if err := r.line.ChangeSpeed(t.Context(), 9600); !errors.Is(err, ErrOffline) {
		t.Error(err)
	}
}
