package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"trilock/custody/fact"
	"trilock/devices/capture"
	"trilock/devices/devicetest"
	"trilock/devices/devicetest/osdptest"
	"trilock/devices/devicetest/uhftest"
	"trilock/firmware-protocols/osdp"
	"trilock/firmware-protocols/wiegand"
)

const simTag = "2C15A537C8000E0000000001"

// plug plugs in a line and serves its far end until the test ends.
func plug(t *testing.T, serve func(ctx context.Context, l *devicetest.Line)) string {
	t.Helper()
	l, err := devicetest.NewLine(filepath.Join(t.TempDir(), "line"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { serve(ctx, l) })
	t.Cleanup(func() { stop(); _ = l.Close(); work.Wait() })
	return l.Path()
}

func simulated(t *testing.T, protocol string) func(context.Context, *devicetest.Line) {
	t.Helper()
	r, err := uhftest.New(uhftest.Settings{Protocol: protocol, Field: func(uint8) []uhftest.Heard {
		return []uhftest.Heard{{EPC: []byte{0x2C, 0x15, 0xA5, 0x37, 0xC8, 0, 0x0E, 0, 0, 0, 0, 1}, RSSIdBm: -55}}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, l *devicetest.Line) { _ = r.Serve(ctx, l) }
}

// card shows a card to a 125 kHz reader again and again.
func card(ctx context.Context, l *devicetest.Line) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_, _ = l.Write(wiegand.AppendRDM6300(nil, wiegand.EM4100{Version: 0x62, Number: 3808980205}))
		}
	}
}

func badgeReader(ctx context.Context, l *devicetest.Line) {
	pd := osdptest.NewPD(osdptest.Settings{Address: 5, Key: osdp.Key{1, 2}, Vendor: [3]byte{0xC3, 0xB2, 0xA1}})
	_ = osdptest.ServeLine(ctx, l, pd)
}

func TestProbeFindsWhoAnswers(t *testing.T) {
	for want, serve := range map[string]func(context.Context, *devicetest.Line){
		"gx-5a":           simulated(t, "gx-5a"),
		"r2000-a0":        simulated(t, "r2000-a0"),
		"uhfreader18-288": simulated(t, "uhfreader18-288"),
		"m100-r200":       simulated(t, "m100-r200"),
		"thingmagic":      simulated(t, "thingmagic"),
		"badge":           card,
		"osdp":            badgeReader,
		"":                func(ctx context.Context, _ *devicetest.Line) { <-ctx.Done() },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			found, err := probe(t.Context(), plug(t, serve))
			switch {
			case err != nil:
				t.Error(err)
			case found == nil && want != "", found != nil && found.protocol != want:
				t.Errorf("found %v", found)
			case found != nil && strings.Contains(found.String(), "request"):
				t.Errorf("it says %v", found)
			}
		})
	}
}

// TestProbeAsksEveryProtocolThatAnswers: whoever adds a protocol says how it is asked.
func TestProbeAsksEveryProtocolThatAnswers(t *testing.T) {
	for _, d := range dialects() {
		for _, question := range d.identify {
			s := d.open(decodeSettings{side: request, osdp: newOSDPSession(nil)})
			objects := append(s.feed(question), s.pause()...)
			if len(objects) != 1 || isBad(objects[0]) {
				t.Errorf("%s: the question %X is %v", d.name, question, objects)
			}
		}
		if d.open != nil && (len(d.bauds) == 0 || len(d.identify) > 0 && len(d.answers) == 0) {
			t.Errorf("%s: a line without speed, or without a field to know an answer by", d.name)
		}
	}
}

func TestProbeOfAPortThatIsNotThere(t *testing.T) {
	var out bytes.Buffer
	printProbe(&out, t.Context(), port{Path: "/dev/does-not-exist"})
	if !strings.Contains(out.String(), "not asked: /dev/does-not-exist is not there: plug the adapter in") {
		t.Errorf("%s", &out)
	}
}

