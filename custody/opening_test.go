package custody_test

import (
	"slices"
	"testing"
	"time"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/threelock"
)

var three = []custody.PersonID{"p-archivist", "p-office", "p-manager"}

// carefulRoom is the small site with everything that a safe may ask for.
func carefulRoom() custody.Site {
	site := secrecyRoom()
	site.Policy.OpeningDelay, site.Policy.OpeningReconfirm, site.Policy.ClosingConfirm = 15*time.Minute, 5*time.Minute, 2*time.Minute
	return site
}

// show has each of some persons show badge and PIN, and requires that they count.
func (s *site) show(people ...custody.PersonID) {
	s.t.Helper()
	for _, p := range people {
		if o := s.party(p, "1234"); !o.OK {
			s.t.Fatalf("%s refused: %+v", p, o)
		}
	}
}

// bolts has all three locks report.
func (s *site) bolts(bolt fact.BoltState, door fact.InputState) {
	s.t.Helper()
	for _, lock := range []fact.DeviceID{"lock-1", "lock-2", "lock-3"} {
		s.lock(lock, bolt, door)
	}
}

// closed takes an opening of the careful safe to where the three are to confirm.
func (s *site) closed() {
	s.t.Helper()
	s.enter(three...)
	id := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
	s.show(three...)
	s.after(15 * time.Minute)
	s.show(three...)
	s.answerAll(id)
	s.lock("lock-1", fact.BoltUnlocked, fact.InputActive)
	s.lock("lock-1", fact.BoltUnlocked, fact.InputInactive)
	s.bolts(fact.BoltLocked, fact.InputInactive)
	wantEqual(s.t, "phase", s.safe().Phase, threelock.Closing)
}

// SAF-1, SAF-3: the time delay, the second confirmation, and the three persons' word that it is closed.
func TestDelayedOpening(t *testing.T) {
	s := newSiteOf(t, carefulRoom())
	s.enter(three...)
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	s.show(three...)
	wantEqual(t, "phase", s.safe().Phase, threelock.Delaying)
	wantEqual(t, "in the delay", s.party("p-office", "1234").Code, string(threelock.WhyDelay))
	wantEqual(t, "locks were told", s.commands(), nil)
	s.after(15 * time.Minute)
	wantEqual(t, "phase", s.safe().Phase, threelock.Reconfirming)
	wantEqual(t, "missing", len(s.safe().Missing), 3)
	s.enter("p-engineer")
	wantEqual(t, "somebody else", s.party("p-engineer", "1234").Code, string(threelock.WhyNotOneOfThem))
	s.show(three...)
	wantEqual(t, "locks were told", s.commands(), []threelock.Command{threelock.AskChallenge})
}

func TestClosingIsConfirmed(t *testing.T) {
	s := newSiteOf(t, carefulRoom())
	s.closed()
	s.show("p-manager", "p-archivist")
	wantEqual(t, "missing", s.safe().Missing[0].Party, threelock.GeneralOffice)
	s.show("p-office")
	wantEqual(t, "end", s.safe().EndCode, threelock.WhyClosed)
	s.after(time.Hour)
	wantEqual(t, "alerts", s.raised(), nil)
}

// A safe that is shut but not confirmed is said to be so, by party; the next opening is not in its way.
func TestClosingIsNotConfirmed(t *testing.T) {
	s := newSiteOf(t, carefulRoom())
	s.closed()
	s.show("p-archivist")
	s.after(2 * time.Minute)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.SafeUnconfirmed})
	wantEqual(t, "text", s.notices[0].Text.EN, "the safe is shut and locked, but not confirmed by: general office, general manager (or chief engineer).")
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
}

// The door opened again before everybody confirmed is no part of the opening (SAF-4).
func TestOpenedAgainBeforeConfirmed(t *testing.T) {
	s := newSiteOf(t, carefulRoom())
	s.closed()
	s.lock("lock-1", fact.BoltLocked, fact.InputActive)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.SafeNoSession})
}

