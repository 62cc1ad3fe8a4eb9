package uhftest

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"trilock/firmware-protocols/gx5a"
	"trilock/firmware-protocols/r2000"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRefusesWhatItCannotBe(t *testing.T) {
	field := func(uint8) []Heard { return nil }
	for name, s := range map[string]Settings{
		"protocol": {Protocol: "llrp", Field: field},
		"no field": {Protocol: ProtocolGX5A},
		"ports":    {Protocol: ProtocolR2000, Field: field, Ports: 33},
	} {
		if _, err := New(s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestSlotBySlot: two tags share a round of 90 ms; their records come after 30 and 60,
// the end after 90.
func TestSlotBySlot(t *testing.T) {
	for protocol, request := range map[string][]byte{
		ProtocolGX5A:  gx5a.AppendInventory(nil, gx5a.Inventory{Antennas: 2}),
		ProtocolR2000: r2000.AppendInventory(nil, r2000.AddressDefault, 1),
	} {
		synctest.Test(t, func(t *testing.T) {
			r, err := New(Settings{Protocol: protocol, RoundTime: 90 * time.Millisecond, Field: func(uint8) []Heard {
				return []Heard{{EPC: []byte{0xE1, 0xA1}, RSSIdBm: -60}, {EPC: []byte{0xE1, 0xA2}, RSSIdBm: -60}}
			}})
			if err != nil {
				t.Fatal(err)
			}
			host, own := net.Pipe()
			ctx, cancel := context.WithCancel(t.Context())
			served := make(chan error, 1)
			go func() { served <- r.Serve(ctx, own) }()
			if _, err := host.Write(request); err != nil {
				t.Fatal(err)
			}
			if protocol == ProtocolGX5A {
				if _, err := io.ReadFull(host, make([]byte, len(gx5a.AppendResult(nil, gx5a.CodeInventory, 0)))); err != nil {
					t.Fatal(err)
				}
			}
			begun := time.Now()
			var after []time.Duration
			buf := make([]byte, 256)
			for range 3 {
				if _, err := host.Read(buf); err != nil {
					t.Fatal(err)
				}
				after = append(after, time.Since(begun))
			}
			if want := []time.Duration{30 * time.Millisecond, 60 * time.Millisecond, 90 * time.Millisecond}; !cmp.Equal(after, want) {
				t.Errorf("%s: %v, want %v", protocol, after, want)
			}
			if r.Rounds() != 1 {
				t.Errorf("%s: %d rounds", protocol, r.Rounds())
			}
			cancel()
			if err := <-served; err != nil {
				t.Error(err)
			}
			_, _ = host.Close(), own.Close()
		})
	}
}
