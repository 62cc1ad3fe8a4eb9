package capture_test

import (
	"testing"

	"trilock/firmware-protocols/gx5a"
	"trilock/firmware-protocols/r2000"
)

const (
	benchLines = 64
	// bytesPerSecond of a saturated line of 115200 baud: ten bits for each byte.
	bytesPerSecond = 115200 / 10
	// pieceLen is what a USB adapter hands over at once.
	pieceLen = 62
)

// gxStream and r2000Stream return a second of tags on a saturated line.
func gxStream() (p []byte) {
	tag := gx5a.Tag{EPC: tagOf(1, 1), PC: 0x3000, Antenna: 1, RSSI: 50, TID: tagOf(2, 2), FrequencyKHz: 924250, Phase: 9}
	tag.Set(gx5a.FieldRSSI, gx5a.FieldResult, gx5a.FieldTID, gx5a.FieldFrequency, gx5a.FieldPhase)
	for len(p) < bytesPerSecond {
		p = gx5a.AppendTag(p, &tag)
	}
	return p[:bytesPerSecond]
}

func r2000Stream() (p []byte) {
	tag := r2000.Tag{FreqAnt: 0x8C, PC: 0x3000, EPC: tagOf(1, 1), RSSIRaw: 55}
	for len(p) < bytesPerSecond {
		p = r2000.AppendTag(p, 1, r2000.CommandRealTimeInventory, &tag)
	}
	return p[:bytesPerSecond]
}

// BenchmarkSaturatedLines decodes what 64 readers on saturated lines of 115200 baud send
// in one second, half of them gx-5a and half r2000-a0, and tells the share of one core.
func BenchmarkSaturatedLines(b *testing.B) {
	gxWire, r2000Wire := gxStream(), r2000Stream()
	var gx [benchLines / 2]gx5a.Decoder
	var r2 [benchLines / 2]r2000.Decoder
	tags := 0
	b.SetBytes(benchLines * bytesPerSecond)
	b.ReportAllocs()
	for b.Loop() {
		tags = 0
		for at := 0; at < bytesPerSecond; at += pieceLen {
			end := min(at+pieceLen, bytesPerSecond)
			for i := range gx {
				tags += feedGX5A(b, &gx[i], gxWire[at:end])
				tags += feedR2000(b, &r2[i], r2000Wire[at:end])
			}
		}
	}
	if want := benchLines / 2 * (bytesPerSecond/52 + bytesPerSecond/21 - 2); tags < want {
		b.Fatalf("%d tags, want %d or more", tags, want)
	}
	b.ReportMetric(float64(tags), "tags/op")
	b.ReportMetric(100*b.Elapsed().Seconds()/float64(b.N), "%core")
}

func feedGX5A(b *testing.B, d *gx5a.Decoder, p []byte) (tags int) {
	var t gx5a.Tag
	for len(p) > 0 {
		p = p[d.Feed(p):]
		for f, ok := d.Next(); ok; f, ok = d.Next() {
			if gx5a.ParseTag(f.Data, &t) != nil {
				b.Fatal("no tag")
			}
			tags++
		}
	}
	return tags
}

func feedR2000(b *testing.B, d *r2000.Decoder, p []byte) (tags int) {
	var t r2000.Tag
	for len(p) > 0 {
		p = p[d.Feed(p):]
		for f, ok := d.Next(); ok; f, ok = d.Next() {
			if r2000.ParseTag(f.Data, &t) != nil {
				b.Fatal("no tag")
			}
			tags++
		}
	}
	return tags
}
