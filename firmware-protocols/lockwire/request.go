package lockwire

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// Request is what the three parties approve and the locks that it names verify.
type Request struct {
	Version uint64    `cbor:"1,keyasint"`
	Act     Act       `cbor:"2,keyasint"`
	Safe    string    `cbor:"3,keyasint"`
	Session SessionID `cbor:"4,keyasint"`
	// Purpose is the stated purpose in the words of who asked, 1 to MaxPurposeBytes.
	Purpose string `cbor:"5,keyasint"`
	// Content is, of ActOpen, the DocumentsDigest of the documents meant to go in or out;
	// of ActTrust, the digest of the new trust list.
	Content Digest `cbor:"6,keyasint"`
	// Locks quotes the challenges, in ascending order of the locks' ids: three of an
	// opening, one to three of a trust list.
	Locks []Quote `cbor:"7,keyasint"`
	// LifetimeSeconds is 1 to 60. A lock counts it from the instant it made its own
	// nonce, on its own clock: no two clocks are compared.
	LifetimeSeconds uint8 `cbor:"8,keyasint"`
}

// NewRequest builds the request that quotes three verified challenges of one session, to
// open the safe. Lifetime is rounded down to whole seconds. It fails when the challenges
// are not of three different locks of this safe and this session, made for an opening,
// or when a field is over its limit.
func NewRequest(safe string, session SessionID, purpose string, documents []string, challenges []Challenge, lifetime time.Duration) (Request, error) {
	r := Request{Version: Version, Act: ActOpen, Safe: safe, Session: session, Purpose: purpose, Content: DocumentsDigest(documents)}
	return r.quoting(challenges, lifetime)
}

// NewTrustRequest builds the request to put a new trust list, of the given digest, in
// the place of the present one, in the one to three locks whose challenges it quotes.
func NewTrustRequest(safe string, session SessionID, purpose string, list Digest, challenges []Challenge, lifetime time.Duration) (Request, error) {
	r := Request{Version: Version, Act: ActTrust, Safe: safe, Session: session, Purpose: purpose, Content: list}
	return r.quoting(challenges, lifetime)
}

func (r Request) quoting(challenges []Challenge, lifetime time.Duration) (Request, error) {
	seconds := lifetime / time.Second
	if seconds < 1 || lifetime > MaxLifetime {
		return Request{}, fmt.Errorf("request with a lifetime of %v: want 1 s to %v", lifetime, MaxLifetime)
	}
	r.LifetimeSeconds = uint8(seconds)
	for _, c := range challenges {
		switch {
		case c.Safe != r.Safe:
			return Request{}, fmt.Errorf("lock %s guards safe %s, not %s", c.Lock, c.Safe, r.Safe)
		case c.Session != r.Session:
			return Request{}, fmt.Errorf("lock %s's challenge belongs to session %v, not %v", c.Lock, c.Session, r.Session)
		case c.Act != r.Act:
			return Request{}, fmt.Errorf("lock %s's challenge is for the act %v, not %v", c.Lock, c.Act, r.Act)
		}
		r.Locks = append(r.Locks, Quote{Lock: c.Lock, Nonce: c.Nonce, Boot: c.Boot, Counter: c.Counter})
	}
	slices.SortFunc(r.Locks, func(a, b Quote) int { return strings.Compare(a.Lock, b.Lock) })
	if err := r.check(); err != nil {
		return Request{}, fmt.Errorf("request: %w", err)
	}
	return r, nil
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
	if len(raw) > MaxMessageBytes {
		return Request{}, refuse(CodeTooLong, fmt.Sprintf("request of %d bytes", len(raw)))
	}
	var q request
	if wrong := q.parse(raw); wrong.is() {
		wrong.detail = "request: " + wrong.detail
		return Request{}, wrong.error()
	}
	r := Request{Version: Version, Act: q.act, Safe: string(q.safe), Session: q.session, Purpose: string(q.purpose), Content: q.content, LifetimeSeconds: q.lifetime}
	for _, l := range q.quotes[:q.count] {
		r.Locks = append(r.Locks, Quote{Lock: string(l.lock), Nonce: l.nonce, Boot: l.boot, Counter: l.counter})
	}
	return r, nil
}

