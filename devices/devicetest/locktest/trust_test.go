package locktest_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"trilock/custody/fact"
	"trilock/devices/devicetest/brokertest"
	"trilock/devices/devicetest/locktest"
	"trilock/devices/lock"
	"trilock/devices/pki"
	"trilock/firmware-protocols/lockwire"
)

const (
	consoleName   = "trilock.example"
	consoleOrigin = "https://trilock.example:8443"
)

// crew are three persons with keys of their own: the archivist signs with a key at hand,
// the others with security keys at the console.
type crew struct {
	archivist lockwire.Signer
	tokens    map[fact.PersonID]*locktest.Token
}

func newCrew(s *site) crew {
	s.T.Helper()
	key := func(name string, algorithm pki.Algorithm) *locktest.Token {
		signer, err := pki.NewSigningKey(filepath.Join(s.Dir, name+".person"), algorithm)
		if err != nil {
			s.T.Fatal(err)
		}
		return &locktest.Token{Key: signer, RelyingParty: consoleName, Origin: consoleOrigin}
	}
	archivist, err := lockwire.NewSigner(key("P-0001", pki.ES256).Key)
	if err != nil {
		s.T.Fatal(err)
	}
	return crew{archivist, map[fact.PersonID]*locktest.Token{"P-0002": key("P-0002", pki.ES256), "P-0003": key("P-0003", pki.EdDSA)}}
}

// list is the trust list of a version in which every party uses keys of its own.
func (c crew) list(s *site, version uint32) lockwire.Trust {
	s.T.Helper()
	trust := lockwire.ControllerTrust(safeName, s.signer(daemonName).Key())
	trust.Version, trust.RelyingParty = version, lockwire.NewRelyingParty(consoleName, consoleOrigin)
	trust.Parties[lockwire.Archivist] = lockwire.PartyTrust{Form: lockwire.ByPartyKey, Keys: map[string]lockwire.Key{"P-0001": c.archivist.Key()}}
	for party, person := range map[lockwire.Party]fact.PersonID{lockwire.GeneralOffice: "P-0002", lockwire.Management: "P-0003"} {
		signer, err := lockwire.NewSigner(c.tokens[person].Key)
		if err != nil {
			s.T.Fatal(err)
		}
		trust.Parties[party] = lockwire.PartyTrust{Form: lockwire.ByWebAuthn, Keys: map[string]lockwire.Key{string(person): signer.Key()}}
	}
	return trust
}

// approve has all three persons approve a request with their own keys.
func (c crew) approve(t *testing.T, request lockwire.Request) []lock.Approver {
	t.Helper()
	parties := threeParties()
	for i := range parties {
		p := &parties[i]
		token, webauthn := c.tokens[p.Person]
		if !webauthn {
			a, err := lockwire.Approve(c.archivist, request.Digest(), p.Party, string(p.Person), lockwire.ByPartyKey)
			if err != nil {
				t.Fatal(err)
			}
			p.Signature = a.Signature
			continue
		}
		assertion, err := token.Assert(lockwire.AssertionChallenge(request.Digest(), p.Party, string(p.Person)))
		if err != nil {
			t.Fatal(err)
		}
		p.Assertion = &assertion
	}
	return parties
}

// propose hands a list to locks and returns their challenges.
func (r *rig) propose(session string, trust lockwire.Trust, locks ...fact.DeviceID) [][]byte {
	r.T.Helper()
	from := r.facts.Mark()
	if err := r.driver.ProposeTrust(r.T.Context(), safeName, session, trust, locks); err != nil {
		r.T.Fatal(err)
	}
	var raw [][]byte
	for _, id := range locks {
		raw = append(raw, r.facts.Await(r.T, from, "challenge for a list", func(f fact.Fact) bool {
			c, ok := f.(fact.LockChallenge)
			return ok && c.Lock == id && c.Session == session
		}).(fact.LockChallenge).Challenge)
	}
	return raw
}

func (r *rig) change(c lock.TrustChange) (from int) {
	r.T.Helper()
	from = r.facts.Mark()
	if err := r.driver.ChangeTrust(r.T.Context(), c); err != nil {
		r.T.Fatal(err)
	}
	return from
}

// adopted matches the State by which a lock says that a list is in force.
func adopted(trust lockwire.Trust) func(fact.DeviceID, fact.Fact) bool {
	name := fmt.Sprintf("%d:%x", trust.Version, trust.Digest())
	return func(id fact.DeviceID, f fact.Fact) bool {
		s, ok := f.(fact.LockState)
		return ok && s.Lock == id && s.Trust == name
	}
}

