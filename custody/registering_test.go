package custody_test

import (
	"fmt"
	"strings"
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

// registry is secrecyRoom with the rules of the register: categories, series, copying, issuing.
func registry() custody.Site {
	s := secrecyRoom()
	name := func(zh, en string) fact.Text { return fact.Text{ZH: zh, EN: en} }
	s.Places["copy-room"] = custody.Place{ID: "copy-room", Kind: custody.Room, Name: name("文印室", "printing room")}
	s.Places["cabinet-u"] = custody.Place{ID: "cabinet-u", Kind: custody.Cabinet, Name: name("普通柜", "plain cabinet"), Levels: []custody.Level{custody.Internal}, BadgeReader: "badge-cabinets"}
	secrets := []custody.Level{custody.Confidential, custody.Secret, custody.TopSecret}
	s.Policy.Registering = custody.RegisteringPolicy{
		Categories: []custody.Category{{Code: "JM", Name: name("涉密", "classified"), Levels: secrets}, {Code: "NB", Name: name("内部", "internal"), Levels: []custody.Level{custody.Internal, custody.Public}}, {Code: "FW", Name: name("发文", "issued"), Levels: secrets}},
		Series: []custody.Series{
			{Name: name("电报", "telegrams"), Carriers: []custody.Carrier{custody.Telegram}, Custodian: custody.ChiefEngineer, NotCopied: true},
			{Name: name("印章", "seals"), Carriers: []custody.Carrier{custody.Seal}, Persons: []custody.PersonID{"p-office"}, Homes: []fact.PlaceID{"cabinet-b", "safe-1"}},
		},
		RetentionNotice: 30 * 24 * time.Hour, CopyingPlaces: []fact.PlaceID{"copy-room"}, PutAway: 30 * time.Minute, AccountFor: 24 * time.Hour,
		Couriers: map[custody.Level]int{custody.TopSecret: 2}, ReceiptWithin: calendar.Due{Kind: calendar.CalendarDays, N: 5},
	}
	plan := func(text string) approval.Plan {
		p, err := approval.Parse(text)
		if err != nil {
			panic(err)
		}
		return p
	}
	for _, what := range []custody.ApprovalFor{custody.ForLevel, custody.ForRetention, custody.ForScope} {
		s.Policy.Approvals.Plans[what] = map[custody.Level]approval.Plan{custody.Confidential: plan("supervising-leader"), custody.Secret: plan("supervising-leader"), custody.TopSecret: plan("supervising-leader")}
	}
	s.Policy.Approvals.Plans[custody.ForCopying] = map[custody.Level]approval.Plan{custody.Confidential: plan("general-office-head"), custody.Secret: plan("general-office-head")}
	return s
}

// on registers a document of the register's own tests and lays it down at home.
func (s *site) on(r custody.DocumentRecord) {
	s.t.Helper()
	s.must(custody.RegisterDocument{Document: complete(r), Gap: "测试"})
	s.feed(presence.Moved{Tag: r.Tag, To: r.Home, Certainty: 9900, Evidence: "test"})
}

func (s *site) lies(tag string, from, to fact.PlaceID) {
	s.t.Helper()
	s.feed(presence.Moved{Tag: s.tag(tag), From: from, To: to, Certainty: 9900, Evidence: "test"})
}

func (s *site) wants(what string, o custody.Outcome, code, rule string) {
	s.t.Helper()
	if o.OK || o.Code != code || (rule != "" && o.Rule != rule) || o.Text.ZH == "" || o.Text.EN == "" {
		s.t.Errorf("%s: outcome %+v, want refused with %s by %s", what, o, code, rule)
	}
}

func (s *site) granted(actor string, a custody.Act) string {
	s.t.Helper()
	o := s.act(actor, a)
	if !o.OK {
		s.t.Fatalf("%s by %s refused: %+v", a.Verb(), actor, o)
	}
	return o.Subject
}

// REG-1: each thing that is missing is named.
func TestWhatARegistrationLacks(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*custody.DocumentRecord)
		word   string
	}{
		"issuer":    {func(r *custody.DocumentRecord) { r.Issuer = "" }, "发文机关"},
		"number":    {func(r *custody.DocumentRecord) { r.IssuerNumber = "" }, "发文字号"},
		"produced":  {func(r *custody.DocumentRecord) { r.Produced = 0 }, "制发日期"},
		"received":  {func(r *custody.DocumentRecord) { r.Receipt.At = time.Time{} }, "收文时间"},
		"signed":    {func(r *custody.DocumentRecord) { r.Receipt.By = "" }, "签收人"},
		"envelope":  {func(r *custody.DocumentRecord) { r.Receipt.Envelope = "" }, "信封状况"},
		"retention": {func(r *custody.DocumentRecord) { r.Retention = custody.Retention{} }, "保密期限"},
		"both retentions": {func(r *custody.DocumentRecord) {
			r.Retention = custody.Retention{Permanent: true, Until: calendar.DateOf(2030, 1, 1)}
		}, "保密期限"},
		"pages": {func(r *custody.DocumentRecord) { r.Pages = 0 }, "页数"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSiteOf(t, registry())
			r := complete(custody.DocumentRecord{ID: "JM-2026-0004", Level: custody.Secret, Tag: s.tag("E2AA"), Home: "cabinet-a"})
			tc.change(&r)
			o := s.act("desk", custody.RegisterDocument{Document: r})
			s.wants(name, o, "incomplete", "REG-1")
			if !strings.Contains(o.Text.ZH, tc.word) || strings.Count(o.Text.ZH, "；") > 0 {
				t.Errorf("the sentence %q does not name %s alone", o.Text.ZH, tc.word)
			}
		})
	}
	s := newSiteOf(t, registry())
	r := complete(custody.DocumentRecord{ID: "JM-2026-0004", Level: custody.Secret, Tag: s.tag("E2AA"), Home: "cabinet-a", Carrier: custody.Disc})
	r.Pages = 0
	s.must(custody.RegisterDocument{Document: r}) // a disc has no pages
	s.must(custody.RegisterDocument{Document: custody.DocumentRecord{Title: "内部", Level: custody.Internal, Copy: 1, Copies: 1, Tag: s.tag("E2AB"), Home: "cabinet-u"}})
	wantEqual(t, "alerts", s.raised(), nil)
}

