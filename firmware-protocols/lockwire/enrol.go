package lockwire

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
)

// ParseKey reads a public key as a browser hands it over (SubjectPublicKeyInfo), with the
// checks of NewKey.
func ParseKey(spki []byte) (Key, error) {
	public, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return Key{}, fmt.Errorf("public key: %w", err)
	}
	return NewKey(public)
}

// VerifyAssertion checks an assertion over a challenge by the rules that a lock has for it,
// all but its counter: for whoever enrols a key, and would not ask a lock for what it
// will refuse. The error is a *Refusal.
func VerifyAssertion(rp RelyingParty, key Key, challenge Digest, assertion Assertion) error {
	if len(assertion.AuthenticatorData) != authenticatorBytes || len(assertion.ClientData) > MaxClientDataBytes {
		return refuse(CodeWrongClientData, fmt.Sprintf("authenticatorData of %d bytes and clientDataJSON of %d: want %d, and %d at most",
			len(assertion.AuthenticatorData), len(assertion.ClientData), authenticatorBytes, MaxClientDataBytes))
	}
	a := approval{authenticator: assertion.AuthenticatorData, clientData: assertion.ClientData, signature: assertion.Signature}
	if f := rp.assertionFits(&a, challenge); f.is() {
		return f.error()
	}
	var room [authenticatorBytes + sha256.Size]byte
	if !key.verify(appendAssertionSigned(room[:0], &a), assertion.Signature) {
		return refuse(CodeBadSignature, "the assertion's")
	}
	return nil
}
