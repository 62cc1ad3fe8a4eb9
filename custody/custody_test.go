package custody_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/threelock"
)

const (
	folder1 = "E20000000000000000000001"
	folder2 = "E20000000000000000000002"
	folder3 = "E20000000000000000000003"
)

func (s *site) lend(doc custody.DocumentID, to custody.PersonID, due time.Duration) custody.Outcome {
	s.t.Helper()
	return s.act("desk", custody.RequestLoan{Document: doc, Borrower: to, Due: s.now.Wall.Add(due), Zones: []fact.PlaceID{"room", "reading-room"}, Purpose: "查阅"})
}

// CIR-1, CIR-4: between two badges the folder leaves, is lent, and comes back.
func TestLendingBetweenTwoBadges(t *testing.T) {
	s := newSite(t)
	if o := s.lend("JM-2026-0001", "p-reader", time.Hour); !o.OK {
		t.Fatalf("refused: %+v", o)
	}
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", "p-reader")
	s.after(5 * time.Second)
	s.unseen(folder1)
	wantEqual(t, "status after leaving", s.document(folder1).Loan.Status, custody.LoanOut)
	s.seen(folder1, "reading-room")
	s.after(20 * time.Minute)
	wantEqual(t, "alerts while lent where allowed", s.raised(), nil)

	s.badge("badge-cabinets", "p-reader")
	s.badge("badge-cabinets", "p-archivist")
	s.seen(folder1, "cabinet-a")
	if loan := s.document(folder1).Loan; loan != nil {
		t.Errorf("loan after return: %+v", loan)
	}
	wantEqual(t, "alerts at the end", s.raised(), nil)
}

// The folder may be back on the shelf before the badges are shown.
func TestReturnBeforeBadges(t *testing.T) {
	s := newSite(t)
	s.lend("JM-2026-0001", "p-reader", time.Hour)
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", "p-reader")
	s.unseen(folder1)
	s.after(5 * time.Minute)
	s.seen(folder1, "cabinet-a")
	wantEqual(t, "still lent: nobody has badged", s.document(folder1).Loan.Status, custody.LoanOut)
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", "p-reader")
	if loan := s.document(folder1).Loan; loan != nil {
		t.Errorf("loan after return: %+v", loan)
	}
}

// A folder that was taken a moment before the badges is lent by them; one taken long ago is not.
func TestBadgesAfterTheFolderLeft(t *testing.T) {
	for name, tc := range map[string]struct {
		wait time.Duration
		want custody.LoanStatus
	}{"a moment": {5 * time.Second, custody.LoanOut}, "long ago": {5 * time.Minute, custody.LoanReady}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.lend("JM-2026-0001", "p-reader", time.Hour)
			s.seen(folder1, "reading-room")
			wantEqual(t, "alerts before the badges", s.raised(), []alerts.Code{alerts.LeftZone})
			s.after(tc.wait)
			s.badge("badge-cabinets", "p-archivist")
			s.badge("badge-cabinets", "p-reader")
			wantEqual(t, "status", s.document(folder1).Loan.Status, tc.want)
		})
	}
}

// A hand-over in which a folder changed hands makes room for the next in line at once.
func TestNextInLine(t *testing.T) {
	s := newSite(t)
	s.lend("JM-2026-0001", "p-reader", time.Hour)
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", "p-reader")
	wantEqual(t, "the next while it is open", s.badge("badge-cabinets", "p-office").Code, "hand-over-busy")
	s.unseen(folder1)
	s.badge("badge-cabinets", "p-archivist")
	if o := s.badge("badge-cabinets", "p-office"); o.Code != "" {
		t.Errorf("the next in line is refused: %+v", o)
	}
}

func TestHandOverNeedsACustodian(t *testing.T) {
	s := newSite(t)
	s.lend("JM-2026-0001", "p-reader", time.Hour)
	s.badge("badge-cabinets", "p-office")
	o := s.badge("badge-cabinets", "p-reader")
	wantEqual(t, "code", o.Code, "no-custodian")
	s.unseen(folder1)
	wantEqual(t, "not issued", s.document(folder1).Loan.Status, custody.LoanReady)
	s.after(time.Minute)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.Missing})
}

