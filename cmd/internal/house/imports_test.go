// Package house_test keeps the rules of the house: who may import whom, with the reason
// beside each rule, and what no file may contain.
package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "../../.."

// rule says what packages under a folder may import of ours, and what they may not import at all.
type rule struct {
	folder string
	// ours lists the prefixes of our packages that may be imported; nil means anything.
	ours []string
	// never lists prefixes of other packages that may not be imported.
	never []string
	why   string
}

// The first rule whose folder matches counts, so the narrower stand first.
var rules = []rule{
	{"firmware-protocols", []string{"firmware-protocols"}, []string{"os", "net", "log", "database", "syscall", "os/exec"}, "a codec is bytes in, values out: it can be fuzzed, and reused by a firmware author"},
	{"custody/fact", []string{}, []string{"os", "net", "log", "database"}, "the ground floor imports nothing of ours"},
	{"custody/presence/baseline", []string{"custody/fact"}, []string{"os", "net", "log", "database"}, "what presence is compared with shares nothing with it"},
	{"custody/presence/score", []string{"custody/fact", "custody/presence/recorded"}, []string{"os", "net", "log", "database"}, "the score knows conclusions and the truth, not who concludes"},
	{"custody/presence/recorded", []string{"custody/fact", "custody/presence"}, []string{"os", "net", "log", "database"}, "a recording is played to presence as the daemon would"},
	{"custody/presence/trace", []string{"custody/fact", "custody/presence"}, []string{"os", "net", "log", "database"}, "a trace is a site with its truth, made from a seed"},
	{"custody/presence", []string{"custody/fact"}, []string{"os", "net", "log", "database"}, "presence is pure and knows only what readers report"},
	{"custody/threelock", []string{"custody/fact"}, []string{"os", "net", "log", "database"}, "the opening must be small enough to be model-checked"},
	{"custody/approval", []string{}, []string{"os", "net", "log", "database"}, "a grammar: text in, who is missing out"},
	{"custody/calendar", []string{"custody/fact"}, []string{"os", "net", "log", "database"}, "a calendar is counted, not asked for the time"},
	{"custody/journal/verify", []string{}, nil, "the checker shares no code with the writer, or it would share its mistakes"},
	{"custody/journal", []string{"custody", "custody/fact", "alerts"}, nil, "the record stores entries; it does not know who makes them"},
	{"custody/engine", []string{"custody", "custody/fact", "custody/presence", "custody/journal", "alerts"}, nil, "the engine owns the state and commits it; devices and screens come to it"},
	{"custody/console", []string{"custody", "custody/calendar", "custody/fact", "custody/rule", "custody/threelock", "custody/presence", "alerts"}, []string{"database"}, "screens ask the engine; they touch neither devices nor the record"},
	{"custody/siteplan", []string{"alerts", "configs", "custody", "custody/approval", "custody/calendar", "custody/fact", "custody/presence"}, []string{"os", "net", "log", "database"}, "a translation from the file's words to the domain's, and nothing besides"},
	{"custody/registers", []string{"custody", "custody/fact"}, []string{"os", "net", "log", "database"}, "a register is a way to read the record, and decides nothing"},
	{"custody/rule", []string{"custody/fact"}, []string{"os", "net", "log", "database"}, "a list that everybody may read reads nobody"},
	{"custody/scenario", []string{"alerts", "configs", "custody", "custody/fact", "custody/journal", "custody/journal/verify", "custody/presence", "custody/registers", "custody/rule", "custody/siteplan", "custody/threelock"}, []string{"net", "log", "database"}, "a scenario is a file and what drives the domain by it; whoever drives devices comes to it"},
	{"custody", []string{"custody/fact", "custody/presence", "custody/threelock", "custody/approval", "custody/calendar", "alerts"}, []string{"os", "net", "log", "database"}, "the domain is pure: it decides, others act"},
	{"alerts/dispatch", []string{"alerts", "alerts/notify", "custody/fact"}, []string{"database"}, "delivery knows notices and channels, not the record behind them"},
	{"alerts/notify", []string{"alerts", "alerts/notify", "custody/fact"}, []string{"database"}, "a channel knows notices, nothing else"},
	{"alerts", []string{"custody/fact"}, []string{"os", "net", "log", "database"}, "the life of an alert is pure"},
	{"devices", []string{"devices", "custody/fact", "firmware-protocols"}, []string{"database"}, "devices report facts; nothing here decides"},
	{"configs", []string{"custody/approval", "custody/calendar", "custody/fact"}, nil, "the configuration speaks the file's language; cmd translates"},
	{"testdata", []string{}, []string{"os", "net", "log", "database"}, "files, and what embeds them"},
	{"cmd", nil, nil, "cmd wires everything"},
}

// owners lists libraries with one home, so that their traps are dealt with once.
var owners = map[string][]string{
	"go.bug.st/serial":                    {"devices/serialport"},
	"github.com/eclipse/paho.mqtt.golang": {"devices/lock/link", "devices/devicetest/locktest", "devices/devicetest/plaintest"},
	"github.com/nats-io/nats-server":      {"devices/broker"},
	"github.com/mattn/go-sqlite3":         {"custody/journal"},
	"github.com/jmoiron/sqlx":             {"custody/journal"},
	"github.com/creack/pty":               {"devices/devicetest"},
	"github.com/coreos/go-systemd":        {"cmd"},
	"github.com/danielgtaylor/huma":       {"custody/console"},
	"github.com/prometheus/client_golang": {"custody/engine", "custody/console", "alerts/dispatch", "cmd"},
}

