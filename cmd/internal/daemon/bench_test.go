package daemon

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"trilock/alerts"
	"trilock/cmd/internal/simsite"
	"trilock/configs"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// bench is a world for figures: its webhook tells when it took a notice.
type bench struct {
	*world
	taken   chan alerts.Notice
	desk    *httptest.Server
	keys    int
	changes chan struct{} // the daemon's event stream: something has changed
}

func newBench(b *testing.B) *bench {
	b.Helper()
	return newBenchOn(b, false)
}

func newBenchOn(b *testing.B, mosquitto bool) *bench {
	b.Helper()
	taken := make(chan alerts.Notice, 64)
	desk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n alerts.Notice
		if json.NewDecoder(r.Body).Decode(&n) == nil && n.ID != "" {
			taken <- n
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	b.Cleanup(desk.Close)
	dir, err := filepath.EvalSymlinks(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	site, err := simsite.Build(simsite.Settings{Dir: dir, Seed: 1, Lang: "en", Webhook: desk.URL, Mosquitto: mosquitto, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- site.Run(ctx) }()
	config, err := configs.Load(site.ConfigFile())
	if err != nil {
		b.Fatal(err)
	}
	running := make(chan error, 1)
	go func() { running <- Run(ctx, Settings{Config: config, Log: slog.New(slog.DiscardHandler)}) }()
	w := &bench{world: &world{site: site}, taken: taken, desk: desk, changes: make(chan struct{}, 1)}
	following := make(chan struct{})
	go func() {
		defer close(following)
		w.follow(b, ctx)
	}()
	b.Cleanup(func() {
		cancel()
		<-following
		for _, err := range []error{<-running, <-ended, site.Close()} {
			if err != nil {
				b.Error(err)
			}
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return w
}

func (w *bench) overview(b *testing.B) (o custody.Overview) {
	b.Helper()
	w.get(b, "wall", "/api/v1/overview", &o)
	return o
}

// get reads an answer of the API; nothing while the console does not listen yet.
func (w *bench) get(b *testing.B, account, path string, into any) {
	b.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+w.site.Console+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.site.Token(account))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil && resp.StatusCode == http.StatusOK {
		b.Fatal(err)
	}
}

func (w *bench) wait(b *testing.B, what string, holds func(custody.Overview) bool) {
	b.Helper()
	for deadline := time.After(time.Minute); ; {
		if holds(w.overview(b)) {
			return
		}
		select { // asking without end would take the processor from what is measured
		case <-w.changes:
		case <-deadline:
			b.Fatalf("not seen: %s", what)
		}
	}
}

// follow listens to the daemon's event stream. It begins once the console listens.
func (w *bench) follow(b *testing.B, ctx context.Context) {
	b.Helper()
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.site.Console+"/api/v1/events", nil)
		if err != nil {
			b.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+w.site.Token("wall"))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			continue // not listening yet
		}
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			select {
			case w.changes <- struct{}{}:
			default:
			}
		}
		resp.Body.Close()
	}
}

func (w *bench) act(b *testing.B, account, path string, body any) {
	b.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		b.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, "http://"+w.site.Console+path, bytes.NewReader(text))
	if err != nil {
		b.Fatal(err)
	}
	w.keys++
	req.Header.Set("Authorization", "Bearer "+w.site.Token(account))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", fmt.Sprint("bench-", w.keys))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		answer, _ := io.ReadAll(resp.Body)
		b.Fatalf("%s: %s %s", path, resp.Status, answer)
	}
}

func everyDeviceUp(o custody.Overview) bool {
	for _, d := range o.Devices {
		if d.State != "up" {
			return false
		}
	}
	return len(o.Devices) > 0
}

// report gives the median and the 99th percentile of a list in milliseconds.
func report(b *testing.B, name string, times []time.Duration) (p50, p99 time.Duration) {
	slices.Sort(times)
	p50, p99 = times[len(times)/2], times[len(times)*99/100]
	b.ReportMetric(float64(p50.Microseconds())/1000, name+"-p50-ms")
	b.ReportMetric(float64(p99.Microseconds())/1000, name+"-p99-ms")
	return p50, p99
}

// BenchmarkReadToWebhook measures from the last byte of the round that holds a read (an
// unregistered tag, decided by one read) to the notice's arrival at the webhook: wire,
// driver, presence, decision, commit, outbox, HTTP. Beside it, in the same run and on
// the same disk, what nobody can save: one fsync and one HTTP POST.
func BenchmarkReadToWebhook(b *testing.B) {
	w := newBench(b)
	w.wait(b, "every device up", everyDeviceUp)
	// The reader at the exit (r2000-a0) sends a tag's record (frame of 15 bytes and more) and then
	// the round's end (12 bytes); the clock starts with the first end after a record.
	var sent atomic.Int64
	record := false
	w.site.Sent("reader-exit", func(frame []byte) {
		record = record || len(frame) > 15
		if len(frame) == 12 && record {
			record = false
			sent.CompareAndSwap(0, time.Now().UnixNano())
		}
	})
	var took, floor []time.Duration
	for i := 0; b.Loop(); i++ {
		tag := []byte{0xE2, 0x80, 0x11, 0x60, 0, 0, 0, 0, byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}
		sent.Store(0)
		if err := w.site.PutTag(tag, "exit"); err != nil {
			b.Fatal(err)
		}
		n := <-w.taken
		took = append(took, time.Since(time.Unix(0, sent.Load())))
		b.StopTimer()
		if err := w.site.PutTag(tag, simsite.Shielded); err != nil {
			b.Fatal(err)
		}
		floor = append(floor, w.fsyncAndPost(b))
		w.act(b, "security-desk", fmt.Sprintf("/api/v1/alerts/%d/acknowledge", n.Alert), map[string]string{"note": ""})
		<-w.taken // the notice of the acknowledgement
		b.StartTimer()
	}
	whole, _ := report(b, "read-to-webhook", took)
	least, _ := report(b, "fsync+post", floor)
	b.ReportMetric(float64(whole)/float64(least), "x-floor")
}

