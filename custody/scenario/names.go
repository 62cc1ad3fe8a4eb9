package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// resolve turns a value of a file into JSON's values, with names and times filled in.
func (r *run) resolve(node *yaml.Node) (any, error) {
	if node == nil {
		return map[string]any{}, nil
	}
	switch node.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			v, err := r.resolve(node.Content[i+1])
			if err != nil {
				return nil, err
			}
			key, err := r.word(node.Content[i].Value)
			if err != nil {
				return nil, err
			}
			m[key] = v
		}
		return m, nil
	case yaml.SequenceNode:
		list := []any{}
		for _, n := range node.Content {
			v, err := r.resolve(n)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.ScalarNode:
		if node.Tag == "!!str" {
			return r.word(node.Value)
		}
		var v any
		err := node.Decode(&v)
		if _, is := v.(time.Time); is { // a bare date is text here
			return node.Value, nil
		}
		return v, err
	}
	return nil, errors.New("want a scalar, a list or a mapping")
}

// word fills in a name or a time.
func (r *run) word(text string) (string, error) {
	switch {
	case strings.HasPrefix(text, "$"):
		return r.name(text[1:])
	case strings.HasPrefix(text, "@@"):
		at, err := r.time(text[2:])
		return at.Format("2006-01-02"), err
	case strings.HasPrefix(text, "@"):
		at, err := r.time(text[1:])
		return at.UTC().Format(time.RFC3339Nano), err
	}
	return text, nil
}

// name resolves $name: what a step gave, or a person of the cast.
func (r *run) name(name string) (string, error) {
	if v, given := r.given[name]; given {
		return v, nil
	}
	if p, known := r.cast[name]; known {
		return string(p.ID), nil
	}
	return "", fmt.Errorf("$%s: no step gave it and nobody in the cast has that name", name)
}

var timeForm = regexp.MustCompile(`^(?:([+-])([0-9dhms.]+)|(\d{4}-\d{2}-\d{2}))?(?: ?(\d{2}):(\d{2})(?::(\d{2}))?)?$`)

// time reads what stands behind an @, in the site's time zone.
func (r *run) time(text string) (time.Time, error) {
	now := r.stage.Now().In(r.zone)
	m := timeForm.FindStringSubmatch(text)
	if m == nil || text == "" {
		return now, fmt.Errorf("time @%s: want @+2h, @17:00, @+2d 17:00 or @2026-03-04 17:00", text)
	}
	at := now
	switch {
	case m[2] != "":
		days, rest, err := daysAnd(m[2])
		if err != nil {
			return now, fmt.Errorf("time @%s: %w", text, err)
		}
		if m[1] == "-" {
			days, rest = -days, -rest
		}
		at = now.AddDate(0, 0, days).Add(rest)
	case m[3] != "":
		day, err := time.ParseInLocation("2006-01-02", m[3], r.zone)
		if err != nil {
			return now, fmt.Errorf("time @%s: %w", text, err)
		}
		at = day
	}
	if m[4] != "" {
		hour, _ := strconv.Atoi(m[4])
		minute, _ := strconv.Atoi(m[5])
		second, _ := strconv.Atoi("0" + m[6])
		at = time.Date(at.Year(), at.Month(), at.Day(), hour, minute, second, 0, r.zone)
	}
	return at, nil
}

// daysAnd reads a duration that may begin with days: "2d", "1d12h", "90m".
func daysAnd(text string) (days int, rest time.Duration, err error) {
	if head, tail, found := strings.Cut(text, "d"); found {
		if days, err = strconv.Atoi(head); err != nil {
			return 0, 0, fmt.Errorf("%q is no number of days", head)
		}
		text = tail
	}
	if text != "" {
		rest, err = time.ParseDuration(text)
	}
	return days, rest, err
}

// covers reports whether what was found has at least what is wanted: of a mapping every key,
// of anything else all of it. Two texts that are times are
// compared as times, which may be apart by slack.
func covers(found, want any, slack time.Duration) bool {
	switch w := want.(type) {
	case map[string]any:
		f, ok := found.(map[string]any)
		if !ok {
			return false
		}
		for key, v := range w {
			if !covers(f[key], v, slack) {
				return false
			}
		}
		return true
	case []any:
		f, ok := found.([]any)
		if !ok || len(f) != len(w) {
			return false
		}
		for i := range w {
			if !covers(f[i], w[i], slack) {
				return false
			}
		}
		return true
	case string:
		f, ok := found.(string)
		return ok && (f == w || sameTime(f, w, slack))
	case bool:
		f, _ := found.(bool) // a field that is left out of the record is false
		return f == w
	case nil:
		return found == nil
	}
	a, errA := json.Marshal(found)
	b, errB := json.Marshal(want)
	if string(b) == "0" && found == nil { // or zero
		return true
	}
	return errA == nil && errB == nil && string(a) == string(b)
}

func sameTime(a, b string, slack time.Duration) bool {
	x, errX := time.Parse(time.RFC3339Nano, a)
	y, errY := time.Parse(time.RFC3339Nano, b)
	return errX == nil && errY == nil && x.Sub(y).Abs() <= slack
}

// at follows a dotted path into a value; a number is a place in a list, from 0.
func at(v any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		if list, is := v.([]any); is {
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(list) {
				return nil
			}
			v = list[i]
			continue
		}
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[part]
	}
	return v
}
