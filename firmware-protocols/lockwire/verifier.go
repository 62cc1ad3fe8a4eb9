package lockwire

import (
	"fmt"
	"time"
)

// Trust is what a lock was told at commissioning: whose keys it believes.
type Trust struct {
	// Controller is the daemon's key: every command is signed with it.
	Controller Key
	// Parties says, for each of the three parties, how it must approve.
	Parties map[Party]PartyTrust
}

// PartyTrust says in which form one party must approve on one lock.
type PartyTrust struct {
	Form Form
	// Keys are the enrolled keys by the person's number. Needed for ByPartyKey, and refused for ByController.
	Keys map[string]Key
}

// ControllerTrust returns the trust list of a lock on which the daemon's controller key
// signs for all three parties: the weaker form.
func ControllerTrust(controller Key) Trust {
	t := Trust{Controller: controller, Parties: map[Party]PartyTrust{}}
	for _, p := range Parties() {
		t.Parties[p] = PartyTrust{Form: ByController}
	}
	return t
}

// check refuses a trust list with which fewer than three people could open a safe.
func (t Trust) check() error {
	if t.Controller.IsZero() {
		return fmt.Errorf("trust list without the daemon's controller key")
	}
	seen := map[[digestBytes]byte]string{t.Controller.Fingerprint(): "the controller"}
	if len(t.Parties) != ApprovalsNeeded {
		return fmt.Errorf("trust list of %d parties: want %d", len(t.Parties), ApprovalsNeeded)
	}
	for _, party := range Parties() {
		p := t.Parties[party]
		if p.Form != ByController && p.Form != ByPartyKey {
			return fmt.Errorf("trust list: party %s has no form of approval", party)
		}
		if (p.Form == ByPartyKey) != (len(p.Keys) > 0) {
			return fmt.Errorf("trust list: party %s approves by %s and has %d keys enrolled", party, p.Form, len(p.Keys))
		}
		if len(p.Keys) > MaxKeysPerParty {
			return fmt.Errorf("trust list: party %s has %d keys enrolled, %d at most", party, len(p.Keys), MaxKeysPerParty)
		}
		for person, key := range p.Keys {
			if err := checkText("person", person, 1, MaxPersonBytes); err != nil || key.IsZero() {
				return fmt.Errorf("trust list: party %s: person %.40q has no valid number or no key", party, person)
			}
			if holder, taken := seen[key.Fingerprint()]; taken && holder != person {
				return fmt.Errorf("trust list: %s and %s have the same key: one of them could approve for both", holder, person)
			}
			seen[key.Fingerprint()] = person
		}
	}
	return nil
}

// Identity is what a lock knows of itself.
type Identity struct {
	Lock, Safe string
	// Boot counts the times this lock started, from a memory that outlasts the power.
	Boot uint64
	// Firmware is what the lock says it is, at most MaxFirmwareBytes.
	Firmware string
}

// Verifier is a lock's judgement. It keeps the one outstanding challenge and is told the
// time: now is the lock's own monotonic time since it started, and never runs backwards.
// It is not safe for concurrent use.
type Verifier struct {
	self        Identity
	trust       Trust
	outstanding *Challenge
	issuedAt    time.Duration
}

// Grant is what an accepted Authorise allows.
type Grant struct {
	Session SessionID
	// Hold is how long, from now, the bolt may stay drawn while nobody opens the door.
	Hold time.Duration
	// Request is the request that was approved, for the lock's display and its own log.
	Request Request
}

// NewVerifier starts without a challenge. It refuses a trust list that names fewer than
// three parties, or under which one key speaks for two persons.
func NewVerifier(self Identity, trust Trust) (*Verifier, error) {
	probe := Challenge{Lock: self.Lock, Safe: self.Safe, Firmware: self.Firmware}
	if err := probe.check(); err != nil {
		return nil, fmt.Errorf("identity of a lock: %w", err)
	}
	if err := trust.check(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", self.Lock, err)
	}
	return &Verifier{self: self, trust: trust}, nil
}

// Command verifies and reads a message from the lock's command topic. The error is a *Refusal.
func (v *Verifier) Command(message []byte) (Command, error) {
	return OpenCommand(v.trust.Controller, v.self.Lock, message)
}

