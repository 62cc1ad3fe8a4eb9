package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"trilock/cmd/internal/simsite"
	"trilock/configs"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/siteplan"
)

func twoPlaces() presence.Site {
	return presence.Site{
		Places: []presence.Place{{ID: "a", Adjoins: []fact.PlaceID{"b"}}, {ID: "b"}},
		Antennas: []presence.Watch{
			{Antenna: fact.Antenna{Reader: "r", Port: 1}, Place: "a"}, {Antenna: fact.Antenna{Reader: "r", Port: 2}, Place: "b"},
		},
	}
}

func fileOf(t *testing.T, dir string, site presence.Site) learntFile {
	t.Helper()
	f, err := newLearntFile(dir, site)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// somethingLearnt is what an engine has learnt from some rounds.
func somethingLearnt(t *testing.T) presence.Learnt {
	t.Helper()
	e, err := presence.New(twoPlaces(), presence.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	tag, err := fact.EPCFromBytes([]byte{1, 2, 3, 4})
	if err != nil {
		t.Fatal(err)
	}
	e.Enrol(tag, "a")
	for n := range 100 {
		round := fact.Round{Antenna: fact.Antenna{Reader: "r", Port: uint8(1 + n%2)}}
		if n%2 == 0 {
			round.Reads = []fact.Read{{EPC: tag, RSSIcdBm: -5500, Phase: fact.PhaseUnknown}}
		}
		e.Observe(fact.Stamp{Mono: time.Duration(n) * 100 * time.Millisecond}, round, nil)
	}
	return e.Learnt()
}

// What is kept is there again; what is damaged, cut off, of another form or of another plan is not used, and it is said why.
func TestLearntIsKept(t *testing.T) {
	dir := t.TempDir()
	f := fileOf(t, dir, twoPlaces())
	if _, err := f.Learnt(); err == nil || !strings.Contains(err.Error(), "nothing was kept yet") {
		t.Errorf("before the first start: %v", err)
	}
	learnt := somethingLearnt(t)
	for range 2 { // the second replaces the first
		if err := f.Keep(learnt); err != nil {
			t.Fatal(err)
		}
	}
	got, err := f.Learnt()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(learnt, got) || len(got.Tags) != 1 {
		t.Errorf("kept %+v, got %+v", learnt, got)
	}
	other := twoPlaces()
	other.Antennas[1].Place = "a"
	if _, err := fileOf(t, dir, other).Learnt(); err == nil || !strings.Contains(err.Error(), "other places or antennas") {
		t.Errorf("with another plan: %v", err)
	}
	whole, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 1 {
		t.Errorf("left in the data folder: %v, %v", left, err)
	}
	for at := range whole {
		for what, text := range map[string][]byte{"cut off": whole[:at], "changed": append(append(bytes.Clone(whole[:at]), whole[at]^1), whole[at+1:]...)} {
			if err := os.WriteFile(f.path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := f.Learnt(); err == nil || !strings.Contains(err.Error(), f.path) {
				t.Fatalf("%s at byte %d of %d: %v", what, at, len(whole), err)
			}
		}
	}
}

// A folder that cannot be written is an error that names it, and leaves what was kept.
func TestLearntCannotBeKept(t *testing.T) {
	dir := t.TempDir()
	f := fileOf(t, dir, twoPlaces())
	if err := f.Keep(somethingLearnt(t)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(f.path+".new", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.Keep(presence.Learnt{}); err == nil || !strings.Contains(err.Error(), f.path) {
		t.Errorf("kept where nothing can be written: %v", err)
	}
	if got, err := f.Learnt(); err != nil || len(got.Tags) != 1 {
		t.Errorf("what was kept before: %+v, %v", got, err)
	}
}

var roundsOf = regexp.MustCompile(`(?m)^trilock_inventory_rounds_total\{reader="([^"]+)"\} (\d+)`)

// rounds returns how many rounds the daemon's slowest reader has completed.
func (w *world) rounds() int {
	_, text := w.get("/metrics")
	least, readers := 0, 0
	for _, m := range roundsOf.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			w.t.Fatal(err)
		}
		if readers == 0 || n < least {
			least = n
		}
		readers++
	}
	return least
}

// A restart of the daemon forgets nothing of what presence has learnt: the antennas' levels, how well each folder is
// read. A file that was damaged meanwhile is left aside.
func TestRestartForgetsNothingLearnt(t *testing.T) {
	w := newWorld(t)
	w.run(slog.New(slog.DiscardHandler))
	w.until("all devices up", devicesAre("up", ""))
	w.layFolders()
	from := w.rounds()
	w.wait("rounds that teach", func() bool { return w.rounds() >= from+100 })
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	before := w.learnt()
	if len(before.Antennas) == 0 || len(before.Tags) == 0 {
		t.Fatalf("nothing learnt: %+v", before)
	}
	w.run(slog.New(slog.DiscardHandler))
	w.until("ready", func(custody.Overview) bool { return true })
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	if after := w.learnt(); lessThan(after, before) != "" {
		t.Error(lessThan(after, before))
	}
	if err := os.WriteFile(filepath.Join(string(w.config().Data), learntName), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.run(slog.New(slog.DiscardHandler))
	w.until("all devices up", devicesAre("up", ""))
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	if lessThan(w.learnt(), before) == "" {
		t.Error("a file without anything in it teaches as much as the one before")
	}
}

// layFolders registers the site's folders, lays them into their homes and waits until they are read there.
func (w *world) layFolders() {
	w.t.Helper()
	who := simsite.Archivist
	w.post("registrar", "/api/v1/persons", map[string]any{"id": who.ID, "name": who.Name, "posts": who.Posts, "clearance": who.Clearance, "card": who.CardID(), "rooms": append([]string{}, who.Rooms...), "pin": who.PIN})
	for _, f := range simsite.Folders() {
		w.post("archivist-desk", "/api/v1/documents", map[string]any{"id": f.ID, "title": f.Title, "level": f.Level, "copy": 1, "copies": 1, "tag": f.EPC, "home": f.Home,
			"issuer": "示范机关", "issuer_number": "示发〔2026〕1号", "produced": "2026-01-05", "pages": 8, "retention": map[string]any{"permanent": true},
			"receipt": map[string]any{"at": "2026-01-08T10:00:00+08:00", "by": who.ID, "envelope": "intact"}})
	}
	if err := w.site.PutAway(); err != nil {
		w.t.Fatal(err)
	}
	w.until("every folder read in its home", func(o custody.Overview) bool {
		return len(o.Documents) > 0 && !slices.ContainsFunc(o.Documents, func(d custody.DocumentOverview) bool { return d.Known != custody.Here || d.Place != d.Home })
	})
}

// post carries out an act of an account.
func (w *world) post(account, path string, act any) {
	w.t.Helper()
	body, err := json.Marshal(act)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, "http://"+w.site.Console+path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.site.Token(account))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", fingerprint(body))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode >= http.StatusMultipleChoices {
		w.t.Fatalf("%s: %s %s %v", path, resp.Status, text, err)
	}
}

// lessThan says where less was learnt than before.
func lessThan(after, before presence.Learnt) string {
	rounds := map[fact.Antenna]int{}
	for _, a := range after.Antennas {
		rounds[a.Antenna] = a.Rounds
	}
	for _, a := range before.Antennas {
		if rounds[a.Antenna] < a.Rounds {
			return fmt.Sprintf("antenna %s: %d rounds, before %d", a.Antenna, rounds[a.Antenna], a.Rounds)
		}
	}
	levels := map[fact.EPC]uint8{}
	for _, tag := range after.Tags {
		levels[tag.EPC] = tag.Levels
	}
	for _, tag := range before.Tags {
		if levels[tag.EPC] < tag.Levels {
			return fmt.Sprintf("tag %s: %d reads, before %d", tag.EPC, levels[tag.EPC], tag.Levels)
		}
	}
	return ""
}

// config returns what the site's daemon is configured with.
func (w *world) config() *configs.Site {
	w.t.Helper()
	config, err := configs.Load(w.site.ConfigFile())
	if err != nil {
		w.t.Fatal(err)
	}
	return config
}

// learnt returns what the file in the data folder holds, whatever plan it is of.
func (w *world) learnt() presence.Learnt {
	w.t.Helper()
	config := w.config()
	f := fileOf(w.t, string(config.Data), siteplan.Presence(config))
	learnt, err := f.Learnt()
	if err != nil {
		w.t.Fatal(err)
	}
	return learnt
}

// wait waits until something holds.
func (w *world) wait(what string, holds func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			w.t.Fatalf("not seen: %s", what)
		case <-tick.C:
		}
	}
}
