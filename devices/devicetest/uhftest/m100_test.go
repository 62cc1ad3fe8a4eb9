package uhftest

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"trilock/firmware-protocols/m100"
	"trilock/firmware-protocols/uhfreader"
)

// dialogue runs a reader on a pipe in fake time. ask sends a request and compares what
// the reader says to it.
func dialogue(t *testing.T, s Settings, script func(ask func(request, want []byte))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r, err := New(s)
		if err != nil {
			t.Fatal(err)
		}
		host, own := net.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- r.Serve(ctx, own) }()
		script(func(request, want []byte) {
			if _, err := host.Write(request); err != nil {
				t.Fatal(err)
			}
			_ = host.SetReadDeadline(time.Now().Add(time.Minute))
			got := make([]byte, len(want))
			if _, err := io.ReadFull(host, got); err != nil || !bytes.Equal(got, want) {
				t.Errorf("to %X it said %X, %v; want %X", request, got, err, want)
			}
		})
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		_, _ = host.Close(), own.Close()
	})
}

func twoTags(uint8) []Heard {
	return []Heard{{EPC: []byte{0xE1, 0xA1}, RSSIdBm: -60}, {EPC: []byte{0xE1, 0xA2}, RSSIdBm: -70}}
}

func TestM100Dialogue(t *testing.T) {
	f := m100.FamilyBB
	first, second := m100.NewTag([]byte{0xE1, 0xA1}, -60), m100.NewTag([]byte{0xE1, 0xA2}, -70)
	both := m100.AppendTag(m100.AppendTag(nil, f, &first), f, &second)
	dialogue(t, Settings{Protocol: ProtocolM100, Field: twoTags}, func(ask func(request, want []byte)) {
		ask(m100.AppendMultiPoll(nil, f, 3), append(bytes.Clone(both), both...))
		ask(f.Request(nil, m100.CommandStop), f.Response(nil, m100.CommandStop, m100.Done))
		ask(m100.AppendSetPower(nil, f, 3400), m100.AppendError(nil, f, m100.CodeUnknown))
		ask(m100.AppendSetPower(nil, f, 2000), f.Response(nil, m100.CommandSetPower, m100.Done))
		ask(f.Request(nil, m100.CommandGetPower), f.Response(nil, m100.CommandGetPower, 0x07, 0xD0))
		ask(f.Request(nil, m100.CommandSetRegion, 9), m100.AppendError(nil, f, m100.CodeUnknown))
	})
	dialogue(t, Settings{Protocol: ProtocolM100, Field: func(uint8) []Heard { return nil }}, func(ask func(request, want []byte)) {
		ask(m100.AppendMultiPoll(nil, f, 3), bytes.Repeat(m100.AppendError(nil, f, m100.CodeNoTag), 3))
		ask(f.Request(nil, m100.CommandPoll), m100.AppendError(nil, f, m100.CodeNoTag))
	})
}

func TestUHFReaderDialogue(t *testing.T) {
	record := func(layout uhfreader.Layout, mask uint8, epc []byte, rssi uint8) []byte {
		return uhfreader.AppendBatch(nil, 0, uhfreader.StatusMore, layout, mask, uhfreader.Tag{EPC: epc, RSSIRaw: rssi})
	}
	dialogue(t, Settings{Protocol: ProtocolUHFReader, Field: twoTags}, func(ask func(request, want []byte)) {
		answer := record(uhfreader.LayoutAntenna, 4, []byte{0xE1, 0xA1}, 40)
		answer = append(answer, record(uhfreader.LayoutAntenna, 4, []byte{0xE1, 0xA2}, 30)...)
		answer = append(answer, uhfreader.AppendBatch(nil, 0, uhfreader.StatusFinished, uhfreader.LayoutAntenna, 4)...)
		ask(uhfreader.AppendInventory(nil, 0, uhfreader.Inventory{Q: 4, Port: 3, ScanTime: 10}), answer)
		ask(uhfreader.AppendInventory(nil, 0xFF, uhfreader.Inventory{Port: 5}), uhfreader.AppendReply(nil, 0, uhfreader.CommandInventory, uhfreader.StatusParameter))
		ask(uhfreader.AppendQuery(nil, 0, 0x99), uhfreader.AppendReply(nil, 0, uhfreader.CommandNone, uhfreader.StatusNotAccepted))
	})
	dialogue(t, Settings{Protocol: ProtocolUHFReader, Ports: 1, Field: func(uint8) []Heard { return nil }}, func(ask func(request, want []byte)) {
		ask(uhfreader.AppendQuery(nil, 0, uhfreader.CommandInventory), uhfreader.AppendReply(nil, 0, uhfreader.CommandInventory, uhfreader.StatusNoTag))
		ask(uhfreader.AppendQuery(nil, 0, uhfreader.CommandStop), uhfreader.AppendReply(nil, 0, uhfreader.CommandNone, uhfreader.StatusNotAccepted))
	})
}

// TestUHFReaderKeepsItsSettings: a restart takes none of them away, and every one counts
// as a write.
func TestUHFReaderKeepsItsSettings(t *testing.T) {
	r, err := New(Settings{Protocol: ProtocolUHFReader, Field: twoTags})
	if err != nil {
		t.Fatal(err)
	}
	r.firmware.receive(uhfreader.AppendSetPower(nil, 0, 12))
	r.firmware.receive(uhfreader.AppendSetPower(nil, 0, 31)) // more than it can
	r.PowerCycle()
	if r.PowerDBm(1) != 12 || r.PowerDBm(4) != 12 || r.StoredWrites() != 1 {
		t.Errorf("power %d and %d dBm, %d writes", r.PowerDBm(1), r.PowerDBm(4), r.StoredWrites())
	}
}
