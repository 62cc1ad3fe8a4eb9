package openingsim

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"time"
)

// A seed is played by one goroutine, without a real clock: what is to happen waits in a
// heap, and time is the time of the next of them.

// event is something that happens at an instant.
type event struct {
	at   time.Duration
	turn uint64 // breaks ties in the order of being planned
	do   func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].turn < e[j].turn
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

// clock is virtual time, and the dice: everything that is random in a seed is drawn from it.
type clock struct {
	now     time.Duration
	planned events
	turn    uint64
	dice    *rand.Rand
	failed  string // the first thing that was found wrong
	tell    func(format string, args ...any)
}

func newClock(seed uint64) clock {
	return clock{dice: rand.New(rand.NewPCG(seed, 0x7472696c6f636b))}
}

// after plans something.
func (c *clock) after(d time.Duration, do func()) {
	c.turn++
	heap.Push(&c.planned, event{c.now + max(d, 0), c.turn, do})
}

// note says what happens, to somebody who looks for the reason of a failure.
func (c *clock) note(format string, args ...any) {
	if c.tell != nil {
		c.tell("%12v  "+format, append([]any{c.now}, args...)...)
	}
}

// run lets everything happen up to an instant, or until something is found wrong.
func (c *clock) run(until time.Duration) {
	for len(c.planned) > 0 && c.planned[0].at <= until && c.failed == "" {
		next := heap.Pop(&c.planned).(event)
		c.now = next.at
		next.do()
	}
	if c.failed == "" {
		c.now = until
	}
}

// wrong ends the seed with what the oracle has to say.
func (c *clock) wrong(format string, args ...any) {
	if c.failed == "" {
		c.failed = fmt.Sprintf("at %v: ", c.now) + fmt.Sprintf(format, args...)
	}
}

// between draws a duration, and chance an outcome of the given probability.
func (c *clock) between(least, most time.Duration) time.Duration {
	return least + time.Duration(c.dice.Int64N(int64(most-least)+1))
}

func (c *clock) chance(p float64) bool { return c.dice.Float64() < p }

func pick[T any](c *clock, of []T) T { return of[c.dice.IntN(len(of))] }
