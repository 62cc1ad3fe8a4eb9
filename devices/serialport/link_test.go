package serialport

import (
	"errors"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// direct opens a line and returns it with all that it can.
func direct(t *testing.T) (far *os.File, l *link) {
	t.Helper()
	far, path := line(t)
	l, ok := open(t, path).(*link)
	if !ok {
		t.Fatal("another type of link")
	}
	return far, l
}

// reading begins a read without deadline and returns when it is under way.
func reading(t *testing.T, l *link, read func() error) chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- read() }()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for held := false; !held; <-look.C {
		if held = !l.reading.TryLock(); !held {
			l.reading.Unlock()
		}
	}
	return done
}

func TestWaitingReadHearsEverybody(t *testing.T) {
	for name, row := range map[string]struct {
		wake func(far *os.File, l *link) error
		want error
	}{
		"a deadline that is moved": {func(_ *os.File, l *link) error { return l.SetReadDeadline(time.Now()) }, os.ErrDeadlineExceeded},
		"the end":                  {func(_ *os.File, l *link) error { return l.Close() }, os.ErrClosed},
		"a byte": {func(far *os.File, _ *link) error {
			_, err := far.Write([]byte{1})
			return err
		}, nil},
	} {
		far, l := direct(t)
		done := reading(t, l, func() error {
			_, err := l.Read(make([]byte, 1))
			return err
		})
		if err := row.wake(far, l); err != nil {
			t.Fatal(err)
		}
		if err := within(t, done); !errors.Is(err, row.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInterrupt(t *testing.T) {
	far, l := direct(t)
	read := func() error {
		_, err := l.ReadUntil(make([]byte, 1), time.Now().Add(time.Hour))
		return err
	}
	done := reading(t, l, read)
	l.Interrupt()
	if err := within(t, done); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	l.Interrupt() // before: the next read does not wait
	l.Interrupt()
	if err := read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	done = reading(t, l, read) // and the one behind it does
	if _, err := far.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	if err := within(t, done); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l.Interrupt() // of a closed line is nothing
	if err := read(); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

// No wait ends before its time, and a time that has passed is a look.
func TestReadUntilIsExact(t *testing.T) {
	far, l := direct(t)
	for _, d := range []time.Duration{-time.Second, 0, 20 * time.Microsecond, 87 * time.Microsecond, 900 * time.Microsecond, 3 * time.Millisecond} {
		until := time.Now().Add(d)
		_, err := l.ReadUntil(make([]byte, 1), until)
		if now := time.Now(); !errors.Is(err, os.ErrDeadlineExceeded) || now.Before(until) {
			t.Errorf("%v: %v, %v early", d, err, until.Sub(now))
		}
	}
	if _, err := far.Write([]byte{7}); err != nil {
		t.Fatal(err)
	}
	one := make([]byte, 1)
	if _, err := l.ReadUntil(one, time.Now().Add(10*time.Second)); err != nil || one[0] != 7 {
		t.Errorf("%v, %v", one, err)
	}
}

func TestSpeedOfAnOpenLine(t *testing.T) {
	far, l := direct(t)
	raw, err := far.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for speed, want := range map[int]uint32{9600: unix.B9600, 230400: unix.B230400, 115200: unix.B115200} {
		if err := l.SetSpeed(speed); err != nil {
			t.Fatal(err)
		}
		_ = raw.Control(func(fd uintptr) {
			termios, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
			if err != nil || termios.Cflag&unix.CBAUD != want || termios.Cflag&unix.CSIZE != unix.CS8 || termios.Lflag != 0 {
				t.Errorf("%d: %+v, %v", speed, termios, err)
			}
		})
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.SetSpeed(9600); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}
