package lockwire

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// curveOrder is n of P-256; groupOrder is L of Ed25519.
func curveOrder() *big.Int { return elliptic.P256().Params().N }

func groupOrder() *big.Int {
	l, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
	return l.Add(l, new(big.Int).Lsh(big.NewInt(1), 252))
}

// spoiltSignature is an honest signature with something done to it.
type spoiltSignature struct {
	name  string
	want  Code
	spoil func(signature []byte)
}

func hostileES256() []spoiltSignature {
	half := func(second bool, n *big.Int) func([]byte) {
		return func(s []byte) {
			if second {
				s = s[32:]
			}
			n.FillBytes(s[:32])
		}
	}
	n, zero := curveOrder(), new(big.Int)
	above := new(big.Int).Add(n, big.NewInt(1))
	all := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	bad := CodeBadSignature
	return []spoiltSignature{
		{"r is 0", bad, half(false, zero)}, {"s is 0", bad, half(true, zero)},
		{"r and s are 0", bad, func(s []byte) { clear(s) }},
		{"r is 1", bad, half(false, big.NewInt(1))}, {"s is 1", bad, half(true, big.NewInt(1))},
		{"r is n", bad, half(false, n)}, {"s is n", bad, half(true, n)},
		{"r is n-1", bad, half(false, new(big.Int).Sub(n, big.NewInt(1)))},
		{"r is n+1", bad, half(false, above)}, {"s is n+1", bad, half(true, above)},
		{"r is 2^256-1", bad, half(false, all)}, {"s is 2^256-1", bad, half(true, all)},
		{"r is p", bad, half(false, elliptic.P256().Params().P)},
		{"r and s change places", bad, func(s []byte) { copy(s, append(slices.Clone(s[32:]), s[:32]...)) }},
		{"r and s in the other order of bytes", bad, func(s []byte) { slices.Reverse(s[:32]); slices.Reverse(s[32:]) }},
		{"the other half of the curve: (r, n-s)", CodeAccepted, func(s []byte) {
			new(big.Int).Sub(n, new(big.Int).SetBytes(s[32:])).FillBytes(s[32:])
		}},
	}
}

func hostileEdDSA(t testing.TB) []spoiltSignature {
	t.Helper()
	point := func(hexPoint string) func([]byte) { return func(s []byte) { copy(s, unhex(t, hexPoint)) } }
	bad := CodeBadSignature
	list := []spoiltSignature{
		{"S is S+L", bad, func(s []byte) {
			slices.Reverse(s[32:])
			new(big.Int).Add(groupOrder(), new(big.Int).SetBytes(s[32:])).FillBytes(s[32:])
			slices.Reverse(s[32:])
		}},
		{"S is 0", bad, func(s []byte) { clear(s[32:]) }},
		{"all zero", bad, func(s []byte) { clear(s) }},
		{"the high bit of S", bad, func(s []byte) { s[63] |= 0x80 }},
		{"the sign of R", bad, func(s []byte) { s[31] ^= 0x80 }},
		{"R and S change places", bad, func(s []byte) { copy(s, append(slices.Clone(s[32:]), s[:32]...)) }},
	}
	for i, p := range lowOrderPoints() {
		list = append(list, spoiltSignature{"R of low order " + string(rune('a'+i)), bad, point(p)})
	}
	return list
}

// lowOrderPoints are the encodings of the points of order 1, 2, 4 and 8 of Ed25519, and
// other encodings of some of them.
func lowOrderPoints() []string {
	return []string{
		"0100000000000000000000000000000000000000000000000000000000000000", // order 1
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
		"0000000000000000000000000000000000000000000000000000000000000000", // order 4
		"0000000000000000000000000000000000000000000000000000000000000080", // order 4
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", // order 8
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", // order 8
		"0100000000000000000000000000000000000000000000000000000000000080", // order 1, x = -0
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // order 2, x = -0
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p+1
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // y = p, x = -0
	}
}

