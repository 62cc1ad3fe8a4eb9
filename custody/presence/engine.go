package presence

import (
	"fmt"
	"math"
	"slices"
	"time"

	"trilock/custody/fact"
)

// Engine estimates where the enrolled tags are. It is not safe for concurrent use.
type Engine struct {
	policy   Policy
	graph    *graph
	movedAt  float32 // the odds at which Moved is concluded, in nats
	unseenAt float32 // how improbable a silence must be for Unseen, in nats

	places    []place // by state
	antennas  []antenna
	antennaOf map[fact.Antenna]int32
	readers   map[fact.DeviceID][]int32

	chunks []*chunk
	index  index
	long   map[int32]fact.EPC // the EPCs that are longer than a key
	free   []int32
	tags   int32 // numbers given out, free ones included

	doors   []*door
	field   field
	lessons []lesson // scratch: by home, of the present round
	glances []glance // scratch: by home and place, of the present round
	sight   uint32   // changes with what antennas see
	taught  []state  // scratch: the homes that have one

	pacing   pacing  // of all places
	left     uint32  // moves away from any place
	stays    float64 // the time that tags were in any, in seconds
	attended antennaNow
	open     bool // the present round is not complete: see Hear
	started  bool
	now      time.Duration
	nextDue  time.Duration // no antenna falls silent before this
	round    uint32        // rounds observed; marks the tags heard in the present one

	found     []int32    // scratch: the tag of each read of the present round, or -1
	keys      []key      // scratch: those of the reads of the present round
	hits      []int32    // scratch: the tags heard in it
	leavers   []state    // scratch: the places that a tag was moved from in it
	newcomers []fact.EPC // scratch: the strangers to report in the present round
	tooMany   int        // ... and those of it that cannot be
	floods    int        // of strangers that are going on
	counts    Counts
}

// Counts says how much input was odd, since New.
type Counts struct {
	// UnknownAntenna counts rounds of antennas that the site does not list.
	UnknownAntenna uint64
	// Backwards counts stamps earlier than one before; they were taken as that one.
	Backwards uint64
	// StrangersDropped counts reads of unknown tags that were not reported because too many
	// others were, at the same place, within Policy.StrangerEvery.
	StrangersDropped uint64
	// TransitsDropped counts hits at a door of tags that were not followed because too many others were.
	TransitsDropped uint64
}

// New returns an engine without tags. It fails when the site or the policy contradicts
// itself or a limit; the error lists everything that is wrong, one per line.
func New(site Site, policy Policy) (*Engine, error) {
	if err := site.check(); err != nil {
		return nil, fmt.Errorf("presence: %w", err)
	}
	if err := policy.check(); err != nil {
		return nil, fmt.Errorf("presence: %w", err)
	}
	g := newGraph(site)
	e := &Engine{
		policy: policy, graph: g,
		movedAt:   oddsOf(float64(policy.MovedAt) / 10000),
		unseenAt:  logOf(float32(runsPerYear / policy.FalseUnseen)),
		places:    make([]place, g.watched),
		antennaOf: make(map[fact.Antenna]int32, len(site.Antennas)),
		readers:   make(map[fact.DeviceID][]int32),
		index:     index{entries: make([]entry, 64)},
		long:      make(map[int32]fact.EPC),
	}
	for _, p := range site.Places {
		if s := g.of[p.ID]; int(s) < g.watched {
			e.places[s].id = p.ID
		}
	}
	for _, w := range site.Antennas {
		i := int32(len(e.antennas)) //nolint:gosec // at most MaxAntennas
		s := g.of[w.Place]
		e.antennas = append(e.antennas, antenna{id: w.Antenna, place: s})
		e.antennaOf[w.Antenna] = i
		e.readers[w.Antenna.Reader] = append(e.readers[w.Antenna.Reader], i)
		e.places[s].antennas = append(e.places[s].antennas, i)
	}
	e.field = newField(g)
	e.lessons = make([]lesson, g.watched)
	e.glances = make([]glance, g.watched*g.watched)
	e.sight = 1
	e.addDoors(site.Doors)
	var all []state
	for s := range e.places {
		all = append(all, state(s)) //nolint:gosec // at most MaxPlaces
	}
	for s := range e.places {
		e.places[s].near = g.near(state(s)) //nolint:gosec // at most MaxPlaces
		e.places[s].heed, e.places[s].window = e.places[s].near, windowStart
		if len(e.places) <= heedAll {
			e.places[s].heed = all
		}
	}
	return e, nil
}

