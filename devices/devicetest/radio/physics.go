package radio

import (
	"math"
	"slices"
)

// Streams keep the random draws of one path apart by what they are for.
const (
	streamLoss uint64 = iota + 1
	streamLie
	streamStack
	streamBody
	streamSlow
	streamFast
	streamShade
)

// level returns the strength in dBm of tag j at antenna a in the antenna's present
// round, or false when the tag is nowhere or far out of reach.
func (f *Field) level(a *antenna, j int) (float64, bool) {
	t := &f.tags[j]
	place, kept := t.place, slowFadeKept
	if t.person != "" {
		place, kept = f.persons[t.person], slowFadeKeptMoving
	} else if !t.placed {
		return 0, false
	}
	mean := homeLevelDBm - a.loss[place]
	if mean < sensitivityDBm-inaudibleDB {
		return 0, false
	}
	key := mix(a.key, t.key)
	if t.person != "" {
		mean -= between(mix(key, streamBody, t.handled), bodyMinDB, bodyMaxDB)
	} else {
		mean += between(mix(key, streamLie, t.handled), lieMinDB, lieMaxDB) - f.stackLoss(t.place, j, key)
	}
	p := &a.paths[j]
	p.follow(key, a.round, kept)
	if p.shade > 0 {
		mean -= shadeLossDB
	}
	return mean + slowFadeDB*p.slow + fastFadeDB*normal(mix(key, streamFast, a.round)), true
}

// stackLoss is what the neighbours in the stack cost tag j.
func (f *Field) stackLoss(place, j int, key uint64) float64 {
	stack := f.stacks[place]
	neighbours := 2
	if at := slices.Index(stack, j); at == 0 {
		neighbours--
	} else if at == len(stack)-1 {
		neighbours--
	}
	if len(stack) == 1 {
		neighbours = 0
	}
	return float64(neighbours) * between(mix(key, streamStack, f.tags[j].handled), 0, stackLossDB)
}

// follow advances the path to the antenna's round. A path that was out of reach in the
// round before starts again from the fading's stationary distribution.
func (p *path) follow(key, round uint64, kept float64) {
	draw := normal(mix(key, streamSlow, round))
	if p.round+1 != round || p.round == 0 {
		*p = path{round: round, slow: draw}
		return
	}
	p.round = round
	p.slow = kept*p.slow + math.Sqrt(1-kept*kept)*draw
	if p.shade > 0 {
		p.shade--
	} else if h := mix(key, streamShade, round); unit(h) < shadeBegins {
		p.shade = int(between(mix(h), shadeMinRounds, shadeMaxRounds+1))
	}
}

// mix hashes a sequence of words into one (the finaliser of SplitMix64 after every word).
func mix(words ...uint64) uint64 {
	h := uint64(0x9E3779B97F4A7C15)
	for _, w := range words {
		h += w + 0x9E3779B97F4A7C15
		h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
		h = (h ^ h>>27) * 0x94D049BB133111EB
		h ^= h >> 31
	}
	return h
}

// hashString is FNV-1a.
func hashString(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// unit maps a hash to [0, 1).
func unit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// between maps a hash to [low, high).
func between(h uint64, low, high float64) float64 { return low + (high-low)*unit(h) }

// normal maps a hash to a standard normal deviate (Box-Muller).
func normal(h uint64) float64 {
	u := 1 - unit(h)
	v := unit(mix(h))
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*v)
}
