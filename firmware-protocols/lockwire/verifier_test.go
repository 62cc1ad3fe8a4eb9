package lockwire

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

// judge does what a lock does with a message of its command topic.
func judge(v *Verifier, message []byte, now time.Duration) (Grant, Code) {
	command, err := v.Command(message)
	var grant Grant
	if a, ok := command.(Authorise); err == nil && ok {
		grant, err = v.Authorise(a, now)
	}
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
		return grant, refusal.Code
	}
	return grant, CodeAccepted
}

func TestVerdicts(t *testing.T) {
	reached := map[Code]bool{}
	for _, c := range verdicts(t) {
		t.Run(c.name, func(t *testing.T) {
			v := sceneVerifier(t, c.trust, c.challenged)
			grant, got := judge(v, c.message, c.now)
			if got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			if accepted := grant.Session == sceneSession && grant.Hold == 60*time.Second; accepted != (c.want == CodeAccepted && c.opens) {
				t.Fatalf("grant %+v with code %q", grant, got)
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
	good := authoriseCase(t, "", CodeAccepted, nil, controllerApprovals())
	for _, c := range verdicts(t) {
		if !c.challenged || c.trust != "controller" || c.now != sceneNow {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			v := sceneVerifier(t, "controller", true)
			judge(v, c.message, c.now)
			want := CodeNoChallenge
			if !c.opens && c.want == CodeAccepted {
				want = CodeAccepted // another command than an authorise
			}
			switch c.want {
			case CodeTooLong, CodeBadEncoding, CodeUnsupportedVersion, CodeWrongLock, CodeWrongNonce:
				want = CodeAccepted
			case CodeBadSignature: // of the envelope: nobody has quoted anything yet
				if _, err := v.Command(c.message); err != nil {
					want = CodeAccepted
				}
			}
			if _, got := judge(v, good.message, sceneNow); got != want {
				t.Fatalf("the honest authorise afterwards: got %q, want %q", got, want)
			}
		})
	}
}

func TestChallengeRequests(t *testing.T) {
	v := sceneVerifier(t, "controller", true)
	again, err := v.Challenge(ChallengeRequest{Session: sceneSession, Safe: sceneSafe}, sceneNonce(1), 99, sceneNow)
	if err != nil || again.Nonce != sceneNonce(0xA0) || again.Counter != sceneCounter {
		t.Fatalf("asked twice by one session: %+v, %v; want the same challenge", again, err)
	}
	late, err := v.Challenge(ChallengeRequest{Session: sceneSession, Safe: sceneSafe}, sceneNonce(1), 99, sceneIssued+MaxLifetime+1)
	if err != nil || late.Nonce != sceneNonce(1) || late.Counter != 99 || late.Boot != sceneBoot {
		t.Fatalf("asked again after it expired: %+v, %v; want a new challenge", late, err)
	}
	if _, err := v.Challenge(ChallengeRequest{Session: sceneSession, Safe: "safe-2"}, sceneNonce(2), 100, sceneNow); err == nil {
		t.Fatal("a lock of safe-1 gave a challenge for safe-2")
	}
	next := SessionID{9}
	if c, err := v.Challenge(ChallengeRequest{Session: next, Safe: sceneSafe}, sceneNonce(3), 101, sceneNow); err != nil || c.Session != next {
		t.Fatalf("another session: %+v, %v", c, err)
	}
	v.Forget()
	if _, got := judge(v, authoriseCase(t, "", "", nil, controllerApprovals()).message, sceneNow); got != CodeNoChallenge {
		t.Fatalf("after Forget: got %q", got)
	}
}

// No single bit of a good message can be changed unseen, and none makes a panic.
func TestEveryBitCounts(t *testing.T) {
	good := authoriseCase(t, "", CodeAccepted, nil, controllerApprovals()).message
	v := sceneVerifier(t, "controller", true)
	for i := range len(good) * 8 {
		bad := bytes.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := v.Command(bad); err == nil {
			t.Fatalf("bit %d of byte %d flipped, and the message still opens", i%8, i/8)
		}
		if _, err := v.Command(good[:i/8]); err == nil {
			t.Fatalf("cut after %d bytes, and the message still opens", i/8)
		}
	}
	if _, got := judge(v, good, sceneNow); got != CodeAccepted {
		t.Fatalf("the message itself: %q", got)
	}
}

// Every bit of what was approved is covered by each approval.
func TestEveryBitOfTheRequestIsApproved(t *testing.T) {
	digest := sceneRequest().Digest()
	approvals := approve(t, digest, partyKeyApprovals())
	v := sceneVerifier(t, "party-key", false)
	for bit := range digestBytes * 8 {
		bad := digest
		bad[bit/8] ^= 1 << (bit % 8)
		for _, a := range approvals {
			if v.judgeApproval(sceneSession, bad, a) == nil {
				t.Fatalf("approval of %s holds for another request", a.Party)
			}
		}
	}
	for _, a := range approvals {
		if err := v.judgeApproval(sceneSession, digest, a); err != nil {
			t.Fatal(err)
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
	for _, c := range []struct {
		name  string
		trust Trust
		ok    bool
	}{
		{"controller for all", ControllerTrust(controller), true},
		{"one person for two parties is legal to enrol", Trust{controller, map[Party]PartyTrust{Archivist: person("P", archivist), GeneralOffice: person("P", archivist), Management: byController}}, true},
		{"no controller key", ControllerTrust(Key{}), false},
		{"two parties", Trust{controller, map[Party]PartyTrust{Archivist: byController, Management: byController}}, false},
		{"a party of no form", Trust{controller, map[Party]PartyTrust{Archivist: byController, GeneralOffice: {}, Management: byController}}, false},
		{"a fourth party", Trust{controller, map[Party]PartyTrust{Archivist: byController, GeneralOffice: byController, Management: byController, 4: byController}}, false},
		{"party-key without a key", Trust{controller, map[Party]PartyTrust{Archivist: {Form: ByPartyKey}, GeneralOffice: byController, Management: byController}}, false},
		{"controller with a key", Trust{controller, map[Party]PartyTrust{Archivist: {ByController, map[string]Key{"P": office}}, GeneralOffice: byController, Management: byController}}, false},
		{"one key, two persons", Trust{controller, map[Party]PartyTrust{Archivist: person("P", stranger), GeneralOffice: person("Q", stranger), Management: byController}}, false},
		{"the controller's key as a person's", Trust{controller, map[Party]PartyTrust{Archivist: person("P", controller), GeneralOffice: byController, Management: byController}}, false},
		{"a person without a key", Trust{controller, map[Party]PartyTrust{Archivist: person("P", Key{}), GeneralOffice: byController, Management: byController}}, false},
		{"too many keys", Trust{controller, map[Party]PartyTrust{Archivist: many, GeneralOffice: byController, Management: byController}}, false},
	} {
		if _, err := NewVerifier(Identity{Lock: sceneLock, Safe: sceneSafe}, c.trust); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
