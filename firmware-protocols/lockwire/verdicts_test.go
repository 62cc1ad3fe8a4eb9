package lockwire

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"
)

// verdict is one message to lock-a and what lock-a must do about it.
type verdict struct {
	name       string
	trust      string // one of sceneTrusts
	challenged Act    // what the outstanding challenge is for; 0: none is outstanding
	now        time.Duration
	message    []byte
	want       Code
	order      Order
}

// at is the verdict of the scene as it stands: an opening was asked for.
func at(name string, want Code, message []byte) verdict {
	order := OrderRefuse
	if want == CodeAccepted {
		order = OrderDraw
	}
	return verdict{name: name, trust: "controller", challenged: ActOpen, now: sceneNow, message: message, want: want, order: order}
}

func authoriseCase(t testing.TB, name string, want Code, spoil func(*Request), list []by) verdict {
	t.Helper()
	r := sceneRequest()
	if spoil != nil {
		spoil(&r)
	}
	return at(name, want, seal(t, "controller", sceneLock, Authorise{Request: encode(r), Approvals: approve(t, r.Digest(), list)}))
}

// verdicts reaches every refusal that a lock knows at least once.
func verdicts(t testing.TB) []verdict {
	t.Helper()
	var all []verdict
	for _, part := range []func(testing.TB) []verdict{openingVerdicts, partyKeyVerdicts, webauthnVerdicts, trustVerdicts, signatureVerdicts, wireVerdicts, negotiationVerdicts} {
		all = append(all, part(t)...)
	}
	return all
}

func openingVerdicts(t testing.TB) []verdict {
	t.Helper()
	all := controllerApprovals
	good := authoriseCase(t, "accepted: three controller approvals", CodeAccepted, nil, all())
	expired := at("expired: 61 s after the nonce", CodeExpired, good.message)
	expired.now = sceneIssued + 61*time.Second
	backwards := at("expired: the lock's clock ran backwards", CodeExpired, good.message)
	backwards.now = sceneIssued - time.Second
	unasked := at("no-challenge: nobody asked for one", CodeNoChallenge, good.message)
	unasked.challenged = 0
	other := sceneRequest()
	other.Purpose = "another purpose"
	swapped := Authorise{Request: encode(other), Approvals: approve(t, sceneRequest().Digest(), all())}
	return []verdict{
		good, expired, backwards, unasked,
		authoriseCase(t, "accepted: in another order", CodeAccepted, nil, []by{all()[2], all()[0], all()[1]}),
		authoriseCase(t, "wrong-lock: the request names other locks", CodeWrongLock, func(r *Request) { r.Locks[0].Lock = "lock-0" }, all()),
		authoriseCase(t, "stale-counter: another boot", CodeStaleCounter, func(r *Request) { r.Locks[0].Boot-- }, all()),
		authoriseCase(t, "stale-counter: another counter", CodeStaleCounter, func(r *Request) { r.Locks[0].Counter-- }, all()),
		authoriseCase(t, "wrong-nonce", CodeWrongNonce, func(r *Request) { r.Locks[0].Nonce = sceneNonce(0xA1) }, all()),
		authoriseCase(t, "wrong-safe", CodeWrongSafe, func(r *Request) { r.Safe = "safe-2" }, all()),
		authoriseCase(t, "wrong-session", CodeWrongSession, func(r *Request) { r.Session[0]++ }, all()),
		authoriseCase(t, "wrong-act: an opening's challenge for a trust list", CodeWrongAct, func(r *Request) { r.Act = ActTrust }, all()),
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
		at("bad-signature: approvals of another request", CodeBadSignature, seal(t, "controller", sceneLock, swapped)),
	}
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
		authoriseCase(t, "wrong-form: an assertion in the place of a party key", CodeWrongForm, nil, webauthnApprovals()),
	}
	for i := range list {
		list[i].trust = "party-key"
	}
	mixed := authoriseCase(t, "accepted: two by the controller, management by its key", CodeAccepted, nil, []by{all[0], all[1], keys[2]})
	mixed.trust = "mixed"
	return append(list, mixed)
}

