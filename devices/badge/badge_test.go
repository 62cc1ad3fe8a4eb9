package badge

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/devicetest/osdptest"
	"trilock/firmware-protocols/osdp"
)

var _ devices.Driver = (*Line)(nil)

func TestMain(m *testing.M) {
	if simulate() {
		return
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must happen; it says nothing about speed.
const patience = time.Minute

func testKey(address uint8) osdp.Key {
	var k osdp.Key
	for i := range k {
		k[i] = address ^ byte(i*7+1)
	}
	return k
}

// name is the device at an address.
func name(address uint8) fact.DeviceID { return fact.DeviceID("badge-" + string(rune('a'-1+address))) }

// testPDs returns n readers at the addresses from 1, with inputs and outputs.
func testPDs(n uint8) []*osdptest.PD {
	var pds []*osdptest.PD
	for address := uint8(1); address <= n; address++ {
		pds = append(pds, osdptest.NewPD(osdptest.Settings{
			Address: address, Key: testKey(address), Inputs: 2, Outputs: 2,
			Vendor: [3]byte{0xC3, 0xB2, 0xA1}, Model: 2, Version: 1, Serial: uint32(address), Firmware: [3]byte{1, 2, 3},
		}))
	}
	return pds
}

func testSettings(n uint8, log io.Writer) Settings {
	s := Settings{Line: "badge-line", BaudRate: 115200, Log: slog.New(slog.NewTextHandler(log, nil))}
	for address := uint8(1); address <= n; address++ {
		s.Readers = append(s.Readers, ReaderSettings{Device: name(address), Address: address, Key: testKey(address)})
	}
	return s
}

func newLine(t *testing.T, s Settings) *Line {
	t.Helper()
	line, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// recorder is the engine's end of the sink.
type recorder struct {
	facts chan fact.Fact
	gate  chan struct{} // if not nil, every fact waits for it
}

func newRecorder() *recorder { return &recorder{facts: make(chan fact.Fact, 10000)} }

func (r *recorder) Report(ctx context.Context, f fact.Fact) error {
	if r.gate != nil {
		select {
		case <-r.gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case r.facts <- f:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// next returns the next fact of type T that pleases; all others before it are dropped.
func next[T fact.Fact](t *testing.T, r *recorder, pleases func(T) bool) T {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case f := <-r.facts:
			if one, ok := f.(T); ok && pleases(one) {
				return one
			}
		case <-timeout.C:
			var none T
			t.Fatalf("no %T in time", none)
		}
	}
}

func any1[T fact.Fact](T) bool { return true }

func (r *recorder) up(t *testing.T, n uint8) {
	t.Helper()
	waiting := map[fact.DeviceID]bool{}
	for address := uint8(1); address <= n; address++ {
		waiting[name(address)] = true
	}
	for len(waiting) > 0 {
		f := next(t, r, func(f fact.DeviceReport) bool { return f.State == fact.DeviceUp })
		delete(waiting, f.Device)
	}
}

// running is a line, its readers, and what runs between them.
type running struct {
	*recorder
	line   *Line
	pds    []*osdptest.PD
	close  func() error
	unplug func() // takes the far end away
}

// run connects a line and readers over near and far; close ends it all and returns what
// Run returned.
func run(t *testing.T, line *Line, rec *recorder, near devices.Link, far io.ReadWriteCloser, pds []*osdptest.PD) running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	result := make(chan error, 1)
	served, leave := context.WithCancel(context.Background()) // the readers listen for longer than the panel speaks
	all.Go(func() { _ = osdptest.ServeLine(served, far, pds...) })
	all.Go(func() { result <- line.Run(ctx, near, rec) })
	ended := sync.OnceValue(func() error {
		cancel()
		err := <-result
		leave()
		_ = near.Close()
		_ = far.Close()
		all.Wait()
		return err
	})
	t.Cleanup(func() { _ = ended() })
	return running{recorder: rec, line: line, pds: pds, close: ended, unplug: func() {
		_ = far.Close()
		err := <-result
		result <- err
	}}
}

// onPipe runs a test of n readers on a net.Pipe in a bubble of its own time, all online.
func onPipe(t *testing.T, n uint8, test func(*testing.T, running)) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		r := run(t, newLine(t, testSettings(n, io.Discard)), newRecorder(), near, far, testPDs(n))
		r.up(t, n)
		for _, p := range r.pds {
			settled(t, p)
		}
		test(t, r)
		if err := r.close(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// settled waits until a reader had nothing to tell when it was polled.
func settled(t *testing.T, p *osdptest.PD) {
	t.Helper()
	until(t, p, func() bool { return p.Secure() && p.Pending() == 0 })
	polls := p.Polls()
	until(t, p, func() bool { return p.Polls() > polls })
}

func until(t *testing.T, p *osdptest.PD, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.Wait(ctx, cond); err != nil {
		t.Fatal(err)
	}
}

func TestCardsGoToTheirReader(t *testing.T) {
	onPipe(t, 2, func(t *testing.T, r running) {
		r.pds[1].ShowCard(26, []byte{0xA8, 0xED, 0x31, 0x40})
		want := fact.BadgeShown{Reader: "badge-b", Card: "raw:26:A8ED3140"}
		if got := next(t, r.recorder, any1[fact.BadgeShown]); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		r.pds[0].ShowCard(32, []byte{1, 2, 3, 4})
		want = fact.BadgeShown{Reader: "badge-a", Card: "raw:32:01020304"}
		if got := next(t, r.recorder, any1[fact.BadgeShown]); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

func TestIdentityComesWithUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		r := run(t, newLine(t, testSettings(1, io.Discard)), newRecorder(), near, far, testPDs(1))
		got := next(t, r.recorder, any1[fact.DeviceReport])
		if want := (fact.DeviceReport{Device: "badge-a", State: fact.DeviceUp, Identity: "C3B2A1 2.1 1 1.2.3"}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		_ = r.close()
	})
}

func TestInputs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		pds := testPDs(1)
		pds[0].SetInput(1, true)
		r := run(t, newLine(t, testSettings(1, io.Discard)), newRecorder(), near, far, pds)
		for _, want := range []fact.InputChanged{{Device: "badge-a", Input: 0, State: fact.InputInactive}, {Device: "badge-a", Input: 1, State: fact.InputActive}} {
			if got := next(t, r.recorder, any1[fact.InputChanged]); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		}
		settled(t, pds[0])
		for _, row := range []struct {
			state osdp.InputState
			want  fact.InputState
		}{{osdp.InputShort, fact.InputFault}, {osdp.InputOpen, fact.InputFault}, {osdp.InputUnknown, fact.InputUnknown}, {osdp.InputActive, fact.InputActive}} {
			pds[0].SetInputState(0, row.state)
			if row.state == osdp.InputOpen {
				// Two faults follow each other: both are changes.
				next(t, r.recorder, any1[fact.InputChanged])
				continue
			}
			if got := next(t, r.recorder, any1[fact.InputChanged]); got.Input != 0 || got.State != row.want {
				t.Errorf("%+v, want %v", got, row.want)
			}
		}
		_ = r.close()
	})
}

func TestTamper(t *testing.T) {
	onPipe(t, 1, func(t *testing.T, r running) {
		r.pds[0].SetTamper(true)
		if got := next(t, r.recorder, any1[fact.DeviceReport]); got.State != fact.DeviceFault || got.Code != CodeTamper {
			t.Errorf("%+v", got)
		}
		r.pds[0].SetTamper(false)
		if got := next(t, r.recorder, any1[fact.DeviceReport]); got.State != fact.DeviceUp {
			t.Errorf("%+v", got)
		}
		r.pds[0].Happen(osdp.ReplyReaders, []byte{1})
		if got := next(t, r.recorder, any1[fact.DeviceReport]); got.State != fact.DeviceFault || got.Code != CodeHeadMissing {
			t.Errorf("%+v", got)
		}
		r.pds[0].Happen(osdp.ReplyReaders, []byte{2})
		if got := next(t, r.recorder, any1[fact.DeviceReport]); got.State != fact.DeviceFault || got.Code != CodeTamper {
			t.Errorf("%+v", got)
		}
	})
}

func TestSignals(t *testing.T) {
	onPipe(t, 2, func(t *testing.T, r running) {
		ctx := context.Background()
		p := r.pds[1]
		for _, row := range []struct {
			signal    Signal
			temporary osdp.Colour
			seconds   uint16
			permanent osdp.Colour
			beeps     uint8
			tone      osdp.Tone
		}{
			{Granted, osdp.Green, 20, osdp.Black, 1, osdp.ToneDefault},
			{Refused, osdp.Red, 20, osdp.Black, 3, osdp.ToneDefault},
			{Waiting, 0, 0, osdp.Amber, 0, osdp.ToneOff},
			{Alarm, 0, 0, osdp.Red, 30, osdp.ToneDefault},
			{Idle, 0, 0, osdp.Black, 0, osdp.ToneOff},
		} {
			if err := r.line.Signal(ctx, "badge-b", row.signal); err != nil {
				t.Fatal(err)
			}
			until(t, p, func() bool {
				led, lit := p.LastLED()
				sound, heard := p.LastBuzzer()
				return lit && heard && led.Permanent == osdp.LEDSet && led.PermanentBlink.OnColour == row.permanent &&
					led.TemporaryBlink.OnColour == row.temporary && led.TimerTenths == row.seconds &&
					(led.Temporary == osdp.LEDSet) == (row.seconds > 0) &&
					sound.Count == row.beeps && sound.Tone == row.tone
			})
		}
		if _, lit := r.pds[0].LastLED(); lit {
			t.Error("the other reader was lit")
		}
		if err := r.line.Signal(ctx, "badge-b", Signal(99)); err == nil {
			t.Error("signal 99 was queued")
		}
		if err := r.line.Signal(ctx, "badge-z", Idle); !errors.Is(err, ErrUnknownReader) {
			t.Errorf("unknown reader: %v", err)
		}
		var err error
		for range osdp.MaxQueued + 1 {
			if err = r.line.Signal(ctx, "badge-b", Idle); err != nil {
				break
			}
		}
		if !errors.Is(err, ErrQueueFull) {
			t.Errorf("endless signals: %v", err)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if err := r.line.Signal(ended, "badge-b", Idle); !errors.Is(err, context.Canceled) {
			t.Errorf("ended context: %v", err)
		}
	})
}

func TestSignalDoesNotWaitForAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		settings := testSettings(1, io.Discard)
		settings.PollInterval = osdp.MaxPollInterval
		r := run(t, newLine(t, settings), newRecorder(), near, far, testPDs(1))
		r.up(t, 1)
		settled(t, r.pds[0])
		synctest.Wait()
		asked := time.Now()
		if err := r.line.Signal(context.Background(), "badge-a", Granted); err != nil {
			t.Fatal(err)
		}
		until(t, r.pds[0], func() bool { _, heard := r.pds[0].LastBuzzer(); return heard })
		if took := time.Since(asked); took > osdp.ReplyTimeout {
			t.Errorf("the signal took %v", took)
		}
		_ = r.close()
	})
}

