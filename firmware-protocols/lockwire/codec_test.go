package lockwire

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTopics(t *testing.T) {
	for _, role := range []Role{RoleCommand, RoleEvent, RolePresence} {
		lock, got, err := ParseTopic(Topic("safe-1-lock-a", role))
		if err != nil || lock != "safe-1-lock-a" || got != role {
			t.Errorf("%s: %q, %q, %v", role, lock, got, err)
		}
	}
	for _, topic := range []string{"", "trilock/lock/", "trilock/lock//cmd", "trilock/lock/a", "trilock/lock/a/b", "trilock/lock/a/cmd/", "/trilock/lock/a/cmd",
		"trilock/lock/A/cmd", "trilock/lock/+/cmd", "trilock/lock/-a/cmd", "trilock/lock/" + strings.Repeat("a", 41) + "/cmd", "trilock/lock/a.b/cmd", "trilock/lock/a/evt\x00"} {
		if _, _, err := ParseTopic(topic); err == nil {
			t.Errorf("topic %q was accepted", topic)
		}
	}
}

func TestWords(t *testing.T) {
	for _, p := range Parties() {
		if got, err := ParseParty(p.String()); err != nil || got != p {
			t.Errorf("%v: %v, %v", p, got, err)
		}
	}
	if _, err := ParseParty("unknown-party"); err == nil {
		t.Error("an unknown party was accepted")
	}
	if _, err := NewNonce(bytes.NewReader(make([]byte, 15))); err == nil {
		t.Error("a nonce was drawn from a source that ran dry")
	}
}

func TestKeys(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewSigner(p384); err == nil {
		t.Error("P-384 was accepted")
	}
	if _, err := NewSigner(rsaKey); err == nil {
		t.Error("RSA was accepted")
	}
	if _, err := NewSigner(nil); err == nil {
		t.Error("no key was accepted")
	}
	if a, b := signerOf(t, "lock-a").Key(), signerOf(t, "lock-b").Key(); a.Fingerprint() == b.Fingerprint() || a.Fingerprint() != signerOf(t, "lock-a").Key().Fingerprint() || a.IsZero() {
		t.Error("keys do not compare")
	}
	if _, err := OpenCommand(Key{}, sceneLock, seal(t, "controller", sceneLock, Probe{Nonce: sceneNonce(1)})); err == nil {
		t.Error("the zero key verified a message")
	}
}

