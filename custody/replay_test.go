package custody_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// Replaying the record gives the same state, entry for entry, whatever happened, and the
// record's own form loses nothing.
func TestReplayGivesTheSameState(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newSite(t)
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			randomStep(r, s)
		}
		again := custody.NewState(secrecyRoom())
		for _, e := range s.entries {
			data, err := custody.EncodeEvent(e.Event)
			if err != nil {
				r.Fatal(err)
			}
			ev, err := custody.DecodeEvent(e.Event.Kind(), data)
			if err != nil {
				r.Fatal(err)
			}
			e.Event = ev
			if err := again.Evolve(e); err != nil {
				r.Fatal(err)
			}
		}
		// What had fallen due and was settled may come up once more after a replay, and must
		// then change nothing.
		n := len(s.entries)
		s.feed(custody.Tick{})
		second, err := again.Decide(custody.Input{At: s.now, Body: custody.Tick{}})
		if err != nil || len(second.Entries) != len(s.entries)-n {
			r.Fatalf("a tick after the replay made %d entries (%v), before it %d", len(second.Entries), err, len(s.entries)-n)
		}
		wantEqual(t, "overview after replay", again.Overview(s.now.Wall), s.state.Overview(s.now.Wall))
		d1, ok1 := s.state.Due(s.now)
		d2, ok2 := again.Due(s.now)
		if d1 != d2 || ok1 != ok2 {
			r.Fatalf("due in %v (%v), after replay in %v (%v)", d1, ok1, d2, ok2)
		}
	})
}

func randomStep(r *rapid.T, s *site) {
	people := []custody.PersonID{"p-archivist", "p-office", "p-manager", "p-engineer", "p-reader", "p-guest", "p-nobody"}
	readers := []fact.DeviceID{"badge-in", "badge-out", "badge-cabinets", "badge-safe"}
	locks := []fact.DeviceID{"lock-1", "lock-2", "lock-3"}
	tags := []string{folder1, folder2, folder3}
	who := rapid.SampledFrom(people).Draw(r, "who")
	lock := rapid.SampledFrom(locks).Draw(r, "lock")
	switch rapid.IntRange(0, 13).Draw(r, "step") {
	case 0:
		s.badge(rapid.SampledFrom(readers).Draw(r, "reader"), who)
	case 1:
		s.feed(fact.PINEntered{Reader: "badge-safe", Digits: rapid.SampledFrom([]string{"1234", "0000"}).Draw(r, "pin")})
	case 2:
		s.contact(rapid.Bool().Draw(r, "open"))
	case 3:
		s.seen(rapid.SampledFrom(tags).Draw(r, "tag"), rapid.SampledFrom([]fact.PlaceID{"cabinet-a", "cabinet-b", "safe-1", "exit", "reading-room"}).Draw(r, "place"))
	case 4:
		s.unseen(rapid.SampledFrom(tags).Draw(r, "tag"))
	case 5:
		s.act("desk", custody.RequestLoan{Document: "JM-2026-0001", Borrower: who, Due: s.now.Wall.Add(time.Minute)})
	case 6:
		s.act(string(who), custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	case 7:
		s.feed(fact.LockState{Lock: lock, Bolt: fact.BoltState(rapid.IntRange(0, 3).Draw(r, "bolt")), Door: fact.InputState(rapid.IntRange(0, 3).Draw(r, "door"))})
	case 8:
		s.feed(fact.LockChallenge{Lock: lock, Session: s.safe().Session, Challenge: []byte("nonce")})
	case 9:
		s.feed(fact.LockResult{Lock: lock, Session: s.safe().Session, Accepted: rapid.Bool().Draw(r, "accepted")})
	case 10:
		s.after(time.Duration(rapid.IntRange(1, 90).Draw(r, "seconds")) * time.Second)
	case 12:
		s.feed(fact.LockRefusal{Lock: lock, ByLock: rapid.Bool().Draw(r, "by lock"), Code: "expired", Count: rapid.Uint32Range(0, 4).Draw(r, "count")})
	case 13:
		s.feed(fact.LockState{Lock: lock, Bolt: fact.BoltState(rapid.IntRange(0, 3).Draw(r, "bolt")), Tamper: rapid.Bool().Draw(r, "tamper"), Motor: fact.MotorState(rapid.IntRange(0, 4).Draw(r, "motor")),
			BatteryPercent: rapid.IntRange(-1, 100).Draw(r, "battery"), Trust: rapid.SampledFrom([]string{"", "1:a", "2:b"}).Draw(r, "trust")})
	case 11:
		id := alerts.ID(rapid.IntRange(1, 4).Draw(r, "alert"))
		s.act("p-office", custody.AcknowledgeAlert{Alert: id})
		s.act("p-office", custody.CloseAlert{Alert: id, Disposition: alerts.Drill})
	}
}

// SAF-1 over all inputs: the locks are told to open only for three different persons of
// three different parties who are in the room.
func TestAuthoriseOnlyForThreeParties(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newSite(t)
		s.enter("p-archivist", "p-office", "p-manager", "p-engineer")
		for range rapid.IntRange(1, 80).Draw(r, "steps") {
			randomStep(r, s)
		}
		for _, e := range s.effects {
			tell, ok := e.(custody.TellLocks)
			if !ok || tell.Command != threelock.Authorise {
				continue
			}
			persons, parties := map[custody.PersonID]bool{}, map[threelock.Party]bool{}
			for _, p := range tell.Opening.Present {
				persons[p.Person], parties[p.Party] = true, true
			}
			if len(persons) != 3 || len(parties) != 3 {
				r.Fatalf("authorised for %+v", tell.Opening.Present)
			}
		}
	})
}
