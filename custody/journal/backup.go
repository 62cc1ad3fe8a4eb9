package journal

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
)

// Backup writes a copy of the record and the outbox to a new file, and returns when the disk
// has it. Appends go on meanwhile; what they add is not in the copy. The copy is a journal.db
// that package verify checks, which the caller should do before trusting it. The signing key
// is not part of it. It fails when path exists.
func (j *Journal) Backup(ctx context.Context, path string) error {
	failed := func(err error) error {
		return &Error{Path: path, Found: "the backup could not be written", Err: err,
			Next: "give a new file name on a disk with room for the whole record"}
	}
	// A connection of its own: the readers' query_only forbids writing to any file at all.
	db := openPool(dsn(j.path, url.Values{"mode": {"ro"}, "_busy_timeout": {strconv.Itoa(busyTimeoutMs)}}), 1)
	defer func() { _ = db.Close() }() // it only read
	// Created here for its mode: SQLite would let others read the copy.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return failed(err)
	}
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, path)
	if err == nil {
		err = errors.Join(f.Sync(), syncDir(filepath.Dir(path)))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return failed(errors.Join(err, os.Remove(path))) // half a copy must not be taken for one
	}
	return nil
}
