package lockwire

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"

	"github.com/veraison/go-cose"
)

// Key is a public key that messages or approvals are verified with: P-256 (ES256) or
// Ed25519 (EdDSA). The zero Key verifies nothing. Two Keys are the same key
// when their fingerprints are equal.
type Key struct {
	algorithm   cose.Algorithm
	fingerprint [sha256.Size]byte
	verifier    cose.Verifier
}

// NewKey takes an *ecdsa.PublicKey on P-256 or an ed25519.PublicKey.
func NewKey(public crypto.PublicKey) (Key, error) {
	algorithm, err := algorithmOf(public)
	if err != nil {
		return Key{}, err
	}
	verifier, err := cose.NewVerifier(algorithm, public)
	if err != nil {
		return Key{}, fmt.Errorf("public key: %w", err)
	}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return Key{}, fmt.Errorf("public key: %w", err)
	}
	return Key{algorithm: algorithm, fingerprint: sha256.Sum256(spki), verifier: verifier}, nil
}

func algorithmOf(public crypto.PublicKey) (cose.Algorithm, error) {
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		if k == nil || k.Curve != elliptic.P256() {
			return 0, fmt.Errorf("ECDSA key on another curve than P-256: make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`")
		}
		return cose.AlgorithmES256, nil
	case ed25519.PublicKey:
		if len(k) != ed25519.PublicKeySize {
			return 0, fmt.Errorf("an Ed25519 key of %d bytes: want %d", len(k), ed25519.PublicKeySize)
		}
		return cose.AlgorithmEdDSA, nil
	}
	return 0, fmt.Errorf("key of type %T: want ECDSA on P-256 or Ed25519", public)
}

// IsZero reports whether k is no key.
func (k Key) IsZero() bool { return k.verifier == nil }

// Fingerprint returns the SHA-256 of the key's SubjectPublicKeyInfo.
func (k Key) Fingerprint() [sha256.Size]byte { return k.fingerprint }

func (k Key) verify(content, signature []byte) bool {
	return k.verifier != nil && len(signature) == signatureBytes && k.verifier.Verify(content, signature) == nil
}

// Signer signs messages or approvals: a private key in memory, or one in a token that
// implements crypto.Signer.
type Signer struct {
	signer cose.Signer
	key    Key
}

// NewSigner takes a crypto.Signer whose public key NewKey accepts.
func NewSigner(private crypto.Signer) (Signer, error) {
	if private == nil {
		return Signer{}, fmt.Errorf("no private key")
	}
	key, err := NewKey(private.Public())
	if err != nil {
		return Signer{}, err
	}
	signer, err := cose.NewSigner(key.algorithm, private)
	if err != nil {
		return Signer{}, fmt.Errorf("private key: %w", err)
	}
	return Signer{signer: signer, key: key}, nil
}

// Key returns the public half.
func (s Signer) Key() Key { return s.key }

func (s Signer) sign(content []byte) ([]byte, error) {
	if s.signer == nil {
		return nil, fmt.Errorf("no private key")
	}
	return s.signer.Sign(rand.Reader, content)
}
