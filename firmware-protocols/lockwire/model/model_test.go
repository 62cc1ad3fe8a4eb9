package model

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// instance is one run of SPIN over one variant of the model.
type instance struct {
	name    string
	options string // -D options of opening.pml
	ltl     string // the formula to check with weak fairness; "" checks the assertions
	falls   string // the claim that must fall; "" must verify completely
}

const (
	// oneHonest lets the attacker have two of the three locks: what a lock claims for
	// itself it must claim whatever the others are.
	oneHonest = "OWNED=3 "
	oneOwned  = "OWNED=1 "
	faithful  = "FAITHFUL "
	byWord    = "TRUST_0=CONTROLLER TRUST_1=CONTROLLER TRUST_2=CONTROLLER "
	// acceptanceCycle is what SPIN calls the counter-example to a formula: a run that for ever misses it.
	acceptanceCycle = "acceptance cycle"
)

// sound are the instances that must verify, with their state space exhausted.
var sound = []instance{
	{name: "no stolen key", options: oneHonest + "MATTERS=2"},
	{name: "one stolen key", options: oneHonest + "STOLEN=1 MATTERS=2 CHALLENGES=3"},
	{name: "two stolen keys of two parties", options: oneHonest + "STOLEN=3 REQUESTS=2 CHALLENGES=3 LIFE=2 POWER_CUTS=1"},
	{name: "two stolen keys of one party", options: oneHonest + "STOLEN=9 MATTERS=2"},
	{name: "three honest locks", options: "STOLEN=3 REQUESTS=1 CHALLENGES=1 POWER_CUTS=1"},
	{name: "one owned lock, one stolen key", options: oneOwned + "STOLEN=1 REQUESTS=1"},
	{name: "one owned lock, two stolen keys", options: oneOwned + "STOLEN=3 REQUESTS=1 POWER_CUTS=1"},
	{name: "weak random source", options: oneHonest + "STOLEN=3 CHALLENGES=3 POWER_CUTS=2 WEAK_RANDOM"},
	{name: "guessed counters", options: oneHonest + "STOLEN=1 GUESSING"},
	{name: "two safes", options: oneHonest + "STOLEN=3 TWO_SAFES"},
	{name: "openings and changes of the trust list", options: oneHonest + "STOLEN=3 TRUST_CHANGE"},
	{name: "approvals in every form", options: oneHonest + "STOLEN=1 REQUESTS=1 ALL_FORMS"},
	{name: "open only when everybody agreed", options: oneOwned + "STOLEN=2 REQUESTS=1 ONLY_WHEN_OPEN"},
	{name: "controller form, honest daemon", options: oneOwned + byWord + "STOLEN=3 CONTROLLER_STOLEN=0 POWER_CUTS=1"},
	{name: "controller form, stolen controller key", options: oneHonest + byWord + "STOLEN=3 POWER_CUTS=1"},
	{name: "mixed forms, stolen controller key", options: oneHonest + "TRUST_0=CONTROLLER TRUST_1=CONTROLLER STOLEN=0"},
}

// denied are instances that must verify although they claim that no bolt is ever drawn.
var denied = []instance{
	{name: "two stolen keys, a bad lock, nobody agrees", options: oneOwned + "STOLEN=3 CHALLENGES=3 POWER_CUTS=2 NOBODY_AGREES NEVER_DRAWN"},
	{name: "the same with two bad locks", options: oneHonest + "STOLEN=11 CHALLENGES=3 POWER_CUTS=2 NOBODY_AGREES NEVER_DRAWN"},
}

// lively are the instances with a faithful daemon and network.
var lively = []instance{
	{name: "an opening opens", options: faithful, ltl: "opens"},
	{name: "an opening opens after a fault", options: faithful + "FAULTS=1", ltl: "opens"},
	{name: "locked again after a fault", options: faithful + "FAULTS=1", ltl: "returns"},
	{name: "an open door is accounted for", options: faithful + "FAULTS=1", ltl: "accounted"},
	{name: "claims under one fault and retained commands", options: faithful + "FAULTS=1 RETAINING"},
	{name: "claims under two faults", options: faithful + "FAULTS=2 REQUESTS=3 CHALLENGES=3"},
}

