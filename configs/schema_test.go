package configs

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const schemaFile = "site.schema.json"

func TestSchemaFileIsCurrent(t *testing.T) {
	if *update {
		write(t, schemaFile, JSONSchema(), 0o644)
	}
	if !bytes.Equal(readText(t, schemaFile), JSONSchema()) {
		t.Errorf("%s is not what JSONSchema returns: run go test ./configs -run TestSchemaFileIsCurrent -update", schemaFile)
	}
}

// Every key that a good site has is in the schema, with a description: the schema is
// walked beside the file, as an editor does.
func TestSchemaKnowsEveryKey(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(JSONSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	var follow func(path string, n *yaml.Node, s map[string]any)
	follow = func(path string, n *yaml.Node, s map[string]any) {
		if ref, ok := s["$ref"].(string); ok {
			s = schema["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		}
		switch n.Kind {
		case yaml.MappingNode:
			if s["type"] != "object" || s["additionalProperties"] != false {
				t.Errorf("%s is a mapping; the schema has %v", path, s)
				return
			}
			for i := 0; i+1 < len(n.Content); i += 2 {
				key := n.Content[i].Value
				property, ok := s["properties"].(map[string]any)[key].(map[string]any)
				if !ok {
					t.Errorf("%s.%s is not in the schema", path, key)
					continue
				}
				follow(path+"."+key, n.Content[i+1], property)
			}
		case yaml.SequenceNode:
			if s["type"] != "array" {
				t.Errorf("%s is a list; the schema has %v", path, s)
				return
			}
			for _, item := range n.Content {
				follow(path+"[]", item, s["items"].(map[string]any))
			}
		case yaml.ScalarNode:
			if pattern, ok := s["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(n.Value) {
				t.Errorf("%s: the schema refuses %q by %s", path, n.Value, pattern)
			}
		}
	}
	for _, path := range append(glob(t, "testdata/good/*.yaml"), "examples/site.yaml") {
		var doc yaml.Node
		if err := yaml.Unmarshal(readText(t, path), &doc); err != nil {
			t.Fatal(err)
		}
		follow(path, doc.Content[0], schema)
	}
}

// An independent reader of JSON Schema agrees: good sites pass, sites with wrong keys, types and words do not.
func TestSchemaBySomebodyElse(t *testing.T) {
	python := ""
	for _, candidate := range []string{"/usr/bin/python3", "python3"} { // the first is where Debian's packages go
		if exec.Command(candidate, "-c", "import jsonschema, yaml").Run() == nil {
			python = candidate
			break
		}
	}
	if python == "" {
		const need = "needs python3 with jsonschema and yaml (apt install python3-jsonschema python3-yaml)"
		if os.Getenv("CI") == "true" {
			t.Fatal(need)
		}
		t.Skip(need)
	}
	const program = `
import json, sys, yaml, jsonschema
schema = json.load(open("site.schema.json"))
jsonschema.Draft202012Validator.check_schema(schema)
check = jsonschema.Draft202012Validator(schema)
for path in sys.argv[1:]:
    print(path, "good" if check.is_valid(yaml.safe_load(open(path))) else "bad")
`
	want := map[string]string{"examples/site.yaml": "good"}
	for _, path := range glob(t, "testdata/good/*.yaml") {
		want[path] = "good"
	}
	for _, name := range []string{"ids", "unknown-key", "missing-keys", "missing-blocks", "wrong-types", "words", "lists-too-long", "osdp-addresses", "not-a-mapping", "serial-port", "calendar"} {
		want["testdata/bad/"+name+".yaml"] = "bad"
	}
	args := []string{"-c", program}
	for path := range want {
		args = append(args, path)
	}
	out, err := exec.Command(python, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		path, verdict, _ := strings.Cut(strings.TrimSpace(line), " ")
		if want[path] != verdict {
			t.Errorf("%s is %s by the schema, want %s", path, verdict, want[path])
		}
		delete(want, path)
	}
	if len(want) > 0 {
		t.Errorf("not checked: %v", want)
	}
}

// The tags of the types are part of the program: what they say must be readable, and in range.
func TestTagsAreSound(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var look func(t2 reflect.Type)
	look = func(t2 reflect.Type) {
		for t2.Kind() == reflect.Pointer || t2.Kind() == reflect.Slice || t2.Kind() == reflect.Map {
			if t2.Kind() == reflect.Slice && maxItems(t2.Elem()) == 0 {
				t.Errorf("a list of %v has no limit", t2.Elem())
			}
			t2 = t2.Elem()
		}
		if t2.Kind() != reflect.Struct || seen[t2] {
			return
		}
		seen[t2] = true
		for _, f := range fieldsOf(t2) {
			field := t2.Field(f.index)
			name := t2.Name() + "." + field.Name
			if f.key == "" || f.want == "" {
				t.Errorf("%s has no key or no text", name)
			}
			if (f.min == "") != (f.max == "") {
				t.Errorf("%s has half a range", name)
			}
			switch {
			case field.Type == reflect.TypeFor[Duration]() && f.min == "":
				t.Errorf("%s has no range", name)
			case field.Type == reflect.TypeFor[Duration]():
				if low, high := spanOf(f.rule); low >= high {
					t.Errorf("%s has the range %v to %v", name, low, high)
				}
			case field.Type.Kind() == reflect.Uint8:
				if f.min == "" || mustWhole(f.min) < 0 || mustWhole(f.max) > 255 {
					t.Errorf("%s has a range that its type has not", name)
				}
			case field.Type.Kind() == reflect.Float64 && mustDecimal(f.min) >= mustDecimal(f.max):
				t.Errorf("%s has the range %s to %s", name, f.min, f.max)
			case field.Type == reflect.TypeFor[File]() && f.file == "":
				t.Errorf("%s does not say what kind of file", name)
			}
			look(field.Type)
		}
	}
	look(reflect.TypeFor[Site]())
}