// webauthnCase has the archivist's assertion spoilt, and the others' honest.
func webauthnCase(t testing.TB, name string, want Code, spoil func(*token, Digest)) verdict {
	t.Helper()
	r, list := sceneRequest(), webauthnApprovals()
	k := honestToken()
	if spoil != nil {
		spoil(&k, AssertionChallenge(r.Digest(), list[0].party, list[0].person))
	}
	approvals := append([]Approval{assert(t, r.Digest(), list[0], k)}, approve(t, r.Digest(), list[1:])...)
	body := encode(Authorise{Request: encode(r), Approvals: approvals})
	c := at(name, want, sealRaw(t, encode(frame{Version: Version, Kind: KindAuthorise, Body: body})))
	c.trust = "webauthn"
	return c
}

func webauthnVerdicts(t testing.TB) []verdict {
	t.Helper()
	flags := func(f byte) func(*token, Digest) { return func(k *token, _ Digest) { k.flags = f } }
	count := func(n uint32) func(*token, Digest) { return func(k *token, _ Digest) { k.count = n } }
	list := []verdict{
		webauthnCase(t, "accepted: three assertions", CodeAccepted, nil),
		webauthnCase(t, "wrong-relying-party", CodeWrongRelyingParty, func(k *token, _ Digest) { k.rpID = "evil.example" }),
		webauthnCase(t, "not-verified: not even present", CodeNotVerified, flags(flagVerified)),
		webauthnCase(t, "not-verified: present, no PIN and no finger", CodeNotVerified, flags(flagPresent)),
		webauthnCase(t, "not-verified: a key that can be copied to a cloud", CodeNotVerified, flags(flagPresent|flagVerified|1<<3)),
		webauthnCase(t, "not-verified: says that it attests", CodeNotVerified, flags(flagPresent|flagVerified|1<<6)),
		webauthnCase(t, "not-verified: says that it has extensions", CodeNotVerified, flags(flagPresent|flagVerified|1<<7)),
		webauthnCase(t, "counter-back: the same count again", CodeCounterBack, count(sceneCount)),
		webauthnCase(t, "counter-back: a lower count", CodeCounterBack, count(1)),
		webauthnCase(t, "counter-back: counts no more", CodeCounterBack, count(0)),
		webauthnCase(t, "bad-encoding: extensions behind the authenticator's data", CodeBadEncoding, func(k *token, _ Digest) { k.extra = []byte{0xA0} }),
		webauthnCase(t, "bad-encoding: client data of 289 bytes", CodeBadEncoding, func(k *token, c Digest) {
			k.clientData = clientData(c, consoleOrigin)
			k.clientData += strings.Repeat(" ", MaxClientDataBytes+1-len(k.clientData))
		}),
	}
	challenge := AssertionChallenge(sceneRequest().Digest(), Archivist, "P-0001")
	for _, c := range hostileClientData(challenge) {
		list = append(list, webauthnCase(t, string(c.want)+": client data "+c.name, c.want, func(k *token, _ Digest) { k.clientData = c.data }))
	}
	keys := webauthnApprovals()
	stranger := authoriseCase(t, "bad-signature: an assertion by a stranger's key", CodeBadSignature, nil,
		[]by{keys[0], keys[1], {Management, "P-0003", ByWebAuthn, "stranger"}})
	unknown := authoriseCase(t, "unknown-person: an assertion of somebody else", CodeUnknownPerson, nil,
		[]by{keys[0], keys[1], {Management, "P-0004", ByWebAuthn, "P-0004"}})
	plain := authoriseCase(t, "wrong-form: a plain signature in the place of an assertion", CodeWrongForm, nil, partyKeyApprovals())
	stranger.trust, unknown.trust, plain.trust = "webauthn", "webauthn", "webauthn"
	return append(list, stranger, unknown, plain)
}

type clientDataCase struct {
	name, data string
	want       Code
}

