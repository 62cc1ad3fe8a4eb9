package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"

	"trilock/custody"
	"trilock/custody/journal/verify"
)

const (
	childDirEnv = "TRILOCK_JOURNAL_TEST_APPEND"
	fullDirEnv  = "TRILOCK_JOURNAL_TEST_FULL"
	// kept is how many postings the child leaves unsettled: batch k posts k and settles k-kept.
	kept = 3
)

// childAppend appends for ever and prints each acknowledged batch; it is there to be killed.
func childAppend(dir string) int {
	j, err := Open(context.Background(), Settings{Dir: dir, Site: "test"})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	size, _, _ := j.Head()
	batch, err := lastBatch(j)
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	for {
		batch++
		b := Batch{Notices: []Posting{posting("mail", 1, batch)}}
		if batch > kept {
			b.Settled = []Settlement{{NoticeID: fmt.Sprintf("1-%d", batch-kept), Channel: "mail"}}
		}
		for range 1 + batch%7 {
			size++
			b.Entries = append(b.Entries, entryNo(size, strconv.Itoa(batch)))
		}
		if err := j.Append(context.Background(), b); err != nil {
			fmt.Println("error", err)
			return 1
		}
		fmt.Println(size, batch)
	}
}

// lastBatch reads the number of the batch that the last entry belongs to.
func lastBatch(j *Journal) (batch int, err error) {
	j.decode = decodeSaid
	err = j.Replay(context.Background(), func(e custody.Entry) error {
		batch, err = strconv.Atoi(e.Event.(said).Text)
		return err
	})
	return batch, err
}

// TestKilledWhileAppending kills a process at random instants, again and again on the same files: what
// it acknowledged is there, the tree holds, and the outbox belongs to the last batch.
func TestKilledWhileAppending(t *testing.T) {
	dir := t.TempDir()
	var acknowledged uint64
	for round := range 15 {
		seq := killOne(t, dir, round)
		acknowledged = max(acknowledged, seq)
		j := openIn(t, dir)
		entries := replayed(t, j)
		if uint64(len(entries)) < acknowledged {
			t.Fatalf("round %d: %d entries, %d were acknowledged", round, len(entries), acknowledged)
		}
		if _, root, _ := j.Head(); root != rootByTlog(t, entries) {
			t.Fatalf("round %d: the root is not tlog's", round)
		}
		checkOutbox(t, j)
		public := j.PublicKey()
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		report, err := verify.Check(j.path, public)
		if err != nil || !report.OK() {
			t.Fatalf("round %d: verify: %+v, %v", round, report, err)
		}
	}
	if acknowledged == 0 {
		t.Fatal("nothing was ever acknowledged: the test tested nothing")
	}
	t.Logf("%d entries acknowledged", acknowledged)
}

func checkOutbox(t *testing.T, j *Journal) {
	t.Helper()
	last, err := lastBatch(j)
	if err != nil {
		t.Fatal(err)
	}
	var want []waiting
	for n := max(1, last-kept+1); n <= last; n++ {
		want = append(want, waiting{fmt.Sprintf("1-%d", n), 0})
	}
	got, _ := pending(t, j, "mail", MaxPending, time.Now())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("outbox after batch %d:\n%s", last, diff)
	}
}

