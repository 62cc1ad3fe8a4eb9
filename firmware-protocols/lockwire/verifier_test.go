package lockwire

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// judge does what a lock does with a message of its command topic.
func judge(v *Verifier, message []byte, now time.Duration) (Verdict, Code) {
	verdict := v.Judge(message, now)
	return verdict, verdict.Code
}

func TestVerdicts(t *testing.T) {
	reached := map[Code]bool{CodeNotStored: true} // a lock's own memory says so, no message
	for _, c := range verdicts(t) {
		t.Run(c.name, func(t *testing.T) {
			v := sceneVerifier(t, c.trust, c.challenged)
			got, code := judge(v, c.message, c.now)
			if code != c.want || got.Order != c.order {
				t.Fatalf("got %v %q (%s), want %v %q", got.Order, code, got.Detail, c.order, c.want)
			}
			switch got.Order {
			case OrderDraw:
				if got.Session != sceneSession || got.Hold != 60*time.Second {
					t.Fatalf("%+v", got)
				}
			case OrderStore:
				if Digest(sha256.Sum256(v.Staged())) != nextTrust(t, c.trust).Digest() {
					t.Fatalf("%x is to be stored", v.Staged())
				}
			case OrderIssue, OrderIntroduce, OrderReport, OrderThrow, OrderRefuse:
			}
		})
		reached[c.want] = true
	}
	for _, code := range Codes() {
		if !reached[code] {
			t.Errorf("no message of the table reaches %q", code)
		}
	}
}

// The first authorise that quotes the nonce uses it up, refused or not; one that does
// not quote it leaves it alone.
func TestChallengeIsUsedOnce(t *testing.T) {
	for _, c := range verdicts(t) {
		if c.challenged == 0 || c.now != sceneNow {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			good := authoriseCase(t, "", CodeAccepted, nil, controllerApprovals()).message
			v, quoted := sceneVerifier(t, c.trust, c.challenged), false
			var command command
			if e, f := parseEnvelope(c.message); !f.is() && e.signedBy(v.trust.Controller, RoleCommand, sceneLock, v.scratch[:0]) && !command.parse(e.payload, Spoken()).is() && command.kind == KindAuthorise {
				var q request
				mine := (*quote)(nil)
				if !q.parse(command.request).is() {
					mine = q.of(sceneLock)
				}
				quoted = mine != nil && mine.nonce == sceneNonce(0xA0)
			}
			judge(v, c.message, c.now)
			if again, code := judge(v, good, sceneNow); quoted != (code == CodeNoChallenge) && c.order != OrderIssue {
				t.Fatalf("quoted %v; the next authorise: %v %q", quoted, again.Order, code)
			}
		})
	}
}

func TestChallengeRequests(t *testing.T) {
	v := sceneVerifier(t, "controller", ActOpen)
	ask := func(session SessionID, nonce byte, counter uint64, now time.Duration) Challenge {
		t.Helper()
		order := v.Judge(seal(t, "controller", sceneLock, ChallengeRequest{Session: session, Safe: sceneSafe}), now)
		if order.Order != OrderIssue || order.Session != session {
			t.Fatalf("%+v", order)
		}
		return v.Issue(order, sceneNonce(nonce), counter, now)
	}
	if again := ask(sceneSession, 1, 99, sceneNow); again.Nonce != sceneNonce(0xA0) || again.Counter != sceneCounter {
		t.Fatalf("asked twice by one session: %+v; want the same challenge", again)
	}
	if late := ask(sceneSession, 1, 99, sceneIssued+MaxLifetime+1); late.Nonce != sceneNonce(1) || late.Counter != 99 || late.Boot != sceneBoot {
		t.Fatalf("asked again after it expired: %+v; want a new challenge", late)
	}
	other := v.Judge(seal(t, "controller", sceneLock, ChallengeRequest{Session: sceneSession, Safe: "safe-2"}), sceneNow)
	if other.Code != CodeWrongSafe || other.Session != sceneSession {
		t.Fatalf("a lock of safe-1 asked for a challenge for safe-2: %+v", other)
	}
	next := SessionID{9}
	if c := ask(next, 3, 101, sceneNow); c.Session != next || c.Act != ActOpen {
		t.Fatalf("another session: %+v", c)
	}
	if thrown := v.Judge(seal(t, "controller", sceneLock, Relock{Session: next, Reason: "x"}), sceneNow); thrown.Order != OrderThrow || thrown.Session != next {
		t.Fatalf("%+v", thrown)
	}
	if _, got := judge(v, authoriseCase(t, "", "", nil, controllerApprovals()).message, sceneNow); got != CodeNoChallenge {
		t.Fatalf("after a relock: got %q", got)
	}
}

