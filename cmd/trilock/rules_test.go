package main

import (
	"encoding/json"
	"strings"
	"testing"

	"trilock/custody/rule"
)

func printed(t *testing.T, c rulesCmd) string {
	t.Helper()
	var out strings.Builder
	if err := c.print(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Every rule stands on paper of eighty columns, in both languages.
func TestRulesOnPaper(t *testing.T) {
	for _, lang := range []string{"zh", "en"} {
		text := printed(t, rulesCmd{Lang: lang}) + printed(t, rulesCmd{Lang: lang, IDs: []string{"saf-1", "CIR-2"}})
		for _, r := range rule.All() {
			if !strings.Contains(text, "\n"+r.ID+" ") && !strings.HasPrefix(text, r.ID+" ") {
				t.Errorf("%s: %s is not listed", lang, r.ID)
			}
		}
		for line := range strings.Lines(text) {
			if n := columns(strings.TrimRight(line, "\n")); n > paperWidth+2 { // a mark may hang over the edge
				t.Errorf("%s: %d columns: %s", lang, n, line)
			}
		}
	}
}

// A rule that is named comes with the scenario that proves it, step by step.
func TestRuleWithItsProof(t *testing.T) {
	text := printed(t, rulesCmd{Lang: "en", IDs: []string{"CIR-2"}})
	for _, want := range []string{"Proved by: A circulating document", "refused: already-lent", "the record holds: loan-returned", "  1 archivist: request a loan"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if err := (&rulesCmd{Lang: "en", IDs: []string{"CIR-99"}}).print(&strings.Builder{}); err == nil || !strings.Contains(err.Error(), "CIR-99") {
		t.Errorf("a rule that there is not: %v", err)
	}
}

func TestRulesAsJSONAndAsPage(t *testing.T) {
	n := 0
	for line := range strings.Lines(printed(t, rulesCmd{Lang: "zh", JSON: true})) {
		var r shownRule
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.ID == "" || r.Sentence.ZH == "" {
			t.Errorf("%q: %v", line, err)
		}
		n++
	}
	if n != len(rule.All()) {
		t.Errorf("%d rules as JSON, want %d", n, len(rule.All()))
	}
	page := printed(t, rulesCmd{Lang: "zh", HTML: true})
	for _, want := range []string{"<h2>SAF-1 ", "三锁三方三人同时在场", "@media print", "<li>S4 "} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
