package recorded

import (
	"math"
	"slices"
	"time"

	"trilock/custody/fact"
)

// Read is one row of a recorded stream.
type Read struct {
	// At is the time since some instant before the first row.
	At      time.Duration
	Antenna fact.Antenna
	// Read is what was read; with the zero EPC the row is an empty round.
	Read fact.Read
	// Mark names the reader's round; empty when the stream marks none.
	Mark string
}

// Step is what presence is to be told next.
type Step struct {
	At time.Duration
	// Round is a completed round, or with Open what was just heard in one that is not complete. The
	// completed round of a reader that marks none holds no reads: they were told before.
	Round fact.Round
	Open  bool
}

// Cutter makes rounds of reads. It belongs to one goroutine.
type Cutter struct {
	antennas  []antenna
	antennaOf map[fact.Antenna]int
	readers   []reader
	held      []Read // until the period is learnt
	learning  bool
	started   bool
	from, now time.Duration
	backwards uint64
	strange   map[fact.Antenna]uint64
}

// antenna is the round that an antenna is at. Only marked ones are gathered.
type antenna struct {
	id     fact.Antenna
	reader int
	open   bool // something was read, or a mark was seen
	mark   string
	due    time.Duration // when its round is complete
	tags   []heard
	tagOf  map[fact.EPC]int
}

// heard is one tag in a round.
type heard struct {
	read fact.Read // the first one
	sum  int64     // of the strengths, in hundredths of a dBm
	n    int64     // strengths in it
}

// reader is what is known of the pace of a reader.
type reader struct {
	antennas []int
	marked   bool
	period   time.Duration
	alive    time.Duration // so long after a read
	last     time.Duration // read
	read     bool          // it did read
}

// New returns a cutter for the antennas of a site.
func New(antennas []fact.Antenna) *Cutter {
	c := &Cutter{antennaOf: make(map[fact.Antenna]int, len(antennas)), learning: true, strange: map[fact.Antenna]uint64{}}
	readerOf := map[fact.DeviceID]int{}
	for _, a := range antennas {
		r, known := readerOf[a.Reader]
		if !known {
			r = len(c.readers)
			readerOf[a.Reader] = r
			c.readers = append(c.readers, reader{})
		}
		c.antennaOf[a] = len(c.antennas)
		c.readers[r].antennas = append(c.readers[r].antennas, len(c.antennas))
		c.antennas = append(c.antennas, antenna{id: a, reader: r, tagOf: map[fact.EPC]int{}})
	}
	return c
}

// Take takes the next row and appends the steps up to its time, in the order of time.
func (c *Cutter) Take(r Read, out []Step) []Step {
	if !c.started {
		c.started, c.from, c.now = true, r.At, r.At
	}
	if r.At < c.now {
		c.backwards++
		r.At = c.now
	}
	c.now = r.At
	if _, known := c.antennaOf[r.Antenna]; !known {
		c.noteStrange(r.Antenna)
		return out
	}
	if !c.learning {
		return c.cut(r, out)
	}
	c.held = append(c.held, r)
	if len(c.held) >= LearnReads || r.At-c.from >= LearnFor {
		out = c.begin(out)
	}
	return out
}

// Flush ends the stream and appends the steps that are left.
func (c *Cutter) Flush(out []Step) []Step {
	out = c.begin(out)
	for i := range c.antennas {
		if a := &c.antennas[i]; a.open {
			a.due = c.now
		}
	}
	return c.complete(c.now, out)
}

// Begun reports whether the period is learnt and rounds are being cut.
func (c *Cutter) Begun() bool { return !c.learning }

// SlowestPeriod returns the longest period of any reader that was heard, 0 before it is learnt.
func (c *Cutter) SlowestPeriod() time.Duration {
	slowest := time.Duration(0)
	for _, r := range c.readers {
		slowest = max(slowest, r.period)
	}
	return slowest
}

// Backwards returns how many rows were earlier than one before.
func (c *Cutter) Backwards() uint64 { return c.backwards }

// Unknown returns the antennas that the site does not list, at most maxUnknown of them, and
// how many rows they had.
func (c *Cutter) Unknown() map[fact.Antenna]uint64 { return c.strange }

// maxUnknown bounds the antennas that are named: a file of garbage has any number of them.
const maxUnknown = 64

func (c *Cutter) noteStrange(a fact.Antenna) {
	if _, named := c.strange[a]; !named && len(c.strange) >= maxUnknown {
		a = fact.Antenna{} // all others
	}
	c.strange[a]++
}

// begin learns the periods from what was held back and cuts it.
func (c *Cutter) begin(out []Step) []Step {
	if !c.learning {
		return out
	}
	c.learning = false
	c.learn()
	for i := range c.antennas {
		c.antennas[i].due = c.from + c.readers[c.antennas[i].reader].period
	}
	for _, r := range c.held {
		out = c.cut(r, out)
	}
	c.held = nil
	return out
}

// cut takes a row once the period is known.
func (c *Cutter) cut(r Read, out []Step) []Step {
	out = c.complete(r.At, out)
	i := c.antennaOf[r.Antenna]
	a := &c.antennas[i]
	rd := &c.readers[a.reader]
	if r.Read.EPC.IsZero() || rd.marked && a.open && a.mark != r.Mark {
		a.due = r.At
		a.open = a.open || r.Read.EPC.IsZero()
		out = c.complete(r.At, out)
	}
	if !rd.read || r.At-rd.last > rd.alive {
		c.wake(rd, r.At)
	}
	rd.last, rd.read = r.At, true
	if r.Read.EPC.IsZero() {
		return out
	}
	if !rd.marked {
		a.open = true
		return append(out, Step{At: r.At, Open: true, Round: fact.Round{Antenna: a.id, Reads: []fact.Read{r.Read}}})
	}
	if !a.open {
		a.due = r.At + rd.period
	}
	a.open, a.mark = true, r.Mark
	a.add(r.Read)
	return out
}

