// Package captured hands recorded lines to the tests of a protocol: it reads the captures
// that a pattern names and gives back what the host heard on each. It owns the way from a
// file to bytes and refuses to find nothing: a pattern that matches no file fails the
// test, or a folder that was renamed would make every such test pass.
package captured

import (
	"os"
	"path/filepath"
	"testing"

	"trilock/devices/capture"
)

// Heard returns what the host read in each capture that pattern matches (filepath.Glob's,
// from the test's folder), in the order of the files' names. A file that is no capture
// fails the test.
func Heard(t testing.TB, pattern string) (streams [][]byte) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures are found by %s: %v", pattern, err)
	}
	for _, path := range files {
		streams = append(streams, heard(t, path))
	}
	return streams
}

func heard(t testing.TB, path string) (stream []byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	c, err := capture.Read(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, e := range c.Events {
		if e.Direction == capture.Received {
			stream = append(stream, e.Bytes...)
		}
	}
	return stream
}
