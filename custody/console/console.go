package console

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"trilock/custody/fact"
)

//go:embed static
var staticFiles embed.FS

// console answers the requests. Everything but sessions in flight is the core's.
type console struct {
	Settings
	sessions sessions
	throttle *throttle
	keys     keyUse
	feed     *feed
	streams  streams
	mux      *router
}

var accountName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// New returns the console as one handler for all paths. It fails when a setting is missing
// or an account is unusable.
//
// The server that carries it should end its base context on shutdown: that ends the event
// streams, which http.Server.Shutdown would otherwise wait for.
func New(s Settings) (http.Handler, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Site.Location == nil {
		s.Site.Location = time.UTC
	}
	c := &console{Settings: s, throttle: newThrottle(), mux: &router{ServeMux: http.NewServeMux()},
		sessions: sessions{key: s.SessionKey, accounts: s.Accounts, secure: s.Secure}, feed: newFeed()}
	if err := c.routes(); err != nil {
		return nil, err
	}
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem(http.StatusForbidden, "cross-origin").write(w)
	}))
	return c.bounds(origins.Handler(http.HandlerFunc(c.gate))), nil
}

func (s Settings) check() error {
	var errs []error
	if s.Core == nil || s.Notices == nil {
		errs = append(errs, errors.New("console: Core and Notices must be given"))
	}
	if len(s.SessionKey) < minSessionKeyLen {
		errs = append(errs, fmt.Errorf("console: the session key has %d bytes, want %d or more: delete its file and let the daemon make a new one", len(s.SessionKey), minSessionKeyLen))
	}
	if s.DefaultLang != fact.Chinese && s.DefaultLang != fact.English {
		errs = append(errs, fmt.Errorf("console: default language %q: want zh or en", s.DefaultLang))
	}
	names := map[string]bool{}
	for _, a := range s.Accounts {
		switch {
		case !accountName.MatchString(a.Name):
			errs = append(errs, fmt.Errorf("console: account %q: the name must match %s", a.Name, accountName))
		case names[a.Name]:
			errs = append(errs, fmt.Errorf("console: account %q is given twice", a.Name))
		case !a.Role.Valid():
			errs = append(errs, fmt.Errorf("console: account %q: there is no role %q", a.Name, a.Role))
		case a.TokenSHA256 == [len(a.TokenSHA256)]byte{}:
			errs = append(errs, fmt.Errorf("console: account %q has no token hash", a.Name))
		}
		names[a.Name] = true
	}
	return errors.Join(errs...)
}

// routes registers everything, and fails if a route has no line in the access table.
func (c *console) routes() error {
	m := c.mux
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "alive") })
	m.HandleFunc("GET /readyz", c.readyz)
	if c.Metrics != nil {
		m.HandleFunc("GET /metrics", c.Metrics.ServeHTTP)
	}
	if err := c.serveStatic(); err != nil {
		return err
	}
	m.HandleFunc("GET /signin", c.signInPage)
	m.HandleFunc("POST /signin", c.signIn)
	m.HandleFunc("POST /signout", c.signOut)
	m.HandleFunc("GET /{$}", c.wallPage)
	m.HandleFunc("GET /wall/board", c.wallBoard)
	m.HandleFunc("POST /wall/alerts/{id}/acknowledge", c.wallAcknowledge)
	m.HandleFunc("POST /wall/alerts/{id}/close", c.wallClose)
	m.HandleFunc("GET /safes/{id}", c.safePage)
	m.HandleFunc("GET /safes/{id}/panel", c.safePanel)
	m.HandleFunc("GET /keys", c.keysPage)
	m.HandleFunc("GET /api/v1/events", c.events)
	if err := c.api(); err != nil {
		return err
	}
	for _, pattern := range m.patterns {
		if _, ok := accessTable[pattern]; !ok {
			return fmt.Errorf("console: route %q has no line in the access table", pattern)
		}
	}
	return nil
}

// serveStatic serves the embedded scripts and styles, which are the same for everybody.
func (c *console) serveStatic() error {
	sub, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return err
	}
	files := http.StripPrefix("/static/", http.FileServerFS(sub))
	c.mux.HandleFunc("GET /static/", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") { // no listings
			problem(http.StatusNotFound, "not-found").write(w)
			return
		}
		files.ServeHTTP(w, r)
	})
	return nil
}

func (c *console) readyz(w http.ResponseWriter, r *http.Request) {
	err := c.Core.Ready(r.Context())
	if err == nil {
		plain(w, http.StatusOK, "ready")
		return
	}
	why := "not ready"
	if _, _, signedIn := c.who(r); signedIn { // paths and devices are nobody else's business
		why += ": " + err.Error()
	}
	plain(w, http.StatusServiceUnavailable, why)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text)
}

