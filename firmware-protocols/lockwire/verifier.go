package lockwire

import (
	"crypto/sha256"
	"fmt"
	"time"
)

// Identity is what a lock knows of itself.
type Identity struct {
	Lock, Safe string
	// Boot counts the times this lock started, from a memory that outlasts the power.
	Boot uint64
	// Firmware is what the lock says it is, at most MaxFirmwareBytes.
	Firmware string
	// Versions are those that the lock speaks; zero takes Spoken.
	Versions Versions
}

// Verifier is a lock's judgement. It keeps the one outstanding challenge and is told the
// time: now is the lock's own monotonic time since it started, and never runs backwards.
// It is not safe for concurrent use.
//
// It is written as a lock would have it. Everything it keeps has a fixed size, judging
// a message neither recurses nor allocates outside the crypto library, and what a
// message says is read where it lies in the buffer. The one exception is a ProposeTrust,
// whose list is taken apart into maps; it is signed by the controller and bounded.
type Verifier struct {
	self        Identity
	trust       Trust
	trustDigest Digest

	issued   bool // a challenge is outstanding
	quoted   Challenge
	issuedAt time.Duration

	// staged is the proposed list of the outstanding challenge; of no other act.
	staged       [MaxTrustBytes]byte
	stagedBytes  int
	approved     bool // the staged list: three parties have, and no other was proposed since
	stagedTrust  Trust
	stagedDigest Digest

	counts  map[[sha256.Size]byte]uint32 // of each enrolled authenticator's signatures, since this start
	scratch [toBeSignedBytes]byte
}

// Order is what a lock is to do after a message.
type Order uint8

// The orders. The zero Order is none.
const (
	OrderRefuse    Order = iota + 1 // send a Result with the code
	OrderIntroduce                  // send Capabilities: see Verifier.Introduce
	OrderReport                     // send a State with reason probe and the nonce
	OrderIssue                      // draw a nonce, and send what Verifier.Issue makes of it
	OrderDraw                       // send a Result, accepted; then draw the bolt
	OrderStore                      // store Verifier.Staged, adopt it, send a Result and a State
	OrderThrow                      // throw the bolt as soon as the door is shut
)

// String returns "refuse", "introduce", "report", "issue", "draw", "store" or "throw".
func (o Order) String() string {
	switch o {
	case OrderRefuse:
		return "refuse"
	case OrderIntroduce:
		return "introduce"
	case OrderReport:
		return "report"
	case OrderIssue:
		return "issue"
	case OrderDraw:
		return "draw"
	case OrderStore:
		return "store"
	case OrderThrow:
		return "throw"
	}
	return "none"
}

// Verdict is a Verifier's answer to one message.
type Verdict struct {
	Order   Order
	Session SessionID // as far as the message could be read
	Act     Act       // of OrderIssue: what the challenge is for
	// Nonce is of OrderReport and OrderIntroduce: what to echo.
	Nonce Nonce
	// Refused is of OrderIntroduce: the version that was refused, or 0.
	Refused uint64
	// Hold is of OrderDraw: how long, from now, the bolt may stay drawn while nobody opens the door.
	Hold time.Duration
	// Code and Detail are of OrderRefuse and say why.
	Code   Code
	Detail string
	// Stranger: the daemon did not sign it. Answer few of those.
	Stranger bool
}

// NewVerifier starts without a challenge. It refuses a trust list that names fewer than
// three parties, under which one key speaks for two persons, or of another safe.
func NewVerifier(self Identity, trust Trust) (*Verifier, error) {
	if self.Versions == (Versions{}) {
		self.Versions = Spoken()
	}
	probe := Capabilities{Lock: self.Lock, Firmware: self.Firmware, Lowest: self.Versions.Lowest, Highest: self.Versions.Highest}
	if err := probe.check(); err != nil {
		return nil, fmt.Errorf("identity of a lock: %w", err)
	}
	if _, err := trust.Encode(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", self.Lock, err)
	}
	if trust.Safe != self.Safe {
		return nil, fmt.Errorf("lock %s of safe %s: the trust list is of safe %s", self.Lock, self.Safe, trust.Safe)
	}
	v := &Verifier{self: self}
	v.use(trust)
	return v, nil
}

// use puts a trust list in force. Counts of keys that stay are kept.
func (v *Verifier) use(trust Trust) {
	counts := map[[sha256.Size]byte]uint32{}
	for _, p := range trust.Parties {
		for _, key := range p.Keys {
			counts[key.fingerprint] = v.counts[key.fingerprint]
		}
	}
	v.trust, v.trustDigest, v.counts = trust, trust.Digest(), counts
}

// TrustInForce returns the version and the digest of the list in force, for a State.
func (v *Verifier) TrustInForce() (uint32, Digest) { return v.trust.Version, v.trustDigest }

