package presence

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"trilock/custody/fact"
)

// Site is the fixed part of what presence knows: the places, which of them adjoin, and
// which antenna watches which place. A place without antennas is one where nobody hears
// anything: a room, a corridor, outside.
type Site struct {
	Places   []Place
	Antennas []Watch
	Doors    []Door // those whose crossings are told
}

// Place is one place and those that a folder can get to from it directly. Adjoining is
// symmetric: naming it on one side is enough.
type Place struct {
	ID      fact.PlaceID
	Adjoins []fact.PlaceID
}

// Watch says which place an antenna watches. Several antennas can watch one place.
type Watch struct {
	Antenna fact.Antenna
	Place   fact.PlaceID
}

// Policy is what a site can decide about the estimate.
type Policy struct {
	// MovedAt is the probability at which a new place is concluded, 5001 to 9999.
	MovedAt CertaintyBP
	// FalseUnseen is how many Unseen per folder and year are accepted of folders that nobody took, 1e-9 to 1000.
	// It is not the rate of false alarms: a folder is missing when it stays unseen for some seconds more, which a
	// silence by chance, that has a next round like any other, all but never does.
	// Every tenth part of it costs as many more misses as are together ten times less probable.
	FalseUnseen float64
	// UnseenAfter is the least silence before Unseen, 1 s to 1 h. Only time counts in which every
	// antenna that watches the place completed rounds.
	UnseenAfter time.Duration
	// SilentAfter is how long an antenna can complete no round before it counts as blind, 1 s to
	// 10 min. It must be longer than the slowest cycle of a reader over its ports.
	SilentAfter time.Duration
	// ReadableRounds is how many rounds a blind antenna completes before it counts as seeing again, 1 to 100.
	ReadableRounds int
	// StrangerEvery is the least time between two findings about one unknown tag at one place, 1 s to 24 h.
	StrangerEvery time.Duration
}

// DefaultPolicy returns the policy that suits a cabinet reader with one to five rounds a
// second for every antenna.
func DefaultPolicy() Policy {
	return Policy{
		MovedAt: 9700, FalseUnseen: 3e-2, UnseenAfter: 4 * time.Second,
		SilentAfter: 5 * time.Second, ReadableRounds: 5, StrangerEvery: 10 * time.Minute,
	}
}

// check returns everything that is wrong with the policy.
func (p Policy) check() error {
	var errs []error
	within := func(name string, v, low, high time.Duration) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("policy: %s is %v, must be %v to %v", name, v, low, high))
		}
	}
	if p.MovedAt < minCertainty || p.MovedAt > maxCertainty {
		errs = append(errs, fmt.Errorf("policy: MovedAt is %d, must be %d to %d ten-thousandths", p.MovedAt, minCertainty, maxCertainty))
	}
	if !(p.FalseUnseen >= minFalseUnseen && p.FalseUnseen <= maxFalseUnseen) { // not a number is neither
		errs = append(errs, fmt.Errorf("policy: FalseUnseen is %v, must be %v to %v for a folder and year", p.FalseUnseen, minFalseUnseen, maxFalseUnseen))
	}
	within("UnseenAfter", p.UnseenAfter, minUnseenAfter, maxUnseenAfter)
	within("SilentAfter", p.SilentAfter, minSilentAfter, maxSilentAfter)
	within("StrangerEvery", p.StrangerEvery, minStrangers, maxStrangers)
	if p.ReadableRounds < 1 || p.ReadableRounds > maxReadable {
		errs = append(errs, fmt.Errorf("policy: ReadableRounds is %d, must be 1 to %d", p.ReadableRounds, maxReadable))
	}
	return errors.Join(errs...)
}

// check returns everything that is wrong with the site.
func (s Site) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(s.Places) > MaxPlaces || len(s.Antennas) > MaxAntennas {
		fail("site of %d places and %d antennas: at most %d and %d", len(s.Places), len(s.Antennas), MaxPlaces, MaxAntennas)
	}
	known := make(map[fact.PlaceID]int, len(s.Places)) // to the number of antennas
	for _, p := range s.Places {
		if _, twice := known[p.ID]; twice {
			fail("place %q is listed twice", p.ID)
		}
		if p.ID == Elsewhere {
			fail("a place has no name")
		}
		known[p.ID] = 0
	}
	for _, p := range s.Places {
		for _, n := range p.Adjoins {
			if _, ok := known[n]; !ok || n == p.ID {
				fail("place %q adjoins %q, which is no other place of the site", p.ID, n)
			}
		}
	}
	watches := make(map[fact.Antenna]bool, len(s.Antennas))
	for _, w := range s.Antennas {
		if watches[w.Antenna] {
			fail("antenna %s is listed twice", w.Antenna)
		}
		if w.Antenna.Reader == "" || w.Antenna.Port == 0 {
			fail("antenna %q is incomplete: a reader's name and a port counting from 1", w.Antenna.String())
		}
		if _, ok := known[w.Place]; !ok {
			fail("antenna %s watches %q, which is no place of the site", w.Antenna, w.Place)
			continue
		}
		watches[w.Antenna] = true
		if known[w.Place]++; known[w.Place] == MaxAntennasPerPlace+1 {
			fail("place %q is watched by more than %d antennas", w.Place, MaxAntennasPerPlace)
		}
	}
	errs = append(errs, s.checkDoors(watches))
	return errors.Join(errs...)
}

// state numbers what a tag's place can be: first the watched places in the site's order,
// then one state for each connected set of unwatched places.
type state int16

// nowhere is the state of a tag that is concluded to be in no watched place.
const nowhere state = -1

