package badge

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"trilock/custody/fact"
	"trilock/devices/devicetest/osdptest"
	"trilock/devices/serialport"
	"trilock/firmware-protocols/osdp"
)

// The benchmarks run the panel in this process and the readers in another, on the two
// ends of a pty, so that the processor time measured is the panel's alone. A card's number
// is the time at which it was shown, on the clock that all processes share.

// simulation is what the other process is asked to play.
type simulation struct {
	Readers uint8
	// BitsPerSecond paces the line; 0 lets it run freely.
	BitsPerSecond int
	// CardEvery is the mean time between two cards, on any reader.
	CardEvery time.Duration
	// Echo plays no readers: what comes goes back, by the barest of loops.
	Echo bool
}

// simulationVariable hands the simulation over; its presence makes this binary play it.
const simulationVariable = "TRILOCK_BENCH_READERS"

// simulate plays the readers if this process was started to do so, until its standard
// input ends. The first byte of it lets the cards begin.
func simulate() bool {
	text := os.Getenv(simulationVariable)
	if text == "" {
		return false
	}
	var s simulation
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		os.Exit(2)
	}
	if s.Echo {
		echo()
		return true
	}
	ctx, cancel := context.WithCancel(context.Background())
	begin := make(chan struct{})
	go func() {
		if _, err := os.Stdin.Read(make([]byte, 1)); err == nil {
			close(begin)
		}
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	_ = unix.SetNonblock(lineFile, false)
	far := blocking(lineFile)
	pds := testPDs(s.Readers)
	var all sync.WaitGroup
	all.Go(func() {
		select {
		case <-begin:
			showCards(ctx, pds, s.CardEvery)
		case <-ctx.Done():
		}
	})
	var line io.ReadWriter = far
	if s.BitsPerSecond > 0 {
		line = osdptest.NewPaced(far, s.BitsPerSecond)
	}
	_ = osdptest.ServeLine(ctx, line, pds...)
	cancel()
	all.Wait()
	return true
}

// echo returns all that comes, until the line is gone.
func echo() {
	_ = unix.SetNonblock(lineFile, false)
	_, _ = io.Copy(struct{ io.Writer }{blocking(lineFile)}, blocking(lineFile))
}

// lineFile is the number under which the other process is given its end of the line.
const lineFile = 3

// blocking is a file that is read and written by the calling thread, without the runtime's
// poller, whose hand-overs would be measured with the panel.
type blocking int

func (f blocking) Read(p []byte) (int, error) {
	n, err := unix.Read(int(f), p)
	if n <= 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}

func (f blocking) Write(p []byte) (int, error) {
	n, err := unix.Write(int(f), p)
	return max(n, 0), err
}

// floor measures what a pty and two processes allow: an exchange of as many bytes as a poll
// in a session and its answer have, by a bare loop on either side.
func floor(b *testing.B, rest time.Duration) {
	path, _, leave := start(b, simulation{Echo: true})
	defer leave()
	link, err := serialport.Open(b.Context(), serialport.Settings{Port: path, Baud: 230400})
	if err != nil {
		b.Fatal(err)
	}
	defer link.Close()
	direct, ok := link.(ear)
	if !ok {
		b.Skip("serial ports cannot wait in the kernel here")
	}
	message, buffer := make([]byte, 15), make([]byte, 512)
	message[0] = 0x53
	var took []time.Duration
	b.ResetTimer()
	begun, used := time.Now(), processorTime(b)
	for range b.N {
		at := time.Now()
		if _, err := link.Write(message); err != nil {
			b.Fatal(err)
		}
		for n := 0; n < len(message); {
			m, err := direct.ReadUntil(buffer, time.Now().Add(patience))
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				b.Fatal(err)
			}
			n += m
		}
		if rest > 0 {
			_, _ = direct.ReadUntil(buffer, time.Now().Add(rest))
		}
		took = append(took, time.Since(at))
	}
	elapsed := time.Since(begun)
	slices.Sort(took)
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
	b.ReportMetric(took[len(took)*999/1000].Seconds()*1000, "p99.9-ms")
	b.ReportMetric(float64(b.N)/elapsed.Seconds(), "exchanges/s")
	b.ReportMetric(100*(processorTime(b)-used).Seconds()/elapsed.Seconds(), "%core")
}

func BenchmarkFloor(b *testing.B) { floor(b, 0) }

// BenchmarkFloorRested keeps the rest of two characters at 230400 baud.
func BenchmarkFloorRested(b *testing.B) { floor(b, 20*time.Second/230400) }

// showCards shows cards at times that have nothing to do with the polls.
func showCards(ctx context.Context, pds []*osdptest.PD, every time.Duration) {
	for {
		timer := time.NewTimer(every/2 + rand.N(every))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		if p := pds[rand.N(len(pds))]; p.Secure() && p.Pending() == 0 {
			p.ShowCard(64, binary.BigEndian.AppendUint64(nil, monotonic()))
		}
	}
}

