package lockwire

import (
	"bytes"
	"crypto/rand"
	"fmt"

	"github.com/veraison/go-cose"
)

// aadLabel names the protocol and its version in what every message's signature covers.
const aadLabel = "trilock-lockwire/1"

// AAD returns the external additional authenticated data of a message: the
// deterministic encoding of ["trilock-lockwire/1", role, lock]. A message signed for one
// lock or one direction is worth nothing on another topic.
func AAD(role Role, lock string) []byte { return encode([]string{aadLabel, string(role), lock}) }

// Seal signs a message to or from the given lock. It fails when a field is over its
// limit, when an event is not that lock's own, or when the key does not sign.
func Seal(signer Signer, lock string, m Message) ([]byte, error) {
	if err := checkName("lock", lock); err != nil {
		return nil, err
	}
	if e, ok := m.(Event); ok {
		if from, _, _ := e.From(); from != lock {
			return nil, fmt.Errorf("an event of lock %.40s cannot be signed as one of lock %s", from, lock)
		}
	}
	payload, err := EncodePayload(m)
	if err != nil {
		return nil, err
	}
	if signer.signer == nil {
		return nil, fmt.Errorf("message of kind %d: no private key to sign with", m.Kind())
	}
	envelope := cose.UntaggedSign1Message{
		Headers: cose.Headers{
			Protected:   cose.ProtectedHeader{cose.HeaderLabelAlgorithm: signer.key.algorithm},
			Unprotected: cose.UnprotectedHeader{},
		},
		Payload: payload,
	}
	if err := envelope.Sign(rand.Reader, AAD(m.role(), lock), signer.signer); err != nil {
		return nil, fmt.Errorf("signing a message of kind %d for lock %s: %w", m.Kind(), lock, err)
	}
	sealed, err := envelope.MarshalCBOR()
	if err != nil {
		return nil, fmt.Errorf("encoding a message of kind %d: %w", m.Kind(), err)
	}
	if len(sealed) > MaxMessageBytes {
		return nil, fmt.Errorf("message of kind %d has %d bytes: %d at most", m.Kind(), len(sealed), MaxMessageBytes)
	}
	return sealed, nil
}

// OpenCommand is the lock's side: it verifies a message with the daemon's key and reads
// it. The error is a *Refusal: too-long, bad-encoding, unsupported-version or bad-signature.
func OpenCommand(daemon Key, lock string, message []byte) (Command, error) {
	m, err := open(daemon, RoleCommand, lock, message)
	if err != nil {
		return nil, err
	}
	return m.(Command), nil //nolint:forcetypeassert // open refused every other direction
}

// OpenEvent is the daemon's side: it verifies a message with the lock's own key and
// reads it. The error is a *Refusal; wrong-lock when the lock signed another lock's name.
func OpenEvent(key Key, lock string, message []byte) (Event, error) {
	m, err := open(key, RoleEvent, lock, message)
	if err != nil {
		return nil, err
	}
	e := m.(Event) //nolint:forcetypeassert // open refused every other direction
	if from, _, _ := e.From(); from != lock {
		return nil, refuse(CodeWrongLock, fmt.Sprintf("lock %s says it is %.40s", lock, from))
	}
	return e, nil
}

func open(key Key, role Role, lock string, message []byte) (Message, error) {
	envelope, err := decodeEnvelope(message)
	if err != nil {
		return nil, err
	}
	if v, other := otherVersion(envelope.Payload); other {
		return nil, refuse(CodeUnsupportedVersion, fmt.Sprintf("version %d, this side speaks %d", v, Version))
	}
	if key.IsZero() {
		return nil, refuse(CodeBadSignature, "no key to verify with")
	}
	if err := envelope.Verify(AAD(role, lock), key.verifier); err != nil {
		return nil, refuse(CodeBadSignature, "message: "+err.Error())
	}
	return DecodePayload(role, envelope.Payload)
}

// Protected headers that exist, as byte strings: {1: -7} and {1: -8}.
const (
	protectedES256 = "\x43\xa1\x01\x26"
	protectedEdDSA = "\x43\xa1\x01\x27"
	noUnprotected  = "\xa0"
)

// decodeEnvelope accepts the one encoding of an envelope that doc.go draws.
func decodeEnvelope(message []byte) (*cose.UntaggedSign1Message, error) {
	if len(message) > MaxMessageBytes {
		return nil, refuse(CodeTooLong, fmt.Sprintf("%d bytes, %d at most", len(message), MaxMessageBytes))
	}
	var envelope cose.UntaggedSign1Message
	if err := envelope.UnmarshalCBOR(message); err != nil {
		return nil, refuse(CodeBadEncoding, "envelope: "+err.Error())
	}
	protected := string(envelope.Headers.RawProtected)
	if protected != protectedES256 && protected != protectedEdDSA {
		return nil, refuse(CodeBadEncoding, "envelope: the protected header is not exactly the algorithm ES256 or EdDSA")
	}
	if string(envelope.Headers.RawUnprotected) != noUnprotected {
		return nil, refuse(CodeBadEncoding, "envelope: the unprotected header is not empty")
	}
	if len(envelope.Payload) == 0 || len(envelope.Signature) != signatureBytes {
		return nil, refuse(CodeBadEncoding, "envelope: no payload, or a signature of another length than 64")
	}
	if again, err := envelope.MarshalCBOR(); err != nil || !bytes.Equal(again, message) {
		return nil, refuse(CodeBadEncoding, "envelope: "+errNotDeterministic.Error())
	}
	return &envelope, nil
}
