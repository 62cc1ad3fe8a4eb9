package custody_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/approval"
	"trilock/custody/calendar"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/threelock"
)

// secrecyRoom is a small site: one room with a cabinet and a safe, a reading room, an exit.
func secrecyRoom() custody.Site {
	name := func(zh, en string) fact.Text { return fact.Text{ZH: zh, EN: en} }
	policy := custody.Policy{
		BadgePairWindow: 30 * time.Second, HandOverWindow: time.Minute, OpeningWindow: time.Minute, OpeningStatementValid: 10 * time.Minute,
		PINEntryTime: 20 * time.Second, WrongPINsBeforeLockout: 5, LockoutTime: 10 * time.Minute, LockAnswerTime: 5 * time.Second,
		UnlockedTime: 30 * time.Second, SafeOpenMax: 10 * time.Minute, DoorGrantTime: 10 * time.Second, DeviceDownAfter: 5 * time.Second,
		MissingAfter: 15 * time.Second, LentUnseenAfter: 30 * time.Minute,
		LoanLongest: map[custody.Level]time.Duration{custody.Confidential: 48 * time.Hour, custody.Secret: 48 * time.Hour, custody.TopSecret: 12 * time.Hour},
		Approvals:   approvals(),
		Repeat:      map[alerts.Severity]time.Duration{alerts.Warning: 10 * time.Minute, alerts.Critical: time.Minute},
	}
	return custody.Site{Name: name("示范保密室", "Example secrecy room"), Location: time.UTC, Policy: policy, PINKey: []byte("a key of the test's own, 32 bytes"),
		Places: map[fact.PlaceID]custody.Place{
			"outside":      {ID: "outside", Kind: custody.Outside, Name: name("院外", "outside")},
			"corridor":     {ID: "corridor", Kind: custody.Corridor, Name: name("走廊", "corridor")},
			"room":         {ID: "room", Kind: custody.Room, Name: name("保密室", "secrecy room")},
			"reading-room": {ID: "reading-room", Kind: custody.ReadingRoom, Name: name("阅览室", "reading room")},
			"exit":         {ID: "exit", Kind: custody.Passage, Name: name("出口", "exit")},
			"cabinet-a":    {ID: "cabinet-a", Kind: custody.Cabinet, Name: name("甲柜", "cabinet A"), Levels: []custody.Level{custody.Confidential, custody.Secret}, BadgeReader: "badge-cabinets"},
			"cabinet-b":    {ID: "cabinet-b", Kind: custody.Cabinet, Name: name("乙柜", "cabinet B"), Levels: []custody.Level{custody.Confidential}, BadgeReader: "badge-cabinets"},
			"safe-1":       {ID: "safe-1", Kind: custody.SafeBox, Name: name("保险柜", "safe"), Levels: []custody.Level{custody.Secret, custody.TopSecret}},
		},
		Doors: map[fact.DoorID]custody.Door{"room-door": {ID: "room-door", From: "corridor", To: "room", EntryReader: "badge-in", ExitReader: "badge-out",
			Contact: custody.InputPoint{Device: "badge-in"}, ExitButton: custody.InputPoint{Device: "badge-out", Input: 1},
			Strike: custody.Output{Device: "badge-in", For: 5 * time.Second}, HeldOpenAfter: 30 * time.Second}},
		Safes: map[fact.SafeID]custody.Safe{"main-safe": {ID: "main-safe", Place: "safe-1", Room: "room", Name: name("保险柜", "the safe"), BadgeReader: "badge-safe",
			Locks: [3]fact.DeviceID{"lock-1", "lock-2", "lock-3"}}},
		Devices: map[fact.DeviceID]custody.Device{
			"badge-in": {ID: "badge-in", Kind: custody.BadgeReader}, "badge-out": {ID: "badge-out", Kind: custody.BadgeReader},
			"badge-cabinets": {ID: "badge-cabinets", Kind: custody.BadgeReader}, "badge-safe": {ID: "badge-safe", Kind: custody.BadgeReader},
			"reader-a": {ID: "reader-a", Kind: custody.UHFReader}, "lock-1": {ID: "lock-1", Kind: custody.Lock}, "lock-2": {ID: "lock-2", Kind: custody.Lock}, "lock-3": {ID: "lock-3", Kind: custody.Lock},
		}}
}

