package daemon

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver of the record, to damage one
	"go.uber.org/goleak"

	"trilock/alerts"
	"trilock/cmd/internal/simsite"
	"trilock/configs"
	"trilock/custody"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a simulated site with a daemon that can be started and stopped against it.
type world struct {
	t    *testing.T
	site *simsite.Site
	stop func() error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	site, err := simsite.Build(simsite.Settings{Dir: dir, Seed: 1, Lang: "en", Webhook: "http://127.0.0.1:9/none", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- site.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, site.Close()); err != nil {
			t.Errorf("site: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return &world{t: t, site: site}
}

func (w *world) run(log *slog.Logger) {
	w.t.Helper()
	config, err := configs.Load(w.site.ConfigFile())
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, Settings{Config: config, Log: log}) }()
	w.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	w.t.Cleanup(func() {
		if err := w.stop(); err != nil {
			w.t.Errorf("daemon: %v", err)
		}
	})
}

func (w *world) get(path string) (int, string) {
	req, err := http.NewRequest(http.MethodGet, "http://"+w.site.Console+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.site.Token("wall"))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

// until waits until the overview shows what it should.
func (w *world) until(what string, holds func(custody.Overview) bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var o custody.Overview
		status, text := w.get("/api/v1/overview")
		if status == http.StatusOK && json.Unmarshal([]byte(text), &o) == nil && holds(o) {
			return
		}
		select {
		case <-ctx.Done():
			w.t.Fatalf("not seen: %s; last: %d %.2000s", what, status, text)
		case <-tick.C:
		}
	}
}

func devicesAre(state, code string) func(custody.Overview) bool {
	return func(o custody.Overview) bool {
		for _, d := range o.Devices {
			if d.Kind != custody.Lock && (d.State != state || (code != "" && d.Code != code)) {
				return false
			}
		}
		return len(o.Devices) > 0
	}
}

var ports = []string{"cabinet-a", "cabinet-b", "door", "safe", "reading-room", "exit", "osdp-door", "osdp-room"}

// Ports that do not exist at the start, come later, and vanish again: the daemon runs,
// says so, and recovers.
func TestPortsComeAndGo(t *testing.T) {
	w := newWorld(t)
	pull := func(move func(string) error) {
		t.Helper()
		for _, port := range ports {
			if err := move(port); err != nil {
				t.Fatal(err)
			}
		}
	}
	pull(w.site.Unplug)
	w.run(slog.New(slog.DiscardHandler))
	w.until("every port missing", devicesAre("down", "port-missing"))
	if status, text := w.get("/readyz"); status != http.StatusOK {
		t.Errorf("readyz with missing ports: %d %s", status, text)
	}
	pull(w.site.Replug)
	w.until("every device up", devicesAre("up", ""))
	pull(w.site.Unplug)
	w.until("every device down", devicesAre("down", ""))
	pull(w.site.Replug)
	w.until("every device up again", devicesAre("up", ""))
	if err := w.stop(); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

// ACC-3, over the real badge line: a door forced and then held open, until it is shut.
func TestDoorForcedAndHeldOpen(t *testing.T) {
	w := newWorld(t)
	w.run(slog.New(slog.DiscardHandler))
	w.until("the door known and shut", func(o custody.Overview) bool { return o.Doors[0].Open != nil && !*o.Doors[0].Open })
	standing := func(o custody.Overview) (kinds []alerts.Code) {
		for _, a := range o.Alerts {
			if a.Subject == "room-door" && a.Ended == nil {
				kinds = append(kinds, a.Code)
			}
		}
		slices.Sort(kinds)
		return kinds
	}
	w.site.SwingDoor(true)
	w.until("forced", func(o custody.Overview) bool { return slices.Equal(standing(o), []alerts.Code{alerts.DoorForced}) })
	w.until("held open", func(o custody.Overview) bool {
		return slices.Equal(standing(o), []alerts.Code{alerts.DoorForced, alerts.DoorHeldOpen})
	})
	w.site.SwingDoor(false)
	w.until("both ended by the fact", func(o custody.Overview) bool { return len(standing(o)) == 0 && !*o.Doors[0].Open })
}

// A record from a newer version, or one that was altered: the daemon refuses to start,
// and says why and what to do.
func TestRefusesARecordItCannotTrust(t *testing.T) {
	for name, tc := range map[string]struct{ sql, want string }{
		"newer version": {`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`, "newer"},
		"altered":       {`DROP TRIGGER IF EXISTS entries_no_update; UPDATE entries SET actor = 'nobody' WHERE seq = 1`, "entr"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.run(slog.New(slog.DiscardHandler))
			w.until("the overview", func(o custody.Overview) bool { return o.Seq > 0 })
			if err := w.stop(); err != nil {
				t.Fatal(err)
			}
			meddle(t, filepath.Join(w.site.Dir, "data", "journal.db"), tc.sql)
			config, err := configs.Load(w.site.ConfigFile())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			if err := Run(ctx, Settings{Config: config, Log: slog.New(slog.DiscardHandler)}); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "journal.db") {
				t.Errorf("started with %v; want a refusal that names the file and says %q", err, tc.want)
			} else {
				t.Log(err)
			}
		})
	}
}

// meddle does what somebody with a shell and no conscience would do.
func meddle(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'trigger'`)
	if err != nil {
		t.Fatal(err)
	}
	var drops []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		drops = append(drops, "DROP TRIGGER "+name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(statement, "UPDATE") {
		drops = nil
	}
	for _, s := range append(drops, statement) {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// systemd is told: ready, alive while it decides, stopping.
func TestTellsSystemd(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", "300000")
	t.Setenv("WATCHDOG_PID", "")
	w := newWorld(t)
	w.run(slog.New(slog.DiscardHandler))
	hear := func(want string) {
		t.Helper()
		buf := make([]byte, 4096)
		if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for {
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatalf("systemd was not told %s: %v", want, err)
			}
			if strings.HasPrefix(string(buf[:n]), want) {
				return
			}
		}
	}
	hear("READY=1")
	hear("WATCHDOG=1")
	hear("WATCHDOG=1")
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	hear("STOPPING=1")
}

// A configuration with faults is refused with the exit code that systemd calls CONFIG.
func TestRefusesABadConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.yaml")
	if err := os.WriteFile(path, []byte("site: {name: x, colour: red}\nplaces: 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := Main([]string{"--config", path}); code != exitConfig {
		t.Errorf("exit code %d, want %d", code, exitConfig)
	}
	if code := Main([]string{"--config", path + ".none"}); code == 0 {
		t.Error("a missing configuration is no failure")
	}
}