// REG-2: numbers of a category and year have no gaps and never come twice, whatever happens to the documents.
func TestNumbers(t *testing.T) {
	s := newSiteOf(t, registry())
	next := func(gap string, id custody.DocumentID, level custody.Level, home fact.PlaceID, tag string) custody.Outcome {
		return s.act("desk", custody.RegisterDocument{Gap: gap, Document: complete(custody.DocumentRecord{ID: id, Level: level, Tag: s.tag(tag), Home: home})})
	}
	wantEqual(t, "the next of the first category", next("", "", custody.Secret, "cabinet-a", "E2A0").Subject, "JM-2026-0004")
	wantEqual(t, "another category begins at one", next("", "NB-2026-0001", custody.Internal, "cabinet-u", "E2A1").Subject, "NB-2026-0001")
	s.wants("the first of a year is one", next("", "JM-2025-0007", custody.Secret, "cabinet-a", "E2A2"), "number-gap", "REG-2")
	s.wants("zero", next("", "JM-2026-0000", custody.Secret, "cabinet-a", "E2A2"), "bad-number", "REG-2")
	s.wants("another spelling of a number in use", next("", "JM-2026-004", custody.Secret, "cabinet-a", "E2A2"), "number-used", "REG-2")
	s.wants("half a million skipped", next("旧簿", "JM-2026-500000", custody.Secret, "cabinet-a", "E2A2"), "too-much", "REG-2")
	wantEqual(t, "with a reason", next("旧簿", "JM-2025-0007", custody.Secret, "cabinet-a", "E2A2").Code, "")
	s.wants("a void one", next("", "JM-2025-0003", custody.Secret, "cabinet-a", "E2A3"), "number-used", "REG-2")
	dp := s.granted("p-archivist", custody.SendOut{Documents: []custody.DocumentID{"JM-2026-0004"}, Recipients: []custody.Recipient{{Name: "甲", Copies: 1}}, Seal: "1", Couriers: []custody.PersonID{"p-reader"}})
	s.granted("p-archivist", custody.ConfirmReceipt{Dispatch: dp, Recipient: "甲", SignedBy: "乙", Seal: "1"})
	s.wants("of a document that is gone", next("", "JM-2026-0004", custody.Secret, "cabinet-a", "E2A3"), "number-used", "REG-2")
	s.wants("its tag", next("", "", custody.Secret, "cabinet-a", "E2A0"), "tag-retired", "REG-6")
	s.forget()
	s.feed(presence.Stranger{Tag: s.tag("E2A0"), Place: "exit"})
	wantEqual(t, "its tag is read again", s.raised(), []alerts.Code{alerts.GoneTag})
}

