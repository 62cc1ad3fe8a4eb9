package journal

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	j := openIn(t, dir)
	_, err := Open(context.Background(), Settings{Dir: dir, Site: "test"})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("pid %d", os.Getpid())) {
		t.Errorf("second open: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir)
}

func TestRefusedStarts(t *testing.T) {
	exec := func(query string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			db := openPool(writerDSN(filepath.Join(dir, databaseFile)), 1)
			defer func() { _ = db.Close() }()
			if _, err := db.Exec(query); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	chmod := func(name string, mode fs.FileMode) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			path := filepath.Join(dir, name)
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
		}
	}
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	cases := map[string]struct {
		spoil func(*testing.T, string)
		site  string
		want  []string // file, what was found, next step
	}{
		"newer schema":    {exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (7, 1)`), "test", []string{databaseFile, "schema version 7", "newer"}},
		"read-only file":  {chmod(databaseFile, 0o400), "test", []string{databaseFile, "read-only", "chmod"}},
		"read-only dir":   {chmod("", 0o500), "test", []string{"read-only", "chmod"}},
		"not a database":  {file(databaseFile, strings.Repeat("not a database ", 100)), "test", []string{databaseFile, "not a database", "backup"}},
		"another program": {exec(`PRAGMA application_id = 5`), "test", []string{databaseFile, "another program", "move it away"}},
		"record gone":     {remove(databaseFile), "test", []string{keyFile, "no record", "backup"}},
		"record emptied":  {file(databaseFile, ""), "test", []string{keyFile, "no record", "backup"}},
		"key gone":        {remove(keyFile), "test", []string{keyFile, "gone", "backup"}},
		"key open":        {chmod(keyFile, 0o640), "test", []string{keyFile, "0640", "0600"}},
		"key damaged":     {file(keyFile, "PRIVATE+KEY+x"), "test", []string{keyFile, "damaged", "backup"}},
		"other site":      {func(*testing.T, string) {}, "test2", []string{keyFile, "trilock-test2", "configuration"}},
		"bad site":        {func(*testing.T, string) {}, "Test 2", []string{"site name", "configuration"}},
		"tampered tail": {exec(`DROP TRIGGER entries_no_update; UPDATE entries SET leaf = zeroblob(32) WHERE seq = 3`), "test",
			[]string{databaseFile, "root is not the one that was signed", "evidence"}},
		"dropped tail":  {exec(`DROP TRIGGER entries_no_delete; DELETE FROM entries WHERE seq = 3`), "test", []string{"the last entry is 2", "evidence"}},
		"other note":    {exec(`DROP TRIGGER checkpoint_forward; UPDATE checkpoint SET note = 'x'`), "test", []string{"checkpoint is not the one", "evidence"}},
		"no checkpoint": {exec(`DROP TRIGGER checkpoint_no_delete; DELETE FROM checkpoint`), "test", []string{"checkpoint cannot be read"}},
		"key not named": {exec(`DELETE FROM meta`), "test", []string{"which key"}},
		"other key":     {exec(`UPDATE meta SET value = 'x' WHERE name = 'key'`), "test", []string{keyFile, "same backup"}},
		"wal is a folder": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Mkdir(filepath.Join(dir, databaseFile+"-wal"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, "test", []string{databaseFile + "-wal", "not a regular file"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := openIn(t, dir)
			mustAppend(t, j, Batch{Entries: entriesFrom(1, 3)})
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			c.spoil(t, dir)
			j, err := Open(context.Background(), Settings{Dir: dir, Site: c.site})
			if err == nil {
				_ = j.Close()
				t.Fatal("it opened")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in: %v", want, err)
				}
			}
		})
	}
	for _, dir := range []string{filepath.Join(t.TempDir(), "missing"), "journal_test.go"} {
		if _, err := Open(context.Background(), Settings{Dir: dir, Site: "test"}); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestOldSQLiteIsRefused(t *testing.T) {
	for number, ok := range map[int]bool{3_007_000: false, 3_051_002: false, 3_051_003: true, 3_054_001: true} {
		err := checkSQLite("x", number)
		if (err == nil) != ok {
			t.Errorf("%d: %v", number, err)
		}
		if err != nil && !strings.Contains(err.Error(), "WAL-reset") {
			t.Errorf("%d: does not say why: %v", number, err)
		}
	}
}

// TestFirstStartCutShort: the key under its preliminary name is thrown away before the record is
// begun, and taken after.
func TestFirstStartCutShort(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, keyFile+newSuffix), []byte("half a k"), 0o600); err != nil {
		t.Fatal(err)
	}
	j := openIn(t, dir)
	mustAppend(t, j, Batch{Entries: entriesFrom(1, 3)})
	key := j.PublicKey()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, keyFile), filepath.Join(dir, keyFile+newSuffix)); err != nil {
		t.Fatal(err)
	}
	j = openIn(t, dir)
	if j.PublicKey() != key || len(replayed(t, j)) != 3 {
		t.Error("not the same record")
	}
}