// SAF-1: outside its hours a safe has no openings, and nobody counts who came too late.
func TestHours(t *testing.T) {
	of := secrecyRoom()
	safe := of.Safes["main-safe"]
	safe.Hours = []custody.Hours{{Days: []time.Weekday{time.Monday}, From: 8 * time.Hour, Until: 18 * time.Hour}}
	of.Safes["main-safe"] = safe
	s := newSiteOf(t, of) // Monday, nine o'clock
	s.enter(three...)
	s.after(8*time.Hour + 59*time.Minute + 30*time.Second)
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	s.show("p-archivist")
	s.after(30 * time.Second)
	wantEqual(t, "at six", s.party("p-office", "1234").Code, string(threelock.WhyOutOfHours))
	s.after(time.Hour)
	wantEqual(t, "at seven", s.act("desk", custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Code, "out-of-hours")
	s.after(24 * time.Hour)
	wantEqual(t, "on Tuesday", s.act("desk", custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Code, "out-of-hours")
}

// A time lock keeps everybody out until then, and nobody makes it shorter.
func TestTimeLock(t *testing.T) {
	s := newSite(t)
	until := s.now.Wall.Add(10 * time.Hour)
	lock := func(to time.Time) string { return s.act("desk", custody.LockUntil{Safe: "main-safe", Until: to}).Code }
	wantEqual(t, "set", lock(until), "")
	for code, to := range map[string]time.Time{"only-longer": until.Add(-time.Hour), "bad-period": s.now.Wall} {
		wantEqual(t, "set to "+to.String(), lock(to), code)
	}
	wantEqual(t, "a year", lock(until.AddDate(1, 0, 0)), "bad-period")
	s.enter(three...)
	s.after(10*time.Hour - time.Second)
	wantEqual(t, "before", s.act("desk", custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Code, "time-locked")
	s.after(time.Second)
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	wantEqual(t, "in an opening", lock(until.Add(time.Hour)), "opening-under-way")
}

// SAF-1: a delegate stands for the holder between the dates, unless the delegate is a party too.
func TestDelegation(t *testing.T) {
	s := newSite(t)
	from, until := s.now.Wall.Add(time.Hour), s.now.Wall.Add(48*time.Hour)
	delegate := func(by string, post custody.Post, to custody.PersonID) custody.Outcome {
		return s.act(by, custody.Delegate{Post: post, To: to, From: from, Until: until})
	}
	for code, o := range map[string]custody.Outcome{
		"not-your-post":             delegate("p-office", custody.GeneralManager, "p-reader"),
		"unknown-person":            delegate("p-manager", custody.GeneralManager, "p-nobody"),
		"to-oneself":                delegate("p-manager", custody.GeneralManager, "p-manager"),
		"delegate-is-another-party": delegate("p-manager", custody.GeneralManager, "p-archivist"),
		"bad-period":                s.act("p-manager", custody.Delegate{Post: custody.GeneralManager, To: "p-reader", From: from, Until: from.AddDate(0, 2, 0)}),
	} {
		wantEqual(t, "delegation", o.Code, code)
	}
	id := delegate("p-manager", custody.GeneralManager, "p-reader").Subject
	s.enter("p-archivist", "p-office", "p-reader")
	try := func() string {
		s.act("desk", custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
		o := s.party("p-reader", "1234")
		s.act("desk", custody.CancelOpening{Safe: "main-safe"})
		return o.Code
	}
	wantEqual(t, "before its time", try(), "no-party-post")
	s.after(2 * time.Hour)
	wantEqual(t, "in its time", try(), "")
	wantEqual(t, "ended by a stranger", s.act("p-office", custody.EndDelegation{Delegation: custody.DelegationID(id)}).Code, "not-your-post")
	wantEqual(t, "ended", s.act("p-manager", custody.EndDelegation{Delegation: custody.DelegationID(id)}).Code, "")
	wantEqual(t, "after its end", try(), "no-party-post")
	delegate("p-manager", custody.GeneralManager, "p-reader")
	s.after(47 * time.Hour)
	wantEqual(t, "after its time", try(), "no-party-post")
}

// A delegate who becomes a party meanwhile is one, and no delegate.
func TestDelegateWhoBecomesAParty(t *testing.T) {
	s := newSite(t)
	s.act("p-manager", custody.Delegate{Post: custody.GeneralManager, To: "p-reader", From: s.now.Wall, Until: s.now.Wall.Add(time.Hour)})
	s.must(custody.RegisterPerson{Person: person("p-reader", "职员戊", custody.Secret, custody.Staff, custody.GeneralOffice)})
	s.enter("p-archivist", "p-office", "p-reader")
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	s.show("p-archivist", "p-office")
	wantEqual(t, "as delegate", s.party("p-reader", "1234").Code, string(threelock.WhyDelegate))
	wantEqual(t, "locks were told", s.commands(), nil)
}

// The PIN of somebody who is being made to enter it works like the other; security alone is told.
func TestDuress(t *testing.T) {
	s := newSite(t)
	p := person("p-manager", "总经理丙", custody.TopSecret, custody.GeneralManager, custody.SupervisingLeader)
	p.DuressPIN = p.PIN
	wantEqual(t, "the same PIN twice", s.act("desk", custody.RegisterPerson{Person: p}).Code, "same-pin")
	p.DuressPIN = custody.Fingerprint(secrecyRoom().PINKey, "p-manager", "4321")
	s.must(custody.RegisterPerson{Person: p})
	s.enter(three...)
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	s.show("p-archivist", "p-office")
	s.forget()
	normal := newSite(t)
	normal.enter(three...)
	normal.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	normal.show("p-archivist", "p-office")
	normal.forget()
	wantEqual(t, "outcome", s.party("p-manager", "4321"), normal.party("p-manager", "1234"))
	wantEqual(t, "what the reader shows", len(s.effects), len(normal.effects))
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.Duress})
	if kind, _ := alerts.KindOf(alerts.Duress); !kind.Silent {
		t.Error("the alert shows itself")
	}
}

// Each lock-out without a right PIN in between is twice as long, up to the longest.
func TestLockOutsRise(t *testing.T) {
	of := secrecyRoom()
	of.Policy.LockoutLongest = 30 * time.Minute
	s := newSiteOf(t, of)
	s.enter("p-archivist")
	tries := func() (codes []string) {
		for range 5 {
			s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
			codes = append(codes, s.party("p-archivist", "0000").Code)
			s.must(custody.CancelOpening{Safe: "main-safe"})
		}
		return codes
	}
	refused := func() bool {
		s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
		defer s.must(custody.CancelOpening{Safe: "main-safe"})
		return s.badge("badge-safe", "p-archivist").Code == "locked-out"
	}
	for _, length := range []time.Duration{10 * time.Minute, 20 * time.Minute, 30 * time.Minute, 30 * time.Minute} {
		if codes := tries(); slices.Contains(codes, "locked-out") {
			t.Fatalf("locked out early: %v", codes)
		}
		s.after(length - time.Second)
		wantEqual(t, "just before "+length.String(), refused(), true)
		s.after(2 * time.Second)
		wantEqual(t, "just after "+length.String(), refused(), false)
	}
	wantEqual(t, "alerts", len(s.notices) >= 4, true)
}

// SAF-4: a safe opened by its sealed key, or by force, asks two persons for the reason and for
// a full inventory, and its alert is closed by neither of them and not before that.
func TestEmergencyOpening(t *testing.T) {
	s := newSite(t)
	s.register("JM-2026-0004", custody.TopSecret, "E20000000000000000000004", "safe-1")
	s.bolts(fact.BoltUnlocked, fact.InputActive)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.SafeNoSession})
	cases := s.state.Overview(s.now.Wall).Cases
	if len(cases) != 1 || cases[0].Safe != "main-safe" || len(cases[0].Needs) != 2 {
		t.Fatalf("cases: %+v", cases)
	}
	id, alert := cases[0].ID, s.notices[0].Alert
	code := func(by string, a custody.Act) string { return s.act(by, a).Code }
	wantEqual(t, "counted while open", code("p-archivist", custody.CountCase{Case: id}), "safe-not-locked")
	s.bolts(fact.BoltLocked, fact.InputInactive)
	for name, tc := range map[string]struct {
		by   string
		act  custody.Act
		code string
	}{
		"an unknown case":         {"p-office", custody.StateCase{Case: "C-9", Other: "p-manager", Reason: "fire"}, "no-such-case"},
		"stated by a desk":        {"desk", custody.StateCase{Case: id, Other: "p-manager", Reason: "fire"}, "not-a-person"},
		"alone":                   {"p-office", custody.StateCase{Case: id, Other: "p-office", Reason: "fire"}, "two-persons"},
		"no reason":               {"p-office", custody.StateCase{Case: id, Other: "p-manager", Reason: " "}, "no-reason"},
		"confirmed before stated": {"p-manager", custody.ConfirmCase{Case: id}, "nothing-to-confirm"},
		"closed with nothing":     {"p-reader", custody.CloseCase{Case: id, Finding: "x"}, "case-incomplete"},
		"the alert closed":        {"p-reader", custody.CloseAlert{Alert: alert, Disposition: alerts.TrueAlert}, "case-open"},
		"not all explained":       {"p-archivist", custody.CountCase{Case: id}, "unexplained"},
	} {
		wantEqual(t, name, code(tc.by, tc.act), tc.code)
	}
	s.feed(presence.NotReadable{Place: "safe-1", Reader: "reader-a"})
	explained := custody.CountCase{Case: id, Why: map[custody.DocumentID]string{"JM-2026-0004": "with the fire brigade"}}
	wantEqual(t, "counted without a reader", code("p-archivist", explained), "not-readable")
	s.feed(presence.ReadableAgain{Place: "safe-1"})
	wantEqual(t, "stated", code("p-office", custody.StateCase{Case: id, Other: "p-manager", Reason: "fire"}), "")
	wantEqual(t, "confirmed by somebody else", code("p-reader", custody.ConfirmCase{Case: id}), "nothing-to-confirm")
	wantEqual(t, "confirmed", code("p-manager", custody.ConfirmCase{Case: id}), "")
	wantEqual(t, "stated again", code("p-office", custody.StateCase{Case: id, Other: "p-reader", Reason: "no fire"}), "confirmed-already")
	wantEqual(t, "counted", code("p-archivist", explained), "")
	wantEqual(t, "closed by one of the two", code("p-manager", custody.CloseCase{Case: id, Finding: "x"}), "not-yours-to-close")
	wantEqual(t, "closed", code("p-reader", custody.CloseCase{Case: id, Finding: "fire in the archive"}), "")
	wantEqual(t, "the alert", code("p-reader", custody.CloseAlert{Alert: alert, Disposition: alerts.TrueAlert}), "")
	wantEqual(t, "cases", len(s.state.Overview(s.now.Wall).Cases), 0)
	s.bolts(fact.BoltUnlocked, fact.InputActive)
	wantEqual(t, "the next one", s.state.Overview(s.now.Wall).Cases[0].ID, custody.CaseID("C-000002"))
}

