package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"trilock/custody/fact"
)

// Scenario is one file.
type Scenario struct {
	File  string // as it was named, for faults
	Rule  string
	Title fact.Text
	// Start is the site's time when the steps begin, "2026-03-02 09:00".
	Start string
	// Policy is laid over the policy of the site; nil where the file says nothing.
	Policy *yaml.Node
	// Given are the documents that lie at home when the steps begin.
	Given []*yaml.Node
	Steps []Step
	// Breaks is a change of the line that carries the rule out, with which the steps must fail.
	Breaks Breaks
}

// Breaks is a planted fault.
type Breaks struct {
	File string `yaml:"file"`
	Old  string `yaml:"old"`
	New  string `yaml:"new"`
	Why  string `yaml:"why"`
}

// Step is one step of a scenario.
type Step struct {
	Line int
	// Kind is what it does: a key of kinds.
	Kind string
	// Only is empty, "core" or "live"; Why says why one form leaves it out.
	Only, Why string
	// Note is the comment beside or above it in the file.
	Note string
	keys map[string]*yaml.Node
}

// faults collects what is wrong with a file.
type faults struct {
	file string
	list []error
}

func (f *faults) add(at *yaml.Node, format string, args ...any) {
	line := 1
	if at != nil {
		line = at.Line
	}
	f.list = append(f.list, fmt.Errorf("%s:%d: %s", f.file, line, fmt.Sprintf(format, args...)))
}

// LoadAll reads every scenario of a folder, in the order of their names: the files whose names
// are those of rules. name is what faults call the folder. It returns those that are sound, and
// the faults of the others, by file and line.
func LoadAll(folder fs.FS, name string) ([]*Scenario, error) {
	files, err := fs.Glob(folder, "[A-Z]*.yaml")
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var all []*Scenario
	var bad []error
	for _, file := range files {
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			bad = append(bad, fmt.Errorf("scenario: %w", err))
			continue
		}
		s, err := Parse(path.Join(name, file), text)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		all = append(all, s)
	}
	return all, errors.Join(bad...)
}

// Parse reads a scenario from text; file names it in faults.
func Parse(file string, text []byte) (*Scenario, error) {
	f := &faults{file: file}
	s := &Scenario{File: file, Start: "2026-03-02 09:00"}
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:1: want a mapping with rule, title, steps and breaks", file)
	}
	s.read(f, doc.Content[0])
	f.list = append(f.list, s.sound(f)...)
	return s, errors.Join(f.list...)
}

func (s *Scenario) read(f *faults, root *yaml.Node) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch key.Value {
		case "rule":
			f.decode(value, &s.Rule)
		case "title":
			var t struct{ ZH, EN string }
			f.decode(value, &t)
			s.Title = fact.Text{ZH: t.ZH, EN: t.EN}
		case "start":
			f.decode(value, &s.Start)
		case "policy":
			s.Policy = value
		case "given":
			s.Given = value.Content
		case "steps":
			for _, node := range value.Content {
				s.Steps = append(s.Steps, f.step(node))
			}
		case "breaks":
			f.decode(value, &s.Breaks)
		default:
			f.add(key, "key %q is not known: want rule, title, start, policy, given, steps, breaks", key.Value)
		}
	}
}

// decode reads a value, strictly.
func (f *faults) decode(node *yaml.Node, into any) {
	raw, err := yaml.Marshal(node)
	if err == nil {
		dec := yaml.NewDecoder(bytes.NewReader(raw))
		dec.KnownFields(true)
		err = dec.Decode(into)
	}
	if err != nil {
		f.add(node, "%s", inOneLine(err))
	}
}

// inOneLine is what the YAML library says, without line numbers of its own counting.
func inOneLine(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:")
	return strings.Join(strings.Fields(yamlLine.ReplaceAllString(text, "")), " ")
}

var yamlLine = regexp.MustCompile(`line \d+: `)

