package lockwire

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// Digest is the SHA-256 of a deterministic encoding.
type Digest [digestBytes]byte

// Quote names one lock's challenge inside a Request.
type Quote struct {
	Lock    string `cbor:"1,keyasint"`
	Nonce   Nonce  `cbor:"2,keyasint"`
	Boot    uint64 `cbor:"3,keyasint"`
	Counter uint64 `cbor:"4,keyasint"`
}

// Request is what the three parties approve and all three locks verify.
type Request struct {
	Version uint64    `cbor:"1,keyasint"`
	Safe    string    `cbor:"2,keyasint"`
	Session SessionID `cbor:"3,keyasint"`
	// Purpose is the stated purpose in the words of who asked, 1 to MaxPurposeBytes.
	Purpose string `cbor:"4,keyasint"`
	// Documents is the DocumentsDigest of the documents meant to go in or out.
	Documents Digest `cbor:"5,keyasint"`
	// Locks quotes the three challenges, in ascending order of the locks' ids.
	Locks []Quote `cbor:"6,keyasint"`
	// LifetimeSeconds is 1 to 60. A lock counts it from the instant it made its own
	// nonce, on its own clock: no two clocks are compared.
	LifetimeSeconds uint8 `cbor:"7,keyasint"`
}

// NewRequest builds the request that quotes three verified challenges of one session.
// Lifetime is rounded down to whole seconds. It fails when the challenges are not of
// three different locks of this safe and this session, or a field is over its limit.
func NewRequest(safe string, session SessionID, purpose string, documents []string, challenges []Challenge, lifetime time.Duration) (Request, error) {
	seconds := lifetime / time.Second
	if seconds < 1 || lifetime > MaxLifetime {
		return Request{}, fmt.Errorf("request with a lifetime of %v: want 1 s to %v", lifetime, MaxLifetime)
	}
	r := Request{
		Version: Version, Safe: safe, Session: session, Purpose: purpose,
		Documents: DocumentsDigest(documents), LifetimeSeconds: uint8(seconds),
	}
	for _, c := range challenges {
		if c.Safe != safe {
			return Request{}, fmt.Errorf("lock %s guards safe %s, not %s", c.Lock, c.Safe, safe)
		}
		if c.Session != session {
			return Request{}, fmt.Errorf("lock %s's challenge belongs to session %v, not %v", c.Lock, c.Session, session)
		}
		r.Locks = append(r.Locks, Quote{Lock: c.Lock, Nonce: c.Nonce, Boot: c.Boot, Counter: c.Counter})
	}
	slices.SortFunc(r.Locks, func(a, b Quote) int {
		if a.Lock < b.Lock {
			return -1
		}
		if a.Lock > b.Lock {
			return 1
		}
		return 0
	})
	return r, r.check()
}

// DocumentsDigest returns the SHA-256 of the deterministic encoding of the documents'
// numbers, sorted by their bytes and without repeats. No documents (an inspection) have a digest too.
func DocumentsDigest(numbers []string) Digest {
	sorted := append([]string{}, numbers...)
	slices.Sort(sorted)
	return sha256.Sum256(encode(slices.Compact(sorted)))
}

// Encode returns the deterministic encoding that goes into an Authorise.
func (r Request) Encode() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	return encode(r), nil
}

// Digest returns what the parties approve: the SHA-256 of the deterministic encoding.
func (r Request) Digest() Digest { return sha256.Sum256(encode(r)) }

// DecodeRequest reads what Encode wrote. The error is a *Refusal.
func DecodeRequest(raw []byte) (Request, error) {
	var r Request
	if len(raw) > MaxMessageBytes {
		return r, refuse(CodeTooLong, fmt.Sprintf("request of %d bytes", len(raw)))
	}
	if v, other := otherVersion(raw); other {
		return r, refuse(CodeUnsupportedVersion, fmt.Sprintf("request of version %d, this side speaks %d", v, Version))
	}
	if err := decodeStrict(raw, &r); err != nil {
		return Request{}, refuse(CodeBadEncoding, "request: "+err.Error())
	}
	if err := r.check(); err != nil {
		return Request{}, refuse(CodeBadEncoding, "request: "+err.Error())
	}
	return r, nil
}

func (r Request) check() error {
	if r.Version != Version {
		return fmt.Errorf("version %d: this side speaks %d", r.Version, Version)
	}
	if err := checkName("safe", r.Safe); err != nil {
		return err
	}
	if err := checkText("purpose", r.Purpose, 1, MaxPurposeBytes); err != nil {
		return err
	}
	if len(r.Locks) != LocksPerSafe {
		return fmt.Errorf("%d locks: a safe has %d", len(r.Locks), LocksPerSafe)
	}
	for i, q := range r.Locks {
		if err := checkName("lock", q.Lock); err != nil {
			return err
		}
		if i > 0 && q.Lock <= r.Locks[i-1].Lock {
			return fmt.Errorf("lock %s twice, or not in ascending order", q.Lock)
		}
	}
	if r.LifetimeSeconds < 1 || time.Duration(r.LifetimeSeconds)*time.Second > MaxLifetime {
		return fmt.Errorf("lifetime of %d s: want 1 to %d", r.LifetimeSeconds, int(MaxLifetime/time.Second))
	}
	return nil
}

// Lifetime returns how long after a lock made its nonce that lock accepts the request.
func (r Request) Lifetime() time.Duration { return time.Duration(r.LifetimeSeconds) * time.Second }

// quoteOf returns the quote of one lock's challenge.
func (r Request) quoteOf(lock string) (Quote, bool) {
	for _, q := range r.Locks {
		if q.Lock == lock {
			return q, true
		}
	}
	return Quote{}, false
}

// Approval is one person's yes, for one party, to one request.
type Approval struct {
	Party  Party  `cbor:"1,keyasint"`
	Person string `cbor:"2,keyasint"` // the person's number in the site's register
	Form   Form   `cbor:"3,keyasint"`
	// Signature is 64 bytes by the key that the form names, over ApprovalBytes.
	Signature []byte `cbor:"4,keyasint"`
}

func (a Approval) check() error {
	if a.Party < Archivist || a.Party > Management {
		return fmt.Errorf("party %d is none of 1 to 3", a.Party)
	}
	if a.Form != ByController && a.Form != ByPartyKey {
		return fmt.Errorf("form %d is neither 1 nor 2", a.Form)
	}
	if len(a.Signature) != signatureBytes {
		return fmt.Errorf("signature of %d bytes: want %d", len(a.Signature), signatureBytes)
	}
	return checkText("person", a.Person, 1, MaxPersonBytes)
}

// approvalLabel keeps an approval's signature apart from every other signature of the same key.
const approvalLabel = "trilock-approval/1"

// ApprovalBytes returns what an approval signs: the deterministic encoding of
// ["trilock-approval/1", digest, party, person, form].
func ApprovalBytes(digest Digest, party Party, person string, form Form) []byte {
	return encode([]any{approvalLabel, digest[:], uint8(party), person, uint8(form)})
}

// Approve signs an approval of the request with the given digest. The signer is the
// daemon's controller key or the person's own, as the form says.
func Approve(signer Signer, digest Digest, party Party, person string, form Form) (Approval, error) {
	signature, err := signer.sign(ApprovalBytes(digest, party, person, form))
	if err != nil {
		return Approval{}, fmt.Errorf("approval of %s for %s: %w", person, party, err)
	}
	a := Approval{Party: party, Person: person, Form: form, Signature: signature}
	if err := a.check(); err != nil {
		return Approval{}, fmt.Errorf("approval: %w", err)
	}
	return a, nil
}
