package verify

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	exportHeader = "trilock journal export 1\n"
	leafHeader   = "trilock entry 1\n"
	// maxRecord bounds one record of an export: an event of 1 MiB and the words around it.
	maxRecord = 1<<20 + 8<<10
)

// export checks the portable form. It returns an error only when the file cannot be read.
func (c *check) export(f io.Reader) error {
	r := bufio.NewReaderSize(f, 64<<10)
	start := make([]byte, len(exportHeader))
	if _, err := io.ReadFull(r, start); err != nil || !bytes.Equal(start, []byte(exportHeader)) {
		keep(&c.broken, 0, 0, "this is neither a journal nor an export: it begins with %q", start)
		return nil
	}
	for {
		next := c.tree.size + 1
		record, what, err := readRecord(r)
		switch {
		case err != nil:
			return err
		case what != "":
			keep(&c.broken, next, next, "%s", what)
			return nil
		case len(record) == 0:
			return c.end(r)
		}
		if err := parseLeaf(record, next); err != nil {
			keep(&c.broken, next, next, "%v", err)
			return nil
		}
		if _, err := c.leaf(record); err != nil {
			return err
		}
	}
}

// end reads the checkpoint, after which nothing may follow.
func (c *check) end(r *bufio.Reader) error {
	note, what, err := readRecord(r)
	if err != nil {
		return err
	}
	if what != "" {
		keep(&c.around, 0, 0, "the checkpoint: %s", what)
		return nil
	}
	c.checkpoint(note)
	if _, err := r.ReadByte(); err == nil {
		keep(&c.broken, 0, 0, "something follows the checkpoint")
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// readRecord reads a length and so many bytes. What says how the file is wrong, err why it
// could not be read.
func readRecord(r io.Reader) (record []byte, what string, err error) {
	cut := func(err error) (string, error) {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return "the file ends here", nil
		}
		return "", err
	}
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		what, err = cut(err)
		return nil, what, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > maxRecord {
		return nil, fmt.Sprintf("a record of %d bytes: at most %d", n, maxRecord), nil
	}
	record = make([]byte, n)
	if _, err := io.ReadFull(r, record); err != nil {
		what, err = cut(err)
		return nil, what, err
	}
	return record, "", nil
}

// parseLeaf checks that a leaf has its form and is the entry that is next.
func parseLeaf(leaf []byte, want uint64) error {
	rest, ok := bytes.CutPrefix(leaf, []byte(leafHeader))
	if !ok || len(rest) < 16 {
		return errors.New("it has not the form of an entry")
	}
	if seq := binary.BigEndian.Uint64(rest); seq != want {
		return fmt.Errorf("entry %d stands in its place", seq)
	}
	rest = rest[16:]
	for range 5 {
		if len(rest) < 4 || uint64(binary.BigEndian.Uint32(rest)) > uint64(len(rest)-4) {
			return errors.New("it has not the form of an entry")
		}
		rest = rest[4+binary.BigEndian.Uint32(rest):]
	}
	if len(rest) != 0 {
		return errors.New("it has not the form of an entry")
	}
	return nil
}

// packLeaf builds a leaf from a row's columns.
func packLeaf(seq, monoNS int64, texts [5][]byte) []byte {
	var b bytes.Buffer
	b.WriteString(leafHeader)
	var number [8]byte
	for _, v := range []int64{seq, monoNS} {
		binary.BigEndian.PutUint64(number[:], uint64(v)) //nolint:gosec // two's complement is the format
		b.Write(number[:])
	}
	for _, text := range texts {
		binary.BigEndian.PutUint32(number[:4], uint32(len(text))) //nolint:gosec // SQLite's values end at 1 GB
		b.Write(number[:4])
		b.Write(text)
	}
	return b.Bytes()
}