// An event is refused when it is another lock's, however well signed.
func TestEventsOfAnotherLock(t *testing.T) {
	m := State{Lock: "lock-a", Reason: ReasonHeartbeat, TrustVersion: 1}
	if _, err := Seal(signerOf(t, "lock-a"), "lock-b", m); err == nil {
		t.Error("lock-b sealed lock-a's event")
	}
	if _, err := OpenEvent(signerOf(t, "lock-a").Key(), "lock-b", seal(t, "lock-a", "lock-a", m)); code(err) != CodeBadSignature {
		t.Errorf("lock-a's event on lock-b's topic: %v", err)
	}
	if _, err := OpenEvent(signerOf(t, "lock-b").Key(), "lock-a", seal(t, "lock-a", "lock-a", m)); code(err) != CodeBadSignature {
		t.Errorf("lock-a's event with lock-b's key: %v", err)
	}
	payload, err := EncodePayload(State{Lock: "lock-b", Reason: ReasonHeartbeat, TrustVersion: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenEvent(signerOf(t, "lock-a").Key(), "lock-a", sealAs(t, "lock-a", RoleEvent, payload)); code(err) != CodeWrongLock {
		t.Errorf("lock-a says that it is lock-b: %v", err)
	}
}

func TestFieldLimits(t *testing.T) {
	for name, m := range map[string]Message{
		"safe":              ChallengeRequest{Safe: "Safe 1"},
		"no request":        Authorise{},
		"four approvals":    Authorise{Request: []byte{1}, Approvals: make([]Approval, 4)},
		"approval":          Authorise{Request: []byte{1}, Approvals: make([]Approval, 1)},
		"reason":            Relock{Reason: "two words"},
		"zero probe":        Probe{},
		"zero hello":        Hello{Lowest: 1, Highest: 1},
		"hello, version 0":  Hello{Nonce: sceneNonce(1), Highest: 1},
		"hello, no version": Hello{Nonce: sceneNonce(1), Lowest: 2, Highest: 1},
		"firmware":          Capabilities{Lock: "a", Lowest: 1, Highest: 1, Firmware: strings.Repeat("f", MaxFirmwareBytes+1)},
		"a capable nobody":  Capabilities{Lowest: 1, Highest: 1},
		"speaks nothing":    Capabilities{Lock: "a", Lowest: 3, Highest: 2},
		"proposed safe":     ProposeTrust{Trust: []byte{1}},
		"no list":           ProposeTrust{Safe: "s"},
		"a long list":       ProposeTrust{Safe: "s", Trust: make([]byte, MaxTrustBytes+1)},
		"challenge lock":    Challenge{Safe: "s", Act: ActOpen},
		"challenge safe":    Challenge{Lock: "a", Act: ActOpen},
		"no act":            Challenge{Lock: "a", Safe: "s"},
		"another act":       Challenge{Lock: "a", Safe: "s", Act: 3},
		"accepted and code": Result{Lock: "a", Accepted: true, Code: CodeExpired},
		"refused, no code":  Result{Lock: "a"},
		"result lock":       Result{Accepted: true},
		"bolt":              State{Lock: "a", Bolt: 4, Reason: "x", TrustVersion: 1},
		"door":              State{Lock: "a", Door: 3, Reason: "x", TrustVersion: 1},
		"motor":             State{Lock: "a", Motor: 5, Reason: "x", TrustVersion: 1},
		"battery":           State{Lock: "a", BatteryPercent: 101, Reason: "x", TrustVersion: 1},
		"battery below":     State{Lock: "a", BatteryPercent: -2, Reason: "x", TrustVersion: 1},
		"no trust list":     State{Lock: "a", Reason: "x"},
		"state reason":      State{Lock: "a", TrustVersion: 1},
		"state lock":        State{Reason: "x", TrustVersion: 1},
	} {
		if _, err := EncodePayload(m); err == nil {
			t.Errorf("%s: encoded", name)
		}
		payload := encode(frame{Version: versionOf(m.Kind()), Kind: m.Kind(), Body: encode(m)})
		if _, err := DecodePayload(m.role(), payload); code(err) != CodeBadEncoding {
			t.Errorf("%s: decoded: %v", name, err)
		}
	}
}

func TestNewRequest(t *testing.T) {
	challenge := func(lock string) Challenge {
		return Challenge{Lock: lock, Safe: sceneSafe, Session: sceneSession, Nonce: sceneNonce(9), Boot: 2, Counter: 3, Act: ActOpen}
	}
	three := []Challenge{challenge("lock-c"), challenge("lock-a"), challenge("lock-b")}
	r, err := NewRequest(sceneSafe, sceneSession, purpose, nil, three, MaxLifetime)
	if err != nil || r.Locks[0].Lock != "lock-a" || r.Locks[2].Lock != "lock-c" || r.LifetimeSeconds != 60 {
		t.Fatalf("%+v, %v", r, err)
	}
	foreign := challenge("lock-b")
	foreign.Safe = "safe-2"
	old := challenge("lock-b")
	old.Session = SessionID{1}
	listed := challenge("lock-b")
	listed.Act = ActTrust
	for name, f := range map[string]func() (Request, error){
		"another act": func() (Request, error) {
			return NewRequest(sceneSafe, sceneSession, purpose, nil, []Challenge{three[0], three[1], listed}, MaxLifetime)
		},
		"a trust list with an opening's challenge": func() (Request, error) {
			return NewTrustRequest(sceneSafe, sceneSession, purpose, Digest{1}, three[:1], MaxLifetime)
		},
		"a trust list for no lock": func() (Request, error) {
			return NewTrustRequest(sceneSafe, sceneSession, purpose, Digest{1}, nil, MaxLifetime)
		},
		"two locks": func() (Request, error) {
			return NewRequest(sceneSafe, sceneSession, purpose, nil, three[:2], MaxLifetime)
		},
		"one lock twice": func() (Request, error) {
			return NewRequest(sceneSafe, sceneSession, purpose, nil, []Challenge{three[0], three[1], three[1]}, MaxLifetime)
		},
		"another safe": func() (Request, error) {
			return NewRequest(sceneSafe, sceneSession, purpose, nil, []Challenge{three[0], three[1], foreign}, MaxLifetime)
		},
		"another session": func() (Request, error) {
			return NewRequest(sceneSafe, sceneSession, purpose, nil, []Challenge{three[0], three[1], old}, MaxLifetime)
		},
		"61 s": func() (Request, error) {
			return NewRequest(sceneSafe, sceneSession, purpose, nil, three, 61*time.Second)
		},
		"no time":    func() (Request, error) { return NewRequest(sceneSafe, sceneSession, purpose, nil, three, 0) },
		"no purpose": func() (Request, error) { return NewRequest(sceneSafe, sceneSession, "", nil, three, MaxLifetime) },
	} {
		if _, err := f(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if r, err := NewTrustRequest(sceneSafe, sceneSession, purpose, Digest{1}, []Challenge{listed}, time.Second); err != nil || r.Content != (Digest{1}) || r.Act != ActTrust {
		t.Errorf("a trust list for one lock: %+v, %v", r, err)
	}
	if DocumentsDigest([]string{"b", "a", "b"}) != DocumentsDigest([]string{"a", "b"}) || DocumentsDigest(nil) == DocumentsDigest([]string{""}) {
		t.Error("the digest of documents depends on their order, or confuses none with an empty number")
	}
}

// Whatever can be said can be said in one way only, and is understood as said.
func TestRoundTrip(t *testing.T) {
	controller, lock := signerOf(t, "controller"), signerOf(t, "lock-a")
	name := rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,30}`)
	bytes16 := rapid.SliceOfN(rapid.Byte(), 16, 16)
	rapid.Check(t, func(t *rapid.T) {
		id := name.Draw(t, "lock")
		session, nonce := SessionID(bytes16.Draw(t, "session")), Nonce(bytes16.Draw(t, "nonce"))
		nonce[0] |= 1
		boot, counter := rapid.Uint64().Draw(t, "boot"), rapid.Uint64().Draw(t, "counter")
		m := rapid.SampledFrom([]Message{
			ChallengeRequest{Session: session, Safe: id},
			Relock{Session: session, Reason: "x"},
			Probe{Nonce: nonce},
			Challenge{Lock: id, Boot: boot, Counter: counter, Session: session, Safe: "s", Nonce: nonce, Act: ActTrust},
			Hello{Nonce: nonce, Lowest: 1, Highest: 255},
			ProposeTrust{Session: session, Safe: id, Trust: nonce[:]},
			Capabilities{Lock: id, Boot: boot, Counter: counter, Echo: nonce, Lowest: 2, Highest: 9, Forms: 255, Firmware: "版本 1", Refused: boot},
			Result{Lock: id, Boot: boot, Counter: counter, Session: session, Accepted: true},
			Result{Lock: id, Boot: boot, Counter: counter, Session: session, Code: CodeExpired},
			State{Lock: id, Boot: boot, Counter: counter, Bolt: Bolt(rapid.IntRange(0, 3).Draw(t, "bolt")), Door: Door(rapid.IntRange(0, 2).Draw(t, "door")),
				Tamper: rapid.Bool().Draw(t, "tamper"), BatteryPercent: int8(rapid.IntRange(-1, 100).Draw(t, "battery")), Reason: "x", UptimeSeconds: boot, Echo: nonce,
				Motor: Motor(rapid.IntRange(0, 4).Draw(t, "motor")), TrustVersion: uint32(boot | 1), TrustDigest: Digest(sha256.Sum256(nonce[:]))},
		}).Draw(t, "message")
		signer := controller
		if m.role() == RoleEvent {
			signer = lock
		}
		sealed, err := Seal(signer, id, m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := open(signer.Key(), m.role(), id, sealed)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("sent %+v, got %+v, %v", m, got, err)
		}
	})
}

func code(err error) Code {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return "no-refusal"
}