// openByKeys opens the safe with the three persons' own keys.
func (r *rig) openByKeys(session string, c crew) {
	r.T.Helper()
	a := lock.Authorisation{Safe: safeName, Session: session, Purpose: "清点", Challenges: r.challenge(session)}
	request, err := r.driver.Request(a)
	if err != nil {
		r.T.Fatal(err)
	}
	a.Parties = c.approve(r.T, request)
	from := r.facts.Mark()
	if err := r.driver.Authorise(r.T.Context(), a); err != nil {
		r.T.Fatal(err)
	}
	r.facts.each(r.T, from, "accepted", result(session, true, ""))
	r.facts.each(r.T, from, "unlocked", bolt(fact.BoltUnlocked, lockwire.ReasonUnlocked))
	if err := r.driver.Relock(r.T.Context(), safeName, session, "test"); err != nil {
		r.T.Fatal(err)
	}
	r.facts.each(r.T, from, "relocked", bolt(fact.BoltLocked, lockwire.ReasonRelockedCommand))
}

// From the controller's word to the persons' own keys, and never back: over the wire, by
// three parties, in all three locks, for good.
func TestTrustChange(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		r, c := newRig(t, s), newCrew(s)
		list := c.list(s, 2)
		from := r.change(lock.TrustChange{Safe: safeName, Session: "T-two", Purpose: "启用个人密钥", Trust: list, Challenges: r.propose("T-two", list, deviceIDs...), Parties: threeParties()[:2]})
		r.facts.each(t, from, "two parties", result("T-two", false, lockwire.CodeMissingApproval))
		from = r.change(lock.TrustChange{Safe: safeName, Session: "T-1", Purpose: "启用个人密钥", Trust: list, Challenges: r.propose("T-1", list, deviceIDs...), Parties: threeParties()})
		r.facts.each(t, from, "accepted", result("T-1", true, ""))
		r.facts.each(t, from, "in force", adopted(list))

		from = r.authorise("S-old", r.challenge("S-old"), threeParties())
		r.facts.each(t, from, "the daemon alone", result("S-old", false, lockwire.CodeWrongForm))
		r.allLocked()
		r.openByKeys("S-1", c)

		from = r.facts.Mark()
		for _, l := range r.locks {
			if err := l.PowerCycle(); err != nil {
				t.Fatal(err)
			}
		}
		r.facts.each(t, from, "gone", unknown)
		r.facts.each(t, from, "after the power went", adopted(list))
		r.facts.each(t, from, "up", report(fact.DeviceUp, ""))
		from = r.facts.Mark()
		if err := r.driver.ProposeTrust(t.Context(), safeName, "T-back", lockwire.ControllerTrust(safeName, s.signer(daemonName).Key()), deviceIDs); err != nil {
			t.Fatal(err)
		}
		r.facts.each(t, from, "the first list again", result("T-back", false, lockwire.CodeStaleTrust))
		weaker := lockwire.ControllerTrust(safeName, s.signer(daemonName).Key())
		weaker.Version = 3
		from = r.change(lock.TrustChange{Safe: safeName, Session: "T-weak", Purpose: "x", Trust: weaker, Challenges: r.propose("T-weak", weaker, deviceIDs...), Parties: threeParties()})
		r.facts.each(t, from, "the daemon alone takes the keys away", result("T-weak", false, lockwire.CodeWrongForm))
		r.openByKeys("S-2", c)
	})
}

// The power of one lock goes while it stores the list: it has the old list or the new
// one, says which, and takes the new one alone.
func TestPowerCutWhileStoring(t *testing.T) {
	s := newSite(t, brokertest.BuiltIn)
	r, c := newRig(t, s), newCrew(s)
	version := uint32(1)
	for _, cut := range []int{0, 1000, 1900, 2200} { // erasing, still erasing, writing the list, behind it
		version++
		trust := c.list(s, version)
		session := fmt.Sprintf("T-%d", version)
		request := lock.TrustChange{Safe: safeName, Session: session, Purpose: "x", Trust: trust, Challenges: r.propose(session, trust, deviceIDs...)}
		r.locks[1].CutPowerWhileStoring(cut)
		from := r.change(r.approvedBy(c, request))
		for _, id := range []fact.DeviceID{"lock-a", "lock-c"} {
			r.facts.Await(t, from, "in force", func(f fact.Fact) bool { return adopted(trust)(id, f) })
		}
		r.facts.Await(t, from, "the power went", func(f fact.Fact) bool { return unknown("lock-b", f) })
		r.facts.Await(t, from, "back", func(f fact.Fact) bool { return report(fact.DeviceUp, "")("lock-b", f) })
		if has, _ := r.locks[1].TrustInForce(); has == version {
			continue // the digest was written already
		} else if has != version-1 {
			t.Fatalf("cut after %d bytes: lock-b has list %d", cut, has)
		}
		alone := lock.TrustChange{Safe: safeName, Session: session + "-b", Purpose: "x", Trust: trust, Challenges: r.propose(session+"-b", trust, "lock-b")}
		from = r.change(r.approvedBy(c, alone))
		r.facts.Await(t, from, "caught up", func(f fact.Fact) bool { return adopted(trust)("lock-b", f) })
	}
	r.openByKeys("S-1", c)
}