// graph is the site as the filter sees it.
type graph struct {
	watched int // states below this are watched places
	states  int
	of      map[fact.PlaceID]state
	adjoins []bool    // states by states
	beside  []bool    // states by states: watched places that share an adjoining unwatched state
	voids   [][]state // per watched place: the unwatched states that adjoin it, never none
}

// newGraph builds the graph of a checked site.
func newGraph(s Site) *graph {
	g := &graph{of: make(map[fact.PlaceID]state, len(s.Places))}
	hears := make(map[fact.PlaceID]bool, len(s.Antennas))
	for _, w := range s.Antennas {
		hears[w.Place] = true
	}
	for _, p := range s.Places {
		if hears[p.ID] {
			g.of[p.ID] = state(g.watched) //nolint:gosec // at most MaxPlaces
			g.watched++
		}
	}
	g.states = g.watched
	edges := neighbours(s)
	for _, p := range s.Places {
		if _, done := g.of[p.ID]; !done {
			g.flood(p.ID, edges)
		}
	}
	lost := state(g.states) //nolint:gosec // at most MaxPlaces
	// One more unheard state serves the watched places next to which nobody listed an unwatched
	// one: a folder can always be carried where the description ends.
	g.states++
	g.adjoins = make([]bool, g.states*g.states)
	for a, list := range edges {
		for _, b := range list {
			if x, y := g.of[a], g.of[b]; x != y {
				g.adjoins[g.at(x, y)], g.adjoins[g.at(y, x)] = true, true
			}
		}
	}
	g.voids = make([][]state, g.watched)
	for p := range g.voids {
		g.findVoids(state(p), lost) //nolint:gosec // at most MaxPlaces
	}
	g.findBeside()
	return g
}

func (g *graph) at(from, to state) int { return int(from)*g.states + int(to) }

// neighbours returns the symmetric adjacency of the site's places.
func neighbours(s Site) map[fact.PlaceID][]fact.PlaceID {
	edges := make(map[fact.PlaceID][]fact.PlaceID, len(s.Places))
	for _, p := range s.Places {
		for _, n := range p.Adjoins {
			edges[p.ID] = append(edges[p.ID], n)
			edges[n] = append(edges[n], p.ID)
		}
	}
	return edges
}

// flood gives the next state to an unwatched place and all that connect to it.
func (g *graph) flood(from fact.PlaceID, edges map[fact.PlaceID][]fact.PlaceID) {
	s := state(g.states) //nolint:gosec // at most MaxPlaces
	g.states++
	g.of[from] = s
	for todo := []fact.PlaceID{from}; len(todo) > 0; {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, n := range edges[p] {
			if _, done := g.of[n]; !done {
				g.of[n] = s
				todo = append(todo, n)
			}
		}
	}
}

// findVoids lists the unheard states next to watched place p.
func (g *graph) findVoids(p, lost state) {
	for v := state(g.watched); v < lost; v++ { //nolint:gosec // at most MaxPlaces
		if g.adjoins[g.at(p, v)] {
			g.voids[p] = append(g.voids[p], v)
		}
	}
	if len(g.voids[p]) == 0 {
		g.voids[p] = []state{lost}
		g.adjoins[g.at(p, lost)], g.adjoins[g.at(lost, p)] = true, true
	}
	// More than three kinds of "unheard" next to one place say no more than three do.
	g.voids[p] = g.voids[p][:min(3, len(g.voids[p]))]
}

// findBeside marks the pairs of watched places that share an adjoining unwatched state.
func (g *graph) findBeside() {
	g.beside = make([]bool, g.states*g.states)
	for a := range g.watched {
		for b := range g.watched {
			x, y := state(a), state(b) //nolint:gosec // at most MaxPlaces
			shared := slices.ContainsFunc(g.voids[a], func(v state) bool { return slices.Contains(g.voids[b], v) })
			g.beside[g.at(x, y)] = shared && a != b
		}
	}
}

// passage reports whether s is a watched place between unwatched ones.
func (g *graph) passage(s state) bool { return int(s) < g.watched && len(g.voids[s]) > 1 }

// shelves reports whether a and b are adjoining places in which folders lie.
func (g *graph) shelves(a, b state) bool {
	return int(a) < g.watched && int(b) < g.watched && g.adjoins[g.at(a, b)] && !g.passage(a) && !g.passage(b)
}

// kind says how state s lies to watched place at.
func (g *graph) kind(s, place state) int {
	if s == nowhere {
		return kindUnheard // somebody holds it who walks about
	}
	switch at := g.at(s, place); {
	case g.adjoins[at]:
		return kindAdjoining
	case g.beside[at]:
		return kindBeside
	}
	return kindFar
}

// unlikely returns how improbable it is beforehand, in nats, that a tag concluded to be in
// one state is found in watched place to within the next second.
func (g *graph) unlikely(from, to state) float64 {
	switch {
	case from == nowhere && g.passage(to):
		return unlikelyFromNowhere - passageShare
	case from == nowhere:
		return unlikelyFromNowhere
	case g.kind(from, to) == kindFar:
		return unlikelyFar
	case g.passage(to):
		return unlikelyPassage
	case g.shelves(from, to):
		return unlikelyNextShelf
	}
	return unlikelyBeside
}

// near returns the watched places whose tags the antennas of a watched place may well hear:
// its own, and those that adjoin it or lie beside it.
func (g *graph) near(s state) []state {
	var list []state
	for o := range state(g.watched) { //nolint:gosec // at most MaxPlaces
		if o == s || g.adjoins[g.at(o, s)] || g.beside[g.at(o, s)] {
			list = append(list, o)
		}
	}
	return list
}