func TestRefusedLoans(t *testing.T) {
	for _, tc := range []struct {
		name     string
		doc      custody.DocumentID
		borrower custody.PersonID
		due      time.Duration
		code     string
		rule     string
	}{
		{"not in the register", "JM-2026-0009", "p-reader", time.Hour, "unknown-document", "REG-1"},
		{"nobody", "JM-2026-0001", "p-nobody", time.Hour, "unknown-person", "REG-5"},
		{"no clearance", "JM-2026-0001", "p-guest", time.Hour, "not-cleared", "REG-5"},
		{"above clearance", "JM-2026-0003", "p-reader", time.Hour, "not-cleared", "REG-5"},
		{"three days", "JM-2026-0001", "p-reader", 72 * time.Hour, "too-long", "CIR-3"},
		{"yesterday", "JM-2026-0001", "p-reader", -24 * time.Hour, "due-in-the-past", "CIR-3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSite(t)
			o := s.lend(tc.doc, tc.borrower, tc.due)
			if o.OK || o.Code != tc.code || o.Rule != tc.rule || o.Text.ZH == "" || o.Text.EN == "" {
				t.Errorf("outcome %+v, want refused with %s by %s and a sentence in both languages", o, tc.code, tc.rule)
			}
			last := s.entries[len(s.entries)-1].Event
			if done, ok := last.(*custody.ActDone); !ok || done.OK || done.Code != tc.code {
				t.Errorf("the refusal is not in the record: %#v", last)
			}
		})
	}
}

// CIR-2: a document on loan cannot be lent on.
func TestSecondLoanIsRefused(t *testing.T) {
	s := newSite(t)
	s.lend("JM-2026-0001", "p-reader", time.Hour)
	o := s.lend("JM-2026-0001", "p-office", time.Hour)
	wantEqual(t, "code", o.Code, "already-lent")
	wantEqual(t, "rule", o.Rule, "CIR-2")
}

// CIR-1: secret documents need the head of the general office.
func TestApprovalByLevel(t *testing.T) {
	s := newSite(t)
	loan := custody.LoanID(s.lend("JM-2026-0002", "p-reader", time.Hour).Subject)
	wantEqual(t, "waits", s.document(folder2).Loan.Status, custody.LoanWaiting)
	wantEqual(t, "wrong post", s.act("p-engineer", custody.Approve{ID: string(loan)}).Code, "wrong-post")
	wantEqual(t, "own request", s.act("p-reader", custody.Approve{ID: string(loan)}).Code, "own-request")
	wantEqual(t, "a machine", s.act("desk", custody.Approve{ID: string(loan)}).Code, "not-a-person")
	if o := s.act("p-office", custody.Approve{ID: string(loan)}); !o.OK {
		t.Fatalf("refused: %+v", o)
	}
	wantEqual(t, "ready", s.document(folder2).Loan.Status, custody.LoanReady)
	wantEqual(t, "used up", s.act("p-office", custody.Approve{ID: string(loan)}).Code, "nothing-to-approve")
}

// OUT-1: a folder read at the exit without approval.
func TestLeavingTheZone(t *testing.T) {
	s := newSite(t)
	s.seen(folder1, "exit")
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.LeftZone})
	s.after(70 * time.Second)
	if last := s.notices[len(s.notices)-1]; last.Reason != alerts.ReasonRepeated {
		t.Errorf("nobody acted for a minute, yet the last notice is %q", last.Reason)
	}
	if o := s.act("p-office", custody.AcknowledgeAlert{Alert: 1}); !o.OK {
		t.Fatalf("acknowledge: %+v", o)
	}
	wantEqual(t, "close while it stands", s.act("p-office", custody.CloseAlert{Alert: 1, Disposition: alerts.TrueAlert}).Code, "still-standing")
	s.forget()
	s.after(10 * time.Minute)
	wantEqual(t, "notices after acknowledgement", len(s.notices), 0)
	s.seen(folder1, "cabinet-a")
	wantEqual(t, "ended by fact", s.notices[0].Reason, alerts.ReasonEnded)
	if o := s.act("p-office", custody.CloseAlert{Alert: 1, Disposition: alerts.FalseAlarm}); !o.OK {
		t.Errorf("close: %+v", o)
	}
}

// STO-1: a folder in another's home.
func TestMisplaced(t *testing.T) {
	s := newSite(t)
	s.seen(folder1, "cabinet-b")
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.Misplaced})
}

// INC-1 needs silence that lasts; a folder heard again in time is no alert.
func TestMissing(t *testing.T) {
	s := newSite(t)
	s.unseen(folder1)
	s.after(10 * time.Second)
	s.seen(folder1, "cabinet-a")
	s.after(time.Minute)
	wantEqual(t, "heard again in time", s.raised(), nil)
	s.unseen(folder1)
	s.after(16 * time.Second)
	wantEqual(t, "missing", s.raised(), []alerts.Code{alerts.Missing})
	s.seen(folder1, "cabinet-a")
	wantEqual(t, "ended by fact", s.notices[len(s.notices)-1].Reason, alerts.ReasonEnded)
}

