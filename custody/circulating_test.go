package custody_test

import (
	"slices"
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

// working is a calendar of weekdays 08:30-17:30, with the given days off.
func working(t interface {
	Helper()
	Fatal(...any)
}, off ...calendar.Date) *calendar.Calendar {
	t.Helper()
	plan := calendar.Plan{Zone: time.UTC, Hours: []calendar.Hours{{Days: []time.Weekday{1, 2, 3, 4, 5}, From: 8*time.Hour + 30*time.Minute, Until: 17*time.Hour + 30*time.Minute}},
		Lists: []calendar.List{{Site: true, Years: []int{2026, 2027}}}}
	for _, d := range off {
		plan.Lists[0].Off = append(plan.Lists[0].Off, calendar.Stretch{From: d, Until: d, Name: fact.Text{ZH: "停办", EN: "closed"}})
	}
	c, err := calendar.New(plan)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lendingRoom is the secrecy room with the rules' own numbers of circulation and borrowing.
func lendingRoom(c *calendar.Calendar) custody.Site {
	room := secrecyRoom()
	room.Calendar = c
	room.Policy.LoanLongest = nil
	two := calendar.Due{Kind: calendar.WorkingDays, N: 2}
	room.Policy.Lending = custody.LendingPolicy{
		Due:    map[custody.Level]calendar.Due{custody.TopSecret: {Kind: calendar.SameDay}, custody.Secret: two, custody.Confidential: two},
		Urgent: 2 * time.Hour, RemindBefore: []time.Duration{2 * time.Hour, 4 * time.Hour}, EscalateAfter: 4 * time.Hour, ListAt: 16*time.Hour + 30*time.Minute,
		YearEnd: calendar.MonthDay{Month: 12, Day: 25}, YearEndAhead: 14 * 24 * time.Hour,
		Extension: map[custody.Level]calendar.Due{custody.Confidential: {Kind: calendar.WorkingDays, N: 5}}, ExtensionsMost: 1, CountWithin: 30 * time.Minute, ApartAfter: 30 * time.Second,
	}
	room.Places["desk"] = custody.Place{ID: "desk", Kind: custody.Room, Name: fact.Text{ZH: "综合部", EN: "the general office"}, Holder: "p-office"}
	top, err := approval.Parse("supervising-leader")
	if err != nil {
		panic(err)
	}
	room.Policy.Approvals.Plans[custody.ForCirculation] = map[custody.Level]approval.Plan{custody.TopSecret: top}
	return room
}

func (s *site) takeOut(doc string, by custody.PersonID) {
	s.t.Helper()
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", by)
	s.seen(doc, "reading-room")
}

func (s *site) bringBack(doc string, by custody.PersonID) {
	s.t.Helper()
	s.after(2 * time.Minute) // whatever hand-over was open is over
	s.badge("badge-cabinets", by)
	s.badge("badge-cabinets", "p-archivist")
	s.seen(doc, "cabinet-a")
}

func (s *site) borrow(doc custody.DocumentID, by custody.PersonID) custody.Outcome {
	s.t.Helper()
	return s.act("p-archivist", custody.RequestLoan{Document: doc, Borrower: by, Zones: []fact.PlaceID{"room", "reading-room"}, Purpose: "阅"})
}

// last returns the last event of a kind; it fails where there is none.
func last[T custody.Event](s *site) T {
	s.t.Helper()
	for _, e := range slices.Backward(s.entries) {
		if ev, is := e.Event.(T); is {
			return ev
		}
	}
	var none T
	s.t.Fatalf("the record has no %T", none)
	return none
}

func date(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// again restarts the daemon on the same record, at a site that may have changed.
func (s *site) again(of custody.Site) {
	s.t.Helper()
	state := custody.NewState(of)
	for _, e := range s.entries {
		if err := state.Evolve(e); err != nil {
			s.t.Fatal(err)
		}
	}
	s.state = state
	s.feed(custody.Start{Version: "test"})
}

// CIR-3: the calendar changed, due times are counted again, and each change is recorded. A time
// that people asked for only ever comes earlier.
func TestDueTimesFollowTheCalendar(t *testing.T) {
	s := newSiteOf(t, lendingRoom(working(t)))
	s.borrow("JM-2026-0001", "p-reader")
	s.takeOut(folder1, "p-reader")
	wednesday := time.Date(2026, 3, 4, 17, 30, 0, 0, time.UTC)
	wantEqual(t, "due by rule", s.document(folder1).Loan.Due, wednesday)

	s.again(lendingRoom(working(t, date("2026-03-03"))))
	moved := last[*custody.LoanDueChanged](s)
	wantEqual(t, "from", moved.From, wednesday)
	wantEqual(t, "to", moved.To, wednesday.AddDate(0, 0, 1))
	if set := last[*custody.CalendarSet](s); len(set.Changes) != 1 {
		t.Errorf("changes of the calendar: %v, want the one day", set.Changes)
	}
	n := len(s.entries)
	s.again(lendingRoom(working(t, date("2026-03-03"))))
	for _, e := range s.entries[n:] {
		if kind := e.Event.Kind(); kind == "calendar-set" || kind == "loan-due-changed" {
			t.Errorf("the same calendar is recorded again: %s", kind)
		}
	}
	s.after(wednesday.Add(time.Minute).Sub(s.now.Wall))
	wantEqual(t, "not overdue on Wednesday", slices.Contains(s.raised(), alerts.Overdue), false)
	s.after(24 * time.Hour)
	wantEqual(t, "overdue on Thursday", slices.Contains(s.raised(), alerts.Overdue), true)
}

// A year without its holidays is said at the start, and no longer once it is entered.
func TestUnknownYearIsSaidAtStart(t *testing.T) {
	plan := calendar.Plan{Zone: time.UTC, Hours: []calendar.Hours{{Days: []time.Weekday{1, 2, 3, 4, 5}, From: 9 * time.Hour, Until: 17 * time.Hour}}}
	unknown, err := calendar.New(plan)
	if err != nil {
		t.Fatal(err)
	}
	s := newSiteOf(t, lendingRoom(unknown))
	s.again(lendingRoom(unknown))
	if !s.stands(alerts.CalendarUnknown, "calendar") {
		t.Error("nobody is told that the year is not entered")
	}
	s.again(lendingRoom(working(t)))
	if s.stands(alerts.CalendarUnknown, "calendar") {
		t.Error("the year is entered, and the alert still stands")
	}
}

func (s *site) stands(code alerts.Code, subject string) bool {
	return slices.ContainsFunc(s.state.Overview(s.now.Wall).Alerts, func(a alerts.Alert) bool { return a.Code == code && a.Subject == subject && a.Ended == nil })
}

// CIR-3: the reader's time begins with the hand-over, so what waited for approval is not due at once.
func TestTimeBeginsWithTheHandOver(t *testing.T) {
	s := newSiteOf(t, lendingRoom(working(t)))
	s.borrow("JM-2026-0001", "p-reader")
	s.after(23 * time.Hour)
	s.takeOut(folder1, "p-reader")
	wantEqual(t, "due", s.document(folder1).Loan.Due, time.Date(2026, 3, 5, 17, 30, 0, 0, time.UTC))
}

// CIR-7: each reminder once, in working time, and the list once on each working day.
func TestChase(t *testing.T) {
	s := newSiteOf(t, lendingRoom(working(t)))
	s.borrow("JM-2026-0001", "p-reader")
	s.takeOut(folder1, "p-reader")
	s.after(7 * 24 * time.Hour)
	reminded, listed := 0, 0
	for _, e := range s.entries {
		switch ev := e.Event.(type) {
		case *custody.LoanReminded:
			reminded++
			want := []time.Time{time.Date(2026, 3, 4, 13, 30, 0, 0, time.UTC), time.Date(2026, 3, 4, 15, 30, 0, 0, time.UTC), time.Date(2026, 3, 5, 12, 30, 0, 0, time.UTC)}[ev.Number-1]
			wantEqual(t, "reminder", e.At.Wall, want)
		case *custody.LingeringListed:
			listed++
			wantEqual(t, "lines", len(ev.Lines), 1)
			wantEqual(t, "overdue on the list", ev.Lines[0].Overdue, listed > 3)
		}
	}
	wantEqual(t, "reminders", reminded, 3)
	wantEqual(t, "daily lists", listed, 5)
}

// CIR-2: who carries it through a door is the borrower or a custodian, and nobody else; it is not
// read in another's place.
func TestPassedOn(t *testing.T) {
	card := func(p custody.PersonID) fact.CardID { return fact.CardID("raw:26:" + string(p)) }
	for name, tc := range map[string]struct {
		with  []presence.Carrier
		place fact.PlaceID
		want  bool
	}{
		"the borrower":           {[]presence.Carrier{{Card: card("p-reader")}}, "", false},
		"the custodian":          {[]presence.Carrier{{Card: card("p-archivist")}}, "", false},
		"the borrower, and more": {[]presence.Carrier{{Card: card("p-office")}, {Card: card("p-reader")}}, "", false},
		"somebody else":          {[]presence.Carrier{{Card: card("p-office")}}, "", true},
		"another's desk":         {nil, "desk", true},
		"the reading room":       {nil, "reading-room", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSiteOf(t, lendingRoom(working(t)))
			s.borrow("JM-2026-0001", "p-reader")
			s.takeOut(folder1, "p-reader")
			if tc.with != nil {
				s.feed(presence.Passage{Tag: s.tag(folder1), Door: "room-door", With: tc.with})
			} else {
				s.seen(folder1, tc.place)
			}
			wantEqual(t, "passed on", s.stands(alerts.PassedOn, "JM-2026-0001"), tc.want)
			s.bringBack(folder1, "p-reader")
			wantEqual(t, "after the return", s.stands(alerts.PassedOn, "JM-2026-0001"), false)
		})
	}
}

// The state of a document shows the record and the evidence, and what follows: which alert, and
// who must act.
func TestWhatFollows(t *testing.T) {
	s := newSiteOf(t, lendingRoom(working(t)))
	s.borrow("JM-2026-0001", "p-reader")
	s.takeOut(folder1, "p-reader")
	wantEqual(t, "nothing follows", len(s.document(folder1).Follows), 0)
	s.seen(folder1, "exit")
	doc := s.document(folder1)
	if len(doc.Follows) != 1 || doc.Follows[0].Code != alerts.LeftZone || doc.Follows[0].Person != "p-reader" || !slices.Contains(doc.Follows[0].Posts, custody.Security) || doc.Follows[0].Do.IsZero() {
		t.Errorf("what follows: %+v", doc.Follows)
	}
	wantEqual(t, "the record beside it", doc.Loan.Borrower, custody.PersonID("p-reader"))
	s.seen(folder1, "reading-room")
	wantEqual(t, "when it is back", len(s.document(folder1).Follows), 0)
}

// CIR-5: a list of a top secret document waits for the leader; ended early, it binds nobody.
func TestCirculationNeedsTheLeader(t *testing.T) {
	s := newSiteOf(t, lendingRoom(working(t)))
	o := s.act("p-office", custody.CreateCirculation{Document: "JM-2026-0003", Readers: []custody.PersonID{"p-engineer", "p-manager"}})
	if !o.OK {
		t.Fatalf("%+v", o)
	}
	wantEqual(t, "before the leader", s.act("p-archivist", custody.RequestLoan{Document: "JM-2026-0003", Borrower: "p-engineer"}).Code, "list-not-approved")
	wantEqual(t, "a second list", s.act("p-office", custody.CreateCirculation{Document: "JM-2026-0003", Readers: []custody.PersonID{"p-engineer"}}).Code, "already-circulating")
	s.act("p-manager", custody.Approve{ID: o.Subject})
	wantEqual(t, "ended by a reader", s.act("p-engineer", custody.EndCirculation{List: o.Subject, Reason: "x"}).Code, "wrong-post")
	if o := s.act("p-archivist", custody.RequestLoan{Document: "JM-2026-0003", Borrower: "p-engineer"}); !o.OK {
		t.Errorf("the first reader: %+v", o)
	}
	if o := s.act("p-office", custody.EndCirculation{List: o.Subject, Reason: "改发"}); !o.OK {
		t.Errorf("ended: %+v", o)
	}
	wantEqual(t, "why", last[*custody.CirculationEnded](s).Why, "ended")
}

// CIR-10: one extension, no more, and none waits for a document that came back.
func TestExtensions(t *testing.T) {
	s := newSiteOf(t, lendingRoom(working(t)))
	loan := custody.LoanID(s.borrow("JM-2026-0001", "p-reader").Subject)
	s.takeOut(folder1, "p-reader")
	if o := s.act("p-reader", custody.RequestExtension{Loan: loan, Reason: "未完"}); !o.OK {
		t.Fatalf("%+v", o)
	}
	wantEqual(t, "due", s.document(folder1).Loan.Due, time.Date(2026, 3, 11, 17, 30, 0, 0, time.UTC))
	wantEqual(t, "a second", s.act("p-reader", custody.RequestExtension{Loan: loan, Reason: "未完"}).Code, "extended-enough")

	secret := s.borrow("JM-2026-0002", "p-reader").Subject
	s.act("p-office", custody.Approve{ID: secret})
	s.after(2 * time.Minute)
	s.takeOut(folder2, "p-reader")
	wantEqual(t, "a level that is not extended", s.act("p-reader", custody.RequestExtension{Loan: custody.LoanID(secret), Reason: "未完"}).Code, "never-extended")
}

func TestExtensionEndsWithTheLoan(t *testing.T) {
	room := lendingRoom(working(t))
	head, err := approval.Parse("general-office-head")
	if err != nil {
		t.Fatal(err)
	}
	room.Policy.Approvals.Plans[custody.ForExtension] = map[custody.Level]approval.Plan{custody.Confidential: head}
	s := newSiteOf(t, room)
	loan := custody.LoanID(s.borrow("JM-2026-0001", "p-reader").Subject)
	s.takeOut(folder1, "p-reader")
	ext := s.act("p-reader", custody.RequestExtension{Loan: loan, Reason: "未完"}).Subject
	s.bringBack(folder1, "p-reader")
	last[*custody.ExtensionDropped](s)
	wantEqual(t, "approved too late", s.act("p-office", custody.Approve{ID: ext}).Code, "nothing-to-approve")
}

// Replay of circulation and borrowing gives the same state, whatever people try.
func TestReplayOfCirculation(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		room := lendingRoom(working(t))
		s := newSiteOf(t, room)
		register := func(rec custody.DocumentRecord) {
			rec.Title, rec.Level, rec.Copy, rec.Copies, rec.Home = "题名", custody.Confidential, 1, 1, "cabinet-a"
			s.must(custody.RegisterDocument{Document: complete(rec)})
		}
		register(custody.DocumentRecord{ID: "JM-2026-0004", Tag: s.tag(folder4), Carrier: custody.FolderBox})
		register(custody.DocumentRecord{ID: "JM-2026-0005", Tag: s.tag(folder5), Folder: "JM-2026-0004"})
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			circulationStep(r, s)
		}
		again := custody.NewState(room)
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

const (
	folder4 = "E20000000000000000000004"
	folder5 = "E20000000000000000000005"
)

func circulationStep(r *rapid.T, s *site) {
	who := rapid.SampledFrom([]custody.PersonID{"p-archivist", "p-office", "p-manager", "p-reader", "p-guest"}).Draw(r, "who")
	doc := rapid.SampledFrom([]custody.DocumentID{"JM-2026-0001", "JM-2026-0002", "JM-2026-0004", "JM-2026-0005"}).Draw(r, "document")
	tag := "E2000000000000000000000" + string(doc[len(doc)-1:])
	loan := custody.LoanID(rapid.SampledFrom([]string{"L-000001", "L-000002", "L-000003"}).Draw(r, "loan"))
	switch rapid.IntRange(0, 14).Draw(r, "step") {
	case 0, 1:
		s.act("p-archivist", custody.RequestLoan{Document: doc, Borrower: who, Zones: []fact.PlaceID{"reading-room"}, Purpose: "阅", Reason: rapid.SampledFrom([]string{"", "急用"}).Draw(r, "reason")})
	case 2:
		s.act(string(who), custody.Approve{ID: rapid.SampledFrom([]string{"L-000001", "L-000002", "E-000001", "C-000001"}).Draw(r, "id")})
	case 3, 4:
		s.badge("badge-cabinets", "p-archivist")
		s.badge("badge-cabinets", who)
	case 5, 6:
		s.seen(tag, rapid.SampledFrom([]fact.PlaceID{"cabinet-a", "reading-room", "desk", "exit"}).Draw(r, "place"))
	case 7:
		s.unseen(tag)
	case 8:
		s.act("p-office", custody.CreateCirculation{Document: doc, Readers: []custody.PersonID{who, "p-manager"}})
	case 9:
		s.act("p-reader", custody.RequestExtension{Loan: loan, Reason: "未完"})
	case 10:
		s.act("p-archivist", custody.CountReturn{Document: doc, Copies: rapid.IntRange(0, 2).Draw(r, "copies")})
	case 11:
		s.act("p-archivist", custody.ExtractPiece{Piece: doc, Reason: "另办"})
		s.act("p-archivist", custody.PutBack{Piece: doc})
	case 12:
		s.act("p-manager", custody.NameProxy{Loan: loan, Person: who, Reason: "出差"})
	case 13:
		s.act("p-office", custody.EndCirculation{List: "C-000001", Reason: "改发"})
	case 14:
		s.after(time.Duration(rapid.IntRange(1, 30).Draw(r, "hours")) * time.Hour)
	}
}

// CIR-13: what may be laid into a folder, and what follows when a folder goes and a piece stays.
func TestPiecesOfAFolder(t *testing.T) {
	s := newSiteOf(t, lendingRoom(working(t)))
	register := func(id custody.DocumentID, tag string, change func(*custody.DocumentRecord)) custody.Outcome {
		rec := custody.DocumentRecord{ID: id, Tag: s.tag(tag), Level: custody.Confidential, Home: "cabinet-a"}
		change(&rec)
		return s.act("p-archivist", custody.RegisterDocument{Document: complete(rec)})
	}
	if o := register("JM-2026-0004", folder4, func(r *custody.DocumentRecord) { r.Carrier = custody.FolderBox }); !o.OK {
		t.Fatalf("%+v", o)
	}
	wantEqual(t, "into no folder", register("JM-2026-0005", folder5, func(r *custody.DocumentRecord) { r.Folder = "JM-2026-0001" }).Code, "unknown-folder")
	wantEqual(t, "a folder in a folder", register("JM-2026-0005", folder5, func(r *custody.DocumentRecord) { r.Folder, r.Carrier = "JM-2026-0004", custody.FolderBox }).Code, "unknown-folder")
	wantEqual(t, "with another home", register("JM-2026-0005", folder5, func(r *custody.DocumentRecord) { r.Folder, r.Home = "JM-2026-0004", "cabinet-b" }).Code, "not-with-folder")
	if o := register("JM-2026-0005", folder5, func(r *custody.DocumentRecord) { r.Folder, r.Level = "JM-2026-0004", custody.Secret }); !o.OK {
		t.Fatalf("%+v", o)
	}
	s.seen(folder4, "cabinet-a")
	s.seen(folder5, "cabinet-a")
	// The folder is lent as the highest of its pieces is: who may not see one does not get it.
	wantEqual(t, "a guest", s.borrow("JM-2026-0004", "p-guest").Code, "not-cleared")
	loan := s.borrow("JM-2026-0004", "p-reader").Subject
	wantEqual(t, "waits as a secret one", s.document(folder4).Loan.Status, custody.LoanWaiting)
	s.act("p-office", custody.Approve{ID: loan})
	s.takeOut(folder4, "p-reader")
	wantEqual(t, "the piece shows the folder's loan", s.document(folder5).Loan.ID, custody.LoanID(loan))
	s.after(time.Minute)
	wantEqual(t, "the piece stayed at home", s.stands(alerts.PieceApart, "JM-2026-0005"), true)
	s.seen(folder5, "reading-room")
	wantEqual(t, "it followed", s.stands(alerts.PieceApart, "JM-2026-0005"), false)
	wantEqual(t, "and may be there", s.stands(alerts.LeftZone, "JM-2026-0005"), false)
	// The folder comes home without it: then nobody has the piece in charge.
	s.bringBack(folder4, "p-reader")
	wantEqual(t, "out with no holder", s.stands(alerts.LeftZone, "JM-2026-0005"), true)
	s.seen(folder5, "cabinet-a")
	wantEqual(t, "home", s.stands(alerts.LeftZone, "JM-2026-0005"), false)
}
