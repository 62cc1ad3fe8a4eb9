package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"trilock/custody"
	"trilock/custody/fact"
)

// call sends one request with a role's token and returns the answer.
func call(h http.Handler, role Role, method, target, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+testTokens[role])
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set(keyHeader, key)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func decoded[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("status %d, not JSON: %v: %s", w.Code, err, w.Body)
	}
	return v
}

// wantProblem checks that an answer is a complete problem document.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, code string) Problem {
	t.Helper()
	p := decoded[Problem](t, w)
	if w.Code != status || p.Status != status || p.Code != code {
		t.Errorf("status %d, problem %d %q, want %d %q: %s", w.Code, p.Status, p.Code, status, code, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("problem %s has media type %s", code, got)
	}
	for _, s := range []string{p.Type, p.Title, p.Detail, p.Text.ZH, p.Text.EN, p.Next.ZH, p.Next.EN} {
		if s == "" || strings.Contains(s, "%!") || strings.Contains(s, "%[") {
			t.Errorf("problem %s is incomplete: %+v", code, p)
		}
	}
	return p
}

func TestOverviewAndItsTag(t *testing.T) {
	core := newTestCore(t)
	h := newTestHandler(t, core)
	w := call(h, RoleObserver, "GET", "/api/v1/overview", "", "")
	o := decoded[custody.Overview](t, w)
	if w.Code != http.StatusOK || len(o.Documents) != 16 || o.Seq != core.seq() {
		t.Fatalf("status %d, %d documents, entry %d", w.Code, len(o.Documents), o.Seq)
	}
	if strings.Contains(w.Body.String(), "secret title") {
		t.Error("the overview holds a title")
	}
	if !strings.Contains(w.Body.String(), `"alerts":[]`) {
		t.Error("no alerts must be an empty list")
	}
	tag := w.Header().Get("ETag")
	if want := fmt.Sprintf(`W/"%d"`, o.Seq); tag != want {
		t.Fatalf("tag %s, want %s", tag, want)
	}
	ask := func() int {
		r := httptest.NewRequest("GET", "/api/v1/overview", nil)
		r.Header.Set("Authorization", "Bearer "+testTokens[RoleObserver])
		r.Header.Set("If-None-Match", `W/"1", `+tag)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code == http.StatusNotModified && (w.Body.Len() > 0 || w.Header().Get("ETag") != tag) {
			t.Errorf("304 with body %q and tag %q", w.Body, w.Header().Get("ETag"))
		}
		return w.Code
	}
	if got := ask(); got != http.StatusNotModified {
		t.Errorf("unchanged: %d", got)
	}
	core.enter(0)
	if got := ask(); got != http.StatusOK {
		t.Errorf("changed: %d", got)
	}
}

func TestDocumentAndAlerts(t *testing.T) {
	core := newTestCore(t)
	h := newTestHandler(t, core)
	d := decoded[custody.DocumentOverview](t, call(h, RoleSecurity, "GET", "/api/v1/documents/JM-2026-0003", "", ""))
	if d.ID != "JM-2026-0003" || d.Place != "cabinet-a" {
		t.Errorf("got %+v", d)
	}
	wantProblem(t, call(h, RoleSecurity, "GET", "/api/v1/documents/JM-2026-9999", "", ""), http.StatusNotFound, "no-such-document")
	core.put(fact.BadgeShown{Reader: "badge-in", Card: "raw:26:FFFFFFFF"}, "")
	var list struct{ Alerts []struct{ ID uint64 } }
	if err := json.Unmarshal(call(h, RoleSecurity, "GET", "/api/v1/alerts", "", "").Body.Bytes(), &list); err != nil || len(list.Alerts) != 1 {
		t.Errorf("alerts %+v, %v", list, err)
	}
}