// Challenge answers a ChallengeRequest with a challenge made of the given fresh nonce
// and the counter of the message that will carry it. Asked again by the session whose
// challenge is still outstanding (a broker may deliver twice), it returns that
// challenge unchanged: a nonce never gets a second life. The error is a *Refusal.
func (v *Verifier) Challenge(request ChallengeRequest, nonce Nonce, counter uint64, now time.Duration) (Challenge, error) {
	if request.Safe != v.self.Safe {
		return Challenge{}, v.refuse(CodeWrongSafe, request.Session, "asked for safe "+request.Safe)
	}
	if o := v.outstanding; o != nil && o.Session == request.Session && v.age(now) <= MaxLifetime {
		return *o, nil
	}
	v.outstanding = &Challenge{
		Lock: v.self.Lock, Boot: v.self.Boot, Counter: counter, Session: request.Session,
		Safe: v.self.Safe, Nonce: nonce, Forms: 1<<(ByController-1) | 1<<(ByPartyKey-1), Firmware: v.self.Firmware,
	}
	v.issuedAt = now
	return *v.outstanding, nil
}

// Forget drops the outstanding challenge: for a lock that was told to relock, or opened by hand.
func (v *Verifier) Forget() { v.outstanding = nil }

// Authorise judges an Authorise. The first one that quotes the outstanding challenge's
// nonce uses the challenge up, whatever the outcome. The error is a *Refusal.
func (v *Verifier) Authorise(a Authorise, now time.Duration) (Grant, error) {
	request, err := DecodeRequest(a.Request)
	if err != nil {
		return Grant{}, err
	}
	quote, named := request.quoteOf(v.self.Lock)
	if !named {
		return Grant{}, v.refuse(CodeWrongLock, request.Session, "the request does not name this lock")
	}
	challenge := v.outstanding
	if challenge == nil {
		return Grant{}, v.refuse(CodeNoChallenge, request.Session, "")
	}
	if quote.Nonce == challenge.Nonce {
		v.outstanding = nil
	}
	if quote.Boot != challenge.Boot || quote.Counter != challenge.Counter {
		return Grant{}, v.refuse(CodeStaleCounter, request.Session,
			fmt.Sprintf("quotes boot %d counter %d", quote.Boot, quote.Counter))
	}
	if quote.Nonce != challenge.Nonce {
		return Grant{}, v.refuse(CodeWrongNonce, request.Session, "")
	}
	if request.Safe != v.self.Safe {
		return Grant{}, v.refuse(CodeWrongSafe, request.Session, "names safe "+request.Safe)
	}
	if request.Session != challenge.Session {
		return Grant{}, v.refuse(CodeWrongSession, request.Session, "the challenge belongs to session "+challenge.Session.String())
	}
	if age := v.age(now); age < 0 || age > request.Lifetime() {
		return Grant{}, v.refuse(CodeExpired, request.Session, fmt.Sprintf("the nonce is %v old", age))
	}
	if refusal := v.judgeApprovals(request, a.Approvals); refusal != nil {
		return Grant{}, refusal
	}
	return Grant{Session: request.Session, Hold: request.Lifetime(), Request: request}, nil
}

// judgeApprovals wants three approvals of three different persons of three different
// parties, each in the form that this lock demands of the party, each signed over this request.
func (v *Verifier) judgeApprovals(request Request, approvals []Approval) error {
	if len(approvals) < ApprovalsNeeded {
		return v.refuse(CodeMissingApproval, request.Session, fmt.Sprintf("%d of %d", len(approvals), ApprovalsNeeded))
	}
	parties, persons := map[Party]bool{}, map[string]bool{}
	for _, a := range approvals {
		if parties[a.Party] {
			return v.refuse(CodeSamePartyTwice, request.Session, a.Party.String())
		}
		parties[a.Party] = true
	}
	for _, a := range approvals {
		if persons[a.Person] {
			return v.refuse(CodeSamePersonTwice, request.Session, a.Person)
		}
		persons[a.Person] = true
	}
	digest := request.Digest()
	for _, a := range approvals {
		if refusal := v.judgeApproval(request.Session, digest, a); refusal != nil {
			return refusal
		}
	}
	return nil
}

func (v *Verifier) judgeApproval(session SessionID, digest Digest, a Approval) error {
	trust, known := v.trust.Parties[a.Party]
	if !known || a.Form != trust.Form {
		return v.refuse(CodeWrongForm, session, fmt.Sprintf("%s approved by %s, this lock wants %s", a.Party, a.Form, trust.Form))
	}
	key := v.trust.Controller
	if a.Form == ByPartyKey {
		if key, known = trust.Keys[a.Person]; !known {
			return v.refuse(CodeUnknownPerson, session, fmt.Sprintf("%s for %s", a.Person, a.Party))
		}
	}
	if !key.verify(ApprovalBytes(digest, a.Party, a.Person, a.Form), a.Signature) {
		return v.refuse(CodeBadSignature, session, fmt.Sprintf("approval of %s for %s", a.Person, a.Party))
	}
	return nil
}

func (v *Verifier) age(now time.Duration) time.Duration { return now - v.issuedAt }

func (v *Verifier) refuse(code Code, session SessionID, detail string) error {
	return &Refusal{Code: code, Session: session, Detail: detail}
}
