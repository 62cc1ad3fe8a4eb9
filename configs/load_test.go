package configs

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the .want files and site.schema.json anew")

// Every file of testdata/bad has one class of fault and, beside it, every line that a
// person is told about it: no line may be missing, and none may be there in addition.
func TestBadSites(t *testing.T) {
	for _, path := range glob(t, "testdata/bad/*.yaml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			site, err := Parse(filepath.Base(path), readText(t, path))
			var faults Faults
			if site != nil || !errors.As(err, &faults) {
				t.Fatalf("Parse = %v, %v; want faults", site, err)
			}
			got := err.Error() + "\n"
			wantPath := strings.TrimSuffix(path, ".yaml") + ".want"
			if *update {
				write(t, wantPath, []byte(got), 0o644)
			}
			if diff := cmp.Diff(string(readText(t, wantPath)), got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if strings.Contains(got, "geheim@") || strings.Contains(got, "=geheim") {
				t.Errorf("a fault repeats a secret:\n%s", got)
			}
		})
	}
}

func TestNoStrayWantFiles(t *testing.T) {
	for _, path := range glob(t, "testdata/bad/*.want") {
		if _, err := os.Stat(strings.TrimSuffix(path, ".want") + ".yaml"); err != nil {
			t.Errorf("%s has no site beside it", path)
		}
	}
}

func TestGoodSites(t *testing.T) {
	for _, path := range append(glob(t, "testdata/good/*.yaml"), "examples/site.yaml") {
		if _, err := Parse(path, readText(t, path)); err != nil {
			t.Errorf("%v", err)
		}
	}
}

