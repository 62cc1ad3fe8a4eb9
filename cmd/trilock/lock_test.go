package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func accessListOf(t *testing.T, path string) string {
	t.Helper()
	var out bytes.Buffer
	if err := (&lockACL{File: path}).print(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The access list that is delivered is the one of the example site.
func TestDeliveredAccessList(t *testing.T) {
	want, err := os.ReadFile("../../configs/mosquitto/trilock.acl")
	if err != nil {
		t.Fatal(err)
	}
	if got := accessListOf(t, "../../configs/examples/site.yaml"); got != string(want) {
		t.Errorf("configs/mosquitto/trilock.acl is not what `trilock lock acl configs/examples/site.yaml` prints:\n%s", got)
	}
}

// Plain locks are in the list, each gateway with the topics of its own.
func TestAccessListOfPlainLocks(t *testing.T) {
	got := accessListOf(t, "../../configs/testdata/good/plain.yaml")
	for _, want := range []string{"user trilockd-plain\n", "# Plain locks: "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Count(got, "user trilockd-plain\n") != 1 {
		t.Errorf("the daemon's second identity twice:\n%s", got)
	}
}

func TestAccessListOfNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.yaml")
	if err := os.WriteFile(path, []byte("site: {name: x}\nplaces: 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&lockACL{File: path}).print(&out); err == nil || out.Len() > 0 {
		t.Errorf("printed %q, %v", out.String(), err)
	}
}