// A daemon that was held up finds the third party's badge and the end of the window at once:
// the badge is late, whatever comes first.
func TestLateIsLate(t *testing.T) {
	for name, late := range map[string]func(*site) custody.Outcome{
		"third party": func(s *site) custody.Outcome { return s.party("p-manager", "1234") },
		"PIN only":    func(s *site) custody.Outcome { return s.feed(fact.PINEntered{Reader: "badge-safe", Digits: "1234"}) },
		"challenge": func(s *site) custody.Outcome {
			return s.feed(fact.LockChallenge{Lock: "lock-3", Session: s.safe().Session, Challenge: []byte("x")})
		},
	} {
		s := newSite(t)
		s.enter(three...)
		id := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
		s.show("p-archivist", "p-office")
		switch name {
		case "PIN only":
			s.advance(50 * time.Second)
			s.badge("badge-safe", "p-manager")
			s.advance(15 * time.Second)
		case "challenge":
			s.show("p-manager")
			for _, lock := range []fact.DeviceID{"lock-1", "lock-2"} {
				s.feed(fact.LockChallenge{Lock: lock, Session: id, Challenge: []byte("x")})
			}
			s.advance(time.Minute)
		default:
			s.advance(61 * time.Second)
		}
		late(s)
		if s.safe().Phase != threelock.Ended || slices.Contains(s.commands(), threelock.Authorise) {
			t.Errorf("%s: phase %s, locks were told %v", name, s.safe().Phase, s.commands())
		}
	}
}

