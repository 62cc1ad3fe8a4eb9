package serialport

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/creack/pty"
	"go.uber.org/goleak"

	"trilock/devices"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// line opens a pseudo terminal and returns its far end and the path of its near end.
func line(t *testing.T) (far *os.File, path string) {
	t.Helper()
	far, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close(); _ = near.Close() })
	return far, near.Name()
}

func open(t *testing.T, path string) devices.Link {
	t.Helper()
	l, err := Open(t.Context(), Settings{Port: path, Baud: 115200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var known *devices.Error
	if !errors.As(err, &known) || known.Code != code {
		t.Fatalf("got %v, want code %s", err, code)
	}
}

func TestBytesGoBothWaysUnchanged(t *testing.T) {
	far, path := line(t)
	l := open(t, path)
	all := make([]byte, 256) // every value: no line discipline may touch any of them
	for i := range all {
		all[i] = byte(i)
	}
	buf := make([]byte, len(all))
	if _, err := l.Write(all); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(far, buf); err != nil || string(buf) != string(all) {
		t.Fatalf("far end got %X, %v", buf, err)
	}
	if _, err := far.Write(all); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(l, buf); err != nil || string(buf) != string(all) {
		t.Fatalf("near end got %X, %v", buf, err)
	}
}

func TestDeadline(t *testing.T) {
	_, path := line(t)
	l := open(t, path)
	for _, d := range []time.Duration{-time.Second, 5 * time.Millisecond, 50 * time.Millisecond} {
		begun := time.Now()
		if err := l.SetReadDeadline(begun.Add(d)); err != nil {
			t.Fatal(err)
		}
		if n, err := l.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("%d, %v", n, err)
		}
		if took := time.Since(begun); took < d {
			t.Errorf("deadline in %v was called after %v", d, took)
		}
	}
}

func TestDeadlineMovedUnderAWaitingRead(t *testing.T) {
	_, path := line(t)
	l := open(t, path)
	done := make(chan error, 1)
	go func() {
		_, err := l.Read(make([]byte, 1))
		done <- err
	}()
	if err := l.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := within(t, done); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
}

func within(t *testing.T, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting after ten seconds")
		return nil
	}
}

func TestCloseEndsAWaitingRead(t *testing.T) {
	_, path := line(t)
	l := open(t, path)
	done := make(chan error, 1)
	go func() {
		_, err := l.Read(make([]byte, 1))
		done <- err
	}()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := within(t, done); !errors.Is(err, os.ErrClosed) {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if _, err := l.Write([]byte{1}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
	if err := l.SetReadDeadline(time.Time{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("deadline after close: %v", err)
	}
}

func TestCloseEndsAWriteThatNobodyReads(t *testing.T) {
	_, path := line(t)
	l := open(t, path)
	done := make(chan error, 1)
	wrote := make(chan struct{}, 1)
	go func() {
		for {
			if _, err := l.Write(make([]byte, 4000)); err != nil {
				done <- err
				return
			}
			select {
			case wrote <- struct{}{}:
			default:
			}
		}
	}()
	for stuck := false; !stuck; {
		select {
		case <-wrote:
		case <-time.After(200 * time.Millisecond):
			stuck = true
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := within(t, done); !errors.Is(err, os.ErrClosed) {
		t.Fatal(err)
	}
}

func TestStuckLineIsLost(t *testing.T) {
	_, path := line(t)
	l := open(t, path)
	for {
		if _, err := l.Write(make([]byte, 4000)); err != nil {
			wantCode(t, err, devices.CodeLineLost)
			return
		}
	}
}

func TestUnplugIsALostLineAndNotAClose(t *testing.T) {
	far, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	l := open(t, near.Name())
	done := make(chan error, 1)
	go func() {
		_, err := l.Read(make([]byte, 1))
		done <- err
	}()
	_ = near.Close()
	if err := far.Close(); err != nil {
		t.Fatal(err)
	}
	wantCode(t, within(t, done), devices.CodeLineLost)
	if _, err := l.Write([]byte{1}); err == nil {
		t.Error("a write into a pulled line succeeded")
	}
}

func TestSecondOpenIsBusy(t *testing.T) {
	_, path := line(t)
	l := open(t, path)
	alias := filepath.Join(t.TempDir(), "reader")
	if err := os.Symlink(path, alias); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, alias} {
		_, err := Open(t.Context(), Settings{Port: p, Baud: 115200})
		wantCode(t, err, devices.CodePortBusy)
		if !errors.Is(err, devices.ErrBusy) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", p, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, alias)
}

func TestMissingPort(t *testing.T) {
	dangling := filepath.Join(t.TempDir(), "dangling")
	if err := os.Symlink(filepath.Join(t.TempDir(), "nothing"), dangling); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"/dev/trilock-no-such-port", dangling} {
		_, err := Open(t.Context(), Settings{Port: p, Baud: 115200})
		wantCode(t, err, devices.CodePortMissing)
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", p, err)
		}
	}
}

func TestWhatIsNoSerialPortIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{file, "/dev/null"} {
		_, err := Open(t.Context(), Settings{Port: p, Baud: 115200})
		wantCode(t, err, devices.CodePortUnusable)
	}
}

func TestWhatWasSaidBeforeIsDropped(t *testing.T) {
	far, path := line(t)
	first := open(t, path) // sets the line to raw, so that the stale bytes wait in its buffer
	if _, err := far.Write([]byte("stale")); err != nil {
		t.Fatal(err)
	}
	one := make([]byte, 1)
	if _, err := first.Read(one); err != nil { // now the rest has arrived too
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := open(t, path)
	if _, err := far.Write([]byte{0x5A}); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Read(one); err != nil || one[0] != 0x5A {
		t.Errorf("read %X, %v", one, err)
	}
}

func TestEndedContextOpensNothing(t *testing.T) {
	_, path := line(t)
	l, err := Dial(Settings{Port: path, Baud: 115200})(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, Settings{Port: path, Baud: 115200}); !errors.Is(err, ctx.Err()) {
		t.Error(err)
	}
}
