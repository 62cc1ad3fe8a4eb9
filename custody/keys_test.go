package custody_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

var threeLocks = []fact.DeviceID{"lock-1", "lock-2", "lock-3"}

// trusts has locks say which list of keys they have.
func (s *site) trusts(name string, locks ...fact.DeviceID) {
	s.t.Helper()
	for _, id := range locks {
		s.feed(fact.LockState{Lock: id, Bolt: fact.BoltLocked, Door: fact.InputInactive, BatteryPercent: -1, Motor: fact.MotorReady, Trust: name})
	}
}

func enrolment(p custody.PersonID) custody.EnrolKey {
	return custody.EnrolKey{Credential: []byte("credential of " + p), Public: []byte("key of " + p)}
}

// newKeySite is a site whose locks have a first list, and whose three have enrolled keys.
func newKeySite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.trusts("1:aa", threeLocks...)
	s.enter(three...)
	for _, p := range three {
		if o := s.act(string(p), enrolment(p)); !o.OK {
			t.Fatalf("%s: %+v", p, o)
		}
	}
	s.forget()
	return s
}

var partyOf = map[custody.PersonID]threelock.Party{"p-archivist": threelock.Archivist, "p-office": threelock.GeneralOffice, "p-manager": threelock.Management}

// list is a list of a version, with the keys of the three.
func list(version uint32) custody.KeyList {
	l := custody.KeyList{Version: version, Encoded: []byte(fmt.Sprintf("list %d", version)), Own: true}
	for _, p := range three {
		key := custody.PersonKey{Person: p, Public: enrolment(p).Public}
		l.Keys = append(l.Keys, custody.ListedKey{Party: partyOf[p], Person: p, Print: key.Print()})
	}
	return l
}

// show3 has the three show themselves, and the locks send their challenges.
func (s *site) gatherKeys(session string, locks ...fact.DeviceID) {
	s.t.Helper()
	for _, p := range three {
		s.show(p)
	}
	for _, id := range locks {
		s.feed(fact.LockChallenge{Lock: id, Session: session, Challenge: []byte(id)})
	}
}

func assertion(p custody.PersonID) threelock.Assertion {
	return threelock.Assertion{AuthenticatorData: []byte("data"), ClientData: []byte("client of " + p), Signature: []byte("signature")}
}

func (s *site) sign(p custody.PersonID) custody.Outcome {
	s.t.Helper()
	return s.act("desk", custody.ApproveOpening{Safe: "main-safe", Person: p, Assertion: assertion(p)})
}

// changed brings a list to locks and returns the record of it.
func (s *site) bring(l custody.KeyList, own bool, locks ...fact.DeviceID) {
	s.t.Helper()
	o := s.act("p-archivist", custody.ChangeKeys{Safe: "main-safe", List: l, Locks: locks})
	if !o.OK {
		s.t.Fatalf("refused: %+v", o)
	}
	if len(locks) == 0 {
		locks = threeLocks
	}
	s.gatherKeys(o.Subject, locks...)
	if own {
		for _, p := range three {
			if o := s.sign(p); !o.OK {
				s.t.Fatalf("%s: %+v", p, o)
			}
		}
	}
	for _, id := range locks {
		s.feed(fact.LockResult{Lock: id, Session: o.Subject, Accepted: true})
		s.trusts(l.Name(), id)
	}
}

func (s *site) keysChanged() (all []custody.KeysChanged) {
	for _, e := range s.entries {
		if ev, is := e.Event.(*custody.KeysChanged); is {
			all = append(all, *ev)
		}
	}
	return all
}

// DEV-1: a list that three parties approved is recorded with who signed and which locks took
// it, and is no alert; from then on their own keys are demanded.
func TestKeyChange(t *testing.T) {
	s := newKeySite(t)
	s.bring(list(2), false)
	wantEqual(t, "phase", s.safe().Phase, threelock.Ended)
	wantEqual(t, "end", s.safe().EndCode, threelock.WhyKeysChanged)
	done := s.keysChanged()
	if len(done) != 1 || done[0].Version != 2 || len(done[0].By) != 3 || done[0].By[0].Own || !slices.Equal(done[0].Took, threeLocks) || len(done[0].Missed) != 0 {
		t.Fatalf("recorded: %+v", done)
	}
	s.after(time.Minute)
	wantEqual(t, "alerts", s.raised(), nil)

	s.bring(list(3), true)
	if done = s.keysChanged(); len(done) != 2 || !done[1].By[2].Own {
		t.Errorf("recorded: %+v", done)
	}
	wantEqual(t, "alerts", s.raised(), nil)
	s.after(time.Minute)
	s.trusts("4:bb", threeLocks...)
	wantEqual(t, "a list that nobody approved", s.raised(), []alerts.Code{alerts.LockRekeyed, alerts.LockKeysDiffer, alerts.LockRekeyed, alerts.LockRekeyed})
	wantEqual(t, "they agree again", s.ended()[len(s.ended())-1], alerts.LockKeysDiffer)
}

