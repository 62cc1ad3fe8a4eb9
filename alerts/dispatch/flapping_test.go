package dispatch

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"trilock/alerts"
	"trilock/alerts/notify"
	"trilock/alerts/notify/webhook"
)

// pipes is a listener whose connections are in memory: in a synctest bubble real sockets
// would stop the clock.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// flapping is a receiver that fails in every way it can, two times of three.
type flapping struct {
	mu     sync.Mutex
	random *rand.Rand
	taken  map[alerts.ID][]string // every time it took a notice, repetitions included
	failed int
}

func (f *flapping) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	var n alerts.Notice
	if err != nil || json.Unmarshal(body, &n) != nil || r.Header.Get(webhook.HeaderKey) != n.ID {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	f.failed++
	switch f.random.IntN(9) {
	case 0:
		rw.WriteHeader(http.StatusServiceUnavailable)
	case 1:
		rw.Header().Set("Retry-After", "3")
		rw.WriteHeader(http.StatusTooManyRequests)
	case 2:
		panic(http.ErrAbortHandler) // gone before it took it
	case 3:
		f.taken[n.Alert] = append(f.taken[n.Alert], n.ID)
		panic(http.ErrAbortHandler) // took it, and nobody learns
	case 4:
		f.taken[n.Alert] = append(f.taken[n.Alert], n.ID)
		rw.WriteHeader(http.StatusBadGateway) // so did the one behind the proxy
	case 5:
		f.mu.Unlock()
		<-r.Context().Done() // hangs until the client gives up
		f.mu.Lock()
	default:
		f.failed--
		f.taken[n.Alert] = append(f.taken[n.Alert], n.ID)
		rw.WriteHeader(http.StatusOK)
	}
}

// TestFlappingServer: 200 notices of 20 alerts through a server that fails most of the time, with the
// daemon restarted on the way: none is missing, and none overtakes another of its alert.
func TestFlappingServer(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		f := &flapping{random: rand.New(rand.NewPCG(seed, 1)), taken: map[alerts.ID][]string{}}
		listener := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		srv := &http.Server{Handler: f, ErrorLog: log.New(io.Discard, "", 0)}
		served := make(chan struct{})
		go func() { defer close(served); _ = srv.Serve(listener) }()
		hook, err := webhook.New(webhook.Settings{URL: "http://duty.example/hook", Secret: []byte("0123456789abcdef"), Dial: listener.dial})
		if err != nil {
			t.Fatal(err)
		}

		s := openSite(t, dir)
		for alert := range alerts.ID(20) {
			s.post("hook", alert+1, 1, 5)
		}
		_, stop := start(s, s, io.Discard, map[string]notify.Notifier{"hook": hook})
		elapse(2 * time.Minute)
		stop()
		s.close()
		s = openSite(t, dir)
		defer s.close()
		d, stop := start(s, s, io.Discard, map[string]notify.Notifier{"hook": hook})
		for alert := range alerts.ID(20) {
			s.post("hook", alert+1, 6, 10)
			d.Wake()
			elapse(time.Second)
		}
		for began := time.Now(); len(s.left("hook")) > 0; elapse(time.Second) {
			if time.Since(began) > 24*time.Hour {
				t.Fatalf("%v are left after a day", s.left("hook"))
			}
		}
		stop()
		hook.Close()
		_ = srv.Close()
		<-served
		checkTaken(t, f)
	})
}

func checkTaken(t *testing.T, f *flapping) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	repeated := 0
	for alert := range alerts.ID(20) {
		want := ids(int(alert)+1, 1, 10)
		var once []string
		for _, id := range f.taken[alert+1] {
			if len(once) > 0 && once[len(once)-1] == id {
				repeated++
				continue
			}
			once = append(once, id)
		}
		same(t, "taken, without repetitions", want, once)
	}
	if f.failed < 100 || repeated == 0 {
		t.Errorf("%d failures, %d repetitions: the server did not flap", f.failed, repeated)
	}
	t.Logf("%d failures, %d repetitions", f.failed, repeated)
}
