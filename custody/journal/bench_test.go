package journal

import (
	"os"
	"path/filepath"
	"testing"
)

func benchmarkAppend(b *testing.B, count int) {
	j := openIn(b, b.TempDir())
	next := uint64(1)
	for b.Loop() {
		mustAppend(b, j, Batch{Entries: entriesFrom(next, count)})
		next += uint64(count)
	}
	b.ReportMetric(float64(next-1)/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkAppend1(b *testing.B)  { benchmarkAppend(b, 1) }
func BenchmarkAppend64(b *testing.B) { benchmarkAppend(b, 64) }

// BenchmarkFsync is the floor: what the disk takes for 4 KiB written and synced.
func BenchmarkFsync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	page := make([]byte, 4096)
	for b.Loop() {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}
