package lock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"trilock/custody/fact"
	"trilock/devices/lock/link"
	"trilock/firmware-protocols/lockwire"
)

// AbsentError says that a command was not sent, because a lock is not there to take it.
// Nothing is kept for later: ask again when the lock is up.
type AbsentError struct {
	Lock fact.DeviceID
	Code string // CodeOffline, CodeVersion or CodeBrokerLost
}

// Error names the lock and why it is absent.
func (e *AbsentError) Error() string {
	return fmt.Sprintf("lock %s takes no command now (%s): nothing was sent to it", e.Lock, e.Code)
}

// Approver is one party's person in an Authorisation.
type Approver struct {
	Party  lockwire.Party
	Person fact.PersonID
	// Signature is the person's own, over lockwire.ApprovalBytes with the form ByPartyKey
	// (see Request for the digest).
	Signature []byte
	// Assertion is the person's own by WebAuthn, over lockwire.AssertionChallenge. With
	// neither, the controller key signs, the weaker form.
	Assertion *lockwire.Assertion
}

// TrustChange is everything that a new trust list needs.
type TrustChange struct {
	Safe    fact.SafeID
	Session string // the record's name of the change, as given to ProposeTrust
	// Purpose in the words of who asked, 1 to 200 bytes.
	Purpose string
	Trust   lockwire.Trust
	// Challenges are the LockChallenge.Challenge of this session, of the one to three locks
	// that are to take the list.
	Challenges [][]byte
	// Lifetime, 1 s to 60 s, counts from each lock's own challenge; 0 takes 60 s.
	Lifetime time.Duration
	Parties  []Approver
}

// Authorisation is everything that an opening needs.
type Authorisation struct {
	Safe    fact.SafeID
	Session string // the record's name of the opening, as given to Challenge
	// Purpose in the words of who asked, 1 to 200 bytes.
	Purpose string
	// Documents meant to go in or out; none for an inspection.
	Documents []string
	// Challenges are the three LockChallenge.Challenge of this session, in any order.
	Challenges [][]byte
	// Lifetime, 1 s to 60 s, counts from each lock's own challenge; 0 takes 60 s.
	Lifetime time.Duration
	Parties  []Approver
}

// Challenge asks locks of one safe for a nonce for one session (the record's
// name of the opening, 1 to 64 bytes, new for each attempt). The answers come as
// LockChallenge. It returns when the broker has the requests; when a lock is absent, an
// AbsentError, and nothing is sent to any.
func (l *Locks) Challenge(ctx context.Context, safe fact.SafeID, session string, locks []fact.DeviceID) error {
	id, err := l.sessions.id(session)
	if err != nil {
		return fmt.Errorf("challenge for safe %s: %w", safe, err)
	}
	targets, err := l.locksOf(safe, locks)
	if err != nil {
		return fmt.Errorf("challenge for safe %s: %w", safe, err)
	}
	return l.send(ctx, targets, lockwire.ChallengeRequest{Session: id, Safe: string(safe)})
}

// locksOf returns the named locks, all of which must be the safe's.
func (l *Locks) locksOf(safe fact.SafeID, locks []fact.DeviceID) ([]*peer, error) {
	var targets []*peer
	for _, lock := range locks {
		p := l.peers[lock]
		if p == nil || p.safe != safe {
			return nil, fmt.Errorf("%.60q is none of its locks", lock)
		}
		targets = append(targets, p)
	}
	if len(targets) == 0 {
		return nil, errors.New("no lock named")
	}
	return targets, nil
}

