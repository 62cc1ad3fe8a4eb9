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
	// CodeBadSignature: the message's or an approval's signature is not of the expected key over these bytes for this lock.
	CodeBadSignature Code = "bad-signature"
	// CodeUnsupportedVersion: another version of the protocol. A lock answers it with
	// Capabilities, which say which versions it speaks.
	CodeUnsupportedVersion Code = "unsupported-version"
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
	// CodeWrongAct: the challenge was made for an opening and is quoted for a new trust list, or the other way about.
	CodeWrongAct Code = "wrong-act"
	// CodeWrongList: the request is for another trust list than the one that was proposed.
	CodeWrongList Code = "wrong-list"
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
	// CodeWrongClientData: an assertion's clientDataJSON is not of the one accepted form,
	// not of an assertion, or not over the approval.
	CodeWrongClientData Code = "wrong-client-data"
	// CodeWrongOrigin: an assertion was made at another address than the site's console.
	CodeWrongOrigin Code = "wrong-origin"
	// CodeWrongRelyingParty: an assertion was made for another relying party.
	CodeWrongRelyingParty Code = "wrong-relying-party"
	// CodeNotVerified: the authenticator does not say that the person was present and
	// verified, or says that the key can be copied, or says more than it was asked.
	CodeNotVerified Code = "not-verified"
	// CodeCounterBack: an authenticator's signature counter did not grow: there may be a copy of it.
	CodeCounterBack Code = "counter-back"
	// CodeBadTrust: a proposed trust list breaks a rule of trust lists.
	CodeBadTrust Code = "bad-trust"
	// CodeStaleTrust: a proposed trust list's version is not above that of the lock's own.
	CodeStaleTrust Code = "stale-trust"
	// CodeNotStored: an approved trust list could not be written; the lock keeps the one it had.
	CodeNotStored Code = "not-stored"
)

// Codes returns every word of refusal, in the order in which a lock checks.
func Codes() []Code {
	return []Code{
		CodeTooLong, CodeBadEncoding, CodeBadSignature, CodeUnsupportedVersion, CodeWrongLock,
		CodeNoChallenge, CodeStaleCounter, CodeWrongNonce, CodeWrongSafe, CodeWrongSession, CodeWrongAct, CodeWrongList, CodeExpired,
		CodeMissingApproval, CodeSamePartyTwice, CodeSamePersonTwice, CodeWrongForm, CodeUnknownPerson,
		CodeWrongClientData, CodeWrongOrigin, CodeWrongRelyingParty, CodeNotVerified, CodeCounterBack,
		CodeBadTrust, CodeStaleTrust, CodeNotStored,
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

// fault is a refusal in the making: a value, so that a lock under attack allocates
// nothing. The zero fault is none.
type fault struct {
	code   Code
	detail string
}

func (f fault) is() bool        { return f.code != CodeAccepted }
func (f fault) error() *Refusal { return refuse(f.code, f.detail) }

func badEncoding(detail string) fault { return fault{CodeBadEncoding, detail} }