// Judge says what a lock is to do about a message of its command topic. The order of the
// checks is that of SPEC.md section 6.
func (v *Verifier) Judge(message []byte, now time.Duration) Verdict {
	e, f := parseEnvelope(message)
	if f.is() {
		return Verdict{Order: OrderRefuse, Code: f.code, Detail: f.detail, Stranger: true}
	}
	if !e.signedBy(v.trust.Controller, RoleCommand, v.self.Lock, v.scratch[:0]) {
		return Verdict{Order: OrderRefuse, Code: CodeBadSignature, Detail: "of the message", Stranger: true}
	}
	var c command
	f = c.parse(e.payload, v.self.Versions)
	switch {
	case f.code == CodeUnsupportedVersion:
		return Verdict{Order: OrderIntroduce, Refused: c.version}
	case f.is():
		return refused(c.session, f)
	}
	switch c.kind {
	case KindHello:
		return Verdict{Order: OrderIntroduce, Nonce: c.nonce}
	case KindProbe:
		return Verdict{Order: OrderReport, Nonce: c.nonce}
	case KindRelock:
		v.Forget()
		return Verdict{Order: OrderThrow, Session: c.session}
	case KindChallengeRequest:
		return v.askedToOpen(&c, now)
	case KindProposeTrust:
		return v.proposed(&c, now)
	}
	return v.authorise(&c, now)
}

func refused(session SessionID, f fault) Verdict {
	return Verdict{Order: OrderRefuse, Session: session, Code: f.code, Detail: f.detail}
}

func (v *Verifier) askedToOpen(c *command, now time.Duration) Verdict {
	if string(c.safe) != v.self.Safe {
		return refused(c.session, fault{CodeWrongSafe, "asked for a challenge of another safe"})
	}
	if !v.outstandingFor(c.session, ActOpen, now) {
		v.Forget()
	}
	return Verdict{Order: OrderIssue, Session: c.session, Act: ActOpen}
}

// outstandingFor reports whether the challenge of this session and act is outstanding
// and still young: asked again (a broker may deliver twice), a lock sends it again.
func (v *Verifier) outstandingFor(session SessionID, act Act, now time.Duration) bool {
	return v.issued && v.quoted.Session == session && v.quoted.Act == act && v.age(now) <= MaxLifetime
}

// proposed takes a list apart and keeps it, so that people are asked to approve only what
// this lock will take.
func (v *Verifier) proposed(c *command, now time.Duration) Verdict {
	if string(c.safe) != v.self.Safe {
		return refused(c.session, fault{CodeWrongSafe, "a trust list for another safe"})
	}
	digest := Digest(sha256.Sum256(c.trust))
	if v.outstandingFor(c.session, ActTrust, now) && digest == v.stagedDigest {
		return Verdict{Order: OrderIssue, Session: c.session, Act: ActTrust}
	}
	trust, f := decodeTrust(c.trust)
	if f.is() {
		return refused(c.session, f)
	}
	if trust.Safe != v.self.Safe {
		return refused(c.session, fault{CodeWrongSafe, "the trust list is of another safe"})
	}
	if trust.Version <= v.trust.Version {
		return refused(c.session, fault{CodeStaleTrust, "the list's version is not above the one in force"})
	}
	v.Forget()
	v.stagedBytes, v.approved = copy(v.staged[:], c.trust), false
	v.stagedTrust, v.stagedDigest = trust, digest
	return Verdict{Order: OrderIssue, Session: c.session, Act: ActTrust}
}

// Issue makes the challenge of an OrderIssue of the given fresh nonce and the counter of
// the message that will carry it. Asked again by the session whose challenge is still
// outstanding, it returns that challenge unchanged: a nonce never gets a second life.
func (v *Verifier) Issue(order Verdict, nonce Nonce, counter uint64, now time.Duration) Challenge {
	if v.outstandingFor(order.Session, order.Act, now) {
		return v.quoted
	}
	v.quoted = Challenge{
		Lock: v.self.Lock, Boot: v.self.Boot, Counter: counter, Session: order.Session,
		Safe: v.self.Safe, Nonce: nonce, Act: order.Act,
	}
	v.issued, v.issuedAt = true, now
	return v.quoted
}

// Introduce makes the Capabilities of an OrderIntroduce.
func (v *Verifier) Introduce(order Verdict, counter uint64) Capabilities {
	return Capabilities{
		Lock: v.self.Lock, Boot: v.self.Boot, Counter: counter, Echo: order.Nonce,
		Lowest: v.self.Versions.Lowest, Highest: v.self.Versions.Highest,
		Forms: formsSpoken, Firmware: v.self.Firmware, Refused: order.Refused,
	}
}

// Forget drops the outstanding challenge, and a proposed list with it: for a lock that
// was told to relock, or opened by hand.
func (v *Verifier) Forget() {
	v.issued, v.quoted = false, Challenge{}
	v.stagedBytes, v.approved, v.stagedTrust, v.stagedDigest = 0, false, Trust{}, Digest{}
}

// Staged returns the encoded list of an OrderStore. It is to be in a memory that
// outlasts the power, whole, before Adopt is called and before anybody is told.
func (v *Verifier) Staged() []byte { return v.staged[:v.stagedBytes] }

// Adopt puts the list of an OrderStore in force, once it is stored, and reports whether it
// did: a list that nobody has approved, or that was proposed after the OrderStore, is not
// put in force, in whatever order a firmware calls.
func (v *Verifier) Adopt() bool {
	if !v.approved {
		return false
	}
	v.use(v.stagedTrust)
	v.Forget()
	return true
}

func (v *Verifier) age(now time.Duration) time.Duration { return now - v.issuedAt }
