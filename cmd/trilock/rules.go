package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"os"
	"slices"
	"strings"

	"trilock/custody/fact"
	"trilock/custody/rule"
	"trilock/custody/scenario"
	"trilock/testdata/scenarios"
)

// rulesCmd lists the rules that the system carries out; of those that are named, with the
// scenario that proves each.
type rulesCmd struct {
	IDs  []string `arg:"" optional:"" name:"id" help:"Rules to show with their scenario, such as SAF-1; all where none is named. 规则编号。"`
	Lang string   `enum:"zh,en" default:"zh" help:"The language of sentences: zh or en."`
	JSON bool     `name:"json" xor:"form" help:"One JSON object for each rule."`
	HTML bool     `name:"html" xor:"form" help:"A page to print, each rule with its scenario. 可打印的网页。"`
}

// shownRule is a rule as it is written out.
type shownRule struct {
	ID       string         `json:"id"`
	Chapter  fact.Text      `json:"chapter"`
	Modes    []rule.Mode    `json:"modes"`
	Clause   string         `json:"clause"`
	Sentence fact.Text      `json:"sentence"`
	Scenario *shownScenario `json:"scenario,omitempty"`
}

type shownScenario struct {
	Title fact.Text   `json:"title"`
	Steps []shownStep `json:"steps"`
}

type shownStep struct {
	Text fact.Text `json:"text"`
	Note string    `json:"note,omitempty"`
}

// Run writes the rules to standard output.
func (c *rulesCmd) Run() error { return c.print(os.Stdout) }

func (c *rulesCmd) print(w io.Writer) error {
	list, err := shownRules(c.IDs)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	switch {
	case c.JSON:
		enc := json.NewEncoder(out)
		for _, r := range list {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
	case c.HTML:
		if err := rulesPage.Execute(out, rulesData{Lang: c.Lang, Rules: list, Sources: rule.Sources()}); err != nil {
			return err
		}
	default:
		for _, r := range list {
			c.paper(out, r)
		}
	}
	return out.Flush()
}

// shownRules returns the rules with these ids, or all, each with its scenario.
func shownRules(ids []string) ([]shownRule, error) {
	files, err := scenario.LoadAll(scenarios.Files, "testdata/scenarios")
	if err != nil {
		return nil, fmt.Errorf("the scenarios of this program: %w", err)
	}
	proofs := map[string]*shownScenario{}
	for _, s := range files {
		proof := &shownScenario{Title: s.Title}
		for _, step := range s.Steps {
			proof.Steps = append(proof.Steps, shownStep{Text: step.Words(), Note: step.Note})
		}
		proofs[s.Rule] = proof
	}
	var list []shownRule
	for _, r := range rule.All() {
		if len(ids) == 0 || slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, r.ID) }) {
			list = append(list, shownRule{ID: r.ID, Chapter: chapterName(r), Modes: r.Modes, Clause: r.Clause, Sentence: r.Sentence, Scenario: proofs[r.ID]})
		}
	}
	for _, id := range ids {
		if _, known := rule.ByID(strings.ToUpper(id)); !known {
			return nil, fmt.Errorf("there is no rule %s; trilock rules lists all", id)
		}
	}
	return list, nil
}

func chapterName(r rule.Rule) fact.Text {
	for _, c := range rule.Chapters() {
		if c.ID == r.Chapter() {
			return c.Name
		}
	}
	return fact.Text{}
}

func (c *rulesCmd) say(t fact.Text) string {
	if c.Lang == "en" {
		return t.EN
	}
	return t.ZH
}

// paper writes a rule in lines of a terminal's width; the scenario where rules were named.
func (c *rulesCmd) paper(w io.Writer, r shownRule) {
	var modes []string
	for _, m := range r.Modes {
		modes = append(modes, c.say(m.Name()))
	}
	put := func(first, indent, text string) {
		for i, line := range wrap(text, paperWidth-columns(indent)) {
			if i > 0 {
				first = indent
			}
			fmt.Fprintln(w, first+line) //nolint:errcheck // a bufio.Writer tells at its Flush
		}
	}
	put(pad(r.ID, 8), strings.Repeat(" ", 8), strings.Join(modes, ", ")+" · "+r.Clause)
	put(strings.Repeat(" ", 8), strings.Repeat(" ", 8), c.say(r.Sentence))
	if len(c.IDs) > 0 && r.Scenario != nil {
		fmt.Fprintln(w) //nolint:errcheck // as above
		put(strings.Repeat(" ", 8), strings.Repeat(" ", 8), c.say(fact.Text{ZH: "验证场景：%[1]s", EN: "Proved by: %[1]s"}.Fill(r.Scenario.Title)))
		for i, step := range r.Scenario.Steps {
			if step.Note != "" {
				put(strings.Repeat(" ", 8), strings.Repeat(" ", 8), "# "+step.Note)
			}
			put(fmt.Sprintf("    %3d ", i+1), strings.Repeat(" ", 8), c.say(step.Text))
		}
		fmt.Fprintln(w) //nolint:errcheck // as above
	}
}