// A proposed list waits for its approvals and for nothing else: whatever makes another
// challenge, or takes the challenge away, takes the list away with it.
func TestProposedListIsForgotten(t *testing.T) {
	approved := trustCase(t, "", "party-key", CodeAccepted, nil, partyKeyApprovals()).message
	other := nextTrust(t, "party-key")
	other.Version++
	for name, c := range map[string]struct {
		m    Command
		want Code
	}{
		"nothing":                    {Probe{Nonce: sceneNonce(1)}, CodeAccepted},
		"the same proposal again":    {ProposeTrust{Session: sceneSession, Safe: sceneSafe, Trust: encodeTrust(t, nextTrust(t, "party-key"))}, CodeAccepted},
		"another list":               {ProposeTrust{Session: sceneSession, Safe: sceneSafe, Trust: encodeTrust(t, other)}, CodeNoChallenge},
		"the list in a new session":  {ProposeTrust{Session: SessionID{1}, Safe: sceneSafe, Trust: encodeTrust(t, nextTrust(t, "party-key"))}, CodeNoChallenge},
		"an opening":                 {ChallengeRequest{Session: SessionID{1}, Safe: sceneSafe}, CodeNoChallenge},
		"an opening of this session": {ChallengeRequest{Session: sceneSession, Safe: sceneSafe}, CodeNoChallenge},
		"a relock":                   {Relock{Session: sceneSession, Reason: "x"}, CodeNoChallenge},
		"a list that is refused":     {ProposeTrust{Session: sceneSession, Safe: sceneSafe, Trust: []byte{1}}, CodeAccepted},
	} {
		v := sceneVerifier(t, "party-key", ActTrust)
		v.Judge(seal(t, "controller", sceneLock, c.m), sceneNow)
		if _, got := judge(v, approved, sceneNow); got != c.want {
			t.Errorf("after %s: %q, want %q", name, got, c.want)
		}
	}
}

// A list is in force from Adopt on, and not before; its version never goes back.
func TestAdopting(t *testing.T) {
	v := sceneVerifier(t, "party-key", ActTrust)
	before, _ := v.TrustInForce()
	if verdict, _ := judge(v, trustCase(t, "", "party-key", CodeAccepted, nil, partyKeyApprovals()).message, sceneNow); verdict.Order != OrderStore {
		t.Fatalf("%+v", verdict)
	}
	if version, _ := v.TrustInForce(); version != before {
		t.Fatal("in force before it was stored")
	}
	v.Adopt()
	version, digest := v.TrustInForce()
	if version != sceneTrustVersion+1 || digest != nextTrust(t, "party-key").Digest() || len(v.Staged()) != 0 {
		t.Fatalf("version %d in force, %d bytes staged", version, len(v.Staged()))
	}
	v.Adopt()
	if again, _ := v.TrustInForce(); again != version {
		t.Error("adopted nothing, and changed")
	}
	back := v.Judge(seal(t, "controller", sceneLock, ProposeTrust{Session: sceneSession, Safe: sceneSafe, Trust: encodeTrust(t, nextTrust(t, "party-key"))}), sceneNow)
	if back.Code != CodeStaleTrust {
		t.Errorf("the list in force proposed again: %+v", back)
	}
	deputy := func(r Request) []byte {
		list := partyKeyApprovals()
		list[2].person, list[2].signer = "P-0004", "P-0004"
		return seal(t, "controller", sceneLock, Authorise{Request: encode(r), Approvals: approve(t, r.Digest(), list)})
	}
	v.Issue(v.Judge(seal(t, "controller", sceneLock, ChallengeRequest{Session: sceneSession, Safe: sceneSafe}), sceneIssued), sceneNonce(0xA0), sceneCounter, sceneIssued)
	if verdict, code := judge(v, deputy(sceneRequest()), sceneNow); verdict.Order != OrderDraw {
		t.Errorf("the new list's deputy is refused: %q", code)
	}
}

