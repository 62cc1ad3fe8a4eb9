package uhftest

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"trilock/firmware-protocols/mercury"
)

// asked serves a reader on a pipe in fake time and checks each answer to each request.
func asked(t *testing.T, r *Reader, exchanges [][2][]byte) {
	t.Helper()
	host, own := net.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx, own) }()
	for i, e := range exchanges {
		if _, err := host.Write(e[0]); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(e[1]))
		if _, err := io.ReadFull(host, got); err != nil || !bytes.Equal(got, e[1]) {
			t.Fatalf("exchange %d: %X, %v; want %X", i, got, err, e[1])
		}
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	_, _ = host.Close(), own.Close()
}

// TestMercuryFromBootLoaderToRecords: it knows nothing before it is sent out of its boot
// loader, does not transmit without a region, and keeps its records until they are fetched.
func TestMercuryFromBootLoaderToRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		epc := []byte{0xE2, 0x80, 0x11, 0x60}
		r, err := New(Settings{Protocol: ProtocolMercury, RoundTime: 90 * time.Millisecond, Field: func(uint8) []Heard {
			return []Heard{{EPC: epc, RSSIdBm: -60}}
		}})
		if err != nil {
			t.Fatal(err)
		}
		search := mercury.AppendSearch(nil, mercury.Search{Flags: mercury.SearchLargePopulation, TimeoutMS: 250})
		status := func(op mercury.Opcode, s mercury.Status) []byte { return mercury.AppendStatus(nil, op, s) }
		const fields = mercury.MetaRSSI | mercury.MetaAntenna
		tag := mercury.Tag{Fields: fields, RSSIdBm: -60, AntennaTX: 2, AntennaRX: 2, PC: 0x1000, EPC: epc, CRC: mercury.TagCRC(0x1000, epc)}
		records, _ := mercury.AppendBuffer(nil, fields, []mercury.Tag{tag})
		begun := time.Now()
		asked(t, r, [][2][]byte{
			{search, status(mercury.OpSearch, mercury.StatusInvalidOpcode)},
			{mercury.AppendQuery(nil, mercury.OpBoot), mercury.AppendVersion(nil, mercury.OpBoot, mercuryVersion())},
			{mercury.AppendQuery(nil, mercury.OpBoot), status(mercury.OpBoot, mercury.StatusInvalidOpcode)},
			{mercury.AppendSetAntenna(nil, 5), status(mercury.OpSetAntenna, mercury.StatusParameter)},
			{mercury.AppendSetAntenna(nil, 2), status(mercury.OpSetAntenna, mercury.StatusOK)},
			{search, status(mercury.OpSearch, mercury.StatusRegion)},
			{mercury.AppendSetRegion(nil, mercury.RegionChina), status(mercury.OpSetRegion, mercury.StatusOK)},
			{mercury.AppendSetPower(nil, 3400), status(mercury.OpSetPower, mercury.StatusPowerTooHigh)},
			{search, mercury.AppendSearchCount(nil, mercury.SearchLargePopulation, 1)},
			{mercury.AppendGetBuffer(nil, fields), records},
			{mercury.AppendGetBuffer(nil, fields), status(mercury.OpGetBuffer, mercury.StatusNoTags)},
		})
		if took := time.Since(begun); took != 90*time.Millisecond || r.Rounds() != 1 {
			t.Errorf("%d rounds in %v", r.Rounds(), took)
		}
		r.PowerCycle()
		asked(t, r, [][2][]byte{{search, status(mercury.OpSearch, mercury.StatusInvalidOpcode)}})
	})
}
