package daemon

import (
	"errors"
	"fmt"
	"net/url"
	"slices"

	"trilock/configs"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
	"trilock/devices/lock"
	"trilock/firmware-protocols/lockwire"
)

// ownKeys is the locks' side of signatures by persons' own keys: see console.Keys.
type ownKeys struct {
	locks      *lock.Locks
	controller lockwire.Key
	host       string
	party      lockwire.RelyingParty
}

// newOwnKeys returns nil where the console has no address of its own, or the site no signed locks.
func newOwnKeys(c *configs.Site, p *plugged) (*ownKeys, error) {
	if c.Console.Origin == "" || p.locks == nil {
		return nil, nil
	}
	u, err := url.Parse(c.Console.Origin)
	if err != nil {
		return nil, fmt.Errorf("console.origin: %w", err)
	}
	return &ownKeys{locks: p.locks, controller: p.controller, host: u.Hostname(), party: lockwire.NewRelyingParty(u.Hostname(), c.Console.Origin)}, nil
}

// RelyingParty returns the host name of the console's address.
func (k *ownKeys) RelyingParty() string { return k.host }

// CheckEnrolment verifies the first signature of a new key as a lock would.
func (k *ownKeys) CheckEnrolment(key custody.PersonKey, challenge [32]byte, first threelock.Assertion) error {
	_, err := k.verify(key, challenge, first)
	return err
}

// verify checks an assertion, and returns it with its signature as locks take it.
func (k *ownKeys) verify(key custody.PersonKey, challenge [32]byte, signed threelock.Assertion) (threelock.Assertion, error) {
	public, err := lockwire.ParseKey(key.Public)
	if err != nil {
		return signed, err
	}
	if public.Algorithm() == lockwire.ES256 {
		if signed.Signature, err = lockwire.RawSignature(signed.Signature); err != nil {
			return signed, err
		}
	}
	return signed, lockwire.VerifyAssertion(k.party, public, challenge, wireAssertion(signed))
}

func wireAssertion(a threelock.Assertion) lockwire.Assertion {
	return lockwire.Assertion{AuthenticatorData: a.AuthenticatorData, ClientData: a.ClientData, Signature: a.Signature}
}

// List makes the list in which every party approves by security keys, of the keys given.
func (k *ownKeys) List(safe fact.SafeID, version uint32, keys []custody.ListedKey, publics map[custody.PersonID][]byte) (custody.KeyList, error) {
	trust := lockwire.ControllerTrust(string(safe), k.controller)
	trust.Version, trust.RelyingParty = version, k.party
	for _, party := range lockwire.Parties() {
		trust.Parties[party] = lockwire.PartyTrust{Form: lockwire.ByWebAuthn, Keys: map[string]lockwire.Key{}}
	}
	for _, listed := range keys {
		party, err := lockwire.ParseParty(string(listed.Party))
		if err != nil {
			return custody.KeyList{}, err
		}
		key, err := lockwire.ParseKey(publics[listed.Person])
		if err != nil {
			return custody.KeyList{}, fmt.Errorf("the key of %s: %w", listed.Person, err)
		}
		trust.Parties[party].Keys[string(listed.Person)] = key
	}
	encoded, err := trust.Encode()
	if err != nil {
		return custody.KeyList{}, err
	}
	return custody.KeyList{Version: version, Encoded: encoded, Own: true, Keys: keys}, nil
}

// Challenge returns what one of the three signs: the request over the locks' challenges, for
// the party and the person.
func (k *ownKeys) Challenge(session threelock.Session, list custody.KeyList, person custody.PersonID) ([32]byte, error) {
	i := slices.IndexFunc(session.Present, func(p threelock.Presence) bool { return p.Person == person })
	if i < 0 {
		return [32]byte{}, fmt.Errorf("%s is not one of the three", person)
	}
	party, err := lockwire.ParseParty(string(session.Present[i].Party))
	if err != nil {
		return [32]byte{}, err
	}
	request, err := k.request(session, list)
	if err != nil {
		return [32]byte{}, err
	}
	return lockwire.AssertionChallenge(request.Digest(), party, string(person)), nil
}