// REG-3: a period that ends is told, and stands until each document is decided about.
func TestRetentionEnds(t *testing.T) {
	s := newSiteOf(t, registry())
	until := custody.Retention{Until: calendar.DateOf(2026, 4, 11)}
	s.on(custody.DocumentRecord{ID: "JM-2026-0004", Level: custody.Secret, Tag: s.tag("E2A0"), Home: "cabinet-a", Retention: until})
	s.on(custody.DocumentRecord{ID: "JM-2026-0005", Level: custody.Confidential, Tag: s.tag("E2A1"), Home: "cabinet-b", Retention: until})
	s.forget()
	s.after(10 * 24 * time.Hour)
	wantEqual(t, "too early", s.raised(), nil)
	s.after(3 * 24 * time.Hour)
	wantEqual(t, "told ahead", s.raised(), []alerts.Code{alerts.RetentionNear})
	s.after(31 * 24 * time.Hour)
	wantEqual(t, "over", s.raised(), []alerts.Code{alerts.RetentionNear, alerts.RetentionEnded})
	stands := func() (n int) {
		for _, a := range s.state.Overview(s.now.Wall).Alerts {
			if a.Code == alerts.RetentionEnded && a.Ended == nil {
				n++
			}
		}
		return n
	}
	longer := s.granted("p-archivist", custody.ChangeRetention{Document: "JM-2026-0004", Retention: custody.Retention{Permanent: true}, Reason: "仍需保密"})
	s.granted("p-manager", custody.Approve{ID: longer})
	wantEqual(t, "one of two decided", stands(), 1)
	s.wants("a home for secrets", s.act("p-archivist", custody.ChangeLevel{Document: "JM-2026-0005", Level: custody.Internal, Reason: "解密"}), "home-not-cleared", "STO-1")
	lifted := s.granted("p-archivist", custody.ChangeLevel{Document: "JM-2026-0005", Level: custody.Internal, Home: "cabinet-u", Reason: "解密"})
	s.wants("a second change", s.act("p-archivist", custody.ChangeLevel{Document: "JM-2026-0005", Level: custody.Internal, Home: "cabinet-u", Reason: "解密"}), "change-waits", "REG-3")
	s.granted("p-manager", custody.Approve{ID: lifted})
	wantEqual(t, "both decided", stands(), 0)
	s.on(custody.DocumentRecord{ID: "JM-2026-0006", Level: custody.Confidential, Tag: s.tag("E2A2"), Home: "cabinet-b", Retention: until})
	s.after(time.Minute)
	wantEqual(t, "one that came in when it was over", stands(), 1)
	dp := s.granted("p-archivist", custody.SendOut{Documents: []custody.DocumentID{"JM-2026-0006"}, Recipients: []custody.Recipient{{Name: "甲", Copies: 1}}, Seal: "1", Couriers: []custody.PersonID{"p-reader"}})
	s.granted("p-archivist", custody.ConfirmReceipt{Dispatch: dp, Recipient: "甲", SignedBy: "乙", Seal: "1"})
	wantEqual(t, "it has left the register", stands(), 0)
	s.forget()
	s.after(time.Minute)
	s.lies("E2A1", "cabinet-b", "cabinet-u")
	wantEqual(t, "what is lifted lies with its kind", s.raised(), nil)
}

