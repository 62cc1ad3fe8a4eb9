package verify

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

const (
	sqliteHeader  = "SQLite format 3\x00"
	applicationID = 0x54524C4B // "TRLK"
)

// guards are the triggers that keep a journal append-only. A journal that lacks one was
// altered, or was made ready to be.
var guards = []string{
	"entries_in_order", "entries_no_update", "entries_no_delete",
	"hashes_once", "hashes_no_update", "hashes_no_delete",
	"checkpoint_once", "checkpoint_forward", "checkpoint_no_delete",
}

// database checks a journal.db. What SQLite itself cannot read is damage, not an error.
func (c *check) database(path string) error {
	source, err := dataSource(path)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite3", source)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it only read
	db.SetMaxOpenConns(1)
	tx, err := db.Begin() // one snapshot, also while a daemon writes
	if err != nil {
		keep(&c.broken, 0, 0, "SQLite cannot read it: %v", err)
		return nil
	}
	defer func() { _ = tx.Rollback() }()
	for _, step := range []func(*sql.Tx) error{c.readSchema, c.readEntries, c.readHashes, c.readCheckpoint, c.readPages} {
		if err := step(tx); err != nil {
			keep(&c.broken, c.tree.size+1, c.tree.size+1, "cannot be read: %v", err)
			break
		}
	}
	return nil
}

// dataSource opens read-only. Without a write-ahead log no daemon has the file open:
// then SQLite must not leave files of its own beside what may be evidence.
func dataSource(path string) (string, error) {
	query := url.Values{"mode": {"ro"}, "_query_only": {"1"}, "_busy_timeout": {"5000"}}
	_, err := os.Stat(path + "-wal")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		query.Set("immutable", "1")
	case err != nil:
		return "", err
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode(), nil
}

func (c *check) readSchema(tx *sql.Tx) error {
	// The file is a stranger's: its views and triggers must not run functions.
	if _, err := tx.Exec(`PRAGMA trusted_schema = OFF`); err != nil {
		return err
	}
	var id int64
	if err := tx.QueryRow(`PRAGMA application_id`).Scan(&id); err != nil {
		return err
	}
	if id != applicationID {
		keep(&c.schema, 0, 0, "the database's application id is %#x: it is not a journal, or its header was altered", id)
	}
	for _, table := range []string{"entries", "hashes", "checkpoint"} {
		if err := c.present(tx, "table", table); err != nil {
			return err
		}
	}
	for _, guard := range guards {
		if err := c.present(tx, "trigger", guard); err != nil {
			return err
		}
	}
	return nil
}

func (c *check) present(tx *sql.Tx, sort, name string) error {
	var count int
	if err := tx.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE type = ? AND name = ?`, sort, name).Scan(&count); err != nil {
		return err
	}
	if count != 1 {
		keep(&c.schema, 0, 0, "the %s %s is missing: somebody altered the schema", sort, name)
	}
	return nil
}

func (c *check) readEntries(tx *sql.Tx) error {
	rows, err := tx.Query(`SELECT seq, mono_ns, wall, kind, actor, subject, data, leaf FROM entries ORDER BY seq`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var seq, mono int64
		var texts [5][]byte
		var leaf []byte
		if err := rows.Scan(&seq, &mono, &texts[0], &texts[1], &texts[2], &texts[3], &texts[4], &leaf); err != nil {
			return err
		}
		next := c.tree.size + 1
		if seq < 1 || uint64(seq) != next {
			keep(&c.broken, next, next, "missing: entry %d is found in its place", seq)
			return nil
		}
		computed, err := c.leaf(packLeaf(seq, mono, texts))
		if err != nil {
			return err
		}
		if string(leaf) != string(computed[:]) {
			keep(&c.stored, next, next, "it is not what it was when it was recorded: its hash differs")
		}
	}
	return rows.Err()
}

// readHashes compares the stored interior nodes with the computed ones. A difference narrows down
// which entries were rewritten together with their leaf hashes.
func (c *check) readHashes(tx *sql.Tx) error {
	rows, err := tx.Query(`SELECT level, n, hash FROM hashes ORDER BY level, n`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	missing := len(c.nodes)
	for rows.Next() {
		var level, n int64
		var stored []byte
		if err := rows.Scan(&level, &n, &stored); err != nil {
			return err
		}
		if level < 1 || level > maxHeight || n < 0 || n > 1<<(62-level) {
			keep(&c.around, 0, 0, "a stored hash %d/%d belongs to no entries", level, n)
			continue
		}
		computed, known := c.nodes[nodeID{int(level), uint64(n)}]
		first, last := uint64(n)<<level+1, uint64(n+1)<<level
		switch {
		case !known:
			keep(&c.around, 0, 0, "a stored hash stands for the entries %d to %d, which are not all there", first, last)
		case string(stored) != string(computed[:]):
			missing--
			keep(&c.stored, first, last, "one of them is not what it was when it was recorded: their common hash differs")
		default:
			missing--
		}
	}
	if missing != 0 {
		keep(&c.around, 0, 0, "%d stored hashes are missing", missing)
	}
	return rows.Err()
}

func (c *check) readCheckpoint(tx *sql.Tx) error {
	var size int64
	var note []byte
	err := tx.QueryRow(`SELECT size, note FROM checkpoint WHERE id = 1`).Scan(&size, &note)
	if errors.Is(err, sql.ErrNoRows) {
		keep(&c.around, 0, 0, "the checkpoint is missing")
		return nil
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	c.checkpoint(note)
	if c.proven && (size < 0 || uint64(size) != c.signed) {
		keep(&c.around, 0, 0, "the checkpoint's row says %d entries, its signature covers %d", size, c.signed)
	}
	return nil
}

// readPages lets SQLite look at the pages that no query above has touched.
func (c *check) readPages(tx *sql.Tx) error {
	var answer string
	if err := tx.QueryRow(`PRAGMA integrity_check(1)`).Scan(&answer); err != nil {
		return err
	}
	if answer != "ok" {
		keep(&c.schema, 0, 0, "the database's structure is damaged outside the entries: %s", answer)
	}
	return nil
}
