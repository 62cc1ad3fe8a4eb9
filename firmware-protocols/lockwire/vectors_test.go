package lockwire

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

const vectorsFile = "testdata/vectors.json"

// vectors is the file that a firmware author tests against. Every byte string is hexadecimal.
type vectors struct {
	About    string          `json:"about"`
	Keys     []keyVector     `json:"keys"`
	Messages []messageVector `json:"messages"`
	Request  requestVector   `json:"request"`
	// TrustRequest puts the proposed list of the trust list "party-key" in force.
	TrustRequest requestVector    `json:"trust_request"`
	TrustLists   []listVector     `json:"trust_lists"`
	Approvals    []approvalVector `json:"approvals"`
	Scene        sceneVector      `json:"scene"`
	Verdicts     []verdictVector  `json:"verdicts"`
}

// listVector is a trust list and what a lock says to it, its version and safe apart.
type listVector struct {
	Name    string `json:"name"`
	Encoded string `json:"encoded"`
	Digest  string `json:"sha256"`
	Code    Code   `json:"code"`
}

type keyVector struct {
	Name    string `json:"name"`
	Private string `json:"private_pkcs8"`
	Public  string `json:"public_spki"`
}

type messageVector struct {
	Name    string `json:"name"`
	Role    Role   `json:"role"`
	Lock    string `json:"lock"`
	Key     string `json:"key"`
	AAD     string `json:"external_aad"`
	Payload string `json:"payload"`
	Message string `json:"message"`
}

type requestVector struct {
	Encoded string `json:"encoded"`
	Digest  string `json:"sha256"`
}

type approvalVector struct {
	Party  string `json:"party"`
	Person string `json:"person"`
	Form   string `json:"form"`
	Key    string `json:"key"`
	// Signed is the approval's bytes. A webauthn approval signs an assertion instead, whose
	// challenge is the SHA-256 of them.
	Signed            string `json:"approval_bytes"`
	Signature         string `json:"signature"`
	AuthenticatorData string `json:"authenticator_data,omitempty"`
	ClientData        string `json:"client_data,omitempty"`
}

type sceneVector struct {
	Lock            string `json:"lock"`
	Safe            string `json:"safe"`
	Boot            uint64 `json:"boot"`
	Session         string `json:"session"`
	Nonce           string `json:"nonce"`
	Counter         uint64 `json:"counter"`
	IssuedAtSeconds int    `json:"nonce_made_at_seconds"`
	// Count is the last signature counter of every authenticator.
	Count uint32 `json:"authenticators_counted"`
	Trust string `json:"trust"`
}

type verdictVector struct {
	Name  string `json:"name"`
	Trust string `json:"trust"`
	// Challenged is what the outstanding challenge is for: "open", "trust" or "none".
	Challenged string `json:"challenge_outstanding"`
	NowSeconds int    `json:"now_seconds"`
	Message    string `json:"message"`
	// Order is what the lock does; Code is why, when it refuses.
	Order string `json:"order"`
	Code  Code   `json:"code"`
}

type sample struct {
	name, key string
	lock      string
	message   Message
}

