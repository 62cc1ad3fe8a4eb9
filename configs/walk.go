package configs

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// walk reads a YAML tree into the types of this package, strictly, and remembers where
// every setting stands. Tree and types are walked together, so that unknown keys, wrong
// types and missing keys all come out of one pass, each with its line.
//
// It follows no aliases: what it visits is what stands in the file, which bounds its work
// by the file's size.
type walk struct {
	file   string // as faults name it
	dir    string // relative paths start here
	faults Faults
	more   int             // faults beyond MaxFaults
	lines  map[string]int  // path to line
	bad    map[string]bool // paths that have a fault already: later checks leave them alone
	files  []fileUse       // every path to a file, in the order of the file
	// layout: only what says where antennas hear must be there; see ParseLayout.
	layout bool
}

// fileUse is one setting that leads to a file.
type fileUse struct {
	path string // of the setting
	kind string // the file tag
	name File
}

// rule is what the tags of a field say.
type rule struct {
	need           bool
	want, min, max string
	file           string
}

// field is one key of a block.
type field struct {
	key   string
	index int
	rule
}

// fieldsOf returns the keys of a block of type t, in the order of the type.
func fieldsOf(t reflect.Type) []field {
	fields := make([]field, t.NumField())
	for i := range fields {
		tag := t.Field(i).Tag
		fields[i] = field{key: tag.Get("yaml"), index: i, rule: rule{
			need: tag.Get("need") == "yes", want: tag.Get("want"),
			min: tag.Get("min"), max: tag.Get("max"), file: tag.Get("file"),
		}}
	}
	return fields
}

// add records a fault at the line where path stands.
func (w *walk) add(path, found, want string) { w.addAt(w.lineOf(path), path, found, want) }

func (w *walk) addAt(line int, path, found, want string) {
	w.bad[path] = true
	if len(w.faults) >= MaxFaults {
		w.more++
		return
	}
	w.faults = append(w.faults, Fault{File: w.file, Line: line, Path: path, Found: found, Want: want})
}

// lineOf returns the line of a setting, or of the nearest block around it that is in the file.
func (w *walk) lineOf(path string) int {
	for {
		if line, ok := w.lines[path]; ok {
			return line
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return w.lines[""]
		}
		path = path[:cut]
	}
}

// given reports whether the file has the setting at all.
func (w *walk) given(path string) bool {
	_, ok := w.lines[path]
	return ok
}

// value reads node n into v. What does not fit becomes a fault.
func (w *walk) value(n *yaml.Node, path string, r rule, v reflect.Value) {
	if !w.plain(n, path, r, v) {
		return
	}
	switch lit := v.Addr().Interface().(type) {
	case literal:
		w.literal(n, path, r, v, lit)
		return
	case vocabulary:
		w.word(n, path, v, lit.words())
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		w.value(n, path, r, v.Elem())
	case reflect.Struct:
		w.block(n, path, v)
	case reflect.Slice:
		w.list(n, path, r, v)
	case reflect.Map:
		w.table(n, path, r, v)
	case reflect.String:
		w.text(n, path, r, v)
	case reflect.Float64:
		w.decimal(n, path, r, v)
	case reflect.Int:
		if i, ok := w.integer(n, path, r); ok {
			v.SetInt(i)
		}
	case reflect.Uint8:
		if i, ok := w.integer(n, path, r); ok {
			v.SetUint(uint64(i)) //nolint:gosec // the tags of every uint8 keep it within 0 to 255; a test sees to it
		}
	default:
		panic("configs: type of " + path + " has no reader")
	}
}

// plain refuses what no setting may be: aliases, anchors, tags of the file's own, nothing.
func (w *walk) plain(n *yaml.Node, path string, r rule, v reflect.Value) bool {
	want := formOf(v.Type(), r)
	switch {
	case n.Kind == yaml.AliasNode:
		w.addAt(n.Line, path, "an alias ("+printable("*"+n.Value)+")", "the value written out")
	case n.Anchor != "":
		w.addAt(n.Line, path, "an anchor ("+printable("&"+n.Anchor)+")", "the value alone")
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		w.addAt(n.Line, path, "nothing", want)
	case n.Style&yaml.TaggedStyle != 0:
		w.addAt(n.Line, path, "a tag ("+printable(n.Tag)+")", "the value alone")
	case wantsScalar(v.Type()) && n.Kind != yaml.ScalarNode:
		w.addAt(n.Line, path, describe(n), want)
	default:
		return true
	}
	return false
}

