package broker

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"trilock/devices/pki"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What passes and what does not is tested in devices/devicetest/locktest, with one table for both brokers.

func settings(t *testing.T) Settings {
	t.Helper()
	dir := t.TempDir()
	ca, err := pki.NewAuthority(filepath.Join(dir, "pki"))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := ca.Issue("broker", pki.Server, []string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	config, err := pki.ServerTLS(pki.CAFile(filepath.Join(dir, "pki")), leaf)
	if err != nil {
		t.Fatal(err)
	}
	return Settings{Listen: "127.0.0.1:0", Dir: filepath.Join(dir, "broker"), TLS: config,
		Locks: []string{"lock-a", "lock-b", "lock-c"}, Daemon: "trilockd", Log: slog.New(slog.DiscardHandler)}
}

func TestStartAndStop(t *testing.T) {
	s := settings(t)
	before := listening(t)
	for range 2 { // the folder serves again
		b, err := Start(s)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", b.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if now := listening(t); len(now) != len(before)+1 {
			t.Errorf("it listens on more than its one port: before %v, now %v", before, now)
		}
		b.Stop()
		b.Stop()
		if _, err := net.Dial("tcp", b.Addr()); err == nil {
			t.Error("it listens after Stop")
		}
	}
	info, err := os.Stat(s.Dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder %v, %v", info, err)
	}
}

// listening returns the inodes of this process's listening TCP sockets.
func listening(t *testing.T) map[string]bool {
	t.Helper()
	mine := map[string]bool{}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("the listening ports of a process are read from /proc, which this system lacks")
	}
	for _, fd := range fds {
		if target, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(target, "socket:[") {
			mine[strings.Trim(target, "socket:[]")] = true
		}
	}
	out := map[string]bool{}
	for _, file := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(text), "\n") {
			const listen = "0A"
			if f := strings.Fields(line); len(f) > 9 && f[3] == listen && mine[f[9]] {
				out[f[1]] = true
			}
		}
	}
	return out
}

// No rights are a list without entries, and not no list, which would be all rights.
func TestNoLocksNoRights(t *testing.T) {
	for name, r := range newGatekeeper("trilockd", nil, []PlainClient{{Name: "bridge"}}).rights {
		if r.Publish.Allow == nil || r.Subscribe.Allow == nil || len(r.Publish.Allow)+len(r.Subscribe.Allow) != 0 {
			t.Errorf("%s may %+v", name, r)
		}
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := settings(t)
	s.Listen = l.Addr().String()
	if _, err := Start(s); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("on a port in use: %v", err)
	}
}

func TestSettingsRefused(t *testing.T) {
	good := settings(t)
	var many []string
	for i := range maxLocks + 1 {
		many = append(many, fmt.Sprintf("lock-%d", i))
	}
	lax := good.TLS.Clone()
	lax.ClientAuth = tls.VerifyClientCertIfGiven
	for name, change := range map[string]func(*Settings){
		"no port":              func(s *Settings) { s.Listen = "127.0.0.1" },
		"named port":           func(s *Settings) { s.Listen = "127.0.0.1:mqtt" },
		"large port":           func(s *Settings) { s.Listen = "127.0.0.1:65536" },
		"no folder":            func(s *Settings) { s.Dir = "" },
		"no log":               func(s *Settings) { s.Log = nil },
		"no TLS":               func(s *Settings) { s.TLS = nil },
		"optional certificate": func(s *Settings) { s.TLS = lax },
		"no authority":         func(s *Settings) { s.TLS = s.TLS.Clone(); s.TLS.ClientCAs = (*x509.CertPool)(nil) },
		"lock twice":           func(s *Settings) { s.Locks = []string{"a", "a"} },
		"lock as the daemon":   func(s *Settings) { s.Locks = []string{"trilockd"} },
		"wildcard":             func(s *Settings) { s.Locks = []string{"+"} },
		"dotted":               func(s *Settings) { s.Locks = []string{"a.b"} },
		"no daemon":            func(s *Settings) { s.Daemon = "" },
		"plain as a lock":      func(s *Settings) { s.Plain = []PlainClient{{Name: "lock-a"}} },
		"plain on signed":      func(s *Settings) { s.Plain = []PlainClient{{Name: "b", Publish: []string{"trilock/lock/lock-a/cmd"}}} },
		"plain wildcard":       func(s *Settings) { s.Plain = []PlainClient{{Name: "b", Subscribe: []string{"home/#"}}} },
		"too many":             func(s *Settings) { s.Locks = many },
		"unwritable folder":    func(s *Settings) { s.Dir = "/dev/null/broker" },
	} {
		s := good
		change(&s)
		if b, err := Start(s); err == nil {
			b.Stop()
			t.Errorf("%s: started", name)
		}
	}
}