// REG-3: what is refused, recalled or lapses changes nothing.
func TestChangesThatAreNotApproved(t *testing.T) {
	for name, end := range map[string]func(*site, string){
		"refused":  func(s *site, id string) { s.granted("p-manager", custody.RefuseApproval{ID: id, Reason: "不同意"}) },
		"recalled": func(s *site, id string) { s.granted("p-archivist", custody.RecallApproval{ID: id}) },
		"lapsed":   func(s *site, _ string) { s.after(25 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSiteOf(t, registry())
			id := s.granted("p-archivist", custody.ChangeLevel{Document: "JM-2026-0002", Level: custody.Confidential, Reason: "原机关通知"})
			end(s, id)
			wantEqual(t, "level", s.document(folder2).Level, custody.Secret)
			wantEqual(t, "waits", len(s.state.Overview(s.now.Wall).Register.Changes), 0)
			s.granted("p-archivist", custody.ChangeLevel{Document: "JM-2026-0002", Level: custody.Confidential, Reason: "原机关通知"})
		})
	}
}

// REG-6: the old tag is an alert wherever it is read, also while presence still knows it.
func TestReplacedTag(t *testing.T) {
	s := newSiteOf(t, registry())
	s.granted("p-archivist", custody.ReplaceTag{Document: "JM-2026-0001", Tag: s.tag("E2B1"), Reason: "破损"})
	enrolled, withdrawn := false, false
	for _, e := range s.effects {
		switch e := e.(type) {
		case custody.Enrol:
			enrolled = enrolled || e.Tag == s.tag("E2B1")
		case custody.Withdraw:
			withdrawn = withdrawn || e.Tag == s.tag(folder1)
		}
	}
	if !enrolled || !withdrawn {
		t.Errorf("presence is told: enrol %v, withdraw %v", enrolled, withdrawn)
	}
	s.forget()
	s.lies("E2B1", "", "cabinet-a")
	wantEqual(t, "the new one at home", s.raised(), nil)
	s.lies(folder1, "cabinet-a", "exit")
	wantEqual(t, "the old one", s.raised(), []alerts.Code{alerts.OldTag})
	if d := s.document(folder1); d.Place != "cabinet-a" || d.Known != custody.Here {
		t.Errorf("the old tag moved the document to %s", d.Place)
	}
}

// REG-8: a series kept by a named person, in places of its own; in the safe its keeper must be one of the parties.
func TestSeries(t *testing.T) {
	s := newSiteOf(t, registry())
	s.wants("a home of others", s.act("desk", custody.RegisterDocument{Document: complete(custody.DocumentRecord{ID: "JM-2026-0004", Level: custody.Confidential, Carrier: custody.Seal, Tag: s.tag("E2C1"), Home: "cabinet-a"})}), "wrong-home", "REG-8")
	s.on(custody.DocumentRecord{ID: "JM-2026-0004", Level: custody.Confidential, Carrier: custody.Seal, Tag: s.tag("E2C1"), Home: "cabinet-b"})
	s.on(custody.DocumentRecord{ID: "JM-2026-0005", Level: custody.TopSecret, Carrier: custody.Telegram, Tag: s.tag("E2C2"), Home: "safe-1"})
	s.lend("JM-2026-0004", "p-reader", time.Hour)
	s.forget()
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", "p-reader")
	s.feed(presence.Unseen{Tag: s.tag("E2C1"), From: "cabinet-b", Certainty: 9900})
	wantEqual(t, "the archivist does not keep seals", s.raised(), []alerts.Code{alerts.WrongKeeper})
	s.lies("E2C1", "", "cabinet-b")
	s.after(2 * time.Minute)
	s.forget()
	s.badge("badge-cabinets", "p-office")
	s.badge("badge-cabinets", "p-reader")
	s.feed(presence.Unseen{Tag: s.tag("E2C1"), From: "cabinet-b", Certainty: 9900})
	wantEqual(t, "its keeper", s.raised(), nil)
}

