package lockwire

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/veraison/go-cose"
)

func seedMessages(f *testing.F) {
	stored := loadVectors(f)
	for _, m := range stored.Messages {
		f.Add(unhex(f, m.Message))
	}
	for _, c := range stored.Verdicts {
		f.Add(unhex(f, c.Message))
	}
}

// No bytes make a lock panic, and nothing opens it that was not signed.
func FuzzCommand(f *testing.F) {
	seedMessages(f)
	signed := map[string]bool{}
	for _, m := range loadVectors(f).Messages {
		signed[m.Message] = true
	}
	for _, c := range loadVectors(f).Verdicts {
		signed[c.Message] = true
	}
	var fresh []*Verifier
	for _, trust := range sceneTrusts {
		fresh = append(fresh, sceneVerifier(f, trust, ActOpen))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		for _, one := range fresh {
			v := *one // as it was, whatever the last message did to it
			verdict := v.Judge(message, sceneNow)
			if verdict.Order == 0 || (verdict.Order == OrderRefuse) != (verdict.Code != CodeAccepted) {
				t.Fatalf("neither an order nor a refusal: %+v", verdict)
			}
			if verdict.Order != OrderRefuse && !signed[hex.EncodeToString(message)] {
				t.Fatalf("a lock obeys a message that nobody signed: %+v", verdict)
			}
		}
	})
}

func FuzzEvent(f *testing.F) {
	seedMessages(f)
	f.Fuzz(func(t *testing.T, message []byte) {
		event, err := OpenEvent(signerOf(t, "lock-a").Key(), sceneLock, message)
		if err != nil && code(err) == "no-refusal" {
			t.Fatalf("an error without a code word: %v", err)
		}
		if err == nil {
			if lock, _, _ := event.From(); lock != sceneLock {
				t.Fatalf("an event of %s", lock)
			}
		}
	})
}

// An envelope that is read is one that a COSE library reads, and would write the same.
func FuzzEnvelope(f *testing.F) {
	seedMessages(f)
	f.Fuzz(func(t *testing.T, message []byte) {
		e, wrong := parseEnvelope(message)
		if wrong.is() {
			return
		}
		var whole cose.UntaggedSign1Message
		if err := whole.UnmarshalCBOR(message); err != nil {
			t.Fatalf("%x is read here and refused by the COSE library: %v", message, err)
		}
		again, err := whole.MarshalCBOR()
		if err != nil || !bytes.Equal(again, message) || !bytes.Equal(whole.Payload, e.payload) || !bytes.Equal(whole.Signature, e.signature) {
			t.Fatalf("an envelope with two encodings: %x and %x, %v", message, again, err)
		}
	})
}

// What decodes encodes to the same bytes: there is one way to say anything.
func FuzzPayload(f *testing.F) {
	for _, m := range loadVectors(f).Messages {
		f.Add(unhex(f, m.Payload), m.Role == RoleCommand)
	}
	f.Fuzz(func(t *testing.T, payload []byte, command bool) {
		role := RoleEvent
		if command {
			role = RoleCommand
		}
		m, err := DecodePayload(role, payload)
		if err != nil {
			if code(err) == "no-refusal" {
				t.Fatalf("an error without a code word: %v", err)
			}
			return
		}
		lenient(t, payload)
		again, err := EncodePayload(m)
		if err != nil || !bytes.Equal(again, payload) {
			t.Fatalf("%x decodes to %+v, which encodes to %x, %v", payload, m, again, err)
		}
	})
}

func FuzzRequest(f *testing.F) {
	f.Add(unhex(f, loadVectors(f).Request.Encoded))
	f.Add(unhex(f, loadVectors(f).TrustRequest.Encoded))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := DecodeRequest(raw)
		if err != nil {
			if code(err) == "no-refusal" {
				t.Fatalf("an error without a code word: %v", err)
			}
			return
		}
		lenient(t, raw)
		again, err := r.Encode()
		if err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("%x decodes to %+v, which encodes to %x, %v", raw, r, again, err)
		}
	})
}

// A list that is taken apart has one encoding, and keeps every rule of trust lists.
func FuzzTrust(f *testing.F) {
	for _, list := range loadVectors(f).TrustLists {
		f.Add(unhex(f, list.Encoded))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := DecodeTrust(raw)
		if err != nil {
			if code(err) == "no-refusal" {
				t.Fatalf("an error without a code word: %v", err)
			}
			return
		}
		lenient(t, raw)
		again, err := list.Encode()
		if err != nil || !bytes.Equal(again, raw) || list.Digest() != sha256.Sum256(raw) {
			t.Fatalf("%x decodes to %+v, which encodes to %x, %v", raw, list, again, err)
		}
	})
}

// No client data but that of the one form fits, whatever JSON it is.
func FuzzClientData(f *testing.F) {
	rp := NewRelyingParty("trilock.example", consoleOrigin)
	challenge := Digest{1, 2, 3}
	for _, c := range hostileClientData(challenge) {
		f.Add([]byte(c.data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if rp.clientDataFits(data, challenge).is() {
			return
		}
		var read struct {
			Type, Challenge, Origin string
			CrossOrigin             bool
		}
		prefix := clientData(challenge, consoleOrigin)
		if !bytes.HasPrefix(data, []byte(prefix[:len(prefix)-1])) {
			t.Fatalf("%q was taken", data)
		}
		if err := json.Unmarshal([]byte(prefix), &read); err != nil || read.Type != "webauthn.get" || read.Origin != consoleOrigin || read.CrossOrigin {
			t.Fatalf("%q: %+v, %v", prefix, read, err)
		}
	})
}

// DER that is read is what the standard library would write for the same numbers.
func FuzzRawSignature(f *testing.F) {
	for _, c := range hostileDER() {
		f.Add(c.der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		raw, err := RawSignature(der)
		if err != nil {
			return
		}
		again, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
		if err != nil || !bytes.Equal(again, der) {
			t.Fatalf("%x was read as %x, whose DER is %x, %v", der, raw, again, err)
		}
	})
}

// theirs is the library's own idea of deterministic CBOR without tags.
var theirs = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden, UTF8: cbor.UTF8RejectInvalid,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// lenient has a CBOR library read what was read here.
func lenient(t *testing.T, raw []byte) {
	t.Helper()
	var anything any
	if err := theirs.Unmarshal(raw, &anything); err != nil {
		t.Fatalf("%x is read here and refused by the CBOR library: %v", raw, err)
	}
	if again := encode(anything); !bytes.Equal(again, raw) {
		t.Fatalf("%x is read here, and its deterministic encoding is %x", raw, again)
	}
}

func FuzzTopic(f *testing.F) {
	f.Add("trilock/lock/lock-a/cmd")
	f.Add("trilock/lock/lock-a/online")
	f.Fuzz(func(t *testing.T, topic string) {
		lock, role, err := ParseTopic(topic)
		if err == nil && Topic(lock, role) != topic {
			t.Fatalf("%q reads as %q %q", topic, lock, role)
		}
	})
}
