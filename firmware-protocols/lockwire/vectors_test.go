package lockwire

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

const vectorsFile = "testdata/vectors.json"

// vectors is the file that a firmware author tests against. Every byte string is hexadecimal.
type vectors struct {
	About     string           `json:"about"`
	Keys      []keyVector      `json:"keys"`
	Messages  []messageVector  `json:"messages"`
	Request   requestVector    `json:"request"`
	Approvals []approvalVector `json:"approvals"`
	Scene     sceneVector      `json:"scene"`
	Verdicts  []verdictVector  `json:"verdicts"`
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
	Party     string `json:"party"`
	Person    string `json:"person"`
	Form      string `json:"form"`
	Key       string `json:"key"`
	Signed    string `json:"signed_bytes"`
	Signature string `json:"signature"`
}

type sceneVector struct {
	Lock            string `json:"lock"`
	Safe            string `json:"safe"`
	Boot            uint64 `json:"boot"`
	Session         string `json:"session"`
	Nonce           string `json:"nonce"`
	Counter         uint64 `json:"counter"`
	IssuedAtSeconds int    `json:"nonce_made_at_seconds"`
	TrustController string `json:"trust_controller"`
	TrustPartyKey   string `json:"trust_party_key"`
	TrustMixed      string `json:"trust_mixed"`
}

type verdictVector struct {
	Name       string `json:"name"`
	Trust      string `json:"trust"`
	Challenged bool   `json:"challenge_outstanding"`
	NowSeconds int    `json:"now_seconds"`
	Message    string `json:"message"`
	Code       Code   `json:"code"`
}

type sample struct {
	name, key string
	lock      string
	message   Message
}

// samples are one or two of each message; those with every field at its largest come last.
func samples(t testing.TB) []sample {
	t.Helper()
	r := sceneRequest()
	wide := strings.Repeat("z", MaxNameBytes)
	return []sample{
		{"challenge-request", "controller", "lock-a", ChallengeRequest{Session: sceneSession, Safe: sceneSafe}},
		{"authorise by the controller", "controller", "lock-a", Authorise{Request: encode(r), Approvals: approve(t, r.Digest(), controllerApprovals())}},
		{"authorise by party keys", "controller", "lock-a", Authorise{Request: encode(r), Approvals: approve(t, r.Digest(), partyKeyApprovals())}},
		{"relock", "controller", "lock-a", Relock{Session: sceneSession, Reason: "not-all-opened"}},
		{"probe", "controller", "lock-a", Probe{Nonce: sceneNonce(0x70)}},
		{"challenge", "lock-a", "lock-a", Challenge{Lock: "lock-a", Boot: sceneBoot, Counter: sceneCounter, Session: sceneSession, Safe: sceneSafe, Nonce: sceneNonce(0xA0), Forms: 3, Firmware: "vector 1.0"}},
		{"challenge by ES256", "lock-b", "lock-b", Challenge{Lock: "lock-b", Boot: 3, Counter: 5, Session: sceneSession, Safe: sceneSafe, Nonce: sceneNonce(0xB0), Forms: 1, Firmware: ""}},
		{"result accepted", "lock-a", "lock-a", Result{Lock: "lock-a", Boot: sceneBoot, Counter: 42, Session: sceneSession, Accepted: true}},
		{"result refused", "lock-a", "lock-a", Result{Lock: "lock-a", Boot: sceneBoot, Counter: 43, Session: sceneSession, Code: CodeExpired}},
		{"state heartbeat", "lock-a", "lock-a", State{Lock: "lock-a", Boot: sceneBoot, Counter: 44, Bolt: BoltLocked, Door: DoorClosed, BatteryPercent: 87, Reason: ReasonHeartbeat, UptimeSeconds: 86400}},
		{"state probe", "lock-a", "lock-a", State{Lock: "lock-a", Boot: sceneBoot, Counter: 45, Bolt: BoltUnlocked, Door: DoorOpen, Tamper: true, BatteryPercent: -1, Reason: ReasonProbe, Echo: sceneNonce(0x70)}},
		{"state at its limits", "lock-c", wide, State{Lock: wide, Boot: 1<<64 - 1, Counter: 1<<64 - 1, Bolt: BoltJammed, Door: DoorUnknown, BatteryPercent: 100, Reason: strings.Repeat("r", MaxReasonBytes), UptimeSeconds: 1<<64 - 1}},
	}
}

func makeVectors(t testing.TB) vectors {
	t.Helper()
	out := vectors{About: "Test vectors of trilock-lockwire/1, see SPEC.md. The keys are public: never use them. ES256 signatures differ each time they are made; verify them, do not compare."}
	for _, name := range []string{"controller", "lock-a", "lock-b", "lock-c", "P-0001", "P-0002", "P-0003", "stranger"} {
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
	r := sceneRequest()
	digest := r.Digest()
	out.Request = requestVector{hex.EncodeToString(encode(r)), hex.EncodeToString(digest[:])}
	for _, b := range append(controllerApprovals(), partyKeyApprovals()...) {
		a := approve(t, digest, []by{b})[0]
		out.Approvals = append(out.Approvals, approvalVector{b.party.String(), b.person, b.form.String(), b.signer,
			hex.EncodeToString(ApprovalBytes(digest, b.party, b.person, b.form)), hex.EncodeToString(a.Signature)})
	}
	nonce := sceneNonce(0xA0)
	out.Scene = sceneVector{sceneLock, sceneSafe, sceneBoot, sceneSession.String(), hex.EncodeToString(nonce[:]), sceneCounter, int(sceneIssued / time.Second),
		"controller key; all three parties by controller",
		"controller key; archivist P-0001, general-office P-0002, management P-0003, each by the key of that name",
		"controller key; archivist and general-office by controller, management P-0003 by key"}
	for _, c := range verdicts(t) {
		out.Verdicts = append(out.Verdicts, verdictVector{c.name, c.trust, c.challenged, int(c.now / time.Second), hex.EncodeToString(c.message), c.want})
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
	if !reflect.DeepEqual(stored.Keys, fresh.Keys) || stored.Request != fresh.Request || stored.Scene != fresh.Scene {
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
		if a.Signed != fresh.Approvals[i].Signed || !signerOf(t, a.Key).Key().verify(unhex(t, a.Signed), unhex(t, a.Signature)) {
			t.Errorf("approval of %s by %s does not verify", a.Party, a.Form)
		}
	}
	for i, c := range stored.Verdicts {
		if c.Name != fresh.Verdicts[i].Name || c.Code != fresh.Verdicts[i].Code {
			t.Errorf("verdict %q is now %q %q", c.Name, fresh.Verdicts[i].Name, fresh.Verdicts[i].Code)
		}
		v := sceneVerifier(t, c.Trust, c.Challenged)
		if _, got := judge(v, unhex(t, c.Message), time.Duration(c.NowSeconds)*time.Second); got != c.Code {
			t.Errorf("verdict %q: got %q, want %q", c.Name, got, c.Code)
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
	for _, reason := range []string{ReasonHeartbeat, ReasonProbe, ReasonConnected, ReasonUnlocked, ReasonRelockedCommand, ReasonRelockedTimeout, ReasonRelockedDoor,
		ReasonRelockDoorOpen, ReasonRelockedPowerUp, ReasonDoorOpened, ReasonDoorClosed, ReasonBoltForced, ReasonTamper, ReasonTamperCleared} {
		want = append(want, "`"+reason+"`")
	}
	for _, phrase := range want {
		if !bytes.Contains(raw, []byte(phrase)) {
			t.Errorf("SPEC.md does not say %q", phrase)
		}
	}
}
