// Package verify is the second pair of eyes on the record: it reads a journal, live or
// exported, recomputes every leaf and the root, and compares them with the signed
// checkpoint. It owns its own reading of the formats that package journal documents, and
// shares no code with it, so that a fault of the writer is not repeated by the checker.
//
// It refuses to write: a journal is opened read-only, and a file that no daemon has open
// is left without as much as a lock file beside it.
//
// What it proves: with the public key from journal.pub (kept elsewhere, not beside the
// file), that every entry is the one that was signed, none is missing, and none was added.
// What it cannot prove alone: that the file is the newest one. An older journal with its own
// checkpoint is whole too; compare Report.Entries and Report.Root with a checkpoint that was
// noted outside.
package verify

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// Report is what a check found.
type Report struct {
	// Origin is the site that the key belongs to ("trilock-<site>").
	Origin string
	// Entries is how many entries were read.
	Entries uint64
	// Signed is how many entries the signed checkpoint covers; 0 when it cannot be believed.
	Signed uint64
	// Root is the root hash over the entries as read (RFC 6962).
	Root [32]byte
	// Damage is the first damage; nil when the record is whole.
	Damage *Damage
}

// OK reports whether the record is whole: every entry is the one that was signed.
func (r Report) OK() bool { return r.Damage == nil }

// Damage says where the record is damaged and how.
type Damage struct {
	// First and Last are the entries between which the damage lies. They are equal when it is
	// one entry for certain, and 0 when the damage is not in an entry.
	First, Last uint64
	// What says what is wrong, in one sentence without a period.
	What string
}

// String returns the place and the sentence.
func (d Damage) String() string {
	switch {
	case d.First == 0:
		return d.What
	case d.First == d.Last:
		return fmt.Sprintf("entry %d: %s", d.First, d.What)
	}
	return fmt.Sprintf("entries %d to %d: %s", d.First, d.Last, d.What)
}

// Check checks the journal at path, either the database itself or an export, against a
// public key in the form of journal.pub ("trilock-<site>+…"). Damage of any kind is in the
// report; the error says only that the check could not be made (no such file, a key that is no key).
func Check(path, key string) (Report, error) {
	k, err := parseKey(key)
	if err != nil {
		return Report{}, fmt.Errorf("verify: public key: %w; use the text of the site's journal.pub", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return Report{}, fmt.Errorf("verify: %w; give the path of a journal.db or of an export", err)
	}
	defer func() { _ = f.Close() }() // it only read
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return Report{}, fmt.Errorf("verify: %s is not a regular file; give the path of a journal.db or of an export", path)
	}
	start := make([]byte, len(sqliteHeader))
	n, err := io.ReadFull(f, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	c := check{key: k, nodes: map[nodeID]hash{}}
	switch {
	case n == len(start) && bytes.Equal(start, []byte(sqliteHeader)):
		err = c.database(path)
	default:
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return Report{}, fmt.Errorf("verify: %w", err)
		}
		err = c.export(f)
	}
	if err != nil {
		return Report{}, fmt.Errorf("verify: %s: %w", path, err)
	}
	return c.report(), nil
}

// check collects what is found on one pass.
type check struct {
	key   publicKey
	tree  tree
	nodes map[nodeID]hash // computed interior nodes at the stored levels

	signed     uint64
	signedRoot hash
	proven     bool // the checkpoint's signature is good

	broken *Damage // entries cannot be read further
	stored *Damage // a stored hash does not fit what it stands for
	around *Damage // the checkpoint, or hashes that stand for nothing
	schema *Damage // the tables are not those of a journal, or not guarded
}

// keep remembers the first damage of its sort.
func keep(at **Damage, first, last uint64, what string, args ...any) {
	if *at == nil {
		*at = &Damage{First: first, Last: last, What: fmt.Sprintf(what, args...)}
	}
}

// leaf takes the next entry in order.
func (c *check) leaf(data []byte) (hash, error) {
	h := leafHash(data)
	err := c.tree.push(h, func(level int, n uint64, h hash) {
		if level%8 == 0 {
			c.nodes[nodeID{level, n}] = h
		}
	})
	return h, err
}

// checkpoint takes the signed note.
func (c *check) checkpoint(note []byte) {
	size, root, err := c.key.open(note)
	if err != nil {
		keep(&c.around, 0, 0, "the checkpoint is not signed by key %s: %v", c.key.name, err)
		return
	}
	c.signed, c.signedRoot, c.proven = size, root, true
}

// report weighs what was found: damage that has a place comes first.
func (c *check) report() Report {
	r := Report{Origin: c.key.name, Entries: c.tree.size, Signed: c.signed, Root: c.tree.root()}
	whole := c.proven && c.broken == nil && c.tree.size == c.signed && r.Root == c.signedRoot
	switch {
	case c.broken != nil:
		r.Damage = earlier(c.broken, c.stored)
	case whole && c.stored != nil:
		r.Damage = &Damage{What: "every entry is the one that was signed, but a stored hash is damaged (" + c.stored.String() + ")"}
	case c.stored != nil:
		r.Damage = c.stored
	case !c.proven:
		r.Damage = c.around
	case c.tree.size < c.signed:
		r.Damage = &Damage{First: c.tree.size + 1, Last: c.signed, What: "signed, but missing"}
	case c.tree.size > c.signed:
		r.Damage = &Damage{First: c.signed + 1, Last: c.tree.size, What: "not covered by the signed checkpoint"}
	case !whole:
		r.Damage = &Damage{First: 1, Last: c.tree.size, What: "not the entries that were signed: the root differs"}
	case c.around != nil:
		r.Damage = c.around
	default:
		r.Damage = c.schema
	}
	return r
}

func earlier(a, b *Damage) *Damage {
	if b != nil && b.First < a.First {
		return b
	}
	return a
}
