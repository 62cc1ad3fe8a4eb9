package configs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// furnish copies a configuration into a folder of its own and puts every file there that it names.
func furnish(t *testing.T, example string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), filepath.Base(example))
	text := readText(t, example)
	write(t, path, text, 0o644)
	site, w := read(path, filepath.Dir(path), text)
	if _, err := w.verdict(site); err != nil {
		t.Fatal(err)
	}
	badges := 0
	for _, use := range w.files {
		name := string(use.name)
		switch {
		case use.kind == "badge-key":
			badges++
			write(t, name, fmt.Appendf(nil, "a1b2c3d4e5f60718293a4b5c6d7e8f%02x\n", badges), 0o600)
		case use.kind == "authority":
			cert, _ := pair(t, "trilock authority")
			write(t, name, cert, 0o644)
		case strings.HasSuffix(name, ".crt"):
			cert, key := pair(t, strings.TrimSuffix(filepath.Base(name), ".crt"))
			write(t, name, cert, 0o644)
			write(t, strings.TrimSuffix(name, ".crt")+".key", key, 0o640)
		case use.kind == "public":
			write(t, name, []byte("a public key\n"), 0o644)
		case use.kind == "secret" && !strings.Contains(name, "/pki/"):
			write(t, name, []byte("a secret\n"), 0o600)
		}
	}
	return path
}

