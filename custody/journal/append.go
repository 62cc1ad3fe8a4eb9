package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"golang.org/x/mod/sumdb/tlog"

	"trilock/alerts"
	"trilock/custody"
)

// Batch is what one transaction records.
type Batch struct {
	// Entries carry their Seq: the first is the next of the record, without gaps after it.
	// Site time must not run backwards.
	Entries []custody.Entry
	// Notices go into the outbox. A notice that already waits there for the same channel
	// (same ID) stays as it is.
	Notices []Posting
	// Settled leave the outbox. One that is not there is passed over: it was settled before.
	Settled []Settlement
}

// Posting is one notice for one channel.
type Posting struct {
	Channel string
	Notice  alerts.Notice
}

// Settlement says that a notice needs no more delivery over a channel.
type Settlement struct{ NoticeID, Channel string }

// prepared is a batch in its stored form.
type prepared struct {
	rows     []row
	nodes    []node
	postings []letter
	settled  []Settlement
	was      int64 // entries before the batch
	head     head  // after the batch
}

// letter is one row of the outbox.
type letter struct {
	channel, id, notice string
	alert, createdMS    int64
}

// Append records a batch: entries, hashes, a newly signed checkpoint and the outbox, in one
// transaction with one fsync. When it returns nil, all of it is durable. When it returns an
// error, nothing of it is visible, in memory or on disk, and the same batch can be appended again:
// after a *BatchError only once the batch is put right, after ErrStale only by a new process,
// after any other error (disk full, I/O) when Probe succeeds. A batch that holds nothing does nothing.
//
// ctx is looked at before the transaction begins, not during it: a commit is short,
// and its caller must learn how it ended. The one exception that no software can
// rule out: if the machine dies after a failed fsync, the batch may turn out to be there.
func (j *Journal) Append(ctx context.Context, b Batch) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("journal %s: append: %w", j.path, err)
	}
	if len(b.Entries)+len(b.Notices)+len(b.Settled) == 0 {
		return nil
	}
	j.appending.Lock()
	defer j.appending.Unlock()
	p, err := j.prepare(b)
	if err != nil {
		return err
	}
	if err := j.commit(context.WithoutCancel(ctx), p); err != nil {
		if errors.Is(err, ErrStale) {
			return &Error{Path: j.path, Found: fmt.Sprintf("cannot append after entry %d", p.was), Err: err,
				Next: "restart the daemon; find out who else writes to the file"}
		}
		return j.storage(fmt.Sprintf("batch of %d entries after entry %d was not recorded", len(p.rows), p.was), err)
	}
	j.mu.Lock()
	j.head = p.head
	j.mu.Unlock()
	return nil
}

// prepare checks the batch and computes everything that will be written. It touches nothing.
func (j *Journal) prepare(b Batch) (prepared, error) {
	if len(b.Entries) > MaxEntriesPerBatch || len(b.Notices) > MaxPostingsPerBatch || len(b.Settled) > MaxSettlementsPerBatch {
		return prepared{}, &BatchError{What: fmt.Sprintf("%d entries, %d notices, %d settlements: at most %d, %d, %d; split it",
			len(b.Entries), len(b.Notices), len(b.Settled), MaxEntriesPerBatch, MaxPostingsPerBatch, MaxSettlementsPerBatch)}
	}
	h := j.current()
	p := prepared{was: h.edge.size, settled: b.Settled, rows: make([]row, 0, len(b.Entries))}
	for _, e := range b.Entries {
		r, err := rowOf(e)
		if err != nil {
			return prepared{}, err
		}
		if next := uint64(h.edge.size) + 1; r.seq != next { //nolint:gosec // never negative
			return prepared{}, &BatchError{Seq: r.seq, What: fmt.Sprintf("the record's next entry is %d", next)}
		}
		if r.monoNS < h.monoNS {
			return prepared{}, &BatchError{Seq: r.seq, What: fmt.Sprintf("site time %d ns is before the last entry's %d ns", r.monoNS, h.monoNS)}
		}
		nodes, err := h.edge.append(r.leaf)
		if err != nil {
			return prepared{}, err
		}
		h.monoNS = r.monoNS
		p.rows, p.nodes = append(p.rows, r), append(p.nodes, nodes...)
	}
	var err error
	if p.postings, err = lettersOf(b.Notices); err != nil {
		return prepared{}, err
	}
	if len(p.rows) > 0 {
		if h.root, err = h.edge.root(); err != nil {
			return prepared{}, err
		}
		if h.note, err = j.key.sign(h.edge.size, h.root); err != nil {
			return prepared{}, fmt.Errorf("journal %s: sign: %w", j.path, err)
		}
	}
	p.head = h
	return p, nil
}

