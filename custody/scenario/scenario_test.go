package scenario_test

import (
	"testing"

	"trilock/custody/scenario"
)

const folder = "../../testdata/scenarios"

// Every file plays, and its record leads to the state it came from.
func TestScenarios(t *testing.T) {
	setting, err := scenario.LoadSetting(folder)
	if err != nil {
		t.Fatal(err)
	}
	all, err := scenario.LoadAll(folder)
	if err != nil {
		t.Error(err)
	}
	for _, s := range all {
		t.Run(s.Rule, func(t *testing.T) {
			if err := scenario.Run(t.Context(), setting, s); err != nil {
				t.Error(err)
			}
		})
	}
}