// CIR-7: overdue is raised at the due time and chased until somebody acts.
func TestOverdue(t *testing.T) {
	s := newSite(t)
	s.lend("JM-2026-0001", "p-reader", time.Hour)
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", "p-reader")
	s.unseen(folder1)
	s.seen(folder1, "reading-room")
	s.after(59 * time.Minute)
	wantEqual(t, "before", s.raised(), nil)
	s.after(2 * time.Minute)
	wantEqual(t, "due", s.raised(), []alerts.Code{alerts.Overdue})
	s.after(25 * time.Minute)
	wantEqual(t, "notices", len(s.notices), 3)
	if !s.document(folder1).Loan.Overdue {
		t.Error("the overview does not say overdue")
	}
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", "p-reader")
	s.seen(folder1, "cabinet-a")
	wantEqual(t, "ended by the return", s.notices[len(s.notices)-1].Reason, alerts.ReasonEnded)
}

// REG-1, REG-2, REG-6, STO-1: what the register refuses.
func TestRefusedRegistrations(t *testing.T) {
	epc := func(text string) fact.EPC {
		e, err := fact.ParseEPC(text)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	good := complete(custody.DocumentRecord{ID: "JM-2026-0004", Level: custody.Confidential, Copy: 1, Copies: 2, Tag: epc("E2FF"), Home: "cabinet-a"})
	for _, tc := range []struct {
		name   string
		change func(*custody.DocumentRecord)
		code   string
		rule   string
	}{
		{"no category", func(r *custody.DocumentRecord) { r.ID = "2026-1" }, "bad-number", "REG-2"},
		{"number used", func(r *custody.DocumentRecord) { r.ID = "JM-2026-0001" }, "number-in-use", "REG-2"},
		{"no title", func(r *custody.DocumentRecord) { r.Title = "" }, "incomplete", "REG-1"},
		{"copy 3 of 2", func(r *custody.DocumentRecord) { r.Copy = 3 }, "incomplete", "REG-1"},
		{"no level", func(r *custody.DocumentRecord) { r.Level = "very" }, "incomplete", "REG-1"},
		{"no tag", func(r *custody.DocumentRecord) { r.Tag = fact.EPC{} }, "no-tag", "REG-6"},
		{"tag in use", func(r *custody.DocumentRecord) { r.Tag = epc(folder1) }, "tag-in-use", "REG-6"},
		{"top secret in a cabinet", func(r *custody.DocumentRecord) { r.Level = custody.TopSecret }, "home-not-cleared", "STO-1"},
		{"nowhere", func(r *custody.DocumentRecord) { r.Home = "attic" }, "home-not-cleared", "STO-1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSite(t)
			r := good
			tc.change(&r)
			o := s.act("desk", custody.RegisterDocument{Document: r})
			if o.OK || o.Code != tc.code || o.Rule != tc.rule || o.Text.ZH == "" || o.Text.EN == "" {
				t.Errorf("outcome %+v, want refused with %s by %s", o, tc.code, tc.rule)
			}
		})
	}
	newSite(t).must(custody.RegisterDocument{Document: good})
}

func TestRefusedPersons(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*custody.Person)
		code   string
	}{
		"no number":          {func(p *custody.Person) { p.ID = "" }, "bad-person"},
		"no English name":    {func(p *custody.Person) { p.Name.EN = "" }, "bad-person"},
		"post of fancy":      {func(p *custody.Person) { p.Posts = []custody.Post{"king"} }, "unknown-post"},
		"level of fancy":     {func(p *custody.Person) { p.Clearance = "cosmic" }, "unknown-level"},
		"room of fancy":      {func(p *custody.Person) { p.Rooms = []fact.PlaceID{"attic"} }, "unknown-place"},
		"card of another":    {func(p *custody.Person) { p.Card = "raw:26:p-reader" }, "card-in-use"},
		"more posts than is": {func(p *custody.Person) { p.Posts = make([]custody.Post, custody.MaxPosts+1) }, "too-much"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			p := person("p-new", "新人", custody.Internal, custody.Staff)
			tc.change(&p)
			wantEqual(t, "code", s.act("desk", custody.RegisterPerson{Person: p}).Code, tc.code)
		})
	}
}