// STO-7: all parts carried by one person through a door.
func TestPartsCarriedByOne(t *testing.T) {
	s := newSiteOf(t, registry())
	s.on(custody.DocumentRecord{ID: "JM-2026-0004", Level: custody.Confidential, Set: "甲", Tag: s.tag("E2D1"), Home: "cabinet-a"})
	s.on(custody.DocumentRecord{ID: "JM-2026-0005", Level: custody.Confidential, Set: "甲", Tag: s.tag("E2D2"), Home: "cabinet-b"})
	carry := func(tag string, home fact.PlaceID, by custody.PersonID) {
		s.feed(presence.Unseen{Tag: s.tag(tag), From: home, Certainty: 9900})
		s.feed(presence.Passage{Tag: s.tag(tag), Door: "room-door", With: []presence.Carrier{{Card: fact.CardID("raw:26:" + string(by)), Certainty: 9000}}, Certainty: 9900})
	}
	s.forget()
	carry("E2D1", "cabinet-a", "p-reader")
	carry("E2D2", "cabinet-b", "p-office")
	wantEqual(t, "by two persons", s.raised(), nil)
	s.lies("E2D2", "", "cabinet-b")
	carry("E2D2", "cabinet-b", "p-reader")
	wantEqual(t, "by one", s.raised(), []alerts.Code{alerts.PartsTogether})
}

// CPY-2: a copy that does not come home in time; what is not counted stays open.
func TestCopyOnItsWay(t *testing.T) {
	s := newSiteOf(t, registry())
	id := s.granted("p-reader", custody.RequestCopying{Document: "JM-2026-0001", Count: 1, Purpose: "用", Place: "copy-room"})
	s.wants("another meanwhile", s.act("p-reader", custody.RequestCopying{Document: "JM-2026-0001", Count: 1, Purpose: "用", Place: "copy-room"}), "copying-waits", "CPY-1")
	s.wants("counted before it is approved", s.act("p-reader", custody.CountCopies{Copying: id, Made: 1}), "not-approved", "CPY-1")
	s.granted("p-office", custody.Approve{ID: id})
	s.lies(folder1, "cabinet-a", "copy-room")
	s.forget()
	copied := s.granted("p-archivist", custody.RegisterDocument{Copying: id, Document: custody.DocumentRecord{Copy: 1, Copies: 1, Tag: s.tag("E2E1"), Home: "cabinet-a"}})
	s.lies("E2E1", "", "copy-room")
	s.lies("E2E1", "copy-room", "room")
	s.granted("p-reader", custody.CountCopies{Copying: id, Made: 1})
	wantEqual(t, "on its way", s.raised(), nil)
	s.after(31 * time.Minute)
	wantEqual(t, "neither copy nor original is home", s.raised(), []alerts.Code{alerts.NotPutAway, alerts.NotPutAway})
	s.lies("E2E1", "room", "cabinet-a")
	wantEqual(t, "ended", s.notices[len(s.notices)-1].Reason, alerts.ReasonEnded)
	s.forget()
	s.lies("E2E1", "cabinet-a", "room")
	wantEqual(t, "a copy that was home is like any other", s.raised(), []alerts.Code{alerts.LeftZone})
	wantEqual(t, "closed", len(s.state.Overview(s.now.Wall).Register.Copyings), 0)
	s.wants("after it is closed", s.act("p-archivist", custody.RegisterDocument{Copying: id, Document: custody.DocumentRecord{Original: "JM-2026-0001", Nature: custody.CopyOf, Copy: 1, Copies: 1, Tag: s.tag("E2E2"), Home: "cabinet-a"}}), "no-copying", "CPY-1")
	s.wants("a telegram", s.act("p-reader", custody.RequestCopying{Document: custody.DocumentID(copied), Count: 0, Purpose: "用", Place: "copy-room"}), "incomplete", "CPY-1")
}

