package livescenario

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"trilock/custody"
	"trilock/custody/fact"
)

// reader is the account that reads the record.
const reader = "p-0018"

// Act carries out an act by its verb. By is a person's number: a machine has no account that acts.
func (s *Stage) Act(ctx context.Context, by, verb string, with []byte) (custody.Outcome, error) {
	if verb == (custody.RegisterPerson{}).Verb() {
		var said struct {
			Person map[string]any `json:"person"`
		}
		if err := json.Unmarshal(with, &said); err != nil {
			return custody.Outcome{}, err
		}
		return s.post(ctx, by, "/api/v1/persons", said.Person)
	}
	return s.post(ctx, by, "/api/v1/acts/"+verb, json.RawMessage(with))
}

// post posts one act under one key until it is answered: a refusal is an answer.
func (s *Stage) post(ctx context.Context, by, path string, body any) (custody.Outcome, error) {
	if s.sim.Token(by) == "" {
		return custody.Outcome{}, fmt.Errorf("%s has no account: only persons act here, so such a step is `only: core`", by)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return custody.Outcome{}, err
	}
	key := fmt.Sprintf("scenario-%d", s.keys.Add(1))
	var outcome custody.Outcome
	err = s.Settle(ctx, func() error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url(path), bytes.NewReader(text))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", key)
		var p problem
		err = s.do(req, by, &outcome)
		if errors.As(err, &p) && p.Status < http.StatusInternalServerError && p.Status != http.StatusTooManyRequests {
			outcome = custody.Outcome{Code: p.Code, Rule: p.Rule, Text: p.Text}
			if len(p.Errors) > 0 {
				outcome.Text.EN += fmt.Sprint(" ", p.Errors)
			}
			return nil
		}
		return err
	})
	return outcome, err
}

// problem is the part of an RFC 9457 document that is looked at.
type problem struct {
	Status int       `json:"status"`
	Code   string    `json:"code"`
	Rule   string    `json:"rule"`
	Text   fact.Text `json:"text"`
	Errors []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
	} `json:"errors"`
}

// Error says the problem in one line.
func (p problem) Error() string { return fmt.Sprintf("%d %s %s", p.Status, p.Code, p.Text.EN) }

func (s *Stage) url(path string) string { return "http://" + s.sim.Console + path }

func (s *Stage) do(req *http.Request, account string, into any) error {
	req.Header.Set("Authorization", "Bearer "+s.sim.Token(account))
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		p := problem{}
		if json.Unmarshal(text, &p) != nil || p.Status == 0 {
			p = problem{Status: resp.StatusCode, Code: resp.Status}
		}
		return p
	}
	return json.Unmarshal(text, into)
}

func (s *Stage) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url(path), nil)
	if err != nil {
		return err
	}
	return s.do(req, reader, into)
}

func (s *Stage) overview(ctx context.Context) (o custody.Overview, err error) {
	err = s.get(ctx, "/api/v1/overview", &o)
	return o, err
}

// Record is every entry since the beginning, as the auditor reads it.
func (s *Stage) Record() []custody.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var page struct {
			Entries []struct {
				Seq     uint64          `json:"seq"`
				At      fact.Stamp      `json:"at"`
				Kind    string          `json:"kind"`
				Actor   string          `json:"actor"`
				Subject string          `json:"subject"`
				Event   json.RawMessage `json:"event"`
			} `json:"entries"`
		}
		if err := s.get(s.ctx, fmt.Sprintf("/api/v1/record?after=%d&limit=1000", len(s.entries)), &page); err != nil || len(page.Entries) == 0 {
			return slices.Clip(s.entries) // the daemon may be starting again: it is asked once more
		}
		for _, e := range page.Entries {
			ev, err := custody.DecodeEvent(e.Kind, e.Event)
			if err != nil {
				s.log.Error("the API shows an entry that cannot be read", "entry", e.Seq, "error", err)
				return slices.Clip(s.entries)
			}
			s.entries = append(s.entries, custody.Entry{Seq: e.Seq, At: e.At, Actor: e.Actor, Subject: e.Subject, Event: ev})
		}
	}
}

// Safe is how a safe stands.
func (s *Stage) Safe(id fact.SafeID) (custody.SafeOverview, bool) {
	o, err := s.overview(s.ctx)
	if err != nil {
		return custody.SafeOverview{}, false
	}
	i := slices.IndexFunc(o.Safes, func(safe custody.SafeOverview) bool { return safe.ID == id })
	if i < 0 {
		return custody.SafeOverview{}, false
	}
	return o.Safes[i], true
}

// lies says whether a document is heard at a place; at no place for the empty one.
func (s *Stage) lies(ctx context.Context, id custody.DocumentID, place fact.PlaceID) error {
	o, err := s.overview(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(o.Documents, func(d custody.DocumentOverview) bool { return d.ID == id })
	switch {
	case i < 0:
		return fmt.Errorf("%s is not on the register", id)
	case place == "" && o.Documents[i].Known == custody.Unseen:
		return nil
	case place != "" && o.Documents[i].Known == custody.Here && o.Documents[i].Place == place:
		return nil
	}
	return fmt.Errorf("%s is %s at %q since %s, want it at %q", id, o.Documents[i].Known, o.Documents[i].Place, o.Documents[i].Since.Format(time.TimeOnly), place)
}

// after waits for an entry that came after a number of entries.
func (s *Stage) after(ctx context.Context, n int, within time.Duration, wanted func(custody.Entry) bool) (found custody.Entry, err error) {
	err = settle(ctx, within, func() error {
		all := s.Record()
		for _, e := range all[min(n, len(all)):] {
			if wanted(e) {
				found = e
				return nil
			}
		}
		return errors.New("the record shows nothing of it")
	})
	return found, err
}
