package pki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	blockCertificate = "CERTIFICATE"
	blockPrivate     = "PRIVATE KEY" // PKCS #8
	blockPublic      = "PUBLIC KEY"  // SubjectPublicKeyInfo

	privateMode fs.FileMode = 0o600
	publicMode  fs.FileMode = 0o644
)

// Algorithm is a signature algorithm of the lock protocol.
type Algorithm uint8

// The algorithms that package lockwire knows.
const (
	ES256 Algorithm = iota + 1 // ECDSA on P-256
	EdDSA                      // Ed25519
)

// NewSigningKey makes a signing key for the lock protocol: PKCS #8 in path with mode
// 0600, and its public half as SubjectPublicKeyInfo in path + ".pub", for the other
// side. It fails when either file exists.
func NewSigningKey(path string, algorithm Algorithm) (crypto.Signer, error) {
	var key crypto.Signer
	var err error
	switch algorithm {
	case ES256:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		err = errors.New("neither ES256 nor EdDSA")
	}
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", path, err)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", path, err)
	}
	if err := writePrivate(path, key); err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	if err := writePEM(path+".pub", blockPublic, spki, publicMode); err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return key, nil
}

// LoadSigningKey reads a PKCS #8 key, ECDSA on P-256 or Ed25519. It refuses a file that
// others than its owner can read.
func LoadSigningKey(path string) (crypto.Signer, error) {
	if err := refuseReadable(path); err != nil {
		return nil, err
	}
	der, err := readPEM(path, blockPrivate)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%s: not a PKCS #8 key: %w", path, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok || !usable(signer.Public()) {
		return nil, fmt.Errorf("%s: a key of type %T: want ECDSA on P-256 or Ed25519", path, key)
	}
	return signer, nil
}

// LoadPublicKey reads a SubjectPublicKeyInfo, ECDSA on P-256 or Ed25519.
func LoadPublicKey(path string) (crypto.PublicKey, error) {
	der, err := readPEM(path, blockPublic)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("%s: not a public key: %w", path, err)
	}
	if !usable(key) {
		return nil, fmt.Errorf("%s: a key of type %T: want ECDSA on P-256 or Ed25519", path, key)
	}
	return key, nil
}

func usable(public crypto.PublicKey) bool {
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		return k.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return true
	}
	return false
}

func readCertificate(path string) (*x509.Certificate, error) {
	der, err := readPEM(path, blockCertificate)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%s: not a certificate: %w", path, err)
	}
	return cert, nil
}

// refuseReadable is an error when somebody else than the owner may read a private key.
func refuseReadable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("private key: %w", err)
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return fmt.Errorf("private key %s can be read by others (mode %o): chmod 600 %s, and think about who may have read it", path, info.Mode().Perm(), path)
	}
	return nil
}

// readPEM returns the content of the first block of a file, which must be of the given type.
func readPEM(path, kind string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", kind, err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxPEMBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if len(raw) > maxPEMBytes {
		return nil, fmt.Errorf("%s: over %d bytes: not a PEM file", path, maxPEMBytes)
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("%s: does not begin with a PEM block %q", path, kind)
	}
	return block.Bytes, nil
}

func writePrivate(path string, key crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return writePEM(path, blockPrivate, der, privateMode)
}

// writePEM creates a file that must not exist, and syncs it and its folder: a key that
// a lock was enrolled with must not vanish with the power.
func writePEM(path, kind string, der []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already and is never overwritten: move it away first: %w", path, err)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", kind, err)
	}
	var text bytes.Buffer
	err = errors.Join(pem.Encode(&text, &pem.Block{Type: kind, Bytes: der}), f.Chmod(mode))
	if err == nil {
		_, err = f.Write(text.Bytes())
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("folder of keys: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("syncing folder %s: %w", dir, err)
	}
	return nil
}