func TestParseReadsWhatTheFileSays(t *testing.T) {
	site, err := Parse("/etc/trilock/site.yaml", readText(t, "testdata/good/own-broker.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"name", site.Identity, Identity{ID: "secrecy-room", Name: "12", NameEN: "Twelve", Timezone: "UTC", Language: English}},
		{"relative folder", site.Data, File("/etc/trilock/state")},
		{"relative file", site.MQTT.Authority, File("/etc/trilock/pki/ca.crt")},
		{"absolute file", site.MQTT.Key, File("/etc/trilock/pki/trilockd.key")},
		{"own broker", site.MQTT.Builtin(), false},
		{"port", site.Readers[0].Port, SerialPort("/dev/ttyUSB0")},
		{"baud", site.Readers[0].Baud, 9600},
		{"power by default", site.Readers[0].PowerDBm, 26},
		{"antennas", site.Readers[0].Antennas, []Antenna{{Port: 32, Watches: "box"}, {Port: 1, Watches: "box"}}},
		{"no strike", site.Doors[0].Strike == nil, true},
		{"contact", *site.Doors[0].Contact, Input{Device: "uhf"}},
		{"name of a place without one", site.Places[2].Name, "box"},
		{"English name of a place without one", site.Places[1].NameEN, "room"},
		{"one level changed", site.Policy.LoanLongest[TopSecret], hours(8)},
		{"the other levels kept", site.Policy.LoanLongest[Internal], hours(720)},
		{"posts", site.Policy.Approvals[ApproveLoan][TopSecret], Plan("unit-leader and general-office-head and chief-engineer")},
		{"the other levels' posts kept", site.Policy.Approvals[ApproveLoan][Secret], Plan("unit-leader and general-office-head")},
		{"approvals of other things kept", site.Policy.Approvals[ApproveCopying][TopSecret], Plan("issuing-body")},
		{"one severity changed", site.Policy.Repeat[Critical], seconds(30)},
		{"the other severities kept", site.Policy.Repeat[Warning], minutes(10)},
		{"presence", site.Policy.Presence, Presence{Certainty: 0.999, UnseenAfter: seconds(4)}},
		{"adjoining, said by the others", site.Adjoining("room"), []ID{"box", "outside"}},
		{"time zone", site.Location(), time.UTC},
	} {
		if diff := cmp.Diff(c.want, c.got, cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

// The defaults are the numbers of the rules; the example shows them all.
func TestDefaultsAreWhatTheExampleShows(t *testing.T) {
	shown, err := Parse("site.yaml", readText(t, "examples/site.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var byDefault Policy
	defaults(&byDefault)
	if diff := cmp.Diff(byDefault, shown.Policy); diff != "" {
		t.Errorf("policy (-default +example):\n%s", diff)
	}
}

func TestDefaultsAreNotShared(t *testing.T) {
	var a, b Policy
	defaults(&a)
	a.LoanLongest[Internal] = 0
	a.Repeat[Critical] = 0
	a.Approvals[ApproveLoan][Secret] = "staff"
	defaults(&b)
	if b.LoanLongest[Internal] == 0 || b.Repeat[Critical] == 0 || b.Approvals[ApproveLoan][Secret] == "staff" {
		t.Error("changing one policy changed the defaults of the next")
	}
}

func TestEveryFaultHasItsPlace(t *testing.T) {
	text := readText(t, "testdata/good/base.yaml")
	text = bytes.Replace(text, []byte("power_dbm: 26"), []byte("power_dbm: 99"), 1)
	text = bytes.Replace(text, []byte("watches: exit"), []byte("watches: nowhere"), 1)
	_, err := Parse("some/where/site.yaml", text)
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("Parse: %v; want faults", err)
	}
	for _, f := range faults {
		line := strings.Split(string(text), "\n")[f.Line-1]
		if f.File != "some/where/site.yaml" || f.Path == "" || f.Found == "" || f.Want == "" {
			t.Errorf("fault is not complete: %+v", f)
		}
		if f.Path == "readers[0].power_dbm" && !strings.Contains(line, "power_dbm: 99") {
			t.Errorf("%v points to %q", f, line)
		}
	}
	if !slices.IsSortedFunc(faults, func(a, b Fault) int { return a.Line - b.Line }) {
		t.Errorf("not sorted by line:\n%v", faults)
	}
}

func TestTooLarge(t *testing.T) {
	text := append(readText(t, "testdata/good/base.yaml"), bytes.Repeat([]byte("# more\n"), MaxFileBytes/7)...)
	_, err := Parse("site.yaml", text)
	if err == nil || !strings.Contains(err.Error(), "at most 262144") {
		t.Errorf("Parse of %d bytes: %v", len(text), err)
	}
}

func TestGarbageIsAnsweredInShort(t *testing.T) {
	text := "policy:\n" + strings.Repeat("  ? [x]\n  : y\n", MaxFileBytes/20)
	_, err := Parse("site.yaml", []byte(text))
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != MaxFaults+1 {
		t.Fatalf("%d faults; want %d and one line on the rest", len(faults), MaxFaults)
	}
	if last := faults[MaxFaults].String(); !strings.Contains(last, "faults more") {
		t.Errorf("last line is %q", last)
	}
}

func TestLoad(t *testing.T) {
	path := furnish(t, "examples/site.yaml")
	site, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := File(filepath.Join(filepath.Dir(path), "keys/lock-1.pub")); site.Locks[0].PublicKey != want {
		t.Errorf("public key of lock-1 is %s, want %s", site.Locks[0].PublicKey, want)
	}
	if key, err := ReadBadgeKey(site.BadgeLines[0].Readers[0].KeyFile); err != nil || key[0] != 0xA1 {
		t.Errorf("ReadBadgeKey = %x, %v", key, err)
	}
}

// A daemon may change its folder: paths do not depend on it.
func TestLoadByRelativePath(t *testing.T) {
	path := furnish(t, "testdata/good/base.yaml")
	t.Chdir(filepath.Dir(path))
	site, err := Load("base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(string(site.ControllerKey)) {
		t.Errorf("controller key %s is relative", site.ControllerKey)
	}
}

func TestLoadOfNothing(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(filepath.Join(dir, "site.yaml"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "examples/site.yaml") {
		t.Errorf("a missing file: %v", err)
	}
	if _, err = Load(dir); !errors.Is(err, errNotRegular) {
		t.Errorf("a folder: %v", err)
	}
	large := filepath.Join(dir, "large.yaml")
	write(t, large, make([]byte, MaxFileBytes+1), 0o600)
	if _, err = Load(large); err == nil || !strings.Contains(err.Error(), "more than 262144 bytes") {
		t.Errorf("a large file: %v", err)
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(paths), err)
	}
	return paths
}

func readText(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func write(t testing.TB, path string, text []byte, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
}