// Enrol makes a tag known, last concluded to be at a place: from the record at start-up,
// or with a new document. A place that nobody watches, Elsewhere, and one that the site
// does not list all mean: in none of the watched places. Enrolling a tag again forgets
// what was learnt and starts over. The zero EPC is ignored. No finding results.
func (e *Engine) Enrol(epc fact.EPC, last fact.PlaceID) {
	if epc.IsZero() {
		return
	}
	e.Withdraw(epc)
	e.makeRoom()
	i := e.number()
	t := e.tag(i)
	k := keyOf(&epc)
	*t.cold = cold{}
	*t.hot = hot{low: k.low, high: k.high, length: k.length, home: nowhere, near: fact.RSSIUnknown, lookedMS: e.clock() - firstLook}
	if k.length > shortEPC {
		e.long[i] = epc
	}
	e.index.add(k.hash(), i)
	for p := range e.places {
		e.places[p].strangers.forget(epc)
	}
	if s, known := e.graph.of[last]; known && int(s) < e.graph.watched {
		e.settle(i, t, s)
	}
}

// number returns the number of a new tag.
func (e *Engine) number() int32 {
	if n := len(e.free); n > 0 {
		i := e.free[n-1]
		e.free = e.free[:n-1]
		return i
	}
	if int(e.tags) == len(e.chunks)*tagsPerChunk {
		e.chunks = append(e.chunks, new(chunk))
	}
	e.tags++
	return e.tags - 1
}

// Withdraw forgets a tag: destroyed, transferred, or replaced. Heard again, it is a
// Stranger. A tag that was never enrolled is ignored.
func (e *Engine) Withdraw(epc fact.EPC) {
	i := e.find(&epc)
	if i < 0 {
		return
	}
	t := e.tag(i)
	e.leave(t)
	e.remove(i)
	*t.hot, *t.cold = hot{home: nowhere}, cold{}
	for _, d := range e.doors {
		delete(d.transits, i)
	}
	delete(e.long, i)
	e.free = append(e.free, i)
}

// leave takes a tag out of its concluded place.
func (e *Engine) leave(t tag) {
	if t.home == nowhere {
		return
	}
	e.unschedule(t)
	e.places[t.home].tags--
	t.home = nowhere
	t.signs &^= heard
}

// settle concludes a tag to be in place s: it is as readable there as others, and as strong
// as it was elsewhere, until it has taught better.
func (e *Engine) settle(i int32, t tag, s state) {
	p := &e.places[s]
	t.home, t.settled, t.longest, t.best = s, 0, 0, 0
	t.signs &^= heard
	t.levels = min(t.levels, levelReads)
	t.heardAt, t.silentSince = p.rounds, milliseconds(p.watched)
	for c, v := range e.field.pair(s, s).read {
		t.read[c] = uint16(within(int32(fixed(v)), c)) //nolint:gosec // within limits
	}
	p.tags++
	e.schedule(i, t, e.patience(t))
}

// Observe takes one completed round, the empty one included, and appends what it leads
// to. Findings come in this order: what fell due before (see Advance), ReadableAgain,
// then what the reads tell of tags, by the bytes of their EPCs, Shielded and HeardAgain, what silence
// tells of tags, and Stranger, by the bytes of theirs.
func (e *Engine) Observe(now fact.Stamp, r fact.Round, out []Finding) []Finding {
	out = e.Advance(now, out)
	ai, known := e.antennaOf[r.Antenna]
	if !known {
		e.counts.UnknownAntenna++
		return out
	}
	a := &e.antennas[ai]
	p := &e.places[a.place]
	counted := p.rounds
	out = e.completed(ai, len(r.Reads) > 0 || a.heard, out)
	a.heard = false
	first := len(out)
	out = e.take(ai, p.rounds, r.Reads, out)
	hits := e.lessons[a.place].hits
	e.learnRound(ai)
	sortByTag(out[first:])
	if p.rounds != counted {
		out = e.lookAtShares(a.place, hits, out)
		first = len(out)
		out = e.lookAtSilent(a.place, out)
		sortByTag(out[first:])
	}
	return e.reportStrangers(ai, out)
}

