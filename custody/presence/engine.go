package presence

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"trilock/custody/fact"
)

// Engine estimates where the enrolled tags are. It is not safe for concurrent use.
type Engine struct {
	policy  Policy
	graph   *graph
	movedAt float64
	staysAt float64 // the probability of the concluded place at which Unseen is concluded

	places    []place // by state
	antennas  []antenna
	antennaOf map[fact.Antenna]int32
	readers   map[fact.DeviceID][]int32

	tags  []tag
	tagOf map[fact.EPC]int32
	free  []int32

	started bool
	now     time.Duration
	nextDue time.Duration // no antenna falls silent before this
	round   uint64        // rounds observed; marks the tags heard in the present one

	hits      []int32    // scratch: the tags heard in the present round
	newcomers []fact.EPC // scratch: the strangers to report in the present round
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
		movedAt:   float64(policy.MovedAt) / 10000,
		staysAt:   1 - float64(policy.UnseenAt)/10000,
		places:    make([]place, g.watched),
		antennaOf: make(map[fact.Antenna]int32, len(site.Antennas)),
		readers:   make(map[fact.DeviceID][]int32),
		tagOf:     make(map[fact.EPC]int32),
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
	var i int32
	if n := len(e.free); n > 0 {
		i, e.free = e.free[n-1], e.free[:n-1]
	} else {
		i = int32(len(e.tags)) //nolint:gosec // bounded by the register
		e.tags = append(e.tags, tag{})
	}
	e.tagOf[epc] = i
	t := &e.tags[i]
	*t = tag{epc: epc, home: nowhere, updated: e.now, lastHeard: neverHeard}
	for p := range e.places {
		e.places[p].strangers.forget(epc)
	}
	s, known := e.graph.of[last]
	switch {
	case known && int(s) < e.graph.watched:
		t.home = s
		t.silentSince = e.places[s].watched
		e.hold(i, s, 1)
		e.settle(i)
	case known:
		e.hold(i, s, 1)
	default:
		e.scatter(i)
	}
}

// Withdraw forgets a tag: destroyed, transferred, or replaced. Heard again, it is a
// Stranger. A tag that was never enrolled is ignored.
func (e *Engine) Withdraw(epc fact.EPC) {
	i, known := e.tagOf[epc]
	if !known {
		return
	}
	for t := &e.tags[i]; t.held > 0; {
		e.release(i, int(t.held)-1)
	}
	e.tags[i] = tag{}
	delete(e.tagOf, epc)
	e.free = append(e.free, i)
}

// Observe takes one completed round, the empty one included, and appends what it leads
// to. Findings come in this order: what fell due before (see Advance), ReadableAgain,
// then Moved and Unseen by the bytes of their tags, then Stranger by the bytes of theirs.
func (e *Engine) Observe(now fact.Stamp, r fact.Round, out []Finding) []Finding {
	out = e.Advance(now, out)
	ai, known := e.antennaOf[r.Antenna]
	if !known {
		e.counts.UnknownAntenna++
		return out
	}
	out = e.completed(ai, len(r.Reads) > 0, out)
	e.round++
	e.sort(ai, r.Reads)
	first := len(out)
	for _, i := range e.hits {
		out = e.hit(i, ai, out)
	}
	e.learnTypical(ai)
	if e.sees(e.antennas[ai].place) {
		// Backwards: a tag that is let go of is replaced by the last of the list.
		for list, k := &e.places[e.antennas[ai].place].tags, len(e.places[e.antennas[ai].place].tags)-1; k >= 0; k-- {
			if i := (*list)[k]; e.tags[i].round != e.round {
				out = e.miss(i, ai, out)
			}
		}
	}
	sortByTag(out[first:])
	return e.reportStrangers(ai, out)
}

// sort divides the reads of a round into hits on enrolled tags, each once with its
// strongest read, and strangers to report.
func (e *Engine) sort(ai int32, reads []fact.Read) {
	e.hits, e.newcomers = e.hits[:0], e.newcomers[:0]
	p := &e.places[e.antennas[ai].place]
	for k := range reads {
		read := &reads[k]
		i, known := e.tagOf[read.EPC]
		if !known {
			e.meetStranger(p, &read.EPC)
			continue
		}
		t := &e.tags[i]
		if t.round != e.round {
			t.round, t.rssi = e.round, read.RSSIcdBm
			e.hits = append(e.hits, i)
		} else {
			t.rssi = max(t.rssi, read.RSSIcdBm) // RSSIUnknown is the least of all
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
	}
	return fact.EPC{}
}

func compareEPC(a, b fact.EPC) int { return bytes.Compare(a.Bytes(), b.Bytes()) }

// Estimate returns where a tag is concluded to be (Elsewhere: in no watched place), the
// probability of that now, and the site time at which it was last heard by any antenna,
// negative when it was not since it was enrolled. ok is false for a tag that is not enrolled.
func (e *Engine) Estimate(epc fact.EPC) (at fact.PlaceID, certainty CertaintyBP, lastHeard time.Duration, ok bool) {
	i, known := e.tagOf[epc]
	if !known {
		return Elsewhere, 0, neverHeard, false
	}
	t := &e.tags[i]
	if t.home == nowhere {
		return Elsewhere, basisPoints(e.unheard(t)), t.lastHeard, true
	}
	return e.places[t.home].id, basisPoints(t.weight(t.home)), t.lastHeard, true
}

// Counts returns how much input was odd so far.
func (e *Engine) Counts() Counts { return e.counts }

// basisPoints rounds a probability down to ten-thousandths, at most 9999.
func basisPoints(p float64) CertaintyBP {
	return CertaintyBP(min(max(int(p*10000), 0), int(maxCertainty))) //nolint:gosec // 0 to 9999
}