// signatureVerdicts spoil the signature of the envelope (ES256) and of approvals of both kinds.
func signatureVerdicts(t testing.TB) []verdict {
	t.Helper()
	r := sceneRequest()
	honest := seal(t, "controller", sceneLock, Authorise{Request: encode(r), Approvals: approve(t, r.Digest(), controllerApprovals())})
	var list []verdict
	for _, c := range hostileES256() {
		message := bytes.Clone(honest)
		c.spoil(message[len(message)-signatureBytes:])
		list = append(list, at(string(c.want)+": of the message, "+c.name, c.want, message))
	}
	approvalWith := func(who int, list []by, trust string, c spoiltSignature) verdict {
		approvals := approve(t, r.Digest(), list)
		c.spoil(approvals[who].Signature)
		v := at(string(c.want)+": of an approval by "+list[who].form.String()+", "+c.name, c.want, seal(t, "controller", sceneLock, Authorise{Request: encode(r), Approvals: approvals}))
		v.trust = trust
		return v
	}
	for _, c := range hostileES256() {
		list = append(list, approvalWith(0, partyKeyApprovals(), "party-key", c), approvalWith(0, webauthnApprovals(), "webauthn", c))
	}
	for _, c := range hostileEdDSA(t) {
		list = append(list, approvalWith(1, partyKeyApprovals(), "party-key", c), approvalWith(1, webauthnApprovals(), "webauthn", c))
	}
	for i := range list {
		list[i].name = strings.TrimPrefix(list[i].name, ":")
		if list[i].want == CodeAccepted {
			list[i].name = "accepted:" + list[i].name
		}
	}
	return list
}

type trustVector struct {
	name string
	raw  []byte
	code Code
}

// hostileTrusts are lists that a lock takes or refuses for themselves; the first ones it takes.
func hostileTrusts(t testing.TB) []trustVector {
	t.Helper()
	var list []trustVector
	add := func(name string, code Code, spoil func(*wireTrust)) {
		w := nextTrust(t, "webauthn").wire()
		spoil(&w)
		list = append(list, trustVector{name, encode(w), code})
	}
	for _, name := range sceneTrusts {
		list = append(list, trustVector{"in force: " + name, encodeTrust(t, sceneTrust(t, name)), CodeAccepted},
			trustVector{"proposed: " + name, encodeTrust(t, nextTrust(t, name)), CodeAccepted})
	}
	first := func(raw []byte) func(*wireTrust) {
		return func(w *wireTrust) { w.Parties[0].Persons[0].Key.Raw = raw }
	}
	ed := func(raw []byte) func(*wireTrust) {
		return func(w *wireTrust) { w.Parties[1].Persons[0].Key.Raw = raw }
	}
	p256 := signerOf(t, "P-0001").Key().wire().Raw
	twin := new(big.Int).Sub(elliptic.P256().Params().P, new(big.Int).SetBytes(p256[32:])).FillBytes(make([]byte, 32))
	bad := CodeBadTrust
	for i, p := range lowOrderPoints() {
		add("with an Ed25519 key of low order "+string(rune('a'+i)), bad, ed(unhex(t, p)))
	}
	add("with an Ed25519 key that is not canonical", bad, ed(unhex(t, "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")))
	add("with an Ed25519 key that is no point", bad, ed(unhex(t, "0200000000000000000000000000000000000000000000000000000000000000")))
	add("with a P-256 key that is not on the curve", bad, first(append(slices.Clone(p256[:63]), p256[63]^1)))
	add("with a P-256 key at infinity", bad, first(make([]byte, p256Bytes)))
	add("with a P-256 key whose x is p", bad, first(append(elliptic.P256().Params().P.Bytes(), p256[32:]...)))
	add("with the other key of the same x", CodeAccepted, first(append(slices.Clone(p256[:32]), twin...)))
	add("with a compressed P-256 key", CodeBadEncoding, first(append([]byte{2}, p256[:32]...)))
	add("with an uncompressed P-256 key and its mark", CodeBadEncoding, first(append([]byte{4}, p256...)))
	add("with an Ed25519 key of 31 bytes", CodeBadEncoding, ed(make([]byte, 31)))
	add("with a key of another algorithm", CodeBadEncoding, func(w *wireTrust) { w.Controller.Algorithm = -35 })
	add("of version 0", CodeBadEncoding, func(w *wireTrust) { w.Version = 0 })
	add("of two parties", CodeBadEncoding, func(w *wireTrust) { w.Parties = w.Parties[:2] })
	add("of four parties", CodeBadEncoding, func(w *wireTrust) { w.Parties = append(w.Parties, w.Parties[0]) })
	add("of an unknown form", CodeBadEncoding, func(w *wireTrust) { w.Parties[0].Form = 4 })
	add("with a party of keys without a key", bad, func(w *wireTrust) { w.Parties[0].Persons = nil })
	add("with a key of a party that the controller signs for", bad, func(w *wireTrust) { w.Parties[0].Form = ByController })
	add("with the controller's key as a person's", bad, func(w *wireTrust) { w.Parties[0].Persons[0].Key = w.Controller })
	add("with one key for two persons", bad, func(w *wireTrust) { w.Parties[0].Persons[0].Key = w.Parties[1].Persons[0].Key })
	add("with a person twice", CodeBadEncoding, func(w *wireTrust) { w.Parties[2].Persons[1].Person = "P-0003" })
	add("with persons out of order", CodeBadEncoding, func(w *wireTrust) { slices.Reverse(w.Parties[2].Persons) })
	add("with a person without a number", CodeBadEncoding, func(w *wireTrust) { w.Parties[0].Persons[0].Person = "" })
	add("with nine persons in a party", CodeBadEncoding, func(w *wireTrust) {
		w.Parties[2].Persons = slices.Repeat(w.Parties[2].Persons[:1], MaxKeysPerParty+1)
	})
	add("without a relying party", bad, func(w *wireTrust) { w.IDHash = Digest{} })
	add("without an origin", bad, func(w *wireTrust) { w.Origins = nil })
	add("with three origins", CodeBadEncoding, func(w *wireTrust) { w.Origins = []string{"https://a", "https://b", "https://c"} })
	add("with origins out of order", bad, func(w *wireTrust) { slices.Reverse(w.Origins) })
	add("with a quote in an origin", bad, func(w *wireTrust) { w.Origins = []string{`https://a","x":"`} })
	add("with a backslash in an origin", bad, func(w *wireTrust) { w.Origins = []string{`https:\/\/a`} })
	add("with an origin in Chinese", bad, func(w *wireTrust) { w.Origins = []string{"https://保密"} })
	add("with a relying party that nobody needs", bad, func(w *wireTrust) {
		for i := range w.Parties {
			w.Parties[i].Form = ByPartyKey
		}
	})
	return append(list, trustVector{"with bytes behind it", append(encodeTrust(t, nextTrust(t, "mixed")), 0), CodeBadEncoding})
}

