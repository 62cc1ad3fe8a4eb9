package custody_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/approval"
	"trilock/custody/calendar"
	"trilock/custody/fact"
	"trilock/custody/presence"
)

// keepingHouse is the secrecy room with what keeping needs: a working calendar, a meeting room, a
// destroying place and a gate.
func keepingHouse(t *testing.T) custody.Site {
	t.Helper()
	of := secrecyRoom()
	working, err := calendar.New(calendar.Plan{Zone: time.UTC, Lists: []calendar.List{calendar.China()}, Hours: []calendar.Hours{
		{Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}, From: 8 * time.Hour, Until: 17 * time.Hour}}})
	if err != nil {
		t.Fatal(err)
	}
	leader, err := approval.Parse("supervising-leader")
	if err != nil {
		t.Fatal(err)
	}
	of.Calendar = working
	of.Places["meeting-room"] = custody.Place{ID: "meeting-room", Kind: custody.Room, Name: fact.Text{ZH: "会议室", EN: "meeting room"}, BadgeReader: "badge-meeting"}
	of.Places["shredder"] = custody.Place{ID: "shredder", Kind: custody.Room, Name: fact.Text{ZH: "销毁间", EN: "destroying place"}, BadgeReader: "badge-shredder"}
	of.Doors["main-exit"] = custody.Door{ID: "main-exit", From: "outside", To: "exit", EntryReader: "badge-gate-in", ExitReader: "badge-gate-out"}
	of.Policy.TwoCarriers = custody.TwoCarriers{Levels: []custody.Level{custody.TopSecret}}
	for _, what := range []custody.ApprovalFor{custody.ForCarryingOut, custody.ForDestruction, custody.ForTransfer} {
		of.Policy.Approvals.Plans[what] = map[custody.Level]approval.Plan{custody.Confidential: leader, custody.Secret: leader, custody.TopSecret: leader}
	}
	of.Policy.Keeping = custody.KeepingPolicy{SweepReminder: 30 * time.Minute, CountEvery: time.Hour, InventoryReminder: time.Hour,
		InventoryEvery:  map[custody.Level]time.Duration{custody.TopSecret: 48 * time.Hour, custody.Secret: 72 * time.Hour},
		DestroyingPlace: "shredder", DestroyWithin: 8 * time.Hour, ClearReminder: 24 * time.Hour, CarryingLongest: 72 * time.Hour, ReturnReminder: time.Hour, HandInWithin: 30 * time.Minute}
	return of
}

func keepingSite(t *testing.T) *site {
	t.Helper()
	s := newSiteOf(t, keepingHouse(t))
	for _, p := range []custody.Person{
		person("p-officer", "保密员庚", custody.TopSecret, custody.ConfidentialityOfficer),
		person("p-watch", "监销辛", custody.TopSecret, custody.Staff),
		person("p-next", "档案员壬", custody.TopSecret, custody.Staff),
	} {
		s.must(custody.RegisterPerson{Person: p})
	}
	s.forget()
	return s
}

func (s *site) can(actor custody.PersonID, a custody.Act) custody.Outcome {
	s.t.Helper()
	o := s.act(string(actor), a)
	if !o.OK {
		s.t.Fatalf("%s by %s refused: %+v", a.Verb(), actor, o)
	}
	return o
}

func (s *site) cannot(actor custody.PersonID, a custody.Act, code, rule string) {
	s.t.Helper()
	if o := s.act(string(actor), a); o.OK || o.Code != code || o.Rule != rule {
		s.t.Errorf("%s by %s: %+v, want refused with %s by %s", a.Verb(), actor, o, code, rule)
	}
}

func sweepOf(s *site) *custody.Swept {
	for i := len(s.entries) - 1; i >= 0; i-- {
		if sheet, ok := s.entries[i].Event.(*custody.Swept); ok {
			return sheet
		}
	}
	return nil
}