// block reads a mapping into a struct.
func (w *walk) block(n *yaml.Node, path string, v reflect.Value) {
	fields := fieldsOf(v.Type())
	defaults(v.Addr().Interface())
	if n.Kind != yaml.MappingNode {
		w.addAt(n.Line, path, describe(n), "a mapping with keys "+keysOf(fields))
		return
	}
	seen := map[string]int{}
	var strangers []*yaml.Node // key and value in turn
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if !w.fresh(key, path, seen) {
			continue
		}
		at := slices.IndexFunc(fields, func(f field) bool { return f.key == key.Value })
		if at < 0 {
			strangers = append(strangers, key, val)
			continue
		}
		w.field(key, val, join(path, key.Value), fields[at].rule, v.Field(fields[at].index))
	}
	for i := 0; i+1 < len(strangers); i += 2 {
		w.stranger(strangers[i], strangers[i+1], path, fields, seen, v)
	}
	for _, f := range fields {
		if _, ok := seen[f.key]; !ok && w.needs(v.Type(), f) {
			w.add(join(path, f.key), "nothing", f.want)
		}
	}
}

// field reads the value of a known key.
func (w *walk) field(key, val *yaml.Node, path string, r rule, v reflect.Value) {
	w.lines[path] = key.Line
	w.value(val, path, r, v)
}

// stranger reports an unknown key. If it looks like a known one that is missing, its
// value is read as that one's: so its own faults come out too, and what refers to it does
// not seem to lead nowhere.
func (w *walk) stranger(key, val *yaml.Node, path string, fields []field, seen map[string]int, v reflect.Value) {
	want := "one of " + keysOf(fields)
	guess := nearest(key.Value, fields, seen)
	if guess != nil {
		want = guess.key + " (did you mean that?)"
	}
	w.addAt(key.Line, join(path, printable(key.Value)), "an unknown key", want)
	if guess != nil {
		seen[guess.key] = key.Line
		w.field(key, val, join(path, guess.key), guess.rule, v.Field(guess.index))
	}
}

// fresh reports whether a mapping's key is a word not seen in it before, and notes it.
func (w *walk) fresh(key *yaml.Node, path string, seen map[string]int) bool {
	if key.Kind != yaml.ScalarNode || key.Anchor != "" || key.Style&yaml.TaggedStyle != 0 {
		w.addAt(key.Line, path, describe(key)+" for a key", "a plain word for a key")
		return false
	}
	if first, ok := seen[key.Value]; ok {
		w.addAt(key.Line, join(path, printable(key.Value)), fmt.Sprintf("the key a second time (first on line %d)", first), "each key once")
		return false
	}
	seen[key.Value] = key.Line
	return true
}

// list reads a sequence into a slice. Elements of one scalar must differ.
func (w *walk) list(n *yaml.Node, path string, r rule, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		w.addAt(n.Line, path, describe(n), "a list: "+r.want)
		return
	}
	items := n.Content
	if r.need && len(items) == 0 {
		w.addAt(n.Line, path, "an empty list", r.want)
	}
	elem := v.Type().Elem()
	if limit := maxItems(elem); len(items) > limit {
		w.addAt(items[limit].Line, path, fmt.Sprintf("%d entries", len(items)), fmt.Sprintf("at most %d", limit))
		items = items[:limit]
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	first := map[any]int{}
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", path, i)
		w.lines[at] = item.Line
		w.value(item, at, r, out.Index(i))
		if !wantsScalar(elem) || w.bad[at] {
			continue
		}
		same := out.Index(i).Interface()
		if before, ok := first[same]; ok {
			w.add(at, fmt.Sprintf("%v a second time (first in %s[%d])", same, path, before), "each entry once")
			continue
		}
		first[same] = i
	}
	v.Set(out)
}

// table reads a mapping whose keys are words of a vocabulary. Keys that are not given
// keep their default.
func (w *walk) table(n *yaml.Node, path string, r rule, v reflect.Value) {
	words := reflect.Zero(v.Type().Key()).Interface().(vocabulary).words()
	if n.Kind != yaml.MappingNode {
		w.addAt(n.Line, path, describe(n), "a mapping with keys "+strings.Join(words, ", "))
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if !w.fresh(key, path, seen) {
			continue
		}
		if !slices.Contains(words, key.Value) {
			w.addAt(key.Line, join(path, printable(key.Value)), "an unknown key", "one of "+strings.Join(words, ", "))
			continue
		}
		word := reflect.ValueOf(key.Value).Convert(v.Type().Key())
		elem := reflect.New(v.Type().Elem()).Elem()
		if before := v.MapIndex(word); elem.Kind() == reflect.Map && before.IsValid() {
			elem.Set(before) // what an inner table does not say keeps its default, too
		}
		w.field(key, val, join(path, key.Value), rule{want: r.want, min: r.min, max: r.max}, elem)
		v.SetMapIndex(word, elem)
	}
}

// literal reads a scalar that has a form of its own.
func (w *walk) literal(n *yaml.Node, path string, r rule, v reflect.Value, lit literal) {
	found, want := printable(n.Value), formOf(v.Type(), r)
	if _, secret := lit.(*TokenHash); secret {
		found = "something else" // people paste the token itself
	}
	fits := len(n.Value) <= MaxTextLen && isGraphic(n.Value) && lit.set(n.Value)
	if n.ShortTag() != "!!str" {
		if fits {
			want = fmt.Sprintf("it in quotes (%q)", n.Value)
		}
		fits = false
	}
	if d, ok := lit.(*Duration); ok && fits {
		low, high := spanOf(r)
		fits = low <= *d && *d <= high
	}
	if !fits {
		w.addAt(n.Line, path, found, want)
		return
	}
	if f, ok := lit.(*File); ok {
		*f = f.in(w.dir)
		w.files = append(w.files, fileUse{path: path, kind: r.file, name: *f})
	}
}

