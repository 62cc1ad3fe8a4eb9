package configs

import (
	"encoding/json"
	"reflect"
)

// JSONSchema returns the JSON Schema (draft 2020-12) of a site configuration, for
// editors: keys, types, words, forms, defaults. It is generated from the types and is the
// same at every call. Ranges of durations and relations between settings are beyond it;
// Load checks them.
func JSONSchema() []byte {
	s := schema{defs: map[string]any{}}
	root := s.block(reflect.TypeFor[Site]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = "urn:trilock:site"
	root["title"] = "trilock site configuration"
	root["$defs"] = s.defs
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic("configs: the schema is made of maps, lists and words: " + err.Error())
	}
	return append(text, '\n')
}

// schema collects the definitions of the blocks that a schema refers to.
type schema struct{ defs map[string]any }

// block returns the schema of a struct.
func (s schema) block(t reflect.Type) map[string]any {
	blank := reflect.New(t)
	defaults(blank.Interface())
	properties, required := map[string]any{}, []string{}
	for _, f := range fieldsOf(t) {
		property := s.setting(t.Field(f.index).Type, f.rule)
		property["description"] = f.want
		if f.min != "" && property["minimum"] == nil {
			property["description"] = f.want + "; from " + f.min + " to " + f.max
		}
		if set := blank.Elem().Field(f.index); !set.IsZero() && set.Kind() != reflect.Struct {
			property["default"] = plainValue(set)
		}
		properties[f.key] = property
		if f.need {
			required = append(required, f.key)
		}
	}
	out := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// setting returns the schema of a setting of type t.
func (s schema) setting(t reflect.Type, r rule) map[string]any {
	switch zero := reflect.New(t).Interface().(type) {
	case literal:
		return zero.schema()
	case vocabulary:
		return map[string]any{"enum": zero.words()}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.setting(t.Elem(), r)
	case reflect.Struct:
		if _, ok := s.defs[t.Name()]; !ok {
			s.defs[t.Name()] = s.block(t)
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	case reflect.Slice:
		out := map[string]any{"type": "array", "items": s.setting(t.Elem(), r), "maxItems": maxItems(t.Elem())}
		if r.need {
			out["minItems"] = 1
		}
		if wantsScalar(t.Elem()) {
			out["uniqueItems"] = true
		}
		return out
	case reflect.Map:
		words := reflect.Zero(t.Key()).Interface().(vocabulary).words()
		properties := map[string]any{}
		for _, word := range words {
			properties[word] = s.setting(t.Elem(), rule{min: r.min, max: r.max})
		}
		return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	case reflect.Int, reflect.Uint8:
		return number("integer", r)
	case reflect.Float64:
		return number("number", r)
	}
	return map[string]any{"type": "string", "pattern": `\S`, "maxLength": MaxTextLen}
}

func number(kind string, r rule) map[string]any {
	out := map[string]any{"type": kind}
	if r.min != "" {
		out["minimum"], out["maximum"] = json.Number(r.min), json.Number(r.max)
	}
	return out
}

// plainValue returns a default as the file would have it.
func plainValue(v reflect.Value) any {
	switch scalar := v.Interface().(type) {
	case Duration:
		return scalar.String()
	case TimeOfDay:
		return scalar.String()
	}
	switch v.Kind() {
	case reflect.Slice:
		out := []any{}
		for i := range v.Len() {
			out = append(out, plainValue(v.Index(i)))
		}
		return out
	case reflect.Struct:
		out := map[string]any{}
		for _, f := range fieldsOf(v.Type()) {
			out[f.key] = plainValue(v.Field(f.index))
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for _, key := range v.MapKeys() {
			out[key.String()] = plainValue(v.MapIndex(key))
		}
		return out
	}
	return v.Interface()
}
