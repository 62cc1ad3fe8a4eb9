package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"trilock/cmd/internal/badgework"
	"trilock/configs"
	"trilock/devices/devicetest"
	"trilock/devices/devicetest/osdptest"
	"trilock/firmware-protocols/osdp"
)

// badgeSite is a site with one line of two readers, and the tokens of its accounts.
type badgeSite struct {
	dir, file string
	line      *devicetest.Line
	pds       []*osdptest.PD
	tokens    map[string]string
}

func (s *badgeSite) keyFile(n int) string {
	return filepath.Join(s.dir, fmt.Sprintf("badge-%d.key", n))
}

func (s *badgeSite) key(t *testing.T, n int) osdp.Key {
	t.Helper()
	key, err := configs.ReadBadgeKey(configs.File(s.keyFile(n)))
	if err != nil {
		t.Fatal(err)
	}
	return osdp.Key(key)
}

func (s *badgeSite) pending(t *testing.T, n int) bool {
	t.Helper()
	_, pending, err := configs.ReadNextBadgeKey(configs.File(s.keyFile(n)))
	if err != nil {
		t.Fatal(err)
	}
	return pending
}

// acts returns what was noted for the daemon.
func (s *badgeSite) acts(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "badge-acts"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// newBadgeSite builds the site and serves its readers. Reader n has address n; those in
// fresh still have the factory's key.
func newBadgeSite(t *testing.T, fresh ...int) *badgeSite {
	t.Helper()
	s := &badgeSite{dir: t.TempDir(), tokens: map[string]string{}}
	s.file = filepath.Join(s.dir, "site.yaml")
	var err error
	if s.line, err = devicetest.NewLine(filepath.Join(s.dir, "port")); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "site: {name: 室}\ndata: .\nplaces: [{id: outside, kind: outside}, {id: room, kind: room, adjoins: [outside]}]\n"+
		"alerts: {channels: [{name: wall, kind: console}], routes: {info: [], warning: [wall], critical: [wall]}}\n"+
		"badge_lines:\n  - {id: line, port: %s, baud: 115200, readers: [{id: badge-1, address: 1, key_file: badge-1.key}, {id: badge-2, address: 2, key_file: badge-2.key}]}\naccess:\n", s.line.Path())
	for name, role := range map[string]string{"p-1": "security", "p-2": "archivist", "p-3": "auditor"} {
		s.tokens[name] = name + "-token"
		hash := sha256.Sum256([]byte(s.tokens[name]))
		fmt.Fprintf(&text, "  - {name: %s-desk, role: %s, person: %s, token_sha256: %s}\n", name, role, name, hex.EncodeToString(hash[:]))
	}
	write(t, s.file, text.String())
	for n := 1; n <= 2; n++ {
		var key osdp.Key
		_, _ = rand.Read(key[:])
		write(t, s.keyFile(n), hex.EncodeToString(key[:])+"\n")
		settings := osdptest.Settings{Address: uint8(n), Key: key, BitsPerSecond: 115200, LineSpeed: s.line.Speed}
		for _, f := range fresh {
			settings.InstallMode = settings.InstallMode || f == n
		}
		s.pds = append(s.pds, osdptest.NewPD(settings))
	}
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() { _ = osdptest.ServeLine(ctx, s.line, s.pds...) })
	t.Cleanup(func() { cancel(); _ = s.line.Close(); served.Wait() })
	return s
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// typed is a standard input with lines in it.
func typed(t *testing.T, lines ...string) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString(strings.Join(lines, "\n") + "\n"); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// do carries work out in the names of p-1 and p-2.
func (s *badgeSite) do(t *testing.T, id string, work func(context.Context, *work) error) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := workOn(s.file, id, "work", typed(t, s.tokens["p-1"], s.tokens["p-2"]), &out, work)
	for _, token := range s.tokens {
		if strings.Contains(out.String(), token) {
			t.Error("a token was shown")
		}
	}
	return out.String(), err
}

func rekey(ctx context.Context, w *work) error { return w.rekey(ctx) }

