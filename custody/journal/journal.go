package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/jmoiron/sqlx"
	"golang.org/x/mod/sumdb/tlog"

	"trilock/custody"
)

const databaseFile = "journal.db"

// Settings says where the journal lives and whose it is.
type Settings struct {
	// Dir is an existing folder that belongs to the daemon alone.
	Dir string
	// Site is the site's configured name; the checkpoint is signed as "trilock-<site>".
	Site string
}

// Journal is the open record of one site. All methods can be called from several
// goroutines; appends wait for each other.
type Journal struct {
	path   string
	origin string
	lock   *os.File
	writer *sqlx.DB // one connection: SQLite has one writer
	reader *sqlx.DB // read-only pool
	put    statements
	key    signingKey
	decode decoder

	closing sync.Once
	closed  error

	appending sync.Mutex // held for a whole Append, fsync included
	mu        sync.RWMutex
	head      head
}

// head is where the record ends: what the last committed checkpoint covers.
type head struct {
	edge   edge
	root   tlog.Hash
	note   []byte
	monoNS int64 // site time of the last entry
}

// Open opens the journal of s.Dir, and creates file and key at the first start. It checks
// that the end of the tree is the one that was signed; Replay checks every entry.
// It fails with an *Error that names the file, what was found and the next step.
func Open(ctx context.Context, s Settings) (*Journal, error) {
	origin, err := originOf(s.Site)
	if err != nil {
		return nil, err
	}
	if err := checkPlace(s.Dir); err != nil {
		return nil, err
	}
	j := &Journal{path: filepath.Join(s.Dir, databaseFile), origin: origin, decode: custody.DecodeEvent}
	if j.lock, err = lockDir(s.Dir); err != nil {
		return nil, err
	}
	if err := j.open(ctx, s.Dir); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

func (j *Journal) open(ctx context.Context, dir string) error {
	if err := prepareFile(j.path); err != nil {
		return err
	}
	j.writer = openPool(writerDSN(j.path), 1)
	if err := j.prepareSchema(ctx); err != nil {
		return err
	}
	j.reader = openPool(readerDSN(j.path), readersMax)
	if err := j.prepareRecord(ctx, dir); err != nil {
		return err
	}
	h, err := j.loadHead(ctx)
	if err != nil {
		return err
	}
	j.head = h
	return j.put.prepare(ctx, j.writer)
}

// Close ends all work with the file and releases it. It can be called more than once.
func (j *Journal) Close() error {
	j.closing.Do(func() {
		var errs []error
		errs = append(errs, j.put.close())
		for _, db := range []*sqlx.DB{j.reader, j.writer} { // the writer last: it folds the write-ahead log in
			if db != nil {
				errs = append(errs, db.Close())
			}
		}
		if j.lock != nil {
			errs = append(errs, j.lock.Close()) // closing releases the lock
		}
		if err := errors.Join(errs...); err != nil {
			j.closed = fmt.Errorf("journal %s: close: %w", j.path, err)
		}
	})
	return j.closed
}

// Head returns the number of entries, the root hash over them and the signed checkpoint
// that says so. It is what an outside witness should keep a copy of.
func (j *Journal) Head() (size uint64, root [32]byte, signedNote []byte) {
	h := j.current()
	return uint64(h.edge.size), h.root, append([]byte(nil), h.note...) //nolint:gosec // never negative
}

// PublicKey returns the key that auditors check the record with ("trilock-<site>+…"),
// the same text as in the file journal.pub.
func (j *Journal) PublicKey() string { return j.key.public }

func (j *Journal) current() head {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.head
}

// prepareRecord finds the key, and at the first start begins the record.
func (j *Journal) prepareRecord(ctx context.Context, dir string) error {
	var found struct{ Checkpoints, Entries int64 }
	err := j.writer.GetContext(ctx, &found,
		`SELECT (SELECT count(*) FROM checkpoint) AS checkpoints, (SELECT coalesce(max(seq), 0) FROM entries) AS entries`)
	if err != nil {
		return j.storage("the record cannot be read", err)
	}
	if found.Checkpoints == 0 && found.Entries == 0 {
		return j.begin(ctx, dir)
	}
	if err := adoptKey(dir); err != nil {
		return err
	}
	j.key, err = loadKey(dir, j.origin)
	if err != nil {
		return err
	}
	var public string
	if err := j.writer.GetContext(ctx, &public, `SELECT value FROM meta WHERE name = 'key'`); err != nil {
		return j.storage("the record does not say which key signs it", err)
	}
	if public != j.key.public {
		return &Error{Path: filepath.Join(dir, keyFile),
			Found: fmt.Sprintf("the record is signed by key %q, this is %q", public, j.key.public),
			Next:  "restore the record and its key from the same backup"}
	}
	return nil
}

// begin creates the key and the checkpoint over nothing. The key takes its final name only
// when the checkpoint is durable: a key without a record is then always a record that got lost.
func (j *Journal) begin(ctx context.Context, dir string) error {
	key, err := createKey(dir, j.origin)
	if err != nil {
		return err
	}
	j.key = key
	var empty edge
	root, err := empty.root()
	if err != nil {
		return err
	}
	signed, err := key.sign(0, root)
	if err != nil {
		return fmt.Errorf("journal %s: sign: %w", j.path, err)
	}
	tx, err := j.writer.BeginTxx(ctx, nil)
	if err != nil {
		return j.storage("the record cannot be begun", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if _, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('key', ?), ('origin', ?)`, key.public, j.origin); err != nil {
		return j.storage("the record cannot be begun", err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO checkpoint (id, size, note) VALUES (1, 0, ?)`, string(signed)); err != nil {
		return j.storage("the record cannot be begun", err)
	}
	if err := tx.Commit(); err != nil {
		return j.storage("the record cannot be begun", err)
	}
	return adoptKey(dir)
}

// loadHead reads the checkpoint, checks its signature, and checks that the stored hashes
// give the root that was signed.
func (j *Journal) loadHead(ctx context.Context) (head, error) {
	var at struct {
		Size, Entries, Last int64
		Note                string
	}
	err := j.writer.GetContext(ctx, &at, `SELECT size, note,
		(SELECT coalesce(max(seq), 0) FROM entries) AS entries,
		(SELECT coalesce(max(mono_ns), 0) FROM entries WHERE seq = (SELECT max(seq) FROM entries)) AS last
		FROM checkpoint WHERE id = 1`)
	if err != nil {
		return head{}, j.storage("the checkpoint cannot be read", err)
	}
	size, root, err := j.key.open([]byte(at.Note))
	if err != nil {
		return head{}, j.tampered("the checkpoint is not the one that was signed: " + err.Error())
	}
	if size != at.Size || size != at.Entries {
		return head{}, j.tampered(fmt.Sprintf("the checkpoint was signed over %d entries, its row says %d, and the last entry is %d", size, at.Size, at.Entries))
	}
	e, err := loadEdge(size, func(level int, n, count int64) ([]tlog.Hash, error) {
		return readHashes(ctx, j.writer, level, n, count)
	})
	if err != nil {
		return head{}, j.tampered("the tree cannot be read: " + err.Error())
	}
	computed, err := e.root()
	if err != nil {
		return head{}, err
	}
	if computed != root {
		return head{}, j.tampered("the tree's root is not the one that was signed")
	}
	return head{edge: e, root: root, note: []byte(at.Note), monoNS: at.Last}, nil
}

// readHashes reads neighbouring stored nodes, leaves at level 0.
func readHashes(ctx context.Context, q sqlx.QueryerContext, level int, n, count int64) ([]tlog.Hash, error) {
	query, args := `SELECT hash FROM hashes WHERE level = ? AND n >= ? AND n < ? ORDER BY n`, []any{level, n, n + count}
	if level == 0 {
		query, args = `SELECT leaf FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq`, []any{n, n + count}
	}
	var raw [][]byte
	if err := sqlx.SelectContext(ctx, q, &raw, query, args...); err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(raw))
	for i, b := range raw {
		if len(b) != tlog.HashSize {
			return nil, fmt.Errorf("hash %d of level %d has %d bytes", n+int64(i), level, len(b))
		}
		copy(out[i][:], b)
	}
	return out, nil
}