// An authenticator's counter is remembered once all three approvals hold, never earlier,
// and over a change of the list; a key that does not count is let be.
func TestSignatureCounters(t *testing.T) {
	round := byte(1)
	open := func(v *Verifier, count uint32, spoil bool) Code {
		t.Helper()
		round++
		r := sceneRequest()
		r.Locks[0].Nonce = sceneNonce(round)
		order := v.Judge(seal(t, "controller", sceneLock, ChallengeRequest{Session: sceneSession, Safe: sceneSafe}), sceneIssued)
		v.Issue(order, sceneNonce(round), sceneCounter, sceneIssued)
		list, approvals := webauthnApprovals(), []Approval{}
		for _, b := range list {
			k := honestToken()
			k.count = count
			approvals = append(approvals, assert(t, r.Digest(), b, k))
		}
		if spoil {
			approvals[2].Signature[0] ^= 1
		}
		_, code := judge(v, seal(t, "controller", sceneLock, Authorise{Request: encode(r), Approvals: approvals}), sceneNow)
		return code
	}
	v := sceneVerifier(t, "webauthn", 0)
	for _, step := range []struct {
		count uint32
		spoil bool
		want  Code
	}{
		{20, true, CodeBadSignature}, {15, false, CodeAccepted}, {15, false, CodeCounterBack}, {16, false, CodeAccepted}, {0, false, CodeCounterBack},
		{1<<32 - 1, false, CodeAccepted},
	} {
		if got := open(v, step.count, step.spoil); got != step.want {
			t.Fatalf("count %d: %q, want %q", step.count, got, step.want)
		}
	}
	for fingerprint := range v.counts {
		v.counts[fingerprint] = 0
	}
	for range 3 {
		if got := open(v, 0, false); got != CodeAccepted {
			t.Fatalf("a key that does not count: %q", got)
		}
	}
	if got := open(v, 7, false); got != CodeAccepted {
		t.Fatal(got)
	}
	v.use(sceneTrust(t, "webauthn"))
	if got := open(v, 7, false); got != CodeCounterBack {
		t.Errorf("after a change of the list that keeps the key: %q", got)
	}
}

// A lock of other versions says which it speaks, and obeys nothing of ours.
func TestLockOfOtherVersions(t *testing.T) {
	for _, spoken := range []Versions{{1, 1}, {3, 9}} {
		v, err := NewVerifier(Identity{Lock: sceneLock, Safe: sceneSafe, Versions: spoken}, sceneTrust(t, "controller"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []Command{Probe{Nonce: sceneNonce(1)}, ChallengeRequest{Session: sceneSession, Safe: sceneSafe}, Relock{Reason: "x"}} {
			order := v.Judge(seal(t, "controller", sceneLock, m), sceneNow)
			if order.Order != OrderIntroduce || order.Refused != Version {
				t.Errorf("%+v", order)
			}
			if c := v.Introduce(order, 3); c.Lowest != spoken.Lowest || c.Highest != spoken.Highest || c.Refused != Version || c.check() != nil {
				t.Errorf("%+v", c)
			}
		}
		order := v.Judge(seal(t, "controller", sceneLock, Hello{Nonce: sceneNonce(9), Lowest: 2, Highest: 2}), sceneNow)
		if c := v.Introduce(order, 4); c.Echo != sceneNonce(9) || c.Refused != 0 {
			t.Errorf("%+v", c)
		}
	}
	if _, err := NewVerifier(Identity{Lock: sceneLock, Safe: sceneSafe, Versions: Versions{3, 2}}, sceneTrust(t, "controller")); err == nil {
		t.Error("a lock that speaks nothing")
	}
	if _, err := NewVerifier(Identity{Lock: sceneLock, Safe: "safe-2"}, sceneTrust(t, "controller")); err == nil {
		t.Error("a lock with the trust list of another safe")
	}
}

func TestVersions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Versions {
			lowest := rapid.Uint8Range(1, 20).Draw(t, name)
			return Versions{lowest, lowest + rapid.Uint8Range(0, 20).Draw(t, name+" more")}
		}
		a, b := draw("a"), draw("b")
		var want uint8
		for v := range uint8(50) {
			if a.Contains(uint64(v)) && b.Contains(uint64(v)) {
				want = v
			}
		}
		got, okay := a.Common(b)
		back, same := b.Common(a)
		if okay != (want > 0) || okay && got != want || okay != same || okay && back != got {
			t.Fatalf("%v and %v: %d, %v; want %d", a, b, got, okay, want)
		}
	})
}

