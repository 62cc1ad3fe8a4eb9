// Package lockwire is the language between the daemon and a lock of a safe: bytes in,
// values out, and the check that a lock makes before it draws its bolt. SPEC.md in
// this folder says the same to the author of a lock's firmware.
//
// It owns the messages, their signatures, trust lists and the Verifier. It refuses
// everything that is not exactly one known message: other encodings of the same value,
// unknown or missing or repeated fields, tags, indefinite lengths, trailing bytes,
// anything over its limit (limits.go). It does no I/O and reads no clock; a lock's time
// is passed in.
//
//	message = COSE_Sign1, untagged (RFC 9052 section 4.2), 2048 bytes at most
//
//	84                          array of 4
//	  43 A1 01 26 | 43 A1 01 27 protected: {1: -7} ES256, or {1: -8} EdDSA
//	  A0                        unprotected: empty
//	  58 nn <payload>           deterministic CBOR (RFC 8949 section 4.2.1)
//	  58 40 <signature>         64 bytes
//
//	external_aad = ["trilock-lockwire", "cmd" | "evt", lock id]
//	payload      = {1: version, 2: kind, 3: body}
//
//	daemon ── trilock/lock/<id>/cmd ──► lock   Hello, Probe, ChallengeRequest, ProposeTrust, Authorise, Relock
//	daemon ◄── trilock/lock/<id>/evt ── lock   Capabilities, State, Challenge, Result
//
// An opening: each of three locks answers a ChallengeRequest with a nonce of its own.
// One Request names the safe, the session, the purpose and all three nonces; three
// parties approve its digest; and each lock verifies all three approvals over that
// whole request. There is no override verb and no master code. A new trust list goes the
// same way: proposed to each lock, approved by three parties, verified by each lock.
//
// Messages are written with a CBOR and a COSE library and read by strict.go, which knows
// one encoding of each message and nothing else: the two check each other.
package lockwire