// STO-3: bolts and doors are on the sheet as well, and what has not reported counts as not shut.
func TestSweepLooksAtBoltsAndDoors(t *testing.T) {
	s := keepingSite(t)
	s.lock("lock-2", fact.BoltUnlocked, fact.InputInactive)
	s.after(9 * time.Hour)
	sheet := sweepOf(s)
	if sheet == nil {
		t.Fatal("no sweep at the off-duty hour")
	}
	wantEqual(t, "findings", sheet.Findings, []custody.SweepFinding{{Lock: "lock-2", What: "not-locked"}, {Door: "room-door", What: "not-reported"}})
	wantEqual(t, "stands", s.stands(alerts.SweepOpen, "sweep"), true)
	s.lock("lock-2", fact.BoltLocked, fact.InputInactive)
	wantEqual(t, "stands with the door unknown", s.stands(alerts.SweepOpen, "sweep"), true)
	s.contact(false)
	wantEqual(t, "stands when all is shut", s.stands(alerts.SweepOpen, "sweep"), false)
}

// A weekend has no close of business; a sweep that fell due while the daemon was down is made up for.
func TestSweepOnWorkingDaysOnly(t *testing.T) {
	s := keepingSite(t) // a Monday
	s.contact(false)
	s.after(4*24*time.Hour + 10*time.Hour) // Friday evening
	count := func() (n int) {
		for _, e := range s.entries {
			if _, ok := e.Event.(*custody.Swept); ok {
				n++
			}
		}
		return n
	}
	wantEqual(t, "sweeps until Friday", count(), 5)
	s.after(48 * time.Hour)
	wantEqual(t, "sweeps until Sunday", count(), 5)
	s.advance(24 * time.Hour) // the daemon is down over Monday's
	s.feed(custody.Start{Version: "test"})
	s.feed(custody.Tick{})
	wantEqual(t, "sweeps after the start", count(), 6)
}

// STO-4: nobody signs for a place whose reader is silent, and a place that keeps nothing is not inventoried.
func TestInventoryOfWhatIsHeard(t *testing.T) {
	s := keepingSite(t)
	s.after(72 * time.Hour)
	wantEqual(t, "cabinet-a late", s.stands(alerts.InventoryLate, "cabinet-a"), true)
	wantEqual(t, "empty cabinet-b late", s.stands(alerts.InventoryLate, "cabinet-b"), false)
	inv := s.can("p-archivist", custody.StartInventory{Place: "cabinet-a"}).Subject
	s.cannot("p-archivist", custody.StartInventory{Place: "cabinet-a"}, "inventory-under-way", "STO-4")
	s.feed(presence.NotReadable{Place: "cabinet-a", Reader: "reader-a"})
	s.cannot("p-archivist", custody.SignInventory{Inventory: inv}, "not-readable", "STO-4")
	s.feed(presence.ReadableAgain{Place: "cabinet-a"})
	s.seen(folder3, "cabinet-a") // of the safe
	s.cannot("p-archivist", custody.SignInventory{Inventory: inv}, "unexplained", "STO-4")
	s.can("p-archivist", custody.ExplainDifference{Inventory: inv, Document: "JM-2026-0003", Why: "放错，已送回"})
	s.can("p-archivist", custody.SignInventory{Inventory: inv})
	wantEqual(t, "cabinet-a late", s.stands(alerts.InventoryLate, "cabinet-a"), false)
	s.can("p-archivist", custody.DropInventory{Inventory: s.can("p-archivist", custody.StartInventory{Place: "safe-1"}).Subject, Reason: "改日"})
}