func TestHostileTrustLists(t *testing.T) {
	for _, c := range hostileTrusts(t) {
		list, err := DecodeTrust(c.raw)
		if c.code == CodeAccepted && err != nil || c.code != CodeAccepted && code(err) != c.code {
			t.Errorf("a list %s: %v, want %q", c.name, err, c.code)
		}
		if c.code == CodeAccepted {
			if again := encodeTrust(t, list); !bytes.Equal(again, c.raw) {
				t.Errorf("a list %s: encodes to %x, was %x", c.name, again, c.raw)
			}
		}
	}
	if _, err := DecodeTrust(make([]byte, MaxTrustBytes+1)); code(err) != CodeTooLong {
		t.Error(err)
	}
	if (Trust{}).check() == nil {
		t.Error("the zero list is one")
	}
}

// A list with as many keys as its parties may have, under long numbers, is too long.
func TestLongestTrustList(t *testing.T) {
	trust := sceneTrust(t, "controller")
	seed := byte(0x60)
	for _, party := range Parties() {
		keys := map[string]Key{}
		for range MaxKeysPerParty {
			s, err := NewSigner(p256Key(t, seed))
			if err != nil {
				t.Fatal(err)
			}
			keys[strings.Repeat("Z", MaxPersonBytes-1)+string(rune(seed))] = s.Key()
			seed++
		}
		trust.Parties[party] = PartyTrust{Form: ByPartyKey, Keys: keys}
	}
	if _, err := trust.Encode(); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("24 keys under numbers of 40 bytes: %v", err)
	}
	for _, party := range Parties() {
		short := map[string]Key{}
		for person, key := range trust.Parties[party].Keys {
			if len(short) < 7 {
				short["P-00"+person[MaxPersonBytes-1:]] = key
			}
		}
		trust.Parties[party] = PartyTrust{Form: ByPartyKey, Keys: short}
	}
	raw := encodeTrust(t, trust)
	m := ProposeTrust{Session: sceneSession, Safe: strings.Repeat("s", MaxNameBytes), Trust: append(raw, make([]byte, MaxTrustBytes-len(raw))...)}
	sealed, err := Seal(signerOf(t, "controller"), strings.Repeat("l", MaxNameBytes), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("21 P-256 keys: %d bytes; the longest proposal: %d bytes", len(raw), len(sealed))
}