func (r Request) check() error {
	if r.Version != Version {
		return fmt.Errorf("version %d: this side speaks %d", r.Version, Version)
	}
	if r.Act != ActOpen && r.Act != ActTrust {
		return fmt.Errorf("act %d is neither 1 nor 2", r.Act)
	}
	if err := checkName("safe", r.Safe); err != nil {
		return err
	}
	if err := checkText("purpose", r.Purpose, 1, MaxPurposeBytes); err != nil {
		return err
	}
	if uint64(len(r.Locks)) < r.Act.fewestLocks() || len(r.Locks) > LocksPerSafe {
		return fmt.Errorf("%d locks to %v: want %d to %d", len(r.Locks), r.Act, r.Act.fewestLocks(), LocksPerSafe)
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

// Approval is one person's yes, for one party, to one request.
type Approval struct {
	Party  Party  `cbor:"1,keyasint"`
	Person string `cbor:"2,keyasint"` // the person's number in the site's register
	Form   Form   `cbor:"3,keyasint"`
	// Signature is 64 bytes by the key that the form names: over ApprovalBytes, or, of
	// ByWebAuthn, over AuthenticatorData and the SHA-256 of ClientData.
	Signature []byte `cbor:"4,keyasint"`
	// AuthenticatorData and ClientData are of ByWebAuthn and of no other form.
	AuthenticatorData []byte `cbor:"5,keyasint,omitempty"`
	ClientData        []byte `cbor:"6,keyasint,omitempty"`
}

func (a Approval) check() error {
	if a.Party < Archivist || a.Party > Management {
		return fmt.Errorf("party %d is none of 1 to 3", a.Party)
	}
	if a.Form < ByController || a.Form > ByWebAuthn {
		return fmt.Errorf("form %d is none of 1 to 3", a.Form)
	}
	if len(a.Signature) != signatureBytes {
		return fmt.Errorf("signature of %d bytes: want %d", len(a.Signature), signatureBytes)
	}
	switch {
	case a.Form != ByWebAuthn && len(a.AuthenticatorData)+len(a.ClientData) > 0:
		return fmt.Errorf("an approval by %s with an assertion", a.Form)
	case a.Form == ByWebAuthn && len(a.AuthenticatorData) != authenticatorBytes:
		return fmt.Errorf("authenticatorData of %d bytes: want %d, without extensions", len(a.AuthenticatorData), authenticatorBytes)
	case a.Form == ByWebAuthn && (len(a.ClientData) == 0 || len(a.ClientData) > MaxClientDataBytes):
		return fmt.Errorf("clientDataJSON of %d bytes: want 1 to %d", len(a.ClientData), MaxClientDataBytes)
	}
	return checkText("person", a.Person, 1, MaxPersonBytes)
}

const (
	// approvalLabel keeps an approval's signature apart from every other signature of the same key.
	approvalLabel = "trilock-approval/2"
	// approvalBytes bounds what an approval signs.
	approvalBytes = 1 + 1 + len(approvalLabel) + 2 + digestBytes + 1 + 2 + MaxPersonBytes + 1
)

// ApprovalBytes returns what an approval signs: the deterministic encoding of
// ["trilock-approval/2", digest of the request, party, person, form].
func ApprovalBytes(digest Digest, party Party, person string, form Form) []byte {
	return appendApproval(nil, digest, party, person, form)
}

func appendApproval[S string | []byte](dst []byte, digest Digest, party Party, person S, form Form) []byte {
	dst = appendHead(dst, majorArray, 5)
	dst = appendText(dst, approvalLabel)
	dst = appendBytes(dst, digest[:])
	dst = appendHead(dst, majorUnsigned, uint64(party))
	dst = appendText(dst, person)
	return appendHead(dst, majorUnsigned, uint64(form))
}

// Approve signs an approval of the request with the given digest. The signer is the
// daemon's controller key or the person's own, as the form says. ByWebAuthn signs an
// assertion instead: see FromAssertion.
func Approve(signer Signer, digest Digest, party Party, person string, form Form) (Approval, error) {
	if form == ByWebAuthn {
		return Approval{}, errors.New("approval by webauthn: an authenticator signs it, not a key at hand")
	}
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