// monotonic is the clock of the machine, in nanoseconds.
func monotonic() uint64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(err)
	}
	return uint64(t.Nano())
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// exchanges counts what was carried out on the line so far.
func exchanges(l *Line) (n uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.settings.Readers {
		status, _ := l.bus.Status(r.Address)
		n += status.Replies
	}
	return n
}

// benchmark measures b.N cards.
func benchmark(b *testing.B, s simulation, settings Settings) {
	path, input, leave := start(b, s)
	defer leave()
	near, err := serialport.Open(b.Context(), serialport.Settings{Port: path, Baud: settings.BaudRate})
	if err != nil {
		b.Fatal(err)
	}
	defer near.Close()
	line, err := New(settings)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	rec, ended := newRecorder(), make(chan error, 1)
	go func() { ended <- line.Run(ctx, near, rec) }()
	for up := 0; up < len(settings.Readers); {
		if f, ok := (<-rec.facts).(fact.DeviceReport); ok && f.State == fact.DeviceUp {
			up++
		}
	}
	idle := idleRate(line)
	if _, err := input.Write([]byte{1}); err != nil {
		b.Fatal(err)
	}
	measure(b, line, rec)
	b.ReportMetric(idle/float64(len(settings.Readers)), "idle-exchanges/s/reader")
	cancel()
	<-ended
}

// start starts the other process and returns the path of the near end of its line, its
// standard input, and what ends it.
func start(b *testing.B, s simulation) (path string, input io.Writer, leave func()) {
	near, far := openPTY(b)
	text, err := json.Marshal(s)
	if err != nil {
		b.Fatal(err)
	}
	other := exec.Command(os.Args[0]) //nolint:gosec // ourselves
	other.Env = append(os.Environ(), simulationVariable+"="+string(text))
	other.ExtraFiles = []*os.File{far}
	pipe, err := other.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := other.Start(); err != nil {
		b.Fatal(err)
	}
	_ = far.Close()
	return near.Name(), pipe, func() {
		_ = pipe.Close()
		_ = near.Close()
		_ = other.Wait()
	}
}

// idleRate is how many exchanges a second there are while nothing happens.
func idleRate(line *Line) float64 {
	before, start := exchanges(line), time.Now()
	pause := time.NewTimer(2 * time.Second)
	<-pause.C
	return float64(exchanges(line)-before) / time.Since(start).Seconds()
}

// measure waits for b.N cards and reports on them.
func measure(b *testing.B, line *Line, rec *recorder) {
	var latencies []time.Duration
	b.ResetTimer()
	start, used, before := time.Now(), processorTime(b), exchanges(line)
	for len(latencies) < b.N {
		switch f := (<-rec.facts).(type) {
		case fact.BadgeShown:
			heard := monotonic()
			raw, err := hex.DecodeString(strings.TrimPrefix(string(f.Card), "raw:64:"))
			if err != nil || len(raw) != 8 {
				b.Fatalf("card %q: %v", f.Card, err)
			}
			latencies = append(latencies, time.Duration(heard-binary.BigEndian.Uint64(raw))) //nolint:gosec // a difference of two near times
		case fact.DeviceReport:
			b.Fatalf("%+v", f)
		}
	}
	b.StopTimer()
	elapsed := time.Since(start)
	n := float64(exchanges(line) - before)
	slices.Sort(latencies)
	milliseconds := func(share float64) float64 {
		return latencies[int(share*float64(len(latencies)-1))].Seconds() * 1000
	}
	b.ReportMetric(n/elapsed.Seconds(), "exchanges/s")
	b.ReportMetric(milliseconds(0.5), "p50-ms")
	b.ReportMetric(milliseconds(0.99), "p99-ms")
	b.ReportMetric(100*(processorTime(b)-used).Seconds()/elapsed.Seconds(), "%core")
	b.ReportMetric(0, "ns/op")
}

func benchSettings(readers uint8, bitsPerSecond int, interval time.Duration) Settings {
	s := testSettings(readers, io.Discard)
	s.BaudRate, s.PollInterval = bitsPerSecond, interval
	return s
}

func BenchmarkDefaultTimers(b *testing.B) {
	benchmark(b, simulation{Readers: 1, CardEvery: 150 * time.Millisecond}, benchSettings(1, 115200, 0))
}

func BenchmarkFastest8Readers(b *testing.B) {
	benchmark(b, simulation{Readers: 8, CardEvery: 10 * time.Millisecond}, benchSettings(8, 230400, osdp.MinPollInterval))
}

func Benchmark9600Baud1Reader(b *testing.B) {
	benchmark(b, simulation{Readers: 1, BitsPerSecond: 9600, CardEvery: 300 * time.Millisecond}, benchSettings(1, 9600, 0))
}

func Benchmark9600Baud8Readers(b *testing.B) {
	benchmark(b, simulation{Readers: 8, BitsPerSecond: 9600, CardEvery: 600 * time.Millisecond}, benchSettings(8, 9600, 0))
}