// Check verifies a signature of one of the three as a lock would.
func (k *ownKeys) Check(session threelock.Session, list custody.KeyList, key custody.PersonKey, signed threelock.Assertion) (threelock.Assertion, error) {
	challenge, err := k.Challenge(session, list, key.Person)
	if err != nil {
		return signed, err
	}
	return k.verify(key, challenge, signed)
}

// request is the one that the driver will send when the three have signed it.
func (k *ownKeys) request(session threelock.Session, list custody.KeyList) (lockwire.Request, error) {
	if session.Purpose != threelock.KeyChange {
		a, err := authorisation(custody.TellLocks{Opening: session, Lifetime: custody.MaxUnlockedTime})
		if err != nil {
			return lockwire.Request{}, err
		}
		return k.locks.Request(a)
	}
	c, err := trustChange(custody.TellLocks{Opening: session, List: list, Lifetime: custody.MaxUnlockedTime})
	if err != nil {
		return lockwire.Request{}, err
	}
	return k.locks.TrustRequest(c)
}

// authorisation is what the driver needs to have a safe opened.
func authorisation(e custody.TellLocks) (lock.Authorisation, error) {
	o := e.Opening
	parties, err := approvers(o)
	return lock.Authorisation{Safe: o.Safe, Session: o.ID, Purpose: string(o.Purpose), Documents: o.Documents, Challenges: challenges(o), Lifetime: e.Lifetime, Parties: parties}, err
}

// trustChange is what the driver needs to bring a list of keys to locks.
func trustChange(e custody.TellLocks) (lock.TrustChange, error) {
	o := e.Opening
	trust, err := trustOf(e)
	if err != nil {
		return lock.TrustChange{}, err
	}
	parties, err := approvers(o)
	return lock.TrustChange{Safe: o.Safe, Session: o.ID, Purpose: string(o.Purpose), Trust: trust, Challenges: challenges(o), Lifetime: e.Lifetime, Parties: parties}, err
}

// trustOf reads a list, and wants it to be the one that the record shows to people: the
// keys of those persons for those parties, and of nobody else.
func trustOf(e custody.TellLocks) (lockwire.Trust, error) {
	trust, err := lockwire.DecodeTrust(e.List.Encoded)
	if err != nil {
		return trust, fmt.Errorf("list of keys: %w", err)
	}
	shown, written := map[string]bool{}, 0
	for _, k := range e.List.Keys {
		shown[string(k.Party)+" "+string(k.Person)+" "+k.Print] = true
	}
	for party, one := range trust.Parties {
		if own := one.Form != lockwire.ByController; own != e.List.Own {
			return trust, fmt.Errorf("list of keys: %s approves by %s, and the record says otherwise", party, one.Form)
		}
		for person, key := range one.Keys {
			written++
			if !shown[fmt.Sprintf("%s %s %x", party, person, key.Fingerprint())] {
				return trust, fmt.Errorf("list of keys: it holds a key of %s for the %s that the record does not show", person, party)
			}
		}
	}
	if trust.Version != e.List.Version || trust.Safe != string(e.Opening.Safe) || written != len(shown) {
		return trust, errors.New("list of keys: it is not the one that the record shows")
	}
	return trust, nil
}

// challenges are those of the locks that were asked.
func challenges(o threelock.Session) (all [][]byte) {
	for _, c := range o.Challenges {
		if len(c) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// approvers are the three, each with a signature of their own where they gave one.
func approvers(o threelock.Session) (all []lock.Approver, err error) {
	for _, present := range o.Present {
		party, err := lockwire.ParseParty(string(present.Party))
		if err != nil {
			return nil, err
		}
		by := lock.Approver{Party: party, Person: present.Person}
		if present.Assertion != nil {
			assertion := wireAssertion(*present.Assertion)
			by.Assertion = &assertion
		}
		all = append(all, by)
	}
	return all, nil
}
