package devicetest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"trilock/devices"
	"trilock/devices/serialport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newLine(t *testing.T) *Line {
	t.Helper()
	l, err := NewLine(filepath.Join(t.TempDir(), "reader"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func plugIn(t *testing.T, l *Line) devices.Link {
	t.Helper()
	near, err := serialport.Open(t.Context(), serialport.Settings{Port: l.Path(), Baud: 115200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() })
	return near
}

// carries sends bytes both ways.
func carries(t *testing.T, from io.Writer, to devices.Link) {
	t.Helper()
	said := []byte{0x5A, 0x0D, 0x0A, 0x03, 0x11, 0xFF}
	if _, err := from.Write(said); err != nil {
		t.Fatal(err)
	}
	if err := to.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(said))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != string(said) {
		t.Fatalf("got %X, %v", got, err)
	}
}

func TestLineCarriesAcrossUnplugAndReplug(t *testing.T) {
	l := newLine(t)
	for range 3 {
		near := plugIn(t, l)
		carries(t, near, l)
		carries(t, l, near)
		if err := l.Unplug(); err != nil {
			t.Fatal(err)
		}
		_, err := near.Read(make([]byte, 1))
		if devices.CodeOf(err) != devices.CodeLineLost {
			t.Errorf("daemon's end after unplugging: %v", err)
		}
		_, err = serialport.Open(t.Context(), serialport.Settings{Port: l.Path(), Baud: 115200})
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("open while pulled out: %v", err)
		}
		if n, err := l.Write([]byte("nobody hears")); n != 12 || err != nil {
			t.Errorf("write while pulled out: %d, %v", n, err)
		}
		if err := l.Replug(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadWaitsWhilePulledOut(t *testing.T) {
	l := newLine(t)
	got := make(chan error, 1)
	go func() {
		_, err := io.ReadFull(l, make([]byte, 2))
		got <- err
	}()
	if err := errors.Join(l.Unplug(), l.Replug()); err != nil {
		t.Fatal(err)
	}
	near := plugIn(t, l)
	if _, err := near.Write([]byte{1, 2}); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestDeadlineAndCloseEndReads(t *testing.T) {
	for _, pulled := range []bool{false, true} {
		l := newLine(t)
		if pulled {
			if err := l.Unplug(); err != nil {
				t.Fatal(err)
			}
		}
		got := make(chan error, 1)
		read := func() {
			_, err := l.Read(make([]byte, 1))
			got <- err
		}
		go read()
		if err := l.SetReadDeadline(time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := <-got; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("pulled %v: %v", pulled, err)
		}
		if err := l.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		go read()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-got; !errors.Is(err, os.ErrClosed) {
			t.Errorf("pulled %v: %v", pulled, err)
		}
	}
}

func TestDeadlineSetWhilePulledOutHoldsAfterwards(t *testing.T) {
	l := newLine(t)
	if err := errors.Join(l.Unplug(), l.SetReadDeadline(time.Now().Add(20*time.Millisecond)), l.Replug()); err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		_, err := l.Read(make([]byte, 1))
		got <- err
	}()
	select {
	case err := <-got:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the deadline was forgotten")
	}
}

func TestRestartOfTheDaemonIsNoBrokenLine(t *testing.T) {
	l := newLine(t)
	for range 3 {
		near := plugIn(t, l)
		carries(t, near, l)
		if err := near.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNobodyListeningDoesNotHoldThePeer(t *testing.T) {
	l := newLine(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for sent := 0; sent < 1<<17; sent += 4096 {
		if _, err := l.Write(make([]byte, 4096)); err != nil || ctx.Err() != nil {
			t.Fatal(err, ctx.Err())
		}
	}
}

func TestForeignFileIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := NewLine(path); err == nil {
		_ = l.Close()
		t.Fatal("a file was replaced")
	}
}