func TestRecordPagesWithoutCredentials(t *testing.T) {
	core := newTestCore(t)
	h := newTestHandler(t, core)
	if w := call(h, RoleRegistrar, "POST", "/api/v1/persons", "k1", `{"id":"p-0042","name":{"zh":"钱进","en":"Qian Jin"},"posts":["staff"],"clearance":"secret","card":"raw:26:12345678","pin":"97530864","rooms":[]}`); w.Code != http.StatusCreated {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	var kept custody.Person
	for _, e := range core.entries {
		if ev, ok := e.Event.(*custody.PersonRegistered); ok && ev.Person.ID == "p-0042" {
			kept = ev.Person
		}
	}
	if want := custody.Fingerprint(testSite().PINKey, "p-0042", "97530864"); kept.PIN != want {
		t.Errorf("the record keeps PIN %q, want its fingerprint", kept.PIN)
	}
	var after, pages uint64
	var seen int
	for {
		w := call(h, RoleAuditor, "GET", fmt.Sprintf("/api/v1/record?after=%d&limit=40", after), "", "")
		var page struct {
			Entries []struct {
				Seq  uint64
				Kind string
			}
			Next uint64
		}
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		for _, secret := range []string{kept.PIN, "97530864", "12345678", "A8ED3140"} {
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("the page after %d holds the credential %s", after, secret)
			}
		}
		seen, pages = seen+len(page.Entries), pages+1
		if len(page.Entries) == 0 {
			break
		}
		after = page.Next
	}
	if seen != len(core.entries) || pages < 3 {
		t.Errorf("%d of %d entries on %d pages", seen, len(core.entries), pages)
	}
	wantProblem(t, call(h, RoleAuditor, "GET", "/api/v1/record?limit=1001", "", ""), http.StatusUnprocessableEntity, "invalid-request")
	wantProblem(t, call(h, RoleAuditor, "GET", "/api/v1/record?unknown=1", "", ""), http.StatusUnprocessableEntity, "invalid-request")
}

func TestActs(t *testing.T) {
	core := newTestCore(t)
	h := newTestHandler(t, core)
	due := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	core.put(fact.BadgeShown{Reader: "badge-in", Card: "raw:26:FFFFFFFF"}, "")
	steps := []struct {
		role         Role
		target, body string
		status       int
		code         string // of a problem
	}{
		{RoleArchivist, "/api/v1/documents", `{"id":"JM-2026-0017","title":"t","level":"secret","copy":1,"copies":2,"tag":"2C00000000000000000000FF","home":"cabinet-a"}`, 422, "incomplete"},
		{RoleArchivist, "/api/v1/documents", `{"id":"JM-2026-0017","title":"t","level":"secret","copy":1,"copies":2,"tag":"2C00000000000000000000FF","home":"cabinet-a",` + received + `}`, 201, ""},
		{RoleArchivist, "/api/v1/documents", `{"id":"JM-2026-0030","title":"t","level":"secret","copy":1,"copies":2,"tag":"2C00000000000000000000FE","home":"cabinet-a",` + received + `}`, 409, "number-gap"},
		{RoleArchivist, "/api/v1/documents", `{"id":"JM-2026-0017","title":"t","level":"secret","copy":1,"copies":2,"tag":"2C00000000000000000000FE","home":"cabinet-a",` + received + `}`, 409, "number-in-use"},
		{RoleArchivist, "/api/v1/documents", `{"id":"JM-2026-0018","title":"t","level":"top-secret","copy":1,"copies":1,"tag":"2C00000000000000000000FE","home":"cabinet-a",` + received + `}`, 422, "home-not-cleared"},
		{RoleArchivist, "/api/v1/documents", `{"id":"JM-2026-0018","title":"t","level":"secret","copy":1,"copies":1,"tag":"not hex","home":"cabinet-a"}`, 422, "invalid-request"},
		{RoleArchivist, "/api/v1/loans", `{"document":"JM-2026-0002","borrower":"p-0004","due":"` + due + `","zones":["reading"],"purpose":"p"}`, 201, ""},
		{RoleArchivist, "/api/v1/loans", `{"document":"JM-2026-0002","borrower":"p-0004","due":"` + due + `","zones":[],"purpose":"p"}`, 409, "already-lent"},
		{RoleApprover, "/api/v1/approvals/L-000001/approve", ``, 200, ""},
		{RoleApprover, "/api/v1/approvals/L-000001/approve", ``, 409, "nothing-to-approve"},
		{RoleArchivist, "/api/v1/acts/recall", `{"id":"L-000099"}`, 409, "nothing-to-recall"},
		{RoleArchivist, "/api/v1/acts/recall", `{"id":"L-000001","colour":"red"}`, 422, "act-malformed"},
		{RoleArchivist, "/api/v1/acts/recall", `{"id":"L-000001"`, 422, "act-malformed"},
		{RoleArchivist, "/api/v1/acts/register-person", `{}`, 404, "not-found"},
		{RoleArchivist, "/api/v1/acts/no-such-act", `{}`, 404, "not-found"},
		{RoleArchivist, "/api/v1/acts/request-loan", `{"document":"JM-2026-0001","borrower":"p-0004","due":"` + due + `","purpose":"p"}`, 200, ""},
		{RoleArchivist, "/api/v1/safes/safe-1/openings", `{"purpose":"inspection"}`, 201, ""},
		{RoleApprover, "/api/v1/safes/safe-1/openings", `{"purpose":"inspection"}`, 409, "opening-under-way"},
		{RoleSecurity, "/api/v1/safes/safe-1/openings/cancel", ``, 200, ""},
		{RoleArchivist, "/api/v1/safes/safe-9/openings", `{"purpose":"inspection"}`, 422, "unknown-safe"},
		{RoleSecurity, "/api/v1/alerts/1/acknowledge", ``, 200, ""},
		{RoleArchivist, "/api/v1/alerts/99/acknowledge", `{"note":"x"}`, 422, "no-such-alert"},
		{RoleSecurity, "/api/v1/alerts/1/close", `{"disposition":"nonsense"}`, 422, "bad-disposition"},
		{RoleSecurity, "/api/v1/alerts/1/close", `{"disposition":"drill","note":"x"}`, 200, ""},
		{RoleSecurity, "/api/v1/alerts/x/close", `{"disposition":"drill"}`, 422, "invalid-request"},
	}
	for i, s := range steps {
		w := call(h, s.role, "POST", s.target, fmt.Sprint("step-", i), s.body)
		if s.code != "" {
			wantProblem(t, w, s.status, s.code)
			continue
		}
		if o := decoded[custody.Outcome](t, w); w.Code != s.status || !o.OK {
			t.Errorf("%s: status %d, want %d: %s", s.target, w.Code, s.status, w.Body)
		}
	}
	for _, e := range core.entries {
		if ev, ok := e.Event.(*custody.ApprovalGiven); ok && (e.Actor != "p-0005" || ev.Given.By != "p-0005") {
			t.Errorf("approved by %s / %s, want the account's person", e.Actor, ev.Given.By)
		}
	}
}

