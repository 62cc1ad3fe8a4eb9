package lockwire

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"testing"
	"time"

	"github.com/veraison/go-cose"
)

// The scene of the tests and the vectors: safe-1 with lock-a, lock-b and lock-c; lock-a
// judges. Its challenge is outstanding: boot 7, counter 41, made 10 s after its start.
const (
	sceneSafe     = "safe-1"
	sceneLock     = "lock-a"
	sceneBoot     = 7
	sceneCounter  = 41
	sceneIssued   = 10 * time.Second
	sceneNow      = 25 * time.Second
	purpose       = "取出 机密-2026-0007"
	consoleID     = "trilock.example"
	consoleOrigin = "https://trilock.example:8443"
	// sceneTrustVersion is the version of the list in force, sceneCount the last signature
	// counter of every authenticator.
	sceneTrustVersion = 5
	sceneCount        = 10
)

// sceneTrusts are the trust lists of the vectors by name.
var sceneTrusts = []string{"controller", "party-key", "mixed", "webauthn"}

var sceneSession = SessionID{0x51, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

func sceneNonce(seed byte) (n Nonce) {
	for i := range n {
		n[i] = seed + byte(i)
	}
	return n
}

func edKey(seed byte) crypto.Signer {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func p256Key(t testing.TB, seed byte) crypto.Signer {
	t.Helper()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sceneKeys are fixed, so that the vectors can be made again. They are worth nothing anywhere else.
func sceneKeys(t testing.TB) map[string]crypto.Signer {
	t.Helper()
	return map[string]crypto.Signer{
		"controller": p256Key(t, 0x11),
		"lock-a":     edKey(0x21),
		"lock-b":     p256Key(t, 0x22),
		"lock-c":     edKey(0x23),
		"P-0001":     p256Key(t, 0x31),
		"P-0002":     edKey(0x32),
		"P-0003":     p256Key(t, 0x33),
		"P-0004":     edKey(0x34),
		"stranger":   p256Key(t, 0x44),
	}
}

func signerOf(t testing.TB, who string) Signer {
	t.Helper()
	s, err := NewSigner(sceneKeys(t)[who])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sceneTrust returns one of the trust lists of the vectors by name.
func sceneTrust(t testing.TB, name string) Trust {
	t.Helper()
	trust := ControllerTrust(sceneSafe, signerOf(t, "controller").Key())
	trust.Version = sceneTrustVersion
	form := ByPartyKey
	if name == "webauthn" {
		form = ByWebAuthn
		trust.RelyingParty = NewRelyingParty(consoleID, consoleOrigin, "https://trilock.example")
	}
	persons := map[Party]string{Archivist: "P-0001", GeneralOffice: "P-0002", Management: "P-0003"}
	for _, party := range Parties() {
		if name == "party-key" || name == "webauthn" || name == "mixed" && party == Management {
			person := persons[party]
			trust.Parties[party] = PartyTrust{Form: form, Keys: map[string]Key{person: signerOf(t, person).Key()}}
		}
	}
	return trust
}

// nextTrust is the list that is proposed in the scene: the next version, with a deputy.
func nextTrust(t testing.TB, name string) Trust {
	t.Helper()
	trust := sceneTrust(t, name)
	trust.Version++
	trust.Parties[Management] = PartyTrust{Form: ByPartyKey, Keys: map[string]Key{"P-0003": signerOf(t, "P-0003").Key(), "P-0004": signerOf(t, "P-0004").Key()}}
	return trust
}

func encodeTrust(t testing.TB, trust Trust) []byte {
	t.Helper()
	raw, err := trust.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// sceneVerifier is lock-a, with a challenge outstanding for the given act, or for none.
func sceneVerifier(t testing.TB, trust string, challenged Act) *Verifier {
	t.Helper()
	list := sceneTrust(t, trust)
	v, err := NewVerifier(Identity{Lock: sceneLock, Safe: sceneSafe, Boot: sceneBoot, Firmware: "vector 2.0"}, list)
	if err != nil {
		t.Fatal(err)
	}
	for fingerprint := range v.counts {
		v.counts[fingerprint] = sceneCount
	}
	var ask Command
	switch challenged {
	case ActOpen:
		ask = ChallengeRequest{Session: sceneSession, Safe: sceneSafe}
	case ActTrust:
		ask = ProposeTrust{Session: sceneSession, Safe: sceneSafe, Trust: encodeTrust(t, nextTrust(t, trust))}
	default:
		return v
	}
	verdict := v.Judge(seal(t, "controller", sceneLock, ask), sceneIssued)
	if verdict.Order != OrderIssue || verdict.Act != challenged {
		t.Fatalf("asked for a challenge: %+v", verdict)
	}
	v.Issue(verdict, sceneNonce(0xA0), sceneCounter, sceneIssued)
	return v
}

// sceneRequest is the honest request; a case spoils one thing of it.
func sceneRequest() Request {
	return Request{
		Version: Version, Act: ActOpen, Safe: sceneSafe, Session: sceneSession, Purpose: purpose,
		Content: DocumentsDigest([]string{"机密-2026-0007"}),
		Locks: []Quote{
			{Lock: "lock-a", Nonce: sceneNonce(0xA0), Boot: sceneBoot, Counter: sceneCounter},
			{Lock: "lock-b", Nonce: sceneNonce(0xB0), Boot: 3, Counter: 5},
			{Lock: "lock-c", Nonce: sceneNonce(0xC0), Boot: 1, Counter: 900},
		},
		LifetimeSeconds: 60,
	}
}

// trustRequest is the honest request to put the proposed list in force.
func trustRequest(t testing.TB, trust string) Request {
	t.Helper()
	r := sceneRequest()
	r.Act, r.Purpose, r.Content = ActTrust, "新任总工程师", nextTrust(t, trust).Digest()
	return r
}

type by struct {
	party  Party
	person string
	form   Form
	signer string
}

func controllerApprovals() []by {
	return []by{
		{Archivist, "P-0001", ByController, "controller"},
		{GeneralOffice, "P-0002", ByController, "controller"},
		{Management, "P-0003", ByController, "controller"},
	}
}

func partyKeyApprovals() []by {
	return []by{
		{Archivist, "P-0001", ByPartyKey, "P-0001"},
		{GeneralOffice, "P-0002", ByPartyKey, "P-0002"},
		{Management, "P-0003", ByPartyKey, "P-0003"},
	}
}

func webauthnApprovals() []by {
	list := partyKeyApprovals()
	for i := range list {
		list[i].form = ByWebAuthn
	}
	return list
}

// token is what an authenticator and a browser put into an assertion.
type token struct {
	clientData string // empty: the canonical one
	rpID       string
	flags      byte
	count      uint32
	extra      []byte // behind the 37 bytes
}

func honestToken() token {
	return token{rpID: consoleID, flags: flagPresent | flagVerified, count: sceneCount + 1}
}

// clientData is what browsers write for an assertion.
func clientData(challenge Digest, origin string) string {
	return `{"type":"webauthn.get","challenge":"` + base64.RawURLEncoding.EncodeToString(challenge[:]) + `","origin":"` + origin + `","crossOrigin":false}`
}

// assert makes the approval that a person's authenticator signs.
func assert(t testing.TB, digest Digest, b by, k token) Approval {
	t.Helper()
	if k.clientData == "" {
		k.clientData = clientData(AssertionChallenge(digest, b.party, b.person), consoleOrigin)
	}
	rpID, data := sha256.Sum256([]byte(k.rpID)), sha256.Sum256([]byte(k.clientData))
	authenticator := binary.BigEndian.AppendUint32(append(rpID[:], k.flags), k.count)
	authenticator = append(authenticator, k.extra...)
	signature, err := signerOf(t, b.signer).sign(append(bytes.Clone(authenticator), data[:]...))
	if err != nil {
		t.Fatal(err)
	}
	return Approval{Party: b.party, Person: b.person, Form: ByWebAuthn, Signature: signature, AuthenticatorData: authenticator, ClientData: []byte(k.clientData)}
}

func approve(t testing.TB, digest Digest, list []by) []Approval {
	t.Helper()
	out := []Approval{}
	for _, b := range list {
		if b.form == ByWebAuthn {
			out = append(out, assert(t, digest, b, honestToken()))
			continue
		}
		a, err := Approve(signerOf(t, b.signer), digest, b.party, b.person, b.form)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

func seal(t testing.TB, signer, lock string, m Message) []byte {
	t.Helper()
	sealed, err := Seal(signerOf(t, signer), lock, m)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// sealRaw signs any payload, however wrong, as a command to lock-a.
func sealRaw(t testing.TB, payload []byte) []byte {
	t.Helper()
	return sealAs(t, "controller", RoleCommand, payload)
}

// sealAs signs any payload with any key, to or from lock-a.
func sealAs(t testing.TB, signer string, role Role, payload []byte) []byte {
	t.Helper()
	s := signerOf(t, signer)
	envelope := cose.UntaggedSign1Message{
		Headers: cose.Headers{
			Protected:   cose.ProtectedHeader{cose.HeaderLabelAlgorithm: cose.Algorithm(s.key.algorithm)},
			Unprotected: cose.UnprotectedHeader{},
		},
		Payload: payload,
	}
	if err := envelope.Sign(nil, AAD(role, sceneLock), s.signer); err != nil {
		t.Fatal(err)
	}
	out, err := envelope.MarshalCBOR()
	if err != nil {
		t.Fatal(err)
	}
	return out
}