// TestPorts lists a machine of its own: an adapter with and one without a stable name, a
// built-in port, a slot without a chip, and a console.
func TestPorts(t *testing.T) {
	root := t.TempDir()
	put := func(path, content string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, path string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	const usb = "sys/devices/usb1/1-2"
	put(usb+"/idVendor", "1a86\n")
	put(usb+"/idProduct", "7523\n")
	put(usb+"/product", "USB \x1b[31mSerial\n")
	put(usb+"/1-2:1.0/ttyUSB0/port_number", "0\n")
	put("sys/devices/pnp/00:01/x", "")
	put("sys/devices/platform/serial8250/x", "")
	put("sys/bus/drivers/serial8250/x", "")
	link(filepath.Join(root, "sys/bus/drivers/serial8250"), "sys/devices/platform/serial8250/driver")
	link(filepath.Join(root, usb, "1-2:1.0/ttyUSB0"), "sys/class/tty/ttyUSB0/device")
	link(filepath.Join(root, "sys/devices/pnp/00:01"), "sys/class/tty/ttyS0/device")
	link(filepath.Join(root, "sys/devices/platform/serial8250"), "sys/class/tty/ttyS4/device")
	put("sys/class/tty/ttyS4/type", "0\n")
	put("sys/class/tty/ptmx/dev", "")
	link("../../ttyUSB0", "dev/serial/by-id/usb-1a86_USB_Serial-if00-port0")
	got, err := machine(root).ports()
	if err != nil {
		t.Fatal(err)
	}
	want := []port{
		{Path: "/dev/ttyS0"},
		{Path: "/dev/ttyUSB0", Stable: "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0", USB: "1a86:7523", About: "USB ?[31mSerial"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
}

// TestRecordMakesACapture of a reader that is driven, and of one that is listened to.
func TestRecordMakesACapture(t *testing.T) {
	for _, v := range []struct {
		protocol string
		serve    func(context.Context, *devicetest.Line)
		listen   bool
		want     string // in the .json
	}{
		{"gx-5a", simulated(t, "gx-5a"), false, `"epc":"` + simTag + `"`},
		{"r2000-a0", simulated(t, "r2000-a0"), false, `"epc":"` + simTag + `"`},
		{"uhfreader18-288", simulated(t, "uhfreader18-288"), false, simTag},
		{"m100-r200", simulated(t, "m100-r200"), false, simTag},
		{"thingmagic", simulated(t, "thingmagic"), false, simTag},
		{"badge", card, false, `"id_hex":"62E3086CED"`},
	} {
		t.Run(v.protocol, func(t *testing.T) {
			t.Parallel()
			c := recordCmd{
				Port: plug(t, v.serve), Protocol: v.protocol, Out: filepath.Join(t.TempDir(), "x"),
				lineFlags: lineFlags{Antennas: []uint8{1}, Power: 20, Listen: v.listen},
			}
			ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
			defer stop()
			noted, err := c.record(ctx)
			if err != nil || noted == 0 {
				t.Fatalf("%d reads and writes, %v", noted, err)
			}
			raw, err := os.ReadFile(c.Out + ".bytes")
			if err != nil {
				t.Fatal(err)
			}
			read, err := capture.Read(bytes.NewReader(raw))
			if err != nil || read.Protocol != v.protocol || len(read.Events) != noted {
				t.Errorf("%+v with %d of %d: %v", read.Header, len(read.Events), noted, err)
			}
			text, err := os.ReadFile(c.Out + ".json")
			if err != nil || !strings.Contains(string(text), v.want) || !json.Valid(text) {
				t.Errorf("%v: no %s in %s", err, v.want, text)
			}
			if _, err := c.record(t.Context()); err == nil || !strings.Contains(err.Error(), "exists") {
				t.Errorf("a capture is overwritten: %v", err)
			}
		})
	}
}

// TestMonitorPlain: where the output is no terminal, a tag gets a line, not more than one a second.
func TestMonitorPlain(t *testing.T) {
	for protocol, v := range map[string]struct {
		serve func(context.Context, *devicetest.Line)
		want  string
	}{
		"gx-5a": {simulated(t, "gx-5a"), simTag + " antenna 1 count 1 -55.0 dBm"},
		"badge": {card, "62E3086CED antenna 0 count 1"},
	} {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		c := devicesCmd{Monitor: plug(t, v.serve), Protocol: protocol, lineFlags: lineFlags{Antennas: []uint8{1}, Power: 20}}
		out := watch(t, &c, write, read, func(text string) bool { return strings.Contains(text, v.want) })
		if strings.Contains(out, "\x1b") {
			t.Errorf("%s: escapes: %q", protocol, out)
		}
	}
}

// TestMonitorTellsATagOnceASecond, however often it is read.
func TestMonitorTellsATagOnceASecond(t *testing.T) {
	var out bytes.Buffer
	m := &monitor{board: newBoard("x"), plain: &out}
	began := time.Unix(1_700_000_000, 0)
	for _, ms := range []int{0, 10, 999, 1000, 1500} {
		m.read(began.Add(time.Duration(ms)*time.Millisecond), simTag, 1, -5500)
	}
	if got := out.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "count 1 -55.0 dBm") || !strings.Contains(got, "count 4 ") {
		t.Errorf("%s", got)
	}
}

// TestMonitorTable: on a terminal, the table is drawn on the other screen within its
// width, and stays behind at the end.
func TestMonitorTable(t *testing.T) {
	read, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(read, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
		t.Fatal(err)
	}
	c := devicesCmd{Monitor: plug(t, simulated(t, "r2000-a0")), Protocol: "r2000-a0", lineFlags: lineFlags{Antennas: []uint8{1}, Power: 20}}
	out := watch(t, &c, terminal, read, func(text string) bool { return strings.Contains(text, simTag) })
	for _, want := range []string{"\x1b[?1049h", "█", "-55.0", "up (connected)", "\x1b[?1049l"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %q", want, out)
		}
	}
}

// watch runs a monitor until what it writes is enough, then ends it as Ctrl-C does, and
// returns all that it wrote.
func watch(t *testing.T, c *devicesCmd, out, read *os.File, enough func(string) bool) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 60*time.Second)
	defer stop()
	var text strings.Builder
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, err := read.Read(buf)
			text.Write(buf[:n])
			if enough(text.String()) {
				stop()
			}
			if err != nil {
				return
			}
		}
	}()
	err := c.monitor(ctx, out)
	_ = out.Close()
	<-done
	_ = read.Close()
	if err != nil || !enough(text.String()) {
		t.Errorf("%v: %q", err, text.String())
	}
	return text.String()
}

