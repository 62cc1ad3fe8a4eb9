package trace

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// StillOptions says how well tags that lie still are told apart by strength.
type StillOptions struct {
	// Tags lie in four zones in turn, 1 to MaxTags.
	Tags int
	// Length is how long.
	Length time.Duration
	// LeastDB and MostDB bound by how much a tag's own antenna is stronger than each other one, on the average.
	LeastDB, MostDB float64
	// LeastEvery and MostEvery bound after what time a tag is read again by one antenna, on the average.
	LeastEvery, MostEvery time.Duration
}

// Still is four zones full of tags that nobody touches, each heard by all four antennas. It
// draws strengths directly, not from a room: only levels and their spread matter. The
// strength of a tag at an antenna wanders slowly (a first-order autoregressive part of 2.5 dB, with
// a memory of seconds to minutes) and from read to read (1.5 dB). Nothing ever moves.
func Still(seed uint64, o StillOptions) *Trace {
	s := &scene{rng: rand.New(rand.NewPCG(seed, 0x57111)), length: o.Length}
	const zones = 4
	t := &Trace{Name: "tags that lie still", Length: o.Length, Site: presence.Site{Places: zonePlaces(zones, seed%2 == 1)}}
	for k := range zones {
		t.Site.Antennas = append(t.Site.Antennas, presence.Watch{Antenna: fact.Antenna{Reader: "reader-1", Port: uint8(k + 1)}, Place: placeName("zone", k)})
	}
	var all []Read
	for n := range o.Tags {
		tag := s.newTag(n)
		home := n % zones
		t.Stays = append(t.Stays, Stay{Tag: tag.epc, Place: placeName("zone", home), To: o.Length})
		level := s.between(-62, -45)
		every := math.Exp(s.between(math.Log(o.LeastEvery.Seconds()), math.Log(o.MostEvery.Seconds())))
		for k := range zones {
			mean := level
			if k != home {
				mean -= s.between(o.LeastDB, o.MostDB)
			}
			all = append(all, s.wandering(fact.Antenna{Reader: "reader-1", Port: uint8(k + 1)}, tag.epc, mean, every)...)
		}
	}
	slices.SortStableFunc(all, func(a, b Read) int { return cmp.Compare(a.At, b.At) })
	t.Events = roundsOf(all, o.LeastEvery, o.Length, zones)
	return t
}

// wandering draws the reads of one tag by one antenna: a fixed interval with some jitter
// and one read in eight missing.
func (s *scene) wandering(a fact.Antenna, epc fact.EPC, mean, every float64) []Read {
	const slowDB, fastDB = 2.5, 1.5
	memory := math.Exp(s.between(math.Log(3), math.Log(60)))
	slow := slowDB * s.rng.NormFloat64()
	var out []Read
	for now := every * s.rng.Float64(); now < s.length.Seconds(); {
		if s.rng.Float64() > 0.125 {
			dBm := mean + slow + fastDB*s.rng.NormFloat64()
			out = append(out, Read{At: seconds(now), Antenna: a, Read: fact.Read{EPC: epc, RSSIcdBm: int16(50 * math.Round(2*dBm)), Phase: fact.PhaseUnknown}})
		}
		step := every * s.between(0.8, 1.2)
		keep := math.Exp(-step / memory)
		slow = keep*slow + math.Sqrt(1-keep*keep)*slowDB*s.rng.NormFloat64()
		now += step
	}
	return out
}

// roundsOf puts reads, in the order of time, into rounds of all antennas of reader-1.
func roundsOf(all []Read, every, length time.Duration, antennas int) []Event {
	every = max(every, 100*time.Millisecond)
	var out []Event
	at := 0
	for end := every; end <= length; end += every {
		rounds := make([]fact.Round, antennas)
		heard := make([][]time.Duration, antennas)
		for ; at < len(all) && all[at].At < end; at++ {
			k := all[at].Antenna.Port - 1
			rounds[k].Reads = append(rounds[k].Reads, all[at].Read)
			heard[k] = append(heard[k], all[at].At)
		}
		for k := range rounds {
			rounds[k].Antenna = fact.Antenna{Reader: "reader-1", Port: uint8(k + 1)} //nolint:gosec // four of them
			rounds[k].Duration = every
			out = append(out, Event{At: end, Fact: rounds[k], Heard: heard[k]})
		}
	}
	return out
}