// fsync makes one page durable, on the disk of the journal.
func (w *bench) fsync(b *testing.B) time.Duration {
	b.Helper()
	f, err := os.OpenFile(filepath.Join(w.site.Dir, "data", "floor"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	began := time.Now()
	if _, err := f.Write(make([]byte, 4096)); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// fsyncAndPost is the floor: one page made durable and one POST answered.
func (w *bench) fsyncAndPost(b *testing.B) time.Duration {
	b.Helper()
	durable, began := w.fsync(b), time.Now()
	resp, err := http.Post(w.desk.URL, "application/json", bytes.NewReader([]byte(`{}`)))
	if err != nil {
		b.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return durable + time.Since(began)
}

// motorTime is how long the simulated locks' motors run.
const motorTime = 80 * time.Millisecond

// BenchmarkThirdBadgeToThreeBolts measures from the third party's PIN, as the daemon gets it, to
// three bolts reported drawn, with mutual TLS on loopback, on both brokers: the stamps of
// the record. In the same run,
// what nobody can save: four round trips to the broker (challenge asked for and given, request
// sent and answered), four commits (the party, the challenges, the results, the bolts), each
// an fsync, and the motors.
func BenchmarkThirdBadgeToThreeBolts(b *testing.B) {
	b.Run("builtin", func(b *testing.B) { thirdBadge(b, newBenchOn(b, false)) })
	b.Run("mosquitto", func(b *testing.B) {
		if _, err := os.Stat("/usr/sbin/mosquitto"); err != nil {
			b.Skip("needs a real mosquitto: apt install mosquitto")
		}
		thirdBadge(b, newBenchOn(b, true))
	})
}

func thirdBadge(b *testing.B, w *bench) {
	w.wait(b, "every device up", everyDeviceUp)
	parties := []simsite.Person{simsite.Archivist, simsite.Office, simsite.Manager}
	for _, p := range parties {
		w.act(b, "registrar", "/api/v1/persons", map[string]any{"id": p.ID, "name": p.Name, "posts": p.Posts, "clearance": p.Clearance, "card": p.CardID(), "rooms": p.Rooms, "pin": p.PIN})
		if opened, err := w.site.TryDoor(b.Context(), p); err != nil || !opened {
			b.Fatalf("%s did not get in: %v", p.ID, err)
		}
	}
	for b.Loop() {
		b.StopTimer()
		w.act(b, "archivist-desk", "/api/v1/safes/main-safe/openings", map[string]any{"purpose": "inspection", "documents": []string{}})
		for i, p := range parties {
			w.site.Badge(simsite.AtSafe, p)
			if i == len(parties)-1 {
				b.StartTimer()
			}
			w.site.TypePIN(simsite.AtSafe, p)
			if i < len(parties)-1 {
				w.wait(b, "party present", func(o custody.Overview) bool { return len(o.Safes[0].Present) == i+1 })
			}
		}
		w.wait(b, "three bolts reported", func(o custody.Overview) bool { return o.Safes[0].Phase == threelock.Unlocked })
		b.StopTimer()
		if err := w.site.OpenSafe(); err != nil {
			b.Fatal(err)
		}
		w.wait(b, "open", func(o custody.Overview) bool { return o.Safes[0].Phase == threelock.Open })
		if err := w.site.ShutSafe(); err != nil {
			b.Fatal(err)
		}
		w.wait(b, "shut and locked", func(o custody.Overview) bool { return o.Safes[0].Phase == threelock.Closing })
		for i, p := range parties {
			w.site.Badge(simsite.AtSafe, p)
			w.site.TypePIN(simsite.AtSafe, p)
			w.wait(b, "confirmed", func(o custody.Overview) bool { return len(o.Safes[0].Missing) == len(parties)-1-i })
		}
		b.StartTimer()
	}
	took := w.openings(b)
	var commits []time.Duration
	for range 4 * len(took) {
		commits = append(commits, w.fsync(b))
	}
	_, all := report(b, "third-badge-to-bolts", took)
	_, trip := report(b, "round-trip", w.site.RoundTrips())
	_, commit := report(b, "fsync", commits)
	b.ReportMetric(float64(all)/float64(4*trip+4*commit+motorTime), "x-floor-p99")
}

// openings reads from the record how long each opening took from the third party's PIN to
// the third bolt. An entry's stamp is taken when it is decided.
func (w *bench) openings(b *testing.B) (took []time.Duration) {
	b.Helper()
	var third time.Duration
	for after := uint64(0); ; {
		var page struct {
			Entries []struct {
				At    fact.Stamp
				Kind  string
				Event struct{ Step struct{ What threelock.What } }
			}
			Next uint64
		}
		w.get(b, "auditor", fmt.Sprintf("/api/v1/record?limit=1000&after=%d", after), &page)
		for _, e := range page.Entries {
			switch {
			case e.Kind == (custody.PINAccepted{}).Kind():
				third = e.At.Mono
			case e.Event.Step.What == threelock.StepUnlocked:
				took = append(took, e.At.Mono-third)
			}
		}
		if page.Next == after {
			return took
		}
		after = page.Next
	}
}