// wake begins the rounds of a reader of which nothing was known.
func (c *Cutter) wake(rd *reader, now time.Duration) {
	for _, i := range rd.antennas {
		if a := &c.antennas[i]; !a.open {
			a.due = now + rd.period
		}
	}
}

func (a *antenna) add(r fact.Read) {
	k, known := a.tagOf[r.EPC]
	if !known {
		if len(a.tags) >= maxReadsPerRound {
			return
		}
		k = len(a.tags)
		a.tagOf[r.EPC] = k
		a.tags = append(a.tags, heard{read: r})
	}
	if r.RSSIcdBm != fact.RSSIUnknown {
		a.tags[k].sum += int64(r.RSSIcdBm)
		a.tags[k].n++
	}
}

// complete appends the rounds that are complete by now, in the order of time.
func (c *Cutter) complete(now time.Duration, out []Step) []Step {
	for {
		next := -1
		for i := range c.antennas {
			a := &c.antennas[i]
			if a.due <= now && c.ends(a) && (next < 0 || a.due < c.antennas[next].due) {
				next = i
			}
		}
		if next < 0 {
			return out
		}
		out = append(out, c.close(&c.antennas[next]))
	}
}

// ends reports whether the round of an antenna ends at all: with something heard, or empty while its reader is alive.
func (c *Cutter) ends(a *antenna) bool {
	r := &c.readers[a.reader]
	return a.open || r.read && a.due-r.last <= r.alive
}

// close completes the round of an antenna.
func (c *Cutter) close(a *antenna) Step {
	r := &c.readers[a.reader]
	step := Step{At: a.due, Round: fact.Round{Antenna: a.id, Duration: r.period}}
	for _, t := range a.tags {
		read := t.read
		if t.n > 0 {
			read.RSSIcdBm = int16(math.Round(float64(t.sum) / float64(t.n))) //nolint:gosec // a mean of such
		}
		step.Round.Reads = append(step.Round.Reads, read)
	}
	a.tags, a.open, a.mark = a.tags[:0], false, ""
	clear(a.tagOf)
	a.due += r.period
	if r.marked {
		a.due += r.period / 2
	}
	return step
}

// learn sets the period of every reader, and how long after a read it is alive.
func (c *Cutter) learn() {
	type pair struct {
		antenna int
		tag     fact.EPC
	}
	last := map[pair]time.Duration{}
	gaps := map[pair][]time.Duration{}
	between := make([][]time.Duration, len(c.readers))
	before := make([]time.Duration, len(c.readers))
	marks := make([]string, len(c.antennas))
	markAt := make([]time.Duration, len(c.antennas))
	marked := make([][]time.Duration, len(c.readers))
	for _, r := range c.held {
		i := c.antennaOf[r.Antenna]
		n := c.antennas[i].reader
		rd := &c.readers[n]
		if rd.read && r.At-before[n] <= MaxPeriod {
			between[n] = append(between[n], r.At-before[n])
		}
		rd.read, before[n] = true, r.At
		if r.Mark != "" {
			rd.marked = true
			if marks[i] != r.Mark {
				if marks[i] != "" {
					marked[n] = append(marked[n], r.At-markAt[i])
				}
				marks[i], markAt[i] = r.Mark, r.At
			}
		}
		k := pair{i, r.Read.EPC}
		if at, again := last[k]; again && r.At > at && r.At-at <= MaxPeriod {
			gaps[k] = append(gaps[k], r.At-at)
		} else if !again && len(last) >= learnTags {
			continue
		}
		last[k] = r.At
	}
	bySource := make([]map[fact.EPC]time.Duration, len(c.readers))
	for k, g := range gaps {
		if len(g) < leastGaps {
			continue
		}
		n := c.antennas[k.antenna].reader
		if bySource[n] == nil {
			bySource[n] = map[fact.EPC]time.Duration{}
		}
		wait := typicalWait(g)
		if least, known := bySource[n][k.tag]; !known || wait < least {
			bySource[n][k.tag] = wait
		}
	}
	for n := range c.readers {
		rd := &c.readers[n]
		rd.read = false
		var waits []time.Duration
		for _, w := range bySource[n] {
			waits = append(waits, w)
		}
		rd.period = clampPeriod(quantile(waits, 0.5, usualPeriod))
		if rd.marked {
			rd.period = clampPeriod(quantile(marked[n], 0.25, rd.period))
		}
		rd.alive = max(2*rd.period, 2*quantile(between[n], 0.99, 0))
	}
}

// typicalWait is the gap in which half of the time is spent: bursts of reads within one
// dwell of an antenna do not count for much.
func typicalWait(gaps []time.Duration) time.Duration {
	slices.Sort(gaps)
	total, sum := time.Duration(0), time.Duration(0)
	for _, g := range gaps {
		total += g
	}
	for _, g := range gaps {
		if sum += g; 2*sum >= total {
			return g
		}
	}
	return 0
}

// quantile returns a quantile, q from 0 to 1, or none of no durations.
func quantile(d []time.Duration, q float64, none time.Duration) time.Duration {
	if len(d) == 0 {
		return none
	}
	slices.Sort(d)
	return d[min(int(q*float64(len(d))), len(d)-1)]
}

func clampPeriod(d time.Duration) time.Duration { return min(max(d, MinPeriod), MaxPeriod) }