// TestBoardFitsItsScreen: any number of tags, any size.
func TestBoardFitsItsScreen(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	b := newBoard("/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0 gx-5a 115200")
	b.state = "fault (antenna-fault) gx-5a serial SIM-GX 读写器故障读写器故障读写器故障读写器故障读写器故障读写器故障"
	for i := range 100 {
		tag := strings.Repeat("AB", i%40) + "00"
		rssi := int16(-9500 + 70*i) //nolint:gosec // small
		if i%9 == 0 {
			rssi = fact.RSSIUnknown
		}
		b.heard(now.Add(-time.Duration(i*i*i)*time.Second), tag, uint8(i%5), rssi) //nolint:gosec // small
	}
	for _, size := range [][2]int{{80, 24}, {40, 10}, {200, 60}, {80, 3}} {
		screen := b.screen(now, size[0], size[1])
		lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(screen, "\x1b[K", ""), "\x1b[J", ""), "\r\n")
		if len(lines) > max(size[1], boardHead+boardFoot+1) {
			t.Errorf("%v: %d lines", size, len(lines))
		}
		for _, l := range lines {
			wide := 0
			for _, r := range l {
				if wide++; r >= 0x2E80 {
					wide++
				}
			}
			if wide > size[0] || !utf8.ValidString(l) {
				t.Errorf("%v: %d wide: %q", size, wide, l)
			}
		}
	}
}

func TestBoardForgetsTheOldest(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	b := newBoard("x")
	for i := range boardMax + 10 {
		b.heard(now.Add(time.Duration(i)*time.Second), string(rune('A'+i)), 1, 0)
	}
	if len(b.tags) != boardMax || b.tags[string(rune('A'+9))] != nil || b.tags[string(rune('A'+10))] == nil {
		t.Errorf("%d tags", len(b.tags))
	}
}

func TestSignalBar(t *testing.T) {
	for rssi, want := range map[int16]string{
		-9000: "▏         ", -12000: "▏         ", -3000: "██████████", 0: "██████████", -6000: "█████     ", -5925: "█████▏    ",
		fact.RSSIUnknown: "          ",
	} {
		if got := bar(rssi, 10); got != want {
			t.Errorf("%d: %q, want %q", rssi, got, want)
		}
	}
}