// ISS-1: a draft that is sent back begins anew, and its level is its own to raise.
func TestReturnedDraft(t *testing.T) {
	s := newSiteOf(t, registry())
	id := s.granted("p-reader", custody.BeginDraft{Title: "通知", Level: custody.Confidential, Retention: custody.Retention{Permanent: true}})
	s.granted("p-office", custody.PassDraft{Draft: id, Step: custody.StepReview})
	s.wants("above the clearance", s.act("p-archivist", custody.ReturnDraft{Draft: id, Reason: "改", Level: custody.Secret}), "not-cleared", "REG-5")
	s.granted("p-manager", custody.ReturnDraft{Draft: id, Reason: "应定机密", Level: custody.Secret})
	s.wants("all anew", s.act("p-manager", custody.PassDraft{Draft: id, Step: custody.StepIssue}), "not-its-turn", "ISS-1")
	s.granted("p-office", custody.PassDraft{Draft: id, Step: custody.StepReview})
	s.granted("p-manager", custody.PassDraft{Draft: id, Step: custody.StepIssue})
	s.granted("p-engineer", custody.PassDraft{Draft: id, Step: custody.StepRecheck})
	wantEqual(t, "number", s.granted("p-office", custody.NumberDraft{Draft: id, Category: "FW"}), "FW-2026-0001")
	s.granted("p-office", custody.PrintDraft{Draft: id, Copies: 2})
	s.wants("a lower level", s.act("p-archivist", custody.RegisterDocument{Issue: id, Category: "JM", Document: custody.DocumentRecord{Level: custody.Confidential, Copy: 1, Pages: 1, Tag: s.tag("E2F1"), Home: "cabinet-a"}}), "below-original", "REG-4")
	s.granted("p-archivist", custody.RegisterDocument{Issue: id, Category: "JM", Document: custody.DocumentRecord{Copy: 1, Pages: 1, Tag: s.tag("E2F1"), Home: "cabinet-a"}})
	s.granted("p-archivist", custody.RegisterDocument{Issue: id, Category: "JM", Document: custody.DocumentRecord{Copy: 2, Pages: 1, Tag: s.tag("E2F2"), Home: "cabinet-a"}})
	wantEqual(t, "accounted for", len(s.state.Overview(s.now.Wall).Register.Drafts), 0)
	s.after(25 * time.Hour)
	for _, code := range s.raised() {
		if code == alerts.PrintDiffers {
			t.Error("all were accounted for, and yet it was raised")
		}
	}
}

// REG-5: a document whose level rises while somebody has it who is not cleared for the new one.
func TestLevelRisesInUnclearedHands(t *testing.T) {
	s := newSiteOf(t, registry())
	s.must(custody.RegisterPerson{Person: person("p-low", "职员庚", custody.Confidential, custody.Staff)})
	change := s.granted("p-archivist", custody.ChangeLevel{Document: "JM-2026-0001", Level: custody.Secret, Reason: "原机关通知"})
	s.lend("JM-2026-0001", "p-low", time.Hour)
	s.badge("badge-cabinets", "p-archivist")
	s.badge("badge-cabinets", "p-low")
	s.unseen(folder1)
	s.wants("asked for now", s.act("p-archivist", custody.ChangeLevel{Document: "JM-2026-0001", Level: custody.Secret, Reason: "原机关通知"}), "change-waits", "")
	s.forget()
	s.granted("p-manager", custody.Approve{ID: change})
	wantEqual(t, "in uncleared hands", s.raised(), []alerts.Code{alerts.HolderUncleared})
}

