package plainlock

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// kind is what stands behind a key.
type kind uint8

const (
	kindAbsent kind = iota
	kindNull
	kindString
	kindNumber
	kindOther // true, false, a list, an object
)

// value is what stands behind a key that was asked for.
type value struct {
	kind   kind
	text   string
	number float64
}

// silent reports whether the message says nothing under the key: an attribute that the
// bridge has not learnt yet is null.
func (v value) silent() bool { return v.kind == kindAbsent || v.kind == kindNull }

// scanner reads one JSON text (RFC 8259) once from left to right. The standard library's
// decoder takes the last of repeated keys and keys of another case; a lock's state must
// have one reading.
type scanner struct {
	text []byte
	at   int
}

// scan reads an object and returns the values of the keys asked for, in their order.
func scan(what string, payload []byte, keys ...string) ([]value, error) {
	s := &scanner{text: payload}
	found := make([]value, len(keys))
	s.space()
	if !utf8.Valid(payload) || !s.take('{') {
		return found, refuse(what, ReasonBadJSON)
	}
	s.space()
	for n := 0; !s.take('}'); n++ {
		if n >= maxKeys || n > 0 && !s.comma() {
			return found, refuse(what, ReasonBadJSON)
		}
		key, ok := s.str()
		if !ok || !s.colon() {
			return found, refuse(what, ReasonBadJSON)
		}
		v, ok := s.value(0)
		if !ok {
			return found, refuse(what, ReasonBadJSON)
		}
		for i := range keys {
			if keys[i] != key {
				continue
			}
			if found[i].kind != kindAbsent {
				return found, refuse(what, ReasonRepeatedKey)
			}
			found[i] = v
		}
		s.space()
	}
	s.space()
	if s.at != len(s.text) {
		return found, refuse(what, ReasonBadJSON)
	}
	return found, nil
}

func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) space() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\t' || s.text[s.at] == '\n' || s.text[s.at] == '\r') {
		s.at++
	}
}

func (s *scanner) comma() bool {
	ok := s.take(',')
	s.space()
	return ok
}

func (s *scanner) colon() bool {
	s.space()
	ok := s.take(':')
	s.space()
	return ok
}

// value reads any value. Lists and objects are skipped, not deeper than maxDepth.
func (s *scanner) value(depth int) (value, bool) {
	switch c := s.peek(); {
	case c == '"':
		text, ok := s.str()
		return value{kind: kindString, text: text}, ok
	case c == '{' || c == '[':
		return value{kind: kindOther}, depth < maxDepth && s.nested(depth+1)
	case c == '-' || c >= '0' && c <= '9':
		return s.num()
	}
	for _, word := range []string{"null", "true", "false"} {
		if len(s.text)-s.at >= len(word) && string(s.text[s.at:s.at+len(word)]) == word {
			s.at += len(word)
			if word == "null" {
				return value{kind: kindNull}, true
			}
			return value{kind: kindOther}, true
		}
	}
	return value{}, false
}

// nested skips a list or an object.
func (s *scanner) nested(depth int) bool {
	object := s.take('{')
	end := byte('}')
	if !object {
		s.at++ // the '[' that value has seen
		end = ']'
	}
	s.space()
	for n := 0; !s.take(end); n++ {
		if n > 0 && !s.comma() {
			return false
		}
		if object {
			if _, ok := s.str(); !ok || !s.colon() {
				return false
			}
		}
		if _, ok := s.value(depth); !ok {
			return false
		}
		s.space()
	}
	return true
}

// str reads a string. One longer than maxJSONStringBytes comes back empty: it is none of
// the words that are looked for, and a name that long is not a key of ours.
func (s *scanner) str() (string, bool) {
	begin := s.at
	if !s.take('"') {
		return "", false
	}
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return unquote(s.text[begin:s.at])
		case c == '\\':
			s.at += 2
		case c < 0x20:
			return "", false
		default:
			s.at++
		}
	}
	return "", false
}

// unquote undoes the escapes of a string that str has found the ends of.
func unquote(quoted []byte) (string, bool) {
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return "", false
	}
	if len(quoted) > maxJSONStringBytes {
		return "", true
	}
	return text, true
}

// num reads a number in JSON's notation.
func (s *scanner) num() (value, bool) {
	begin := s.at
	for s.at < len(s.text) {
		c := s.text[s.at]
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			break
		}
		s.at++
	}
	text := s.text[begin:s.at]
	x, err := strconv.ParseFloat(string(text), 64)
	return value{kind: kindNumber, number: x}, err == nil && json.Valid(text)
}