// pair makes a certificate with its key, both PEM.
func pair(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

func TestFileFaults(t *testing.T) {
	otherCert, otherKey := pair(t, "someone-else")
	for _, c := range []struct {
		name string
		do   func(t *testing.T, dir string)
		want []string // each in a line of its own, in this order; nothing else
	}{
		{"missing", func(t *testing.T, dir string) {
			remove(t, dir, "keys/lock-2.pub")
			remove(t, dir, "pki/ca.crt")
		}, []string{
			"base.yaml:11: mqtt.authority: found no file ",
			"base.yaml:50: locks[1].public_key: found no file ",
		}},
		{"secret that others can read", func(t *testing.T, dir string) {
			mode(t, dir, "keys/controller.key", 0o604)
			mode(t, dir, "keys/badge-safe.key", 0o660)
			mode(t, dir, "pki/trilockd.key", 0o644)
		}, []string{
			"base.yaml:13: mqtt.key: found mode 0644, want a secret's mode, 0600 or 0640: chmod 0600 ",
			"base.yaml:45: badge_lines[0].readers[3].key_file: found mode 0660, want ",
			"base.yaml:52: controller_key: found mode 0604, want ",
		}},
		{"public file that others can write", func(t *testing.T, dir string) {
			mode(t, dir, "keys/lock-1.pub", 0o646)
			mode(t, dir, "base.yaml", 0o666)
		}, []string{
			"base.yaml: found mode 0666, want a file that not everybody can write: chmod o-w",
			"base.yaml:49: locks[0].public_key: found mode 0646, want a file that not everybody can write",
		}},
		{"not a file", func(t *testing.T, dir string) {
			remove(t, dir, "keys/lock-1.pub")
			if err := syscall.Mkfifo(filepath.Join(dir, "keys/lock-1.pub"), 0o600); err != nil {
				t.Fatal(err)
			}
			remove(t, dir, "keys/lock-2.pub")
			if err := os.Mkdir(filepath.Join(dir, "keys/lock-2.pub"), 0o700); err != nil {
				t.Fatal(err)
			}
			remove(t, dir, "keys/lock-3.pub")
			if err := os.Symlink("lock-3.pub", filepath.Join(dir, "keys/lock-3.pub")); err != nil {
				t.Fatal(err)
			}
		}, []string{
			"base.yaml:49: locks[0].public_key: found not a regular file (",
			"base.yaml:50: locks[1].public_key: found not a regular file (",
			"base.yaml:51: locks[2].public_key: found too many levels of symbolic links (",
		}},
		{"empty, and endless", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "keys/controller.key"), []byte(" \n"), 0o600)
			write(t, filepath.Join(dir, "keys/lock-1.pub"), make([]byte, MaxKeyFileBytes+1), 0o600)
		}, []string{
			"base.yaml:49: locks[0].public_key: found more than 65536 bytes (",
			"base.yaml:52: controller_key: found an empty file, want",
		}},
		{"badge keys", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "keys/badge-door-in.key"), []byte("303132333435363738393A3B3C3D3E3F"), 0o600)
			write(t, filepath.Join(dir, "keys/badge-door-out.key"), []byte("a1b2c3d4e5f60718293a4b5c6d7e8f"), 0o600)
			write(t, filepath.Join(dir, "keys/badge-cabinets.key"), bytes.Repeat([]byte("7"), 32), 0o600)
			write(t, filepath.Join(dir, "keys/badge-safe.key"), bytes.Repeat([]byte("x"), 32), 0o600)
		}, []string{
			"base.yaml:42: badge_lines[0].readers[0].key_file: found the public default key of the standard, want",
			"base.yaml:43: badge_lines[0].readers[1].key_file: found something else, want 32 hexadecimal digits",
			"base.yaml:44: badge_lines[0].readers[2].key_file: found a key of one repeated byte, or of bytes that count, want 16 random bytes: trilock key badge ",
			"base.yaml:45: badge_lines[0].readers[3].key_file: found something else, want 32 hexadecimal digits",
		}},
		{"next badge keys", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "keys/badge-door-in.key.next"), []byte("0f0e0d0c0b0a09080706050403020100"), 0o600)
			write(t, filepath.Join(dir, "keys/badge-door-out.key.next"), []byte("b1b2c3d4e5f60718293a4b5c6d7e8f00"), 0o644)
			write(t, filepath.Join(dir, "keys/badge-cabinets.key.next"), []byte("b1b2c3d4e5f60718293a4b5c6d7e8f00"), 0o600)
		}, []string{
			"base.yaml:42: badge_lines[0].readers[0].key_file: found a key of one repeated byte, or of bytes that count, want",
			"base.yaml:43: badge_lines[0].readers[1].key_file: found mode 0644, want a secret's mode",
		}},
		{"certificates", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "pki/trilockd.crt"), otherCert, 0o644)
			write(t, filepath.Join(dir, "pki/trilockd.key"), otherKey, 0o600)
			write(t, filepath.Join(dir, "pki/broker.key"), otherKey, 0o600)
			write(t, filepath.Join(dir, "pki/ca.crt"), otherKey, 0o644)
			write(t, filepath.Join(dir, "pki/console.crt"), []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 0o644)
		}, []string{
			"base.yaml:6: console.certificate: found no certificate in the file, want",
			"base.yaml:11: mqtt.authority: found no certificate in the file, want",
			"base.yaml:12: mqtt.certificate: found common name someone-else, want trilockd:",
			"base.yaml:15: mqtt.server_key: found a key that does not go with mqtt.server_certificate, want",
		}},
		{"console", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "pki/console.key"), otherKey, 0o600)
		}, []string{
			"base.yaml:7: console.key: found a key that does not go with console.certificate, want",
		}},
		{"beside faults of the text", func(t *testing.T, dir string) {
			path := filepath.Join(dir, "base.yaml")
			write(t, path, bytes.Replace(readText(t, path), []byte("power_dbm: 26"), []byte("power_dbm: 62"), 1), 0o644)
			remove(t, dir, "keys/lock-2.pub")
		}, []string{
			"base.yaml:35: readers[0].power_dbm: found 62, want",
			"base.yaml:50: locks[1].public_key: found no file",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := furnish(t, "testdata/good/base.yaml")
			c.do(t, filepath.Dir(path))
			_, err := Load(path)
			if err == nil {
				t.Fatal("Load found nothing wrong")
			}
			got := strings.Split(strings.ReplaceAll(err.Error(), path, "base.yaml"), "\n")
			if len(got) != len(c.want) {
				t.Fatalf("got %d faults, want %d:\n%v", len(got), len(c.want), err)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], c.want[i]) {
					t.Errorf("got  %s\nwant %s…", got[i], c.want[i])
				}
			}
		})
	}
}

func TestReadBadgeKeyRepeatsNoDigit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	write(t, path, []byte("Qa1b2c3d4e5f60718293a4b5c6d7e8ff"), 0o600)
	_, err := ReadBadgeKey(File(path))
	if err == nil || strings.Contains(err.Error(), "Q") {
		t.Errorf("ReadBadgeKey: %v; want an error without what the file holds", err)
	}
	if _, err := ReadBadgeKey(File(path + "-not")); err == nil {
		t.Error("ReadBadgeKey read a file that is not there")
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func mode(t *testing.T, dir, name string, m fs.FileMode) {
	t.Helper()
	if err := os.Chmod(filepath.Join(dir, name), m); err != nil {
		t.Fatal(err)
	}
}