func TestBadgeKeyIsChanged(t *testing.T) {
	s := newBadgeSite(t)
	before := s.key(t, 1)
	for range 2 {
		if out, err := s.do(t, "badge-1", rekey); err != nil {
			t.Fatal(err, out)
		}
		if now := s.key(t, 1); now == before || s.pds[0].Key() != now || s.pending(t, 1) {
			t.Fatal("the file and the reader differ, or nothing was changed")
		}
		before = s.key(t, 1)
	}
	if acts := s.acts(t); !strings.Contains(acts, `"by":["p-1","p-2"]`) || strings.Count(acts, `"key-changed"`) != 2 {
		t.Errorf("noted: %s", acts)
	}
	if info, err := os.Stat(s.keyFile(1)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// The tool is killed between KEYSET and its confirmation, before the reader took the key or
// after: whichever it holds, doing it again ends the change.
func TestBadgeKeyChangeThatWasBrokenOff(t *testing.T) {
	for _, taken := range []bool{false, true} {
		s := newBadgeSite(t)
		next := osdp.Key{0: 7, 5: 9, 15: 3}
		if taken { // the reader holds what it was given; the file has what it held before
			old := next
			next = s.key(t, 1)
			write(t, s.keyFile(1), hex.EncodeToString(old[:])+"\n")
		}
		if err := badgework.KeepNext(configs.File(s.keyFile(1)), next); err != nil {
			t.Fatal(err)
		}
		if out, err := s.do(t, "badge-1", rekey); err != nil {
			t.Fatal(err, out)
		}
		if s.key(t, 1) != next || s.pds[0].Key() != next || s.pending(t, 1) {
			t.Errorf("taken %v: the change was not ended", taken)
		}
	}
}

func TestBadgeKeyRefusedByTheReader(t *testing.T) {
	s := newBadgeSite(t)
	before := s.key(t, 2)
	s.pds[1].RefuseKeys(true)
	if _, err := s.do(t, "badge-2", rekey); err == nil {
		t.Fatal("no error")
	}
	if s.key(t, 2) != before || s.pending(t, 2) {
		t.Error("a key that the reader does not hold was kept")
	}
	if acts := s.acts(t); !strings.Contains(acts, "came to nothing") {
		t.Errorf("noted: %s", acts)
	}
}

func TestBadgeInstall(t *testing.T) {
	s := newBadgeSite(t, 1)
	install := func(window time.Duration) func(context.Context, *work) error {
		return func(ctx context.Context, w *work) error { return w.install(ctx, window) }
	}
	if _, err := s.do(t, "badge-1", install(time.Hour)); err == nil || s.pending(t, 1) {
		t.Errorf("a window of an hour: %v", err)
	}
	out, err := s.do(t, "badge-1", install(time.Minute))
	if err != nil {
		t.Fatal(err, out)
	}
	if !strings.Contains(out, "install mode (p-1, p-2) is closed") || s.pds[0].Key() != s.key(t, 1) || s.pending(t, 1) {
		t.Errorf("%s", out)
	}
	if _, err := s.do(t, "badge-2", install(time.Minute)); err == nil || s.pending(t, 2) {
		t.Errorf("a reader with a key of its own: %v", err)
	}
	if _, err := s.do(t, "badge-1", rekey); err != nil {
		t.Errorf("the installed reader: %v", err)
	}
}

func TestBadgeAddressAndSpeed(t *testing.T) {
	s := newBadgeSite(t)
	out, err := s.do(t, "badge-2", func(ctx context.Context, w *work) error { return w.readdress(ctx, 9) })
	if at, _ := s.pds[1].Communication(); err != nil || at != 9 || !strings.Contains(out, "write it into the configuration") {
		t.Fatal(err, at, out)
	}
	text, _ := os.ReadFile(s.file)
	write(t, s.file, strings.Replace(string(text), "address: 2", "address: 9", 1))
	if out, err = s.do(t, "line", func(ctx context.Context, w *work) error { return w.speed(ctx, 9600) }); err != nil {
		t.Fatal(err, out)
	}
	for _, p := range s.pds {
		if _, speed := p.Communication(); speed != 9600 {
			t.Errorf("reader at %d", speed)
		}
	}
}

func TestBadgeWorkNeedsTwoPersons(t *testing.T) {
	s := newBadgeSite(t)
	for name, tokens := range map[string][]string{
		"one person twice": {s.tokens["p-1"], s.tokens["p-1"]},
		"one person":       {s.tokens["p-1"]},
		"a wrong token":    {s.tokens["p-1"], "guess"},
		"an auditor":       {s.tokens["p-3"], s.tokens["p-1"]},
		"nobody":           {"", ""},
	} {
		var out bytes.Buffer
		err := workOn(s.file, "badge-1", "work", typed(t, tokens...), &out, func(context.Context, *work) error {
			t.Errorf("%s: work was begun", name)
			return nil
		})
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := os.Stat(filepath.Join(s.dir, "badge-acts")); err == nil {
		t.Error("something was noted")
	}
	if _, err := s.do(t, "badge-9", rekey); err == nil {
		t.Error("an unknown reader")
	}
}

func TestBadgeCard(t *testing.T) {
	site, err := configs.Parse("cards.yaml", readGolden(t, "../../configs/testdata/good/cards.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		format   configs.ID
		facility uint32
		number   uint64
		want     string
	}{
		{"h10301", 90, 324, "raw:26:2D00A200"},
		{"h10306", 872, 22155, "raw:34:81B42B45C0"},
		{"h10304", 1234, 345678, "raw:37:02695464E8"},
		{"works-32", 5, 9, "raw:32:00280013"},
		{"number-only", 0, 0x62E3086CED, "raw:40:62E3086CED"},
	} {
		card, err := badgework.CardID(site, row.format, row.facility, row.number)
		if err != nil || string(card) != row.want {
			t.Errorf("%s: %s, %v, want %s", row.format, card, err, row.want)
		}
	}
	if _, err := badgework.CardID(site, "h10301", 256, 1); err == nil {
		t.Error("a facility of nine bits")
	}
	if _, err := badgework.CardID(site, "h20000", 1, 1); err == nil {
		t.Error("an unknown format")
	}
}

func readGolden(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