// broken leave out one check of SPEC section 6 or one decision of the design each.
var broken = []instance{
	{name: "own party only", options: oneOwned + "STOLEN=2 REQUESTS=1 BROKEN_OWN_PARTY_ONLY", falls: "three_of_three"},
	{name: "own party only, as seen at the door", options: oneOwned + "STOLEN=2 REQUESTS=1 BROKEN_OWN_PARTY_ONLY ONLY_WHEN_OPEN", falls: "everybody_agreed"},
	{name: "approval over own nonce only", options: oneHonest + "STOLEN=1 BROKEN_OWN_NONCE", falls: "all_by_owners"},
	{name: "approval signatures not checked", options: oneHonest + "BROKEN_NO_SIGNATURE", falls: "all_by_owners"},
	{name: "daemon's word instead of an approval", options: oneHonest + "BROKEN_NO_FORM", falls: "all_by_owners"},
	{name: "persons not compared", options: oneHonest + "STOLEN=1 BROKEN_NO_PERSON", falls: "three_of_three"},
	{name: "parties not compared", options: oneHonest + "STOLEN=9 BROKEN_NO_PARTY", falls: "three_of_three"},
	{name: "session not compared", options: oneHonest + "BROKEN_NO_SESSION", falls: "made_for_session"},
	{name: "safe not compared", options: oneHonest + "TWO_SAFES BROKEN_NO_SAFE", falls: "own_safe"},
	{name: "act not compared", options: oneHonest + "STOLEN=3 TRUST_CHANGE BROKEN_NO_ACT", falls: "made_for_act"},
	{name: "trust list not compared", options: oneHonest + "STOLEN=3 TRUST_CHANGE BROKEN_NO_LIST", falls: "list_is_proposed"},
	{name: "nonce not compared", options: oneHonest + "GUESSING BROKEN_NO_NONCE", falls: "nonce_is_current"},
	{name: "boot and counter not compared", options: oneHonest + "POWER_CUTS=1 WEAK_RANDOM BROKEN_NO_COUNTER", falls: "nonce_is_current"},
	{name: "challenge kept over a power cut", options: oneHonest + "POWER_CUTS=1 BROKEN_KEPT_OVER_POWER", falls: "nonce_is_current"},
	{name: "challenge kept after a refusal", options: oneHonest + "BROKEN_KEPT_AFTER_REFUSAL", falls: "judged_once"},
	{name: "challenge kept after an opening", options: oneHonest + "BROKEN_KEPT_AFTER_OPENING SET_ASIDE_JUDGED_ONCE", falls: "used_once"},
	{name: "challenge kept after a relock", options: oneHonest + "BROKEN_RELOCK_KEEPS", falls: "nonce_is_current"},
	{name: "no expiry", options: oneHonest + "BROKEN_NO_EXPIRY", falls: "in_time"},
	{name: "second life for a nonce", options: oneHonest + "BROKEN_SECOND_LIFE", falls: "in_time"},
	{name: "no relock timer", options: oneHonest + "BROKEN_NO_TIMER", falls: "relocked_in_time"},
	{name: "bolt left drawn at power-up", options: oneHonest + "POWER_CUTS=1 BROKEN_POWER_UP_DRAWN", falls: "relocked_in_time"},
	{name: "open door forgotten at power-up", options: oneHonest + "POWER_CUTS=1 BROKEN_POWER_UP_DOOR", falls: "relocked_in_time"},
	{name: "retained command accepted", options: faithful + "FAULTS=1 RETAINING BROKEN_RETAINED", falls: "not_called_off"},
	{name: "door counts only after three reports", options: faithful + "FAULTS=1 BROKEN_DOOR_BEFORE_BOLTS", ltl: "accounted", falls: acceptanceCycle},
}

