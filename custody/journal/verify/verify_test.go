package verify_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/journal"
	"trilock/custody/journal/verify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type said struct {
	custody.Event `json:"-"` // for what only the core may carry out
	Text          string
}

func (said) Kind() string { return "said" }

// record writes a journal of count entries and returns its path, an export of it, and its key.
func record(tb testing.TB, count int) (path string, export []byte, key string) {
	tb.Helper()
	dir := tb.TempDir()
	ctx := context.Background()
	j, err := journal.Open(ctx, journal.Settings{Dir: dir, Site: "test"})
	if err != nil {
		tb.Fatal(err)
	}
	var b journal.Batch
	for seq := range uint64(count) {
		b.Entries = append(b.Entries, custody.Entry{
			Seq: seq + 1, Actor: "P-1", Subject: "机密-2026-7", Event: said{Text: fmt.Sprint("entry ", seq+1)},
			At: fact.Stamp{Mono: time.Duration(seq), Wall: time.Unix(1772352000+int64(seq), 5)},
		})
	}
	if err := j.Append(ctx, b); err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	if err := j.Export(ctx, &out); err != nil {
		tb.Fatal(err)
	}
	key = j.PublicKey()
	if err := j.Close(); err != nil {
		tb.Fatal(err)
	}
	return filepath.Join(dir, "journal.db"), out.Bytes(), key
}

