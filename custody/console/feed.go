package console

import (
	"context"
	"sync"

	"trilock/custody"
	"trilock/custody/fact"
)

// feed holds the last entries of the record that say something to people, and the names
// of the persons that it met on the way. It reads each entry once, however many screens
// there are.
type feed struct {
	mu      sync.Mutex
	last    uint64 // the last entry that was read
	entries []custody.Entry
	people  map[custody.PersonID]fact.Text
}

func newFeed() *feed { return &feed{people: map[custody.PersonID]fact.Text{}} }

// latest reads what was committed since, up to entry seq, and returns the entries to show,
// the newest first, and the names of the persons in the record. After a long while, and
// at the start, it skips to the last page.
func (f *feed) latest(ctx context.Context, core Core, seq uint64) ([]custody.Entry, map[custody.PersonID]fact.Text, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if seq > feedPage && f.last < seq-feedPage {
		f.last = seq - feedPage
	}
	var failed error
	for f.last < seq {
		page, err := core.Record(ctx, f.last, feedPage)
		if err != nil || len(page) == 0 {
			failed = err
			break
		}
		for _, e := range page {
			f.take(e)
		}
	}
	shown := make([]custody.Entry, 0, len(f.entries))
	for i := len(f.entries) - 1; i >= 0; i-- {
		shown = append(shown, f.entries[i])
	}
	people := make(map[custody.PersonID]fact.Text, len(f.people))
	for id, name := range f.people {
		people[id] = name
	}
	return shown, people, failed
}

func (f *feed) take(e custody.Entry) {
	f.last = e.Seq
	if ev, ok := e.Event.(*custody.PersonRegistered); ok && len(f.people) < maxNamesKept {
		f.people[ev.Person.ID] = ev.Person.Name
	}
	if !tells(e.Event) {
		return
	}
	f.entries = append(f.entries, e)
	if len(f.entries) > maxFeedShown {
		f.entries = f.entries[1:]
	}
}

// tells reports whether an entry is worth a line on the wall. What only repeats what
// another entry says is not.
func tells(ev custody.Event) bool {
	switch ev := ev.(type) {
	case *custody.ActDone:
		return !ev.OK // a granted act shows in what it did
	case *custody.BadgeAccepted, *custody.LockChanged, *custody.LockTold, *custody.SafeDoorChanged, *custody.LockRefused, *custody.PINAccepted, *custody.HandOverEnded, *custody.ExitAsked:
		return false
	case *custody.DoorChanged:
		return ev.Forced // people who come and go are told by PersonMoved
	case *custody.NoticeSettled:
		return !ev.OK
	case *custody.OpeningStep:
		return tellsStep(ev.Step)
	case *custody.AlertChanged:
		return tellsAlert(ev.Change)
	}
	return true
}