// ProposeTrust hands locks of one safe a new trust list and asks each for a nonce for
// it, for one session (a name of the record, as for Challenge). The answers come as
// LockChallenge, or as a LockResult of a lock that would not take the list. It returns
// when the broker has the proposals; when a lock is absent, an AbsentError, and nothing
// is sent to any.
func (l *Locks) ProposeTrust(ctx context.Context, safe fact.SafeID, session string, trust lockwire.Trust, locks []fact.DeviceID) error {
	id, err := l.sessions.id(session)
	if err != nil {
		return fmt.Errorf("trust list for safe %s: %w", safe, err)
	}
	targets, err := l.locksOf(safe, locks)
	if err != nil {
		return fmt.Errorf("trust list for safe %s: %w", safe, err)
	}
	encoded, err := trust.Encode()
	if err != nil {
		return fmt.Errorf("trust list for safe %s: %w", safe, err)
	}
	return l.send(ctx, targets, lockwire.ProposeTrust{Session: id, Safe: string(safe), Trust: encoded})
}

// Request builds the request of an authorisation from its three signed challenges: what
// a person's own key has to sign the digest of. The same authorisation gives the same request.
func (l *Locks) Request(a Authorisation) (lockwire.Request, error) {
	session, challenges, err := l.quoted(a.Safe, a.Session, a.Challenges)
	if err != nil {
		return lockwire.Request{}, fmt.Errorf("opening of safe %s: %w", a.Safe, err)
	}
	r, err := lockwire.NewRequest(string(a.Safe), session, a.Purpose, a.Documents, challenges, cmp.Or(a.Lifetime, lockwire.MaxLifetime))
	if err != nil {
		return lockwire.Request{}, fmt.Errorf("opening of safe %s: %w", a.Safe, err)
	}
	return r, nil
}

// TrustRequest builds the request of a change of the trust list from its signed
// challenges, as Request does for an opening.
func (l *Locks) TrustRequest(c TrustChange) (lockwire.Request, error) {
	session, challenges, err := l.quoted(c.Safe, c.Session, c.Challenges)
	if err != nil {
		return lockwire.Request{}, fmt.Errorf("trust list for safe %s: %w", c.Safe, err)
	}
	if _, err := c.Trust.Encode(); err != nil {
		return lockwire.Request{}, fmt.Errorf("trust list for safe %s: %w", c.Safe, err)
	}
	r, err := lockwire.NewTrustRequest(string(c.Safe), session, c.Purpose, c.Trust.Digest(), challenges, cmp.Or(c.Lifetime, lockwire.MaxLifetime))
	if err != nil {
		return lockwire.Request{}, fmt.Errorf("trust list for safe %s: %w", c.Safe, err)
	}
	return r, nil
}

// quoted verifies the signed challenges of one session.
func (l *Locks) quoted(safe fact.SafeID, session string, signed [][]byte) (lockwire.SessionID, []lockwire.Challenge, error) {
	id, err := l.sessions.id(session)
	if err != nil {
		return id, nil, err
	}
	var challenges []lockwire.Challenge
	for i, raw := range signed {
		c, err := l.openChallenge(safe, raw)
		if err != nil {
			return id, nil, fmt.Errorf("challenge %d: %w", i+1, err)
		}
		challenges = append(challenges, c)
	}
	return id, challenges, nil
}

// openChallenge finds the lock of this safe that signed the challenge.
func (l *Locks) openChallenge(safe fact.SafeID, raw []byte) (lockwire.Challenge, error) {
	refusal := errors.New("the safe has no locks")
	for _, p := range l.order {
		if p.safe != safe {
			continue
		}
		event, err := lockwire.OpenEvent(p.key, string(p.id), raw)
		if err != nil {
			refusal = err
			continue
		}
		c, ok := event.(lockwire.Challenge)
		if !ok {
			return c, fmt.Errorf("lock %s signed it, but it is no challenge", p.id)
		}
		return c, nil
	}
	return lockwire.Challenge{}, fmt.Errorf("signed by no lock of the safe: %w", refusal)
}

// Authorise builds one request, approves it for each party, and sends the same
// Authorise to all three locks. Whether it is enough, the locks judge. The answers come
// as LockResult. It returns when the broker has all three; when a lock is absent, an
// AbsentError, and nothing is sent to any.
func (l *Locks) Authorise(ctx context.Context, a Authorisation) error {
	request, err := l.Request(a)
	if err != nil {
		return err
	}
	if err := l.approved(ctx, request, a.Parties); err != nil {
		return fmt.Errorf("opening of safe %s: %w", a.Safe, err)
	}
	return nil
}