func write(tb testing.TB, data []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func mustCheck(tb testing.TB, path, key string) verify.Report {
	tb.Helper()
	r, err := verify.Check(path, key)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestWholeRecords(t *testing.T) {
	for _, count := range []int{0, 1, 2, 3, 255, 256, 257, 1000} {
		path, export, key := record(t, count)
		a, b := mustCheck(t, path, key), mustCheck(t, write(t, export), key)
		if !a.OK() || !b.OK() || a != b || a.Entries != uint64(count) || a.Signed != uint64(count) || a.Origin != "trilock-test" {
			t.Errorf("%d entries: %+v, %+v", count, a, b)
		}
		if left, err := filepath.Glob(path + "-*"); err != nil || len(left) != 0 {
			t.Errorf("the check left %v behind", left)
		}
	}
}

// TestLiveJournal: while a daemon has it open, part of the record is in the write-ahead log only.
func TestLiveJournal(t *testing.T) {
	dir := t.TempDir()
	j, err := journal.Open(context.Background(), journal.Settings{Dir: dir, Site: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	for seq := range uint64(5) {
		err := j.Append(context.Background(), journal.Batch{Entries: []custody.Entry{{Seq: seq + 1, Event: said{Text: "x"}, At: fact.Stamp{Wall: time.Unix(0, 0)}}}})
		if err != nil {
			t.Fatal(err)
		}
		r := mustCheck(t, filepath.Join(dir, "journal.db"), j.PublicKey())
		if size, root, _ := j.Head(); !r.OK() || r.Entries != size || r.Root != root {
			t.Fatalf("after entry %d: %+v", seq+1, r)
		}
	}
}

// TestEveryByteOfAnExportCounts flips every byte, in one random bit and whole.
func TestEveryByteOfAnExportCounts(t *testing.T) {
	_, export, key := record(t, 9)
	path := write(t, export)
	for i := range export {
		for _, flip := range []byte{0xff, 1 << rand.IntN(8), 1 << (i % 8)} {
			spoiled := bytes.Clone(export)
			spoiled[i] ^= flip
			if err := os.WriteFile(path, spoiled, 0o600); err != nil {
				t.Fatal(err)
			}
			if r := mustCheck(t, path, key); r.OK() {
				t.Fatalf("byte %d of %d flipped by %#02x unnoticed: %q", i, len(export), flip, export[max(0, i-20):i+1])
			}
		}
		if r := mustCheck(t, write(t, export[:i]), key); r.OK() {
			t.Fatalf("cut at %d unnoticed", i)
		}
	}
	if r := mustCheck(t, write(t, append(bytes.Clone(export), 0)), key); r.OK() {
		t.Error("a byte too many unnoticed")
	}
}

// TestDatabaseBytes flips bytes all over the database: either it is noticed, or nothing that a reader
// can get out of it has changed (SQLite keeps unused space and counters that mean nothing).
func TestDatabaseBytes(t *testing.T) {
	path, _, key := record(t, 12)
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := dump(path)
	if want == "" || strings.HasPrefix(want, "!") {
		t.Fatal(want)
	}
	copied := write(t, original)
	dense := pagesOf(t, path, "entries", "checkpoint")
	noticed, without := 0, 0
	// Densely where the record lies, sparsely elsewhere; a random start reaches all bytes over time.
	for i := rand.IntN(3); i < len(original); i += 3 {
		if !dense[i/4096+1] && i%37 > 2 {
			continue
		}
		spoiled := bytes.Clone(original)
		spoiled[i] ^= 1 << rand.IntN(8)
		if err := os.WriteFile(copied, spoiled, 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := verify.Check(copied, key); err != nil || !r.OK() {
			noticed++
		} else if without++; dump(copied) != want {
			t.Errorf("byte %d (page %d, offset %d) %#02x to %#02x changes what is read, unnoticed", i, i/4096+1, i%4096, original[i], spoiled[i])
		}
	}
	if noticed == 0 {
		t.Error("nothing was noticed: the test tested nothing")
	}
	t.Logf("%d noticed, %d without effect", noticed, without)
}

// pagesOf returns the numbers of the root pages of tables; each of them fits into its root.
func pagesOf(t *testing.T, path string, tables ...string) map[int]bool {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?immutable=1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	out := map[int]bool{}
	for _, name := range tables {
		var page int
		if err := db.QueryRow(`SELECT rootpage FROM sqlite_schema WHERE name = ?`, name).Scan(&page); err != nil {
			t.Fatal(err)
		}
		out[page] = true
	}
	return out
}

// dump reads all that counts as text; "!" and the error when it cannot be read.
func dump(path string) string {
	db, err := sql.Open("sqlite3", "file:"+path+"?immutable=1")
	if err != nil {
		return "!" + err.Error()
	}
	defer func() { _ = db.Close() }()
	var all strings.Builder
	for _, q := range []string{
		`SELECT seq, mono_ns, wall, kind, actor, subject, data, hex(leaf) FROM entries ORDER BY seq`,
		`SELECT level, n, hex(hash), 0, 0, 0, 0, 0 FROM hashes ORDER BY level, n`,
		`SELECT size, note, 0, 0, 0, 0, 0, 0 FROM checkpoint`,
	} {
		rows, err := db.Query(q)
		if err != nil {
			return "!" + err.Error()
		}
		var c [8]string
		for rows.Next() {
			if err := rows.Scan(&c[0], &c[1], &c[2], &c[3], &c[4], &c[5], &c[6], &c[7]); err != nil {
				_ = rows.Close()
				return "!" + err.Error()
			}
			fmt.Fprintf(&all, "%q\n", c)
		}
		if err := rows.Err(); err != nil {
			return "!" + err.Error()
		}
	}
	return all.String()
}

func TestWhereTheDamageIs(t *testing.T) {
	const dropAll = `DROP TRIGGER entries_no_update; DROP TRIGGER entries_no_delete; DROP TRIGGER entries_in_order; DROP TRIGGER hashes_no_update;
		DROP TRIGGER hashes_no_delete; DROP TRIGGER hashes_once; DROP TRIGGER checkpoint_forward; DROP TRIGGER checkpoint_no_delete;`
	cases := map[string]struct {
		query       string
		first, last uint64
		want        string
	}{
		"text altered":      {dropAll + `UPDATE entries SET actor = 'P-2' WHERE seq = 300`, 300, 300, "not what it was"},
		"two altered":       {dropAll + `UPDATE entries SET actor = 'P-2' WHERE seq IN (300, 299)`, 299, 299, "not what it was"},
		"fields shifted":    {dropAll + `UPDATE entries SET actor = actor || substr(subject, 1, 1), subject = substr(subject, 2) WHERE seq = 5`, 5, 5, "not what it was"},
		"entry dropped":     {dropAll + `DELETE FROM entries WHERE seq = 40`, 40, 40, "missing"},
		"tail dropped":      {dropAll + `DELETE FROM entries WHERE seq > 590`, 591, 600, "signed, but missing"},
		"all dropped":       {dropAll + `DELETE FROM entries`, 1, 600, "signed, but missing"},
		"entry added":       {dropAll + `INSERT INTO entries SELECT 601, mono_ns, wall, kind, actor, subject, data, leaf FROM entries WHERE seq = 600`, 601, 601, "not what it was"},
		"entry zero":        {dropAll + `UPDATE entries SET seq = 0 WHERE seq = 1`, 1, 1, "missing"},
		"only a leaf":       {dropAll + `UPDATE entries SET leaf = zeroblob(32) WHERE seq = 3`, 0, 0, "every entry is the one that was signed"},
		"only a node":       {dropAll + `UPDATE hashes SET hash = zeroblob(32) WHERE n = 1`, 0, 0, "entries 257 to 512"},
		"node missing":      {dropAll + `DELETE FROM hashes WHERE n = 1`, 0, 0, "1 stored hashes are missing"},
		"node too many":     {dropAll + `INSERT INTO hashes VALUES (8, 2, zeroblob(32))`, 0, 0, "not all there"},
		"checkpoint gone":   {dropAll + `DELETE FROM checkpoint`, 0, 0, "checkpoint is missing"},
		"checkpoint text":   {dropAll + `UPDATE checkpoint SET note = replace(note, '600', '599')`, 0, 0, "does not fit its text"},
		"checkpoint row":    {dropAll + `UPDATE checkpoint SET size = 599`, 0, 0, "599"},
		"guard dropped":     {`DROP TRIGGER entries_no_delete`, 0, 0, "entries_no_delete is missing"},
		"not a journal":     {`PRAGMA application_id = 1`, 0, 0, "application id"},
		"table for a view":  {`ALTER TABLE entries RENAME TO e2; CREATE VIEW entries AS SELECT * FROM e2`, 0, 0, "table entries is missing"},
		"unreadable column": {dropAll + `ALTER TABLE entries DROP COLUMN subject`, 1, 1, "cannot be read"},
	}
	path, _, key := record(t, 600)
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			copied := write(t, original)
			spoil(t, copied, c.query)
			d := mustCheck(t, copied, key).Damage
			if d == nil || d.First != c.first || d.Last != c.last || !strings.Contains(d.String(), c.want) {
				t.Errorf("%v", d)
			}
		})
	}
}

// TestSkilfulForger: who recomputes the leaf is caught by the node above it, who recomputes that
// too by the root, and who signs anew by the key.
func TestSkilfulForger(t *testing.T) {
	path, _, key := record(t, 600)
	forged := strings.Replace(entryText(t, path, 300), "entry 300", "entry XXX", 1)
	leaf := tlog.RecordHash([]byte(forged))
	spoil(t, path, fmt.Sprintf(`DROP TRIGGER entries_no_update; DROP TRIGGER hashes_no_update; DROP TRIGGER checkpoint_forward;
		UPDATE entries SET data = replace(data, 'entry 300', 'entry XXX'), leaf = x'%x' WHERE seq = 300`, leaf[:]))
	if d := mustCheck(t, path, key).Damage; d == nil || d.First != 257 || d.Last != 512 {
		t.Errorf("leaf recomputed: %v", d)
	}
	node := subtreeRoot(t, path, 257, 512)
	spoil(t, path, fmt.Sprintf(`UPDATE hashes SET hash = x'%x' WHERE n = 1`, node[:]))
	r := mustCheck(t, path, key)
	if d := r.Damage; d == nil || d.First != 1 || d.Last != 600 || !strings.Contains(d.What, "root differs") {
		t.Errorf("node recomputed: %v", d)
	}
	skey, _, err := note.GenerateKey(rand8{}, "trilock-test")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	text := "trilock-test\n600\n" + base64.StdEncoding.EncodeToString(r.Root[:]) + "\n"
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		t.Fatal(err)
	}
	spoil(t, path, fmt.Sprintf(`UPDATE checkpoint SET note = CAST(x'%x' AS TEXT)`, signed))
	if d := mustCheck(t, path, key).Damage; d == nil || !strings.Contains(d.What, "another key") {
		t.Errorf("signed anew: %v", d)
	}
}

// rand8 is a source of "randomness" for a key that signs nothing real.
type rand8 struct{}

func (rand8) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 8
	}
	return len(p), nil
}

