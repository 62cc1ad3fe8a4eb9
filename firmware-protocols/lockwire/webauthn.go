package lockwire

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

// Assertion is what navigator.credentials.get answers, as the browser hands it over.
type Assertion struct {
	// AuthenticatorData is exactly 37 bytes: an assertion made for us has no extensions.
	AuthenticatorData []byte
	// ClientData is clientDataJSON, at most MaxClientDataBytes.
	ClientData []byte
	// Signature is 64 bytes. Of an ES256 credential browsers hand over DER: see RawSignature.
	Signature []byte
}

// AssertionChallenge returns what a browser must be given as the challenge of an approval
// by WebAuthn: the SHA-256 of ApprovalBytes with the form ByWebAuthn.
func AssertionChallenge(digest Digest, party Party, person string) Digest {
	return sha256.Sum256(ApprovalBytes(digest, party, person, ByWebAuthn))
}

// FromAssertion makes the approval that carries an assertion. It fails when the
// assertion does not fit the wire; whether it holds, the locks judge.
func FromAssertion(party Party, person string, assertion Assertion) (Approval, error) {
	a := Approval{Party: party, Person: person, Form: ByWebAuthn,
		Signature: assertion.Signature, AuthenticatorData: assertion.AuthenticatorData, ClientData: assertion.ClientData}
	if err := a.check(); err != nil {
		return Approval{}, fmt.Errorf("approval of %s for %s: %w", person, party, err)
	}
	return a, nil
}

var errNotDER = errors.New("not the DER encoding of an ECDSA signature on P-256")

// RawSignature turns the DER of an ES256 assertion (WebAuthn section 6.5.5) into r||s, so
// that no lock has to read DER. It accepts the one encoding of each number (X.690 section
// 10), positive and of at most 32 bytes, and nothing behind it.
func RawSignature(der []byte) ([]byte, error) {
	const sequence = 0x30
	if len(der) < 2 || der[0] != sequence || int(der[1]) != len(der)-2 {
		return nil, errNotDER // a length of 128 and more is never needed here
	}
	raw := make([]byte, signatureBytes)
	rest, okay := derNumber(raw[:signatureBytes/2], der[2:])
	if okay {
		rest, okay = derNumber(raw[signatureBytes/2:], rest)
	}
	if !okay || len(rest) > 0 {
		return nil, errNotDER
	}
	return raw, nil
}

// derNumber reads one positive INTEGER into dst, right-justified.
func derNumber(dst, der []byte) (rest []byte, okay bool) {
	const integer = 0x02
	if len(der) < 3 || der[0] != integer || int(der[1]) > len(der)-2 || der[1] == 0 {
		return nil, false
	}
	n, rest := der[2:2+der[1]], der[2+der[1]:]
	switch {
	case n[0] >= 0x80: // negative
		return nil, false
	case n[0] == 0 && (len(n) == 1 || n[1] < 0x80): // zero, or a zero byte too many
		return nil, false
	case n[0] == 0:
		n = n[1:]
	}
	if len(n) > len(dst) {
		return nil, false
	}
	copy(dst[len(dst)-len(n):], n)
	return rest, true
}

// Flags of authenticatorData (WebAuthn section 6.1).
const (
	flagPresent  = 1 << 0 // UP
	flagVerified = 1 << 2 // UV
)

// assertionFits checks everything of an assertion but its signature and its counter:
// the challenge is of this very approval, the console's address and relying party are
// the site's, the person was present and was verified, and the key cannot be copied.
func (rp *RelyingParty) assertionFits(a *approval, challenge Digest) fault {
	if f := rp.clientDataFits(a.clientData, challenge); f.is() {
		return f
	}
	if [digestBytes]byte(a.authenticator) != rp.IDHash {
		return fault{CodeWrongRelyingParty, "rpIdHash is not the site's"}
	}
	// Present and verified, and no other flag: no attested data and no extensions, which
	// nobody asked for; not eligible for backup, because such a key leaves the token.
	if a.authenticator[digestBytes] != flagPresent|flagVerified {
		return fault{CodeNotVerified, "the flags are not exactly user present and user verified"}
	}
	return fault{}
}

// clientDataFits is the limited verification algorithm (WebAuthn section 5.8.1.2): what
// every browser must write, compared byte for byte, without reading JSON. What follows
// the four known members, browsers may make up; it is signed, and ignored.
func (rp *RelyingParty) clientDataFits(data []byte, challenge Digest) fault {
	var encoded [43]byte
	base64.RawURLEncoding.Encode(encoded[:], challenge[:])
	rest, okay := cutPrefix(data, `{"type":"webauthn.get","challenge":"`)
	if !okay {
		return fault{CodeWrongClientData, "not the client data of an assertion"}
	}
	if len(rest) < len(encoded) || [43]byte(rest[:len(encoded)]) != encoded {
		return fault{CodeWrongClientData, "the challenge is not this approval's"}
	}
	if rest, okay = cutPrefix(rest[len(encoded):], `","origin":"`); !okay {
		return fault{CodeWrongClientData, "no origin behind the challenge"}
	}
	if rest, okay = rp.cutOrigin(rest); !okay {
		return fault{CodeWrongOrigin, "the origin is none of the site's"}
	}
	if rest, okay = cutPrefix(rest, `,"crossOrigin":false`); !okay {
		return fault{CodeWrongClientData, "from inside another site's page, or it does not say"}
	}
	if string(rest) == "}" || len(rest) > 1 && rest[0] == ',' && rest[len(rest)-1] == '}' {
		return fault{}
	}
	return fault{CodeWrongClientData, "neither the end nor another member behind crossOrigin"}
}

// cutOrigin takes one of the allowed origins and its closing quote off the front.
func (rp *RelyingParty) cutOrigin(data []byte) ([]byte, bool) {
	for _, origin := range rp.Origins {
		if rest, okay := cutPrefix(data, origin); okay && len(rest) > 0 && rest[0] == '"' {
			return rest[1:], true
		}
	}
	return data, false
}

func cutPrefix(data []byte, prefix string) ([]byte, bool) {
	if len(data) < len(prefix) || string(data[:len(prefix)]) != prefix {
		return data, false
	}
	return data[len(prefix):], true
}

// appendAssertionSigned appends what an assertion's signature covers.
func appendAssertionSigned(dst []byte, a *approval) []byte {
	hash := sha256.Sum256(a.clientData)
	return append(append(dst, a.authenticator...), hash[:]...)
}

// signCount returns the authenticator's own count of its signatures.
func (a *approval) signCount() uint32 {
	return binary.BigEndian.Uint32(a.authenticator[digestBytes+1:])
}
