package journal

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"trilock/custody/journal/verify"
)

func TestBackup(t *testing.T) {
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "copy of it.db")
	j := openIn(t, dir)
	mustAppend(t, j, Batch{Entries: entriesFrom(1, 300), Notices: []Posting{posting("mail", 1, 1)}})
	if err := j.Backup(context.Background(), to); err != nil {
		t.Fatal(err)
	}
	if err := j.Backup(context.Background(), to); err == nil {
		t.Error("a backup was written over")
	}
	mustAppend(t, j, Batch{Entries: entriesFrom(301, 1)})
	info, err := os.Stat(to)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if r, err := verify.Check(to, j.PublicKey()); err != nil || !r.OK() || r.Entries != 300 {
		t.Errorf("verify: %+v, %v", r, err)
	}

	// Put back beside its key, it is a record that goes on.
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(to, j.path); err != nil {
		t.Fatal(err)
	}
	j = openIn(t, dir)
	mustAppend(t, j, Batch{Entries: entriesFrom(301, 2)})
	if got, _ := pending(t, j, "mail", 10, wall); len(replayed(t, j)) != 302 || len(got) != 1 {
		t.Errorf("%d entries, outbox %v", len(replayed(t, j)), got)
	}
}

func TestBackupThatFailsLeavesNothing(t *testing.T) {
	j := openIn(t, t.TempDir())
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := j.Backup(ctx, filepath.Join(dir, "copy.db")); err == nil {
		t.Error("it succeeded")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