func entryText(t *testing.T, path string, seq int) string {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var s, m int64
	var texts [5]string
	if err := db.QueryRow(`SELECT seq, mono_ns, wall, kind, actor, subject, data FROM entries WHERE seq = ?`, seq).
		Scan(&s, &m, &texts[0], &texts[1], &texts[2], &texts[3], &texts[4]); err != nil {
		t.Fatal(err)
	}
	out := "trilock entry 1\n" + be(8, s) + be(8, m)
	for _, text := range texts {
		out += be(4, int64(len(text))) + text
	}
	return out
}

func be(size int, v int64) string {
	var b []byte
	for i := size - 1; i >= 0; i-- {
		b = append(b, byte(v>>(8*i)))
	}
	return string(b)
}

// subtreeRoot joins the stored leaves first to last with tlog.
func subtreeRoot(t *testing.T, path string, first, last int) tlog.Hash {
	t.Helper()
	var level []tlog.Hash
	for seq := first; seq <= last; seq++ {
		level = append(level, tlog.RecordHash([]byte(entryText(t, path, seq))))
	}
	for len(level) > 1 {
		var up []tlog.Hash
		for i := 0; i < len(level); i += 2 {
			up = append(up, tlog.NodeHash(level[i], level[i+1]))
		}
		level = up
	}
	return level[0]
}