// contentPolicy lets the pages load from this console alone, and nobody frame them.
const contentPolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// bounds sets the security headers and the limits of every request.
func (c *console) bounds(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
		if r.URL.Path == eventsPath { // a stream sets its own, event by event
			next.ServeHTTP(w, r)
			return
		}
		now, control := time.Now(), http.NewResponseController(w)
		_ = control.SetReadDeadline(now.Add(requestTime)) // a recorder in a test has none
		_ = control.SetWriteDeadline(now.Add(2 * requestTime))
		ctx, cancel := context.WithTimeout(r.Context(), requestTime)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// visitor is who sent a request that passed the gate.
type visitor struct {
	account Account
	ends    time.Time // of the session; zero for a token, which has none
	key     string    // the Idempotency-Key of an act, in the account's name space
}

type visitorKey struct{}

// visitorOf returns who sent the request; the zero visitor on open routes.
func visitorOf(ctx context.Context) visitor {
	v, _ := ctx.Value(visitorKey{}).(visitor)
	return v
}

// who returns the account of a request, by its token or else by its cookie.
func (c *console) who(r *http.Request) (Account, time.Time, bool) {
	if token, given := bearer(r); given {
		a, ok := c.sessions.byToken(token)
		return a, time.Time{}, ok
	}
	return c.sessions.byCookie(r, time.Now())
}

// gate lets a request through when the access table allows it to its sender.
func (c *console) gate(w http.ResponseWriter, r *http.Request) {
	handler, pattern := c.mux.Handler(r)
	if pattern == "" {
		c.nowhere(w, r, handler)
		return
	}
	allowed, listed := accessTable[pattern]
	if !listed {
		problem(http.StatusNotFound, "not-found").write(w)
		return
	}
	if allowed.open {
		c.mux.ServeHTTP(w, r)
		return
	}
	account, ends, refused := c.identify(w, r)
	if refused == nil && !allowed.allows(account.Role) {
		refused = problem(http.StatusForbidden, "role-not-allowed").fill(roleName(account.Role))
	}
	if refused != nil {
		c.turnAway(w, r, allowed.surface, account, refused)
		return
	}
	v := visitor{account: account, ends: ends}
	if allowed.act {
		if v.key, refused = c.keyed(r, account); refused != nil {
			c.turnAway(w, r, allowed.surface, account, refused)
			return
		}
	}
	c.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)))
}

// identify finds the sender's account, and counts wrong tokens.
func (c *console) identify(w http.ResponseWriter, r *http.Request) (Account, time.Time, *Problem) {
	_, tokenGiven := bearer(r)
	if tokenGiven {
		if wait, blocked := c.throttle.blocked(r.RemoteAddr, time.Now()); blocked {
			w.Header().Set("Retry-After", fmt.Sprint(int(wait.Seconds())))
			return Account{}, time.Time{}, problem(http.StatusTooManyRequests, "too-many-attempts")
		}
	}
	account, ends, ok := c.who(r)
	switch {
	case ok:
		return account, ends, nil
	case tokenGiven:
		c.throttle.failed(r.RemoteAddr, time.Now())
		c.Log.Warn("a token was refused", "from", r.RemoteAddr)
		return Account{}, time.Time{}, problem(http.StatusUnauthorized, "bad-token")
	}
	return Account{}, time.Time{}, problem(http.StatusUnauthorized, "not-signed-in")
}

// turnAway tells a refusal in the form that the route's readers understand.
func (c *console) turnAway(w http.ResponseWriter, r *http.Request, s surface, a Account, p *Problem) {
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="trilock"`)
	}
	switch {
	case s == forMachines:
		p.write(w)
	case p.Status == http.StatusUnauthorized && s == forPanels:
		w.Header().Set("HX-Redirect", "/signin")
		w.WriteHeader(http.StatusUnauthorized)
	case p.Status == http.StatusUnauthorized:
		http.Redirect(w, r, "/signin", http.StatusSeeOther)
	case s == forPanels:
		c.answerPanel(w, r, p)
	default:
		c.turnedAwayPage(w, r, a, p)
	}
}

// nowhere answers for paths and methods that no route has, without the mux's plain text.
func (c *console) nowhere(w http.ResponseWriter, r *http.Request, handler http.Handler) {
	probe := &probe{header: http.Header{}}
	handler.ServeHTTP(probe, r)
	if probe.status < http.StatusBadRequest { // a redirect to the clean path
		handler.ServeHTTP(w, r)
		return
	}
	if allow := probe.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
	}
	problem(probe.status, codeOfStatus(probe.status)).write(w)
}

// probe takes an answer without sending it.
type probe struct {
	header http.Header
	status int
	bytes.Buffer
}

func (p *probe) Header() http.Header { return p.header }

func (p *probe) WriteHeader(status int) { p.status = status }
