package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"trilock/alerts"
	"trilock/custody"
)

// face is the daemon as the world sees it: its API, and the notices it sends to the
// webhook of the security desk. The story is judged through it and nothing else.
type face struct {
	base   string // "http://127.0.0.1:8420"
	token  func(account string) string
	client *http.Client

	mu       sync.Mutex
	keys     int
	answered []string // keys of acts that were answered, as they must stand in the record
	last     custody.Overview
	etag     string
	notices  []alerts.Notice
	received map[string]bool
	changed  chan struct{} // closed and renewed with every notice
}

func newFace(base string, token func(string) string) *face {
	return &face{base: base, token: token, received: map[string]bool{}, changed: make(chan struct{}),
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13}, MaxIdleConnsPerHost: 8}}}
}

// problem is the part of an RFC 9457 document that the story needs.
type problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	Rule   string `json:"rule"`
}

func (p *problem) Error() string {
	return fmt.Sprintf("%d %s: %s (%s %s)", p.Status, p.Title, p.Detail, p.Code, p.Rule)
}

// refused reports whether err is the daemon's refusal for a reason code.
func refused(err error, code string) bool {
	var p *problem
	return errors.As(err, &p) && p.Code == code
}

// act posts one act under one key until it is answered: a daemon that is being restarted
// is asked again, and the key makes sure that the act happens once.
func (f *face) act(ctx context.Context, account, path string, body any) (custody.Outcome, error) {
	f.mu.Lock()
	f.keys++
	key := fmt.Sprintf("story-%d", f.keys)
	f.mu.Unlock()
	text, err := json.Marshal(body)
	if err != nil {
		return custody.Outcome{}, err
	}
	for {
		outcome, err := f.post(ctx, account, path, key, text)
		var p *problem
		if err == nil || (errors.As(err, &p) && p.Status < 500) {
			f.mu.Lock()
			f.answered = append(f.answered, account+"/"+key)
			f.mu.Unlock()
			return outcome, err
		}
		if pause(ctx, 100*time.Millisecond) != nil {
			return custody.Outcome{}, fmt.Errorf("POST %s: %w", path, err)
		}
	}
}

func (f *face) post(ctx context.Context, account, path, key string, body []byte) (custody.Outcome, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.base+path, bytes.NewReader(body))
	if err != nil {
		return custody.Outcome{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Authorization", "Bearer "+f.token(account))
	var outcome custody.Outcome
	return outcome, f.do(req, &outcome)
}

func (f *face) do(req *http.Request, into any) error {
	resp, err := f.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		p := &problem{}
		if json.Unmarshal(text, p) != nil || p.Status == 0 {
			p = &problem{Status: resp.StatusCode, Title: http.StatusText(resp.StatusCode), Detail: string(text)}
		}
		return p
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

func (f *face) get(ctx context.Context, account, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.base+path, nil)
	if err != nil {
		return err
	}
	if account != "" {
		req.Header.Set("Authorization", "Bearer "+f.token(account))
	}
	return f.do(req, into)
}

// overview returns what the wall screen would show now.
func (f *face) overview(ctx context.Context) (custody.Overview, error) {
	f.mu.Lock()
	etag := f.etag
	f.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.base+"/api/v1/overview", nil)
	if err != nil {
		return custody.Overview{}, err
	}
	req.Header.Set("Authorization", "Bearer "+f.token("wall"))
	req.Header.Set("If-None-Match", etag)
	resp, err := f.client.Do(req)
	if err != nil {
		return custody.Overview{}, err
	}
	defer resp.Body.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	switch resp.StatusCode {
	case http.StatusNotModified:
		return f.last, nil
	case http.StatusOK:
		var o custody.Overview
		if err := json.NewDecoder(resp.Body).Decode(&o); err != nil {
			return o, err
		}
		f.last, f.etag = o, resp.Header.Get("ETag")
		return o, nil
	}
	return custody.Overview{}, fmt.Errorf("GET overview: %s", resp.Status)
}

// entry is one entry of the record as the API gives it.
type entry struct {
	Seq     uint64          `json:"seq"`
	Kind    string          `json:"kind"`
	Actor   string          `json:"actor"`
	Subject string          `json:"subject"`
	Event   json.RawMessage `json:"event"`
}

// record returns the whole record so far.
func (f *face) record(ctx context.Context) ([]entry, error) {
	var all []entry
	for {
		var page struct {
			Entries []entry `json:"entries"`
		}
		after := uint64(0)
		if len(all) > 0 {
			after = all[len(all)-1].Seq
		}
		if err := f.get(ctx, "auditor", fmt.Sprintf("/api/v1/record?after=%d&limit=1000", after), &page); err != nil {
			return nil, err
		}
		if len(page.Entries) == 0 {
			return all, nil
		}
		all = append(all, page.Entries...)
	}
}

// take is what the webhook's receiver does with a notice: once per id, as every receiver
// of an at-least-once channel must.
func (f *face) take(n alerts.Notice) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.received[n.ID] {
		return
	}
	f.received[n.ID] = true
	f.notices = append(f.notices, n)
	close(f.changed)
	f.changed = make(chan struct{})
}

// noticed reports whether the security desk received a notice.
func (f *face) noticed(code alerts.Code, subject string, reason alerts.Reason) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.notices {
		if n.Code == code && n.Subject == subject && n.Reason == reason {
			return true
		}
	}
	return false
}

// pause waits for d, or returns the reason why ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