// samples are one or two of each message; those with every field at its largest come last.
func samples(t testing.TB) []sample {
	t.Helper()
	r, list := sceneRequest(), nextTrust(t, "party-key")
	change := trustRequest(t, "party-key")
	digest := sceneTrust(t, "party-key").Digest()
	wide := strings.Repeat("z", MaxNameBytes)
	state := State{Lock: "lock-a", Boot: sceneBoot, Counter: 44, Bolt: BoltLocked, Door: DoorClosed, BatteryPercent: 87, Reason: ReasonHeartbeat, UptimeSeconds: 86400,
		Motor: MotorReady, TrustVersion: sceneTrustVersion, TrustDigest: digest}
	stalled := state
	stalled.Bolt, stalled.Motor, stalled.Reason, stalled.Counter = BoltJammed, MotorStalled, ReasonMotorStalled, 46
	return []sample{
		{"hello", "controller", "lock-a", Hello{Nonce: sceneNonce(0x70), Lowest: 1, Highest: 9}},
		{"challenge-request", "controller", "lock-a", ChallengeRequest{Session: sceneSession, Safe: sceneSafe}},
		{"propose-trust", "controller", "lock-a", ProposeTrust{Session: sceneSession, Safe: sceneSafe, Trust: encodeTrust(t, list)}},
		{"authorise by the controller", "controller", "lock-a", Authorise{Request: encode(r), Approvals: approve(t, r.Digest(), controllerApprovals())}},
		{"authorise by party keys", "controller", "lock-a", Authorise{Request: encode(r), Approvals: approve(t, r.Digest(), partyKeyApprovals())}},
		{"authorise by assertions", "controller", "lock-a", Authorise{Request: encode(r), Approvals: approve(t, r.Digest(), webauthnApprovals())}},
		{"authorise a trust list", "controller", "lock-a", Authorise{Request: encode(change), Approvals: approve(t, change.Digest(), partyKeyApprovals())}},
		{"authorise by nobody", "controller", "lock-a", Authorise{Request: encode(r), Approvals: []Approval{}}},
		{"relock", "controller", "lock-a", Relock{Session: sceneSession, Reason: "not-all-opened"}},
		{"probe", "controller", "lock-a", Probe{Nonce: sceneNonce(0x70)}},
		{"capabilities", "lock-a", "lock-a", Capabilities{Lock: "lock-a", Boot: sceneBoot, Counter: 1, Echo: sceneNonce(0x70), Lowest: 2, Highest: 2, Forms: 7, Firmware: "vector 2.0"}},
		{"capabilities for a message of version 3", "lock-b", "lock-b", Capabilities{Lock: "lock-b", Boot: 3, Counter: 2, Lowest: 2, Highest: 2, Forms: 3, Refused: 3}},
		{"challenge", "lock-a", "lock-a", Challenge{Lock: "lock-a", Boot: sceneBoot, Counter: sceneCounter, Session: sceneSession, Safe: sceneSafe, Nonce: sceneNonce(0xA0), Act: ActOpen}},
		{"challenge by ES256", "lock-b", "lock-b", Challenge{Lock: "lock-b", Boot: 3, Counter: 5, Session: sceneSession, Safe: sceneSafe, Nonce: sceneNonce(0xB0), Act: ActTrust}},
		{"result accepted", "lock-a", "lock-a", Result{Lock: "lock-a", Boot: sceneBoot, Counter: 42, Session: sceneSession, Accepted: true}},
		{"result refused", "lock-a", "lock-a", Result{Lock: "lock-a", Boot: sceneBoot, Counter: 43, Session: sceneSession, Code: CodeExpired}},
		{"state heartbeat", "lock-a", "lock-a", state},
		{"state motor stalled", "lock-a", "lock-a", stalled},
		{"state probe", "lock-a", "lock-a", State{Lock: "lock-a", Boot: sceneBoot, Counter: 45, Bolt: BoltUnlocked, Door: DoorOpen, Tamper: true, BatteryPercent: -1, Reason: ReasonProbe, Echo: sceneNonce(0x70), TrustVersion: 1, TrustDigest: digest}},
		{"state at its limits", "lock-c", wide, State{Lock: wide, Boot: 1<<64 - 1, Counter: 1<<64 - 1, Bolt: BoltJammed, Door: DoorUnknown, BatteryPercent: 100, Reason: strings.Repeat("r", MaxReasonBytes), UptimeSeconds: 1<<64 - 1,
			Motor: MotorOverCurrent, TrustVersion: 1<<32 - 1, TrustDigest: digest}},
	}
}

