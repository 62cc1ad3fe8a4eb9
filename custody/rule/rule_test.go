package rule_test

import (
	"slices"
	"strings"
	"testing"

	"trilock/custody/rule"
)

// ids are the rules' ids, which never change: one is added at the end of its chapter, none taken away.
var ids = strings.Fields(`
REG-1 REG-2 REG-3 REG-4 REG-5 REG-6 REG-7 REG-8
STO-1 STO-2 STO-3 STO-4 STO-5 STO-6 STO-7
ACC-1 ACC-2 ACC-3 ACC-4 ACC-5 ACC-6 ACC-7
SAF-1 SAF-2 SAF-3 SAF-4
CIR-1 CIR-2 CIR-3 CIR-4 CIR-5 CIR-6 CIR-7 CIR-8 CIR-9 CIR-10 CIR-11 CIR-12 CIR-13
OUT-1 OUT-2 OUT-3
ISS-1 ISS-2
CPY-1 CPY-2
DES-1 DES-2 DES-3 DES-4 DES-5
MTG-1
DEV-1
INC-1 INC-2 INC-3
REC-1 REC-2 REC-3 REC-4
`)

func TestIDsNeverChange(t *testing.T) {
	var got []string
	for _, r := range rule.All() {
		got = append(got, r.ID)
	}
	if !slices.Equal(got, ids) {
		t.Errorf("the catalogue holds %v,\nwant %v", got, ids)
	}
	if len(ids) != 60 {
		t.Errorf("%d rules, want 60", len(ids))
	}
}

func TestEveryRuleIsWhole(t *testing.T) {
	chapters := map[string]bool{}
	for _, c := range rule.Chapters() {
		chapters[c.ID] = true
	}
	for _, r := range rule.All() {
		if len(r.Modes) == 0 || r.Clause == "" || !chapters[r.Chapter()] {
			t.Errorf("%s lacks modes, clause or chapter: %+v", r.ID, r)
		}
		if !strings.HasSuffix(r.Sentence.ZH, "。") || !strings.HasSuffix(r.Sentence.EN, ".") {
			t.Errorf("%s is not one sentence in each language: %+v", r.ID, r.Sentence)
		}
		if strings.Count(r.Sentence.ZH, "。") != 1 || strings.Count(r.Sentence.EN, ". ") != 0 {
			t.Errorf("%s says more than one sentence: %+v", r.ID, r.Sentence)
		}
		if again, known := rule.ByID(r.ID); !known || again.Sentence != r.Sentence {
			t.Errorf("%s is not found by its id", r.ID)
		}
	}
	if _, known := rule.ByID("SAF-9"); known {
		t.Error("a rule that there is not is found")
	}
}