// Hear takes reads of a round that is still under way, for streams that would be late if
// they waited for its end, and appends what they lead to in the order of Observe. The end is
// told by Observe, with the round's other reads or none: a tag that was heard meanwhile is not
// missed in it.
func (e *Engine) Hear(now fact.Stamp, from fact.Antenna, reads []fact.Read, out []Finding) []Finding {
	out = e.Advance(now, out)
	ai, known := e.antennaOf[from]
	if !known {
		e.counts.UnknownAntenna++
		return out
	}
	a := &e.antennas[ai]
	a.heard = a.heard || len(reads) > 0
	first := len(out)
	e.open = true
	out = e.take(ai, e.places[a.place].rounds+1, reads, out)
	e.open = false
	e.learnHits(ai)
	sortByTag(out[first:])
	return e.reportStrangers(ai, out)
}

// take takes the evidence of reads in a round of the antenna's place.
func (e *Engine) take(ai int32, round uint32, reads []fact.Read, out []Finding) []Finding {
	e.round++
	e.attended = e.attend(&e.antennas[ai])
	e.sort(ai, reads)
	for _, i := range e.hits {
		out = e.hit(i, ai, round, out)
	}
	for _, s := range e.leavers {
		e.places[s].left++
		e.left++
	}
	e.leavers = e.leavers[:0]
	return out
}

// sort divides the reads of a round into hits on enrolled tags, each once with its
// strongest read, and strangers to report.
func (e *Engine) sort(ai int32, reads []fact.Read) {
	e.hits, e.newcomers = e.hits[:0], e.newcomers[:0]
	a := &e.antennas[ai]
	e.findAll(reads)
	for k, i := range e.found {
		if i < 0 {
			e.meetStranger(&e.places[a.place], &reads[k].EPC)
			continue
		}
		t, rssi := e.tag(i), reads[k].RSSIcdBm
		if round := uint16(e.round); t.round != round { //nolint:gosec // see hot.round
			t.round, t.rssi = round, rssi
			e.hits = append(e.hits, i)
		} else {
			t.rssi = max(t.rssi, rssi) // RSSIUnknown is the least of all
		}
	}
}

// sortByTag puts Moved and Unseen into the order of their tags' bytes; one tag has at
// most one of them in a round.
func sortByTag(f []Finding) {
	if len(f) < 2 {
		return
	}
	slices.SortFunc(f, func(a, b Finding) int { return compareEPC(findingTag(a), findingTag(b)) })
}

func findingTag(f Finding) fact.EPC {
	switch f := f.(type) {
	case Moved:
		return f.Tag
	case Unseen:
		return f.Tag
	case Fading:
		return f.Tag
	case Clone:
		return f.Tag
	}
	return fact.EPC{}
}

func compareEPC(a, b fact.EPC) int { return a.Compare(b) }

// Estimate returns where a tag is concluded to be (Elsewhere: in no watched place), the
// probability of that now, and the site time at which it was last heard by any antenna,
// negative when it was not since it was enrolled. ok is false for a tag that is not enrolled.
func (e *Engine) Estimate(epc fact.EPC) (at fact.PlaceID, certainty CertaintyBP, lastHeard time.Duration, ok bool) {
	i := e.find(&epc)
	if i < 0 {
		return Elsewhere, 0, neverHeard, false
	}
	t := e.tag(i)
	others := 0.0 // the odds of all other places together
	for k := range t.tracks[:t.known] {
		odds, _ := e.odds(t, &t.tracks[k])
		others += math.Exp(odds)
	}
	if t.home == nowhere {
		return Elsewhere, certaintyOf(-math.Log(others + 1e-9)), e.lastHeardAt(t), true
	}
	p := &e.places[t.home]
	if e.sees(t.home) {
		others += math.Exp(float64(-t.missing(p.silentRounds(t))) - unlikelyBeside)
	}
	return p.id, certaintyOf(-math.Log(others + 1e-9)), e.lastHeardAt(t), true
}

// Counts returns how much input was odd so far.
func (e *Engine) Counts() Counts { return e.counts }

// certaintyOf rounds the probability that has these odds, in nats, down to ten-thousandths, at most 9999.
func certaintyOf(odds float64) CertaintyBP {
	return CertaintyBP(min(max(int(10000/(1+math.Exp(-odds))), 0), int(maxCertainty))) //nolint:gosec // 0 to 9999
}

func oddsOf(p float64) float32 { return float32(math.Log(p / (1 - p))) }