// ChangeTrust builds one request for the new trust list, approves it for each party, and
// sends it to the locks whose challenges it quotes, as Authorise does for an opening.
// From a lock's acceptance (a LockResult) on, the lock obeys the list's controller key:
// if that is another one, the daemon must be started with it.
func (l *Locks) ChangeTrust(ctx context.Context, c TrustChange) error {
	request, err := l.TrustRequest(c)
	if err != nil {
		return err
	}
	if err := l.approved(ctx, request, c.Parties); err != nil {
		return fmt.Errorf("trust list for safe %s: %w", c.Safe, err)
	}
	return nil
}

// approved sends a request with its approvals to every lock that it names.
func (l *Locks) approved(ctx context.Context, request lockwire.Request, parties []Approver) error {
	encoded, err := request.Encode()
	if err != nil {
		return err
	}
	digest := request.Digest()
	authorise := lockwire.Authorise{Request: encoded, Approvals: []lockwire.Approval{}}
	for _, by := range parties {
		approval, err := l.approval(digest, by)
		if err != nil {
			return err
		}
		authorise.Approvals = append(authorise.Approvals, approval)
	}
	var targets []*peer
	for _, q := range request.Locks {
		targets = append(targets, l.peers[deviceID(q.Lock)])
	}
	return l.send(ctx, targets, authorise)
}

func (l *Locks) approval(digest lockwire.Digest, by Approver) (lockwire.Approval, error) {
	switch {
	case by.Assertion != nil:
		return lockwire.FromAssertion(by.Party, string(by.Person), *by.Assertion)
	case len(by.Signature) > 0:
		return lockwire.Approval{Party: by.Party, Person: string(by.Person), Form: lockwire.ByPartyKey, Signature: by.Signature}, nil
	}
	return lockwire.Approve(l.signer, digest, by.Party, string(by.Person), lockwire.ByController)
}

// Relock tells all locks of a safe to throw their bolts. The locks that are there are
// told in any case; the error names, as AbsentErrors, those that are not. Reason is one
// word of a-z, 0-9 and '-'. A reason or a session that the wire cannot carry is left
// out: no slip of the pen keeps a safe open.
func (l *Locks) Relock(ctx context.Context, safe fact.SafeID, session, reason string) error {
	id, err := l.sessions.id(session)
	if err != nil {
		id = lockwire.SessionID{}
	}
	if !lockwire.ValidName(reason) || len(reason) > lockwire.MaxReasonBytes {
		reason = "unspecified"
	}
	var all []error
	known := false
	for _, p := range l.order {
		if p.safe == safe {
			known = true
			all = append(all, l.send(ctx, []*peer{p}, lockwire.Relock{Session: id, Reason: reason}))
		}
	}
	if !known {
		return fmt.Errorf("relocking safe %.60q: no lock is configured for it", safe)
	}
	return errors.Join(all...)
}

// send signs a command for each target and publishes them in order, all or none. It
// returns when the broker has them all.
func (l *Locks) send(ctx context.Context, targets []*peer, command lockwire.Command) error {
	commands := make([]link.Command, len(targets))
	for i, p := range targets {
		sealed, err := lockwire.Seal(l.signer, string(p.id), command)
		if err != nil {
			return fmt.Errorf("lock %s: %w", p.id, err)
		}
		commands[i] = link.Command{Lock: p.id, Topic: lockwire.Topic(string(p.id), lockwire.RoleCommand), Payload: sealed}
	}
	return l.link.Send(ctx, commands, func(i int, connected bool) error { return targets[i].absent(connected) })
}

// absent says why the lock takes no command; nil when it takes one.
func (p *peer) absent(connected bool) error {
	switch {
	case !connected:
		return &AbsentError{p.id, CodeBrokerLost}
	case !p.present.Load():
		return &AbsentError{p.id, CodeOffline}
	case p.foreign.Load():
		return &AbsentError{p.id, CodeVersion}
	}
	return nil
}
