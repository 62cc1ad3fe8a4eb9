package custody_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"trilock/custody"
	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// guardedRoom is the small site with every rule of guarding in force.
func guardedRoom() custody.Site {
	of := secrecyRoom()
	of.Policy.Guarding = custody.GuardingPolicy{AloneAfter: 10 * time.Second, EmptyAfter: 10 * time.Second, DutyAhead: 24 * time.Hour, Papers: true, PapersAhead: 24 * time.Hour,
		PINAge: 2 * time.Hour, PINWarning: time.Hour, CheckEvery: 3 * time.Hour, ReportWithin: time.Hour, ReportAhead: 30 * time.Minute, OutcomeWithin: 3 * time.Hour, OutcomeAhead: time.Hour}
	return of
}

// Replaying the record gives the same state, whatever is done to guard the room.
func TestReplayOfGuarding(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		of := guardedRoom()
		s := newSiteOf(t, of)
		for range rapid.IntRange(1, 50).Draw(r, "steps") {
			if rapid.Bool().Draw(r, "guarding") {
				guardingStep(r, s)
			} else {
				randomStep(r, s)
			}
		}
		again := custody.NewState(of)
		for _, e := range s.entries {
			data, err := custody.EncodeEvent(e.Event)
			if err != nil {
				r.Fatal(err)
			}
			if e.Event, err = custody.DecodeEvent(e.Event.Kind(), data); err != nil {
				r.Fatal(err)
			}
			if err := again.Evolve(e); err != nil {
				r.Fatal(err)
			}
		}
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

func guardingStep(r *rapid.T, s *site) {
	person1 := rapid.SampledFrom([]custody.PersonID{"p-archivist", "p-office", "p-manager", "p-reader", "p-guest"})
	who, other := person1.Draw(r, "who"), person1.Draw(r, "other")
	now := s.now.Wall
	id := rapid.SampledFrom([]string{"W-000001", "W-000002"}).Draw(r, "number")
	switch rapid.IntRange(0, 9).Draw(r, "act") {
	case 0:
		s.act(string(who), custody.RegisterVisit{Name: "来", Unit: "外", Document: "1", Purpose: "修", Escort: other, Room: "room", Until: now.Add(time.Minute), Card: "raw:26:visitor"})
	case 1:
		s.act("p-office", custody.Approve{ID: "V-000001"})
	case 2:
		s.feed(fact.BadgeShown{Reader: rapid.SampledFrom([]fact.DeviceID{"badge-in", "badge-out"}).Draw(r, "reader"), Card: "raw:26:visitor"})
	case 3:
		from := now.Add(time.Duration(rapid.IntRange(-4, 30).Draw(r, "from")) * time.Hour)
		s.act("p-office", custody.PlanDuty{Person: who, From: from, Until: from.Add(12 * time.Hour)})
	case 4:
		s.act("p-office", custody.CancelDuty{Duty: "Z-000001", Reason: "请假"})
	case 5:
		s.act(string(who), custody.BeginMaintenance{Things: []fact.DeviceID{"lock-1", "badge-in"}, Other: other, Reason: "换线", Until: now.Add(time.Hour)})
	case 6:
		s.act(string(who), custody.ConfirmMaintenance{Maintenance: id})
		s.feed(fact.DeviceReport{Device: "badge-in", State: fact.DeviceFault, Code: "tamper", Identity: rapid.SampledFrom([]string{"a", "b"}).Draw(r, "identity")})
	case 7:
		s.act("p-manager", custody.SignHandOver{Person: who})
		s.act("p-office", custody.ClosePerson{Person: who, Reason: "调离"})
	case 8:
		p := person(who, "甲", custody.Secret, custody.Staff)
		p.Agreement, p.ClearedUntil, p.TrainedUntil = calendar.DateOf(2026, 1, 1), calendar.DateOf(2026, 3, rapid.IntRange(1, 4).Draw(r, "day")), calendar.DateOf(2026, 3, 5)
		s.act("desk", custody.RegisterPerson{Person: p})
	case 9:
		s.act("p-manager", custody.ReportIncident{Case: "C-000001", To: rapid.SampledFrom([]custody.Authority{custody.TheLeader, custody.BodyAbove, custody.ConfidentialityDepartment}).Draw(r, "to")})
		s.act("p-manager", custody.ConcludeIncident{Case: "C-000001", Outcome: "查清"})
		s.after(time.Duration(rapid.IntRange(1, 200).Draw(r, "minutes")) * time.Minute)
	}
}
