package journal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDirEnv); dir != "" {
		os.Exit(childAppend(dir))
	}
	if dir := os.Getenv(fullDirEnv); dir != "" {
		os.Exit(childFull(dir))
	}
	goleak.VerifyTestMain(m)
}

// said is an event of the tests.
type said struct {
	custody.Event `json:"-"` // for what only the core may carry out
	Text          string     `json:"text"`
}

func (said) Kind() string { return "said" }

func decodeSaid(kind string, data []byte) (custody.Event, error) {
	if kind != "said" {
		return nil, fmt.Errorf("kind %q", kind)
	}
	var s said
	err := json.Unmarshal(data, &s)
	return s, err
}

func openIn(tb testing.TB, dir string) *Journal {
	tb.Helper()
	j, err := Open(context.Background(), Settings{Dir: dir, Site: "test"})
	if err != nil {
		tb.Fatal(err)
	}
	j.decode = decodeSaid
	tb.Cleanup(func() {
		if err := j.Close(); err != nil {
			tb.Error(err)
		}
	})
	return j
}

var wall = time.Date(2026, 3, 1, 8, 0, 0, 120, time.UTC)

func entryNo(seq uint64, text string) custody.Entry {
	return custody.Entry{
		Seq: seq, Actor: "P-0001", Subject: "机密-2026-" + fmt.Sprint(seq), Event: said{Text: text},
		At: fact.Stamp{Mono: time.Duration(seq) * time.Second, Wall: wall.Add(time.Duration(seq) * time.Second)},
	}
}

func entriesFrom(seq uint64, count int) []custody.Entry {
	var out []custody.Entry
	for i := range uint64(count) {
		out = append(out, entryNo(seq+i, fmt.Sprintf("entry <%d> \"\u2028\"", seq+i)))
	}
	return out
}

func posting(channel string, alert alerts.ID, n int) Posting {
	return Posting{Channel: channel, Notice: alerts.Notice{
		ID: fmt.Sprintf("%d-%d", alert, n), Alert: alert, Code: "test", Severity: alerts.Critical, Reason: alerts.ReasonRaised,
		Title: fact.Text{ZH: "测试", EN: "test"}, At: fact.Stamp{Mono: 1, Wall: wall},
	}}
}

func mustAppend(tb testing.TB, j *Journal, b Batch) {
	tb.Helper()
	if err := j.Append(context.Background(), b); err != nil {
		tb.Fatal(err)
	}
}

func replayed(tb testing.TB, j *Journal) []custody.Entry {
	tb.Helper()
	var got []custody.Entry
	if err := j.Replay(context.Background(), func(e custody.Entry) error { got = append(got, e); return nil }); err != nil {
		tb.Fatal(err)
	}
	return got
}

