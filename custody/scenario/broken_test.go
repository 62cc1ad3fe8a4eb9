package scenario_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"trilock/custody/scenario"
)

const root = "../.."

// broken returns the text of a scenario's file with its fault planted.
func broken(s *scenario.Scenario) (string, error) {
	b := s.Breaks
	text, err := os.ReadFile(filepath.Join(root, b.File))
	if err != nil {
		return "", fmt.Errorf("%s: breaks: %w", s.File, err)
	}
	if n := strings.Count(string(text), b.Old); n != 1 {
		return "", fmt.Errorf("%s: breaks: %s holds %q %d times, want once", s.File, b.File, b.Old, n)
	}
	return strings.Replace(string(text), b.Old, b.New, 1), nil
}

// plant builds the package with the fault of a scenario laid over the real file, runs that
// scenario alone, and returns an error unless it failed, and failed in its steps.
func plant(t *testing.T, s *scenario.Scenario) error {
	text, err := broken(s)
	if err != nil {
		return err
	}
	dir := t.TempDir()
	changed, overlay := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	real, err := filepath.Abs(filepath.Join(root, s.Breaks.File))
	if err != nil {
		return err
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{real: changed}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		return err
	}
	out, err := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-vet=off", "-count=1", "-run", "^TestScenarios$/^"+s.Rule+"$", ".").CombinedOutput() //nolint:gosec // our own files
	switch {
	case err == nil:
		return fmt.Errorf("%s proves nothing: it passes although %s (%s: %q becomes %q)", s.File, s.Breaks.Why, s.Breaks.File, s.Breaks.Old, s.Breaks.New)
	case !strings.Contains(string(out), filepath.Base(s.File)+":"):
		return fmt.Errorf("%s: breaks: the fault does not build, or fails elsewhere:\n%s", s.File, out)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n          ")
	t.Logf("%s fails as it must: %s", s.Rule, first)
	return nil
}
