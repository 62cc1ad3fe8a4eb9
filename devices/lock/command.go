package lock

import (
	"context"
	"errors"
	"fmt"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"trilock/custody/fact"
	"trilock/firmware-protocols/lockwire"
)

// AbsentError says that a command was not sent, because a lock is not there to take it.
// Nothing is kept for later: ask again when the lock is up.
type AbsentError struct {
	Lock fact.DeviceID
	Code string // CodeOffline or CodeBrokerLost
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
	// (see Request for the digest). Empty: the controller key signs, the weaker form.
	Signature []byte
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
	var targets []*peer
	for _, lock := range locks {
		p := l.peers[lock]
		if p == nil || p.safe != safe {
			return fmt.Errorf("challenge for safe %s: %.60q is none of its locks", safe, lock)
		}
		targets = append(targets, p)
	}
	if len(targets) == 0 {
		return fmt.Errorf("challenge for safe %s: no lock named", safe)
	}
	return l.send(ctx, targets, lockwire.ChallengeRequest{Session: id, Safe: string(safe)})
}

// Request builds the request of an authorisation from its three signed challenges: what
// a person's own key has to sign the digest of. The same authorisation gives the same request.
func (l *Locks) Request(a Authorisation) (lockwire.Request, error) {
	session, err := l.sessions.id(a.Session)
	if err != nil {
		return lockwire.Request{}, fmt.Errorf("opening of safe %s: %w", a.Safe, err)
	}
	var challenges []lockwire.Challenge
	for i, raw := range a.Challenges {
		c, err := l.openChallenge(a.Safe, raw)
		if err != nil {
			return lockwire.Request{}, fmt.Errorf("opening of safe %s: challenge %d: %w", a.Safe, i+1, err)
		}
		challenges = append(challenges, c)
	}
	lifetime := a.Lifetime
	if lifetime == 0 {
		lifetime = lockwire.MaxLifetime
	}
	r, err := lockwire.NewRequest(string(a.Safe), session, a.Purpose, a.Documents, challenges, lifetime)
	if err != nil {
		return lockwire.Request{}, fmt.Errorf("opening of safe %s: %w", a.Safe, err)
	}
	return r, nil
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
	encoded, err := request.Encode()
	if err != nil {
		return fmt.Errorf("opening of safe %s: %w", a.Safe, err)
	}
	digest := request.Digest()
	authorise := lockwire.Authorise{Request: encoded, Approvals: []lockwire.Approval{}}
	for _, by := range a.Parties {
		approval := lockwire.Approval{Party: by.Party, Person: string(by.Person), Form: lockwire.ByPartyKey, Signature: by.Signature}
		if len(by.Signature) == 0 {
			if approval, err = lockwire.Approve(l.signer, digest, by.Party, string(by.Person), lockwire.ByController); err != nil {
				return fmt.Errorf("opening of safe %s: %w", a.Safe, err)
			}
		}
		authorise.Approvals = append(authorise.Approvals, approval)
	}
	var targets []*peer
	for _, q := range request.Locks {
		targets = append(targets, l.peers[deviceID(q.Lock)])
	}
	return l.send(ctx, targets, authorise)
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

// send signs a command for each target and publishes them in order, all or none: at
// QoS 1, never retained. It returns when the broker has them all.
func (l *Locks) send(ctx context.Context, targets []*peer, command lockwire.Command) error {
	sealed := make([][]byte, len(targets))
	for i, p := range targets {
		var err error
		if sealed[i], err = lockwire.Seal(l.signer, string(p.id), command); err != nil {
			return fmt.Errorf("lock %s: %w", p.id, err)
		}
	}
	s, tokens, err := l.publish(ctx, targets, sealed)
	if err != nil {
		return err
	}
	for i, token := range tokens {
		if err := s.settle(ctx, token, commandMax); err != nil {
			return fmt.Errorf("lock %s may not have got the command: %w", targets[i].id, err)
		}
	}
	return nil
}

// publish hands the commands to the connection while no other command can come between.
func (l *Locks) publish(ctx context.Context, targets []*peer, sealed [][]byte) (*session, []mqtt.Token, error) {
	l.sendMu.Lock()
	defer l.sendMu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	l.mu.Lock()
	s := l.session
	l.mu.Unlock()
	for _, p := range targets {
		if s == nil {
			return nil, nil, &AbsentError{p.id, CodeBrokerLost}
		}
		if !p.present.Load() {
			return nil, nil, &AbsentError{p.id, CodeOffline}
		}
	}
	tokens := make([]mqtt.Token, len(targets))
	for i, p := range targets {
		tokens[i] = s.client.Publish(lockwire.Topic(string(p.id), lockwire.RoleCommand), 1, false, sealed[i])
	}
	return s, tokens, nil
}