// REG-5: a document with a scope is for the persons in it.
func TestScope(t *testing.T) {
	s := newSite(t)
	epc, err := fact.ParseEPC("E2AA")
	if err != nil {
		t.Fatal(err)
	}
	s.must(custody.RegisterDocument{Document: complete(custody.DocumentRecord{ID: "JM-2026-0004", Level: custody.Confidential, Tag: epc, Home: "cabinet-a", Scope: []custody.PersonID{"p-office"}})})
	wantEqual(t, "outside the scope", s.lend("JM-2026-0004", "p-reader", time.Hour).Code, "out-of-scope")
	if o := s.lend("JM-2026-0004", "p-office", time.Hour); !o.OK {
		t.Errorf("inside the scope: %+v", o)
	}
}

// CIR-1: two posts in one hand are still one person.
func TestOnePersonApprovesOnce(t *testing.T) {
	s := newSite(t)
	s.must(custody.RegisterPerson{Person: person("p-both", "双职", custody.TopSecret, custody.GeneralOfficeHead, custody.SupervisingLeader)})
	loan := custody.LoanID(s.lend("JM-2026-0003", "p-engineer", time.Hour).Subject)
	if o := s.act("p-both", custody.Approve{ID: string(loan)}); !o.OK {
		t.Fatalf("first approval: %+v", o)
	}
	wantEqual(t, "second approval", s.act("p-both", custody.Approve{ID: string(loan)}).Code, "approved-before")
	wantEqual(t, "still waits", s.document(folder3).Loan.Status, custody.LoanWaiting)
}

// A reader that fell silent: its folders are not readable, never missing; one alert is sent.
func TestSilentReader(t *testing.T) {
	s := newSite(t)
	s.feed(fact.DeviceReport{Device: "reader-a", State: fact.DeviceUp})
	s.feed(fact.DeviceReport{Device: "reader-a", State: fact.DeviceDown, Code: "line-lost"})
	s.feed(presence.NotReadable{Place: "cabinet-a", Reader: "reader-a"})
	wantEqual(t, "shown as", s.document(folder1).Known, custody.Unreadable)
	s.after(time.Hour)
	wantEqual(t, "sent", s.raised(), []alerts.Code{alerts.DeviceDown})
	standing := s.state.Overview(s.now.Wall).Alerts
	if len(standing) != 2 || standing[0].Code != alerts.NotReadable || standing[0].ExplainedBy != 1 {
		t.Errorf("standing alerts: %+v", standing)
	}
	s.feed(fact.DeviceReport{Device: "reader-a", State: fact.DeviceUp})
	s.feed(presence.ReadableAgain{Place: "cabinet-a"})
	for _, a := range s.state.Overview(s.now.Wall).Alerts {
		if a.Ended == nil {
			t.Errorf("%s still stands", a.Code)
		}
	}
	wantEqual(t, "shown as", s.document(folder1).Known, custody.Here)
}

// A line that drops for a moment is no alert.
func TestTransientOutage(t *testing.T) {
	s := newSite(t)
	s.feed(fact.DeviceReport{Device: "reader-a", State: fact.DeviceDown, Code: "line-lost"})
	s.after(3 * time.Second)
	s.feed(fact.DeviceReport{Device: "reader-a", State: fact.DeviceUp})
	s.after(time.Minute)
	wantEqual(t, "alerts", s.raised(), nil)
}

func TestDoor(t *testing.T) {
	s := newSite(t)
	s.enter("p-reader")
	wantEqual(t, "inside", len(s.state.Overview(s.now.Wall).Rooms[1].People), 1)
	wantEqual(t, "not on the list", s.badge("badge-in", "p-guest").Code, "not-on-list")
	wantEqual(t, "nobody's badge", s.badge("badge-in", "p-nobody").Code, "unknown-badge")
	s.badge("badge-out", "p-reader")
	s.contact(true)
	s.contact(false)
	wantEqual(t, "left", len(s.state.Overview(s.now.Wall).Rooms[1].People), 0)
	s.after(time.Minute)
	s.contact(true)
	s.after(31 * time.Second)
	s.contact(false)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.UnknownBadge, alerts.DoorForced, alerts.DoorHeldOpen})
	s.forget()
	s.feed(fact.InputChanged{Device: "badge-out", Input: 1, State: fact.InputActive})
	s.contact(true)
	s.contact(false)
	wantEqual(t, "by the exit button", s.raised(), nil)
}

func (s *site) party(p custody.PersonID, pin string) custody.Outcome {
	s.t.Helper()
	if o := s.badge("badge-safe", p); o.Code != "" {
		return o
	}
	return s.feed(fact.PINEntered{Reader: "badge-safe", Digits: pin})
}

