package score

import (
	"cmp"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence/recorded"
)

// Scorer holds the conclusions of an engine against the truth. Reads and moves are told
// in any order up to a time that is then declared known.
type Scorer struct {
	tags  map[fact.EPC]*scored
	reads []told
	moves []told
	total Result
}

// scored is one tag of the truth.
type scored struct {
	stays   []recorded.Stay
	at      int          // the first stay that is not over
	now     fact.PlaceID // where it is concluded to be
	reached bool         // the stay at hand was found out
}

type told struct {
	at  time.Duration
	tag fact.EPC
	to  fact.PlaceID
}

// Result is a score.
type Result struct {
	// Reads is how many reads of tags of the truth there were while the truth says where they were, and Right
	// how many of them were attributed to the right place: where the tag was concluded to be at that time.
	Reads, Right int
	// Changes is how often a tag changed its place, and Missed how many of these changes were
	// not concluded before the next.
	Changes, Missed int
	// Moves is how many moves were concluded, and Extra those that were no change.
	Moves, Extra int
	// Latencies are from each change to its conclusion, in ascending order.
	Latencies []time.Duration
	// Confusion counts the reads by true and concluded place.
	Confusion map[Pair]int
}

// Pair is a true place and a concluded one.
type Pair struct{ True, Concluded fact.PlaceID }

// New returns a scorer for a truth. Stays of one tag must be in the order of time and not
// overlap; those that follow one another in the same place are one.
func New(truth map[fact.EPC][]recorded.Stay) *Scorer {
	s := &Scorer{tags: make(map[fact.EPC]*scored, len(truth)), total: Result{Confusion: map[Pair]int{}}}
	for epc, stays := range truth {
		s.tags[epc] = &scored{stays: joined(stays)}
	}
	return s
}

// joined makes one of stays that touch in the same place.
func joined(stays []recorded.Stay) []recorded.Stay {
	var out []recorded.Stay
	for _, s := range stays {
		if n := len(out); n > 0 && out[n-1].Place == s.Place && out[n-1].To == s.From {
			out[n-1].To = s.To
		} else {
			out = append(out, s)
		}
	}
	return out
}

// Read tells of a read. Tags that the truth does not know are ignored.
func (s *Scorer) Read(at time.Duration, tag fact.EPC) {
	if _, known := s.tags[tag]; known {
		s.reads = append(s.reads, told{at: at, tag: tag})
	}
}

// Move tells of a conclusion.
func (s *Scorer) Move(at time.Duration, tag fact.EPC, to fact.PlaceID) {
	if _, known := s.tags[tag]; known {
		s.moves = append(s.moves, told{at: at, tag: tag, to: to})
	}
}

// Known declares that all reads and moves up to a time were told, and scores them.
func (s *Scorer) Known(until time.Duration) {
	byTime := func(a, b told) int { return cmp.Compare(a.at, b.at) }
	slices.SortStableFunc(s.moves, byTime)
	slices.SortStableFunc(s.reads, byTime)
	m, r := 0, 0
	for {
		nextMove := m < len(s.moves) && s.moves[m].at <= until
		nextRead := r < len(s.reads) && s.reads[r].at <= until
		switch {
		case nextMove && (!nextRead || s.moves[m].at <= s.reads[r].at):
			s.move(s.moves[m])
			m++
		case nextRead:
			s.read(s.reads[r])
			r++
		default:
			s.moves = slices.Delete(s.moves, 0, m)
			s.reads = slices.Delete(s.reads, 0, r)
			return
		}
	}
}

// Result ends the scoring and returns it.
func (s *Scorer) Result() Result {
	const end = time.Duration(1<<63 - 1)
	s.Known(end)
	for _, t := range s.tags {
		s.pass(t, end)
	}
	slices.Sort(s.total.Latencies)
	return s.total
}

// pass lets time go by for a tag: stays end, found out or not.
func (s *Scorer) pass(t *scored, now time.Duration) {
	for t.at < len(t.stays) && t.stays[t.at].To <= now {
		if t.at > 0 && t.isChange() {
			s.total.Changes++
			if !t.reached {
				s.total.Missed++
			}
		}
		t.at++
		t.reached = false
		s.reach(t, t.begins())
	}
}

// begins returns when the stay at hand begins.
func (t *scored) begins() time.Duration {
	if t.at >= len(t.stays) {
		return 0
	}
	return t.stays[t.at].From
}

// isChange reports whether the stay at hand is in another place than the one before.
func (t *scored) isChange() bool { return t.stays[t.at].Place != t.stays[t.at-1].Place }

// reach notes that the place of the stay at hand is the concluded one, if it is.
func (s *Scorer) reach(t *scored, now time.Duration) (first bool) {
	if t.at >= len(t.stays) || t.reached || t.stays[t.at].Place != t.now || now < t.stays[t.at].From {
		return false
	}
	t.reached = true
	if t.at > 0 && t.isChange() {
		s.total.Latencies = append(s.total.Latencies, now-t.stays[t.at].From)
	}
	return true
}

// move scores a conclusion: it is right if the tag is there and was not yet concluded to
// be since it came.
func (s *Scorer) move(m told) {
	t := s.tags[m.tag]
	s.pass(t, m.at)
	if t.now == m.to {
		return
	}
	t.now = m.to
	if t.at >= len(t.stays) || m.at < t.stays[t.at].From {
		return // the truth does not say
	}
	s.total.Moves++
	if !s.reach(t, m.at) {
		s.total.Extra++
	}
}

func (s *Scorer) read(r told) {
	t := s.tags[r.tag]
	s.pass(t, r.at)
	s.reach(t, r.at)
	if t.at >= len(t.stays) || r.at < t.stays[t.at].From {
		return
	}
	s.total.Reads++
	if t.now == t.stays[t.at].Place {
		s.total.Right++
	}
	s.total.Confusion[Pair{t.stays[t.at].Place, t.now}]++
}

// RightShare returns the share of reads attributed to the right place, 0 when there were none.
func (r Result) RightShare() float64 {
	if r.Reads == 0 {
		return 0
	}
	return float64(r.Right) / float64(r.Reads)
}

// Latency returns a quantile of the latencies, 0 to 1; 0 when no change was found out.
func (r Result) Latency(quantile float64) time.Duration {
	if len(r.Latencies) == 0 {
		return 0
	}
	return r.Latencies[min(int(quantile*float64(len(r.Latencies))), len(r.Latencies)-1)]
}

// Add adds another score to this one.
func (r *Result) Add(other Result) {
	r.Reads += other.Reads
	r.Right += other.Right
	r.Changes += other.Changes
	r.Missed += other.Missed
	r.Moves += other.Moves
	r.Extra += other.Extra
	r.Latencies = append(r.Latencies, other.Latencies...)
	slices.Sort(r.Latencies)
	if r.Confusion == nil {
		r.Confusion = map[Pair]int{}
	}
	for pair, n := range other.Confusion {
		r.Confusion[pair] += n
	}
}