// A list that was proposed and not approved covers nothing.
func TestProposedListIsNoExcuse(t *testing.T) {
	s := newKeySite(t)
	if o := s.act("p-archivist", custody.ChangeKeys{Safe: "main-safe", List: list(2)}); !o.OK {
		t.Fatal(o)
	}
	s.trusts(list(2).Name(), threeLocks...)
	wantEqual(t, "alerts", s.raised()[0], alerts.LockRekeyed)
}

// A lock that missed the list is named until it has it, alone.
func TestLockThatMissedTheList(t *testing.T) {
	s := newKeySite(t)
	o := s.act("p-archivist", custody.ChangeKeys{Safe: "main-safe", List: list(2)})
	s.gatherKeys(o.Subject, threeLocks...)
	for _, id := range threeLocks[:2] {
		s.feed(fact.LockResult{Lock: id, Session: o.Subject, Accepted: true})
		s.trusts(list(2).Name(), id)
	}
	wantEqual(t, "on its way", s.raised(), nil)
	s.after(time.Minute)
	wantEqual(t, "it never came", s.raised(), []alerts.Code{alerts.LockKeysDiffer})
	if done := s.keysChanged(); len(done) != 1 || !slices.Equal(done[0].Missed, threeLocks[2:]) {
		t.Errorf("recorded: %+v", done)
	}
	for _, n := range s.notices {
		if n.Code == alerts.LockKeysDiffer && (!containsBoth(n.Text, "lock-3") || containsBoth(n.Text, "lock-1")) {
			t.Errorf("the alert says %+v", n.Text)
		}
	}
	if missed := s.state.KeyedSafes()[0]; !missed.Differ || missed.Locks[0].Missed || !missed.Locks[2].Missed || missed.Locks[1].Version != 2 {
		t.Errorf("the view of the lists: %+v", missed)
	}
	if present, ok := s.state.ListToBring("main-safe", threeLocks[2:]); !ok || present.Name() != list(2).Name() {
		t.Errorf("to be brought: %+v", present)
	}
	wantEqual(t, "all three at once", s.act("p-archivist", custody.ChangeKeys{Safe: "main-safe", List: list(3)}).Code, "locks-differ")
	s.bring(list(2), false, "lock-3")
	s.after(time.Minute)
	wantEqual(t, "ended", s.ended(), []alerts.Code{alerts.LockKeysDiffer})
	wantEqual(t, "nothing else", s.raised(), []alerts.Code{alerts.LockKeysDiffer})
}

func containsBoth(text fact.Text, word string) bool {
	return contains(text.ZH, word) && contains(text.EN, word)
}

func contains(text, word string) bool {
	for i := range len(text) - len(word) + 1 {
		if text[i:i+len(word)] == word {
			return true
		}
	}
	return false
}

// An opening under the persons' own keys: no lock is told to open before the three who came
// have signed, each once, and the request goes out once.
func TestOpeningByOwnKeys(t *testing.T) {
	s := newKeySite(t)
	s.bring(list(2), false)
	s.after(time.Minute)
	s.forget()
	session := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
	wantEqual(t, "too early", s.sign("p-archivist").Code, string(threelock.WhyNotSigning))
	s.gatherKeys(session, threeLocks...)
	wantEqual(t, "phase", s.safe().Phase, threelock.Approving)
	wantEqual(t, "commands", s.commands(), []threelock.Command{threelock.AskChallenge})
	wantEqual(t, "somebody else", s.sign("p-reader").Code, string(threelock.WhyNotOneOfThem))
	for i, p := range three {
		wantEqual(t, "missing", len(s.safe().Missing), 3-i)
		if o := s.sign(p); !o.OK {
			t.Fatalf("%s: %+v", p, o)
		}
		if i < 2 {
			wantEqual(t, "twice", s.sign(p).Code, string(threelock.WhyConfirmed))
		}
	}
	wantEqual(t, "commands", s.commands(), []threelock.Command{threelock.AskChallenge, threelock.Authorise})
	for _, e := range s.effects {
		tell, is := e.(custody.TellLocks)
		if !is || tell.Command != threelock.Authorise {
			continue
		}
		wantEqual(t, "lifetime", tell.Lifetime, custody.MaxUnlockedTime)
		for _, p := range tell.Opening.Present {
			if p.Assertion == nil || string(p.Assertion.ClientData) != "client of "+string(p.Person) {
				t.Errorf("%s's signature: %+v", p.Person, p.Assertion)
			}
		}
	}
}

// Who does not sign in time, leaves, or sees the daemon restart: the opening ends, and the
// locks are told to lock.
func TestSigningEnds(t *testing.T) {
	for why, end := range map[threelock.Why]func(*site){
		threelock.WhyNotSigned: func(s *site) { s.after(custody.SigningTime) },
		threelock.WhyRestarted: func(s *site) { s.feed(custody.Start{Version: "test"}) },
		threelock.WhyCancelled: func(s *site) { s.act("desk", custody.CancelOpening{Safe: "main-safe"}) },
		threelock.WhyPartyLeft: func(s *site) { s.badge("badge-out", "p-office"); s.contact(true); s.contact(false) },
	} {
		s := newKeySite(t)
		s.bring(list(2), false)
		s.after(time.Minute)
		session := s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection}).Subject
		s.gatherKeys(session, threeLocks...)
		s.sign("p-archivist")
		s.forget()
		end(s)
		wantEqual(t, "end", s.safe().EndCode, why)
		wantEqual(t, string(why)+": commands", s.commands(), []threelock.Command{threelock.Relock})
	}
}

