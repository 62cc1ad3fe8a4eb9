package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"trilock/alerts"
	"trilock/alerts/notify"
	"trilock/custody/fact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ notify.Notifier = (*Webhook)(nil)

var secret = []byte("0123456789abcdef")

var notice = alerts.Notice{
	ID: "12-3", Alert: 12, Code: "missing", Severity: alerts.Critical, Reason: alerts.ReasonRaised, Subject: "机密-2026-7",
	Title: fact.Text{ZH: "文件丢失", EN: "missing <document>"}, Count: 1, At: fact.Stamp{Mono: 5, Wall: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)},
}

func serve(t *testing.T, handler http.HandlerFunc, secure bool) *Webhook {
	t.Helper()
	srv := httptest.NewUnstartedServer(handler)
	s := Settings{Secret: secret}
	if secure {
		srv.StartTLS()
		s.Roots = x509.NewCertPool()
		s.Roots.AddCert(srv.Certificate())
	} else {
		srv.Start()
	}
	s.URL = srv.URL + "/hook?token=SECRETTOKEN"
	w, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(); srv.Close() })
	return w
}

func TestDelivery(t *testing.T) {
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			var got http.Header
			var body []byte
			w := serve(t, func(rw http.ResponseWriter, r *http.Request) {
				got, body = r.Header, must(io.ReadAll(r.Body))
				if r.Method != http.MethodPost || r.URL.String() != "/hook?token=SECRETTOKEN" || (r.TLS != nil) != secure {
					t.Errorf("%s %s, TLS %v", r.Method, r.URL, r.TLS != nil)
				}
				rw.WriteHeader(http.StatusAccepted)
			}, secure)
			if err := w.Notify(t.Context(), notice); err != nil {
				t.Fatal(err)
			}
			var back alerts.Notice
			if err := json.Unmarshal(body, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(notice, back); diff != "" {
				t.Error(diff)
			}
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(got.Get("Trilock-Timestamp") + "." + string(body)))
			if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); got.Get("Trilock-Signature") != want {
				t.Errorf("signature %q, want %q", got.Get("Trilock-Signature"), want)
			}
			if at, err := strconv.ParseInt(got.Get("Trilock-Timestamp"), 10, 64); err != nil || time.Since(time.Unix(at, 0)).Abs() > time.Hour {
				t.Errorf("timestamp %q", got.Get("Trilock-Timestamp"))
			}
			if got.Get("Idempotency-Key") != "12-3" || got.Get("Content-Type") != "application/json" {
				t.Errorf("headers %v", got)
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestAnswers(t *testing.T) {
	cases := []struct {
		status    int
		after     string
		ok        bool
		permanent bool
		want      time.Duration
	}{
		{status: 200, ok: true}, {status: 201, ok: true}, {status: 204, ok: true}, {status: 299, ok: true},
		{status: 301, permanent: true}, {status: 302, permanent: true}, {status: 304, permanent: true}, {status: 307, permanent: true},
		{status: 400, permanent: true}, {status: 401, permanent: true}, {status: 404, permanent: true}, {status: 410, permanent: true},
		{status: 413, permanent: true}, {status: 422, permanent: true}, {status: 400, after: "5", permanent: true},
		{status: 408}, {status: 425}, {status: 429},
		{status: 500}, {status: 502}, {status: 503}, {status: 599},
		{status: 429, after: "7", want: 7 * time.Second}, {status: 503, after: " 120 ", want: 2 * time.Minute},
		{status: 503, after: "86400", want: RetryAfterMax}, {status: 503, after: "99999999999999999999"},
		{status: 503, after: "-1"}, {status: 503, after: "soon"}, {status: 503, after: "Mon, 01 Jan 2001 00:00:00 GMT"},
		{status: 503, after: "Fri, 31 Dec 9999 23:59:59 GMT", want: RetryAfterMax},
	}
	for _, c := range cases {
		elsewhere := 0
		w := serve(t, func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/hook" {
				elsewhere++
				return
			}
			if c.after != "" {
				rw.Header().Set("Retry-After", c.after)
			}
			rw.Header().Set("Location", "/elsewhere")
			rw.WriteHeader(c.status)
			if c.status != http.StatusNoContent && c.status != http.StatusNotModified {
				_, _ = rw.Write([]byte("line one\n\x1b[31mline\x00 two " + strings.Repeat("x", 3*MaxQuotedBytes)))
			}
		}, false)
		err := w.Notify(t.Context(), notice)
		if (err == nil) != c.ok || notify.IsPermanent(err) != c.permanent || notify.After(err) != c.want {
			t.Errorf("%d with Retry-After %q: %v, permanent %v, after %v", c.status, c.after, err, notify.IsPermanent(err), notify.After(err))
		}
		if elsewhere != 0 {
			t.Errorf("%d: the redirect was followed", c.status)
		}
		if err == nil {
			continue
		}
		if text := err.Error(); strings.ContainsAny(text, "\x1b\x00\n") || len(text) > MaxQuotedBytes+200 || strings.Contains(text, "SECRETTOKEN") ||
			!strings.Contains(text, strconv.Itoa(c.status)) {
			t.Errorf("message %q", text)
		}
	}
}

