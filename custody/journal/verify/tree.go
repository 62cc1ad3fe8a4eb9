package verify

import (
	"crypto/sha256"
	"errors"
)

type hash [sha256.Size]byte

// nodeID names an interior node: its height above the leaves, and its place from the left.
type nodeID struct {
	level int
	n     uint64
}

// maxHeight bounds the tree: 2^48 entries are more than a site writes in a thousand years.
const maxHeight = 48

// leafHash and nodeHash: RFC 6962 section 2.1.
func leafHash(data []byte) hash {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(data)
	return hash(h.Sum(nil))
}

func nodeHash(left, right hash) hash {
	h := sha256.New()
	h.Write([]byte{1})
	h.Write(left[:])
	h.Write(right[:])
	return hash(h.Sum(nil))
}

// tree keeps the roots of the complete subtrees, the tallest first: pushing a leaf merges
// equal neighbours as a carry does in a sum.
type tree struct {
	size     uint64
	subtrees []subtree
}

type subtree struct {
	height int
	hash   hash
}

// push adds a leaf and calls completed for every interior node that it finishes.
func (t *tree) push(leaf hash, completed func(level int, n uint64, h hash)) error {
	t.size++
	t.subtrees = append(t.subtrees, subtree{0, leaf})
	for {
		last := len(t.subtrees) - 1
		if last < 1 || t.subtrees[last-1].height != t.subtrees[last].height {
			return nil
		}
		height := t.subtrees[last].height + 1
		if height > maxHeight {
			return errors.New("more entries than a journal can have")
		}
		joined := nodeHash(t.subtrees[last-1].hash, t.subtrees[last].hash)
		t.subtrees = append(t.subtrees[:last-1], subtree{height, joined})
		completed(height, t.size>>height-1, joined)
	}
}

// root joins the subtrees from the right.
func (t *tree) root() hash {
	if len(t.subtrees) == 0 {
		return sha256.Sum256(nil)
	}
	last := len(t.subtrees) - 1
	h := t.subtrees[last].hash
	for i := last - 1; i >= 0; i-- {
		h = nodeHash(t.subtrees[i].hash, h)
	}
	return h
}
