package lockwire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"testing"
)

func fromHex(t testing.TB, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// What is inspected without a key is what is opened with it.
func TestInspectSeesWhatOpenSees(t *testing.T) {
	for _, m := range loadVectors(t).Messages {
		raw := fromHex(t, m.Message)
		seen, err := Inspect(raw)
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		opened, err := open(signerOf(t, m.Key).Key(), m.Role, m.Lock, raw)
		if err != nil || seen.Role != m.Role || !reflect.DeepEqual(seen.Message, opened) || !bytes.Equal(seen.Signature, raw[len(raw)-signatureBytes:]) || seen.Version != versionOf(opened.Kind()) {
			t.Errorf("%s: inspected %+v, opened %+v, %v", m.Name, seen, opened, err)
		}
	}
}

// FuzzInspect: whatever is read without a key is exactly one message in its one encoding.
func FuzzInspect(f *testing.F) {
	seedMessages(f)
	f.Fuzz(func(t *testing.T, message []byte) {
		seen, err := Inspect(message)
		if err != nil {
			if code(err) == "no-refusal" {
				t.Fatalf("an error without a code word: %v", err)
			}
			return
		}
		payload, err := EncodePayload(seen.Message)
		if err != nil || !bytes.Contains(message, payload) || seen.Message.role() != seen.Role {
			t.Fatalf("%x is read as %+v, %v", message, seen.Message, err)
		}
	})
}

// An assertion is verified by the rules of a lock: of the vectors each holds, over its own
// challenge, by its own key, for the relying party of the list.
func TestVerifyAssertion(t *testing.T) {
	v := loadVectors(t)
	rp := sceneTrust(t, "webauthn").RelyingParty
	keys := map[string]Key{}
	for _, k := range v.Keys {
		key, err := ParseKey(fromHex(t, k.Public))
		if err != nil {
			t.Fatalf("%s: %v", k.Name, err)
		}
		keys[k.Name] = key
	}
	found := 0
	for _, a := range v.Approvals {
		if a.Form != ByWebAuthn.String() {
			continue
		}
		found++
		assertion := Assertion{AuthenticatorData: fromHex(t, a.AuthenticatorData), ClientData: []byte(a.ClientData), Signature: fromHex(t, a.Signature)}
		challenge := Digest(sha256.Sum256(fromHex(t, a.Signed)))
		verify := func(change func(*RelyingParty, *Key, *Digest, *Assertion)) string {
			party, key, over, changed := rp, keys[a.Key], challenge, assertion
			changed.AuthenticatorData, changed.Signature = bytes.Clone(assertion.AuthenticatorData), bytes.Clone(assertion.Signature)
			if change != nil {
				change(&party, &key, &over, &changed)
			}
			err := VerifyAssertion(party, key, over, changed)
			if err == nil {
				return ""
			}
			return string(code(err))
		}
		for want, change := range map[string]func(*RelyingParty, *Key, *Digest, *Assertion){
			"":                            nil,
			string(CodeWrongClientData):   func(_ *RelyingParty, _ *Key, over *Digest, _ *Assertion) { over[0] ^= 1 },
			string(CodeWrongOrigin):       func(p *RelyingParty, _ *Key, _ *Digest, _ *Assertion) { p.Origins = []string{"https://elsewhere"} },
			string(CodeWrongRelyingParty): func(p *RelyingParty, _ *Key, _ *Digest, _ *Assertion) { p.IDHash[0] ^= 1 },
			string(CodeNotVerified):       func(_ *RelyingParty, _ *Key, _ *Digest, a *Assertion) { a.AuthenticatorData[32] = 1 },
			string(CodeBadSignature):      func(_ *RelyingParty, _ *Key, _ *Digest, a *Assertion) { a.Signature[5] ^= 1 },
		} {
			if got := verify(change); got != want {
				t.Errorf("%s: %q, want %q", a.Person, got, want)
			}
		}
		if got := verify(func(_ *RelyingParty, _ *Key, _ *Digest, a *Assertion) { a.AuthenticatorData = a.AuthenticatorData[:36] }); got != string(CodeWrongClientData) {
			t.Errorf("%s, cut short: %q", a.Person, got)
		}
		if got := verify(func(_ *RelyingParty, key *Key, _ *Digest, _ *Assertion) { *key = keys["lock-a"] }); got != string(CodeBadSignature) {
			t.Errorf("%s by another key: %q", a.Person, got)
		}
	}
	if found == 0 {
		t.Error("the vectors hold no assertion")
	}
	if _, err := ParseKey([]byte("key")); err == nil {
		t.Error("anything is a key")
	}
}