// rootByTlog computes the root with tlog's own storage order, all hashes in memory.
func rootByTlog(tb rapid.TB, entries []custody.Entry) tlog.Hash {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	for i, e := range entries {
		r, err := rowOf(e)
		if err != nil {
			tb.Fatal(err)
		}
		hashes, err := tlog.StoredHashes(int64(i), r.encode(), reader)
		if err != nil {
			tb.Fatal(err)
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(int64(len(entries)), reader)
	if err != nil {
		tb.Fatal(err)
	}
	return root
}

func TestLeafEncodingIsWhatTheDocumentSays(t *testing.T) {
	r, err := rowOf(custody.Entry{
		Seq: 258, Actor: "P-1", Subject: "S", Event: said{Text: "x"},
		At: fact.Stamp{Mono: 3, Wall: time.Date(2026, 3, 1, 9, 0, 0, 500_000_000, time.FixedZone("CST", 8*3600))},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "trilock entry 1\n" +
		"\x00\x00\x00\x00\x00\x00\x01\x02" + "\x00\x00\x00\x00\x00\x00\x00\x03" +
		"\x00\x00\x00\x162026-03-01T01:00:00.5Z" +
		"\x00\x00\x00\x04said" + "\x00\x00\x00\x03P-1" + "\x00\x00\x00\x01S" +
		"\x00\x00\x00\x0c{\"text\":\"x\"}"
	if got := string(r.encode()); got != want {
		t.Errorf("encoding:\n%q\nwant:\n%q", got, want)
	}
	if want := sha256.Sum256([]byte("\x00" + want)); r.leaf != tlog.Hash(want) {
		t.Error("leaf hash is not SHA-256(0x00 || data)")
	}
}

func TestFirstStart(t *testing.T) {
	dir := t.TempDir()
	j := openIn(t, dir)
	size, root, signed := j.Head()
	if size != 0 || root != sha256.Sum256(nil) {
		t.Errorf("head %d %x", size, root)
	}
	v, err := note.NewVerifier(j.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		t.Fatal(err)
	}
	if want := "trilock-test\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"; n.Text != want {
		t.Errorf("checkpoint %q", n.Text)
	}
	pub, err := os.ReadFile(filepath.Join(dir, publicFile))
	if err != nil || strings.TrimSpace(string(pub)) != j.PublicKey() {
		t.Errorf("public key file %q: %v", pub, err)
	}
	for _, name := range []string{keyFile, databaseFile, databaseFile + "-wal", databaseFile + "-shm"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func TestOddFolderNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?mode=memory&c#d%41 数据")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	j := openIn(t, dir)
	mustAppend(t, j, Batch{Entries: entriesFrom(1, 1)})
	if _, err := os.Stat(filepath.Join(dir, databaseFile)); err != nil {
		t.Error(err)
	}
}

// TestRandomBatches: whatever was appended in whatever portions, with reopening in between, comes
// back the same, under the root that tlog computes.
func TestRandomBatches(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "j")
		if err != nil {
			rt.Fatal(err)
		}
		j := openIn(t, dir)
		var want []custody.Entry
		var mono time.Duration
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			if rapid.IntRange(0, 3).Draw(rt, "reopen") == 0 {
				if err := j.Close(); err != nil {
					rt.Fatal(err)
				}
				j = openIn(t, dir)
			}
			var b Batch
			for range rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(200, 600)).Draw(rt, "count") {
				mono += time.Duration(rapid.Int64Range(0, 1e12).Draw(rt, "mono"))
				e := custody.Entry{
					Seq: uint64(len(want)) + 1, Actor: rapid.StringMatching(`[\pL 0-9]{0,8}`).Draw(rt, "actor"),
					Subject: rapid.StringN(0, 20, 80).Filter(func(s string) bool { return wordFault(s) == "" }).Draw(rt, "subject"),
					Event:   said{Text: rapid.String().Draw(rt, "text")},
					At:      fact.Stamp{Mono: mono, Wall: time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(rt, "wall"), rapid.Int64Range(0, 999999999).Draw(rt, "ns")).UTC()},
				}
				b.Entries, want = append(b.Entries, e), append(want, e)
			}
			if err := j.Append(context.Background(), b); err != nil {
				rt.Fatal(err)
			}
		}
		for range 2 {
			if diff := cmp.Diff(want, replayed(t, j)); diff != "" {
				rt.Fatal(diff)
			}
			size, root, _ := j.Head()
			if size != uint64(len(want)) || root != rootByTlog(rt, want) {
				rt.Fatalf("head %d %x", size, root)
			}
			if err := j.Close(); err != nil {
				rt.Fatal(err)
			}
			j = openIn(t, dir)
		}
	})
}

// TestEdgeReload: at every size up to beyond two stored levels the edge that is read back is the one
// that was built.
func TestEdgeReload(t *testing.T) {
	var e edge
	stored := map[int][]tlog.Hash{}
	read := func(level int, n, count int64) ([]tlog.Hash, error) {
		return append([]tlog.Hash(nil), stored[level][n:n+count]...), nil
	}
	const sizes = 1<<16 + 300
	for i := range int64(sizes) {
		leaf := tlog.RecordHash(fmt.Append(nil, i))
		nodes, err := e.append(leaf)
		if err != nil {
			t.Fatal(err)
		}
		stored[0] = append(stored[0], leaf)
		for _, n := range nodes {
			if int64(len(stored[n.level])) != n.n {
				t.Fatalf("node %d/%d is not the next", n.level, n.n)
			}
			stored[n.level] = append(stored[n.level], n.hash)
		}
		if i > 1500 && i < 1<<16-300 {
			continue
		}
		got, err := loadEdge(e.size, read)
		if err != nil {
			t.Fatal(err)
		}
		want, err := e.root()
		if err != nil {
			t.Fatal(err)
		}
		if root, err := got.root(); err != nil || root != want {
			t.Fatalf("size %d: root %v, want %v (%v)", e.size, root, want, err)
		}
	}
	if len(stored[8]) != sizes/256 || len(stored[16]) != 1 {
		t.Errorf("stored %d and %d nodes", len(stored[8]), len(stored[16]))
	}
}