func makeVectors(t testing.TB) vectors {
	t.Helper()
	out := vectors{About: "Test vectors of trilock-lockwire version 2, see SPEC.md. The keys are public: never use them. ES256 signatures differ each time they are made; verify them, do not compare."}
	for _, name := range []string{"controller", "lock-a", "lock-b", "lock-c", "P-0001", "P-0002", "P-0003", "P-0004", "stranger"} {
		key := sceneKeys(t)[name]
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		public, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		out.Keys = append(out.Keys, keyVector{name, hex.EncodeToString(private), hex.EncodeToString(public)})
	}
	for _, s := range samples(t) {
		payload, err := EncodePayload(s.message)
		if err != nil {
			t.Fatal(err)
		}
		out.Messages = append(out.Messages, messageVector{s.name, s.message.role(), s.lock, s.key,
			hex.EncodeToString(AAD(s.message.role(), s.lock)), hex.EncodeToString(payload), hex.EncodeToString(seal(t, s.key, s.lock, s.message))})
	}
	r, change := sceneRequest(), trustRequest(t, "party-key")
	digest, changeDigest := r.Digest(), change.Digest()
	out.Request = requestVector{hex.EncodeToString(encode(r)), hex.EncodeToString(digest[:])}
	out.TrustRequest = requestVector{hex.EncodeToString(encode(change)), hex.EncodeToString(changeDigest[:])}
	for _, c := range hostileTrusts(t) {
		sum := sha256.Sum256(c.raw)
		out.TrustLists = append(out.TrustLists, listVector{c.name, hex.EncodeToString(c.raw), hex.EncodeToString(sum[:]), c.code})
	}
	for _, b := range slices.Concat(controllerApprovals(), partyKeyApprovals(), webauthnApprovals()) {
		a := approve(t, digest, []by{b})[0]
		out.Approvals = append(out.Approvals, approvalVector{b.party.String(), b.person, b.form.String(), b.signer,
			hex.EncodeToString(ApprovalBytes(digest, b.party, b.person, b.form)), hex.EncodeToString(a.Signature),
			hex.EncodeToString(a.AuthenticatorData), string(a.ClientData)})
	}
	nonce := sceneNonce(0xA0)
	out.Scene = sceneVector{sceneLock, sceneSafe, sceneBoot, sceneSession.String(), hex.EncodeToString(nonce[:]), sceneCounter, int(sceneIssued / time.Second), sceneCount,
		"the list in force is the trust list \"in force: <trust>\"; where a challenge for a trust list is outstanding, \"proposed: <trust>\" was proposed for it"}
	for _, c := range verdicts(t) {
		challenged := "none"
		if c.challenged != 0 {
			challenged = c.challenged.String()
		}
		out.Verdicts = append(out.Verdicts, verdictVector{c.name, c.trust, challenged, int(c.now / time.Second), hex.EncodeToString(c.message), c.order.String(), c.want})
	}
	return out
}

