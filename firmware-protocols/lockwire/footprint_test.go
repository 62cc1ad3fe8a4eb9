package lockwire

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
	"unsafe"
)

type signedApproval struct {
	approval
	signedBytes []byte
}

func approvalsOf(t testing.TB, message []byte) []signedApproval {
	t.Helper()
	e, _ := parseEnvelope(message)
	var c command
	if f := c.parse(e.payload, Spoken()); f.is() {
		t.Fatal(f)
	}
	digest, out := Digest(sha256.Sum256(c.request)), []signedApproval{}
	for _, a := range c.approvals[:c.count] {
		signed := ApprovalBytes(digest, a.party, string(a.person), a.form)
		if a.form == ByWebAuthn {
			signed = appendAssertionSigned(nil, &a)
		}
		out = append(out, signedApproval{a, signed})
	}
	return out
}

// Judging a message takes nothing from the heap but what the crypto library takes for
// its signatures, whatever the message says and however it is refused.
func TestJudgingTakesNoHeap(t *testing.T) {
	for _, trust := range sceneTrusts {
		list := map[string][]by{"controller": controllerApprovals(), "party-key": partyKeyApprovals(), "webauthn": webauthnApprovals(),
			"mixed": append(controllerApprovals()[:2:2], partyKeyApprovals()[2])}[trust]
		message := authoriseCase(t, "", CodeAccepted, nil, list).message
		v := sceneVerifier(t, trust, ActOpen)
		outstanding := v.quoted
		clear(v.counts) // so that the same assertion counts again and again
		judging := testing.AllocsPerRun(20, func() {
			v.issued, v.quoted, v.issuedAt = true, outstanding, sceneIssued
			if verdict := v.Judge(message, sceneNow); verdict.Order != OrderDraw {
				t.Fatal(verdict.Code, verdict.Detail)
			}
			clear(v.counts)
		})
		approvals := approvalsOf(t, message)
		e, _ := parseEnvelope(message)
		library := testing.AllocsPerRun(20, func() {
			if !e.signedBy(v.trust.Controller, RoleCommand, sceneLock, v.scratch[:0]) {
				t.Fatal("the message")
			}
			for _, a := range approvals {
				key := v.trust.Controller
				if a.form != ByController {
					key = v.trust.Parties[a.party].Keys[string(a.person)]
				}
				if !key.verify(a.signedBytes, a.signature) {
					t.Fatal("an approval")
				}
			}
		})
		t.Logf("%s: %v allocations, of which the crypto library's are %v", trust, judging, library)
		if judging > library {
			t.Errorf("%s: judging takes %v allocations, the crypto library alone %v", trust, judging, library)
		}
	}
}

// What is refused before a signature is looked at, and after it, allocates no more.
func TestRefusingTakesNoHeap(t *testing.T) {
	for _, c := range verdicts(t) {
		if c.order != OrderRefuse || isProposal(c.message) {
			continue // a proposal's list is taken apart into maps: see Verifier
		}
		v := sceneVerifier(t, c.trust, c.challenged)
		outstanding, staged := v.quoted, v.stagedDigest
		allocations := testing.AllocsPerRun(3, func() {
			v.issued, v.quoted, v.issuedAt, v.stagedDigest = c.challenged != 0, outstanding, sceneIssued, staged
			v.Judge(c.message, c.now)
		})
		verifications := 4.0 // the message and three approvals, at most
		if e, f := parseEnvelope(c.message); f.is() {
			verifications = 0
		} else {
			one := testing.AllocsPerRun(3, func() { e.signedBy(v.trust.Controller, RoleCommand, sceneLock, v.scratch[:0]) })
			verifications *= one + 1 // a signature that does not hold takes its error
		}
		if allocations > verifications {
			t.Errorf("%s: %v allocations, four verifications take %v", c.name, allocations, verifications)
		}
	}
}

func isProposal(message []byte) bool {
	var c command
	e, f := parseEnvelope(message)
	return !f.is() && !c.parse(e.payload, Spoken()).is() && c.kind == KindProposeTrust
}

// A reader meets depth with a refusal at the first step: there is nothing to recurse into.
func TestDepthAndLengthCostNothing(t *testing.T) {
	for name, payload := range map[string][]byte{
		"deep": bytes.Repeat([]byte{0x81}, 1900), "maps": bytes.Repeat([]byte{0xA1, 0x01}, 900), "tags": bytes.Repeat([]byte{0xC1}, 1900),
		"indefinite": bytes.Repeat([]byte{0x9F}, 1900), "long": {0xBB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
	} {
		var c command
		if n := testing.AllocsPerRun(3, func() {
			if f := c.parse(payload, Spoken()); f.code != CodeBadEncoding {
				t.Fatalf("%s: %v", name, f)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// The largest messages fit the buffer that a lock has for them.
func TestLargestMessages(t *testing.T) {
	wide := strings.Repeat("z", MaxNameBytes)
	r := sceneRequest()
	r.Safe, r.Purpose = wide, strings.Repeat("x", MaxPurposeBytes)
	for i := range r.Locks {
		r.Locks[i].Lock, r.Locks[i].Boot, r.Locks[i].Counter = wide[1:]+string(rune('a'+i)), 1<<64-1, 1<<64-1
	}
	a := Authorise{Request: encode(r)}
	for _, party := range Parties() {
		a.Approvals = append(a.Approvals, Approval{Party: party, Person: strings.Repeat("人", MaxPersonBytes/3) + "x", Form: ByWebAuthn, Signature: make([]byte, signatureBytes),
			AuthenticatorData: make([]byte, authenticatorBytes), ClientData: make([]byte, MaxClientDataBytes)})
	}
	sealed, err := Seal(signerOf(t, "controller"), wide, a)
	if err != nil {
		t.Fatal(err)
	}
	var v Verifier
	t.Logf("the largest authorise has %d bytes; a verifier has %d bytes, of which buffers %d", len(sealed), unsafe.Sizeof(v), len(v.scratch)+len(v.staged))
	e, _ := parseEnvelope(sealed)
	if room := len(v.scratch); 1+1+len(sigContext)+4+2+len(AAD(RoleCommand, wide))+3+len(e.payload) > room {
		t.Errorf("what is signed does not fit %d bytes", room)
	}
	if len(AAD(RoleCommand, wide)) > aadBytes || len(ApprovalBytes(Digest{}, Management, strings.Repeat("p", MaxPersonBytes), ByWebAuthn)) > approvalBytes {
		t.Error("a buffer is too small")
	}
	best := clientData(Digest{}, strings.Repeat("o", MaxOriginBytes))
	if len(best) > 177 {
		t.Errorf("client data of the longest origin has %d bytes", len(best))
	}
}

func BenchmarkJudge(b *testing.B) {
	for _, trust := range []string{"controller", "webauthn"} {
		b.Run(trust, func(b *testing.B) {
			list := controllerApprovals()
			if trust == "webauthn" {
				list = webauthnApprovals()
			}
			message := authoriseCase(b, "", CodeAccepted, nil, list).message
			v := sceneVerifier(b, trust, ActOpen)
			outstanding := v.quoted
			b.ReportAllocs()
			for b.Loop() {
				v.issued, v.quoted, v.issuedAt = true, outstanding, sceneIssued
				clear(v.counts)
				if v.Judge(message, sceneNow).Order != OrderDraw {
					b.Fatal("refused")
				}
			}
		})
	}
}
