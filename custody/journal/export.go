package journal

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
)

const exportHeader = "trilock journal export 1\n"

// Export writes the whole record as one stream that package verify checks without SQLite: see the
// package comment. It proves every entry on the way, as Replay does, and fails on the first
// that is not what was signed; what it has written until then does not verify either.
func (j *Journal) Export(ctx context.Context, to io.Writer) error {
	w := bufio.NewWriterSize(to, 64<<10)
	put := func(b []byte) error {
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(len(b))) //nolint:gosec // bounded by MaxEventBytes
		_, err := w.Write(length[:])
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			return fmt.Errorf("journal %s: export: %w", j.path, err)
		}
		return nil
	}
	if _, err := w.WriteString(exportHeader); err != nil {
		return fmt.Errorf("journal %s: export: %w", j.path, err)
	}
	signed, err := j.walk(ctx, func(r row) error { return put(r.encode()) })
	if err != nil {
		return err
	}
	for _, part := range [][]byte{nil, signed} { // the empty one ends the entries
		if err := put(part); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("journal %s: export: %w", j.path, err)
	}
	return nil
}
