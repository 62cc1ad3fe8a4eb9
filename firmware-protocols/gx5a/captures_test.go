package gx5a

import (
	"os"
	"path/filepath"
	"testing"

	"trilock/devices/capture"
)

// captured returns what the host read in each capture of this protocol.
func captured(t testing.TB) (streams [][]byte) {
	t.Helper()
	files, err := filepath.Glob("../../testdata/captures/gx-5a*.bytes")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := capture.Read(f)
		_ = f.Close()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		var stream []byte
		for _, e := range c.Events {
			if e.Direction == capture.Received {
				stream = append(stream, e.Bytes...)
			}
		}
		streams = append(streams, stream)
	}
	return streams
}

// TestCapturesDecodeWithoutLoss: no byte of a captured line is dropped.
func TestCapturesDecodeWithoutLoss(t *testing.T) {
	for i, stream := range captured(t) {
		var d Decoder
		if frames := collect(&d, stream); len(frames) == 0 || d.Dropped() != 0 {
			t.Errorf("capture %d: %d frames, %d bytes dropped", i, len(frames), d.Dropped())
		}
	}
}