func TestRefusedBatches(t *testing.T) {
	with := func(change func(*custody.Entry)) Batch {
		e := entryNo(3, "x")
		change(&e)
		return Batch{Entries: []custody.Entry{e}}
	}
	cases := map[string]struct {
		batch Batch
		want  string
	}{
		"gap":             {Batch{Entries: entriesFrom(4, 1)}, "next entry is 3"},
		"again":           {Batch{Entries: entriesFrom(2, 1)}, "next entry is 3"},
		"gap inside":      {Batch{Entries: append(entriesFrom(3, 1), entriesFrom(5, 1)...)}, "next entry is 4"},
		"no event":        {with(func(e *custody.Entry) { e.Event = nil }), "no event"},
		"time backwards":  {with(func(e *custody.Entry) { e.At.Mono = 1 }), "before the last entry"},
		"time negative":   {with(func(e *custody.Entry) { e.At.Mono = -1 }), "before the first"},
		"year 10000":      {with(func(e *custody.Entry) { e.At.Wall = wall.AddDate(8000, 0, 0) }), "year 10026"},
		"not UTF-8":       {with(func(e *custody.Entry) { e.Actor = "\xff" }), "UTF-8"},
		"NUL":             {with(func(e *custody.Entry) { e.Subject = "a\x00b" }), "NUL"},
		"long subject":    {with(func(e *custody.Entry) { e.Subject = strings.Repeat("x", MaxWordBytes+1) }), "at most 512"},
		"large event":     {with(func(e *custody.Entry) { e.Event = said{Text: strings.Repeat("x", MaxEventBytes)} }), "at most 1048576"},
		"unencodable":     {with(func(e *custody.Entry) { e.Event = unencodable{} }), "cannot be encoded"},
		"too many":        {Batch{Entries: entriesFrom(3, MaxEntriesPerBatch+1)}, "split it"},
		"no channel":      {Batch{Entries: entriesFrom(3, 1), Notices: []Posting{posting("", 1, 1)}}, "no channel"},
		"no notice id":    {Batch{Notices: []Posting{{Channel: "c"}}}, "no notice id"},
		"unsized notice":  {Batch{Notices: []Posting{{Channel: "c", Notice: alerts.Notice{ID: "1-1", Subject: strings.Repeat("x", MaxNoticeBytes)}}}}, "at most"},
		"no severity":     {Batch{Notices: []Posting{{Channel: "c", Notice: alerts.Notice{ID: "1-1"}}}}, "cannot be read back"},
		"channel not UTF": {Batch{Notices: []Posting{posting("\xff", 1, 1)}}, "UTF-8"},
	}
	dir := t.TempDir()
	j := openIn(t, dir)
	mustAppend(t, j, Batch{Entries: entriesFrom(1, 2)})
	_, before, _ := j.Head()
	for name, c := range cases {
		err := j.Append(context.Background(), c.batch)
		var refused *BatchError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if size, root, _ := j.Head(); size != 2 || root != before {
			t.Fatalf("%s: a refused batch changed the head", name)
		}
	}
	mustAppend(t, j, Batch{Entries: entriesFrom(3, 2)})
	if got := replayed(t, j); len(got) != 4 {
		t.Errorf("%d entries", len(got))
	}
}

type unencodable struct {
	custody.Event `json:"-"`
	C             chan int
}

func (unencodable) Kind() string { return "said" }

