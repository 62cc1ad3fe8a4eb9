package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"trilock/cmd/internal/daemon"
	"trilock/devices/devicetest/locktest"
)

// TestMain lets the test binary be the daemon, as trilock-sim itself can be.
func TestMain(m *testing.M) {
	if daemon.Wanted() {
		os.Exit(daemon.Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// The whole story, with the daemon as a process of its own.
func TestStory(t *testing.T) {
	for name, d := range map[string]demo{
		"plain":                   {Seed: 1, Speed: 1, Lang: "zh", Broker: "builtin"},
		"in a hurry":              {Seed: 2, Speed: 2, Lang: "en", Broker: "builtin"},
		"killed and killed":       {Seed: 3, Speed: 1, Lang: "en", Broker: "builtin", Kill: 12},
		"on the site's mosquitto": {Seed: 4, Speed: 1, Lang: "en", Broker: "mosquitto"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d.Exit = true
			play(t, d)
		})
	}
}

func play(t *testing.T, d demo) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out bytes.Buffer
	err := d.run(ctx, &out)
	if errors.Is(err, locktest.ErrNoMosquitto) && os.Getenv("CI") != "true" {
		t.Skip("needs a real mosquitto: apt install mosquitto")
	}
	if err != nil {
		t.Errorf("seed %d: %v\n%s", d.Seed, err, out.String())
	}
}

// A story that did not go as told is a failure with the first difference, not a success.
func TestStoryNoticesADifference(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	s := &stage{speed: 1, lang: "en", out: &out, face: newFace("http://127.0.0.1:1", func(string) string { return "" })}
	entries := []entry{{Seq: 1, Kind: "alert-changed", Event: []byte(`{"change":{"alert":1,"reason":"raised","kind":"missing","subject":"JM-2026-0002","text":{"zh":"甲","en":"gone"}}}`)}}
	if err := s.noOtherAlerts(entries); err == nil || !strings.Contains(err.Error(), "missing about JM-2026-0002") {
		t.Errorf("an alert without a cause: %v", err)
	}
	s.face.answered = []string{"desk/story-1"}
	if err := s.nothingLost(entries); err == nil || !strings.Contains(err.Error(), "stands 0 times") {
		t.Errorf("an answered act that is not in the record: %v", err)
	}
	if err := s.decisions(entries); err == nil {
		t.Error("a record without decisions passes")
	}
	if err := s.metrics(ctx); err == nil {
		t.Error("a daemon that does not answer passes")
	}
}