// Keys for which anybody can sign, or that are no points, become keys nowhere.
func TestHostileKeys(t *testing.T) {
	for _, p := range lowOrderPoints() {
		if _, err := NewKey(ed25519.PublicKey(unhex(t, p))); err == nil {
			t.Errorf("the Ed25519 key %s was taken", p)
		}
	}
	for seed := range byte(64) {
		if _, err := NewKey(edKey(seed).Public()); err != nil {
			t.Errorf("an honest Ed25519 key was refused: %v", err)
		}
	}
	honest := *p256Key(t, 0x31).Public().(*ecdsa.PublicKey)
	off := honest
	//lint:ignore SA1019 a key that is wrong on purpose
	off.Y = new(big.Int).Add(honest.Y, big.NewInt(1))
	//lint:ignore SA1019 a key that is wrong on purpose
	infinity := ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int), Y: new(big.Int)}
	for name, key := range map[string]*ecdsa.PublicKey{"off the curve": &off, "infinity": &infinity, "nil": nil, "without a point": {Curve: elliptic.P256()}} {
		if _, err := NewKey(key); err == nil {
			t.Errorf("the P-256 key %s was taken", name)
		}
	}
}

// The trick that keys of low order are for: a signature over everything, made by nobody.
func TestLowOrderKeysWouldVerify(t *testing.T) {
	key := Key{algorithm: EdDSA, ed25519: unhex(t, lowOrderPoints()[0])}
	signature := append(unhex(t, lowOrderPoints()[0]), make([]byte, 32)...)
	if !key.verify([]byte("anything"), signature) {
		t.Error("the standard library refuses keys of low order by itself now: this test has nothing left to show")
	}
}

type derCase struct {
	name string
	der  []byte
	want bool
}

// hostileDER are encodings of one signature, of which one is DER.
func hostileDER() []derCase {
	r, s := "1122334455667788112233445566778811223344556677881122334455667788", "ff22334455667788112233445566778811223344556677881122334455667788"
	make1 := func(text string) []byte {
		raw, err := hex.DecodeString(strings.ReplaceAll(strings.NewReplacer("R", r, "S", s).Replace(text), " ", ""))
		if err != nil {
			panic(err)
		}
		return raw
	}
	return []derCase{
		{"well made", make1("30 45 0220 R 0221 00S"), true},
		{"small numbers", make1("30 06 020101 020102"), true},
		{"a zero byte too many before r", make1("30 46 0221 00R 0221 00S"), false},
		{"s without its zero byte: negative", make1("30 44 0220 R 0220 S"), false},
		{"the length in the long form", make1("30 81 45 0220 R 0221 00S"), false},
		{"a length inside in the long form", make1("30 46 028120 R 0221 00S"), false},
		{"an indefinite length", make1("30 80 0220 R 0221 00S 0000"), false},
		{"bytes behind the sequence", make1("30 45 0220 R 0221 00S 00"), false},
		{"bytes behind s", make1("30 47 0220 R 0221 00S 0500"), false},
		{"a third number", make1("30 48 0220 R 0221 00S 020101"), false},
		{"one number", make1("30 22 0220 R"), false},
		{"r is zero", make1("30 26 020100 0221 00S"), false},
		{"r is empty", make1("30 25 0200 0221 00S"), false},
		{"33 bytes in a number", make1("30 46 0221 01R 0221 00S"), false},
		{"a set, not a sequence", make1("31 45 0220 R 0221 00S"), false},
		{"a bit string for a number", make1("30 45 0320 R 0221 00S"), false},
		{"cut", make1("30 45 0220 R 0221 00S")[:70], false},
		{"a length that goes past the end", make1("30 45 0220 R 0222 00S"), false},
		{"empty", nil, false},
		{"empty sequence", []byte{0x30, 0}, false},
		{"raw", make1("R S"), false},
	}
}

func TestRawSignature(t *testing.T) {
	for _, c := range hostileDER() {
		raw, err := RawSignature(c.der)
		if (err == nil) != c.want || err == nil && len(raw) != signatureBytes {
			t.Errorf("%s: %x, %v", c.name, raw, err)
		}
	}
	private := p256Key(t, 0x31)
	for i := range 50 { // lengths vary
		content := []byte{byte(i)}
		digest := sha256.Sum256(content)
		der, err := private.Sign(nil, digest[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := RawSignature(der)
		if err != nil || !signerOf(t, "P-0001").Key().verify(content, raw) {
			t.Fatalf("%x: %v", der, err)
		}
	}
}