// No single bit of a good message can be changed unseen, and none makes a panic.
func TestEveryBitCounts(t *testing.T) {
	good := authoriseCase(t, "", CodeAccepted, nil, controllerApprovals()).message
	v := sceneVerifier(t, "controller", ActOpen)
	for i := range len(good) * 8 {
		bad := bytes.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		if v.Judge(bad, sceneNow).Order != OrderRefuse {
			t.Fatalf("bit %d of byte %d flipped, and the message still opens", i%8, i/8)
		}
		if v.Judge(good[:i/8], sceneNow).Order != OrderRefuse {
			t.Fatalf("cut after %d bytes, and the message still opens", i/8)
		}
	}
	if _, got := judge(v, good, sceneNow); got != CodeAccepted {
		t.Fatalf("the message itself: %q", got)
	}
}

// Every bit of what was approved is covered by each approval, and every bit of an
// approval counts, in each form.
func TestEveryBitIsApproved(t *testing.T) {
	digest := sceneRequest().Digest()
	for trust, list := range map[string][]by{"party-key": partyKeyApprovals(), "webauthn": webauthnApprovals(), "controller": controllerApprovals()} {
		v := sceneVerifier(t, trust, 0)
		for _, whole := range approve(t, digest, list) {
			a := viewOf(whole)
			if f := v.judgeApproval(&a, digest); f.is() {
				t.Fatal(f)
			}
			for bit := range digestBytes * 8 {
				bad := digest
				bad[bit/8] ^= 1 << (bit % 8)
				if f := v.judgeApproval(&a, bad); !f.is() {
					t.Fatalf("approval of %s holds for another request", a.party)
				}
			}
			for _, part := range [][]byte{a.signature, a.authenticator, a.clientData, a.person} {
				for bit := range len(part) * 8 {
					part[bit/8] ^= 1 << (bit % 8)
					if f := v.judgeApproval(&a, digest); !f.is() {
						t.Fatalf("%s: bit %d of %x flipped, and it holds", trust, bit, part)
					}
					part[bit/8] ^= 1 << (bit % 8)
				}
			}
		}
	}
}

func viewOf(a Approval) approval {
	return approval{party: a.Party, form: a.Form, person: []byte(a.Person), signature: a.Signature, authenticator: a.AuthenticatorData, clientData: a.ClientData}
}

// A browser's own idea of JSON agrees that accepted client data says what it must.
func TestClientDataIsWhatItSays(t *testing.T) {
	challenge := Digest{7}
	rp := NewRelyingParty(consoleID, consoleOrigin, "https://trilock.example")
	for _, c := range hostileClientData(challenge) {
		got := rp.clientDataFits([]byte(c.data), challenge)
		if got.code != c.want {
			t.Errorf("client data %s: %q, want %q", c.name, got.code, c.want)
		}
		var read struct{ Type, Challenge, Origin string }
		if c.want == CodeAccepted {
			if err := json.Unmarshal([]byte(c.data), &read); err != nil || read.Type != "webauthn.get" {
				t.Errorf("client data %s: %+v, %v", c.name, read, err)
			}
		}
	}
}