// REG-2, ISS-1: an issue that is given up leaves its number void.
func TestDroppedDraft(t *testing.T) {
	s := newSiteOf(t, registry())
	begin := func() string {
		id := s.granted("p-reader", custody.BeginDraft{Title: "通知", Level: custody.Confidential, Retention: custody.Retention{Permanent: true}})
		s.granted("p-office", custody.PassDraft{Draft: id, Step: custody.StepReview})
		s.granted("p-manager", custody.PassDraft{Draft: id, Step: custody.StepIssue})
		s.granted("p-engineer", custody.PassDraft{Draft: id, Step: custody.StepRecheck})
		return id
	}
	id := begin()
	wantEqual(t, "number", s.granted("p-office", custody.NumberDraft{Draft: id, Category: "FW"}), "FW-2026-0001")
	s.wants("by a stranger to it", s.act("p-archivist", custody.DropDraft{Draft: id, Reason: "不发"}), "wrong-post", "ISS-1")
	s.wants("kept before it is printed", s.act("p-archivist", custody.RegisterDocument{Issue: id, Document: custody.DocumentRecord{Copy: 1, Copies: 1, Pages: 1, Tag: s.tag("E2F1"), Home: "cabinet-a"}}), "not-printed", "ISS-1")
	s.granted("p-reader", custody.DropDraft{Draft: id, Reason: "不发"})
	wantEqual(t, "the next number", s.granted("p-office", custody.NumberDraft{Draft: begin(), Category: "FW"}), "FW-2026-0002")
}

// ISS-2: a sealed package is its couriers' to carry out, nobody else's; while it is with them it is not missing.
func TestCouriersCarryThePackage(t *testing.T) {
	of := registry()
	of.Doors["gate"] = custody.Door{ID: "gate", From: "outside", To: "corridor"}
	s := newSiteOf(t, of)
	carry := func(tag string, by custody.PersonID) {
		s.feed(presence.Unseen{Tag: s.tag(tag), From: "cabinet-a", Certainty: 9900})
		s.feed(presence.Passage{Tag: s.tag(tag), Door: "gate", With: []presence.Carrier{{Card: fact.CardID("raw:26:" + string(by)), Certainty: 9000}}, Certainty: 9900})
		s.after(time.Minute)
	}
	s.granted("p-archivist", custody.SendOut{Documents: []custody.DocumentID{"JM-2026-0001"}, Recipients: []custody.Recipient{{Name: "甲", Copies: 1}}, Seal: "1", Couriers: []custody.PersonID{"p-reader"}})
	carry(folder1, "p-reader")
	wantEqual(t, "by its courier", s.raised(), nil)
	s.granted("p-archivist", custody.SendOut{Documents: []custody.DocumentID{"JM-2026-0002"}, Recipients: []custody.Recipient{{Name: "甲", Copies: 1}}, Seal: "2", Couriers: []custody.PersonID{"p-reader"}})
	carry(folder2, "p-guest")
	wantEqual(t, "by another", s.raised(), []alerts.Code{alerts.CarriedOut})
	s.forget()
	s.after(6 * 24 * time.Hour)
	wantEqual(t, "receipts", len(s.state.Overview(s.now.Wall).Register.Dispatches), 2)
	n := 0
	for _, code := range s.raised() {
		if code == alerts.ReceiptOverdue {
			n++
		}
	}
	wantEqual(t, "chased", n, 2)
}

// Replaying the record gives the same state whatever is registered, changed, copied and sent.
func TestReplayOfTheRegister(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newSiteOf(t, registry())
		s.lies(folder1, "cabinet-a", "copy-room")
		for range rapid.IntRange(1, 50).Draw(r, "steps") {
			registerStep(r, s)
		}
		again := custody.NewState(registry())
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
		numbers := map[custody.DocumentID]bool{}
		for _, e := range s.entries { // REG-2: no number comes twice
			if ev, ok := e.Event.(*custody.DocumentRegistered); ok {
				if numbers[ev.Document.ID] {
					r.Fatalf("%s was given twice", ev.Document.ID)
				}
				numbers[ev.Document.ID] = true
			}
		}
	})
}

