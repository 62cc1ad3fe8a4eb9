package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"trilock/devices/capture"
	"trilock/devices/devicetest"
	"trilock/devices/devicetest/osdptest"
	"trilock/firmware-protocols/osdp"
)

// scbk is the key of the recorded badge readers.
const scbk = "4c0e9d31f7a2586b13d5e07784ab29c6"

func readCapture(t *testing.T, path string) capture.Capture {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := capture.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A monitor on a line of badge readers hears panel and reader, opens what it has the key
// for, and never says a byte.
func TestMonitorOfAnOSDPLineOnlyListens(t *testing.T) {
	c := readCapture(t, "../../testdata/captures/osdp-secure-channel.bytes")
	var said atomic.Int64
	conversation := func(ctx context.Context, l *devicetest.Line) {
		buffer := make([]byte, 512)
		for ctx.Err() == nil {
			for _, e := range c.Events {
				_, _ = l.Write(e.Bytes)
			}
			_ = l.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			n, err := l.Read(buffer)
			said.Add(int64(n))
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				return
			}
		}
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	m := devicesCmd{Monitor: plug(t, conversation), Protocol: "osdp", lineFlags: lineFlags{Antennas: []uint8{1}, Power: 20, SCBK: scbk}}
	watch(t, &m, write, read, func(text string) bool { return strings.Contains(text, "A8ED3140 antenna 0 count 1") })
	if n := said.Load(); n != 0 {
		t.Errorf("the monitor said %d bytes", n)
	}
}

// A recording with the reader's key is a session in its secure channel; decoded with the
// key, nothing of it stays sealed.
func TestRecordOfAnOSDPReader(t *testing.T) {
	raw, _ := hex.DecodeString(scbk)
	pd := osdptest.NewPD(osdptest.Settings{Address: 5, Key: osdp.Key(raw)})
	reader := func(ctx context.Context, l *devicetest.Line) { _ = osdptest.ServeLine(ctx, l, pd) }
	out := filepath.Join(t.TempDir(), "line")
	r := recordCmd{Port: plug(t, reader), Protocol: "osdp", Out: out, lineFlags: lineFlags{Baud: 115200, Antennas: []uint8{1}, SCBK: scbk, Address: 5}}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		_, err := r.record(ctx)
		ended <- err
	}()
	if err := pd.Wait(ctx, func() bool { return pd.Secure() && pd.Polls() > 3 }); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out + ".json")
	if err != nil || !strings.Contains(string(text), "RMAC_I") {
		t.Errorf("no session in %.400s, %v", text, err)
	}
}
