package lockwire

import "time"

// Limits of the wire, each with its reason.
const (
	// MaxMessageBytes bounds one signed message: the receive buffer of a small lock. The
	// largest, an Authorise with three assertions and every field at its limit, and a
	// ProposeTrust with the largest list, both fit.
	MaxMessageBytes = 2048
	// MaxNameBytes bounds a lock's or a safe's id, as fact.MaxNameLen does: it becomes a topic level.
	MaxNameBytes = 40
	// MaxPersonBytes bounds a person's number as the site's register gives it.
	MaxPersonBytes = 40
	// MaxPurposeBytes bounds the stated purpose: two lines on a lock's display.
	MaxPurposeBytes = 200
	// MaxReasonBytes bounds the one word that says why.
	MaxReasonBytes = 32
	// MaxFirmwareBytes bounds what a lock says about itself.
	MaxFirmwareBytes = 40
	// LocksPerSafe and ApprovalsNeeded are the rule SAF-1: three locks, three parties.
	LocksPerSafe    = 3
	ApprovalsNeeded = 3
	// MaxLifetime is how long after a lock made its nonce the nonce may be quoted: long
	// enough for three people to press a key, short enough that nobody has left the room.
	MaxLifetime = 60 * time.Second
	// MaxKeysPerParty bounds the enrolled keys of one party: deputies included, a handful.
	MaxKeysPerParty = 8
	// MaxTrustBytes bounds an encoded trust list, so that a ProposeTrust fits one message
	// and a lock needs one buffer of this size to keep it in until it is approved.
	MaxTrustBytes = 1856
	// MaxClientDataBytes bounds a browser's clientDataJSON: 177 bytes with the longest origin
	// that is allowed, and what browsers are known to put behind it (109 bytes).
	MaxClientDataBytes = 288
	// MaxOriginBytes and MaxOrigins bound the addresses of the console at which people
	// approve: one name, and another while it moves.
	MaxOriginBytes = 64
	MaxOrigins     = 2

	sessionBytes   = 16 // 128 bits: never guessed, never repeated
	nonceBytes     = 16
	digestBytes    = 32 // SHA-256
	signatureBytes = 64 // ES256 as r||s (RFC 9053 section 2.1), Ed25519 (RFC 8032)
	p256Bytes      = 64 // x||y
	ed25519Bytes   = 32
	// authenticatorBytes is authenticatorData without attested data and extensions
	// (WebAuthn section 6.1): an assertion made for us has neither.
	authenticatorBytes = 37
	// aadBytes is the longest external_aad: three heads, the label, a role and a name.
	aadBytes = 1 + 1 + len(aadLabel) + 1 + 3 + 2 + MaxNameBytes
	// toBeSignedBytes bounds what a message's signature covers: the context, the protected
	// header, external_aad and the payload, with their heads.
	toBeSignedBytes = 1 + 1 + len(sigContext) + 4 + 2 + aadBytes + 3 + MaxMessageBytes
)
