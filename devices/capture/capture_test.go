package capture

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const head = "trilock capture 1\nprotocol gx-5a\nbaud 115200\n"

func TestAnyCaptureRoundTrips(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := Capture{Header: Header{
			Protocol: rapid.StringMatching(`[a-z0-9-]{1,32}`).Draw(rt, "protocol"), Baud: rapid.IntRange(1, baudMax).Draw(rt, "baud"),
		}}
		at := time.Duration(0)
		for range rapid.IntRange(0, 20).Draw(rt, "events") {
			at += time.Duration(rapid.IntRange(0, 3_000_000).Draw(rt, "micros")) * time.Microsecond
			c.Events = append(c.Events, Event{
				At: at, Direction: Direction(rapid.IntRange(0, 1).Draw(rt, "direction")), //nolint:gosec // 0 or 1
				Bytes: rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(rt, "bytes"),
			})
		}
		back, err := Read(bytes.NewReader(c.AppendText(nil)))
		if err != nil || !cmp.Equal(back, c) {
			rt.Fatalf("%v: %s", err, cmp.Diff(c, back))
		}
	})
}

func TestReadSaysWhatIsWrongAndWhere(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "within its head",
		"something else\n":                      "line 1",
		head[:18] + "baud 9600\n":               "line 2",
		head[:33] + "baud fast\n":               "line 3",
		head[:33] + "baud 0\n":                  "line 3",
		head + "5A00\n":                         "line 4",
		head + "0.000001 = 5A\n":                "line 4",
		head + "0.01 < 5A\n":                    "six digits",
		head + "1 < 5A\n":                       "six digits",
		head + "99999.000000 < 5A":              "seconds",
		head + "0.000001 < 5\n":                 "1 to 8192 bytes",
		head + "0.000001 < \n":                  "1 to 8192 bytes",
		head + "0.000001 < 5A\n0.000000 > 5A\n": "before that of the line above",
		head + "0.000001 < " + strings.Repeat("00", 9000): "more than",
	} {
		_, err := Read(strings.NewReader(text))
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	if _, err := Read(strings.NewReader(head + strings.Repeat("0.000001 < 5A\n", EventsMax+1))); !errors.Is(err, ErrTooLong) {
		t.Errorf("too many events: %v", err)
	}
}

func TestRecorderWritesWhatPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		var text bytes.Buffer
		r, err := Record(near, Header{"gx-5a", 115200}, &text)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			buf := make([]byte, 2)
			_, _ = io.ReadFull(far, buf)
			<-time.After(1500 * time.Microsecond)
			_, _ = far.Write([]byte{3, 4, 5})
		}()
		if _, err := r.Write([]byte{1, 2}); err != nil {
			t.Fatal(err)
		}
		if n, err := r.Read(make([]byte, 8)); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		if err := r.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Read(make([]byte, 8)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil || r.Err() != nil || r.Events() != 2 {
			t.Error(err, r.Err(), r.Events())
		}
		if want := head + "0.000000 > 0102\n0.001500 < 030405\n"; text.String() != want {
			t.Errorf("recorded\n%s, want\n%s", &text, want)
		}
	})
}

// full is a writer that takes so many writes.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestRecordingThatFailsLeavesTheLineAlone(t *testing.T) {
	near, far := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, far) }()
	defer far.Close()
	if _, err := Record(near, Header{"gx-5a", 115200}, &full{}); err == nil {
		t.Error("a head that was not written is no error")
	}
	if _, err := Record(near, Header{"GX 5A", 115200}, io.Discard); !errors.Is(err, ErrFormat) {
		t.Error("a protocol's name that cannot be read back is no error")
	}
	r, err := Record(near, Header{"gx-5a", 115200}, &full{left: 2})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if n, err := r.Write([]byte{1}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if r.Err() == nil || r.Events() != 1 {
		t.Errorf("%d events, %v", r.Events(), r.Err())
	}
	_ = r.Close()
}

func conversation() Capture {
	return Capture{Header{"gx-5a", 115200}, []Event{
		{0, Sent, []byte{1, 2}},
		{time.Millisecond, Received, []byte{3, 4, 5}},
		{2 * time.Second, Received, []byte{6}},
		{3 * time.Second, Sent, []byte{7}},
	}}
}

func TestPlaybackPlaysWithItsPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Play(conversation())
		began := time.Now()
		if err := p.SetReadDeadline(began.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Read(make([]byte, 4)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Second {
			t.Fatalf("a read when it is the host's turn: %v after %v", err, time.Since(began))
		}
		_ = p.SetReadDeadline(time.Time{})
		for _, piece := range [][]byte{{1}, {2}} { // in other pieces than recorded
			if _, err := p.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		began = time.Now()
		var got []byte
		var at []time.Duration
		for len(got) < 4 {
			buf := make([]byte, 2)
			n, err := p.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			got, at = append(got, buf[:n]...), append(at, time.Since(began).Round(time.Millisecond))
		}
		want := []time.Duration{time.Millisecond, time.Millisecond, 2 * time.Second}
		if !bytes.Equal(got, []byte{3, 4, 5, 6}) || !cmp.Equal(at, want) {
			t.Errorf("read %X at %v, want it at %v", got, at, want)
		}
		if _, err := p.Write([]byte{7}); err != nil {
			t.Fatal(err)
		}
		<-p.Over()
		if _, err := p.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("a read behind the end: %v", err)
		}
		if _, err := p.Write([]byte{8}); !errors.Is(err, ErrOver) {
			t.Errorf("a write behind the end: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func TestPlaybackRefusesWhatWasNotRecorded(t *testing.T) {
	for name, do := range map[string]func(p *Playback) error{
		"other bytes":     func(p *Playback) error { _, err := p.Write([]byte{1, 9}); return err },
		"bytes too many":  func(p *Playback) error { _, err := p.Write([]byte{1, 2, 2}); return err },
		"before its turn": func(p *Playback) error { _, _ = p.Write([]byte{1, 2}); _, err := p.Write([]byte{7}); return err },
	} {
		p := Play(conversation())
		if err := do(p); !errors.Is(err, ErrDiffers) {
			t.Errorf("%s: %v", name, err)
		}
		<-p.Over()
		if _, err := p.Read(make([]byte, 1)); !errors.Is(err, ErrDiffers) {
			t.Errorf("%s: a read after it: %v", name, err)
		}
		if err := p.Close(); !errors.Is(err, ErrDiffers) {
			t.Errorf("%s: Close: %v", name, err)
		}
	}
}

func TestPlaybackSaysWhatIsLeftOver(t *testing.T) {
	p := Play(conversation())
	if _, err := p.Write([]byte{1, 2}); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if err := p.Close(); !errors.Is(err, ErrLeftOver) || !strings.Contains(err.Error(), "< 0405") {
		t.Errorf("Close: %v", err)
	}
	if _, err := p.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a read after Close: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

// TestCloseEndsAWaitingRead: as with every link.
func TestCloseEndsAWaitingRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Play(conversation())
		result := make(chan error, 1)
		go func() { _, err := p.Read(make([]byte, 1)); result <- err }()
		synctest.Wait()
		_ = p.Close()
		if err := <-result; !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(head + "0.000132 > 5A000102FF0000885A\n0.004467 < 5A000102FF0001003D0E\n"))
	f.Add(conversation().AppendText(nil))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		again, err := Read(bytes.NewReader(c.AppendText(nil)))
		if err != nil || !cmp.Equal(again, c) {
			t.Fatalf("%v: %s", err, cmp.Diff(c, again))
		}
	})
}
