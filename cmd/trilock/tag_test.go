package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/creack/pty"

	"trilock/devices"
	"trilock/devices/devicetest"
	"trilock/devices/devicetest/uhftest"
	"trilock/devices/serialport"
	"trilock/devices/uhf"
	"trilock/firmware-protocols/epc"
)

const (
	deskTID      = "E2801160200062A6DAE90929"
	deskOldEPC   = "E28011606000020900000001"
	deskAccess   = "C0FFEE01"
	deskKiller   = "DEADBEEF"
	documentEPC  = "2C15A537C8000E0000000001"
	documentURI  = "urn:epc:tag:gdti-96:0.6901234.00007.1"
	documentText = "urn:epc:id:gdti:6901234.00007.A%2F1"
)

// plugDesk plugs in a reader with a fresh tag on its antenna.
func plugDesk(t *testing.T, protocol string) (port string, chip *uhftest.Chip) {
	t.Helper()
	chip = uhftest.NewChip(mustHex(t, deskOldEPC), mustHex(t, deskTID), 4)
	r, err := uhftest.New(uhftest.Settings{Protocol: protocol, RoundTime: 5 * time.Millisecond, Tags: func(antenna uint8) []*uhftest.Chip {
		if antenna != 1 {
			return nil
		}
		return []*uhftest.Chip{chip}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return plug(t, func(ctx context.Context, l *devicetest.Line) { _ = r.Serve(ctx, l) }), chip
}

func mustHex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := parseTagHex("test", text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// secretFile writes a password's file.
func secretFile(t *testing.T, password string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(password+"\n"), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// parse reads a command line as the program does.
func parse(t *testing.T, args ...string) (*commands, error) {
	t.Helper()
	var c commands
	k, err := kong.New(&c, kong.Vars{"protocols": dialectNames(), "desks": strings.Join(uhf.DeskProtocols(), ", ")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Parse(args)
	return &c, err
}

// TestTagFromFreshToDestroyed goes through all commands at one desk.
func TestTagFromFreshToDestroyed(t *testing.T) {
	for _, protocol := range uhf.DeskProtocols() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			port, chip := plugDesk(t, protocol)
			access, killer := secretFile(t, deskAccess, 0o600), secretFile(t, deskKiller, 0o600)
			do := func(args ...string) string {
				t.Helper()
				c, err := parse(t, append([]string{"tag"}, append(args, "--port", port, "--protocol", protocol)...)...)
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				run := map[string]func(context.Context, *bytes.Buffer) error{
					"read":     func(ctx context.Context, out *bytes.Buffer) error { return c.Tag.Read.do(ctx, out) },
					"write":    func(ctx context.Context, out *bytes.Buffer) error { return c.Tag.Write.do(ctx, out) },
					"lock":     func(ctx context.Context, out *bytes.Buffer) error { return c.Tag.Lock.do(ctx, out) },
					"password": func(ctx context.Context, out *bytes.Buffer) error { return c.Tag.Password.do(ctx, out) },
					"kill":     func(ctx context.Context, out *bytes.Buffer) error { return c.Tag.Kill.do(ctx, out) },
				}[args[0]]
				if err := run(t.Context(), &out); err != nil {
					t.Fatalf("%v: %v\n%s", args, err, &out)
				}
				for _, secret := range []string{deskAccess, deskKiller} {
					if strings.Contains(out.String(), secret) {
						t.Errorf("%v shows a password:\n%s", args, &out)
					}
				}
				return out.String()
			}
			if said := do("read"); !strings.Contains(said, deskOldEPC) || !strings.Contains(said, "urn:epc:stid:x801.x160.x62A6DAE90929") || !strings.Contains(said, "3000 (6 words)") {
				t.Errorf("read:\n%s", said)
			}
			said := do("write", "--serial", "1", "--prefix", "6901234", "--type", "00007", "--new-access-password", access, "--lock", "epc,access")
			if !strings.Contains(said, documentEPC) || !strings.Contains(said, documentURI) || !strings.Contains(said, "69012340000781") || !strings.Contains(said, "锁定已验证") {
				t.Errorf("write:\n%s", said)
			}
			var view struct {
				OK    bool
				Steps []string
				Tag   struct{ EPC, Scheme, URI, PC, TID string }
			}
			if err := json.Unmarshal([]byte(do("write", "--uri", documentText, "--access-password", access, "--tag", deskTID, "--json")), &view); err != nil {
				t.Fatal(err)
			}
			if !view.OK || len(view.Steps) != 4 || view.Tag.Scheme != "gdti-174" || view.Tag.URI != documentText || view.Tag.PC != "5800" || view.Tag.TID != deskTID {
				t.Errorf("%+v", view)
			}
			do("password", "--new-kill-password", killer, "--access-password", access)
			do("lock", "--area", "kill", "--state", "perma-locked", "--permanently", "--access-password", access)
			if chip.LockOf(epc.LockKillPassword) != epc.PermanentlyLocked || chip.LockOf(epc.LockEPC) != epc.Locked {
				t.Error("not locked as it was asked for")
			}
			do("kill", "--kill-password", killer, "--word", "destroy")
			if !chip.Killed() {
				t.Error("it lives")
			}
		})
	}
}

// TestTagFailureSaysWhatIsOnTheTag, as text and as JSON, and the command fails.
func TestTagFailureSaysWhatIsOnTheTag(t *testing.T) {
	port, chip := plugDesk(t, uhf.ProtocolGX5A)
	chip.SetWeak(true)
	c := tagWrite{deskFlags: deskFlags{Port: port, Protocol: uhf.ProtocolGX5A, Antenna: 1, Power: 20}, EPC: documentEPC}
	var out bytes.Buffer
	if err := c.do(t.Context(), &out); err == nil || !strings.Contains(out.String(), "untouched") || !strings.Contains(out.String(), "下一步") {
		t.Errorf("%v:\n%s", err, &out)
	}
	out.Reset()
	c.JSON = true
	err := c.do(t.Context(), &out)
	var view struct {
		OK    bool
		Error struct {
			Step, Text string
			Now        string `json:"epc_now"`
			Next       struct{ ZH, EN string }
		}
	}
	if bad := json.Unmarshal(out.Bytes(), &view); bad != nil || err == nil || view.OK || view.Error.Step != "write-epc" || view.Error.Now != "untouched" || view.Error.Next.ZH == "" {
		t.Errorf("%v, %v:\n%s", err, bad, &out)
	}
}

// TestTagRefusesAPortInUse, and says what to do: the daemon may have it.
func TestTagRefusesAPortInUse(t *testing.T) {
	port, _ := plugDesk(t, uhf.ProtocolGX5A)
	link, err := serialport.Open(t.Context(), serialport.Settings{Port: port, Baud: 115200})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = link.Close() }()
	c := tagRead{deskFlags{Port: port, Protocol: uhf.ProtocolGX5A, Antenna: 1, Power: 20}}
	var out bytes.Buffer
	if err := c.do(t.Context(), &out); !errors.Is(err, devices.ErrBusy) || !strings.Contains(err.Error(), "daemon") || !strings.Contains(err.Error(), "守护进程") {
		t.Errorf("%v", err)
	}
}

func TestTagRefuses(t *testing.T) {
	desk := deskFlags{Port: "/dev/does-not-exist", Protocol: uhf.ProtocolGX5A, Antenna: 1, Power: 20}
	secret := secretFile(t, deskAccess, 0o600)
	for name, do := range map[string]func(ctx context.Context, out *bytes.Buffer) error{
		"nothing to write": func(ctx context.Context, out *bytes.Buffer) error { return (&tagWrite{deskFlags: desk}).do(ctx, out) },
		"half a GDTI": func(ctx context.Context, out *bytes.Buffer) error {
			return (&tagWrite{deskFlags: desk, Prefix: "6901234"}).do(ctx, out)
		},
		"a type too short": func(ctx context.Context, out *bytes.Buffer) error {
			return (&tagWrite{deskFlags: desk, Prefix: "6901234", DocType: "7", Serial: "1"}).do(ctx, out)
		},
		"odd digits": func(ctx context.Context, out *bytes.Buffer) error {
			return (&tagWrite{deskFlags: desk, EPC: "2C15A"}).do(ctx, out)
		},
		"bad URI": func(ctx context.Context, out *bytes.Buffer) error {
			return (&tagWrite{deskFlags: desk, URI: "urn:x"}).do(ctx, out)
		},
		"no password": func(ctx context.Context, out *bytes.Buffer) error {
			return (&tagPassword{deskFlags: desk}).do(ctx, out)
		},
		"no such area": func(ctx context.Context, out *bytes.Buffer) error {
			return (&tagLock{deskFlags: desk, Area: []string{"all"}, State: "locked"}).do(ctx, out)
		},
		"for ever": func(ctx context.Context, out *bytes.Buffer) error {
			return (&tagLock{deskFlags: desk, Area: []string{"epc"}, State: "perma-locked"}).do(ctx, out)
		},
		"another word": func(ctx context.Context, out *bytes.Buffer) error {
			return (&tagKill{deskFlags: desk, KillPassword: secret, Word: "yes"}).do(ctx, out)
		},
	} {
		var out bytes.Buffer
		err := do(t.Context(), &out)
		if err == nil || strings.Contains(err.Error(), "does-not-exist") { // it must not even look for the port
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, args := range map[string][]string{
		"two EPCs":    {"--epc", documentEPC, "--uri", documentURI},
		"no protocol": {},
	} {
		args = append([]string{"tag", "write", "--port", "x"}, args...)
		if name != "no protocol" {
			args = append(args, "--protocol", "gx-5a")
		}
		if _, err := parse(t, args...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestPasswordFiles: what others can read is no secret, and nothing repeats what it holds.
func TestPasswordFiles(t *testing.T) {
	if p, err := tagSecret(t.Context(), "x", secretFile(t, deskAccess, 0o600), false); err != nil || !bytes.Equal(p.Bytes(), []byte{0xC0, 0xFF, 0xEE, 0x01}) {
		t.Error(p.Bytes(), err)
	}
	for name, path := range map[string]string{
		"read by others": secretFile(t, deskAccess, 0o644),
		"read by group":  secretFile(t, deskAccess, 0o640),
		"zero":           secretFile(t, "00000000", 0o600),
		"short":          secretFile(t, "C0FFEE", 0o600),
		"long":           secretFile(t, strings.Repeat("C0FFEE01", 20), 0o600),
		"digits":         deskAccess, // given in place of a file
	} {
		_, err := tagSecret(t.Context(), "access password", path, false)
		if err == nil || strings.Contains(err.Error(), "C0FFEE") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// typist plays a person at a terminal: it answers each question, and returns what was shown.
func typist(t *testing.T, answers ...string) (tty *os.File, shown func() string) {
	t.Helper()
	far, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(near.Name(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var screen bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 256)
		for {
			n, err := far.Read(buf)
			if err != nil {
				return
			}
			screen.Write(buf[:n])
			if bytes.HasSuffix(bytes.TrimRight(buf[:n], " "), []byte(":")) && len(answers) > 0 {
				if _, err := far.WriteString(answers[0] + "\n"); err != nil {
					return
				}
				answers = answers[1:]
			}
		}
	}()
	t.Cleanup(func() { _ = far.Close() })
	return tty, func() string {
		_ = tty.Close()
		_ = near.Close()
		<-done
		return screen.String()
	}
}

// TestPasswordsAreTypedUnseen, and a new one twice.
func TestPasswordsAreTypedUnseen(t *testing.T) {
	for name, v := range map[string]struct {
		answers []string
		twice   bool
		good    bool
	}{
		"once":        {[]string{deskAccess}, false, true},
		"twice":       {[]string{deskAccess, deskAccess}, true, true},
		"not alike":   {[]string{deskAccess, deskKiller}, true, false},
		"no password": {[]string{"secret"}, false, false},
	} {
		tty, shown := typist(t, v.answers...)
		p, err := askPassword(t.Context(), tty, "access password", v.twice)
		if v.good != (err == nil) || v.good && fmt.Sprintf("%X", p.Bytes()) != deskAccess {
			t.Errorf("%s: %v", name, err)
		}
		screen := shown()
		for _, secret := range v.answers {
			if strings.Contains(screen, secret) || err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: shown: %q, %v", name, screen, err)
			}
		}
		if !strings.Contains(screen, "access password") {
			t.Errorf("%s: nothing was asked: %q", name, screen)
		}
	}
}

// TestAskingEndsWithCtrlC, and the echo is on again.
func TestAskingEndsWithCtrlC(t *testing.T) {
	tty, shown := typist(t) // says nothing
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := askPassword(ctx, tty, "access password", false)
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := quieten(tty); err != nil {
		t.Error(err)
	}
	_ = shown()
}