func TestRetryAfterDate(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if got := retryAfter("Sun, 01 Mar 2026 00:01:30 GMT", now); got != 90*time.Second {
		t.Error(got)
	}
}

// TestNoAnswer: what has no answer is temporary, and never shows the URL.
func TestNoAnswer(t *testing.T) {
	ended := make(chan struct{})
	w := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done() // the client gives up
		close(ended)
	}, false)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := w.Notify(ctx, notice)
	if !errors.Is(err, context.DeadlineExceeded) || notify.IsPermanent(err) || strings.Contains(err.Error(), "SECRETTOKEN") {
		t.Error(err)
	}
	<-ended

	cut := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false)
	if err := cut.Notify(t.Context(), notice); err == nil || notify.IsPermanent(err) || strings.Contains(err.Error(), "SECRETTOKEN") {
		t.Error(err)
	}

	srv := httptest.NewServer(nil)
	gone, err := New(Settings{URL: srv.URL + "/?token=SECRETTOKEN", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	srv.Close()
	if err := gone.Notify(t.Context(), notice); err == nil || notify.IsPermanent(err) || strings.Contains(err.Error(), "SECRETTOKEN") {
		t.Error(err)
	}
}

// TestUnknownCertificate: a server that cannot prove itself gets nothing.
func TestUnknownCertificate(t *testing.T) {
	asked := false
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	srv.Config.ErrorLog = nil
	srv.StartTLS()
	defer srv.Close()
	w, err := New(Settings{URL: srv.URL, Secret: secret, Roots: x509.NewCertPool()})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var unknown x509.UnknownAuthorityError
	if err := w.Notify(t.Context(), notice); !errors.As(err, &unknown) || notify.IsPermanent(err) || asked {
		t.Errorf("%v, asked %v", err, asked)
	}
}

// TestEndlessAnswer: an answer that never ends costs MaxResponseBytes and no more.
func TestEndlessAnswer(t *testing.T) {
	sent := make(chan int, 1)
	w := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusInternalServerError)
		total := 0
		for r.Context().Err() == nil {
			n, err := rw.Write(make([]byte, 64<<10))
			if total += n; err != nil {
				break
			}
		}
		sent <- total
	}, false)
	if err := w.Notify(t.Context(), notice); err == nil || notify.IsPermanent(err) {
		t.Error(err)
	}
	// What the system's buffers swallow comes on top.
	if total := <-sent; total > MaxResponseBytes+64<<20 {
		t.Errorf("the server got rid of %d bytes", total)
	}
}

func TestRefusedSettings(t *testing.T) {
	for _, c := range []struct{ url, secret, want string }{
		{"", string(secret), "scheme"}, {"ftp://x/", string(secret), "ftp"}, {"https:///x", string(secret), "no host"},
		{"https://:80/x", string(secret), "no host"}, {"https://u:p@h/x", string(secret), "user name"},
		{"https://h/#x", string(secret), "fragment"}, {"https://h\x7f/", string(secret), "parsed"}, {"https://h/", "short", "at least 16"},
	} {
		if _, err := New(Settings{URL: c.url, Secret: []byte(c.secret)}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.url, err)
		}
	}
}

// FuzzRetryAfter: whatever a server sends, the wait is within its bounds.
func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "0", "120", "-5", "Sun, 01 Mar 2026 00:01:30 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "1e9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if d := retryAfter(value, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)); d < 0 || d > RetryAfterMax {
			t.Errorf("%q: %v", value, d)
		}
	})
}

// A receiver that takes the request and never answers is left after the configured time.
func TestTimeoutIsTheConfiguredOne(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	w, err := New(Settings{URL: server.URL, Secret: []byte("a secret of the test's own"), Timeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), RequestMax/2)
	defer cancel()
	if err := w.Notify(ctx, alerts.Notice{ID: "1-1", Severity: alerts.Critical}); err == nil || notify.IsPermanent(err) || ctx.Err() != nil {
		t.Errorf("a silent receiver: %v (context %v), want a temporary failure before the context ends", err, ctx.Err())
	}
}
