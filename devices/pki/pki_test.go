package pki

import (
	"crypto"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func newSite(t *testing.T) (string, *Authority) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pki")
	a, err := NewAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, a
}

func issue(t *testing.T, a *Authority, name string, kind Kind, hosts ...string) Leaf {
	t.Helper()
	leaf, err := a.Issue(name, kind, hosts)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// handshake tells whether a client with the given leaf gets a byte from a server with the other.
func handshake(t *testing.T, server, client *tls.Config) error {
	t.Helper()
	a, b := net.Pipe()
	deadline := time.Now().Add(10 * time.Second)
	for _, c := range []net.Conn{a, b} {
		if err := c.SetDeadline(deadline); err != nil {
			t.Fatal(err)
		}
	}
	served := make(chan error, 1)
	go func() {
		defer a.Close()
		s := tls.Server(a, server)
		_, err := s.Write([]byte{1})
		served <- err
	}()
	defer b.Close()
	config := client.Clone()
	config.ServerName = "broker.site"
	_, err := tls.Client(b, config).Read(make([]byte, 1))
	return errors.Join(err, <-served)
}

func TestMutualTLS(t *testing.T) {
	dir, a := newSite(t)
	broker := issue(t, a, "broker", Server, "broker.site", "127.0.0.1")
	lock := issue(t, a, "lock-a", Client)
	server, err := ServerTLS(CAFile(dir), broker)
	if err != nil {
		t.Fatal(err)
	}
	client, err := ClientTLS(CAFile(dir), lock)
	if err != nil {
		t.Fatal(err)
	}
	if err := handshake(t, server, client); err != nil {
		t.Errorf("a lock of the site: %v", err)
	}
	nobody := client.Clone()
	nobody.Certificates = nil
	if handshake(t, server, nobody) == nil {
		t.Error("a client without a certificate got in")
	}
	asServer, err := ClientTLS(CAFile(dir), broker)
	if err != nil {
		t.Fatal(err)
	}
	if handshake(t, server, asServer) == nil {
		t.Error("a server's certificate served as a client's")
	}
	otherDir, other := newSite(t)
	foreign, err := ClientTLS(CAFile(otherDir), issue(t, other, "lock-a", Client))
	if err != nil {
		t.Fatal(err)
	}
	foreign.RootCAs = client.RootCAs
	if handshake(t, server, foreign) == nil {
		t.Error("a lock of another site got in")
	}
	strange, err := ServerTLS(CAFile(dir), issue(t, a, "elsewhere", Server, "elsewhere.site"))
	if err != nil {
		t.Fatal(err)
	}
	if handshake(t, strange, client) == nil {
		t.Error("a client believed a server of another name")
	}
}

func TestTermsAndModes(t *testing.T) {
	dir, a := newSite(t)
	leaf := issue(t, a, "lock-a", Client)
	key, err := NewSigningKey(filepath.Join(dir, "controller.key"), ES256)
	if err != nil || key == nil {
		t.Fatal(err)
	}
	ca, err := readCertificate(CAFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := readCertificate(leaf.CertFile)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if ca.NotAfter.Before(now.AddDate(19, 11, 0)) || cert.NotAfter.Before(now.AddDate(9, 11, 0)) || cert.NotBefore.After(now.Add(-24*time.Hour)) {
		t.Errorf("authority to %v, leaf %v to %v", ca.NotAfter, cert.NotBefore, cert.NotAfter)
	}
	if cert.Subject.CommonName != "lock-a" || cert.IsCA || !ca.IsCA || !ca.MaxPathLenZero {
		t.Errorf("leaf %v CA=%v, authority CA=%v", cert.Subject, cert.IsCA, ca.IsCA)
	}
	for _, path := range []string{filepath.Join(dir, "ca.key"), leaf.KeyFile, filepath.Join(dir, "controller.key")} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestNothingIsOverwritten(t *testing.T) {
	dir, a := newSite(t)
	issue(t, a, "lock-a", Client)
	if _, err := a.Issue("lock-a", Client, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second leaf of one name: %v", err)
	}
	if _, err := NewAuthority(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second authority: %v", err)
	}
	path := filepath.Join(dir, "signing.key")
	if _, err := NewSigningKey(path, EdDSA); err != nil {
		t.Fatal(err)
	}
	if _, err := NewSigningKey(path, EdDSA); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second signing key: %v", err)
	}
	if again, err := OpenAuthority(dir); err != nil {
		t.Errorf("opening the authority again: %v", err)
	} else {
		issue(t, again, "lock-b", Client)
	}
}

func TestIssueRefuses(t *testing.T) {
	_, a := newSite(t)
	for _, c := range []struct {
		name  string
		kind  Kind
		hosts []string
	}{
		{"", Client, nil}, {"../x", Client, nil}, {"ca", Client, nil}, {"Lock", Client, nil}, {"-a", Client, nil}, {"a+b", Client, nil},
		{strings.Repeat("a", 41), Client, nil}, {"x", Client, []string{"host"}}, {"x", Server, nil}, {"x", 0, nil}, {"x", Server, make([]string, 17)},
	} {
		if _, err := a.Issue(c.name, c.kind, c.hosts); err == nil {
			t.Errorf("%q, %v, %d hosts: issued", c.name, c.kind, len(c.hosts))
		}
	}
}

func TestSigningKeys(t *testing.T) {
	dir := t.TempDir()
	for name, algorithm := range map[string]Algorithm{"es256": ES256, "eddsa": EdDSA} {
		path := filepath.Join(dir, name)
		made, err := NewSigningKey(path, algorithm)
		if err != nil {
			t.Fatal(err)
		}
		private, err := LoadSigningKey(path)
		if err != nil {
			t.Fatal(err)
		}
		public, err := LoadPublicKey(path + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		want, ok := made.Public().(interface{ Equal(crypto.PublicKey) bool })
		if !ok || !want.Equal(private.Public()) || !want.Equal(public) {
			t.Errorf("%s: what was made is not what was loaded", name)
		}
	}
	if _, err := NewSigningKey(filepath.Join(dir, "none"), 0); err == nil {
		t.Error("a key of no algorithm was made")
	}
	loose := filepath.Join(dir, "es256")
	if err := os.Chmod(loose, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadSigningKey(loose); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that the group can read: %v", err)
	}
}

func TestBadFiles(t *testing.T) {
	dir, a := newSite(t)
	leaf := issue(t, a, "lock-a", Client)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bad := []string{
		write("empty", ""), write("text", "hello"), write("huge", strings.Repeat("x", maxPEMBytes+1)), filepath.Join(dir, "missing"),
		write("cert", string(pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: []byte("x")}))),
		write("key", string(pem.EncodeToMemory(&pem.Block{Type: blockPrivate, Bytes: []byte("x")}))),
		write("pub", string(pem.EncodeToMemory(&pem.Block{Type: blockPublic, Bytes: []byte("x")}))),
	}
	for _, path := range bad {
		if _, err := LoadSigningKey(path); err == nil {
			t.Errorf("%s: a signing key", path)
		}
		if _, err := LoadPublicKey(path); err == nil {
			t.Errorf("%s: a public key", path)
		}
		if _, err := ClientTLS(path, leaf); err == nil {
			t.Errorf("%s: an authority", path)
		}
		if _, err := ServerTLS(CAFile(dir), Leaf{CertFile: path, KeyFile: leaf.KeyFile}); err == nil {
			t.Errorf("%s: a certificate", path)
		}
	}
	_, other := newSite(t)
	if err := os.Rename(filepath.Join(other.dir, "ca.key"), filepath.Join(dir, "ca.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenAuthority(dir); err == nil || !strings.Contains(err.Error(), "put the two files") {
		t.Errorf("an authority with another's key: %v", err)
	}
}
