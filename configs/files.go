package configs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// BadgeKeyLen is the length of an OSDP secure channel base key (AES-128).
const BadgeKeyLen = 16

// NextKeySuffix is what the file of a reader's next key has behind the name of its key file,
// while the key is being changed: the reader may hold either, until it has proved one.
const NextKeySuffix = ".next"

// publicBadgeKey is SCBK-D, the key that every OSDP reader leaves the factory with: it is printed in the standard.
const publicBadgeKey = "0123456789:;<=>?"

// guessedFirst reports whether a key is one of those that whoever attacks a line tries
// first: sixteen times the same byte, or bytes that count up or down by one.
func guessedFirst(key [BadgeKeyLen]byte) bool {
	for _, step := range []byte{0, 1, 0xFF} {
		counting := true
		for i := 1; i < len(key); i++ {
			counting = counting && key[i] == key[i-1]+step
		}
		if counting {
			return true
		}
	}
	return false
}

// ReadBadgeKey reads the key of a badge reader: a file of 32 hexadecimal digits, white
// space around them ignored. It refuses the public default key of the standard.
func ReadBadgeKey(file File) ([BadgeKeyLen]byte, error) {
	var key [BadgeKeyLen]byte
	text, _, err := readFile(string(file), MaxKeyFileBytes)
	if err != nil {
		return key, fmt.Errorf("badge reader key: %w", err)
	}
	if err := decodeBadgeKey(text, &key); err != nil {
		return key, fmt.Errorf("badge reader key %s: %w", file, err)
	}
	return key, nil
}

// ReadNextBadgeKey reads the key that a badge reader was being given when the change was
// broken off; it reports false when there is none. It refuses what ReadBadgeKey refuses.
func ReadNextBadgeKey(file File) ([BadgeKeyLen]byte, bool, error) {
	key, err := ReadBadgeKey(file + NextKeySuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return key, false, nil
	}
	return key, err == nil, err
}

var (
	errBadgeKeyWeak   = errors.New("a key that is guessed first; give the reader 16 random bytes (trilock key badge)")
	errBadgeKeyForm   = errors.New("not 32 hexadecimal digits")
	errBadgeKeyPublic = errors.New("the public default key of the standard; give the reader a key of its own")
)

func decodeBadgeKey(text []byte, key *[BadgeKeyLen]byte) error {
	text = bytes.TrimSpace(text)
	if len(text) != hex.EncodedLen(BadgeKeyLen) {
		return errBadgeKeyForm
	}
	if _, err := hex.Decode(key[:], text); err != nil {
		return errBadgeKeyForm // never err: it would repeat a digit of a key
	}
	if string(key[:]) == publicBadgeKey {
		return errBadgeKeyPublic
	}
	if guessedFirst(*key) {
		return errBadgeKeyWeak
	}
	return nil
}

// checkFiles looks at every file that the configuration names. A setting that has a
// fault already is left alone.
func (w *walk) checkFiles(site *Site) {
	contents := map[string][]byte{}
	for _, use := range w.files {
		if w.bad[use.path] || use.kind == "folder" {
			continue
		}
		text, mode, err := readFile(string(use.name), MaxKeyFileBytes)
		if err != nil {
			found, want := fileTrouble(use.name, err)
			w.add(use.path, found, want)
			continue
		}
		if w.checkMode(use, mode) && w.checkContent(use, text) {
			contents[use.path] = text
		}
		if use.kind == "badge-key" {
			w.checkNextKey(use)
		}
	}
	w.checkPair(contents, "console.certificate", "console.key", "")
	if site.MQTT != nil {
		w.checkPair(contents, "mqtt.certificate", "mqtt.key", DaemonName)
		w.checkPair(contents, "mqtt.server_certificate", "mqtt.server_key", "")
	}
	w.checkPair(contents, "plain_mqtt.certificate", "plain_mqtt.key", PlainDaemonName)
}

// checkNextKey looks at the key that a reader is being given, where there is one.
func (w *walk) checkNextKey(use fileUse) {
	use.name += NextKeySuffix
	text, mode, err := readFile(string(use.name), MaxKeyFileBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist) || w.bad[use.path]:
	case err != nil:
		found, want := fileTrouble(use.name, err)
		w.add(use.path, found, want)
	default:
		_ = w.checkMode(use, mode) && w.checkContent(use, text)
	}
}

// fileTrouble words why a file cannot be read.
func fileTrouble(name File, err error) (found, want string) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no file " + whole(string(name)), "the path of a file that exists"
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("a file that user %d cannot read (%s)", os.Getuid(), whole(string(name))), "a file that the daemon's user can read"
	}
	var cause *fs.PathError
	reason := err.Error()
	if errors.As(err, &cause) {
		reason = cause.Err.Error()
	}
	return printable(reason) + " (" + whole(string(name)) + ")", "a readable file"
}

// checkMode refuses a secret that others can read, and anything that others can replace.
func (w *walk) checkMode(use fileUse, mode fs.FileMode) bool {
	found := fmt.Sprintf("mode %04o", mode)
	switch {
	case use.kind == "secret" || use.kind == "badge-key":
		if mode&(openToOthers|writableByGroup) != 0 {
			w.add(use.path, found, "a secret's mode, 0600 or 0640: chmod 0600 "+whole(string(use.name)))
			return false
		}
	case mode&writableByOthers != 0:
		w.add(use.path, found, "a file that not everybody can write: chmod o-w "+whole(string(use.name)))
		return false
	}
	return true
}

// checkContent looks at what a file holds, as far as its kind says.
func (w *walk) checkContent(use fileUse, text []byte) bool {
	if len(bytes.TrimSpace(text)) == 0 {
		w.add(use.path, "an empty file", "a file with something in it")
		return false
	}
	switch use.kind {
	case "badge-key":
		var key [BadgeKeyLen]byte
		if err := decodeBadgeKey(text, &key); errors.Is(err, errBadgeKeyPublic) {
			w.add(use.path, "the public default key of the standard", "a key of the reader's own")
			return false
		} else if errors.Is(err, errBadgeKeyWeak) {
			w.add(use.path, "a key of one repeated byte, or of bytes that count", "16 random bytes: trilock key badge "+whole(string(use.name)))
			return false
		} else if err != nil {
			w.add(use.path, "something else", "32 hexadecimal digits in the file")
			return false
		}
	case "authority", "certificate":
		if firstCertificate(text) == nil {
			w.add(use.path, "no certificate in the file", "a certificate in PEM form")
			return false
		}
	}
	return true
}

// checkPair checks that a certificate's key is the one named beside it, and its common name where one is fixed.
// Its dates are not checked: a daemon that will not start because a certificate ran out last night watches nothing.
func (w *walk) checkPair(contents map[string][]byte, certPath, keyPath, name string) {
	cert, key := contents[certPath], contents[keyPath]
	if cert != nil && key != nil {
		if _, err := tls.X509KeyPair(cert, key); err != nil {
			w.add(keyPath, "a key that does not go with "+certPath, "the key of that certificate, in PEM form")
		}
	}
	if cert == nil || name == "" {
		return
	}
	if got := firstCertificate(cert).Subject.CommonName; got != name {
		w.add(certPath, "common name "+printable(got), name+": the broker knows the daemon by it")
	}
}

// firstCertificate returns the first certificate of a PEM file, or nil.
func firstCertificate(text []byte) *x509.Certificate {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil
		}
		if block.Type == "CERTIFICATE" {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil
			}
			return cert
		}
		text = rest
	}
}
