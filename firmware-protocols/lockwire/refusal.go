package lockwire

// Code is one word that says why a message was refused. The words are on the wire and
// never change their meaning.
type Code string

// The refusals, in the order in which a lock checks.
const (
	// CodeAccepted is no refusal: the code of an accepted Result is empty.
	CodeAccepted Code = ""
	// CodeTooLong: over MaxMessageBytes.
	CodeTooLong Code = "too-long"
	// CodeBadEncoding: not exactly one message of this protocol, in its one encoding.
	CodeBadEncoding Code = "bad-encoding"
	// CodeUnsupportedVersion: another version of the protocol. Said before the signature is
	// checked, because the version is part of what is signed.
	CodeUnsupportedVersion Code = "unsupported-version"
	// CodeBadSignature: the message's or an approval's signature is not of the expected key over these bytes for this lock.
	CodeBadSignature Code = "bad-signature"
	// CodeWrongLock: a request that does not name this lock.
	CodeWrongLock Code = "wrong-lock"
	// CodeNoChallenge: no challenge is outstanding: never asked for, used up, or lost with the power.
	CodeNoChallenge Code = "no-challenge"
	// CodeStaleCounter: the request quotes another boot or counter than the outstanding challenge's.
	CodeStaleCounter Code = "stale-counter"
	// CodeWrongNonce: boot and counter are right, the nonce is not.
	CodeWrongNonce Code = "wrong-nonce"
	// CodeWrongSafe: for another safe than this lock's.
	CodeWrongSafe Code = "wrong-safe"
	// CodeWrongSession: the challenge was asked for by another session.
	CodeWrongSession Code = "wrong-session"
	// CodeExpired: quoted later than the request's lifetime after the lock made the nonce.
	CodeExpired Code = "expired"
	// CodeMissingApproval: fewer than three approvals.
	CodeMissingApproval Code = "missing-approval"
	// CodeSamePartyTwice: two approvals of one party.
	CodeSamePartyTwice Code = "same-party-twice"
	// CodeSamePersonTwice: one person approves for two parties.
	CodeSamePersonTwice Code = "same-person-twice"
	// CodeWrongForm: a party approved in another form than this lock's trust list demands.
	CodeWrongForm Code = "wrong-form"
	// CodeUnknownPerson: the party must use its own key, and this lock has none enrolled for the person.
	CodeUnknownPerson Code = "unknown-person"
)

// Codes returns every word of refusal, in the order in which a lock checks.
func Codes() []Code {
	return []Code{
		CodeTooLong, CodeBadEncoding, CodeUnsupportedVersion, CodeBadSignature, CodeWrongLock,
		CodeNoChallenge, CodeStaleCounter, CodeWrongNonce, CodeWrongSafe, CodeWrongSession, CodeExpired,
		CodeMissingApproval, CodeSamePartyTwice, CodeSamePersonTwice, CodeWrongForm, CodeUnknownPerson,
	}
}

// Refusal is the error of everything in this package that judges a message.
type Refusal struct {
	Code Code
	// Session is the session that the message speaks of, as far as it could be read.
	Session SessionID
	// Detail says more, in English, for a technician. It holds no secret.
	Detail string
}

// Error returns the code word and the detail.
func (r *Refusal) Error() string {
	if r.Detail == "" {
		return "refused: " + string(r.Code)
	}
	return "refused: " + string(r.Code) + ": " + r.Detail
}

func refuse(code Code, detail string) *Refusal { return &Refusal{Code: code, Detail: detail} }