func (s *site) answerAll(session string) {
	s.t.Helper()
	locks := []fact.DeviceID{"lock-1", "lock-2", "lock-3"}
	for _, lock := range locks {
		s.feed(fact.LockChallenge{Lock: lock, Session: session, Challenge: []byte(lock)})
	}
	for _, lock := range locks {
		s.feed(fact.LockResult{Lock: lock, Session: session, Accepted: true})
		s.lock(lock, fact.BoltUnlocked, fact.InputInactive)
	}
}

// SAF-1, SAF-2: the whole opening, from purpose to three bolts reported locked.
func TestOpening(t *testing.T) {
	s := newSite(t)
	s.enter("p-archivist", "p-office", "p-manager")
	session := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
	for i, p := range []custody.PersonID{"p-archivist", "p-office", "p-manager"} {
		wantEqual(t, "missing", len(s.safe().Missing), 3-i)
		if o := s.party(p, "1234"); !o.OK {
			t.Fatalf("%s refused: %+v", p, o)
		}
	}
	wantEqual(t, "commands", s.commands(), []threelock.Command{threelock.AskChallenge})
	s.answerAll(session)
	wantEqual(t, "commands", s.commands(), []threelock.Command{threelock.AskChallenge, threelock.Authorise})
	wantEqual(t, "phase", s.safe().Phase, threelock.Unlocked)
	s.lock("lock-1", fact.BoltUnlocked, fact.InputActive)
	wantEqual(t, "phase", s.safe().Phase, threelock.Open)
	s.after(time.Minute)
	s.lock("lock-1", fact.BoltUnlocked, fact.InputInactive)
	wantEqual(t, "phase", s.safe().Phase, threelock.Shutting)
	s.lock("lock-1", fact.BoltLocked, fact.InputInactive)
	s.lock("lock-2", fact.BoltLocked, fact.InputInactive)
	wantEqual(t, "two of three bolts", s.safe().Phase, threelock.Shutting)
	s.lock("lock-3", fact.BoltLocked, fact.InputInactive)
	wantEqual(t, "phase", s.safe().Phase, threelock.Ended)
	wantEqual(t, "end", s.safe().EndCode, threelock.WhyClosed)
	s.after(time.Hour)
	wantEqual(t, "alerts", s.raised(), nil)
}

func TestOpeningRefused(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(s *site) custody.Outcome
		code string
	}{
		{"no purpose", func(s *site) custody.Outcome { return s.party("p-archivist", "1234") }, "no-purpose-stated"},
		{"not in the room", func(s *site) custody.Outcome {
			s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
			return s.party("p-archivist", "1234")
		}, "not-in-room"},
		{"no party's post", func(s *site) custody.Outcome {
			s.enter("p-reader")
			s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
			return s.party("p-reader", "1234")
		}, "no-party-post"},
		{"same person twice", func(s *site) custody.Outcome {
			s.enter("p-archivist")
			s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
			s.party("p-archivist", "1234")
			return s.party("p-archivist", "1234")
		}, "same-person"},
		{"manager and chief engineer are one party", func(s *site) custody.Outcome {
			s.enter("p-manager", "p-engineer")
			s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
			s.party("p-manager", "1234")
			return s.party("p-engineer", "1234")
		}, "party-already-present"},
		{"wrong PIN", func(s *site) custody.Outcome {
			s.enter("p-archivist")
			s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
			return s.party("p-archivist", "0000")
		}, "wrong-pin"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSite(t)
			o := tc.do(s)
			if o.OK || o.Code != tc.code {
				t.Errorf("outcome %+v, want %s", o, tc.code)
			}
			wantEqual(t, "commands to the locks", s.commands(), nil)
		})
	}
}

func TestWrongPINsLockOut(t *testing.T) {
	s := newSite(t)
	s.enter("p-archivist")
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	for range 5 {
		s.party("p-archivist", "0000")
	}
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.WrongPIN})
	wantEqual(t, "the right PIN now", s.party("p-archivist", "1234").Code, "locked-out")
}

// The window runs from the first party; after it the opening starts over.
func TestOpeningWindow(t *testing.T) {
	s := newSite(t)
	s.enter("p-archivist", "p-office", "p-manager")
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	s.party("p-archivist", "1234")
	s.after(40 * time.Second)
	s.party("p-office", "1234")
	s.after(25 * time.Second)
	wantEqual(t, "end", s.safe().EndCode, threelock.WhyWindow)
	wantEqual(t, "third party", s.party("p-manager", "1234").Code, "no-purpose-stated")
	wantEqual(t, "commands", s.commands(), nil)
}

