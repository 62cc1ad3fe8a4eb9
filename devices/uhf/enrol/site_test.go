package enrol

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"trilock/devices/devicetest"
	"trilock/devices/devicetest/uhftest"
	"trilock/devices/serialport"
	"trilock/devices/uhf"
	"trilock/firmware-protocols/epc"
)

// TestMain lets more tests run at once than there are processors: they wait for readers.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	p, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// EPCs and TIDs of the tags in these tests.
const (
	oldEPC   = "E28011606000020900000001"
	otherEPC = "E28011606000020900000002"
	newEPC   = "2C15A537C8000E0000000001"                     // GDTI-96
	longEPC  = "3E74F4E4E7039B061438997367D0C18B266D1AB66EE0" // GDTI-174
	ownTID   = "E2801160200062A6DAE90929"
	otherTID = "E2801160200062A6DAE90930"
)

// kinds are the readers that can do the work: each protocol, and both forms of uhfreader18-288.
var kinds = []struct {
	name, protocol string
	ports          uint8
	selectsTID     bool
}{
	{"gx-5a", uhf.ProtocolGX5A, 4, true},
	{"m100-r200", uhf.ProtocolM100, 1, true},
	{"r2000-a0", uhf.ProtocolR2000, 4, false},
	{"thingmagic", uhf.ProtocolMercury, 4, true},
	{"uhfreader18", uhf.ProtocolUHFReader, 1, false},
	{"uhfreader288", uhf.ProtocolUHFReader, 4, true},
}

// field is what lies on the desk.
type field struct {
	mu    sync.Mutex
	chips []*uhftest.Chip
}

func (f *field) tags(antenna uint8) []*uhftest.Chip {
	f.mu.Lock()
	defer f.mu.Unlock()
	if antenna != 1 {
		return nil
	}
	return slices.Clone(f.chips)
}

func (f *field) put(chips ...*uhftest.Chip) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.chips = chips
}

// desk is a simulated reader on a pseudo terminal, opened as a desk.
type desk struct {
	*uhf.Desk
	field  *field
	reader *uhftest.Reader
	chip   *uhftest.Chip
}

// newDesk opens a desk with one fresh tag on it.
func newDesk(t *testing.T, protocol string, ports uint8) *desk {
	t.Helper()
	d := &desk{field: &field{}, chip: uhftest.NewChip(unhex(t, oldEPC), unhex(t, ownTID), 8)}
	d.field.put(d.chip)
	var err error
	if d.reader, err = uhftest.New(uhftest.Settings{Protocol: protocol, Ports: ports, Tags: d.field.tags, RoundTime: 5e6}); err != nil {
		t.Fatal(err)
	}
	line, err := devicetest.NewLine(filepath.Join(t.TempDir(), "desk"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- d.reader.Serve(ctx, line) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("simulated reader: %v", err)
		}
		if err := line.Close(); err != nil {
			t.Error(err)
		}
	})
	baud, err := uhf.BaudDefault(protocol)
	if err != nil {
		t.Fatal(err)
	}
	link, err := serialport.Open(t.Context(), serialport.Settings{Port: line.Path(), Baud: baud})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = link.Close() })
	d.Desk, err = uhf.OpenDesk(t.Context(), link, uhf.Settings{
		Device: "desk", Protocol: protocol, Antennas: []uint8{1}, PowerDBm: 20,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// eachKind runs a test against every kind of reader.
func eachKind(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	t.Parallel()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, k.protocol, k.ports)
			if d.SelectsTID() != k.selectsTID {
				t.Errorf("selects TIDs: %v", d.SelectsTID())
			}
			test(t, d)
		})
	}
}

// is compares what a tag is with what it should be.
func is(t *testing.T, chip *uhftest.Chip, code string) {
	t.Helper()
	if got := fmt.Sprintf("%X", chip.EPC()); got != code {
		t.Errorf("the tag has EPC %s, want %s", got, code)
	}
}

// passwords of these tests.
const (
	access epc.Password = 0xC0FFEE01
	killer epc.Password = 0xDEADBEEF
)