// DES-2: the leave of an approval is used up; a list that is not closed in time is an alert.
func TestDestructionTakesNoForever(t *testing.T) {
	s := keepingSite(t)
	s.cannot("p-officer", custody.CompileDestruction{Documents: []custody.DocumentID{"JM-2026-0003"}, Supervisors: []custody.PersonID{"p-reader", "p-watch"}, Reason: "到期"}, "not-cleared", "REG-5")
	list := s.can("p-officer", custody.CompileDestruction{Documents: []custody.DocumentID{"JM-2026-0001"}, Supervisors: []custody.PersonID{"p-reader", "p-watch"}, Reason: "到期"}).Subject
	s.cannot("p-officer", custody.ProposeTransfer{Documents: []custody.DocumentID{"JM-2026-0001"}, Receiver: "中心", Purpose: custody.Filing, Carriers: []custody.PersonID{"p-reader"}, Until: s.now.Wall.Add(time.Hour)}, "engaged", "DES-4")
	s.can("p-manager", custody.Approve{ID: list})
	s.badge("badge-shredder", "p-reader")
	s.badge("badge-shredder", "p-watch")
	s.seen(folder1, "shredder")
	s.after(9 * time.Hour)
	wantEqual(t, "not closed", s.stands(alerts.DestructionOpen, list), true)
	wantEqual(t, "left its zone", s.stands(alerts.LeftZone, "JM-2026-0001"), false)
	s.unseen(folder1)
	s.can("p-reader", custody.SignDestruction{List: list})
	s.cannot("p-reader", custody.SignDestruction{List: list}, "signed-before", "DES-2")
	s.can("p-watch", custody.SignDestruction{List: list})
	wantEqual(t, "not closed", s.stands(alerts.DestructionOpen, list), false)
	// One that lapses unused gives its documents free.
	list = s.can("p-officer", custody.CompileDestruction{Documents: []custody.DocumentID{"JM-2026-0002"}, Supervisors: []custody.PersonID{"p-reader", "p-watch"}, Reason: "到期"}).Subject
	s.can("p-manager", custody.Approve{ID: list})
	s.after(25 * time.Hour)
	s.badge("badge-shredder", "p-reader")
	s.cannot("p-reader", custody.SignDestruction{List: list}, "no-such-list", "DES-1")
	s.can("p-officer", custody.CompileDestruction{Documents: []custody.DocumentID{"JM-2026-0002"}, Supervisors: []custody.PersonID{"p-reader", "p-watch"}, Reason: "到期"})
}

// STO-6: the one who comes holds the post and the one who goes does not; the safe's parties follow.
func TestPostMovesWithThreeSignatures(t *testing.T) {
	s := keepingSite(t)
	s.cannot("p-archivist", custody.HandOverPost{From: "p-archivist", To: "p-next", Leader: "p-next"}, "three-persons", "STO-6")
	s.cannot("p-reader", custody.HandOverPost{From: "p-archivist", To: "p-next", Leader: "p-manager"}, "not-yours", "STO-6")
	inv := s.can("p-manager", custody.HandOverPost{From: "p-archivist", To: "p-next", Leader: "p-manager"}).Subject
	s.cannot("p-next", custody.HandOverPost{From: "p-archivist", To: "p-next", Leader: "p-manager"}, "hand-over-under-way", "STO-6")
	for _, p := range []custody.PersonID{"p-archivist", "p-next"} {
		s.can(p, custody.SignInventory{Inventory: inv})
		s.cannot(p, custody.SignInventory{Inventory: inv}, "signed-before", "STO-6")
	}
	s.can("p-manager", custody.SignInventory{Inventory: inv})
	s.cannot("p-archivist", custody.StartInventory{Place: "cabinet-a"}, "wrong-post", "STO-4")
	s.can("p-next", custody.StartInventory{Place: "cabinet-a"})
	again := person("p-archivist", "档案员甲", custody.Confidential, custody.Staff) // free to be corrected now
	s.must(custody.RegisterPerson{Person: again})
}

// Whatever keeping does, replaying the record gives the same: every random act by a random person.
func TestKeepingReplays(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := keepingSite(t)
		for range rapid.IntRange(1, 50).Draw(r, "steps") {
			if rapid.Bool().Draw(r, "keeping") {
				keepingStep(r, s)
			} else {
				randomStep(r, s)
			}
		}
		s.feed(custody.Tick{})
		again := custody.NewState(keepingHouse(t))
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
		if was, is := custody.KeepingAsKept(s.state), custody.KeepingAsKept(again); was != is {
			r.Fatalf("kept before the replay:\n%s\nafter it:\n%s", was, is)
		}
		if d, err := again.Decide(custody.Input{At: s.now, Body: custody.Tick{}}); err != nil || len(d.Entries) > 0 {
			r.Fatalf("a tick after the replay made %d entries (%v): %+v", len(d.Entries), err, d.Entries)
		}
		wantEqual(t, "overview after replay", again.Overview(s.now.Wall), s.state.Overview(s.now.Wall))
	})
}

