package lockwire

import "time"

// Limits of the wire, each with its reason.
const (
	// MaxMessageBytes bounds one signed message. The largest, an Authorise with every field
	// at its limit, has about 1100 bytes; the rest is room for longer approvals to come.
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
	// MaxKeysPerParty bounds the enrolled keys of one party on one lock: deputies included, a handful.
	MaxKeysPerParty = 16

	sessionBytes   = 16 // 128 bits: never guessed, never repeated
	nonceBytes     = 16
	digestBytes    = 32 // SHA-256
	signatureBytes = 64 // ES256 as r||s (RFC 9053 section 2.1), Ed25519 (RFC 8032)
	maxNesting     = 4  // array of maps inside a map: the deepest message
	maxElements    = 16 // the smallest bound the CBOR library takes; the types are narrower still
)
