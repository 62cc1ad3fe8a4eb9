package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"trilock/configs"
	"trilock/custody/journal"
	"trilock/devices/pki"
)

// What a technician does at installation: an authority, certificates, keys.
func TestInstallation(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	for _, run := range []func() error{
		(&pkiNew{Dir: dir}).Run,
		(&pkiIssue{Dir: dir, Name: "broker", Host: []string{"127.0.0.1"}}).Run,
		(&pkiIssue{Dir: dir, Name: "trilockd"}).Run,
		(&signingKey{File: filepath.Join(dir, "controller.key")}).Run,
		(&badgeKey{File: filepath.Join(dir, "badge.key")}).Run,
		(&secretKey{File: filepath.Join(dir, "webhook.secret")}).Run,
		(&token{}).Run,
	} {
		if err := run(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pki.ServerTLS(pki.CAFile(dir), pki.Files(dir, "broker")); err != nil {
		t.Error(err)
	}
	if _, err := pki.ClientTLS(pki.CAFile(dir), pki.Files(dir, "trilockd")); err != nil {
		t.Error(err)
	}
	if _, err := configs.ReadBadgeKey(configs.File(filepath.Join(dir, "badge.key"))); err != nil {
		t.Error(err)
	}
	for _, again := range []func() error{(&pkiNew{Dir: dir}).Run, (&badgeKey{File: filepath.Join(dir, "badge.key")}).Run} {
		if err := again(); err == nil {
			t.Error("a key was replaced in silence")
		}
	}
}

func TestCheckSaysEveryFault(t *testing.T) {
	file := filepath.Join(t.TempDir(), "site.yaml")
	if err := os.WriteFile(file, []byte("site: {name: x, colour: red}\nplaces: 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&check{File: file}).Run(); err == nil || !strings.Contains(err.Error(), "faults") {
		t.Errorf("a bad configuration: %v", err)
	}
}

// An auditor's check of a whole record and of one that somebody touched.
func TestVerify(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	j, err := journal.Open(ctx, journal.Settings{Dir: dir, Site: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var export strings.Builder
	if err := errors.Join(j.Export(ctx, &export), j.Close()); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "journal.pub")
	if err := (&verify{Journal: filepath.Join(dir, "journal.db"), Key: key}).Run(); err != nil {
		t.Errorf("a whole record: %v", err)
	}
	touched := filepath.Join(dir, "touched")
	if err := os.WriteFile(touched, []byte(strings.Replace(export.String(), "test", "tost", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&verify{Journal: touched, Key: key}).Run(); err == nil {
		t.Error("an altered export passes")
	}
}