// A door that opens while a lock's report is on its way belongs to the opening, with all that
// follows: it is recorded, and shut and confirmed like any other. Somebody is told to look.
func TestDoorBeforeTheLastReport(t *testing.T) {
	s := newSite(t)
	s.enter(three...)
	id := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
	s.show(three...)
	for _, lock := range []fact.DeviceID{"lock-1", "lock-2", "lock-3"} {
		s.feed(fact.LockChallenge{Lock: lock, Session: id, Challenge: []byte(lock)})
	}
	for _, lock := range []fact.DeviceID{"lock-1", "lock-2"} {
		s.feed(fact.LockResult{Lock: lock, Session: id, Accepted: true})
		s.lock(lock, fact.BoltUnlocked, fact.InputInactive)
	}
	s.lock("lock-1", fact.BoltUnlocked, fact.InputActive)
	wantEqual(t, "phase", s.safe().Phase, threelock.Open)
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.SafeNoSession})
	wantEqual(t, "cases", len(s.state.Overview(s.now.Wall).Cases), 0)
	s.feed(fact.LockResult{Lock: "lock-3", Session: id, Accepted: true})
	s.lock("lock-1", fact.BoltUnlocked, fact.InputInactive)
	s.bolts(fact.BoltLocked, fact.InputInactive)
	wantEqual(t, "end", s.safe().EndCode, threelock.WhyClosed)
	wantEqual(t, "ended by fact", s.notices[len(s.notices)-1].Reason, alerts.ReasonEnded)
}