// lettersOf puts notices into their stored form.
func lettersOf(postings []Posting) ([]letter, error) {
	out := make([]letter, 0, len(postings))
	for _, p := range postings {
		for _, f := range []struct{ name, text string }{{"channel", p.Channel}, {"notice id", p.Notice.ID}} {
			if what := wordFault(f.text); what != "" {
				return nil, &BatchError{What: fmt.Sprintf("notice %q: %s %s", p.Notice.ID, f.name, what)}
			}
			if f.text == "" {
				return nil, &BatchError{What: fmt.Sprintf("notice %q for channel %q: it has no %s", p.Notice.ID, p.Channel, f.name)}
			}
		}
		text, err := json.Marshal(p.Notice)
		if err != nil {
			return nil, &BatchError{What: fmt.Sprintf("notice %q cannot be encoded: %v", p.Notice.ID, err)}
		}
		if len(text) > MaxNoticeBytes {
			return nil, &BatchError{What: fmt.Sprintf("notice %q has %d bytes: at most %d", p.Notice.ID, len(text), MaxNoticeBytes)}
		}
		// Read back what Pending will have to read: a notice that cannot be would wait for ever.
		var back alerts.Notice
		if err := json.Unmarshal(text, &back); err != nil {
			return nil, &BatchError{What: fmt.Sprintf("notice %q cannot be read back: %v", p.Notice.ID, err)}
		}
		out = append(out, letter{
			channel: p.Channel, id: p.Notice.ID, notice: string(text),
			alert:     int64(p.Notice.Alert), //nolint:gosec // a number that is only compared for equality
			createdMS: p.Notice.At.Wall.UnixMilli(),
		})
	}
	return out, nil
}

func (j *Journal) commit(ctx context.Context, p prepared) error {
	tx, err := j.writer.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	if err := j.put.write(ctx, tx, p); err != nil {
		_ = tx.Rollback() // SQLite may have rolled back by itself (disk full); the first error is the one that counts
		return err
	}
	return tx.Commit()
}

// statements are the prepared writes of Append.
type statements struct {
	entry, hash, checkpoint, post, settle *sqlx.Stmt
}

func (s *statements) prepare(ctx context.Context, db *sqlx.DB) error {
	for _, p := range []struct {
		at    **sqlx.Stmt
		query string
	}{
		{&s.entry, `INSERT INTO entries (seq, mono_ns, wall, kind, actor, subject, data, leaf) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.hash, `INSERT INTO hashes (level, n, hash) VALUES (?, ?, ?)`},
		{&s.checkpoint, `UPDATE checkpoint SET size = ?, note = ? WHERE id = 1 AND size = ?`},
		{&s.post, `INSERT INTO outbox (channel, notice_id, alert, notice, created_ms) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (channel, notice_id) DO NOTHING`},
		{&s.settle, `DELETE FROM outbox WHERE channel = ? AND notice_id = ?`},
	} {
		stmt, err := db.PreparexContext(ctx, p.query)
		if err != nil {
			return fmt.Errorf("journal: prepare %q: %w", p.query, err)
		}
		*p.at = stmt
	}
	return nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sqlx.Stmt{s.entry, s.hash, s.checkpoint, s.post, s.settle} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// write does all writes of a batch. The checkpoint comes first and by compare-and-set: if
// another hand has moved the record on, nothing else is tried.
func (s *statements) write(ctx context.Context, tx *sqlx.Tx, p prepared) error {
	if len(p.rows) > 0 {
		res, err := tx.StmtxContext(ctx, s.checkpoint).ExecContext(ctx, p.head.edge.size, string(p.head.note), p.was)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(ErrStale, err)
		}
	}
	entry, hash := tx.StmtxContext(ctx, s.entry), tx.StmtxContext(ctx, s.hash)
	for _, r := range p.rows {
		if _, err := entry.ExecContext(ctx, int64(r.seq), r.monoNS, r.wall, r.kind, r.actor, r.subject, r.data, r.leaf[:]); err != nil { //nolint:gosec // counts from 1
			return err
		}
	}
	for _, n := range p.nodes {
		if _, err := hash.ExecContext(ctx, n.level, n.n, n.hash[:]); err != nil {
			return err
		}
	}
	return s.writeOutbox(ctx, tx, p)
}

func (s *statements) writeOutbox(ctx context.Context, tx *sqlx.Tx, p prepared) error {
	settle, post := tx.StmtxContext(ctx, s.settle), tx.StmtxContext(ctx, s.post)
	for _, l := range p.postings {
		if _, err := post.ExecContext(ctx, l.channel, l.id, l.alert, l.notice, l.createdMS); err != nil {
			return err
		}
	}
	for _, d := range p.settled {
		if _, err := settle.ExecContext(ctx, d.Channel, d.NoticeID); err != nil {
			return err
		}
	}
	return nil
}

// Probe finds out whether the record can be written again after a failed Append: it writes as
// much as a usual batch needs, durably, and takes it back. Nil means that Append is worth trying.
func (j *Journal) Probe(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("journal %s: probe: %w", j.path, err)
	}
	ctx = context.WithoutCancel(ctx)
	// Two transactions on purpose: only a commit reaches the disk, and the space that the
	// second one gives back inside the file is the reserve of the next Append.
	for _, size := range []int{probeBytes, 0} {
		_, err := j.writer.ExecContext(ctx, `INSERT INTO probe (id, filler) VALUES (1, zeroblob(?))
			ON CONFLICT (id) DO UPDATE SET filler = excluded.filler`, size)
		if err != nil {
			return j.storage("the record still cannot be written", err)
		}
	}
	return nil
}

// checkpointAt reads the signed checkpoint inside a read transaction.
func (j *Journal) checkpointAt(ctx context.Context, tx *sqlx.Tx) (size int64, root tlog.Hash, signed []byte, err error) {
	var text string
	if err := tx.GetContext(ctx, &text, `SELECT note FROM checkpoint WHERE id = 1`); err != nil {
		return 0, root, nil, j.storage("the checkpoint cannot be read", err)
	}
	size, root, err = j.key.open([]byte(text))
	return size, root, []byte(text), err
}