// hostileClientData are ways to write client data; the first ones are accepted.
func hostileClientData(challenge Digest) []clientDataCase {
	good, other := clientData(challenge, consoleOrigin), challenge
	other[31] ^= 1
	open := strings.TrimSuffix(good, "}")
	wrong := CodeWrongClientData
	return []clientDataCase{
		{"as every browser writes it", good, CodeAccepted},
		{"of the other origin", clientData(challenge, "https://trilock.example"), CodeAccepted},
		{"with a member that a browser made up", open + `,"other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex"}`, CodeAccepted},
		{"of another challenge", clientData(other, consoleOrigin), wrong},
		{"of a registration", strings.Replace(good, "webauthn.get", "webauthn.create", 1), wrong},
		{"of a payment", strings.Replace(good, "webauthn.get", "payment.get", 1), wrong},
		{"from a page inside another", strings.Replace(good, "false", "true", 1), wrong},
		{"without crossOrigin", strings.Replace(good, `,"crossOrigin":false`, "", 1), wrong},
		{"with a space", strings.Replace(good, ":", ": ", 1), wrong},
		{"with a byte order mark", "\xef\xbb\xbf" + good, wrong},
		{"in another order", `{"challenge":` + strings.Replace(strings.SplitN(good, `"challenge":`, 2)[1], `,"origin"`, `,"type":"webauthn.get","origin"`, 1), wrong},
		{"with the challenge padded", strings.Replace(good, `","origin"`, `=","origin"`, 1), wrong},
		{"with a longer challenge", strings.Replace(good, `","origin"`, `A","origin"`, 1), wrong},
		{"that ends in the challenge", good[:len(`{"type":"webauthn.get","challenge":"`)+20], wrong},
		{"that ends before its end", open, wrong},
		{"with bytes behind it", good + " ", wrong},
		{"with a member that does not end", open + `,"x":1`, wrong},
		{"with a comma and nothing", open + ",", wrong},
		{"of an origin that begins like ours", clientData(challenge, consoleOrigin+".evil.example"), CodeWrongOrigin},
		{"of an origin that ours begins with", clientData(challenge, "https://trilock"), CodeWrongOrigin},
		{"of an origin without TLS", clientData(challenge, "http://trilock.example:8443"), CodeWrongOrigin},
		{"of an origin in capitals", clientData(challenge, "https://TRILOCK.example:8443"), CodeWrongOrigin},
		{"of an origin with escapes", clientData(challenge, `https:\/\/trilock.example:8443`), CodeWrongOrigin},
		{"of an empty origin", clientData(challenge, ""), CodeWrongOrigin},
		{"that is null", "null", wrong},
		{"that is empty JSON", "{}", wrong},
	}
}

// trustCase has the scene's list approved for the lock's next one.
func trustCase(t testing.TB, name, trust string, want Code, spoil func(*Request), list []by) verdict {
	t.Helper()
	r := trustRequest(t, trust)
	if spoil != nil {
		spoil(&r)
	}
	c := at(name, want, seal(t, "controller", sceneLock, Authorise{Request: encode(r), Approvals: approve(t, r.Digest(), list)}))
	c.trust, c.challenged = trust, ActTrust
	if want == CodeAccepted {
		c.order = OrderStore
	}
	return c
}

func trustVerdicts(t testing.TB) []verdict {
	t.Helper()
	all, keys := controllerApprovals(), partyKeyApprovals()
	unasked := trustCase(t, "no-challenge: a list that nobody proposed", "party-key", CodeNoChallenge, nil, keys)
	unasked.challenged = 0
	return append(proposalVerdicts(t), unasked,
		trustCase(t, "accepted: a new list, approved under the old one by the controller", "controller", CodeAccepted, nil, all),
		trustCase(t, "accepted: a new list, approved by three party keys", "party-key", CodeAccepted, nil, keys),
		trustCase(t, "accepted: a new list, approved by three assertions", "webauthn", CodeAccepted, nil, webauthnApprovals()),
		trustCase(t, "accepted: a new list for this lock alone", "party-key", CodeAccepted, func(r *Request) { r.Locks = r.Locks[:1] }, keys),
		trustCase(t, "wrong-act: a trust list's challenge for an opening", "party-key", CodeWrongAct, func(r *Request) { r.Act = ActOpen }, keys),
		trustCase(t, "wrong-list: another list than the one proposed", "party-key", CodeWrongList, func(r *Request) { r.Content[0]++ }, keys),
		trustCase(t, "missing-approval: two parties for a new list", "party-key", CodeMissingApproval, nil, keys[:2]),
		trustCase(t, "same-person-twice: for a new list", "party-key", CodeSamePersonTwice, nil, []by{keys[0], keys[1], {Management, "P-0001", ByPartyKey, "P-0001"}}),
		trustCase(t, "wrong-form: the daemon alone may not change the keys of parties", "party-key", CodeWrongForm, nil, all),
		trustCase(t, "unknown-person: the new list's person approves the new list", "party-key", CodeUnknownPerson, nil, []by{keys[0], keys[1], {Management, "P-0004", ByPartyKey, "P-0004"}}),
		trustCase(t, "wrong-lock: a new list for other locks", "party-key", CodeWrongLock, func(r *Request) { r.Locks = r.Locks[1:] }, keys),
	)
}

