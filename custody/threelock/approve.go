package threelock

import (
	"slices"

	"trilock/custody/fact"
)

// CodeOwnKeys marks, in the record of an opening, that each of the three signed with a key
// of their own, which the locks verify.
const CodeOwnKeys = "own-keys"

// Assertion is a person's signature over the request by a security key, as a browser hands
// it over. The machine carries it; whether it holds, the locks judge.
type Assertion struct {
	AuthenticatorData []byte `json:"authenticator_data"`
	ClientData        []byte `json:"client_data"`
	Signature         []byte `json:"signature"` // 64 bytes: r and s, or Ed25519's
}

// Approved takes the signature of one of the three. With the third one the request goes
// out. Why says why it does not count; empty when it does.
func (s *Session) Approved(person fact.PersonID, a Assertion) (steps []Step, command Command, why Why) {
	if s.Phase != Approving {
		return nil, None, WhyNotSigning
	}
	p := s.presence(person)
	switch {
	case p == nil:
		return nil, None, WhyNotOneOfThem
	case p.Assertion != nil:
		return nil, None, WhyConfirmed
	}
	steps = []Step{{What: StepApproved, Person: person, Party: p.Party, Assertion: &a}}
	if len(s.Missing()) == 1 { // this one was the last
		return append(steps, Step{What: StepAuthorised, Code: CodeOwnKeys}), Authorise, ""
	}
	return steps, None, ""
}

// asked returns the place of a lock that the session asks; -1 of any other.
func (s *Session) asked(lock fact.DeviceID) int {
	if lock == "" {
		return -1
	}
	return slices.Index(s.Locks[:], lock)
}

// Asked returns the locks that the session asks: all three of an opening.
func (s *Session) Asked() []fact.DeviceID {
	return slices.DeleteFunc(slices.Clone(s.Locks[:]), func(l fact.DeviceID) bool { return l == "" })
}