// One lock refuses, or is silent: all three are told to lock.
func TestOneLockFails(t *testing.T) {
	for name, fail := range map[string]func(*site, string){
		"refuses": func(s *site, id string) {
			s.feed(fact.LockResult{Lock: "lock-3", Session: id, Accepted: false, Code: "stale-counter"})
		},
		"silent": func(s *site, _ string) { s.after(6 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.enter("p-archivist", "p-office", "p-engineer")
			id := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
			for _, p := range []custody.PersonID{"p-archivist", "p-office", "p-engineer"} {
				s.party(p, "1234")
			}
			for _, lock := range []fact.DeviceID{"lock-1", "lock-2", "lock-3"} {
				s.feed(fact.LockChallenge{Lock: lock, Session: id, Challenge: []byte(lock)})
			}
			s.feed(fact.LockResult{Lock: "lock-1", Session: id, Accepted: true})
			s.lock("lock-1", fact.BoltUnlocked, fact.InputInactive)
			fail(s, id)
			wantEqual(t, "commands", s.commands(), []threelock.Command{threelock.AskChallenge, threelock.Authorise, threelock.Relock})
			s.lock("lock-1", fact.BoltLocked, fact.InputInactive)
			s.after(time.Minute)
			wantEqual(t, "alerts", s.raised(), nil)
		})
	}
}

// A bolt that stays drawn after a failed opening does not go unnoticed.
func TestBoltStaysDrawn(t *testing.T) {
	s := newSite(t)
	s.lock("lock-1", fact.BoltUnlocked, fact.InputInactive)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.SafeNoSession})
	wantEqual(t, "told to lock", s.commands(), []threelock.Command{threelock.Relock})
	s.lock("lock-1", fact.BoltLocked, fact.InputInactive)
	wantEqual(t, "ended by fact", s.notices[len(s.notices)-1].Reason, alerts.ReasonEnded)
}

func (s *site) openSafe() {
	s.t.Helper()
	s.enter("p-archivist", "p-office", "p-manager")
	id := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
	for _, p := range []custody.PersonID{"p-archivist", "p-office", "p-manager"} {
		s.party(p, "1234")
	}
	s.answerAll(id)
	s.lock("lock-1", fact.BoltUnlocked, fact.InputActive)
	wantEqual(s.t, "phase", s.safe().Phase, threelock.Open)
}

// SAF-3: a safe left open, and one that was shut and whose bolt did not follow.
func TestSafeNotLockedInTime(t *testing.T) {
	s := newSite(t)
	s.openSafe()
	s.after(9 * time.Minute)
	wantEqual(t, "alerts in time", s.raised(), nil)
	s.after(2 * time.Minute)
	wantEqual(t, "door open too long", s.raised(), []alerts.Code{alerts.SafeLeftOpen})

	s = newSite(t)
	s.openSafe()
	s.lock("lock-1", fact.BoltLocked, fact.InputInactive)
	s.lock("lock-2", fact.BoltLocked, fact.InputInactive)
	s.after(time.Minute)
	wantEqual(t, "one bolt did not follow", s.raised(), []alerts.Code{alerts.SafeLeftOpen})
	s.lock("lock-3", fact.BoltLocked, fact.InputInactive)
	wantEqual(t, "ended by fact", s.notices[len(s.notices)-1].Reason, alerts.ReasonEnded)
	wantEqual(t, "end", s.safe().EndCode, threelock.WhyClosed)
}

// SAF-4: the door opens without a session.
func TestSafeForced(t *testing.T) {
	s := newSite(t)
	s.lock("lock-2", fact.BoltLocked, fact.InputActive)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.SafeNoSession})
}

// A restart in mid-opening ends it and tells the locks to lock; an authorisation is never sent again.
func TestRestartInMidOpening(t *testing.T) {
	s := newSite(t)
	s.enter("p-archivist", "p-office", "p-manager")
	id := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
	for _, p := range []custody.PersonID{"p-archivist", "p-office", "p-manager"} {
		s.party(p, "1234")
	}
	for _, lock := range []fact.DeviceID{"lock-1", "lock-2", "lock-3"} {
		s.feed(fact.LockChallenge{Lock: lock, Session: id, Challenge: []byte(lock)})
	}
	s.forget()
	s.feed(custody.Start{Version: "test"})
	wantEqual(t, "commands", s.commands(), []threelock.Command{threelock.Relock})
	wantEqual(t, "end", s.safe().EndCode, threelock.WhyRestarted)
}

