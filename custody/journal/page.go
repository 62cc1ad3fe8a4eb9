package journal

import (
	"context"
	"database/sql"
	"fmt"

	"trilock/custody"
)

// MaxPageEntries bounds one page: what a screen or a program takes at a time.
const MaxPageEntries = 1000

// Page returns the entries after a number, in order, at most limit of them (1 to
// MaxPageEntries). It checks each entry's hash, not the whole record: that is Replay's.
func (j *Journal) Page(ctx context.Context, after uint64, limit int) ([]custody.Entry, error) {
	limit = min(max(limit, 1), MaxPageEntries)
	rows, err := j.reader.QueryContext(ctx, `SELECT seq, mono_ns, wall, kind, actor, subject, data, leaf FROM entries WHERE seq > ? ORDER BY seq LIMIT ?`, int64(after), limit) //nolint:gosec // a number of an entry
	if err != nil {
		return nil, j.storage("the entries cannot be read", err)
	}
	defer func() { _ = rows.Close() }() // it only read; rows.Err tells what matters
	return j.page(rows, after)
}

func (j *Journal) page(rows *sql.Rows, after uint64) ([]custody.Entry, error) {
	entries := []custody.Entry{}
	for rows.Next() {
		r, err := j.provenRow(rows, int64(after)+int64(len(entries))+1) //nolint:gosec // a number of an entry
		if err != nil {
			return nil, err
		}
		e, err := r.entry(j.decode)
		if err != nil {
			return nil, fmt.Errorf("journal %s: entry %d: %w", j.path, r.seq, err)
		}
		entries = append(entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, j.storage("the entries cannot be read", err)
	}
	return entries, nil
}
