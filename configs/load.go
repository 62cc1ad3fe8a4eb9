package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Load reads the site configuration at path, and looks at every file it names: that it
// is there, that what must be secret is, that certificates and keys belong together.
// Devices are not looked for: they may be unplugged.
//
// The error is a Faults with everything that is wrong, or says why the file could not be read.
func Load(path string) (*Site, error) {
	text, mode, err := readFile(path, MaxFileBytes)
	if err != nil {
		return nil, fmt.Errorf("site configuration: %w; name one with --config, or begin with configs/examples/site.yaml", err)
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("site configuration %s: %w", path, err)
	}
	site, w := read(path, filepath.Dir(full), text)
	if mode&writableByOthers != 0 {
		w.addAt(0, "", fmt.Sprintf("mode %04o", mode), "a file that not everybody can write: chmod o-w")
	}
	w.checkFiles(site)
	return w.verdict(site)
}

// Parse reads a site configuration from text and looks at no file. Faults name it by
// file, and relative paths in it start in file's folder. The error is a Faults.
func Parse(file string, text []byte) (*Site, error) {
	site, w := read(file, filepath.Dir(file), text)
	return w.verdict(site)
}

// verdict returns the site if there is no fault, else all faults in order.
func (w *walk) verdict(site *Site) (*Site, error) {
	if len(w.faults) == 0 {
		return site, nil
	}
	all := w.faults.sorted()
	if w.more > 0 {
		last := all[len(all)-1]
		all = append(all, Fault{File: w.file, Line: last.Line, Found: fmt.Sprintf("%d faults more", w.more), Want: "those above put right first"})
	}
	return nil, all
}

// read is Parse with the folder apart, and without the verdict. The site it returns is
// as complete as the faults allow.
func read(file, dir string, text []byte) (*Site, *walk) {
	w := newWalk(file, dir)
	return w.site(text), w
}

func newWalk(file, dir string) *walk {
	return &walk{file: file, dir: dir, lines: map[string]int{"": 1}, bad: map[string]bool{}}
}

// site reads a site. It is as complete as the faults allow.
func (w *walk) site(text []byte) *Site {
	site := &Site{}
	if len(text) > MaxFileBytes {
		w.addAt(0, "", fmt.Sprintf("%d bytes", len(text)), fmt.Sprintf("at most %d", MaxFileBytes))
		return site
	}
	root := w.document(text)
	if root == nil {
		return site
	}
	w.lines[""] = root.Line
	w.value(root, "", rule{want: "a mapping"}, reflect.ValueOf(site).Elem())
	sayUnsaid(site)
	if root.Kind == yaml.MappingNode {
		w.relations(site)
	}
	return site
}

// document returns the root of the one document in text, or nil after a fault.
func (w *walk) document(text []byte) *yaml.Node {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	err := decoder.Decode(&first)
	if errors.Is(err, io.EOF) || err == nil && len(first.Content) == 0 {
		w.addAt(1, "", "nothing", "a site configuration")
		return nil
	}
	if err != nil {
		w.syntax(err)
		return nil
	}
	switch err = decoder.Decode(&second); {
	case err == nil:
		w.addAt(second.Line, "", "a second document", "one document")
	case !errors.Is(err, io.EOF):
		w.syntax(err)
	}
	return first.Content[0]
}

// syntaxError is how the YAML library words one.
var syntaxError = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntax turns the YAML library's error into a fault with its line.
func (w *walk) syntax(err error) {
	line := 0
	if m := syntaxError.FindStringSubmatch(err.Error()); m != nil && m[1] != "" {
		line, _ = strconv.Atoi(m[1]) // only digits; one too long for a file of ours stays 0
	}
	message := strings.ReplaceAll(syntaxError.ReplaceAllString(err.Error(), ""), "\n", " ")
	w.addAt(line, "", "what YAML cannot read ("+printable(message)+")", "YAML; look at this line and those beside it")
}

// Bits of a file's mode.
const (
	writableByOthers = 0o002
	openToOthers     = 0o007
	writableByGroup  = 0o020
)

// readFile reads a regular file of at most limit bytes, and returns its permissions.
func readFile(path string, limit int64) ([]byte, os.FileMode, error) {
	info, err := os.Stat(path) // before opening: opening a FIFO would wait for its writer
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, &os.PathError{Op: "read", Path: path, Err: errNotRegular}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, 0, err
	}
	if int64(len(text)) > limit {
		return nil, 0, &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("more than %d bytes", limit)}
	}
	return text, info.Mode().Perm(), nil
}

var errNotRegular = errors.New("not a regular file")