// A lock that refuses behind an open door was overcome.
func TestRefusalBehindAnOpenDoor(t *testing.T) {
	s := newSite(t)
	s.enter(three...)
	id := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
	s.show(three...)
	for _, lock := range []fact.DeviceID{"lock-1", "lock-2", "lock-3"} {
		s.feed(fact.LockChallenge{Lock: lock, Session: id, Challenge: []byte(lock)})
	}
	s.lock("lock-1", fact.BoltUnlocked, fact.InputActive)
	s.feed(fact.LockResult{Lock: "lock-3", Session: id, Code: "stale-counter"})
	wantEqual(t, "cases", len(s.state.Overview(s.now.Wall).Cases), 1)
}

// Until the door is open, one who goes out takes the opening along (SAF-1).
func TestPartyThatLeavesAfterThePIN(t *testing.T) {
	s := newSite(t)
	s.enter(three...)
	id := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
	s.show(three...)
	s.answerAll(id)
	wantEqual(t, "phase", s.safe().Phase, threelock.Unlocked)
	s.badge("badge-out", "p-office")
	s.contact(true)
	s.contact(false)
	wantEqual(t, "end", s.safe().EndCode, threelock.WhyPartyLeft)
	wantEqual(t, "locks were told", s.commands(), []threelock.Command{threelock.AskChallenge, threelock.Authorise, threelock.Relock})
}

// A bolt that is on its way back after a failed opening is no alarm, also when the next
// opening is stated meanwhile; one that does not come back is.
func TestStatedWhileABoltIsOnItsWay(t *testing.T) {
	s := newSite(t)
	s.enter(three...)
	id := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
	s.show(three...)
	for _, lock := range []fact.DeviceID{"lock-1", "lock-2", "lock-3"} {
		s.feed(fact.LockChallenge{Lock: lock, Session: id, Challenge: []byte(lock)})
	}
	s.feed(fact.LockResult{Lock: "lock-1", Session: id, Accepted: true})
	s.lock("lock-1", fact.BoltUnlocked, fact.InputInactive)
	s.feed(fact.LockResult{Lock: "lock-2", Session: id, Code: "stale-counter"})
	s.after(200 * time.Millisecond)
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	s.feed(fact.LockState{Lock: "lock-3", Bolt: fact.BoltLocked, Door: fact.InputInactive, Tamper: true, BatteryPercent: -1})
	wantEqual(t, "alerts", slices.Contains(s.raised(), alerts.SafeNoSession), false)
	s.after(6 * time.Second)
	s.feed(fact.LockState{Lock: "lock-3", Bolt: fact.BoltLocked, Door: fact.InputInactive, BatteryPercent: -1})
	wantEqual(t, "alerts", slices.Contains(s.raised(), alerts.SafeNoSession), true)
}
