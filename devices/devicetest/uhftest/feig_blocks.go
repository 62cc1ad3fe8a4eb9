package uhftest

import (
	"bytes"
	"slices"
	"sync"

	"trilock/firmware-protocols/feig"
)

// HFChip is the memory of one simulated ISO 15693 tag. Its methods are safe for concurrent use.
type HFChip struct {
	mu     sync.Mutex
	uid    []byte
	blocks [][]byte
	locked []bool
	away   bool
}

// NewHFChip makes a tag with a UID of 8 bytes and so many empty blocks of so many bytes.
func NewHFChip(uid []byte, blocks, size int) *HFChip {
	c := &HFChip{uid: bytes.Clone(uid), locked: make([]bool, blocks)}
	for range blocks {
		c.blocks = append(c.blocks, make([]byte, size))
	}
	return c
}

// SetAway takes the tag out of the field, or puts it back.
func (c *HFChip) SetAway(away bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away = away
}

// Block returns a copy of a block, and whether it is locked.
func (c *HFChip) Block(i int) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.blocks[i]), c.locked[i]
}

func (c *HFChip) is(uid []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.away && bytes.Equal(c.uid, uid)
}

// HFTags is what lies before an HF reader.
type HFTags func() []*HFChip

// Hear is the Field of the tags.
func (t HFTags) Hear(uint8) (heard []Heard) {
	for _, c := range t() {
		if c.is(c.uid) {
			heard = append(heard, Heard{EPC: c.uid, RSSIdBm: chipRSSIdBm})
		}
	}
	return heard
}

// work answers a request that works on one tag, and reports false for what is none.
func (g *feigFirmware) work(f feig.Frame) bool {
	if g.r.settings.HFTags == nil {
		return false
	}
	say := func(s feig.Status) { g.r.say(feig.AppendAnswer(nil, feigAddress, f.Command, s, nil)) }
	if b, err := feig.ParseReadBlocks(f.Data); err == nil {
		blocks, status := g.named(b.UID).read(b)
		if status != feig.StatusOK {
			say(status)
			return true
		}
		g.r.say(feig.AppendBlockData(nil, feigAddress, blocks))
		return true
	}
	if b, size, content, err := feig.ParseWriteBlocks(f.Data); err == nil {
		say(g.named(b.UID).write(b, int(size), content))
		return true
	}
	if b, err := feig.ParseLockBlocks(f.Data); err == nil {
		say(g.named(b.UID).lock(b))
		return true
	}
	return false
}

// named returns the tag with a UID, or nil.
func (g *feigFirmware) named(uid []byte) *HFChip {
	tags := g.r.settings.HFTags()
	if i := slices.IndexFunc(tags, func(c *HFChip) bool { return c.is(uid) }); i >= 0 {
		return tags[i]
	}
	return nil
}

// check says what keeps blocks from being reached; StatusOK for nothing.
func (c *HFChip) check(b feig.Blocks) feig.Status {
	switch {
	case c == nil:
		return feig.StatusNoTransponder
	case int(b.First)+int(b.Count) > len(c.blocks):
		return feig.StatusAddress
	}
	return feig.StatusOK
}

func (c *HFChip) read(b feig.Blocks) ([]feig.Block, feig.Status) {
	if s := c.check(b); s != feig.StatusOK {
		return nil, s
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var blocks []feig.Block
	for i := range int(b.Count) {
		at := int(b.First) + i
		blocks = append(blocks, feig.Block{Locked: c.locked[at], Data: bytes.Clone(c.blocks[at])})
	}
	return blocks, feig.StatusOK
}

func (c *HFChip) write(b feig.Blocks, size int, content []byte) feig.Status {
	if s := c.check(b); s != feig.StatusOK {
		return s
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range int(b.Count) {
		at := int(b.First) + i
		if size != len(c.blocks[at]) || c.locked[at] {
			return feig.StatusWriteFailed
		}
		copy(c.blocks[at], content[i*size:])
	}
	return feig.StatusOK
}

func (c *HFChip) lock(b feig.Blocks) feig.Status {
	if s := c.check(b); s != feig.StatusOK {
		return s
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range int(b.Count) {
		c.locked[int(b.First)+i] = true
	}
	return feig.StatusOK
}