func keepingStep(r *rapid.T, s *site) {
	people := []custody.PersonID{"p-archivist", "p-office", "p-manager", "p-reader", "p-officer", "p-watch", "p-next", "p-nobody"}
	draw := func(what string) custody.PersonID { return rapid.SampledFrom(people).Draw(r, what) }
	who, doc := string(draw("who")), custody.DocumentID(fmt.Sprintf("JM-2026-000%d", rapid.IntRange(1, 4).Draw(r, "document")))
	docs, n := []custody.DocumentID{doc}, fmt.Sprintf("-00000%d", rapid.IntRange(1, 3).Draw(r, "number"))
	soon := s.now.Wall.Add(time.Duration(rapid.IntRange(1, 200).Draw(r, "minutes")) * time.Minute)
	acts := []custody.Act{
		custody.StartInventory{Place: rapid.SampledFrom([]fact.PlaceID{"cabinet-a", "safe-1", "room"}).Draw(r, "place")},
		custody.ExplainDifference{Inventory: "IN" + n, Document: doc, Why: "原因", Missing: rapid.Bool().Draw(r, "missing")},
		custody.SignInventory{Inventory: "IN" + n}, custody.DropInventory{Inventory: "IN" + n, Reason: "改日"},
		custody.HandOverPost{From: "p-archivist", To: draw("to"), Leader: draw("leader")},
		custody.PlanMeeting{Title: "会", Venue: "meeting-room", From: s.now.Wall, Until: soon, Participants: people[:6], Documents: docs},
		custody.BeginMeeting{Meeting: "MT" + n}, custody.EndMeeting{Meeting: "MT" + n},
		custody.HandAtMeeting{Meeting: "MT" + n, Document: doc, Participant: draw("participant"), Collect: rapid.Bool().Draw(r, "collect")},
		custody.CompileDestruction{Documents: docs, Supervisors: []custody.PersonID{"p-watch", draw("supervisor")}, Reason: "到期"},
		custody.ProposeTransfer{Documents: docs, Receiver: "中心", Purpose: custody.Filing, Carriers: []custody.PersonID{"p-watch", "p-reader"}, Until: soon},
		custody.SignTransfer{Transfer: "TR" + n},
		custody.RecallToIssuer{Document: doc, By: calendar.DateOf(2026, 3, rapid.IntRange(1, 6).Draw(r, "day")), Letter: "函"},
		custody.RequestCarryingOut{Documents: docs, Carriers: []custody.PersonID{"p-watch", draw("carrier")}, Purpose: "会签", Measures: "密码箱", Destination: "市局", From: s.now.Wall.Add(10 * time.Minute), Return: soon},
		custody.ReceiveBack{Document: doc},
		custody.Approve{ID: rapid.SampledFrom([]string{"CO", "DL", "TR"}).Draw(r, "series") + n},
	}
	switch k := rapid.IntRange(0, len(acts)+4).Draw(r, "what"); {
	case k < len(acts):
		s.act(who, acts[k])
	case k == len(acts):
		s.badge(rapid.SampledFrom([]fact.DeviceID{"badge-meeting", "badge-shredder"}).Draw(r, "reader"), custody.PersonID(who))
	case k == len(acts)+1:
		s.after(time.Duration(rapid.IntRange(1, 1000).Draw(r, "minutes")) * time.Minute)
	case k == len(acts)+2:
		s.seen(folder1, rapid.SampledFrom([]fact.PlaceID{"meeting-room", "shredder", "corridor", "cabinet-a"}).Draw(r, "place"))
	case k == len(acts)+3:
		s.through(folder1, rapid.Bool().Draw(r, "in"), false, "p-watch", custody.PersonID(who))
	default:
		s.feed(custody.Start{Version: "test"})
	}
}