func loadVectors(t testing.TB) vectors {
	t.Helper()
	raw, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatalf("%v: make it with go test -run TestVectors -update", err)
	}
	var out vectors
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The stored vectors still mean what they meant: payloads are equal byte for byte,
// signatures verify, verdicts are the same. A change here is a new version of the protocol.
func TestVectors(t *testing.T) {
	fresh := makeVectors(t)
	if *update {
		text, err := json.MarshalIndent(fresh, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsFile, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored := loadVectors(t)
	if !reflect.DeepEqual(stored.Keys, fresh.Keys) || stored.Request != fresh.Request || stored.TrustRequest != fresh.TrustRequest ||
		stored.Scene != fresh.Scene || !slices.Equal(stored.TrustLists, fresh.TrustLists) {
		t.Error("keys, request or scene differ from the stored vectors")
	}
	if len(stored.Messages) != len(fresh.Messages) || len(stored.Approvals) != len(fresh.Approvals) || len(stored.Verdicts) != len(fresh.Verdicts) {
		t.Fatal("the stored vectors are of another set: run with -update")
	}
	for i, m := range stored.Messages {
		want := fresh.Messages[i]
		want.Message = m.Message
		if samples(t)[i].message.Kind() == KindAuthorise {
			want.Payload = m.Payload // holds ES256 signatures, never made the same twice
		}
		if m != want {
			t.Errorf("message %q differs from the stored vector", m.Name)
		}
		opened, err := open(signerOf(t, m.Key).Key(), m.Role, m.Lock, unhex(t, m.Message))
		if err != nil || !reflect.DeepEqual(opened, withoutSignatures(t, samples(t)[i].message, opened)) {
			t.Errorf("message %q opens as %+v, %v", m.Name, opened, err)
		}
	}
	for i, a := range stored.Approvals {
		signed := unhex(t, a.Signed)
		if a.Form == ByWebAuthn.String() {
			data := sha256.Sum256([]byte(a.ClientData))
			signed = append(unhex(t, a.AuthenticatorData), data[:]...)
		}
		if a.Signed != fresh.Approvals[i].Signed || a.ClientData != fresh.Approvals[i].ClientData || !signerOf(t, a.Key).Key().verify(signed, unhex(t, a.Signature)) {
			t.Errorf("approval of %s by %s does not verify", a.Party, a.Form)
		}
	}
	for i, c := range stored.Verdicts {
		if c.Name != fresh.Verdicts[i].Name || c.Code != fresh.Verdicts[i].Code {
			t.Errorf("verdict %q is now %q %q", c.Name, fresh.Verdicts[i].Name, fresh.Verdicts[i].Code)
		}
		challenged := map[string]Act{"none": 0, "open": ActOpen, "trust": ActTrust}[c.Challenged]
		v := sceneVerifier(t, c.Trust, challenged)
		if got, code := judge(v, unhex(t, c.Message), time.Duration(c.NowSeconds)*time.Second); code != c.Code || got.Order.String() != c.Order {
			t.Errorf("verdict %q: got %v %q, want %v %q", c.Name, got.Order, code, c.Order, c.Code)
		}
	}
}

// withoutSignatures gives want the signatures of got: ES256 signatures are never made the same twice.
func withoutSignatures(t testing.TB, want, got Message) Message {
	t.Helper()
	w, ok := want.(Authorise)
	g, same := got.(Authorise)
	if !ok || !same || len(w.Approvals) != len(g.Approvals) {
		return want
	}
	for i := range w.Approvals {
		w.Approvals[i].Signature = g.Approvals[i].Signature
	}
	return w
}

// The specification names every message, number, refusal and limit that the code has.
func TestSpecificationIsComplete(t *testing.T) {
	raw, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{aadLabel, approvalLabel, fmt.Sprintf("%d bytes", MaxMessageBytes), "trilock/lock/<lock>/cmd", "trilock/lock/<lock>/evt", "trilock/lock/<lock>/online"}
	for _, code := range Codes() {
		want = append(want, "`"+string(code)+"`")
	}
	for _, s := range samples(t) {
		kind := s.message.Kind()
		want = append(want, fmt.Sprintf("| %d | %s |", kind, reflect.TypeOf(s.message).Name()))
	}
	for _, order := range []Order{OrderRefuse, OrderIntroduce, OrderReport, OrderIssue, OrderDraw, OrderStore, OrderThrow} {
		want = append(want, "*"+order.String()+"*")
	}
	for _, number := range []int{MaxTrustBytes, MaxClientDataBytes, toBeSignedBytes, MaxOriginBytes, authenticatorBytes} {
		want = append(want, fmt.Sprint(number))
	}
	for _, reason := range []string{ReasonHeartbeat, ReasonProbe, ReasonConnected, ReasonUnlocked, ReasonRelockedCommand, ReasonRelockedTimeout, ReasonRelockedDoor,
		ReasonRelockDoorOpen, ReasonRelockedPowerUp, ReasonDoorOpened, ReasonDoorClosed, ReasonBoltForced, ReasonTamper, ReasonTamperCleared,
		ReasonMotorStalled, ReasonMotorCurrent, ReasonBatteryLow, ReasonTrustChanged} {
		want = append(want, "`"+reason+"`")
	}
	for _, phrase := range want {
		if !bytes.Contains(raw, []byte(phrase)) {
			t.Errorf("SPEC.md does not say %q", phrase)
		}
	}
}
