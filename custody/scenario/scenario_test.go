package scenario_test

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"trilock/custody/rule"
	"trilock/custody/scenario"
)

var (
	missingOK = flag.Bool("missing-ok", false, "rules without a scenario are named and do not fail; for a branch that holds some of them only")
	breaking  = flag.Bool("break", false, "plant each scenario's fault and require that it fails")
)

const folder = "../../testdata/scenarios"

func load(t *testing.T) (*scenario.Setting, []*scenario.Scenario) {
	t.Helper()
	setting, err := scenario.LoadSetting(os.DirFS(folder), folder)
	if err != nil {
		t.Fatal(err)
	}
	all, err := scenario.LoadAll(os.DirFS(folder), folder)
	if err != nil {
		t.Error(err)
	}
	if len(all) == 0 {
		t.Fatalf("no scenario in %s", folder)
	}
	return setting, all
}

// Every file plays against the domain, and its record leads to the state it came from.
func TestScenarios(t *testing.T) {
	setting, all := load(t)
	for _, s := range all {
		t.Run(s.Rule, func(t *testing.T) {
			if err := scenario.Run(t.Context(), setting, s); err != nil {
				t.Error(err)
			}
		})
	}
}

// Every rule of the catalogue has a scenario, and every scenario is one of a rule.
func TestEveryRuleHasAScenario(t *testing.T) {
	_, all := load(t)
	has := map[string]bool{}
	for _, s := range all {
		if _, known := rule.ByID(s.Rule); !known {
			t.Errorf("%s: there is no rule %s", s.File, s.Rule)
		}
		has[s.Rule] = true
	}
	var missing []string
	for _, r := range rule.All() {
		if !has[r.ID] {
			missing = append(missing, r.ID)
		}
	}
	t.Logf("%d of %d rules with a scenario", len(rule.All())-len(missing), len(rule.All()))
	switch {
	case len(missing) == 0:
	case *missingOK:
		t.Logf("without one: %s", strings.Join(missing, " "))
	default:
		t.Errorf("without one: %s", strings.Join(missing, " "))
	}
}

// The line that a scenario says carries its rule out is there, once.
func TestBreaksNameALine(t *testing.T) {
	_, all := load(t)
	for _, s := range all {
		if _, err := broken(s); err != nil {
			t.Error(err)
		}
	}
}

// With its fault planted, each scenario fails: it proves its rule. Each is a build of its own, so
// this runs only when asked: go test ./custody/scenario -run Broken -break
func TestBroken(t *testing.T) {
	_, all := load(t)
	if !*breaking {
		t.Skip("say -break: each scenario is built and run anew with its fault")
	}
	var running sync.WaitGroup
	slots := make(chan struct{}, max(1, runtime.NumCPU()/2))
	for _, s := range all {
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := plant(t, s); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
}

// Only what a scenario speaks of is compared: no step goes unread.
func TestFaultsAreNamedByLine(t *testing.T) {
	for want, text := range map[string]string{
		"REG-1.yaml:1: no rule":                                 "title: {zh: 甲, en: a}\n",
		`REG-1.yaml:2: key "stepz" is not known`:                "rule: REG-1\nstepz: []\n",
		"REG-1.yaml:3: no step":                                 "rule: REG-1\nsteps:\n  - {fly: moon}\n",
		`REG-1.yaml:3: badge needs "at"`:                        "rule: REG-1\nsteps:\n  - {badge: archivist}\n",
		`REG-1.yaml:3: wait takes no "for"`:                     "rule: REG-1\nsteps:\n  - {wait: 3h, for: me}\n",
		`REG-1.yaml:3: only: "night"`:                           "rule: REG-1\nsteps:\n  - {wait: 3h, only: night, why: dark}\n",
		"REG-1.yaml:3: only: core needs a why":                  "rule: REG-1\nsteps:\n  - {wait: 3h, only: core}\n",
		"REG-1.yaml:1: the file of rule REG-2 is REG-2.yaml":    "rule: REG-2\n",
		"REG-1.yaml:1: no step shows what the rule refuses":     "rule: REG-1\nsteps:\n  - {badge: archivist, at: x}\n",
		"REG-1.yaml:1: no step shows what the rule allows":      "rule: REG-1\nsteps:\n  - {alert: missing}\n",
		"REG-1.yaml:1: breaks needs file, old, a different new": "rule: REG-1\nbreaks: {file: a, old: b, new: b, why: c}\n",
		"REG-1.yaml:2: field fyle not found":                    "rule: REG-1\nbreaks: {fyle: a}\n",
		`REG-1.yaml:3: key "wait" stands twice`:                 "rule: REG-1\nsteps:\n  - {wait: 3h, wait: 4h}\n",
	} {
		if _, err := scenario.Parse("REG-1.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("faults of %q:\n%v\nwant %q among them", text, err, want)
		}
	}
}

// A step that fails says where, what was expected, and what stood.
func TestFailureSaysWhatStood(t *testing.T) {
	setting, _ := load(t)
	for want, steps := range map[string][]string{
		"not-lent": {"{as: archivist, do: request-loan, with: {document: JM-2026-0001, borrower: $reader-a, due: '@+1h', purpose: a}, refused: not-lent}"},
		"want it refused with already-lent, it was": {"{as: archivist, do: request-loan, with: {document: JM-2026-0001, borrower: $reader-a, due: '@+1h', purpose: a}, refused: already-lent}"},
		"want the alert to stand, it does not":      {"{alert: missing, about: JM-2026-0001}"},
		"want no such alert, it stands":             {"{door: room-door, state: open}", "{no-alert: door-forced, about: room-door}"},
		"door-forced about room-door":               {"{door: room-door, state: open}", "{no-alert: door-forced}"},
		"want an entry of this kind":                {"{recorded: loan-issued}"},
		"want no such entry":                        {"{door: room-door, state: open}", "{not-recorded: door-changed, with: {open: true}}"},
		"nobody in the cast is called":              {"{badge: santa, at: badge-cabinets}"},
		"no step gave it":                           {"{as: office, do: approve, with: {id: $loan}}"},
		`there is no act "fly"`:                     {"{as: office, do: fly}"},
		"has passed":                                {"{until: '@-1h'}"},
	} {
		text := "rule: REG-1\ntitle: {zh: 甲, en: a}\ngiven: [{id: JM-2026-0001}]\nsteps:\n  - {alert: door-forced, only: live, why: a}\n  - {wait: 1s}\n  - {badge: archivist, at: a, only: live, why: a}\n"
		for _, step := range steps {
			text += "  - " + step + "\n"
		}
		text += "breaks: {file: a, old: b, new: c, why: d}\n"
		s, err := scenario.Parse("REG-1.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		err = scenario.Run(t.Context(), setting, s)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "REG-1.yaml:") {
			t.Errorf("%v:\n%v\nwant %q", steps, err, want)
		}
	}
}

// Each step can be said in both languages.
func TestStepsInWords(t *testing.T) {
	_, all := load(t)
	for _, s := range all {
		for _, step := range s.Steps {
			if w := step.Words(); w.ZH == "" || w.EN == "" || strings.Contains(w.ZH+w.EN, "%!") {
				t.Errorf("%s:%d: in words %q", s.File, step.Line, w)
			}
		}
	}
	for _, path := range []string{"site.yaml", "cast.yaml"} {
		if _, err := os.Stat(filepath.Join(folder, path)); err != nil {
			t.Error(err)
		}
	}
	if !slices.ContainsFunc(all, func(s *scenario.Scenario) bool { return len(s.Steps) > 5 }) {
		t.Error("no scenario has more than five steps")
	}
}
