package lockwire

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"

	"github.com/veraison/go-cose"
)

// Algorithm says what kind of key signs, by its COSE number (RFC 9053).
type Algorithm int8

// The algorithms of this protocol.
const (
	ES256 Algorithm = -7 // ECDSA on P-256 with SHA-256, r||s
	EdDSA Algorithm = -8 // Ed25519
)

// Key is a public key that messages or approvals are verified with: P-256 (ES256) or
// Ed25519 (EdDSA). The zero Key verifies nothing. Two Keys are the same key
// when their fingerprints are equal.
type Key struct {
	algorithm   Algorithm
	fingerprint [sha256.Size]byte
	p256        *ecdsa.PublicKey
	ed25519     ed25519.PublicKey
}

// NewKey takes an *ecdsa.PublicKey on P-256 or an ed25519.PublicKey. It refuses a point
// that is not on its curve, the point at infinity, and the Ed25519 keys for which anybody
// can make signatures: those of low order, and other encodings of a point than its own.
func NewKey(public crypto.PublicKey) (Key, error) {
	var key Key
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		if k == nil || k.Curve != elliptic.P256() {
			return Key{}, errors.New("ECDSA key on another curve than P-256: make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`")
		}
		//lint:ignore SA1019 Bytes does not look whether there are coordinates at all
		if k.X == nil || k.Y == nil {
			return Key{}, errors.New("P-256 key without a point")
		}
		if _, err := k.Bytes(); err != nil {
			return Key{}, fmt.Errorf("P-256 key that is no point of the curve: %w", err)
		}
		key = Key{algorithm: ES256, p256: k}
	case ed25519.PublicKey:
		if err := checkEd25519(k); err != nil {
			return Key{}, err
		}
		key = Key{algorithm: EdDSA, ed25519: k}
	default:
		return Key{}, fmt.Errorf("key of type %T: want ECDSA on P-256 or Ed25519", public)
	}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return Key{}, fmt.Errorf("public key: %w", err)
	}
	key.fingerprint = sha256.Sum256(spki)
	return key, nil
}

// keyFromWire makes a key of the bytes that trust lists hold: x||y for ES256, so that
// neither a compressed point nor the point at infinity can be written down, and 32 bytes
// for EdDSA.
func keyFromWire(algorithm Algorithm, raw []byte) (Key, error) {
	if algorithm == EdDSA {
		return NewKey(ed25519.PublicKey(append([]byte{}, raw...)))
	}
	const uncompressed = 4
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append([]byte{uncompressed}, raw...))
	if err != nil {
		return Key{}, fmt.Errorf("P-256 key that is no point of the curve: %w", err)
	}
	return NewKey(public)
}

// wireKey is a key inside a trust list.
type wireKey struct {
	Algorithm Algorithm `cbor:"1,keyasint"`
	Raw       []byte    `cbor:"2,keyasint"`
}

func (k Key) wire() wireKey {
	if k.p256 == nil {
		return wireKey{k.algorithm, k.ed25519}
	}
	raw, err := k.p256.Bytes()
	if err != nil {
		panic("lockwire: a key that was checked is no point: " + err.Error())
	}
	return wireKey{k.algorithm, raw[1:]}
}

// checkEd25519 wants the one encoding of a point that is not of low order. crypto/ed25519
// verifies with any key that decodes; under a key of low order a signature can be made
// without a private key.
func checkEd25519(key ed25519.PublicKey) error {
	if len(key) != ed25519Bytes {
		return fmt.Errorf("an Ed25519 key of %d bytes: want %d", len(key), ed25519Bytes)
	}
	bigEndian := make([]byte, ed25519Bytes)
	for i, b := range key {
		bigEndian[ed25519Bytes-1-i] = b
	}
	bigEndian[0] &= 0x7F // the sign of x
	y, p := new(big.Int).SetBytes(bigEndian), fieldPrime()
	if y.Cmp(p) >= 0 {
		return errors.New("an Ed25519 key that is not canonically encoded")
	}
	one, y2 := big.NewInt(1), new(big.Int).Mul(y, y)
	u := new(big.Int).Sub(y2, one) // x^2 = (y^2-1) / (d*y^2+1)
	v := new(big.Int).Mul(y2, edwardsD(p))
	v.Add(v, one).ModInverse(v, p)
	x2 := u.Mul(u, v)
	x2.Mod(x2, p)
	if new(big.Int).ModSqrt(x2, p) == nil {
		return errors.New("an Ed25519 key that is no point of the curve")
	}
	// Of order 1, 2 or 4: x or y is 0. Of order 8: doubling gives a point with y = 0,
	// that is y^2 = -x^2.
	y2.Mod(y2, p)
	if x2.Sign() == 0 || y2.Sign() == 0 || new(big.Int).Add(x2, y2).Cmp(p) == 0 {
		return errors.New("an Ed25519 key of low order: anybody can sign for it")
	}
	return nil
}

// fieldPrime returns 2^255 - 19.
func fieldPrime() *big.Int {
	p := new(big.Int).Lsh(big.NewInt(1), 255)
	return p.Sub(p, big.NewInt(19))
}

// edwardsD returns the curve's constant, -121665/121666 (RFC 8032 section 5.1).
func edwardsD(p *big.Int) *big.Int {
	d := new(big.Int).ModInverse(big.NewInt(121666), p)
	d.Mul(d, big.NewInt(-121665))
	return d.Mod(d, p)
}

// IsZero reports whether k is no key.
func (k Key) IsZero() bool { return k.algorithm == 0 }

// Algorithm returns what kind of key it is; 0 for the zero Key.
func (k Key) Algorithm() Algorithm { return k.algorithm }

// Fingerprint returns the SHA-256 of the key's SubjectPublicKeyInfo.
func (k Key) Fingerprint() [sha256.Size]byte { return k.fingerprint }

// verify reports whether signature, of exactly 64 bytes, is the key's over content. Of
// ECDSA both (r, s) and (r, n-s) verify: see SPEC.md section 4.
func (k Key) verify(content, signature []byte) bool {
	if len(signature) != signatureBytes {
		return false
	}
	switch k.algorithm {
	case ES256:
		digest := sha256.Sum256(content)
		var r, s big.Int
		r.SetBytes(signature[:signatureBytes/2])
		s.SetBytes(signature[signatureBytes/2:])
		return ecdsa.Verify(k.p256, digest[:], &r, &s)
	case EdDSA:
		return ed25519.Verify(k.ed25519, content, signature)
	}
	return false
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
		return Signer{}, errors.New("no private key")
	}
	key, err := NewKey(private.Public())
	if err != nil {
		return Signer{}, err
	}
	signer, err := cose.NewSigner(cose.Algorithm(key.algorithm), private)
	if err != nil {
		return Signer{}, fmt.Errorf("private key: %w", err)
	}
	return Signer{signer: signer, key: key}, nil
}

// Key returns the public half.
func (s Signer) Key() Key { return s.key }

func (s Signer) sign(content []byte) ([]byte, error) {
	if s.signer == nil {
		return nil, errors.New("no private key")
	}
	return s.signer.Sign(rand.Reader, content)
}
