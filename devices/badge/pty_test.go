package badge

import (
	"context"
	"io"
	"os"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/devicetest/osdptest"
)

// openPTY returns the two ends of a raw pseudo terminal. The near one is a devices.Link.
func openPTY(t testing.TB) (near, far *os.File) {
	t.Helper()
	master, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	far = pollable(t, master)
	raw, err := near.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		termios, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		if failed = err; err != nil {
			return
		}
		termios.Iflag, termios.Oflag, termios.Lflag = 0, 0, 0
		termios.Cflag = termios.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
		termios.Cc[unix.VMIN], termios.Cc[unix.VTIME] = 1, 0
		failed = unix.IoctlSetTermios(int(fd), unix.TCSETS, termios)
	})
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return near, far
}

// pollable makes a file's reads end with its deadline; the library leaves them blocking.
func pollable(t testing.TB, f *os.File) *os.File {
	t.Helper()
	defer f.Close()
	fd, err := unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), f.Name())
}

func TestReadersOnARealLine(t *testing.T) {
	for _, n := range []uint8{2, 8} {
		near, far := openPTY(t)
		r := run(t, newLine(t, testSettings(n, io.Discard)), newRecorder(), near, far, testPDs(n))
		r.up(t, n)
		seen := map[fact.BadgeShown]int{}
		for address := uint8(1); address <= n; address++ {
			p := r.pds[address-1]
			settled(t, p)
			if address%2 == 0 {
				p.CorruptReplies(1)
			} else {
				p.DropReplies(1)
			}
			p.ShowCard(8, []byte{address})
		}
		for range n {
			seen[next(t, r.recorder, any1[fact.BadgeShown])]++
		}
		for address := uint8(1); address <= n; address++ {
			want := fact.BadgeShown{Reader: name(address), Card: fact.CardID("raw:8:0" + string('0'+rune(address)))}
			if seen[want] != 1 {
				t.Errorf("%d readers: %+v reported %d times", n, want, seen[want])
			}
		}
		if err := r.line.Signal(context.Background(), name(n), Granted); err != nil {
			t.Fatal(err)
		}
		until(t, r.pds[n-1], func() bool { _, heard := r.pds[n-1].LastBuzzer(); return heard })
		if err := r.close(); err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

func TestUnplugAndPlugIn(t *testing.T) {
	line, rec, pds := newLine(t, testSettings(2, io.Discard)), newRecorder(), testPDs(2)
	near, far := openPTY(t)
	r := run(t, line, rec, near, far, pds)
	r.up(t, 2)
	r.unplug()
	if err := r.close(); devices.CodeOf(err) != devices.CodeLineLost {
		t.Errorf("Run: %v", err)
	}
	near, far = openPTY(t)
	r = run(t, line, rec, near, far, pds)
	r.up(t, 2)
	settled(t, pds[0])
	pds[0].ShowCard(8, []byte{1})
	next(t, rec, any1[fact.BadgeShown])
}

func TestUnpluggedLineIsAnError(t *testing.T) {
	line, rec := newLine(t, testSettings(1, io.Discard)), newRecorder()
	near, far := openPTY(t)
	_ = far.Close()
	err := line.Run(context.Background(), near, rec)
	if err == nil || devices.CodeOf(err) != devices.CodeLineLost {
		t.Errorf("Run: %v", err)
	}
	_ = near.Close()
}

// A panel that is restarted finds its readers in the middle of their sessions.
func TestPanelRestartsInMidSession(t *testing.T) {
	pds := testPDs(2)
	near, far := openPTY(t)
	defer near.Close()
	defer far.Close()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = osdptest.ServeLine(ctx, far, pds...)
	}()
	defer func() { cancel(); <-served }()
	for turn := 1; turn <= 3; turn++ {
		rec := newRecorder()
		panel, stop := context.WithCancel(ctx)
		result := make(chan error, 1)
		line := newLine(t, testSettings(2, io.Discard))
		go func() { result <- line.Run(panel, near, rec) }()
		rec.up(t, 2)
		settled(t, pds[1])
		pds[1].ShowCard(8, []byte{byte(turn)})
		if got := next(t, rec, any1[fact.BadgeShown]); got.Reader != name(2) {
			t.Errorf("%+v", got)
		}
		stop()
		if err := <-result; err != nil {
			t.Errorf("Run: %v", err)
		}
		if got := pds[0].Handshakes(); got != turn {
			t.Errorf("%d handshakes after %d starts", got, turn)
		}
	}
}
