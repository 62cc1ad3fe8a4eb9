package journal

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// edge is the right edge of the tree: for every bit that is set in size, the root of the
// complete subtree of that many leaves. It is all that appending and the root need, so
// that an append reads nothing. It is a value: a failed append keeps the old one.
type edge struct {
	size  int64
	peaks [treeLevels]tlog.Hash
}

// node is one interior node of the tree.
type node struct {
	level int
	n     int64
	hash  tlog.Hash
}

// ReadHashes gives tlog the peaks, which are all that it asks for at the right edge.
func (e *edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		if level >= treeLevels || e.size>>level&1 == 0 || n != e.size>>level-1 {
			return nil, fmt.Errorf("journal: node %d/%d is not on the edge of a tree of %d", level, n, e.size)
		}
		out[i] = e.peaks[level]
	}
	return out, nil
}

// append adds a leaf and returns the nodes that it completed at stored levels.
func (e *edge) append(leaf tlog.Hash) ([]node, error) {
	n := e.size
	hashes, err := tlog.StoredHashesForRecordHash(n, leaf, e)
	if err != nil {
		return nil, err
	}
	top := len(hashes) - 1
	e.size, e.peaks[top] = n+1, hashes[top]
	var stored []node
	for level := tileLevels; level <= top; level += tileLevels {
		stored = append(stored, node{level: level, n: n >> level, hash: hashes[level]})
	}
	return stored, nil
}

// root returns the root hash of the tree.
func (e *edge) root() (tlog.Hash, error) { return tlog.TreeHash(e.size, e) }

// hashRange reads count stored nodes of one stored level from n on, in order. Level 0 are the leaves.
type hashRange func(level int, n, count int64) ([]tlog.Hash, error)

// loadEdge builds the edge of a tree of size leaves from what is stored.
func loadEdge(size int64, read hashRange) (edge, error) {
	e := edge{size: size}
	for rest := uint64(size); rest != 0; rest &= rest - 1 { //nolint:gosec // never negative
		level := bits.TrailingZeros64(rest)
		base := level - level%tileLevels
		count := int64(1) << (level - base)
		first := (size>>level - 1) * count
		hashes, err := read(base, first, count)
		if err != nil {
			return edge{}, err
		}
		if int64(len(hashes)) != count {
			return edge{}, fmt.Errorf("hashes of level %d: found %d of %d from %d on", base, len(hashes), count, first)
		}
		e.peaks[level] = fold(hashes)
	}
	return e, nil
}

// fold returns the root over a power of two of neighbouring nodes. It overwrites them.
func fold(hashes []tlog.Hash) tlog.Hash {
	for len(hashes) > 1 {
		half := len(hashes) / 2
		for i := range half {
			hashes[i] = tlog.NodeHash(hashes[2*i], hashes[2*i+1])
		}
		hashes = hashes[:half]
	}
	return hashes[0]
}