func proposalVerdicts(t testing.TB) []verdict {
	t.Helper()
	list := nextTrust(t, "party-key")
	propose := func(name string, want Code, safe string, raw []byte) verdict {
		c := at(name, want, seal(t, "controller", sceneLock, ProposeTrust{Session: sceneSession, Safe: safe, Trust: raw}))
		c.trust = "party-key"
		if want == CodeAccepted {
			c.order = OrderIssue
		}
		return c
	}
	version := func(n uint32) []byte {
		other := list
		other.Version = n
		return encodeTrust(t, other)
	}
	foreign := list
	foreign.Safe = "safe-2"
	out := []verdict{
		propose("accepted: a proposed list is given a challenge", CodeAccepted, sceneSafe, encodeTrust(t, list)),
		propose("accepted: a list that skips a version", CodeAccepted, sceneSafe, version(1<<32-1)),
		propose("stale-trust: the version in force", CodeStaleTrust, sceneSafe, version(sceneTrustVersion)),
		propose("stale-trust: an older version", CodeStaleTrust, sceneSafe, version(1)),
		propose("wrong-safe: proposed to another safe", CodeWrongSafe, "safe-2", encodeTrust(t, list)),
		propose("wrong-safe: the list is of another safe", CodeWrongSafe, sceneSafe, encodeTrust(t, foreign)),
	}
	for _, c := range hostileTrusts(t) {
		if c.code != CodeAccepted {
			out = append(out, propose(string(c.code)+": proposed list "+c.name, c.code, sceneSafe, c.raw))
		}
	}
	return out
}