// killOne starts the child, kills it after a random number of acknowledgements and a
// random while, and returns the last entry that it acknowledged.
func killOne(t *testing.T, dir string, round int) (seq uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childDirEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killAfter := rand.IntN(40 * (1 + round%3))
	seen := 0
	for lines := bufio.NewScanner(out); lines.Scan(); seen++ {
		text, _, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Errorf("child: %s", lines.Text())
			break
		}
		seq = n
		if seen == killAfter {
			time.AfterFunc(time.Duration(rand.IntN(4000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed: an error is what is wanted
	return seq
}

// TestFileFull: at the limit Append fails whole, reading still works, Probe says when there is room.
func TestFileFull(t *testing.T) {
	dir := t.TempDir()
	j := openIn(t, dir)
	mustAppend(t, j, Batch{Entries: entriesFrom(1, 10), Notices: []Posting{posting("mail", 1, 1)}})
	var pages int
	if err := j.writer.Get(&pages, `PRAGMA page_count`); err != nil {
		t.Fatal(err)
	}
	setLimit := func(limit int) {
		t.Helper()
		if _, err := j.writer.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, limit)); err != nil {
			t.Fatal(err)
		}
	}
	setLimit(pages)
	size, root, signed := j.Head()
	batch := Batch{Entries: entriesFrom(11, 500), Notices: []Posting{posting("mail", 1, 2)}, Settled: []Settlement{{"1-1", "mail"}}}
	for range 3 {
		err := j.Append(context.Background(), batch)
		var full sqlite3.Error
		if !errors.As(err, &full) || full.Code != sqlite3.ErrFull || !strings.Contains(err.Error(), "free space") {
			t.Fatalf("append on a full disk: %v", err)
		}
		if err := j.Probe(context.Background()); !errors.As(err, &full) || full.Code != sqlite3.ErrFull {
			t.Fatalf("probe on a full disk: %v", err)
		}
		s, r, n := j.Head()
		if s != size || r != root || string(n) != string(signed) || len(replayed(t, j)) != 10 {
			t.Fatal("a failed append changed the record")
		}
		if got, _ := pending(t, j, "mail", 10, wall); len(got) != 1 || got[0].ID != "1-1" {
			t.Fatalf("a failed append changed the outbox: %v", got)
		}
	}
	setLimit(pages + 1000)
	if err := j.Probe(context.Background()); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, batch)
	if got := replayed(t, j); len(got) != 510 {
		t.Errorf("%d entries", len(got))
	}
	if got, _ := pending(t, j, "mail", 10, wall); len(got) != 1 || got[0].ID != "1-2" {
		t.Errorf("outbox %v", got)
	}
}

// childFull lets the operating system refuse to grow the write-ahead log, in a process of
// its own because the limit is the process's.
func childFull(dir string) int {
	signal.Ignore(syscall.SIGXFSZ)
	fail := func(args ...any) int { fmt.Println(args...); return 1 }
	ctx := context.Background()
	j, err := Open(ctx, Settings{Dir: dir, Site: "test"})
	if err != nil {
		return fail(err)
	}
	j.decode = decodeSaid
	if err := j.Append(ctx, Batch{Entries: entriesFrom(1, 5)}); err != nil {
		return fail(err)
	}
	info, err := os.Stat(j.path + "-wal")
	if err != nil {
		return fail(err)
	}
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		return fail(err)
	}
	// Room for a part of the batch's pages only: the write breaks off in the middle.
	limit := unix.Rlimit{Cur: uint64(info.Size()) + 6000, Max: was.Max}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return fail(err)
	}
	batch := Batch{Entries: entriesFrom(6, 400)}
	for range 3 {
		if err := j.Append(ctx, batch); err == nil {
			return fail("append succeeded on a full disk")
		}
		if err := j.Probe(ctx); err == nil {
			return fail("probe succeeded on a full disk")
		}
		if size, _, _ := j.Head(); size != 5 {
			return fail("head moved to", size)
		}
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		return fail(err)
	}
	if err := j.Probe(ctx); err != nil {
		return fail(err)
	}
	if err := j.Append(ctx, batch); err != nil {
		return fail(err)
	}
	if err := j.Close(); err != nil {
		return fail(err)
	}
	return 0
}

func TestDiskRefusesToGrow(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), fullDirEnv+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	j := openIn(t, dir)
	entries := replayed(t, j)
	if _, root, _ := j.Head(); len(entries) != 405 || root != rootByTlog(t, entries) {
		t.Errorf("%d entries, root %x", len(entries), root)
	}
}