func spoil(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil { // the last connection takes the write-ahead log along
		t.Fatal(err)
	}
}

func TestWhatCannotBeChecked(t *testing.T) {
	path, _, key := record(t, 1)
	if _, err := verify.Check(path+"x", key); err == nil {
		t.Error("a missing file was checked")
	}
	if _, err := verify.Check(t.TempDir(), key); err == nil {
		t.Error("a folder was checked")
	}
	_, other, err := note.GenerateKey(rand8{}, "trilock-test")
	if err != nil {
		t.Fatal(err)
	}
	if r := mustCheck(t, path, other); r.OK() || !strings.Contains(r.Damage.What, "another key") {
		t.Errorf("another key: %+v", r)
	}
	for _, bad := range []string{"", "x", "trilock-test+00000000+" + strings.SplitN(key, "+", 3)[2], key[:len(key)-2], "+" + key} {
		if _, err := verify.Check(path, bad); err == nil {
			t.Errorf("key %q was taken", bad)
		}
	}
	for _, text := range []string{"", "x", strings.Repeat("x", 100), "SQLite format 3\x00", "SQLite format 3\x00" + strings.Repeat("x", 5000)} {
		if r := mustCheck(t, write(t, []byte(text)), key); r.OK() {
			t.Errorf("%q is taken for a journal", text)
		}
	}
}

// FuzzExport: no bytes make the check panic, and none that are not the original pass.
func FuzzExport(f *testing.F) {
	_, export, key := record(f, 3)
	f.Add(export)
	f.Add([]byte("trilock journal export 1\n"))
	f.Add([]byte("trilock journal export 1\n\xff\xff\xff\xff"))
	f.Add(export[:len(export)/2])
	path := filepath.Join(f.TempDir(), fmt.Sprint("fuzz", os.Getpid()))
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := verify.Check(path, key)
		if err == nil && r.OK() && !bytes.Equal(data, export) {
			t.Errorf("passed: %q", data)
		}
	})
}
