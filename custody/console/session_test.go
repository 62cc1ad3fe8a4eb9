package console

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func signInAs(t *testing.T, h http.Handler, token, from string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("POST", "/signin", strings.NewReader(url.Values{"token": {token}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = from
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func statusWith(h http.Handler, target string, cookie *http.Cookie) int {
	r := httptest.NewRequest("GET", target, nil)
	r.AddCookie(cookie)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func TestSignInGivesASession(t *testing.T) {
	core := newTestCore(t)
	settings := testSettings(core)
	h, err := New(settings)
	if err != nil {
		t.Fatal(err)
	}
	w := signInAs(t, h, testTokens[RoleObserver], "192.0.2.1:1000")
	cookies := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || len(cookies) != 1 {
		t.Fatalf("status %d, cookies %v", w.Code, cookies)
	}
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || c.MaxAge != int(lifeWall.Seconds()) || strings.Contains(c.Value, testTokens[RoleObserver]) {
		t.Errorf("cookie %+v", c)
	}
	if got := statusWith(h, "/api/v1/overview", c); got != http.StatusOK {
		t.Errorf("with the cookie: %d", got)
	}
	if again, _ := New(settings); statusWith(again, "/api/v1/overview", c) != http.StatusOK {
		t.Error("the session did not survive a restart")
	}

	for what, change := range map[string]func(*Settings){
		"a new token":       func(s *Settings) { s.Accounts[5].TokenSHA256 = sha256.Sum256([]byte("another")) },
		"no such account":   func(s *Settings) { s.Accounts = s.Accounts[:5] },
		"a new session key": func(s *Settings) { s.SessionKey = []byte(strings.Repeat("n", 32)) },
		"TLS":               func(s *Settings) { s.Secure = true },
	} {
		changed := testSettings(core)
		change(&changed)
		other, err := New(changed)
		if err != nil {
			t.Fatal(err)
		}
		if got := statusWith(other, "/api/v1/overview", c); got != http.StatusUnauthorized {
			t.Errorf("the session outlived %s: %d", what, got)
		}
	}
	settings.Secure = true
	secure, _ := New(settings)
	if c := signInAs(t, secure, testTokens[RoleArchivist], "192.0.2.1:1000").Result().Cookies()[0]; !c.Secure || c.Name != "__Host-trilock" || c.MaxAge != int(lifePerson.Seconds()) {
		t.Errorf("over TLS: %+v", c)
	}
}

// TestForgedCookies changes a good cookie in every character and expects nobody to be let in.
func TestForgedCookies(t *testing.T) {
	s := sessions{key: []byte(strings.Repeat("k", 32)), accounts: testAccounts()}
	now := time.Unix(1_800_000_000, 0)
	good := s.issue(s.accounts[0], now)
	valid := func(value string, at time.Time) bool {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: good.Name, Value: value})
		_, _, ok := s.byCookie(r, at)
		return ok
	}
	if !valid(good.Value, now) || !valid(good.Value, now.Add(lifePerson-time.Second)) {
		t.Fatal("the good cookie is refused")
	}
	if valid(good.Value, now.Add(lifePerson)) || valid(good.Value, now.Add(-24*time.Hour)) {
		t.Error("an old cookie, or one from the future, is let in")
	}
	for i := range len(good.Value) - 1 { // the last character of unpadded base64 has two idle bits
		for _, c := range []byte{'0', 'A', '.', '-'} {
			forged := good.Value[:i] + string(c) + good.Value[i+1:]
			if forged != good.Value && valid(forged, now) {
				t.Errorf("forged cookie %q is let in", forged)
			}
		}
	}
	for _, value := range []string{"", ".", "..", "...", "desk-security.1800000000."} {
		if valid(value, now) {
			t.Errorf("cookie %q is let in", value)
		}
	}
}

func TestFailedSignInsAreThrottled(t *testing.T) {
	h := newTestHandler(t, newTestCore(t))
	for i := range signInBurst {
		if w := signInAs(t, h, "guess", "192.0.2.7:1000"); w.Code != http.StatusUnauthorized {
			t.Fatalf("attempt %d: %d", i, w.Code)
		}
	}
	w := signInAs(t, h, testTokens[RoleSecurity], "192.0.2.7:2000")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || len(w.Result().Cookies()) > 0 {
		t.Errorf("after %d failures: %d", signInBurst, w.Code)
	}
	if w := signInAs(t, h, testTokens[RoleSecurity], "192.0.2.8:1000"); w.Code != http.StatusSeeOther {
		t.Errorf("another address: %d", w.Code)
	}
	r := httptest.NewRequest("GET", "/api/v1/overview", nil)
	r.RemoteAddr = "192.0.2.7:3000"
	r.Header.Set("Authorization", "Bearer "+testTokens[RoleSecurity])
	blocked := httptest.NewRecorder()
	h.ServeHTTP(blocked, r)
	wantProblem(t, blocked, http.StatusTooManyRequests, "too-many-attempts")
}

func TestThrottleIsBoundedAndRecovers(t *testing.T) {
	th, now := newThrottle(), time.Unix(1_800_000_000, 0)
	for range signInBurst {
		th.failed("[2001:db8::1]:9", now)
	}
	if _, blocked := th.blocked("[2001:db8::ffff]:9", now); !blocked {
		t.Error("a neighbour in the same /64 is another party")
	}
	if _, blocked := th.blocked("[2001:db8::1]:9", now.Add(signInEvery)); blocked {
		t.Error("still blocked when the time is over")
	}
	for i := range maxAddresses + 50 {
		now = now.Add(time.Second)
		th.failed(fmt.Sprintf("10.%d.%d.1:1", i/256, i%256), now)
	}
	if len(th.each) != maxAddresses || th.order.Len() != maxAddresses {
		t.Errorf("%d addresses remembered", len(th.each))
	}
	for range 2 * signInBurst * anyAddressFactor {
		th.failed("not an address", now)
	}
	if _, blocked := th.blocked("198.51.100.1:1", now); !blocked {
		t.Error("a flood from everywhere is not slowed")
	}
}

func TestSettingsAreChecked(t *testing.T) {
	core := newTestCore(t)
	for what, change := range map[string]func(*Settings){
		"no core":         func(s *Settings) { s.Core = nil },
		"no notices":      func(s *Settings) { s.Notices = nil },
		"a short key":     func(s *Settings) { s.SessionKey = []byte("short") },
		"another tongue":  func(s *Settings) { s.DefaultLang = "fr" },
		"a bad name":      func(s *Settings) { s.Accounts[0].Name = "a.b" },
		"a name twice":    func(s *Settings) { s.Accounts[0].Name = s.Accounts[1].Name },
		"an unknown role": func(s *Settings) { s.Accounts[0].Role = "root" },
		"no token":        func(s *Settings) { s.Accounts[0].TokenSHA256 = [32]byte{} },
	} {
		s := testSettings(core)
		change(&s)
		if _, err := New(s); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
}

func TestHeadersAndOrigins(t *testing.T) {
	h := newTestHandler(t, newTestCore(t))
	for _, target := range []string{"/", "/signin", "/healthz", "/static/wall.js", "/api/v1/overview", "/nowhere"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		for header, want := range map[string]string{"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
			if !strings.Contains(w.Header().Get(header), want) {
				t.Errorf("%s: %s is %q", target, header, w.Header().Get(header))
			}
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", target, csp)
		}
	}
	for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		r := httptest.NewRequest("POST", "/api/v1/safes/safe-1/openings", strings.NewReader(`{"purpose":"inspection"}`))
		r.Header.Set("Authorization", "Bearer "+testTokens[RoleArchivist])
		r.Header.Set(keyHeader, "x")
		r.Header.Set(header, value)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		wantProblem(t, w, http.StatusForbidden, "cross-origin")
	}
}
