package lockwire

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/veraison/go-cose"
)

// The scene of the tests and the vectors: safe-1 with lock-a, lock-b and lock-c; lock-a
// judges. Its challenge is outstanding: boot 7, counter 41, made 10 s after its start.
const (
	sceneSafe    = "safe-1"
	sceneLock    = "lock-a"
	sceneBoot    = 7
	sceneCounter = 41
	sceneIssued  = 10 * time.Second
	sceneNow     = 25 * time.Second
	purpose      = "取出 机密-2026-0007"
)

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
	trust := ControllerTrust(signerOf(t, "controller").Key())
	persons := map[Party]string{Archivist: "P-0001", GeneralOffice: "P-0002", Management: "P-0003"}
	for _, party := range Parties() {
		if name == "party-key" || name == "mixed" && party == Management {
			person := persons[party]
			trust.Parties[party] = PartyTrust{Form: ByPartyKey, Keys: map[string]Key{person: signerOf(t, person).Key()}}
		}
	}
	return trust
}

func sceneVerifier(t testing.TB, trust string, challenged bool) *Verifier {
	t.Helper()
	v, err := NewVerifier(Identity{Lock: sceneLock, Safe: sceneSafe, Boot: sceneBoot, Firmware: "vector 1.0"}, sceneTrust(t, trust))
	if err != nil {
		t.Fatal(err)
	}
	if challenged {
		if _, err := v.Challenge(ChallengeRequest{Session: sceneSession, Safe: sceneSafe}, sceneNonce(0xA0), sceneCounter, sceneIssued); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// sceneRequest is the honest request; a case spoils one thing of it.
func sceneRequest() Request {
	return Request{
		Version: Version, Safe: sceneSafe, Session: sceneSession, Purpose: purpose,
		Documents: DocumentsDigest([]string{"机密-2026-0007"}),
		Locks: []Quote{
			{Lock: "lock-a", Nonce: sceneNonce(0xA0), Boot: sceneBoot, Counter: sceneCounter},
			{Lock: "lock-b", Nonce: sceneNonce(0xB0), Boot: 3, Counter: 5},
			{Lock: "lock-c", Nonce: sceneNonce(0xC0), Boot: 1, Counter: 900},
		},
		LifetimeSeconds: 60,
	}
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

func approve(t testing.TB, digest Digest, list []by) []Approval {
	t.Helper()
	out := []Approval{}
	for _, b := range list {
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
			Protected:   cose.ProtectedHeader{cose.HeaderLabelAlgorithm: s.key.algorithm},
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

// verdict is one message to lock-a and what lock-a must say to it.
type verdict struct {
	name       string
	trust      string // controller, party-key or mixed
	challenged bool
	now        time.Duration
	message    []byte
	want       Code
	opens      bool // an Authorise that is accepted draws the bolt; another command does not
}

func authoriseCase(t testing.TB, name string, want Code, spoil func(*Request), list []by) verdict {
	t.Helper()
	r := sceneRequest()
	if spoil != nil {
		spoil(&r)
	}
	m := Authorise{Request: encode(r), Approvals: approve(t, r.Digest(), list)}
	return verdict{name: name, trust: "controller", challenged: true, now: sceneNow, message: seal(t, "controller", sceneLock, m), want: want, opens: want == CodeAccepted}
}

// verdicts reaches every refusal that a lock knows at least once.
func verdicts(t testing.TB) []verdict {
	t.Helper()
	all := controllerApprovals
	list := []verdict{
		authoriseCase(t, "accepted: three controller approvals", CodeAccepted, nil, all()),
		authoriseCase(t, "accepted: in another order", CodeAccepted, nil, []by{all()[2], all()[0], all()[1]}),
		authoriseCase(t, "wrong-lock: the request names other locks", CodeWrongLock, func(r *Request) { r.Locks[0].Lock = "lock-0" }, all()),
		authoriseCase(t, "stale-counter: another boot", CodeStaleCounter, func(r *Request) { r.Locks[0].Boot-- }, all()),
		authoriseCase(t, "stale-counter: another counter", CodeStaleCounter, func(r *Request) { r.Locks[0].Counter-- }, all()),
		authoriseCase(t, "wrong-nonce", CodeWrongNonce, func(r *Request) { r.Locks[0].Nonce = sceneNonce(0xA1) }, all()),
		authoriseCase(t, "wrong-safe", CodeWrongSafe, func(r *Request) { r.Safe = "safe-2" }, all()),
		authoriseCase(t, "wrong-session", CodeWrongSession, func(r *Request) { r.Session[0]++ }, all()),
		authoriseCase(t, "expired: after the request's own lifetime", CodeExpired, func(r *Request) { r.LifetimeSeconds = 14 }, all()),
		authoriseCase(t, "missing-approval: none", CodeMissingApproval, nil, nil),
		authoriseCase(t, "missing-approval: two", CodeMissingApproval, nil, all()[:2]),
		authoriseCase(t, "same-party-twice", CodeSamePartyTwice, nil,
			[]by{all()[0], all()[1], {GeneralOffice, "P-0003", ByController, "controller"}}),
		authoriseCase(t, "same-person-twice", CodeSamePersonTwice, nil,
			[]by{all()[0], all()[1], {Management, "P-0001", ByController, "controller"}}),
		authoriseCase(t, "wrong-form: a party key where the controller must sign", CodeWrongForm, nil,
			[]by{all()[0], all()[1], partyKeyApprovals()[2]}),
		authoriseCase(t, "bad-signature: an approval by a stranger's key", CodeBadSignature, nil,
			[]by{all()[0], all()[1], {Management, "P-0003", ByController, "stranger"}}),
	}
	return append(append(list, partyKeyVerdicts(t)...), wireVerdicts(t)...)
}

func partyKeyVerdicts(t testing.TB) []verdict {
	t.Helper()
	keys, all := partyKeyApprovals(), controllerApprovals()
	list := []verdict{
		authoriseCase(t, "accepted: three party keys", CodeAccepted, nil, keys),
		authoriseCase(t, "wrong-form: the controller may not approve for a party with keys", CodeWrongForm, nil, all),
		authoriseCase(t, "unknown-person: nobody enrolled this key", CodeUnknownPerson, nil,
			[]by{keys[0], keys[1], {Management, "P-0009", ByPartyKey, "P-0003"}}),
		authoriseCase(t, "bad-signature: the controller signs as a party key", CodeBadSignature, nil,
			[]by{keys[0], keys[1], {Management, "P-0003", ByPartyKey, "controller"}}),
	}
	for i := range list {
		list[i].trust = "party-key"
	}
	mixed := authoriseCase(t, "accepted: two by the controller, management by its key", CodeAccepted, nil, []by{all[0], all[1], keys[2]})
	mixed.trust = "mixed"
	return append(list, mixed)
}

// wireVerdicts are refused before, or without, looking at approvals.
func wireVerdicts(t testing.TB) []verdict {
	t.Helper()
	honest := Authorise{Request: encode(sceneRequest()), Approvals: approve(t, sceneRequest().Digest(), controllerApprovals())}
	other := sceneRequest()
	other.Purpose = "another purpose"
	swapped := Authorise{Request: encode(other), Approvals: honest.Approvals}
	later := sceneRequest()
	later.Version = 2
	good := seal(t, "controller", sceneLock, honest)
	at := func(name string, want Code, message []byte) verdict {
		return verdict{name: name, trust: "controller", challenged: true, now: sceneNow, message: message, want: want}
	}
	expired := at("expired: 61 s after the nonce", CodeExpired, good)
	expired.now = sceneIssued + 61*time.Second
	backwards := at("expired: the lock's clock ran backwards", CodeExpired, good)
	backwards.now = sceneIssued - time.Second
	unasked := at("no-challenge: nobody asked for one", CodeNoChallenge, good)
	unasked.challenged = false
	return []verdict{
		expired, backwards, unasked,
		at("bad-signature: approvals of another request", CodeBadSignature, seal(t, "controller", sceneLock, swapped)),
		at("bad-signature: sealed by a stranger", CodeBadSignature, seal(t, "stranger", sceneLock, honest)),
		at("bad-signature: sealed for another lock", CodeBadSignature, seal(t, "controller", "lock-b", honest)),
		at("bad-signature: an event played back as a command", CodeBadSignature, seal(t, "controller", sceneLock, State{Lock: sceneLock, Reason: ReasonHeartbeat})),
		at("too-long", CodeTooLong, append(bytes.Clone(good), make([]byte, MaxMessageBytes)...)),
		at("unsupported-version: of the message", CodeUnsupportedVersion, sealRaw(t, encode(map[int]any{1: 2, 2: 2, 3: map[int]any{}, 4: true}))),
		at("unsupported-version: of the request", CodeUnsupportedVersion,
			seal(t, "controller", sceneLock, Authorise{Request: encode(later), Approvals: honest.Approvals})),
		at("bad-encoding: bytes after the message", CodeBadEncoding, append(bytes.Clone(good), 0)),
		at("bad-encoding: tagged COSE_Sign1", CodeBadEncoding, append([]byte{0xD2}, good...)),
		at("bad-encoding: empty", CodeBadEncoding, []byte{}),
		at("bad-encoding: unknown kind", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: 1, 2: 9, 3: map[int]any{}}))),
		at("bad-encoding: an event's kind as a command", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: 1, 2: 18, 3: Result{Lock: sceneLock, Accepted: true}}))),
		at("bad-encoding: unknown field", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: 1, 2: 4, 3: map[int]any{1: sceneNonce(1), 2: 1}}))),
		at("bad-encoding: missing field", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: 1, 2: 1, 3: map[int]any{2: sceneSafe}}))),
		at("bad-encoding: nonce of 15 bytes", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: 1, 2: 4, 3: map[int]any{1: []byte("fifteen bytes..")}}))),
		at("bad-encoding: null for an empty list", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: 1, 2: 2, 3: map[int]any{1: encode(sceneRequest()), 2: nil}}))),
		at("bad-encoding: duplicate key", CodeBadEncoding, sealRaw(t, probe("A4 0101 0101 0204 03"))),
		at("bad-encoding: indefinite length", CodeBadEncoding, sealRaw(t, append(probe("BF 0101 0204 03"), 0xFF))),
		at("bad-encoding: a tag inside", CodeBadEncoding, sealRaw(t, probe("A3 01C101 0204 03"))),
		at("bad-encoding: keys not in order", CodeBadEncoding, sealRaw(t, probe("A3 0204 0101 03"))),
		at("bad-encoding: a long form of a short number", CodeBadEncoding, sealRaw(t, probe("A3 011801 0204 03"))),
		at("bad-encoding: a float for a number", CodeBadEncoding, sealRaw(t, probe("A3 01F93C00 0204 03"))),
		at("bad-encoding: a long form of the payload's length", CodeBadEncoding, longForm(sealRaw(t, probe("A3 0101 0204 03")))),
		at("accepted: the same probe, well made", CodeAccepted, sealRaw(t, probe("A3 0101 0204 03"))),
		at("bad-encoding: two locks in the request", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Locks = r.Locks[:2] }))),
		at("bad-encoding: one lock twice in the request", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Locks[1] = r.Locks[0] }))),
		at("bad-encoding: locks not in order", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Locks[1], r.Locks[2] = r.Locks[2], r.Locks[1] }))),
		at("bad-encoding: lifetime of 61 s", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.LifetimeSeconds = 61 }))),
		at("bad-encoding: lifetime of 0 s", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.LifetimeSeconds = 0 }))),
		at("bad-encoding: purpose of 201 bytes", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Purpose = string(bytes.Repeat([]byte("x"), 201)) }))),
		at("bad-encoding: a line break in the purpose", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Purpose = "a\nb" }))),
	}
}

// probe is the payload of a good Probe whose frame, up to the body, is the given one.
func probe(frameHex string) []byte {
	head, err := hex.DecodeString(strings.ReplaceAll(frameHex, " ", ""))
	if err != nil {
		panic(err)
	}
	nonce := sceneNonce(0x70)
	return append(append(head, 0xA1, 0x01, 0x50), nonce[:]...)
}

// longForm writes the length of a payload of 24 to 255 bytes in two bytes instead of
// one; the signature still holds.
func longForm(message []byte) []byte {
	head, rest, found := bytes.Cut(message, []byte{0xA0, 0x58})
	if !found {
		panic("not a message with a payload of 24 to 255 bytes")
	}
	return bytes.Join([][]byte{head, {0xA0, 0x59, 0x00}, rest}, nil)
}

// rawAuthorise is the payload of an Authorise without approvals whose request is spoilt.
func rawAuthorise(spoil func(*Request)) []byte {
	r := sceneRequest()
	spoil(&r)
	return encode(frame{Version: Version, Kind: KindAuthorise, Body: encode(Authorise{Request: encode(r)})})
}
