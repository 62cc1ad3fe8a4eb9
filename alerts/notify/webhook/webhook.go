// Package webhook is the channel that posts notices to an HTTP server: a duty-room system, a
// chat gateway, an incident tracker. It owns the request's form and its signature.
//
//	POST <URL>
//	Content-Type:       application/json
//	Idempotency-Key:    <notice id>            the same for every repetition of a notice
//	Trilock-Timestamp:  <Unix seconds>
//	Trilock-Signature:  sha256=<hex of HMAC-SHA256(secret, timestamp + "." + body)>
//
//	<the notice as JSON; its field "id" is the notice id>
//
// A receiver computes the HMAC over the timestamp header, a full stop and the body exactly as
// received, compares in constant time, refuses timestamps more than some minutes off, and
// answers 2xx once it has the notice safely; it passes over an id that it knows.
//
//	2xx                      taken
//	408, 425, 429, 5xx, none temporary; Retry-After is honoured
//	every other status       permanent: the receiver refuses, or the URL is wrong
//
// It refuses to follow redirects (a notice goes where the configuration says and nowhere else),
// to take a proxy from the environment, to speak TLS below 1.2, and to show the URL's
// path or query in errors, because chat robots carry their secret there.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"trilock/alerts"
	"trilock/alerts/notify"
)

// The headers of a request, beside the usual ones.
const (
	HeaderKey       = "Idempotency-Key"
	HeaderTimestamp = "Trilock-Timestamp"
	HeaderSignature = "Trilock-Signature"
)

// Settings says where notices go and how they are signed.
type Settings struct {
	// URL is an absolute http or https URL without user name and fragment.
	URL string
	// Secret signs every request: at least MinSecretBytes.
	Secret []byte
	// Timeout bounds one delivery from connect to the end of the answer; 0 and all above RequestMax mean RequestMax.
	Timeout time.Duration
	// Roots are the certificate authorities that the server's certificate must come from; nil
	// means those of the system.
	Roots *x509.CertPool
	// Dial opens the connection; nil means TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Webhook posts notices to one URL. It is a notify.Notifier.
type Webhook struct {
	url    string
	host   string
	secret []byte
	client *http.Client
}

// New checks the settings and returns the channel. It connects to nothing yet.
func New(s Settings) (*Webhook, error) {
	u, err := url.Parse(s.URL)
	switch {
	case err != nil:
		return nil, errors.New("webhook: the URL cannot be parsed; write it as https://host/path")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("webhook: the URL's scheme is %q; use https (or http inside the site)", u.Scheme)
	case u.Hostname() == "":
		return nil, errors.New("webhook: the URL names no host; write it as https://host/path")
	case u.User != nil:
		return nil, errors.New("webhook: the URL holds a user name; the signature authenticates, remove it")
	case u.Fragment != "":
		return nil, errors.New("webhook: the URL holds a fragment (#…), which is never sent; remove it")
	case len(s.Secret) < MinSecretBytes:
		return nil, fmt.Errorf("webhook: the secret has %d bytes; give at least %d random ones", len(s.Secret), MinSecretBytes)
	}
	dial := s.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: ConnectMax}).DialContext
	}
	timeout := RequestMax
	if s.Timeout > 0 {
		timeout = min(s.Timeout, RequestMax)
	}
	return &Webhook{
		url: s.URL, host: u.Host, secret: append([]byte(nil), s.Secret...),
		client: &http.Client{
			Timeout: timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
			Transport: &http.Transport{
				DialContext:            dial,
				TLSClientConfig:        &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12},
				TLSHandshakeTimeout:    ConnectMax,
				ResponseHeaderTimeout:  timeout,
				MaxResponseHeaderBytes: MaxResponseHeaderBytes,
				MaxIdleConns:           1,
				MaxConnsPerHost:        1,
				IdleConnTimeout:        IdleMax,
				ForceAttemptHTTP2:      true,
			},
		},
	}, nil
}

// Close lets go of the idle connection.
func (w *Webhook) Close() { w.client.CloseIdleConnections() }

// Notify posts one notice: see the package comment for what the answers mean.
func (w *Webhook) Notify(ctx context.Context, n alerts.Notice) error {
	body, err := json.Marshal(n)
	if err != nil {
		return notify.Permanent(fmt.Errorf("webhook %s: notice %s cannot be encoded: %w", w.host, n.ID, err))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return notify.Permanent(fmt.Errorf("webhook %s: the request cannot be built; check the URL", w.host))
	}
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "trilock")
	req.Header.Set(HeaderKey, n.ID)
	req.Header.Set(HeaderTimestamp, timestamp)
	req.Header.Set(HeaderSignature, signature(w.secret, timestamp, body))
	resp, err := w.client.Do(req)
	if err != nil {
		return fmt.Errorf("webhook %s: %w", w.host, withoutURL(err))
	}
	defer func() { _ = resp.Body.Close() }()
	// Reading a little further than needed lets the connection be used again.
	answer, readErr := io.ReadAll(io.LimitReader(resp.Body, MaxResponseBytes))
	return w.judge(resp, answer, readErr)
}

// judge turns an answer into nil, a temporary or a permanent error.
func (w *Webhook) judge(resp *http.Response, answer []byte, readErr error) error {
	status := resp.StatusCode
	if status >= 200 && status <= 299 {
		return nil // the status is the promise; whether its body arrived whole is not
	}
	err := fmt.Errorf("webhook %s: answered %d %s", w.host, status, http.StatusText(status))
	if text := printable(answer); text != "" && readErr == nil {
		err = fmt.Errorf("%w: %s", err, text)
	}
	switch {
	case status >= 300 && status <= 399:
		return notify.Permanent(fmt.Errorf("%w; redirects are not followed, configure the final URL", err))
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		if after := retryAfter(resp.Header.Get("Retry-After"), time.Now()); after > 0 {
			return notify.Later(err, after)
		}
		return err
	}
	return notify.Permanent(fmt.Errorf("%w; check the URL and the receiver's log", err))
}

// signature returns "sha256=" and the HMAC over timestamp, full stop and body.
func signature(secret []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// retryAfter reads the header, seconds or a date (RFC 9110 section 10.2.3), as a time from
// now: 0 when there is none or it has passed, at most RetryAfterMax.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, RetryAfterMax) //nolint:gosec // 31 bits
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, min(at.Sub(now), RetryAfterMax))
	}
	return 0
}

// withoutURL drops the URL that net/http puts before every error.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// printable returns the beginning of an answer on one line, fit for a log and a page.
func printable(answer []byte) string {
	clean := strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) || r == '\uFFFD' {
			return ' '
		}
		return r
	}, string(answer[:min(len(answer), MaxQuotedBytes)]))
	return strings.Join(strings.Fields(clean), " ")
}
