package daemon

import (
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
	"trilock/custody/threelock"
)

// bench is a world for figures: its webhook tells when it took a notice.
type bench struct {
	*world
	taken chan alerts.Notice
	desk  *httptest.Server
	keys  int
}

func newBench(b *testing.B) *bench {
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
	site, err := simsite.Build(simsite.Settings{Dir: dir, Seed: 1, Lang: "en", Webhook: desk.URL, Log: slog.New(slog.DiscardHandler)})
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
	go func() { running <- Run(ctx, config, slog.New(slog.DiscardHandler)) }()
	b.Cleanup(func() {
		cancel()
		for _, err := range []error{<-running, <-ended, site.Close()} {
			if err != nil {
				b.Error(err)
			}
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return &bench{world: &world{site: site}, taken: taken, desk: desk}
}

func (w *bench) overview(b *testing.B) (o custody.Overview) {
	b.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+w.site.Console+"/api/v1/overview", nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.site.Token("wall"))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return o // not listening yet
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&o); err != nil && resp.StatusCode == http.StatusOK {
		b.Fatal(err)
	}
	return o
}

func (w *bench) wait(b *testing.B, what string, holds func(custody.Overview) bool) {
	b.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if holds(w.overview(b)) {
			return
		}
	}
	b.Fatalf("not seen: %s", what)
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
func report(b *testing.B, name string, times []time.Duration) (p50 time.Duration) {
	slices.Sort(times)
	p50 = times[len(times)/2]
	b.ReportMetric(float64(p50.Microseconds())/1000, name+"-p50-ms")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, name+"-p99-ms")
	return p50
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
	ratio := float64(report(b, "read-to-webhook", took)) / float64(report(b, "fsync+post", floor))
	b.ReportMetric(ratio, "x-floor")
}

// fsyncAndPost is the floor: one page made durable and one POST answered.
func (w *bench) fsyncAndPost(b *testing.B) time.Duration {
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
	resp, err := http.Post(w.desk.URL, "application/json", bytes.NewReader([]byte(`{}`)))
	if err != nil {
		b.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return time.Since(began)
}

// BenchmarkThirdBadgeToThreeBolts measures from the third party's enter key to three
// bolts reported drawn, on the built-in broker with mutual TLS. The simulated motors take
// most of it; their time is reported beside it.
func BenchmarkThirdBadgeToThreeBolts(b *testing.B) {
	w := newBench(b)
	w.wait(b, "every device up", everyDeviceUp)
	parties := []simsite.Person{simsite.Archivist, simsite.Office, simsite.Manager}
	for _, p := range parties {
		w.act(b, "registrar", "/api/v1/persons", map[string]any{"id": p.ID, "name": p.Name, "posts": p.Posts, "clearance": p.Clearance, "card": p.CardID(), "rooms": p.Rooms, "pin": p.PIN})
		if opened, err := w.site.TryDoor(b.Context(), p); err != nil || !opened {
			b.Fatalf("%s did not get in: %v", p.ID, err)
		}
	}
	var took []time.Duration
	for b.Loop() {
		b.StopTimer()
		w.act(b, "archivist-desk", "/api/v1/safes/main-safe/openings", map[string]any{"purpose": "inspection", "documents": []string{}})
		var pressed time.Time
		for i, p := range parties {
			w.site.Badge(simsite.AtSafe, p)
			if i == len(parties)-1 {
				b.StartTimer()
				pressed = time.Now()
			}
			w.site.TypePIN(simsite.AtSafe, p)
			if i < len(parties)-1 {
				w.wait(b, "party present", func(o custody.Overview) bool { return len(o.Safes[0].Present) == i+1 })
			}
		}
		w.wait(b, "three bolts reported", func(o custody.Overview) bool { return o.Safes[0].Phase == threelock.Unlocked })
		took = append(took, time.Since(pressed))
		b.StopTimer()
		if err := w.site.OpenSafe(); err != nil {
			b.Fatal(err)
		}
		w.wait(b, "open", func(o custody.Overview) bool { return o.Safes[0].Phase == threelock.Open })
		if err := w.site.ShutSafe(); err != nil {
			b.Fatal(err)
		}
		w.wait(b, "shut and locked", func(o custody.Overview) bool { return o.Safes[0].Phase == threelock.Ended })
		b.StartTimer()
	}
	report(b, "third-badge-to-bolts", took)
}