func TestIdempotency(t *testing.T) {
	core := newTestCore(t)
	h := newTestHandler(t, core)
	const target, body = "/api/v1/safes/safe-1/openings", `{"purpose":"inspection"}`
	wantProblem(t, call(h, RoleArchivist, "POST", target, "", body), http.StatusBadRequest, "idempotency-key-missing")
	wantProblem(t, call(h, RoleArchivist, "POST", target, "a b", body), http.StatusBadRequest, "idempotency-key-malformed")
	wantProblem(t, call(h, RoleArchivist, "POST", target, strings.Repeat("k", maxKeyLen+1), body), http.StatusBadRequest, "idempotency-key-malformed")
	first := call(h, RoleArchivist, "POST", target, "one", body)
	before := core.seq()
	if again := call(h, RoleArchivist, "POST", target, "one", body); again.Code != first.Code || again.Body.String() != first.Body.String() {
		t.Errorf("first %d %s, again %d %s", first.Code, first.Body, again.Code, again.Body)
	}
	if core.seq() != before {
		t.Error("a repeated request was carried out again")
	}
	wantProblem(t, call(h, RoleArchivist, "POST", target, "one", `{"purpose":"inventory"}`), http.StatusUnprocessableEntity, "idempotency-key-reused")
	// Another account's key of the same name is another key.
	wantProblem(t, call(h, RoleApprover, "POST", target, "one", body), http.StatusConflict, "opening-under-way")
}

func TestKeysRememberedAreBounded(t *testing.T) {
	var k keyUse
	for i := range maxKeysRemembered + 10 {
		k.differs(fmt.Sprint(i), [32]byte{1})
	}
	if len(k.uses) != maxKeysRemembered || len(k.order) != maxKeysRemembered {
		t.Errorf("%d keys remembered", len(k.uses))
	}
	if k.differs("0", [32]byte{2}) {
		t.Error("the oldest key was not forgotten")
	}
}

