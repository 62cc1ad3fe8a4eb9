package livescenario_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"trilock/cmd/internal/livescenario"
	"trilock/custody/scenario"
)

const folder = "../../../testdata/scenarios"

// Every scenario plays on the real daemon, with simulated devices on real lines.
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