// weaker shows what the controller form does not give: whoever has the controller key approves for everybody.
var weaker = []instance{
	{name: "controller form, stolen controller key, all claims", options: oneHonest + byWord + "CLAIM_THE_WEAKER_FORM_TOO", falls: "all_by_owners"},
}

func TestModelVerifies(t *testing.T) {
	tools := findTools(t)
	for _, list := range [][]instance{sound, denied, lively} {
		for _, in := range list {
			t.Run(in.name, func(t *testing.T) { t.Parallel(); tools.check(t, in) })
		}
	}
}

func TestBrokenVariantsAreRefuted(t *testing.T) {
	tools := findTools(t)
	for _, list := range [][]instance{broken, weaker} {
		for _, in := range list {
			t.Run(in.name, func(t *testing.T) { t.Parallel(); tools.check(t, in) })
		}
	}
}

// A model in which no bolt is ever drawn would verify all the same.
func TestEverySoundInstanceCanOpen(t *testing.T) {
	tools := findTools(t)
	for _, in := range sound {
		in.options += " NEVER_DRAWN"
		in.falls = "stays_locked"
		t.Run(in.name, func(t *testing.T) { t.Parallel(); tools.check(t, in) })
	}
}

// The model judges in the order of the SPEC: its words of refusal stand in section 6 in the same order.
func TestWordsAreTheSpecs(t *testing.T) {
	spec, err := os.ReadFile("../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(spec), "\n## 6. ")
	section, _, ended := strings.Cut(section, "\n## 7. ")
	if !found || !ended {
		t.Fatal("SPEC.md has no sections 6 and 7")
	}
	source, err := os.ReadFile("lock.pml")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`word = ([a-z_]+)`).FindAllStringSubmatch(string(source), -1)
	if len(words) < 12 {
		t.Fatalf("only %d words in lock.pml: this test looks in the wrong place", len(words))
	}
	for _, w := range words {
		word := strings.ReplaceAll(w[1], "_", "-")
		if word == "accepted" || word == "missing-approval" && !strings.Contains(section, "`"+word+"`") {
			continue // given twice in the model: for the variant that asks for one approval only
		}
		_, rest, found := strings.Cut(section, "`"+word+"`")
		if !found {
			t.Fatalf("the model refuses with %q where section 6 of SPEC.md has no such step left", word)
		}
		section = rest
	}
}

// tools are the programs without which there is nothing to run.
type tools struct{ spin, cc, source string }

func findTools(t *testing.T) tools {
	t.Helper()
	source, err := filepath.Abs("opening.pml")
	if err != nil {
		t.Fatal(err)
	}
	found := tools{source: source}
	for name, path := range map[string]*string{"spin": &found.spin, "cc": &found.cc} {
		if *path, err = exec.LookPath(name); err == nil {
			continue
		}
		const missing = "%s is not installed: apt-get install spin gcc"
		if os.Getenv("CI") == "true" {
			t.Fatalf(missing, name)
		}
		t.Skipf(missing, name)
	}
	return found
}

// runTime is far more than the longest run needs on a loaded machine with two cores.
const runTime = 15 * time.Minute

// output runs a program in a folder and returns what it printed.
func output(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, tail(out))
	}
	return string(out)
}

func tail(out []byte) []byte { return out[max(0, len(out)-4000):] }

