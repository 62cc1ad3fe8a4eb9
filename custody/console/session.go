package console

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// sessions signs people and screens in by cookie. The cookie's value is
//
//	name "." issued "." mac        issued in Unix seconds; mac = HMAC-SHA-256, base64url
//
// and the MAC also covers the hash of the account's token, so that a new token ends the
// sessions that the old one began. Names match [a-z0-9-], so the dots are unambiguous.
type sessions struct {
	key      []byte
	accounts []Account
	secure   bool
}

// cookieName carries the __Host- prefix where browsers accept it: it binds the cookie to
// this very host and to TLS.
func (s sessions) cookieName() string {
	if s.secure {
		return "__Host-trilock"
	}
	return "trilock"
}

// lifeOf is how long a session of a role lasts: people sign in once a day, screens stay.
func lifeOf(r Role) time.Duration {
	if r == RoleObserver || r == RoleSecurity {
		return lifeWall
	}
	return lifePerson
}

func (s sessions) issue(a Account, now time.Time) *http.Cookie {
	issued := strconv.FormatInt(now.Unix(), 10)
	value := a.Name + "." + issued + "." + base64.RawURLEncoding.EncodeToString(s.mac(a, issued))
	return s.cookie(value, int(lifeOf(a.Role)/time.Second))
}

func (s sessions) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: s.cookieName(), Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode}
}

func (s sessions) mac(a Account, issued string) []byte {
	m := hmac.New(sha256.New, s.key)
	for _, part := range []string{"trilock session 1", a.Name, issued} {
		m.Write([]byte(part))
		m.Write([]byte{0})
	}
	m.Write(a.TokenSHA256[:])
	return m.Sum(nil)
}

// byCookie returns the account of a valid session and when it ends.
func (s sessions) byCookie(r *http.Request, now time.Time) (Account, time.Time, bool) {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return Account{}, time.Time{}, false
	}
	parts := strings.Split(c.Value, ".")
	if len(parts) != 3 {
		return Account{}, time.Time{}, false
	}
	mac, err := base64.RawURLEncoding.DecodeString(parts[2])
	issued, badNumber := strconv.ParseInt(parts[1], 10, 64)
	a, known := s.byName(parts[0])
	if err != nil || badNumber != nil || !known || !hmac.Equal(mac, s.mac(a, parts[1])) {
		return Account{}, time.Time{}, false
	}
	// A session from the future is one from before the clock was set back; it ends no later than a new one.
	ends := time.Unix(issued, 0).Add(lifeOf(a.Role))
	if !now.Before(ends) || ends.Sub(now) > lifeOf(a.Role)+time.Hour {
		return Account{}, time.Time{}, false
	}
	return a, ends, true
}

func (s sessions) byName(name string) (Account, bool) {
	for _, a := range s.accounts {
		if a.Name == name {
			return a, true
		}
	}
	return Account{}, false
}

// byToken returns the account of a token. It compares with every account, so that the
// time it takes says nothing about which one it was.
func (s sessions) byToken(token string) (Account, bool) {
	if token == "" || len(token) > maxTokenLen {
		return Account{}, false
	}
	hash := sha256.Sum256([]byte(token))
	found := -1
	for i := range s.accounts {
		if subtle.ConstantTimeCompare(hash[:], s.accounts[i].TokenSHA256[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Account{}, false
	}
	return s.accounts[found], true
}

// bearer returns the token of an Authorization header, and whether there is such a header.
func bearer(r *http.Request) (string, bool) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return "", false
	}
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true
	}
	return strings.TrimSpace(token), true
}
