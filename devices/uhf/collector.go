package uhf

import "trilock/custody/fact"

// collector gathers the reads of one round. Its memory is used again for the next.
type collector struct {
	index map[fact.EPC]int
	reads []fact.Read
	// cut: more tags were heard than a round may hold.
	cut bool
	// spoiled says why the round must not be reported, although it came to its end.
	spoiled string
}

func newCollector() *collector { return &collector{index: map[fact.EPC]int{}} }

func (c *collector) begin() {
	clear(c.index)
	c.reads = c.reads[:0]
	c.cut, c.spoiled = false, ""
}

// add takes one record. A tag that was heard several times in the round counts once, with
// its strongest signal. It reports false for what is no EPC.
func (c *collector) add(raw []byte, rssiCdBm int16) bool {
	tag, err := fact.EPCFromBytes(raw)
	if err != nil {
		return false
	}
	if i, known := c.index[tag]; known {
		c.reads[i].RSSIcdBm = max(c.reads[i].RSSIcdBm, rssiCdBm)
		return true
	}
	if len(c.reads) >= fact.MaxReadsPerRound {
		c.cut = true
		return true
	}
	c.index[tag] = len(c.reads)
	c.reads = append(c.reads, fact.Read{EPC: tag, RSSIcdBm: rssiCdBm, Phase: fact.PhaseUnknown})
	return true
}

// taken returns a copy of the reads, which the engine keeps.
func (c *collector) taken() []fact.Read {
	if len(c.reads) == 0 {
		return nil
	}
	return append(make([]fact.Read, 0, len(c.reads)), c.reads...)
}