// word reads one word of a vocabulary.
func (w *walk) word(n *yaml.Node, path string, v reflect.Value, words []string) {
	if !slices.Contains(words, n.Value) {
		w.addAt(n.Line, path, printable(n.Value), oneOf(words))
		return
	}
	v.SetString(n.Value)
}

// text reads a free text of one line.
func (w *walk) text(n *yaml.Node, path string, r rule, v reflect.Value) {
	switch {
	case n.ShortTag() != "!!str":
		w.addAt(n.Line, path, printable(n.Value), fmt.Sprintf("it in quotes (%q): %s", n.Value, r.want))
	case strings.TrimSpace(n.Value) == "":
		w.addAt(n.Line, path, "an empty text", r.want)
	case len(n.Value) > MaxTextLen:
		w.addAt(n.Line, path, fmt.Sprintf("a text of %d bytes", len(n.Value)), fmt.Sprintf("at most %d: %s", MaxTextLen, r.want))
	case !isGraphic(n.Value):
		w.addAt(n.Line, path, printable(n.Value), "one line without control characters: "+r.want)
	default:
		v.SetString(n.Value)
	}
}

// integer reads a whole number in the one notation that nobody misreads.
func (w *walk) integer(n *yaml.Node, path string, r rule) (int64, bool) {
	i, err := strconv.ParseInt(n.Value, 10, 64)
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	if r.min != "" {
		low, high = mustWhole(r.min), mustWhole(r.max)
	}
	if err != nil || n.ShortTag() != "!!int" || strconv.FormatInt(i, 10) != n.Value || i < low || i > high {
		w.addAt(n.Line, path, asWritten(n), formOf(reflect.TypeFor[int](), r))
		return 0, false
	}
	return i, true
}

// decimal reads a number with a fraction.
func (w *walk) decimal(n *yaml.Node, path string, r rule, v reflect.Value) {
	x, err := strconv.ParseFloat(n.Value, 64)
	number := n.ShortTag() == "!!float" || n.ShortTag() == "!!int"
	if err != nil || !number || x < mustDecimal(r.min) || x > mustDecimal(r.max) { // the text .nan does not come this far
		w.addAt(n.Line, path, asWritten(n), formOf(v.Type(), r))
		return
	}
	v.SetFloat(x)
}

// nearest returns the missing key that a misspelt one most likely stands for, or nil.
func nearest(key string, fields []field, seen map[string]int) *field {
	best, least := (*field)(nil), 0
	for i := range fields {
		f := &fields[i]
		if _, ok := seen[f.key]; ok || len(key) > 2*len(f.key) {
			continue
		}
		d := distance(strings.ToLower(key), f.key)
		if d <= max(1, len(f.key)/3) && (best == nil || d < least) {
			best, least = f, d
		}
	}
	return best
}

// distance counts the letters to insert, drop or change that make a into b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// wantsScalar reports whether a setting of type t is one scalar.
func wantsScalar(t reflect.Type) bool {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[literal]()) {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Struct, reflect.Slice, reflect.Map:
		return false
	}
	return true
}

// formOf says in words what fits a setting of type t.
func formOf(t reflect.Type, r rule) string {
	span := ""
	if r.min != "" {
		span = " from " + r.min + " to " + r.max
	}
	switch zero := reflect.New(t).Interface().(type) {
	case *Duration:
		if span == "" {
			return zero.form()
		}
		return "a duration" + span
	case literal:
		return zero.form()
	case vocabulary:
		return oneOf(zero.words())
	}
	switch t.Kind() {
	case reflect.Int, reflect.Uint8:
		return "a whole number" + span
	case reflect.Float64:
		return "a number" + span
	}
	return r.want
}

// spanOf returns the range of a duration.
func spanOf(r rule) (low, high Duration) {
	if r.min == "" {
		return 0, math.MaxInt64
	}
	if !low.set(r.min) || !high.set(r.max) {
		panic("configs: range " + r.min + " to " + r.max + " of a duration cannot be read")
	}
	return low, high
}

func mustWhole(text string) int64 {
	i, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic("configs: bound of a whole number: " + err.Error())
	}
	return i
}

func mustDecimal(text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic("configs: bound of a number: " + err.Error())
	}
	return x
}

// describe says in a few words what a node is.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	return printable(n.Value)
}

// asWritten shows a scalar that is no number: quotes may be all that is wrong with it.
func asWritten(n *yaml.Node) string {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		return printable(strconv.QuoteToGraphic(n.Value))
	}
	return printable(n.Value)
}

func oneOf(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return "one of " + strings.Join(words, ", ")
}

func keysOf(fields []field) string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return strings.Join(keys, ", ")
}

func isGraphic(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) })
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