func TestPulse(t *testing.T) {
	onPipe(t, 1, func(t *testing.T, r running) {
		ctx, p := context.Background(), r.pds[0]
		p.DropReplies(2) // repeats must not open the strike again
		if err := r.line.Pulse(ctx, "badge-a", 1, 2950*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		until(t, p, func() bool { return p.Outputs()[1] })
		until(t, p, func() bool { return !p.Outputs()[1] })
		if got := p.Pulses(); len(got) != 1 || got[0] != (osdptest.Pulse{Output: 1, Time: 3 * time.Second}) {
			t.Errorf("%+v", got)
		}
		for name, err := range map[string]error{
			"no time":  r.line.Pulse(ctx, "badge-a", 0, 0),
			"too long": r.line.Pulse(ctx, "badge-a", 0, time.Hour),
			"output 2": r.line.Pulse(ctx, "badge-a", 2, time.Second),
			"unknown":  r.line.Pulse(ctx, "badge-z", 0, time.Second),
		} {
			if err == nil {
				t.Errorf("%s: accepted", name)
			}
		}
	})
}

func TestDownAndUpAgain(t *testing.T) {
	onPipe(t, 2, func(t *testing.T, r running) {
		down := func(code string) {
			t.Helper()
			got := next(t, r.recorder, func(f fact.DeviceReport) bool { return f.State == fact.DeviceDown })
			if got.Device != "badge-a" || got.Code != code || got.Detail == "" {
				t.Errorf("%+v, want %s", got, code)
			}
		}
		p := r.pds[0]
		p.Restart()
		down(CodeSecureChannelLost)
		r.up(t, 1)
		p.BadMAC(1)
		down(CodeSecureChannelLost)
		r.up(t, 1)
		p.SetSilent(true)
		down(devices.CodeNoAnswer)
		if err := r.line.Signal(context.Background(), "badge-a", Idle); !errors.Is(err, ErrOffline) {
			t.Errorf("signal to an offline reader: %v", err)
		}
		r.pds[1].ShowCard(8, []byte{7}) // the other one goes on
		next(t, r.recorder, any1[fact.BadgeShown])
		p.SetSilent(false)
		r.up(t, 1)
		if p.Handshakes() != 4 || r.pds[1].Handshakes() != 1 {
			t.Errorf("%d and %d handshakes", p.Handshakes(), r.pds[1].Handshakes())
		}
	})
}

func TestWrongKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		settings := testSettings(1, io.Discard)
		settings.Readers[0].Key = testKey(9)
		r := run(t, newLine(t, settings), newRecorder(), near, far, testPDs(1))
		got := next(t, r.recorder, any1[fact.DeviceReport])
		if got.State != fact.DeviceDown || got.Code != devices.CodeHandshakeFailed {
			t.Errorf("%+v", got)
		}
		_ = r.close()
	})
}

func TestSlowEngineLosesNoCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		rec := newRecorder()
		rec.gate = make(chan struct{})
		r := run(t, newLine(t, testSettings(2, io.Discard)), rec, near, far, testPDs(2))
		for _, p := range r.pds {
			settled(t, p)
		}
		const cards = 200
		shown := 0
		for shown < cards {
			p := r.pds[shown%2]
			if p.Pending() < 60 { // a reader keeps 64
				p.ShowCard(16, []byte{byte(shown >> 8), byte(shown)})
				shown++
				continue
			}
			break
		}
		pause := time.NewTimer(time.Minute) // the engine stands still
		<-pause.C
		held := 0
		for _, p := range r.pds {
			held += p.Pending()
		}
		if held == 0 {
			t.Error("the readers were polled although nobody takes the cards")
		}
		close(rec.gate)
		seen := map[fact.CardID]int{}
		for len(seen) < shown {
			seen[next(t, rec, any1[fact.BadgeShown]).Card]++
		}
		for card, n := range seen {
			if n != 1 {
				t.Errorf("%s reported %d times", card, n)
			}
		}
		for _, p := range r.pds {
			if p.Handshakes() != 1 {
				t.Errorf("%d handshakes: the session did not live through the pause", p.Handshakes())
			}
		}
		_ = r.close()
	})
}

func TestNothingSecretIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		var log lockedBuffer
		pds := testPDs(1)
		pds[0].ShowCard(26, []byte{0xA8, 0xED, 0x31, 0x40}) // kept since before the session
		pds[0].PressKeys("48151623#")
		pds[0].Happen(osdp.ReplyCard, []byte{0, 0, 99, 0, 0xA8, 0xED, 0x31, 0x40})
		r := run(t, newLine(t, testSettings(1, &log)), newRecorder(), near, far, pds)
		r.up(t, 1)
		settled(t, pds[0])
		pds[0].PressKeys("48151623#")
		pds[0].ShowCard(8, []byte{7})
		if got := next(t, r.recorder, any1[fact.BadgeShown]); got.Card != "raw:8:07" {
			t.Errorf("a card that was kept since before the session was reported: %+v", got)
		}
		_ = r.close()
		text := log.String()
		if strings.Count(text, "dropped") != 2 || !strings.Contains(text, "cannot be used") {
			t.Errorf("log:\n%s", text)
		}
		for _, secret := range []string{"A8ED31", "a8ed31", "48151623", "[168 237"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s in the log:\n%s", secret, text)
			}
		}
	})
}

// lockedBuffer is a log that several goroutines write to.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// halfDead is a link whose reads, or writes, fail.
type halfDead struct {
	net.Conn
	readFails, writeFails bool
}

func (h halfDead) Read(p []byte) (int, error) {
	if h.readFails {
		return 0, io.EOF
	}
	return h.Conn.Read(p)
}

func (h halfDead) Write(p []byte) (int, error) {
	if h.writeFails {
		return 0, &devices.Error{Code: devices.CodeLineLost, Detail: "the adapter is gone"}
	}
	return len(p), nil
}

func TestEitherDirectionFailing(t *testing.T) {
	for name, dead := range map[string]halfDead{"reading": {readFails: true}, "writing": {writeFails: true}} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			defer near.Close()
			defer far.Close()
			dead.Conn = near
			line := newLine(t, testSettings(1, io.Discard))
			err := line.Run(context.Background(), dead, newRecorder())
			if devices.CodeOf(err) != devices.CodeLineLost || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
			if err := line.Signal(context.Background(), "badge-a", Idle); !errors.Is(err, ErrOffline) {
				t.Errorf("signal without a line: %v", err)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	for name, change := range map[string]func(*Settings){
		"no readers":   func(s *Settings) { s.Readers = nil },
		"no logger":    func(s *Settings) { s.Log = nil },
		"device twice": func(s *Settings) { s.Readers[1].Device = s.Readers[0].Device },
		"no device":    func(s *Settings) { s.Readers[1].Device = "" },
		"address":      func(s *Settings) { s.Readers[1].Address = s.Readers[0].Address },
		"speed":        func(s *Settings) { s.BaudRate = 1234 },
		"default key":  func(s *Settings) { copy(s.Readers[0].Key[:], "0123456789:;<=>?") },
	} {
		s := testSettings(2, io.Discard)
		change(&s)
		if _, err := New(s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
