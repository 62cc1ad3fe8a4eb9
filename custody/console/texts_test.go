package console

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

var verbNumber = regexp.MustCompile(`%(\[\d+\])?`)

// TestEveryTextHasBothLanguages reads the source of the texts: a text that no page uses
// yet is checked as well.
func TestEveryTextHasBothLanguages(t *testing.T) {
	found := 0
	for _, name := range []string{"texts.go", "texts_feed.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || len(lit.Elts) == 0 {
				return true
			}
			words := map[string]string{}
			for _, e := range lit.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				if !ok {
					return true
				}
				key, isField := kv.Key.(*ast.Ident)
				value, isText := kv.Value.(*ast.BasicLit)
				if !isField || !isText {
					return true
				}
				words[key.Name], _ = strconv.Unquote(value.Value)
			}
			found++
			if words["ZH"] == "" || words["EN"] == "" {
				t.Errorf("%s: a text lacks a language: %v", name, words)
			}
			zh, en := verbNumber.FindAllString(words["ZH"], -1), verbNumber.FindAllString(words["EN"], -1)
			slices.Sort(zh)
			slices.Sort(en)
			if !slices.Equal(zh, en) {
				t.Errorf("%s: the languages take different arguments: %v", name, words)
			}
			return true
		})
	}
	if found < 200 {
		t.Errorf("only %d texts were found; has the form of the files changed?", found)
	}
}

// TestWordsStandInTheTexts: no Chinese outside the texts means that no word of a page is
// written in one language only.
func TestWordsStandInTheTexts(t *testing.T) {
	files, _ := filepath.Glob("*.go")
	templates, _ := filepath.Glob("*.templ")
	scripts, _ := filepath.Glob("static/*.js")
	for _, name := range slices.Concat(files, templates, scripts) {
		if strings.HasPrefix(name, "texts") || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".min.js") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(source), "\n") {
			if at := strings.IndexFunc(line, func(r rune) bool { return unicode.Is(unicode.Han, r) }); at >= 0 {
				t.Errorf("%s, line %d holds Chinese: %s", name, i+1, line)
			}
		}
	}
}

// TestEveryEntryHasWords puts one entry of each kind and step into words.
func TestEveryEntryHasWords(t *testing.T) {
	n := names{site: testSite(), people: map[custody.PersonID]fact.Text{"p-0001": both("王芳", "Wang Fang")}}
	events := []custody.Event{
		&custody.Started{Version: "1"}, &custody.ActDone{Verb: "approve", Text: both("不行", "no")}, &custody.PersonRegistered{Person: custody.Person{Name: both("甲", "A")}},
		&custody.DocumentRegistered{}, &custody.LoanRequested{}, &custody.LoanApproved{}, &custody.LoanIssued{}, &custody.LoanReturned{},
		&custody.PINRefused{Reader: "badge-safe", Person: "p-0001"}, &custody.DoorChanged{Door: "door-archive", Open: true, Forced: true},
		&custody.PersonMoved{Person: "p-0001", Room: "archive", In: true}, &custody.PersonMoved{Person: "p-0001", Room: "archive"}, &custody.HandOverOpened{},
		&custody.DocumentSeen{}, &custody.DocumentUnseen{}, &custody.PlaceReadable{}, &custody.PlaceReadable{Readable: true}, &custody.TagUnknown{},
		&custody.DeviceChanged{State: fact.DeviceUp}, &custody.DeviceChanged{State: fact.DeviceDown, Code: "no-answer"}, &custody.DeviceChanged{State: fact.DeviceFault, Code: "tamper"},
		&custody.KeyEnrolled{Key: custody.PersonKey{Person: "p-0001"}}, &custody.KeysProposed{Safe: "safe-1", List: custody.KeyList{Version: 2}}, &custody.KeysChanged{Safe: "safe-1", Version: 2}, &custody.LockOvertaken{Lock: "lock-1", Session: "S-000001"},
		&custody.NoticeSettled{Channel: "mail"}, &custody.RecordFailed{Error: "full"},
	}
	for code := range badgeCodes {
		events = append(events, &custody.BadgeRefused{Reader: "badge-in", Person: "p-0001", Code: code})
	}
	for _, what := range []threelock.What{threelock.StepStated, threelock.StepShown, threelock.StepRefused, threelock.StepAnswered, threelock.StepUnlocked, threelock.StepOpened, threelock.StepShut, threelock.StepEnded, threelock.StepAsked, threelock.StepApproved} {
		events = append(events, &custody.OpeningStep{Safe: "safe-1", Step: threelock.Step{What: what, Purpose: threelock.Inspection, Party: threelock.Archivist, Why: threelock.WhyNoPost}})
	}
	events = append(events, &custody.OpeningStep{Safe: "safe-1", Step: threelock.Step{What: threelock.StepAuthorised, Code: threelock.CodePlainLocks}})
	for _, reason := range []alerts.Reason{alerts.ReasonRaised, alerts.ReasonEnded, alerts.ReasonAcknowledged, alerts.ReasonClosed} {
		events = append(events, &custody.AlertChanged{Change: alerts.Change{Alert: 3, Reason: reason, Code: alerts.Missing}})
	}
	for _, ev := range events {
		text, _ := n.sentence(custody.Entry{Event: ev, Actor: "p-0001"})
		hasHan := strings.ContainsFunc(text.ZH, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		if !tells(ev) || !hasHan || text.EN == "" || text.EN == ev.Kind() || strings.Contains(text.ZH+text.EN, "%!") {
			t.Errorf("%+v is told as %+v", ev, text)
		}
	}
}

func TestEveryRoleAndActHasAName(t *testing.T) {
	for _, r := range allRoles {
		if roleNames[r].IsZero() {
			t.Errorf("role %s has no name", r)
		}
	}
	for verb := range custody.Acts() {
		if name := custody.VerbName(verb); name.ZH == verb || name.EN == "" {
			t.Errorf("act %s has no name", verb)
		}
	}
	for _, p := range []threelock.Phase{threelock.Stated, threelock.Gathering, threelock.Challenging, threelock.Unlocking, threelock.Unlocked, threelock.Open, threelock.Shutting, threelock.Delaying, threelock.Reconfirming, threelock.Closing, threelock.Approving} {
		if phaseNames[string(p)].IsZero() {
			t.Errorf("phase %s has no words", p)
		}
	}
}
