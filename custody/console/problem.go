package console

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/rule"
)

// Problem is the body of every answer that is not a success (RFC 9457). What went wrong
// and what to do next are in both languages: whoever passes it on does not know who reads it.
type Problem struct {
	Type   string `json:"type" doc:"always about:blank; code tells problems apart"`
	Title  string `json:"title" doc:"the status in words"`
	Status int    `json:"status"`
	// Detail is Text in English, for tools that show nothing else.
	Detail string `json:"detail"`
	Code   string `json:"code" doc:"the machine's word for what went wrong"`
	Rule   string `json:"rule,omitempty" doc:"the rule that a refusal carries out"`
	// RuleText is the rule itself, so that who is refused can read what for.
	RuleText fact.Text      `json:"rule_text,omitzero" doc:"the rule in a sentence"`
	Text     fact.Text      `json:"text" doc:"what went wrong"`
	Next     fact.Text      `json:"next" doc:"what to do now"`
	Errors   []ProblemField `json:"errors,omitempty" doc:"what is wrong where; values are never repeated"`
}

// ProblemField says what is wrong with one field of a request.
type ProblemField struct {
	Location string `json:"location,omitempty"`
	Message  string `json:"message"`
}

// Error returns the problem's English sentence.
func (p *Problem) Error() string { return p.Code + ": " + p.Text.EN }

// GetStatus returns the HTTP status; huma asks for it.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType names the media type; huma asks for it.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// problem makes the problem of a code of texts.go.
func problem(status int, code string) *Problem {
	words := problemWords[code]
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code,
		Detail: words.text.EN, Text: words.text, Next: words.next}
}

// fill puts args into the problem's sentence.
func (p *Problem) fill(args ...any) *Problem {
	p.Text = p.Text.Fill(args...)
	p.Detail = p.Text.EN
	return p
}

// unprocessable are the refusals in which the request itself is wrong, whatever the state
// of the site. All others are conflicts with how things stand.
var unprocessable = map[string]bool{
	"bad-person": true, "unknown-post": true, "unknown-level": true, "unknown-place": true, "bad-number": true,
	"incomplete": true, "no-tag": true, "home-not-cleared": true, "unknown-document": true, "unknown-person": true,
	"unknown-safe": true, "due-in-the-past": true, "too-long": true, "too-much": true, "bad-purpose": true,
	"bad-disposition": true, "no-such-alert": true, "unknown-act": true,
	"no-category": true, "unknown-category": true, "wrong-category": true, "unknown-carrier": true, "unknown-mark": true, "bad-date": true, "no-nature": true,
	"unknown-original": true, "bad-count": true, "no-seal": true, "bad-level": true, "bad-retention": true,
}

// refusal makes the problem of an act that the core refused.
func refusal(o custody.Outcome) *Problem {
	status := http.StatusConflict
	if unprocessable[o.Code] {
		status = http.StatusUnprocessableEntity
	}
	p := problem(status, "refused")
	p.Code, p.Rule, p.Text, p.Detail = o.Code, o.Rule, o.Text, o.Text.EN
	if r, known := rule.ByID(o.Rule); known {
		p.RuleText = r.Sentence
	}
	return p
}

// undecided makes the problem of an act on which nothing was decided, and says why.
func undecided(err error) *Problem {
	return problem(http.StatusServiceUnavailable, "undecided").fill(err.Error())
}

// write sends the problem.
func (p *Problem) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the reader is gone when it fails
}

// codeOfStatus names what huma and the mux only give a number.
func codeOfStatus(status int) string {
	switch status {
	case http.StatusNotFound:
		return "not-found"
	case http.StatusMethodNotAllowed:
		return "method-not-allowed"
	case http.StatusRequestEntityTooLarge:
		return "too-large"
	case http.StatusUnsupportedMediaType, http.StatusNotAcceptable:
		return "unsupported-media"
	case http.StatusRequestTimeout:
		return "too-slow"
	}
	if status >= http.StatusInternalServerError {
		return "internal"
	}
	return "invalid-request"
}

// ofHuma turns huma's own errors into problems. It leaves out the values, which huma
// would echo: one of them may be a PIN.
func ofHuma(_ huma.Context, _ string, v any) (any, error) {
	e, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := problem(e.Status, codeOfStatus(e.Status))
	switch p.Code {
	case "too-large":
		p.fill(maxBodyBytes)
	case "invalid-request":
		for _, field := range e.Errors {
			p.Errors = append(p.Errors, ProblemField{Location: field.Location, Message: field.Message})
		}
	}
	return p, nil
}
