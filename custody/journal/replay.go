package journal

import (
	"context"
	"database/sql"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"trilock/custody"
)

// Replay hands every entry to visit, in order, from 1 to the last. On the way it checks that
// none is missing, that each is the one that was hashed when it was appended, and at
// the end that the whole is what was signed. Whoever acts on the entries before Replay has returned
// nil acts on an unproven record. It stops at the first error, visit's own included, which it
// returns as it is. Entries appended meanwhile are not part of it.
func (j *Journal) Replay(ctx context.Context, visit func(custody.Entry) error) error {
	_, err := j.walk(ctx, func(r row) error {
		e, err := r.entry(j.decode)
		if err != nil {
			return &Error{Path: j.path, Found: fmt.Sprintf("entry %d cannot be read", r.seq), Err: err,
				Next: "install the program version that wrote it; when that is this one, run 'trilock verify'"}
		}
		return visit(e)
	})
	return err
}

// walk streams the rows of one snapshot and proves them against its checkpoint, which it returns.
func (j *Journal) walk(ctx context.Context, visit func(row) error) ([]byte, error) {
	// The driver would pay for cancellation at every row; walk looks at ctx itself.
	quiet := context.WithoutCancel(ctx)
	tx, err := j.reader.BeginTxx(quiet, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, j.storage("the record cannot be read", err)
	}
	defer func() { _ = tx.Rollback() }() // it only read
	size, root, signed, err := j.checkpointAt(quiet, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(quiet, `SELECT seq, mono_ns, wall, kind, actor, subject, data, leaf FROM entries ORDER BY seq`)
	if err != nil {
		return nil, j.storage("the entries cannot be read", err)
	}
	defer func() { _ = rows.Close() }() // it only read; rows.Err tells what matters
	var tree edge
	for rows.Next() {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("journal %s: stopped after entry %d: %w", j.path, tree.size, err)
		}
		r, err := j.provenRow(rows, tree.size+1)
		if err != nil {
			return nil, err
		}
		if _, err := tree.append(r.leaf); err != nil {
			return nil, err
		}
		if err := visit(r); err != nil {
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, j.storage(fmt.Sprintf("the entries cannot be read after %d", tree.size), err)
	}
	computed, err := tree.root()
	if err != nil {
		return nil, err
	}
	if tree.size != size || computed != root {
		return nil, j.tampered(fmt.Sprintf("its %d entries are not the %d that were signed", tree.size, size))
	}
	return signed, nil
}

// provenRow reads one row and checks its number and its hash.
func (j *Journal) provenRow(rows *sql.Rows, want int64) (row, error) {
	var r row
	var leaf []byte
	if err := rows.Scan(&r.seq, &r.monoNS, &r.wall, &r.kind, &r.actor, &r.subject, &r.data, &leaf); err != nil {
		return row{}, j.tampered(fmt.Sprintf("entry %d cannot be read: %v", want, err))
	}
	if r.seq != uint64(want) { //nolint:gosec // counts from 1
		return row{}, j.tampered(fmt.Sprintf("entry %d is missing: the next one found is %d", want, r.seq))
	}
	r.leaf = tlog.RecordHash(r.encode())
	if string(leaf) != string(r.leaf[:]) {
		return row{}, j.tampered(fmt.Sprintf("entry %d is not what it was when it was recorded", want))
	}
	return r, nil
}

func (j *Journal) tampered(found string) error {
	return &Error{Path: j.path, Found: found,
		Next: "stop, keep a copy as evidence, run 'trilock verify' on it and restore the last verified backup"}
}
