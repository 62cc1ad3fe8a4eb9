// Package pki is the site's own certificate authority, and the signing keys of the
// lock protocol. It owns a folder of PEM files:
//
//	ca.crt       the authority's certificate: every broker, daemon and lock gets a copy
//	ca.key       its private key: needed to issue, and nowhere else; keep it off the box
//	<name>.crt   a leaf's certificate, its common name is <name>
//	<name>.key   a leaf's private key
//
// Keys are ECDSA P-256, written with mode 0600 and synced before the certificate that
// needs them. It never overwrites a file: a key that is replaced in silence is a
// lock that no longer answers. It refuses to read a private key that others than its
// owner can read.
//
// The authority lives 20 years and a leaf 10 (limits.go says why). There is no
// revocation list: a lost leaf is answered by a new authority, which on a site of
// three locks and a daemon is five files.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Kind says what a leaf certificate is good for.
type Kind uint8

// The kinds of leaf.
const (
	// Server proves a broker to its clients.
	Server Kind = iota + 1
	// Client proves a lock or the daemon to the broker.
	Client
)

const (
	caName   = "ca"
	certFile = ".crt"
	keyFile  = ".key"
)

// Authority is the site's certificate authority: it issues leaves into its own folder.
type Authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Leaf names the files of an issued certificate.
type Leaf struct{ CertFile, KeyFile string }

// Files returns where a leaf of the given name lies in a folder.
func Files(dir, name string) Leaf {
	return Leaf{CertFile: filepath.Join(dir, name+certFile), KeyFile: filepath.Join(dir, name+keyFile)}
}

// CAFile returns where the authority's certificate lies in a folder.
func CAFile(dir string) string { return filepath.Join(dir, caName+certFile) }

// NewAuthority makes an authority in dir, which is created with mode 0700 if it is not
// there. It fails when dir already holds one.
func NewAuthority(dir string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: making a key: %w", err)
	}
	template, err := newTemplate("trilock site authority", authorityYears)
	if err != nil {
		return nil, err
	}
	template.IsCA, template.MaxPathLenZero = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: signing its own certificate: %w", err)
	}
	files := Files(dir, caName)
	if err := writePrivate(files.KeyFile, key); err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	if err := writePEM(files.CertFile, blockCertificate, der, publicMode); err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	return OpenAuthority(dir)
}

// OpenAuthority opens the authority that NewAuthority made in dir.
func OpenAuthority(dir string) (*Authority, error) {
	files := Files(dir, caName)
	cert, err := readCertificate(files.CertFile)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	private, err := LoadSigningKey(files.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	key, ok := private.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, fmt.Errorf("certificate authority: %s is not the key of %s: put the two files of one authority together", files.KeyFile, files.CertFile)
	}
	return &Authority{dir: dir, cert: cert, key: key}, nil
}

// Issue makes a key and a certificate named name (a-z, 0-9 and '-', 1 to 40). Hosts are
// the DNS names and IP addresses of a server; a client has none. It fails when a leaf of
// that name exists.
func (a *Authority) Issue(name string, kind Kind, hosts []string) (Leaf, error) {
	files := Files(a.dir, name)
	if !validName(name) || name == caName {
		return files, fmt.Errorf("certificate name %.60q: want 1 to %d of a-z, 0-9 and '-', and not %q", name, maxNameBytes, caName)
	}
	template, err := newTemplate(name, leafYears)
	if err != nil {
		return files, err
	}
	if err := fillPurpose(template, kind, hosts); err != nil {
		return files, fmt.Errorf("certificate %s: %w", name, err)
	}
	if template.NotAfter.After(a.cert.NotAfter) {
		return files, fmt.Errorf("certificate %s would outlive the authority, which ends on %s: make a new authority", name, a.cert.NotAfter.Format(time.DateOnly))
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return files, fmt.Errorf("certificate %s: making a key: %w", name, err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return files, fmt.Errorf("certificate %s: signing: %w", name, err)
	}
	if err := writePrivate(files.KeyFile, key); err != nil {
		return files, fmt.Errorf("certificate %s: %w", name, err)
	}
	if err := writePEM(files.CertFile, blockCertificate, der, publicMode); err != nil {
		return files, fmt.Errorf("certificate %s: %w", name, err)
	}
	return files, nil
}

func newTemplate(name string, years int) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("certificate %s: drawing a serial number: %w", name, err)
	}
	now := time.Now().UTC()
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-backdated),
		NotAfter:              now.AddDate(years, 0, 0),
		BasicConstraintsValid: true,
	}, nil
}

func fillPurpose(template *x509.Certificate, kind Kind, hosts []string) error {
	template.KeyUsage = x509.KeyUsageDigitalSignature
	switch kind {
	case Client:
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		if len(hosts) > 0 {
			return fmt.Errorf("a client has no hosts")
		}
		return nil
	case Server:
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	default:
		return fmt.Errorf("neither server nor client")
	}
	if len(hosts) == 0 || len(hosts) > maxHosts {
		return fmt.Errorf("%d hosts: a server needs 1 to %d names or addresses that clients will dial", len(hosts), maxHosts)
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
			continue
		}
		template.DNSNames = append(template.DNSNames, host)
	}
	return nil
}

func validName(name string) bool {
	if name == "" || len(name) > maxNameBytes || name[0] == '-' {
		return false
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// ServerTLS returns the configuration of a broker: its own leaf, and a client
// certificate of the authority in caFile required from everybody.
func ServerTLS(caFile string, leaf Leaf) (*tls.Config, error) {
	pool, cert, err := loadBoth(caFile, leaf)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert},
		ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	}, nil
}

// ClientTLS returns the configuration of a client: its own leaf, and a server
// certificate of the authority in caFile required; no other authority is believed.
func ClientTLS(caFile string, leaf Leaf) (*tls.Config, error) {
	pool, cert, err := loadBoth(caFile, leaf)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, RootCAs: pool}, nil
}

func loadBoth(caFile string, leaf Leaf) (*x509.CertPool, tls.Certificate, error) {
	ca, err := readCertificate(caFile)
	if err != nil {
		return nil, tls.Certificate{}, err
	}
	if err := refuseReadable(leaf.KeyFile); err != nil {
		return nil, tls.Certificate{}, err
	}
	cert, err := tls.LoadX509KeyPair(leaf.CertFile, leaf.KeyFile)
	if err != nil {
		return nil, tls.Certificate{}, fmt.Errorf("certificate %s with key %s: %w", leaf.CertFile, leaf.KeyFile, err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return pool, cert, nil
}