func registerStep(r *rapid.T, s *site) {
	who := rapid.SampledFrom([]string{"p-archivist", "p-office", "p-manager", "p-engineer", "p-reader", "p-guest", "desk"}).Draw(r, "who")
	doc := custody.DocumentID(fmt.Sprintf("JM-2026-%04d", rapid.IntRange(1, 6).Draw(r, "doc")))
	tag := fmt.Sprintf("E2%02X", rapid.IntRange(1, 12).Draw(r, "tag"))
	work := func(series string) string {
		return fmt.Sprintf("%s-%06d", series, rapid.IntRange(1, 3).Draw(r, "work"))
	}
	place := rapid.SampledFrom([]fact.PlaceID{"cabinet-a", "cabinet-b", "cabinet-u", "safe-1", "copy-room", "room", "exit"}).Draw(r, "place")
	level := rapid.SampledFrom([]custody.Level{custody.Internal, custody.Confidential, custody.Secret, custody.TopSecret}).Draw(r, "level")
	until := custody.Retention{Until: calendar.DateOf(2026, 3, rapid.IntRange(1, 6).Draw(r, "until"))}
	switch rapid.IntRange(0, 18).Draw(r, "step") {
	case 0:
		s.act(who, custody.RegisterDocument{Gap: rapid.SampledFrom([]string{"", "旧簿"}).Draw(r, "gap"), Document: complete(custody.DocumentRecord{ID: doc, Level: level, Tag: s.tag(tag), Home: place, Retention: until, Set: rapid.SampledFrom([]string{"", "甲"}).Draw(r, "set")})})
	case 1:
		s.act(who, custody.RegisterDocument{Copying: work("CP"), Document: custody.DocumentRecord{Copy: 1, Copies: 1, Tag: s.tag(tag), Home: place}})
	case 2:
		s.act(who, custody.RegisterDocument{Issue: work("DR"), Document: custody.DocumentRecord{Copy: 1, Pages: 1, Tag: s.tag(tag), Home: place}})
	case 3:
		s.act(who, custody.ChangeLevel{Document: doc, Level: level, Home: place, Reason: "r"})
	case 4:
		s.act(who, custody.ChangeRetention{Document: doc, Retention: until, Reason: "r"})
	case 5:
		s.act(who, custody.WidenScope{Document: doc, Persons: []custody.PersonID{"p-reader"}, Reason: "r"})
	case 6:
		s.act(who, custody.ReplaceTag{Document: doc, Tag: s.tag(tag), Reason: "r"})
	case 7:
		s.act(who, custody.RequestCopying{Document: doc, Count: 2, Purpose: "p", Place: "copy-room"})
	case 8:
		s.act(who, custody.CountCopies{Copying: work("CP"), Made: rapid.IntRange(0, 3).Draw(r, "made"), Spoiled: 1, Witness: "p-office"})
	case 9:
		s.act(who, custody.BeginDraft{Title: "t", Level: level, Retention: until})
	case 10:
		s.act(who, custody.PassDraft{Draft: work("DR"), Step: rapid.SampledFrom([]custody.DraftStep{custody.StepReview, custody.StepIssue, custody.StepRecheck}).Draw(r, "pass")})
	case 11:
		s.act(who, custody.NumberDraft{Draft: work("DR")})
		s.act(who, custody.DropDraft{Draft: work("DR"), Reason: "r"})
	case 12:
		s.act(who, custody.PrintDraft{Draft: work("DR"), Copies: 3})
	case 13:
		s.act(who, custody.SendOut{Documents: []custody.DocumentID{doc}, Recipients: []custody.Recipient{{Name: "甲", Copies: 1}}, Seal: tag, Couriers: []custody.PersonID{"p-engineer", "p-manager"}})
	case 14:
		s.act(who, custody.ConfirmReceipt{Dispatch: work("DP"), Recipient: "甲", SignedBy: "乙", Seal: tag})
	case 15:
		for _, series := range []string{"CH", "CP"} {
			s.act(who, custody.Approve{ID: work(series)})
		}
	case 16:
		s.lies(rapid.SampledFrom([]string{tag, folder1, folder2}).Draw(r, "moved"), "", place)
	case 17:
		s.feed(presence.Stranger{Tag: s.tag(tag), Place: place})
	case 18:
		s.after(time.Duration(rapid.IntRange(1, 30).Draw(r, "hours")) * time.Hour)
	}
}
