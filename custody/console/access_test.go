package console

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// expected is who may use each route, written out once more and by hand: a change of the
// table has to be made in two places.
var expected = map[string]string{
	"GET /healthz": "anybody", "GET /readyz": "anybody", "GET /static/": "anybody", "GET /signin": "anybody", "POST /signin": "anybody",
	"GET /metrics":                            "security auditor observer",
	"POST /signout":                           "archivist security approver auditor registrar observer",
	"GET /{$}":                                "archivist security observer",
	"GET /wall/board":                         "archivist security observer",
	"POST /wall/alerts/{id}/acknowledge":      "archivist security",
	"POST /wall/alerts/{id}/close":            "security",
	"GET /openapi.json":                       "archivist security approver auditor registrar observer",
	"GET /api/v1/overview":                    "archivist security approver auditor observer",
	"GET /api/v1/alerts":                      "archivist security approver auditor observer",
	"GET /api/v1/documents/{id}":              "archivist security approver auditor observer",
	"GET /api/v1/events":                      "archivist security approver auditor observer",
	"GET /api/v1/record":                      "auditor",
	"POST /api/v1/persons":                    "registrar",
	"POST /api/v1/documents":                  "archivist",
	"POST /api/v1/loans":                      "archivist",
	"POST /api/v1/approvals/{id}/approve":     "approver",
	"POST /api/v1/acts/{verb}":                "archivist security approver auditor registrar",
	"POST /api/v1/safes/{id}/openings":        "archivist approver",
	"POST /api/v1/safes/{id}/openings/cancel": "archivist approver security",
	"POST /api/v1/safes/{id}/time-lock":       "archivist approver",
	"GET /safes/{id}":                         "archivist approver",
	"GET /safes/{id}/panel":                   "archivist approver",
	"GET /keys":                               "archivist approver",
	"POST /api/v1/keys":                       "archivist approver",
	"POST /api/v1/safes/{id}/keys":            "archivist approver",
	"POST /api/v1/safes/{id}/signatures":      "archivist approver",
	"POST /api/v1/cases/{id}/statement":       "archivist approver security",
	"POST /api/v1/cases/{id}/confirmation":    "archivist approver security",
	"POST /api/v1/cases/{id}/count":           "archivist",
	"POST /api/v1/cases/{id}/close":           "security",
	"POST /api/v1/delegations":                "archivist approver",
	"POST /api/v1/delegations/{id}/end":       "archivist approver",
	"POST /api/v1/alerts/{id}/acknowledge":    "archivist security",
	"POST /api/v1/alerts/{id}/close":          "security",
}

func registered(t *testing.T) []string {
	t.Helper()
	c := &console{Settings: testSettings(newTestCore(t)), throttle: newThrottle(), feed: newFeed(), mux: &router{ServeMux: http.NewServeMux()}}
	if err := c.routes(); err != nil {
		t.Fatal(err)
	}
	return c.mux.patterns
}

func TestEveryRouteIsInTheTable(t *testing.T) {
	routes := registered(t)
	for _, pattern := range routes {
		if _, ok := expected[pattern]; !ok {
			t.Errorf("route %q is served but not expected here", pattern)
		}
	}
	for pattern, a := range accessTable {
		if !slices.Contains(routes, pattern) {
			t.Errorf("the table has %q, which is not served", pattern)
		}
		if a.act != (strings.HasPrefix(pattern, "POST ") && !strings.HasPrefix(pattern, "POST /sign")) {
			t.Errorf("%q: act is %v; every POST but signing in and out needs an Idempotency-Key", pattern, a.act)
		}
		if a.open == (len(a.roles) > 0) {
			t.Errorf("%q is open and has roles, or neither", pattern)
		}
	}
}

// TestRoleMatrix asks every route as every role and as nobody. What the gate lets through
// may still be refused by the handler, but never with 401 or 403.
func TestRoleMatrix(t *testing.T) {
	h := newTestHandler(t, newTestCore(t))
	over, end := context.WithCancel(t.Context())
	end() // a stream ends as soon as it has begun
	for pattern, who := range expected {
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{$}", "", "{id}", "1").Replace(path)
		if path == "/static/" {
			path += "wall.css"
		}
		for _, role := range append([]Role{""}, allRoles...) {
			r := httptest.NewRequest(method, path, strings.NewReader("{}"))
			if path == eventsPath {
				r = r.WithContext(over)
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set(keyHeader, "matrix-"+string(role))
			if role != "" {
				r.Header.Set("Authorization", "Bearer "+testTokens[role])
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			passed := w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden && w.Header().Get("Location") != "/signin"
			switch {
			case pattern == "POST /signin": // 401 is this handler's own answer to no token
				passed = true
			case pattern == "POST /signout": // its answer is the way to /signin
				passed = strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0")
			}
			if want := who == "anybody" || (role != "" && slices.Contains(strings.Fields(who), string(role))); passed != want {
				t.Errorf("%s as %q: status %d, want allowed %v", pattern, role, w.Code, want)
			}
		}
	}
}

func TestRouteOutsideTheTableAnswersNobody(t *testing.T) {
	h := newTestHandler(t, newTestCore(t))
	for target, want := range map[string]int{"/api/v1/nothing": http.StatusNotFound, "/docs": http.StatusNotFound, "/schemas/x": http.StatusNotFound, "/static/": http.StatusNotFound, "/healthz": http.StatusMethodNotAllowed} {
		method := http.MethodGet
		if want == http.StatusMethodNotAllowed {
			method = http.MethodDelete
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
		if w.Code != want || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %s, want %d and a problem", method, target, w.Code, w.Header().Get("Content-Type"), want)
		}
	}
}
