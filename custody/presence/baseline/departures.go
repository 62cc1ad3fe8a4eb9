package baseline

import (
	"bytes"
	"slices"
	"time"
)

// lookEvery is how often departures are looked for: all tags are walked then, as in the engines described.
const lookEvery = time.Second

// departures is the timer that all but package presence use: silence is departure.
type departures struct {
	after  time.Duration // 0 is never
	looked time.Duration
}

// due reports whether it is time to look again.
func (d *departures) due(at time.Duration) bool {
	if d.after == 0 || at-d.looked < lookEvery {
		return false
	}
	d.looked = at
	return true
}

func (d *departures) gone(at, read time.Duration) bool { return at-read > d.after }

// sorted puts the moves from first on into the order of their tags: maps have none.
func sorted(out []Move, first int) []Move {
	slices.SortFunc(out[first:], func(a, b Move) int { return bytes.Compare(a.Tag.Bytes(), b.Tag.Bytes()) })
	return out
}