// wrap cuts text into lines of at most width columns: at spaces, and anywhere between two
// Chinese characters, but for punctuation, which begins no line.
func wrap(text string, width int) []string {
	var lines []string
	line, at := "", 0
	for _, word := range pieces(text) {
		w := columns(word)
		if at+w > width && at > 0 && !strings.ContainsRune("，。；：、）”", []rune(word)[0]) {
			lines = append(lines, strings.TrimRight(line, " "))
			line, at = "", 0
			word = strings.TrimLeft(word, " ")
			w = columns(word)
		}
		line, at = line+word, at+w
	}
	return append(lines, strings.TrimRight(line, " "))
}

// pieces cuts text where a line may end: each Chinese character, and each word with the space before it.
func pieces(text string) []string {
	var list []string
	word := ""
	for _, r := range text {
		if r >= 0x2E80 {
			if word != "" {
				list = append(list, word)
			}
			list, word = append(list, string(r)), ""
			continue
		}
		if r == ' ' && word != "" {
			list, word = append(list, word), ""
		}
		word += string(r)
	}
	if word != "" {
		list = append(list, word)
	}
	return list
}

// columns counts the columns that text takes on a terminal.
func columns(text string) (n int) {
	for _, r := range text {
		if n++; r >= 0x2E80 {
			n++
		}
	}
	return n
}

type rulesData struct {
	Lang    string
	Rules   []shownRule
	Sources []rule.Source
}

var rulesPage = template.Must(template.New("rules").Funcs(template.FuncMap{
	"say": func(lang string, t fact.Text) string { return (&rulesCmd{Lang: lang}).say(t) },
}).Parse(`<!doctype html>
<html lang="{{.Lang}}"><meta charset="utf-8"><title>{{if eq .Lang "en"}}The rules, each with its proof{{else}}规则及其验证{{end}}</title>
<style>
body { font: 10.5pt/1.5 "Noto Serif CJK SC", "SimSun", Georgia, serif; max-width: 46em; margin: 2em auto; padding: 0 1em }
h1 { font-size: 16pt } h2 { font-size: 12pt; margin: 1.6em 0 .2em; break-after: avoid }
.clause { color: #555; font-size: 9pt } ol { margin: .3em 0; font-size: 9.5pt } .note { font-style: italic; color: #333 }
section { break-inside: avoid } .none { color: #a00 }
@page { size: A4; margin: 18mm } @media print { body { margin: 0; max-width: none } }
</style>
<h1>{{if eq .Lang "en"}}The rules that the system carries out, each with the scenario that proves it{{else}}系统执行的规则及验证场景{{end}}</h1>
{{$lang := .Lang}}{{range .Rules}}
<section><h2>{{.ID}} {{say $lang .Chapter}}</h2>
<p>{{say $lang .Sentence}}<br><span class="clause">{{range $i, $m := .Modes}}{{if $i}}, {{end}}{{say $lang $m.Name}}{{end}} · {{.Clause}}</span></p>
{{with .Scenario}}<p>{{if eq $lang "en"}}Proved by{{else}}验证场景{{end}}: {{say $lang .Title}}</p>
<ol>{{range .Steps}}<li>{{with .Note}}<span class="note">{{.}}</span><br>{{end}}{{say $lang .Text}}</li>{{end}}</ol>
{{else}}<p class="none">{{if eq $lang "en"}}No scenario.{{else}}没有验证场景。{{end}}</p>{{end}}</section>
{{end}}
<h2>{{if eq .Lang "en"}}Sources{{else}}依据{{end}}</h2>
<ul>{{range .Sources}}<li>{{.ID}} {{say $lang .Name}}</li>{{end}}</ul>
</html>
`))