// wireVerdicts are refused before, or without, looking at approvals.
func wireVerdicts(t testing.TB) []verdict {
	t.Helper()
	honest := Authorise{Request: encode(sceneRequest()), Approvals: approve(t, sceneRequest().Digest(), controllerApprovals())}
	good := seal(t, "controller", sceneLock, honest)
	mixed := func(form int, extra bool) []byte {
		a := map[int]any{1: 1, 2: "P-0001", 3: form, 4: make([]byte, 64)}
		if extra {
			a[5], a[6] = make([]byte, authenticatorBytes), []byte("{}")
		}
		return sealRaw(t, encode(map[int]any{1: Version, 2: 2, 3: map[int]any{1: encode(sceneRequest()), 2: []any{a}}}))
	}
	return append(encodingVerdicts(t),
		at("bad-signature: sealed by a stranger", CodeBadSignature, seal(t, "stranger", sceneLock, honest)),
		at("bad-signature: sealed for another lock", CodeBadSignature, seal(t, "controller", "lock-b", honest)),
		at("bad-signature: an event played back as a command", CodeBadSignature, seal(t, "controller", sceneLock, State{Lock: sceneLock, Reason: ReasonHeartbeat, TrustVersion: 1})),
		at("bad-signature: signed as EdDSA, by a key of ES256", CodeBadSignature, mislabelled(t, probe("A3 0102 0204 03"))),
		at("bad-signature: says that it is EdDSA", CodeBadSignature, append([]byte(headEdDSA), good[len(headEdDSA):]...)),
		at("too-long", CodeTooLong, append(bytes.Clone(good), make([]byte, MaxMessageBytes)...)),
		at("bad-encoding: bytes after the message", CodeBadEncoding, append(bytes.Clone(good), 0)),
		at("bad-encoding: tagged COSE_Sign1", CodeBadEncoding, append([]byte{0xD2}, good...)),
		at("bad-encoding: the signature is cut by a byte", CodeBadEncoding, shortSignature(good)),
		at("bad-encoding: a header that is not protected", CodeBadEncoding, bytes.Replace(good, []byte{0xA0}, []byte{0xA1, 0x04, 0x41, 0x00}, 1)),
		at("bad-encoding: empty", CodeBadEncoding, []byte{}),
		at("bad-encoding: unknown kind", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: Version, 2: 9, 3: map[int]any{}}))),
		at("bad-encoding: an event's kind as a command", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: Version, 2: 18, 3: Result{Lock: sceneLock, Accepted: true}}))),
		at("bad-encoding: unknown field", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: Version, 2: 4, 3: map[int]any{1: sceneNonce(1), 2: 1}}))),
		at("bad-encoding: missing field", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: Version, 2: 1, 3: map[int]any{2: sceneSafe}}))),
		at("bad-encoding: nonce of 15 bytes", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: Version, 2: 4, 3: map[int]any{1: []byte("fifteen bytes..")}}))),
		at("bad-encoding: a nonce that is all zero", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: Version, 2: 4, 3: map[int]any{1: make([]byte, 16)}}))),
		at("bad-encoding: null for an empty list", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: Version, 2: 2, 3: map[int]any{1: encode(sceneRequest()), 2: nil}}))),
		at("bad-encoding: a plain approval with an assertion", CodeBadEncoding, mixed(2, true)),
		at("bad-encoding: an assertion without its data", CodeBadEncoding, mixed(3, false)),
		at("bad-encoding: an approval that says it has five fields", CodeBadEncoding, sealRaw(t, miscounted(t, 0xA5))),
		at("bad-encoding: an approval that says it has three fields", CodeBadEncoding, sealRaw(t, miscounted(t, 0xA3))),
		at("bad-encoding: two locks in an opening", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Locks = r.Locks[:2] }))),
		at("bad-encoding: no lock for a trust list", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Act, r.Locks = ActTrust, nil }))),
		at("bad-encoding: one lock twice in the request", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Locks[1] = r.Locks[0] }))),
		at("bad-encoding: locks not in order", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Locks[1], r.Locks[2] = r.Locks[2], r.Locks[1] }))),
		at("bad-encoding: an unknown act", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Act = 3 }))),
		at("bad-encoding: lifetime of 61 s", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.LifetimeSeconds = 61 }))),
		at("bad-encoding: lifetime of 0 s", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.LifetimeSeconds = 0 }))),
		at("bad-encoding: purpose of 201 bytes", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Purpose = strings.Repeat("x", 201) }))),
		at("bad-encoding: a line break in the purpose", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Purpose = "a\nb" }))),
		at("bad-encoding: a purpose that is written backwards", CodeBadEncoding, sealRaw(t, rawAuthorise(func(r *Request) { r.Purpose = "a\u202eb" }))),
	)
}

// encodingVerdicts are one probe in other encodings than its own.
func encodingVerdicts(t testing.TB) []verdict {
	t.Helper()
	bad := func(name, frameHex string) verdict {
		return at("bad-encoding: "+name, CodeBadEncoding, sealRaw(t, probe(frameHex)))
	}
	good := at("accepted: the same probe, well made", CodeAccepted, sealRaw(t, probe("A3 0102 0204 03")))
	good.order = OrderReport
	return []verdict{
		good,
		bad("duplicate key", "A4 0102 0102 0204 03"),
		at("bad-encoding: indefinite length", CodeBadEncoding, sealRaw(t, append(probe("BF 0102 0204 03"), 0xFF))),
		bad("a tag inside", "A3 01C102 0204 03"),
		bad("keys not in order", "A3 0204 0102 03"),
		bad("a long form of a short number", "A3 011802 0204 03"),
		bad("a short number in eight bytes", "A3 011B0000000000000002 0204 03"),
		bad("a reserved head", "A3 011C02 0204 03"),
		bad("a float for a number", "A3 01F94000 0204 03"),
		bad("a text for a number", "A3 016132 0204 03"),
		bad("a list for a map", "83 0102 0204 03"),
		bad("four thousand million pairs", "BA FFFFFFFF 0102 0204 03"),
		at("bad-encoding: a string that says it is longer than the message", CodeBadEncoding, sealRaw(t, append(bytes.TrimSuffix(probe("A3 0102 0204 03"), append([]byte{0x50}, nonceOf(0x70)...)), 0x5B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF))),
		at("bad-encoding: a hundred lists in each other", CodeBadEncoding, sealRaw(t, bytes.Repeat([]byte{0x81}, 100))),
		at("bad-encoding: a long form of the payload's length", CodeBadEncoding, longForm(sealRaw(t, probe("A3 0102 0204 03")))),
	}
}

