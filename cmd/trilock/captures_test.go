package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"trilock/devices/capture"
)

var update = flag.Bool("update", false, "write anew what the captures mean")

// TestCapturesMean decodes every capture and compares it with the .json beside it.
func TestCapturesMean(t *testing.T) {
	files, err := filepath.Glob("../../testdata/captures/*.bytes")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := capture.Read(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		objects, err := decodeCapture(c)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, o := range objects {
			if isBad(o) {
				t.Errorf("%s: %v", path, plain(t, o))
			}
		}
		var got bytes.Buffer
		if err := writeList(&got, objects); err != nil {
			t.Fatal(err)
		}
		golden := strings.TrimSuffix(path, ".bytes") + ".json"
		if *update {
			if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: it means something else now than %s says:\n%s", path, golden, &got)
		}
	}
}

// TestCaptureWithDamage: a frame that a pause has cut, and bytes of noise, are told with
// their direction.
func TestCaptureWithDamage(t *testing.T) {
	const text = "trilock capture 1\nprotocol gx-5a\nbaud 115200\n" +
		"0.000000 > 5A0001010100\n0.500000 > 5A000101010000EBD5\n0.600000 < FF5A0001021000010029B5\n"
	c, err := capture.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	objects, err := decodeCapture(c)
	if err != nil || len(objects) != 4 {
		t.Fatalf("%v: %v", objects, err)
	}
	for i, want := range []struct {
		dir string
		bad bool
	}{{"sent", true}, {"sent", false}, {"received", true}, {"received", false}} {
		if m := plain(t, objects[i]); m["dir"] != want.dir || isBad(objects[i]) != want.bad {
			t.Errorf("object %d is %v", i, m)
		}
	}
}
