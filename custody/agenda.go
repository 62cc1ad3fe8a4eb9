package custody

import (
	"container/heap"
	"time"

	"trilock/custody/fact"
)

// errandKind says what must be looked at when an errand falls due.
type errandKind string

const (
	errandDeviceDown  errandKind = "device-down"
	errandNotReadable errandKind = "not-readable"
	errandMissing     errandKind = "missing"
	errandRest        errandKind = "rest"
	errandLoanDue     errandKind = "loan-due"
	errandAlertRepeat errandKind = "alert-repeat"
	errandHandOver    errandKind = "hand-over"
	errandOpening     errandKind = "opening"
	errandSafeOpen    errandKind = "safe-open"
	errandDoorHeld    errandKind = "door-held"
	errandRefusals    errandKind = "refusals"
	errandLockAgain   errandKind = "lock-again"
	errandLockCheck   errandKind = "lock-check"
	errandKeys        errandKind = "keys"
	errandApproval    errandKind = "approval"
)

// errand names one thing to look at again: a kind and the id of its subject.
type errand struct {
	kind errandKind
	id   string
}

// appointment is an errand with its time: in site time, or on the wall clock for legal due times.
type appointment struct {
	errand
	mono time.Duration
	wall time.Time // zero unless it is a wall-clock appointment
	turn uint64    // tells a current appointment from one that was moved or called off
	pos  uint64    // breaks ties in the order of being made
}

// agenda holds what falls due, soonest first. An errand has at most one appointment.
// Calling off is lazy: a stale appointment is dropped when it comes up.
type agenda struct {
	mono, wall appointments
	turns      map[errand]uint64
	made       uint64
}

type appointments []appointment

func (a appointments) Len() int { return len(a) }
func (a appointments) Less(i, j int) bool {
	if a[i].mono != a[j].mono {
		return a[i].mono < a[j].mono
	}
	if !a[i].wall.Equal(a[j].wall) {
		return a[i].wall.Before(a[j].wall)
	}
	return a[i].pos < a[j].pos
}
func (a appointments) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

// Push is for container/heap.
func (a *appointments) Push(x any) { *a = append(*a, x.(appointment)) }

// Pop is for container/heap.
func (a *appointments) Pop() any {
	old := *a
	last := old[len(old)-1]
	*a = old[:len(old)-1]
	return last
}

func newAgenda() *agenda { return &agenda{turns: map[errand]uint64{}} }

func (a *agenda) at(e errand, mono time.Duration) {
	heap.Push(&a.mono, a.make(e, appointment{mono: mono}))
}

func (a *agenda) atWall(e errand, wall time.Time) {
	heap.Push(&a.wall, a.make(e, appointment{wall: wall}))
}

func (a *agenda) make(e errand, p appointment) appointment {
	a.made++
	a.turns[e] = a.made
	p.errand, p.turn, p.pos = e, a.made, a.made
	return p
}

func (a *agenda) off(e errand) { delete(a.turns, e) }

// pop takes the next errand that is due at now, and forgets its appointment.
func (a *agenda) pop(now fact.Stamp) (errand, bool) {
	a.skipStale()
	switch {
	case len(a.mono) > 0 && a.mono[0].mono <= now.Mono:
		e := heap.Pop(&a.mono).(appointment).errand
		a.off(e)
		return e, true
	case len(a.wall) > 0 && !a.wall[0].wall.After(now.Wall):
		e := heap.Pop(&a.wall).(appointment).errand
		a.off(e)
		return e, true
	}
	return errand{}, false
}

// next returns how long after now the next errand falls due (zero: at once).
func (a *agenda) next(now fact.Stamp) (time.Duration, bool) {
	a.skipStale()
	wait, any := time.Duration(0), false
	if len(a.mono) > 0 {
		wait, any = a.mono[0].mono-now.Mono, true
	}
	if len(a.wall) > 0 {
		if w := a.wall[0].wall.Sub(now.Wall); !any || w < wait {
			wait, any = w, true
		}
	}
	return max(wait, 0), any
}

func (a *agenda) skipStale() {
	for _, q := range []*appointments{&a.mono, &a.wall} {
		for len(*q) > 0 && a.turns[(*q)[0].errand] != (*q)[0].turn {
			heap.Pop(q)
		}
	}
}

// has reports whether an errand has an appointment.
func (a *agenda) has(e errand) bool { _, made := a.turns[e]; return made }