// A change of keys accounts for no open door.
func TestDoorForcedDuringAKeyChange(t *testing.T) {
	s := newKeySite(t)
	o := s.act("p-archivist", custody.ChangeKeys{Safe: "main-safe", List: list(2)})
	s.gatherKeys(o.Subject, threeLocks...)
	wantEqual(t, "phase", s.safe().Phase, threelock.Unlocking)
	s.feed(fact.LockState{Lock: "lock-1", Bolt: fact.BoltUnlocked, Door: fact.InputActive, BatteryPercent: -1, Trust: "1:aa"})
	wantEqual(t, "alerts", s.raised(), []alerts.Code{alerts.SafeNoSession})
}

// Who enrols another key signs with the one that the locks have, until they have the new one.
func TestKeyOfTheLocksUntilTheNextList(t *testing.T) {
	s := newKeySite(t)
	s.bring(list(2), false)
	s.after(time.Minute)
	renewed := custody.EnrolKey{Credential: []byte("new"), Public: []byte("new key of p-office")}
	for _, key := range []custody.EnrolKey{{Credential: []byte("lost"), Public: []byte("a key in between")}, renewed} {
		if o := s.act("p-office", key); !o.OK {
			t.Fatal(o)
		}
	}
	signsWith := func() string {
		key, _ := s.state.SigningKey("main-safe", "p-office")
		return string(key.Public)
	}
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	for _, p := range three {
		s.show(p)
	}
	wantEqual(t, "the locks' key", signsWith(), "key of p-office")
	wantEqual(t, "enrolled last", string(s.state.EnrolledKeys()[2].Public), "new key of p-office")
	s.act("desk", custody.CancelOpening{Safe: "main-safe"})
	third := list(3)
	for i := range third.Keys {
		if third.Keys[i].Person == "p-office" {
			third.Keys[i].Print = custody.PersonKey{Public: renewed.Public}.Print()
		}
	}
	s.bring(third, true)
	s.after(time.Minute)
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	for _, p := range three {
		s.show(p)
	}
	wantEqual(t, "the new one", signsWith(), "new key of p-office")
}

func TestRefusedKeys(t *testing.T) {
	s := newKeySite(t)
	refused := func(what string, code string, actor string, a custody.Act) {
		t.Helper()
		o := s.act(actor, a)
		if o.OK || o.Code != code || o.Text.ZH == "" || o.Text.EN == "" {
			t.Errorf("%s: %+v, want %s", what, o, code)
		}
	}
	refused("a machine's key", "not-a-person", "desk", enrolment("desk"))
	refused("another's key", "key-in-use", "p-reader", enrolment("p-office"))
	refused("no key", "bad-key", "p-reader", custody.EnrolKey{Credential: []byte("x")})
	refused("a long name", "bad-key", "p-reader", custody.EnrolKey{Credential: make([]byte, custody.MaxCredential+1), Public: []byte("k")})
	change := func(edit func(*custody.ChangeKeys)) custody.ChangeKeys {
		c := custody.ChangeKeys{Safe: "main-safe", List: list(2)}
		edit(&c)
		return c
	}
	refused("another safe", "unknown-safe", "p-archivist", change(func(c *custody.ChangeKeys) { c.Safe = "x" }))
	refused("by a machine", "not-a-person", "desk", change(func(*custody.ChangeKeys) {}))
	refused("of an old version", "stale-list", "p-archivist", change(func(c *custody.ChangeKeys) { c.List.Version = 1 }))
	refused("another lock", "unknown-lock", "p-archivist", change(func(c *custody.ChangeKeys) { c.Locks = []fact.DeviceID{"lock-9"} }))
	refused("nothing in it", "bad-list", "p-archivist", change(func(c *custody.ChangeKeys) { c.List.Encoded = nil }))
	refused("without a party", "bad-list", "p-archivist", change(func(c *custody.ChangeKeys) { c.List.Keys = c.List.Keys[:2] }))
	refused("with keys that nobody uses", "bad-list", "p-archivist", change(func(c *custody.ChangeKeys) { c.List.Own = false }))
	refused("another key than enrolled", "bad-list", "p-archivist", change(func(c *custody.ChangeKeys) { c.List.Keys[1].Print = "00" }))
	refused("a signature of nothing", "bad-key", "desk", custody.ApproveOpening{Safe: "main-safe", Person: "p-office"})
	s.feed(custody.Start{Version: "test"})
	fresh := newSite(t)
	fresh.act("p-archivist", enrolment("p-archivist"))
	wantEqual(t, "nobody heard of", fresh.act("p-archivist", custody.ChangeKeys{Safe: "main-safe", List: custody.KeyList{Version: 2, Encoded: []byte("x")}}).Code, "lock-not-known")
	s.must(custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	refused("in the middle of an opening", "opening-under-way", "p-archivist", change(func(*custody.ChangeKeys) {}))
}
