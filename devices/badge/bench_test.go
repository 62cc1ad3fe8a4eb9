package badge

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
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
	ctx, cancel := context.WithCancel(context.Background())
	begin := make(chan struct{})
	go func() {
		if _, err := os.Stdin.Read(make([]byte, 1)); err == nil {
			close(begin)
		}
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	_ = unix.SetNonblock(3, true)
	far := os.NewFile(3, "line")
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
	near, far := openPTY(b)
	defer near.Close()
	text, err := json.Marshal(s)
	if err != nil {
		b.Fatal(err)
	}
	readers := exec.Command(os.Args[0]) //nolint:gosec // ourselves
	readers.Env = append(os.Environ(), simulationVariable+"="+string(text))
	readers.ExtraFiles = []*os.File{far}
	input, err := readers.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := readers.Start(); err != nil {
		b.Fatal(err)
	}
	_ = far.Close()
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
	_ = input.Close()
	_ = readers.Wait()
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