func TestBadBodiesEchoNothing(t *testing.T) {
	core := newTestCore(t)
	h := newTestHandler(t, core)
	before := core.seq()
	for name, body := range map[string]string{
		"unknown field": `{"id":"p-0042","name":{"zh":"a","en":"b"},"posts":[],"clearance":"secret","rooms":[],"pin":"867530","pinn":"867530"}`,
		"short PIN":     `{"id":"p-0042","name":{"zh":"a","en":"b"},"posts":[],"clearance":"secret","rooms":[],"pin":"867"}`,
		"letters":       `{"id":"p-0042","name":{"zh":"a","en":"b"},"posts":[],"clearance":"secret","rooms":[],"pin":"867530x"}`,
		"no JSON":       `867530`, "cut": `{"pin":"867530"`,
	} {
		w := call(h, RoleRegistrar, "POST", "/api/v1/persons", "k-"+strings.ReplaceAll(name, " ", ""), body)
		if w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, w.Code)
		}
		wantProblem(t, w, w.Code, "invalid-request")
		if strings.Contains(w.Body.String(), "867") {
			t.Errorf("%s: the answer echoes the PIN: %s", name, w.Body)
		}
	}
	wantProblem(t, call(h, RoleRegistrar, "POST", "/api/v1/persons", "big", `{"id":"`+strings.Repeat("x", maxBodyBytes)+`"}`), http.StatusRequestEntityTooLarge, "too-large")
	if core.seq() != before {
		t.Error("a malformed request reached the record")
	}
}

func TestUndecidedSaysWhy(t *testing.T) {
	core := newTestCore(t)
	h := newTestHandler(t, core)
	core.breakDown(errDisk)
	p := wantProblem(t, call(h, RoleArchivist, "POST", "/api/v1/safes/safe-1/openings", "k", `{"purpose":"inspection"}`), http.StatusServiceUnavailable, "undecided")
	if !strings.Contains(p.Text.EN, errDisk.Error()) {
		t.Errorf("the problem does not say why: %+v", p)
	}
	ready := func(token string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/readyz", nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	if w := ready(""); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("nobody in particular is told %d %s", w.Code, w.Body)
	}
	if w := ready(testTokens[RoleObserver]); !strings.Contains(w.Body.String(), "disk") {
		t.Errorf("who is signed in is told %s", w.Body)
	}
	core.breakDown(nil)
	if w := ready(""); w.Code != http.StatusOK {
		t.Errorf("ready again: %d", w.Code)
	}
	// The key that was not decided on is good for the retry.
	if w := call(h, RoleArchivist, "POST", "/api/v1/safes/safe-1/openings", "k", `{"purpose":"inspection"}`); w.Code != http.StatusCreated {
		t.Errorf("retry: %d %s", w.Code, w.Body)
	}
}

func TestDescription(t *testing.T) {
	h := newTestHandler(t, newTestCore(t))
	w := call(h, RoleAuditor, "GET", "/openapi.json", "", "")
	var d struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Parameters []struct{ Name, In string }
			Responses  map[string]any
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || !strings.HasPrefix(d.OpenAPI, "3.1") {
		t.Fatalf("version %q: %v", d.OpenAPI, err)
	}
	for pattern := range accessTable {
		method, path, _ := strings.Cut(pattern, " ")
		if !strings.HasPrefix(path, "/api/") {
			continue
		}
		op, ok := d.Paths[path][strings.ToLower(method)]
		if !ok {
			t.Errorf("%s is not described", pattern)
			continue
		}
		key := false
		for _, p := range op.Parameters {
			key = key || (p.Name == keyHeader && p.In == "header")
		}
		if key != (method == "POST") {
			t.Errorf("%s: Idempotency-Key described: %v", pattern, key)
		}
		if op.Responses["default"] == nil {
			t.Errorf("%s: problems are not described", pattern)
		}
	}
	if strings.Contains(w.Body.String(), "ErrorModel") {
		t.Error("the description speaks of huma's own error model")
	}
}

// received is what the register asks for besides, of a classified document (REG-1).
const received = `"issuer":"示范机关","issuer_number":"示发〔2026〕1号","produced":"2026-01-05","pages":3,"retention":{"until":"2036-01-04"},"receipt":{"at":"2026-01-08T02:00:00Z","by":"p-0001","envelope":"intact"}`