func nonceOf(seed byte) []byte {
	n := sceneNonce(seed)
	return n[:]
}

func negotiationVerdicts(t testing.TB) []verdict {
	t.Helper()
	later := sceneRequest()
	later.Version = Version + 1
	hello := Hello{Nonce: sceneNonce(0x70), Lowest: 1, Highest: 9}
	introduce := func(name string, message []byte) verdict {
		c := at(name, CodeAccepted, message)
		c.order = OrderIntroduce
		return c
	}
	return []verdict{
		introduce("accepted: a hello", seal(t, "controller", sceneLock, hello)),
		introduce("unsupported-version: of a message to come", sealRaw(t, encode(map[int]any{1: 3, 2: 2, 3: map[int]any{}, 4: true}))),
		introduce("unsupported-version: of a message of the past", sealRaw(t, encode(map[int]any{1: 1, 2: 4, 3: map[int]any{1: sceneNonce(1)}}))),
		at("unsupported-version: of the request", CodeUnsupportedVersion, seal(t, "controller", sceneLock, Authorise{Request: encode(later), Approvals: []Approval{}})),
		at("bad-signature: another version by a stranger", CodeBadSignature, sealAs(t, "stranger", RoleCommand, encode(map[int]any{1: 3, 2: 2, 3: map[int]any{}}))),
		at("bad-encoding: version 0 of an authorise", CodeBadEncoding, sealRaw(t, encode(map[int]any{1: 0, 2: 2, 3: map[int]any{}}))),
		at("bad-encoding: a hello of version 2", CodeBadEncoding, sealRaw(t, encode(frame{Version: Version, Kind: KindHello, Body: encode(hello)}))),
		at("bad-encoding: a hello of no version", CodeBadEncoding, sealRaw(t, encode(frame{Kind: KindHello, Body: encode(Hello{Nonce: sceneNonce(1), Lowest: 2, Highest: 1})}))),
	}
}

// probe is the payload of a good Probe whose frame, up to the body, is the given one.
func probe(frameHex string) []byte {
	head, err := hex.DecodeString(strings.ReplaceAll(frameHex, " ", ""))
	if err != nil {
		panic(err)
	}
	return append(append(head, 0xA1, 0x01, 0x50), nonceOf(0x70)...)
}

// shortSignature takes the last byte off a message's signature, in its length too.
func shortSignature(message []byte) []byte {
	out := bytes.Clone(message[:len(message)-1])
	out[len(out)-signatureBytes]--
	return out
}

// miscounted is an honest authorise by the controller whose first approval has another head.
func miscounted(t testing.TB, head byte) []byte {
	t.Helper()
	r := sceneRequest()
	raw, err := EncodePayload(Authorise{Request: encode(r), Approvals: approve(t, r.Digest(), controllerApprovals())})
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := bytes.Cut(raw, []byte("\xA4\x01\x01\x02\x66P-0001"))
	if !found {
		t.Fatal("no approval by P-0001")
	}
	return slices.Concat(before, []byte{head}, []byte("\x01\x01\x02\x66P-0001"), after)
}

// mislabelled is signed with the controller's key, ES256, under a header that says EdDSA:
// the signature covers that header.
func mislabelled(t testing.TB, payload []byte) []byte {
	t.Helper()
	toBeSigned := encode([]any{sigContext, []byte("\xA1\x01\x27"), AAD(RoleCommand, sceneLock), payload})
	signature, err := signerOf(t, "controller").sign(toBeSigned)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat([]byte(headEdDSA), encode(payload), encode(signature))
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