func TestTrustLists(t *testing.T) {
	controller, archivist, office, stranger := signerOf(t, "controller").Key(), signerOf(t, "P-0001").Key(), signerOf(t, "P-0002").Key(), signerOf(t, "stranger").Key()
	person := func(name string, k Key) PartyTrust {
		return PartyTrust{Form: ByPartyKey, Keys: map[string]Key{name: k}}
	}
	byController := PartyTrust{Form: ByController}
	many := PartyTrust{Form: ByPartyKey, Keys: map[string]Key{}}
	for i := range MaxKeysPerParty + 1 {
		s, err := NewSigner(edKey(byte(0x60 + i)))
		if err != nil {
			t.Fatal(err)
		}
		many.Keys[string(rune('a'+i))] = s.Key()
	}
	of := func(key Key, parties map[Party]PartyTrust) Trust {
		return Trust{Version: 1, Safe: sceneSafe, Controller: key, Parties: parties}
	}
	noVersion := ControllerTrust(sceneSafe, controller)
	noVersion.Version = 0
	for _, c := range []struct {
		name  string
		trust Trust
		ok    bool
	}{
		{"controller for all", ControllerTrust(sceneSafe, controller), true},
		{"one person for two parties is legal to enrol", of(controller, map[Party]PartyTrust{Archivist: person("P", archivist), GeneralOffice: person("P", archivist), Management: byController}), true},
		{"no controller key", ControllerTrust(sceneSafe, Key{}), false},
		{"no safe", ControllerTrust("", controller), false},
		{"no version", noVersion, false},
		{"two parties", of(controller, map[Party]PartyTrust{Archivist: byController, Management: byController}), false},
		{"a party of no form", of(controller, map[Party]PartyTrust{Archivist: byController, GeneralOffice: {}, Management: byController}), false},
		{"a fourth party", of(controller, map[Party]PartyTrust{Archivist: byController, GeneralOffice: byController, Management: byController, 4: byController}), false},
		{"party-key without a key", of(controller, map[Party]PartyTrust{Archivist: {Form: ByPartyKey}, GeneralOffice: byController, Management: byController}), false},
		{"controller with a key", of(controller, map[Party]PartyTrust{Archivist: {ByController, map[string]Key{"P": office}}, GeneralOffice: byController, Management: byController}), false},
		{"one key, two persons", of(controller, map[Party]PartyTrust{Archivist: person("P", stranger), GeneralOffice: person("Q", stranger), Management: byController}), false},
		{"the controller's key as a person's", of(controller, map[Party]PartyTrust{Archivist: person("P", controller), GeneralOffice: byController, Management: byController}), false},
		{"a person without a key", of(controller, map[Party]PartyTrust{Archivist: person("P", Key{}), GeneralOffice: byController, Management: byController}), false},
		{"too many keys", of(controller, map[Party]PartyTrust{Archivist: many, GeneralOffice: byController, Management: byController}), false},
		{"webauthn without a relying party", of(controller, map[Party]PartyTrust{Archivist: {ByWebAuthn, map[string]Key{"P": office}}, GeneralOffice: byController, Management: byController}), false},
	} {
		if _, err := NewVerifier(Identity{Lock: sceneLock, Safe: sceneSafe}, c.trust); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A firmware that adopts out of order puts nothing in force that nobody has approved.
func TestAdoptingOutOfOrder(t *testing.T) {
	v := sceneVerifier(t, "party-key", ActTrust)
	before, _ := v.TrustInForce()
	if v.Adopt() {
		t.Error("a proposal was adopted without an approval")
	}
	if verdict, _ := judge(v, trustCase(t, "", "party-key", CodeAccepted, nil, partyKeyApprovals()).message, sceneNow); verdict.Order != OrderStore {
		t.Fatalf("%+v", verdict)
	}
	other := nextTrust(t, "party-key")
	other.Version++
	v.Judge(seal(t, "controller", sceneLock, ProposeTrust{Session: sceneSession, Safe: sceneSafe, Trust: encodeTrust(t, other)}), sceneNow)
	if v.Adopt() {
		t.Error("a list that was proposed after the approval of another was adopted")
	}
	if version, _ := v.TrustInForce(); version != before {
		t.Errorf("version %d is in force", version)
	}
}
