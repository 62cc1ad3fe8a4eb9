package lockwire

import (
	"crypto/rand"
	"fmt"

	"github.com/veraison/go-cose"
)

const (
	// aadLabel names the protocol in what every message's signature covers. It is the same
	// in all versions: the version is part of the payload, and signed with it.
	aadLabel = "trilock-lockwire"
	// sigContext is COSE's word for a signature of this kind (RFC 9052 section 4.4).
	sigContext = "Signature1"
)

// AAD returns the external additional authenticated data of a message: the
// deterministic encoding of ["trilock-lockwire", role, lock]. A message signed for one
// lock or one direction is worth nothing on another topic.
func AAD(role Role, lock string) []byte { return appendAAD(nil, role, lock) }

func appendAAD(dst []byte, role Role, lock string) []byte {
	dst = appendHead(dst, majorArray, 3)
	dst = appendText(dst, aadLabel)
	dst = appendText(dst, string(role))
	return appendText(dst, lock)
}

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
	sealed := cose.UntaggedSign1Message{
		Headers: cose.Headers{
			Protected:   cose.ProtectedHeader{cose.HeaderLabelAlgorithm: cose.Algorithm(signer.key.algorithm)},
			Unprotected: cose.UnprotectedHeader{},
		},
		Payload: payload,
	}
	if err := sealed.Sign(rand.Reader, AAD(m.role(), lock), signer.signer); err != nil {
		return nil, fmt.Errorf("signing a message of kind %d for lock %s: %w", m.Kind(), lock, err)
	}
	out, err := sealed.MarshalCBOR()
	if err != nil {
		return nil, fmt.Errorf("encoding a message of kind %d: %w", m.Kind(), err)
	}
	if len(out) > MaxMessageBytes {
		return nil, fmt.Errorf("message of kind %d has %d bytes: %d at most", m.Kind(), len(out), MaxMessageBytes)
	}
	return out, nil
}

// OpenCommand is the lock's side, for everybody but a lock (see Verifier.Judge): it
// verifies a message with the daemon's key and reads it. The error is a *Refusal:
// too-long, bad-encoding, bad-signature or unsupported-version.
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
	e, wrong := parseEnvelope(message)
	if wrong.is() {
		return nil, wrong.error()
	}
	if !e.signedBy(key, role, lock, make([]byte, 0, toBeSignedBytes)) {
		return nil, refuse(CodeBadSignature, "of the message")
	}
	return DecodePayload(role, e.payload)
}

// envelope is a message as it lies in the buffer it was received in.
type envelope struct {
	algorithm Algorithm
	payload   []byte
	signature []byte
}

// What stands before the payload of every message: see doc.go.
const (
	headES256 = "\x84\x43\xa1\x01\x26\xa0"
	headEdDSA = "\x84\x43\xa1\x01\x27\xa0"
)

// parseEnvelope accepts the one encoding of an envelope that doc.go draws.
func parseEnvelope(message []byte) (envelope, fault) {
	var e envelope
	if len(message) > MaxMessageBytes {
		return e, fault{CodeTooLong, "over MaxMessageBytes"}
	}
	if len(message) < len(headES256) {
		return e, fault{CodeBadEncoding, "envelope: ends too early"}
	}
	switch string(message[:len(headES256)]) {
	case headES256:
		e.algorithm = ES256
	case headEdDSA:
		e.algorithm = EdDSA
	default:
		return e, fault{CodeBadEncoding, "envelope: not an untagged COSE_Sign1 with exactly the algorithm ES256 or EdDSA in its headers"}
	}
	r := reader{rest: message[len(headES256):]}
	e.payload = r.blob(1, MaxMessageBytes)
	e.signature = r.blob(signatureBytes, signatureBytes)
	if wrong := r.end(); wrong != "" {
		return envelope{}, fault{CodeBadEncoding, wrong}
	}
	return e, fault{}
}

// signedBy verifies the envelope's signature. Scratch has room for toBeSignedBytes: what
// is signed is built there, and nowhere else.
func (e envelope) signedBy(key Key, role Role, lock string, scratch []byte) bool {
	if key.IsZero() || e.algorithm != key.algorithm || len(lock) > MaxNameBytes {
		return false
	}
	var room [aadBytes]byte
	aad := appendAAD(room[:0], role, lock)
	s := appendHead(scratch[:0], majorArray, 4)
	s = appendText(s, sigContext)
	s = append(s, headES256[1:5]...)
	s[len(s)-1] = majorNegative<<5 | byte(-1-e.algorithm) // COSE numbers it so
	s = appendBytes(s, aad)
	s = appendBytes(s, e.payload)
	return key.verify(s, e.signature)
}