// check has SPIN write a verifier, compiles and runs it, and holds its verdict against what in says.
func (tools tools) check(t *testing.T, in instance) {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-a"}
	for _, option := range strings.Fields(in.options) {
		args = append(args, "-D"+option)
	}
	if out := output(t, dir, tools.spin, append(args, tools.source)...); strings.Contains(out, "Error") {
		t.Fatalf("spin does not like the model:\n%s", out)
	}
	// MEMLIM in MB: two verifiers at a time stay below 2 GB.
	build := []string{"-w", "-DMEMLIM=900", "-DNOREDUCE", "-o", "pan", "pan.c"}
	run := []string{"-m200000", "-w21"}
	if in.ltl == "" {
		build = append(build, "-DSAFETY", "-DNOCLAIM")
	} else {
		build = append(build, "-DNFAIR=3") // room for the fairness of ten processes
		run = append(run, "-a", "-f", "-N", in.ltl)
	}
	if in.falls == "" {
		build = append(build, "-O1") // a counter-example is found before an optimiser has done
	}
	output(t, dir, tools.cc, build...)
	note, err := verdict(in, output(t, dir, filepath.Join(dir, "pan"), run...))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %s", in.name, note)
}

var (
	errorsLine = regexp.MustCompile(`errors: (\d+)`)
	statesLine = regexp.MustCompile(`(\d+) states, stored`)
	fallenLine = regexp.MustCompile(`(?m)^pan:\d+: (?:assertion violated )?(.+) \(at depth (\d+)\)`)
)

// verdict holds the verifier's report against what the instance says, and returns the
// figures. Anything in the report that bounds the search makes it worthless.
func verdict(in instance, report string) (string, error) {
	for _, spoilt := range []string{"max search depth too small", "out of memory", "Bit statespace", "hash-compact"} {
		if strings.Contains(report, spoilt) {
			return "", fmt.Errorf("the search was not exhaustive: %q in\n%s", spoilt, report)
		}
	}
	counted, states := errorsLine.FindStringSubmatch(report), statesLine.FindStringSubmatch(report)
	if counted == nil || states == nil || !strings.Contains(report, "Full statespace search") {
		return "", fmt.Errorf("this is no report of a full search:\n%s", report)
	}
	refuted := counted[1] != "0"
	fallen := fallenLine.FindStringSubmatch(report)
	if refuted != (fallen != nil) {
		return "", fmt.Errorf("the report contradicts itself:\n%s", report)
	}
	switch {
	case in.falls == "" && refuted:
		return "", fmt.Errorf("%s falls, and the model must verify:\n%s", fallen[1], report)
	case in.falls == "" && strings.Contains(report, "Search not completed"):
		return "", fmt.Errorf("the search was not completed:\n%s", report)
	case in.falls == "":
		return fmt.Sprintf("verified: %s states", states[1]), nil
	case !refuted:
		return "", fmt.Errorf("nothing falls in %s states, and %s must:\n%s", states[1], in.falls, report)
	case fallen[1] != in.falls:
		return "", fmt.Errorf("%s falls, and %s must", fallen[1], in.falls)
	}
	return fmt.Sprintf("refuted: %s falls at depth %s", fallen[1], fallen[2]), nil
}

// The reports that must never pass for a verdict.
func TestVerdictIsStrict(t *testing.T) {
	good := "Full statespace search for:\nState-vector 100 byte, depth reached 3, errors: 0\n   12 states, stored\n"
	bad := "pan:1: assertion violated used_once (at depth 50)\n" + strings.Replace(good, "errors: 0", "errors: 1", 1)
	for _, c := range []struct {
		name, falls, report string
		passes              bool
	}{
		{"verified", "", good, true},
		{"refuted as it must be", "used_once", bad, true},
		{"refuted", "", bad, false},
		{"another claim falls", "in_time", bad, false},
		{"nothing falls", "used_once", good, false},
		{"too shallow", "", "error: max search depth too small\n" + good, false},
		{"not completed", "", "Warning: Search not completed\n" + good, false},
		{"bit state", "", strings.Replace(good, "Full", "Bit", 1), false},
		{"contradiction", "", strings.Replace(good, "errors: 0", "errors: 1", 1), false},
		{"empty", "", "", false},
	} {
		if _, err := verdict(instance{falls: c.falls}, c.report); (err == nil) != c.passes {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
