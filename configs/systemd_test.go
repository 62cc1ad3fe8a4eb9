package configs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const unitFile = "systemd/trilockd.service"

// systemd itself reads the unit. It must not draw one word, with the program in place.
func TestUnitBySystemd(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("systemd-analyze is missing: apt install systemd")
		}
		t.Skip("needs systemd-analyze (apt install systemd)")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "trilockd")
	write(t, program, []byte("#!/bin/sh\n"), 0o755)
	unit := filepath.Join(dir, "trilockd.service")
	text := strings.ReplaceAll(string(readText(t, unitFile)), "/usr/bin/trilockd", program)
	write(t, unit, []byte(text), 0o644)
	out, err := exec.Command(tool, "verify", "--man=no", unit).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "trilockd.service") { // it complains about the host's own units as well
			t.Errorf("systemd-analyze verify: %s", line)
		}
	}
	if err != nil && t.Failed() {
		t.Error(err)
	}
}

// The unit has what the daemon relies on.
func TestUnitSays(t *testing.T) {
	lines := strings.Split(string(readText(t, unitFile)), "\n")
	for _, want := range []string{
		"Type=notify", "WatchdogSec=30s", "Restart=always", "StartLimitIntervalSec=0", "StateDirectory=trilock",
		"DevicePolicy=closed", "DeviceAllow=char-ttyUSB rw", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=",
	} {
		found := false
		for _, line := range lines {
			found = found || line == want
		}
		if !found {
			t.Errorf("%s does not have %s", unitFile, want)
		}
	}
	var site Site
	defaults(&site)
	if site.Data != "/var/lib/trilock" {
		t.Errorf("the journal's folder is %s by default; the unit makes /var/lib/trilock", site.Data)
	}
}