// SAF-2: what is taken must be named, while the parties stand there.
func TestSafeContents(t *testing.T) {
	for _, tc := range []struct {
		name      string
		documents []custody.DocumentID
		want      []alerts.Code
	}{
		{"not named", nil, []alerts.Code{alerts.SafeContents}},
		{"named and approved", []custody.DocumentID{"JM-2026-0003"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSite(t)
			s.enter("p-archivist", "p-office", "p-manager")
			loan := custody.LoanID(s.lend("JM-2026-0003", "p-engineer", time.Hour).Subject)
			s.act("p-office", custody.Approve{ID: string(loan)})
			s.act("p-manager", custody.Approve{ID: string(loan)})
			id := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.DocumentsOut, Documents: tc.documents}).Subject
			for _, p := range []custody.PersonID{"p-archivist", "p-office", "p-manager"} {
				s.party(p, "1234")
			}
			s.answerAll(id)
			s.lock("lock-1", fact.BoltUnlocked, fact.InputActive)
			s.unseen(folder3)
			wantEqual(t, "alerts", s.raised(), tc.want)
			if tc.want == nil {
				wantEqual(t, "lent", s.document(folder3).Loan.Status, custody.LoanOut)
			}
		})
	}
}

// REG-1: a tag that the register does not know; a flood of them becomes one alert.
func TestUnknownTags(t *testing.T) {
	s := newSite(t)
	for i := range 3 * custody.MaxUnknownTagAlerts {
		raw := []byte{0xE2, byte(i >> 8), byte(i), 0}
		epc, err := fact.EPCFromBytes(raw)
		if err != nil {
			t.Fatal(err)
		}
		s.feed(presence.Stranger{Tag: epc, Place: "cabinet-a"})
	}
	if n := len(s.raised()); n != custody.MaxUnknownTagAlerts+1 {
		t.Errorf("%d alerts for %d unknown tags, want %d and one for the rest", n, 3*custody.MaxUnknownTagAlerts, custody.MaxUnknownTagAlerts)
	}
}

// A retried act is answered again, not carried out again.
func TestActsAreIdempotent(t *testing.T) {
	s := newSite(t)
	r := custody.Request{Key: "same", Act: custody.RequestLoan{Document: "JM-2026-0001", Borrower: "p-reader", Due: s.now.Wall.Add(time.Hour)}}
	first := s.feedAs("desk", r)
	n := len(s.entries)
	wantEqual(t, "second answer", s.feedAs("desk", r), first)
	wantEqual(t, "entries", len(s.entries), n)
}

// Odd inputs are evidence or noise, never an error.
func TestOddInputs(t *testing.T) {
	s := newSite(t)
	for _, body := range []custody.Body{
		nil, 17, fact.BadgeShown{}, fact.BadgeShown{Reader: "nowhere", Card: "raw:26:p-reader"}, fact.PINEntered{Reader: "badge-in", Digits: "1"},
		fact.InputChanged{Device: "nowhere"}, fact.DeviceReport{Device: "nowhere", State: fact.DeviceDown}, fact.LockState{Lock: "nowhere"},
		fact.LockResult{Lock: "lock-1", Session: "S-999999", Accepted: true}, fact.LockChallenge{Lock: "lock-1", Challenge: []byte("x")},
		presence.Moved{}, presence.Unseen{}, presence.NotReadable{Place: "nowhere"}, presence.ReadableAgain{Place: "nowhere"},
		custody.Settled{Notice: "9-9", Alert: 9}, custody.Request{Act: custody.Approve{}}, custody.Request{Act: custody.StateOpening{}},
		custody.Request{Act: custody.CancelOpening{}}, custody.Request{Act: custody.CloseAlert{}}, custody.Request{Act: custody.RegisterDocument{}},
		custody.Request{Key: strings.Repeat("k", 1<<16), Act: custody.Approve{ID: string("\x00\xff" + strings.Repeat("L", 1<<16))}},
		custody.Request{Act: custody.RegisterPerson{}}, custody.Request{Act: custody.RequestLoan{}},
	} {
		s.feed(body)
	}
	s.after(time.Hour)
	wantEqual(t, "commands", s.commands(), nil)
	for _, e := range s.entries {
		if len(e.Subject) > custody.MaxWordLen || !utf8.ValidString(e.Subject) || strings.ContainsRune(e.Subject, 0) {
			t.Errorf("entry %d has a subject that no record takes: %.20q", e.Seq, e.Subject)
		}
	}
}

