package livescenario_test

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"trilock/cmd/internal/livescenario"
	"trilock/custody/scenario"
)

const folder = "../../../testdata/scenarios"

var every = flag.Bool("every", false, "play every scenario, not one of each kind: go test ./cmd/internal/livescenario -every")

// usual are the rules that each run plays: a hand-over, a passage, the safe, a tag, a door, a
// destruction. Each takes a daemon of its own and up to a minute, so all sixty are played when asked.
var usual = []string{"ACC-3", "CIR-2", "DES-2", "OUT-1", "REG-6", "SAF-1", "SAF-2", "STO-1"}

// The scenarios play on the real daemon, with simulated devices on real lines.
func TestScenariosLive(t *testing.T) {
	setting, err := scenario.LoadSetting(os.DirFS(folder), folder)
	if err != nil {
		t.Fatal(err)
	}
	all, err := scenario.LoadAll(os.DirFS(folder), folder)
	if err != nil {
		t.Error(err)
	}
	slots := make(chan struct{}, 3*max(2, runtime.NumCPU())) // most of their time they wait
	for _, s := range all {
		if !*every && !slices.Contains(usual, s.Rule) {
			continue
		}
		t.Run(s.Rule, func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if err := livescenario.Run(t.Context(), setting, s, dir, slog.New(slog.DiscardHandler)); err != nil {
				t.Error(err)
			}
		})
	}
}