// approvedBy has a change approved as the list in force of lock-b demands: the locks of
// this test differ for a moment, and the first list knows no keys.
func (r *rig) approvedBy(c crew, change lock.TrustChange) lock.TrustChange {
	r.T.Helper()
	if has, _ := r.locks[1].TrustInForce(); has == 1 {
		change.Parties = threeParties()
		return change
	}
	request, err := r.driver.TrustRequest(change)
	if err != nil {
		r.T.Fatal(err)
	}
	change.Parties = c.approve(r.T, request)
	return change
}

// A list with another controller key: the locks obey that one, and no longer the old one.
func TestControllerKeyChange(t *testing.T) {
	s := newSite(t, brokertest.BuiltIn)
	r := newRig(t, s)
	trust := lockwire.ControllerTrust(safeName, s.signer("intruder").Key()) // a spare key of the site
	trust.Version = 2
	from := r.change(lock.TrustChange{Safe: safeName, Session: "T-1", Purpose: "更换控制器密钥", Trust: trust, Challenges: r.propose("T-1", trust, deviceIDs...), Parties: threeParties()})
	r.facts.each(t, from, "in force", adopted(trust))
	if err := r.driver.Challenge(t.Context(), safeName, "S-1", deviceIDs); err != nil {
		t.Fatal(err)
	}
	r.facts.each(t, from, "the old key", func(id fact.DeviceID, f fact.Fact) bool {
		refused, ok := f.(fact.LockRefusal)
		return ok && refused.Lock == id && refused.ByLock && refused.Code == string(lockwire.CodeBadSignature)
	})
	r.halt()
	r.driver = s.driver(func(set *lock.Settings) { set.ControllerKey = s.keys["intruder"] })
	from = r.facts.Mark()
	r.halt = s.Run(func(ctx context.Context) error { return r.driver.Run(ctx, r.facts) })
	r.facts.each(t, from, "up", report(fact.DeviceUp, ""))
	r.open("S-2")
}

// What no lock would take is not even sent, and what one lock would not take, it says.
func TestTrustChangesRefused(t *testing.T) {
	s := newSite(t, brokertest.BuiltIn)
	r, c := newRig(t, s), newCrew(s)
	bad := c.list(s, 2)
	bad.Parties[lockwire.Archivist] = lockwire.PartyTrust{Form: lockwire.ByPartyKey}
	good := c.list(s, 2)
	challenges := r.propose("T-1", good, deviceIDs...)
	for name, err := range map[string]error{
		"a list without keys":    r.driver.ProposeTrust(t.Context(), safeName, "T-2", bad, deviceIDs),
		"no lock":                r.driver.ProposeTrust(t.Context(), safeName, "T-2", good, nil),
		"another safe":           r.driver.ProposeTrust(t.Context(), "safe-2", "T-2", good, deviceIDs),
		"no session":             r.driver.ProposeTrust(t.Context(), safeName, "", good, deviceIDs),
		"change without keys":    r.driver.ChangeTrust(t.Context(), lock.TrustChange{Safe: safeName, Session: "T-1", Purpose: "x", Trust: bad, Challenges: challenges, Parties: threeParties()}),
		"change of no session":   r.driver.ChangeTrust(t.Context(), lock.TrustChange{Safe: safeName, Purpose: "x", Trust: good, Challenges: challenges, Parties: threeParties()}),
		"an opening's challenge": r.driver.ChangeTrust(t.Context(), lock.TrustChange{Safe: safeName, Session: "S-1", Purpose: "x", Trust: good, Challenges: r.challenge("S-1"), Parties: threeParties()}),
		"a long assertion": r.driver.ChangeTrust(t.Context(), lock.TrustChange{Safe: safeName, Session: "T-1", Purpose: "x", Trust: good, Challenges: challenges,
			Parties: []lock.Approver{{Party: lockwire.Archivist, Person: "P-0001", Assertion: &lockwire.Assertion{}}}}),
	} {
		if err == nil {
			t.Errorf("%s: sent", name)
		}
	}
	other := c.list(s, 9)
	from := r.change(lock.TrustChange{Safe: safeName, Session: "T-3", Purpose: "x", Trust: other, Challenges: r.propose("T-3", good, deviceIDs...), Parties: threeParties()})
	r.facts.each(t, from, "another list than proposed", result("T-3", false, lockwire.CodeWrongList))
	for _, l := range r.locks {
		if version, _ := l.TrustInForce(); version != 1 {
			t.Errorf("a lock has list %d", version)
		}
	}
}