type file struct {
	path    string // slash-separated, from the root
	pkg     string // its folder
	test    bool
	imports []string
	syntax  *ast.File
	fset    *token.FileSet
}

func files(t *testing.T) []file {
	t.Helper()
	var found []file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && rel != "." {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		syntax, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		f := file{path: rel, pkg: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(path, "_test.go"), syntax: syntax, fset: fset}
		for _, imp := range syntax.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, name)
		}
		found = append(found, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 50 {
		t.Fatalf("only %d files found under %s: this test looks in the wrong place", len(found), root)
	}
	return found
}

func under(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

func TestWhoMayImportWhom(t *testing.T) {
	for _, r := range rules {
		if _, err := os.Stat(filepath.Join(root, r.folder)); err != nil {
			t.Errorf("the rule for %s speaks of a folder that is gone: %v", r.folder, err)
		}
	}
	for _, f := range files(t) {
		i := slices.IndexFunc(rules, func(r rule) bool { return under(f.pkg, r.folder) })
		if i < 0 {
			t.Errorf("%s: no rule for its folder", f.path)
			continue
		}
		for _, imp := range f.imports {
			checkImport(t, f, rules[i], imp)
		}
	}
}

func checkImport(t *testing.T, f file, r rule, imp string) {
	t.Helper()
	ours, mine := strings.CutPrefix(imp, "trilock/")
	switch {
	case mine && under(ours, "cmd") && !under(f.pkg, "cmd"):
		t.Errorf("%s imports %s: nothing imports cmd", f.path, imp)
	case mine && f.test: // tests may reach for simulated peers and real neighbours
	case mine && r.ours != nil && ours != f.pkg && !allowed(r, ours):
		t.Errorf("%s imports %s: %s", f.path, imp, r.why)
	case !mine && !f.test && slices.ContainsFunc(r.never, func(p string) bool { return under(imp, p) && imp != "net/http" }):
		t.Errorf("%s imports %s: %s", f.path, imp, r.why)
	}
	for library, homes := range owners {
		if under(imp, library) && !f.test && !slices.ContainsFunc(homes, func(h string) bool { return under(f.pkg, h) }) {
			t.Errorf("%s imports %s, whose only home is %s", f.path, imp, strings.Join(homes, ", "))
		}
	}
}

// allowed matches exactly for the domain's rooms (custody does not mean custody/journal)
// and by prefix for the families of codecs and devices.
func allowed(r rule, ours string) bool {
	return slices.ContainsFunc(r.ours, func(p string) bool {
		if p == "firmware-protocols" || p == "devices" {
			return under(ours, p)
		}
		return ours == p
	})
}

// Every package says in exactly one comment what it owns.
func TestEveryPackageHasOneComment(t *testing.T) {
	comments := map[string][]string{}
	for _, f := range files(t) {
		if f.test || strings.HasSuffix(f.path, "_templ.go") {
			continue
		}
		if _, seen := comments[f.pkg]; !seen {
			comments[f.pkg] = nil
		}
		if f.syntax.Doc != nil {
			comments[f.pkg] = append(comments[f.pkg], f.path)
		}
	}
	for pkg, with := range comments {
		if len(with) != 1 {
			t.Errorf("package %s has %d package comments %v, want one", pkg, len(with), with)
		}
	}
}

// What no file may contain: sleeping (wait for a condition), init (wire in cmd), and in
// the pure rooms a reading of the clock (time is data there).
func TestNoFileSleepsOrHides(t *testing.T) {
	pure := []string{"firmware-protocols", "custody/fact", "custody/presence", "custody/threelock", "custody/approval", "custody/calendar", "alerts"}
	for _, f := range files(t) {
		isPure := !f.test && (f.pkg == "custody" || slices.ContainsFunc(pure, func(p string) bool { return under(f.pkg, p) })) &&
			!under(f.pkg, "alerts/dispatch") && !under(f.pkg, "alerts/notify")
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if fn, ok := n.(*ast.FuncDecl); ok && fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s: init() at line %d: wire it in cmd", f.path, f.fset.Position(fn.Pos()).Line)
			}
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok || pkg.Name != "time" {
				return true
			}
			line := f.fset.Position(sel.Pos()).Line
			if sel.Sel.Name == "Sleep" {
				t.Errorf("%s: time.Sleep at line %d: wait for a condition or a deadline", f.path, line)
			}
			if isPure && slices.Contains([]string{"Now", "Since", "Until", "After", "Tick", "NewTimer", "NewTicker"}, sel.Sel.Name) {
				t.Errorf("%s: time.%s at line %d: this room is pure, time comes in as a stamp", f.path, sel.Sel.Name, line)
			}
			return true
		})
	}
}

// Every pair of sentences for people has both languages.
func TestEveryTextHasBothLanguages(t *testing.T) {
	for _, f := range files(t) {
		if f.test {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || !isTextType(lit.Type) || len(lit.Elts) == 0 {
				return true
			}
			if len(lit.Elts) != 2 {
				t.Errorf("%s: a Text at line %d has one language only", f.path, f.fset.Position(lit.Pos()).Line)
			}
			for _, e := range lit.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					e = kv.Value
				}
				if b, ok := e.(*ast.BasicLit); ok && b.Value == `""` {
					t.Errorf("%s: a Text at line %d is empty in one language", f.path, f.fset.Position(b.Pos()).Line)
				}
			}
			return true
		})
	}
}

func isTextType(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name == "Text"
	case *ast.SelectorExpr:
		return x.Sel.Name == "Text"
	}
	return false
}
