package locktest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"trilock/firmware-protocols/lockwire"
)

// Token is a person's security key with a browser around it: it answers what
// navigator.credentials.get would.
type Token struct {
	// Key is ECDSA on P-256 or Ed25519.
	Key crypto.Signer
	// RelyingParty is the id for which the key was registered, Origin the page's address.
	RelyingParty, Origin string
	// Count is the signature counter; each assertion adds one.
	Count uint32
}

// Assert makes the assertion over an approval, as the console hands it on: the signature
// is 64 bytes whatever the browser delivered.
func (k *Token) Assert(challenge lockwire.Digest) (lockwire.Assertion, error) {
	const presentAndVerified = 0x05
	k.Count++
	id := sha256.Sum256([]byte(k.RelyingParty))
	a := lockwire.Assertion{
		AuthenticatorData: binary.BigEndian.AppendUint32(append(id[:], presentAndVerified), k.Count),
		ClientData: []byte(fmt.Sprintf(`{"type":"webauthn.get","challenge":"%s","origin":"%s","crossOrigin":false}`,
			base64.RawURLEncoding.EncodeToString(challenge[:]), k.Origin)),
	}
	data := sha256.Sum256(a.ClientData)
	signed := append(append([]byte{}, a.AuthenticatorData...), data[:]...)
	var err error
	switch k.Key.Public().(type) {
	case ed25519.PublicKey:
		a.Signature, err = k.Key.Sign(rand.Reader, signed, crypto.Hash(0))
	case *ecdsa.PublicKey:
		digest := sha256.Sum256(signed)
		var der []byte
		if der, err = k.Key.Sign(rand.Reader, digest[:], crypto.SHA256); err == nil {
			a.Signature, err = lockwire.RawSignature(der)
		}
	default:
		err = fmt.Errorf("a token with a key of type %T", k.Key)
	}
	if err != nil {
		return lockwire.Assertion{}, fmt.Errorf("asserting: %w", err)
	}
	return a, nil
}