// step reads one step: the first of its keys that is a kind says what it does.
func (f *faults) step(node *yaml.Node) Step {
	step := Step{Line: node.Line, keys: map[string]*yaml.Node{}, Note: note(node)}
	if node.Kind != yaml.MappingNode {
		f.add(node, "a step is a mapping")
		return step
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if _, twice := step.keys[key.Value]; twice {
			f.add(key, "key %q stands twice", key.Value)
		}
		step.keys[key.Value] = value
		if _, is := kinds[key.Value]; is && step.Kind == "" {
			step.Kind = key.Value
		}
	}
	if step.Kind == "" {
		f.add(node, "no step: want one of %s", strings.Join(kindNames(), ", "))
		return step
	}
	f.checkKeys(node, &step)
	return step
}

func (f *faults) checkKeys(node *yaml.Node, step *Step) {
	k := kinds[step.Kind]
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i]
		if name := key.Value; name != step.Kind && name != "only" && name != "why" && !slices.Contains(k.needs, name) && !slices.Contains(k.takes, name) {
			f.add(key, "%s takes no %q: want %s", step.Kind, name, strings.Join(append(slices.Clone(k.needs), k.takes...), ", "))
		}
	}
	for _, name := range k.needs {
		if step.keys[name] == nil {
			f.add(node, "%s needs %q", step.Kind, name)
		}
	}
	step.Only, step.Why = step.text("only"), step.text("why")
	if step.Only != "" && step.Only != "core" && step.Only != "live" {
		f.add(step.keys["only"], "only: %q: want core or live", step.Only)
	}
	if step.Only != "" && step.Why == "" {
		f.add(node, "only: %s needs a why", step.Only)
	}
}

// note returns what the file says in words beside a step.
func note(node *yaml.Node) string {
	var lines []string
	for _, text := range []string{node.HeadComment, node.LineComment, node.FootComment} {
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.TrimSpace(strings.TrimLeft(line, "# ")); line != "" {
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, " ")
}

// sound says what a scenario must have besides: both languages, a planted fault, and a step of
// each half of its rule.
func (s *Scenario) sound(f *faults) (list []error) {
	want := func(ok bool, what string) {
		if !ok {
			list = append(list, fmt.Errorf("%s:1: %s", f.file, what))
		}
	}
	want(s.Rule != "", "no rule")
	want(path.Base(s.File) == s.Rule+".yaml", fmt.Sprintf("the file of rule %s is %s.yaml", s.Rule, s.Rule))
	want(s.Title.ZH != "" && s.Title.EN != "", "title needs zh and en")
	b := s.Breaks
	want(b.File != "" && b.Old != "" && b.Old != b.New && b.Why != "", "breaks needs file, old, a different new, and why")
	want(slices.ContainsFunc(s.Steps, Step.allows), "no step shows what the rule allows: an act, a badge, an opening that is not refused")
	want(slices.ContainsFunc(s.Steps, Step.stops), "no step shows what the rule refuses or detects: one with refused, or an alert")
	return list
}

func (s Step) allows() bool {
	return slices.Contains([]string{"do", "badge", "pin", "enter", "open-safe", "pass", "move", "door", "recorded", "register", "record"}, s.Kind) && s.keys["refused"] == nil
}

func (s Step) stops() bool {
	return s.keys["refused"] != nil || s.Kind == "alert" || s.Kind == "record" && s.text("record") != "whole"
}

// text returns a scalar of a step; empty if the step does not have it.
func (s Step) text(key string) string {
	if node := s.keys[key]; node != nil && node.Kind == yaml.ScalarNode {
		return node.Value
	}
	return ""
}

// texts returns a list of scalars, or one scalar as a list.
func (s Step) texts(key string) []string {
	node := s.keys[key]
	if node == nil {
		return nil
	}
	if node.Kind == yaml.ScalarNode {
		return []string{node.Value}
	}
	var list []string
	for _, n := range node.Content {
		list = append(list, n.Value)
	}
	return list
}