func TestContextIsOverBeforeTheBatch(t *testing.T) {
	j := openIn(t, t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := j.Append(ctx, Batch{Entries: entriesFrom(1, 1)}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	mustAppend(t, j, Batch{Entries: entriesFrom(1, 1)})
	if err := j.Replay(ctx, func(custody.Entry) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	stop := errors.New("enough")
	if err := j.Replay(context.Background(), func(custody.Entry) error { return stop }); err != stop { //nolint:errorlint // as it is
		t.Error(err)
	}
}

// TestAnotherHand: a record that grew behind the journal's back is never built upon.
func TestAnotherHand(t *testing.T) {
	j := openIn(t, t.TempDir())
	mustAppend(t, j, Batch{Entries: entriesFrom(1, 1)})
	old := j.current()
	mustAppend(t, j, Batch{Entries: entriesFrom(2, 1)})
	j.head = old
	if err := j.Append(context.Background(), Batch{Entries: entriesFrom(2, 1)}); !errors.Is(err, ErrStale) {
		t.Error(err)
	}
}

func TestNothingCanBeAltered(t *testing.T) {
	j := openIn(t, t.TempDir())
	mustAppend(t, j, Batch{Entries: entriesFrom(1, 256)})
	for _, query := range []string{
		`UPDATE entries SET actor = 'x' WHERE seq = 1`,
		`DELETE FROM entries WHERE seq = 256`,
		`INSERT OR REPLACE INTO entries SELECT seq, mono_ns, wall, kind, 'x', subject, data, leaf FROM entries WHERE seq = 1`,
		`REPLACE INTO entries SELECT seq, mono_ns, wall, kind, 'x', subject, data, leaf FROM entries WHERE seq = 256`,
		`INSERT INTO entries SELECT seq + 1000, mono_ns, wall, kind, actor, subject, data, leaf FROM entries WHERE seq = 1`,
		`INSERT INTO entries SELECT 0, mono_ns, wall, kind, actor, subject, data, leaf FROM entries WHERE seq = 1`,
		`UPDATE hashes SET hash = zeroblob(32)`,
		`DELETE FROM hashes`,
		`INSERT OR REPLACE INTO hashes VALUES (8, 0, zeroblob(32))`,
		`UPDATE checkpoint SET note = 'x'`,
		`UPDATE checkpoint SET size = size - 1`,
		`DELETE FROM checkpoint`,
		`REPLACE INTO checkpoint VALUES (1, 300, 'x')`,
	} {
		// Without recursive_triggers, as another program's connection would be.
		for _, recursive := range []string{"ON", "OFF"} {
			if _, err := j.writer.Exec(`PRAGMA recursive_triggers = ` + recursive); err != nil {
				t.Fatal(err)
			}
			if _, err := j.writer.Exec(query); err == nil {
				t.Errorf("done with recursive_triggers=%s: %s", recursive, query)
			}
		}
	}
	if got := replayed(t, j); len(got) != 256 {
		t.Errorf("%d entries", len(got))
	}
}

func TestReplayNoticesWhatOpenCannot(t *testing.T) {
	cases := map[string]struct{ query, want string }{
		"text":      {`UPDATE entries SET actor = 'P-0002' WHERE seq = 7`, "entry 7 is not what it was"},
		"time":      {`UPDATE entries SET mono_ns = mono_ns + 1 WHERE seq = 8`, "entry 8 is not what it was"},
		"leaf":      {`UPDATE entries SET leaf = zeroblob(32) WHERE seq = 9`, "entry 9 is not what it was"},
		"gap":       {`DELETE FROM entries WHERE seq = 10`, "entry 10 is missing"},
		"seq":       {`UPDATE entries SET seq = 0 WHERE seq = 1`, "entry 1 is missing"},
		"undecoded": {``, "entry 1 cannot be read"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := openIn(t, dir)
			mustAppend(t, j, Batch{Entries: entriesFrom(1, 256)})
			if _, err := j.writer.Exec(`DROP TRIGGER entries_no_update; DROP TRIGGER entries_no_delete;` + c.query); err != nil {
				t.Fatal(err)
			}
			if c.query == "" {
				j.decode = custody.DecodeEvent
			}
			err := j.Replay(context.Background(), func(custody.Entry) error { return nil })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("replay: %v", err)
			}
			if err := j.Export(context.Background(), &bytes.Buffer{}); (err == nil) != (c.query == "") {
				t.Errorf("export: %v", err)
			}
		})
	}
}

// TestReplayProvesTheRoot: an entry whose leaf was recomputed is in order by itself; only
// the signed root tells.
func TestReplayProvesTheRoot(t *testing.T) {
	j := openIn(t, t.TempDir())
	mustAppend(t, j, Batch{Entries: entriesFrom(1, 256)})
	r, err := rowOf(entryNo(7, "another story"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.writer.Exec(`DROP TRIGGER entries_no_update`); err != nil {
		t.Fatal(err)
	}
	if _, err := j.writer.Exec(`UPDATE entries SET data = ?, leaf = ? WHERE seq = 7`, r.data, r.leaf[:]); err != nil {
		t.Fatal(err)
	}
	err = j.Replay(context.Background(), func(custody.Entry) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "not the 256 that were signed") {
		t.Error(err)
	}
}

func TestCloseTwice(t *testing.T) {
	j := openIn(t, t.TempDir())
	for range 2 {
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Append(context.Background(), Batch{Entries: entriesFrom(1, 1)}); err == nil {
		t.Error("appended to a closed journal")
	}
}
