package uhf

import (
	"context"
	"os"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/firmware-protocols/gx5a"
	"trilock/firmware-protocols/r2000"
)

const (
	benchReaders = 64
	// benchBytes is what a saturated line of 115200 baud carries in a second: ten bits for each byte.
	benchBytes = 115200 / 10
	// benchPiece is what a USB adapter hands over at once.
	benchPiece = 62
	// benchTags is how many different tags are in the field.
	benchTags = 200
)

// instant is a Link to a reader that answers at once; what it says comes in the pieces in
// which a USB adapter hands it over.
type instant struct {
	answer func(dst, request []byte) []byte
	said   []byte
	at     int
}

func (l *instant) Write(p []byte) (int, error) {
	l.said, l.at = l.answer(append(l.said[:0], l.said[l.at:]...), p), 0
	return len(p), nil
}

func (l *instant) Read(p []byte) (int, error) {
	if l.at == len(l.said) {
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(p[:min(len(p), benchPiece)], l.said[l.at:])
	l.at += n
	return n, nil
}

func (*instant) SetReadDeadline(time.Time) error { return nil }
func (*instant) Close() error                    { return nil }

// roundCount ends a run after so many rounds.
type roundCount struct {
	left   int
	reads  int
	enough func()
}

func (c *roundCount) Report(ctx context.Context, f fact.Fact) error {
	if r, ok := f.(fact.Round); ok {
		c.reads = len(r.Reads)
		if c.left--; c.left <= 0 {
			c.enough()
		}
	}
	return ctx.Err()
}

// benchEPC is the EPC of one of the tags in the field.
func benchEPC(i int) []byte {
	return []byte{0xE2, 0x80, 0x11, 0x60, 0x60, 0, 2, 9, 0x4E, 0xD7, byte(i >> 8), byte(i)}
}

// second returns a second of tag records on a saturated line.
func second(appendTag func(dst []byte, i int) []byte) (p []byte) {
	for i := 0; ; i++ {
		next := appendTag(p, i%benchTags)
		if len(next) > benchBytes {
			return p
		}
		p = next
	}
}

func benchR2000() func(dst, request []byte) []byte {
	var tag r2000.Tag
	records := second(func(dst []byte, i int) []byte {
		tag = r2000.Tag{FreqAnt: 35 << 2, PC: 0x3000, EPC: benchEPC(i), RSSIRaw: uint8(40 + i%30)} //nolint:gosec // small
		return r2000.AppendTag(dst, 1, r2000.CommandRealTimeInventory, &tag)
	})
	records = r2000.AppendEnd(records, 1, r2000.End{})
	return func(dst, request []byte) []byte {
		switch command := r2000.Command(request[3]); command {
		case r2000.CommandFirmwareVersion:
			return r2000.AppendFirmwareVersion(dst, 1, r2000.FirmwareVersion{Major: 1})
		case r2000.CommandGetPower:
			return r2000.AppendFrame(dst, r2000.Frame{Address: 1, Command: command, Data: []byte{26}})
		case r2000.CommandRealTimeInventory:
			return append(dst, records...)
		default:
			return r2000.AppendResult(dst, 1, command, r2000.Success)
		}
	}
}

func benchGX5A() func(dst, request []byte) []byte {
	records := second(func(dst []byte, i int) []byte {
		tag := gx5a.Tag{EPC: benchEPC(i), PC: 0x3000, Antenna: 1, RSSI: 50, TID: benchEPC(i), FrequencyKHz: 924_250}
		tag.Set(gx5a.FieldRSSI, gx5a.FieldResult, gx5a.FieldTID, gx5a.FieldFrequency, gx5a.FieldPhase)
		return gx5a.AppendTag(dst, &tag)
	})
	records = gx5a.AppendReadEnd(records, gx5a.EndComplete)
	return func(dst, request []byte) []byte {
		switch code := gx5a.Code(request[3])<<8 | gx5a.Code(request[4]); code {
		case gx5a.CodeBasebandVersion:
			return gx5a.AppendBasebandVersion(dst, gx5a.Version{1})
		case gx5a.CodeReaderInfo:
			return gx5a.AppendReaderInfo(dst, gx5a.ReaderInfo{})
		case gx5a.CodeCapabilities:
			return gx5a.AppendCapabilities(dst, gx5a.Capabilities{MaxDBm: 33, Antennas: 1})
		case gx5a.CodeGetPower:
			return gx5a.AppendPower(dst, []gx5a.AntennaPower{{Antenna: 1, DBm: 26}})
		case gx5a.CodeInventory:
			return append(gx5a.AppendResult(dst, code, gx5a.ResultOK), records...)
		default:
			return gx5a.AppendResult(dst, code, gx5a.ResultOK)
		}
	}
}

// BenchmarkSaturatedReaders takes one round that fills a line of 115200 baud for a second
// through a whole driver: reads of the line, frames, records, the round's collector, the
// fact. %core64 is what 64 such readers take of one core.
func BenchmarkSaturatedReaders(b *testing.B) {
	for protocol, reader := range map[string]func() func(dst, request []byte) []byte{ProtocolGX5A: benchGX5A, ProtocolR2000: benchR2000} {
		b.Run(protocol, func(b *testing.B) {
			d := driverOf(b, Settings{Protocol: protocol, Antennas: oneAntenna, RoundGap: 1})
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			sink := &roundCount{left: b.N, enough: cancel}
			b.SetBytes(benchBytes)
			b.ReportAllocs()
			b.ResetTimer()
			if err := d.Run(ctx, &instant{answer: reader()}, sink); err != nil || sink.reads != min(benchTags, benchBytes/52) {
				b.Fatalf("%d tags in a round, %v", sink.reads, err)
			}
			b.ReportMetric(100*benchReaders*b.Elapsed().Seconds()/float64(b.N), "%core64")
		})
	}
}
