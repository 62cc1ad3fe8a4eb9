package lockwire

import (
	"bytes"
	"encoding/hex"
	"testing"
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
	f.Fuzz(func(t *testing.T, message []byte) {
		v := sceneVerifier(t, "controller", true)
		command, err := v.Command(message)
		if err != nil {
			if code(err) == "no-refusal" {
				t.Fatalf("an error without a code word: %v", err)
			}
			return
		}
		if a, ok := command.(Authorise); ok {
			if _, err := v.Authorise(a, sceneNow); err == nil && !signed[hex.EncodeToString(message)] {
				t.Fatal("a lock opened to a message that nobody signed")
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

func FuzzEnvelope(f *testing.F) {
	seedMessages(f)
	f.Fuzz(func(t *testing.T, message []byte) {
		envelope, err := decodeEnvelope(message)
		if err != nil {
			return
		}
		again, err := envelope.MarshalCBOR()
		if err != nil || !bytes.Equal(again, message) {
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
		again, err := EncodePayload(m)
		if err != nil || !bytes.Equal(again, payload) {
			t.Fatalf("%x decodes to %+v, which encodes to %x, %v", payload, m, again, err)
		}
	})
}

func FuzzRequest(f *testing.F) {
	f.Add(unhex(f, loadVectors(f).Request.Encoded))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := DecodeRequest(raw)
		if err != nil {
			if code(err) == "no-refusal" {
				t.Fatalf("an error without a code word: %v", err)
			}
			return
		}
		again, err := r.Encode()
		if err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("%x decodes to %+v, which encodes to %x, %v", raw, r, again, err)
		}
	})
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
