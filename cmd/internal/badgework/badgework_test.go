package badgework

import (
	"context"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trilock/configs"
	"trilock/custody/fact"
	"trilock/devices/badge"
	"trilock/firmware-protocols/osdp"
)

// keyFile makes a key file with a key in it.
func keyFile(t *testing.T, key osdp.Key) configs.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(hex.EncodeToString(key[:])+"\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	return configs.File(path)
}

var oldKey, newKey = osdp.Key{0: 1, 7: 8}, osdp.Key{0: 2, 7: 9}

func TestNextKey(t *testing.T) {
	file := keyFile(t, oldKey)
	if err := KeepNext(file, newKey); err != nil {
		t.Fatal(err)
	}
	if next, pending, err := configs.ReadNextBadgeKey(file); err != nil || !pending || osdp.Key(next) != newKey {
		t.Fatalf("pending %v, %v", pending, err)
	}
	if info, err := os.Stat(string(file) + configs.NextKeySuffix); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v: not as its key file", info, err)
	}
	if err := KeepNext(file, newKey); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if err := KeepNext(file, osdp.Key{0: 3, 7: 1}); err == nil {
		t.Error("a key that the reader may hold was thrown away")
	}
	c := &configs.Site{}
	line := configs.BadgeLine{ID: "line", Baud: 9600, Readers: []configs.BadgeReader{{ID: "a", KeyFile: file}}}
	settings, err := Settings(c, line, slog.New(slog.DiscardHandler))
	if err != nil || settings.Readers[0].Key != oldKey || settings.Readers[0].Next != newKey {
		t.Errorf("both keys are to be tried: %v", err)
	}
	if err := TakeNext(file); err != nil {
		t.Fatal(err)
	}
	if now, err := configs.ReadBadgeKey(file); err != nil || osdp.Key(now) != newKey {
		t.Error(err)
	}
	if _, pending, _ := configs.ReadNextBadgeKey(file); pending {
		t.Error("still pending")
	}
	if err := KeepNext(file, oldKey); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := DropNext(file); err != nil {
			t.Error(err)
		}
	}
	if now, err := configs.ReadBadgeKey(file); err != nil || osdp.Key(now) != newKey {
		t.Error("dropping the next key touched the key", err)
	}
}

// reports is a sink.
type reports struct{ all []fact.DeviceReport }

func (r *reports) Report(_ context.Context, f fact.Fact) error {
	r.all = append(r.all, f.(fact.DeviceReport))
	return nil
}

func TestActsAreHandedOver(t *testing.T) {
	dir := configs.File(t.TempDir())
	act := Act{At: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), Device: "a", Code: badge.CodeKeyChanged, By: [2]fact.PersonID{"p-1", "p-2"}, Detail: "done"}
	if h, err := Acts(dir); err != nil || len(h.acts) != 0 || h.Done() != nil {
		t.Fatal("nothing was done", err)
	}
	for range 2 {
		if err := Note(dir, act); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.OpenFile(filepath.Join(string(dir), actsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.WriteString("{\"at\": half a line\n" + strings.Repeat("x", 3*actLen) + "\n")
	_ = f.Close()
	h, err := Acts(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got reports
	if err := h.Report(t.Context(), &got, []fact.DeviceID{"z", "a"}); err != nil {
		t.Fatal(err)
	}
	want := fact.DeviceReport{Device: "a", Code: badge.CodeKeyChanged, Detail: "p-1 and p-2 at 2026-11-21 08:00:00: done"}
	if len(got.all) < 4 || got.all[0] != want || got.all[1] != want || got.all[2].Device != "z" || !strings.Contains(got.all[2].Detail, "cannot be read") {
		t.Errorf("%+v", got.all)
	}
	if err := Note(dir, act); err != nil { // while the daemon ran
		t.Fatal(err)
	}
	if err := h.Done(); err != nil {
		t.Fatal(err)
	}
	if h, err = Acts(dir); err != nil || len(h.acts) != 1 || h.acts[0].Device != "a" {
		t.Errorf("%+v, %v: want the act that was noted since", h.acts, err)
	}
	if err := h.Done(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(string(dir), actsFile)); err == nil {
		t.Error("the file is still there")
	}
}

func TestActsAreBounded(t *testing.T) {
	dir := configs.File(t.TempDir())
	text := strings.Repeat("{\"device\":\"a\"}\n", MaxActs+7)
	if err := os.WriteFile(filepath.Join(string(dir), actsFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{MaxActs, 7, 0} {
		h, err := Acts(dir)
		if err != nil || len(h.acts) != want {
			t.Fatalf("%d acts, %v, want %d", len(h.acts), err, want)
		}
		if err := h.Done(); err != nil {
			t.Fatal(err)
		}
	}
}