// After a restart nothing is known of doors, bolts and devices until they report; a door
// found open is watched, not called forced.
func TestAfterARestartNothingIsKnown(t *testing.T) {
	s := newSite(t)
	s.feed(fact.DeviceReport{Device: "reader-a", State: fact.DeviceUp, Identity: "gx-5a"})
	s.contact(false)
	s.feed(custody.Start{Version: "test"})
	o := s.state.Overview(s.now.Wall)
	if o.Doors[0].Open != nil || o.Safes[0].DoorOpen != nil {
		t.Errorf("doors known after a restart: %v %v", o.Doors[0].Open, o.Safes[0].DoorOpen)
	}
	for _, l := range o.Safes[0].Locks {
		wantEqual(t, "bolt", l.Bolt, "unknown")
	}
	for _, d := range o.Devices {
		wantEqual(t, string(d.ID), d.State, "unknown")
	}
	s.contact(true)
	wantEqual(t, "alerts", s.raised(), nil)
	s.after(31 * time.Second)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.DoorHeldOpen})
}

// Correcting a person's entry does not take away the card and the PIN that are not given.
func TestCorrectingAPersonKeepsCardAndPIN(t *testing.T) {
	s := newSite(t)
	p := person("p-reader", "职员戊（更名）", custody.Secret, custody.Staff)
	p.Card, p.PIN = "", ""
	s.must(custody.RegisterPerson{Person: p})
	s.enter("p-reader")
	wantEqual(t, "inside by the old card", len(s.state.Overview(s.now.Wall).Rooms[1].People), 1)
	p.Barred = true
	s.must(custody.RegisterPerson{Person: p})
	wantEqual(t, "barred", s.badge("badge-in", "p-reader").Code, "barred")
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.BadgeBarred})
}

func TestCorrectingAPersonKeepsThePIN(t *testing.T) {
	s := newSite(t)
	p := person("p-archivist", "档案员（更名）", custody.Confidential, custody.Archivist)
	p.PIN = ""
	s.must(custody.RegisterPerson{Person: p})
	s.enter("p-archivist")
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	if o := s.party("p-archivist", "1234"); !o.OK {
		t.Errorf("the PIN is gone with the old name: %+v", o)
	}
}

// SAF-1, all present at once: a party that leaves the room while the others gather ends the opening.
func TestPartyThatLeaves(t *testing.T) {
	s := newSite(t)
	s.enter("p-archivist", "p-office", "p-manager")
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	s.party("p-archivist", "1234")
	s.badge("badge-out", "p-archivist")
	s.contact(true)
	s.contact(false)
	wantEqual(t, "end", s.safe().EndCode, threelock.WhyPartyLeft)
	wantEqual(t, "second party", s.party("p-office", "1234").Code, "no-purpose-stated")
}

// A hand-over in which a second folder is still to be taken stays open for it.
func TestTwoFoldersInOneHandOver(t *testing.T) {
	s := newSite(t)
	s.lend("JM-2026-0001", "p-reader", time.Hour)
	loan := custody.LoanID(s.lend("JM-2026-0002", "p-reader", time.Hour).Subject)
	s.act("p-office", custody.Approve{ID: string(loan)})
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", "p-reader")
	s.unseen(folder1)
	s.after(10 * time.Second)
	s.unseen(folder2)
	wantEqual(t, "first", s.document(folder1).Loan.Status, custody.LoanOut)
	wantEqual(t, "second", s.document(folder2).Loan.Status, custody.LoanOut)
}

// A secure channel that is denied or downgraded is an attack, critical, until the reader is up again.
func TestAttackedBadgeLine(t *testing.T) {
	for _, code := range []string{"clear-text", "security-denied", "default-key", "weak-key"} {
		s := newSite(t)
		s.feed(fact.DeviceReport{Device: "badge-in", State: fact.DeviceDown, Code: code})
		wantEqual(t, code, s.raised(), []alerts.Code{alerts.LineAttacked})
		s.feed(fact.DeviceReport{Device: "badge-in", State: fact.DeviceUp})
		wantEqual(t, "ended by fact", s.notices[len(s.notices)-1].Reason, alerts.ReasonEnded)
	}
}

// STO-1: a folder that is heard in another's shelf is out of place once it rests there, not
// while it is carried past; lent, it has left its zones.
func TestCarriedPastAShelf(t *testing.T) {
	of := secrecyRoom()
	of.Policy.RestAfter = 10 * time.Second
	s := newSiteOf(t, of)
	s.seen("E20000000000000000000001", "cabinet-b")
	s.after(9 * time.Second)
	s.seen("E20000000000000000000001", "cabinet-a")
	s.after(time.Minute)
	wantEqual(t, "alerts", s.raised(), nil)
	s.seen("E20000000000000000000001", "cabinet-b")
	s.after(10 * time.Second)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.Misplaced})
	s.seen("E20000000000000000000002", "exit")
	wantEqual(t, "at the exit at once", s.raised(), []alerts.Code{alerts.Misplaced, alerts.LeftZone})
}