// site drives a State as the engine does, and keeps what came out.
type site struct {
	t       *testing.T
	state   *custody.State
	now     fact.Stamp
	entries []custody.Entry
	notices []alerts.Notice
	effects []custody.Effect
	keys    int
}

func newSite(t *testing.T) *site {
	t.Helper()
	return newSiteOf(t, secrecyRoom())
}

func newSiteOf(t *testing.T, of custody.Site) *site {
	t.Helper()
	s := &site{t: t, state: custody.NewState(of), now: fact.Stamp{Wall: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}
	s.feed(custody.Start{Version: "test"})
	for _, p := range []custody.Person{
		person("p-archivist", "档案员甲", custody.Confidential, custody.Archivist),
		person("p-office", "综合部乙", custody.TopSecret, custody.GeneralOffice, custody.GeneralOfficeHead),
		person("p-manager", "总经理丙", custody.TopSecret, custody.GeneralManager, custody.SupervisingLeader),
		person("p-engineer", "总工丁", custody.TopSecret, custody.ChiefEngineer),
		person("p-reader", "职员戊", custody.Secret, custody.Staff),
		person("p-guest", "职员己", custody.Public, custody.Staff),
	} {
		s.must(custody.RegisterPerson{Person: p})
	}
	s.register("JM-2026-0001", custody.Confidential, "E20000000000000000000001", "cabinet-a")
	s.register("JM-2026-0002", custody.Secret, "E20000000000000000000002", "cabinet-a")
	s.register("JM-2026-0003", custody.TopSecret, "E20000000000000000000003", "safe-1")
	s.seen("E20000000000000000000001", "cabinet-a")
	s.seen("E20000000000000000000002", "cabinet-a")
	s.seen("E20000000000000000000003", "safe-1")
	for _, lock := range []fact.DeviceID{"lock-1", "lock-2", "lock-3"} {
		s.lock(lock, fact.BoltLocked, fact.InputInactive)
	}
	s.forget()
	return s
}

func person(id custody.PersonID, name string, clearance custody.Level, posts ...custody.Post) custody.Person {
	p := custody.Person{ID: id, Name: fact.Text{ZH: name, EN: string(id)}, Posts: posts, Clearance: clearance, Card: fact.CardID("raw:26:" + string(id)),
		Rooms: []fact.PlaceID{"room"}, PIN: custody.Fingerprint(secrecyRoom().PINKey, id, "1234")}
	if id == "p-guest" {
		p.Rooms = nil
	}
	return p
}

func (s *site) register(id custody.DocumentID, level custody.Level, tag string, home fact.PlaceID) {
	s.t.Helper()
	epc, err := fact.ParseEPC(tag)
	if err != nil {
		s.t.Fatal(err)
	}
	s.must(custody.RegisterDocument{Document: complete(custody.DocumentRecord{ID: id, Level: level, Tag: epc, Home: home})})
}

// complete fills in what a test does not speak of and the register asks for (REG-1).
func complete(r custody.DocumentRecord) custody.DocumentRecord {
	if r.Title == "" {
		r.Title = "题名"
	}
	if r.Copy == 0 {
		r.Copy, r.Copies = 1, max(1, r.Copies)
	}
	r.Issuer, r.IssuerNumber, r.Pages = "示范机关", "示发〔2026〕1号", max(1, r.Pages)
	if r.Produced == 0 {
		r.Produced = calendar.DateOf(2026, 1, 5)
	}
	if r.Retention == (custody.Retention{}) {
		r.Retention.Permanent = true
	}
	if r.Receipt.Envelope == "" {
		r.Receipt.Envelope = custody.EnvelopeIntact
	}
	r.Receipt.At, r.Receipt.By = time.Date(2026, 1, 8, 10, 0, 0, 0, time.UTC), "p-archivist"
	return r
}

func (s *site) forget() { s.notices, s.effects = nil, nil }

func (s *site) feed(body custody.Body) custody.Outcome { return s.feedAs("", body) }

func (s *site) feedAs(actor string, body custody.Body) custody.Outcome {
	s.t.Helper()
	d, err := s.state.Decide(custody.Input{At: s.now, Body: body, Actor: actor})
	if err != nil {
		s.t.Fatalf("%T: %v", body, err)
	}
	s.entries = append(s.entries, d.Entries...)
	s.notices = append(s.notices, d.Notices...)
	s.effects = append(s.effects, d.Effects...)
	return d.Outcome
}

func (s *site) act(actor string, a custody.Act) custody.Outcome {
	s.t.Helper()
	s.keys++
	return s.feedAs(actor, custody.Request{Key: fmt.Sprint("key-", s.keys), Act: a})
}

func (s *site) must(a custody.Act) custody.Outcome {
	s.t.Helper()
	o := s.act("desk", a)
	if !o.OK {
		s.t.Fatalf("%s refused: %+v", a.Verb(), o)
	}
	return o
}

// after lets site time pass, settling everything that falls due on the way.
func (s *site) after(d time.Duration) {
	s.t.Helper()
	end := s.now.Mono + d
	for {
		wait, due := s.state.Due(s.now)
		if !due || s.now.Mono+wait > end {
			break
		}
		s.advance(wait)
		s.feed(custody.Tick{})
	}
	s.advance(end - s.now.Mono)
}

func (s *site) advance(d time.Duration) {
	s.now = fact.Stamp{Mono: s.now.Mono + d, Wall: s.now.Wall.Add(d)}
}

func (s *site) badge(reader fact.DeviceID, p custody.PersonID) custody.Outcome {
	s.t.Helper()
	return s.feed(fact.BadgeShown{Reader: reader, Card: fact.CardID("raw:26:" + string(p))})
}

func (s *site) contact(open bool) {
	s.t.Helper()
	state := fact.InputInactive
	if open {
		state = fact.InputActive
	}
	s.feed(fact.InputChanged{Device: "badge-in", State: state})
}

func (s *site) enter(people ...custody.PersonID) {
	s.t.Helper()
	for _, p := range people {
		s.badge("badge-in", p)
		s.contact(true)
		s.contact(false)
	}
}

func (s *site) tag(epc string) fact.EPC {
	s.t.Helper()
	tag, err := fact.ParseEPC(epc)
	if err != nil {
		s.t.Fatal(err)
	}
	return tag
}

func (s *site) seen(epc string, at fact.PlaceID) {
	s.t.Helper()
	from := s.document(epc).Place
	s.feed(presence.Moved{Tag: s.tag(epc), From: from, To: at, Certainty: 9900, Evidence: "test"})
}

func (s *site) unseen(epc string) {
	s.t.Helper()
	s.feed(presence.Unseen{Tag: s.tag(epc), From: s.document(epc).Place, Certainty: 9900, Evidence: "test"})
}

func (s *site) document(epc string) custody.DocumentOverview {
	s.t.Helper()
	n := epc[len(epc)-1:]
	for _, d := range s.state.Overview(s.now.Wall).Documents {
		if string(d.ID) == "JM-2026-000"+n {
			return d
		}
	}
	s.t.Fatalf("no document with tag %s", epc)
	return custody.DocumentOverview{}
}

func (s *site) lock(id fact.DeviceID, bolt fact.BoltState, door fact.InputState) {
	s.t.Helper()
	s.feed(fact.LockState{Lock: id, Bolt: bolt, Door: door, BatteryPercent: -1})
}

func (s *site) safe() custody.SafeOverview { return s.state.Overview(s.now.Wall).Safes[0] }

// raised returns the kinds of alert of which a first notice was posted, in order.
func (s *site) raised() []alerts.Code {
	var codes []alerts.Code
	for _, n := range s.notices {
		if n.Reason == alerts.ReasonRaised {
			codes = append(codes, n.Code)
		}
	}
	return codes
}

func (s *site) commands() []threelock.Command {
	var told []threelock.Command
	for _, e := range s.effects {
		if tell, ok := e.(custody.TellLocks); ok {
			told = append(told, tell.Command)
		}
	}
	return told
}

func wantEqual[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func approvals() custody.ApprovalPolicy {
	plan := func(text string) approval.Plan {
		p, err := approval.Parse(text)
		if err != nil {
			panic(err)
		}
		return p
	}
	return custody.ApprovalPolicy{Wait: 24 * time.Hour, Use: 24 * time.Hour, Plans: map[custody.ApprovalFor]map[custody.Level]approval.Plan{
		custody.ForLoan: {custody.Secret: plan("general-office-head"), custody.TopSecret: plan("general-office-head then supervising-leader")}}}
}
